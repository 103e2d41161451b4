/* SPDX-License-Identifier: MIT */
/*
 * absent.c - priorities for multimedia, which are not there yet.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "avrt"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_FALSE(AvRevertMmThreadCharacteristics)
ABSENT_FALSE(AvSetMmMaxThreadCharacteristicsW)
ABSENT_FALSE(AvSetMmThreadCharacteristicsA)
ABSENT_FALSE(AvSetMmThreadCharacteristicsW)
ABSENT_FALSE(AvSetMmThreadPriority)

/* SPDX-License-Identifier: MIT */
/*
 * absent.c - normal forms of Unicode and internationalised host names, which are not there yet.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "normaliz"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_FALSE(IdnToAscii)
ABSENT_FALSE(IdnToNameprepUnicode)
ABSENT_FALSE(IdnToUnicode)
ABSENT_FALSE(IsNormalizedString)
ABSENT_FALSE(NormalizeString)

/* SPDX-License-Identifier: MIT */
/*
 * combase.c - the Windows Runtime's error objects are not there yet; most of the rest of the library is forwarded to ole32.
 */
#define LIBRARY "combase"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_FALSE(RoOriginateError)
ABSENT_HRESULT(SetRestrictedErrorInfo)
ABSENT_HRESULT(GetRestrictedErrorInfo)

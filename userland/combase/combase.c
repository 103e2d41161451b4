/* SPDX-License-Identifier: MIT */
/*
 * combase.c - the Windows Runtime's strings and errors are not there yet; the rest of the library is forwarded to ole32.
 */
#define LIBRARY "combase"
#include "absent.h"

#define REGDB_E_CLASSNOTREG_ ((int32_t)0x80040154)

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT(RoActivateInstance, REGDB_E_CLASSNOTREG_, 0)
ABSENT(RoGetActivationFactory, REGDB_E_CLASSNOTREG_, 0)
ABSENT_HRESULT(RoInitialize)
ABSENT_VOID(RoOriginateError)
ABSENT_VOID(RoUninitialize)
ABSENT_HRESULT(SetRestrictedErrorInfo)
ABSENT_HRESULT(GetRestrictedErrorInfo)
ABSENT_HRESULT(WindowsCreateString)
ABSENT_HRESULT(WindowsCreateStringReference)
ABSENT_HRESULT(WindowsDeleteString)
ABSENT_VOID(WindowsGetStringLen)
ABSENT_VOID(WindowsGetStringRawBuffer)

/* SPDX-License-Identifier: MIT */
/*
 * absent.c - properties of the shell, which is not there.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "propsys"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_HRESULT(InitPropVariantFromStringAsVector)
ABSENT_HRESULT(PSCreateMemoryPropertyStore)
ABSENT_HRESULT(PSGetNameFromPropertyKey)
ABSENT_HRESULT(PSGetPropertyDescription)
ABSENT_HRESULT(PSPropertyKeyFromString)
ABSENT_HRESULT(PropVariantChangeType)
ABSENT_HRESULT(PropVariantToBSTR)
ABSENT_HRESULT(PropVariantToString)
ABSENT_HRESULT(PropVariantToStringAlloc)
ABSENT_HRESULT(PropVariantToUInt32)
ABSENT_HRESULT(VariantToPropVariant)

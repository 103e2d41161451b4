/* SPDX-License-Identifier: MIT */
/*
 * runtime.c - the Windows Runtime: its apartments are COM's, and no class of it is registered here.
 */
#include "smalldll.h"
#include <objbase.h>
#include <roapi.h>

HRESULT WINAPI RoInitialize(RO_INIT_TYPE Type)
{
    if (Type != RO_INIT_SINGLETHREADED && Type != RO_INIT_MULTITHREADED) {
        return E_INVALIDARG;
    }
    return CoInitializeEx(NULL, Type == RO_INIT_MULTITHREADED ? COINIT_MULTITHREADED : COINIT_APARTMENTTHREADED);
}

void WINAPI RoUninitialize(void)
{
    CoUninitialize();
}

HRESULT WINAPI RoGetActivationFactory(HSTRING Class, REFIID Id, void **Factory)
{
    UNUSED(Class);
    UNUSED(Id);
    if (Factory == NULL) {
        return E_INVALIDARG;
    }
    *Factory = NULL;
    return REGDB_E_CLASSNOTREG;
}

HRESULT WINAPI RoActivateInstance(HSTRING Class, IInspectable **Instance)
{
    UNUSED(Class);
    if (Instance == NULL) {
        return E_INVALIDARG;
    }
    *Instance = NULL;
    return REGDB_E_CLASSNOTREG;
}

/* SPDX-License-Identifier: MIT */
/* ldrb.dll - the middle of a chain. */
#include "ldrlog.h"

__declspec(dllimport) int ValueC(void);

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, void *Reserved)
{
    LogReason("b", Reason, Reserved);
    return TRUE;
}

__declspec(dllexport) int ValueB(void)
{
    return 20 + ValueC();
}

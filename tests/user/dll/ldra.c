/* SPDX-License-Identifier: MIT */
/* ldra.dll - the outermost of a chain. */
#include "ldrlog.h"

__declspec(dllimport) int ValueB(void);

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, void *Reserved)
{
    LogReason("a", Reason, Reserved);
    return TRUE;
}

__declspec(dllexport) int ValueA(void)
{
    return 100 + ValueB();
}

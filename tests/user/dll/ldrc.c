/* SPDX-License-Identifier: MIT */
/* ldrc.dll - the innermost of a chain: ldra needs ldrb needs ldrc. */
#include "ldrlog.h"

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, void *Reserved)
{
    LogReason("c", Reason, Reserved);
    return TRUE;
}

__declspec(dllexport) int ValueC(void)
{
    return 3;
}

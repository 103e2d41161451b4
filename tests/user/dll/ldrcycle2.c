/* SPDX-License-Identifier: MIT */
/* ldrcycle2.dll - the other half of a cycle of imports. */
#include "ldrlog.h"

__declspec(dllimport) int Cycle1(void);

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, void *Reserved)
{
    LogReason("cycle2", Reason, Reserved);
    return TRUE;
}

__declspec(dllexport) int Cycle2(void)
{
    return 1 + Cycle1();
}

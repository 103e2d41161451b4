/* SPDX-License-Identifier: MIT */
/* ldrcycle1.dll - needs ldrcycle2.dll, which needs it. */
#include "ldrlog.h"

__declspec(dllimport) int Cycle2(void);

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, void *Reserved)
{
    LogReason("cycle1", Reason, Reserved);
    return TRUE;
}

__declspec(dllexport) int Cycle1(void)
{
    return 1;
}

__declspec(dllexport) int Both(void)
{
    return 10 * Cycle1() + Cycle2();
}

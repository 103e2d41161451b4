/* SPDX-License-Identifier: MIT */
/* ldrfail.dll - refuses to be attached, after what it needs has been. */
#include "ldrlog.h"

__declspec(dllimport) int ValueC(void);

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, void *Reserved)
{
    LogReason("fail", Reason, Reserved);
    return Reason != DLL_PROCESS_ATTACH || ValueC() == 0;
}

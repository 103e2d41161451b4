/* SPDX-License-Identifier: MIT */
/* ldrcrash.dll - its DllMain reads address 16. */
#include "ldrlog.h"

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, void *Reserved)
{
    LogReason("crash", Reason, Reserved);
    return Reason != DLL_PROCESS_ATTACH || *(volatile int *)16 == 0;
}

/* SPDX-License-Identifier: MIT */
/* ldrdead.dll - its DllMain waits for a thread to end, which cannot even begin before DllMain returns: gives up after six seconds. */
#include <windows.h>

static DWORD WINAPI Never(void *Parameter)
{
    return 0;
}

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, void *Reserved)
{
    if (Reason == DLL_PROCESS_ATTACH) {
        HANDLE Thread = CreateThread(NULL, 0, Never, NULL, 0, NULL);
        DWORD Result = WaitForSingleObject(Thread, 6000);
        CloseHandle(Thread);
        return Result == WAIT_TIMEOUT;
    }
    return TRUE;
}

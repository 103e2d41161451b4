/* SPDX-License-Identifier: MIT */
/*
 * psapimore.c - the rest of the process status calls: names of drivers in ANSI, page files (there are none), working-set watches (not there).
 */
#include "k32.h"
#define PSAPI_VERSION 2
#include <psapi.h>

typedef DWORD(WINAPI *DRIVER_NAME)(LPVOID Base, LPWSTR Name, DWORD Size);

static DWORD DriverNameA(DRIVER_NAME Call, LPVOID Base, LPSTR Name, DWORD Size)
{
    WCHAR Wide[MAX_PATH];
    DWORD Length = Call(Base, Wide, MAX_PATH);

    if (Length == 0) {
        return 0;
    }
    DWORD Got = BaseToAnsi(Wide, Length, Name, Size);
    if (Got >= Size) {
        return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    return Got;
}

DWORD WINAPI K32GetDeviceDriverBaseNameA(LPVOID Base, LPSTR Name, DWORD Size)
{
    return DriverNameA(K32GetDeviceDriverBaseNameW, Base, Name, Size);
}

DWORD WINAPI K32GetDeviceDriverFileNameA(LPVOID Base, LPSTR Name, DWORD Size)
{
    return DriverNameA(K32GetDeviceDriverFileNameW, Base, Name, Size);
}

/* The enumeration is empty. */
BOOL WINAPI K32EnumPageFilesW(PENUM_PAGE_FILE_CALLBACKW Callback, LPVOID Context)
{
    UNUSED(Callback);
    UNUSED(Context);
    return TRUE;
}

BOOL WINAPI K32EnumPageFilesA(PENUM_PAGE_FILE_CALLBACKA Callback, LPVOID Context)
{
    UNUSED(Callback);
    UNUSED(Context);
    return TRUE;
}

BOOL WINAPI K32InitializeProcessForWsWatch(HANDLE Process)
{
    UNUSED(Process);
    return BaseNotSupported("InitializeProcessForWsWatch");
}

BOOL WINAPI K32GetWsChanges(HANDLE Process, PPSAPI_WS_WATCH_INFORMATION Information, DWORD Size)
{
    UNUSED(Process);
    UNUSED(Information);
    UNUSED(Size);
    return BaseNotSupported("GetWsChanges");
}

/* SPDX-License-Identifier: MIT */
/*
 * legacy.c - calls that 16-bit Windows left behind and programs still use, and small promises about a machine without 32-bit programs, sleep
 * states and terminal sessions.
 */
#include "k32.h"

/* ---- files by HFILE: -1 is the failure ---------------------------------------------------------------------------------------------------- */

static DWORD ShareMode(int Mode)
{
    switch (Mode & 0x70) {
    case OF_SHARE_EXCLUSIVE: return 0;
    case OF_SHARE_DENY_WRITE: return FILE_SHARE_READ;
    case OF_SHARE_DENY_READ: return FILE_SHARE_WRITE;
    default: return FILE_SHARE_READ | FILE_SHARE_WRITE;
    }
}

static DWORD AccessMode(int Mode)
{
    return (Mode & 3) == OF_WRITE ? GENERIC_WRITE : (Mode & 3) == OF_READWRITE ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ;
}

static HFILE FileResult(HANDLE File)
{
    return File == INVALID_HANDLE_VALUE ? HFILE_ERROR : (HFILE)(LONG_PTR)File;
}

HFILE WINAPI _lopen(LPCSTR Name, int Mode)
{
    return FileResult(CreateFileA(Name, AccessMode(Mode), ShareMode(Mode), NULL, OPEN_EXISTING, 0, NULL));
}

HFILE WINAPI _lcreat(LPCSTR Name, int Attributes)
{
    return FileResult(CreateFileA(Name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, CREATE_ALWAYS,
                                  (DWORD)Attributes & (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM), NULL));
}

HFILE WINAPI _lclose(HFILE File)
{
    return CloseHandle((HANDLE)(LONG_PTR)File) ? 0 : HFILE_ERROR;
}

LONG WINAPI _hread(HFILE File, LPVOID Buffer, LONG Count)
{
    DWORD Read;

    return ReadFile((HANDLE)(LONG_PTR)File, Buffer, (DWORD)Count, &Read, NULL) ? (LONG)Read : -1;
}

UINT WINAPI _lread(HFILE File, LPVOID Buffer, UINT Count)
{
    return (UINT)_hread(File, Buffer, (LONG)Count);
}

/* Writing nothing cuts the file off here. */
LONG WINAPI _hwrite(HFILE File, LPCCH Buffer, LONG Count)
{
    DWORD Written;

    if (Count == 0) {
        return SetEndOfFile((HANDLE)(LONG_PTR)File) ? 0 : HFILE_ERROR;
    }
    return WriteFile((HANDLE)(LONG_PTR)File, Buffer, (DWORD)Count, &Written, NULL) ? (LONG)Written : HFILE_ERROR;
}

UINT WINAPI _lwrite(HFILE File, LPCCH Buffer, UINT Count)
{
    return (UINT)_hwrite(File, Buffer, (LONG)Count);
}

LONG WINAPI _llseek(HFILE File, LONG Offset, int Origin)
{
    return (LONG)SetFilePointer((HANDLE)(LONG_PTR)File, Offset, NULL, (DWORD)Origin);
}

/* ---- memory that once was movable or fixed ------------------------------------------------------------------------------------------------ */

SIZE_T WINAPI GlobalCompact(DWORD Wanted)
{
    UNUSED(Wanted);
    return HeapCompact(GetProcessHeap(), 0);
}

SIZE_T WINAPI LocalCompact(UINT Wanted)
{
    UNUSED(Wanted);
    return HeapCompact(GetProcessHeap(), 0);
}

SIZE_T WINAPI LocalShrink(HLOCAL Block, UINT Size)
{
    UNUSED(Block);
    UNUSED(Size);
    return HeapCompact(GetProcessHeap(), 0);
}

VOID WINAPI GlobalFix(HGLOBAL Block)
{
    GlobalLock(Block);
}

VOID WINAPI GlobalUnfix(HGLOBAL Block)
{
    GlobalUnlock(Block);
}

LPVOID WINAPI GlobalWire(HGLOBAL Block)
{
    return GlobalLock(Block);
}

BOOL WINAPI GlobalUnWire(HGLOBAL Block)
{
    return GlobalUnlock(Block);
}

/* ---- 32-bit programs: there are none ------------------------------------------------------------------------------------------------------- */

BOOL WINAPI Wow64DisableWow64FsRedirection(PVOID *Old)
{
    UNUSED(Old);
    return BaseFail(ERROR_INVALID_FUNCTION); /* what a 64-bit program is told */
}

BOOL WINAPI Wow64RevertWow64FsRedirection(PVOID Old)
{
    UNUSED(Old);
    return BaseFail(ERROR_INVALID_FUNCTION);
}

BOOLEAN WINAPI Wow64EnableWow64FsRedirection(BOOLEAN Enable)
{
    UNUSED(Enable);
    return (BOOLEAN)BaseFail(ERROR_INVALID_FUNCTION);
}

DWORD WINAPI Wow64SuspendThread(HANDLE Thread)
{
    UNUSED(Thread);
    BaseFail(ERROR_INVALID_FUNCTION);
    return (DWORD)-1;
}

BOOL WINAPI Wow64GetThreadContext(HANDLE Thread, PWOW64_CONTEXT Context)
{
    UNUSED(Thread);
    UNUSED(Context);
    return BaseFail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI Wow64SetThreadContext(HANDLE Thread, const WOW64_CONTEXT *Context)
{
    UNUSED(Thread);
    UNUSED(Context);
    return BaseFail(ERROR_INVALID_PARAMETER);
}

HRESULT WINAPI IsWow64GuestMachineSupported(USHORT Machine, BOOL *Supported)
{
    UNUSED(Machine);
    if (Supported == NULL) {
        return E_INVALIDARG;
    }
    *Supported = FALSE;
    return S_OK;
}

/* ---- power: the machine never sleeps, so wishes that it should not are granted ------------------------------------------------------------- */

EXECUTION_STATE WINAPI SetThreadExecutionState(EXECUTION_STATE New)
{
    static volatile LONG State = (LONG)ES_CONTINUOUS;

    if (New & ~(EXECUTION_STATE)(ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED | ES_USER_PRESENT | ES_AWAYMODE_REQUIRED | ES_CONTINUOUS)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return 0;
    }
    return (EXECUTION_STATE)(New & ES_CONTINUOUS ? InterlockedExchange(&State, (LONG)New) : State);
}

/* A request is an object only its maker holds; here an event that nobody sets. */
HANDLE WINAPI PowerCreateRequest(PREASON_CONTEXT Context)
{
    if (Context == NULL || Context->Version != POWER_REQUEST_CONTEXT_VERSION) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    HANDLE Request = CreateEventW(NULL, TRUE, FALSE, NULL);
    return Request != NULL ? Request : INVALID_HANDLE_VALUE;
}

static BOOL CheckRequest(HANDLE Request, POWER_REQUEST_TYPE Type)
{
    DWORD Flags;

    return (ULONG)Type > 3 ? BaseFail(ERROR_INVALID_PARAMETER) : GetHandleInformation(Request, &Flags);
}

BOOL WINAPI PowerSetRequest(HANDLE Request, POWER_REQUEST_TYPE Type)
{
    return CheckRequest(Request, Type);
}

BOOL WINAPI PowerClearRequest(HANDLE Request, POWER_REQUEST_TYPE Type)
{
    return CheckRequest(Request, Type);
}

BOOL WINAPI IsSystemResumeAutomatic(void)
{
    return FALSE;
}

DWORD WINAPI WTSGetActiveConsoleSessionId(void)
{
    DWORD Session = 0;

    ProcessIdToSessionId(GetCurrentProcessId(), &Session);
    return Session;
}

BOOL WINAPI GetFirmwareType(PFIRMWARE_TYPE Type)
{
    ULONG Returned;
    struct
    {
        GUID Identifier;
        ULONG FirmwareType;
        ULONGLONG BootFlags;
    } Boot;

    if (Type == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!BaseResult(NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)90 /* SystemBootEnvironmentInformation */, &Boot, sizeof(Boot), &Returned))) {
        return FALSE;
    }
    *Type = (FIRMWARE_TYPE)Boot.FirmwareType;
    return TRUE;
}

/* ---- times ------------------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI SystemTimeToTzSpecificLocalTimeEx(const DYNAMIC_TIME_ZONE_INFORMATION *Zone, const SYSTEMTIME *Universal, LPSYSTEMTIME Local)
{
    return SystemTimeToTzSpecificLocalTime((const TIME_ZONE_INFORMATION *)Zone, Universal, Local); /* the same beginning */
}

BOOL WINAPI TzSpecificLocalTimeToSystemTimeEx(const DYNAMIC_TIME_ZONE_INFORMATION *Zone, const SYSTEMTIME *Local, LPSYSTEMTIME Universal)
{
    return TzSpecificLocalTimeToSystemTime((const TIME_ZONE_INFORMATION *)Zone, Local, Universal);
}

BOOL WINAPI SetTimeZoneInformation(const TIME_ZONE_INFORMATION *Zone)
{
    UNUSED(Zone);
    return BaseNotSupported("SetTimeZoneInformation");
}

BOOL WINAPI SetDynamicTimeZoneInformation(const DYNAMIC_TIME_ZONE_INFORMATION *Zone)
{
    UNUSED(Zone);
    return BaseNotSupported("SetDynamicTimeZoneInformation");
}

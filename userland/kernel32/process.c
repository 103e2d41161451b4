/* SPDX-License-Identifier: MIT */
/*
 * process.c - calls on processes: identity, exit, termination, times, priority, memory of another process.
 *
 * (Windows Internals, 7th ed., part 1, chapter 3, "Process termination".)
 */
#include "k32.h"
#include "background.h"

#undef GetCurrentProcess
HANDLE WINAPI GetCurrentProcess(void)
{
    return NtCurrentProcess();
}

DWORD WINAPI GetCurrentProcessId(void)
{
    return (DWORD)(ULONG_PTR)BaseTeb()->ClientId.UniqueProcess;
}

VOID WINAPI ExitProcess(UINT ExitCode)
{
    RtlExitUserProcess((NTSTATUS)ExitCode);
    __builtin_unreachable();
}

BOOL WINAPI TerminateProcess(HANDLE Process, UINT ExitCode)
{
    if (Process == NULL) {
        return BaseFail(ERROR_INVALID_HANDLE);
    }
    return BaseResult(NtTerminateProcess(Process, (NTSTATUS)ExitCode));
}

static BOOL QueryBasic(HANDLE Process, PROCESS_BASIC_INFORMATION *Basic)
{
    return BaseResult(NtQueryInformationProcess(Process, ProcessBasicInformation, Basic, sizeof(*Basic), NULL));
}

BOOL WINAPI GetExitCodeProcess(HANDLE Process, LPDWORD ExitCode)
{
    PROCESS_BASIC_INFORMATION Basic;

    if (!QueryBasic(Process, &Basic)) {
        return FALSE;
    }
    *ExitCode = (DWORD)Basic.ExitStatus;
    return TRUE;
}

DWORD WINAPI GetProcessId(HANDLE Process)
{
    PROCESS_BASIC_INFORMATION Basic;

    return QueryBasic(Process, &Basic) ? (DWORD)Basic.UniqueProcessId : 0;
}

HANDLE WINAPI OpenProcess(DWORD Access, BOOL Inherit, DWORD Id)
{
    CLIENT_ID ClientId = {(HANDLE)(ULONG_PTR)Id, NULL};
    OBJECT_ATTRIBUTES Object;
    HANDLE Process = NULL;

    InitializeObjectAttributes(&Object, NULL, Inherit ? OBJ_INHERIT : 0, NULL, NULL);
    NTSTATUS Status = NtOpenProcess(&Process, Access, &Object, &ClientId);
    if (!NT_SUCCESS(Status)) {
        BaseFail(Status == STATUS_INVALID_CID ? ERROR_INVALID_PARAMETER : RtlNtStatusToDosError(Status));
        return NULL;
    }
    return Process;
}

DWORD WINAPI GetProcessVersion(DWORD Id)
{
    PROCESS_BASIC_INFORMATION Basic;
    ULONG Version[2] = {BasePeb()->ImageSubsystemMajorVersion, BasePeb()->ImageSubsystemMinorVersion};
    BOOL Known = TRUE;

    if (Id != 0 && Id != GetCurrentProcessId()) {
        HANDLE Process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, Id);
        if (Process == NULL) {
            return 0;
        }
        static_assert(offsetof(NPEB, ImageSubsystemMinorVersion) == offsetof(NPEB, ImageSubsystemMajorVersion) + sizeof(ULONG), "read at once");
        Known = QueryBasic(Process, &Basic) &&
                ReadProcessMemory(Process, (PUCHAR)Basic.PebBaseAddress + offsetof(NPEB, ImageSubsystemMajorVersion), Version, sizeof(Version), NULL);
        NtClose(Process);
    }
    return Known ? (DWORD)MAKELONG(Version[1], Version[0]) : 0;
}

BOOL WINAPI GetProcessTimes(HANDLE Process, LPFILETIME Create, LPFILETIME Exit, LPFILETIME Kernel, LPFILETIME User)
{
    KERNEL_USER_TIMES Times;

    if (!BaseResult(NtQueryInformationProcess(Process, ProcessTimes, &Times, sizeof(Times), NULL))) {
        return FALSE;
    }
    memcpy(Create, &Times.CreateTime, sizeof(*Create));
    memcpy(Exit, &Times.ExitTime, sizeof(*Exit));
    memcpy(Kernel, &Times.KernelTime, sizeof(*Kernel));
    memcpy(User, &Times.UserTime, sizeof(*User));
    return TRUE;
}

static const struct { DWORD Flag; UCHAR Class; } PriorityClasses[] = {
    {IDLE_PRIORITY_CLASS, 1}, {BELOW_NORMAL_PRIORITY_CLASS, 5}, {NORMAL_PRIORITY_CLASS, 2},
    {ABOVE_NORMAL_PRIORITY_CLASS, 6}, {HIGH_PRIORITY_CLASS, 3}, {REALTIME_PRIORITY_CLASS, 4},
};

DWORD WINAPI GetPriorityClass(HANDLE Process)
{
    PROCESS_PRIORITY_CLASS Class;

    if (!BaseResult(NtQueryInformationProcess(Process, ProcessPriorityClass, &Class, 2, NULL))) {
        return 0;
    }
    for (ULONG i = 0; i < COUNT_OF(PriorityClasses); i++) {
        if (PriorityClasses[i].Class == Class.PriorityClass) {
            return PriorityClasses[i].Flag;
        }
    }
    return NORMAL_PRIORITY_CLASS;
}

BOOL WINAPI SetPriorityClass(HANDLE Process, DWORD Flag)
{
    if (Flag == PROCESS_MODE_BACKGROUND_BEGIN || Flag == PROCESS_MODE_BACKGROUND_END) {
        return BaseSetProcessMode(Process, Flag);
    }
    for (ULONG i = 0; i < COUNT_OF(PriorityClasses); i++) {
        if (PriorityClasses[i].Flag == Flag) {
            PROCESS_PRIORITY_CLASS Class = {FALSE, PriorityClasses[i].Class};
            BOOLEAN HadPrivilege = TRUE;
            if (Flag == REALTIME_PRIORITY_CLASS && !NT_SUCCESS(RtlAdjustPrivilege(14, TRUE, FALSE, &HadPrivilege))) {
                Class.PriorityClass = 3; /* without the privilege real time means high, as on Windows */
                HadPrivilege = TRUE;
            }
            NTSTATUS Status = NtSetInformationProcess(Process, ProcessPriorityClass, &Class, 2);
            if (!HadPrivilege) {
                RtlAdjustPrivilege(14, FALSE, FALSE, &HadPrivilege);
            }
            return BaseResult(Status);
        }
    }
    return BaseFail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI GetProcessPriorityBoost(HANDLE Process, PBOOL Disabled)
{
    ULONG Value = 0;

    if (!BaseResult(NtQueryInformationProcess(Process, ProcessPriorityBoost, &Value, sizeof(Value), NULL))) {
        return FALSE;
    }
    *Disabled = (BOOL)Value;
    return TRUE;
}

BOOL WINAPI SetProcessPriorityBoost(HANDLE Process, BOOL Disabled)
{
    ULONG Value = Disabled != FALSE;

    return BaseResult(NtSetInformationProcess(Process, ProcessPriorityBoost, &Value, sizeof(Value)));
}

BOOL WINAPI GetProcessAffinityMask(HANDLE Process, PDWORD_PTR ProcessMask, PDWORD_PTR SystemMask)
{
    PROCESS_BASIC_INFORMATION Basic;
    NSYSTEM_BASIC_INFORMATION System;

    if (!QueryBasic(Process, &Basic) ||
        !BaseResult(NtQuerySystemInformation(SystemBasicInformation, &System, sizeof(System), NULL))) {
        return FALSE;
    }
    *ProcessMask = Basic.AffinityMask;
    *SystemMask = System.ActiveProcessorsAffinityMask;
    return TRUE;
}

BOOL WINAPI SetProcessAffinityMask(HANDLE Process, DWORD_PTR Mask)
{
    return BaseResult(NtSetInformationProcess(Process, ProcessAffinityMask, &Mask, sizeof(Mask)));
}

BOOL WINAPI GetProcessHandleCount(HANDLE Process, PDWORD Count)
{
    ULONG Value = 0;

    if (!BaseResult(NtQueryInformationProcess(Process, ProcessHandleCount, &Value, sizeof(Value), NULL))) {
        return FALSE;
    }
    *Count = Value;
    return TRUE;
}

BOOL WINAPI ReadProcessMemory(HANDLE Process, LPCVOID Address, LPVOID Buffer, SIZE_T Size, SIZE_T *Done)
{
    SIZE_T Read = 0;
    NTSTATUS Status = NtReadVirtualMemory(Process, (PVOID)Address, Buffer, Size, &Read);

    if (Done != NULL) {
        *Done = Read;
    }
    return BaseResult(Status);
}

/* Code pages are made writable for the copy, as Windows does; data that was not writable stays so and fails. */
BOOL WINAPI WriteProcessMemory(HANDLE Process, LPVOID Address, LPCVOID Buffer, SIZE_T Size, SIZE_T *Done)
{
    PVOID Base = Address;
    SIZE_T Region = Size, Written = 0;
    ULONG Old;
    NTSTATUS Status = NtWriteVirtualMemory(Process, Address, (PVOID)Buffer, Size, &Written);

    if (!NT_SUCCESS(Status) && Written == 0 &&
        NT_SUCCESS(NtProtectVirtualMemory(Process, &Base, &Region, PAGE_EXECUTE_READWRITE, &Old))) {
        if (Old & (PAGE_NOACCESS | PAGE_READONLY)) {
            Status = STATUS_ACCESS_VIOLATION;
        } else {
            Status = NtWriteVirtualMemory(Process, Address, (PVOID)Buffer, Size, &Written);
        }
        NtProtectVirtualMemory(Process, &Base, &Region, Old, &Old);
    }
    if (Done != NULL) {
        *Done = Written;
    }
    if (Status == STATUS_ACCESS_VIOLATION) {
        return BaseFail(ERROR_NOACCESS);
    }
    return BaseResult(Status);
}

BOOL WINAPI FlushInstructionCache(HANDLE Process, LPCVOID Address, SIZE_T Size)
{
    return BaseResult(NtFlushInstructionCache(Process, (PVOID)Address, Size));
}

/* Taking a right away from a page makes the kernel interrupt every processor that runs this process: that is the barrier. */
VOID WINAPI FlushProcessWriteBuffers(void)
{
    static PVOID Page;
    PVOID Base;
    SIZE_T Size = 1;
    ULONG Old;

    if (Page == NULL) {
        PVOID New = VirtualAlloc(NULL, 1, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (New != NULL) {
            *(volatile LONG *)New = 1; /* only a page that is there can lose a right */
            if (InterlockedCompareExchangePointer(&Page, New, NULL) != NULL) {
                VirtualFree(New, 0, MEM_RELEASE);
            }
        }
    }
    if (Page != NULL) {
        Base = Page;
        NtProtectVirtualMemory(NtCurrentProcess(), &Base, &Size, PAGE_READWRITE, &Old);
        NtProtectVirtualMemory(NtCurrentProcess(), &Base, &Size, PAGE_READONLY, &Old);
    }
    MemoryBarrier();
}

BOOL WINAPI IsWow64Process(HANDLE Process, PBOOL Wow64)
{
    PROCESS_BASIC_INFORMATION Basic;

    if (!QueryBasic(Process, &Basic)) {
        return FALSE;
    }
    *Wow64 = FALSE;
    return TRUE;
}

BOOL WINAPI IsWow64Process2(HANDLE Process, USHORT *ProcessMachine, USHORT *NativeMachine)
{
    PROCESS_BASIC_INFORMATION Basic;

    if (!QueryBasic(Process, &Basic)) {
        return FALSE;
    }
    *ProcessMachine = IMAGE_FILE_MACHINE_UNKNOWN;
    if (NativeMachine != NULL) {
        *NativeMachine = IMAGE_FILE_MACHINE_AMD64;
    }
    return TRUE;
}

BOOL WINAPI ProcessIdToSessionId(DWORD Id, DWORD *Session)
{
    if (Id == GetCurrentProcessId()) {
        *Session = BasePeb()->SessionId;
        return TRUE;
    }
    HANDLE Process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, Id);
    if (Process == NULL) {
        return FALSE;
    }
    NtClose(Process);
    *Session = 0; /* there is one session */
    return TRUE;
}

UINT WINAPI WinExec(LPCSTR CommandLine, UINT Show)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup), .dwFlags = STARTF_USESHOWWINDOW, .wShowWindow = (WORD)Show};
    PROCESS_INFORMATION Process;

    if (!CreateProcessA(NULL, (LPSTR)CommandLine, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process)) {
        DWORD Error = GetLastError();
        return Error == ERROR_FILE_NOT_FOUND || Error == ERROR_PATH_NOT_FOUND || Error == ERROR_BAD_FORMAT ? Error : 0;
    }
    NtClose(Process.hThread);
    NtClose(Process.hProcess);
    return 33;
}

BOOL WINAPI QueryFullProcessImageNameW(HANDLE Process, DWORD Flags, LPWSTR Name, PDWORD Size)
{
    struct { UNICODE_STRING String; WCHAR Buffer[1024]; } Image;

    if (Flags & ~(DWORD)PROCESS_NAME_NATIVE) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    /* class 43, ProcessImageFileNameWin32, gives the DOS path */
    if (!BaseResult(NtQueryInformationProcess(Process, Flags & PROCESS_NAME_NATIVE ? ProcessImageFileName : (PROCESSINFOCLASS)43,
                                              &Image, sizeof(Image), NULL))) {
        return FALSE;
    }
    if (Image.String.Length / sizeof(WCHAR) >= *Size) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Name, Image.String.Buffer, Image.String.Length);
    *Size = Image.String.Length / sizeof(WCHAR);
    Name[*Size] = 0;
    return TRUE;
}

BOOL WINAPI QueryFullProcessImageNameA(HANDLE Process, DWORD Flags, LPSTR Name, PDWORD Size)
{
    WCHAR Wide[1024];
    DWORD Length = COUNT_OF(Wide);

    if (!QueryFullProcessImageNameW(Process, Flags, Wide, &Length)) {
        return FALSE;
    }
    DWORD Got = BaseToAnsi(Wide, Length, Name, *Size);
    if (Got >= *Size) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    *Size = Got;
    return TRUE;
}

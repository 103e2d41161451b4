/* SPDX-License-Identifier: MIT */
/*
 * createprocess.c - CreateProcess: stage 0 of a process' birth, in the caller.
 *
 * CreateProcessInternalW below is the table of contents; each step is a function of its own, in the file that create.h names.  What
 * Win32 adds to NtCreateUserProcess is: the search for the image and the ambiguity of blanks in an unquoted command line, the
 * environment in two character sets, the standard handles, and last errors that differ from the plain mapping of the status.
 * (Windows Internals, 7th ed., part 1, chapter 3, "Flow of CreateProcess", stages 1, 2 and 6.)
 *
 * Different from Windows: there is no csrss (stage 5) and no application compatibility.
 */
#include "create.h"
#include "etw.h"

#define PRIORITY_FLAGS (IDLE_PRIORITY_CLASS | BELOW_NORMAL_PRIORITY_CLASS | NORMAL_PRIORITY_CLASS | ABOVE_NORMAL_PRIORITY_CLASS | \
                        HIGH_PRIORITY_CLASS | REALTIME_PRIORITY_CLASS)

BOOL BaseCheckCreation(BASE_CREATE *Create)
{
    DWORD Flags = Create->Flags;

    if ((Flags & DETACHED_PROCESS) && (Flags & CREATE_NEW_CONSOLE)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if ((Flags & CREATE_SEPARATE_WOW_VDM) && (Flags & CREATE_SHARED_WOW_VDM)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if ((Flags & EXTENDED_STARTUPINFO_PRESENT) && Create->Startup->cb != sizeof(STARTUPINFOEXW)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Create->ApplicationName == NULL && Create->CommandLine == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Flags & CREATE_SECURE_PROCESS) {
        return BaseNotSupported("CreateProcess(CREATE_SECURE_PROCESS)");
    }
    if (Create->CommandLine != NULL && wcslen(Create->CommandLine) >= MAX_LONG_PATH - 1) {
        return BaseFail(ERROR_FILENAME_EXCED_RANGE);
    }
    return TRUE;
}

static void BaseCreateCleanup(BASE_CREATE *Create)
{
    if (Create->Thread != NULL) {
        NtClose(Create->Thread);
    }
    if (Create->Process != NULL) {
        NtClose(Create->Process);
    }
    if (Create->Parameters != NULL) {
        RtlDestroyProcessParameters((PVOID)Create->Parameters);
    }
    if (Create->NativeImage.Buffer != NULL) {
        RtlFreeHeap(BasePeb()->ProcessHeap, 0, Create->NativeImage.Buffer);
    }
    BaseFree(Create->Directory);
    BaseFree(Create->OwnEnvironment);
    BaseFree(Create->OwnCommandLine);
    BaseFree(Create->Image);
}

/* The image is found and opened; a batch file is found out only by the failure to make a section of it. */
static BOOL BaseCreateFromImage(BASE_CREATE *Create)
{
    if (BaseMakeParameters(Create) && BaseCreateNative(Create)) {
        return TRUE;
    }
    if (NT_SUCCESS(Create->Status)) {
        return FALSE;
    }
    if (!BaseBatchFile(Create)) {
        return BaseFailImage(Create);
    }
    RtlDestroyProcessParameters((PVOID)Create->Parameters);
    Create->Parameters = NULL;
    if (!BaseMakeParameters(Create)) {
        return FALSE;
    }
    return BaseCreateNative(Create) || BaseFailImage(Create);
}

/* The process is complete and its thread suspended: now it may run, and the caller gets the handles. */
static BOOL BaseReleaseChild(BASE_CREATE *Create, LPPROCESS_INFORMATION Information)
{
    if (!(Create->Flags & CREATE_SUSPENDED)) {
        NTSTATUS Status = NtResumeThread(Create->Thread, NULL);
        if (!NT_SUCCESS(Status)) {
            NtTerminateProcess(Create->Process, Status);
            return BaseResult(Status);
        }
    }
    Information->hProcess = Create->Process;
    Information->hThread = Create->Thread;
    Information->dwProcessId = (DWORD)(ULONG_PTR)Create->ClientId.UniqueProcess;
    Information->dwThreadId = (DWORD)(ULONG_PTR)Create->ClientId.UniqueThread;
    Create->Process = Create->Thread = NULL;
    return TRUE;
}

#define STATUS_FROM_WIN32(Error) ((NTSTATUS)(0xC0070000u | ((Error) & 0xFFFF))) /* NTSTATUS_FROM_WIN32: facility 7 */

/* What the ledger says of a creation that ended here: a failure without a status of its own is told by its last error. */
static NTSTATUS BaseCreationStatus(const BASE_CREATE *Create, BOOL Result)
{
    if (Result) {
        return STATUS_SUCCESS;
    }
    return NT_SUCCESS(Create->Status) ? STATUS_FROM_WIN32(GetLastError()) : Create->Status;
}

/* Stage 0 in the ledger that `birth` prints: reported by the creator, because the kernel does not see it. */
static void BaseTraceBirth(UCHAR Phase, NTSTATUS Status, DWORD ProcessId)
{
    ETW_USER_EVENT Event = {.Event = EtwBirthCreateProcess, .Phase = Phase, .Status = Status, .Data = {ProcessId}};

    NtTraceEvent(NULL, ETW_USER_EVENT_FLAG, sizeof(Event), &Event);
}

BOOL WINAPI CreateProcessInternalW(HANDLE Token, LPCWSTR ApplicationName, LPWSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity,
                                   LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL InheritHandles, DWORD Flags, LPVOID Environment,
                                   LPCWSTR Directory, LPSTARTUPINFOW Startup, LPPROCESS_INFORMATION Information, PHANDLE NewToken)
{
    BASE_CREATE Create = {
        .ApplicationName = ApplicationName, .CommandLine = CommandLine, .ProcessSecurity = ProcessSecurity,
        .ThreadSecurity = ThreadSecurity, .InheritHandles = InheritHandles, .Flags = Flags, .CallerEnvironment = Environment,
        .CallerDirectory = Directory, .Startup = Startup, .Token = Token,
    };
    BOOL Result;

    UNUSED(NewToken);
    memset(Information, 0, sizeof(*Information));
    BaseTraceBirth(ETW_PHASE_BEGIN, STATUS_SUCCESS, 0);
    Result = BaseCheckCreation(&Create) &&
             BaseReadAttributes(&Create) &&
             BaseFindImage(&Create) &&
             BaseCreateFromImage(&Create) &&
             BaseCheckSubsystem(&Create) &&
             BaseReleaseChild(&Create, Information);
    BaseTraceBirth(ETW_PHASE_END, BaseCreationStatus(&Create, Result), Information->dwProcessId);
    BaseCreateCleanup(&Create);
    return Result;
}

BOOL WINAPI CreateProcessW(LPCWSTR ApplicationName, LPWSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity,
                           LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL InheritHandles, DWORD Flags, LPVOID Environment,
                           LPCWSTR Directory, LPSTARTUPINFOW Startup, LPPROCESS_INFORMATION Information)
{
    return CreateProcessInternalW(NULL, ApplicationName, CommandLine, ProcessSecurity, ThreadSecurity, InheritHandles, Flags,
                                  Environment, Directory, Startup, Information, NULL);
}

/* The strings of an A call, all freed together. The environment stays as it is: its character set is a creation flag. */
typedef struct _ANSI_CREATE
{
    LPWSTR ApplicationName, CommandLine, Directory, Reserved, Desktop, Title;
} ANSI_CREATE;

static BOOL ConvertCreate(ANSI_CREATE *Wide, LPCSTR ApplicationName, LPCSTR CommandLine, LPCSTR Directory, const STARTUPINFOA *Startup)
{
    memset(Wide, 0, sizeof(*Wide));
    return BaseFileToWide(ApplicationName, &Wide->ApplicationName) && BaseFileToWide(CommandLine, &Wide->CommandLine) &&
           BaseFileToWide(Directory, &Wide->Directory) && BaseToWide(Startup->lpReserved, &Wide->Reserved) &&
           BaseToWide(Startup->lpDesktop, &Wide->Desktop) && BaseToWide(Startup->lpTitle, &Wide->Title);
}

static void FreeCreate(ANSI_CREATE *Wide)
{
    BaseFree(Wide->Title);
    BaseFree(Wide->Desktop);
    BaseFree(Wide->Reserved);
    BaseFree(Wide->Directory);
    BaseFree(Wide->CommandLine);
    BaseFree(Wide->ApplicationName);
}

BOOL WINAPI CreateProcessInternalA(HANDLE Token, LPCSTR ApplicationName, LPSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity,
                                   LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL InheritHandles, DWORD Flags, LPVOID Environment,
                                   LPCSTR Directory, LPSTARTUPINFOA Startup, LPPROCESS_INFORMATION Information, PHANDLE NewToken)
{
    STARTUPINFOEXW WideStartup = {0};
    ANSI_CREATE Wide;
    BOOL Result = FALSE;

    static_assert(sizeof(STARTUPINFOEXA) == sizeof(STARTUPINFOEXW), "only the pointers differ");
    memcpy(&WideStartup, Startup, Flags & EXTENDED_STARTUPINFO_PRESENT ? sizeof(STARTUPINFOEXA) : sizeof(STARTUPINFOA));
    if (ConvertCreate(&Wide, ApplicationName, CommandLine, Directory, Startup)) {
        WideStartup.StartupInfo.lpReserved = Wide.Reserved;
        WideStartup.StartupInfo.lpDesktop = Wide.Desktop;
        WideStartup.StartupInfo.lpTitle = Wide.Title;
        Result = CreateProcessInternalW(Token, Wide.ApplicationName, Wide.CommandLine, ProcessSecurity, ThreadSecurity, InheritHandles,
                                        Flags, Environment, Wide.Directory, &WideStartup.StartupInfo, Information, NewToken);
    }
    FreeCreate(&Wide);
    return Result;
}

BOOL WINAPI CreateProcessA(LPCSTR ApplicationName, LPSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity,
                           LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL InheritHandles, DWORD Flags, LPVOID Environment,
                           LPCSTR Directory, LPSTARTUPINFOA Startup, LPPROCESS_INFORMATION Information)
{
    return CreateProcessInternalA(NULL, ApplicationName, CommandLine, ProcessSecurity, ThreadSecurity, InheritHandles, Flags,
                                  Environment, Directory, Startup, Information, NULL);
}

/* The priority flags are mutually exclusive in meaning; the lowest one that is set wins, as on Windows. */
UCHAR BasePriorityClass(DWORD Flags)
{
    static const struct { DWORD Flag; UCHAR Class; } Map[] = {
        {IDLE_PRIORITY_CLASS, 1}, {BELOW_NORMAL_PRIORITY_CLASS, 5}, {NORMAL_PRIORITY_CLASS, 2},
        {ABOVE_NORMAL_PRIORITY_CLASS, 6}, {HIGH_PRIORITY_CLASS, 3}, {REALTIME_PRIORITY_CLASS, 4},
    };

    if (Flags & PRIORITY_FLAGS) {
        for (ULONG i = 0; i < COUNT_OF(Map); i++) {
            if (Flags & Map[i].Flag) {
                return Map[i].Class;
            }
        }
    }
    return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * job.c - jobs: assignment and inheritance, breakaway, nesting, limits, accounting, messages, killing on close.
 *
 * Run with "child ..." it is its own child.  Would pass on Windows 8 and later.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static char Self[MAX_PATH];
static BOOL(WINAPI *Same)(HANDLE, HANDLE); /* CompareObjectHandles, which mingw's library lacks */
#define LONG_TIME 20000

static int Start(const char *What, DWORD Flags, PROCESS_INFORMATION *Process)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    char Line[512];

    snprintf(Line, sizeof(Line), "\"%s\" child %s", Self, What);
    return CreateProcessA(NULL, Line, NULL, NULL, FALSE, Flags, NULL, NULL, &Startup, Process);
}

static DWORD End(PROCESS_INFORMATION *Process)
{
    DWORD Code = 0x12345;

    if (WaitForSingleObject(Process->hProcess, LONG_TIME) == WAIT_OBJECT_0) {
        GetExitCodeProcess(Process->hProcess, &Code);
    }
    CloseHandle(Process->hThread);
    CloseHandle(Process->hProcess);
    return Code;
}

static int Child(int Count, char **Arguments)
{
    const char *What = Count > 2 ? Arguments[2] : "";
    PROCESS_INFORMATION Process;
    BOOL In = FALSE;

    if (strcmp(What, "exit") == 0) {
        return 5;
    }
    if (strcmp(What, "injob") == 0) {
        return IsProcessInJob(GetCurrentProcess(), NULL, &In) ? 10 + In : 1;
    }
    if (strcmp(What, "spawn") == 0) { /* 20: the grandchild is in a job, 21: not; else the error */
        if (!Start("injob", Count > 3 ? CREATE_BREAKAWAY_FROM_JOB : 0, &Process)) {
            return (int)GetLastError();
        }
        return End(&Process) == 11 ? 20 : 21;
    }
    if (strcmp(What, "crash") == 0) {
        SetErrorMode(SEM_NOGPFAULTERRORBOX | SEM_FAILCRITICALERRORS);
        *(volatile int *)16 = 1;
    }
    if (strcmp(What, "memory") == 0) {
        SIZE_T Pages = 0;
        while (Pages < 4096 && VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) != NULL) {
            Pages += 16;
        }
        return Pages < 4096 ? (int)GetLastError() : 0;
    }
    if (strcmp(What, "burn") == 0) {
        for (volatile unsigned long long i = 0;; i++) {
        }
    }
    if (strcmp(What, "sleep") == 0) {
        Sleep(60000);
    }
    return 99;
}

static JOBOBJECT_BASIC_ACCOUNTING_INFORMATION Account(HANDLE Job)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION Accounting = {0};

    QueryInformationJobObject(Job, JobObjectBasicAccountingInformation, &Accounting, sizeof(Accounting), NULL);
    return Accounting;
}

static int Limit(HANDLE Job, DWORD Flags)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION Limits = {.BasicLimitInformation.LimitFlags = Flags};

    return SetInformationJobObject(Job, JobObjectExtendedLimitInformation, &Limits, sizeof(Limits));
}

static void Membership(void)
{
    HANDLE Job = CreateJobObjectA(NULL, "nascent-job"), Again;
    PROCESS_INFORMATION Process;
    struct
    {
        JOBOBJECT_BASIC_PROCESS_ID_LIST List;
        ULONG_PTR More[3];
    } Ids;
    BOOL In = TRUE;

    Ok(Job != NULL, "a job");
    Again = CreateJobObjectA(NULL, "nascent-job");
    Is(GetLastError(), ERROR_ALREADY_EXISTS, "the same again");
    Ok(Same(Job, Again), "is the same");
    CloseHandle(Again);
    Again = OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, "nascent-job");
    Ok(Again != NULL, "opened by its name");
    Start("injob", CREATE_SUSPENDED, &Process);
    Ok(IsProcessInJob(Process.hProcess, Job, &In) && !In, "not in it");
    Is(AssignProcessToJobObject(Again, Process.hProcess) || GetLastError() != ERROR_ACCESS_DENIED, 0, "no right to assign");
    Ok(AssignProcessToJobObject(Job, Process.hProcess), "assigned");
    Ok(IsProcessInJob(Process.hProcess, Job, &In) && In, "in it");
    Ok(IsProcessInJob(Process.hProcess, NULL, &In) && In, "in some job");
    Ok(QueryInformationJobObject(Job, JobObjectBasicProcessIdList, &Ids, sizeof(Ids), NULL) && Ids.List.NumberOfProcessIdsInList == 1 &&
           Ids.List.ProcessIdList[0] == Process.dwProcessId, "listed");
    Is(Account(Job).ActiveProcesses, 1, "one active");
    ResumeThread(Process.hThread);
    Is(End(&Process), 11, "it knows");
    Is(Account(Job).ActiveProcesses, 0, "none active");
    Is(Account(Job).TotalProcesses, 1, "one in all");
    Start("spawn", CREATE_SUSPENDED, &Process);
    AssignProcessToJobObject(Job, Process.hProcess);
    ResumeThread(Process.hThread);
    Is(End(&Process), 20, "a child is born into the job");
    Is(Account(Job).TotalProcesses, 3, "three in all");
    Is(AssignProcessToJobObject(NULL, GetCurrentProcess()) || GetLastError() != ERROR_INVALID_HANDLE, 0, "a bad job");
    Is(QueryInformationJobObject(Job, (JOBOBJECTINFOCLASS)99, &Ids, 4, NULL) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "a bad class");
    Is(QueryInformationJobObject(Job, JobObjectBasicAccountingInformation, &Ids, 4, NULL) || GetLastError() != ERROR_BAD_LENGTH, 0, "a bad length");
    CloseHandle(Again);
    CloseHandle(Job);
    Is(OpenJobObjectA(JOB_OBJECT_QUERY, FALSE, "nascent-job") != NULL || GetLastError() != ERROR_FILE_NOT_FOUND, 0, "the name is gone");
}

static void Breakaway(void)
{
    static const struct
    {
        DWORD Flags;
        const char *Line;
        DWORD Code;
        const char *What;
    } Cases[] = {
        {0, "spawn away", ERROR_ACCESS_DENIED, "no breakaway"},
        {JOB_OBJECT_LIMIT_BREAKAWAY_OK, "spawn away", 21, "breakaway"},
        {JOB_OBJECT_LIMIT_BREAKAWAY_OK, "spawn", 20, "only if asked for"},
        {JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK, "spawn", 21, "silent breakaway"},
    };

    for (unsigned i = 0; i < sizeof(Cases) / sizeof(*Cases); i++) {
        HANDLE Job = CreateJobObjectA(NULL, NULL);
        PROCESS_INFORMATION Process;

        Limit(Job, Cases[i].Flags);
        Start(Cases[i].Line, CREATE_SUSPENDED, &Process);
        AssignProcessToJobObject(Job, Process.hProcess);
        ResumeThread(Process.hThread);
        Is(End(&Process), Cases[i].Code, Cases[i].What);
        CloseHandle(Job);
    }
}

static void Nesting(void)
{
    HANDLE Outer = CreateJobObjectA(NULL, NULL), Inner = CreateJobObjectA(NULL, NULL), Third = CreateJobObjectA(NULL, NULL);
    PROCESS_INFORMATION First, Second;
    BOOL In;

    Start("sleep", CREATE_SUSPENDED, &First);
    Start("sleep", CREATE_SUSPENDED, &Second);
    Ok(AssignProcessToJobObject(Outer, First.hProcess), "the outer job");
    Ok(AssignProcessToJobObject(Inner, First.hProcess), "and one within");
    Ok(IsProcessInJob(First.hProcess, Outer, &In) && In && IsProcessInJob(First.hProcess, Inner, &In) && In, "in both");
    Is(Account(Outer).ActiveProcesses, 1, "counted by the outer one");
    Is(Account(Inner).TotalProcesses, 1, "and by the inner one");
    Ok(AssignProcessToJobObject(Outer, First.hProcess), "once more: nothing to do");
    AssignProcessToJobObject(Third, Second.hProcess);
    Is(AssignProcessToJobObject(Inner, Second.hProcess) || GetLastError() != ERROR_ACCESS_DENIED, 0, "not across hierarchies");
    Ok(TerminateJobObject(Outer, 77), "end the outer job");
    Is(End(&First), 77, "what is in the inner one ends");
    Is(WaitForSingleObject(Second.hProcess, 0), WAIT_TIMEOUT, "the other does not");
    Is(Account(Outer).TotalTerminatedProcesses, 0, "TerminateJobObject is no violation of a limit");
    TerminateProcess(Second.hProcess, 1);
    End(&Second);
    CloseHandle(Outer);
    CloseHandle(Inner);
    CloseHandle(Third);
}

static void Limits(void)
{
    JOBOBJECT_BASIC_LIMIT_INFORMATION Basic = {.LimitFlags = JOB_OBJECT_LIMIT_ACTIVE_PROCESS, .ActiveProcessLimit = 1};
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION Extended = {0};
    HANDLE Job = CreateJobObjectA(NULL, NULL);
    PROCESS_INFORMATION First, Second;
    DWORD_PTR Mask = 0, System = 0;

    Ok(SetInformationJobObject(Job, JobObjectBasicLimitInformation, &Basic, sizeof(Basic)), "one process");
    Start("sleep", CREATE_SUSPENDED, &First);
    Start("sleep", CREATE_SUSPENDED, &Second);
    Ok(AssignProcessToJobObject(Job, First.hProcess), "the first");
    Is(AssignProcessToJobObject(Job, Second.hProcess) || GetLastError() != ERROR_NOT_ENOUGH_QUOTA, 0, "not the second");
    Is(WaitForSingleObject(Second.hProcess, LONG_TIME), WAIT_OBJECT_0, "which is ended for it");
    End(&Second);
    Basic.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    Is(SetInformationJobObject(Job, JobObjectBasicLimitInformation, &Basic, sizeof(Basic)) || GetLastError() != ERROR_INVALID_PARAMETER, 0,
       "an extended flag in the basic limits");
    Basic.LimitFlags = JOB_OBJECT_LIMIT_PRIORITY_CLASS;
    Basic.PriorityClass = IDLE_PRIORITY_CLASS;
    Ok(SetInformationJobObject(Job, JobObjectBasicLimitInformation, &Basic, sizeof(Basic)), "a priority class");
    Is(GetPriorityClass(First.hProcess), IDLE_PRIORITY_CLASS, "takes hold of who is there");
    Ok(SetPriorityClass(First.hProcess, HIGH_PRIORITY_CLASS) && GetPriorityClass(First.hProcess) == IDLE_PRIORITY_CLASS, "and stays");
    Ok(QueryInformationJobObject(Job, JobObjectBasicLimitInformation, &Basic, sizeof(Basic), NULL) &&
       Basic.PriorityClass == IDLE_PRIORITY_CLASS, "as asked back");
    GetProcessAffinityMask(First.hProcess, &Mask, &System);
    Basic.LimitFlags = JOB_OBJECT_LIMIT_AFFINITY;
    Basic.Affinity = 0;
    Is(SetInformationJobObject(Job, JobObjectBasicLimitInformation, &Basic, sizeof(Basic)) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "no processor");
    Basic.Affinity = System & -System;
    Ok(SetInformationJobObject(Job, JobObjectBasicLimitInformation, &Basic, sizeof(Basic)), "one processor");
    Ok(GetProcessAffinityMask(First.hProcess, &Mask, &System) && Mask == Basic.Affinity, "takes hold");
    Basic.LimitFlags = JOB_OBJECT_LIMIT_WORKINGSET;
    Basic.MinimumWorkingSetSize = 0x400000;
    Basic.MaximumWorkingSetSize = 0x100000;
    Is(SetInformationJobObject(Job, JobObjectBasicLimitInformation, &Basic, sizeof(Basic)) || GetLastError() != ERROR_INVALID_PARAMETER, 0,
       "more at least than at most");
    TerminateProcess(First.hProcess, 1);
    End(&First);
    CloseHandle(Job);

    Job = CreateJobObjectA(NULL, NULL);
    Extended.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_PROCESS_MEMORY;
    Extended.ProcessMemoryLimit = 8 << 20;
    Ok(SetInformationJobObject(Job, JobObjectExtendedLimitInformation, &Extended, sizeof(Extended)), "8 MiB a process");
    Start("memory", CREATE_SUSPENDED, &First);
    AssignProcessToJobObject(Job, First.hProcess);
    ResumeThread(First.hThread);
    Is(End(&First), ERROR_COMMITMENT_LIMIT, "more cannot be committed");
    QueryInformationJobObject(Job, JobObjectExtendedLimitInformation, &Extended, sizeof(Extended), NULL);
    Ok(Extended.PeakProcessMemoryUsed > 4 << 20 && Extended.PeakProcessMemoryUsed <= 8 << 20, "peak of a process: %u",
       (unsigned)Extended.PeakProcessMemoryUsed);
    Extended.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_JOB_MEMORY;
    Extended.JobMemoryLimit = 6 << 20;
    Ok(SetInformationJobObject(Job, JobObjectExtendedLimitInformation, &Extended, sizeof(Extended)), "6 MiB a job");
    Start("memory", CREATE_SUSPENDED, &First);
    AssignProcessToJobObject(Job, First.hProcess);
    ResumeThread(First.hThread);
    Is(End(&First), ERROR_COMMITMENT_LIMIT, "more cannot be committed either");
    CloseHandle(Job);
}

static void Times(void)
{
    JOBOBJECT_BASIC_LIMIT_INFORMATION Basic = {.LimitFlags = JOB_OBJECT_LIMIT_PROCESS_TIME, .PerProcessUserTimeLimit.QuadPart = 3000000};
    HANDLE Job = CreateJobObjectA(NULL, NULL);
    PROCESS_INFORMATION Process;

    Ok(SetInformationJobObject(Job, JobObjectBasicLimitInformation, &Basic, sizeof(Basic)), "0.3 s a process");
    Start("burn", CREATE_SUSPENDED, &Process);
    AssignProcessToJobObject(Job, Process.hProcess);
    ResumeThread(Process.hThread);
    Is(End(&Process), ERROR_NOT_ENOUGH_QUOTA, "a process that takes longer is ended");
    Basic.LimitFlags = JOB_OBJECT_LIMIT_JOB_TIME;
    Basic.PerJobUserTimeLimit.QuadPart = 3000000;
    Ok(SetInformationJobObject(Job, JobObjectBasicLimitInformation, &Basic, sizeof(Basic)), "0.3 s a job");
    Start("burn", CREATE_SUSPENDED, &Process);
    AssignProcessToJobObject(Job, Process.hProcess);
    ResumeThread(Process.hThread);
    Is(WaitForSingleObject(Job, LONG_TIME), WAIT_OBJECT_0, "the job is signalled when its time is up");
    Is(End(&Process), ERROR_NOT_ENOUGH_QUOTA, "and its process ended");
    Ok(Account(Job).TotalUserTime.QuadPart >= 3000000, "user time is accounted for");
    CloseHandle(Job);
}

static DWORD Message(HANDLE Port, ULONG_PTR *Id)
{
    OVERLAPPED *Overlapped = NULL;
    ULONG_PTR Key = 0;
    DWORD What = 0;

    *Id = 0;
    if (!GetQueuedCompletionStatus(Port, &What, &Key, &Overlapped, 5000)) {
        return 0;
    }
    *Id = (ULONG_PTR)Overlapped;
    return Key == 0x1234 ? What : 0;
}

static void Messages(void)
{
    HANDLE Job = CreateJobObjectA(NULL, NULL), Port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT Associate = {(PVOID)0x1234, Port};
    PROCESS_INFORMATION Process;
    ULONG_PTR Id;

    Ok(SetInformationJobObject(Job, JobObjectAssociateCompletionPortInformation, &Associate, sizeof(Associate)), "a completion port");
    Start("exit", CREATE_SUSPENDED, &Process);
    AssignProcessToJobObject(Job, Process.hProcess);
    Is(Message(Port, &Id), JOB_OBJECT_MSG_NEW_PROCESS, "a new process");
    Is(Id, Process.dwProcessId, "its id");
    ResumeThread(Process.hThread);
    WaitForSingleObject(Process.hProcess, LONG_TIME);
    Is(Message(Port, &Id), JOB_OBJECT_MSG_EXIT_PROCESS, "it exits");
    Is(Id, Process.dwProcessId, "the same");
    Is(Message(Port, &Id), JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, "none is left");
    Is(End(&Process), 5, "its exit code");
    Start("crash", CREATE_SUSPENDED, &Process);
    AssignProcessToJobObject(Job, Process.hProcess);
    ResumeThread(Process.hThread);
    Is(End(&Process), 0xC0000005, "one that crashes");
    Is(Message(Port, &Id), JOB_OBJECT_MSG_NEW_PROCESS, "is announced");
    Is(Message(Port, &Id), JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS, "and its end is abnormal");
    Is(Message(Port, &Id), JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, "none is left again");
    CloseHandle(Job);
    CloseHandle(Port);
}

static void KillOnClose(void)
{
    HANDLE Job = CreateJobObjectA(NULL, NULL);
    STARTUPINFOEXA Startup = {.StartupInfo = {.cb = sizeof(Startup)}};
    PROCESS_INFORMATION Process;
    char Line[512];
    SIZE_T Size = 0;
    BOOL In = FALSE;

    Ok(Limit(Job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE), "kill on close");
    InitializeProcThreadAttributeList(NULL, 1, 0, &Size);
    Startup.lpAttributeList = malloc(Size);
    InitializeProcThreadAttributeList(Startup.lpAttributeList, 1, 0, &Size);
    Ok(UpdateProcThreadAttribute(Startup.lpAttributeList, 0, 0x0002000D /* PROC_THREAD_ATTRIBUTE_JOB_LIST */, &Job, sizeof(Job), NULL, NULL), "a job list");
    snprintf(Line, sizeof(Line), "\"%s\" child sleep", Self);
    Ok(CreateProcessA(NULL, Line, NULL, NULL, FALSE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL, &Startup.StartupInfo, &Process), "a process for it");
    Ok(IsProcessInJob(Process.hProcess, Job, &In) && In, "is born into it");
    DeleteProcThreadAttributeList(Startup.lpAttributeList);
    free(Startup.lpAttributeList);
    CloseHandle(Job);
    Is(WaitForSingleObject(Process.hProcess, LONG_TIME), WAIT_OBJECT_0, "the last handle takes it along");
    Is(End(&Process), 0, "with exit code 0");
}

int main(int Count, char **Arguments)
{
    GetModuleFileNameA(NULL, Self, sizeof(Self));
    if (Count > 1 && strcmp(Arguments[1], "child") == 0) {
        return Child(Count, Arguments);
    }
    Same = (void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "CompareObjectHandles");
    if (Same == NULL) {
        Same = (void *)GetProcAddress(GetModuleHandleA("kernelbase.dll"), "CompareObjectHandles");
    }
    Membership();
    Breakaway();
    Nesting();
    Limits();
    Times();
    Messages();
    KillOnClose();
    return Done();
}

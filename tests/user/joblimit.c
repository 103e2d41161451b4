/* SPDX-License-Identifier: MIT */
/*
 * joblimit.c - jobs at their edges: breaking away, limits that are inherited, UI limits, lists that do not fit, messages of limits, rights.
 */
#define _WIN32_WINNT 0x0A00
#include "child.h"
#include "win32.h"
#include <stdlib.h>

/* A child in the job: starts one of its own with Flags; 1 in the same job, 2 not in any, or the error. */
static int Child(int Count, char **Arguments)
{
    PROCESS_INFORMATION Process;
    BOOL In = FALSE;
    DWORD Flags = Count > 2 ? strtoul(Arguments[2], NULL, 0) : 0, Error;

    Error = Start(NULL, "exitcode.exe 0", FALSE, Flags | CREATE_SUSPENDED, NULL, NULL, NULL, &Process);
    if (Error != 0) {
        return (int)(Error - FAILED_WITH(0));
    }
    IsProcessInJob(Process.hProcess, NULL, &In);
    ResumeThread(Process.hThread);
    Finish(&Process);
    return In ? 1 : 2;
}

static BOOL Limit(HANDLE Job, DWORD Flags)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION Limits = {.BasicLimitInformation = {.LimitFlags = Flags, .ActiveProcessLimit = 1}};

    return SetInformationJobObject(Job, JobObjectExtendedLimitInformation, &Limits, sizeof(Limits));
}

/* What a child in Job gets for its own child. */
static DWORD Inside(HANDLE Job, DWORD Flags)
{
    PROCESS_INFORMATION Process;
    char Self[MAX_PATH], Line[MAX_PATH + 60];

    GetModuleFileNameA(NULL, Self, sizeof(Self));
    snprintf(Line, sizeof(Line), "\"%s\" child %#lx", Self, Flags);
    Start(NULL, Line, FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Process);
    if (!AssignProcessToJobObject(Job, Process.hProcess)) {
        TerminateProcess(Process.hProcess, 0);
        Finish(&Process);
        return 0xBAD;
    }
    ResumeThread(Process.hThread);
    return Finish(&Process);
}

static void Breakaway(void)
{
    HANDLE Job = CreateJobObjectA(NULL, NULL);

    Is(Inside(Job, 0), 1, "a child's child is in its job");
    Is(Inside(Job, CREATE_BREAKAWAY_FROM_JOB), ERROR_ACCESS_DENIED, "it may not break away");
    Ok(Limit(Job, JOB_OBJECT_LIMIT_BREAKAWAY_OK), "unless the job allows it");
    Is(Inside(Job, CREATE_BREAKAWAY_FROM_JOB), 2, "then it is in none");
    Is(Inside(Job, 0), 1, "if it is asked for");
    Ok(Limit(Job, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK), "a job that lets everyone go");
    Is(Inside(Job, 0), 2, "does so unasked");
    Ok(Limit(Job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS), "one process at most");
    Is(Inside(Job, 0), ERROR_NOT_ENOUGH_QUOTA, "the child's child is one too many");
    Is(RunSelf(FALSE, CREATE_BREAKAWAY_FROM_JOB, NULL, "0"), 2, "who is in no job may say so, too");
    CloseHandle(Job);
}

static void Lists(void)
{
    HANDLE Job = CreateJobObjectA(NULL, NULL);
    PROCESS_INFORMATION Process[3];
    union
    {
        JOBOBJECT_BASIC_PROCESS_ID_LIST List;
        BYTE Bytes[200];
    } Ids;
    DWORD Returned = 0;

    for (int i = 0; i < 3; i++) {
        Start(NULL, "exitcode.exe 0", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Process[i]);
        Ok(AssignProcessToJobObject(Job, Process[i].hProcess), "process %d", i);
    }
    Ok(QueryInformationJobObject(Job, JobObjectBasicProcessIdList, &Ids, sizeof(Ids), &Returned), "the list");
    Ok(Ids.List.NumberOfAssignedProcesses == 3 && Ids.List.NumberOfProcessIdsInList == 3 && Returned == 8 + 3 * 8, "has three");
    Ok(!QueryInformationJobObject(Job, JobObjectBasicProcessIdList, &Ids, 8 + 2 * 8, &Returned) && GetLastError() == ERROR_MORE_DATA, "room for two");
    Ok(Ids.List.NumberOfAssignedProcesses == 3 && Ids.List.NumberOfProcessIdsInList == 2, "has two, and says there are three");
    Ok(!QueryInformationJobObject(Job, JobObjectBasicProcessIdList, &Ids, 4, &Returned) && GetLastError() == ERROR_BAD_LENGTH, "no room at all");
    Ok(!QueryInformationJobObject(Job, JobObjectBasicAccountingInformation, &Ids, 47, &Returned) && GetLastError() == ERROR_BAD_LENGTH, "a byte too few");
    Ok(QueryInformationJobObject(Job, JobObjectBasicAccountingInformation, &Ids, 48, &Returned) && Returned == 48, "just enough");
    Ok(!QueryInformationJobObject(Job, (JOBOBJECTINFOCLASS)0, &Ids, 48, &Returned) && GetLastError() == ERROR_INVALID_PARAMETER, "no such class");
    Ok(!QueryInformationJobObject(NULL, JobObjectBasicAccountingInformation, &Ids, 48, &Returned), "we are in no job");
    TerminateJobObject(Job, 3);
    for (int i = 0; i < 3; i++) {
        Is(Finish(&Process[i]), 3, "all end");
    }
    CloseHandle(Job);
}

static void UserInterface(void)
{
    HANDLE Job = CreateJobObjectA(NULL, NULL);
    JOBOBJECT_BASIC_UI_RESTRICTIONS Limits = {JOB_OBJECT_UILIMIT_EXITWINDOWS | JOB_OBJECT_UILIMIT_READCLIPBOARD}, Got = {0};

    Ok(SetInformationJobObject(Job, JobObjectBasicUIRestrictions, &Limits, sizeof(Limits)), "UI limits");
    Ok(QueryInformationJobObject(Job, JobObjectBasicUIRestrictions, &Got, sizeof(Got), NULL) &&
       Got.UIRestrictionsClass == Limits.UIRestrictionsClass, "as set");
    Limits.UIRestrictionsClass = 0x80000000;
    Ok(!SetInformationJobObject(Job, JobObjectBasicUIRestrictions, &Limits, sizeof(Limits)) && GetLastError() == ERROR_INVALID_PARAMETER, "no such limit");
    CloseHandle(Job);
}

/* The next message of a port, or 0. */
static DWORD Message(HANDLE Port, ULONG_PTR *Key, DWORD *Id)
{
    OVERLAPPED *Value = NULL;
    DWORD Code = 0;

    if (!GetQueuedCompletionStatus(Port, &Code, Key, &Value, 30000)) {
        return 0;
    }
    *Id = (DWORD)(ULONG_PTR)Value;
    return Code;
}

static void Messages(void)
{
    HANDLE Job = CreateJobObjectA(NULL, NULL), Port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT Associate = {(PVOID)77, Port};
    PROCESS_INFORMATION First, Second;
    ULONG_PTR Key = 0;
    DWORD Id = 0;

    Ok(SetInformationJobObject(Job, JobObjectAssociateCompletionPortInformation, &Associate, sizeof(Associate)), "a port");
    Limit(Job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS);
    Start(NULL, "exitcode.exe 0", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &First);
    Start(NULL, "exitcode.exe 0", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Second);
    AssignProcessToJobObject(Job, First.hProcess);
    Ok(Message(Port, &Key, &Id) == JOB_OBJECT_MSG_NEW_PROCESS && Key == 77 && Id == First.dwProcessId, "a new process");
    Ok(!AssignProcessToJobObject(Job, Second.hProcess) && GetLastError() == ERROR_NOT_ENOUGH_QUOTA, "one too many");
    Is(Message(Port, &Key, &Id), JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, "the port hears of the limit");
    TerminateProcess(Second.hProcess, 1);
    Finish(&Second);
    ResumeThread(First.hThread);
    Ok(Message(Port, &Key, &Id) == JOB_OBJECT_MSG_EXIT_PROCESS && Id == First.dwProcessId, "an end");
    Is(Message(Port, &Key, &Id), JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, "nobody is left");
    Finish(&First);
    CloseHandle(Job);
    CloseHandle(Port);
}

static void Rights(void)
{
    HANDLE Job = CreateJobObjectA(NULL, NULL), Weak, WeakProcess;
    PROCESS_INFORMATION Process;
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION Accounts;
    JOBOBJECT_BASIC_LIMIT_INFORMATION Limits = {0};

    Start(NULL, "exitcode.exe 4", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Process);
    Weak = Limited(Job, SYNCHRONIZE);
    Ok(!AssignProcessToJobObject(Weak, Process.hProcess) && GetLastError() == ERROR_ACCESS_DENIED, "JOB_OBJECT_ASSIGN_PROCESS is needed to assign");
    Ok(!TerminateJobObject(Weak, 1) && GetLastError() == ERROR_ACCESS_DENIED, "JOB_OBJECT_TERMINATE to end");
    Ok(!QueryInformationJobObject(Weak, JobObjectBasicAccountingInformation, &Accounts, sizeof(Accounts), NULL) && GetLastError() == ERROR_ACCESS_DENIED,
       "JOB_OBJECT_QUERY to ask");
    Ok(!SetInformationJobObject(Weak, JobObjectBasicLimitInformation, &Limits, sizeof(Limits)) && GetLastError() == ERROR_ACCESS_DENIED,
       "JOB_OBJECT_SET_ATTRIBUTES to set");
    WeakProcess = Limited(Process.hProcess, PROCESS_TERMINATE);
    Ok(!AssignProcessToJobObject(Job, WeakProcess) && GetLastError() == ERROR_ACCESS_DENIED, "PROCESS_SET_QUOTA and PROCESS_TERMINATE of the process");
    CloseHandle(WeakProcess);
    WeakProcess = Limited(Process.hProcess, PROCESS_SET_QUOTA | PROCESS_TERMINATE);
    Ok(AssignProcessToJobObject(Job, WeakProcess), "are enough");
    CloseHandle(WeakProcess);
    CloseHandle(Weak);
    ResumeThread(Process.hThread);
    Is(Finish(&Process), 4, "it runs in the job");
    Start(NULL, "exitcode.exe 4", FALSE, 0, NULL, NULL, NULL, &Process);
    WaitForSingleObject(Process.hProcess, 60000);
    Ok(!AssignProcessToJobObject(Job, Process.hProcess) && GetLastError() == ERROR_ACCESS_DENIED, "who has ended enters no job");
    Finish(&Process);
    CloseHandle(Job);
}

int main(int Count, char **Arguments)
{
    if (Count > 1 && strcmp(Arguments[1], "child") == 0) {
        return Child(Count, Arguments);
    }
    Breakaway();
    Lists();
    UserInterface();
    Messages();
    Rights();
    return Done();
}

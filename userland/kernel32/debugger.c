/* SPDX-License-Identifier: MIT */
/*
 * debugger.c - debugging other processes: DebugActiveProcess, WaitForDebugEvent, ContinueDebugEvent and their kin, on ntdll's DbgUi functions.
 *
 * The handles on processes and threads that come with events are kernel32's: documented is that the debugger does not close them, but ContinueDebugEvent does,
 * when it continues the end of what they are for.  So they are kept in a list, which hangs where Windows keeps it: in the debugging thread's TEB,
 * DbgSsReserved[0].  Those of files are the debugger's to close.
 */
#include "k32.h"
#include "dbgui.h"

typedef struct _DEBUG_HANDLE
{
    struct _DEBUG_HANDLE *Next;
    DWORD ProcessId, ThreadId; /* ThreadId 0: a process' */
    HANDLE Handle;
    BOOL Ended; /* its end was told */
} DEBUG_HANDLE;

static DEBUG_HANDLE **List(void)
{
    return (DEBUG_HANDLE **)&BaseTeb()->DbgSsReserved[0];
}

static void Keep(DWORD ProcessId, DWORD ThreadId, HANDLE Handle)
{
    DEBUG_HANDLE *Entry = Handle != NULL ? BaseAllocate(sizeof(*Entry)) : NULL;

    if (Entry != NULL) {
        *Entry = (DEBUG_HANDLE){*List(), ProcessId, ThreadId, Handle, FALSE};
        *List() = Entry;
    }
}

static void MarkEnded(DWORD ProcessId, DWORD ThreadId, BOOL Process)
{
    for (DEBUG_HANDLE *Entry = *List(); Entry != NULL; Entry = Entry->Next) {
        Entry->Ended |= Entry->ProcessId == ProcessId && (Entry->ThreadId == ThreadId || (Process && Entry->ThreadId == 0));
    }
}

/* Closes what has ended of a thread's or process' handles; All: all of the process. */
static void CloseEnded(DWORD ProcessId, DWORD ThreadId, BOOL All)
{
    for (DEBUG_HANDLE **Link = List(), *Entry; (Entry = *Link) != NULL;) {
        BOOL Close = Entry->ProcessId == ProcessId && (All || (Entry->Ended && (Entry->ThreadId == ThreadId || Entry->ThreadId == 0)));
        if (!Close) {
            Link = &Entry->Next;
            continue;
        }
        *Link = Entry->Next;
        NtClose(Entry->Handle);
        BaseFree(Entry);
    }
}

static void Account(const DEBUG_EVENT *Event)
{
    switch (Event->dwDebugEventCode) {
    case CREATE_PROCESS_DEBUG_EVENT:
        Keep(Event->dwProcessId, 0, Event->u.CreateProcessInfo.hProcess);
        Keep(Event->dwProcessId, Event->dwThreadId, Event->u.CreateProcessInfo.hThread);
        break;
    case CREATE_THREAD_DEBUG_EVENT:
        Keep(Event->dwProcessId, Event->dwThreadId, Event->u.CreateThread.hThread);
        break;
    case EXIT_PROCESS_DEBUG_EVENT:
        MarkEnded(Event->dwProcessId, Event->dwThreadId, TRUE);
        break;
    case EXIT_THREAD_DEBUG_EVENT:
        MarkEnded(Event->dwProcessId, Event->dwThreadId, FALSE);
        break;
    }
}

static BOOL Wait(LPDEBUG_EVENT Event, DWORD Milliseconds, BOOL Wide)
{
    LARGE_INTEGER Time = {.QuadPart = -(LONGLONG)Milliseconds * 10000};
    DBGUI_WAIT_STATE_CHANGE Change;
    NTSTATUS Status;

    do {
        Status = DbgUiWaitStateChange(&Change, Milliseconds == INFINITE ? NULL : &Time);
    } while (Status == STATUS_ALERTED || Status == STATUS_USER_APC);
    if (Status == STATUS_TIMEOUT) {
        return BaseFail(ERROR_SEM_TIMEOUT);
    }
    if (NT_SUCCESS(Status)) {
        Status = Wide ? DbgUiConvertStateChangeStructureEx(&Change, Event) : DbgUiConvertStateChangeStructure(&Change, Event);
    }
    if (!BaseResult(Status)) {
        return FALSE;
    }
    Account(Event);
    return TRUE;
}

BOOL WINAPI WaitForDebugEvent(LPDEBUG_EVENT Event, DWORD Milliseconds)
{
    return Wait(Event, Milliseconds, FALSE);
}

BOOL WINAPI WaitForDebugEventEx(LPDEBUG_EVENT Event, DWORD Milliseconds)
{
    return Wait(Event, Milliseconds, TRUE);
}

BOOL WINAPI ContinueDebugEvent(DWORD ProcessId, DWORD ThreadId, DWORD Status)
{
    CLIENT_ID Id = {(HANDLE)(ULONG_PTR)ProcessId, (HANDLE)(ULONG_PTR)ThreadId};

    if (!BaseResult(DbgUiContinue(&Id, (NTSTATUS)Status))) {
        return FALSE;
    }
    CloseEnded(ProcessId, ThreadId, FALSE);
    return TRUE;
}

static HANDLE OpenDebuggee(DWORD ProcessId)
{
    return OpenProcess(PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE | PROCESS_SET_INFORMATION |
                       PROCESS_QUERY_INFORMATION | PROCESS_SUSPEND_RESUME, FALSE, ProcessId);
}

BOOL WINAPI DebugActiveProcess(DWORD ProcessId)
{
    HANDLE Process;

    if (!BaseResult(DbgUiConnectToDbg())) {
        return FALSE;
    }
    Process = OpenDebuggee(ProcessId);
    if (Process == NULL) {
        return FALSE;
    }
    NTSTATUS Status = DbgUiDebugActiveProcess(Process);
    NtClose(Process);
    return BaseResult(Status);
}

BOOL WINAPI DebugActiveProcessStop(DWORD ProcessId)
{
    HANDLE Process = OpenDebuggee(ProcessId);

    if (Process == NULL) {
        return FALSE;
    }
    NTSTATUS Status = DbgUiStopDebugging(Process);
    NtClose(Process);
    if (!NT_SUCCESS(Status)) {
        return BaseFail(ERROR_ACCESS_DENIED);
    }
    CloseEnded(ProcessId, 0, TRUE);
    return TRUE;
}

BOOL WINAPI DebugBreakProcess(HANDLE Process)
{
    return BaseResult(DbgUiIssueRemoteBreakin(Process));
}

BOOL WINAPI DebugSetProcessKillOnExit(BOOL Kill)
{
    ULONG Flags = Kill ? DEBUG_KILL_ON_CLOSE : 0;
    HANDLE Object = DbgUiGetThreadDebugObject();

    if (Object == NULL) {
        return BaseFail(ERROR_INVALID_HANDLE);
    }
    return BaseResult(NtSetInformationDebugObject(Object, 1, &Flags, sizeof(Flags), NULL));
}

/* SPDX-License-Identifier: MIT */
/*
 * dbgui.c - the debugger's side in ntdll: DbgUi*, on which kernel32's debug functions stand.
 *
 * The debug object belongs to the thread that debugs: its handle is in TEB.DbgSsReserved[1], made by DbgUiConnectToDbg.  kernel/dbgk has the other end;
 * Alex Ionescu's "Windows User Mode Debugging Internals" describes both.
 */
#include "ntdllp.h"
#include "dbgui.h"

NTSTATUS NTAPI DbgUiConnectToDbg(VOID)
{
    OBJECT_ATTRIBUTES Attributes;

    if (Teb()->DbgSsReserved[1] != NULL)
        return STATUS_SUCCESS;
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    return NtCreateDebugObject(&Teb()->DbgSsReserved[1], DEBUG_ALL_ACCESS, &Attributes, DEBUG_KILL_ON_CLOSE);
}

HANDLE NTAPI DbgUiGetThreadDebugObject(VOID)
{
    return Teb()->DbgSsReserved[1];
}

VOID NTAPI DbgUiSetThreadDebugObject(HANDLE DebugObject)
{
    Teb()->DbgSsReserved[1] = DebugObject;
}

NTSTATUS NTAPI DbgUiWaitStateChange(PDBGUI_WAIT_STATE_CHANGE StateChange, PLARGE_INTEGER Timeout)
{
    return NtWaitForDebugEvent(Teb()->DbgSsReserved[1], TRUE, Timeout, StateChange);
}

NTSTATUS NTAPI DbgUiContinue(PCLIENT_ID ClientId, NTSTATUS Status)
{
    return NtDebugContinue(Teb()->DbgSsReserved[1], ClientId, Status);
}

NTSTATUS NTAPI DbgUiStopDebugging(HANDLE Process)
{
    return NtRemoveProcessDebug(Process, Teb()->DbgSsReserved[1]);
}

/* A debugger that attaches wants to see the process stop: a thread of ours runs into a breakpoint there, unless the debugger has gone meanwhile. */
VOID NTAPI DbgUiRemoteBreakin(PVOID Context)
{
    UNUSED(Context);
    if (Peb()->BeingDebugged)
        DbgBreakPoint();
    RtlExitUserThread(STATUS_SUCCESS);
}

NTSTATUS NTAPI DbgUiIssueRemoteBreakin(HANDLE Process)
{
    HANDLE Thread;
    CLIENT_ID Id;
    NTSTATUS Status = RtlCreateUserThread(Process, NULL, FALSE, 0, 0, 0, (PUSER_THREAD_START_ROUTINE)(PVOID)DbgUiRemoteBreakin, NULL, &Thread, &Id);

    if (NT_SUCCESS(Status))
        NtClose(Thread);
    return Status;
}

NTSTATUS NTAPI DbgUiDebugActiveProcess(HANDLE Process)
{
    NTSTATUS Status = NtDebugActiveProcess(Process, Teb()->DbgSsReserved[1]);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = DbgUiIssueRemoteBreakin(Process);
    if (!NT_SUCCESS(Status))
        DbgUiStopDebugging(Process);
    return Status;
}

/* ---- the kernel's form of an event to Win32's ------------------------------------------------------------------------------------------- */

static PVOID TebOf(HANDLE Thread)
{
    THREAD_BASIC_INFORMATION Basic;

    return NT_SUCCESS(NtQueryInformationThread(Thread, ThreadBasicInformation, &Basic, sizeof Basic, NULL)) ? Basic.TebBaseAddress : NULL;
}

/* Text for the debugger comes as an exception; a wide one has the other form of it in its last two parameters. */
static void ConvertException(PDBGUI_WAIT_STATE_CHANGE From, LPDEBUG_EVENT To, bool Wide)
{
    const EXCEPTION_RECORD *Record = &From->StateInfo.Exception.ExceptionRecord;
    const ULONG_PTR *Parameter = Record->ExceptionInformation;

    if (Record->ExceptionCode == DBG_PRINTEXCEPTION_C || Record->ExceptionCode == DBG_PRINTEXCEPTION_WIDE_C) {
        bool IsWide = Record->ExceptionCode == DBG_PRINTEXCEPTION_WIDE_C;
        unsigned At = IsWide && !Wide ? 2 : 0;
        To->dwDebugEventCode = OUTPUT_DEBUG_STRING_EVENT;
        To->u.DebugString.lpDebugStringData = (LPSTR)Parameter[At + 1];
        To->u.DebugString.fUnicode = IsWide && Wide;
        To->u.DebugString.nDebugStringLength = (WORD)Parameter[At];
    } else if (Record->ExceptionCode == DBG_RIPEXCEPTION) {
        To->dwDebugEventCode = RIP_EVENT;
        To->u.RipInfo.dwType = (DWORD)Parameter[1];
        To->u.RipInfo.dwError = (DWORD)Parameter[0];
    } else {
        To->dwDebugEventCode = EXCEPTION_DEBUG_EVENT;
        To->u.Exception.ExceptionRecord = *Record;
        To->u.Exception.dwFirstChance = From->StateInfo.Exception.FirstChance;
    }
}

static void ConvertCreateProcess(PDBGUI_WAIT_STATE_CHANGE From, LPDEBUG_EVENT To)
{
    const DBGUI_CREATE_PROCESS *Info = &From->StateInfo.CreateProcessInfo;

    To->dwDebugEventCode = CREATE_PROCESS_DEBUG_EVENT;
    To->u.CreateProcessInfo = (CREATE_PROCESS_DEBUG_INFO){
        .hFile = Info->NewProcess.FileHandle, .hProcess = Info->HandleToProcess, .hThread = Info->HandleToThread,
        .lpBaseOfImage = Info->NewProcess.BaseOfImage, .dwDebugInfoFileOffset = Info->NewProcess.DebugInfoFileOffset,
        .nDebugInfoSize = Info->NewProcess.DebugInfoSize, .lpThreadLocalBase = TebOf(Info->HandleToThread),
        .lpStartAddress = (LPTHREAD_START_ROUTINE)Info->NewProcess.InitialThread.StartAddress, .fUnicode = TRUE};
}

static NTSTATUS Convert(PDBGUI_WAIT_STATE_CHANGE From, LPDEBUG_EVENT To, bool Wide)
{
    const DBGUI_STATE_INFO *Info = &From->StateInfo;

    memset(To, 0, sizeof *To);
    To->dwProcessId = (DWORD)(ULONG_PTR)From->AppClientId.UniqueProcess;
    To->dwThreadId = (DWORD)(ULONG_PTR)From->AppClientId.UniqueThread;
    switch (From->NewState) {
    case DbgCreateThreadStateChange:
        To->dwDebugEventCode = CREATE_THREAD_DEBUG_EVENT;
        To->u.CreateThread.hThread = Info->CreateThread.HandleToThread;
        To->u.CreateThread.lpStartAddress = (LPTHREAD_START_ROUTINE)Info->CreateThread.NewThread.StartAddress;
        To->u.CreateThread.lpThreadLocalBase = TebOf(Info->CreateThread.HandleToThread);
        return STATUS_SUCCESS;
    case DbgCreateProcessStateChange:
        ConvertCreateProcess(From, To);
        return STATUS_SUCCESS;
    case DbgExitThreadStateChange:
        To->dwDebugEventCode = EXIT_THREAD_DEBUG_EVENT;
        To->u.ExitThread.dwExitCode = (DWORD)Info->ExitStatus;
        return STATUS_SUCCESS;
    case DbgExitProcessStateChange:
        To->dwDebugEventCode = EXIT_PROCESS_DEBUG_EVENT;
        To->u.ExitProcess.dwExitCode = (DWORD)Info->ExitStatus;
        return STATUS_SUCCESS;
    case DbgExceptionStateChange:
    case DbgBreakpointStateChange:
    case DbgSingleStepStateChange:
        ConvertException(From, To, Wide);
        return STATUS_SUCCESS;
    case DbgLoadDllStateChange:
        To->dwDebugEventCode = LOAD_DLL_DEBUG_EVENT;
        To->u.LoadDll = (LOAD_DLL_DEBUG_INFO){Info->LoadDll.FileHandle, Info->LoadDll.BaseOfDll, Info->LoadDll.DebugInfoFileOffset,
                                              Info->LoadDll.DebugInfoSize, Info->LoadDll.NamePointer, TRUE};
        return STATUS_SUCCESS;
    case DbgUnloadDllStateChange:
        To->dwDebugEventCode = UNLOAD_DLL_DEBUG_EVENT;
        To->u.UnloadDll.lpBaseOfDll = Info->UnloadDll;
        return STATUS_SUCCESS;
    default:
        return STATUS_UNSUCCESSFUL;
    }
}

NTSTATUS NTAPI DbgUiConvertStateChangeStructure(PDBGUI_WAIT_STATE_CHANGE StateChange, LPDEBUG_EVENT Event)
{
    return Convert(StateChange, Event, false);
}

NTSTATUS NTAPI DbgUiConvertStateChangeStructureEx(PDBGUI_WAIT_STATE_CHANGE StateChange, LPDEBUG_EVENT Event)
{
    return Convert(StateChange, Event, true);
}

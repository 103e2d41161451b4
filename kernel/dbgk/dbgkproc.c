/* SPDX-License-Identifier: MIT */
/*
 * dbgkproc.c - the debugged side: a thread in whose process something happened tells the debugger, and waits.
 *
 *      thread                                   debugger
 *      freezes its process
 *      event -> the debug object's list   --->  NtWaitForDebugEvent returns it
 *      waits for Continued                      looks at a process that stands still
 *                                         <---  NtDebugContinue
 *      thaws, goes on with the answer
 *
 * While it waits the sender is in a critical region, so that it cannot be stopped itself by another thread that freezes the process for an event of its
 * own: both events are in the list, the debugger sees one after the other, and the process stays frozen until the last is continued.
 */
#include "dbgkp.h"

EX_PUSH_LOCK_ DbgkpProcessDebugPortMutex;

/* For the current thread.  The debugger's answer, or STATUS_PORT_NOT_SET, STATUS_DEBUGGER_INACTIVE: nobody was told, or he left. */
static NTSTATUS Send(DBGK_EVENT *Event, BOOLEAN Freeze)
{
    PETHREAD Thread = PsCurrentThread_();
    PEPROCESS Process = PsThreadProcess_(Thread);
    NTSTATUS Status = STATUS_PORT_NOT_SET;

    Event->Flags = 0;
    Event->Process = Process;
    Event->Thread = Thread;
    Event->Change.AppClientId = Thread->Cid;
    Event->ReturnedStatus = STATUS_DEBUGGER_INACTIVE;
    KeInitializeEvent(&Event->Continued, NotificationEvent, FALSE);

    DEBUG_OBJECT *Dead = NULL;
    KeEnterCriticalRegion();
    BOOLEAN Frozen = Freeze && PsFreezeProcess_(Process);
    ExAcquirePushLockExclusive_(&DbgkpProcessDebugPortMutex);
    DEBUG_OBJECT *Object = Process->DebugPort;
    if (Object != NULL) {
        ExAcquirePushLockExclusive_(&Object->DebugMutex);
        if (!Object->DeletePending) {
            InsertTailList(&Object->EventList, &Event->Links);
            KeSetEvent(&Object->EventsPresent, 0, FALSE);
            Status = STATUS_SUCCESS;
        } else {
            Dead = Object;
        }
        ExReleasePushLockExclusive_(&Object->DebugMutex);
    }
    ExReleasePushLockExclusive_(&DbgkpProcessDebugPortMutex);
    if (NT_SUCCESS(Status)) {
        (void)KeWaitForSingleObject(&Event->Continued, Executive, KernelMode, FALSE, NULL);
        Status = Event->ReturnedStatus;
    }
    if (Frozen) {
        PsThawProcess_(Process);
    }
    KeLeaveCriticalRegion();
    if (Dead != NULL) { /* its last handle was closed while this process was being born with it: nobody debugs us */
        DbgkpDetach(Process, Dead);
    }
    return Status;
}

/* The debugger's only: system threads and those that hide are not seen. */
static BOOLEAN IsWatched(PEPROCESS Process)
{
    return UNLIKELY(Process->DebugPort != NULL) && !(PsCurrentThread_()->CrossThreadFlags & (PS_CROSS_THREAD_FLAGS_HIDEFROMDBG | PS_CROSS_THREAD_FLAGS_SYSTEM));
}

/* Where in the file its COFF symbols are; zeros if it has none or cannot be read. */
void DbgkpReadDebugInfo(PVOID Base, PULONG Offset, PULONG Size)
{
    IMAGE_DOS_HEADER Dos;
    IMAGE_FILE_HEADER File;

    *Offset = *Size = 0;
    if (!NT_SUCCESS(KiCopyFromUser(&Dos, Base, sizeof(Dos))) || Dos.e_magic != IMAGE_DOS_SIGNATURE || Dos.e_lfanew < 0) {
        return;
    }
    if (NT_SUCCESS(KiCopyFromUser(&File, (PUCHAR)Base + Dos.e_lfanew + sizeof(ULONG), sizeof(File)))) {
        *Offset = File.PointerToSymbolTable;
        *Size = File.NumberOfSymbols;
    }
}

static NTSTATUS SendLoadDll(DBGK_EVENT *Event, PVOID Base, PVOID NamePointer)
{
    RtlZeroMemory(&Event->Change, sizeof(Event->Change));
    Event->Change.NewState = DbgLoadDllStateChange;
    Event->Change.Information.LoadDll.BaseOfDll = Base;
    Event->Change.Information.LoadDll.NamePointer = NamePointer;
    DbgkpReadDebugInfo(Base, &Event->Change.Information.LoadDll.DebugInfoFileOffset, &Event->Change.Information.LoadDll.DebugInfoSize);
    return Send(Event, TRUE);
}

/* The loader keeps the path of what it maps in TEB.NtTib.ArbitraryUserPointer meanwhile. */
static PVOID NamePointer(PETHREAD Thread)
{
    return (PUCHAR)Thread->Tcb.Teb + FIELD_OFFSET(NT_TIB, ArbitraryUserPointer);
}

/* ntdll is mapped by the kernel: its name goes where the loader would have put it. */
static void SendSystemDll(PETHREAD Thread, DBGK_EVENT *Event)
{
    static const WCHAR Name[] = L"ntdll.dll";
    PVOID Text = (PUCHAR)Thread->Tcb.Teb + FIELD_OFFSET(NTEB, StaticUnicodeBuffer);

    if (NT_SUCCESS(KiCopyToUser(Text, Name, sizeof(Name))) && NT_SUCCESS(KiCopyToUser(NamePointer(Thread), &Text, sizeof(Text)))) {
        (void)SendLoadDll(Event, PspSystemDllBase, NamePointer(Thread));
        Text = NULL;
        NTSTATUS Ignored = KiCopyToUser(NamePointer(Thread), &Text, sizeof(Text));
        (void)Ignored;
    }
}

void DbgkCreateThread(PETHREAD Thread)
{
    PEPROCESS Process = PsThreadProcess_(Thread);
    DBGK_EVENT Event;

    if (!IsWatched(Process) || (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_SKIP_CREATION_MSG)) {
        return;
    }
    RtlZeroMemory(&Event.Change, sizeof(Event.Change));
    if (!(Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_INITIAL)) {
        Event.Change.NewState = DbgCreateThreadStateChange;
        Event.Change.Information.CreateThread.StartAddress = Thread->Win32StartAddress;
        (void)Send(&Event, TRUE);
        return;
    }
    Event.Change.NewState = DbgCreateProcessStateChange;
    Event.Change.Information.CreateProcess.BaseOfImage = Process->SectionBaseAddress;
    Event.Change.Information.CreateProcess.StartAddress = Thread->Win32StartAddress;
    DbgkpReadDebugInfo(Process->SectionBaseAddress, &Event.Change.Information.CreateProcess.DebugInfoFileOffset,
                       &Event.Change.Information.CreateProcess.DebugInfoSize);
    (void)Send(&Event, FALSE);
    SendSystemDll(Thread, &Event);
}

void DbgkExitThread(NTSTATUS ExitStatus)
{
    DBGK_EVENT Event;

    if (!IsWatched(PsThreadProcess_(PsCurrentThread_()))) {
        return;
    }
    RtlZeroMemory(&Event.Change, sizeof(Event.Change));
    Event.Change.NewState = DbgExitThreadStateChange;
    Event.Change.Information.Exit.ExitStatus = ExitStatus;
    (void)Send(&Event, TRUE);
}

void DbgkExitProcess(NTSTATUS ExitStatus)
{
    DBGK_EVENT Event;

    if (!IsWatched(PsThreadProcess_(PsCurrentThread_()))) {
        return;
    }
    RtlZeroMemory(&Event.Change, sizeof(Event.Change));
    Event.Change.NewState = DbgExitProcessStateChange;
    Event.Change.Information.Exit.ExitStatus = ExitStatus;
    (void)Send(&Event, FALSE);
}

void DbgkMapViewOfSection(PEPROCESS Process, PVOID Base)
{
    PETHREAD Thread = PsCurrentThread_();
    DBGK_EVENT Event;

    if (IsWatched(Process) && Process == PsThreadProcess_(Thread) && Process == PsCurrentProcess_() && Thread->Tcb.PreviousMode == UserMode &&
        Thread->Tcb.Teb != NULL) {
        (void)SendLoadDll(&Event, Base, NamePointer(Thread));
    }
}

void DbgkUnMapViewOfSection(PEPROCESS Process, PVOID Base)
{
    PETHREAD Thread = PsCurrentThread_();
    DBGK_EVENT Event;

    if (!IsWatched(Process) || Process != PsThreadProcess_(Thread) || Process != PsCurrentProcess_() || Thread->Tcb.PreviousMode != UserMode) {
        return;
    }
    RtlZeroMemory(&Event.Change, sizeof(Event.Change));
    Event.Change.NewState = DbgUnloadDllStateChange;
    Event.Change.Information.UnloadDll.BaseAddress = Base;
    (void)Send(&Event, TRUE);
}

/* Breakpoints and single steps have numbers of their own, for debuggers that look at nothing else. */
BOOLEAN DbgkForwardException(PEXCEPTION_RECORD Record, BOOLEAN FirstChance)
{
    DBGK_EVENT Event;

    if (!IsWatched(PsThreadProcess_(PsCurrentThread_()))) {
        return FALSE;
    }
    RtlZeroMemory(&Event.Change, sizeof(Event.Change));
    Event.Change.NewState = Record->ExceptionCode == STATUS_BREAKPOINT    ? DbgBreakpointStateChange
                            : Record->ExceptionCode == STATUS_SINGLE_STEP ? DbgSingleStepStateChange
                                                                          : DbgExceptionStateChange;
    Event.Change.Information.Exception.ExceptionRecord = *Record;
    Event.Change.Information.Exception.FirstChance = FirstChance;
    NTSTATUS Status = Send(&Event, TRUE);
    return NT_SUCCESS(Status) && Status != DBG_EXCEPTION_NOT_HANDLED;
}

/* SPDX-License-Identifier: MIT */
/*
 * dbgkwait.c - NtWaitForDebugEvent and NtDebugContinue.
 *
 * What the debugger gets with an event are handles in its own table: the process and thread at their birth, and a file for each image.  It closes them
 * (kernel32 keeps account of processes and threads and does it at their end).
 */
#include "dbgkp.h"

/* The oldest event that may be shown: not read yet, and no other of its process is.  DebugMutex held. */
static DBGK_EVENT *FirstVisible(DEBUG_OBJECT *Object)
{
    for (LIST_ENTRY *Link = Object->EventList.Flink; Link != &Object->EventList; Link = Link->Flink) {
        DBGK_EVENT *Event = CONTAINING_RECORD(Link, DBGK_EVENT, Links);
        BOOLEAN Visible = !(Event->Flags & DBGK_EVENT_READ);

        for (LIST_ENTRY *Before = Object->EventList.Flink; Visible && Before != &Object->EventList; Before = Before->Flink) {
            DBGK_EVENT *Other = CONTAINING_RECORD(Before, DBGK_EVENT, Links);
            Visible = Other->Process != Event->Process || !(Other->Flags & DBGK_EVENT_READ);
        }
        if (Visible) {
            return Event;
        }
    }
    return NULL;
}

/* Copies the event that is to be shown, with references on its process and thread; marks it read.  FALSE: there is none, and none is signalled. */
static BOOLEAN TakeVisible(DEBUG_OBJECT *Object, DBGK_STATE_CHANGE *Change, PEPROCESS *Process, PETHREAD *Thread)
{
    ExAcquirePushLockExclusive_(&Object->DebugMutex);
    DBGK_EVENT *Event = Object->DeletePending ? NULL : FirstVisible(Object);
    if (Event != NULL) {
        Event->Flags |= DBGK_EVENT_READ;
        *Change = Event->Change;
        *Process = Event->Process;
        *Thread = Event->Thread;
        ObReferenceObject(*Process);
        ObReferenceObject(*Thread);
    } else if (!Object->DeletePending) {
        KeResetEvent(&Object->EventsPresent);
    }
    ExReleasePushLockExclusive_(&Object->DebugMutex);
    return Event != NULL;
}

/* A handle on the file behind an image of Process, for the current process; NULL if there is none to be had. */
static HANDLE OpenImageFile(PEPROCESS Process, PVOID Base)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    UNICODE_STRING Name;
    HANDLE File = NULL;

    if (!NT_SUCCESS(MmGetFileNameForAddress(Process, Base, &Name))) {
        return NULL;
    }
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_FORCE_ACCESS_CHECK, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenFile(&File, GENERIC_READ | SYNCHRONIZE, &Attributes, &Iosb, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                               FILE_SYNCHRONOUS_IO_NONALERT))) {
        File = NULL;
    }
    ExFreePool(Name.Buffer);
    return File;
}

static HANDLE OpenObject(PVOID Object, ACCESS_MASK Access, POBJECT_TYPE Type)
{
    HANDLE Handle = NULL;

    return NT_SUCCESS(ObOpenObjectByPointer(Object, 0, NULL, Access, Type, KernelMode, &Handle)) ? Handle : NULL;
}

static void OpenHandles(DBGK_STATE_CHANGE *Change, PEPROCESS Process, PETHREAD Thread)
{
    DBGK_INFORMATION *Information = &Change->Information;

    switch (Change->NewState) {
    case DbgCreateThreadStateChange:
        Information->CreateThread.Thread = OpenObject(Thread, THREAD_ALL_ACCESS, *PsThreadType);
        break;
    case DbgCreateProcessStateChange:
        Information->CreateProcess.Thread = OpenObject(Thread, THREAD_ALL_ACCESS, *PsThreadType);
        Information->CreateProcess.Process = OpenObject(Process, PROCESS_ALL_ACCESS, *PsProcessType);
        Information->CreateProcess.File = OpenImageFile(Process, Information->CreateProcess.BaseOfImage);
        break;
    case DbgLoadDllStateChange:
        Information->LoadDll.File = OpenImageFile(Process, Information->LoadDll.BaseOfDll);
        break;
    default:
        break;
    }
}

/* Waiting begins anew when somebody else took the event; the time that is gone by then counts.  *Timeout: relative or absolute, as given. */
static BOOLEAN TimeIsUp(PLARGE_INTEGER Timeout, PLARGE_INTEGER Start)
{
    LARGE_INTEGER Now;

    if (Timeout == NULL || Timeout->QuadPart >= 0) {
        return FALSE;
    }
    KeQuerySystemTime(&Now);
    Timeout->QuadPart += Now.QuadPart - Start->QuadPart;
    *Start = Now;
    return Timeout->QuadPart >= 0;
}

static NTSTATUS WaitFor(DEBUG_OBJECT *Object, KPROCESSOR_MODE Mode, BOOLEAN Alertable, PLARGE_INTEGER Timeout, DBGK_STATE_CHANGE *Change)
{
    LARGE_INTEGER Start;
    PEPROCESS Process;
    PETHREAD Thread;

    KeQuerySystemTime(&Start);
    for (;;) {
        NTSTATUS Status = KeWaitForSingleObject(&Object->EventsPresent, Executive, Mode, Alertable, Timeout);
        if (Status != STATUS_SUCCESS) {
            return Status; /* STATUS_TIMEOUT, STATUS_ALERTED, STATUS_USER_APC */
        }
        if (Object->DeletePending) {
            return STATUS_DEBUGGER_INACTIVE;
        }
        if (TakeVisible(Object, Change, &Process, &Thread)) {
            OpenHandles(Change, Process, Thread);
            ObDereferenceObject(Thread);
            ObDereferenceObject(Process);
            return STATUS_SUCCESS;
        }
        if (TimeIsUp(Timeout, &Start)) {
            return STATUS_TIMEOUT;
        }
    }
}

NTSTATUS NTAPI NtWaitForDebugEvent(HANDLE DebugObjectHandle, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PVOID StateChange);
NTSTATUS NTAPI NtWaitForDebugEvent(HANDLE DebugObjectHandle, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PVOID StateChange)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    DBGK_STATE_CHANGE Change;
    LARGE_INTEGER Time;
    DEBUG_OBJECT *Object;
    NTSTATUS Status = KiProbeForWrite(Mode, StateChange, sizeof(Change), sizeof(ULONG64));

    PAGED_CODE();
    if (NT_SUCCESS(Status) && Timeout != NULL) {
        Status = CopyFromMode(Mode, &Time, Timeout, sizeof(Time));
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(DebugObjectHandle, DEBUG_READ_EVENT, DbgkDebugObjectType, Mode, (PVOID *)&Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WaitFor(Object, Mode, Alertable, Timeout != NULL ? &Time : NULL, &Change);
    ObDereferenceObject(Object);
    return Status == STATUS_SUCCESS ? CopyToMode(Mode, StateChange, &Change, sizeof(Change)) : Status;
}

/* The event of that thread which the debugger has read, off the list (or, if it is to be shown again, at its end).  DebugMutex held. */
static DBGK_EVENT *TakeRead(DEBUG_OBJECT *Object, const CLIENT_ID *ClientId, BOOLEAN Later)
{
    for (LIST_ENTRY *Link = Object->EventList.Flink; Link != &Object->EventList; Link = Link->Flink) {
        DBGK_EVENT *Event = CONTAINING_RECORD(Link, DBGK_EVENT, Links);
        const CLIENT_ID *Of = &Event->Change.AppClientId;

        if (!(Event->Flags & DBGK_EVENT_READ) || Of->UniqueThread != ClientId->UniqueThread || Of->UniqueProcess != ClientId->UniqueProcess) {
            continue;
        }
        RemoveEntryList(Link);
        if (Later) {
            Event->Flags &= ~DBGK_EVENT_READ;
            InsertTailList(&Object->EventList, Link);
        }
        return Event;
    }
    return NULL;
}

static BOOLEAN IsAnswer(NTSTATUS Status)
{
    return Status == DBG_CONTINUE || Status == DBG_EXCEPTION_NOT_HANDLED || Status == DBG_EXCEPTION_HANDLED || Status == DBGK_REPLY_LATER ||
           Status == DBGK_TERMINATE_THREAD || Status == DBGK_TERMINATE_PROCESS;
}

/* STATUS_INVALID_PARAMETER: no answer, or no event of this thread that was read. */
NTSTATUS NTAPI NtDebugContinue(HANDLE DebugObjectHandle, PCLIENT_ID ClientId, NTSTATUS ContinueStatus);
NTSTATUS NTAPI NtDebugContinue(HANDLE DebugObjectHandle, PCLIENT_ID ClientId, NTSTATUS ContinueStatus)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    BOOLEAN Later = ContinueStatus == DBGK_REPLY_LATER;
    DEBUG_OBJECT *Object;
    CLIENT_ID Id;
    NTSTATUS Status = CopyFromMode(Mode, &Id, ClientId, sizeof(Id));

    PAGED_CODE();
    if (NT_SUCCESS(Status) && !IsAnswer(ContinueStatus)) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(DebugObjectHandle, DEBUG_READ_EVENT, DbgkDebugObjectType, Mode, (PVOID *)&Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ExAcquirePushLockExclusive_(&Object->DebugMutex);
    DBGK_EVENT *Event = TakeRead(Object, &Id, Later);
    if (!IsListEmpty(&Object->EventList)) {
        KeSetEvent(&Object->EventsPresent, 0, FALSE); /* the next of the process may be shown now */
    }
    ExReleasePushLockExclusive_(&Object->DebugMutex);
    if (Event != NULL && !Later) {
        DbgkpWake(Event, ContinueStatus);
    }
    ObDereferenceObject(Object);
    return Event != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

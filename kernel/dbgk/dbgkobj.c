/* SPDX-License-Identifier: MIT */
/*
 * dbgkobj.c - the debug object and the debugger's services.
 *
 * A debug object is a queue of events of any number of processes. Of each process only the oldest event is shown, and the next when that is continued; so a
 * debugger sees the process stop, looks, and lets it go on, event by event, while other processes' events come in between.
 *
 * An event is on the list from its sending until it is continued. Then either its sender wakes up (it lies on his stack), or, if it was posted at
 * attachment, it thaws the process and is freed.  Detaching, and the closing of the last handle, do the same for all that is left.
 */
#include "dbgkp.h"

POBJECT_TYPE DbgkDebugObjectType;

void DbgkpWake(DBGK_EVENT *Event, NTSTATUS Status)
{
    if (!(Event->Flags & DBGK_EVENT_POSTED)) {
        Event->ReturnedStatus = Status;
        KeSetEvent(&Event->Continued, 0, FALSE); /* its memory is the sender's from here on */
        return;
    }
    PsThawProcess_(Event->Process);
    ObDereferenceObject(Event->Thread);
    ObDereferenceObject(Event->Process);
    ExFreePoolWithTag(Event, DBGK_TAG);
}

static void WakeAll(LIST_ENTRY *Events, NTSTATUS Status)
{
    while (!IsListEmpty(Events)) {
        DbgkpWake(CONTAINING_RECORD(RemoveHeadList(Events), DBGK_EVENT, Links), Status);
    }
}

/* PEB.BeingDebugged: what IsDebuggerPresent answers, and why the loader stops when it is done. */
NTSTATUS DbgkpMarkPeb(PEPROCESS Process)
{
    NTSTATUS Status = STATUS_SUCCESS;
    KAPC_STATE Apc;

    if (Process->Peb == NULL || !ExAcquireRundownProtection(&Process->RundownProtect)) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    BOOLEAN Debugged = Process->DebugPort != NULL;
    KeStackAttachProcess((PKPROCESS)&Process->Pcb, &Apc);
    Status = KiCopyToUser((PUCHAR)Process->Peb + 2, &Debugged, sizeof(Debugged));
    KeUnstackDetachProcess(&Apc);
    ExReleaseRundownProtection(&Process->RundownProtect);
    return Status;
}

/* ---- the object ------------------------------------------------------------------------------------------------------------------- */

/* Moves the events of Process (NULL: of all) to Events. */
static void TakeEvents(DEBUG_OBJECT *Object, PEPROCESS Process, LIST_ENTRY *Events)
{
    InitializeListHead(Events);
    ExAcquirePushLockExclusive_(&Object->DebugMutex);
    for (LIST_ENTRY *Link = Object->EventList.Flink, *Next; Link != &Object->EventList; Link = Next) {
        Next = Link->Flink;
        if (Process == NULL || CONTAINING_RECORD(Link, DBGK_EVENT, Links)->Process == Process) {
            RemoveEntryList(Link);
            InsertTailList(Events, Link);
        }
    }
    ExReleasePushLockExclusive_(&Object->DebugMutex);
}

void DbgkpDetach(PEPROCESS Process, DEBUG_OBJECT *Object)
{
    DEBUG_OBJECT *Old = NULL;
    LIST_ENTRY Events;

    InitializeListHead(&Events);
    ExAcquirePushLockExclusive_(&DbgkpProcessDebugPortMutex);
    if (Process->DebugPort != NULL && (Object == NULL || Process->DebugPort == Object)) {
        Old = Process->DebugPort;
        Process->DebugPort = NULL;
        TakeEvents(Old, Process, &Events);
    }
    ExReleasePushLockExclusive_(&DbgkpProcessDebugPortMutex);
    if (Old != NULL) {
        (void)DbgkpMarkPeb(Process);
        WakeAll(&Events, STATUS_DEBUGGER_INACTIVE);
        ObDereferenceObject(Old);
    }
}

/* The debugger has gone: the debugged go with it, or on without it. */
static void CloseDebugObject(PEPROCESS Closer, PVOID Body, ULONG_PTR ProcessHandleCount, ULONG_PTR SystemHandleCount)
{
    DEBUG_OBJECT *Object = Body;
    LIST_ENTRY Events;

    UNREFERENCED_PARAMETER(Closer);
    UNREFERENCED_PARAMETER(ProcessHandleCount);
    if (SystemHandleCount > 1) {
        return;
    }
    ExAcquirePushLockExclusive_(&Object->DebugMutex);
    Object->DeletePending = TRUE;
    KeSetEvent(&Object->EventsPresent, 0, FALSE); /* who waits is told */
    ExReleasePushLockExclusive_(&Object->DebugMutex);
    for (PEPROCESS Process = PsGetNextProcess_(NULL); Process != NULL; Process = PsGetNextProcess_(Process)) {
        if (Process->DebugPort != Object) {
            continue;
        }
        if (Object->Flags & DEBUG_KILL_ON_CLOSE) {
            PspKillProcess(Process, STATUS_DEBUGGER_INACTIVE);
        }
        DbgkpDetach(Process, Object);
    }
    TakeEvents(Object, NULL, &Events);
    WakeAll(&Events, STATUS_DEBUGGER_INACTIVE);
}

void DbgkInitialize(void)
{
    OBJECT_TYPE_INITIALIZER Type = {
        .Length = sizeof(Type),
        .SecurityRequired = TRUE,
        .PoolType = NonPagedPool,
        .GenericMapping = {STANDARD_RIGHTS_READ | DEBUG_READ_EVENT, STANDARD_RIGHTS_WRITE | DEBUG_PROCESS_ASSIGN,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, DEBUG_ALL_ACCESS},
        .ValidAccessMask = DEBUG_ALL_ACCESS,
        .CloseProcedure = CloseDebugObject,
        .WaitObjectFlagOffset = offsetof(DEBUG_OBJECT, EventsPresent),
    };
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"DebugObject");

    ExInitializePushLock_(&DbgkpProcessDebugPortMutex);
    if (!NT_SUCCESS(ObCreateObjectType(&Name, &Type, NULL, &DbgkDebugObjectType))) {
        KeBugCheckEx(0x60 /* PROCESS_INITIALIZATION_FAILED */, 5, 0, 0, 0);
    }
}

NTSTATUS NTAPI NtCreateDebugObject(PHANDLE DebugObjectHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG Flags);
NTSTATUS NTAPI NtCreateDebugObject(PHANDLE DebugObjectHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG Flags)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    DEBUG_OBJECT *Object;
    HANDLE None = NULL;
    NTSTATUS Status = CopyToMode(Mode, DebugObjectHandle, &None, sizeof(None));

    PAGED_CODE();
    if (NT_SUCCESS(Status) && (Flags & ~DEBUG_KILL_ON_CLOSE)) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status)) {
        Status = ObCreateObject(Mode, DbgkDebugObjectType, ObjectAttributes, Mode, NULL, sizeof(*Object), 0, 0, (PVOID *)&Object);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlZeroMemory(Object, sizeof(*Object));
    KeInitializeEvent(&Object->EventsPresent, NotificationEvent, FALSE);
    ExInitializePushLock_(&Object->DebugMutex);
    InitializeListHead(&Object->EventList);
    Object->Flags = Flags;
    return ObInsertObjectService(Object, DesiredAccess, DebugObjectHandle, Mode);
}

NTSTATUS NTAPI NtSetInformationDebugObject(HANDLE DebugObjectHandle, ULONG InformationClass, PVOID Information, ULONG Length, PULONG ReturnLength);
NTSTATUS NTAPI NtSetInformationDebugObject(HANDLE DebugObjectHandle, ULONG InformationClass, PVOID Information, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG Needed = sizeof(ULONG), Flags = 0;
    DEBUG_OBJECT *Object;
    NTSTATUS Status = ReturnLength != NULL ? CopyToMode(Mode, ReturnLength, &Needed, sizeof(Needed)) : STATUS_SUCCESS;

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (InformationClass != 1 /* DebugObjectKillProcessOnExitInformation */) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Length != sizeof(Flags)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = CopyFromMode(Mode, &Flags, Information, sizeof(Flags));
    if (NT_SUCCESS(Status) && (Flags & ~DEBUG_KILL_ON_CLOSE)) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(DebugObjectHandle, DEBUG_SET_INFORMATION, DbgkDebugObjectType, Mode, (PVOID *)&Object, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Object->Flags = Flags;
        ObDereferenceObject(Object);
    }
    return Status;
}

/* ---- becoming a debugger ------------------------------------------------------------------------------------------------------------- */

NTSTATUS DbgkInheritDebugPort(PEPROCESS Process, PEPROCESS Parent, HANDLE DebugObject, BOOLEAN NoInherit, KPROCESSOR_MODE Mode, BOOLEAN *Debugged)
{
    DEBUG_OBJECT *Object = NULL;

    *Debugged = FALSE;
    if (DebugObject != NULL) {
        NTSTATUS Status = ObReferenceObjectByHandle(DebugObject, DEBUG_PROCESS_ASSIGN, DbgkDebugObjectType, Mode, (PVOID *)&Object, NULL);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Process->NoDebugInherit = NoInherit;
    } else if (Parent->DebugPort != NULL && !Parent->NoDebugInherit && !NoInherit) {
        ExAcquirePushLockExclusive_(&DbgkpProcessDebugPortMutex);
        Object = Parent->DebugPort;
        if (Object != NULL) {
            ObReferenceObject(Object);
        }
        ExReleasePushLockExclusive_(&DbgkpProcessDebugPortMutex);
    }
    Process->DebugPort = Object; /* nobody knows the process yet */
    *Debugged = Object != NULL;
    return STATUS_SUCCESS;
}

void DbgkProcessDelete(PEPROCESS Process)
{
    if (Process->DebugPort != NULL) {
        ObDereferenceObject(Process->DebugPort);
    }
}

NTSTATUS DbgkOpenProcessDebugPort(PEPROCESS Process, PHANDLE Handle)
{
    ExAcquirePushLockExclusive_(&DbgkpProcessDebugPortMutex);
    DEBUG_OBJECT *Object = Process->DebugPort;
    if (Object != NULL) {
        ObReferenceObject(Object);
    }
    ExReleasePushLockExclusive_(&DbgkpProcessDebugPortMutex);
    if (Object == NULL) {
        return STATUS_PORT_NOT_SET;
    }
    NTSTATUS Status = ObOpenObjectByPointer(Object, 0, NULL, MAXIMUM_ALLOWED, DbgkDebugObjectType, ExGetPreviousMode(), Handle);
    ObDereferenceObject(Object);
    return Status;
}

/* Makes Object the debugger of Process, with Events waiting for it.  Takes a reference. */
static NTSTATUS Attach(PEPROCESS Process, DEBUG_OBJECT *Object, LIST_ENTRY *Events)
{
    NTSTATUS Status = STATUS_SUCCESS;

    ExAcquirePushLockExclusive_(&DbgkpProcessDebugPortMutex);
    ExAcquirePushLockExclusive_(&Object->DebugMutex);
    if (Process->DebugPort != NULL) {
        Status = STATUS_PORT_ALREADY_SET;
    } else if (Object->DeletePending) {
        Status = STATUS_DEBUGGER_INACTIVE;
    } else {
        ObReferenceObject(Object);
        Process->DebugPort = Object;
        while (!IsListEmpty(Events)) {
            InsertTailList(&Object->EventList, RemoveHeadList(Events));
        }
        KeSetEvent(&Object->EventsPresent, 0, FALSE);
    }
    ExReleasePushLockExclusive_(&Object->DebugMutex);
    ExReleasePushLockExclusive_(&DbgkpProcessDebugPortMutex);
    return Status;
}

static NTSTATUS AttachTo(PEPROCESS Process, DEBUG_OBJECT *Object)
{
    LIST_ENTRY Events;

    if (Process->DebugPort != NULL) {
        return STATUS_PORT_ALREADY_SET;
    }
    if (!ExAcquireRundownProtection(&Process->RundownProtect)) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    NTSTATUS Status = DbgkpPostBirth(Process, &Events);
    if (NT_SUCCESS(Status)) {
        Status = Attach(Process, Object, &Events);
        WakeAll(&Events, Status); /* those that could not be handed over */
    }
    ExReleaseRundownProtection(&Process->RundownProtect);
    return NT_SUCCESS(Status) ? DbgkpMarkPeb(Process) : Status;
}

/* What attaching and leaving name.  References both. */
static NTSTATUS ReferenceBoth(HANDLE ProcessHandle, HANDLE DebugObjectHandle, PEPROCESS *Process, DEBUG_OBJECT **Object)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_SUSPEND_RESUME, *PsProcessType, Mode, (PVOID *)Process, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(DebugObjectHandle, DEBUG_PROCESS_ASSIGN, DbgkDebugObjectType, Mode, (PVOID *)Object, NULL);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(*Process);
    }
    return Status;
}

NTSTATUS NTAPI NtDebugActiveProcess(HANDLE ProcessHandle, HANDLE DebugObjectHandle);
NTSTATUS NTAPI NtDebugActiveProcess(HANDLE ProcessHandle, HANDLE DebugObjectHandle)
{
    DEBUG_OBJECT *Object;
    PEPROCESS Process;
    NTSTATUS Status = ReferenceBoth(ProcessHandle, DebugObjectHandle, &Process, &Object);

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Process == PsThreadProcess_(PsCurrentThread_()) || (Process->Flags & PS_PROCESS_FLAGS_SYSTEM)) {
        Status = STATUS_ACCESS_DENIED;
    } else {
        Status = AttachTo(Process, Object);
    }
    ObDereferenceObject(Object);
    ObDereferenceObject(Process);
    return Status;
}

/* STATUS_PORT_NOT_SET: that is not its debugger. */
NTSTATUS NTAPI NtRemoveProcessDebug(HANDLE ProcessHandle, HANDLE DebugObjectHandle);
NTSTATUS NTAPI NtRemoveProcessDebug(HANDLE ProcessHandle, HANDLE DebugObjectHandle)
{
    DEBUG_OBJECT *Object;
    PEPROCESS Process;
    NTSTATUS Status = ReferenceBoth(ProcessHandle, DebugObjectHandle, &Process, &Object);

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Process->DebugPort == Object) {
        DbgkpDetach(Process, Object);
    } else {
        Status = STATUS_PORT_NOT_SET;
    }
    ObDereferenceObject(Object);
    ObDereferenceObject(Process);
    return Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * event.c - event objects and their services.  The body of an event object is a KEVENT.
 */
#include "exp.h"
#include "exobj.h"

typedef struct _EVENT_BASIC_INFORMATION
{
    EVENT_TYPE EventType;
    LONG EventState;
} EVENT_BASIC_INFORMATION;

POBJECT_TYPE ExEventObjectType_;
POBJECT_TYPE *ExEventObjectType;

NTSTATUS ExpInitializeEvents(void)
{
    static const OBJECT_TYPE_INITIALIZER Initializer = {
        .InvalidAttributes = OBJ_OPENLINK,
        .GenericMapping = {STANDARD_RIGHTS_READ | EVENT_QUERY_STATE, STANDARD_RIGHTS_WRITE | EVENT_MODIFY_STATE,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, EVENT_ALL_ACCESS},
        .ValidAccessMask = EVENT_ALL_ACCESS,
        .PoolType = NonPagedPool,
        .DefaultNonPagedPoolCharge = sizeof(KEVENT),
        .WaitObjectFlagOffset = 0,
    };
    NTSTATUS Status = ExpCreateType(L"Event", &Initializer, &ExEventObjectType_);

    ExEventObjectType = (POBJECT_TYPE *)ExEventObjectType_;
    return Status;
}

NTSTATUS NTAPI NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                             BOOLEAN InitialState)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PKEVENT Event;
    NTSTATUS Status;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, EventHandle, sizeof(HANDLE), 1);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (EventType != NotificationEvent && EventType != SynchronizationEvent) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = ObCreateObject(Mode, ExEventObjectType_, ObjectAttributes, Mode, NULL, sizeof(*Event), 0, 0, (PVOID *)&Event);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeInitializeEvent(Event, EventType, InitialState);
    return ObInsertObjectService(Event, DesiredAccess, EventHandle, Mode);
}

NTSTATUS NTAPI NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ObOpenObjectService(EventHandle, DesiredAccess, ObjectAttributes, ExEventObjectType_);
}

typedef LONG (*EXP_EVENT_ROUTINE)(PKEVENT Event);

static LONG ExpSetEvent(PKEVENT Event)
{
    return KeSetEvent(Event, EVENT_INCREMENT, FALSE);
}

static LONG ExpResetEvent(PKEVENT Event)
{
    return KeResetEvent(Event);
}

static LONG ExpPulseEvent(PKEVENT Event)
{
    return KePulseEvent(Event, EVENT_INCREMENT, FALSE);
}

/* The services that change an event: Routine returns the old state, which the caller may want. */
static NTSTATUS ExpChangeEvent(HANDLE EventHandle, PLONG PreviousState, EXP_EVENT_ROUTINE Routine)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status = STATUS_SUCCESS;
    PKEVENT Event;
    LONG State;

    PAGED_CODE();
    if (PreviousState != NULL) {
        Status = KiProbeForWrite(Mode, PreviousState, sizeof(LONG), 1);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(EventHandle, EVENT_MODIFY_STATE, ExEventObjectType_, Mode, (PVOID *)&Event, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    State = Routine(Event);
    ObfDereferenceObject(Event);
    return PreviousState != NULL ? CopyToMode(Mode, PreviousState, &State, sizeof(State)) : STATUS_SUCCESS;
}

NTSTATUS NTAPI NtSetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    return ExpChangeEvent(EventHandle, PreviousState, ExpSetEvent);
}

NTSTATUS NTAPI NtResetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    return ExpChangeEvent(EventHandle, PreviousState, ExpResetEvent);
}

NTSTATUS NTAPI NtPulseEvent(HANDLE EventHandle, PLONG PreviousState)
{
    return ExpChangeEvent(EventHandle, PreviousState, ExpPulseEvent);
}

NTSTATUS NTAPI NtClearEvent(HANDLE EventHandle)
{
    return ExpChangeEvent(EventHandle, NULL, ExpResetEvent);
}

NTSTATUS NTAPI NtQueryEvent(HANDLE EventHandle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    EVENT_BASIC_INFORMATION Basic;
    PKEVENT Event;
    NTSTATUS Status = ExpCheckQuery(Mode, Class, sizeof(Basic), Buffer, Length, ReturnLength);

    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(EventHandle, EVENT_QUERY_STATE, ExEventObjectType_, Mode, (PVOID *)&Event, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Basic.EventType = (Event->Header.Type & 0x7F) == EventSynchronizationObject ? SynchronizationEvent : NotificationEvent;
    Basic.EventState = KeReadStateEvent(Event);
    ObfDereferenceObject(Event);
    return ExpReturnQuery(Mode, &Basic, sizeof(Basic), Buffer, ReturnLength);
}

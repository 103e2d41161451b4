/* SPDX-License-Identifier: MIT */
/*
 * keyedevt.c - keyed events, and alerts by thread id.
 *
 * A keyed event is a place to meet: a waiter and a releaser of the same process that name the same key go on together, whoever comes first
 * waits.  Needing no memory of its own for that is its point: critical sections fall back on it.  The blocks lie on the waiting threads' stacks, in
 * hash buckets with a push lock each.
 *
 * An alert by thread id is a flag of a thread, set by others of its process and consumed by its wait: what WaitOnAddress, SRW locks and condition
 * variables are built on since Windows 8.  Windows Internals, 7th ed., part 2, chapter 8 "Keyed events", "Address-based waits".
 */
#include "exp.h"
#include "exobj.h"

#define KEYEDEVENT_WAIT 0x0001
#define KEYEDEVENT_WAKE 0x0002
#define KEYEDEVENT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | KEYEDEVENT_WAIT | KEYEDEVENT_WAKE)
#define KEYED_BUCKETS 64

typedef struct _KEYED_EVENT_OBJECT
{
    ULONG_PTR Reserved; /* its identity is all it has */
} KEYED_EVENT_OBJECT, *PKEYED_EVENT_OBJECT;

typedef struct _KEYED_WAIT_BLOCK
{
    LIST_ENTRY Link; /* bucket lock; empty (self) when taken out */
    PEPROCESS Process;
    PKEYED_EVENT_OBJECT Event;
    ULONG_PTR Key;
    BOOLEAN Releaser;
    KEVENT Wake;
} KEYED_WAIT_BLOCK;

typedef struct _KEYED_BUCKET
{
    EX_PUSH_LOCK_ Lock;
    LIST_ENTRY Blocks;
} KEYED_BUCKET;

POBJECT_TYPE ExKeyedEventObjectType_;
static KEYED_BUCKET ExpKeyedBuckets[KEYED_BUCKETS];
static PKEYED_EVENT_OBJECT ExpCritSecOutOfMemoryEvent; /* what a NULL handle names */

NTSTATUS ExpInitializeKeyedEvents(void)
{
    static const OBJECT_TYPE_INITIALIZER Initializer = {
        .InvalidAttributes = OBJ_OPENLINK,
        .GenericMapping = {STANDARD_RIGHTS_READ | KEYEDEVENT_WAIT, STANDARD_RIGHTS_WRITE | KEYEDEVENT_WAKE, STANDARD_RIGHTS_EXECUTE,
                           KEYEDEVENT_ALL_ACCESS},
        .ValidAccessMask = KEYEDEVENT_ALL_ACCESS,
        .PoolType = PagedPool,
        .WaitObjectFlagOffset = -1,
    };
    static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\KernelObjects\\CritSecOutOfMemoryEvent");
    OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;

    for (ULONG i = 0; i < KEYED_BUCKETS; i++) {
        ExInitializePushLock_(&ExpKeyedBuckets[i].Lock);
        InitializeListHead(&ExpKeyedBuckets[i].Blocks);
    }
    Status = ExpCreateType(L"KeyedEvent", &Initializer, &ExKeyedEventObjectType_);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE, NULL, SePublicOpenUnrestrictedSd);
    Status = ObCreateObject(KernelMode, ExKeyedEventObjectType_, &Attributes, KernelMode, NULL, sizeof(KEYED_EVENT_OBJECT), 0, 0,
                            (PVOID *)&ExpCritSecOutOfMemoryEvent);
    return NT_SUCCESS(Status) ? ObInsertObject(ExpCritSecOutOfMemoryEvent, NULL, 0, 0, NULL, NULL) : Status;
}

NTSTATUS NTAPI NtCreateKeyedEvent(PHANDLE KeyedEventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG Flags)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PKEYED_EVENT_OBJECT Event;
    NTSTATUS Status;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, KeyedEventHandle, sizeof(HANDLE), 1);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Flags != 0) {
        return STATUS_INVALID_PARAMETER_4;
    }
    Status = ObCreateObject(Mode, ExKeyedEventObjectType_, ObjectAttributes, Mode, NULL, sizeof(*Event), 0, 0, (PVOID *)&Event);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Event->Reserved = 0;
    return ObInsertObjectService(Event, DesiredAccess, KeyedEventHandle, Mode);
}

NTSTATUS NTAPI NtOpenKeyedEvent(PHANDLE KeyedEventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ObOpenObjectService(KeyedEventHandle, DesiredAccess, ObjectAttributes, ExKeyedEventObjectType_);
}

static KEYED_BUCKET *ExpKeyedBucket(PEPROCESS Process, ULONG_PTR Key)
{
    ULONG_PTR Hash = (Key >> 3) ^ (Key >> 11) ^ ((ULONG_PTR)Process >> 6);

    return &ExpKeyedBuckets[Hash % KEYED_BUCKETS];
}

/* The partner of Block that has waited longest, or NULL.  Bucket locked. */
static KEYED_WAIT_BLOCK *ExpFindPartner(KEYED_BUCKET *Bucket, const KEYED_WAIT_BLOCK *Block)
{
    for (PLIST_ENTRY Link = Bucket->Blocks.Flink; Link != &Bucket->Blocks; Link = Link->Flink) {
        KEYED_WAIT_BLOCK *Other = CONTAINING_RECORD(Link, KEYED_WAIT_BLOCK, Link);

        if (Other->Key == Block->Key && Other->Process == Block->Process && Other->Event == Block->Event && Other->Releaser != Block->Releaser) {
            return Other;
        }
    }
    return NULL;
}

static NTSTATUS ExpMeet(PKEYED_EVENT_OBJECT Event, PVOID Key, BOOLEAN Releaser, KPROCESSOR_MODE Mode, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    KEYED_WAIT_BLOCK Block = {.Process = PsCurrentProcess_(), .Event = Event, .Key = (ULONG_PTR)Key, .Releaser = Releaser}, *Partner;
    KEYED_BUCKET *Bucket = ExpKeyedBucket(Block.Process, Block.Key);
    BOOLEAN Met = FALSE;
    NTSTATUS Status;

    KeInitializeEvent(&Block.Wake, SynchronizationEvent, FALSE);
    ExAcquirePushLockExclusive_(&Bucket->Lock);
    Partner = ExpFindPartner(Bucket, &Block);
    if (Partner != NULL) {
        RemoveEntryList(&Partner->Link);
        InitializeListHead(&Partner->Link);
        KeSetEvent(&Partner->Wake, EVENT_INCREMENT, FALSE); /* the block lives as long as we hold the bucket */
    } else {
        InsertTailList(&Bucket->Blocks, &Block.Link);
    }
    ExReleasePushLockExclusive_(&Bucket->Lock);
    if (Partner != NULL) {
        return STATUS_SUCCESS;
    }
    Status = KeWaitForSingleObject(&Block.Wake, WrKeyedEvent, Mode, Alertable, Timeout);
    /* Whoever woke us may still be at our block: the lock tells when it is not. */
    ExAcquirePushLockExclusive_(&Bucket->Lock);
    if (!IsListEmpty(&Block.Link)) {
        RemoveEntryList(&Block.Link);
    } else {
        Met = TRUE;
    }
    ExReleasePushLockExclusive_(&Bucket->Lock);
    return Met ? STATUS_SUCCESS : Status;
}

static NTSTATUS ExpKeyedService(HANDLE Handle, PVOID Key, BOOLEAN Releaser, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PKEYED_EVENT_OBJECT Event = ExpCritSecOutOfMemoryEvent;
    LARGE_INTEGER Storage;
    NTSTATUS Status;

    PAGED_CODE();
    if ((ULONG_PTR)Key & 1) {
        return STATUS_INVALID_PARAMETER_1;
    }
    Status = ExpCaptureTimeout(Mode, Timeout, &Storage, &Timeout);
    if (NT_SUCCESS(Status) && Handle != NULL) {
        Status = ObReferenceObjectByHandle(Handle, Releaser ? KEYEDEVENT_WAKE : KEYEDEVENT_WAIT, ExKeyedEventObjectType_, Mode, (PVOID *)&Event, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ExpMeet(Event, Key, Releaser, Mode, Alertable, Timeout);
    if (Handle != NULL) {
        ObfDereferenceObject(Event);
    }
    return Status;
}

NTSTATUS NTAPI NtWaitForKeyedEvent(HANDLE KeyedEventHandle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    return ExpKeyedService(KeyedEventHandle, Key, FALSE, Alertable, Timeout);
}

NTSTATUS NTAPI NtReleaseKeyedEvent(HANDLE KeyedEventHandle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    return ExpKeyedService(KeyedEventHandle, Key, TRUE, Alertable, Timeout);
}

/* ---- alerts by thread id ------------------------------------------------------------------------------------------------------------------ */

NTSTATUS NTAPI NtWaitForAlertByThreadId(PVOID Address, PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Storage;
    NTSTATUS Status = ExpCaptureTimeout(Mode, Timeout, &Storage, &Timeout);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KeWaitForSingleObject(&PsCurrentThread_()->AlertByThreadIdEvent, WrAlertByThreadId, Mode, FALSE, Timeout);
    return Status == STATUS_SUCCESS ? STATUS_ALERTED : Status;
}

NTSTATUS NTAPI NtAlertThreadByThreadId(HANDLE ThreadId)
{
    PETHREAD Thread;
    NTSTATUS Status = PsLookupThreadByThreadId(ThreadId, &Thread);

    if (!NT_SUCCESS(Status)) {
        return STATUS_INVALID_CID;
    }
    if (PsThreadProcess_(Thread) != PsCurrentProcess_()) {
        Status = STATUS_ACCESS_DENIED;
    } else {
        KeSetEvent(&Thread->AlertByThreadIdEvent, EVENT_INCREMENT, FALSE);
        Status = STATUS_SUCCESS;
    }
    ObfDereferenceObject(Thread);
    return Status;
}

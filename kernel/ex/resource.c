/* SPDX-License-Identifier: MIT */
/*
 * resource.c - ERESOURCE: the reader/writer lock of file systems, recursive, with owners known by thread.
 *
 * The structure is drivers' (ABI): OwnerEntry is the exclusive owner or the first shared one, further shared owners lie in OwnerTable,
 * which grows.  All fields are guarded by SpinLock.  Waiters have their blocks on their stacks; SharedWaiters and ExclusiveWaiters, which
 * NT uses for a semaphore and an event, hold the heads of those lists here.
 *
 * A release hands the resource over: ownership is given to the waiter before it is woken, so there is no race to lose.
 *   - the last shared owner leaves: to the first exclusive waiter;
 *   - the exclusive owner leaves: to all shared waiters, if any, else to the first exclusive one.
 * ExAcquireResourceShared gives way to exclusive waiters unless the caller owns the resource already; StarveExclusive does not; WaitForExclusive gives way even
 * when recursing.  Callers have normal kernel APCs off (critical region), as NT demands.
 * Windows Internals, 7th ed., part 2, chapter 8 "Executive resources".
 */
#include "exp.h"

static_assert(sizeof(ERESOURCE) == 0x68 && offsetof(ERESOURCE, SpinLock) == 0x60 && offsetof(ERESOURCE, OwnerEntry) == 0x30, "ERESOURCE is ABI");

#define TAG_RESOURCE POOL_TAG('R', 'e', 's', 'o')
#define OWNER_POINTER_BITS 3ULL

typedef struct _RESOURCE_WAITER
{
    struct _RESOURCE_WAITER *Next;
    ERESOURCE_THREAD Thread;
    KEVENT Event;
} RESOURCE_WAITER;

typedef enum _RESOURCE_KIND { ResourceShared, ResourceStarveExclusive, ResourceWaitForExclusive } RESOURCE_KIND;

static LIST_ENTRY ExpSystemResources = {&ExpSystemResources, &ExpSystemResources}; /* ExpSystemResourcesLock */
static KSPIN_LOCK ExpSystemResourcesLock;

NTSTATUS NTAPI ExInitializeResourceLite(PERESOURCE Resource)
{
    RtlZeroMemory(Resource, sizeof(*Resource));
    KeInitializeSpinLock(&Resource->SpinLock);
    ExInterlockedInsertTailList(&ExpSystemResources, &Resource->SystemResourcesList, &ExpSystemResourcesLock);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ExReinitializeResourceLite(PERESOURCE Resource)
{
    LIST_ENTRY Links = Resource->SystemResourcesList;
    POWNER_ENTRY Table = Resource->OwnerTable;

    ASSERT(Resource->ActiveEntries == 0);
    RtlZeroMemory(Resource, sizeof(*Resource));
    Resource->SystemResourcesList = Links;
    if (Table != NULL) {
        ExFreePoolWithTag(Table, TAG_RESOURCE);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ExDeleteResourceLite(PERESOURCE Resource)
{
    KIRQL OldIrql;

    ASSERT(Resource->SharedWaiters == NULL && Resource->ExclusiveWaiters == NULL);
    KeAcquireSpinLock(&ExpSystemResourcesLock, &OldIrql);
    RemoveEntryList(&Resource->SystemResourcesList);
    KeReleaseSpinLock(&ExpSystemResourcesLock, OldIrql);
    if (Resource->OwnerTable != NULL) {
        ExFreePoolWithTag(Resource->OwnerTable, TAG_RESOURCE);
        Resource->OwnerTable = NULL;
    }
    return STATUS_SUCCESS;
}

/* ---- owners; SpinLock held ---- */

static inline BOOLEAN ExpOwnedExclusiveBy(PERESOURCE Resource, ERESOURCE_THREAD Thread)
{
    return (Resource->Flag & ResourceOwnedExclusive) && Resource->OwnerEntry.OwnerThread == Thread;
}

/* Entry 0 of the table carries its size. */
static POWNER_ENTRY ExpFindOwner(PERESOURCE Resource, ERESOURCE_THREAD Thread)
{
    if (Resource->OwnerEntry.OwnerThread == Thread) {
        return &Resource->OwnerEntry;
    }
    if (Resource->OwnerTable != NULL) {
        for (ULONG i = 1; i < Resource->OwnerTable[0].TableSize; i++) {
            if (Resource->OwnerTable[i].OwnerThread == Thread) {
                return &Resource->OwnerTable[i];
            }
        }
    }
    return NULL;
}

/* A free entry for one more shared owner, or NULL: the table is full. */
static POWNER_ENTRY ExpFreeOwner(PERESOURCE Resource)
{
    return ExpFindOwner(Resource, 0);
}

/* Makes the owner table larger; drops the lock meanwhile.  When there is no memory it waits for some: a wait for a lock cannot fail. */
static void ExpGrowOwnerTable(PERESOURCE Resource, PKIRQL OldIrql)
{
    ULONG OldSize = Resource->OwnerTable != NULL ? Resource->OwnerTable[0].TableSize : 0;
    ULONG NewSize = OldSize == 0 ? 4 : OldSize + 4;
    LARGE_INTEGER Delay = {.QuadPart = -100000};
    POWNER_ENTRY New, Old = NULL;

    KeReleaseSpinLock(&Resource->SpinLock, *OldIrql);
    while ((New = ExAllocatePoolWithTag(NonPagedPool, NewSize * sizeof(OWNER_ENTRY), TAG_RESOURCE)) == NULL) {
        KeDelayExecutionThread(KernelMode, FALSE, &Delay);
    }
    RtlZeroMemory(New, NewSize * sizeof(OWNER_ENTRY));
    KeAcquireSpinLock(&Resource->SpinLock, OldIrql);
    if ((Resource->OwnerTable != NULL ? Resource->OwnerTable[0].TableSize : 0) == OldSize) {
        Old = Resource->OwnerTable;
        if (Old != NULL) {
            RtlCopyMemory(New, Old, OldSize * sizeof(OWNER_ENTRY));
        }
        New[0].TableSize = NewSize;
        Resource->OwnerTable = New;
    } else {
        Old = New; /* somebody else was quicker */
    }
    if (Old != NULL) {
        ExFreePoolWithTag(Old, TAG_RESOURCE);
    }
}

static void ExpAddShared(PERESOURCE Resource, POWNER_ENTRY Owner, ERESOURCE_THREAD Thread)
{
    if (Owner->OwnerThread == 0) {
        Owner->OwnerThread = Thread;
        Owner->OwnerCount = 1;
        Resource->ActiveEntries++;
    } else {
        Owner->OwnerCount++;
    }
    Resource->ActiveCount = 1;
}

static void ExpSetExclusive(PERESOURCE Resource, ERESOURCE_THREAD Thread)
{
    ASSERT(Resource->ActiveEntries == 0);
    Resource->OwnerEntry.OwnerThread = Thread;
    Resource->OwnerEntry.OwnerCount = 1;
    Resource->ActiveEntries = 1;
    Resource->ActiveCount = 1;
    Resource->Flag |= ResourceOwnedExclusive;
}

static void ExpAppendWaiter(RESOURCE_WAITER *volatile *Head, RESOURCE_WAITER *Waiter)
{
    Waiter->Next = NULL;
    Waiter->Thread = ExGetCurrentResourceThread();
    KeInitializeEvent(&Waiter->Event, SynchronizationEvent, FALSE);
    while (*Head != NULL) {
        Head = &(*Head)->Next;
    }
    *Head = Waiter;
}

#define SHARED_WAITERS(r) ((RESOURCE_WAITER * volatile *)&(r)->SharedWaiters)
#define EXCLUSIVE_WAITERS(r) ((RESOURCE_WAITER * volatile *)&(r)->ExclusiveWaiters)

/* ---- acquire ---- */

/* SpinLock held; let go of.  Who releases makes us an owner before we are woken. */
static __attribute__((noinline)) void ExpWaitForResource(PERESOURCE Resource, BOOLEAN Exclusive, KIRQL OldIrql)
{
    RESOURCE_WAITER Waiter;

    ExpAppendWaiter(Exclusive ? EXCLUSIVE_WAITERS(Resource) : SHARED_WAITERS(Resource), &Waiter);
    if (Exclusive) {
        Resource->NumberOfExclusiveWaiters++;
    } else {
        Resource->NumberOfSharedWaiters++;
    }
    Resource->ContentionCount++;
    KeReleaseSpinLock(&Resource->SpinLock, OldIrql);
    KeWaitForSingleObject(&Waiter.Event, WrResource, KernelMode, FALSE, NULL);
}

BOOLEAN NTAPI ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
    ERESOURCE_THREAD Thread = ExGetCurrentResourceThread();
    BOOLEAN Acquired = TRUE;
    KIRQL OldIrql;

    ASSERT(KeGetCurrentIrql() <= APC_LEVEL && (Resource->Flag & ResourceNeverExclusive) == 0);
    KeAcquireSpinLock(&Resource->SpinLock, &OldIrql);
    if (ExpOwnedExclusiveBy(Resource, Thread)) {
        Resource->OwnerEntry.OwnerCount++;
    } else if (Resource->ActiveEntries == 0) {
        ExpSetExclusive(Resource, Thread);
    } else if (!Wait) {
        Acquired = FALSE;
    } else {
        ExpWaitForResource(Resource, TRUE, OldIrql);
        return TRUE;
    }
    KeReleaseSpinLock(&Resource->SpinLock, OldIrql);
    return Acquired;
}

static BOOLEAN ExpMayShare(PERESOURCE Resource, BOOLEAN Owner, RESOURCE_KIND Kind)
{
    if (Resource->Flag & ResourceOwnedExclusive) {
        return FALSE;
    }
    switch (Kind) {
    case ResourceStarveExclusive:
        return TRUE;
    case ResourceWaitForExclusive:
        return Resource->ExclusiveWaiters == NULL;
    default:
        return Owner || Resource->ExclusiveWaiters == NULL;
    }
}

static __attribute__((noinline)) BOOLEAN ExpAcquireSharedSlowly(PERESOURCE Resource, BOOLEAN Wait, RESOURCE_KIND Kind, KIRQL OldIrql)
{
    ERESOURCE_THREAD Thread = ExGetCurrentResourceThread();
    POWNER_ENTRY Owner;

    if (ExpOwnedExclusiveBy(Resource, Thread)) {
        Resource->OwnerEntry.OwnerCount++;
        goto Acquired;
    }
    for (;;) {
        Owner = ExpFindOwner(Resource, Thread);
        if (!ExpMayShare(Resource, Owner != NULL, Kind)) {
            break;
        }
        if (Owner != NULL || (Owner = ExpFreeOwner(Resource)) != NULL) {
            ExpAddShared(Resource, Owner, Thread);
            goto Acquired;
        }
        ExpGrowOwnerTable(Resource, &OldIrql);
    }
    if (!Wait) {
        KeReleaseSpinLock(&Resource->SpinLock, OldIrql);
        return FALSE;
    }
    ExpWaitForResource(Resource, FALSE, OldIrql);
    return TRUE;
Acquired:
    KeReleaseSpinLock(&Resource->SpinLock, OldIrql);
    return TRUE;
}

static inline BOOLEAN ExpAcquireShared(PERESOURCE Resource, BOOLEAN Wait, RESOURCE_KIND Kind)
{
    KIRQL OldIrql;

    ASSERT_IRQL_LE(APC_LEVEL);
    KeAcquireSpinLock(&Resource->SpinLock, &OldIrql);
    if (UNLIKELY(Resource->ActiveEntries != 0)) {
        return ExpAcquireSharedSlowly(Resource, Wait, Kind, OldIrql);
    }
    ExpAddShared(Resource, &Resource->OwnerEntry, ExGetCurrentResourceThread()); /* nobody has it */
    KeReleaseSpinLock(&Resource->SpinLock, OldIrql);
    return TRUE;
}

BOOLEAN NTAPI ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExpAcquireShared(Resource, Wait, ResourceShared);
}

BOOLEAN NTAPI ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExpAcquireShared(Resource, Wait, ResourceStarveExclusive);
}

BOOLEAN NTAPI ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExpAcquireShared(Resource, Wait, ResourceWaitForExclusive);
}

/* ---- release ---- */

/* Makes all shared waiters owners, as far as the owner table has room for them; returns those to wake. */
static RESOURCE_WAITER *ExpGrantShared(PERESOURCE Resource)
{
    RESOURCE_WAITER *volatile *Head = SHARED_WAITERS(Resource);
    RESOURCE_WAITER *Granted = NULL, *Waiter;

    while ((Waiter = *Head) != NULL) {
        POWNER_ENTRY Owner = ExpFindOwner(Resource, Waiter->Thread);

        if (Owner == NULL && (Owner = ExpFreeOwner(Resource)) == NULL) {
            break; /* the rest when these release */
        }
        ExpAddShared(Resource, Owner, Waiter->Thread);
        *Head = Waiter->Next;
        Waiter->Next = Granted;
        Granted = Waiter;
        Resource->NumberOfSharedWaiters--;
    }
    return Granted;
}

static RESOURCE_WAITER *ExpGrantExclusive(PERESOURCE Resource)
{
    RESOURCE_WAITER *Waiter = *EXCLUSIVE_WAITERS(Resource);

    if (Waiter != NULL) {
        *EXCLUSIVE_WAITERS(Resource) = Waiter->Next;
        Waiter->Next = NULL;
        Resource->NumberOfExclusiveWaiters--;
        ExpSetExclusive(Resource, Waiter->Thread);
    }
    return Waiter;
}

static void ExpWakeWaiters(RESOURCE_WAITER *Waiter)
{
    while (Waiter != NULL) {
        RESOURCE_WAITER *Next = Waiter->Next;

        KeSetEvent(&Waiter->Event, 0, FALSE);
        Waiter = Next;
    }
}

/* The last owner has left, and somebody waits; returns those to wake. */
static __attribute__((noinline)) RESOURCE_WAITER *ExpHandOver(PERESOURCE Resource, BOOLEAN WasExclusive)
{
    RESOURCE_WAITER *Granted = NULL;

    if (WasExclusive || Resource->ExclusiveWaiters == NULL) {
        Granted = ExpGrantShared(Resource);
    }
    return Granted != NULL ? Granted : ExpGrantExclusive(Resource);
}

VOID NTAPI ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD Thread)
{
    RESOURCE_WAITER *Granted = NULL;
    POWNER_ENTRY Owner;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Resource->SpinLock, &OldIrql);
    Owner = LIKELY(Resource->OwnerEntry.OwnerThread == Thread) ? &Resource->OwnerEntry : ExpFindOwner(Resource, Thread);
    if (UNLIKELY(Owner == NULL || Owner->OwnerCount == 0)) {
        KeBugCheckEx(0xE3 /* RESOURCE_NOT_OWNED */, (ULONG_PTR)Resource, Thread, (ULONG_PTR)Resource->OwnerTable, 2);
    }
    Owner->OwnerCount--;
    if (Owner->OwnerCount == 0) {
        Owner->OwnerThread = 0;
        Resource->ActiveEntries--;
        if (Resource->ActiveEntries == 0) {
            BOOLEAN Exclusive = (Resource->Flag & ResourceOwnedExclusive) != 0;

            Resource->ActiveCount = 0;
            Resource->Flag &= ~ResourceOwnedExclusive;
            if (UNLIKELY(Resource->SharedWaiters != NULL || Resource->ExclusiveWaiters != NULL)) {
                Granted = ExpHandOver(Resource, Exclusive);
            }
        }
    }
    KeReleaseSpinLock(&Resource->SpinLock, OldIrql);
    if (UNLIKELY(Granted != NULL)) {
        ExpWakeWaiters(Granted);
    }
}

VOID FASTCALL ExReleaseResourceLite(PERESOURCE Resource)
{
    ExReleaseResourceForThreadLite(Resource, ExGetCurrentResourceThread());
}

VOID NTAPI ExConvertExclusiveToSharedLite(PERESOURCE Resource)
{
    RESOURCE_WAITER *Granted;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Resource->SpinLock, &OldIrql);
    ASSERT(ExpOwnedExclusiveBy(Resource, ExGetCurrentResourceThread()));
    Resource->Flag &= ~ResourceOwnedExclusive;
    Granted = ExpGrantShared(Resource);
    KeReleaseSpinLock(&Resource->SpinLock, OldIrql);
    ExpWakeWaiters(Granted);
}

/* ---- questions ---- */

BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource)
{
    return ExpOwnedExclusiveBy(Resource, ExGetCurrentResourceThread());
}

ULONG NTAPI ExIsResourceAcquiredSharedLite(PERESOURCE Resource)
{
    POWNER_ENTRY Owner;
    ULONG Count;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Resource->SpinLock, &OldIrql);
    Owner = ExpFindOwner(Resource, ExGetCurrentResourceThread());
    Count = Owner != NULL ? Owner->OwnerCount : 0;
    KeReleaseSpinLock(&Resource->SpinLock, OldIrql);
    return Count;
}

ULONG NTAPI ExGetExclusiveWaiterCount(PERESOURCE Resource)
{
    return Resource->NumberOfExclusiveWaiters;
}

ULONG NTAPI ExGetSharedWaiterCount(PERESOURCE Resource)
{
    return Resource->NumberOfSharedWaiters;
}

VOID NTAPI ExDisableResourceBoostLite(PERESOURCE Resource)
{
    /* Owners are never boosted here. */
}

/* The caller's ownership is put under OwnerPointer (an address with the two low bits set), so that any thread may release it. */
VOID NTAPI ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer)
{
    POWNER_ENTRY Mine, Other;
    KIRQL OldIrql;

    ASSERT(((ULONG_PTR)OwnerPointer & OWNER_POINTER_BITS) == OWNER_POINTER_BITS);
    KeAcquireSpinLock(&Resource->SpinLock, &OldIrql);
    Mine = ExpFindOwner(Resource, ExGetCurrentResourceThread());
    ASSERT(Mine != NULL);
    Other = ExpFindOwner(Resource, (ERESOURCE_THREAD)OwnerPointer);
    if (Other != NULL) {
        Other->OwnerCount += Mine->OwnerCount;
        Mine->OwnerCount = 0;
        Mine->OwnerThread = 0;
        Resource->ActiveEntries--;
    } else {
        Mine->OwnerThread = (ERESOURCE_THREAD)OwnerPointer;
    }
    KeReleaseSpinLock(&Resource->SpinLock, OldIrql);
}

VOID NTAPI ExSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags)
{
    ExSetResourceOwnerPointer(Resource, OwnerPointer);
}

/* ---- with the critical region; the value is the thread's Win32 part, as on NT ---- */

PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(Resource, TRUE);
    return KeGetCurrentThread()->Win32Thread;
}

PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(Resource, TRUE);
    return KeGetCurrentThread()->Win32Thread;
}

PVOID NTAPI ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExAcquireSharedWaitForExclusive(Resource, TRUE);
    return KeGetCurrentThread()->Win32Thread;
}

VOID FASTCALL ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource)
{
    ExReleaseResourceLite(Resource);
    KeLeaveCriticalRegion();
}

/* SPDX-License-Identifier: MIT */
/*
 * resource.c - RTL_RESOURCE: the reader-writer lock that user mode had before SRW locks.
 *
 * NumberOfActive is positive for readers, negative for its owner, who may acquire it again in either way; zero is free.  A critical section
 * guards the counters.  Whoever lets go hands over to a waiter before it wakes it, so that nobody comes between: first one that wants it alone, else
 * all readers.  Readers join readers even while somebody waits to own it, as on Windows.
 */
#include "ntdllp.h"

#define MAXIMUM_WAITERS MAXLONG

typedef struct _RTL_RESOURCE
{
    RTL_CRITICAL_SECTION CriticalSection;
    HANDLE SharedSemaphore;
    ULONG NumberOfWaitingShared;    /* CriticalSection, as all below */
    HANDLE ExclusiveSemaphore;
    ULONG NumberOfWaitingExclusive;
    LONG NumberOfActive;
    HANDLE ExclusiveOwnerThread;
    ULONG Flags;
    PVOID DebugInfo;
} RTL_RESOURCE, *PRTL_RESOURCE;
static_assert(sizeof(RTL_RESOURCE) == 0x60 && offsetof(RTL_RESOURCE, NumberOfActive) == 0x44, "RTL_RESOURCE");

VOID NTAPI RtlInitializeResource(PRTL_RESOURCE Resource)
{
    NTSTATUS Status;

    memset(Resource, 0, sizeof *Resource);
    Status = RtlInitializeCriticalSection(&Resource->CriticalSection);
    if (NT_SUCCESS(Status))
        Status = NtCreateSemaphore(&Resource->SharedSemaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, MAXIMUM_WAITERS);
    if (NT_SUCCESS(Status))
        Status = NtCreateSemaphore(&Resource->ExclusiveSemaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, MAXIMUM_WAITERS);
    if (!NT_SUCCESS(Status))
        RtlRaiseStatus(Status);
}

VOID NTAPI RtlDeleteResource(PRTL_RESOURCE Resource)
{
    RtlDeleteCriticalSection(&Resource->CriticalSection);
    NtClose(Resource->SharedSemaphore);
    NtClose(Resource->ExclusiveSemaphore);
    memset(Resource, 0, sizeof *Resource);
}

static void Own(PRTL_RESOURCE Resource)
{
    Resource->NumberOfActive = -1;
    Resource->ExclusiveOwnerThread = Teb()->ClientId.UniqueThread;
}

static bool IsOwner(PRTL_RESOURCE Resource)
{
    return Resource->NumberOfActive < 0 && Resource->ExclusiveOwnerThread == Teb()->ClientId.UniqueThread;
}

/* Leaves CriticalSection and does not take it again: whoever wakes us has counted us in already. */
static void WaitForTurn(PRTL_RESOURCE Resource, HANDLE Semaphore, PULONG Waiting)
{
    ++*Waiting;
    RtlLeaveCriticalSection(&Resource->CriticalSection);
    NTSTATUS Status = NtWaitForSingleObject(Semaphore, FALSE, NULL);
    if (!NT_SUCCESS(Status))
        RtlRaiseStatus(Status);
}

static void WaitToOwn(PRTL_RESOURCE Resource)
{
    WaitForTurn(Resource, Resource->ExclusiveSemaphore, &Resource->NumberOfWaitingExclusive);
    Resource->ExclusiveOwnerThread = Teb()->ClientId.UniqueThread;
}

BOOLEAN NTAPI RtlAcquireResourceShared(PRTL_RESOURCE Resource, BOOLEAN Wait)
{
    RtlEnterCriticalSection(&Resource->CriticalSection);
    if (IsOwner(Resource)) {
        Resource->NumberOfActive--;
    } else if (Resource->NumberOfActive >= 0) {
        Resource->NumberOfActive++;
    } else if (!Wait) {
        RtlLeaveCriticalSection(&Resource->CriticalSection);
        return FALSE;
    } else {
        WaitForTurn(Resource, Resource->SharedSemaphore, &Resource->NumberOfWaitingShared);
        return TRUE;
    }
    RtlLeaveCriticalSection(&Resource->CriticalSection);
    return TRUE;
}

BOOLEAN NTAPI RtlAcquireResourceExclusive(PRTL_RESOURCE Resource, BOOLEAN Wait)
{
    RtlEnterCriticalSection(&Resource->CriticalSection);
    if (IsOwner(Resource)) {
        Resource->NumberOfActive--;
    } else if (Resource->NumberOfActive == 0) {
        Own(Resource);
    } else if (!Wait) {
        RtlLeaveCriticalSection(&Resource->CriticalSection);
        return FALSE;
    } else {
        WaitToOwn(Resource);
        return TRUE;
    }
    RtlLeaveCriticalSection(&Resource->CriticalSection);
    return TRUE;
}

/* CriticalSection held: all readers that wait may go. */
static void AdmitReaders(PRTL_RESOURCE Resource)
{
    ULONG Count = Resource->NumberOfWaitingShared;

    Resource->NumberOfActive += (LONG)Count;
    Resource->NumberOfWaitingShared = 0;
    if (Count != 0)
        NtReleaseSemaphore(Resource->SharedSemaphore, (LONG)Count, NULL);
}

/* CriticalSection held, nobody has it: the next. */
static void HandOver(PRTL_RESOURCE Resource)
{
    Resource->ExclusiveOwnerThread = NULL;
    if (Resource->NumberOfWaitingExclusive != 0) {
        Resource->NumberOfWaitingExclusive--;
        Resource->NumberOfActive = -1;
        NtReleaseSemaphore(Resource->ExclusiveSemaphore, 1, NULL);
    } else {
        AdmitReaders(Resource);
    }
}

VOID NTAPI RtlReleaseResource(PRTL_RESOURCE Resource)
{
    RtlEnterCriticalSection(&Resource->CriticalSection);
    if (Resource->NumberOfActive == 0) {
        RtlLeaveCriticalSection(&Resource->CriticalSection);
        RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
    }
    Resource->NumberOfActive += Resource->NumberOfActive > 0 ? -1 : 1;
    if (Resource->NumberOfActive == 0)
        HandOver(Resource);
    RtlLeaveCriticalSection(&Resource->CriticalSection);
}

VOID NTAPI RtlConvertExclusiveToShared(PRTL_RESOURCE Resource)
{
    RtlEnterCriticalSection(&Resource->CriticalSection);
    Resource->ExclusiveOwnerThread = NULL;
    Resource->NumberOfActive = 1;
    AdmitReaders(Resource);
    RtlLeaveCriticalSection(&Resource->CriticalSection);
}

/* Others may write between: what was read before is to be looked at again. */
VOID NTAPI RtlConvertSharedToExclusive(PRTL_RESOURCE Resource)
{
    RtlEnterCriticalSection(&Resource->CriticalSection);
    if (Resource->NumberOfActive == 1) {
        Own(Resource);
        RtlLeaveCriticalSection(&Resource->CriticalSection);
        return;
    }
    Resource->NumberOfActive--;
    WaitToOwn(Resource);
}

VOID NTAPI RtlDumpResource(PRTL_RESOURCE Resource)
{
    DbgPrint("resource %p: active %ld, owner %p, waiting: %lu to share, %lu to own\n", Resource, Resource->NumberOfActive,
             Resource->ExclusiveOwnerThread, Resource->NumberOfWaitingShared, Resource->NumberOfWaitingExclusive);
}

/* SPDX-License-Identifier: MIT */
/*
 * tpwait.c - the wait threads of the thread pool.
 *
 * A wait thread waits for up to 63 handles of the program and an event of its own, through which it learns of changes.  Each handle is a duplicate, so
 * that a program may close its own while we wait.  A wait is for one signal or one time-out; the program sets it again.
 *
 * Disarming a wait has to be certain: a thread that still sleeps with the handle in its array would swallow a signal nobody then hears of.  So
 * whoever disarms wakes the thread and sleeps until it has built its array anew (Round).  A signal that comes in between counts as having come before.
 * The wait threads themselves (callbacks with WT_EXECUTEINWAITTHREAD) skip that, since two of them could wait for each other.
 *
 * Windows has one kernel object per wait (a wait completion packet) and no such threads since version 8.
 */
#include "tpp.h"

#define WAITS_PER_THREAD (MAXIMUM_WAIT_OBJECTS - 1)
#define IDLE_TIME (10 * 10000000LL)

struct _TPP_WAITER
{
    LIST_ENTRY Link;
    HANDLE Wake;
    HANDLE ThreadId;
    ULONG Count;
    TPP_OBJECT *Wait[WAITS_PER_THREAD];
    ULONG Round;    /* arrays built so far */
    ULONG Watchers; /* threads that look at Round */
    RTL_CONDITION_VARIABLE NewRound;
};

static LIST_ENTRY Waiters = {&Waiters, &Waiters}; /* TppLock, as all here */

NTSTATUS TppDuplicate(HANDLE Handle, PHANDLE Duplicate)
{
    return NtDuplicateObject(NtCurrentProcess(), Handle, NtCurrentProcess(), Duplicate, SYNCHRONIZE, 0, 0);
}

static ULONG NTAPI WaitThread(PVOID Parameter);

static NTSTATUS CreateWaiter(TPP_WAITER **Result)
{
    TPP_WAITER *Waiter = AllocateZero(sizeof *Waiter);

    if (Waiter == NULL)
        return STATUS_NO_MEMORY;
    NTSTATUS Status = NtCreateEvent(&Waiter->Wake, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    if (NT_SUCCESS(Status)) {
        InsertTailList(&Waiters, &Waiter->Link);
        Status = TppStartThread(WaitThread, Waiter, 0, 0);
        if (NT_SUCCESS(Status)) {
            *Result = Waiter;
            return Status;
        }
        RemoveEntryList(&Waiter->Link);
        NtClose(Waiter->Wake);
    }
    Free(Waiter);
    return Status;
}

static TPP_WAITER *FindRoom(void)
{
    for (LIST_ENTRY *Link = Waiters.Flink; Link != &Waiters; Link = Link->Flink) {
        TPP_WAITER *Waiter = CONTAINING_RECORD(Link, TPP_WAITER, Link);
        if (Waiter->Count < WAITS_PER_THREAD)
            return Waiter;
    }
    return NULL;
}

NTSTATUS TppArmWait(TPP_OBJECT *Wait, HANDLE Duplicate, LONGLONG Due)
{
    TPP_WAITER *Waiter = FindRoom();
    NTSTATUS Status = Wait->Closed || Wait->Wait.Waiter != NULL ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;

    if (NT_SUCCESS(Status) && Waiter == NULL)
        Status = CreateWaiter(&Waiter);
    if (!NT_SUCCESS(Status)) {
        NtClose(Duplicate);
        return Status;
    }
    if (Wait->Wait.Handle != NULL && Wait->Wait.Handle != Duplicate)
        NtClose(Wait->Wait.Handle);
    Wait->Wait.Handle = Duplicate;
    Wait->Wait.Due = Due;
    Wait->Wait.Waiter = Waiter;
    Waiter->Wait[Waiter->Count++] = Wait;
    if (Waiter->ThreadId != Teb()->ClientId.UniqueThread)
        NtSetEvent(Waiter->Wake, NULL);
    return STATUS_SUCCESS;
}

static void Remove(TPP_OBJECT *Wait)
{
    TPP_WAITER *Waiter = Wait->Wait.Waiter;
    ULONG Index = 0;

    while (Waiter->Wait[Index] != Wait)
        Index++;
    Waiter->Wait[Index] = Waiter->Wait[--Waiter->Count];
    Wait->Wait.Waiter = NULL;
}

static bool IsWaitThread(void)
{
    for (LIST_ENTRY *Link = Waiters.Flink; Link != &Waiters; Link = Link->Flink) {
        if (CONTAINING_RECORD(Link, TPP_WAITER, Link)->ThreadId == Teb()->ClientId.UniqueThread)
            return true;
    }
    return false;
}

void TppDisarmWait(TPP_OBJECT *Wait)
{
    TPP_WAITER *Waiter = Wait->Wait.Waiter;

    if (Waiter == NULL)
        return;
    Remove(Wait);
    if (IsWaitThread())
        return;
    ULONG Round = Waiter->Round;
    Waiter->Watchers++;
    Wait->References++;
    NtSetEvent(Waiter->Wake, NULL);
    while (Waiter->Round == Round)
        RtlSleepConditionVariableSRW(&Waiter->NewRound, &TppLock, NULL, 0);
    Wait->References--; /* never the last: the caller has one */
    Waiter->Watchers--;
}

/* The wait is over.  Lock held; TRUE: the caller calls TppSend, or TppCall if the wait is InService. */
static bool Fire(TPP_OBJECT *Wait, NTSTATUS Result)
{
    if (Wait->Wait.Waiter != NULL)
        Remove(Wait);
    else if (Wait->Closed)
        return false;
    Wait->Wait.Result = Result;
    if (Wait->InService) {
        Wait->Running++;
        Wait->References++;
        return true;
    }
    if (Result != STATUS_TIMEOUT)
        Wait->Wait.Signalled++;
    TppReady(Wait);
    return true;
}

static void FireAndSend(TPP_OBJECT *Wait, NTSTATUS Result)
{
    TPP_ARGUMENTS Arguments = {.Result = (TP_WAIT_RESULT)Result};
    PTP_POOL Pool = Wait->Pool;
    bool Mine = Wait->InService, Fired = Fire(Wait, Result);

    TppRelease();
    if (Fired && Mine)
        TppCall(Wait, &Arguments);
    else if (Fired)
        TppSend(Pool);
    TppAcquire();
}

static void FireTimeouts(TPP_WAITER *Waiter)
{
    for (ULONG Index = 0; Index < Waiter->Count;) {
        TPP_OBJECT *Wait = Waiter->Wait[Index];
        if (Wait->Wait.Due <= TppNow()) {
            FireAndSend(Wait, STATUS_TIMEOUT);
            Index = 0; /* the lock was given up */
        } else {
            Index++;
        }
    }
}

/* The array of a round.  Returns the time-out. */
static LONGLONG Build(TPP_WAITER *Waiter, HANDLE *Handles, TPP_OBJECT **Waits)
{
    LONGLONG Due = TPP_FOR_EVER, Now = TppNow();

    Handles[0] = Waiter->Wake;
    for (ULONG Index = 0; Index < Waiter->Count; Index++) {
        Waits[Index] = Waiter->Wait[Index];
        Handles[Index + 1] = Waits[Index]->Wait.Handle;
        if (Waits[Index]->Wait.Due < Due)
            Due = Waits[Index]->Wait.Due;
    }
    Waiter->Round++;
    if (Waiter->Watchers != 0)
        RtlWakeAllConditionVariable(&Waiter->NewRound);
    if (Due == TPP_FOR_EVER)
        return Waiter->Count == 0 ? -IDLE_TIME : INT64_MIN;
    return Due <= Now ? 0 : Now - Due;
}

/* One handle cannot be waited for; it spoils the wait for all.  It is never waited for again. */
static void DropBadHandle(TPP_WAITER *Waiter)
{
    for (ULONG Index = 0; Index < Waiter->Count; Index++) {
        LARGE_INTEGER Zero = {.QuadPart = 0};
        TPP_OBJECT *Wait = Waiter->Wait[Index];
        NTSTATUS Status = NtWaitForSingleObject(Wait->Wait.Handle, FALSE, &Zero);
        if (NT_ERROR(Status))
            Remove(Wait);
        else if (Status != STATUS_TIMEOUT)
            FireAndSend(Wait, Status);
        else
            continue;
        return;
    }
}

__attribute__((noreturn)) static void Leave(TPP_WAITER *Waiter)
{
    RemoveEntryList(&Waiter->Link);
    TppRelease();
    NtClose(Waiter->Wake);
    Free(Waiter);
    RtlExitUserThread(STATUS_SUCCESS);
}

static ULONG NTAPI WaitThread(PVOID Parameter)
{
    TPP_WAITER *Waiter = Parameter;
    HANDLE Handles[MAXIMUM_WAIT_OBJECTS];
    TPP_OBJECT *Waits[WAITS_PER_THREAD];

    TppAcquire();
    Waiter->ThreadId = Teb()->ClientId.UniqueThread;
    for (;;) {
        FireTimeouts(Waiter);
        LARGE_INTEGER Timeout = {.QuadPart = Build(Waiter, Handles, Waits)};
        ULONG Count = Waiter->Count;
        TppRelease();
        NTSTATUS Status = NtWaitForMultipleObjects(Count + 1, Handles, WaitAny, TRUE, &Timeout);
        TppAcquire();
        if (NT_ERROR(Status))
            DropBadHandle(Waiter);
        else if (Status > 0 && (ULONG)Status <= Count)
            FireAndSend(Waits[Status - 1], STATUS_WAIT_0);
        else if (Status > STATUS_ABANDONED_WAIT_0 && (ULONG)Status <= STATUS_ABANDONED_WAIT_0 + Count)
            FireAndSend(Waits[Status - STATUS_ABANDONED_WAIT_0 - 1], STATUS_ABANDONED_WAIT_0);
        else if (Status == STATUS_TIMEOUT && Waiter->Count == 0 && Waiter->Watchers == 0)
            Leave(Waiter);
    }
}

/* ---- waits as programs see them --------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI TpAllocWait(PTP_WAIT *Wait, PTP_WAIT_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment)
{
    return TppCreateObject(TppWait, (PVOID)Callback, Context, Environment, (TPP_OBJECT **)Wait);
}

/* TRUE: it was armed, and will not be called for that.  A handle that is none raises its status, as on Windows. */
LOGICAL NTAPI TpSetWaitEx(PTP_WAIT Object, HANDLE Handle, PLARGE_INTEGER Timeout, PVOID Reserved)
{
    TPP_OBJECT *Wait = (TPP_OBJECT *)Object;
    HANDLE Duplicate = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    UNUSED(Reserved);
    if (Handle != NULL)
        Status = TppDuplicate(Handle, &Duplicate);
    TppAcquire();
    bool Was = Wait->Wait.Waiter != NULL;
    TppDisarmWait(Wait);
    if (Duplicate != NULL)
        Status = TppArmWait(Wait, Duplicate, Timeout != NULL ? TppDueTime(Timeout) : TPP_FOR_EVER);
    TppRelease();
    if (!NT_SUCCESS(Status))
        RtlRaiseStatus(Status);
    return Was;
}

VOID NTAPI TpSetWait(PTP_WAIT Wait, HANDLE Handle, PLARGE_INTEGER Timeout)
{
    TpSetWaitEx(Wait, Handle, Timeout, NULL);
}

VOID NTAPI TpWaitForWait(PTP_WAIT Wait, LOGICAL CancelPending)
{
    TppDrain((TPP_OBJECT *)Wait, CancelPending != 0);
}

VOID NTAPI TpReleaseWait(PTP_WAIT Wait)
{
    TppClose((TPP_OBJECT *)Wait);
}

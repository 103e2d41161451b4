/* SPDX-License-Identifier: MIT */
/*
 * event.c - events, and the gates built like them.
 *
 * After KeSetEvent has released the event's lock it does not touch the event again: a waiter may return and its stack, with the event on
 * it, be gone.
 */
#include "kep.h"

VOID NTAPI KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    KiInitializeHeader(&Event->Header, (UCHAR)(EventNotificationObject + Type), sizeof(*Event), State);
}

/* What all releasing routines do at their end: IRQL back, or kept for the wait that is announced. */
static inline void KiLeaveOrKeep(KIRQL OldIrql, BOOLEAN Wait)
{
    if (Wait) {
        PKTHREAD Thread = KeGetCurrentThread();
        Thread->WaitNext = TRUE;
        Thread->WaitIrql = OldIrql;
        return;
    }
    KiExitDispatcher(OldIrql);
}

LONG NTAPI KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    KI_READY_LIST Ready = { .Increment = Increment };
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    LONG Previous;

    ASSERT(OldIrql <= DISPATCH_LEVEL);
    KiLockObject(&Event->Header);
    ASSERT(KiObjectType(&Event->Header) <= EventSynchronizationObject);
    Previous = Event->Header.SignalState;
    if (Previous == 0) {
        Event->Header.SignalState = 1;
        if (!IsListEmpty(&Event->Header.WaitListHead)) {
            KiSatisfyWaiters(&Event->Header, &Ready);
        }
    }
    KiUnlockObject(&Event->Header);
    KiReadyThreads(&Ready);
    KiLeaveOrKeep(OldIrql, Wait);
    return Previous;
}

LONG NTAPI KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    KI_READY_LIST Ready = { .Increment = Increment };
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    LONG Previous;

    KiLockObject(&Event->Header);
    Previous = Event->Header.SignalState;
    if (Previous == 0) {
        Event->Header.SignalState = 1;
        KiSatisfyWaiters(&Event->Header, &Ready);
    }
    Event->Header.SignalState = 0;
    KiUnlockObject(&Event->Header);
    KiReadyThreads(&Ready);
    KiLeaveOrKeep(OldIrql, Wait);
    return Previous;
}

LONG NTAPI KeResetEvent(PRKEVENT Event)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    LONG Previous;

    KiLockObject(&Event->Header);
    Previous = Event->Header.SignalState;
    Event->Header.SignalState = 0;
    KiUnlockObject(&Event->Header);
    KeLowerIrql(OldIrql);
    return Previous;
}

VOID NTAPI KeClearEvent(PRKEVENT Event)
{
    (void)KeResetEvent(Event);
}

LONG NTAPI KeReadStateEvent(PRKEVENT Event)
{
    return Event->Header.SignalState;
}

/* ---- semaphores ----------------------------------------------------------------------------------------------------------------- */

VOID NTAPI KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit)
{
    KiInitializeHeader(&Semaphore->Header, SemaphoreObject, sizeof(*Semaphore), Count);
    Semaphore->Limit = Limit;
}

NTSTATUS KeReleaseSemaphoreStatus_(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait, PLONG PreviousState)
{
    KI_READY_LIST Ready = { .Increment = Increment };
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    LONG Previous, New;

    KiLockObject(&Semaphore->Header);
    Previous = Semaphore->Header.SignalState;
    if (PreviousState != NULL) {
        *PreviousState = Previous;
    }
    if (__builtin_add_overflow(Previous, Adjustment, &New) || New > Semaphore->Limit || New < Previous) {
        KiUnlockObject(&Semaphore->Header);
        KeLowerIrql(OldIrql);
        return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    }
    Semaphore->Header.SignalState = New;
    if (Previous == 0) {
        KiSatisfyWaiters(&Semaphore->Header, &Ready);
    }
    KiUnlockObject(&Semaphore->Header);
    KiReadyThreads(&Ready);
    KiLeaveOrKeep(OldIrql, Wait);
    return STATUS_SUCCESS;
}

LONG NTAPI KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait)
{
    LONG Previous;
    NTSTATUS Status = KeReleaseSemaphoreStatus_(Semaphore, Increment, Adjustment, Wait, &Previous);

    if (!NT_SUCCESS(Status)) {
        ExRaiseStatus(Status);
    }
    return Previous;
}

LONG NTAPI KeReadStateSemaphore(PRKSEMAPHORE Semaphore)
{
    return Semaphore->Header.SignalState;
}

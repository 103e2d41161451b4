/* SPDX-License-Identifier: MIT */
/*
 * sched.c - who runs: ready queues, preemption, switching, quantum.  Which processor: place.c.
 *
 * Each processor has 32 ready queues and one NextThread slot ("standby": chosen, not yet switched to).  A processor switches when it leaves
 * DISPATCH_LEVEL (KiExitDispatcher, KiDispatchInterrupt) or when its thread waits.  One that has nothing to run takes a ready thread from
 * another's queues (KiStealReady) before it goes idle.
 *
 * State changes: Waiting -> (Standby | Ready) by KiInsertReady, Ready -> Standby -> Running and Running -> Ready under the PrcbLock of
 * NextProcessor, Running -> Waiting by the thread itself.  No lock is held across KiSwapContext: KTHREAD.OnProcessor says that a stack is
 * still in use.
 *
 * Priorities as NT: a wait's end adds the increment to the base priority (below real-time), up to 15; each quantum's end takes one off
 * until the base is reached.  Windows Internals, 7th ed., part 1, chapter 4 "Thread scheduling".
 */
#include "etw.h"
#include "kep.h"

/* ---- ready queues (PrcbLock held) ----------------------------------------------------------------------------------------------- */

void KiEnqueue(PKPRCB Prcb, PKTHREAD Thread, BOOLEAN Head)
{
    PLIST_ENTRY List = &Prcb->ReadyList[Thread->Priority];

    Thread->State = Ready;
    Thread->NextProcessor = Prcb->Number;
    if (Head) {
        InsertHeadList(List, &Thread->WaitListEntry);
    } else {
        InsertTailList(List, &Thread->WaitListEntry);
    }
    Prcb->ReadySummary |= 1 << Thread->Priority;
}

void KiDequeue(PKPRCB Prcb, PKTHREAD Thread)
{
    if (RemoveEntryList(&Thread->WaitListEntry)) {
        Prcb->ReadySummary &= ~(1 << Thread->Priority);
    }
}

/* The first of a queue that is not empty. */
static PLIST_ENTRY KiPickReady(PLIST_ENTRY List)
{
    PLIST_ENTRY Entry = List->Flink;

#ifndef FREE_BUILD
    if (KiExploring()) {
        for (ULONG Skip = (ULONG)KiExploreRandom(KiPrcb()) & 3; Skip != 0 && Entry->Flink != List; Skip--) {
            Entry = Entry->Flink;
        }
    }
#endif
    return Entry;
}

/* The best ready thread of at least Lowest, taken off its queue. */
PKTHREAD KiSelectReady(PKPRCB Prcb, KPRIORITY Lowest)
{
    ULONG Summary = (ULONG)Prcb->ReadySummary >> Lowest << Lowest;
    PKTHREAD Thread;

    if (Summary == 0) {
        return NULL;
    }
    Thread = CONTAINING_RECORD(KiPickReady(&Prcb->ReadyList[31 - __builtin_clz(Summary)]), KTHREAD, WaitListEntry);
    KiDequeue(Prcb, Thread);
    return Thread;
}

/* ---- priorities ----------------------------------------------------------------------------------------------------------------- */

static void KiBoost(PKTHREAD Thread, KPRIORITY Increment)
{
    KPRIORITY New;

    if (Thread->Priority >= LOW_REALTIME_PRIORITY_) {
        Thread->Quantum = Thread->QuantumReset;
        return;
    }
    if (Increment == 0 || Thread->DisableBoost) {
        return;
    }
    New = Thread->BasePriority + Increment;
    New = New < LOW_REALTIME_PRIORITY_ ? New : LOW_REALTIME_PRIORITY_ - 1;
    if (New > Thread->Priority) {
        Thread->PriorityDecrement = (SCHAR)(New - Thread->BasePriority);
        Thread->Priority = (SCHAR)New;
        Thread->Quantum = Thread->QuantumReset;
    }
}

void KiReadyThread(PKTHREAD Thread, KPRIORITY Increment)
{
    KiAcquireLock(&Thread->ThreadLock);
    KiBoost(Thread, Increment);
    KiInsertReady(Thread);
    KiReleaseLock(&Thread->ThreadLock);
}

void KiReadyThreads(KI_READY_LIST *Ready)
{
    while (Ready->First != NULL) {
        PKTHREAD Thread = Ready->First;
        Ready->First = (PKTHREAD)Thread->WaitListEntry.Flink;
        KiReadyThread(Thread, Ready->Increment);
    }
    if (UNLIKELY(Ready->Notified != NULL)) {
        KiCallNotifications(Ready);
    }
}

/* Locks the processor where Thread is ready, standing by or running; NULL if it is none of these. */
PKPRCB KiLockThreadPrcb(PKTHREAD Thread)
{
    for (;;) {
        UCHAR State = Thread->State;
        PKPRCB Prcb = KiProcessorBlock[Thread->NextProcessor];
        if (State != Ready && State != Standby && State != Running) {
            return NULL;
        }
        KiAcquireLock(&Prcb->PrcbLock);
        State = Thread->State;
        if ((State == Ready || State == Standby || State == Running) && Prcb->Number == Thread->NextProcessor) {
            return Prcb;
        }
        KiReleaseLock(&Prcb->PrcbLock);
    }
}

/* ThreadLock held.  Takes effect where the thread is: in its queue, or against what waits in the queue of the processor it runs on. */
void KiSetPriorityLocked(PKTHREAD Thread, KPRIORITY Priority)
{
    PKPRCB Prcb;
    BOOLEAN Requeue = FALSE, Preempt = FALSE;

    if (Priority == Thread->Priority) {
        return;
    }
    Prcb = KiLockThreadPrcb(Thread);
    if (Prcb == NULL) {
        Thread->Priority = (SCHAR)Priority;
        return;
    }
    if (Thread->State == Ready) {
        KiDequeue(Prcb, Thread);
        Requeue = TRUE;
    }
    Thread->Priority = (SCHAR)Priority;
    if (Thread->State == Running) {
        Prcb->RunningPriority = (SCHAR)Priority;
    }
    if (Thread->State == Running && Prcb->NextThread == NULL) {
        PKTHREAD Next = KiSelectReady(Prcb, Priority < 31 ? Priority + 1 : 31);
        if (Next != NULL && Next->Priority > Priority) {
            Next->State = Standby;
            Prcb->NextThread = Next;
            Preempt = TRUE;
        } else if (Next != NULL) {
            KiEnqueue(Prcb, Next, TRUE);
        }
    }
    if (Requeue) {
        Thread->State = DeferredReady;
    }
    KiReleaseLock(&Prcb->PrcbLock);
    if (Requeue) {
        KiInsertReady(Thread);
    } else if (Preempt && Prcb != KiPrcb()) {
        KiSendReschedule(Prcb->Number);
    }
}

/* ---- switching ------------------------------------------------------------------------------------------------------------------ */

static void KiSwitchContext(PKPRCB Prcb, PKTHREAD Old, PKTHREAD New)
{
    Prcb->ContextSwitches++;
    New->ContextSwitches++;
    if (UNLIKELY(Old->DebugActive || New->DebugActive)) {
        KiLoadDebugRegisters(New);
    }
    ETW_TRACE(ETW_CLASS_SCHED, EtwContextSwitch, ETW_PHASE_POINT, 0, 0, Old, New, Old->State, New->Priority);
    KiSwapContext(Old, New);
    /* Old runs again, perhaps on another processor. */
    KiCheckKernelApc(Old);
}

/* PrcbLock held: Thread becomes what this processor runs. */
static void KiMakeCurrent(PKPRCB Prcb, PKTHREAD Thread)
{
    Thread->NextProcessor = Prcb->Number;
    Prcb->CurrentThread = Thread;
    Prcb->RunningPriority = Thread == Prcb->IdleThread ? -1 : Thread->Priority;
    /* A full barrier: who queues an APC and still finds Ready has its KernelApcPending seen by KiCheckKernelApc after the switch. */
    (void)__atomic_exchange_n(&Thread->State, Running, __ATOMIC_SEQ_CST);
}

/* PrcbLock held, NextThread empty.  What this processor runs if its thread cannot go on. */
static PKTHREAD KiSelectOrIdle(PKPRCB Prcb)
{
    PKTHREAD Thread = KiSelectReady(Prcb, 0);

    return Thread != NULL ? Thread : Prcb->IdleThread;
}

void KiSwapThread(PKTHREAD Thread)
{
    PKPRCB Prcb = KiPrcb();
    PKTHREAD New;

    KiAcquireLock(&Prcb->PrcbLock);
    New = Prcb->NextThread;
    Prcb->NextThread = NULL;
    if (New == NULL) {
        New = KiSelectOrIdle(Prcb);
    }
    KiMakeCurrent(Prcb, New);
    KiReleaseLock(&Prcb->PrcbLock);
    if (New != Thread) {
        KiSwitchContext(Prcb, Thread, New);
    }
}

/* The current thread may no longer run here: something else does, and it is made ready where it may. */
static void KiLeaveProcessor(PKPRCB Prcb, PKTHREAD Old)
{
    PKTHREAD New;

    KiAcquireLock(&Old->ThreadLock);
    KiAcquireLock(&Prcb->PrcbLock);
    New = Prcb->NextThread != NULL ? Prcb->NextThread : KiSelectOrIdle(Prcb);
    Prcb->NextThread = NULL;
    Old->State = DeferredReady;
    KiMakeCurrent(Prcb, New);
    KiReleaseLock(&Prcb->PrcbLock);
    KiInsertReady(Old); /* whoever takes it waits until its stack is free */
    KiReleaseLock(&Old->ThreadLock);
    if (New != Old) { /* it may be back already, if its affinity changed again */
        KiSwitchContext(Prcb, Old, New);
    }
}

void KiSwitchToNext(void)
{
    PKPRCB Prcb = KiPrcb();
    PKTHREAD Old = Prcb->CurrentThread, New;

    if (UNLIKELY(!(Old->Affinity >> Prcb->Number & 1))) {
        KiLeaveProcessor(Prcb, Old);
        return;
    }
    KiAcquireLock(&Prcb->PrcbLock);
    New = Prcb->NextThread;
    if (New == NULL) {
        KiReleaseLock(&Prcb->PrcbLock);
        return;
    }
    Prcb->NextThread = NULL;
    if (Old != Prcb->IdleThread) {
        KiEnqueue(Prcb, Old, Old->Quantum > 0);
    }
    KiMakeCurrent(Prcb, New);
    KiReleaseLock(&Prcb->PrcbLock);
    if (Old == Prcb->IdleThread && Prcb->DpcQueueDepth != 0) {
        KiRequestSoftwareInterrupt(DISPATCH_LEVEL); /* queued while the idle loop was to run it */
    }
    if (New != Old) {
        KiSwitchContext(Prcb, Old, New);
    }
}

void KiExitDispatcher(KIRQL OldIrql)
{
    PKPRCB Prcb = KiPrcb();

    if (OldIrql < DISPATCH_LEVEL) {
        if (UNLIKELY(Prcb->NextThread != NULL)) {
            KiSwitchToNext();
        }
        KeLowerIrql(OldIrql);
        KiExplorePoint();
    } else if (Prcb->NextThread != NULL && !Prcb->DpcRoutineActive && Prcb->CurrentThread != Prcb->IdleThread) {
        KiRequestSoftwareInterrupt(DISPATCH_LEVEL);
    }
}

/* The clock has used up the current thread's quantum: a new one, one step back towards its base priority, and its peers' turn. */
void KiQuantumEnd(void)
{
    PKPRCB Prcb = KiPrcb();
    PKTHREAD Thread = Prcb->CurrentThread, Next;
    KPRIORITY Priority;

    Prcb->QuantumEnd = FALSE;
    if (Thread == Prcb->IdleThread) {
        return;
    }
#ifndef FREE_BUILD
    if (KiExploring() && Prcb->ExploreMove) {
        Prcb->ExploreMove = FALSE;
        KiLeaveProcessor(Prcb, Thread);
        Thread->Quantum = Thread->QuantumReset;
        return;
    }
#endif
    KiAcquireLock(&Thread->ThreadLock);
    if (Thread->Quantum <= 0) {
        Priority = Thread->Priority;
        if (Priority < LOW_REALTIME_PRIORITY_ && Priority > Thread->BasePriority) {
            Priority--;
            Thread->PriorityDecrement = (SCHAR)(Priority - Thread->BasePriority);
        }
        KiSetPriorityLocked(Thread, Priority);
        KiAcquireLock(&Prcb->PrcbLock);
        Next = Prcb->NextThread == NULL ? KiSelectReady(Prcb, Thread->Priority) : NULL;
        if (Next != NULL) {
            Next->State = Standby;
            Prcb->NextThread = Next;
        }
        if (Prcb->NextThread == NULL && !(Thread->Affinity >> Prcb->Number & 1)) {
            Prcb->NextThread = Prcb->IdleThread; /* its affinity changed while it was about to wait and did not */
        }
        if (Prcb->NextThread == NULL) {
            Thread->Quantum = Thread->QuantumReset;
        }
        KiReleaseLock(&Prcb->PrcbLock);
    }
    KiReleaseLock(&Thread->ThreadLock);
    if (Prcb->NextThread != NULL) {
        KiSwitchToNext(); /* quantum still used up: to the tail of its queue */
        Thread->Quantum = Thread->QuantumReset;
    }
}

void KiDispatchInterrupt(void)
{
    PKPRCB Prcb = KiPrcb();

    __asm__ volatile("sti" ::: "memory");
    Prcb->DpcInterruptRequested = FALSE;
    KiRetireDpcs(Prcb);
    if (Prcb->QuantumEnd) {
        KiQuantumEnd();
    } else if (Prcb->NextThread != NULL && Prcb->CurrentThread != Prcb->IdleThread) {
        KiSwitchToNext();
    }
    __asm__ volatile("cli" ::: "memory");
}

/* Something for an idle processor to run, in NextThread; TRUE: there is. */
static BOOLEAN KiFindWork(PKPRCB Prcb)
{
    if (Prcb->NextThread == NULL && Prcb->ReadySummary != 0) {
        KiAcquireLock(&Prcb->PrcbLock);
        if (Prcb->NextThread == NULL) {
            Prcb->NextThread = KiSelectReady(Prcb, 0);
        }
        if (Prcb->NextThread != NULL) {
            Prcb->NextThread->State = Standby;
        }
        KiReleaseLock(&Prcb->PrcbLock);
    }
    if (Prcb->NextThread == NULL && KeNumberProcessors > 1) {
        KiStealReady(Prcb);
    }
    return Prcb->NextThread != NULL;
}

/*
 * The idle thread of each processor: DISPATCH_LEVEL throughout, so that software interrupts stay out and it does their work itself.  It says
 * that it is idle before it looks for work the last time: who makes a thread ready afterwards sees the bit and sends an interrupt.
 */
NORETURN void KiIdleLoop(void)
{
    PKPRCB Prcb = KiPrcb();
    LONG64 Self = 1LL << Prcb->Number;

    KeGetCurrentThread()->WaitIrql = DISPATCH_LEVEL;
    __writecr8(DISPATCH_LEVEL);
    for (;;) {
        __asm__ volatile("sti" ::: "memory");
        KiRetireDpcs(Prcb);
        (void)InterlockedOr64(&KiIdleSummary, Self);
        if (KiFindWork(Prcb)) {
            (void)InterlockedAnd64(&KiIdleSummary, ~Self);
            KiSwitchToNext();
            continue;
        }
        __asm__ volatile("cli" ::: "memory");
        if (Prcb->NextThread == NULL && Prcb->ReadySummary == 0 && Prcb->DpcQueueDepth == 0 && !Prcb->IdleSchedule) {
            KiHaltProcessor();
        }
        Prcb->IdleSchedule = FALSE;
    }
}

/* Lets other threads of the same or higher priority run once. */
NTSTATUS NTAPI NtYieldExecution(VOID)
{
    NTSTATUS Status = STATUS_NO_YIELD_PERFORMED;
    PKTHREAD Thread = KeGetCurrentThread(), Next;
    KIRQL OldIrql;
    PKPRCB Prcb;

    if (KiPrcb()->ReadySummary == 0 && KiPrcb()->NextThread == NULL) {
        return Status;
    }
    OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    Prcb = KiPrcb();
    KiAcquireLock(&Prcb->PrcbLock);
    Next = Prcb->NextThread == NULL ? KiSelectReady(Prcb, Thread->Priority) : Prcb->NextThread;
    if (Next != NULL) {
        Next->State = Standby;
        Prcb->NextThread = Next;
        Thread->Quantum = 0;
    }
    KiReleaseLock(&Prcb->PrcbLock);
    if (Next != NULL) {
        KiSwitchToNext();
        Thread->Quantum = Thread->QuantumReset;
        Status = STATUS_SUCCESS;
    }
    KiExitDispatcher(OldIrql);
    return Status;
}

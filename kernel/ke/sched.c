/* SPDX-License-Identifier: MIT */
/*
 * sched.c - who runs: ready queues, preemption, priorities, quantum.
 *
 * Each processor has 32 ready queues and one NextThread slot ("standby": chosen, not yet switched to).  A thread made ready goes to a
 * processor of its affinity: an idle one (its ideal processor first), else its ideal one, where it preempts, if its priority is higher than
 * what runs or stands by there, or queues.  A processor switches when it leaves DISPATCH_LEVEL (KiExitDispatcher, KiDispatchInterrupt) or
 * when its thread waits. Processors do not steal yet; one that goes idle looks at its own queues only.
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

volatile LONG64 KiIdleSummary; /* bit n: processor n runs its idle thread with nothing standing by */

#define KI_CLOCK_QUANTUM 3

/* ---- ready queues (PrcbLock held) ----------------------------------------------------------------------------------------------- */

static void KiEnqueue(PKPRCB Prcb, PKTHREAD Thread, BOOLEAN Head)
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

static void KiDequeue(PKPRCB Prcb, PKTHREAD Thread)
{
    if (RemoveEntryList(&Thread->WaitListEntry)) {
        Prcb->ReadySummary &= ~(1 << Thread->Priority);
    }
}

/* The best ready thread of at least Lowest, taken off its queue. */
static PKTHREAD KiSelectReady(PKPRCB Prcb, KPRIORITY Lowest)
{
    ULONG Summary = (ULONG)Prcb->ReadySummary >> Lowest << Lowest;
    PKTHREAD Thread;

    if (Summary == 0) {
        return NULL;
    }
    Thread = CONTAINING_RECORD(Prcb->ReadyList[31 - __builtin_clz(Summary)].Flink, KTHREAD, WaitListEntry);
    KiDequeue(Prcb, Thread);
    return Thread;
}

static ULONG KiSelectProcessor(PKTHREAD Thread)
{
    ULONG64 Idle = (ULONG64)KiIdleSummary & Thread->Affinity;
    ULONG Ideal = Thread->IdealProcessor;

    if (Idle != 0 && !(Idle >> Ideal & 1)) {
        return (ULONG)__builtin_ctzll(Idle);
    }
    if (!(Thread->Affinity >> Ideal & 1)) {
        return (ULONG)__builtin_ctzll(Thread->Affinity);
    }
    return Ideal;
}

void KiInsertReady(PKTHREAD Thread)
{
    ULONG Number = KiSelectProcessor(Thread);
    PKPRCB Prcb = KiProcessorBlock[Number];
    PKTHREAD Running, Displaced;
    BOOLEAN Preempt;

    ASSERT(Thread->State == Waiting || Thread->State == Initialized || Thread->State == DeferredReady);
    KiAcquireLock(&Prcb->PrcbLock);
    Displaced = Prcb->NextThread;
    Running = Displaced != NULL ? Displaced : Prcb->CurrentThread;
    Preempt = Running == Prcb->IdleThread || Thread->Priority > Running->Priority;
    if (Preempt) {
        Thread->State = Standby;
        Thread->NextProcessor = Number;
        Prcb->NextThread = Thread;
        if (Displaced != NULL) {
            KiEnqueue(Prcb, Displaced, TRUE);
        }
        InterlockedAnd64(&KiIdleSummary, ~(1LL << Number));
    } else {
        KiEnqueue(Prcb, Thread, FALSE);
    }
    KiReleaseLock(&Prcb->PrcbLock);
    if (Preempt && Number != KiPrcb()->Number) {
        KiSendReschedule(Number);
    }
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
}

/* Locks the processor where Thread is ready, standing by or running; NULL if it is none of these. */
static PKPRCB KiLockThreadPrcb(PKTHREAD Thread)
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
    BOOLEAN Requeue = FALSE;

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
    if (Thread->State == Running && Prcb->NextThread == NULL) {
        PKTHREAD Next = KiSelectReady(Prcb, Priority < 31 ? Priority + 1 : 31);
        if (Next != NULL && Next->Priority > Priority) {
            Next->State = Standby;
            Prcb->NextThread = Next;
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
    Thread->State = Running;
    Thread->NextProcessor = Prcb->Number;
    Prcb->CurrentThread = Thread;
}

void KiSwapThread(PKTHREAD Thread)
{
    PKPRCB Prcb = KiPrcb();
    PKTHREAD New;

    KiAcquireLock(&Prcb->PrcbLock);
    New = Prcb->NextThread;
    Prcb->NextThread = NULL;
    if (New == NULL) {
        New = KiSelectReady(Prcb, 0);
    }
    if (New == NULL) {
        New = Prcb->IdleThread;
        InterlockedOr64(&KiIdleSummary, 1LL << Prcb->Number);
    }
    KiMakeCurrent(Prcb, New);
    KiReleaseLock(&Prcb->PrcbLock);
    if (New != Thread) {
        KiSwitchContext(Prcb, Thread, New);
    }
}

void KiSwitchToNext(void)
{
    PKPRCB Prcb = KiPrcb();
    PKTHREAD Old = Prcb->CurrentThread, New;

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
    KiSwitchContext(Prcb, Old, New);
}

void KiExitDispatcher(KIRQL OldIrql)
{
    PKPRCB Prcb = KiPrcb();

    if (OldIrql < DISPATCH_LEVEL) {
        if (UNLIKELY(Prcb->NextThread != NULL)) {
            KiSwitchToNext();
        }
        KeLowerIrql(OldIrql);
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

/* The idle thread of each processor: DISPATCH_LEVEL throughout, so that software interrupts stay out and it does their work itself. */
NORETURN void KiIdleLoop(void)
{
    PKPRCB Prcb = KiPrcb();

    KeGetCurrentThread()->WaitIrql = DISPATCH_LEVEL;
    __writecr8(DISPATCH_LEVEL);
    for (;;) {
        __asm__ volatile("sti" ::: "memory");
        KiRetireDpcs(Prcb);
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
        if (Prcb->NextThread != NULL) {
            InterlockedAnd64(&KiIdleSummary, ~(1LL << Prcb->Number));
            KiSwitchToNext();
            continue;
        }
        __asm__ volatile("cli" ::: "memory");
        InterlockedOr64(&KiIdleSummary, 1LL << Prcb->Number);
        if (Prcb->NextThread == NULL && Prcb->ReadySummary == 0 && Prcb->DpcQueueDepth == 0) {
            KiHaltProcessor();
        }
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

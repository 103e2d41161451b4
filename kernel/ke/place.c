/* SPDX-License-Identifier: MIT */
/*
 * place.c - where a thread runs: the choice of a processor, affinity, and work that moves to idle processors.
 *
 * A thread made ready goes, in this order, to: its ideal processor if that is idle, the one it ran on last, any idle one of its affinity;
 * to its ideal processor if it can preempt what runs there; to the processor that runs the thread of lowest priority, if that is lower;
 * else into the ready queue of its ideal processor.  NT does the same, but that it looks at fewer processors where there are many.
 *
 * Choosing reads other processors' state without their locks; the answer is checked under the lock of the one chosen.  So that no
 * processor sleeps beside a ready thread: an idle processor sets its bit in KiIdleSummary and then looks at all ready queues; a thread is
 * put into a queue and then the summary is looked at, and an idle processor gets an interrupt.  Both have a full barrier in between.
 *
 * Windows Internals, 7th ed., part 1, chapter 4 "Multiprocessor systems" (ideal processor, idle processors, affinity).
 */
#include "kep.h"

volatile LONG64 KiIdleSummary; /* bit n: processor n looks for something to run */

/* The processor of Affinity that runs the least important thread, if less so than Priority; else Ideal. */
static ULONG KiSelectVictim(KAFFINITY Affinity, ULONG Ideal, KPRIORITY Priority)
{
    KPRIORITY Lowest = Priority;
    ULONG Best = Ideal;

    for (; Affinity != 0; Affinity &= Affinity - 1) {
        ULONG Number = (ULONG)__builtin_ctzll(Affinity);
        KPRIORITY Running = KiProcessorBlock[Number]->RunningPriority;
        if (Running < Lowest) {
            Lowest = Running;
            Best = Number;
        }
    }
    return Best;
}

static ULONG KiSelectProcessor(PKTHREAD Thread)
{
    KAFFINITY Affinity = Thread->Affinity & KeQueryActiveProcessors();
    ULONG64 Idle = (ULONG64)KiIdleSummary & Affinity;
    ULONG Ideal = Thread->IdealProcessor;

    if (Affinity == 1) {
        return 0;
    }
#ifndef FREE_BUILD
    if (KiExploring()) {
        ULONG Number = (ULONG)KiExploreRandom(KiPrcb()) & (KE_MAXIMUM_PROCESSORS - 1) & (ULONG)(KeNumberProcessors - 1);
        if (Affinity >> Number & 1) {
            return Number;
        }
    }
#endif
    if (Idle != 0) {
        return Idle >> Ideal & 1 ? Ideal : Idle >> Thread->NextProcessor & 1 ? Thread->NextProcessor : (ULONG)__builtin_ctzll(Idle);
    }
    if (!(Affinity >> Ideal & 1)) {
        Ideal = (ULONG)__builtin_ctzll(Affinity);
    }
    return KiProcessorBlock[Ideal]->RunningPriority < Thread->Priority ? Ideal : KiSelectVictim(Affinity, Ideal, Thread->Priority);
}

/* An idle processor of the thread's affinity is told to look again. */
static void KiWakeIdle(KAFFINITY Affinity)
{
    ULONG64 Idle;

    __sync_synchronize();
    Idle = (ULONG64)KiIdleSummary & Affinity;
    if (Idle != 0) {
        ULONG Number = (ULONG)__builtin_ctzll(Idle);
        KiProcessorBlock[Number]->IdleSchedule = TRUE;
        if (Number != KiPrcb()->Number) {
            KiSendReschedule(Number);
        }
    }
}

/* ThreadLock held. */
void KiInsertReady(PKTHREAD Thread)
{
    ULONG Number = KiSelectProcessor(Thread);
    PKPRCB Prcb = KiProcessorBlock[Number];
    KAFFINITY Affinity = Thread->Affinity;
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
        if (Displaced != NULL && Displaced != Prcb->IdleThread) {
            Affinity = Displaced->Affinity;
            KiEnqueue(Prcb, Displaced, TRUE);
        }
        (void)InterlockedAnd64(&KiIdleSummary, ~(1LL << Number));
    } else {
        KiEnqueue(Prcb, Thread, FALSE);
    }
    KiReleaseLock(&Prcb->PrcbLock);
    if (Preempt && Number != KiPrcb()->Number) {
        KiSendReschedule(Number);
    }
    if ((!Preempt || Displaced != NULL) && KeNumberProcessors > 1) {
        KiWakeIdle(Affinity);
    }
}

/* ---- stealing ------------------------------------------------------------------------------------------------------------------- */

/* PrcbLock of From held: its best ready thread that may run on Prcb, taken off its queue. */
static PKTHREAD KiTakeFrom(PKPRCB From, ULONG Number)
{
    for (ULONG Summary = (ULONG)From->ReadySummary; Summary != 0;) {
        ULONG Priority = 31 - (ULONG)__builtin_clz(Summary);
        PLIST_ENTRY Head = &From->ReadyList[Priority];
        for (PLIST_ENTRY Entry = Head->Flink; Entry != Head; Entry = Entry->Flink) {
            PKTHREAD Thread = CONTAINING_RECORD(Entry, KTHREAD, WaitListEntry);
            if (Thread->Affinity >> Number & 1) {
                KiDequeue(From, Thread);
                return Thread;
            }
        }
        Summary &= ~(1u << Priority);
    }
    return NULL;
}

/*
 * The idle processor Prcb takes a ready thread of another processor as its NextThread.  The two locks are taken in the order of the
 * processors' numbers, and the own one first means a second look.
 */
void KiStealReady(PKPRCB Prcb)
{
    ULONG Count = (ULONG)KeNumberProcessors;

    for (ULONG i = 1; i < Count && Prcb->NextThread == NULL; i++) {
        PKPRCB From = KiProcessorBlock[(Prcb->Number + i) % Count];
        PKPRCB First = From->Number < Prcb->Number ? From : Prcb, Second = First == From ? Prcb : From;
        PKTHREAD Thread = NULL;
        if (From->ReadySummary == 0) {
            continue;
        }
        KiAcquireLock(&First->PrcbLock);
        KiAcquireLock(&Second->PrcbLock);
        if (Prcb->NextThread == NULL) {
            Thread = KiTakeFrom(From, Prcb->Number);
        }
        if (Thread != NULL) {
            Thread->State = Standby;
            Thread->NextProcessor = Prcb->Number;
            Prcb->NextThread = Thread;
        }
        KiReleaseLock(&Second->PrcbLock);
        KiReleaseLock(&First->PrcbLock);
    }
}

/* ---- affinity ------------------------------------------------------------------------------------------------------------------- */

/* PrcbLock held: the processor finds something else than what it runs or was about to run; the idle thread if need be. */
static void KiReplaceNext(PKPRCB Prcb)
{
    PKTHREAD Next = KiSelectReady(Prcb, 0);

    Prcb->NextThread = Next != NULL ? Next : Prcb->IdleThread;
    Prcb->NextThread->State = Standby;
}

/* ThreadLock held, Affinity not empty.  A thread that is ready or runs where it no longer may moves. */
static void KiSetAffinityLocked(PKTHREAD Thread, KAFFINITY Affinity)
{
    BOOLEAN Insert = FALSE, Interrupt = FALSE;
    PKPRCB Prcb;

    Thread->Affinity = Affinity;
    if (!(Affinity >> Thread->IdealProcessor & 1)) {
        Thread->IdealProcessor = (ULONG)__builtin_ctzll(Affinity);
    }
    Prcb = KiLockThreadPrcb(Thread);
    if (Prcb == NULL) {
        return;
    }
    if (!(Affinity >> Prcb->Number & 1)) {
        if (Thread->State == Ready) {
            KiDequeue(Prcb, Thread);
            Insert = TRUE;
        } else if (Thread->State == Standby) {
            KiReplaceNext(Prcb);
            Insert = TRUE;
        } else if (Prcb->NextThread == NULL) {
            KiReplaceNext(Prcb);
            Interrupt = Prcb != KiPrcb();
        }
    }
    if (Insert) {
        Thread->State = DeferredReady;
    }
    KiReleaseLock(&Prcb->PrcbLock);
    if (Insert) {
        KiInsertReady(Thread);
    } else if (Interrupt) {
        KiSendReschedule(Prcb->Number);
    }
}

/* Affinity is checked by the caller to lie within the process' and the machine's.  A caller that changes its own is where it may be on return. */
KAFFINITY KeSetAffinityThread(PKTHREAD Thread, KAFFINITY Affinity)
{
    KAFFINITY Old;
    KIRQL OldIrql;

    Affinity &= KeQueryActiveProcessors();
    KeAcquireSpinLock(&Thread->ThreadLock, &OldIrql);
    Old = Thread->Affinity;
    if (Affinity != 0) {
        KiSetAffinityLocked(Thread, Affinity);
    }
    KeReleaseSpinLockFromDpcLevel(&Thread->ThreadLock);
    KiExitDispatcher(OldIrql);
    return Old;
}

/* Of a process and all its threads.  Affinity is not empty and lies within the machine's. */
void KeSetAffinityProcess(struct _KPROCESS *Process, KAFFINITY Affinity)
{
    KIRQL OldIrql;

    KeAcquireSpinLock(&Process->ProcessLock, &OldIrql);
    Process->Affinity = Affinity;
    for (PLIST_ENTRY Entry = Process->ThreadListHead.Flink; Entry != &Process->ThreadListHead; Entry = Entry->Flink) {
        PKTHREAD Thread = CONTAINING_RECORD(Entry, KTHREAD, ThreadListEntry);
        KiAcquireLock(&Thread->ThreadLock);
        KiSetAffinityLocked(Thread, Affinity);
        KiReleaseLock(&Thread->ThreadLock);
    }
    KeReleaseSpinLockFromDpcLevel(&Process->ProcessLock);
    KiExitDispatcher(OldIrql);
}

/* The next ideal processor of a process: one after another within its affinity. */
ULONG KiNextIdealProcessor(struct _KPROCESS *Process)
{
    KAFFINITY Affinity = Process->Affinity & KeQueryActiveProcessors();
    ULONG Skip;

    if (Affinity == 0) {
        return 0;
    }
    Skip = (ULONG)InterlockedIncrement(&Process->ThreadSeed) % (ULONG)__builtin_popcountll(Affinity);
    while (Skip-- != 0) {
        Affinity &= Affinity - 1;
    }
    return (ULONG)__builtin_ctzll(Affinity);
}

UCHAR NTAPI KeSetIdealProcessorThread(PKTHREAD Thread, UCHAR Processor)
{
    UCHAR Old = (UCHAR)Thread->IdealProcessor;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ThreadLock, &OldIrql);
    Old = (UCHAR)Thread->IdealProcessor;
    if (Processor < KeNumberProcessors && (Thread->Affinity >> Processor & 1)) {
        Thread->IdealProcessor = Processor;
    }
    KeReleaseSpinLock(&Thread->ThreadLock, OldIrql);
    return Old;
}

/* SPDX-License-Identifier: MIT */
/*
 * kep.h - what the files of ke share: the locks of the dispatcher and the register that decides who ends a wait.
 *
 * There is no dispatcher lock.  What guards what, in lock order (outer first); all are taken at DISPATCH_LEVEL or above:
 *     KTHREAD.ApcQueueLock   APC queues, suspend count
 *     dispatcher object      bit 7 of DISPATCHER_HEADER.Type: its signal state and wait list.  Two objects at once only by KiTryLockObject
 *     KPROCESS.ProcessLock   the list of threads, base priority
 *     KTHREAD.ThreadLock     priority, affinity, list of owned mutants
 *     timer bucket           the timers of one slot of the table
 *     KPRCB.PrcbLock         ready queues, NextThread, state of threads that are ready, standby or running there
 *     KPRCB.DpcLock          the DPC queue (HIGH_LEVEL: interrupts off)
 *
 * WaitRegister (64 bits) of a thread:
 *      63            32 31            8 7    2 1   0
 *     +----------------+---------------+------+-----+
 *     |  result status | sequence      | may  |state|
 *     +----------------+---------------+------+-----+
 * The state goes Idle -> InProgress (the thread is linking its wait blocks) -> Committed (it sleeps or is about to) -> Ended -> Idle.
 * Whoever moves it to Ended, by one compare-exchange, has ended the wait, and its status is the result: an object being signalled, a
 * time-out, an alert, an APC.  From InProgress the thread itself notices and does not sleep; from Committed the ender must make it ready
 * (KiReadyThread).  The "may" bits say which interruptions this very wait admits; they change together with the sequence, so that an ender
 * cannot mistake one wait for the next. A signalled object ends a wait while holding the object's lock and unlinks the block; every other
 * block is unlinked by the thread itself, which takes each object's lock for it.  After an end from InProgress it takes all of them: so
 * nobody still holds the lock of an object on its stack when it returns.
 */
#ifndef NASCENT_KEP_H
#define NASCENT_KEP_H

#include "arch.h"
#include "kd.h"
#include "ke.h"
#include "ki.h"
#include "pstypes.h"

/* Types above KOBJECTS that are not waited for. */
enum
{
    ApcObject = 18,
    DpcObject = 19,
    DeviceQueueObject = 20,
    ThreadedDpcObject = 24
};
#define KOBJECT_TYPE_MASK_ 0x7F
#define KI_LOCK_BIT 7

#define KI_WAIT_STATE 0x3LL
enum
{
    KiWaitIdle = 0,
    KiWaitInProgress = 1,
    KiWaitCommitted = 2,
    KiWaitEnded = 3
};
#define KI_SPECIAL_APC_PENDING 2 /* in UserApcPending: deliver on the way to user mode, but end no wait */
#define KI_MAY_ALERT 0x04LL       /* alertable */
#define KI_MAY_USER 0x08LL        /* UserMode wait */
#define KI_MAY_SPECIAL_APC 0x10LL /* special kernel APCs are deliverable */
#define KI_MAY_NORMAL_APC 0x20LL  /* normal ones, too */
#define KI_WAIT_SEQUENCE 0x100LL

#define KI_RETRY_ALL ((NTSTATUS)0x3FFF0001) /* a wait for all must look again; never leaves ke */

/* Wait types beside the DDK's WaitAll and WaitAny, numbered as on Windows 10. */
enum
{
    WaitNotification = 2, /* nobody waits: a KNOTIFICATION_ is to be told (notification.c) */
    WaitDequeue = 3       /* a thread in KeRemoveQueue: it waits for an entry, not for the queue to be signalled */
};

enum
{
    KiBlockUnlinked = 0,
    KiBlockLinked = 1
};

/* ---- small helpers -------------------------------------------------------------------------------------------------------------- */
void KiWaitForLock(PKSPIN_LOCK Lock);           /* spins until it has it (spinlock.c) */
void KiWaitForObject(DISPATCHER_HEADER *Object); /* the same for an object's lock bit */

#ifdef FREE_BUILD
#define KiExplorePoint() ((void)0)
#define KiExploring() FALSE
#define KiExploreTick(Prcb) TRUE
#else
/* explore.c */
ULONG64 KiExploreRandom(PKPRCB Prcb);
void KiExploreAct(void);
BOOLEAN KiExploreTick(PKPRCB Prcb);
void KiInitializeExplore(const LOADER_PARAMETER_BLOCK *Block);
void KiExploreProcessor(PKPRCB Prcb);
#define KiExploring() UNLIKELY(ExploreSeed_ != 0)
#define KiExplorePoint() (KiExploring() ? KiExploreAct() : (void)0)
#endif

static inline void KiAcquireLock(PKSPIN_LOCK Lock)
{
    if (UNLIKELY(InterlockedBitTestAndSet64((LONG64 volatile *)Lock, 0))) {
        KiWaitForLock(Lock);
    }
}

static inline BOOLEAN KiTryAcquireLock(PKSPIN_LOCK Lock)
{
    return !InterlockedBitTestAndSet64((LONG64 volatile *)Lock, 0);
}

static inline void KiReleaseLock(PKSPIN_LOCK Lock)
{
    __atomic_store_n(Lock, 0, __ATOMIC_RELEASE);
}

static inline void KiLockObject(DISPATCHER_HEADER *Object)
{
    if (UNLIKELY(InterlockedBitTestAndSet((LONG volatile *)&Object->Lock, KI_LOCK_BIT))) {
        KiWaitForObject(Object);
    }
}

static inline BOOLEAN KiTryLockObject(DISPATCHER_HEADER *Object)
{
    return !InterlockedBitTestAndSet((LONG volatile *)&Object->Lock, KI_LOCK_BIT);
}

static inline void KiUnlockObject(DISPATCHER_HEADER *Object)
{
    __atomic_store_n((UCHAR *)&Object->Type, (UCHAR)(Object->Type & KOBJECT_TYPE_MASK_), __ATOMIC_RELEASE);
}

static inline UCHAR KiObjectType(const DISPATCHER_HEADER *Object)
{
    return Object->Type & KOBJECT_TYPE_MASK_;
}
static inline PKPRCB KiPrcb(void)
{
    return (PKPRCB)__readgsqword(0x20);
}

static inline void KiInitializeHeader(DISPATCHER_HEADER *Header, UCHAR Type, SIZE_T Size, LONG State)
{
    Header->Lock = Type;
    Header->Size = (UCHAR)(Size / sizeof(ULONG));
    Header->SignalState = State;
    InitializeListHead(&Header->WaitListHead);
}

/* Threads whose waits were ended under an object's lock, made ready after it is released; chained through WaitListEntry.Flink. */
typedef struct _KI_READY_LIST
{
    PKTHREAD First;
    PKNOTIFICATION_ Notified, LastNotified; /* their routines are called then, too */
    KPRIORITY Increment;
} KI_READY_LIST;

static inline void KiPushReady(KI_READY_LIST *List, PKTHREAD Thread)
{
    Thread->WaitListEntry.Flink = (PLIST_ENTRY)List->First;
    List->First = Thread;
}

/* ---- wait.c --------------------------------------------------------------------------------------------------------------------- */
/* TRUE: this call ended Thread's wait with Status; the caller readies it if *MustReady.  Only waits that admit all of May. */
BOOLEAN KiEndWait(PKTHREAD Thread, LONG64 May, NTSTATUS Status, BOOLEAN *MustReady);
/* As above and readies it.  DISPATCH_LEVEL. */
BOOLEAN KiInterruptWait(PKTHREAD Thread, LONG64 May, NTSTATUS Status, KPRIORITY Increment);
/* With Object locked and signalled: satisfies waiters until it is not.  The caller unlocks, then KiReadyThreads. */
void KiSatisfyWaiters(DISPATCHER_HEADER *Object, KI_READY_LIST *Ready);
static inline BOOLEAN KiIsSignalled(const DISPATCHER_HEADER *Object, const KTHREAD *Thread)
{
    return Object->SignalState > 0 || (KiObjectType(Object) == MutantObject && ((const KMUTANT *)Object)->OwnerThread == Thread);
}

static inline BOOLEAN KiIsAbandoned(const DISPATCHER_HEADER *Object)
{
    return KiObjectType(Object) == MutantObject && ((const KMUTANT *)Object)->Abandoned;
}

/* Object locked and signalled: takes what the wait gives.  STATUS_ABANDONED or 0, to be added to the wait's key. */
NTSTATUS KiSatisfy(DISPATCHER_HEADER *Object, PKTHREAD Thread);
BOOLEAN KiMutantLimit(const DISPATCHER_HEADER *Object, const KTHREAD *Thread);
void KiLinkBlock(PKWAIT_BLOCK Block, PKTHREAD Thread, PVOID Object, ULONG Key, UCHAR WaitType); /* Object locked */
typedef struct _KI_WAIT
{
    PKTHREAD Thread;
    PKWAIT_BLOCK Blocks; /* one an object; the timer's is Thread->WaitBlock[TIMER_WAIT_BLOCK_] */
    ULONG Count;
    UCHAR WaitType;
    KPROCESSOR_MODE Mode;
    BOOLEAN Alertable, HasTimeout, NoWait, TimerLinked;
    UCHAR Reason;
    LONGLONG DueTime;     /* interrupt time */
    BOOLEAN AbsoluteTime; /* DueTime follows changes of the system time */
} KI_WAIT;
/*
 * After KiEnterWait, for an alertable wait: an alert or user APC that is pending already ends it before the objects are looked at, as on Windows.
 * TRUE: so it is, *Status says how, and the IRQL is OldIrql again.
 */
BOOLEAN KiWaitIsAlerted(PKTHREAD Thread, KPROCESSOR_MODE Mode, KIRQL OldIrql, NTSTATUS *Status);
void KiInitializeWait(KI_WAIT *Wait, PKTHREAD Thread, KWAIT_REASON Reason, KPROCESSOR_MODE Mode, BOOLEAN Alertable,
                      const LARGE_INTEGER *Timeout);
/* The parts of a wait, for KeRemoveQueue which does its own linking.  All at DISPATCH_LEVEL. */
void KiUnlinkBlocks(KI_WAIT *Wait, BOOLEAN LockAll); /* LockAll: even those already unlinked, to be sure nobody holds their locks */
KIRQL KiEnterWait(PKTHREAD Thread);
void KiBeginWait(KI_WAIT *Wait);
NTSTATUS KiFinishWait(KI_WAIT *Wait, KIRQL OldIrql); /* IRQL is OldIrql on return; STATUS_KERNEL_APC: begin again */

/* notification.c; Object locked and signalled: takes what a wait would, and will be told by KiReadyThreads. */
void KiNotify(DISPATCHER_HEADER *Object, PKWAIT_BLOCK Block, KI_READY_LIST *Ready);
void KiCallNotifications(KI_READY_LIST *Ready);

/* ---- sched.c -------------------------------------------------------------------------------------------------------------------- */
extern volatile LONG64 KiIdleSummary;
void KiReadyThread(PKTHREAD Thread, KPRIORITY Increment);
void KiReadyThreads(KI_READY_LIST *Ready);
void KiInsertReady(PKTHREAD Thread); /* no boost; Thread->State was Waiting or Initialized */
/* Leaves DISPATCH_LEVEL for OldIrql, switching first if a better thread is standing by. */
void KiExitDispatcher(KIRQL OldIrql);
void KiSwapThread(PKTHREAD Thread); /* the current thread waits (or ends): something else runs; DISPATCH_LEVEL */
void KiSwitchToNext(void);          /* the current thread is preempted by NextThread, if there is one */
void KiQuantumEnd(void);
void KiSetPriorityLocked(PKTHREAD Thread, KPRIORITY Priority); /* ThreadLock held */
PKPRCB KiLockThreadPrcb(PKTHREAD Thread); /* the processor where it is ready, standing by or running; NULL: none of these */
/* PrcbLock held: */
void KiEnqueue(PKPRCB Prcb, PKTHREAD Thread, BOOLEAN Head);
void KiDequeue(PKPRCB Prcb, PKTHREAD Thread);
PKTHREAD KiSelectReady(PKPRCB Prcb, KPRIORITY Lowest); /* the best of at least Lowest, off its queue; NULL */
/* place.c */
void KiStealReady(PKPRCB Prcb);
ULONG KiNextIdealProcessor(struct _KPROCESS *Process);

/* ---- timer.c, dpc.c, apc.c ------------------------------------------------------------------------------------------------------ */
BOOLEAN KiInsertTimer(PKTIMER Timer, LONGLONG DueTime); /* timer locked, not inserted; FALSE: due already, not inserted */
void KiRemoveTimer(PKTIMER Timer);                      /* timer locked, inserted */
void KiInitializeTimers(void);
void KiVerifyTimers(void (*Wrong)(PVOID Context, const char *What, const VOID *Object, ULONG64 Value), PVOID Context); /* verify.c */
extern volatile LONG KeLockProblems_; /* locks.c: locks taken out of order since the start */
BOOLEAN KiTimersDue(ULONG64 Now);
void KiExpireTimers(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2);
void KiRetireDpcs(PKPRCB Prcb);
void KiInitializePrcb(PKPRCB Prcb);
void KiInitializeDpcCalls(void);
/* ApcQueueLock held; queues and, as needed, ends the target's wait.  *Kick is a list of at most one thread to ready after unlocking. */
void KiQueueApc(PKAPC Apc, KI_READY_LIST *Ready);
void KiCheckKernelApc(PKTHREAD Thread); /* asks for the APC interrupt if the current thread has one to take */
void KiUnassociateQueue(PKTHREAD Thread);
void KiActivateQueueWaiter(PKTHREAD Thread); /* the associated thread is about to block: let another run */
void KiResumeQueue(PKTHREAD Thread);
void KiAcquireMutant(PKMUTANT Mutant, PKTHREAD Thread);
void KiAbandonMutants(PKTHREAD Thread);
NTSTATUS KiInterruptTimeFromTimeout(const LARGE_INTEGER *Timeout, LONGLONG *DueTime);
void KiStartTime(LOADER_PARAMETER_BLOCK *Block);
ULONG64 KiInterruptTime(void);
LONGLONG KiSystemTime(void);
#endif

/* SPDX-License-Identifier: MIT */
/*
 * wait.c - waiting for dispatcher objects.
 *
 * The protocol is in kep.h.  A wait is: look at the object under its lock; if it is not signalled, announce the wait (KiBeginWait), link
 * the blocks, look once more at what may have happened meanwhile, and sleep (KiFinishWait).  A kernel APC ends the sleep with
 * STATUS_KERNEL_APC and the wait begins again after it has run, with the same due time. A wait for all takes nothing until it can take
 * everything: whoever signals one of the objects tries to lock the others and, with all locked and signalled, satisfies the wait; if a lock
 * is busy it wakes the thread to look for itself (KI_RETRY_ALL). Windows Internals, 7th ed., part 2, chapter 8 "Low-IRQL synchronization",
 * "Data structures".
 */
#include "kep.h"

/* ---- objects -------------------------------------------------------------------------------------------------------------------- */

/* Takes what the wait gives.  Object locked.  Returns the status to add to the wait's key: 0 or STATUS_ABANDONED. */
NTSTATUS KiSatisfy(DISPATCHER_HEADER *Object, PKTHREAD Thread)
{
    PKMUTANT Mutant;
    BOOLEAN Abandoned;

    switch (KiObjectType(Object)) {
    case EventSynchronizationObject:
    case TimerSynchronizationObject:
        Object->SignalState = 0;
        break;
    case SemaphoreObject:
        Object->SignalState--;
        break;
    case MutantObject:
        Mutant = (PKMUTANT)Object;
        Abandoned = Mutant->Abandoned;
        KiAcquireMutant(Mutant, Thread);
        return Abandoned ? STATUS_ABANDONED : STATUS_SUCCESS;
    }
    return STATUS_SUCCESS;
}

BOOLEAN KiMutantLimit(const DISPATCHER_HEADER *Object, const KTHREAD *Thread)
{
    return KiObjectType(Object) == MutantObject && ((const KMUTANT *)Object)->OwnerThread == Thread && Object->SignalState == (LONG)MINLONG;
}

/* ---- ending a wait -------------------------------------------------------------------------------------------------------------- */

BOOLEAN KiEndWait(PKTHREAD Thread, LONG64 May, NTSTATUS Status, BOOLEAN *MustReady)
{
    LONG64 Old = Thread->WaitRegister;

    for (;;) {
        LONG64 State = Old & KI_WAIT_STATE;
        LONG64 New = (Old & 0xFFFFFFFCLL) | KiWaitEnded | (LONG64)((ULONG64)(ULONG)Status << 32);
        LONG64 Found;
        if ((State != KiWaitInProgress && State != KiWaitCommitted) || (Old & May) != May) {
            return FALSE;
        }
        Found = InterlockedCompareExchange64(&Thread->WaitRegister, New, Old);
        if (Found == Old) {
            *MustReady = State == KiWaitCommitted;
            return TRUE;
        }
        Old = Found;
    }
}

BOOLEAN KiInterruptWait(PKTHREAD Thread, LONG64 May, NTSTATUS Status, KPRIORITY Increment)
{
    BOOLEAN MustReady;

    if (!KiEndWait(Thread, May, Status, &MustReady)) {
        return FALSE;
    }
    if (MustReady) {
        KiReadyThread(Thread, Increment);
    }
    return TRUE;
}

static void KiUnlinkBlock(PKWAIT_BLOCK Block)
{
    RemoveEntryList(&Block->WaitListEntry);
    Block->BlockState = KiBlockUnlinked;
}

/* Object locked; Block waits for all.  The other objects' locks are only tried. */
static BOOLEAN KiSatisfyAll(DISPATCHER_HEADER *Object, PKWAIT_BLOCK First, KI_READY_LIST *Ready)
{
    PKTHREAD Thread = First->Thread;
    PKWAIT_BLOCK Block = First->NextWaitBlock, Stop;
    NTSTATUS Status = KiIsAbandoned(Object) ? STATUS_ABANDONED : STATUS_SUCCESS;
    BOOLEAN All = TRUE, Retry = FALSE, MustReady, Ended = FALSE;

    for (; Block != First && All; Block = Block->NextWaitBlock) {
        DISPATCHER_HEADER *Other = Block->Object;
        if (!KiTryLockObject(Other)) {
            Retry = TRUE;
            break;
        }
        All = KiIsSignalled(Other, Thread);
        Status = KiIsAbandoned(Other) ? STATUS_ABANDONED : Status;
    }
    Stop = Block;
    if (All) {
        Ended = KiEndWait(Thread, 0, Retry ? KI_RETRY_ALL : Status, &MustReady);
    }
    if (Ended && !Retry) {
        KiUnlinkBlock(First);
        (void)KiSatisfy(Object, Thread);
    }
    for (Block = First->NextWaitBlock; Block != Stop; Block = Block->NextWaitBlock) {
        if (Ended && !Retry) {
            KiUnlinkBlock(Block);
            (void)KiSatisfy(Block->Object, Thread);
        }
        KiUnlockObject(Block->Object);
    }
    if (Ended && MustReady) {
        KiPushReady(Ready, Thread);
    }
    return Ended;
}

void KiSatisfyWaiters(DISPATCHER_HEADER *Object, KI_READY_LIST *Ready)
{
    PLIST_ENTRY Entry = Object->WaitListHead.Flink;

    while (Entry != &Object->WaitListHead && Object->SignalState > 0) {
        PKWAIT_BLOCK Block = CONTAINING_RECORD(Entry, KWAIT_BLOCK, WaitListEntry);
        PKTHREAD Thread = Block->Thread;
        NTSTATUS Status = Block->WaitKey;
        BOOLEAN MustReady;
        Entry = Entry->Flink;
        if (UNLIKELY(Block->WaitType != WaitAny)) {
            if (Block->WaitType == WaitAll) {
                (void)KiSatisfyAll(Object, Block, Ready);
            } else if (Block->WaitType == WaitNotification) {
                KiNotify(Object, Block, Ready);
            }
            continue;
        }
        if (KiIsAbandoned(Object)) {
            Status += STATUS_ABANDONED;
        }
        if (KiEndWait(Thread, 0, Status, &MustReady)) {
            KiUnlinkBlock(Block);
            (void)KiSatisfy(Object, Thread);
            if (MustReady) {
                KiPushReady(Ready, Thread);
            }
        }
    }
}

/* ---- one wait ------------------------------------------------------------------------------------------------------------------- */

void KiInitializeWait(KI_WAIT *Wait, PKTHREAD Thread, KWAIT_REASON Reason, KPROCESSOR_MODE Mode, BOOLEAN Alertable,
                      const LARGE_INTEGER *Timeout)
{
    *Wait = (KI_WAIT){ .Thread = Thread, .Mode = Mode, .Alertable = Alertable, .Reason = (UCHAR)Reason };
    if (Timeout != NULL) {
        Wait->HasTimeout = TRUE;
        Wait->NoWait = Timeout->QuadPart == 0;
        Wait->AbsoluteTime = Timeout->QuadPart > 0;
        (void)KiInterruptTimeFromTimeout(Timeout, &Wait->DueTime);
    }
}

/* Raises to DISPATCH_LEVEL, or finds it raised by KeSetEvent(..., TRUE); returns the IRQL to go back to. */
KIRQL KiEnterWait(PKTHREAD Thread)
{
    if (Thread->WaitNext) {
        Thread->WaitNext = FALSE;
        return Thread->WaitIrql;
    }
    Thread->WaitIrql = KfRaiseIrql(DISPATCH_LEVEL);
    return Thread->WaitIrql;
}

void KiBeginWait(KI_WAIT *Wait)
{
    PKTHREAD Thread = Wait->Thread;
    LONG64 Register = Thread->WaitRegister;

    ASSERT((Register & KI_WAIT_STATE) == KiWaitIdle);
    Register = (Register & 0xFFFFFF00LL) + KI_WAIT_SEQUENCE;
    Register = (Register & 0xFFFFFF00LL) | KiWaitInProgress;
    if (Wait->Alertable) {
        Register |= KI_MAY_ALERT;
    }
    if (Wait->Mode == UserMode) {
        Register |= KI_MAY_USER;
    }
    if (Thread->WaitIrql < APC_LEVEL && Thread->SpecialApcDisable == 0) {
        Register |= KI_MAY_SPECIAL_APC;
        if (Thread->KernelApcDisable == 0 && !Thread->ApcState.KernelApcInProgress) {
            Register |= KI_MAY_NORMAL_APC;
        }
    }
    Thread->Alertable = Wait->Alertable;
    Thread->WaitMode = Wait->Mode;
    Thread->WaitReason = Wait->Reason;
    Thread->WaitBlockList = Wait->Blocks;
    Thread->WaitBlockCount = (UCHAR)Wait->Count;
    (void)InterlockedExchange64(&Thread->WaitRegister, Register); /* a full barrier: what is looked at next is not older */
}

/* The alert or user APC that ends an alertable wait of this mode, taken; STATUS_SUCCESS: none is pending. */
static NTSTATUS KiTakeAlert(PKTHREAD Thread, KPROCESSOR_MODE Mode)
{
    if (Thread->Alerted[(UCHAR)Mode]) {
        Thread->Alerted[(UCHAR)Mode] = FALSE;
        return STATUS_ALERTED;
    }
    if (Mode == UserMode && !IsListEmpty(&Thread->ApcState.ApcListHead[UserMode])) {
        return STATUS_USER_APC;
    }
    if (Thread->Alerted[KernelMode]) {
        Thread->Alerted[KernelMode] = FALSE;
        return STATUS_ALERTED;
    }
    return STATUS_SUCCESS;
}

BOOLEAN KiWaitIsAlerted(PKTHREAD Thread, KPROCESSOR_MODE Mode, KIRQL OldIrql, NTSTATUS *Status)
{
    *Status = KiTakeAlert(Thread, Mode);
    if (*Status == STATUS_SUCCESS) {
        return FALSE;
    }
    if (*Status == STATUS_USER_APC) {
        Thread->ApcState.UserApcPending = TRUE;
    }
    KiExitDispatcher(OldIrql);
    return TRUE;
}

/* After KiBeginWait: what was pending before it was announced ends the wait as if it came now. */
static void KiCheckPending(KI_WAIT *Wait)
{
    PKTHREAD Thread = Wait->Thread;
    LONG64 Register = Thread->WaitRegister;
    NTSTATUS Status = STATUS_SUCCESS;
    BOOLEAN MustReady;

    if (Thread->ApcState.KernelApcPending && (Register & KI_MAY_SPECIAL_APC)) {
        Status = STATUS_KERNEL_APC;
    } else if (Wait->Alertable && (Status = KiTakeAlert(Thread, Wait->Mode)) != STATUS_SUCCESS) {
        ; /* taken */
    } else if (Wait->Mode == UserMode && (Thread->ApcState.UserApcPending & ~KI_SPECIAL_APC_PENDING)) {
        Status = STATUS_USER_APC;
    } else if (Wait->NoWait) {
        Status = STATUS_TIMEOUT;
    }
    if (Status != STATUS_SUCCESS) {
        (void)KiEndWait(Thread, 0, Status, &MustReady);
    }
}

static void KiLinkTimer(KI_WAIT *Wait)
{
    PKTHREAD Thread = Wait->Thread;
    PKTIMER Timer = &Thread->Timer;
    PKWAIT_BLOCK Block = &Thread->WaitBlock[TIMER_WAIT_BLOCK_];
    BOOLEAN MustReady;

    KiLockObject(&Timer->Header);
    Timer->Header.SignalState = 0;
    Block->WaitKey = (USHORT)STATUS_TIMEOUT;
    Block->WaitType = WaitAny;
    Block->BlockState = KiBlockLinked;
    InsertTailList(&Timer->Header.WaitListHead, &Block->WaitListEntry);
    Timer->Header.Absolute = Wait->AbsoluteTime;
    Wait->TimerLinked = TRUE;
    if (!KiInsertTimer(Timer, Wait->DueTime)) {
        KiUnlinkBlock(Block);
        Wait->TimerLinked = FALSE;
        (void)KiEndWait(Thread, 0, STATUS_TIMEOUT, &MustReady);
    }
    KiUnlockObject(&Timer->Header);
}

static void KiUnlinkTimer(KI_WAIT *Wait)
{
    PKTIMER Timer = &Wait->Thread->Timer;
    PKWAIT_BLOCK Block = &Wait->Thread->WaitBlock[TIMER_WAIT_BLOCK_];

    KiLockObject(&Timer->Header);
    if (Timer->Header.Inserted) {
        KiRemoveTimer(Timer);
    }
    if (Block->BlockState == KiBlockLinked) {
        KiUnlinkBlock(Block);
    }
    KiUnlockObject(&Timer->Header);
    Wait->TimerLinked = FALSE;
}

void KiUnlinkBlocks(KI_WAIT *Wait, BOOLEAN LockAll)
{
    for (ULONG i = 0; i < Wait->Count; i++) {
        PKWAIT_BLOCK Block = &Wait->Blocks[i];
        DISPATCHER_HEADER *Object = Block->Object;
        if (!LockAll && Block->BlockState == KiBlockUnlinked) {
            continue;
        }
        KiLockObject(Object);
        if (Block->BlockState == KiBlockLinked) {
            KiUnlinkBlock(Block);
        }
        KiUnlockObject(Object);
    }
}

/* Sleeps unless the wait was ended meanwhile; unlinks what is left; lowers the IRQL. */
NTSTATUS KiFinishWait(KI_WAIT *Wait, KIRQL OldIrql)
{
    PKTHREAD Thread = Wait->Thread;
    BOOLEAN Slept = FALSE;
    NTSTATUS Status;
    LONG64 Register;

    KiCheckPending(Wait);
    Register = Thread->WaitRegister;
    if ((Register & KI_WAIT_STATE) == KiWaitInProgress && Wait->HasTimeout) {
        KiLinkTimer(Wait);
        Register = Thread->WaitRegister;
    }
    if ((Register & KI_WAIT_STATE) == KiWaitInProgress) {
        Thread->State = Waiting;
        if (Thread->Queue != NULL && Wait->Reason != WrQueue) {
            KiActivateQueueWaiter(Thread);
        }
        Slept = InterlockedCompareExchange64(&Thread->WaitRegister, (Register & ~KI_WAIT_STATE) | KiWaitCommitted, Register) == Register;
        if (Slept) {
            KiSwapThread(Thread);
        } else {
            Thread->State = Running;
        }
        if (Thread->Queue != NULL && Wait->Reason != WrQueue) {
            KiResumeQueue(Thread);
        }
    }
    ASSERT((Thread->WaitRegister & KI_WAIT_STATE) == KiWaitEnded);
    Status = (NTSTATUS)(Thread->WaitRegister >> 32);
    if (Wait->TimerLinked) {
        KiUnlinkTimer(Wait);
    }
    KiUnlinkBlocks(Wait, !Slept);
    Thread->WaitRegister = Thread->WaitRegister & 0xFFFFFF00LL;
    if (Status == STATUS_USER_APC) {
        Thread->ApcState.UserApcPending = TRUE;
    } else if (Status == STATUS_KERNEL_APC) {
        KiCheckKernelApc(Thread);
    }
    KiExitDispatcher(OldIrql);
    return Status;
}

/* ---- the public waits ----------------------------------------------------------------------------------------------------------- */

void KiLinkBlock(PKWAIT_BLOCK Block, PKTHREAD Thread, PVOID Object, ULONG Key, UCHAR WaitType)
{
    Block->Thread = Thread;
    Block->Object = Object;
    Block->WaitKey = (USHORT)Key;
    Block->WaitType = WaitType;
    Block->BlockState = KiBlockLinked;
    InsertTailList(&((DISPATCHER_HEADER *)Object)->WaitListHead, &Block->WaitListEntry);
}

NTSTATUS NTAPI KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                     PLARGE_INTEGER Timeout)
{
    PKTHREAD Thread = KeGetCurrentThread();
    DISPATCHER_HEADER *Header = Object;
    KI_WAIT Wait;
    NTSTATUS Status;
    BOOLEAN Prepared = FALSE;

    ASSERT(KeGetCurrentIrql() <= APC_LEVEL || Thread->WaitNext || (Timeout != NULL && Timeout->QuadPart == 0));
    do {
        KIRQL OldIrql = KiEnterWait(Thread);
        if (Alertable && KiWaitIsAlerted(Thread, WaitMode, OldIrql, &Status)) {
            return Status;
        }
        KiLockObject(Header);
        if (KiIsSignalled(Header, Thread)) {
            Status = KiMutantLimit(Header, Thread) ? STATUS_MUTANT_LIMIT_EXCEEDED : KiSatisfy(Header, Thread);
            KiUnlockObject(Header);
            KiExitDispatcher(OldIrql);
            return Status;
        }
        if (Timeout != NULL && Timeout->QuadPart == 0 && WaitMode == KernelMode && !Alertable) {
            KiUnlockObject(Header);
            KiExitDispatcher(OldIrql);
            return STATUS_TIMEOUT;
        }
        if (!Prepared) {
            KiInitializeWait(&Wait, Thread, WaitReason, WaitMode, Alertable, Timeout);
            Wait.Blocks = Thread->WaitBlock;
            Wait.Count = 1;
            Prepared = TRUE;
        }
        KiBeginWait(&Wait);
        KiLinkBlock(Thread->WaitBlock, Thread, Object, 0, WaitAny);
        KiUnlockObject(Header);
        Status = KiFinishWait(&Wait, OldIrql);
    } while (Status == STATUS_KERNEL_APC);
    return Status;
}

NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval)
{
    PKTHREAD Thread = KeGetCurrentThread();
    NTSTATUS Status;
    KI_WAIT Wait;

    if (Interval->QuadPart == 0 && !Alertable && WaitMode == KernelMode) {
        (void)NtYieldExecution();
        return STATUS_SUCCESS;
    }
    KiInitializeWait(&Wait, Thread, DelayExecution, WaitMode, Alertable, Interval);
    do {
        KIRQL OldIrql = KiEnterWait(Thread);
        KiBeginWait(&Wait);
        Status = KiFinishWait(&Wait, OldIrql);
    } while (Status == STATUS_KERNEL_APC);
    if (Wait.NoWait && Status == STATUS_TIMEOUT) {
        (void)NtYieldExecution();
    }
    return Status == STATUS_TIMEOUT ? STATUS_SUCCESS : Status;
}

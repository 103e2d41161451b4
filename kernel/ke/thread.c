/* SPDX-License-Identifier: MIT */
/*
 * thread.c - birth and death of a thread as the scheduler sees it, suspension, alerts.
 *
 * Birth: KeInitThread (state Initialized, stack ready), KeStartThread (in its process' list), KeReadyThread (runs).  Death:
 * KeTerminateThread, the last thing a thread does: it signals its object and switches away for ever; the next thread on that processor,
 * standing on its own stack, hands the dead one to KeThreadReaper (ps), which frees stack and object. Suspension is a normal kernel APC
 * that waits on SuspendEvent: so a thread stops where it holds nothing, not inside a critical region.
 */
#include "kep.h"

void (*KeThreadReaper)(PKTHREAD Thread);

static VOID NTAPI KiSuspendNop(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *Argument1, PVOID *Argument2)
{
}

static VOID NTAPI KiSuspendThread(PVOID NormalContext, PVOID Argument1, PVOID Argument2)
{
    PKTHREAD Thread = KeGetCurrentThread();

    (void)KeWaitForSingleObject(&Thread->SuspendEvent, Suspended, KernelMode, FALSE, NULL);
}

void KeInitThread(PKTHREAD Thread, PVOID KernelStackTop, PKSTART_ROUTINE StartRoutine, PVOID StartContext, PVOID Teb,
                  struct _KPROCESS *Process)
{
    RtlZeroMemory(Thread, sizeof(*Thread));
    KiInitializeHeader(&Thread->Header, ThreadObject, sizeof(*Thread), 0);
    InitializeListHead(&Thread->MutantListHead);
    for (ULONG i = 0; i < MaximumMode; i++) {
        InitializeListHead(&Thread->ApcState.ApcListHead[i]);
        InitializeListHead(&Thread->SavedApcState.ApcListHead[i]);
    }
    Thread->Process = Process;
    Thread->ApcState.Process = Process;
    Thread->Teb = Teb;
    Thread->UserGsBase = (ULONG64)Teb;
    Thread->StartRoutine = StartRoutine;
    Thread->StartContext = StartContext;
    Thread->SystemThread = Teb == NULL;
    Thread->PreviousMode = Teb != NULL ? UserMode : KernelMode;
    Thread->ApcQueueable = TRUE;
    KeInitializeTimer(&Thread->Timer);
    Thread->WaitBlock[TIMER_WAIT_BLOCK_].Thread = Thread;
    Thread->WaitBlock[TIMER_WAIT_BLOCK_].Object = &Thread->Timer;
    Thread->WaitBlock[TIMER_WAIT_BLOCK_].NextWaitBlock = &Thread->WaitBlock[TIMER_WAIT_BLOCK_];
    KeInitializeApc(&Thread->SuspendApc, Thread, OriginalApcEnvironment, KiSuspendNop, NULL, KiSuspendThread, KernelMode, NULL);
    KeInitializeEvent(&Thread->SuspendEvent, NotificationEvent, TRUE);
    Thread->Affinity = Process->Affinity;
    Thread->BasePriority = Process->BasePriority;
    Thread->Priority = Process->BasePriority;
    Thread->QuantumReset = (SCHAR)Process->QuantumReset;
    Thread->Quantum = Thread->QuantumReset;
    Thread->DisableBoost = Process->DisableBoost;
    Thread->IdealProcessor = KiNextIdealProcessor(Process);
    Thread->State = Initialized;
    KiInitializeThreadStack(Thread, KernelStackTop, StartRoutine, StartContext);
}

void KeStartThread(PKTHREAD Thread)
{
    struct _KPROCESS *Process = Thread->Process;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Process->ProcessLock, &OldIrql);
    InsertTailList(&Process->ThreadListHead, &Thread->ThreadListEntry);
    KeReleaseSpinLock(&Process->ProcessLock, OldIrql);
}

void KeUnlinkThread(PKTHREAD Thread)
{
    struct _KPROCESS *Process = Thread->Process;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Process->ProcessLock, &OldIrql);
    RemoveEntryList(&Thread->ThreadListEntry);
    KeReleaseSpinLock(&Process->ProcessLock, OldIrql);
}

void KeReadyThread(PKTHREAD Thread)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    ASSERT(Thread->State == Initialized);
    KiReadyThread(Thread, 0);
    KiExitDispatcher(OldIrql);
}

NORETURN void KiBeginThread(PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
    KiCheckKernelApc(KeGetCurrentThread());
    KeLowerIrql(APC_LEVEL);
    __asm__ volatile("sti" ::: "memory");
    StartRoutine(StartContext);
    KeBugCheckEx(0x7F, 0xDEAD, (ULONG_PTR)StartRoutine, 0, 0); /* ps' start routines end their thread themselves */
}

void KeRundownThread(void)
{
    ASSERT_IRQL_LE(APC_LEVEL);
    KiAbandonMutants(KeGetCurrentThread());
}

NORETURN void KeTerminateThread(KPRIORITY Increment)
{
    PKTHREAD Thread = KeGetCurrentThread();
    KI_READY_LIST Ready = { .Increment = Increment };

    ASSERT_IRQL_LE(APC_LEVEL);
    ASSERT(Thread->ApcStateIndex == 0);
    KeRundownThread();
    (void)KfRaiseIrql(DISPATCH_LEVEL);
    KiUnassociateQueue(Thread);
    KeUnlinkThread(Thread);
    KiLockObject(&Thread->Header);
    Thread->Header.SignalState = 1;
    KiSatisfyWaiters(&Thread->Header, &Ready);
    KiUnlockObject(&Thread->Header);
    KiReadyThreads(&Ready);
    Thread->State = Terminated;
    KiSwapThread(Thread);
    __builtin_trap();
}

/* On the next thread's stack, DISPATCH_LEVEL. */
void KiReapThread(PKTHREAD Thread)
{
    if (KeThreadReaper != NULL) {
        KeThreadReaper(Thread);
    }
}

/* ---- suspension ----------------------------------------------------------------------------------------------------------------- */

/* ApcQueueLock held; the first reason to stop. */
static void KiStopThread(PKTHREAD Thread, KI_READY_LIST *Ready)
{
    (void)KeResetEvent(&Thread->SuspendEvent);
    if (!Thread->SuspendApc.Inserted) {
        Thread->SuspendApc.Inserted = TRUE;
        KiQueueApc(&Thread->SuspendApc, Ready);
    }
}

ULONG KeSuspendThread(PKTHREAD Thread)
{
    KI_READY_LIST Ready = { 0 };
    ULONG Old = MAXULONG;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    if (Thread->SuspendCount < 127) {
        Old = (ULONG)Thread->SuspendCount;
        if (Thread->ApcQueueable && Thread->SuspendCount++ == 0 && Thread->FreezeCount == 0) {
            KiStopThread(Thread, &Ready);
        }
    }
    KeReleaseSpinLockFromDpcLevel(&Thread->ApcQueueLock);
    KiReadyThreads(&Ready);
    KiExitDispatcher(OldIrql);
    return Old;
}

static ULONG KiResume(PKTHREAD Thread, BOOLEAN Force)
{
    BOOLEAN Signal = FALSE;
    KIRQL OldIrql;
    ULONG Old;

    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    Old = (ULONG)Thread->SuspendCount;
    if (Old != 0) {
        Thread->SuspendCount = Force ? 0 : Thread->SuspendCount - 1;
        Signal = Thread->SuspendCount == 0 && Thread->FreezeCount == 0;
    }
    if (Force && Thread->FreezeCount != 0) {
        Thread->FreezeCount = 0;
        Signal = TRUE;
    }
    if (Signal) {
        KeSetEvent(&Thread->SuspendEvent, 0, FALSE); /* at DISPATCH_LEVEL, under the lock: a suspension that follows resets it after us */
    }
    KeReleaseSpinLockFromDpcLevel(&Thread->ApcQueueLock);
    KiExitDispatcher(OldIrql);
    return Old;
}

ULONG KeResumeThread(PKTHREAD Thread)
{
    return KiResume(Thread, FALSE);
}
ULONG KeForceResumeThread(PKTHREAD Thread)
{
    return KiResume(Thread, TRUE);
}

void KeFreezeThread_(PKTHREAD Thread)
{
    KI_READY_LIST Ready = { 0 };
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    if (Thread->ApcQueueable && Thread->FreezeCount++ == 0 && Thread->SuspendCount == 0) {
        KiStopThread(Thread, &Ready);
    }
    KeReleaseSpinLockFromDpcLevel(&Thread->ApcQueueLock);
    KiReadyThreads(&Ready);
    KiExitDispatcher(OldIrql);
}

void KeThawThread_(PKTHREAD Thread)
{
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    if (Thread->FreezeCount != 0 && --Thread->FreezeCount == 0 && Thread->SuspendCount == 0) {
        KeSetEvent(&Thread->SuspendEvent, 0, FALSE);
    }
    KeReleaseSpinLockFromDpcLevel(&Thread->ApcQueueLock);
    KiExitDispatcher(OldIrql);
}

/* ---- alerts --------------------------------------------------------------------------------------------------------------------- */

BOOLEAN KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE Mode)
{
    BOOLEAN Previous;
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    KiAcquireLock(&Thread->ApcQueueLock);
    Previous = Thread->Alerted[(UCHAR)Mode];
    if (!Previous) {
        Thread->Alerted[(UCHAR)Mode] = TRUE;
        __sync_synchronize();
        /* A user-mode alert reaches only user-mode waits; a kernel-mode alert both. */
        if (KiInterruptWait(Thread, Mode == UserMode ? KI_MAY_ALERT | KI_MAY_USER : KI_MAY_ALERT, STATUS_ALERTED, 0)) {
            Thread->Alerted[(UCHAR)Mode] = FALSE;
        }
    }
    KiReleaseLock(&Thread->ApcQueueLock);
    KiExitDispatcher(OldIrql);
    return Previous;
}

ULONG KeAlertResumeThread(PKTHREAD Thread)
{
    (void)KeAlertThread(Thread, KernelMode);
    return KeResumeThread(Thread);
}

BOOLEAN KeTestAlertThread(KPROCESSOR_MODE Mode)
{
    PKTHREAD Thread = KeGetCurrentThread();
    BOOLEAN Alerted;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    Alerted = Thread->Alerted[(UCHAR)Mode];
    if (Alerted) {
        Thread->Alerted[(UCHAR)Mode] = FALSE;
    } else if (Mode == UserMode && !IsListEmpty(&Thread->ApcState.ApcListHead[UserMode])) {
        Thread->ApcState.UserApcPending = TRUE;
    }
    KeReleaseSpinLock(&Thread->ApcQueueLock, OldIrql);
    return Alerted;
}

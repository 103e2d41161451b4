/* SPDX-License-Identifier: MIT */
/*
 * spinlock.c - the exported spin locks: plain, at DISPATCH_LEVEL, queued with the queue on the waiters' stacks.
 *
 * A KSPIN_LOCK's bit 0 is the lock; the other bits stay 0, because others compare the whole word.  In-stack queued locks use the same word
 * as the tail of a queue of KSPIN_LOCK_QUEUEs (MCS): fair, and each waiter spins on its own cache line.  A lock must always be used in one of
 * the two ways, as the documentation demands.  A checked build says so when a lock is not had within a second.
 */
#include "kep.h"

/* ---- waiting -------------------------------------------------------------------------------------------------------------------- */

#define KI_SPINS_A_LOOK 4096
#define KI_LOOKS_TO_LIVE 30

typedef struct _KI_SPIN
{
    ULONG Spins, Seconds;
    ULONG64 Start;
} KI_SPIN;

/* Not had within a second: a holder that has gone wrong, most likely.  Who waits and what everybody does is shown. */
static void KiReportSpin(KI_SPIN *Spin, PVOID Lock)
{
    ULONG Self = KiPrcb()->Number;

    Spin->Seconds++;
    Spin->Start = KiReadTimeStamp();
    if (Spin->Seconds == KI_LOOKS_TO_LIVE) {
        KeBugCheckEx(0x0F /* SPIN_LOCK_ALREADY_OWNED */, (ULONG_PTR)Lock, Self, Spin->Seconds, 0);
    }
    if (Spin->Seconds != 1) {
        return;
    }
    KdPrint_("Ke: processor %u has waited for spin lock %p for a second\n", Self, Lock);
    KdPrintBacktrace(NULL);
    for (ULONG Number = 0; Number < (ULONG)KeNumberProcessors; Number++) {
        if (Number != Self) {
            KdAskForBacktrace(Number);
        }
    }
}

static inline void KiSpin(KI_SPIN *Spin, PVOID Lock)
{
    YieldProcessor();
    if (UNLIKELY(++Spin->Spins % KI_SPINS_A_LOOK == 0)) {
        if (Spin->Start == 0) {
            Spin->Start = KiReadTimeStamp();
        } else if (KiReadTimeStamp() - Spin->Start > (ULONG64)KiPrcb()->MHz * 1000000) {
            KiReportSpin(Spin, Lock);
        }
    }
}

void KiWaitForLock(PKSPIN_LOCK Lock)
{
    KI_SPIN Spin = { 0 };

    do {
        while (*(volatile KSPIN_LOCK *)Lock & 1) {
            KiSpin(&Spin, Lock);
        }
    } while (InterlockedBitTestAndSet64((LONG64 volatile *)Lock, 0));
}

void KiWaitForObject(DISPATCHER_HEADER *Object)
{
    KI_SPIN Spin = { 0 };

    do {
        while (*(volatile UCHAR *)&Object->Type & 0x80) {
            KiSpin(&Spin, Object);
        }
    } while (InterlockedBitTestAndSet((LONG volatile *)&Object->Lock, KI_LOCK_BIT));
}

/* ---- plain ---------------------------------------------------------------------------------------------------------------------- */

#define KI_QUEUE_WAIT 1ULL
#define KI_QUEUE_OWNER 2ULL
#define SYNCH_LEVEL_ 12

#undef KeInitializeSpinLock
VOID NTAPI KeInitializeSpinLock_(PKSPIN_LOCK SpinLock) __asm__("KeInitializeSpinLock");
VOID NTAPI KeInitializeSpinLock_(PKSPIN_LOCK SpinLock)
{
    *SpinLock = 0;
}

KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    KiAcquireLock(SpinLock);
    return OldIrql;
}

KIRQL NTAPI KeAcquireSpinLockRaiseToSynch(PKSPIN_LOCK SpinLock)
{
    KIRQL OldIrql = KfRaiseIrql(SYNCH_LEVEL_);

    KiAcquireLock(SpinLock);
    return OldIrql;
}

VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    ASSERT(*SpinLock & 1);
    KE_UNLOCKED(SpinLock, KeLockSpin);
    KiReleaseLock(SpinLock);
    KiExplorePoint();
    KeLowerIrql(NewIrql);
}

VOID NTAPI (KeAcquireSpinLockAtDpcLevel)(PKSPIN_LOCK SpinLock)
{
    KiAcquireLock(SpinLock);
}

VOID NTAPI KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
    KE_UNLOCKED(SpinLock, KeLockSpin);
    KiReleaseLock(SpinLock);
    KiExplorePoint();
}

BOOLEAN FASTCALL KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    return KiTryAcquireLock(SpinLock);
}

BOOLEAN FASTCALL KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
    return (*(volatile KSPIN_LOCK *)SpinLock & 1) == 0;
}

/* For code that may run in a DPC or, for threaded DPCs, below DISPATCH_LEVEL. */
KIRQL FASTCALL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock)
{
    return KeAcquireSpinLockRaiseToDpc(SpinLock);
}

VOID FASTCALL KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql)
{
    KeReleaseSpinLock(SpinLock, OldIrql);
}

/* ---- queued --------------------------------------------------------------------------------------------------------------------- */

VOID FASTCALL KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE Handle)
{
    PKSPIN_LOCK_QUEUE Self = &Handle->LockQueue;
    PKSPIN_LOCK_QUEUE Tail;

    Self->Next = NULL;
    Self->Lock = (PKSPIN_LOCK)((ULONG_PTR)SpinLock | KI_QUEUE_WAIT);
    Tail = InterlockedExchangePointer((PVOID volatile *)SpinLock, Self);
    if (Tail == NULL) {
        Self->Lock = (PKSPIN_LOCK)((ULONG_PTR)SpinLock | KI_QUEUE_OWNER);
        return;
    }
    Tail->Next = Self;
    while ((ULONG_PTR)Self->Lock & KI_QUEUE_WAIT) {
        YieldProcessor();
    }
}

VOID FASTCALL KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE Handle)
{
    PKSPIN_LOCK_QUEUE Self = &Handle->LockQueue;
    PKSPIN_LOCK Lock = (PKSPIN_LOCK)((ULONG_PTR)Self->Lock & ~3ULL);
    PKSPIN_LOCK_QUEUE Next = Self->Next;

    if (Next == NULL) {
        if (InterlockedCompareExchangePointer((PVOID volatile *)Lock, NULL, Self) == Self) {
            return;
        }
        while ((Next = Self->Next) == NULL) {
            YieldProcessor();
        }
    }
    __atomic_store_n((ULONG_PTR *)&Next->Lock, (ULONG_PTR)Lock | KI_QUEUE_OWNER, __ATOMIC_RELEASE);
}

VOID FASTCALL KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE Handle)
{
    Handle->OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(SpinLock, Handle);
}

VOID FASTCALL KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE Handle)
{
    KIRQL OldIrql = Handle->OldIrql;

    KeReleaseInStackQueuedSpinLockFromDpcLevel(Handle);
    KeLowerIrql(OldIrql);
}

VOID FASTCALL KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE Handle)
{
    KeAcquireInStackQueuedSpinLock(SpinLock, Handle);
}

VOID FASTCALL KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE Handle)
{
    KeReleaseInStackQueuedSpinLock(Handle);
}

/* The numbered system locks (file systems use a few): one word each. */
static KSPIN_LOCK KiNumberedLock[LockQueueMaximumLock];

KIRQL FASTCALL KeAcquireQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number)
{
    return KeAcquireSpinLockRaiseToDpc(&KiNumberedLock[Number]);
}

VOID FASTCALL KeReleaseQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number, KIRQL OldIrql)
{
    KeReleaseSpinLock(&KiNumberedLock[Number], OldIrql);
}

LOGICAL FASTCALL KeTryToAcquireQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number, PKIRQL OldIrql)
{
    *OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    if (KiTryAcquireLock(&KiNumberedLock[Number])) {
        return TRUE;
    }
    KeLowerIrql(*OldIrql);
    return FALSE;
}

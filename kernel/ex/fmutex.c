/* SPDX-License-Identifier: MIT */
/*
 * fmutex.c - fast mutexes: exclusive, not recursive, owner at APC_LEVEL.
 *
 * Count is 1 when free, 0 when owned, and one less for each waiter; the release hands the mutex to one waiter through the event.
 * The Unsafe forms leave the IRQL alone: their callers are at APC_LEVEL or in a critical region already.
 */
#include "exp.h"

static_assert(offsetof(FAST_MUTEX, Event) == 0x18 && sizeof(FAST_MUTEX) == 0x38, "FAST_MUTEX is ABI");

static inline void ExpTakeFastMutex(PFAST_MUTEX Mutex)
{
    ASSERT(Mutex->Owner != (PVOID)KeGetCurrentThread());
    if (InterlockedDecrement(&Mutex->Count) != 0) {
        InterlockedIncrement((volatile LONG *)&Mutex->Contention);
        KeWaitForSingleObject(&Mutex->Event, WrFastMutex, KernelMode, FALSE, NULL);
    }
    Mutex->Owner = (PVOID)KeGetCurrentThread();
}

static inline void ExpGiveFastMutex(PFAST_MUTEX Mutex)
{
    ASSERT(Mutex->Owner == (PVOID)KeGetCurrentThread());
    Mutex->Owner = NULL;
    KE_UNLOCKED(Mutex, KeLockMutex);
    if (InterlockedIncrement(&Mutex->Count) <= 0) {
        KeSetEvent(&Mutex->Event, 0, FALSE);
    }
}

VOID FASTCALL (ExAcquireFastMutex)(PFAST_MUTEX Mutex)
{
    KIRQL OldIrql;

    ASSERT_IRQL_LE(APC_LEVEL);
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    ExpTakeFastMutex(Mutex);
    Mutex->OldIrql = OldIrql;
}

VOID FASTCALL ExReleaseFastMutex(PFAST_MUTEX Mutex)
{
    KIRQL OldIrql = (KIRQL)Mutex->OldIrql;

    ExpGiveFastMutex(Mutex);
    KeLowerIrql(OldIrql);
}

BOOLEAN FASTCALL ExTryToAcquireFastMutex(PFAST_MUTEX Mutex)
{
    KIRQL OldIrql;

    KeRaiseIrql(APC_LEVEL, &OldIrql);
    if (InterlockedCompareExchange(&Mutex->Count, 0, 1) == 1) {
        Mutex->Owner = (PVOID)KeGetCurrentThread();
        Mutex->OldIrql = OldIrql;
        return TRUE;
    }
    KeLowerIrql(OldIrql);
    return FALSE;
}

VOID FASTCALL ExAcquireFastMutexUnsafe(PFAST_MUTEX Mutex)
{
    ExpTakeFastMutex(Mutex);
}

VOID FASTCALL ExReleaseFastMutexUnsafe(PFAST_MUTEX Mutex)
{
    ExpGiveFastMutex(Mutex);
}

/* SPDX-License-Identifier: MIT */
/*
 * gmutex.c - guarded mutexes: fast mutexes that disable APCs by a guarded region instead of raising the IRQL.
 *
 * Count is 1 when free; a thread that finds it taken waits on the gate, a synchronization event in all but name.
 */
#include "kep.h"

VOID FASTCALL KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    Mutex->Count = 1;
    Mutex->Owner = NULL;
    Mutex->Contention = 0;
    KeInitializeEvent((PRKEVENT)&Mutex->Gate, SynchronizationEvent, FALSE);
}

VOID FASTCALL KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex)
{
    ASSERT(Mutex->Owner != KeGetCurrentThread());
    if (InterlockedDecrement(&Mutex->Count) != 0) {
        Mutex->Contention++;
        (void)KeWaitForSingleObject(&Mutex->Gate, WrGuardedMutex, KernelMode, FALSE, NULL);
    }
    Mutex->Owner = KeGetCurrentThread();
}

VOID FASTCALL KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex)
{
    ASSERT(Mutex->Owner == KeGetCurrentThread());
    Mutex->Owner = NULL;
    KE_UNLOCKED(Mutex, KeLockMutex);
    if (InterlockedIncrement(&Mutex->Count) <= 0) {
        (void)KeSetEvent((PRKEVENT)&Mutex->Gate, 1, FALSE);
    }
}

VOID FASTCALL (KeAcquireGuardedMutex)(PKGUARDED_MUTEX Mutex)
{
    KeEnterGuardedRegion();
    KeAcquireGuardedMutexUnsafe(Mutex);
}

VOID FASTCALL KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    KeReleaseGuardedMutexUnsafe(Mutex);
    KeLeaveGuardedRegion();
}

BOOLEAN FASTCALL KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    KeEnterGuardedRegion();
    if (InterlockedCompareExchange(&Mutex->Count, 0, 1) == 1) {
        Mutex->Owner = KeGetCurrentThread();
        return TRUE;
    }
    KeLeaveGuardedRegion();
    return FALSE;
}

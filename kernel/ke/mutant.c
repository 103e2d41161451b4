/* SPDX-License-Identifier: MIT */
/*
 * mutant.c - mutants: owned, recursive, abandoned when their owner ends.
 *
 * SignalState is 1 when free, 1 - recursion while owned.  A KernelMode mutex (KeInitializeMutex) disables normal kernel APCs while owned
 * (ApcDisable). A thread's owned mutants are on its MutantListHead under its ThreadLock; only the owner releases them, or
 * KeTerminateThread.
 */
#include "kep.h"

VOID NTAPI KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner)
{
    PKTHREAD Thread = KeGetCurrentThread();
    KIRQL OldIrql;

    KiInitializeHeader(&Mutant->Header, MutantObject, sizeof(*Mutant), 1);
    Mutant->OwnerThread = NULL;
    Mutant->Abandoned = FALSE;
    Mutant->ApcDisable = 0;
    InitializeListHead(&Mutant->MutantListEntry);
    if (InitialOwner) {
        OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
        KiAcquireMutant(Mutant, Thread);
        KeLowerIrql(OldIrql);
    }
}

VOID NTAPI KeInitializeMutex(PRKMUTEX Mutex, ULONG Level)
{
    KeInitializeMutant(Mutex, FALSE);
    Mutex->ApcDisable = 1;
}

/* Mutant locked, Thread may take it: free, or its own already. */
void KiAcquireMutant(PKMUTANT Mutant, PKTHREAD Thread)
{
    if (Mutant->Header.SignalState-- != 1) {
        return;
    }
    Mutant->OwnerThread = Thread;
    Mutant->Abandoned = FALSE;
    Thread->KernelApcDisable -= Mutant->ApcDisable;
    KiAcquireLock(&Thread->ThreadLock);
    InsertTailList(&Thread->MutantListHead, &Mutant->MutantListEntry);
    KiReleaseLock(&Thread->ThreadLock);
}

/* Mutant locked and owned by Owner: free again. */
static void KiFreeMutant(PKMUTANT Mutant, PKTHREAD Owner, KI_READY_LIST *Ready)
{
    KiAcquireLock(&Owner->ThreadLock);
    RemoveEntryList(&Mutant->MutantListEntry);
    KiReleaseLock(&Owner->ThreadLock);
    InitializeListHead(&Mutant->MutantListEntry);
    Mutant->OwnerThread = NULL;
    Mutant->Header.SignalState = 1;
    KiSatisfyWaiters(&Mutant->Header, Ready);
}

NTSTATUS KeReleaseMutantStatus_(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandon, BOOLEAN Wait, PLONG PreviousState)
{
    PKTHREAD Thread = KeGetCurrentThread();
    KI_READY_LIST Ready = { .Increment = Increment };
    BOOLEAN LeaveRegion = FALSE;
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    PKTHREAD Owner;

    KiLockObject(&Mutant->Header);
    if (PreviousState != NULL) {
        *PreviousState = Mutant->Header.SignalState;
    }
    Owner = Mutant->OwnerThread;
    if (!Abandon && Owner != Thread) {
        NTSTATUS Status = Mutant->Abandoned ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED;
        KiUnlockObject(&Mutant->Header);
        KeLowerIrql(OldIrql);
        return Status;
    }
    if (Abandon && Owner != NULL) {
        Mutant->Abandoned = TRUE;
        KiFreeMutant(Mutant, Owner, &Ready);
    } else if (Owner != NULL && ++Mutant->Header.SignalState == 1) {
        LeaveRegion = Mutant->ApcDisable != 0;
        KiFreeMutant(Mutant, Owner, &Ready);
    }
    KiUnlockObject(&Mutant->Header);
    KiReadyThreads(&Ready);
    if (Wait) {
        Thread->WaitNext = TRUE;
        Thread->WaitIrql = OldIrql;
    } else {
        KiExitDispatcher(OldIrql);
    }
    if (LeaveRegion) {
        KeLeaveCriticalRegion();
    }
    return STATUS_SUCCESS;
}

LONG NTAPI KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait)
{
    LONG Previous;
    NTSTATUS Status = KeReleaseMutantStatus_(Mutant, Increment, Abandoned, Wait, &Previous);

    if (!NT_SUCCESS(Status) || Status == STATUS_ABANDONED) {
        ExRaiseStatus(Status);
    }
    return Previous;
}

LONG NTAPI KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait)
{
    return KeReleaseMutant(Mutex, 1, FALSE, Wait);
}

LONG NTAPI KeReadStateMutant(PRKMUTANT Mutant)
{
    return Mutant->Header.SignalState;
}

LONG NTAPI KeReadStateMutex(PRKMUTEX Mutex)
{
    return Mutex->Header.SignalState;
}

VOID NTAPI KeQueryOwnerMutant(PKMUTANT Mutant, PCLIENT_ID ClientId)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    KiLockObject(&Mutant->Header);
    *ClientId = Mutant->OwnerThread != NULL ? ((PETHREAD)Mutant->OwnerThread)->Cid : (CLIENT_ID){ NULL, NULL };
    KiUnlockObject(&Mutant->Header);
    KeLowerIrql(OldIrql);
}

/* The current thread ends: what it owns becomes free and says so to the next owner.  A kernel mutex must not be held then. */
void KiAbandonMutants(PKTHREAD Thread)
{
    LONG Previous;

    while (!IsListEmpty(&Thread->MutantListHead)) { /* only this thread adds or removes while it runs */
        PKMUTANT Mutant = CONTAINING_RECORD(Thread->MutantListHead.Flink, KMUTANT, MutantListEntry);
        if (Mutant->ApcDisable != 0) {
            KeBugCheckEx(0x3A /* THREAD_TERMINATE_HELD_MUTEX */, (ULONG_PTR)Thread, (ULONG_PTR)Mutant, 0, 0);
        }
        (void)KeReleaseMutantStatus_(Mutant, 1, TRUE, FALSE, &Previous);
    }
}

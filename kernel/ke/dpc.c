/* SPDX-License-Identifier: MIT */
/*
 * dpc.c - deferred procedure calls: work that an interrupt leaves for DISPATCH_LEVEL.
 *
 * A queue a processor, under its DpcLock with interrupts off (interrupt routines insert).  The queue is drained by the DISPATCH_LEVEL
 * software interrupt or the idle loop.  KDPC.DpcData is the queue it is in, or NULL: who sets it by compare-exchange owns the insertion, so
 * a DPC is queued once. Low importance does not ask for the interrupt at once (the next clock tick or a deeper queue does).  Threaded DPCs
 * run as ordinary ones.
 */
#include "kep.h"

#define KI_TARGETED 0x800 /* KDPC.Number: a processor was chosen, the rest is its number */
#define KI_LOW_IMPORTANCE_DEPTH 4
#define KI_MAX_DPC_RUN 10000

static void KiInitializeDpc(PKDPC Dpc, PKDEFERRED_ROUTINE Routine, PVOID Context, UCHAR Type)
{
    Dpc->Type = Type;
    Dpc->Importance = MediumImportance;
    Dpc->Number = 0;
    Dpc->DeferredRoutine = Routine;
    Dpc->DeferredContext = Context;
    Dpc->DpcData = NULL;
}

VOID NTAPI KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    KiInitializeDpc(Dpc, DeferredRoutine, DeferredContext, DpcObject);
}

VOID NTAPI KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    KiInitializeDpc(Dpc, DeferredRoutine, DeferredContext, ThreadedDpcObject);
}

VOID NTAPI KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance)
{
    Dpc->Importance = (UCHAR)Importance;
}

VOID NTAPI KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number)
{
    Dpc->Number = (USHORT)(KI_TARGETED | (UCHAR)Number);
}

NTSTATUS NTAPI KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber)
{
    if (ProcNumber->Group != 0 || ProcNumber->Number >= KeNumberProcessors || ProcNumber->Reserved != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Dpc->Number = (USHORT)(KI_TARGETED | ProcNumber->Number);
    return STATUS_SUCCESS;
}

static PKPRCB KiDpcTarget(PKDPC Dpc)
{
    PKPRCB Prcb = NULL;

    if (Dpc->Number & KI_TARGETED) {
        Prcb = KiProcessorBlock[Dpc->Number & (KE_MAXIMUM_PROCESSORS - 1)];
    }
    return Prcb != NULL ? Prcb : KiPrcb();
}

/* Any IRQL. */
BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    BOOLEAN Enabled = KiDisable();
    PKPRCB Prcb = KiDpcTarget(Dpc);
    BOOLEAN Inserted = FALSE, Request = FALSE;

    KiAcquireLock(&Prcb->DpcLock);
    if (InterlockedCompareExchangePointer((PVOID volatile *)&Dpc->DpcData, Prcb, NULL) == NULL) {
        Dpc->SystemArgument1 = SystemArgument1;
        Dpc->SystemArgument2 = SystemArgument2;
        if (Dpc->Importance == HighImportance) {
            InsertHeadList(&Prcb->DpcListHead, &Dpc->DpcListEntry);
        } else {
            InsertTailList(&Prcb->DpcListHead, &Dpc->DpcListEntry);
        }
        Prcb->DpcQueueDepth++;
        Inserted = TRUE;
        if (!Prcb->DpcRoutineActive && !Prcb->DpcInterruptRequested &&
            (Dpc->Importance != LowImportance || Prcb->DpcQueueDepth >= KI_LOW_IMPORTANCE_DEPTH)) {
            Prcb->DpcInterruptRequested = TRUE;
            Request = TRUE;
        }
    }
    KiReleaseLock(&Prcb->DpcLock);
    if (Request && Prcb != KiPrcb()) {
        KiSendReschedule(Prcb->Number);
    } else if (Request && Prcb->CurrentThread != Prcb->IdleThread) {
        KiRequestSoftwareInterrupt(DISPATCH_LEVEL);
    }
    KiRestore(Enabled);
    return Inserted;
}

BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC Dpc)
{
    BOOLEAN Enabled = KiDisable();
    BOOLEAN Removed = FALSE;
    PKPRCB Prcb = Dpc->DpcData;

    if (Prcb != NULL) {
        KiAcquireLock(&Prcb->DpcLock);
        if (Dpc->DpcData == Prcb) {
            RemoveEntryList(&Dpc->DpcListEntry);
            Prcb->DpcQueueDepth--;
            Dpc->DpcData = NULL;
            Removed = TRUE;
        }
        KiReleaseLock(&Prcb->DpcLock);
    }
    KiRestore(Enabled);
    return Removed;
}

static PKDPC KiNextDpc(PKPRCB Prcb, KDPC *Copy)
{
    PKDPC Dpc = NULL;
    BOOLEAN Enabled = KiDisable();

    KiAcquireLock(&Prcb->DpcLock);
    if (!IsListEmpty(&Prcb->DpcListHead)) {
        Dpc = CONTAINING_RECORD(RemoveHeadList(&Prcb->DpcListHead), KDPC, DpcListEntry);
        Prcb->DpcQueueDepth--;
        *Copy = *Dpc;
        Dpc->DpcData = NULL; /* from here on it may be queued again, or freed by its routine */
    }
    Prcb->DpcRoutineActive = Dpc != NULL; /* under the lock: who queues one now asks for the interrupt again */
    KiReleaseLock(&Prcb->DpcLock);
    KiRestore(Enabled);
    return Dpc;
}

/* DISPATCH_LEVEL, interrupts on. */
void KiRetireDpcs(PKPRCB Prcb)
{
    KDPC Copy;
    PKDPC Dpc;

    Prcb->DpcInterruptRequested = FALSE;
    if (Prcb->DpcQueueDepth == 0) {
        return;
    }
    while ((Dpc = KiNextDpc(Prcb, &Copy)) != NULL) {
        Prcb->DpcCount++;
        Copy.DeferredRoutine(Dpc, Copy.DeferredContext, Copy.SystemArgument1, Copy.SystemArgument2);
        ASSERT_IRQL_EQ(DISPATCH_LEVEL);
    }
}

typedef struct _KI_FLUSH_DPC
{
    KDPC Dpc;
    volatile LONG Ran;
} KI_FLUSH_DPC;

static VOID NTAPI KiFlushDpcRoutine(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    InterlockedExchange(&((KI_FLUSH_DPC *)Context)->Ran, TRUE);
}

/* A DPC of our own behind those that are queued on each processor: when it has run, so have they. */
VOID NTAPI KeFlushQueuedDpcs(VOID)
{
    ASSERT_IRQL_LE(APC_LEVEL);
    for (ULONG Number = 0; Number < (ULONG)KeNumberProcessors; Number++) {
        KI_FLUSH_DPC Flush = { .Ran = FALSE };
        KeInitializeDpc(&Flush.Dpc, (PKDEFERRED_ROUTINE)KiFlushDpcRoutine, &Flush);
        KeSetTargetProcessorDpc(&Flush.Dpc, (CCHAR)Number);
        (void)KeInsertQueueDpc(&Flush.Dpc, NULL, NULL);
        while (!Flush.Ran) {
            YieldProcessor();
        }
    }
}

/* ---- calls on every processor --------------------------------------------------------------------------------------------------- */

typedef struct _KI_CALL_BARRIER
{
    volatile LONG Left;       /* have not called KeSignalCallDpcDone */
    volatile LONG NotArrived; /* at KeSignalCallDpcSynchronize */
    volatile LONG Round;
    LONG Total;
} KI_CALL_BARRIER;

static KGUARDED_MUTEX KiCallMutex; /* one call at a time: its DPCs wait for each other */
static KDPC KiCallDpc[KE_MAXIMUM_PROCESSORS];

void KiInitializeDpcCalls(void)
{
    KeInitializeGuardedMutex(&KiCallMutex);
}

/* Runs Routine as a DPC on every processor at once; it ends with KeSignalCallDpcDone(SystemArgument1).  IRQL below DISPATCH_LEVEL. */
VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context)
{
    KI_CALL_BARRIER Barrier;
    KIRQL OldIrql;
    ULONG Self;

    ASSERT_IRQL_LE(APC_LEVEL);
    KeAcquireGuardedMutex(&KiCallMutex);
    Barrier = (KI_CALL_BARRIER){ .Left = KeNumberProcessors, .NotArrived = KeNumberProcessors, .Total = KeNumberProcessors };
    OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    Self = KiPrcb()->Number;
    for (ULONG Number = 0; Number < (ULONG)Barrier.Total; Number++) {
        KeInitializeDpc(&KiCallDpc[Number], Routine, Context);
        KeSetTargetProcessorDpc(&KiCallDpc[Number], (CCHAR)Number);
        KeSetImportanceDpc(&KiCallDpc[Number], HighImportance);
        if (Number != Self) {
            (void)KeInsertQueueDpc(&KiCallDpc[Number], &Barrier, &Barrier);
        }
    }
    Routine(&KiCallDpc[Self], Context, &Barrier, &Barrier);
    KeLowerIrql(OldIrql);
    while (Barrier.Left != 0) {
        YieldProcessor();
    }
    KeReleaseGuardedMutex(&KiCallMutex);
}

VOID NTAPI KeSignalCallDpcDone(PVOID SystemArgument1)
{
    (void)InterlockedDecrement(&((KI_CALL_BARRIER *)SystemArgument1)->Left);
}

/* All processors meet; TRUE on the one that came last. */
LOGICAL NTAPI KeSignalCallDpcSynchronize(PVOID SystemArgument2)
{
    KI_CALL_BARRIER *Barrier = SystemArgument2;
    LONG Round = Barrier->Round;

    if (InterlockedDecrement(&Barrier->NotArrived) == 0) {
        Barrier->NotArrived = Barrier->Total;
        (void)InterlockedIncrement(&Barrier->Round);
        return TRUE;
    }
    while (Barrier->Round == Round) {
        YieldProcessor();
    }
    return FALSE;
}

typedef struct _KI_EACH
{
    void (*Routine)(PVOID Context);
    PVOID Context;
} KI_EACH;

static VOID NTAPI KiCallEach(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    KI_EACH *Each = Context;

    Each->Routine(Each->Context);
    KeSignalCallDpcDone(Argument1);
}

void KeForEachProcessor_(void (*Routine)(PVOID Context), PVOID Context)
{
    KI_EACH Each = { Routine, Context };
    KIRQL OldIrql;

    if (KeNumberProcessors > 1 && KeGetCurrentIrql() < DISPATCH_LEVEL) {
        KeGenericCallDpc((PKDEFERRED_ROUTINE)KiCallEach, &Each);
        return;
    }
    OldIrql = KeGetCurrentIrql();
    if (OldIrql < DISPATCH_LEVEL) {
        (void)KfRaiseIrql(DISPATCH_LEVEL);
    }
    Routine(Context);
    if (OldIrql < DISPATCH_LEVEL) {
        KeLowerIrql(OldIrql);
    }
}

NTSTATUS NTAPI KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION Information)
{
    *Information = (KDPC_WATCHDOG_INFORMATION){ 0 };
    return STATUS_SUCCESS;
}

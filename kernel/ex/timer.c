/* SPDX-License-Identifier: MIT */
/*
 * timer.c - timer objects and their services.
 *
 * A timer may have an APC: then a DPC, when the timer expires, queues it to the thread that set the timer.  Such a timer is linked to that thread and
 * holds a reference to itself, until it is set again, cancelled, delivered once (not periodic), or the thread ends.  The queued APC holds
 * another: it may be off its thread's queue, about to call ExpTimerApcRoutine, when somebody else sets the timer again or closes it.
 * ExpTimerLock guards those links of all timers; timers without an APC take it only to be set.
 */
#include "exp.h"
#include "exobj.h"

#ifndef TIMER_QUERY_STATE
#define TIMER_QUERY_STATE 0x0001
#define TIMER_MODIFY_STATE 0x0002
#define TIMER_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | TIMER_QUERY_STATE | TIMER_MODIFY_STATE)
#endif
#ifndef STATUS_TIMER_RESUME_IGNORED
#define STATUS_TIMER_RESUME_IGNORED ((NTSTATUS)0x40000025)
#endif
#define TIMER_APC_INCREMENT 0

typedef struct _ETIMER
{
    KTIMER KeTimer;
    KAPC TimerApc;
    KDPC TimerDpc;
    LIST_ENTRY ActiveTimerListEntry; /* ExpTimerLock; in ETHREAD.ActiveTimerListHead */
    ULONG64 FirstDue;                /* ExpTimerLock; interrupt time before which the present setting cannot have expired */
    BOOLEAN ApcAssociated;           /* ExpTimerLock */
    BOOLEAN ApcSent;                 /* ExpTimerLock; the present setting has queued its APC */
    BOOLEAN DpcUsed;                 /* ExpTimerLock; ever */
    BOOLEAN WakeTimer;
    ULONG Period;
} ETIMER, *PETIMER;

typedef struct _TIMER_BASIC_INFORMATION
{
    LARGE_INTEGER RemainingTime;
    BOOLEAN TimerState;
} TIMER_BASIC_INFORMATION;

POBJECT_TYPE ExTimerObjectType_;
static KSPIN_LOCK ExpTimerLock;

static void ExpDropTimer(PETIMER Timer, ULONG References)
{
    while (References-- != 0) {
        ObfDereferenceObject(Timer);
    }
}

/* Takes the timer's APC away from its thread.  The number of references that were the link's: the caller's to drop.  ExpTimerLock held. */
static ULONG ExpUnlinkTimer(PETIMER Timer)
{
    if (!Timer->ApcAssociated) {
        return 0;
    }
    RemoveEntryList(&Timer->ActiveTimerListEntry);
    Timer->ApcAssociated = FALSE;
    return 1;
}

/* The timer stops, with whatever it has on its way.  Returns as ExpUnlinkTimer, the queued APC's reference included. */
static ULONG ExpStopTimer(PETIMER Timer)
{
    ULONG References = ExpUnlinkTimer(Timer);

    KeCancelTimer(&Timer->KeTimer);
    if (References != 0) {
        KeRemoveQueueDpc(&Timer->TimerDpc);
        References += KeRemoveQueueApc(&Timer->TimerApc);
    }
    return References;
}

static void ExpDeleteTimer(PVOID Object)
{
    PETIMER Timer = Object;

    ASSERT(!Timer->ApcAssociated);
    KeCancelTimer(&Timer->KeTimer);
    if (Timer->DpcUsed) {
        KeFlushQueuedDpcs(); /* another processor may be in it, about to learn that there is nothing to do */
    }
}

NTSTATUS ExpInitializeTimers(void)
{
    static const OBJECT_TYPE_INITIALIZER Initializer = {
        .InvalidAttributes = OBJ_OPENLINK,
        .GenericMapping = {STANDARD_RIGHTS_READ | TIMER_QUERY_STATE, STANDARD_RIGHTS_WRITE | TIMER_MODIFY_STATE,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, TIMER_ALL_ACCESS},
        .ValidAccessMask = TIMER_ALL_ACCESS,
        .PoolType = NonPagedPool,
        .DefaultNonPagedPoolCharge = sizeof(ETIMER),
        .DeleteProcedure = ExpDeleteTimer,
        .WaitObjectFlagOffset = 0,
    };

    KeInitializeSpinLock(&ExpTimerLock);
    return ExpCreateType(L"Timer", &Initializer, &ExTimerObjectType_);
}

/*
 * In the thread, just before its user APC: a timer that fires once has done so.  If it has been set again meanwhile, the link is the new
 * setting's, and is only dropped here if that one's APC has left its queue as well (then nothing is left for its own delivery to do).
 */
static VOID NTAPI ExpTimerApcRoutine(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *SystemArgument1, PVOID *SystemArgument2)
{
    PETIMER Timer = CONTAINING_RECORD(Apc, ETIMER, TimerApc);
    ULONG References = 1;
    KIRQL OldIrql;

    KeAcquireSpinLock(&ExpTimerLock, &OldIrql);
    if (Timer->Period == 0 && Timer->ApcSent && !Timer->TimerApc.Inserted) {
        References += ExpUnlinkTimer(Timer);
    }
    KeReleaseSpinLock(&ExpTimerLock, OldIrql);
    ExpDropTimer(Timer, References);
}

/* The thread ends with the APC in its queue. */
static VOID NTAPI ExpTimerApcRundown(PKAPC Apc)
{
    ExpDropTimer(CONTAINING_RECORD(Apc, ETIMER, TimerApc), 1);
}

static VOID NTAPI ExpTimerDpcRoutine(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    PETIMER Timer = DeferredContext;
    ULONG References = 0;
    LARGE_INTEGER Time;
    ULONG64 Counter;

    KeQuerySystemTime(&Time);
    KeAcquireSpinLockAtDpcLevel(&ExpTimerLock);
    /* While this DPC waited for the lock, another processor may have set the timer again: then it is too early for the new setting's APC. */
    if (Timer->ApcAssociated && KeQueryInterruptTimePrecise(&Counter) >= Timer->FirstDue) {
        ObfReferenceObject(Timer);
        Timer->ApcSent = TRUE;
        /* A periodic timer's last APC may still be queued: that one stands for both. */
        if (!KeInsertQueueApc(&Timer->TimerApc, (PVOID)(ULONG_PTR)Time.LowPart, (PVOID)(LONG_PTR)Time.HighPart, TIMER_APC_INCREMENT)) {
            References = 1 + (Timer->Period == 0 ? ExpUnlinkTimer(Timer) : 0);
        }
    }
    KeReleaseSpinLockFromDpcLevel(&ExpTimerLock);
    ExpDropTimer(Timer, References);
}

void ExTimerRundown(PETHREAD Thread)
{
    KIRQL OldIrql;

    if (Thread->ActiveTimerListHead.Flink == NULL) {
        return;
    }
    KeAcquireSpinLock(&ExpTimerLock, &OldIrql);
    while (!IsListEmpty(&Thread->ActiveTimerListHead)) {
        PETIMER Timer = CONTAINING_RECORD(Thread->ActiveTimerListHead.Flink, ETIMER, ActiveTimerListEntry);
        ULONG References = ExpStopTimer(Timer);

        KeReleaseSpinLock(&ExpTimerLock, OldIrql);
        ExpDropTimer(Timer, References);
        KeAcquireSpinLock(&ExpTimerLock, &OldIrql);
    }
    KeReleaseSpinLock(&ExpTimerLock, OldIrql);
}

/* ---- services ---------------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI NtCreateTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, TIMER_TYPE TimerType)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PETIMER Timer;
    NTSTATUS Status;

    PAGED_CODE();
    if (TimerType != NotificationTimer && TimerType != SynchronizationTimer) {
        return STATUS_INVALID_PARAMETER_4;
    }
    Status = KiProbeForWrite(Mode, TimerHandle, sizeof(HANDLE), 1);
    if (NT_SUCCESS(Status)) {
        Status = ObCreateObject(Mode, ExTimerObjectType_, ObjectAttributes, Mode, NULL, sizeof(*Timer), 0, 0, (PVOID *)&Timer);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlZeroMemory(Timer, sizeof(*Timer));
    KeInitializeTimerEx(&Timer->KeTimer, TimerType);
    KeInitializeDpc(&Timer->TimerDpc, ExpTimerDpcRoutine, Timer);
    return ObInsertObjectService(Timer, DesiredAccess, TimerHandle, Mode);
}

NTSTATUS NTAPI NtOpenTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ObOpenObjectService(TimerHandle, DesiredAccess, ObjectAttributes, ExTimerObjectType_);
}

/* ExpTimerLock held; the timer is stopped.  The link's reference is the caller's to take first. */
static void ExpLinkTimer(PETIMER Timer, PETHREAD Thread, PVOID Routine, PVOID Context, KPROCESSOR_MODE Mode)
{
    KeInitializeApc(&Timer->TimerApc, (PKTHREAD)Thread, CurrentApcEnvironment, ExpTimerApcRoutine, ExpTimerApcRundown,
                    (PKNORMAL_ROUTINE_)Routine, Mode, Context);
    if (Thread->ActiveTimerListHead.Flink == NULL) {
        InitializeListHead(&Thread->ActiveTimerListHead);
    }
    InsertTailList(&Thread->ActiveTimerListHead, &Timer->ActiveTimerListEntry);
    Timer->ApcAssociated = TRUE;
    Timer->ApcSent = FALSE;
    Timer->DpcUsed = TRUE;
}

/* The interrupt time that DueTime (negative: from now; else system time) means. */
static ULONG64 ExpFirstDue(LARGE_INTEGER DueTime)
{
    LARGE_INTEGER SystemTime;
    ULONG64 Counter, Now = KeQueryInterruptTimePrecise(&Counter);

    if (DueTime.QuadPart <= 0) {
        return Now - (ULONG64)DueTime.QuadPart;
    }
    KeQuerySystemTimePrecise(&SystemTime);
    return Now + (ULONG64)max(DueTime.QuadPart - SystemTime.QuadPart, 0);
}

NTSTATUS NTAPI NtSetTimer(HANDLE TimerHandle, PLARGE_INTEGER UserDueTime, PTIMER_APC_ROUTINE ApcRoutine, PVOID ApcContext, BOOLEAN WakeTimer, LONG Period,
                          PBOOLEAN PreviousState)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER DueTime;
    ULONG References;
    BOOLEAN State;
    PETIMER Timer;
    KIRQL OldIrql;
    NTSTATUS Status;

    PAGED_CODE();
    Status = CopyFromMode(Mode, &DueTime, UserDueTime, sizeof(DueTime));
    if (NT_SUCCESS(Status) && PreviousState != NULL) {
        Status = KiProbeForWrite(Mode, PreviousState, sizeof(BOOLEAN), 1);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Period < 0) {
        return STATUS_INVALID_PARAMETER_6;
    }
    Status = ObReferenceObjectByHandle(TimerHandle, TIMER_MODIFY_STATE, ExTimerObjectType_, Mode, (PVOID *)&Timer, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (ApcRoutine != NULL) {
        ObfReferenceObject(Timer); /* the link's */
    }
    KeAcquireSpinLock(&ExpTimerLock, &OldIrql);
    State = KeReadStateTimer(&Timer->KeTimer);
    References = ExpStopTimer(Timer);
    Timer->Period = (ULONG)Period;
    Timer->WakeTimer = WakeTimer;
    Timer->FirstDue = ExpFirstDue(DueTime);
    if (ApcRoutine != NULL) {
        ExpLinkTimer(Timer, PsCurrentThread_(), ApcRoutine, ApcContext, Mode);
    }
    KeSetTimerEx(&Timer->KeTimer, DueTime, Period, ApcRoutine != NULL ? &Timer->TimerDpc : NULL);
    KeReleaseSpinLock(&ExpTimerLock, OldIrql);
    ExpDropTimer(Timer, References + 1);
    if (PreviousState != NULL) {
        Status = CopyToMode(Mode, PreviousState, &State, sizeof(State));
    }
    return NT_SUCCESS(Status) && WakeTimer ? STATUS_TIMER_RESUME_IGNORED : Status; /* nothing wakes this machine */
}

NTSTATUS NTAPI NtCancelTimer(HANDLE TimerHandle, PBOOLEAN CurrentState)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG References;
    BOOLEAN State;
    NTSTATUS Status = STATUS_SUCCESS;
    PETIMER Timer;
    KIRQL OldIrql;

    PAGED_CODE();
    if (CurrentState != NULL) {
        Status = KiProbeForWrite(Mode, CurrentState, sizeof(BOOLEAN), 1);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(TimerHandle, TIMER_MODIFY_STATE, ExTimerObjectType_, Mode, (PVOID *)&Timer, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeAcquireSpinLock(&ExpTimerLock, &OldIrql);
    References = ExpStopTimer(Timer);
    KeReleaseSpinLock(&ExpTimerLock, OldIrql);
    State = KeReadStateTimer(&Timer->KeTimer);
    ExpDropTimer(Timer, References + 1);
    return CurrentState != NULL ? CopyToMode(Mode, CurrentState, &State, sizeof(State)) : STATUS_SUCCESS;
}

NTSTATUS NTAPI NtQueryTimer(HANDLE TimerHandle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    TIMER_BASIC_INFORMATION Basic = {0};
    ULONG64 Counter;
    PETIMER Timer;
    NTSTATUS Status = ExpCheckQuery(Mode, Class, sizeof(Basic), Buffer, Length, ReturnLength);

    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(TimerHandle, TIMER_QUERY_STATE, ExTimerObjectType_, Mode, (PVOID *)&Timer, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    /* By the clock that due times are computed with: no timer has longer to go than it was set for. */
    Basic.RemainingTime.QuadPart = (LONGLONG)(Timer->KeTimer.DueTime.QuadPart - KeQueryInterruptTimePrecise(&Counter));
    Basic.TimerState = KeReadStateTimer(&Timer->KeTimer);
    ObfDereferenceObject(Timer);
    return ExpReturnQuery(Mode, &Basic, sizeof(Basic), Buffer, ReturnLength);
}

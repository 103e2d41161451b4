/* SPDX-License-Identifier: MIT */
/*
 * tplegacy.c - the thread pool as Windows 2000 had it: RtlQueueWorkItem, RtlRegisterWait, timer queues.
 *
 * Each is a work, wait or timer object with a callback of ours in front of the program's.  Where the old interface lets the caller choose the thread
 * (WT_EXECUTEINWAITTHREAD, WT_EXECUTEINTIMERTHREAD) the object's InService does it.  A registered wait is armed again when its callback has returned.
 *
 * Deletion has three forms, told by the completion event: NULL returns at once, with STATUS_PENDING if a callback is outstanding; an event does the same
 * and is set when the last callback is over; INVALID_HANDLE_VALUE waits.
 */
#include "tpp.h"

#define DELETE_AND_WAIT ((HANDLE)(LONG_PTR)-1)

/* ---- work items ------------------------------------------------------------------------------------------------------------------------- */

typedef struct _WORK_ITEM
{
    PTHREAD_START_ROUTINE Function;
    PVOID Context;
    HANDLE Token; /* WT_TRANSFER_IMPERSONATION */
} WORK_ITEM;

static VOID NTAPI WorkItemCallback(PTP_CALLBACK_INSTANCE Instance, PVOID Context)
{
    WORK_ITEM Item = *(WORK_ITEM *)Context;

    UNUSED(Instance);
    Free(Context);
    if (Item.Token != NULL) {
        NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &Item.Token, sizeof Item.Token);
        NtClose(Item.Token);
    }
    Item.Function(Item.Context);
}

NTSTATUS NTAPI RtlQueueWorkItem(PVOID Function, PVOID Context, ULONG Flags)
{
    TP_CALLBACK_ENVIRON Environment = {.Version = 3, .CallbackPriority = TP_CALLBACK_PRIORITY_NORMAL, .Size = sizeof Environment};
    WORK_ITEM *Item = AllocateZero(sizeof *Item);

    if (Item == NULL)
        return STATUS_NO_MEMORY;
    *(PVOID *)&Item->Function = Function;
    Item->Context = Context;
    Environment.u.s.LongFunction = (Flags & WT_EXECUTELONGFUNCTION) != 0;
    if (Flags & WT_TRANSFER_IMPERSONATION)
        NtOpenThreadToken(NtCurrentThread(), TOKEN_IMPERSONATE, TRUE, &Item->Token);
    NTSTATUS Status = TpSimpleTryPost(WorkItemCallback, Item, &Environment);
    if (!NT_SUCCESS(Status)) {
        if (Item->Token != NULL)
            NtClose(Item->Token);
        Free(Item);
    }
    return Status;
}

/* ---- deletion ------------------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS Delete(TPP_OBJECT *Object, HANDLE CompletionEvent)
{
    TppAcquire();
    Object->References++;
    TppRelease();
    TppClose(Object);
    if (CompletionEvent == DELETE_AND_WAIT) {
        TppDrain(Object, false);
        TppDropMany(Object, 1);
        return STATUS_SUCCESS;
    }
    TppAcquire();
    bool Outstanding = Object->Pending != 0 || Object->Running != 0;
    Object->CompletionEvent = CompletionEvent;
    TppRelease();
    TppDropMany(Object, 1);
    return Outstanding ? STATUS_PENDING : STATUS_SUCCESS;
}

/* ---- registered waits ------------------------------------------------------------------------------------------------------------------------ */

typedef struct _REGISTERED_WAIT
{
    WAITORTIMERCALLBACKFUNC Function;
    PVOID Context;
    ULONG Milliseconds, Flags;
} REGISTERED_WAIT;

static LONGLONG DueIn(ULONG Milliseconds)
{
    return Milliseconds == INFINITE ? TPP_FOR_EVER : TppNow() + (LONGLONG)Milliseconds * 10000;
}

static VOID NTAPI WaitCallback(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PTP_WAIT Wait, TP_WAIT_RESULT Result)
{
    REGISTERED_WAIT *Registered = Context;
    TPP_OBJECT *Object = (TPP_OBJECT *)Wait;

    UNUSED(Instance);
    Registered->Function(Registered->Context, Result == WAIT_TIMEOUT);
    TppAcquire();
    if (!(Registered->Flags & WT_EXECUTEONLYONCE) && !Object->Closed && TppArmWait(Object, Object->Wait.Handle, DueIn(Registered->Milliseconds)) != 0)
        Object->Wait.Handle = NULL;
    TppRelease();
}

NTSTATUS NTAPI RtlRegisterWait(PHANDLE Result, HANDLE Handle, WAITORTIMERCALLBACKFUNC Function, PVOID Context, ULONG Milliseconds, ULONG Flags)
{
    TP_CALLBACK_ENVIRON Environment = {.Version = 3, .CallbackPriority = TP_CALLBACK_PRIORITY_NORMAL, .Size = sizeof Environment};
    TPP_OBJECT *Object;
    HANDLE Duplicate;
    NTSTATUS Status = TppDuplicate(Handle, &Duplicate);

    if (!NT_SUCCESS(Status))
        return Status;
    REGISTERED_WAIT *Registered = AllocateZero(sizeof *Registered);
    Environment.u.s.LongFunction = (Flags & WT_EXECUTELONGFUNCTION) != 0;
    Status = Registered == NULL ? STATUS_NO_MEMORY : TppCreateObject(TppWait, (PVOID)WaitCallback, Registered, &Environment, &Object);
    if (!NT_SUCCESS(Status)) {
        Free(Registered);
        NtClose(Duplicate);
        return Status;
    }
    *Registered = (REGISTERED_WAIT){Function, Context, Milliseconds, Flags};
    Object->Extra = Registered;
    Object->InService = (Flags & (WT_EXECUTEINWAITTHREAD | WT_EXECUTEINPERSISTENTTHREAD)) != 0;
    *Result = Object; /* the callback may run, and use it, before we return */
    TppAcquire();
    Status = TppArmWait(Object, Duplicate, DueIn(Milliseconds));
    TppRelease();
    if (!NT_SUCCESS(Status)) {
        *Result = NULL;
        TppClose(Object);
    }
    return Status;
}

NTSTATUS NTAPI RtlDeregisterWaitEx(HANDLE Wait, HANDLE CompletionEvent)
{
    if (Wait == NULL || Wait == INVALID_HANDLE_VALUE)
        return STATUS_INVALID_HANDLE;
    return Delete(Wait, CompletionEvent);
}

NTSTATUS NTAPI RtlDeregisterWait(HANDLE Wait)
{
    return RtlDeregisterWaitEx(Wait, NULL);
}

/* ---- timer queues ------------------------------------------------------------------------------------------------------------------------------ */

typedef struct _TIMER_QUEUE
{
    ULONG References; /* the program's, and one for each timer that exists; TppLock, as the list */
    LIST_ENTRY Timers;
    bool Deleted;
    HANDLE CompletionEvent;
    RTL_CONDITION_VARIABLE Empty;
} TIMER_QUEUE;

typedef struct _QUEUE_TIMER
{
    WAITORTIMERCALLBACKFUNC Function;
    PVOID Context;
    TPP_OBJECT *Object;
    TIMER_QUEUE *Queue;
    LIST_ENTRY Link; /* in its queue until the program deletes it */
} QUEUE_TIMER;

static TIMER_QUEUE DefaultQueue = {.References = 1, .Timers = {&DefaultQueue.Timers, &DefaultQueue.Timers}};

/* Lock held.  What is to be freed after it is released. */
static TIMER_QUEUE *DropQueue(TIMER_QUEUE *Queue)
{
    if (--Queue->References == 0)
        return Queue;
    if (Queue->References == 1 && Queue->Deleted)
        RtlWakeAllConditionVariable(&Queue->Empty);
    return NULL;
}

static void FreeQueue(TIMER_QUEUE *Queue)
{
    if (Queue == NULL)
        return;
    if (Queue->CompletionEvent != NULL)
        NtSetEvent(Queue->CompletionEvent, NULL);
    Free(Queue);
}

static void QueueTimerDestroyed(TPP_OBJECT *Object)
{
    QUEUE_TIMER *Timer = Object->Extra;

    TppAcquire();
    TIMER_QUEUE *Dead = DropQueue(Timer->Queue);
    TppRelease();
    FreeQueue(Dead);
}

static VOID NTAPI QueueTimerCallback(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PTP_TIMER Object)
{
    QUEUE_TIMER *Timer = Context;

    UNUSED(Instance);
    UNUSED(Object);
    Timer->Function(Timer->Context, TRUE);
}

NTSTATUS NTAPI RtlCreateTimerQueue(PHANDLE Result)
{
    TIMER_QUEUE *Queue = AllocateZero(sizeof *Queue);

    if (Queue == NULL)
        return STATUS_NO_MEMORY;
    Queue->References = 1;
    InitializeListHead(&Queue->Timers);
    *Result = Queue;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlCreateTimer(HANDLE QueueHandle, PHANDLE Result, WAITORTIMERCALLBACKFUNC Function, PVOID Context, ULONG Due, ULONG Period, ULONG Flags)
{
    TP_CALLBACK_ENVIRON Environment = {.Version = 3, .CallbackPriority = TP_CALLBACK_PRIORITY_NORMAL, .Size = sizeof Environment};
    TIMER_QUEUE *Queue = QueueHandle != NULL ? QueueHandle : &DefaultQueue;
    QUEUE_TIMER *Timer = AllocateZero(sizeof *Timer);
    NTSTATUS Status = STATUS_NO_MEMORY;

    Environment.u.s.LongFunction = (Flags & WT_EXECUTELONGFUNCTION) != 0;
    if (Timer != NULL)
        Status = TppCreateObject(TppTimer, (PVOID)QueueTimerCallback, Timer, &Environment, &Timer->Object);
    if (!NT_SUCCESS(Status)) {
        Free(Timer);
        return Status;
    }
    Timer->Function = Function;
    Timer->Context = Context;
    Timer->Queue = Queue;
    Timer->Object->Extra = Timer;
    Timer->Object->InService = (Flags & (WT_EXECUTEINTIMERTHREAD | WT_EXECUTEINPERSISTENTTHREAD)) != 0;
    TppAcquire();
    bool Deleted = Queue->Deleted;
    if (!Deleted) {
        Queue->References++;
        Timer->Object->Destroyed = QueueTimerDestroyed;
        InsertTailList(&Queue->Timers, &Timer->Link);
        *Result = Timer;
        if (Due != INFINITE)
            TppArmTimer(Timer->Object, DueIn(Due), Flags & WT_EXECUTEONLYONCE ? 0 : Period);
    }
    TppRelease();
    if (Deleted)
        TppClose(Timer->Object);
    return Deleted ? STATUS_INVALID_HANDLE : STATUS_SUCCESS;
}

/* A timer that was to expire once, and has, stays as it is. */
NTSTATUS NTAPI RtlUpdateTimer(HANDLE Queue, HANDLE Handle, ULONG Due, ULONG Period)
{
    QUEUE_TIMER *Timer = Handle;

    UNUSED(Queue);
    if (Timer == NULL)
        return STATUS_INVALID_PARAMETER_2;
    TppAcquire();
    if (Timer->Object->Timer.Armed || !Timer->Object->Timer.Set)
        TppArmTimer(Timer->Object, DueIn(Due), Period);
    TppRelease();
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDeleteTimer(HANDLE Queue, HANDLE Handle, HANDLE CompletionEvent)
{
    QUEUE_TIMER *Timer = Handle;

    UNUSED(Queue);
    if (Timer == NULL)
        return STATUS_INVALID_PARAMETER_2;
    TppAcquire();
    RemoveEntryList(&Timer->Link);
    TppRelease();
    return Delete(Timer->Object, CompletionEvent);
}

NTSTATUS NTAPI RtlDeleteTimerQueueEx(HANDLE Handle, HANDLE CompletionEvent)
{
    TIMER_QUEUE *Queue = Handle;

    if (Queue == NULL)
        return STATUS_INVALID_HANDLE;
    TppAcquire();
    Queue->Deleted = true;
    while (!IsListEmpty(&Queue->Timers)) {
        QUEUE_TIMER *Timer = CONTAINING_RECORD(Queue->Timers.Flink, QUEUE_TIMER, Link);
        RemoveEntryList(&Timer->Link);
        TppRelease();
        TppClose(Timer->Object);
        TppAcquire();
    }
    bool Outstanding = Queue->References != 1;
    while (CompletionEvent == DELETE_AND_WAIT && Queue->References != 1)
        RtlSleepConditionVariableSRW(&Queue->Empty, &TppLock, NULL, 0);
    if (CompletionEvent != DELETE_AND_WAIT)
        Queue->CompletionEvent = CompletionEvent;
    TIMER_QUEUE *Dead = DropQueue(Queue);
    TppRelease();
    FreeQueue(Dead);
    return Outstanding && CompletionEvent != DELETE_AND_WAIT ? STATUS_PENDING : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDeleteTimerQueue(HANDLE Queue)
{
    return RtlDeleteTimerQueueEx(Queue, NULL);
}

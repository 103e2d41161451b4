/* SPDX-License-Identifier: MIT */
/*
 * tpobject.c - what work, timer, wait, I/O and simple callbacks have in common, the first and the last of them, and cleanup groups.
 *
 * Releasing an object never waits: callbacks that are pending or running keep it alive.  Waiting for an object ends when no callback is pending and
 * none is running that has not disassociated itself.  An object stays a member of its cleanup group until it is gone, so that releasing the group's
 * members waits also for the callbacks of objects released before.
 */
#include "tpp.h"

/* ---- making and dropping ------------------------------------------------------------------------------------------------------------ */

static NTSTATUS CheckEnvironment(PTP_CALLBACK_ENVIRON Environment)
{
    if (Environment == NULL)
        return STATUS_SUCCESS;
    if (Environment->Version != 1 && Environment->Version != 3)
        return STATUS_INVALID_PARAMETER;
    if (Environment->Version == 3 && (ULONG)Environment->CallbackPriority >= TP_CALLBACK_PRIORITY_COUNT)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static void TakeEnvironment(TPP_OBJECT *Object, PTP_CALLBACK_ENVIRON Environment)
{
    if (Environment->Version == 3)
        Object->Priority = (UCHAR)Environment->CallbackPriority;
    Object->Group = Environment->CleanupGroup;
    Object->Cancelled = Environment->CleanupGroupCancelCallback;
    Object->Finalization = Environment->FinalizationCallback;
    Object->RaceDll = Environment->RaceDll;
    Object->LongFunction = Environment->u.s.LongFunction;
}

NTSTATUS TppCreateObject(TPP_KIND Kind, PVOID Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment, TPP_OBJECT **Result)
{
    NTSTATUS Status = CheckEnvironment(Environment);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Callback == NULL)
        return STATUS_INVALID_PARAMETER;
    TPP_OBJECT *Object = AllocateZero(sizeof *Object);
    if (Object == NULL)
        return STATUS_NO_MEMORY;
    Object->Kind = Kind;
    Object->References = 1;
    Object->Callback = Callback;
    Object->Context = Context;
    Object->Priority = TP_CALLBACK_PRIORITY_NORMAL;
    Status = TppReferencePool(Environment, &Object->Pool);
    if (!NT_SUCCESS(Status)) {
        Free(Object);
        return Status;
    }
    if (Environment != NULL)
        TakeEnvironment(Object, Environment);
    if (Object->RaceDll != NULL)
        LdrAddRefDll(0, Object->RaceDll);
    if (Object->Group != NULL) {
        TppAcquire();
        Object->Group->References++;
        InsertTailList(&Object->Group->Members, &Object->GroupLink);
        TppRelease();
    }
    *Result = Object;
    return STATUS_SUCCESS;
}

static void DropGroup(PTP_CLEANUP_GROUP Group)
{
    TppAcquire();
    bool Last = --Group->References == 0;
    TppRelease();
    if (Last)
        Free(Group);
}

TPP_OBJECT *TppDrop(TPP_OBJECT *Object)
{
    if (--Object->References != 0)
        return NULL;
    if (Object->Group != NULL)
        RemoveEntryList(&Object->GroupLink);
    return Object;
}

void TppDestroy(TPP_OBJECT *Object)
{
    if (Object == NULL)
        return;
    if (Object->Destroyed != NULL)
        Object->Destroyed(Object);
    if (Object->Kind == TppWait && Object->Wait.Handle != NULL)
        NtClose(Object->Wait.Handle);
    if (Object->CompletionEvent != NULL)
        NtSetEvent(Object->CompletionEvent, NULL);
    if (Object->RaceDll != NULL)
        LdrUnloadDll(Object->RaceDll);
    if (Object->Group != NULL)
        DropGroup(Object->Group);
    TppDereferencePool(Object->Pool);
    Free(Object->Extra);
    Free(Object);
}

void TppDropMany(TPP_OBJECT *Object, ULONG Count)
{
    TPP_OBJECT *Dead = NULL;

    TppAcquire();
    for (; Count != 0; Count--)
        Dead = TppDrop(Object);
    TppRelease();
    TppDestroy(Dead);
}

/* ---- cancelling and waiting ------------------------------------------------------------------------------------------------------------ */

ULONG TppCancel(TPP_OBJECT *Object)
{
    ULONG Count = Object->Pending;

    if (Count != 0)
        RemoveEntryList(&Object->QueueLink);
    Object->Pending = 0;
    if (Object->Kind == TppWait)
        Object->Wait.Signalled = 0;
    if (Object->Kind == TppIo) { /* their packets will come, and be dropped; they keep their references */
        Object->Io.Skip += Object->Io.Started;
        Object->Io.Started = 0;
    }
    if (Object->Running == 0)
        RtlWakeAllConditionVariable(&Object->Drained);
    return Count;
}

static bool IsBusy(const TPP_OBJECT *Object)
{
    return Object->Pending != 0 || Object->Running != 0 || (Object->Kind == TppIo && Object->Io.Started != 0);
}

void TppDrain(TPP_OBJECT *Object, bool Cancel)
{
    TppAcquire();
    ULONG Drop = 1;
    Object->References++;
    if (Cancel)
        Drop += TppCancel(Object);
    while (IsBusy(Object))
        RtlSleepConditionVariableSRW(&Object->Drained, &TppLock, NULL, 0);
    TppRelease();
    TppDropMany(Object, Drop);
}

void TppClose(TPP_OBJECT *Object)
{
    TppAcquire();
    bool Again = Object->Closed;
    Object->Closed = true;
    if (Object->Kind == TppTimer)
        TppDisarmTimer(Object);
    if (Object->Kind == TppWait)
        TppDisarmWait(Object);
    TPP_OBJECT *Dead = Again ? NULL : TppDrop(Object);
    TppRelease();
    TppDestroy(Dead);
}

/* ---- simple callbacks and work ----------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI TpSimpleTryPost(PTP_SIMPLE_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment)
{
    TPP_OBJECT *Object;
    NTSTATUS Status = TppCreateObject(TppSimple, (PVOID)Callback, Context, Environment, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    PTP_POOL Pool = Object->Pool;
    TppAcquire();
    Object->Closed = true;
    TppReady(Object);
    TppDrop(Object); /* the callback's own is left */
    TppRelease();
    TppSend(Pool);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI TpAllocWork(PTP_WORK *Work, PTP_WORK_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment)
{
    return TppCreateObject(TppWork, (PVOID)Callback, Context, Environment, (TPP_OBJECT **)Work);
}

VOID NTAPI TpPostWork(PTP_WORK Work)
{
    TPP_OBJECT *Object = (TPP_OBJECT *)Work;
    PTP_POOL Pool = Object->Pool;

    TppAcquire();
    TppReady(Object);
    TppRelease();
    TppSend(Pool);
}

VOID NTAPI TpWaitForWork(PTP_WORK Work, LOGICAL CancelPending)
{
    TppDrain((TPP_OBJECT *)Work, CancelPending != 0);
}

VOID NTAPI TpReleaseWork(PTP_WORK Work)
{
    TppClose((TPP_OBJECT *)Work);
}

/* ---- cleanup groups ------------------------------------------------------------------------------------------------------------------------ */

NTSTATUS NTAPI TpAllocCleanupGroup(PTP_CLEANUP_GROUP *Result)
{
    PTP_CLEANUP_GROUP Group = AllocateZero(sizeof *Group);

    if (Group == NULL)
        return STATUS_NO_MEMORY;
    Group->References = 1;
    InitializeListHead(&Group->Members);
    *Result = Group;
    return STATUS_SUCCESS;
}

VOID NTAPI TpReleaseCleanupGroup(PTP_CLEANUP_GROUP Group)
{
    DropGroup(Group);
}

/* A member, referenced, and taken out of the group so that the next call finds another; NULL when there is none left. */
static TPP_OBJECT *TakeMember(PTP_CLEANUP_GROUP Group)
{
    TPP_OBJECT *Object = NULL;

    TppAcquire();
    if (!IsListEmpty(&Group->Members)) {
        Object = CONTAINING_RECORD(Group->Members.Flink, TPP_OBJECT, GroupLink);
        RemoveEntryList(&Object->GroupLink);
        InitializeListHead(&Object->GroupLink);
        Object->References++;
    }
    TppRelease();
    return Object;
}

/*
 * The cancel callback is called for members the program has not released itself, once each and pending or not; for a simple callback, which
 * nobody can release, only if it was pending and will never be called.
 */
static void ReleaseMember(TPP_OBJECT *Object, bool Cancel, PVOID Parameter)
{
    TppAcquire();
    bool Closed = Object->Closed;
    ULONG Cancelled = 0;
    Object->Closed = true;
    if (Object->Kind == TppTimer)
        TppDisarmTimer(Object);
    if (Object->Kind == TppWait)
        TppDisarmWait(Object);
    if (Cancel)
        Cancelled = TppCancel(Object);
    TppRelease();
    TppDrain(Object, false);
    if (Cancel && Object->Cancelled != NULL && (Object->Kind == TppSimple ? Cancelled != 0 : !Closed))
        Object->Cancelled(Object->Context, Parameter);
    TppDropMany(Object, 1 + Cancelled + !Closed);
}

VOID NTAPI TpReleaseCleanupGroupMembers(PTP_CLEANUP_GROUP Group, LOGICAL CancelPending, PVOID Parameter)
{
    for (TPP_OBJECT *Object; (Object = TakeMember(Group)) != NULL;)
        ReleaseMember(Object, CancelPending != 0, Parameter);
}

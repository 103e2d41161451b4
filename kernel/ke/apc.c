/* SPDX-License-Identifier: MIT */
/*
 * apc.c - asynchronous procedure calls: work done in the context of a chosen thread.
 *
 *   special kernel   no normal routine; runs at APC_LEVEL whenever the thread is below it and not in a guarded region
 *   normal kernel    its normal routine runs at PASSIVE_LEVEL, one at a time, not inside a critical region
 *   user             runs in user mode when the thread has allowed it: an alertable user-mode wait, NtTestAlert; the frame is redirected to
 * ntdll
 *
 * A thread that runs takes a kernel APC by a software interrupt at APC_LEVEL; one that waits is woken (STATUS_KERNEL_APC) and waits again
 * afterwards; one that is ready takes it when it is next switched to (KiCheckKernelApc). All queues of a thread are under its ApcQueueLock.
 * Windows Internals, 7th ed., part 2, chapter 8 "Asynchronous procedure calls".
 */
#include "kep.h"

void NTAPI KeInitializeApc(PKAPC Apc, PKTHREAD Thread, KAPC_ENVIRONMENT Environment, PKKERNEL_ROUTINE_ KernelRoutine,
                           PKRUNDOWN_ROUTINE_ RundownRoutine, PKNORMAL_ROUTINE_ NormalRoutine, KPROCESSOR_MODE Mode, PVOID NormalContext)
{
    Apc->Type = ApcObject;
    Apc->Size = sizeof(*Apc);
    Apc->Thread = Thread;
    Apc->ApcStateIndex = (CCHAR)(Environment == CurrentApcEnvironment ? Thread->ApcStateIndex : Environment);
    Apc->KernelRoutine = (PKKERNEL_ROUTINE)KernelRoutine;
    Apc->RundownRoutine = (PKRUNDOWN_ROUTINE)RundownRoutine;
    Apc->NormalRoutine = (PKNORMAL_ROUTINE)NormalRoutine;
    Apc->ApcMode = NormalRoutine != NULL ? Mode : KernelMode;
    Apc->NormalContext = NormalRoutine != NULL ? NormalContext : NULL;
    Apc->Inserted = FALSE;
}

/* Special kernel APCs come before the normal ones, each kind in order of arrival. */
static void KiLinkApc(PKAPC_STATE State, PKAPC Apc)
{
    PLIST_ENTRY Head = &State->ApcListHead[(int)Apc->ApcMode];
    PLIST_ENTRY Entry = Head->Blink;

    if (Apc->NormalRoutine == NULL) {
        while (Entry != Head && CONTAINING_RECORD(Entry, KAPC, ApcListEntry)->NormalRoutine != NULL) {
            Entry = Entry->Blink;
        }
    }
    InsertHeadList(Entry, &Apc->ApcListEntry);
}

void KiQueueApc(PKAPC Apc, KI_READY_LIST *Ready)
{
    PKTHREAD Thread = Apc->Thread;
    PKAPC_STATE State;
    LONG64 May;
    BOOLEAN MustReady;

    if (Apc->ApcStateIndex == InsertApcEnvironment) {
        Apc->ApcStateIndex = (CCHAR)Thread->ApcStateIndex;
    }
    State = Apc->ApcStateIndex == Thread->ApcStateIndex ? &Thread->ApcState : &Thread->SavedApcState;
    KiLinkApc(State, Apc);
    if (State != &Thread->ApcState) {
        return; /* when the thread detaches */
    }
    if (Apc->ApcMode == UserMode) {
        __sync_synchronize();
        if (KiEndWait(Thread, KI_MAY_ALERT | KI_MAY_USER, STATUS_USER_APC, &MustReady) && MustReady) {
            KiPushReady(Ready, Thread);
        }
        return;
    }
    Thread->ApcState.KernelApcPending = TRUE;
    if (Thread == KeGetCurrentThread()) {
        KiRequestSoftwareInterrupt(APC_LEVEL);
        return;
    }
    __sync_synchronize();
    May = Apc->NormalRoutine == NULL ? KI_MAY_SPECIAL_APC : KI_MAY_SPECIAL_APC | KI_MAY_NORMAL_APC;
    if (KiEndWait(Thread, May, STATUS_KERNEL_APC, &MustReady)) {
        if (MustReady) {
            KiPushReady(Ready, Thread);
        }
    } else if (Thread->State == Running && Thread->NextProcessor != KiPrcb()->Number) {
        KiSendReschedule(Thread->NextProcessor);
    }
}

BOOLEAN NTAPI KeInsertQueueApc(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment)
{
    PKTHREAD Thread = Apc->Thread;
    KI_READY_LIST Ready = { .Increment = Increment };
    BOOLEAN Inserted = FALSE;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    if (Thread->ApcQueueable && !Apc->Inserted) {
        Apc->SystemArgument1 = SystemArgument1;
        Apc->SystemArgument2 = SystemArgument2;
        Apc->Inserted = TRUE;
        KiQueueApc(Apc, &Ready);
        Inserted = TRUE;
    }
    KeReleaseSpinLockFromDpcLevel(&Thread->ApcQueueLock);
    KiReadyThreads(&Ready);
    KiExitDispatcher(OldIrql);
    return Inserted;
}

BOOLEAN KeInsertQueueApcFirst(PKAPC Apc)
{
    PKTHREAD Thread = KeGetCurrentThread();
    BOOLEAN Inserted;
    KIRQL OldIrql;

    ASSERT(Apc->Thread == Thread && Apc->ApcMode == UserMode);
    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    Inserted = Thread->ApcQueueable && !Apc->Inserted;
    if (Inserted) {
        PKAPC_STATE State = Apc->ApcStateIndex == Thread->ApcStateIndex ? &Thread->ApcState : &Thread->SavedApcState;
        Apc->Inserted = TRUE;
        InsertHeadList(&State->ApcListHead[UserMode], &Apc->ApcListEntry);
        State->UserApcPending = TRUE;
    }
    KeReleaseSpinLock(&Thread->ApcQueueLock, OldIrql);
    return Inserted;
}

BOOLEAN NTAPI KeRemoveQueueApc(PKAPC Apc)
{
    PKTHREAD Thread = Apc->Thread;
    BOOLEAN Removed = FALSE;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    if (Apc->Inserted) {
        RemoveEntryList(&Apc->ApcListEntry);
        Apc->Inserted = FALSE;
        Removed = TRUE;
    }
    KeReleaseSpinLock(&Thread->ApcQueueLock, OldIrql);
    return Removed;
}

PLIST_ENTRY KeFlushQueueApc(PKTHREAD Thread, KPROCESSOR_MODE Mode)
{
    PLIST_ENTRY Head = &Thread->ApcState.ApcListHead[(int)Mode];
    PLIST_ENTRY First = NULL;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    if (Mode == UserMode) {
        Thread->ApcQueueable = FALSE;
    }
    if (!IsListEmpty(Head)) {
        First = Head->Flink;
        RemoveEntryList(Head);
        InitializeListHead(Head);
        for (PLIST_ENTRY Entry = First;;) {
            CONTAINING_RECORD(Entry, KAPC, ApcListEntry)->Inserted = FALSE;
            Entry = Entry->Flink;
            if (Entry == First) {
                break;
            }
        }
    }
    KeReleaseSpinLock(&Thread->ApcQueueLock, OldIrql);
    return First;
}

/* ---- delivery ------------------------------------------------------------------------------------------------------------------- */

/* The current thread has a kernel APC that it may take as soon as its IRQL allows. */
void KiCheckKernelApc(PKTHREAD Thread)
{
    if (UNLIKELY(Thread->ApcState.KernelApcPending) && Thread->SpecialApcDisable == 0) {
        KiRequestSoftwareInterrupt(APC_LEVEL);
    }
}

/*
 * Takes the next deliverable kernel APC off the queue.  *Copy is its contents: once it is off, its owner may initialise it anew, and after its
 * kernel routine it may be gone.
 */
static PKAPC KiNextKernelApc(PKTHREAD Thread, KAPC *Copy)
{
    PLIST_ENTRY Head = &Thread->ApcState.ApcListHead[KernelMode];
    PKAPC Apc = NULL;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    Thread->ApcState.KernelApcPending = FALSE;
    if (!IsListEmpty(Head)) {
        Apc = CONTAINING_RECORD(Head->Flink, KAPC, ApcListEntry);
        if (Apc->NormalRoutine != NULL && (Thread->KernelApcDisable != 0 || Thread->ApcState.KernelApcInProgress)) {
            Apc = NULL;
        } else {
            RemoveEntryList(&Apc->ApcListEntry);
            Apc->Inserted = FALSE;
            *Copy = *Apc;
        }
    }
    KeReleaseSpinLock(&Thread->ApcQueueLock, OldIrql);
    return Apc;
}

static void KiRunKernelApc(PKTHREAD Thread, PKAPC Apc, const KAPC *Copy)
{
    PKNORMAL_ROUTINE NormalRoutine = Copy->NormalRoutine;
    PVOID NormalContext = Copy->NormalContext, Argument1 = Copy->SystemArgument1, Argument2 = Copy->SystemArgument2;

    Copy->KernelRoutine(Apc, &NormalRoutine, &NormalContext, &Argument1, &Argument2);
    if (NormalRoutine != NULL) {
        Thread->ApcState.KernelApcInProgress = TRUE;
        KeLowerIrql(PASSIVE_LEVEL);
        NormalRoutine(NormalContext, Argument1, Argument2);
        (void)KfRaiseIrql(APC_LEVEL);
        Thread->ApcState.KernelApcInProgress = FALSE;
    }
}

/* As KiNextKernelApc. */
static PKAPC KiNextUserApc(PKTHREAD Thread, KAPC *Copy)
{
    PLIST_ENTRY Head = &Thread->ApcState.ApcListHead[UserMode];
    PKAPC Apc = NULL;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    Thread->ApcState.UserApcPending = FALSE;
    if (!IsListEmpty(Head)) {
        Apc = CONTAINING_RECORD(RemoveHeadList(Head), KAPC, ApcListEntry);
        Apc->Inserted = FALSE;
        *Copy = *Apc;
    }
    KeReleaseSpinLock(&Thread->ApcQueueLock, OldIrql);
    return Apc;
}

static void KiRunUserApc(PKTRAP_FRAME TrapFrame, PKAPC Apc, const KAPC *Copy)
{
    PKNORMAL_ROUTINE NormalRoutine = Copy->NormalRoutine;
    PVOID NormalContext = Copy->NormalContext, Argument1 = Copy->SystemArgument1, Argument2 = Copy->SystemArgument2;
    NTSTATUS Status;

    Copy->KernelRoutine(Apc, &NormalRoutine, &NormalContext, &Argument1, &Argument2);
    if (NormalRoutine == NULL) {
        (void)KeTestAlertThread(UserMode);
        return;
    }
    Status = KiInitializeUserApc(TrapFrame, NormalRoutine, NormalContext, Argument1, Argument2);
    if (!NT_SUCCESS(Status)) {
        KdPrint_("Ke: no room for an APC on the user stack at %p (0x%08x)\n", (PVOID)TrapFrame->Rsp, (ULONG)Status);
        KeLowerIrql(PASSIVE_LEVEL);
        KeTerminateProcessForException(Status);
    }
}

/* APC_LEVEL, interrupts on.  Mode UserMode: the thread is about to return to user mode through TrapFrame. */
void KiDeliverApc(KPROCESSOR_MODE Mode, PKTRAP_FRAME TrapFrame)
{
    PKTHREAD Thread = KeGetCurrentThread();
    struct _KPROCESS *Process = Thread->ApcState.Process;
    KAPC Copy;
    PKAPC Apc;

    ASSERT_IRQL_EQ(APC_LEVEL);
    if (Thread->SpecialApcDisable != 0) {
        return;
    }
    while ((Apc = KiNextKernelApc(Thread, &Copy)) != NULL) {
        KiRunKernelApc(Thread, Apc, &Copy);
    }
    if (Mode == UserMode && Thread->ApcState.UserApcPending) {
        Apc = KiNextUserApc(Thread, &Copy);
        if (Apc != NULL) {
            KiRunUserApc(TrapFrame, Apc, &Copy);
        }
    }
    if (Process != Thread->ApcState.Process) {
        KeBugCheckEx(0x05 /* INVALID_PROCESS_ATTACH_ATTEMPT */, (ULONG_PTR)Process, (ULONG_PTR)Thread->ApcState.Process,
                     Thread->ApcStateIndex, 1);
    }
}

/* ---- regions -------------------------------------------------------------------------------------------------------------------- */

static void KiCheckApcAfterRegion(PKTHREAD Thread)
{
    if (Thread->SpecialApcDisable == 0 && !IsListEmpty(&Thread->ApcState.ApcListHead[KernelMode])) {
        Thread->ApcState.KernelApcPending = TRUE;
        KiRequestSoftwareInterrupt(APC_LEVEL);
    }
}

VOID NTAPI KeEnterCriticalRegion(VOID)
{
    KeGetCurrentThread()->KernelApcDisable--;
}

VOID NTAPI KeLeaveCriticalRegion(VOID)
{
    PKTHREAD Thread = KeGetCurrentThread();

    ASSERT(Thread->KernelApcDisable < 0);
    if (++Thread->KernelApcDisable == 0) {
        KiCheckApcAfterRegion(Thread);
    }
}

VOID NTAPI KeEnterGuardedRegion(VOID)
{
    KeGetCurrentThread()->SpecialApcDisable--;
}

VOID NTAPI KeLeaveGuardedRegion(VOID)
{
    PKTHREAD Thread = KeGetCurrentThread();

    ASSERT(Thread->SpecialApcDisable < 0);
    if (++Thread->SpecialApcDisable == 0) {
        KiCheckApcAfterRegion(Thread);
    }
}

BOOLEAN NTAPI KeAreApcsDisabled(VOID)
{
    PKTHREAD Thread = KeGetCurrentThread();

    return Thread->KernelApcDisable != 0 || Thread->SpecialApcDisable != 0;
}

BOOLEAN NTAPI KeAreAllApcsDisabled(VOID)
{
    return KeGetCurrentThread()->SpecialApcDisable != 0 || KeGetCurrentIrql() >= APC_LEVEL;
}

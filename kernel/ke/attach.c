/* SPDX-License-Identifier: MIT */
/*
 * attach.c - a thread borrowing another process' address space.
 *
 * While attached, the thread's APC state is set aside: APCs for its home environment wait in SavedApcState until it detaches, so nothing
 * meant for one address space runs in another.  Attaching to the process that is attached already costs nothing and is marked by the
 * value 1.
 */
#include "kep.h"

#define KI_ATTACH_NOTHING ((PKPROCESS)1)

static void KiMoveApcState(PKAPC_STATE From, PKAPC_STATE To)
{
    *To = *From;
    for (ULONG Mode = 0; Mode < MaximumMode; Mode++) {
        if (IsListEmpty(&From->ApcListHead[Mode])) {
            InitializeListHead(&To->ApcListHead[Mode]);
        } else {
            To->ApcListHead[Mode].Flink->Blink = &To->ApcListHead[Mode];
            To->ApcListHead[Mode].Blink->Flink = &To->ApcListHead[Mode];
        }
    }
}

static void KiLoadProcess(struct _KPROCESS *Old, struct _KPROCESS *New)
{
    ULONG Number = KiPrcb()->Number;

    InterlockedOr64(&New->ActiveProcessors, 1LL << Number);
    KiWritePageTableRoot(New->DirectoryTableBase);
    InterlockedAnd64(&Old->ActiveProcessors, ~(1LL << Number));
}

VOID NTAPI KeStackAttachProcess(PKPROCESS Process, PKAPC_STATE ApcState)
{
    PKTHREAD Thread = KeGetCurrentThread();
    struct _KPROCESS *Old = Thread->ApcState.Process;
    KIRQL OldIrql;

    ASSERT_IRQL_LE(DISPATCH_LEVEL);
    if (Old == Process) {
        ApcState->Process = KI_ATTACH_NOTHING;
        return;
    }
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL && KiPrcb()->DpcRoutineActive) {
        KeBugCheckEx(0x05 /* INVALID_PROCESS_ATTACH_ATTEMPT */, (ULONG_PTR)Process, (ULONG_PTR)Old, Thread->ApcStateIndex, 1);
    }
    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    if (Thread->ApcStateIndex != 0) {
        KiMoveApcState(&Thread->ApcState, ApcState);
    } else {
        KiMoveApcState(&Thread->ApcState, &Thread->SavedApcState);
        ApcState->Process = NULL;
    }
    for (ULONG Mode = 0; Mode < MaximumMode; Mode++) {
        InitializeListHead(&Thread->ApcState.ApcListHead[Mode]);
    }
    Thread->ApcState.KernelApcInProgress = FALSE;
    Thread->ApcState.KernelApcPending = FALSE;
    Thread->ApcState.UserApcPending = FALSE;
    Thread->ApcStateIndex = 1;
    Thread->ApcState.Process = Process;
    KeReleaseSpinLockFromDpcLevel(&Thread->ApcQueueLock);
    KiLoadProcess(Old, Process);
    KiExitDispatcher(OldIrql);
}

VOID NTAPI KeUnstackDetachProcess(PKAPC_STATE ApcState)
{
    PKTHREAD Thread = KeGetCurrentThread();
    struct _KPROCESS *Old;
    KIRQL OldIrql;

    if (ApcState->Process == KI_ATTACH_NOTHING) {
        return;
    }
    KeAcquireSpinLock(&Thread->ApcQueueLock, &OldIrql);
    if (Thread->ApcStateIndex == 0 || Thread->ApcState.KernelApcInProgress || !IsListEmpty(&Thread->ApcState.ApcListHead[KernelMode]) ||
        !IsListEmpty(&Thread->ApcState.ApcListHead[UserMode])) {
        KeBugCheckEx(0x06 /* INVALID_PROCESS_DETACH_ATTEMPT */, (ULONG_PTR)Thread, Thread->ApcStateIndex, 0, 0);
    }
    Old = Thread->ApcState.Process;
    if (ApcState->Process != NULL) {
        KiMoveApcState(ApcState, &Thread->ApcState);
    } else {
        KiMoveApcState(&Thread->SavedApcState, &Thread->ApcState);
        Thread->SavedApcState.Process = NULL;
        Thread->ApcStateIndex = 0;
    }
    KeReleaseSpinLockFromDpcLevel(&Thread->ApcQueueLock);
    KiLoadProcess(Old, Thread->ApcState.Process);
    if (!IsListEmpty(&Thread->ApcState.ApcListHead[KernelMode])) {
        Thread->ApcState.KernelApcPending = TRUE;
        KiCheckKernelApc(Thread);
    }
    KiExitDispatcher(OldIrql);
}

VOID NTAPI KeAttachProcess(PKPROCESS Process)
{
    PKTHREAD Thread = KeGetCurrentThread();
    KAPC_STATE State;

    if (Thread->ApcState.Process == Process) {
        return;
    }
    if (Thread->ApcStateIndex != 0) {
        KeBugCheckEx(0x05, (ULONG_PTR)Process, (ULONG_PTR)Thread->ApcState.Process, Thread->ApcStateIndex, 0);
    }
    KeStackAttachProcess(Process, &State);
}

VOID NTAPI KeDetachProcess(VOID)
{
    KAPC_STATE State = { .Process = NULL };

    if (KeGetCurrentThread()->ApcStateIndex != 0) {
        KeUnstackDetachProcess(&State);
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * cancel.c - cancellation, and the lists of IRPs that threads have under way.
 *
 * A driver that holds an IRP for long sets a cancel routine; whoever takes the routine out of the IRP
 * (IoSetCancelRoutine is an exchange) completes it: the driver or the canceller, never both.  IopCancelLock
 * is NT's one global cancel spin lock; drivers that use IoCsq* or their own lock leave it at once.
 *
 * Each thread has a list of its IRPs (ETHREAD.IrpList).  A thread cannot end while it is not empty: its end
 * cancels them and waits, so the last stage of a request always finds its thread.  The lists are guarded by
 * one of a few spin locks chosen by the thread's address: a list is touched twice a request. Order: list
 * lock, then IopCancelLock.  Cancel routines run under the list lock, at DISPATCH_LEVEL as NT allows.
 */
#include "iop.h"

#define IOP_LIST_LOCKS 64

KSPIN_LOCK IopCancelLock;
static KSPIN_LOCK IopThreadListLock[IOP_LIST_LOCKS];

static PKSPIN_LOCK IopListLock(PETHREAD Thread)
{
    return &IopThreadListLock[((ULONG_PTR)Thread >> 9) % IOP_LIST_LOCKS];
}

void IopQueueThreadIrp(PIRP Irp)
{
    PETHREAD Thread = Irp->Tail.Overlay.Thread;
    KIRQL Irql;
    KeAcquireSpinLock(IopListLock(Thread), &Irql);
    InsertTailList(&Thread->IrpList, &Irp->ThreadListEntry);
    KeReleaseSpinLock(IopListLock(Thread), Irql);
}

/* In the IRP's own thread. */
void IopDequeueThreadIrp(PIRP Irp)
{
    KIRQL Irql;
    if (IsListEmpty(&Irp->ThreadListEntry)) {
        return;
    }
    KeAcquireSpinLock(IopListLock(PsCurrentThread_()), &Irql);
    RemoveEntryList(&Irp->ThreadListEntry);
    InitializeListHead(&Irp->ThreadListEntry);
    KeReleaseSpinLock(IopListLock(PsCurrentThread_()), Irql);
}

void NTAPI IoQueueThreadIrp(PIRP Irp)
{
    IopQueueThreadIrp(Irp);
}

void NTAPI IoAcquireCancelSpinLock(PKIRQL Irql)
{
    KeAcquireSpinLock(&IopCancelLock, Irql);
}

void NTAPI IoReleaseCancelSpinLock(KIRQL Irql)
{
    KeReleaseSpinLock(&IopCancelLock, Irql);
}

BOOLEAN NTAPI IoCancelIrp(PIRP Irp)
{
    PDRIVER_CANCEL Routine;
    KIRQL Irql;
    ASSERT(Irp->Type == IO_TYPE_IRP);
    KeAcquireSpinLock(&IopCancelLock, &Irql);
    Irp->Cancel = TRUE;
    Routine = IoSetCancelRoutine(Irp, NULL);
    if (Routine == NULL) {
        KeReleaseSpinLock(&IopCancelLock, Irql);
        return FALSE;
    }
    Irp->CancelIrql = Irql;
    Routine(Irp->CurrentLocation <= Irp->StackCount ? IoGetCurrentIrpStackLocation(Irp)->DeviceObject : NULL, Irp);
    return TRUE; /* the routine released the lock */
}

typedef struct _IOP_CANCEL_FILTER
{
    PFILE_OBJECT File;        /* NULL: any */
    PIO_STATUS_BLOCK Iosb;    /* NULL: any */
    BOOLEAN SynchronousOnly;
} IOP_CANCEL_FILTER;

static BOOLEAN IopMatches(PIRP Irp, const IOP_CANCEL_FILTER *Filter)
{
    PFILE_OBJECT File = Irp->Tail.Overlay.OriginalFileObject;
    if (Filter->File != NULL && File != Filter->File) {
        return FALSE;
    }
    if (Filter->Iosb != NULL && Irp->UserIosb != Filter->Iosb) {
        return FALSE;
    }
    return !Filter->SynchronousOnly || (Irp->Flags & IRP_SYNCHRONOUS_API) != 0 || (File != NULL && IopIsSynchronous(File));
}

/* Returns how many of Thread's IRPs match; each is cancelled.  An IRP in its last stage has another Tail;
 * it matches by chance at most, and harmlessly. */
static ULONG IopCancelMatching(PETHREAD Thread, const IOP_CANCEL_FILTER *Filter, BOOLEAN Cancel)
{
    ULONG Found = 0;
    KIRQL Irql;
    KeAcquireSpinLock(IopListLock(Thread), &Irql);
    for (PLIST_ENTRY Entry = Thread->IrpList.Flink; Entry != &Thread->IrpList; Entry = Entry->Flink) {
        PIRP Irp = CONTAINING_RECORD(Entry, IRP, ThreadListEntry);
        if (IopMatches(Irp, Filter)) {
            Found++;
            if (Cancel) {
                IoCancelIrp(Irp);
            }
        }
    }
    KeReleaseSpinLock(IopListLock(Thread), Irql);
    return Found;
}

static void IopSleep(void)
{
    LARGE_INTEGER TenMilliseconds = {.QuadPart = -100000};
    KeDelayExecutionThread(KernelMode, FALSE, &TenMilliseconds);
}

void IoCancelThreadIo(PETHREAD Thread)
{
    IOP_CANCEL_FILTER All = {0};
    ULONG Rounds = 0;
    ASSERT(Thread == PsCurrentThread_());
    while (!IsListEmpty(&Thread->IrpList)) {
        if (IopCancelMatching(Thread, &All, TRUE) != 0) {
            IopSleep();
        }
        if (++Rounds == 500) {
            KdPrint_("Io: thread %p cannot end: a driver keeps its IRP %p\n", Thread, Thread->IrpList.Flink);
        }
    }
}

NTSTATUS NTAPI NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    IOP_CANCEL_FILTER Filter = {0};
    IO_STATUS_BLOCK Done = {.Status = STATUS_SUCCESS};
    NTSTATUS Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(FileHandle, 0, IopFileObjectType, Mode, (PVOID *)&Filter.File, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    IopCancelMatching(PsCurrentThread_(), &Filter, TRUE);
    while (IopCancelMatching(PsCurrentThread_(), &Filter, FALSE) != 0) {
        IopSleep();
    }
    Status = CopyToMode(Mode, IoStatusBlock, &Done, sizeof(Done));
    ObfDereferenceObject(Filter.File);
    return Status;
}

static ULONG IopCancelInProcess(const IOP_CANCEL_FILTER *Filter)
{
    ULONG Found = 0;
    for (PETHREAD Thread = PsGetNextProcessThread_(PsCurrentProcess_(), NULL); Thread != NULL;
         Thread = PsGetNextProcessThread_(PsCurrentProcess_(), Thread)) {
        Found += IopCancelMatching(Thread, Filter, TRUE);
    }
    return Found;
}

NTSTATUS NTAPI NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    IOP_CANCEL_FILTER Filter = {.Iosb = IoRequestToCancel};
    IO_STATUS_BLOCK Done = {0};
    NTSTATUS Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(FileHandle, 0, IopFileObjectType, Mode, (PVOID *)&Filter.File, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Done.Status = IopCancelInProcess(&Filter) != 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND;
    Status = CopyToMode(Mode, IoStatusBlock, &Done, sizeof(Done));
    ObfDereferenceObject(Filter.File);
    return NT_SUCCESS(Status) ? Done.Status : Status;
}

NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE ThreadHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    IOP_CANCEL_FILTER Filter = {.Iosb = IoRequestToCancel, .SynchronousOnly = TRUE};
    IO_STATUS_BLOCK Done = {0};
    PETHREAD Thread;
    NTSTATUS Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_TERMINATE, *PsThreadType, Mode, (PVOID *)&Thread, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Done.Status = IopCancelMatching(Thread, &Filter, TRUE) != 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND;
    Status = CopyToMode(Mode, IoStatusBlock, &Done, sizeof(Done));
    ObfDereferenceObject(Thread);
    return NT_SUCCESS(Status) ? Done.Status : Status;
}

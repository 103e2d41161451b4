/* SPDX-License-Identifier: MIT */
/*
 * npwait.c - FSCTL_PIPE_WAIT: a client waits until some instance of a pipe listens.
 *
 * It takes no hold of that instance: whoever opens first gets it, so clients call WaitNamedPipe and CreateFile in a loop.  Three parties may
 * end a wait: a server that listens (or goes), the timer, the canceller.  Under NpWaitLock the one that finds the waiter in the list and
 * takes its cancel routine away owns it.  A timer that could not be cancelled any more frees the waiter in its DPC.
 */
#include "np.h"

typedef struct _NP_WAITER
{
    LIST_ENTRY Link;    /* NpWaiters; empty: ended, and left to the DPC to free */
    NP_PIPE *Pipe;      /* for comparison only: it may be gone */
    PIRP Irp;           /* NULL: the time was up while the IRP was being cancelled */
    BOOLEAN Timed;      /* the timer was set */
    KTIMER Timer;
    KDPC Dpc;
} NP_WAITER;

static LIST_ENTRY NpWaiters = {&NpWaiters, &NpWaiters};
static KSPIN_LOCK NpWaitLock;

/* NpWaitLock held: out of the list; freed here or by the DPC. */
static void NpEndWaiter(NP_WAITER *Waiter)
{
    RemoveEntryList(&Waiter->Link);
    InitializeListHead(&Waiter->Link);
    if (!Waiter->Timed || KeCancelTimer(&Waiter->Timer)) {
        ExFreePoolWithTag(Waiter, NP_TAG);
    }
}

static VOID NTAPI NpWaitExpired(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    NP_WAITER *Waiter = Context;
    PIRP Irp = NULL;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireSpinLockAtDpcLevel(&NpWaitLock);
    if (IsListEmpty(&Waiter->Link)) {
        ExFreePoolWithTag(Waiter, NP_TAG);
    } else if (IoSetCancelRoutine(Waiter->Irp, NULL) != NULL) {
        Irp = Waiter->Irp;
        RemoveEntryList(&Waiter->Link);
        ExFreePoolWithTag(Waiter, NP_TAG);
    } else {
        Waiter->Irp = NULL; /* the canceller is on its way, and frees the waiter */
    }
    KeReleaseSpinLockFromDpcLevel(&NpWaitLock);
    if (Irp != NULL) {
        NpComplete(Irp, STATUS_IO_TIMEOUT, 0);
    }
}

static VOID NTAPI NpCancelWait(PDEVICE_OBJECT Device, PIRP Irp)
{
    NP_WAITER *Waiter = Irp->Tail.Overlay.DriverContext[0];
    BOOLEAN DpcOver;
    KIRQL Irql;
    UNREFERENCED_PARAMETER(Device);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&NpWaitLock, &Irql);
    DpcOver = Waiter->Irp == NULL;
    if (DpcOver) {
        RemoveEntryList(&Waiter->Link);
        ExFreePoolWithTag(Waiter, NP_TAG);
    } else {
        NpEndWaiter(Waiter);
    }
    KeReleaseSpinLock(&NpWaitLock, Irql);
    NpComplete(Irp, STATUS_CANCELLED, 0);
}

void NpWakeWaiters(NP_PIPE *Pipe, NTSTATUS Status, NP_DONE *Done)
{
    PLIST_ENTRY Link;
    KIRQL Irql;
    KeAcquireSpinLock(&NpWaitLock, &Irql);
    for (Link = NpWaiters.Flink; Link != &NpWaiters;) {
        NP_WAITER *Waiter = CONTAINING_RECORD(Link, NP_WAITER, Link);
        Link = Link->Flink;
        if (Waiter->Pipe == Pipe && Waiter->Irp != NULL && IoSetCancelRoutine(Waiter->Irp, NULL) != NULL) {
            NpAddDone(Done, Waiter->Irp, Status, 0);
            NpEndWaiter(Waiter);
        }
    }
    KeReleaseSpinLock(&NpWaitLock, Irql);
}

BOOLEAN NpHasListener(NP_PIPE *Pipe)
{
    for (PLIST_ENTRY Link = Pipe->Instances.Flink; Link != &Pipe->Instances; Link = Link->Flink) {
        if (CONTAINING_RECORD(Link, NP_INSTANCE, Link)->State == FILE_PIPE_LISTENING_STATE) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Pipe->Lock held, so no listener can appear unseen. */
static NTSTATUS NpStartWait(NP_PIPE *Pipe, PIRP Irp, NP_WAITER *Waiter, LARGE_INTEGER Timeout)
{
    NTSTATUS Status = STATUS_PENDING;
    Waiter->Pipe = Pipe;
    Waiter->Irp = Irp;
    KeInitializeTimer(&Waiter->Timer);
    KeInitializeDpc(&Waiter->Dpc, NpWaitExpired, Waiter);
    Irp->Tail.Overlay.DriverContext[0] = Waiter;
    KeAcquireSpinLockAtDpcLevel(&NpWaitLock);
    InsertTailList(&NpWaiters, &Waiter->Link);
    (void)IoSetCancelRoutine(Irp, NpCancelWait);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        RemoveEntryList(&Waiter->Link);
        Status = STATUS_CANCELLED;
    } else {
        IoMarkIrpPending(Irp);
        Waiter->Timed = Timeout.QuadPart != MINLONGLONG; /* for ever */
        if (Waiter->Timed) {
            (void)KeSetTimer(&Waiter->Timer, Timeout, &Waiter->Dpc);
        }
    }
    KeReleaseSpinLockFromDpcLevel(&NpWaitLock);
    return Status;
}

static NTSTATUS NpWaitFor(PIRP Irp, PCUNICODE_STRING Name, const FILE_PIPE_WAIT_FOR_BUFFER *Wait, NP_WAITER **Waiter)
{
    NP_PIPE *Pipe;
    NTSTATUS Status;
    KIRQL Irql;
    ExAcquireFastMutex(&NpNames);
    Pipe = NpFindPipe(Name);
    if (Pipe == NULL) {
        ExReleaseFastMutex(&NpNames);
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    KeAcquireSpinLock(&Pipe->Lock, &Irql);
    if (NpHasListener(Pipe)) {
        Status = STATUS_SUCCESS;
    } else {
        Status = NpStartWait(Pipe, Irp, *Waiter, Wait->TimeoutSpecified ? Wait->Timeout : Pipe->DefaultTimeout);
        if (Status == STATUS_PENDING) {
            *Waiter = NULL;
        }
    }
    KeReleaseSpinLock(&Pipe->Lock, Irql);
    ExReleaseFastMutex(&NpNames);
    return Status;
}

NTSTATUS NpWait(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    const FILE_PIPE_WAIT_FOR_BUFFER *Wait = Irp->AssociatedIrp.SystemBuffer;
    ULONG Length = Stack->Parameters.FileSystemControl.InputBufferLength;
    UNICODE_STRING Name;
    NP_WAITER *Waiter;
    NTSTATUS Status;
    if (NpTypeOf(Stack->FileObject) == NpTypePipe) {
        return NpComplete(Irp, STATUS_ILLEGAL_FUNCTION, 0);
    }
    if (Length < FIELD_OFFSET(FILE_PIPE_WAIT_FOR_BUFFER, Name) || Wait->NameLength > MAXUSHORT - sizeof(WCHAR) ||
        Wait->NameLength % sizeof(WCHAR) != 0 || Wait->NameLength > Length - FIELD_OFFSET(FILE_PIPE_WAIT_FOR_BUFFER, Name)) {
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    Waiter = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Waiter) + Wait->NameLength + sizeof(WCHAR), NP_TAG);
    if (Waiter == NULL) {
        return NpComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    Name.Buffer = (PWCHAR)(Waiter + 1);
    Name.Length = Name.MaximumLength = (USHORT)(Wait->NameLength + sizeof(WCHAR));
    Name.Buffer[0] = L'\\';
    RtlCopyMemory(Name.Buffer + 1, Wait->Name, Wait->NameLength);
    Status = NpWaitFor(Irp, &Name, Wait, &Waiter);
    if (Waiter != NULL) {
        ExFreePoolWithTag(Waiter, NP_TAG);
    }
    return Status == STATUS_PENDING ? STATUS_PENDING : NpComplete(Irp, Status, 0);
}

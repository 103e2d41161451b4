/* SPDX-License-Identifier: MIT */
/*
 * npstate.c - the four states of an instance, and the end of its file objects.
 *
 *   listening  -- a client opens the name -->  connected
 *   connected  -- FSCTL_PIPE_DISCONNECT -->    disconnected; the client's handle is good for nothing any more
 *   connected  -- one end closes -->           closing: the other reads what is left, then STATUS_PIPE_BROKEN
 *   closing    -- FSCTL_PIPE_DISCONNECT -->    disconnected -- FSCTL_PIPE_LISTEN --> listening
 *
 * An instance is born listening.  It lives as long as a file object refers to it, also one that was disconnected.
 */
#include "np.h"

/* ---- listen ---------------------------------------------------------------------------------------------------------------------- */

static VOID NTAPI NpCancelListen(PDEVICE_OBJECT Device, PIRP Irp)
{
    NP_OPEN Open = NpDecode(IoGetCurrentIrpStackLocation(Irp)->FileObject);
    KIRQL Irql;
    UNREFERENCED_PARAMETER(Device);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Open.Instance->Pipe->Lock, &Irql);
    if (Irp->Tail.Overlay.DriverContext[0] != NULL) {
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    }
    KeReleaseSpinLock(&Open.Instance->Pipe->Lock, Irql);
    NpComplete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS NpPendListen(NP_INSTANCE *Instance, PIRP Irp)
{
    InsertTailList(&Instance->Listens, &Irp->Tail.Overlay.ListEntry);
    Irp->Tail.Overlay.DriverContext[0] = Instance;
    (void)IoSetCancelRoutine(Irp, NpCancelListen);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
        return STATUS_CANCELLED;
    }
    IoMarkIrpPending(Irp);
    return STATUS_PENDING;
}

static void NpEndListens(NP_INSTANCE *Instance, NTSTATUS Status, NP_DONE *Done)
{
    while (!IsListEmpty(&Instance->Listens)) {
        PIRP Irp = CONTAINING_RECORD(RemoveHeadList(&Instance->Listens), IRP, Tail.Overlay.ListEntry);
        Irp->Tail.Overlay.DriverContext[0] = NULL;
        if (IoSetCancelRoutine(Irp, NULL) != NULL) {
            NpAddDone(Done, Irp, Status, 0);
        }
    }
}

static NTSTATUS NpListenLocked(NP_INSTANCE *Instance, PIRP Irp, NP_DONE *Done)
{
    switch (Instance->State) {
    case FILE_PIPE_CONNECTED_STATE:
        return STATUS_PIPE_CONNECTED;
    case FILE_PIPE_CLOSING_STATE:
        return STATUS_PIPE_CLOSING;
    case FILE_PIPE_DISCONNECTED_STATE:
        Instance->State = FILE_PIPE_LISTENING_STATE;
        NpWakeWaiters(Instance->Pipe, STATUS_SUCCESS, Done);
        break;
    }
    return Instance->CompletionMode[NP_SERVER] == FILE_PIPE_COMPLETE_OPERATION ? STATUS_PIPE_LISTENING : NpPendListen(Instance, Irp);
}

NTSTATUS NpListen(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    NP_DONE Done;
    NTSTATUS Status;
    KIRQL Irql;
    if (Open.Instance == NULL || Open.End != NP_SERVER) {
        return NpComplete(Irp, STATUS_ILLEGAL_FUNCTION, 0);
    }
    NpBeginDone(&Done);
    KeAcquireSpinLock(&Open.Instance->Pipe->Lock, &Irql);
    Status = NpListenLocked(Open.Instance, Irp, &Done);
    KeReleaseSpinLock(&Open.Instance->Pipe->Lock, Irql);
    NpFinish(&Done);
    return Status == STATUS_PENDING ? STATUS_PENDING : NpComplete(Irp, Status, 0);
}

void NpConnectClient(NP_INSTANCE *Instance, PFILE_OBJECT File, NP_DONE *Done)
{
    Instance->State = FILE_PIPE_CONNECTED_STATE;
    Instance->File[NP_CLIENT] = File;
    Instance->ReadMode[NP_CLIENT] = FILE_PIPE_BYTE_STREAM_MODE;
    Instance->CompletionMode[NP_CLIENT] = FILE_PIPE_QUEUE_OPERATION;
    NpEndListens(Instance, STATUS_SUCCESS, Done);
}

/* ---- disconnect ------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS NpDisconnectLocked(NP_INSTANCE *Instance, NP_DONE *Done)
{
    switch (Instance->State) {
    case FILE_PIPE_DISCONNECTED_STATE:
        return STATUS_PIPE_DISCONNECTED;
    case FILE_PIPE_LISTENING_STATE:
        NpEndListens(Instance, STATUS_PIPE_DISCONNECTED, Done);
        break;
    default:
        NpPurge(&Instance->Queue[NP_SERVER], -1, STATUS_PIPE_DISCONNECTED, Done);
        NpPurge(&Instance->Queue[NP_CLIENT], -1, STATUS_PIPE_DISCONNECTED, Done);
        Instance->File[NP_CLIENT] = NULL; /* its reference to the instance stays */
        NpFreeClient(Instance->Client);
        Instance->Client = NULL;
        break;
    }
    Instance->State = FILE_PIPE_DISCONNECTED_STATE;
    return STATUS_SUCCESS;
}

NTSTATUS NpDisconnect(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    NP_DONE Done;
    NTSTATUS Status;
    KIRQL Irql;
    if (Open.Instance == NULL || Open.End != NP_SERVER) {
        return NpComplete(Irp, STATUS_ILLEGAL_FUNCTION, 0);
    }
    NpBeginDone(&Done);
    KeAcquireSpinLock(&Open.Instance->Pipe->Lock, &Irql);
    Status = NpDisconnectLocked(Open.Instance, &Done);
    KeReleaseSpinLock(&Open.Instance->Pipe->Lock, Irql);
    NpFinish(&Done);
    return NpComplete(Irp, Status, 0);
}

/* ---- closing --------------------------------------------------------------------------------------------------------------------- */

/*
 * One end is closed.  What it would have read is gone, and whoever still writes it is told; what it wrote the other end may still read;
 * reads of the other end that wait now wait for nothing.
 */
static void NpCloseEnd(NP_INSTANCE *Instance, ULONG End, NP_DONE *Done)
{
    Instance->File[End] = NULL;
    switch (Instance->State) {
    case FILE_PIPE_CONNECTED_STATE:
        NpPurge(&Instance->Queue[End], -1, STATUS_PIPE_BROKEN, Done);
        NpPurge(&Instance->Queue[End ^ 1], NpRead, STATUS_PIPE_BROKEN, Done);
        NpPurge(&Instance->Queue[End ^ 1], NpFlush, STATUS_PIPE_BROKEN, Done);
        Instance->State = FILE_PIPE_CLOSING_STATE;
        break;
    case FILE_PIPE_LISTENING_STATE:
        NpEndListens(Instance, STATUS_PIPE_BROKEN, Done);
        Instance->State = FILE_PIPE_DISCONNECTED_STATE; /* nobody may find it any more */
        break;
    case FILE_PIPE_CLOSING_STATE:
        NpPurge(&Instance->Queue[NP_SERVER], -1, STATUS_PIPE_BROKEN, Done);
        NpPurge(&Instance->Queue[NP_CLIENT], -1, STATUS_PIPE_BROKEN, Done);
        break;
    }
}

/* The last handle of a file object is closed. */
NTSTATUS NpCleanup(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    NP_PIPE *Pipe;
    NP_DONE Done;
    KIRQL Irql;
    if (Open.Instance == NULL) {
        return NpComplete(Irp, STATUS_SUCCESS, 0);
    }
    Pipe = Open.Instance->Pipe;
    NpBeginDone(&Done);
    ExAcquireFastMutex(&NpNames);
    if (Open.End == NP_SERVER && --Pipe->Servers == 0) {
        NpRemovePipe(Pipe);
        NpWakeWaiters(Pipe, STATUS_OBJECT_NAME_NOT_FOUND, &Done);
    }
    KeAcquireSpinLock(&Pipe->Lock, &Irql);
    if (NpConnected(Open, Stack->FileObject)) {
        NpCloseEnd(Open.Instance, Open.End, &Done);
    }
    KeReleaseSpinLock(&Pipe->Lock, Irql);
    ExReleaseFastMutex(&NpNames);
    NpFinish(&Done);
    return NpComplete(Irp, STATUS_SUCCESS, 0);
}

/* One file object fewer; the last takes the instance, and the last instance the pipe. */
void NpReleaseInstance(NP_INSTANCE *Instance)
{
    NP_PIPE *Pipe = Instance->Pipe;
    BOOLEAN Last;
    NP_DONE Done;
    KIRQL Irql;
    ExAcquireFastMutex(&NpNames);
    Last = --Instance->References == 0;
    if (Last) {
        NpBeginDone(&Done);
        KeAcquireSpinLock(&Pipe->Lock, &Irql);
        RemoveEntryList(&Instance->Link);
        NpPurge(&Instance->Queue[NP_SERVER], -1, STATUS_PIPE_BROKEN, &Done);
        NpPurge(&Instance->Queue[NP_CLIENT], -1, STATUS_PIPE_BROKEN, &Done);
        KeReleaseSpinLock(&Pipe->Lock, Irql);
        ASSERT(IsListEmpty(&Done.Irps)); /* each of them would hold a file object */
        NpFreeClient(Instance->Client);
        ExFreePoolWithTag(Instance, NP_TAG);
        if (--Pipe->InstanceCount == 0) {
            SeDeassignSecurity(&Pipe->Security);
            if (Pipe->Name.Buffer != NULL) {
                ExFreePoolWithTag(Pipe->Name.Buffer, NP_TAG);
            }
            ExFreePoolWithTag(Pipe, NP_TAG);
        }
    }
    ExReleaseFastMutex(&NpNames);
}

NTSTATUS NpClose(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    if (Open.Instance != NULL) {
        NpReleaseInstance(Open.Instance);
    } else if (NpTypeOf(Stack->FileObject) == NpTypeRoot) {
        NP_DIRECTORY *Directory = Stack->FileObject->FsContext;
        if (Directory->Expression.Buffer != NULL) {
            ExFreePoolWithTag(Directory->Expression.Buffer, NP_TAG);
        }
        ExFreePoolWithTag(Directory, NP_TAG);
    }
    Stack->FileObject->FsContext = Stack->FileObject->FsContext2 = NULL;
    return NpComplete(Irp, STATUS_SUCCESS, 0);
}

/* SPDX-License-Identifier: MIT */
/*
 * request.c - the common head and tail of the services that send an IRP.
 *
 * Head: the file referenced with the access needed, the caller's event referenced and cleared, and for a
 * synchronous handle the file lock: such a handle does one request at a time, because its position and its
 * event are shared.  Tail: the IRP is queued to the thread, sent, finished on the spot if the driver was
 * done, and waited for if the handle is synchronous.  Who owns what changes hands once, in IopSendRequest:
 * until then IopEndRequest undoes everything.
 */
#include "iop.h"

static NTSTATUS IopAcquireFileLockSlow(PFILE_OBJECT File, KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = STATUS_SUCCESS;
    BOOLEAN Alertable = (File->Flags & FO_ALERTABLE_IO) != 0;
    InterlockedIncrement((volatile LONG *)&File->Waiters);
    do {
        if (InterlockedExchange((volatile LONG *)&File->Busy, TRUE) == FALSE) {
            Status = STATUS_SUCCESS;
            break;
        }
        Status = KeWaitForSingleObject(&File->Lock, Executive, Mode, Alertable, NULL);
    } while (Status == STATUS_SUCCESS);
    InterlockedDecrement((volatile LONG *)&File->Waiters);
    return Status;
}

/* STATUS_SUCCESS, or why the wait ended: STATUS_ALERTED, STATUS_USER_APC. */
NTSTATUS IopAcquireFileLock(PFILE_OBJECT File, KPROCESSOR_MODE Mode)
{
    if (InterlockedExchange((volatile LONG *)&File->Busy, TRUE) == FALSE) {
        return STATUS_SUCCESS;
    }
    return IopAcquireFileLockSlow(File, Mode);
}

void IopReleaseFileLock(PFILE_OBJECT File)
{
    InterlockedExchange((volatile LONG *)&File->Busy, FALSE);
    if (File->Waiters != 0) {
        KeSetEvent(&File->Lock, 0, FALSE);
    }
}

static NTSTATUS IopBegin(IOP_REQUEST *Request, HANDLE Handle, ACCESS_MASK Access, ACCESS_MASK AnyOf, HANDLE Event)
{
    OBJECT_HANDLE_INFORMATION Information;
    NTSTATUS Status;
    Request->Mode = KeCurrentPreviousMode_();
    Request->Event = NULL;
    Request->Irp = NULL;
    Status = ObReferenceObjectByHandle(Handle, Access, IopFileObjectType, Request->Mode, (PVOID *)&Request->File, &Information);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Request->GrantedAccess = Request->Mode == KernelMode ? FILE_ALL_ACCESS : Information.GrantedAccess;
    if (AnyOf != 0 && (Request->GrantedAccess & AnyOf) == 0) {
        ObfDereferenceObject(Request->File);
        return STATUS_ACCESS_DENIED;
    }
    if (Event != NULL) {
        Status = ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, *ExEventObjectType, Request->Mode, (PVOID *)&Request->Event, NULL);
        if (!NT_SUCCESS(Status)) {
            ObfDereferenceObject(Request->File);
            return Status;
        }
        KeClearEvent(Request->Event);
    }
    Request->Synchronous = IopIsSynchronous(Request->File);
    if (Request->Synchronous) {
        Status = IopAcquireFileLock(Request->File, Request->Mode);
        if (Status != STATUS_SUCCESS) {
            Request->Synchronous = FALSE; /* nothing to release */
            IopEndRequest(Request);
            return NT_SUCCESS(Status) ? STATUS_CANCELLED : Status;
        }
    }
    Request->Device = IoGetRelatedDeviceObject(Request->File);
    return STATUS_SUCCESS;
}

NTSTATUS IopBeginRequest(IOP_REQUEST *Request, HANDLE Handle, ACCESS_MASK Access, HANDLE Event)
{
    return IopBegin(Request, Handle, Access, 0, Event);
}

NTSTATUS IopBeginRequestAny(IOP_REQUEST *Request, HANDLE Handle, ACCESS_MASK AnyOf, HANDLE Event)
{
    return IopBegin(Request, Handle, 0, AnyOf, Event);
}

/* Never takes the file lock: file systems call in here while a request of the same handle is under way. */
NTSTATUS IopBeginKernelRequest(IOP_REQUEST *Request, PFILE_OBJECT File)
{
    *Request = (IOP_REQUEST){.Mode = KernelMode, .File = File, .GrantedAccess = FILE_ALL_ACCESS};
    ObfReferenceObject(File);
    Request->Device = IoGetRelatedDeviceObject(File);
    return STATUS_SUCCESS;
}

void IopEndRequest(IOP_REQUEST *Request)
{
    if (Request->File == NULL) {
        return; /* sent: everything went with the IRP */
    }
    if (Request->Irp != NULL) {
        for (PMDL Mdl = Request->Irp->MdlAddress; Mdl != NULL; Mdl = Mdl->Next) {
            if ((Mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) {
                MmUnlockPages(Mdl);
            }
        }
        if (Request->Irp->Tail.Overlay.AuxiliaryBuffer != NULL) {
            ExFreePoolWithTag(Request->Irp->Tail.Overlay.AuxiliaryBuffer, IOP_TAG_NAME);
        }
        IopFreeIrpBuffers(Request->Irp);
        IoFreeIrp(Request->Irp);
        Request->Irp = NULL;
    }
    if (Request->Synchronous) {
        IopReleaseFileLock(Request->File);
    }
    if (Request->Event != NULL) {
        ObfDereferenceObject(Request->Event);
    }
    ObfDereferenceObject(Request->File);
}

NTSTATUS IopAllocateRequestIrp(IOP_REQUEST *Request, UCHAR Major, UCHAR Minor)
{
    PIRP Irp = IoAllocateIrp(Request->Device->StackSize, TRUE);
    PIO_STACK_LOCATION Stack;
    if (Irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Irp->Tail.Overlay.OriginalFileObject = Request->File;
    Irp->Tail.Overlay.Thread = PsCurrentThread_();
    Irp->RequestorMode = Request->Mode;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = Major;
    Stack->MinorFunction = Minor;
    Stack->FileObject = Request->File;
    Request->Irp = Irp;
    return STATUS_SUCCESS;
}

static NTSTATUS IopSetBufferedTransfer(PIRP Irp, PVOID Buffer, ULONG Length, BOOLEAN ToDevice)
{
    Irp->UserBuffer = Buffer;
    Irp->Flags |= IRP_BUFFERED_IO | (ToDevice ? 0 : IRP_INPUT_OPERATION);
    if (Length == 0) {
        return STATUS_SUCCESS;
    }
    Irp->AssociatedIrp.SystemBuffer = ExAllocatePoolWithTag(NonPagedPool, Length, IOP_TAG_BUFFER);
    if (Irp->AssociatedIrp.SystemBuffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Irp->Flags |= IRP_DEALLOCATE_BUFFER;
    return ToDevice ? CopyFromMode(Irp->RequestorMode, Irp->AssociatedIrp.SystemBuffer, Buffer, Length) : STATUS_SUCCESS;
}

NTSTATUS IopLockTransferBuffer(PIRP Irp, PVOID Buffer, ULONG Length, LOCK_OPERATION Operation)
{
    NTSTATUS Status;
    PMDL Mdl;
    if (Length == 0) {
        return STATUS_SUCCESS;
    }
    Mdl = IoAllocateMdl(Buffer, Length, FALSE, TRUE, Irp);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = MiProbeAndLockPages_(Mdl, Irp->RequestorMode, Operation);
    if (!NT_SUCCESS(Status)) {
        Irp->MdlAddress = NULL;
        IoFreeMdl(Mdl);
    }
    return Status;
}

NTSTATUS IopSetTransferBuffer(IOP_REQUEST *Request, PVOID Buffer, ULONG Length, BOOLEAN ToDevice)
{
    if ((Request->Device->Flags & DO_BUFFERED_IO) != 0) {
        return IopSetBufferedTransfer(Request->Irp, Buffer, Length, ToDevice);
    }
    if ((Request->Device->Flags & DO_DIRECT_IO) != 0) {
        return IopLockTransferBuffer(Request->Irp, Buffer, Length, ToDevice ? IoReadAccess : IoWriteAccess);
    }
    Request->Irp->UserBuffer = Buffer;
    return STATUS_SUCCESS;
}

/*
 * The driver was done before it returned and the last stage was left to us (IRP_DEFER_IO_COMPLETION).  Nobody waits for the event: when
 * there is nothing to copy out and nothing to unlock, the status and the IRP's end are all of that stage.
 */
static void IopFinishDeferred(PIRP Irp)
{
    PVOID File = Irp->Tail.Overlay.OriginalFileObject, Unused = NULL;
    KIRQL Irql;
    if ((Irp->Flags & (IRP_BUFFERED_IO | IRP_SYNCHRONOUS_API)) == IRP_SYNCHRONOUS_API && Irp->MdlAddress == NULL) {
        *Irp->UserIosb = Irp->IoStatus;
        IopDequeueThreadIrp(Irp);
        IoFreeIrp(Irp);
        if (File != NULL) {
            ObfDereferenceObject(File);
        }
        return;
    }
    KeRaiseIrql(APC_LEVEL, &Irql);
    IopCompleteRequest(&Irp->Tail.Apc, NULL, &Unused, &File, &Unused);
    KeLowerIrql(Irql);
}

/* A thread that is to end does not wait for ever: its request is cancelled, and only its end is waited for. */
static void IopWaitForIrp(PIRP Irp, PKEVENT Event)
{
    KIRQL Irql;
    if (KeWaitForSingleObject(Event, Executive, Irp->RequestorMode, FALSE, NULL) == STATUS_SUCCESS) {
        return;
    }
    KeRaiseIrql(APC_LEVEL, &Irql); /* the last stage cannot run now: unless the event is set, the IRP is valid */
    if (KeReadStateEvent(Event) == 0) {
        IoCancelIrp(Irp);
    }
    KeLowerIrql(Irql);
    KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, NULL);
}

NTSTATUS IopIssueAndWait(PDEVICE_OBJECT Device, PIRP Irp, PKEVENT Event, PIO_STATUS_BLOCK Iosb)
{
    NTSTATUS Status;
    if ((Irp->Flags & IRP_CREATE_OPERATION) == 0) { /* a create is waited for to its end, and nobody knows its file yet */
        IopQueueThreadIrp(Irp);
    }
    Status = IofCallDriver(Device, Irp);
    if (Status == STATUS_PENDING) {
        IopWaitForIrp(Irp, Event);
    } else {
        IopFinishDeferred(Irp);
    }
    return Iosb->Status;
}

NTSTATUS IopCallSynchronously(IOP_REQUEST *Request, PIO_STATUS_BLOCK Iosb)
{
    PIRP Irp = Request->Irp;
    KEVENT Event;
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    Irp->Flags |= IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
    Irp->UserEvent = &Event;
    Irp->UserIosb = Iosb;
    Request->Irp = NULL;
    ObfReferenceObject(Request->File); /* the last stage drops it */
    return IopIssueAndWait(Request->Device, Irp, &Event, Iosb);
}

/* A synchronous wait was broken by an alert or by the thread's end: the request has to be over before we
 * may leave. */
static NTSTATUS IopCancelAlertedRequest(PFILE_OBJECT File, PIRP Irp, NTSTATUS WaitStatus)
{
    KIRQL Irql;
    KeRaiseIrql(APC_LEVEL, &Irql); /* the last stage cannot run now: the IRP stays valid */
    if (KeReadStateEvent(&File->Event) == 0) {
        IoCancelIrp(Irp);
    }
    KeLowerIrql(Irql);
    KeWaitForSingleObject(&File->Event, Executive, KernelMode, FALSE, NULL);
    return File->FinalStatus == STATUS_CANCELLED ? WaitStatus : File->FinalStatus;
}

static NTSTATUS IopWaitForFile(PFILE_OBJECT File, PIRP Irp, KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = KeWaitForSingleObject(&File->Event, Executive, Mode, (File->Flags & FO_ALERTABLE_IO) != 0, NULL);
    if (Status == STATUS_ALERTED || Status == STATUS_USER_APC) {
        return IopCancelAlertedRequest(File, Irp, Status);
    }
    return File->FinalStatus;
}

NTSTATUS IopSendRequest(IOP_REQUEST *Request, PIO_STATUS_BLOCK UserIosb, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext)
{
    PIRP Irp = Request->Irp;
    PFILE_OBJECT File = Request->File;
    BOOLEAN Synchronous = Request->Synchronous;
    KPROCESSOR_MODE Mode = Request->Mode;
    NTSTATUS Status;
    KeClearEvent(&File->Event);
    Irp->UserIosb = UserIosb;
    Irp->UserEvent = Request->Event;
    Irp->Overlay.AsynchronousParameters.UserApcRoutine = ApcRoutine;
    Irp->Overlay.AsynchronousParameters.UserApcContext = ApcContext;
    Irp->Flags |= IRP_DEFER_IO_COMPLETION;
    Request->Irp = NULL;
    Request->Event = NULL;
    Request->File = NULL;
    if (Synchronous) {
        ObfReferenceObject(File); /* Request's own reference goes with the IRP */
    }
    IopQueueThreadIrp(Irp);
    Status = IofCallDriver(Request->Device, Irp);
    if (Status != STATUS_PENDING) {
        IopFinishDeferred(Irp);
    } else if (Synchronous) {
        Status = IopWaitForFile(File, Irp, Mode);
    }
    if (Synchronous) {
        IopReleaseFileLock(File);
        ObfDereferenceObject(File);
    }
    return Status;
}

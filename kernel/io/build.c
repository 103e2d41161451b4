/* SPDX-License-Identifier: MIT */
/*
 * build.c - IRPs that drivers make: IoBuild*, paging transfers.
 *
 * The "synchronous" forms (device control, synchronous FSD) are threaded: they belong to the current
 * thread, complete through its APC, and are freed by the I/O manager.  The asynchronous form is unthreaded
 * and freed by the driver's completion routine.
 */
#include "iop.h"

static PIRP IopBuild(PDEVICE_OBJECT Device, UCHAR Major)
{
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    if (Irp != NULL) {
        IoGetNextIrpStackLocation(Irp)->MajorFunction = Major;
        Irp->Tail.Overlay.Thread = PsCurrentThread_();
        Irp->RequestorMode = KernelMode;
    }
    return Irp;
}

/* Threads it: its last stage writes the status block and sets the event, which need not be an object. */
static void IopMakeThreaded(PIRP Irp, PKEVENT Event, PIO_STATUS_BLOCK Iosb)
{
    Irp->UserEvent = Event;
    Irp->UserIosb = Iosb;
    Irp->Flags |= IRP_SYNCHRONOUS_API;
    IopQueueThreadIrp(Irp);
}

PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer, ULONG InputBufferLength,
                                         PVOID OutputBuffer, ULONG OutputBufferLength, BOOLEAN InternalDeviceIoControl, PKEVENT Event,
                                         PIO_STATUS_BLOCK IoStatusBlock)
{
    ULONG Method = IoControlCode & 3;
    ULONG SystemLength = Method == METHOD_BUFFERED ? max(InputBufferLength, OutputBufferLength) : InputBufferLength;
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status = STATUS_SUCCESS;
    PIRP Irp = IopBuild(DeviceObject, InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL);
    if (Irp == NULL) {
        return NULL;
    }
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
    Stack->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
    Stack->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
    if (Method == METHOD_NEITHER) {
        Irp->UserBuffer = OutputBuffer;
        Stack->Parameters.DeviceIoControl.Type3InputBuffer = InputBuffer;
        IopMakeThreaded(Irp, Event, IoStatusBlock);
        return Irp;
    }
    if (SystemLength != 0) {
        Irp->AssociatedIrp.SystemBuffer = ExAllocatePoolWithTag(NonPagedPool, SystemLength, IOP_TAG_BUFFER);
        if (Irp->AssociatedIrp.SystemBuffer == NULL) {
            IoFreeIrp(Irp);
            return NULL;
        }
        Irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
        if (InputBuffer != NULL) {
            RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, InputBuffer, InputBufferLength);
        }
    }
    if (Method == METHOD_BUFFERED && OutputBuffer != NULL) {
        Irp->UserBuffer = OutputBuffer;
        Irp->Flags |= IRP_INPUT_OPERATION;
    } else if (Method != METHOD_BUFFERED && OutputBuffer != NULL) {
        Status = IopLockTransferBuffer(Irp, OutputBuffer, OutputBufferLength, Method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
    }
    if (!NT_SUCCESS(Status)) {
        IopFreeIrpBuffers(Irp);
        IoFreeIrp(Irp);
        return NULL;
    }
    IopMakeThreaded(Irp, Event, IoStatusBlock);
    return Irp;
}

static NTSTATUS IopSetFsdBuffer(PIRP Irp, PDEVICE_OBJECT Device, UCHAR Major, PVOID Buffer, ULONG Length)
{
    BOOLEAN ToDevice = Major == IRP_MJ_WRITE;
    if ((Device->Flags & DO_BUFFERED_IO) != 0 && Length != 0) {
        Irp->AssociatedIrp.SystemBuffer = ExAllocatePoolWithTag(NonPagedPool, Length, IOP_TAG_BUFFER);
        if (Irp->AssociatedIrp.SystemBuffer == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | (ToDevice ? 0 : IRP_INPUT_OPERATION);
        Irp->UserBuffer = Buffer;
        if (ToDevice) {
            RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Buffer, Length);
        }
        return STATUS_SUCCESS;
    }
    if ((Device->Flags & DO_DIRECT_IO) != 0) {
        return IopLockTransferBuffer(Irp, Buffer, Length, ToDevice ? IoReadAccess : IoWriteAccess);
    }
    Irp->UserBuffer = Buffer;
    return STATUS_SUCCESS;
}

PIRP NTAPI IoBuildAsynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length, PLARGE_INTEGER StartingOffset,
                                         PIO_STATUS_BLOCK IoStatusBlock)
{
    PIRP Irp = IopBuild(DeviceObject, (UCHAR)MajorFunction);
    PIO_STACK_LOCATION Stack;
    if (Irp == NULL) {
        return NULL;
    }
    Irp->UserIosb = IoStatusBlock;
    if (MajorFunction == IRP_MJ_READ || MajorFunction == IRP_MJ_WRITE) {
        Stack = IoGetNextIrpStackLocation(Irp);
        Stack->Parameters.Read.Length = Length;
        if (StartingOffset != NULL) {
            Stack->Parameters.Read.ByteOffset = *StartingOffset;
        }
        if (!NT_SUCCESS(IopSetFsdBuffer(Irp, DeviceObject, (UCHAR)MajorFunction, Buffer, Length))) {
            IopFreeIrpBuffers(Irp);
            IoFreeIrp(Irp);
            return NULL;
        }
    }
    return Irp;
}

PIRP NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length, PLARGE_INTEGER StartingOffset,
                                        PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock)
{
    PIRP Irp = IoBuildAsynchronousFsdRequest(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, IoStatusBlock);
    if (Irp != NULL) {
        IopMakeThreaded(Irp, Event, IoStatusBlock);
    }
    return Irp;
}

static NTSTATUS NTAPI IopSetEventOnCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    (void)DeviceObject;
    if (Irp->PendingReturned) {
        KeSetEvent(Context, 0, FALSE);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Passes an IRP the caller keeps down the stack and waits until it comes back. */
BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KEVENT Event;
    if (Irp->CurrentLocation <= 1) {
        return FALSE;
    }
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, IopSetEventOnCompletion, &Event, TRUE, TRUE, TRUE);
    if (IofCallDriver(DeviceObject, Irp) == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
    return TRUE;
}

/* The pager's transfers: no buffers to make, no thread to come back to; the status block and the event are
 * all. */
static NTSTATUS IopPageTransfer(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event, PIO_STATUS_BLOCK IoStatus, UCHAR Major)
{
    PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(FileObject);
    PIRP Irp = IopBuild(Device, Major);
    PIO_STACK_LOCATION Stack;
    if (Irp == NULL) {
        IoStatus->Status = STATUS_INSUFFICIENT_RESOURCES;
        IoStatus->Information = 0;
        KeSetEvent(Event, 0, FALSE);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Irp->MdlAddress = Mdl;
    Irp->Flags = IRP_PAGING_IO | IRP_NOCACHE | IRP_SYNCHRONOUS_PAGING_IO;
    Irp->UserBuffer = MmGetMdlVirtualAddress(Mdl);
    Irp->UserIosb = IoStatus;
    Irp->UserEvent = Event;
    Irp->Tail.Overlay.OriginalFileObject = FileObject;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->FileObject = FileObject;
    Stack->Parameters.Read.Length = MmGetMdlByteCount(Mdl);
    Stack->Parameters.Read.ByteOffset = *Offset;
    return IofCallDriver(Device, Irp);
}

NTSTATUS NTAPI IoPageRead(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event, PIO_STATUS_BLOCK IoStatus)
{
    if (EX_INJECT(ExInjectRead)) {
        *IoStatus = (IO_STATUS_BLOCK){.Status = STATUS_IO_DEVICE_ERROR};
        KeSetEvent(Event, 0, FALSE);
        return STATUS_IO_DEVICE_ERROR;
    }
    return IopPageTransfer(FileObject, Mdl, Offset, Event, IoStatus, IRP_MJ_READ);
}

NTSTATUS NTAPI IoSynchronousPageWrite(PFILE_OBJECT FileObject, PMDL Mdl, PLARGE_INTEGER Offset, PKEVENT Event, PIO_STATUS_BLOCK IoStatus)
{
    return IopPageTransfer(FileObject, Mdl, Offset, Event, IoStatus, IRP_MJ_WRITE);
}

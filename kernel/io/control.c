/* SPDX-License-Identifier: MIT */
/*
 * control.c - NtDeviceIoControlFile and NtFsControlFile.
 *
 * The control code says how buffers travel (its two low bits) and which access the handle needs (bits 14
 * and 15).  METHOD_BUFFERED: one system buffer both ways, so input and output share it.  The DIRECT
 * methods: input buffered, output described by an MDL.  METHOD_NEITHER: bare user addresses, for drivers
 * that know what they do.  Pipes, mailslots and file systems, whose METHOD_NEITHER codes are transact, peek and
 * where a file lies, get them like METHOD_OUT_DIRECT: a driver has no safe way to user memory of its own here.
 */
#include "iop.h"

#define IOP_METHOD(code) ((code) & 3)
#define IOP_ACCESS(code) (((code) >> 14) & 3)

typedef struct _IOP_CONTROL
{
    ULONG Code;
    PVOID Input, Output;
    ULONG InputLength, OutputLength;
} IOP_CONTROL;

static NTSTATUS IopSetControlInput(PIRP Irp, const IOP_CONTROL *Control, ULONG Size)
{
    if (Size == 0) {
        return STATUS_SUCCESS;
    }
    Irp->AssociatedIrp.SystemBuffer = ExAllocatePoolWithTag(NonPagedPool, Size, IOP_TAG_BUFFER);
    if (Irp->AssociatedIrp.SystemBuffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    return CopyFromMode(Irp->RequestorMode, Irp->AssociatedIrp.SystemBuffer, Control->Input, Control->InputLength);
}

static NTSTATUS IopSetControlBuffers(PIRP Irp, const IOP_CONTROL *Control)
{
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    ULONG Method = IOP_METHOD(Control->Code);
    NTSTATUS Status;
    if (Method == METHOD_NEITHER && ((Stack->FileObject->Flags & (FO_NAMED_PIPE | FO_MAILSLOT)) != 0 ||
                                     (Stack->MajorFunction == IRP_MJ_FILE_SYSTEM_CONTROL && Stack->FileObject->Vpb != NULL))) {
        Method = METHOD_OUT_DIRECT;
    }
    switch (Method) {
    case METHOD_BUFFERED:
        if (Control->OutputLength != 0) {
            Irp->UserBuffer = Control->Output;
            Irp->Flags |= IRP_INPUT_OPERATION;
        }
        return IopSetControlInput(Irp, Control, max(Control->InputLength, Control->OutputLength));
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
        Status = IopSetControlInput(Irp, Control, Control->InputLength);
        return NT_SUCCESS(Status) ? IopLockTransferBuffer(Irp, Control->Output, Control->OutputLength,
                                                          Method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess)
                                  : Status;
    default:
        Irp->UserBuffer = Control->Output;
        Stack->Parameters.DeviceIoControl.Type3InputBuffer = Control->Input;
        return STATUS_SUCCESS;
    }
}

static NTSTATUS IopProbeControl(const IOP_CONTROL *Control, PIO_STATUS_BLOCK Iosb)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    NTSTATUS Status = KiProbeForWrite(Mode, Iosb, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (IOP_METHOD(Control->Code) == METHOD_NEITHER || !NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KiProbeForRead(Mode, Control->Input, Control->InputLength, 1);
    if (NT_SUCCESS(Status) && IOP_METHOD(Control->Code) == METHOD_BUFFERED) {
        Status = KiProbeForWrite(Mode, Control->Output, Control->OutputLength, 1);
    }
    return Status;
}

static NTSTATUS IopControlFile(UCHAR Major, HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK Iosb,
                               const IOP_CONTROL *Control)
{
    ACCESS_MASK Needed = IOP_ACCESS(Control->Code); /* FILE_READ_ACCESS is FILE_READ_DATA, FILE_WRITE_ACCESS FILE_WRITE_DATA */
    IOP_REQUEST Request;
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status = IopProbeControl(Control, Iosb);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopBeginRequest(&Request, FileHandle, 0, Event);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if ((Needed & ~Request.GrantedAccess) != 0) {
        Status = STATUS_ACCESS_DENIED;
    } else if (Request.File->CompletionContext != NULL && ApcRoutine != NULL) {
        Status = STATUS_INVALID_PARAMETER;
    } else {
        Status = IopAllocateRequestIrp(&Request, Major, 0);
    }
    if (NT_SUCCESS(Status)) {
        Stack = IoGetNextIrpStackLocation(Request.Irp);
        Stack->Parameters.DeviceIoControl.IoControlCode = Control->Code;
        Stack->Parameters.DeviceIoControl.InputBufferLength = Control->InputLength;
        Stack->Parameters.DeviceIoControl.OutputBufferLength = Control->OutputLength;
        Stack->Flags = (UCHAR)(((Request.GrantedAccess & FILE_READ_DATA) != 0 ? SL_READ_ACCESS_GRANTED : 0) |
                               ((Request.GrantedAccess & FILE_WRITE_DATA) != 0 ? SL_WRITE_ACCESS_GRANTED : 0));
        Status = IopSetControlBuffers(Request.Irp, Control);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopSendRequest(&Request, Iosb, ApcRoutine, ApcContext);
    }
    IopEndRequest(&Request);
    return Status;
}

NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                     ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength)
{
    IOP_CONTROL Control = {IoControlCode, InputBuffer, OutputBuffer, InputBufferLength, OutputBufferLength};
    return IopControlFile(IRP_MJ_DEVICE_CONTROL, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, &Control);
}

NTSTATUS NTAPI NtFsControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                               ULONG FsControlCode, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength)
{
    IOP_CONTROL Control = {FsControlCode, InputBuffer, OutputBuffer, InputBufferLength, OutputBufferLength};
    return IopControlFile(IRP_MJ_FILE_SYSTEM_CONTROL, FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, &Control);
}

/* A driver's finer check of what IOCTL access bits say. */
NTSTATUS NTAPI IoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess)
{
    UCHAR Flags = IoGetCurrentIrpStackLocation(Irp)->Flags;
    if (Irp->RequestorMode == KernelMode) {
        return STATUS_SUCCESS;
    }
    if (((RequiredAccess & FILE_READ_ACCESS) != 0 && (Flags & SL_READ_ACCESS_GRANTED) == 0) ||
        ((RequiredAccess & FILE_WRITE_ACCESS) != 0 && (Flags & SL_WRITE_ACCESS_GRANTED) == 0)) {
        return STATUS_ACCESS_DENIED;
    }
    return STATUS_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * readwrite.c - NtReadFile, NtWriteFile and their forms with scattered pages.
 *
 * Where a transfer begins: a synchronous handle has a position, used when no offset is given (or
 * FILE_USE_FILE_POINTER_POSITION); an asynchronous one has none, so the offset is required, except for
 * pipes and mailslots, which have no offsets.  A write with FILE_WRITE_TO_END_OF_FILE, or through a handle
 * that may only append, goes to the end. A cached file of a file system with fast I/O is copied straight
 * from the cache, without an IRP: the normal case of a synchronous handle.
 *
 * NtReadFileScatter and NtWriteFileGather are the same requests with pages from here and there for a buffer: one MDL, and only for handles
 * without buffering, since a cached transfer would copy anyway.
 */
#include "iop.h"

typedef struct _IOP_TRANSFER
{
    HANDLE Event;
    PIO_APC_ROUTINE ApcRoutine;
    PVOID ApcContext;
    PIO_STATUS_BLOCK Iosb;
    PVOID Buffer;
    ULONG Length;
    ULONG Key;
    LARGE_INTEGER Offset;
    BOOLEAN HasOffset, Write;
    const FILE_SEGMENT_ELEMENT *UserSegments; /* instead of Buffer: one a page */
    PFILE_SEGMENT_ELEMENT Segments;           /* captured, pool */
} IOP_TRANSFER;

static BOOLEAN IopIsMagic(const LARGE_INTEGER *Offset, ULONG Low)
{
    return Offset->HighPart == -1 && Offset->LowPart == Low;
}

static NTSTATUS IopCaptureSegments(IOP_TRANSFER *Transfer)
{
    ULONG Pages = (ULONG)(((ULONG64)Transfer->Length + PAGE_SIZE - 1) / PAGE_SIZE);
    if (Pages == 0) {
        return STATUS_SUCCESS;
    }
    Transfer->Segments = ExAllocatePoolWithTag(PagedPool, Pages * sizeof(FILE_SEGMENT_ELEMENT), IOP_TAG_BUFFER);
    if (Transfer->Segments == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return CopyFromMode(KeCurrentPreviousMode_(), Transfer->Segments, Transfer->UserSegments, Pages * sizeof(FILE_SEGMENT_ELEMENT));
}

static NTSTATUS IopCaptureTransfer(IOP_TRANSFER *Transfer, const LARGE_INTEGER *ByteOffset, const ULONG *Key)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    NTSTATUS Status = KiProbeForWrite(Mode, Transfer->Iosb, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (NT_SUCCESS(Status) && Transfer->UserSegments != NULL) {
        Status = IopCaptureSegments(Transfer);
    } else if (NT_SUCCESS(Status)) {
        Status = Transfer->Write ? KiProbeForRead(Mode, Transfer->Buffer, Transfer->Length, 1)
                                 : KiProbeForWrite(Mode, Transfer->Buffer, Transfer->Length, 1);
    }
    if (NT_SUCCESS(Status) && ByteOffset != NULL) {
        Transfer->HasOffset = TRUE;
        Status = CopyFromMode(Mode, &Transfer->Offset, ByteOffset, sizeof(LARGE_INTEGER));
    }
    if (NT_SUCCESS(Status) && Key != NULL) {
        Status = CopyFromMode(Mode, &Transfer->Key, Key, sizeof(ULONG));
    }
    return Status;
}

static NTSTATUS IopChooseOffset(IOP_REQUEST *Request, IOP_TRANSFER *Transfer)
{
    PFILE_OBJECT File = Request->File;
    if (Transfer->Write && (Request->GrantedAccess & (FILE_APPEND_DATA | FILE_WRITE_DATA)) == FILE_APPEND_DATA &&
        (File->Flags & (FO_NAMED_PIPE | FO_MAILSLOT)) == 0) {
        Transfer->Offset = (LARGE_INTEGER){.LowPart = FILE_WRITE_TO_END_OF_FILE, .HighPart = -1};
        Transfer->HasOffset = TRUE;
    }
    if (Request->Synchronous && (!Transfer->HasOffset || IopIsMagic(&Transfer->Offset, FILE_USE_FILE_POINTER_POSITION))) {
        Transfer->Offset = File->CurrentByteOffset;
    } else if (!Transfer->HasOffset) {
        if ((File->Flags & (FO_NAMED_PIPE | FO_MAILSLOT)) == 0) {
            return STATUS_INVALID_PARAMETER;
        }
        Transfer->Offset.QuadPart = 0;
    }
    if (Transfer->Offset.QuadPart < 0 && !(Transfer->Write && IopIsMagic(&Transfer->Offset, FILE_WRITE_TO_END_OF_FILE))) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

/* Uncached transfers go to the disk as they are: whole sectors, aligned for the adapter. */
static NTSTATUS IopCheckAlignment(IOP_REQUEST *Request, const IOP_TRANSFER *Transfer)
{
    ULONG Sector = Request->Device->SectorSize;
    if ((Request->File->Flags & FO_NO_INTERMEDIATE_BUFFERING) == 0) {
        return Transfer->UserSegments == NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    if (Transfer->UserSegments != NULL && (Request->Device->Flags & DO_DIRECT_IO) == 0) {
        return STATUS_INVALID_PARAMETER; /* pages have no one address that a driver could use */
    }
    if (Sector != 0 && (Transfer->Length % Sector != 0 || (Transfer->Offset.QuadPart >= 0 && Transfer->Offset.QuadPart % Sector != 0))) {
        return STATUS_INVALID_PARAMETER;
    }
    return ((ULONG_PTR)Transfer->Buffer & Request->Device->AlignmentRequirement) == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* TRUE: done, *Status is the service's result, and Request still has to be ended. */
static BOOLEAN IopTryFastTransfer(IOP_REQUEST *Request, IOP_TRANSFER *Transfer, NTSTATUS *Status)
{
    PFAST_IO_DISPATCH Fast = IopFastIo(Request->Device);
    IO_STATUS_BLOCK Iosb;
    BOOLEAN Done;
    if (!Request->Synchronous || Request->File->PrivateCacheMap == NULL) {
        return FALSE;
    }
    if (Transfer->Write) {
        Done = IOP_HAS_FAST_IO(Fast, FastIoWrite) && Fast->FastIoWrite(Request->File, &Transfer->Offset, Transfer->Length, TRUE, Transfer->Key,
                                                                       Transfer->Buffer, &Iosb, Request->Device);
    } else {
        Done = IOP_HAS_FAST_IO(Fast, FastIoRead) && Fast->FastIoRead(Request->File, &Transfer->Offset, Transfer->Length, TRUE, Transfer->Key,
                                                                     Transfer->Buffer, &Iosb, Request->Device);
    }
    if (!Done) {
        return FALSE;
    }
    *Status = Iosb.Status;
    if (!NT_ERROR(Iosb.Status)) {
        NTSTATUS CopyStatus = CopyToMode(Request->Mode, Transfer->Iosb, &Iosb, sizeof(Iosb));
        if (!NT_SUCCESS(CopyStatus)) {
            *Status = CopyStatus;
        }
        if (Request->Event != NULL) {
            KeSetEvent(Request->Event, 0, FALSE);
        }
    }
    return TRUE;
}

static NTSTATUS IopLockSegments(IOP_REQUEST *Request, const IOP_TRANSFER *Transfer)
{
    NTSTATUS Status;
    PMDL Mdl;
    if (Transfer->Length == 0) {
        return STATUS_SUCCESS;
    }
    Mdl = IoAllocateMdl((PVOID)(ULONG_PTR)Transfer->Segments[0].Alignment, Transfer->Length, FALSE, TRUE, Request->Irp);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = MiProbeAndLockSelectedPages_(Mdl, Transfer->Segments, Request->Mode, Transfer->Write ? IoReadAccess : IoWriteAccess);
    if (!NT_SUCCESS(Status)) {
        Request->Irp->MdlAddress = NULL;
        IoFreeMdl(Mdl);
    }
    return Status;
}

static NTSTATUS IopSendTransfer(IOP_REQUEST *Request, IOP_TRANSFER *Transfer)
{
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status = IopAllocateRequestIrp(Request, Transfer->Write ? IRP_MJ_WRITE : IRP_MJ_READ, IRP_MN_NORMAL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Request->Irp->Flags |= Transfer->Write ? IRP_WRITE_OPERATION : IRP_READ_OPERATION;
    Request->Irp->Flags |= (Request->File->Flags & FO_NO_INTERMEDIATE_BUFFERING) != 0 ? IRP_NOCACHE : 0;
    Stack = IoGetNextIrpStackLocation(Request->Irp);
    Stack->Parameters.Read.Length = Transfer->Length; /* Read and Write are laid out alike */
    Stack->Parameters.Read.Key = Transfer->Key;
    Stack->Parameters.Read.ByteOffset = Transfer->Offset;
    Stack->Flags = Transfer->Write && (Request->File->Flags & FO_WRITE_THROUGH) != 0 ? SL_WRITE_THROUGH : 0;
    Status = Transfer->UserSegments != NULL ? IopLockSegments(Request, Transfer)
                                            : IopSetTransferBuffer(Request, Transfer->Buffer, Transfer->Length, Transfer->Write);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    return IopSendRequest(Request, Transfer->Iosb, Transfer->ApcRoutine, Transfer->ApcContext);
}

static NTSTATUS IopTransferCaptured(HANDLE FileHandle, IOP_TRANSFER *Transfer)
{
    IOP_REQUEST Request;
    NTSTATUS Status = Transfer->Write ? IopBeginRequestAny(&Request, FileHandle, FILE_WRITE_DATA | FILE_APPEND_DATA, Transfer->Event)
                                      : IopBeginRequest(&Request, FileHandle, FILE_READ_DATA, Transfer->Event);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopChooseOffset(&Request, Transfer);
    if (NT_SUCCESS(Status)) {
        Status = IopCheckAlignment(&Request, Transfer);
    }
    if (NT_SUCCESS(Status) && Request.File->CompletionContext != NULL && Transfer->ApcRoutine != NULL) {
        Status = STATUS_INVALID_PARAMETER; /* a port or an APC, not both */
    }
    if (NT_SUCCESS(Status) && !IopTryFastTransfer(&Request, Transfer, &Status)) {
        Status = IopSendTransfer(&Request, Transfer);
    }
    IopEndRequest(&Request);
    return Status;
}

static NTSTATUS IopTransfer(HANDLE FileHandle, IOP_TRANSFER *Transfer, const LARGE_INTEGER *ByteOffset, const ULONG *Key)
{
    NTSTATUS Status = IopCaptureTransfer(Transfer, ByteOffset, Key);
    if (!Transfer->Write && EX_INJECT(ExInjectRead)) {
        Status = STATUS_IO_DEVICE_ERROR;
    }
    if (NT_SUCCESS(Status)) {
        Status = IopTransferCaptured(FileHandle, Transfer);
    }
    if (Transfer->Segments != NULL) {
        ExFreePoolWithTag(Transfer->Segments, IOP_TAG_BUFFER);
    }
    return Status;
}

NTSTATUS NTAPI NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                          ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    IOP_TRANSFER Transfer = {.Event = Event, .ApcRoutine = ApcRoutine, .ApcContext = ApcContext, .Iosb = IoStatusBlock, .Buffer = Buffer, .Length = Length};
    return IopTransfer(FileHandle, &Transfer, ByteOffset, Key);
}

NTSTATUS NTAPI NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                           ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    IOP_TRANSFER Transfer = {.Event = Event, .ApcRoutine = ApcRoutine, .ApcContext = ApcContext, .Iosb = IoStatusBlock, .Buffer = Buffer, .Length = Length,
                             .Write = TRUE};
    return IopTransfer(FileHandle, &Transfer, ByteOffset, Key);
}

static NTSTATUS IopTransferSegments(HANDLE FileHandle, IOP_TRANSFER *Transfer, const LARGE_INTEGER *ByteOffset, const ULONG *Key)
{
    NTSTATUS Status = KiProbeForRead(KeCurrentPreviousMode_(), Transfer->UserSegments, sizeof(FILE_SEGMENT_ELEMENT), sizeof(ULONG64));
    if (Transfer->UserSegments == NULL || !NT_SUCCESS(Status)) {
        return NT_SUCCESS(Status) ? STATUS_ACCESS_VIOLATION : Status;
    }
    return IopTransfer(FileHandle, Transfer, ByteOffset, Key);
}

NTSTATUS NTAPI NtReadFileScatter(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                 PFILE_SEGMENT_ELEMENT Segments, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    IOP_TRANSFER Transfer = {.Event = Event, .ApcRoutine = ApcRoutine, .ApcContext = ApcContext, .Iosb = IoStatusBlock, .Length = Length,
                             .UserSegments = Segments};
    return IopTransferSegments(FileHandle, &Transfer, ByteOffset, Key);
}

NTSTATUS NTAPI NtWriteFileGather(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                 PFILE_SEGMENT_ELEMENT Segments, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    IOP_TRANSFER Transfer = {.Event = Event, .ApcRoutine = ApcRoutine, .ApcContext = ApcContext, .Iosb = IoStatusBlock, .Length = Length,
                             .UserSegments = Segments, .Write = TRUE};
    return IopTransferSegments(FileHandle, &Transfer, ByteOffset, Key);
}

/* SPDX-License-Identifier: MIT */
/*
 * directory.c - NtQueryDirectoryFile, NtNotifyChangeDirectoryFile, NtFlushBuffersFile, byte-range locks.
 *
 * Directory requests always travel through a system buffer, also to file systems with neither buffered nor
 * direct I/O: a file system then never touches user addresses for them.  (NT leaves the choice to the
 * device; docs/nt-differences.md.)
 */
#include "iop.h"

static ULONG IopLeastDirectoryEntry(ULONG Class)
{
    switch (Class) {
    case FileDirectoryInformation: return sizeof(FILE_DIRECTORY_INFORMATION);
    case FileFullDirectoryInformation: return sizeof(FILE_FULL_DIR_INFORMATION);
    case FileBothDirectoryInformation: return sizeof(FILE_BOTH_DIR_INFORMATION);
    case FileNamesInformation: return sizeof(FILE_NAMES_INFORMATION);
    case FileIdBothDirectoryInformation: return sizeof(FILE_ID_BOTH_DIR_INFORMATION);
    case FileIdFullDirectoryInformation: return sizeof(FILE_ID_FULL_DIR_INFORMATION);
    default: return 0;
    }
}

/* A result buffer in system space, copied out by the last stage. */
static NTSTATUS IopSetResultBuffer(PIRP Irp, PVOID Buffer, ULONG Length)
{
    Irp->AssociatedIrp.SystemBuffer = ExAllocatePoolWithTag(NonPagedPool, Length, IOP_TAG_BUFFER);
    if (Irp->AssociatedIrp.SystemBuffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Irp->AssociatedIrp.SystemBuffer, Length);
    Irp->UserBuffer = Buffer;
    Irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION;
    return STATUS_SUCCESS;
}

/* The search expression in one block with its characters; freed with the IRP (AuxiliaryBuffer). */
static NTSTATUS IopCaptureExpression(PIRP Irp, PUNICODE_STRING FileName)
{
    UNICODE_STRING Captured;
    PUNICODE_STRING Copy;
    NTSTATUS Status;
    if (FileName == NULL) {
        return STATUS_SUCCESS;
    }
    Status = ExCaptureUnicodeString(Irp->RequestorMode, FileName, &Captured);
    if (!NT_SUCCESS(Status) || Captured.Length == 0) {
        return Status;
    }
    Copy = ExAllocatePoolWithTag(PagedPool, sizeof(UNICODE_STRING) + Captured.Length, IOP_TAG_NAME);
    if (Copy != NULL) {
        RtlInitEmptyUnicodeString(Copy, (PWCHAR)(Copy + 1), Captured.Length);
        RtlCopyUnicodeString(Copy, &Captured);
        Irp->Tail.Overlay.AuxiliaryBuffer = (PCHAR)Copy;
        IoGetNextIrpStackLocation(Irp)->Parameters.QueryDirectory.FileName = Copy;
    }
    ExFreeCapturedString(&Captured);
    return Copy != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS IopBeginDirectory(IOP_REQUEST *Request, HANDLE FileHandle, HANDLE Event, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
                                  UCHAR Minor)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    NTSTATUS Status = KiProbeForWrite(Mode, Iosb, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (NT_SUCCESS(Status)) {
        Status = KiProbeForWrite(Mode, Buffer, Length, sizeof(ULONG));
    }
    if (NT_SUCCESS(Status)) {
        Status = IopBeginRequest(Request, FileHandle, FILE_LIST_DIRECTORY, Event);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopAllocateRequestIrp(Request, IRP_MJ_DIRECTORY_CONTROL, Minor);
        if (!NT_SUCCESS(Status)) {
            IopEndRequest(Request);
        }
    }
    return Status;
}

static NTSTATUS IopQueryDirectory(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                  PVOID FileInformation, ULONG Length, FILE_INFORMATION_CLASS Class, UCHAR StackFlags, PUNICODE_STRING FileName)
{
    ULONG Least = IopLeastDirectoryEntry(Class);
    IOP_REQUEST Request;
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status;
    if (Least == 0) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length < Least) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = IopBeginDirectory(&Request, FileHandle, Event, IoStatusBlock, FileInformation, Length, IRP_MN_QUERY_DIRECTORY);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Stack = IoGetNextIrpStackLocation(Request.Irp);
    Stack->Flags = StackFlags;
    Stack->Parameters.QueryDirectory.Length = Length;
    Stack->Parameters.QueryDirectory.FileInformationClass = Class;
    Status = IopCaptureExpression(Request.Irp, FileName);
    if (NT_SUCCESS(Status)) {
        Status = IopSetResultBuffer(Request.Irp, FileInformation, Length);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopSendRequest(&Request, IoStatusBlock, ApcRoutine, ApcContext);
    }
    IopEndRequest(&Request);
    return Status;
}

NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                    PVOID FileInformation, ULONG Length, FILE_INFORMATION_CLASS FileInformationClass, BOOLEAN ReturnSingleEntry,
                                    PUNICODE_STRING FileName, BOOLEAN RestartScan)
{
    return IopQueryDirectory(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FileInformation, Length, FileInformationClass,
                             (UCHAR)((ReturnSingleEntry ? SL_RETURN_SINGLE_ENTRY : 0) | (RestartScan ? SL_RESTART_SCAN : 0)), FileName);
}

NTSTATUS NTAPI NtQueryDirectoryFileEx(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                      PVOID FileInformation, ULONG Length, FILE_INFORMATION_CLASS FileInformationClass, ULONG QueryFlags,
                                      PUNICODE_STRING FileName)
{
    if ((QueryFlags & ~(ULONG)(SL_RESTART_SCAN | SL_RETURN_SINGLE_ENTRY | SL_INDEX_SPECIFIED | 0x8 | 0x10)) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    return IopQueryDirectory(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FileInformation, Length, FileInformationClass,
                             (UCHAR)(QueryFlags & (SL_RESTART_SCAN | SL_RETURN_SINGLE_ENTRY)), FileName);
}

NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                           PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, ULONG CompletionFilter, BOOLEAN WatchTree)
{
    IOP_REQUEST Request;
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status;
    if (CompletionFilter == 0 || (CompletionFilter & ~FILE_NOTIFY_VALID_MASK) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = IopBeginDirectory(&Request, FileHandle, Event, IoStatusBlock, Buffer, Length, IRP_MN_NOTIFY_CHANGE_DIRECTORY);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Stack = IoGetNextIrpStackLocation(Request.Irp);
    Stack->Flags = WatchTree ? SL_WATCH_TREE : 0;
    Stack->Parameters.NotifyDirectory.Length = Length;
    Stack->Parameters.NotifyDirectory.CompletionFilter = CompletionFilter;
    if (Length != 0) {
        Status = IopSetResultBuffer(Request.Irp, Buffer, Length);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopSendRequest(&Request, IoStatusBlock, ApcRoutine, ApcContext);
    }
    IopEndRequest(&Request);
    return Status;
}

#define FLUSH_FLAGS_FILE_DATA_ONLY 1u
#define FLUSH_FLAGS_NO_SYNC 2u
#define FLUSH_FLAGS_FILE_DATA_SYNC_ONLY 4u
#define FLUSH_FLAGS_FLUSH_AND_PURGE 8u

/* The minor code says how little is asked for; a file system that does all of it has done that too.  -1: flags that make no sense. */
static int IopFlushKind(ULONG Flags)
{
    enum { FlushAndPurge = 1, FlushDataOnly, FlushNoSync, FlushDataSyncOnly };

    switch (Flags) {
    case 0: return 0;
    case FLUSH_FLAGS_FILE_DATA_ONLY: return FlushDataOnly;
    case FLUSH_FLAGS_NO_SYNC:
    case FLUSH_FLAGS_NO_SYNC | FLUSH_FLAGS_FILE_DATA_ONLY: return FlushNoSync;
    case FLUSH_FLAGS_FILE_DATA_SYNC_ONLY: return FlushDataSyncOnly;
    case FLUSH_FLAGS_FLUSH_AND_PURGE: return FlushAndPurge;
    default: return -1;
    }
}

NTSTATUS NTAPI NtFlushBuffersFileEx(HANDLE FileHandle, ULONG Flags, PVOID Parameters, ULONG ParametersSize, PIO_STATUS_BLOCK IoStatusBlock);
NTSTATUS NTAPI NtFlushBuffersFileEx(HANDLE FileHandle, ULONG Flags, PVOID Parameters, ULONG ParametersSize, PIO_STATUS_BLOCK IoStatusBlock)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    IO_STATUS_BLOCK Iosb = {0};
    IOP_REQUEST Request;
    int Kind = IopFlushKind(Flags);
    NTSTATUS Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (NT_SUCCESS(Status) && (Kind < 0 || Parameters != NULL || ParametersSize != 0)) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status)) {
        Status = IopBeginRequestAny(&Request, FileHandle, FILE_APPEND_DATA | FILE_WRITE_DATA, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopAllocateRequestIrp(&Request, IRP_MJ_FLUSH_BUFFERS, (UCHAR)Kind);
    if (NT_SUCCESS(Status)) {
        Status = IopCallSynchronously(&Request, &Iosb);
    }
    IopEndRequest(&Request);
    if (!NT_ERROR(Status)) {
        NTSTATUS CopyStatus;
        Iosb.Status = Status;
        CopyStatus = CopyToMode(Mode, IoStatusBlock, &Iosb, sizeof(Iosb));
        Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
    return Status;
}

NTSTATUS NTAPI NtFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
    return NtFlushBuffersFileEx(FileHandle, 0, NULL, 0, IoStatusBlock);
}

/* The length travels by pointer; it lives with the IRP. */
static NTSTATUS IopSetLockParameters(PIRP Irp, const LARGE_INTEGER *Offset, const LARGE_INTEGER *Length, ULONG Key)
{
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    PLARGE_INTEGER Copy = ExAllocatePoolWithTag(NonPagedPool, sizeof(LARGE_INTEGER), IOP_TAG_NAME);
    if (Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Copy = *Length;
    Irp->Tail.Overlay.AuxiliaryBuffer = (PCHAR)Copy;
    Stack->Parameters.LockControl.Length = Copy;
    Stack->Parameters.LockControl.Key = Key;
    Stack->Parameters.LockControl.ByteOffset = *Offset;
    return STATUS_SUCCESS;
}

static NTSTATUS IopCaptureRange(PIO_STATUS_BLOCK Iosb, PLARGE_INTEGER UserOffset, PLARGE_INTEGER UserLength, LARGE_INTEGER *Offset, LARGE_INTEGER *Length)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    NTSTATUS Status = KiProbeForWrite(Mode, Iosb, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Mode, Offset, UserOffset, sizeof(LARGE_INTEGER));
    }
    return NT_SUCCESS(Status) ? CopyFromMode(Mode, Length, UserLength, sizeof(LARGE_INTEGER)) : Status;
}

NTSTATUS NTAPI NtLockFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                          PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock)
{
    LARGE_INTEGER Offset, Size;
    IOP_REQUEST Request;
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status = IopCaptureRange(IoStatusBlock, ByteOffset, Length, &Offset, &Size);
    if (NT_SUCCESS(Status)) {
        Status = IopBeginRequestAny(&Request, FileHandle, FILE_READ_DATA | FILE_WRITE_DATA, Event);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopAllocateRequestIrp(&Request, IRP_MJ_LOCK_CONTROL, IRP_MN_LOCK);
    if (NT_SUCCESS(Status)) {
        Status = IopSetLockParameters(Request.Irp, &Offset, &Size, Key);
    }
    if (NT_SUCCESS(Status)) {
        Stack = IoGetNextIrpStackLocation(Request.Irp);
        Stack->Flags = (UCHAR)((FailImmediately ? SL_FAIL_IMMEDIATELY : 0) | (ExclusiveLock ? SL_EXCLUSIVE_LOCK : 0));
        Request.File->LockOperation = TRUE;
        Status = IopSendRequest(&Request, IoStatusBlock, ApcRoutine, ApcContext);
    }
    IopEndRequest(&Request);
    return Status;
}

NTSTATUS NTAPI NtUnlockFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key)
{
    LARGE_INTEGER Offset, Size;
    IO_STATUS_BLOCK Iosb = {0};
    IOP_REQUEST Request;
    NTSTATUS Status = IopCaptureRange(IoStatusBlock, ByteOffset, Length, &Offset, &Size);
    if (NT_SUCCESS(Status)) {
        Status = IopBeginRequestAny(&Request, FileHandle, FILE_READ_DATA | FILE_WRITE_DATA, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopAllocateRequestIrp(&Request, IRP_MJ_LOCK_CONTROL, IRP_MN_UNLOCK_SINGLE);
    if (NT_SUCCESS(Status)) {
        Status = IopSetLockParameters(Request.Irp, &Offset, &Size, Key);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopCallSynchronously(&Request, &Iosb);
    }
    IopEndRequest(&Request);
    if (!NT_ERROR(Status)) {
        NTSTATUS CopyStatus;
        Iosb.Status = Status;
        CopyStatus = CopyToMode(KeCurrentPreviousMode_(), IoStatusBlock, &Iosb, sizeof(Iosb));
        Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
    return Status;
}

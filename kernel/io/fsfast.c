/* SPDX-License-Identifier: MIT */
/*
 * fsfast.c - FsRtl: the fast path of cached reads and writes, and small helpers of file systems.
 */
#include "iop.h"
#include "cc.h"

/* Whether the file system allows a copy without an IRP now: FSRTL_COMMON_FCB_HEADER.IsFastIoPossible, or
 * its own question. */
static BOOLEAN IopFastIoAllowed(PFILE_OBJECT File, PLARGE_INTEGER Offset, ULONG Length, ULONG LockKey, BOOLEAN Read)
{
    PFSRTL_COMMON_FCB_HEADER Header = File->FsContext;
    IO_STATUS_BLOCK Iosb;
    if (File->PrivateCacheMap == NULL || Header->IsFastIoPossible == FastIoIsNotPossible) {
        return FALSE;
    }
    if (Header->IsFastIoPossible == FastIoIsQuestionable) {
        PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(File);
        PFAST_IO_DISPATCH Fast = IopFastIo(Device);
        return IOP_HAS_FAST_IO(Fast, FastIoCheckIfPossible) &&
               Fast->FastIoCheckIfPossible(File, Offset, Length, TRUE, LockKey, Read, &Iosb, Device);
    }
    return TRUE;
}

BOOLEAN NTAPI FsRtlCopyRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, ULONG LockKey, PVOID Buffer,
                            PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject)
{
    PFSRTL_COMMON_FCB_HEADER Header = FileObject->FsContext;
    LONGLONG Offset = FileOffset->QuadPart;
    BOOLEAN Done = FALSE;
    (void)DeviceObject;
    IoStatus->Information = 0;
    IoStatus->Status = STATUS_SUCCESS;
    if (Length == 0) {
        return TRUE;
    }
    if (!Wait || Offset < 0 || Offset > MAXLONGLONG - (LONGLONG)Length) {
        return FALSE;
    }
    FsRtlEnterFileSystem();
    ExAcquireResourceSharedLite(Header->Resource, TRUE);
    if (IopFastIoAllowed(FileObject, FileOffset, Length, LockKey, TRUE)) {
        PETHREAD Thread = PsCurrentThread_();
        if (Offset >= Header->FileSize.QuadPart) {
            IoStatus->Status = STATUS_END_OF_FILE;
            Done = TRUE;
        } else {
            PVOID Top = Thread->TopLevelIrp;
            Length = (ULONG)min((LONGLONG)Length, Header->FileSize.QuadPart - Offset);
            Thread->TopLevelIrp = (PVOID)FSRTL_FAST_IO_TOP_LEVEL_IRP;
            Done = CcCopyRead(FileObject, FileOffset, Length, TRUE, Buffer, IoStatus);
            Thread->TopLevelIrp = Top;
        }
    }
    if (Done && NT_SUCCESS(IoStatus->Status)) {
        FileObject->Flags |= FO_FILE_FAST_IO_READ;
        FileObject->CurrentByteOffset.QuadPart = Offset + (LONGLONG)IoStatus->Information;
    }
    ExReleaseResourceLite(Header->Resource);
    FsRtlExitFileSystem();
    return Done;
}

/* Only within the valid data: extending a file is the file system's business. */
BOOLEAN NTAPI FsRtlCopyWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, ULONG LockKey, PVOID Buffer,
                             PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject)
{
    PFSRTL_COMMON_FCB_HEADER Header = FileObject->FsContext;
    LONGLONG Offset = FileOffset->QuadPart;
    BOOLEAN Done = FALSE;
    (void)DeviceObject;
    if (!Wait || Offset < 0 || Offset > MAXLONGLONG - (LONGLONG)Length || (FileObject->Flags & FO_WRITE_THROUGH) != 0) {
        return FALSE;
    }
    FsRtlEnterFileSystem();
    ExAcquireResourceExclusiveLite(Header->Resource, TRUE);
    if (Offset + Length <= Header->ValidDataLength.QuadPart && IopFastIoAllowed(FileObject, FileOffset, Length, LockKey, FALSE)) {
        PETHREAD Thread = PsCurrentThread_();
        PVOID Top = Thread->TopLevelIrp;
        Thread->TopLevelIrp = (PVOID)FSRTL_FAST_IO_TOP_LEVEL_IRP;
        Done = CcCopyWrite(FileObject, FileOffset, Length, TRUE, Buffer);
        Thread->TopLevelIrp = Top;
    }
    if (Done) {
        IoStatus->Status = STATUS_SUCCESS;
        IoStatus->Information = Length;
        FileObject->Flags |= FO_FILE_MODIFIED;
        FileObject->CurrentByteOffset.QuadPart = Offset + Length;
    }
    ExReleaseResourceLite(Header->Resource);
    FsRtlExitFileSystem();
    return Done;
}

NTSTATUS NTAPI FsRtlGetFileSize(PFILE_OBJECT FileObject, PLARGE_INTEGER FileSize)
{
    FILE_STANDARD_INFORMATION Standard;
    ULONG Returned;
    NTSTATUS Status;
    FsRtlEnterFileSystem();
    Status = IopQueryFile(FileObject, FileStandardInformation, &Standard, sizeof(Standard), &Returned);
    FsRtlExitFileSystem();
    if (NT_SUCCESS(Status) && Standard.Directory) {
        return STATUS_FILE_IS_A_DIRECTORY;
    }
    if (NT_SUCCESS(Status)) {
        *FileSize = Standard.EndOfFile;
    }
    return Status;
}

PVOID NTAPI FsRtlAllocatePoolWithTag(POOL_TYPE PoolType, ULONG NumberOfBytes, ULONG Tag)
{
    PVOID Block = ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
    if (Block == NULL) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    return Block;
}

PVOID NTAPI FsRtlAllocatePool(POOL_TYPE PoolType, ULONG NumberOfBytes)
{
    return FsRtlAllocatePoolWithTag(PoolType, NumberOfBytes, POOL_TAG('F', 's', 'r', 't'));
}

/* The statuses a file system may hand to a user; others came from a bug. */
BOOLEAN NTAPI FsRtlIsNtstatusExpected(NTSTATUS Ntstatus)
{
    return Ntstatus != STATUS_DATATYPE_MISALIGNMENT && Ntstatus != STATUS_ACCESS_VIOLATION && Ntstatus != STATUS_ILLEGAL_INSTRUCTION &&
           Ntstatus != STATUS_INSTRUCTION_MISALIGNMENT;
}

NTSTATUS NTAPI FsRtlNormalizeNtstatus(NTSTATUS Exception, NTSTATUS GenericException)
{
    return FsRtlIsNtstatusExpected(Exception) ? Exception : GenericException;
}

BOOLEAN NTAPI FsRtlIsTotalDeviceFailure(NTSTATUS Status)
{
    return !NT_SUCCESS(Status) && Status != STATUS_CRC_ERROR && Status != STATUS_DEVICE_DATA_ERROR && Status != STATUS_UNRECOGNIZED_MEDIA;
}

LOGICAL NTAPI FsRtlIsPagingFile(PFILE_OBJECT FileObject)
{
    (void)FileObject;
    return FALSE; /* there is none yet */
}

/*
 * Oplocks: nobody can hold one, because no file system here grants them (FSCTL_REQUEST_OPLOCK fails); so
 * there is never one to break.
 */
VOID NTAPI FsRtlInitializeOplock(POPLOCK Oplock)
{
    *Oplock = NULL;
}

VOID NTAPI FsRtlUninitializeOplock(POPLOCK Oplock)
{
    *Oplock = NULL;
}

NTSTATUS NTAPI FsRtlOplockFsctrl(POPLOCK Oplock, PIRP Irp, ULONG OpenCount)
{
    (void)Oplock, (void)OpenCount;
    Irp->IoStatus.Status = STATUS_OPLOCK_NOT_GRANTED;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_OPLOCK_NOT_GRANTED;
}

NTSTATUS NTAPI FsRtlCheckOplock(POPLOCK Oplock, PIRP Irp, PVOID Context, POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                POPLOCK_FS_PREPOST_IRP PostIrpRoutine)
{
    (void)Oplock, (void)Irp, (void)Context, (void)CompletionRoutine, (void)PostIrpRoutine;
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI FsRtlOplockIsFastIoPossible(POPLOCK Oplock)
{
    (void)Oplock;
    return TRUE;
}

BOOLEAN NTAPI FsRtlCurrentBatchOplock(POPLOCK Oplock)
{
    (void)Oplock;
    return FALSE;
}

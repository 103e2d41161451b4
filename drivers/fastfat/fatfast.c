/* SPDX-License-Identifier: MIT */
/*
 * fatfast.c - fast I/O: the requests that need no IRP because the answer is in memory.  TRUE: answered.  And byte-range locks, which
 * FsRtl keeps.
 */
#include "fat.h"

static FAT_FCB *FileFcb(PFILE_OBJECT File)
{
    FAT_FCB *Fcb = File->FsContext;
    return Fcb != NULL && Fcb->Node != NULL ? Fcb : NULL;
}

static BOOLEAN NTAPI FastCheckIfPossible(PFILE_OBJECT File, PLARGE_INTEGER Offset, ULONG Length, BOOLEAN Wait, ULONG LockKey, BOOLEAN CheckForRead,
                                         PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT Device)
{
    FAT_FCB *Fcb = FileFcb(File);
    LARGE_INTEGER Bytes = { .QuadPart = Length };

    UNREFERENCED_PARAMETER(Wait);
    UNREFERENCED_PARAMETER(IoStatus);
    UNREFERENCED_PARAMETER(Device);
    if (Fcb == NULL || FatIsDirectory(Fcb->Node))
        return FALSE;
    if (Fcb->FileLock == NULL)
        return TRUE;
    return CheckForRead ? FsRtlFastCheckLockForRead(Fcb->FileLock, Offset, &Bytes, LockKey, File, IoGetCurrentProcess())
                        : FsRtlFastCheckLockForWrite(Fcb->FileLock, Offset, &Bytes, LockKey, File, IoGetCurrentProcess());
}

static BOOLEAN NTAPI FastQueryBasic(PFILE_OBJECT File, BOOLEAN Wait, PFILE_BASIC_INFORMATION Buffer, PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT Device)
{
    FAT_FCB *Fcb = FileFcb(File);

    UNREFERENCED_PARAMETER(Wait);
    UNREFERENCED_PARAMETER(Device);
    if (Fcb == NULL || (File->Flags & FO_FILE_MODIFIED))
        return FALSE;
    FatFillBasic(Fcb->Node, Buffer);
    IoStatus->Status = STATUS_SUCCESS;
    IoStatus->Information = sizeof *Buffer;
    return TRUE;
}

static BOOLEAN NTAPI FastQueryStandard(PFILE_OBJECT File, BOOLEAN Wait, PFILE_STANDARD_INFORMATION Buffer, PIO_STATUS_BLOCK IoStatus,
                                       PDEVICE_OBJECT Device)
{
    FAT_FCB *Fcb = FileFcb(File);

    UNREFERENCED_PARAMETER(Wait);
    UNREFERENCED_PARAMETER(Device);
    if (Fcb == NULL || (File->Flags & FO_FILE_MODIFIED))
        return FALSE;
    FatFillStandard(Fcb, Buffer);
    IoStatus->Status = STATUS_SUCCESS;
    IoStatus->Information = sizeof *Buffer;
    return TRUE;
}

static BOOLEAN NTAPI FastQueryNetworkOpen(PFILE_OBJECT File, BOOLEAN Wait, PFILE_NETWORK_OPEN_INFORMATION Buffer, PIO_STATUS_BLOCK IoStatus,
                                          PDEVICE_OBJECT Device)
{
    FAT_FCB *Fcb = FileFcb(File);

    UNREFERENCED_PARAMETER(Wait);
    UNREFERENCED_PARAMETER(Device);
    if (Fcb == NULL || (File->Flags & FO_FILE_MODIFIED))
        return FALSE;
    FatFillNetworkOpen(Fcb, Buffer);
    IoStatus->Status = STATUS_SUCCESS;
    IoStatus->Information = sizeof *Buffer;
    return TRUE;
}

/*
 * A write that goes to the cache only; its place on the list of dirty files is not waited for.  One that begins at the end of the file is fast too if the
 * caller waits for it.
 */
static BOOLEAN NTAPI FastWrite(PFILE_OBJECT File, PLARGE_INTEGER Offset, ULONG Length, BOOLEAN Wait, ULONG LockKey, PVOID Buffer, PIO_STATUS_BLOCK IoStatus,
                               PDEVICE_OBJECT Device)
{
    FAT_FCB *Fcb = FileFcb(File);

    if (Fcb == NULL || Fcb->Vcb->WriteProtected || Length == 0)
        return FALSE;
    if (Offset->QuadPart == Fcb->Header.FileSize.QuadPart) /* a hint: looked at again with F held */
        return Wait && !(File->Flags & FO_WRITE_THROUGH) && FatWriteFast(Fcb, File, Offset, Length, Buffer, IoStatus);
    if (!FsRtlCopyWrite(File, Offset, Length, Wait, LockKey, Buffer, IoStatus, Device))
        return FALSE;
    FatMarkFcbDirty(Fcb);
    return TRUE;
}

/* ---- byte-range locks --------------------------------------------------------------------------------------------------------------- */

NTSTATUS FatNeedLocks(FAT_FCB *Fcb)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Fcb->FileLock != NULL)
        return STATUS_SUCCESS;
    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    if (Fcb->FileLock == NULL) {
        Fcb->FileLock = FsRtlAllocateFileLock(NULL, NULL);
        if (Fcb->FileLock == NULL)
            Status = STATUS_INSUFFICIENT_RESOURCES;
        else
            Fcb->Header.IsFastIoPossible = FastIoIsQuestionable; /* from now on FastCheckIfPossible is asked */
    }
    ExReleaseResourceLite(&Fcb->Resource);
    return Status;
}

NTSTATUS FatLockControl(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    FAT_FCB *Fcb = Stack->FileObject->FsContext;

    if (Vcb->Dismounted)
        return STATUS_VOLUME_DISMOUNTED;
    if (Fcb->Node == NULL || FatIsDirectory(Fcb->Node))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = FatNeedLocks(Fcb);
    if (!NT_SUCCESS(Status))
        return Status;
    *Information = FAT_NOT_MINE;
    return FsRtlProcessFileLock(Fcb->FileLock, Irp, NULL);
}

FAST_IO_DISPATCH FatFastIo = {
    .SizeOfFastIoDispatch = sizeof(FAST_IO_DISPATCH),
    .FastIoCheckIfPossible = FastCheckIfPossible,
    .FastIoRead = FsRtlCopyRead,
    .FastIoWrite = FastWrite,
    .FastIoQueryBasicInfo = FastQueryBasic,
    .FastIoQueryStandardInfo = FastQueryStandard,
    .FastIoQueryNetworkOpenInfo = FastQueryNetworkOpen,
};

/* SPDX-License-Identifier: MIT */
/*
 * fatwrite.c - IRP_MJ_WRITE.
 *
 * A cached write makes the file larger if it must (clusters at once, so that a full volume is found out now), and copies into the cache.  What lies
 * between the old end of the valid data and the write is not written: it reads as zero, because nothing behind ValidOnDisk is read from the disk,
 * and becomes zero on the disk when the first page behind it is written.
 *
 * A paging write takes only P, and never makes a file larger.
 */
#include "fat.h"

static NTSTATUS WritePaging(FAT_FCB *Fcb, PIRP Irp, LARGE_INTEGER Offset, ULONG Length, PULONG_PTR Information)
{
    LONG64 Sector = Fcb->Vcb->Volume.Geometry.BytesPerSector;
    NTSTATUS Status = FatBuildRuns(Fcb);

    *Information = Length;
    if (!NT_SUCCESS(Status) || Irp->MdlAddress == NULL)
        return NT_SUCCESS(Status) ? STATUS_INVALID_PARAMETER : Status;
    ExAcquireResourceSharedLite(&Fcb->PagingIoResource, TRUE);
    if (Offset.QuadPart + Length > Fcb->ValidOnDisk) {
        ExReleaseResourceLite(&Fcb->PagingIoResource);
        ExAcquireResourceExclusiveLite(&Fcb->PagingIoResource, TRUE);
    }
    LONG64 Left = (Fcb->Header.FileSize.QuadPart - Offset.QuadPart + Sector - 1) / Sector * Sector;
    if (Left > 0)
        Status = FatWriteFileMdl(Fcb, Offset.QuadPart, Left < Length ? (ULONG)Left : Length, Irp->MdlAddress, Fcb->Header.FileSize.QuadPart);
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    if (!NT_SUCCESS(Status))
        *Information = 0;
    return Status;
}

/* F exclusive.  The file becomes larger if it must. */
static NTSTATUS MakeRoom(FAT_FCB *Fcb, PFILE_OBJECT File, LONG64 End)
{
    NTSTATUS Status = FatBuildRuns(Fcb);

    if (NT_SUCCESS(Status) && End > Fcb->Header.FileSize.QuadPart)
        Status = FatGrowFile(Fcb, File, End);
    return Status;
}

/* F exclusive; *Offset becomes a place in the file. */
static NTSTATUS Prepare(FAT_FCB *Fcb, PIRP Irp, PFILE_OBJECT File, PLARGE_INTEGER Offset, ULONG Length)
{
    if (Offset->HighPart == -1 && Offset->LowPart == FILE_WRITE_TO_END_OF_FILE)
        Offset->QuadPart = Fcb->Header.FileSize.QuadPart;
    IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.ByteOffset = *Offset; /* where the lock check looks */
    if (Offset->QuadPart < 0)
        return STATUS_INVALID_PARAMETER;
    if (Offset->QuadPart > FAT_MAX_FILE_SIZE - (LONG64)Length)
        return STATUS_DISK_FULL;
    if (Fcb->FileLock != NULL && !FsRtlCheckLockForWriteAccess(Fcb->FileLock, Irp))
        return STATUS_FILE_LOCK_CONFLICT;
    if (Fcb->Vcb->WriteProtected)
        return STATUS_MEDIA_WRITE_PROTECTED;
    return MakeRoom(Fcb, File, Offset->QuadPart + Length);
}

static NTSTATUS WriteCached(FAT_FCB *Fcb, PVOID Buffer, PFILE_OBJECT File, LARGE_INTEGER Offset, ULONG Length)
{
    LARGE_INTEGER End = { .QuadPart = Offset.QuadPart + Length };

    if (Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (File->PrivateCacheMap == NULL)
        FatConnectCache(File, Fcb);
    if (File->PrivateCacheMap == NULL || !CcCopyWrite(File, &Offset, Length, TRUE, Buffer))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (End.QuadPart > Fcb->Header.ValidDataLength.QuadPart)
        Fcb->Header.ValidDataLength = End;
    return STATUS_SUCCESS;
}

static NTSTATUS WriteUncached(FAT_FCB *Fcb, PIRP Irp, LARGE_INTEGER Offset, ULONG Length)
{
    IO_STATUS_BLOCK IoStatus = { .Status = STATUS_SUCCESS };

    /* What the cache has of it is older: on the disk first, then out of the way. */
    if (Fcb->Sections.DataSectionObject != NULL) {
        CcFlushCache(&Fcb->Sections, &Offset, Length, &IoStatus);
        CcPurgeCacheSection(&Fcb->Sections, &Offset, Length, FALSE);
    }
    if (!NT_SUCCESS(IoStatus.Status))
        return IoStatus.Status;
    ExAcquireResourceExclusiveLite(&Fcb->PagingIoResource, TRUE);
    NTSTATUS Status = FatWriteFileMdl(Fcb, Offset.QuadPart, Length, Irp->MdlAddress, Fcb->Header.FileSize.QuadPart);
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    if (NT_SUCCESS(Status) && Offset.QuadPart + Length > Fcb->Header.ValidDataLength.QuadPart)
        Fcb->Header.ValidDataLength.QuadPart = Offset.QuadPart + Length;
    return Status;
}

static BOOLEAN IsAligned(const FAT_FCB *Fcb, PIRP Irp, LARGE_INTEGER Offset, ULONG Length)
{
    ULONG Sector = Fcb->Vcb->Volume.Geometry.BytesPerSector;

    return Irp->MdlAddress != NULL && Length % Sector == 0 && (Offset.QuadPart < 0 || Offset.QuadPart % Sector == 0);
}

static NTSTATUS WriteFileData(FAT_FCB *Fcb, PIRP Irp, PFILE_OBJECT File, PLARGE_INTEGER Offset, ULONG Length)
{
    BOOLEAN Cached = !(Irp->Flags & IRP_NOCACHE);
    BOOLEAN Through = (IoGetCurrentIrpStackLocation(Irp)->Flags & SL_WRITE_THROUGH) || (File->Flags & FO_WRITE_THROUGH);

    if (!Cached && !IsAligned(Fcb, Irp, *Offset, Length))
        return STATUS_INVALID_PARAMETER;
    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    LONG64 OldSize = Fcb->Header.FileSize.QuadPart;
    NTSTATUS Status = Prepare(Fcb, Irp, File, Offset, Length);
    if (NT_SUCCESS(Status)) {
        Status = Cached ? WriteCached(Fcb, FatGetBuffer(Irp), File, *Offset, Length) : WriteUncached(Fcb, Irp, *Offset, Length);
        if (!NT_SUCCESS(Status) && Fcb->Header.FileSize.QuadPart > OldSize)
            (void)FatShrinkFile(Fcb, File, OldSize);
    }
    if (NT_SUCCESS(Status)) {
        File->Flags |= FO_FILE_MODIFIED;
        FatMarkFcbDirty(Fcb);
        if (Through) {
            FatNoteWrites(File, Fcb);
            Status = FatFlushFcb(Fcb);
        }
    }
    ExReleaseResourceLite(&Fcb->Resource);
    return Status;
}

/*
 * A write that needs no IRP, though it makes the file larger: the caller's buffer is copied from in its own context, so it need not be locked and
 * mapped.  FALSE leaves everything as it was, and the IRP that comes then finds the same fault again and says what it is.
 */
BOOLEAN FatWriteFast(FAT_FCB *Fcb, PFILE_OBJECT File, PLARGE_INTEGER Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus)
{
    BOOLEAN Done = FALSE;

    FsRtlEnterFileSystem();
    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    LONG64 OldSize = Fcb->Header.FileSize.QuadPart;
    if (Fcb->FileLock == NULL && Offset->QuadPart >= 0 && Offset->QuadPart <= FAT_MAX_FILE_SIZE - (LONG64)Length && !Fcb->Vcb->Dismounted) {
        PIRP Top = IoGetTopLevelIrp();
        IoSetTopLevelIrp((PIRP)FSRTL_FAST_IO_TOP_LEVEL_IRP);
        Done = NT_SUCCESS(MakeRoom(Fcb, File, Offset->QuadPart + Length)) && NT_SUCCESS(WriteCached(Fcb, Buffer, File, *Offset, Length));
        if (!Done && Fcb->Header.FileSize.QuadPart > OldSize)
            (void)FatShrinkFile(Fcb, File, OldSize);
        IoSetTopLevelIrp(Top);
    }
    if (Done) {
        File->Flags |= FO_FILE_MODIFIED;
        FatMarkFcbDirty(Fcb);
        File->CurrentByteOffset.QuadPart = Offset->QuadPart + Length;
        IoStatus->Status = STATUS_SUCCESS;
        IoStatus->Information = Length;
    }
    ExReleaseResourceLite(&Fcb->Resource);
    FsRtlExitFileSystem();
    return Done;
}

/* The sectors of a volume are written only by who has locked it. */
static NTSTATUS WriteVolume(FAT_VCB *Vcb, PIRP Irp, PFILE_OBJECT File, LARGE_INTEGER Offset, ULONG Length)
{
    ULONG Sector = Vcb->Volume.Geometry.BytesPerSector;

    if (Vcb->LockedBy != File)
        return STATUS_ACCESS_DENIED;
    if (Vcb->WriteProtected)
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (Offset.QuadPart < 0 || Offset.QuadPart % Sector != 0 || Length % Sector != 0 || Irp->MdlAddress == NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = FatTransferDiskMdl(Vcb->Target, (ULONG64)Offset.QuadPart, Length, Irp->MdlAddress, 0, TRUE);
    return Status == STATUS_NONEXISTENT_SECTOR ? STATUS_END_OF_FILE : Status;
}

NTSTATUS FatWrite(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PFILE_OBJECT File = Stack->FileObject;
    FAT_FCB *Fcb = File->FsContext;
    LARGE_INTEGER Offset = Stack->Parameters.Write.ByteOffset;
    ULONG Length = Stack->Parameters.Write.Length;
    NTSTATUS Status;

    if (Stack->MinorFunction & IRP_MN_MDL)
        return STATUS_INVALID_PARAMETER;
    if (Vcb->Dismounted)
        return STATUS_VOLUME_DISMOUNTED;
    if (Length == 0)
        return STATUS_SUCCESS;
    if (Irp->Flags & IRP_PAGING_IO)
        return WritePaging(Fcb, Irp, Offset, Length, Information);
    if (Fcb->Node == NULL)
        Status = WriteVolume(Vcb, Irp, File, Offset, Length);
    else if (FatIsDirectory(Fcb->Node))
        return STATUS_INVALID_DEVICE_REQUEST;
    else
        Status = WriteFileData(Fcb, Irp, File, &Offset, Length);
    if (!NT_SUCCESS(Status))
        return Status;
    *Information = Length;
    if (File->Flags & FO_SYNCHRONOUS_IO)
        File->CurrentByteOffset.QuadPart = Offset.QuadPart + Length;
    return STATUS_SUCCESS;
}

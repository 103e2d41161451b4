/* SPDX-License-Identifier: MIT */
/*
 * fatread.c - IRP_MJ_READ: cached reads copy from the cache, which asks for pages by paging reads; those, and uncached ones, go to the disk.
 */
#include "fat.h"

/* The first cached request of a file object connects it with the cache; if that fails it stays unconnected.  The chain is walked before, so
 * that a broken one is reported as such, not as a failed page-in. */
static NTSTATUS Connect(FAT_FCB *Fcb, PFILE_OBJECT File)
{
    if (File->PrivateCacheMap != NULL)
        return STATUS_SUCCESS;
    NTSTATUS Status = FatBuildRuns(Fcb);
    if (!NT_SUCCESS(Status))
        return Status;
    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    FatConnectCache(File, Fcb);
    ExReleaseResourceLite(&Fcb->Resource);
    return File->PrivateCacheMap != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* F shared. */
static NTSTATUS ReadCached(FAT_FCB *Fcb, PIRP Irp, PFILE_OBJECT File, LARGE_INTEGER Offset, ULONG Length, PULONG_PTR Information)
{
    IO_STATUS_BLOCK IoStatus = { .Status = STATUS_INSUFFICIENT_RESOURCES };
    PVOID Buffer = FatGetBuffer(Irp);

    UNREFERENCED_PARAMETER(Fcb);
    if (Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    CcCopyRead(File, &Offset, Length, TRUE, Buffer, &IoStatus);
    *Information = IoStatus.Information;
    return IoStatus.Status;
}

/* The last sector is read in full if the buffer has room for it, and reported only as far as the file goes. */
static NTSTATUS ReadUncached(FAT_FCB *Fcb, PIRP Irp, LARGE_INTEGER Offset, ULONG Requested, ULONG Length, PULONG_PTR Information)
{
    ULONG Sector = Fcb->Vcb->Volume.Geometry.BytesPerSector;
    ULONG64 Rounded = ((ULONG64)Length + Sector - 1) / Sector * Sector;

    if (Offset.QuadPart % Sector != 0 || Irp->MdlAddress == NULL || Rounded > Requested)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = FatBuildRuns(Fcb);
    if (!NT_SUCCESS(Status))
        return Status;
    ExAcquireResourceSharedLite(&Fcb->PagingIoResource, TRUE);
    Status = FatReadFileMdl(Fcb, Offset.QuadPart, (ULONG)Rounded, Irp->MdlAddress);
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    *Information = NT_SUCCESS(Status) ? Length : 0;
    return Status;
}

static NTSTATUS ReadVolume(FAT_VCB *Vcb, PIRP Irp, LARGE_INTEGER Offset, ULONG Length, PULONG_PTR Information)
{
    ULONG Sector = Vcb->Volume.Geometry.BytesPerSector;

    if (Offset.QuadPart % Sector != 0 || Length % Sector != 0 || Irp->MdlAddress == NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = FatTransferDiskMdl(Vcb->Target, (ULONG64)Offset.QuadPart, Length, Irp->MdlAddress, 0, FALSE);
    if (Status == STATUS_NONEXISTENT_SECTOR)
        Status = STATUS_END_OF_FILE;
    *Information = NT_SUCCESS(Status) ? Length : 0;
    return Status;
}

/* What a file gives at Offset; *Length is cut at its end. */
static NTSTATUS CutAtEnd(const FAT_FCB *Fcb, LARGE_INTEGER Offset, PULONG Length)
{
    LONG64 Size = Fcb->Header.FileSize.QuadPart;

    if (Offset.QuadPart >= Size)
        return STATUS_END_OF_FILE;
    if ((LONG64)*Length > Size - Offset.QuadPart)
        *Length = (ULONG)(Size - Offset.QuadPart);
    return STATUS_SUCCESS;
}

/* A paging read takes no lock but P: whoever faults may hold F. */
static NTSTATUS ReadPaging(FAT_FCB *Fcb, PIRP Irp, LARGE_INTEGER Offset, ULONG Length, PULONG_PTR Information)
{
    ULONG Requested = Length;
    NTSTATUS Status = CutAtEnd(Fcb, Offset, &Length);

    return NT_SUCCESS(Status) ? ReadUncached(Fcb, Irp, Offset, Requested, Length, Information) : Status;
}

static NTSTATUS ReadFileData(FAT_FCB *Fcb, PIRP Irp, PFILE_OBJECT File, LARGE_INTEGER Offset, ULONG Length, PULONG_PTR Information)
{
    BOOLEAN Cached = !(Irp->Flags & IRP_NOCACHE);
    ULONG Requested = Length;
    NTSTATUS Status = Cached ? Connect(Fcb, File) : STATUS_SUCCESS;

    if (!NT_SUCCESS(Status))
        return Fcb->Header.FileSize.QuadPart <= Offset.QuadPart ? STATUS_END_OF_FILE : Status;
    if (!Cached && Fcb->Sections.DataSectionObject != NULL) {
        IO_STATUS_BLOCK IoStatus;
        ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
        CcFlushCache(&Fcb->Sections, &Offset, Length, &IoStatus);
        ExReleaseResourceLite(&Fcb->Resource);
    }
    ExAcquireResourceSharedLite(&Fcb->Resource, TRUE);
    if (Fcb->FileLock != NULL && !FsRtlCheckLockForReadAccess(Fcb->FileLock, Irp))
        Status = STATUS_FILE_LOCK_CONFLICT;
    if (NT_SUCCESS(Status))
        Status = CutAtEnd(Fcb, Offset, &Length);
    if (NT_SUCCESS(Status))
        Status = Cached ? ReadCached(Fcb, Irp, File, Offset, Length, Information) : ReadUncached(Fcb, Irp, Offset, Requested, Length, Information);
    ExReleaseResourceLite(&Fcb->Resource);
    return Status;
}

NTSTATUS FatRead(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PFILE_OBJECT File = Stack->FileObject;
    FAT_FCB *Fcb = File->FsContext;
    LARGE_INTEGER Offset = Stack->Parameters.Read.ByteOffset;
    ULONG Length = Stack->Parameters.Read.Length;
    NTSTATUS Status;

    if (Stack->MinorFunction & IRP_MN_MDL)
        return STATUS_INVALID_PARAMETER;
    if (Vcb->Dismounted)
        return STATUS_VOLUME_DISMOUNTED;
    if (Length == 0)
        return STATUS_SUCCESS;
    if (Offset.QuadPart < 0)
        return STATUS_INVALID_PARAMETER;
    if (Irp->Flags & IRP_PAGING_IO)
        return ReadPaging(Fcb, Irp, Offset, Length, Information);
    if (Fcb->Node == NULL)
        Status = ReadVolume(Vcb, Irp, Offset, Length, Information);
    else if (FatIsDirectory(Fcb->Node))
        return STATUS_INVALID_DEVICE_REQUEST;
    else
        Status = ReadFileData(Fcb, Irp, File, Offset, Length, Information);
    if (NT_SUCCESS(Status) && (File->Flags & FO_SYNCHRONOUS_IO))
        File->CurrentByteOffset.QuadPart = Offset.QuadPart + (LONG64)*Information;
    return Status;
}

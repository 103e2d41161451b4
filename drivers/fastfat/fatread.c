/* SPDX-License-Identifier: MIT */
/*
 * fatread.c - IRP_MJ_READ: cached reads copy from the cache, which asks for pages by paging reads; those, and uncached ones, go to the disk.
 */
#include "fat.h"

static BOOLEAN NTAPI AcquireForLazyWrite(PVOID Context, BOOLEAN Wait)
{
    return ExAcquireResourceExclusiveLite(&((FAT_FCB *)Context)->Resource, Wait);
}

static BOOLEAN NTAPI AcquireForReadAhead(PVOID Context, BOOLEAN Wait)
{
    return ExAcquireResourceSharedLite(&((FAT_FCB *)Context)->Resource, Wait);
}

static VOID NTAPI ReleaseFromCache(PVOID Context)
{
    ExReleaseResourceLite(&((FAT_FCB *)Context)->Resource);
}

static CACHE_MANAGER_CALLBACKS CacheCallbacks = { AcquireForLazyWrite, ReleaseFromCache, AcquireForReadAhead, ReleaseFromCache };

void FatConnectCache(PFILE_OBJECT File, FAT_FCB *Fcb)
{
    CC_FILE_SIZES Sizes = { Fcb->Header.AllocationSize, Fcb->Header.FileSize, Fcb->Header.ValidDataLength };

    CcInitializeCacheMap(File, &Sizes, FALSE, &CacheCallbacks, Fcb);
}

static NTSTATUS ReadCached(FAT_FCB *Fcb, PIRP Irp, PFILE_OBJECT File, LARGE_INTEGER Offset, ULONG Length, PULONG_PTR Information)
{
    IO_STATUS_BLOCK IoStatus = { .Status = STATUS_INSUFFICIENT_RESOURCES };
    PVOID Buffer = FatGetBuffer(Irp);

    if (Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    /* The first cached read of a file object connects it with the cache; if that fails it stays unconnected.  The chain is walked before, so
     * that a broken one is reported as such, not as a failed page-in. */
    if (File->PrivateCacheMap == NULL) {
        NTSTATUS Status = FatBuildRuns(Fcb);
        if (!NT_SUCCESS(Status))
            return Status;
        ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
        FatConnectCache(File, Fcb);
        ExReleaseResourceLite(&Fcb->Resource);
    }
    ExAcquireResourceSharedLite(&Fcb->Resource, TRUE);
    if (File->PrivateCacheMap != NULL)
        CcCopyRead(File, &Offset, Length, TRUE, Buffer, &IoStatus);
    ExReleaseResourceLite(&Fcb->Resource);
    *Information = IoStatus.Information;
    return IoStatus.Status;
}

/* The last sector is read in full if the buffer has room for it, and reported only as far as the file goes. */
static NTSTATUS ReadUncached(FAT_FCB *Fcb, PIRP Irp, LARGE_INTEGER Offset, ULONG Requested, ULONG Length, PULONG_PTR Information)
{
    ULONG Sector = Fcb->Vcb->Geometry.BytesPerSector;
    ULONG64 Rounded = ((ULONG64)Length + Sector - 1) / Sector * Sector;

    if (Offset.QuadPart % Sector != 0 || Irp->MdlAddress == NULL || Rounded > Requested)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = FatBuildRuns(Fcb);
    if (!NT_SUCCESS(Status))
        return Status;
    ExAcquireResourceSharedLite(&Fcb->PagingIoResource, TRUE);
    Status = FatReadFileMdl(Fcb, (ULONG64)Offset.QuadPart, (ULONG)Rounded, Irp->MdlAddress, 0);
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    *Information = NT_SUCCESS(Status) ? Length : 0;
    return Status;
}

static NTSTATUS ReadVolume(FAT_VCB *Vcb, PIRP Irp, LARGE_INTEGER Offset, ULONG Length, PULONG_PTR Information)
{
    ULONG Sector = Vcb->Geometry.BytesPerSector;

    if (Offset.QuadPart % Sector != 0 || Length % Sector != 0 || Irp->MdlAddress == NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = FatReadDiskMdl(Vcb->Target, (ULONG64)Offset.QuadPart, Length, Irp->MdlAddress, 0);
    if (Status == STATUS_NONEXISTENT_SECTOR)
        Status = STATUS_END_OF_FILE;
    *Information = NT_SUCCESS(Status) ? Length : 0;
    return Status;
}

NTSTATUS FatRead(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PFILE_OBJECT File = Stack->FileObject;
    FAT_FCB *Fcb = File->FsContext;
    LARGE_INTEGER Offset = Stack->Parameters.Read.ByteOffset;
    ULONG Requested = Stack->Parameters.Read.Length, Length = Requested;
    BOOLEAN Paging = (Irp->Flags & IRP_PAGING_IO) != 0;
    NTSTATUS Status;

    if (Stack->MinorFunction & IRP_MN_MDL)
        return STATUS_INVALID_PARAMETER;
    if (Length == 0)
        return STATUS_SUCCESS;
    if (Offset.QuadPart < 0)
        return STATUS_INVALID_PARAMETER;
    if (Fcb->Node == NULL) {
        Status = ReadVolume(Vcb, Irp, Offset, Length, Information);
    } else if (FatIsDirectory(Fcb->Node)) {
        return STATUS_INVALID_DEVICE_REQUEST;
    } else {
        if (Offset.QuadPart >= Fcb->Header.FileSize.QuadPart)
            return STATUS_END_OF_FILE;
        if ((LONG64)Length > Fcb->Header.FileSize.QuadPart - Offset.QuadPart)
            Length = (ULONG)(Fcb->Header.FileSize.QuadPart - Offset.QuadPart);
        if (Paging || (Irp->Flags & IRP_NOCACHE))
            Status = ReadUncached(Fcb, Irp, Offset, Requested, Length, Information);
        else
            Status = ReadCached(Fcb, Irp, File, Offset, Length, Information);
    }
    if (NT_SUCCESS(Status) && !Paging && (File->Flags & FO_SYNCHRONOUS_IO))
        File->CurrentByteOffset.QuadPart = Offset.QuadPart + (LONG64)*Information;
    return Status;
}

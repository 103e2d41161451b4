/* SPDX-License-Identifier: MIT */
/*
 * fatfcb.c - FCBs, and the size of a file: in the node, in the header the cache manager reads, in the clusters.
 *
 * A file grows in memory at once and on the disk when it is flushed.  It shrinks on the disk first: entry, then chain.
 */
#include "fat.h"

NTSTATUS FatCreateFcb(FAT_VCB *Vcb, FAT_NODE *Node, FAT_FCB **Created)
{
    FAT_FCB *Fcb = ExAllocatePoolWithTag(NonPagedPool, sizeof *Fcb, FAT_TAG_FCB);

    if (Fcb == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Fcb, sizeof *Fcb);
    Fcb->Header.NodeTypeCode = FAT_NODE_TYPE_FCB;
    Fcb->Header.NodeByteSize = (CSHORT)sizeof *Fcb;
    ExInitializeFastMutex(&Fcb->HeaderMutex);
    FsRtlSetupAdvancedHeader(&Fcb->Header, &Fcb->HeaderMutex);
    ExInitializeResourceLite(&Fcb->Resource);
    ExInitializeResourceLite(&Fcb->PagingIoResource);
    Fcb->Header.Resource = &Fcb->Resource;
    Fcb->Header.PagingIoResource = &Fcb->PagingIoResource;
    Fcb->Header.IsFastIoPossible = Node != NULL && !FatIsDirectory(Node) ? FastIoIsPossible : FastIoIsNotPossible;
    if (Node != NULL) {
        Fcb->ValidOnDisk = Fcb->Header.FileSize.QuadPart = Fcb->Header.ValidDataLength.QuadPart = Node->Size;
        Fcb->Header.AllocationSize.QuadPart = FatAllocationSize(Vcb, Node);
    }
    Fcb->Vcb = Vcb;
    Fcb->Node = Node;
    *Created = Fcb;
    return STATUS_SUCCESS;
}

void FatFreeFcb(FAT_FCB *Fcb)
{
    FatForgetDirty(Fcb);
    if (Fcb->FileLock != NULL)
        FsRtlFreeFileLock(Fcb->FileLock);
    FatForgetFile(&Fcb->File);
    ExDeleteResourceLite(&Fcb->PagingIoResource);
    ExDeleteResourceLite(&Fcb->Resource);
    ExFreePoolWithTag(Fcb, FAT_TAG_FCB);
}

/* The next node of the tree in memory below Top, parents first; Index is kept per level by looking oneself up in the parent. */
static FAT_NODE *NextBelow(FAT_NODE *Top, FAT_NODE *Node)
{
    if (Node->Table != NULL && Node->Table->Count != 0)
        return Node->Table->Nodes[0];
    while (Node != Top) {
        FAT_NODE *Next = FatNodeFrom(Node->Parent->Table, Node->Offset + 1);
        if (Next != NULL)
            return Next;
        Node = Node->Parent;
    }
    return NULL;
}

/* V exclusive; nothing is open. */
void FatFreeAllFcbs(FAT_VCB *Vcb)
{
    for (FAT_NODE *Node = Vcb->Volume.Root; Node != NULL; Node = NextBelow(Vcb->Volume.Root, Node)) {
        if (Node->Fcb != NULL)
            FatFreeFcb(Node->Fcb);
        Node->Fcb = NULL;
    }
}

BOOLEAN FatHasOpenBelow(FAT_NODE *Directory)
{
    for (FAT_NODE *Node = NextBelow(Directory, Directory); Node != NULL; Node = NextBelow(Directory, Node)) {
        if (Node->Fcb != NULL && ((FAT_FCB *)Node->Fcb)->CleanupCount != 0)
            return TRUE;
    }
    return FALSE;
}

NTSTATUS FatBuildRuns(FAT_FCB *Fcb)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Fcb->File.Built)
        return STATUS_SUCCESS;
    ExAcquireResourceExclusiveLite(&Fcb->PagingIoResource, TRUE);
    if (Fcb->Node->FirstCluster == 0 && Fcb->Node->Size == 0)
        Fcb->File.Built = 1;
    else
        Status = FatBuildFile(&Fcb->Vcb->Volume, Fcb->Node->FirstCluster, FatClustersFor(&Fcb->Vcb->Volume, Fcb->Node->Size), &Fcb->File);
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    return Status;
}

static CC_FILE_SIZES Sizes(const FAT_FCB *Fcb)
{
    return (CC_FILE_SIZES){ Fcb->Header.AllocationSize, Fcb->Header.FileSize, Fcb->Header.ValidDataLength };
}

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
    CC_FILE_SIZES Now = Sizes(Fcb);

    CcInitializeCacheMap(File, &Now, FALSE, &CacheCallbacks, Fcb);
}

/* F and P exclusive. */
static void SetSizes(FAT_FCB *Fcb, LONG64 Size)
{
    Fcb->Header.FileSize.QuadPart = Size;
    if (Fcb->Header.ValidDataLength.QuadPart > Size)
        Fcb->Header.ValidDataLength.QuadPart = Size;
    if (Fcb->ValidOnDisk > Size)
        Fcb->ValidOnDisk = Size;
    Fcb->Node->Size = (ULONG)Size;
    Fcb->Node->FirstCluster = Size != 0 ? FatFirstCluster(&Fcb->File) : 0;
    Fcb->Header.AllocationSize.QuadPart = (LONG64)Fcb->File.Clusters * Fcb->Vcb->Volume.Geometry.BytesPerCluster;
}

/* The rest of the last page may hold what was cut off before, or what was written behind the end through a view. */
static void ZeroTail(FAT_FCB *Fcb, PFILE_OBJECT File, LONG64 OldSize, LONG64 NewSize)
{
    LARGE_INTEGER Start = { .QuadPart = OldSize }, End = { .QuadPart = (OldSize + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE };

    if (End.QuadPart > NewSize)
        End.QuadPart = NewSize;
    if (Start.QuadPart == End.QuadPart || (Fcb->Sections.DataSectionObject == NULL && Fcb->Sections.SharedCacheMap == NULL))
        return;
    if (File->PrivateCacheMap == NULL)
        FatConnectCache(File, Fcb);
    if (File->PrivateCacheMap != NULL)
        CcZeroData(File, &Start, &End, TRUE);
}

NTSTATUS FatReserveClusters(FAT_FCB *Fcb, LONG64 Bytes)
{
    NTSTATUS Status = FatBuildRuns(Fcb);

    if (!NT_SUCCESS(Status))
        return Status;
    ExAcquireResourceExclusiveLite(&Fcb->PagingIoResource, TRUE);
    Status = FatExtendFile(&Fcb->Vcb->Volume, &Fcb->File, FatClustersFor(&Fcb->Vcb->Volume, (ULONG64)Bytes), FALSE);
    Fcb->Header.AllocationSize.QuadPart = (LONG64)Fcb->File.Clusters * Fcb->Vcb->Volume.Geometry.BytesPerCluster;
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    return Status;
}

NTSTATUS FatGrowFile(FAT_FCB *Fcb, PFILE_OBJECT File, LONG64 NewSize)
{
    LONG64 OldSize = Fcb->Header.FileSize.QuadPart;

    if (NewSize > FAT_MAX_FILE_SIZE)
        return STATUS_DISK_FULL;
    NTSTATUS Status = FatReserveClusters(Fcb, NewSize);
    if (!NT_SUCCESS(Status))
        return Status;
    ExAcquireResourceExclusiveLite(&Fcb->PagingIoResource, TRUE);
    SetSizes(Fcb, NewSize);
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    if (Fcb->Sections.SharedCacheMap != NULL) {
        CC_FILE_SIZES Now = Sizes(Fcb);
        CcSetFileSizes(File, &Now);
    }
    ZeroTail(Fcb, File, OldSize, NewSize);
    File->Flags |= FO_FILE_SIZE_CHANGED | FO_FILE_MODIFIED;
    FatMarkFcbDirty(Fcb);
    return STATUS_SUCCESS;
}

/* On the disk the entry never says more than the chain has. */
static NTSTATUS ShrinkEntry(FAT_FCB *Fcb, LONG64 NewSize)
{
    FAT_NODE *Node = Fcb->Node;
    ULONG OldSize = Node->DiskSize, OldFirst = Node->DiskFirst;

    if (Node->DiskSize <= NewSize && NewSize != 0)
        return STATUS_SUCCESS;
    Node->DiskSize = (ULONG)NewSize;
    if (NewSize == 0)
        Node->DiskFirst = 0;
    NTSTATUS Status = FatPublishNode(&Fcb->Vcb->Volume, Node, FALSE);
    if (!NT_SUCCESS(Status)) {
        Node->DiskSize = OldSize;
        Node->DiskFirst = OldFirst;
    }
    return Status;
}

NTSTATUS FatShrinkFile(FAT_FCB *Fcb, PFILE_OBJECT File, LONG64 NewSize)
{
    LARGE_INTEGER Size = { .QuadPart = NewSize };
    NTSTATUS Status;

    if (!MmCanFileBeTruncated(&Fcb->Sections, &Size))
        return STATUS_USER_MAPPED_FILE;
    Status = FatBuildRuns(Fcb);
    if (!NT_SUCCESS(Status) && NewSize == 0)
        Status = STATUS_SUCCESS; /* a broken chain can still be let go: what of it cannot be found is lost anyway */
    if (NT_SUCCESS(Status))
        Status = ShrinkEntry(Fcb, NewSize);
    if (!NT_SUCCESS(Status))
        return Status;
    ExAcquireResourceExclusiveLite(&Fcb->PagingIoResource, TRUE);
    SetSizes(Fcb, NewSize);
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    if (Fcb->Sections.SharedCacheMap != NULL) {
        CC_FILE_SIZES Now = Sizes(Fcb);
        CcSetFileSizes(File, &Now);
    } else {
        CcPurgeCacheSection(&Fcb->Sections, &Size, 0, FALSE);
    }
    FatTrimClusters(Fcb);
    File->Flags |= FO_FILE_SIZE_CHANGED | FO_FILE_MODIFIED;
    FatMarkFcbDirty(Fcb);
    return STATUS_SUCCESS;
}

void FatTrimClusters(FAT_FCB *Fcb)
{
    ULONG Needed = FatClustersFor(&Fcb->Vcb->Volume, Fcb->Node->Size);

    if (!Fcb->File.Built || Fcb->File.Clusters <= Needed)
        return; /* with F held nobody adds clusters */
    ExAcquireResourceExclusiveLite(&Fcb->PagingIoResource, TRUE);
    if (Fcb->File.Built && Fcb->File.Clusters > Needed) {
        (void)FatTruncateFile(&Fcb->Vcb->Volume, &Fcb->File, Needed);
        Fcb->Header.AllocationSize.QuadPart = (LONG64)Fcb->File.Clusters * Fcb->Vcb->Volume.Geometry.BytesPerCluster;
    }
    ExReleaseResourceLite(&Fcb->PagingIoResource);
}

void FatDiscardFile(FAT_FCB *Fcb, PFILE_OBJECT File)
{
    LARGE_INTEGER Zero = { .QuadPart = 0 };

    FatForgetDirty(Fcb);
    if (FatIsDirectory(Fcb->Node)) {
        if (Fcb->Node->Table != NULL) {
            (void)FatTruncateFile(&Fcb->Vcb->Volume, &Fcb->Node->Table->File, 0);
            FatUnloadDirectory(Fcb->Node);
        }
        return;
    }
    if (!MmCanFileBeTruncated(&Fcb->Sections, &Zero))
        return; /* mapped still: the clusters go with the last file object */
    (void)FatBuildRuns(Fcb);
    ExAcquireResourceExclusiveLite(&Fcb->PagingIoResource, TRUE);
    SetSizes(Fcb, 0);
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    if (File != NULL)
        CcUninitializeCacheMap(File, &Zero, NULL);
    CcPurgeCacheSection(&Fcb->Sections, NULL, 0, TRUE);
    MmForceSectionClosed(&Fcb->Sections, TRUE);
    FatTrimClusters(Fcb);
}

/* SPDX-License-Identifier: MIT */
/*
 * fatio.c - from the disk into memory: sectors, the FAT, and a file's clusters.
 *
 * All disk reads are IRPs to the target device with an MDL; a transfer that covers several runs is several IRPs, each with a partial MDL of
 * the whole, so data go where they belong without a copy.
 */
#include "fat.h"

#define INITIAL_RUNS 8u

static NTSTATUS NTAPI ReadDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Device);
    if (Irp->PendingReturned)
        KeSetEvent(Context, IO_DISK_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS SendRead(PDEVICE_OBJECT Target, ULONG64 Offset, ULONG Length, PMDL Mdl)
{
    KEVENT Event;
    PIRP Irp = IoAllocateIrp(Target->StackSize, FALSE);

    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_READ;
    Stack->Parameters.Read.Length = Length;
    Stack->Parameters.Read.ByteOffset.QuadPart = (LONG64)Offset;
    Irp->MdlAddress = Mdl;
    Irp->Flags = IRP_NOCACHE;
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    IoSetCompletionRoutine(Irp, ReadDone, &Event, TRUE, TRUE, TRUE);
    if (IoCallDriver(Target, Irp) == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    NTSTATUS Status = Irp->IoStatus.Status;
    if (NT_SUCCESS(Status) && Irp->IoStatus.Information != Length)
        Status = STATUS_DISK_CORRUPT_ERROR;
    Irp->MdlAddress = NULL;
    IoFreeIrp(Irp);
    return Status;
}

NTSTATUS FatReadDiskMdl(PDEVICE_OBJECT Target, ULONG64 Offset, ULONG Length, PMDL Mdl, ULONG MdlOffset)
{
    if (MdlOffset == 0 && Length == MmGetMdlByteCount(Mdl))
        return SendRead(Target, Offset, Length, Mdl);

    PUCHAR Address = (PUCHAR)MmGetMdlVirtualAddress(Mdl) + MdlOffset;
    PMDL Part = IoAllocateMdl(Address, Length, FALSE, FALSE, NULL);
    if (Part == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoBuildPartialMdl(Mdl, Part, Address, Length);
    NTSTATUS Status = SendRead(Target, Offset, Length, Part);
    IoFreeMdl(Part);
    return Status;
}

NTSTATUS FatReadDisk(PDEVICE_OBJECT Target, ULONG64 Offset, ULONG Length, PVOID Buffer)
{
    PMDL Mdl = IoAllocateMdl(Buffer, Length, FALSE, FALSE, NULL);

    if (Mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(Mdl);
    NTSTATUS Status = SendRead(Target, Offset, Length, Mdl);
    IoFreeMdl(Mdl);
    return Status;
}

/* B held. */
static NTSTATUS LoadFatBlock(FAT_VCB *Vcb, ULONG Index)
{
    ULONG64 Start = (ULONG64)Index * FAT_BLOCK_SIZE, Sector = Vcb->Geometry.BytesPerSector;
    ULONG64 Length = (Vcb->Geometry.FatBytes - Start + Sector - 1) / Sector * Sector;

    if (Vcb->FatBlocks[Index] != NULL)
        return STATUS_SUCCESS;
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPool, FAT_BLOCK_SIZE, FAT_TAG_BLOCK);
    if (Block == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Length > FAT_BLOCK_SIZE)
        Length = FAT_BLOCK_SIZE;
    NTSTATUS Status = FatReadDisk(Vcb->Target, Vcb->Geometry.FatOffset + Start, (ULONG)Length, Block);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Block, FAT_TAG_BLOCK);
        return Status;
    }
    Vcb->FatBlocks[Index] = Block;
    return STATUS_SUCCESS;
}

FAT_STATUS FatReadFat(void *Context, uint64_t Offset, uint32_t Length, void *Buffer)
{
    FAT_VCB *Vcb = Context;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Offset > Vcb->Geometry.FatBytes || Length > Vcb->Geometry.FatBytes - Offset)
        return STATUS_FILE_CORRUPT_ERROR;
    ExAcquireFastMutex(&Vcb->FatMutex);
    /* A FAT12 entry may lie across two blocks. */
    for (uint32_t Done = 0; Done < Length && NT_SUCCESS(Status); Done++) {
        ULONG Index = (ULONG)((Offset + Done) / FAT_BLOCK_SIZE);
        Status = LoadFatBlock(Vcb, Index);
        if (NT_SUCCESS(Status))
            ((PUCHAR)Buffer)[Done] = Vcb->FatBlocks[Index][(Offset + Done) % FAT_BLOCK_SIZE];
    }
    ExReleaseFastMutex(&Vcb->FatMutex);
    return Status;
}

NTSTATUS FatCountFreeClusters(FAT_VCB *Vcb, PULONG Free)
{
    ULONG Count = 0;
    uint32_t Value;

    if (Vcb->FreeClusters == MAXULONG) {
        for (ULONG Cluster = 2; Cluster - 2 < Vcb->Geometry.ClusterCount; Cluster++) {
            NTSTATUS Status = FatReadEntry(&Vcb->Geometry, FatReadFat, Vcb, Cluster, &Value);
            if (!NT_SUCCESS(Status))
                return Status;
            Count += Value == 0;
        }
        Vcb->FreeClusters = Count;
    }
    *Free = Vcb->FreeClusters;
    return STATUS_SUCCESS;
}

/* Appends a run, growing the array; *Runs is the caller's to free also on failure. */
static NTSTATUS AppendRun(FAT_RUN **Runs, PULONG Count, PULONG Room, const FAT_RUN *Run)
{
    if (*Count == *Room) {
        ULONG NewRoom = *Room == 0 ? INITIAL_RUNS : *Room * 2;
        FAT_RUN *New = ExAllocatePoolWithTag(NonPagedPool, NewRoom * sizeof(FAT_RUN), FAT_TAG_FCB);
        if (New == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        if (*Runs != NULL) {
            RtlCopyMemory(New, *Runs, *Count * sizeof(FAT_RUN));
            ExFreePoolWithTag(*Runs, FAT_TAG_FCB);
        }
        *Runs = New;
        *Room = NewRoom;
    }
    (*Runs)[(*Count)++] = *Run;
    return STATUS_SUCCESS;
}

static NTSTATUS WalkChain(FAT_VCB *Vcb, const FAT_NODE *Node, FAT_RUN **Runs, PULONG Count)
{
    ULONG Left = (ULONG)(((ULONG64)Node->Size + Vcb->Geometry.BytesPerCluster - 1) / Vcb->Geometry.BytesPerCluster), Room = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    FAT_CHAIN Chain;
    FAT_RUN Run;

    FatStartChain(&Chain, &Vcb->Geometry, FatReadFat, Vcb, Node->FirstCluster);
    while (Left != 0) {
        Status = FatNextRun(&Chain, Left, &Run);
        if (Status == FAT_NO_MORE)
            Status = STATUS_FILE_CORRUPT_ERROR; /* shorter than the directory entry says */
        if (NT_SUCCESS(Status))
            Status = AppendRun(Runs, Count, &Room, &Run);
        if (!NT_SUCCESS(Status))
            return Status;
        Left -= Run.Count;
    }
    /* More clusters than the size asks for are allowed, but the chain must come to an end: else it is a loop. */
    while (Status == FAT_SUCCESS && Node->Size != 0)
        Status = FatNextRun(&Chain, MAXULONG, &Run);
    return Status == FAT_NO_MORE ? STATUS_SUCCESS : Status;
}

NTSTATUS FatBuildRuns(FAT_FCB *Fcb)
{
    FAT_RUN *Runs = NULL;
    ULONG Count = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    ExAcquireResourceExclusiveLite(&Fcb->PagingIoResource, TRUE);
    if (!Fcb->RunsBuilt) {
        Status = WalkChain(Fcb->Vcb, Fcb->Node, &Runs, &Count);
        if (NT_SUCCESS(Status)) {
            Fcb->Runs = Runs;
            Fcb->RunCount = Count;
            Fcb->RunsBuilt = TRUE;
        } else if (Runs != NULL) {
            ExFreePoolWithTag(Runs, FAT_TAG_FCB);
        }
    }
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    return Status;
}

static const FAT_RUN *FindRun(const FAT_FCB *Fcb, ULONG FileCluster)
{
    ULONG Low = 0, High = Fcb->RunCount;

    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        const FAT_RUN *Run = &Fcb->Runs[Middle];
        if (FileCluster < Run->FileCluster)
            High = Middle;
        else if (FileCluster - Run->FileCluster >= Run->Count)
            Low = Middle + 1;
        else
            return Run;
    }
    return NULL;
}

NTSTATUS FatReadFileMdl(FAT_FCB *Fcb, ULONG64 Offset, ULONG Length, PMDL Mdl, ULONG MdlOffset)
{
    const FAT_GEOMETRY *Geometry = &Fcb->Vcb->Geometry;
    ULONG ClusterSize = Geometry->BytesPerCluster;

    while (Length != 0) {
        ULONG FileCluster = (ULONG)(Offset / ClusterSize), InCluster = (ULONG)(Offset % ClusterSize);
        const FAT_RUN *Run = FindRun(Fcb, FileCluster);
        if (Run == NULL)
            return STATUS_FILE_CORRUPT_ERROR;
        ULONG Skipped = FileCluster - Run->FileCluster;
        ULONG64 Here = (ULONG64)(Run->Count - Skipped) * ClusterSize - InCluster;
        ULONG Chunk = Here < Length ? (ULONG)Here : Length;
        NTSTATUS Status = FatReadDiskMdl(Fcb->Vcb->Target, FatClusterOffset(Geometry, Run->DiskCluster + Skipped) + InCluster, Chunk, Mdl,
                                         MdlOffset);
        if (!NT_SUCCESS(Status))
            return Status;
        Offset += Chunk;
        MdlOffset += Chunk;
        Length -= Chunk;
    }
    return STATUS_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * fatio.c - between memory and the disk: sectors, and a file's clusters; and what fatcore asks of its environment.
 *
 * All transfers are IRPs to the target device with an MDL; one that covers several runs is several IRPs, each with a partial MDL of
 * the whole, so data go where they belong without a copy.
 */
#include "fat.h"

static NTSTATUS NTAPI TransferDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Device);
    if (Irp->PendingReturned)
        KeSetEvent(Context, IO_DISK_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* A request that is waited for may lie on the stack of who waits, if the devices below are not unusually many. */
#define OWN_LOCATIONS 4
typedef struct _OWN_IRP {
    IRP Irp;
    IO_STACK_LOCATION Locations[OWN_LOCATIONS];
} OWN_IRP;

static NTSTATUS Send(PDEVICE_OBJECT Target, UCHAR Major, ULONG64 Offset, ULONG Length, PMDL Mdl)
{
    KEVENT Event;
    OWN_IRP Own;
    /* cppcheck-suppress uninitvar ; only its address is taken */
    PIRP Irp = Target->StackSize <= OWN_LOCATIONS ? &Own.Irp : IoAllocateIrp(Target->StackSize, FALSE);

    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Irp == &Own.Irp)
        IoInitializeIrp(Irp, IoSizeOfIrp(Target->StackSize), Target->StackSize);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = Major;
    Stack->Parameters.Read.Length = Length; /* Write is laid out alike */
    Stack->Parameters.Read.ByteOffset.QuadPart = (LONG64)Offset;
    Irp->MdlAddress = Mdl;
    Irp->Flags = Mdl != NULL ? IRP_NOCACHE : 0;
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    IoSetCompletionRoutine(Irp, TransferDone, &Event, TRUE, TRUE, TRUE);
    if (IoCallDriver(Target, Irp) == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    NTSTATUS Status = Irp->IoStatus.Status;
    if (NT_SUCCESS(Status) && Irp->IoStatus.Information != Length)
        Status = STATUS_DISK_CORRUPT_ERROR;
    Irp->MdlAddress = NULL;
    if (Irp != &Own.Irp)
        IoFreeIrp(Irp);
    return Status;
}

NTSTATUS FatTransferDiskMdl(PDEVICE_OBJECT Target, ULONG64 Offset, ULONG Length, PMDL Mdl, ULONG MdlOffset, BOOLEAN Write)
{
    UCHAR Major = Write ? IRP_MJ_WRITE : IRP_MJ_READ;

    if (MdlOffset == 0 && Length == MmGetMdlByteCount(Mdl))
        return Send(Target, Major, Offset, Length, Mdl);

    PUCHAR Address = (PUCHAR)MmGetMdlVirtualAddress(Mdl) + MdlOffset;
    PMDL Part = IoAllocateMdl(Address, Length, FALSE, FALSE, NULL);
    if (Part == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoBuildPartialMdl(Mdl, Part, Address, Length);
    NTSTATUS Status = Send(Target, Major, Offset, Length, Part);
    IoFreeMdl(Part);
    return Status;
}

/* A sector or two, as nearly all of the file system's own transfers are, needs an MDL of two pages at most. */
typedef struct _SMALL_MDL {
    MDL Mdl;
    PFN_NUMBER Frames[2];
} SMALL_MDL;

NTSTATUS FatTransferDisk(PDEVICE_OBJECT Target, ULONG64 Offset, ULONG Length, PVOID Buffer, BOOLEAN Write)
{
    SMALL_MDL Small;
    /* cppcheck-suppress uninitvar ; only its address is taken */
    PMDL Mdl = Length <= PAGE_SIZE ? &Small.Mdl : IoAllocateMdl(Buffer, Length, FALSE, FALSE, NULL);

    if (Mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Mdl == &Small.Mdl)
        MmInitializeMdl(Mdl, Buffer, Length);
    MmBuildMdlForNonPagedPool(Mdl);
    NTSTATUS Status = Send(Target, Write ? IRP_MJ_WRITE : IRP_MJ_READ, Offset, Length, Mdl);
    if (Mdl != &Small.Mdl)
        IoFreeMdl(Mdl);
    return Status;
}

/* A disk without a cache of its own knows nothing to flush. */
NTSTATUS FatFlushDisk(PDEVICE_OBJECT Target)
{
    NTSTATUS Status = Send(Target, IRP_MJ_FLUSH_BUFFERS, 0, 0, NULL);
    return Status == STATUS_INVALID_DEVICE_REQUEST ? STATUS_SUCCESS : Status;
}

/* ---- fatcore's environment ---------------------------------------------------------------------------------------------------------- */

void *FatAllocate(size_t Bytes)
{
    return ExAllocatePoolWithTag(NonPagedPool, Bytes, FAT_TAG_CORE);
}

void FatRelease(void *Memory)
{
    ExFreePoolWithTag(Memory, FAT_TAG_CORE);
}

FAT_STATUS FatDeviceRead(void *Device, uint64_t Offset, uint32_t Length, void *Buffer)
{
    return FatTransferDisk(((FAT_VCB *)Device)->Target, Offset, Length, Buffer, FALSE);
}

FAT_STATUS FatDeviceWrite(void *Device, uint64_t Offset, uint32_t Length, const void *Buffer)
{
    FAT_VCB *Vcb = Device;

    Vcb->Quiet = 0;
    if (Vcb->WriteProtected)
        return STATUS_MEDIA_WRITE_PROTECTED;
    return FatTransferDisk(Vcb->Target, Offset, Length, (PVOID)(ULONG_PTR)Buffer, TRUE);
}

void FatLockTable(FAT_VOLUME *Volume)
{
    ExAcquireFastMutex(&((FAT_VCB *)Volume->Device)->TableMutex);
}

void FatUnlockTable(FAT_VOLUME *Volume)
{
    ExReleaseFastMutex(&((FAT_VCB *)Volume->Device)->TableMutex);
}

void FatLockDirectories(FAT_VOLUME *Volume)
{
    ExAcquireFastMutex(&((FAT_VCB *)Volume->Device)->DirectoryMutex);
}

void FatUnlockDirectories(FAT_VOLUME *Volume)
{
    ExReleaseFastMutex(&((FAT_VCB *)Volume->Device)->DirectoryMutex);
}

int64_t FatNow(void)
{
    LARGE_INTEGER Now;

    KeQuerySystemTime(&Now);
    return Now.QuadPart;
}

uint16_t FatUpcase(uint16_t Unit)
{
    return RtlUpcaseUnicodeChar(Unit);
}

/* ---- files -------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS TransferFile(FAT_FCB *Fcb, LONG64 Offset, ULONG Length, PMDL Mdl, BOOLEAN Write)
{
    ULONG Done = 0;

    while (Done < Length) {
        uint64_t Left;
        ULONG64 Disk = FatMapOffset(&Fcb->Vcb->Volume, &Fcb->File, (ULONG64)Offset + Done, &Left);
        if (Disk == 0)
            return STATUS_FILE_CORRUPT_ERROR;
        ULONG Chunk = Left < Length - Done ? (ULONG)Left : Length - Done;
        NTSTATUS Status = FatTransferDiskMdl(Fcb->Vcb->Target, Disk, Chunk, Mdl, Done, Write);
        if (!NT_SUCCESS(Status))
            return Status;
        Done += Chunk;
    }
    return STATUS_SUCCESS;
}

NTSTATUS FatReadFileMdl(FAT_FCB *Fcb, LONG64 Offset, ULONG Length, PMDL Mdl)
{
    ULONG Sector = Fcb->Vcb->Volume.Geometry.BytesPerSector;
    ULONG Valid = Fcb->ValidOnDisk <= Offset ? 0 : Fcb->ValidOnDisk - Offset < Length ? (ULONG)(Fcb->ValidOnDisk - Offset) : Length;

    NTSTATUS Status = TransferFile(Fcb, Offset, (Valid + Sector - 1) / Sector * Sector, Mdl, FALSE);
    if (NT_SUCCESS(Status) && Valid < Length) {
        PUCHAR Buffer = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
        if (Buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(Buffer + Valid, Length - Valid);
    }
    return Status;
}

/* The gap between what is valid and what is written now becomes zero on the disk first. */
NTSTATUS FatWriteFileMdl(FAT_FCB *Fcb, LONG64 Offset, ULONG Length, PMDL Mdl, LONG64 Limit)
{
    LONG64 Sector = Fcb->Vcb->Volume.Geometry.BytesPerSector, Valid = (Fcb->ValidOnDisk + Sector - 1) / Sector * Sector;
    NTSTATUS Status = STATUS_SUCCESS;

    Fcb->Vcb->Quiet = 0;
    if (Fcb->Vcb->WriteProtected)
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (Offset > Valid)
        Status = FatZeroFile(&Fcb->Vcb->Volume, &Fcb->File, (ULONG64)Valid, (ULONG64)Offset);
    if (NT_SUCCESS(Status))
        Status = TransferFile(Fcb, Offset, Length, Mdl, TRUE);
    if (NT_SUCCESS(Status) && Offset + Length > Fcb->ValidOnDisk)
        Fcb->ValidOnDisk = Offset + Length < Limit ? Offset + Length : Limit;
    return Status;
}

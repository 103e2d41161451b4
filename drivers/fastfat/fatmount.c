/* SPDX-License-Identifier: MIT */
/*
 * fatmount.c - IRP_MN_MOUNT_VOLUME: is this disk a FAT volume, and if so a device object for it.
 *
 * The I/O manager asks each registered file system when a disk is first opened; STATUS_UNRECOGNIZED_VOLUME lets it ask the next one.
 */
#include "fat.h"

#define IsWritable CTL_CODE(FILE_DEVICE_DISK, 0x0009, METHOD_BUFFERED, FILE_ANY_ACCESS) /* IOCTL_DISK_IS_WRITABLE */

/* A control request to the disk that returns a structure. */
static NTSTATUS QueryDisk(PDEVICE_OBJECT Target, ULONG Code, PVOID Buffer, ULONG Length)
{
    KEVENT Event;
    IO_STATUS_BLOCK IoStatus;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildDeviceIoControlRequest(Code, Target, NULL, 0, Buffer, Length, FALSE, &Event, &IoStatus);
    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = IoCallDriver(Target, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = IoStatus.Status;
    }
    return Status;
}

static NTSTATUS ReadGeometry(PDEVICE_OBJECT Target, FAT_GEOMETRY *Geometry)
{
    struct { LARGE_INTEGER Cylinders; ULONG MediaType, TracksPerCylinder, SectorsPerTrack, BytesPerSector; } Disk;
    LARGE_INTEGER Length;
    const ULONG GetGeometry = CTL_CODE(FILE_DEVICE_DISK, 0x0000, METHOD_BUFFERED, FILE_ANY_ACCESS);
    const ULONG GetLength = CTL_CODE(FILE_DEVICE_DISK, 0x0017, METHOD_BUFFERED, FILE_READ_ACCESS);

    NTSTATUS Status = QueryDisk(Target, GetGeometry, &Disk, sizeof Disk);
    if (NT_SUCCESS(Status))
        Status = QueryDisk(Target, GetLength, &Length, sizeof Length);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Disk.BytesPerSector < FAT_BOOT_SECTOR_SIZE || Disk.BytesPerSector > FAT_BLOCK_SIZE)
        return STATUS_UNRECOGNIZED_VOLUME;

    PUCHAR Sector = ExAllocatePoolWithTag(NonPagedPool, Disk.BytesPerSector, FAT_TAG_BUFFER);
    if (Sector == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = FatTransferDisk(Target, 0, Disk.BytesPerSector, Sector, FALSE);
    if (NT_SUCCESS(Status))
        Status = FatParseBootSector(Sector, (ULONG64)Length.QuadPart, Geometry);
    /* The volume's sectors may be larger than the disk's, never smaller. */
    if (NT_SUCCESS(Status) && Geometry->BytesPerSector < Disk.BytesPerSector)
        Status = STATUS_UNRECOGNIZED_VOLUME;
    ExFreePoolWithTag(Sector, FAT_TAG_BUFFER);
    return Status;
}

static NTSTATUS InitializeVcb(FAT_VCB *Vcb, PDEVICE_OBJECT Device, PDEVICE_OBJECT Target, PVPB Vpb, const FAT_GEOMETRY *Geometry)
{
    Vcb->NodeTypeCode = FAT_NODE_TYPE_VCB;
    Vcb->Device = Device;
    Vcb->Target = Target;
    Vcb->Vpb = Vpb;
    Vcb->Volume.Geometry = *Geometry;
    Vcb->Volume.Device = Vcb;
    Vcb->WriteProtected = QueryDisk(Target, IsWritable, NULL, 0) == STATUS_MEDIA_WRITE_PROTECTED;
    ExInitializeFastMutex(&Vcb->DirectoryMutex);
    ExInitializeFastMutex(&Vcb->TableMutex);
    ExInitializeResourceLite(&Vcb->Resource);
    InitializeListHead(&Vcb->NotifyList);
    FsRtlNotifyInitializeSync(&Vcb->NotifySync);
    NTSTATUS Status = FatMakeKnownPaths(Vcb);
    if (NT_SUCCESS(Status))
        Status = FatOpenVolume(&Vcb->Volume);
    if (NT_SUCCESS(Status))
        Status = FatCreateFcb(Vcb, NULL, &Vcb->VolumeFcb);
    return Status;
}

static void DestroyVcb(FAT_VCB *Vcb)
{
    FatCloseVolume(&Vcb->Volume);
    if (Vcb->VolumeFcb != NULL)
        FatFreeFcb(Vcb->VolumeFcb);
    FsRtlNotifyUninitializeSync(&Vcb->NotifySync);
    ExDeleteResourceLite(&Vcb->Resource);
    FatFreeKnownPaths(Vcb);
}

NTSTATUS FatMountVolume(PDEVICE_OBJECT Target, PVPB Vpb)
{
    FAT_GEOMETRY Geometry;
    PDEVICE_OBJECT Device;
    uint32_t LabelLength;

    NTSTATUS Status = ReadGeometry(Target, &Geometry);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IoCreateDevice(FatControlDevice->DriverObject, sizeof(FAT_VCB), NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    /* Direct I/O: the I/O manager locks the caller's buffer, so a bad pointer never gets here. */
    Device->Flags |= DO_DIRECT_IO;
    Device->StackSize = (CCHAR)(Target->StackSize + 1);
    Device->SectorSize = (USHORT)Geometry.BytesPerSector;
    Device->AlignmentRequirement = Target->AlignmentRequirement;

    Status = InitializeVcb(FatVcbOf(Device), Device, Target, Vpb, &Geometry);
    if (!NT_SUCCESS(Status)) {
        DestroyVcb(FatVcbOf(Device));
        IoDeleteDevice(Device);
        return Status;
    }
    Vpb->SerialNumber = Geometry.SerialNumber;
    (void)FatGetLabel(&FatVcbOf(Device)->Volume, Vpb->VolumeLabel, &LabelLength);
    Vpb->VolumeLabelLength = (USHORT)(LabelLength * sizeof(WCHAR));
    Vpb->DeviceObject = Device;
    FatAddVolume(FatVcbOf(Device));
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

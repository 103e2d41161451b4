/* SPDX-License-Identifier: MIT */
/*
 * virtblk.c - DriverEntry: every virtio block device becomes a disk; and the requests of its devices.
 */
#include "virtblk.h"

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI VbOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, FILE_OPENED);
}

static NTSTATUS NTAPI VbReadWrite(PDEVICE_OBJECT Device, PIRP Irp)
{
    VB_VOLUME *Volume = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    BOOLEAN Write = Stack->MajorFunction == IRP_MJ_WRITE;
    ULONG Length = Stack->Parameters.Read.Length, Sector = Volume->Disk->SectorSize; /* Write is laid out alike */
    LONG64 Offset = Stack->Parameters.Read.ByteOffset.QuadPart;
    ULONG64 Size = Volume->Count * VB_SECTOR;

    if (Offset < 0 || Offset % Sector != 0 || Length % Sector != 0)
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    if ((ULONG64)Offset > Size || Length > Size - (ULONG64)Offset)
        return Complete(Irp, STATUS_NONEXISTENT_SECTOR, 0);
    if (Write && Volume->Disk->ReadOnly)
        return Complete(Irp, STATUS_MEDIA_WRITE_PROTECTED, 0);
    if (Length == 0)
        return Complete(Irp, STATUS_SUCCESS, 0);
    if (Irp->MdlAddress == NULL)
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    VbIrpOffset(Irp) = Volume->First * VB_SECTOR + (ULONG64)Offset;
    VbIrpKind(Irp) = Write ? VB_WRITE : VB_READ;
    return VbSend(Volume->Disk, Irp);
}

/* What was written is on the medium when this completes; a device without the feature writes through. */
static NTSTATUS NTAPI VbFlush(PDEVICE_OBJECT Device, PIRP Irp)
{
    VB_VOLUME *Volume = Device->DeviceExtension;

    if (!Volume->Disk->CanFlush || Volume->Disk->ReadOnly)
        return Complete(Irp, STATUS_SUCCESS, 0);
    VbIrpKind(Irp) = VB_FLUSH;
    VbIrpOffset(Irp) = 0;
    return VbSend(Volume->Disk, Irp);
}

static NTSTATUS NTAPI VbDeviceControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    ULONG_PTR Information = 0;
    NTSTATUS Status = VbControl(Device->DeviceExtension, Irp, &Information);

    return Complete(Irp, Status, Information);
}

static NTSTATUS StartDisk(PDRIVER_OBJECT Driver, VB_DISK *Disk)
{
    NTSTATUS Status = VbMapDevice(Disk);

    if (NT_SUCCESS(Status))
        Status = VbStartDevice(Disk);
    if (!NT_SUCCESS(Status)) {
        VbUnmapDevice(Disk);
        return Status;
    }
    return VbCreateVolumes(Driver, Disk);
}

static ULONG DiskCount; /* DriverEntry's thread only */

static void OnFound(PVOID Context, ULONG Bus, ULONG Slot)
{
    PDRIVER_OBJECT Driver = Context;

    if (DiskCount == VB_MAX_DISKS)
        return;
    VB_DISK *Disk = ExAllocatePoolWithTag(NonPagedPool, sizeof *Disk, VB_TAG);
    if (Disk == NULL)
        return;
    RtlZeroMemory(Disk, sizeof *Disk);
    Disk->Number = DiskCount;
    Disk->Bus = Bus;
    Disk->Slot = Slot;
    PDEVICE_OBJECT Before = Driver->DeviceObject;
    NTSTATUS Status = StartDisk(Driver, Disk);
    if (NT_SUCCESS(Status)) {
        DiskCount++;
        return;
    }
    DbgPrint("virtblk: the device at %lu.%lx: status 0x%08lx\n", Bus, Slot, (ULONG)Status);
    if (Driver->DeviceObject == Before) { /* nothing refers to it */
        VbStopDevice(Disk);
        ExFreePoolWithTag(Disk, VB_TAG);
    } else {
        DiskCount++;
    }
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->MajorFunction[IRP_MJ_CREATE] = VbOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = VbOpenClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = VbOpenClose;
    Driver->MajorFunction[IRP_MJ_READ] = VbReadWrite;
    Driver->MajorFunction[IRP_MJ_WRITE] = VbReadWrite;
    Driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = VbFlush;
    Driver->MajorFunction[IRP_MJ_SHUTDOWN] = VbFlush;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = VbDeviceControl;
    VbEnumerate(OnFound, Driver);
    /* No disk is no failure: the driver has nothing to do. */
    return STATUS_SUCCESS;
}

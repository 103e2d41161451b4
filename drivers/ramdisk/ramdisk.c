/* SPDX-License-Identifier: MIT */
/*
 * ramdisk.sys - the volume image that the boot loader put into memory, as a disk: \Device\RamDisk0.
 *
 * The disk has no partition table: it is one partition that starts at sector 0.  Requests are finished in the dispatch routine, there is nothing to wait
 * for.  Reads and writes are direct I/O: the buffer is described by an MDL.  Two writers of one sector at once get what two writers of one
 * sector get on any disk; so no lock.
 *
 * Where the image lies is asked of the kernel's IoGetBootRamDisk, looked up by name, so that the driver links with any ntoskrnl import library.
 */
#include <ntddk.h>
#include <ntdddisk.h>

#define SECTOR_SIZE 512u
#define SECTORS_PER_TRACK 63u
#define TRACKS_PER_CYLINDER 255u

typedef NTSTATUS(NTAPI *GET_BOOT_RAM_DISK)(PPHYSICAL_ADDRESS Base, PLARGE_INTEGER Size);

typedef struct _RAM_DISK {
    PUCHAR Base;
    ULONG64 Size; /* whole sectors */
} RAM_DISK;

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, NT_SUCCESS(Status) ? IO_DISK_INCREMENT : IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI RamDiskOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, FILE_OPENED);
}

static NTSTATUS NTAPI RamDiskReadWrite(PDEVICE_OBJECT Device, PIRP Irp)
{
    RAM_DISK *Disk = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->Parameters.Read.Length; /* Write is laid out alike */
    LONG64 Offset = Stack->Parameters.Read.ByteOffset.QuadPart;

    if (Offset < 0 || Offset % SECTOR_SIZE != 0 || Length % SECTOR_SIZE != 0)
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    if ((ULONG64)Offset > Disk->Size || Length > Disk->Size - (ULONG64)Offset)
        return Complete(Irp, STATUS_NONEXISTENT_SECTOR, 0);
    if (Length == 0)
        return Complete(Irp, STATUS_SUCCESS, 0);
    PVOID Buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (Buffer == NULL)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    if (Stack->MajorFunction == IRP_MJ_READ)
        RtlCopyMemory(Buffer, Disk->Base + Offset, Length);
    else
        RtlCopyMemory(Disk->Base + Offset, Buffer, Length);
    return Complete(Irp, STATUS_SUCCESS, Length);
}

static void GetGeometry(const RAM_DISK *Disk, PDISK_GEOMETRY Geometry)
{
    ULONG64 Cylinders = Disk->Size / (SECTOR_SIZE * SECTORS_PER_TRACK * TRACKS_PER_CYLINDER);

    Geometry->Cylinders.QuadPart = Cylinders != 0 ? (LONG64)Cylinders : 1;
    Geometry->MediaType = FixedMedia;
    Geometry->TracksPerCylinder = TRACKS_PER_CYLINDER;
    Geometry->SectorsPerTrack = SECTORS_PER_TRACK;
    Geometry->BytesPerSector = SECTOR_SIZE;
}

static void GetPartition(const RAM_DISK *Disk, PPARTITION_INFORMATION Partition)
{
    RtlZeroMemory(Partition, sizeof *Partition);
    Partition->PartitionLength.QuadPart = (LONG64)Disk->Size;
    Partition->PartitionType = PARTITION_FAT32;
    Partition->RecognizedPartition = TRUE;
}

static void GetPartitionEx(const RAM_DISK *Disk, PPARTITION_INFORMATION_EX Partition)
{
    RtlZeroMemory(Partition, sizeof *Partition);
    Partition->PartitionStyle = PARTITION_STYLE_MBR;
    Partition->PartitionLength.QuadPart = (LONG64)Disk->Size;
    Partition->Mbr.PartitionType = PARTITION_FAT32;
    Partition->Mbr.RecognizedPartition = TRUE;
}

/* Fills the answer into the request's buffer (at most 256 bytes needed); *Size: how long it is. */
static NTSTATUS Answer(const RAM_DISK *Disk, ULONG Code, PVOID Buffer, ULONG Length, PULONG Size)
{
    switch (Code) {
    case IOCTL_DISK_GET_DRIVE_GEOMETRY: *Size = sizeof(DISK_GEOMETRY); break;
    case IOCTL_DISK_GET_LENGTH_INFO: *Size = sizeof(GET_LENGTH_INFORMATION); break;
    case IOCTL_DISK_GET_PARTITION_INFO: *Size = sizeof(PARTITION_INFORMATION); break;
    case IOCTL_DISK_GET_PARTITION_INFO_EX: *Size = sizeof(PARTITION_INFORMATION_EX); break;
    case IOCTL_STORAGE_GET_DEVICE_NUMBER: *Size = sizeof(STORAGE_DEVICE_NUMBER); break;
    case IOCTL_DISK_CHECK_VERIFY:
    case IOCTL_STORAGE_CHECK_VERIFY:
    case IOCTL_STORAGE_CHECK_VERIFY2:
    case IOCTL_DISK_IS_WRITABLE: *Size = 0; return STATUS_SUCCESS;
    default: *Size = 0; return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (Length < *Size)
        return STATUS_BUFFER_TOO_SMALL;
    if (Code == IOCTL_DISK_GET_DRIVE_GEOMETRY)
        GetGeometry(Disk, Buffer);
    else if (Code == IOCTL_DISK_GET_LENGTH_INFO)
        ((PGET_LENGTH_INFORMATION)Buffer)->Length.QuadPart = (LONG64)Disk->Size;
    else if (Code == IOCTL_DISK_GET_PARTITION_INFO)
        GetPartition(Disk, Buffer);
    else if (Code == IOCTL_DISK_GET_PARTITION_INFO_EX)
        GetPartitionEx(Disk, Buffer);
    else
        *(PSTORAGE_DEVICE_NUMBER)Buffer = (STORAGE_DEVICE_NUMBER){ .DeviceType = FILE_DEVICE_DISK, .PartitionNumber = (ULONG)-1 };
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI RamDiskControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Size;
    NTSTATUS Status = Answer(Device->DeviceExtension, Stack->Parameters.DeviceIoControl.IoControlCode, Irp->AssociatedIrp.SystemBuffer,
                             Stack->Parameters.DeviceIoControl.OutputBufferLength, &Size);

    return Complete(Irp, Status, NT_SUCCESS(Status) ? Size : 0);
}

static NTSTATUS NTAPI RamDiskFlush(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS FindImage(RAM_DISK *Disk)
{
    UNICODE_STRING Name;
    PHYSICAL_ADDRESS Base;
    LARGE_INTEGER Size;

    RtlInitUnicodeString(&Name, L"IoGetBootRamDisk");
    GET_BOOT_RAM_DISK GetBootRamDisk = (GET_BOOT_RAM_DISK)MmGetSystemRoutineAddress(&Name);
    if (GetBootRamDisk == NULL)
        return STATUS_NOT_SUPPORTED;
    NTSTATUS Status = GetBootRamDisk(&Base, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    Disk->Size = (ULONG64)Size.QuadPart & ~(ULONG64)(SECTOR_SIZE - 1);
    Disk->Base = Disk->Size == 0 ? NULL : MmMapIoSpace(Base, (SIZE_T)Disk->Size, MmCached);
    /* Where `nrun --get` finds it afterwards. */
    DbgPrint("ramdisk: %llu bytes at 0x%llx\n", Disk->Size, (ULONG64)Base.QuadPart);
    return Disk->Base == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static VOID NTAPI RamDiskUnload(PDRIVER_OBJECT Driver)
{
    RAM_DISK *Disk = Driver->DeviceObject->DeviceExtension;

    MmUnmapIoSpace(Disk->Base, (SIZE_T)Disk->Size);
    IoDeleteDevice(Driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    RAM_DISK Disk;
    UNICODE_STRING Name;
    PDEVICE_OBJECT Device;

    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS Status = FindImage(&Disk);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&Name, L"\\Device\\RamDisk0");
    Status = IoCreateDevice(Driver, sizeof(RAM_DISK), &Name, FILE_DEVICE_DISK, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        MmUnmapIoSpace(Disk.Base, (SIZE_T)Disk.Size);
        return Status;
    }
    *(RAM_DISK *)Device->DeviceExtension = Disk;
    Device->SectorSize = SECTOR_SIZE;
    Device->AlignmentRequirement = FILE_BYTE_ALIGNMENT;
    Driver->MajorFunction[IRP_MJ_CREATE] = RamDiskOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = RamDiskOpenClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = RamDiskOpenClose;
    Driver->MajorFunction[IRP_MJ_READ] = RamDiskReadWrite;
    Driver->MajorFunction[IRP_MJ_WRITE] = RamDiskReadWrite;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = RamDiskControl;
    Driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = RamDiskFlush;
    Driver->MajorFunction[IRP_MJ_SHUTDOWN] = RamDiskFlush;
    Driver->DriverUnload = RamDiskUnload;
    Device->Flags |= DO_DIRECT_IO;
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

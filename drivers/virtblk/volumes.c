/* SPDX-License-Identifier: MIT */
/*
 * volumes.c - the devices of a disk: the whole of it, and one for each partition; their names and drive letters.
 *
 * Letters go in the order of discovery, from D: on; from C: on if the machine was started without a RAM disk, so that the system is on the first
 * data partition of the first disk.
 */
#include "virtblk.h"
#include <stdarg.h>

int __cdecl _vsnwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, va_list Arguments);

typedef NTSTATUS(NTAPI *GET_BOOT_RAM_DISK)(PPHYSICAL_ADDRESS Base, PLARGE_INTEGER Size);

static ULONG NextVolume = 1; /* DriverEntry's thread only */
static WCHAR NextLetter;

static void Format(PUNICODE_STRING Name, PWCHAR Buffer, ULONG Room, PCWSTR Text, ...)
{
    va_list Arguments;

    va_start(Arguments, Text);
    _vsnwprintf(Buffer, Room, Text, Arguments);
    va_end(Arguments);
    Buffer[Room - 1] = 0;
    RtlInitUnicodeString(Name, Buffer);
}

static void Link(PCWSTR Text, ULONG A, ULONG B, PUNICODE_STRING Target)
{
    WCHAR Buffer[64];
    UNICODE_STRING Name;

    Format(&Name, Buffer, 64, Text, A, B);
    (void)IoCreateSymbolicLink(&Name, Target);
}

static void MakeDirectory(ULONG Number)
{
    WCHAR Buffer[64];
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;

    Format(&Name, Buffer, 64, L"\\Device\\Harddisk%lu", Number);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (NT_SUCCESS(ZwCreateDirectoryObject(&Handle, DIRECTORY_ALL_ACCESS, &Attributes)))
        ZwClose(Handle);
}

static NTSTATUS CreateDevice(PDRIVER_OBJECT Driver, VB_DISK *Disk, PUNICODE_STRING Name, ULONG64 First, ULONG64 Count, ULONG Number, const PART_ENTRY *Entry)
{
    PDEVICE_OBJECT Device;

    NTSTATUS Status = IoCreateDevice(Driver, sizeof(VB_VOLUME), Name, FILE_DEVICE_DISK, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    *(VB_VOLUME *)Device->DeviceExtension = (VB_VOLUME){ Disk, First, Count, Number, Entry };
    Device->SectorSize = (USHORT)Disk->SectorSize;
    Device->AlignmentRequirement = FILE_BYTE_ALIGNMENT;
    Device->Flags |= DO_DIRECT_IO;
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static WCHAR FirstLetter(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"IoGetBootRamDisk");
    GET_BOOT_RAM_DISK GetBootRamDisk = (GET_BOOT_RAM_DISK)MmGetSystemRoutineAddress(&Name);
    PHYSICAL_ADDRESS Base;
    LARGE_INTEGER Size;

    return GetBootRamDisk != NULL && NT_SUCCESS(GetBootRamDisk(&Base, &Size)) ? L'D' : L'C';
}

/* A volume, in units of 512 bytes; Lettered: programs see it. */
static NTSTATUS CreateVolume(PDRIVER_OBJECT Driver, VB_DISK *Disk, ULONG64 First, ULONG64 Count, const PART_ENTRY *Entry, BOOLEAN Lettered)
{
    ULONG Number = Entry != NULL ? Entry->Number : 1;
    WCHAR Buffer[64];
    UNICODE_STRING Name;

    Format(&Name, Buffer, 64, L"\\Device\\HarddiskVolume%lu", NextVolume);
    NTSTATUS Status = CreateDevice(Driver, Disk, &Name, First, Count, Number, Entry);
    if (!NT_SUCCESS(Status))
        return Status;
    NextVolume++;
    Link(L"\\Device\\Harddisk%lu\\Partition%lu", Disk->Number, Number, &Name);
    if (NextLetter == 0)
        NextLetter = FirstLetter();
    WCHAR Letter = Lettered && NextLetter <= L'Z' ? NextLetter++ : 0;
    if (Letter != 0)
        Link(L"\\GLOBAL\?\?\\%c:", Letter, 0, &Name);
    DbgPrint("virtblk: %wZ: %lu MiB%s%c%s\n", &Name, (ULONG)(Count >> 11), Letter != 0 ? ", " : "", Letter != 0 ? (char)Letter : ' ', Letter != 0 ? ":" : "");
    return STATUS_SUCCESS;
}

/* ---- the table ---------------------------------------------------------------------------------------------------------------------- */

typedef struct _TABLE_READ {
    VB_DISK *Disk;
    PDEVICE_OBJECT Device;
} TABLE_READ;

static NTSTATUS NTAPI ReadDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Event)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PART_STATUS ReadSector(void *Context, uint64_t Sector, void *Buffer)
{
    const TABLE_READ *Read = Context;
    ULONG Length = Read->Disk->SectorSize;
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    KEVENT Event;

    PIRP Irp = IoAllocateIrp(Read->Device->StackSize, FALSE);
    PMDL Mdl = IoAllocateMdl(Buffer, Length, FALSE, FALSE, NULL);
    if (Irp != NULL && Mdl != NULL) {
        MmBuildMdlForNonPagedPool(Mdl);
        KeInitializeEvent(&Event, NotificationEvent, FALSE);
        PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
        Stack->MajorFunction = IRP_MJ_READ;
        Stack->Parameters.Read.Length = Length;
        Stack->Parameters.Read.ByteOffset.QuadPart = (LONG64)(Sector * Length);
        Irp->MdlAddress = Mdl;
        IoSetCompletionRoutine(Irp, ReadDone, &Event, TRUE, TRUE, TRUE);
        (void)IoCallDriver(Read->Device, Irp);
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Irp->IoStatus.Status;
        Irp->MdlAddress = NULL;
    }
    if (Mdl != NULL)
        IoFreeMdl(Mdl);
    if (Irp != NULL)
        IoFreeIrp(Irp);
    return Status;
}

static NTSTATUS ReadTable(VB_DISK *Disk, PDEVICE_OBJECT Device)
{
    TABLE_READ Read = { Disk, Device };
    PUCHAR Buffer = ExAllocatePoolWithTag(NonPagedPool, 2 * Disk->SectorSize, VB_TAG);

    Disk->Table = ExAllocatePoolWithTag(NonPagedPool, sizeof *Disk->Table, VB_TAG);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    if (Buffer != NULL && Disk->Table != NULL)
        Status = PartRead(ReadSector, &Read, Disk->SectorSize, Disk->Sectors / (Disk->SectorSize / VB_SECTOR), Buffer, Disk->Table);
    if (Buffer != NULL)
        ExFreePoolWithTag(Buffer, VB_TAG);
    return Status;
}

/* A disk whose table cannot be read has no volumes; it is there all the same. */
NTSTATUS VbCreateVolumes(PDRIVER_OBJECT Driver, VB_DISK *Disk)
{
    ULONG Factor = Disk->SectorSize / VB_SECTOR;
    WCHAR Buffer[64];
    UNICODE_STRING Name;

    MakeDirectory(Disk->Number);
    Format(&Name, Buffer, 64, L"\\Device\\Harddisk%lu\\DR%lu", Disk->Number, Disk->Number);
    NTSTATUS Status = CreateDevice(Driver, Disk, &Name, 0, Disk->Sectors, 0, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Link(L"\\Device\\Harddisk%lu\\Partition%lu", Disk->Number, 0, &Name);
    Link(L"\\GLOBAL\?\?\\PhysicalDrive%lu", Disk->Number, 0, &Name);
    Status = ReadTable(Disk, Driver->DeviceObject);
    if (!NT_SUCCESS(Status)) {
        DbgPrint("virtblk: the partition table of disk %lu: status 0x%08lx\n", Disk->Number, (ULONG)Status);
        return STATUS_SUCCESS;
    }
    if (Disk->Table->Left != 0)
        DbgPrint("virtblk: disk %lu: %lu partitions that cannot be were left out\n", Disk->Number, Disk->Table->Left);
    if (Disk->Table->Style == PART_RAW)
        return CreateVolume(Driver, Disk, 0, Disk->Sectors, NULL, TRUE);
    for (ULONG Index = 0; Index < Disk->Table->Count && NT_SUCCESS(Status); Index++) {
        const PART_ENTRY *Entry = &Disk->Table->Entry[Index];
        Status = CreateVolume(Driver, Disk, Entry->First * Factor, Entry->Count * Factor, Entry, PartIsData(Disk->Table, Entry) != 0);
    }
    return Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * control.c - what can be asked about a disk or partition: IOCTL_DISK_* and IOCTL_STORAGE_*, all buffered.
 */
#include "virtblk.h"

#define SECTORS_PER_TRACK 63u
#define TRACKS_PER_CYLINDER 255u
#define GEOMETRY_EX_SIZE ((ULONG)FIELD_OFFSET(DISK_GEOMETRY_EX, Data))

typedef struct _ANSWER {
    VB_VOLUME *Volume;
    PVOID Buffer;
    ULONG InputLength, Length; /* of the buffer, in and out */
    ULONG Size;                /* of the answer */
} ANSWER;

static ULONG64 Bytes(const VB_VOLUME *Volume)
{
    return Volume->Count * VB_SECTOR;
}

static void FillGeometry(const VB_VOLUME *Volume, PDISK_GEOMETRY Geometry)
{
    ULONG Sector = Volume->Disk->SectorSize;
    ULONG64 Cylinders = Volume->Disk->Sectors * VB_SECTOR / ((ULONG64)Sector * SECTORS_PER_TRACK * TRACKS_PER_CYLINDER);

    Geometry->Cylinders.QuadPart = Cylinders != 0 ? (LONG64)Cylinders : 1;
    Geometry->MediaType = FixedMedia;
    Geometry->TracksPerCylinder = TRACKS_PER_CYLINDER;
    Geometry->SectorsPerTrack = SECTORS_PER_TRACK;
    Geometry->BytesPerSector = Sector;
}

static PARTITION_STYLE StyleOf(const PART_TABLE *Table, PARTITION_STYLE None)
{
    if (Table == NULL)
        return None;
    return Table->Style == PART_MBR ? PARTITION_STYLE_MBR : Table->Style == PART_GPT ? PARTITION_STYLE_GPT : PARTITION_STYLE_RAW;
}

static void FillPartition(const VB_VOLUME *Volume, const PART_TABLE *Table, const PART_ENTRY *Entry, ULONG Sector, PPARTITION_INFORMATION_EX Information)
{
    RtlZeroMemory(Information, sizeof *Information);
    Information->PartitionStyle = StyleOf(Table, PARTITION_STYLE_MBR);
    Information->PartitionLength.QuadPart = (LONG64)Bytes(Volume);
    Information->PartitionNumber = Volume->Number;
    if (Entry == NULL)
        return;
    Information->StartingOffset.QuadPart = (LONG64)(Entry->First * Sector);
    Information->PartitionLength.QuadPart = (LONG64)(Entry->Count * Sector);
    Information->PartitionNumber = Entry->Number;
    if (Table->Style == PART_MBR) {
        Information->Mbr.PartitionType = Entry->Type;
        Information->Mbr.BootIndicator = Entry->Bootable;
        Information->Mbr.RecognizedPartition = PartIsData(Table, Entry) != 0;
        Information->Mbr.HiddenSectors = (ULONG)Entry->First;
    } else {
        RtlCopyMemory(&Information->Gpt.PartitionType, Entry->TypeId, 16);
        RtlCopyMemory(&Information->Gpt.PartitionId, Entry->Id, 16);
        Information->Gpt.Attributes = Entry->Attributes;
        RtlCopyMemory(Information->Gpt.Name, Entry->Name, sizeof Entry->Name);
    }
}

static NTSTATUS OldPartition(ANSWER *Answer)
{
    const VB_VOLUME *Volume = Answer->Volume;
    PPARTITION_INFORMATION Information = Answer->Buffer;

    if (Volume->Disk->Table != NULL && Volume->Disk->Table->Style == PART_GPT)
        return STATUS_INVALID_DEVICE_REQUEST; /* as on Windows: the structure has no room for it */
    RtlZeroMemory(Information, sizeof *Information);
    Information->StartingOffset.QuadPart = (LONG64)(Volume->First * VB_SECTOR);
    Information->PartitionLength.QuadPart = (LONG64)Bytes(Volume);
    Information->PartitionNumber = Volume->Number;
    if (Volume->Entry != NULL) {
        Information->PartitionType = Volume->Entry->Type;
        Information->BootIndicator = Volume->Entry->Bootable;
        Information->RecognizedPartition = PartIsData(Volume->Disk->Table, Volume->Entry) != 0;
        Information->HiddenSectors = (ULONG)Volume->Entry->First;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS Layout(ANSWER *Answer)
{
    const VB_DISK *Disk = Answer->Volume->Disk;
    const PART_TABLE *Table = Disk->Table;
    PDRIVE_LAYOUT_INFORMATION_EX Drive = Answer->Buffer;
    ULONG Head = FIELD_OFFSET(DRIVE_LAYOUT_INFORMATION_EX, PartitionEntry), Count = Table != NULL ? Table->Count : 0;

    Answer->Size = Head + (Count != 0 ? Count : 1) * (ULONG)sizeof(PARTITION_INFORMATION_EX);
    if (Answer->Length < Answer->Size)
        return STATUS_BUFFER_TOO_SMALL;
    RtlZeroMemory(Drive, Answer->Size);
    Drive->PartitionStyle = StyleOf(Table, PARTITION_STYLE_RAW);
    Drive->PartitionCount = Count;
    if (Count != 0 && Table->Style == PART_MBR) {
        Drive->Mbr.Signature = Table->Signature;
    } else if (Count != 0) {
        RtlCopyMemory(&Drive->Gpt.DiskId, Table->DiskId, 16);
        Drive->Gpt.StartingUsableOffset.QuadPart = (LONG64)(Table->FirstUsable * Disk->SectorSize);
        Drive->Gpt.UsableLength.QuadPart = (LONG64)((Table->LastUsable - Table->FirstUsable + 1) * Disk->SectorSize);
        Drive->Gpt.MaxPartitionCount = Table->Slots;
    }
    for (ULONG Index = 0; Index < Count; Index++)
        FillPartition(Answer->Volume, Table, &Table->Entry[Index], Disk->SectorSize, &Drive->PartitionEntry[Index]);
    return STATUS_SUCCESS;
}

/* IOCTL_STORAGE_QUERY_PROPERTY: the device, its adapter, its alignment; whether a property exists. */
static NTSTATUS Property(ANSWER *Answer)
{
    static const char Product[] = "VirtIO Disk";
    STORAGE_PROPERTY_QUERY Query;
    struct { STORAGE_DEVICE_DESCRIPTOR Head; char Text[sizeof Product + 8]; } Device;
    STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR Alignment;
    PVOID From;
    ULONG Size;

    if (Answer->InputLength < sizeof Query)
        return STATUS_INVALID_PARAMETER;
    RtlCopyMemory(&Query, Answer->Buffer, sizeof Query);
    if (Query.PropertyId != StorageDeviceProperty && Query.PropertyId != StorageAccessAlignmentProperty)
        return STATUS_NOT_SUPPORTED;
    if (Query.QueryType == PropertyExistsQuery)
        return STATUS_SUCCESS;
    if (Query.QueryType != PropertyStandardQuery)
        return STATUS_NOT_SUPPORTED;
    RtlZeroMemory(&Device, sizeof Device);
    RtlZeroMemory(&Alignment, sizeof Alignment);
    if (Query.PropertyId == StorageDeviceProperty) {
        Device.Head.Version = sizeof Device.Head;
        Device.Head.Size = sizeof Device;
        Device.Head.CommandQueueing = TRUE;
        Device.Head.ProductIdOffset = (ULONG)((PUCHAR)Device.Text - (PUCHAR)&Device);
        Device.Head.BusType = BusTypeVirtual;
        RtlCopyMemory(Device.Text, Product, sizeof Product);
        From = &Device;
        Size = sizeof Device;
    } else {
        Alignment.Version = Alignment.Size = sizeof Alignment;
        Alignment.BytesPerLogicalSector = Alignment.BytesPerPhysicalSector = Answer->Volume->Disk->SectorSize;
        From = &Alignment;
        Size = sizeof Alignment;
    }
    if (Answer->Length < sizeof(STORAGE_DESCRIPTOR_HEADER))
        return STATUS_BUFFER_TOO_SMALL;
    Answer->Size = Size < Answer->Length ? Size : Answer->Length; /* cut without complaint: its size is in its head */
    RtlCopyMemory(Answer->Buffer, From, Answer->Size);
    return STATUS_SUCCESS;
}

static NTSTATUS Fill(ANSWER *Answer, ULONG Code)
{
    VB_VOLUME *Volume = Answer->Volume;
    PVOID Buffer = Answer->Buffer;

    switch (Code) {
    case IOCTL_DISK_GET_DRIVE_GEOMETRY: FillGeometry(Volume, Buffer); return STATUS_SUCCESS;
    case IOCTL_DISK_GET_DRIVE_GEOMETRY_EX:
        FillGeometry(Volume, Buffer);
        ((PDISK_GEOMETRY_EX)Buffer)->DiskSize.QuadPart = (LONG64)(Volume->Disk->Sectors * VB_SECTOR);
        return STATUS_SUCCESS;
    case IOCTL_DISK_GET_LENGTH_INFO: ((PGET_LENGTH_INFORMATION)Buffer)->Length.QuadPart = (LONG64)Bytes(Volume); return STATUS_SUCCESS;
    case IOCTL_DISK_GET_PARTITION_INFO: return OldPartition(Answer);
    case IOCTL_DISK_GET_PARTITION_INFO_EX:
        FillPartition(Volume, Volume->Disk->Table, Volume->Entry, Volume->Disk->SectorSize, Buffer);
        return STATUS_SUCCESS;
    default:
        *(PSTORAGE_DEVICE_NUMBER)Buffer = (STORAGE_DEVICE_NUMBER){ FILE_DEVICE_DISK, Volume->Disk->Number, Volume->Number };
        return STATUS_SUCCESS;
    }
}

static ULONG FixedSize(ULONG Code)
{
    switch (Code) {
    case IOCTL_DISK_GET_DRIVE_GEOMETRY: return sizeof(DISK_GEOMETRY);
    case IOCTL_DISK_GET_DRIVE_GEOMETRY_EX: return GEOMETRY_EX_SIZE;
    case IOCTL_DISK_GET_LENGTH_INFO: return sizeof(GET_LENGTH_INFORMATION);
    case IOCTL_DISK_GET_PARTITION_INFO: return sizeof(PARTITION_INFORMATION);
    case IOCTL_DISK_GET_PARTITION_INFO_EX: return sizeof(PARTITION_INFORMATION_EX);
    case IOCTL_STORAGE_GET_DEVICE_NUMBER: return sizeof(STORAGE_DEVICE_NUMBER);
    default: return 0;
    }
}

NTSTATUS VbControl(VB_VOLUME *Volume, PIRP Irp, PULONG_PTR Information)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;
    ANSWER Answer = { Volume, Irp->AssociatedIrp.SystemBuffer, Stack->Parameters.DeviceIoControl.InputBufferLength,
                      Stack->Parameters.DeviceIoControl.OutputBufferLength, FixedSize(Code) };
    NTSTATUS Status = STATUS_SUCCESS;

    switch (Code) {
    case IOCTL_DISK_CHECK_VERIFY:
    case IOCTL_STORAGE_CHECK_VERIFY:
    case IOCTL_STORAGE_CHECK_VERIFY2: break;
    case IOCTL_DISK_IS_WRITABLE: Status = Volume->Disk->ReadOnly ? STATUS_MEDIA_WRITE_PROTECTED : STATUS_SUCCESS; break;
    case IOCTL_DISK_GET_DRIVE_LAYOUT_EX: Status = Layout(&Answer); break;
    case IOCTL_STORAGE_QUERY_PROPERTY: Status = Property(&Answer); break;
    default:
        if (Answer.Size == 0)
            return STATUS_INVALID_DEVICE_REQUEST;
        Status = Answer.Length < Answer.Size ? STATUS_BUFFER_TOO_SMALL : Fill(&Answer, Code);
        break;
    }
    *Information = NT_SUCCESS(Status) ? Answer.Size : 0;
    return Status;
}

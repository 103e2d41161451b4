/* SPDX-License-Identifier: MIT */
/*
 * fatvolume.c - what can be asked about a volume, and the one thing that can be set: its label.
 */
#include "fat.h"

static NTSTATUS FillVolume(const FAT_VCB *Vcb, PFILE_FS_VOLUME_INFORMATION Volume, ULONG Length, PULONG Used)
{
    ULONG Head = FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel), Label = Vcb->Vpb->VolumeLabelLength, Room = Length - Head;

    Volume->VolumeCreationTime.QuadPart = 0;
    Volume->VolumeSerialNumber = Vcb->Vpb->SerialNumber;
    Volume->VolumeLabelLength = Label;
    Volume->SupportsObjects = FALSE;
    FatPutPart((PUCHAR)Volume->VolumeLabel, Room, 0, Vcb->Vpb->VolumeLabel, Label);
    *Used = Head + (Label < Room ? Label : Room);
    return Label > Room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS FillSize(FAT_VCB *Vcb, PVOID Buffer, BOOLEAN Full)
{
    uint32_t Free;
    NTSTATUS Status = FatCountFree(&Vcb->Volume, &Free);
    ULONG Sectors = Vcb->Volume.Geometry.BytesPerCluster / Vcb->Volume.Geometry.BytesPerSector;

    if (!NT_SUCCESS(Status))
        return Status;
    if (Full) {
        PFILE_FS_FULL_SIZE_INFORMATION Size = Buffer;
        Size->TotalAllocationUnits.QuadPart = Vcb->Volume.Geometry.ClusterCount;
        Size->CallerAvailableAllocationUnits.QuadPart = Size->ActualAvailableAllocationUnits.QuadPart = Free;
        Size->SectorsPerAllocationUnit = Sectors;
        Size->BytesPerSector = Vcb->Volume.Geometry.BytesPerSector;
    } else {
        PFILE_FS_SIZE_INFORMATION Size = Buffer;
        Size->TotalAllocationUnits.QuadPart = Vcb->Volume.Geometry.ClusterCount;
        Size->AvailableAllocationUnits.QuadPart = Free;
        Size->SectorsPerAllocationUnit = Sectors;
        Size->BytesPerSector = Vcb->Volume.Geometry.BytesPerSector;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS FillAttributes(const FAT_VCB *Vcb, PFILE_FS_ATTRIBUTE_INFORMATION Attributes, ULONG Length, PULONG Used)
{
    PCWSTR Name = Vcb->Volume.Geometry.Bits == 32 ? L"FAT32" : L"FAT";
    ULONG Head = FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName), Bytes = Vcb->Volume.Geometry.Bits == 32 ? 10 : 6, Room = Length - Head;

    Attributes->FileSystemAttributes = FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK | (Vcb->WriteProtected ? FILE_READ_ONLY_VOLUME : 0);
    Attributes->MaximumComponentNameLength = FAT_MAX_NAME;
    Attributes->FileSystemNameLength = Bytes;
    FatPutPart((PUCHAR)Attributes->FileSystemName, Room, 0, Name, Bytes);
    *Used = Head + (Bytes < Room ? Bytes : Room);
    return Bytes > Room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

#define SECTOR_SIZE_INFORMATION ((FS_INFORMATION_CLASS)11)
typedef struct _SECTOR_SIZE { /* FILE_FS_SECTOR_SIZE_INFORMATION */
    ULONG Logical, PhysicalForAtomicity, PhysicalForPerformance, EffectiveForAtomicity, Flags, OffsetForSector, OffsetForPartition;
} SECTOR_SIZE;

/* The disks here have one size of sector, and partitions begin on it. */
static void FillSectorSize(const FAT_VCB *Vcb, SECTOR_SIZE *Size)
{
    Size->Logical = Size->PhysicalForAtomicity = Size->PhysicalForPerformance = Size->EffectiveForAtomicity = Vcb->Volume.Geometry.BytesPerSector;
    Size->Flags = 3; /* device and partition aligned */
    Size->OffsetForSector = Size->OffsetForPartition = 0;
}

static ULONG VolumeFixedSize(FS_INFORMATION_CLASS Class)
{
    switch (Class) {
    case FileFsVolumeInformation: return FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel);
    case FileFsSizeInformation: return sizeof(FILE_FS_SIZE_INFORMATION);
    case FileFsFullSizeInformation: return sizeof(FILE_FS_FULL_SIZE_INFORMATION);
    case FileFsDeviceInformation: return sizeof(FILE_FS_DEVICE_INFORMATION);
    case FileFsAttributeInformation: return FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName);
    case SECTOR_SIZE_INFORMATION: return sizeof(SECTOR_SIZE);
    default: return 0;
    }
}

NTSTATUS FatQueryVolume(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    FS_INFORMATION_CLASS Class = Stack->Parameters.QueryVolume.FsInformationClass;
    ULONG Length = Stack->Parameters.QueryVolume.Length, Used = VolumeFixedSize(Class);
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Used == 0)
        return STATUS_INVALID_PARAMETER;
    if (Length < Used)
        return STATUS_INFO_LENGTH_MISMATCH;
    switch (Class) {
    case FileFsVolumeInformation: Status = FillVolume(Vcb, Buffer, Length, &Used); break;
    case FileFsAttributeInformation: Status = FillAttributes(Vcb, Buffer, Length, &Used); break;
    case FileFsSizeInformation: Status = FillSize(Vcb, Buffer, FALSE); break;
    case FileFsFullSizeInformation: Status = FillSize(Vcb, Buffer, TRUE); break;
    case SECTOR_SIZE_INFORMATION: FillSectorSize(Vcb, Buffer); break;
    default:
        ((PFILE_FS_DEVICE_INFORMATION)Buffer)->DeviceType = FILE_DEVICE_DISK;
        ((PFILE_FS_DEVICE_INFORMATION)Buffer)->Characteristics = Vcb->Target->Characteristics | FILE_DEVICE_IS_MOUNTED;
        break;
    }
    *Information = NT_ERROR(Status) ? 0 : Used;
    return Status;
}

NTSTATUS FatSetVolume(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PFILE_FS_LABEL_INFORMATION Label = Irp->AssociatedIrp.SystemBuffer;
    ULONG Head = FIELD_OFFSET(FILE_FS_LABEL_INFORMATION, VolumeLabel), Length = Stack->Parameters.SetVolume.Length;
    uint32_t Units;

    UNREFERENCED_PARAMETER(Information);
    if (Stack->Parameters.SetVolume.FsInformationClass != FileFsLabelInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < Head || Label->VolumeLabelLength > Length - Head || Label->VolumeLabelLength % sizeof(WCHAR) != 0)
        return STATUS_INVALID_PARAMETER;
    if (Vcb->WriteProtected)
        return STATUS_MEDIA_WRITE_PROTECTED;
    ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
    NTSTATUS Status = FatSetLabel(&Vcb->Volume, Label->VolumeLabel, Label->VolumeLabelLength / sizeof(WCHAR));
    if (NT_SUCCESS(Status)) {
        (void)FatGetLabel(&Vcb->Volume, Vcb->Vpb->VolumeLabel, &Units);
        Vcb->Vpb->VolumeLabelLength = (USHORT)(Units * sizeof(WCHAR));
    }
    ExReleaseResourceLite(&Vcb->Resource);
    return Status;
}

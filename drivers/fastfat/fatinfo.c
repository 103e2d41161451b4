/* SPDX-License-Identifier: MIT */
/*
 * fatinfo.c - what can be asked about a file (IRP_MJ_QUERY_INFORMATION), the one thing that can be set (its position), and about the volume.
 *
 * The I/O manager has checked the length against the fixed part of the class; what may be cut is the name at the end, with
 * STATUS_BUFFER_OVERFLOW and its true length.  Sizes are checked again here all the same: other drivers send IRPs too.
 */
#include "fat.h"

LONG64 FatAllocationSize(const FAT_VCB *Vcb, const FAT_NODE *Node)
{
    LONG64 Cluster = Vcb->Geometry.BytesPerCluster;
    return ((LONG64)Node->Size + Cluster - 1) / Cluster * Cluster;
}

/* Unique on the volume: the entry's place.  A directory that was moved keeps it as little as on Windows' FAT. */
LONG64 FatFileId(const FAT_NODE *Node)
{
    if (Node->Parent == NULL)
        return 0;
    return (LONG64)Node->Parent->FirstCluster << 32 | (Node->Offset + 1);
}

void FatFillBasic(const FAT_NODE *Node, PFILE_BASIC_INFORMATION Basic)
{
    Basic->CreationTime = Node->CreationTime;
    Basic->LastAccessTime = Node->LastAccessTime;
    Basic->LastWriteTime = Node->LastWriteTime;
    Basic->ChangeTime.QuadPart = 0;
    Basic->FileAttributes = Node->Attributes;
}

void FatFillStandard(const FAT_VCB *Vcb, const FAT_NODE *Node, PFILE_STANDARD_INFORMATION Standard)
{
    Standard->AllocationSize.QuadPart = FatAllocationSize(Vcb, Node);
    Standard->EndOfFile.QuadPart = Node->Size;
    Standard->NumberOfLinks = 1;
    Standard->DeletePending = FALSE;
    Standard->Directory = FatIsDirectory(Node);
}

void FatFillNetworkOpen(const FAT_VCB *Vcb, const FAT_NODE *Node, PFILE_NETWORK_OPEN_INFORMATION Network)
{
    Network->CreationTime = Node->CreationTime;
    Network->LastAccessTime = Node->LastAccessTime;
    Network->LastWriteTime = Node->LastWriteTime;
    Network->ChangeTime.QuadPart = 0;
    Network->AllocationSize.QuadPart = FatAllocationSize(Vcb, Node);
    Network->EndOfFile.QuadPart = Node->Size;
    Network->FileAttributes = Node->Attributes;
}

/* Bytes of the path from the root; "\" for the root itself. */
static ULONG PathLength(const FAT_NODE *Node)
{
    ULONG Length = 0;

    if (Node->Parent == NULL)
        return sizeof(WCHAR);
    for (; Node->Parent != NULL; Node = Node->Parent)
        Length += (ULONG)sizeof(WCHAR) + Node->Name.Length;
    return Length;
}

/* Writes the bytes of one part that lie before Room. */
static void PutPart(PUCHAR Buffer, ULONG Room, ULONG At, const VOID *Part, ULONG Length)
{
    if (At < Room)
        RtlCopyMemory(Buffer + At, Part, Length < Room - At ? Length : Room - At);
}

static void PutPath(const FAT_NODE *Node, PVOID Buffer, ULONG Room)
{
    ULONG At = PathLength(Node);

    if (Node->Parent == NULL)
        PutPart(Buffer, Room, 0, L"\\", sizeof(WCHAR));
    for (; Node->Parent != NULL; Node = Node->Parent) {
        At -= Node->Name.Length;
        PutPart(Buffer, Room, At, Node->Name.Buffer, Node->Name.Length);
        At -= (ULONG)sizeof(WCHAR);
        PutPart(Buffer, Room, At, L"\\", sizeof(WCHAR));
    }
}

/* FILE_NAME_INFORMATION at Buffer, Length bytes from there. */
static NTSTATUS FillName(const FAT_NODE *Node, PFILE_NAME_INFORMATION Name, ULONG Length, PULONG Used)
{
    ULONG Head = FIELD_OFFSET(FILE_NAME_INFORMATION, FileName), Full = PathLength(Node);
    ULONG Room = (Length - Head) & ~1u;

    Name->FileNameLength = Full;
    PutPath(Node, Name->FileName, Room);
    *Used = Head + (Full < Room ? Full : Room);
    return Full > Room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS FillShortName(const FAT_NODE *Node, PFILE_NAME_INFORMATION Name, ULONG Length, PULONG Used)
{
    const UNICODE_STRING *Short = Node->ShortName.Length != 0 ? &Node->ShortName : &Node->Name;
    ULONG Head = FIELD_OFFSET(FILE_NAME_INFORMATION, FileName), Room = Length - Head;

    if (Node->Parent == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    Name->FileNameLength = Short->Length;
    PutPart((PUCHAR)Name->FileName, Room, 0, Short->Buffer, Short->Length);
    *Used = Head + (Short->Length < Room ? Short->Length : Room);
    return Short->Length > Room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* The one stream of a file: "::$DATA".  A directory has none. */
static NTSTATUS FillStream(const FAT_VCB *Vcb, const FAT_NODE *Node, PFILE_STREAM_INFORMATION Stream, ULONG Length, PULONG Used)
{
    static const WCHAR Name[] = L"::$DATA";
    ULONG Head = FIELD_OFFSET(FILE_STREAM_INFORMATION, StreamName), NameLength = sizeof Name - sizeof(WCHAR);

    *Used = 0;
    if (FatIsDirectory(Node))
        return STATUS_SUCCESS;
    if (Length < Head + NameLength)
        return STATUS_BUFFER_OVERFLOW;
    Stream->NextEntryOffset = 0;
    Stream->StreamNameLength = NameLength;
    Stream->StreamSize.QuadPart = Node->Size;
    Stream->StreamAllocationSize.QuadPart = FatAllocationSize(Vcb, Node);
    RtlCopyMemory(Stream->StreamName, Name, NameLength);
    *Used = Head + NameLength;
    return STATUS_SUCCESS;
}

static NTSTATUS FillAll(const FAT_VCB *Vcb, const FAT_NODE *Node, PFILE_OBJECT File, PFILE_ALL_INFORMATION All, ULONG Length, PULONG Used)
{
    ULONG NameUsed;

    FatFillBasic(Node, &All->BasicInformation);
    FatFillStandard(Vcb, Node, &All->StandardInformation);
    All->InternalInformation.IndexNumber.QuadPart = FatFileId(Node);
    All->EaInformation.EaSize = 0;
    All->PositionInformation.CurrentByteOffset = File->CurrentByteOffset;
    /* Access, mode and alignment are the I/O manager's to fill in. */
    NTSTATUS Status = FillName(Node, &All->NameInformation, Length - (ULONG)FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation), &NameUsed);
    *Used = (ULONG)FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation) + NameUsed;
    return Status;
}

/* What a class needs at least; 0: not supported. */
static ULONG FixedSize(FILE_INFORMATION_CLASS Class)
{
    switch (Class) {
    case FileBasicInformation: return sizeof(FILE_BASIC_INFORMATION);
    case FileStandardInformation: return sizeof(FILE_STANDARD_INFORMATION);
    case FileInternalInformation: return sizeof(FILE_INTERNAL_INFORMATION);
    case FileEaInformation: return sizeof(FILE_EA_INFORMATION);
    case FilePositionInformation: return sizeof(FILE_POSITION_INFORMATION);
    case FileNetworkOpenInformation: return sizeof(FILE_NETWORK_OPEN_INFORMATION);
    case FileAttributeTagInformation: return sizeof(FILE_ATTRIBUTE_TAG_INFORMATION);
    case FileNameInformation:
    case FileAlternateNameInformation: return FIELD_OFFSET(FILE_NAME_INFORMATION, FileName);
    case FileStreamInformation: return FIELD_OFFSET(FILE_STREAM_INFORMATION, StreamName);
    case FileAllInformation: return FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation.FileName);
    default: return 0;
    }
}

NTSTATUS FatQueryInformation(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PFILE_OBJECT File = Stack->FileObject;
    FAT_NODE *Node = ((FAT_FCB *)File->FsContext)->Node;
    FILE_INFORMATION_CLASS Class = Stack->Parameters.QueryFile.FileInformationClass;
    ULONG Length = Stack->Parameters.QueryFile.Length, Used = FixedSize(Class);
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Node == NULL)
        return STATUS_INVALID_PARAMETER;
    if (Used == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < Used)
        return STATUS_INFO_LENGTH_MISMATCH;
    switch (Class) {
    case FileBasicInformation: FatFillBasic(Node, Buffer); break;
    case FileStandardInformation: FatFillStandard(Vcb, Node, Buffer); break;
    case FileInternalInformation: ((PFILE_INTERNAL_INFORMATION)Buffer)->IndexNumber.QuadPart = FatFileId(Node); break;
    case FileEaInformation: ((PFILE_EA_INFORMATION)Buffer)->EaSize = 0; break;
    case FilePositionInformation: ((PFILE_POSITION_INFORMATION)Buffer)->CurrentByteOffset = File->CurrentByteOffset; break;
    case FileNetworkOpenInformation: FatFillNetworkOpen(Vcb, Node, Buffer); break;
    case FileAttributeTagInformation:
        ((PFILE_ATTRIBUTE_TAG_INFORMATION)Buffer)->FileAttributes = Node->Attributes;
        ((PFILE_ATTRIBUTE_TAG_INFORMATION)Buffer)->ReparseTag = 0;
        break;
    case FileNameInformation: Status = FillName(Node, Buffer, Length, &Used); break;
    case FileAlternateNameInformation: Status = FillShortName(Node, Buffer, Length, &Used); break;
    case FileStreamInformation: Status = FillStream(Vcb, Node, Buffer, Length, &Used); break;
    case FileAllInformation: Status = FillAll(Vcb, Node, File, Buffer, Length, &Used); break;
    default: return STATUS_INVALID_INFO_CLASS;
    }
    *Information = NT_ERROR(Status) ? 0 : Used;
    return Status;
}

NTSTATUS FatSetInformation(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PFILE_OBJECT File = Stack->FileObject;
    PFILE_POSITION_INFORMATION Position = Irp->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(Information);
    if (Stack->Parameters.SetFile.FileInformationClass != FilePositionInformation)
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (Stack->Parameters.SetFile.Length < sizeof *Position)
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((File->Flags & FO_NO_INTERMEDIATE_BUFFERING) && Position->CurrentByteOffset.QuadPart % Vcb->Geometry.BytesPerSector != 0)
        return STATUS_INVALID_PARAMETER;
    File->CurrentByteOffset = Position->CurrentByteOffset;
    return STATUS_SUCCESS;
}

/* ---- the volume --------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS FillVolume(const FAT_VCB *Vcb, PFILE_FS_VOLUME_INFORMATION Volume, ULONG Length, PULONG Used)
{
    ULONG Head = FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel), Label = Vcb->Vpb->VolumeLabelLength, Room = Length - Head;

    Volume->VolumeCreationTime.QuadPart = 0;
    Volume->VolumeSerialNumber = Vcb->Vpb->SerialNumber;
    Volume->VolumeLabelLength = Label;
    Volume->SupportsObjects = FALSE;
    PutPart((PUCHAR)Volume->VolumeLabel, Room, 0, Vcb->Vpb->VolumeLabel, Label);
    *Used = Head + (Label < Room ? Label : Room);
    return Label > Room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS FillSize(FAT_VCB *Vcb, PVOID Buffer, BOOLEAN Full)
{
    ULONG Free;
    NTSTATUS Status = FatCountFreeClusters(Vcb, &Free);
    ULONG Sectors = Vcb->Geometry.BytesPerCluster / Vcb->Geometry.BytesPerSector;

    if (!NT_SUCCESS(Status))
        return Status;
    if (Full) {
        PFILE_FS_FULL_SIZE_INFORMATION Size = Buffer;
        Size->TotalAllocationUnits.QuadPart = Vcb->Geometry.ClusterCount;
        Size->CallerAvailableAllocationUnits.QuadPart = Size->ActualAvailableAllocationUnits.QuadPart = Free;
        Size->SectorsPerAllocationUnit = Sectors;
        Size->BytesPerSector = Vcb->Geometry.BytesPerSector;
    } else {
        PFILE_FS_SIZE_INFORMATION Size = Buffer;
        Size->TotalAllocationUnits.QuadPart = Vcb->Geometry.ClusterCount;
        Size->AvailableAllocationUnits.QuadPart = Free;
        Size->SectorsPerAllocationUnit = Sectors;
        Size->BytesPerSector = Vcb->Geometry.BytesPerSector;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS FillAttributes(const FAT_VCB *Vcb, PFILE_FS_ATTRIBUTE_INFORMATION Attributes, ULONG Length, PULONG Used)
{
    PCWSTR Name = Vcb->Geometry.Bits == 32 ? L"FAT32" : L"FAT";
    ULONG Head = FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName), Bytes = Vcb->Geometry.Bits == 32 ? 10 : 6, Room = Length - Head;

    Attributes->FileSystemAttributes = FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK | FILE_READ_ONLY_VOLUME;
    Attributes->MaximumComponentNameLength = FAT_MAX_NAME;
    Attributes->FileSystemNameLength = Bytes;
    PutPart((PUCHAR)Attributes->FileSystemName, Room, 0, Name, Bytes);
    *Used = Head + (Bytes < Room ? Bytes : Room);
    return Bytes > Room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static ULONG VolumeFixedSize(FS_INFORMATION_CLASS Class)
{
    switch (Class) {
    case FileFsVolumeInformation: return FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel);
    case FileFsSizeInformation: return sizeof(FILE_FS_SIZE_INFORMATION);
    case FileFsFullSizeInformation: return sizeof(FILE_FS_FULL_SIZE_INFORMATION);
    case FileFsDeviceInformation: return sizeof(FILE_FS_DEVICE_INFORMATION);
    case FileFsAttributeInformation: return FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName);
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
        return STATUS_INVALID_INFO_CLASS;
    if (Length < Used)
        return STATUS_INFO_LENGTH_MISMATCH;
    switch (Class) {
    case FileFsVolumeInformation: Status = FillVolume(Vcb, Buffer, Length, &Used); break;
    case FileFsAttributeInformation: Status = FillAttributes(Vcb, Buffer, Length, &Used); break;
    case FileFsSizeInformation: Status = FillSize(Vcb, Buffer, FALSE); break;
    case FileFsFullSizeInformation: Status = FillSize(Vcb, Buffer, TRUE); break;
    default:
        ((PFILE_FS_DEVICE_INFORMATION)Buffer)->DeviceType = FILE_DEVICE_DISK;
        ((PFILE_FS_DEVICE_INFORMATION)Buffer)->Characteristics = Vcb->Target->Characteristics | FILE_DEVICE_IS_MOUNTED;
        break;
    }
    *Information = NT_ERROR(Status) ? 0 : Used;
    return Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * fatinfo.c - what can be asked about a file: IRP_MJ_QUERY_INFORMATION.
 *
 * The I/O manager has checked the length against the fixed part of the class; what may be cut is the name at the end, with
 * STATUS_BUFFER_OVERFLOW and its true length.  Sizes are checked again here all the same: other drivers send IRPs too.
 */
#include "fat.h"

LONG64 FatAllocationSize(const FAT_VCB *Vcb, const FAT_NODE *Node)
{
    LONG64 Cluster = Vcb->Volume.Geometry.BytesPerCluster;
    return ((LONG64)Node->Size + Cluster - 1) / Cluster * Cluster;
}

/* Unique on the volume: the entry's place.  A directory that was moved keeps it as little as on Windows' FAT. */
LONG64 FatFileId(const FAT_NODE *Node)
{
    if (Node->Parent == NULL)
        return 0;
    return (LONG64)Node->Parent->FirstCluster << 32 | (Node->Offset + 1);
}

ULONG FatAttributes(const FAT_NODE *Node)
{
    return Node->Attributes != 0 ? Node->Attributes : FILE_ATTRIBUTE_NORMAL;
}

void FatFillBasic(const FAT_NODE *Node, PFILE_BASIC_INFORMATION Basic)
{
    Basic->CreationTime.QuadPart = Node->CreationTime;
    Basic->LastAccessTime.QuadPart = Node->LastAccessTime;
    Basic->LastWriteTime.QuadPart = Node->LastWriteTime;
    Basic->ChangeTime.QuadPart = 0;
    Basic->FileAttributes = FatAttributes(Node);
}

void FatFillStandard(const FAT_FCB *Fcb, PFILE_STANDARD_INFORMATION Standard)
{
    const FAT_NODE *Node = Fcb->Node;

    Standard->AllocationSize = Fcb->Header.AllocationSize;
    Standard->EndOfFile.QuadPart = Node->Size;
    Standard->DeletePending = Fcb->DeletePending;
    Standard->NumberOfLinks = Fcb->DeletePending ? 0 : 1;
    Standard->Directory = FatIsDirectory(Node);
}

void FatFillNetworkOpen(const FAT_FCB *Fcb, PFILE_NETWORK_OPEN_INFORMATION Network)
{
    const FAT_NODE *Node = Fcb->Node;

    Network->CreationTime.QuadPart = Node->CreationTime;
    Network->LastAccessTime.QuadPart = Node->LastAccessTime;
    Network->LastWriteTime.QuadPart = Node->LastWriteTime;
    Network->ChangeTime.QuadPart = 0;
    Network->AllocationSize = Fcb->Header.AllocationSize;
    Network->EndOfFile.QuadPart = Node->Size;
    Network->FileAttributes = FatAttributes(Node);
}

/* FILE_NAME_INFORMATION at Buffer, Length bytes from there. */
static NTSTATUS FillName(const FAT_NODE *Node, PFILE_NAME_INFORMATION Name, ULONG Length, PULONG Used)
{
    ULONG Head = FIELD_OFFSET(FILE_NAME_INFORMATION, FileName), Full = FatPathLength(Node);
    ULONG Room = (Length - Head) & ~1u;

    Name->FileNameLength = Full;
    FatPutPath(Node, Name->FileName, Room);
    *Used = Head + (Full < Room ? Full : Room);
    return Full > Room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS FillShortName(const FAT_NODE *Node, PFILE_NAME_INFORMATION Name, ULONG Length, PULONG Used)
{
    const FAT_NAME *Short = Node->ShortName.Length != 0 ? &Node->ShortName : &Node->Name;
    ULONG Head = FIELD_OFFSET(FILE_NAME_INFORMATION, FileName), Room = Length - Head;

    if (Node->Parent == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    Name->FileNameLength = Short->Length;
    FatPutPart((PUCHAR)Name->FileName, Room, 0, Short->Buffer, Short->Length);
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

static NTSTATUS FillAll(const FAT_FCB *Fcb, PFILE_OBJECT File, PFILE_ALL_INFORMATION All, ULONG Length, PULONG Used)
{
    const FAT_NODE *Node = Fcb->Node;
    ULONG NameUsed;

    FatFillBasic(Node, &All->BasicInformation);
    FatFillStandard(Fcb, &All->StandardInformation);
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
    case FileNormalizedNameInformation:
    case FileAlternateNameInformation: return FIELD_OFFSET(FILE_NAME_INFORMATION, FileName);
    case FileStreamInformation: return FIELD_OFFSET(FILE_STREAM_INFORMATION, StreamName);
    case FileAllInformation: return FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation.FileName);
    default: return 0;
    }
}

NTSTATUS FatQueryInformation(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PFILE_OBJECT File = Stack->FileObject;
    FAT_FCB *Fcb = File->FsContext;
    FAT_NODE *Node = Fcb->Node;
    FILE_INFORMATION_CLASS Class = Stack->Parameters.QueryFile.FileInformationClass;
    ULONG Length = Stack->Parameters.QueryFile.Length, Used = FixedSize(Class);
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Node == NULL)
        return STATUS_INVALID_PARAMETER;
    if (Used == 0)
        return STATUS_INVALID_PARAMETER; /* what Windows' FAT says of a class it does not know */
    if (Length < Used)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (File->Flags & FO_FILE_MODIFIED) {
        ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
        FatNoteWrites(File, Fcb);
        ExReleaseResourceLite(&Fcb->Resource);
    }
    /* V keeps the names as they are. */
    ExAcquireResourceSharedLite(&Vcb->Resource, TRUE);
    switch (Class) {
    case FileBasicInformation: FatFillBasic(Node, Buffer); break;
    case FileStandardInformation: FatFillStandard(Fcb, Buffer); break;
    case FileInternalInformation: ((PFILE_INTERNAL_INFORMATION)Buffer)->IndexNumber.QuadPart = FatFileId(Node); break;
    case FileEaInformation: ((PFILE_EA_INFORMATION)Buffer)->EaSize = 0; break;
    case FilePositionInformation: ((PFILE_POSITION_INFORMATION)Buffer)->CurrentByteOffset = File->CurrentByteOffset; break;
    case FileNetworkOpenInformation: FatFillNetworkOpen(Fcb, Buffer); break;
    case FileAttributeTagInformation:
        ((PFILE_ATTRIBUTE_TAG_INFORMATION)Buffer)->FileAttributes = FatAttributes(Node);
        ((PFILE_ATTRIBUTE_TAG_INFORMATION)Buffer)->ReparseTag = 0;
        break;
    case FileNormalizedNameInformation:
    case FileNameInformation: Status = FillName(Node, Buffer, Length, &Used); break;
    case FileAlternateNameInformation: Status = FillShortName(Node, Buffer, Length, &Used); break;
    case FileStreamInformation: Status = FillStream(Vcb, Node, Buffer, Length, &Used); break;
    case FileAllInformation: Status = FillAll(Fcb, File, Buffer, Length, &Used); break;
    default: Status = STATUS_INVALID_INFO_CLASS; break;
    }
    ExReleaseResourceLite(&Vcb->Resource);
    *Information = NT_ERROR(Status) ? 0 : Used;
    return Status;
}

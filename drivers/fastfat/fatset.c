/* SPDX-License-Identifier: MIT */
/*
 * fatset.c - IRP_MJ_SET_INFORMATION: times and attributes, deletion, position, end of file, allocation.  Renaming is in fatmove.c.
 */
#include "fat.h"

#define DISPOSITION_EX ((FILE_INFORMATION_CLASS)64)
#define RENAME_EX ((FILE_INFORMATION_CLASS)65)
#define DISPOSITION_DELETE 0x01u
#define DISPOSITION_POSIX 0x02u
#define DISPOSITION_ON_CLOSE 0x08u
#define DISPOSITION_IGNORE_READONLY 0x10u

#define SETTABLE (FAT_ATTRIBUTE_READ_ONLY | FAT_ATTRIBUTE_HIDDEN | FAT_ATTRIBUTE_SYSTEM | FAT_ATTRIBUTE_ARCHIVE)

/* 0 leaves a time as it is; -1 stops the handle from changing it by itself, -2 lets it again. */
static NTSTATUS TakeTime(LONG64 Given, FAT_TIME_KIND Kind, int64_t *Time)
{
    uint16_t Date, OfDay;
    uint8_t Tenths;

    if (Given == 0 || Given == -1 || Given == -2)
        return STATUS_SUCCESS;
    if (Given < 0)
        return STATUS_INVALID_PARAMETER;
    /* The time of the last write is rounded up, the others down, as Windows does it. */
    if (!FatNtTimeToTime(Given, Kind == FAT_LAST_WRITE, &Date, &OfDay, &Tenths))
        return STATUS_INVALID_PARAMETER;
    *Time = FatTimeToNtTime(Date, Kind == FAT_LAST_ACCESS ? 0 : OfDay, Kind == FAT_CREATION ? Tenths : 0);
    return STATUS_SUCCESS;
}

/* F exclusive. */
static NTSTATUS SetBasic(FAT_VCB *Vcb, FAT_FCB *Fcb, FAT_CCB *Ccb, const FILE_BASIC_INFORMATION *Basic)
{
    FAT_NODE *Node = Fcb->Node, New = *Node;
    ULONG Attributes = Basic->FileAttributes, Filter = 0;

    if (Attributes != 0 && !FatIsDirectory(Node) && (Attributes & FILE_ATTRIBUTE_DIRECTORY))
        return STATUS_INVALID_PARAMETER;
    if (Attributes != 0 && FatIsDirectory(Node) && (Attributes & FILE_ATTRIBUTE_TEMPORARY))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = TakeTime(Basic->CreationTime.QuadPart, FAT_CREATION, &New.CreationTime);
    if (NT_SUCCESS(Status))
        Status = TakeTime(Basic->LastWriteTime.QuadPart, FAT_LAST_WRITE, &New.LastWriteTime);
    if (NT_SUCCESS(Status))
        Status = TakeTime(Basic->LastAccessTime.QuadPart, FAT_LAST_ACCESS, &New.LastAccessTime);
    if (!NT_SUCCESS(Status) || Node->Parent == NULL)
        return NT_SUCCESS(Status) ? STATUS_INVALID_PARAMETER : Status; /* the root has no entry */
    if (Attributes != 0) {
        New.Attributes = (Attributes & SETTABLE) | (Node->Attributes & FAT_ATTRIBUTE_DIRECTORY);
        Filter |= FILE_NOTIFY_CHANGE_ATTRIBUTES;
    }
    if (Basic->LastWriteTime.QuadPart != 0)
        Ccb->KeepWriteTime = Basic->LastWriteTime.QuadPart != -2;
    Filter |= (Basic->CreationTime.QuadPart > 0 ? FILE_NOTIFY_CHANGE_CREATION : 0) | (Basic->LastWriteTime.QuadPart > 0 ? FILE_NOTIFY_CHANGE_LAST_WRITE : 0) |
              (Basic->LastAccessTime.QuadPart > 0 ? FILE_NOTIFY_CHANGE_LAST_ACCESS : 0);
    int64_t Created = Node->CreationTime, Written = Node->LastWriteTime, Accessed = Node->LastAccessTime;
    ULONG OldAttributes = Node->Attributes;
    Node->CreationTime = New.CreationTime;
    Node->LastWriteTime = New.LastWriteTime;
    Node->LastAccessTime = New.LastAccessTime;
    Node->Attributes = New.Attributes;
    Status = FatPublishNode(&Vcb->Volume, Node, FALSE);
    if (!NT_SUCCESS(Status)) {
        Node->CreationTime = Created;
        Node->LastWriteTime = Written;
        Node->LastAccessTime = Accessed;
        Node->Attributes = OldAttributes;
    } else if (Filter != 0) {
        FatReport(Vcb, Node, Filter, FILE_ACTION_MODIFIED);
    }
    return Status;
}

/* F exclusive, and V, so that nothing is made in a directory meanwhile. */
static NTSTATUS SetDisposition(FAT_VCB *Vcb, FAT_FCB *Fcb, FAT_CCB *Ccb, ULONG Flags)
{
    FAT_NODE *Node = Fcb->Node;

    if (Flags & DISPOSITION_ON_CLOSE) {
        /* Changes what FILE_DELETE_ON_CLOSE said at the open. */
        if (!(Flags & DISPOSITION_DELETE)) {
            Ccb->DeleteOnClose = FALSE;
            return STATUS_SUCCESS;
        }
        return Ccb->DeleteOnClose ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
    }
    if (!(Flags & DISPOSITION_DELETE)) {
        Fcb->DeletePending = FALSE;
        return STATUS_SUCCESS;
    }
    if (Node->Parent == NULL || ((Node->Attributes & FAT_ATTRIBUTE_READ_ONLY) && !(Flags & DISPOSITION_IGNORE_READONLY)))
        return STATUS_CANNOT_DELETE;
    if (Node->Deleted)
        return STATUS_SUCCESS;
    if (FatIsDirectory(Node)) {
        NTSTATUS Status = FatLoadDirectory(&Vcb->Volume, Node);
        if (!NT_SUCCESS(Status))
            return Status;
        if (!FatIsEmpty(Node->Table))
            return STATUS_DIRECTORY_NOT_EMPTY;
    } else if (!MmFlushImageSection(&Fcb->Sections, MmFlushForDelete)) {
        return STATUS_CANNOT_DELETE;
    }
    Fcb->DeletePending = TRUE;
    Ccb->PosixDelete = (Flags & DISPOSITION_POSIX) != 0;
    return STATUS_SUCCESS;
}

/* F exclusive. */
static NTSTATUS SetEndOfFile(FAT_FCB *Fcb, PFILE_OBJECT File, LONG64 Size)
{
    LONG64 Old = Fcb->Header.FileSize.QuadPart;

    if (FatIsDirectory(Fcb->Node))
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Size < 0)
        return STATUS_INVALID_PARAMETER;
    if (Size == Old)
        return STATUS_SUCCESS;
    return Size > Old ? FatGrowFile(Fcb, File, Size) : FatShrinkFile(Fcb, File, Size);
}

/* F exclusive. */
static NTSTATUS SetAllocation(FAT_FCB *Fcb, PFILE_OBJECT File, LONG64 Size)
{
    if (FatIsDirectory(Fcb->Node))
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Size < 0)
        return STATUS_INVALID_PARAMETER;
    if (Size > FAT_MAX_FILE_SIZE)
        return STATUS_DISK_FULL;
    if (Size < Fcb->Header.FileSize.QuadPart)
        return FatShrinkFile(Fcb, File, Size);
    return FatReserveClusters(Fcb, Size);
}

static NTSTATUS SetPosition(FAT_VCB *Vcb, PFILE_OBJECT File, const FILE_POSITION_INFORMATION *Position)
{
    if ((File->Flags & FO_NO_INTERMEDIATE_BUFFERING) && Position->CurrentByteOffset.QuadPart % Vcb->Volume.Geometry.BytesPerSector != 0)
        return STATUS_INVALID_PARAMETER;
    File->CurrentByteOffset = Position->CurrentByteOffset;
    return STATUS_SUCCESS;
}

/* No program's data lie behind the valid ones on a FAT: the disk has to be zero there first, so there is nothing this could spare. */
static NTSTATUS SetLocked(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PFILE_OBJECT File = Stack->FileObject;
    FAT_FCB *Fcb = File->FsContext;
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;

    switch (Stack->Parameters.SetFile.FileInformationClass) {
    case FileBasicInformation: return SetBasic(Vcb, Fcb, File->FsContext2, Buffer);
    case FileDispositionInformation: return SetDisposition(Vcb, Fcb, File->FsContext2, ((PFILE_DISPOSITION_INFORMATION)Buffer)->DeleteFile != 0);
    case DISPOSITION_EX: return SetDisposition(Vcb, Fcb, File->FsContext2, *(PULONG)Buffer);
    case FileEndOfFileInformation:
        if (Stack->Parameters.SetFile.AdvanceOnly) /* the cache manager's; the flush sees to it */
            return STATUS_SUCCESS;
        return SetEndOfFile(Fcb, File, ((PFILE_END_OF_FILE_INFORMATION)Buffer)->EndOfFile.QuadPart);
    case FileAllocationInformation: return SetAllocation(Fcb, File, ((PFILE_ALLOCATION_INFORMATION)Buffer)->AllocationSize.QuadPart);
    default: return STATUS_INVALID_INFO_CLASS;
    }
}

static ULONG FixedSize(FILE_INFORMATION_CLASS Class)
{
    switch (Class) {
    case FileBasicInformation: return sizeof(FILE_BASIC_INFORMATION);
    case FileDispositionInformation: return sizeof(FILE_DISPOSITION_INFORMATION);
    case DISPOSITION_EX: return sizeof(ULONG);
    case FileEndOfFileInformation: return sizeof(FILE_END_OF_FILE_INFORMATION);
    case FileAllocationInformation: return sizeof(FILE_ALLOCATION_INFORMATION);
    case FilePositionInformation: return sizeof(FILE_POSITION_INFORMATION);
    case FileRenameInformation:
    case RENAME_EX: return FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName);
    default: return 0;
    }
}

static BOOLEAN NeedsVolume(FILE_INFORMATION_CLASS Class)
{
    return Class == FileDispositionInformation || Class == DISPOSITION_EX || Class == FileBasicInformation;
}

NTSTATUS FatSetInformation(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    FILE_INFORMATION_CLASS Class = Stack->Parameters.SetFile.FileInformationClass;
    FAT_FCB *Fcb = Stack->FileObject->FsContext;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Information);
    if (Class == FileLinkInformation)
        return STATUS_INVALID_DEVICE_REQUEST; /* FAT knows no second name of a file */
    if (FixedSize(Class) == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (Stack->Parameters.SetFile.Length < FixedSize(Class))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Class == FilePositionInformation)
        return SetPosition(Vcb, Stack->FileObject, Irp->AssociatedIrp.SystemBuffer);
    if (Fcb->Node == NULL)
        return STATUS_INVALID_PARAMETER;
    if (Vcb->Dismounted)
        return STATUS_VOLUME_DISMOUNTED;
    if (Vcb->WriteProtected)
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (Class == FileRenameInformation || Class == RENAME_EX) {
        ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
        Status = FatRenameFile(Vcb, Irp, Stack);
        ExReleaseResourceLite(&Vcb->Resource);
        return Status;
    }
    if (NeedsVolume(Class))
        ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    Status = SetLocked(Vcb, Irp, Stack);
    ExReleaseResourceLite(&Fcb->Resource);
    if (NeedsVolume(Class))
        ExReleaseResourceLite(&Vcb->Resource);
    return Status;
}

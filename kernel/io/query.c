/* SPDX-License-Identifier: MIT */
/*
 * query.c - NtQueryInformationFile and what the kernel asks about its files.
 *
 * A few classes are the I/O manager's own knowledge (position, mode, access, alignment); the file system
 * answers the others through a system buffer.
 */
#include "iop.h"

typedef struct _IOP_CLASS
{
    UCHAR Class;
    UCHAR Length;       /* the least that makes sense */
    ACCESS_MASK Access;
} IOP_CLASS;

/* FILE_STAT_INFORMATION, which mingw does not declare. */
typedef struct _IOP_STAT
{
    LARGE_INTEGER FileId, CreationTime, LastAccessTime, LastWriteTime, ChangeTime, AllocationSize, EndOfFile;
    ULONG FileAttributes, ReparseTag, NumberOfLinks;
    ACCESS_MASK EffectiveAccess;
} IOP_STAT;
static_assert(sizeof(IOP_STAT) == 72, "FILE_STAT_INFORMATION");

static const IOP_CLASS IopQueryClasses[] = {
    {FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION), 0},
    {FileInternalInformation, sizeof(FILE_INTERNAL_INFORMATION), 0},
    {FileEaInformation, sizeof(FILE_EA_INFORMATION), 0},
    {FileAccessInformation, sizeof(FILE_ACCESS_INFORMATION), 0},
    {FileNameInformation, sizeof(FILE_NAME_INFORMATION), 0},
    {FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0},
    {FileModeInformation, sizeof(FILE_MODE_INFORMATION), 0},
    {FileAlignmentInformation, sizeof(FILE_ALIGNMENT_INFORMATION), 0},
    {FileAllInformation, sizeof(FILE_ALL_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileAlternateNameInformation, sizeof(FILE_NAME_INFORMATION), 0},
    {FileStreamInformation, sizeof(FILE_STREAM_INFORMATION), 0},
    {FilePipeInformation, sizeof(FILE_PIPE_INFORMATION), FILE_READ_ATTRIBUTES},
    {FilePipeLocalInformation, sizeof(FILE_PIPE_LOCAL_INFORMATION), FILE_READ_ATTRIBUTES},
    {FilePipeRemoteInformation, sizeof(FILE_PIPE_REMOTE_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileMailslotQueryInformation, sizeof(FILE_MAILSLOT_QUERY_INFORMATION), 0},
    {FileCompressionInformation, sizeof(FILE_COMPRESSION_INFORMATION), 0},
    {FileObjectIdInformation, sizeof(FILE_OBJECTID_INFORMATION), 0},
    {FileReparsePointInformation, sizeof(FILE_REPARSE_POINT_INFORMATION), 0},
    {FileNetworkOpenInformation, sizeof(FILE_NETWORK_OPEN_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileAttributeTagInformation, sizeof(FILE_ATTRIBUTE_TAG_INFORMATION), FILE_READ_ATTRIBUTES},
    {FileIoCompletionNotificationInformation, sizeof(ULONG), 0},
    {FileHardLinkInformation, 8, 0},
    {FileNormalizedNameInformation, sizeof(FILE_NAME_INFORMATION), 0},
    {FileIdInformation, 24, FILE_READ_ATTRIBUTES},
    {FileIoPriorityHintInformation, sizeof(ULONG), 0},
    {FileIsRemoteDeviceInformation, sizeof(BOOLEAN), 0},
    {FileStandardLinkInformation, 16, 0},
    {FileVolumeNameInformation, sizeof(ULONG) + sizeof(WCHAR), 0},
    {FileStatInformation, sizeof(IOP_STAT), FILE_READ_ATTRIBUTES},
    {FileCaseSensitiveInformation, sizeof(ULONG), FILE_READ_ATTRIBUTES},
    {FileRemoteProtocolInformation, 116, 0},
};

static const IOP_CLASS *IopFindClass(ULONG Class)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(IopQueryClasses); Index++) {
        if (IopQueryClasses[Index].Class == Class) {
            return &IopQueryClasses[Index];
        }
    }
    return NULL;
}

static ULONG IopModeOfFile(PFILE_OBJECT File)
{
    ULONG Mode = 0;
    Mode |= (File->Flags & FO_WRITE_THROUGH) != 0 ? FILE_WRITE_THROUGH : 0;
    Mode |= (File->Flags & FO_SEQUENTIAL_ONLY) != 0 ? FILE_SEQUENTIAL_ONLY : 0;
    Mode |= (File->Flags & FO_NO_INTERMEDIATE_BUFFERING) != 0 ? FILE_NO_INTERMEDIATE_BUFFERING : 0;
    Mode |= (File->Flags & FO_DELETE_ON_CLOSE) != 0 ? FILE_DELETE_ON_CLOSE : 0;
    if (IopIsSynchronous(File)) {
        Mode |= (File->Flags & FO_ALERTABLE_IO) != 0 ? FILE_SYNCHRONOUS_IO_ALERT : FILE_SYNCHRONOUS_IO_NONALERT;
    }
    return Mode;
}

/* The I/O manager's own classes.  FALSE: ask the driver. */
static BOOLEAN IopQueryOwnClass(IOP_REQUEST *Request, FILE_INFORMATION_CLASS Class, PVOID Buffer, ULONG *Returned)
{
    PFILE_OBJECT File = Request->File;
    switch (Class) {
    case FileAccessInformation:
        ((FILE_ACCESS_INFORMATION *)Buffer)->AccessFlags = Request->GrantedAccess;
        *Returned = sizeof(FILE_ACCESS_INFORMATION);
        return TRUE;
    case FileModeInformation:
        ((FILE_MODE_INFORMATION *)Buffer)->Mode = IopModeOfFile(File);
        *Returned = sizeof(FILE_MODE_INFORMATION);
        return TRUE;
    case FileAlignmentInformation:
        ((FILE_ALIGNMENT_INFORMATION *)Buffer)->AlignmentRequirement = Request->Device->AlignmentRequirement;
        *Returned = sizeof(FILE_ALIGNMENT_INFORMATION);
        return TRUE;
    case FilePositionInformation:
        if (!IopIsSynchronous(File)) {
            return FALSE;
        }
        ((FILE_POSITION_INFORMATION *)Buffer)->CurrentByteOffset = File->CurrentByteOffset;
        *Returned = sizeof(FILE_POSITION_INFORMATION);
        return TRUE;
    case FileIoCompletionNotificationInformation:
        *(ULONG *)Buffer = ((File->Flags & FO_SKIP_COMPLETION_PORT) != 0 ? 1 : 0) | ((File->Flags & FO_SKIP_SET_EVENT) != 0 ? 2 : 0);
        *Returned = sizeof(ULONG);
        return TRUE;
    case FileIoPriorityHintInformation:
        *(ULONG *)Buffer = 2; /* IoPriorityNormal: there is one priority */
        *Returned = sizeof(ULONG);
        return TRUE;
    case FileIsRemoteDeviceInformation:
        *(BOOLEAN *)Buffer = (File->DeviceObject->Characteristics & FILE_REMOTE_DEVICE) != 0;
        *Returned = sizeof(BOOLEAN);
        return TRUE;
    default:
        return FALSE;
    }
}

/* Without an IRP if the file system offers that. */
static BOOLEAN IopQueryFast(IOP_REQUEST *Request, FILE_INFORMATION_CLASS Class, PVOID Buffer, PIO_STATUS_BLOCK Iosb)
{
    PFAST_IO_DISPATCH Fast = IopFastIo(Request->Device);
    switch (Class) {
    case FileBasicInformation:
        return IOP_HAS_FAST_IO(Fast, FastIoQueryBasicInfo) && Fast->FastIoQueryBasicInfo(Request->File, TRUE, Buffer, Iosb, Request->Device);
    case FileStandardInformation:
        return IOP_HAS_FAST_IO(Fast, FastIoQueryStandardInfo) && Fast->FastIoQueryStandardInfo(Request->File, TRUE, Buffer, Iosb, Request->Device);
    case FileNetworkOpenInformation:
        return IOP_HAS_FAST_IO(Fast, FastIoQueryNetworkOpenInfo) &&
               Fast->FastIoQueryNetworkOpenInfo(Request->File, TRUE, Buffer, Iosb, Request->Device);
    default:
        return FALSE;
    }
}

static NTSTATUS IopQueryDriver(IOP_REQUEST *Request, FILE_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, ULONG *Returned)
{
    IO_STATUS_BLOCK Iosb = {0};
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status;
    if (IopQueryFast(Request, Class, Buffer, &Iosb)) {
        *Returned = (ULONG)Iosb.Information;
        return Iosb.Status;
    }
    Status = IopAllocateRequestIrp(Request, IRP_MJ_QUERY_INFORMATION, 0);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Request->Irp->AssociatedIrp.SystemBuffer = Buffer;
    Request->Irp->Flags |= IRP_BUFFERED_IO;
    Stack = IoGetNextIrpStackLocation(Request->Irp);
    Stack->Parameters.QueryFile.Length = Length;
    Stack->Parameters.QueryFile.FileInformationClass = Class;
    Status = IopCallSynchronously(Request, &Iosb);
    *Returned = (ULONG)min(Iosb.Information, Length);
    return Status;
}

/* Everything in one: the driver's part plus the I/O manager's three fields. */
static void IopCompleteAllInformation(IOP_REQUEST *Request, FILE_ALL_INFORMATION *All)
{
    All->AccessInformation.AccessFlags = Request->GrantedAccess;
    All->ModeInformation.Mode = IopModeOfFile(Request->File);
    All->AlignmentInformation.AlignmentRequirement = Request->Device->AlignmentRequirement;
    if (IopIsSynchronous(Request->File)) {
        All->PositionInformation.CurrentByteOffset = Request->File->CurrentByteOffset;
    }
}

/* FILE_STAT_INFORMATION from the classes that every file system has. */
static NTSTATUS IopQueryStat(IOP_REQUEST *Request, IOP_STAT *Stat, ULONG *Returned)
{
    FILE_BASIC_INFORMATION Basic = {0};
    FILE_STANDARD_INFORMATION Standard = {0};
    FILE_INTERNAL_INFORMATION Internal = {0};
    ULONG Ignored;
    NTSTATUS Status = IopQueryDriver(Request, FileBasicInformation, &Basic, sizeof(Basic), &Ignored);
    if (NT_SUCCESS(Status)) {
        Status = IopQueryDriver(Request, FileStandardInformation, &Standard, sizeof(Standard), &Ignored);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopQueryDriver(Request, FileInternalInformation, &Internal, sizeof(Internal), &Ignored);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *Stat = (IOP_STAT){.FileId = Internal.IndexNumber, .CreationTime = Basic.CreationTime, .LastAccessTime = Basic.LastAccessTime,
                       .LastWriteTime = Basic.LastWriteTime, .ChangeTime = Basic.ChangeTime, .AllocationSize = Standard.AllocationSize,
                       .EndOfFile = Standard.EndOfFile, .FileAttributes = Basic.FileAttributes, .NumberOfLinks = Standard.NumberOfLinks,
                       .EffectiveAccess = Request->GrantedAccess};
    *Returned = sizeof(*Stat);
    return STATUS_SUCCESS;
}

/* The device's name: \Device\RamDisk0. */
static NTSTATUS IopQueryVolumeName(IOP_REQUEST *Request, FILE_NAME_INFORMATION *Information, ULONG Length, ULONG *Returned)
{
    ULONG64 Block[64];
    POBJECT_NAME_INFORMATION Name = (POBJECT_NAME_INFORMATION)Block;
    ULONG Needed, Room = Length - offsetof(FILE_NAME_INFORMATION, FileName), Part;
    NTSTATUS Status = ObQueryNameString(Request->File->DeviceObject, Name, sizeof(Block), &Needed);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Part = min(Room, Name->Name.Length);
    Information->FileNameLength = Name->Name.Length;
    RtlCopyMemory(Information->FileName, Name->Name.Buffer, Part);
    *Returned = offsetof(FILE_NAME_INFORMATION, FileName) + Part;
    return Part < Name->Name.Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS IopQuery(IOP_REQUEST *Request, FILE_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, ULONG *Returned)
{
    NTSTATUS Status;
    *Returned = 0;
    if (IopQueryOwnClass(Request, Class, Buffer, Returned)) {
        return STATUS_SUCCESS;
    }
    if (Class == FileStatInformation) {
        return IopQueryStat(Request, Buffer, Returned);
    }
    if (Class == FileVolumeNameInformation) {
        return IopQueryVolumeName(Request, Buffer, Length, Returned);
    }
    Status = IopQueryDriver(Request, Class, Buffer, Length, Returned);
    if (Class == FileAllInformation && !NT_ERROR(Status)) {
        IopCompleteAllInformation(Request, Buffer);
    }
    return Status;
}

NTSTATUS IopQueryFile(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, ULONG *Returned)
{
    IOP_REQUEST Request;
    NTSTATUS Status = IopBeginKernelRequest(&Request, File);
    if (NT_SUCCESS(Status)) {
        Status = IopQuery(&Request, Class, Buffer, Length, Returned);
        IopEndRequest(&Request);
    }
    return Status;
}

NTSTATUS NTAPI IoQueryFileInformation(PFILE_OBJECT FileObject, FILE_INFORMATION_CLASS FileInformationClass, ULONG Length, PVOID FileInformation,
                                      PULONG ReturnedLength)
{
    return IopQueryFile(FileObject, FileInformationClass, FileInformation, Length, ReturnedLength);
}

NTSTATUS NTAPI NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                      FILE_INFORMATION_CLASS FileInformationClass)
{
    ULONG64 Small[32];
    PVOID Buffer = Small;
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    const IOP_CLASS *Class = IopFindClass(FileInformationClass);
    IO_STATUS_BLOCK Iosb = {0};
    IOP_REQUEST Request;
    ULONG Returned = 0;
    NTSTATUS Status;
    if (Class == NULL) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length < Class->Length) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (NT_SUCCESS(Status)) {
        Status = KiProbeForWrite(Mode, FileInformation, Length, sizeof(ULONG));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Length > sizeof(Small) && (Buffer = ExAllocatePoolWithTag(NonPagedPool, Length, IOP_TAG_BUFFER)) == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Buffer, Length);
    Status = IopBeginRequest(&Request, FileHandle, Class->Access, NULL);
    if (NT_SUCCESS(Status)) {
        Status = IopQuery(&Request, FileInformationClass, Buffer, Length, &Returned);
        IopEndRequest(&Request);
    }
    if (!NT_ERROR(Status)) {
        NTSTATUS CopyStatus = CopyToMode(Mode, FileInformation, Buffer, Returned);
        Iosb.Status = Status;
        Iosb.Information = Returned;
        if (NT_SUCCESS(CopyStatus)) {
            CopyStatus = CopyToMode(Mode, IoStatusBlock, &Iosb, sizeof(Iosb));
        }
        Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
    if (Buffer != Small) {
        ExFreePoolWithTag(Buffer, IOP_TAG_BUFFER);
    }
    return Status;
}

/* FileStatInformation (and its like) of a name, without a handle of the caller's. */
NTSTATUS NTAPI NtQueryInformationByName(POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                        FILE_INFORMATION_CLASS FileInformationClass)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    IO_STATUS_BLOCK Iosb = {.Information = sizeof(IOP_STAT)};
    IOP_STAT Stat;
    NTSTATUS Status;
    if (FileInformationClass != FileStatInformation) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length < sizeof(Stat)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (NT_SUCCESS(Status)) {
        Status = IopQueryByName(ObjectAttributes, FileStatInformation, FileInformation, &Stat, sizeof(Stat));
    }
    return NT_SUCCESS(Status) ? CopyToMode(Mode, IoStatusBlock, &Iosb, sizeof(Iosb)) : Status;
}

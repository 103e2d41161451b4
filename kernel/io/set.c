/* SPDX-License-Identifier: MIT */
/*
 * set.c - NtSetInformationFile.
 *
 * The I/O manager's own: position, mode, completion port.  For a rename or a link to another directory it
 * opens that directory first (IO_OPEN_TARGET_DIRECTORY), so that the file system gets a file object and the
 * share and access rules hold.
 */
#include "iop.h"

typedef struct _IOP_SET_CLASS
{
    UCHAR Class, Length;
    ACCESS_MASK Access;
} IOP_SET_CLASS;

#define IOP_DISPOSITION_EX 64
#define IOP_RENAME_EX 65

static const IOP_SET_CLASS IopSetClasses[] = {
    {FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FILE_WRITE_ATTRIBUTES},
    {FileRenameInformation, sizeof(FILE_RENAME_INFORMATION), DELETE},
    {FileLinkInformation, sizeof(FILE_LINK_INFORMATION), 0},
    {FileDispositionInformation, sizeof(FILE_DISPOSITION_INFORMATION), DELETE},
    {FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0},
    {FileModeInformation, sizeof(FILE_MODE_INFORMATION), 0},
    {FileAllocationInformation, sizeof(FILE_ALLOCATION_INFORMATION), FILE_WRITE_DATA},
    {FileEndOfFileInformation, sizeof(FILE_END_OF_FILE_INFORMATION), FILE_WRITE_DATA},
    {FileValidDataLengthInformation, sizeof(FILE_VALID_DATA_LENGTH_INFORMATION), FILE_WRITE_DATA},
    {FilePipeInformation, sizeof(FILE_PIPE_INFORMATION), FILE_WRITE_ATTRIBUTES},
    {FileMailslotSetInformation, sizeof(FILE_MAILSLOT_SET_INFORMATION), 0},
    {FileCompletionInformation, sizeof(FILE_COMPLETION_INFORMATION), 0},
    {FileShortNameInformation, sizeof(FILE_NAME_INFORMATION), DELETE},
    {FileIoCompletionNotificationInformation, sizeof(ULONG), 0},
    {FileIoPriorityHintInformation, sizeof(ULONG), 0},
    {IOP_DISPOSITION_EX, sizeof(ULONG), DELETE},
    {IOP_RENAME_EX, sizeof(FILE_RENAME_INFORMATION), DELETE},
};

static const IOP_SET_CLASS *IopFindSetClass(ULONG Class)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(IopSetClasses); Index++) {
        if (IopSetClasses[Index].Class == Class) {
            return &IopSetClasses[Index];
        }
    }
    return NULL;
}

/* Never negative; of an unbuffered file, a multiple of the sector. */
static NTSTATUS IopSetPosition(PFILE_OBJECT File, const FILE_POSITION_INFORMATION *Information)
{
    ULONG Sector = IoGetRelatedDeviceObject(File)->SectorSize;
    if (Information->CurrentByteOffset.QuadPart < 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((File->Flags & FO_NO_INTERMEDIATE_BUFFERING) != 0 && Sector != 0 && Information->CurrentByteOffset.QuadPart % Sector != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    File->CurrentByteOffset = Information->CurrentByteOffset;
    return STATUS_SUCCESS;
}

/* Only what may change while the file is open. */
static NTSTATUS IopSetMode(PFILE_OBJECT File, ULONG Mode)
{
    ULONG Changeable = FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
    ULONG Synchronous = Mode & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
    if ((Mode & ~Changeable) != 0 || (Synchronous != 0) != IopIsSynchronous(File) ||
        Synchronous == (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)) {
        return STATUS_INVALID_PARAMETER;
    }
    File->Flags &= ~(FO_WRITE_THROUGH | FO_SEQUENTIAL_ONLY | FO_ALERTABLE_IO);
    File->Flags |= (Mode & FILE_WRITE_THROUGH) != 0 ? FO_WRITE_THROUGH : 0;
    File->Flags |= (Mode & FILE_SEQUENTIAL_ONLY) != 0 ? FO_SEQUENTIAL_ONLY : 0;
    File->Flags |= (Mode & FILE_SYNCHRONOUS_IO_ALERT) != 0 ? FO_ALERTABLE_IO : 0;
    return STATUS_SUCCESS;
}

/* Once, and only for asynchronous handles; the file object keeps the port. */
static NTSTATUS IopSetCompletionPort(IOP_REQUEST *Request, const FILE_COMPLETION_INFORMATION *Information)
{
    PIO_COMPLETION_CONTEXT Context;
    NTSTATUS Status;
    if (IopIsSynchronous(Request->File) || Request->File->CompletionContext != NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    Context = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Context), IOP_TAG_MISC);
    if (Context == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Context->Key = Information->Key;
    Status = ObReferenceObjectByHandle(Information->Port, IO_COMPLETION_MODIFY_STATE_, IopCompletionObjectType, Request->Mode, &Context->Port, NULL);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Context, IOP_TAG_MISC);
        return Status;
    }
    if (InterlockedCompareExchangePointer((PVOID volatile *)&Request->File->CompletionContext, Context, NULL) != NULL) {
        ObfDereferenceObject(Context->Port);
        ExFreePoolWithTag(Context, IOP_TAG_MISC);
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS IopSetNotificationModes(PFILE_OBJECT File, ULONG Modes)
{
    ULONG Flags = ((Modes & 1) != 0 ? FO_SKIP_COMPLETION_PORT : 0) | ((Modes & 2) != 0 ? FO_SKIP_SET_EVENT : 0) |
                  ((Modes & 4) != 0 ? FO_SKIP_SET_FAST_IO : 0);
    if ((Modes & ~7u) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    InterlockedOr((volatile LONG *)&File->Flags, (LONG)Flags);
    return STATUS_SUCCESS;
}

/* The directory a rename or link leads to, opened for adding an entry; NULL handle: the same directory. */
static NTSTATUS IopOpenTarget(IOP_REQUEST *Request, const FILE_RENAME_INFORMATION *Rename, ULONG Length, PHANDLE Handle, PFILE_OBJECT *Target)
{
    UNICODE_STRING Name = {(USHORT)Rename->FileNameLength, (USHORT)Rename->FileNameLength, (PWCHAR)Rename->FileName};
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Request->Irp);
    NTSTATUS Status;
    *Handle = NULL;
    if (Rename->FileNameLength > Length - offsetof(FILE_RENAME_INFORMATION, FileName) || Rename->FileNameLength == 0 ||
        Rename->FileNameLength % sizeof(WCHAR) != 0 || Rename->FileNameLength > UNICODE_STRING_MAX_BYTES) {
        return STATUS_INVALID_PARAMETER;
    }
    Stack->Parameters.SetFile.ReplaceIfExists = Rename->ReplaceIfExists;
    if (Rename->RootDirectory == NULL && Name.Buffer[0] != L'\\') {
        return STATUS_SUCCESS;
    }
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, Rename->RootDirectory, NULL);
    Status = IoCreateFile(Handle, FILE_WRITE_DATA | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN,
                          FILE_OPEN_FOR_BACKUP_INTENT, NULL, 0, CreateFileTypeNone, NULL,
                          IO_OPEN_TARGET_DIRECTORY | IO_NO_PARAMETER_CHECKING | IO_FORCE_ACCESS_CHECK);
    if (!NT_SUCCESS(Status)) {
        *Handle = NULL;
        return Status;
    }
    Status = ObReferenceObjectByHandle(*Handle, 0, IopFileObjectType, KernelMode, (PVOID *)Target, NULL);
    if (NT_SUCCESS(Status) && IoGetRelatedDeviceObject(*Target) != Request->Device) {
        Status = STATUS_NOT_SAME_DEVICE;
    }
    Stack->Parameters.SetFile.FileObject = *Target;
    return Status;
}

static NTSTATUS IopSetDriver(IOP_REQUEST *Request, FILE_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, PIO_STATUS_BLOCK Iosb)
{
    PIO_STACK_LOCATION Stack;
    PFILE_OBJECT Target = NULL;
    HANDLE Handle = NULL;
    NTSTATUS Status = IopAllocateRequestIrp(Request, IRP_MJ_SET_INFORMATION, 0);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Request->Irp->AssociatedIrp.SystemBuffer = Buffer;
    Request->Irp->Flags |= IRP_BUFFERED_IO;
    Stack = IoGetNextIrpStackLocation(Request->Irp);
    Stack->Parameters.SetFile.Length = Length;
    Stack->Parameters.SetFile.FileInformationClass = Class;
    if (Class == FileRenameInformation || Class == FileLinkInformation || (ULONG)Class == IOP_RENAME_EX) {
        Status = IopOpenTarget(Request, Buffer, Length, &Handle, &Target);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopCallSynchronously(Request, Iosb);
    }
    if (Target != NULL) {
        ObfDereferenceObject(Target);
    }
    if (Handle != NULL) {
        ZwClose(Handle);
    }
    return Status;
}

/* The class holds a pointer to the time-out: the driver gets one to a copy. */
static NTSTATUS IopSetMailslot(IOP_REQUEST *Request, PLARGE_INTEGER Timeout, PIO_STATUS_BLOCK Iosb)
{
    LARGE_INTEGER Copy;
    FILE_MAILSLOT_SET_INFORMATION Information = {&Copy};
    NTSTATUS Status;
    if (Timeout == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = CopyFromMode(Request->Mode, &Copy, Timeout, sizeof(Copy));
    return NT_SUCCESS(Status) ? IopSetDriver(Request, FileMailslotSetInformation, &Information, sizeof(Information), Iosb) : Status;
}

static NTSTATUS IopSet(IOP_REQUEST *Request, FILE_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, PIO_STATUS_BLOCK Iosb)
{
    switch ((ULONG)Class) {
    case FilePositionInformation:
        return IopSetPosition(Request->File, Buffer);
    case FileModeInformation:
        return IopSetMode(Request->File, ((FILE_MODE_INFORMATION *)Buffer)->Mode);
    case FileCompletionInformation:
        return IopSetCompletionPort(Request, Buffer);
    case FileIoCompletionNotificationInformation:
        return IopSetNotificationModes(Request->File, *(ULONG *)Buffer);
    case FileMailslotSetInformation:
        return IopSetMailslot(Request, *(PLARGE_INTEGER *)Buffer, Iosb);
    case FileIoPriorityHintInformation: /* very low, low, normal; accepted, and all the same */
        return *(ULONG *)Buffer <= 2 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case FileValidDataLengthInformation:
        return SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_MANAGE_VOLUME_PRIVILEGE), Request->Mode)
                   ? IopSetDriver(Request, Class, Buffer, Length, Iosb)
                   : STATUS_PRIVILEGE_NOT_HELD;
    default:
        return IopSetDriver(Request, Class, Buffer, Length, Iosb);
    }
}

NTSTATUS NTAPI IoSetInformation(PFILE_OBJECT FileObject, FILE_INFORMATION_CLASS FileInformationClass, ULONG Length, PVOID FileInformation)
{
    IO_STATUS_BLOCK Iosb = {0};
    IOP_REQUEST Request;
    NTSTATUS Status = IopBeginKernelRequest(&Request, FileObject);
    if (NT_SUCCESS(Status)) {
        Status = IopSet(&Request, FileInformationClass, FileInformation, Length, &Iosb);
        IopEndRequest(&Request);
    }
    return Status;
}

NTSTATUS NTAPI NtSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                    FILE_INFORMATION_CLASS FileInformationClass)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    const IOP_SET_CLASS *Class = IopFindSetClass(FileInformationClass);
    IO_STATUS_BLOCK Iosb = {0};
    IOP_REQUEST Request;
    PVOID Buffer;
    NTSTATUS Status;
    if (Class == NULL) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length < Class->Length) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Buffer = ExAllocatePoolWithTag(NonPagedPool, Length, IOP_TAG_BUFFER);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = CopyFromMode(Mode, Buffer, FileInformation, Length);
    if (NT_SUCCESS(Status)) {
        Status = IopBeginRequest(&Request, FileHandle, Class->Access, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopSet(&Request, FileInformationClass, Buffer, Length, &Iosb);
        IopEndRequest(&Request);
        if (!NT_ERROR(Status)) {
            NTSTATUS CopyStatus;
            Iosb.Status = Status;
            CopyStatus = CopyToMode(Mode, IoStatusBlock, &Iosb, sizeof(Iosb));
            Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
        }
    }
    ExFreePoolWithTag(Buffer, IOP_TAG_BUFFER);
    return Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * create.c - NtCreateFile and its relatives: check and capture the request, let ob walk the name (parse.c
 * does the opening), report.
 */
#include "iop.h"

#define IOP_DIRECTORY_OPTIONS                                                                                                                    \
    (FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT | FILE_WRITE_THROUGH | FILE_COMPLETE_IF_OPLOCKED |           \
     FILE_OPEN_FOR_BACKUP_INTENT | FILE_DELETE_ON_CLOSE | FILE_OPEN_FOR_FREE_SPACE_QUERY | FILE_OPEN_BY_FILE_ID | FILE_NO_COMPRESSION |         \
     FILE_OPEN_REPARSE_POINT | FILE_OPEN_REQUIRING_OPLOCK)

/* The rules among the parameters; the meanings are the file system's. */
static NTSTATUS IopCheckCreateParameters(ACCESS_MASK Access, const IOP_OPEN_PACKET *Packet)
{
    ULONG Options = Packet->CreateOptions;
    ULONG Synchronous = Options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
    if ((Packet->FileAttributes & ~FILE_ATTRIBUTE_VALID_FLAGS) != 0 || (Packet->ShareAccess & ~FILE_SHARE_VALID_FLAGS) != 0 ||
        Packet->Disposition > FILE_MAXIMUM_DISPOSITION || (Options & ~FILE_VALID_OPTION_FLAGS) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Synchronous != 0 && (Access & SYNCHRONIZE) == 0 && (Access & (GENERIC_ALL | GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | MAXIMUM_ALLOWED)) == 0) ||
        Synchronous == (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Options & FILE_DELETE_ON_CLOSE) != 0 && (Access & (DELETE | GENERIC_ALL | MAXIMUM_ALLOWED)) == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Options & (FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE)) == (FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE)) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Options & FILE_DIRECTORY_FILE) != 0 &&
        ((Options & ~IOP_DIRECTORY_OPTIONS) != 0 ||
         (Packet->Disposition != FILE_CREATE && Packet->Disposition != FILE_OPEN && Packet->Disposition != FILE_OPEN_IF))) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Options & FILE_COMPLETE_IF_OPLOCKED) != 0 && (Options & FILE_RESERVE_OPFILTER) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Options & FILE_NO_INTERMEDIATE_BUFFERING) != 0 && (Access & FILE_APPEND_DATA) != 0 && (Access & FILE_WRITE_DATA) == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

/* Pipes and mailslots: what the parameters may be; whether they suit the pipe that exists is its driver's to say. */
static NTSTATUS IopCheckPipeParameters(const IOP_OPEN_PACKET *Packet)
{
    const NAMED_PIPE_CREATE_PARAMETERS *Pipe = Packet->CreateParameters;
    if (Packet->CreateFileType == CreateFileTypeNone) {
        return STATUS_SUCCESS;
    }
    if (Packet->CreateFileType == CreateFileTypeMailslot) {
        return (Packet->CreateOptions & ~FILE_VALID_MAILSLOT_OPTION_FLAGS) == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    if ((Packet->CreateOptions & ~FILE_VALID_PIPE_OPTION_FLAGS) != 0 || (Packet->ShareAccess & FILE_SHARE_DELETE) != 0 ||
        Packet->Disposition < FILE_OPEN || Packet->Disposition > FILE_OPEN_IF ||
        (Pipe->NamedPipeType & ~FILE_PIPE_TYPE_VALID_MASK) != 0 || Pipe->ReadMode > FILE_PIPE_MESSAGE_MODE ||
        Pipe->CompletionMode > FILE_PIPE_COMPLETE_OPERATION) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS IopCaptureEa(KPROCESSOR_MODE Mode, PVOID EaBuffer, ULONG EaLength, IOP_OPEN_PACKET *Packet)
{
    ULONG Offset;
    NTSTATUS Status;
    if (EaBuffer == NULL || EaLength == 0) {
        return STATUS_SUCCESS;
    }
    Packet->EaBuffer = ExAllocatePoolWithTag(NonPagedPool, EaLength, IOP_TAG_BUFFER);
    if (Packet->EaBuffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Packet->EaLength = EaLength;
    Status = CopyFromMode(Mode, Packet->EaBuffer, EaBuffer, EaLength);
    return NT_SUCCESS(Status) ? IoCheckEaBufferValidity(Packet->EaBuffer, EaLength, &Offset) : Status;
}

static NTSTATUS IopReportOpen(KPROCESSOR_MODE Mode, PHANDLE UserHandle, HANDLE Handle, PIO_STATUS_BLOCK UserIosb, const IOP_OPEN_PACKET *Packet,
                              NTSTATUS Status)
{
    IO_STATUS_BLOCK Iosb = {.Status = Status, .Information = Packet->Information};
    NTSTATUS CopyStatus = CopyToMode(Mode, UserHandle, &Handle, sizeof(Handle));
    if (NT_SUCCESS(CopyStatus)) {
        CopyStatus = CopyToMode(Mode, UserIosb, &Iosb, sizeof(Iosb));
    }
    if (!NT_SUCCESS(CopyStatus)) {
        ObCloseHandle(Handle, Mode);
        return CopyStatus;
    }
    return Status;
}

static NTSTATUS IopOpenByName(POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode, ACCESS_MASK Access, IOP_OPEN_PACKET *Packet, PHANDLE Handle)
{
    NTSTATUS Status = ObOpenObjectByName(Attributes, NULL, Mode, NULL, Access, Packet, Handle);
    if (NT_SUCCESS(Status) && !Packet->Parsed) {
        ObCloseHandle(*Handle, Mode); /* the name led to something that is not a file */
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (NT_SUCCESS(Status)) {
        InterlockedOr((volatile LONG *)&Packet->FileObject->Flags, FO_HANDLE_CREATED);
    }
    return Status;
}

static NTSTATUS IopCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                              PLARGE_INTEGER AllocationSize, PVOID EaBuffer, ULONG EaLength, KPROCESSOR_MODE Mode, IOP_OPEN_PACKET *Packet)
{
    HANDLE Handle;
    NTSTATUS Status;
    Packet->Type = IO_TYPE_OPEN_PACKET_;
    Packet->Size = sizeof(*Packet);
    if ((Packet->Options & IO_NO_PARAMETER_CHECKING) == 0) {
        Status = IopCheckCreateParameters(DesiredAccess, Packet);
        if (NT_SUCCESS(Status)) {
            Status = IopCheckPipeParameters(Packet);
        }
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    Status = KiProbeForWrite(Mode, FileHandle, sizeof(HANDLE), sizeof(HANDLE));
    if (NT_SUCCESS(Status)) {
        Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    }
    if (NT_SUCCESS(Status) && AllocationSize != NULL) {
        Status = CopyFromMode(Mode, &Packet->AllocationSize, AllocationSize, sizeof(LARGE_INTEGER));
        if (NT_SUCCESS(Status) && Packet->AllocationSize.QuadPart < 0) {
            Status = STATUS_INVALID_PARAMETER;
        }
    }
    if (NT_SUCCESS(Status)) {
        Status = IopCaptureEa(Mode, EaBuffer, EaLength, Packet);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopOpenByName(ObjectAttributes, Mode, DesiredAccess, Packet, &Handle);
        if (NT_SUCCESS(Status)) {
            Status = IopReportOpen(Mode, FileHandle, Handle, IoStatusBlock, Packet, Status);
        }
    }
    if (Packet->EaBuffer != NULL) {
        ExFreePoolWithTag(Packet->EaBuffer, IOP_TAG_BUFFER);
    }
    return Status;
}

NTSTATUS NTAPI NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                            PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions,
                            PVOID EaBuffer, ULONG EaLength)
{
    IOP_OPEN_PACKET Packet = {.FileAttributes = (USHORT)FileAttributes, .ShareAccess = (USHORT)ShareAccess, .Disposition = CreateDisposition,
                              .CreateOptions = CreateOptions};
    if ((FileAttributes | ShareAccess) > MAXUSHORT) {
        return STATUS_INVALID_PARAMETER;
    }
    return IopCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, EaBuffer, EaLength, KeCurrentPreviousMode_(),
                         &Packet);
}

NTSTATUS NTAPI NtOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                          ULONG ShareAccess, ULONG OpenOptions)
{
    return NtCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, 0, ShareAccess, FILE_OPEN, OpenOptions, NULL, 0);
}

NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE FileHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                                     ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, ULONG NamedPipeType, ULONG ReadMode,
                                     ULONG CompletionMode, ULONG MaximumInstances, ULONG InboundQuota, ULONG OutboundQuota,
                                     PLARGE_INTEGER DefaultTimeout)
{
    NAMED_PIPE_CREATE_PARAMETERS Pipe = {.NamedPipeType = NamedPipeType, .ReadMode = ReadMode, .CompletionMode = CompletionMode,
                                         .MaximumInstances = MaximumInstances, .InboundQuota = InboundQuota, .OutboundQuota = OutboundQuota};
    IOP_OPEN_PACKET Packet = {.ShareAccess = (USHORT)ShareAccess, .Disposition = CreateDisposition, .CreateOptions = CreateOptions,
                              .CreateFileType = CreateFileTypeNamedPipe, .CreateParameters = &Pipe};
    NTSTATUS Status = STATUS_SUCCESS;
    if (DefaultTimeout != NULL) {
        Status = CopyFromMode(KeCurrentPreviousMode_(), &Pipe.DefaultTimeout, DefaultTimeout, sizeof(LARGE_INTEGER));
        Pipe.TimeoutSpecified = TRUE;
    }
    return NT_SUCCESS(Status) ? IopCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, NULL, 0, KeCurrentPreviousMode_(), &Packet)
                              : Status;
}

NTSTATUS NTAPI NtCreateMailslotFile(PHANDLE FileHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                                    ULONG CreateOptions, ULONG MailslotQuota, ULONG MaximumMessageSize, PLARGE_INTEGER ReadTimeout)
{
    MAILSLOT_CREATE_PARAMETERS Mailslot = {.MailslotQuota = MailslotQuota, .MaximumMessageSize = MaximumMessageSize};
    IOP_OPEN_PACKET Packet = {.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE, .Disposition = FILE_CREATE, .CreateOptions = CreateOptions,
                              .CreateFileType = CreateFileTypeMailslot, .CreateParameters = &Mailslot};
    NTSTATUS Status = STATUS_SUCCESS;
    if (ReadTimeout != NULL) {
        Status = CopyFromMode(KeCurrentPreviousMode_(), &Mailslot.ReadTimeout, ReadTimeout, sizeof(LARGE_INTEGER));
        Mailslot.TimeoutSpecified = TRUE;
    }
    return NT_SUCCESS(Status) ? IopCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, NULL, 0, KeCurrentPreviousMode_(), &Packet)
                              : Status;
}

/* Drivers' forms.  IO_NO_PARAMETER_CHECKING and the like in Options; the mode is the caller's previous mode
 * unless handles are to be kernel handles. */
NTSTATUS NTAPI IoCreateFileEx(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                              PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions,
                              PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options,
                              PIO_DRIVER_CREATE_CONTEXT DriverContext)
{
    IOP_OPEN_PACKET Packet = {.FileAttributes = (USHORT)FileAttributes, .ShareAccess = (USHORT)ShareAccess, .Disposition = Disposition,
                              .CreateOptions = CreateOptions, .CreateFileType = CreateFileType, .CreateParameters = InternalParameters,
                              .Options = Options, .TargetDirectory = (Options & IO_OPEN_TARGET_DIRECTORY) != 0,
                              .DeviceHint = DriverContext != NULL ? DriverContext->DeviceObjectHint : NULL};
    KPROCESSOR_MODE Mode = (Options & IO_NO_PARAMETER_CHECKING) != 0 ? KernelMode : KeCurrentPreviousMode_();
    return IopCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, EaBuffer, EaLength, Mode, &Packet);
}

NTSTATUS NTAPI IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                            PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions,
                            PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options)
{
    return IoCreateFileEx(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess, Disposition,
                          CreateOptions, EaBuffer, EaLength, CreateFileType, InternalParameters, Options, NULL);
}

NTSTATUS NTAPI IoCreateFileSpecifyDeviceObjectHint(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                                   PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                                                   ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                                                   CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options, PVOID DeviceObject)
{
    IO_DRIVER_CREATE_CONTEXT Context = {.Size = sizeof(Context), .DeviceObjectHint = DeviceObject};
    return IoCreateFileEx(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes, ShareAccess, Disposition,
                          CreateOptions, EaBuffer, EaLength, CreateFileType, InternalParameters, Options, &Context);
}

/* Opens by name for one question and closes again.  The handle is the caller's mode's, as the name's access
 * check is. */
static NTSTATUS IopOpenBriefly(POBJECT_ATTRIBUTES Attributes, ACCESS_MASK Access, ULONG CreateOptions, PHANDLE Handle, PFILE_OBJECT *File)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    IOP_OPEN_PACKET Packet = {.Type = IO_TYPE_OPEN_PACKET_, .Size = sizeof(Packet), .Disposition = FILE_OPEN, .CreateOptions = CreateOptions,
                              .ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE};
    NTSTATUS Status = IopOpenByName(Attributes, Mode, Access, &Packet, Handle);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(*Handle, 0, IopFileObjectType, Mode, (PVOID *)File, NULL);
        if (!NT_SUCCESS(Status)) {
            ObCloseHandle(*Handle, Mode);
        }
    }
    return Status;
}

NTSTATUS IopQueryByName(POBJECT_ATTRIBUTES Attributes, FILE_INFORMATION_CLASS Class, PVOID UserBuffer, PVOID Buffer, ULONG Length)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    PFILE_OBJECT File;
    HANDLE Handle;
    ULONG Returned;
    NTSTATUS Status = KiProbeForWrite(Mode, UserBuffer, Length, sizeof(ULONG));
    if (NT_SUCCESS(Status)) {
        Status = IopOpenBriefly(Attributes, FILE_READ_ATTRIBUTES, FILE_OPEN_REPARSE_POINT, &Handle, &File);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopQueryFile(File, Class, Buffer, Length, &Returned);
    ObfDereferenceObject(File);
    ObCloseHandle(Handle, Mode);
    return NT_SUCCESS(Status) ? CopyToMode(Mode, UserBuffer, Buffer, Length) : Status;
}

NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, PFILE_BASIC_INFORMATION FileInformation)
{
    FILE_BASIC_INFORMATION Basic = {0};
    return IopQueryByName(ObjectAttributes, FileBasicInformation, FileInformation, &Basic, sizeof(Basic));
}

NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, PFILE_NETWORK_OPEN_INFORMATION FileInformation)
{
    FILE_NETWORK_OPEN_INFORMATION Network = {0};
    return IopQueryByName(ObjectAttributes, FileNetworkOpenInformation, FileInformation, &Network, sizeof(Network));
}

NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes)
{
    PFILE_OBJECT File;
    HANDLE Handle;
    NTSTATUS Status = IopOpenBriefly(ObjectAttributes, DELETE, FILE_DELETE_ON_CLOSE, &Handle, &File);
    if (NT_SUCCESS(Status)) {
        ObfDereferenceObject(File);
        Status = ObCloseHandle(Handle, KeCurrentPreviousMode_());
    }
    return Status;
}

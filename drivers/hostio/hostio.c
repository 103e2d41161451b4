/* SPDX-License-Identifier: MIT */
/*
 * hostio.sys - three one-way channels to the machine that runs the emulator.
 *
 * \Device\HostOut, \Device\HostErr and \Device\HostExit write to QEMU's isa-debugcon ports 0xEA, 0xEB and 0xEC, which the host redirects to files: a
 * program's standard output reaches the host byte for byte, with nothing else mixed in (tools/nrun).  To the program they are pipes, because
 * that is what redirected output is, and C run-time libraries buffer accordingly.  On a machine without those ports the bytes vanish.
 *
 * Written against <ntddk.h> only.  Lock: HOST_CHANNEL.Mutex keeps one request's bytes together; PASSIVE_LEVEL.
 */
#include <ntddk.h>

typedef struct _HOST_CHANNEL {
    USHORT Port;
    FAST_MUTEX Mutex;
    LONG64 BytesWritten; /* Mutex */
} HOST_CHANNEL;

static const struct {
    PCWSTR Name;
    USHORT Port;
} Channels[] = {
    { L"\\Device\\HostOut", 0xEA },
    { L"\\Device\\HostErr", 0xEB },
    { L"\\Device\\HostExit", 0xEC },
};

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI HostOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(Device);
    /* A channel has no names below it. */
    if (Stack->MajorFunction == IRP_MJ_CREATE && Stack->FileObject->FileName.Length != 0)
        return Complete(Irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
    return Complete(Irp, STATUS_SUCCESS, FILE_OPENED);
}

static NTSTATUS NTAPI HostWrite(PDEVICE_OBJECT Device, PIRP Irp)
{
    HOST_CHANNEL *Channel = Device->DeviceExtension;
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;

    if (Length != 0) {
        ExAcquireFastMutex(&Channel->Mutex);
        __outbytestring(Channel->Port, Irp->AssociatedIrp.SystemBuffer, Length);
        Channel->BytesWritten += Length;
        ExReleaseFastMutex(&Channel->Mutex);
    }
    return Complete(Irp, STATUS_SUCCESS, Length);
}

/* Nothing ever comes back from the host. */
static NTSTATUS NTAPI HostRead(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_PIPE_BROKEN, 0);
}

static NTSTATUS NTAPI HostFlush(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

/* A channel shows itself as a connected outbound byte pipe, and answers what programs ask of one before they write to it. */
#define FILE_PIPE_INFORMATION_CLASS 23
#define FILE_PIPE_LOCAL_INFORMATION_CLASS 24

typedef struct _HOST_PIPE_INFORMATION
{
    ULONG ReadMode, CompletionMode; /* byte stream, waiting: 0 */
} HOST_PIPE_INFORMATION;

typedef struct _HOST_PIPE_LOCAL_INFORMATION
{
    ULONG Type, Configuration, MaximumInstances, CurrentInstances, InboundQuota, ReadDataAvailable, OutboundQuota, WriteQuotaAvailable;
    ULONG State, End;
} HOST_PIPE_LOCAL_INFORMATION;

static NTSTATUS NTAPI HostQueryInformation(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    FILE_STANDARD_INFORMATION Standard = {.NumberOfLinks = 1};
    HOST_PIPE_INFORMATION Pipe = {0};
    HOST_PIPE_LOCAL_INFORMATION Local = {.Configuration = 1 /* outbound */, .MaximumInstances = 1, .CurrentInstances = 1, .OutboundQuota = 65536,
                                         .WriteQuotaAvailable = 65536, .State = 3 /* connected */};
    const void *Source = &Standard;
    ULONG Length = sizeof Standard;

    UNREFERENCED_PARAMETER(Device);
    switch ((int)Stack->Parameters.QueryFile.FileInformationClass) {
    case FileStandardInformation:
        break;
    case FILE_PIPE_INFORMATION_CLASS:
        Source = &Pipe;
        Length = sizeof Pipe;
        break;
    case FILE_PIPE_LOCAL_INFORMATION_CLASS:
        Source = &Local;
        Length = sizeof Local;
        break;
    default:
        return Complete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    }
    if (Stack->Parameters.QueryFile.Length < Length)
        return Complete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    RtlCopyMemory(Buffer, Source, Length);
    return Complete(Irp, STATUS_SUCCESS, Length);
}

/* Bytes and waiting are what it is: asking for that is granted. */
static NTSTATUS NTAPI HostSetInformation(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    const HOST_PIPE_INFORMATION *Pipe = Irp->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(Device);
    if ((int)Stack->Parameters.SetFile.FileInformationClass != FILE_PIPE_INFORMATION_CLASS)
        return Complete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    if (Stack->Parameters.SetFile.Length < sizeof *Pipe)
        return Complete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    return Complete(Irp, Pipe->ReadMode == 0 && Pipe->CompletionMode == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER, 0);
}

static NTSTATUS NTAPI HostQueryVolume(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_FS_DEVICE_INFORMATION Information = Irp->AssociatedIrp.SystemBuffer;

    if (Stack->Parameters.QueryVolume.FsInformationClass != FileFsDeviceInformation)
        return Complete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    if (Stack->Parameters.QueryVolume.Length < sizeof *Information)
        return Complete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    Information->DeviceType = FILE_DEVICE_NAMED_PIPE;
    Information->Characteristics = Device->Characteristics;
    return Complete(Irp, STATUS_SUCCESS, sizeof *Information);
}

static NTSTATUS CreateChannel(PDRIVER_OBJECT Driver, PCWSTR Name, USHORT Port)
{
    UNICODE_STRING DeviceName;
    PDEVICE_OBJECT Device;

    RtlInitUnicodeString(&DeviceName, Name);
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(HOST_CHANNEL), &DeviceName, FILE_DEVICE_NAMED_PIPE, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    HOST_CHANNEL *Channel = Device->DeviceExtension;
    Channel->Port = Port;
    Channel->BytesWritten = 0;
    ExInitializeFastMutex(&Channel->Mutex);
    Device->Flags |= DO_BUFFERED_IO;
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI HostUnload(PDRIVER_OBJECT Driver)
{
    while (Driver->DeviceObject != NULL)
        IoDeleteDevice(Driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->MajorFunction[IRP_MJ_CREATE] = HostOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = HostOpenClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = HostOpenClose;
    Driver->MajorFunction[IRP_MJ_READ] = HostRead;
    Driver->MajorFunction[IRP_MJ_WRITE] = HostWrite;
    Driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = HostFlush;
    Driver->MajorFunction[IRP_MJ_QUERY_INFORMATION] = HostQueryInformation;
    Driver->MajorFunction[IRP_MJ_SET_INFORMATION] = HostSetInformation;
    Driver->MajorFunction[IRP_MJ_QUERY_VOLUME_INFORMATION] = HostQueryVolume;
    Driver->DriverUnload = HostUnload;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Channels) && NT_SUCCESS(Status); Index++)
        Status = CreateChannel(Driver, Channels[Index].Name, Channels[Index].Port);
    if (!NT_SUCCESS(Status))
        HostUnload(Driver);
    return Status;
}

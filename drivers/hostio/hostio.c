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

static NTSTATUS NTAPI HostQueryInformation(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_STANDARD_INFORMATION Standard = Irp->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(Device);
    if (Stack->Parameters.QueryFile.FileInformationClass != FileStandardInformation)
        return Complete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    if (Stack->Parameters.QueryFile.Length < sizeof *Standard)
        return Complete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    RtlZeroMemory(Standard, sizeof *Standard);
    Standard->NumberOfLinks = 1;
    return Complete(Irp, STATUS_SUCCESS, sizeof *Standard);
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
    Driver->MajorFunction[IRP_MJ_QUERY_VOLUME_INFORMATION] = HostQueryVolume;
    Driver->DriverUnload = HostUnload;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Channels) && NT_SUCCESS(Status); Index++)
        Status = CreateChannel(Driver, Channels[Index].Name, Channels[Index].Port);
    if (!NT_SUCCESS(Status))
        HostUnload(Driver);
    return Status;
}

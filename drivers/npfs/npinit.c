/* SPDX-License-Identifier: MIT */
/*
 * npinit.c - DriverEntry and the one door of every request.
 */
#include "np.h"

DRIVER_INITIALIZE DriverEntry;
PDEVICE_OBJECT NpDevice;
ULONG NpVolume = NpTypeVolume;

NTSTATUS NpComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, NT_SUCCESS(Status) ? IO_NAMED_PIPE_INCREMENT : IO_NO_INCREMENT);
    return Status;
}

ULONG NpTypeOf(PFILE_OBJECT File)
{
    return File->FsContext != NULL ? *(ULONG *)File->FsContext : 0;
}

NP_OPEN NpDecode(PFILE_OBJECT File)
{
    ULONG_PTR Value = (ULONG_PTR)File->FsContext2;
    NP_OPEN Open = {(NP_INSTANCE *)(Value & ~(ULONG_PTR)1), (ULONG)(Value & 1)};
    return Open;
}

typedef NTSTATUS NP_REQUEST(PIRP Irp, PIO_STACK_LOCATION Stack);

static NTSTATUS NpFsControl(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    static const struct { ULONG Code; NP_REQUEST *Routine; } Controls[] = {
        {FSCTL_PIPE_LISTEN, NpListen},
        {FSCTL_PIPE_DISCONNECT, NpDisconnect},
        {FSCTL_PIPE_PEEK, NpPeek},
        {FSCTL_PIPE_TRANSCEIVE, NpTransceive},
        {FSCTL_PIPE_WAIT, NpWait},
        {FSCTL_PIPE_IMPERSONATE, NpImpersonate},
        {FSCTL_PIPE_FLUSH, NpFlushIrp},
        {FSCTL_PIPE_GET_PIPE_ATTRIBUTE, NpQueryAttribute},
        {FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, NpQueryAttribute},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Controls); Index++) {
        if (Controls[Index].Code == Stack->Parameters.FileSystemControl.FsControlCode) {
            return Controls[Index].Routine(Irp, Stack);
        }
    }
    return NpComplete(Irp, STATUS_NOT_SUPPORTED, 0);
}

/* By major function; NULL: STATUS_INVALID_DEVICE_REQUEST. */
static NP_REQUEST *const Requests[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
    [IRP_MJ_CREATE] = NpOpenIrp,
    [IRP_MJ_CREATE_NAMED_PIPE] = NpCreateIrp,
    [IRP_MJ_CLEANUP] = NpCleanup,
    [IRP_MJ_CLOSE] = NpClose,
    [IRP_MJ_READ] = NpReadIrp,
    [IRP_MJ_WRITE] = NpWriteIrp,
    [IRP_MJ_FLUSH_BUFFERS] = NpFlushIrp,
    [IRP_MJ_QUERY_INFORMATION] = NpQueryInformation,
    [IRP_MJ_SET_INFORMATION] = NpSetInformation,
    [IRP_MJ_QUERY_VOLUME_INFORMATION] = NpQueryVolume,
    [IRP_MJ_DIRECTORY_CONTROL] = NpDirectory,
    [IRP_MJ_FILE_SYSTEM_CONTROL] = NpFsControl,
    [IRP_MJ_QUERY_SECURITY] = NpQuerySecurity,
    [IRP_MJ_SET_SECURITY] = NpSetSecurity,
};

static NTSTATUS NTAPI NpDispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(Device);
    if (Requests[Stack->MajorFunction] == NULL) {
        return NpComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    FsRtlEnterFileSystem();
    Status = Requests[Stack->MajorFunction](Irp, Stack);
    FsRtlExitFileSystem();
    return Status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name, Link;
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(RegistryPath);
    NpInitNames();
    RtlInitUnicodeString(&Name, L"\\Device\\NamedPipe");
    RtlInitUnicodeString(&Link, L"\\??\\PIPE");
    Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_NAMED_PIPE, 0, FALSE, &NpDevice);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(NpDevice);
        return Status;
    }
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++) {
        Driver->MajorFunction[Major] = NpDispatch;
    }
    NpDevice->Flags |= DO_BUFFERED_IO;
    NpDevice->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * null.c - \Device\Null: reads end at once, writes are swallowed.  NT has it as null.sys; it is 60 lines
 * and every process may need it, so it is built in.
 */
#include "iop.h"

static NTSTATUS NTAPI IopNullDispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG_PTR Information = 0;
    (void)Device;
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE:
        Information = FILE_OPENED;
        break;
    case IRP_MJ_READ:
        Status = STATUS_END_OF_FILE;
        break;
    case IRP_MJ_WRITE:
        Information = Stack->Parameters.Write.Length;
        break;
    case IRP_MJ_QUERY_INFORMATION:
        if (Stack->Parameters.QueryFile.FileInformationClass == FileStandardInformation) {
            FILE_STANDARD_INFORMATION *Standard = Irp->AssociatedIrp.SystemBuffer;
            *Standard = (FILE_STANDARD_INFORMATION){.NumberOfLinks = 1};
            Information = sizeof(*Standard);
        } else {
            Status = STATUS_INVALID_INFO_CLASS;
        }
        break;
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
    case IRP_MJ_FLUSH_BUFFERS:
    case IRP_MJ_LOCK_CONTROL:
        break;
    default:
        Status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI IopNullEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Null");
    PDEVICE_OBJECT Device;
    (void)RegistryPath;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++) {
        Driver->MajorFunction[Major] = IopNullDispatch;
    }
    return IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_NULL, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
}

NTSTATUS IopCreateNullDevice(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Driver\\Null");
    return IoCreateDriver(&Name, IopNullEntry);
}

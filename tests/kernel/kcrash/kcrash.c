/* SPDX-License-Identifier: MIT */
/*
 * kcrash.c - stops the system from inside a driver, on request: what the bugcheck screen then says is the thing under test.
 *
 * \\.\KCrash takes two control codes.  The first writes through a null pointer three calls deep in this driver, so that the backtrace has to cross a trap
 * frame and driver frames on its way back to the system call; the second calls KeBugCheckEx with parameters of its own.
 */
#include <ntddk.h>

#define IOCTL_WRITE_NULL CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_NEITHER, FILE_ANY_ACCESS)
#define IOCTL_BUGCHECK CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_NEITHER, FILE_ANY_ACCESS)

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\KCrash");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\KCrash");

__attribute__((noinline)) static ULONG KCrashInner(volatile ULONG *Address)
{
    *Address = 1;
    return *Address + 1;
}

__attribute__((noinline)) static ULONG KCrashMiddle(volatile ULONG *Address)
{
    return KCrashInner(Address) + 1;
}

static NTSTATUS NTAPI KCrashOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI KCrashControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode == IOCTL_WRITE_NULL) {
        Irp->IoStatus.Information = KCrashMiddle(NULL);
    } else {
        KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
    }
    Irp->IoStatus.Status = STATUS_UNSUCCESSFUL;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_UNSUCCESSFUL;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(Driver, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (NT_SUCCESS(Status)) {
        Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
        Driver->MajorFunction[IRP_MJ_CREATE] = KCrashOpenClose;
        Driver->MajorFunction[IRP_MJ_CLOSE] = KCrashOpenClose;
        Driver->MajorFunction[IRP_MJ_CLEANUP] = KCrashOpenClose;
        Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = KCrashControl;
    }
    return Status;
}

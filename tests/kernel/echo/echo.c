/* SPDX-License-Identifier: MIT */
/*
 * echo.c - the smallest useful driver: written against <ntddk.h> only, linked with mingw's own -lntoskrnl.
 *
 * \Device\Echo (\\.\Echo to programs) gives back, through one buffered control code, the bytes it was sent, letters turned to upper case.
 * By hand:  x86_64-w64-mingw32-gcc -I/usr/share/mingw-w64/include/ddk -nostdlib -shared -Wl,--subsystem,native -Wl,-e,DriverEntry echo.c
 *           -o echo.sys -lntoskrnl
 */
#include <ntddk.h>

#define IOCTL_ECHO CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Echo");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Echo");

static NTSTATUS Finish(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI EchoOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Finish(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI EchoControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    PUCHAR Text = Irp->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(Device);
    if (Stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_ECHO) {
        return Finish(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < Length) {
        return Finish(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    for (ULONG i = 0; i < Length; i++) {
        if (Text[i] >= 'a' && Text[i] <= 'z') {
            Text[i] = (UCHAR)(Text[i] - 'a' + 'A');
        }
    }
    return Finish(Irp, STATUS_SUCCESS, Length);
}

static VOID NTAPI EchoUnload(PDRIVER_OBJECT Driver)
{
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(Driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(Driver, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Driver->MajorFunction[IRP_MJ_CREATE] = EchoOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = EchoOpenClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = EchoOpenClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = EchoControl;
    Driver->DriverUnload = EchoUnload;
    DbgPrint("echo: here, at %p\n", Driver->DriverStart);
    return STATUS_SUCCESS;
}

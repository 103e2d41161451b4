/* SPDX-License-Identifier: MIT */
/*
 * serial.c - serial.sys: COM1, a 16550 at 0x3F8 with IRQ 4, as \Device\Serial0 and \??\COM1.
 *
 *   uart.c     registers, rings, interrupt          queue.c    waiting reads and writes, time-outs
 *   control.c  IOCTL_SERIAL_*
 *
 * Locks, outermost first: DrainLock, QueueLock; the interrupt lock is a leaf.
 */
#include "serial.h"

#define COM1_PORT 0x3F8
#define COM1_IRQ 4
#define WATCH_MILLISECONDS 50

DRIVER_INITIALIZE DriverEntry;
/* In hal.lib, but only in the oldest headers: the one way to a vector for a driver that PnP did not give
 * one. */
NTHALAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel, ULONG BusInterruptVector,
                                           PKIRQL Irql, PKAFFINITY Affinity);

static VOID NTAPI SerialDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    (void)Dpc, (void)Argument1, (void)Argument2;
    SerialDrain(Context);
}

static VOID NTAPI SerialWatch(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    SERIAL_EXTENSION *Extension = Context;
    (void)Dpc, (void)Argument1, (void)Argument2;
    KeSynchronizeExecution(Extension->Interrupt, SerialService, Extension);
    SerialDrain(Extension);
}

static NTSTATUS NTAPI SerialOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MajorFunction == IRP_MJ_CLEANUP) {
        SerialCancelAll(Device->DeviceExtension, Stack->FileObject, TRUE, TRUE, TRUE);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = Stack->MajorFunction == IRP_MJ_CREATE ? FILE_OPENED : 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS SerialConnect(SERIAL_EXTENSION *Extension)
{
    LARGE_INTEGER Due = {.QuadPart = -10000LL * WATCH_MILLISECONDS};
    KAFFINITY Affinity;
    KIRQL Irql;
    ULONG Vector = HalGetInterruptVector(Isa, 0, COM1_IRQ, COM1_IRQ, &Irql, &Affinity);
    NTSTATUS Status = IoConnectInterrupt(&Extension->Interrupt, SerialInterrupt, Extension, NULL, Vector, Irql, Irql, Latched, FALSE, Affinity, FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeSynchronizeExecution(Extension->Interrupt, SerialService, Extension); /* enables the receive interrupt */
    KeSetTimerEx(&Extension->WatchTimer, Due, WATCH_MILLISECONDS, &Extension->WatchDpc);
    return STATUS_SUCCESS;
}

static NTSTATUS SerialCreateDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT *Device)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Serial0");
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\COM1");
    SERIAL_EXTENSION *Extension;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(SERIAL_EXTENSION), &Name, FILE_DEVICE_SERIAL_PORT, FILE_DEVICE_SECURE_OPEN, FALSE, Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    (*Device)->Flags |= DO_BUFFERED_IO;
    Extension = (*Device)->DeviceExtension;
    RtlZeroMemory(Extension, sizeof(*Extension));
    Extension->Device = *Device;
    Extension->Port = (PUCHAR)COM1_PORT;
    KeInitializeDpc(&Extension->Dpc, SerialDpc, Extension);
    KeInitializeDpc(&Extension->WatchDpc, SerialWatch, Extension);
    KeInitializeTimer(&Extension->WatchTimer);
    SerialInitQueues(Extension);
    Status = SerialInitUart(Extension);
    if (NT_SUCCESS(Status)) {
        Status = SerialConnect(Extension);
    }
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(*Device);
        return Status;
    }
    (void)IoCreateSymbolicLink(&Link, &Name);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    (void)RegistryPath;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = SerialOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = SerialOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = SerialOpenClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = SerialReadWrite;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = SerialReadWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = SerialControl;
    return SerialCreateDevice(DriverObject, &Device);
}

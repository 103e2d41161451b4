/* SPDX-License-Identifier: MIT */
/*
 * interrupt.c - connecting drivers to interrupts, over ke's interrupt objects.
 *
 * One object a processor of the mask is connected when interrupts are spread; here each ISA line goes to
 * one processor, so one object is enough. IoConnectInterruptEx: fully specified (everything given, as
 * IoConnectInterrupt) works; line-based needs a PnP device node with translated resources, and message-
 * based needs MSI; both give STATUS_NOT_SUPPORTED, by name in the log.
 */
#include "iop.h"

#define IOP_TAG_INTERRUPT POOL_TAG('I', 'o', 'I', 'n')

NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT *InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext, PKSPIN_LOCK SpinLock, ULONG Vector,
                                  KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector, KAFFINITY ProcessorEnableMask,
                                  BOOLEAN FloatingSave)
{
    PKINTERRUPT Interrupt;
    ULONG Processor;
    (void)FloatingSave;
    *InterruptObject = NULL;
    ProcessorEnableMask &= KeQueryActiveProcessors();
    if (ProcessorEnableMask == 0 || SynchronizeIrql < Irql) {
        return STATUS_INVALID_PARAMETER;
    }
    Processor = (ULONG)__builtin_ctzll(ProcessorEnableMask);
    Interrupt = ExAllocatePoolWithTag(NonPagedPool, sizeof(KINTERRUPT), IOP_TAG_INTERRUPT);
    if (Interrupt == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeInterrupt(Interrupt, ServiceRoutine, ServiceContext, SpinLock, Vector, Irql, SynchronizeIrql, InterruptMode, ShareVector, Processor);
    *InterruptObject = Interrupt; /* before the first interrupt can come */
    if (!KeConnectInterrupt(Interrupt)) {
        *InterruptObject = NULL;
        ExFreePoolWithTag(Interrupt, IOP_TAG_INTERRUPT);
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT InterruptObject)
{
    KeDisconnectInterrupt(InterruptObject);
    ExFreePoolWithTag(InterruptObject, IOP_TAG_INTERRUPT);
}

NTSTATUS NTAPI IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters)
{
    PIO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS Full = &Parameters->FullySpecified;
    switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED:
    case CONNECT_FULLY_SPECIFIED_GROUP:
        return IoConnectInterrupt(Full->InterruptObject, Full->ServiceRoutine, Full->ServiceContext, Full->SpinLock, Full->Vector, Full->Irql,
                                  Full->SynchronizeIrql, Full->InterruptMode, Full->ShareVector, Full->ProcessorEnableMask, Full->FloatingSave);
    case CONNECT_LINE_BASED:
    case CONNECT_MESSAGE_BASED:
        KdPrint_("Io: IoConnectInterruptEx version %u is not supported\n", Parameters->Version);
        return STATUS_NOT_SUPPORTED;
    default:
        Parameters->Version = CONNECT_FULLY_SPECIFIED;
        return STATUS_NOT_SUPPORTED;
    }
}

VOID NTAPI IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters)
{
    if (Parameters->Version == CONNECT_FULLY_SPECIFIED || Parameters->Version == CONNECT_FULLY_SPECIFIED_GROUP) {
        IoDisconnectInterrupt(Parameters->ConnectionContext.InterruptObject);
    }
}

/* Nobody arbitrates resources yet: what a driver reports is noted, never in conflict. */
NTSTATUS NTAPI IoReportResourceUsage(PUNICODE_STRING DriverClassName, PDRIVER_OBJECT DriverObject, PCM_RESOURCE_LIST DriverList, ULONG DriverListSize,
                                     PDEVICE_OBJECT DeviceObject, PCM_RESOURCE_LIST DeviceList, ULONG DeviceListSize, BOOLEAN OverrideConflict,
                                     PBOOLEAN ConflictDetected)
{
    (void)DriverClassName, (void)DriverList, (void)DriverListSize, (void)DeviceObject, (void)DeviceList, (void)DeviceListSize, (void)OverrideConflict;
    KdPrint_("Io: %wZ reports its resources\n", &DriverObject->DriverName);
    *ConflictDetected = FALSE;
    return STATUS_SUCCESS;
}

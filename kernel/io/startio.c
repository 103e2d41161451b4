/* SPDX-License-Identifier: MIT */
/*
 * startio.c - the classic queue of a driver that does one request at a time (DriverStartIo), its one-second
 * timer, and its DPC.
 */
#include "iop.h"

static void IopStart(PDEVICE_OBJECT Device, PIRP Irp)
{
    Device->DriverObject->DriverStartIo(Device, Irp);
}

VOID NTAPI IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction)
{
    BOOLEAN Queued;
    KIRQL Irql, CancelIrql = PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    if (CancelFunction != NULL) {
        IoAcquireCancelSpinLock(&CancelIrql);
        Irp->CancelRoutine = CancelFunction;
    }
    Queued = Key != NULL ? KeInsertByKeyDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry, *Key)
                         : KeInsertDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry);
    if (!Queued) {
        DeviceObject->CurrentIrp = Irp;
    }
    if (Queued && CancelFunction != NULL && Irp->Cancel) {
        Irp->CancelIrql = CancelIrql;
        Irp->CancelRoutine = NULL;
        CancelFunction(DeviceObject, Irp); /* cancelled before it was queued; the routine releases the lock */
    } else if (CancelFunction != NULL) {
        IoReleaseCancelSpinLock(CancelIrql);
    }
    if (!Queued) {
        IopStart(DeviceObject, Irp);
    }
    KeLowerIrql(Irql);
}

static void IopStartNext(PDEVICE_OBJECT Device, BOOLEAN Cancelable, PULONG Key)
{
    PKDEVICE_QUEUE_ENTRY Entry;
    PIRP Irp = NULL;
    KIRQL CancelIrql = DISPATCH_LEVEL;
    ASSERT_IRQL_EQ(DISPATCH_LEVEL);
    if (Cancelable) {
        IoAcquireCancelSpinLock(&CancelIrql);
    }
    Device->CurrentIrp = NULL;
    Entry = Key != NULL ? KeRemoveByKeyDeviceQueue(&Device->DeviceQueue, *Key) : KeRemoveDeviceQueue(&Device->DeviceQueue);
    if (Entry != NULL) {
        Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.DeviceQueueEntry);
        Device->CurrentIrp = Irp;
    }
    if (Cancelable) {
        IoReleaseCancelSpinLock(CancelIrql);
    }
    if (Irp != NULL) {
        IopStart(Device, Irp);
    }
}

VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable)
{
    IopStartNext(DeviceObject, Cancelable, NULL);
}

VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable, ULONG Key)
{
    IopStartNext(DeviceObject, Cancelable, &Key);
}

VOID NTAPI IoSetStartIoAttributes(PDEVICE_OBJECT DeviceObject, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable)
{
    IopExtension(DeviceObject)->StartIoFlags = (DeferredStartIo ? 1u : 0u) | (NonCancelable ? 2u : 0u);
}

/* ---- timers: one DPC a second for all devices that have one
 * ------------------------------------------------------------------------ */

typedef struct _IO_TIMER
{
    CSHORT Type;
    SHORT Enabled; /* IopTimerLock */
    LIST_ENTRY Link;
    PIO_TIMER_ROUTINE Routine;
    PVOID Context;
    PDEVICE_OBJECT Device;
} IO_TIMER;

static LIST_ENTRY IopTimerList = {&IopTimerList, &IopTimerList}; /* IopTimerLock */
static KSPIN_LOCK IopTimerLock;
static KTIMER IopTimer;
static KDPC IopTimerDpc;
static LONG IopTimerStarted;

static VOID NTAPI IopTimerTick(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    (void)Dpc, (void)Context, (void)Argument1, (void)Argument2;
    KeAcquireSpinLockAtDpcLevel(&IopTimerLock);
    for (PLIST_ENTRY Entry = IopTimerList.Flink; Entry != &IopTimerList; Entry = Entry->Flink) {
        PIO_TIMER Timer = CONTAINING_RECORD(Entry, IO_TIMER, Link);
        if (Timer->Enabled) {
            Timer->Routine(Timer->Device, Timer->Context);
        }
    }
    KeReleaseSpinLockFromDpcLevel(&IopTimerLock);
}

NTSTATUS NTAPI IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context)
{
    PIO_TIMER Timer = DeviceObject->Timer;
    if (Timer == NULL) {
        Timer = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Timer), IOP_TAG_MISC);
        if (Timer == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        *Timer = (IO_TIMER){.Type = IO_TYPE_TIMER, .Device = DeviceObject, .Routine = TimerRoutine, .Context = Context};
        DeviceObject->Timer = Timer;
        ExInterlockedInsertTailList(&IopTimerList, &Timer->Link, &IopTimerLock);
        return STATUS_SUCCESS;
    }
    Timer->Routine = TimerRoutine;
    Timer->Context = Context;
    return STATUS_SUCCESS;
}

static void IopEnableTimer(PDEVICE_OBJECT Device, BOOLEAN Enable)
{
    KIRQL Irql;
    KeAcquireSpinLock(&IopTimerLock, &Irql);
    Device->Timer->Enabled = Enable;
    KeReleaseSpinLock(&IopTimerLock, Irql);
}

VOID NTAPI IoStartTimer(PDEVICE_OBJECT DeviceObject)
{
    IopEnableTimer(DeviceObject, TRUE);
    if (InterlockedExchange(&IopTimerStarted, TRUE) == FALSE) {
        LARGE_INTEGER Second = {.QuadPart = -10000000};
        KeInitializeTimer(&IopTimer);
        KeInitializeDpc(&IopTimerDpc, IopTimerTick, NULL);
        KeSetTimerEx(&IopTimer, Second, 1000, &IopTimerDpc);
    }
}

VOID NTAPI IoStopTimer(PDEVICE_OBJECT DeviceObject)
{
    IopEnableTimer(DeviceObject, FALSE);
}

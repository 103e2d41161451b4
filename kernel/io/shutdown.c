/* SPDX-License-Identifier: MIT */
/*
 * shutdown.c - the last requests: IRP_MJ_SHUTDOWN to the devices that asked for it, then to the file
 * systems, then to the last-chance ones.
 */
#include "iop.h"

typedef struct _IOP_SHUTDOWN
{
    LIST_ENTRY Link;
    PDEVICE_OBJECT Device;
} IOP_SHUTDOWN;

static LIST_ENTRY IopShutdownList = {&IopShutdownList, &IopShutdownList};         /* IopDatabaseLock */
static LIST_ENTRY IopLastChanceList = {&IopLastChanceList, &IopLastChanceList};   /* IopDatabaseLock */

void IopSendShutdown(PDEVICE_OBJECT Device)
{
    PDEVICE_OBJECT Target = IoGetAttachedDevice(Device);
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIRP Irp;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_SHUTDOWN, Target, NULL, 0, NULL, &Event, &Iosb);
    if (Irp != NULL && IofCallDriver(Target, Irp) == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
}

static NTSTATUS IopRegisterShutdown(PLIST_ENTRY List, PDEVICE_OBJECT Device)
{
    IOP_SHUTDOWN *Entry = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Entry), IOP_TAG_MISC);
    if (Entry == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObfReferenceObject(Device);
    Entry->Device = Device;
    ExInterlockedInsertHeadList(List, &Entry->Link, &IopDatabaseLock);
    Device->Flags |= DO_SHUTDOWN_REGISTERED;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoRegisterShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    return IopRegisterShutdown(&IopShutdownList, DeviceObject);
}

NTSTATUS NTAPI IoRegisterLastChanceShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    return IopRegisterShutdown(&IopLastChanceList, DeviceObject);
}

/* Takes the first entry, or the first of Device, off the list. */
static IOP_SHUTDOWN *IopTakeShutdown(PLIST_ENTRY List, PDEVICE_OBJECT Device)
{
    IOP_SHUTDOWN *Found = NULL;
    KIRQL Irql;
    KeAcquireSpinLock(&IopDatabaseLock, &Irql);
    for (PLIST_ENTRY Entry = List->Flink; Entry != List && Found == NULL; Entry = Entry->Flink) {
        IOP_SHUTDOWN *Item = CONTAINING_RECORD(Entry, IOP_SHUTDOWN, Link);
        if (Device == NULL || Item->Device == Device) {
            RemoveEntryList(Entry);
            Found = Item;
        }
    }
    KeReleaseSpinLock(&IopDatabaseLock, Irql);
    return Found;
}

static void IopDropShutdown(IOP_SHUTDOWN *Entry)
{
    ObfDereferenceObject(Entry->Device);
    ExFreePoolWithTag(Entry, IOP_TAG_MISC);
}

VOID NTAPI IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    IOP_SHUTDOWN *Entry;
    while ((Entry = IopTakeShutdown(&IopShutdownList, DeviceObject)) != NULL || (Entry = IopTakeShutdown(&IopLastChanceList, DeviceObject)) != NULL) {
        IopDropShutdown(Entry);
    }
    DeviceObject->Flags &= ~DO_SHUTDOWN_REGISTERED;
}

static void IopNotifyShutdown(PLIST_ENTRY List)
{
    IOP_SHUTDOWN *Entry;
    while ((Entry = IopTakeShutdown(List, NULL)) != NULL) {
        IopSendShutdown(Entry->Device);
        IopDropShutdown(Entry);
    }
}

void IoShutdownSystem(ULONG Phase)
{
    if (Phase == 0) {
        IopNotifyShutdown(&IopShutdownList);
    } else {
        IopShutdownFileSystems();
        IopNotifyShutdown(&IopLastChanceList);
    }
}

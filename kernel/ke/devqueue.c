/* SPDX-License-Identifier: MIT */
/*
 * devqueue.c - device queues: the packets that wait for a busy device.
 */
#include "kep.h"

VOID NTAPI KeInitializeDeviceQueue(PKDEVICE_QUEUE Queue)
{
    Queue->Type = DeviceQueueObject;
    Queue->Size = sizeof(*Queue);
    InitializeListHead(&Queue->DeviceListHead);
    KeInitializeSpinLock(&Queue->Lock);
    Queue->Busy = FALSE;
}

/* Queue locked.  Sorted by key, equal keys in order of arrival. */
static void KiInsertByKey(PKDEVICE_QUEUE Queue, PKDEVICE_QUEUE_ENTRY Entry)
{
    PLIST_ENTRY Before = Queue->DeviceListHead.Blink;

    while (Before != &Queue->DeviceListHead && CONTAINING_RECORD(Before, KDEVICE_QUEUE_ENTRY, DeviceListEntry)->SortKey > Entry->SortKey) {
        Before = Before->Blink;
    }
    InsertHeadList(Before, &Entry->DeviceListEntry);
}

static BOOLEAN KiInsertDevice(PKDEVICE_QUEUE Queue, PKDEVICE_QUEUE_ENTRY Entry, BOOLEAN ByKey)
{
    KLOCK_QUEUE_HANDLE Lock;

    KeAcquireInStackQueuedSpinLock(&Queue->Lock, &Lock);
    Entry->Inserted = Queue->Busy;
    if (!Queue->Busy) {
        Queue->Busy = TRUE;
    } else if (ByKey) {
        KiInsertByKey(Queue, Entry);
    } else {
        InsertTailList(&Queue->DeviceListHead, &Entry->DeviceListEntry);
    }
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Entry->Inserted;
}

BOOLEAN NTAPI KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY Entry)
{
    return KiInsertDevice(DeviceQueue, Entry, FALSE);
}

BOOLEAN NTAPI KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY Entry, ULONG SortKey)
{
    Entry->SortKey = SortKey;
    return KiInsertDevice(DeviceQueue, Entry, TRUE);
}

/* The first entry with at least SortKey, else the first; an empty queue becomes not busy. */
static PKDEVICE_QUEUE_ENTRY KiRemoveDevice(PKDEVICE_QUEUE Queue, ULONG SortKey)
{
    PKDEVICE_QUEUE_ENTRY Entry = NULL;
    KLOCK_QUEUE_HANDLE Lock;
    PLIST_ENTRY Link;

    KeAcquireInStackQueuedSpinLock(&Queue->Lock, &Lock);
    if (IsListEmpty(&Queue->DeviceListHead)) {
        Queue->Busy = FALSE;
    } else {
        for (Link = Queue->DeviceListHead.Flink; Link != &Queue->DeviceListHead; Link = Link->Flink) {
            if (CONTAINING_RECORD(Link, KDEVICE_QUEUE_ENTRY, DeviceListEntry)->SortKey >= SortKey) {
                break;
            }
        }
        if (Link == &Queue->DeviceListHead) {
            Link = Link->Flink;
        }
        RemoveEntryList(Link);
        Entry = CONTAINING_RECORD(Link, KDEVICE_QUEUE_ENTRY, DeviceListEntry);
        Entry->Inserted = FALSE;
    }
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Entry;
}

PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    return KiRemoveDevice(DeviceQueue, 0);
}

PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    return KiRemoveDevice(DeviceQueue, SortKey);
}

PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueueIfBusy(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    return DeviceQueue->Busy ? KiRemoveDevice(DeviceQueue, SortKey) : NULL;
}

BOOLEAN NTAPI KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY Entry)
{
    BOOLEAN Removed;
    KLOCK_QUEUE_HANDLE Lock;

    KeAcquireInStackQueuedSpinLock(&DeviceQueue->Lock, &Lock);
    Removed = Entry->Inserted;
    if (Removed) {
        Entry->Inserted = FALSE;
        RemoveEntryList(&Entry->DeviceListEntry);
    }
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Removed;
}

/* SPDX-License-Identifier: MIT */
/*
 * misc.c - error log entries, remove locks, named events, and other small services to drivers.
 */
#include "iop.h"

#define IOP_TAG_ERROR POOL_TAG('I', 'o', 'E', 'r')

/* ---- error log: entries go to the kernel's log
 * ---------------------------------------------------------------------------------------- */

PVOID NTAPI IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize)
{
    PVOID *Entry;
    if (EntrySize < sizeof(IO_ERROR_LOG_PACKET) - sizeof(ULONG) || EntrySize > ERROR_LOG_MAXIMUM_SIZE) {
        return NULL;
    }
    Entry = ExAllocatePoolWithTag(NonPagedPool, sizeof(PVOID) * 2 + EntrySize, IOP_TAG_ERROR);
    if (Entry == NULL) {
        return NULL;
    }
    RtlZeroMemory(Entry, sizeof(PVOID) * 2 + EntrySize);
    Entry[0] = IoObject;
    return Entry + 2;
}

VOID NTAPI IoFreeErrorLogEntry(PVOID ElEntry)
{
    ExFreePoolWithTag((PVOID *)ElEntry - 2, IOP_TAG_ERROR);
}

VOID NTAPI IoWriteErrorLogEntry(PVOID ElEntry)
{
    PIO_ERROR_LOG_PACKET Packet = ElEntry;
    KdPrint_("Io: error 0x%08X of object %p: major %u, final status 0x%08X, unique %u\n", (ULONG)Packet->ErrorCode, ((PVOID *)ElEntry)[-2],
             Packet->MajorFunctionCode, (ULONG)Packet->FinalStatus, Packet->UniqueErrorValue);
    IoFreeErrorLogEntry(ElEntry);
}

/* ---- remove locks ---------------------------------------------------------------------------------------
 * ---------------------------- */

VOID NTAPI IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag, ULONG MaxLockedMinutes, ULONG HighWatermark, ULONG RemlockSize)
{
    (void)AllocateTag, (void)MaxLockedMinutes, (void)HighWatermark, (void)RemlockSize;
    Lock->Common.Removed = FALSE;
    Lock->Common.IoCount = 1;
    KeInitializeEvent(&Lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
}

NTSTATUS NTAPI IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, PCSTR File, ULONG Line, ULONG RemlockSize)
{
    (void)Tag, (void)File, (void)Line, (void)RemlockSize;
    InterlockedIncrement(&RemoveLock->Common.IoCount);
    if (!RemoveLock->Common.Removed) {
        return STATUS_SUCCESS;
    }
    if (InterlockedDecrement(&RemoveLock->Common.IoCount) == 0) {
        KeSetEvent(&RemoveLock->Common.RemoveEvent, 0, FALSE);
    }
    return STATUS_DELETE_PENDING;
}

VOID NTAPI IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    (void)Tag, (void)RemlockSize;
    if (InterlockedDecrement(&RemoveLock->Common.IoCount) == 0) {
        KeSetEvent(&RemoveLock->Common.RemoveEvent, 0, FALSE);
    }
}

VOID NTAPI IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    (void)Tag, (void)RemlockSize;
    RemoveLock->Common.Removed = TRUE;
    InterlockedDecrement(&RemoveLock->Common.IoCount);
    if (InterlockedDecrement(&RemoveLock->Common.IoCount) > 0) {
        KeWaitForSingleObject(&RemoveLock->Common.RemoveEvent, Executive, KernelMode, FALSE, NULL);
    }
}

/* ---- named events ---------------------------------------------------------------------------------------
 * ---------------------------- */

static PKEVENT IopCreateEvent(PUNICODE_STRING Name, EVENT_TYPE Type, PHANDLE Handle)
{
    OBJECT_ATTRIBUTES Attributes;
    PKEVENT Event;
    InitializeObjectAttributes(&Attributes, Name, OBJ_OPENIF | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwCreateEvent(Handle, EVENT_ALL_ACCESS, &Attributes, Type, TRUE))) {
        return NULL;
    }
    if (!NT_SUCCESS(ObReferenceObjectByHandle(*Handle, 0, *ExEventObjectType, KernelMode, (PVOID *)&Event, NULL))) {
        ZwClose(*Handle);
        return NULL;
    }
    ObfDereferenceObject(Event); /* the handle keeps it */
    return Event;
}

PKEVENT NTAPI IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    return IopCreateEvent(EventName, NotificationEvent, EventHandle);
}

PKEVENT NTAPI IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    return IopCreateEvent(EventName, SynchronizationEvent, EventHandle);
}

/* ---- removable media: remembered for the drivers that ask
 * --------------------------------------------------------------------------- */

VOID NTAPI IoSetHardErrorOrVerifyDevice(PIRP Irp, PDEVICE_OBJECT DeviceObject)
{
    if (Irp->Tail.Overlay.Thread != NULL) {
        Irp->Tail.Overlay.Thread->DeviceToVerify = DeviceObject;
    }
}

PDEVICE_OBJECT NTAPI IoGetDeviceToVerify(PETHREAD Thread)
{
    return Thread->DeviceToVerify;
}

VOID NTAPI IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject)
{
    Thread->DeviceToVerify = DeviceObject;
}

/* No hard-error port: the thread does not wait for an answer. */
VOID NTAPI IoRaiseHardError(PIRP Irp, PVPB Vpb, PDEVICE_OBJECT RealDeviceObject)
{
    (void)Vpb;
    KdPrint_("Io: hard error 0x%08X of device %p\n", (ULONG)Irp->IoStatus.Status, RealDeviceObject);
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

BOOLEAN NTAPI IoRaiseInformationalHardError(NTSTATUS ErrorStatus, PUNICODE_STRING String, PKTHREAD Thread)
{
    (void)Thread;
    KdPrint_("Io: informational hard error 0x%08X (%wZ)\n", (ULONG)ErrorStatus, String);
    return FALSE;
}

BOOLEAN NTAPI IoSetThreadHardErrorMode(BOOLEAN EnableHardErrors)
{
    (void)EnableHardErrors;
    return TRUE;
}

BOOLEAN NTAPI IoIsWdmVersionAvailable(UCHAR MajorVersion, UCHAR MinorVersion)
{
    return MajorVersion < 6 || (MajorVersion == 6 && MinorVersion == 0);
}

/* EA lists: offsets ascend by multiples of 4 within the buffer, names are terminated. */
NTSTATUS NTAPI IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION EaBuffer, ULONG EaLength, PULONG ErrorOffset)
{
    ULONG Offset = 0;
    for (;;) {
        PFILE_FULL_EA_INFORMATION Ea = (PVOID)((PUCHAR)EaBuffer + Offset);
        ULONG Left = EaLength - Offset, Size;
        *ErrorOffset = Offset;
        if (Left < offsetof(FILE_FULL_EA_INFORMATION, EaName) + 1) {
            return STATUS_EA_LIST_INCONSISTENT;
        }
        Size = (ULONG)offsetof(FILE_FULL_EA_INFORMATION, EaName) + Ea->EaNameLength + 1 + Ea->EaValueLength;
        if (Left < Size || Ea->EaName[Ea->EaNameLength] != 0) {
            return STATUS_EA_LIST_INCONSISTENT;
        }
        if (Ea->NextEntryOffset == 0) {
            return STATUS_SUCCESS;
        }
        if (Ea->NextEntryOffset != ALIGN_UP_BY(Size, sizeof(ULONG)) || Ea->NextEntryOffset >= Left) {
            return STATUS_EA_LIST_INCONSISTENT;
        }
        Offset += Ea->NextEntryOffset;
    }
}

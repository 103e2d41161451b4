/* SPDX-License-Identifier: MIT */
/*
 * msio.c - reading, writing, and what is known of a slot.
 *
 * Three parties may end a read that waits: a writer (or the close), the timer, the canceller.  The one that finds it in the list under MsLock
 * and takes its cancel routine away owns the IRP.  A timer that cannot be cancelled any more frees the reader in its DPC.
 */
#include "ms.h"

KSPIN_LOCK MsLock;

/* MsLock held: out of the list; freed here or by the DPC. */
static void MsEndReader(MS_READER *Reader)
{
    RemoveEntryList(&Reader->Link);
    InitializeListHead(&Reader->Link);
    if (!Reader->Timed || KeCancelTimer(&Reader->Timer)) {
        ExFreePoolWithTag(Reader, MS_TAG);
    }
}

static VOID NTAPI MsReadExpired(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    MS_READER *Reader = Context;
    PIRP Irp = NULL;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireSpinLockAtDpcLevel(&MsLock);
    if (IsListEmpty(&Reader->Link)) {
        ExFreePoolWithTag(Reader, MS_TAG);
    } else if (IoSetCancelRoutine(Reader->Irp, NULL) != NULL) {
        Irp = Reader->Irp;
        RemoveEntryList(&Reader->Link);
        ExFreePoolWithTag(Reader, MS_TAG);
    } else {
        Reader->Irp = NULL; /* the canceller is on its way, and frees the reader */
    }
    KeReleaseSpinLockFromDpcLevel(&MsLock);
    if (Irp != NULL) {
        MsComplete(Irp, STATUS_IO_TIMEOUT, 0);
    }
}

static VOID NTAPI MsCancelRead(PDEVICE_OBJECT Device, PIRP Irp)
{
    MS_READER *Reader = Irp->Tail.Overlay.DriverContext[0];
    KIRQL Irql;
    UNREFERENCED_PARAMETER(Device);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&MsLock, &Irql);
    if (Reader->Irp == NULL) {
        RemoveEntryList(&Reader->Link);
        ExFreePoolWithTag(Reader, MS_TAG);
    } else {
        MsEndReader(Reader);
    }
    KeReleaseSpinLock(&MsLock, Irql);
    MsComplete(Irp, STATUS_CANCELLED, 0);
}

/* MsLock held.  The next read that waits, its own from now on; NULL: none. */
static PIRP MsTakeReader(MS_SLOT *Slot)
{
    for (PLIST_ENTRY Link = Slot->Readers.Flink; Link != &Slot->Readers; Link = Link->Flink) {
        MS_READER *Reader = CONTAINING_RECORD(Link, MS_READER, Link);
        PIRP Irp = Reader->Irp;
        if (Irp != NULL && IoSetCancelRoutine(Irp, NULL) != NULL) {
            MsEndReader(Reader);
            return Irp;
        }
    }
    return NULL;
}

/* MsLock held. */
static NTSTATUS MsWait(MS_SLOT *Slot, PIRP Irp, MS_READER *Reader)
{
    Reader->Irp = Irp;
    KeInitializeTimer(&Reader->Timer);
    KeInitializeDpc(&Reader->Dpc, MsReadExpired, Reader);
    Irp->Tail.Overlay.DriverContext[0] = Reader;
    InsertTailList(&Slot->Readers, &Reader->Link);
    (void)IoSetCancelRoutine(Irp, MsCancelRead);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        RemoveEntryList(&Reader->Link);
        ExFreePoolWithTag(Reader, MS_TAG);
        return STATUS_CANCELLED;
    }
    IoMarkIrpPending(Irp);
    Reader->Timed = Slot->ReadTimeout.QuadPart != MS_FOREVER;
    if (Reader->Timed) {
        (void)KeSetTimer(&Reader->Timer, Slot->ReadTimeout, &Reader->Dpc);
    }
    return STATUS_PENDING;
}

static void MsDrop(MS_SLOT *Slot, MS_MESSAGE *Message)
{
    RemoveEntryList(&Message->Link);
    Slot->MessageCount--;
    ExFreePoolWithTag(Message, MS_TAG);
}

NTSTATUS MsRead(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    MS_SLOT *Slot = MsSlotOf(Stack->FileObject);
    ULONG_PTR Done = 0;
    MS_READER *Reader;
    NTSTATUS Status;
    KIRQL Irql;
    if (Slot == NULL || !MsIsReader(Stack->FileObject)) {
        return MsComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    Reader = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Reader), MS_TAG);
    if (Reader == NULL) {
        return MsComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    RtlZeroMemory(Reader, sizeof(*Reader));
    KeAcquireSpinLock(&MsLock, &Irql);
    if (!IsListEmpty(&Slot->Messages)) {
        MS_MESSAGE *Message = CONTAINING_RECORD(Slot->Messages.Flink, MS_MESSAGE, Link);
        Status = STATUS_BUFFER_TOO_SMALL;
        if (Message->Length <= Stack->Parameters.Read.Length) {
            RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Message->Data, Message->Length);
            Done = Message->Length;
            MsDrop(Slot, Message);
            Status = STATUS_SUCCESS;
        }
    } else if (Slot->ReadTimeout.QuadPart == 0) {
        Status = STATUS_IO_TIMEOUT;
    } else {
        Status = MsWait(Slot, Irp, Reader);
        Reader = NULL;
    }
    KeReleaseSpinLock(&MsLock, Irql);
    if (Reader != NULL) {
        ExFreePoolWithTag(Reader, MS_TAG);
    }
    return Status == STATUS_PENDING ? STATUS_PENDING : MsComplete(Irp, Status, Done);
}

/* Gives the message to a read that waits, if it is large enough; reads that are not end. */
static BOOLEAN MsDeliver(MS_SLOT *Slot, MS_MESSAGE *Message, PLIST_ENTRY Done)
{
    PIRP Irp;
    while ((Irp = MsTakeReader(Slot)) != NULL) {
        BOOLEAN Fits = Message->Length <= IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
        Irp->IoStatus.Status = Fits ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
        Irp->IoStatus.Information = Fits ? Message->Length : 0;
        InsertTailList(Done, &Irp->Tail.Overlay.ListEntry);
        if (Fits) {
            RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Message->Data, Message->Length);
            return TRUE;
        }
    }
    return FALSE;
}

static void MsFinish(PLIST_ENTRY Done)
{
    while (!IsListEmpty(Done)) {
        IoCompleteRequest(CONTAINING_RECORD(RemoveHeadList(Done), IRP, Tail.Overlay.ListEntry), IO_MAILSLOT_INCREMENT);
    }
}

NTSTATUS MsWrite(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    MS_SLOT *Slot = MsSlotOf(Stack->FileObject);
    ULONG Length = Stack->Parameters.Write.Length;
    LIST_ENTRY Done = {&Done, &Done};
    NTSTATUS Status = STATUS_SUCCESS;
    MS_MESSAGE *Message;
    KIRQL Irql;
    if (Slot == NULL || MsIsReader(Stack->FileObject)) {
        return MsComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    if (Slot->MaximumMessage != 0 && Length > Slot->MaximumMessage) {
        return MsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    Message = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Message) + (SIZE_T)Length, MS_TAG);
    if (Message == NULL) {
        return MsComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    Message->Length = Length;
    RtlCopyMemory(Message->Data, Irp->AssociatedIrp.SystemBuffer, Length);
    KeAcquireSpinLock(&MsLock, &Irql);
    if (!Slot->Open) {
        Status = STATUS_FILE_FORCED_CLOSED;
    } else if (!MsDeliver(Slot, Message, &Done)) {
        InsertTailList(&Slot->Messages, &Message->Link);
        Slot->MessageCount++;
        Message = NULL;
    }
    KeReleaseSpinLock(&MsLock, Irql);
    if (Message != NULL) {
        ExFreePoolWithTag(Message, MS_TAG);
    }
    MsFinish(&Done);
    return MsComplete(Irp, Status, NT_SUCCESS(Status) ? Length : 0);
}

void MsEmpty(MS_SLOT *Slot)
{
    LIST_ENTRY Done = {&Done, &Done};
    PIRP Irp;
    KIRQL Irql;
    KeAcquireSpinLock(&MsLock, &Irql);
    Slot->Open = FALSE;
    while (!IsListEmpty(&Slot->Messages)) {
        MsDrop(Slot, CONTAINING_RECORD(Slot->Messages.Flink, MS_MESSAGE, Link));
    }
    while ((Irp = MsTakeReader(Slot)) != NULL) {
        Irp->IoStatus.Status = STATUS_FILE_FORCED_CLOSED;
        Irp->IoStatus.Information = 0;
        InsertTailList(&Done, &Irp->Tail.Overlay.ListEntry);
    }
    KeReleaseSpinLock(&MsLock, Irql);
    MsFinish(&Done);
}

/* ---- information ----------------------------------------------------------------------------------------------------------------- */

static void MsDescribe(MS_SLOT *Slot, FILE_MAILSLOT_QUERY_INFORMATION *Query)
{
    KIRQL Irql;
    KeAcquireSpinLock(&MsLock, &Irql);
    Query->MaximumMessageSize = Slot->MaximumMessage;
    Query->MailslotQuota = Slot->Quota;
    Query->NextMessageSize = IsListEmpty(&Slot->Messages) ? MAXULONG : CONTAINING_RECORD(Slot->Messages.Flink, MS_MESSAGE, Link)->Length;
    Query->MessagesAvailable = Slot->MessageCount;
    Query->ReadTimeout = Slot->ReadTimeout;
    KeReleaseSpinLock(&MsLock, Irql);
}

NTSTATUS MsQueryInformation(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    MS_SLOT *Slot = MsSlotOf(Stack->FileObject);
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG Length = Stack->Parameters.QueryFile.Length, Part;
    FILE_NAME_INFORMATION *Name = Buffer;
    if (Slot == NULL) {
        return MsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    RtlZeroMemory(Buffer, Length);
    switch ((ULONG)Stack->Parameters.QueryFile.FileInformationClass) {
    case FileMailslotQueryInformation:
        if (!MsIsReader(Stack->FileObject)) {
            return MsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
        }
        MsDescribe(Slot, Buffer);
        return MsComplete(Irp, STATUS_SUCCESS, sizeof(FILE_MAILSLOT_QUERY_INFORMATION));
    case FileBasicInformation:
        ((FILE_BASIC_INFORMATION *)Buffer)->FileAttributes = FILE_ATTRIBUTE_NORMAL;
        return MsComplete(Irp, STATUS_SUCCESS, sizeof(FILE_BASIC_INFORMATION));
    case FileStandardInformation:
        ((FILE_STANDARD_INFORMATION *)Buffer)->NumberOfLinks = 1;
        ((FILE_STANDARD_INFORMATION *)Buffer)->DeletePending = TRUE;
        return MsComplete(Irp, STATUS_SUCCESS, sizeof(FILE_STANDARD_INFORMATION));
    case FileNameInformation:
        Part = min(Length - FIELD_OFFSET(FILE_NAME_INFORMATION, FileName), Slot->Name.Length);
        Name->FileNameLength = Slot->Name.Length;
        RtlCopyMemory(Name->FileName, Slot->Name.Buffer, Part);
        return MsComplete(Irp, Part < Slot->Name.Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, FIELD_OFFSET(FILE_NAME_INFORMATION, FileName) + Part);
    default:
        return MsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
}

/* The I/O manager has replaced the caller's pointer by one to a copy. */
NTSTATUS MsSetInformation(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    MS_SLOT *Slot = MsSlotOf(Stack->FileObject);
    const FILE_MAILSLOT_SET_INFORMATION *Set = Irp->AssociatedIrp.SystemBuffer;
    KIRQL Irql;
    if (Slot == NULL || !MsIsReader(Stack->FileObject) || Stack->Parameters.SetFile.FileInformationClass != FileMailslotSetInformation) {
        return MsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    KeAcquireSpinLock(&MsLock, &Irql);
    Slot->ReadTimeout = *Set->ReadTimeout;
    KeReleaseSpinLock(&MsLock, Irql);
    return MsComplete(Irp, STATUS_SUCCESS, 0);
}

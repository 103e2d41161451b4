/* SPDX-License-Identifier: MIT */
/*
 * npqueue.c - the entries of a queue, who waits in it, and how a wait ends.
 *
 * A writer is answered as soon as its data fit into what is left of the quota; if they do not, its IRP waits in the entry until readers have
 * taken enough.  So an IRP in a data entry means: these bytes, or some before them, are over the quota.  A flush is an entry too: when it
 * comes to the front everything written before it has been read.
 */
#include "np.h"

NP_ENTRY *NpAllocateEntry(NP_KIND Kind)
{
    NP_ENTRY *Entry = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Entry), NP_TAG);
    if (Entry != NULL) {
        RtlZeroMemory(Entry, sizeof(*Entry));
        Entry->Kind = Kind;
    }
    return Entry;
}

void NpFreeEntry(NP_ENTRY *Entry)
{
    if (Entry->OwnsBuffer && Entry->Buffer != NULL) {
        ExFreePool(Entry->Buffer); /* the I/O manager's, if it was a request's system buffer */
    }
    NpFreeClient(Entry->Client);
    ExFreePoolWithTag(Entry, NP_TAG);
}

void NpBeginDone(NP_DONE *Done)
{
    InitializeListHead(&Done->Irps);
}

void NpAddDone(NP_DONE *Done, PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    InsertTailList(&Done->Irps, &Irp->Tail.Overlay.ListEntry);
}

void NpFinish(NP_DONE *Done)
{
    while (!IsListEmpty(&Done->Irps)) {
        PIRP Irp = CONTAINING_RECORD(RemoveHeadList(&Done->Irps), IRP, Tail.Overlay.ListEntry);
        IoCompleteRequest(Irp, IO_NAMED_PIPE_INCREMENT);
    }
}

void NpInitQueue(NP_QUEUE *Queue, ULONG Quota)
{
    InitializeListHead(&Queue->Entries);
    Queue->Bytes = Queue->Reads = 0;
    Queue->Quota = Quota;
}

NP_ENTRY *NpFirst(NP_QUEUE *Queue)
{
    return IsListEmpty(&Queue->Entries) ? NULL : CONTAINING_RECORD(Queue->Entries.Flink, NP_ENTRY, Link);
}

void NpAppend(NP_QUEUE *Queue, NP_ENTRY *Entry)
{
    Entry->Queue = Queue;
    InsertTailList(&Queue->Entries, &Entry->Link);
    if (Entry->Kind == NpData) {
        Queue->Bytes += Entry->Length - Entry->Offset;
    } else if (Entry->Kind == NpRead) {
        Queue->Reads++;
    }
}

void NpUnlink(NP_ENTRY *Entry)
{
    RemoveEntryList(&Entry->Link);
    if (Entry->Kind == NpData) {
        Entry->Queue->Bytes -= Entry->Length - Entry->Offset;
    } else if (Entry->Kind == NpRead) {
        Entry->Queue->Reads--;
    }
}

BOOLEAN NpAppendPending(NP_QUEUE *Queue, NP_ENTRY *Entry, PIRP Irp, NP_DONE *Done)
{
    Entry->Irp = Irp;
    Irp->Tail.Overlay.DriverContext[0] = Entry;
    NpAppend(Queue, Entry);
    IoMarkIrpPending(Irp);
    (void)IoSetCancelRoutine(Irp, NpCancelEntry);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        NpUnlink(Entry);
        Entry->Irp = NULL;
        NpAddDone(Done, Irp, STATUS_CANCELLED, 0);
        NpFreeEntry(Entry);
        return FALSE;
    }
    return TRUE;
}

void NpEndEntryIrp(NP_ENTRY *Entry, NTSTATUS Status, ULONG_PTR Information, NP_DONE *Done)
{
    PIRP Irp = Entry->Irp;
    if (Irp == NULL) {
        return;
    }
    Entry->Irp = NULL;
    Irp->Tail.Overlay.DriverContext[0] = NULL;
    if (IoSetCancelRoutine(Irp, NULL) != NULL) {
        NpAddDone(Done, Irp, Status, Information);
    }
}

void NpPurge(NP_QUEUE *Queue, LONG Kind, NTSTATUS Status, NP_DONE *Done)
{
    PLIST_ENTRY Link = Queue->Entries.Flink;
    while (Link != &Queue->Entries) {
        NP_ENTRY *Entry = CONTAINING_RECORD(Link, NP_ENTRY, Link);
        Link = Link->Flink;
        if (Kind >= 0 && (LONG)Entry->Kind != Kind) {
            continue;
        }
        NpUnlink(Entry);
        NpEndEntryIrp(Entry, Status, 0, Done);
        NpFreeEntry(Entry);
    }
}

void NpSettle(NP_QUEUE *Queue, NP_DONE *Done)
{
    ULONG Before = 0;
    PLIST_ENTRY Link = Queue->Entries.Flink;
    while (Link != &Queue->Entries) {
        NP_ENTRY *Entry = CONTAINING_RECORD(Link, NP_ENTRY, Link);
        ULONG Left = Entry->Length - Entry->Offset;
        Link = Link->Flink;
        if (Entry->Kind == NpFlush) {
            if (Entry->Link.Blink == &Queue->Entries) {
                NpUnlink(Entry);
                NpEndEntryIrp(Entry, STATUS_SUCCESS, 0, Done);
                NpFreeEntry(Entry);
            }
        } else if (Entry->Kind == NpData) {
            if (Before + Left > Queue->Quota) {
                return; /* and so are all behind it, flushes included */
            }
            NpEndEntryIrp(Entry, STATUS_SUCCESS, Entry->Length, Done);
            Before += Left;
        }
    }
}

/* The canceller owns the IRP; the entry is ours unless somebody was quicker. */
VOID NTAPI NpCancelEntry(PDEVICE_OBJECT Device, PIRP Irp)
{
    NP_OPEN Open = NpDecode(IoGetCurrentIrpStackLocation(Irp)->FileObject);
    NP_PIPE *Pipe = Open.Instance->Pipe;
    NP_ENTRY *Entry;
    NP_DONE Done;
    KIRQL Irql;
    UNREFERENCED_PARAMETER(Device);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    NpBeginDone(&Done);
    KeAcquireSpinLock(&Pipe->Lock, &Irql);
    Entry = Irp->Tail.Overlay.DriverContext[0];
    if (Entry != NULL) {
        NP_QUEUE *Queue = Entry->Queue;
        NpUnlink(Entry);
        Entry->Irp = NULL;
        NpFreeEntry(Entry);
        NpSettle(Queue, &Done);
    }
    NpAddDone(&Done, Irp, STATUS_CANCELLED, 0);
    KeReleaseSpinLock(&Pipe->Lock, Irql);
    NpFinish(&Done);
}

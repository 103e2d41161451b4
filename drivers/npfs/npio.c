/* SPDX-License-Identifier: MIT */
/*
 * npio.c - read, write, transact, peek and flush.
 *
 * A write goes first to reads that wait at the other end, byte by byte or a message a read; the rest becomes an entry of the queue.  A read
 * takes what is there: in byte mode across entries until its buffer is full, in message mode one message, whose rest stays for the next read
 * (STATUS_BUFFER_OVERFLOW).  An end that does not block (FILE_PIPE_COMPLETE_OPERATION) never has an IRP in a queue.
 */
#include "np.h"

/* ---- reading --------------------------------------------------------------------------------------------------------------------- */

/* Takes up to Length bytes; lock held.  The queue holds data. */
static NTSTATUS NpTake(NP_INSTANCE *Instance, ULONG End, PUCHAR Buffer, ULONG Length, ULONG *Taken, NP_DONE *Done)
{
    NP_QUEUE *Queue = &Instance->Queue[End];
    BOOLEAN Messages = Instance->ReadMode[End] == FILE_PIPE_MESSAGE_MODE;
    NTSTATUS Status = STATUS_SUCCESS;
    NP_ENTRY *Entry;
    *Taken = 0;
    while ((Entry = NpFirst(Queue)) != NULL) {
        ULONG Left = Entry->Length - Entry->Offset, Part = min(Left, Length - *Taken);
        if (Entry->Kind != NpData) {
            NpSettle(Queue, Done); /* a flush has come to the front */
            continue;
        }
        RtlCopyMemory(Buffer + *Taken, Entry->Buffer + Entry->Offset, Part);
        *Taken += Part;
        Entry->Offset += Part;
        Queue->Bytes -= Part;
        if (Entry->Client != NULL && End == NP_SERVER) {
            NpFreeClient(Instance->Client); /* the server now speaks for whoever wrote this */
            Instance->Client = Entry->Client;
            Entry->Client = NULL;
        }
        if (Part < Left) {
            Status = Messages ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
            break;
        }
        NpUnlink(Entry);
        NpEndEntryIrp(Entry, STATUS_SUCCESS, Entry->Length, Done);
        NpFreeEntry(Entry);
        if (Messages || *Taken == Length) {
            break;
        }
    }
    NpSettle(Queue, Done);
    return Status;
}

/* Why a read of this end cannot wait for data; STATUS_SUCCESS: it can. */
static NTSTATUS NpWhyNoRead(NP_INSTANCE *Instance, ULONG End)
{
    switch (Instance->State) {
    case FILE_PIPE_DISCONNECTED_STATE:
        return STATUS_PIPE_DISCONNECTED;
    case FILE_PIPE_LISTENING_STATE:
        return STATUS_PIPE_LISTENING;
    case FILE_PIPE_CLOSING_STATE:
        return STATUS_PIPE_BROKEN;
    default:
        return Instance->CompletionMode[End] == FILE_PIPE_COMPLETE_OPERATION ? STATUS_PIPE_EMPTY : STATUS_SUCCESS;
    }
}

static BOOLEAN NpHasData(NP_QUEUE *Queue)
{
    NP_ENTRY *Entry = NpFirst(Queue);
    return Entry != NULL && Entry->Kind != NpRead;
}

/* Lock held; uses or frees Spare.  STATUS_PENDING: the IRP waits (or is in Done, cancelled). */
static NTSTATUS NpReadLocked(NP_OPEN Open, PIRP Irp, PUCHAR Buffer, ULONG Length, NP_ENTRY *Spare, NP_DONE *Done, ULONG *Taken)
{
    NP_QUEUE *Queue = &Open.Instance->Queue[Open.End];
    NTSTATUS Status;
    *Taken = 0;
    if (NpHasData(Queue)) {
        NpFreeEntry(Spare);
        return NpTake(Open.Instance, Open.End, Buffer, Length, Taken, Done);
    }
    Status = NpWhyNoRead(Open.Instance, Open.End);
    if (!NT_SUCCESS(Status)) {
        NpFreeEntry(Spare);
        return Status;
    }
    Spare->Buffer = Buffer;
    Spare->Length = Length;
    (void)NpAppendPending(Queue, Spare, Irp, Done);
    return STATUS_PENDING;
}

/* May this end read (write)?  The handle's access says so too, unless the caller is the kernel. */
static BOOLEAN NpMayTransfer(NP_OPEN Open, BOOLEAN Write)
{
    ULONG Configuration = Open.Instance->Pipe->Configuration;
    BOOLEAN Inbound = (Open.End == NP_SERVER) != Write;
    return Configuration == FILE_PIPE_FULL_DUPLEX || (Configuration == FILE_PIPE_INBOUND) == Inbound;
}

NTSTATUS NpReadIrp(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    NP_ENTRY *Entry;
    NP_DONE Done;
    NTSTATUS Status;
    ULONG Taken;
    KIRQL Irql;
    if (Open.Instance == NULL) {
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    if (!NpMayTransfer(Open, FALSE)) {
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    Entry = NpAllocateEntry(NpRead);
    if (Entry == NULL) {
        return NpComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    NpBeginDone(&Done);
    KeAcquireSpinLock(&Open.Instance->Pipe->Lock, &Irql);
    if (NpConnected(Open, Stack->FileObject)) {
        Status = NpReadLocked(Open, Irp, Irp->AssociatedIrp.SystemBuffer, Stack->Parameters.Read.Length, Entry, &Done, &Taken);
    } else {
        NpFreeEntry(Entry);
        Taken = 0;
        Status = STATUS_PIPE_DISCONNECTED;
    }
    KeReleaseSpinLock(&Open.Instance->Pipe->Lock, Irql);
    NpFinish(&Done);
    return Status == STATUS_PENDING ? STATUS_PENDING : NpComplete(Irp, Status, Taken);
}

/* ---- writing --------------------------------------------------------------------------------------------------------------------- */

/* Answers reads that wait with the entry's data; lock held. */
static void NpFeedReaders(NP_INSTANCE *Instance, ULONG Reader, NP_ENTRY *Data, NP_DONE *Done)
{
    NP_QUEUE *Queue = &Instance->Queue[Reader];
    BOOLEAN Empty = Data->Length == 0;
    while (Queue->Reads != 0 && (Empty || Data->Offset < Data->Length)) {
        NP_ENTRY *Read = NpFirst(Queue);
        ULONG Left = Data->Length - Data->Offset, Part = min(Left, Read->Length);
        BOOLEAN Short = Part < Left && Instance->ReadMode[Reader] == FILE_PIPE_MESSAGE_MODE;
        RtlCopyMemory(Read->Buffer, Data->Buffer + Data->Offset, Part);
        if (Data->Client != NULL && Reader == NP_SERVER) {
            NpFreeClient(Instance->Client);
            Instance->Client = Data->Client;
            Data->Client = NULL;
        }
        Data->Offset += Part;
        NpUnlink(Read);
        NpEndEntryIrp(Read, Short ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, Part, Done);
        NpFreeEntry(Read);
        if (Empty) {
            Data->Kind = NpRead; /* an empty message, delivered: nothing is left to be queued */
            return;
        }
    }
}

static ULONG NpRoom(NP_INSTANCE *Instance, ULONG Reader)
{
    NP_QUEUE *Queue = &Instance->Queue[Reader];
    ULONG Room = Queue->Bytes < Queue->Quota ? Queue->Quota - Queue->Bytes : 0;
    if (Queue->Reads != 0) {
        for (PLIST_ENTRY Link = Queue->Entries.Flink; Link != &Queue->Entries; Link = Link->Flink) {
            Room += CONTAINING_RECORD(Link, NP_ENTRY, Link)->Length;
        }
    }
    return Room;
}

static NTSTATUS NpWhyNoWrite(NP_INSTANCE *Instance)
{
    switch (Instance->State) {
    case FILE_PIPE_DISCONNECTED_STATE:
        return STATUS_PIPE_DISCONNECTED;
    case FILE_PIPE_LISTENING_STATE:
        return STATUS_PIPE_LISTENING;
    case FILE_PIPE_CLOSING_STATE:
        return STATUS_PIPE_CLOSING;
    default:
        return STATUS_SUCCESS;
    }
}

/* Takes the data out of the request: they outlive it. */
static BOOLEAN NpStealBuffer(NP_ENTRY *Entry, PIRP Irp)
{
    if ((Irp->Flags & IRP_DEALLOCATE_BUFFER) != 0 && Irp->AssociatedIrp.SystemBuffer == Entry->Buffer) {
        Irp->AssociatedIrp.SystemBuffer = NULL;
        Irp->Flags &= ~(ULONG)IRP_DEALLOCATE_BUFFER;
    } else if (Entry->Length != 0) {
        PUCHAR Copy = ExAllocatePoolWithTag(NonPagedPool, Entry->Length, NP_TAG);
        if (Copy == NULL) {
            return FALSE;
        }
        RtlCopyMemory(Copy, Entry->Buffer, Entry->Length);
        Entry->Buffer = Copy;
    }
    Entry->OwnsBuffer = TRUE;
    return TRUE;
}

/* Lock held; uses or frees Entry, which describes the data.  Wait: the IRP may wait for room. */
static NTSTATUS NpWriteLocked(NP_OPEN Open, PIRP Irp, NP_ENTRY *Entry, BOOLEAN Wait, NP_DONE *Done, ULONG *Written)
{
    NP_INSTANCE *Instance = Open.Instance;
    ULONG Reader = Open.End ^ 1, Room;
    NP_QUEUE *Queue = &Instance->Queue[Reader];
    NTSTATUS Status = NpWhyNoWrite(Instance);
    *Written = 0;
    if (!NT_SUCCESS(Status) || (Entry->Length == 0 && Instance->Pipe->PipeType == FILE_PIPE_BYTE_STREAM_TYPE)) {
        goto Free;
    }
    Room = NpRoom(Instance, Reader);
    if (!Wait && Entry->Length > Room) {
        if (Instance->Pipe->PipeType == FILE_PIPE_MESSAGE_TYPE || Room == 0) {
            goto Free; /* nothing written, and that is no failure */
        }
        Entry->Length = Room;
    }
    *Written = Entry->Length;
    NpFeedReaders(Instance, Reader, Entry, Done);
    if (Entry->Kind == NpRead || (Entry->Offset == Entry->Length && Entry->Length != 0)) {
        goto Free;
    }
    if (!NpStealBuffer(Entry, Irp)) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        *Written = 0;
        goto Free;
    }
    if (Queue->Bytes + (Entry->Length - Entry->Offset) <= Queue->Quota) {
        NpAppend(Queue, Entry);
        return STATUS_SUCCESS;
    }
    (void)NpAppendPending(Queue, Entry, Irp, Done);
    return STATUS_PENDING;
Free:
    NpFreeEntry(Entry);
    return Status;
}

NTSTATUS NpWriteIrp(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    NP_ENTRY *Entry;
    NP_DONE Done;
    NTSTATUS Status;
    ULONG Written = 0;
    KIRQL Irql;
    if (Open.Instance == NULL || !NpMayTransfer(Open, TRUE)) {
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    Entry = NpAllocateEntry(NpData);
    if (Entry == NULL) {
        return NpComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    Entry->Buffer = Irp->AssociatedIrp.SystemBuffer;
    Entry->Length = Stack->Parameters.Write.Length;
    if (Open.End == NP_CLIENT && Open.Instance->Qos.ContextTrackingMode == SECURITY_DYNAMIC_TRACKING) {
        Status = NpCaptureClient(Open.Instance, &Open.Instance->Qos, &Entry->Client);
        if (!NT_SUCCESS(Status)) {
            NpFreeEntry(Entry);
            return NpComplete(Irp, Status, 0);
        }
    }
    NpBeginDone(&Done);
    KeAcquireSpinLock(&Open.Instance->Pipe->Lock, &Irql);
    if (NpConnected(Open, Stack->FileObject)) {
        Status = NpWriteLocked(Open, Irp, Entry, Open.Instance->CompletionMode[Open.End] == FILE_PIPE_QUEUE_OPERATION, &Done, &Written);
    } else {
        NpFreeEntry(Entry);
        Status = STATUS_PIPE_DISCONNECTED;
    }
    KeReleaseSpinLock(&Open.Instance->Pipe->Lock, Irql);
    NpFinish(&Done);
    return Status == STATUS_PENDING ? STATUS_PENDING : NpComplete(Irp, Status, Written);
}

/* ---- flush ----------------------------------------------------------------------------------------------------------------------- */

/* Waits until the other end has read all that was written. */
NTSTATUS NpFlushIrp(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    NTSTATUS Status = STATUS_SUCCESS;
    NP_ENTRY *Entry;
    NP_QUEUE *Queue;
    NP_DONE Done;
    KIRQL Irql;
    if (Open.Instance == NULL) {
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    Entry = NpAllocateEntry(NpFlush);
    if (Entry == NULL) {
        return NpComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    NpBeginDone(&Done);
    Queue = &Open.Instance->Queue[Open.End ^ 1];
    KeAcquireSpinLock(&Open.Instance->Pipe->Lock, &Irql);
    if (!NpConnected(Open, Stack->FileObject)) {
        Status = STATUS_PIPE_DISCONNECTED;
    } else if (NpHasData(Queue)) {
        (void)NpAppendPending(Queue, Entry, Irp, &Done);
        Entry = NULL;
        Status = STATUS_PENDING;
    }
    KeReleaseSpinLock(&Open.Instance->Pipe->Lock, Irql);
    if (Entry != NULL) {
        NpFreeEntry(Entry);
    }
    NpFinish(&Done);
    return Status == STATUS_PENDING ? STATUS_PENDING : NpComplete(Irp, Status, 0);
}

/* ---- transact -------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS NpWhyNoTransceive(NP_OPEN Open, PFILE_OBJECT File)
{
    NP_INSTANCE *Instance = Open.Instance;
    if (!NpConnected(Open, File)) {
        return STATUS_PIPE_DISCONNECTED;
    }
    if (Instance->State != FILE_PIPE_CONNECTED_STATE) {
        return STATUS_INVALID_PIPE_STATE;
    }
    if (Instance->Pipe->Configuration != FILE_PIPE_FULL_DUPLEX || Instance->ReadMode[Open.End] != FILE_PIPE_MESSAGE_MODE) {
        return STATUS_INVALID_READ_MODE;
    }
    return NpHasData(&Instance->Queue[Open.End]) ? STATUS_PIPE_BUSY : STATUS_SUCCESS;
}

/*
 * A message out and the answer in, as one request.  The I/O manager gives pipes the input in a system buffer and the output as an MDL.
 * The message is copied into an entry of its own, because the IRP waits for the answer meanwhile; it may exceed the quota.
 */
NTSTATUS NpTransceive(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    ULONG Length = Stack->Parameters.FileSystemControl.InputBufferLength, OutLength = Stack->Parameters.FileSystemControl.OutputBufferLength;
    PUCHAR Output = NULL;
    NP_ENTRY *Write, *Read;
    NP_DONE Done;
    NTSTATUS Status;
    ULONG Taken = 0;
    KIRQL Irql;
    if (Open.Instance == NULL) {
        return NpComplete(Irp, STATUS_PIPE_DISCONNECTED, 0);
    }
    if (OutLength != 0 && (Irp->MdlAddress == NULL || (Output = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority)) == NULL)) {
        return NpComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    Write = NpAllocateEntry(NpData);
    Read = NpAllocateEntry(NpRead);
    if (Write != NULL) {
        Write->Length = Length;
        Write->OwnsBuffer = TRUE;
        Write->Buffer = ExAllocatePoolWithTag(NonPagedPool, max(Length, 1), NP_TAG);
    }
    if (Write == NULL || Read == NULL || Write->Buffer == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto Free;
    }
    RtlCopyMemory(Write->Buffer, Irp->AssociatedIrp.SystemBuffer, Length);
    if (Open.End == NP_CLIENT && Open.Instance->Qos.ContextTrackingMode == SECURITY_DYNAMIC_TRACKING) {
        Status = NpCaptureClient(Open.Instance, &Open.Instance->Qos, &Write->Client);
        if (!NT_SUCCESS(Status)) {
            goto Free;
        }
    }
    NpBeginDone(&Done);
    KeAcquireSpinLock(&Open.Instance->Pipe->Lock, &Irql);
    Status = NpWhyNoTransceive(Open, Stack->FileObject);
    if (NT_SUCCESS(Status)) {
        NpFeedReaders(Open.Instance, Open.End ^ 1, Write, &Done);
        if (Write->Kind == NpData && (Write->Offset < Write->Length || Write->Length == 0)) {
            NpAppend(&Open.Instance->Queue[Open.End ^ 1], Write);
            Write = NULL;
        }
        Status = NpReadLocked(Open, Irp, Output, OutLength, Read, &Done, &Taken);
        Read = NULL;
    }
    KeReleaseSpinLock(&Open.Instance->Pipe->Lock, Irql);
    NpFinish(&Done);
Free:
    if (Write != NULL) {
        NpFreeEntry(Write);
    }
    if (Read != NULL) {
        NpFreeEntry(Read);
    }
    return Status == STATUS_PENDING ? STATUS_PENDING : NpComplete(Irp, Status, Taken);
}

/* ---- peek ------------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS NpPeekLocked(NP_OPEN Open, FILE_PIPE_PEEK_BUFFER *Peek, ULONG Room, ULONG *Copied)
{
    NP_INSTANCE *Instance = Open.Instance;
    NP_QUEUE *Queue = &Instance->Queue[Open.End];
    BOOLEAN Messages = Instance->Pipe->PipeType == FILE_PIPE_MESSAGE_TYPE, OneOnly = Instance->ReadMode[Open.End] == FILE_PIPE_MESSAGE_MODE;
    BOOLEAN First = TRUE;
    if (Instance->State != FILE_PIPE_CONNECTED_STATE && Instance->State != FILE_PIPE_CLOSING_STATE) {
        return STATUS_INVALID_PIPE_STATE;
    }
    if (Instance->State == FILE_PIPE_CLOSING_STATE && !NpHasData(Queue)) {
        return STATUS_PIPE_BROKEN;
    }
    Peek->NamedPipeState = Instance->State;
    Peek->ReadDataAvailable = Queue->Bytes;
    Peek->NumberOfMessages = Peek->MessageLength = 0;
    *Copied = 0;
    for (PLIST_ENTRY Link = Queue->Entries.Flink; Link != &Queue->Entries; Link = Link->Flink) {
        NP_ENTRY *Entry = CONTAINING_RECORD(Link, NP_ENTRY, Link);
        ULONG Left = Entry->Length - Entry->Offset, Part = min(Left, Room - *Copied);
        if (Entry->Kind != NpData) {
            continue;
        }
        if (First && Messages) {
            Peek->MessageLength = Left;
        }
        Peek->NumberOfMessages += Messages ? 1 : 0;
        if (First || !OneOnly) {
            RtlCopyMemory(Peek->Data + *Copied, Entry->Buffer + Entry->Offset, Part);
            *Copied += Part;
        }
        First = FALSE;
    }
    return Messages && Peek->MessageLength > *Copied ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS NpPeek(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    ULONG Length = Stack->Parameters.FileSystemControl.OutputBufferLength, Head = FIELD_OFFSET(FILE_PIPE_PEEK_BUFFER, Data), Copied = 0;
    NTSTATUS Status;
    KIRQL Irql;
    if (Open.Instance == NULL) {
        return NpComplete(Irp, STATUS_PIPE_DISCONNECTED, 0);
    }
    if (Length < Head) {
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    if (!NpMayTransfer(Open, FALSE)) {
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    KeAcquireSpinLock(&Open.Instance->Pipe->Lock, &Irql);
    Status = NpConnected(Open, Stack->FileObject) ? NpPeekLocked(Open, Irp->AssociatedIrp.SystemBuffer, Length - Head, &Copied)
                                                  : STATUS_PIPE_DISCONNECTED;
    KeReleaseSpinLock(&Open.Instance->Pipe->Lock, Irql);
    return NpComplete(Irp, Status, NT_ERROR(Status) ? 0 : Head + Copied);
}

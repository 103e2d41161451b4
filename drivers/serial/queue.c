/* SPDX-License-Identifier: MIT */
/*
 * queue.c - reads and writes that wait: two cancel-safe queues between the IRPs and the rings.  A third has the one IRP
 * that waits for events (IOCTL_SERIAL_WAIT_ON_MASK).
 *
 * A write is complete when all its bytes are in the transmit ring.  A read is complete by the time-outs of
 * SERIAL_TIMEOUTS, of which these forms matter:
 *   interval MAXULONG, totals 0                     what there is, at once
 *   interval MAXULONG, multiplier MAXULONG          as soon as there is a byte (the default here; the constant, if not MAXULONG, limits the wait)
 *   otherwise                                       when full, or when the total or the interval time-out has passed (0: never)
 * Drain moves data under DrainLock, so the bytes of one IRP stay together.  Progress of an IRP is kept in
 * IoStatus.Information, its start time in DriverContext[0].
 */
#include "serial.h"

static PLIST_ENTRY SerialListOf(SERIAL_EXTENSION *Extension, PIRP Irp)
{
    switch (IoGetCurrentIrpStackLocation(Irp)->MajorFunction) {
    case IRP_MJ_READ: return &Extension->Reads;
    case IRP_MJ_WRITE: return &Extension->Writes;
    default: return &Extension->Waits;
    }
}

static SERIAL_EXTENSION *SerialOfCsq(PIO_CSQ Csq, PLIST_ENTRY *List)
{
    SERIAL_EXTENSION *Extension = (SERIAL_EXTENSION *)Csq->ReservePointer;
    *List = Csq == &Extension->ReadQueue ? &Extension->Reads : Csq == &Extension->WriteQueue ? &Extension->Writes : &Extension->Waits;
    return Extension;
}

/* InsertContext not NULL: back to the head, where it came from. */
static NTSTATUS NTAPI SerialInsert(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
    PLIST_ENTRY List = SerialListOf((SERIAL_EXTENSION *)Csq->ReservePointer, Irp);
    if (InsertContext != NULL) {
        InsertHeadList(List, &Irp->Tail.Overlay.ListEntry);
    } else {
        InsertTailList(List, &Irp->Tail.Overlay.ListEntry);
    }
    return STATUS_SUCCESS;
}

static VOID NTAPI SerialRemove(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/* PeekContext: a file object to match, or NULL. */
static PIRP NTAPI SerialPeek(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PLIST_ENTRY List, Entry;
    (void)SerialOfCsq(Csq, &List);
    for (Entry = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : List->Flink; Entry != List; Entry = Entry->Flink) {
        PIRP Next = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (PeekContext == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == PeekContext) {
            return Next;
        }
    }
    return NULL;
}

static VOID NTAPI SerialLock(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&((SERIAL_EXTENSION *)Csq->ReservePointer)->QueueLock, Irql);
}

static VOID NTAPI SerialUnlock(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&((SERIAL_EXTENSION *)Csq->ReservePointer)->QueueLock, Irql);
}

static void SerialComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information, CCHAR Boost)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, Boost);
}

static VOID NTAPI SerialCancelled(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    SerialComplete(Irp, STATUS_CANCELLED, 0, IO_NO_INCREMENT);
}

void SerialInitQueues(SERIAL_EXTENSION *Extension)
{
    KeInitializeSpinLock(&Extension->QueueLock);
    KeInitializeSpinLock(&Extension->DrainLock);
    InitializeListHead(&Extension->Reads);
    InitializeListHead(&Extension->Writes);
    InitializeListHead(&Extension->Waits);
    (void)IoCsqInitializeEx(&Extension->ReadQueue, SerialInsert, SerialRemove, SerialPeek, SerialLock, SerialUnlock, SerialCancelled);
    (void)IoCsqInitializeEx(&Extension->WriteQueue, SerialInsert, SerialRemove, SerialPeek, SerialLock, SerialUnlock, SerialCancelled);
    (void)IoCsqInitializeEx(&Extension->WaitQueue, SerialInsert, SerialRemove, SerialPeek, SerialLock, SerialUnlock, SerialCancelled);
    Extension->ReadQueue.ReservePointer = Extension;
    Extension->WriteQueue.ReservePointer = Extension;
    Extension->WaitQueue.ReservePointer = Extension;
    Extension->Timeouts = (SERIAL_TIMEOUTS){MAXULONG, MAXULONG, MAXULONG, 0, 0};
}

/* Milliseconds since a read began. */
static ULONGLONG SerialAge(PIRP Irp)
{
    return (KeQueryInterruptTime() - (ULONGLONG)(ULONG_PTR)Irp->Tail.Overlay.DriverContext[0]) / 10000;
}

static BOOLEAN SerialReadIsOver(SERIAL_EXTENSION *Extension, PIRP Irp, ULONG Done, ULONG Length)
{
    const SERIAL_TIMEOUTS *T = &Extension->Timeouts;
    if (Done == Length) {
        return TRUE;
    }
    if (T->ReadIntervalTimeout == MAXULONG && T->ReadTotalTimeoutMultiplier == MAXULONG) {
        return Done != 0 || (T->ReadTotalTimeoutConstant != MAXULONG && SerialAge(Irp) >= T->ReadTotalTimeoutConstant);
    }
    if (T->ReadIntervalTimeout == MAXULONG && T->ReadTotalTimeoutMultiplier == 0 && T->ReadTotalTimeoutConstant == 0) {
        return TRUE;
    }
    if (T->ReadIntervalTimeout != 0 && T->ReadIntervalTimeout != MAXULONG && Done != 0 &&
        (KeQueryInterruptTime() - (ULONGLONG)Extension->LastReceive.QuadPart) / 10000 >= T->ReadIntervalTimeout) {
        return TRUE;
    }
    return (T->ReadTotalTimeoutMultiplier != 0 || T->ReadTotalTimeoutConstant != 0) &&
           SerialAge(Irp) >= (ULONGLONG)T->ReadTotalTimeoutMultiplier * Length + T->ReadTotalTimeoutConstant;
}

/* The first IRP of a list whose transfer is over, moved as far as it goes now; NULL: none.  Taken out of
 * the queue. */
static PIRP SerialAdvance(SERIAL_EXTENSION *Extension, PIO_CSQ Csq, BOOLEAN Read)
{
    PIRP Irp = IoCsqRemoveNextIrp(Csq, NULL);
    ULONG Length, Done, Moved;
    PUCHAR Buffer;
    if (Irp == NULL) {
        return NULL;
    }
    Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
    Done = (ULONG)Irp->IoStatus.Information;
    Buffer = (PUCHAR)Irp->AssociatedIrp.SystemBuffer + Done;
    Moved = Read ? SerialTake(Extension, Buffer, Length - Done) : SerialGive(Extension, Buffer, Length - Done);
    if (Read && Moved != 0) {
        Extension->LastReceive.QuadPart = (LONGLONG)KeQueryInterruptTime();
    }
    Done += Moved;
    Irp->IoStatus.Information = Done;
    if (Read ? SerialReadIsOver(Extension, Irp, Done, Length) : Done == Length) {
        return Irp;
    }
    /* Back to the head: it is the oldest.  An IRP cancelled meanwhile completes itself in the insertion. */
    (void)IoCsqInsertIrpEx(Csq, Irp, NULL, Csq);
    return NULL;
}

static PIRP SerialNext(SERIAL_EXTENSION *Extension)
{
    PIRP Irp;
    KIRQL Irql;
    KeAcquireSpinLock(&Extension->DrainLock, &Irql);
    Irp = SerialAdvance(Extension, &Extension->WriteQueue, FALSE);
    if (Irp == NULL) {
        Irp = SerialAdvance(Extension, &Extension->ReadQueue, TRUE);
    }
    KeReleaseSpinLock(&Extension->DrainLock, Irql);
    return Irp;
}

void SerialDrain(SERIAL_EXTENSION *Extension)
{
    PIRP Irp;
    while ((Irp = SerialNext(Extension)) != NULL) {
        BOOLEAN Read = IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_READ;
        ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
        NTSTATUS Status = Read && Irp->IoStatus.Information < Length && Irp->IoStatus.Information == 0 ? STATUS_TIMEOUT : STATUS_SUCCESS;
        SerialComplete(Irp, Status, Irp->IoStatus.Information, IO_SERIAL_INCREMENT);
    }
    if (Extension->Events != 0) { /* read without the lock: the next drain sees what this one does not */
        SerialEndWait(Extension, FALSE);
    }
}

/* Taken without a wait, events would be lost: so the IRP comes first.  It goes back if another processor was quicker. */
void SerialEndWait(SERIAL_EXTENSION *Extension, BOOLEAN Anyway)
{
    PIRP Irp;
    while ((Irp = IoCsqRemoveNextIrp(&Extension->WaitQueue, NULL)) != NULL) {
        ULONG Events = SerialTakeEvents(Extension);
        if (Events == 0 && !Anyway) {
            (void)IoCsqInsertIrpEx(&Extension->WaitQueue, Irp, NULL, &Extension->WaitQueue);
            return;
        }
        *(PULONG)Irp->AssociatedIrp.SystemBuffer = Anyway ? 0 : Events;
        SerialComplete(Irp, STATUS_SUCCESS, sizeof(ULONG), IO_SERIAL_INCREMENT);
    }
}

NTSTATUS SerialWaitOnMask(SERIAL_EXTENSION *Extension, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (Extension->WaitMask == 0 || !IsListEmpty(&Extension->Waits)) {
        return STATUS_INVALID_PARAMETER; /* nothing could end it; or somebody waits already */
    }
    (void)IoCsqInsertIrpEx(&Extension->WaitQueue, Irp, NULL, NULL);
    SerialDrain(Extension);
    return STATUS_PENDING;
}

NTSTATUS NTAPI SerialReadWrite(PDEVICE_OBJECT Device, PIRP Irp)
{
    SERIAL_EXTENSION *Extension = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    Irp->IoStatus.Information = 0;
    if (Stack->Parameters.Read.Length == 0) {
        SerialComplete(Irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
        return STATUS_SUCCESS;
    }
    Irp->Tail.Overlay.DriverContext[0] = (PVOID)(ULONG_PTR)KeQueryInterruptTime();
    (void)IoCsqInsertIrpEx(Stack->MajorFunction == IRP_MJ_READ ? &Extension->ReadQueue : &Extension->WriteQueue, Irp, NULL, NULL);
    SerialDrain(Extension);
    return STATUS_PENDING;
}

void SerialCancelAll(SERIAL_EXTENSION *Extension, PFILE_OBJECT File, BOOLEAN Reads, BOOLEAN Writes, BOOLEAN Waits)
{
    PIRP Irp;
    while ((Reads && (Irp = IoCsqRemoveNextIrp(&Extension->ReadQueue, File)) != NULL) ||
           (Writes && (Irp = IoCsqRemoveNextIrp(&Extension->WriteQueue, File)) != NULL) ||
           (Waits && (Irp = IoCsqRemoveNextIrp(&Extension->WaitQueue, File)) != NULL)) {
        SerialComplete(Irp, STATUS_CANCELLED, 0, IO_NO_INCREMENT);
    }
}

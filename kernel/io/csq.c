/* SPDX-License-Identifier: MIT */
/*
 * csq.c - cancel-safe queues: the driver supplies the queue and its lock, this file the protocol with
 * IoCancelIrp.
 *
 * The queue lock decides who owns an IRP.  IoCsqRemove* under the lock clears the cancel routine; if it was
 * already gone the canceller is on its way to IopCsqCancel, which waits for the lock and takes the IRP
 * then: the remover must leave it alone.  Tail.Overlay.DriverContext[3] holds the queue or the caller's
 * IO_CSQ_IRP_CONTEXT, as documented (drivers may not use it).
 */
#include "iop.h"

static void NTAPI IopCsqCancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_CSQ Csq = Irp->Tail.Overlay.DriverContext[3];
    KIRQL Irql;
    (void)DeviceObject;
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    if (Csq->Type == IO_TYPE_CSQ_IRP_CONTEXT) {
        PIO_CSQ_IRP_CONTEXT Context = (PIO_CSQ_IRP_CONTEXT)Csq;
        Csq = Context->Csq;
        Csq->CsqAcquireLock(Csq, &Irql);
        Context->Irp = NULL;
    } else {
        Csq->CsqAcquireLock(Csq, &Irql);
    }
    Csq->CsqRemoveIrp(Csq, Irp);
    Irp->Tail.Overlay.DriverContext[3] = NULL;
    Csq->CsqReleaseLock(Csq, Irql);
    Csq->CsqCompleteCanceledIrp(Csq, Irp);
}

NTSTATUS NTAPI IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP InsertIrp, PIO_CSQ_REMOVE_IRP RemoveIrp, PIO_CSQ_PEEK_NEXT_IRP PeekNextIrp,
                               PIO_CSQ_ACQUIRE_LOCK AcquireLock, PIO_CSQ_RELEASE_LOCK ReleaseLock,
                               PIO_CSQ_COMPLETE_CANCELED_IRP CompleteCanceledIrp)
{
    *Csq = (IO_CSQ){IO_TYPE_CSQ, InsertIrp, RemoveIrp, PeekNextIrp, AcquireLock, ReleaseLock, CompleteCanceledIrp, NULL};
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX InsertIrp, PIO_CSQ_REMOVE_IRP RemoveIrp, PIO_CSQ_PEEK_NEXT_IRP PeekNextIrp,
                                 PIO_CSQ_ACQUIRE_LOCK AcquireLock, PIO_CSQ_RELEASE_LOCK ReleaseLock,
                                 PIO_CSQ_COMPLETE_CANCELED_IRP CompleteCanceledIrp)
{
    *Csq = (IO_CSQ){IO_TYPE_CSQ_EX, (PIO_CSQ_INSERT_IRP)(PVOID)InsertIrp, RemoveIrp, PeekNextIrp, AcquireLock, ReleaseLock, CompleteCanceledIrp, NULL};
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext)
{
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;
    Csq->CsqAcquireLock(Csq, &Irql);
    if (Context != NULL) {
        *Context = (IO_CSQ_IRP_CONTEXT){IO_TYPE_CSQ_IRP_CONTEXT, Irp, Csq};
        Irp->Tail.Overlay.DriverContext[3] = Context;
    } else {
        Irp->Tail.Overlay.DriverContext[3] = Csq;
    }
    if (Csq->Type == IO_TYPE_CSQ_EX) {
        Status = ((PIO_CSQ_INSERT_IRP_EX)(PVOID)Csq->CsqInsertIrp)(Csq, Irp, InsertContext);
    } else {
        Csq->CsqInsertIrp(Csq, Irp);
    }
    if (!NT_SUCCESS(Status)) {
        Irp->Tail.Overlay.DriverContext[3] = NULL;
        Csq->CsqReleaseLock(Csq, Irql);
        return Status;
    }
    IoMarkIrpPending(Irp);
    (void)IoSetCancelRoutine(Irp, IopCsqCancel);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) { /* cancelled before it had a routine */
        Csq->CsqRemoveIrp(Csq, Irp);
        Irp->Tail.Overlay.DriverContext[3] = NULL;
        if (Context != NULL) {
            Context->Irp = NULL;
        }
        Csq->CsqReleaseLock(Csq, Irql);
        Csq->CsqCompleteCanceledIrp(Csq, Irp);
        return Status;
    }
    Csq->CsqReleaseLock(Csq, Irql);
    return Status;
}

VOID NTAPI IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context)
{
    (void)IoCsqInsertIrpEx(Csq, Irp, Context, NULL);
}

PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext)
{
    PIRP Irp;
    KIRQL Irql;
    Csq->CsqAcquireLock(Csq, &Irql);
    Irp = Csq->CsqPeekNextIrp(Csq, NULL, PeekContext);
    while (Irp != NULL && IoSetCancelRoutine(Irp, NULL) == NULL) {
        Irp = Csq->CsqPeekNextIrp(Csq, Irp, PeekContext); /* the canceller has this one */
    }
    if (Irp != NULL) {
        PIO_CSQ_IRP_CONTEXT Context = Irp->Tail.Overlay.DriverContext[3];
        Csq->CsqRemoveIrp(Csq, Irp);
        if (Context->Type == IO_TYPE_CSQ_IRP_CONTEXT) {
            Context->Irp = NULL;
        }
        Irp->Tail.Overlay.DriverContext[3] = NULL;
    }
    Csq->CsqReleaseLock(Csq, Irql);
    return Irp;
}

PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context)
{
    PIRP Irp;
    KIRQL Irql;
    Csq->CsqAcquireLock(Csq, &Irql);
    Irp = Context->Irp;
    if (Irp != NULL) {
        if (IoSetCancelRoutine(Irp, NULL) == NULL) {
            Irp = NULL;
        } else {
            Context->Irp = NULL;
            Csq->CsqRemoveIrp(Csq, Irp);
            Irp->Tail.Overlay.DriverContext[3] = NULL;
        }
    }
    Csq->CsqReleaseLock(Csq, Irql);
    return Irp;
}

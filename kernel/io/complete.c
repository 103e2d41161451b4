/* SPDX-License-Identifier: MIT */
/*
 * complete.c - sending an IRP down a stack, and its way back.
 *
 * Way back, two halves.  IofCompleteRequest runs in any context at IRQL <= DISPATCH_LEVEL: it walks up the
 * stack locations and calls completion routines, each of which may keep the IRP
 * (STATUS_MORE_PROCESSING_REQUIRED).  What is left needs the requesting thread's address space: copying a
 * buffered result out, the I/O status block, freeing.  That is IopCompleteRequest, run by a special kernel
 * APC; or by a plain call, with no APC, when the driver completed the request before it returned to a
 * service that waits anyway (IRP_DEFER_IO_COMPLETION).  That shortcut is the normal case. Windows
 * Internals, 7th ed., part 1, chapter 6 "I/O processing".
 */
#include "iop.h"

NTSTATUS FASTCALL IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack;
    ASSERT(Irp->Type == IO_TYPE_IRP);
    if (UNLIKELY(--Irp->CurrentLocation <= 0)) {
        KeBugCheckEx(NO_MORE_IRP_STACK_LOCATIONS, (ULONG_PTR)Irp, 0, 0, 0);
    }
    Stack = IoGetNextIrpStackLocation(Irp);
    Irp->Tail.Overlay.CurrentStackLocation = Stack;
    Stack->DeviceObject = DeviceObject;
    return DeviceObject->DriverObject->MajorFunction[Stack->MajorFunction](DeviceObject, Irp);
}

static BOOLEAN IopWantsCompletion(PIRP Irp, UCHAR Control)
{
    if (Irp->Cancel && (Control & SL_INVOKE_ON_CANCEL) != 0) {
        return TRUE;
    }
    return NT_SUCCESS(Irp->IoStatus.Status) ? (Control & SL_INVOKE_ON_SUCCESS) != 0 : (Control & SL_INVOKE_ON_ERROR) != 0;
}

/* Walks up; FALSE: a completion routine kept the IRP. */
static BOOLEAN IopUnwindStack(PIRP Irp)
{
    while (Irp->CurrentLocation <= Irp->StackCount) {
        PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
        PIO_COMPLETION_ROUTINE Routine = Stack->CompletionRoutine;
        PVOID Context = Stack->Context;
        UCHAR Control = Stack->Control;
        Irp->PendingReturned = (Control & SL_PENDING_RETURNED) != 0;
        Irp->CurrentLocation++;
        Irp->Tail.Overlay.CurrentStackLocation++;
        Stack->MinorFunction = 0;
        Stack->Flags = 0;
        Stack->Control = 0;
        if (Routine != NULL && IopWantsCompletion(Irp, Control)) {
            PDEVICE_OBJECT Device =
                Irp->CurrentLocation <= Irp->StackCount ? IoGetCurrentIrpStackLocation(Irp)->DeviceObject : NULL;
            if (Routine(Device, Irp, Context) == STATUS_MORE_PROCESSING_REQUIRED) {
                return FALSE;
            }
        } else if (Irp->PendingReturned && Irp->CurrentLocation <= Irp->StackCount) {
            IoMarkIrpPending(Irp);
        }
    }
    return TRUE;
}

static void IopFreeMdls(PIRP Irp)
{
    PMDL Mdl;
    while ((Mdl = Irp->MdlAddress) != NULL) {
        Irp->MdlAddress = Mdl->Next;
        IoFreeMdl(Mdl);
    }
}

/* Before the tail of the IRP becomes an APC. */
static void IopFreeAuxiliaryBuffer(PIRP Irp)
{
    if (Irp->Tail.Overlay.AuxiliaryBuffer != NULL) {
        ExFreePoolWithTag(Irp->Tail.Overlay.AuxiliaryBuffer, IOP_TAG_NAME);
        Irp->Tail.Overlay.AuxiliaryBuffer = NULL;
    }
}

void IopFreeIrpBuffers(PIRP Irp)
{
    if ((Irp->Flags & (IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER)) == (IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER)) {
        ExFreePoolWithTag(Irp->AssociatedIrp.SystemBuffer, IOP_TAG_BUFFER);
        Irp->Flags &= ~(IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER);
    }
    IopFreeMdls(Irp);
}

static void IopCompleteAssociated(PIRP Irp, CCHAR Boost)
{
    PIRP Master = Irp->AssociatedIrp.MasterIrp;
    LONG Left = InterlockedDecrement(&Master->AssociatedIrp.IrpCount);
    IopFreeMdls(Irp);
    IoFreeIrp(Irp);
    if (Left == 0) {
        IofCompleteRequest(Master, Boost);
    }
}

void FASTCALL IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    ASSERT_IRQL_LE(DISPATCH_LEVEL);
    if (UNLIKELY(Irp->CurrentLocation > Irp->StackCount + 1 || Irp->Type != IO_TYPE_IRP)) {
        KeBugCheckEx(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)Irp, __LINE__, 0, 0);
    }
    ASSERT(Irp->CancelRoutine == NULL && Irp->IoStatus.Status != STATUS_PENDING);
    if (!IopUnwindStack(Irp)) {
        return;
    }
    if ((Irp->Flags & IRP_ASSOCIATED_IRP) != 0) {
        IopCompleteAssociated(Irp, PriorityBoost);
        return;
    }
    if ((Irp->Flags & (IRP_PAGING_IO | IRP_CLOSE_OPERATION)) != 0) {
        /* No thread context needed: the pager (or the close) waits for the event; a close only if the driver
         * said that it is not done yet.  The issuer owns a close's IRP, which is gone once the event is set. */
        BOOLEAN Paging = (Irp->Flags & IRP_PAGING_IO) != 0, Waited = Paging || Irp->PendingReturned;
        PKEVENT Event = Irp->UserEvent;
        *Irp->UserIosb = Irp->IoStatus;
        if (Paging) {
            IoFreeIrp(Irp);
        }
        if (Waited) {
            KeSetEvent(Event, PriorityBoost, FALSE);
        }
        return;
    }
    IopFreeAuxiliaryBuffer(Irp);
    for (PMDL Mdl = Irp->MdlAddress; Mdl != NULL; Mdl = Mdl->Next) {
        if ((Mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) {
            MmUnlockPages(Mdl);
        }
    }
    if ((Irp->Flags & IRP_DEFER_IO_COMPLETION) != 0 && !Irp->PendingReturned) {
        return; /* the service that issued it is still below us on this stack and finishes it */
    }
    KeInitializeApc(&Irp->Tail.Apc, &Irp->Tail.Overlay.Thread->Tcb, (KAPC_ENVIRONMENT)Irp->ApcEnvironment, IopCompleteRequest, NULL, NULL,
                    KernelMode, NULL);
    KeInsertQueueApc(&Irp->Tail.Apc, Irp->Tail.Overlay.OriginalFileObject, NULL, PriorityBoost);
}

/* User APC of a finished request: the IRP carries the KAPC, so it lives until the APC is on its way. */
static void NTAPI IopUserApcDelivered(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *SystemArgument1,
                                      PVOID *SystemArgument2)
{
    (void)NormalRoutine, (void)NormalContext, (void)SystemArgument1, (void)SystemArgument2;
    IoFreeIrp(CONTAINING_RECORD(Apc, IRP, Tail.Apc));
}

static void NTAPI IopUserApcRundown(PKAPC Apc)
{
    IoFreeIrp(CONTAINING_RECORD(Apc, IRP, Tail.Apc));
}

static NTSTATUS IopCopyResultOut(PIRP Irp)
{
    NTSTATUS Status = STATUS_SUCCESS;
    if ((Irp->Flags & IRP_INPUT_OPERATION) != 0 && (Irp->Flags & IRP_BUFFERED_IO) != 0 && Irp->UserBuffer != NULL &&
        !NT_ERROR(Irp->IoStatus.Status) && Irp->IoStatus.Status != STATUS_VERIFY_REQUIRED) {
        Status = CopyToMode(Irp->RequestorMode, Irp->UserBuffer, Irp->AssociatedIrp.SystemBuffer, Irp->IoStatus.Information);
    }
    if (!NT_SUCCESS(Status)) {
        Irp->IoStatus.Status = Status;
        Irp->IoStatus.Information = 0;
    }
    return Status;
}

/* The service itself reports a request that succeeded at once; the handle may have asked for no packet then. */
static BOOLEAN IopSkipsPort(PIRP Irp, PFILE_OBJECT File)
{
    return (File->Flags & FO_SKIP_COMPLETION_PORT) != 0 && !Irp->PendingReturned && NT_SUCCESS(Irp->IoStatus.Status);
}

/*
 * Tells the requester.  Gives the IRP away to a user APC or a completion port, or frees it.  The file's own event is set if the caller gave
 * none, or if the service itself waits for it.
 */
static void IopSignalRequester(PIRP Irp, PFILE_OBJECT File)
{
    PIO_COMPLETION_CONTEXT Port = File != NULL ? File->CompletionContext : NULL;
    PKEVENT Event = Irp->UserEvent;
    BOOLEAN OwnEvent = (Irp->Flags & IRP_SYNCHRONOUS_API) != 0;
    if (File != NULL && !OwnEvent) {
        File->FinalStatus = Irp->IoStatus.Status;
        if (IopIsSynchronous(File) || (Event == NULL && (File->Flags & FO_SKIP_SET_EVENT) == 0)) {
            KeSetEvent(&File->Event, 0, FALSE);
        }
    }
    if (Event != NULL) {
        KeSetEvent(Event, 0, FALSE);
        if (!OwnEvent) {
            ObfDereferenceObject(Event);
        }
    }
    if (Irp->Overlay.AsynchronousParameters.UserApcRoutine != NULL && !OwnEvent) {
        KeInitializeApc(&Irp->Tail.Apc, KeGetCurrentThread(), CurrentApcEnvironment, IopUserApcDelivered, IopUserApcRundown,
                        (PKNORMAL_ROUTINE_)(PVOID)Irp->Overlay.AsynchronousParameters.UserApcRoutine, Irp->RequestorMode,
                        Irp->Overlay.AsynchronousParameters.UserApcContext);
        if (!KeInsertQueueApc(&Irp->Tail.Apc, Irp->UserIosb, NULL, 0)) {
            IoFreeIrp(Irp);
        }
    } else if (Port != NULL && Irp->Overlay.AsynchronousParameters.UserApcContext != NULL && !OwnEvent && !IopSkipsPort(Irp, File)) {
        IopQueueIrpPacket(Port->Port, Irp, Port->Key);
    } else {
        IoFreeIrp(Irp);
    }
}

/*
 * The last stage, in the requesting thread at APC_LEVEL.  A failure that the service itself returns is not
 * reported a second time through status block and event: NT's rule, which callers rely on (an OVERLAPPED is
 * untouched when ReadFile fails at once).
 */
void NTAPI IopCompleteRequest(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *SystemArgument1, PVOID *SystemArgument2)
{
    PIRP Irp = CONTAINING_RECORD(Apc, IRP, Tail.Apc);
    PFILE_OBJECT File = *SystemArgument1;
    BOOLEAN Synchronous = (Irp->Flags & IRP_SYNCHRONOUS_API) != 0 || (File != NULL && IopIsSynchronous(File));
    (void)NormalRoutine, (void)NormalContext, (void)SystemArgument2;
    if (IopCopyResultOut(Irp) != STATUS_SUCCESS) {
        Irp->PendingReturned = TRUE; /* too late for the service: report it where the requester looks */
    }
    IopFreeIrpBuffers(Irp);
    IopDequeueThreadIrp(Irp);
    if (!NT_ERROR(Irp->IoStatus.Status) || Irp->PendingReturned || Synchronous) {
        KPROCESSOR_MODE Mode = (Irp->Flags & IRP_SYNCHRONOUS_API) != 0 ? KernelMode : Irp->RequestorMode;
        if (!NT_ERROR(Irp->IoStatus.Status) || !Synchronous || Mode == KernelMode) {
            (void)!CopyToMode(Mode, Irp->UserIosb, &Irp->IoStatus, sizeof(IO_STATUS_BLOCK));
        }
        IopSignalRequester(Irp, File);
    } else {
        if (Irp->UserEvent != NULL) {
            ObfDereferenceObject(Irp->UserEvent);
        }
        IoFreeIrp(Irp);
    }
    if (File != NULL) {
        ObfDereferenceObject(File);
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * irp.c - I/O request packets: allocation, initialisation, stack locations.
 *
 * An IRP is one block: the fixed part, then StackCount stack locations.  The first driver's location is the
 * last in memory; CurrentLocation counts down from StackCount + 1 ("not with any driver yet").  Two look-
 * aside lists, for short and for long stacks, keep the usual request out of the pool.  Windows Internals,
 * 7th ed., part 1, chapter 6 "I/O request packets".
 */
#include "iop.h"

#define IOP_SMALL_STACK 2
#define IOP_LARGE_STACK 8

static NPAGED_LOOKASIDE_LIST IopSmallIrpList, IopLargeIrpList;

void IopInitIrps(void)
{
    ExInitializeNPagedLookasideList(&IopSmallIrpList, NULL, NULL, 0, IoSizeOfIrp(IOP_SMALL_STACK), IOP_TAG_IRP, 0);
    ExInitializeNPagedLookasideList(&IopLargeIrpList, NULL, NULL, 0, IoSizeOfIrp(IOP_LARGE_STACK), IOP_TAG_IRP, 0);
}

void NTAPI IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize)
{
    memset(Irp, 0, PacketSize);
    Irp->Type = IO_TYPE_IRP;
    Irp->Size = PacketSize;
    Irp->StackCount = StackSize;
    Irp->CurrentLocation = StackSize + 1;
    Irp->ApcEnvironment = (CCHAR)KeGetCurrentThread()->ApcStateIndex;
    InitializeListHead(&Irp->ThreadListEntry);
    Irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(Irp + 1) + StackSize;
}

PIRP IopMakeOwnIrp(CCHAR StackSize, IOP_OWN_IRP *Own)
{
    if (UNLIKELY(StackSize > IOP_OWN_LOCATIONS)) {
        return IoAllocateIrp(StackSize, FALSE);
    }
    IoInitializeIrp(&Own->Irp, IoSizeOfIrp(StackSize), StackSize);
    Own->Irp.AllocationFlags = IOP_IRP_OWN;
    return &Own->Irp;
}

PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota)
{
    PIRP Irp;
    UCHAR Flags = IRP_LOOKASIDE_ALLOCATION;
    (void)ChargeQuota;
    if (StackSize <= IOP_SMALL_STACK) {
        Irp = ExAllocateFromNPagedLookasideList(&IopSmallIrpList);
    } else if (StackSize <= IOP_LARGE_STACK) {
        Irp = ExAllocateFromNPagedLookasideList(&IopLargeIrpList);
    } else {
        Irp = ExAllocatePoolWithTag(NonPagedPool, IoSizeOfIrp(StackSize), IOP_TAG_IRP);
        Flags = 0;
    }
    if (Irp != NULL) {
        IoInitializeIrp(Irp, IoSizeOfIrp(StackSize), StackSize);
        Irp->AllocationFlags = Flags;
    }
    return Irp;
}

void NTAPI IoReuseIrp(PIRP Irp, NTSTATUS Status)
{
    UCHAR Flags = Irp->AllocationFlags;
    ASSERT(IsListEmpty(&Irp->ThreadListEntry) && Irp->CancelRoutine == NULL);
    IoInitializeIrp(Irp, Irp->Size, Irp->StackCount);
    Irp->AllocationFlags = Flags;
    Irp->IoStatus.Status = Status;
}

void NTAPI IoFreeIrp(PIRP Irp)
{
    ASSERT(Irp->Type == IO_TYPE_IRP && IsListEmpty(&Irp->ThreadListEntry));
    Irp->Type = 0;
    if ((Irp->AllocationFlags & IOP_IRP_OWN) != 0) {
        return;
    }
    if ((Irp->AllocationFlags & IRP_LOOKASIDE_ALLOCATION) == 0) {
        ExFreePoolWithTag(Irp, IOP_TAG_IRP);
    } else if (Irp->StackCount <= IOP_SMALL_STACK) {
        ExFreeToNPagedLookasideList(&IopSmallIrpList, Irp);
    } else {
        ExFreeToNPagedLookasideList(&IopLargeIrpList, Irp);
    }
}

/* An IRP that does a part of Irp's work; when the last part is done the master completes.
 * Irp->AssociatedIrp.IrpCount is the caller's to set. */
PIRP NTAPI IoMakeAssociatedIrp(PIRP Irp, CCHAR StackSize)
{
    PIRP Part = IoAllocateIrp(StackSize, FALSE);
    if (Part != NULL) {
        Part->Flags |= IRP_ASSOCIATED_IRP;
        Part->Tail.Overlay.Thread = Irp->Tail.Overlay.Thread;
        Part->AssociatedIrp.MasterIrp = Irp;
    }
    return Part;
}

PEPROCESS NTAPI IoGetRequestorProcess(PIRP Irp)
{
    PETHREAD Thread = Irp->Tail.Overlay.Thread;
    if (Thread == NULL) {
        return NULL;
    }
    return Irp->ApcEnvironment != 0 ? (PEPROCESS)Thread->Tcb.ApcState.Process : PsThreadProcess_(Thread);
}

ULONG NTAPI IoGetRequestorProcessId(PIRP Irp)
{
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    return Process != NULL ? HandleToUlong(Process->UniqueProcessId) : 0;
}

NTSTATUS NTAPI IoGetRequestorSessionId(PIRP Irp, PULONG SessionId)
{
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    *SessionId = Process != NULL ? Process->SessionId : MAXULONG;
    return Process != NULL ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

BOOLEAN NTAPI IoIsSystemThread(PETHREAD Thread)
{
    return Thread->Tcb.SystemThread;
}

PEPROCESS NTAPI IoThreadToProcess(PETHREAD Thread)
{
    return PsThreadProcess_(Thread);
}

PEPROCESS NTAPI IoGetCurrentProcess(void)
{
    return PsCurrentProcess_();
}

void NTAPI IoSetTopLevelIrp(PIRP Irp)
{
    PsCurrentThread_()->TopLevelIrp = Irp;
}

PIRP NTAPI IoGetTopLevelIrp(void)
{
    return PsCurrentThread_()->TopLevelIrp;
}

BOOLEAN NTAPI IoIsOperationSynchronous(PIRP Irp)
{
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    if ((Irp->Flags & IRP_PAGING_IO) != 0 && (Irp->Flags & IRP_SYNCHRONOUS_PAGING_IO) == 0) {
        return FALSE;
    }
    return (Irp->Flags & (IRP_SYNCHRONOUS_API | IRP_SYNCHRONOUS_PAGING_IO)) != 0 || (File != NULL && IopIsSynchronous(File));
}

PVOID NTAPI IoGetInitialStack(void)
{
    return KeGetCurrentThread()->InitialStack;
}

void NTAPI IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit)
{
    *LowLimit = (ULONG_PTR)KeGetCurrentThread()->StackLimit;
    *HighLimit = (ULONG_PTR)KeGetCurrentThread()->StackBase;
}

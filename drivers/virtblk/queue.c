/* SPDX-License-Identifier: MIT */
/*
 * queue.c - requests under way.
 *
 * A request larger than the device's number of segments goes in pieces, one after another in its slot.  Its pages are described as they lie: pages
 * that follow one another in memory are one segment.
 */
#include "virtblk.h"

#define OK 0
#define UNSUPPORTED 2

/* The piece of the MDL from byte Start on; returns the number of segments, *Length how many bytes they are. */
static ULONG DescribePages(const VB_DISK *Disk, PMDL Mdl, ULONG Start, ULONG Total, USHORT Flags, VB_DESCRIPTOR *Table, PULONG Length)
{
    PPFN_NUMBER Pages = MmGetMdlPfnArray(Mdl);
    ULONG Count = 0;

    *Length = 0;
    while (Start + *Length < Total) {
        ULONG At = MmGetMdlByteOffset(Mdl) + Start + *Length, Inside = At % PAGE_SIZE;
        ULONG Part = PAGE_SIZE - Inside < Total - Start - *Length ? PAGE_SIZE - Inside : Total - Start - *Length;
        ULONG64 Physical = ((ULONG64)Pages[At / PAGE_SIZE] << PAGE_SHIFT) + Inside;
        if (Count != 0 && Table[Count - 1].Address + Table[Count - 1].Length == Physical) {
            Table[Count - 1].Length += Part;
        } else if (Count == Disk->MaxSegments) {
            break;
        } else {
            Table[Count] = (VB_DESCRIPTOR){ Physical, Part, (USHORT)(Flags | VB_NEXT), (USHORT)(Count + 2) };
            Count++;
        }
        *Length += Part;
    }
    /* A piece is whole sectors: what sticks out of the last one is left for the next piece. */
    for (ULONG Over = Start + *Length < Total ? *Length % VB_SECTOR : 0; Over != 0;) {
        ULONG Part = Table[Count - 1].Length < Over ? Table[Count - 1].Length : Over;
        Table[Count - 1].Length -= Part;
        Over -= Part;
        *Length -= Part;
        if (Table[Count - 1].Length == 0)
            Count--;
    }
    return Count;
}

/* Lock held.  The next piece of the slot's IRP goes to the device.  FALSE: there is nothing that could be sent. */
static BOOLEAN Submit(VB_DISK *Disk, ULONG Index)
{
    VB_SLOT *Slot = &Disk->Slots[Index];
    PIRP Irp = Slot->Irp;
    ULONG Kind = VbIrpKind(Irp), Count = 0;
    VB_DESCRIPTOR *Table = Slot->Page->Table;

    Slot->Piece = 0;
    if (Kind != VB_FLUSH) {
        Count = DescribePages(Disk, Irp->MdlAddress, VbIrpDone(Irp), IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length,
                              Kind == VB_READ ? VB_DEVICE_WRITES : 0, Table + 1, &Slot->Piece);
        if (Slot->Piece == 0)
            return FALSE;
    }
    Slot->Page->Header = (VB_HEADER){ Kind, 0, Kind == VB_FLUSH ? 0 : (VbIrpOffset(Irp) + VbIrpDone(Irp)) / VB_SECTOR };
    Slot->Page->Status = 0xFF;
    Table[0] = (VB_DESCRIPTOR){ Slot->Physical + FIELD_OFFSET(VB_SLOT_PAGE, Header), sizeof(VB_HEADER), VB_NEXT, 1 };
    Table[Count + 1] = (VB_DESCRIPTOR){ Slot->Physical + FIELD_OFFSET(VB_SLOT_PAGE, Status), 1, VB_DEVICE_WRITES, 0 };
    Disk->Descriptors[Index] = (VB_DESCRIPTOR){ Slot->Physical + FIELD_OFFSET(VB_SLOT_PAGE, Table), (Count + 2) * (ULONG)sizeof *Table, VB_INDIRECT, 0 };
    Disk->Available->Ring[Disk->Available->Index % Disk->QueueSize] = (USHORT)Index;
    __sync_synchronize(); /* the entry before the index, the index before the bell */
    *(volatile USHORT *)&Disk->Available->Index += 1;
    __sync_synchronize();
    *Disk->Notify = 0;
    return TRUE;
}

static void Finish(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = NT_SUCCESS(Status) ? Information : 0;
    IoCompleteRequest(Irp, NT_SUCCESS(Status) ? IO_DISK_INCREMENT : IO_NO_INCREMENT);
}

/* Lock held.  A free slot gets the IRP; FALSE: all are busy. */
static BOOLEAN StartInSlot(VB_DISK *Disk, PIRP Irp)
{
    for (ULONG Index = 0; Index < Disk->QueueSize; Index++) {
        if (Disk->Slots[Index].Irp == NULL) {
            Disk->Slots[Index].Irp = Irp;
            (void)Submit(Disk, Index); /* of checked length: there is something to send */
            return TRUE;
        }
    }
    return FALSE;
}

NTSTATUS VbSend(VB_DISK *Disk, PIRP Irp)
{
    KIRQL Irql;

    IoMarkIrpPending(Irp);
    VbIrpDone(Irp) = 0;
    KeAcquireSpinLock(&Disk->Lock, &Irql);
    BOOLEAN Broken = Disk->Broken;
    if (!Broken && !StartInSlot(Disk, Irp))
        InsertTailList(&Disk->Waiting, &Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&Disk->Lock, Irql);
    if (Broken)
        Finish(Irp, STATUS_DEVICE_NOT_CONNECTED, 0);
    return STATUS_PENDING;
}

static NTSTATUS ToStatus(UCHAR Result)
{
    return Result == OK ? STATUS_SUCCESS : Result == UNSUPPORTED ? STATUS_INVALID_DEVICE_REQUEST : STATUS_IO_DEVICE_ERROR;
}

/* Lock held.  One entry of the used ring: the IRP if it is finished, with its status; else NULL. */
static PIRP TakeUsed(VB_DISK *Disk, PNTSTATUS Status)
{
    ULONG Id = Disk->Used->Ring[Disk->UsedSeen++ % Disk->QueueSize].Id;

    if (Id >= Disk->QueueSize || Disk->Slots[Id].Irp == NULL) {
        InterlockedIncrement((PLONG)&Disk->Errors); /* the device reports what it was not given */
        return NULL;
    }
    VB_SLOT *Slot = &Disk->Slots[Id];
    PIRP Irp = Slot->Irp;
    *Status = ToStatus(Slot->Page->Status);
    VbIrpDone(Irp) += Slot->Piece;
    if (NT_SUCCESS(*Status) && VbIrpKind(Irp) != VB_FLUSH && VbIrpDone(Irp) < IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length &&
        Submit(Disk, Id))
        return NULL;
    Slot->Irp = NULL;
    if (!IsListEmpty(&Disk->Waiting))
        (void)StartInSlot(Disk, CONTAINING_RECORD(RemoveHeadList(&Disk->Waiting), IRP, Tail.Overlay.ListEntry));
    return Irp;
}

VOID NTAPI VbDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    VB_DISK *Disk = Context;
    NTSTATUS Status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    for (;;) {
        PIRP Irp = NULL;
        KeAcquireSpinLockAtDpcLevel(&Disk->Lock);
        BOOLEAN Any = Disk->UsedSeen != Disk->Used->Index;
        __sync_synchronize();
        if (Any)
            Irp = TakeUsed(Disk, &Status);
        KeReleaseSpinLockFromDpcLevel(&Disk->Lock);
        if (!Any)
            return;
        if (Irp != NULL) {
            if (!NT_SUCCESS(Status))
                DbgPrint("virtblk: disk %lu, offset 0x%llx: status 0x%08lx\n", Disk->Number, VbIrpOffset(Irp), Status);
            Finish(Irp, Status, VbIrpKind(Irp) == VB_FLUSH ? 0 : VbIrpDone(Irp));
        }
    }
}

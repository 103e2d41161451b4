/* SPDX-License-Identifier: MIT */
/*
 * proto.c - the pages of sections: who shares them, and what becomes of them when nobody does.
 *
 *                      share (a fault maps it)
 *       absent --read--> standby <-------------> active(ShareCount n)
 *         ^                |  taken for other use        |
 *         +----------------+         last share, dirty: modified (file) or modified-no-write (no file: stays until the section dies)
 *
 * All transitions happen under MmPfnLock.  ReferenceCount is 1 for all shares together plus 1 for each locked MDL; a page leaves for a list only
 * at 0.  Windows Internals, 7th ed., part 1, chapter 5 "Prototype PTEs" and "Page list dynamics".
 */
#include "mi.h"

/* The page is resident: it becomes active with one share more. */
void MiShareLocked(PULONG64 Proto, ULONG64 Frame)
{
    PMMPFN Pfn = MiPfn(Frame);

    if (Pfn->ShareCount++ == 0) {
        if (Pfn->PageLocation < ActiveAndValid)
            MiUnlinkPage(Frame);
        Pfn->PageLocation = ActiveAndValid;
        Pfn->ReferenceCount++;
        *Proto = (Frame << PAGE_SHIFT) | PTE_VALID;
    }
}

/* Where an unreferenced section page goes. */
static void RetireLocked(PMMPFN Pfn, ULONG64 Frame)
{
    ASSERT(Pfn->ShareCount == 0 && Pfn->ReferenceCount == 0 && !Pfn->ReadInProgress);
    if (Pfn->DeleteOnZero) {
        MiFreePageLocked(Frame);
    } else if (!Pfn->Modified) {
        /* A clean page of a paging-file section is one that was never written: nothing to remember but zeros. */
        MiInsertTail(StandbyPageList, Frame);
    } else {
        MiInsertTail(Pfn->Usage == MiUseFile ? ModifiedPageList : ModifiedNoWritePageList, Frame);
    }
}

void MiUnshareProtoPageLocked(PMMPFN Pfn, ULONG64 Frame, BOOLEAN Modified)
{
    ASSERT(Pfn->PrototypePte && Pfn->ShareCount > 0);
    if (Modified)
        Pfn->Modified = 1;
    if (--Pfn->ShareCount != 0)
        return;
    if (!Pfn->DeleteOnZero)
        *MiPteOfPfn(Pfn) = (Frame << PAGE_SHIFT) | MI_PTE_TRANSITION;
    Pfn->PageLocation = TransitionPage;
    if (--Pfn->ReferenceCount == 0)
        RetireLocked(Pfn, Frame);
}

void MiUnshareProtoPage(ULONG64 Frame, BOOLEAN Modified)
{
    KIRQL Irql;

    KeAcquireSpinLock(&MmPfnLock, &Irql);
    MiUnshareProtoPageLocked(MiPfn(Frame), Frame, Modified);
    KeReleaseSpinLock(&MmPfnLock, Irql);
}

void MiReferencePageLocked(ULONG64 Frame)
{
    MiPfn(Frame)->ReferenceCount++;
}

/* The end of a locked MDL on a section's page. */
void MiDereferenceSectionPage(ULONG64 Frame, BOOLEAN Modified)
{
    PMMPFN Pfn = MiPfn(Frame);
    KIRQL Irql;

    KeAcquireSpinLock(&MmPfnLock, &Irql);
    if (Modified)
        Pfn->Modified = 1;
    if (--Pfn->ReferenceCount == 0)
        RetireLocked(Pfn, Frame);
    KeReleaseSpinLock(&MmPfnLock, Irql);
}

/* TRUE: shared.  For mapping neighbours of a fault. */
BOOLEAN MiShareIfResidentLocked(PCONTROL_AREA ControlArea, ULONG64 Page, PULONG64 Frame)
{
    PULONG64 Proto = MiProto(ControlArea, Page);

    if (Proto == NULL || !(*Proto & (PTE_VALID | MI_PTE_TRANSITION)))
        return FALSE;
    *Frame = PTE_PFN(*Proto);
    if (MiPfn(*Frame)->ReadInProgress)
        return FALSE;
    MiShareLocked(Proto, *Frame);
    return TRUE;
}

/* A page that exists only as zeros so far: bss of an image, the tail of a section, page-file-backed memory. */
BOOLEAN MiIsZeroPage(PCONTROL_AREA ControlArea, ULONG64 Page)
{
    PSUBSECTION Subsection = MiSubsectionOfPage(ControlArea, Page);

    return Subsection == NULL || ((Page - Subsection->StartPage) << PAGE_SHIFT) >= Subsection->FileBytes;
}

static MI_USE UseOf(PCONTROL_AREA ControlArea)
{
    return (ControlArea->Flags & MI_CA_IMAGE) ? MiUseImage : (ControlArea->Flags & MI_CA_FILE) ? MiUseFile : MiUseSection;
}

static NTSTATUS ShareZeroPage(PCONTROL_AREA ControlArea, ULONG64 Page, PULONG64 Frame)
{
    ULONG64 Fresh = MiAllocateZeroedPage(UseOf(ControlArea));
    KIRQL Irql;

    if (Fresh == 0)
        return STATUS_NO_MEMORY;
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    BOOLEAN Lost = MiShareIfResidentLocked(ControlArea, Page, Frame);
    if (!Lost) {
        PULONG64 Proto = MiProto(ControlArea, Page);
        PMMPFN Pfn = MiPfn(Fresh);
        /* Somebody may be reading it in after all (the file grew): then the page in flight wins, and the caller comes back. */
        if (*Proto & MI_PTE_TRANSITION) {
            KeReleaseSpinLock(&MmPfnLock, Irql);
            MiFreePage(Fresh);
            return STATUS_RETRY;
        }
        Pfn->PrototypePte = 1;
        Pfn->PteAddress = (ULONG64)Proto;
        /* Memory without a file must not be forgotten once it was handed out: nobody could restore a SEC_RESERVE page's "committed". */
        Pfn->Modified = !(ControlArea->Flags & (MI_CA_IMAGE | MI_CA_FILE));
        *Proto = (Fresh << PAGE_SHIFT) | PTE_VALID;
        *Frame = Fresh;
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
    if (Lost)
        MiFreePage(Fresh);
    return STATUS_SUCCESS;
}

/*
 * STATUS_SUCCESS: *Frame has one share more, which a page table entry (or MiUnshareProtoPage) takes over.  STATUS_RETRY: must be read first
 * (*InPage: by somebody else, referenced for the caller to wait on).  STATUS_ACCESS_VIOLATION: a reserved page that was not committed.
 */
NTSTATUS MiShareProtoPage(PCONTROL_AREA ControlArea, ULONG64 Page, PULONG64 Frame, struct _MI_INPAGE **InPage)
{
    KIRQL Irql;
    NTSTATUS Status = STATUS_SUCCESS;

    *InPage = NULL;
    if (UNLIKELY(Page >= ControlArea->TotalPages))
        return STATUS_ACCESS_VIOLATION;
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    PULONG64 Proto = MiProto(ControlArea, Page);
    if (UNLIKELY(Proto == NULL)) {
        KeReleaseSpinLock(&MmPfnLock, Irql);
        Status = MiPrepareProto(ControlArea, Page);
        if (!NT_SUCCESS(Status))
            return Status;
        KeAcquireSpinLock(&MmPfnLock, &Irql);
        Proto = MiProto(ControlArea, Page);
    }
    ULONG64 Value = *Proto;
    if (Value & (PTE_VALID | MI_PTE_TRANSITION)) {
        *Frame = PTE_PFN(Value);
        PMMPFN Pfn = MiPfn(*Frame);
        if (Pfn->ReadInProgress) {
            *InPage = Pfn->InPage;
            MiReferenceInPage(*InPage);
            Status = STATUS_RETRY;
        } else {
            if (Value & MI_PTE_TRANSITION)
                MiTransitionFaults++;
            MiShareLocked(Proto, *Frame);
        }
        KeReleaseSpinLock(&MmPfnLock, Irql);
        return Status;
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
    if ((ControlArea->Flags & MI_CA_RESERVE) && Value == 0)
        return STATUS_ACCESS_VIOLATION;
    return MiIsZeroPage(ControlArea, Page) ? ShareZeroPage(ControlArea, Page, Frame) : STATUS_RETRY;
}

NTSTATUS MiZeroProtoPage(PCONTROL_AREA ControlArea, ULONG64 Page, ULONG64 *Frame)
{
    KIRQL Irql;

    *Frame = 0;
    if (Page >= ControlArea->TotalPages)
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS Status = ControlArea->Block[Page >> MI_BLOCK_SHIFT] == NULL ? MiPrepareProto(ControlArea, Page) : STATUS_SUCCESS;
    if (!NT_SUCCESS(Status))
        return Status;
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    BOOLEAN There = (*MiProto(ControlArea, Page) & (PTE_VALID | MI_PTE_TRANSITION)) != 0;
    KeReleaseSpinLock(&MmPfnLock, Irql);
    if (There)
        return STATUS_SUCCESS;
    Status = ShareZeroPage(ControlArea, Page, Frame);
    if (Status != STATUS_SUCCESS)
        *Frame = 0;
    return Status == STATUS_RETRY ? STATUS_SUCCESS : Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * large.c - large pages: memory that one entry of the second level maps 2 MiB at a time.
 *
 *      PML4 -> PDPT -> page directory entry | PTE_LARGE ------------------> 512 pages in a row, aligned like one
 *                      (elsewhere it leads to a page table) -> entry -> one page
 *
 * One entry of the processor's translation cache then covers what needs 512 otherwise, and a walk is a step shorter: programs with gigabytes of randomly
 * used memory (databases, garbage-collected heaps) ask for that.  The price: the pages must lie in a row, so they are taken at once, when the memory is
 * made, cannot be trimmed or shared page by page, and have one protection as long as they live.  Therefore the caller needs the privilege to
 * lock pages, and gets STATUS_INSUFFICIENT_RESOURCES when memory is too scattered.
 *
 * Private memory:  MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES.  The entry owns its pages.  Counted as commit, not in the working set, nor by jobs.
 * Sections:        SEC_COMMIT | SEC_LARGE_PAGES.  The control area owns the pages: each has one share that is the area's own, so that they never get on a
 *                  list.  A view with MEM_LARGE_PAGES needs no shares beside its reference on the control area; one without is mapped page by page as
 *                  any other.
 *
 * Windows documents this under "Large-Page Support"; Windows Internals, 7th ed., part 1, chapter 5 "Large and small pages".
 */
#include "mi.h"

/* 512 pages in a row; 0: there are none. */
static ULONG64 AllocateLargePage(MI_USE Usage)
{
    if (EX_INJECT(ExInjectCommit))
        return 0;
    ULONG64 Frame = MiAllocateContiguous(MI_LARGE_PAGES, 0, MmHighestPage, MI_LARGE_PAGES, Usage);
    for (ULONG64 Page = Frame; Frame != 0 && Page < Frame + MI_LARGE_PAGES; Page++)
        KiZeroPage(MiPageAddress(Page));
    return Frame;
}

/* A page that an MDL has locked stays until it is unlocked. */
static void FreeLargePage(ULONG64 Frame)
{
    for (ULONG64 Page = Frame; Page < Frame + MI_LARGE_PAGES; Page++)
        MiDereferencePrivatePage(Page);
}

/* Nothing was mapped here, but a fault may have left an empty table.  Dirty from the beginning: nobody asks. */
static NTSTATUS SetLargeEntry(PEPROCESS Process, const MMVAD *Vad, ULONG64 Va, ULONG64 Frame)
{
    MiFreeEmptyTables(Process, Va, Va + MI_LARGE_SIZE - 1);
    PULONG64 Slot = MiCreateLargeSlot(Process, Va);
    if (Slot == NULL)
        return STATUS_NO_MEMORY;
    MiSetPteNew(Slot, (Frame << PAGE_SHIFT) | MiUserPteFlags(Vad->Protection) | PTE_DIRTY | PTE_LARGE);
    return STATUS_SUCCESS;
}

NTSTATUS MiFillLargePrivate(PEPROCESS Process, PMMVAD Vad)
{
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG64 Va = MiVadStart(Vad); Va <= MiVadEnd(Vad) && NT_SUCCESS(Status); Va += MI_LARGE_SIZE) {
        ULONG64 Frame = AllocateLargePage(MiUsePrivate);
        if (Frame == 0)
            return STATUS_INSUFFICIENT_RESOURCES;
        MiLockPageTables(Process);
        Status = SetLargeEntry(Process, Vad, Va, Frame);
        MiUnlockPageTables(Process);
        if (!NT_SUCCESS(Status))
            FreeLargePage(Frame);
    }
    return Status;
}

void MiDeleteLargeEntry(PULONG64 Entry, ULONG64 Va, PMI_FLUSH Flush)
{
    ULONG64 Frame = PTE_PFN(*Entry);

    MiClearPte(Entry);
    MiFlushAdd(Flush, Va, 0, MiFlushPrivate);
    if (MiPfn(Frame)->PrototypePte) /* the section keeps it */
        return;
    MiFlushFinish(Flush);
    FreeLargePage(Frame);
}

/* Of a view that could not be filled, too. */
void MiDeleteLargePages(PEPROCESS Process, PMMVAD Vad)
{
    MI_FLUSH Flush;

    MiFlushInit(&Flush, Process);
    for (ULONG64 Va = MiVadStart(Vad); Va <= MiVadEnd(Vad); Va += MI_LARGE_SIZE) {
        if (MiLargeEntry(Process, Va) != 0)
            MiDeleteLargeEntry(MiCreateLargeSlot(Process, Va), Va, &Flush);
    }
    MiFlushFinish(&Flush);
    MiFreeEmptyTables(Process, MiVadStart(Vad), MiVadEnd(Vad));
}

/* ---- sections ---- */

static ULONG64 FrameOfSection(PCONTROL_AREA ControlArea, ULONG64 Page)
{
    KIRQL Irql;

    KeAcquireSpinLock(&MmPfnLock, &Irql);
    ULONG64 Frame = PTE_PFN(*MiProto(ControlArea, Page));
    KeReleaseSpinLock(&MmPfnLock, Irql);
    return Frame;
}

NTSTATUS MiMapLargeSection(PEPROCESS Process, PMMVAD Vad)
{
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG64 Va = MiVadStart(Vad); Va <= MiVadEnd(Vad) && NT_SUCCESS(Status); Va += MI_LARGE_SIZE)
        Status = SetLargeEntry(Process, Vad, Va, FrameOfSection(Vad->ControlArea, Vad->FirstPage + MI_VPN(Va) - Vad->Node.StartVpn));
    return Status;
}

/* A block of prototype entries is as long as a large page. */
static_assert(MI_BLOCK_PAGES == MI_LARGE_PAGES, "a block for each large page");

NTSTATUS MiFillLargeSection(PCONTROL_AREA ControlArea)
{
    KIRQL Irql;

    for (ULONG64 Page = 0; Page < ControlArea->TotalPages; Page += MI_LARGE_PAGES) {
        NTSTATUS Status = MiPrepareProto(ControlArea, Page);
        if (!NT_SUCCESS(Status))
            return Status;
        ULONG64 Frame = AllocateLargePage(MiUseSection);
        if (Frame == 0)
            return STATUS_INSUFFICIENT_RESOURCES;
        KeAcquireSpinLock(&MmPfnLock, &Irql);
        for (ULONG64 Index = 0; Index < MI_LARGE_PAGES; Index++) {
            PULONG64 Proto = MiProto(ControlArea, Page + Index);
            PMMPFN Pfn = MiPfn(Frame + Index);
            Pfn->PrototypePte = 1;
            Pfn->PteAddress = (ULONG64)Proto;
            Pfn->Modified = 1;
            *Proto = ((Frame + Index) << PAGE_SHIFT) | PTE_VALID; /* the share it was allocated with */
        }
        KeReleaseSpinLock(&MmPfnLock, Irql);
    }
    return STATUS_SUCCESS;
}

void MiDropLargeSection(PCONTROL_AREA ControlArea)
{
    for (ULONG64 Page = 0; Page < ControlArea->TotalPages; Page++) {
        PULONG64 Block = ControlArea->Block[Page >> MI_BLOCK_SHIFT];
        ULONG64 Entry = Block != NULL ? Block[Page & (MI_BLOCK_PAGES - 1)] : 0;
        if (Entry & PTE_VALID)
            MiUnshareProtoPage(PTE_PFN(Entry), TRUE);
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * pagetable.c - the user half of an address space: four levels of tables, reached through the direct map (so nobody needs to attach).
 *
 * A table is made when the first entry under it is needed and freed when its last entry has gone (MMPFN.ShareCount counts them).  Making happens under
 * the shared working-set lock: two faults may race, the loser of the compare-exchange gives its page back.  Freeing needs the exclusive lock.
 * Page-table pages are charged to the commit limit and to the process.
 *
 * A large page (large.c) is an entry of the second level that leads to 2 MiB of memory instead of to a table.  To everybody here it looks like a range without
 * a table: who needs it asks MiLargeEntry.
 */
#include "mi.h"

#define USER_TABLE (PTE_VALID | PTE_WRITE | PTE_USER | PTE_ACCESSED)

static inline PULONG64 Table(ULONG64 Entry)
{
    return MmDirectMap(Entry & PTE_PFN_MASK);
}

static inline ULONG IndexAt(ULONG64 Va, ULONG Shift)
{
    return (ULONG)(Va >> Shift) & 511;
}

static inline PMMPFN PfnOfTable(const volatile ULONG64 *Entry)
{
    return MiPfn(MiPageOfDirect((const VOID *)Entry));
}

/* An entry that was 0 is in use now.  The end of the table looks only at lines (of eight entries) whose bit is set; a bit may stay when its line is empty. */
static inline void CountUsed(const volatile ULONG64 *Entry)
{
    PMMPFN Pfn = PfnOfTable(Entry);
    ULONG64 Line = MiLineOfPte(Entry);

    InterlockedIncrement(&Pfn->ShareCount);
    if (!(Pfn->UsedLines & Line))
        InterlockedOr64((volatile LONG64 *)&Pfn->UsedLines, (LONG64)Line);
}

static inline BOOLEAN LeadsToTable(ULONG64 Entry)
{
    return (Entry & (PTE_VALID | PTE_LARGE)) == PTE_VALID;
}

PULONG64 MiLookupPte(PEPROCESS Process, ULONG64 Va)
{
    ULONG64 Entry = Process->Pcb.DirectoryTableBase;

    for (ULONG Shift = 39; Shift != 12; Shift -= 9) {
        Entry = Table(Entry)[IndexAt(Va, Shift)];
        if (!LeadsToTable(Entry))
            return NULL;
    }
    return &Table(Entry)[IndexAt(Va, 12)];
}

ULONG64 MiLargeEntry(PEPROCESS Process, ULONG64 Va)
{
    ULONG Shift;
    ULONG64 Entry = MiWalk(Process->Pcb.DirectoryTableBase, (PVOID)Va, &Shift);

    return Entry != 0 && Shift == MI_LARGE_SHIFT ? Entry : 0;
}

static BOOLEAN MakeTable(PEPROCESS Process, PULONG64 Entry)
{
    ULONG64 Page = MiAllocateZeroedPage(MiUsePageTable);
    if (Page == 0)
        return FALSE;
    MiChargeCommitmentAlways(1);
    MiPfn(Page)->ShareCount = 0; /* entries in use */
    if (InterlockedCompareExchange64((volatile LONG64 *)Entry, (LONG64)((Page << PAGE_SHIFT) | USER_TABLE), 0) != 0) {
        MiFreeZeroedPage(Page);
        MiReturnCommitment(1);
        return TRUE;
    }
    CountUsed(Entry);
    InterlockedIncrement64((volatile LONG64 *)&Process->PageTablePages);
    return TRUE;
}

PULONG64 MiCreatePte(PEPROCESS Process, ULONG64 Va)
{
    ULONG64 Entry = Process->Pcb.DirectoryTableBase;

    for (ULONG Shift = 39; Shift != 12; Shift -= 9) {
        PULONG64 At = &Table(Entry)[IndexAt(Va, Shift)];
        if (UNLIKELY(!(*At & PTE_VALID)) && !MakeTable(Process, At))
            return NULL;
        Entry = *(volatile ULONG64 *)At;
    }
    return &Table(Entry)[IndexAt(Va, 12)];
}

PULONG64 MiCreateLargeSlot(PEPROCESS Process, ULONG64 Va)
{
    ULONG64 Entry = Process->Pcb.DirectoryTableBase;

    for (ULONG Shift = 39; Shift != MI_LARGE_SHIFT; Shift -= 9) {
        PULONG64 At = &Table(Entry)[IndexAt(Va, Shift)];
        if (!(*At & PTE_VALID) && !MakeTable(Process, At))
            return NULL;
        Entry = *(volatile ULONG64 *)At;
    }
    return &Table(Entry)[IndexAt(Va, MI_LARGE_SHIFT)];
}

PULONG64 MiNextPte(PEPROCESS Process, ULONG64 Va, ULONG64 *Next)
{
    ULONG64 Entry = Process->Pcb.DirectoryTableBase;

    for (ULONG Shift = 39; Shift != 12; Shift -= 9) {
        Entry = Table(Entry)[IndexAt(Va, Shift)];
        if (!LeadsToTable(Entry)) {
            *Next = MI_ROUND_DOWN(Va, 1ULL << Shift) + (1ULL << Shift);
            return NULL;
        }
    }
    *Next = Va + PAGE_SIZE;
    return &Table(Entry)[IndexAt(Va, 12)];
}

void MiSetPteNew(PULONG64 Pte, ULONG64 Value)
{
    ASSERT(*Pte == 0 && Value != 0);
    *(volatile ULONG64 *)Pte = Value;
    CountUsed(Pte);
}

void MiCountNewPtes(PULONG64 Pte, ULONG Count, ULONG64 Lines)
{
    PMMPFN Pfn = PfnOfTable(Pte);

    Pfn->UsedLines |= Lines;
    Pfn->ShareCount += (LONG)Count;
}

void MiClearPte(PULONG64 Pte)
{
    if (*Pte == 0)
        return;
    *(volatile ULONG64 *)Pte = 0;
    LONG Left = InterlockedDecrement(&PfnOfTable(Pte)->ShareCount);
    ASSERT(Left >= 0);
    (void)Left;
}

BOOLEAN MiPublishPte(PULONG64 Pte, ULONG64 Old, ULONG64 Value)
{
    if (InterlockedCompareExchange64((volatile LONG64 *)Pte, (LONG64)Value, (LONG64)Old) != (LONG64)Old)
        return FALSE;
    if (Old == 0)
        CountUsed(Pte);
    return TRUE;
}

/* Unhooks Entry's table if it is empty.  The caller flushes. */
static BOOLEAN DropTable(PEPROCESS Process, PULONG64 Entry, PMI_FLUSH Flush, ULONG64 Va)
{
    ULONG64 Page = PTE_PFN(*Entry);

    if (!(*Entry & PTE_VALID) || MiPfn(Page)->ShareCount != 0)
        return FALSE;
    MiClearPte(Entry);
    MiFlushAdd(Flush, Va, Page, MiFlushTable);
    InterlockedDecrement64((volatile LONG64 *)&Process->PageTablePages);
    MiReturnCommitment(1);
    return TRUE;
}

static void FreeEmptyUnder(PEPROCESS Process, ULONG64 TableEntry, ULONG Shift, ULONG64 Start, ULONG64 End, PMI_FLUSH Flush)
{
    ULONG64 Span = 1ULL << Shift;

    for (ULONG64 Va = MI_ROUND_DOWN(Start, Span); Va <= End; Va += Span) {
        PULONG64 Entry = &Table(TableEntry)[IndexAt(Va, Shift)];
        if (!LeadsToTable(*Entry))
            continue;
        if (Shift > 21)
            FreeEmptyUnder(Process, *Entry, Shift - 9, Va > Start ? Va : Start, Va + Span - 1 < End ? Va + Span - 1 : End, Flush);
        DropTable(Process, Entry, Flush, Va);
    }
}

void MiFreeEmptyTables(PEPROCESS Process, ULONG64 Start, ULONG64 End)
{
    MI_FLUSH Flush;

    MiFlushInit(&Flush, Process);
    FreeEmptyUnder(Process, Process->Pcb.DirectoryTableBase, 39, Start, End, &Flush);
    MiFlushFinish(&Flush);
}

/* ---- batched flushes ---- */

void MiFlushInit(PMI_FLUSH Flush, PEPROCESS Process)
{
    Flush->Process = Process;
    Flush->Count = Flush->PageCount = 0;
}

static void LetGoShared(ULONG64 Frame, MI_FLUSH_KIND Kind)
{
    PMMPFN Pfn = MiPfn(Frame);

    if (Kind != MiFlushSharedUntouched)
        Pfn->Touched = MI_TOUCHED;
    else if (Pfn->Touched != 0)
        Pfn->Touched--;
    MiUnshareProtoPageLocked(Pfn, Frame, Kind == MiFlushSharedDirty);
}

static void LetGo(PMI_FLUSH Flush)
{
    KIRQL Irql;
    BOOLEAN Locked = FALSE;

    for (ULONG Index = 0; Index < Flush->PageCount; Index++) {
        MI_FLUSH_KIND Kind = (MI_FLUSH_KIND)(Flush->Page[Index] & ((1u << MI_FLUSH_KIND_BITS) - 1));
        if (Kind < MiFlushSharedUntouched)
            continue;
        if (!Locked)
            KeAcquireSpinLock(&MmPfnLock, &Irql);
        Locked = TRUE;
        LetGoShared(Flush->Page[Index] >> MI_FLUSH_KIND_BITS, Kind);
    }
    if (Locked)
        KeReleaseSpinLock(&MmPfnLock, Irql);
    for (ULONG Index = 0; Index < Flush->PageCount; Index++) {
        MI_FLUSH_KIND Kind = (MI_FLUSH_KIND)(Flush->Page[Index] & ((1u << MI_FLUSH_KIND_BITS) - 1));
        if (Kind == MiFlushPrivate)
            MiDereferencePrivatePage(Flush->Page[Index] >> MI_FLUSH_KIND_BITS);
        else if (Kind == MiFlushTable)
            MiFreeZeroedPage(Flush->Page[Index] >> MI_FLUSH_KIND_BITS);
    }
}

void MiFlushFinish(PMI_FLUSH Flush)
{
    if (Flush->Count != 0)
        KeFlushMultipleTb_(Flush->Count, Flush->Va, &Flush->Process->Pcb);
    if (Flush->PageCount != 0)
        LetGo(Flush);
    Flush->Count = Flush->PageCount = 0;
}

void MiFlushPage(PMI_FLUSH Flush, ULONG64 Frame)
{
    Flush->Page[Flush->PageCount++] = Frame << MI_FLUSH_KIND_BITS | MiFlushPrivate;
    if (Flush->PageCount == MI_FLUSH_MAX)
        MiFlushFinish(Flush);
}

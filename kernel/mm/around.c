/* SPDX-License-Identifier: MIT */
/*
 * around.c - pages mapped before anybody touches them.
 *
 * A fault costs some hundred instructions more than an entry in a page table, so entries are written ahead for pages that are in memory:
 *   - around a fault on a file's page, what the window around it has (MiMapNeighbours);
 *   - when an image is mapped, the pages that processes before have read or executed (MiMapTouchedPages).
 *
 * Entries written ahead lack the accessed bit, so an entry that goes says whether it was of use, and MMPFN.Touched of its page is set, or counted
 * down: a page that three processes in a row did not touch is left to faults again.  CONTROL_AREA.Touched is only where to look.  A page
 * written to first is not remembered: its fault makes a private copy anyway.
 *
 * NT reads clusters but maps only what is touched; what a process may do, and what it sees of its pages' protection, is the same.
 *
 * MmPfnLock, taken under the working-set lock, guards MMPFN.Touched and what is shared; bits of CONTROL_AREA.Touched are hints and change interlocked.
 */
#include "mi.h"

#define NEIGHBOURS 16u /* pages of the aligned window around a fault */

/* The range of the window around Va that one protection covers. */
static void Window(const MMVAD *Vad, ULONG64 Va, ULONG64 Page, PULONG64 Low, PULONG64 High)
{
    *Low = MI_ROUND_DOWN(Va, NEIGHBOURS << PAGE_SHIFT);
    *High = *Low + (NEIGHBOURS << PAGE_SHIFT) - PAGE_SIZE;
    if (*Low < MiVadStart(Vad))
        *Low = MiVadStart(Vad);
    if (*High > MI_ROUND_DOWN(MiVadEnd(Vad), PAGE_SIZE))
        *High = MI_ROUND_DOWN(MiVadEnd(Vad), PAGE_SIZE);
    if (Vad->Type == MiVadImage) {
        PSUBSECTION Subsection = MiSubsectionOfPage(Vad->ControlArea, Page);
        ULONG64 First = Va - ((Page - Subsection->StartPage) << PAGE_SHIFT), Last = First + ((Subsection->Pages - 1) << PAGE_SHIFT);
        *Low = *Low > First ? *Low : First;
        *High = *High < Last ? *High : Last;
    }
}

static inline void Remember(PCONTROL_AREA ControlArea, ULONG64 Page)
{
    ULONG Bit = 1u << (Page & 31);

    if (ControlArea->Touched != NULL && !(ControlArea->Touched[Page >> 5] & Bit))
        InterlockedOr((volatile LONG *)&ControlArea->Touched[Page >> 5], (LONG)Bit);
}

ULONG MiMapNeighbours(const MMVAD *Vad, ULONG64 Va, PULONG64 VaPte, ULONG64 Page, ULONG64 PageFrame, ULONG Protection)
{
    PCONTROL_AREA ControlArea = Vad->ControlArea;
    ULONG64 Low, High, Flags = MiUserPteFlags(Protection) & ~PTE_ACCESSED, Frame;
    ULONG Mapped = 0;
    KIRQL Irql;

    Window(Vad, Va, Page, &Low, &High);
    Remember(ControlArea, Page);
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    if ((*(volatile ULONG64 *)VaPte & (PTE_VALID | PTE_PFN_MASK)) == (PTE_VALID | PageFrame << PAGE_SHIFT))
        MiPfn(PageFrame)->Touched = MI_TOUCHED; /* else somebody has written there: a copy, and the page may be another's by now */
    for (ULONG64 At = Low; At <= High; At += PAGE_SIZE) {
        LONG64 Distance = (LONG64)(At - Va) >> PAGE_SHIFT;
        PULONG64 Pte = VaPte + Distance; /* the window is aligned: same table */
        if (*Pte != 0 || Page + (ULONG64)Distance >= ControlArea->TotalPages)
            continue;
        if (!MiShareIfResidentLocked(ControlArea, Page + (ULONG64)Distance, &Frame))
            continue;
        if (MiPublishPte(Pte, 0, (Frame << PAGE_SHIFT) | Flags)) {
            Remember(ControlArea, Page + (ULONG64)Distance);
            Mapped++;
        } else {
            MiUnshareProtoPageLocked(MiPfn(Frame), Frame, FALSE);
        }
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
    return Mapped;
}

/* The pages of a view that are written ahead, word by word of CONTROL_AREA.Touched. */
typedef struct _AHEAD
{
    PEPROCESS Process;
    PCONTROL_AREA ControlArea;
    PULONG64 Table;   /* the page table that was written to last, and ... */
    ULONG64 TableVpn; /* ... its first page */
    ULONG Mapped;
} AHEAD;

/*
 * The pages of Bits, counted from First on (one word), where they are in memory and of use of late.  All of them lie in the table of page Vpn, which is ours
 * alone; FirstVpn is First's.
 */
static void MapWord(AHEAD *Ahead, ULONG64 First, ULONG Bits, ULONG64 FirstVpn, ULONG64 Vpn, ULONG64 Flags)
{
    PULONG64 Proto = MiProto(Ahead->ControlArea, First);
    ULONG Useless = 0, Mapped = 0;
    ULONG64 Lines = 0;
    KIRQL Irql;

    if (Ahead->Table == NULL || Ahead->TableVpn != MI_ROUND_DOWN(Vpn, 512)) {
        Ahead->TableVpn = MI_ROUND_DOWN(Vpn, 512);
        Ahead->Table = MiCreatePte(Ahead->Process, Ahead->TableVpn << PAGE_SHIFT);
    }
    PULONG64 Table = Ahead->Table;
    if (Table == NULL)
        return;
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    for (; Bits != 0; Bits &= Bits - 1) {
        ULONG Index = (ULONG)__builtin_ctz(Bits);
        ULONG64 Value = Proto[Index];
        PMMPFN Pfn = MiPfn(PTE_PFN(Value));
        if (!(Value & (PTE_VALID | MI_PTE_TRANSITION)) || Pfn->Touched == 0) {
            Useless |= 1u << Index;
            continue;
        }
        if (Pfn->ReadInProgress)
            continue;
        MiShareLocked(&Proto[Index], PTE_PFN(Value));
        PULONG64 Pte = &Table[(FirstVpn + Index) & 511];
        *Pte = (Value & PTE_PFN_MASK) | Flags;
        Lines |= MiLineOfPte(Pte);
        Mapped++;
    }
    if (Useless != 0)
        InterlockedAnd((volatile LONG *)&Ahead->ControlArea->Touched[First >> 5], (LONG)~Useless);
    KeReleaseSpinLock(&MmPfnLock, Irql);
    MiCountNewPtes(Table, Mapped, Lines);
    Ahead->Mapped += Mapped;
}

/* Whether [First, Last], if it lies in one word of CONTROL_AREA.Touched, has no bit there: most of an image's small sections. */
static BOOLEAN IsUntouched(const ULONG *Touched, ULONG64 First, ULONG64 Last)
{
    return First >> 5 == Last >> 5 && (Touched[First >> 5] & ~0u << (First & 31) & ~0u >> (31 - (Last & 31))) == 0;
}

/* [First, Last]: pages of one subsection. */
static void MapTouchedOf(AHEAD *Ahead, const MMVAD *Vad, ULONG64 First, ULONG64 Last, ULONG64 Flags)
{
    const ULONG *Touched = Ahead->ControlArea->Touched;

    for (ULONG64 Word = First >> 5; Word <= Last >> 5; Word++) {
        ULONG Bits = Touched[Word];
        if (Bits == 0)
            continue;
        if (Word == First >> 5)
            Bits &= ~0u << (First & 31);
        if (Word == Last >> 5)
            Bits &= ~0u >> (31 - (Last & 31));
        ULONG64 Vpn = (Word << 5) - Vad->FirstPage + Vad->Node.StartVpn, NextTable = MI_ROUND_DOWN(Vpn, 512) + 512;
        ULONG Here = NextTable - Vpn < 32 ? Bits & ((1u << (NextTable - Vpn)) - 1) : Bits;
        if (Here != 0)
            MapWord(Ahead, Word << 5, Here, Vpn, Vpn, Flags);
        if (Bits != Here)
            MapWord(Ahead, Word << 5, Bits & ~Here, Vpn, NextTable, Flags);
    }
}

ULONG MiMapTouchedPages(PEPROCESS Process, const MMVAD *Vad)
{
    AHEAD Ahead = { .Process = Process, .ControlArea = Vad->ControlArea };
    ULONG64 ViewLast = Vad->FirstPage + (Vad->Node.EndVpn - Vad->Node.StartVpn);

    if (Ahead.ControlArea->Touched == NULL || Vad->FirstPage != 0)
        return 0;
    for (ULONG Index = 0; Index < Ahead.ControlArea->NumberOfSubsections; Index++) {
        PSUBSECTION Subsection = &Ahead.ControlArea->Subsection[Index];
        ULONG64 First = Subsection->StartPage, Last = First + Subsection->Pages - 1;
        if (Subsection->Pages == 0 || First > ViewLast || IsUntouched(Ahead.ControlArea->Touched, First, Last))
            continue;
        ULONG Protection = MiSubsectionProtection(Vad, Subsection); /* in this view: it may lack execution */
        if (Protection < MM_NOACCESS)
            MapTouchedOf(&Ahead, Vad, First, Last < ViewLast ? Last : ViewLast, MiUserPteFlags(Protection) & ~PTE_ACCESSED);
    }
    return Ahead.Mapped;
}

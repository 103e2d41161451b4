/* SPDX-License-Identifier: MIT */
/*
 * around.c - pages mapped before anybody touches them.
 *
 * A fault costs some hundred instructions more than an entry in a page table, so entries are written ahead for pages that are in memory:
 *   - around a fault on a file's page, what the window around it has (MiMapNeighbours);
 *   - when an image is mapped, the pages that processes before touched first by reading or executing (MiMapTouchedPages).  Each image remembers these
 *     in CONTROL_AREA.Touched, and forgets them now and then, so that one process that walked through all of it does not make its pages
 *     a burden for ever.
 * A page written to first is not remembered: its fault makes a private copy anyway.
 *
 * NT reads clusters but maps only what is touched; what a process may do, and what it sees of its pages' protection, is the same.
 */
#include "mi.h"

#define NEIGHBOURS 16u     /* pages of the aligned window around a fault */
#define BATCH 16u          /* pages shared under one hold of MmPfnLock */
#define VIEWS_REMEMBERED 256u

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

ULONG MiMapNeighbours(const MMVAD *Vad, ULONG64 Va, PULONG64 VaPte, ULONG64 Page, ULONG Protection)
{
    PCONTROL_AREA ControlArea = Vad->ControlArea;
    ULONG64 Low, High, Flags = MiUserPteFlags(Protection), Frame;
    ULONG Mapped = 0;
    KIRQL Irql;

    Window(Vad, Va, Page, &Low, &High);
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    for (ULONG64 At = Low; At <= High; At += PAGE_SIZE) {
        LONG64 Distance = (LONG64)(At - Va) >> PAGE_SHIFT;
        PULONG64 Pte = VaPte + Distance; /* the window is aligned: same table */
        if (*Pte != 0 || Page + (ULONG64)Distance >= ControlArea->TotalPages)
            continue;
        if (!MiShareIfResidentLocked(ControlArea, Page + (ULONG64)Distance, &Frame))
            continue;
        if (MiPublishPte(Pte, 0, (Frame << PAGE_SHIFT) | Flags))
            Mapped++;
        else
            MiUnshareProtoPageLocked(MiPfn(Frame), Frame, FALSE);
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
    return Mapped;
}

void MiNoteTouchedPage(PCONTROL_AREA ControlArea, ULONG64 Page)
{
    ULONG64 Bit = 1ULL << (Page & 63);

    if (ControlArea->Touched != NULL && !(ControlArea->Touched[Page >> 6] & Bit))
        InterlockedOr64((volatile LONG64 *)&ControlArea->Touched[Page >> 6], (LONG64)Bit);
}

typedef struct _BATCH_OF_PAGES
{
    PEPROCESS Process;
    PMMVAD Vad;
    ULONG64 Flags;
    ULONG Count, Mapped;
    ULONG64 Page[BATCH], Frame[BATCH];
} BATCH_OF_PAGES;

static void ShareBatch(BATCH_OF_PAGES *Batch)
{
    KIRQL Irql;

    KeAcquireSpinLock(&MmPfnLock, &Irql);
    for (ULONG Index = 0; Index < Batch->Count; Index++) {
        if (!MiShareIfResidentLocked(Batch->Vad->ControlArea, Batch->Page[Index], &Batch->Frame[Index]))
            Batch->Frame[Index] = 0;
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
}

/* The view is new and its page tables are ours alone: nothing is mapped there yet. */
static void MapBatch(BATCH_OF_PAGES *Batch)
{
    ULONG64 TableOf = ~0ULL;
    PULONG64 Table = NULL;

    ShareBatch(Batch);
    for (ULONG Index = 0; Index < Batch->Count; Index++) {
        ULONG64 Frame = Batch->Frame[Index], Va = (Batch->Page[Index] - Batch->Vad->FirstPage + Batch->Vad->Node.StartVpn) << PAGE_SHIFT;
        if (Frame == 0)
            continue;
        if (Va >> 21 != TableOf) {
            TableOf = Va >> 21;
            Table = MiCreatePte(Batch->Process, TableOf << 21);
        }
        if (Table == NULL) {
            MiUnshareProtoPage(Frame, FALSE);
            continue;
        }
        MiSetPteNew(&Table[MI_VPN(Va) & 511], (Frame << PAGE_SHIFT) | Batch->Flags);
        Batch->Mapped++;
    }
    Batch->Count = 0;
}

/* [First, Last]: pages of one subsection. */
static void MapTouchedOf(BATCH_OF_PAGES *Batch, const ULONG64 *Touched, ULONG64 First, ULONG64 Last)
{
    for (ULONG64 Word = First >> 6; Word <= Last >> 6; Word++) {
        ULONG64 Bits = Touched[Word];
        if (Word == First >> 6)
            Bits &= ~0ULL << (First & 63);
        if (Word == Last >> 6)
            Bits &= ~0ULL >> (63 - (Last & 63));
        for (; Bits != 0; Bits &= Bits - 1) {
            Batch->Page[Batch->Count++] = (Word << 6) + (ULONG64)__builtin_ctzll(Bits);
            if (Batch->Count == BATCH)
                MapBatch(Batch);
        }
    }
    if (Batch->Count != 0)
        MapBatch(Batch);
}

ULONG MiMapTouchedPages(PEPROCESS Process, PMMVAD Vad)
{
    PCONTROL_AREA ControlArea = Vad->ControlArea;
    BATCH_OF_PAGES Batch;

    if (ControlArea->Touched == NULL)
        return 0;
    if ((ULONG)InterlockedIncrement(&ControlArea->ViewsSinceForgotten) % VIEWS_REMEMBERED == 0) {
        RtlZeroMemory(ControlArea->Touched, MI_TOUCHED_BYTES(ControlArea->TotalPages));
        return 0;
    }
    Batch.Process = Process;
    Batch.Vad = Vad;
    Batch.Count = Batch.Mapped = 0;
    ULONG64 ViewLast = Vad->FirstPage + (Vad->Node.EndVpn - Vad->Node.StartVpn);
    for (ULONG Index = 0; Index < ControlArea->NumberOfSubsections; Index++) {
        PSUBSECTION Subsection = &ControlArea->Subsection[Index];
        ULONG64 First = Subsection->StartPage, Last = First + Subsection->Pages - 1;
        if (Subsection->Pages == 0 || Last < Vad->FirstPage || First > ViewLast || Subsection->Protection >= MM_NOACCESS)
            continue;
        Batch.Flags = MiUserPteFlags(Subsection->Protection);
        MapTouchedOf(&Batch, ControlArea->Touched, First > Vad->FirstPage ? First : Vad->FirstPage, Last < ViewLast ? Last : ViewLast);
    }
    return Batch.Mapped;
}

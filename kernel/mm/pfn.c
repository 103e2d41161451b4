/* SPDX-License-Identifier: MIT */
/*
 * pfn.c - physical pages: one MMPFN each, the lists they wait on, and getting one.
 *
 * A page is in one of these places:
 *   never used     inside MiExtent[], ranges that nobody has touched since boot; their MMPFNs are all zero.  So start-up need not thread
 *                  a hundred thousand pages on a list, and big contiguous requests find room.
 *   free           on the free list, or in a processor's own stack (KPRCB.MmFreePageCache), from where most allocations come: no lock
 *   standby        holds a clean page of a file; still found through its prototype entry; taken for other use oldest first
 *   modified       a page of a file that must be written before it can be used otherwise (ModifiedNoWrite: there is nowhere to write it)
 *   active         mapped, or belonging to the kernel
 *   bad            reserved by firmware
 * "Available" is free + never used + standby, as Task Manager counts it.
 *
 * There is no global list of zeroed pages: a page is cleared when it is handed out, by the processor that will use it.  Page tables that became
 * empty contain zeros by themselves and are kept apart for the next one (KPRCB.MmFreePageCache[1]).
 * Windows Internals, 7th ed., part 1, chapter 5 "Page frame number database".
 */
#include "mi.h"

#define CACHE_MAX 64u   /* pages a processor keeps */
#define CACHE_BATCH 32u
#define COMMIT_RESERVE 256u
#define MAX_EXTENTS (LOADER_MAX_MEMORY + 64u)

typedef struct _PAGE_LIST
{
    ULONG64 Count;
    ULONG Head, Tail; /* page numbers; 0: none */
} PAGE_LIST;

typedef struct _EXTENT { ULONG64 Page, Count; } EXTENT;

PMMPFN MmPfnDatabase;
ULONG64 MmHighestPage;
KSPIN_LOCK MmPfnLock;
volatile LONG64 MiUsagePages[MiUseCount];

static PAGE_LIST List[ActiveAndValid]; /* MmPfnLock */
static EXTENT MiExtent[MAX_EXTENTS];   /* MmPfnLock */
static ULONG MiExtentCount;
static ULONG64 MiExtentPages, MiTotalPages;

/* ---- lists (PfnLock held) ---- */

void MiInsertTail(MMLISTS Where, ULONG64 Page)
{
    PMMPFN Pfn = MiPfn(Page);
    PAGE_LIST *To = &List[Where];

    ASSERT(Pfn->ReferenceCount == 0 && Pfn->ShareCount == 0 && Page != 0);
    Pfn->PageLocation = Where;
    Pfn->Flink = 0;
    Pfn->Blink = To->Tail;
    if (To->Tail != 0)
        MiPfn(To->Tail)->Flink = (ULONG)Page;
    else
        To->Head = (ULONG)Page;
    To->Tail = (ULONG)Page;
    To->Count++;
}

void MiUnlinkPage(ULONG64 Page)
{
    PMMPFN Pfn = MiPfn(Page);
    PAGE_LIST *From = &List[Pfn->PageLocation];

    ASSERT(Pfn->PageLocation < ActiveAndValid && From->Count > 0);
    if (Pfn->Flink != 0)
        MiPfn(Pfn->Flink)->Blink = Pfn->Blink;
    else
        From->Tail = Pfn->Blink;
    if (Pfn->Blink != 0)
        MiPfn(Pfn->Blink)->Flink = Pfn->Flink;
    else
        From->Head = Pfn->Flink;
    From->Count--;
    Pfn->Flink = Pfn->Blink = 0;
    Pfn->PageLocation = TransitionPage;
}

ULONG64 MiListCount(MMLISTS Which)
{
    return List[Which].Count;
}

ULONG64 MmModifiedPages_(void)
{
    return List[ModifiedPageList].Count;
}

/* A standby page loses its file contents: the prototype entry goes back to "not in memory". */
static void EvictStandby(ULONG64 Page)
{
    PMMPFN Pfn = MiPfn(Page);
    PULONG64 Proto = MiPteOfPfn(Pfn);
    ASSERT(Pfn->PrototypePte && (*Proto & MI_PTE_TRANSITION) && PTE_PFN(*Proto) == Page);
    *Proto = 0;
    MiUnlinkPage(Page);
    InterlockedDecrement64(&MiUsagePages[Pfn->Usage]);
    Pfn->PrototypePte = 0;
    Pfn->Modified = 0;
    Pfn->Touched = 0;
}

static ULONG64 TakeStandby(void)
{
    ULONG64 Page = List[StandbyPageList].Head;

    if (Page != 0)
        EvictStandby(Page);
    return Page;
}

static ULONG64 TakeFromExtent(void)
{
    if (MiExtentCount == 0)
        return 0;
    EXTENT *Extent = &MiExtent[MiExtentCount - 1];
    ULONG64 Page = Extent->Page++;
    MiExtentPages--;
    if (--Extent->Count == 0)
        MiExtentCount--;
    return Page;
}

/* Any page that can be had at once.  PfnLock held. */
static ULONG64 TakePage(void)
{
    ULONG64 Page = List[FreePageList].Head;

    if (Page != 0) {
        MiUnlinkPage(Page);
        return Page;
    }
    Page = TakeFromExtent();
    return Page != 0 ? Page : TakeStandby();
}

/* ---- a processor's own stack of free pages (DISPATCH_LEVEL) ---- */

static inline ULONG CacheHead(PKPRCB Prcb)
{
    return (ULONG)(ULONG_PTR)Prcb->MmFreePageCache[0];
}

static inline void CachePush(PKPRCB Prcb, ULONG64 Page)
{
    PMMPFN Pfn = MiPfn(Page);

    Pfn->PageLocation = FreePageList;
    Pfn->Flink = CacheHead(Prcb);
    Prcb->MmFreePageCache[0] = (PVOID)(ULONG_PTR)Page;
    Prcb->MmFreePageCount[0]++;
}

static inline ULONG64 CachePop(PKPRCB Prcb)
{
    ULONG Page = CacheHead(Prcb);

    if (LIKELY(Page != 0)) {
        Prcb->MmFreePageCache[0] = (PVOID)(ULONG_PTR)MiPfn(Page)->Flink;
        Prcb->MmFreePageCount[0]--;
    }
    return Page;
}

/* The second stack: pages that hold zeros already (page tables that became empty). */
static inline void ZeroPush(PKPRCB Prcb, ULONG64 Page)
{
    PMMPFN Pfn = MiPfn(Page);

    Pfn->PageLocation = FreePageList;
    Pfn->Flink = (ULONG)(ULONG_PTR)Prcb->MmFreePageCache[1];
    Prcb->MmFreePageCache[1] = (PVOID)(ULONG_PTR)Page;
    Prcb->MmFreePageCount[1]++;
}

static inline ULONG64 ZeroPop(PKPRCB Prcb)
{
    ULONG Page = (ULONG)(ULONG_PTR)Prcb->MmFreePageCache[1];

    if (Page != 0) {
        Prcb->MmFreePageCache[1] = (PVOID)(ULONG_PTR)MiPfn(Page)->Flink;
        Prcb->MmFreePageCount[1]--;
    }
    return Page;
}

static void CacheRefill(PKPRCB Prcb)
{
    KeAcquireSpinLockAtDpcLevel(&MmPfnLock);
    for (ULONG Count = 0; Count < CACHE_BATCH; Count++) {
        /* The last pages of the machine are not to be hidden in a cache. */
        ULONG64 Page = Count != 0 && List[FreePageList].Count + MiExtentPages == 0 ? 0 : TakePage();
        if (Page == 0)
            break;
        CachePush(Prcb, Page);
    }
    KeReleaseSpinLockFromDpcLevel(&MmPfnLock);
}

static void CacheSpill(PKPRCB Prcb, ULONG Keep)
{
    KeAcquireSpinLockAtDpcLevel(&MmPfnLock);
    while (Prcb->MmFreePageCount[0] > Keep) {
        ULONG64 Page = CachePop(Prcb);
        MiInsertTail(FreePageList, Page);
    }
    KeReleaseSpinLockFromDpcLevel(&MmPfnLock);
}

static void DrainProcessor(PVOID Context)
{
    CacheSpill(KeGetCurrentPrcb(), 0);
}

void MiDrainPageCache(void)
{
    KeForEachProcessor_(DrainProcessor, NULL);
}

/* ---- getting and giving ---- */

static inline ULONG64 BeginUse(ULONG64 Page, MI_USE Usage)
{
    PMMPFN Pfn = MiPfn(Page);

    ASSERT(Pfn->ReferenceCount == 0 && Pfn->ShareCount == 0);
    Pfn->InPage = NULL;
    Pfn->PteAddress = 0;
    Pfn->PageLocation = ActiveAndValid;
    Pfn->Usage = Usage;
    Pfn->ShareCount = 1;
    Pfn->ReferenceCount = 1;
    InterlockedIncrement64(&MiUsagePages[Usage]);
    return Page;
}

ULONG64 MiAllocatePage(MI_USE Usage)
{
    KIRQL Irql = KeGetCurrentIrql();

    if (Irql < DISPATCH_LEVEL)
        KfRaiseIrql(DISPATCH_LEVEL);
    PKPRCB Prcb = KeGetCurrentPrcb();
    ULONG64 Page = CachePop(Prcb);
    if (UNLIKELY(Page == 0)) {
        CacheRefill(Prcb);
        Page = CachePop(Prcb);
        if (Page == 0)
            Page = ZeroPop(Prcb);
    }
    if (Irql < DISPATCH_LEVEL)
        KeLowerIrql(Irql);
    return LIKELY(Page != 0) ? BeginUse(Page, Usage) : 0;
}

ULONG64 MiAllocateZeroedPage(MI_USE Usage)
{
    KIRQL Irql = KeGetCurrentIrql();

    if (Irql < DISPATCH_LEVEL)
        KfRaiseIrql(DISPATCH_LEVEL);
    ULONG64 Page = ZeroPop(KeGetCurrentPrcb());
    if (Irql < DISPATCH_LEVEL)
        KeLowerIrql(Irql);
    if (Page != 0)
        return BeginUse(Page, Usage);
    Page = MiAllocatePage(Usage);

    if (LIKELY(Page != 0))
        KiZeroPage(MiPageAddress(Page));
    return Page;
}

static void ResetPfn(ULONG64 Page)
{
    PMMPFN Pfn = MiPfn(Page);

    ASSERT(Page != 0 && Page <= MmHighestPage && Pfn->PageLocation >= ActiveAndValid);
    InterlockedDecrement64(&MiUsagePages[Pfn->Usage]);
    Pfn->InPage = NULL;
    Pfn->PteAddress = 0;
    Pfn->Modified = Pfn->PrototypePte = Pfn->DeleteOnZero = Pfn->ReadInProgress = 0;
    Pfn->Touched = 0;
    Pfn->Usage = MiUseNone;
    Pfn->ShareCount = 0;
    Pfn->ReferenceCount = 0;
}

/* For callers that hold MmPfnLock. */
void MiFreePageLocked(ULONG64 Page)
{
    ResetPfn(Page);
    MiInsertTail(FreePageList, Page);
}

void MiFreePage(ULONG64 Page)
{
    ResetPfn(Page);

    KIRQL Irql = KeGetCurrentIrql();
    if (Irql < DISPATCH_LEVEL)
        KfRaiseIrql(DISPATCH_LEVEL);
    PKPRCB Prcb = KeGetCurrentPrcb();
    CachePush(Prcb, Page);
    if (UNLIKELY(Prcb->MmFreePageCount[0] > CACHE_MAX))
        CacheSpill(Prcb, CACHE_MAX - CACHE_BATCH);
    if (Irql < DISPATCH_LEVEL)
        KeLowerIrql(Irql);
}

/* A page that contains only zeros. */
void MiFreeZeroedPage(ULONG64 Page)
{
    PKPRCB Prcb;

    if (KeGetCurrentPrcb()->MmFreePageCount[1] >= CACHE_MAX) { /* a look from any processor: only a hint */
        MiFreePage(Page);
        return;
    }
    ResetPfn(Page);
    KIRQL Irql = KeGetCurrentIrql();
    if (Irql < DISPATCH_LEVEL)
        KfRaiseIrql(DISPATCH_LEVEL);
    Prcb = KeGetCurrentPrcb();
    ZeroPush(Prcb, Page);
    if (Irql < DISPATCH_LEVEL)
        KeLowerIrql(Irql);
}

void MiDereferencePrivatePage(ULONG64 Page)
{
    PMMPFN Pfn = MiPfn(Page);

    ASSERT(!Pfn->PrototypePte && Pfn->ReferenceCount > 0);
    if (InterlockedDecrement(&Pfn->ReferenceCount) == 0)
        MiFreePage(Page);
}

/* Free pages that can be had without taking standby ones.  Reads without the lock: a figure for people. */
static ULONG64 FreePages(void)
{
    ULONG64 Count = List[FreePageList].Count + MiExtentPages;

    for (ULONG Number = 0; Number < KE_MAXIMUM_PROCESSORS; Number++) {
        PKPRCB Prcb = KiProcessorBlock[Number];
        if (Prcb != NULL)
            Count += Prcb->MmFreePageCount[0] + Prcb->MmFreePageCount[1];
    }
    return Count;
}

BOOLEAN MiMemoryIsLow(ULONG64 Pages)
{
    return List[FreePageList].Count + MiExtentPages + List[StandbyPageList].Count < Pages;
}

ULONG64 MiAvailablePages(void)
{
    return FreePages() + List[StandbyPageList].Count;
}

/* ---- contiguous memory ---- */

static BOOLEAN Fits(ULONG64 First, ULONG64 Pages, ULONG64 Boundary)
{
    return Boundary == 0 || First / Boundary == (First + Pages - 1) / Boundary;
}

static ULONG64 ContiguousFromExtents(ULONG64 Pages, ULONG64 Lowest, ULONG64 Highest, ULONG64 Boundary)
{
    for (ULONG Index = 0; Index < MiExtentCount; Index++) {
        EXTENT *Extent = &MiExtent[Index];
        /* From the end of the extent: its start feeds the page-at-a-time allocations. */
        ULONG64 End = Extent->Page + Extent->Count - 1 < Highest ? Extent->Page + Extent->Count : Highest + 1;
        if (End < Pages || End - Pages < Extent->Page || End - Pages < Lowest)
            continue;
        ULONG64 First = End - Pages;
        if (!Fits(First, Pages, Boundary))
            First = End / Boundary * Boundary - Pages;
        if (First < Extent->Page || First < Lowest || !Fits(First, Pages, Boundary))
            continue;
        ULONG64 After = Extent->Page + Extent->Count - (First + Pages);
        MiExtentPages -= Pages + After;
        Extent->Count = First - Extent->Page;
        for (ULONG64 Page = First + Pages; After != 0; Page++, After--)
            MiInsertTail(FreePageList, Page);
        if (Extent->Count == 0)
            *Extent = MiExtent[--MiExtentCount];
        return First;
    }
    return 0;
}

/* On the global free list, not in some processor's stack (whose pages have no Blink and are not the head); or on standby, which gives way. */
static BOOLEAN CanBeTaken(ULONG64 Page)
{
    PMMPFN Pfn = MiPfn(Page);

    return Pfn->PageLocation == StandbyPageList || (Pfn->PageLocation == FreePageList && (Pfn->Blink != 0 || List[FreePageList].Head == Page));
}

/* The slow way, when the extents are used up: a run of listed pages. */
static ULONG64 ContiguousFromList(ULONG64 Pages, ULONG64 Lowest, ULONG64 Highest, ULONG64 Boundary)
{
    ULONG64 Run = 0;

    for (ULONG64 Page = Lowest != 0 ? Lowest : 1; Page <= MmHighestPage && Page <= Highest; Page++) {
        Run = CanBeTaken(Page) ? Run + 1 : 0;
        if (Run < Pages || !Fits(Page - Pages + 1, Pages, Boundary))
            continue;
        for (ULONG64 Taken = Page - Pages + 1; Taken <= Page; Taken++) {
            if (MiPfn(Taken)->PageLocation == StandbyPageList)
                EvictStandby(Taken);
            else
                MiUnlinkPage(Taken);
        }
        return Page - Pages + 1;
    }
    return 0;
}

ULONG64 MiAllocateContiguous(ULONG64 Pages, ULONG64 Lowest, ULONG64 Highest, ULONG64 Boundary, MI_USE Usage)
{
    KIRQL Irql;

    if (Pages == 0 || Highest < Lowest)
        return 0;
    if (Boundary != 0 && Pages > Boundary)
        return 0;
    MiDrainPageCache();
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    ULONG64 First = ContiguousFromExtents(Pages, Lowest, Highest, Boundary);
    if (First == 0)
        First = ContiguousFromList(Pages, Lowest, Highest, Boundary);
    for (ULONG64 Page = First; First != 0 && Page < First + Pages; Page++) {
        PMMPFN Pfn = MiPfn(Page);
        Pfn->InPage = NULL;
        Pfn->PageLocation = ActiveAndValid;
        Pfn->Usage = Usage;
        Pfn->ShareCount = Pfn->ReferenceCount = 1;
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
    if (First != 0)
        InterlockedExchangeAdd64(&MiUsagePages[Usage], (LONG64)Pages);
    return First;
}

/* ---- start-up ---- */

/* Pages nobody uses yet (PfnLock held, or one processor at start-up). */
void MiAddFreeRange(ULONG64 Page, ULONG64 Count)
{
    if (Page == 0 && Count != 0) { /* page 0 stands for "none" */
        Page++;
        Count--;
    }
    if (Count == 0)
        return;
    MiTotalPages += Count;
    if (MiExtentCount < MAX_EXTENTS) {
        /* The largest extent last is the one that is used up first; order does not matter otherwise. */
        MiExtent[MiExtentCount++] = (EXTENT){ Page, Count };
        MiExtentPages += Count;
    } else {
        for (; Count != 0; Page++, Count--)
            MiInsertTail(FreePageList, Page);
    }
}

/* Takes room for the database itself out of the largest free range below 4 GiB or, failing that, anywhere. */
static ULONG64 StealDatabase(LOADER_PARAMETER_BLOCK *Block, ULONG64 Pages)
{
    LOADER_MEMORY *Best = NULL;

    for (ULONG Index = 0; Index < Block->MemoryCount; Index++) {
        LOADER_MEMORY *Memory = &Block->Memory[Index];
        if (Memory->Type == LoaderFree && Memory->PageCount > Pages && (Best == NULL || Memory->PageCount > Best->PageCount))
            Best = Memory;
    }
    if (Best == NULL)
        KeBugCheckEx(0x0000007D /* INSTALL_MORE_MEMORY */, Pages, 0, 0, 0);
    Best->PageCount -= Pages;
    return Best->BasePage + Best->PageCount;
}

static BOOLEAN IsRam(ULONG Type)
{
    return Type != LoaderReserved && Type != LoaderAcpi;
}

void MiInitializePfnDatabase(LOADER_PARAMETER_BLOCK *Block)
{
    for (ULONG Index = 0; Index < Block->MemoryCount; Index++) {
        LOADER_MEMORY *Memory = &Block->Memory[Index];
        ULONG64 Last = Memory->BasePage + Memory->PageCount - 1;
        if (IsRam(Memory->Type) && Memory->PageCount != 0 && Last > MmHighestPage)
            MmHighestPage = Last;
    }
    ULONG64 Pages = MI_PAGES((MmHighestPage + 1) * sizeof(MMPFN));
    ULONG64 First = StealDatabase(Block, Pages);
    MmPfnDatabase = MiPageAddress(First);
    for (ULONG64 Page = 0; Page < Pages; Page++)
        KiZeroPage(MiPageAddress(First + Page));

    ULONG64 Largest = 0;
    for (ULONG Index = 0; Index < Block->MemoryCount; Index++) {
        LOADER_MEMORY *Memory = &Block->Memory[Index];
        if (Memory->Type == LoaderFree && Memory->PageCount > Block->Memory[Largest].PageCount)
            Largest = Index;
    }
    for (ULONG Index = 0; Index < Block->MemoryCount; Index++) {
        LOADER_MEMORY *Memory = &Block->Memory[Index];
        if (Memory->Type == LoaderFree) {
            MiAddFreeRange(Memory->BasePage, Memory->PageCount);
            continue;
        }
        for (ULONG64 Page = Memory->BasePage; Page < Memory->BasePage + Memory->PageCount && Page <= MmHighestPage; Page++) {
            PMMPFN Pfn = MiPfn(Page);
            Pfn->PageLocation = IsRam(Memory->Type) ? ActiveAndValid : BadPageList;
            Pfn->Usage = MiUseDriver;
            Pfn->ShareCount = Pfn->ReferenceCount = 1;
        }
        /* The RAM disk is a disk: its pages are no more "memory in use" than a disk drive's sectors. */
        if (IsRam(Memory->Type) && Memory->Type != LoaderRamDisk) {
            MiTotalPages += Memory->PageCount;
            MiUsagePages[MiUseDriver] += (LONG64)Memory->PageCount;
        }
    }
    for (ULONG64 Page = First; Page < First + Pages; Page++) {
        MiPfn(Page)->PageLocation = ActiveAndValid;
        MiPfn(Page)->Usage = MiUseDriver;
        MiPfn(Page)->ShareCount = MiPfn(Page)->ReferenceCount = 1;
    }
    MiTotalPages += Pages;
    MiUsagePages[MiUseDriver] += (LONG64)Pages;
    /* Some pages are never promised: those of files that must be in memory for anything to run at all. */
    MmTotalCommitLimit = (LONG64)(MiTotalPages - MiTotalPages / 64 - COMMIT_RESERVE);
    MmTotalCommittedPages = MiUsagePages[MiUseDriver];
}

void MmQueryStatistics(MM_STATISTICS *Statistics)
{
    RtlZeroMemory(Statistics, sizeof *Statistics);
    if (KeGetCurrentIrql() < DISPATCH_LEVEL)
        ExTrimPool_();
    Statistics->TotalPages = MiTotalPages;
    /* Kernel stacks kept for the next thread are free memory in all but name; leak tests compare this figure. */
    Statistics->FreePages = FreePages() + MiKernelStackCachePages();
    Statistics->StandbyPages = List[StandbyPageList].Count;
    Statistics->ModifiedPages = List[ModifiedPageList].Count + List[ModifiedNoWritePageList].Count;
    Statistics->CommittedPages = (SIZE_T)MmTotalCommittedPages - MiKernelStackCachePages();
    Statistics->CommitLimit = (SIZE_T)MmTotalCommitLimit;
    Statistics->PeakCommitment = (SIZE_T)MmPeakCommitment;
    Statistics->KernelStackPages = (SIZE_T)MiUsagePages[MiUseKernelStack] - MiKernelStackCachePages();
    Statistics->PoolPages = (SIZE_T)MiUsagePages[MiUsePool];
    Statistics->PageTablePages = (SIZE_T)MiUsagePages[MiUsePageTable];
    Statistics->ImagePages = (SIZE_T)MiUsagePages[MiUseImage];
    Statistics->PageFaults = MiFaults;
    Statistics->DemandZeroFaults = MiDemandZeroFaults;
    Statistics->CopyOnWriteFaults = MiCopyOnWriteFaults;
    Statistics->TransitionFaults = MiTransitionFaults;
    Statistics->PageReads = MiPageReads;
    Statistics->PagesRead = MiPagesRead;
}

/* SPDX-License-Identifier: MIT */
/*
 * pool.c - the kernel's heap: ExAllocatePoolWithTag and its family.
 *
 *   small blocks   a 16-byte header, then the block; cut from pages of one size class each:
 *
 *        page:  | PAGE_HEAD | header block | header block | ...          all blocks of a page have one size
 *        header:  tag, size class, state, pool type, bytes asked for, check word
 *
 *   big blocks     whole pages from mm, page-aligned as NT promises from PAGE_SIZE on; tag and size are kept beside the page (MMPFN)
 *
 * Three layers: each processor keeps a short list of free blocks of each class (KPRCB.PoolCache, touched at DISPATCH_LEVEL only, no lock); behind it
 * the class with its partly used pages under a spin lock; behind that mm.  Nothing is ever paged out, so PagedPool differs from NonPagedPool only
 * in name, and every block is no-execute.
 *
 * Every block carries its tag, and bytes and blocks alive are counted by tag exactly (pooltag.c): that is how leaks are found.  A checked build
 * also verifies on every free that the header is intact, the block is not free already, and the byte after the block was not written
 * (BAD_POOL_HEADER 0x19, BAD_POOL_CALLER 0xC2, parameters as in the WDK where it has the case).
 *
 * Callable at IRQL <= DISPATCH_LEVEL.  Windows Internals, 7th ed., part 1, chapter 5 "Kernel-mode heaps (system memory pools)".
 */
#include "poolp.h"

typedef struct _POOL_HEADER
{
    ULONG Tag;
    UCHAR Class;
    UCHAR State;       /* POOL_ALIVE or POOL_DEAD */
    UCHAR Type;        /* POOL_TYPE, low byte */
    UCHAR Spare;
    ULONG Bytes;       /* asked for */
    ULONG Check;       /* of the header's address and size: a stray write or a made-up pointer shows */
} POOL_HEADER, *PPOOL_HEADER;
static_assert(sizeof(POOL_HEADER) == 16, "pool blocks are 16-byte aligned");

/* A free block, where its contents were. */
typedef struct _FREE_BLOCK
{
    struct _FREE_BLOCK *Next;
    ULONG64 Depth; /* in a processor's list: blocks from here on */
} FREE_BLOCK, *PFREE_BLOCK;

typedef struct _PAGE_HEAD
{
    LIST_ENTRY Links;  /* class's list while there are free blocks */
    PFREE_BLOCK Free;
    ULONG FreeCount;
    ULONG Class;
    ULONG64 Magic;
    ULONG64 Spare[3];
} PAGE_HEAD, *PPAGE_HEAD;
static_assert(sizeof(PAGE_HEAD) == 64, "blocks begin at a multiple of 16");

typedef struct _POOL_CLASS
{
    KSPIN_LOCK Lock;
    LIST_ENTRY Pages;  /* Lock; pages with a free block */
    ULONG EmptyPages;  /* Lock; of those, entirely free ones */
    ULONG Blocks;      /* c; per page */
    ULONG Size;        /* c; with header */
} POOL_CLASS, *PPOOL_CLASS;

#define POOL_ALIVE 0xA1
#define POOL_DEAD 0xDE
#define PAGE_MAGIC 0x6C6F6F504E43ULL
#define GUARD_BYTE 0xFD
#define CACHE_DEPTH 24u

/* With header; each fits into 4096 - 64 bytes with little waste. */
static const USHORT ClassSize[] = { 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 288, 320, 368, 448, 496, 576, 672, 800, 1008, 1344, 2016 };
#define CLASSES (sizeof ClassSize / sizeof ClassSize[0])
#define LARGEST_SMALL (2016 - sizeof(POOL_HEADER))
static_assert(CLASSES <= 64, "KPRCB.PoolCache");

static POOL_CLASS Class[CLASSES];
static UCHAR ClassOfSize[2016 / 16 + 1]; /* by (bytes + header + 15) / 16 */

void ExInitPoolPhase0(void)
{
    ULONG Index = 0;

    for (ULONG Units = 0; Units < sizeof ClassOfSize; Units++) {
        if (Units * 16 > ClassSize[Index])
            Index++;
        ClassOfSize[Units] = (UCHAR)Index;
    }
    for (Index = 0; Index < CLASSES; Index++) {
        KeInitializeSpinLock(&Class[Index].Lock);
        InitializeListHead(&Class[Index].Pages);
        Class[Index].Size = ClassSize[Index];
        Class[Index].Blocks = (PAGE_SIZE - sizeof(PAGE_HEAD)) / ClassSize[Index];
    }
}

static inline ULONG CheckWord(const POOL_HEADER *Header)
{
    return ((ULONG)((ULONG_PTR)Header >> 4) * 0x9E3779B1u) ^ Header->Bytes ^ 0x5A17C0DEu;
}

static inline PPOOL_HEADER HeaderOf(PVOID Block)
{
    return (PPOOL_HEADER)Block - 1;
}

/* ---- a class and its pages (Lock held) ---- */

static PPAGE_HEAD NewPage(ULONG Index)
{
    PPAGE_HEAD Page = MmAllocatePoolPages(1);

    if (Page == NULL)
        return NULL;
    Page->Free = NULL;
    Page->FreeCount = Class[Index].Blocks;
    Page->Class = Index;
    Page->Magic = PAGE_MAGIC ^ (ULONG64)Page;
    PUCHAR At = (PUCHAR)(Page + 1) + (Class[Index].Blocks - 1) * Class[Index].Size;
    for (ULONG Count = Class[Index].Blocks; Count != 0; Count--, At -= Class[Index].Size) {
        PPOOL_HEADER Header = (PPOOL_HEADER)At;
        PFREE_BLOCK Block = (PFREE_BLOCK)(Header + 1);
        Header->Class = (UCHAR)Index;
        Header->State = POOL_DEAD;
        Block->Next = Page->Free;
        Page->Free = Block;
    }
    return Page;
}

static PFREE_BLOCK TakeBlock(PPOOL_CLASS From)
{
    PPAGE_HEAD Page;

    if (IsListEmpty(&From->Pages)) {
        Page = NewPage((ULONG)(From - Class));
        if (Page == NULL)
            return NULL;
        InsertHeadList(&From->Pages, &Page->Links);
        From->EmptyPages++;
    }
    Page = CONTAINING_RECORD(From->Pages.Flink, PAGE_HEAD, Links);
    PFREE_BLOCK Block = Page->Free;
    Page->Free = Block->Next;
    if (Page->FreeCount == From->Blocks)
        From->EmptyPages--;
    if (--Page->FreeCount == 0)
        RemoveEntryList(&Page->Links);
    return Block;
}

/* Returns a page that became superfluous: the caller frees it without the lock. */
static PPAGE_HEAD GiveBlock(PPOOL_CLASS To, PFREE_BLOCK Block)
{
    PPAGE_HEAD Page = (PPAGE_HEAD)((ULONG_PTR)Block & ~(ULONG_PTR)(PAGE_SIZE - 1));

    if (Page->Magic != (PAGE_MAGIC ^ (ULONG64)Page))
        KeBugCheckEx(BAD_POOL_HEADER, 0x20, (ULONG_PTR)Block, (ULONG_PTR)Page, 0);
    Block->Next = Page->Free;
    Page->Free = Block;
    if (Page->FreeCount++ == 0)
        InsertTailList(&To->Pages, &Page->Links);
    if (Page->FreeCount != To->Blocks)
        return NULL;
    if (To->EmptyPages == 0) { /* one spare page a class: a block allocated and freed in turn does not cost a page each time */
        To->EmptyPages = 1;
        return NULL;
    }
    RemoveEntryList(&Page->Links);
    Page->Magic = 0;
    return Page;
}

/* ---- a processor's lists (DISPATCH_LEVEL) ---- */

static __attribute__((noinline)) PFREE_BLOCK Refill(PKPRCB Prcb, ULONG Index)
{
    PPOOL_CLASS From = &Class[Index];
    ULONG Batch = From->Size <= 512 ? 8 : 2;
    PFREE_BLOCK First = NULL;

    KeAcquireSpinLockAtDpcLevel(&From->Lock);
    for (ULONG Count = 0; Count < Batch; Count++) {
        PFREE_BLOCK Block = TakeBlock(From);
        if (Block == NULL)
            break;
        Block->Next = First;
        Block->Depth = Count + 1;
        First = Block;
    }
    KeReleaseSpinLockFromDpcLevel(&From->Lock);
    Prcb->PoolCache[Index] = First;
    return First;
}

static __attribute__((noinline)) void Spill(PKPRCB Prcb, ULONG Index)
{
    PPOOL_CLASS To = &Class[Index];
    PPAGE_HEAD Superfluous[CACHE_DEPTH];
    ULONG Pages = 0;

    KeAcquireSpinLockAtDpcLevel(&To->Lock);
    for (ULONG Count = 0; Count < CACHE_DEPTH / 2; Count++) {
        PFREE_BLOCK Block = Prcb->PoolCache[Index];
        Prcb->PoolCache[Index] = Block->Next;
        Superfluous[Pages] = GiveBlock(To, Block);
        Pages += Superfluous[Pages] != NULL;
    }
    KeReleaseSpinLockFromDpcLevel(&To->Lock);
    while (Pages != 0)
        MmFreePoolPages(Superfluous[--Pages]);
}

/*
 * Look-aside lists are emptied, the processors' lists go back to their pages, and empty pages to mm: what remains is what is in use.  For figures that
 * are to be compared, and when memory is short.
 */
static void TrimProcessor(PVOID Context)
{
    PKPRCB Prcb = KeGetCurrentPrcb();

    for (ULONG Index = 0; Index < CLASSES; Index++) {
        PPOOL_CLASS To = &Class[Index];
        PPAGE_HEAD Empty = NULL;
        KeAcquireSpinLockAtDpcLevel(&To->Lock);
        while (Prcb->PoolCache[Index] != NULL) {
            PFREE_BLOCK Block = Prcb->PoolCache[Index];
            Prcb->PoolCache[Index] = Block->Next;
            PPAGE_HEAD Page = GiveBlock(To, Block);
            if (Page != NULL) {
                Page->Links.Flink = (PLIST_ENTRY)Empty;
                Empty = Page;
            }
        }
        for (PLIST_ENTRY Entry = To->Pages.Flink; Entry != &To->Pages && To->EmptyPages != 0;) {
            PPAGE_HEAD Page = CONTAINING_RECORD(Entry, PAGE_HEAD, Links);
            Entry = Entry->Flink;
            if (Page->FreeCount == To->Blocks) {
                RemoveEntryList(&Page->Links);
                To->EmptyPages--;
                Page->Magic = 0;
                Page->Links.Flink = (PLIST_ENTRY)Empty;
                Empty = Page;
            }
        }
        KeReleaseSpinLockFromDpcLevel(&To->Lock);
        while (Empty != NULL) {
            PPAGE_HEAD Next = (PPAGE_HEAD)Empty->Links.Flink;
            MmFreePoolPages(Empty);
            Empty = Next;
        }
    }
}

void ExTrimPool_(void)
{
    ExpTrimLookasides();
    KeForEachProcessor_(TrimProcessor, NULL);
}

static PVOID AllocateSmall(ULONG Type, SIZE_T Bytes, ULONG Tag)
{
    ULONG Index = ClassOfSize[(Bytes + sizeof(POOL_HEADER) + 15) / 16];
    KIRQL Irql = KeGetCurrentIrql();

    if (Irql < DISPATCH_LEVEL)
        KfRaiseIrql(DISPATCH_LEVEL);
    PKPRCB Prcb = KeGetCurrentPrcb();
    PFREE_BLOCK Block = Prcb->PoolCache[Index];
    if (Block == NULL)
        Block = Refill(Prcb, Index);
    if (LIKELY(Block != NULL))
        Prcb->PoolCache[Index] = Block->Next;
    if (Irql < DISPATCH_LEVEL)
        KeLowerIrql(Irql);
    if (UNLIKELY(Block == NULL))
        return NULL;

    PPOOL_HEADER Header = HeaderOf(Block);
    ASSERT(Header->State == POOL_DEAD && Header->Class == Index);
    Header->Tag = Tag;
    Header->State = POOL_ALIVE;
    Header->Type = (UCHAR)Type;
    Header->Bytes = (ULONG)Bytes;
    Header->Check = CheckWord(Header);
    if (Bytes + sizeof(POOL_HEADER) < ClassSize[Index])
        ((PUCHAR)Block)[Bytes] = GUARD_BYTE;
    ExpCountPool(Tag, (LONG64)Bytes, TRUE);
    return Block;
}

static void FreeSmall(PVOID Memory, ULONG Tag)
{
    PPOOL_HEADER Header = HeaderOf(Memory);

    if (UNLIKELY(Header->State == POOL_DEAD))
        KeBugCheckEx(BAD_POOL_CALLER, 7, Header->Tag, (ULONG_PTR)Header, (ULONG_PTR)Memory);
    if (UNLIKELY(Header->State != POOL_ALIVE || Header->Class >= CLASSES || Header->Check != CheckWord(Header)))
        KeBugCheckEx(BAD_POOL_HEADER, 0x20, (ULONG_PTR)Header, (ULONG_PTR)Memory, Header->Bytes);
    if (UNLIKELY(Tag != 0 && Tag != Header->Tag))
        KeBugCheckEx(BAD_POOL_CALLER, 0x0A, (ULONG_PTR)Memory, Header->Tag, Tag);
    ULONG Index = Header->Class;
    if (UNLIKELY(Header->Bytes + sizeof *Header < ClassSize[Index] && ((PUCHAR)Memory)[Header->Bytes] != GUARD_BYTE))
        KeBugCheckEx(BAD_POOL_HEADER, 0x0D, (ULONG_PTR)Memory, Header->Bytes, Header->Tag);
    ExpCountPool(Header->Tag, -(LONG64)Header->Bytes, FALSE);
    Header->State = POOL_DEAD;
    PFREE_BLOCK Block = Memory;
    KIRQL Irql = KeGetCurrentIrql();
    if (Irql < DISPATCH_LEVEL)
        KfRaiseIrql(DISPATCH_LEVEL);
    PKPRCB Prcb = KeGetCurrentPrcb();
    PFREE_BLOCK Top = Prcb->PoolCache[Index];
    Block->Next = Top;
    Block->Depth = Top != NULL ? Top->Depth + 1 : 1;
    Prcb->PoolCache[Index] = Block;
    if (UNLIKELY(Block->Depth > (ClassSize[Index] <= 512 ? CACHE_DEPTH : CACHE_DEPTH / 2)))
        Spill(Prcb, Index);
    if (Irql < DISPATCH_LEVEL)
        KeLowerIrql(Irql);
}

static __attribute__((noinline)) PVOID AllocateBig(SIZE_T Bytes, ULONG Tag)
{
    if (Bytes > 0x40000000)
        return NULL;
    PVOID Memory = MmAllocatePoolPages((Bytes + PAGE_SIZE - 1) >> PAGE_SHIFT);
    if (Memory == NULL)
        return NULL;
    MmSetPoolPagesInfo(Memory, Tag, (ULONG)Bytes);
    ExpCountPool(Tag, (LONG64)Bytes, TRUE);
    return Memory;
}

static __attribute__((noinline)) void FreeBig(PVOID Memory, ULONG Tag)
{
    ULONG RealTag, Bytes;

    if (!MmGetPoolPagesInfo(Memory, &RealTag, &Bytes))
        KeBugCheckEx(BAD_POOL_CALLER, 0x46, (ULONG_PTR)Memory, 0, 0);
    if (Tag != 0 && Tag != RealTag)
        KeBugCheckEx(BAD_POOL_CALLER, 0x0A, (ULONG_PTR)Memory, RealTag, Tag);
    MmSetPoolPagesInfo(Memory, 0, 0);
    ExpCountPool(RealTag, -(LONG64)Bytes, FALSE);
    MmFreePoolPages(Memory);
}

PVOID ExpAllocatePool(ULONG Type, SIZE_T Bytes, ULONG Tag)
{
    ASSERT_IRQL_LE(DISPATCH_LEVEL);
    if (EX_INJECT(ExInjectPool))
        return NULL;
    if (UNLIKELY(Tag == 0))
        Tag = POOL_TAG('N', 'o', 'n', 'e');
    return Bytes <= LARGEST_SMALL ? AllocateSmall(Type, Bytes, Tag) : AllocateBig(Bytes, Tag);
}

void NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    ASSERT_IRQL_LE(DISPATCH_LEVEL);
    if (UNLIKELY(P == NULL || (LONG64)(ULONG_PTR)P >= 0 || ((ULONG_PTR)P & 15)))
        KeBugCheckEx(BAD_POOL_CALLER, 0x46, (ULONG_PTR)P, Tag, 0);
    if (((ULONG_PTR)P & (PAGE_SIZE - 1)) == 0)
        FreeBig(P, Tag);
    else
        FreeSmall(P, Tag);
}

SIZE_T NTAPI ExQueryPoolBlockSize(PVOID PoolBlock, PBOOLEAN QuotaCharged)
{
    ULONG Tag, Bytes;

    *QuotaCharged = FALSE;
    if (((ULONG_PTR)PoolBlock & (PAGE_SIZE - 1)) == 0)
        return MmGetPoolPagesInfo(PoolBlock, &Tag, &Bytes) ? Bytes : 0;
    return ClassSize[HeaderOf(PoolBlock)->Class] - sizeof(POOL_HEADER);
}

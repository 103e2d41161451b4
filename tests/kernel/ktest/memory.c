/* SPDX-License-Identifier: MIT */
/*
 * memory.c - pool, look-aside lists, and the lists look-aside lists are made of.
 */
#include "kt.h"

#define KT_BLOCKS 200u

static void KtFill(PUCHAR Block, SIZE_T Size, UCHAR Seed)
{
    for (SIZE_T i = 0; i < Size; i++) {
        Block[i] = (UCHAR)(Seed + i * 7);
    }
}

static BOOLEAN KtFilled(const UCHAR *Block, SIZE_T Size, UCHAR Seed)
{
    for (SIZE_T i = 0; i < Size; i++) {
        if (Block[i] != (UCHAR)(Seed + i * 7)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Every size keeps its bytes while its neighbours are written and freed; blocks of a page or more begin on a page. */
VOID KtTestPoolSizes(KTEST *Test)
{
    static const SIZE_T Sizes[] = { 1, 8, 15, 16, 17, 100, 500, 1000, 2000, 4000, 4064, 4080, 4095, 4096, 4097, 8192, 20000, 65536, 1 << 20 };
    static const POOL_TYPE Types[] = { NonPagedPoolNx, PagedPool };

    for (ULONG t = 0; t < RTL_NUMBER_OF(Types); t++) {
        PUCHAR Block[RTL_NUMBER_OF(Sizes)];
        for (ULONG i = 0; i < RTL_NUMBER_OF(Sizes); i++) {
            Block[i] = ExAllocatePoolWithTag(Types[t], Sizes[i], KT_TAG);
            REQUIRE(Block[i] != NULL);
            CHECK_EQUAL((ULONG_PTR)Block[i] & (Sizes[i] >= PAGE_SIZE ? PAGE_SIZE - 1 : 15), 0);
            KtFill(Block[i], Sizes[i], (UCHAR)i);
        }
        for (ULONG i = 0; i < RTL_NUMBER_OF(Sizes); i += 2) {
            CHECK(KtFilled(Block[i], Sizes[i], (UCHAR)i));
            ExFreePoolWithTag(Block[i], KT_TAG);
        }
        for (ULONG i = 1; i < RTL_NUMBER_OF(Sizes); i += 2) {
            CHECK(KtFilled(Block[i], Sizes[i], (UCHAR)i));
            ExFreePool(Block[i]);
        }
    }
}

VOID KtTestPoolTags(KTEST *Test)
{
    PUCHAR Block[KT_BLOCKS];

    for (ULONG i = 0; i < KT_BLOCKS; i++) {
        Block[i] = ExAllocatePoolWithTag(NonPagedPoolNx, 1 + i * 37 % 700, KT_TAG + (i << 24));
        REQUIRE(Block[i] != NULL);
        KtFill(Block[i], 1 + i * 37 % 700, (UCHAR)i);
    }
    for (ULONG i = 0; i < KT_BLOCKS; i++) {
        ULONG Other = i * 71 % KT_BLOCKS;
        CHECK(KtFilled(Block[Other], 1 + Other * 37 % 700, (UCHAR)Other));
        ExFreePoolWithTag(Block[Other], KT_TAG + (Other << 24));
    }
    /* More than there is: a null pointer, not an exception. */
    CHECK(ExAllocatePoolWithTag(NonPagedPoolNx, (SIZE_T)1 << 46, KT_TAG) == NULL);
}

VOID KtTestPoolAtDispatch(KTEST *Test)
{
    KIRQL Irql;
    PVOID Small, Big;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Small = ExAllocatePoolWithTag(NonPagedPoolNx, 64, KT_TAG);
    Big = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, KT_TAG);
    CHECK(Small != NULL);
    CHECK(Big != NULL);
    if (Big != NULL) {
        RtlFillMemory(Big, 3 * PAGE_SIZE, 0x5A);
        ExFreePoolWithTag(Big, KT_TAG);
    }
    if (Small != NULL) {
        ExFreePoolWithTag(Small, KT_TAG);
    }
    KeLowerIrql(Irql);
}

VOID KtTestLookasideLists(KTEST *Test)
{
    NPAGED_LOOKASIDE_LIST *NonPaged = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*NonPaged), KT_TAG);
    PAGED_LOOKASIDE_LIST *Paged = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Paged), KT_TAG);
    PVOID Block[8], Again;

    REQUIRE(NonPaged != NULL && Paged != NULL);
    ExInitializeNPagedLookasideList(NonPaged, NULL, NULL, 0, 80, KT_TAG, 0);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Block); i++) {
        Block[i] = ExAllocateFromNPagedLookasideList(NonPaged);
        REQUIRE(Block[i] != NULL);
        RtlFillMemory(Block[i], 80, (UCHAR)i);
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Block); i++) {
        CHECK_EQUAL(((PUCHAR)Block[i])[79], i);
        ExFreeToNPagedLookasideList(NonPaged, Block[i]);
    }
    /* The last one freed comes back first: a list is a stack. */
    Again = ExAllocateFromNPagedLookasideList(NonPaged);
    CHECK(Again != NULL);
    ExFreeToNPagedLookasideList(NonPaged, Again);
    ExDeleteNPagedLookasideList(NonPaged);

    ExInitializePagedLookasideList(Paged, NULL, NULL, 0, 3000, KT_TAG, 0);
    Again = ExAllocateFromPagedLookasideList(Paged);
    CHECK(Again != NULL);
    if (Again != NULL) {
        RtlFillMemory(Again, 3000, 0x11);
        ExFreeToPagedLookasideList(Paged, Again);
    }
    ExDeletePagedLookasideList(Paged);
    ExFreePoolWithTag(Paged, KT_TAG);
    ExFreePoolWithTag(NonPaged, KT_TAG);
}

typedef struct _KT_ENTRY
{
    SLIST_ENTRY Link; /* first: 16-byte aligned */
    ULONG Value;
} KT_ENTRY;

VOID KtTestSinglyLinkedLists(KTEST *Test)
{
    static SLIST_HEADER Head;
    static KT_ENTRY Entry[4];

    ExInitializeSListHead(&Head);
    CHECK_EQUAL(ExQueryDepthSList(&Head), 0);
    CHECK(ExpInterlockedPopEntrySList(&Head) == NULL);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Entry); i++) {
        Entry[i].Value = i;
        CHECK((ExpInterlockedPushEntrySList(&Head, &Entry[i].Link) == NULL) == (i == 0));
    }
    CHECK_EQUAL(ExQueryDepthSList(&Head), RTL_NUMBER_OF(Entry));
    for (ULONG i = RTL_NUMBER_OF(Entry); i > 0; i--) {
        KT_ENTRY *Popped = (KT_ENTRY *)ExpInterlockedPopEntrySList(&Head);
        REQUIRE(Popped != NULL);
        CHECK_EQUAL(Popped->Value, i - 1);
    }
    CHECK_EQUAL(ExQueryDepthSList(&Head), 0);
}

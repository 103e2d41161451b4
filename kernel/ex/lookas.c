/* SPDX-License-Identifier: MIT */
/*
 * lookas.c - look-aside lists: a short list of free blocks of one size in front of the pool.
 *
 * The fast paths are inlines of <wdm.h>, compiled into every driver: they fix the layout.  Here are the beginnings and ends, the default
 * allocators, ExAdjustLookasideDepth, which may be called once a second to let a list's depth follow its misses, and ExpTrimLookasides, with which the
 * pool takes back what lies idle in them.
 */
#include "exp.h"
#include "poolp.h"

static_assert(sizeof(NPAGED_LOOKASIDE_LIST) == 0x80 && sizeof(LOOKASIDE_LIST_EX) == 0x60, "look-aside lists are ABI");

#define LOOKASIDE_FIRST_DEPTH 4

static KSPIN_LOCK ExpLookasideLock;
static LIST_ENTRY ExpLookasideLists = {&ExpLookasideLists, &ExpLookasideLists}; /* ExpLookasideLock */

static PVOID NTAPI ExpAllocateLookaside(POOL_TYPE PoolType, SIZE_T Size, ULONG Tag)
{
    return ExAllocatePoolWithTag(PoolType, Size, Tag);
}

static VOID NTAPI ExpFreeLookaside(PVOID Block)
{
    ExFreePool(Block);
}

static PVOID NTAPI ExpAllocateLookasideEx(POOL_TYPE PoolType, SIZE_T Size, ULONG Tag, PLOOKASIDE_LIST_EX Lookaside)
{
    return ExAllocatePoolWithTag(PoolType, Size, Tag);
}

static VOID NTAPI ExpFreeLookasideEx(PVOID Block, PLOOKASIDE_LIST_EX Lookaside)
{
    ExFreePool(Block);
}

static void ExpLinkLookaside(PLIST_ENTRY Entry)
{
    ExInterlockedInsertTailList(&ExpLookasideLists, Entry, &ExpLookasideLock);
}

static void ExpUnlinkLookaside(PLIST_ENTRY Entry)
{
    KIRQL OldIrql;

    KeAcquireSpinLock(&ExpLookasideLock, &OldIrql);
    RemoveEntryList(Entry);
    KeReleaseSpinLock(&ExpLookasideLock, OldIrql);
}

static void ExpInitializeLookaside(PGENERAL_LOOKASIDE_POOL List, POOL_TYPE Type, SIZE_T Size, ULONG Tag)
{
    RtlZeroMemory(List, sizeof(*List));
    List->Depth = LOOKASIDE_FIRST_DEPTH;
    List->MaximumDepth = EX_MAXIMUM_LOOKASIDE_DEPTH_BASE;
    List->Type = Type;
    List->Tag = Tag;
    List->Size = (ULONG)max(Size, sizeof(SLIST_ENTRY));
}

VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags,
                                           SIZE_T Size, ULONG Tag, USHORT Depth)
{
    ExpInitializeLookaside((PGENERAL_LOOKASIDE_POOL)&Lookaside->L, NonPagedPool | Flags, Size, Tag);
    Lookaside->L.Allocate = Allocate != NULL ? Allocate : ExpAllocateLookaside;
    Lookaside->L.Free = Free != NULL ? Free : ExpFreeLookaside;
    ExpLinkLookaside(&Lookaside->L.ListEntry);
}

VOID NTAPI ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags,
                                          SIZE_T Size, ULONG Tag, USHORT Depth)
{
    ExpInitializeLookaside((PGENERAL_LOOKASIDE_POOL)&Lookaside->L, PagedPool | Flags, Size, Tag);
    Lookaside->L.Allocate = Allocate != NULL ? Allocate : ExpAllocateLookaside;
    Lookaside->L.Free = Free != NULL ? Free : ExpFreeLookaside;
    ExpLinkLookaside(&Lookaside->L.ListEntry);
}

NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free,
                                           POOL_TYPE PoolType, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    if (Flags == (EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)) {
        return STATUS_INVALID_PARAMETER_5;
    }
    ExpInitializeLookaside(&Lookaside->L, PoolType, Size, Tag);
    Lookaside->L.AllocateEx = Allocate != NULL ? Allocate : ExpAllocateLookasideEx;
    Lookaside->L.FreeEx = Free != NULL ? Free : ExpFreeLookasideEx;
    ExpLinkLookaside(&Lookaside->L.ListEntry);
    return STATUS_SUCCESS;
}

static void ExpDeleteLookaside(PGENERAL_LOOKASIDE List)
{
    PSLIST_ENTRY Entry;

    ExpUnlinkLookaside(&List->ListEntry);
    while ((Entry = ExpInterlockedPopEntrySList(&List->ListHead)) != NULL) {
        List->Free(Entry);
    }
}

VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    ExpDeleteLookaside(&Lookaside->L);
}

VOID NTAPI ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    ExpDeleteLookaside(&Lookaside->L);
}

VOID NTAPI ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    PSLIST_ENTRY Entry;

    while ((Entry = ExpInterlockedPopEntrySList(&Lookaside->L.ListHead)) != NULL) {
        Lookaside->L.FreeEx(Entry, Lookaside);
    }
}

VOID NTAPI ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    ExpUnlinkLookaside(&Lookaside->L.ListEntry);
    ExFlushLookasideListEx(Lookaside);
}

/*
 * Only lists whose blocks come from the pool as they are, and are so small that their pages stay mapped when free: a pop on another processor may still
 * read the block it has just lost (interlck.c).
 */
static PSLIST_ENTRY ExpFlushTrimmable(PGENERAL_LOOKASIDE List)
{
    BOOLEAN Plain = List->Free == ExpFreeLookaside || (PVOID)List->FreeEx == (PVOID)ExpFreeLookasideEx;

    return Plain && List->Size <= PAGE_SIZE / 4 ? ExpInterlockedFlushSList(&List->ListHead) : NULL;
}

void ExpTrimLookasides(void)
{
    PSLIST_ENTRY All = NULL, Entry, Next;
    KIRQL OldIrql;

    KeAcquireSpinLock(&ExpLookasideLock, &OldIrql);
    for (PLIST_ENTRY Link = ExpLookasideLists.Flink; Link != &ExpLookasideLists; Link = Link->Flink) {
        for (Entry = ExpFlushTrimmable(CONTAINING_RECORD(Link, GENERAL_LOOKASIDE, ListEntry)); Entry != NULL; Entry = Next) {
            Next = Entry->Next;
            Entry->Next = All;
            All = Entry;
        }
    }
    KeReleaseSpinLock(&ExpLookasideLock, OldIrql);
    for (; All != NULL; All = Next) {
        Next = All->Next;
        ExFreePool(All);
    }
}

/* A list that misses more than one in twenty gets deeper, one that never misses shallower. */
static void ExpAdjustLookaside(PGENERAL_LOOKASIDE List)
{
    ULONG Allocates = List->TotalAllocates - List->LastTotalAllocates;
    ULONG Misses = List->AllocateMisses - List->LastAllocateMisses;

    List->LastTotalAllocates = List->TotalAllocates;
    List->LastAllocateMisses = List->AllocateMisses;
    if (Misses * 20 > Allocates) {
        List->Depth = (USHORT)min(List->Depth + 8, List->MaximumDepth);
    } else if (Misses == 0 && List->Depth > LOOKASIDE_FIRST_DEPTH) {
        List->Depth--;
    }
}

VOID ExAdjustLookasideDepth(VOID)
{
    KIRQL OldIrql;

    KeAcquireSpinLock(&ExpLookasideLock, &OldIrql);
    for (PLIST_ENTRY Link = ExpLookasideLists.Flink; Link != &ExpLookasideLists; Link = Link->Flink) {
        ExpAdjustLookaside(CONTAINING_RECORD(Link, GENERAL_LOOKASIDE, ListEntry));
    }
    KeReleaseSpinLock(&ExpLookasideLock, OldIrql);
}

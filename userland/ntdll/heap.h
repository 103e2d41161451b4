/* SPDX-License-Identifier: MIT */
/*
 * heap.h - the heap's structures, shared by heap.c (interface), heapblock.c (blocks and segments) and heapcheck.c (walking, validating).
 *
 *      segment:  [HEAP (first only)] [HEAP_SEGMENT] [entry|data] [entry|data] ... Top ........ Committed ....... End
 *                                                                                 ^ handed out upwards     ^ reserved
 *
 * A block is a 16-byte entry followed by its data; both are multiples of 16, so data is 16-aligned.  Entry.Units counts entry + data in
 * 16-byte units; PreviousUnits leads to the block before.  Memory from Top on belongs to no block.
 *
 * Where a free block is: up to CACHE_DEPTH of a small size in a LIFO cache (still marked busy towards its neighbours: no merging),
 * others merged with their free neighbours in the bin of their size.  Bins 0..63 hold one size each, later ones a power of two.
 *
 * Every entry carries a check word of its address, size, flags and the heap's random key; it is verified on free, realloc, size and on
 * each unlink, so an overrun is found at the next touch of the damaged block: STATUS_HEAP_CORRUPTION, naming the block.
 */
#ifndef NASCENT_HEAP_H
#define NASCENT_HEAP_H

#include "ntdllp.h"

#define HEAP_SIGNATURE 0xFFEEFFEEu /* Windows' segment signature */
#define HEAP_UNIT 16u
#define HEAP_MIN_UNITS 2u
#define HEAP_EXACT_BINS 64u
#define HEAP_BINS 96u
#define HEAP_CACHES 34u       /* sizes up to 33 units: 512 bytes */
#define HEAP_CACHE_DEPTH 16u
#define HEAP_MAX_SEGMENTS 64u
#define HEAP_LARGE_LIMIT 0x7F000u /* data bytes; more gets its own virtual memory */
#define HEAP_DEFAULT_RESERVE 0x100000u
#define HEAP_MAX_RESERVE 0x4000000u
#define HEAP_COMMIT_STEP 0x10000u

#define ENTRY_BUSY 0x01u
#define ENTRY_CACHED 0x02u /* free for the user, busy for its neighbours */
#define ENTRY_LARGE 0x04u
#define ENTRY_VALUE 0x08u  /* the last 8 bytes hold the user's value (HEAP_SETTABLE_USER_VALUE) */

typedef struct _HEAP_ENTRY
{
    ULONG Units;
    ULONG PreviousUnits; /* 0: first of its segment */
    USHORT Unused;       /* data bytes beyond what was asked for */
    UCHAR Flags;
    UCHAR Segment;
    ULONG Check;
} HEAP_ENTRY;
static_assert(sizeof(HEAP_ENTRY) == HEAP_UNIT, "heap entry");

typedef struct _HEAP_FREE
{
    HEAP_ENTRY Entry;
    union {
        LIST_ENTRY Links;
        struct _HEAP_FREE *NextCached;
    };
} HEAP_FREE;
static_assert(sizeof(HEAP_FREE) == HEAP_UNIT * HEAP_MIN_UNITS, "smallest block");

typedef struct _HEAP_SEGMENT
{
    UCHAR *Base;       /* of the reservation */
    UCHAR *First;      /* first entry */
    UCHAR *Top;
    UCHAR *Committed;
    UCHAR *End;
    UCHAR *Virgin;     /* memory from here on was never written: known to be zero */
    ULONG LastUnits;   /* of the block that ends at Top */
    bool Foreign;      /* the caller's memory: neither committed nor freed by us */
} HEAP_SEGMENT;

typedef struct _HEAP_LARGE
{
    LIST_ENTRY Links;
    SIZE_T Size;      /* data bytes asked for */
    SIZE_T Committed; /* of the whole region */
    PVOID Spare[2];
    HEAP_ENTRY Entry; /* data follows */
} HEAP_LARGE;
static_assert(sizeof(HEAP_LARGE) % HEAP_UNIT == 0, "large block alignment");

typedef struct _HEAP
{
    PVOID Reserved[2];
    ULONG Signature;  /* Windows keeps it at the same offset */
    ULONG Flags;
    ULONG Key;
    ULONG SegmentCount;
    ULONG Protect;
    ULONG CacheFlags;
    SIZE_T NextReserve;
    ULONG64 BinMap[2];
    LIST_ENTRY Large;
    RTL_CRITICAL_SECTION Lock;
    struct
    {
        HEAP_FREE *First;
        ULONG Count;
    } Cache[HEAP_CACHES];
    LIST_ENTRY Bin[HEAP_BINS]; /* initialised when first used: see BinMap */
    HEAP_SEGMENT Segment[HEAP_MAX_SEGMENTS];
} HEAP;

static inline ULONG HeapCheckWord(const HEAP *Heap, const HEAP_ENTRY *Entry)
{
    return Heap->Key ^ (ULONG)((ULONG_PTR)Entry >> 4) ^ Entry->Units * 0x9E3779B1u ^ (ULONG)Entry->Flags << 24;
}

static inline HEAP_ENTRY *HeapNext(HEAP_ENTRY *Entry)
{
    return (HEAP_ENTRY *)((UCHAR *)Entry + (SIZE_T)Entry->Units * HEAP_UNIT);
}

static inline HEAP_ENTRY *HeapEntry(PVOID Block)
{
    return (HEAP_ENTRY *)Block - 1;
}

static inline HEAP_LARGE *HeapLarge(HEAP_ENTRY *Entry)
{
    return CONTAINING_RECORD(Entry, HEAP_LARGE, Entry);
}

static inline SIZE_T HeapDataSize(HEAP_ENTRY *Entry)
{
    if (Entry->Flags & ENTRY_LARGE)
        return HeapLarge(Entry)->Size;
    return (SIZE_T)Entry->Units * HEAP_UNIT - sizeof(HEAP_ENTRY) - Entry->Unused;
}

/* heapblock.c; the heap's lock is held. */
PVOID HeapAllocateBlock(HEAP *Heap, SIZE_T Size, ULONG Flags);
PVOID HeapAllocateLarge(HEAP *Heap, SIZE_T Size, ULONG Flags);
void HeapFreeBlock(HEAP *Heap, HEAP_ENTRY *Entry);
void HeapFreeLarge(HEAP *Heap, HEAP_LARGE *Large);
bool HeapResizeBlock(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Size, ULONG Flags);
void HeapFlushCaches(HEAP *Heap);
bool HeapAddSegment(HEAP *Heap, SIZE_T Minimum);
void HeapSetUp(HEAP *Heap, HEAP_SEGMENT *Segment, UCHAR *First);
/* Says what is broken and raises STATUS_HEAP_CORRUPTION. */
void HeapCorrupt(HEAP *Heap, PVOID Block, const char *What);
/* The entry of a block the user handed in, or NULL after a complaint. */
HEAP_ENTRY *HeapVerifyBlock(HEAP *Heap, PVOID Block, const char *Operation);

#endif

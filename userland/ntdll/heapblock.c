/* SPDX-License-Identifier: MIT */
/*
 * heapblock.c - blocks, bins, caches and segments of the heap (see heap.h for the picture).
 *
 * All routines run with the heap's lock held.  Invariants: two neighbours are never both free in bins; no free binned block touches Top; the
 * block that ends at Top has Units == Segment->LastUnits.
 */
#include "heap.h"

void HeapCorrupt(HEAP *Heap, PVOID Block, const char *What)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = STATUS_HEAP_CORRUPTION,
                               .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                               .NumberParameters = 2,
                               .ExceptionInformation = {(ULONG_PTR)Heap, (ULONG_PTR)Block}};

    RtlpReport("heap %p: block %p: %s\n", (void *)Heap, Block, What);
    RtlRaiseException(&Record);
}

HEAP_ENTRY *HeapVerifyBlock(HEAP *Heap, PVOID Block, const char *Operation)
{
    HEAP_ENTRY *Entry = HeapEntry(Block);

    if (LIKELY(((ULONG_PTR)Block & (HEAP_UNIT - 1)) == 0 && Entry->Check == HeapCheckWord(Heap, Entry) &&
               (Entry->Flags & (ENTRY_BUSY | ENTRY_CACHED)) == ENTRY_BUSY))
        return Entry;
    if (((ULONG_PTR)Block & (HEAP_UNIT - 1)) == 0 && Entry->Check == HeapCheckWord(Heap, Entry))
        HeapCorrupt(Heap, Block, Operation[0] == 'f' ? "freed twice" : "used after it was freed");
    else
        HeapCorrupt(Heap, Block, "not a block of this heap, or its header is overwritten");
    return NULL;
}

/* ---- bins ---------------------------------------------------------------------------------------------------------------------- */

static inline ULONG BinOf(ULONG Units)
{
    if (Units < HEAP_MIN_UNITS + HEAP_EXACT_BINS)
        return Units - HEAP_MIN_UNITS;
    return HEAP_EXACT_BINS + (31u - (ULONG)__builtin_clz(Units)) - 6;
}

static void Seal(HEAP *Heap, HEAP_ENTRY *Entry, UCHAR Flags)
{
    Entry->Flags = Flags;
    Entry->Check = HeapCheckWord(Heap, Entry);
}

static void Bin(HEAP *Heap, HEAP_ENTRY *Entry)
{
    ULONG Index = BinOf(Entry->Units);
    LIST_ENTRY *Head = &Heap->Bin[Index];

    Seal(Heap, Entry, 0);
    if (!(Heap->BinMap[Index / 64] >> Index % 64 & 1)) {
        InitializeListHead(Head);
        Heap->BinMap[Index / 64] |= 1ULL << Index % 64;
    }
    InsertHeadList(Head, &((HEAP_FREE *)Entry)->Links);
}

static void Unbin(HEAP *Heap, HEAP_ENTRY *Entry)
{
    HEAP_FREE *Block = (HEAP_FREE *)Entry;
    ULONG Index = BinOf(Entry->Units);

    if (Entry->Check != HeapCheckWord(Heap, Entry) || Entry->Flags != 0 || Block->Links.Flink->Blink != &Block->Links ||
        Block->Links.Blink->Flink != &Block->Links)
        HeapCorrupt(Heap, Entry + 1, "free block overwritten");
    RemoveEntryList(&Block->Links);
    if (IsListEmpty(&Heap->Bin[Index]))
        Heap->BinMap[Index / 64] &= ~(1ULL << Index % 64);
}

/* The first bin from Index on that has blocks, or HEAP_BINS. */
static ULONG NextBin(const HEAP *Heap, ULONG Index)
{
    if (Index < 64) {
        ULONG64 Bits = Heap->BinMap[0] >> Index;
        if (Bits != 0)
            return Index + (ULONG)__builtin_ctzll(Bits);
        Index = 64;
    }
    ULONG64 Bits = Index < HEAP_BINS ? Heap->BinMap[1] >> (Index - 64) : 0;
    return Bits != 0 ? Index + (ULONG)__builtin_ctzll(Bits) : HEAP_BINS;
}

static HEAP_ENTRY *TakeFromBins(HEAP *Heap, ULONG Units)
{
    ULONG Index = BinOf(Units);

    if (Index >= HEAP_EXACT_BINS && (Heap->BinMap[1] >> (Index - 64) & 1)) { /* sizes differ within this bin */
        for (LIST_ENTRY *At = Heap->Bin[Index].Flink; At != &Heap->Bin[Index]; At = At->Flink) {
            HEAP_ENTRY *Entry = &CONTAINING_RECORD(At, HEAP_FREE, Links)->Entry;
            if (Entry->Units >= Units) {
                Unbin(Heap, Entry);
                return Entry;
            }
        }
        Index++;
    }
    Index = NextBin(Heap, Index);
    if (Index == HEAP_BINS)
        return NULL;
    HEAP_ENTRY *Entry = &CONTAINING_RECORD(Heap->Bin[Index].Flink, HEAP_FREE, Links)->Entry;
    Unbin(Heap, Entry);
    return Entry;
}

/* ---- segments ------------------------------------------------------------------------------------------------------------------- */

void HeapSetUp(HEAP *Heap, HEAP_SEGMENT *Segment, UCHAR *First)
{
    Segment->First = Segment->Top = Segment->Virgin = First;
    Segment->LastUnits = 0;
    Heap->SegmentCount++;
}

bool HeapAddSegment(HEAP *Heap, SIZE_T Minimum)
{
    HEAP_SEGMENT *Segment = &Heap->Segment[Heap->SegmentCount];
    PVOID Base = NULL;
    SIZE_T Size = Heap->NextReserve;

    if (!(Heap->Flags & HEAP_GROWABLE) || Heap->SegmentCount == HEAP_MAX_SEGMENTS)
        return false;
    while (Size < Minimum)
        Size *= 2;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Size, MEM_RESERVE, Heap->Protect)))
        return false;
    memset(Segment, 0, sizeof *Segment);
    Segment->Base = Segment->Committed = Base;
    Segment->End = (UCHAR *)Base + Size;
    HeapSetUp(Heap, Segment, Base);
    if (Heap->NextReserve < HEAP_MAX_RESERVE)
        Heap->NextReserve *= 2;
    return true;
}

/* Makes [Top, Top + Bytes) usable. */
static bool CommitTop(HEAP *Heap, HEAP_SEGMENT *Segment, SIZE_T Bytes)
{
    SIZE_T Have = (SIZE_T)(Segment->Committed - Segment->Top);

    if (LIKELY(Bytes <= Have))
        return true;
    SIZE_T Room = (SIZE_T)(Segment->End - Segment->Committed), Need = ROUND_UP(Bytes - Have, HEAP_COMMIT_STEP);
    if (Bytes - Have > Room || Segment->Foreign)
        return false;
    if (Need > Room)
        Need = Room;
    PVOID Base = Segment->Committed;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Need, MEM_COMMIT, Heap->Protect)))
        return false;
    Segment->Committed += Need;
    return true;
}

static HEAP_ENTRY *TakeFromTop(HEAP *Heap, ULONG Units, bool *Zeroed)
{
    SIZE_T Bytes = (SIZE_T)Units * HEAP_UNIT;

    for (ULONG Tries = 0; Tries < 2; Tries++) {
        for (ULONG Index = Heap->SegmentCount; Index-- != 0;) {
            HEAP_SEGMENT *Segment = &Heap->Segment[Index];
            if (!CommitTop(Heap, Segment, Bytes))
                continue;
            HEAP_ENTRY *Entry = (HEAP_ENTRY *)Segment->Top;
            *Zeroed = Segment->Top >= Segment->Virgin;
            Segment->Top += Bytes;
            if (Segment->Top > Segment->Virgin)
                Segment->Virgin = Segment->Top;
            Entry->Units = Units;
            Entry->PreviousUnits = Segment->LastUnits;
            Entry->Segment = (UCHAR)Index;
            Segment->LastUnits = Units;
            return Entry;
        }
        if (!HeapAddSegment(Heap, Bytes))
            break;
    }
    return NULL;
}

/* Tells the block behind Entry (or the segment) how long Entry is now. */
static void FixFollower(HEAP *Heap, HEAP_ENTRY *Entry)
{
    HEAP_SEGMENT *Segment = &Heap->Segment[Entry->Segment];
    HEAP_ENTRY *Next = HeapNext(Entry);

    if ((UCHAR *)Next == Segment->Top)
        Segment->LastUnits = Entry->Units;
    else
        Next->PreviousUnits = Entry->Units;
}

/* Gives a block that is in no list back: merges it with its free neighbours, and into Top if it ends there. */
static void Release(HEAP *Heap, HEAP_ENTRY *Entry)
{
    HEAP_SEGMENT *Segment = &Heap->Segment[Entry->Segment];

    if (Entry->PreviousUnits != 0) {
        HEAP_ENTRY *Previous = (HEAP_ENTRY *)((UCHAR *)Entry - (SIZE_T)Entry->PreviousUnits * HEAP_UNIT);
        if ((UCHAR *)Previous < Segment->First || Previous->Units != Entry->PreviousUnits)
            HeapCorrupt(Heap, Entry + 1, "header overwritten");
        if (!(Previous->Flags & ENTRY_BUSY)) {
            Unbin(Heap, Previous);
            Previous->Units += Entry->Units;
            Entry = Previous;
        }
    }
    HEAP_ENTRY *Next = HeapNext(Entry);
    if ((UCHAR *)Next != Segment->Top && !(Next->Flags & ENTRY_BUSY)) {
        Unbin(Heap, Next);
        Entry->Units += Next->Units;
        Next = HeapNext(Entry);
    }
    if ((UCHAR *)Next == Segment->Top) {
        Segment->Top = (UCHAR *)Entry;
        Segment->LastUnits = Entry->PreviousUnits;
        return;
    }
    Next->PreviousUnits = Entry->Units;
    Bin(Heap, Entry);
}

/* Cuts Entry down to Units and releases the rest, if the rest can be a block. */
static void Split(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    ULONG Rest = Entry->Units - Units;

    if (Rest < HEAP_MIN_UNITS)
        return;
    HEAP_ENTRY *Tail = (HEAP_ENTRY *)((UCHAR *)Entry + (SIZE_T)Units * HEAP_UNIT);
    Entry->Units = Units;
    Tail->Units = Rest;
    Tail->PreviousUnits = Units;
    Tail->Segment = Entry->Segment;
    Tail->Flags = ENTRY_BUSY;
    FixFollower(Heap, Tail);
    Release(Heap, Tail);
}

/* ---- blocks --------------------------------------------------------------------------------------------------------------------- */

static inline ULONG UnitsFor(SIZE_T Size)
{
    ULONG Units = (ULONG)((Size + sizeof(HEAP_ENTRY) + HEAP_UNIT - 1) / HEAP_UNIT);

    return Units < HEAP_MIN_UNITS ? HEAP_MIN_UNITS : Units;
}

PVOID HeapAllocateBlock(HEAP *Heap, SIZE_T Size, ULONG Flags)
{
    ULONG Units = UnitsFor(Size);
    HEAP_ENTRY *Entry;
    bool Zeroed = false;

    if (Units < HEAP_CACHES && Heap->Cache[Units].First != NULL) {
        HEAP_FREE *Block = Heap->Cache[Units].First;
        Entry = &Block->Entry;
        if (UNLIKELY(Entry->Check != HeapCheckWord(Heap, Entry)))
            HeapCorrupt(Heap, Entry + 1, "free block overwritten");
        Heap->Cache[Units].First = Block->NextCached;
        Heap->Cache[Units].Count--;
    } else if ((Entry = TakeFromBins(Heap, Units)) != NULL) {
        Entry->Flags = ENTRY_BUSY; /* before the rest, its new neighbour, looks for whom to merge with */
        Split(Heap, Entry, Units);
    } else if ((Entry = TakeFromTop(Heap, Units, &Zeroed)) == NULL) {
        return NULL;
    }
    Entry->Unused = (USHORT)((SIZE_T)Entry->Units * HEAP_UNIT - sizeof *Entry - Size);
    Seal(Heap, Entry, ENTRY_BUSY | (Flags & HEAP_SETTABLE_USER_VALUE ? ENTRY_VALUE : 0));
    if ((Flags & HEAP_ZERO_MEMORY) && !Zeroed)
        memset(Entry + 1, 0, (SIZE_T)Entry->Units * HEAP_UNIT - sizeof *Entry);
    return Entry + 1;
}

void HeapFreeBlock(HEAP *Heap, HEAP_ENTRY *Entry)
{
    ULONG Units = Entry->Units;

    if (Units < HEAP_CACHES && Heap->Cache[Units].Count < HEAP_CACHE_DEPTH) {
        HEAP_FREE *Block = (HEAP_FREE *)Entry;
        Block->NextCached = Heap->Cache[Units].First;
        Heap->Cache[Units].First = Block;
        Heap->Cache[Units].Count++;
        Seal(Heap, Entry, ENTRY_BUSY | ENTRY_CACHED);
        return;
    }
    Release(Heap, Entry);
}

void HeapFlushCaches(HEAP *Heap)
{
    for (ULONG Units = 0; Units < HEAP_CACHES; Units++) {
        for (HEAP_FREE *Block; (Block = Heap->Cache[Units].First) != NULL;) {
            Heap->Cache[Units].First = Block->NextCached;
            Release(Heap, &Block->Entry);
        }
        Heap->Cache[Units].Count = 0;
    }
}

/* In place only: shrinks, or grows into what follows. */
bool HeapResizeBlock(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Size, ULONG Flags)
{
    ULONG Units = UnitsFor(Size), Old = Entry->Units;
    SIZE_T OldSize = HeapDataSize(Entry);
    HEAP_SEGMENT *Segment = &Heap->Segment[Entry->Segment];

    if (Units > Old) {
        HEAP_ENTRY *Next = HeapNext(Entry);
        ULONG More = Units - Old;
        if ((UCHAR *)Next == Segment->Top) {
            if (!CommitTop(Heap, Segment, (SIZE_T)More * HEAP_UNIT))
                return false;
            Segment->Top += (SIZE_T)More * HEAP_UNIT;
            if (Segment->Top > Segment->Virgin)
                Segment->Virgin = Segment->Top;
            Entry->Units = Units;
        } else if (!(Next->Flags & ENTRY_BUSY) && Next->Units >= More) {
            Unbin(Heap, Next);
            Entry->Units += Next->Units;
        } else {
            return false;
        }
        FixFollower(Heap, Entry);
    }
    Split(Heap, Entry, Units);
    Entry->Unused = (USHORT)((SIZE_T)Entry->Units * HEAP_UNIT - sizeof *Entry - Size);
    Seal(Heap, Entry, Entry->Flags);
    if ((Flags & HEAP_ZERO_MEMORY) && Size > OldSize)
        memset((UCHAR *)(Entry + 1) + OldSize, 0, Size - OldSize);
    return true;
}

/* ---- blocks with their own virtual memory ------------------------------------------------------------------------------------------ */

PVOID HeapAllocateLarge(HEAP *Heap, SIZE_T Size, ULONG Flags)
{
    PVOID Base = NULL;
    SIZE_T Total = ROUND_UP(Size + sizeof(HEAP_LARGE), PAGE_SIZE);

    if (Total < Size || !(Heap->Flags & HEAP_GROWABLE))
        return NULL;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Total, MEM_RESERVE | MEM_COMMIT, Heap->Protect)))
        return NULL;
    HEAP_LARGE *Large = Base;
    Large->Size = Size;
    Large->Committed = Total;
    Seal(Heap, &Large->Entry, ENTRY_BUSY | ENTRY_LARGE | (Flags & HEAP_SETTABLE_USER_VALUE ? ENTRY_VALUE : 0));
    InsertTailList(&Heap->Large, &Large->Links);
    return Large + 1;
}

void HeapFreeLarge(HEAP *Heap, HEAP_LARGE *Large)
{
    PVOID Base = Large;
    SIZE_T Size = 0;

    if (Large->Links.Flink->Blink != &Large->Links || Large->Links.Blink->Flink != &Large->Links)
        HeapCorrupt(Heap, Large + 1, "header overwritten");
    RemoveEntryList(&Large->Links);
    NtFreeVirtualMemory(NtCurrentProcess(), &Base, &Size, MEM_RELEASE);
}

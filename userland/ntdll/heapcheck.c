/* SPDX-License-Identifier: MIT */
/*
 * heapcheck.c - looking at a whole heap: validate, walk, compact, zero.
 */
#include "heap.h"

static inline void Lock(HEAP *Heap, ULONG Flags)
{
    if (!((Heap->Flags | Flags) & HEAP_NO_SERIALIZE))
        RtlEnterCriticalSection(&Heap->Lock);
}

static inline void Unlock(HEAP *Heap, ULONG Flags)
{
    if (!((Heap->Flags | Flags) & HEAP_NO_SERIALIZE))
        RtlLeaveCriticalSection(&Heap->Lock);
}

static bool EntryIsSound(HEAP *Heap, HEAP_SEGMENT *Segment, HEAP_ENTRY *Entry, ULONG PreviousUnits)
{
    return Entry->Units >= HEAP_MIN_UNITS && (SIZE_T)Entry->Units * HEAP_UNIT <= (SIZE_T)(Segment->Top - (UCHAR *)Entry) &&
           Entry->PreviousUnits == PreviousUnits && Entry->Check == HeapCheckWord(Heap, Entry) &&
           &Heap->Segment[Entry->Segment] == Segment;
}

static bool SegmentIsSound(HEAP *Heap, HEAP_SEGMENT *Segment)
{
    ULONG Previous = 0;

    for (HEAP_ENTRY *Entry = (HEAP_ENTRY *)Segment->First; (UCHAR *)Entry != Segment->Top; Entry = HeapNext(Entry)) {
        if (!EntryIsSound(Heap, Segment, Entry, Previous)) {
            DbgPrint("heap %p: entry %p is damaged\n", (void *)Heap, (void *)Entry);
            return false;
        }
        Previous = Entry->Units;
    }
    return Previous == Segment->LastUnits;
}

BOOLEAN NTAPI RtlValidateHeap(PVOID HeapHandle, ULONG Flags, PVOID Block)
{
    HEAP *Heap = HeapHandle;
    bool Sound = true;

    if (Heap == NULL || Heap->Signature != HEAP_SIGNATURE)
        return FALSE;
    Lock(Heap, Flags);
    if (Block != NULL) {
        HEAP_ENTRY *Entry = HeapEntry(Block);
        Sound = (Entry->Flags & (ENTRY_BUSY | ENTRY_CACHED)) == ENTRY_BUSY && Entry->Check == HeapCheckWord(Heap, Entry);
    } else {
        for (ULONG Index = 0; Index < Heap->SegmentCount && Sound; Index++)
            Sound = SegmentIsSound(Heap, &Heap->Segment[Index]);
    }
    Unlock(Heap, Flags);
    return Sound;
}

BOOLEAN NTAPI RtlValidateProcessHeaps(VOID)
{
    BOOLEAN Sound = TRUE;

    RtlAcquirePebLock();
    for (ULONG Index = 0; Index < Peb()->NumberOfHeaps; Index++)
        Sound &= RtlValidateHeap(Peb()->ProcessHeaps[Index], 0, NULL);
    RtlReleasePebLock();
    return Sound;
}

/* Merges what the caches hold; returns the largest free block. */
SIZE_T NTAPI RtlCompactHeap(PVOID HeapHandle, ULONG Flags)
{
    HEAP *Heap = HeapHandle;
    SIZE_T Largest = 0;

    if (Heap == NULL || Heap->Signature != HEAP_SIGNATURE)
        return 0;
    Lock(Heap, Flags);
    HeapFlushCaches(Heap);
    for (ULONG Index = 0; Index < Heap->SegmentCount; Index++) {
        HEAP_SEGMENT *Segment = &Heap->Segment[Index];
        for (HEAP_ENTRY *Entry = (HEAP_ENTRY *)Segment->First; (UCHAR *)Entry != Segment->Top; Entry = HeapNext(Entry)) {
            if (!(Entry->Flags & ENTRY_BUSY) && (SIZE_T)Entry->Units * HEAP_UNIT > Largest)
                Largest = (SIZE_T)Entry->Units * HEAP_UNIT;
        }
        if ((SIZE_T)(Segment->Committed - Segment->Top) > Largest)
            Largest = (SIZE_T)(Segment->Committed - Segment->Top);
    }
    Unlock(Heap, Flags);
    return Largest;
}

/* Overwrites all free memory with zeros. */
NTSTATUS NTAPI RtlZeroHeap(PVOID HeapHandle, ULONG Flags)
{
    HEAP *Heap = HeapHandle;

    Lock(Heap, Flags);
    HeapFlushCaches(Heap);
    for (ULONG Index = 0; Index < Heap->SegmentCount; Index++) {
        HEAP_SEGMENT *Segment = &Heap->Segment[Index];
        for (HEAP_ENTRY *Entry = (HEAP_ENTRY *)Segment->First; (UCHAR *)Entry != Segment->Top; Entry = HeapNext(Entry)) {
            if (!(Entry->Flags & ENTRY_BUSY))
                memset((HEAP_FREE *)Entry + 1, 0, (SIZE_T)Entry->Units * HEAP_UNIT - sizeof(HEAP_FREE));
        }
    }
    Unlock(Heap, Flags);
    return STATUS_SUCCESS;
}

static void DescribeEntry(HEAP_ENTRY *Entry, UCHAR SegmentIndex, PRTL_HEAP_WALK_ENTRY Walk)
{
    bool Busy = (Entry->Flags & (ENTRY_BUSY | ENTRY_CACHED)) == ENTRY_BUSY;

    memset(Walk, 0, sizeof *Walk);
    Walk->DataAddress = Entry + 1;
    Walk->DataSize = Busy ? HeapDataSize(Entry) : (SIZE_T)Entry->Units * HEAP_UNIT - sizeof *Entry;
    Walk->OverheadBytes = (UCHAR)(sizeof *Entry + (Busy && !(Entry->Flags & ENTRY_LARGE) ? Entry->Unused : 0));
    Walk->SegmentIndex = SegmentIndex;
    Walk->Flags = Busy ? RTL_HEAP_BUSY : 0;
}

static void DescribeSegment(HEAP_SEGMENT *Segment, UCHAR Index, PRTL_HEAP_WALK_ENTRY Walk)
{
    memset(Walk, 0, sizeof *Walk);
    Walk->DataAddress = Segment->Base;
    Walk->DataSize = (SIZE_T)(Segment->First - Segment->Base);
    Walk->SegmentIndex = Index;
    Walk->Flags = RTL_HEAP_SEGMENT;
    Walk->Segment.CommittedSize = (ULONG)(Segment->Committed - Segment->Base);
    Walk->Segment.UnCommittedSize = (ULONG)(Segment->End - Segment->Committed);
    Walk->Segment.FirstEntry = Segment->First;
    Walk->Segment.LastEntry = Segment->End;
}

/* Order: segment 0, its blocks, its free top, segment 1 ...; then the large blocks.  The caller holds the heap (RtlLockHeap). */
NTSTATUS NTAPI RtlWalkHeap(PVOID HeapHandle, PRTL_HEAP_WALK_ENTRY Walk)
{
    HEAP *Heap = HeapHandle;
    UCHAR *Next;
    ULONG Index = Walk->SegmentIndex;

    if (Heap == NULL || Heap->Signature != HEAP_SIGNATURE || Index >= HEAP_MAX_SEGMENTS)
        return STATUS_INVALID_PARAMETER;
    HEAP_SEGMENT *Segment = &Heap->Segment[Index];
    if (Walk->DataAddress == NULL) {
        DescribeSegment(&Heap->Segment[0], 0, Walk);
        return STATUS_SUCCESS;
    }
    if (!(Walk->Flags & (RTL_HEAP_SEGMENT | RTL_HEAP_UNCOMMITTED_RANGE)) && (HeapEntry(Walk->DataAddress)->Flags & ENTRY_LARGE)) {
        LIST_ENTRY *Link = HeapLarge(HeapEntry(Walk->DataAddress))->Links.Flink;
        if (Link == &Heap->Large)
            return STATUS_NO_MORE_ENTRIES;
        DescribeEntry(&CONTAINING_RECORD(Link, HEAP_LARGE, Links)->Entry, 0, Walk);
        return STATUS_SUCCESS;
    }
    if (Walk->Flags & RTL_HEAP_UNCOMMITTED_RANGE) {
        if (++Index < Heap->SegmentCount) {
            DescribeSegment(&Heap->Segment[Index], (UCHAR)Index, Walk);
            return STATUS_SUCCESS;
        }
        if (IsListEmpty(&Heap->Large))
            return STATUS_NO_MORE_ENTRIES;
        DescribeEntry(&CONTAINING_RECORD(Heap->Large.Flink, HEAP_LARGE, Links)->Entry, 0, Walk);
        return STATUS_SUCCESS;
    }
    Next = Walk->Flags & RTL_HEAP_SEGMENT ? Segment->First : (UCHAR *)HeapNext(HeapEntry(Walk->DataAddress));
    if (Next < Segment->Top) {
        DescribeEntry((HEAP_ENTRY *)Next, (UCHAR)Index, Walk);
        return STATUS_SUCCESS;
    }
    memset(Walk, 0, sizeof *Walk);
    Walk->DataAddress = Segment->Top;
    Walk->DataSize = (SIZE_T)(Segment->End - Segment->Top);
    Walk->SegmentIndex = (UCHAR)Index;
    Walk->Flags = RTL_HEAP_UNCOMMITTED_RANGE;
    return STATUS_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * heap.c - the heap interface: RtlCreateHeap ... RtlFreeHeap.
 *
 * Flags, failures and sizes are Windows': 16-byte alignment, sizes exact to the byte (RtlSizeHeap), HEAP_NO_SERIALIZE, HEAP_ZERO_MEMORY,
 * HEAP_GENERATE_EXCEPTIONS (STATUS_NO_MEMORY is raised), HEAP_REALLOC_IN_PLACE_ONLY, HEAP_CREATE_ENABLE_EXECUTE.  The layout inside is ours
 * (heap.h).  Debug heaps (tail and free checking, page heap) are not there; the check words find most overruns.
 * Windows Internals, 7th ed., part 1, chapter 5 "Heap manager".
 */
#include "heap.h"

#define INLINE_HEAPS 16
static PVOID HeapTable[INLINE_HEAPS];

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

static bool IsHeap(HEAP *Heap)
{
    if (LIKELY(Heap != NULL && Heap->Signature == HEAP_SIGNATURE))
        return true;
    RtlpReport("heap %p: not a heap\n", (void *)Heap);
    return false;
}

static PVOID NoMemory(HEAP *Heap, ULONG Flags)
{
    RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_NO_MEMORY);
    if ((Heap->Flags | Flags) & HEAP_GENERATE_EXCEPTIONS)
        RtlRaiseStatus(STATUS_NO_MEMORY);
    return NULL;
}

/* ---- the process's list of heaps (PEB) ---------------------------------------------------------------------------------------- */

static void AddHeap(HEAP *Heap)
{
    PNPEB PebNow = Peb();

    if (PebNow->ProcessHeaps == NULL) { /* the first heap, before any lock exists */
        PebNow->ProcessHeaps = HeapTable;
        PebNow->MaximumNumberOfHeaps = INLINE_HEAPS;
    }
    if (PebNow->NumberOfHeaps == PebNow->MaximumNumberOfHeaps) {
        PVOID *Larger = Allocate(PebNow->MaximumNumberOfHeaps * 2 * sizeof(PVOID));
        if (Larger == NULL)
            return;
        memcpy(Larger, PebNow->ProcessHeaps, PebNow->NumberOfHeaps * sizeof(PVOID));
        PebNow->ProcessHeaps = Larger; /* the old table stays: a debugger may be reading it */
        PebNow->MaximumNumberOfHeaps *= 2;
    }
    PebNow->ProcessHeaps[PebNow->NumberOfHeaps++] = Heap;
}

static void RemoveHeap(HEAP *Heap)
{
    PNPEB PebNow = Peb();

    for (ULONG Index = 0; Index < PebNow->NumberOfHeaps; Index++) {
        if (PebNow->ProcessHeaps[Index] == Heap) {
            memmove(&PebNow->ProcessHeaps[Index], &PebNow->ProcessHeaps[Index + 1],
                    (PebNow->NumberOfHeaps - Index - 1) * sizeof(PVOID));
            PebNow->NumberOfHeaps--;
            return;
        }
    }
}

ULONG NTAPI RtlGetProcessHeaps(ULONG Count, PVOID *Heaps)
{
    RtlAcquirePebLock();
    ULONG Total = Peb()->NumberOfHeaps;
    if (Total <= Count)
        memcpy(Heaps, Peb()->ProcessHeaps, Total * sizeof(PVOID));
    RtlReleasePebLock();
    return Total;
}

NTSTATUS NTAPI RtlEnumProcessHeaps(NTSTATUS(NTAPI *Routine)(PVOID Heap, PVOID Context), PVOID Context)
{
    NTSTATUS Status = STATUS_SUCCESS;

    RtlAcquirePebLock();
    for (ULONG Index = 0; Index < Peb()->NumberOfHeaps && NT_SUCCESS(Status); Index++)
        Status = Routine(Peb()->ProcessHeaps[Index], Context);
    RtlReleasePebLock();
    return Status;
}

/* ---- creation and destruction --------------------------------------------------------------------------------------------------- */

/* Reserves and commits the first segment; the HEAP itself lies at its start. */
static HEAP *MapFirstSegment(ULONG Flags, PVOID Base, SIZE_T Reserve, SIZE_T Commit, HEAP_SEGMENT *Segment)
{
    ULONG Protect = Flags & HEAP_CREATE_ENABLE_EXECUTE ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    SIZE_T Size = ROUND_UP(Reserve, HEAP_COMMIT_STEP);

    memset(Segment, 0, sizeof *Segment);
    if (Base != NULL) { /* the caller's committed memory */
        if (Commit < sizeof(HEAP) + PAGE_SIZE)
            return NULL;
        memset(Base, 0, sizeof(HEAP));
        Segment->Foreign = true;
        Segment->Base = Base;
        Segment->Committed = Segment->End = (UCHAR *)Base + Commit;
        return Base;
    }
    Commit = ROUND_UP(Commit + sizeof(HEAP), PAGE_SIZE);
    if (Commit > Size)
        Commit = Size;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Size, MEM_RESERVE, Protect)))
        return NULL;
    Segment->Base = Base;
    Segment->End = (UCHAR *)Base + Size;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Commit, MEM_COMMIT, Protect))) {
        Size = 0;
        NtFreeVirtualMemory(NtCurrentProcess(), &Base, &Size, MEM_RELEASE);
        return NULL;
    }
    Segment->Committed = Segment->Base + Commit;
    return Base;
}

PVOID NTAPI RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID LockMemory,
                          PRTL_HEAP_PARAMETERS Parameters)
{
    HEAP_SEGMENT Segment;

    if (Parameters != NULL && Parameters->Length == sizeof *Parameters && Parameters->CommitRoutine != NULL) {
        RtlpNotImplemented("RtlCreateHeap with a commit routine");
        return NULL;
    }
    if (LockMemory != NULL && (Flags & HEAP_NO_SERIALIZE))
        return NULL;
    if (CommitSize < HEAP_COMMIT_STEP && HeapBase == NULL)
        CommitSize = HEAP_COMMIT_STEP - sizeof(HEAP); /* commitment costs nothing until it is touched */
    if (ReserveSize < CommitSize)
        ReserveSize = CommitSize + sizeof(HEAP);
    if (ReserveSize < HEAP_DEFAULT_RESERVE && (Flags & HEAP_GROWABLE))
        ReserveSize = HEAP_DEFAULT_RESERVE;

    HEAP *Heap = MapFirstSegment(Flags, HeapBase, ReserveSize, CommitSize, &Segment);
    if (Heap == NULL)
        return NULL;
    Heap->Flags = Flags;
    Heap->Protect = Flags & HEAP_CREATE_ENABLE_EXECUTE ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    Heap->Key = (ULONG)__builtin_ia32_rdtsc() * 0x9E3779B1u ^ SharedCookie() ^ (ULONG)(ULONG_PTR)Heap;
    Heap->NextReserve = HEAP_DEFAULT_RESERVE;
    InitializeListHead(&Heap->Large);
    RtlpInitializeLock(&Heap->Lock);
    Heap->Segment[0] = Segment;
    HeapSetUp(Heap, &Heap->Segment[0], (UCHAR *)Heap + ROUND_UP(sizeof(HEAP), HEAP_UNIT));
    if (Segment.Foreign) /* its content is not known to be zero */
        Heap->Segment[0].Virgin = Segment.End;
    Heap->Signature = HEAP_SIGNATURE;

    RtlAcquirePebLock();
    AddHeap(Heap);
    RtlReleasePebLock();
    return Heap;
}

/* Returns NULL when it is gone, the handle when it was not destroyed. */
PVOID NTAPI RtlDestroyHeap(PVOID HeapHandle)
{
    HEAP *Heap = HeapHandle;
    UCHAR *Bases[HEAP_MAX_SEGMENTS];

    if (!IsHeap(Heap) || Heap == ProcessHeap())
        return HeapHandle;
    RtlAcquirePebLock();
    RemoveHeap(Heap);
    RtlReleasePebLock();
    while (!IsListEmpty(&Heap->Large))
        HeapFreeLarge(Heap, CONTAINING_RECORD(Heap->Large.Flink, HEAP_LARGE, Links));
    ULONG Count = Heap->SegmentCount;
    for (ULONG Index = 0; Index < Count; Index++)
        Bases[Index] = Heap->Segment[Index].Foreign ? NULL : Heap->Segment[Index].Base;
    Heap->Signature = 0;
    for (ULONG Index = Count; Index-- != 0;) {
        PVOID Base = Bases[Index];
        SIZE_T Size = 0;
        if (Base != NULL)
            NtFreeVirtualMemory(NtCurrentProcess(), &Base, &Size, MEM_RELEASE);
    }
    return NULL;
}

/* ---- blocks ------------------------------------------------------------------------------------------------------------------------ */

PVOID NTAPI RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size)
{
    HEAP *Heap = HeapHandle;
    PVOID Block;

    if (UNLIKELY(!IsHeap(Heap)))
        return NULL;
    SIZE_T Real = Flags & HEAP_SETTABLE_USER_VALUE ? ROUND_UP(Size, 8) + 8 : Size;
    if (UNLIKELY(Size > MAXLONG64 - PAGE_SIZE))
        return NoMemory(Heap, Flags);
    Lock(Heap, Flags);
    Block = LIKELY(Real <= HEAP_LARGE_LIMIT) ? HeapAllocateBlock(Heap, Real, Flags) : HeapAllocateLarge(Heap, Real, Flags);
    if (Flags & HEAP_SETTABLE_USER_VALUE && Block != NULL)
        ((PVOID *)((UCHAR *)Block + Real))[-1] = NULL;
    Unlock(Heap, Flags);
    return LIKELY(Block != NULL) ? Block : NoMemory(Heap, Flags);
}

BOOLEAN NTAPI RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID Block)
{
    HEAP *Heap = HeapHandle;

    if (Block == NULL)
        return TRUE;
    if (UNLIKELY(!IsHeap(Heap)))
        return FALSE;
    Lock(Heap, Flags);
    HEAP_ENTRY *Entry = HeapVerifyBlock(Heap, Block, "freed");
    if (Entry != NULL) {
        if (UNLIKELY(Entry->Flags & ENTRY_LARGE))
            HeapFreeLarge(Heap, HeapLarge(Entry));
        else
            HeapFreeBlock(Heap, Entry);
    }
    Unlock(Heap, Flags);
    return Entry != NULL;
}

static inline SIZE_T UserSize(HEAP_ENTRY *Entry)
{
    SIZE_T Size = HeapDataSize(Entry);

    return Entry->Flags & ENTRY_VALUE ? Size - 8 : Size;
}

SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID Block)
{
    HEAP *Heap = HeapHandle;
    SIZE_T Size = (SIZE_T)-1;

    if (Block == NULL || !IsHeap(Heap))
        return Size;
    Lock(Heap, Flags);
    HEAP_ENTRY *Entry = HeapVerifyBlock(Heap, Block, "measured");
    if (Entry != NULL)
        Size = UserSize(Entry);
    Unlock(Heap, Flags);
    return Size;
}

/* A new block with the old one's content; the old one is freed. */
static PVOID Move(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Size, ULONG Flags)
{
    SIZE_T Old = HeapDataSize(Entry), Kept = Old < Size ? Old : Size;
    PVOID Block = Size <= HEAP_LARGE_LIMIT ? HeapAllocateBlock(Heap, Size, Flags & ~HEAP_ZERO_MEMORY)
                                           : HeapAllocateLarge(Heap, Size, Flags);

    if (Block == NULL)
        return NULL;
    memcpy(Block, Entry + 1, Kept);
    if ((Flags & HEAP_ZERO_MEMORY) && Size > Kept)
        memset((UCHAR *)Block + Kept, 0, Size - Kept);
    if (Entry->Flags & ENTRY_LARGE)
        HeapFreeLarge(Heap, HeapLarge(Entry));
    else
        HeapFreeBlock(Heap, Entry);
    return Block;
}

static PVOID Resize(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Size, ULONG Flags)
{
    if (Entry->Flags & ENTRY_LARGE) {
        HEAP_LARGE *Large = HeapLarge(Entry);
        if (Size > HEAP_LARGE_LIMIT && Size <= Large->Committed - sizeof *Large) {
            if ((Flags & HEAP_ZERO_MEMORY) && Size > Large->Size)
                memset((UCHAR *)(Large + 1) + Large->Size, 0, Size - Large->Size);
            Large->Size = Size;
            return Entry + 1;
        }
    } else if (Size <= HEAP_LARGE_LIMIT && HeapResizeBlock(Heap, Entry, Size, Flags)) {
        return Entry + 1;
    }
    return Flags & HEAP_REALLOC_IN_PLACE_ONLY ? NULL : Move(Heap, Entry, Size, Flags);
}

PVOID NTAPI RtlReAllocateHeap(PVOID HeapHandle, ULONG Flags, PVOID Block, SIZE_T Size)
{
    HEAP *Heap = HeapHandle;
    PVOID Result = NULL;

    if (Block == NULL) {
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(STATUS_INVALID_PARAMETER);
        return NULL;
    }
    if (!IsHeap(Heap))
        return NULL;
    if (Size > MAXLONG64 - PAGE_SIZE)
        return NoMemory(Heap, Flags);
    Lock(Heap, Flags);
    HEAP_ENTRY *Entry = HeapVerifyBlock(Heap, Block, "resized");
    if (Entry != NULL) {
        bool Value = (Entry->Flags & ENTRY_VALUE) != 0;
        PVOID User = Value ? ((PVOID *)((UCHAR *)Block + HeapDataSize(Entry)))[-1] : NULL;
        SIZE_T Real = Value ? ROUND_UP(Size, 8) + 8 : Size;
        Result = Resize(Heap, Entry, Real, Flags | (Value ? HEAP_SETTABLE_USER_VALUE : 0));
        if (Value && Result != NULL)
            ((PVOID *)((UCHAR *)Result + Real))[-1] = User;
    }
    Unlock(Heap, Flags);
    return Result != NULL ? Result : NoMemory(Heap, Flags);
}

BOOLEAN NTAPI RtlGetUserInfoHeap(PVOID HeapHandle, ULONG Flags, PVOID Block, PVOID *Value, PULONG UserFlags)
{
    HEAP *Heap = HeapHandle;

    Lock(Heap, Flags);
    HEAP_ENTRY *Entry = HeapVerifyBlock(Heap, Block, "queried");
    if (Entry != NULL && Value != NULL)
        *Value = Entry->Flags & ENTRY_VALUE ? ((PVOID *)((UCHAR *)Block + HeapDataSize(Entry)))[-1] : NULL;
    if (UserFlags != NULL)
        *UserFlags = 0;
    Unlock(Heap, Flags);
    return Entry != NULL;
}

BOOLEAN NTAPI RtlSetUserValueHeap(PVOID HeapHandle, ULONG Flags, PVOID Block, PVOID Value)
{
    HEAP *Heap = HeapHandle;

    Lock(Heap, Flags);
    HEAP_ENTRY *Entry = HeapVerifyBlock(Heap, Block, "marked");
    bool Settable = Entry != NULL && (Entry->Flags & ENTRY_VALUE);
    if (Settable)
        ((PVOID *)((UCHAR *)Block + HeapDataSize(Entry)))[-1] = Value;
    Unlock(Heap, Flags);
    return Settable;
}

BOOLEAN NTAPI RtlLockHeap(PVOID HeapHandle)
{
    HEAP *Heap = HeapHandle;

    if (!IsHeap(Heap))
        return FALSE;
    Lock(Heap, 0);
    return TRUE;
}

BOOLEAN NTAPI RtlUnlockHeap(PVOID HeapHandle)
{
    HEAP *Heap = HeapHandle;

    if (!IsHeap(Heap))
        return FALSE;
    Unlock(Heap, 0);
    return TRUE;
}

VOID NTAPI RtlProtectHeap(PVOID HeapHandle, BOOLEAN ReadOnly)
{
    HEAP *Heap = HeapHandle;
    ULONG Count = Heap->SegmentCount, Old;

    for (ULONG Index = Count; Index-- != 0;) { /* segment 0 holds the table: last when locking, and fetched first */
        PVOID Base = Heap->Segment[Index].Base;
        SIZE_T Size = (SIZE_T)(Heap->Segment[Index].Committed - Heap->Segment[Index].Base);
        NtProtectVirtualMemory(NtCurrentProcess(), &Base, &Size, ReadOnly ? PAGE_READONLY : PAGE_READWRITE, &Old);
    }
}

/* The caches in front of the bins stand for the low-fragmentation heap: a heap that is neither fixed in size nor unserialised has it. */
static ULONG FrontEnd(const HEAP *Heap)
{
    return (Heap->Flags & HEAP_GROWABLE) && !(Heap->Flags & HEAP_NO_SERIALIZE) ? 2 : 0;
}

DWORD NTAPI RtlSetHeapInformation(PVOID HeapHandle, HEAP_INFORMATION_CLASS Class, PVOID Information, SIZE_T Length)
{
    const ULONG *Value = Information;

    switch ((ULONG)Class) {
    case 0: /* HeapCompatibilityInformation */
        if (Length < sizeof(ULONG))
            return (DWORD)STATUS_BUFFER_TOO_SMALL;
        return *Value == 2 && IsHeap(HeapHandle) && FrontEnd(HeapHandle) == 2 ? STATUS_SUCCESS : (DWORD)STATUS_UNSUCCESSFUL;
    case 1: /* HeapEnableTerminationOnCorruption */
        return STATUS_SUCCESS;
    case 3: /* HeapOptimizeResources: version 1, no flags */
        if (Length < 2 * sizeof(ULONG) || Value[0] != 1 || Value[1] != 0)
            return (DWORD)STATUS_INVALID_PARAMETER;
        if (HeapHandle != NULL)
            RtlCompactHeap(HeapHandle, 0);
        return STATUS_SUCCESS;
    default:
        return (DWORD)STATUS_INVALID_INFO_CLASS;
    }
}

DWORD NTAPI RtlQueryHeapInformation(PVOID HeapHandle, HEAP_INFORMATION_CLASS Class, PVOID Information, SIZE_T Length, PSIZE_T Returned)
{
    if ((ULONG)Class != 0)
        return (DWORD)STATUS_INVALID_INFO_CLASS;
    if (Returned != NULL)
        *Returned = sizeof(ULONG);
    if (Length < sizeof(ULONG))
        return (DWORD)STATUS_BUFFER_TOO_SMALL;
    if (!IsHeap(HeapHandle))
        return (DWORD)STATUS_INVALID_PARAMETER;
    *(ULONG *)Information = FrontEnd(HeapHandle);
    return STATUS_SUCCESS;
}

/* The hooks through which kernel/rtl allocates. */
PVOID RtlpAllocate(SIZE_T Size)
{
    return Allocate(Size);
}

void RtlpFree(PVOID Block)
{
    Free(Block);
}

/* SPDX-License-Identifier: MIT */
/*
 * heap.c - Heap*, Local*, Global*.  HeapAlloc, HeapReAlloc and HeapSize are forwarded to ntdll.
 *
 * Local and global memory are the same thing here, as on Windows: a fixed block is a block of the process heap; a movable one is an entry
 * of a table, whose address (which ends in 8, where heap blocks end in 0) is the handle, so that the two can be told apart.
 */
#include "k32.h"

HANDLE WINAPI GetProcessHeap(void)
{
    return BasePeb()->ProcessHeap;
}

DWORD WINAPI GetProcessHeaps(DWORD Count, PHANDLE Heaps)
{
    return RtlGetProcessHeaps(Count, Heaps);
}

HANDLE WINAPI HeapCreate(DWORD Options, SIZE_T Initial, SIZE_T Maximum)
{
    ULONG Flags = (Options & (HEAP_GENERATE_EXCEPTIONS | HEAP_NO_SERIALIZE | HEAP_CREATE_ENABLE_EXECUTE)) | 0x1000 /* HEAP_CLASS_1: a private heap */;

    if (Maximum == 0) {
        Flags |= HEAP_GROWABLE;
    } else if (Maximum < Initial) {
        Maximum = Initial;
    }
    HANDLE Heap = RtlCreateHeap(Flags, NULL, Maximum, Initial, NULL, NULL);
    if (Heap == NULL) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    }
    return Heap;
}

/* Not forwarded: RtlFreeHeap's result is a BOOLEAN. */
BOOL WINAPI HeapFree(HANDLE Heap, DWORD Flags, LPVOID Block)
{
    return RtlFreeHeap(Heap, Flags, Block) || BaseFail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI HeapDestroy(HANDLE Heap)
{
    return RtlDestroyHeap(Heap) == NULL || BaseFail(ERROR_INVALID_HANDLE);
}

BOOL WINAPI HeapValidate(HANDLE Heap, DWORD Flags, LPCVOID Block)
{
    return RtlValidateHeap(Heap, Flags, (PVOID)Block);
}

SIZE_T WINAPI HeapCompact(HANDLE Heap, DWORD Flags)
{
    return RtlCompactHeap(Heap, Flags);
}

BOOL WINAPI HeapLock(HANDLE Heap)
{
    return RtlLockHeap(Heap);
}

BOOL WINAPI HeapUnlock(HANDLE Heap)
{
    return RtlUnlockHeap(Heap);
}

/* Only the kind of front end is a setting that programs ask for; corruption always ends the process here. */
BOOL WINAPI HeapSetInformation(HANDLE Heap, HEAP_INFORMATION_CLASS Class, PVOID Information, SIZE_T Length)
{
    UNUSED(Heap);
    if (Class == HeapEnableTerminationOnCorruption) {
        return TRUE;
    }
    if (Class == HeapCompatibilityInformation && Length >= sizeof(ULONG)) {
        return *(const ULONG *)Information == 2 || BaseFail(ERROR_GEN_FAILURE);
    }
    return BaseFail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI HeapQueryInformation(HANDLE Heap, HEAP_INFORMATION_CLASS Class, PVOID Information, SIZE_T Length, PSIZE_T Returned)
{
    UNUSED(Heap);
    if (Class != HeapCompatibilityInformation) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Returned != NULL) {
        *Returned = sizeof(ULONG);
    }
    if (Length < sizeof(ULONG)) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    *(ULONG *)Information = 2; /* the low-fragmentation heap, which every Windows since Vista reports */
    return TRUE;
}

BOOL WINAPI HeapWalk(HANDLE Heap, LPPROCESS_HEAP_ENTRY Entry)
{
    RTL_HEAP_WALK_ENTRY Walk = {0};

    if (Entry->lpData != NULL) {
        Walk.DataAddress = Entry->lpData;
        Walk.DataSize = Entry->cbData;
        Walk.Flags = (Entry->wFlags & PROCESS_HEAP_ENTRY_BUSY ? RTL_HEAP_BUSY : 0) |
                     (Entry->wFlags & PROCESS_HEAP_REGION ? RTL_HEAP_SEGMENT : 0) |
                     (Entry->wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE ? RTL_HEAP_UNCOMMITTED_RANGE : 0);
        Walk.SegmentIndex = Entry->iRegionIndex;
    }
    NTSTATUS Status = RtlWalkHeap(Heap, &Walk);
    if (!NT_SUCCESS(Status)) {
        return Status == STATUS_NO_MORE_ENTRIES ? BaseFail(ERROR_NO_MORE_ITEMS) : BaseResult(Status);
    }
    Entry->lpData = Walk.DataAddress;
    Entry->cbData = (DWORD)Walk.DataSize;
    Entry->cbOverhead = Walk.OverheadBytes;
    Entry->iRegionIndex = Walk.SegmentIndex;
    Entry->wFlags = 0;
    if (Walk.Flags & RTL_HEAP_BUSY) {
        Entry->wFlags = PROCESS_HEAP_ENTRY_BUSY;
    } else if (Walk.Flags & RTL_HEAP_SEGMENT) {
        Entry->wFlags = PROCESS_HEAP_REGION;
        Entry->Region.dwCommittedSize = Walk.Segment.CommittedSize;
        Entry->Region.dwUnCommittedSize = Walk.Segment.UnCommittedSize;
        Entry->Region.lpFirstBlock = Walk.Segment.FirstEntry;
        Entry->Region.lpLastBlock = Walk.Segment.LastEntry;
    } else if (Walk.Flags & RTL_HEAP_UNCOMMITTED_RANGE) {
        Entry->wFlags = PROCESS_HEAP_UNCOMMITTED_RANGE;
    }
    return TRUE;
}

/* ---- local and global memory ------------------------------------------------------------------------------------------------------ */

/* Pointer comes second: the handle is &Pointer, at 8 modulo 16. */
typedef struct _MOVABLE
{
    ULONG LockCount;
    ULONG Flags;
    PVOID Pointer; /* null: discarded */
} MOVABLE;
static_assert(offsetof(MOVABLE, Pointer) == 8, "the handle ends in 8");

static MOVABLE *AsMovable(HANDLE Handle)
{
    return ((ULONG_PTR)Handle & 15) == 8 ? CONTAINING_RECORD(Handle, MOVABLE, Pointer) : NULL;
}

static BOOL IsHeapBlock(PVOID Block)
{
    return Block != NULL && ((ULONG_PTR)Block & 15) == 0;
}

HLOCAL WINAPI LocalAlloc(UINT Flags, SIZE_T Size)
{
    PVOID Heap = BasePeb()->ProcessHeap;
    ULONG HeapFlags = Flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0;
    MOVABLE *Movable;

    if (!(Flags & LMEM_MOVEABLE)) {
        PVOID Block = RtlAllocateHeap(Heap, HeapFlags, Size);
        if (Block == NULL) {
            BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        }
        return Block;
    }
    Movable = RtlAllocateHeap(Heap, HEAP_ZERO_MEMORY, sizeof(*Movable));
    if (Movable != NULL && Size != 0) {
        Movable->Pointer = RtlAllocateHeap(Heap, HeapFlags, Size);
        if (Movable->Pointer == NULL) {
            RtlFreeHeap(Heap, 0, Movable);
            Movable = NULL;
        }
    }
    if (Movable == NULL) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    return (HLOCAL)&Movable->Pointer;
}

HLOCAL WINAPI LocalFree(HLOCAL Memory)
{
    PVOID Heap = BasePeb()->ProcessHeap;
    MOVABLE *Movable = AsMovable(Memory);

    if (Memory == NULL) {
        return NULL;
    }
    if (Movable != NULL) {
        if (Movable->Pointer != NULL) {
            RtlFreeHeap(Heap, 0, Movable->Pointer);
        }
        RtlFreeHeap(Heap, 0, Movable);
        return NULL;
    }
    if (!IsHeapBlock(Memory) || !RtlFreeHeap(Heap, 0, Memory)) {
        BaseFail(ERROR_INVALID_HANDLE);
        return Memory;
    }
    return NULL;
}

LPVOID WINAPI LocalLock(HLOCAL Memory)
{
    MOVABLE *Movable = AsMovable(Memory);

    if (Movable == NULL) {
        return Memory;
    }
    if (Movable->Pointer == NULL) {
        BaseFail(ERROR_DISCARDED);
        return NULL;
    }
    InterlockedIncrement((LONG volatile *)&Movable->LockCount);
    return Movable->Pointer;
}

BOOL WINAPI LocalUnlock(HLOCAL Memory)
{
    MOVABLE *Movable = AsMovable(Memory);

    if (Movable == NULL || Movable->LockCount == 0) {
        return BaseFail(ERROR_NOT_LOCKED);
    }
    BaseFail(NO_ERROR);
    return InterlockedDecrement((LONG volatile *)&Movable->LockCount) != 0;
}

SIZE_T WINAPI LocalSize(HLOCAL Memory)
{
    MOVABLE *Movable = AsMovable(Memory);
    PVOID Block = Movable != NULL ? Movable->Pointer : Memory;

    return Block == NULL ? 0 : RtlSizeHeap(BasePeb()->ProcessHeap, 0, Block);
}

HLOCAL WINAPI LocalReAlloc(HLOCAL Memory, SIZE_T Size, UINT Flags)
{
    PVOID Heap = BasePeb()->ProcessHeap;
    ULONG HeapFlags = Flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0;
    MOVABLE *Movable = AsMovable(Memory);
    PVOID New;

    if (Flags & LMEM_MODIFY) {
        return Memory;
    }
    if (Movable != NULL) {
        New = Movable->Pointer == NULL ? RtlAllocateHeap(Heap, HeapFlags, Size) : RtlReAllocateHeap(Heap, HeapFlags, Movable->Pointer, Size);
        if (New != NULL) {
            Movable->Pointer = New;
            return Memory;
        }
    } else {
        New = RtlReAllocateHeap(Heap, HeapFlags | (Flags & LMEM_MOVEABLE ? 0 : HEAP_REALLOC_IN_PLACE_ONLY), Memory, Size);
        if (New != NULL) {
            return New;
        }
    }
    BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

UINT WINAPI LocalFlags(HLOCAL Memory)
{
    MOVABLE *Movable = AsMovable(Memory);

    if (Movable == NULL) {
        return 0;
    }
    return (Movable->LockCount & LMEM_LOCKCOUNT) | (Movable->Pointer == NULL ? LMEM_DISCARDED : 0);
}

HLOCAL WINAPI LocalHandle(LPCVOID Block)
{
    return (HLOCAL)Block;
}

HGLOBAL WINAPI GlobalAlloc(UINT Flags, SIZE_T Size)
{
    return LocalAlloc(Flags, Size); /* GMEM_MOVEABLE and GMEM_ZEROINIT have the values of the LMEM ones */
}

HGLOBAL WINAPI GlobalFree(HGLOBAL Memory)
{
    return LocalFree(Memory);
}

LPVOID WINAPI GlobalLock(HGLOBAL Memory)
{
    return LocalLock(Memory);
}

BOOL WINAPI GlobalUnlock(HGLOBAL Memory)
{
    return LocalUnlock(Memory);
}

SIZE_T WINAPI GlobalSize(HGLOBAL Memory)
{
    return LocalSize(Memory);
}

HGLOBAL WINAPI GlobalReAlloc(HGLOBAL Memory, SIZE_T Size, UINT Flags)
{
    return LocalReAlloc(Memory, Size, Flags);
}

UINT WINAPI GlobalFlags(HGLOBAL Memory)
{
    return LocalFlags(Memory);
}

HGLOBAL WINAPI GlobalHandle(LPCVOID Block)
{
    return (HGLOBAL)Block;
}

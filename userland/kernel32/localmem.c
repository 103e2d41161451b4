/* SPDX-License-Identifier: MIT */
/*
 * localmem.c - Local* and Global*: memory with handles, from the time when blocks moved.
 *
 * A fixed block is a block of the process heap, its handle its address.  A movable one is an entry of a table; the handle is the address of the entry's
 * pointer, which ends in 8 where heap blocks end in 0, so the two can be told apart, and a handle that was freed is recognised.  The table
 * has room for 65536 entries, as on Windows, and is committed as it grows.  Local and global memory are one; they differ in a flag's value and in
 * what unlocking a fixed block answers.
 */
#include "k32.h"

#define MAXIMUM_HANDLES 0x10000u
#define COMMIT_STEP 0x1000u
#define MAXIMUM_LOCKS 0xFFu
#define INVALID_FLAGS 0x8000u /* GMEM_INVALID_HANDLE, LMEM_INVALID_HANDLE */

typedef struct _MOVABLE
{
    UCHAR Allocated;
    UCHAR Discardable;
    USHORT LockCount;
    PVOID Pointer; /* null: discarded; of a free entry: the next free one */
} MOVABLE;
static_assert(offsetof(MOVABLE, Pointer) == 8 && sizeof(MOVABLE) == 16, "handles end in 8");

static RTL_SRWLOCK TableLock = RTL_SRWLOCK_INIT; /* everything below, and all entries */
static MOVABLE *Table, *FreeEntry;
static ULONG TableUsed, TableCommitted; /* entries */

/* Table lock held. */
static MOVABLE *NewEntry(void)
{
    MOVABLE *Entry = FreeEntry;

    if (Entry != NULL) {
        FreeEntry = Entry->Pointer;
    } else {
        if (Table == NULL) {
            Table = VirtualAlloc(NULL, MAXIMUM_HANDLES * sizeof(MOVABLE), MEM_RESERVE, PAGE_READWRITE);
        }
        if (Table == NULL || TableUsed == MAXIMUM_HANDLES) {
            return NULL;
        }
        if (TableUsed == TableCommitted) {
            if (VirtualAlloc(&Table[TableUsed], COMMIT_STEP, MEM_COMMIT, PAGE_READWRITE) == NULL) {
                return NULL;
            }
            TableCommitted += COMMIT_STEP / sizeof(MOVABLE);
        }
        Entry = &Table[TableUsed++];
    }
    memset(Entry, 0, sizeof(*Entry));
    Entry->Allocated = TRUE;
    return Entry;
}

static BOOL IsMovableHandle(HANDLE Handle)
{
    return ((ULONG_PTR)Handle & 15) == offsetof(MOVABLE, Pointer);
}

/* Table lock held.  NULL and ERROR_INVALID_HANDLE: not a handle, or one that was freed. */
static MOVABLE *EntryOf(HANDLE Handle)
{
    ULONG_PTR Offset = (ULONG_PTR)Handle - offsetof(MOVABLE, Pointer) - (ULONG_PTR)Table;
    MOVABLE *Entry = &Table[Offset / sizeof(MOVABLE)];

    if (Table == NULL || Offset >= TableUsed * sizeof(MOVABLE) || !Entry->Allocated) {
        BaseFail(ERROR_INVALID_HANDLE);
        return NULL;
    }
    return Entry;
}

static HANDLE HandleOf(MOVABLE *Entry)
{
    return &Entry->Pointer;
}

/* A handle for Block, which stays the caller's on failure. */
static HANDLE MakeMovable(PVOID Block, BOOL Discardable)
{
    RtlAcquireSRWLockExclusive(&TableLock);
    MOVABLE *Entry = NewEntry();
    if (Entry != NULL) {
        Entry->Pointer = Block;
        Entry->Discardable = Discardable != FALSE;
    }
    RtlReleaseSRWLockExclusive(&TableLock);
    if (Entry == NULL) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    return HandleOf(Entry);
}

static HANDLE AllocateMemory(UINT Flags, SIZE_T Size, UINT ValidFlags, UINT Discardable)
{
    if (Flags & ~ValidFlags) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    BOOL Movable = (Flags & LMEM_MOVEABLE) != 0, Discarded = Movable && Size == 0;
    PVOID Heap = BasePeb()->ProcessHeap, Block = Discarded ? NULL : RtlAllocateHeap(Heap, Flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, Size);
    if (Block == NULL && !Discarded) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    if (!Movable) {
        return Block;
    }
    HANDLE Handle = MakeMovable(Block, (Flags & Discardable) != 0);
    if (Handle == NULL) {
        RtlFreeHeap(Heap, 0, Block);
    }
    return Handle;
}

HLOCAL WINAPI LocalAlloc(UINT Flags, SIZE_T Size)
{
    return AllocateMemory(Flags, Size, LMEM_VALID_FLAGS, LMEM_DISCARDABLE);
}

HGLOBAL WINAPI GlobalAlloc(UINT Flags, SIZE_T Size)
{
    return AllocateMemory(Flags, Size, GMEM_VALID_FLAGS, GMEM_DISCARDABLE);
}

HLOCAL WINAPI LocalFree(HLOCAL Memory)
{
    PVOID Block = Memory;

    if (Memory == NULL) {
        return NULL;
    }
    if (IsMovableHandle(Memory)) {
        RtlAcquireSRWLockExclusive(&TableLock);
        MOVABLE *Entry = EntryOf(Memory);
        if (Entry != NULL) {
            Block = Entry->Pointer;
            Entry->Allocated = FALSE;
            Entry->Pointer = FreeEntry;
            FreeEntry = Entry;
        }
        RtlReleaseSRWLockExclusive(&TableLock);
        if (Entry == NULL) {
            return Memory;
        }
    } else if ((ULONG_PTR)Memory & 15) {
        BaseFail(ERROR_INVALID_HANDLE);
        return Memory;
    }
    if (!RtlFreeHeap(BasePeb()->ProcessHeap, 0, Block)) {
        BaseFail(ERROR_INVALID_HANDLE);
        return Memory;
    }
    return NULL;
}

HGLOBAL WINAPI GlobalFree(HGLOBAL Memory)
{
    return LocalFree(Memory);
}

LPVOID WINAPI LocalLock(HLOCAL Memory)
{
    PVOID Block = NULL;

    if (!IsMovableHandle(Memory)) {
        return Memory;
    }
    RtlAcquireSRWLockExclusive(&TableLock);
    MOVABLE *Entry = EntryOf(Memory);
    if (Entry != NULL) {
        Block = Entry->Pointer;
        if (Block == NULL) {
            BaseFail(ERROR_DISCARDED);
        } else if (Entry->LockCount < MAXIMUM_LOCKS) {
            Entry->LockCount++;
        }
    }
    RtlReleaseSRWLockExclusive(&TableLock);
    return Block;
}

LPVOID WINAPI GlobalLock(HGLOBAL Memory)
{
    return LocalLock(Memory);
}

/* TRUE: it is locked still.  FALSE with NO_ERROR: not any more. */
static BOOL UnlockMovable(HANDLE Memory)
{
    BOOL Locked = FALSE;

    RtlAcquireSRWLockExclusive(&TableLock);
    MOVABLE *Entry = EntryOf(Memory);
    if (Entry != NULL && Entry->LockCount == 0) {
        BaseFail(ERROR_NOT_LOCKED);
    } else if (Entry != NULL) {
        BaseFail(NO_ERROR);
        Locked = --Entry->LockCount != 0;
    }
    RtlReleaseSRWLockExclusive(&TableLock);
    return Locked;
}

BOOL WINAPI LocalUnlock(HLOCAL Memory)
{
    return IsMovableHandle(Memory) ? UnlockMovable(Memory) : BaseFail(ERROR_NOT_LOCKED);
}

BOOL WINAPI GlobalUnlock(HGLOBAL Memory)
{
    return IsMovableHandle(Memory) ? UnlockMovable(Memory) : TRUE;
}

SIZE_T WINAPI LocalSize(HLOCAL Memory)
{
    PVOID Block = Memory;

    if (IsMovableHandle(Memory)) {
        RtlAcquireSRWLockShared(&TableLock);
        MOVABLE *Entry = EntryOf(Memory);
        Block = Entry != NULL ? Entry->Pointer : NULL;
        RtlReleaseSRWLockShared(&TableLock);
        if (Block == NULL) {
            return 0;
        }
    }
    SIZE_T Size = RtlSizeHeap(BasePeb()->ProcessHeap, 0, Block);
    return Size != (SIZE_T)-1 ? Size : (SIZE_T)BaseFail(ERROR_INVALID_HANDLE);
}

SIZE_T WINAPI GlobalSize(HGLOBAL Memory)
{
    return LocalSize(Memory);
}

/* Table lock held. */
static BOOL ResizeMovable(MOVABLE *Entry, SIZE_T Size, UINT Flags)
{
    PVOID Heap = BasePeb()->ProcessHeap, New;
    ULONG HeapFlags = (Flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0) | (Entry->LockCount != 0 && !(Flags & LMEM_MOVEABLE) ? HEAP_REALLOC_IN_PLACE_ONLY : 0);

    if (Size == 0) { /* LocalDiscard */
        if (Entry->LockCount != 0 || !(Flags & LMEM_MOVEABLE)) {
            return BaseFail(ERROR_INVALID_PARAMETER);
        }
        RtlFreeHeap(Heap, 0, Entry->Pointer);
        Entry->Pointer = NULL;
        return TRUE;
    }
    New = Entry->Pointer == NULL ? RtlAllocateHeap(Heap, HeapFlags, Size) : RtlReAllocateHeap(Heap, HeapFlags, Entry->Pointer, Size);
    if (New == NULL) {
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    }
    Entry->Pointer = New;
    return TRUE;
}

static HANDLE ReAllocateMemory(HANDLE Memory, SIZE_T Size, UINT Flags, UINT Discardable)
{
    BOOL Done = FALSE;

    if (IsMovableHandle(Memory)) {
        RtlAcquireSRWLockExclusive(&TableLock);
        MOVABLE *Entry = EntryOf(Memory);
        if (Entry != NULL && (Flags & LMEM_MODIFY)) {
            Entry->Discardable = (Flags & Discardable) != 0;
            Done = TRUE;
        } else if (Entry != NULL) {
            Done = ResizeMovable(Entry, Size, Flags);
        }
        RtlReleaseSRWLockExclusive(&TableLock);
        return Done ? Memory : NULL;
    }
    if (Flags & LMEM_MODIFY) {
        return Flags & LMEM_MOVEABLE ? MakeMovable(Memory, (Flags & Discardable) != 0) : Memory;
    }
    PVOID New = RtlReAllocateHeap(BasePeb()->ProcessHeap,
                                  (Flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0) | (Flags & LMEM_MOVEABLE ? 0 : HEAP_REALLOC_IN_PLACE_ONLY), Memory, Size);
    if (New == NULL) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    }
    return New;
}

HLOCAL WINAPI LocalReAlloc(HLOCAL Memory, SIZE_T Size, UINT Flags)
{
    return ReAllocateMemory(Memory, Size, Flags, LMEM_DISCARDABLE);
}

HGLOBAL WINAPI GlobalReAlloc(HGLOBAL Memory, SIZE_T Size, UINT Flags)
{
    return ReAllocateMemory(Memory, Size, Flags, GMEM_DISCARDABLE);
}

static UINT FlagsOf(HANDLE Memory, UINT Discardable)
{
    UINT Flags = INVALID_FLAGS;

    if (!IsMovableHandle(Memory)) {
        return 0;
    }
    RtlAcquireSRWLockShared(&TableLock);
    MOVABLE *Entry = EntryOf(Memory);
    if (Entry != NULL) {
        Flags = Entry->LockCount | (Entry->Pointer == NULL ? LMEM_DISCARDED : 0) | (Entry->Discardable ? Discardable : 0);
    }
    RtlReleaseSRWLockShared(&TableLock);
    return Flags;
}

UINT WINAPI LocalFlags(HLOCAL Memory)
{
    return FlagsOf(Memory, LMEM_DISCARDABLE);
}

UINT WINAPI GlobalFlags(HGLOBAL Memory)
{
    return FlagsOf(Memory, GMEM_DISCARDABLE);
}

/* From a block to its handle: of a movable one the entry that points to it, of a fixed one itself. */
HLOCAL WINAPI LocalHandle(LPCVOID Block)
{
    HANDLE Handle = (HANDLE)Block;

    if (Block == NULL || ((ULONG_PTR)Block & 15) != 0) {
        BaseFail(ERROR_INVALID_HANDLE);
        return NULL;
    }
    RtlAcquireSRWLockShared(&TableLock);
    for (ULONG Index = 0; Index < TableUsed; Index++) {
        if (Table[Index].Allocated && Table[Index].Pointer == Block) {
            Handle = HandleOf(&Table[Index]);
            break;
        }
    }
    RtlReleaseSRWLockShared(&TableLock);
    return Handle;
}

HGLOBAL WINAPI GlobalHandle(LPCVOID Block)
{
    return LocalHandle(Block);
}

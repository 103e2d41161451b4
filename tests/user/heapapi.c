/* SPDX-License-Identifier: MIT */
/*
 * heapapi.c - heaps in depth: sizes, flags, exceptions, heaps of fixed size, walking; and the older memory with handles, Global* and Local*.
 */
#include "native.h"
#include <string.h>
#include "tap.h"

static int Failed(BOOL Result, DWORD Error)
{
    return !Result && GetLastError() == Error;
}

static int AllZero(const char *Bytes, int From, int To)
{
    int Zero = 1;

    for (int At = From; At < To; At++) {
        Zero &= Bytes[At] == 0;
    }
    return Zero;
}

static void Blocks(HANDLE Heap)
{
    char *Block = HeapAlloc(Heap, 0, 0), *Other;
    int Aligned = 1;

    Ok(Block != NULL && HeapSize(Heap, 0, Block) == 0, "a block of no size");
    HeapFree(Heap, 0, Block);
    Block = HeapAlloc(Heap, HEAP_ZERO_MEMORY, 1000);
    Ok(AllZero(Block, 0, 1000) && HeapSize(Heap, 0, Block) == 1000, "zeroed, of the size asked for");
    Other = HeapReAlloc(Heap, HEAP_REALLOC_IN_PLACE_ONLY, Block, 500);
    Ok(Other == Block && HeapSize(Heap, 0, Block) == 500, "shrunk in place");
    Ok(HeapReAlloc(Heap, HEAP_REALLOC_IN_PLACE_ONLY, Block, 50000000) == NULL, "it does not grow in place without end");
    Ok(HeapSize(Heap, 0, Block) == 500, "and is as it was");
    Block = HeapReAlloc(Heap, HEAP_ZERO_MEMORY, Block, 5000);
    Ok(Block != NULL && AllZero(Block, 500, 5000), "grown, what is new is zeroed");
    Ok(HeapValidate(Heap, 0, Block) && HeapValidate(Heap, 0, NULL) && !HeapValidate(Heap, 0, Block + 16), "valid; not in the middle");
    HeapFree(Heap, 0, Block);
    Ok(HeapReAlloc(Heap, 0, NULL, 10) == NULL, "no block to resize");
    Ok(HeapFree(Heap, 0, NULL), "freeing nothing succeeds");
    Ok(HeapAlloc(Heap, 0, ~(SIZE_T)0) == NULL && HeapAlloc(Heap, 0, ~(SIZE_T)0 - 100) == NULL, "sizes that cannot be");
    for (int Size = 0; Size < 10000; Size += 37) {
        Aligned &= ((ULONG_PTR)HeapAlloc(Heap, 0, (SIZE_T)Size) & 15) == 0;
    }
    Ok(Aligned, "every block is aligned to 16 bytes");
    Block = HeapAlloc(Heap, 0, 0x1000000);
    Block[0xFFFFFF] = 5;
    Block = HeapReAlloc(Heap, 0, Block, 0x1800000);
    Ok(Block != NULL && HeapSize(Heap, 0, Block) == 0x1800000 && Block[0xFFFFFF] == 5, "megabytes");
    HeapFree(Heap, 0, Block);
    Ok(HeapLock(Heap) && HeapLock(Heap) && HeapUnlock(Heap) && HeapUnlock(Heap), "locked twice, unlocked twice");
}

static void FixedSize(void)
{
    HANDLE Heap = HeapCreate(0, 0x1000, 0x10000);
    PVOID Block = HeapAlloc(Heap, 0, 0x8000);

    Ok(Block != NULL, "half of a heap of fixed size");
    Ok(HeapAlloc(Heap, 0, 0x8000) == NULL, "its other half is less");
    Ok(HeapAlloc(Heap, 0, 0x80000) == NULL, "more than all of it");
    HeapFree(Heap, 0, Block);
    Ok(HeapAlloc(Heap, 0, 0x8000) != NULL, "half again");
    Ok(HeapDestroy(Heap), "destroyed");
}

static ULONG Raised;
static PVOID Resume[5];

static LONG CALLBACK OnNoMemory(EXCEPTION_POINTERS *Pointers)
{
    Raised = Pointers->ExceptionRecord->ExceptionCode;
    __builtin_longjmp(Resume, 1);
}

static void Exceptions(HANDLE Heap)
{
    HANDLE Raising = HeapCreate(HEAP_GENERATE_EXCEPTIONS, 0x1000, 0x10000);
    PVOID Handler = AddVectoredExceptionHandler(1, OnNoMemory);

    Raised = 0;
    if (!__builtin_setjmp(Resume)) {
        HeapAlloc(Raising, 0, 0x100000);
    }
    Is(Raised, (ULONG)STATUS_NO_MEMORY, "a heap that raises exceptions");
    Raised = 0;
    if (!__builtin_setjmp(Resume)) {
        HeapAlloc(Heap, HEAP_GENERATE_EXCEPTIONS, (SIZE_T)1 << 60);
    }
    Is(Raised, (ULONG)STATUS_NO_MEMORY, "a call that asks for one");
    RemoveVectoredExceptionHandler(Handler);
    HeapDestroy(Raising);
}

static void Walking(void)
{
    HANDLE Heap = HeapCreate(0, 0, 0);
    PVOID Block[10];
    PROCESS_HEAP_ENTRY Entry = {0};
    int Busy = 0, Regions = 0, Known = 0;
    DWORD Error;

    for (int Index = 0; Index < 10; Index++) {
        Block[Index] = HeapAlloc(Heap, 0, 100 + (SIZE_T)Index);
    }
    HeapFree(Heap, 0, Block[3]);
    HeapFree(Heap, 0, Block[6]);
    HeapLock(Heap);
    while (HeapWalk(Heap, &Entry) && Busy < 1000) {
        Regions += (Entry.wFlags & PROCESS_HEAP_REGION) != 0;
        if (Entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) {
            Busy++;
            for (DWORD Index = 0; Index < 10; Index++) {
                Known += Entry.lpData == Block[Index] && Entry.cbData == 100 + Index;
            }
        }
    }
    Error = GetLastError();
    HeapUnlock(Heap);
    Is(Error, ERROR_NO_MORE_ITEMS, "a walk ends");
    Ok(Busy == 8 && Known == 8 && Regions >= 1, "eight blocks, with their sizes, in a region");
    Ok(HeapCompact(Heap, 0) > 0, "compacted");
    HeapDestroy(Heap);
}

static void Information(HANDLE Heap)
{
    HANDLE Unserialised = HeapCreate(HEAP_NO_SERIALIZE, 0, 0), Heaps[64], Executable = HeapCreate(HEAP_CREATE_ENABLE_EXECUTE, 0, 0);
    ULONG Kind = 2;
    SIZE_T Got = 0;
    DWORD Count = GetProcessHeaps(64, Heaps), Found = 0;
    unsigned char *Code = HeapAlloc(Executable, 0, 16);

    Ok(HeapSetInformation(Heap, HeapCompatibilityInformation, &Kind, sizeof(Kind)), "the low-fragmentation heap");
    Kind = 0;
    Ok(HeapQueryInformation(Heap, HeapCompatibilityInformation, &Kind, sizeof(Kind), &Got) && Kind == 2 && Got == sizeof(Kind), "is there");
    Ok(Failed(HeapQueryInformation(Heap, HeapCompatibilityInformation, &Kind, 3, &Got), ERROR_INSUFFICIENT_BUFFER), "no room to say so");
    Ok(Failed(HeapSetInformation(Unserialised, HeapCompatibilityInformation, &Kind, sizeof(Kind)), ERROR_GEN_FAILURE), "not without serialisation");
    Ok(HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0), "termination on corruption");
    for (DWORD Index = 0; Index < Count && Index < 64; Index++) {
        Found += Heaps[Index] == Heap || Heaps[Index] == GetProcessHeap();
    }
    Ok(Found == 2 && GetProcessHeaps(0, NULL) == Count, "the process's heaps");
    memcpy(Code, "\xB8\x2A\0\0\0\xC3", 6);
    Is((unsigned)((int (*)(void))(void *)Code)(), 42, "code in an executable heap");
    HeapDestroy(Executable);
    HeapDestroy(Unserialised);
}

static void Movable(void)
{
    HGLOBAL Memory = GlobalAlloc(GMEM_MOVEABLE, 100);
    char *Block = GlobalLock(Memory);

    Ok(Block != NULL && Block != (char *)Memory, "movable: a handle and an address");
    Ok(GlobalLock(Memory) == Block && GlobalFlags(Memory) == 2, "locked twice");
    Ok(GlobalHandle(Block) == Memory, "from the address to the handle");
    Ok(GlobalUnlock(Memory), "one lock is left");
    SetLastError(5);
    Ok(Failed(GlobalUnlock(Memory), NO_ERROR), "none: FALSE, and no error");
    Ok(Failed(GlobalUnlock(Memory), ERROR_NOT_LOCKED), "once more: an error");
    Ok(GlobalReAlloc(Memory, 5000, GMEM_MOVEABLE | GMEM_ZEROINIT) == Memory && GlobalSize(Memory) == 5000, "resized, the handle stays");
    Block = GlobalLock(Memory);
    Ok(Block[4999] == 0, "zeroed");
    Ok(GlobalDiscard(Memory) == NULL, "what is locked is not discarded");
    GlobalUnlock(Memory);
    Ok(GlobalDiscard(Memory) == Memory && GlobalFlags(Memory) == GMEM_DISCARDED && GlobalSize(Memory) == 0, "discarded");
    Ok(Failed(GlobalLock(Memory) != NULL, ERROR_DISCARDED), "it has no address");
    Ok(GlobalReAlloc(Memory, 10, GMEM_MOVEABLE) == Memory && GlobalLock(Memory) != NULL, "until it gets memory again");
    Ok(GlobalFree(Memory) == NULL, "freed");
    Ok(Failed(GlobalLock(Memory) != NULL, ERROR_INVALID_HANDLE), "a handle that was freed");
    Ok(GlobalFlags(Memory) == GMEM_INVALID_HANDLE && GlobalFree(Memory) == Memory, "is recognised");
    Memory = GlobalAlloc(GMEM_MOVEABLE, 0);
    Ok(GlobalFlags(Memory) == GMEM_DISCARDED, "of no size: discarded from the start");
    GlobalFree(Memory);
    Ok(Failed(GlobalAlloc(0x10000, 1) != NULL, ERROR_INVALID_PARAMETER), "unknown flags");
    Memory = GlobalAlloc(GMEM_MOVEABLE | GMEM_DISCARDABLE, 8);
    Is(GlobalFlags(Memory), GMEM_DISCARDABLE, "discardable");
    GlobalFree(Memory);
}

/* There are 65536 handles: a block that cannot have one stays what it was. */
static void NoHandleLeft(void)
{
    static HGLOBAL All[0x10001];
    char *Block = GlobalAlloc(GMEM_FIXED, 8);
    int Count = 0;

    strcpy(Block, "kept");
    while (Count < 0x10001 && (All[Count] = GlobalAlloc(GMEM_MOVEABLE, 0)) != NULL) {
        Count++;
    }
    Ok(Count > 0x8000 && Count <= 0x10000 && GetLastError() == ERROR_NOT_ENOUGH_MEMORY, "the handles come to an end, after %d", Count);
    Ok(GlobalReAlloc(Block, 0, GMEM_MODIFY | GMEM_MOVEABLE) == NULL, "none for a fixed block");
    Ok(GlobalSize(Block) == 8 && strcmp(Block, "kept") == 0, "which is as it was");
    while (Count > 0) {
        GlobalFree(All[--Count]);
    }
    Ok(GlobalFree(Block) == NULL && GlobalFree(GlobalAlloc(GMEM_MOVEABLE, 1)) == NULL, "and can be freed");
}

static void Fixed(void)
{
    HGLOBAL Memory = GlobalAlloc(GPTR, 50);
    HLOCAL Local;

    Ok(GlobalLock(Memory) == Memory && GlobalHandle(Memory) == Memory && GlobalFlags(Memory) == 0 && GlobalSize(Memory) == 50,
       "fixed: the handle is the address");
    Ok(GlobalUnlock(Memory), "unlocking global memory that is fixed succeeds");
    Memory = GlobalReAlloc(Memory, 0, GMEM_MODIFY | GMEM_MOVEABLE);
    Ok(Memory != NULL && GlobalLock(Memory) != (PVOID)Memory && GlobalSize(Memory) == 50, "made movable");
    GlobalFree(Memory);
    Ok(GlobalFree(NULL) == NULL, "freeing nothing");
    Local = LocalAlloc(LPTR, 16);
    Ok(Failed(LocalUnlock(Local), ERROR_NOT_LOCKED), "of local memory it fails");
    Local = LocalReAlloc(Local, 4096, LMEM_ZEROINIT | LMEM_MOVEABLE);
    Ok(Local != NULL && LocalSize(Local) == 4096, "fixed memory may move when it grows");
    LocalFree(Local);
    Local = LocalAlloc(LMEM_MOVEABLE | LMEM_DISCARDABLE, 16);
    Is(LocalFlags(Local), LMEM_DISCARDABLE, "local memory's flag");
    LocalFree(Local);
}

int main(void)
{
    HANDLE Heap = HeapCreate(0, 0, 0);

    Blocks(Heap);
    FixedSize();
    Exceptions(Heap);
    Walking();
    Information(Heap);
    Ok(HeapDestroy(Heap), "destroyed");
    Movable();
    NoHandleLeft();
    Fixed();
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * heap.c - Heap*.  HeapAlloc, HeapReAlloc and HeapSize are forwarded to ntdll.
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

/* NULL: of all heaps; corruption always ends the process here, and there is nothing to optimise for all at once. */
BOOL WINAPI HeapSetInformation(HANDLE Heap, HEAP_INFORMATION_CLASS Class, PVOID Information, SIZE_T Length)
{
    return BaseResult((NTSTATUS)RtlSetHeapInformation(Heap, Class, Information, Length));
}

BOOL WINAPI HeapQueryInformation(HANDLE Heap, HEAP_INFORMATION_CLASS Class, PVOID Information, SIZE_T Length, PSIZE_T Returned)
{
    return BaseResult((NTSTATUS)RtlQueryHeapInformation(Heap, Class, Information, Length, Returned));
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

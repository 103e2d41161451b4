/* SPDX-License-Identifier: MIT */
/*
 * iospace.c - mappings of device memory: system PTEs with the caching the caller asks for.
 *
 * x64's page attribute table is left as the processor resets it, so write-combined becomes uncached-minus (PCD), which the memory-type range
 * registers may turn into write-combining for a framebuffer.
 */
#include "mi.h"

static ULONG64 CacheBits(MEMORY_CACHING_TYPE CacheType)
{
    switch (CacheType) {
    case MmCached:
    case MmHardwareCoherentCached: return 0;
    case MmWriteCombined: return PTE_CACHEDISABLE;
    default: return PTE_CACHEDISABLE | PTE_WRITETHROUGH;
    }
}

PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType)
{
    ULONG64 Offset = (ULONG64)PhysicalAddress.QuadPart & (PAGE_SIZE - 1);
    ULONG64 Physical = (ULONG64)PhysicalAddress.QuadPart - Offset;
    ULONG64 Pages = MI_PAGES(Offset + NumberOfBytes);

    ASSERT_IRQL_LE(DISPATCH_LEVEL);
    if (NumberOfBytes == 0 || (Physical & ~PTE_PFN_MASK & ~0xFFFULL))
        return NULL;
    PUCHAR Address = MiReserveRange(&MiSystemPtes, Pages);
    if (Address == NULL)
        return NULL;
    for (ULONG64 Index = 0; Index < Pages; Index++) {
        PULONG64 Pte = MiGetKernelPte(Address + (Index << PAGE_SHIFT), FALSE);
        ASSERT(Pte != NULL && *Pte == 0);
        *(volatile ULONG64 *)Pte = (Physical + (Index << PAGE_SHIFT)) | MI_KERNEL_RW | CacheBits(CacheType);
    }
    return Address + Offset;
}

void NTAPI MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    ULONG64 Offset = (ULONG64)BaseAddress & (PAGE_SIZE - 1);
    PUCHAR Address = (PUCHAR)BaseAddress - Offset;
    ULONG64 Pages = MI_PAGES(Offset + NumberOfBytes);

    ASSERT_IRQL_LE(DISPATCH_LEVEL);
    MiUnmapKernelRange(Address, Pages, FALSE);
    MiReleaseRange(&MiSystemPtes, Address, Pages);
}

PVOID NTAPI MmMapVideoDisplay(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType)
{
    return MmMapIoSpace(PhysicalAddress, NumberOfBytes, CacheType);
}

void NTAPI MmUnmapVideoDisplay(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    MmUnmapIoSpace(BaseAddress, NumberOfBytes);
}

PVOID NTAPI MmAllocateNonCachedMemory(SIZE_T NumberOfBytes)
{
    PHYSICAL_ADDRESS Zero = { .QuadPart = 0 }, Highest = { .QuadPart = -1 };

    PVOID Memory = MmAllocateContiguousMemorySpecifyCache(NumberOfBytes, Zero, Highest, Zero, MmNonCached);
    if (Memory == NULL)
        return NULL;
    PVOID Mapped = MmMapIoSpace(MmGetPhysicalAddress(Memory), NumberOfBytes, MmNonCached);
    if (Mapped == NULL)
        MmFreeContiguousMemory(Memory);
    return Mapped;
}

void NTAPI MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    PVOID Memory = MmDirectMap((ULONG64)MmGetPhysicalAddress(BaseAddress).QuadPart);

    MmUnmapIoSpace(BaseAddress, NumberOfBytes);
    MmFreeContiguousMemory(Memory);
}

PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect);
PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect)
{
    MEMORY_CACHING_TYPE CacheType = (Protect & PAGE_NOCACHE) ? MmNonCached : (Protect & PAGE_WRITECOMBINE) ? MmWriteCombined : MmCached;

    if ((Protect & 0xFF) != PAGE_READONLY && (Protect & 0xFF) != PAGE_READWRITE)
        return NULL; /* device memory is never executed here */
    return MmMapIoSpace(PhysicalAddress, NumberOfBytes, CacheType);
}

/* SPDX-License-Identifier: MIT */
/*
 * poolpages.c - whole pages for the pools, contiguous memory for devices, room for driver images.
 *
 * One page of pool is a page of the direct map: no entry to write, no translation to flush, and large TLB entries.  Several pages get system
 * PTEs with an unmapped page behind them, so that running off the end of a big block faults.  The first page's MMPFN remembers how many
 * pages there are, and for ex/pool.c the tag and the size.
 */
#include "mi.h"

static PMMPFN PfnOfKernel(PVOID Address)
{
    if (MiIsDirectMapAddress(Address))
        return MiPfn(MiPageOfDirect(Address));
    PULONG64 Pte = MiGetKernelPte(Address, FALSE);
    return Pte != NULL && (*Pte & PTE_VALID) ? MiPfn(PTE_PFN(*Pte)) : NULL;
}

PVOID MmAllocatePoolPages(SIZE_T Pages)
{
    ASSERT_IRQL_LE(DISPATCH_LEVEL);
    if (Pages == 0 || Pages > MI_SYSTEM_PTE_PAGES || !MiChargeCommitment(Pages))
        return NULL;
    if (Pages == 1) {
        ULONG64 Page = MiAllocatePage(MiUsePool);
        if (Page == 0)
            goto Failed;
        return MiPageAddress(Page);
    }
    PVOID Address = MiReserveRange(&MiSystemPtes, Pages + 1);
    if (Address == NULL)
        goto Failed;
    if (!MiMapFreshPages(Address, Pages, MiUsePool)) {
        MiReleaseRange(&MiSystemPtes, Address, Pages + 1);
        goto Failed;
    }
    PfnOfKernel(Address)->ShareCount = (LONG)Pages;
    return Address;
Failed:
    MiReturnCommitment(Pages);
    return NULL;
}

SIZE_T MmFreePoolPages(PVOID Address)
{
    PMMPFN Pfn = PfnOfKernel(Address);

    ASSERT_IRQL_LE(DISPATCH_LEVEL);
    if (Pfn == NULL || Pfn->Usage != MiUsePool || ((ULONG64)Address & (PAGE_SIZE - 1)))
        KeBugCheckEx(BAD_POOL_CALLER, 0x50, (ULONG_PTR)Address, 0, 0);
    SIZE_T Pages = (SIZE_T)Pfn->ShareCount;
    if (MiIsDirectMapAddress(Address)) {
        ASSERT(Pages == 1);
        MiDereferencePrivatePage(MiPageOfDirect(Address));
    } else {
        MiUnmapKernelRange(Address, Pages, TRUE);
        MiReleaseRange(&MiSystemPtes, Address, Pages + 1);
    }
    MiReturnCommitment(Pages);
    return Pages;
}

void MmSetPoolPagesInfo(PVOID Address, ULONG Tag, ULONG Bytes)
{
    PMMPFN Pfn = PfnOfKernel(Address);

    Pfn->PoolTag = Tag;
    Pfn->PoolBytes = Bytes;
}

BOOLEAN MmGetPoolPagesInfo(PVOID Address, PULONG Tag, PULONG Bytes)
{
    PMMPFN Pfn = PfnOfKernel(Address);

    if (Pfn == NULL || Pfn->Usage != MiUsePool || Pfn->PoolBytes == 0)
        return FALSE;
    *Tag = Pfn->PoolTag;
    *Bytes = Pfn->PoolBytes;
    return TRUE;
}

/* ---- contiguous memory: always through the direct map (write-back; x86 keeps DMA coherent) ---- */

PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS Lowest, PHYSICAL_ADDRESS Highest,
                                                   PHYSICAL_ADDRESS Boundary, MEMORY_CACHING_TYPE CacheType)
{
    ULONG64 Pages = MI_PAGES(NumberOfBytes);

    UNREFERENCED_PARAMETER(CacheType);
    if (Pages == 0 || !MiChargeCommitment(Pages))
        return NULL;
    ULONG64 First = MiAllocateContiguous(Pages, MI_PAGES(Lowest.QuadPart), (ULONG64)Highest.QuadPart >> PAGE_SHIFT,
                                         (ULONG64)Boundary.QuadPart >> PAGE_SHIFT, MiUsePool);
    if (First == 0) {
        MiReturnCommitment(Pages);
        return NULL;
    }
    MiPfn(First)->ShareCount = (LONG)Pages;
    return MiPageAddress(First);
}

PVOID NTAPI MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS Lowest, PHYSICAL_ADDRESS Highest,
                                                       PHYSICAL_ADDRESS Boundary, MEMORY_CACHING_TYPE CacheType, NODE_REQUIREMENT Node)
{
    UNREFERENCED_PARAMETER(Node);
    return MmAllocateContiguousMemorySpecifyCache(NumberOfBytes, Lowest, Highest, Boundary, CacheType);
}

PVOID NTAPI MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress)
{
    PHYSICAL_ADDRESS Zero = { .QuadPart = 0 };

    return MmAllocateContiguousMemorySpecifyCache(NumberOfBytes, Zero, HighestAcceptableAddress, Zero, MmCached);
}

void NTAPI MmFreeContiguousMemory(PVOID BaseAddress)
{
    ULONG64 First = MiPageOfDirect(BaseAddress);

    if (!MiIsDirectMapAddress(BaseAddress) || MiPfn(First)->Usage != MiUsePool)
        KeBugCheckEx(BAD_POOL_CALLER, 0x60, (ULONG_PTR)BaseAddress, 0, 0);
    ULONG64 Pages = (ULONG64)MiPfn(First)->ShareCount;
    for (ULONG64 Page = First; Page < First + Pages; Page++)
        MiDereferencePrivatePage(Page);
    MiReturnCommitment(Pages);
}

void NTAPI MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType)
{
    UNREFERENCED_PARAMETER(NumberOfBytes);
    UNREFERENCED_PARAMETER(CacheType);
    MmFreeContiguousMemory(BaseAddress);
}

/* ---- driver images ---- */

PVOID MmAllocateSystemImage(SIZE_T Size)
{
    ULONG64 Pages = MI_PAGES(Size);

    PAGED_CODE();
    if (Pages == 0 || !MiChargeCommitment(Pages))
        return NULL;
    PVOID Address = MiReserveRange(&MiImageRegion, Pages + 1);
    if (Address == NULL)
        goto Failed;
    if (!MiMapFreshPages(Address, Pages, MiUseDriver)) {
        MiReleaseRange(&MiImageRegion, Address, Pages + 1);
        goto Failed;
    }
    PfnOfKernel(Address)->ShareCount = (LONG)Pages;
    RtlZeroMemory(Address, Pages << PAGE_SHIFT);
    return Address;
Failed:
    MiReturnCommitment(Pages);
    return NULL;
}

void MmFreeSystemImage(PVOID Base)
{
    ULONG64 Offset = (ULONG64)Base - MiImageRegion.Base;

    PAGED_CODE();
    if (Offset >> PAGE_SHIFT >= MiImageRegion.Pages)
        return; /* the loader's: stays */
    ULONG64 Pages = (ULONG64)PfnOfKernel(Base)->ShareCount;
    MiUnmapKernelRange(Base, Pages, TRUE);
    MiReleaseRange(&MiImageRegion, Base, Pages + 1);
    MiReturnCommitment(Pages);
}

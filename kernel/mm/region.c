/* SPDX-License-Identifier: MIT */
/*
 * region.c - ranges of kernel address space, a bit a page.
 *
 * System PTEs (stacks, pool of several pages, MDL and I/O mappings) and the space for driver images are such regions.  Searches continue where the
 * last one ended, so that addresses come back late: a stale pointer hits nothing for a while.  Page tables under a reserved range exist
 * (and stay), so that mapping into it cannot fail; so a search goes around below Top, where tables are, before it goes beyond: the same work
 * done again and again needs no more tables than it needed once.
 */
#include "mi.h"

#define TABLE_PAGES 512 /* pages under one page table */

MI_REGION MiSystemPtes, MiImageRegion;

void MiInitializeRegion(PMI_REGION Region, ULONG64 Base, ULONG64 Pages)
{
    ULONG64 BitmapPages = MI_PAGES(Pages / 8);
    ULONG64 First = MiAllocateContiguous(BitmapPages, 0, ~0ULL, 0, MiUsePool);

    if (First == 0)
        KeBugCheckEx(0x0000007D, BitmapPages, Base, 0, 0);
    Region->Base = Base;
    Region->Pages = Pages;
    Region->Hint = Region->Used = Region->Top = 0;
    Region->Bitmap = MiPageAddress(First);
    KeInitializeSpinLock(&Region->Lock);
    for (ULONG64 Page = 0; Page < BitmapPages; Page++)
        KiZeroPage(MiPageAddress(First + Page));
}

static inline BOOLEAN TestBit(PMI_REGION Region, ULONG64 Index)
{
    return (Region->Bitmap[Index >> 6] >> (Index & 63)) & 1;
}

static void SetBits(PMI_REGION Region, ULONG64 Index, ULONG64 Count, BOOLEAN Set)
{
    for (; Count != 0; Index++, Count--) {
        ASSERT(TestBit(Region, Index) != Set);
        if (Set)
            Region->Bitmap[Index >> 6] |= 1ULL << (Index & 63);
        else
            Region->Bitmap[Index >> 6] &= ~(1ULL << (Index & 63));
    }
}

/* The first run of Count clear bits in [From, To), or To. */
static ULONG64 FindRun(PMI_REGION Region, ULONG64 From, ULONG64 To, ULONG64 Count)
{
    ULONG64 Run = 0;

    for (ULONG64 Index = From; Index < To; Index++) {
        if ((Index & 63) == 0 && Region->Bitmap[Index >> 6] == ~0ULL) {
            Run = 0;
            Index += 63;
        } else if (TestBit(Region, Index)) {
            Run = 0;
        } else if (++Run == Count) {
            return Index + 1 - Count;
        }
    }
    return To;
}

PVOID MiReserveRange(PMI_REGION Region, ULONG64 Pages)
{
    KIRQL Irql;

    if (Pages == 0 || Pages > Region->Pages)
        return NULL;
    KeAcquireSpinLock(&Region->Lock, &Irql);
    ULONG64 Index = FindRun(Region, Region->Hint, Region->Top, Pages);
    if (Index == Region->Top)
        Index = FindRun(Region, 0, Region->Top, Pages);
    if (Index == Region->Top)
        Index = FindRun(Region, 0, Region->Pages, Pages);
    if (Index != Region->Pages) {
        SetBits(Region, Index, Pages, TRUE);
        while (Region->Top < Index + Pages)
            Region->Top += TABLE_PAGES;
        if (Region->Top > Region->Pages)
            Region->Top = Region->Pages;
        Region->Hint = Index + Pages;
        Region->Used += Pages;
    }
    KeReleaseSpinLock(&Region->Lock, Irql);
    if (Index == Region->Pages)
        return NULL;

    PVOID Address = (PVOID)(Region->Base + (Index << PAGE_SHIFT));
    if (!MiCreateKernelTables((ULONG64)Address, Pages)) {
        MiReleaseRange(Region, Address, Pages);
        return NULL;
    }
    return Address;
}

void MiReleaseRange(PMI_REGION Region, PVOID Address, ULONG64 Pages)
{
    ULONG64 Index = ((ULONG64)Address - Region->Base) >> PAGE_SHIFT;
    KIRQL Irql;

    ASSERT((ULONG64)Address >= Region->Base && Index + Pages <= Region->Pages);
    KeAcquireSpinLock(&Region->Lock, &Irql);
    SetBits(Region, Index, Pages, FALSE);
    Region->Used -= Pages;
    KeReleaseSpinLock(&Region->Lock, Irql);
}

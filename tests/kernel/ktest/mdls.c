/* SPDX-License-Identifier: MIT */
/*
 * mdls.c - memory descriptor lists: nonpaged, partial, locked paged memory, and mappings of them.
 */
#include "kt.h"

#define KT_MDL_SIZE (3 * PAGE_SIZE + 100)

static BOOLEAN KtSamePages(PMDL Mdl, PUCHAR Address)
{
    PPFN_NUMBER Pages = MmGetMdlPfnArray(Mdl);
    ULONG Count = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(Mdl), MmGetMdlByteCount(Mdl));

    for (ULONG i = 0; i < Count; i++) {
        if (MmGetPhysicalAddress((PUCHAR)PAGE_ALIGN(Address) + i * PAGE_SIZE).QuadPart >> PAGE_SHIFT != (LONGLONG)Pages[i]) {
            return FALSE;
        }
    }
    return TRUE;
}

VOID KtTestMdls(KTEST *Test)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, KT_MDL_SIZE + 200, KT_TAG), Alias;
    PMDL Mdl;

    REQUIRE(Block != NULL);
    Mdl = IoAllocateMdl(Block + 100, KT_MDL_SIZE, FALSE, FALSE, NULL);
    REQUIRE(Mdl != NULL);
    CHECK_EQUAL(MmGetMdlByteCount(Mdl), KT_MDL_SIZE);
    CHECK_EQUAL(MmGetMdlByteOffset(Mdl), 100);
    CHECK_EQUAL(MmSizeOfMdl(Block + 100, KT_MDL_SIZE), sizeof(MDL) + 4 * sizeof(PFN_NUMBER));
    MmBuildMdlForNonPagedPool(Mdl);
    CHECK(Mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL);
    CHECK_EQUAL(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Block + 100);
    CHECK(KtSamePages(Mdl, Block + 100));
    /* Another address for the same pages. */
    Alias = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    if (CHECK(Alias != NULL)) {
        Block[100] = 0x11;
        Block[100 + KT_MDL_SIZE - 1] = 0x22;
        CHECK_EQUAL(Alias[0], 0x11);
        CHECK_EQUAL(Alias[KT_MDL_SIZE - 1], 0x22);
        Alias[PAGE_SIZE] = 0x33;
        CHECK_EQUAL(Block[100 + PAGE_SIZE], 0x33);
        MmUnmapLockedPages(Alias, Mdl);
    }
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, KT_TAG);
}

VOID KtTestPartialMdls(KTEST *Test)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, KT_MDL_SIZE, KT_TAG);
    PMDL Whole, Part;

    REQUIRE(Block != NULL);
    Whole = IoAllocateMdl(Block, KT_MDL_SIZE, FALSE, FALSE, NULL);
    Part = IoAllocateMdl(Block + PAGE_SIZE + 10, PAGE_SIZE, FALSE, FALSE, NULL);
    REQUIRE(Whole != NULL && Part != NULL);
    MmBuildMdlForNonPagedPool(Whole);
    IoBuildPartialMdl(Whole, Part, Block + PAGE_SIZE + 10, PAGE_SIZE);
    CHECK_EQUAL(MmGetMdlByteCount(Part), PAGE_SIZE);
    CHECK_EQUAL(MmGetMdlVirtualAddress(Part), Block + PAGE_SIZE + 10);
    CHECK_EQUAL(MmGetMdlPfnArray(Part)[0], MmGetMdlPfnArray(Whole)[1]);
    CHECK_EQUAL(MmGetMdlPfnArray(Part)[1], MmGetMdlPfnArray(Whole)[2]);
    MmPrepareMdlForReuse(Part);
    IoFreeMdl(Part);
    IoFreeMdl(Whole);
    ExFreePoolWithTag(Block, KT_TAG);
}

VOID KtTestLockedPages(KTEST *Test)
{
    PUCHAR Block = ExAllocatePoolWithTag(PagedPool, KT_MDL_SIZE, KT_TAG), System;
    PMDL Mdl;

    REQUIRE(Block != NULL);
    RtlFillMemory(Block, KT_MDL_SIZE, 0x77);
    Mdl = IoAllocateMdl(Block, KT_MDL_SIZE, FALSE, FALSE, NULL);
    REQUIRE(Mdl != NULL);
    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    CHECK(Mdl->MdlFlags & MDL_PAGES_LOCKED);
    CHECK(KtSamePages(Mdl, Block));
    System = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    if (CHECK(System != NULL)) {
        CHECK_EQUAL(System[KT_MDL_SIZE - 1], 0x77);
        System[0] = 0x12;
        CHECK_EQUAL(Block[0], 0x12);
        CHECK_EQUAL(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), System); /* mapped once */
    }
    MmUnlockPages(Mdl);
    CHECK(!(Mdl->MdlFlags & MDL_PAGES_LOCKED));
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, KT_TAG);
}

/* The driver's pages in the process that asks for the test: shown in two places, taken away again. */
VOID KtTestUserMdls(KTEST *Test)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, KT_MDL_SIZE, KT_TAG), Shown, Again;
    PMDL Mdl;

    REQUIRE(Block != NULL);
    Mdl = IoAllocateMdl(Block + 100, KT_MDL_SIZE - 100, FALSE, FALSE, NULL);
    REQUIRE(Mdl != NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    Shown = MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    CHECK((ULONG_PTR)Shown < (ULONG_PTR)MmHighestUserAddress && ((ULONG_PTR)Shown & (PAGE_SIZE - 1)) == (((ULONG_PTR)Block + 100) & (PAGE_SIZE - 1)));
    CHECK(MmIsAddressValid(Shown));
    CHECK_EQUAL(MmGetPhysicalAddress(Shown).QuadPart, MmGetPhysicalAddress(Block + 100).QuadPart);
    CHECK_EQUAL(MmGetPhysicalAddress(Shown + PAGE_SIZE).QuadPart, MmGetPhysicalAddress(Block + 100 + PAGE_SIZE).QuadPart);
    Again = MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmNonCached, NULL, FALSE, NormalPagePriority);
    CHECK(Again != Shown);
    CHECK_EQUAL(MmGetPhysicalAddress(Again).QuadPart, MmGetPhysicalAddress(Block + 100).QuadPart);
    MmUnmapLockedPages(Shown, Mdl);
    CHECK(!MmIsAddressValid(Shown));
    CHECK(MmIsAddressValid(Again));
    Shown = MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, (PVOID)0x20000000000, FALSE, NormalPagePriority);
    CHECK_EQUAL((ULONG_PTR)Shown & ~(ULONG_PTR)(PAGE_SIZE - 1), 0x20000000000);
    MmUnmapLockedPages(Shown, Mdl);
    MmUnmapLockedPages(Again, Mdl);
    CHECK(!MmIsAddressValid(Again));
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, KT_TAG);
}

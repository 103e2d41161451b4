/* SPDX-License-Identifier: MIT */
/*
 * kvm.c - the kernel half of every address space.
 *
 *   DirectMapBase (loader)         all physical memory, read/write, no execute; single pool pages, page tables, section contents
 *   0xFFFFF78000000000             KUSER_SHARED_DATA, writable alias
 *   KernelRegionBase (loader)      kernel and boot drivers; above it, within 2 GiB, images of drivers loaded later (MiImageRegion)
 *   0xFFFFF88000000000, 2 GiB      system PTEs (MiSystemPtes)
 *   0xFFFFF90000000000, 512 GiB    views of sections: the file cache (sysview.c)
 *
 * The top-level entry of each region is made at phase 0 and never changes, so a new process copies 256 entries once and every process sees
 * later changes below.  Tables below the top are made on demand under MiKernelMapLock and never freed; entries of the last level belong
 * to whoever reserved the range and need no lock.
 */
#include "mi.h"

#define PTE_TABLE (PTE_VALID | PTE_WRITE | PTE_ACCESSED)

ULONG64 MiDirectMapBase;
ULONG64 MiSystemRoot;
static ULONG64 MiDirectMapSize;
static KSPIN_LOCK MiKernelMapLock;

BOOLEAN MiIsDirectMapAddress(const VOID *Address)
{
    return (ULONG64)Address - MiDirectMapBase < MiDirectMapSize;
}

static inline PULONG64 Table(ULONG64 Entry)
{
    return MmDirectMap(Entry & PTE_PFN_MASK);
}

static inline ULONG IndexAt(ULONG64 Va, ULONG Shift)
{
    return (ULONG)(Va >> Shift) & 511;
}

ULONG64 MiWalk(ULONG64 Root, const VOID *Address, ULONG *Shift)
{
    ULONG64 Entry = Root | PTE_VALID;
    ULONG Level = 48;

    do {
        Level -= 9;
        Entry = Table(Entry)[IndexAt((ULONG64)Address, Level)];
        if (!(Entry & PTE_VALID))
            return 0;
    } while (Level != 12 && !(Entry & PTE_LARGE));
    *Shift = Level;
    return Entry;
}

/* A table under Entry, made if Create. */
static PULONG64 Descend(PULONG64 Entry, BOOLEAN Create)
{
    if (!(*Entry & PTE_VALID)) {
        if (!Create)
            return NULL;
        ULONG64 Page = MiAllocateZeroedPage(MiUsePageTable);
        if (Page == 0)
            return NULL;
        KIRQL Irql;
        KeAcquireSpinLock(&MiKernelMapLock, &Irql);
        BOOLEAN Lost = (*Entry & PTE_VALID) != 0;
        if (!Lost)
            *(volatile ULONG64 *)Entry = (Page << PAGE_SHIFT) | PTE_TABLE;
        KeReleaseSpinLock(&MiKernelMapLock, Irql);
        if (Lost)
            MiFreePage(Page);
        else
            InterlockedIncrement64(&MmTotalCommittedPages);
    }
    return (*Entry & PTE_LARGE) ? NULL : Table(*Entry);
}

PULONG64 MiGetKernelPte(const VOID *Address, BOOLEAN Create)
{
    ULONG64 Va = (ULONG64)Address;
    PULONG64 Level = MmDirectMap(MiSystemRoot);

    for (ULONG Shift = 39; Shift != 12; Shift -= 9) {
        Level = Descend(&Level[IndexAt(Va, Shift)], Create);
        if (Level == NULL)
            return NULL;
    }
    return &Level[IndexAt(Va, 12)];
}

BOOLEAN MiCreateKernelTables(ULONG64 Start, ULONG64 Pages)
{
    ULONG64 End = Start + (Pages << PAGE_SHIFT);

    for (ULONG64 Va = Start; Va < End; Va = MI_ROUND_DOWN(Va, 0x200000) + 0x200000) {
        if (MiGetKernelPte((PVOID)Va, TRUE) == NULL)
            return FALSE;
    }
    return TRUE;
}

/* Maps fresh pages at a reserved range; on failure nothing is mapped. */
BOOLEAN MiMapFreshPages(PVOID Address, ULONG64 Pages, MI_USE Usage)
{
    for (ULONG64 Index = 0; Index < Pages; Index++) {
        ULONG64 Page = MiAllocatePage(Usage);
        if (Page == 0) {
            MiUnmapKernelRange(Address, Index, TRUE);
            return FALSE;
        }
        PULONG64 Pte = MiGetKernelPte((PUCHAR)Address + (Index << PAGE_SHIFT), FALSE);
        ASSERT(Pte != NULL && *Pte == 0);
        *(volatile ULONG64 *)Pte = (Page << PAGE_SHIFT) | MI_KERNEL_RW;
    }
    return TRUE;
}

/* Takes a range away from all processors, a batch at a time, then frees what was mapped. */
void MiUnmapKernelRange(PVOID Address, ULONG64 Pages, BOOLEAN FreePages)
{
    PVOID Va[MI_FLUSH_MAX];
    ULONG64 Frame[MI_FLUSH_MAX];

    while (Pages != 0) {
        ULONG Count = 0;
        for (; Count < MI_FLUSH_MAX && Pages != 0; Pages--, Address = (PUCHAR)Address + PAGE_SIZE) {
            PULONG64 Pte = MiGetKernelPte(Address, FALSE);
            if (Pte == NULL || *Pte == 0)
                continue;
            Frame[Count] = PTE_PFN(*Pte);
            Va[Count++] = Address;
            *(volatile ULONG64 *)Pte = 0;
        }
        if (Count != 0)
            KeFlushMultipleTb_(Count, Va, NULL);
        for (ULONG Index = 0; FreePages && Index < Count; Index++)
            MiDereferencePrivatePage(Frame[Index]);
    }
}

static ULONG64 KernelProtection(ULONG Protect)
{
    switch (Protect) {
    case PAGE_READONLY: return PTE_NX;
    case PAGE_READWRITE: return PTE_NX | PTE_WRITE | PTE_DIRTY;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ: return 0;
    default: return MM_INVALID_PROTECTION;
    }
}

/* W^X: there is deliberately no way to ask for writable and executable. */
NTSTATUS MmProtectKernelRange(PVOID Address, SIZE_T Size, ULONG Protect)
{
    ULONG64 Bits = KernelProtection(Protect);
    ULONG64 Va = MI_ROUND_DOWN(Address, PAGE_SIZE), End = MI_ROUND_UP((ULONG64)Address + Size, PAGE_SIZE);

    if (Bits == MM_INVALID_PROTECTION)
        return STATUS_INVALID_PAGE_PROTECTION;
    for (ULONG64 At = Va; At < End; At += PAGE_SIZE) {
        PULONG64 Pte = MiGetKernelPte((PVOID)At, FALSE);
        if (Pte == NULL || !(*Pte & PTE_VALID))
            return STATUS_CONFLICTING_ADDRESSES;
    }
    for (ULONG64 At = Va; At < End; At += PAGE_SIZE) {
        PULONG64 Pte = MiGetKernelPte((PVOID)At, FALSE);
        *(volatile ULONG64 *)Pte = (*Pte & (PTE_PFN_MASK | PTE_WRITETHROUGH | PTE_CACHEDISABLE | PTE_GLOBAL)) | PTE_VALID | PTE_ACCESSED | Bits;
    }
    KeFlushEntireTb_();
    return STATUS_SUCCESS;
}

static void CreateTopLevel(ULONG64 Va)
{
    PULONG64 Root = MmDirectMap(MiSystemRoot);

    if (Descend(&Root[IndexAt(Va, 39)], TRUE) == NULL)
        KeBugCheckEx(0x0000007D, 1, Va, 0, 0);
}

/* The kernel's own root is the loader's, without its lower half. */
void MiInitializeKernelSpace(LOADER_PARAMETER_BLOCK *Block)
{
    MiDirectMapSize = Block->DirectMapSize;
    MiSystemRoot = Block->PageTableRoot & PTE_PFN_MASK;
    PULONG64 Root = MmDirectMap(MiSystemRoot);
    for (ULONG Index = 0; Index < 256; Index++)
        Root[Index] = 0;
    KiFlushCurrentTb(TRUE);

    ULONG64 ImageBase = Block->KernelRegionBase + Block->KernelRegionSize;
    CreateTopLevel(KI_USER_SHARED_DATA_);
    CreateTopLevel(MI_SYSTEM_PTE_BASE);
    CreateTopLevel(MI_SYSTEM_VIEW_BASE);
    CreateTopLevel(ImageBase);
    CreateTopLevel(Block->KernelRegionBase + 0x7FFFFFFF);
    MiInitializeRegion(&MiSystemPtes, MI_SYSTEM_PTE_BASE, MI_SYSTEM_PTE_PAGES);
    MiInitializeRegion(&MiImageRegion, ImageBase, (0x80000000ULL - Block->KernelRegionSize) >> PAGE_SHIFT);
}

BOOLEAN NTAPI MmIsAddressValid(PVOID VirtualAddress)
{
    ULONG Shift;
    ULONG64 Top = (ULONG64)VirtualAddress >> 47;

    return (Top == 0 || Top == 0x1FFFF) && MiWalk(KiReadPageTableRoot() & PTE_PFN_MASK, VirtualAddress, &Shift) != 0;
}

BOOLEAN NTAPI MmIsNonPagedSystemAddressValid(PVOID VirtualAddress)
{
    return (LONG64)(ULONG_PTR)VirtualAddress < 0 && MmIsAddressValid(VirtualAddress);
}

PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID BaseAddress)
{
    PHYSICAL_ADDRESS Physical = { .QuadPart = 0 };
    ULONG Shift;

    if (MiIsDirectMapAddress(BaseAddress)) {
        Physical.QuadPart = (LONGLONG)((ULONG64)BaseAddress - MiDirectMapBase);
        return Physical;
    }
    ULONG64 Entry = MiWalk(KiReadPageTableRoot() & PTE_PFN_MASK, BaseAddress, &Shift);
    if (Entry != 0) {
        ULONG64 Mask = (1ULL << Shift) - 1;
        Physical.QuadPart = (LONGLONG)((Entry & PTE_PFN_MASK & ~Mask) | ((ULONG64)BaseAddress & Mask));
    }
    return Physical;
}

PVOID NTAPI MmGetVirtualForPhysical(PHYSICAL_ADDRESS PhysicalAddress)
{
    return MmDirectMap((ULONG64)PhysicalAddress.QuadPart);
}

/* SPDX-License-Identifier: MIT */
/*
 * init.c - memory comes up.
 *
 * Phase 0 (one processor, no threads): physical pages, kernel address space, the shared user data page, pool.
 * Phase 1 (threads and objects work): the section type; what the firmware no longer needs becomes free memory.
 * Windows Internals, 7th ed., part 2, chapter 12 "Kernel initialization phases".
 */
#include "mi.h"

PVOID MiSharedUserDataPage;
ULONG64 MiSharedUserDataFrame;
LOADER_PARAMETER_BLOCK *MiLoaderBlock;
BOOLEAN MiFixedBases, MiVerifyOften;
volatile ULONG64 MiFaults, MiDemandZeroFaults, MiCopyOnWriteFaults, MiTransitionFaults, MiPageReads, MiPagesRead;

ULONG64 MiRandom(ULONG64 Limit)
{
    return MiFixedBases || Limit == 0 ? 0 : KiRandom64() % Limit;
}

static BOOLEAN HasOption(const char *Options, const char *Wanted)
{
    while (*Options != 0) {
        ULONG Length = 0;
        while (*Options == ' ')
            Options++;
        while (Wanted[Length] != 0 && Options[Length] == Wanted[Length])
            Length++;
        if (Wanted[Length] == 0 && (Options[Length] == 0 || Options[Length] == ' '))
            return TRUE;
        while (*Options != 0 && *Options != ' ')
            Options++;
    }
    return FALSE;
}

static void CreateSharedUserData(void)
{
    MiSharedUserDataFrame = MiAllocateZeroedPage(MiUseDriver);
    PULONG64 Pte = MiGetKernelPte((PVOID)KI_USER_SHARED_DATA_, TRUE);

    if (MiSharedUserDataFrame == 0 || Pte == NULL)
        KeBugCheckEx(0x0000007D, 2, 0, 0, 0);
    *(volatile ULONG64 *)Pte = (MiSharedUserDataFrame << PAGE_SHIFT) | MI_KERNEL_RW;
    MiSharedUserDataPage = (PVOID)KI_USER_SHARED_DATA_;
    InterlockedIncrement64(&MmTotalCommittedPages);
}

/* What drivers' macros MM_HIGHEST_USER_ADDRESS, MM_SYSTEM_RANGE_START and MM_USER_PROBE_ADDRESS read. */
PVOID MmHighestUserAddress = (PVOID)MM_USER_HIGHEST;
PVOID MmSystemRangeStart = (PVOID)0xFFFF800000000000;
ULONG64 MmUserProbeAddress = MM_USER_HIGHEST + 1;

void MmInitSystemPhase0(LOADER_PARAMETER_BLOCK *Block)
{
    MiLoaderBlock = Block;
    MiDirectMapBase = Block->DirectMapBase;
    MiFixedBases = HasOption(Block->Options, "FIXEDBASE");
    MiVerifyOften = HasOption(Block->Options, "MMVERIFY");
    KeInitializeSpinLock(&MmPfnLock);
    MiInitializePfnDatabase(Block);
    MiInitializeKernelSpace(Block);
    CreateSharedUserData();
    ExInitPoolPhase0();
}

/*
 * What firmware used before ExitBootServices: nothing points there once the kernel has its own GDT and stack.  The loader's block itself stays: io
 * and ldr read it for as long as the system runs, and it is a few pages.
 */
static void ReleaseFirmwareMemory(const LOADER_PARAMETER_BLOCK *Block)
{
    for (ULONG Index = 0; Index < Block->MemoryCount; Index++) {
        const LOADER_MEMORY *Memory = &Block->Memory[Index];
        if (Memory->Type != LoaderFirmwareReclaim)
            continue;
        for (ULONG64 Page = Memory->BasePage; Page < Memory->BasePage + Memory->PageCount; Page++) {
            if (Page == 0)
                continue;
            MiFreePage(Page);
            MiReturnCommitment(1);
        }
    }
}

void MmInitSystemPhase1(LOADER_PARAMETER_BLOCK *Block)
{
    MM_STATISTICS Statistics;

    PAGED_CODE();
    ReleaseFirmwareMemory(Block);
    MiInitializeControlAreas();
    MiInitializeSectionType();
    MmQueryStatistics(&Statistics);
    KeUserSharedData_->NumberOfPhysicalPages = (ULONG)Statistics.TotalPages;
    KdBootStep("Mm: %u MiB of memory, %u pages free", (unsigned)(Statistics.TotalPages >> 8), (unsigned)Statistics.FreePages);
    if (HasOption(Block->Options, "KERNEL_SELFTEST"))
        MmSelfTest();
}

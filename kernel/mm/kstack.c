/* SPDX-License-Identifier: MIT */
/*
 * kstack.c - kernel stacks.
 *
 *   | guard page, never mapped | KERNEL_STACK_SIZE bytes | <- top, what MmCreateKernelStack returns
 *
 * An overflow hits the guard page and becomes a double fault on its own stack instead of a corrupted neighbour.  A few stacks of dead threads
 * stay mapped for the next thread: making one costs six pages and their entries.  They still count as committed, but MmQueryStatistics reports
 * them as free.  Windows Internals, 7th ed., part 1, chapter 5 "Kernel stacks".
 */
#include "mi.h"

#define STACK_PAGES (KERNEL_STACK_SIZE / PAGE_SIZE)
#define STACK_SLOT (STACK_PAGES + 1)
#define CACHE_LIMIT 16u

static KSPIN_LOCK MiStackLock;
static PVOID MiStackCache; /* MiStackLock; tops, linked through the quadword below each */
static ULONG MiStackCacheCount;

ULONG MiKernelStackCachePages(void)
{
    return MiStackCacheCount * STACK_PAGES;
}

static PVOID TakeCached(void)
{
    KIRQL Irql;

    if (MiStackCacheCount == 0)
        return NULL;
    KeAcquireSpinLock(&MiStackLock, &Irql);
    PVOID Top = MiStackCache;
    if (Top != NULL) {
        MiStackCache = ((PVOID *)Top)[-1];
        MiStackCacheCount--;
    }
    KeReleaseSpinLock(&MiStackLock, Irql);
    return Top;
}

PVOID MmCreateKernelStack(void)
{
    PVOID Top = TakeCached();

    ASSERT_IRQL_LE(DISPATCH_LEVEL);
    if (Top != NULL)
        return Top;
    if (!MiChargeCommitment(STACK_PAGES))
        return NULL;
    PUCHAR Slot = MiReserveRange(&MiSystemPtes, STACK_SLOT);
    if (Slot == NULL)
        goto Failed;
    if (!MiMapFreshPages(Slot + PAGE_SIZE, STACK_PAGES, MiUseKernelStack)) {
        MiReleaseRange(&MiSystemPtes, Slot, STACK_SLOT);
        goto Failed;
    }
    return Slot + STACK_SLOT * PAGE_SIZE;
Failed:
    MiReturnCommitment(STACK_PAGES);
    return NULL;
}

void MmDeleteKernelStack(PVOID Top)
{
    KIRQL Irql;
    PUCHAR Slot = (PUCHAR)Top - STACK_SLOT * PAGE_SIZE;

    ASSERT_IRQL_LE(DISPATCH_LEVEL);
    ASSERT(MiIsDirectMapAddress(Top) == FALSE);
    KeAcquireSpinLock(&MiStackLock, &Irql);
    BOOLEAN Keep = MiStackCacheCount < CACHE_LIMIT;
    if (Keep) {
        ((PVOID *)Top)[-1] = MiStackCache;
        MiStackCache = Top;
        MiStackCacheCount++;
    }
    KeReleaseSpinLock(&MiStackLock, Irql);
    if (Keep)
        return;
    ASSERT(MiGetKernelPte(Slot, FALSE) != NULL && *MiGetKernelPte(Slot, FALSE) == 0);
    MiUnmapKernelRange(Slot + PAGE_SIZE, STACK_PAGES, TRUE);
    MiReleaseRange(&MiSystemPtes, Slot, STACK_SLOT);
    MiReturnCommitment(STACK_PAGES);
}

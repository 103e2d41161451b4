/* SPDX-License-Identifier: MIT */
/*
 * commit.c - commit charge: the promise that a page will be there when it is touched.
 *
 * There is no paging file, so the limit is the machine's memory.  Everything that will occupy a page and cannot be thrown away is charged
 * before it is promised: committed private memory, page tables, pool, kernel stacks, page-file-backed sections, and those pages of an image
 * that a process may make its own by writing.  Pages of files are not: a clean one can be read again.
 * Windows Internals, 7th ed., part 1, chapter 5 "Commit charge and the system commit limit".
 */
#include "mi.h"

volatile LONG64 MmTotalCommittedPages;
LONG64 MmTotalCommitLimit;
volatile LONG64 MmPeakCommitment;
BOOLEAN (*MmChargeJob)(PEPROCESS Process, LONG64 Pages);

BOOLEAN MiChargeCommitment(ULONG64 Pages)
{
    if (UNLIKELY(Pages > (ULONG64)MmTotalCommitLimit))
        return FALSE;
    LONG64 Now = InterlockedExchangeAdd64(&MmTotalCommittedPages, (LONG64)Pages) + (LONG64)Pages;
    if (UNLIKELY(Now > MmTotalCommitLimit)) {
        InterlockedExchangeAdd64(&MmTotalCommittedPages, -(LONG64)Pages);
        return FALSE;
    }
    if (Now > MmPeakCommitment)
        MmPeakCommitment = Now;
    return TRUE;
}

/*
 * For page tables: without them memory that was promised could not be touched, so they are never refused for the limit's sake (COMMIT_RESERVE in pfn.c
 * is there for them), only counted.
 */
void MiChargeCommitmentAlways(ULONG64 Pages)
{
    LONG64 Now = InterlockedExchangeAdd64(&MmTotalCommittedPages, (LONG64)Pages) + (LONG64)Pages;

    if (Now > MmPeakCommitment)
        MmPeakCommitment = Now;
}

void MiReturnCommitment(ULONG64 Pages)
{
    LONG64 Before = InterlockedExchangeAdd64(&MmTotalCommittedPages, -(LONG64)Pages);

    ASSERT(Before >= (LONG64)Pages);
    (void)Before;
}

static void CountCommit(PEPROCESS Process, ULONG64 Pages)
{
    SIZE_T Now = (SIZE_T)InterlockedExchangeAdd64((volatile LONG64 *)&Process->CommitCharge, (LONG64)Pages) + Pages;

    if (Now > Process->CommitChargePeak)
        Process->CommitChargePeak = Now;
}

NTSTATUS MiChargeProcessCommit(PEPROCESS Process, ULONG64 Pages)
{
    if (Pages == 0)
        return STATUS_SUCCESS;
    if (EX_INJECT(ExInjectCommit))
        return STATUS_COMMITMENT_LIMIT;
    if (!MiChargeCommitment(Pages))
        return STATUS_COMMITMENT_LIMIT;
    if (UNLIKELY(Process->Job != NULL) && !MmChargeJob(Process, (LONG64)Pages)) {
        MiReturnCommitment(Pages);
        return STATUS_COMMITMENT_LIMIT;
    }
    CountCommit(Process, Pages);
    return STATUS_SUCCESS;
}

void MiReturnProcessCommit(PEPROCESS Process, ULONG64 Pages)
{
    if (Pages == 0)
        return;
    ASSERT(Process->CommitCharge >= Pages);
    if (UNLIKELY(Process->Job != NULL))
        (void)MmChargeJob(Process, -(LONG64)Pages);
    InterlockedExchangeAdd64((volatile LONG64 *)&Process->CommitCharge, -(LONG64)Pages);
    MiReturnCommitment(Pages);
}

NTSTATUS MiChargeLargeCommit(PEPROCESS Process, ULONG64 Pages)
{
    if (EX_INJECT(ExInjectCommit) || !MiChargeCommitment(Pages))
        return STATUS_COMMITMENT_LIMIT;
    InterlockedExchangeAdd64((volatile LONG64 *)&Process->LargeCommitCharge, (LONG64)Pages);
    CountCommit(Process, Pages);
    return STATUS_SUCCESS;
}

void MiReturnLargeCommit(PEPROCESS Process, ULONG64 Pages)
{
    ASSERT(Process->LargeCommitCharge >= Pages);
    InterlockedExchangeAdd64((volatile LONG64 *)&Process->LargeCommitCharge, -(LONG64)Pages);
    InterlockedExchangeAdd64((volatile LONG64 *)&Process->CommitCharge, -(LONG64)Pages);
    MiReturnCommitment(Pages);
}

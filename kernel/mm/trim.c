/* SPDX-License-Identifier: MIT */
/*
 * trim.c - when no page is free: pages of files leave the page tables, so that they can be used for something else.
 *
 * There is no paging file, so private pages stay; but a clean page of an image or mapped file can be read again.  Trimming takes such pages
 * out of every address space; with their last share they are on standby, from where the next allocation takes them.  A fault that finds no
 * memory trims and tries again.  So what is committed can be touched, also when programs are mapped that would otherwise hold the last
 * pages.
 *
 * A process may also ask to have its working set emptied (SetProcessWorkingSetSize(-1, -1)): then its private pages go, too, as far as they
 * can: out of the page table, not out of memory.
 *
 * Nobody may hold a working-set lock here.  Lock order: MiProcessListLock, then a working-set lock.
 * Windows Internals, 7th ed., part 1, chapter 5 "Working sets" (the balance set manager's work, done only in need).
 */
#include "mi.h"
#include "mmws.h"

#define ENOUGH_PAGES 256u

static EX_PUSH_LOCK_ MiProcessListLock;
static LIST_ENTRY MiProcessList = { &MiProcessList, &MiProcessList }; /* MiProcessListLock; EPROCESS.MmProcessLinks */

void MiAddProcess(PEPROCESS Process)
{
    ExAcquirePushLockExclusive_(&MiProcessListLock);
    InsertTailList(&MiProcessList, &Process->MmProcessLinks);
    ExReleasePushLockExclusive_(&MiProcessListLock);
}

void MiRemoveProcess(PEPROCESS Process)
{
    ExAcquirePushLockExclusive_(&MiProcessListLock);
    RemoveEntryList(&Process->MmProcessLinks);
    ExReleasePushLockExclusive_(&MiProcessListLock);
}

/* A section's page leaves one page table; the entry remembers a protection that is not the view's own. */
static void TrimEntry(PEPROCESS Process, PMMVAD Vad, PULONG64 Pte, ULONG64 Va, PMI_FLUSH Flush)
{
    ULONG64 Entry = *Pte;
    ULONG Protection = MiProtectionOfPte(Vad, Va, Entry);

    Entry = MiExchangePte(Pte, MI_MAKE_SOFT(Protection) | MI_PTE_PROTO);
    if (Protection == MiVadPageProtection(Vad, Va))
        MiClearPte(Pte);
    InterlockedDecrement64((volatile LONG64 *)&Process->WorkingSetSize);
    MiFlushAdd(Flush, Va, PTE_PFN(Entry), MiFlushKindOfShared(Entry));
}

/* All: private pages too, which stay in memory behind a soft entry. */
static void TrimView(PEPROCESS Process, PMMVAD Vad, BOOLEAN All, PMI_FLUSH Flush)
{
    ULONG64 Next;

    if (Vad->Writable && (Vad->ControlArea->Flags & MI_CA_FILE)) { /* what it wrote must reach the file before the pages can be had */
        ExAcquirePushLockExclusive_(&MmSectionLock);
        MiNoteModifiedLocked(Vad->ControlArea);
        ExReleasePushLockExclusive_(&MmSectionLock);
    }
    for (ULONG64 Va = MiVadStart(Vad); Va <= MiVadEnd(Vad); Va = Next) {
        PULONG64 Pte = MiNextPte(Process, Va, &Next);
        if (Pte == NULL || !(*Pte & PTE_VALID) || (*Pte & MI_PTE_LOCKED))
            continue;
        if (MiPfn(PTE_PFN(*Pte))->PrototypePte) {
            TrimEntry(Process, Vad, Pte, Va, Flush);
        } else if (All) {
            MiMakeTransition(Process, Pte, MiProtectionOfPte(Vad, Va, *Pte));
            MiFlushAdd(Flush, Va, 0, MiFlushPrivate);
        }
    }
}

static void TrimProcess(PEPROCESS Process, BOOLEAN All)
{
    MI_FLUSH Flush;

    MiFlushInit(&Flush, Process);
    MiLockPageTables(Process);
    for (MI_VAD_NODE *Node = MiTreeFirst(Process->VadRoot); Node != NULL; Node = MiTreeNext(Node)) {
        PMMVAD Vad = (PMMVAD)Node;
        if (Vad->Type != MiVadSharedData && !Vad->Physical && (All || (Vad->ControlArea != NULL && (Vad->ControlArea->Flags & MI_CA_FILE))))
            TrimView(Process, Vad, All, &Flush);
    }
    MiFlushFinish(&Flush);
    MiUnlockPageTables(Process);
}

NTSTATUS MmEmptyWorkingSet_(PEPROCESS Process)
{
    PAGED_CODE();
    NTSTATUS Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    TrimProcess(Process, TRUE);
    MiUnlockAddressSpace(Process);
    return STATUS_SUCCESS;
}

void MiForEachProcess(void (*Routine)(PEPROCESS Process))
{
    ExAcquirePushLockShared_(&MiProcessListLock);
    for (PLIST_ENTRY Entry = MiProcessList.Flink; Entry != &MiProcessList; Entry = Entry->Flink)
        Routine(CONTAINING_RECORD(Entry, EPROCESS, MmProcessLinks));
    ExReleasePushLockShared_(&MiProcessListLock);
}

/* FALSE: there was nothing to gain. */
BOOLEAN MiReclaimMemory(void)
{
    PAGED_CODE();
    ExTrimPool_();
    MiDrainPageCache();
    if (MmModifiedPages_() != 0 && MmAwaitLazyWriter != NULL && PsCurrentThread_()->TopLevelIrp == NULL)
        MmAwaitLazyWriter();
    MiTrimUnusedControlAreas(ENOUGH_PAGES);
    ExAcquirePushLockShared_(&MiProcessListLock);
    for (PLIST_ENTRY Entry = MiProcessList.Flink; Entry != &MiProcessList && MiAvailablePages() < ENOUGH_PAGES; Entry = Entry->Flink)
        TrimProcess(CONTAINING_RECORD(Entry, EPROCESS, MmProcessLinks), FALSE);
    ExReleasePushLockShared_(&MiProcessListLock);
    if (MiAvailablePages() != 0)
        return TRUE;
    DbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL,
               "Mm: no memory left: pages of processes %I64d, page tables %I64d, stacks %I64d, pool %I64d, files %I64d, images %I64d, "
               "sections %I64d, kernel %I64d, MDLs %I64d; committed %I64d of %I64d\n",
               MiUsagePages[MiUsePrivate], MiUsagePages[MiUsePageTable], MiUsagePages[MiUseKernelStack], MiUsagePages[MiUsePool],
               MiUsagePages[MiUseFile], MiUsagePages[MiUseImage], MiUsagePages[MiUseSection], MiUsagePages[MiUseDriver],
               MiUsagePages[MiUseMdl], MmTotalCommittedPages, MmTotalCommitLimit);
    return FALSE;
}

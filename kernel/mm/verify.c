/* SPDX-License-Identifier: MIT */
/*
 * verify.c - does mm's bookkeeping agree with itself?
 *
 * MmVerify_ walks the PFN database, the lists, the counts, and the VADs and page tables of every process, and bugchecks (MEMORY_MANAGEMENT, first parameter
 * 0x4E43xxxx) on a contradiction.  For self-tests and suspicious moments; slow.  With the boot option MMVERIFY it runs whenever an address space ends.
 */
#include "mi.h"

static NORETURN void Wrong(ULONG What, ULONG64 A, ULONG64 B)
{
    KeBugCheckEx(MEMORY_MANAGEMENT, 0x4E430000u | What, A, B, 0);
}

static void CheckSectionPage(ULONG64 Page, PMMPFN Pfn)
{
    ULONG64 Proto;

    if (Pfn->DeleteOnZero)
        return;
    Proto = *MiPteOfPfn(Pfn);
    if (PTE_PFN(Proto) != Page)
        Wrong(1, Page, Proto);
    if (Pfn->ShareCount > 0 && (!(Proto & PTE_VALID) || Pfn->PageLocation != ActiveAndValid || Pfn->ReferenceCount < 1))
        Wrong(2, Page, Proto);
    if (Pfn->ShareCount == 0 && !(Proto & MI_PTE_TRANSITION))
        Wrong(3, Page, Proto);
    if (Pfn->ShareCount == 0 && Pfn->ReferenceCount == 0 && Pfn->PageLocation >= BadPageList)
        Wrong(4, Page, Pfn->PageLocation);
}

static void CheckPfns(void)
{
    ULONG64 OnList[ActiveAndValid] = { 0 };
    KIRQL Irql;

    KeAcquireSpinLock(&MmPfnLock, &Irql);
    for (ULONG64 Page = 1; Page <= MmHighestPage; Page++) {
        PMMPFN Pfn = MiPfn(Page);
        if (Pfn->PrototypePte)
            CheckSectionPage(Page, Pfn);
        if (Pfn->PageLocation == StandbyPageList || Pfn->PageLocation == ModifiedPageList || Pfn->PageLocation == ModifiedNoWritePageList)
            OnList[Pfn->PageLocation]++;
        if (Pfn->PageLocation == FreePageList && (Pfn->ReferenceCount != 0 || Pfn->ShareCount != 0))
            Wrong(5, Page, (ULONG64)Pfn->ReferenceCount);
        if (Pfn->PageLocation == StandbyPageList && (Pfn->Modified || Pfn->ReferenceCount != 0))
            Wrong(6, Page, (ULONG64)Pfn->ReferenceCount);
    }
    for (ULONG Index = StandbyPageList; Index <= ModifiedNoWritePageList; Index++) {
        if (OnList[Index] != MiListCount(Index))
            Wrong(7, Index, OnList[Index]);
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
}

typedef struct _SUMS { ULONG64 Resident, Private, Tables, Locked; } SUMS;

static void CheckEntry(PEPROCESS Process, ULONG64 Va, ULONG64 Entry, SUMS *Sums)
{
    PMMVAD Vad = MiLocateVad(Process, Va);

    if (Vad == NULL)
        Wrong(8, Va, Entry);
    if (Entry & MI_PTE_BORROWED) {
        if (Vad->Physical != MI_PHYSICAL_MDL)
            Wrong(22, Va, Entry);
    } else if (Entry & PTE_VALID) {
        PMMPFN Pfn = MiPfn(PTE_PFN(Entry));
        if (PTE_PFN(Entry) == MiSharedUserDataFrame)
            return;
        if (Pfn->Usage == MiUsePhysical) {
            if (!Vad->Physical || Pfn->PteAddress != Va || !MiOwnsPhysicalPage(Process, PTE_PFN(Entry)))
                Wrong(18, Va, Entry);
            return;
        }
        Sums->Locked += (Entry & MI_PTE_LOCKED) != 0;
        Sums->Resident++;
        Sums->Private += !Pfn->PrototypePte;
        if (Pfn->PageLocation != ActiveAndValid || Pfn->ReferenceCount < 1)
            Wrong(9, Va, Entry);
        if ((Entry & PTE_WRITE) && !(Entry & PTE_NX) && Vad->Type == MiVadImage && Vad->Protection != MM_EXECUTE_WRITECOPY)
            Wrong(10, Va, Entry);
    } else if (Entry & MI_PTE_TRANSITION) {
        Sums->Private++;
    }
}

static void CheckLarge(PEPROCESS Process, ULONG64 Va, ULONG64 Entry)
{
    PMMVAD Vad = MiLocateVad(Process, Va);

    if (Vad == NULL || !Vad->LargePages || (PTE_PFN(Entry) & (MI_LARGE_PAGES - 1)) != 0)
        Wrong(19, Va, Entry);
    for (ULONG64 Page = PTE_PFN(Entry); Page < PTE_PFN(Entry) + MI_LARGE_PAGES; Page++) {
        PMMPFN Pfn = MiPfn(Page);
        if (Pfn->PageLocation != ActiveAndValid || Pfn->ReferenceCount < 1 || Pfn->ShareCount < 1 || Pfn->PrototypePte != (Vad->ControlArea != NULL))
            Wrong(20, Va, Page);
    }
}

static void CheckTable(PEPROCESS Process, ULONG64 TablePage, ULONG Shift, ULONG64 Va, SUMS *Sums)
{
    PULONG64 Entry = MiPageAddress(TablePage);
    LONG Used = 0;

    Sums->Tables++;
    for (ULONG Index = 0; Index < (Shift == 39 ? 256u : 512u); Index++, Va += 1ULL << Shift) {
        if (Entry[Index] == 0)
            continue;
        Used++;
        if (!(MiPfn(TablePage)->UsedLines >> (Index / 8) & 1))
            Wrong(17, TablePage, Index);
        if (Shift == MI_LARGE_SHIFT && (Entry[Index] & PTE_LARGE))
            CheckLarge(Process, Va, Entry[Index]);
        else if (Shift == 12)
            CheckEntry(Process, Va, Entry[Index], Sums);
        else
            CheckTable(Process, PTE_PFN(Entry[Index]), Shift - 9, Va, Sums);
    }
    if (Used != MiPfn(TablePage)->ShareCount)
        Wrong(11, TablePage, (ULONG64)MiPfn(TablePage)->ShareCount);
}

static void CheckProcess(PEPROCESS Process)
{
    SUMS Sums = { 0 };
    ULONG64 Commit = 0;

    if (!(Process->Flags & PS_PROCESS_FLAGS_HAS_ADDRESS_SPACE) || !NT_SUCCESS(MiLockAddressSpace(Process)))
        return;
    MiLockPageTables(Process);
    if (!MiTreeCheck(Process->VadRoot))
        Wrong(12, (ULONG64)Process, 0);
    for (MI_VAD_NODE *Node = MiTreeFirst(Process->VadRoot); Node != NULL; Node = MiTreeNext(Node))
        Commit += (ULONG64)((PMMVAD)Node)->CommitCharge;
    CheckTable(Process, Process->Pcb.DirectoryTableBase >> PAGE_SHIFT, 39, 0, &Sums);
    if (Commit != Process->CommitCharge)
        Wrong(13, Commit, Process->CommitCharge);
    if (Sums.Tables != Process->PageTablePages)
        Wrong(14, Sums.Tables, Process->PageTablePages);
    if (Sums.Resident != Process->WorkingSetSize)
        Wrong(15, Sums.Resident, Process->WorkingSetSize);
    if (Sums.Private != Process->PrivatePageCount)
        Wrong(16, Sums.Private, Process->PrivatePageCount);
    if (Sums.Locked != (ULONG64)Process->LockedVirtualPages)
        Wrong(21, Sums.Locked, (ULONG64)Process->LockedVirtualPages);
    MiUnlockPageTables(Process);
    MiUnlockAddressSpace(Process);
}

void MmVerify_(void)
{
    PAGED_CODE();
    CheckPfns();
    MiForEachProcess(CheckProcess);
}

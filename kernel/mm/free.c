/* SPDX-License-Identifier: MIT */
/*
 * free.c - NtFreeVirtualMemory: decommitting pages, releasing reservations (whole, an end, or out of the middle), and taking pages out of
 * page tables in general.
 */
#include "mi.h"

typedef struct _TALLY { LONG64 Resident, Private; } TALLY;

static void DeleteEntry(PULONG64 Pte, ULONG64 Va, PMI_FLUSH Flush, TALLY *Tally)
{
    ULONG64 Entry = MiExchangePte(Pte, 0), Frame = PTE_PFN(Entry);

    if (Entry & PTE_VALID) {
        if (Frame == MiSharedUserDataFrame) {
            MiFlushAdd(Flush, Va, 0, MiFlushPrivate);
            return;
        }
        if (UNLIKELY(Entry & (MI_PTE_LOCKED | MI_PTE_PHYSICAL | MI_PTE_BORROWED))) {
            MiForgetLock(Flush->Process, Entry);
            if (Entry & (MI_PTE_PHYSICAL | MI_PTE_BORROWED)) { /* the process, or a driver, keeps the page */
                if (Entry & MI_PTE_PHYSICAL)
                    MiForgetPhysicalMapping(Frame);
                MiFlushAdd(Flush, Va, 0, MiFlushPrivate);
                return;
            }
        }
        Tally->Resident++;
        if (MiPfn(Frame)->PrototypePte) {
            MiFlushAdd(Flush, Va, Frame, MiFlushKindOfShared(Entry));
        } else {
            Tally->Private++;
            MiFlushAdd(Flush, Va, Frame, MiFlushPrivate);
        }
    } else if (Entry & MI_PTE_TRANSITION) {
        Tally->Private++;
        MiFlushPage(Flush, Frame);
    }
}

/* The Count entries of one table from Pte on; TRUE: the table is empty now. */
static BOOLEAN DeleteInTable(PULONG64 Pte, ULONG64 Va, ULONG64 Count, PMI_FLUSH Flush, TALLY *Tally)
{
    PMMPFN Table = MiPfn(MiPageOfDirect(Pte));
    LONG Left = Table->ShareCount; /* nobody else changes it under the exclusive lock */
    PULONG64 Base = (PULONG64)MI_ROUND_DOWN(Pte, PAGE_SIZE);
    ULONG64 First = (ULONG64)(Pte - Base), End = First + Count;
    ULONG64 Lines = Table->UsedLines & (~0ULL << (First >> 3)) & (~0ULL >> (63 - ((End - 1) >> 3))), Whole = Lines;

    if (First & 7)
        Whole &= ~(1ULL << (First >> 3));
    if (End & 7)
        Whole &= ~(1ULL << (End >> 3));
    Va -= First << PAGE_SHIFT;
    for (; Lines != 0 && Left != 0; Lines &= Lines - 1) {
        ULONG64 Index = (ULONG64)__builtin_ctzll(Lines) << 3, LineEnd = Index + 8 < End ? Index + 8 : End;
        for (Index = Index > First ? Index : First; Index < LineEnd; Index++) {
            if (Base[Index] != 0) {
                DeleteEntry(&Base[Index], Va + (Index << PAGE_SHIFT), Flush, Tally);
                Left--;
            }
        }
    }
    Table->ShareCount = Left;
    Table->UsedLines &= ~Whole;
    return Left == 0;
}

static void ReturnTally(PEPROCESS Process, const TALLY *Tally)
{
    InterlockedExchangeAdd64((volatile LONG64 *)&Process->WorkingSetSize, -Tally->Resident);
    InterlockedExchangeAdd64((volatile LONG64 *)&Process->PrivatePageCount, -Tally->Private);
}

/* Clears the entries of [Start, End] and collects what they held.  Both locks exclusive; commit charge is the caller's.  TRUE: a table became empty. */
BOOLEAN MiDeletePages(PEPROCESS Process, ULONG64 Start, ULONG64 End, PMI_FLUSH Flush)
{
    TALLY Tally = { 0, 0 };
    BOOLEAN Emptied = FALSE;
    ULONG64 Next;

    for (ULONG64 Va = Start; Va <= End; Va = Next) {
        PULONG64 Pte = MiNextPte(Process, Va, &Next);
        if (Pte == NULL)
            continue;
        Next = MI_ROUND_DOWN(Va, 0x200000) + 0x200000;
        ULONG64 Last = End < Next - 1 ? End : Next - 1;
        Emptied |= DeleteInTable(Pte, Va, ((Last - Va) >> PAGE_SHIFT) + 1, Flush, &Tally);
    }
    ReturnTally(Process, &Tally);
    return Emptied;
}

static void DeleteBelow(PEPROCESS Process, PULONG64 Table, ULONG Shift, ULONG64 Va, PMI_FLUSH Flush, TALLY *Tally);

static void DeleteTableAt(PEPROCESS Process, PULONG64 Entry, ULONG Shift, ULONG64 Va, PMI_FLUSH Flush, TALLY *Tally)
{
    PULONG64 Lower = MmDirectMap(*Entry & PTE_PFN_MASK);
    ULONG64 Page = PTE_PFN(*Entry);

    if (UNLIKELY(*Entry & PTE_LARGE)) {
        MiDeleteLargeEntry(Entry, Va, Flush);
        return;
    }
    if (Shift == 21)
        (void)DeleteInTable(Lower, Va, 512, Flush, Tally);
    else
        DeleteBelow(Process, Lower, Shift - 9, Va, Flush, Tally);
    ASSERT(MiPfn(Page)->ShareCount == 0);
    MiClearPte(Entry);
    MiFlushAdd(Flush, Va, Page, MiFlushTable);
    Process->PageTablePages--;
}

/* Everything below a table: the end of an address space. */
static void DeleteBelow(PEPROCESS Process, PULONG64 Table, ULONG Shift, ULONG64 Va, PMI_FLUSH Flush, TALLY *Tally)
{
    for (ULONG64 Lines = MiPfn(MiPageOfDirect(Table))->UsedLines; Lines != 0; Lines &= Lines - 1) {
        ULONG First = (ULONG)__builtin_ctzll(Lines) << 3;
        for (ULONG Index = First; Index < First + 8; Index++) {
            if (Table[Index] != 0)
                DeleteTableAt(Process, &Table[Index], Shift, Va + ((ULONG64)Index << Shift), Flush, Tally);
        }
    }
}

/* Both locks exclusive.  All user pages and all tables but the top one. */
void MiDeleteAllPages(PEPROCESS Process)
{
    SIZE_T Tables = Process->PageTablePages;
    TALLY Tally = { 0, 0 };
    MI_FLUSH Flush;

    MiFlushInit(&Flush, Process);
    DeleteBelow(Process, MmDirectMap(Process->Pcb.DirectoryTableBase & PTE_PFN_MASK), 39, 0, &Flush, &Tally);
    MiFlushFinish(&Flush);
    ReturnTally(Process, &Tally);
    MiReturnCommitment(Tables - Process->PageTablePages);
}

/* Committed pages in [Start, End]. */
static ULONG64 CountCommitted(PEPROCESS Process, PMMVAD Vad, ULONG64 Start, ULONG64 End)
{
    ULONG64 Count = 0, Next;

    for (ULONG64 Va = Start; Va <= End; Va = Next) {
        PULONG64 Pte = MiNextPte(Process, Va, &Next);
        if (Next > End + 1)
            Next = End + 1;
        if (Pte == NULL || *Pte == 0)
            Count += Vad->MemCommit ? (Next - Va) >> PAGE_SHIFT : 0;
        else
            Count += (*Pte & PTE_VALID) || MI_PTE_PROT(*Pte) != MM_DECOMMIT;
    }
    return Count;
}

static void ReturnCharge(PEPROCESS Process, PMMVAD Vad, ULONG64 Pages)
{
    ASSERT(Vad->CommitCharge >= (LONG64)Pages);
    Vad->CommitCharge -= (LONG64)Pages;
    MiReturnProcessCommit(Process, Pages);
}

/* Locks as MiDeletePages. */
static NTSTATUS Decommit(PEPROCESS Process, PMMVAD Vad, ULONG64 Start, ULONG64 End)
{
    BOOLEAN Whole = Start == MiVadStart(Vad) && End == MiVadEnd(Vad);
    MI_FLUSH Flush;

    /* Pages of a VAD that is committed by itself need an entry that says otherwise: make the tables while failing is possible. */
    for (ULONG64 Va = Start; Vad->MemCommit && !Whole && Va <= End; Va = MI_ROUND_DOWN(Va, 0x200000) + 0x200000) {
        if (MiCreatePte(Process, Va) == NULL)
            return STATUS_NO_MEMORY;
    }
    ULONG64 Committed = CountCommitted(Process, Vad, Start, End);
    MiFlushInit(&Flush, Process);
    BOOLEAN Emptied = MiDeletePages(Process, Start, End, &Flush);
    MiFlushFinish(&Flush);
    if (Whole) {
        Vad->MemCommit = FALSE;
    } else if (Vad->MemCommit) {
        for (ULONG64 Va = Start; Va <= End; Va += PAGE_SIZE)
            MiSetPteNew(MiLookupPte(Process, Va), MI_MAKE_SOFT(MM_DECOMMIT));
    }
    if (Emptied)
        MiFreeEmptyTables(Process, Start, End);
    ReturnCharge(Process, Vad, Committed);
    return STATUS_SUCCESS;
}

/* Releases [Start, End] of the VAD, which may leave none, one or two pieces.  *Spare: a VAD for the second piece, used or not. */
static void Release(PEPROCESS Process, PMMVAD Vad, ULONG64 Start, ULONG64 End, PMMVAD *Spare)
{
    ULONG64 VadStart = MiVadStart(Vad), VadEnd = MiVadEnd(Vad);
    MI_FLUSH Flush;

    if (Start == VadStart && End == VadEnd) {
        MiDeleteVadLocked(Process, Vad);
        MiFreeVad(Vad);
        return;
    }
    ULONG64 Committed = CountCommitted(Process, Vad, Start, End);
    MiFlushInit(&Flush, Process);
    BOOLEAN Emptied = MiDeletePages(Process, Start, End, &Flush);
    MiFlushFinish(&Flush);
    if (Emptied)
        MiFreeEmptyTables(Process, Start, End);
    ReturnCharge(Process, Vad, Committed);
    Process->VirtualSize -= End - Start + 1;
    if (Start == VadStart) {
        Vad->Node.StartVpn = (End + 1) >> PAGE_SHIFT;
    } else if (End == VadEnd) {
        Vad->Node.EndVpn = (Start - 1) >> PAGE_SHIFT;
    } else {
        PMMVAD Second = *Spare;
        *Spare = NULL;
        *Second = *Vad;
        Second->Node.StartVpn = (End + 1) >> PAGE_SHIFT;
        Second->CommitCharge = (LONG64)CountCommitted(Process, Vad, End + 1, VadEnd);
        Vad->CommitCharge -= Second->CommitCharge;
        Vad->Node.EndVpn = (Start - 1) >> PAGE_SHIFT;
        MiTreeResized(&Vad->Node);
        MiTreeInsert((MI_VAD_NODE **)&Process->VadRoot, &Second->Node);
        return;
    }
    MiTreeResized(&Vad->Node);
}

static NTSTATUS CheckFree(PMMVAD Vad, ULONG64 Base, ULONG64 Size, ULONG64 End, ULONG Type)
{
    if (Vad == NULL)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (Size != 0 && End > MiVadEnd(Vad))
        return STATUS_UNABLE_TO_FREE_VM;
    if (Vad->Type != MiVadPrivate)
        return Type == MEM_RELEASE ? STATUS_UNABLE_TO_DELETE_SECTION : STATUS_UNABLE_TO_DECOMMIT_VM;
    if (Vad->SecureCount != 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (Vad->Placeholder && (Type == MEM_DECOMMIT || (Size != 0 && (MI_VPN(Base) != Vad->Node.StartVpn || End != MiVadEnd(Vad)))))
        return STATUS_CONFLICTING_ADDRESSES;
    if (Size == 0 && MI_VPN(Base) != Vad->Node.StartVpn)
        return STATUS_FREE_VM_NOT_AT_BASE;
    if (Vad->Physical || Vad->LargePages) { /* one piece, from its birth to its end */
        if (Type == MEM_DECOMMIT)
            return STATUS_UNABLE_TO_DECOMMIT_VM;
        if (Size != 0 && (MI_VPN(Base) != Vad->Node.StartVpn || End != MiVadEnd(Vad)))
            return STATUS_UNABLE_TO_FREE_VM;
    }
    return STATUS_SUCCESS;
}

NTSTATUS MiFreeVirtualMemory(PEPROCESS Process, PULONG64 Base, PULONG64 Size, ULONG Type)
{
    ULONG64 Start = MI_ROUND_DOWN(*Base, PAGE_SIZE), End = MI_ROUND_UP(*Base + *Size, PAGE_SIZE) - 1;
    PMMVAD Spare = NULL;

    PAGED_CODE();
    if (Type != MEM_DECOMMIT && Type != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    if (*Base > Process->HighestUserAddress)
        return STATUS_INVALID_PARAMETER_2;
    if (Process->HighestUserAddress - *Base < *Size)
        return STATUS_INVALID_PARAMETER_3;
    if (Type == MEM_RELEASE && *Size != 0 && (Spare = MiAllocateVad()) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status))
        goto Cleanup;
    PMMVAD Vad = MiLocateVad(Process, Start);
    Status = CheckFree(Vad, *Base, *Size, End, Type);
    if (NT_SUCCESS(Status)) {
        if (*Size == 0)
            End = MiVadEnd(Vad);
        MiLockPageTables(Process);
        if (Type == MEM_DECOMMIT)
            Status = Decommit(Process, Vad, Start, End);
        else
            Release(Process, Vad, Start, End, &Spare);
        MiUnlockPageTables(Process);
    }
    MiUnlockAddressSpace(Process);
    if (NT_SUCCESS(Status)) {
        *Base = Start;
        *Size = End - Start + 1;
    }
Cleanup:
    if (Spare != NULL)
        MiFreeVad(Spare);
    return Status;
}

/* PEB and TEBs are the kernel's: user mode may not give them back. */
static BOOLEAN IsKernelMade(PEPROCESS Process, ULONG64 Base)
{
    ExAcquirePushLockShared_(&Process->WorkingSetLock);
    PMMVAD Vad = MiLocateVad(Process, Base);
    BOOLEAN Result = Vad != NULL && Vad->NoChange;
    ExReleasePushLockShared_(&Process->WorkingSetLock);
    return Result;
}

NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG FreeType)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    ULONG64 Base, Size;
    PEPROCESS Process;

    ULONG Flags = FreeType & (MEM_COALESCE_PLACEHOLDERS | MEM_PRESERVE_PLACEHOLDER);
    if ((FreeType & ~Flags) != MEM_DECOMMIT && (FreeType & ~Flags) != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    if (Flags != 0 && (!(FreeType & MEM_RELEASE) || (Flags & (Flags - 1)) != 0))
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS Status = CopyFromMode(Mode, &Base, BaseAddress, sizeof Base);
    if (NT_SUCCESS(Status))
        Status = CopyFromMode(Mode, &Size, RegionSize, sizeof Size);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MiReferenceTargetProcess(ProcessHandle, PROCESS_VM_OPERATION, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Mode != KernelMode && Base <= Process->HighestUserAddress && IsKernelMade(Process, Base))
        Status = STATUS_INVALID_PAGE_PROTECTION;
    else if (Flags != 0)
        Status = MiFreeToPlaceholder(Process, &Base, &Size, FreeType);
    else
        Status = MiFreeVirtualMemory(Process, &Base, &Size, FreeType);
    ObDereferenceObject(Process);
    if (NT_SUCCESS(Status)) {
        NTSTATUS Ignored = CopyToMode(Mode, RegionSize, &Size, sizeof Size);
        Ignored = CopyToMode(Mode, BaseAddress, &Base, sizeof Base);
        (void)Ignored;
    }
    return Status;
}

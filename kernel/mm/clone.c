/* SPDX-License-Identifier: MIT */
/*
 * clone.c - a second address space with the contents of a first: NtCreateProcess without a section, fork in NT's terms.
 *
 * Every VAD is made again at its place. Views stay views of the same sections, except those mapped with ViewUnmap. Private pages, and a view's private copies,
 * are copied at once; NT lets both share them until one writes, which costs less when the clone soon becomes something else, and is the same to look at.
 * What belongs to one process only does not come along: AWE windows, pages that a driver shows, large pages.
 *
 * Windows Internals, 7th ed., part 1, chapter 5 mentions clones ("fork") with the states of prototype entries.
 */
#include "mi.h"
#include "mmclone.h"

/* The page of Entry, which is the source's alone, becomes one of Target's. */
static NTSTATUS ClonePage(PEPROCESS Target, ULONG64 Va, ULONG64 Entry)
{
    PULONG64 Pte = MiCreatePte(Target, Va);
    ULONG64 Page = Pte != NULL ? MiAllocatePage(MiUsePrivate) : 0;

    if (Page == 0)
        return STATUS_NO_MEMORY;
    KiCopyPage(MiPageAddress(Page), MiPageAddress(PTE_PFN(Entry)));
    MiPfn(Page)->PteAddress = (ULONG64)Pte;
    MiSetPteNew(Pte, (Entry & ~(PTE_PFN_MASK | MI_PTE_LOCKED)) | (Page << PAGE_SHIFT));
    InterlockedIncrement64((volatile LONG64 *)&Target->PrivatePageCount);
    if (Entry & PTE_VALID)
        MiCountResident(Target, 1);
    return STATUS_SUCCESS;
}

/* An entry that leads to no page of the source's own: only what it says of the protection is kept. */
static NTSTATUS CloneProtection(PEPROCESS Target, const MMVAD *Vad, ULONG64 Va, ULONG64 Entry)
{
    if (Entry & PTE_VALID) {
        ULONG Protection = MiProtectionOfPte(Vad, Va, Entry);
        if (Protection == MiVadPageProtection(Vad, Va))
            return STATUS_SUCCESS; /* as the VAD has it: the first fault brings it */
        Entry = MI_MAKE_SOFT(Protection) | MI_PTE_PROTO;
    }
    PULONG64 Pte = MiCreatePte(Target, Va);
    if (Pte == NULL)
        return STATUS_NO_MEMORY;
    MiSetPteNew(Pte, Entry);
    return STATUS_SUCCESS;
}

/* All four locks held. */
static NTSTATUS CloneEntries(PEPROCESS Target, PEPROCESS Source, const MMVAD *Vad)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG64 Next;

    for (ULONG64 Va = MiVadStart(Vad); Va <= MiVadEnd(Vad) && NT_SUCCESS(Status); Va = Next) {
        PULONG64 Pte = MiNextPte(Source, Va, &Next);
        ULONG64 Entry = Pte != NULL ? *(volatile ULONG64 *)Pte : 0;
        if (Entry == 0)
            continue;
        BOOLEAN Own = (Entry & PTE_VALID) ? !MiPfn(PTE_PFN(Entry))->PrototypePte : (Entry & MI_PTE_TRANSITION) != 0;
        Status = Own ? ClonePage(Target, Va, Entry) : CloneProtection(Target, Vad, Va, Entry);
    }
    return Status;
}

static BOOLEAN StaysBehind(const MMVAD *Vad)
{
    return Vad->Type == MiVadSharedData || Vad->Physical || Vad->LargePages || (Vad->Type == MiVadMapped && Vad->ViewUnmap);
}

static NTSTATUS CloneVad(PEPROCESS Target, PEPROCESS Source, const MMVAD *Vad)
{
    PMMVAD New = MiAllocateVad();

    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = MiChargeProcessCommit(Target, (ULONG64)Vad->CommitCharge);
    if (!NT_SUCCESS(Status)) {
        MiFreeVad(New);
        return Status;
    }
    *New = *Vad;
    New->SecureCount = 0;
    if (New->ControlArea != NULL)
        MiReferenceUserView(New->ControlArea, New->Writable);
    MiInsertVad(Target, New);
    return CloneEntries(Target, Source, New);
}

/* Failing leaves what is there to the end of the process, which takes it down as any other. */
NTSTATUS MmCloneProcessAddressSpace_(PEPROCESS Target, PEPROCESS Source)
{
    PAGED_CODE();
    NTSTATUS Status = MiLockAddressSpace(Source);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MiLockAddressSpace(Target);
    if (!NT_SUCCESS(Status)) {
        MiUnlockAddressSpace(Source);
        return Status;
    }
    MiLockPageTables(Source);
    MiLockPageTables(Target);
    Target->VmTopDownHint = Source->VmTopDownHint;
    Target->HighestUserAddress = Source->HighestUserAddress;
    for (MI_VAD_NODE *Node = MiTreeFirst(Source->VadRoot); Node != NULL && NT_SUCCESS(Status); Node = MiTreeNext(Node)) {
        if (!StaysBehind((PMMVAD)Node))
            Status = CloneVad(Target, Source, (PMMVAD)Node);
    }
    MiUnlockPageTables(Target);
    MiUnlockPageTables(Source);
    MiUnlockAddressSpace(Target);
    MiUnlockAddressSpace(Source);
    return Status;
}

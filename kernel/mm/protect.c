/* SPDX-License-Identifier: MIT */
/*
 * protect.c - protections: Win32's bits, NT's five-bit codes, hardware bits; and changing them.
 *
 * A page whose protection becomes "no access" or "guard" must keep its contents: a private one stays in memory behind a soft transition
 * entry, a section's page goes back to its section and the entry remembers only the protection. Commit: in a mapped view a page is charged
 * while it is a private copy or may become one (copy-on-write protection); turning pages into copy-on-write charges them, so that the later
 * write cannot fail.
 */
#include "mi.h"

#define PROTECTION_BITS 0xFFu
#define MODIFIER_BITS (PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE)

ULONG MiMakeProtectionMask(ULONG Win32Protect)
{
    static const UCHAR Code[] = { MM_NOACCESS, MM_READONLY,     MM_READWRITE,         MM_WRITECOPY,
                                  MM_EXECUTE,  MM_EXECUTE_READ, MM_EXECUTE_READWRITE, MM_EXECUTE_WRITECOPY };
    ULONG Access = Win32Protect & PROTECTION_BITS;

    if ((Win32Protect & ~(PROTECTION_BITS | MODIFIER_BITS)) != 0 || Access == 0 || (Access & (Access - 1)) != 0)
        return MM_INVALID_PROTECTION;
    ULONG Protection = Code[__builtin_ctz(Access)];
    if (Win32Protect & PAGE_GUARD) {
        if (Protection == MM_NOACCESS || (Win32Protect & (PAGE_NOCACHE | PAGE_WRITECOMBINE)))
            return MM_INVALID_PROTECTION;
        return Protection | MM_GUARD_PAGE;
    }
    if (Win32Protect & PAGE_NOCACHE) {
        if (Protection == MM_NOACCESS || (Win32Protect & PAGE_WRITECOMBINE))
            return MM_INVALID_PROTECTION;
        return Protection | MM_NOCACHE;
    }
    if (Win32Protect & PAGE_WRITECOMBINE)
        return Protection == MM_NOACCESS ? MM_INVALID_PROTECTION
                                         : Protection | MM_NOACCESS; /* NT's encoding of write-combined: both modifier bits */
    return Protection;
}

ULONG MiWin32Protection(ULONG Protection)
{
    static const ULONG Win32[] = { PAGE_NOACCESS,  PAGE_READONLY,  PAGE_EXECUTE,           PAGE_EXECUTE_READ,
                                   PAGE_READWRITE, PAGE_WRITECOPY, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY };
    ULONG Result = Win32[Protection & MM_ACCESS_MASK];

    if ((Protection & MM_ACCESS_MASK) == 0)
        return PAGE_NOACCESS;
    if ((Protection & MM_NOACCESS) == MM_NOACCESS)
        return Result | PAGE_WRITECOMBINE;
    if (Protection & MM_GUARD_PAGE)
        Result |= PAGE_GUARD;
    if (Protection & MM_NOCACHE)
        Result |= PAGE_NOCACHE;
    return Result;
}

/* PTE_SOFTWARE1 remembers "execute only", which the processor does not have. */
ULONG64 MiUserPteFlags(ULONG Protection)
{
    static const ULONG64 Flags[] = { 0, PTE_NX, PTE_SOFTWARE1, 0, PTE_WRITE | PTE_NX, MI_PTE_COW | PTE_NX, PTE_WRITE, MI_PTE_COW };
    ULONG64 Result = PTE_VALID | PTE_USER | PTE_ACCESSED | Flags[Protection & MM_ACCESS_MASK];

    return (Protection & MM_NOCACHE) ? Result | PTE_CACHEDISABLE | PTE_WRITETHROUGH : Result;
}

static ULONG ProtectionOfValid(ULONG64 Pte)
{
    ULONG Cache = (Pte & PTE_CACHEDISABLE) ? MM_NOCACHE : 0;

    if (Pte & PTE_NX)
        return Cache | ((Pte & PTE_WRITE) ? MM_READWRITE : (Pte & MI_PTE_COW) ? MM_WRITECOPY : MM_READONLY);
    if (Pte & PTE_SOFTWARE1)
        return Cache | MM_EXECUTE;
    return Cache | ((Pte & PTE_WRITE) ? MM_EXECUTE_READWRITE : (Pte & MI_PTE_COW) ? MM_EXECUTE_WRITECOPY : MM_EXECUTE_READ);
}

/* MM_DECOMMIT: the page is reserved only. */
ULONG MiProtectionOfPte(const MMVAD *Vad, ULONG64 Va, ULONG64 Pte)
{
    if (Pte & PTE_VALID)
        return ProtectionOfValid(Pte);
    if (Pte != 0)
        return MI_PTE_PROT(Pte);
    if (Vad->Type == MiVadPrivate && !Vad->MemCommit)
        return MM_DECOMMIT;
    if (Vad->ControlArea != NULL && (Vad->ControlArea->Flags & MI_CA_RESERVE)) {
        KIRQL Irql;
        KeAcquireSpinLock(&MmPfnLock, &Irql);
        PULONG64 Proto = MiProto(Vad->ControlArea, Vad->FirstPage + MI_VPN(Va) - Vad->Node.StartVpn);
        BOOLEAN Committed = Proto != NULL && *Proto != 0;
        KeReleaseSpinLock(&MmPfnLock, Irql);
        if (!Committed)
            return MM_DECOMMIT;
    }
    return MiVadPageProtection(Vad, Va);
}

/* ---- changing ---- */

static BOOLEAN IsAccessible(ULONG Protection)
{
    return (Protection & MM_ACCESS_MASK) != 0 && !(Protection & MM_GUARD_PAGE);
}

static BOOLEAN IsPrivateCopy(ULONG64 Pte)
{
    if (Pte & PTE_VALID)
        return !MiPfn(PTE_PFN(Pte))->PrototypePte;
    return Pte != 0 && (Pte & MI_PTE_TRANSITION) != 0;
}

/* Returns the entry as it was at last. */
static ULONG64 SetEntry(PULONG64 Pte, ULONG64 Value)
{
    if (*Pte != 0)
        return MiExchangePte(Pte, Value);
    MiSetPteNew(Pte, Value);
    return 0;
}

/* A private page leaves the page table and stays in memory.  Working-set lock exclusive; the caller flushes the translation. */
void MiMakeTransition(PEPROCESS Process, PULONG64 Pte, ULONG Protection)
{
    ULONG64 Dirty = *Pte & PTE_DIRTY;

    MiForgetLock(Process, *Pte);
    ULONG64 Old = MiExchangePte(Pte, (*Pte & PTE_PFN_MASK) | MI_MAKE_SOFT(Protection) | MI_PTE_TRANSITION | (Dirty ? MI_PTE_WAS_DIRTY : 0));

    if (!Dirty && (Old & PTE_DIRTY)) /* written to at the last moment */
        *(volatile ULONG64 *)Pte |= MI_PTE_WAS_DIRTY;
    InterlockedDecrement64((volatile LONG64 *)&Process->WorkingSetSize);
}

/* A private page (or one without contents yet) of any view. */
static void ProtectPrivate(PEPROCESS Process, PULONG64 Pte, ULONG Protection)
{
    ULONG64 Old = *Pte;
    BOOLEAN Valid = (Old & PTE_VALID) != 0;

    if (!Valid && !(Old & MI_PTE_TRANSITION)) {
        SetEntry(Pte, MI_MAKE_SOFT(Protection));
        return;
    }
    ULONG64 Frame = Old & PTE_PFN_MASK;
    ULONG64 Dirty = Old & (Valid ? PTE_DIRTY : MI_PTE_WAS_DIRTY);
    if (IsAccessible(Protection)) {
        Old = SetEntry(Pte, Frame | MiUserPteFlags(Protection) | (Dirty ? PTE_DIRTY : 0) | (Valid ? Old & MI_PTE_LOCKED : 0));
        if (!Dirty && Valid && (Old & PTE_DIRTY))
            InterlockedOr64((volatile LONG64 *)Pte, PTE_DIRTY); /* written to at the last moment */
        if (!Valid)
            InterlockedIncrement64((volatile LONG64 *)&Process->WorkingSetSize);
    } else if (Valid) {
        MiMakeTransition(Process, Pte, Protection);
    } else {
        SetEntry(Pte, Frame | MI_MAKE_SOFT(Protection) | MI_PTE_TRANSITION | Dirty);
    }
}

/* A section's page. */
static void ProtectShared(PEPROCESS Process, PULONG64 Pte, ULONG Protection, PULONG64 Unshare)
{
    ULONG64 Old = *Pte;

    if (!(Old & PTE_VALID)) {
        SetEntry(Pte, MI_MAKE_SOFT(Protection) | MI_PTE_PROTO);
    } else if (IsAccessible(Protection)) {
        Old = SetEntry(Pte, (Old & (PTE_PFN_MASK | PTE_DIRTY | MI_PTE_LOCKED)) | MiUserPteFlags(Protection));
        if ((Old & PTE_DIRTY) && !(*Pte & PTE_DIRTY))
            InterlockedOr64((volatile LONG64 *)Pte, PTE_DIRTY); /* written to at the last moment */
    } else {
        MiForgetLock(Process, Old);
        *Unshare = SetEntry(Pte, MI_MAKE_SOFT(Protection) | MI_PTE_PROTO);
        InterlockedDecrement64((volatile LONG64 *)&Process->WorkingSetSize);
    }
}

/* Write access to a view that is copy-on-write (an image, or a WRITECOPY mapping) means copy-on-write. */
static ULONG EffectiveProtection(const MMVAD *Vad, ULONG64 Va, ULONG64 Pte, ULONG Protection)
{
    BOOLEAN CopyOnWrite;

    if (Vad->Type == MiVadPrivate || IsPrivateCopy(Pte))
        return (Protection & 5u) == 5u && (Protection & MM_ACCESS_MASK) ? Protection & ~1u : Protection;
    if (Vad->Type == MiVadImage) {
        ULONG Own = MiVadPageProtection(Vad, Va) & MM_ACCESS_MASK;
        CopyOnWrite = Own != MM_READWRITE && Own != MM_EXECUTE_READWRITE; /* only a shared writable PE section is written in place */
    } else {
        CopyOnWrite = MiIsCopyOnWrite(Vad->Protection & ~MM_GUARD_PAGE);
    }
    if (CopyOnWrite && (Protection & MM_ACCESS_MASK) == MM_READWRITE)
        return (Protection & ~MM_ACCESS_MASK) | MM_WRITECOPY;
    if (CopyOnWrite && (Protection & MM_ACCESS_MASK) == MM_EXECUTE_READWRITE)
        return (Protection & ~MM_ACCESS_MASK) | MM_EXECUTE_WRITECOPY;
    return Protection;
}

static BOOLEAN IsCharged(ULONG64 Pte, ULONG Protection)
{
    return IsPrivateCopy(Pte) || ((Protection & 5u) == 5u && Protection < MM_NOACCESS);
}

/* May the view's pages have this protection at all?  (The section's and file's access was checked when it was mapped.) */
static BOOLEAN ViewPermits(const MMVAD *Vad, ULONG Protection)
{
    static const UCHAR Needs[] = { 0, 1, 4, 5, 3, 1, 7, 5 }; /* read 1, write 2, execute 4; copy-on-write needs no write */
    ULONG Maximum = Vad->MaximumProtection & MM_ACCESS_MASK;

    if (Vad->Type != MiVadMapped)
        return !Vad->NoExecute || !(Needs[Protection & MM_ACCESS_MASK] & 4u);
    ULONG Have = Needs[Maximum] | ((Maximum == MM_EXECUTE) ? 1u : 0u);
    return (Needs[Protection & MM_ACCESS_MASK] & ~Have) == 0;
}

static NTSTATUS CheckCommitted(PEPROCESS Process, PMMVAD Vad, ULONG64 Start, ULONG64 End, ULONG Protection, PLONG64 Charge)
{
    ULONG64 Next;

    *Charge = 0;
    if (Vad->Type == MiVadPrivate && Vad->MemCommit) {
        /* Everything is committed but what an entry says otherwise. */
        for (ULONG64 Va = Start; Va < End; Va = Next) {
            PULONG64 Pte = MiNextPte(Process, Va, &Next);
            if (Pte != NULL && *Pte != 0 && MiProtectionOfPte(Vad, Va, *Pte) == MM_DECOMMIT)
                return STATUS_NOT_COMMITTED;
        }
        return STATUS_SUCCESS;
    }
    for (ULONG64 Va = Start; Va < End; Va += PAGE_SIZE) {
        PULONG64 Pte = MiLookupPte(Process, Va);
        ULONG64 Entry = Pte != NULL ? *Pte : 0;
        ULONG Old = MiProtectionOfPte(Vad, Va, Entry);
        if (Old == MM_DECOMMIT)
            return STATUS_NOT_COMMITTED;
        if (Vad->Type != MiVadPrivate)
            *Charge += (LONG64)IsCharged(Entry, EffectiveProtection(Vad, Va, Entry, Protection)) - (LONG64)IsCharged(Entry, Old);
    }
    return STATUS_SUCCESS;
}

/* All tables first: after that nothing can fail. */
static NTSTATUS MakeTables(PEPROCESS Process, ULONG64 Start, ULONG64 End)
{
    for (ULONG64 Va = Start; Va < End; Va = MI_ROUND_DOWN(Va, 0x200000) + 0x200000) {
        if (MiCreatePte(Process, Va) == NULL)
            return STATUS_NO_MEMORY;
    }
    return STATUS_SUCCESS;
}

static void ApplyProtection(PEPROCESS Process, PMMVAD Vad, ULONG64 Start, ULONG64 End, ULONG Protection)
{
    MI_FLUSH Flush;

    MiFlushInit(&Flush, Process);
    for (ULONG64 Va = Start; Va < End; Va += PAGE_SIZE) {
        PULONG64 Pte = MiLookupPte(Process, Va);
        ULONG64 Old = *Pte, Unshare = 0;
        ULONG New = EffectiveProtection(Vad, Va, Old, Protection);
        if (Vad->Type == MiVadPrivate || IsPrivateCopy(Old))
            ProtectPrivate(Process, Pte, New);
        else
            ProtectShared(Process, Pte, New, &Unshare);
        if (Old & PTE_VALID)
            MiFlushAdd(&Flush, Va, PTE_PFN(Unshare), MiFlushKindOfShared(Unshare));
    }
    MiFlushFinish(&Flush);
}

/* A whole untouched private view only changes what its VAD says. */
static BOOLEAN ProtectWholeVad(PEPROCESS Process, PMMVAD Vad, ULONG64 Start, ULONG64 End, ULONG Protection)
{
    ULONG64 Next;

    if (Vad->Type != MiVadPrivate || !Vad->MemCommit || Start != MiVadStart(Vad) || End - 1 != MiVadEnd(Vad))
        return FALSE;
    for (ULONG64 Va = Start; Va < End; Va = Next) {
        PULONG64 Pte = MiNextPte(Process, Va, &Next);
        if (Pte != NULL && *Pte != 0)
            return FALSE;
    }
    /* AllocationProtect is reported from here too, so only do this if it stays the same. */
    return Vad->Protection == Protection;
}

/* [Start, End) page aligned, within one VAD (as NT demands: STATUS_CONFLICTING_ADDRESSES otherwise). */
NTSTATUS MiProtectRange(PEPROCESS Process, ULONG64 Start, ULONG64 End, ULONG Win32Protect, PULONG OldWin32Protect)
{
    ULONG Protection = MiMakeProtectionMask(Win32Protect & ~MI_PAGE_TARGETS_INVALID);
    LONG64 Charge = 0;

    PAGED_CODE();
    if (Protection == MM_INVALID_PROTECTION)
        return STATUS_INVALID_PAGE_PROTECTION;
    NTSTATUS Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    PMMVAD Vad = MiLocateVad(Process, Start);
    if (Vad == NULL || End - 1 > MiVadEnd(Vad)) {
        Status = STATUS_CONFLICTING_ADDRESSES;
        goto Cleanup;
    }
    if (Vad->Placeholder) {
        Status = STATUS_CONFLICTING_ADDRESSES;
        goto Cleanup;
    }
    if ((Vad->Physical || Vad->LargePages) && Protection != Vad->Protection) {
        Status = STATUS_INVALID_PAGE_PROTECTION; /* such memory keeps what it was made with */
        goto Cleanup;
    }
    if (Vad->LargePages) {
        *OldWin32Protect = MiWin32Protection(Vad->Protection);
        goto Cleanup;
    }
    if (Vad->Type == MiVadSharedData || Vad->SecureCount != 0) {
        Status = STATUS_INVALID_PAGE_PROTECTION;
        goto Cleanup;
    }
    if (Vad->Type == MiVadPrivate && (Protection & 5u) == 5u && (Protection & MM_ACCESS_MASK) != 0) {
        Status = STATUS_INVALID_PAGE_PROTECTION; /* nothing to copy from */
        goto Cleanup;
    }
    if (!ViewPermits(Vad, Protection)) {
        Status = STATUS_SECTION_PROTECTION;
        goto Cleanup;
    }
    MiLockPageTables(Process);
    Status = CheckCommitted(Process, Vad, Start, End, Protection, &Charge);
    if (NT_SUCCESS(Status)) {
        PULONG64 Pte = MiLookupPte(Process, Start);
        *OldWin32Protect = MiWin32Protection(MiProtectionOfPte(Vad, Start, Pte != NULL ? *Pte : 0));
        if (!ProtectWholeVad(Process, Vad, Start, End, Protection)) {
            Status = Charge > 0 ? MiChargeProcessCommit(Process, (ULONG64)Charge) : STATUS_SUCCESS;
            if (NT_SUCCESS(Status) && !NT_SUCCESS(Status = MakeTables(Process, Start, End)) && Charge > 0)
                MiReturnProcessCommit(Process, (ULONG64)Charge);
            if (NT_SUCCESS(Status)) {
                Vad->CommitCharge += Charge;
                if (Charge < 0)
                    MiReturnProcessCommit(Process, (ULONG64)-Charge);
                ApplyProtection(Process, Vad, Start, End, Protection);
            }
        }
    }
    MiUnlockPageTables(Process);
Cleanup:
    MiUnlockAddressSpace(Process);
    return Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * alloc.c - NtAllocateVirtualMemory: reserving address space and committing pages in it.
 *
 * Reserving makes a VAD; nothing else, so a terabyte costs as much as a page.  A VAD that is committed as a whole says so itself (MemCommit), and its
 * page tables stay empty until pages are touched.  Committing part of a reservation writes an entry for each page.  Large pages (large.c) are there at once,
 * windows for physical pages (awe.c) are never committed.
 * Commit charge is taken before anything changes; then nothing can fail.
 *
 * Order of checks and statuses as NT's; Windows Internals, 7th ed., part 1, chapter 5 "Reserving and committing pages".
 */
#include "mi.h"

#define TYPE_BITS (MEM_COMMIT | MEM_RESERVE | MEM_TOP_DOWN | MEM_RESET | MEM_RESET_UNDO | MEM_WRITE_WATCH | MEM_PHYSICAL | MEM_LARGE_PAGES)
#define PLACEHOLDER_BITS (MEM_RESERVE_PLACEHOLDER | MEM_REPLACE_PLACEHOLDER)

/* Extended: the service that knows placeholders. */
static NTSTATUS CheckType(ULONG Type, BOOLEAN Extended)
{
    if ((Type & ~(TYPE_BITS | (Extended ? PLACEHOLDER_BITS : 0u))) != 0 || (Type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO)) == 0)
        return STATUS_INVALID_PARAMETER_5;
    if ((Type & MEM_RESET) && Type != MEM_RESET)
        return STATUS_INVALID_PARAMETER_5;
    if ((Type & MEM_RESET_UNDO) && Type != MEM_RESET_UNDO)
        return STATUS_INVALID_PARAMETER_5;
    if ((Type & MEM_RESERVE_PLACEHOLDER) && (Type & ~(MEM_RESERVE | MEM_RESERVE_PLACEHOLDER | MEM_TOP_DOWN)) != 0)
        return STATUS_INVALID_PARAMETER_5;
    if ((Type & PLACEHOLDER_BITS) && !(Type & MEM_RESERVE))
        return STATUS_INVALID_PARAMETER_5;
    if ((Type & MEM_LARGE_PAGES) && ((Type & (MEM_COMMIT | MEM_RESERVE)) != (MEM_COMMIT | MEM_RESERVE) || (Type & (MEM_WRITE_WATCH | MEM_PHYSICAL))))
        return STATUS_INVALID_PARAMETER_5; /* such memory is made in one step */
    if ((Type & (MEM_WRITE_WATCH | MEM_PHYSICAL)) && !(Type & MEM_RESERVE))
        return STATUS_INVALID_PARAMETER_5;
    if ((Type & MEM_PHYSICAL) && (Type & ~(MEM_PHYSICAL | MEM_RESERVE | MEM_TOP_DOWN | MEM_WRITE_WATCH)))
        return STATUS_INVALID_PARAMETER_5;
    return STATUS_SUCCESS;
}

/* What the two special kinds of memory ask of a request that is well-formed otherwise. */
static NTSTATUS CheckSpecial(ULONG64 Base, ULONG64 Size, ULONG Type, ULONG Protection, KPROCESSOR_MODE Mode)
{
    if ((Type & MEM_PHYSICAL) && Protection != MM_READWRITE)
        return STATUS_INVALID_PARAMETER_6;
    if (!(Type & MEM_LARGE_PAGES))
        return STATUS_SUCCESS;
    if (Base & (MI_LARGE_SIZE - 1))
        return STATUS_INVALID_PARAMETER_2;
    if (Size & (MI_LARGE_SIZE - 1))
        return STATUS_INVALID_PARAMETER_4;
    if ((Protection & MM_ACCESS_MASK) == 0 || (Protection & ~MM_ACCESS_MASK) != 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    return SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_LOCK_MEMORY_PRIVILEGE), Mode) ? STATUS_SUCCESS : STATUS_PRIVILEGE_NOT_HELD;
}

static PMMVAD NewPrivateVad(ULONG64 Start, ULONG64 Size, ULONG Protection, BOOLEAN Commit, ULONG Type)
{
    PMMVAD Vad = MiAllocateVad();

    if (Vad == NULL)
        return NULL;
    Vad->Node.StartVpn = Start >> PAGE_SHIFT;
    Vad->Node.EndVpn = (Start + Size - 1) >> PAGE_SHIFT;
    Vad->Type = MiVadPrivate;
    Vad->Protection = (UCHAR)Protection;
    Vad->MemCommit = Commit;
    Vad->AllocationType = Type;
    Vad->Placeholder = (Type & MEM_RESERVE_PLACEHOLDER) != 0;
    Vad->WasPlaceholder = (Type & MEM_REPLACE_PLACEHOLDER) != 0;
    Vad->WriteWatch = (Type & MEM_WRITE_WATCH) != 0;
    Vad->Physical = (Type & MEM_PHYSICAL) ? MI_PHYSICAL_WINDOW : 0;
    Vad->LargePages = (Type & MEM_LARGE_PAGES) != 0;
    return Vad;
}

/* Address-space lock held.  Base 0: anywhere.  *Old: the placeholder that gives way, to be removed by the caller. */
static NTSTATUS FindPlace(PEPROCESS Process, PULONG64 Base, PULONG64 Size, const MI_PLACE *Place, ULONG Type, PMMVAD *Old)
{
    ULONG64 Start = MI_ROUND_DOWN(*Base, MI_GRANULARITY), Length = MI_ROUND_UP(*Base + *Size, PAGE_SIZE) - Start;

    *Old = NULL;
    if (Type & MEM_REPLACE_PLACEHOLDER) {
        Start = MI_ROUND_DOWN(*Base, PAGE_SIZE);
        Length = MI_ROUND_UP(*Base + *Size, PAGE_SIZE) - Start;
        *Old = MiExactPlaceholder(Process, Start, Length);
        if (*Old == NULL)
            return STATUS_CONFLICTING_ADDRESSES;
    } else if (*Base == 0) {
        Start = MiFindEmptyRangeIn(Process, Length, Place, (Type & MEM_TOP_DOWN) != 0);
        if (Start == 0)
            return STATUS_NO_MEMORY;
    } else if (Start < MM_USER_LOWEST || !MiRangeFree(Process, Start, Start + Length - 1)) {
        return STATUS_CONFLICTING_ADDRESSES;
    }
    *Base = Start;
    *Size = Length;
    return STATUS_SUCCESS;
}

static NTSTATUS Reserve(PEPROCESS Process, PULONG64 Base, PULONG64 Size, const MI_PLACE *Place, ULONG Type, ULONG Protection, PMMVAD *NewVad)
{
    BOOLEAN Commit = (Type & MEM_COMMIT) != 0;
    ULONG64 Start = *Base, Length = *Size;
    PMMVAD Old;

    NTSTATUS Status = FindPlace(Process, &Start, &Length, Place, Type, &Old);
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG64 Pages = Commit ? Length >> PAGE_SHIFT : 0;
    PMMVAD Vad = NewPrivateVad(Start, Length, Protection, Commit, Type);
    if (Vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = UNLIKELY(Vad->LargePages) ? MiChargeLargeCommit(Process, Pages) : MiChargeProcessCommit(Process, Pages);
    if (!NT_SUCCESS(Status)) {
        MiFreeVad(Vad);
        return Status;
    }
    Vad->CommitCharge = (LONG64)Pages;
    MiLockPageTables(Process);
    if (Old != NULL)
        MiRemoveVad(Process, Old);
    MiInsertVad(Process, Vad);
    MiUnlockPageTables(Process);
    if (UNLIKELY(Vad->LargePages) && !NT_SUCCESS(Status = MiFillLargePrivate(Process, Vad))) {
        MiLockPageTables(Process);
        MiDeleteVadLocked(Process, Vad);
        if (Old != NULL) /* the placeholder is there again */
            MiInsertVad(Process, Old);
        MiUnlockPageTables(Process);
        MiFreeVad(Vad);
        return Status;
    }
    if (Old != NULL)
        MiFreeVad(Old);
    *Base = Start;
    *Size = Length;
    *NewVad = Vad;
    return STATUS_SUCCESS;
}

static BOOLEAN IsCommitted(const MMVAD *Vad, ULONG64 Entry)
{
    return Entry == 0 ? Vad->MemCommit : (Entry & PTE_VALID) || MI_PTE_PROT(Entry) != MM_DECOMMIT;
}

/* Both locks exclusive.  How many pages of the range are not committed yet; *Differs: some that are have another protection. */
static ULONG64 CountUncommitted(PEPROCESS Process, PMMVAD Vad, ULONG64 Start, ULONG64 End, ULONG Protection, BOOLEAN *Differs)
{
    ULONG64 Count = 0, Next;

    *Differs = Vad->MemCommit && Vad->Protection != Protection;
    for (ULONG64 Va = Start; Va < End; Va = Next) {
        PULONG64 Pte = MiNextPte(Process, Va, &Next);
        if (Next > End)
            Next = End;
        if (Pte == NULL) {
            Count += Vad->MemCommit ? 0 : (Next - Va) >> PAGE_SHIFT;
            continue;
        }
        Next = MI_ROUND_DOWN(Va, 0x200000) + 0x200000; /* the rest of this table */
        if (Next > End)
            Next = End;
        for (ULONG64 At = Va; At < Next; At += PAGE_SIZE, Pte++) {
            if (!IsCommitted(Vad, *Pte))
                Count++;
            else if (*Pte != 0 && MiProtectionOfPte(Vad, At, *Pte) != Protection)
                *Differs = TRUE;
        }
    }
    return Count;
}

static NTSTATUS WriteEntries(PEPROCESS Process, PMMVAD Vad, ULONG64 Start, ULONG64 End, ULONG Protection)
{
    ULONG64 Entry = Vad->MemCommit && Vad->Protection == Protection ? 0 : MI_MAKE_SOFT(Protection);

    /* Tables first, so that nothing is half done when memory runs out. */
    for (ULONG64 Va = Start; Va < End; Va = MI_ROUND_DOWN(Va, 0x200000) + 0x200000) {
        if (MiCreatePte(Process, Va) == NULL)
            return STATUS_NO_MEMORY;
    }
    for (ULONG64 Va = Start; Va < End;) {
        PULONG64 Pte = MiLookupPte(Process, Va);
        ULONG64 TableEnd = MI_ROUND_DOWN(Va, 0x200000) + 0x200000;
        for (; Va < TableEnd && Va < End; Va += PAGE_SIZE, Pte++) {
            if (IsCommitted(Vad, *Pte))
                continue;
            if (Entry == 0)
                MiClearPte(Pte);
            else if (*Pte == 0)
                MiSetPteNew(Pte, Entry);
            else
                *(volatile ULONG64 *)Pte = Entry;
        }
    }
    return STATUS_SUCCESS;
}

static NTSTATUS CommitPrivate(PEPROCESS Process, PMMVAD Vad, ULONG64 Start, ULONG64 End, ULONG Protection, BOOLEAN *Differs)
{
    MiLockPageTables(Process);
    ULONG64 Fresh = CountUncommitted(Process, Vad, Start, End, Protection, Differs);
    NTSTATUS Status = MiChargeProcessCommit(Process, Fresh);
    if (NT_SUCCESS(Status) && Fresh != 0) {
        BOOLEAN Whole = Vad->CommitCharge == 0 && Start == MiVadStart(Vad) && End - 1 == MiVadEnd(Vad) &&
                        Protection == Vad->Protection && Fresh == (End - Start) >> PAGE_SHIFT;
        if (Whole) {
            /* A reservation committed as a whole needs no entries; what there is says "decommitted" and goes. */
            MI_FLUSH Flush;
            MiFlushInit(&Flush, Process);
            (void)MiDeletePages(Process, Start, End - 1, &Flush);
            MiFlushFinish(&Flush);
            Vad->MemCommit = TRUE;
        } else {
            Status = WriteEntries(Process, Vad, Start, End, Protection);
        }
        if (NT_SUCCESS(Status))
            Vad->CommitCharge += (LONG64)Fresh;
        else
            MiReturnProcessCommit(Process, Fresh);
    }
    MiUnlockPageTables(Process);
    return Status;
}

/* How many of a reserved section's pages are not committed yet.  They never become uncommitted again. */
static ULONG64 UncommittedPages(PCONTROL_AREA ControlArea, ULONG64 First, ULONG64 Count)
{
    ULONG64 Uncommitted = 0, Next;
    KIRQL Irql;

    for (ULONG64 Page = First; Page - First < Count; Page = Next) {
        Next = (Page | (MI_BLOCK_PAGES - 1)) + 1;
        if (Next - First > Count)
            Next = First + Count;
        if (ControlArea->Block[Page >> MI_BLOCK_SHIFT] == NULL) {
            Uncommitted += Next - Page;
            continue;
        }
        KeAcquireSpinLock(&MmPfnLock, &Irql);
        for (PULONG64 Proto = MiProto(ControlArea, Page); Page < Next; Page++, Proto++) {
            Uncommitted += *Proto == 0;
        }
        KeReleaseSpinLock(&MmPfnLock, Irql);
    }
    return Uncommitted;
}

static BOOLEAN CommitSectionPage(PCONTROL_AREA ControlArea, ULONG64 Page)
{
    BOOLEAN Fresh;
    KIRQL Irql;

    KeAcquireSpinLock(&MmPfnLock, &Irql);
    PULONG64 Proto = MiProto(ControlArea, Page);
    Fresh = *Proto == 0;
    if (Fresh) {
        *Proto = MI_PROTO_COMMITTED;
        ControlArea->CommittedPages++;
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
    return Fresh;
}

/* The limit is asked once, for all of them: what is refused must not have used up what others need. */
NTSTATUS MiCommitSectionPages(PCONTROL_AREA ControlArea, ULONG64 First, ULONG64 Count)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG64 Charged;

    if (First > ControlArea->TotalPages || Count > ControlArea->TotalPages - First)
        return STATUS_INVALID_VIEW_SIZE;
    Charged = UncommittedPages(ControlArea, First, Count);
    if (Charged != 0 && !MiChargeCommitment(Charged))
        return STATUS_COMMITMENT_LIMIT;
    for (ULONG64 Page = First; Page - First < Count && NT_SUCCESS(Status); Page++) {
        Status = ControlArea->Block[Page >> MI_BLOCK_SHIFT] == NULL ? MiPrepareProto(ControlArea, Page) : STATUS_SUCCESS;
        if (NT_SUCCESS(Status) && CommitSectionPage(ControlArea, Page))
            Charged--;
    }
    if (Charged != 0) /* committed by others meanwhile, or not at all for want of memory */
        MiReturnCommitment(Charged);
    return Status;
}

static NTSTATUS CommitMapped(PMMVAD Vad, ULONG64 Start, ULONG64 End)
{
    PCONTROL_AREA ControlArea = Vad->ControlArea;

    if (ControlArea->Flags & MI_CA_FILE)
        return STATUS_ALREADY_COMMITTED;
    if (!(ControlArea->Flags & MI_CA_RESERVE))
        return STATUS_SUCCESS;
    return MiCommitSectionPages(ControlArea, Vad->FirstPage + MI_VPN(Start) - Vad->Node.StartVpn, (End - Start) >> PAGE_SHIFT);
}

/* Commit, or MEM_RESET, in what is reserved already. */
static NTSTATUS CommitExisting(PEPROCESS Process, PULONG64 Base, PULONG64 Size, ULONG Type, ULONG Win32Protect, ULONG Protection)
{
    ULONG64 Start = MI_ROUND_DOWN(*Base, PAGE_SIZE), End = MI_ROUND_UP(*Base + *Size, PAGE_SIZE);
    BOOLEAN Differs = FALSE;
    ULONG OldProtect;

    NTSTATUS Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    PMMVAD Vad = MiLocateVad(Process, Start);
    if (Vad == NULL || End - 1 > MiVadEnd(Vad) || Vad->Type == MiVadSharedData || Vad->Placeholder || Vad->Physical)
        Status = STATUS_CONFLICTING_ADDRESSES;
    else if (Type & (MEM_RESET | MEM_RESET_UNDO)) /* a hint: contents may stay.  What a file holds cannot be reset. */
        Status = Vad->ControlArea != NULL && (Vad->ControlArea->Flags & MI_CA_FILE) ? STATUS_CONFLICTING_ADDRESSES : STATUS_SUCCESS;
    else if (Vad->SecureCount != 0)
        Status = STATUS_INVALID_PAGE_PROTECTION;
    else if (Vad->Type == MiVadPrivate)
        Status = MiIsCopyOnWrite(Protection & ~MM_GUARD_PAGE) ? STATUS_INVALID_PAGE_PROTECTION : CommitPrivate(Process, Vad, Start, End, Protection, &Differs);
    else
        Status = CommitMapped(Vad, Start, End);
    if (NT_SUCCESS(Status) && Vad != NULL && Vad->ControlArea != NULL && !(Type & (MEM_RESET | MEM_RESET_UNDO)))
        Differs = Protection != Vad->Protection;
    MiUnlockAddressSpace(Process);
    /* Pages that were committed already take the new protection. */
    if (NT_SUCCESS(Status) && Differs)
        Status = MiProtectRange(Process, Start, End, Win32Protect, &OldProtect);
    *Base = Start;
    *Size = End - Start;
    return Status;
}

NTSTATUS MiAllocateAt(PEPROCESS Process, PULONG64 Base, const MI_PLACE *Place, PULONG64 Size, ULONG Type, ULONG Protect)
{
    MI_PLACE Anywhere = { 0, Process->HighestUserAddress, MI_GRANULARITY };
    PMMVAD Vad;

    PAGED_CODE();
    ULONG Protection = MiMakeProtectionMask(Protect & ~MI_PAGE_TARGETS_INVALID);
    if (Protection == MM_INVALID_PROTECTION)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (*Base > Process->HighestUserAddress)
        return STATUS_INVALID_PARAMETER_2;
    if (*Size == 0 || Process->HighestUserAddress + 1 - *Base < *Size)
        return STATUS_INVALID_PARAMETER_4;
    if (*Base != 0 && !(Type & MEM_RESERVE))
        return CommitExisting(Process, Base, Size, Type, Protect, Protection);
    if (Type & (MEM_RESET | MEM_RESET_UNDO))
        return STATUS_INVALID_PARAMETER_2;
    if (MiIsCopyOnWrite(Protection & ~MM_GUARD_PAGE))
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((Type & MEM_RESERVE_PLACEHOLDER) && Protection != MM_NOACCESS && Protection != MM_ZERO_ACCESS)
        return STATUS_INVALID_PAGE_PROTECTION;
    if ((Type & PLACEHOLDER_BITS) && ((*Base | *Size) & (PAGE_SIZE - 1)))
        return STATUS_INVALID_PARAMETER;
    if ((Type & MEM_REPLACE_PLACEHOLDER) && *Base == 0)
        return STATUS_INVALID_PARAMETER;

    NTSTATUS Status = CheckSpecial(*Base, *Size, Type, Protection, KeCurrentPreviousMode_());
    if (!NT_SUCCESS(Status))
        return Status;
    if (Place != NULL)
        Anywhere = *Place;
    if ((Type & MEM_LARGE_PAGES) && Anywhere.Alignment < MI_LARGE_SIZE)
        Anywhere.Alignment = MI_LARGE_SIZE;
    Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = Reserve(Process, Base, Size, &Anywhere, Type, Protection, &Vad);
    MiUnlockAddressSpace(Process);
    return Status;
}

/* The kernel's own, of well-formed requests. */
NTSTATUS MiAllocateVirtualMemory(PEPROCESS Process, PULONG64 Base, ULONG64 ZeroBits, PULONG64 Size, ULONG Type, ULONG Protect)
{
    MI_PLACE Place;

    NTSTATUS Status = CheckType(Type, FALSE);
    if (NT_SUCCESS(Status) && MiMakeProtectionMask(Protect & ~MI_PAGE_TARGETS_INVALID) == MM_INVALID_PROTECTION)
        Status = STATUS_INVALID_PAGE_PROTECTION;
    if (NT_SUCCESS(Status))
        Status = MiPlaceFromZeroBits(Process, ZeroBits, &Place);
    return NT_SUCCESS(Status) ? MiAllocateAt(Process, Base, &Place, Size, Type, Protect) : Status;
}

/* Both locks exclusive.  The top of a fresh reservation: guard pages, above them committed ones, up to the end. */
static NTSTATUS CommitTop(PEPROCESS Process, PMMVAD Vad, ULONG64 CommitBytes, ULONG64 GuardBytes)
{
    ULONG64 End = MiVadEnd(Vad) + 1, Pages = (CommitBytes + GuardBytes) >> PAGE_SHIFT;

    NTSTATUS Status = MiChargeProcessCommit(Process, Pages);
    if (!NT_SUCCESS(Status))
        return Status;
    Vad->CommitCharge = (LONG64)Pages;
    Status = WriteEntries(Process, Vad, End - CommitBytes, End, MM_READWRITE);
    if (NT_SUCCESS(Status) && GuardBytes != 0)
        Status = WriteEntries(Process, Vad, End - CommitBytes - GuardBytes, End - CommitBytes, MM_READWRITE | MM_GUARD_PAGE);
    return Status; /* on failure the caller deletes the VAD, and with it the charge and what was written */
}

/* Memory the kernel makes for a process: read/write, CommitBytes of it (multiples of pages) committed at its top, below them GuardBytes of guard pages. */
NTSTATUS MiAllocatePrivate(PEPROCESS Process, ULONG64 Size, ULONG64 CommitBytes, ULONG64 GuardBytes, BOOLEAN NoChange, PULONG64 Base)
{
    ULONG64 Reserved = MI_ROUND_UP(Size, PAGE_SIZE);
    BOOLEAN Whole = CommitBytes >= Reserved;
    PMMVAD Vad;

    *Base = 0;
    NTSTATUS Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    MI_PLACE Anywhere = { 0, Process->HighestUserAddress, MI_GRANULARITY };
    Status = Reserve(Process, Base, &Reserved, &Anywhere, MEM_RESERVE | (Whole ? MEM_COMMIT : 0), MM_READWRITE, &Vad);
    if (NT_SUCCESS(Status)) {
        Vad->NoChange = NoChange;
        if (!Whole) {
            MiLockPageTables(Process);
            Status = CommitTop(Process, Vad, CommitBytes, GuardBytes);
            if (!NT_SUCCESS(Status)) {
                MiDeleteVadLocked(Process, Vad);
                MiFreeVad(Vad);
            }
            MiUnlockPageTables(Process);
        }
    }
    MiUnlockAddressSpace(Process);
    return Status;
}

typedef struct _REQUEST
{
    HANDLE ProcessHandle;
    PVOID *BaseAddress;
    PSIZE_T RegionSize;
    ULONG Type, Protect;
    BOOLEAN Extended;
    ULONG_PTR ZeroBits;
    PVOID Parameters;
    ULONG ParameterCount;
} REQUEST;

static NTSTATUS Allocate(const REQUEST *Request)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    ULONG64 Base, Size;
    PEPROCESS Process;
    MI_PLACE Place;

    NTSTATUS Status = CheckType(Request->Type, Request->Extended);
    if (!NT_SUCCESS(Status))
        return Status;
    if (MiMakeProtectionMask(Request->Protect & ~MI_PAGE_TARGETS_INVALID) == MM_INVALID_PROTECTION)
        return STATUS_INVALID_PAGE_PROTECTION;
    Status = CopyFromMode(Mode, &Base, Request->BaseAddress, sizeof Base);
    if (NT_SUCCESS(Status))
        Status = CopyFromMode(Mode, &Size, Request->RegionSize, sizeof Size);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MiReferenceTargetProcess(Request->ProcessHandle, PROCESS_VM_OPERATION, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Request->Extended) {
        Status = MiCaptureExtendedParameters(Process, Mode, Request->Parameters, Request->ParameterCount, &Place);
        if (NT_SUCCESS(Status) && Base != 0 && (Place.Lowest != 0 || Place.Highest != Process->HighestUserAddress || Place.Alignment != MI_GRANULARITY))
            Status = STATUS_INVALID_PARAMETER; /* either an address or requirements */
    } else {
        Status = MiPlaceFromZeroBits(Process, Request->ZeroBits, &Place);
    }
    if (NT_SUCCESS(Status))
        Status = MiAllocateAt(Process, &Base, &Place, &Size, Request->Type, Request->Protect);
    ObDereferenceObject(Process);
    if (NT_SUCCESS(Status)) {
        /* As NT: the memory is there even if the caller made its own pointers bad meanwhile. */
        NTSTATUS Ignored = CopyToMode(Mode, Request->RegionSize, &Size, sizeof Size);
        Ignored = CopyToMode(Mode, Request->BaseAddress, &Base, sizeof Base);
        (void)Ignored;
    }
    return Status;
}

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits, PSIZE_T RegionSize, ULONG AllocationType, ULONG Protect)
{
    REQUEST Request = { ProcessHandle, BaseAddress, RegionSize, AllocationType, Protect, .ZeroBits = ZeroBits };

    return Allocate(&Request);
}

NTSTATUS NTAPI NtAllocateVirtualMemoryEx(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG AllocationType, ULONG PageProtection,
                                         PVOID ExtendedParameters, ULONG ExtendedParameterCount);
NTSTATUS NTAPI NtAllocateVirtualMemoryEx(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG AllocationType, ULONG PageProtection,
                                         PVOID ExtendedParameters, ULONG ExtendedParameterCount)
{
    REQUEST Request = { ProcessHandle, BaseAddress, RegionSize, AllocationType, PageProtection, TRUE, 0, ExtendedParameters, ExtendedParameterCount };

    return Allocate(&Request);
}

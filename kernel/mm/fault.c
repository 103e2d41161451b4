/* SPDX-License-Identifier: MIT */
/*
 * fault.c - page faults: the processor could not translate an address; make it so that it can, or say what is wrong.
 *
 * A user fault takes the working-set lock shared, looks at the entry and at the VAD, and publishes a new entry by compare-exchange.  Whoever loses a
 * race throws its page away and lets the instruction run again.  What needs waiting (a page from a file) is noted in a FAULT and done after
 * the lock is released; then everything is looked at afresh.
 *
 *      entry        VAD                  result
 *      0            none                 STATUS_ACCESS_VIOLATION
 *      0            private, committed   a page of zeros
 *      0            mapped               the section's page, shared; written to and copy-on-write: a copy of our own
 *      soft         any                  the same with the entry's own protection; guard: disarmed, STATUS_GUARD_PAGE_VIOLATION
 *      valid        any                  copy on write, a violation, or somebody was quicker
 *      large        LargePages           a violation: there is nothing that a fault could bring
 *
 * Windows Internals, 7th ed., part 1, chapter 5 "Page fault handling".
 */
#include "mi.h"
#include "etw.h"

#define MAX_RECLAIMS 8u /* tries of a fault that finds no memory */

typedef struct _FAULT
{
    PEPROCESS Process;
    ULONG64 Va;             /* page aligned */
    ULONG Code;             /* KI_FAULT_* */
    PMMVAD Vad;
    PULONG64 Pte;
    ULONG64 Old;            /* the entry as it was looked at */
    ULONG Protection;
    BOOLEAN Installed;      /* InstallPrivate won */
    /* what must be waited for without locks */
    struct _MI_INPAGE *InPage;
    PCONTROL_AREA ReadArea; /* view reference */
    ULONG64 ReadPage;
} FAULT, *PFAULT;

static BOOLEAN Allowed(ULONG Protection, ULONG Code)
{
    /* bit n: NT protection n permits it */
    if ((Protection & MM_ACCESS_MASK) == 0 || Protection >= MM_NOACCESS)
        return FALSE;
    if (Code & KI_FAULT_WRITE)
        return (0xF0u >> (Protection & MM_ACCESS_MASK)) & 1;
    if (Code & KI_FAULT_EXECUTE)
        return (0xCCu >> (Protection & MM_ACCESS_MASK)) & 1;
    return TRUE;
}

void MiCountResident(PEPROCESS Process, LONG Pages)
{
    SIZE_T Now = (SIZE_T)InterlockedExchangeAdd64((volatile LONG64 *)&Process->WorkingSetSize, Pages) + (SIZE_T)Pages;

    if (Now > Process->PeakWorkingSetSize)
        Process->PeakWorkingSetSize = Now;
}

/* Publishes a page of our own; the loser of a race gives it back, and the instruction tries again. */
static NTSTATUS InstallPrivate(PFAULT Fault, ULONG64 Page)
{
    MiPfn(Page)->PteAddress = (ULONG64)Fault->Pte;
    ULONG64 Dirty = !Fault->Vad->WriteWatch || (Fault->Code & KI_FAULT_WRITE) ? PTE_DIRTY : 0;
    if (!MiPublishPte(Fault->Pte, Fault->Old, (Page << PAGE_SHIFT) | MiUserPteFlags(Fault->Protection) | Dirty)) {
        MiFreePage(Page);
        return STATUS_SUCCESS;
    }
    Fault->Installed = TRUE;
    MiCountResident(Fault->Process, 1);
    InterlockedIncrement64((volatile LONG64 *)&Fault->Process->PrivatePageCount);
    return STATUS_SUCCESS;
}

static NTSTATUS DemandZero(PFAULT Fault)
{
    ULONG64 Page = MiAllocateZeroedPage(MiUsePrivate);

    if (UNLIKELY(Page == 0))
        return STATUS_NO_MEMORY;
    MiDemandZeroFaults++;
    return InstallPrivate(Fault, Page);
}

static ULONG PrivateProtection(ULONG Protection)
{
    switch (Protection & MM_ACCESS_MASK) {
    case MM_WRITECOPY: return (Protection & ~MM_ACCESS_MASK) | MM_READWRITE;
    case MM_EXECUTE_WRITECOPY: return (Protection & ~MM_ACCESS_MASK) | MM_EXECUTE_READWRITE;
    default: return Protection;
    }
}

/* A copy of Frame (which we share, or which the entry maps) becomes ours. */
static NTSTATUS CopyPage(PFAULT Fault, ULONG64 Frame)
{
    ULONG64 Page = MiAllocatePage(MiUsePrivate);

    if (Page == 0)
        return STATUS_NO_MEMORY;
    KiCopyPage(MiPageAddress(Page), MiPageAddress(Frame));
    MiCopyOnWriteFaults++;
    Fault->Protection = PrivateProtection(Fault->Protection);
    return InstallPrivate(Fault, Page);
}

/* The entry is valid: a copy is to be made, or there is nothing to do (somebody was quicker). */
static NTSTATUS ResolveValid(PFAULT Fault)
{
    ULONG64 Old = Fault->Old;

    if ((Fault->Code & KI_FAULT_EXECUTE) && (Old & PTE_NX))
        return STATUS_ACCESS_VIOLATION;
    if (!(Fault->Code & KI_FAULT_WRITE) || (Old & PTE_WRITE))
        return STATUS_SUCCESS;
    if (!(Old & MI_PTE_COW))
        return STATUS_ACCESS_VIOLATION;
    Fault->Protection = (Old & PTE_NX) ? MM_WRITECOPY : MM_EXECUTE_WRITECOPY;
    NTSTATUS Status = CopyPage(Fault, PTE_PFN(Old));
    if (Fault->Installed) {
        if (UNLIKELY(Old & MI_PTE_LOCKED)) /* so is the copy of a locked page */
            InterlockedOr64((volatile LONG64 *)Fault->Pte, (LONG64)MI_PTE_LOCKED);
        /* The shared page must not be let go while another processor can still reach it through the old entry. */
        KeFlushSingleTb_((PVOID)Fault->Va, &Fault->Process->Pcb);
        MiUnshareProtoPage(PTE_PFN(Old), FALSE);
        MiCountResident(Fault->Process, -1);
    }
    return Status;
}

/* The section's page, or a copy of it. */
static NTSTATUS ResolveMapped(PFAULT Fault)
{
    PMMVAD Vad = Fault->Vad;
    ULONG64 Page = Vad->FirstPage + MI_VPN(Fault->Va) - Vad->Node.StartVpn, Frame;
    BOOLEAN Copy = (Fault->Code & KI_FAULT_WRITE) && MiIsCopyOnWrite(Fault->Protection);

    /* Uninitialised data of an image can only become private: at once, so that writing to it later is no second fault. */
    if (MiIsCopyOnWrite(Fault->Protection) && (Vad->ControlArea->Flags & MI_CA_IMAGE) && MiIsZeroPage(Vad->ControlArea, Page)) {
        Fault->Protection = PrivateProtection(Fault->Protection);
        return DemandZero(Fault);
    }
    NTSTATUS Status = MiShareProtoPage(Vad->ControlArea, Page, &Frame, &Fault->InPage);
    if (Status == STATUS_RETRY && Fault->InPage == NULL) {
        Fault->ReadArea = Vad->ControlArea;
        Fault->ReadPage = Page;
        MiReferenceView(Vad->ControlArea, FALSE);
    }
    if (!NT_SUCCESS(Status) || Status == STATUS_RETRY)
        return Status;
    if (Copy) {
        Status = CopyPage(Fault, Frame);
        MiUnshareProtoPage(Frame, FALSE);
        return Status;
    }
    if (!MiPublishPte(Fault->Pte, Fault->Old, (Frame << PAGE_SHIFT) | MiUserPteFlags(Fault->Protection))) {
        MiUnshareProtoPage(Frame, FALSE);
        return STATUS_SUCCESS;
    }
    MiCountResident(Fault->Process, 1);
    if (Fault->Old == 0 && (Vad->ControlArea->Flags & MI_CA_FILE))
        MiCountResident(Fault->Process, (LONG)MiMapNeighbours(Vad, Fault->Va, Fault->Pte, Page, Frame, Fault->Protection));
    return STATUS_SUCCESS;
}

static NTSTATUS ResolveSharedData(PFAULT Fault)
{
    if (Fault->Code & (KI_FAULT_WRITE | KI_FAULT_EXECUTE))
        return STATUS_ACCESS_VIOLATION;
    /* Not counted in the working set and never freed: MiDeletePages knows the frame. */
    (void)MiPublishPte(Fault->Pte, Fault->Old, MiSharedDataPte());
    return STATUS_SUCCESS;
}

/* A soft entry: a protection of its own, perhaps a page that is in memory. */
static NTSTATUS ResolveSoft(PFAULT Fault)
{
    ULONG Protection = MI_PTE_PROT(Fault->Old);

    if (Protection == MM_DECOMMIT || Protection >= MM_NOACCESS)
        return STATUS_ACCESS_VIOLATION;
    Fault->Protection = Protection;
    if (MiIsGuard(Protection)) {
        /* NT disarms the guard even if the access itself is not allowed. */
        ULONG64 New = (Fault->Old & ~(0x1FULL << MI_PTE_PROT_SHIFT)) | ((ULONG64)(Protection & ~MM_GUARD_PAGE) << MI_PTE_PROT_SHIFT);
        return MiPublishPte(Fault->Pte, Fault->Old, New) ? STATUS_GUARD_PAGE_VIOLATION : STATUS_SUCCESS;
    }
    if (!Allowed(Protection, Fault->Code))
        return STATUS_ACCESS_VIOLATION;
    if (Fault->Old & MI_PTE_TRANSITION) {
        ULONG64 Valid = (Fault->Old & PTE_PFN_MASK) | MiUserPteFlags(Protection) | ((Fault->Old & MI_PTE_WAS_DIRTY) ? PTE_DIRTY : 0);
        if (MiPublishPte(Fault->Pte, Fault->Old, Valid))
            MiCountResident(Fault->Process, 1);
        return STATUS_SUCCESS;
    }
    return (Fault->Old & MI_PTE_PROTO) ? ResolveMapped(Fault) : DemandZero(Fault);
}

/* An untouched page: the VAD speaks.  A guard page that was never touched gets an entry of its own, without the guard. */
static NTSTATUS ResolveUntouched(PFAULT Fault)
{
    PMMVAD Vad = Fault->Vad;

    if (Vad->Type == MiVadSharedData)
        return ResolveSharedData(Fault);
    if (Vad->Type == MiVadPrivate && !Vad->MemCommit)
        return STATUS_ACCESS_VIOLATION;
    Fault->Protection = MiVadPageProtection(Vad, Fault->Va);
    if (MiIsGuard(Fault->Protection)) {
        ULONG64 New = MI_MAKE_SOFT(Fault->Protection & ~MM_GUARD_PAGE) | (Vad->Type == MiVadPrivate ? 0 : MI_PTE_PROTO);
        return MiPublishPte(Fault->Pte, 0, New) ? STATUS_GUARD_PAGE_VIOLATION : STATUS_SUCCESS;
    }
    if (!Allowed(Fault->Protection, Fault->Code))
        return STATUS_ACCESS_VIOLATION;
    return Vad->Type == MiVadPrivate ? DemandZero(Fault) : ResolveMapped(Fault);
}

/* All is there: the access is forbidden, or the translation was stale. */
static NTSTATUS ResolveLarge(PFAULT Fault)
{
    ULONG64 Entry = MiLargeEntry(Fault->Process, Fault->Va);

    return Entry == 0 || ((Fault->Code & KI_FAULT_WRITE) && !(Entry & PTE_WRITE)) || ((Fault->Code & KI_FAULT_EXECUTE) && (Entry & PTE_NX))
               ? STATUS_ACCESS_VIOLATION
               : STATUS_SUCCESS;
}

/* Working-set lock held shared. */
static NTSTATUS Resolve(PFAULT Fault)
{
    Fault->Vad = MiLocateVad(Fault->Process, Fault->Va);
    if (Fault->Vad == NULL)
        return STATUS_ACCESS_VIOLATION;
    if (UNLIKELY(Fault->Vad->LargePages))
        return ResolveLarge(Fault);
    Fault->Pte = MiCreatePte(Fault->Process, Fault->Va);
    if (Fault->Pte == NULL)
        return STATUS_NO_MEMORY;
    Fault->Old = *(volatile ULONG64 *)Fault->Pte;
    if (Fault->Old & PTE_VALID)
        return ResolveValid(Fault);
    return Fault->Old == 0 ? ResolveUntouched(Fault) : ResolveSoft(Fault);
}

/* A file could not be read: the exception carries the reason. */
static NTSTATUS InPageError(NTSTATUS Status, ULONG_PTR *Information)
{
    if (NT_SUCCESS(Status) || Status == STATUS_NO_MEMORY || Status == STATUS_INSUFFICIENT_RESOURCES)
        return Status;
    if (Information != NULL)
        *Information = (ULONG_PTR)(LONG_PTR)Status;
    return STATUS_IN_PAGE_ERROR;
}

NTSTATUS MiFaultUser(PEPROCESS Process, ULONG64 Va, ULONG FaultCode, ULONG_PTR *Information)
{
    ULONG Reclaims = 0;
    NTSTATUS Status;

    ASSERT_IRQL_LE(APC_LEVEL);
    do {
        FAULT Fault = { .Process = Process, .Va = MI_ROUND_DOWN(Va, PAGE_SIZE), .Code = FaultCode };
        ExAcquirePushLockShared_(&Process->WorkingSetLock);
        Status = Resolve(&Fault);
        ExReleasePushLockShared_(&Process->WorkingSetLock);
        if (Fault.InPage != NULL) {
            NTSTATUS Read = MiWaitForInPage(Fault.InPage);
            if (!NT_SUCCESS(Read))
                return InPageError(Read, Information);
        } else if (Fault.ReadArea != NULL) {
            NTSTATUS Read = MiReadSectionPages(Fault.ReadArea, Fault.ReadPage);
            MiDereferenceView(Fault.ReadArea, FALSE);
            if (Read == STATUS_NO_MEMORY)
                Status = Read;
            else if (!NT_SUCCESS(Read))
                return InPageError(Read, Information);
        }
        if (UNLIKELY(Status == STATUS_NO_MEMORY) && Reclaims++ < MAX_RECLAIMS && MiReclaimMemory())
            Status = STATUS_RETRY;
    } while (Status == STATUS_RETRY);
    return Status;
}

/* Is the access that faulted fine by the tables as they are now?  (Another processor was quicker, or the translation was stale.) */
static BOOLEAN EntryPermits(ULONG64 Va, ULONG Code)
{
    ULONG Shift;
    ULONG64 Entry = MiWalk(KiReadPageTableRoot() & PTE_PFN_MASK, (PVOID)Va, &Shift);

    if (Entry == 0 || ((Code & KI_FAULT_WRITE) && !(Entry & PTE_WRITE)) || ((Code & KI_FAULT_EXECUTE) && (Entry & PTE_NX)))
        return FALSE;
    return !(Code & KI_FAULT_USER) || (Entry & PTE_USER);
}

static NTSTATUS FaultKernelAddress(ULONG64 Va, ULONG FaultCode, KPROCESSOR_MODE Mode, ULONG_PTR *Information)
{
    if (Mode != KernelMode)
        return STATUS_ACCESS_VIOLATION;
    if (Va >= MI_SYSTEM_VIEW_BASE && Va < MI_SYSTEM_VIEW_END)
        return MiFaultSystemView(Va, FaultCode, Information);
    if (!EntryPermits(Va, FaultCode))
        return STATUS_ACCESS_VIOLATION;
    KiInvalidatePage((PVOID)Va);
    return STATUS_SUCCESS;
}

NTSTATUS MmAccessFault(ULONG FaultCode, PVOID Address, KPROCESSOR_MODE Mode, PKTRAP_FRAME TrapFrame, ULONG_PTR *Information)
{
    ULONG64 Va = (ULONG64)Address;

    if (UNLIKELY(FaultCode & KI_FAULT_RESERVED))
        KeBugCheckEx(MEMORY_MANAGEMENT, 0x403, Va, FaultCode, 0);
    if (UNLIKELY(KeGetCurrentIrql() >= DISPATCH_LEVEL)) {
        if (MmIsAddressValid(Address) && EntryPermits(Va, FaultCode) && Va > MM_USER_HIGHEST)
            return STATUS_SUCCESS;
        return STATUS_IN_PAGE_ERROR | 0x10000000;
    }
    if (Va > MM_USER_HIGHEST)
        return FaultKernelAddress(Va, FaultCode, Mode, Information);

    /* Supervisor code may not run from user pages, nor read them except through the copy layer (SMEP, SMAP): no lookup would help. */
    if (Mode == KernelMode && (FaultCode & KI_FAULT_EXECUTE))
        return STATUS_ACCESS_VIOLATION;
    PEPROCESS Process = PsCurrentProcess_();
    if (UNLIKELY(!(Process->Flags & PS_PROCESS_FLAGS_HAS_ADDRESS_SPACE)))
        return STATUS_ACCESS_VIOLATION;
    MiFaults++;
    Process->PageFaultCount++;
    KeGetCurrentPrcb()->PageFaults++;
    if (EX_INJECT(ExInjectPageIn))
        return InPageError(STATUS_INSUFFICIENT_RESOURCES, Information);
    NTSTATUS Status = MiFaultUser(Process, Va, FaultCode, Information);
    if (UNLIKELY(Status == STATUS_GUARD_PAGE_VIOLATION)) {
        Status = MiCheckForUserStackOverflow(Va);
        if (NT_SUCCESS(Status)) /* the stack has grown: the page itself, before the instruction asks again */
            Status = MiFaultUser(Process, Va, FaultCode, Information);
    }
    ETW_TRACE(ETW_CLASS_FAULT, EtwPageFault, ETW_PHASE_POINT, Process->UniqueProcessId, Status, Va, FaultCode, TrapFrame != NULL ? TrapFrame->Rip : 0, 0);
    return Status;
}

/* ---- locking ---- */

/* Working-set lock held shared: takes a reference on the frame if the entry serves. */
static BOOLEAN LockIfPresent(PEPROCESS Process, ULONG64 Va, BOOLEAN Write, PULONG64 Frame)
{
    PULONG64 Pte = MiLookupPte(Process, Va);
    ULONG64 Entry = Pte != NULL ? *(volatile ULONG64 *)Pte : MiLargeEntry(Process, Va);
    KIRQL Irql;

    if (!(Entry & PTE_VALID) || (Write && !(Entry & PTE_WRITE)))
        return FALSE;
    if (UNLIKELY(Entry & MI_PTE_BORROWED) && PTE_PFN(Entry) > MmHighestPage) { /* a device's memory: there is nothing to count */
        *Frame = PTE_PFN(Entry);
        return TRUE;
    }
    *Frame = Pte != NULL ? PTE_PFN(Entry) : MiLargeFrame(Entry, Va);
    if (Write && !(Entry & PTE_DIRTY)) /* what a device or the kernel writes through the frame counts as written here */
        InterlockedOr64((volatile LONG64 *)Pte, PTE_DIRTY);
    if (!MiPfn(*Frame)->PrototypePte) {
        InterlockedIncrement(&MiPfn(*Frame)->ReferenceCount);
        return TRUE;
    }
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    MiReferencePageLocked(*Frame);
    KeReleaseSpinLock(&MmPfnLock, Irql);
    return TRUE;
}

NTSTATUS MiLockUserPage(PEPROCESS Process, ULONG64 Va, BOOLEAN Write, PULONG64 Frame)
{
    ULONG_PTR Information;

    for (;;) {
        ExAcquirePushLockShared_(&Process->WorkingSetLock);
        BOOLEAN Locked = LockIfPresent(Process, Va, Write, Frame);
        ExReleasePushLockShared_(&Process->WorkingSetLock);
        if (Locked)
            return STATUS_SUCCESS;
        NTSTATUS Status = MiFaultUser(Process, Va, KI_FAULT_USER | (Write ? KI_FAULT_WRITE : 0), &Information);
        if (Status == STATUS_GUARD_PAGE_VIOLATION && Process == PsCurrentProcess_())
            Status = MiCheckForUserStackOverflow(Va);
        if (!NT_SUCCESS(Status))
            return Status;
    }
}

void MiUnlockPage(ULONG64 Frame, BOOLEAN Modified)
{
    if (UNLIKELY(Frame > MmHighestPage))
        return;
    if (MiPfn(Frame)->PrototypePte)
        MiDereferenceSectionPage(Frame, Modified);
    else
        MiDereferencePrivatePage(Frame);
}

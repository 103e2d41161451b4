/* SPDX-License-Identifier: MIT */
/*
 * awe.c - Address Windowing Extensions: a program that owns physical pages and moves them in and out of windows of its address space.
 *
 *      NtAllocateUserPhysicalPages      pages of zeros, named by their numbers, for as long as the process lives or until it frees them
 *      MEM_RESERVE | MEM_PHYSICAL       a window (alloc.c: a VAD with Physical); touching a page of it that has nothing behind it is a violation
 *      NtMapUserPhysicalPages           pages into a window, or out of it; NtMapUserPhysicalPagesScatter: each to an address of its own
 *
 * Made for 32-bit programs with more memory than addresses; still used to move big buffers without copying.  The rules keep remapping cheap: a page belongs
 * to one process, is in one place at a time, and is always readable and writable; a window lives and dies as a whole.  So mapping is writing entries,
 * after everything has been looked at: if one page of a call is wrong, nothing changes.
 *
 * Whose a page is, is a bit in the process' own bitmap (AweInfo).  Where it is mapped is kept in its MMPFN: PteAddress holds the user address, 0 for nowhere.
 * Both under the exclusive working-set lock.  The pages count as committed for the system, not for the process, and are in nobody's working set.
 *
 * Windows documents this under "Address Windowing Extensions"; Windows Internals, 7th ed., part 1, chapter 5.
 */
#include "mi.h"

#define BATCH 64u          /* page numbers on the stack */
#define PAGES_LEFT 512u    /* what is not given to programs this way, so that others can still run */
#define MAX_PAGES (~0ULL >> PAGE_SHIFT)

typedef struct _MI_AWE
{
    ULONG64 Pages; /* owned */
    volatile ULONG64 Bit[];
} MI_AWE;

BOOLEAN MiOwnsPhysicalPage(PEPROCESS Process, ULONG64 Frame)
{
    return Process->AweInfo != NULL && Frame != 0 && Frame <= MmHighestPage && (Process->AweInfo->Bit[Frame / 64] >> (Frame % 64) & 1) != 0;
}

void MiForgetPhysicalMapping(ULONG64 Frame)
{
    MiPfn(Frame)->PteAddress = 0;
}

static void Own(MI_AWE *Awe, ULONG64 Frame)
{
    Awe->Bit[Frame / 64] |= 1ULL << (Frame % 64);
    Awe->Pages++;
}

/* Nothing maps it.  An MDL may still hold it: then it is freed when that is unlocked. */
static void Disown(MI_AWE *Awe, ULONG64 Frame)
{
    Awe->Bit[Frame / 64] &= ~(1ULL << (Frame % 64));
    Awe->Pages--;
    MiDereferencePrivatePage(Frame);
    MiReturnCommitment(1);
}

void MiFreePhysicalPages(PEPROCESS Process)
{
    MI_AWE *Awe = Process->AweInfo;

    if (LIKELY(Awe == NULL))
        return;
    for (ULONG64 Word = 0; Word <= MmHighestPage / 64; Word++) {
        while (Awe->Bit[Word] != 0)
            Disown(Awe, Word * 64 + (ULONG64)__builtin_ctzll(Awe->Bit[Word]));
    }
    ASSERT(Awe->Pages == 0);
    Process->AweInfo = NULL;
    ExFreePoolWithTag(Awe, MI_TAG);
}

/* ---- both locks: the shape does not change, and no fault runs ---- */

static NTSTATUS LockBoth(PEPROCESS Process)
{
    NTSTATUS Status = MiLockAddressSpace(Process);

    if (NT_SUCCESS(Status))
        MiLockPageTables(Process);
    return Status;
}

static void UnlockBoth(PEPROCESS Process)
{
    MiUnlockPageTables(Process);
    MiUnlockAddressSpace(Process);
}

/* ---- owning ---- */

static MI_AWE *NewAwe(void)
{
    SIZE_T Bytes = sizeof(MI_AWE) + (MmHighestPage / 64 + 1) * sizeof(ULONG64);
    MI_AWE *Awe = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, MI_TAG);

    if (Awe != NULL)
        RtlZeroMemory(Awe, Bytes);
    return Awe;
}

static NTSTATUS MakeAwe(PEPROCESS Process)
{
    if (Process->AweInfo != NULL)
        return STATUS_SUCCESS;
    MI_AWE *Awe = NewAwe();
    if (Awe == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = LockBoth(Process);
    if (NT_SUCCESS(Status)) {
        if (Process->AweInfo == NULL) {
            Process->AweInfo = Awe;
            Awe = NULL;
        }
        UnlockBoth(Process);
    }
    if (Awe != NULL)
        ExFreePoolWithTag(Awe, MI_TAG);
    return Status;
}

/* Up to Wanted pages that the caller will own; as many as there are. */
static ULONG TakePages(PULONG64 Frame, ULONG64 Wanted)
{
    ULONG Count = 0;

    while (Count < Wanted && Count < BATCH && !MiMemoryIsLow(PAGES_LEFT) && MiChargeCommitment(1)) {
        Frame[Count] = MiAllocateZeroedPage(MiUsePhysical);
        if (Frame[Count] == 0) {
            MiReturnCommitment(1);
            break;
        }
        Count++;
    }
    return Count;
}

static void GiveBack(const ULONG64 *Frame, ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index++) {
        MiDereferencePrivatePage(Frame[Index]);
        MiReturnCommitment(1);
    }
}

static NTSTATUS OwnPages(PEPROCESS Process, const ULONG64 *Frame, ULONG Count)
{
    NTSTATUS Status = LockBoth(Process);

    if (!NT_SUCCESS(Status))
        return Status;
    for (ULONG Index = 0; Index < Count; Index++)
        Own(Process->AweInfo, Frame[Index]);
    UnlockBoth(Process);
    return STATUS_SUCCESS;
}

/* A page is told before it is owned: whoever cannot be told does not get it. */
static NTSTATUS AllocatePages(PEPROCESS Process, KPROCESSOR_MODE Mode, ULONG64 Wanted, PULONG_PTR Array, PULONG64 Done)
{
    ULONG64 Frame[BATCH];
    NTSTATUS Status = MakeAwe(Process);

    for (*Done = 0; NT_SUCCESS(Status) && *Done < Wanted;) {
        ULONG Count = TakePages(Frame, Wanted - *Done);
        if (Count == 0)
            break;
        Status = CopyToMode(Mode, Array + *Done, Frame, Count * sizeof(ULONG64));
        if (NT_SUCCESS(Status))
            Status = OwnPages(Process, Frame, Count);
        if (NT_SUCCESS(Status))
            *Done += Count;
        else
            GiveBack(Frame, Count);
    }
    return NT_SUCCESS(Status) && *Done == 0 ? STATUS_INSUFFICIENT_RESOURCES : Status;
}

/* What both services begin with.  References: the process. */
static NTSTATUS CaptureRequest(HANDLE ProcessHandle, KPROCESSOR_MODE Mode, PULONG_PTR NumberOfPages, PULONG_PTR Array, PULONG64 Count, PEPROCESS *Process)
{
    NTSTATUS Status = CopyFromMode(Mode, Count, NumberOfPages, sizeof *Count);

    if (NT_SUCCESS(Status))
        Status = KiProbeForWrite(Mode, NumberOfPages, sizeof *NumberOfPages, sizeof *NumberOfPages);
    if (NT_SUCCESS(Status) && *Count > MAX_PAGES)
        Status = STATUS_INVALID_PARAMETER_2;
    if (NT_SUCCESS(Status))
        Status = KiProbeForWrite(Mode, Array, *Count * sizeof(ULONG_PTR), sizeof(ULONG_PTR));
    return NT_SUCCESS(Status) ? MiReferenceTargetProcess(ProcessHandle, PROCESS_VM_OPERATION, Process) : Status;
}

NTSTATUS NTAPI NtAllocateUserPhysicalPages(HANDLE ProcessHandle, PULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray);
NTSTATUS NTAPI NtAllocateUserPhysicalPages(HANDLE ProcessHandle, PULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    ULONG64 Wanted, Done = 0;
    PEPROCESS Process;

    PAGED_CODE();
    NTSTATUS Status = CaptureRequest(ProcessHandle, Mode, NumberOfPages, UserPfnArray, &Wanted, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_LOCK_MEMORY_PRIVILEGE), Mode))
        Status = STATUS_PRIVILEGE_NOT_HELD;
    else if (Wanted != 0)
        Status = AllocatePages(Process, Mode, Wanted, UserPfnArray, &Done);
    ObDereferenceObject(Process);
    if (NT_SUCCESS(Status) || Done != 0) {
        NTSTATUS Copy = CopyToMode(Mode, NumberOfPages, &Done, sizeof Done);
        if (NT_SUCCESS(Status))
            Status = Copy;
    }
    return Status;
}

/* Locks as LockBoth's.  The window's page at Va is empty afterwards; the caller flushes. */
static void ClearEntry(PULONG64 Pte, ULONG64 Va, PMI_FLUSH Flush)
{
    ULONG64 Entry = *Pte;

    if (Entry == 0)
        return;
    MiForgetLock(Flush->Process, Entry);
    MiForgetPhysicalMapping(PTE_PFN(Entry));
    MiClearPte(Pte);
    MiFlushAdd(Flush, Va, 0, MiFlushPrivate);
}

static NTSTATUS FreeBatch(PEPROCESS Process, const ULONG64 *Frame, ULONG Count, PULONG64 Done)
{
    ULONG Good = 0;
    MI_FLUSH Flush;

    NTSTATUS Status = LockBoth(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    MiFlushInit(&Flush, Process);
    for (; Good < Count && MiOwnsPhysicalPage(Process, Frame[Good]); Good++) {
        ULONG64 Va = MiPfn(Frame[Good])->PteAddress;
        if (Va != 0)
            ClearEntry(MiLookupPte(Process, Va), Va, &Flush);
        Process->AweInfo->Bit[Frame[Good] / 64] &= ~(1ULL << (Frame[Good] % 64)); /* named twice: not ours the second time */
    }
    MiFlushFinish(&Flush);
    for (ULONG Index = 0; Index < Good; Index++)
        Disown(Process->AweInfo, Frame[Index]);
    UnlockBoth(Process);
    *Done += Good;
    return Good == Count ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
}

NTSTATUS NTAPI NtFreeUserPhysicalPages(HANDLE ProcessHandle, PULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray);
NTSTATUS NTAPI NtFreeUserPhysicalPages(HANDLE ProcessHandle, PULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    ULONG64 Frame[BATCH], Wanted, Done = 0;
    PEPROCESS Process;

    PAGED_CODE();
    NTSTATUS Status = CaptureRequest(ProcessHandle, Mode, NumberOfPages, UserPfnArray, &Wanted, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    while (NT_SUCCESS(Status) && Done < Wanted) {
        ULONG Count = Wanted - Done < BATCH ? (ULONG)(Wanted - Done) : BATCH;
        Status = CopyFromMode(Mode, Frame, UserPfnArray + Done, Count * sizeof(ULONG64));
        if (NT_SUCCESS(Status))
            Status = FreeBatch(Process, Frame, Count, &Done);
    }
    ObDereferenceObject(Process);
    NTSTATUS Copy = CopyToMode(Mode, NumberOfPages, &Done, sizeof Done); /* also of a failure: how far it came */
    return NT_SUCCESS(Status) ? Copy : Status;
}

/* ---- mapping ---- */

/* Count pages: page Frame[i] (0, or no Frame: none) appears at Address[i], or at Start + i pages. */
typedef struct _WINDOW
{
    ULONG64 Start, Count;
    PULONG64 Address, Frame;
    ULONG64 Small[2][BATCH];
    PULONG64 Large; /* pool, when the small ones do not suffice */
} WINDOW;

static ULONG64 AddressOf(const WINDOW *Window, ULONG64 Index)
{
    return Window->Address != NULL ? MI_ROUND_DOWN(Window->Address[Index], PAGE_SIZE) : Window->Start + (Index << PAGE_SHIFT);
}

/* User memory is not touched under locks: both arrays are copied first. */
static NTSTATUS CaptureWindow(WINDOW *Window, KPROCESSOR_MODE Mode, PVOID *Addresses, ULONG64 Count, PULONG_PTR Frames)
{
    SIZE_T Bytes = Count * sizeof(ULONG64);
    PULONG64 Address = Window->Small[0], Frame = Window->Small[1];
    NTSTATUS Status = STATUS_SUCCESS;

    Window->Count = Count;
    Window->Address = Window->Frame = Window->Large = NULL;
    if (Count > BATCH) {
        Window->Large = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * Bytes, MI_TAG);
        if (Window->Large == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Address = Window->Large;
        Frame = Window->Large + Count;
    }
    if (Addresses != NULL) {
        Window->Address = Address;
        Status = CopyFromMode(Mode, Address, Addresses, Bytes);
    }
    if (NT_SUCCESS(Status) && Frames != NULL) {
        Window->Frame = Frame;
        Status = CopyFromMode(Mode, Frame, Frames, Bytes);
    }
    return Status;
}

/* The table of each address, while failing is possible. */
static NTSTATUS CheckAddresses(PEPROCESS Process, const WINDOW *Window)
{
    PMMVAD Vad = NULL;

    for (ULONG64 Index = 0; Index < Window->Count; Index++) {
        ULONG64 Va = AddressOf(Window, Index);
        if (Vad == NULL || Va < MiVadStart(Vad) || Va > MiVadEnd(Vad))
            Vad = Va <= MM_USER_HIGHEST ? MiLocateVad(Process, Va) : NULL;
        if (Vad == NULL || Vad->Physical != MI_PHYSICAL_WINDOW || (Window->Address == NULL && Va + ((Window->Count - Index) << PAGE_SHIFT) - 1 > MiVadEnd(Vad)))
            return STATUS_INVALID_PARAMETER_1;
        if (Window->Frame != NULL && MiCreatePte(Process, Va) == NULL)
            return STATUS_NO_MEMORY;
    }
    return STATUS_SUCCESS;
}

/* Marks each page as mapped where it will be: one that is mapped already, or named twice, is seen.  Failing leaves no marks. */
static NTSTATUS ClaimPages(PEPROCESS Process, const WINDOW *Window)
{
    ULONG64 Index;

    if (Window->Frame == NULL)
        return STATUS_SUCCESS;
    for (Index = 0; Index < Window->Count; Index++) {
        ULONG64 Frame = Window->Frame[Index];
        if (Frame == 0 && Window->Address != NULL)
            continue;
        if (!MiOwnsPhysicalPage(Process, Frame) || MiPfn(Frame)->PteAddress != 0)
            break;
        MiPfn(Frame)->PteAddress = AddressOf(Window, Index);
    }
    if (Index == Window->Count)
        return STATUS_SUCCESS;
    while (Index-- != 0) {
        if (Window->Frame[Index] != 0)
            MiForgetPhysicalMapping(Window->Frame[Index]);
    }
    return STATUS_CONFLICTING_ADDRESSES;
}

static void WriteWindow(PEPROCESS Process, const WINDOW *Window)
{
    ULONG64 Flags = MiUserPteFlags(MM_READWRITE) | MI_PTE_PHYSICAL;
    MI_FLUSH Flush;

    MiFlushInit(&Flush, Process);
    for (ULONG64 Index = 0; Index < Window->Count; Index++) {
        ULONG64 Va = AddressOf(Window, Index), Frame = Window->Frame != NULL ? Window->Frame[Index] : 0;
        PULONG64 Pte = MiLookupPte(Process, Va);
        if (Pte == NULL) /* unmapping where nothing ever was */
            continue;
        ClearEntry(Pte, Va, &Flush);
        if (Frame != 0)
            MiSetPteNew(Pte, (Frame << PAGE_SHIFT) | Flags); /* clean: a watched window records what is written through it */
    }
    MiFlushFinish(&Flush);
}

static NTSTATUS MapWindow(const WINDOW *Window)
{
    PEPROCESS Process = PsCurrentProcess_();

    NTSTATUS Status = LockBoth(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CheckAddresses(Process, Window);
    if (NT_SUCCESS(Status))
        Status = ClaimPages(Process, Window);
    if (NT_SUCCESS(Status))
        WriteWindow(Process, Window);
    UnlockBoth(Process);
    return Status;
}

static NTSTATUS CaptureAndMap(ULONG64 Start, PVOID *Addresses, ULONG64 Count, PULONG_PTR Frames)
{
    WINDOW Window;

    PAGED_CODE();
    if (Count == 0)
        return STATUS_SUCCESS;
    if (Count > MAX_PAGES)
        return STATUS_INVALID_PARAMETER_2;
    Window.Start = Start;
    NTSTATUS Status = CaptureWindow(&Window, KeCurrentPreviousMode_(), Addresses, Count, Frames);
    if (NT_SUCCESS(Status))
        Status = MapWindow(&Window);
    if (Window.Large != NULL)
        ExFreePoolWithTag(Window.Large, MI_TAG);
    return Status;
}

NTSTATUS NTAPI NtMapUserPhysicalPages(PVOID VirtualAddress, ULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray);
NTSTATUS NTAPI NtMapUserPhysicalPages(PVOID VirtualAddress, ULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray)
{
    ULONG64 Start = MI_ROUND_DOWN(VirtualAddress, PAGE_SIZE);

    if (Start > MM_USER_HIGHEST)
        return STATUS_INVALID_PARAMETER_1;
    if (NumberOfPages > (MM_USER_HIGHEST + 1 - Start) >> PAGE_SHIFT)
        return STATUS_INVALID_PARAMETER_2;
    return CaptureAndMap(Start, NULL, NumberOfPages, UserPfnArray);
}

NTSTATUS NTAPI NtMapUserPhysicalPagesScatter(PVOID *VirtualAddresses, ULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray);
NTSTATUS NTAPI NtMapUserPhysicalPagesScatter(PVOID *VirtualAddresses, ULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray)
{
    if (VirtualAddresses == NULL && NumberOfPages != 0)
        return STATUS_INVALID_PARAMETER_1;
    return CaptureAndMap(0, VirtualAddresses, NumberOfPages, UserPfnArray);
}

/* SPDX-License-Identifier: MIT */
/*
 * mdluser.c - a driver shows its pages to a program: MmMapLockedPagesSpecifyCache with UserMode.
 *
 * The pages are whoever's they are (pool, a device's, another process' locked ones); the program has only a way to them.  So the entries say that nothing is
 * to be given back when they go (MI_PTE_BORROWED), and the VAD is of the kind that cannot be protected, committed or trimmed, nor freed by the program.
 * It goes with MmUnmapLockedPages in the same process, or with the process: a driver that lets the pages go before that leaves the program a way to pages
 * that are somebody else's, on Windows as here.
 *
 * Documented with MmMapLockedPagesSpecifyCache in the driver kit.
 */
#include "mi.h"

static PMMVAD NewVad(ULONG64 Start, ULONG64 Pages)
{
    PMMVAD Vad = MiAllocateVad();

    if (Vad == NULL)
        return NULL;
    Vad->Node.StartVpn = MI_VPN(Start);
    Vad->Node.EndVpn = MI_VPN(Start) + Pages - 1;
    Vad->Type = MiVadPrivate;
    Vad->Protection = MM_READWRITE;
    Vad->Physical = MI_PHYSICAL_MDL;
    Vad->NoChange = TRUE;
    return Vad;
}

/* Both locks exclusive.  The VAD is in the tree; its tables are made first. */
static NTSTATUS FillView(PEPROCESS Process, PMMVAD Vad, const PFN_NUMBER *Frame, ULONG64 CacheBits)
{
    ULONG64 Start = MiVadStart(Vad), End = MiVadEnd(Vad);

    for (ULONG64 Va = Start; Va <= End; Va = MI_ROUND_DOWN(Va, MI_LARGE_SIZE) + MI_LARGE_SIZE) {
        if (MiCreatePte(Process, Va) == NULL)
            return STATUS_NO_MEMORY;
    }
    for (ULONG64 Va = Start; Va <= End; Va += PAGE_SIZE, Frame++)
        MiSetPteNew(MiLookupPte(Process, Va), (*Frame << PAGE_SHIFT) | MiUserPteFlags(MM_READWRITE) | MI_PTE_BORROWED | CacheBits);
    return STATUS_SUCCESS;
}

NTSTATUS MiMapFramesToUser(const PFN_NUMBER *Frame, ULONG64 Count, ULONG64 CacheBits, PULONG64 Address)
{
    PEPROCESS Process = PsCurrentProcess_();
    ULONG64 Start = MI_ROUND_DOWN(*Address, PAGE_SIZE), Length = Count << PAGE_SHIFT;

    NTSTATUS Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Start == 0)
        Start = MiFindEmptyRange(Process, Length, Process->HighestUserAddress, FALSE);
    else if (Start < MM_USER_LOWEST || Start > Process->HighestUserAddress || Process->HighestUserAddress - Start < Length - 1 ||
             !MiRangeFree(Process, Start, Start + Length - 1))
        Status = STATUS_CONFLICTING_ADDRESSES;
    if (Start == 0)
        Status = STATUS_NO_MEMORY;
    PMMVAD Vad = NT_SUCCESS(Status) ? NewVad(Start, Count) : NULL;
    if (Vad == NULL) {
        MiUnlockAddressSpace(Process);
        return NT_SUCCESS(Status) ? STATUS_INSUFFICIENT_RESOURCES : Status;
    }
    MiLockPageTables(Process);
    MiInsertVad(Process, Vad);
    Status = FillView(Process, Vad, Frame, CacheBits);
    if (!NT_SUCCESS(Status)) {
        MiDeleteVadLocked(Process, Vad);
        MiFreeVad(Vad);
    }
    MiUnlockPageTables(Process);
    MiUnlockAddressSpace(Process);
    *Address = Start;
    return Status;
}

BOOLEAN MiUnmapFramesFromUser(ULONG64 Address)
{
    PEPROCESS Process = PsCurrentProcess_();

    if (!NT_SUCCESS(MiLockAddressSpace(Process)))
        return TRUE; /* it has gone with the address space */
    PMMVAD Vad = MiLocateVad(Process, Address);
    BOOLEAN Found = Vad != NULL && Vad->Physical == MI_PHYSICAL_MDL;
    if (Found) {
        MiLockPageTables(Process);
        MiDeleteVadLocked(Process, Vad);
        MiUnlockPageTables(Process);
        MiFreeVad(Vad);
    }
    MiUnlockAddressSpace(Process);
    return Found;
}

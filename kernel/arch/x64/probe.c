/* SPDX-License-Identifier: MIT */
/*
 * probe.c - the probe-and-copy layer: the C side of usercopy.asm.
 *
 * A user range is accepted when it lies wholly below the end of user space; whether it is mapped, and how, is found out by touching it.
 * There is no check followed by an unguarded use, and no structure is read twice: services copy it in once.
 */
#include "archp.h"
#include "ki.h"

NTSTATUS KiMoveGuarded(PVOID Destination, const VOID *Source, SIZE_T Length, SIZE_T *Done);
NTSTATUS KiMoveSmall(PVOID Destination, const VOID *Source, SIZE_T Length);
NTSTATUS KiFillGuarded(PVOID Destination, SIZE_T Length);
NTSTATUS KiCompareExchangeGuarded(volatile LONG *Address, LONG Exchange, LONG Comparand, LONG *Old);
NTSTATUS KiTouchGuarded(PVOID First, PVOID Last);

static inline BOOLEAN KiIsUserRange(const VOID *Address, SIZE_T Length)
{
    return (ULONG64)Address + Length <= MM_USER_HIGHEST + 1 && (ULONG64)Address + Length >= (ULONG64)Address;
}

static inline NTSTATUS KiMove(PVOID Destination, const VOID *Source, SIZE_T Length)
{
    SIZE_T Done;

    if (Length == 8 || Length == 4) {
        return KiMoveSmall(Destination, Source, Length);
    }
    return KiMoveGuarded(Destination, Source, Length, &Done);
}

NTSTATUS KiCopyFromUser(PVOID Destination, const VOID *User, SIZE_T Length)
{
    if (UNLIKELY(!KiIsUserRange(User, Length))) {
        return STATUS_ACCESS_VIOLATION;
    }
    return KiMove(Destination, User, Length);
}

NTSTATUS KiCopyToUser(PVOID User, const VOID *Source, SIZE_T Length)
{
    if (UNLIKELY(!KiIsUserRange(User, Length))) {
        return STATUS_ACCESS_VIOLATION;
    }
    return KiMove(User, Source, Length);
}

NTSTATUS KiZeroUser(PVOID User, SIZE_T Length)
{
    if (UNLIKELY(!KiIsUserRange(User, Length))) {
        return STATUS_ACCESS_VIOLATION;
    }
    return KiFillGuarded(User, Length);
}

NTSTATUS KiCopyFromUserPartial(PVOID Destination, const VOID *User, SIZE_T Length, SIZE_T *Done)
{
    *Done = 0;
    if (UNLIKELY(!KiIsUserRange(User, Length))) {
        return STATUS_ACCESS_VIOLATION;
    }
    return KiMoveGuarded(Destination, User, Length, Done);
}

NTSTATUS KiCopyToUserPartial(PVOID User, const VOID *Source, SIZE_T Length, SIZE_T *Done)
{
    *Done = 0;
    if (UNLIKELY(!KiIsUserRange(User, Length))) {
        return STATUS_ACCESS_VIOLATION;
    }
    return KiMoveGuarded(User, Source, Length, Done);
}

NTSTATUS KiCopyMemoryGuarded(PVOID Destination, const VOID *Source, SIZE_T Length)
{
    SIZE_T Done;

    return KiMoveGuarded(Destination, Source, Length, &Done);
}

NTSTATUS KiCompareExchangeUser32(volatile LONG *User, LONG Exchange, LONG Comparand, LONG *Old)
{
    if (UNLIKELY(!KiIsUserRange((const VOID *)User, sizeof(LONG)))) {
        return STATUS_ACCESS_VIOLATION;
    }
    if ((ULONG_PTR)User & 3) {
        return STATUS_DATATYPE_MISALIGNMENT;
    }
    return KiCompareExchangeGuarded(User, Exchange, Comparand, Old);
}

NTSTATUS KiProbeForRead(KPROCESSOR_MODE Mode, const VOID *Address, SIZE_T Length, ULONG Alignment)
{
    if (Mode == KernelMode || Length == 0) {
        return STATUS_SUCCESS;
    }
    if ((ULONG_PTR)Address & (Alignment - 1)) {
        return STATUS_DATATYPE_MISALIGNMENT;
    }
    return KiIsUserRange(Address, Length) ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

/* Touches each page as ProbeForWrite does: reads a byte and writes it back, here without losing anybody else's store. */
NTSTATUS KiProbeForWrite(KPROCESSOR_MODE Mode, PVOID Address, SIZE_T Length, ULONG Alignment)
{
    NTSTATUS Status = KiProbeForRead(Mode, Address, Length, Alignment);

    if (Mode == KernelMode || Length == 0 || !NT_SUCCESS(Status)) {
        return Status;
    }
    return KiTouchGuarded(Address, (PUCHAR)Address + Length - 1);
}

/* A fault at a listed instruction continues at its target with Status in RAX.  FALSE: not a guarded instruction. */
BOOLEAN KiFixupFault(PKTRAP_FRAME Frame, NTSTATUS Status)
{
    ULONG Rva = (ULONG)(Frame->Rip - (ULONG64)__ImageBase);

    if (Frame->Rip < (ULONG64)__ImageBase || Frame->Rip - (ULONG64)__ImageBase > MAXULONG) {
        return FALSE;
    }
    for (const KI_FIXUP *Fixup = KiFixupTable; Fixup < KiFixupTableEnd; Fixup++) {
        if (Rva >= Fixup->Begin && Rva < Fixup->End) {
            Frame->Rip = (ULONG64)__ImageBase + Fixup->Target;
            Frame->Rax = (ULONG)Status;
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN KiIsGuarded(const KTRAP_FRAME *Frame)
{
    ULONG64 Rva = Frame->Rip - (ULONG64)__ImageBase;

    for (const KI_FIXUP *Fixup = KiFixupTable; Fixup < KiFixupTableEnd; Fixup++) {
        if (Rva >= Fixup->Begin && Rva < Fixup->End) {
            return TRUE;
        }
    }
    return FALSE;
}

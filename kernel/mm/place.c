/* SPDX-License-Identifier: MIT */
/*
 * place.c - where memory is to lie: zero bits, address requirements, placeholders.
 *
 * A placeholder is a VAD that only keeps its range from being given to anybody else.  A program reserves one, splits it (a release that preserves), and
 * puts allocations or views exactly into the pieces; each can be turned back into a placeholder in one step, so that no other thread can slip into
 * the hole, and neighbours can be joined again.  That is how ring buffers are mapped twice in a row without a race.
 *
 *      VirtualFree(MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER)     part of a placeholder: split off; an allocation that replaced one: a placeholder again
 *      VirtualFree(MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS)    several neighbours, exactly: one
 *      UnmapViewOfFile2(MEM_PRESERVE_PLACEHOLDER)              a view that replaced one: a placeholder again
 *
 * Documented with VirtualAlloc2; there is nothing about it in the books.
 */
#include "mi.h"

/* MEM_EXTENDED_PARAMETER */
typedef struct _EXTENDED
{
    ULONG64 Type; /* low 8 bits */
    ULONG64 Value;
} EXTENDED;
static_assert(sizeof(EXTENDED) == 16, "MEM_EXTENDED_PARAMETER");

typedef struct _REQUIREMENTS { ULONG64 Lowest, Highest, Alignment; } REQUIREMENTS; /* MEM_ADDRESS_REQUIREMENTS */

enum
{
    ExtendedAddressRequirements = 1,
    ExtendedNumaNode = 2,
    ExtendedPartition = 3,
    ExtendedUserPhysical = 4,
    ExtendedAttributes = 5,
    ExtendedImageMachine = 6,
    ExtendedMax = 7
};

/* A count of zero bits from bit 31 up, or (from 32 on) a mask of the bits that may be set. */
NTSTATUS MiPlaceFromZeroBits(PEPROCESS Process, ULONG64 ZeroBits, MI_PLACE *Place)
{
    *Place = (MI_PLACE){ 0, Process->HighestUserAddress, MI_GRANULARITY };
    if (ZeroBits == 0)
        return STATUS_SUCCESS;
    if (ZeroBits < 32) {
        if (ZeroBits > 21)
            return STATUS_INVALID_PARAMETER_3;
        Place->Highest = 0xFFFFFFFFULL >> ZeroBits;
    } else if ((~0ULL >> __builtin_clzll(ZeroBits)) < Place->Highest) {
        Place->Highest = ~0ULL >> __builtin_clzll(ZeroBits);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS ApplyRequirements(PEPROCESS Process, KPROCESSOR_MODE Mode, ULONG64 Address, MI_PLACE *Place)
{
    REQUIREMENTS Wanted;

    NTSTATUS Status = CopyFromMode(Mode, &Wanted, (PVOID)Address, sizeof Wanted);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Wanted.Alignment != 0 && ((Wanted.Alignment & (Wanted.Alignment - 1)) != 0 || Wanted.Alignment < MI_GRANULARITY))
        return STATUS_INVALID_PARAMETER;
    if ((Wanted.Lowest & (MI_GRANULARITY - 1)) != 0 || (Wanted.Highest != 0 && ((Wanted.Highest + 1) & (PAGE_SIZE - 1)) != 0))
        return STATUS_INVALID_PARAMETER;
    if (Wanted.Highest > Process->HighestUserAddress || (Wanted.Highest != 0 && Wanted.Lowest >= Wanted.Highest) ||
        Wanted.Lowest > Process->HighestUserAddress)
        return STATUS_INVALID_PARAMETER;
    Place->Lowest = Wanted.Lowest;
    if (Wanted.Highest != 0)
        Place->Highest = Wanted.Highest;
    if (Wanted.Alignment != 0)
        Place->Alignment = Wanted.Alignment;
    return STATUS_SUCCESS;
}

NTSTATUS MiCaptureExtendedParameters(PEPROCESS Process, KPROCESSOR_MODE Mode, PVOID Parameters, ULONG Count, MI_PLACE *Place)
{
    const EXTENDED *User = Parameters;
    EXTENDED Parameter;
    ULONG Seen = 0;

    *Place = (MI_PLACE){ 0, Process->HighestUserAddress, MI_GRANULARITY };
    if (Count == 0)
        return STATUS_SUCCESS;
    if (User == NULL || Count >= ExtendedMax)
        return STATUS_INVALID_PARAMETER;
    for (ULONG Index = 0; Index < Count; Index++) {
        NTSTATUS Status = CopyFromMode(Mode, &Parameter, (PVOID)&User[Index], sizeof Parameter);
        if (!NT_SUCCESS(Status))
            return Status;
        ULONG Type = (ULONG)Parameter.Type & 0xFF;
        if (Parameter.Type > 0xFF || Type == 0 || Type >= ExtendedMax || (Seen & (1u << Type)) != 0)
            return STATUS_INVALID_PARAMETER;
        Seen |= 1u << Type;
        switch (Type) {
        case ExtendedAddressRequirements:
            Status = ApplyRequirements(Process, Mode, Parameter.Value, Place);
            break;
        case ExtendedNumaNode: /* one node */
            Status = (ULONG)Parameter.Value == 0 || (ULONG)Parameter.Value == 0xFFFFFFFFu ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
            break;
        default:
            Status = Parameter.Value == 0 ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
            break;
        }
        if (!NT_SUCCESS(Status))
            return Status;
    }
    return STATUS_SUCCESS;
}

/* ---- placeholders ---- */

PMMVAD MiExactPlaceholder(PEPROCESS Process, ULONG64 Start, ULONG64 Size)
{
    PMMVAD Vad = MiLocateVad(Process, Start);

    return Vad != NULL && Vad->Placeholder && MiVadStart(Vad) == Start && MiVadEnd(Vad) == Start + Size - 1 ? Vad : NULL;
}

static void MakePlaceholder(PMMVAD Vad)
{
    Vad->Type = MiVadPrivate;
    Vad->Protection = MM_NOACCESS;
    Vad->Placeholder = TRUE;
    Vad->MemCommit = Vad->Writable = Vad->WasPlaceholder = Vad->WriteWatch = Vad->LargePages = FALSE;
    Vad->ControlArea = NULL;
    Vad->FirstPage = 0;
    Vad->MaximumProtection = 0;
}

/* Cuts [Start, End] out of a placeholder as one of its own.  Both locks exclusive; Spare: two VADs, of which up to two are used. */
static void Split(PEPROCESS Process, PMMVAD Vad, ULONG64 Start, ULONG64 End, PMMVAD Spare[2])
{
    ULONG64 VadStart = MiVadStart(Vad), VadEnd = MiVadEnd(Vad);

    for (ULONG Piece = 0; Piece < 2; Piece++) {
        ULONG64 From = Piece == 0 ? VadStart : End + 1, To = Piece == 0 ? Start - 1 : VadEnd;
        if (Piece == 0 ? Start == VadStart : End == VadEnd)
            continue;
        PMMVAD New = Spare[Piece];
        Spare[Piece] = NULL;
        *New = *Vad;
        New->Node.StartVpn = From >> PAGE_SHIFT;
        New->Node.EndVpn = To >> PAGE_SHIFT;
        if (Piece == 0)
            Vad->Node.StartVpn = Start >> PAGE_SHIFT;
        else
            Vad->Node.EndVpn = End >> PAGE_SHIFT;
        MiTreeResized(&Vad->Node);
        MiTreeInsert((MI_VAD_NODE **)&Process->VadRoot, &New->Node);
    }
}

static NTSTATUS Preserve(PEPROCESS Process, ULONG64 Start, PULONG64 End, PMMVAD Spare[2])
{
    PMMVAD Vad = MiLocateVad(Process, Start);

    if (Vad == NULL)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (Vad->Type != MiVadPrivate)
        return STATUS_UNABLE_TO_DELETE_SECTION;
    if (*End > MiVadEnd(Vad) || *End < Start)
        return STATUS_CONFLICTING_ADDRESSES;
    if (Vad->Placeholder) {
        if (Start == MiVadStart(Vad) && *End == MiVadEnd(Vad))
            return STATUS_CONFLICTING_ADDRESSES; /* nothing to split */
        Split(Process, Vad, Start, *End, Spare);
        return STATUS_SUCCESS;
    }
    if (!Vad->WasPlaceholder || Start != MiVadStart(Vad) || *End != MiVadEnd(Vad) || Vad->SecureCount != 0)
        return STATUS_CONFLICTING_ADDRESSES;
    MiDeleteVadPages(Process, Vad);
    MiReturnVadCommit(Process, Vad);
    MakePlaceholder(Vad);
    return STATUS_SUCCESS;
}

/* Placeholders that together are exactly [Start, End] become the first of them. */
static NTSTATUS Coalesce(PEPROCESS Process, ULONG64 Start, ULONG64 End)
{
    PMMVAD First = MiLocateVad(Process, Start);
    ULONG64 At = Start;

    while (At <= End) {
        PMMVAD Vad = MiLocateVad(Process, At);
        if (Vad == NULL || !Vad->Placeholder || MiVadStart(Vad) != At || MiVadEnd(Vad) > End)
            return STATUS_CONFLICTING_ADDRESSES;
        At = MiVadEnd(Vad) + 1;
    }
    if (MiVadEnd(First) == End)
        return STATUS_CONFLICTING_ADDRESSES; /* one only */
    while (MiVadEnd(First) != End) {
        PMMVAD Next = MiLocateVad(Process, MiVadEnd(First) + 1);
        ULONG64 Last = Next->Node.EndVpn;
        MiTreeRemove((MI_VAD_NODE **)&Process->VadRoot, &Next->Node);
        if (Process->VadHint == Next)
            Process->VadHint = NULL;
        First->Node.EndVpn = Last;
        MiTreeResized(&First->Node);
        MiFreeVad(Next);
    }
    return STATUS_SUCCESS;
}

NTSTATUS MiFreeToPlaceholder(PEPROCESS Process, PULONG64 Base, PULONG64 Size, ULONG Type)
{
    ULONG64 Start = MI_ROUND_DOWN(*Base, PAGE_SIZE), End = MI_ROUND_UP(*Base + *Size, PAGE_SIZE) - 1;
    PMMVAD Spare[2] = { NULL, NULL };

    PAGED_CODE();
    if (*Base > Process->HighestUserAddress)
        return STATUS_INVALID_PARAMETER_2;
    if (*Size == 0 || Process->HighestUserAddress - *Base < *Size)
        return STATUS_INVALID_PARAMETER_3;
    Spare[0] = MiAllocateVad();
    Spare[1] = MiAllocateVad();
    NTSTATUS Status = Spare[0] != NULL && Spare[1] != NULL ? MiLockAddressSpace(Process) : STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(Status)) {
        MiLockPageTables(Process);
        Status = (Type & MEM_COALESCE_PLACEHOLDERS) ? Coalesce(Process, Start, End) : Preserve(Process, Start, &End, Spare);
        MiUnlockPageTables(Process);
        MiUnlockAddressSpace(Process);
    }
    if (NT_SUCCESS(Status)) {
        *Base = Start;
        *Size = End - Start + 1;
    }
    for (ULONG Index = 0; Index < 2; Index++) {
        if (Spare[Index] != NULL)
            MiFreeVad(Spare[Index]);
    }
    return Status;
}

NTSTATUS MiUnmapToPlaceholder(PEPROCESS Process, PVOID BaseAddress)
{
    PCONTROL_AREA ControlArea = NULL;
    BOOLEAN Writable = FALSE;

    PAGED_CODE();
    NTSTATUS Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    PMMVAD Vad = (ULONG64)BaseAddress <= MM_USER_HIGHEST ? MiLocateVad(Process, (ULONG64)BaseAddress) : NULL;
    if (Vad == NULL || Vad->ControlArea == NULL)
        Status = STATUS_NOT_MAPPED_VIEW;
    else if (!Vad->WasPlaceholder || Vad->SecureCount != 0)
        Status = STATUS_CONFLICTING_ADDRESSES;
    if (NT_SUCCESS(Status)) {
        ControlArea = Vad->ControlArea;
        Writable = Vad->Writable;
        MiLockPageTables(Process);
        MiDeleteVadPages(Process, Vad);
        MiReturnVadCommit(Process, Vad);
        MakePlaceholder(Vad);
        MiUnlockPageTables(Process);
    }
    MiUnlockAddressSpace(Process);
    if (ControlArea != NULL)
        MiDereferenceUserView(ControlArea, Writable);
    return Status;
}

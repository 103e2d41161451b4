/* SPDX-License-Identifier: MIT */
/*
 * xstate.c - contexts with more registers than a CONTEXT has: AVX and what came after it.
 *
 *      CONTEXT | CONTEXT_EX | up to a multiple of 64 | header (64 bytes: which features are in use) | the features
 *
 * CONTEXT_EX says where the parts are, relative to itself.  Header and features are an XSAVE area in the standard format without its first
 * 512 bytes, which are in the CONTEXT; where each feature lies is in KUSER_SHARED_DATA.  The kernel's side is kernel/arch/x64/xstate.c.
 */
#include "ntdllp.h"
#include "xcontext.h"

#define LEGACY_FEATURES 3ull /* x87 and SSE: in the CONTEXT itself */
#define LEGACY_STATE 512u
#define STATE_HEADER 64u
#define CONTEXT_ALIGNMENT 16u
#define CONTEXT_PARTS 0x1Fu /* control, integer, segments, floating point, debug registers */
#define XSTATE_PART 0x40u
#define VALID_FLAGS (CONTEXT_AMD64 | CONTEXT_PARTS | XSTATE_PART)

#define EnabledFeatures() SHARED(ULONG64, 0x3D8)
#define AreaSize() SHARED(ULONG, 0x3E8)
#define FeatureOffset(n) SHARED(ULONG, 0x3F0 + 8 * (n))
#define FeatureSize(n) SHARED(ULONG, 0x3F4 + 8 * (n))

typedef struct _STATE_HEADER_ { ULONG64 Mask, CompactionMask, Reserved[6]; } STATE_HEADER_;
static_assert(sizeof(STATE_HEADER_) == STATE_HEADER, "the header of an XSAVE area");

static inline bool HasState(ULONG Flags)
{
    return (Flags & CONTEXT_XSTATE) == CONTEXT_XSTATE;
}

static inline STATE_HEADER_ *Header(PCONTEXT_EX Extension)
{
    return (STATE_HEADER_ *)(PVOID)((UCHAR *)Extension + Extension->XState.Offset);
}

static NTSTATUS CheckFlags(ULONG Flags)
{
    if (!(Flags & CONTEXT_AMD64) || (Flags & ~VALID_FLAGS) != 0)
        return STATUS_INVALID_PARAMETER;
    return HasState(Flags) && (EnabledFeatures() & ~LEGACY_FEATURES) == 0 ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

ULONG64 NTAPI RtlGetEnabledExtendedFeatures(ULONG64 Mask)
{
    return EnabledFeatures() & Mask;
}

/* Mask would choose features for a compacted area, which is not used here: the length is that of all. */
ULONG NTAPI RtlGetExtendedContextLength2(ULONG Flags, PULONG Length, ULONG64 Mask)
{
    UNUSED(Mask);
    NTSTATUS Status = CheckFlags(Flags);
    if (!NT_SUCCESS(Status))
        return (ULONG)Status;
    *Length = sizeof(CONTEXT) + sizeof(CONTEXT_EX) + CONTEXT_ALIGNMENT - 1;
    if (HasState(Flags))
        *Length += STATE_HEADER - 1 + AreaSize() - LEGACY_STATE;
    return STATUS_SUCCESS;
}

ULONG NTAPI RtlGetExtendedContextLength(ULONG Flags, PULONG Length)
{
    return RtlGetExtendedContextLength2(Flags, Length, ~0ull);
}

ULONG NTAPI RtlInitializeExtendedContext2(PVOID Buffer, ULONG Flags, PCONTEXT_EX *Extension, ULONG64 Mask)
{
    UNUSED(Mask);
    NTSTATUS Status = CheckFlags(Flags);
    if (!NT_SUCCESS(Status))
        return (ULONG)Status;
    PCONTEXT Context = (PCONTEXT)ROUND_UP((ULONG_PTR)Buffer, CONTEXT_ALIGNMENT);
    PCONTEXT_EX New = (PCONTEXT_EX)(Context + 1);
    Context->ContextFlags = Flags;
    New->Legacy = New->All = (CONTEXT_CHUNK){-(LONG)sizeof(CONTEXT), sizeof(CONTEXT)};
    New->XState = (CONTEXT_CHUNK){sizeof(CONTEXT_EX) + 1, 0};
    New->All.Length += sizeof(CONTEXT_EX);
    if (HasState(Flags)) {
        UCHAR *State = (UCHAR *)ROUND_UP((ULONG_PTR)(New + 1), STATE_HEADER);
        New->XState = (CONTEXT_CHUNK){(LONG)(State - (UCHAR *)New), AreaSize() - LEGACY_STATE};
        New->All.Length = sizeof(CONTEXT) + (ULONG)New->XState.Offset + New->XState.Length;
        memset(State, 0, STATE_HEADER);
    }
    *Extension = New;
    return STATUS_SUCCESS;
}

ULONG NTAPI RtlInitializeExtendedContext(PVOID Buffer, ULONG Flags, PCONTEXT_EX *Extension)
{
    return RtlInitializeExtendedContext2(Buffer, Flags, Extension, ~0ull);
}

PCONTEXT NTAPI RtlLocateLegacyContext(PCONTEXT_EX Extension, PULONG Length)
{
    if (Length != NULL)
        *Length = Extension->Legacy.Length;
    return (PCONTEXT)(PVOID)((UCHAR *)Extension + Extension->Legacy.Offset);
}

/* NULL: not enabled, or in the legacy part. */
PVOID NTAPI RtlLocateExtendedFeature(PCONTEXT_EX Extension, ULONG Feature, PULONG Length)
{
    if (Feature < 2 || Feature >= 64 || !(EnabledFeatures() >> Feature & 1) || Extension->XState.Length < STATE_HEADER ||
        FeatureOffset(Feature) - LEGACY_STATE + FeatureSize(Feature) > Extension->XState.Length)
        return NULL;
    if (Length != NULL)
        *Length = FeatureSize(Feature);
    return (UCHAR *)Header(Extension) + FeatureOffset(Feature) - LEGACY_STATE;
}

/* NULL or the configuration of this system: there is no other. */
PVOID NTAPI RtlLocateExtendedFeature2(PCONTEXT_EX Extension, ULONG Feature, PVOID Configuration, PULONG Length)
{
    return Configuration == NULL || Configuration == (PVOID)(USER_SHARED_DATA + 0x3D8) ? RtlLocateExtendedFeature(Extension, Feature, Length) : NULL;
}

ULONG64 NTAPI RtlGetExtendedFeaturesMask(PCONTEXT_EX Extension)
{
    return Header(Extension)->Mask & ~LEGACY_FEATURES;
}

VOID NTAPI RtlSetExtendedFeaturesMask(PCONTEXT_EX Extension, ULONG64 Mask)
{
    Header(Extension)->Mask = Mask & EnabledFeatures() & ~LEGACY_FEATURES;
}

static void CopyParts(PCONTEXT To, ULONG Flags, const CONTEXT *From)
{
    To->ContextFlags |= Flags;
    if ((Flags & CONTEXT_CONTROL) == CONTEXT_CONTROL) {
        To->Rip = From->Rip;
        To->Rsp = From->Rsp;
        To->EFlags = From->EFlags;
        To->SegCs = From->SegCs;
        To->SegSs = From->SegSs;
    }
    if ((Flags & CONTEXT_INTEGER) == CONTEXT_INTEGER) {
        ULONG64 Rsp = To->Rsp; /* in the middle of them, and not one */
        memcpy(&To->Rax, &From->Rax, offsetof(CONTEXT, Rip) - offsetof(CONTEXT, Rax));
        To->Rsp = Rsp;
    }
    if ((Flags & CONTEXT_SEGMENTS) == CONTEXT_SEGMENTS)
        memcpy(&To->SegDs, &From->SegDs, 4 * sizeof(USHORT));
    if ((Flags & CONTEXT_FLOATING_POINT) == CONTEXT_FLOATING_POINT) {
        To->MxCsr = From->MxCsr;
        To->FltSave = From->FltSave;
    }
    if ((Flags & CONTEXT_DEBUG_REGISTERS) == CONTEXT_DEBUG_REGISTERS)
        memcpy(&To->Dr0, &From->Dr0, 6 * sizeof(ULONG64));
}

ULONG NTAPI RtlCopyExtendedContext(PCONTEXT_EX Destination, ULONG Flags, PCONTEXT_EX Source)
{
    NTSTATUS Status = CheckFlags(Flags);
    PCONTEXT To = RtlLocateLegacyContext(Destination, NULL), From = RtlLocateLegacyContext(Source, NULL);

    if (!NT_SUCCESS(Status))
        return (ULONG)Status;
    CopyParts(To, Flags, From);
    if (!HasState(Flags))
        return STATUS_SUCCESS;
    if (Destination->XState.Length < STATE_HEADER || Source->XState.Length < STATE_HEADER)
        return (ULONG)STATUS_INVALID_PARAMETER;
    *Header(Destination) = *Header(Source);
    for (ULONG Feature = 2; Feature < 64; Feature++) {
        ULONG Length;
        PVOID At = RtlLocateExtendedFeature(Source, Feature, &Length), There = RtlLocateExtendedFeature(Destination, Feature, NULL);
        if (At == NULL || !(Header(Source)->Mask >> Feature & 1))
            continue;
        if (There == NULL)
            return (ULONG)STATUS_BUFFER_OVERFLOW;
        memcpy(There, At, Length);
    }
    return STATUS_SUCCESS;
}

ULONG NTAPI RtlCopyContext(PCONTEXT Destination, ULONG Flags, PCONTEXT Source)
{
    NTSTATUS Status = CheckFlags(Flags);

    if (!NT_SUCCESS(Status))
        return (ULONG)Status;
    if ((Flags & ~Destination->ContextFlags) != 0 || (Flags & ~Source->ContextFlags) != 0)
        return (ULONG)STATUS_INVALID_PARAMETER;
    if (HasState(Flags))
        return RtlCopyExtendedContext((PCONTEXT_EX)(Destination + 1), Flags, (PCONTEXT_EX)(Source + 1));
    CopyParts(Destination, Flags, Source);
    return STATUS_SUCCESS;
}

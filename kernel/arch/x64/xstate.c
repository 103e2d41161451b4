/* SPDX-License-Identifier: MIT */
/*
 * xstate.c - the extended registers (x87, SSE, AVX, ...): which are in use, a thread's save area, and how they travel in a CONTEXT.
 *
 * State is switched eagerly, every thread has an area: one XSAVE and one XRSTOR a switch, and no lazy-restore trap to reason about.  System
 * threads have one too, because drivers may use SSE.  Without XSAVE the legacy FXSAVE image alone is switched. KUSER_SHARED_DATA.XState
 * tells user mode the same (features.c).
 *
 * A CONTEXT holds x87 and SSE.  The rest follows it where CONTEXT_EX says, if the flag CONTEXT_XSTATE is set: an XSAVE area in the standard
 * format without its first 512 bytes, so a header of 64 bytes (which features are there) and each feature at its own offset.  An exception
 * carries all of it, because the code of a handler may change any register; what user mode hands in is copied feature by feature into an
 * area whose header is ours, so that XRSTOR has nothing to object to.
 */
#include "archp.h"
#include "ki.h"
#include "xstate.h"

ULONG64 KiXStateMask = 3;
ULONG KeXStateLength = KI_LEGACY_STATE + KI_XSTATE_HEADER;
KI_XSTATE_FEATURE KiXStateFeature[KI_XSTATE_FEATURES];

/* x87, SSE, AVX, AVX-512 (opmask, ZMM_Hi256, Hi16_ZMM).  Not PKRU: protection keys are off. */
#define XSTATE_SUPPORTED 0xE7ULL
#define XSTATE_LEGACY 3ULL
#define XSTATE_COMPACTED (1ULL << 63)

static void KiCpuidState(ULONG Subleaf, ULONG Leaf[4])
{
    __asm__ volatile("cpuid" : "=a"(Leaf[0]), "=b"(Leaf[1]), "=c"(Leaf[2]), "=d"(Leaf[3]) : "a"(0xD), "c"(Subleaf));
}

void KiInitializeExtendedState(PKPRCB Prcb)
{
    ULONG Low, High, Leaf[4];

    if (!(Prcb->FeatureBits & KF_XSAVE)) {
        return;
    }
    KiCpuidState(0, Leaf);
    if (Prcb->Number == 0) { /* the others do as the first */
        ULONG64 Mask = (((ULONG64)Leaf[3] << 32) | Leaf[0]) & XSTATE_SUPPORTED;
        KiXStateMask = (Mask & 0xE4) == 0xE4 ? Mask : Mask & ~0xE0ULL;
    }
    Low = (ULONG)KiXStateMask;
    High = (ULONG)(KiXStateMask >> 32);
    __asm__ volatile("xsetbv" : : "c"(0), "a"(Low), "d"(High));
    KiCpuidState(0, Leaf);
    KeXStateLength = (Leaf[1] + 63) & ~63u;
    for (ULONG Index = 2; Index < KI_XSTATE_FEATURES && Prcb->Number == 0; Index++) {
        if (KiXStateMask >> Index & 1) {
            KiCpuidState(Index, Leaf);
            KiXStateFeature[Index] = (KI_XSTATE_FEATURE){ .Offset = Leaf[1], .Size = Leaf[0] };
        }
    }
}

/* ---- what follows a CONTEXT ----------------------------------------------------------------------------------------------------- */

ULONG KiExtendedStateLength(void)
{
    return (KiXStateMask & ~XSTATE_LEGACY) != 0 ? KeXStateLength - KI_LEGACY_STATE : 0;
}

void KiSaveExtendedState(PVOID Area)
{
    ULONG64 Mask = KiXStateMask & ~XSTATE_LEGACY;

    __builtin_memset(Area, 0, KeXStateLength); /* XSAVE leaves the header's other bits as they are */
    __asm__ volatile("xsave64 (%0)" : : "r"(Area), "a"((ULONG)Mask), "d"((ULONG)(Mask >> 32)) : "memory");
}

void KiRestoreExtendedState(PVOID Area)
{
    ULONG64 Mask = KiXStateMask & ~XSTATE_LEGACY;

    ((XSAVE_FORMAT *)Area)->MxCsr = KeGetCurrentPrcb()->MxCsr; /* XRSTOR of AVX loads it, too */
    __asm__ volatile("xrstor64 (%0)" : : "r"(Area), "a"((ULONG)Mask), "d"((ULONG)(Mask >> 32)) : "memory");
}

/* Where the extended state of a CONTEXT of user mode is, and which features its header names. */
static NTSTATUS KiLocateUserState(const CONTEXT *Context, KI_USER_STATE *Where)
{
    KI_CONTEXT_EX Extension;
    ULONG64 Header[2];

    NTSTATUS Status = KiCopyFromUser(&Extension, Context + 1, sizeof(Extension));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Where->Base = (PUCHAR)(PVOID)(Context + 1) + Extension.XState.Offset;
    Where->Length = Extension.XState.Length;
    if (Where->Length < KI_XSTATE_HEADER || Where->Length > 0x10000 || ((ULONG_PTR)Where->Base & 63) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = KiCopyFromUser(Header, Where->Base, sizeof(Header));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Where->Mask = Header[0] & KiXStateMask & ~XSTATE_LEGACY;
    return (Header[1] & XSTATE_COMPACTED) != 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

NTSTATUS KiCopyExtendedState(const CONTEXT *Context, PVOID Area, BOOLEAN Out)
{
    KI_USER_STATE Where;
    ULONG64 *Header = (ULONG64 *)((PUCHAR)Area + KI_LEGACY_STATE), Present;

    NTSTATUS Status = KiLocateUserState(Context, &Where);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Present = Out ? Where.Mask & Header[0] : Where.Mask;
    if (!Out) {
        __builtin_memset(Area, 0, KeXStateLength);
    }
    for (ULONG64 Left = Present; Left != 0 && NT_SUCCESS(Status); Left &= Left - 1) {
        const KI_XSTATE_FEATURE *Feature = &KiXStateFeature[__builtin_ctzll(Left)];
        PUCHAR Kernel = (PUCHAR)Area + Feature->Offset, User = Where.Base + Feature->Offset - KI_LEGACY_STATE;
        if (Feature->Offset - KI_LEGACY_STATE + Feature->Size > Where.Length) {
            return STATUS_INVALID_PARAMETER;
        }
        Status = Out ? KiCopyToUser(User, Kernel, Feature->Size) : KiCopyFromUser(Kernel, User, Feature->Size);
    }
    if (NT_SUCCESS(Status) && Out) {
        Status = KiCopyToUser(Where.Base, &Present, sizeof(Present));
    }
    Header[0] = Present;
    Header[1] = 0;
    return Status;
}

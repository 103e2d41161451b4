/* SPDX-License-Identifier: MIT */
/*
 * xstate.c - the extended registers (x87, SSE, AVX, ...): which are in use, and the first contents of a thread's save area.
 *
 * State is switched eagerly, every thread has an area: one XSAVE and one XRSTOR a switch, and no lazy-restore trap to reason about.  System
 * threads have one too, because drivers may use SSE.  Without XSAVE the legacy FXSAVE image alone is switched. KUSER_SHARED_DATA.XState
 * tells user mode the same (RtlGetEnabledExtendedFeatures, CONTEXT_XSTATE).
 */
#include "archp.h"

ULONG64 KiXStateMask = 3;
ULONG KeXStateLength = 512 + 64;

/* x87, SSE, AVX, AVX-512 (opmask, ZMM_Hi256, Hi16_ZMM), PKRU. */
#define XSTATE_SUPPORTED 0x2E7ULL

void KiInitializeExtendedState(PKPRCB Prcb)
{
    ULONG Low, High, Leaf[4];

    if (!(Prcb->FeatureBits & KF_XSAVE)) {
        return;
    }
    __asm__ volatile("cpuid" : "=a"(Leaf[0]), "=b"(Leaf[1]), "=c"(Leaf[2]), "=d"(Leaf[3]) : "a"(0xD), "c"(0));
    if (Prcb->Number == 0) { /* the others do as the first */
        ULONG64 Mask = (((ULONG64)Leaf[3] << 32) | Leaf[0]) & XSTATE_SUPPORTED;
        KiXStateMask = (Mask & 0xE4) == 0xE4 ? Mask : Mask & ~0xE0ULL;
    }
    Low = (ULONG)KiXStateMask;
    High = (ULONG)(KiXStateMask >> 32);
    __asm__ volatile("xsetbv" : : "c"(0), "a"(Low), "d"(High));
    __asm__ volatile("cpuid" : "=a"(Leaf[0]), "=b"(Leaf[1]), "=c"(Leaf[2]), "=d"(Leaf[3]) : "a"(0xD), "c"(0));
    KeXStateLength = (Leaf[1] + 63) & ~63u;
}

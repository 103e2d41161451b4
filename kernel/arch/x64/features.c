/* SPDX-License-Identifier: MIT */
/*
 * features.c - what KUSER_SHARED_DATA tells programs of the processor: IsProcessorFeaturePresent's flags and the layout of the extended state.
 *
 * XState lies at 0x3D8 with the contents of Windows 10 (the headers' declaration ends before the sizes of all features).
 */
#include "archp.h"
#include "ki.h"
#include "xstate.h"

typedef struct _KI_XSTATE_CONFIGURATION
{
    ULONG64 EnabledFeatures, EnabledVolatileFeatures;
    ULONG Size, ControlFlags; /* neither XSAVEOPT nor compaction */
    KI_XSTATE_FEATURE Features[64];
    ULONG64 EnabledSupervisorFeatures, AlignedFeatures;
    ULONG AllFeatureSize, AllFeatures[64];
} KI_XSTATE_CONFIGURATION;
static_assert(__builtin_offsetof(KI_XSTATE_CONFIGURATION, EnabledSupervisorFeatures) == 0x218, "XSTATE_CONFIGURATION");

#define SHARED_XSTATE 0x3D8

static void KiDescribeExtendedState(KI_XSTATE_CONFIGURATION *Shared)
{
    Shared->EnabledFeatures = KiXStateMask;
    Shared->EnabledVolatileFeatures = KiXStateMask;
    Shared->Size = Shared->AllFeatureSize = KeXStateLength;
    Shared->Features[0] = (KI_XSTATE_FEATURE){ 0, 160 };   /* x87, and the header of the legacy part */
    Shared->Features[1] = (KI_XSTATE_FEATURE){ 160, 256 }; /* XMM */
    for (ULONG Index = 2; Index < KI_XSTATE_FEATURES; Index++) {
        Shared->Features[Index] = KiXStateFeature[Index];
    }
    for (ULONG Index = 0; Index < KI_XSTATE_FEATURES; Index++) {
        Shared->AllFeatures[Index] = Shared->Features[Index].Size;
    }
}

/* A flag of IsProcessorFeaturePresent and where CPUID has it. */
static const struct
{
    UCHAR Feature;
    UCHAR Leaf, Register, Bit; /* Register: EAX 0, EBX 1, ECX 2, EDX 3 */
    UCHAR State;               /* bits of XCR0 that must be enabled */
} KiFeatureBits[] = {
    { 13, 1, 2, 0, 0 },   /* PF_SSE3_INSTRUCTIONS_AVAILABLE */
    { 17, 1, 2, 26, 0 },  /* PF_XSAVE_ENABLED */
    { 22, 7, 1, 0, 0 },   /* PF_RDWRFSGSBASE_AVAILABLE */
    { 28, 1, 2, 30, 0 },  /* PF_RDRAND_INSTRUCTION_AVAILABLE */
    { 36, 1, 2, 9, 0 },   /* PF_SSSE3_INSTRUCTIONS_AVAILABLE */
    { 37, 1, 2, 19, 0 },  /* PF_SSE4_1_INSTRUCTIONS_AVAILABLE */
    { 38, 1, 2, 20, 0 },  /* PF_SSE4_2_INSTRUCTIONS_AVAILABLE */
    { 39, 1, 2, 28, 4 },  /* PF_AVX_INSTRUCTIONS_AVAILABLE */
    { 40, 7, 1, 5, 4 },   /* PF_AVX2_INSTRUCTIONS_AVAILABLE */
    { 41, 7, 1, 16, 0xE4 }, /* PF_AVX512F_INSTRUCTIONS_AVAILABLE */
    { 42, 7, 1, 9, 0 },   /* PF_ERMS_AVAILABLE */
};

void KiDescribeProcessor(KUSER_SHARED_DATA *Shared)
{
    for (ULONG Index = 0; Index < sizeof(KiFeatureBits) / sizeof(KiFeatureBits[0]); Index++) {
        ULONG Leaf[4];
        __asm__ volatile("cpuid" : "=a"(Leaf[0]), "=b"(Leaf[1]), "=c"(Leaf[2]), "=d"(Leaf[3]) : "a"(KiFeatureBits[Index].Leaf), "c"(0));
        if ((Leaf[KiFeatureBits[Index].Register] >> KiFeatureBits[Index].Bit & 1) && (~KiXStateMask & KiFeatureBits[Index].State) == 0) {
            Shared->ProcessorFeatures[KiFeatureBits[Index].Feature] = TRUE;
        }
    }
    KiDescribeExtendedState((KI_XSTATE_CONFIGURATION *)(PVOID)((PUCHAR)Shared + SHARED_XSTATE));
}

/* SPDX-License-Identifier: MIT */
/*
 * xcontext.h - contexts with extended registers: CONTEXT_EX and ntdll's routines for it (ntdll/xstate.c), which kernel32 stands on.
 */
#ifndef NASCENT_XCONTEXT_H
#define NASCENT_XCONTEXT_H

#include "ntapi.h"

typedef struct _CONTEXT_CHUNK { LONG Offset; ULONG Length; } CONTEXT_CHUNK;
/* Behind a CONTEXT; offsets are from here. */
typedef struct _CONTEXT_EX { CONTEXT_CHUNK All, Legacy, XState; } CONTEXT_EX, *PCONTEXT_EX;
C_ASSERT(sizeof(CONTEXT_EX) == 0x18);
#ifndef CONTEXT_XSTATE
#define CONTEXT_XSTATE (CONTEXT_AMD64 | 0x40u)
#endif
NTSYSAPI ULONG64 NTAPI RtlGetEnabledExtendedFeatures(ULONG64 Mask);
NTSYSAPI ULONG NTAPI RtlGetExtendedContextLength(ULONG Flags, PULONG Length);
NTSYSAPI ULONG NTAPI RtlGetExtendedContextLength2(ULONG Flags, PULONG Length, ULONG64 Mask);
NTSYSAPI ULONG NTAPI RtlInitializeExtendedContext(PVOID Buffer, ULONG Flags, PCONTEXT_EX *Extension);
NTSYSAPI ULONG NTAPI RtlInitializeExtendedContext2(PVOID Buffer, ULONG Flags, PCONTEXT_EX *Extension, ULONG64 Mask);
NTSYSAPI PCONTEXT NTAPI RtlLocateLegacyContext(PCONTEXT_EX Extension, PULONG Length);
NTSYSAPI PVOID NTAPI RtlLocateExtendedFeature(PCONTEXT_EX Extension, ULONG Feature, PULONG Length);
NTSYSAPI ULONG64 NTAPI RtlGetExtendedFeaturesMask(PCONTEXT_EX Extension);
NTSYSAPI VOID NTAPI RtlSetExtendedFeaturesMask(PCONTEXT_EX Extension, ULONG64 Mask);
NTSYSAPI ULONG NTAPI RtlCopyContext(PCONTEXT Destination, ULONG Flags, PCONTEXT Source);
NTSYSAPI ULONG NTAPI RtlCopyExtendedContext(PCONTEXT_EX Destination, ULONG Flags, PCONTEXT_EX Source);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * xstate.h - the registers that a CONTEXT has no room for (AVX and on), and what programs are told of the processor.  In arch/x64; for ke and ps.
 */
#ifndef NASCENT_XSTATE_H
#define NASCENT_XSTATE_H

#include "ke.h"

/* The registers of the current thread that a CONTEXT has no room for (AVX and on), in an area of KeXStateLength bytes, aligned to 64.  A context of
 * user mode has them if its flags say KE_CONTEXT_XSTATE; KiCopyExtendedState moves them between Area and such a context: In all features the
 * context names (the others become initial), Out those of them that Area has, and says which.  STATUS_INVALID_PARAMETER: a CONTEXT_EX that cannot be. */
#define KE_CONTEXT_XSTATE 0x100040u
#define KE_XSTATE_ALIGNMENT 64
#define KE_XSTATE_MAXIMUM 3072 /* bytes of an area that can lie on a kernel stack: AVX-512 needs 2688 */
ULONG KiExtendedStateLength(void); /* bytes beside a CONTEXT; 0: there are no such registers */
void KiSaveExtendedState(PVOID Area);
void KiRestoreExtendedState(PVOID Area);
NTSTATUS KiCopyExtendedState(const CONTEXT *Context, PVOID Area, BOOLEAN Out);
/* Into KUSER_SHARED_DATA: IsProcessorFeaturePresent's flags, the layout of the extended state. */
void KiDescribeProcessor(KUSER_SHARED_DATA *Shared);

#endif

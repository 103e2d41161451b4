/* SPDX-License-Identifier: MIT */
/* poolp.h - shared by pool.c (blocks), pooltag.c (figures) and poolapi.c (the documented entry points). */
#ifndef NASCENT_POOLP_H
#define NASCENT_POOLP_H

#include "mm.h"

PVOID ExpAllocatePool(ULONG Type, SIZE_T Bytes, ULONG Tag); /* NULL: no memory */
void ExTrimPool_(void); /* for mm */
void ExpTrimLookasides(void); /* what lies idle in look-aside lists goes back to the pool; < DISPATCH_LEVEL */
void ExpCountPool(ULONG Tag, LONG64 Bytes, LONG Blocks);
#endif

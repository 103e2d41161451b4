/* SPDX-License-Identifier: MIT */
/* poolp.h - shared by pool.c (blocks), pooltag.c (figures) and poolapi.c (the documented entry points). */
#ifndef NASCENT_POOLP_H
#define NASCENT_POOLP_H

#include "mm.h"

PVOID ExpAllocatePool(ULONG Type, SIZE_T Bytes, ULONG Tag); /* NULL: no memory */
void ExTrimPool_(void); /* for mm */
void ExpTrimLookasides(void); /* what lies idle in look-aside lists goes back to the pool; < DISPATCH_LEVEL */

/* pooltag.c: what is alive of one tag. */
typedef struct _EXP_TAG_ENTRY
{
    volatile LONG Tag; /* 0: free */
    volatile LONG Allocs, Frees;
    LONG Spare;
    volatile LONG64 Bytes;
} EXP_TAG_ENTRY;
#define EXP_TAG_ENTRIES 1024u /* power of two */
extern EXP_TAG_ENTRY ExpPoolTags[EXP_TAG_ENTRIES];

static inline ULONG ExpHashTag(ULONG Tag)
{
    return (Tag * 0x9E3779B1u) >> 22;
}
/* The tag's entry when it is not where its hash says, or not there yet. */
EXP_TAG_ENTRY *ExpFindPoolTag(ULONG Tag);

static inline void ExpCountPool(ULONG Tag, LONG64 Bytes, BOOLEAN Alive)
{
    EXP_TAG_ENTRY *Entry = &ExpPoolTags[ExpHashTag(Tag)];

    if (UNLIKELY(Entry->Tag != (LONG)Tag)) {
        Entry = ExpFindPoolTag(Tag);
    }
    InterlockedIncrement(Alive ? &Entry->Allocs : &Entry->Frees);
    InterlockedExchangeAdd64(&Entry->Bytes, Bytes);
}
#endif

/* SPDX-License-Identifier: MIT */
/*
 * pooltag.c - bytes and blocks alive, by pool tag.
 *
 * An open hash table that only grows: an entry is claimed once, by compare-exchange of its tag, and its counters are interlocked, so counting takes
 * no lock at any IRQL.  The figures are exact whenever nobody is inside an allocation: leak tests compare them before and after.
 * When the table is full, further tags are counted together as 'Ovfl'.
 */
#include "poolp.h"

#define ENTRIES 1024u /* power of two */

typedef struct _TAG_ENTRY
{
    volatile LONG Tag; /* 0: free */
    volatile LONG Allocs, Frees;
    LONG Spare;
    volatile LONG64 Bytes;
} TAG_ENTRY;

static TAG_ENTRY Table[ENTRIES];
static volatile LONG64 ExpPoolBytes;

static TAG_ENTRY *EntryOf(ULONG Tag)
{
    ULONG Index = ((Tag * 0x9E3779B1u) >> 22) & (ENTRIES - 1);

    for (ULONG Tries = 0; Tries < ENTRIES / 2; Tries++, Index = (Index + 1) & (ENTRIES - 1)) {
        LONG There = Table[Index].Tag;
        if (There == 0)
            There = InterlockedCompareExchange(&Table[Index].Tag, (LONG)Tag, 0);
        if (There == 0 || There == (LONG)Tag)
            return &Table[Index];
    }
    return Tag == POOL_TAG('O', 'v', 'f', 'l') ? &Table[0] : EntryOf(POOL_TAG('O', 'v', 'f', 'l'));
}

void ExpCountPool(ULONG Tag, LONG64 Bytes, LONG Blocks)
{
    TAG_ENTRY *Entry = EntryOf(Tag);

    InterlockedIncrement(Blocks > 0 ? &Entry->Allocs : &Entry->Frees);
    InterlockedExchangeAdd64(&Entry->Bytes, Bytes);
    InterlockedExchangeAdd64(&ExpPoolBytes, Bytes);
}

ULONG ExQueryPoolTags(EX_POOL_TAG *Buffer, ULONG Count)
{
    ULONG Found = 0;

    for (ULONG Index = 0; Index < ENTRIES; Index++) {
        if (Table[Index].Tag == 0)
            continue;
        if (Found < Count) {
            Buffer[Found].Tag = (ULONG)Table[Index].Tag;
            Buffer[Found].Allocs = (ULONG)Table[Index].Allocs;
            Buffer[Found].Frees = (ULONG)Table[Index].Frees;
            Buffer[Found].Bytes = (SIZE_T)Table[Index].Bytes;
        }
        Found++;
    }
    return Found;
}

SIZE_T ExPoolBytesInUse(void)
{
    return (SIZE_T)ExpPoolBytes;
}

/* SPDX-License-Identifier: MIT */
/*
 * pooltag.c - bytes and blocks alive, by pool tag.
 *
 * An open hash table that only grows: an entry is claimed once, by compare-exchange of its tag, and its counters are interlocked, so counting takes
 * no lock at any IRQL.  The figures are exact whenever nobody is inside an allocation: leak tests compare them before and after.
 * When the table is full, further tags are counted together as 'Ovfl'.
 */
#include "poolp.h"

EXP_TAG_ENTRY ExpPoolTags[EXP_TAG_ENTRIES];
static_assert(EXP_TAG_ENTRIES == 1u << (32 - 22), "ExpHashTag");

EXP_TAG_ENTRY *ExpFindPoolTag(ULONG Tag)
{
    ULONG Index = ExpHashTag(Tag);

    for (ULONG Tries = 0; Tries < EXP_TAG_ENTRIES / 2; Tries++, Index = (Index + 1) % EXP_TAG_ENTRIES) {
        LONG There = ExpPoolTags[Index].Tag;
        if (There == 0)
            There = InterlockedCompareExchange(&ExpPoolTags[Index].Tag, (LONG)Tag, 0);
        if (There == 0 || There == (LONG)Tag)
            return &ExpPoolTags[Index];
    }
    return Tag == POOL_TAG('O', 'v', 'f', 'l') ? &ExpPoolTags[0] : ExpFindPoolTag(POOL_TAG('O', 'v', 'f', 'l'));
}

ULONG ExQueryPoolTags(EX_POOL_TAG *Buffer, ULONG Count)
{
    ULONG Found = 0;

    for (ULONG Index = 0; Index < EXP_TAG_ENTRIES; Index++) {
        const EXP_TAG_ENTRY *Entry = &ExpPoolTags[Index];
        if (Entry->Tag == 0)
            continue;
        if (Found < Count) {
            Buffer[Found].Tag = (ULONG)Entry->Tag;
            Buffer[Found].Allocs = (ULONG)Entry->Allocs;
            Buffer[Found].Frees = (ULONG)Entry->Frees;
            Buffer[Found].Bytes = (SIZE_T)Entry->Bytes;
        }
        Found++;
    }
    return Found;
}

SIZE_T ExPoolBytesInUse(void)
{
    LONG64 Bytes = 0;

    for (ULONG Index = 0; Index < EXP_TAG_ENTRIES; Index++)
        Bytes += ExpPoolTags[Index].Bytes;
    return (SIZE_T)Bytes;
}

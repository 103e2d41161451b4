/* SPDX-License-Identifier: MIT */
/*
 * npname.c - the pipes by name.  Names are flat: a backslash in one means nothing.  They compare without case; a hash of the upper-case
 * name leads to one of a few lists.  A pipe is in its list while it has a server end: a client that outlives its server keeps the pipe, but
 * nobody finds it.
 *
 * All under NpNames.
 */
#include "np.h"

#define NP_BUCKETS 64

FAST_MUTEX NpNames;
static LIST_ENTRY Buckets[NP_BUCKETS];

void NpInitNames(void)
{
    ExInitializeFastMutex(&NpNames);
    for (ULONG Index = 0; Index < NP_BUCKETS; Index++) {
        InitializeListHead(&Buckets[Index]);
    }
}

static ULONG NpBucketOf(PCUNICODE_STRING Name)
{
    ULONG Hash = 0;
    for (ULONG Index = 0; Index < Name->Length / sizeof(WCHAR); Index++) {
        Hash = Hash * 31 + RtlUpcaseUnicodeChar(Name->Buffer[Index]);
    }
    return Hash % NP_BUCKETS;
}

NP_PIPE *NpFindPipe(PCUNICODE_STRING Name)
{
    PLIST_ENTRY Head = &Buckets[NpBucketOf(Name)];
    for (PLIST_ENTRY Link = Head->Flink; Link != Head; Link = Link->Flink) {
        NP_PIPE *Pipe = CONTAINING_RECORD(Link, NP_PIPE, Link);
        if (RtlEqualUnicodeString(&Pipe->Name, Name, TRUE)) {
            return Pipe;
        }
    }
    return NULL;
}

void NpInsertPipe(NP_PIPE *Pipe)
{
    InitializeListHead(&Pipe->Link);
    if (Pipe->Name.Length != 0) {
        InsertTailList(&Buckets[NpBucketOf(&Pipe->Name)], &Pipe->Link);
    }
}

void NpRemovePipe(NP_PIPE *Pipe)
{
    RemoveEntryList(&Pipe->Link);
    InitializeListHead(&Pipe->Link);
}

/* Some order that does not change; NULL begins, NULL ends. */
NP_PIPE *NpNextPipe(NP_PIPE *Pipe)
{
    ULONG Bucket = 0;
    if (Pipe != NULL) {
        Bucket = NpBucketOf(&Pipe->Name);
        if (Pipe->Link.Flink != &Buckets[Bucket]) {
            return CONTAINING_RECORD(Pipe->Link.Flink, NP_PIPE, Link);
        }
        Bucket++;
    }
    for (; Bucket < NP_BUCKETS; Bucket++) {
        if (!IsListEmpty(&Buckets[Bucket])) {
            return CONTAINING_RECORD(Buckets[Bucket].Flink, NP_PIPE, Link);
        }
    }
    return NULL;
}

/* SPDX-License-Identifier: MIT */
/*
 * fatknown.c - the paths that were found lately, as they were spelt, and their nodes: a program that opens a file again needs no walk.
 *
 * A table of fixed size, made with the volume; a path has one place in it, by its hash, and takes it from the path before.  Only what exists is kept:
 * that a new name comes changes nothing, and when one goes (V is exclusive then) it is taken out; with a directory's name all are.  An entry is written
 * by whoever has just walked and holds V shared, perhaps several at a time on several processors: the sequence number is odd meanwhile, and who reads
 * looks at it before and after.
 */
#include "fat.h"

#define KNOWN_PATHS 64u  /* power of two */
#define KNOWN_LENGTH 92u /* characters; longer paths are walked */

typedef struct _KNOWN_PATH {
    volatile LONG Sequence; /* interlocked; odd: being written */
    ULONG Hash, Generation;
    USHORT Length;          /* bytes */
    WCHAR Path[KNOWN_LENGTH];
} KNOWN_PATH;

typedef struct _FAT_KNOWN_PATHS {
    FAT_NODE *Node[KNOWN_PATHS]; /* whose path it is; NULL: nobody's.  Apart, because all are looked through when a name goes */
    KNOWN_PATH Path[KNOWN_PATHS];
} FAT_KNOWN_PATHS;

NTSTATUS FatMakeKnownPaths(FAT_VCB *Vcb)
{
    Vcb->Known = ExAllocatePoolWithTag(PagedPool, sizeof(FAT_KNOWN_PATHS), FAT_TAG_CORE);
    if (Vcb->Known == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Vcb->Known, sizeof(FAT_KNOWN_PATHS));
    return STATUS_SUCCESS;
}

void FatFreeKnownPaths(FAT_VCB *Vcb)
{
    if (Vcb->Known != NULL)
        ExFreePoolWithTag(Vcb->Known, FAT_TAG_CORE);
    Vcb->Known = NULL;
}

/* Up to four characters, the rest 0. */
static inline ULONG64 Word(const WCHAR *At, ULONG Bytes)
{
    ULONG64 Word = 0;

    if (Bytes >= sizeof Word)
        __builtin_memcpy(&Word, At, sizeof Word);
    else
        for (ULONG Index = 0; Index < Bytes / sizeof(WCHAR); Index++)
            Word |= (ULONG64)At[Index] << 16 * Index;
    return Word;
}

ULONG FatHashPath(PCUNICODE_STRING Path)
{
    ULONG64 Hash = Path->Length;
    const WCHAR *At = Path->Buffer;

    for (LONG Left = Path->Length; Left > 0; At += 4, Left -= 8)
        Hash = (Hash ^ Word(At, (ULONG)Left)) * 0x9E3779B97F4A7C15ULL;
    return (ULONG)(Hash >> 32) ^ (ULONG)(Hash >> 48);
}

static BOOLEAN SamePath(const KNOWN_PATH *Known, PCUNICODE_STRING Path)
{
    const WCHAR *One = Known->Path, *Two = Path->Buffer;

    if (Known->Length != Path->Length)
        return FALSE;
    for (LONG Left = Path->Length; Left > 0; One += 4, Two += 4, Left -= 8) {
        if (Word(One, (ULONG)Left) != Word(Two, (ULONG)Left))
            return FALSE;
    }
    return TRUE;
}

/* V held. */
FAT_NODE *FatFindKnown(FAT_VCB *Vcb, PCUNICODE_STRING Path, ULONG Hash)
{
    const KNOWN_PATH *Known = &Vcb->Known->Path[Hash % KNOWN_PATHS];
    LONG Before = __atomic_load_n(&Known->Sequence, __ATOMIC_ACQUIRE);
    FAT_NODE *Node = Vcb->Known->Node[Hash % KNOWN_PATHS];

    if (Known->Hash != Hash || Known->Generation != Vcb->KnownGeneration || (Before & 1) != 0 || !SamePath(Known, Path))
        return NULL;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return Known->Sequence == Before ? Node : NULL;
}

/* V held. */
void FatRememberPath(FAT_VCB *Vcb, PCUNICODE_STRING Path, ULONG Hash, FAT_NODE *Node)
{
    KNOWN_PATH *Known = &Vcb->Known->Path[Hash % KNOWN_PATHS];
    LONG Before = Known->Sequence;

    if (Path->Length > sizeof Known->Path || (Before & 1) != 0 || InterlockedCompareExchange(&Known->Sequence, Before + 1, Before) != Before)
        return;
    Known->Hash = Hash;
    Known->Generation = Vcb->KnownGeneration;
    Vcb->Known->Node[Hash % KNOWN_PATHS] = Node;
    Known->Length = Path->Length;
    RtlCopyMemory(Known->Path, Path->Buffer, Path->Length);
    __atomic_store_n(&Known->Sequence, Before + 2, __ATOMIC_RELEASE);
}

/* V exclusive. */
void FatForgetPaths(FAT_VCB *Vcb, const FAT_NODE *Node)
{
    FAT_NODE **Known = Vcb->Known->Node;

    if (FatIsDirectory(Node) && ++Vcb->KnownGeneration == 0) /* those of all that lies below it; and the number begins again */
        RtlZeroMemory(Known, sizeof Vcb->Known->Node);
    for (FAT_NODE **At = Known; At != Known + KNOWN_PATHS; At++) {
        if (*At == Node)
            *At = NULL;
    }
}

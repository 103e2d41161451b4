/* SPDX-License-Identifier: MIT */
/*
 * fatpath.c - from a path to a node.  A name is relative to the file that RelatedFileObject names, else to the root.
 */
#include "fat.h"

/* Splits the first name off *Path; its hash. */
static uint32_t NextName(PUNICODE_STRING Path, PUNICODE_STRING Name)
{
    uint32_t Hash;
    ULONG Length = FatScanName((const uint16_t *)Path->Buffer, Path->Length / sizeof(WCHAR), &Hash) * sizeof(WCHAR);
    ULONG Used = Length < Path->Length ? Length + sizeof(WCHAR) : Length;

    Name->Buffer = Path->Buffer;
    Name->Length = Name->MaximumLength = (USHORT)Length;
    Path->Buffer += Used / sizeof(WCHAR);
    Path->Length -= (USHORT)Used;
    return Hash;
}

/* STATUS_RETRY: the table has to be loaded, for which V must be exclusive from the start: a node found before V was let go may be gone after. */
NTSTATUS FatEnsureTable(FAT_OPEN *Open, FAT_NODE *Directory)
{
    if (Directory->Table != NULL)
        return STATUS_SUCCESS;
    return Open->Exclusive ? FatLoadDirectory(&Open->Vcb->Volume, Directory) : STATUS_RETRY;
}

static NTSTATUS WalkPath(FAT_OPEN *Open, FAT_NODE *Start, UNICODE_STRING Path, FAT_NODE **Found)
{
    FAT_NODE *Node = Start;

    while (Path.Length != 0) {
        uint32_t Hash = NextName(&Path, &Open->Last);
        *Found = Node;
        ULONG Length = Open->Last.Length / sizeof(WCHAR);
        if (Length == 0)
            return STATUS_OBJECT_NAME_INVALID;
        if (!FatIsDirectory(Node))
            return FatCheckName(Open->Last.Buffer, Length) == FAT_SUCCESS ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_OBJECT_NAME_INVALID;
        NTSTATUS Status = FatEnsureTable(Open, Node);
        if (!NT_SUCCESS(Status))
            return Status;
        FAT_NODE *Child = FatFindHashed(Node->Table, (const uint16_t *)Open->Last.Buffer, Length, Hash);
        /* What is there is legal: only a name that is not has to be looked at more closely. */
        if (Child == NULL && FatCheckName(Open->Last.Buffer, Length) != FAT_SUCCESS)
            return STATUS_OBJECT_NAME_INVALID;
        if (Child == NULL)
            return Path.Length == 0 ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
        Node = Child;
    }
    *Found = Node;
    return STATUS_SUCCESS;
}

/* The next node of the tree, before its children its own directory; NULL at the end.  Directories are loaded on the way. */
static NTSTATUS NextInTree(FAT_OPEN *Open, FAT_NODE *Node, FAT_NODE **Next)
{
    *Next = NULL;
    if (FatIsDirectory(Node)) {
        NTSTATUS Status = FatEnsureTable(Open, Node);
        if (Status == STATUS_RETRY)
            return Status;
        if (NT_SUCCESS(Status)) /* a damaged directory hides only what is in it */
            *Next = FatNodeFrom(Node->Table, 0);
    }
    for (; *Next == NULL && Node->Parent != NULL; Node = Node->Parent)
        *Next = FatNodeFrom(Node->Parent->Table, Node->Offset + 1);
    return STATUS_SUCCESS;
}

/* The name is a file id (FatFileId).  FAT keeps no list of them, so the whole tree is looked through. */
static NTSTATUS FindById(FAT_OPEN *Open, FAT_NODE **Found)
{
    FAT_NODE *Node = Open->Vcb->Volume.Root;
    NTSTATUS Status = STATUS_SUCCESS;
    LONG64 Id;

    RtlCopyMemory(&Id, Open->File->FileName.Buffer, sizeof Id);
    while (NT_SUCCESS(Status) && Node != NULL && FatFileId(Node) != Id)
        Status = NextInTree(Open, Node, &Node);
    *Found = Node;
    return NT_SUCCESS(Status) && Node == NULL ? STATUS_INVALID_PARAMETER : Status;
}

static NTSTATUS FindByName(FAT_OPEN *Open, FAT_NODE **Node)
{
    PFILE_OBJECT Related = Open->File->RelatedFileObject;
    UNICODE_STRING Path = Open->File->FileName;
    FAT_NODE *Start = Open->Vcb->Volume.Root;

    if (Related != NULL && !FatIsVolumeOpen(Related)) {
        Start = ((FAT_FCB *)Related->FsContext)->Node;
        if (Path.Length != 0 && Path.Buffer[0] == L'\\')
            return STATUS_OBJECT_NAME_INVALID;
        if (Start->Deleted)
            return STATUS_OBJECT_PATH_NOT_FOUND;
    } else if (Path.Length != 0 && Path.Buffer[0] == L'\\') {
        Path.Buffer++;
        Path.Length -= sizeof(WCHAR);
    }
    Open->TrailingBackslash = FALSE;
    if (Path.Length != 0 && Path.Buffer[Path.Length / sizeof(WCHAR) - 1] == L'\\') {
        Open->TrailingBackslash = TRUE;
        Path.Length -= sizeof(WCHAR);
    }
    return WalkPath(Open, Start, Path, Node);
}

NTSTATUS FatFindTarget(FAT_OPEN *Open, FAT_NODE **Node)
{
    PUNICODE_STRING Path = &Open->File->FileName;

    if (Open->Options & FILE_OPEN_BY_FILE_ID)
        return FindById(Open, Node);
    if (Open->TargetDirectory || Open->File->RelatedFileObject != NULL)
        return FindByName(Open, Node);
    ULONG Hash = FatHashPath(Path);
    *Node = FatFindKnown(Open->Vcb, Path, Hash);
    if (*Node != NULL)
        return STATUS_SUCCESS;
    NTSTATUS Status = FindByName(Open, Node);
    if (Status == STATUS_SUCCESS && !Open->TrailingBackslash)
        FatRememberPath(Open->Vcb, Path, Hash, *Node);
    return Status;
}

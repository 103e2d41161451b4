/* SPDX-License-Identifier: MIT */
/*
 * fatopen.c - opening what exists: what the node's attributes, its other openers, its mapped images and the disposition have to say.
 *
 * The order of the checks is Windows': disposition and kind, then read-only, delete pending, sharing, mapped images, and only then is anything
 * changed.
 */
#include "fat.h"

NPAGED_LOOKASIDE_LIST FatCcbs;

#define DATA_WRITES (FILE_WRITE_DATA | FILE_APPEND_DATA)

/* STATUS_RETRY: V must be exclusive. */
NTSTATUS FatGetFcb(FAT_OPEN *Open, FAT_NODE *Node, FAT_FCB **Fcb)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Node->Fcb == NULL)
        Status = Open->Exclusive ? FatCreateFcb(Open->Vcb, Node, (FAT_FCB **)&Node->Fcb) : STATUS_RETRY;
    *Fcb = Node->Fcb;
    return Status;
}

static NTSTATUS CheckKind(const FAT_OPEN *Open, const FAT_NODE *Node)
{
    BOOLEAN Directory = FatIsDirectory(Node);

    if (Open->Disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (Directory && (Open->Options & FILE_NON_DIRECTORY_FILE))
        return STATUS_FILE_IS_A_DIRECTORY;
    if (!Directory && (Open->Options & FILE_DIRECTORY_FILE))
        return STATUS_NOT_A_DIRECTORY;
    if (!Directory && Open->TrailingBackslash)
        return STATUS_OBJECT_NAME_INVALID;
    if (Directory && Open->Disposition != FILE_OPEN && Open->Disposition != FILE_OPEN_IF)
        return STATUS_OBJECT_NAME_COLLISION;
    if (Directory && Node->Parent == NULL && (Open->Options & FILE_DELETE_ON_CLOSE))
        return STATUS_CANNOT_DELETE;
    return STATUS_SUCCESS;
}

static BOOLEAN Overwrites(const FAT_OPEN *Open)
{
    return Open->Disposition == FILE_SUPERSEDE || Open->Disposition == FILE_OVERWRITE || Open->Disposition == FILE_OVERWRITE_IF;
}

static NTSTATUS CheckAttributes(const FAT_OPEN *Open, const FAT_NODE *Node)
{
    ULONG Kept = Node->Attributes & (FAT_ATTRIBUTE_HIDDEN | FAT_ATTRIBUTE_SYSTEM);

    if (Open->Vcb->WriteProtected && (Overwrites(Open) || (Open->Options & FILE_DELETE_ON_CLOSE) || (Open->Access & DATA_WRITES)))
        return STATUS_MEDIA_WRITE_PROTECTED;
    if ((Node->Attributes & FAT_ATTRIBUTE_READ_ONLY) && !FatIsDirectory(Node) && ((Open->Access & DATA_WRITES) || Overwrites(Open)))
        return STATUS_ACCESS_DENIED;
    if ((Node->Attributes & FAT_ATTRIBUTE_READ_ONLY) && (Open->Options & FILE_DELETE_ON_CLOSE))
        return STATUS_CANNOT_DELETE;
    /* A hidden or system file is overwritten only by who says that he means one. */
    if (Overwrites(Open) && (Open->Attributes & Kept) != Kept)
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

/* F exclusive.  A file that is overwritten is opened for writing too, one that is superseded for deletion, as far as sharing goes. */
static NTSTATUS TakeShare(const FAT_OPEN *Open, FAT_FCB *Fcb)
{
    ACCESS_MASK Access = Open->Access;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Fcb->CleanupCount != 0 && Overwrites(Open)) {
        ACCESS_MASK Implied = Open->Disposition == FILE_SUPERSEDE ? DELETE : FILE_WRITE_DATA;
        Status = IoCheckShareAccess(Access | Implied, Open->Share, Open->File, &Fcb->ShareAccess, FALSE);
    }
    if (!NT_SUCCESS(Status))
        return Status;
    if (Fcb->CleanupCount == 0)
        IoSetShareAccess(Access, Open->Share, Open->File, &Fcb->ShareAccess);
    else
        Status = IoCheckShareAccess(Access, Open->Share, Open->File, &Fcb->ShareAccess, TRUE);
    if (NT_SUCCESS(Status))
        Fcb->CleanupCount++;
    return Status;
}

/* F exclusive.  Writers and deleters keep out while the file runs as a program. */
static NTSTATUS CheckImage(const FAT_OPEN *Open, FAT_FCB *Fcb)
{
    if (Fcb->Sections.ImageSectionObject == NULL)
        return STATUS_SUCCESS;
    BOOLEAN Delete = (Open->Options & FILE_DELETE_ON_CLOSE) != 0;
    if (!Delete && !(Open->Access & FILE_WRITE_DATA))
        return STATUS_SUCCESS;
    if (MmFlushImageSection(&Fcb->Sections, MmFlushForWrite))
        return STATUS_SUCCESS;
    return Delete ? STATUS_CANNOT_DELETE : STATUS_SHARING_VIOLATION;
}

static void FillFileObject(const FAT_OPEN *Open, FAT_FCB *Fcb, FAT_CCB *Ccb)
{
    RtlZeroMemory(Ccb, sizeof *Ccb);
    Ccb->NodeTypeCode = FAT_NODE_TYPE_CCB;
    Ccb->DeleteOnClose = (Open->Options & FILE_DELETE_ON_CLOSE) != 0;
    Open->File->FsContext = Fcb;
    Open->File->FsContext2 = Ccb;
    Open->File->SectionObjectPointer = &Fcb->Sections;
    Open->File->Vpb = Open->Vcb->Vpb;
    InterlockedIncrement(&Fcb->References);
    InterlockedIncrement(&Open->Vcb->OpenCount);
    if (Fcb->Node == NULL || FatIsDirectory(Fcb->Node) || (Open->Options & FILE_NO_INTERMEDIATE_BUFFERING))
        return;
    Open->File->Flags |= FO_CACHE_SUPPORTED;
    /* The file is in the cache, or is made to be written: being connected from the start, its first read and write too can be fast I/O. */
    if ((Fcb->Sections.SharedCacheMap != NULL && (Open->Access & (FILE_READ_DATA | FILE_WRITE_DATA))) ||
        (Open->Disposition != FILE_OPEN && (Open->Access & FILE_WRITE_DATA) && Fcb->Node->Size == 0))
        FatConnectCache(Open->File, Fcb);
}

/* The commit: share access first, then nothing can fail. */
NTSTATUS FatFinishOpen(const FAT_OPEN *Open, FAT_FCB *Fcb)
{
    FAT_CCB *Ccb = ExAllocateFromNPagedLookasideList(&FatCcbs);

    if (Ccb == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    NTSTATUS Status = Fcb->DeletePending || (Fcb->Node != NULL && Fcb->Node->Deleted) ? STATUS_DELETE_PENDING : STATUS_SUCCESS;
    if (NT_SUCCESS(Status))
        Status = CheckImage(Open, Fcb);
    if (NT_SUCCESS(Status))
        Status = TakeShare(Open, Fcb);
    if (NT_SUCCESS(Status))
        FillFileObject(Open, Fcb, Ccb);
    ExReleaseResourceLite(&Fcb->Resource);
    if (!NT_SUCCESS(Status))
        ExFreeToNPagedLookasideList(&FatCcbs, Ccb);
    return Status;
}

static void UndoOpen(const FAT_OPEN *Open, FAT_FCB *Fcb)
{
    PFILE_OBJECT File = Open->File;

    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    IoRemoveShareAccess(File, &Fcb->ShareAccess);
    Fcb->CleanupCount--;
    if (File->PrivateCacheMap != NULL)
        CcUninitializeCacheMap(File, NULL, NULL);
    ExReleaseResourceLite(&Fcb->Resource);
    ExFreeToNPagedLookasideList(&FatCcbs, File->FsContext2);
    File->FsContext = File->FsContext2 = NULL;
    File->SectionObjectPointer = NULL;
    InterlockedDecrement(&Fcb->References);
    InterlockedDecrement(&Open->Vcb->OpenCount);
}

/* The old content goes; the attributes are the new ones, or (not superseded) the new ones besides the old. */
static NTSTATUS Overwrite(const FAT_OPEN *Open, FAT_FCB *Fcb)
{
    FAT_NODE *Node = Fcb->Node;
    NTSTATUS Status = STATUS_SUCCESS;

    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    ULONG OldAttributes = Node->Attributes;
    Node->Attributes = (Open->Disposition == FILE_SUPERSEDE ? 0 : OldAttributes) | Open->Attributes | FAT_ATTRIBUTE_ARCHIVE;
    if (Node->Size != 0 || Fcb->File.Clusters != 0)
        Status = FatShrinkFile(Fcb, Open->File, 0);
    if (NT_SUCCESS(Status) && Open->Allocation > 0)
        Status = FatReserveClusters(Fcb, Open->Allocation);
    if (NT_SUCCESS(Status)) {
        Node->LastWriteTime = FatRoundTime(FatNow(), FAT_LAST_WRITE);
        Node->LastAccessTime = FatRoundTime(FatNow(), FAT_LAST_ACCESS);
        FatMarkFcbDirty(Fcb);
    } else {
        Node->Attributes = OldAttributes;
    }
    ExReleaseResourceLite(&Fcb->Resource);
    return Status;
}

NTSTATUS FatOpenNode(FAT_OPEN *Open, FAT_NODE *Node, BOOLEAN Created, PULONG_PTR Information)
{
    NTSTATUS Status = STATUS_SUCCESS;
    FAT_FCB *Fcb;

    if (!Created) {
        Status = CheckKind(Open, Node);
        if (NT_SUCCESS(Status))
            Status = CheckAttributes(Open, Node);
    }
    if (NT_SUCCESS(Status))
        Status = FatGetFcb(Open, Node, &Fcb);
    if (NT_SUCCESS(Status))
        Status = FatFinishOpen(Open, Fcb);
    if (!NT_SUCCESS(Status))
        return Status;
    *Information = Created ? FILE_CREATED : FILE_OPENED;
    if (!Created && Overwrites(Open)) {
        Status = Overwrite(Open, Fcb);
        if (NT_SUCCESS(Status)) {
            *Information = Open->Disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED : FILE_OVERWRITTEN;
            FatReport(Open->Vcb, Node, FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE, FILE_ACTION_MODIFIED);
        } else {
            UndoOpen(Open, Fcb);
        }
    }
    return Status;
}

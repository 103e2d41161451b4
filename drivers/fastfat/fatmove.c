/* SPDX-License-Identifier: MIT */
/*
 * fatmove.c - FileRenameInformation and FileRenameInformationEx: may it be, what goes, what comes.  The entries are fatcore's business (fatrename.c).
 *
 * The I/O manager has opened the directory of the target (SL_OPEN_TARGET_DIRECTORY), if it is another one: its file object names it, and the last
 * name.  A file that is replaced must not be open, unless the caller asks for POSIX semantics and whoever has it open shares deletion.
 */
#include "fat.h"

#define RENAME_EX ((FILE_INFORMATION_CLASS)65)
#define RENAME_REPLACE 0x01u
#define RENAME_POSIX 0x02u
#define RENAME_IGNORE_READONLY 0x40u

typedef struct _MOVE {
    FAT_NODE *Parent, *Victim;
    UNICODE_STRING Name;
    ULONG Flags;
} MOVE;

static NTSTATUS GetTarget(FAT_FCB *Fcb, PIRP Irp, PIO_STACK_LOCATION Stack, MOVE *Move)
{
    PFILE_RENAME_INFORMATION Rename = Irp->AssociatedIrp.SystemBuffer;
    PFILE_OBJECT Target = Stack->Parameters.SetFile.FileObject;

    Move->Flags = Stack->Parameters.SetFile.FileInformationClass == RENAME_EX ? *(PULONG)Rename : Rename->ReplaceIfExists ? RENAME_REPLACE : 0;
    if (Target != NULL) {
        Move->Parent = ((FAT_FCB *)Target->FsContext)->Node;
        Move->Name = Target->FileName;
    } else {
        if (Rename->FileNameLength > Stack->Parameters.SetFile.Length - FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName) ||
            Rename->FileNameLength > MAXUSHORT)
            return STATUS_INVALID_PARAMETER;
        Move->Parent = Fcb->Node->Parent;
        Move->Name.Buffer = Rename->FileName;
        Move->Name.Length = Move->Name.MaximumLength = (USHORT)Rename->FileNameLength;
    }
    return FatCheckName(Move->Name.Buffer, Move->Name.Length / sizeof(WCHAR));
}

static NTSTATUS CheckSource(FAT_NODE *Node, const MOVE *Move)
{
    if (Node->Parent == NULL)
        return STATUS_INVALID_PARAMETER;
    if (Node->Deleted || Move->Parent->Deleted)
        return STATUS_DELETE_PENDING;
    for (const FAT_NODE *Above = Move->Parent; Above != NULL; Above = Above->Parent) {
        if (Above == Node)
            return STATUS_INVALID_PARAMETER; /* into itself */
    }
    return FatIsDirectory(Node) && FatHasOpenBelow(Node) ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

static BOOLEAN AllShareDelete(const FAT_FCB *Fcb)
{
    return Fcb->ShareAccess.SharedDelete == Fcb->ShareAccess.OpenCount;
}

static NTSTATUS CheckVictim(FAT_NODE *Victim, const MOVE *Move)
{
    FAT_FCB *Fcb = Victim->Fcb;

    if (!(Move->Flags & RENAME_REPLACE))
        return STATUS_OBJECT_NAME_COLLISION;
    if (FatIsDirectory(Victim) || ((Victim->Attributes & FAT_ATTRIBUTE_READ_ONLY) && !(Move->Flags & RENAME_IGNORE_READONLY)))
        return STATUS_ACCESS_DENIED;
    if (Fcb == NULL)
        return STATUS_SUCCESS;
    if (Fcb->CleanupCount != 0 && !((Move->Flags & RENAME_POSIX) && AllShareDelete(Fcb)))
        return STATUS_ACCESS_DENIED;
    return MmFlushImageSection(&Fcb->Sections, MmFlushForDelete) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* The victim lost its name.  One that was never opened has no FCB yet; it gets one, which knows how to give the clusters back. */
static void Bury(FAT_VCB *Vcb, FAT_NODE *Victim)
{
    if (Victim->Fcb == NULL && !NT_SUCCESS(FatCreateFcb(Vcb, Victim, (FAT_FCB **)&Victim->Fcb)))
        return; /* lost clusters, until somebody checks the volume */
    FAT_FCB *Fcb = Victim->Fcb;
    FatForgetDirty(Fcb);
    InterlockedIncrement(&Fcb->References); /* what lets go of the last section may close the last file object */
    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    Fcb->DeletePending = TRUE;
    if (Fcb->CleanupCount == 0)
        FatDiscardFile(Fcb, NULL);
    ExReleaseResourceLite(&Fcb->Resource);
    if (InterlockedDecrement(&Fcb->References) == 0) {
        FatFreeFcb(Fcb);
        FatFreeNode(Victim);
    }
}

/* F and P exclusive; the data are on the disk. */
static NTSTATUS Rename(FAT_VCB *Vcb, FAT_FCB *Fcb, const MOVE *Move)
{
    FatForgetPaths(Vcb, Fcb->Node);
    if (Move->Victim != NULL)
        FatForgetPaths(Vcb, Move->Victim);
    ExAcquireResourceExclusiveLite(&Fcb->PagingIoResource, TRUE);
    NTSTATUS Status = FatRenameNode(&Vcb->Volume, Fcb->Node, &Fcb->File, Move->Parent, Move->Name.Buffer, Move->Name.Length / sizeof(WCHAR), Move->Victim);
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    return Status;
}

NTSTATUS FatRenameFile(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    FAT_FCB *Fcb = Stack->FileObject->FsContext;
    FAT_NODE *Node = Fcb->Node;
    ULONG Filter = FatIsDirectory(Node) ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME;
    MOVE Move = { .Parent = NULL };

    NTSTATUS Status = GetTarget(Fcb, Irp, Stack, &Move);
    if (NT_SUCCESS(Status))
        Status = CheckSource(Node, &Move);
    if (NT_SUCCESS(Status))
        Status = FatLoadDirectory(&Vcb->Volume, Move.Parent);
    if (!NT_SUCCESS(Status))
        return Status;
    Move.Victim = FatFindNode(Move.Parent->Table, Move.Name.Buffer, Move.Name.Length / sizeof(WCHAR));
    if (Move.Victim == Node)
        Move.Victim = NULL;
    if (Move.Victim != NULL) {
        Status = CheckVictim(Move.Victim, &Move);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    BOOLEAN SameDirectory = Move.Parent == Node->Parent;
    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    Status = FatIsDirectory(Node) ? STATUS_SUCCESS : FatBuildRuns(Fcb);
    if (NT_SUCCESS(Status)) {
        FatNoteWrites(Stack->FileObject, Fcb);
        Status = FatFlushFcb(Fcb);
    }
    if (NT_SUCCESS(Status)) {
        if (Move.Victim != NULL)
            FatReport(Vcb, Move.Victim, Filter, FILE_ACTION_REMOVED);
        FatReport(Vcb, Node, Filter, SameDirectory ? FILE_ACTION_RENAMED_OLD_NAME : FILE_ACTION_REMOVED);
        Status = Rename(Vcb, Fcb, &Move);
    }
    if (NT_SUCCESS(Status))
        FatReport(Vcb, Node, Filter, SameDirectory ? FILE_ACTION_RENAMED_NEW_NAME : FILE_ACTION_ADDED);
    ExReleaseResourceLite(&Fcb->Resource);
    if (Move.Victim != NULL && Move.Victim->Deleted)
        Bury(Vcb, Move.Victim);
    return Status;
}

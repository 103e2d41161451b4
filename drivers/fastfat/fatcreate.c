/* SPDX-License-Identifier: MIT */
/*
 * fatcreate.c - IRP_MJ_CREATE: the volume itself (no name at all), what exists (fatopen.c), what is made, and the directory of a rename's target.
 */
#include "fat.h"

#define SETTABLE (FAT_ATTRIBUTE_READ_ONLY | FAT_ATTRIBUTE_HIDDEN | FAT_ATTRIBUTE_SYSTEM | FAT_ATTRIBUTE_ARCHIVE)

static BOOLEAN MayCreate(const FAT_OPEN *Open)
{
    return Open->Disposition != FILE_OPEN && Open->Disposition != FILE_OVERWRITE;
}

/* The node was made, and could not be opened. */
static void UndoCreate(FAT_OPEN *Open, FAT_NODE *Node)
{
    if (Node->Fcb != NULL)
        FatFreeFcb(Node->Fcb);
    Node->Fcb = NULL;
    FatForgetPaths(Open->Vcb, Node);
    if (FatRemoveNode(&Open->Vcb->Volume, Node) == FAT_SUCCESS)
        FatFreeNode(Node);
}

/* The caller's allocation size.  If there is no room the handle never comes to be, and all is undone as its close would do it. */
static NTSTATUS Reserve(FAT_OPEN *Open, FAT_FCB *Fcb)
{
    IO_STACK_LOCATION Stack = { .FileObject = Open->File };
    ULONG_PTR Unused = 0;

    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    NTSTATUS Status = FatReserveClusters(Fcb, Open->Allocation);
    ExReleaseResourceLite(&Fcb->Resource);
    if (!NT_SUCCESS(Status)) {
        ((FAT_CCB *)Open->File->FsContext2)->DeleteOnClose = TRUE;
        (void)FatCleanup(Open->Vcb, Open->Irp, &Stack, &Unused);
        (void)FatClose(Open->Vcb, Open->Irp, &Stack, &Unused);
        Open->File->Flags &= ~(ULONG)FO_CLEANUP_COMPLETE;
    }
    return Status;
}

/* V exclusive; Parent lacks Open->Last. */
static NTSTATUS CreateNew(FAT_OPEN *Open, FAT_NODE *Parent, PULONG_PTR Information)
{
    BOOLEAN Directory = (Open->Options & FILE_DIRECTORY_FILE) != 0;
    FAT_NODE *Node;

    if (!Directory && Open->TrailingBackslash)
        return STATUS_OBJECT_NAME_INVALID;
    if (Open->Vcb->WriteProtected)
        return STATUS_MEDIA_WRITE_PROTECTED;
    if ((Open->Options & FILE_DELETE_ON_CLOSE) && (Open->Attributes & FAT_ATTRIBUTE_READ_ONLY))
        return STATUS_CANNOT_DELETE;
    if (Parent->Fcb != NULL && ((FAT_FCB *)Parent->Fcb)->DeletePending)
        return STATUS_DELETE_PENDING;
    ULONG Attributes = Open->Attributes | (Directory ? FAT_ATTRIBUTE_DIRECTORY : FAT_ATTRIBUTE_ARCHIVE);
    NTSTATUS Status = FatCreateNode(&Open->Vcb->Volume, Parent, Open->Last.Buffer, Open->Last.Length / sizeof(WCHAR), Attributes, &Node);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FatOpenNode(Open, Node, TRUE, Information);
    if (!NT_SUCCESS(Status)) {
        UndoCreate(Open, Node);
        return Status;
    }
    FatReport(Open->Vcb, Node, Directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
    return Directory || Open->Allocation <= 0 ? STATUS_SUCCESS : Reserve(Open, Node->Fcb);
}

static NTSTATUS OpenVolume(FAT_OPEN *Open)
{
    if (Open->Options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    if (Open->Options & FILE_DELETE_ON_CLOSE)
        return STATUS_CANNOT_DELETE;
    if (Open->Disposition != FILE_OPEN && Open->Disposition != FILE_OPEN_IF)
        return STATUS_ACCESS_DENIED;
    Open->File->Flags |= FO_VOLUME_OPEN;
    return FatFinishOpen(Open, Open->Vcb->VolumeFcb);
}

/* SL_OPEN_TARGET_DIRECTORY: opens the parent and leaves only the last name in the file object. */
static NTSTATUS OpenParent(FAT_OPEN *Open, NTSTATUS Found, FAT_NODE *Node, PULONG_PTR Information)
{
    FAT_FCB *Fcb;

    if (Found == STATUS_SUCCESS && Node->Parent == NULL)
        return STATUS_OBJECT_NAME_INVALID;
    FAT_NODE *Parent = Found == STATUS_SUCCESS ? Node->Parent : Node;
    Open->Options &= ~(ULONG)FILE_DELETE_ON_CLOSE;
    NTSTATUS Status = FatGetFcb(Open, Parent, &Fcb);
    if (NT_SUCCESS(Status))
        Status = FatFinishOpen(Open, Fcb);
    if (NT_SUCCESS(Status)) {
        PUNICODE_STRING FileName = &Open->File->FileName;
        RtlMoveMemory(FileName->Buffer, Open->Last.Buffer, Open->Last.Length);
        FileName->Length = Open->Last.Length;
        *Information = Found == STATUS_SUCCESS ? FILE_EXISTS : FILE_DOES_NOT_EXIST;
    }
    return Status;
}

/* One try with V as Open->Exclusive says.  STATUS_RETRY: something has to be made, for which V must be exclusive. */
static NTSTATUS TryByName(FAT_OPEN *Open, PULONG_PTR Information)
{
    FAT_NODE *Node = NULL;

    NTSTATUS Status = FatFindTarget(Open, &Node);
    if (Open->TargetDirectory && (Status == STATUS_SUCCESS || Status == STATUS_OBJECT_NAME_NOT_FOUND))
        return OpenParent(Open, Status, Node, Information);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND && MayCreate(Open))
        return Open->Exclusive ? CreateNew(Open, Node, Information) : STATUS_RETRY;
    return NT_SUCCESS(Status) ? FatOpenNode(Open, Node, FALSE, Information) : Status;
}

/* Who can only create something needs V exclusive; who may, only if it is not there. */
static NTSTATUS OpenByName(FAT_OPEN *Open, PULONG_PTR Information)
{
    NTSTATUS Status = STATUS_RETRY;

    if (Open->Disposition != FILE_CREATE) {
        ExAcquireResourceSharedLite(&Open->Vcb->Resource, TRUE);
        Status = TryByName(Open, Information);
        ExReleaseResourceLite(&Open->Vcb->Resource);
    }
    if (Status == STATUS_RETRY) {
        Open->Exclusive = TRUE;
        ExAcquireResourceExclusiveLite(&Open->Vcb->Resource, TRUE);
        Status = TryByName(Open, Information);
        ExReleaseResourceLite(&Open->Vcb->Resource);
    }
    return Status;
}

NTSTATUS FatCreate(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PFILE_OBJECT File = Stack->FileObject;
    FAT_OPEN Open = {
        .Vcb = Vcb,
        .File = File,
        .Irp = Irp,
        .Access = Stack->Parameters.Create.SecurityContext->DesiredAccess,
        .Options = Stack->Parameters.Create.Options & 0x00FFFFFF,
        .Disposition = Stack->Parameters.Create.Options >> 24,
        .Attributes = Stack->Parameters.Create.FileAttributes & SETTABLE,
        .Allocation = Irp->Overlay.AllocationSize.QuadPart,
        .Share = Stack->Parameters.Create.ShareAccess,
        .TargetDirectory = (Stack->Flags & SL_OPEN_TARGET_DIRECTORY) != 0,
    };

    if (Vcb->Dismounted)
        return STATUS_VOLUME_DISMOUNTED;
    if (Vcb->LockedBy != NULL)
        return STATUS_ACCESS_DENIED;
    if ((Open.Options & FILE_OPEN_BY_FILE_ID) && (File->FileName.Length != sizeof(LONG64) || MayCreate(&Open)))
        return STATUS_INVALID_PARAMETER;
    if (Stack->Parameters.Create.EaLength != 0)
        return STATUS_EAS_NOT_SUPPORTED;
    if (File->FileName.Length == 0 && (File->RelatedFileObject == NULL || FatIsVolumeOpen(File->RelatedFileObject))) {
        NTSTATUS Status = OpenVolume(&Open);
        *Information = NT_SUCCESS(Status) ? FILE_OPENED : 0;
        return Status;
    }
    return OpenByName(&Open, Information);
}

/* SPDX-License-Identifier: MIT */
/*
 * fatclean.c - the end of an open: IRP_MJ_CLEANUP when the last handle is gone, IRP_MJ_CLOSE with the last reference.  Between the two the file
 * object lives on, held by the cache or a section.
 *
 * A file marked for deletion loses its name at the last cleanup (with POSIX semantics: at that of the handle that asked), and its clusters as soon
 * as nobody has it open or mapped.
 */
#include "fat.h"

/* V and F exclusive. */
static void DeleteFile(FAT_VCB *Vcb, FAT_FCB *Fcb)
{
    FAT_NODE *Node = Fcb->Node;

    if (FatIsDirectory(Node) && (!NT_SUCCESS(FatLoadDirectory(&Vcb->Volume, Node)) || !FatIsEmpty(Node->Table))) {
        Fcb->DeletePending = FALSE;
        return;
    }
    FatReport(Vcb, Node, FatIsDirectory(Node) ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_REMOVED);
    FatForgetPaths(Vcb, Node);
    if (!NT_SUCCESS(FatRemoveNode(&Vcb->Volume, Node)))
        return;
    FatForgetDirty(Fcb);
}

/* F exclusive; V too if the file may go. */
static void CleanupFile(FAT_VCB *Vcb, PFILE_OBJECT File, FAT_FCB *Fcb, FAT_CCB *Ccb)
{
    IoRemoveShareAccess(File, &Fcb->ShareAccess);
    Fcb->CleanupCount--;
    if (Ccb->DeleteOnClose)
        Fcb->DeletePending = TRUE;
    if (Fcb->DeletePending && !Fcb->Node->Deleted && (Fcb->CleanupCount == 0 || Ccb->PosixDelete))
        DeleteFile(Vcb, Fcb);
    if (Fcb->Node->Deleted && Fcb->CleanupCount == 0) {
        FatDiscardFile(Fcb, File);
    } else if (!FatIsDirectory(Fcb->Node)) {
        FatNoteWrites(File, Fcb);
        if (Fcb->CleanupCount == 0)
            FatTrimClusters(Fcb);
        CcUninitializeCacheMap(File, NULL, NULL);
    }
}

static BOOLEAN MayDelete(const FAT_FCB *Fcb, const FAT_CCB *Ccb)
{
    return Fcb->DeletePending || Ccb->DeleteOnClose;
}

NTSTATUS FatCleanup(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PFILE_OBJECT File = Stack->FileObject;
    FAT_FCB *Fcb = File->FsContext;
    FAT_CCB *Ccb = File->FsContext2;

    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Information);
    if (Fcb == NULL || Ccb == NULL) /* a stream file of the cache manager */
        return STATUS_SUCCESS;
    if (Fcb->FileLock != NULL)
        FsRtlFastUnlockAll(Fcb->FileLock, File, IoGetCurrentProcess(), NULL);
    if (Ccb->Watched.Buffer != NULL)
        FsRtlNotifyCleanup(Vcb->NotifySync, &Vcb->NotifyList, Ccb);
    /* Whoever else marks the file has a handle, whose own cleanup will see the mark: it is enough to look before the lock. */
    BOOLEAN Exclusive = MayDelete(Fcb, Ccb);
    if (Exclusive)
        ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
    ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
    if (!Exclusive && MayDelete(Fcb, Ccb)) {
        ExReleaseResourceLite(&Fcb->Resource);
        ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
        ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
        Exclusive = TRUE;
    }
    if (Fcb->Node == NULL) {
        IoRemoveShareAccess(File, &Fcb->ShareAccess);
        Fcb->CleanupCount--;
        if (Vcb->LockedBy == File)
            Vcb->LockedBy = NULL;
    } else {
        CleanupFile(Vcb, File, Fcb, Ccb);
    }
    File->Flags |= FO_CLEANUP_COMPLETE;
    ExReleaseResourceLite(&Fcb->Resource);
    if (Exclusive)
        ExReleaseResourceLite(&Vcb->Resource);
    InterlockedDecrement(&Vcb->OpenCount);
    return STATUS_SUCCESS;
}

/* It may come from anywhere, with any locks held: nothing is waited for here but the table's. */
NTSTATUS FatClose(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    FAT_FCB *Fcb = Stack->FileObject->FsContext;
    FAT_CCB *Ccb = Stack->FileObject->FsContext2;

    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Information);
    Stack->FileObject->FsContext = NULL;
    Stack->FileObject->FsContext2 = NULL;
    if (Ccb != NULL) {
        if (Ccb->Pattern.Buffer != NULL)
            ExFreePoolWithTag(Ccb->Pattern.Buffer, FAT_TAG_CCB);
        if (Ccb->Last.Buffer != NULL)
            ExFreePoolWithTag(Ccb->Last.Buffer, FAT_TAG_CCB);
        if (Ccb->Watched.Buffer != NULL)
            ExFreePoolWithTag(Ccb->Watched.Buffer, FAT_TAG_CCB);
        ExFreeToNPagedLookasideList(&FatCcbs, Ccb);
    }
    if (Fcb != NULL && Ccb != NULL && InterlockedDecrement(&Fcb->References) == 0 && Fcb->Node != NULL && Fcb->Node->Deleted) {
        FAT_NODE *Node = Fcb->Node;
        (void)FatTruncateFile(&Vcb->Volume, &Fcb->File, 0); /* what a mapping kept until now */
        FatFreeFcb(Fcb);
        FatFreeNode(Node);
    }
    return STATUS_SUCCESS;
}

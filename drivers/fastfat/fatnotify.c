/* SPDX-License-Identifier: MIT */
/*
 * fatnotify.c - a node's path, and telling those who watch a directory.
 */
#include "fat.h"

/* The path of a file that has lost its name is that last name alone: its directory may be gone. */
static const FAT_NODE *ParentOf(const FAT_NODE *Node)
{
    return Node->Deleted ? NULL : Node->Parent;
}

static BOOLEAN IsRoot(const FAT_NODE *Node)
{
    return Node->Parent == NULL;
}

ULONG FatPathLength(const FAT_NODE *Node)
{
    ULONG Length = 0;

    if (IsRoot(Node))
        return sizeof(WCHAR);
    for (; Node != NULL && !IsRoot(Node); Node = ParentOf(Node))
        Length += (ULONG)sizeof(WCHAR) + Node->Name.Length;
    return Length;
}

void FatPutPart(PUCHAR Buffer, ULONG Room, ULONG At, const VOID *Part, ULONG Length)
{
    if (At < Room)
        RtlCopyMemory(Buffer + At, Part, Length < Room - At ? Length : Room - At);
}

void FatPutPath(const FAT_NODE *Node, PVOID Buffer, ULONG Room)
{
    ULONG At = FatPathLength(Node);

    if (IsRoot(Node))
        FatPutPart(Buffer, Room, 0, L"\\", sizeof(WCHAR));
    for (; Node != NULL && !IsRoot(Node); Node = ParentOf(Node)) {
        At -= Node->Name.Length;
        FatPutPart(Buffer, Room, At, Node->Name.Buffer, Node->Name.Length);
        At -= (ULONG)sizeof(WCHAR);
        FatPutPart(Buffer, Room, At, L"\\", sizeof(WCHAR));
    }
}

/* V held, so that names stay.  Nobody watches: it costs nothing. */
void FatReport(FAT_VCB *Vcb, FAT_NODE *Node, ULONG Filter, ULONG Action)
{
    STRING Path;

    if (IsListEmpty(&Vcb->NotifyList) || IsRoot(Node) || Node->Deleted)
        return;
    ULONG Length = FatPathLength(Node);
    if (Length > MAXUSHORT - sizeof(WCHAR))
        return;
    Path.Buffer = ExAllocatePoolWithTag(PagedPool, Length, FAT_TAG_BUFFER);
    if (Path.Buffer == NULL)
        return;
    Path.Length = Path.MaximumLength = (USHORT)Length;
    FatPutPath(Node, Path.Buffer, Length);
    FsRtlNotifyFullReportChange(Vcb->NotifySync, &Vcb->NotifyList, &Path, (USHORT)(Length - Node->Name.Length), NULL, NULL, Filter, Action, NULL);
    ExFreePoolWithTag(Path.Buffer, FAT_TAG_BUFFER);
}

/* IRP_MN_NOTIFY_CHANGE_DIRECTORY: FsRtl keeps the request, whatever becomes of it. */
NTSTATUS FatNotify(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    FAT_FCB *Fcb = Stack->FileObject->FsContext;
    FAT_CCB *Ccb = Stack->FileObject->FsContext2;

    ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
    if (Fcb->Node->Deleted || Fcb->DeletePending) {
        ExReleaseResourceLite(&Vcb->Resource);
        return STATUS_DELETE_PENDING;
    }
    if (Ccb->Watched.Buffer == NULL) {
        ULONG Length = FatPathLength(Fcb->Node);
        Ccb->Watched.Buffer = Length <= MAXUSHORT ? ExAllocatePoolWithTag(PagedPool, Length, FAT_TAG_CCB) : NULL;
        if (Ccb->Watched.Buffer == NULL) {
            ExReleaseResourceLite(&Vcb->Resource);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        FatPutPath(Fcb->Node, Ccb->Watched.Buffer, Length);
        Ccb->Watched.Length = Ccb->Watched.MaximumLength = (USHORT)Length;
    }
    *Information = FAT_NOT_MINE;
    FsRtlNotifyFullChangeDirectory(Vcb->NotifySync, &Vcb->NotifyList, Ccb, (PSTRING)&Ccb->Watched, (Stack->Flags & SL_WATCH_TREE) != 0, FALSE,
                                   Stack->Parameters.NotifyDirectory.CompletionFilter, Irp, NULL, NULL);
    ExReleaseResourceLite(&Vcb->Resource);
    return STATUS_PENDING;
}

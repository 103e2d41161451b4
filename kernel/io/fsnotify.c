/* SPDX-License-Identifier: MIT */
/*
 * fsnotify.c - FsRtl: directory change notification.
 *
 * A volume has a list of watches (one an open directory handle that ever asked) and a lock for it.  A
 * change reported while a handle has a request waiting completes it; otherwise it is kept in the watch's
 * buffer, which is as large as the handle's first request's, until the next request.  Too many changes:
 * STATUS_NOTIFY_ENUM_DIR, "look yourself". Names are Unicode.  TargetContext and the traverse callback are
 * passed through.
 */
#include "iop.h"

#define IOP_TAG_NOTIFY POOL_TAG('F', 's', 'N', 't')

typedef struct _IOP_NOTIFY_LOCK { FAST_MUTEX Mutex; } IOP_NOTIFY_LOCK;

typedef struct _IOP_WATCH
{
    LIST_ENTRY Link;            /* notify lock */
    PVOID FsContext;            /* identifies the handle (its CCB) */
    PSTRING Directory;          /* full name, the file system's; compared as bytes of UTF-16 */
    ULONG Filter;
    BOOLEAN WatchTree, Overflow;
    PCHECK_FOR_TRAVERSE_ACCESS Traverse;
    PSECURITY_SUBJECT_CONTEXT Subject;
    IO_CSQ Queue;               /* the requests that wait */
    KSPIN_LOCK QueueLock;
    LIST_ENTRY Waiting;
    ULONG Used, Last, Size;     /* of Buffer; Last: offset of the last entry */
    UCHAR *Buffer;              /* changes nobody has fetched */
} IOP_WATCH;

VOID NTAPI FsRtlNotifyInitializeSync(PNOTIFY_SYNC *NotifySync)
{
    IOP_NOTIFY_LOCK *Lock = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Lock), IOP_TAG_NOTIFY);
    if (Lock != NULL) {
        ExInitializeFastMutex(&Lock->Mutex);
    }
    *NotifySync = (PNOTIFY_SYNC)Lock;
}

VOID NTAPI FsRtlNotifyUninitializeSync(PNOTIFY_SYNC *NotifySync)
{
    if (*NotifySync != NULL) {
        ExFreePoolWithTag(*NotifySync, IOP_TAG_NOTIFY);
        *NotifySync = NULL;
    }
}

static VOID NTAPI IopWatchInsert(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&CONTAINING_RECORD(Csq, IOP_WATCH, Queue)->Waiting, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI IopWatchRemove(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI IopWatchPeek(PIO_CSQ Csq, PIRP Irp, PVOID Context)
{
    IOP_WATCH *Watch = CONTAINING_RECORD(Csq, IOP_WATCH, Queue);
    PLIST_ENTRY Entry = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Watch->Waiting.Flink;
    (void)Context;
    return Entry != &Watch->Waiting ? CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry) : NULL;
}

static VOID NTAPI IopWatchAcquire(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&CONTAINING_RECORD(Csq, IOP_WATCH, Queue)->QueueLock, Irql);
}

static VOID NTAPI IopWatchRelease(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&CONTAINING_RECORD(Csq, IOP_WATCH, Queue)->QueueLock, Irql);
}

static void IopWatchComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static VOID NTAPI IopWatchCancelled(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    IopWatchComplete(Irp, STATUS_CANCELLED, 0);
}

static IOP_WATCH *IopFindWatch(PLIST_ENTRY List, PVOID FsContext)
{
    for (PLIST_ENTRY Entry = List->Flink; Entry != List; Entry = Entry->Flink) {
        IOP_WATCH *Watch = CONTAINING_RECORD(Entry, IOP_WATCH, Link);
        if (Watch->FsContext == FsContext) {
            return Watch;
        }
    }
    return NULL;
}

static IOP_WATCH *IopCreateWatch(PLIST_ENTRY List, ULONG Size)
{
    IOP_WATCH *Watch = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Watch) + Size, IOP_TAG_NOTIFY);
    if (Watch == NULL) {
        return NULL;
    }
    RtlZeroMemory(Watch, sizeof(*Watch));
    Watch->Size = Size;
    Watch->Buffer = (UCHAR *)(Watch + 1);
    KeInitializeSpinLock(&Watch->QueueLock);
    InitializeListHead(&Watch->Waiting);
    (void)IoCsqInitialize(&Watch->Queue, IopWatchInsert, IopWatchRemove, IopWatchPeek, IopWatchAcquire, IopWatchRelease, IopWatchCancelled);
    InsertTailList(List, &Watch->Link);
    return Watch;
}

/* Notify lock held.  Gives the changes kept to the first request that waits. */
static void IopWatchDeliver(IOP_WATCH *Watch)
{
    PIRP Irp;
    ULONG Room;
    if ((Watch->Used == 0 && !Watch->Overflow) || (Irp = IoCsqRemoveNextIrp(&Watch->Queue, NULL)) == NULL) {
        return;
    }
    Room = IoGetCurrentIrpStackLocation(Irp)->Parameters.NotifyDirectory.Length;
    if (Watch->Overflow || Watch->Used > Room || Irp->AssociatedIrp.SystemBuffer == NULL) {
        IopWatchComplete(Irp, STATUS_NOTIFY_ENUM_DIR, 0);
    } else {
        RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Watch->Buffer, Watch->Used);
        IopWatchComplete(Irp, STATUS_SUCCESS, Watch->Used);
    }
    Watch->Used = 0;
    Watch->Overflow = FALSE;
}

VOID NTAPI FsRtlNotifyFullChangeDirectory(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PVOID FsContext, PSTRING FullDirectoryName, BOOLEAN WatchTree,
                                          BOOLEAN IgnoreBuffer, ULONG CompletionFilter, PIRP NotifyIrp, PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback,
                                          PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    IOP_NOTIFY_LOCK *Lock = (IOP_NOTIFY_LOCK *)NotifySync;
    IOP_WATCH *Watch;
    ExAcquireFastMutex(&Lock->Mutex);
    Watch = IopFindWatch(NotifyList, FsContext);
    if (NotifyIrp == NULL) { /* the directory is being deleted */
        PIRP Irp;
        while (Watch != NULL && (Irp = IoCsqRemoveNextIrp(&Watch->Queue, NULL)) != NULL) {
            IopWatchComplete(Irp, STATUS_DELETE_PENDING, 0);
        }
    } else {
        if (Watch == NULL) {
            Watch = IopCreateWatch(NotifyList, IgnoreBuffer ? 0 : IoGetCurrentIrpStackLocation(NotifyIrp)->Parameters.NotifyDirectory.Length);
            if (Watch != NULL) {
                Watch->FsContext = FsContext;
                Watch->Directory = FullDirectoryName;
                Watch->Filter = CompletionFilter;
                Watch->WatchTree = WatchTree;
                Watch->Traverse = TraverseCallback;
                Watch->Subject = SubjectContext;
            }
        }
        if (Watch == NULL) {
            IoMarkIrpPending(NotifyIrp); /* the caller returns STATUS_PENDING whatever happens */
            IopWatchComplete(NotifyIrp, STATUS_INSUFFICIENT_RESOURCES, 0);
        } else {
            IoCsqInsertIrp(&Watch->Queue, NotifyIrp, NULL);
            IopWatchDeliver(Watch);
        }
    }
    ExReleaseFastMutex(&Lock->Mutex);
}

/* Whether the changed name lies in the watched directory, or below it for a tree; *Relative: the name from
 * there. */
static BOOLEAN IopWatchCovers(const IOP_WATCH *Watch, PSTRING Target, USHORT NameOffset, UNICODE_STRING *Relative)
{
    USHORT Length = Watch->Directory->Length, ParentLength = NameOffset >= sizeof(WCHAR) ? NameOffset - (USHORT)sizeof(WCHAR) : 0;
    BOOLEAN Root = Length == sizeof(WCHAR); /* "\" */
    USHORT Skip = Root ? Length : Length + (USHORT)sizeof(WCHAR);
    if (Target->Length <= Skip || RtlCompareMemory(Watch->Directory->Buffer, Target->Buffer, Length) != Length ||
        (!Root && *(PWCHAR)(Target->Buffer + Length) != L'\\')) {
        return FALSE;
    }
    if (!Watch->WatchTree && (Root ? NameOffset != Length : ParentLength != Length)) {
        return FALSE;
    }
    Relative->Buffer = (PWCHAR)(Target->Buffer + Skip);
    Relative->Length = Relative->MaximumLength = Target->Length - Skip;
    return TRUE;
}

static void IopWatchKeep(IOP_WATCH *Watch, const UNICODE_STRING *Name, ULONG Action)
{
    ULONG At = ALIGN_UP_BY(Watch->Used, sizeof(ULONG)), Size = (ULONG)offsetof(FILE_NOTIFY_INFORMATION, FileName) + Name->Length;
    PFILE_NOTIFY_INFORMATION Entry = (PVOID)(Watch->Buffer + At);
    if (Watch->Overflow || At + Size > Watch->Size) {
        Watch->Overflow = TRUE;
        return;
    }
    if (Watch->Used != 0) {
        ((PFILE_NOTIFY_INFORMATION)(PVOID)(Watch->Buffer + Watch->Last))->NextEntryOffset = At - Watch->Last;
    }
    Entry->NextEntryOffset = 0;
    Entry->Action = Action;
    Entry->FileNameLength = Name->Length;
    RtlCopyMemory(Entry->FileName, Name->Buffer, Name->Length);
    Watch->Last = At;
    Watch->Used = At + Size;
}

VOID NTAPI FsRtlNotifyFullReportChange(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PSTRING FullTargetName, USHORT TargetNameOffset, PSTRING StreamName,
                                       PSTRING NormalizedParentName, ULONG FilterMatch, ULONG Action, PVOID TargetContext)
{
    IOP_NOTIFY_LOCK *Lock = (IOP_NOTIFY_LOCK *)NotifySync;
    (void)StreamName, (void)NormalizedParentName;
    ExAcquireFastMutex(&Lock->Mutex);
    for (PLIST_ENTRY Entry = NotifyList->Flink; Entry != NotifyList; Entry = Entry->Flink) {
        IOP_WATCH *Watch = CONTAINING_RECORD(Entry, IOP_WATCH, Link);
        UNICODE_STRING Relative;
        if ((Watch->Filter & FilterMatch) == 0 || !IopWatchCovers(Watch, FullTargetName, TargetNameOffset, &Relative)) {
            continue;
        }
        if (Watch->Traverse != NULL && TargetContext != NULL && !NT_SUCCESS(Watch->Traverse(Watch->FsContext, TargetContext, Watch->Subject))) {
            continue;
        }
        IopWatchKeep(Watch, &Relative, Action);
        IopWatchDeliver(Watch);
    }
    ExReleaseFastMutex(&Lock->Mutex);
}

/* The handle is closed: its requests end with STATUS_NOTIFY_CLEANUP. */
VOID NTAPI FsRtlNotifyCleanup(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PVOID FsContext)
{
    IOP_NOTIFY_LOCK *Lock = (IOP_NOTIFY_LOCK *)NotifySync;
    IOP_WATCH *Watch;
    PIRP Irp;
    ExAcquireFastMutex(&Lock->Mutex);
    Watch = IopFindWatch(NotifyList, FsContext);
    if (Watch != NULL) {
        RemoveEntryList(&Watch->Link);
    }
    ExReleaseFastMutex(&Lock->Mutex);
    if (Watch == NULL) {
        return;
    }
    while ((Irp = IoCsqRemoveNextIrp(&Watch->Queue, NULL)) != NULL) {
        IopWatchComplete(Irp, STATUS_NOTIFY_CLEANUP, 0);
    }
    if (Watch->Subject != NULL) {
        SeReleaseSubjectContext(Watch->Subject);
        ExFreePool(Watch->Subject);
    }
    ExFreePoolWithTag(Watch, IOP_TAG_NOTIFY);
}

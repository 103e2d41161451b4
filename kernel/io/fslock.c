/* SPDX-License-Identifier: MIT */
/*
 * fslock.c - FsRtl: byte-range locks.
 *
 * A FILE_LOCK has a list of locks held and a list of IRPs that wait for one.  Two ranges that overlap
 * conflict if either is exclusive, even if both have one owner, as on Windows.  The owner is file object,
 * process and key. Reading is refused where somebody else holds an exclusive lock, writing where anybody
 * else holds any lock or the writer itself a shared one.
 *
 * The lists are guarded by the spin lock in IOP_LOCKS; IRPs are completed after it is released.  The
 * caller's own locks (the FCB's) are held around all of this.
 */
#include "iop.h"

#define IOP_TAG_LOCK POOL_TAG('F', 's', 'L', 'k')

typedef struct _IOP_LOCK
{
    LIST_ENTRY Link;
    FILE_LOCK_INFO Info;
} IOP_LOCK;

typedef struct _IOP_LOCKS
{
    KSPIN_LOCK Lock;
    LIST_ENTRY Held;    /* IOP_LOCK */
    LIST_ENTRY Waiting; /* IRPs */
    IO_CSQ Queue;
    PFILE_LOCK FileLock;
} IOP_LOCKS;

/* ---- waiting requests -----------------------------------------------------------------------------------
 * ------------------------------ */

static VOID NTAPI IopLockInsert(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&CONTAINING_RECORD(Csq, IOP_LOCKS, Queue)->Waiting, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI IopLockRemove(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI IopLockAcquire(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&CONTAINING_RECORD(Csq, IOP_LOCKS, Queue)->Lock, Irql);
}

static VOID NTAPI IopLockRelease(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&CONTAINING_RECORD(Csq, IOP_LOCKS, Queue)->Lock, Irql);
}

/* The driver may want to complete it itself. */
static NTSTATUS IopLockComplete(PFILE_LOCK FileLock, PIRP Irp, PVOID Context, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    if (FileLock->CompleteLockIrpRoutine != NULL) {
        return FileLock->CompleteLockIrpRoutine(Context, Irp);
    }
    IoCompleteRequest(Irp, IO_DISK_INCREMENT);
    return Status;
}

static VOID NTAPI IopLockCancelled(PIO_CSQ Csq, PIRP Irp)
{
    IopLockComplete(CONTAINING_RECORD(Csq, IOP_LOCKS, Queue)->FileLock, Irp, Irp->Tail.Overlay.DriverContext[0], STATUS_CANCELLED);
}

/* ---- ranges ---------------------------------------------------------------------------------------------
 * ------------------------------ */

static BOOLEAN IopOverlaps(const FILE_LOCK_INFO *Lock, ULONG64 Start, ULONG64 Length)
{
    ULONG64 End = Start + Length - 1, LockStart = (ULONG64)Lock->StartingByte.QuadPart, LockEnd = (ULONG64)Lock->EndingByte.QuadPart;
    return Length != 0 && Lock->Length.QuadPart != 0 && Start <= LockEnd && LockStart <= End;
}

static BOOLEAN IopOwns(const FILE_LOCK_INFO *Lock, PFILE_OBJECT File, PVOID Process, ULONG Key)
{
    return Lock->FileObject == File && Lock->ProcessId == Process && Lock->Key == Key;
}

/* Lock held. */
static BOOLEAN IopGrantable(IOP_LOCKS *Locks, const FILE_LOCK_INFO *Wanted)
{
    for (PLIST_ENTRY Entry = Locks->Held.Flink; Entry != &Locks->Held; Entry = Entry->Flink) {
        const FILE_LOCK_INFO *Lock = &CONTAINING_RECORD(Entry, IOP_LOCK, Link)->Info;
        if ((Lock->ExclusiveLock || Wanted->ExclusiveLock) &&
            IopOverlaps(Lock, (ULONG64)Wanted->StartingByte.QuadPart, (ULONG64)Wanted->Length.QuadPart)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- making and ending them -----------------------------------------------------------------------------
 * ---------------------------------- */

VOID NTAPI FsRtlInitializeFileLock(PFILE_LOCK FileLock, PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine, PUNLOCK_ROUTINE UnlockRoutine)
{
    RtlZeroMemory(FileLock, sizeof(*FileLock));
    FileLock->CompleteLockIrpRoutine = CompleteLockIrpRoutine;
    FileLock->UnlockRoutine = UnlockRoutine;
}

static PIRP NTAPI IopLockPeek(PIO_CSQ Csq, PIRP Irp, PVOID File)
{
    IOP_LOCKS *Locks = CONTAINING_RECORD(Csq, IOP_LOCKS, Queue);
    PLIST_ENTRY Entry = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Locks->Waiting.Flink;
    for (; Entry != &Locks->Waiting; Entry = Entry->Flink) {
        PIRP Next = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (File == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == File) {
            return Next;
        }
    }
    return NULL;
}

/* Made at the first lock: most files are never locked.  NULL: no memory. */
static IOP_LOCKS *IopLocksOf(PFILE_LOCK FileLock)
{
    IOP_LOCKS *Locks = FileLock->LockInformation, *Other;
    if (Locks != NULL) {
        return Locks;
    }
    Locks = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Locks), IOP_TAG_LOCK);
    if (Locks == NULL) {
        return NULL;
    }
    KeInitializeSpinLock(&Locks->Lock);
    InitializeListHead(&Locks->Held);
    InitializeListHead(&Locks->Waiting);
    Locks->FileLock = FileLock;
    (void)IoCsqInitialize(&Locks->Queue, IopLockInsert, IopLockRemove, IopLockPeek, IopLockAcquire, IopLockRelease, IopLockCancelled);
    Other = InterlockedCompareExchangePointer(&FileLock->LockInformation, Locks, NULL);
    if (Other != NULL) {
        ExFreePoolWithTag(Locks, IOP_TAG_LOCK);
        return Other;
    }
    return Locks;
}

VOID NTAPI FsRtlUninitializeFileLock(PFILE_LOCK FileLock)
{
    IOP_LOCKS *Locks = FileLock->LockInformation;
    PIRP Irp;
    if (Locks == NULL) {
        return;
    }
    while ((Irp = IoCsqRemoveNextIrp(&Locks->Queue, NULL)) != NULL) {
        IopLockComplete(FileLock, Irp, Irp->Tail.Overlay.DriverContext[0], STATUS_RANGE_NOT_LOCKED);
    }
    while (!IsListEmpty(&Locks->Held)) {
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Locks->Held), IOP_LOCK, Link), IOP_TAG_LOCK);
    }
    FileLock->LockInformation = NULL;
    ExFreePoolWithTag(Locks, IOP_TAG_LOCK);
}

PFILE_LOCK NTAPI FsRtlAllocateFileLock(PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine, PUNLOCK_ROUTINE UnlockRoutine)
{
    PFILE_LOCK FileLock = ExAllocatePoolWithTag(NonPagedPool, sizeof(*FileLock), IOP_TAG_LOCK);
    if (FileLock != NULL) {
        FsRtlInitializeFileLock(FileLock, CompleteLockIrpRoutine, UnlockRoutine);
    }
    return FileLock;
}

VOID NTAPI FsRtlFreeFileLock(PFILE_LOCK FileLock)
{
    FsRtlUninitializeFileLock(FileLock);
    ExFreePoolWithTag(FileLock, IOP_TAG_LOCK);
}

/* ---- locking --------------------------------------------------------------------------------------------
 * ---------------------------------- */

/* Takes the lock if nothing is against it. */
static NTSTATUS IopTryLock(PFILE_LOCK FileLock, IOP_LOCKS *Locks, const FILE_LOCK_INFO *Wanted)
{
    IOP_LOCK *Lock = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Lock), IOP_TAG_LOCK);
    NTSTATUS Status = STATUS_LOCK_NOT_GRANTED;
    KIRQL Irql;
    if (Lock == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Lock->Info = *Wanted;
    KeAcquireSpinLock(&Locks->Lock, &Irql);
    if (IopGrantable(Locks, Wanted)) {
        InsertTailList(&Locks->Held, &Lock->Link);
        FileLock->FastIoIsQuestionable = TRUE;
        Status = STATUS_SUCCESS;
        Lock = NULL;
    }
    KeReleaseSpinLock(&Locks->Lock, Irql);
    if (Lock != NULL) {
        ExFreePoolWithTag(Lock, IOP_TAG_LOCK);
    }
    return Status;
}

static NTSTATUS IopMakeRange(FILE_LOCK_INFO *Info, PFILE_OBJECT File, const LARGE_INTEGER *Offset, const LARGE_INTEGER *Length, PVOID Process, ULONG Key,
                             BOOLEAN Exclusive)
{
    ULONG64 Start = (ULONG64)Offset->QuadPart, Size = (ULONG64)Length->QuadPart;
    if (Size != 0 && Start + Size - 1 < Start) {
        return STATUS_INVALID_LOCK_RANGE;
    }
    *Info = (FILE_LOCK_INFO){.StartingByte = *Offset, .Length = *Length, .ExclusiveLock = Exclusive, .Key = Key, .FileObject = File, .ProcessId = Process};
    Info->EndingByte.QuadPart = (LONGLONG)(Start + Size - 1);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI FsRtlPrivateLock(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PLARGE_INTEGER Length, PEPROCESS Process, ULONG Key,
                               BOOLEAN FailImmediately, BOOLEAN ExclusiveLock, PIO_STATUS_BLOCK IoStatus, PIRP Irp, PVOID Context,
                               BOOLEAN AlreadySynchronized)
{
    IOP_LOCKS *Locks = IopLocksOf(FileLock);
    FILE_LOCK_INFO Wanted;
    NTSTATUS Status = Locks != NULL ? IopMakeRange(&Wanted, FileObject, FileOffset, Length, Process, Key, ExclusiveLock) : STATUS_INSUFFICIENT_RESOURCES;
    (void)AlreadySynchronized;
    if (NT_SUCCESS(Status)) {
        Status = IopTryLock(FileLock, Locks, &Wanted);
        if (NT_SUCCESS(Status)) {
            FileObject->LastLock = Locks;
        }
    }
    if (Status == STATUS_LOCK_NOT_GRANTED && !FailImmediately && Irp != NULL) {
        Irp->Tail.Overlay.DriverContext[0] = Context;
        IoCsqInsertIrp(&Locks->Queue, Irp, NULL);
        IoStatus->Status = STATUS_PENDING;
        return TRUE;
    }
    if (Status == STATUS_LOCK_NOT_GRANTED && Irp == NULL && !FailImmediately) {
        return FALSE; /* fast I/O cannot wait: come back with an IRP */
    }
    IoStatus->Status = Status;
    IoStatus->Information = 0;
    if (Irp != NULL) {
        IoStatus->Status = IopLockComplete(FileLock, Irp, Context, Status);
    }
    return TRUE;
}

/* After an unlock: gives the waiting requests, in order, what they can have now. */
static void IopGrantWaiting(PFILE_LOCK FileLock, IOP_LOCKS *Locks)
{
    LIST_ENTRY Again;
    PIRP Irp;
    InitializeListHead(&Again);
    while ((Irp = IoCsqRemoveNextIrp(&Locks->Queue, NULL)) != NULL) {
        PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
        FILE_LOCK_INFO Wanted;
        NTSTATUS Status = IopMakeRange(&Wanted, Stack->FileObject, &Stack->Parameters.LockControl.ByteOffset, Stack->Parameters.LockControl.Length,
                                       IoGetRequestorProcess(Irp), Stack->Parameters.LockControl.Key, (Stack->Flags & SL_EXCLUSIVE_LOCK) != 0);
        if (NT_SUCCESS(Status)) {
            Status = IopTryLock(FileLock, Locks, &Wanted);
        }
        if (Status == STATUS_LOCK_NOT_GRANTED) {
            InsertTailList(&Again, &Irp->Tail.Overlay.ListEntry);
        } else {
            IopLockComplete(FileLock, Irp, Irp->Tail.Overlay.DriverContext[0], Status);
        }
    }
    while (!IsListEmpty(&Again)) {
        IoCsqInsertIrp(&Locks->Queue, CONTAINING_RECORD(RemoveHeadList(&Again), IRP, Tail.Overlay.ListEntry), NULL);
    }
}

/* Takes one matching lock out; Exact: by its range too. */
static IOP_LOCK *IopTakeLock(IOP_LOCKS *Locks, PFILE_LOCK FileLock, PFILE_OBJECT File, PVOID Process, const ULONG *Key, const LARGE_INTEGER *Offset,
                             const LARGE_INTEGER *Length)
{
    IOP_LOCK *Found = NULL;
    KIRQL Irql;
    KeAcquireSpinLock(&Locks->Lock, &Irql);
    for (PLIST_ENTRY Entry = Locks->Held.Flink; Entry != &Locks->Held && Found == NULL; Entry = Entry->Flink) {
        IOP_LOCK *Lock = CONTAINING_RECORD(Entry, IOP_LOCK, Link);
        if (Lock->Info.FileObject == File && Lock->Info.ProcessId == Process && (Key == NULL || Lock->Info.Key == *Key) &&
            (Offset == NULL || (Lock->Info.StartingByte.QuadPart == Offset->QuadPart && Lock->Info.Length.QuadPart == Length->QuadPart))) {
            RemoveEntryList(&Lock->Link);
            Found = Lock;
        }
    }
    FileLock->FastIoIsQuestionable = !IsListEmpty(&Locks->Held);
    KeReleaseSpinLock(&Locks->Lock, Irql);
    return Found;
}

static void IopDropLock(PFILE_LOCK FileLock, IOP_LOCK *Lock, PVOID Context)
{
    if (FileLock->UnlockRoutine != NULL) {
        FileLock->UnlockRoutine(Context, &Lock->Info);
    }
    ExFreePoolWithTag(Lock, IOP_TAG_LOCK);
}

NTSTATUS NTAPI FsRtlFastUnlockSingle(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PLARGE_INTEGER Length, PEPROCESS Process,
                                     ULONG Key, PVOID Context, BOOLEAN AlreadySynchronized)
{
    IOP_LOCKS *Locks = FileLock->LockInformation;
    IOP_LOCK *Lock = Locks != NULL ? IopTakeLock(Locks, FileLock, FileObject, Process, &Key, FileOffset, Length) : NULL;
    (void)AlreadySynchronized;
    if (Lock == NULL) {
        return STATUS_RANGE_NOT_LOCKED;
    }
    IopDropLock(FileLock, Lock, Context);
    IopGrantWaiting(FileLock, Locks);
    return STATUS_SUCCESS;
}

static NTSTATUS IopUnlockAll(PFILE_LOCK FileLock, PFILE_OBJECT File, PEPROCESS Process, const ULONG *Key, PVOID Context)
{
    IOP_LOCKS *Locks = FileLock->LockInformation;
    IOP_LOCK *Lock;
    BOOLEAN Any = FALSE;
    if (Locks == NULL) {
        return STATUS_RANGE_NOT_LOCKED;
    }
    while ((Lock = IopTakeLock(Locks, FileLock, File, Process, Key, NULL, NULL)) != NULL) {
        IopDropLock(FileLock, Lock, Context);
        Any = TRUE;
    }
    if (Any) {
        IopGrantWaiting(FileLock, Locks);
    }
    return Any ? STATUS_SUCCESS : STATUS_RANGE_NOT_LOCKED;
}

NTSTATUS NTAPI FsRtlFastUnlockAll(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PEPROCESS Process, PVOID Context)
{
    return IopUnlockAll(FileLock, FileObject, Process, NULL, Context);
}

NTSTATUS NTAPI FsRtlFastUnlockAllByKey(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PEPROCESS Process, ULONG Key, PVOID Context)
{
    return IopUnlockAll(FileLock, FileObject, Process, &Key, Context);
}

NTSTATUS NTAPI FsRtlProcessFileLock(PFILE_LOCK FileLock, PIRP Irp, PVOID Context)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    IO_STATUS_BLOCK Iosb;
    NTSTATUS Status;
    switch (Stack->MinorFunction) {
    case IRP_MN_LOCK:
        (void)FsRtlPrivateLock(FileLock, Stack->FileObject, &Stack->Parameters.LockControl.ByteOffset, Stack->Parameters.LockControl.Length, Process,
                               Stack->Parameters.LockControl.Key, (Stack->Flags & SL_FAIL_IMMEDIATELY) != 0,
                               (Stack->Flags & SL_EXCLUSIVE_LOCK) != 0, &Iosb, Irp, Context, FALSE);
        return Iosb.Status;
    case IRP_MN_UNLOCK_SINGLE:
        Status = FsRtlFastUnlockSingle(FileLock, Stack->FileObject, &Stack->Parameters.LockControl.ByteOffset, Stack->Parameters.LockControl.Length,
                                       Process, Stack->Parameters.LockControl.Key, Context, FALSE);
        break;
    case IRP_MN_UNLOCK_ALL:
        Status = FsRtlFastUnlockAll(FileLock, Stack->FileObject, Process, Context);
        break;
    case IRP_MN_UNLOCK_ALL_BY_KEY:
        Status = FsRtlFastUnlockAllByKey(FileLock, Stack->FileObject, Process, Stack->Parameters.LockControl.Key, Context);
        break;
    default:
        Status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    return IopLockComplete(FileLock, Irp, Context, Status);
}

/* ---- checks by reads and writes -------------------------------------------------------------------------
 * ------------------------------------ */

static BOOLEAN IopAccessAllowed(PFILE_LOCK FileLock, const LARGE_INTEGER *Offset, ULONG64 Length, ULONG Key, PFILE_OBJECT File, PVOID Process, BOOLEAN Write)
{
    IOP_LOCKS *Locks = FileLock->LockInformation;
    BOOLEAN Allowed = TRUE;
    KIRQL Irql;
    if (Locks == NULL || IsListEmpty(&Locks->Held)) {
        return TRUE;
    }
    KeAcquireSpinLock(&Locks->Lock, &Irql);
    for (PLIST_ENTRY Entry = Locks->Held.Flink; Entry != &Locks->Held && Allowed; Entry = Entry->Flink) {
        const FILE_LOCK_INFO *Lock = &CONTAINING_RECORD(Entry, IOP_LOCK, Link)->Info;
        if (IopOverlaps(Lock, (ULONG64)Offset->QuadPart, Length)) {
            Allowed = Write ? Lock->ExclusiveLock && IopOwns(Lock, File, Process, Key) : !Lock->ExclusiveLock || IopOwns(Lock, File, Process, Key);
        }
    }
    KeReleaseSpinLock(&Locks->Lock, Irql);
    return Allowed;
}

BOOLEAN NTAPI FsRtlFastCheckLockForRead(PFILE_LOCK FileLock, PLARGE_INTEGER FileOffset, PLARGE_INTEGER Length, ULONG Key, PFILE_OBJECT FileObject,
                                        PVOID Process)
{
    return IopAccessAllowed(FileLock, FileOffset, (ULONG64)Length->QuadPart, Key, FileObject, Process, FALSE);
}

BOOLEAN NTAPI FsRtlFastCheckLockForWrite(PFILE_LOCK FileLock, PLARGE_INTEGER FileOffset, PLARGE_INTEGER Length, ULONG Key, PFILE_OBJECT FileObject,
                                         PVOID Process)
{
    return IopAccessAllowed(FileLock, FileOffset, (ULONG64)Length->QuadPart, Key, FileObject, Process, TRUE);
}

BOOLEAN NTAPI FsRtlCheckLockForReadAccess(PFILE_LOCK FileLock, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    return IopAccessAllowed(FileLock, &Stack->Parameters.Read.ByteOffset, Stack->Parameters.Read.Length, Stack->Parameters.Read.Key, Stack->FileObject,
                            IoGetRequestorProcess(Irp), FALSE);
}

BOOLEAN NTAPI FsRtlCheckLockForWriteAccess(PFILE_LOCK FileLock, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    return IopAccessAllowed(FileLock, &Stack->Parameters.Write.ByteOffset, Stack->Parameters.Write.Length, Stack->Parameters.Write.Key,
                            Stack->FileObject, IoGetRequestorProcess(Irp), TRUE);
}

PFILE_LOCK_INFO NTAPI FsRtlGetNextFileLock(PFILE_LOCK FileLock, BOOLEAN Restart)
{
    IOP_LOCKS *Locks = FileLock->LockInformation;
    BOOLEAN Found = FALSE;
    KIRQL Irql;
    if (Locks == NULL) {
        return NULL;
    }
    KeAcquireSpinLock(&Locks->Lock, &Irql);
    for (PLIST_ENTRY Entry = Locks->Held.Flink, Previous = NULL; Entry != &Locks->Held; Previous = Entry, Entry = Entry->Flink) {
        if (Restart ? Previous == NULL : Previous != NULL && Previous == FileLock->LastReturnedLock) {
            FileLock->LastReturnedLock = Entry;
            FileLock->LastReturnedLockInfo = CONTAINING_RECORD(Entry, IOP_LOCK, Link)->Info;
            Found = TRUE;
            break;
        }
    }
    KeReleaseSpinLock(&Locks->Lock, Irql);
    return Found ? &FileLock->LastReturnedLockInfo : NULL;
}

/* SPDX-License-Identifier: MIT */
/*
 * fatflush.c - bringing files to the disk: IRP_MJ_FLUSH_BUFFERS, IRP_MJ_SHUTDOWN, and a thread for what nobody asked for.
 *
 * A file that grew or was written is "dirty" until its directory entry is up to date.  The order is: data, zeroes up to the end of the file, entry.
 * So an entry never promises data that are not there.  The thread does this for all dirty files a second after the first became so; when a volume
 * was left alone for some seconds it is marked clean.
 *
 * Who walks the list holds V, shared: an FCB is freed only under V exclusive, after FatForgetDirty took it off.
 */
#include "fat.h"

#define WRITE_DELAY (-10000000LL) /* 1 s */
#define QUIET_SECONDS 5

FAST_MUTEX FatVolumesLock;           /* outside all others */
static LIST_ENTRY FatVolumes;        /* FatVolumesLock */
static FAST_MUTEX FatDirtyLock;
static LIST_ENTRY FatDirtyFcbs;      /* FatDirtyLock */
static KEVENT FatWriterWake;

void FatMarkFcbDirty(FAT_FCB *Fcb)
{
    if (Fcb->OnDirtyList || Fcb->Node->Deleted)
        return;
    ExAcquireFastMutex(&FatDirtyLock);
    if (!Fcb->OnDirtyList) {
        Fcb->OnDirtyList = TRUE;
        InsertTailList(&FatDirtyFcbs, &Fcb->DirtyLink);
    }
    ExReleaseFastMutex(&FatDirtyLock);
    KeSetEvent(&FatWriterWake, 0, FALSE);
}

static void LeaveList(FAT_FCB *Fcb)
{
    ExAcquireFastMutex(&FatDirtyLock);
    if (Fcb->OnDirtyList)
        RemoveEntryList(&Fcb->DirtyLink);
    Fcb->OnDirtyList = FALSE;
    ExReleaseFastMutex(&FatDirtyLock);
}

void FatForgetDirty(FAT_FCB *Fcb)
{
    if (Fcb->OnDirtyList)
        LeaveList(Fcb);
}

void FatNoteWrites(PFILE_OBJECT File, FAT_FCB *Fcb)
{
    FAT_CCB *Ccb = File->FsContext2;

    if (!(File->Flags & FO_FILE_MODIFIED) || Fcb->Node == NULL || FatIsDirectory(Fcb->Node))
        return;
    File->Flags &= ~(ULONG)FO_FILE_MODIFIED;
    Fcb->Node->Attributes |= FAT_ATTRIBUTE_ARCHIVE;
    if (Ccb == NULL || !Ccb->KeepWriteTime) {
        Fcb->Node->LastWriteTime = FatRoundTime(FatNow(), FAT_LAST_WRITE);
        Fcb->Node->LastAccessTime = FatRoundTime(FatNow(), FAT_LAST_ACCESS);
    }
    FatMarkFcbDirty(Fcb);
}

/* Everything up to the end of the file is on the disk. */
static NTSTATUS CompleteData(FAT_FCB *Fcb)
{
    LONG64 Sector = Fcb->Vcb->Volume.Geometry.BytesPerSector, Size = Fcb->Header.FileSize.QuadPart;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Fcb->ValidOnDisk >= Size)
        return STATUS_SUCCESS;
    ExAcquireResourceExclusiveLite(&Fcb->PagingIoResource, TRUE);
    if (Fcb->ValidOnDisk < Size) {
        Status = FatZeroFile(&Fcb->Vcb->Volume, &Fcb->File, (ULONG64)((Fcb->ValidOnDisk + Sector - 1) / Sector * Sector),
                             (ULONG64)((Size + Sector - 1) / Sector * Sector));
        if (NT_SUCCESS(Status))
            Fcb->ValidOnDisk = Size;
    }
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    return Status;
}

NTSTATUS FatFlushFcb(FAT_FCB *Fcb)
{
    IO_STATUS_BLOCK IoStatus = { .Status = STATUS_SUCCESS };

    if (Fcb->Node == NULL || FatIsDirectory(Fcb->Node) || Fcb->Node->Deleted)
        return STATUS_SUCCESS;
    LeaveList(Fcb);
    if (Fcb->Sections.DataSectionObject != NULL)
        CcFlushCache(&Fcb->Sections, NULL, 0, &IoStatus);
    if (NT_SUCCESS(IoStatus.Status))
        IoStatus.Status = CompleteData(Fcb);
    if (NT_SUCCESS(IoStatus.Status))
        IoStatus.Status = FatPublishNode(&Fcb->Vcb->Volume, Fcb->Node, TRUE);
    if (!NT_SUCCESS(IoStatus.Status) && IoStatus.Status != STATUS_MEDIA_WRITE_PROTECTED)
        FatMarkFcbDirty(Fcb);
    return IoStatus.Status;
}

/* The first dirty FCB of the volume; *Count: how many there are. */
static FAT_FCB *FirstDirty(const FAT_VCB *Vcb, PULONG Count)
{
    FAT_FCB *Found = NULL;

    *Count = 0;
    ExAcquireFastMutex(&FatDirtyLock);
    for (PLIST_ENTRY Entry = FatDirtyFcbs.Flink; Entry != &FatDirtyFcbs; Entry = Entry->Flink) {
        FAT_FCB *Fcb = CONTAINING_RECORD(Entry, FAT_FCB, DirtyLink);
        if (Fcb->Vcb != Vcb)
            continue;
        if (Found == NULL)
            Found = Fcb;
        ++*Count;
    }
    ExReleaseFastMutex(&FatDirtyLock);
    return Found;
}

/* What fails goes back to the end of the list, and is not tried again now. */
NTSTATUS FatFlushVolume(FAT_VCB *Vcb)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Count, Unused;

    ExAcquireResourceSharedLite(&Vcb->Resource, TRUE);
    FAT_FCB *Fcb = FirstDirty(Vcb, &Count);
    for (; Fcb != NULL && Count != 0; Count--) {
        ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
        NTSTATUS One = FatFlushFcb(Fcb);
        ExReleaseResourceLite(&Fcb->Resource);
        if (!NT_SUCCESS(One))
            Status = One;
        Fcb = FirstDirty(Vcb, &Unused);
    }
    ExReleaseResourceLite(&Vcb->Resource);
    return Status;
}

static BOOLEAN AnyDirty(const FAT_VCB *Vcb)
{
    ULONG Count;
    return FirstDirty(Vcb, &Count) != NULL;
}

/* A volume that was left alone for long enough is in order. */
static BOOLEAN CleanVolume(FAT_VCB *Vcb, LONG Seconds)
{
    if (!Vcb->Volume.Dirty)
        return TRUE;
    if (++Vcb->Quiet <= Seconds || AnyDirty(Vcb))
        return FALSE;
    ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
    (void)FatMarkClean(&Vcb->Volume);
    ExReleaseResourceLite(&Vcb->Resource);
    return TRUE;
}

/* A fast mutex must not be held over I/O that completes by APC; the transfers here complete by event. */
static BOOLEAN VisitVolumes(LONG QuietSeconds)
{
    BOOLEAN AllClean = TRUE;

    ExAcquireFastMutex(&FatVolumesLock);
    for (PLIST_ENTRY Entry = FatVolumes.Flink; Entry != &FatVolumes; Entry = Entry->Flink) {
        FAT_VCB *Vcb = CONTAINING_RECORD(Entry, FAT_VCB, Link);
        (void)FatFlushVolume(Vcb);
        AllClean &= CleanVolume(Vcb, QuietSeconds);
    }
    ExReleaseFastMutex(&FatVolumesLock);
    return AllClean;
}

static VOID NTAPI Writer(PVOID Context)
{
    LARGE_INTEGER Delay = { .QuadPart = WRITE_DELAY };

    UNREFERENCED_PARAMETER(Context);
    for (;;) {
        KeWaitForSingleObject(&FatWriterWake, Executive, KernelMode, FALSE, NULL);
        do {
            KeDelayExecutionThread(KernelMode, FALSE, &Delay);
            KeClearEvent(&FatWriterWake);
        } while (!VisitVolumes(QUIET_SECONDS));
    }
}

void FatFlushAllVolumes(void)
{
    (void)VisitVolumes(-1);
}

NTSTATUS FatStartWriter(void)
{
    HANDLE Thread;

    ExInitializeFastMutex(&FatVolumesLock);
    ExInitializeFastMutex(&FatDirtyLock);
    InitializeListHead(&FatVolumes);
    InitializeListHead(&FatDirtyFcbs);
    KeInitializeEvent(&FatWriterWake, NotificationEvent, FALSE);
    NTSTATUS Status = PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Writer, NULL);
    if (NT_SUCCESS(Status))
        ZwClose(Thread);
    return Status;
}

void FatAddVolume(FAT_VCB *Vcb)
{
    ExAcquireFastMutex(&FatVolumesLock);
    InsertTailList(&FatVolumes, &Vcb->Link);
    ExReleaseFastMutex(&FatVolumesLock);
}

void FatRemoveVolume(FAT_VCB *Vcb)
{
    ExAcquireFastMutex(&FatVolumesLock);
    RemoveEntryList(&Vcb->Link);
    ExReleaseFastMutex(&FatVolumesLock);
}

/* ---- requests ----------------------------------------------------------------------------------------------------------------------- */

/* A directory's names are on the disk already; the root stands for the volume, as on Windows. */
NTSTATUS FatFlush(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    FAT_FCB *Fcb = Stack->FileObject->FsContext;
    NTSTATUS Status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Information);
    if (Fcb->Node == NULL || Fcb->Node == Vcb->Volume.Root) {
        Status = FatFlushVolume(Vcb);
    } else if (!FatIsDirectory(Fcb->Node)) {
        ExAcquireResourceExclusiveLite(&Fcb->Resource, TRUE);
        FatNoteWrites(Stack->FileObject, Fcb);
        Status = FatFlushFcb(Fcb);
        ExReleaseResourceLite(&Fcb->Resource);
    }
    NTSTATUS Disk = FatFlushDisk(Vcb->Target);
    return NT_SUCCESS(Status) ? Disk : Status;
}

NTSTATUS FatShutdown(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Stack);
    UNREFERENCED_PARAMETER(Information);
    FatFlushAllVolumes();
    return FatFlushDisk(Vcb->Target);
}

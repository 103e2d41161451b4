/* SPDX-License-Identifier: MIT */
/*
 * lazy.c - the lazy writer: what was written to the cache reaches the disk about a second later, without anybody waiting.
 *
 * A map becomes dirty with the first write to it and is listed; the thread sleeps while the list is empty.  A second after it was woken it takes each
 * listed map, asks the file system for the file (AcquireForLazyWrite), flushes it, and lets go.  A map that cannot be written is listed again and tried
 * more and more rarely; its pages stay modified, nothing is thrown away.  After the maps come files changed through mapped views (MmWriteModified_).
 *
 * Writers are held back (CcCanIWrite) when more than an eighth of memory waits to be written, as long as the lazy writer gets anywhere.
 *
 * Lock: CcpLock guards the list and the maps' DirtyLink, Dirty and Pins.  A pinned map is neither destroyed nor loses its place.
 * Windows Internals, 7th ed., part 2, chapter 14 "Lazy writer" and "Write throttling".
 */
#include "ccp.h"

#define CCP_LAZY_DELAY (-10000LL * 1000)
#define CCP_WORST_DELAY 60u /* cycles a map that fails is left alone at most */

static LIST_ENTRY CcpDirtyMaps; /* CcpLock */
static LIST_ENTRY CcpMarker;    /* CcpLock; in the list while a cycle runs: the end of what it has to do */
static KEVENT CcpLazyWork;      /* there may be something to do */
static KEVENT CcpLazyHurry;     /* without the delay */
static KEVENT CcpLazyDone;      /* set at the end of each cycle */
static volatile LONG64 CcpDirtyPages;
static volatile LONG CcpLazyCycles;
static PETHREAD CcpLazyThread;

void CcpMarkDirty(CCP_MAP *Map, ULONG Bytes)
{
    LONG Pages = (LONG)(Bytes / PAGE_SIZE) + 1;
    InterlockedExchangeAdd(&Map->DirtyPages, Pages);
    InterlockedExchangeAdd64(&CcpDirtyPages, Pages);
    if (Map->Dirty) {
        return;
    }
    ExAcquireFastMutex(&CcpLock);
    if (!Map->Dirty) {
        Map->Dirty = TRUE;
        Map->Failures = Map->Wait = 0;
        InsertTailList(&CcpDirtyMaps, &Map->DirtyLink);
    }
    ExReleaseFastMutex(&CcpLock);
    KeSetEvent(&CcpLazyWork, 0, FALSE);
}

/* CcpLock held. */
void CcpMarkClean(CCP_MAP *Map)
{
    if (Map->Dirty) {
        Map->Dirty = FALSE;
        RemoveEntryList(&Map->DirtyLink);
        InterlockedExchangeAdd64(&CcpDirtyPages, -InterlockedExchange(&Map->DirtyPages, 0));
    }
}

/* The windows' dirty bits become modified pages. */
static void CcpCollect(CCP_MAP *Map)
{
    for (ULONG Index = 0; Index < Map->ViewCount; Index++) {
        CCP_VIEW *View = CcpFindView(Map, Index);
        if (View != NULL) {
            (void)MmSetAddressRangeModified(View->Base, View->Size);
            CcpReleaseView(View);
        }
    }
    /* A window that is being unmapped at this moment hands on its bits under the lock. */
    ExAcquireFastMutex(&CcpLock);
    ExReleaseFastMutex(&CcpLock);
}

CCP_MAP *CcpPinMap(PSECTION_OBJECT_POINTERS Pointers)
{
    CCP_MAP *Map;
    ExAcquireFastMutex(&CcpLock);
    Map = Pointers->SharedCacheMap;
    if (Map != NULL) {
        Map->Pins++;
    }
    ExReleaseFastMutex(&CcpLock);
    return Map;
}

void CcpUnpinMap(CCP_MAP *Map)
{
    ExAcquireFastMutex(&CcpLock);
    ASSERT(Map->Pins != 0);
    Map->Pins--;
    ExReleaseFastMutex(&CcpLock);
}

/* The map is pinned, or the file system keeps it.  Length 0: all. */
NTSTATUS CcpFlushMap(CCP_MAP *Map, PLARGE_INTEGER Offset, ULONG Length, PIO_STATUS_BLOCK IoStatus)
{
    BOOLEAN Whole = Offset == NULL || (Offset->QuadPart == 0 && Length == 0), WasDirty;
    NTSTATUS Status;
    ExAcquireFastMutex(&CcpLock);
    WasDirty = Map->Dirty;
    if (Whole) {
        CcpMarkClean(Map); /* what is written from here on marks it again */
    }
    ExReleaseFastMutex(&CcpLock);
    if (WasDirty) {
        CcpCollect(Map);
    }
    Status = MmFlushSection(Map->Pointers, Offset, Length, IoStatus);
    if (!NT_SUCCESS(Status) && WasDirty) {
        CcpMarkDirty(Map, 0);
    }
    return Status;
}

VOID NTAPI CcFlushCache(PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, PIO_STATUS_BLOCK IoStatus)
{
    IO_STATUS_BLOCK Ignored;
    CCP_MAP *Map = CcpPinMap(SectionObjectPointer);
    PAGED_CODE();
    if (IoStatus == NULL) {
        IoStatus = &Ignored;
    }
    if (Map == NULL) { /* mapped, perhaps, but never read or written */
        (void)MmFlushSection(SectionObjectPointer, FileOffset, Length, IoStatus);
        return;
    }
    (void)CcpFlushMap(Map, FileOffset, Length, IoStatus);
    CcpUnpinMap(Map);
}

/* ---- the thread ---- */

static void CcpWriteMap(CCP_MAP *Map)
{
    PETHREAD Thread = PsCurrentThread_();
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status;
    ULONG Failures = Map->Failures;
    BOOLEAN Acquired = Map->Callbacks == NULL || Map->Callbacks->AcquireForLazyWrite == NULL || Map->Callbacks->AcquireForLazyWrite(Map->LazyContext, TRUE);
    if (!Acquired) {
        return;
    }
    Thread->TopLevelIrp = (PVOID)FSRTL_CACHE_TOP_LEVEL_IRP;
    Status = CcpFlushMap(Map, NULL, 0, &IoStatus);
    Thread->TopLevelIrp = NULL;
    if (Map->Callbacks != NULL && Map->Callbacks->ReleaseFromLazyWrite != NULL) {
        Map->Callbacks->ReleaseFromLazyWrite(Map->LazyContext);
    }
    if (!NT_SUCCESS(Status)) {
        if (Failures == 0) {
            KdPrint_("Cc: %wZ cannot be written: status 0x%08X; its data stay in memory\n", &Map->FileObject->FileName, (unsigned)Status);
        }
        ExAcquireFastMutex(&CcpLock);
        Map->Failures = Failures + 1;
        Map->Wait = min(1u << min(Failures, 6u), CCP_WORST_DELAY);
        ExReleaseFastMutex(&CcpLock);
    }
}

/* The next map of this cycle, pinned.  A map is met once a cycle: maps met stand behind the marker. */
static CCP_MAP *CcpNextDirty(void)
{
    CCP_MAP *Map = NULL;
    ExAcquireFastMutex(&CcpLock);
    while (Map == NULL && CcpDirtyMaps.Flink != &CcpMarker) {
        Map = CONTAINING_RECORD(CcpDirtyMaps.Flink, CCP_MAP, DirtyLink);
        RemoveEntryList(&Map->DirtyLink);
        InsertTailList(&CcpDirtyMaps, &Map->DirtyLink);
        if (Map->Wait != 0) {
            Map->Wait--;
            Map = NULL;
        }
    }
    if (Map != NULL) {
        Map->Pins++;
    }
    ExReleaseFastMutex(&CcpLock);
    return Map;
}

/* TRUE: something is left for another cycle. */
static BOOLEAN CcpWriteAll(void)
{
    CCP_MAP *Map;
    BOOLEAN Left;
    ExAcquireFastMutex(&CcpLock);
    InsertTailList(&CcpDirtyMaps, &CcpMarker);
    ExReleaseFastMutex(&CcpLock);
    while ((Map = CcpNextDirty()) != NULL) {
        CcpWriteMap(Map);
        CcpUnpinMap(Map);
    }
    ExAcquireFastMutex(&CcpLock);
    RemoveEntryList(&CcpMarker);
    Left = !IsListEmpty(&CcpDirtyMaps);
    ExReleaseFastMutex(&CcpLock);
    return !NT_SUCCESS(MmWriteModified_()) || Left;
}

static VOID NTAPI CcpLazyWriter(PVOID Unused)
{
    LARGE_INTEGER Delay = {.QuadPart = CCP_LAZY_DELAY};
    (void)Unused;
    CcpLazyThread = PsCurrentThread_();
    for (;;) {
        KeWaitForSingleObject(&CcpLazyWork, Executive, KernelMode, FALSE, NULL);
        (void)KeWaitForSingleObject(&CcpLazyHurry, Executive, KernelMode, FALSE, &Delay);
        KeClearEvent(&CcpLazyWork);
        KeClearEvent(&CcpLazyHurry);
        if (CcpWriteAll()) {
            KeSetEvent(&CcpLazyWork, 0, FALSE);
        }
        InterlockedIncrement(&CcpLazyCycles);
        KeSetEvent(&CcpLazyDone, 0, FALSE);
        CcpTrimMaps();
    }
}

static void CcpAwait(void);

static void CcpFilesModified(void)
{
    KeSetEvent(&CcpLazyWork, 0, FALSE);
}

static void CcpFlushFile(PSECTION_OBJECT_POINTERS Pointers)
{
    CcFlushCache(Pointers, NULL, 0, NULL);
}

void CcpInitLazyWriter(void)
{
    HANDLE Thread;
    NTSTATUS Status;
    InitializeListHead(&CcpDirtyMaps);
    KeInitializeEvent(&CcpLazyWork, NotificationEvent, FALSE);
    KeInitializeEvent(&CcpLazyHurry, NotificationEvent, FALSE);
    KeInitializeEvent(&CcpLazyDone, NotificationEvent, FALSE);
    Status = PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, CcpLazyWriter, NULL);
    if (!NT_SUCCESS(Status)) {
        KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, (ULONG_PTR)Status, CCP_TAG, 0, 0);
    }
    (void)ZwClose(Thread);
    MmFilesModified = CcpFilesModified;
    MmFlushFileCache = CcpFlushFile;
    MmAwaitLazyWriter = CcpAwait;
}

/* Starts a cycle now and waits until one that began after the call has ended, or the time is over. */
static void CcpHurry(LONGLONG Timeout)
{
    LARGE_INTEGER Limit = {.QuadPart = Timeout};
    LONG Wanted = CcpLazyCycles + 2; /* the one that runs may have passed our map */
    while (CcpLazyThread != NULL && CcpLazyThread != PsCurrentThread_() && CcpLazyCycles - Wanted < 0) {
        KeClearEvent(&CcpLazyDone);
        KeSetEvent(&CcpLazyHurry, 0, FALSE);
        KeSetEvent(&CcpLazyWork, 0, FALSE);
        if (CcpLazyCycles - Wanted < 0 &&
            KeWaitForSingleObject(&CcpLazyDone, Executive, KernelMode, FALSE, Timeout != 0 ? &Limit : NULL) == STATUS_TIMEOUT) {
            return;
        }
    }
}

static void CcpAwait(void)
{
    CcpHurry(-10000LL * 1000);
}

NTSTATUS NTAPI CcWaitForCurrentLazyWriterActivity(void)
{
    PAGED_CODE();
    CcpHurry(0);
    return STATUS_SUCCESS;
}

/* ---- throttling ---- */

static LONG64 CcpDirtyLimit(void)
{
    static LONG64 Limit;
    if (Limit == 0) {
        MM_STATISTICS Statistics;
        MmQueryStatistics(&Statistics);
        Limit = (LONG64)Statistics.TotalPages / 8;
    }
    return Limit;
}

BOOLEAN NTAPI CcCanIWrite(PFILE_OBJECT FileObject, ULONG BytesToWrite, BOOLEAN Wait, UCHAR Retrying)
{
    LONG64 Wanted = BytesToWrite / PAGE_SIZE + 1;
    (void)FileObject, (void)Retrying;
    if (CcpDirtyPages == 0 || CcpDirtyPages + Wanted <= CcpDirtyLimit()) {
        return TRUE;
    }
    if (!Wait) {
        return FALSE;
    }
    CcpHurry(-10000LL * 5000);
    return TRUE; /* a disk that takes nothing any more must not hold its writers for ever */
}

BOOLEAN NTAPI CcIsThereDirtyData(PVPB Vpb)
{
    BOOLEAN Found = FALSE;
    ExAcquireFastMutex(&CcpLock);
    for (PLIST_ENTRY Entry = CcpDirtyMaps.Flink; Entry != &CcpDirtyMaps && !Found; Entry = Entry->Flink) {
        Found = Entry != &CcpMarker && CONTAINING_RECORD(Entry, CCP_MAP, DirtyLink)->FileObject->Vpb == Vpb;
    }
    ExReleaseFastMutex(&CcpLock);
    return Found;
}

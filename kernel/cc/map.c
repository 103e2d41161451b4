/* SPDX-License-Identifier: MIT */
/*
 * map.c - cache maps: making them at the first cached request of a handle, keeping them when the last is
 * gone, trimming them.
 *
 * Differs from NT: failures raise no exception, since drivers made by gcc could not catch it.
 * CcInitializeCacheMap leaves FileObject->PrivateCacheMap NULL; the copy routines put the status in the
 * status block, or return FALSE (docs/nt-differences.md).
 */
#include "ccp.h"

static LIST_ENTRY CcpIdleMaps; /* CcpLock; least recently closed first */
static ULONG CcpIdleMapCount;  /* CcpLock */
static WORK_QUEUE_ITEM CcpTrimItem;
static LONG CcpTrimQueued;

static void CcpDestroyMap(CCP_MAP *Map)
{
    if (Map->Section != NULL) {
        ObfDereferenceObject(Map->Section);
    }
    if (Map->Views != Map->InlineViews) {
        ExFreePoolWithTag(Map->Views, CCP_TAG);
    }
    ObfDereferenceObject(Map->FileObject);
    ExFreePoolWithTag(Map, CCP_TAG);
}

/* CcpLock held: takes an idle map out of the world, with what it has not written; FALSE: it is in use. */
static BOOLEAN CcpUnlinkMap(CCP_MAP *Map)
{
    if (Map->Pins != 0 || !CcpUnmapViews(Map, 0)) {
        return FALSE;
    }
    CcpMarkClean(Map);
    RemoveEntryList(&Map->IdleLink);
    CcpIdleMapCount--;
    Map->Pointers->SharedCacheMap = NULL;
    return TRUE;
}

/* Oldest first; maps that wait to be written stay. */
void CcpTrimMaps(void)
{
    for (;;) {
        CCP_MAP *Victim = NULL;
        ExAcquireFastMutex(&CcpLock);
        if (CcpIdleMapCount > CCP_IDLE_MAPS) {
            for (PLIST_ENTRY Entry = CcpIdleMaps.Flink; Entry != &CcpIdleMaps && Victim == NULL; Entry = Entry->Flink) {
                Victim = CONTAINING_RECORD(Entry, CCP_MAP, IdleLink);
                if (Victim->Dirty || !CcpUnlinkMap(Victim)) {
                    Victim = NULL;
                }
            }
        }
        ExReleaseFastMutex(&CcpLock);
        if (Victim == NULL) {
            return;
        }
        CcpDestroyMap(Victim);
    }
}

static VOID NTAPI CcpTrim(PVOID Unused)
{
    (void)Unused;
    InterlockedExchange(&CcpTrimQueued, FALSE);
    CcpTrimMaps();
}

void CcInitSystem(void)
{
    CcpInitViews();
    InitializeListHead(&CcpIdleMaps);
    ExInitializeWorkItem(&CcpTrimItem, CcpTrim, NULL);
    CcpInitLazyWriter();
}

/* CcpLock held.  Section and view table large enough for Size bytes. */
static NTSTATUS CcpGrow(CCP_MAP *Map, LONGLONG Size)
{
    ULONG Count = (ULONG)((Size + CCP_VIEW_SIZE - 1) / CCP_VIEW_SIZE);
    LARGE_INTEGER NewSize = {.QuadPart = Size};
    NTSTATUS Status = STATUS_SUCCESS;
    if (Size <= Map->SectionSize) {
        return STATUS_SUCCESS;
    }
    if (Count > Map->ViewCount) {
        CCP_VIEW **Table = ExAllocatePoolWithTag(NonPagedPool, Count * sizeof(*Table), CCP_TAG), **Old = Map->Views;
        KIRQL Irql;
        if (Table == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlZeroMemory(Table, Count * sizeof(*Table));
        KeAcquireSpinLock(&CcpViewLock, &Irql);
        RtlCopyMemory(Table, Old, Map->ViewCount * sizeof(*Table));
        Map->Views = Table;
        Map->ViewCount = Count;
        KeReleaseSpinLock(&CcpViewLock, Irql);
        if (Old != Map->InlineViews) {
            ExFreePoolWithTag(Old, CCP_TAG);
        }
    }
    if (Map->Section == NULL) {
        Status = MmCreateSection(&Map->Section, SECTION_MAP_READ | SECTION_MAP_WRITE, NULL, &NewSize, PAGE_READWRITE, SEC_COMMIT, NULL, Map->FileObject);
    } else {
        Status = MmExtendSection(Map->Section, &NewSize);
    }
    if (NT_SUCCESS(Status)) {
        Map->SectionSize = Size;
    } else {
        KdPrint_("Cc: section of %wZ for %llu bytes: status 0x%08X\n", &Map->FileObject->FileName, (unsigned long long)Size, (unsigned)Status);
    }
    return Status;
}

static CCP_MAP *CcpCreateMap(PFILE_OBJECT FileObject, PCC_FILE_SIZES Sizes, PCACHE_MANAGER_CALLBACKS Callbacks, PVOID Context)
{
    CCP_MAP *Map = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Map), CCP_TAG);
    if (Map == NULL) {
        return NULL;
    }
    RtlZeroMemory(Map, sizeof(*Map));
    Map->Views = Map->InlineViews;
    Map->ViewCount = CCP_INLINE_VIEWS;
    Map->Pointers = FileObject->SectionObjectPointer;
    Map->FileSize = Sizes->FileSize;
    Map->ValidDataLength = Sizes->ValidDataLength;
    Map->Callbacks = Callbacks;
    Map->LazyContext = Context;
    Map->FileObject = FileObject;
    if (!NT_SUCCESS(CcpGrow(Map, Sizes->FileSize.QuadPart))) {
        if (Map->Views != Map->InlineViews) {
            ExFreePoolWithTag(Map->Views, CCP_TAG);
        }
        ExFreePoolWithTag(Map, CCP_TAG);
        return NULL;
    }
    ObfReferenceObject(FileObject);
    return Map;
}

VOID NTAPI CcInitializeCacheMap(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes, BOOLEAN PinAccess, PCACHE_MANAGER_CALLBACKS Callbacks,
                                PVOID LazyWriteContext)
{
    CCP_MAP *Map;
    (void)PinAccess;
    PAGED_CODE();
    if (FileObject->PrivateCacheMap != NULL) {
        return;
    }
    ExAcquireFastMutex(&CcpLock);
    Map = CcpMapOf(FileObject);
    if (Map == NULL) {
        Map = CcpCreateMap(FileObject, FileSizes, Callbacks, LazyWriteContext);
        FileObject->SectionObjectPointer->SharedCacheMap = Map;
    } else if (Map->OpenCount == 0) {
        RemoveEntryList(&Map->IdleLink);
        CcpIdleMapCount--;
    }
    if (Map != NULL) {
        Map->OpenCount++;
        FileObject->PrivateCacheMap = Map; /* only NULL or not matters to a file system */
        FileObject->Flags |= FO_CACHE_SUPPORTED;
    }
    ExReleaseFastMutex(&CcpLock);
}

BOOLEAN NTAPI CcUninitializeCacheMap(PFILE_OBJECT FileObject, PLARGE_INTEGER TruncateSize, PCACHE_UNINITIALIZE_EVENT UninitializeEvent)
{
    CCP_MAP *Map, *Destroy = NULL;
    PSECTION_OBJECT_POINTERS Discard = NULL;
    BOOLEAN Trim = FALSE;
    PAGED_CODE();
    if (FileObject->SectionObjectPointer != NULL) {
        ExAcquireFastMutex(&CcpLock);
        Map = CcpMapOf(FileObject);
        if (Map != NULL && FileObject->PrivateCacheMap != NULL) {
            FileObject->PrivateCacheMap = NULL;
            if (--Map->OpenCount == 0) {
                InsertTailList(&CcpIdleMaps, &Map->IdleLink);
                Trim = ++CcpIdleMapCount > CCP_IDLE_MAPS;
                if (TruncateSize != NULL && TruncateSize->QuadPart == 0) {
                    CcpMarkClean(Map); /* the file is going: nothing is written any more, and its cache goes now */
                    Discard = Map->Pointers;
                    Destroy = CcpUnlinkMap(Map) ? Map : NULL;
                }
            }
        }
        ExReleaseFastMutex(&CcpLock);
    }
    if (Discard != NULL) {
        MmTruncateSection_(Discard, 0);
    }
    if (Destroy != NULL) {
        CcpDestroyMap(Destroy);
    }
    if (Trim && InterlockedExchange(&CcpTrimQueued, TRUE) == FALSE) {
        ExQueueWorkItem(&CcpTrimItem, DelayedWorkQueue);
    }
    if (UninitializeEvent != NULL) {
        KeSetEvent(&UninitializeEvent->Event, 0, FALSE);
    }
    return Destroy != NULL;
}

NTSTATUS NTAPI CcSetFileSizesEx(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes)
{
    CCP_MAP *Map;
    NTSTATUS Status = STATUS_SUCCESS;
    BOOLEAN Grows;
    ExAcquireFastMutex(&CcpLock);
    Map = CcpMapOf(FileObject);
    Grows = Map != NULL && FileSizes->FileSize.QuadPart >= Map->FileSize.QuadPart;
    if (Map != NULL) {
        Map->ValidDataLength = FileSizes->ValidDataLength;
        Status = CcpGrow(Map, FileSizes->FileSize.QuadPart);
        if (FileSizes->FileSize.QuadPart < Map->SectionSize) {
            /* Windows that show the end go, so that its pages can; one that is pinned stays and is zeroed beyond the end. */
            (void)CcpUnmapViews(Map, (ULONG)(FileSizes->FileSize.QuadPart / CCP_VIEW_SIZE));
            Map->SectionSize = FileSizes->FileSize.QuadPart;
            Map->AheadEnd = 0;
        }
        Map->FileSize = FileSizes->FileSize;
    }
    ExReleaseFastMutex(&CcpLock);
    if (!Grows) { /* also without a cache map: the file may be mapped */
        MmTruncateSection_(FileObject->SectionObjectPointer, (ULONG64)FileSizes->FileSize.QuadPart);
    }
    return Status;
}

VOID NTAPI CcSetFileSizes(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes)
{
    (void)CcSetFileSizesEx(FileObject, FileSizes);
}

BOOLEAN NTAPI CcPurgeCacheSection(PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags)
{
    CCP_MAP *Map, *Destroy = NULL;
    BOOLEAN Done = TRUE;
    ExAcquireFastMutex(&CcpLock);
    Map = SectionObjectPointer->SharedCacheMap;
    if (Map != NULL) {
        if (FileOffset == NULL) {
            CcpMarkClean(Map);
        }
        Done = CcpUnmapViews(Map, FileOffset != NULL ? (ULONG)(FileOffset->QuadPart / CCP_VIEW_SIZE) : 0);
        if (Done && (Flags & 1u) != 0 && Map->OpenCount == 0 && CcpUnlinkMap(Map)) {
            Destroy = Map;
        }
    }
    ExReleaseFastMutex(&CcpLock);
    if (Destroy != NULL) {
        CcpDestroyMap(Destroy);
    }
    return Done && MmPurgeSection(SectionObjectPointer, FileOffset, Length, TRUE);
}

PFILE_OBJECT NTAPI CcGetFileObjectFromSectionPtrs(PSECTION_OBJECT_POINTERS SectionObjectPointer)
{
    CCP_MAP *Map = SectionObjectPointer->SharedCacheMap;
    return Map != NULL ? Map->FileObject : NULL;
}

PFILE_OBJECT NTAPI CcGetFileObjectFromBcb(PVOID Bcb)
{
    return ((CCP_BCB *)Bcb)->View->Map->FileObject;
}

/* The granularity is mm's cluster (128 KiB). */
VOID NTAPI CcSetReadAheadGranularity(PFILE_OBJECT FileObject, ULONG Granularity)
{
    (void)FileObject, (void)Granularity;
}

VOID NTAPI CcSetAdditionalCacheAttributes(PFILE_OBJECT FileObject, BOOLEAN DisableReadAhead, BOOLEAN DisableWriteBehind)
{
    (void)FileObject, (void)DisableReadAhead, (void)DisableWriteBehind;
}

VOID NTAPI CcSetDirtyPageThreshold(PFILE_OBJECT FileObject, ULONG DirtyPageThreshold)
{
    (void)FileObject, (void)DirtyPageThreshold;
}

/* SPDX-License-Identifier: MIT */
/*
 * ahead.c - read-ahead: who reads a file from front to back finds the next piece in memory.
 *
 * A fault in a window reads a cluster (mm/inpage.c), so even a random read has some of what follows.  When a read begins where the last one ended, the
 * cluster after that is fetched by a worker thread while the program still works on this one.  One piece a file is under way at a time; a miss costs
 * nothing but that somebody waits for the disk.
 * Windows Internals, 7th ed., part 2, chapter 14 "Intelligent read-ahead".
 */
#include "ccp.h"

#define CCP_AHEAD 0x20000 /* mm's cluster */

typedef struct _CCP_AHEAD_WORK
{
    WORK_QUEUE_ITEM Item;
    CCP_MAP *Map; /* pinned */
    LONGLONG Offset;
} CCP_AHEAD_WORK;

static VOID NTAPI CcpReadAheadWorker(PVOID Context)
{
    CCP_AHEAD_WORK *Work = Context;
    CCP_MAP *Map = Work->Map;
    PCACHE_MANAGER_CALLBACKS Callbacks = Map->Callbacks;
    BOOLEAN Asks = Callbacks != NULL && Callbacks->AcquireForReadAhead != NULL;
    if (!Asks || Callbacks->AcquireForReadAhead(Map->LazyContext, TRUE)) {
        (void)MmPrefetchSection_(Map->Pointers, (ULONG64)Work->Offset, CCP_AHEAD); /* whoever needs the page learns why it cannot be read */
        if (Asks && Callbacks->ReleaseFromReadAhead != NULL) {
            Callbacks->ReleaseFromReadAhead(Map->LazyContext);
        }
    }
    InterlockedExchange(&Map->AheadBusy, FALSE);
    CcpUnpinMap(Map);
    ExFreePoolWithTag(Work, CCP_TAG);
}

static void CcpQueueAhead(CCP_MAP *Map, LONGLONG Offset)
{
    CCP_AHEAD_WORK *Work;
    if (InterlockedExchange(&Map->AheadBusy, TRUE)) {
        return;
    }
    Work = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Work), CCP_TAG);
    if (Work == NULL) {
        InterlockedExchange(&Map->AheadBusy, FALSE);
        return;
    }
    ExAcquireFastMutex(&CcpLock);
    Map->Pins++;
    ExReleaseFastMutex(&CcpLock);
    Map->AheadEnd = Offset + CCP_AHEAD;
    Work->Map = Map;
    Work->Offset = Offset;
    ExInitializeWorkItem(&Work->Item, CcpReadAheadWorker, Work);
    ExQueueWorkItem(&Work->Item, DelayedWorkQueue);
}

void CcpReadAhead(CCP_MAP *Map, LONGLONG Offset, LONGLONG End)
{
    LONGLONG Next = (End + CCP_AHEAD - 1) / CCP_AHEAD * CCP_AHEAD;
    BOOLEAN Sequential = Offset == Map->ReadEnd && Offset != 0;
    Map->ReadEnd = End;
    if (Sequential && Next < Map->SectionSize && Next >= Map->AheadEnd) {
        CcpQueueAhead(Map, Next);
    }
}

VOID NTAPI CcScheduleReadAhead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length)
{
    CCP_MAP *Map = CcpMapOf(FileObject);
    if (Map != NULL && FileOffset->QuadPart + Length < Map->SectionSize) {
        CcpQueueAhead(Map, (FileOffset->QuadPart + Length) / CCP_AHEAD * CCP_AHEAD);
    }
}

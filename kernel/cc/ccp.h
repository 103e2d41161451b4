/* SPDX-License-Identifier: MIT */
/*
 * ccp.h - what the files of cc/ share: cache maps and views.
 *
 * A file that is cached has one shared cache map (CCP_MAP): a data section of the file and the views of it
 * that are mapped in system space, each CCP_VIEW_SIZE long at a multiple of that.  The pages belong to the
 * section, so a mapped file and a cached read see the same ones; a view is only a window.  There are
 * CCP_VIEWS windows in all, taken from the least recently used idle one when they run out.
 *
 * When the last handle is cleaned up the map is kept, with its section, its views and one reference to the
 * file object (so the file system keeps its FCB), on a list of at most CCP_IDLE_MAPS: opening, reading and
 * closing a file again costs no mapping and no I/O.  A worker trims the list, because dropping the file
 * object sends an IRP_MJ_CLOSE, which must not happen inside the file system's own cleanup.
 *
 * Written data wait for the lazy writer (lazy.c), which also writes them when the map is idle.
 *
 * Locks: CcpLock (fast mutex) guards the maps, their view tables and the idle list; it is taken inside file
 * system locks and held over mm's mapping calls, never over I/O.  CcpViewLock (spin lock) guards use counts
 * and the list of idle views; it is the only one on the way of a cached read. Windows Internals, 7th ed.,
 * part 2, chapter 11/14 "Cache manager".
 */
#ifndef NASCENT_CCP_H
#define NASCENT_CCP_H

#include "cc.h"
#include "io.h"
#include "arch.h"
#include "kd.h"

#define CCP_VIEW_SIZE 0x40000u
#define CCP_VIEWS 256u
#define CCP_IDLE_MAPS 128u
#define CCP_INLINE_VIEWS 4u
#define CCP_TAG POOL_TAG('C', 'c', ' ', ' ')

struct _CCP_MAP;

typedef struct _CCP_VIEW
{
    LIST_ENTRY Link;            /* CcpViewLock; in the list of idle views while Users is 0 */
    PUCHAR Base;                /* NULL: not mapped */
    struct _CCP_MAP *Map;       /* CcpLock */
    ULONG Index;                /* the window's number in the file */
    ULONG Size;                 /* bytes mapped */
    ULONG Users;                /* CcpViewLock */
} CCP_VIEW;

typedef struct _CCP_MAP
{
    LIST_ENTRY IdleLink;        /* CcpLock; while OpenCount is 0 */
    PFILE_OBJECT FileObject;    /* c; referenced */
    PSECTION_OBJECT_POINTERS Pointers; /* c */
    PVOID Section;              /* CcpLock; NULL while the file is empty */
    LONGLONG SectionSize;       /* CcpLock */
    LARGE_INTEGER FileSize, ValidDataLength; /* the file system's locks */
    ULONG OpenCount;            /* CcpLock */
    ULONG ViewCount;            /* CcpLock; length of Views */
    CCP_VIEW **Views;           /* CcpLock to change, CcpViewLock to read or write an element */
    CCP_VIEW *InlineViews[CCP_INLINE_VIEWS];
    LIST_ENTRY DirtyLink;       /* CcpLock; in the lazy writer's list while Dirty */
    BOOLEAN Dirty;              /* CcpLock to change */
    ULONG Pins;                 /* CcpLock; somebody flushes or reads ahead: the map may not be destroyed */
    ULONG Failures, Wait;       /* CcpLock; lazy writes that failed in a row, cycles to leave it alone */
    volatile LONG DirtyPages;   /* roughly; i */
    volatile LONGLONG ReadEnd;  /* where the last read ended: the next one that begins there reads sequentially.  A hint */
    volatile LONGLONG AheadEnd; /* read ahead up to here.  A hint */
    volatile LONG AheadBusy;    /* i; a read-ahead is queued or running */
    PCACHE_MANAGER_CALLBACKS Callbacks;
    PVOID LazyContext;
} CCP_MAP;

typedef struct _CCP_BCB
{
    PUBLIC_BCB Public;
    CCP_VIEW *View;
    LONG References;
    BOOLEAN Pinned, Dirty;
} CCP_BCB;

#define CCP_BCB_TYPE 0x2FD

extern FAST_MUTEX CcpLock;
extern KSPIN_LOCK CcpViewLock;

static inline CCP_MAP *CcpMapOf(PFILE_OBJECT File) { return (CCP_MAP *)File->SectionObjectPointer->SharedCacheMap; }

void CcpInitViews(void);
CCP_VIEW *CcpFindView(CCP_MAP *Map, ULONG Index); /* NULL: not mapped; else in use until CcpReleaseView */
/* map.c */
void CcpTrimMaps(void);
/* lazy.c.  Pinned maps are not destroyed. */
void CcpInitLazyWriter(void);
void CcpMarkDirty(CCP_MAP *Map, ULONG Bytes); /* after the write */
void CcpMarkClean(CCP_MAP *Map);              /* CcpLock held */
CCP_MAP *CcpPinMap(PSECTION_OBJECT_POINTERS Pointers);
void CcpUnpinMap(CCP_MAP *Map);
NTSTATUS CcpFlushMap(CCP_MAP *Map, PLARGE_INTEGER Offset, ULONG Length, PIO_STATUS_BLOCK IoStatus);
/* ahead.c: a read of [Offset, End) was asked for */
void CcpReadAhead(CCP_MAP *Map, LONGLONG Offset, LONGLONG End);
/* The window that holds Offset, in use until CcpReleaseView; *Left: bytes from Offset to its end. */
NTSTATUS CcpAcquireView(CCP_MAP *Map, LONGLONG Offset, CCP_VIEW **View, ULONG *Left) NODISCARD;
void CcpReleaseView(CCP_VIEW *View);
/* CcpLock held.  Unmaps the map's idle views from the window From on; FALSE: some are in use. */
BOOLEAN CcpUnmapViews(CCP_MAP *Map, ULONG From);
#endif

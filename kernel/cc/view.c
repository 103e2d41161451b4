/* SPDX-License-Identifier: MIT */
/*
 * view.c - the windows of the cache: finding, mapping, reusing them.
 */
#include "ccp.h"

FAST_MUTEX CcpLock;
KSPIN_LOCK CcpViewLock;
static CCP_VIEW CcpView[CCP_VIEWS];
static LIST_ENTRY CcpIdleViews; /* CcpViewLock; least recently used first */

void CcpInitViews(void)
{
    ExInitializeFastMutex(&CcpLock);
    KeInitializeSpinLock(&CcpViewLock);
    InitializeListHead(&CcpIdleViews);
    for (ULONG Index = 0; Index < CCP_VIEWS; Index++) {
        InsertTailList(&CcpIdleViews, &CcpView[Index].Link);
    }
}

/* CcpViewLock held. */
static void CcpUseLocked(CCP_VIEW *View)
{
    if (View->Users++ == 0) {
        RemoveEntryList(&View->Link);
    }
}

CCP_VIEW *CcpFindView(CCP_MAP *Map, ULONG Index)
{
    CCP_VIEW *View = NULL;
    KIRQL Irql;
    KeAcquireSpinLock(&CcpViewLock, &Irql);
    if (Index < Map->ViewCount && (View = Map->Views[Index]) != NULL) {
        CcpUseLocked(View);
    }
    KeReleaseSpinLock(&CcpViewLock, Irql);
    return View;
}

void CcpReleaseView(CCP_VIEW *View)
{
    KIRQL Irql;
    KeAcquireSpinLock(&CcpViewLock, &Irql);
    ASSERT(View->Users != 0);
    if (--View->Users == 0) {
        InsertTailList(&CcpIdleViews, &View->Link);
    }
    KeReleaseSpinLock(&CcpViewLock, Irql);
}

/* CcpLock held.  Unmaps a view that is in no map's table any more and whose only use is the caller's. */
static void CcpUnmap(CCP_VIEW *View)
{
    if (View->Base != NULL) {
        (void)MmUnmapViewInSystemSpace(View->Base);
        View->Base = NULL;
        View->Map = NULL;
    }
}

/* CcpLock held.  The view unused for longest, now in use and unmapped; NULL: all are in use. */
static CCP_VIEW *CcpTakeIdleView(void)
{
    CCP_VIEW *View = NULL;
    KIRQL Irql;
    KeAcquireSpinLock(&CcpViewLock, &Irql);
    if (!IsListEmpty(&CcpIdleViews)) {
        View = CONTAINING_RECORD(CcpIdleViews.Flink, CCP_VIEW, Link);
        CcpUseLocked(View);
        if (View->Map != NULL) {
            View->Map->Views[View->Index] = NULL; /* from here on nobody finds it */
        }
    }
    KeReleaseSpinLock(&CcpViewLock, Irql);
    if (View != NULL) {
        CcpUnmap(View);
    }
    return View;
}

static NTSTATUS CcpMapView(CCP_MAP *Map, ULONG Index, CCP_VIEW **Result)
{
    LARGE_INTEGER Offset = {.QuadPart = (LONGLONG)Index * CCP_VIEW_SIZE};
    SIZE_T Size = CCP_VIEW_SIZE; /* also beyond the end: the file may grow while the window is in use */
    CCP_VIEW *View;
    PVOID Base;
    KIRQL Irql;
    NTSTATUS Status;
    if (Map->Section == NULL || Index >= Map->ViewCount || Offset.QuadPart >= Map->SectionSize) {
        return STATUS_END_OF_FILE;
    }
    View = CcpTakeIdleView();
    if (View == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = MmMapViewInSystemSpaceEx(Map->Section, &Base, &Size, &Offset, 0);
    if (!NT_SUCCESS(Status)) {
        CcpReleaseView(View);
        return Status;
    }
    View->Base = Base;
    View->Map = Map;
    View->Index = Index;
    View->Size = (ULONG)Size;
    KeAcquireSpinLock(&CcpViewLock, &Irql);
    Map->Views[Index] = View;
    KeReleaseSpinLock(&CcpViewLock, Irql);
    *Result = View;
    return STATUS_SUCCESS;
}

NTSTATUS CcpAcquireView(CCP_MAP *Map, LONGLONG Offset, CCP_VIEW **View, ULONG *Left)
{
    ULONG Index = (ULONG)(Offset / CCP_VIEW_SIZE);
    NTSTATUS Status = STATUS_SUCCESS;
    *Left = CCP_VIEW_SIZE - (ULONG)(Offset % CCP_VIEW_SIZE);
    *View = CcpFindView(Map, Index);
    if (*View != NULL) {
        return STATUS_SUCCESS;
    }
    ExAcquireFastMutex(&CcpLock);
    *View = CcpFindView(Map, Index);
    if (*View == NULL) {
        Status = CcpMapView(Map, Index, View);
    }
    ExReleaseFastMutex(&CcpLock);
    return Status;
}

BOOLEAN CcpUnmapViews(CCP_MAP *Map, ULONG From)
{
    BOOLEAN All = TRUE;
    for (ULONG Index = From; Index < Map->ViewCount; Index++) {
        CCP_VIEW *View;
        KIRQL Irql;
        KeAcquireSpinLock(&CcpViewLock, &Irql);
        View = Map->Views[Index];
        if (View != NULL && View->Users == 0) {
            CcpUseLocked(View);
            Map->Views[Index] = NULL;
        } else if (View != NULL) {
            All = FALSE;
            View = NULL;
        }
        KeReleaseSpinLock(&CcpViewLock, Irql);
        if (View != NULL) {
            CcpUnmap(View);
            CcpReleaseView(View);
        }
    }
    return All;
}

/* SPDX-License-Identifier: MIT */
/*
 * ref.c - references by pointer, and the end of an object.
 *
 * A reference is one interlocked operation.  Who drops the last one deletes the object, at PASSIVE_LEVEL in a thread that may run the
 * type's delete procedure; elsewhere the object goes to a list that a system worker empties.  The list is chained through the dead
 * header's HandleCount field.  Windows Internals, 7th ed., part 2, chapter 8 "Object retention".
 */
#include "obp.h"

static OBJECT_HEADER *volatile ObpRemoveObjectList; /* lock-free; pushed by anybody, taken whole by the worker */
static WORK_QUEUE_ITEM ObpRemoveObjectItem;

/* The procedure may still need the object's security descriptor and name. */
static void ObpDeleteObject(OBJECT_HEADER *Header)
{
    POBJECT_TYPE Type = ObpHeaderType(Header);

    PAGED_CODE();
    ASSERT(Header->PointerCount == 0);
    Header->HandleCount = 0;
    if (Type->TypeInfo.DeleteProcedure != NULL) {
        KIRQL Irql = KeGetCurrentIrql();

        Type->TypeInfo.DeleteProcedure(Header->Body);
        ASSERT(KeGetCurrentIrql() == Irql);
    }
    if (Header->SecurityDescriptor != NULL) {
        ObDereferenceSecurityDescriptor(Header->SecurityDescriptor, 1);
        Header->SecurityDescriptor = NULL;
    }
    ObpFreeObject(Header);
}

static VOID NTAPI ObpRemoveObjects(PVOID Context)
{
    OBJECT_HEADER *Header, *Next;

    /* The list is taken until it is empty; who finds it empty when pushing starts the worker again. */
    while ((Header = InterlockedExchangePointer((PVOID volatile *)&ObpRemoveObjectList, (PVOID)1)) != (PVOID)1 && Header != NULL) {
        for (; Header != NULL && Header != (PVOID)1; Header = Next) {
            Next = Header->NextToFree;
            ObpDeleteObject(Header);
        }
        if (InterlockedCompareExchangePointer((PVOID volatile *)&ObpRemoveObjectList, NULL, (PVOID)1) == (PVOID)1) {
            return;
        }
    }
}

static void ObpDeferObjectDeletion(OBJECT_HEADER *Header)
{
    OBJECT_HEADER *First = ObpRemoveObjectList;

    do {
        Header->NextToFree = First;
        /* NULL: nobody is at work; 1: the worker is, and will look again. */
    } while (!__atomic_compare_exchange_n(&ObpRemoveObjectList, &First, Header, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    if (First == NULL) {
        ExInitializeWorkItem(&ObpRemoveObjectItem, ObpRemoveObjects, NULL);
        ExQueueWorkItem(&ObpRemoveObjectItem, CriticalWorkQueue);
    }
}

static __attribute__((noinline)) void ObpLastDereference(OBJECT_HEADER *Header, BOOLEAN Defer)
{
    ASSERT(Header->HandleCount == 0);
    if (Defer || KeGetCurrentIrql() != PASSIVE_LEVEL || KeGetCurrentThread()->SpecialApcDisable != 0) {
        ObpDeferObjectDeletion(Header);
    } else {
        ObpDeleteObject(Header);
    }
}

void ObpReferenceObjectHeader(OBJECT_HEADER *Header)
{
    LONG64 Count = InterlockedIncrement64(&Header->PointerCount);

    ASSERT(Count > 1);
    (void)Count;
}

LONG_PTR FASTCALL ObfReferenceObject(PVOID Object)
{
    LONG64 Count = InterlockedIncrement64(&OBJECT_TO_OBJECT_HEADER(Object)->PointerCount);

    ASSERT(Count > 1);
    return Count;
}

LONG_PTR FASTCALL ObfReferenceObjectWithTag(PVOID Object, ULONG Tag)
{
    return ObfReferenceObject(Object);
}

LONG_PTR FASTCALL ObfDereferenceObject(PVOID Object)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);
    LONG64 Count = InterlockedDecrement64(&Header->PointerCount);

    ASSERT(Count >= 0);
    if (UNLIKELY(Count == 0)) {
        ObpLastDereference(Header, FALSE);
    }
    return Count;
}

LONG_PTR FASTCALL ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag)
{
    return ObfDereferenceObject(Object);
}

#undef ObDereferenceObject
VOID NTAPI ObDereferenceObject(PVOID Object)
{
    ObfDereferenceObject(Object);
}

VOID NTAPI ObDereferenceObjectDeferDelete(PVOID Object)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);

    if (InterlockedDecrement64(&Header->PointerCount) == 0) {
        ObpLastDereference(Header, TRUE);
    }
}

VOID NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG Tag)
{
    ObDereferenceObjectDeferDelete(Object);
}

NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE AccessMode)
{
    POBJECT_TYPE Actual = ObpHeaderType(OBJECT_TO_OBJECT_HEADER(Object));

    /* Kernel mode may name a wrong type, except for symbolic links, as on NT. */
    if (Actual != Type && (AccessMode != KernelMode || Type == ObpSymbolicLinkObjectType)) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    ObfReferenceObject(Object);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE AccessMode, ULONG Tag)
{
    return ObReferenceObjectByPointer(Object, DesiredAccess, Type, AccessMode);
}

ULONG NTAPI ObGetObjectPointerCount(PVOID Object)
{
    return (ULONG)OBJECT_TO_OBJECT_HEADER(Object)->PointerCount;
}

/* Takes a reference unless the object is already on its way out.  For tables that do not hold references (CID, caches). */
BOOLEAN NTAPI ObReferenceObjectSafe(PVOID Object)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);
    LONG64 Count = Header->PointerCount;

    while (Count != 0) {
        if (__atomic_compare_exchange_n(&Header->PointerCount, &Count, Count + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
            return TRUE;
        }
    }
    return FALSE;
}

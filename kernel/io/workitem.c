/* SPDX-License-Identifier: MIT */
/*
 * workitem.c - work items that keep their device object alive until the routine has run.
 */
#include "iop.h"

#define IOP_TAG_WORK POOL_TAG('I', 'o', 'W', 'i')

typedef struct _IO_WORKITEM
{
    WORK_QUEUE_ITEM Item;
    PVOID Routine;
    PVOID IoObject; /* device or driver object; referenced while queued */
    PVOID Context;
    BOOLEAN Extended; /* Routine is a PIO_WORKITEM_ROUTINE_EX */
} IO_WORKITEM;

/* The routine may free the work item: nothing is read from it afterwards. */
static VOID NTAPI IopRunWorkItem(PVOID Parameter)
{
    PIO_WORKITEM Work = Parameter;
    PVOID Object = Work->IoObject;
    if (Work->Extended) {
        ((PIO_WORKITEM_ROUTINE_EX)Work->Routine)(Object, Work->Context, Work);
    } else {
        ((PIO_WORKITEM_ROUTINE)Work->Routine)(Object, Work->Context);
    }
    ObfDereferenceObject(Object);
}

ULONG NTAPI IoSizeofWorkItem(VOID)
{
    return sizeof(IO_WORKITEM);
}

VOID NTAPI IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem)
{
    RtlZeroMemory(IoWorkItem, sizeof(*IoWorkItem));
    IoWorkItem->IoObject = IoObject;
    ExInitializeWorkItem(&IoWorkItem->Item, IopRunWorkItem, IoWorkItem);
}

VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem)
{
    (void)IoWorkItem;
}

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    PIO_WORKITEM Work = ExAllocatePoolWithTag(NonPagedPool, sizeof(IO_WORKITEM), IOP_TAG_WORK);
    if (Work != NULL) {
        IoInitializeWorkItem(DeviceObject, Work);
    }
    return Work;
}

VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    ExFreePoolWithTag(IoWorkItem, IOP_TAG_WORK);
}

static void IopQueue(PIO_WORKITEM Work, PVOID Routine, WORK_QUEUE_TYPE Type, PVOID Context, BOOLEAN Extended)
{
    ObfReferenceObject(Work->IoObject);
    Work->Routine = Routine;
    Work->Context = Context;
    Work->Extended = Extended;
    ExQueueWorkItem(&Work->Item, Type);
}

VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    IopQueue(IoWorkItem, (PVOID)WorkerRoutine, QueueType, Context, FALSE);
}

VOID NTAPI IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    IopQueue(IoWorkItem, (PVOID)WorkerRoutine, QueueType, Context, TRUE);
}

/* SPDX-License-Identifier: MIT */
/*
 * worker.c - system worker threads: routines that drivers and the kernel want called later, at PASSIVE_LEVEL in the system process.
 *
 * Three queues with their own threads: delayed (priority 12), critical (13) and hyper-critical (15); the newer queue types are mapped to
 * these.  A kernel queue (KQUEUE) limits how many of a queue's threads run at once to the number of processors, and lets another go on when one of them blocks.
 * When items wait and all threads of a queue are blocked, a thread is added, up to a limit; NT leaves that to its balance-set manager.
 * Items queued before the threads exist (phase 0) wait in the queue.  Windows Internals, 7th ed., part 2, chapter 8 "System worker threads".
 */
#include "exp.h"
#include "ke.h"

static_assert(sizeof(WORK_QUEUE_ITEM) == 0x20, "WORK_QUEUE_ITEM is ABI");

#define WORKER_QUEUES 3
#define WORKER_MAXIMUM 16

typedef struct _EX_WORK_QUEUE
{
    KQUEUE Queue;
    volatile LONG Threads;  /* exist */
    volatile LONG Busy;     /* inside a routine */
    LONG Initial;
    KPRIORITY Priority;
} EX_WORK_QUEUE;

/* Indexed by CriticalWorkQueue, DelayedWorkQueue, HyperCriticalWorkQueue. */
static EX_WORK_QUEUE ExWorkerQueue[WORKER_QUEUES] = {
    {.Initial = 2, .Priority = 13},
    {.Initial = 2, .Priority = 12},
    {.Initial = 1, .Priority = 15},
};
static BOOLEAN ExpWorkersStarted;
static WORK_QUEUE_ITEM ExpGrowItem[WORKER_QUEUES];
static volatile LONG ExpGrowPending[WORKER_QUEUES];

static VOID NTAPI ExpWorkerThread(PVOID Context)
{
    EX_WORK_QUEUE *Queue = Context;

    KeSetPriorityThread(KeGetCurrentThread(), Queue->Priority);
    for (;;) {
        PLIST_ENTRY Link = KeRemoveQueue(&Queue->Queue, KernelMode, NULL);
        PWORK_QUEUE_ITEM Item = CONTAINING_RECORD(Link, WORK_QUEUE_ITEM, List);
        PWORKER_THREAD_ROUTINE Routine = Item->WorkerRoutine;
        PVOID Parameter = Item->Parameter;

        Item->List.Flink = NULL; /* the item may be queued again, or freed, by its routine */
        InterlockedIncrement(&Queue->Busy);
        Routine(Parameter);
        InterlockedDecrement(&Queue->Busy);
        if (KeGetCurrentIrql() != PASSIVE_LEVEL || KeGetCurrentThread()->KernelApcDisable != 0) {
            KeBugCheckEx(0xE1 /* WORKER_THREAD_RETURNED_AT_BAD_IRQL */, (ULONG_PTR)Routine, KeGetCurrentIrql(), (ULONG_PTR)Parameter,
                         (ULONG_PTR)Item);
        }
    }
}

static void ExpCreateWorker(EX_WORK_QUEUE *Queue)
{
    HANDLE Thread;
    NTSTATUS Status = PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, ExpWorkerThread, Queue);

    if (NT_SUCCESS(Status)) {
        InterlockedIncrement(&Queue->Threads);
        ZwClose(Thread);
    } else {
        KdPrint_("Ex: no worker thread: %08lx\n", Status);
    }
}

/* Runs on the hyper-critical queue. */
static VOID NTAPI ExpGrowQueue(PVOID Context)
{
    EX_WORK_QUEUE *Queue = Context;

    ExpGrowPending[Queue - ExWorkerQueue] = 0;
    if (Queue->Threads < WORKER_MAXIMUM && Queue->Busy >= Queue->Threads) {
        ExpCreateWorker(Queue);
    }
}

static ULONG ExpMapWorkQueue(WORK_QUEUE_TYPE Type)
{
    if (Type >= CustomPriorityWorkQueue) {
        LONG Priority = (LONG)Type - CustomPriorityWorkQueue;

        return Priority >= 15 ? HyperCriticalWorkQueue : Priority >= 13 ? CriticalWorkQueue : DelayedWorkQueue;
    }
    switch (Type) {
    case CriticalWorkQueue:
        return CriticalWorkQueue;
    case HyperCriticalWorkQueue:
    case SuperCriticalWorkQueue:
    case RealTimeWorkQueue:
        return HyperCriticalWorkQueue;
    default:
        return DelayedWorkQueue;
    }
}

VOID NTAPI ExQueueWorkItem(PWORK_QUEUE_ITEM Item, WORK_QUEUE_TYPE Type)
{
    ULONG Index = ExpMapWorkQueue(Type);
    EX_WORK_QUEUE *Queue = &ExWorkerQueue[Index];

    ASSERT_IRQL_LE(DISPATCH_LEVEL);
    if (Item->List.Flink != NULL) {
        KeBugCheckEx(0x96 /* INVALID_WORK_QUEUE_ITEM */, 0, (ULONG_PTR)Item, (ULONG_PTR)&Queue->Queue, 0);
    }
    KeInsertQueue(&Queue->Queue, &Item->List);
    if (ExpWorkersStarted && Queue->Busy >= Queue->Threads && Index != HyperCriticalWorkQueue && Queue->Threads < WORKER_MAXIMUM &&
        InterlockedExchange(&ExpGrowPending[Index], 1) == 0) {
        ExInitializeWorkItem(&ExpGrowItem[Index], ExpGrowQueue, Queue);
        KeInsertQueue(&ExWorkerQueue[HyperCriticalWorkQueue].Queue, &ExpGrowItem[Index].List);
    }
}

/* Phase 0: the queues, so that items can be left there. */
void ExpInitializeWorkQueues(void)
{
    for (ULONG i = 0; i < WORKER_QUEUES; i++) {
        KeInitializeQueue(&ExWorkerQueue[i].Queue, 0);
    }
}

void ExpInitializeWorkers(void)
{
    for (ULONG i = 0; i < WORKER_QUEUES; i++) {
        for (LONG Count = 0; Count < ExWorkerQueue[i].Initial; Count++) {
            ExpCreateWorker(&ExWorkerQueue[i]);
        }
    }
    ExpWorkersStarted = TRUE;
}

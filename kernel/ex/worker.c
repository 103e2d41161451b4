/* SPDX-License-Identifier: MIT */
/*
 * worker.c - system worker threads: routines that drivers and the kernel want called later, at PASSIVE_LEVEL in the system process.
 *
 * Three queues with their own threads: delayed (priority 12), critical (13) and hyper-critical (15); the newer queue types are mapped to
 * these.  A kernel queue (KQUEUE) limits how many of a queue's threads run at once to the number of processors, and lets another go on when one of them blocks.
 * When items wait and all threads of a queue are blocked, a thread is added, up to a limit, and one that finds nothing to do for a second while there are
 * more than at the start ends; NT leaves the first to its balance-set manager, and waits longer for the second.
 * Items queued before the threads exist (phase 0) wait in the queue.  Windows Internals, 7th ed., part 2, chapter 8 "System worker threads".
 */
#include "exp.h"
#include "ke.h"

static_assert(sizeof(WORK_QUEUE_ITEM) == 0x20, "WORK_QUEUE_ITEM is ABI");

#define WORKER_QUEUES 3
#define WORKER_MAXIMUM 16
#define WORKER_IDLE (-10000000LL) /* a second */

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

/*
 * Whether the running thread, idle for a while, may end.  It is not counted any more before it looks for items once more, whereas who queues one looks at the
 * count afterwards: one of the two sees the other, and no item waits for a thread that has gone.
 */
static BOOLEAN ExpMayLeave(EX_WORK_QUEUE *Queue)
{
    if (InterlockedDecrement(&Queue->Threads) >= Queue->Initial && KeReadStateQueue(&Queue->Queue) == 0) {
        return TRUE;
    }
    InterlockedIncrement(&Queue->Threads);
    return FALSE;
}

/* The next item; NULL: the thread is to end. */
static PLIST_ENTRY ExpNextItem(EX_WORK_QUEUE *Queue)
{
    LARGE_INTEGER Idle = {.QuadPart = WORKER_IDLE};
    PLIST_ENTRY Link;

    do {
        Link = KeRemoveQueue(&Queue->Queue, KernelMode, Queue->Threads > Queue->Initial ? &Idle : NULL);
        if ((ULONG_PTR)Link != STATUS_TIMEOUT) {
            return Link;
        }
    } while (!ExpMayLeave(Queue));
    return NULL;
}

static VOID NTAPI ExpGrowQueue(PVOID Context);

/*
 * Items wait and no thread is idle: one more is asked for.  To be called when an item has been queued, and when a thread is about to call a routine, which may
 * be one that waits for what the next item does.
 */
static void ExpAskForWorker(EX_WORK_QUEUE *Queue)
{
    ULONG Index = (ULONG)(Queue - ExWorkerQueue);

    if (ExpWorkersStarted && Index != HyperCriticalWorkQueue && Queue->Busy >= Queue->Threads && Queue->Threads < WORKER_MAXIMUM &&
        KeReadStateQueue(&Queue->Queue) != 0 && InterlockedExchange(&ExpGrowPending[Index], 1) == 0) {
        ExInitializeWorkItem(&ExpGrowItem[Index], ExpGrowQueue, Queue);
        KeInsertQueue(&ExWorkerQueue[HyperCriticalWorkQueue].Queue, &ExpGrowItem[Index].List);
    }
}

static VOID NTAPI ExpWorkerThread(PVOID Context)
{
    EX_WORK_QUEUE *Queue = Context;
    PLIST_ENTRY Link;

    KeSetPriorityThread(KeGetCurrentThread(), Queue->Priority);
    while ((Link = ExpNextItem(Queue)) != NULL) {
        PWORK_QUEUE_ITEM Item = CONTAINING_RECORD(Link, WORK_QUEUE_ITEM, List);
        PWORKER_THREAD_ROUTINE Routine = Item->WorkerRoutine;
        PVOID Parameter = Item->Parameter;

        Item->List.Flink = NULL; /* the item may be queued again, or freed, by its routine */
        InterlockedIncrement(&Queue->Busy);
        ExpAskForWorker(Queue);
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
    NTSTATUS Status;

    InterlockedIncrement(&Queue->Threads); /* it counts from its first instruction on */
    Status = PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, ExpWorkerThread, Queue);
    if (NT_SUCCESS(Status)) {
        ZwClose(Thread);
    } else {
        InterlockedDecrement(&Queue->Threads);
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
    EX_WORK_QUEUE *Queue = &ExWorkerQueue[ExpMapWorkQueue(Type)];

    ASSERT_IRQL_LE(DISPATCH_LEVEL);
    if (Item->List.Flink != NULL) {
        KeBugCheckEx(0x96 /* INVALID_WORK_QUEUE_ITEM */, 0, (ULONG_PTR)Item, (ULONG_PTR)&Queue->Queue, 0);
    }
    KeInsertQueue(&Queue->Queue, &Item->List);
    ExpAskForWorker(Queue);
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

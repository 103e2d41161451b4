/* SPDX-License-Identifier: MIT */
/*
 * time.c - deferred procedure calls, timers, work items.
 */
#include "kt.h"

typedef struct _KT_CALL
{
    KDPC Dpc;
    KEVENT Done;
    volatile LONG Count;
    KIRQL Irql;
    PVOID Argument1, Argument2;
} KT_CALL;

static VOID NTAPI KtDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    KT_CALL *Call = Context;

    UNREFERENCED_PARAMETER(Dpc);
    Call->Irql = KeGetCurrentIrql();
    Call->Argument1 = Argument1;
    Call->Argument2 = Argument2;
    InterlockedIncrement(&Call->Count);
    KeSetEvent(&Call->Done, 0, FALSE);
}

static void KtInitializeCall(KT_CALL *Call, EVENT_TYPE Type)
{
    RtlZeroMemory(Call, sizeof(*Call));
    KeInitializeDpc(&Call->Dpc, KtDpc, Call);
    KeInitializeEvent(&Call->Done, Type, FALSE);
}

VOID KtTestDpcs(KTEST *Test)
{
    KT_CALL Call;
    KIRQL Irql;

    KtInitializeCall(&Call, NotificationEvent);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    CHECK(KeInsertQueueDpc(&Call.Dpc, (PVOID)1, (PVOID)2));
    CHECK(!KeInsertQueueDpc(&Call.Dpc, (PVOID)3, (PVOID)4)); /* queued already */
    CHECK_EQUAL(Call.Count, 0);
    KeLowerIrql(Irql);
    CHECK_EQUAL(Call.Count, 1); /* lowering the IRQL ran it */
    CHECK_EQUAL(Call.Irql, DISPATCH_LEVEL);
    CHECK_EQUAL(Call.Argument1, 1);
    CHECK_EQUAL(Call.Argument2, 2);

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    CHECK(KeInsertQueueDpc(&Call.Dpc, NULL, NULL));
    CHECK(KeRemoveQueueDpc(&Call.Dpc));
    CHECK(!KeRemoveQueueDpc(&Call.Dpc));
    KeLowerIrql(Irql);
    CHECK_EQUAL(Call.Count, 1);
    KeInsertQueueDpc(&Call.Dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    CHECK_EQUAL(Call.Count, 2);
}

VOID KtTestTimers(KTEST *Test)
{
    KT_CALL Call;
    KTIMER Timer;
    LARGE_INTEGER Due = KtMilliseconds(20), Limit = KtMilliseconds(10000), Far = KtMilliseconds(3600000);

    KtInitializeCall(&Call, NotificationEvent);
    KeInitializeTimer(&Timer);
    CHECK(!KeReadStateTimer(&Timer));
    CHECK(!KeSetTimer(&Timer, Due, &Call.Dpc));
    CHECK_STATUS(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
    CHECK_STATUS(KeWaitForSingleObject(&Call.Done, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
    CHECK(KeReadStateTimer(&Timer));
    CHECK_EQUAL(Call.Count, 1);
    CHECK(!KeCancelTimer(&Timer)); /* has expired */

    CHECK(!KeSetTimer(&Timer, Far, NULL));
    CHECK(KeSetTimer(&Timer, Far, NULL)); /* was running */
    CHECK(!KeReadStateTimer(&Timer));
    CHECK(KeCancelTimer(&Timer));
    CHECK(!KeCancelTimer(&Timer));

    /* An absolute time in the past expires at once. */
    LARGE_INTEGER Past;
    KeQuerySystemTime(&Past);
    Past.QuadPart -= 10000;
    KeSetTimer(&Timer, Past, NULL);
    CHECK_STATUS(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
}

VOID KtTestPeriodicTimer(KTEST *Test)
{
    KT_CALL Call;
    KTIMER Timer;
    LARGE_INTEGER Due = KtMilliseconds(10), Limit = KtMilliseconds(10000);

    KtInitializeCall(&Call, NotificationEvent);
    KeInitializeTimerEx(&Timer, SynchronizationTimer);
    KeSetTimerEx(&Timer, Due, 10, &Call.Dpc);
    for (ULONG i = 0; i < 3; i++) {
        CHECK_STATUS(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
    }
    CHECK(KeCancelTimer(&Timer));
    KeFlushQueuedDpcs();
    CHECK(Call.Count >= 2);
    LONG Count = Call.Count;
    LARGE_INTEGER Wait = KtMilliseconds(40);
    KeDelayExecutionThread(KernelMode, FALSE, &Wait);
    CHECK_EQUAL(Call.Count, Count);
}

typedef struct _KT_WORK
{
    WORK_QUEUE_ITEM Item;
    KEVENT Done;
    KIRQL Irql;
    PEPROCESS Process;
    PDEVICE_OBJECT Device;
} KT_WORK;

static VOID NTAPI KtExWork(PVOID Context)
{
    KT_WORK *Work = Context;

    Work->Irql = KeGetCurrentIrql();
    Work->Process = PsGetCurrentProcess();
    KeSetEvent(&Work->Done, 0, FALSE);
}

static VOID NTAPI KtIoWork(PDEVICE_OBJECT Device, PVOID Context)
{
    ((KT_WORK *)Context)->Device = Device;
    KtExWork(Context);
}

VOID KtTestWorkItems(KTEST *Test)
{
    PIO_WORKITEM Item = IoAllocateWorkItem(KtDevice);
    KT_WORK Work = { .Irql = HIGH_LEVEL };
    LARGE_INTEGER Limit = KtMilliseconds(10000);

    REQUIRE(Item != NULL);
    KeInitializeEvent(&Work.Done, SynchronizationEvent, FALSE);
    for (ULONG i = 0; i < 3; i++) {
        IoQueueWorkItem(Item, KtIoWork, i == 1 ? CriticalWorkQueue : DelayedWorkQueue, &Work);
        REQUIRE(CHECK_STATUS(KeWaitForSingleObject(&Work.Done, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS));
    }
    CHECK_EQUAL(Work.Irql, PASSIVE_LEVEL);
    CHECK_EQUAL(Work.Process, PsInitialSystemProcess);
    CHECK_EQUAL(Work.Device, KtDevice);
    IoFreeWorkItem(Item);
}

VOID KtTestExWorkItems(KTEST *Test)
{
    static KT_WORK Work[20];
    LARGE_INTEGER Limit = KtMilliseconds(10000);

    for (ULONG i = 0; i < RTL_NUMBER_OF(Work); i++) {
        KeInitializeEvent(&Work[i].Done, NotificationEvent, FALSE);
        ExInitializeWorkItem(&Work[i].Item, KtExWork, &Work[i]);
        ExQueueWorkItem(&Work[i].Item, DelayedWorkQueue);
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Work); i++) {
        CHECK_STATUS(KeWaitForSingleObject(&Work[i].Done, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
        CHECK_EQUAL(Work[i].Process, PsInitialSystemProcess);
    }
}

typedef struct _KT_CHAIN
{
    WORK_QUEUE_ITEM Item;
    KEVENT *Before, Here; /* waits for the one queued after it */
    PETHREAD Thread;
    NTSTATUS Status;
} KT_CHAIN;

static VOID NTAPI KtChainWork(PVOID Context)
{
    KT_CHAIN *Link = Context;
    LARGE_INTEGER Limit = KtMilliseconds(60000);

    Link->Thread = PsGetCurrentThread();
    ObReferenceObject(Link->Thread);
    Link->Status = Link->Before != NULL ? KeWaitForSingleObject(Link->Before, Executive, KernelMode, FALSE, &Limit) : STATUS_SUCCESS;
    KeSetEvent(&Link->Here, IO_NO_INCREMENT, FALSE);
}

/* Each item waits for the one behind it in the queue: that comes out only if threads are added as long as items wait.  Those threads end again. */
VOID KtTestWorkersComeAndGo(KTEST *Test)
{
    static KT_CHAIN Link[8];
    LARGE_INTEGER Limit = KtMilliseconds(60000);
    ULONG Ended = 0;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Link); i++) {
        KeInitializeEvent(&Link[i].Here, NotificationEvent, FALSE);
        Link[i].Before = i + 1 < RTL_NUMBER_OF(Link) ? &Link[i + 1].Here : NULL;
        ExInitializeWorkItem(&Link[i].Item, KtChainWork, &Link[i]);
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Link); i++) {
        ExQueueWorkItem(&Link[i].Item, DelayedWorkQueue);
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Link); i++) {
        CHECK_STATUS(KeWaitForSingleObject(&Link[i].Here, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
        CHECK_STATUS(Link[i].Status, STATUS_SUCCESS);
    }
    /* As many as there were at first, two, may be among the eight; a thread is signalled when it has ended. */
    for (ULONG Tries = 0; Ended < RTL_NUMBER_OF(Link) - 2 && Tries < 600; Tries++) {
        LARGE_INTEGER Delay = KtMilliseconds(100);

        KeDelayExecutionThread(KernelMode, FALSE, &Delay);
        Ended = 0;
        for (ULONG i = 0; i < RTL_NUMBER_OF(Link); i++) {
            Ended += KeReadStateEvent((PRKEVENT)Link[i].Thread) != 0;
        }
    }
    CHECK(Ended >= RTL_NUMBER_OF(Link) - 2);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Link); i++) {
        ObDereferenceObject(Link[i].Thread);
    }
}

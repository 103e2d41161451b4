/* SPDX-License-Identifier: MIT */
/*
 * dispatch.c - IRQL, spin locks, the dispatcher's objects, waits for one, any and all.
 */
#include "kt.h"

/* A wait that must not block: STATUS_TIMEOUT means "not signalled". */
static NTSTATUS KtPoll(PVOID Object)
{
    LARGE_INTEGER Zero = { .QuadPart = 0 };

    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Zero);
}

VOID KtTestIrql(KTEST *Test)
{
    KIRQL Irql, Inner;

    CHECK_EQUAL(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeRaiseIrql(APC_LEVEL, &Irql);
    CHECK_EQUAL(Irql, PASSIVE_LEVEL);
    CHECK_EQUAL(KeGetCurrentIrql(), APC_LEVEL);
    Inner = KeRaiseIrqlToDpcLevel();
    CHECK_EQUAL(Inner, APC_LEVEL);
    CHECK_EQUAL(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(Inner);
    KeLowerIrql(Irql);
    CHECK_EQUAL(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

VOID KtTestSpinLocks(KTEST *Test)
{
    KSPIN_LOCK Lock;
    KLOCK_QUEUE_HANDLE Queue;
    KIRQL Irql;

    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &Irql);
    CHECK_EQUAL(Irql, PASSIVE_LEVEL);
    CHECK_EQUAL(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK(!KeTryToAcquireSpinLockAtDpcLevel(&Lock));
    CHECK(!KeTestSpinLock(&Lock));
    KeReleaseSpinLock(&Lock, Irql);
    CHECK_EQUAL(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK(KeTestSpinLock(&Lock));

    KeInitializeSpinLock(&Lock);
    KeAcquireInStackQueuedSpinLock(&Lock, &Queue);
    CHECK_EQUAL(KeGetCurrentIrql(), DISPATCH_LEVEL);
    CHECK(Lock != 0);
    KeReleaseInStackQueuedSpinLock(&Queue);
    CHECK_EQUAL(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK_EQUAL(Lock, 0);
}

VOID KtTestEvents(KTEST *Test)
{
    KEVENT Event;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    CHECK_EQUAL(KeReadStateEvent(&Event), 0);
    CHECK_STATUS(KtPoll(&Event), STATUS_TIMEOUT);
    CHECK_EQUAL(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE), 0);
    CHECK_EQUAL(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE), 1);
    CHECK_STATUS(KtPoll(&Event), STATUS_SUCCESS);
    CHECK_STATUS(KtPoll(&Event), STATUS_SUCCESS); /* stays set */
    CHECK_EQUAL(KeResetEvent(&Event), 1);
    CHECK_STATUS(KtPoll(&Event), STATUS_TIMEOUT);

    KeInitializeEvent(&Event, SynchronizationEvent, TRUE);
    CHECK_STATUS(KtPoll(&Event), STATUS_SUCCESS);
    CHECK_STATUS(KtPoll(&Event), STATUS_TIMEOUT); /* the wait took it */
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    KeClearEvent(&Event);
    CHECK_STATUS(KtPoll(&Event), STATUS_TIMEOUT);
}

static VOID NTAPI KtPollMutex(PVOID Context)
{
    PVOID *Pair = Context;

    *(NTSTATUS *)Pair[1] = KtPoll(Pair[0]);
    if (*(NTSTATUS *)Pair[1] == STATUS_SUCCESS) {
        KeReleaseMutex(Pair[0], FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID KtTestMutexes(KTEST *Test)
{
    KMUTEX Mutex;
    NTSTATUS Other = STATUS_UNSUCCESSFUL;
    PVOID Pair[2] = { &Mutex, &Other }, Thread;

    KeInitializeMutex(&Mutex, 0);
    CHECK_EQUAL(KeReadStateMutex(&Mutex), 1);
    CHECK_STATUS(KtPoll(&Mutex), STATUS_SUCCESS);
    CHECK_STATUS(KtPoll(&Mutex), STATUS_SUCCESS); /* the owner may take it again */
    Thread = KtStartThread(KtPollMutex, Pair);
    REQUIRE(Thread != NULL && KtJoinThread(Thread));
    CHECK_STATUS(Other, STATUS_TIMEOUT);
    CHECK(KeReleaseMutex(&Mutex, FALSE) != 0);
    CHECK_EQUAL(KeReleaseMutex(&Mutex, FALSE), 0);
    Thread = KtStartThread(KtPollMutex, Pair);
    REQUIRE(Thread != NULL && KtJoinThread(Thread));
    CHECK_STATUS(Other, STATUS_SUCCESS);
    CHECK_EQUAL(KeReadStateMutex(&Mutex), 1);
}

VOID KtTestSemaphores(KTEST *Test)
{
    KSEMAPHORE Semaphore;

    KeInitializeSemaphore(&Semaphore, 1, 3);
    CHECK_STATUS(KtPoll(&Semaphore), STATUS_SUCCESS);
    CHECK_STATUS(KtPoll(&Semaphore), STATUS_TIMEOUT);
    CHECK_EQUAL(KeReleaseSemaphore(&Semaphore, 0, 3, FALSE), 0);
    CHECK_EQUAL(KeReadStateSemaphore(&Semaphore), 3);
    for (ULONG i = 0; i < 3; i++) {
        CHECK_STATUS(KtPoll(&Semaphore), STATUS_SUCCESS);
    }
    CHECK_STATUS(KtPoll(&Semaphore), STATUS_TIMEOUT);
}

static VOID NTAPI KtSetLater(PVOID Event)
{
    LARGE_INTEGER Wait = KtMilliseconds(20);

    KeDelayExecutionThread(KernelMode, FALSE, &Wait);
    KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID KtTestWaitAny(KTEST *Test)
{
    KEVENT Event[3];
    PVOID Object[3], Thread;
    LARGE_INTEGER Zero = { .QuadPart = 0 }, Limit = KtMilliseconds(10000);

    for (ULONG i = 0; i < 3; i++) {
        KeInitializeEvent(&Event[i], SynchronizationEvent, FALSE);
        Object[i] = &Event[i];
    }
    CHECK_STATUS(KeWaitForMultipleObjects(3, Object, WaitAny, Executive, KernelMode, FALSE, &Zero, NULL), STATUS_TIMEOUT);
    KeSetEvent(&Event[2], 0, FALSE);
    CHECK_STATUS(KeWaitForMultipleObjects(3, Object, WaitAny, Executive, KernelMode, FALSE, &Zero, NULL), STATUS_WAIT_2);
    KeSetEvent(&Event[2], 0, FALSE);
    KeSetEvent(&Event[1], 0, FALSE);
    CHECK_STATUS(KeWaitForMultipleObjects(3, Object, WaitAny, Executive, KernelMode, FALSE, &Zero, NULL), STATUS_WAIT_1);
    CHECK_EQUAL(KeReadStateEvent(&Event[1]), 0);
    CHECK_EQUAL(KeReadStateEvent(&Event[2]), 1); /* only what satisfied the wait is taken */
    KeClearEvent(&Event[2]);
    Thread = KtStartThread(KtSetLater, &Event[0]);
    REQUIRE(Thread != NULL);
    CHECK_STATUS(KeWaitForMultipleObjects(3, Object, WaitAny, Executive, KernelMode, FALSE, &Limit, NULL), STATUS_WAIT_0);
    CHECK(KtJoinThread(Thread));
}

VOID KtTestWaitAll(KTEST *Test)
{
    KEVENT Event[3];
    PVOID Object[3], Thread;
    LARGE_INTEGER Zero = { .QuadPart = 0 }, Limit = KtMilliseconds(10000);

    for (ULONG i = 0; i < 3; i++) {
        KeInitializeEvent(&Event[i], SynchronizationEvent, i != 1);
        Object[i] = &Event[i];
    }
    CHECK_STATUS(KeWaitForMultipleObjects(3, Object, WaitAll, Executive, KernelMode, FALSE, &Zero, NULL), STATUS_TIMEOUT);
    CHECK_EQUAL(KeReadStateEvent(&Event[0]), 1); /* none is taken before all are there */
    Thread = KtStartThread(KtSetLater, &Event[1]);
    REQUIRE(Thread != NULL);
    CHECK_STATUS(KeWaitForMultipleObjects(3, Object, WaitAll, Executive, KernelMode, FALSE, &Limit, NULL), STATUS_SUCCESS);
    CHECK(KtJoinThread(Thread));
    for (ULONG i = 0; i < 3; i++) {
        CHECK_EQUAL(KeReadStateEvent(&Event[i]), 0);
    }
}

VOID KtTestWaitManyObjects(KTEST *Test)
{
    static KEVENT Event[MAXIMUM_WAIT_OBJECTS];
    static PVOID Object[MAXIMUM_WAIT_OBJECTS];
    PKWAIT_BLOCK Blocks = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(KWAIT_BLOCK) * MAXIMUM_WAIT_OBJECTS, KT_TAG);
    PVOID Thread;
    LARGE_INTEGER Limit = KtMilliseconds(10000);

    REQUIRE(Blocks != NULL);
    for (ULONG i = 0; i < MAXIMUM_WAIT_OBJECTS; i++) {
        KeInitializeEvent(&Event[i], NotificationEvent, FALSE);
        Object[i] = &Event[i];
    }
    Thread = KtStartThread(KtSetLater, &Event[63]);
    REQUIRE(Thread != NULL);
    CHECK_STATUS(KeWaitForMultipleObjects(64, Object, WaitAny, Executive, KernelMode, FALSE, &Limit, Blocks), STATUS_WAIT_63);
    CHECK(KtJoinThread(Thread));
    ExFreePoolWithTag(Blocks, KT_TAG);
}

typedef struct _KT_PING
{
    KEVENT There, Back;
    ULONG Rounds;
} KT_PING;

static VOID NTAPI KtPong(PVOID Context)
{
    KT_PING *Ping = Context;

    for (ULONG i = 0; i < Ping->Rounds; i++) {
        KeWaitForSingleObject(&Ping->There, Executive, KernelMode, FALSE, NULL);
        KeSetEvent(&Ping->Back, 0, FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID KtTestPingPong(KTEST *Test)
{
    KT_PING Ping = { .Rounds = 500 };
    PVOID Thread;
    LARGE_INTEGER Limit = KtMilliseconds(10000);

    KeInitializeEvent(&Ping.There, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Ping.Back, SynchronizationEvent, FALSE);
    Thread = KtStartThread(KtPong, &Ping);
    REQUIRE(Thread != NULL);
    for (ULONG i = 0; i < Ping.Rounds; i++) {
        KeSetEvent(&Ping.There, 0, FALSE);
        if (!CHECK_STATUS(KeWaitForSingleObject(&Ping.Back, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS)) {
            break;
        }
    }
    CHECK(KtJoinThread(Thread));
}

VOID KtTestDelay(KTEST *Test)
{
    ULONG64 Before = KeQueryInterruptTime();
    LARGE_INTEGER Wait = KtMilliseconds(30), Frequency;
    LARGE_INTEGER Counter = KeQueryPerformanceCounter(&Frequency);

    CHECK_STATUS(KeDelayExecutionThread(KernelMode, FALSE, &Wait), STATUS_SUCCESS);
    CHECK(KeQueryInterruptTime() - Before >= 150000); /* a tick may be cut off at either end */
    CHECK(Frequency.QuadPart > 0);
    CHECK(KeQueryPerformanceCounter(NULL).QuadPart > Counter.QuadPart);
}

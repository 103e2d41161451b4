/* SPDX-License-Identifier: MIT */
/*
 * threads.c - system threads, kernel APCs, attaching to a process.
 */
#include "kt.h"

typedef struct _KT_SEEN
{
    PEPROCESS Process;
    HANDLE ProcessId;
    KIRQL Irql;
    BOOLEAN System;
    KPRIORITY Priority;
} KT_SEEN;

static VOID NTAPI KtLook(PVOID Context)
{
    KT_SEEN *Seen = Context;

    Seen->Process = PsGetCurrentProcess();
    Seen->ProcessId = PsGetCurrentProcessId();
    Seen->Irql = KeGetCurrentIrql();
    Seen->System = PsIsSystemThread(PsGetCurrentThread());
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID KtTestSystemThreads(KTEST *Test)
{
    KT_SEEN Seen = { .Irql = HIGH_LEVEL };
    PVOID Thread = KtStartThread(KtLook, &Seen);
    CLIENT_ID Id;
    HANDLE Handle;
    LARGE_INTEGER Limit = KtMilliseconds(10000);

    REQUIRE(Thread != NULL);
    CHECK_STATUS(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
    ObDereferenceObject(Thread);
    CHECK_EQUAL(Seen.Process, PsInitialSystemProcess);
    CHECK_EQUAL(Seen.ProcessId, 4);
    CHECK_EQUAL(Seen.Irql, PASSIVE_LEVEL);
    CHECK(Seen.System);

    /* In the caller's process. */
    REQUIRE(CHECK_STATUS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), &Id, KtLook, &Seen), STATUS_SUCCESS));
    CHECK_STATUS(ZwWaitForSingleObject(Handle, FALSE, &Limit), STATUS_SUCCESS);
    ZwClose(Handle);
    CHECK_EQUAL(Seen.Process, PsGetCurrentProcess());
    CHECK_EQUAL(Seen.ProcessId, PsGetCurrentProcessId());
    CHECK_EQUAL(Id.UniqueProcess, PsGetCurrentProcessId());
}

static VOID NTAPI KtLookPriority(PVOID Context)
{
    KT_SEEN *Seen = Context;

    KeSetPriorityThread(KeGetCurrentThread(), LOW_REALTIME_PRIORITY + 1);
    Seen->Priority = KeQueryPriorityThread(KeGetCurrentThread());
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID KtTestThreadPriority(KTEST *Test)
{
    KT_SEEN Seen = { 0 };
    PVOID Thread = KtStartThread(KtLookPriority, &Seen);

    REQUIRE(Thread != NULL && KtJoinThread(Thread));
    CHECK_EQUAL(Seen.Priority, LOW_REALTIME_PRIORITY + 1);
    CHECK(KeQueryPriorityThread(KeGetCurrentThread()) >= 1);
}

typedef struct _KT_APC_SEEN
{
    KAPC Apc;
    volatile LONG Kernel, Normal;
    KIRQL KernelIrql, NormalIrql;
    PVOID Argument1;
    PETHREAD Thread;
    KEVENT Done;
} KT_APC_SEEN;

static VOID NTAPI KtApcKernel(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *Argument1, PVOID *Argument2)
{
    KT_APC_SEEN *Seen = CONTAINING_RECORD(Apc, KT_APC_SEEN, Apc);

    UNREFERENCED_PARAMETER(NormalRoutine);
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(Argument2);
    Seen->KernelIrql = KeGetCurrentIrql();
    Seen->Argument1 = *Argument1;
    Seen->Thread = PsGetCurrentThread();
    InterlockedIncrement(&Seen->Kernel);
    KeSetEvent(&Seen->Done, 0, FALSE);
}

static VOID NTAPI KtApcNormal(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    KT_APC_SEEN *Seen = Context;

    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Seen->NormalIrql = KeGetCurrentIrql();
    InterlockedIncrement(&Seen->Normal);
}

VOID KtTestKernelApcs(KTEST *Test)
{
    KT_APC_SEEN Seen = { .KernelIrql = HIGH_LEVEL, .NormalIrql = HIGH_LEVEL };
    KIRQL Irql;

    KeInitializeEvent(&Seen.Done, NotificationEvent, FALSE);
    /* A special kernel APC to oneself runs at once, unless the IRQL or a guarded region is in the way. */
    KeInitializeApc(&Seen.Apc, (PKTHREAD)KeGetCurrentThread(), OriginalApcEnvironment, KtApcKernel, NULL, NULL, KernelMode, NULL);
    CHECK(KeInsertQueueApc(&Seen.Apc, (PVOID)5, NULL, 0));
    CHECK_EQUAL(Seen.Kernel, 1);
    CHECK_EQUAL(Seen.KernelIrql, APC_LEVEL);
    CHECK_EQUAL(Seen.Argument1, 5);

    KeRaiseIrql(APC_LEVEL, &Irql);
    CHECK(KeInsertQueueApc(&Seen.Apc, NULL, NULL, 0));
    CHECK(!KeInsertQueueApc(&Seen.Apc, NULL, NULL, 0)); /* queued already */
    CHECK_EQUAL(Seen.Kernel, 1);
    KeLowerIrql(Irql);
    CHECK_EQUAL(Seen.Kernel, 2);

    KeEnterGuardedRegion();
    CHECK(KeAreAllApcsDisabled());
    KeInsertQueueApc(&Seen.Apc, NULL, NULL, 0);
    CHECK_EQUAL(Seen.Kernel, 2);
    KeLeaveGuardedRegion();
    CHECK_EQUAL(Seen.Kernel, 3);

    /* A normal kernel APC also waits for the end of a critical region. */
    KeInitializeApc(&Seen.Apc, (PKTHREAD)KeGetCurrentThread(), OriginalApcEnvironment, KtApcKernel, NULL, KtApcNormal, KernelMode, &Seen);
    KeEnterCriticalRegion();
    CHECK(KeAreApcsDisabled());
    CHECK(!KeAreAllApcsDisabled());
    KeInsertQueueApc(&Seen.Apc, NULL, NULL, 0);
    CHECK_EQUAL(Seen.Normal, 0);
    KeLeaveCriticalRegion();
    CHECK_EQUAL(Seen.Normal, 1);
    CHECK_EQUAL(Seen.Kernel, 4);
    CHECK_EQUAL(Seen.NormalIrql, PASSIVE_LEVEL);
}

typedef struct _KT_SLEEPER
{
    KEVENT Started, Wake;
    NTSTATUS Status;
} KT_SLEEPER;

static VOID NTAPI KtSleep(PVOID Context)
{
    KT_SLEEPER *Sleeper = Context;

    KeSetEvent(&Sleeper->Started, 0, FALSE);
    Sleeper->Status = KeWaitForSingleObject(&Sleeper->Wake, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* A kernel APC interrupts another thread's wait, and the wait then goes on. */
VOID KtTestApcsToOthers(KTEST *Test)
{
    KT_APC_SEEN Seen = { .KernelIrql = HIGH_LEVEL };
    KT_SLEEPER Sleeper = { .Status = STATUS_UNSUCCESSFUL };
    LARGE_INTEGER Limit = KtMilliseconds(10000);
    PVOID Thread;

    KeInitializeEvent(&Seen.Done, NotificationEvent, FALSE);
    KeInitializeEvent(&Sleeper.Started, NotificationEvent, FALSE);
    KeInitializeEvent(&Sleeper.Wake, NotificationEvent, FALSE);
    Thread = KtStartThread(KtSleep, &Sleeper);
    REQUIRE(Thread != NULL);
    CHECK_STATUS(KeWaitForSingleObject(&Sleeper.Started, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
    KeInitializeApc(&Seen.Apc, Thread, OriginalApcEnvironment, KtApcKernel, NULL, KtApcNormal, KernelMode, &Seen);
    CHECK(KeInsertQueueApc(&Seen.Apc, NULL, NULL, 0));
    CHECK_STATUS(KeWaitForSingleObject(&Seen.Done, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
    CHECK_EQUAL(Seen.Thread, Thread);
    KeSetEvent(&Sleeper.Wake, 0, FALSE);
    CHECK(KtJoinThread(Thread));
    CHECK_EQUAL(Seen.Normal, 1);
    CHECK_STATUS(Sleeper.Status, STATUS_SUCCESS);
}

VOID KtTestAttach(KTEST *Test)
{
    PEPROCESS Caller = PsGetCurrentProcess(), Found;
    KAPC_STATE State;

    KeStackAttachProcess((PVOID)PsInitialSystemProcess, &State);
    CHECK_EQUAL(PsGetCurrentProcess(), PsInitialSystemProcess);
    KeUnstackDetachProcess(&State);
    CHECK_EQUAL(PsGetCurrentProcess(), Caller);
    REQUIRE(CHECK_STATUS(PsLookupProcessByProcessId(PsGetCurrentProcessId(), &Found), STATUS_SUCCESS));
    CHECK_EQUAL(Found, Caller);
    KeStackAttachProcess((PVOID)Found, &State); /* to where one is already: allowed, does nothing */
    CHECK_EQUAL(PsGetCurrentProcess(), Caller);
    KeUnstackDetachProcess(&State);
    ObDereferenceObject(Found);
    CHECK_STATUS(PsLookupProcessByProcessId((HANDLE)0x7FFFFFFC, &Found), STATUS_INVALID_PARAMETER);
}

VOID KtTestRoutineAddress(KTEST *Test)
{
    UNICODE_STRING There = RTL_CONSTANT_STRING(L"KeSetEvent"), Missing = RTL_CONSTANT_STRING(L"KeDoWhatIsNotThere");

    CHECK(MmGetSystemRoutineAddress(&There) != NULL);
    CHECK(MmGetSystemRoutineAddress(&Missing) == NULL);
}

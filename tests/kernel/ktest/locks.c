/* SPDX-License-Identifier: MIT */
/*
 * locks.c - executive resources, fast mutexes, run-down protection, callback objects.
 */
#include "kt.h"

typedef struct _KT_TRY
{
    PERESOURCE Resource;
    PFAST_MUTEX Mutex;
    BOOLEAN Shared, Exclusive;
} KT_TRY;

/* What another thread gets without waiting. */
static VOID NTAPI KtTryResource(PVOID Context)
{
    KT_TRY *Try = Context;

    KeEnterCriticalRegion();
    Try->Shared = ExAcquireResourceSharedLite(Try->Resource, FALSE);
    if (Try->Shared) {
        ExReleaseResourceLite(Try->Resource);
    }
    Try->Exclusive = ExAcquireResourceExclusiveLite(Try->Resource, FALSE);
    if (Try->Exclusive) {
        ExReleaseResourceLite(Try->Resource);
    }
    KeLeaveCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void KtExpectResource(KTEST *Test, PERESOURCE Resource, BOOLEAN Shared, BOOLEAN Exclusive)
{
    KT_TRY Try = { .Resource = Resource };
    PVOID Thread = KtStartThread(KtTryResource, &Try);

    REQUIRE(Thread != NULL && KtJoinThread(Thread));
    CHECK_EQUAL(Try.Shared, Shared);
    CHECK_EQUAL(Try.Exclusive, Exclusive);
}

static VOID NTAPI KtWriteResource(PVOID Context)
{
    PERESOURCE Resource = Context;

    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(Resource, TRUE);
    ExReleaseResourceLite(Resource);
    KeLeaveCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID KtTestResources(KTEST *Test)
{
    PERESOURCE Resource = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Resource), KT_TAG);
    PVOID Thread;

    REQUIRE(Resource != NULL);
    CHECK_STATUS(ExInitializeResourceLite(Resource), STATUS_SUCCESS);
    KeEnterCriticalRegion();
    CHECK(ExAcquireResourceExclusiveLite(Resource, TRUE));
    CHECK(ExAcquireResourceExclusiveLite(Resource, TRUE)); /* again by its owner */
    CHECK(ExAcquireResourceSharedLite(Resource, FALSE));   /* an exclusive owner may also share */
    CHECK(ExIsResourceAcquiredExclusiveLite(Resource));
    CHECK_EQUAL(ExIsResourceAcquiredSharedLite(Resource), 3);
    KtExpectResource(Test, Resource, FALSE, FALSE);
    ExReleaseResourceLite(Resource);
    ExReleaseResourceLite(Resource);
    ExConvertExclusiveToSharedLite(Resource);
    CHECK(!ExIsResourceAcquiredExclusiveLite(Resource));
    KtExpectResource(Test, Resource, TRUE, FALSE);
    /* A writer waits for the reader. */
    Thread = KtStartThread(KtWriteResource, Resource);
    if (CHECK(Thread != NULL)) {
        LARGE_INTEGER Wait = KtMilliseconds(20);
        CHECK_STATUS(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, &Wait), STATUS_TIMEOUT);
        CHECK_EQUAL(ExGetExclusiveWaiterCount(Resource), 1);
        ExReleaseResourceLite(Resource);
        CHECK(KtJoinThread(Thread));
    }
    KtExpectResource(Test, Resource, TRUE, TRUE);
    KeLeaveCriticalRegion();
    CHECK_STATUS(ExDeleteResourceLite(Resource), STATUS_SUCCESS);
    ExFreePoolWithTag(Resource, KT_TAG);
}

static VOID NTAPI KtTryMutex(PVOID Context)
{
    KT_TRY *Try = Context;

    Try->Exclusive = ExTryToAcquireFastMutex(Try->Mutex);
    if (Try->Exclusive) {
        ExReleaseFastMutex(Try->Mutex);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID KtTestFastMutexes(KTEST *Test)
{
    FAST_MUTEX Mutex;
    KT_TRY Try = { .Mutex = &Mutex };
    PVOID Thread;

    ExInitializeFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    CHECK_EQUAL(KeGetCurrentIrql(), APC_LEVEL);
    Thread = KtStartThread(KtTryMutex, &Try);
    CHECK(Thread != NULL && KtJoinThread(Thread));
    CHECK(!Try.Exclusive);
    ExReleaseFastMutex(&Mutex);
    CHECK_EQUAL(KeGetCurrentIrql(), PASSIVE_LEVEL);
    Thread = KtStartThread(KtTryMutex, &Try);
    CHECK(Thread != NULL && KtJoinThread(Thread));
    CHECK(Try.Exclusive);
}

static VOID NTAPI KtRunDown(PVOID Reference)
{
    ExWaitForRundownProtectionRelease(Reference);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID KtTestRundown(KTEST *Test)
{
    EX_RUNDOWN_REF Reference;
    LARGE_INTEGER Wait = KtMilliseconds(20);
    PVOID Thread;

    ExInitializeRundownProtection(&Reference);
    CHECK(ExAcquireRundownProtection(&Reference));
    CHECK(ExAcquireRundownProtection(&Reference));
    Thread = KtStartThread(KtRunDown, &Reference);
    REQUIRE(Thread != NULL);
    CHECK_STATUS(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, &Wait), STATUS_TIMEOUT);
    CHECK(!ExAcquireRundownProtection(&Reference)); /* no one comes in any more */
    ExReleaseRundownProtection(&Reference);
    CHECK_STATUS(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, &Wait), STATUS_TIMEOUT);
    ExReleaseRundownProtection(&Reference);
    CHECK(KtJoinThread(Thread));
    CHECK(!ExAcquireRundownProtection(&Reference));
    ExReInitializeRundownProtection(&Reference);
    CHECK(ExAcquireRundownProtection(&Reference));
    ExReleaseRundownProtection(&Reference);
}

static VOID NTAPI KtCallback(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    *(PULONG64)Context += (ULONG_PTR)Argument1 + (ULONG_PTR)Argument2;
}

VOID KtTestCallbacks(KTEST *Test)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Callback\\KTest");
    OBJECT_ATTRIBUTES Attributes;
    PCALLBACK_OBJECT Callback;
    ULONG64 Sum = 0;
    PVOID Registration;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    REQUIRE(CHECK_STATUS(ExCreateCallback(&Callback, &Attributes, TRUE, TRUE), STATUS_SUCCESS));
    Registration = ExRegisterCallback(Callback, KtCallback, &Sum);
    if (CHECK(Registration != NULL)) {
        ExNotifyCallback(Callback, (PVOID)3, (PVOID)4);
        CHECK_EQUAL(Sum, 7);
        ExUnregisterCallback(Registration);
        ExNotifyCallback(Callback, (PVOID)3, (PVOID)4);
        CHECK_EQUAL(Sum, 7);
    }
    ObDereferenceObject(Callback);
}

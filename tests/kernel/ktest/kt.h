/* SPDX-License-Identifier: MIT */
/*
 * kt.h - inside ktest.sys: how a self-test says what it expects, and the list of tests.
 *
 * A test is a function KtTestX(KTEST *Test), run at PASSIVE_LEVEL in the thread of the program that asked.  CHECK goes on after a failure and
 * keeps the first one's text; REQUIRE leaves the test.  Compiled with the DDK headers alone: nothing of the kernel's own headers is used.
 */
#ifndef NASCENT_KT_H
#define NASCENT_KT_H

#include <ntifs.h>
#include "tests/user/ktest.h"

#define KT_TAG 0x7473744B /* "Ktst" */

typedef struct _KTEST
{
    KTEST_RESULT *Result;
} KTEST;

BOOLEAN KtCheck(KTEST *Test, BOOLEAN Passed, const char *What, const char *File, int Line);
BOOLEAN KtCheckEqual(KTEST *Test, ULONG64 Got, ULONG64 Expected, const char *What, const char *File, int Line);

#define CHECK(e) KtCheck(Test, (e) ? TRUE : FALSE, #e, __FILE_NAME__, __LINE__)
#define CHECK_EQUAL(got, expected) KtCheckEqual(Test, (ULONG64)(got), (ULONG64)(expected), #got, __FILE_NAME__, __LINE__)
#define CHECK_STATUS(got, expected) KtCheckEqual(Test, (ULONG)(got), (ULONG)(expected), #got, __FILE_NAME__, __LINE__)
#define REQUIRE(e)                                                                                                                       \
    do {                                                                                                                                 \
        if (!CHECK(e)) {                                                                                                                 \
            return;                                                                                                                      \
        }                                                                                                                                \
    } while (0)

/* Exported by every NT, declared by no public header. */
typedef enum _KAPC_ENVIRONMENT
{
    OriginalApcEnvironment,
    AttachedApcEnvironment,
    CurrentApcEnvironment
} KAPC_ENVIRONMENT;
typedef VOID (NTAPI *PKNORMAL_ROUTINE_)(PVOID NormalContext, PVOID SystemArgument1, PVOID SystemArgument2);
typedef VOID (NTAPI *PKKERNEL_ROUTINE_)(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *SystemArgument1,
                                        PVOID *SystemArgument2);
typedef VOID (NTAPI *PKRUNDOWN_ROUTINE_)(PKAPC Apc);
NTKERNELAPI VOID NTAPI KeInitializeApc(PKAPC Apc, PKTHREAD Thread, KAPC_ENVIRONMENT Environment, PKKERNEL_ROUTINE_ KernelRoutine,
                                       PKRUNDOWN_ROUTINE_ RundownRoutine, PKNORMAL_ROUTINE_ NormalRoutine, KPROCESSOR_MODE Mode,
                                       PVOID NormalContext);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment);

/* A relative time-out. */
static inline LARGE_INTEGER KtMilliseconds(LONG Count)
{
    return (LARGE_INTEGER){ .QuadPart = -10000LL * Count };
}

/* A system thread to wait for: its object, referenced; NULL if it could not be made. */
PVOID KtStartThread(PKSTART_ROUTINE Routine, PVOID Context);
/* Waits (at most 10 s) and drops the reference; FALSE if the thread did not end in time. */
BOOLEAN KtJoinThread(PVOID Thread);

#define KT_TESTS(X)                                                                                                                      \
    X(PoolSizes) X(PoolTags) X(PoolAtDispatch) X(LookasideLists) X(SinglyLinkedLists) X(SpinLocks) X(Irql) X(Events) X(Mutexes)          \
    X(Semaphores) X(WaitAny) X(WaitAll) X(WaitManyObjects) X(PingPong) X(Dpcs) X(Timers) X(PeriodicTimer) X(Delay) X(WorkItems)          \
    X(ExWorkItems) X(WorkersComeAndGo) X(Resources) X(FastMutexes) X(Rundown) X(Callbacks) X(SystemThreads) X(ThreadPriority) X(KernelApcs)                  \
    X(ApcsToOthers) X(IrpSynchronous) X(IrpCompletion) X(IrpStack) X(IrpCancel) X(IrpAssociated) X(FileOnDevice) X(Mdls) X(PartialMdls)      \
    X(LockedPages) X(UserMdls)                                                                                                           \
    X(ObjectNames) X(ObjectTypes) X(SymbolicLinks) X(NamePaths) X(PermanentObjects) X(Attach) X(ZwFiles) X(ZwSections) X(ZwProcesses) X(RoutineAddress)

#define X(name) VOID KtTest##name(KTEST *Test);
KT_TESTS(X)
#undef X

/* Set by DriverEntry. */
extern PDRIVER_OBJECT KtDriver;
extern PDEVICE_OBJECT KtDevice;

/* partner.c: the control codes that need user mode. */
NTSTATUS KtControlPartner(PIRP Irp, PIO_STACK_LOCATION Stack);
VOID KtEndPartner(VOID);
NTSTATUS KtComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
#endif

/* SPDX-License-Identifier: MIT */
/*
 * inject.c - failure injection: in a checked build, the n-th operation that could fail, does.
 *
 * A process arms a countdown (NtSystemDebugControl, with SeDebugPrivilege).  From then on every pool allocation, object insertion, commit charge,
 * page-in and file read done on its behalf, or on behalf of a process it creates, counts one; the one that counts to zero fails, once, and the
 * countdown is over.  To run an operation again and again with n = 1, 2, 3 ... until it succeeds untouched is to take every failing path in it
 * once; tests/user/inject.c does that to CreateProcess (docs/process-creation.md, "Failing everywhere").
 *
 * "On behalf": the thread that runs belongs to the process, and is neither in a DPC nor, for the process that armed it, in a fault of its own user
 * mode (which is not part of the operation).  What system threads do later for everybody is not counted.
 */
#include "exp.h"
#include "ob.h"
#include "ps.h"

/* What NtSystemDebugControl does here; those of injection in checked builds only. */
#define INJECT_ARM 0x4E430010u    /* In: ULONG n, ULONG mask of kinds (bit ExInject...) */
#define INJECT_DISARM 0x4E430011u /* Out: INJECT_RESULT */
#define INJECT_SETTLE 0x4E430012u /* free pool pages go back to mm, so that pages can be counted */
#define INJECT_COLD 0x4E430013u   /* files nobody has mapped are forgotten, so that they must be read again */
#define EXPLORE_START 0x4E430020u /* In: ULONG64 seed (ke/explore.c) */
#define EXPLORE_STOP 0x4E430021u  /* Out: ULONG, how often it interfered */
#define VERIFY_SYSTEM 0x4E430022u /* Out: text of what is wrong, if anything; STATUS_INTERNAL_ERROR then (ps/verify.c) */
#define EXPLORE_SHOW 0x4E430023u  /* a backtrace of each processor goes to the log */

#ifndef FREE_BUILD

typedef struct _INJECT_RESULT
{
    ULONG Points; /* operations counted */
    ULONG Failed; /* 1: one was made to fail */
    ULONG Kind;   /* of that one */
    ULONG Reserved;
} INJECT_RESULT;

void ExTrimPool_(void);
void MiTrimUnusedControlAreas(ULONG64 PagesWanted);

volatile LONG ExInjectionArmed;
static volatile LONG Countdown, Points, FailedKind;
static ULONG Kinds;

/* The role of the process the running thread works for. */
static LONG ExpInjectionRole(PETHREAD Thread)
{
    PKTRAP_FRAME Frame = Thread->Tcb.TrapFrame;
    LONG Role = ((PEPROCESS)Thread->Tcb.Process)->InjectionRole;

    if (Role == EX_INJECT_CREATOR && (Frame == NULL || Frame->FrameType < KTRAP_FRAME_SYSCALL)) {
        return EX_INJECT_NONE;
    }
    return Role;
}

BOOLEAN ExpInjectFailure(ULONG Kind)
{
    PETHREAD Thread = PsCurrentThread_();

    if (!(Kinds & (1u << Kind)) || KeGetCurrentIrql() > DISPATCH_LEVEL || KeGetCurrentPrcb()->DpcRoutineActive || ExpInjectionRole(Thread) == EX_INJECT_NONE ||
        (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_TERMINATED)) {
        return FALSE;
    }
    InterlockedIncrement(&Points);
    if (InterlockedDecrement(&Countdown) != 0) {
        return FALSE;
    }
    FailedKind = (LONG)Kind;
    return TRUE;
}

static NTSTATUS ExpArm(KPROCESSOR_MODE Mode, PVOID Input, ULONG Length)
{
    ULONG Request[2];
    NTSTATUS Status = Length == sizeof(Request) ? CopyFromMode(Mode, Request, Input, sizeof(Request)) : STATUS_INFO_LENGTH_MISMATCH;

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (InterlockedCompareExchange(&ExInjectionArmed, 1, 0) != 0) {
        return STATUS_DEVICE_BUSY; /* one experiment at a time */
    }
    Points = 0;
    FailedKind = -1;
    Kinds = Request[1];
    Countdown = (LONG)Request[0];
    PsCurrentProcess_()->InjectionRole = EX_INJECT_CREATOR;
    return STATUS_SUCCESS;
}

static NTSTATUS ExpDisarm(KPROCESSOR_MODE Mode, PVOID Output, ULONG Length)
{
    INJECT_RESULT Result;

    if (Length != sizeof(Result)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    PsCurrentProcess_()->InjectionRole = EX_INJECT_NONE;
    InterlockedExchange(&ExInjectionArmed, 0);
    Result = (INJECT_RESULT){(ULONG)Points, FailedKind >= 0, (ULONG)FailedKind, 0};
    return CopyToMode(Mode, Output, &Result, sizeof(Result));
}
#endif

static NTSTATUS ExpExplore(KPROCESSOR_MODE Mode, ULONG Command, PVOID Input, ULONG InputLength, PVOID Output, ULONG OutputLength)
{
    ULONG64 Seed;
    NTSTATUS Status;
    ULONG Count;

    if (Command == EXPLORE_START) {
        Status = InputLength == sizeof(Seed) ? CopyFromMode(Mode, &Seed, Input, sizeof(Seed)) : STATUS_INFO_LENGTH_MISMATCH;
        if (NT_SUCCESS(Status)) {
            KeExploreStart_(Seed);
        }
        return Status;
    }
    if (OutputLength != sizeof(Count)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Count = (ULONG)KeExploreStop_();
    return CopyToMode(Mode, Output, &Count, sizeof(Count));
}

static NTSTATUS ExpVerify(KPROCESSOR_MODE Mode, PVOID Output, ULONG OutputLength)
{
    ULONG Size = OutputLength < 4096 ? OutputLength : 4096;
    char *Text = ExAllocatePoolWithTag(NonPagedPool, 4096, POOL_TAG('V', 'e', 'r', 'i'));
    NTSTATUS Status, Result;

    if (Text == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Result = PsVerifySystem_(Text, 4096);
    Status = Size != 0 ? CopyToMode(Mode, Output, Text, strlen(Text) + 1 < Size ? strlen(Text) + 1 : Size) : STATUS_SUCCESS;
    ExFreePoolWithTag(Text, POOL_TAG('V', 'e', 'r', 'i'));
    return NT_SUCCESS(Status) ? Result : Status;
}

NTSTATUS NTAPI NtSystemDebugControl(ULONG Command, PVOID Input, ULONG InputLength, PVOID Output, ULONG OutputLength, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();

    PAGED_CODE();
    if (!SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_DEBUG_PRIVILEGE), Mode)) {
        return STATUS_ACCESS_DENIED;
    }
    switch (Command) {
#ifndef FREE_BUILD
    case INJECT_ARM:
        return ExpArm(Mode, Input, InputLength);
    case INJECT_DISARM:
        return ExpDisarm(Mode, Output, OutputLength);
    case INJECT_SETTLE:
        ExTrimPool_();
        return STATUS_SUCCESS;
    case INJECT_COLD:
        MiTrimUnusedControlAreas((ULONG64)-1);
        ExTrimPool_();
        return STATUS_SUCCESS;
#endif
    case EXPLORE_START:
    case EXPLORE_STOP:
        return ExpExplore(Mode, Command, Input, InputLength, Output, OutputLength);
    case EXPLORE_SHOW:
        KeExploreShow_();
        return STATUS_SUCCESS;
    case VERIFY_SYSTEM:
        return ExpVerify(Mode, Output, OutputLength);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

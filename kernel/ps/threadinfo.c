/* SPDX-License-Identifier: MIT */
/*
 * threadinfo.c - what NtQueryInformationThread answers and NtSetInformationThread changes: one small function a class, for psinfo.c.
 */
#include "psinfo.h"

static NTSTATUS PspQueryThreadBasic(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    THREAD_BASIC_INFORMATION *Info = Buffer;

    /* While it lives the status is STATUS_PENDING, even if someone has asked it to end. */
    Info->ExitStatus = Thread->Tcb.Header.SignalState ? Thread->ExitStatus : STATUS_PENDING;
    Info->TebBaseAddress = Thread->Tcb.Teb;
    Info->ClientId = Thread->Cid;
    Info->AffinityMask = Thread->Tcb.Affinity;
    Info->Priority = Thread->Tcb.Priority;
    /* A saturated thread (THREAD_PRIORITY_IDLE, _TIME_CRITICAL) reports 16 or -16, which is what it was set by. */
    Info->BasePriority = Thread->Tcb.Saturation != 0 ? (SCHAR)Thread->Tcb.Saturation * ((HIGH_PRIORITY + 1) / 2)
                                                     : Thread->Tcb.BasePriority - Thread->Tcb.Process->BasePriority;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryThreadTimes(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    LARGE_INTEGER *Info = Buffer;

    Info[0] = Thread->CreateTime;
    Info[1] = Thread->ExitTime;
    Info[2].QuadPart = (LONG64)Thread->Tcb.KernelTime * KE_CLOCK_INCREMENT;
    Info[3].QuadPart = (LONG64)Thread->Tcb.UserTime * KE_CLOCK_INCREMENT;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryStartAddress(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(PVOID *)Buffer = Thread->Win32StartAddress != NULL ? Thread->Win32StartAddress : Thread->StartAddress;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryAmILast(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(ULONG *)Buffer = PsThreadProcess_(Thread)->ActiveThreads == 1;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryThreadBoost(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(ULONG *)Buffer = Thread->Tcb.DisableBoost;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryHidden(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(BOOLEAN *)Buffer = (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_HIDEFROMDBG) != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryTerminated(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(ULONG *)Buffer = Thread->Tcb.Header.SignalState != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQuerySuspendCount(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(ULONG *)Buffer = (ULONG)Thread->Tcb.SuspendCount;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryThreadCycles(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    ((ULONG64 *)Buffer)[0] = Thread->Tcb.CycleTime;
    ((ULONG64 *)Buffer)[1] = Thread->Tcb.CycleTime;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryThreadName(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNICODE_STRING *Out = Buffer, *Name;
    NTSTATUS Status = STATUS_SUCCESS;

    ExAcquirePushLockShared_(&Thread->ThreadLock);
    Name = Thread->ThreadName;
    *Needed = (ULONG)sizeof(*Out) + (Name != NULL ? Name->Length : 0);
    if (Length < *Needed) {
        Status = STATUS_BUFFER_TOO_SMALL;
    } else if (Name != NULL) {
        Out->Length = Out->MaximumLength = Name->Length;
        Out->Buffer = (PWSTR)(Out + 1);
        RtlCopyMemory(Out + 1, Name->Buffer, Name->Length);
    }
    ExReleasePushLockShared_(&Thread->ThreadLock);
    return Status;
}


static NTSTATUS PspQueryIoPending(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(ULONG *)Buffer = !IsListEmpty(&Thread->IrpList); /* a look without a lock at what may change at once */
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryThreadBreak(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(ULONG *)Buffer = (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_BREAK_ON_TERMINATION) != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryThreadIoPriority(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(ULONG *)Buffer = Thread->IoPriority;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryThreadPagePriority(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(ULONG *)Buffer = Thread->PagePriority;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryActualBasePriority(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(LONG *)Buffer = Thread->Tcb.BasePriority;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryThreadGroup(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    ((GROUP_AFFINITY *)Buffer)->Mask = Thread->Tcb.Affinity;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryIdealProcessor(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    ((PROCESSOR_NUMBER *)Buffer)->Number = (UCHAR)Thread->Tcb.IdealProcessor;
    return STATUS_SUCCESS;
}

const PSP_QUERY_CLASS PspThreadQueries[] = {
    [0] = {PSP_Q(PspQueryThreadBasic), THREAD_QUERY_LIMITED_INFORMATION, sizeof(THREAD_BASIC_INFORMATION), PspExact},
    [1] = {PSP_Q(PspQueryThreadTimes), THREAD_QUERY_LIMITED_INFORMATION, 32, PspExact},
    [9] = {PSP_Q(PspQueryStartAddress), THREAD_QUERY_INFORMATION, 8, PspExact},
    [12] = {PSP_Q(PspQueryAmILast), THREAD_QUERY_INFORMATION, 4, PspExact},
    [14] = {PSP_Q(PspQueryThreadBoost), THREAD_QUERY_INFORMATION, 4, PspExact},
    [16] = {PSP_Q(PspQueryIoPending), THREAD_QUERY_INFORMATION, 4, PspExact},
    [17] = {PSP_Q(PspQueryHidden), THREAD_QUERY_INFORMATION, 1, PspExact},
    [18] = {PSP_Q(PspQueryThreadBreak), THREAD_QUERY_INFORMATION, 4, PspExact},
    [20] = {PSP_Q(PspQueryTerminated), THREAD_QUERY_LIMITED_INFORMATION, 4, PspExact},
    [22] = {PSP_Q(PspQueryThreadIoPriority), THREAD_QUERY_INFORMATION, 4, PspExact},
    [23] = {PSP_Q(PspQueryThreadCycles), THREAD_QUERY_LIMITED_INFORMATION, 16, PspExact},
    [24] = {PSP_Q(PspQueryThreadPagePriority), THREAD_QUERY_INFORMATION, 4, PspExact},
    [25] = {PSP_Q(PspQueryActualBasePriority), THREAD_QUERY_LIMITED_INFORMATION, 4, PspExact},
    [30] = {PSP_Q(PspQueryThreadGroup), THREAD_QUERY_LIMITED_INFORMATION, sizeof(GROUP_AFFINITY), PspExact},
    [33] = {PSP_Q(PspQueryIdealProcessor), THREAD_QUERY_LIMITED_INFORMATION, sizeof(PROCESSOR_NUMBER), PspExact},
    [35] = {PSP_Q(PspQuerySuspendCount), THREAD_QUERY_LIMITED_INFORMATION, 4, PspExact},
    [38] = {PSP_Q(PspQueryThreadName), THREAD_QUERY_LIMITED_INFORMATION, sizeof(UNICODE_STRING), PspString},
};
const ULONG PspThreadQueryCount = RTL_NUMBER_OF(PspThreadQueries);

/* ---- set ------------------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS PspSetThreadPriority(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    LONG Priority = (LONG)*Value;

    if (Priority < 1 || Priority > HIGH_PRIORITY) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Priority >= LOW_REALTIME_PRIORITY && !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_INC_BASE_PRIORITY_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    (void)KeSetPriorityThread((PKTHREAD)Thread, Priority);
    return STATUS_SUCCESS;
}

/* -2..2, or the saturating values -15/15 (16 and -16 of SetThreadPriority become idle and time critical). */
static NTSTATUS PspSetThreadBasePriority(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    LONG Increment = (LONG)*Value;
    BOOLEAN RealTime = Thread->Tcb.Process->PriorityClass == PROCESS_PRIORITY_CLASS_REALTIME;

    if ((Increment > 2 || Increment < -2) && Increment != 16 && Increment != -16 && Increment != 15 && Increment != -15 &&
        !(RealTime && Increment >= -7 && Increment <= 6)) {
        return STATUS_INVALID_PARAMETER;
    }
    (void)KeSetBasePriorityThread((PKTHREAD)Thread, Increment);
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetActualBasePriority(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    LONG Priority = (LONG)*Value;

    if (Priority < 1 || Priority > HIGH_PRIORITY) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Priority >= LOW_REALTIME_PRIORITY && !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_INC_BASE_PRIORITY_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    KeSetActualBasePriorityThread_(&Thread->Tcb, Priority);
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetThreadAffinity(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    KAFFINITY Affinity = (KAFFINITY)*Value;

    if (Affinity == 0 || (Affinity & Thread->Tcb.Process->Affinity & KeQueryActiveProcessors()) != Affinity) {
        return STATUS_INVALID_PARAMETER;
    }
    (void)KeSetAffinityThread(&Thread->Tcb, Affinity);
    return STATUS_SUCCESS;
}

/* A token handle: impersonate; NULL: stop. */
static NTSTATUS PspSetImpersonationToken(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    return PsAssignImpersonationToken_(Thread, (HANDLE)(ULONG_PTR)*Value, Mode);
}

static NTSTATUS PspSetStartAddress(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    Thread->Win32StartAddress = (PVOID)(ULONG_PTR)*Value;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetThreadBoost(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    Thread->Tcb.DisableBoost = (ULONG)*Value != 0;
    return STATUS_SUCCESS;
}

/* TLS index freed: the cell of every thread of the current process is cleared. */
static NTSTATUS PspZeroTlsCell(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    ULONG Index = (ULONG)*Value;
    PEPROCESS Process = PsCurrentProcess_();
    NTSTATUS Status = STATUS_SUCCESS;

    if (Thread != PsCurrentThread_() || Index >= 64 + 1024) {
        return STATUS_INVALID_PARAMETER;
    }
    for (PETHREAD Each = PsGetNextProcessThread_(Process, NULL); Each != NULL; Each = PsGetNextProcessThread_(Process, Each)) {
        NTEB *Teb = Each->Tcb.Teb;
        PVOID Zero = NULL, Slots = NULL;

        if (Teb == NULL) {
            continue;
        }
        if (Index < 64) {
            Status = KiCopyToUser(&Teb->TlsSlots[Index], &Zero, sizeof(Zero));
        } else {
            Status = KiCopyFromUser(&Slots, &Teb->TlsExpansionSlots, sizeof(Slots));
            if (NT_SUCCESS(Status) && Slots != NULL) {
                Status = KiCopyToUser((PVOID *)Slots + (Index - 64), &Zero, sizeof(Zero));
            }
        }
    }
    UNREFERENCED_PARAMETER(Status); /* a thread whose TEB has just gone needs no clearing */
    return STATUS_SUCCESS;
}

/* The status of success is the former ideal processor; MAXIMUM_PROCESSORS only asks for it. */
static NTSTATUS PspSetIdealProcessor(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    ULONG New = (ULONG)*Value, Old = Thread->Tcb.IdealProcessor;

    if (New > MAXIMUM_PROCESSORS || (New < MAXIMUM_PROCESSORS && New >= KeQueryActiveProcessorCount(NULL))) {
        return STATUS_INVALID_PARAMETER;
    }
    if (New < MAXIMUM_PROCESSORS) {
        Thread->Tcb.IdealProcessor = New;
    }
    return (NTSTATUS)Old;
}

static NTSTATUS PspSetIdealProcessorEx(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    const PROCESSOR_NUMBER *Number = (const PROCESSOR_NUMBER *)Value;

    if (Number->Group != 0 || Number->Reserved != 0 || Number->Number >= KeQueryActiveProcessorCount(NULL)) {
        return STATUS_INVALID_PARAMETER;
    }
    Thread->Tcb.IdealProcessor = Number->Number;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetThreadGroup(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    const GROUP_AFFINITY *Affinity = (const GROUP_AFFINITY *)Value;

    if (Affinity->Group != 0 || Affinity->Reserved[0] != 0 || Affinity->Reserved[1] != 0 || Affinity->Reserved[2] != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    return PspSetThreadAffinity(Thread, Value, Mode);
}

static NTSTATUS PspSetThreadBreak(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    if (!SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_DEBUG_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    if ((ULONG)*Value != 0) {
        InterlockedOr((volatile LONG *)&Thread->CrossThreadFlags, PS_CROSS_THREAD_FLAGS_BREAK_ON_TERMINATION);
    } else {
        InterlockedAnd((volatile LONG *)&Thread->CrossThreadFlags, ~PS_CROSS_THREAD_FLAGS_BREAK_ON_TERMINATION);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetThreadIoPriority(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    if ((ULONG)*Value > 2) {
        return STATUS_INVALID_PARAMETER;
    }
    Thread->IoPriority = (UCHAR)*Value;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetThreadPagePriority(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    if ((ULONG)*Value < 1 || (ULONG)*Value > 5) {
        return STATUS_INVALID_PARAMETER;
    }
    Thread->PagePriority = (UCHAR)*Value;
    return STATUS_SUCCESS;
}

/* A hint that this system does not need: checked and forgotten. */
static NTSTATUS PspSetThreadThrottling(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    const ULONG *In = (const ULONG *)Value;

    return In[0] != 1 || (In[1] & ~1u) || (In[2] & ~In[1]) ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static NTSTATUS PspHideFromDebugger(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    UNREFERENCED_PARAMETER(Value);
    InterlockedOr((volatile LONG *)&Thread->CrossThreadFlags, PS_CROSS_THREAD_FLAGS_HIDEFROMDBG);
    return STATUS_SUCCESS;
}

const PSP_SET_CLASS PspThreadSets[] = {
    [2] = {PSP_S(PspSetThreadPriority), THREAD_SET_INFORMATION, 4, 0},
    [3] = {PSP_S(PspSetThreadBasePriority), THREAD_SET_LIMITED_INFORMATION, 4, 0},
    [4] = {PSP_S(PspSetThreadAffinity), THREAD_SET_INFORMATION, 8, 0},
    [5] = {PSP_S(PspSetImpersonationToken), THREAD_SET_THREAD_TOKEN, 8, 0},
    [9] = {PSP_S(PspSetStartAddress), THREAD_SET_INFORMATION, 8, 0},
    [10] = {PSP_S(PspZeroTlsCell), THREAD_SET_INFORMATION, 4, 0},
    [13] = {PSP_S(PspSetIdealProcessor), THREAD_SET_INFORMATION, 4, 0},
    [14] = {PSP_S(PspSetThreadBoost), THREAD_SET_INFORMATION, 4, 0},
    [17] = {PSP_S(PspHideFromDebugger), THREAD_SET_INFORMATION, 0, 0},
    [18] = {PSP_S(PspSetThreadBreak), THREAD_SET_INFORMATION, 4, 0},
    [22] = {PSP_S(PspSetThreadIoPriority), THREAD_SET_INFORMATION, 4, 0},
    [24] = {PSP_S(PspSetThreadPagePriority), THREAD_SET_INFORMATION, 4, 0},
    [25] = {PSP_S(PspSetActualBasePriority), THREAD_SET_INFORMATION, 4, 0},
    [30] = {PSP_S(PspSetThreadGroup), THREAD_SET_INFORMATION, sizeof(GROUP_AFFINITY), 0},
    [33] = {PSP_S(PspSetIdealProcessorEx), THREAD_SET_INFORMATION, sizeof(PROCESSOR_NUMBER), 0},
    [49] = {PSP_S(PspSetThreadThrottling), THREAD_SET_INFORMATION, 12, 0},
};
const ULONG PspThreadSetCount = RTL_NUMBER_OF(PspThreadSets);

NTSTATUS PspSetThreadName(HANDLE ThreadHandle, const UNICODE_STRING *UserName, ULONG Length, KPROCESSOR_MODE Mode)
{
    UNICODE_STRING Captured, *Name, *Old;
    PETHREAD Thread;
    NTSTATUS Status;

    if (Length != sizeof(UNICODE_STRING)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = ExCaptureUnicodeString(Mode, UserName, &Captured);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_SET_LIMITED_INFORMATION, *PsThreadType, Mode, (PVOID *)&Thread, NULL);
    if (!NT_SUCCESS(Status)) {
        ExFreeCapturedString(&Captured);
        return Status;
    }
    Name = ExAllocatePoolWithTag(PagedPool, sizeof(*Name) + Captured.Length, PSP_TAG);
    if (Name != NULL) {
        Name->Length = Name->MaximumLength = Captured.Length;
        Name->Buffer = (PWSTR)(Name + 1);
        RtlCopyMemory(Name + 1, Captured.Buffer, Captured.Length);
        ExAcquirePushLockExclusive_(&Thread->ThreadLock);
        Old = Thread->ThreadName;
        Thread->ThreadName = Name;
        ExReleasePushLockExclusive_(&Thread->ThreadLock);
        if (Old != NULL) {
            ExFreePoolWithTag(Old, PSP_TAG);
        }
    } else {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    ObDereferenceObject(Thread);
    ExFreeCapturedString(&Captured);
    return Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * psthread.c - NtQueryInformationThread, NtSetInformationThread: as psquery.c, for threads.
 */
#include "psp.h"

#define PSP_MAX_THREAD_NAME 0xFFFCu

typedef NTSTATUS (*PSP_THREAD_QUERY)(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed);

static NTSTATUS PspQueryThreadBasic(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    THREAD_BASIC_INFORMATION *Info = Buffer;

    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
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

    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    Info[0] = Thread->CreateTime;
    Info[1] = Thread->ExitTime;
    Info[2].QuadPart = (LONG64)Thread->Tcb.KernelTime * KE_CLOCK_INCREMENT;
    Info[3].QuadPart = (LONG64)Thread->Tcb.UserTime * KE_CLOCK_INCREMENT;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryStartAddress(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    *(PVOID *)Buffer = Thread->Win32StartAddress != NULL ? Thread->Win32StartAddress : Thread->StartAddress;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryAmILast(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    *(ULONG *)Buffer = PsThreadProcess_(Thread)->ActiveThreads == 1;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryThreadBoost(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    *(ULONG *)Buffer = Thread->Tcb.DisableBoost;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryHidden(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    *(BOOLEAN *)Buffer = (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_HIDEFROMDBG) != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryTerminated(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    *(ULONG *)Buffer = Thread->Tcb.Header.SignalState != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQuerySuspendCount(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    *(ULONG *)Buffer = (ULONG)Thread->Tcb.SuspendCount;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryThreadCycles(PETHREAD Thread, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
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

static const struct
{
    PSP_THREAD_QUERY Query;
    ACCESS_MASK Access;
    USHORT Size;
    BOOLEAN Variable;
} PspThreadClasses[] = {
    [0] = {PspQueryThreadBasic, THREAD_QUERY_LIMITED_INFORMATION, sizeof(THREAD_BASIC_INFORMATION), FALSE},
    [1] = {PspQueryThreadTimes, THREAD_QUERY_LIMITED_INFORMATION, 32, FALSE},
    [9] = {PspQueryStartAddress, THREAD_QUERY_INFORMATION, 8, FALSE},
    [12] = {PspQueryAmILast, THREAD_QUERY_INFORMATION, 4, FALSE},
    [14] = {PspQueryThreadBoost, THREAD_QUERY_INFORMATION, 4, FALSE},
    [17] = {PspQueryHidden, THREAD_QUERY_INFORMATION, 1, FALSE},
    [20] = {PspQueryTerminated, THREAD_QUERY_LIMITED_INFORMATION, 4, FALSE},
    [23] = {PspQueryThreadCycles, THREAD_QUERY_LIMITED_INFORMATION, 16, FALSE},
    [35] = {PspQuerySuspendCount, THREAD_QUERY_LIMITED_INFORMATION, 4, FALSE},
    [38] = {PspQueryThreadName, THREAD_QUERY_LIMITED_INFORMATION, sizeof(UNICODE_STRING), TRUE},
};

NTSTATUS NTAPI NtQueryInformationThread(HANDLE ThreadHandle, ULONG InformationClass, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG64 Small[16];
    PVOID Kernel = Small;
    PETHREAD Thread;
    ULONG Needed;
    NTSTATUS Status;

    PAGED_CODE();
    if (InformationClass >= RTL_NUMBER_OF(PspThreadClasses) || PspThreadClasses[InformationClass].Query == NULL) {
        KdPrint_("Ps: NtQueryInformationThread: class %u is not there\n", InformationClass);
        return STATUS_INVALID_INFO_CLASS;
    }
    if (!PspThreadClasses[InformationClass].Variable && Length != PspThreadClasses[InformationClass].Size) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = KiProbeForWrite(Mode, Buffer, Length, 1);
    if (NT_SUCCESS(Status) && ReturnLength != NULL) {
        Status = KiProbeForWrite(Mode, ReturnLength, sizeof(ULONG), sizeof(ULONG));
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ThreadHandle, PspThreadClasses[InformationClass].Access, *PsThreadType, Mode, (PVOID *)&Thread, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Length = min(Length, 0x20000u);
    if (Length > sizeof(Small)) {
        Kernel = ExAllocatePoolWithTag(PagedPool, Length, PSP_TAG);
    }
    if (Kernel == NULL) {
        ObDereferenceObject(Thread);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Kernel, Length);
    Needed = PspThreadClasses[InformationClass].Size;
    Status = PspThreadClasses[InformationClass].Query(Thread, Kernel, Length, &Needed);
    if (NT_SUCCESS(Status)) {
        if (InformationClass == 38 && ((UNICODE_STRING *)Kernel)->Buffer != NULL) {
            ((UNICODE_STRING *)Kernel)->Buffer = (PWSTR)((PUCHAR)Buffer + sizeof(UNICODE_STRING));
        }
        Status = CopyToMode(Mode, Buffer, Kernel, min(Length, Needed));
    }
    if (ReturnLength != NULL && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL)) {
        NTSTATUS Copy = CopyToMode(Mode, ReturnLength, &Needed, sizeof(Needed));
        Status = NT_SUCCESS(Copy) ? Status : Copy;
    }
    if (Kernel != Small) {
        ExFreePoolWithTag(Kernel, PSP_TAG);
    }
    ObDereferenceObject(Thread);
    return Status;
}

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

    UNREFERENCED_PARAMETER(Mode);
    if ((Increment > 2 || Increment < -2) && Increment != 16 && Increment != -16 && Increment != 15 && Increment != -15 &&
        !(RealTime && Increment >= -7 && Increment <= 6)) {
        return STATUS_INVALID_PARAMETER;
    }
    (void)KeSetBasePriorityThread((PKTHREAD)Thread, Increment);
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetThreadAffinity(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    KAFFINITY Affinity = (KAFFINITY)*Value;

    UNREFERENCED_PARAMETER(Mode);
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
    UNREFERENCED_PARAMETER(Mode);
    Thread->Win32StartAddress = (PVOID)(ULONG_PTR)*Value;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetThreadBoost(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    UNREFERENCED_PARAMETER(Mode);
    Thread->Tcb.DisableBoost = (ULONG)*Value != 0;
    return STATUS_SUCCESS;
}

/* TLS index freed: the cell of every thread of the current process is cleared. */
static NTSTATUS PspZeroTlsCell(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    ULONG Index = (ULONG)*Value;
    PEPROCESS Process = PsCurrentProcess_();
    NTSTATUS Status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(Mode);
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

static NTSTATUS PspSetIdealProcessor(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    UNREFERENCED_PARAMETER(Mode);
    if ((ULONG)*Value > MAXIMUM_PROCESSORS) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((ULONG)*Value < MAXIMUM_PROCESSORS) {
        Thread->Tcb.IdealProcessor = (ULONG)*Value;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspHideFromDebugger(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    UNREFERENCED_PARAMETER(Value);
    UNREFERENCED_PARAMETER(Mode);
    InterlockedOr((volatile LONG *)&Thread->CrossThreadFlags, PS_CROSS_THREAD_FLAGS_HIDEFROMDBG);
    return STATUS_SUCCESS;
}

static const struct
{
    NTSTATUS (*Set)(PETHREAD Thread, const ULONG64 *Value, KPROCESSOR_MODE Mode);
    ACCESS_MASK Access;
    UCHAR Size;
    BOOLEAN Set0; /* a size of zero is right */
} PspThreadSetClasses[] = {
    [2] = {PspSetThreadPriority, THREAD_SET_INFORMATION, 4, FALSE},
    [3] = {PspSetThreadBasePriority, THREAD_SET_LIMITED_INFORMATION, 4, FALSE},
    [4] = {PspSetThreadAffinity, THREAD_SET_INFORMATION, 8, FALSE},
    [5] = {PspSetImpersonationToken, THREAD_SET_THREAD_TOKEN, 8, FALSE},
    [9] = {PspSetStartAddress, THREAD_SET_INFORMATION, 8, FALSE},
    [10] = {PspZeroTlsCell, THREAD_SET_INFORMATION, 4, FALSE},
    [13] = {PspSetIdealProcessor, THREAD_SET_INFORMATION, 4, FALSE},
    [14] = {PspSetThreadBoost, THREAD_SET_INFORMATION, 4, FALSE},
    [17] = {PspHideFromDebugger, THREAD_SET_INFORMATION, 0, TRUE},
};

static NTSTATUS PspSetThreadName(HANDLE ThreadHandle, const UNICODE_STRING *UserName, ULONG Length, KPROCESSOR_MODE Mode)
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

NTSTATUS NTAPI NtSetInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadClass, PVOID Buffer, ULONG Length)
{
    ULONG InformationClass = (ULONG)ThreadClass;
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG64 Value = 0;
    PETHREAD Thread;
    NTSTATUS Status;

    PAGED_CODE();
    if (InformationClass == 38) {
        return PspSetThreadName(ThreadHandle, Buffer, Length, Mode);
    }
    if (InformationClass >= RTL_NUMBER_OF(PspThreadSetClasses) || PspThreadSetClasses[InformationClass].Set == NULL) {
        KdPrint_("Ps: NtSetInformationThread: class %u is not there\n", InformationClass);
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length != PspThreadSetClasses[InformationClass].Size) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = CopyFromMode(Mode, &Value, Buffer, Length);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ThreadHandle, PspThreadSetClasses[InformationClass].Access, *PsThreadType, Mode, (PVOID *)&Thread, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspThreadSetClasses[InformationClass].Set(Thread, &Value, Mode);
        ObDereferenceObject(Thread);
    }
    return Status;
}

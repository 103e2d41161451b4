/* SPDX-License-Identifier: MIT */
/*
 * processinfo.c - the later calls that ask about processes and threads, or tune them: working sets, counters, cycles, priorities of memory, mitigations,
 * descriptions, processor groups.
 */
#include "k32.h"

#define NATIVE_PAGE_PRIORITY ((PROCESSINFOCLASS)39)
#define NATIVE_POWER_THROTTLING ((PROCESSINFOCLASS)77)
#define NATIVE_CYCLES ((PROCESSINFOCLASS)38)
#define NATIVE_MITIGATION ((PROCESSINFOCLASS)52)
#define NATIVE_CHILD_PROCESS ((PROCESSINFOCLASS)73)
#define CHILD_PROCESS_POLICY 13

/* QUOTA_LIMITS_EX, as the kernel has it. */
typedef struct _BASE_QUOTA
{
    SIZE_T PagedPoolLimit, NonPagedPoolLimit, MinimumWorkingSetSize, MaximumWorkingSetSize, PagefileLimit;
    LARGE_INTEGER TimeLimit;
    SIZE_T WorkingSetLimit, Reserved2, Reserved3, Reserved4;
    ULONG Flags, CpuRateLimit;
} BASE_QUOTA;
static_assert(sizeof(BASE_QUOTA) == 88, "QUOTA_LIMITS_EX");

BOOL WINAPI GetProcessWorkingSetSizeEx(HANDLE Process, PSIZE_T Minimum, PSIZE_T Maximum, PDWORD Flags)
{
    BASE_QUOTA Quota;

    if (!BaseResult(NtQueryInformationProcess(Process, ProcessQuotaLimits, &Quota, sizeof(Quota), NULL))) {
        return FALSE;
    }
    *Minimum = Quota.MinimumWorkingSetSize;
    *Maximum = Quota.MaximumWorkingSetSize;
    *Flags = Quota.Flags;
    return TRUE;
}

BOOL WINAPI GetProcessWorkingSetSize(HANDLE Process, PSIZE_T Minimum, PSIZE_T Maximum)
{
    DWORD Flags;

    return GetProcessWorkingSetSizeEx(Process, Minimum, Maximum, &Flags);
}

BOOL WINAPI SetProcessWorkingSetSizeEx(HANDLE Process, SIZE_T Minimum, SIZE_T Maximum, DWORD Flags)
{
    BASE_QUOTA Quota = {.MinimumWorkingSetSize = Minimum, .MaximumWorkingSetSize = Maximum, .Flags = Flags};

    if (Minimum == 0 || Maximum == 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return BaseResult(NtSetInformationProcess(Process, ProcessQuotaLimits, &Quota, sizeof(Quota)));
}

BOOL WINAPI SetProcessWorkingSetSize(HANDLE Process, SIZE_T Minimum, SIZE_T Maximum)
{
    return SetProcessWorkingSetSizeEx(Process, Minimum, Maximum, 0);
}

BOOL WINAPI GetProcessIoCounters(HANDLE Process, PIO_COUNTERS Counters)
{
    return BaseResult(NtQueryInformationProcess(Process, ProcessIoCounters, Counters, sizeof(*Counters), NULL));
}

BOOL WINAPI QueryProcessCycleTime(HANDLE Process, PULONG64 Cycles)
{
    ULONG64 Both[2];

    if (!BaseResult(NtQueryInformationProcess(Process, NATIVE_CYCLES, Both, sizeof(Both), NULL))) {
        return FALSE;
    }
    *Cycles = Both[0];
    return TRUE;
}

BOOL WINAPI QueryThreadCycleTime(HANDLE Thread, PULONG64 Cycles)
{
    ULONG64 Both[2];

    if (!BaseResult(NtQueryInformationThread(Thread, (THREADINFOCLASS)23, Both, sizeof(Both), NULL))) {
        return FALSE;
    }
    *Cycles = Both[0];
    return TRUE;
}

BOOL WINAPI IsProcessCritical(HANDLE Process, PBOOL Critical)
{
    ULONG Value;

    if (!BaseResult(NtQueryInformationProcess(Process, ProcessBreakOnTermination, &Value, sizeof(Value), NULL))) {
        return FALSE;
    }
    *Critical = Value != 0;
    return TRUE;
}

BOOL WINAPI GetProcessInformation(HANDLE Process, PROCESS_INFORMATION_CLASS Class, LPVOID Information, DWORD Size)
{
    PROCESS_BASIC_INFORMATION Basic;

    switch (Class) {
    case ProcessMemoryPriority:
        return Size != sizeof(ULONG) ? BaseFail(ERROR_BAD_LENGTH)
                                     : BaseResult(NtQueryInformationProcess(Process, NATIVE_PAGE_PRIORITY, Information, Size, NULL));
    case ProcessPowerThrottling:
        return Size != 12 ? BaseFail(ERROR_BAD_LENGTH)
                          : BaseResult(NtQueryInformationProcess(Process, NATIVE_POWER_THROTTLING, Information, Size, NULL));
    case ProcessProtectionLevelInfo:
        if (Size != sizeof(DWORD)) {
            return BaseFail(ERROR_BAD_LENGTH);
        }
        *(DWORD *)Information = 0xFFFFFFFE; /* PROTECTION_LEVEL_NONE */
        return TRUE;
    case ProcessMachineTypeInfo:
        if (Size != 8) {
            return BaseFail(ERROR_BAD_LENGTH);
        }
        if (!BaseResult(NtQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL))) {
            return FALSE;
        }
        ((WORD *)Information)[0] = IMAGE_FILE_MACHINE_AMD64;
        ((WORD *)Information)[1] = 0;
        ((DWORD *)Information)[1] = 7; /* user and kernel mode enabled */
        return TRUE;
    default:
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
}

BOOL WINAPI SetProcessInformation(HANDLE Process, PROCESS_INFORMATION_CLASS Class, LPVOID Information, DWORD Size)
{
    switch (Class) {
    case ProcessMemoryPriority:
        return Size != sizeof(ULONG) ? BaseFail(ERROR_BAD_LENGTH)
                                     : BaseResult(NtSetInformationProcess(Process, NATIVE_PAGE_PRIORITY, Information, Size));
    case ProcessPowerThrottling:
        return Size != 12 ? BaseFail(ERROR_BAD_LENGTH)
                          : BaseResult(NtSetInformationProcess(Process, NATIVE_POWER_THROTTLING, Information, Size));
    default:
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
}

BOOL WINAPI GetThreadInformation(HANDLE Thread, THREAD_INFORMATION_CLASS Class, LPVOID Information, DWORD Size)
{
    if ((int)Class != 0 /* ThreadMemoryPriority */) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return Size != sizeof(ULONG) ? BaseFail(ERROR_BAD_LENGTH)
                                 : BaseResult(NtQueryInformationThread(Thread, (THREADINFOCLASS)24, Information, Size, NULL));
}

BOOL WINAPI SetThreadInformation(HANDLE Thread, THREAD_INFORMATION_CLASS Class, LPVOID Information, DWORD Size)
{
    if ((int)Class == 0) {
        return Size != sizeof(ULONG) ? BaseFail(ERROR_BAD_LENGTH)
                                     : BaseResult(NtSetInformationThread(Thread, (THREADINFOCLASS)24, Information, Size));
    }
    if ((int)Class == 3) { /* ThreadPowerThrottling */
        return Size != 12 ? BaseFail(ERROR_BAD_LENGTH) : BaseResult(NtSetInformationThread(Thread, (THREADINFOCLASS)49, Information, Size));
    }
    return BaseFail(ERROR_INVALID_PARAMETER);
}

/* What holds for every process here: no execution of data, random addresses.  A process can give up having children; all else is off and stays so. */
BOOL WINAPI GetProcessMitigationPolicy(HANDLE Process, PROCESS_MITIGATION_POLICY Policy, PVOID Buffer, SIZE_T Size)
{
    PROCESS_BASIC_INFORMATION Basic;
    DWORD Flags = 0;

    if ((int)Policy < 0 || (int)Policy >= 19 || Size < sizeof(DWORD) || Buffer == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!BaseResult(NtQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL))) {
        return FALSE;
    }
    memset(Buffer, 0, Size);
    if ((int)Policy == 0 && Size >= 8) {
        ((BYTE *)Buffer)[4] = TRUE; /* DEP is permanent */
    }
    if ((int)Policy == CHILD_PROCESS_POLICY) {
        BOOLEAN Child[3];
        if (!BaseResult(NtQueryInformationProcess(Process, NATIVE_CHILD_PROCESS, Child, sizeof(Child), NULL))) {
            return FALSE;
        }
        *(DWORD *)Buffer = (DWORD)(Child[0] | Child[2] << 1 | Child[1] << 2);
        return TRUE;
    }
    Flags = (int)Policy == 0 ? 1 : (int)Policy == 1 ? 5 /* bottom-up, high entropy */ : 0;
    *(DWORD *)Buffer = Flags;
    return TRUE;
}

BOOL WINAPI SetProcessMitigationPolicy(PROCESS_MITIGATION_POLICY Policy, PVOID Buffer, SIZE_T Size)
{
    if ((int)Policy < 0 || (int)Policy >= 19 || Size < sizeof(DWORD) || Buffer == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if ((int)Policy <= 1) {
        return BaseFail(ERROR_ACCESS_DENIED); /* fixed at birth */
    }
    if ((int)Policy == CHILD_PROCESS_POLICY) {
        ULONG Native[2] = {CHILD_PROCESS_POLICY, *(DWORD *)Buffer};
        return BaseResult(NtSetInformationProcess(NtCurrentProcess(), NATIVE_MITIGATION, Native, sizeof(Native)));
    }
    return *(DWORD *)Buffer == 0 || BaseNotSupported("SetProcessMitigationPolicy");
}

/* These two are for 32-bit processes. */
BOOL WINAPI GetProcessDEPPolicy(HANDLE Process, LPDWORD Flags, PBOOL Permanent)
{
    UNUSED(Process);
    UNUSED(Flags);
    UNUSED(Permanent);
    return BaseFail(ERROR_NOT_SUPPORTED);
}

BOOL WINAPI SetProcessDEPPolicy(DWORD Flags)
{
    UNUSED(Flags);
    return BaseFail(ERROR_NOT_SUPPORTED);
}

DEP_SYSTEM_POLICY_TYPE WINAPI GetSystemDEPPolicy(void)
{
    return DEPPolicyAlwaysOn;
}

/* Kept and told: at shutdown nobody is asked, so there is no order to be in. */
static DWORD ShutdownLevel = 0x280, ShutdownFlags;

BOOL WINAPI GetProcessShutdownParameters(LPDWORD Level, LPDWORD Flags)
{
    *Level = ShutdownLevel;
    *Flags = ShutdownFlags;
    return TRUE;
}

BOOL WINAPI SetProcessShutdownParameters(DWORD Level, DWORD Flags)
{
    if ((Flags & ~(DWORD)SHUTDOWN_NORETRY) != 0 || Level > 0x4FF) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    ShutdownLevel = Level;
    ShutdownFlags = Flags;
    return TRUE;
}

BOOL WINAPI SetProcessAffinityUpdateMode(HANDLE Process, DWORD Flags)
{
    PROCESS_BASIC_INFORMATION Basic;

    if (Flags & ~1u) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return BaseResult(NtQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL));
}

BOOL WINAPI QueryProcessAffinityUpdateMode(HANDLE Process, PDWORD Flags)
{
    *Flags = 0;
    return SetProcessAffinityUpdateMode(Process, 0);
}

/* ---- threads -------------------------------------------------------------------------------------------------------------------------- */

HRESULT WINAPI GetThreadDescription(HANDLE Thread, PWSTR *Description)
{
    BYTE *Buffer = NULL;
    ULONG Length = 512;
    NTSTATUS Status;

    *Description = NULL;
    for (;;) {
        ULONG Needed = 0;
        Buffer = BaseAllocate(Length + sizeof(WCHAR));
        if (Buffer == NULL) {
            return HRESULT_FROM_NT(STATUS_NO_MEMORY);
        }
        Status = NtQueryInformationThread(Thread, ThreadNameInformation, Buffer, Length, &Needed);
        if (Status != STATUS_BUFFER_TOO_SMALL) {
            break;
        }
        BaseFree(Buffer);
        Length = Needed;
    }
    if (!NT_SUCCESS(Status)) {
        BaseFree(Buffer);
        return HRESULT_FROM_NT(Status);
    }
    /* The string moves to the front of its own block, which the caller frees with LocalFree. */
    UNICODE_STRING *Name = (PVOID)Buffer;
    SIZE_T Bytes = Name->Length;
    memmove(Buffer, Buffer + sizeof(UNICODE_STRING), Bytes);
    ((PWSTR)(PVOID)Buffer)[Bytes / sizeof(WCHAR)] = 0;
    *Description = (PVOID)Buffer;
    return S_OK;
}

DWORD WINAPI SetThreadIdealProcessor(HANDLE Thread, DWORD Processor)
{
    NTSTATUS Status = NtSetInformationThread(Thread, ThreadIdealProcessor, &Processor, sizeof(Processor));

    return BaseResult(Status) ? (DWORD)Status : (DWORD)-1;
}

BOOL WINAPI GetThreadIdealProcessorEx(HANDLE Thread, PPROCESSOR_NUMBER Ideal)
{
    return BaseResult(NtQueryInformationThread(Thread, (THREADINFOCLASS)33, Ideal, sizeof(*Ideal), NULL));
}

BOOL WINAPI SetThreadIdealProcessorEx(HANDLE Thread, PPROCESSOR_NUMBER Ideal, PPROCESSOR_NUMBER Previous)
{
    PROCESSOR_NUMBER Old = {0};

    if (Previous != NULL && !GetThreadIdealProcessorEx(Thread, &Old)) {
        return FALSE;
    }
    if (!BaseResult(NtSetInformationThread(Thread, (THREADINFOCLASS)33, Ideal, sizeof(*Ideal)))) {
        return FALSE;
    }
    if (Previous != NULL) {
        *Previous = Old;
    }
    return TRUE;
}

BOOL WINAPI GetThreadGroupAffinity(HANDLE Thread, PGROUP_AFFINITY Affinity)
{
    return BaseResult(NtQueryInformationThread(Thread, (THREADINFOCLASS)30, Affinity, sizeof(*Affinity), NULL));
}

BOOL WINAPI SetThreadGroupAffinity(HANDLE Thread, const GROUP_AFFINITY *Affinity, PGROUP_AFFINITY Previous)
{
    GROUP_AFFINITY Old;

    if (Previous != NULL && !GetThreadGroupAffinity(Thread, &Old)) {
        return FALSE;
    }
    if (!BaseResult(NtSetInformationThread(Thread, (THREADINFOCLASS)30, (PVOID)Affinity, sizeof(*Affinity)))) {
        return FALSE;
    }
    if (Previous != NULL) {
        *Previous = Old;
    }
    return TRUE;
}

/* Segments that can be described are for 32-bit threads. */
BOOL WINAPI GetThreadSelectorEntry(HANDLE Thread, DWORD Selector, LPLDT_ENTRY Entry)
{
    UNUSED(Thread);
    UNUSED(Selector);
    UNUSED(Entry);
    return BaseFail(ERROR_NOT_SUPPORTED);
}

/* SPDX-License-Identifier: MIT */
/*
 * job.c - jobs: the Win32 face of the kernel's job objects.
 *
 * The structures are passed through as they are but for one field: a limit's priority class is a creation flag here and a small number there.
 */
#include "k32.h"

#define JOB_OBJECT_IMPERSONATE_ 0x20 /* part of JOB_OBJECT_ALL_ACCESS since Windows 10, but not in mingw's header */

static const struct
{
    DWORD Flag;
    UCHAR Class;
} PriorityMap[] = {
    {IDLE_PRIORITY_CLASS, 1}, {NORMAL_PRIORITY_CLASS, 2}, {HIGH_PRIORITY_CLASS, 3}, {REALTIME_PRIORITY_CLASS, 4},
    {BELOW_NORMAL_PRIORITY_CLASS, 5}, {ABOVE_NORMAL_PRIORITY_CLASS, 6},
};

static DWORD ToNativeClass(DWORD Flag)
{
    for (ULONG i = 0; i < COUNT_OF(PriorityMap); i++) {
        if (PriorityMap[i].Flag == Flag) {
            return PriorityMap[i].Class;
        }
    }
    return 99; /* the kernel refuses it if the flags say that it counts */
}

static DWORD FromNativeClass(DWORD Class)
{
    for (ULONG i = 0; i < COUNT_OF(PriorityMap); i++) {
        if (PriorityMap[i].Class == Class) {
            return PriorityMap[i].Flag;
        }
    }
    return 0;
}

HANDLE WINAPI CreateJobObjectW(LPSECURITY_ATTRIBUTES Security, LPCWSTR Name)
{
    BASE_OBJECT Object;
    HANDLE Job = NULL;
    NTSTATUS Status = BaseObjectAttributes(&Object, Name, Security, OBJ_OPENIF);

    if (NT_SUCCESS(Status)) {
        Status = NtCreateJobObject(&Job, JOB_OBJECT_ALL_ACCESS | JOB_OBJECT_IMPERSONATE_, &Object.Attributes);
    }
    return BaseCreated(Status, Job);
}

HANDLE WINAPI CreateJobObjectA(LPSECURITY_ATTRIBUTES Security, LPCSTR Name)
{
    HANDLE Job = NULL;
    LPWSTR Wide;

    if (BaseNameToWide(Name, &Wide)) {
        Job = CreateJobObjectW(Security, Wide);
        BaseFree(Wide);
    }
    return Job;
}

HANDLE WINAPI OpenJobObjectW(DWORD Access, BOOL Inherit, LPCWSTR Name)
{
    BASE_OBJECT Object;
    HANDLE Job = NULL;

    if (Name == NULL) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS Status = BaseObjectAttributes(&Object, Name, NULL, Inherit ? OBJ_INHERIT : 0);
    if (NT_SUCCESS(Status)) {
        Status = NtOpenJobObject(&Job, Access, &Object.Attributes);
    }
    return BaseResult(Status) ? Job : NULL;
}

HANDLE WINAPI OpenJobObjectA(DWORD Access, BOOL Inherit, LPCSTR Name)
{
    HANDLE Job = NULL;
    LPWSTR Wide;

    if (BaseNameToWide(Name, &Wide)) {
        Job = OpenJobObjectW(Access, Inherit, Wide);
        BaseFree(Wide);
    }
    return Job;
}

BOOL WINAPI AssignProcessToJobObject(HANDLE Job, HANDLE Process)
{
    return BaseResult(NtAssignProcessToJobObject(Job, Process));
}

BOOL WINAPI TerminateJobObject(HANDLE Job, UINT ExitCode)
{
    return BaseResult(NtTerminateJobObject(Job, (NTSTATUS)ExitCode));
}

BOOL WINAPI IsProcessInJob(HANDLE Process, HANDLE Job, PBOOL Result)
{
    NTSTATUS Status = NtIsProcessInJob(Process, Job);

    if (!BaseResult(Status)) {
        return FALSE;
    }
    *Result = Status == STATUS_PROCESS_IN_JOB;
    return TRUE;
}

static BOOL HasLimits(JOBOBJECTINFOCLASS Class)
{
    return Class == JobObjectBasicLimitInformation || Class == JobObjectExtendedLimitInformation;
}

BOOL WINAPI QueryInformationJobObject(HANDLE Job, JOBOBJECTINFOCLASS Class, LPVOID Information, DWORD Length, LPDWORD ReturnLength)
{
    JOBOBJECT_BASIC_LIMIT_INFORMATION *Limits = Information;
    NTSTATUS Status = NtQueryInformationJobObject(Job, Class, Information, Length, ReturnLength);

    if (NT_SUCCESS(Status) && HasLimits(Class)) { /* the basic limits are the first part of the extended ones */
        Limits->PriorityClass = FromNativeClass(Limits->PriorityClass);
    }
    if (Status == STATUS_BUFFER_OVERFLOW) {
        return BaseFail(ERROR_MORE_DATA);
    }
    return BaseResult(Status);
}

BOOL WINAPI SetInformationJobObject(HANDLE Job, JOBOBJECTINFOCLASS Class, LPVOID Information, DWORD Length)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION Copy;
    JOBOBJECT_BASIC_LIMIT_INFORMATION *Limits = &Copy.BasicLimitInformation;

    if (HasLimits(Class) && Length <= sizeof(Copy) && Length >= sizeof(*Limits)) {
        memcpy(&Copy, Information, Length);
        Limits->PriorityClass = Limits->LimitFlags & JOB_OBJECT_LIMIT_PRIORITY_CLASS ? ToNativeClass(Limits->PriorityClass) : 0;
        Information = &Copy;
    }
    return BaseResult(NtSetInformationJobObject(Job, Class, Information, Length));
}

BOOL WINAPI CreateJobSet(ULONG Count, PJOB_SET_ARRAY Jobs, ULONG Flags)
{
    UNUSED(Count);
    UNUSED(Jobs);
    UNUSED(Flags);
    return BaseNotSupported("CreateJobSet"); /* Windows has dropped it too */
}

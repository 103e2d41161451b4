/* SPDX-License-Identifier: MIT */
/*
 * jobinfo.c - NtQueryInformationJobObject, NtSetInformationJobObject.
 *
 * Checks in Windows' order: class, length, memory, handle; then the contents.  A limit that is set takes hold of the processes that are there already.
 */
#include "job.h"

enum
{
    JobBasicAccounting = 1,
    JobBasicLimit = 2,
    JobProcessIds = 3,
    JobUiRestrictions = 4,
    JobSecurityLimit = 5,
    JobEndOfJobTime = 6,
    JobCompletionPort = 7,
    JobBasicAndIo = 8,
    JobExtendedLimit = 9,
    JobGroups = 11,
    JobCpuRate = 15
};

typedef struct _JOB_PROCESS_IDS
{
    ULONG Assigned, InList;
    ULONG_PTR Id[];
} JOB_PROCESS_IDS;

/* ---- query -------------------------------------------------------------------------------------------------------------------------- */

static void PspCollectIds(const EJOB *Job, JOB_PROCESS_IDS *Ids, ULONG Room)
{
    for (PLIST_ENTRY Link = Job->Processes.Flink; Link != &Job->Processes; Link = Link->Flink) {
        if (Ids->InList < Room) {
            Ids->Id[Ids->InList++] = (ULONG_PTR)CONTAINING_RECORD(Link, EPROCESS, JobLinks)->UniqueProcessId;
        }
    }
    for (PLIST_ENTRY Link = Job->Children.Flink; Link != &Job->Children; Link = Link->Flink) {
        PspCollectIds(CONTAINING_RECORD(Link, EJOB, Sibling), Ids, Room);
    }
}

static void PspFillExtended(const EJOB *Job, JOB_EXTENDED_LIMIT *Limit)
{
    Limit->Basic = Job->Limit;
    Limit->ProcessMemoryLimit = Job->ProcessMemoryLimit * PAGE_SIZE;
    Limit->JobMemoryLimit = Job->JobMemoryLimit * PAGE_SIZE;
    Limit->PeakProcessMemoryUsed = Job->PeakProcessMemory * PAGE_SIZE;
    Limit->PeakJobMemoryUsed = Job->PeakJobMemory * PAGE_SIZE;
}

typedef union _JOB_ANSWER
{
    JOB_BASIC_ACCOUNTING Accounting;
    struct
    {
        JOB_BASIC_ACCOUNTING Accounting;
        ULONG64 Io[6];
    } AndIo;
    JOB_EXTENDED_LIMIT Extended;
    ULONG Value;
    USHORT Group;
} JOB_ANSWER;

/* Least or exact length of a class; 0: not there. */
static ULONG PspJobQueryLength(ULONG Class)
{
    switch (Class) {
    case JobBasicAccounting:
        return sizeof(JOB_BASIC_ACCOUNTING);
    case JobBasicLimit:
        return sizeof(JOB_BASIC_LIMIT);
    case JobProcessIds:
        return sizeof(JOB_PROCESS_IDS) + sizeof(ULONG_PTR);
    case JobUiRestrictions:
    case JobEndOfJobTime:
        return sizeof(ULONG);
    case JobBasicAndIo:
        return sizeof(JOB_BASIC_ACCOUNTING) + 48;
    case JobExtendedLimit:
        return sizeof(JOB_EXTENDED_LIMIT);
    case JobGroups:
        return sizeof(USHORT);
    case JobCpuRate:
        return 2 * sizeof(ULONG);
    default:
        return 0;
    }
}

/* PspJobLock held. */
static void PspAnswerJob(const EJOB *Job, ULONG Class, JOB_ANSWER *Answer)
{
    ULONG64 Io[6];

    switch (Class) {
    case JobBasicAccounting:
        PspSumJob(Job, &Answer->Accounting, Io);
        break;
    case JobBasicAndIo:
        PspSumJob(Job, &Answer->AndIo.Accounting, Answer->AndIo.Io);
        break;
    case JobBasicLimit:
        Answer->Extended.Basic = Job->Limit;
        Answer->Extended.Basic.LimitFlags &= JOB_LIMIT_BASIC;
        break;
    case JobExtendedLimit:
        PspFillExtended(Job, &Answer->Extended);
        break;
    case JobUiRestrictions:
        Answer->Value = Job->UiRestrictions;
        break;
    case JobEndOfJobTime:
        Answer->Value = Job->EndOfJobTimeAction;
        break;
    default: /* one processor group, number 0; no CPU rate */
        break;
    }
}

static NTSTATUS PspQueryJobIds(const EJOB *Job, KPROCESSOR_MODE Mode, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    ULONG Room = (Length - (ULONG)sizeof(JOB_PROCESS_IDS)) / sizeof(ULONG_PTR), Count;
    JOB_PROCESS_IDS *Ids;
    NTSTATUS Status;

    ExAcquirePushLockShared_(&PspJobLock);
    Count = Job->Past.ActiveProcesses;
    ExReleasePushLockShared_(&PspJobLock);
    Room = min(Room, Count + 64);
    Ids = ExAllocatePoolWithTag(PagedPool, sizeof(*Ids) + Room * sizeof(ULONG_PTR), PSP_TAG);
    if (Ids == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Ids->InList = 0;
    ExAcquirePushLockShared_(&PspJobLock);
    Ids->Assigned = Job->Past.ActiveProcesses;
    PspCollectIds(Job, Ids, Room);
    ExReleasePushLockShared_(&PspJobLock);
    *Needed = (ULONG)(sizeof(*Ids) + Ids->InList * sizeof(ULONG_PTR));
    Status = CopyToMode(Mode, Buffer, Ids, *Needed);
    if (NT_SUCCESS(Status) && Ids->InList < Ids->Assigned) {
        Status = STATUS_BUFFER_OVERFLOW;
    }
    ExFreePoolWithTag(Ids, PSP_TAG);
    return Status;
}

/* The job behind a handle, or the caller's own for NULL; referenced. */
static NTSTATUS PspReferenceJob(HANDLE Handle, ACCESS_MASK Access, KPROCESSOR_MODE Mode, EJOB **Job)
{
    if (Handle != NULL) {
        return ObReferenceObjectByHandle(Handle, Access, PspJobType, Mode, (PVOID *)Job, NULL);
    }
    *Job = PsThreadProcess_(PsCurrentThread_())->Job;
    if (*Job == NULL) {
        return STATUS_ACCESS_DENIED;
    }
    ObReferenceObject(*Job);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtQueryInformationJobObject(HANDLE JobHandle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG Needed = PspJobQueryLength(Class);
    JOB_ANSWER Answer = {0};
    EJOB *Job;
    NTSTATUS Status;

    PAGED_CODE();
    if (Needed == 0) {
        KdPrint_("Ps: NtQueryInformationJobObject: class %lu is not there\n", Class);
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Class == JobProcessIds || Class == JobGroups ? Length < Needed : Length != Needed) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = KiProbeForWrite(Mode, Buffer, Length, sizeof(ULONG));
    if (NT_SUCCESS(Status) && ReturnLength != NULL) {
        Status = KiProbeForWrite(Mode, ReturnLength, sizeof(ULONG), sizeof(ULONG));
    }
    if (NT_SUCCESS(Status)) {
        Status = PspReferenceJob(JobHandle, JOB_OBJECT_QUERY, Mode, &Job);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Class == JobProcessIds) {
        Status = PspQueryJobIds(Job, Mode, Buffer, Length, &Needed);
    } else {
        ExAcquirePushLockShared_(&PspJobLock);
        PspAnswerJob(Job, Class, &Answer);
        ExReleasePushLockShared_(&PspJobLock);
        Status = CopyToMode(Mode, Buffer, &Answer, Needed);
    }
    ObDereferenceObject(Job);
    if (ReturnLength != NULL && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW)) {
        NTSTATUS Copy = CopyToMode(Mode, ReturnLength, &Needed, sizeof(Needed));
        Status = NT_SUCCESS(Copy) ? Status : Copy;
    }
    return Status;
}

/* ---- set ---------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS PspCheckLimits(const JOB_BASIC_LIMIT *New, KPROCESSOR_MODE Mode)
{
    ULONG Flags = New->LimitFlags;

    if ((Flags & JOB_LIMIT_JOB_TIME) && (Flags & JOB_LIMIT_PRESERVE_JOB_TIME)) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Flags & JOB_LIMIT_WORKINGSET) &&
        (New->MinimumWorkingSetSize == 0 || New->MaximumWorkingSetSize == 0 || New->MinimumWorkingSetSize > New->MaximumWorkingSetSize)) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Flags & JOB_LIMIT_AFFINITY) && (New->Affinity == 0 || (New->Affinity & ~KeQueryActiveProcessors()))) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Flags & JOB_LIMIT_PRIORITY_CLASS) &&
        (New->PriorityClass == PROCESS_PRIORITY_CLASS_UNKNOWN || New->PriorityClass > PROCESS_PRIORITY_CLASS_ABOVE_NORMAL)) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Flags & JOB_LIMIT_SCHEDULING_CLASS) && New->SchedulingClass > 9) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((((Flags & JOB_LIMIT_PRIORITY_CLASS) && New->PriorityClass > PROCESS_PRIORITY_CLASS_NORMAL &&
        New->PriorityClass < PROCESS_PRIORITY_CLASS_BELOW_NORMAL) ||
         ((Flags & JOB_LIMIT_SCHEDULING_CLASS) && New->SchedulingClass > 5)) &&
        !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_INC_BASE_PRIORITY_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    return STATUS_SUCCESS;
}

static void PspApplyToAll(EJOB *Job)
{
    for (PLIST_ENTRY Link = Job->Processes.Flink; Link != &Job->Processes; Link = Link->Flink) {
        PspApplyJobLimits(Job, CONTAINING_RECORD(Link, EPROCESS, JobLinks));
    }
    for (PLIST_ENTRY Link = Job->Children.Flink; Link != &Job->Children; Link = Link->Flink) {
        PspApplyToAll(CONTAINING_RECORD(Link, EJOB, Sibling));
    }
}

/* Only what a flag stands for is taken over; the rest of the old record stays.  PspJobLock held. */
static void PspTakeLimits(EJOB *Job, const JOB_BASIC_LIMIT *New, ULONG Keep)
{
    JOB_BASIC_LIMIT *Limit = &Job->Limit;
    ULONG Flags = New->LimitFlags;
    JOB_BASIC_ACCOUNTING Sum;
    ULONG64 Io[6];

    if (Flags & JOB_LIMIT_PROCESS_TIME) {
        Limit->PerProcessUserTimeLimit = New->PerProcessUserTimeLimit;
    }
    if (Flags & JOB_LIMIT_JOB_TIME) { /* a new period begins */
        PspSumJob(Job, &Sum, Io);
        Limit->PerJobUserTimeLimit = New->PerJobUserTimeLimit;
        Job->PeriodUser = Job->LimitBase = Sum.TotalUserTime.QuadPart;
        Job->PeriodKernel = Sum.TotalKernelTime.QuadPart;
        Job->TimeIsUp = FALSE;
        (void)KeResetEvent(&Job->Event);
    } else if (Flags & JOB_LIMIT_PRESERVE_JOB_TIME) {
        Keep |= JOB_LIMIT_JOB_TIME;
    }
    if (Flags & JOB_LIMIT_WORKINGSET) {
        Limit->MinimumWorkingSetSize = New->MinimumWorkingSetSize;
        Limit->MaximumWorkingSetSize = New->MaximumWorkingSetSize;
    }
    Limit->ActiveProcessLimit = (Flags & JOB_LIMIT_ACTIVE_PROCESS) ? New->ActiveProcessLimit : 0;
    Limit->Affinity = (Flags & JOB_LIMIT_AFFINITY) ? New->Affinity : 0;
    Limit->PriorityClass = (Flags & JOB_LIMIT_PRIORITY_CLASS) ? New->PriorityClass : 0;
    Limit->SchedulingClass = (Flags & JOB_LIMIT_SCHEDULING_CLASS) ? New->SchedulingClass : 5;
    Limit->LimitFlags = (Limit->LimitFlags & Keep) | (Flags & ~JOB_LIMIT_PRESERVE_JOB_TIME);
    if (Limit->LimitFlags & (JOB_LIMIT_PROCESS_TIME | JOB_LIMIT_JOB_TIME)) {
        PspWatchJobTimes();
    }
}

static NTSTATUS PspSetJobLimits(EJOB *Job, const JOB_EXTENDED_LIMIT *New, BOOLEAN Extended, KPROCESSOR_MODE Mode)
{
    ULONG Flags = New->Basic.LimitFlags;
    NTSTATUS Status;

    if (Flags & ~(Extended ? JOB_LIMIT_EXTENDED : JOB_LIMIT_BASIC)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (((Flags & JOB_LIMIT_PROCESS_MEMORY) && New->ProcessMemoryLimit < PAGE_SIZE) || ((Flags & JOB_LIMIT_JOB_MEMORY) && New->JobMemoryLimit < PAGE_SIZE)) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = PspCheckLimits(&New->Basic, Mode);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ExAcquirePushLockExclusive_(&PspJobLock);
    PspTakeLimits(Job, &New->Basic, Extended ? 0 : ~JOB_LIMIT_BASIC);
    if (Flags & JOB_LIMIT_PROCESS_MEMORY) {
        Job->ProcessMemoryLimit = New->ProcessMemoryLimit / PAGE_SIZE;
    }
    if (Flags & JOB_LIMIT_JOB_MEMORY) {
        Job->JobMemoryLimit = New->JobMemoryLimit / PAGE_SIZE;
    }
    PspApplyToAll(Job);
    ExReleasePushLockExclusive_(&PspJobLock);
    return STATUS_SUCCESS;
}

static void PspAnnounceAll(EJOB *Target, EJOB *Job)
{
    for (PLIST_ENTRY Link = Job->Processes.Flink; Link != &Job->Processes; Link = Link->Flink) {
        PspJobMessage(Target, JobMsgNewProcess, CONTAINING_RECORD(Link, EPROCESS, JobLinks)->UniqueProcessId);
    }
    for (PLIST_ENTRY Link = Job->Children.Flink; Link != &Job->Children; Link = Link->Flink) {
        PspAnnounceAll(Target, CONTAINING_RECORD(Link, EJOB, Sibling));
    }
}

/* A port is associated once (STATUS_INVALID_PARAMETER); the processes that are there are announced to it. */
static NTSTATUS PspAssociatePort(EJOB *Job, PVOID Key, HANDLE PortHandle, KPROCESSOR_MODE Mode)
{
    PVOID Port;
    NTSTATUS Status = ObReferenceObjectByHandle(PortHandle, 0x0002 /* IO_COMPLETION_MODIFY_STATE */, IopCompletionObjectType, Mode, &Port, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ExAcquirePushLockExclusive_(&PspJobLock);
    if (Job->Port != NULL) {
        Status = STATUS_INVALID_PARAMETER;
    } else {
        Job->Port = Port;
        Job->PortKey = Key;
        PspAnnounceAll(Job, Job);
    }
    ExReleasePushLockExclusive_(&PspJobLock);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Port);
    }
    return Status;
}

static ULONG PspJobSetLength(ULONG Class)
{
    switch (Class) {
    case JobBasicLimit:
        return sizeof(JOB_BASIC_LIMIT);
    case JobExtendedLimit:
        return sizeof(JOB_EXTENDED_LIMIT);
    case JobUiRestrictions:
    case JobEndOfJobTime:
        return sizeof(ULONG);
    case JobCompletionPort:
        return 2 * sizeof(PVOID);
    default:
        return 0;
    }
}

static NTSTATUS PspSetJob(EJOB *Job, ULONG Class, const PVOID New, KPROCESSOR_MODE Mode)
{
    ULONG Value = *(const ULONG *)New;
    PVOID const *Pair = New;
    NTSTATUS Status = STATUS_SUCCESS;

    switch (Class) {
    case JobBasicLimit:
    case JobExtendedLimit:
        return PspSetJobLimits(Job, New, Class == JobExtendedLimit, Mode);
    case JobCompletionPort:
        return PspAssociatePort(Job, Pair[0], Pair[1], Mode);
    case JobEndOfJobTime:
        if (Value > 1) {
            return STATUS_INVALID_PARAMETER;
        }
        Job->EndOfJobTimeAction = Value;
        return STATUS_SUCCESS;
    default: /* JobUiRestrictions */
        ExAcquirePushLockExclusive_(&PspJobLock);
        if (Value & ~0xFFu) {
            Status = STATUS_INVALID_PARAMETER;
        } else if (Value != 0 && (Job->Parent != NULL || !IsListEmpty(&Job->Children))) {
            Status = STATUS_ACCESS_DENIED;
        } else {
            Job->UiRestrictions = Value;
        }
        ExReleasePushLockExclusive_(&PspJobLock);
        return Status;
    }
}

NTSTATUS NTAPI NtSetInformationJobObject(HANDLE JobHandle, ULONG Class, PVOID Buffer, ULONG Length)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG Needed = PspJobSetLength(Class);
    JOB_EXTENDED_LIMIT New = {0};
    EJOB *Job;
    NTSTATUS Status;

    PAGED_CODE();
    if (Needed == 0) {
        KdPrint_("Ps: NtSetInformationJobObject: class %lu is not there\n", Class);
        return Class == JobSecurityLimit || Class == JobCpuRate ? STATUS_NOT_SUPPORTED : STATUS_INVALID_INFO_CLASS;
    }
    if (Length != Needed) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = CopyFromMode(Mode, &New, Buffer, Length);
    if (NT_SUCCESS(Status)) {
        Status = PspReferenceJob(JobHandle, JOB_OBJECT_SET_ATTRIBUTES, Mode, &Job);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PspSetJob(Job, Class, &New, Mode);
    ObDereferenceObject(Job);
    return Status;
}

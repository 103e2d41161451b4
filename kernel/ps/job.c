/* SPDX-License-Identifier: MIT */
/*
 * job.c - jobs: a fence around processes, which holds them together and to limits.
 *
 * A process is put into a job by NtAssignProcessToJobObject, or is born in its creator's.  It never leaves.  Jobs nest (Windows 8): to put a process that
 * has a job into another makes the other one the child of the first, and every limit and every count then holds for the chain from the
 * innermost job up.  EPROCESS.Job is the innermost.  A child job's processes are all its parent's too.
 *
 * References: a process holds its job, a job its parent; handles as usual.  Processes are in a job's list only while they run.
 * When the last handle of a job closes, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE ends what is in it.
 *
 * Windows Internals, 7th ed., part 1, chapter 3 "Jobs"; docs/jobs.md.  Not here: CPU rates, network limits, silos, notification limits.
 */
#include "job.h"

EX_PUSH_LOCK_ PspJobLock;
LIST_ENTRY PspJobList = {&PspJobList, &PspJobList}; /* PspJobLock */

/* ---- messages -------------------------------------------------------------------------------------------------------------------- */

void PspJobMessage(EJOB *Job, ULONG Message, HANDLE ProcessId)
{
    if (Job->Port != NULL) {
        (void)IoSetIoCompletion(Job->Port, Job->PortKey, ProcessId, STATUS_SUCCESS, Message, FALSE); /* no guarantee, Windows says */
    }
}

void PspJobMessageUp(EJOB *Job, ULONG Message, HANDLE ProcessId)
{
    for (; Job != NULL; Job = Job->Parent) {
        PspJobMessage(Job, Message, ProcessId);
    }
}

/* ---- walking ---------------------------------------------------------------------------------------------------------------------- */

BOOLEAN PspIsAncestorOrSelf(const EJOB *Ancestor, const EJOB *Job)
{
    while (Job != NULL && Job != Ancestor) {
        Job = Job->Parent;
    }
    return Job != NULL;
}

static void PspAddTimes(const EPROCESS *Process, JOB_BASIC_ACCOUNTING *Sum, ULONG64 Io[6])
{
    Sum->TotalUserTime.QuadPart += (LONGLONG)Process->Pcb.UserTime;
    Sum->TotalKernelTime.QuadPart += (LONGLONG)Process->Pcb.KernelTime;
    Sum->TotalPageFaultCount += Process->PageFaultCount;
    Io[0] += (ULONG64)Process->ReadOperationCount.QuadPart;
    Io[1] += (ULONG64)Process->WriteOperationCount.QuadPart;
    Io[2] += (ULONG64)Process->OtherOperationCount.QuadPart;
    Io[3] += (ULONG64)Process->ReadTransferCount.QuadPart;
    Io[4] += (ULONG64)Process->WriteTransferCount.QuadPart;
    Io[5] += (ULONG64)Process->OtherTransferCount.QuadPart;
}

static void PspSumLiving(const EJOB *Job, JOB_BASIC_ACCOUNTING *Sum, ULONG64 Io[6])
{
    for (PLIST_ENTRY Link = Job->Processes.Flink; Link != &Job->Processes; Link = Link->Flink) {
        PspAddTimes(CONTAINING_RECORD(Link, EPROCESS, JobLinks), Sum, Io);
    }
    for (PLIST_ENTRY Link = Job->Children.Flink; Link != &Job->Children; Link = Link->Flink) {
        PspSumLiving(CONTAINING_RECORD(Link, EJOB, Sibling), Sum, Io);
    }
}

void PspSumJob(const EJOB *Job, JOB_BASIC_ACCOUNTING *Sum, ULONG64 Io[6])
{
    *Sum = Job->Past;
    RtlCopyMemory(Io, Job->PastIo, sizeof(Job->PastIo));
    PspSumLiving(Job, Sum, Io);
    Sum->ThisPeriodTotalUserTime.QuadPart = Sum->TotalUserTime.QuadPart - Job->PeriodUser;
    Sum->ThisPeriodTotalKernelTime.QuadPart = Sum->TotalKernelTime.QuadPart - Job->PeriodKernel;
}

/* ---- ending ------------------------------------------------------------------------------------------------------------------------ */

void PspKillJob(EJOB *Job, NTSTATUS Status, BOOLEAN Violation)
{
    for (PLIST_ENTRY Link = Job->Processes.Flink; Link != &Job->Processes; Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, EPROCESS, JobLinks);

        if (Violation && !(Process->Flags & PS_PROCESS_FLAGS_PROCESS_DELETE)) {
            for (EJOB *Up = Job; Up != NULL; Up = Up->Parent) {
                Up->Past.TotalTerminatedProcesses++;
            }
        }
        (void)PspTerminateProcess(Process, Status);
    }
    for (PLIST_ENTRY Link = Job->Children.Flink; Link != &Job->Children; Link = Link->Flink) {
        PspKillJob(CONTAINING_RECORD(Link, EJOB, Sibling), Status, Violation);
    }
}

/* ---- membership -------------------------------------------------------------------------------------------------------------------- */

void PspApplyJobLimits(EJOB *Job, PEPROCESS Process)
{
    SIZE_T Memory = 0;

    for (EJOB *Up = Job; Up != NULL; Up = Up->Parent) {
        if (Up->ProcessMemoryLimit != 0 && (Up->Limit.LimitFlags & JOB_LIMIT_PROCESS_MEMORY) && (Memory == 0 || Up->ProcessMemoryLimit < Memory)) {
            Memory = Up->ProcessMemoryLimit;
        }
        if (Up->Limit.LimitFlags & JOB_LIMIT_WORKINGSET) {
            Process->MinimumWorkingSetSize = Up->Limit.MinimumWorkingSetSize / PAGE_SIZE;
            Process->MaximumWorkingSetSize = Up->Limit.MaximumWorkingSetSize / PAGE_SIZE;
        }
        if (Up->Limit.LimitFlags & JOB_LIMIT_PRIORITY_CLASS) {
            Process->Pcb.PriorityClass = (UCHAR)Up->Limit.PriorityClass;
            (void)KeSetPriorityAndQuantumProcess(&Process->Pcb, PspPriorityOfClass((UCHAR)Up->Limit.PriorityClass), 0);
        }
        if (Up->Limit.LimitFlags & JOB_LIMIT_AFFINITY) {
            PspSetProcessAffinity(Process, Up->Limit.Affinity);
        }
    }
    Process->CommitLimit = Memory;
}

/* The process counts in Job and its ancestors up to (not with) Until.  FALSE, and nothing has changed: there are too many already. */
static BOOLEAN PspCountIn(EJOB *Job, EJOB *Until, PEPROCESS Process)
{
    for (EJOB *Up = Job; Up != Until; Up = Up->Parent) {
        if ((Up->Limit.LimitFlags & JOB_LIMIT_ACTIVE_PROCESS) && Up->Past.ActiveProcesses >= Up->Limit.ActiveProcessLimit) {
            PspJobMessageUp(Up, JobMsgActiveProcessLimit, Process->UniqueProcessId);
            return FALSE;
        }
    }
    for (EJOB *Up = Job; Up != Until; Up = Up->Parent) {
        Up->Past.ActiveProcesses++;
        Up->Past.TotalProcesses++;
        Up->MemoryUsed += (SIZE_T)Process->JobCommit;
        Up->PeakJobMemory = max(Up->PeakJobMemory, Up->MemoryUsed);
    }
    return TRUE;
}

/* Process enters Job, which is NULL's or its present job's descendant. */
static NTSTATUS PspEnterJob(PEPROCESS Process, EJOB *Job)
{
    EJOB *Old = Process->Job;

    if (Old == NULL) {
        Process->JobCommit = (LONG64)(Process->CommitCharge - Process->LargeCommitCharge);
    }
    if (!PspCountIn(Job, Old, Process)) {
        Process->JobCommit = Old == NULL ? 0 : Process->JobCommit;
        return STATUS_QUOTA_EXCEEDED;
    }
    ObReferenceObject(Job);
    if (Old != NULL) {
        RemoveEntryList(&Process->JobLinks);
        ObDereferenceObjectDeferDelete(Old); /* its delete procedure takes our lock */
    }
    Process->Job = Job;
    InsertTailList(&Job->Processes, &Process->JobLinks);
    PspApplyJobLimits(Job, Process);
    for (EJOB *Up = Job; Up != Old; Up = Up->Parent) {
        PspJobMessage(Up, JobMsgNewProcess, Process->UniqueProcessId);
    }
    return STATUS_SUCCESS;
}

BOOLEAN PspJobFixes(PEPROCESS Process, ULONG LimitFlag)
{
    BOOLEAN Fixed = FALSE;

    if (Process->Job != NULL) {
        ExAcquirePushLockShared_(&PspJobLock);
        for (EJOB *Up = Process->Job; Up != NULL; Up = Up->Parent) {
            Fixed |= (Up->Limit.LimitFlags & LimitFlag) != 0;
        }
        ExReleasePushLockShared_(&PspJobLock);
    }
    return Fixed;
}

/* Where Job may become the child of the job the process is in: it must be unused and without a parent, and restrict no user interface. */
static NTSTATUS PspNestJob(EJOB *Job, EJOB *Parent)
{
    if (Job->Parent != NULL || Job->Past.TotalProcesses != 0 || !IsListEmpty(&Job->Children) || Job->UiRestrictions != 0) {
        return STATUS_ACCESS_DENIED;
    }
    ObReferenceObject(Parent);
    Job->Parent = Parent;
    InsertTailList(&Parent->Children, &Job->Sibling);
    return STATUS_SUCCESS;
}

NTSTATUS PspAssignLocked(EJOB *Job, PEPROCESS Process)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Process->Flags & (PS_PROCESS_FLAGS_PROCESS_DELETE | PS_PROCESS_FLAGS_PROCESS_EXITING)) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    if (Process->Job != NULL) {
        if (PspIsAncestorOrSelf(Job, Process->Job)) {
            return STATUS_SUCCESS; /* there already */
        }
        if (!PspIsAncestorOrSelf(Process->Job, Job)) {
            Status = PspNestJob(Job, Process->Job);
        }
    }
    return NT_SUCCESS(Status) ? PspEnterJob(Process, Job) : Status;
}

/*
 * The job of a newborn: the parent's, or, with breakaway, the first of its ancestors that does not let it go.  STATUS_ACCESS_DENIED: to break away was
 * asked for and is not allowed.
 */
NTSTATUS PspInheritJob(PEPROCESS Parent, PEPROCESS Process, BOOLEAN Breakaway)
{
    NTSTATUS Status = STATUS_SUCCESS;
    EJOB *Job;

    if (Parent->Job == NULL) {
        return STATUS_SUCCESS;
    }
    ExAcquirePushLockExclusive_(&PspJobLock);
    Job = Parent->Job;
    if (Breakaway && !(Job->Limit.LimitFlags & (JOB_LIMIT_BREAKAWAY_OK | JOB_LIMIT_SILENT_BREAKAWAY_OK))) {
        Status = STATUS_ACCESS_DENIED;
    }
    while (Job != NULL && ((Job->Limit.LimitFlags & JOB_LIMIT_SILENT_BREAKAWAY_OK) || (Breakaway && (Job->Limit.LimitFlags & JOB_LIMIT_BREAKAWAY_OK)))) {
        Job = Job->Parent;
    }
    if (NT_SUCCESS(Status) && Job != NULL) {
        Status = PspEnterJob(Process, Job);
    }
    ExReleasePushLockExclusive_(&PspJobLock);
    return Status;
}

/* PS_ATTRIBUTE_JOB_LIST: each in turn, outermost first. */
NTSTATUS PspAssignJobList(PEPROCESS Process, const HANDLE *Jobs, ULONG Count, KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = STATUS_SUCCESS;
    EJOB *Job;

    for (ULONG i = 0; NT_SUCCESS(Status) && i < Count; i++) {
        Status = ObReferenceObjectByHandle(Jobs[i], JOB_OBJECT_ASSIGN_PROCESS, PspJobType, Mode, (PVOID *)&Job, NULL);
        if (NT_SUCCESS(Status)) {
            ExAcquirePushLockExclusive_(&PspJobLock);
            Status = PspAssignLocked(Job, Process);
            ExReleasePushLockExclusive_(&PspJobLock);
            ObDereferenceObject(Job);
        }
    }
    return Status;
}

static BOOLEAN PspIsAbnormalExit(NTSTATUS Status)
{
    static const NTSTATUS Abnormal[] = {
        STATUS_ACCESS_VIOLATION, STATUS_ARRAY_BOUNDS_EXCEEDED, STATUS_BREAKPOINT, STATUS_CONTROL_C_EXIT, STATUS_DATATYPE_MISALIGNMENT,
        STATUS_FATAL_APP_EXIT, STATUS_FLOAT_DENORMAL_OPERAND, STATUS_FLOAT_DIVIDE_BY_ZERO, STATUS_FLOAT_INEXACT_RESULT,
        STATUS_FLOAT_INVALID_OPERATION, STATUS_FLOAT_MULTIPLE_FAULTS, STATUS_FLOAT_MULTIPLE_TRAPS, STATUS_FLOAT_OVERFLOW,
        STATUS_FLOAT_STACK_CHECK, STATUS_FLOAT_UNDERFLOW, STATUS_GUARD_PAGE_VIOLATION, STATUS_ILLEGAL_INSTRUCTION, STATUS_IN_PAGE_ERROR,
        STATUS_INSTRUCTION_MISALIGNMENT, STATUS_INTEGER_DIVIDE_BY_ZERO, STATUS_INTEGER_OVERFLOW, STATUS_INVALID_DISPOSITION,
        STATUS_NONCONTINUABLE_EXCEPTION, STATUS_PRIVILEGED_INSTRUCTION, STATUS_SINGLE_STEP, STATUS_STACK_OVERFLOW, STATUS_UNWIND_CONSOLIDATE,
    };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Abnormal); i++) {
        if (Abnormal[i] == Status) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The process' last thread is through with its handles and memory; also for one that never came to life.  No lock held. */
void PspExitJob(PEPROCESS Process)
{
    EJOB *Job;

    if (Process->Job == NULL) {
        return;
    }
    ExAcquirePushLockExclusive_(&PspJobLock);
    Job = Process->Job;
    if (Process->JobLinks.Flink != NULL) {
        ULONG Message = PspIsAbnormalExit(Process->ExitStatus) ? JobMsgAbnormalExitProcess : JobMsgExitProcess;

        RemoveEntryList(&Process->JobLinks);
        Process->JobLinks.Flink = NULL;
        PspJobMessageUp(Job, Message, Process->UniqueProcessId);
        for (EJOB *Up = Job; Up != NULL; Up = Up->Parent) {
            PspAddTimes(Process, &Up->Past, Up->PastIo);
            Up->MemoryUsed -= (SIZE_T)Process->JobCommit;
            if (--Up->Past.ActiveProcesses == 0) {
                PspJobMessage(Up, JobMsgActiveProcessZero, NULL);
            }
        }
        Process->JobCommit = 0;
    }
    ExReleasePushLockExclusive_(&PspJobLock);
}

/* mm's question on each charge and return of commitment by a process with a job. */
BOOLEAN PspChargeJob(PEPROCESS Process, LONG64 Pages)
{
    SIZE_T Now = Process->CommitCharge - Process->LargeCommitCharge + (SIZE_T)max(Pages, 0);
    BOOLEAN Granted = TRUE;
    EJOB *Up;

    ExAcquirePushLockExclusive_(&PspJobLock);
    if (Process->JobLinks.Flink == NULL) {
        goto Cleanup; /* on its way out, or not counted yet */
    }
    if (Pages < 0) {
        Pages = -min(-Pages, Process->JobCommit);
    } else if (Process->CommitLimit != 0 && Now > Process->CommitLimit) {
        PspJobMessageUp(Process->Job, JobMsgProcessMemoryLimit, Process->UniqueProcessId);
        Granted = FALSE;
        goto Cleanup;
    }
    for (Up = Process->Job; Pages > 0 && Up != NULL; Up = Up->Parent) {
        if ((Up->Limit.LimitFlags & JOB_LIMIT_JOB_MEMORY) && Up->MemoryUsed + (SIZE_T)Pages > Up->JobMemoryLimit) {
            PspJobMessageUp(Up, JobMsgJobMemoryLimit, Process->UniqueProcessId);
            Granted = FALSE;
            goto Cleanup;
        }
    }
    for (Up = Process->Job; Up != NULL; Up = Up->Parent) {
        Up->MemoryUsed += (SIZE_T)Pages;
        Up->PeakJobMemory = max(Up->PeakJobMemory, Up->MemoryUsed);
        Up->PeakProcessMemory = max(Up->PeakProcessMemory, Now);
    }
    Process->JobCommit += Pages;
Cleanup:
    ExReleasePushLockExclusive_(&PspJobLock);
    return Granted;
}

/* ---- time limits: looked at four times a second while any job has one ------------------------------------------------------------------- */

#define PSP_JOB_PERIOD (-2500000LL)
static KTIMER PspJobTimer;
static KDPC PspJobDpc;
static WORK_QUEUE_ITEM PspJobWork;
static BOOLEAN PspJobWatching; /* PspJobLock */

static void PspCheckProcessTimes(EJOB *Job, EJOB *Limiting)
{
    for (PLIST_ENTRY Link = Job->Processes.Flink; Link != &Job->Processes; Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, EPROCESS, JobLinks);

        if ((LONGLONG)Process->Pcb.UserTime > Limiting->Limit.PerProcessUserTimeLimit.QuadPart && !(Process->Flags & PS_PROCESS_FLAGS_PROCESS_DELETE)) {
            PspJobMessageUp(Limiting, JobMsgEndOfProcessTime, Process->UniqueProcessId);
            for (EJOB *Up = Job; Up != NULL; Up = Up->Parent) {
                Up->Past.TotalTerminatedProcesses++;
            }
            (void)PspTerminateProcess(Process, PSP_ERROR_NOT_ENOUGH_QUOTA);
        }
    }
    for (PLIST_ENTRY Link = Job->Children.Flink; Link != &Job->Children; Link = Link->Flink) {
        PspCheckProcessTimes(CONTAINING_RECORD(Link, EJOB, Sibling), Limiting);
    }
}

static void PspCheckJobTime(EJOB *Job)
{
    JOB_BASIC_ACCOUNTING Sum;
    ULONG64 Io[6];

    PspSumJob(Job, &Sum, Io);
    if (Job->TimeIsUp || Sum.TotalUserTime.QuadPart - Job->LimitBase <= Job->Limit.PerJobUserTimeLimit.QuadPart) {
        return;
    }
    Job->TimeIsUp = TRUE;
    if (Job->EndOfJobTimeAction == 1 && Job->Port != NULL) {
        Job->Limit.LimitFlags &= ~JOB_LIMIT_JOB_TIME;
        PspJobMessage(Job, JobMsgEndOfJobTime, NULL);
        return;
    }
    PspKillJob(Job, PSP_ERROR_NOT_ENOUGH_QUOTA, TRUE);
    PspJobMessage(Job, JobMsgEndOfJobTime, NULL);
    (void)KeSetEvent(&Job->Event, 0, FALSE);
}

static VOID NTAPI PspJobTimesWork(PVOID Context)
{
    LARGE_INTEGER Due = {.QuadPart = PSP_JOB_PERIOD};
    BOOLEAN More = FALSE;

    UNREFERENCED_PARAMETER(Context);
    ExAcquirePushLockExclusive_(&PspJobLock);
    for (PLIST_ENTRY Link = PspJobList.Flink; Link != &PspJobList; Link = Link->Flink) {
        EJOB *Job = CONTAINING_RECORD(Link, EJOB, Links);

        if (Job->Limit.LimitFlags & JOB_LIMIT_PROCESS_TIME) {
            PspCheckProcessTimes(Job, Job);
        }
        if (Job->Limit.LimitFlags & JOB_LIMIT_JOB_TIME) {
            PspCheckJobTime(Job);
        }
        More |= (Job->Limit.LimitFlags & (JOB_LIMIT_PROCESS_TIME | JOB_LIMIT_JOB_TIME)) != 0;
    }
    PspJobWatching = More;
    if (More) {
        (void)KeSetTimer(&PspJobTimer, Due, &PspJobDpc);
    }
    ExReleasePushLockExclusive_(&PspJobLock);
}

static VOID NTAPI PspJobTimerDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ExQueueWorkItem(&PspJobWork, DelayedWorkQueue);
}

void PspInitJobTimes(void)
{
    KeInitializeTimer(&PspJobTimer);
    KeInitializeDpc(&PspJobDpc, PspJobTimerDpc, NULL);
    ExInitializeWorkItem(&PspJobWork, PspJobTimesWork, NULL);
}

void PspWatchJobTimes(void)
{
    LARGE_INTEGER Due = {.QuadPart = PSP_JOB_PERIOD};

    if (!PspJobWatching) {
        PspJobWatching = TRUE;
        (void)KeSetTimer(&PspJobTimer, Due, &PspJobDpc);
    }
}

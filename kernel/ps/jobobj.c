/* SPDX-License-Identifier: MIT */
/*
 * jobobj.c - the job object: its type, its end, and the services that make, open, fill and end jobs.  What a job is, job.c tells.
 */
#include "job.h"

POBJECT_TYPE PspJobType;

/* ---- the object -------------------------------------------------------------------------------------------------------------------- */

static void PspJobClose(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount, ULONG_PTR SystemHandleCount)
{
    EJOB *Job = Object;
    PVOID Port;

    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessHandleCount);
    if (SystemHandleCount != 1) {
        return;
    }
    ExAcquirePushLockExclusive_(&PspJobLock);
    if (Job->Limit.LimitFlags & JOB_LIMIT_KILL_ON_JOB_CLOSE) {
        PspKillJob(Job, STATUS_SUCCESS, FALSE);
    }
    Port = Job->Port; /* nobody can associate another, and the port need not outlive its own handles for us */
    Job->Port = NULL;
    ExReleasePushLockExclusive_(&PspJobLock);
    if (Port != NULL) {
        ObDereferenceObject(Port);
    }
}

static void PspJobDelete(PVOID Object)
{
    EJOB *Job = Object;

    ExAcquirePushLockExclusive_(&PspJobLock);
    ASSERT(IsListEmpty(&Job->Processes) && IsListEmpty(&Job->Children));
    RemoveEntryList(&Job->Links);
    if (Job->Parent != NULL) {
        RemoveEntryList(&Job->Sibling);
    }
    ExReleasePushLockExclusive_(&PspJobLock);
    if (Job->Port != NULL) {
        ObDereferenceObject(Job->Port);
    }
    if (Job->Parent != NULL) {
        ObDereferenceObject(Job->Parent);
    }
}

void PspCreateJobType(void)
{
    OBJECT_TYPE_INITIALIZER Type = {
        .Length = sizeof(Type),
        .SecurityRequired = FALSE,
        .PoolType = NonPagedPool,
        .InvalidAttributes = OBJ_OPENLINK,
        .GenericMapping = {STANDARD_RIGHTS_READ | JOB_OBJECT_QUERY,
                           STANDARD_RIGHTS_WRITE | JOB_OBJECT_ASSIGN_PROCESS | JOB_OBJECT_SET_ATTRIBUTES | JOB_OBJECT_TERMINATE,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, JOB_OBJECT_ALL_ACCESS},
        .ValidAccessMask = JOB_OBJECT_ALL_ACCESS,
        .CloseProcedure = PspJobClose,
        .DeleteProcedure = PspJobDelete,
        .WaitObjectFlagOffset = offsetof(EJOB, Event),
    };
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Job");

    if (!NT_SUCCESS(ObCreateObjectType(&Name, &Type, NULL, &PspJobType))) {
        KeBugCheckEx(0x60 /* PROCESS_INITIALIZATION_FAILED */, 4, 0, 0, 0);
    }
    PspInitJobTimes();
    MmChargeJob = PspChargeJob;
}

/* ---- services ---------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI NtCreateJobObject(PHANDLE JobHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    EJOB *Job;
    NTSTATUS Status = KiProbeForWrite(Mode, JobHandle, sizeof(HANDLE), sizeof(HANDLE));

    PAGED_CODE();
    if (NT_SUCCESS(Status)) {
        Status = ObCreateObject(Mode, PspJobType, ObjectAttributes, Mode, NULL, sizeof(EJOB), 0, 0, (PVOID *)&Job);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlZeroMemory(Job, sizeof(*Job));
    KeInitializeEvent(&Job->Event, NotificationEvent, FALSE);
    InitializeListHead(&Job->Processes);
    InitializeListHead(&Job->Children);
    Job->Limit.SchedulingClass = 5;
    ExAcquirePushLockExclusive_(&PspJobLock);
    InsertTailList(&PspJobList, &Job->Links);
    ExReleasePushLockExclusive_(&PspJobLock);
    return ObInsertObjectService(Job, DesiredAccess, JobHandle, Mode);
}

NTSTATUS NTAPI NtOpenJobObject(PHANDLE JobHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ObOpenObjectService(JobHandle, DesiredAccess, ObjectAttributes, PspJobType);
}

/* STATUS_ACCESS_DENIED: it is in a job that the new one cannot be nested in; STATUS_QUOTA_EXCEEDED: one too many, and it is ended. */
NTSTATUS NTAPI NtAssignProcessToJobObject(HANDLE JobHandle, HANDLE ProcessHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PEPROCESS Process;
    EJOB *Job;
    NTSTATUS Status = ObReferenceObjectByHandle(JobHandle, JOB_OBJECT_ASSIGN_PROCESS, PspJobType, Mode, (PVOID *)&Job, NULL);

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_SET_QUOTA | PROCESS_TERMINATE, *PsProcessType, Mode, (PVOID *)&Process, NULL);
    if (NT_SUCCESS(Status)) {
        if (Process->Flags & PS_PROCESS_FLAGS_SYSTEM) {
            Status = STATUS_ACCESS_DENIED;
        } else {
            ExAcquirePushLockExclusive_(&PspJobLock);
            Status = PspAssignLocked(Job, Process);
            ExReleasePushLockExclusive_(&PspJobLock);
            if (Status == STATUS_QUOTA_EXCEEDED) {
                PspKillProcess(Process, Status);
            }
        }
        ObDereferenceObject(Process);
    }
    ObDereferenceObject(Job);
    return Status;
}

NTSTATUS NTAPI NtTerminateJobObject(HANDLE JobHandle, NTSTATUS ExitStatus)
{
    PEPROCESS Current = PsThreadProcess_(PsCurrentThread_());
    BOOLEAN Self;
    EJOB *Job;
    NTSTATUS Status = ObReferenceObjectByHandle(JobHandle, JOB_OBJECT_TERMINATE, PspJobType, ExGetPreviousMode(), (PVOID *)&Job, NULL);

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ExAcquirePushLockExclusive_(&PspJobLock);
    PspKillJob(Job, ExitStatus, FALSE);
    Self = Current->Job != NULL && PspIsAncestorOrSelf(Job, Current->Job);
    ExReleasePushLockExclusive_(&PspJobLock);
    ObDereferenceObject(Job);
    if (Self) {
        PspExitThread(ExitStatus);
    }
    return STATUS_SUCCESS;
}

/* JobHandle NULL: any job. */
NTSTATUS NTAPI NtIsProcessInJob(HANDLE ProcessHandle, HANDLE JobHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PEPROCESS Process;
    EJOB *Job = NULL;
    NTSTATUS Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_QUERY_LIMITED_INFORMATION, *PsProcessType, Mode, (PVOID *)&Process, NULL);

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (JobHandle != NULL) {
        Status = ObReferenceObjectByHandle(JobHandle, JOB_OBJECT_QUERY, PspJobType, Mode, (PVOID *)&Job, NULL);
    }
    if (NT_SUCCESS(Status)) {
        ExAcquirePushLockShared_(&PspJobLock);
        Status = Process->Job != NULL && (Job == NULL || PspIsAncestorOrSelf(Job, Process->Job)) ? STATUS_PROCESS_IN_JOB : STATUS_PROCESS_NOT_IN_JOB;
        ExReleasePushLockShared_(&PspJobLock);
    }
    if (Job != NULL) {
        ObDereferenceObject(Job);
    }
    ObDereferenceObject(Process);
    return Status;
}

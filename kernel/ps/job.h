/* SPDX-License-Identifier: MIT */
/*
 * job.h - the job object and the structures by which user mode asks about it (layouts of <winnt.h>, which drivers' headers lack).
 *
 * One lock, PspJobLock, guards all of it: who is in which job, the tree of jobs, limits and counts.  Processes outside jobs never take it.
 * It is a leaf but for EPROCESS.ProcessLock, pool and dispatcher locks; mm takes it while holding its own.
 */
#ifndef NASCENT_PS_JOB_H
#define NASCENT_PS_JOB_H

#include "psp.h"

#define JOB_OBJECT_ASSIGN_PROCESS 0x0001
#define JOB_OBJECT_SET_ATTRIBUTES 0x0002
#define JOB_OBJECT_QUERY 0x0004
#define JOB_OBJECT_TERMINATE 0x0008
#define JOB_OBJECT_SET_SECURITY_ATTRIBUTES 0x0010
#define JOB_OBJECT_IMPERSONATE 0x0020
#define JOB_OBJECT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0x3F)

#define JOB_LIMIT_WORKINGSET 0x0001u
#define JOB_LIMIT_PROCESS_TIME 0x0002u
#define JOB_LIMIT_JOB_TIME 0x0004u
#define JOB_LIMIT_ACTIVE_PROCESS 0x0008u
#define JOB_LIMIT_AFFINITY 0x0010u
#define JOB_LIMIT_PRIORITY_CLASS 0x0020u
#define JOB_LIMIT_PRESERVE_JOB_TIME 0x0040u
#define JOB_LIMIT_SCHEDULING_CLASS 0x0080u
#define JOB_LIMIT_PROCESS_MEMORY 0x0100u
#define JOB_LIMIT_JOB_MEMORY 0x0200u
#define JOB_LIMIT_DIE_ON_UNHANDLED_EXCEPTION 0x0400u
#define JOB_LIMIT_BREAKAWAY_OK 0x0800u
#define JOB_LIMIT_SILENT_BREAKAWAY_OK 0x1000u
#define JOB_LIMIT_KILL_ON_JOB_CLOSE 0x2000u
#define JOB_LIMIT_SUBSET_AFFINITY 0x4000u
#define JOB_LIMIT_BASIC 0x00FFu
#define JOB_LIMIT_EXTENDED 0x7FFFu

enum
{
    JobMsgEndOfJobTime = 1,
    JobMsgEndOfProcessTime = 2,
    JobMsgActiveProcessLimit = 3,
    JobMsgActiveProcessZero = 4,
    JobMsgNewProcess = 6,
    JobMsgExitProcess = 7,
    JobMsgAbnormalExitProcess = 8,
    JobMsgProcessMemoryLimit = 9,
    JobMsgJobMemoryLimit = 10
};

typedef struct _JOB_BASIC_ACCOUNTING
{
    LARGE_INTEGER TotalUserTime, TotalKernelTime, ThisPeriodTotalUserTime, ThisPeriodTotalKernelTime;
    ULONG TotalPageFaultCount, TotalProcesses, ActiveProcesses, TotalTerminatedProcesses;
} JOB_BASIC_ACCOUNTING;
static_assert(sizeof(JOB_BASIC_ACCOUNTING) == 48, "JOBOBJECT_BASIC_ACCOUNTING_INFORMATION");

typedef struct _JOB_BASIC_LIMIT
{
    LARGE_INTEGER PerProcessUserTimeLimit, PerJobUserTimeLimit;
    ULONG LimitFlags;
    SIZE_T MinimumWorkingSetSize, MaximumWorkingSetSize;
    ULONG ActiveProcessLimit;
    ULONG_PTR Affinity;
    ULONG PriorityClass, SchedulingClass;
} JOB_BASIC_LIMIT;
static_assert(sizeof(JOB_BASIC_LIMIT) == 64, "JOBOBJECT_BASIC_LIMIT_INFORMATION");

typedef struct _JOB_EXTENDED_LIMIT
{
    JOB_BASIC_LIMIT Basic;
    ULONG64 Io[6];
    SIZE_T ProcessMemoryLimit, JobMemoryLimit, PeakProcessMemoryUsed, PeakJobMemoryUsed; /* bytes */
} JOB_EXTENDED_LIMIT;
static_assert(sizeof(JOB_EXTENDED_LIMIT) == 144, "JOBOBJECT_EXTENDED_LIMIT_INFORMATION");

typedef struct _EJOB
{
    KEVENT Event;                  /* signalled when the job's time is up and it was ended for it */
    LIST_ENTRY Links;              /* PspJobList */
    LIST_ENTRY Processes;          /* EPROCESS.JobLinks: those whose innermost job this is, while they run */
    struct _EJOB *Parent;          /* referenced; never changes once set */
    LIST_ENTRY Children, Sibling;
    JOB_BASIC_LIMIT Limit;         /* PerJobUserTimeLimit counts from LimitBase */
    LONGLONG LimitBase;            /* user time of the job when the limit was set */
    SIZE_T ProcessMemoryLimit, JobMemoryLimit;                   /* pages */
    SIZE_T MemoryUsed, PeakProcessMemory, PeakJobMemory;         /* pages */
    JOB_BASIC_ACCOUNTING Past;     /* of processes that have ended; counts of processes are current */
    ULONG64 PastIo[6];
    LONGLONG PeriodUser, PeriodKernel; /* totals when the period began */
    ULONG UiRestrictions;
    ULONG EndOfJobTimeAction;      /* 0 terminate, 1 post a message */
    PVOID Port, PortKey;           /* Port referenced */
    BOOLEAN TimeIsUp;
} EJOB;

extern EX_PUSH_LOCK_ PspJobLock;
extern LIST_ENTRY PspJobList; /* all jobs */
extern POBJECT_TYPE PspJobType;
/* All with PspJobLock held exclusively unless they say otherwise. */
void PspJobMessage(EJOB *Job, ULONG Message, HANDLE ProcessId);   /* to Job's port, if it has one */
void PspJobMessageUp(EJOB *Job, ULONG Message, HANDLE ProcessId); /* and to its ancestors' */
void PspKillJob(EJOB *Job, NTSTATUS Status, BOOLEAN Violation);   /* every process of Job and its descendants; but not the current thread */
void PspSumJob(const EJOB *Job, JOB_BASIC_ACCOUNTING *Sum, ULONG64 Io[6]); /* with descendants; times and faults of the living too */
void PspApplyJobLimits(EJOB *Job, PEPROCESS Process);
BOOLEAN PspIsAncestorOrSelf(const EJOB *Ancestor, const EJOB *Job);
NTSTATUS PspAssignLocked(EJOB *Job, PEPROCESS Process) NODISCARD;
BOOLEAN PspChargeJob(PEPROCESS Process, LONG64 Pages); /* takes the lock itself */
void PspInitJobTimes(void);
void PspWatchJobTimes(void);       /* some job has a time limit: begin to look */
#endif

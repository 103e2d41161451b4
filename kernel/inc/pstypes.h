/* SPDX-License-Identifier: MIT */
/*
 * pstypes.h - the process and thread objects.
 *
 * Every layer above ke keeps its part of a process here, so the structures stand below all of them in the layering; only ps creates and
 * deletes them.  Fields are grouped by owner; a subsystem touches its own group (or goes through the owner's routine).
 * Windows' own offsets change with every build and no driver may rely on them; drivers use the Ps* accessors.
 */
#ifndef NASCENT_PSTYPES_H
#define NASCENT_PSTYPES_H

#include "ke.h"
#include "ex.h"

/* Access rights and priority classes that only <winnt.h> declares (same numbers). */
#define PROCESS_TERMINATE 0x0001
#define PROCESS_CREATE_THREAD 0x0002
#define PROCESS_SET_SESSIONID 0x0004
#define PROCESS_VM_OPERATION 0x0008
#define PROCESS_VM_READ 0x0010
#define PROCESS_VM_WRITE 0x0020
#ifndef PROCESS_DUP_HANDLE
#define PROCESS_DUP_HANDLE 0x0040
#endif
#define PROCESS_CREATE_PROCESS 0x0080
#define PROCESS_SET_QUOTA 0x0100
#define PROCESS_SET_INFORMATION 0x0200
#define PROCESS_QUERY_INFORMATION 0x0400
#define PROCESS_SUSPEND_RESUME 0x0800
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000
#define PROCESS_SET_LIMITED_INFORMATION 0x2000
#define THREAD_QUERY_INFORMATION 0x0040
#define THREAD_SET_THREAD_TOKEN 0x0080
#define THREAD_IMPERSONATE 0x0100
#define THREAD_DIRECT_IMPERSONATION 0x0200
#define THREAD_RESUME 0x1000
#define PROCESS_PRIORITY_CLASS_UNKNOWN 0
#define PROCESS_PRIORITY_CLASS_IDLE 1
#define PROCESS_PRIORITY_CLASS_NORMAL 2
#define PROCESS_PRIORITY_CLASS_HIGH 3
#define PROCESS_PRIORITY_CLASS_REALTIME 4
#define PROCESS_PRIORITY_CLASS_BELOW_NORMAL 5
#define PROCESS_PRIORITY_CLASS_ABOVE_NORMAL 6

typedef struct _RTL_AVL_ROOT_ { PVOID Root; } RTL_AVL_ROOT_;
struct _HANDLE_TABLE;
struct _EJOB;
struct _SECTION;

typedef struct _EPROCESS
{
    KPROCESS Pcb;
    /* ps */
    EX_PUSH_LOCK_ ProcessLock;          /* guards the ps group's mutable fields */
    EX_RUNDOWN_REF RundownProtect;      /* held by whoever reaches into the address space or handle table of another process */
    HANDLE UniqueProcessId;             /* c */
    LIST_ENTRY ActiveProcessLinks;      /* PspActiveProcessLock */
    HANDLE InheritedFromUniqueProcessId;/* c */
    LARGE_INTEGER CreateTime, ExitTime;
    LIST_ENTRY ThreadListHead;          /* ProcessLock; ETHREAD.ThreadListEntry */
    volatile LONG ActiveThreads;
    ULONG ActiveThreadsHighWatermark;
    volatile ULONG Flags;               /* PS_PROCESS_FLAGS_*, interlocked */
    NTSTATUS ExitStatus;
    NTSTATUS LastThreadExitStatus;
    PVOID Peb;                          /* user address */
    PVOID SectionBaseAddress;           /* where the image lies */
    PVOID SectionObject;                /* the image section, referenced; NULL for the system process */
    PFILE_OBJECT ImageFileObject;       /* referenced */
    UNICODE_STRING ImageFileNameFull;   /* NT path, pool; c */
    CHAR ImageFileName[16];             /* c; last component, for the log and tools */
    struct _EJOB *Job;                  /* PspJobLock; referenced; stays after the end, so that one can still ask */
    LIST_ENTRY JobLinks;                /* PspJobLock; in Job's list while the process is counted as active there */
    LONG64 JobCommit;                   /* PspJobLock; pages of CommitCharge that the job and its ancestors count */
    volatile SIZE_T CommitLimit;        /* pages; 0: none; from the job */
    ULONG PagePriority, IoPriority;     /* kept and told; there is one I/O queue */
    ULONG PowerThrottlingControl, PowerThrottlingState;
    SIZE_T MinimumWorkingSetSize, MaximumWorkingSetSize; /* pages; nothing is trimmed by them */
    ULONG WorkingSetFlags;
    volatile LONG InjectionRole;        /* failure injection (ex/inject.c): EX_INJECT_*; children inherit it */
    ULONG DefaultHardErrorProcessing;
    PVOID DebugPort;                    /* DbgkpProcessDebugPortMutex; referenced; NULL: not debugged */
    BOOLEAN NoDebugInherit;             /* its children are not debugged with it */
    ULONG FreezeCount;                  /* ProcessLock; ps/freeze.c */
    PVOID ExceptionPort;
    ULONG SessionId;
    PVOID SecurityPort;
    LARGE_INTEGER ReadOperationCount, WriteOperationCount, OtherOperationCount;
    LARGE_INTEGER ReadTransferCount, WriteTransferCount, OtherTransferCount;
    struct _EPROCESS *ConsoleHostProcess;
    PVOID ConsoleConnection;            /* condrv's: what a child inherits */
    ULONG PriorityClassFlags;
    ULONG MitigationFlags;
    ULONG Cookie;
    /* ob */
    struct _HANDLE_TABLE *ObjectTable;  /* NULL once the handles are gone; reached under RundownProtect or by its own threads */
    /* se */
    EX_PUSH_LOCK_ TokenLock;
    PACCESS_TOKEN Token;                /* TokenLock; referenced; primary token */
    /* mm: legend in mm/mi.h */
    EX_PUSH_LOCK_ AddressCreationLock;  /* shape of the address space: VADs */
    EX_PUSH_LOCK_ WorkingSetLock;       /* contents of this process' page tables */
    PVOID VadRoot, VadHint;
    SIZE_T VirtualSize, PeakVirtualSize;
    volatile SIZE_T WorkingSetSize, PeakWorkingSetSize; /* pages */
    volatile SIZE_T CommitCharge, CommitChargePeak;     /* pages */
    volatile SIZE_T LargeCommitCharge;  /* pages of CommitCharge that are in large pages: no job counts them */
    volatile SIZE_T PrivatePageCount, PageTablePages;
    ULONG PageFaultCount;
    volatile LONG64 NumberOfLockedPages; /* by MDLs */
    volatile LONG64 LockedVirtualPages;  /* by NtLockVirtualMemory: entries with MI_PTE_LOCKED */
    struct _MI_AWE *AweInfo;            /* WorkingSetLock; physical pages the process owns (mm/awe.c); NULL: it never had any */
    PVOID VmTopDownHint;
    ULONG_PTR HighestUserAddress;
    LIST_ENTRY MmProcessLinks;
    /* ex: quotas and pool charges */
    volatile SIZE_T QuotaUsage[4], QuotaPeak[4];
} EPROCESS;

#define PS_PROCESS_FLAGS_CREATE_REPORTED 0x00000001u
#define PS_PROCESS_FLAGS_PROCESS_EXITING 0x00000004u
#define PS_PROCESS_FLAGS_PROCESS_DELETE 0x00000008u  /* terminate asked: no new threads */
#define PS_PROCESS_FLAGS_BREAK_ON_TERMINATION 0x00002000u
#define PS_PROCESS_FLAGS_PROCESS_INSERTED 0x04000000u
#define PS_PROCESS_FLAGS_VM_DELETED 0x00000020u
#define PS_PROCESS_FLAGS_HAS_ADDRESS_SPACE 0x00040000u
#define PS_PROCESS_FLAGS_SYSTEM 0x00001000u

typedef struct _ETHREAD
{
    KTHREAD Tcb;
    LARGE_INTEGER CreateTime, ExitTime;
    NTSTATUS ExitStatus;
    CLIENT_ID Cid;                      /* c */
    PVOID StartAddress;                 /* c; where user mode begins: normally ntdll!RtlUserThreadStart */
    PVOID Win32StartAddress;            /* what the creator asked for */
    EX_PUSH_LOCK_ ThreadLock;
    EX_RUNDOWN_REF RundownProtect;
    LIST_ENTRY ThreadListEntry;         /* EPROCESS.ProcessLock */
    volatile ULONG CrossThreadFlags;    /* PS_CROSS_THREAD_FLAGS_*, interlocked */
    PVOID ThreadsProcess_;              /* PEPROCESS: c */
    LIST_ENTRY IrpList;                 /* io: IRPs pending for this thread; touched by the thread at APC_LEVEL and its completion APCs */
    PVOID TopLevelIrp;                  /* io */
    PDEVICE_OBJECT DeviceToVerify;      /* io */
    PACCESS_TOKEN ImpersonationToken;   /* se: ThreadLock */
    SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    BOOLEAN ActiveImpersonation, EffectiveOnly, CopyOnOpen;
    BOOLEAN ForwardClusterOnly, DisablePageFaultClustering;
    UCHAR ActiveFaultCount;
    LIST_ENTRY PostBlockList;
    KSEMAPHORE KeyedWaitSemaphore;      /* ps/ex: keyed events */
    LIST_ENTRY KeyedWaitChain;
    PVOID KeyedWaitValue;
    volatile LONG AlertByThreadId;      /* NtAlertThreadByThreadId state */
    KEVENT AlertByThreadIdEvent;
    LIST_ENTRY ActiveTimerListHead;     /* ex/timer.c: timers whose APC goes to this thread; zero until the first */
    KAPC ExitApc;                       /* ps: asks the thread to end itself */
    PVOID ThreadName;                   /* PUNICODE_STRING, pool */
    PVOID UserStackBase;                /* freed at exit when the kernel made it (c) */
    KAPC ApcReserve;
    ULONG GrantedAccess;
    UCHAR PagePriority, IoPriority;     /* as EPROCESS' */
    BOOLEAN DebugSuspended;
} ETHREAD;

#define PS_CROSS_THREAD_FLAGS_TERMINATED 0x0001u
#define PS_CROSS_THREAD_FLAGS_HIDEFROMDBG 0x0004u
#define PS_CROSS_THREAD_FLAGS_IMPERSONATING 0x0008u
#define PS_CROSS_THREAD_FLAGS_SYSTEM 0x0010u
#define PS_CROSS_THREAD_FLAGS_BREAK_ON_TERMINATION 0x0020u
#define PS_CROSS_THREAD_FLAGS_SKIP_CREATION_MSG 0x0040u
#define PS_CROSS_THREAD_FLAGS_INITIAL 0x0100u   /* first thread: runs LdrpInitializeProcess */

/* The process and thread the caller runs as (home process), and the process whose address space is loaded. */
static inline PETHREAD PsCurrentThread_(void) { return (PETHREAD)KeGetCurrentThread(); }
static inline PEPROCESS PsCurrentProcess_(void) { return (PEPROCESS)KeGetCurrentThread()->ApcState.Process; }
static inline PEPROCESS PsThreadProcess_(PETHREAD Thread) { return (PEPROCESS)Thread->Tcb.Process; }
static inline KPROCESSOR_MODE KeCurrentPreviousMode_(void) { return (KPROCESSOR_MODE)KeGetCurrentThread()->PreviousMode; }

#endif

/* SPDX-License-Identifier: MIT */
/*
 * psp.h - private to kernel/ps: the birth record, requests, and the helpers its files share.
 *
 * Locks of ps, in order: PspActiveProcessLock, EPROCESS.ProcessLock, ETHREAD.ThreadLock.  None is held across a call into mm, ob (but reference counting) or a
 * notify routine.
 */
#ifndef NASCENT_PSP_H
#define NASCENT_PSP_H

#include "arch.h"
#include "dbgk.h"
#include "etw.h"
#include "ex.h"
#include "io.h"
#include "kd.h"
#include "ldr.h"
#include "mm.h"
#include "mmclone.h"
#include "mmws.h"
#include "ob.h"
#include "ps.h"
#include "rtl.h"
#include "se.h"

#define PSP_TAG POOL_TAG('P', 's', 'P', ' ')
#define PSP_MAX_HANDLE_LIST 1024u
/* PROCESS_CREATION_CHILD_PROCESS_... */
#define PSP_CHILD_RESTRICTED 1u
#define PSP_CHILD_OVERRIDE 2u
#define PSP_CHILD_RESTRICTED_UNLESS_SECURE 4u
#define PSP_STATUS_CHILD_PROCESS_BLOCKED ((NTSTATUS)0xC000049D) /* STATUS_CHILD_PROCESS_BLOCKED */
#define PSP_MAX_PARAMETERS (1u << 20)   /* bytes of an RTL_USER_PROCESS_PARAMETERS block */
#define PSP_MAX_ENVIRONMENT (16u << 20) /* bytes */

/* The attribute list of NtCreateUserProcess / NtCreateThreadEx, captured: no user pointer is read again but the output ones. */
typedef struct _PSP_ATTRIBUTES
{
    UNICODE_STRING ImageName;      /* pool; PS_ATTRIBUTE_IMAGE_NAME */
    HANDLE ParentProcess;
    HANDLE Token;
    HANDLE DebugObject;
    HANDLE *HandleList;            /* pool */
    ULONG HandleCount;
    HANDLE *JobList;               /* pool */
    ULONG JobCount;
    PS_STD_HANDLE_INFO StdHandleInfo;
    UCHAR PriorityClass;
    ULONG ChildPolicy; /* PSP_CHILD_... */
    BOOLEAN HasParentProcess, HasPriorityClass, HasErrorMode, HasHandleList, HasStdHandleInfo, HasIdealProcessor;
    ULONG ErrorMode;
    ULONG IdealProcessor;
    KAFFINITY Affinity;            /* 0: not given */
    CLIENT_ID *UserClientId;       /* outputs: user addresses, written once at the end */
    SIZE_T *UserClientIdLength;
    PVOID *UserTeb;
    SECTION_IMAGE_INFORMATION *UserImageInfo;
    SIZE_T *UserImageInfoLength;
} PSP_ATTRIBUTES;

/* What a thread is to be. */
typedef struct _PSP_THREAD_REQUEST
{
    PEPROCESS Process;             /* referenced by the caller for the call */
    KPROCESSOR_MODE Mode;
    POBJECT_ATTRIBUTES ObjectAttributes;
    BOOLEAN Initial;               /* the first of its process */
    BOOLEAN Clone;                 /* goes on where the current thread is: with Context, and the TEB and stack that were copied */
    ULONG CreateFlags;             /* THREAD_CREATE_FLAGS_* */
    /* user threads: either Context (already captured) and InitialTeb, or StartAddress and Argument with a stack made here */
    const CONTEXT *Context;
    const INITIAL_TEB *InitialTeb;
    PVOID StartAddress, Argument;
    SIZE_T StackReserve, StackCommit; /* 0: the image's */
    const PSP_ATTRIBUTES *Attributes; /* affinity and ideal processor; NULL: none given */
    /* system threads */
    PKSTART_ROUTINE SystemRoutine;
    PVOID SystemContext;
} PSP_THREAD_REQUEST;

/* How a user thread begins; pool, freed by the thread itself once it is under way, or by its deletion. */
typedef struct _PSP_USER_START
{
    CONTEXT Context;
    ULONG CreateFlags;
} PSP_USER_START;

/* All that the creation of one process gathers: the stages of create.c fill it from top to bottom, PspEndBirth releases it. */
typedef struct _PSP_BIRTH
{
    /* the request, captured */
    KPROCESSOR_MODE Mode;
    BOOLEAN Clone;                   /* no image: the parent's address space is copied */
    ULONG ProcessFlags, ThreadFlags;
    ACCESS_MASK ProcessAccess, ThreadAccess;
    POBJECT_ATTRIBUTES ProcessObjectAttributes, ThreadObjectAttributes;
    PSP_ATTRIBUTES Attributes;
    PS_CREATE_INFO CreateInfo;
    NPROCESS_PARAMETERS *Parameters; /* pool copy, pointers made offsets; the environment follows */
    SIZE_T ParametersSize;           /* bytes of Parameters and environment together */
    /* stage by stage */
    PEPROCESS Parent;                /* referenced */
    HANDLE FileHandle, SectionHandle;/* in the caller's table; his if all goes well */
    PFILE_OBJECT FileObject;         /* referenced */
    PVOID Section;                   /* referenced */
    SECTION_IMAGE_INFORMATION ImageInfo;
    PACCESS_TOKEN Token;             /* referenced until the process has it */
    PEPROCESS Process;               /* referenced */
    PETHREAD Thread;                 /* referenced */
    PVOID UserParameters;            /* in the new process */
    HANDLE ProcessHandle, ThreadHandle;
} PSP_BIRTH;

extern EX_PUSH_LOCK_ PspActiveProcessLock;
extern LIST_ENTRY PsActiveProcessHead;
extern PVOID PspSystemDllSection, PspLdrInitializeThunk, PspRtlUserThreadStart;

/* process.c */
NTSTATUS PspCreateProcessObject(PSP_BIRTH *Birth) NODISCARD;
NTSTATUS PspBuildAddressSpace(PSP_BIRTH *Birth) NODISCARD;
NTSTATUS PspBuildHandleTable(PSP_BIRTH *Birth) NODISCARD;
NTSTATUS PspBuildPeb(PSP_BIRTH *Birth) NODISCARD;
/* Where the image's entry point lies in Process: TransferAddress is for the section's own base, and a view may have had to move. */
PVOID PspImageEntryPoint(PEPROCESS Process, const SECTION_IMAGE_INFORMATION *Info);
NTSTATUS PspPublishProcess(PEPROCESS Process) NODISCARD; /* into the list of active processes */
void NTAPI PspProcessDelete(PVOID Object);
/* birth.c */
void PspEndBirth(PSP_BIRTH *Birth, NTSTATUS Status);
/* params.c */
NTSTATUS PspCaptureProcessParameters(PSP_BIRTH *Birth, PVOID UserParameters) NODISCARD;
NTSTATUS PspWriteProcessParameters(PSP_BIRTH *Birth) NODISCARD;
/* attrs.c */
NTSTATUS PspCaptureAttributes(KPROCESSOR_MODE Mode, const PS_ATTRIBUTE_LIST *List, BOOLEAN ForProcess, PSP_ATTRIBUTES *Attributes) NODISCARD;
void PspReleaseAttributes(PSP_ATTRIBUTES *Attributes);
/* thread.c */
NTSTATUS PspCreateThreadObject(const PSP_THREAD_REQUEST *Request, PETHREAD *Thread) NODISCARD;
void PspStartThread(PETHREAD Thread, BOOLEAN Suspended); /* the running reference is taken here */
void PspThreadDelete(PVOID Object);
/* exit.c */
NTSTATUS PspTerminateThread(PETHREAD Thread, NTSTATUS Status);
/* STATUS_THREAD_IS_TERMINATING: it is, and does not stop.  STATUS_SUSPEND_COUNT_EXCEEDED.  *PreviousCount only on success.  (open.c) */
NTSTATUS PspSuspendThread(PETHREAD Thread, PULONG PreviousCount);
NTSTATUS PspTerminateProcess(PEPROCESS Process, NTSTATUS Status);
void PspEndThreadlessProcess(PEPROCESS Process); /* termination was asked for, and there is no thread to do it */
void PspInitReaper(void);
/* cid.c */
NTSTATUS PspAllocateCid(PVOID Object, HANDLE *Id) NODISCARD;
void PspFreeCid(HANDLE Id);
/* notify.c */
NTSTATUS PspNotifyProcessCreated(PSP_BIRTH *Birth);
void PspNotifyProcessExit(PEPROCESS Process);
void PspNotifyThread(PETHREAD Thread, BOOLEAN Create);
void PspNotifyImageMapped(PEPROCESS Process, PVOID Section, PVOID Base, SIZE_T Size, BOOLEAN SystemImage);
void PspReportFirstImages(PEPROCESS Process);
/* access.c */
KPRIORITY PspPriorityOfClass(UCHAR Class);
/* job.c */
#define PSP_ERROR_NOT_ENOUGH_QUOTA ((NTSTATUS)1816) /* the Win32 code, which is what a process that used up its time exits with */
void PspCreateJobType(void);
NTSTATUS PspInheritJob(PEPROCESS Parent, PEPROCESS Process, BOOLEAN Breakaway) NODISCARD;
NTSTATUS PspAssignJobList(PEPROCESS Process, const HANDLE *Jobs, ULONG Count, KPROCESSOR_MODE Mode) NODISCARD;
void PspExitJob(PEPROCESS Process);
BOOLEAN PspJobFixes(PEPROCESS Process, ULONG LimitFlag); /* some job of Process sets this limit */
/* procset.c */
#define PSP_MINIMUM_WORKING_SET MM_MINIMUM_WORKING_SET /* pages, when nobody has set limits: Windows' figures */
#define PSP_MAXIMUM_WORKING_SET 345u
void PspSetProcessAffinity(PEPROCESS Process, KAFFINITY Affinity);
/* impersonate.c */
NTSTATUS PsAssignImpersonationToken_(PETHREAD Thread, HANDLE TokenHandle, KPROCESSOR_MODE Mode);
#endif

/* SPDX-License-Identifier: MIT */
/*
 * ntapi.h - the native interface as user code sees it: every Nt*, Rtl*, Ldr*, Csr* and Dbg* prototype that ntdll.dll exports and
 * mingw's <winternl.h> and <winnt.h> leave out, with the structures and constants they take.
 *
 * Include after <windows.h> (with WIN32_NO_STATUS), <ntstatus.h> and <winternl.h>; it includes pebteb.h.  Names, order of parameters and
 * values are NT's.  Nothing here is for the kernel: that has <ntifs.h>.
 */
#ifndef NASCENT_NTAPI_H
#define NASCENT_NTAPI_H

#include "pebteb.h"

#define NtCurrentProcess() ((HANDLE)(LONG_PTR)-1)
#define NtCurrentThread() ((HANDLE)(LONG_PTR)-2)
#define ZwCurrentProcess() NtCurrentProcess()
#define ZwCurrentThread() NtCurrentThread()
/* gs:[0x30] is the TEB's own address; by hand, because gcc 12 takes mingw's __readgsqword for an access out of bounds. */
static inline PNTEB NtCurrentNTeb(void)
{
    PNTEB Self;

    __asm__("movq %%gs:0x30, %0" : "=r"(Self));
    return Self;
}
#define NtCurrentNPeb() (NtCurrentNTeb()->ProcessEnvironmentBlock)

#define RTL_CONSTANT_STRING(s) { sizeof(s) - sizeof((s)[0]), sizeof(s), (s) }
#define MAX_USTRING ((sizeof(L"") * 32766))

#ifndef SYNCHRONIZE
#define SYNCHRONIZE 0x00100000L
#endif
#ifndef DIRECTORY_QUERY
#define DIRECTORY_QUERY 0x0001
#define DIRECTORY_TRAVERSE 0x0002
#define DIRECTORY_CREATE_OBJECT 0x0004
#define DIRECTORY_CREATE_SUBDIRECTORY 0x0008
#define DIRECTORY_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | 0xF)
#endif
#ifndef SYMBOLIC_LINK_QUERY
#define SYMBOLIC_LINK_QUERY 0x0001
#define SYMBOLIC_LINK_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | 0x1)
#endif
#ifndef DUPLICATE_SAME_ATTRIBUTES
#define DUPLICATE_SAME_ATTRIBUTES 0x00000004
#endif
#ifndef KEYEDEVENT_WAIT
#define KEYEDEVENT_WAIT 0x0001
#define KEYEDEVENT_WAKE 0x0002
#define KEYEDEVENT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | 0x3)
#endif
#ifndef EVENT_QUERY_STATE
#define EVENT_QUERY_STATE 0x0001
#endif
#ifndef IO_COMPLETION_QUERY_STATE
#define IO_COMPLETION_QUERY_STATE 0x0001
#endif

/* ---- types of the DDK that user headers lack -------------------------------------------------------------------------------- */

typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _TIMER_TYPE { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum _WAIT_TYPE { WaitAll, WaitAny } WAIT_TYPE;
typedef enum _SECTION_INHERIT { ViewShare = 1, ViewUnmap = 2 } SECTION_INHERIT;
typedef enum _SECTION_INFORMATION_CLASS { SectionBasicInformation, SectionImageInformation } SECTION_INFORMATION_CLASS;
typedef enum _SHUTDOWN_ACTION { ShutdownNoReboot, ShutdownReboot, ShutdownPowerOff } SHUTDOWN_ACTION;
typedef enum _EVENT_INFORMATION_CLASS { EventBasicInformation } EVENT_INFORMATION_CLASS;
typedef enum _MUTANT_INFORMATION_CLASS { MutantBasicInformation, MutantOwnerInformation } MUTANT_INFORMATION_CLASS;
typedef enum _SEMAPHORE_INFORMATION_CLASS { SemaphoreBasicInformation } SEMAPHORE_INFORMATION_CLASS;
typedef enum _TIMER_INFORMATION_CLASS { TimerBasicInformation } TIMER_INFORMATION_CLASS;
typedef enum _IO_COMPLETION_INFORMATION_CLASS { IoCompletionBasicInformation } IO_COMPLETION_INFORMATION_CLASS;
typedef enum _MEMORY_INFORMATION_CLASS
{
    MemoryBasicInformation,
    MemoryWorkingSetInformation,
    MemoryMappedFilenameInformation,
    MemoryRegionInformation,
    MemoryWorkingSetExInformation,
    MemorySharedCommitInformation,
    MemoryImageInformation
} MEMORY_INFORMATION_CLASS;

typedef struct _SECTION_BASIC_INFORMATION
{
    PVOID BaseAddress;
    ULONG AllocationAttributes;
    LARGE_INTEGER MaximumSize;
} SECTION_BASIC_INFORMATION;

typedef struct _EVENT_BASIC_INFORMATION { EVENT_TYPE EventType; LONG EventState; } EVENT_BASIC_INFORMATION;
typedef struct _SEMAPHORE_BASIC_INFORMATION { ULONG CurrentCount; ULONG MaximumCount; } SEMAPHORE_BASIC_INFORMATION;
typedef struct _MUTANT_BASIC_INFORMATION
{
    LONG CurrentCount;
    BOOLEAN OwnedByCaller;
    BOOLEAN AbandonedState;
} MUTANT_BASIC_INFORMATION;
typedef struct _TIMER_BASIC_INFORMATION { LARGE_INTEGER RemainingTime; BOOLEAN TimerState; } TIMER_BASIC_INFORMATION;
typedef VOID(NTAPI *PTIMER_APC_ROUTINE)(PVOID Context, ULONG LowValue, LONG HighValue);
typedef VOID(NTAPI *PPS_APC_ROUTINE)(PVOID Argument1, PVOID Argument2, PVOID Argument3);

typedef struct _OBJECT_DIRECTORY_INFORMATION
{
    UNICODE_STRING Name;
    UNICODE_STRING TypeName;
} OBJECT_DIRECTORY_INFORMATION, *POBJECT_DIRECTORY_INFORMATION;

typedef struct _FILE_IO_COMPLETION_INFORMATION
{
    PVOID KeyContext;
    PVOID ApcContext;
    IO_STATUS_BLOCK IoStatusBlock;
} FILE_IO_COMPLETION_INFORMATION, *PFILE_IO_COMPLETION_INFORMATION;

typedef struct _NFILE_COMPLETION_INFORMATION { HANDLE Port; PVOID Key; } NFILE_COMPLETION_INFORMATION;

typedef struct _TIME_FIELDS
{
    SHORT Year;   /* 1601... */
    SHORT Month;  /* 1...12 */
    SHORT Day;
    SHORT Hour;
    SHORT Minute;
    SHORT Second;
    SHORT Milliseconds;
    SHORT Weekday; /* 0 Sunday */
} TIME_FIELDS, *PTIME_FIELDS;

typedef struct _RTL_TIME_ZONE_INFORMATION
{
    LONG Bias;
    WCHAR StandardName[32];
    TIME_FIELDS StandardStart;
    LONG StandardBias;
    WCHAR DaylightName[32];
    TIME_FIELDS DaylightStart;
    LONG DaylightBias;
} RTL_TIME_ZONE_INFORMATION, *PRTL_TIME_ZONE_INFORMATION;

typedef struct _RTL_BITMAP { ULONG SizeOfBitMap; PULONG Buffer; } RTL_BITMAP, *PRTL_BITMAP;

typedef enum _RTL_PATH_TYPE
{
    RtlPathTypeUnknown,
    RtlPathTypeUncAbsolute,   /* \\server\share */
    RtlPathTypeDriveAbsolute, /* C:\x */
    RtlPathTypeDriveRelative, /* C:x */
    RtlPathTypeRooted,        /* \x */
    RtlPathTypeRelative,      /* x */
    RtlPathTypeLocalDevice,   /* \\.\x or \\?\x */
    RtlPathTypeRootLocalDevice /* \\. or \\? */
} RTL_PATH_TYPE;

typedef struct _RTLP_CURDIR_REF { LONG ReferenceCount; HANDLE DirectoryHandle; } RTLP_CURDIR_REF, *PRTLP_CURDIR_REF;
typedef struct _RTL_RELATIVE_NAME_U
{
    UNICODE_STRING RelativeName;
    HANDLE ContainingDirectory;
    PRTLP_CURDIR_REF CurDirRef;
} RTL_RELATIVE_NAME_U, *PRTL_RELATIVE_NAME_U;

typedef struct _RTL_HEAP_WALK_ENTRY
{
    PVOID DataAddress;
    SIZE_T DataSize;
    UCHAR OverheadBytes;
    UCHAR SegmentIndex;
    USHORT Flags;
    union {
        struct { SIZE_T Settable; USHORT TagIndex; USHORT AllocatorBackTraceIndex; ULONG Reserved[2]; } Block;
        struct { ULONG CommittedSize; ULONG UnCommittedSize; PVOID FirstEntry; PVOID LastEntry; } Segment;
    };
} RTL_HEAP_WALK_ENTRY, *PRTL_HEAP_WALK_ENTRY;

#define RTL_HEAP_BUSY 0x0001
#define RTL_HEAP_SEGMENT 0x0002
#define RTL_HEAP_SETTABLE_VALUE 0x0010
#define RTL_HEAP_UNCOMMITTED_RANGE 0x0100
#define RTL_HEAP_PROTECTED_ENTRY 0x0200

/* File attributes a create may give; missing from winternl.h. */
#ifndef FILE_ATTRIBUTE_VALID_FLAGS
#define FILE_ATTRIBUTE_VALID_FLAGS 0x00007FB7
#endif

typedef enum _HARDERROR_RESPONSE_OPTION
{
    OptionAbortRetryIgnore,
    OptionOk,
    OptionOkCancel,
    OptionRetryCancel,
    OptionYesNo,
    OptionYesNoCancel,
    OptionShutdownSystem
} HARDERROR_RESPONSE_OPTION;
#define HARDERROR_OVERRIDE_ERRORMODE 0x10000000

/* SYSTEM_INFORMATION_CLASS values winternl.h does not know */
#define SystemModuleInformation ((SYSTEM_INFORMATION_CLASS)11)
#define SystemKernelDebuggerInformation ((SYSTEM_INFORMATION_CLASS)35)
#define SystemExtendedHandleInformation ((SYSTEM_INFORMATION_CLASS)64)
#define SystemCurrentTimeZoneInformation ((SYSTEM_INFORMATION_CLASS)44)
#define SystemDynamicTimeZoneInformation ((SYSTEM_INFORMATION_CLASS)102)
#define SystemBootGraphicsInformation ((SYSTEM_INFORMATION_CLASS)126)
/* THREADINFOCLASS */
#define ThreadBreakOnTermination ((THREADINFOCLASS)18)
#define ThreadIsTerminated ((THREADINFOCLASS)20)
#define ThreadSuspendCount ((THREADINFOCLASS)35)
#define ThreadNameInformation ((THREADINFOCLASS)38)
/* PROCESSINFOCLASS */
#define ProcessCommandLineInformation ((PROCESSINFOCLASS)60)
/* FILE_INFORMATION_CLASS */
#define FileDispositionInformationEx ((FILE_INFORMATION_CLASS)64)
#define FileRenameInformationEx ((FILE_INFORMATION_CLASS)65)
#define FileIsRemoteDeviceInformation ((FILE_INFORMATION_CLASS)51)
#define FileIdInformation ((FILE_INFORMATION_CLASS)59)

#ifdef __cplusplus
extern "C" {
#endif

/* ---- system services -------------------------------------------------------------------------------------------------------- */

#define NTCALL NTSYSAPI NTSTATUS NTAPI

NTCALL NtDuplicateObject(HANDLE SourceProcess, HANDLE Source, HANDLE TargetProcess, PHANDLE Target, ACCESS_MASK Access, ULONG Attributes,
                         ULONG Options);
NTCALL NtSetInformationObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Information, ULONG Length);
NTCALL NtMakeTemporaryObject(HANDLE Handle);
NTCALL NtMakePermanentObject(HANDLE Handle);
NTCALL NtCompareObjects(HANDLE First, HANDLE Second);
NTCALL NtCreateDirectoryObject(PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtOpenDirectoryObject(PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtQueryDirectoryObject(HANDLE Directory, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan,
                              PULONG Context, PULONG ReturnLength);
NTCALL NtCreateSymbolicLinkObject(PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING Target);
NTCALL NtOpenSymbolicLinkObject(PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtQuerySymbolicLinkObject(HANDLE Handle, PUNICODE_STRING Target, PULONG ReturnedLength);
NTCALL NtQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor, ULONG Length,
                             PULONG LengthNeeded);
NTCALL NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor);

NTCALL NtWaitForMultipleObjects(ULONG Count, HANDLE *Handles, WAIT_TYPE WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTCALL NtSignalAndWaitForSingleObject(HANDLE Signal, HANDLE Wait, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTCALL NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER Interval);
NTCALL NtYieldExecution(VOID);
NTCALL NtCreateEvent(PHANDLE Event, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, EVENT_TYPE Type, BOOLEAN InitialState);
NTCALL NtOpenEvent(PHANDLE Event, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtSetEvent(HANDLE Event, PLONG PreviousState);
NTCALL NtResetEvent(HANDLE Event, PLONG PreviousState);
NTCALL NtClearEvent(HANDLE Event);
NTCALL NtPulseEvent(HANDLE Event, PLONG PreviousState);
NTCALL NtQueryEvent(HANDLE Event, EVENT_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ReturnLength);
NTCALL NtCreateMutant(PHANDLE Mutant, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, BOOLEAN InitialOwner);
NTCALL NtOpenMutant(PHANDLE Mutant, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtReleaseMutant(HANDLE Mutant, PLONG PreviousCount);
NTCALL NtQueryMutant(HANDLE Mutant, MUTANT_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ReturnLength);
NTCALL NtCreateSemaphore(PHANDLE Semaphore, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, LONG InitialCount, LONG MaximumCount);
NTCALL NtOpenSemaphore(PHANDLE Semaphore, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtReleaseSemaphore(HANDLE Semaphore, LONG ReleaseCount, PLONG PreviousCount);
NTCALL NtQuerySemaphore(HANDLE Semaphore, SEMAPHORE_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ReturnLength);
NTCALL NtCreateTimer(PHANDLE Timer, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, TIMER_TYPE Type);
NTCALL NtOpenTimer(PHANDLE Timer, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtSetTimer(HANDLE Timer, PLARGE_INTEGER DueTime, PTIMER_APC_ROUTINE ApcRoutine, PVOID ApcContext, BOOLEAN Resume, LONG Period,
                  PBOOLEAN PreviousState);
NTCALL NtCancelTimer(HANDLE Timer, PBOOLEAN CurrentState);
NTCALL NtQueryTimer(HANDLE Timer, TIMER_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ReturnLength);
NTCALL NtCreateKeyedEvent(PHANDLE KeyedEvent, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, ULONG Flags);
NTCALL NtOpenKeyedEvent(PHANDLE KeyedEvent, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtWaitForKeyedEvent(HANDLE KeyedEvent, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTCALL NtReleaseKeyedEvent(HANDLE KeyedEvent, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTCALL NtWaitForAlertByThreadId(PVOID Address, PLARGE_INTEGER Timeout);
NTCALL NtAlertThreadByThreadId(HANDLE ThreadId);

NTCALL NtCreateUserProcess(PHANDLE Process, PHANDLE Thread, ACCESS_MASK ProcessAccess, ACCESS_MASK ThreadAccess,
                           POBJECT_ATTRIBUTES ProcessAttributes, POBJECT_ATTRIBUTES ThreadAttributes, ULONG ProcessFlags,
                           ULONG ThreadFlags, PNPROCESS_PARAMETERS Parameters, PPS_CREATE_INFO CreateInfo,
                           PPS_ATTRIBUTE_LIST AttributeList);
NTCALL NtCreateProcess(PHANDLE Process, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, HANDLE Parent, BOOLEAN InheritObjectTable,
                       HANDLE Section, HANDLE DebugPort, HANDLE TokenHandle);
NTCALL NtCreateProcessEx(PHANDLE Process, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, HANDLE Parent, ULONG Flags, HANDLE Section,
                         HANDLE DebugPort, HANDLE TokenHandle, ULONG Reserved);
NTCALL NtCreateThread(PHANDLE Thread, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, HANDLE Process, PCLIENT_ID ClientId,
                      PCONTEXT Context, PINITIAL_TEB InitialTeb, BOOLEAN CreateSuspended);
NTCALL NtCreateThreadEx(PHANDLE Thread, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, HANDLE Process, PVOID StartRoutine,
                        PVOID Argument, ULONG CreateFlags, SIZE_T ZeroBits, SIZE_T StackSize, SIZE_T MaximumStackSize,
                        PPS_ATTRIBUTE_LIST AttributeList);
NTCALL NtOpenProcess(PHANDLE Process, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PCLIENT_ID ClientId);
NTCALL NtOpenThread(PHANDLE Thread, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PCLIENT_ID ClientId);
NTCALL NtTerminateProcess(HANDLE Process, NTSTATUS ExitStatus);
NTCALL NtTerminateThread(HANDLE Thread, NTSTATUS ExitStatus);
NTCALL NtSuspendThread(HANDLE Thread, PULONG PreviousCount);
NTCALL NtResumeThread(HANDLE Thread, PULONG PreviousCount);
NTCALL NtSuspendProcess(HANDLE Process);
NTCALL NtResumeProcess(HANDLE Process);
NTCALL NtSetInformationThread(HANDLE Thread, THREADINFOCLASS Class, PVOID Information, ULONG Length);
NTCALL NtGetContextThread(HANDLE Thread, PCONTEXT Context);
NTCALL NtSetContextThread(HANDLE Thread, PCONTEXT Context);
NTCALL NtContinue(PCONTEXT Context, BOOLEAN TestAlert);
NTCALL NtRaiseException(PEXCEPTION_RECORD Record, PCONTEXT Context, BOOLEAN FirstChance);
NTCALL NtQueueApcThread(HANDLE Thread, PPS_APC_ROUTINE Routine, PVOID Argument1, PVOID Argument2, PVOID Argument3);
NTCALL NtQueueApcThreadEx(HANDLE Thread, HANDLE Reserve, PPS_APC_ROUTINE Routine, PVOID Argument1, PVOID Argument2, PVOID Argument3);
NTCALL NtAlertThread(HANDLE Thread);
NTCALL NtAlertResumeThread(HANDLE Thread, PULONG PreviousCount);
NTCALL NtTestAlert(VOID);
NTSYSAPI ULONG NTAPI NtGetCurrentProcessorNumber(VOID);
NTCALL NtGetNextProcess(HANDLE Process, ACCESS_MASK Access, ULONG HandleAttributes, ULONG Flags, PHANDLE NewProcess);
NTCALL NtGetNextThread(HANDLE Process, HANDLE Thread, ACCESS_MASK Access, ULONG HandleAttributes, ULONG Flags, PHANDLE NewThread);
NTCALL NtCreateJobObject(PHANDLE Job, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtOpenJobObject(PHANDLE Job, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtAssignProcessToJobObject(HANDLE Job, HANDLE Process);
NTCALL NtTerminateJobObject(HANDLE Job, NTSTATUS ExitStatus);
NTCALL NtIsProcessInJob(HANDLE Process, HANDLE Job);
NTCALL NtQueryInformationJobObject(HANDLE Job, JOBOBJECTINFOCLASS Class, PVOID Information, ULONG Length, PULONG ReturnLength);
NTCALL NtSetInformationJobObject(HANDLE Job, JOBOBJECTINFOCLASS Class, PVOID Information, ULONG Length);

NTCALL NtAllocateVirtualMemory(HANDLE Process, PVOID *Base, ULONG_PTR ZeroBits, PSIZE_T Size, ULONG Type, ULONG Protect);
NTCALL NtFreeVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG Type);
NTCALL NtProtectVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG NewProtect, PULONG OldProtect);
NTCALL NtQueryVirtualMemory(HANDLE Process, PVOID Address, MEMORY_INFORMATION_CLASS Class, PVOID Information, SIZE_T Length,
                            PSIZE_T ReturnLength);
NTCALL NtReadVirtualMemory(HANDLE Process, PVOID Address, PVOID Buffer, SIZE_T Size, PSIZE_T Done);
NTCALL NtWriteVirtualMemory(HANDLE Process, PVOID Address, PVOID Buffer, SIZE_T Size, PSIZE_T Done);
NTCALL NtFlushVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, PIO_STATUS_BLOCK Io);
NTCALL NtLockVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG MapType);
NTCALL NtUnlockVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG MapType);
NTCALL NtFlushInstructionCache(HANDLE Process, PVOID Base, SIZE_T Size);
NTCALL NtAllocateUserPhysicalPages(HANDLE Process, PULONG_PTR Count, PULONG_PTR Pages);
NTCALL NtFreeUserPhysicalPages(HANDLE Process, PULONG_PTR Count, PULONG_PTR Pages);
NTCALL NtMapUserPhysicalPages(PVOID Address, ULONG_PTR Count, PULONG_PTR Pages);
NTCALL NtMapUserPhysicalPagesScatter(PVOID *Addresses, ULONG_PTR Count, PULONG_PTR Pages);
NTCALL NtCreateSection(PHANDLE Section, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PLARGE_INTEGER MaximumSize,
                       ULONG PageProtection, ULONG AllocationAttributes, HANDLE File);
NTCALL NtOpenSection(PHANDLE Section, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtQuerySection(HANDLE Section, SECTION_INFORMATION_CLASS Class, PVOID Information, SIZE_T Length, PSIZE_T ReturnLength);
NTCALL NtExtendSection(HANDLE Section, PLARGE_INTEGER NewSize);
NTCALL NtMapViewOfSection(HANDLE Section, HANDLE Process, PVOID *Base, ULONG_PTR ZeroBits, SIZE_T CommitSize, PLARGE_INTEGER Offset,
                          PSIZE_T ViewSize, SECTION_INHERIT Inherit, ULONG AllocationType, ULONG Protect);
NTCALL NtUnmapViewOfSection(HANDLE Process, PVOID Base);
NTCALL NtUnmapViewOfSectionEx(HANDLE Process, PVOID Base, ULONG Flags);
NTCALL NtAreMappedFilesTheSame(PVOID First, PVOID Second);
NTCALL NtAllocateVirtualMemoryEx(HANDLE Process, PVOID *Base, PSIZE_T Size, ULONG Type, ULONG Protect, PVOID Parameters, ULONG ParameterCount);
NTCALL NtMapViewOfSectionEx(HANDLE Section, HANDLE Process, PVOID *Base, PLARGE_INTEGER Offset, PSIZE_T ViewSize, ULONG AllocationType,
                            ULONG Protect, PVOID Parameters, ULONG ParameterCount);
NTCALL NtGetWriteWatch(HANDLE Process, ULONG Flags, PVOID Base, SIZE_T Size, PVOID *Addresses, PULONG_PTR Count, PULONG Granularity);
NTCALL NtResetWriteWatch(HANDLE Process, PVOID Base, SIZE_T Size);

NTCALL NtReadFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Io, PVOID Buffer, ULONG Length,
                  PLARGE_INTEGER Offset, PULONG Key);
NTCALL NtWriteFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Io, PVOID Buffer, ULONG Length,
                   PLARGE_INTEGER Offset, PULONG Key);
NTCALL NtReadFileScatter(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Io,
                         FILE_SEGMENT_ELEMENT *Segments, ULONG Length, PLARGE_INTEGER Offset, PULONG Key);
NTCALL NtWriteFileGather(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Io,
                         FILE_SEGMENT_ELEMENT *Segments, ULONG Length, PLARGE_INTEGER Offset, PULONG Key);
NTCALL NtFlushBuffersFile(HANDLE File, PIO_STATUS_BLOCK Io);
NTCALL NtCancelIoFile(HANDLE File, PIO_STATUS_BLOCK Io);
NTCALL NtCancelIoFileEx(HANDLE File, PIO_STATUS_BLOCK Request, PIO_STATUS_BLOCK Io);
NTCALL NtCancelSynchronousIoFile(HANDLE Thread, PIO_STATUS_BLOCK Request, PIO_STATUS_BLOCK Io);
NTCALL NtDeleteFile(POBJECT_ATTRIBUTES Attributes);
NTCALL NtQueryAttributesFile(POBJECT_ATTRIBUTES Attributes, PFILE_BASIC_INFORMATION Information);
NTCALL NtQueryFullAttributesFile(POBJECT_ATTRIBUTES Attributes, PFILE_NETWORK_OPEN_INFORMATION Information);
NTCALL NtQueryDirectoryFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Io, PVOID Buffer,
                            ULONG Length, FILE_INFORMATION_CLASS Class, BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName,
                            BOOLEAN RestartScan);
NTCALL NtQueryEaFile(HANDLE File, PIO_STATUS_BLOCK Io, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, PVOID EaList,
                     ULONG EaListLength, PULONG EaIndex, BOOLEAN RestartScan);
NTCALL NtSetEaFile(HANDLE File, PIO_STATUS_BLOCK Io, PVOID Buffer, ULONG Length);
NTCALL NtNotifyChangeDirectoryFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Io, PVOID Buffer,
                                   ULONG Length, ULONG CompletionFilter, BOOLEAN WatchTree);
NTCALL NtLockFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Io, PLARGE_INTEGER Offset,
                  PLARGE_INTEGER Length, ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock);
NTCALL NtUnlockFile(HANDLE File, PIO_STATUS_BLOCK Io, PLARGE_INTEGER Offset, PLARGE_INTEGER Length, ULONG Key);
NTCALL NtCreateNamedPipeFile(PHANDLE File, ULONG Access, POBJECT_ATTRIBUTES Attributes, PIO_STATUS_BLOCK Io, ULONG ShareAccess,
                             ULONG Disposition, ULONG Options, ULONG PipeType, ULONG ReadMode, ULONG CompletionMode,
                             ULONG MaximumInstances, ULONG InboundQuota, ULONG OutboundQuota, PLARGE_INTEGER DefaultTimeout);
NTCALL NtCreateMailslotFile(PHANDLE File, ULONG Access, POBJECT_ATTRIBUTES Attributes, PIO_STATUS_BLOCK Io, ULONG Options,
                            ULONG Quota, ULONG MaximumMessageSize, PLARGE_INTEGER ReadTimeout);
NTCALL NtCreateIoCompletion(PHANDLE Port, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, ULONG Count);
NTCALL NtOpenIoCompletion(PHANDLE Port, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtSetIoCompletion(HANDLE Port, PVOID KeyContext, PVOID ApcContext, NTSTATUS Status, ULONG_PTR Information);
NTCALL NtRemoveIoCompletion(HANDLE Port, PVOID *KeyContext, PVOID *ApcContext, PIO_STATUS_BLOCK Io, PLARGE_INTEGER Timeout);
NTCALL NtRemoveIoCompletionEx(HANDLE Port, PFILE_IO_COMPLETION_INFORMATION Entries, ULONG Count, PULONG Removed, PLARGE_INTEGER Timeout,
                              BOOLEAN Alertable);
NTCALL NtQueryIoCompletion(HANDLE Port, IO_COMPLETION_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ReturnLength);
NTCALL NtLoadDriver(PUNICODE_STRING DriverServiceName);
NTCALL NtUnloadDriver(PUNICODE_STRING DriverServiceName);

NTCALL NtOpenProcessToken(HANDLE Process, ACCESS_MASK Access, PHANDLE Token);
NTCALL NtOpenProcessTokenEx(HANDLE Process, ACCESS_MASK Access, ULONG HandleAttributes, PHANDLE Token);
NTCALL NtOpenThreadToken(HANDLE Thread, ACCESS_MASK Access, BOOLEAN OpenAsSelf, PHANDLE Token);
NTCALL NtOpenThreadTokenEx(HANDLE Thread, ACCESS_MASK Access, BOOLEAN OpenAsSelf, ULONG HandleAttributes, PHANDLE Token);
NTCALL NtQueryInformationToken(HANDLE Token, TOKEN_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG ReturnLength);
NTCALL NtSetInformationToken(HANDLE Token, TOKEN_INFORMATION_CLASS Class, PVOID Information, ULONG Length);
NTCALL NtAdjustPrivilegesToken(HANDLE Token, BOOLEAN DisableAll, PTOKEN_PRIVILEGES NewState, ULONG Length, PTOKEN_PRIVILEGES Previous,
                               PULONG ReturnLength);
NTCALL NtAdjustGroupsToken(HANDLE Token, BOOLEAN Reset, PTOKEN_GROUPS NewState, ULONG Length, PTOKEN_GROUPS Previous,
                           PULONG ReturnLength);
NTCALL NtDuplicateToken(HANDLE Token, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, BOOLEAN EffectiveOnly, TOKEN_TYPE Type,
                        PHANDLE NewToken);
NTCALL NtFilterToken(HANDLE Token, ULONG Flags, PTOKEN_GROUPS SidsToDisable, PTOKEN_PRIVILEGES PrivilegesToDelete,
                     PTOKEN_GROUPS RestrictedSids, PHANDLE NewToken);
NTCALL NtAccessCheck(PSECURITY_DESCRIPTOR Descriptor, HANDLE Token, ACCESS_MASK Access, PGENERIC_MAPPING Mapping,
                     PPRIVILEGE_SET Privileges, PULONG Length, PACCESS_MASK Granted, PNTSTATUS AccessStatus);
NTCALL NtPrivilegeCheck(HANDLE Token, PPRIVILEGE_SET Required, PBOOLEAN Result);
NTCALL NtImpersonateThread(HANDLE Server, HANDLE Client, PSECURITY_QUALITY_OF_SERVICE Quality);
NTCALL NtImpersonateAnonymousToken(HANDLE Thread);
NTCALL NtAllocateLocallyUniqueId(PLUID Luid);

NTCALL NtQuerySystemInformationEx(SYSTEM_INFORMATION_CLASS Class, PVOID Input, ULONG InputLength, PVOID Information, ULONG Length,
                                  PULONG ReturnLength);
NTCALL NtSetSystemInformation(SYSTEM_INFORMATION_CLASS Class, PVOID Information, ULONG Length);
NTCALL NtSetSystemTime(PLARGE_INTEGER NewTime, PLARGE_INTEGER PreviousTime);
NTCALL NtQueryPerformanceCounter(PLARGE_INTEGER Counter, PLARGE_INTEGER Frequency);
NTCALL NtQueryTimerResolution(PULONG Maximum, PULONG Minimum, PULONG Current);
NTCALL NtSetTimerResolution(ULONG Desired, BOOLEAN Set, PULONG Current);
NTCALL NtQueryDefaultLocale(BOOLEAN UserProfile, PLCID Locale);
NTCALL NtSetDefaultLocale(BOOLEAN UserProfile, LCID Locale);
NTCALL NtQueryDefaultUILanguage(LANGID *Language);
NTCALL NtQueryInstallUILanguage(LANGID *Language);
NTCALL NtAllocateUuids(PLARGE_INTEGER Time, PULONG Range, PULONG Sequence, PCHAR Seed);
NTCALL NtShutdownSystem(SHUTDOWN_ACTION Action);
NTCALL NtDisplayString(PUNICODE_STRING String);
NTCALL NtRaiseHardError(NTSTATUS Status, ULONG Count, ULONG UnicodeStringMask, PULONG_PTR Parameters, ULONG Options, PULONG Response);
NTCALL NtSystemDebugControl(ULONG Command, PVOID Input, ULONG InputLength, PVOID Output, ULONG OutputLength, PULONG ReturnLength);
NTCALL NtTraceControl(ULONG Code, PVOID Input, ULONG InputLength, PVOID Output, ULONG OutputLength, PULONG ReturnLength);
NTCALL NtTraceEvent(HANDLE Trace, ULONG Flags, ULONG FieldSize, PVOID Fields);
NTCALL NtAddAtom(PWSTR Name, ULONG Length, PUSHORT Atom);
NTCALL NtFindAtom(PWSTR Name, ULONG Length, PUSHORT Atom);
NTCALL NtDeleteAtom(USHORT Atom);
NTCALL NtCreateKey(PHANDLE Key, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, ULONG TitleIndex, PUNICODE_STRING Class,
                   ULONG Options, PULONG Disposition);
NTCALL NtOpenKey(PHANDLE Key, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTCALL NtOpenKeyEx(PHANDLE Key, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, ULONG Options);
NTCALL NtDeleteKey(HANDLE Key);
NTCALL NtQueryValueKey(HANDLE Key, PUNICODE_STRING Name, ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength);
NTCALL NtSetValueKey(HANDLE Key, PUNICODE_STRING Name, ULONG TitleIndex, ULONG Type, PVOID Data, ULONG Length);
NTCALL NtCreateDebugObject(PHANDLE Debug, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, ULONG Flags);
NTCALL NtDebugActiveProcess(HANDLE Process, HANDLE Debug);
NTCALL NtRemoveProcessDebug(HANDLE Process, HANDLE Debug);

/* ---- the loader -------------------------------------------------------------------------------------------------------------- */

#define LDR_LOCK_LOADER_LOCK_FLAG_RAISE_ON_ERRORS 0x00000001
#define LDR_LOCK_LOADER_LOCK_FLAG_TRY_ONLY 0x00000002
#define LDR_LOCK_LOADER_LOCK_DISPOSITION_INVALID 0
#define LDR_LOCK_LOADER_LOCK_DISPOSITION_LOCK_ACQUIRED 1
#define LDR_LOCK_LOADER_LOCK_DISPOSITION_LOCK_NOT_ACQUIRED 2
#define LDR_ADDREF_DLL_PIN 0x00000001
#define LDR_GET_DLL_HANDLE_EX_UNCHANGED_REFCOUNT 0x00000001
#define LDR_GET_DLL_HANDLE_EX_PIN 0x00000002
#define LDR_DLL_NOTIFICATION_REASON_LOADED 1
#define LDR_DLL_NOTIFICATION_REASON_UNLOADED 2

typedef struct _LDR_RESOURCE_INFO { ULONG_PTR Type; ULONG_PTR Name; ULONG_PTR Language; } LDR_RESOURCE_INFO, *PLDR_RESOURCE_INFO;
typedef VOID(NTAPI *PLDR_ENUM_CALLBACK)(PNLDR_DATA_TABLE_ENTRY Entry, PVOID Context, PBOOLEAN Stop);
typedef struct _LDR_DLL_NOTIFICATION_DATA
{
    ULONG Flags;
    PCUNICODE_STRING FullDllName;
    PCUNICODE_STRING BaseDllName;
    PVOID DllBase;
    ULONG SizeOfImage;
} LDR_DLL_NOTIFICATION_DATA, *PLDR_DLL_NOTIFICATION_DATA;
typedef const LDR_DLL_NOTIFICATION_DATA *PCLDR_DLL_NOTIFICATION_DATA;
typedef VOID(NTAPI *PLDR_DLL_NOTIFICATION_FUNCTION)(ULONG Reason, PCLDR_DLL_NOTIFICATION_DATA Data, PVOID Context);

#ifdef _NTSYSTEM_
VOID NTAPI LdrInitializeThunk(PCONTEXT Context, PVOID NtdllBase, PVOID Unused);
#endif
NTCALL LdrLoadDll(PWSTR SearchPath, PULONG Characteristics, PUNICODE_STRING Name, PVOID *Base);
NTCALL LdrUnloadDll(PVOID Base);
NTCALL LdrGetDllHandle(PWSTR SearchPath, PULONG Characteristics, PUNICODE_STRING Name, PVOID *Base);
NTCALL LdrGetDllHandleEx(ULONG Flags, PWSTR SearchPath, PULONG Characteristics, PUNICODE_STRING Name, PVOID *Base);
NTCALL LdrGetDllHandleByMapping(PVOID Mapping, PVOID *Base);
NTCALL LdrGetDllHandleByName(PUNICODE_STRING BaseName, PUNICODE_STRING FullName, PVOID *Base);
NTCALL LdrGetProcedureAddress(PVOID Base, PANSI_STRING Name, ULONG Ordinal, PVOID *Address);
NTCALL LdrGetProcedureAddressEx(PVOID Base, PANSI_STRING Name, ULONG Ordinal, PVOID *Address, ULONG Flags);
NTCALL LdrGetProcedureAddressForCaller(PVOID Base, PANSI_STRING Name, ULONG Ordinal, PVOID *Address, ULONG Flags, PVOID *Caller);
NTCALL LdrAddRefDll(ULONG Flags, PVOID Base);
NTCALL LdrDisableThreadCalloutsForDll(PVOID Base);
NTCALL LdrFindEntryForAddress(PVOID Address, PNLDR_DATA_TABLE_ENTRY *Entry);
NTCALL LdrEnumerateLoadedModules(BOOLEAN Reserved, PLDR_ENUM_CALLBACK Callback, PVOID Context);
NTCALL LdrLockLoaderLock(ULONG Flags, PULONG Disposition, PULONG_PTR Cookie);
NTCALL LdrUnlockLoaderLock(ULONG Flags, ULONG_PTR Cookie);
NTCALL LdrShutdownProcess(VOID);
NTCALL LdrShutdownThread(VOID);
NTCALL LdrGetDllDirectory(PUNICODE_STRING Directory);
NTCALL LdrSetDllDirectory(PUNICODE_STRING Directory);
NTCALL LdrGetDllFullName(PVOID Base, PUNICODE_STRING Name);
NTCALL LdrGetDllPath(PCWSTR Module, ULONG Flags, PWSTR *Path, PWSTR *SearchPaths);
VOID NTAPI RtlReleasePath(PWSTR Path);
NTCALL LdrAddDllDirectory(PUNICODE_STRING Directory, PVOID *Cookie);
NTCALL LdrRemoveDllDirectory(PVOID Cookie);
NTCALL LdrSetDefaultDllDirectories(ULONG Flags);
NTCALL LdrFindResource_U(PVOID Base, PLDR_RESOURCE_INFO Info, ULONG Level, PIMAGE_RESOURCE_DATA_ENTRY *Entry);
NTCALL LdrFindResourceDirectory_U(PVOID Base, PLDR_RESOURCE_INFO Info, ULONG Level, PIMAGE_RESOURCE_DIRECTORY *Directory);
NTCALL LdrAccessResource(PVOID Base, PIMAGE_RESOURCE_DATA_ENTRY Entry, PVOID *Address, PULONG Size);
NTCALL LdrRegisterDllNotification(ULONG Flags, PLDR_DLL_NOTIFICATION_FUNCTION Function, PVOID Context, PVOID *Cookie);
NTCALL LdrUnregisterDllNotification(PVOID Cookie);
NTCALL LdrQueryImageFileExecutionOptions(PUNICODE_STRING SubKey, PCWSTR Value, ULONG Type, PVOID Buffer, ULONG Size, PULONG Returned);
NTCALL LdrQueryProcessModuleInformation(PVOID Information, ULONG Size, PULONG Returned);
NTSYSAPI PVOID NTAPI LdrResolveDelayLoadedAPI(PVOID Parent, PCIMAGE_DELAYLOAD_DESCRIPTOR Descriptor, PVOID FailureDllHook,
                                              PVOID FailureSystemHook, PIMAGE_THUNK_DATA Thunk, ULONG Flags);
NTSYSAPI PVOID NTAPI LdrResolveDelayLoadsFromDll(PVOID Parent, PCSTR Name, ULONG Flags);
NTSYSAPI BOOLEAN NTAPI RtlDllShutdownInProgress(VOID);

/* Cookies of LdrLoadDll's search path (LoadLibraryEx): the low bit set means flags, not a pointer. */
#define LDR_SEARCH_FLAGS(Flags) ((PWSTR)(ULONG_PTR)((Flags) | 1))

/* ---- heap -------------------------------------------------------------------------------------------------------------------- */

#define HEAP_SETTABLE_USER_VALUE 0x00000100
NTSYSAPI PVOID NTAPI RtlReAllocateHeap(PVOID Heap, ULONG Flags, PVOID Block, SIZE_T Size);
NTSYSAPI SIZE_T NTAPI RtlSizeHeap(PVOID Heap, ULONG Flags, PVOID Block);
NTSYSAPI BOOLEAN NTAPI RtlValidateHeap(PVOID Heap, ULONG Flags, PVOID Block);
NTSYSAPI BOOLEAN NTAPI RtlValidateProcessHeaps(VOID);
NTSYSAPI SIZE_T NTAPI RtlCompactHeap(PVOID Heap, ULONG Flags);
NTSYSAPI BOOLEAN NTAPI RtlLockHeap(PVOID Heap);
NTSYSAPI BOOLEAN NTAPI RtlUnlockHeap(PVOID Heap);
NTCALL RtlWalkHeap(PVOID Heap, PRTL_HEAP_WALK_ENTRY Entry);
NTSYSAPI ULONG NTAPI RtlGetProcessHeaps(ULONG Count, PVOID *Heaps);
NTSYSAPI BOOLEAN NTAPI RtlGetUserInfoHeap(PVOID Heap, ULONG Flags, PVOID Block, PVOID *Value, PULONG UserFlags);
NTSYSAPI BOOLEAN NTAPI RtlSetUserValueHeap(PVOID Heap, ULONG Flags, PVOID Block, PVOID Value);
NTCALL RtlZeroHeap(PVOID Heap, ULONG Flags);
NTSYSAPI VOID NTAPI RtlProtectHeap(PVOID Heap, BOOLEAN ReadOnly);

/* ---- synchronisation ---------------------------------------------------------------------------------------------------------- */

NTCALL RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION Section);
NTCALL RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION Section, ULONG SpinCount);
NTCALL RtlInitializeCriticalSectionEx(PRTL_CRITICAL_SECTION Section, ULONG SpinCount, ULONG Flags);
NTCALL RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION Section);
NTCALL RtlEnterCriticalSection(PRTL_CRITICAL_SECTION Section);
NTCALL RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION Section);
NTSYSAPI BOOLEAN NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION Section);
NTSYSAPI ULONG NTAPI RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION Section, ULONG SpinCount);
NTSYSAPI BOOLEAN NTAPI RtlIsCriticalSectionLocked(PRTL_CRITICAL_SECTION Section);
NTSYSAPI BOOLEAN NTAPI RtlIsCriticalSectionLockedByThread(PRTL_CRITICAL_SECTION Section);
NTSYSAPI VOID NTAPI RtlInitializeSRWLock(PRTL_SRWLOCK Lock);
NTSYSAPI VOID NTAPI RtlAcquireSRWLockExclusive(PRTL_SRWLOCK Lock);
NTSYSAPI VOID NTAPI RtlReleaseSRWLockExclusive(PRTL_SRWLOCK Lock);
NTSYSAPI VOID NTAPI RtlAcquireSRWLockShared(PRTL_SRWLOCK Lock);
NTSYSAPI VOID NTAPI RtlReleaseSRWLockShared(PRTL_SRWLOCK Lock);
NTSYSAPI BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(PRTL_SRWLOCK Lock);
NTSYSAPI BOOLEAN NTAPI RtlTryAcquireSRWLockShared(PRTL_SRWLOCK Lock);
NTSYSAPI VOID NTAPI RtlInitializeConditionVariable(PRTL_CONDITION_VARIABLE Variable);
NTSYSAPI VOID NTAPI RtlWakeConditionVariable(PRTL_CONDITION_VARIABLE Variable);
NTSYSAPI VOID NTAPI RtlWakeAllConditionVariable(PRTL_CONDITION_VARIABLE Variable);
NTCALL RtlSleepConditionVariableCS(PRTL_CONDITION_VARIABLE Variable, PRTL_CRITICAL_SECTION Section, PLARGE_INTEGER Timeout);
NTCALL RtlSleepConditionVariableSRW(PRTL_CONDITION_VARIABLE Variable, PRTL_SRWLOCK Lock, PLARGE_INTEGER Timeout, ULONG Flags);
typedef ULONG(NTAPI *PRTL_RUN_ONCE_INIT_FN)(PRTL_RUN_ONCE RunOnce, PVOID Parameter, PVOID *Context);
NTSYSAPI VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce);
NTCALL RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN Function, PVOID Parameter, PVOID *Context);
NTCALL RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID *Context);
NTCALL RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context);
NTCALL RtlWaitOnAddress(const volatile VOID *Address, PVOID Compare, SIZE_T Size, PLARGE_INTEGER Timeout);
NTSYSAPI VOID NTAPI RtlWakeAddressSingle(PVOID Address);
NTSYSAPI VOID NTAPI RtlWakeAddressAll(PVOID Address);
NTCALL RtlInitBarrier(PRTL_BARRIER Barrier, ULONG Total, ULONG SpinCount);
NTCALL RtlDeleteBarrier(PRTL_BARRIER Barrier);
NTSYSAPI BOOLEAN NTAPI RtlBarrier(PRTL_BARRIER Barrier, ULONG Flags);
NTSYSAPI VOID NTAPI RtlAcquirePebLock(VOID);
NTSYSAPI VOID NTAPI RtlReleasePebLock(VOID);

/* ---- threads and processes ------------------------------------------------------------------------------------------------------ */

typedef ULONG(NTAPI *PUSER_THREAD_START_ROUTINE)(PVOID Parameter);
NTCALL RtlCreateUserThread(HANDLE Process, PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Suspended, ULONG ZeroBits, SIZE_T StackReserve,
                           SIZE_T StackCommit, PUSER_THREAD_START_ROUTINE Start, PVOID Parameter, PHANDLE Thread, PCLIENT_ID ClientId);
NTSYSAPI VOID NTAPI RtlUserThreadStart(PUSER_THREAD_START_ROUTINE Start, PVOID Parameter);
NTSYSAPI VOID NTAPI RtlExitUserThread(NTSTATUS Status) __attribute__((noreturn));
NTSYSAPI VOID NTAPI RtlExitUserProcess(NTSTATUS Status) __attribute__((noreturn));
NTCALL RtlCreateUserStack(SIZE_T Commit, SIZE_T Reserve, ULONG_PTR ZeroBits, SIZE_T CommitAlign, SIZE_T ReserveAlign,
                          PINITIAL_TEB InitialTeb);
NTSYSAPI VOID NTAPI RtlFreeUserStack(PVOID AllocationBase);
NTCALL RtlCreateProcessParameters(PNPROCESS_PARAMETERS *Result, PUNICODE_STRING ImagePath, PUNICODE_STRING DllPath,
                                  PUNICODE_STRING CurrentDirectory, PUNICODE_STRING CommandLine, PVOID Environment,
                                  PUNICODE_STRING WindowTitle, PUNICODE_STRING Desktop, PUNICODE_STRING Shell,
                                  PUNICODE_STRING RuntimeData);
NTCALL RtlCreateProcessParametersEx(PNPROCESS_PARAMETERS *Result, PUNICODE_STRING ImagePath, PUNICODE_STRING DllPath,
                                    PUNICODE_STRING CurrentDirectory, PUNICODE_STRING CommandLine, PVOID Environment,
                                    PUNICODE_STRING WindowTitle, PUNICODE_STRING Desktop, PUNICODE_STRING Shell,
                                    PUNICODE_STRING RuntimeData, ULONG Flags);
NTCALL RtlDestroyProcessParameters(PNPROCESS_PARAMETERS Parameters);
/* nlsfile.c: maps a file of System32 to read; not a routine of NT. */
NTCALL RtlMapNlsFile_(PCWSTR Name, PVOID *View, PSIZE_T Size);
NTSYSAPI PNPROCESS_PARAMETERS NTAPI RtlNormalizeProcessParams(PNPROCESS_PARAMETERS Parameters);
NTSYSAPI PNPROCESS_PARAMETERS NTAPI RtlDeNormalizeProcessParams(PNPROCESS_PARAMETERS Parameters);
NTCALL RtlCloneUserProcess(ULONG Flags, PSECURITY_DESCRIPTOR ProcessSecurity, PSECURITY_DESCRIPTOR ThreadSecurity, HANDLE DebugPort,
                           PRTL_USER_PROCESS_INFORMATION Information);
NTCALL RtlCreateUserProcess(PUNICODE_STRING ImagePath, ULONG ObjectAttributes, PNPROCESS_PARAMETERS Parameters,
                            PSECURITY_DESCRIPTOR ProcessSecurity, PSECURITY_DESCRIPTOR ThreadSecurity, HANDLE Parent,
                            BOOLEAN InheritHandles, HANDLE DebugPort, HANDLE Token, PRTL_USER_PROCESS_INFORMATION Information);
NTSYSAPI PVOID NTAPI RtlGetCurrentPeb(VOID);
NTSYSAPI ULONG NTAPI RtlGetCurrentProcessorNumber(VOID);
NTSYSAPI VOID NTAPI RtlGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER Number);
NTCALL RtlFlsAlloc(PFLS_CALLBACK_FUNCTION Callback, PULONG Index);
NTCALL RtlFlsFree(ULONG Index);
NTCALL RtlFlsGetValue(ULONG Index, PVOID *Value);
NTCALL RtlFlsSetValue(ULONG Index, PVOID Value);
NTSYSAPI VOID NTAPI RtlProcessFlsData(PVOID FlsData, ULONG Flags);
NTSYSAPI NTSTATUS NTAPI RtlSetThreadErrorMode(ULONG Mode, PULONG Old);
NTSYSAPI ULONG NTAPI RtlGetThreadErrorMode(VOID);
NTCALL RtlRemoteCall(HANDLE Process, HANDLE Thread, PVOID CallSite, ULONG Count, PULONG_PTR Arguments, BOOLEAN PassContext,
                     BOOLEAN AlreadySuspended);
NTCALL RtlAdjustPrivilege(ULONG Privilege, BOOLEAN Enable, BOOLEAN CurrentThread, PBOOLEAN WasEnabled);
NTCALL RtlSetProcessIsCritical(BOOLEAN New, PBOOLEAN Old, BOOLEAN Check);
NTCALL RtlSetThreadIsCritical(BOOLEAN New, PBOOLEAN Old, BOOLEAN Check);

/* ---- exceptions ------------------------------------------------------------------------------------------------------------------ */

NTSYSAPI VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD Record);
NTSYSAPI VOID NTAPI RtlRaiseStatus(NTSTATUS Status);
NTSYSAPI BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD Record, PCONTEXT Context);
NTSYSAPI PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler);
NTSYSAPI ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID Handle);
NTSYSAPI PVOID NTAPI RtlAddVectoredContinueHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler);
NTSYSAPI ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID Handle);
NTSYSAPI VOID NTAPI RtlSetUnhandledExceptionFilter(PVECTORED_EXCEPTION_HANDLER Filter);
NTSYSAPI LONG NTAPI RtlUnhandledExceptionFilter(PEXCEPTION_POINTERS Pointers);
NTSYSAPI LONG NTAPI RtlUnhandledExceptionFilter2(PEXCEPTION_POINTERS Pointers, PCSTR Function);
NTSYSAPI ULONG NTAPI RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags);
NTSYSAPI PVOID NTAPI RtlEncodePointer(PVOID Pointer);
NTSYSAPI PVOID NTAPI RtlDecodePointer(PVOID Pointer);
NTSYSAPI PVOID NTAPI RtlEncodeSystemPointer(PVOID Pointer);
NTSYSAPI PVOID NTAPI RtlDecodeSystemPointer(PVOID Pointer);
NTSYSAPI VOID NTAPI RtlAssert(PVOID Expression, PVOID File, ULONG Line, PSTR Message);
NTSYSAPI ULONG __cdecl DbgPrint(PCSTR Format, ...);
NTSYSAPI ULONG __cdecl DbgPrintEx(ULONG Component, ULONG Level, PCSTR Format, ...);
NTSYSAPI ULONG NTAPI vDbgPrintEx(ULONG Component, ULONG Level, PCSTR Format, va_list Arguments);
NTSYSAPI ULONG NTAPI vDbgPrintExWithPrefix(PCSTR Prefix, ULONG Component, ULONG Level, PCSTR Format, va_list Arguments);
NTSYSAPI ULONG NTAPI DbgPrompt(PCSTR Prompt, PSTR Response, ULONG Length);
NTSYSAPI VOID NTAPI DbgBreakPoint(VOID);
NTSYSAPI VOID NTAPI DbgUserBreakPoint(VOID);

/* ---- strings, paths, environment ---------------------------------------------------------------------------------------------- */

NTCALL RtlInitUnicodeStringEx(PUNICODE_STRING Target, PCWSTR Source);
NTSYSAPI VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING Target, PCUNICODE_STRING Source);
NTSYSAPI BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING Target, PCWSTR Source);
NTCALL RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING Source, PUNICODE_STRING Target);
NTCALL RtlAppendUnicodeToString(PUNICODE_STRING Target, PCWSTR Source);
NTCALL RtlAppendUnicodeStringToString(PUNICODE_STRING Target, PCUNICODE_STRING Source);
NTSYSAPI LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING First, PCUNICODE_STRING Second, BOOLEAN IgnoreCase);
NTSYSAPI LONG NTAPI RtlCompareUnicodeStrings(PCWCH First, SIZE_T FirstLength, PCWCH Second, SIZE_T SecondLength, BOOLEAN IgnoreCase);
NTSYSAPI BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING First, PCUNICODE_STRING Second, BOOLEAN IgnoreCase);
NTSYSAPI LONG NTAPI RtlCompareString(const STRING *First, const STRING *Second, BOOLEAN IgnoreCase);
NTSYSAPI BOOLEAN NTAPI RtlEqualString(const STRING *First, const STRING *Second, BOOLEAN IgnoreCase);
NTSYSAPI BOOLEAN NTAPI RtlPrefixString(const STRING *First, const STRING *Second, BOOLEAN IgnoreCase);
NTCALL RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN IgnoreCase, ULONG Algorithm, PULONG Hash);
NTCALL RtlFindCharInUnicodeString(ULONG Flags, PCUNICODE_STRING Search, PCUNICODE_STRING Match, PUSHORT Position);
NTSYSAPI WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR Character);
NTSYSAPI WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR Character);
NTCALL RtlUpcaseUnicodeString(PUNICODE_STRING Target, PCUNICODE_STRING Source, BOOLEAN Allocate);
NTCALL RtlDowncaseUnicodeString(PUNICODE_STRING Target, PCUNICODE_STRING Source, BOOLEAN Allocate);
NTCALL RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String);
NTCALL RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String);
NTCALL RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value);
NTCALL RtlIntegerToChar(ULONG Value, ULONG Base, LONG Length, PSTR String);
NTSYSAPI ULONG NTAPI RtlxAnsiStringToUnicodeSize(const STRING *String);
NTSYSAPI ULONG NTAPI RtlxOemStringToUnicodeSize(const STRING *String);
NTSYSAPI ULONG NTAPI RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING String);
NTSYSAPI ULONG NTAPI RtlxUnicodeStringToOemSize(PCUNICODE_STRING String);
NTCALL RtlOemStringToUnicodeString(PUNICODE_STRING Target, PCOEM_STRING Source, BOOLEAN Allocate);
NTCALL RtlMultiByteToUnicodeN(PWCH Target, ULONG TargetBytes, PULONG Written, const CHAR *Source, ULONG SourceBytes);
NTCALL RtlMultiByteToUnicodeSize(PULONG Bytes, const CHAR *Source, ULONG SourceBytes);
NTCALL RtlUnicodeToMultiByteN(PCHAR Target, ULONG TargetBytes, PULONG Written, PCWCH Source, ULONG SourceBytes);
NTCALL RtlOemToUnicodeN(PWCH Target, ULONG TargetBytes, PULONG Written, const CHAR *Source, ULONG SourceBytes);
NTCALL RtlUnicodeToOemN(PCHAR Target, ULONG TargetBytes, PULONG Written, PCWCH Source, ULONG SourceBytes);
NTCALL RtlUTF8ToUnicodeN(PWSTR Target, ULONG TargetBytes, PULONG Written, const CHAR *Source, ULONG SourceBytes);
NTCALL RtlUnicodeToUTF8N(PCHAR Target, ULONG TargetBytes, PULONG Written, PCWCH Source, ULONG SourceBytes);

NTSYSAPI RTL_PATH_TYPE NTAPI RtlDetermineDosPathNameType_U(PCWSTR Path);
NTSYSAPI ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR Path);
NTSYSAPI ULONG NTAPI RtlGetFullPathName_U(PCWSTR Name, ULONG Bytes, PWSTR Buffer, PWSTR *FilePart);
NTCALL RtlGetFullPathName_UEx(PCWSTR Name, ULONG Bytes, PWSTR Buffer, PWSTR *FilePart, PULONG Needed);
NTSYSAPI ULONG NTAPI RtlGetCurrentDirectory_U(ULONG Bytes, PWSTR Buffer);
NTCALL RtlSetCurrentDirectory_U(PUNICODE_STRING Path);
NTCALL RtlDosPathNameToNtPathName_U_WithStatus(PCWSTR Dos, PUNICODE_STRING Nt, PWSTR *FilePart, PRTL_RELATIVE_NAME_U Relative);
NTSYSAPI BOOLEAN NTAPI RtlDosPathNameToRelativeNtPathName_U(PCWSTR Dos, PUNICODE_STRING Nt, PWSTR *FilePart,
                                                            PRTL_RELATIVE_NAME_U Relative);
NTCALL RtlDosPathNameToRelativeNtPathName_U_WithStatus(PCWSTR Dos, PUNICODE_STRING Nt, PWSTR *FilePart, PRTL_RELATIVE_NAME_U Relative);
NTSYSAPI VOID NTAPI RtlReleaseRelativeName(PRTL_RELATIVE_NAME_U Relative);
NTSYSAPI ULONG NTAPI RtlDosSearchPath_U(PCWSTR Path, PCWSTR Name, PCWSTR Extension, ULONG Bytes, PWSTR Buffer, PWSTR *FilePart);
NTSYSAPI BOOLEAN NTAPI RtlDoesFileExists_U(PCWSTR Name);
NTSYSAPI ULONG NTAPI RtlGetLongestNtPathLength(VOID);

NTCALL RtlCreateEnvironment(BOOLEAN Inherit, PWSTR *Environment);
NTCALL RtlCreateEnvironmentEx(PVOID Source, PWSTR *Environment, ULONG Flags);
NTCALL RtlDestroyEnvironment(PWSTR Environment);
NTCALL RtlSetCurrentEnvironment(PWSTR New, PWSTR *Old);
NTCALL RtlSetEnvironmentVariable(PWSTR *Environment, PUNICODE_STRING Name, PUNICODE_STRING Value);
NTCALL RtlSetEnvironmentVar(PWSTR *Environment, PCWSTR Name, SIZE_T NameLength, PCWSTR Value, SIZE_T ValueLength);
NTCALL RtlQueryEnvironmentVariable_U(PWSTR Environment, PCUNICODE_STRING Name, PUNICODE_STRING Value);
NTCALL RtlQueryEnvironmentVariable(PWSTR Environment, PCWSTR Name, SIZE_T NameLength, PWSTR Value, SIZE_T ValueLength,
                                   PSIZE_T ReturnLength);
NTCALL RtlExpandEnvironmentStrings_U(PWSTR Environment, PCUNICODE_STRING Source, PUNICODE_STRING Target, PULONG Needed);
NTCALL RtlExpandEnvironmentStrings(PWSTR Environment, PCWSTR Source, SIZE_T SourceLength, PWSTR Target, SIZE_T TargetLength,
                                   PSIZE_T ReturnLength);

/* ---- errors, versions, time ------------------------------------------------------------------------------------------------------ */

NTSYSAPI ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS Status);
NTSYSAPI VOID NTAPI RtlSetLastWin32Error(ULONG Error);
NTSYSAPI VOID NTAPI RtlRestoreLastWin32Error(ULONG Error);
NTSYSAPI ULONG NTAPI RtlGetLastWin32Error(VOID);
NTSYSAPI NTSTATUS NTAPI RtlGetLastNtStatus(VOID);
NTSYSAPI VOID NTAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS Status);
NTCALL RtlFindMessage(PVOID Base, ULONG Type, ULONG Language, ULONG MessageId, PMESSAGE_RESOURCE_ENTRY *Entry);
NTCALL RtlGetVersion(PRTL_OSVERSIONINFOW Version);
NTSYSAPI VOID NTAPI RtlGetNtVersionNumbers(PULONG Major, PULONG Minor, PULONG Build);
NTCALL RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW Version, ULONG TypeMask, ULONGLONG ConditionMask);
NTSYSAPI BOOLEAN NTAPI RtlGetNtProductType(PULONG Type);
NTSYSAPI ULONG NTAPI RtlGetNtGlobalFlags(VOID);
NTSYSAPI BOOLEAN NTAPI RtlIsProcessorFeaturePresent(ULONG Feature);
NTSYSAPI BOOLEAN NTAPI RtlQueryPerformanceCounter(PLARGE_INTEGER Counter);
NTSYSAPI BOOLEAN NTAPI RtlQueryPerformanceFrequency(PLARGE_INTEGER Frequency);
NTSYSAPI BOOLEAN NTAPI RtlQueryUnbiasedInterruptTime(PULONGLONG Time);
NTSYSAPI LONGLONG NTAPI RtlGetSystemTimePrecise(VOID);
NTSYSAPI VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS Fields);
NTSYSAPI BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS Fields, PLARGE_INTEGER Time);
NTSYSAPI VOID NTAPI RtlTimeToElapsedTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS Fields);
NTSYSAPI VOID NTAPI RtlSecondsSince1970ToTime(ULONG Seconds, PLARGE_INTEGER Time);
NTSYSAPI VOID NTAPI RtlSecondsSince1980ToTime(ULONG Seconds, PLARGE_INTEGER Time);
NTSYSAPI BOOLEAN NTAPI RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG Seconds);
NTCALL RtlSystemTimeToLocalTime(PLARGE_INTEGER System, PLARGE_INTEGER Local);
NTCALL RtlQueryTimeZoneInformation(PRTL_TIME_ZONE_INFORMATION Information);
NTCALL RtlSetTimeZoneInformation(PRTL_TIME_ZONE_INFORMATION Information);
NTSYSAPI ULONG NTAPI RtlRandom(PULONG Seed);
NTSYSAPI ULONG NTAPI RtlRandomEx(PULONG Seed);
NTSYSAPI ULONG NTAPI RtlComputeCrc32(ULONG Crc, const void *Data, ULONG Length);

/* ---- images ------------------------------------------------------------------------------------------------------------------------ */

NTSYSAPI PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base);
NTCALL RtlImageNtHeaderEx(ULONG Flags, PVOID Base, ULONG64 Size, PIMAGE_NT_HEADERS *Headers);
NTSYSAPI PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Directory, PULONG Size);
NTSYSAPI PVOID NTAPI RtlImageRvaToVa(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva, PIMAGE_SECTION_HEADER *Section);
NTSYSAPI PIMAGE_SECTION_HEADER NTAPI RtlImageRvaToSection(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva);
NTSYSAPI PVOID NTAPI RtlFindExportedRoutineByName(PVOID Base, PCSTR Name);

/* ---- security, bitmaps and the rest ------------------------------------------------------------------------------------------------ */

NTSYSAPI VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP Bitmap, PULONG Buffer, ULONG Size);
NTSYSAPI VOID NTAPI RtlSetBits(PRTL_BITMAP Bitmap, ULONG Index, ULONG Count);
NTSYSAPI VOID NTAPI RtlClearBits(PRTL_BITMAP Bitmap, ULONG Index, ULONG Count);
NTSYSAPI BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP Bitmap, ULONG Index, ULONG Count);
NTSYSAPI BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP Bitmap, ULONG Index, ULONG Count);
NTSYSAPI ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP Bitmap, ULONG Count, ULONG Hint);
NTSYSAPI ULONG NTAPI RtlFindClearBits(PRTL_BITMAP Bitmap, ULONG Count, ULONG Hint);
NTSYSAPI BOOLEAN NTAPI RtlValidSid(PSID Sid);
NTSYSAPI BOOLEAN NTAPI RtlEqualSid(PSID First, PSID Second);
NTSYSAPI ULONG NTAPI RtlLengthSid(PSID Sid);
NTCALL RtlCopySid(ULONG Length, PSID Target, PSID Source);
NTCALL RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Revision);
NTCALL RtlDefaultNpAcl(PACL *Acl); /* of named pipes; from the process heap */
NTCALL RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Present, PACL Dacl, BOOLEAN Defaulted);
NTSYSAPI ULONG NTAPI RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern);

#ifdef __cplusplus
}
#endif

#endif

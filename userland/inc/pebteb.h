/* SPDX-License-Identifier: MIT */
/*
 * pebteb.h - the process and thread environment blocks, and what hangs on them, exactly as x64 Windows 10 build 19045 lays them out.
 *
 * The kernel fills these structures (kernel/ps), ntdll keeps them (userland/ntdll), and every debugger, C runtime and packer
 * reads them by offset, so each offset that is known in public (WinDbg's `dt ntdll!_PEB`, `dt ntdll!_TEB`) is asserted here.
 *
 * The header compiles after the DDK's <ntifs.h> as well as after <windows.h> + <winternl.h>.  mingw's winternl.h has public short forms
 * of several structures under NT's own names; the full ones therefore carry an N in front here: NPEB, NTEB, NPEB_LDR_DATA,
 * NLDR_DATA_TABLE_ENTRY, NPROCESS_PARAMETERS, NSYSTEM_*.  Structures no header declares keep their NT names.
 *
 * See Windows Internals, 7th ed., part 1, chapter 3 "Processes and jobs" (PEB, TEB, CSR_PROCESS) and "Image loader".
 */
#ifndef NASCENT_PEBTEB_H
#define NASCENT_PEBTEB_H

#include <stddef.h>

#ifndef static_assert
#define static_assert _Static_assert
#endif

#define PEBTEB_OFFSET(type, field, offset) static_assert(offsetof(type, field) == (offset), #type "." #field)
#define PEBTEB_SIZE(type, size) static_assert(sizeof(type) == (size), "sizeof " #type)

struct _RTL_CRITICAL_SECTION;

/* RTL_BALANCED_NODE is in ntdef.h, which user code does not see. */
typedef struct _NBALANCED_NODE
{
    struct _NBALANCED_NODE *Children[2];
    ULONG_PTR ParentValue;
} NBALANCED_NODE;

/* ---- process parameters -------------------------------------------------------------------------------------------------- */

typedef struct _CURDIR
{
    UNICODE_STRING DosPath; /* ends in a backslash; Buffer has room for MAX_PATH characters */
    HANDLE Handle;
} CURDIR, *PCURDIR;

typedef struct _RTL_DRIVE_LETTER_CURDIR
{
    USHORT Flags;
    USHORT Length;
    ULONG TimeStamp;
    UNICODE_STRING DosPath; /* a STRING in the PDB; nobody uses it since the =C: variables */
} RTL_DRIVE_LETTER_CURDIR, *PRTL_DRIVE_LETTER_CURDIR;

#define RTL_MAX_DRIVE_LETTERS 32

typedef struct _NPROCESS_PARAMETERS
{
    ULONG MaximumLength;
    ULONG Length;
    ULONG Flags; /* RTL_USER_PROC_* */
    ULONG DebugFlags;
    HANDLE ConsoleHandle;
    ULONG ConsoleFlags;
    HANDLE StandardInput;
    HANDLE StandardOutput;
    HANDLE StandardError;
    CURDIR CurrentDirectory;
    UNICODE_STRING DllPath;
    UNICODE_STRING ImagePathName;
    UNICODE_STRING CommandLine;
    PWSTR Environment;
    ULONG StartingX;
    ULONG StartingY;
    ULONG CountX;
    ULONG CountY;
    ULONG CountCharsX;
    ULONG CountCharsY;
    ULONG FillAttribute;
    ULONG WindowFlags;
    ULONG ShowWindowFlags;
    UNICODE_STRING WindowTitle;
    UNICODE_STRING DesktopInfo;
    UNICODE_STRING ShellInfo;
    UNICODE_STRING RuntimeData; /* the C runtime's inherited descriptors, STARTUPINFO.lpReserved2 */
    RTL_DRIVE_LETTER_CURDIR CurrentDirectories[RTL_MAX_DRIVE_LETTERS];
    SIZE_T EnvironmentSize; /* bytes */
    SIZE_T EnvironmentVersion;
    PVOID PackageDependencyData;
    ULONG ProcessGroupId;
    ULONG LoaderThreads;
    UNICODE_STRING RedirectionDllName;
    UNICODE_STRING HeapPartitionName;
    PULONGLONG DefaultThreadpoolCpuSetMasks;
    ULONG DefaultThreadpoolCpuSetMaskCount;
    ULONG DefaultThreadpoolThreadMaximum;
} NPROCESS_PARAMETERS, *PNPROCESS_PARAMETERS;

PEBTEB_OFFSET(NPROCESS_PARAMETERS, ConsoleHandle, 0x10);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, StandardInput, 0x20);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, CurrentDirectory, 0x38);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, DllPath, 0x50);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, ImagePathName, 0x60);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, CommandLine, 0x70);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, Environment, 0x80);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, WindowFlags, 0xA4);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, WindowTitle, 0xB0);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, RuntimeData, 0xE0);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, CurrentDirectories, 0xF0);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, EnvironmentSize, 0x3F0);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, PackageDependencyData, 0x400);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, ProcessGroupId, 0x408);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, RedirectionDllName, 0x410);
PEBTEB_OFFSET(NPROCESS_PARAMETERS, DefaultThreadpoolCpuSetMasks, 0x430);
PEBTEB_SIZE(NPROCESS_PARAMETERS, 0x440);

#define RTL_USER_PROC_PARAMS_NORMALIZED 0x00000001
#define RTL_USER_PROC_PROFILE_USER 0x00000002
#define RTL_USER_PROC_RESERVE_1MB 0x00000020
#define RTL_USER_PROC_RESERVE_16MB 0x00000040
#define RTL_USER_PROC_CASE_SENSITIVE 0x00000080
#define RTL_USER_PROC_DISABLE_HEAP_DECOMMIT 0x00000100
#define RTL_USER_PROC_DLL_REDIRECTION_LOCAL 0x00001000
#define RTL_USER_PROC_APP_MANIFEST_PRESENT 0x00002000
#define RTL_USER_PROC_IMAGE_KEY_MISSING 0x00004000
#define RTL_USER_PROC_OPTIN_PROCESS 0x00020000

/* ConsoleHandle of a child, as CreateProcess asks for it (kernel32 puts them there; see its process.c). */
#define CONSOLE_HANDLE_NONE ((HANDLE)(LONG_PTR)-1)      /* DETACHED_PROCESS */
#define CONSOLE_HANDLE_NEW ((HANDLE)(LONG_PTR)-2)       /* CREATE_NEW_CONSOLE */
#define CONSOLE_HANDLE_NO_WINDOW ((HANDLE)(LONG_PTR)-3) /* CREATE_NO_WINDOW */

/* ---- the loader's data --------------------------------------------------------------------------------------------------- */

typedef struct _NPEB_LDR_DATA
{
    ULONG Length;
    BOOLEAN Initialized;
    HANDLE SsHandle;
    LIST_ENTRY InLoadOrderModuleList;
    LIST_ENTRY InMemoryOrderModuleList;
    LIST_ENTRY InInitializationOrderModuleList;
    PVOID EntryInProgress;
    BOOLEAN ShutdownInProgress;
    HANDLE ShutdownThreadId;
} NPEB_LDR_DATA, *PNPEB_LDR_DATA;

PEBTEB_OFFSET(NPEB_LDR_DATA, SsHandle, 0x08);
PEBTEB_OFFSET(NPEB_LDR_DATA, InLoadOrderModuleList, 0x10);
PEBTEB_OFFSET(NPEB_LDR_DATA, InMemoryOrderModuleList, 0x20);
PEBTEB_OFFSET(NPEB_LDR_DATA, InInitializationOrderModuleList, 0x30);
PEBTEB_OFFSET(NPEB_LDR_DATA, ShutdownInProgress, 0x48);
PEBTEB_SIZE(NPEB_LDR_DATA, 0x58);

typedef enum _LDR_DDAG_STATE
{
    LdrModulesMerged = -5,
    LdrModulesInitError = -4,
    LdrModulesSnapError = -3,
    LdrModulesUnloaded = -2,
    LdrModulesUnloading = -1,
    LdrModulesPlaceHolder = 0,
    LdrModulesMapping = 1,
    LdrModulesMapped = 2,
    LdrModulesWaitingForDependencies = 3,
    LdrModulesSnapping = 4,
    LdrModulesSnapped = 5,
    LdrModulesCondensed = 6,
    LdrModulesReadyToInit = 7,
    LdrModulesInitializing = 8,
    LdrModulesReadyToRun = 9
} LDR_DDAG_STATE;

typedef enum _LDR_DLL_LOAD_REASON
{
    LoadReasonUnknown = -1,
    LoadReasonStaticDependency = 0,
    LoadReasonStaticForwarderDependency = 1,
    LoadReasonDynamicForwarderDependency = 2,
    LoadReasonDelayloadDependency = 3,
    LoadReasonDynamicLoad = 4,
    LoadReasonAsImageLoad = 5,
    LoadReasonAsDataLoad = 6
} LDR_DLL_LOAD_REASON;

typedef struct _LDR_DDAG_NODE
{
    LIST_ENTRY Modules;
    PVOID ServiceTagList;
    ULONG LoadCount; /* 0xFFFFFFFF: pinned */
    ULONG LoadWhileUnloadingCount;
    ULONG LowestLink;
    PVOID Dependencies;
    PVOID IncomingDependencies;
    LDR_DDAG_STATE State;
    PVOID CondenseLink;
    ULONG PreorderNumber;
} LDR_DDAG_NODE, *PLDR_DDAG_NODE;

PEBTEB_OFFSET(LDR_DDAG_NODE, LoadCount, 0x18);
PEBTEB_OFFSET(LDR_DDAG_NODE, State, 0x38);
PEBTEB_SIZE(LDR_DDAG_NODE, 0x50);

/* Flags of a loader entry (the bits of the union in the PDB). */
#define LDRP_PACKAGED_BINARY 0x00000001
#define LDRP_STATIC_LINK 0x00000002
#define LDRP_IMAGE_DLL 0x00000004
#define LDRP_LOAD_NOTIFICATIONS_SENT 0x00000008
#define LDRP_PROCESS_STATIC_IMPORT 0x00000020
#define LDRP_IN_LEGACY_LISTS 0x00000040
#define LDRP_IN_INDEXES 0x00000080
#define LDRP_SHIM_DLL 0x00000100
#define LDRP_IN_EXCEPTION_TABLE 0x00000200
#define LDRP_LOAD_IN_PROGRESS 0x00001000
#define LDRP_LOAD_CONFIG_PROCESSED 0x00002000
#define LDRP_ENTRY_PROCESSED 0x00004000
#define LDRP_PROTECT_DELAY_LOAD 0x00008000
#define LDRP_DONT_CALL_FOR_THREADS 0x00040000
#define LDRP_PROCESS_ATTACH_CALLED 0x00080000
#define LDRP_PROCESS_ATTACH_FAILED 0x00100000
#define LDRP_COR_DEFERRED_VALIDATE 0x00200000
#define LDRP_COR_IMAGE 0x00400000
#define LDRP_DONT_RELOCATE 0x00800000
#define LDRP_COR_IL_ONLY 0x01000000
#define LDRP_REDIRECTED 0x10000000

typedef struct _NLDR_DATA_TABLE_ENTRY
{
    LIST_ENTRY InLoadOrderLinks;
    LIST_ENTRY InMemoryOrderLinks;
    LIST_ENTRY InInitializationOrderLinks;
    PVOID DllBase;
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName;
    UNICODE_STRING BaseDllName;
    ULONG Flags;
    USHORT ObsoleteLoadCount;
    USHORT TlsIndex; /* not zero: the image has a TLS directory */
    LIST_ENTRY HashLinks;
    ULONG TimeDateStamp;
    PVOID EntryPointActivationContext;
    PVOID Lock;
    PLDR_DDAG_NODE DdagNode;
    LIST_ENTRY NodeModuleLink;
    PVOID LoadContext;
    PVOID ParentDllBase;
    PVOID SwitchBackContext;
    NBALANCED_NODE BaseAddressIndexNode;
    NBALANCED_NODE MappingInfoIndexNode;
    ULONG_PTR OriginalBase;
    LARGE_INTEGER LoadTime;
    ULONG BaseNameHashValue;
    LDR_DLL_LOAD_REASON LoadReason;
    ULONG ImplicitPathOptions;
    ULONG ReferenceCount;
    ULONG DependentLoadFlags;
    UCHAR SigningLevel;
} NLDR_DATA_TABLE_ENTRY, *PNLDR_DATA_TABLE_ENTRY;

PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, DllBase, 0x30);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, EntryPoint, 0x38);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, SizeOfImage, 0x40);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, FullDllName, 0x48);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, BaseDllName, 0x58);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, Flags, 0x68);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, ObsoleteLoadCount, 0x6C);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, TlsIndex, 0x6E);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, HashLinks, 0x70);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, TimeDateStamp, 0x80);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, Lock, 0x90);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, DdagNode, 0x98);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, ParentDllBase, 0xB8);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, BaseAddressIndexNode, 0xC8);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, OriginalBase, 0xF8);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, LoadTime, 0x100);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, BaseNameHashValue, 0x108);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, LoadReason, 0x10C);
PEBTEB_OFFSET(NLDR_DATA_TABLE_ENTRY, ReferenceCount, 0x114);
PEBTEB_SIZE(NLDR_DATA_TABLE_ENTRY, 0x120);

/* ---- the process environment block --------------------------------------------------------------------------------------- */

/* NPEB.BitField */
#define PEB_IMAGE_USES_LARGE_PAGES 0x01
#define PEB_IS_PROTECTED_PROCESS 0x02
#define PEB_IS_IMAGE_DYNAMICALLY_RELOCATED 0x04
#define PEB_SKIP_PATCHING_USER32_FORWARDERS 0x08
/* NPEB.CrossProcessFlags */
#define PEB_PROCESS_IN_JOB 0x01
#define PEB_PROCESS_INITIALIZING 0x02
#define PEB_PROCESS_USING_VEH 0x04
#define PEB_PROCESS_USING_VCH 0x08

typedef struct _NPEB
{
    BOOLEAN InheritedAddressSpace;
    BOOLEAN ReadImageFileExecOptions;
    BOOLEAN BeingDebugged;
    UCHAR BitField;
    HANDLE Mutant;
    PVOID ImageBaseAddress;
    PNPEB_LDR_DATA Ldr;
    PNPROCESS_PARAMETERS ProcessParameters;
    PVOID SubSystemData;
    PVOID ProcessHeap;
    struct _RTL_CRITICAL_SECTION *FastPebLock;
    PVOID AtlThunkSListPtr;
    PVOID IFEOKey;
    ULONG CrossProcessFlags;
    PVOID KernelCallbackTable;
    ULONG SystemReserved;
    ULONG AtlThunkSListPtr32;
    PVOID ApiSetMap;
    ULONG TlsExpansionCounter;
    PVOID TlsBitmap;
    ULONG TlsBitmapBits[2];
    PVOID ReadOnlySharedMemoryBase;
    PVOID SharedData;
    PVOID *ReadOnlyStaticServerData;
    PVOID AnsiCodePageData;
    PVOID OemCodePageData;
    PVOID UnicodeCaseTableData;
    ULONG NumberOfProcessors;
    ULONG NtGlobalFlag;
    LARGE_INTEGER CriticalSectionTimeout;
    SIZE_T HeapSegmentReserve;
    SIZE_T HeapSegmentCommit;
    SIZE_T HeapDeCommitTotalFreeThreshold;
    SIZE_T HeapDeCommitFreeBlockThreshold;
    ULONG NumberOfHeaps;
    ULONG MaximumNumberOfHeaps;
    PVOID *ProcessHeaps;
    PVOID GdiSharedHandleTable;
    PVOID ProcessStarterHelper;
    ULONG GdiDCAttributeList;
    struct _RTL_CRITICAL_SECTION *LoaderLock;
    ULONG OSMajorVersion;
    ULONG OSMinorVersion;
    USHORT OSBuildNumber;
    USHORT OSCSDVersion;
    ULONG OSPlatformId;
    ULONG ImageSubsystem;
    ULONG ImageSubsystemMajorVersion;
    ULONG ImageSubsystemMinorVersion;
    ULONG_PTR ActiveProcessAffinityMask;
    ULONG GdiHandleBuffer[60];
    VOID(NTAPI *PostProcessInitRoutine)(VOID);
    PVOID TlsExpansionBitmap;
    ULONG TlsExpansionBitmapBits[32];
    ULONG SessionId;
    ULONGLONG AppCompatFlags;
    ULONGLONG AppCompatFlagsUser;
    PVOID pShimData;
    PVOID AppCompatInfo;
    UNICODE_STRING CSDVersion;
    PVOID ActivationContextData;
    PVOID ProcessAssemblyStorageMap;
    PVOID SystemDefaultActivationContextData;
    PVOID SystemAssemblyStorageMap;
    SIZE_T MinimumStackCommit;
    PVOID SparePointers[4];
    ULONG SpareUlongs[5];
    PVOID WerRegistrationData;
    PVOID WerShipAssertPtr;
    PVOID pUnused;
    PVOID pImageHeaderHash;
    ULONG TracingFlags;
    ULONGLONG CsrServerReadOnlySharedMemoryBase;
    PVOID TppWorkerpListLock;
    LIST_ENTRY TppWorkerpList;
    PVOID WaitOnAddressHashTable[128];
    PVOID TelemetryCoverageHeader;
    ULONG CloudFileFlags;
    ULONG CloudFileDiagFlags;
    CHAR PlaceholderCompatibilityMode;
    CHAR PlaceholderCompatibilityModeReserved[7];
    PVOID LeapSecondData;
    ULONG LeapSecondFlags;
    ULONG NtGlobalFlag2;
} NPEB, *PNPEB;

PEBTEB_OFFSET(NPEB, BeingDebugged, 0x002);
PEBTEB_OFFSET(NPEB, Mutant, 0x008);
PEBTEB_OFFSET(NPEB, ImageBaseAddress, 0x010);
PEBTEB_OFFSET(NPEB, Ldr, 0x018);
PEBTEB_OFFSET(NPEB, ProcessParameters, 0x020);
PEBTEB_OFFSET(NPEB, ProcessHeap, 0x030);
PEBTEB_OFFSET(NPEB, FastPebLock, 0x038);
PEBTEB_OFFSET(NPEB, CrossProcessFlags, 0x050);
PEBTEB_OFFSET(NPEB, KernelCallbackTable, 0x058);
PEBTEB_OFFSET(NPEB, ApiSetMap, 0x068);
PEBTEB_OFFSET(NPEB, TlsBitmap, 0x078);
PEBTEB_OFFSET(NPEB, TlsBitmapBits, 0x080);
PEBTEB_OFFSET(NPEB, AnsiCodePageData, 0x0A0);
PEBTEB_OFFSET(NPEB, NumberOfProcessors, 0x0B8);
PEBTEB_OFFSET(NPEB, NtGlobalFlag, 0x0BC);
PEBTEB_OFFSET(NPEB, CriticalSectionTimeout, 0x0C0);
PEBTEB_OFFSET(NPEB, NumberOfHeaps, 0x0E8);
PEBTEB_OFFSET(NPEB, ProcessHeaps, 0x0F0);
PEBTEB_OFFSET(NPEB, LoaderLock, 0x110);
PEBTEB_OFFSET(NPEB, OSMajorVersion, 0x118);
PEBTEB_OFFSET(NPEB, OSBuildNumber, 0x120);
PEBTEB_OFFSET(NPEB, OSPlatformId, 0x124);
PEBTEB_OFFSET(NPEB, ImageSubsystem, 0x128);
PEBTEB_OFFSET(NPEB, ActiveProcessAffinityMask, 0x138);
PEBTEB_OFFSET(NPEB, GdiHandleBuffer, 0x140);
PEBTEB_OFFSET(NPEB, PostProcessInitRoutine, 0x230);
PEBTEB_OFFSET(NPEB, TlsExpansionBitmap, 0x238);
PEBTEB_OFFSET(NPEB, TlsExpansionBitmapBits, 0x240);
PEBTEB_OFFSET(NPEB, SessionId, 0x2C0);
PEBTEB_OFFSET(NPEB, CSDVersion, 0x2E8);
PEBTEB_OFFSET(NPEB, ActivationContextData, 0x2F8);
PEBTEB_OFFSET(NPEB, MinimumStackCommit, 0x318);
PEBTEB_OFFSET(NPEB, WerRegistrationData, 0x358);
PEBTEB_OFFSET(NPEB, TracingFlags, 0x378);
PEBTEB_OFFSET(NPEB, TppWorkerpListLock, 0x388);
PEBTEB_OFFSET(NPEB, WaitOnAddressHashTable, 0x3A0);
PEBTEB_OFFSET(NPEB, LeapSecondData, 0x7B8);
PEBTEB_OFFSET(NPEB, NtGlobalFlag2, 0x7C4);
PEBTEB_SIZE(NPEB, 0x7C8);

/* NtGlobalFlag (gflags) bits that mean something here. */
#define FLG_STOP_ON_EXCEPTION 0x00000001
#define FLG_SHOW_LDR_SNAPS 0x00000002
#define FLG_HEAP_ENABLE_TAIL_CHECK 0x00000010
#define FLG_HEAP_ENABLE_FREE_CHECK 0x00000020
#define FLG_HEAP_VALIDATE_PARAMETERS 0x00000040
#define FLG_HEAP_VALIDATE_ALL 0x00000080

/* ---- the thread environment block ---------------------------------------------------------------------------------------- */

#define GDI_BATCH_BUFFER_SIZE 310

typedef struct _GDI_TEB_BATCH
{
    ULONG Offset;
    ULONG_PTR HDC;
    ULONG Buffer[GDI_BATCH_BUFFER_SIZE];
} GDI_TEB_BATCH;

typedef struct _ACTIVATION_CONTEXT_STACK
{
    PVOID ActiveFrame;
    LIST_ENTRY FrameListCache;
    ULONG Flags;
    ULONG NextCookieSequenceNumber;
    ULONG StackId;
} ACTIVATION_CONTEXT_STACK;

#define TEB_STATIC_BUFFER_LENGTH 261

typedef struct _NTEB
{
    NT_TIB NtTib;
    PVOID EnvironmentPointer;
    CLIENT_ID ClientId;
    PVOID ActiveRpcHandle;
    PVOID *ThreadLocalStoragePointer;
    PNPEB ProcessEnvironmentBlock;
    ULONG LastErrorValue;
    ULONG CountOfOwnedCriticalSections;
    PVOID CsrClientThread;
    PVOID Win32ThreadInfo;
    ULONG User32Reserved[26];
    ULONG UserReserved[5];
    PVOID WOW32Reserved;
    ULONG CurrentLocale;
    ULONG FpSoftwareStatusRegister;
    PVOID ReservedForDebuggerInstrumentation[16];
    PVOID SystemReserved1[30];
    CHAR PlaceholderCompatibilityMode;
    UCHAR PlaceholderHydrationAlwaysExplicit;
    CHAR PlaceholderReserved[10];
    ULONG ProxiedProcessId;
    ACTIVATION_CONTEXT_STACK ActivationStack;
    UCHAR WorkingOnBehalfTicket[8];
    NTSTATUS ExceptionCode;
    PVOID ActivationContextStackPointer;
    ULONG_PTR InstrumentationCallbackSp;
    ULONG_PTR InstrumentationCallbackPreviousPc;
    ULONG_PTR InstrumentationCallbackPreviousSp;
    ULONG TxFsContext;
    BOOLEAN InstrumentationCallbackDisabled;
    BOOLEAN UnalignedLoadStoreExceptions;
    GDI_TEB_BATCH GdiTebBatch;
    CLIENT_ID RealClientId;
    HANDLE GdiCachedProcessHandle;
    ULONG GdiClientPID;
    ULONG GdiClientTID;
    PVOID GdiThreadLocalInfo;
    ULONG_PTR Win32ClientInfo[62];
    PVOID glDispatchTable[233];
    ULONG_PTR glReserved1[29];
    PVOID glReserved2;
    PVOID glSectionInfo;
    PVOID glSection;
    PVOID glTable;
    PVOID glCurrentRC;
    PVOID glContext;
    NTSTATUS LastStatusValue;
    UNICODE_STRING StaticUnicodeString;
    WCHAR StaticUnicodeBuffer[TEB_STATIC_BUFFER_LENGTH];
    PVOID DeallocationStack;
    PVOID TlsSlots[64];
    LIST_ENTRY TlsLinks;
    PVOID Vdm;
    PVOID ReservedForNtRpc;
    PVOID DbgSsReserved[2];
    ULONG HardErrorMode;
    PVOID Instrumentation[11];
    UCHAR ActivityId[16];
    PVOID SubProcessTag;
    PVOID PerflibData;
    PVOID EtwTraceData;
    PVOID WinSockData;
    ULONG GdiBatchCount;
    ULONG IdealProcessorValue;
    ULONG GuaranteedStackBytes;
    PVOID ReservedForPerf;
    PVOID ReservedForOle;
    ULONG WaitingOnLoaderLock;
    PVOID SavedPriorityState;
    ULONG_PTR ReservedForCodeCoverage;
    PVOID ThreadPoolData;
    PVOID *TlsExpansionSlots;
    PVOID DeallocationBStore;
    PVOID BStoreLimit;
    ULONG MuiGeneration;
    ULONG IsImpersonating;
    PVOID NlsCache;
    PVOID pShimData;
    ULONG HeapData;
    HANDLE CurrentTransactionHandle;
    PVOID ActiveFrame;
    PVOID FlsData;
    PVOID PreferredLanguages;
    PVOID UserPrefLanguages;
    PVOID MergedPrefLanguages;
    ULONG MuiImpersonation;
    USHORT CrossTebFlags;
    USHORT SameTebFlags;
    PVOID TxnScopeEnterCallback;
    PVOID TxnScopeExitCallback;
    PVOID TxnScopeContext;
    ULONG LockCount;
    LONG WowTebOffset;
    PVOID ResourceRetValue;
    PVOID ReservedForWdf;
    ULONGLONG ReservedForCrt;
    UCHAR EffectiveContainerId[16];
} NTEB, *PNTEB;

/* NTEB.SameTebFlags */
#define TEB_SAFE_THUNK_CALL 0x0001
#define TEB_IN_DEBUG_PRINT 0x0002
#define TEB_HAS_FIBER_DATA 0x0004
#define TEB_SKIP_THREAD_ATTACH 0x0008
#define TEB_WER_IN_SHIP_ASSERT_CODE 0x0010
#define TEB_RAN_PROCESS_INIT 0x0020
#define TEB_CLONED_THREAD 0x0040
#define TEB_SUPPRESS_DEBUG_MSG 0x0080
#define TEB_DISABLE_USER_STACK_WALK 0x0100
#define TEB_RTL_EXCEPTION_ATTACHED 0x0200
#define TEB_INITIAL_THREAD 0x0400
#define TEB_SESSION_AWARE 0x0800
#define TEB_LOAD_OWNER 0x1000
#define TEB_LOADER_WORKER 0x2000
#define TEB_SKIP_LOADER_INIT 0x4000

PEBTEB_OFFSET(NTEB, EnvironmentPointer, 0x038);
PEBTEB_OFFSET(NTEB, ClientId, 0x040);
PEBTEB_OFFSET(NTEB, ThreadLocalStoragePointer, 0x058);
PEBTEB_OFFSET(NTEB, ProcessEnvironmentBlock, 0x060);
PEBTEB_OFFSET(NTEB, LastErrorValue, 0x068);
PEBTEB_OFFSET(NTEB, CountOfOwnedCriticalSections, 0x06C);
PEBTEB_OFFSET(NTEB, Win32ThreadInfo, 0x078);
PEBTEB_OFFSET(NTEB, WOW32Reserved, 0x100);
PEBTEB_OFFSET(NTEB, CurrentLocale, 0x108);
PEBTEB_OFFSET(NTEB, SystemReserved1, 0x190);
PEBTEB_OFFSET(NTEB, PlaceholderCompatibilityMode, 0x280);
PEBTEB_OFFSET(NTEB, ProxiedProcessId, 0x28C);
PEBTEB_OFFSET(NTEB, ActivationStack, 0x290);
PEBTEB_OFFSET(NTEB, ExceptionCode, 0x2C0);
PEBTEB_OFFSET(NTEB, ActivationContextStackPointer, 0x2C8);
PEBTEB_OFFSET(NTEB, TxFsContext, 0x2E8);
PEBTEB_OFFSET(NTEB, GdiTebBatch, 0x2F0);
PEBTEB_OFFSET(NTEB, RealClientId, 0x7D8);
PEBTEB_OFFSET(NTEB, GdiCachedProcessHandle, 0x7E8);
PEBTEB_OFFSET(NTEB, Win32ClientInfo, 0x800);
PEBTEB_OFFSET(NTEB, glDispatchTable, 0x9F0);
PEBTEB_OFFSET(NTEB, LastStatusValue, 0x1250);
PEBTEB_OFFSET(NTEB, StaticUnicodeString, 0x1258);
PEBTEB_OFFSET(NTEB, StaticUnicodeBuffer, 0x1268);
PEBTEB_OFFSET(NTEB, DeallocationStack, 0x1478);
PEBTEB_OFFSET(NTEB, TlsSlots, 0x1480);
PEBTEB_OFFSET(NTEB, TlsLinks, 0x1680);
PEBTEB_OFFSET(NTEB, HardErrorMode, 0x16B0);
PEBTEB_OFFSET(NTEB, ActivityId, 0x1710);
PEBTEB_OFFSET(NTEB, GdiBatchCount, 0x1740);
PEBTEB_OFFSET(NTEB, GuaranteedStackBytes, 0x1748);
PEBTEB_OFFSET(NTEB, ReservedForOle, 0x1758);
PEBTEB_OFFSET(NTEB, WaitingOnLoaderLock, 0x1760);
PEBTEB_OFFSET(NTEB, ThreadPoolData, 0x1778);
PEBTEB_OFFSET(NTEB, TlsExpansionSlots, 0x1780);
PEBTEB_OFFSET(NTEB, IsImpersonating, 0x179C);
PEBTEB_OFFSET(NTEB, NlsCache, 0x17A0);
PEBTEB_OFFSET(NTEB, FlsData, 0x17C8);
PEBTEB_OFFSET(NTEB, CrossTebFlags, 0x17EC);
PEBTEB_OFFSET(NTEB, SameTebFlags, 0x17EE);
PEBTEB_OFFSET(NTEB, LockCount, 0x1808);
PEBTEB_OFFSET(NTEB, ResourceRetValue, 0x1810);
PEBTEB_OFFSET(NTEB, EffectiveContainerId, 0x1828);
PEBTEB_SIZE(NTEB, 0x1838);

/* The stack of a new thread (NtCreateThread; also how the kernel hands it to RtlUserThreadStart's world). */
typedef struct _INITIAL_TEB
{
    struct
    {
        PVOID OldStackBase;
        PVOID OldStackLimit;
    } OldInitialTeb;
    PVOID StackBase;
    PVOID StackLimit;
    PVOID StackAllocationBase;
} INITIAL_TEB, *PINITIAL_TEB;

/* ---- process creation ---------------------------------------------------------------------------------------------------- */

typedef struct _SECTION_IMAGE_INFORMATION
{
    PVOID TransferAddress;
    ULONG ZeroBits;
    SIZE_T MaximumStackSize;
    SIZE_T CommittedStackSize;
    ULONG SubSystemType;
    USHORT SubSystemMinorVersion;
    USHORT SubSystemMajorVersion;
    USHORT MajorOperatingSystemVersion;
    USHORT MinorOperatingSystemVersion;
    USHORT ImageCharacteristics;
    USHORT DllCharacteristics;
    USHORT Machine;
    BOOLEAN ImageContainsCode;
    UCHAR ImageFlags; /* SECTION_IMAGE_* */
    ULONG LoaderFlags;
    ULONG ImageFileSize;
    ULONG CheckSum;
} SECTION_IMAGE_INFORMATION, *PSECTION_IMAGE_INFORMATION;

#define SECTION_IMAGE_COMPLUS_NATIVE_READY 0x01
#define SECTION_IMAGE_COMPLUS_IL_ONLY 0x02
#define SECTION_IMAGE_DYNAMICALLY_RELOCATED 0x04
#define SECTION_IMAGE_MAPPED_FLAT 0x08
#define SECTION_IMAGE_BASE_BELOW_4GB 0x10

PEBTEB_OFFSET(SECTION_IMAGE_INFORMATION, MaximumStackSize, 0x10);
PEBTEB_OFFSET(SECTION_IMAGE_INFORMATION, SubSystemType, 0x20);
PEBTEB_OFFSET(SECTION_IMAGE_INFORMATION, ImageCharacteristics, 0x2C);
PEBTEB_OFFSET(SECTION_IMAGE_INFORMATION, Machine, 0x30);
PEBTEB_OFFSET(SECTION_IMAGE_INFORMATION, LoaderFlags, 0x34);
PEBTEB_SIZE(SECTION_IMAGE_INFORMATION, 0x40);

typedef struct _RTL_USER_PROCESS_INFORMATION
{
    ULONG Length;
    HANDLE ProcessHandle;
    HANDLE ThreadHandle;
    CLIENT_ID ClientId;
    SECTION_IMAGE_INFORMATION ImageInformation;
} RTL_USER_PROCESS_INFORMATION, *PRTL_USER_PROCESS_INFORMATION;

PEBTEB_SIZE(RTL_USER_PROCESS_INFORMATION, 0x68);

/* PS_ATTRIBUTE.Attribute = number | flags */
#define PS_ATTRIBUTE_NUMBER_MASK 0x0000FFFF
#define PS_ATTRIBUTE_THREAD 0x00010000   /* may be used with threads */
#define PS_ATTRIBUTE_INPUT 0x00020000    /* input only */
#define PS_ATTRIBUTE_ADDITIVE 0x00040000 /* may be accumulated */

enum
{
    PsAttributeParentProcess,
    PsAttributeDebugObject,
    PsAttributeToken,
    PsAttributeClientId,
    PsAttributeTebAddress,
    PsAttributeImageName,
    PsAttributeImageInfo,
    PsAttributeMemoryReserve,
    PsAttributePriorityClass,
    PsAttributeErrorMode,
    PsAttributeStdHandleInfo,
    PsAttributeHandleList,
    PsAttributeGroupAffinity,
    PsAttributePreferredNode,
    PsAttributeIdealProcessor,
    PsAttributeUmsThread,
    PsAttributeMitigationOptions,
    PsAttributeProtectionLevel,
    PsAttributeSecureProcess,
    PsAttributeJobList,
    PsAttributeChildProcessPolicy,
    PsAttributeAllApplicationPackagesPolicy,
    PsAttributeWin32kFilter,
    PsAttributeSafeOpenPromptOriginClaim,
    PsAttributeBnoIsolation,
    PsAttributeDesktopAppPolicy,
    PsAttributeChpe,
    PsAttributeMax
};

#define PsAttributeValue(Number, Thread, Input, Additive)                                                                             \
    ((ULONG_PTR)(((Number) & PS_ATTRIBUTE_NUMBER_MASK) | ((Thread) ? PS_ATTRIBUTE_THREAD : 0) |                                       \
                 ((Input) ? PS_ATTRIBUTE_INPUT : 0) | ((Additive) ? PS_ATTRIBUTE_ADDITIVE : 0)))

#define PS_ATTRIBUTE_PARENT_PROCESS PsAttributeValue(PsAttributeParentProcess, FALSE, TRUE, TRUE)   /* 0x60000 */
#define PS_ATTRIBUTE_DEBUG_OBJECT PsAttributeValue(PsAttributeDebugObject, FALSE, TRUE, TRUE)       /* 0x60001 */
#define PS_ATTRIBUTE_TOKEN PsAttributeValue(PsAttributeToken, FALSE, TRUE, TRUE)                    /* 0x60002 */
#define PS_ATTRIBUTE_CLIENT_ID PsAttributeValue(PsAttributeClientId, TRUE, FALSE, FALSE)            /* 0x10003 */
#define PS_ATTRIBUTE_TEB_ADDRESS PsAttributeValue(PsAttributeTebAddress, TRUE, FALSE, FALSE)        /* 0x10004 */
#define PS_ATTRIBUTE_IMAGE_NAME PsAttributeValue(PsAttributeImageName, FALSE, TRUE, FALSE)          /* 0x20005 */
#define PS_ATTRIBUTE_IMAGE_INFO PsAttributeValue(PsAttributeImageInfo, FALSE, FALSE, FALSE)         /* 0x00006 */
#define PS_ATTRIBUTE_MEMORY_RESERVE PsAttributeValue(PsAttributeMemoryReserve, FALSE, TRUE, FALSE)  /* 0x20007 */
#define PS_ATTRIBUTE_PRIORITY_CLASS PsAttributeValue(PsAttributePriorityClass, FALSE, TRUE, FALSE)  /* 0x20008 */
#define PS_ATTRIBUTE_ERROR_MODE PsAttributeValue(PsAttributeErrorMode, FALSE, TRUE, FALSE)          /* 0x20009 */
#define PS_ATTRIBUTE_STD_HANDLE_INFO PsAttributeValue(PsAttributeStdHandleInfo, FALSE, TRUE, FALSE) /* 0x2000A */
#define PS_ATTRIBUTE_HANDLE_LIST PsAttributeValue(PsAttributeHandleList, FALSE, TRUE, FALSE)        /* 0x2000B */
#define PS_ATTRIBUTE_GROUP_AFFINITY PsAttributeValue(PsAttributeGroupAffinity, TRUE, TRUE, FALSE)   /* 0x3000C */
#define PS_ATTRIBUTE_IDEAL_PROCESSOR PsAttributeValue(PsAttributeIdealProcessor, TRUE, TRUE, FALSE) /* 0x3000E */
#define PS_ATTRIBUTE_JOB_LIST PsAttributeValue(PsAttributeJobList, FALSE, TRUE, FALSE)              /* 0x20013 */
#define PS_ATTRIBUTE_CHILD_PROCESS_POLICY PsAttributeValue(PsAttributeChildProcessPolicy, FALSE, TRUE, FALSE) /* 0x20014 */

typedef struct _PS_ATTRIBUTE
{
    ULONG_PTR Attribute;
    SIZE_T Size;
    union {
        ULONG_PTR Value;
        PVOID ValuePtr;
    };
    PSIZE_T ReturnLength;
} PS_ATTRIBUTE, *PPS_ATTRIBUTE;

typedef struct _PS_ATTRIBUTE_LIST
{
    SIZE_T TotalLength; /* of the whole list, this field included */
    PS_ATTRIBUTE Attributes[1];
} PS_ATTRIBUTE_LIST, *PPS_ATTRIBUTE_LIST;

PEBTEB_SIZE(PS_ATTRIBUTE, 0x20);
PEBTEB_SIZE(PS_ATTRIBUTE_LIST, 0x28);

typedef enum _PS_CREATE_STATE
{
    PsCreateInitialState,
    PsCreateFailOnFileOpen,
    PsCreateFailOnSectionCreate,
    PsCreateFailExeFormat,
    PsCreateFailMachineMismatch,
    PsCreateFailExeName,
    PsCreateSuccess,
    PsCreateMaximumStates
} PS_CREATE_STATE;

typedef struct _PS_CREATE_INFO
{
    SIZE_T Size;
    PS_CREATE_STATE State;
    union {
        struct
        {
            ULONG InitFlags; /* PS_CREATE_INIT_* */
            ACCESS_MASK AdditionalFileAccess;
        } InitState;
        struct
        {
            HANDLE FileHandle;
        } FailSection;
        struct
        {
            USHORT DllCharacteristics;
        } ExeFormat;
        struct
        {
            HANDLE IFEOKey;
        } ExeName;
        struct
        {
            ULONG OutputFlags;
            HANDLE FileHandle;
            HANDLE SectionHandle;
            ULONGLONG UserProcessParametersNative;
            ULONG UserProcessParametersWow64;
            ULONG CurrentParameterFlags;
            ULONGLONG PebAddressNative;
            ULONG PebAddressWow64;
            ULONGLONG ManifestAddress;
            ULONG ManifestSize;
        } SuccessState;
    };
} PS_CREATE_INFO, *PPS_CREATE_INFO;

#define PS_CREATE_INIT_WRITE_OUTPUT_ON_EXIT 0x01
#define PS_CREATE_INIT_DETECT_MANIFEST 0x02
#define PS_CREATE_INIT_IFEO_SKIP_DEBUGGER 0x04
#define PS_CREATE_INIT_IFEO_DO_NOT_PROPAGATE_KEY_STATE 0x08

PEBTEB_OFFSET(PS_CREATE_INFO, InitState, 0x10);
PEBTEB_OFFSET(PS_CREATE_INFO, SuccessState.FileHandle, 0x18);
PEBTEB_OFFSET(PS_CREATE_INFO, SuccessState.UserProcessParametersNative, 0x28);
PEBTEB_OFFSET(PS_CREATE_INFO, SuccessState.PebAddressNative, 0x38);
PEBTEB_SIZE(PS_CREATE_INFO, 0x58);

typedef enum _PS_STD_HANDLE_STATE
{
    PsNeverDuplicate,
    PsRequestDuplicate, /* duplicate those of PseudoHandleMask if the handle is a pseudo console handle */
    PsAlwaysDuplicate,
    PsMaxStdHandleStates
} PS_STD_HANDLE_STATE;

#define PS_STD_INPUT_HANDLE 1
#define PS_STD_OUTPUT_HANDLE 2
#define PS_STD_ERROR_HANDLE 4

typedef struct _PS_STD_HANDLE_INFO
{
    ULONG StdHandleState : 2;
    ULONG PseudoHandleMask : 3;
    ULONG Spare : 27;
    ULONG StdHandleSubsystemType;
} PS_STD_HANDLE_INFO, *PPS_STD_HANDLE_INFO;

/* NtCreateUserProcess, ProcessFlags */
#define PROCESS_CREATE_FLAGS_BREAKAWAY 0x00000001
#define PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT 0x00000002
#define PROCESS_CREATE_FLAGS_INHERIT_HANDLES 0x00000004
#define PROCESS_CREATE_FLAGS_OVERRIDE_ADDRESS_SPACE 0x00000008
#define PROCESS_CREATE_FLAGS_LARGE_PAGES 0x00000010
#define PROCESS_CREATE_FLAGS_PROTECTED_PROCESS 0x00000040
#define PROCESS_CREATE_FLAGS_CREATE_SESSION 0x00000080
#define PROCESS_CREATE_FLAGS_INHERIT_FROM_PARENT 0x00000100
#define PROCESS_CREATE_FLAGS_SUSPENDED 0x00000200

/* NtCreateUserProcess ThreadFlags, NtCreateThreadEx CreateFlags */
#define THREAD_CREATE_FLAGS_CREATE_SUSPENDED 0x00000001
#define THREAD_CREATE_FLAGS_SKIP_THREAD_ATTACH 0x00000002
#define THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER 0x00000004
#define THREAD_CREATE_FLAGS_LOADER_WORKER 0x00000010
#define THREAD_CREATE_FLAGS_SKIP_LOADER_INIT 0x00000020
#define THREAD_CREATE_FLAGS_BYPASS_PROCESS_FREEZE 0x00000040
#define THREAD_CREATE_FLAGS_INITIAL_THREAD 0x00000080

/* ---- system information -------------------------------------------------------------------------------------------------- */

typedef struct _NSYSTEM_BASIC_INFORMATION
{
    ULONG Reserved;
    ULONG TimerResolution;
    ULONG PageSize;
    ULONG NumberOfPhysicalPages;
    ULONG LowestPhysicalPageNumber;
    ULONG HighestPhysicalPageNumber;
    ULONG AllocationGranularity;
    ULONG_PTR MinimumUserModeAddress;
    ULONG_PTR MaximumUserModeAddress;
    ULONG_PTR ActiveProcessorsAffinityMask;
    CHAR NumberOfProcessors;
} NSYSTEM_BASIC_INFORMATION;

PEBTEB_OFFSET(NSYSTEM_BASIC_INFORMATION, MinimumUserModeAddress, 0x20);
PEBTEB_SIZE(NSYSTEM_BASIC_INFORMATION, 0x40);

typedef struct _NSYSTEM_TIMEOFDAY_INFORMATION
{
    LARGE_INTEGER BootTime;
    LARGE_INTEGER CurrentTime;
    LARGE_INTEGER TimeZoneBias;
    ULONG TimeZoneId;
    ULONG Reserved;
    ULONGLONG BootTimeBias;
    ULONGLONG SleepTimeBias;
} NSYSTEM_TIMEOFDAY_INFORMATION;

PEBTEB_SIZE(NSYSTEM_TIMEOFDAY_INFORMATION, 0x30);

typedef struct _NSYSTEM_THREAD_INFORMATION
{
    LARGE_INTEGER KernelTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER CreateTime;
    ULONG WaitTime;
    PVOID StartAddress;
    CLIENT_ID ClientId;
    LONG Priority;
    LONG BasePriority;
    ULONG ContextSwitches;
    ULONG ThreadState;
    ULONG WaitReason;
} NSYSTEM_THREAD_INFORMATION;

PEBTEB_SIZE(NSYSTEM_THREAD_INFORMATION, 0x50);

typedef struct _NSYSTEM_PROCESS_INFORMATION
{
    ULONG NextEntryOffset;
    ULONG NumberOfThreads;
    LARGE_INTEGER WorkingSetPrivateSize;
    ULONG HardFaultCount;
    ULONG NumberOfThreadsHighWatermark;
    ULONGLONG CycleTime;
    LARGE_INTEGER CreateTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER KernelTime;
    UNICODE_STRING ImageName;
    LONG BasePriority;
    HANDLE UniqueProcessId;
    HANDLE InheritedFromUniqueProcessId;
    ULONG HandleCount;
    ULONG SessionId;
    ULONG_PTR UniqueProcessKey;
    SIZE_T PeakVirtualSize;
    SIZE_T VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize;
    SIZE_T WorkingSetSize;
    SIZE_T QuotaPeakPagedPoolUsage;
    SIZE_T QuotaPagedPoolUsage;
    SIZE_T QuotaPeakNonPagedPoolUsage;
    SIZE_T QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage;
    SIZE_T PeakPagefileUsage;
    SIZE_T PrivatePageCount;
    LARGE_INTEGER ReadOperationCount;
    LARGE_INTEGER WriteOperationCount;
    LARGE_INTEGER OtherOperationCount;
    LARGE_INTEGER ReadTransferCount;
    LARGE_INTEGER WriteTransferCount;
    LARGE_INTEGER OtherTransferCount;
    /* NSYSTEM_THREAD_INFORMATION Threads[NumberOfThreads] follow */
} NSYSTEM_PROCESS_INFORMATION;

PEBTEB_OFFSET(NSYSTEM_PROCESS_INFORMATION, ImageName, 0x38);
PEBTEB_OFFSET(NSYSTEM_PROCESS_INFORMATION, UniqueProcessId, 0x50);
PEBTEB_OFFSET(NSYSTEM_PROCESS_INFORMATION, HandleCount, 0x60);
PEBTEB_OFFSET(NSYSTEM_PROCESS_INFORMATION, PeakVirtualSize, 0x70);
PEBTEB_OFFSET(NSYSTEM_PROCESS_INFORMATION, ReadOperationCount, 0xD0);
PEBTEB_SIZE(NSYSTEM_PROCESS_INFORMATION, 0x100);

/* ThreadBasicInformation */
typedef struct _THREAD_BASIC_INFORMATION
{
    NTSTATUS ExitStatus;
    PNTEB TebBaseAddress;
    CLIENT_ID ClientId;
    ULONG_PTR AffinityMask;
    LONG Priority;
    LONG BasePriority;
} THREAD_BASIC_INFORMATION, *PTHREAD_BASIC_INFORMATION;

PEBTEB_SIZE(THREAD_BASIC_INFORMATION, 0x30);

/* ---- frames the kernel builds on a user stack ----------------------------------------------------------------------------- */

#define USER_CONTEXT_SIZE 0x4D0
/* KiUserExceptionDispatcher: RSP -> CONTEXT, CONTEXT_EX (0x20), EXCEPTION_RECORD, machine frame */
#define USER_EXCEPTION_RECORD_OFFSET 0x4F0
/* KiUserApcDispatcher: RSP -> CONTEXT; P1Home..P3Home are the arguments, P4Home the routine; the machine frame is after the CONTEXT_EX. */

#endif

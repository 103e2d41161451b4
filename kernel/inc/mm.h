/* SPDX-License-Identifier: MIT */
/*
 * mm.h - memory: what the rest of the kernel may ask of the memory manager.
 * Windows Internals, 7th ed., part 1, chapter 5.  Public Mm* routines (MDLs, MmMapIoSpace, MmGetPhysicalAddress...) are in <ntifs.h>.
 */
#ifndef NASCENT_MM_H
#define NASCENT_MM_H

#include "pstypes.h"
#include "loader.h"
#include "userland/inc/pebteb.h"

/* ---- start-up ------------------------------------------------------------------------------------------------------------------ */
/* Phase 0: PFN database from the loader's memory list, kernel address space (regions' top-level entries), pool;
 * KUSER_SHARED_DATA page.  IRQL <= DISPATCH_LEVEL, interrupts off, one processor. */
void MmInitSystemPhase0(LOADER_PARAMETER_BLOCK *Block);
/* Phase 1: section object type, zero-page and other threads, working lists; frees the loader's memory.  PASSIVE_LEVEL. */
void MmInitSystemPhase1(LOADER_PARAMETER_BLOCK *Block);
extern ULONG64 MiDirectMapBase;
static inline PVOID MmDirectMap(ULONG64 Physical) { return (PVOID)(MiDirectMapBase + Physical); }

/* ---- kernel memory ------------------------------------------------------------------------------------------------------------- */
PVOID MmCreateKernelStack(void);           /* returns the top; KERNEL_STACK_SIZE bytes, guard page below; NULL: no memory. <= DISPATCH */
void MmDeleteKernelStack(PVOID Top);       /* <= DISPATCH; keeps a small cache */
PVOID MmAllocatePoolPages(SIZE_T Pages);   /* page-aligned kernel address, RW NX, zeroed not; NULL; <= DISPATCH */
SIZE_T MmFreePoolPages(PVOID Address);     /* returns pages */
/* Tag and size of a big pool allocation, kept beside its first page (ex/pool.c). */
void MmSetPoolPagesInfo(PVOID Address, ULONG Tag, ULONG Bytes);
BOOLEAN MmGetPoolPagesInfo(PVOID Address, PULONG Tag, PULONG Bytes); /* FALSE: not a big pool block */
/* Page-granular protection of kernel image ranges: PAGE_READONLY, PAGE_READWRITE, PAGE_EXECUTE_READ. */
NTSTATUS MmProtectKernelRange(PVOID Address, SIZE_T Size, ULONG Protect);
/* System image space: reserves and commits room for a driver image (RW), to be protected section by section; freed by MmFreeSystemImage. */
PVOID MmAllocateSystemImage(SIZE_T Size);
void MmFreeSystemImage(PVOID Base);
typedef struct _MM_STATISTICS
{
    SIZE_T TotalPages, FreePages, ZeroedPages, StandbyPages, ModifiedPages; /* physical, now */
    SIZE_T CommittedPages, CommitLimit, PeakCommitment;
    SIZE_T KernelStackPages, PoolPages, PageTablePages, ImagePages;
    ULONG64 PageFaults, DemandZeroFaults, CopyOnWriteFaults, TransitionFaults, PageReads, PagesRead;
} MM_STATISTICS;
void MmQueryStatistics(MM_STATISTICS *Statistics);

/* ---- faults (called by arch/x64's trap code at the IRQL of the fault, interrupts on if they were) -------------------------------------------------- */
/* STATUS_SUCCESS: retry the instruction.  Otherwise the exception code to raise (STATUS_ACCESS_VIOLATION, STATUS_GUARD_PAGE_VIOLATION, STATUS_STACK_OVERFLOW,
 * STATUS_IN_PAGE_ERROR with the I/O status in *Information).  Kernel-mode faults at IRQL >= DISPATCH_LEVEL on
 * pageable memory: STATUS_IN_PAGE_ERROR | 0x10000000 (bugcheck 0xA). */
NTSTATUS MmAccessFault(ULONG FaultCode, PVOID Address, KPROCESSOR_MODE Mode, PKTRAP_FRAME TrapFrame, ULONG_PTR *Information);

/* ---- processes ------------------------------------------------------------------------------------------------------------------ */
/* Top-level page table with the kernel half, empty VAD tree, shared user data mapped.  Sets Pcb.DirectoryTableBase.
 * STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY. */
NTSTATUS MmCreateProcessAddressSpace(PEPROCESS Process) NODISCARD;
/* Unmaps and frees all user memory; the current thread is in, or attached to, Process; page tables but the top one are gone afterwards. */
void MmCleanProcessAddressSpace(PEPROCESS Process);
void MmDeleteProcessAddressSpace(PEPROCESS Process); /* from the object's delete procedure: frees the top-level table */
/* Maps the image section (the whole image view) into Process (not attached): returns base; STATUS_IMAGE_NOT_AT_BASE is a success for DLLs. */
NTSTATUS MmMapImageForProcess(PEPROCESS Process, PVOID SectionObject, PVOID *Base, SIZE_T *ViewSize) NODISCARD;
typedef struct _INITIAL_PEB_
{
    UCHAR InheritedAddressSpace, ReadImageFileExecOptions, BeingDebugged, BitField;
    PVOID Mutant, ImageBaseAddress;
    ULONG ImageSubsystem, ImageSubsystemMajor, ImageSubsystemMinor;
    ULONG64 HeapSegmentReserve, HeapSegmentCommit;
    ULONG SessionId;
    ULONG NtGlobalFlag;
    PVOID ApiSetMap;
} INITIAL_PEB_;
/* Both attach to Process themselves.  The PEB and TEBs lie at randomised addresses below 0x7FFFFFFF0000. */
NTSTATUS MmCreatePeb(PEPROCESS Process, const INITIAL_PEB_ *Initial, PVOID *Peb) NODISCARD;
NTSTATUS MmCreateTeb(PEPROCESS Process, const INITIAL_TEB *Initial, const CLIENT_ID *ClientId, PVOID *Teb) NODISCARD;
void MmDeleteTeb(PEPROCESS Process, PVOID Teb);
/* User stack: Reserve bytes with Commit bytes at the top and a guard page, as RtlCreateUserStack; fills INITIAL_TEB. Not attached. */
NTSTATUS MmCreateUserStack(PEPROCESS Process, SIZE_T Reserve, SIZE_T Commit, INITIAL_TEB *Initial) NODISCARD;
void MmDeleteUserStack(PEPROCESS Process, const INITIAL_TEB *Initial);
/* One of the two is the current process.  UserMode: both ranges must be user memory; KernelMode: what lies above user space is kernel memory.
 * *Done: bytes copied.  PASSIVE_LEVEL, not attached.  STATUS_PARTIAL_COPY, STATUS_PROCESS_IS_TERMINATING. */
NTSTATUS MmCopyVirtualMemory(PEPROCESS From, const VOID *FromAddress, PEPROCESS To, PVOID ToAddress, SIZE_T Size, KPROCESSOR_MODE Mode,
                             SIZE_T *Done) NODISCARD;

/* ---- sections ------------------------------------------------------------------------------------------------------------------- */
#ifndef SEC_IMAGE
#define SEC_IMAGE 0x1000000
#endif
extern POBJECT_TYPE MmSectionObjectType;
/* Kernel form of NtCreateSection without handle; FileHandle or FileObject (referenced by the section).  Status codes as NtCreateSection. */
NTSTATUS MmCreateSection(PVOID *SectionObject, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize, ULONG PageProtection,
                         ULONG AllocationAttributes, HANDLE FileHandle, PFILE_OBJECT FileObject) NODISCARD;
NTSTATUS MmMapViewOfSection(PVOID SectionObject, PEPROCESS Process, PVOID *BaseAddress, ULONG_PTR ZeroBits, SIZE_T CommitSize, PLARGE_INTEGER SectionOffset,
                            PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType, ULONG Protect) NODISCARD;
NTSTATUS MmUnmapViewOfSection(PEPROCESS Process, PVOID BaseAddress);
/* A window of ViewSize bytes (0: to the end) at SectionOffset (multiple of 64 KiB).  MmUnmapViewInSystemSpace ends it. */
NTSTATUS MmMapViewInSystemSpaceEx(PVOID SectionObject, PVOID *MappedBase, PSIZE_T ViewSize, PLARGE_INTEGER SectionOffset, ULONG_PTR Flags) NODISCARD;
/* Brings the pages of a system-space view into memory, with a status instead of an in-page exception; they stay until the
 * view is unmapped.  PASSIVE or APC_LEVEL. */
NTSTATUS MmTouchSystemView_(PVOID Address, SIZE_T Length, BOOLEAN ForWrite) NODISCARD;
/* Pages of the range that are not in memory become zeros, without reading: the file has nothing valid there. */
NTSTATUS MmZeroSystemView_(PVOID Address, SIZE_T Length) NODISCARD;
/* The section (and a data file's control area) grows; never shrinks. */
NTSTATUS MmExtendSection(PVOID SectionObject, PLARGE_INTEGER NewSize) NODISCARD;
/* Writes modified pages of the file's data section back; Offset NULL: all. */
NTSTATUS MmFlushSection(PSECTION_OBJECT_POINTERS Pointers, PLARGE_INTEGER Offset, SIZE_T Length, PIO_STATUS_BLOCK IoStatus);
/* Forgets pages that no view maps (Length 0: to the end); FALSE if some are mapped. */
BOOLEAN MmPurgeSection(PSECTION_OBJECT_POINTERS Pointers, PLARGE_INTEGER Offset, SIZE_T Length, BOOLEAN DoIt);
/* The file became NewSize bytes long: pages beyond are forgotten or zeroed. */
void MmTruncateSection_(PSECTION_OBJECT_POINTERS Pointers, ULONG64 NewSize);
/* Writes the files that were changed through views which are gone; the lazy writer's.  PASSIVE_LEVEL, no locks. */
NTSTATUS MmWriteModified_(void);
/* Reads pages of the file's data section that are not in memory yet. */
NTSTATUS MmPrefetchSection_(PSECTION_OBJECT_POINTERS Pointers, ULONG64 Offset, ULONG64 Length);
/* Pages of a data section that must be written before they can be used otherwise. */
ULONG64 MmModifiedPages_(void);
/* MmProbeAndLockPages with a status instead of an exception. */
NTSTATUS MiProbeAndLockPages_(PMDL Mdl, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation) NODISCARD;
/* Page by page from Segments (kernel memory, one for each page of the MDL).  STATUS_INVALID_PARAMETER: one is not at a page's beginning. */
NTSTATUS MiProbeAndLockSelectedPages_(PMDL Mdl, const FILE_SEGMENT_ELEMENT *Segments, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation) NODISCARD;
/* Checks every count and list of mm; bugchecks on a contradiction.  PASSIVE_LEVEL, slow. */
void MmVerify_(void);
void MmSelfTest(void);
void MmGetImageInformation(PVOID SectionObject, SECTION_IMAGE_INFORMATION *Information);
PVOID MmGetSectionBase(PVOID SectionObject); /* image sections: the user address chosen for this boot, where its pages are relocated to */
PFILE_OBJECT MmGetFileObjectForSection(PVOID SectionObject); /* not referenced; NULL for page-file-backed */
NTSTATUS MmGetFileNameForAddress(PEPROCESS Process, PVOID Address, UNICODE_STRING *PoolName); /* MemorySectionName queries */

/*
 * ---- upcalls -----------------------------------------------------------------------------------------------------------------------
 * Image load notification (PsSetLoadImageNotifyRoutine): ps sets it; called after an image view was mapped in a process, PASSIVE_LEVEL, no locks held.
 */
/* Commit charge of a process in a job: Pages > 0 asks (FALSE: a limit of the job), < 0 gives back.  Set by ps; called for processes with a job. */
extern BOOLEAN (*MmChargeJob)(PEPROCESS Process, LONG64 Pages);
extern void (*MmFlushFileCache)(PSECTION_OBJECT_POINTERS Pointers); /* cc: an image is made of the file, which must be on disk as it is in the cache */
extern void (*MmAwaitLazyWriter)(void); /* cc: memory is short; waits a while for modified pages to be written.  No locks held */
extern void (*MmFilesModified)(void); /* cc: there is something for MmWriteModified_; called with mm's locks held: sets an event */
extern void (*MmImageMapped)(PEPROCESS Process, PVOID SectionObject, PVOID Base, SIZE_T Size, BOOLEAN SystemImage);
extern void (*MmImageUnmapped)(PEPROCESS Process, PVOID Base);
#endif

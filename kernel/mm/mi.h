/* SPDX-License-Identifier: MIT */
/*
 * mi.h - what the files of mm share.  Nobody outside kernel/mm (and ex/pool.c's page supply, which is in mm.h) includes it.
 *
 * LOCKS, in the order they may be taken:
 *   1. EPROCESS.AddressCreationLock (push lock)  the shape of an address space: which VADs there are.  Exclusive for every change.
 *   2. EPROCESS.WorkingSetLock (push lock)       the page tables of a process.  Page faults take it shared and publish entries with
 *                                                compare-exchange, so faults of one process run side by side; whoever takes entries away or
 *                                                changes them (free, protect, unmap) holds it exclusive.  The VAD tree is changed with 1 and 2
 *                                                both held exclusive, so that holding either suffices to read it.
 *      MiSystemSpace.Lock (push lock)            the same two roles for views in system space.
 *   3. MmSectionLock (push lock)                 control areas: their counts, SECTION_OBJECT_POINTERS, the list of unused ones.
 *   4. MmPfnLock (spin lock)                     page lists, share counts of section pages, prototype entries.  Held for tens of instructions.
 *   5. MI_REGION.Lock, MiKernelMapLock (spin locks): kernel address ranges, kernel page tables.
 *   0. MiProcessListLock (push lock), in trim.c: before any of these.
 * None of 1-3 is held while a page is read from a file, nor while user memory is touched.
 * The processor's own stack of free pages (KPRCB.MmFreePageCache) is guarded by being at DISPATCH_LEVEL on that processor: a first write
 * to a fresh private page takes lock 2 shared and nothing else.
 *
 * ENTRIES OF A USER PAGE TABLE
 *   0                       nobody touched the page: the VAD decides (private and MemCommit: demand zero; mapped: the section's page)
 *   valid                   hardware; PTE_SOFTWARE0 marks copy on write
 *   valid                   | PTE_LARGE, one level up: 2 MiB of a VAD with LargePages (large.c)
 *   MI_PTE_SOFT             | protection                  demand zero with a protection of its own (MM_DECOMMIT: not committed)
 *   MI_PTE_SOFT | PROTO     | protection                  the section's page, with a protection other than the view's
 *   MI_PTE_SOFT | TRANSITION| protection | frame          a private page that is in memory but may not be touched (guard, no access)
 *
 * PROTOTYPE ENTRIES (one per page of a section)
 *   0                       not in memory: file contents, or zeros
 *   MI_PROTO_COMMITTED      the same for a SEC_RESERVE section: this page may be touched
 *   frame | TRANSITION      in memory, no mapping (standby or modified), or being read
 *   frame | VALID           in memory and mapped by MMPFN.ShareCount page table entries
 *
 * A page-table page keeps in its MMPFN.ShareCount how many of its entries are not 0; it is freed when that comes down to 0 under the
 * exclusive working-set lock.
 *
 * Windows Internals, 7th ed., part 1, chapter 5.
 */
#ifndef NASCENT_MI_H
#define NASCENT_MI_H

#include "mm.h"
#include "arch.h"
#include "kd.h"
#include "io.h"
#include "se.h"
#include "pe.h"
#include "vadtree.h"

/* winnt.h's, which the DDK headers lack. */
#ifndef SEC_FILE
#define SEC_FILE 0x800000
#endif
#ifndef SEC_IMAGE
#define SEC_IMAGE 0x1000000
#endif
#ifndef SEC_NOCACHE
#define SEC_NOCACHE 0x10000000
#endif
#ifndef SEC_WRITECOMBINE
#define SEC_WRITECOMBINE 0x40000000
#endif
#ifndef SEC_PROTECTED_IMAGE
#define SEC_PROTECTED_IMAGE 0x2000000
#endif
#ifndef SEC_LARGE_PAGES
#define SEC_LARGE_PAGES 0x80000000
#endif
#ifndef SEC_64K_PAGES
#define SEC_64K_PAGES 0x80000
#endif
#ifndef MEM_WRITE_WATCH
#define MEM_WRITE_WATCH 0x200000
#endif
#ifndef MEM_PHYSICAL
#define MEM_PHYSICAL 0x400000
#endif
#ifndef MEM_ROTATE
#define MEM_ROTATE 0x800000
#endif
#ifndef MEM_REPLACE_PLACEHOLDER
#define MEM_REPLACE_PLACEHOLDER 0x4000
#endif
#ifndef MEM_RESERVE_PLACEHOLDER
#define MEM_RESERVE_PLACEHOLDER 0x40000
#endif
#ifndef MEM_COALESCE_PLACEHOLDERS
#define MEM_COALESCE_PLACEHOLDERS 0x1
#endif
#ifndef MEM_PRESERVE_PLACEHOLDER
#define MEM_PRESERVE_PLACEHOLDER 0x2
#endif
#ifndef MEM_RESET_UNDO
#define MEM_RESET_UNDO 0x1000000
#endif
#ifndef MEM_IMAGE
#define MEM_IMAGE SEC_IMAGE
#endif
#ifndef MEM_DIFFERENT_IMAGE_BASE_OK
#define MEM_DIFFERENT_IMAGE_BASE_OK 0x800000
#endif
#define MI_PAGE_TARGETS_INVALID 0x40000000u /* PAGE_TARGETS_INVALID and PAGE_TARGETS_NO_UPDATE: control flow guard's, accepted and ignored */

#define MI_TAG POOL_TAG('M', 'm', ' ', ' ')
#define MI_TAG_VAD POOL_TAG('V', 'a', 'd', ' ')
#define MI_TAG_CONTROL POOL_TAG('M', 'm', 'C', 'a')
#define MI_TAG_PROTO POOL_TAG('M', 'm', 'S', 't')
#define MI_TAG_INPAGE POOL_TAG('M', 'm', 'I', 'n')
#define MI_TAG_RELOC POOL_TAG('M', 'm', 'R', 'l')

#define MI_GRANULARITY 0x10000ULL
#define MI_ROUND_DOWN(v, a) ((ULONG64)(v) & ~((ULONG64)(a) - 1))
#define MI_ROUND_UP(v, a) MI_ROUND_DOWN((ULONG64)(v) + (a) - 1, a)
#define MI_PAGES(bytes) (((ULONG64)(bytes) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define MI_VPN(va) ((ULONG64)(ULONG_PTR)(va) >> PAGE_SHIFT)

/* ---- NT's internal protection codes ---------------------------------------------------------------------------------------------- */
#define MM_ZERO_ACCESS 0u
#define MM_READONLY 1u
#define MM_EXECUTE 2u
#define MM_EXECUTE_READ 3u
#define MM_READWRITE 4u
#define MM_WRITECOPY 5u
#define MM_EXECUTE_READWRITE 6u
#define MM_EXECUTE_WRITECOPY 7u
#define MM_NOCACHE 8u
#define MM_GUARD_PAGE 0x10u
#define MM_DECOMMIT 0x10u
#define MM_NOACCESS 0x18u
#define MM_ACCESS_MASK 7u
#define MM_INVALID_PROTECTION 0xFFFFFFFFu
static inline BOOLEAN MiIsCopyOnWrite(ULONG Protection) { return (Protection & 5u) == 5u && Protection < MM_NOACCESS; }
static inline BOOLEAN MiIsGuard(ULONG Protection) { return (Protection & MM_GUARD_PAGE) && (Protection & MM_ACCESS_MASK) != 0; }

/* ---- software page-table entries --------------------------------------------------------------------------------------------------- */
#define MI_PTE_SOFT 0x002ULL
#define MI_PTE_PROTO 0x400ULL
#define MI_PTE_TRANSITION 0x800ULL
#define MI_PTE_WAS_DIRTY 0x200ULL /* with TRANSITION: the page had been written (write watch asks) */
#define MI_PTE_PROT_SHIFT 4
#define MI_PTE_PROT(p) ((ULONG)((p) >> MI_PTE_PROT_SHIFT) & 0x1Fu)
#define MI_MAKE_SOFT(prot) (MI_PTE_SOFT | ((ULONG64)(prot) << MI_PTE_PROT_SHIFT))
#define MI_PTE_COW PTE_SOFTWARE0
#define MI_PTE_LOCKED (1ULL << 58) /* valid entry: NtLockVirtualMemory keeps the page in memory */
#define MI_PTE_PHYSICAL (1ULL << 59) /* valid entry: a page of an AWE window */
#define MI_PTE_BORROWED (1ULL << 57) /* valid entry: a page that a driver shows; it is not given back here, and may have no MMPFN */
#define MI_PROTO_COMMITTED 0x002ULL

/* ---- the PFN database ------------------------------------------------------------------------------------------------------------- */
typedef enum _MMLISTS
{
    ZeroedPageList,
    FreePageList,
    StandbyPageList,
    ModifiedPageList,
    ModifiedNoWritePageList,
    BadPageList,
    ActiveAndValid,
    TransitionPage
} MMLISTS;
typedef enum _MI_USE
{
    MiUseNone,
    MiUsePrivate,
    MiUsePageTable,
    MiUseKernelStack,
    MiUsePool,
    MiUseFile,
    MiUseImage,
    MiUseSection,
    MiUseDriver,
    MiUseMdl,
    MiUsePhysical, /* AllocateUserPhysicalPages (awe.c) */
    MiUseCount
} MI_USE;

struct _MI_INPAGE;

/* 24 bytes a page of 4096.  f: PfnLock; o: whoever owns the page (it is not published); i: interlocked. */
typedef struct _MMPFN
{
    union
    {
        struct { ULONG Flink, Blink; };       /* f; on a list */
        struct { ULONG PoolTag, PoolBytes; }; /* o; first page of a pool allocation */
        struct _MI_INPAGE *InPage;            /* f; ReadInProgress: who reads, for others to wait on */
        volatile ULONG64 UsedLines;           /* i; page table: bit n: some of the entries from 8 * n on have been in use */
    };
    ULONG64 PteAddress : 48;                  /* f/o; low bits of the address of the (prototype) entry that leads here; MiUsePhysical: see awe.c */
    ULONG64 PageLocation : 3;                 /* f/o; MMLISTS */
    ULONG64 Modified : 1;                     /* f; contents differ from the file's */
    ULONG64 ReadInProgress : 1;               /* f */
    ULONG64 PrototypePte : 1;                 /* o; a section's page */
    ULONG64 Usage : 4;                        /* o; MI_USE */
    ULONG64 DeleteOnZero : 1;                 /* f; the section is gone: free the page with its last reference */
    ULONG64 Touched : 2;                      /* f; an image's page: processes of late read it; counts down when one does not (around.c) */
    ULONG64 Spare : 3;
    volatile LONG ShareCount;                 /* section page: f; page table: i, entries in use; pool: pages of the allocation; private: 1 */
    volatile LONG ReferenceCount;             /* section page: f; else i.  One for all shares together and one for each lock */
} MMPFN, *PMMPFN;
static_assert(sizeof(MMPFN) == 24, "MMPFN");

extern PMMPFN MmPfnDatabase;
extern ULONG64 MmHighestPage;      /* highest page number with an MMPFN */
extern KSPIN_LOCK MmPfnLock;
extern ULONG64 MiSystemRoot;       /* physical address of the kernel's own top-level table */
extern volatile LONG64 MiUsagePages[MiUseCount];
extern volatile ULONG64 MiFaults, MiDemandZeroFaults, MiCopyOnWriteFaults, MiTransitionFaults, MiPageReads, MiPagesRead;

static inline PMMPFN MiPfn(ULONG64 Page) { return &MmPfnDatabase[Page]; }
static inline PVOID MiPageAddress(ULONG64 Page) { return MmDirectMap(Page << PAGE_SHIFT); }
static inline ULONG64 MiPageOfDirect(const volatile VOID *Address) { return ((ULONG64)(ULONG_PTR)Address - MiDirectMapBase) >> PAGE_SHIFT; }
static inline PULONG64 MiPteOfPfn(PMMPFN Pfn) { return (PULONG64)(ULONG_PTR)(0xFFFF000000000000ULL | Pfn->PteAddress); }
BOOLEAN MiIsDirectMapAddress(const VOID *Address);

/* pfn.c.  Pages come back with PageLocation Active, both counts 1.  0: none left.  <= DISPATCH_LEVEL. */
ULONG64 MiAllocatePage(MI_USE Usage);
ULONG64 MiAllocateZeroedPage(MI_USE Usage);
void MiFreePage(ULONG64 Page);               /* the counts must have come down to 0 or belong to the caller alone */
void MiFreeZeroedPage(ULONG64 Page);         /* the same for one that holds only zeros */
void MiDereferencePrivatePage(ULONG64 Page); /* drops one reference; the last frees */
ULONG64 MiAllocateContiguous(ULONG64 Pages, ULONG64 Lowest, ULONG64 Highest, ULONG64 Boundary, MI_USE Usage);
ULONG64 MiAvailablePages(void);
BOOLEAN MiMemoryIsLow(ULONG64 Pages); /* fewer than that many left, roughly */
void MiAddFreeRange(ULONG64 Page, ULONG64 Count);
void MiInitializePfnDatabase(LOADER_PARAMETER_BLOCK *Block);
void MiDrainPageCache(void);
/* PfnLock held: */
void MiInsertTail(MMLISTS List, ULONG64 Page);
void MiUnlinkPage(ULONG64 Page);
void MiFreePageLocked(ULONG64 Page);
ULONG64 MiListCount(MMLISTS List);

/* commit.c: the promise that a page will be there.  FALSE: limit reached. */
BOOLEAN MiChargeCommitment(ULONG64 Pages);
void MiChargeCommitmentAlways(ULONG64 Pages);
void MiReturnCommitment(ULONG64 Pages);
NTSTATUS MiChargeProcessCommit(PEPROCESS Process, ULONG64 Pages) NODISCARD;
void MiReturnProcessCommit(PEPROCESS Process, ULONG64 Pages);
NTSTATUS MiChargeLargeCommit(PEPROCESS Process, ULONG64 Pages) NODISCARD; /* large pages: the process pays, its job does not */
void MiReturnLargeCommit(PEPROCESS Process, ULONG64 Pages);
extern volatile LONG64 MmTotalCommittedPages;
extern LONG64 MmTotalCommitLimit;
extern volatile LONG64 MmPeakCommitment;

void ExTrimPool_(void); /* ex/pool.c: free blocks and pages go back.  < DISPATCH_LEVEL */

/* ---- kernel address space: kvm.c, region.c ------------------------------------------------------------------------------------------------ */
#define MI_SYSTEM_PTE_BASE 0xFFFFF88000000000ULL /* stacks, pool of several pages, MDL and I/O mappings */
#define MI_SYSTEM_PTE_PAGES 0x80000ULL           /* 2 GiB */
#define MI_SYSTEM_VIEW_BASE 0xFFFFF90000000000ULL
#define MI_SYSTEM_VIEW_END 0xFFFFF98000000000ULL
#define MI_KERNEL_RW (PTE_VALID | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL | PTE_NX)

typedef struct _MI_REGION
{
    ULONG64 Base;
    ULONG64 Pages;
    ULONG64 Hint;        /* Lock; where the next search begins */
    ULONG64 Top;         /* Lock; below it page tables are there */
    ULONG64 Used;        /* Lock */
    PULONG64 Bitmap;     /* Lock; 1: in use */
    KSPIN_LOCK Lock;
} MI_REGION, *PMI_REGION;
extern MI_REGION MiSystemPtes, MiImageRegion;
void MiInitializeRegion(PMI_REGION Region, ULONG64 Base, ULONG64 Pages);
/* A range of address space with page tables under it; NULL: none left. */
PVOID MiReserveRange(PMI_REGION Region, ULONG64 Pages);
void MiReleaseRange(PMI_REGION Region, PVOID Address, ULONG64 Pages);

void MiInitializeKernelSpace(LOADER_PARAMETER_BLOCK *Block);
PULONG64 MiGetKernelPte(const VOID *Address, BOOLEAN Create); /* NULL: no table (or a large page) */
BOOLEAN MiCreateKernelTables(ULONG64 Start, ULONG64 Pages);
/* The entry that maps Address in the current address space, large ones included; 0 if none.  *Shift: 12, 21 or 30. */
ULONG64 MiWalk(ULONG64 Root, const VOID *Address, ULONG *Shift);
void MiUnmapKernelRange(PVOID Address, ULONG64 Pages, BOOLEAN FreePages);
BOOLEAN MiMapFreshPages(PVOID Address, ULONG64 Pages, MI_USE Usage);
ULONG MiKernelStackCachePages(void);

/* ---- user page tables: pagetable.c ---------------------------------------------------------------------------------------------------- */
PULONG64 MiLookupPte(PEPROCESS Process, ULONG64 Va);        /* NULL: no table */
PULONG64 MiCreatePte(PEPROCESS Process, ULONG64 Va);        /* NULL: no memory */
/* For walks: the entry of Va, or NULL and *Next = the first address for which a table may exist. */
PULONG64 MiNextPte(PEPROCESS Process, ULONG64 Va, ULONG64 *Next);
void MiFreeEmptyTables(PEPROCESS Process, ULONG64 Start, ULONG64 End); /* exclusive working-set lock */
/* Large pages: the entry of the second level if it is one, else 0; and the place for one, with the tables above it (NULL: no memory). */
#define MI_LARGE_SHIFT 21
#define MI_LARGE_SIZE (1ULL << MI_LARGE_SHIFT)
#define MI_LARGE_PAGES (MI_LARGE_SIZE >> PAGE_SHIFT)
ULONG64 MiLargeEntry(PEPROCESS Process, ULONG64 Va);
PULONG64 MiCreateLargeSlot(PEPROCESS Process, ULONG64 Va);
static inline ULONG64 MiLargeFrame(ULONG64 Entry, ULONG64 Va) { return PTE_PFN(Entry) + (MI_VPN(Va) & (MI_LARGE_PAGES - 1)); }
void MiSetPteNew(PULONG64 Pte, ULONG64 Value);              /* 0 -> Value, exclusive lock: counts the entry */
static inline ULONG64 MiLineOfPte(const volatile ULONG64 *Pte) { return 1ULL << (((ULONG_PTR)Pte >> 6) & 63); } /* its bit of UsedLines */
void MiCountNewPtes(PULONG64 Pte, ULONG Count, ULONG64 Lines); /* that many in these lines of Pte's table were 0 and are written, exclusive lock */
BOOLEAN MiPublishPte(PULONG64 Pte, ULONG64 Old, ULONG64 Value); /* shared lock */
void MiClearPte(PULONG64 Pte);                              /* -> 0, exclusive lock */
/*
 * The exclusive lock keeps other threads' faults away, but not the processors: one that still holds a translation may set the entry's dirty bit at any
 * moment.  Whoever changes an entry that may be valid exchanges it and looks at what it got: those are the entry's last dirty and accessed bits.
 */
static inline ULONG64 MiExchangePte(PULONG64 Pte, ULONG64 Value) { return (ULONG64)InterlockedExchange64((volatile LONG64 *)Pte, (LONG64)Value); }

/* Pages unmapped under the working-set lock, to be freed once no processor can still reach them. */
#define MI_FLUSH_MAX 32
typedef struct _MI_FLUSH
{
    PEPROCESS Process;
    ULONG Count;      /* addresses */
    ULONG PageCount;
    PVOID Va[MI_FLUSH_MAX];
    ULONG64 Page[MI_FLUSH_MAX]; /* frame * 8 + MI_FLUSH_KIND */
} MI_FLUSH, *PMI_FLUSH;
typedef enum _MI_FLUSH_KIND
{
    MiFlushPrivate,
    MiFlushTable,
    MiFlushSharedUntouched, /* never accessed through this entry */
    MiFlushSharedClean,
    MiFlushSharedDirty
} MI_FLUSH_KIND;
#define MI_FLUSH_KIND_BITS 3
static inline MI_FLUSH_KIND MiFlushKindOfShared(ULONG64 Entry)
{
    return (Entry & PTE_DIRTY) ? MiFlushSharedDirty : (Entry & PTE_ACCESSED) ? MiFlushSharedClean : MiFlushSharedUntouched;
}
void MiFlushInit(PMI_FLUSH Flush, PEPROCESS Process);
void MiFlushFinish(PMI_FLUSH Flush);
/* Frame 0: nothing to let go */
static inline void MiFlushAdd(PMI_FLUSH Flush, ULONG64 Va, ULONG64 Frame, MI_FLUSH_KIND Kind)
{
    Flush->Va[Flush->Count++] = (PVOID)Va;
    if (Frame != 0)
        Flush->Page[Flush->PageCount++] = Frame << MI_FLUSH_KIND_BITS | Kind;
    if (UNLIKELY(Flush->Count == MI_FLUSH_MAX || Flush->PageCount == MI_FLUSH_MAX))
        MiFlushFinish(Flush);
}
void MiFlushPage(PMI_FLUSH Flush, ULONG64 Frame); /* a private page no processor can reach: freed with the others */

/* ---- sections --------------------------------------------------------------------------------------------------------------------------- */
typedef struct _SUBSECTION
{
    ULONG64 StartPage, Pages;
    ULONG64 FileOffset, FileBytes; /* from the file; the rest is zeros */
    ULONG Protection;              /* images: MM_* */
} SUBSECTION, *PSUBSECTION;

#define MI_CA_IMAGE 0x01u
#define MI_CA_FILE 0x02u
#define MI_CA_BEING_CREATED 0x04u
#define MI_CA_BEING_DELETED 0x08u
#define MI_CA_RESERVE 0x10u        /* SEC_RESERVE: a page must be committed before it is touched */
#define MI_CA_UNUSED_LISTED 0x20u
#define MI_CA_DISCARD 0x40u        /* delete as soon as nobody uses it (MmForceSectionClosed with delay) */
#define MI_CA_DIRTY_LISTED 0x100u  /* waits for the lazy writer */
#define MI_CA_LARGE 0x200u         /* SEC_LARGE_PAGES: all pages are there from the beginning, 512 in a row each time (large.c) */

typedef struct _CONTROL_AREA
{
    LIST_ENTRY ListEntry;              /* s (MmSectionLock); unused control areas, oldest first */
    ULONG NumberOfSectionReferences;   /* s */
    ULONG NumberOfMappedViews;         /* s */
    ULONG NumberOfUserReferences;      /* s; sections and views of user mode (truncation and deletion checks) */
    ULONG NumberOfWritableViews;       /* s */
    ULONG Flags;                       /* s */
    NTSTATUS CreateStatus;
    PFILE_OBJECT FilePointer;          /* c; referenced */
    PSECTION_OBJECT_POINTERS Pointers; /* c */
    KEVENT CreatedEvent;
    ULONG64 TotalPages;                /* grows only (MmSectionLock); prototype entries */
    LARGE_INTEGER SizeOfSegment;       /* bytes */
    PULONG64 *Block;                   /* f; [BlockCount], 512 entries each, the last perhaps fewer; NULL: none yet */
    ULONG64 BlockCount;
    ULONG64 CommittedPages;            /* page-file-backed: charged */
    ULONG NumberOfSubsections;
    PSUBSECTION Subsection;
    /* images */
    ULONG64 BasedAddress;              /* c; where it lies this boot */
    ULONG64 Delta;                     /* c; BasedAddress - ImageBase */
    ULONG64 PreferredBase;
    LIST_ENTRY DirtyLinks;             /* s; MiDirtyList (flush.c) while MI_CA_DIRTY_LISTED */
    PVOID Relocations;                 /* c; the .reloc directory, pool; NULL if Delta is 0 */
    ULONG RelocationSize;
    ULONG NtHeaderOffset;
    ULONG64 CopyOnWritePages;          /* c; charged to each process that maps it */
    PULONG Touched;                    /* i; a bit a page whose MMPFN.Touched may not be 0; NULL: nothing is remembered */
    SECTION_IMAGE_INFORMATION ImageInformation;
} CONTROL_AREA, *PCONTROL_AREA;

typedef struct _SECTION
{
    PCONTROL_AREA ControlArea;
    LARGE_INTEGER SizeOfSection;
    ULONG InitialPageProtection; /* MM_* */
    ULONG AllocationAttributes;  /* SEC_* */
    BOOLEAN UserReference;
} SECTION, *PSECTION;

extern EX_PUSH_LOCK_ MmSectionLock;
#define MI_BLOCK_SHIFT 9
#define MI_BLOCK_PAGES (1u << MI_BLOCK_SHIFT)
/* PfnLock held; NULL: the block is not there yet (MiPrepareProto). */
static inline PULONG64 MiProto(PCONTROL_AREA ControlArea, ULONG64 Page)
{
    PULONG64 Block = ControlArea->Block[Page >> MI_BLOCK_SHIFT];
    return Block != NULL ? &Block[Page & (MI_BLOCK_PAGES - 1)] : NULL;
}

/* control.c */
PCONTROL_AREA MiCreateControlArea(ULONG64 Pages, ULONG Subsections, ULONG Flags); /* NULL: no memory */
void MiFreeControlArea(PCONTROL_AREA ControlArea);
NTSTATUS MiPrepareProto(PCONTROL_AREA ControlArea, ULONG64 Page) NODISCARD;
NTSTATUS MiExtendControlArea(PCONTROL_AREA ControlArea, ULONG64 NewSize) NODISCARD;
PSUBSECTION MiSubsectionOfPage(PCONTROL_AREA ControlArea, ULONG64 Page);
/* Takes a section reference on the file's control area (image or data), creating it if need be. */
NTSTATUS MiReferenceFileControlArea(PFILE_OBJECT FileObject, BOOLEAN Image, const ULONG64 *KnownSize, PCONTROL_AREA *ControlArea) NODISCARD;
void MiReferenceView(PCONTROL_AREA ControlArea, BOOLEAN Writable);
void MiReferenceViewLocked(PCONTROL_AREA ControlArea);
void MiDereferenceView(PCONTROL_AREA ControlArea, BOOLEAN Writable);
/* The view of a program: while there is one, the file is neither cut below it nor deleted. */
void MiReferenceUserView(PCONTROL_AREA ControlArea, BOOLEAN Writable);
void MiDereferenceUserView(PCONTROL_AREA ControlArea, BOOLEAN Writable);
void MiTruncateControlArea(PCONTROL_AREA ControlArea, ULONG64 NewSize);
PCONTROL_AREA MiReferenceDataControlArea(PSECTION_OBJECT_POINTERS Pointers); /* with a view reference; NULL: none */
void MiNoteModifiedLocked(PCONTROL_AREA ControlArea); /* flush.c; MmSectionLock held: to be written by the lazy writer */
void MiDereferenceSection(PCONTROL_AREA ControlArea, BOOLEAN User);
void MiTrimUnusedControlAreas(ULONG64 PagesWanted);
ULONG64 MiPurgePages(PCONTROL_AREA ControlArea, ULONG64 First, ULONG64 Count, BOOLEAN Discard);
void MiInitializeControlAreas(void);
void MiInitializeSectionType(void);
/* image.c */
NTSTATUS MiBuildImageControlArea(PFILE_OBJECT FileObject, PCONTROL_AREA *ControlArea) NODISCARD;
NTSTATUS MiFixImagePage(PCONTROL_AREA ControlArea, ULONG64 Page, PVOID Contents) NODISCARD;
/* inpage.c */
NTSTATUS MiReadFile(PFILE_OBJECT FileObject, ULONG64 Offset, PVOID Buffer, ULONG Length, PULONG Done) NODISCARD;
NTSTATUS MiReadSectionPages(PCONTROL_AREA ControlArea, ULONG64 Page) NODISCARD;
NTSTATUS MiWaitForInPage(struct _MI_INPAGE *InPage) NODISCARD; /* drops the reference */
void MiReferenceInPage(struct _MI_INPAGE *InPage); /* PfnLock held */

/* proto.c: a share of a section's page.  STATUS_RETRY: it is not in memory (*InPage != NULL: somebody reads it). */
NTSTATUS MiShareProtoPage(PCONTROL_AREA ControlArea, ULONG64 Page, PULONG64 Frame, struct _MI_INPAGE **InPage) NODISCARD;
/* A page that is not in memory (nor coming) becomes one of zeros: *Frame, with a share that is the caller's.  *Frame 0: it was there. */
NTSTATUS MiZeroProtoPage(PCONTROL_AREA ControlArea, ULONG64 Page, ULONG64 *Frame) NODISCARD;
void MiUnshareProtoPage(ULONG64 Frame, BOOLEAN Modified);
void MiUnshareProtoPageLocked(PMMPFN Pfn, ULONG64 Frame, BOOLEAN Modified);
BOOLEAN MiIsZeroPage(PCONTROL_AREA ControlArea, ULONG64 Page); /* nothing in the file */
void MiShareLocked(PULONG64 Proto, ULONG64 Frame); /* the page is in memory; PfnLock held */
BOOLEAN MiShareIfResidentLocked(PCONTROL_AREA ControlArea, ULONG64 Page, PULONG64 Frame);
void MiReferencePageLocked(ULONG64 Frame);
void MiDereferenceSectionPage(ULONG64 Frame, BOOLEAN Modified);

/* ---- VADs --------------------------------------------------------------------------------------------------------------------------------- */
typedef enum _MI_VAD_TYPE { MiVadPrivate, MiVadMapped, MiVadImage, MiVadSharedData } MI_VAD_TYPE;
#define MI_PHYSICAL_WINDOW 1u /* MEM_PHYSICAL: a window for the process' physical pages (awe.c) */
#define MI_PHYSICAL_MDL 2u    /* what a driver shows (mdluser.c) */
typedef struct _MMVAD
{
    MI_VAD_NODE Node;          /* page range; must be first */
    UCHAR Type;                /* MI_VAD_TYPE */
    UCHAR Protection;          /* MM_*; AllocationProtect */
    BOOLEAN MemCommit;         /* private: pages without an entry are committed */
    BOOLEAN ViewUnmap;         /* not inherited */
    BOOLEAN Writable;          /* mapped: may be written (section's writable-view count) */
    BOOLEAN Placeholder;       /* keeps an address range free for what will replace it: no pages, no commit, no protection */
    BOOLEAN WasPlaceholder;    /* took a placeholder's place, and may be turned into one again */
    BOOLEAN WriteWatch;        /* MEM_WRITE_WATCH: pages start clean, their dirty bits are what was written */
    BOOLEAN NoExecute;         /* image: SEC_IMAGE_NO_EXECUTE */
    BOOLEAN NoChange;          /* kernel-made (PEB, TEB...): user mode may not free it */
    USHORT SecureCount;        /* MmSecureVirtualMemory */
    UCHAR SecureProbe;
    UCHAR MaximumProtection;   /* mapped: the section's, as MM_* */
    UCHAR Physical;            /* MI_PHYSICAL_*: its pages are not the address space's */
    BOOLEAN LargePages;        /* all of it is there, in pages of 2 MiB (large.c) */
    ULONG AllocationType;
    PCONTROL_AREA ControlArea; /* mapped: a view reference */
    ULONG64 FirstPage;         /* mapped: the section's page at the start of the view */
    volatile LONG64 CommitCharge; /* pages */
} MMVAD, *PMMVAD;

PMMVAD MiLocateVad(PEPROCESS Process, ULONG64 Va);
void MiInsertVad(PEPROCESS Process, PMMVAD Vad);   /* both locks exclusive */
void MiRemoveVad(PEPROCESS Process, PMMVAD Vad);
PMMVAD MiAllocateVad(void);
void MiFreeVad(PMMVAD Vad);
BOOLEAN MiRangeFree(PEPROCESS Process, ULONG64 Start, ULONG64 End);
/* Finds room for Size bytes (page multiple): bottom-up or top-down, start aligned to 64 KiB, end at most Highest.  0: none. */
ULONG64 MiFindEmptyRange(PEPROCESS Process, ULONG64 Size, ULONG64 Highest, BOOLEAN TopDown);
typedef struct _MI_PLACE { ULONG64 Lowest, Highest, Alignment; } MI_PLACE; /* first and last usable byte; a power of two from 64 KiB on */
ULONG64 MiFindEmptyRangeIn(PEPROCESS Process, ULONG64 Size, const MI_PLACE *Place, BOOLEAN TopDown);
static inline ULONG64 MiVadStart(const MMVAD *Vad) { return Vad->Node.StartVpn << PAGE_SHIFT; }
static inline ULONG64 MiVadEnd(const MMVAD *Vad) { return ((Vad->Node.EndVpn + 1) << PAGE_SHIFT) - 1; } /* last byte */
ULONG MiVadPageProtection(const MMVAD *Vad, ULONG64 Va);
ULONG MiSubsectionProtection(const MMVAD *Vad, const SUBSECTION *Subsection); /* of an image's view; Subsection NULL: of what lies between */

/* around.c: pages mapped ahead.  Both return how many, which the caller counts as resident. */
#define MI_TOUCHED_BYTES(pages) (((pages) + 31) / 32 * sizeof(ULONG))
#define MI_TOUCHED 3 /* MMPFN.Touched when somebody has just touched the page */
/* Working-set lock shared.  A fault has just mapped Page at Va with PageFrame and Protection; VaPte is Va's entry. */
ULONG MiMapNeighbours(const MMVAD *Vad, ULONG64 Va, PULONG64 VaPte, ULONG64 Page, ULONG64 PageFrame, ULONG Protection);
ULONG MiMapTouchedPages(PEPROCESS Process, const MMVAD *Vad); /* working-set lock exclusive; the view has no entries yet */

/* space.c: entering another address space's structures */
NTSTATUS MiLockAddressSpace(PEPROCESS Process) NODISCARD; /* AddressCreationLock exclusive; STATUS_PROCESS_IS_TERMINATING once it is being deleted */
void MiUnlockAddressSpace(PEPROCESS Process);
void MiLockPageTables(PEPROCESS Process);
void MiUnlockPageTables(PEPROCESS Process);
NTSTATUS MiReferenceTargetProcess(HANDLE Handle, ACCESS_MASK Access, PEPROCESS *Process) NODISCARD;

/* protect.c */
ULONG MiMakeProtectionMask(ULONG Win32Protect);
ULONG MiWin32Protection(ULONG Protection);
ULONG64 MiUserPteFlags(ULONG Protection);         /* hardware bits of a valid user entry */
void MiMakeTransition(PEPROCESS Process, PULONG64 Pte, ULONG Protection);
ULONG MiProtectionOfPte(const MMVAD *Vad, ULONG64 Va, ULONG64 Pte); /* MM_DECOMMIT if not committed */
NTSTATUS MiProtectRange(PEPROCESS Process, ULONG64 Start, ULONG64 End, ULONG Win32Protect, PULONG OldWin32Protect) NODISCARD;

/* alloc.c, free.c, map.c: address-space lock not held */
NTSTATUS MiAllocateVirtualMemory(PEPROCESS Process, PULONG64 Base, ULONG64 ZeroBits, PULONG64 Size, ULONG Type, ULONG Protect) NODISCARD;
/* Place NULL: anywhere. */
NTSTATUS MiAllocateAt(PEPROCESS Process, PULONG64 Base, const MI_PLACE *Place, PULONG64 Size, ULONG Type, ULONG Protect) NODISCARD;
/* place.c.  The highest address that ZeroBits allows. */
NTSTATUS MiPlaceFromZeroBits(PEPROCESS Process, ULONG64 ZeroBits, MI_PLACE *Place) NODISCARD;
NTSTATUS MiCaptureExtendedParameters(PEPROCESS Process, KPROCESSOR_MODE Mode, PVOID Parameters, ULONG Count, MI_PLACE *Place) NODISCARD;
/* Address-space lock held: the placeholder that is exactly [Start, Start + Size); NULL: there is none. */
PMMVAD MiExactPlaceholder(PEPROCESS Process, ULONG64 Start, ULONG64 Size);
NTSTATUS MiFreeToPlaceholder(PEPROCESS Process, PULONG64 Base, PULONG64 Size, ULONG Type) NODISCARD;
NTSTATUS MiUnmapToPlaceholder(PEPROCESS Process, PVOID BaseAddress) NODISCARD;
NTSTATUS MiFreeVirtualMemory(PEPROCESS Process, PULONG64 Base, PULONG64 Size, ULONG Type) NODISCARD;
/* Kernel-made private memory at a random place (PEB, TEB, stack). */
NTSTATUS MiAllocatePrivate(PEPROCESS Process, ULONG64 Size, ULONG64 CommitBytes, ULONG64 GuardBytes, BOOLEAN NoChange, PULONG64 Base) NODISCARD;
BOOLEAN MiDeletePages(PEPROCESS Process, ULONG64 Start, ULONG64 End, PMI_FLUSH Flush); /* both locks exclusive; TRUE: a table became empty */
void MiDeleteAllPages(PEPROCESS Process);
void MiDeleteVadPages(PEPROCESS Process, PMMVAD Vad); /* both locks exclusive: everything the VAD maps, and tables that become empty */
void MiReturnVadCommit(PEPROCESS Process, PMMVAD Vad); /* its whole charge */
/* A page table entry is about to be lost whose page NtLockVirtualMemory may have locked (service.c). */
static inline void MiForgetLock(PEPROCESS Process, ULONG64 Entry)
{
    if (UNLIKELY((Entry & (PTE_VALID | MI_PTE_LOCKED)) == (PTE_VALID | MI_PTE_LOCKED)))
        InterlockedDecrement64(&Process->LockedVirtualPages);
}

/* large.c; both locks exclusive unless it says otherwise */
NTSTATUS MiFillLargePrivate(PEPROCESS Process, PMMVAD Vad) NODISCARD; /* only the address-space lock held; the caller deletes the VAD on failure */
NTSTATUS MiMapLargeSection(PEPROCESS Process, PMMVAD Vad) NODISCARD;  /* the same on failure */
void MiDeleteLargePages(PEPROCESS Process, PMMVAD Vad);
void MiDeleteLargeEntry(PULONG64 Entry, ULONG64 Va, PMI_FLUSH Flush); /* the entry of an address space that ends */
NTSTATUS MiFillLargeSection(PCONTROL_AREA ControlArea) NODISCARD; /* no locks */
void MiDropLargeSection(PCONTROL_AREA ControlArea);               /* no locks; nobody maps it any more */

/* mdluser.c: pages shown to the current process.  *Address: 0, or where; returns where.  FALSE: none lies there.  No locks. */
NTSTATUS MiMapFramesToUser(const PFN_NUMBER *Frame, ULONG64 Count, ULONG64 CacheBits, PULONG64 Address) NODISCARD;
BOOLEAN MiUnmapFramesFromUser(ULONG64 Address);

/* awe.c; both locks exclusive */
void MiForgetPhysicalMapping(ULONG64 Frame);  /* the entry that maps a MiUsePhysical page is gone */
void MiFreePhysicalPages(PEPROCESS Process);  /* at the end: no entry leads to them any more */
BOOLEAN MiOwnsPhysicalPage(PEPROCESS Process, ULONG64 Frame);
void MiDeleteVadLocked(PEPROCESS Process, PMMVAD Vad); /* unlinks and frees, with its pages; both locks exclusive; view reference is the caller's */
/* alloc.c: pages of a SEC_RESERVE section, for everyone who maps it */
NTSTATUS MiCommitSectionPages(PCONTROL_AREA ControlArea, ULONG64 First, ULONG64 Count) NODISCARD;

/* fault.c */
void MiCountResident(PEPROCESS Process, LONG Pages);
NTSTATUS MiFaultUser(PEPROCESS Process, ULONG64 Va, ULONG FaultCode, ULONG_PTR *Information) NODISCARD;
/* guard.c: a guard page was hit and disarmed */
NTSTATUS MiCheckForUserStackOverflow(ULONG64 Va) NODISCARD;
/* The frame behind a user page made present and accessible (Write), with a reference for the caller (MmUnlockPages' kind). */
NTSTATUS MiLockUserPage(PEPROCESS Process, ULONG64 Va, BOOLEAN Write, PULONG64 Frame) NODISCARD;
void MiUnlockPage(ULONG64 Frame, BOOLEAN Modified);

/* trim.c */
void MiForEachProcess(void (*Routine)(PEPROCESS Process)); /* takes MiProcessListLock */
void MiAddProcess(PEPROCESS Process);
void MiRemoveProcess(PEPROCESS Process);
BOOLEAN MiReclaimMemory(void); /* no locks held; FALSE: nothing to gain */

/* sysview.c */
typedef struct _MI_SYSTEM_SPACE { EX_PUSH_LOCK_ Lock; MI_VAD_TREE Tree; } MI_SYSTEM_SPACE;
extern MI_SYSTEM_SPACE MiSystemSpace;
NTSTATUS MiFaultSystemView(ULONG64 Va, ULONG FaultCode, ULONG_PTR *Information) NODISCARD;

/* init.c */
extern PVOID MiSharedUserDataPage; /* kernel alias */
extern ULONG64 MiSharedUserDataFrame;
static inline ULONG64 MiSharedDataPte(void) { return (MiSharedUserDataFrame << PAGE_SHIFT) | PTE_VALID | PTE_USER | PTE_ACCESSED | PTE_NX; }
extern LOADER_PARAMETER_BLOCK *MiLoaderBlock;
ULONG64 MiRandom(ULONG64 Limit);   /* [0, Limit) */
extern BOOLEAN MiFixedBases;       /* boot option FIXEDBASE */
extern BOOLEAN MiVerifyOften;      /* boot option MMVERIFY: everything is checked whenever an address space ends */
#endif

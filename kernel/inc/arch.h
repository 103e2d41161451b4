/* SPDX-License-Identifier: MIT */
/*
 * arch.h - all that only x64 knows, behind one header: processor registers, page-table entries, user copies, port output.
 * Nothing outside arch/x64 may name a control register or an MSR.
 */
#ifndef NASCENT_ARCH_H
#define NASCENT_ARCH_H

#include "nt.h"

/* ---- page-table entries (Intel SDM vol. 3, 4.5) ------------------------------------------------------------------------------- */
typedef ULONG64 MMPTE_BITS;
#define PTE_VALID 0x001ULL
#define PTE_WRITE 0x002ULL
#define PTE_USER 0x004ULL
#define PTE_WRITETHROUGH 0x008ULL
#define PTE_CACHEDISABLE 0x010ULL
#define PTE_ACCESSED 0x020ULL
#define PTE_DIRTY 0x040ULL
#define PTE_LARGE 0x080ULL
#define PTE_GLOBAL 0x100ULL
#define PTE_SOFTWARE0 0x200ULL /* mm: copy on write */
#define PTE_SOFTWARE1 0x400ULL
#define PTE_SOFTWARE2 0x800ULL
#define PTE_NX 0x8000000000000000ULL
#define PTE_PFN_MASK 0x000FFFFFFFFFF000ULL
#define PTE_PFN(p) (((p) & PTE_PFN_MASK) >> 12)

#define MM_USER_LOWEST 0x0000000000010000ULL
#define MM_USER_HIGHEST 0x00007FFFFFFEFFFFULL
#define MM_SHARED_USER_DATA_VA_ 0x000000007FFE0000ULL
#define KI_USER_SHARED_DATA_ 0xFFFFF78000000000ULL

/* Page-fault error code bits. */
#define KI_FAULT_PRESENT 1u
#define KI_FAULT_WRITE 2u
#define KI_FAULT_USER 4u
#define KI_FAULT_RESERVED 8u
#define KI_FAULT_EXECUTE 16u

/*
 * ---- the one way to user memory ---------------------------------------------------------------------------------------------------
 * Each checks that [User, User + Length) lies below MM_USER_HIGHEST + 1, then copies with SMAP opened for the copy only; a fault that mm cannot
 * satisfy ends the copy through the exception table.  Return STATUS_SUCCESS or STATUS_ACCESS_VIOLATION (or mm's own: STATUS_IN_PAGE_ERROR,
 * STATUS_GUARD_PAGE_VIOLATION).  IRQL <= APC_LEVEL.  The ...Mode forms trust the pointer when Mode is KernelMode: a plain copy.
 */
NTSTATUS KiCopyFromUser(PVOID Destination, const VOID *User, SIZE_T Length) NODISCARD;
NTSTATUS KiCopyToUser(PVOID User, const VOID *Source, SIZE_T Length) NODISCARD;
NTSTATUS KiZeroUser(PVOID User, SIZE_T Length) NODISCARD;
/* As above but reports how much was copied (partial copies of NtReadVirtualMemory). */
NTSTATUS KiCopyFromUserPartial(PVOID Destination, const VOID *User, SIZE_T Length, SIZE_T *Done) NODISCARD;
NTSTATUS KiCopyToUserPartial(PVOID User, const VOID *Source, SIZE_T Length, SIZE_T *Done) NODISCARD;
/* Kernel to kernel, where either side may page-fault (cache views, mapped files): mm's status instead of a bugcheck.  The user copies treat
 * their kernel side the same way. */
NTSTATUS KiCopyMemoryGuarded(PVOID Destination, const VOID *Source, SIZE_T Length) NODISCARD;
/* Interlocked compare-exchange on user memory (32/64 bit). */
NTSTATUS KiCompareExchangeUser32(volatile LONG *User, LONG Exchange, LONG Comparand, LONG *Old) NODISCARD;

static inline NTSTATUS CopyFromMode(KPROCESSOR_MODE Mode, PVOID Destination, const VOID *Source, SIZE_T Length)
{
    if (Mode != KernelMode) {
        return KiCopyFromUser(Destination, Source, Length);
    }
    __builtin_memcpy(Destination, Source, Length);
    return STATUS_SUCCESS;
}

static inline NTSTATUS CopyToMode(KPROCESSOR_MODE Mode, PVOID Destination, const VOID *Source, SIZE_T Length)
{
    if (Mode != KernelMode) {
        return KiCopyToUser(Destination, Source, Length);
    }
    __builtin_memcpy(Destination, Source, Length);
    return STATUS_SUCCESS;
}

/* NULL and range checks at the head of a service, before any side effect: as ProbeForWrite, but a status instead of an exception. */
NTSTATUS KiProbeForRead(KPROCESSOR_MODE Mode, const VOID *Address, SIZE_T Length, ULONG Alignment) NODISCARD;
NTSTATUS KiProbeForWrite(KPROCESSOR_MODE Mode, PVOID Address, SIZE_T Length, ULONG Alignment) NODISCARD;

/* ---- address space and TLB ------------------------------------------------------------------------------------------------------ */
ULONG64 KiReadPageTableRoot(void);
void KiWritePageTableRoot(ULONG64 Root);
void KiInvalidatePage(PVOID Va);         /* this processor only */
void KiFlushCurrentTb(BOOLEAN Global);   /* this processor only */

/* ---- odds and ends ---------------------------------------------------------------------------------------------------------------- */
ULONG64 KiReadTimeStamp(void);
ULONG64 KiRandom64(void);                /* RDRAND if there, else a mix; not for keys */
void KiDebugPortWrite(const char *Text, SIZE_T Length); /* port 0xE9 */
NORETURN void KiExitEmulator(UCHAR Code); /* isa-debug-exit at 0xF4, then ACPI power off, then halt */
void KiZeroPage(PVOID Page);             /* 4096 bytes, page aligned */
void KiCopyPage(PVOID Destination, const VOID *Source);
#endif

/* SPDX-License-Identifier: MIT */
/*
 * ntdllp.h - what the files of ntdll share and nobody else sees.
 *
 * ntdll is the only user-mode code the kernel knows: it starts every thread here (LdrInitializeThunk), delivers APCs and exceptions here
 * (Ki*), and offers its services through the stubs here (Nt*).  All else in user mode stands on it.  It links against nothing.
 *
 * Locks, outermost first:  loader lock (PEB->LoaderLock)  >  PEB lock (PEB->FastPebLock)  >  a heap's lock  >  wait-on-address buckets.
 * The function-table lock (functab.c) and the vectored-handler lock (veh.c) are leaves; the dispatcher takes them shared.
 */
#ifndef NASCENT_NTDLLP_H
#define NASCENT_NTDLLP_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdarg.h>
#include <string.h>
#include <wchar.h>

#include "pebteb.h"
#include "ntapi.h"
#include "pe.h"

#define UNUSED(x) ((void)(x))
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define ROUND_UP(n, a) (((n) + (a) - 1) & ~((ULONG_PTR)(a) - 1))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define PAGE_SIZE 0x1000u
#define ASSERT(e) (LIKELY(e) ? (void)0 : RtlAssert((PVOID)#e, (PVOID)__FILE__, __LINE__, NULL))

#define Teb() NtCurrentNTeb()
#define Peb() NtCurrentNPeb()
#define ProcessHeap() (Peb()->ProcessHeap)

/* What user mode may read of the kernel's clock and machine without asking: KUSER_SHARED_DATA, of which mingw has no user declaration. */
#define USER_SHARED_DATA 0x7FFE0000ULL
#define SHARED(type, offset) (*(const volatile type *)(USER_SHARED_DATA + (offset)))
#define SharedInterruptTimeLow() SHARED(ULONGLONG, 0x008)
#define SharedSystemTime() SHARED(ULONGLONG, 0x014)
#define SharedTimeZoneBias() SHARED(LONGLONG, 0x020)
#define SharedSystemRoot() ((PCWSTR)(USER_SHARED_DATA + 0x030))
#define SharedProductType() SHARED(ULONG, 0x264)
#define SharedProcessorFeature(n) SHARED(UCHAR, 0x274 + (n))
#define SharedQpcFrequency() SHARED(LONGLONG, 0x300)
#define SharedCookie() SHARED(ULONG, 0x330)
#define SharedQpcBias() SHARED(LONGLONG, 0x3B8)
#define SharedQpcBypass() SHARED(UCHAR, 0x3C6)
#define SharedQpcShift() SHARED(UCHAR, 0x3C7)

/* C run time of kernel/rtl that <string.h> does not declare. */
int __cdecl _vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments);
int __cdecl _snprintf(char *Buffer, size_t Count, const char *Format, ...);
int __cdecl _wcsnicmp(const wchar_t *Left, const wchar_t *Right, size_t Count);
int __cdecl _wcsicmp(const wchar_t *Left, const wchar_t *Right);
const char *RtlStatusName(NTSTATUS Status);
WCHAR RtlpUpcase(WCHAR Character);
PVOID RtlpAllocate(SIZE_T Size);
void RtlpFree(PVOID Block);

static inline PVOID Allocate(SIZE_T Size)
{
    return RtlAllocateHeap(ProcessHeap(), 0, Size);
}

static inline PVOID AllocateZero(SIZE_T Size)
{
    return RtlAllocateHeap(ProcessHeap(), HEAP_ZERO_MEMORY, Size);
}

static inline void Free(PVOID Block)
{
    if (Block != NULL)
        RtlFreeHeap(ProcessHeap(), 0, Block);
}

static inline void InitializeListHead(PLIST_ENTRY Head)
{
    Head->Flink = Head->Blink = Head;
}

static inline bool IsListEmpty(const LIST_ENTRY *Head)
{
    return Head->Flink == Head;
}

static inline void RemoveEntryList(PLIST_ENTRY Entry)
{
    Entry->Flink->Blink = Entry->Blink;
    Entry->Blink->Flink = Entry->Flink;
}

static inline void InsertTailList(PLIST_ENTRY Head, PLIST_ENTRY Entry)
{
    Entry->Flink = Head;
    Entry->Blink = Head->Blink;
    Head->Blink->Flink = Entry;
    Head->Blink = Entry;
}

static inline void InsertHeadList(PLIST_ENTRY Head, PLIST_ENTRY Entry)
{
    InsertTailList(Head->Flink, Entry);
}

/* debug.c: one line to the process's standard error and to the kernel's log. */
void RtlpReport(const char *Format, ...); /* also NT's %wZ */
/* To the log alone, for what is not there: names itself once.  Always STATUS_NOT_IMPLEMENTED. */
NTSTATUS RtlpNotImplemented(const char *Name);

/* kernel/rtl/codepage.c: the .nls files of the system's code pages */
const USHORT *RtlpAnsiCodePageData(void);
const USHORT *RtlpOemCodePageData(void);

/* heap.c */
NTSTATUS RtlpInitializeHeapManager(void);
/* critsec.c */
void RtlpInitializeLock(PRTL_CRITICAL_SECTION Section);
/* fls.c */
void RtlpThreadFlsCleanup(void);
/* wait.c */
void RtlpForgetWaits(void);             /* a new thread, before it waits */
void RtlpWaitAlone(NTSTATUS ExitStatus); /* the last thread of the process, after the others were terminated */
/* path.c */
bool RtlpIsSeparator(WCHAR Character);
/* except.c: the handler RtlUserThreadStart ends in. */
extern LONG(NTAPI *RtlpUnhandledFilter)(PEXCEPTION_POINTERS Pointers);
/* ldrdeadlock.c: called by a thread that has waited long for the loader lock. */
void LdrpCheckDeadlock(void);
/* crash.c */
LONG RtlpReportUnhandled(PEXCEPTION_POINTERS Pointers);
/* functab.c: modules' function tables, looked up without the loader lock. */
NTSTATUS RtlpInsertFunctionTable(PVOID Base, ULONG Size);
void RtlpRemoveFunctionTable(PVOID Base);
/* Base and size of the image that Address is in, or false. */
bool RtlpFindImage(PVOID Address, PVOID *Base, ULONG *Size);
/* thread.c */
typedef VOID(NTAPI *BASE_THREAD_INIT_THUNK)(ULONG Reason, PVOID Start, PVOID Parameter);
extern BASE_THREAD_INIT_THUNK Kernel32ThreadInitThunkFunction;

/* The linker's own symbol: where this image lies. */
extern IMAGE_DOS_HEADER __ImageBase;

#endif

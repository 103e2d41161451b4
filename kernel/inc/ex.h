/* SPDX-License-Identifier: MIT */
/*
 * ex.h - executive support: pools, push locks, handle tables, work items, keyed events, system information.
 * Windows Internals, 7th ed., part 1, chapter 5 (pools), part 2, chapter 8 (objects, handles, push locks, work items).
 */
#ifndef NASCENT_EX_H
#define NASCENT_EX_H

#include "nt.h"

/* ---- push locks: one pointer-sized reader/writer lock, blocking, IRQL <= APC_LEVEL inside a critical region -------------------------- */
typedef struct _EX_PUSH_LOCK_
{
    volatile ULONG_PTR Value;
} EX_PUSH_LOCK_, *PEX_PUSH_LOCK_;
void ExInitializePushLock_(PEX_PUSH_LOCK_ Lock);
/* Enter a critical region (normal kernel APCs off) and take the lock; the Release forms leave it.  Checked build: recursion and unowned
 * release assert. */
void ExAcquirePushLockExclusive_(PEX_PUSH_LOCK_ Lock);
void ExAcquirePushLockShared_(PEX_PUSH_LOCK_ Lock);
BOOLEAN ExTryAcquirePushLockExclusive_(PEX_PUSH_LOCK_ Lock);
void ExReleasePushLockExclusive_(PEX_PUSH_LOCK_ Lock);
void ExReleasePushLockShared_(PEX_PUSH_LOCK_ Lock);
BOOLEAN ExIsPushLockHeldExclusive_(PEX_PUSH_LOCK_ Lock); /* by anyone; for asserts */

/* ---- pool (MM writes it: ex/pool.c) --------------------------------------------------------------------------------------------- */
void ExInitPoolPhase0(void);
/* Bytes and allocations alive, by tag: the leak tests' figure.  Fills at most Count entries; returns how many tags there are. */
typedef struct _EX_POOL_TAG
{
    ULONG Tag;
    ULONG Allocs, Frees;
    SIZE_T Bytes;
} EX_POOL_TAG;
ULONG ExQueryPoolTags(EX_POOL_TAG *Buffer, ULONG Count);
SIZE_T ExPoolBytesInUse(void);

/* Captures a counted string of the caller into pool (tag 'NStr').  Empty strings give Buffer NULL.  STATUS_ACCESS_VIOLATION,
 * STATUS_INVALID_PARAMETER (odd length), STATUS_DATATYPE_MISALIGNMENT, STATUS_INSUFFICIENT_RESOURCES.  Free with ExFreeCapturedString. */
NTSTATUS ExCaptureUnicodeString(KPROCESSOR_MODE Mode, const UNICODE_STRING *Source, UNICODE_STRING *Destination) NODISCARD;
void ExFreeCapturedString(UNICODE_STRING *String);

/* ---- handle tables ------------------------------------------------------------------------------------------------------------- */
typedef struct _HANDLE_TABLE HANDLE_TABLE, *PHANDLE_TABLE;
/* 16 bytes; the low bit of Object is the entry's lock.  Object 0: free. */
typedef struct _HANDLE_TABLE_ENTRY
{
    volatile ULONG64 Object; /* object header pointer | lock bit and attribute bits (ex/handle.c) */
    union
    {
        ULONG GrantedAccess;
        ULONG NextFree;
    };
    ULONG Attributes; /* OBJ_INHERIT | protect from close | audit */
} HANDLE_TABLE_ENTRY, *PHANDLE_TABLE_ENTRY;
/*
 * Three levels, up to 16M handles; lookups take no lock but the entry's own bit.  Values are multiples of 4.  The value freed last comes
 * back first, as on NT; a table made strict gives back the oldest freed value first (the CID table: ids are not reused soon).
 */
PHANDLE_TABLE ExCreateHandleTable(PEPROCESS Process); /* NULL: no memory */
void ExSetHandleTableStrictFifo(PHANDLE_TABLE Table);
void ExDestroyHandleTable(PHANDLE_TABLE Table); /* must be empty (ExSweepHandleTable before) */
/* Decides whether Entry, a copy of an entry of the source table, is to be in the new table at the same value; it may alter the copy. */
typedef BOOLEAN (*EX_DUPLICATE_HANDLE_ROUTINE)(PHANDLE_TABLE_ENTRY Entry, HANDLE Handle, PVOID Context);
/* A table for Process with those inheritable (OBJ_INHERIT) entries of Source that Routine accepts (called with the source entry locked).
 * NULL: no memory; then Routine was not called at all. */
PHANDLE_TABLE ExDupHandleTable(PEPROCESS Process, PHANDLE_TABLE Source, EX_DUPLICATE_HANDLE_ROUTINE Routine, PVOID Context);
HANDLE ExCreateHandle(PHANDLE_TABLE Table, const HANDLE_TABLE_ENTRY *Entry);  /* NULL: no memory or table full */
PHANDLE_TABLE_ENTRY ExMapHandleToPointer(PHANDLE_TABLE Table, HANDLE Handle); /* entry returned locked; NULL: no such handle */
void ExUnlockHandleTableEntry(PHANDLE_TABLE Table, PHANDLE_TABLE_ENTRY Entry);
void ExDestroyHandle(PHANDLE_TABLE Table, HANDLE Handle, PHANDLE_TABLE_ENTRY LockedEntry);
typedef BOOLEAN (*EX_ENUMERATE_HANDLE_ROUTINE)(PHANDLE_TABLE Table, PHANDLE_TABLE_ENTRY LockedEntry, HANDLE Handle, PVOID Context);
/* Stops when the routine returns TRUE.  The routine gets the entry locked and must leave it locked. */
BOOLEAN ExEnumHandleTable(PHANDLE_TABLE Table, EX_ENUMERATE_HANDLE_ROUTINE Routine, PVOID Context);
/* As above, but the routine takes over the locked entry and ends with ExDestroyHandle or ExUnlockHandleTableEntry. */
void ExSweepHandleTable(PHANDLE_TABLE Table, EX_ENUMERATE_HANDLE_ROUTINE Routine, PVOID Context);
ULONG ExHandleCount(PHANDLE_TABLE Table);
ULONG ExHandlePeak(PHANDLE_TABLE Table); /* most at a time so far */
PEPROCESS ExHandleTableProcess(PHANDLE_TABLE Table);
#define EX_HANDLE_ENTRY_LOCKED 1ULL
#define EX_HANDLE_ENTRY_OBJECT(e) ((PVOID)(ULONG_PTR)((e)->Object & ~7ULL)) /* the pointer without its lock bit */

/* ---- CID table: process and thread ids come from one handle table, so they are multiples of 4 and unique across both
 * ------------------------ */
extern PHANDLE_TABLE PspCidTable;

/* ---- ids, object types --------------------------------------------------------------------------------------------------------------- */
/* Locally unique ids: 64-bit, never repeated in a boot (NtAllocateLocallyUniqueId). */
void ExAllocateLocallyUniqueId(PLUID Luid);
extern POBJECT_TYPE ExEventObjectType_, ExSemaphoreObjectType_, ExMutantObjectType_, ExTimerObjectType_, ExCallbackObjectType_,
    ExKeyedEventObjectType_;
/* A thread that ends: its timers with APCs are cancelled. */
void ExTimerRundown(PETHREAD Thread);

/* ---- failure injection: checked builds only (ex/inject.c) ------------------------------------------------------------------------- */
enum
{
    ExInjectPool = 0,    /* a pool block */
    ExInjectObject = 1,  /* an object's insertion */
    ExInjectCommit = 2,  /* a charge of committed memory */
    ExInjectPageIn = 3,  /* a page fault that needs a page */
    ExInjectRead = 4,    /* a read of a file */
    ExInjectKinds
};
enum { EX_INJECT_NONE, EX_INJECT_CREATOR, EX_INJECT_CHILD };
#ifdef FREE_BUILD
#define EX_INJECT(Kind) FALSE
#else
extern volatile LONG ExInjectionArmed;
BOOLEAN ExpInjectFailure(ULONG Kind);
/* TRUE: this operation, done for the process under test, is the one that has to fail.  Any IRQL <= DISPATCH_LEVEL. */
#define EX_INJECT(Kind) (UNLIKELY(ExInjectionArmed != 0) && ExpInjectFailure(Kind))
#endif

void ExInitSystemPhase0(void); /* push locks, look-aside lists; no pool yet */
void ExInitSystemPhase1(
    void); /* worker threads, object types event, mutant, semaphore, timer, keyed event, callback; \Callback; needs ob */

#include "lockcheck.h"
#endif

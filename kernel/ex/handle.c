/* SPDX-License-Identifier: MIT */
/*
 * handle.c - handle tables: from a handle to an entry of 16 bytes in a few instructions, without a lock on the table.
 *
 * A handle is the entry's index times 4; the two low bits are the caller's.  The tree has one to three levels, told by the low bits of
 * TableCode; every level is one page:
 *
 *      level 0   256 entries
 *      level 1   512 pointers to level 0   (131,072 entries)
 *      level 2   128 pointers to level 1   (16,777,216 entries)
 *
 * A table grows by putting the present root into slot 0 of a new one and publishing that with one store, so a lookup that runs meanwhile
 * sees either.  Pages are never taken away before the table dies.  The first entry of each page is not used, so no handle is a multiple of
 * 0x400, as on NT; handle 0 is invalid by that.
 *
 * An entry is in use when Object is not 0.  Bit 0 of Object is the entry's lock: ExMapHandleToPointer returns with it set and inside a critical region, and
 * as long as it is held, the entry stays.  Waiters for an entry are rare and wait in one list a table.  Free entries are chained by index
 * through NextFree; entries that were never used are not in a chain but above NextUnused, so a new table costs nothing but its zeroed page.
 *
 * Lock order: entry bit; then FreeLock (never the other way round); WaiterLock is a leaf.
 * Windows Internals, 7th ed., part 2, chapter 8 "Object handles and the process handle table".
 */
#include "exp.h"

#define TAG_HANDLE_TABLE POOL_TAG('O', 'b', 't', 'b')
#define LOW_COUNT (PAGE_SIZE / sizeof(HANDLE_TABLE_ENTRY))
#define MIDDLE_COUNT (PAGE_SIZE / sizeof(PVOID))
#define HIGH_COUNT 128
#define MAXIMUM_ENTRIES ((ULONG)(LOW_COUNT * MIDDLE_COUNT * HIGH_COUNT))
#define LEVEL_MASK 3ULL
#define HANDLE_VALUE(i) ((HANDLE)(ULONG_PTR)((i) * 4ULL))

static_assert(sizeof(HANDLE_TABLE_ENTRY) == 16, "handle table entry");
static_assert(LOW_COUNT == 256 && MIDDLE_COUNT == 512, "levels");

struct _HANDLE_TABLE
{
    volatile ULONG_PTR TableCode;   /* root page | level; FreeLock for writers */
    volatile ULONG NextUnused;      /* FreeLock; entries from here on were never used */
    ULONG NextNeedingPool;          /* FreeLock; entries from here on have no page */
    ULONG FirstFree, LastFree;      /* FreeLock; chain through NextFree, 0 ends */
    volatile LONG HandleCount;      /* interlocked */
    volatile LONG HandlePeak;       /* a lost race loses a count */
    BOOLEAN StrictFifo;
    PEPROCESS Process;
    EX_PUSH_LOCK_ FreeLock;
    volatile LONG WaiterCount;      /* WaiterLock; read without */
    KSPIN_LOCK WaiterLock;
    LIST_ENTRY Waiters;             /* WaiterLock; HANDLE_ENTRY_WAITER.Link */
};

typedef struct _HANDLE_ENTRY_WAITER
{
    LIST_ENTRY Link;
    PHANDLE_TABLE_ENTRY Entry;
    KEVENT Event;
} HANDLE_ENTRY_WAITER;

static PVOID ExpAllocateTablePage(void)
{
    PVOID Page = ExAllocatePoolWithTag(PagedPool, PAGE_SIZE, TAG_HANDLE_TABLE);

    if (Page != NULL) {
        KiZeroPage(Page);
    }
    return Page;
}

PHANDLE_TABLE ExCreateHandleTable(PEPROCESS Process)
{
    PHANDLE_TABLE Table = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Table), TAG_HANDLE_TABLE);
    PVOID Page;

    if (Table == NULL) {
        return NULL;
    }
    Page = ExpAllocateTablePage();
    if (Page == NULL) {
        ExFreePoolWithTag(Table, TAG_HANDLE_TABLE);
        return NULL;
    }
    RtlZeroMemory(Table, sizeof(*Table));
    Table->TableCode = (ULONG_PTR)Page;
    Table->NextUnused = 1;
    Table->NextNeedingPool = LOW_COUNT;
    Table->Process = Process;
    ExInitializePushLock_(&Table->FreeLock);
    KeInitializeSpinLock(&Table->WaiterLock);
    InitializeListHead(&Table->Waiters);
    return Table;
}

void ExSetHandleTableStrictFifo(PHANDLE_TABLE Table)
{
    Table->StrictFifo = TRUE;
}

static void ExpFreeTableLevel(ULONG_PTR Page, ULONG Level)
{
    if (Page == 0) {
        return;
    }
    if (Level != 0) {
        for (ULONG i = 0; i < MIDDLE_COUNT; i++) {
            ExpFreeTableLevel(((ULONG_PTR *)Page)[i], Level - 1);
        }
    }
    ExFreePoolWithTag((PVOID)Page, TAG_HANDLE_TABLE);
}

void ExDestroyHandleTable(PHANDLE_TABLE Table)
{
    ASSERT(Table->HandleCount == 0 && Table->WaiterCount == 0);
    ExpFreeTableLevel(Table->TableCode & ~LEVEL_MASK, Table->TableCode & LEVEL_MASK);
    ExFreePoolWithTag(Table, TAG_HANDLE_TABLE);
}

/* The entry of Index, which must lie below NextNeedingPool. */
static inline PHANDLE_TABLE_ENTRY ExpLookupEntry(PHANDLE_TABLE Table, ULONG Index)
{
    ULONG_PTR Code = Table->TableCode;
    ULONG_PTR Root = Code & ~LEVEL_MASK;

    switch (Code & LEVEL_MASK) {
    case 0:
        return &((PHANDLE_TABLE_ENTRY)Root)[Index];
    case 1:
        return &((PHANDLE_TABLE_ENTRY *)Root)[Index / LOW_COUNT][Index % LOW_COUNT];
    default:
        return &((PHANDLE_TABLE_ENTRY **)Root)[Index / (LOW_COUNT * MIDDLE_COUNT)][Index / LOW_COUNT % MIDDLE_COUNT][Index % LOW_COUNT];
    }
}

/* ---- the entry's lock ---------------------------------------------------------------------------------------------------------- */

/* Waits until Entry may be free to lock.  The count is raised before the entry is read again; an unlocker does the two in the other order. */
static __attribute__((noinline)) void ExpWaitForEntry(PHANDLE_TABLE Table, PHANDLE_TABLE_ENTRY Entry)
{
    HANDLE_ENTRY_WAITER Waiter = {.Entry = Entry};
    BOOLEAN Locked;
    KIRQL OldIrql;

    KeInitializeEvent(&Waiter.Event, SynchronizationEvent, FALSE);
    KeAcquireSpinLock(&Table->WaiterLock, &OldIrql);
    InterlockedIncrement(&Table->WaiterCount);
    Locked = (Entry->Object & EX_HANDLE_ENTRY_LOCKED) != 0;
    if (Locked) {
        InsertTailList(&Table->Waiters, &Waiter.Link);
    } else {
        InterlockedDecrement(&Table->WaiterCount);
    }
    KeReleaseSpinLock(&Table->WaiterLock, OldIrql);
    if (Locked) {
        KeWaitForSingleObject(&Waiter.Event, WrPushLock, KernelMode, FALSE, NULL);
    }
}

static __attribute__((noinline)) void ExpWakeEntryWaiters(PHANDLE_TABLE Table, PHANDLE_TABLE_ENTRY Entry)
{
    LIST_ENTRY Woken;
    PLIST_ENTRY Next;
    KIRQL OldIrql;

    InitializeListHead(&Woken);
    KeAcquireSpinLock(&Table->WaiterLock, &OldIrql);
    for (PLIST_ENTRY Link = Table->Waiters.Flink; Link != &Table->Waiters; Link = Next) {
        Next = Link->Flink;
        if (CONTAINING_RECORD(Link, HANDLE_ENTRY_WAITER, Link)->Entry == Entry) {
            RemoveEntryList(Link);
            InsertTailList(&Woken, Link);
            InterlockedDecrement(&Table->WaiterCount);
        }
    }
    KeReleaseSpinLock(&Table->WaiterLock, OldIrql);
    while (!IsListEmpty(&Woken)) {
        KeSetEvent(&CONTAINING_RECORD(RemoveHeadList(&Woken), HANDLE_ENTRY_WAITER, Link)->Event, 0, FALSE);
    }
}

/* FALSE: the entry is free.  In a critical region. */
static inline BOOLEAN ExpLockEntry(PHANDLE_TABLE Table, PHANDLE_TABLE_ENTRY Entry)
{
    ULONG64 Object = Entry->Object;

    for (;;) {
        if (Object == 0) {
            return FALSE;
        }
        if (UNLIKELY(Object & EX_HANDLE_ENTRY_LOCKED)) {
            ExpWaitForEntry(Table, Entry);
            Object = Entry->Object;
        } else if (LIKELY(__atomic_compare_exchange_n(&Entry->Object, &Object, Object | EX_HANDLE_ENTRY_LOCKED, 0, __ATOMIC_SEQ_CST,
                                                      __ATOMIC_RELAXED))) {
            return TRUE;
        }
    }
}

static inline void ExpUnlockEntry(PHANDLE_TABLE Table, PHANDLE_TABLE_ENTRY Entry, ULONG64 Object)
{
    ASSERT(Entry->Object & EX_HANDLE_ENTRY_LOCKED);
    __atomic_exchange_n(&Entry->Object, Object, __ATOMIC_SEQ_CST);
    if (UNLIKELY(Table->WaiterCount != 0)) {
        ExpWakeEntryWaiters(Table, Entry);
    }
}

PHANDLE_TABLE_ENTRY ExMapHandleToPointer(PHANDLE_TABLE Table, HANDLE Handle)
{
    ULONG_PTR Index = (ULONG_PTR)Handle >> 2;
    PHANDLE_TABLE_ENTRY Entry;

    if (UNLIKELY(Index >= Table->NextUnused)) {
        return NULL;
    }
    ExpEnterCriticalRegion();
    Entry = ExpLookupEntry(Table, (ULONG)Index);
    if (LIKELY(ExpLockEntry(Table, Entry))) {
        return Entry;
    }
    ExpLeaveCriticalRegion();
    return NULL;
}

void ExUnlockHandleTableEntry(PHANDLE_TABLE Table, PHANDLE_TABLE_ENTRY Entry)
{
    ExpUnlockEntry(Table, Entry, Entry->Object & ~EX_HANDLE_ENTRY_LOCKED);
    ExpLeaveCriticalRegion();
}

/* ---- growing, allocating, freeing: FreeLock held -------------------------------------------------------------------------------- */

/* A new root above the present one. */
static BOOLEAN ExpRaiseTableLevel(PHANDLE_TABLE Table)
{
    ULONG_PTR *Root = ExpAllocateTablePage();

    if (Root == NULL) {
        return FALSE;
    }
    Root[0] = Table->TableCode & ~LEVEL_MASK;
    __atomic_store_n(&Table->TableCode, (ULONG_PTR)Root | ((Table->TableCode & LEVEL_MASK) + 1), __ATOMIC_RELEASE);
    return TRUE;
}

/* Gives the next LOW_COUNT entries a page. */
static BOOLEAN ExpGrowTable(PHANDLE_TABLE Table)
{
    ULONG Page = Table->NextNeedingPool / LOW_COUNT;
    ULONG_PTR *Middle;
    PVOID Low;

    if (Table->NextNeedingPool >= MAXIMUM_ENTRIES) {
        return FALSE;
    }
    if ((Page == 1 || Page == MIDDLE_COUNT) && (Table->TableCode & LEVEL_MASK) < (Page == 1 ? 1u : 2u) && !ExpRaiseTableLevel(Table)) {
        return FALSE;
    }
    Middle = (ULONG_PTR *)(Table->TableCode & ~LEVEL_MASK);
    if ((Table->TableCode & LEVEL_MASK) == 2) {
        ULONG_PTR *Slot = &Middle[Page / MIDDLE_COUNT];

        if (*Slot == 0 && (*Slot = (ULONG_PTR)ExpAllocateTablePage()) == 0) {
            return FALSE;
        }
        Middle = (ULONG_PTR *)*Slot;
    }
    Low = ExpAllocateTablePage();
    if (Low == NULL) {
        return FALSE;
    }
    Middle[Page % MIDDLE_COUNT] = (ULONG_PTR)Low;
    Table->NextNeedingPool += LOW_COUNT;
    return TRUE;
}

static void ExpPushFreeIndex(PHANDLE_TABLE Table, PHANDLE_TABLE_ENTRY Entry, ULONG Index)
{
    Entry->Attributes = 0;
    if (Table->FirstFree == 0) {
        Entry->NextFree = 0;
        Table->FirstFree = Table->LastFree = Index;
    } else if (Table->StrictFifo) {
        Entry->NextFree = 0;
        ExpLookupEntry(Table, Table->LastFree)->NextFree = Index;
        Table->LastFree = Index;
    } else {
        Entry->NextFree = Table->FirstFree;
        Table->FirstFree = Index;
    }
}

/* 0: no memory, or the table is full. */
static ULONG ExpTakeFreeIndex(PHANDLE_TABLE Table)
{
    ULONG Index = Table->FirstFree;

    if (Index != 0) {
        Table->FirstFree = ExpLookupEntry(Table, Index)->NextFree;
        return Index;
    }
    Index = Table->NextUnused;
    if (Index % LOW_COUNT == 0) {
        if (Index >= Table->NextNeedingPool && !ExpGrowTable(Table)) {
            return 0;
        }
        Index++;
    }
    __atomic_store_n(&Table->NextUnused, Index + 1, __ATOMIC_RELEASE);
    return Index;
}

HANDLE ExCreateHandle(PHANDLE_TABLE Table, const HANDLE_TABLE_ENTRY *New)
{
    PHANDLE_TABLE_ENTRY Entry;
    ULONG Index;

    PAGED_CODE();
    ASSERT(New->Object != 0 && (New->Object & EX_HANDLE_ENTRY_LOCKED) == 0);
    ExAcquirePushLockExclusive_(&Table->FreeLock);
    Index = ExpTakeFreeIndex(Table);
    ExReleasePushLockExclusive_(&Table->FreeLock);
    if (Index == 0) {
        return NULL;
    }
    Entry = ExpLookupEntry(Table, Index);
    Entry->GrantedAccess = New->GrantedAccess;
    Entry->Attributes = New->Attributes;
    LONG Count = InterlockedIncrement(&Table->HandleCount);
    if (Count > Table->HandlePeak) {
        Table->HandlePeak = Count;
    }
    __atomic_store_n(&Entry->Object, New->Object, __ATOMIC_RELEASE);
    return HANDLE_VALUE(Index);
}

void ExDestroyHandle(PHANDLE_TABLE Table, HANDLE Handle, PHANDLE_TABLE_ENTRY Entry)
{
    ULONG Index = (ULONG)((ULONG_PTR)Handle >> 2);

    ASSERT(Entry == ExpLookupEntry(Table, Index));
    ExpUnlockEntry(Table, Entry, 0);
    InterlockedDecrement(&Table->HandleCount);
    ExAcquirePushLockExclusive_(&Table->FreeLock);
    ExpPushFreeIndex(Table, Entry, Index);
    ExReleasePushLockExclusive_(&Table->FreeLock);
    ExpLeaveCriticalRegion();
}

/* ---- whole tables -------------------------------------------------------------------------------------------------------------- */

BOOLEAN ExEnumHandleTable(PHANDLE_TABLE Table, EX_ENUMERATE_HANDLE_ROUTINE Routine, PVOID Context)
{
    BOOLEAN Stop = FALSE;

    for (ULONG Index = 1; Index < Table->NextUnused && !Stop; Index++) {
        PHANDLE_TABLE_ENTRY Entry = ExpLookupEntry(Table, Index);

        if (Entry->Object == 0) {
            continue;
        }
        ExpEnterCriticalRegion();
        if (ExpLockEntry(Table, Entry)) {
            Stop = Routine(Table, Entry, HANDLE_VALUE(Index), Context);
            ExpUnlockEntry(Table, Entry, Entry->Object & ~EX_HANDLE_ENTRY_LOCKED);
        }
        ExpLeaveCriticalRegion();
    }
    return Stop;
}

void ExSweepHandleTable(PHANDLE_TABLE Table, EX_ENUMERATE_HANDLE_ROUTINE Routine, PVOID Context)
{
    for (ULONG Index = 1; Index < Table->NextUnused && Table->HandleCount != 0; Index++) {
        PHANDLE_TABLE_ENTRY Entry = ExpLookupEntry(Table, Index);

        if (Entry->Object == 0) {
            continue;
        }
        ExpEnterCriticalRegion();
        if (!ExpLockEntry(Table, Entry)) {
            ExpLeaveCriticalRegion();
        } else if (Routine(Table, Entry, HANDLE_VALUE(Index), Context)) {
            break;
        }
    }
}

/* One past the highest index that holds an inheritable entry. */
static ULONG ExpInheritableLimit(PHANDLE_TABLE Source)
{
    ULONG Limit = 1;

    for (ULONG Index = 1; Index < Source->NextUnused; Index++) {
        PHANDLE_TABLE_ENTRY Entry = ExpLookupEntry(Source, Index);

        if (Entry->Object != 0 && (Entry->Attributes & OBJ_INHERIT)) {
            Limit = Index + 1;
        }
    }
    return Limit;
}

/* Copies the source's entry of Index if it is still inheritable and Routine wants it.  The new table is not visible to anybody yet. */
static BOOLEAN ExpDupEntry(PHANDLE_TABLE Table, PHANDLE_TABLE Source, ULONG Index, EX_DUPLICATE_HANDLE_ROUTINE Routine, PVOID Context)
{
    PHANDLE_TABLE_ENTRY From = ExpLookupEntry(Source, Index), To = ExpLookupEntry(Table, Index);
    HANDLE_TABLE_ENTRY Copy;
    BOOLEAN Taken;

    if (From->Object == 0 || (From->Attributes & OBJ_INHERIT) == 0 || !ExpLockEntry(Source, From)) {
        return FALSE;
    }
    Copy = *From;
    Copy.Object &= ~EX_HANDLE_ENTRY_LOCKED;
    Taken = (Copy.Attributes & OBJ_INHERIT) != 0 && Routine(&Copy, HANDLE_VALUE(Index), Context);
    ExpUnlockEntry(Source, From, From->Object & ~EX_HANDLE_ENTRY_LOCKED);
    if (Taken) {
        *To = Copy;
        Table->HandleCount++;
    }
    return Taken;
}

PHANDLE_TABLE ExDupHandleTable(PEPROCESS Process, PHANDLE_TABLE Source, EX_DUPLICATE_HANDLE_ROUTINE Routine, PVOID Context)
{
    PHANDLE_TABLE Table = ExCreateHandleTable(Process);
    ULONG Limit;

    PAGED_CODE();
    if (Table == NULL) {
        return NULL;
    }
    ExpEnterCriticalRegion();
    Limit = ExpInheritableLimit(Source);
    while (Table->NextNeedingPool < Limit) {
        if (!ExpGrowTable(Table)) {
            ExDestroyHandleTable(Table);
            Table = NULL;
            goto Cleanup;
        }
    }
    for (ULONG Index = Limit - 1; Index != 0; Index--) {
        if (Index % LOW_COUNT != 0 && !ExpDupEntry(Table, Source, Index, Routine, Context)) {
            ExpPushFreeIndex(Table, ExpLookupEntry(Table, Index), Index);
        }
    }
    Table->NextUnused = Limit;
Cleanup:
    ExpLeaveCriticalRegion();
    return Table;
}

ULONG ExHandleCount(PHANDLE_TABLE Table)
{
    return (ULONG)Table->HandleCount;
}

ULONG ExHandlePeak(PHANDLE_TABLE Table)
{
    return (ULONG)max(Table->HandlePeak, Table->HandleCount);
}

PEPROCESS ExHandleTableProcess(PHANDLE_TABLE Table)
{
    return Table->Process;
}

/* SPDX-License-Identifier: MIT */
/*
 * test_handle.c - handle tables (kernel/ex/handle.c): values, reuse, growth through three levels, inheritance, memory failures, and threads
 * that create, use and close handles of one table at once.
 *
 * The kernel's locks and events are stood in for by the host's.
 */
#include "hosttest.h"
#include <pthread.h>
#include <sched.h>

typedef CHAR KPROCESSOR_MODE;
typedef UCHAR KIRQL;
typedef struct _EPROCESS *PEPROCESS;
typedef struct _ETHREAD *PETHREAD;
typedef struct _OBJECT_TYPE *POBJECT_TYPE;
typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;
typedef struct { pthread_mutex_t Lock; pthread_cond_t Set; int Signalled; } KEVENT, *PKEVENT;
#define PAGE_SIZE 4096
#define PagedPool 1
#define NonPagedPool 0
#define SynchronizationEvent 1
#define WrPushLock 0
#define KernelMode 0
#define OBJ_INHERIT 2
#define LIKELY(x) (x)
#define UNLIKELY(x) (x)
#define PAGED_CODE() ((void)0)
#define POOL_TAG(a, b, c, d) 0
#define RtlZeroMemory(p, n) memset((p), 0, (n))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

static int AllocationsLeft = -1, Blocks;
static PVOID ExAllocatePoolWithTag(int Type, SIZE_T Size, ULONG Tag)
{
    PVOID Block = AllocationsLeft == 0 ? NULL : aligned_alloc(64, (Size + 63) / 64 * 64);
    if (Block != NULL)
        __atomic_add_fetch(&Blocks, 1, __ATOMIC_SEQ_CST);
    if (AllocationsLeft > 0)
        AllocationsLeft--;
    return Block;
}
static void ExFreePoolWithTag(PVOID Block, ULONG Tag)
{
    __atomic_sub_fetch(&Blocks, 1, __ATOMIC_SEQ_CST);
    free(Block);
}
static void KiZeroPage(PVOID Page) { memset(Page, 0, PAGE_SIZE); }
static void ExpEnterCriticalRegion(void) {}
static void ExpLeaveCriticalRegion(void) {}
static void KeInitializeSpinLock(PKSPIN_LOCK Lock) { *Lock = 0; }
static void KeAcquireSpinLock(PKSPIN_LOCK Lock, KIRQL *OldIrql)
{
    while (__atomic_exchange_n(Lock, 1, __ATOMIC_SEQ_CST))
        sched_yield();
    *OldIrql = 0;
}
static void KeReleaseSpinLock(PKSPIN_LOCK Lock, KIRQL OldIrql) { __atomic_store_n(Lock, 0, __ATOMIC_SEQ_CST); }
static void KeInitializeEvent(PKEVENT Event, int Type, BOOLEAN State)
{
    pthread_mutex_init(&Event->Lock, NULL);
    pthread_cond_init(&Event->Set, NULL);
    Event->Signalled = State;
}
static void KeSetEvent(PKEVENT Event, int Increment, BOOLEAN Wait)
{
    pthread_mutex_lock(&Event->Lock);
    Event->Signalled = 1;
    pthread_cond_signal(&Event->Set);
    pthread_mutex_unlock(&Event->Lock);
}
static void KeWaitForSingleObject(PKEVENT Event, int Reason, int Mode, BOOLEAN Alertable, LARGE_INTEGER *Timeout)
{
    pthread_mutex_lock(&Event->Lock);
    while (!Event->Signalled)
        pthread_cond_wait(&Event->Set, &Event->Lock);
    Event->Signalled = 0;
    pthread_mutex_unlock(&Event->Lock);
}
#define InterlockedIncrement(p) __atomic_add_fetch((p), 1, __ATOMIC_SEQ_CST)
#define InterlockedDecrement(p) __atomic_sub_fetch((p), 1, __ATOMIC_SEQ_CST)
#define InitializeListHead(h) ((h)->Flink = (h)->Blink = (h))
#define IsListEmpty(h) ((h)->Flink == (h))
static void RemoveEntryList(PLIST_ENTRY Entry)
{
    Entry->Blink->Flink = Entry->Flink;
    Entry->Flink->Blink = Entry->Blink;
}
static PLIST_ENTRY RemoveHeadList(PLIST_ENTRY Head)
{
    PLIST_ENTRY Entry = Head->Flink;
    RemoveEntryList(Entry);
    return Entry;
}
static void InsertTailList(PLIST_ENTRY Head, PLIST_ENTRY Entry)
{
    Entry->Flink = Head;
    Entry->Blink = Head->Blink;
    Head->Blink->Flink = Entry;
    Head->Blink = Entry;
}

#define NASCENT_EXP_H       /* handle.c sees ours instead */
#define NASCENT_LOCKCHECK_H /* the lock checker watches the kernel's locks, not their stand-ins */
#include "ex.h"
void ExInitializePushLock_(PEX_PUSH_LOCK_ Lock) { Lock->Value = 0; }
void ExAcquirePushLockExclusive_(PEX_PUSH_LOCK_ Lock)
{
    while (__atomic_exchange_n(&Lock->Value, 1, __ATOMIC_SEQ_CST))
        sched_yield();
}
void ExReleasePushLockExclusive_(PEX_PUSH_LOCK_ Lock) { __atomic_store_n(&Lock->Value, 0, __ATOMIC_SEQ_CST); }

#include "../../kernel/ex/handle.c"

/* Objects are made-up addresses: 16 times a number. */
static HANDLE Make(PHANDLE_TABLE Table, ULONG64 Number, ULONG Attributes)
{
    HANDLE_TABLE_ENTRY Entry = { .Object = Number * 16, .GrantedAccess = (ULONG)Number, .Attributes = Attributes };
    return ExCreateHandle(Table, &Entry);
}

static ULONG64 Look(PHANDLE_TABLE Table, HANDLE Handle)
{
    PHANDLE_TABLE_ENTRY Entry = ExMapHandleToPointer(Table, Handle);
    ULONG64 Number;
    if (Entry == NULL)
        return 0;
    Number = (ULONG64)EX_HANDLE_ENTRY_OBJECT(Entry) / 16;
    assert_int_equal(Entry->GrantedAccess, (ULONG)Number);
    ExUnlockHandleTableEntry(Table, Entry);
    return Number;
}

static void Destroy(PHANDLE_TABLE Table, HANDLE Handle)
{
    PHANDLE_TABLE_ENTRY Entry = ExMapHandleToPointer(Table, Handle);
    assert_non_null(Entry);
    ExDestroyHandle(Table, Handle, Entry);
}

static BOOLEAN DestroyIt(PHANDLE_TABLE Table, PHANDLE_TABLE_ENTRY Entry, HANDLE Handle, PVOID Context)
{
    ++*(ULONG *)Context;
    ExDestroyHandle(Table, Handle, Entry);
    return FALSE;
}

static ULONG End(PHANDLE_TABLE Table)
{
    ULONG Count = 0;
    ExSweepHandleTable(Table, DestroyIt, &Count);
    ExDestroyHandleTable(Table);
    return Count;
}

static void test_values_and_reuse(void **State)
{
    (void)State;
    PHANDLE_TABLE Table = ExCreateHandleTable(NULL);
    HANDLE A = Make(Table, 1, 0), B = Make(Table, 2, 0), C = Make(Table, 3, 0);
    assert_int_equal((ULONG_PTR)A, 4);
    assert_int_equal((ULONG_PTR)B, 8);
    assert_int_equal(Look(Table, B), 2);
    assert_int_equal(Look(Table, (HANDLE)((ULONG_PTR)B | 3)), 2);
    assert_int_equal(Look(Table, NULL), 0);
    assert_int_equal(Look(Table, (HANDLE)16), 0);
    assert_int_equal(Look(Table, (HANDLE)~0ULL), 0);
    Destroy(Table, A);
    Destroy(Table, B);
    assert_int_equal(Look(Table, A), 0);
    assert_ptr_equal(Make(Table, 4, 0), B); /* the last closed first */
    assert_ptr_equal(Make(Table, 5, 0), A);
    assert_int_equal(ExHandleCount(Table), 3);
    assert_int_equal(Look(Table, C), 3);
    assert_int_equal(End(Table), 3);
    assert_int_equal(Blocks, 0);
}

static void test_strict_fifo(void **State)
{
    (void)State;
    PHANDLE_TABLE Table = ExCreateHandleTable(NULL);
    ExSetHandleTableStrictFifo(Table);
    HANDLE A = Make(Table, 1, 0), B = Make(Table, 2, 0), C = Make(Table, 3, 0);
    Destroy(Table, B);
    Destroy(Table, A);
    Destroy(Table, C);
    assert_ptr_equal(Make(Table, 4, 0), B);
    assert_ptr_equal(Make(Table, 5, 0), A);
    assert_ptr_equal(Make(Table, 6, 0), C);
    assert_int_equal(End(Table), 3);
}

static void test_growth(void **State)
{
    (void)State;
    enum { COUNT = 300000 };
    PHANDLE_TABLE Table = ExCreateHandleTable(NULL);
    HANDLE *All = malloc(COUNT * sizeof *All);
    for (ULONG Index = 0; Index < COUNT; Index++) {
        All[Index] = Make(Table, Index + 1, 0);
        assert_non_null(All[Index]);
        assert_int_not_equal((ULONG_PTR)All[Index] % 0x400, 0);
        assert_int_equal((ULONG_PTR)All[Index] % 4, 0);
    }
    for (ULONG Index = 0; Index < COUNT; Index++)
        assert_int_equal(Look(Table, All[Index]), Index + 1);
    for (ULONG Index = 0; Index < COUNT; Index += 2)
        Destroy(Table, All[Index]);
    for (ULONG Index = 0; Index < COUNT; Index++)
        assert_int_equal(Look(Table, All[Index]), Index % 2 ? Index + 1 : 0);
    assert_int_equal(End(Table), COUNT / 2);
    assert_int_equal(Blocks, 0);
    free(All);
}

static void test_no_memory(void **State)
{
    (void)State;
    for (int Allowed = 0; Allowed < 8; Allowed++) {
        ULONG Made = 0;
        AllocationsLeft = Allowed;
        PHANDLE_TABLE Table = ExCreateHandleTable(NULL);
        if (Table != NULL) {
            while (Make(Table, Made + 1, 0) != NULL)
                Made++;
            assert_int_equal(ExHandleCount(Table), Made);
            AllocationsLeft = -1;
            assert_non_null(Make(Table, Made + 1, 0)); /* goes on when there is memory again */
            assert_int_equal(End(Table), Made + 1);
        }
        AllocationsLeft = -1;
        assert_int_equal(Blocks, 0);
    }
}

static BOOLEAN Inherit(PHANDLE_TABLE_ENTRY Entry, HANDLE Handle, PVOID Context)
{
    return Entry->GrantedAccess % 3 != 0;
}

static void test_inheritance(void **State)
{
    (void)State;
    PHANDLE_TABLE Parent = ExCreateHandleTable(NULL), Child;
    HANDLE All[1000];
    ULONG Expected = 0, Highest = 0;
    for (ULONG Index = 0; Index < 1000; Index++)
        All[Index] = Make(Parent, Index + 1, Index % 2 ? OBJ_INHERIT : 0);
    Child = ExDupHandleTable(NULL, Parent, Inherit, NULL);
    for (ULONG Index = 0; Index < 1000; Index++) {
        int Taken = Index % 2 && (Index + 1) % 3 != 0;
        assert_int_equal(Look(Child, All[Index]), Taken ? Index + 1 : 0);
        Expected += Taken;
        Highest = Index % 2 ? (ULONG)(ULONG_PTR)All[Index] : Highest;
    }
    assert_int_equal(ExHandleCount(Child), Expected);
    assert_int_equal((ULONG_PTR)Make(Child, 7, 0), 4); /* the gaps are free, lowest first */
    for (ULONG Index = 1; Index < 1000 - Expected; Index++)
        assert_true((ULONG_PTR)Make(Child, 7, 0) <= Highest);
    assert_true((ULONG_PTR)Make(Child, 7, 0) > Highest);
    for (int Allowed = 0; Allowed < 6; Allowed++) {
        AllocationsLeft = Allowed;
        assert_null(ExDupHandleTable(NULL, Parent, Inherit, NULL));
        AllocationsLeft = -1;
    }
    End(Parent);
    End(Child);
    assert_int_equal(Blocks, 0);
}

/* ---- threads ---- */
static PHANDLE_TABLE SharedTable;
static HANDLE SharedHandle;

static void *Worker(void *Parameter)
{
    uint64_t Random = (uint64_t)(uintptr_t)Parameter;
    HANDLE Mine[64] = { 0 };
    for (int Round = 0; Round < 20000; Round++) {
        ULONG Slot = NextRandom(&Random) % 64;
        if (Mine[Slot] == NULL) {
            Mine[Slot] = Make(SharedTable, Slot + 1, 0);
            if (Mine[Slot] == NULL)
                return "no handle";
        } else {
            PHANDLE_TABLE_ENTRY Entry = ExMapHandleToPointer(SharedTable, Mine[Slot]);
            if (Entry == NULL || (ULONG64)EX_HANDLE_ENTRY_OBJECT(Entry) != (Slot + 1) * 16ULL)
                return "not our object";
            ExDestroyHandle(SharedTable, Mine[Slot], Entry);
            Mine[Slot] = NULL;
        }
        PHANDLE_TABLE_ENTRY Common = ExMapHandleToPointer(SharedTable, SharedHandle);
        if (Common == NULL)
            return "the common handle is gone";
        Common->Attributes++; /* guarded by the entry's lock alone */
        if (Round % 64 == 0)
            sched_yield();
        ExUnlockHandleTableEntry(SharedTable, Common);
    }
    return NULL;
}

static void test_threads(void **State)
{
    (void)State;
    pthread_t Threads[4];
    SharedTable = ExCreateHandleTable(NULL);
    SharedHandle = Make(SharedTable, 1000, 0);
    for (int Index = 0; Index < 4; Index++)
        pthread_create(&Threads[Index], NULL, Worker, (void *)(uintptr_t)(Index + 1));
    for (int Index = 0; Index < 4; Index++) {
        void *Result;
        pthread_join(Threads[Index], &Result);
        assert_null(Result);
    }
    PHANDLE_TABLE_ENTRY Entry = ExMapHandleToPointer(SharedTable, SharedHandle);
    assert_int_equal(Entry->Attributes, 80000);
    ExUnlockHandleTableEntry(SharedTable, Entry);
    assert_int_equal(SharedTable->WaiterCount, 0);
    ULONG Left = ExHandleCount(SharedTable);
    assert_int_equal(End(SharedTable), Left);
    assert_int_equal(Blocks, 0);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(test_values_and_reuse), cmocka_unit_test(test_strict_fifo),  cmocka_unit_test(test_growth),
        cmocka_unit_test(test_no_memory),        cmocka_unit_test(test_inheritance),  cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests_name("handle", Tests, NULL, NULL);
}

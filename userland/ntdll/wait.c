/* SPDX-License-Identifier: MIT */
/*
 * wait.c - waiting on an address: the one place in user mode where a thread goes to sleep for another thread of its process.
 *
 * A sleeper puts a block into the bucket its address hashes to, provided the value is still the one it saw, and calls NtWaitForAlertByThreadId.
 * A waker takes blocks out of the bucket and alerts their threads.  Both hold the bucket's spin lock, so no wake is lost between the comparison
 * and the insertion.  An alert is a flag of the thread that stays set until consumed: a late one makes some later wait return early, which every
 * caller has to expect anyway (the interface promises spurious returns).
 *
 * A thread may be terminated while it sleeps, and its stack goes with it.  So blocks do not lie on stacks: they come from pages that are never given
 * back.  Of a dead thread's block only the wake is in danger: whoever wakes one thread and finds that it is gone wakes the next.  And since
 * thread ids are used again, a new thread first throws away blocks that bear its number (RtlpForgetWaits).
 *
 * At the end of a process all other threads are terminated wherever they are (RtlpWaitAlone).  From then on nobody can wake the last one, so a wait
 * without a time-out is a wait for a lock that died with its owner, and ends the process at once, as Windows does it since Vista.
 *
 * Critical sections, SRW locks, condition variables, run-once and barriers all stand on this (Windows: the same since 8, with the
 * bucket array in PEB->WaitOnAddressHashTable).
 */
#include "ntdllp.h"

typedef struct _WAIT_BLOCK
{
    struct _WAIT_BLOCK *Next, *Previous; /* Next also links free blocks */
    const volatile VOID *Address;
    HANDLE ThreadId;
    bool Woken;
} WAIT_BLOCK;

typedef struct _WAIT_BUCKET
{
    volatile LONG Lock;
    WAIT_BLOCK *First, *Last;
} __attribute__((aligned(64))) WAIT_BUCKET;

#define BUCKETS 64
#define SPINS_BEFORE_YIELD 64
static WAIT_BUCKET Buckets[BUCKETS];
static WAIT_BUCKET FreeBlocks;         /* its First is the list */
static volatile LONG Sleepers;         /* blocks in all buckets */
static bool Alone;
static NTSTATUS ExitStatus;

static void Lock(WAIT_BUCKET *Bucket)
{
    for (ULONG Spins = 0; InterlockedExchange(&Bucket->Lock, 1) != 0;) {
        if (++Spins % SPINS_BEFORE_YIELD == 0)
            NtYieldExecution();
        else
            YieldProcessor();
    }
}

static void Unlock(WAIT_BUCKET *Bucket)
{
    InterlockedExchange(&Bucket->Lock, 0);
}

static WAIT_BUCKET *LockBucket(const volatile VOID *Address)
{
    WAIT_BUCKET *Bucket = &Buckets[((ULONG_PTR)Address >> 4 ^ (ULONG_PTR)Address >> 12) % BUCKETS];

    Lock(Bucket);
    return Bucket;
}

/* ---- blocks ------------------------------------------------------------------------------------------------------------------------ */

static WAIT_BLOCK *MoreBlocks(void)
{
    static WAIT_BLOCK First[16]; /* a process of few threads asks for no page */
    static bool FirstUsed;
    SIZE_T Size = PAGE_SIZE;
    PVOID Page = NULL;

    if (!FirstUsed) {
        FirstUsed = true;
        Page = First;
        Size = sizeof First;
    } else if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &Page, 0, &Size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE))) {
        return NULL;
    }
    for (WAIT_BLOCK *Block = Page; Block + 1 <= (WAIT_BLOCK *)((UCHAR *)Page + Size); Block++) {
        Block->Next = FreeBlocks.First;
        FreeBlocks.First = Block;
    }
    return FreeBlocks.First;
}

static WAIT_BLOCK *TakeBlock(void)
{
    Lock(&FreeBlocks);
    WAIT_BLOCK *Block = FreeBlocks.First != NULL ? FreeBlocks.First : MoreBlocks();
    if (Block != NULL)
        FreeBlocks.First = Block->Next;
    Unlock(&FreeBlocks);
    return Block;
}

static void GiveBlock(WAIT_BLOCK *Block)
{
    Lock(&FreeBlocks);
    Block->Next = FreeBlocks.First;
    FreeBlocks.First = Block;
    Unlock(&FreeBlocks);
}

static void InsertBlock(WAIT_BUCKET *Bucket, WAIT_BLOCK *Block)
{
    Block->Next = NULL;
    Block->Previous = Bucket->Last;
    *(Bucket->Last != NULL ? &Bucket->Last->Next : &Bucket->First) = Block;
    Bucket->Last = Block;
    InterlockedIncrement(&Sleepers);
}

static void RemoveBlock(WAIT_BUCKET *Bucket, WAIT_BLOCK *Block)
{
    *(Block->Previous != NULL ? &Block->Previous->Next : &Bucket->First) = Block->Next;
    *(Block->Next != NULL ? &Block->Next->Previous : &Bucket->Last) = Block->Previous;
    InterlockedDecrement(&Sleepers);
}

/* ---- sleeping ------------------------------------------------------------------------------------------------------------------------ */

static bool StillEqual(const volatile VOID *Address, const VOID *Compare, SIZE_T Size)
{
    switch (Size) {
    case 1:
        return *(const volatile UCHAR *)Address == *(const UCHAR *)Compare;
    case 2:
        return *(const volatile USHORT *)Address == *(const USHORT *)Compare;
    case 4:
        return *(const volatile ULONG *)Address == *(const ULONG *)Compare;
    default:
        return *(const volatile ULONG64 *)Address == *(const ULONG64 *)Compare;
    }
}

NTSTATUS NTAPI RtlWaitOnAddress(const volatile VOID *Address, PVOID Compare, SIZE_T Size, PLARGE_INTEGER Timeout)
{
    if (Size != 1 && Size != 2 && Size != 4 && Size != 8)
        return STATUS_INVALID_PARAMETER;
    if (!StillEqual(Address, Compare, Size)) /* also the place where a bad address faults: under no lock */
        return STATUS_SUCCESS;

    if (UNLIKELY(Alone) && Timeout == NULL)
        NtTerminateProcess(NtCurrentProcess(), ExitStatus);

    WAIT_BLOCK *Block = TakeBlock();
    if (Block == NULL) {
        NtYieldExecution(); /* no memory: a spurious return */
        return STATUS_SUCCESS;
    }
    Block->Address = Address;
    Block->ThreadId = Teb()->ClientId.UniqueThread;
    Block->Woken = false;
    WAIT_BUCKET *Bucket = LockBucket(Address);
    if (!StillEqual(Address, Compare, Size)) {
        Unlock(Bucket);
        GiveBlock(Block);
        return STATUS_SUCCESS;
    }
    InsertBlock(Bucket, Block);
    Unlock(Bucket);

    NTSTATUS Status = NtWaitForAlertByThreadId((PVOID)Address, Timeout);
    if (NT_ERROR(Status))
        NtYieldExecution();

    Lock(Bucket);
    bool Woken = Block->Woken;
    if (!Woken)
        RemoveBlock(Bucket, Block);
    Unlock(Bucket);
    GiveBlock(Block);
    return Status == STATUS_TIMEOUT && !Woken ? STATUS_TIMEOUT : STATUS_SUCCESS;
}

/* ---- waking ------------------------------------------------------------------------------------------------------------------------ */

/* Takes up to Limit sleepers out of the address's bucket.  From then on a block is its thread's again, once the bucket is free. */
static ULONG TakeSleepers(PVOID Address, HANDLE *Threads, ULONG Limit)
{
    ULONG Count = 0;
    WAIT_BUCKET *Bucket = LockBucket(Address);

    for (WAIT_BLOCK *Block = Bucket->First, *Next; Block != NULL && Count < Limit; Block = Next) {
        Next = Block->Next;
        if (Block->Address == Address) {
            RemoveBlock(Bucket, Block);
            Threads[Count++] = Block->ThreadId;
            Block->Woken = true;
        }
    }
    Unlock(Bucket);
    return Count;
}

VOID NTAPI RtlWakeAddressSingle(PVOID Address)
{
    HANDLE Thread;

    /* A dead thread's block is lost with its wake (a few bytes for each thread terminated in its sleep); the wake goes to the next. */
    while (TakeSleepers(Address, &Thread, 1) != 0) {
        if (NT_SUCCESS(NtAlertThreadByThreadId(Thread)))
            return;
    }
}

VOID NTAPI RtlWakeAddressAll(PVOID Address)
{
    HANDLE Threads[16];
    ULONG Count;

    do {
        Count = TakeSleepers(Address, Threads, COUNT_OF(Threads));
        for (ULONG Index = 0; Index < Count; Index++)
            NtAlertThreadByThreadId(Threads[Index]);
    } while (Count == COUNT_OF(Threads));
}

/* The calling thread is new: what sleeps under its id has died in its sleep. */
void RtlpForgetWaits(void)
{
    HANDLE Id = Teb()->ClientId.UniqueThread;

    for (ULONG Index = 0; Index < BUCKETS && *(volatile LONG *)&Sleepers != 0; Index++) {
        WAIT_BUCKET *Bucket = &Buckets[Index];
        if (*(WAIT_BLOCK *volatile *)&Bucket->First == NULL)
            continue;
        Lock(Bucket);
        for (WAIT_BLOCK *Block = Bucket->First, *Next; Block != NULL; Block = Next) {
            Next = Block->Next;
            if (Block->ThreadId == Id) {
                RemoveBlock(Bucket, Block);
                GiveBlock(Block);
            }
        }
        Unlock(Bucket);
    }
}

/* The calling thread is the last of its process, which ends with Status.  The others may have died with any lock of ours. */
void RtlpWaitAlone(NTSTATUS Status)
{
    Alone = true;
    ExitStatus = Status;
    for (ULONG Index = 0; Index < BUCKETS; Index++)
        Buckets[Index] = (WAIT_BUCKET){0};
    FreeBlocks = (WAIT_BUCKET){0};
}

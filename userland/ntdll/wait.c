/* SPDX-License-Identifier: MIT */
/*
 * wait.c - waiting on an address: the one place in user mode where a thread goes to sleep for another thread of its process.
 *
 * A sleeper puts a block that lives on its stack into the bucket its address hashes to, provided the value is still the one it saw, and calls
 * NtWaitForAlertByThreadId.  A waker takes blocks out of the bucket and alerts their threads.  Both hold the bucket's spin lock, so no wake is
 * lost between the comparison and the insertion.  An alert is a flag of the thread that stays set until consumed: a late one makes some
 * later wait return early, which every caller has to expect anyway (the interface promises spurious returns).
 *
 * Critical sections, SRW locks, condition variables, run-once and barriers all stand on this (Windows: the same since 8, with the
 * bucket array in PEB->WaitOnAddressHashTable).
 */
#include "ntdllp.h"

typedef struct _WAIT_BLOCK
{
    struct _WAIT_BLOCK *Next, *Previous;
    const volatile VOID *Address;
    HANDLE ThreadId;
    bool Woken;
} WAIT_BLOCK;

typedef struct _WAIT_BUCKET
{
    volatile LONG Lock;
    WAIT_BLOCK *First, *Last;
} WAIT_BUCKET;

#define BUCKETS 64
#define SPINS_BEFORE_YIELD 64
static WAIT_BUCKET Buckets[BUCKETS];

static WAIT_BUCKET *LockBucket(const volatile VOID *Address)
{
    WAIT_BUCKET *Bucket = &Buckets[((ULONG_PTR)Address >> 4 ^ (ULONG_PTR)Address >> 12) % BUCKETS];

    for (ULONG Spins = 0; InterlockedExchange(&Bucket->Lock, 1) != 0;) {
        if (++Spins % SPINS_BEFORE_YIELD == 0)
            NtYieldExecution();
        else
            YieldProcessor();
    }
    return Bucket;
}

static void UnlockBucket(WAIT_BUCKET *Bucket)
{
    InterlockedExchange(&Bucket->Lock, 0);
}

static void InsertBlock(WAIT_BUCKET *Bucket, WAIT_BLOCK *Block)
{
    Block->Next = NULL;
    Block->Previous = Bucket->Last;
    *(Bucket->Last != NULL ? &Bucket->Last->Next : &Bucket->First) = Block;
    Bucket->Last = Block;
}

static void RemoveBlock(WAIT_BUCKET *Bucket, WAIT_BLOCK *Block)
{
    *(Block->Previous != NULL ? &Block->Previous->Next : &Bucket->First) = Block->Next;
    *(Block->Next != NULL ? &Block->Next->Previous : &Bucket->Last) = Block->Previous;
}

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

    WAIT_BLOCK Block = {.Address = Address, .ThreadId = Teb()->ClientId.UniqueThread};
    WAIT_BUCKET *Bucket = LockBucket(Address);
    if (!StillEqual(Address, Compare, Size)) {
        UnlockBucket(Bucket);
        return STATUS_SUCCESS;
    }
    InsertBlock(Bucket, &Block);
    UnlockBucket(Bucket);

    NTSTATUS Status = NtWaitForAlertByThreadId((PVOID)Address, Timeout);
    if (NT_ERROR(Status))
        NtYieldExecution();

    LockBucket(Address);
    bool Woken = Block.Woken;
    if (!Woken)
        RemoveBlock(Bucket, &Block);
    UnlockBucket(Bucket);
    return Status == STATUS_TIMEOUT && !Woken ? STATUS_TIMEOUT : STATUS_SUCCESS;
}

/* Wakes up to Limit sleepers.  Alerts are sent after the bucket is free, a handful at a time. */
static void Wake(PVOID Address, ULONG Limit)
{
    HANDLE Threads[16];
    ULONG Count;

    do {
        Count = 0;
        WAIT_BUCKET *Bucket = LockBucket(Address);
        for (WAIT_BLOCK *Block = Bucket->First, *Next; Block != NULL && Count < COUNT_OF(Threads) && Count < Limit; Block = Next) {
            Next = Block->Next;
            if (Block->Address == Address) {
                RemoveBlock(Bucket, Block);
                Threads[Count++] = Block->ThreadId;
                Block->Woken = true; /* from here on the block may vanish with its thread's stack frame, once the bucket is free */
            }
        }
        UnlockBucket(Bucket);
        for (ULONG Index = 0; Index < Count; Index++)
            NtAlertThreadByThreadId(Threads[Index]);
        Limit -= Count;
    } while (Count == COUNT_OF(Threads) && Limit != 0);
}

VOID NTAPI RtlWakeAddressSingle(PVOID Address)
{
    Wake(Address, 1);
}

VOID NTAPI RtlWakeAddressAll(PVOID Address)
{
    Wake(Address, ~0u);
}

/* SPDX-License-Identifier: MIT */
/*
 * pushlock.c - push locks: reader/writer locks of one pointer, blocking, for IRQL <= APC_LEVEL.
 *
 * Uncontended, taking or giving back a lock is one interlocked operation on the lock itself:
 *
 *      bit 0   LOCKED    held exclusively
 *      bit 1   WAITERS   somebody is queued
 *      2...    number of shared holders
 *
 * NT strings the waiters' on-stack wait blocks to the lock word itself.  Here they wait in a small hashed table of queues, as
 * Windows' own WaitOnAddress does for user mode: the lock word then has one meaning only, and the queue needs no pointer tricks.
 * A releaser that leaves the lock free and sees WAITERS wakes the first exclusive waiter, or the leading run of shared ones; those
 * try again, and somebody running may be quicker (push locks are not fair, on NT neither).  A waiter that lost queues at the front.
 *
 * Invariants: WAITERS changes only under the bucket's spin lock; a block is in a bucket's list only while WAITERS is set in its lock.
 * Lock order: the bucket's spin lock is a leaf.  Windows Internals, 7th ed., part 2, chapter 8 "Pushlocks".
 */
#include "exp.h"

#define PUSH_LOCK_LOCKED 1ULL
#define PUSH_LOCK_WAITERS 2ULL
#define PUSH_LOCK_SHARE 4ULL
#define PUSH_LOCK_BUCKETS 64

static_assert(sizeof(EX_PUSH_LOCK_) == 8, "a push lock is one pointer");

typedef struct _PUSH_LOCK_WAIT_BLOCK
{
    LIST_ENTRY Link;
    PEX_PUSH_LOCK_ Lock;
    BOOLEAN Exclusive;
    struct _PUSH_LOCK_WAIT_BLOCK *NextToWake;
    KEVENT Wake;
} PUSH_LOCK_WAIT_BLOCK;

typedef struct _PUSH_LOCK_BUCKET
{
    KSPIN_LOCK SpinLock;
    LIST_ENTRY Waiters;
} PUSH_LOCK_BUCKET;

static PUSH_LOCK_BUCKET ExpPushLockBuckets[PUSH_LOCK_BUCKETS];

void ExpInitializePushLocks(void)
{
    for (ULONG i = 0; i < PUSH_LOCK_BUCKETS; i++) {
        KeInitializeSpinLock(&ExpPushLockBuckets[i].SpinLock);
        InitializeListHead(&ExpPushLockBuckets[i].Waiters);
    }
}

static PUSH_LOCK_BUCKET *ExpPushLockBucket(PEX_PUSH_LOCK_ Lock)
{
    ULONG_PTR Hash = (ULONG_PTR)Lock >> 3;

    Hash ^= Hash >> 7;
    Hash ^= Hash >> 17;
    return &ExpPushLockBuckets[Hash % PUSH_LOCK_BUCKETS];
}

static inline BOOLEAN ExpPushLockExchange(PEX_PUSH_LOCK_ Lock, ULONG_PTR *Seen, ULONG_PTR New)
{
    return __atomic_compare_exchange_n(&Lock->Value, Seen, New, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* Takes the lock if it is free for this kind of holder, whoever is queued. */
static BOOLEAN ExpTryPushLock(PEX_PUSH_LOCK_ Lock, BOOLEAN Exclusive)
{
    ULONG_PTR Value = Lock->Value;

    for (;;) {
        if (Value & PUSH_LOCK_LOCKED) {
            return FALSE;
        }
        if (Exclusive && Value >= PUSH_LOCK_SHARE) {
            return FALSE;
        }
        if (ExpPushLockExchange(Lock, &Value, Exclusive ? Value | PUSH_LOCK_LOCKED : Value + PUSH_LOCK_SHARE)) {
            return TRUE;
        }
    }
}

/* Queues Block unless the lock is free.  TRUE: queued, wait for it; FALSE: the lock was taken instead. */
static BOOLEAN ExpQueuePushLockWaiter(PUSH_LOCK_WAIT_BLOCK *Block, BOOLEAN AtFront)
{
    PUSH_LOCK_BUCKET *Bucket = ExpPushLockBucket(Block->Lock);
    BOOLEAN Queued = FALSE;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Bucket->SpinLock, &OldIrql);
    while (!ExpTryPushLock(Block->Lock, Block->Exclusive)) {
        ULONG_PTR Value = Block->Lock->Value;
        BOOLEAN Held = (Value & PUSH_LOCK_LOCKED) != 0 || Value >= PUSH_LOCK_SHARE;

        if (!Held || !ExpPushLockExchange(Block->Lock, &Value, Value | PUSH_LOCK_WAITERS)) {
            continue;
        }
        if (AtFront) {
            InsertHeadList(&Bucket->Waiters, &Block->Link);
        } else {
            InsertTailList(&Bucket->Waiters, &Block->Link);
        }
        Queued = TRUE;
        break;
    }
    KeReleaseSpinLock(&Bucket->SpinLock, OldIrql);
    return Queued;
}

static __attribute__((noinline)) void ExpBlockOnPushLock(PEX_PUSH_LOCK_ Lock, BOOLEAN Exclusive)
{
    PUSH_LOCK_WAIT_BLOCK Block = {.Lock = Lock, .Exclusive = Exclusive};
    BOOLEAN Again = FALSE;

    ASSERT_IRQL_LE(APC_LEVEL);
    KeInitializeEvent(&Block.Wake, SynchronizationEvent, FALSE);
    while (ExpQueuePushLockWaiter(&Block, Again)) {
        KeWaitForSingleObject(&Block.Wake, WrPushLock, KernelMode, FALSE, NULL);
        if (ExpTryPushLock(Lock, Exclusive)) {
            return;
        }
        Again = TRUE;
    }
}

/* Takes from the bucket those who may run next on Lock; clears WAITERS when nobody else is queued. */
static PUSH_LOCK_WAIT_BLOCK *ExpUnqueuePushLockWaiters(PUSH_LOCK_BUCKET *Bucket, PEX_PUSH_LOCK_ Lock)
{
    PUSH_LOCK_WAIT_BLOCK *First = NULL, **Tail = &First;
    BOOLEAN MoreWaiters = FALSE;
    PLIST_ENTRY Next;

    for (PLIST_ENTRY Link = Bucket->Waiters.Flink; Link != &Bucket->Waiters; Link = Next) {
        PUSH_LOCK_WAIT_BLOCK *Block = CONTAINING_RECORD(Link, PUSH_LOCK_WAIT_BLOCK, Link);

        Next = Link->Flink;
        if (Block->Lock != Lock) {
            continue;
        }
        if (First != NULL && (First->Exclusive || Block->Exclusive)) {
            MoreWaiters = TRUE;
            break;
        }
        RemoveEntryList(Link);
        Block->NextToWake = NULL;
        *Tail = Block;
        Tail = &Block->NextToWake;
    }
    if (!MoreWaiters) {
        __atomic_and_fetch(&Lock->Value, ~PUSH_LOCK_WAITERS, __ATOMIC_SEQ_CST);
    }
    return First;
}

static __attribute__((noinline)) void ExpWakePushLock(PEX_PUSH_LOCK_ Lock)
{
    PUSH_LOCK_BUCKET *Bucket = ExpPushLockBucket(Lock);
    PUSH_LOCK_WAIT_BLOCK *Block, *Next;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Bucket->SpinLock, &OldIrql);
    Block = ExpUnqueuePushLockWaiters(Bucket, Lock);
    KeReleaseSpinLock(&Bucket->SpinLock, OldIrql);
    for (; Block != NULL; Block = Next) {
        Next = Block->NextToWake; /* the block is gone once its event is set */
        KeSetEvent(&Block->Wake, 0, FALSE);
    }
}

void ExInitializePushLock_(PEX_PUSH_LOCK_ Lock)
{
    Lock->Value = 0;
}

void (ExAcquirePushLockExclusive_)(PEX_PUSH_LOCK_ Lock)
{
    ULONG_PTR Free = 0;

    ASSERT_IRQL_LE(APC_LEVEL);
    ExpEnterCriticalRegion();
    if (UNLIKELY(!ExpPushLockExchange(Lock, &Free, PUSH_LOCK_LOCKED))) {
        ExpBlockOnPushLock(Lock, TRUE);
    }
}

void (ExAcquirePushLockShared_)(PEX_PUSH_LOCK_ Lock)
{
    ULONG_PTR Value = Lock->Value;

    ASSERT_IRQL_LE(APC_LEVEL);
    ExpEnterCriticalRegion();
    while ((Value & (PUSH_LOCK_LOCKED | PUSH_LOCK_WAITERS)) == 0) {
        if (LIKELY(ExpPushLockExchange(Lock, &Value, Value + PUSH_LOCK_SHARE))) {
            return;
        }
    }
    ExpBlockOnPushLock(Lock, FALSE);
}

BOOLEAN ExTryAcquirePushLockExclusive_(PEX_PUSH_LOCK_ Lock)
{
    ExpEnterCriticalRegion();
    if (ExpTryPushLock(Lock, TRUE)) {
        return TRUE;
    }
    ExpLeaveCriticalRegion();
    return FALSE;
}

void ExReleasePushLockExclusive_(PEX_PUSH_LOCK_ Lock)
{
    ULONG_PTR Before = __atomic_fetch_and(&Lock->Value, ~PUSH_LOCK_LOCKED, __ATOMIC_SEQ_CST);

    ASSERT((Before & PUSH_LOCK_LOCKED) != 0 && Before < PUSH_LOCK_SHARE);
    KE_UNLOCKED(Lock, KeLockPush);
    if (UNLIKELY(Before & PUSH_LOCK_WAITERS)) {
        ExpWakePushLock(Lock);
    }
    ExpLeaveCriticalRegion();
}

void ExReleasePushLockShared_(PEX_PUSH_LOCK_ Lock)
{
    ULONG_PTR After = __atomic_sub_fetch(&Lock->Value, PUSH_LOCK_SHARE, __ATOMIC_SEQ_CST);

    ASSERT((After & PUSH_LOCK_LOCKED) == 0 && (LONG_PTR)After >= 0);
    KE_UNLOCKED(Lock, KeLockPush);
    if (UNLIKELY(After == PUSH_LOCK_WAITERS)) {
        ExpWakePushLock(Lock);
    }
    ExpLeaveCriticalRegion();
}

BOOLEAN ExIsPushLockHeldExclusive_(PEX_PUSH_LOCK_ Lock)
{
    return (Lock->Value & PUSH_LOCK_LOCKED) != 0;
}

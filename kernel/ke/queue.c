/* SPDX-License-Identifier: MIT */
/*
 * queue.c - kernel queues: entries for threads that wait in turn, with a limit on how many of those threads run at once.  Completion ports
 * and the system worker threads are made of them.
 *
 * A thread is associated with the queue it last removed from.  CurrentCount is how many associated threads are not blocked; an inserted
 * entry wakes a waiter only while it is below MaximumCount.  When an associated thread blocks elsewhere, another waiter may go
 * (KiActivateQueueWaiter); when it wakes, the count may exceed the limit for a while, as on NT.  Waiters are served last in, first out, so
 * that few threads stay busy.  A queue is also a dispatcher object, signalled while entries lie in it: who waits for that takes none.
 * The queue's own lock bit guards everything in it, the association lists included.  SignalState is the number
 * of entries.
 */
#include "kep.h"

/* An entry's Blink: in the list while it is queued, this once it was given to a thread or is being thrown away, NULL after removal, as NT's. */
#define KI_HANDED_OVER ((PLIST_ENTRY)(ULONG_PTR)1)

VOID NTAPI KeInitializeQueue(PRKQUEUE Queue, ULONG Count)
{
    KiInitializeHeader(&Queue->Header, QueueObject, sizeof(*Queue), 0);
    InitializeListHead(&Queue->EntryListHead);
    InitializeListHead(&Queue->ThreadListHead);
    Queue->CurrentCount = 0;
    Queue->MaximumCount = Count != 0 ? Count : (ULONG)KeNumberProcessors;
}

LONG NTAPI KeReadStateQueue(PRKQUEUE Queue)
{
    return Queue->Header.SignalState;
}

/* Queue locked: hands Entry to the waiter that came last.  FALSE: nobody waits. */
static BOOLEAN KiGiveEntry(PRKQUEUE Queue, PLIST_ENTRY Entry, KI_READY_LIST *Ready)
{
    PLIST_ENTRY Link = Queue->Header.WaitListHead.Blink;
    BOOLEAN MustReady;

    for (; Link != &Queue->Header.WaitListHead; Link = Link->Blink) {
        PKWAIT_BLOCK Block = CONTAINING_RECORD(Link, KWAIT_BLOCK, WaitListEntry);
        PKTHREAD Thread = Block->Thread;
        if (Block->WaitType != WaitDequeue || !KiEndWait(Thread, 0, STATUS_SUCCESS, &MustReady)) {
            continue;
        }
        RemoveEntryList(&Block->WaitListEntry);
        Block->BlockState = KiBlockUnlinked;
        Entry->Blink = KI_HANDED_OVER;
        Thread->QueueEntry = Entry;
        Queue->CurrentCount++;
        if (MustReady) {
            KiPushReady(Ready, Thread);
        }
        return TRUE;
    }
    return FALSE;
}

static LONG KiInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry, BOOLEAN Head)
{
    KI_READY_LIST Ready = { .Increment = 0 };
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    LONG Previous;

    KiLockObject(&Queue->Header);
    Previous = Queue->Header.SignalState;
    if (Previous != 0 || Queue->CurrentCount >= Queue->MaximumCount || !KiGiveEntry(Queue, Entry, &Ready)) {
        if (Head) {
            InsertHeadList(&Queue->EntryListHead, Entry);
        } else {
            InsertTailList(&Queue->EntryListHead, Entry);
        }
        Queue->Header.SignalState++;
        KiSatisfyWaiters(&Queue->Header, &Ready);
    }
    KiUnlockObject(&Queue->Header);
    KiReadyThreads(&Ready);
    KiExitDispatcher(OldIrql);
    return Previous;
}

LONG NTAPI KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry)
{
    return KiInsertQueue(Queue, Entry, FALSE);
}

LONG NTAPI KeInsertHeadQueue(PRKQUEUE Queue, PLIST_ENTRY Entry)
{
    return KiInsertQueue(Queue, Entry, TRUE);
}

/* ---- association ---------------------------------------------------------------------------------------------------------------- */

/* Queue locked, one thread fewer runs: entries that wait may go to threads that wait. */
static void KiBalanceQueue(PRKQUEUE Queue, KI_READY_LIST *Ready)
{
    while (Queue->CurrentCount < Queue->MaximumCount && !IsListEmpty(&Queue->EntryListHead) && !IsListEmpty(&Queue->Header.WaitListHead)) {
        PLIST_ENTRY Entry = RemoveHeadList(&Queue->EntryListHead);
        Queue->Header.SignalState--;
        if (!KiGiveEntry(Queue, Entry, Ready)) {
            InsertHeadList(&Queue->EntryListHead, Entry);
            Queue->Header.SignalState++;
            return;
        }
    }
}

/* DISPATCH_LEVEL.  The thread, associated with a queue, blocks on something else. */
void KiActivateQueueWaiter(PKTHREAD Thread)
{
    PRKQUEUE Queue = Thread->Queue;
    KI_READY_LIST Ready = { .Increment = 0 };

    KiLockObject(&Queue->Header);
    Queue->CurrentCount--;
    KiBalanceQueue(Queue, &Ready);
    KiUnlockObject(&Queue->Header);
    KiReadyThreads(&Ready);
}

/* It runs again. */
void KiResumeQueue(PKTHREAD Thread)
{
    PRKQUEUE Queue = Thread->Queue;

    KiLockObject(&Queue->Header);
    Queue->CurrentCount++;
    KiUnlockObject(&Queue->Header);
}

void KiUnassociateQueue(PKTHREAD Thread)
{
    PRKQUEUE Queue = Thread->Queue;
    KI_READY_LIST Ready = { .Increment = 0 };

    if (Queue == NULL) {
        return;
    }
    KiLockObject(&Queue->Header);
    RemoveEntryList(&Thread->QueueListEntry);
    Thread->Queue = NULL;
    Queue->CurrentCount--;
    KiBalanceQueue(Queue, &Ready);
    KiUnlockObject(&Queue->Header);
    KiReadyThreads(&Ready);
}

/* Queue locked. */
static void KiAssociate(PKTHREAD Thread, PRKQUEUE Queue)
{
    if (Thread->Queue == NULL) {
        Thread->Queue = Queue;
        InsertTailList(&Queue->ThreadListHead, &Thread->QueueListEntry);
        Queue->CurrentCount++; /* as if it ran; the caller takes it out while it waits */
    }
}

/* Up to Maximum entries that are there now, within the concurrency limit.  Queue locked; the thread counts as not running. */
static ULONG KiTakeEntries(PRKQUEUE Queue, PLIST_ENTRY *Entries, ULONG Maximum)
{
    ULONG Taken = 0;

    if (Queue->CurrentCount >= Queue->MaximumCount) {
        return 0;
    }
    while (Taken < Maximum && !IsListEmpty(&Queue->EntryListHead)) {
        PLIST_ENTRY Entry = RemoveHeadList(&Queue->EntryListHead);
        Queue->Header.SignalState--;
        Entry->Blink = NULL;
        Entries[Taken++] = Entry;
    }
    if (Taken != 0) {
        Queue->CurrentCount++;
    }
    return Taken;
}

/* One round: entries, or a wait.  STATUS_SUCCESS with *Taken, or why the wait ended. */
static NTSTATUS KiRemoveOnce(PRKQUEUE Queue, KI_WAIT *Wait, PLIST_ENTRY *Entries, ULONG Maximum, ULONG *Taken)
{
    PKTHREAD Thread = Wait->Thread;
    PKWAIT_BLOCK Block = &Thread->WaitBlock[0];
    NTSTATUS Status;
    KIRQL OldIrql;

    if (Thread->Queue != Queue) {
        OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
        KiUnassociateQueue(Thread);
        KiExitDispatcher(OldIrql);
    }
    OldIrql = KiEnterWait(Thread);
    KiLockObject(&Queue->Header);
    KiAssociate(Thread, Queue);
    Queue->CurrentCount--;
    *Taken = KiTakeEntries(Queue, Entries, Maximum);
    if (*Taken != 0) {
        KiUnlockObject(&Queue->Header);
        KiExitDispatcher(OldIrql);
        return STATUS_SUCCESS;
    }
    Thread->QueueEntry = NULL;
    KiBeginWait(Wait);
    Block->Thread = Thread;
    Block->Object = Queue;
    Block->WaitKey = 0;
    Block->WaitType = WaitDequeue;
    Block->BlockState = KiBlockLinked;
    InsertTailList(&Queue->Header.WaitListHead, &Block->WaitListEntry);
    KiUnlockObject(&Queue->Header);
    Status = KiFinishWait(Wait, OldIrql);
    if (Thread->QueueEntry != NULL) {
        Entries[0] = Thread->QueueEntry; /* KiGiveEntry has counted this thread */
        Entries[0]->Blink = NULL;
        *Taken = 1;
        return STATUS_SUCCESS;
    }
    OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    if (Thread->Queue == Queue) { /* not run down meanwhile */
        KiResumeQueue(Thread);
    }
    KiExitDispatcher(OldIrql);
    return Status;
}

static NTSTATUS KiRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE Mode, BOOLEAN Alertable, const LARGE_INTEGER *Timeout, PLIST_ENTRY *Entries,
                              ULONG Maximum, ULONG *Taken)
{
    PKTHREAD Thread = KeGetCurrentThread();
    NTSTATUS Status;
    KI_WAIT Wait;

    ASSERT_IRQL_LE(APC_LEVEL);
    KiInitializeWait(&Wait, Thread, WrQueue, Mode, Alertable, Timeout);
    Wait.Blocks = Thread->WaitBlock;
    Wait.Count = 1;
    do {
        Status = KiRemoveOnce(Queue, &Wait, Entries, Maximum, Taken);
    } while (Status == STATUS_KERNEL_APC);
    return Status;
}

PLIST_ENTRY NTAPI KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout)
{
    PLIST_ENTRY Entry = NULL;
    ULONG Taken = 0;
    NTSTATUS Status = KiRemoveQueue(Queue, WaitMode, FALSE, Timeout, &Entry, 1, &Taken);

    return Taken != 0 ? Entry : (PLIST_ENTRY)(LONG_PTR)Status;
}

ULONG NTAPI KeRemoveQueueEx(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PLIST_ENTRY *Entries,
                            ULONG Count)
{
    ULONG Taken = 0;
    NTSTATUS Status = KiRemoveQueue(Queue, WaitMode, Alertable, Timeout, Entries, Count, &Taken);

    return Taken != 0 ? Taken : (ULONG)Status;
}

/* Queue locked: its entries as a ring without head. */
static PLIST_ENTRY KiTakeAll(PRKQUEUE Queue)
{
    PLIST_ENTRY First = NULL;

    if (!IsListEmpty(&Queue->EntryListHead)) {
        First = Queue->EntryListHead.Flink;
        RemoveEntryList(&Queue->EntryListHead);
        InitializeListHead(&Queue->EntryListHead);
        for (PLIST_ENTRY Entry = First; Entry->Blink != KI_HANDED_OVER; Entry = Entry->Flink) {
            Entry->Blink = KI_HANDED_OVER;
        }
    }
    Queue->Header.SignalState = 0;
    return First;
}

BOOLEAN KeRemoveQueueEntry_(PRKQUEUE Queue, PLIST_ENTRY Entry)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    BOOLEAN There;

    KiLockObject(&Queue->Header);
    There = Entry->Blink != NULL && Entry->Blink != KI_HANDED_OVER;
    if (There) {
        RemoveEntryList(Entry);
        Entry->Blink = NULL;
        Queue->Header.SignalState--;
    }
    KiUnlockObject(&Queue->Header);
    KeLowerIrql(OldIrql);
    return There;
}

PLIST_ENTRY KeAbandonQueue_(PRKQUEUE Queue)
{
    KI_READY_LIST Ready = { .Increment = 0 };
    PLIST_ENTRY First;
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    PLIST_ENTRY Link, Next;
    BOOLEAN MustReady;

    KiLockObject(&Queue->Header);
    for (Link = Queue->Header.WaitListHead.Flink; Link != &Queue->Header.WaitListHead; Link = Next) {
        PKWAIT_BLOCK Block = CONTAINING_RECORD(Link, KWAIT_BLOCK, WaitListEntry);
        Next = Link->Flink;
        if (Block->WaitType == WaitDequeue && KiEndWait(Block->Thread, 0, STATUS_ABANDONED, &MustReady)) {
            RemoveEntryList(&Block->WaitListEntry);
            Block->BlockState = KiBlockUnlinked;
            if (MustReady) {
                KiPushReady(&Ready, Block->Thread);
            }
        }
    }
    First = KiTakeAll(Queue);
    KiUnlockObject(&Queue->Header);
    KiReadyThreads(&Ready);
    KiExitDispatcher(OldIrql);
    return First;
}

PLIST_ENTRY NTAPI KeRundownQueue(PRKQUEUE Queue)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    PLIST_ENTRY First;

    KiLockObject(&Queue->Header);
    ASSERT(IsListEmpty(&Queue->Header.WaitListHead));
    First = KiTakeAll(Queue);
    while (!IsListEmpty(&Queue->ThreadListHead)) {
        PKTHREAD Thread = CONTAINING_RECORD(RemoveHeadList(&Queue->ThreadListHead), KTHREAD, QueueListEntry);
        Thread->Queue = NULL;
    }
    KiUnlockObject(&Queue->Header);
    KeLowerIrql(OldIrql);
    return First;
}

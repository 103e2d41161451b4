/* SPDX-License-Identifier: MIT */
/*
 * timer.c - timers: a table of 256 slots by due time, each a list sorted by it.
 *
 * A slot covers 2^17 * 100 ns = 13.1 ms; the clock interrupt compares the slots passed since the last tick with their earliest due time
 * (NextDue, read without the lock) and queues the expiry DPC if one is due.  Due times are interrupt time; a timer set to an absolute
 * system time is converted once and is not moved when the system time is set (docs/nt-differences.md). Locks: the timer object's own, then
 * the slot's.  Expiry finds the timer by its slot, so it only tries the object's lock and backs off.
 */
#include "kep.h"

#define TIMER_SLOTS 256
#define TIMER_SLOT_SHIFT 17
#define NEVER MAXLONGLONG

typedef struct _KI_TIMER_SLOT
{
    KSPIN_LOCK Lock;
    LIST_ENTRY Timers;         /* by DueTime */
    volatile LONGLONG NextDue; /* of the first; NEVER */
} KI_TIMER_SLOT;

static KI_TIMER_SLOT KiTimerTable[TIMER_SLOTS];
static ULONG64 KiLastHand; /* slot number (not masked) up to which expiry has looked; clock owner only */

void KiInitializeTimers(void)
{
    for (ULONG i = 0; i < TIMER_SLOTS; i++) {
        InitializeListHead(&KiTimerTable[i].Timers);
        KiTimerTable[i].NextDue = NEVER;
    }
}

static KI_TIMER_SLOT *KiTimerSlot(const KTIMER *Timer)
{
    return &KiTimerTable[(Timer->DueTime.QuadPart >> TIMER_SLOT_SHIFT) & (TIMER_SLOTS - 1)];
}

static void KiUpdateNextDue(KI_TIMER_SLOT *Slot)
{
    Slot->NextDue =
        IsListEmpty(&Slot->Timers) ? NEVER : (LONGLONG)CONTAINING_RECORD(Slot->Timers.Flink, KTIMER, TimerListEntry)->DueTime.QuadPart;
}

/* The table looks at a slot only when time passes it: what is due by now must not go in. */
BOOLEAN KiInsertTimer(PKTIMER Timer, LONGLONG DueTime)
{
    KI_TIMER_SLOT *Slot;
    PLIST_ENTRY Entry;

    if (DueTime <= (LONGLONG)KiInterruptTime()) {
        return FALSE;
    }
    Timer->DueTime.QuadPart = (ULONGLONG)DueTime;
    Timer->Header.Inserted = TRUE;
    Slot = KiTimerSlot(Timer);
    KiAcquireLock(&Slot->Lock);
    for (Entry = Slot->Timers.Blink; Entry != &Slot->Timers; Entry = Entry->Blink) {
        if (CONTAINING_RECORD(Entry, KTIMER, TimerListEntry)->DueTime.QuadPart <= (ULONGLONG)DueTime) {
            break;
        }
    }
    InsertHeadList(Entry, &Timer->TimerListEntry);
    KiUpdateNextDue(Slot);
    KiReleaseLock(&Slot->Lock);
    __sync_synchronize();
    if (UNLIKELY(DueTime <= (LONGLONG)KiInterruptTime())) { /* the hand may have passed while we were at it */
        KiRemoveTimer(Timer);
        return FALSE;
    }
    return TRUE;
}

void KiRemoveTimer(PKTIMER Timer)
{
    KI_TIMER_SLOT *Slot = KiTimerSlot(Timer);

    KiAcquireLock(&Slot->Lock);
    RemoveEntryList(&Timer->TimerListEntry);
    KiUpdateNextDue(Slot);
    KiReleaseLock(&Slot->Lock);
    Timer->Header.Inserted = FALSE;
}

/* ---- expiry --------------------------------------------------------------------------------------------------------------------- */

/* From the clock interrupt of the processor that owns the clock. */
BOOLEAN KiTimersDue(ULONG64 Now)
{
    ULONG64 Hand = Now >> TIMER_SLOT_SHIFT;
    ULONG64 First = Hand - KiLastHand < TIMER_SLOTS ? KiLastHand : Hand - (TIMER_SLOTS - 1);

    for (ULONG64 i = First; i <= Hand; i++) {
        if (KiTimerTable[i & (TIMER_SLOTS - 1)].NextDue <= (LONGLONG)Now) {
            return TRUE;
        }
    }
    KiLastHand = Hand;
    return FALSE;
}

/* Timer locked and off the table: signalled; its DPC queued; a periodic one set again. */
static void KiTimerExpired(PKTIMER Timer, ULONG64 Now, KI_READY_LIST *Ready)
{
    LONGLONG Next;

    Timer->Header.SignalState = 1;
    KiSatisfyWaiters(&Timer->Header, Ready);
    if (Timer->Period != 0) {
        Next = (LONGLONG)Timer->DueTime.QuadPart + (LONGLONG)Timer->Period * 10000;
        if (Next <= (LONGLONG)Now || !KiInsertTimer(Timer, Next)) {
            (void)KiInsertTimer(Timer, (LONGLONG)Now + (LONGLONG)Timer->Period * 10000);
        }
    }
    if (Timer->Dpc != NULL) {
        LARGE_INTEGER SystemTime = { .QuadPart = KiSystemTime() };
        (void)KeInsertQueueDpc(Timer->Dpc, (PVOID)(ULONG_PTR)SystemTime.LowPart, (PVOID)(ULONG_PTR)(ULONG)SystemTime.HighPart);
    }
}

/* The slot's first timer, locked and taken off, if it is due. */
static PKTIMER KiTakeDueTimer(KI_TIMER_SLOT *Slot, ULONG64 Now)
{
    for (;;) {
        PKTIMER Timer;
        KiAcquireLock(&Slot->Lock);
        if (IsListEmpty(&Slot->Timers)) {
            break;
        }
        Timer = CONTAINING_RECORD(Slot->Timers.Flink, KTIMER, TimerListEntry);
        if (Timer->DueTime.QuadPart > Now) {
            break;
        }
        if (KiTryLockObject(&Timer->Header)) {
            RemoveEntryList(&Timer->TimerListEntry);
            KiUpdateNextDue(Slot);
            KiReleaseLock(&Slot->Lock);
            Timer->Header.Inserted = FALSE;
            return Timer;
        }
        KiReleaseLock(&Slot->Lock);
        YieldProcessor();
    }
    KiReleaseLock(&Slot->Lock);
    return NULL;
}

void KiExpireTimers(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    ULONG64 Now = KiInterruptTime();
    ULONG64 Hand = Now >> TIMER_SLOT_SHIFT;
    ULONG64 First = Hand - KiLastHand < TIMER_SLOTS ? KiLastHand : Hand - (TIMER_SLOTS - 1);

    for (ULONG64 i = First; i <= Hand; i++) {
        KI_TIMER_SLOT *Slot = &KiTimerTable[i & (TIMER_SLOTS - 1)];
        PKTIMER Timer;
        while ((Timer = KiTakeDueTimer(Slot, Now)) != NULL) {
            KI_READY_LIST Ready = { .Increment = 0 };
            KiTimerExpired(Timer, Now, &Ready);
            KiUnlockObject(&Timer->Header);
            KiReadyThreads(&Ready);
        }
    }
    KiLastHand = Hand;
}

/* For the verifier, with all processors held. */
void KiVerifyTimers(void (*Wrong)(PVOID Context, const char *What, const VOID *Object, ULONG64 Value), PVOID Context)
{
    for (ULONG i = 0; i < TIMER_SLOTS; i++) {
        KI_TIMER_SLOT *Slot = &KiTimerTable[i];
        ULONG64 Last = 0;
        if (Slot->NextDue != (IsListEmpty(&Slot->Timers)
                                  ? NEVER
                                  : (LONGLONG)CONTAINING_RECORD(Slot->Timers.Flink, KTIMER, TimerListEntry)->DueTime.QuadPart)) {
            Wrong(Context, "a timer slot's first due time", Slot, (ULONG64)Slot->NextDue);
        }
        for (PLIST_ENTRY Entry = Slot->Timers.Flink; Entry != &Slot->Timers; Entry = Entry->Flink) {
            PKTIMER Timer = CONTAINING_RECORD(Entry, KTIMER, TimerListEntry);
            if (!Timer->Header.Inserted || Timer->DueTime.QuadPart < Last || KiTimerSlot(Timer) != Slot) {
                Wrong(Context, "a timer in the wrong place", Timer, Timer->DueTime.QuadPart);
            }
            Last = Timer->DueTime.QuadPart;
        }
    }
}

/* ---- the public routines -------------------------------------------------------------------------------------------------------- */

VOID NTAPI KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
    KiInitializeHeader(&Timer->Header, (UCHAR)(TimerNotificationObject + Type), sizeof(*Timer), 0);
    Timer->DueTime.QuadPart = 0;
    Timer->Dpc = NULL;
    Timer->Period = 0;
    Timer->Processor = 0;
}

VOID NTAPI KeInitializeTimer(PKTIMER Timer)
{
    KeInitializeTimerEx(Timer, NotificationTimer);
}

BOOLEAN NTAPI KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
    KI_READY_LIST Ready = { .Increment = 0 };
    LONGLONG Due;
    BOOLEAN Inserted;
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    (void)KiInterruptTimeFromTimeout(&DueTime, &Due);
    KiLockObject(&Timer->Header);
    Inserted = Timer->Header.Inserted;
    if (Inserted) {
        KiRemoveTimer(Timer);
    }
    Timer->Header.SignalState = 0;
    Timer->Header.Absolute = DueTime.QuadPart > 0;
    Timer->Dpc = Dpc;
    Timer->Period = (ULONG)Period;
    if (!KiInsertTimer(Timer, Due)) {
        Timer->DueTime.QuadPart = (ULONGLONG)Due;
        KiTimerExpired(Timer, KiInterruptTime(), &Ready);
    }
    KiUnlockObject(&Timer->Header);
    KiReadyThreads(&Ready);
    KiExitDispatcher(OldIrql);
    return Inserted;
}

BOOLEAN NTAPI KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
    return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}

/* Coalescing would save power that an emulator does not use: exact timers satisfy its contract. */
BOOLEAN NTAPI KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay, PKDPC Dpc)
{
    return KeSetTimerEx(Timer, DueTime, (LONG)Period, Dpc);
}

BOOLEAN NTAPI KeCancelTimer(PKTIMER Timer)
{
    BOOLEAN Inserted;
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    KiLockObject(&Timer->Header);
    Inserted = Timer->Header.Inserted;
    if (Inserted) {
        KiRemoveTimer(Timer);
    }
    Timer->Period = 0;
    KiUnlockObject(&Timer->Header);
    KiExitDispatcher(OldIrql);
    return Inserted;
}

BOOLEAN NTAPI KeReadStateTimer(PKTIMER Timer)
{
    return Timer->Header.SignalState != 0;
}

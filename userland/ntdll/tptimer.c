/* SPDX-License-Identifier: MIT */
/*
 * tptimer.c - the timer thread of the thread pool.
 *
 * All armed timers are in one list, by due time.  One thread sleeps until the first is due, hands the callbacks to their pools (or calls those that asked
 * for it itself), and ends when there has been nothing to do for a while.  The same thread looks every tick after pools that want more workers.
 *
 * Due times are interrupt time, which nobody sets; a wall-clock due time is converted when the timer is set, so a change of the clock after that
 * is not seen (on Windows it is).  The window a caller allows for coalescing is not used.
 */
#include "tpp.h"

#define TICK (10 * 10000LL)
#define IDLE_TIME (10 * 10000000LL)

static LIST_ENTRY Timers = {&Timers, &Timers};   /* TppLock, as all here */
static LIST_ENTRY Starved = {&Starved, &Starved};
static HANDLE Wake;                              /* the thread's event; stays when the thread goes */
static bool Running;

LONGLONG TppNow(void)
{
    return (LONGLONG)SharedInterruptTimeLow();
}

LONGLONG TppDueTime(const LARGE_INTEGER *Time)
{
    LONGLONG Now = TppNow();

    if (Time->QuadPart > 0)
        return Now + (Time->QuadPart - (LONGLONG)SharedSystemTime());
    return Time->QuadPart < Now - TPP_FOR_EVER ? TPP_FOR_EVER : Now - Time->QuadPart;
}

static ULONG NTAPI TimerThread(PVOID Parameter);

static void WakeTimerThread(void)
{
    if (Wake == NULL && !NT_SUCCESS(NtCreateEvent(&Wake, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE)))
        return;
    if (!Running)
        Running = NT_SUCCESS(TppStartThread(TimerThread, NULL, 0, 0));
    else
        NtSetEvent(Wake, NULL);
}

static void Insert(TPP_OBJECT *Timer)
{
    LIST_ENTRY *Link = Timers.Blink;

    while (Link != &Timers && CONTAINING_RECORD(Link, TPP_OBJECT, Timer.Link)->Timer.Due > Timer->Timer.Due)
        Link = Link->Blink;
    InsertHeadList(Link, &Timer->Timer.Link);
    Timer->Timer.Armed = true;
}

void TppDisarmTimer(TPP_OBJECT *Timer)
{
    if (Timer->Timer.Armed)
        RemoveEntryList(&Timer->Timer.Link);
    Timer->Timer.Armed = false;
    Timer->Timer.Set = false;
}

void TppArmTimer(TPP_OBJECT *Timer, LONGLONG Due, ULONG Period)
{
    TppDisarmTimer(Timer);
    if (Timer->Closed)
        return;
    Timer->Timer.Due = Due;
    Timer->Timer.Period = Period;
    Timer->Timer.Set = true;
    Insert(Timer);
    if (Timers.Flink == &Timer->Timer.Link)
        WakeTimerThread();
}

void TppWatch(PTP_POOL Pool)
{
    if (!IsListEmpty(&Pool->StarvedLink) || Pool->Dying)
        return;
    InsertTailList(&Starved, &Pool->StarvedLink);
    WakeTimerThread();
}

/* A timer whose time has come, ready to be called: by us (Mine), or with its pool still to be told.  NULL: none. */
static TPP_OBJECT *TakeDue(LONGLONG Now)
{
    if (IsListEmpty(&Timers))
        return NULL;
    TPP_OBJECT *Timer = CONTAINING_RECORD(Timers.Flink, TPP_OBJECT, Timer.Link);
    if (Timer->Timer.Due > Now)
        return NULL;
    RemoveEntryList(&Timer->Timer.Link);
    Timer->Timer.Armed = false;
    if (Timer->Timer.Period != 0) {
        Timer->Timer.Due += (LONGLONG)Timer->Timer.Period * 10000;
        if (Timer->Timer.Due <= Now) /* expiries that could not be met are not made up for */
            Timer->Timer.Due = Now + (LONGLONG)Timer->Timer.Period * 10000;
        Insert(Timer);
    }
    if (Timer->InService) {
        Timer->Running++;
        Timer->References++;
    } else {
        TppReady(Timer);
    }
    return Timer;
}

static void RunTimers(void)
{
    for (TPP_OBJECT *Timer;;) {
        TppAcquire();
        Timer = TakeDue(TppNow());
        PTP_POOL Pool = Timer != NULL ? Timer->Pool : NULL;
        bool Mine = Timer != NULL && Timer->InService;
        TppRelease();
        if (Timer == NULL)
            return;
        if (Mine)
            TppCall(Timer, NULL);
        else
            TppSend(Pool);
    }
}

/* Each pool on the list once; those that need no more watching go from it. */
static void RelievePools(void)
{
    LIST_ENTRY Now = {&Now, &Now};

    TppAcquire();
    while (!IsListEmpty(&Starved)) {
        LIST_ENTRY *Link = Starved.Flink;
        RemoveEntryList(Link);
        InsertTailList(&Now, Link);
    }
    while (!IsListEmpty(&Now)) {
        PTP_POOL Pool = CONTAINING_RECORD(Now.Flink, struct _TP_POOL, StarvedLink);
        Pool->References++;
        bool Again = TppRelieve(Pool);
        if (!IsListEmpty(&Pool->StarvedLink))
            RemoveEntryList(&Pool->StarvedLink);
        InitializeListHead(&Pool->StarvedLink);
        if (Again)
            InsertTailList(&Starved, &Pool->StarvedLink);
        TppRelease();
        TppDereferencePool(Pool);
        TppAcquire();
    }
    TppRelease();
}

static ULONG NTAPI TimerThread(PVOID Parameter)
{
    UNUSED(Parameter);
    for (;;) {
        LARGE_INTEGER Timeout = {.QuadPart = -IDLE_TIME};

        RunTimers();
        RelievePools();
        TppAcquire();
        bool Busy = !IsListEmpty(&Timers) || !IsListEmpty(&Starved);
        if (!IsListEmpty(&Timers)) {
            LONGLONG Now = TppNow(), Due = CONTAINING_RECORD(Timers.Flink, TPP_OBJECT, Timer.Link)->Timer.Due;
            Timeout.QuadPart = Due <= Now ? 0 : Now - Due;
        }
        if (!IsListEmpty(&Starved) && (IsListEmpty(&Timers) || Timeout.QuadPart < -TICK))
            Timeout.QuadPart = -TICK;
        TppRelease();
        NTSTATUS Status = NtWaitForSingleObject(Wake, TRUE, &Timeout);
        TppAcquire();
        bool Leave = Status == STATUS_TIMEOUT && !Busy && IsListEmpty(&Timers) && IsListEmpty(&Starved);
        if (Leave)
            Running = false;
        TppRelease();
        if (Leave)
            RtlExitUserThread(STATUS_SUCCESS);
    }
}

/* ---- timers as programs see them ------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI TpAllocTimer(PTP_TIMER *Timer, PTP_TIMER_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment)
{
    return TppCreateObject(TppTimer, (PVOID)Callback, Context, Environment, (TPP_OBJECT **)Timer);
}

/* TRUE: it was armed, and that expiry will not come. */
LOGICAL NTAPI TpSetTimerEx(PTP_TIMER Handle, PLARGE_INTEGER DueTime, ULONG Period, ULONG WindowLength)
{
    TPP_OBJECT *Timer = (TPP_OBJECT *)Handle;

    UNUSED(WindowLength);
    TppAcquire();
    bool Was = Timer->Timer.Armed;
    if (DueTime != NULL)
        TppArmTimer(Timer, TppDueTime(DueTime), Period);
    else
        TppDisarmTimer(Timer);
    TppRelease();
    return Was;
}

VOID NTAPI TpSetTimer(PTP_TIMER Timer, PLARGE_INTEGER DueTime, ULONG Period, ULONG WindowLength)
{
    TpSetTimerEx(Timer, DueTime, Period, WindowLength);
}

/* Whether the program has set it and not stopped it: a timer that has expired for good still counts as set. */
LOGICAL NTAPI TpIsTimerSet(PTP_TIMER Timer)
{
    return ((TPP_OBJECT *)Timer)->Timer.Set;
}

VOID NTAPI TpWaitForTimer(PTP_TIMER Timer, LOGICAL CancelPending)
{
    TppDrain((TPP_OBJECT *)Timer, CancelPending != 0);
}

VOID NTAPI TpReleaseTimer(PTP_TIMER Timer)
{
    TppClose((TPP_OBJECT *)Timer);
}

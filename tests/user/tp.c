/* SPDX-License-Identifier: MIT */
/*
 * tp.c - the thread pool: work, simple callbacks, timers, waits, pools with limits, cleanup groups, callback environments, what a callback may ask for.
 *
 * Nothing here depends on how long anything takes: each step waits for an event with a time-out that only a broken pool reaches.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include "tap.h"

#define LONG_TIME 20000

static HANDLE Go, Done1;
static volatile LONG Count, Inside, Most;

static int Wait(HANDLE Handle)
{
    return WaitForSingleObject(Handle, LONG_TIME) == WAIT_OBJECT_0;
}

static HANDLE Event(BOOL Manual)
{
    return CreateEventA(NULL, Manual, FALSE, NULL);
}

/* ---- work ---- */

static VOID CALLBACK CountWork(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PTP_WORK Work)
{
    (void)Instance;
    (void)Work;
    InterlockedIncrement(Context);
}

/* Counts how many are inside at once, and stays until Go. */
static VOID CALLBACK BlockWork(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PTP_WORK Work)
{
    LONG Now = InterlockedIncrement(&Inside), Old;

    (void)Instance;
    (void)Work;
    while ((Old = Most) < Now) {
        InterlockedCompareExchange(&Most, Now, Old);
    }
    if (Context != NULL && Now == (LONG)(LONG_PTR)Context) {
        SetEvent(Done1);
    }
    WaitForSingleObject(Go, LONG_TIME);
    InterlockedDecrement(&Inside);
    InterlockedIncrement(&Count);
}

static void Work(void)
{
    volatile LONG Calls = 0;
    PTP_WORK Item = CreateThreadpoolWork(CountWork, (PVOID)&Calls, NULL);

    Ok(Item != NULL, "a work item");
    WaitForThreadpoolWorkCallbacks(Item, FALSE);
    Ok(Calls == 0, "not called before it is submitted; waiting for nothing returns");
    for (int i = 0; i < 1000; i++) {
        SubmitThreadpoolWork(Item);
    }
    WaitForThreadpoolWorkCallbacks(Item, FALSE);
    Is(Calls, 1000, "called once for each submission");
    CloseThreadpoolWork(Item);
    SetLastError(0);
    Ok(CreateThreadpoolWork(NULL, NULL, NULL) == NULL, "no callback, no work");
}

static void Rendezvous(void)
{
    enum { N = 12 };
    PTP_WORK Item = CreateThreadpoolWork(BlockWork, (PVOID)(LONG_PTR)N, NULL);

    Inside = Most = Count = 0;
    ResetEvent(Go);
    ResetEvent(Done1);
    for (int i = 0; i < N; i++) {
        SubmitThreadpoolWork(Item);
    }
    Ok(Wait(Done1), "a dozen callbacks that block all get a thread");
    SetEvent(Go);
    WaitForThreadpoolWorkCallbacks(Item, FALSE);
    Is(Count, N, "and all end");
    CloseThreadpoolWork(Item);
}

static void Limits(void)
{
    TP_CALLBACK_ENVIRON Environment;
    PTP_POOL Pool = CreateThreadpool(NULL);
    TP_POOL_STACK_INFORMATION Stack = {0x20000, 0x4000}, Got = {0, 0};

    Ok(Pool != NULL, "a pool");
    Ok(CreateThreadpool((PVOID)1) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "the reserved parameter is");
    Ok(QueryThreadpoolStackInformation(Pool, &Got) && Got.StackReserve != 0, "its stacks are the image's");
    Ok(SetThreadpoolStackInformation(Pool, &Stack) && QueryThreadpoolStackInformation(Pool, &Got), "other stacks");
    Ok(Got.StackReserve == 0x20000 && Got.StackCommit == 0x4000, "as set");
    SetThreadpoolThreadMaximum(Pool, 2);
    Ok(SetThreadpoolThreadMinimum(Pool, 1), "one thread at least");
    InitializeThreadpoolEnvironment(&Environment);
    SetThreadpoolCallbackPool(&Environment, Pool);
    PTP_WORK Item = CreateThreadpoolWork(BlockWork, (PVOID)2, &Environment);
    Inside = Most = Count = 0;
    ResetEvent(Go);
    ResetEvent(Done1);
    for (int i = 0; i < 6; i++) {
        SubmitThreadpoolWork(Item);
    }
    Ok(Wait(Done1), "two run");
    Sleep(100);
    Is(Most, 2, "and not more than the maximum");
    SetEvent(Go);
    WaitForThreadpoolWorkCallbacks(Item, FALSE);
    Ok(Count == 6 && Most == 2, "the rest after them");
    /* cancel: the pool's only threads block, so what is submitted more stays pending */
    Inside = Most = Count = 0;
    ResetEvent(Go);
    ResetEvent(Done1);
    for (int i = 0; i < 6; i++) {
        SubmitThreadpoolWork(Item);
    }
    Wait(Done1);
    volatile LONG Calls = 0;
    PTP_WORK Pending = CreateThreadpoolWork(CountWork, (PVOID)&Calls, &Environment);
    SubmitThreadpoolWork(Pending);
    SubmitThreadpoolWork(Pending);
    WaitForThreadpoolWorkCallbacks(Pending, TRUE);
    CloseThreadpoolWork(Pending);
    SetEvent(Go);
    WaitForThreadpoolWorkCallbacks(Item, FALSE);
    Ok(Calls == 0, "cancelled callbacks are not called");
    CloseThreadpoolWork(Item);
    CloseThreadpool(Pool);
}

/* ---- priorities ---- */

static volatile LONG Order[8], Place;

static VOID CALLBACK NoteOrder(PTP_CALLBACK_INSTANCE Instance, PVOID Context)
{
    (void)Instance;
    Order[InterlockedIncrement(&Place) - 1] = (LONG)(LONG_PTR)Context;
    if (Place == 3) {
        SetEvent(Done1);
    }
}

static void Priorities(void)
{
    TP_CALLBACK_ENVIRON Environment;
    PTP_POOL Pool = CreateThreadpool(NULL);
    TP_CALLBACK_PRIORITY All[] = {TP_CALLBACK_PRIORITY_LOW, TP_CALLBACK_PRIORITY_NORMAL, TP_CALLBACK_PRIORITY_HIGH};

    SetThreadpoolThreadMaximum(Pool, 1);
    InitializeThreadpoolEnvironment(&Environment);
    SetThreadpoolCallbackPool(&Environment, Pool);
    PTP_WORK Item = CreateThreadpoolWork(BlockWork, (PVOID)1, &Environment);
    Inside = Most = Place = 0;
    ResetEvent(Go);
    ResetEvent(Done1);
    SubmitThreadpoolWork(Item);
    Wait(Done1);
    ResetEvent(Done1);
    for (int i = 0; i < 3; i++) {
        SetThreadpoolCallbackPriority(&Environment, All[i]);
        TrySubmitThreadpoolCallback(NoteOrder, (PVOID)(LONG_PTR)All[i], &Environment);
    }
    SetEvent(Go);
    Ok(Wait(Done1), "three callbacks of different priorities, submitted lowest first");
    Ok(Order[0] == TP_CALLBACK_PRIORITY_HIGH && Order[1] == TP_CALLBACK_PRIORITY_NORMAL && Order[2] == TP_CALLBACK_PRIORITY_LOW, "highest first");
    WaitForThreadpoolWorkCallbacks(Item, FALSE);
    CloseThreadpoolWork(Item);
    CloseThreadpool(Pool);
}

/* ---- environments ---- */

static VOID CALLBACK SetContextEvent(PTP_CALLBACK_INSTANCE Instance, PVOID Context)
{
    (void)Instance;
    SetEvent(Context);
}

static VOID CALLBACK Finalize(PTP_CALLBACK_INSTANCE Instance, PVOID Context)
{
    (void)Instance;
    (void)Context;
    Count = 77;
    SetEvent(Done1);
}

static void Environments(void)
{
    TP_CALLBACK_ENVIRON Environment;
    HANDLE Called = Event(FALSE);

    Ok(TrySubmitThreadpoolCallback(SetContextEvent, Called, NULL) && Wait(Called), "a simple callback in the default pool");
    InitializeThreadpoolEnvironment(&Environment);
    Environment.Version = 9999;
    Ok(!TrySubmitThreadpoolCallback(SetContextEvent, Called, &Environment) && GetLastError() == ERROR_INVALID_PARAMETER, "a version nobody knows");
    Environment.Version = 1;
    Ok(TrySubmitThreadpoolCallback(SetContextEvent, Called, &Environment) && Wait(Called), "version 1");
    InitializeThreadpoolEnvironment(&Environment);
    Environment.FinalizationCallback = Finalize;
    Count = 0;
    ResetEvent(Done1);
    TrySubmitThreadpoolCallback(SetContextEvent, Called, &Environment);
    Ok(Wait(Done1) && Count == 77, "a finalization callback");
    Ok(Wait(Called), "after the callback");
    SetThreadpoolCallbackLibrary(&Environment, GetModuleHandleA(NULL));
    SetThreadpoolCallbackRunsLong(&Environment);
    Environment.FinalizationCallback = NULL;
    Ok(TrySubmitThreadpoolCallback(SetContextEvent, Called, &Environment) && Wait(Called), "with a library to keep loaded, running long");
    CloseHandle(Called);
}

/* ---- what a callback asks for ---- */

static CRITICAL_SECTION Section;
static HANDLE Mutex, Semaphore, Returned;
static volatile LONG LongAnswer, LongAgain;

static VOID CALLBACK Completing(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PTP_WORK Item)
{
    (void)Context;
    (void)Item;
    EnterCriticalSection(&Section);
    LeaveCriticalSectionWhenCallbackReturns(Instance, &Section);
    WaitForSingleObject(Mutex, LONG_TIME);
    ReleaseMutexWhenCallbackReturns(Instance, Mutex);
    ReleaseSemaphoreWhenCallbackReturns(Instance, Semaphore, 3);
    SetEventWhenCallbackReturns(Instance, Returned);
    FreeLibraryWhenCallbackReturns(Instance, LoadLibraryA("advapi32.dll"));
}

static VOID CALLBACK Disassociating(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PTP_WORK Item)
{
    (void)Item;
    LongAnswer = CallbackMayRunLong(Instance);
    LongAgain = CallbackMayRunLong(Instance);
    DisassociateCurrentThreadFromCallback(Instance);
    SetEvent(Done1);
    WaitForSingleObject(Go, LONG_TIME);
    SetEvent(Context);
}

static void Instances(void)
{
    PTP_WORK Item;
    HANDLE Last = Event(FALSE);

    InitializeCriticalSection(&Section);
    Mutex = CreateMutexA(NULL, FALSE, NULL);
    Semaphore = CreateSemaphoreA(NULL, 0, 10, NULL);
    Returned = Event(FALSE);
    Item = CreateThreadpoolWork(Completing, NULL, NULL);
    SubmitThreadpoolWork(Item);
    Ok(Wait(Returned), "an event is set when the callback returns");
    WaitForThreadpoolWorkCallbacks(Item, FALSE);
    Ok(TryEnterCriticalSection(&Section), "a critical section is left");
    LeaveCriticalSection(&Section);
    Is(WaitForSingleObject(Mutex, 0), WAIT_OBJECT_0, "a mutex is released, not abandoned");
    ReleaseMutex(Mutex);
    int Taken = 0;
    while (WaitForSingleObject(Semaphore, 0) == WAIT_OBJECT_0) {
        Taken++;
    }
    Is(Taken, 3, "a semaphore is released");
    CloseThreadpoolWork(Item);
    Item = CreateThreadpoolWork(Disassociating, Last, NULL);
    ResetEvent(Go);
    ResetEvent(Done1);
    SubmitThreadpoolWork(Item);
    Wait(Done1);
    WaitForThreadpoolWorkCallbacks(Item, FALSE);
    Ok(WaitForSingleObject(Last, 0) == WAIT_TIMEOUT, "a callback that has disassociated itself is not waited for");
    Ok(LongAnswer && LongAgain, "a callback may run long, and may say so twice");
    SetEvent(Go);
    Ok(Wait(Last), "and goes on");
    CloseThreadpoolWork(Item);
    CloseHandle(Last);
}

/* ---- timers ---- */

static VOID CALLBACK Tick(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PTP_TIMER Timer)
{
    (void)Instance;
    (void)Timer;
    if (InterlockedIncrement(&Count) == (LONG)(LONG_PTR)Context) {
        SetEvent(Done1);
    }
}

static FILETIME In(LONGLONG Milliseconds)
{
    ULARGE_INTEGER Time = {.QuadPart = (ULONGLONG)(-10000 * Milliseconds)};
    FILETIME File = {Time.LowPart, Time.HighPart};

    return File;
}

static void Timers(void)
{
    PTP_TIMER Timer = CreateThreadpoolTimer(Tick, (PVOID)3, NULL);
    FILETIME Due = In(10), Never = In(3600000), Now = {0, 0};
    SYSTEMTIME System;

    Ok(Timer != NULL && !IsThreadpoolTimerSet(Timer), "a timer that is not set");
    Count = 0;
    ResetEvent(Done1);
    SetThreadpoolTimer(Timer, &Due, 10, 0);
    Ok(IsThreadpoolTimerSet(Timer), "set");
    Ok(Wait(Done1), "periodic");
    SetThreadpoolTimer(Timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(Timer, TRUE);
    LONG After = Count;
    Sleep(60);
    Ok(Count == After && !IsThreadpoolTimerSet(Timer), "stopped");
    Ok(!SetThreadpoolTimerEx(Timer, &Never, 0, 0), "SetThreadpoolTimerEx: was not set");
    Ok(SetThreadpoolTimerEx(Timer, NULL, 0, 0), "was, and is stopped");
    CloseThreadpoolTimer(Timer);
    Timer = CreateThreadpoolTimer(Tick, (PVOID)1, NULL);
    Count = 0;
    ResetEvent(Done1);
    SetThreadpoolTimer(Timer, &Now, 0, 0);
    Ok(Wait(Done1), "zero is at once");
    WaitForThreadpoolTimerCallbacks(Timer, FALSE);
    Ok(IsThreadpoolTimerSet(Timer), "one that has expired counts as set");
    Count = 0;
    GetSystemTime(&System);
    SystemTimeToFileTime(&System, &Due);
    SetThreadpoolTimer(Timer, &Due, 0, 0);
    Ok(Wait(Done1), "a time of day that is over");
    WaitForThreadpoolTimerCallbacks(Timer, FALSE);
    CloseThreadpoolTimer(Timer);
}

/* ---- waits ---- */

static volatile LONG LastResult;

static VOID CALLBACK Waited(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PTP_WAIT Item, TP_WAIT_RESULT Result)
{
    (void)Instance;
    (void)Context;
    (void)Item;
    LastResult = (LONG)Result;
    InterlockedIncrement(&Count);
    SetEvent(Done1);
}

static void Waits(void)
{
    PTP_WAIT Item = CreateThreadpoolWait(Waited, NULL, NULL);
    HANDLE Auto = Event(FALSE);
    FILETIME Soon = In(20), Zero = {0, 0};

    Count = 0;
    ResetEvent(Done1);
    SetThreadpoolWait(Item, Auto, NULL);
    SetEvent(Auto);
    Ok(Wait(Done1) && LastResult == WAIT_OBJECT_0, "a wait is satisfied");
    WaitForThreadpoolWaitCallbacks(Item, FALSE);
    Ok(WaitForSingleObject(Auto, 0) == WAIT_TIMEOUT, "and took the signal");
    ResetEvent(Done1);
    SetEvent(Auto);
    Sleep(50);
    Ok(Count == 1, "once only");
    ResetEvent(Auto);
    SetThreadpoolWait(Item, Auto, &Soon);
    Ok(Wait(Done1) && LastResult == WAIT_TIMEOUT, "times out");
    WaitForThreadpoolWaitCallbacks(Item, FALSE);
    ResetEvent(Done1);
    SetThreadpoolWait(Item, Auto, &Zero);
    Ok(Wait(Done1) && LastResult == WAIT_TIMEOUT, "at once, with zero");
    WaitForThreadpoolWaitCallbacks(Item, FALSE);
    Ok(!SetThreadpoolWaitEx(Item, Auto, NULL, NULL), "SetThreadpoolWaitEx: was not set");
    Ok(SetThreadpoolWaitEx(Item, NULL, NULL, NULL), "was, and is cancelled");
    Count = 0;
    SetEvent(Auto);
    Sleep(50);
    Ok(Count == 0 && WaitForSingleObject(Auto, 0) == WAIT_OBJECT_0, "a cancelled wait leaves the signal alone");
    CloseThreadpoolWait(Item);
    CloseHandle(Auto);
}

/* More waits than one thread can do: each gets its signal, and no other's. */
static void ManyWaits(void)
{
    enum { N = 150 };
    static PTP_WAIT Item[N];
    static HANDLE Handle[N];

    Count = 0;
    for (int i = 0; i < N; i++) {
        Handle[i] = Event(FALSE);
        Item[i] = CreateThreadpoolWait(Waited, NULL, NULL);
        SetThreadpoolWait(Item[i], Handle[i], NULL);
    }
    for (int i = 0; i < N; i += 2) {
        SetEvent(Handle[i]);
    }
    for (int i = 0; i < 2000 && Count < N / 2; i++) {
        Sleep(10);
    }
    Is(Count, N / 2, "75 of 150 waits are satisfied");
    for (int i = 0; i < N; i++) {
        SetThreadpoolWait(Item[i], NULL, NULL);
        WaitForThreadpoolWaitCallbacks(Item[i], TRUE);
        CloseThreadpoolWait(Item[i]);
        CloseHandle(Handle[i]);
    }
    Is(Count, N / 2, "the others never");
}

/* ---- cleanup groups ---- */

static volatile LONG CancelledWith;

static VOID CALLBACK GroupCancelled(PVOID ObjectContext, PVOID CleanupContext)
{
    (void)ObjectContext;
    CancelledWith += (LONG)(LONG_PTR)CleanupContext;
}

static VOID CALLBACK Never(PTP_CALLBACK_INSTANCE Instance, PVOID Context)
{
    (void)Instance;
    (void)Context;
    InterlockedIncrement(&Count);
}

static void Groups(void)
{
    TP_CALLBACK_ENVIRON Environment;
    PTP_POOL Pool = CreateThreadpool(NULL);
    PTP_CLEANUP_GROUP Group = CreateThreadpoolCleanupGroup();
    FILETIME Later = In(3600000);
    HANDLE Auto = Event(FALSE);

    Ok(Group != NULL, "a cleanup group");
    SetThreadpoolThreadMaximum(Pool, 1);
    InitializeThreadpoolEnvironment(&Environment);
    SetThreadpoolCallbackPool(&Environment, Pool);
    SetThreadpoolCallbackCleanupGroup(&Environment, Group, GroupCancelled);
    volatile LONG Calls = 0;
    PTP_WORK Item = CreateThreadpoolWork(CountWork, (PVOID)&Calls, &Environment);
    for (int i = 0; i < 20; i++) {
        SubmitThreadpoolWork(Item);
    }
    CancelledWith = 0;
    CloseThreadpoolCleanupGroupMembers(Group, FALSE, (PVOID)1);
    Ok(Calls == 20 && CancelledWith == 0, "closing the members waits for their callbacks");
    /* one callback blocks the only thread; what follows is pending, and cancelled */
    Inside = Most = Count = 0;
    ResetEvent(Go);
    ResetEvent(Done1);
    TP_CALLBACK_ENVIRON Outside;
    InitializeThreadpoolEnvironment(&Outside);
    SetThreadpoolCallbackPool(&Outside, Pool);
    PTP_WORK Blocker = CreateThreadpoolWork(BlockWork, (PVOID)1, &Outside);
    SubmitThreadpoolWork(Blocker);
    Wait(Done1);
    Calls = 0;
    Item = CreateThreadpoolWork(CountWork, (PVOID)&Calls, &Environment);
    SubmitThreadpoolWork(Item);
    SubmitThreadpoolWork(Item);
    TrySubmitThreadpoolCallback(Never, NULL, &Environment);
    PTP_TIMER Timer = CreateThreadpoolTimer(Tick, NULL, &Environment);
    SetThreadpoolTimer(Timer, &Later, 0, 0);
    PTP_WAIT Waiting = CreateThreadpoolWait(Waited, NULL, &Environment);
    SetThreadpoolWait(Waiting, Auto, NULL);
    CancelledWith = 0;
    CloseThreadpoolCleanupGroupMembers(Group, TRUE, (PVOID)1);
    Is(CancelledWith, 4, "the cancel callback is called once for each member");
    SetEvent(Go);
    WaitForThreadpoolWorkCallbacks(Blocker, FALSE);
    CloseThreadpoolWork(Blocker);
    Ok(Calls == 0 && Count == 1, "and none of them any more");
    CloseThreadpoolCleanupGroupMembers(Group, TRUE, NULL);
    CloseThreadpoolCleanupGroup(Group);
    CloseThreadpool(Pool);
    SetEvent(Auto);
    CloseHandle(Auto);
}

/* ---- everything at once, by many threads ---- */

static VOID CALLBACK Busy(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PTP_WORK Item)
{
    (void)Instance;
    (void)Context;
    if (InterlockedDecrement(&Inside) > 0) {
        SubmitThreadpoolWork(Item);
    }
}

static DWORD WINAPI Hammer(PVOID Pool)
{
    TP_CALLBACK_ENVIRON Environment;

    InitializeThreadpoolEnvironment(&Environment);
    SetThreadpoolCallbackPool(&Environment, Pool);
    for (int i = 0; i < 200; i++) {
        volatile LONG Calls = 0;
        PTP_WORK Item = CreateThreadpoolWork(CountWork, (PVOID)&Calls, &Environment);
        SubmitThreadpoolWork(Item);
        SubmitThreadpoolWork(Item);
        WaitForThreadpoolWorkCallbacks(Item, FALSE);
        CloseThreadpoolWork(Item);
        if (Calls != 2) {
            return 1;
        }
    }
    return 0;
}

static void Stress(void)
{
    PTP_POOL Pool = CreateThreadpool(NULL);
    HANDLE Thread[4];
    DWORD Code, Bad = 0;

    for (int i = 0; i < 4; i++) {
        Thread[i] = CreateThread(NULL, 0, Hammer, Pool, 0, NULL);
    }
    for (int i = 0; i < 4; i++) {
        Wait(Thread[i]);
        Bad |= !GetExitCodeThread(Thread[i], &Code) || Code != 0;
        CloseHandle(Thread[i]);
    }
    Ok(!Bad, "four threads, 200 work items each");
    CloseThreadpool(Pool);
    Inside = 500;
    PTP_WORK Item = CreateThreadpoolWork(Busy, NULL, NULL);
    SubmitThreadpoolWork(Item);
    WaitForThreadpoolWorkCallbacks(Item, FALSE);
    Ok(Inside == 0, "a callback that submits itself");
    CloseThreadpoolWork(Item);
}

int main(void)
{
    Go = Event(TRUE);
    Done1 = Event(TRUE);
    Work();
    Rendezvous();
    Limits();
    Priorities();
    Environments();
    Instances();
    Timers();
    Waits();
    ManyWaits();
    Groups();
    Stress();
    return Done();
}

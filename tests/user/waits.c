/* SPDX-License-Identifier: MIT */
/*
 * waits.c - the exact answers of synchronisation calls: rights, wrong arguments, limits, names of other types, abandonment in many, duplicates, pseudo
 * handles, APCs, signal and wait, timers with APCs.
 */
#define _WIN32_WINNT 0x0A00
#include "native.h"
#include "win32.h"

#ifndef CREATE_WAITABLE_TIMER_HIGH_RESOLUTION
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 2
#endif

NATIVE(NtTestAlert, (void), ())
NATIVE(NtQueueApcThreadEx, (HANDLE Thread, HANDLE Reserve, PVOID Routine, PVOID First, PVOID Second, PVOID Third),
       (Thread, Reserve, Routine, First, Second, Third))
NATIVE(NtAlertThread, (HANDLE Thread), (Thread))
NATIVE(NtDelayExecution, (BOOLEAN Alertable, PLARGE_INTEGER Interval), (Alertable, Interval))
NATIVE(NtWaitForMultipleObjects, (ULONG Count, const HANDLE *Handles, ULONG Type, BOOLEAN Alertable, PLARGE_INTEGER Timeout),
       (Count, Handles, Type, Alertable, Timeout))
NATIVE(NtQueryMutant, (HANDLE Mutant, ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength), (Mutant, Class, Information, Length, ReturnLength))
NATIVE(NtQueryEvent, (HANDLE Event, ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength), (Event, Class, Information, Length, ReturnLength))
NATIVE(NtReleaseMutant, (HANDLE Mutant, PLONG Previous), (Mutant, Previous))
NATIVE(NtSetEvent, (HANDLE Event, PLONG Previous), (Event, Previous))
NATIVE(NtCreateKeyedEvent, (PHANDLE Handle, ACCESS_MASK Access, PVOID Attributes, ULONG Flags), (Handle, Access, Attributes, Flags))
NATIVE(NtWaitForKeyedEvent, (HANDLE Handle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout), (Handle, Key, Alertable, Timeout))
NATIVE(NtReleaseKeyedEvent, (HANDLE Handle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout), (Handle, Key, Alertable, Timeout))
NATIVE(NtWaitForAlertByThreadId, (PVOID Address, PLARGE_INTEGER Timeout), (Address, Timeout))
NATIVE(NtAlertThreadByThreadId, (HANDLE ThreadId), (ThreadId))

static HANDLE Go, Ready;
static volatile LONG Apcs, ApcOrder[4];

/* ---- rights ---- */

static HANDLE Reduced(HANDLE Handle, DWORD Access)
{
    HANDLE Other = NULL;

    DuplicateHandle(GetCurrentProcess(), Handle, GetCurrentProcess(), &Other, Access, FALSE, 0);
    return Other;
}

static void Rights(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL), Mutex = CreateMutexA(NULL, FALSE, NULL), Semaphore = CreateSemaphoreA(NULL, 1, 2, NULL);
    HANDLE Timer = CreateWaitableTimerA(NULL, TRUE, NULL), Weak;
    LARGE_INTEGER Due = {.QuadPart = -1};
    ULONG Information[4];

    Weak = Reduced(Event, SYNCHRONIZE);
    Fails(SetEvent(Weak), ERROR_ACCESS_DENIED, "SetEvent needs EVENT_MODIFY_STATE");
    Fails(ResetEvent(Weak), ERROR_ACCESS_DENIED, "ResetEvent too");
    Is((ULONG)NtQueryEvent(Weak, 0, Information, 8, NULL), (ULONG)STATUS_ACCESS_DENIED, "a query needs EVENT_QUERY_STATE");
    Is(WaitForSingleObject(Weak, 0), WAIT_TIMEOUT, "a wait needs SYNCHRONIZE");
    CloseHandle(Weak);
    Weak = Reduced(Event, EVENT_MODIFY_STATE);
    Ok(SetEvent(Weak), "which EVENT_MODIFY_STATE is not");
    Fails(WaitForSingleObject(Weak, 0) != WAIT_FAILED, ERROR_ACCESS_DENIED, "so that one cannot be waited for");
    Fails(SignalObjectAndWait(Event, Weak, 0, FALSE) != WAIT_FAILED, ERROR_ACCESS_DENIED, "nor after a signal");
    CloseHandle(Weak);
    Weak = Reduced(Semaphore, SYNCHRONIZE);
    Fails(ReleaseSemaphore(Weak, 1, NULL), ERROR_ACCESS_DENIED, "ReleaseSemaphore needs SEMAPHORE_MODIFY_STATE");
    Fails(SignalObjectAndWait(Weak, Event, 0, FALSE) != WAIT_FAILED, ERROR_ACCESS_DENIED, "also as a signal");
    CloseHandle(Weak);
    Weak = Reduced(Mutex, MUTEX_MODIFY_STATE);
    Fails(WaitForSingleObject(Weak, 0) != WAIT_FAILED, ERROR_ACCESS_DENIED, "a mutex without SYNCHRONIZE");
    WaitForSingleObject(Mutex, 0);
    CloseHandle(Weak);
    Weak = Reduced(Mutex, SYNCHRONIZE);
    Ok(ReleaseMutex(Weak), "a mutex is released by its owner with any handle");
    CloseHandle(Weak);
    Weak = Reduced(Timer, SYNCHRONIZE);
    Fails(SetWaitableTimer(Weak, &Due, 0, NULL, NULL, FALSE), ERROR_ACCESS_DENIED, "SetWaitableTimer needs TIMER_MODIFY_STATE");
    Fails(CancelWaitableTimer(Weak), ERROR_ACCESS_DENIED, "CancelWaitableTimer too");
    CloseHandle(Weak);
    Fails(SetEvent(Mutex), ERROR_INVALID_HANDLE, "an event call on a mutex");
    Fails(ReleaseMutex(Event), ERROR_INVALID_HANDLE, "a mutex call on an event");
    Fails(SetEvent(NULL), ERROR_INVALID_HANDLE, "no handle");
    Fails(SetEvent(INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE, "the process is no event");
    CloseHandle(Event);
    CloseHandle(Mutex);
    CloseHandle(Semaphore);
    CloseHandle(Timer);
}

/* ---- names ---- */

static void Names(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, "waits-name"), Other;

    Ok(Event != NULL && GetLastError() == 0, "a named event");
    Other = CreateEventA(NULL, FALSE, TRUE, "waits-name");
    Ok(Other != NULL && GetLastError() == ERROR_ALREADY_EXISTS, "created again is opened");
    Is(WaitForSingleObject(Other, 0), WAIT_TIMEOUT, "and keeps its state");
    CloseHandle(Other);
    Fails(CreateMutexA(NULL, FALSE, "waits-name") != NULL, ERROR_INVALID_HANDLE, "a mutex of the same name");
    Fails(CreateSemaphoreA(NULL, 0, 1, "waits-name") != NULL, ERROR_INVALID_HANDLE, "a semaphore");
    Fails(CreateWaitableTimerA(NULL, FALSE, "waits-name") != NULL, ERROR_INVALID_HANDLE, "a timer");
    Fails(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 100, "waits-name") != NULL, ERROR_INVALID_HANDLE, "a section");
    Fails(OpenMutexA(SYNCHRONIZE, FALSE, "waits-name") != NULL, ERROR_INVALID_HANDLE, "opened as a mutex");
    Fails(OpenEventA(SYNCHRONIZE, FALSE, "waits-nothing") != NULL, ERROR_FILE_NOT_FOUND, "a name nobody has");
    Fails(OpenEventA(SYNCHRONIZE, FALSE, "WAITS-NAME") != NULL, ERROR_FILE_NOT_FOUND, "names have case");
    Fails(OpenEventA(SYNCHRONIZE, FALSE, NULL) != NULL, ERROR_INVALID_PARAMETER, "no name");
    Fails(CreateEventA(NULL, FALSE, FALSE, "a\\b") != NULL, ERROR_PATH_NOT_FOUND, "a directory that is not there");
    Other = OpenEventW(SYNCHRONIZE, FALSE, L"waits-name");
    Ok(Other != NULL, "opened with less");
    Fails(SetEvent(Other), ERROR_ACCESS_DENIED, "has less");
    CloseHandle(Other);
    Other = OpenEventA(EVENT_MODIFY_STATE, FALSE, "Local\\waits-name");
    Ok(Other != NULL && SetEvent(Other), "Local\\ is where names are");
    CloseHandle(Other);
    Other = CreateEventExA(NULL, "waits-name", 0, EVENT_MODIFY_STATE);
    Ok(Other != NULL && GetLastError() == ERROR_ALREADY_EXISTS, "the Ex form says what it wants");
    Fails(WaitForSingleObject(Other, 0) != WAIT_FAILED, ERROR_ACCESS_DENIED, "and gets no more");
    CloseHandle(Other);
    Fails(CreateEventExA(NULL, NULL, 0x80, EVENT_ALL_ACCESS) != NULL, ERROR_INVALID_PARAMETER, "unknown flags");
    CloseHandle(Event);
    Fails(OpenEventA(SYNCHRONIZE, FALSE, "waits-name") != NULL, ERROR_FILE_NOT_FOUND, "the last handle takes the name along");
    Event = CreateMutexExA(NULL, "Global\\waits-global", CREATE_MUTEX_INITIAL_OWNER, MUTEX_ALL_ACCESS);
    Other = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "Global\\waits-global");
    Ok(Event != NULL && Other != NULL && ReleaseMutex(Other), "Global\\");
    CloseHandle(Event);
    CloseHandle(Other);
}

/* ---- arguments and limits ---- */

static void Arguments(void)
{
    HANDLE Handles[65], Semaphore;
    LONG Previous = 77;

    for (int i = 0; i < 65; i++) {
        Handles[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
    }
    Fails(WaitForMultipleObjects(0, Handles, FALSE, 0) != WAIT_FAILED, ERROR_INVALID_PARAMETER, "a wait for none");
    Fails(WaitForMultipleObjects(65, Handles, FALSE, 0) != WAIT_FAILED, ERROR_INVALID_PARAMETER, "for 65");
    Is(WaitForMultipleObjects(64, Handles, FALSE, 0), WAIT_TIMEOUT, "for 64");
    SetEvent(Handles[63]);
    Is(WaitForMultipleObjects(64, Handles, FALSE, 0), WAIT_OBJECT_0 + 63, "the last of them");
    SetEvent(Handles[5]);
    Is(WaitForMultipleObjects(64, Handles, FALSE, 0), WAIT_OBJECT_0 + 5, "the first that is signalled");
    Is(WaitForMultipleObjects(64, Handles, TRUE, 0), WAIT_TIMEOUT, "not all");
    for (int i = 0; i < 64; i++) {
        SetEvent(Handles[i]);
    }
    Is(WaitForMultipleObjects(64, Handles, TRUE, 0), WAIT_OBJECT_0, "all 64");
    HANDLE Twice[2] = {Handles[0], Handles[0]}, Same = Reduced(Handles[0], SYNCHRONIZE);
    Is(WaitForMultipleObjects(2, Twice, FALSE, 0), WAIT_OBJECT_0, "one twice, for any");
    Fails(WaitForMultipleObjects(2, Twice, TRUE, 0) != WAIT_FAILED, ERROR_INVALID_PARAMETER, "not for all");
    Is((ULONG)NtWaitForMultipleObjects(2, Twice, 0, FALSE, NULL), (ULONG)STATUS_INVALID_PARAMETER_MIX, "its status");
    Twice[1] = Same;
    Fails(WaitForMultipleObjects(2, Twice, TRUE, 0) != WAIT_FAILED, ERROR_INVALID_PARAMETER, "nor through another handle");
    Twice[1] = NULL;
    Fails(WaitForMultipleObjects(2, Twice, FALSE, 0) != WAIT_FAILED, ERROR_INVALID_HANDLE, "one bad handle spoils all, also after a signalled one");
    Is((ULONG)NtWaitForMultipleObjects(1, Handles, 2, FALSE, NULL), (ULONG)STATUS_INVALID_PARAMETER_3, "a type of wait that is none");
    CloseHandle(Same);
    Fails(CreateSemaphoreA(NULL, -1, 1, NULL) != NULL, ERROR_INVALID_PARAMETER, "a negative semaphore");
    Fails(CreateSemaphoreA(NULL, 0, 0, NULL) != NULL, ERROR_INVALID_PARAMETER, "a maximum of zero");
    Semaphore = CreateSemaphoreA(NULL, 1, 3, NULL);
    Fails(ReleaseSemaphore(Semaphore, 0, &Previous), ERROR_INVALID_PARAMETER, "a release of zero");
    Fails(ReleaseSemaphore(Semaphore, 3, &Previous), ERROR_TOO_MANY_POSTS, "above the maximum");
    Is((ULONG)Previous, 77, "the old count is not told then");
    Fails(ReleaseSemaphore(Semaphore, MAXLONG, NULL), ERROR_TOO_MANY_POSTS, "not by wrapping round either");
    CloseHandle(Semaphore);
    for (int i = 0; i < 65; i++) {
        CloseHandle(Handles[i]);
    }
    Is(WaitForSingleObject(GetCurrentProcess(), 0), WAIT_TIMEOUT, "the process's pseudo handle");
    Is(WaitForSingleObject(GetCurrentThread(), 0), WAIT_TIMEOUT, "the thread's");
    LARGE_INTEGER Past = {.QuadPart = 1}; /* 1601 */
    HANDLE Never = CreateEventA(NULL, TRUE, FALSE, NULL);
    Is((ULONG)NtWaitForMultipleObjects(1, &Never, 1, FALSE, &Past), STATUS_TIMEOUT, "an absolute time long ago");
    CloseHandle(Never);
}

/* ---- mutexes ---- */

static DWORD WINAPI TakeBoth(void *Parameter)
{
    return WaitForMultipleObjects(2, Parameter, TRUE, LONG_TIME);
}

static void Mutants(void)
{
    HANDLE Mutex[2] = {CreateMutexA(NULL, FALSE, NULL), CreateMutexA(NULL, FALSE, NULL)}, Two[2];
    struct { LONG Count; BOOLEAN Owned, Abandoned; } Basic;
    LONG Previous;
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL);

    Is((ULONG)NtReleaseMutant(Mutex[0], &Previous), (ULONG)STATUS_MUTANT_NOT_OWNED, "released by nobody");
    WaitForSingleObject(Mutex[0], 0);
    WaitForSingleObject(Mutex[0], 0);
    NtQueryMutant(Mutex[0], 0, &Basic, sizeof(Basic), NULL);
    Ok(Basic.Count == -1 && Basic.Owned && !Basic.Abandoned, "owned twice");
    Ok(NtReleaseMutant(Mutex[0], &Previous) == 0 && Previous == -1, "released once: the old count");
    ReleaseMutex(Mutex[0]);
    Is(Join(StartThread(TakeBoth, Mutex)), WAIT_OBJECT_0, "a thread takes two and ends");
    NtQueryMutant(Mutex[1], 0, &Basic, sizeof(Basic), NULL);
    Ok(Basic.Abandoned && Basic.Count == 1, "abandoned");
    Two[0] = Event;
    Two[1] = Mutex[0];
    Is(WaitForMultipleObjects(2, Two, FALSE, 0), WAIT_ABANDONED_0 + 1, "a wait for any tells which was abandoned");
    ReleaseMutex(Mutex[0]);
    SetEvent(Event);
    Two[1] = Mutex[1];
    Is(WaitForMultipleObjects(2, Two, TRUE, 0), WAIT_ABANDONED_0, "a wait for all tells that one was");
    ReleaseMutex(Mutex[1]);
    Is(WaitForMultipleObjects(2, Mutex, TRUE, 0), WAIT_OBJECT_0, "afterwards they are as new");
    ReleaseMutex(Mutex[0]);
    ReleaseMutex(Mutex[1]);
    CloseHandle(Mutex[0]);
    CloseHandle(Mutex[1]);
    CloseHandle(Event);
}

/* ---- APCs and alerts ---- */

static VOID CALLBACK OnApc(ULONG_PTR Data)
{
    LONG Place = InterlockedIncrement(&Apcs) - 1;

    ApcOrder[Place & 3] = (LONG)Data;
}

static DWORD WINAPI SleepAlertable(void *Parameter)
{
    (void)Parameter;
    SetEvent(Ready);
    return SleepEx(LONG_TIME, TRUE);
}

static DWORD WINAPI DelayAlertable(void *Parameter)
{
    LARGE_INTEGER Long = {.QuadPart = -10000LL * LONG_TIME};

    (void)Parameter;
    SetEvent(Ready);
    return (DWORD)NtDelayExecution(TRUE, &Long);
}

static void ApcsAndAlerts(void)
{
    HANDLE Event = CreateEventA(NULL, FALSE, TRUE, NULL), Thread;

    Apcs = 0;
    Ok(QueueUserAPC(OnApc, GetCurrentThread(), 1) && QueueUserAPC(OnApc, GetCurrentThread(), 2), "two APCs for ourselves");
    Is(WaitForSingleObject(Event, 0), WAIT_OBJECT_0, "a wait that is not alertable");
    Is(Apcs, 0, "calls none");
    Is(WaitForSingleObjectEx(Event, 1000, TRUE), WAIT_IO_COMPLETION, "an alertable one calls them, and ends");
    Ok(Apcs == 2 && ApcOrder[0] == 1 && ApcOrder[1] == 2, "both, in order");
    QueueUserAPC(OnApc, GetCurrentThread(), 3);
    Is((ULONG)NtTestAlert(), STATUS_SUCCESS, "NtTestAlert");
    Is(Apcs, 3, "calls it");
    Is(SleepEx(0, TRUE), 0, "nothing is left");
    Is((ULONG)NtAlertThread(GetCurrentThread()), 0, "an alert");
    Is((ULONG)NtTestAlert(), STATUS_ALERTED, "is tested");
    Is((ULONG)NtTestAlert(), STATUS_SUCCESS, "once");
    Apcs = 0;
    Thread = StartThread(SleepAlertable, NULL);
    WaitForSingleObject(Ready, LONG_TIME);
    QueueUserAPC(OnApc, Thread, 9);
    Ok(Join(Thread) == WAIT_IO_COMPLETION && Apcs == 1, "a sleeping thread is woken by an APC");
    Thread = StartThread(DelayAlertable, NULL);
    WaitForSingleObject(Ready, LONG_TIME);
    NtAlertThread(Thread);
    Is(Join(Thread), STATUS_ALERTED, "and by an alert");
    Thread = CreateThread(NULL, 0, SleepAlertable, NULL, CREATE_SUSPENDED, NULL);
    Apcs = 0;
    QueueUserAPC(OnApc, Thread, 4);
    ResumeThread(Thread);
    WaitForSingleObject(Ready, LONG_TIME);
    Is(Apcs, 1, "an APC queued before a thread begins is called before its routine");
    QueueUserAPC(OnApc, Thread, 5);
    Join(Thread);
    CloseHandle(Event);
}

static DWORD WINAPI Spin(void *Parameter)
{
    (void)Parameter;
    SetEvent(Ready);
    while (Apcs == 0) {
    }
    return 7;
}

static DWORD WINAPI WaitPlainly(void *Event)
{
    SetEvent(Ready);
    DWORD Answer = WaitForSingleObject(Event, LONG_TIME);
    return Answer + 100 * (DWORD)Apcs;
}

/* Special user APCs need no alertable wait, and end none. */
static void SpecialApcs(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL), Thread;

    Apcs = 0;
    Thread = StartThread(Spin, NULL);
    WaitForSingleObject(Ready, LONG_TIME);
    Is((ULONG)NtQueueApcThreadEx(Thread, (HANDLE)1, (PVOID)OnApc, (PVOID)1, NULL, NULL), 0, "a special APC for a thread that runs");
    Is(Join(Thread), 7, "interrupts it");
    Apcs = 0;
    Thread = StartThread(WaitPlainly, Event);
    WaitForSingleObject(Ready, LONG_TIME);
    Sleep(20);
    NtQueueApcThreadEx(Thread, (HANDLE)1, (PVOID)OnApc, (PVOID)1, NULL, NULL);
    Sleep(30);
    Is(Apcs, 0, "one that waits, not alertable, waits on");
    SetEvent(Event);
    Is(Join(Thread), 100, "and has it called when the wait is over");
    CloseHandle(Event);
}

/* ---- signal and wait ---- */

static DWORD WINAPI PingPong(void *Parameter)
{
    HANDLE *Events = Parameter;
    DWORD Rounds = 0;

    WaitForSingleObject(Events[0], LONG_TIME);
    while (Rounds++ < 100 && SignalObjectAndWait(Events[1], Events[0], LONG_TIME, FALSE) == WAIT_OBJECT_0) {
    }
    SetEvent(Events[1]);
    return Rounds;
}

static void SignalAndWait(void)
{
    HANDLE Events[2] = {CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, FALSE, FALSE, NULL)};
    HANDLE Thread = StartThread(PingPong, Events), Semaphore = CreateSemaphoreA(NULL, 1, 1, NULL), Mutex = CreateMutexA(NULL, FALSE, NULL);
    DWORD Rounds = 0;

    while (Rounds++ <= 100 && SignalObjectAndWait(Events[0], Events[1], LONG_TIME, FALSE) == WAIT_OBJECT_0) {
    }
    Is(Join(Thread), 101, "a hundred rounds");
    Fails(SignalObjectAndWait(Semaphore, Events[0], 0, FALSE) != WAIT_FAILED, ERROR_TOO_MANY_POSTS, "a full semaphore cannot be the signal");
    Fails(SignalObjectAndWait(Mutex, Events[0], 0, FALSE) != WAIT_FAILED, ERROR_NOT_OWNER, "nor a mutex of nobody");
    Fails(SignalObjectAndWait(GetCurrentProcess(), Events[0], 0, FALSE) != WAIT_FAILED, ERROR_INVALID_HANDLE, "nor a process");
    QueueUserAPC(OnApc, GetCurrentThread(), 1);
    ResetEvent(Events[1]);
    Is(SignalObjectAndWait(Events[0], Events[1], 1000, TRUE), WAIT_IO_COMPLETION, "an APC ends its wait");
    Is(WaitForSingleObject(Events[0], 0), WAIT_OBJECT_0, "the signal was given");
    CloseHandle(Events[0]);
    CloseHandle(Events[1]);
    CloseHandle(Semaphore);
    CloseHandle(Mutex);
}

/* An APC that is there before the wait begins comes first; what is signalled stays signalled. */
static void ApcsBeforeObjects(void)
{
    HANDLE Events[2] = {CreateEventA(NULL, FALSE, TRUE, NULL), CreateEventA(NULL, FALSE, TRUE, NULL)};
    LARGE_INTEGER Zero = {.QuadPart = 0};

    QueueUserAPC(OnApc, GetCurrentThread(), 1);
    Is(WaitForSingleObject(Events[0], 0), WAIT_OBJECT_0, "a wait that is not alertable does not see an APC");
    SetEvent(Events[0]);
    Is(WaitForSingleObjectEx(Events[0], LONG_TIME, TRUE), WAIT_IO_COMPLETION, "an alertable one sees it before the event that is set");
    Is(WaitForSingleObjectEx(Events[0], LONG_TIME, TRUE), WAIT_OBJECT_0, "which is still set");
    SetEvent(Events[0]);
    QueueUserAPC(OnApc, GetCurrentThread(), 1);
    Is(WaitForMultipleObjectsEx(2, Events, FALSE, 0, TRUE), WAIT_IO_COMPLETION, "of several, without waiting");
    QueueUserAPC(OnApc, GetCurrentThread(), 1);
    Is(WaitForMultipleObjectsEx(2, Events, TRUE, LONG_TIME, TRUE), WAIT_IO_COMPLETION, "all of several");
    Is(WaitForMultipleObjectsEx(2, Events, TRUE, LONG_TIME, TRUE), WAIT_OBJECT_0, "then the events");
    SetEvent(Events[0]);
    NtAlertThread(GetCurrentThread());
    Is((ULONG)NtWaitForMultipleObjects(1, Events, 1, TRUE, &Zero), (ULONG)STATUS_ALERTED, "an alert as well");
    Is((ULONG)NtWaitForMultipleObjects(1, Events, 1, TRUE, &Zero), 0, "once");
    CloseHandle(Events[0]);
    CloseHandle(Events[1]);
}

/* ---- timers ---- */

static volatile LONG TimerApcs;
static volatile ULONG64 TimerTime;

static VOID CALLBACK OnTimerApc(LPVOID Context, DWORD Low, DWORD High)
{
    InterlockedAdd(&TimerApcs, (LONG)(LONG_PTR)Context);
    TimerTime = (ULONG64)High << 32 | Low;
}

static void TimersWithApcs(void)
{
    HANDLE Timer = CreateWaitableTimerExA(NULL, NULL, CREATE_WAITABLE_TIMER_MANUAL_RESET, TIMER_ALL_ACCESS);
    LARGE_INTEGER Soon = {.QuadPart = -10000}, Later = {.QuadPart = -36000000000LL}, Clock;
    FILETIME Now;

    Ok(SetWaitableTimer(Timer, &Soon, 0, OnTimerApc, (PVOID)1, FALSE), "a timer with an APC");
    Is(SleepEx(LONG_TIME, TRUE), WAIT_IO_COMPLETION, "its APC ends the sleep");
    GetSystemTimeAsFileTime(&Now);
    Clock.LowPart = Now.dwLowDateTime;
    Clock.HighPart = (LONG)Now.dwHighDateTime;
    Ok(TimerApcs == 1 && TimerTime <= (ULONG64)Clock.QuadPart && TimerTime + 600000000 > (ULONG64)Clock.QuadPart, "and tells the time");
    Is(WaitForSingleObject(Timer, 0), WAIT_OBJECT_0, "the timer itself is signalled");
    Ok(SetWaitableTimer(Timer, &Soon, 1, OnTimerApc, (PVOID)1, FALSE), "periodic");
    for (int i = 0; i < 3; i++) {
        SleepEx(LONG_TIME, TRUE);
    }
    Ok(TimerApcs >= 4, "one APC each time");
    Ok(CancelWaitableTimer(Timer), "cancelled");
    SleepEx(0, TRUE);
    LONG Then = TimerApcs;
    Sleep(20);
    SleepEx(0, TRUE);
    Is(TimerApcs, Then, "no more APCs");
    SetWaitableTimer(Timer, &Later, 0, NULL, NULL, FALSE);
    Is(WaitForSingleObject(Timer, 0), WAIT_TIMEOUT, "setting a timer resets it");
    Fails(SetWaitableTimer(Timer, &Soon, -1, NULL, NULL, FALSE), ERROR_INVALID_PARAMETER, "a negative period");
    Ok(SetWaitableTimer(Timer, &Soon, 0, NULL, NULL, TRUE) && GetLastError() == ERROR_NOT_SUPPORTED, "waking the machine is not supported, and said so");
    Ok(SetWaitableTimerEx(Timer, &Soon, 0, NULL, NULL, NULL, 50), "with a tolerable delay");
    Is(WaitForSingleObject(Timer, LONG_TIME), WAIT_OBJECT_0, "it comes");
    Soon.QuadPart = Clock.QuadPart - 10000000;
    SetWaitableTimer(Timer, &Soon, 0, NULL, NULL, FALSE);
    Is(WaitForSingleObject(Timer, LONG_TIME), WAIT_OBJECT_0, "an absolute time that is over");
    CloseHandle(Timer);
    Timer = CreateWaitableTimerExW(NULL, NULL, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, TIMER_ALL_ACCESS);
    Ok(Timer != NULL, "a high-resolution timer");
    CloseHandle(Timer);
    Fails(CreateWaitableTimerExW(NULL, NULL, 0x80, TIMER_ALL_ACCESS) != NULL, ERROR_INVALID_PARAMETER, "unknown flags");
}

/* ---- keyed events, alerts by id ---- */

static HANDLE Keyed;

static DWORD WINAPI KeyedRelease(void *Key)
{
    return (DWORD)NtReleaseKeyedEvent(Keyed, Key, FALSE, NULL);
}

static DWORD WINAPI AlertById(void *Id)
{
    Sleep(10);
    return (DWORD)NtAlertThreadByThreadId(Id);
}

static void KeyedEvents(void)
{
    LARGE_INTEGER Short = {.QuadPart = -100000}, Zero = {.QuadPart = 0};

    Is((ULONG)NtCreateKeyedEvent(&Keyed, GENERIC_ALL, NULL, 0), 0, "a keyed event");
    Is((ULONG)NtWaitForKeyedEvent(Keyed, (PVOID)0x1001, FALSE, NULL), (ULONG)STATUS_INVALID_PARAMETER_1, "keys are even");
    Is((ULONG)NtWaitForKeyedEvent(Keyed, (PVOID)0x1000, FALSE, &Short), STATUS_TIMEOUT, "nobody comes");
    HANDLE Thread = StartThread(KeyedRelease, (PVOID)0x1000);
    Is((ULONG)NtWaitForKeyedEvent(Keyed, (PVOID)0x1000, FALSE, NULL), 0, "waiter and releaser meet");
    Is(Join(Thread), 0, "both go on");
    Thread = StartThread(KeyedRelease, (PVOID)0x1000);
    Sleep(20);
    Is((ULONG)NtWaitForKeyedEvent(Keyed, (PVOID)0x2000, FALSE, &Zero), STATUS_TIMEOUT, "another key is another place");
    Is((ULONG)NtWaitForKeyedEvent(Keyed, (PVOID)0x1000, FALSE, NULL), 0, "the releaser has waited");
    Join(Thread);
    CloseHandle(Keyed);
    Thread = StartThread(AlertById, (PVOID)(ULONG_PTR)GetCurrentThreadId());
    Is((ULONG)NtWaitForAlertByThreadId(NULL, NULL), STATUS_ALERTED, "an alert by id");
    Is(Join(Thread), 0, "sent");
    NtAlertThreadByThreadId((HANDLE)(ULONG_PTR)GetCurrentThreadId());
    Is((ULONG)NtWaitForAlertByThreadId(NULL, NULL), STATUS_ALERTED, "one that came before the wait");
    Is((ULONG)NtWaitForAlertByThreadId(NULL, &Zero), STATUS_TIMEOUT, "counts once");
    Is((ULONG)NtAlertThreadByThreadId((HANDLE)(ULONG_PTR)0xFFFFFFF0), (ULONG)STATUS_INVALID_CID, "no such thread");
}

int main(void)
{
    Go = CreateEventA(NULL, TRUE, FALSE, NULL);
    Ready = CreateEventA(NULL, FALSE, FALSE, NULL);
    Rights();
    Names();
    Arguments();
    Mutants();
    ApcsAndAlerts();
    SpecialApcs();
    SignalAndWait();
    ApcsBeforeObjects();
    TimersWithApcs();
    KeyedEvents();
    return Done();
}

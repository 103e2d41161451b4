/* SPDX-License-Identifier: MIT */
/*
 * syncnative.c - synchronisation to the letter: lengths and statuses of queries, previous states, pulses, alerts and suspension, APCs in APCs and for
 * dead threads, waits on processes and threads, absolute times, names, sizes of waits on addresses, wake-ups of one and of all.
 */
#define _WIN32_WINNT 0x0A00
#include "native.h"
#include <string.h>
#include "win32.h"

#define S(x) ((ULONG)(x))

NATIVE(NtQueryEvent, (HANDLE H, ULONG C, PVOID I, ULONG L, PULONG R), (H, C, I, L, R))
NATIVE(NtQueryMutant, (HANDLE H, ULONG C, PVOID I, ULONG L, PULONG R), (H, C, I, L, R))
NATIVE(NtQuerySemaphore, (HANDLE H, ULONG C, PVOID I, ULONG L, PULONG R), (H, C, I, L, R))
NATIVE(NtQueryTimer, (HANDLE H, ULONG C, PVOID I, ULONG L, PULONG R), (H, C, I, L, R))
NATIVE(NtQueryIoCompletion, (HANDLE H, ULONG C, PVOID I, ULONG L, PULONG R), (H, C, I, L, R))
NATIVE(NtSetEvent, (HANDLE H, PLONG P), (H, P))
NATIVE(NtResetEvent, (HANDLE H, PLONG P), (H, P))
NATIVE(NtPulseEvent, (HANDLE H, PLONG P), (H, P))
NATIVE(NtClearEvent, (HANDLE H), (H))
NATIVE(NtCreateEvent, (PHANDLE H, ACCESS_MASK A, POBJECT_ATTRIBUTES O, ULONG T, BOOLEAN I), (H, A, O, T, I))
NATIVE(NtCreateMutant, (PHANDLE H, ACCESS_MASK A, POBJECT_ATTRIBUTES O, BOOLEAN I), (H, A, O, I))
NATIVE(NtCreateTimer, (PHANDLE H, ACCESS_MASK A, POBJECT_ATTRIBUTES O, ULONG T), (H, A, O, T))
NATIVE(NtSetTimer, (HANDLE H, PLARGE_INTEGER D, PVOID R, PVOID C, BOOLEAN W, LONG P, PBOOLEAN S), (H, D, R, C, W, P, S))
NATIVE(NtCancelTimer, (HANDLE H, PBOOLEAN S), (H, S))
NATIVE(NtReleaseSemaphore, (HANDLE H, LONG C, PLONG P), (H, C, P))
NATIVE(NtAlertThread, (HANDLE H), (H))
NATIVE(NtAlertResumeThread, (HANDLE H, PULONG P), (H, P))
NATIVE(NtTestAlert, (void), ())
NATIVE(NtQueueApcThread, (HANDLE H, PVOID R, PVOID A, PVOID B, PVOID C), (H, R, A, B, C))
static NTSTATUS WaitOne(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    return ((NTSTATUS(NTAPI *)(HANDLE, BOOLEAN, PLARGE_INTEGER))(void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtWaitForSingleObject"))(Handle, Alertable,
                                                                                                                                       Timeout);
}
NATIVE(NtWaitForMultipleObjects, (ULONG N, const HANDLE *H, ULONG W, BOOLEAN A, PLARGE_INTEGER T), (N, H, W, A, T))
NATIVE(NtDelayExecution, (BOOLEAN A, PLARGE_INTEGER T), (A, T))
NATIVE(NtSignalAndWaitForSingleObject, (HANDLE S, HANDLE W, BOOLEAN A, PLARGE_INTEGER T), (S, W, A, T))
NATIVE(NtWaitForKeyedEvent, (HANDLE H, PVOID K, BOOLEAN A, PLARGE_INTEGER T), (H, K, A, T))
NATIVE(NtReleaseKeyedEvent, (HANDLE H, PVOID K, BOOLEAN A, PLARGE_INTEGER T), (H, K, A, T))
NATIVE(RtlWaitOnAddress, (const volatile VOID *A, PVOID C, SIZE_T N, PLARGE_INTEGER T), (A, C, N, T))

/* ---- queries -------------------------------------------------------------------------------------------------------------------------------- */

typedef NTSTATUS (*QUERY)(HANDLE H, ULONG C, PVOID I, ULONG L, PULONG R);

static void OneQuery(const char *Type, QUERY Query, HANDLE Handle, HANDLE Other, ULONG Size)
{
    UCHAR Buffer[64];
    ULONG Length = 77;

    memset(Buffer, 0xEE, sizeof(Buffer));
    Ok(Query(Handle, 0, Buffer, Size, &Length) == 0 && Length == Size && Buffer[Size] == 0xEE, "%s: %lu bytes", Type, Size);
    Ok(Query(Handle, 0, Buffer, Size, NULL) == 0, "%s: the length need not be told", Type);
    Ok(Query(Handle, 0, Buffer, Size - 1, &Length) == STATUS_INFO_LENGTH_MISMATCH, "%s: too short", Type);
    Ok(Query(Handle, 0, Buffer, Size + 1, &Length) == STATUS_INFO_LENGTH_MISMATCH, "%s: too long", Type);
    Ok(Query(Handle, 99, Buffer, Size, &Length) == STATUS_INVALID_INFO_CLASS, "%s: no such class", Type);
    Ok(Query(Other, 0, Buffer, Size, &Length) == STATUS_OBJECT_TYPE_MISMATCH, "%s: of another type", Type);
    Ok(Query(NULL, 0, Buffer, Size, &Length) == STATUS_INVALID_HANDLE, "%s: no handle", Type);
    Ok(Query(Handle, 0, (PVOID)16, Size, &Length) == STATUS_ACCESS_VIOLATION, "%s: a bad address", Type);
}

static void Queries(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, TRUE, NULL), Mutex = CreateMutexA(NULL, TRUE, NULL), Semaphore = CreateSemaphoreA(NULL, 2, 9, NULL);
    HANDLE Timer = CreateWaitableTimerA(NULL, TRUE, NULL), Port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), Auto = NULL;
    struct { LONG Type, State; } EventInfo;
    struct { LONG Count, Maximum; } SemaphoreInfo;
    struct { LARGE_INTEGER Remaining; BOOLEAN State; } TimerInfo;
    struct { HANDLE Process, Thread; } Owner;
    LARGE_INTEGER Hour = {.QuadPart = -36000000000LL};
    ULONG Length;

    OneQuery("event", NtQueryEvent, Event, Mutex, 8);
    OneQuery("mutant", NtQueryMutant, Mutex, Event, 8);
    OneQuery("semaphore", NtQuerySemaphore, Semaphore, Event, 8);
    OneQuery("timer", NtQueryTimer, Timer, Event, 16);
    OneQuery("completion port", NtQueryIoCompletion, Port, Event, 4);
    NtQueryEvent(Event, 0, &EventInfo, 8, NULL);
    Ok(EventInfo.Type == 0 && EventInfo.State == 1, "a notification event that is set");
    NtCreateEvent(&Auto, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    NtQueryEvent(Auto, 0, &EventInfo, 8, NULL);
    Ok(EventInfo.Type == 1 && EventInfo.State == 0, "a synchronization event that is not");
    NtQuerySemaphore(Semaphore, 0, &SemaphoreInfo, 8, NULL);
    Ok(SemaphoreInfo.Count == 2 && SemaphoreInfo.Maximum == 9, "2 of 9");
    SetWaitableTimer(Timer, &Hour, 0, NULL, NULL, FALSE);
    NtQueryTimer(Timer, 0, &TimerInfo, 16, NULL);
    Ok(!TimerInfo.State && TimerInfo.Remaining.QuadPart > 0 && TimerInfo.Remaining.QuadPart <= 36000000000LL, "less than an hour to go");
    Ok(NtQueryMutant(Mutex, 1, &Owner, sizeof(Owner), &Length) == 0 && Length == 16, "who owns a mutant");
    Ok(Owner.Thread == (HANDLE)(ULONG_PTR)GetCurrentThreadId() && Owner.Process == (HANDLE)(ULONG_PTR)GetCurrentProcessId(), "we do");
    ReleaseMutex(Mutex);
    NtQueryMutant(Mutex, 1, &Owner, sizeof(Owner), NULL);
    Ok(Owner.Thread == NULL && Owner.Process == NULL, "then nobody");
    CloseHandle(Event);
    CloseHandle(Auto);
    CloseHandle(Mutex);
    CloseHandle(Semaphore);
    CloseHandle(Timer);
    CloseHandle(Port);
}

static DWORD WINAPI WaitOn(void *Event)
{
    return WaitForSingleObject(Event, LONG_TIME);
}

static void PreviousStates(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL), Semaphore = CreateSemaphoreA(NULL, 0, 5, NULL), Timer = NULL, Threads[2];
    LARGE_INTEGER Hour = {.QuadPart = -36000000000LL}, Now = {.QuadPart = 0};
    LONG Old = 77;
    BOOLEAN State = 77;

    Ok(NtSetEvent(Event, &Old) == 0 && Old == 0 && NtSetEvent(Event, &Old) == 0 && Old == 1, "NtSetEvent tells what was before");
    Ok(NtResetEvent(Event, &Old) == 0 && Old == 1 && NtResetEvent(Event, &Old) == 0 && Old == 0, "NtResetEvent too");
    Ok(NtPulseEvent(Event, &Old) == 0 && Old == 0 && WaitForSingleObject(Event, 0) == WAIT_TIMEOUT, "a pulse that meets nobody");
    NtSetEvent(Event, NULL);
    Ok(NtPulseEvent(Event, &Old) == 0 && Old == 1 && WaitForSingleObject(Event, 0) == WAIT_TIMEOUT, "leaves an event that was set not set");
    for (int i = 0; i < 2; i++) {
        Threads[i] = StartThread(WaitOn, Event);
    }
    /* A pulse wakes who waits at that moment; so until both have been there. */
    while (WaitForMultipleObjects(2, Threads, TRUE, 5) == WAIT_TIMEOUT) {
        PulseEvent(Event);
    }
    Ok(Join(Threads[0]) == WAIT_OBJECT_0 && Join(Threads[1]) == WAIT_OBJECT_0, "a pulse wakes all who wait");
    Ok(NtReleaseSemaphore(Semaphore, 3, &Old) == 0 && Old == 0 && NtReleaseSemaphore(Semaphore, 2, &Old) == 0 && Old == 3, "NtReleaseSemaphore");
    Is(S(NtReleaseSemaphore(Semaphore, 1, &Old)), S(STATUS_SEMAPHORE_LIMIT_EXCEEDED), "the limit");
    Is(S(NtReleaseSemaphore(Semaphore, -1, &Old)), S(STATUS_INVALID_PARAMETER), "less than one");
    NtCreateTimer(&Timer, TIMER_ALL_ACCESS, NULL, 0);
    Ok(NtSetTimer(Timer, &Hour, NULL, NULL, FALSE, 0, &State) == 0 && State == FALSE, "NtSetTimer: it was not signalled");
    Ok(NtCancelTimer(Timer, &State) == 0 && State == FALSE, "NtCancelTimer: it is not");
    NtSetTimer(Timer, &Now, NULL, NULL, FALSE, 0, NULL);
    WaitForSingleObject(Timer, LONG_TIME);
    Ok(NtCancelTimer(Timer, &State) == 0 && State == TRUE, "a timer that has expired stays signalled when it is cancelled");
    Is(WaitForSingleObject(Timer, 0), WAIT_OBJECT_0, "and can be waited for");
    Ok(NtSetTimer(Timer, &Hour, NULL, NULL, FALSE, 0, &State) == 0 && State == TRUE, "setting it again tells so");
    Is(WaitForSingleObject(Timer, 0), WAIT_TIMEOUT, "and resets it");
    Is(S(NtCreateTimer(&Timer, TIMER_ALL_ACCESS, NULL, 2)), S(STATUS_INVALID_PARAMETER_4), "a type of timer that is none");
    CloseHandle(Event);
    CloseHandle(Semaphore);
    CloseHandle(Timer);
}

/* ---- alerts, suspension, APCs ------------------------------------------------------------------------------------------------------------------- */

static HANDLE Ready;
static volatile LONG Apcs, Depth, Deepest;
static volatile LONG_PTR Arguments[3];

static VOID NTAPI ThreeArguments(PVOID A, PVOID B, PVOID C)
{
    Arguments[0] = (LONG_PTR)A;
    Arguments[1] = (LONG_PTR)B;
    Arguments[2] = (LONG_PTR)C;
    Apcs++;
}

static VOID CALLBACK Nested(ULONG_PTR Level)
{
    LONG Now = InterlockedIncrement(&Depth);

    Deepest = Now > Deepest ? Now : Deepest;
    if (Level != 0) {
        QueueUserAPC(Nested, GetCurrentThread(), Level - 1);
        SleepEx(0, TRUE);
    }
    InterlockedDecrement(&Depth);
    Apcs++;
}

static DWORD WINAPI DelayAlertable(void *Unused)
{
    LARGE_INTEGER Long = {.QuadPart = -10000LL * LONG_TIME};

    (void)Unused;
    SetEvent(Ready);
    return (DWORD)NtDelayExecution(TRUE, &Long);
}

static DWORD WINAPI SleepWithWin32(void *Unused)
{
    ULONGLONG Begin = GetTickCount64();

    (void)Unused;
    SetEvent(Ready);
    DWORD Result = SleepEx(100, TRUE);
    return GetTickCount64() - Begin >= 80 ? Result : 99; /* a tick is 16 ms */
}

static DWORD WINAPI Seven(void *Unused)
{
    (void)Unused;
    return 7;
}

static void AlertsAndApcs(void)
{
    HANDLE Thread, Weak;
    ULONG Count = 77;
    LARGE_INTEGER Zero = {.QuadPart = 0};

    Thread = CreateThread(NULL, 0, DelayAlertable, NULL, CREATE_SUSPENDED, NULL);
    Ok(NtAlertResumeThread(Thread, &Count) == 0 && Count == 1, "NtAlertResumeThread: it was suspended once");
    Is(Join(Thread), STATUS_ALERTED, "it is alerted before it waits");
    WaitForSingleObject(Ready, 0);
    Thread = StartThread(SleepWithWin32, NULL);
    WaitForSingleObject(Ready, LONG_TIME);
    NtAlertThread(Thread);
    Is(Join(Thread), 0, "Win32's sleep is not ended by an alert");
    NtAlertThread(GetCurrentThread());
    Is(S(NtDelayExecution(FALSE, &Zero)), 0, "a delay that is not alertable does not see an alert");
    Is(S(NtDelayExecution(TRUE, &Zero)), S(STATUS_ALERTED), "an alertable one of no length does");
    Apcs = 0;
    Is(S(NtQueueApcThread(GetCurrentThread(), (PVOID)ThreeArguments, (PVOID)11, (PVOID)22, (PVOID)33)), 0, "an APC with three arguments");
    Is(S(NtDelayExecution(TRUE, &Zero)), S(STATUS_USER_APC), "is called");
    Ok(Arguments[0] == 11 && Arguments[1] == 22 && Arguments[2] == 33, "with all three");
    NtAlertThread(GetCurrentThread());
    NtQueueApcThread(GetCurrentThread(), (PVOID)ThreeArguments, (PVOID)1, NULL, NULL);
    Is(S(NtDelayExecution(TRUE, &Zero)), S(STATUS_ALERTED), "an alert comes before an APC");
    Is(S(NtTestAlert()), 0, "NtTestAlert calls the APC");
    Is(Apcs, 2, "once");
    Apcs = Deepest = 0;
    QueueUserAPC(Nested, GetCurrentThread(), 5);
    Is(SleepEx(0, TRUE), WAIT_IO_COMPLETION, "an APC that waits alertably for another");
    Ok(Apcs == 6 && Deepest == 6 && Depth == 0, "six deep");
    Apcs = 0;
    for (int i = 0; i < 100; i++) {
        QueueUserAPC(Nested, GetCurrentThread(), 0);
    }
    Is(SleepEx(1000, TRUE), WAIT_IO_COMPLETION, "a hundred APCs");
    Is(Apcs, 100, "are all called by one wait");
    Thread = StartThread(Seven, NULL);
    WaitForSingleObject(Thread, LONG_TIME);
    Fails((BOOL)QueueUserAPC(Nested, Thread, 0), ERROR_GEN_FAILURE, "an APC for a thread that has ended");
    DuplicateHandle(GetCurrentProcess(), Thread, GetCurrentProcess(), &Weak, SYNCHRONIZE, FALSE, 0);
    Fails((BOOL)QueueUserAPC(Nested, Weak, 0), ERROR_ACCESS_DENIED, "an APC needs THREAD_SET_CONTEXT");
    Is(S(NtAlertThread(Weak)), S(STATUS_ACCESS_DENIED), "an alert needs THREAD_ALERT");
    Fails((BOOL)QueueUserAPC(Nested, NULL, 0), ERROR_INVALID_HANDLE, "no thread");
    CloseHandle(Weak);
    CloseHandle(Thread);
}

/* ---- waits -------------------------------------------------------------------------------------------------------------------------------------- */

static DWORD WINAPI TakeAndHold(void *Mutex)
{
    WaitForSingleObject(Mutex, LONG_TIME);
    SetEvent(Ready);
    Sleep(20);
    return ReleaseMutex(Mutex) ? 1 : 0;
}

static void Waits(void)
{
    HANDLE Auto = CreateEventA(NULL, FALSE, FALSE, NULL), Manual = CreateEventA(NULL, TRUE, FALSE, NULL), Mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE Thread = StartThread(Seven, NULL), All[3], Process = NULL;
    LARGE_INTEGER Past = {.QuadPart = 1}, Soon, Zero = {.QuadPart = 0};
    FILETIME Now;

    Is(WaitForSingleObject(Thread, LONG_TIME), WAIT_OBJECT_0, "a thread is signalled when it has ended");
    Is(WaitForSingleObject(Thread, 0), WAIT_OBJECT_0, "and stays so");
    CloseHandle(Thread);
    DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &Process, SYNCHRONIZE, FALSE, 0);
    Is(WaitForSingleObject(Process, 0), WAIT_TIMEOUT, "a process that runs is not signalled");
    CloseHandle(Process);
    /* A wait for all takes nothing until it can take everything. */
    All[0] = Auto;
    All[1] = Manual;
    SetEvent(Auto);
    Is(WaitForMultipleObjects(2, All, TRUE, 10), WAIT_TIMEOUT, "one of two");
    Is(WaitForSingleObject(Auto, 0), WAIT_OBJECT_0, "was not taken");
    All[0] = Mutex;
    SetEvent(Manual);
    Thread = StartThread(TakeAndHold, Mutex);
    WaitForSingleObject(Ready, LONG_TIME);
    Is(WaitForMultipleObjects(2, All, TRUE, LONG_TIME), WAIT_OBJECT_0, "a wait for all waits for a mutex, too");
    Is(Join(Thread), 1, "which was released");
    Ok(ReleaseMutex(Mutex), "and is ours now");
    SetEvent(Auto);
    All[0] = Manual;
    All[1] = Auto;
    All[2] = Mutex;
    Is(WaitForMultipleObjects(3, All, FALSE, 0), WAIT_OBJECT_0, "several are signalled: the first");
    Is(WaitForSingleObject(Auto, 0), WAIT_OBJECT_0, "the others are not touched");
    ResetEvent(Manual);
    GetSystemTimeAsFileTime(&Now);
    Soon.LowPart = Now.dwLowDateTime;
    Soon.HighPart = (LONG)Now.dwHighDateTime;
    Soon.QuadPart += 300000;
    Is(S(WaitOne(Manual, FALSE, &Soon)), STATUS_TIMEOUT, "until a time of day");
    Is(S(WaitOne(Manual, FALSE, &Past)), STATUS_TIMEOUT, "one that is over");
    Is(S(NtDelayExecution(FALSE, &Soon)), 0, "a delay until then");
    Is(S(WaitOne(Manual, FALSE, (PLARGE_INTEGER)16)), S(STATUS_ACCESS_VIOLATION), "a bad address for the time");
    Is(S(NtWaitForMultipleObjects(2, (PHANDLE)16, 1, FALSE, &Zero)), S(STATUS_ACCESS_VIOLATION), "or for the handles");
    Is(S(NtWaitForMultipleObjects(65, All, 1, FALSE, &Zero)), S(STATUS_INVALID_PARAMETER_1), "too many");
    Is(S(NtSignalAndWaitForSingleObject(Auto, Manual, FALSE, &Zero)), STATUS_TIMEOUT, "signalled, then waited");
    Is(WaitForSingleObject(Auto, 0), WAIT_OBJECT_0, "the signal stays");
    Is(S(NtSignalAndWaitForSingleObject(NULL, Manual, FALSE, &Zero)), S(STATUS_INVALID_HANDLE), "no object to signal");
    Is(S(NtSignalAndWaitForSingleObject(Auto, NULL, FALSE, &Zero)), S(STATUS_INVALID_HANDLE), "none to wait for");
    Is(WaitForSingleObject(Auto, 0), WAIT_TIMEOUT, "then nothing is signalled");
    CloseHandle(Auto);
    CloseHandle(Manual);
    CloseHandle(Mutex);
}

static DWORD WINAPI TakeAndEnd(void *Mutexes)
{
    WaitForSingleObject(((HANDLE *)Mutexes)[0], LONG_TIME);
    WaitForSingleObject(((HANDLE *)Mutexes)[0], LONG_TIME);
    return 0;
}

static DWORD WINAPI WaitAnyOf(void *Handles)
{
    SetEvent(Ready);
    return WaitForMultipleObjects(3, Handles, FALSE, LONG_TIME);
}

static DWORD WINAPI HoldThenEnd(void *Mutexes)
{
    WaitForSingleObject(((HANDLE *)Mutexes)[2], LONG_TIME);
    SetEvent(Ready);
    Sleep(30);
    return 0;
}

static void Abandonment(void)
{
    HANDLE Event[2] = {CreateEventA(NULL, TRUE, FALSE, NULL), CreateEventA(NULL, TRUE, FALSE, NULL)}, Mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE Three[3] = {Event[0], Event[1], Mutex}, Holder;

    Join(StartThread(TakeAndEnd, &Mutex));
    Is(WaitForMultipleObjects(3, Three, FALSE, 0), WAIT_ABANDONED_0 + 2, "abandoned twice over: index 2");
    Ok(ReleaseMutex(Mutex) && !ReleaseMutex(Mutex), "owned once by the next");
    Holder = StartThread(HoldThenEnd, Three);
    WaitForSingleObject(Ready, LONG_TIME);
    HANDLE Waiter = StartThread(WaitAnyOf, Three);
    Is(Join(Waiter), WAIT_ABANDONED_0 + 2, "a thread that waits when the owner ends");
    Join(Holder);
    Is(WaitForSingleObject(Mutex, 0), WAIT_ABANDONED, "and ends itself: abandoned again");
    ReleaseMutex(Mutex);
    Is(WaitForSingleObject(Mutex, 0), WAIT_OBJECT_0, "once it was released it is as good as new");
    ReleaseMutex(Mutex);
    CloseHandle(Event[0]);
    CloseHandle(Event[1]);
    CloseHandle(Mutex);
}

/* ---- names ---------------------------------------------------------------------------------------------------------------------------------------- */

static void Names(void)
{
    HANDLE First, Second;

    First = CreateSemaphoreW(NULL, 1, 3, L"syncnative-S");
    Ok(First != NULL && GetLastError() == 0, "a semaphore with a name");
    Second = CreateSemaphoreW(NULL, 2, 9, L"syncnative-S");
    Ok(Second != NULL && GetLastError() == ERROR_ALREADY_EXISTS, "again");
    LONG Previous = 0;
    Ok(ReleaseSemaphore(Second, 1, &Previous) && Previous == 1, "its count is as it was created first");
    CloseHandle(Second);
    SetLastError(0xBAD);
    Second = OpenSemaphoreW(SEMAPHORE_MODIFY_STATE, TRUE, L"syncnative-S");
    DWORD Flags = 0;
    Ok(Second != NULL && GetHandleInformation(Second, &Flags) && Flags == HANDLE_FLAG_INHERIT, "opened by name, to be inherited");
    CloseHandle(Second);
    Fails(OpenSemaphoreW(SYNCHRONIZE, FALSE, L"SYNCNATIVE-S") != NULL, ERROR_FILE_NOT_FOUND, "case counts");
    Fails(OpenMutexW(SYNCHRONIZE, FALSE, L"syncnative-S") != NULL, ERROR_INVALID_HANDLE, "a semaphore is no mutex");
    Fails(CreateWaitableTimerW(NULL, FALSE, L"syncnative-S") != NULL, ERROR_INVALID_HANDLE, "nor a timer");
    Fails(CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, L"syncnative-S") != NULL, ERROR_INVALID_HANDLE, "nor a section");
    Fails(CreateJobObjectW(NULL, L"syncnative-S") != NULL, ERROR_INVALID_HANDLE, "nor a job");
    Fails(OpenEventW(SYNCHRONIZE, FALSE, NULL) != NULL, ERROR_INVALID_PARAMETER, "no name");
    char Long[MAX_PATH + 1];
    memset(Long, 'n', MAX_PATH);
    Long[MAX_PATH] = 0;
    Fails(CreateEventA(NULL, TRUE, FALSE, Long) != NULL, ERROR_FILENAME_EXCED_RANGE, "an ANSI name of MAX_PATH characters");
    Fails(OpenMutexA(SYNCHRONIZE, FALSE, Long) != NULL, ERROR_FILENAME_EXCED_RANGE, "to open, too");
    Long[MAX_PATH - 1] = 0;
    HANDLE Named = CreateEventA(NULL, TRUE, FALSE, Long);
    Ok(Named != NULL && GetLastError() == 0, "one less will do");
    CloseHandle(Named);
    Fails(CreateEventW(NULL, FALSE, FALSE, L"syncnative\\a") != NULL, ERROR_PATH_NOT_FOUND, "a name with a backslash");
    Fails(CreateEventW(NULL, FALSE, FALSE, L"Nowhere\\a") != NULL, ERROR_PATH_NOT_FOUND, "or an unknown prefix");
    CloseHandle(First);
    First = CreateEventW(NULL, FALSE, TRUE, L"Local\\syncnative-E");
    Second = OpenEventW(EVENT_ALL_ACCESS, FALSE, L"syncnative-E");
    Ok(First != NULL && Second != NULL && WaitForSingleObject(Second, 0) == WAIT_OBJECT_0, "Local\\ is where plain names are");
    CloseHandle(First);
    CloseHandle(Second);
    First = CreateMutexW(NULL, TRUE, L"syncnative-M");
    Second = CreateMutexW(NULL, TRUE, L"syncnative-M");
    Ok(GetLastError() == ERROR_ALREADY_EXISTS && ReleaseMutex(Second) && !ReleaseMutex(Second), "an initial owner of what exists is none");
    CloseHandle(First);
    CloseHandle(Second);
    First = CreateWaitableTimerW(NULL, TRUE, L"syncnative-T");
    Second = OpenWaitableTimerW(TIMER_ALL_ACCESS, FALSE, L"syncnative-T");
    Ok(First != NULL && Second != NULL && CancelWaitableTimer(Second), "a timer by name");
    CloseHandle(First);
    CloseHandle(Second);
}

/* ---- addresses ------------------------------------------------------------------------------------------------------------------------------------ */

static volatile union { UCHAR Byte; USHORT Word; ULONG Long; ULONG64 Quad; } Value;
static volatile LONG Awake;
static SIZE_T WaitSize;

static DWORD WINAPI WaitForChange(void *Unused)
{
    ULONG64 Zero = 0;

    (void)Unused;
    SetEvent(Ready);
    while (Value.Byte == 0) {
        if (RtlWaitOnAddress(&Value, &Zero, WaitSize, NULL) != 0) {
            return 1;
        }
    }
    InterlockedIncrement(&Awake);
    return 0;
}

static void Addresses(void)
{
    void(NTAPI * WakeOne)(PVOID) = (void *)GetProcAddress(GetModuleHandleA("ntdll"), "RtlWakeAddressSingle");
    void(NTAPI * WakeAll)(PVOID) = (void *)GetProcAddress(GetModuleHandleA("ntdll"), "RtlWakeAddressAll");
    LARGE_INTEGER Short = {.QuadPart = -100000}, Zero = {.QuadPart = 0};
    ULONG64 Other = 0x100, Same = 0;
    HANDLE Threads[4];

    for (WaitSize = 1; WaitSize <= 8; WaitSize *= 2) {
        Value.Quad = 0;
        Is(S(RtlWaitOnAddress(&Value, &Same, WaitSize, &Short)), STATUS_TIMEOUT, "nothing changes");
        Is(S(RtlWaitOnAddress(&Value, &Other, WaitSize, &Zero)), WaitSize == 1 ? STATUS_TIMEOUT : 0, "only so many bytes are compared");
        Threads[0] = StartThread(WaitForChange, NULL);
        WaitForSingleObject(Ready, LONG_TIME);
        Value.Byte = 1;
        WakeOne((PVOID)&Value);
        Is(Join(Threads[0]), 0, "changed and woken");
    }
    for (SIZE_T Bad = 3; Bad <= 16; Bad += 13) {
        Is(S(RtlWaitOnAddress(&Value, &Same, Bad, &Zero)), S(STATUS_INVALID_PARAMETER), "not 1, 2, 4 or 8 bytes");
    }
    WaitSize = 4;
    Value.Quad = 0;
    Awake = 0;
    for (int i = 0; i < 4; i++) {
        Threads[i] = StartThread(WaitForChange, NULL);
        WaitForSingleObject(Ready, LONG_TIME);
    }
    Value.Byte = 1;
    WakeAll((PVOID)&Value);
    Ok(WaitForMultipleObjects(4, Threads, TRUE, LONG_TIME) == WAIT_OBJECT_0 && Awake == 4, "four are woken by one call");
    for (int i = 0; i < 4; i++) {
        CloseHandle(Threads[i]);
    }
    WakeOne((PVOID)&Awake);
    Is(S(RtlWaitOnAddress(&Awake, (PVOID)&Awake, sizeof(Awake), &Short)), STATUS_TIMEOUT, "a wake that meets nobody is not kept for who comes later");
    Is(S(NtWaitForKeyedEvent(NULL, (PVOID)&Value, FALSE, &Zero)), STATUS_TIMEOUT, "the keyed event that is always there: a wait");
    Is(S(NtReleaseKeyedEvent(NULL, (PVOID)&Value, FALSE, &Zero)), STATUS_TIMEOUT, "and a release that nobody meets");
    Is(S(NtReleaseKeyedEvent(NULL, (PVOID)1, FALSE, &Zero)), S(STATUS_INVALID_PARAMETER_1), "odd keys are none");
}

int main(void)
{
    Ready = CreateEventA(NULL, FALSE, FALSE, NULL);
    Queries();
    PreviousStates();
    AlertsAndApcs();
    Waits();
    Abandonment();
    Names();
    Addresses();
    return Done();
}

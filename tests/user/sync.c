/* SPDX-License-Identifier: MIT */
/*
 * sync.c - events, mutexes, semaphores, timers, named objects, waits for many; critical sections, SRW locks, condition variables,
 * run-once, WaitOnAddress.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include "win32.h"

static HANDLE Shared;
static CRITICAL_SECTION Section;
static SRWLOCK Srw = SRWLOCK_INIT;
static CONDITION_VARIABLE Condition = CONDITION_VARIABLE_INIT;
static INIT_ONCE Once = INIT_ONCE_STATIC_INIT;
static volatile LONG Counter, Ready, Word;

typedef BOOL(WINAPI *WAIT_ON)(volatile VOID *Address, PVOID Compare, SIZE_T Size, DWORD Milliseconds);
typedef VOID(WINAPI *WAKE)(PVOID Address);
static WAIT_ON WaitOn;

static void Events(void)
{
    HANDLE Auto = CreateEventA(NULL, FALSE, TRUE, NULL), Manual = CreateEventA(NULL, TRUE, FALSE, NULL);

    Is(WaitForSingleObject(Auto, 0), WAIT_OBJECT_0, "auto-reset, set at first");
    Is(WaitForSingleObject(Auto, 0), WAIT_TIMEOUT, "reset by the wait");
    SetEvent(Manual);
    Is(WaitForSingleObject(Manual, 0) | WaitForSingleObject(Manual, 0), WAIT_OBJECT_0, "manual-reset stays set");
    ResetEvent(Manual);
    Is(WaitForSingleObject(Manual, 0), WAIT_TIMEOUT, "until it is reset");
    CloseHandle(Auto);
    CloseHandle(Manual);
    Is(SetEvent(Manual) || GetLastError() != ERROR_INVALID_HANDLE, 0, "a closed handle");
}

static DWORD WINAPI Abandon(void *Mutex)
{
    return WaitForSingleObject(Mutex, 5000);
}

static DWORD WINAPI TryMutex(void *Mutex)
{
    return ReleaseMutex(Mutex) ? 0 : GetLastError();
}

static void Mutexes(void)
{
    HANDLE Mutex = CreateMutexA(NULL, TRUE, NULL);

    Is(WaitForSingleObject(Mutex, 0), WAIT_OBJECT_0, "its owner may take it again");
    Is(Join(StartThread(TryMutex, Mutex)), ERROR_NOT_OWNER, "another thread may not release it");
    Ok(ReleaseMutex(Mutex) && ReleaseMutex(Mutex), "released as often as taken");
    Is(ReleaseMutex(Mutex) || GetLastError() != ERROR_NOT_OWNER, 0, "not more often");
    Is(Join(StartThread(Abandon, Mutex)), WAIT_OBJECT_0, "a thread ends and owns it");
    Is(WaitForSingleObject(Mutex, 0), WAIT_ABANDONED, "the next owner is told");
    ReleaseMutex(Mutex);
    CloseHandle(Mutex);
}

static void Semaphores(void)
{
    HANDLE Semaphore = CreateSemaphoreA(NULL, 1, 3, NULL);
    LONG Previous = -1;

    Ok(ReleaseSemaphore(Semaphore, 2, &Previous) && Previous == 1, "1 + 2");
    Is(ReleaseSemaphore(Semaphore, 1, NULL) || GetLastError() != ERROR_TOO_MANY_POSTS, 0, "not above the maximum");
    for (int i = 0; i < 3; i++) {
        Is(WaitForSingleObject(Semaphore, 0), WAIT_OBJECT_0, "taken");
    }
    Is(WaitForSingleObject(Semaphore, 0), WAIT_TIMEOUT, "empty");
    Is(CreateSemaphoreA(NULL, 4, 3, NULL) != NULL || GetLastError() != ERROR_INVALID_PARAMETER, 0, "more than the maximum");
    CloseHandle(Semaphore);
}

static void Timers(void)
{
    HANDLE Timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER Due = {.QuadPart = -200000};
    ULONGLONG Begin = GetTickCount64();

    Ok(SetWaitableTimer(Timer, &Due, 10, NULL, NULL, FALSE), "a timer of 20 ms, then every 10");
    for (int i = 0; i < 3; i++) {
        Is(WaitForSingleObject(Timer, 2000), WAIT_OBJECT_0, "expired");
    }
    Ok(GetTickCount64() - Begin >= 30, "not too early");
    Ok(CancelWaitableTimer(Timer), "cancelled");
    Sleep(30);
    WaitForSingleObject(Timer, 0);
    Is(WaitForSingleObject(Timer, 30), WAIT_TIMEOUT, "silent");
    CloseHandle(Timer);
    Begin = GetTickCount64();
    Sleep(50);
    Ok(GetTickCount64() - Begin >= 45, "Sleep sleeps");
}

static void Names(void)
{
    HANDLE First = CreateEventA(NULL, TRUE, FALSE, "TestNames"), Second, Third;

    Is(GetLastError(), ERROR_SUCCESS, "created");
    Second = CreateEventA(NULL, TRUE, FALSE, "TestNames");
    Is(GetLastError(), ERROR_ALREADY_EXISTS, "there already");
    Third = OpenEventA(EVENT_MODIFY_STATE, FALSE, "TestNames");
    Ok(Third != NULL && SetEvent(Third), "opened by name");
    Is(WaitForSingleObject(First, 0), WAIT_OBJECT_0, "the same object");
    Is(WaitForSingleObject(Third, 0) != WAIT_FAILED || GetLastError() != ERROR_ACCESS_DENIED, 0, "no right to wait");
    Is(CreateMutexA(NULL, FALSE, "TestNames") != NULL || GetLastError() != ERROR_INVALID_HANDLE, 0, "the name of another type");
    CloseHandle(First);
    CloseHandle(Second);
    CloseHandle(Third);
    Is(OpenEventA(SYNCHRONIZE, FALSE, "TestNames") != NULL || GetLastError() != ERROR_FILE_NOT_FOUND, 0, "gone with its last handle");
}

static DWORD WINAPI SetLater(void *Event)
{
    Sleep(30);
    return SetEvent(Event);
}

static void ManyObjects(void)
{
    HANDLE Two[2] = {CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, FALSE, FALSE, NULL)}, Thread;

    Is(WaitForMultipleObjects(2, Two, FALSE, 10), WAIT_TIMEOUT, "neither");
    SetEvent(Two[1]);
    Is(WaitForMultipleObjects(2, Two, TRUE, 10), WAIT_TIMEOUT, "not both");
    Is(WaitForMultipleObjects(2, Two, FALSE, 10), WAIT_OBJECT_0 + 1, "the second");
    SetEvent(Two[0]);
    Thread = StartThread(SetLater, Two[1]);
    Is(WaitForMultipleObjects(2, Two, TRUE, 5000), WAIT_OBJECT_0, "both, one set by a thread");
    Join(Thread);
    Is(WaitForMultipleObjects(0, Two, FALSE, 0) != WAIT_FAILED || GetLastError() != ERROR_INVALID_PARAMETER, 0, "none at all");
    CloseHandle(Two[0]);
    CloseHandle(Two[1]);
}

static DWORD WINAPI Count(void *Parameter)
{
    for (int i = 0; i < 2000; i++) {
        if (Parameter == NULL) {
            EnterCriticalSection(&Section);
        } else {
            AcquireSRWLockExclusive(&Srw);
        }
        Counter = Counter + 1;
        if (i % 64 == 0) {
            Sleep(0);
        }
        if (Parameter == NULL) {
            LeaveCriticalSection(&Section);
        } else {
            ReleaseSRWLockExclusive(&Srw);
        }
    }
    return 0;
}

static void Locks(void *Which, const char *Name)
{
    HANDLE Threads[4];

    Counter = 0;
    for (int i = 0; i < 4; i++) {
        Threads[i] = StartThread(Count, Which);
    }
    for (int i = 0; i < 4; i++) {
        Join(Threads[i]);
    }
    Is((ULONG)Counter, 8000, Name);
}

static DWORD WINAPI WaitReady(void *Parameter)
{
    (void)Parameter;
    AcquireSRWLockExclusive(&Srw);
    while (!Ready) {
        SleepConditionVariableSRW(&Condition, &Srw, INFINITE, 0);
    }
    ReleaseSRWLockExclusive(&Srw);
    return 7;
}

static BOOL CALLBACK InitOnce(PINIT_ONCE InitOnce_, PVOID Parameter, PVOID *Context)
{
    (void)InitOnce_;
    InterlockedIncrement(&Counter);
    *Context = Parameter;
    return TRUE;
}

static DWORD WINAPI WaitWord(void *Parameter)
{
    LONG Zero = 0;

    (void)Parameter;
    while (Word == 0) {
        WaitOn(&Word, &Zero, sizeof(Word), 5000);
    }
    return (DWORD)Word;
}

static void Conditions(void)
{
    HANDLE Threads[3];
    PVOID Context = NULL;
    WAKE Wake;

    for (int i = 0; i < 3; i++) {
        Threads[i] = StartThread(WaitReady, NULL);
    }
    Sleep(20);
    AcquireSRWLockExclusive(&Srw);
    Ready = 1;
    ReleaseSRWLockExclusive(&Srw);
    WakeAllConditionVariable(&Condition);
    for (int i = 0; i < 3; i++) {
        Is(Join(Threads[i]), 7, "woken by the condition");
    }
    AcquireSRWLockExclusive(&Srw);
    Is(SleepConditionVariableSRW(&Condition, &Srw, 20, 0) || GetLastError() != ERROR_TIMEOUT, 0, "a condition that never comes");
    ReleaseSRWLockExclusive(&Srw);
    Counter = 0;
    InitOnceExecuteOnce(&Once, InitOnce, (void *)0x10, &Context);
    InitOnceExecuteOnce(&Once, InitOnce, (void *)0x20, &Context);
    Ok(Counter == 1 && Context == (void *)0x10, "once");
    WaitOn = (WAIT_ON)(void *)GetProcAddress(GetModuleHandleA("kernel32"), "WaitOnAddress");
    Wake = (WAKE)(void *)GetProcAddress(GetModuleHandleA("kernel32"), "WakeByAddressAll");
    Threads[0] = StartThread(WaitWord, NULL);
    Sleep(20);
    Word = 11;
    Wake((PVOID)&Word);
    Is(Join(Threads[0]), 11, "WaitOnAddress");
}

int main(void)
{
    InitializeCriticalSection(&Section);
    Shared = NULL;
    Events();
    Mutexes();
    Semaphores();
    Timers();
    Names();
    ManyObjects();
    Locks(NULL, "a critical section");
    Locks(&Srw, "an SRW lock");
    Conditions();
    return Done();
}

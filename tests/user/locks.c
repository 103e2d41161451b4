/* SPDX-License-Identifier: MIT */
/*
 * locks.c - what is built on waiting for an address: critical sections with their debug information, SRW locks shared and exclusive, condition
 * variables in both forms, run-once in both forms, barriers, interlocked lists; and all of it when threads are terminated in their sleep.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include "win32.h"


static CRITICAL_SECTION Section;
static SRWLOCK Srw = SRWLOCK_INIT;
static CONDITION_VARIABLE Condition = CONDITION_VARIABLE_INIT;
static SYNCHRONIZATION_BARRIER Barrier;
static volatile LONG Counter, Word, Last, Inside, Ready;
static HANDLE Started;

typedef BOOL(WINAPI *WAIT_ON)(volatile VOID *Address, PVOID Compare, SIZE_T Size, DWORD Milliseconds);
typedef VOID(WINAPI *WAKE)(PVOID Address);
typedef BOOL(WINAPI *BARRIER_INIT)(LPSYNCHRONIZATION_BARRIER Barrier, LONG Total, LONG Spin);
typedef BOOL(WINAPI *BARRIER_ENTER)(LPSYNCHRONIZATION_BARRIER Barrier, DWORD Flags);
typedef BOOL(WINAPI *BARRIER_DELETE)(LPSYNCHRONIZATION_BARRIER Barrier);
static WAIT_ON WaitOn;
static WAKE WakeOne, WakeAll;

static FARPROC Api(const char *Name)
{
    FARPROC Address = GetProcAddress(GetModuleHandleA("kernelbase"), Name);

    return Address != NULL ? Address : GetProcAddress(GetModuleHandleA("kernel32"), Name);
}

/* ---- critical sections ---- */

static DWORD WINAPI TrySection(void *Parameter)
{
    (void)Parameter;
    if (!TryEnterCriticalSection(&Section)) {
        return 0;
    }
    LeaveCriticalSection(&Section);
    return 1;
}

static DWORD WINAPI EnterSection(void *Parameter)
{
    (void)Parameter;
    SetEvent(Started);
    EnterCriticalSection(&Section);
    LeaveCriticalSection(&Section);
    return 5;
}

static void Sections(void)
{
    Ok(InitializeCriticalSectionEx(&Section, 100, 0), "a critical section");
    Ok(Section.LockCount == -1 && Section.RecursionCount == 0 && Section.OwningThread == NULL, "free");
    EnterCriticalSection(&Section);
    Ok(Section.RecursionCount == 1 && Section.OwningThread == (HANDLE)(ULONG_PTR)GetCurrentThreadId() && !(Section.LockCount & 1), "owned");
    Ok(TryEnterCriticalSection(&Section) && Section.RecursionCount == 2, "again by its owner");
    Is(Join(StartThread(TrySection, NULL)), 0, "not by another");
    HANDLE Thread = StartThread(EnterSection, NULL);
    WaitForSingleObject(Started, LONG_TIME);
    Sleep(20);
    LeaveCriticalSection(&Section);
    Is(WaitForSingleObject(Thread, 20), WAIT_TIMEOUT, "left once of twice");
    LeaveCriticalSection(&Section);
    Is(Join(Thread), 5, "left, the next gets it");
    Is(Section.LockCount, -1, "free again");
    DeleteCriticalSection(&Section);
    Ok(InitializeCriticalSectionEx(&Section, 0, CRITICAL_SECTION_NO_DEBUG_INFO), "without debug information");
    Ok(Section.DebugInfo == (PVOID)(LONG_PTR)-1, "which is told by -1");
    Is(Join(StartThread(TrySection, NULL)), 1, "works all the same");
    DeleteCriticalSection(&Section);
    Ok(InitializeCriticalSectionAndSpinCount(&Section, 0x80000400), "with a spin count");
    SetCriticalSectionSpinCount(&Section, 50);
    DWORD Spin = SetCriticalSectionSpinCount(&Section, 10);
    Ok(Spin == 50 || Spin == 0, "a spin count counts with more than one processor only");
}

/* ---- SRW locks ---- */

static DWORD WINAPI TryShared(void *Parameter)
{
    (void)Parameter;
    if (!TryAcquireSRWLockShared(&Srw)) {
        return 0;
    }
    ReleaseSRWLockShared(&Srw);
    return 1;
}

static DWORD WINAPI TryExclusive(void *Parameter)
{
    (void)Parameter;
    if (!TryAcquireSRWLockExclusive(&Srw)) {
        return 0;
    }
    ReleaseSRWLockExclusive(&Srw);
    return 1;
}

static DWORD WINAPI Writers(void *Parameter)
{
    (void)Parameter;
    for (int i = 0; i < 3000; i++) {
        if (i % 3 == 0) {
            AcquireSRWLockExclusive(&Srw);
            if (InterlockedExchange(&Inside, 1) != 0) {
                Counter = 1000000;
            }
            Counter = Counter + 1;
            if (i % 96 == 0) {
                SwitchToThread();
            }
            Inside = 0;
            ReleaseSRWLockExclusive(&Srw);
        } else {
            AcquireSRWLockShared(&Srw);
            if (Inside != 0) {
                Counter = 1000000;
            }
            ReleaseSRWLockShared(&Srw);
        }
    }
    return 0;
}

static void SrwLocks(void)
{
    HANDLE Thread[4];

    AcquireSRWLockShared(&Srw);
    Is(Join(StartThread(TryShared, NULL)), 1, "shared by two");
    Is(Join(StartThread(TryExclusive, NULL)), 0, "not exclusive meanwhile");
    ReleaseSRWLockShared(&Srw);
    AcquireSRWLockExclusive(&Srw);
    Is(Join(StartThread(TryShared, NULL)), 0, "exclusive: not shared");
    Ok(!TryAcquireSRWLockExclusive(&Srw), "nor twice by its owner");
    ReleaseSRWLockExclusive(&Srw);
    Ok(Srw.Ptr == NULL, "a free lock is null, and may be thrown away");
    for (int i = 0; i < 4; i++) {
        Thread[i] = StartThread(Writers, NULL);
    }
    for (int i = 0; i < 4; i++) {
        Join(Thread[i]);
    }
    Is((ULONG)Counter, 4000, "four threads, readers and writers");
}

/* ---- condition variables ---- */

static DWORD WINAPI SleepCs(void *Parameter)
{
    EnterCriticalSection(&Section);
    InterlockedIncrement(&Ready);
    while (Word == 0) {
        SleepConditionVariableCS(&Condition, &Section, INFINITE);
    }
    if (Parameter != NULL) {
        Word = 0;
    }
    LeaveCriticalSection(&Section);
    return 3;
}

static DWORD WINAPI SleepShared(void *Parameter)
{
    (void)Parameter;
    AcquireSRWLockShared(&Srw);
    InterlockedIncrement(&Ready);
    while (Word == 0) {
        SleepConditionVariableSRW(&Condition, &Srw, INFINITE, CONDITION_VARIABLE_LOCKMODE_SHARED);
    }
    ReleaseSRWLockShared(&Srw);
    return 4;
}

static void WaitReady(LONG Count)
{
    while (Ready < Count) {
        Sleep(1);
    }
    Ready = 0;
}

static void Conditions(void)
{
    HANDLE Thread[3];
    int Woken = 0;

    Word = Ready = 0;
    for (int i = 0; i < 3; i++) {
        Thread[i] = StartThread(SleepCs, (void *)1);
    }
    WaitReady(3);
    for (int i = 0; i < 3; i++) {
        EnterCriticalSection(&Section);
        Word = 1;
        LeaveCriticalSection(&Section);
        WakeConditionVariable(&Condition);
        while (Word != 0) {
            Sleep(1);
        }
        Woken++;
    }
    for (int i = 0; i < 3; i++) {
        Is(Join(Thread[i]), 3, "woken one by one");
    }
    for (int i = 0; i < 3; i++) {
        Thread[i] = StartThread(SleepShared, NULL);
    }
    WaitReady(3);
    AcquireSRWLockExclusive(&Srw);
    Word = 1;
    ReleaseSRWLockExclusive(&Srw);
    WakeAllConditionVariable(&Condition);
    for (int i = 0; i < 3; i++) {
        Is(Join(Thread[i]), 4, "readers, woken all at once");
    }
    EnterCriticalSection(&Section);
    Ok(!SleepConditionVariableCS(&Condition, &Section, 10) && GetLastError() == ERROR_TIMEOUT, "time is up");
    Ok(Section.OwningThread == (HANDLE)(ULONG_PTR)GetCurrentThreadId(), "and the section is owned again");
    LeaveCriticalSection(&Section);
    Ok(Woken == 3, "no wake was lost");
}

/* ---- run once ---- */

static BOOL CALLBACK Once(PINIT_ONCE InitOnce, PVOID Parameter, PVOID *Context)
{
    (void)InitOnce;
    Counter++;
    Sleep(10);
    *Context = (PVOID)0x40;
    return Parameter != NULL;
}

static DWORD WINAPI RunOnce(void *Parameter)
{
    PVOID Context = NULL;

    return InitOnceExecuteOnce(Parameter, Once, Parameter, &Context) ? (DWORD)(ULONG_PTR)Context : 0;
}

static void RunOnces(void)
{
    INIT_ONCE Sync = INIT_ONCE_STATIC_INIT, Async = INIT_ONCE_STATIC_INIT;
    PVOID Context = (PVOID)1;
    BOOL Pending;
    HANDLE Thread[3];

    Counter = 0;
    Ok(!InitOnceExecuteOnce(&Sync, Once, NULL, &Context), "an initialisation that fails");
    for (int i = 0; i < 3; i++) {
        Thread[i] = StartThread(RunOnce, &Sync);
    }
    for (int i = 0; i < 3; i++) {
        Is(Join(Thread[i]), 0x40, "is done by the next, and by one of three");
    }
    Is(Counter, 2, "twice in all");
    Ok(InitOnceBeginInitialize(&Sync, INIT_ONCE_CHECK_ONLY, &Pending, &Context) && !Pending && Context == (PVOID)0x40, "checked");
    Ok(!InitOnceBeginInitialize(&Async, INIT_ONCE_CHECK_ONLY, &Pending, &Context) && GetLastError() == ERROR_GEN_FAILURE, "one that is not done");
    Ok(InitOnceBeginInitialize(&Async, INIT_ONCE_ASYNC, &Pending, &Context) && Pending, "asynchronous: begun");
    Ok(InitOnceBeginInitialize(&Async, INIT_ONCE_ASYNC, &Pending, &Context) && Pending, "by two");
    Ok(!InitOnceBeginInitialize(&Async, 0, &Pending, &Context) && GetLastError() == ERROR_INVALID_PARAMETER, "not synchronously then");
    Ok(InitOnceComplete(&Async, INIT_ONCE_ASYNC, (PVOID)0x80), "the first completes");
    Ok(!InitOnceComplete(&Async, INIT_ONCE_ASYNC, (PVOID)0x90) && GetLastError() == ERROR_ALREADY_EXISTS, "the second is late");
    Ok(InitOnceBeginInitialize(&Async, 0, &Pending, &Context) && !Pending && Context == (PVOID)0x80, "and sees the first's");
    Ok(!InitOnceComplete(&Async, INIT_ONCE_INIT_FAILED, (PVOID)8) && GetLastError() == ERROR_INVALID_PARAMETER, "a failure has no context");
}

/* ---- barriers ---- */

static DWORD WINAPI Cross(void *Enter)
{
    DWORD Mine = 0;

    for (int i = 0; i < 50; i++) {
        InterlockedIncrement(&Counter);
        if (((BARRIER_ENTER)Enter)(&Barrier, 0)) {
            Mine++;
            if (Counter != 4 * (i + 1)) {
                Last = 1;
            }
        }
        if (Counter < 4 * (i + 1)) {
            Last = 2;
        }
        ((BARRIER_ENTER)Enter)(&Barrier, SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY);
    }
    return Mine;
}

static void Barriers(void)
{
    BARRIER_INIT Init = (BARRIER_INIT)(void *)Api("InitializeSynchronizationBarrier");
    BARRIER_ENTER Enter = (BARRIER_ENTER)(void *)Api("EnterSynchronizationBarrier");
    BARRIER_DELETE Delete = (BARRIER_DELETE)(void *)Api("DeleteSynchronizationBarrier");
    HANDLE Thread[4];
    DWORD Sum = 0;

    Ok(!Init(&Barrier, 0, -1) && GetLastError() == ERROR_INVALID_PARAMETER, "a barrier for none");
    Ok(Init(&Barrier, 4, -1), "for four");
    Counter = Last = 0;
    for (int i = 0; i < 4; i++) {
        Thread[i] = StartThread(Cross, (void *)Enter);
    }
    for (int i = 0; i < 4; i++) {
        Sum += Join(Thread[i]);
    }
    Ok(Sum == 50 && Last == 0, "fifty crossings, one last thread each");
    Ok(Delete(&Barrier), "deleted");
}

/* ---- lists ---- */

typedef struct _NODE
{
    SLIST_ENTRY Entry;
    LONG Value;
} __attribute__((aligned(16))) NODE;

static SLIST_HEADER __attribute__((aligned(16))) List;

static DWORD WINAPI PushAndPop(void *Parameter)
{
    (void)Parameter;
    for (int i = 0; i < 5000; i++) {
        PSLIST_ENTRY Entry = InterlockedPopEntrySList(&List);
        if (Entry != NULL) {
            InterlockedPushEntrySList(&List, Entry);
        }
    }
    return 0;
}

static void Lists(void)
{
    static NODE Node[16];
    HANDLE Thread[3];
    LONG Sum = 0;

    InitializeSListHead(&List);
    Ok(InterlockedPopEntrySList(&List) == NULL && QueryDepthSList(&List) == 0, "an empty list");
    for (int i = 0; i < 16; i++) {
        Node[i].Value = i + 1;
        PSLIST_ENTRY Old = InterlockedPushEntrySList(&List, &Node[i].Entry);
        if (i == 0 || i == 15) {
            Ok(Old == (i == 0 ? NULL : &Node[i - 1].Entry), "push returns what was first");
        }
    }
    Is(QueryDepthSList(&List), 16, "sixteen");
    for (int i = 0; i < 3; i++) {
        Thread[i] = StartThread(PushAndPop, NULL);
    }
    for (int i = 0; i < 3; i++) {
        Join(Thread[i]);
    }
    Is(QueryDepthSList(&List), 16, "still, after 15000 pops and pushes");
    for (PSLIST_ENTRY Entry = InterlockedFlushSList(&List); Entry != NULL; Entry = Entry->Next) {
        Sum += ((NODE *)Entry)->Value;
    }
    Is(Sum, 136, "none lost");
    Is(QueryDepthSList(&List), 0, "flushed");
}

/* ---- threads terminated in their sleep ---- */

static DWORD WINAPI WaitWord(void *Parameter)
{
    LONG Zero = 0;

    (void)Parameter;
    InterlockedIncrement(&Ready);
    while (Word == 0) {
        WaitOn(&Word, &Zero, sizeof(Word), INFINITE);
    }
    return 6;
}

static DWORD WINAPI Quick(void *Parameter)
{
    (void)Parameter;
    return 0;
}

static void Killed(void)
{
    HANDLE Victim[4], Survivor;

    Word = Ready = 0;
    for (int i = 0; i < 4; i++) {
        Victim[i] = StartThread(WaitWord, NULL);
    }
    WaitReady(4);
    Survivor = StartThread(WaitWord, NULL);
    WaitReady(1);
    Sleep(50);
    for (int i = 0; i < 4; i++) {
        TerminateThread(Victim[i], 0);
        Join(Victim[i]);
    }
    for (int i = 0; i < 20; i++) { /* their stacks and ids are used again */
        Join(StartThread(Quick, NULL));
    }
    Word = 1;
    WakeOne((PVOID)&Word);
    Is(Join(Survivor), 6, "one wake reaches the sleeper behind four that were terminated");
    Word = Ready = 0;
    Victim[0] = StartThread(WaitWord, NULL);
    WaitReady(1);
    Sleep(20);
    TerminateThread(Victim[0], 0);
    Join(Victim[0]);
    Word = 1;
    WakeAll((PVOID)&Word);
    Ok(1, "waking a thread that is gone");
    LONG One = 1;
    Ok(!WaitOn(&Word, &One, sizeof(Word), 10) && GetLastError() == ERROR_TIMEOUT, "a wait that times out");
    Ok(!WaitOn(&Word, &One, 3, 10) && GetLastError() == ERROR_INVALID_PARAMETER, "three bytes");
}

int main(void)
{
    Started = CreateEventA(NULL, FALSE, FALSE, NULL);
    WaitOn = (WAIT_ON)(void *)Api("WaitOnAddress");
    WakeOne = (WAKE)(void *)Api("WakeByAddressSingle");
    WakeAll = (WAKE)(void *)Api("WakeByAddressAll");
    Sections();
    SrwLocks();
    Conditions();
    RunOnces();
    Barriers();
    Lists();
    Killed();
    return Done();
}

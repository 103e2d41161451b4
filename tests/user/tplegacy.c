/* SPDX-License-Identifier: MIT */
/*
 * tplegacy.c - the thread pool's older calls: QueueUserWorkItem, RegisterWaitForSingleObject, timer queues, BindIoCompletionCallback; and files in the
 * newer pool (CreateThreadpoolIo).
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include "tap.h"

#define LONG_TIME 20000

static HANDLE Called, Go;
static volatile LONG Count, TimedOut;

static int Wait(HANDLE Handle)
{
    return WaitForSingleObject(Handle, LONG_TIME) == WAIT_OBJECT_0;
}

static DWORD WINAPI Item(PVOID Context)
{
    InterlockedIncrement(&Count);
    SetEvent(Context);
    return 0;
}

static void WorkItems(void)
{
    Count = 0;
    Ok(QueueUserWorkItem(Item, Called, WT_EXECUTEDEFAULT) && Wait(Called), "a work item");
    Ok(QueueUserWorkItem(Item, Called, WT_EXECUTELONGFUNCTION) && Wait(Called), "a long one");
    Ok(QueueUserWorkItem(Item, Called, WT_EXECUTEINIOTHREAD) && Wait(Called), "in an I/O thread");
    Ok(QueueUserWorkItem(Item, Called, WT_EXECUTEINPERSISTENTTHREAD) && Wait(Called), "in a persistent one");
    Is(Count, 4, "called once each");
}

/* ---- waits ---- */

static VOID CALLBACK OnWait(PVOID Context, BOOLEAN Timer)
{
    (void)Context;
    TimedOut = Timer;
    InterlockedIncrement(&Count);
    SetEvent(Called);
}

static VOID CALLBACK OnWaitBlock(PVOID Context, BOOLEAN Timer)
{
    (void)Context;
    (void)Timer;
    SetEvent(Called);
    WaitForSingleObject(Go, LONG_TIME);
    InterlockedIncrement(&Count);
}

static HANDLE OwnWait;
static volatile LONG UnregisterAnswer, UnregisterError;

static VOID CALLBACK OnWaitUnregister(PVOID Context, BOOLEAN Timer)
{
    (void)Context;
    (void)Timer;
    WaitForSingleObject(Go, LONG_TIME); /* OwnWait is written */
    UnregisterAnswer = UnregisterWait(OwnWait);
    UnregisterError = (LONG)GetLastError();
    SetEvent(Called);
}

static void Waits(void)
{
    HANDLE Auto = CreateEventA(NULL, FALSE, FALSE, NULL), Over = CreateEventA(NULL, FALSE, FALSE, NULL), Handle = NULL;

    Count = 0;
    Ok(RegisterWaitForSingleObject(&Handle, Auto, OnWait, NULL, INFINITE, WT_EXECUTEDEFAULT) && Handle != NULL, "a registered wait");
    SetEvent(Auto);
    Ok(Wait(Called) && !TimedOut, "is called");
    SetEvent(Auto);
    Ok(Wait(Called), "again, without being registered again");
    Ok(UnregisterWaitEx(Handle, INVALID_HANDLE_VALUE), "unregistered");
    SetEvent(Auto);
    Sleep(50);
    Ok(Count == 2 && WaitForSingleObject(Auto, 0) == WAIT_OBJECT_0, "not called any more");
    Count = 0;
    RegisterWaitForSingleObject(&Handle, Auto, OnWait, NULL, 10, WT_EXECUTEONLYONCE);
    Ok(Wait(Called) && TimedOut, "times out");
    Sleep(50);
    Is(Count, 1, "only once, if only once is asked for");
    Ok(UnregisterWaitEx(Handle, NULL), "nothing is outstanding");
    Count = 0;
    RegisterWaitForSingleObject(&Handle, Auto, OnWait, NULL, 10, WT_EXECUTEINWAITTHREAD);
    for (int i = 0; i < 3; i++) {
        Wait(Called);
    }
    Ok(Count >= 3 && UnregisterWaitEx(Handle, INVALID_HANDLE_VALUE), "a wait thread's own callback, many time-outs");
    ResetEvent(Called);
    ResetEvent(Go);
    Count = 0;
    RegisterWaitForSingleObject(&Handle, Auto, OnWaitBlock, NULL, INFINITE, WT_EXECUTEONLYONCE);
    SetEvent(Auto);
    Wait(Called);
    Ok(!UnregisterWaitEx(Handle, Over) && GetLastError() == ERROR_IO_PENDING, "unregistered while its callback runs");
    Ok(WaitForSingleObject(Over, 0) == WAIT_TIMEOUT, "the completion event is not set");
    SetEvent(Go);
    Ok(Wait(Over) && Count == 1, "until the callback has returned");
    ResetEvent(Go);
    RegisterWaitForSingleObject(&OwnWait, Auto, OnWaitUnregister, NULL, INFINITE, WT_EXECUTEONLYONCE);
    SetEvent(Auto);
    SetEvent(Go);
    Ok(Wait(Called) && !UnregisterAnswer && UnregisterError == ERROR_IO_PENDING, "unregistered by its own callback");
    Ok(!UnregisterWait(NULL) && GetLastError() == ERROR_INVALID_HANDLE, "no wait");
    CloseHandle(Auto);
    Ok(!RegisterWaitForSingleObject(&Handle, Auto, OnWait, NULL, INFINITE, 0) && GetLastError() == ERROR_INVALID_HANDLE, "no handle");
    CloseHandle(Over);
}

/* ---- timer queues ---- */

static VOID CALLBACK OnTimer(PVOID Context, BOOLEAN Timer)
{
    TimedOut = Timer;
    InterlockedIncrement((volatile LONG *)Context);
}

static VOID CALLBACK OnTimerBlock(PVOID Context, BOOLEAN Timer)
{
    (void)Timer;
    SetEvent(Called);
    WaitForSingleObject(Go, LONG_TIME);
    InterlockedIncrement((volatile LONG *)Context);
}

static int Reaches(volatile LONG *Value, LONG Goal)
{
    for (int i = 0; i < 2000 && *Value < Goal; i++) {
        Sleep(10);
    }
    return *Value >= Goal;
}

static void TimerQueues(void)
{
    volatile LONG Once = 0, Fast = 0, Late = 0, Owned = 0, Blocked = 0;
    HANDLE Queue = CreateTimerQueue(), Timer[5], Over = CreateEventA(NULL, FALSE, FALSE, NULL);

    Ok(Queue != NULL, "a timer queue");
    Ok(CreateTimerQueueTimer(&Timer[0], Queue, OnTimer, (PVOID)&Once, 0, 0, 0), "once, at once");
    Ok(CreateTimerQueueTimer(&Timer[1], Queue, OnTimer, (PVOID)&Fast, 0, 10, 0), "every 10 ms");
    Ok(CreateTimerQueueTimer(&Timer[2], Queue, OnTimer, (PVOID)&Late, 3600000, 10, 0), "in an hour");
    Ok(CreateTimerQueueTimer(&Timer[3], Queue, OnTimer, (PVOID)&Owned, 10, 10, WT_EXECUTEINTIMERTHREAD), "in the timer thread");
    Ok(Reaches(&Fast, 5) && Reaches(&Owned, 5) && Once == 1 && Late == 0, "each comes when it should");
    Ok(TimedOut == TRUE, "and is told that time is up");
    Ok(ChangeTimerQueueTimer(Queue, Timer[0], 0, 10), "changing one that is over succeeds");
    Sleep(40);
    Is(Once, 1, "and changes nothing");
    Ok(ChangeTimerQueueTimer(Queue, Timer[2], 0, 0) && Reaches(&Late, 1), "one that is not, does");
    Ok(DeleteTimerQueueTimer(Queue, Timer[1], INVALID_HANDLE_VALUE), "deleted, having waited");
    LONG Then = Fast;
    Sleep(50);
    Is(Fast, Then, "not called any more");
    Ok(!DeleteTimerQueueTimer(Queue, NULL, NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "no timer");
    ResetEvent(Go);
    ResetEvent(Called);
    CreateTimerQueueTimer(&Timer[4], Queue, OnTimerBlock, (PVOID)&Blocked, 0, 0, 0);
    Wait(Called);
    Ok(!DeleteTimerQueueTimer(Queue, Timer[4], NULL) && GetLastError() == ERROR_IO_PENDING, "deleted while its callback runs");
    Ok(!DeleteTimerQueueEx(Queue, Over) && GetLastError() == ERROR_IO_PENDING, "and the queue too");
    Ok(WaitForSingleObject(Over, 0) == WAIT_TIMEOUT, "it is not over");
    SetEvent(Go);
    Ok(Wait(Over) && Blocked == 1, "until the callback is");
    Ok(!DeleteTimerQueueEx(NULL, NULL) && GetLastError() == ERROR_INVALID_HANDLE, "no queue");
    Queue = CreateTimerQueue();
    CreateTimerQueueTimer(&Timer[0], Queue, OnTimer, (PVOID)&Fast, 0, 5, WT_EXECUTEONLYONCE);
    Ok(DeleteTimerQueueEx(Queue, INVALID_HANDLE_VALUE), "a queue deleted at once");
    Once = 0;
    Ok(CreateTimerQueueTimer(&Timer[0], NULL, OnTimer, (PVOID)&Once, 0, 0, 0) && Reaches(&Once, 1), "the default queue");
    Ok(DeleteTimerQueueTimer(NULL, Timer[0], INVALID_HANDLE_VALUE), "and out of it");
    CloseHandle(Over);
}

/* ---- files ---- */

static volatile LONG IoError, IoBytes;
static OVERLAPPED *volatile IoOverlapped;

static VOID CALLBACK OnIo(DWORD Error, DWORD Bytes, LPOVERLAPPED Overlapped)
{
    IoError = (LONG)Error;
    IoBytes = (LONG)Bytes;
    IoOverlapped = Overlapped;
    SetEvent(Called);
}

static VOID CALLBACK OnPoolIo(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PVOID Overlapped, ULONG Result, ULONG_PTR Bytes, PTP_IO Io)
{
    (void)Instance;
    (void)Io;
    InterlockedIncrement(Context);
    OnIo(Result, (DWORD)Bytes, Overlapped);
}

static HANDLE OpenSelf(void)
{
    char Path[MAX_PATH];

    GetModuleFileNameA(NULL, Path, sizeof(Path));
    return CreateFileA(Path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

static void Files(void)
{
    static char Buffer[64];
    OVERLAPPED Overlapped = {0};
    HANDLE File = OpenSelf();
    volatile LONG Calls = 0;

    ResetEvent(Called);
    Ok(BindIoCompletionCallback(File, OnIo, 0), "a file is bound to a callback");
    Ok(ReadFile(File, Buffer, sizeof(Buffer), NULL, &Overlapped) || GetLastError() == ERROR_IO_PENDING, "read");
    Ok(Wait(Called) && IoError == 0 && IoBytes == 64 && IoOverlapped == &Overlapped, "the callback has the result");
    Ok(Buffer[0] == 'M' && Buffer[1] == 'Z', "and the buffer the data");
    Ok(!BindIoCompletionCallback(File, OnIo, 0) && GetLastError() == ERROR_INVALID_PARAMETER, "a file is bound once");
    CloseHandle(File);
    File = OpenSelf();
    PTP_IO Io = CreateThreadpoolIo(File, OnPoolIo, (PVOID)&Calls, NULL);
    Ok(Io != NULL, "a pool's I/O object");
    StartThreadpoolIo(Io);
    if (!ReadFile(File, Buffer, sizeof(Buffer), NULL, &Overlapped) && GetLastError() != ERROR_IO_PENDING) {
        CancelThreadpoolIo(Io);
    }
    WaitForThreadpoolIoCallbacks(Io, FALSE);
    Ok(Calls == 1 && IoError == 0 && IoBytes == 64 && IoOverlapped == &Overlapped, "waiting for it waits for the operation too");
    StartThreadpoolIo(Io);
    CancelThreadpoolIo(Io);
    WaitForThreadpoolIoCallbacks(Io, FALSE);
    Is(Calls, 1, "an operation taken back");
    CloseHandle(File);
    CloseThreadpoolIo(Io);
    Ok(CreateThreadpoolIo(File, OnPoolIo, NULL, NULL) == NULL && GetLastError() == ERROR_INVALID_HANDLE, "no file");
}

int main(void)
{
    Called = CreateEventA(NULL, FALSE, FALSE, NULL);
    Go = CreateEventA(NULL, TRUE, FALSE, NULL);
    WorkItems();
    Waits();
    TimerQueues();
    Files();
    return Done();
}

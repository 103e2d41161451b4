/* SPDX-License-Identifier: MIT */
/*
 * thread.c - threads: creation, exit, suspension, priorities, TLS, APCs, contexts.
 */
#include <windows.h>
#include "win32.h"

static volatile LONG Flag;

static DWORD WINAPI Return(void *Parameter)
{
    return (DWORD)(ULONG_PTR)Parameter;
}

static DWORD WINAPI ExitEarly(void *Parameter)
{
    ExitThread((DWORD)(ULONG_PTR)Parameter);
}

static DWORD WINAPI Spin(void *Parameter)
{
    (void)Parameter;
    for (;;) {
        InterlockedIncrement(&Flag);
        SwitchToThread();
    }
}

static DWORD WINAPI SleepAlertably(void *Parameter)
{
    SetEvent(Parameter);
    return SleepEx(20000, TRUE);
}

static void CALLBACK Apc(ULONG_PTR Data)
{
    InterlockedExchange(&Flag, (LONG)Data);
}

static DWORD WINAPI CheckTls(void *Parameter)
{
    DWORD Index = (DWORD)(ULONG_PTR)Parameter;

    if (TlsGetValue(Index) != NULL) {
        return 1;
    }
    TlsSetValue(Index, (void *)0x1234);
    return TlsGetValue(Index) == (void *)0x1234 ? 0 : 2;
}

static DWORD WINAPI StackLimits(void *Parameter)
{
    ULONG_PTR Low, High, Here = (ULONG_PTR)&Parameter;

    GetCurrentThreadStackLimits(&Low, &High);
    return Here > Low && Here < High ? (DWORD)((High - Low) >> 10) : 0;
}

static void Basics(void)
{
    DWORD Id = 0, Code = 0;
    HANDLE Thread = CreateThread(NULL, 0, Return, (void *)5, CREATE_SUSPENDED, &Id);

    Ok(Thread != NULL && Id != 0, "created suspended");
    Is(GetThreadId(Thread), Id, "its id");
    GetExitCodeThread(Thread, &Code);
    Is(Code, STILL_ACTIVE, "still active");
    Is(ResumeThread(Thread), 1, "resumed");
    Is(Join(Thread), 5, "returned its argument");
    Is(Join(CreateThread(NULL, 0, ExitEarly, (void *)6, 0, NULL)), 6, "ExitThread");
    Is(Join(CreateThread(NULL, 256 * 1024, StackLimits, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL)), 256, "a stack of 256 KiB");
    Is(GetCurrentThreadId() == Id, 0, "another id than ours");
    Is(CreateThread(NULL, 0, Return, NULL, 0x80000000, NULL) != NULL || GetLastError() != ERROR_INVALID_PARAMETER, 0, "bad flags");
}

static void Suspension(void)
{
    HANDLE Thread = CreateThread(NULL, 0, Spin, NULL, 0, NULL);
    CONTEXT Context = {.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER};
    LONG Seen;

    Sleep(20);
    Is(SuspendThread(Thread), 0, "suspended");
    Is(SuspendThread(Thread), 1, "suspended twice");
    Ok(GetThreadContext(Thread, &Context) && Context.Rip != 0 && Context.Rsp != 0, "its context");
    Seen = Flag;
    Sleep(30);
    Is((ULONG)Flag, (ULONG)Seen, "it stands still");
    Is(ResumeThread(Thread), 2, "resumed once");
    Is(ResumeThread(Thread), 1, "resumed twice");
    Is(ResumeThread(Thread), 0, "resumed once more than suspended");
    Ok(TerminateThread(Thread, 44), "terminated");
    Is(Join(Thread), 44, "with its exit code");
}

static void Priorities(void)
{
    HANDLE Me = GetCurrentThread();

    Is((ULONG)GetThreadPriority(Me), THREAD_PRIORITY_NORMAL, "normal at first");
    Ok(SetThreadPriority(Me, THREAD_PRIORITY_ABOVE_NORMAL), "set above normal");
    Is((ULONG)GetThreadPriority(Me), THREAD_PRIORITY_ABOVE_NORMAL, "above normal");
    Ok(SetThreadPriority(Me, THREAD_PRIORITY_TIME_CRITICAL), "set time critical");
    Is((ULONG)GetThreadPriority(Me), THREAD_PRIORITY_TIME_CRITICAL, "time critical");
    SetThreadPriority(Me, THREAD_PRIORITY_NORMAL);
    Is(SetThreadPriority(Me, 7) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "7 is none");
    Is(GetPriorityClass(GetCurrentProcess()), NORMAL_PRIORITY_CLASS, "class normal");
}

static void Tls(void)
{
    DWORD Index = TlsAlloc(), Many[80];
    int Good = 1;

    Ok(Index != TLS_OUT_OF_INDEXES, "an index");
    TlsSetValue(Index, (void *)0x55);
    Is(Join(CreateThread(NULL, 0, CheckTls, (void *)(ULONG_PTR)Index, 0, NULL)), 0, "another thread has its own");
    Ok(TlsGetValue(Index) == (void *)0x55, "ours is as it was");
    for (int i = 0; i < 80; i++) {
        Many[i] = TlsAlloc();
        Good &= Many[i] != TLS_OUT_OF_INDEXES && TlsGetValue(Many[i]) == NULL && TlsSetValue(Many[i], (void *)(ULONG_PTR)(i + 1));
    }
    for (int i = 0; i < 80; i++) {
        Good &= TlsGetValue(Many[i]) == (void *)(ULONG_PTR)(i + 1) && TlsFree(Many[i]);
    }
    Ok(Good, "80 indexes, beyond the 64 of the TEB");
    Ok(TlsFree(Index), "freed");
    Is(TlsFree(Index) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "not twice");
}

static void Apcs(void)
{
    HANDLE Ready = CreateEventA(NULL, FALSE, FALSE, NULL), Thread = CreateThread(NULL, 0, SleepAlertably, Ready, 0, NULL);

    WaitForSingleObject(Ready, 5000);
    Sleep(10);
    Flag = 0;
    Ok(QueueUserAPC(Apc, Thread, 321), "queued to a sleeping thread");
    Is(Join(Thread), WAIT_IO_COMPLETION, "its sleep ends");
    Is((ULONG)Flag, 321, "the routine has run");
    QueueUserAPC(Apc, GetCurrentThread(), 322);
    Is(SleepEx(0, TRUE), WAIT_IO_COMPLETION, "our own, at the next alertable wait");
    Is((ULONG)Flag, 322, "has run");
    CloseHandle(Ready);
}

static void Many(void)
{
    HANDLE Threads[50];
    int Good = 1;

    for (int Round = 0; Round < 10; Round++) {
        for (int i = 0; i < 50; i++) {
            Threads[i] = CreateThread(NULL, 0, Return, (void *)(ULONG_PTR)i, 0, NULL);
            Good &= Threads[i] != NULL;
        }
        for (int i = 0; i < 50; i++) {
            Good &= Join(Threads[i]) == (DWORD)i;
        }
    }
    Ok(Good, "500 threads, 50 at a time");
}

int main(void)
{
    Basics();
    Suspension();
    Priorities();
    Tls();
    Apcs();
    Many();
    return Done();
}

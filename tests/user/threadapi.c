/* SPDX-License-Identifier: MIT */
/*
 * threadapi.c - the calls on threads, at their edges: suspension counts, contexts, stacks, priorities, affinity, descriptions, times, APCs, ends.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <string.h>
#include <wchar.h>
#include "win32.h"

static volatile LONG Order, Started, Applied;

static DWORD WINAPI Return(void *Argument)
{
    Started = InterlockedIncrement(&Order);
    return (DWORD)(ULONG_PTR)Argument;
}

static void CALLBACK Apply(ULONG_PTR Argument)
{
    (void)Argument;
    Applied = InterlockedIncrement(&Order);
}

static DWORD WINAPI Wait(void *Event)
{
    Started = 1;
    return WaitForSingleObject(Event, 60000);
}

static DWORD WINAPI Stack(void *Unused)
{
    ULONG_PTR Low, High;

    (void)Unused;
    GetCurrentThreadStackLimits(&Low, &High);
    return (DWORD)(High - Low);
}

static HANDLE New(LPTHREAD_START_ROUTINE Routine, void *Argument, DWORD Flags)
{
    return CreateThread(NULL, 0, Routine, Argument, Flags, NULL);
}

static void Suspension(void)
{
    HANDLE Thread = New(Return, (void *)4, CREATE_SUSPENDED), Weak;
    DWORD Wrong = 0;

    for (DWORD i = 1; i < 127; i++) {
        Wrong += SuspendThread(Thread) != i;
    }
    Is(Wrong, 0, "suspended 127 times");
    Ok(SuspendThread(Thread) == (DWORD)-1 && GetLastError() == ERROR_SIGNAL_REFUSED, "not once more");
    for (DWORD i = 127; i > 1; i--) {
        Wrong += ResumeThread(Thread) != i;
    }
    Is(Wrong, 0, "and resumed as often");
    Weak = Limited(Thread, THREAD_SUSPEND_RESUME);
    Is(SuspendThread(Weak), 1, "the right for it is enough");
    Is(ResumeThread(Weak), 2, "for both");
    CloseHandle(Weak);
    Is(ResumeThread(Thread), 1, "the last time");
    Is(Join(Thread), 4, "and it runs");
    Ok(SuspendThread(NULL) == (DWORD)-1 && GetLastError() == ERROR_INVALID_HANDLE, "no thread");
    Ok(ResumeThread(GetCurrentProcess()) == (DWORD)-1 && GetLastError() == ERROR_INVALID_HANDLE, "a process is none");
    Is(ResumeThread(GetCurrentThread()), 0, "our own is not suspended");
}

static void Ended(void)
{
    HANDLE Thread = New(Return, (void *)5, 0);
    CONTEXT Context = {.ContextFlags = CONTEXT_CONTROL};
    FILETIME Created, Exited, Kernel, User;
    DWORD Code;

    WaitForSingleObject(Thread, 60000);
    Ok(SuspendThread(Thread) == (DWORD)-1 && GetLastError() == ERROR_ACCESS_DENIED, "who has ended cannot be suspended");
    Ok(!QueueUserAPC(Apply, Thread, 0) && GetLastError() == ERROR_GEN_FAILURE, "runs no APC");
    Ok(!GetThreadContext(Thread, &Context) && GetLastError() == ERROR_GEN_FAILURE, "has no context");
    Ok(GetThreadTimes(Thread, &Created, &Exited, &Kernel, &User) && CompareFileTime(&Exited, &Created) >= 0, "has times");
    TerminateThread(Thread, 6);
    Ok(GetExitCodeThread(Thread, &Code) && Code == 5, "and keeps its code");
    HANDLE Opened = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, GetThreadId(Thread));
    Ok(Opened != NULL, "can be opened while somebody has a handle");
    CloseHandle(Opened);
    DWORD Id = GetThreadId(Thread), Same = 0;
    for (int i = 0; i < 300; i++) {
        DWORD Next;
        HANDLE Other = CreateThread(NULL, 0, Return, NULL, 0, &Next);
        Same += Next == Id;
        Join(Other);
    }
    Is(Same, 0, "no other one gets its id meanwhile");
    CloseHandle(Thread);
    Is(WhenGone(OpenThread, Id), ERROR_INVALID_PARAMETER, "then it is gone");
}

static void Contexts(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL), Thread = New(Return, (void *)5, CREATE_SUSPENDED), Weak;
    CONTEXT Context = {.ContextFlags = CONTEXT_ALL}, Again = {.ContextFlags = CONTEXT_DEBUG_REGISTERS};

    Ok(GetThreadContext(Thread, &Context), "the whole context of a thread that has not run");
    Is(Context.Rcx, (ULONG_PTR)Return, "it will call this");
    Is(Context.Rdx, 5, "with this");
    Ok((Context.Rsp & 7) == 0 && Context.SegCs == 0x33 && (Context.EFlags & 0x200), "in user mode");
    Is(Context.MxCsr, 0x1F80, "with all floating-point exceptions masked");
    Context.ContextFlags = CONTEXT_DEBUG_REGISTERS;
    Context.Dr0 = 0x10000;
    Context.Dr7 = 0;
    Ok(SetThreadContext(Thread, &Context) && GetThreadContext(Thread, &Again) && Again.Dr0 == 0x10000, "debug registers");
    Again.Dr0 = 0;
    SetThreadContext(Thread, &Again);
    memset(&Again, 0xCC, sizeof(Again));
    Again.ContextFlags = CONTEXT_INTEGER;
    Ok(GetThreadContext(Thread, &Again) && Again.Rdx == 5 && Again.Rip == 0xCCCCCCCCCCCCCCCC && Again.Dr0 == 0xCCCCCCCCCCCCCCCC, "only what was asked for");
    Again.Rdx = 6;
    Ok(SetThreadContext(Thread, &Again), "set only that");
    Weak = Limited(Thread, THREAD_QUERY_INFORMATION);
    Ok(!GetThreadContext(Weak, &Again) && GetLastError() == ERROR_ACCESS_DENIED, "THREAD_GET_CONTEXT is needed");
    Ok(!SetThreadContext(Weak, &Again) && GetLastError() == ERROR_ACCESS_DENIED, "and THREAD_SET_CONTEXT");
    CloseHandle(Weak);
    ResumeThread(Thread);
    Is(Join(Thread), 6, "it returns what was put there");
    CloseHandle(Event);
}

static DWORD StackOf(SIZE_T Size, DWORD Flags)
{
    return Join(CreateThread(NULL, Size, Stack, NULL, Flags, NULL));
}

static void Stacks(void)
{
    DWORD Default = StackOf(0, 0);

    Ok(Default >= 0x100000, "the program's own size: %lu", Default);
    Is(StackOf(0x4000, 0), Default, "a small commitment does not change it");
    Ok(StackOf(0x400000, 0) >= 0x400000, "a large one makes it larger");
    Is(StackOf(0x40000, STACK_SIZE_PARAM_IS_A_RESERVATION), 0x40000, "a reservation");
    Is(StackOf(0x800000, STACK_SIZE_PARAM_IS_A_RESERVATION), 0x800000, "a large one");
    Is(StackOf(0x18001, STACK_SIZE_PARAM_IS_A_RESERVATION), 0x20000, "rounded to 64 KiB");
    Ok(CreateThread(NULL, (SIZE_T)1 << 50, Return, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL) == NULL && GetLastError() == ERROR_NOT_ENOUGH_MEMORY,
       "more than there is");
}

static void Priorities(void)
{
    static const int Levels[] = {THREAD_PRIORITY_IDLE, THREAD_PRIORITY_LOWEST, THREAD_PRIORITY_BELOW_NORMAL, THREAD_PRIORITY_NORMAL,
                                 THREAD_PRIORITY_ABOVE_NORMAL, THREAD_PRIORITY_HIGHEST, THREAD_PRIORITY_TIME_CRITICAL};
    HANDLE Thread = New(Return, NULL, CREATE_SUSPENDED), Weak;
    BOOL Disabled = 9;
    DWORD_PTR Process, System;

    for (int i = 0; i < 7; i++) {
        Ok(SetThreadPriority(Thread, Levels[i]) && GetThreadPriority(Thread) == Levels[i], "priority %d", Levels[i]);
    }
    SetThreadPriority(Thread, THREAD_PRIORITY_HIGHEST);
    SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS);
    Is((DWORD)GetThreadPriority(Thread), THREAD_PRIORITY_HIGHEST, "it is relative to the class");
    SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS);
    for (int Bad = -14; Bad <= 14; Bad++) {
        if (Bad < -2 || Bad > 2) {
            if (SetThreadPriority(Thread, Bad) || GetLastError() != ERROR_INVALID_PARAMETER) {
                Ok(0, "priority %d is none", Bad);
            }
        }
    }
    Is((DWORD)GetThreadPriority(Thread), THREAD_PRIORITY_HIGHEST, "others are refused");
    Weak = Limited(Thread, THREAD_SET_LIMITED_INFORMATION);
    Ok(GetThreadPriority(Weak) == THREAD_PRIORITY_ERROR_RETURN && GetLastError() == ERROR_ACCESS_DENIED, "a right is needed to ask");
    CloseHandle(Weak);
    Ok(GetThreadPriorityBoost(Thread, &Disabled) && !Disabled, "boosts are on");
    Ok(SetThreadPriorityBoost(Thread, TRUE) && GetThreadPriorityBoost(Thread, &Disabled) && Disabled, "off");

    GetProcessAffinityMask(GetCurrentProcess(), &Process, &System);
    Is(SetThreadAffinityMask(Thread, 1), Process, "affinity: the old one comes back");
    Is(SetThreadAffinityMask(Thread, Process), 1, "then the new one");
    Ok(SetThreadAffinityMask(Thread, 0) == 0 && GetLastError() == ERROR_INVALID_PARAMETER, "no processor");
    Ok(SetThreadAffinityMask(Thread, System << 1 | 1) == 0 && GetLastError() == ERROR_INVALID_PARAMETER, "one that is not the process'");
    Ok(SetThreadIdealProcessor(Thread, 0) != (DWORD)-1 && SetThreadIdealProcessor(Thread, MAXIMUM_PROCESSORS) == 0, "the ideal processor");
    Ok(SetThreadIdealProcessor(Thread, 65) == (DWORD)-1 && GetLastError() == ERROR_INVALID_PARAMETER, "one that cannot be");
    ResumeThread(Thread);
    Join(Thread);
}

static void Descriptions(void)
{
    HRESULT(WINAPI *Set)(HANDLE, PCWSTR) = (void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "SetThreadDescription");
    HRESULT(WINAPI *Get)(HANDLE, PWSTR *) = (void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "GetThreadDescription");
    HANDLE Thread = New(Return, NULL, CREATE_SUSPENDED), Weak;
    static WCHAR Long[5000];
    PWSTR Text = NULL;

    Ok(Get(Thread, &Text) == S_OK && Text != NULL && Text[0] == 0, "no description is an empty one");
    LocalFree(Text);
    Ok(SUCCEEDED(Set(Thread, L"a worker")) && SUCCEEDED(Get(Thread, &Text)) && wcscmp(Text, L"a worker") == 0, "a description");
    LocalFree(Text);
    wmemset(Long, L'x', 4999);
    Ok(SUCCEEDED(Set(Thread, Long)) && SUCCEEDED(Get(Thread, &Text)) && wcscmp(Text, Long) == 0, "a long one");
    LocalFree(Text);
    Ok(SUCCEEDED(Set(Thread, L"")) && SUCCEEDED(Get(Thread, &Text)) && Text[0] == 0, "none again");
    LocalFree(Text);
    Weak = Limited(Thread, SYNCHRONIZE);
    Is((ULONG)Set(Weak, L"x"), (ULONG)HRESULT_FROM_NT(0xC0000022), "a right is needed to set it");
    Is((ULONG)Get(Weak, &Text), (ULONG)HRESULT_FROM_NT(0xC0000022), "and to ask");
    CloseHandle(Weak);
    ResumeThread(Thread);
    Join(Thread);
}

static void Apcs(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL), Thread = New(Return, NULL, CREATE_SUSPENDED), Weak;

    Order = 0;
    Ok(QueueUserAPC(Apply, Thread, 0), "an APC for a thread that has not run");
    ResumeThread(Thread);
    Join(Thread);
    Ok(Applied == 1 && Started == 2, "comes before its routine");
    Applied = Started = 0;
    Thread = New(Wait, Event, 0);
    while (!Started) {
        Sleep(1);
    }
    Ok(QueueUserAPC(Apply, Thread, 0), "an APC for a thread that does not wait alertably");
    Weak = Limited(Thread, THREAD_QUERY_INFORMATION);
    Ok(!QueueUserAPC(Apply, Weak, 0) && GetLastError() == ERROR_ACCESS_DENIED, "THREAD_SET_CONTEXT is needed");
    CloseHandle(Weak);
    SetEvent(Event);
    Is(Join(Thread), WAIT_OBJECT_0, "its wait goes on");
    Is((ULONG)Applied, 0, "and it never runs");
    Ok(!QueueUserAPC(Apply, NULL, 0) && GetLastError() == ERROR_INVALID_HANDLE, "no thread");
    CloseHandle(Event);
}

static void Times(void)
{
    FILETIME Created, Exited, Kernel = {1, 1}, User = {1, 1}, After;
    HANDLE Thread = New(Return, NULL, CREATE_SUSPENDED);

    Ok(GetThreadTimes(Thread, &Created, &Exited, &Kernel, &User), "the times of a thread that has not run");
    Ok(User.dwLowDateTime == 0 && Exited.dwLowDateTime == 0 && Exited.dwHighDateTime == 0, "no end, and no time in user mode");
    /* It goes to sleep in the kernel by itself; a tick of the clock may find one of them on its way there, hardly ten in a row. */
    for (int i = 0; i < 10 && Kernel.dwLowDateTime != 0; i++) {
        ResumeThread(Thread);
        Join(Thread);
        Thread = New(Return, NULL, CREATE_SUSPENDED);
        GetThreadTimes(Thread, &Created, &Exited, &Kernel, &User);
    }
    Is(Kernel.dwLowDateTime, 0, "nor in the kernel");
    ResumeThread(Thread);
    WaitForSingleObject(Thread, 60000);
    GetThreadTimes(Thread, &Created, &Exited, &Kernel, &User);
    GetSystemTimeAsFileTime(&After);
    Ok(CompareFileTime(&Created, &Exited) <= 0 && CompareFileTime(&Exited, &After) <= 0, "created, ended, now: in that order");
    CloseHandle(Thread);
}

int main(void)
{
    Suspension();
    Ended();
    Contexts();
    Stacks();
    Priorities();
    Descriptions();
    Apcs();
    Times();
    return Done();
}

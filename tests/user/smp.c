/* SPDX-License-Identifier: MIT */
/*
 * smp.c - several processors: what is reported, affinity, threads that run at the same time, preemption across processors, and memory that one
 * thread changes while others use it.  Passes with one processor, too, where "at the same time" means in turns.
 */
#include <stdint.h>
#include <windows.h>
#include "tap.h"

#define LIMIT 20000 /* ms; nothing here takes that long unless it is broken */

static DWORD Processors;
static DWORD_PTR Everywhere;

static void Reported(void)
{
    SYSTEM_INFO Info;
    DWORD_PTR Process, System;

    GetSystemInfo(&Info);
    Processors = Info.dwNumberOfProcessors;
    Everywhere = Info.dwActiveProcessorMask;
    Ok(Processors >= 1 && Processors <= 64, "GetSystemInfo: %lu processors", Processors);
    Is(Everywhere, Processors == 64 ? ~(DWORD_PTR)0 : ((DWORD_PTR)1 << Processors) - 1, "the mask has a bit for each");
    Is(GetActiveProcessorCount(ALL_PROCESSOR_GROUPS), Processors, "GetActiveProcessorCount agrees");
    Is(*(volatile ULONG *)0x7FFE03C0, Processors, "KUSER_SHARED_DATA agrees");
    Ok(GetProcessAffinityMask(GetCurrentProcess(), &Process, &System), "GetProcessAffinityMask");
    Is(System, Everywhere, "the system's mask");
    Is(Process, Everywhere, "the process may run everywhere");
}

/* ---- affinity ------------------------------------------------------------------------------------------------------------------- */

static void Affinity(void)
{
    DWORD Wrong = 0;

    for (DWORD i = 0; i < Processors; i++) {
        Wrong += SetThreadAffinityMask(GetCurrentThread(), (DWORD_PTR)1 << i) == 0;
        for (int Spin = 0; Spin < 100; Spin++) {
            Wrong += GetCurrentProcessorNumber() != i;
            if (Spin % 10 == 0) {
                SwitchToThread();
            }
        }
    }
    Is(Wrong, 0, "a thread is where its affinity says, at once and afterwards");
    Is(SetThreadAffinityMask(GetCurrentThread(), Everywhere), (DWORD_PTR)1 << (Processors - 1), "the old mask comes back");
    SetLastError(0);
    Is(SetThreadAffinityMask(GetCurrentThread(), 0), 0, "no processor at all is refused");
    Is(GetLastError(), ERROR_INVALID_PARAMETER, "with ERROR_INVALID_PARAMETER");
    if (Processors < 64) {
        SetLastError(0);
        Is(SetThreadAffinityMask(GetCurrentThread(), (DWORD_PTR)1 << Processors), 0, "a processor that is not there is refused");
        Is(GetLastError(), ERROR_INVALID_PARAMETER, "with ERROR_INVALID_PARAMETER");
    }
}

static volatile LONG Stop, Seen;

static DWORD WINAPI Runner(PVOID Parameter)
{
    while (!Stop) {
        InterlockedExchange(&Seen, (LONG)GetCurrentProcessorNumber());
    }
    return 0;
}

/* A thread that runs is moved by somebody else. */
static void MoveRunning(void)
{
    HANDLE Thread;
    DWORD Wrong = 0;

    Stop = 0;
    Thread = CreateThread(NULL, 0, Runner, NULL, 0, NULL);
    for (DWORD Round = 0; Round < 4 * Processors; Round++) {
        DWORD Target = Round % Processors;
        ULONGLONG Start = GetTickCount64();
        Wrong += SetThreadAffinityMask(Thread, (DWORD_PTR)1 << Target) == 0;
        while ((DWORD)Seen != Target && GetTickCount64() - Start < LIMIT) {
            SwitchToThread();
        }
        Wrong += (DWORD)Seen != Target;
    }
    Stop = 1;
    Is(WaitForSingleObject(Thread, LIMIT), WAIT_OBJECT_0, "the moved thread ends");
    CloseHandle(Thread);
    Is(Wrong, 0, "a running thread follows its affinity from processor to processor");
}

/* ---- at the same time ----------------------------------------------------------------------------------------------------------- */

static volatile LONG Arrived;

/* Spins without giving way until all have come: only threads on different processors can do that within one time slice, others take turns. */
static DWORD WINAPI Meet(PVOID Parameter)
{
    InterlockedIncrement(&Arrived);
    while (Arrived < (LONG)Processors) {
        YieldProcessor();
    }
    return GetCurrentProcessorNumber();
}

static void AllAtOnce(void)
{
    HANDLE Threads[64];
    DWORD_PTR Used = 0;

    Arrived = 0;
    for (DWORD i = 0; i < Processors; i++) {
        Threads[i] = CreateThread(NULL, 0, Meet, NULL, CREATE_SUSPENDED, NULL);
        SetThreadAffinityMask(Threads[i], (DWORD_PTR)1 << i);
        ResumeThread(Threads[i]);
    }
    Is(WaitForMultipleObjects(Processors, Threads, TRUE, LIMIT), WAIT_OBJECT_0, "one thread on each processor meets the others");
    for (DWORD i = 0; i < Processors; i++) {
        DWORD Number = 0;
        GetExitCodeThread(Threads[i], &Number);
        Used |= (DWORD_PTR)1 << Number;
        CloseHandle(Threads[i]);
    }
    Is(Used, Everywhere, "they ran on all processors");
}

/* ---- preemption ----------------------------------------------------------------------------------------------------------------- */

static DWORD WINAPI Spin(PVOID Parameter)
{
    while (!Stop) {
        YieldProcessor();
    }
    return 0;
}

static DWORD WINAPI Urgent(PVOID Parameter)
{
    WaitForSingleObject(Parameter, LIMIT);
    Stop = 1;
    return 0;
}

/* All processors are busy with threads that never wait; one of higher priority, woken, runs all the same, and ends them. */
static void Preempt(void)
{
    HANDLE Threads[65], Event = CreateEventW(NULL, FALSE, FALSE, NULL);

    Stop = 0;
    Threads[Processors] = CreateThread(NULL, 0, Urgent, Event, 0, NULL);
    SetThreadPriority(Threads[Processors], THREAD_PRIORITY_HIGHEST);
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_HIGHEST);
    for (DWORD i = 0; i < Processors; i++) {
        Threads[i] = CreateThread(NULL, 0, Spin, NULL, 0, NULL);
    }
    SetEvent(Event);
    Is(WaitForSingleObject(Threads[Processors], LIMIT), WAIT_OBJECT_0, "a woken thread preempts threads that never wait");
    for (DWORD i = 0; i < Processors; i++) {
        Is(WaitForSingleObject(Threads[i], LIMIT), WAIT_OBJECT_0, "and they end");
        CloseHandle(Threads[i]);
    }
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL);
    CloseHandle(Threads[Processors]);
    CloseHandle(Event);
}

/* ---- translations --------------------------------------------------------------------------------------------------------------- */

static volatile LONG *Page;
static volatile LONG Writable, Cheats, Writes;

static LONG CALLBACK Fault(EXCEPTION_POINTERS *Pointers)
{
    if (Pointers->ExceptionRecord->ExceptionCode != EXCEPTION_ACCESS_VIOLATION) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    while (!Writable && !Stop) {
        SwitchToThread();
    }
    return EXCEPTION_CONTINUE_EXECUTION; /* read-only again by now: then it comes back here */
}

/* Writes as fast as it can; after VirtualProtect has said read-only, not one write may get through. */
static DWORD WINAPI Writer(PVOID Parameter)
{
    while (!Stop) {
        if (Writable) {
            InterlockedIncrement(Page);
            InterlockedIncrement(&Writes);
        } else {
            SwitchToThread();
        }
    }
    return 0;
}

static void Protect(void)
{
    HANDLE Threads[4];
    PVOID Handler = AddVectoredExceptionHandler(1, Fault);
    DWORD Count = Processors < 4 ? Processors : 4, Old;

    Page = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    Stop = 0;
    Writable = 1;
    for (DWORD i = 0; i < Count; i++) {
        Threads[i] = CreateThread(NULL, 0, Writer, NULL, 0, NULL);
    }
    for (int Round = 0; Round < 200; Round++) {
        LONG Before;
        while (Writes < Round) {
            SwitchToThread();
        }
        VirtualProtect((PVOID)Page, 0x1000, PAGE_READONLY, &Old);
        Writable = 0;
        Before = *Page;
        for (int i = 0; i < 50; i++) {
            YieldProcessor();
        }
        Cheats += *Page != Before;
        VirtualProtect((PVOID)Page, 0x1000, PAGE_READWRITE, &Old);
        Writable = 1;
    }
    Writable = 1;
    Stop = 1;
    Is(WaitForMultipleObjects(Count, Threads, TRUE, LIMIT), WAIT_OBJECT_0, "the writers end");
    for (DWORD i = 0; i < Count; i++) {
        CloseHandle(Threads[i]);
    }
    Is(Cheats, 0, "no processor writes to a page after it was made read-only");
    RemoveVectoredExceptionHandler(Handler);
    VirtualFree((PVOID)Page, 0, MEM_RELEASE);
}

static volatile LONG *volatile Cell;
static volatile LONG Torn;

/* Reads whatever the cell points to; each page is filled with one value, so a page that was freed and used again would show. */
static DWORD WINAPI Reader(PVOID Parameter)
{
    while (!Stop) {
        volatile LONG *Now = (volatile LONG *)InterlockedExchangePointer((PVOID volatile *)&Cell, NULL);
        if (Now != NULL) {
            LONG First = Now[0];
            for (int i = 0; i < 1024; i++) {
                Torn += Now[i] != First;
            }
            VirtualFree((PVOID)Now, 0, MEM_RELEASE);
        }
    }
    return 0;
}

static void MapAndFree(void)
{
    HANDLE Threads[4];
    DWORD Count = Processors < 4 ? Processors : 4;

    Stop = 0;
    for (DWORD i = 0; i < Count; i++) {
        Threads[i] = CreateThread(NULL, 0, Reader, NULL, 0, NULL);
    }
    for (LONG Round = 1; Round <= 400; Round++) {
        LONG *New = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        PVOID Old;
        for (int i = 0; New != NULL && i < 1024; i++) {
            New[i] = Round;
        }
        Old = InterlockedExchangePointer((PVOID volatile *)&Cell, New);
        if (Old != NULL) {
            VirtualFree(Old, 0, MEM_RELEASE);
        }
    }
    Stop = 1;
    Is(WaitForMultipleObjects(Count, Threads, TRUE, LIMIT), WAIT_OBJECT_0, "the readers end");
    for (DWORD i = 0; i < Count; i++) {
        CloseHandle(Threads[i]);
    }
    Is(Torn, 0, "pages mapped and freed by different processors hold what was written");
}

int main(void)
{
    Reported();
    Affinity();
    MoveRunning();
    AllAtOnce();
    Preempt();
    Protect();
    MapAndFree();
    FlushProcessWriteBuffers();
    Ok(FlushInstructionCache(GetCurrentProcess(), (PVOID)main, 64), "FlushInstructionCache");
    return Done();
}

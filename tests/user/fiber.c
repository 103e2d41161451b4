/* SPDX-License-Identifier: MIT */
/*
 * fiber.c - fibers: conversion, switching, stacks, registers, FLS that goes with the fiber, the end of a fiber and of its thread.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <float.h>
#include "tap.h"

static LPVOID Main, First, Second;
static int Step, Sum;
static DWORD Slot;
static volatile LONG FlsCalls;
static PVOID LastFls;

static VOID WINAPI OnFls(PVOID Value)
{
    LastFls = Value;
    FlsCalls++;
}

static int OnThisStack(const void *Address)
{
    ULONG_PTR Low, High;

    GetCurrentThreadStackLimits(&Low, &High);
    return (ULONG_PTR)Address >= Low && (ULONG_PTR)Address < High;
}

static VOID WINAPI Routine(LPVOID Parameter)
{
    int Local = 0;

    Ok(GetFiberData() == Parameter && GetCurrentFiber() == First, "a fiber sees its data and itself");
    Ok(OnThisStack(&Local), "the thread's stack is the fiber's");
    Ok(FlsGetValue(Slot) == NULL, "its FLS is empty");
    FlsSetValue(Slot, (PVOID)0x222);
    Step = 1;
    SwitchToFiber(Main);
    Ok(Step == 2 && FlsGetValue(Slot) == (PVOID)0x222, "back: the FLS value is still its own");
    for (;;) {
        Local++;
        Sum += Local;
        SwitchToFiber(Main);
    }
}

/* Uses stack far below what is committed at first. */
static int Deep(int Levels)
{
    volatile char Space[4000];

    Space[0] = (char)Levels;
    return Levels == 0 ? 0 : Deep(Levels - 1) + (Space[0] == (char)Levels);
}

static VOID WINAPI DeepRoutine(LPVOID Parameter)
{
    *(int *)Parameter = Deep(100);
    SwitchToFiber(Main);
    *(int *)Parameter = Deep(150);
    SwitchToFiber(Main);
}

/* Preserved vector registers have to survive a switch to a fiber that uses them. */
static VOID WINAPI Clobber(LPVOID Parameter)
{
    (void)Parameter;
    for (;;) {
        __asm__ volatile("pxor %%xmm6, %%xmm6; pxor %%xmm15, %%xmm15" ::: "xmm6", "xmm15");
        SwitchToFiber(Main);
    }
}

static void Registers(void)
{
    LPVOID Fiber = CreateFiber(0, Clobber, NULL);
    ULONG64 In = 0x123456789ABCDEFull, Out6 = 0, Out15 = 0, OutRbx = 0;

    __asm__ volatile("movq %3, %%xmm6; movq %3, %%xmm15; movq %3, %%rbx; movq %4, %%rcx; subq $32, %%rsp; call *%5; addq $32, %%rsp;"
                     "movq %%xmm6, %0; movq %%xmm15, %1; movq %%rbx, %2"
                     : "=m"(Out6), "=m"(Out15), "=m"(OutRbx)
                     : "m"(In), "m"(Fiber), "r"(SwitchToFiber)
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm15", "memory");
    Ok(Out6 == In && Out15 == In && OutRbx == In, "preserved registers survive a switch");
    DeleteFiber(Fiber);
}

static VOID WINAPI FloatRoutine(LPVOID Parameter)
{
    unsigned Control = 0x1F80 | 0x6000;

    __asm__ volatile("ldmxcsr %0" ::"m"(Control));
    for (;;) {
        __asm__ volatile("stmxcsr %0" : "=m"(Control));
        *(unsigned *)Parameter = Control & 0x6000;
        SwitchToFiber(Main);
    }
}

static void FloatState(void)
{
    unsigned Theirs = 0, Mine = 0x1F80;
    LPVOID Fiber = CreateFiberEx(0, 0, FIBER_FLAG_FLOAT_SWITCH, FloatRoutine, &Theirs);

    SwitchToFiber(Fiber);
    __asm__ volatile("stmxcsr %0" : "=m"(Mine));
    Ok(Theirs == 0x6000 && (Mine & 0x6000) == 0, "FIBER_FLAG_FLOAT_SWITCH: each has its rounding mode");
    SwitchToFiber(Fiber);
    Is(Theirs, 0x6000, "still when it runs again");
    DeleteFiber(Fiber);
}

/* ---- ends ---- */

static VOID WINAPI Return(LPVOID Parameter)
{
    FlsSetValue(Slot, Parameter);
}

static DWORD WINAPI ThreadReturns(PVOID Parameter)
{
    LPVOID Fiber;

    ConvertThreadToFiber(NULL);
    Fiber = CreateFiber(0, Return, Parameter);
    SwitchToFiber(Fiber);
    return 99; /* never */
}

static DWORD WINAPI ThreadDeletes(PVOID Parameter)
{
    (void)Parameter;
    DeleteFiber(ConvertThreadToFiber(NULL));
    return 99;
}

static DWORD Run(LPTHREAD_START_ROUTINE Start, PVOID Parameter)
{
    HANDLE Thread = CreateThread(NULL, 0, Start, Parameter, 0, NULL);
    DWORD Code = 0xDEAD;

    WaitForSingleObject(Thread, 20000);
    GetExitCodeThread(Thread, &Code);
    CloseHandle(Thread);
    return Code;
}

static void Ends(void)
{
    FlsCalls = 0;
    Is(Run(ThreadReturns, (PVOID)0x777), 0, "when a fiber's routine returns its thread ends");
    Ok(FlsCalls == 1 && LastFls == (PVOID)0x777, "and its FLS callback is called");
    Is(Run(ThreadDeletes, NULL), 1, "deleting the running fiber ends the thread with 1");
}

static LONG CALLBACK Catch(PEXCEPTION_POINTERS Pointers)
{
    if (Pointers->ExceptionRecord->ExceptionCode != 0xE0000042) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    Step = 42;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static VOID WINAPI Raise(LPVOID Parameter)
{
    (void)Parameter;
    RaiseException(0xE0000042, 0, 0, NULL);
    SwitchToFiber(Main);
}

int main(void)
{
    Slot = FlsAlloc(OnFls);
    Ok(!IsThreadAFiber(), "a thread is none at first");
    Ok(!ConvertFiberToThread() && GetLastError() == ERROR_ALREADY_THREAD, "and cannot be converted back");
    Ok(ConvertThreadToFiberEx(NULL, 0x80) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "unknown flags");
    Main = ConvertThreadToFiberEx((PVOID)0x1234, FIBER_FLAG_FLOAT_SWITCH);
    Ok(Main != NULL && IsThreadAFiber() && GetCurrentFiber() == Main && GetFiberData() == (PVOID)0x1234, "converted");
    Ok(ConvertThreadToFiber(NULL) == NULL && GetLastError() == ERROR_ALREADY_FIBER, "once");
    FlsSetValue(Slot, (PVOID)0x111);
    First = CreateFiber(0, Routine, (PVOID)0x5678);
    Ok(First != NULL && Step == 0, "a fiber does not run when it is created");
    SwitchToFiber(First);
    Ok(Step == 1 && GetCurrentFiber() == Main && OnThisStack(&First) == 0, "it ran, and came back");
    Ok(FlsGetValue(Slot) == (PVOID)0x111, "FLS of the first fiber");
    Step = 2;
    for (int i = 0; i < 1000; i++) {
        SwitchToFiber(First);
    }
    Is(Sum, 1000 * 1001 / 2, "a thousand switches");
    FlsCalls = 0;
    DeleteFiber(First);
    Ok(FlsCalls == 1 && LastFls == (PVOID)0x222, "deleting a fiber calls its FLS callbacks");
    int Depth = 0;
    Second = CreateFiberEx(0x1000, 0x100000, 0, DeepRoutine, &Depth);
    SwitchToFiber(Second);
    Is(Depth, 100, "a fiber's stack grows");
    SwitchToFiber(Second);
    Is(Depth, 150, "and grows on after a switch");
    DeleteFiber(Second);
    Registers();
    FloatState();
    PVOID Handler = AddVectoredExceptionHandler(1, Catch);
    Second = CreateFiber(0, Raise, NULL);
    SwitchToFiber(Second);
    Is(Step, 42, "an exception in a fiber");
    RemoveVectoredExceptionHandler(Handler);
    DeleteFiber(Second);
    Ends();
    Ok(ConvertFiberToThread() && !IsThreadAFiber(), "converted back");
    FlsCalls = 0;
    Ok(FlsFree(Slot) && FlsCalls == 1 && LastFls == (PVOID)0x111, "freeing an FLS index calls back for what is set");
    return Done();
}

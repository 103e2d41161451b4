/* SPDX-License-Identifier: MIT */
/*
 * xstate.c - the registers that a CONTEXT has no room for: AVX kept across exceptions and thread switches, and read, written and copied with contexts.
 *
 * The assembly below needs no compiler flag; on a processor without AVX everything about it is skipped.
 */
#define _WIN32_WINNT 0x0A00
#include "native.h"
#include <string.h>
#include "tap.h"

#ifndef CONTEXT_XSTATE
#define CONTEXT_XSTATE (CONTEXT_AMD64 | 0x40)
#endif
#define AVX_MASK (1ull << XSTATE_AVX)

static ULONG64 Pattern[4] = {0x1111111111111111, 0x2222222222222222, 0x3333333333333333, 0x4444444444444444};
static ULONG64 Seen[4], Handler[2];
static DWORD HandlerFlags;
static PVOID HandlerState;
static volatile int Change;

static void Clobber(void)
{
    __asm__ volatile("vpcmpeqd %%ymm7, %%ymm7, %%ymm7; vpcmpeqd %%ymm1, %%ymm1, %%ymm1" : : : "xmm7", "xmm1");
}

/* The handler sees the upper halves beside the context, and changes all registers for itself. */
static LONG CALLBACK OnException(EXCEPTION_POINTERS *Pointers)
{
    DWORD Length = 0;
    ULONG64 *Upper = LocateXStateFeature(Pointers->ContextRecord, XSTATE_AVX, &Length);

    HandlerFlags = Pointers->ContextRecord->ContextFlags;
    HandlerState = Upper;
    if (Upper != NULL) {
        Handler[0] = Upper[2 * 7];
        Handler[1] = Upper[2 * 7 + 1];
        if (Change) {
            Upper[2 * 7] = 0x5555555555555555;
        }
    }
    Pointers->ContextRecord->Rip += Pointers->ExceptionRecord->ExceptionCode == EXCEPTION_BREAKPOINT ? 1 : 2;
    Clobber();
    return EXCEPTION_CONTINUE_EXECUTION;
}

static int SameBytes(const void *Left, const void *Right, size_t Length)
{
    return memcmp(Left, Right, Length) == 0;
}

static void Exceptions(void)
{
    PVOID Handle = AddVectoredExceptionHandler(1, OnException);

    __asm__ volatile("vmovdqu %1, %%ymm7; int3; vmovdqu %%ymm7, %0" : "=m"(Seen) : "m"(Pattern) : "xmm7", "memory");
    Ok(SameBytes(Seen, Pattern, 32), "AVX registers are what they were after an exception");
    Ok((HandlerFlags & CONTEXT_XSTATE) == CONTEXT_XSTATE && HandlerState != NULL, "its context has them");
    Ok(SameBytes(Handler, Pattern + 2, 16), "with the values at the fault");
    __asm__ volatile("vmovdqu %1, %%ymm1; ud2; vmovdqu %%ymm1, %0" : "=m"(Seen) : "m"(Pattern) : "xmm1", "memory");
    Ok(SameBytes(Seen, Pattern, 32), "the volatile ones, too");
    Change = 1;
    __asm__ volatile("vmovdqu %1, %%ymm7; int3; vmovdqu %%ymm7, %0" : "=m"(Seen) : "m"(Pattern) : "xmm7", "memory");
    Ok(Seen[2] == 0x5555555555555555 && Seen[3] == Pattern[3] && SameBytes(Seen, Pattern, 16), "what the handler changes there is loaded");
    Change = 0;
    RemoveVectoredExceptionHandler(Handle);
}

static volatile LONG Wrong, Running, Stop;

/* Each thread keeps a value of its own in a register while others run. */
static DWORD WINAPI Keep(void *Parameter)
{
    ULONG64 Mine[4], Got[4];

    for (int Index = 0; Index < 4; Index++) {
        Mine[Index] = (ULONG64)(ULONG_PTR)Parameter * 0x0101010101010101 + (ULONG64)Index;
    }
    for (int Round = 0; Round < 200; Round++) {
        __asm__ volatile("vmovdqu %1, %%ymm5; movl $20000, %%ecx; 1: pause; decl %%ecx; jnz 1b; vmovdqu %%ymm5, %0"
                         : "=m"(Got) : "m"(Mine) : "xmm5", "rcx", "memory");
        if (!SameBytes(Got, Mine, 32)) {
            InterlockedIncrement(&Wrong);
        }
    }
    return 0;
}

static void Switches(void)
{
    HANDLE Thread[4];

    for (ULONG_PTR Index = 0; Index < 4; Index++) {
        Thread[Index] = CreateThread(NULL, 0, Keep, (PVOID)(Index + 1), 0, NULL);
    }
    WaitForMultipleObjects(4, Thread, TRUE, INFINITE);
    for (int Index = 0; Index < 4; Index++) {
        CloseHandle(Thread[Index]);
    }
    Is((ULONG)Wrong, 0, "four threads keep their registers while they are switched");
}

static PCONTEXT NewContext(DWORD Flags, DWORD *Length)
{
    PCONTEXT Context = NULL;
    PVOID Buffer;

    *Length = 0;
    InitializeContext(NULL, Flags, &Context, Length);
    Buffer = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, *Length);
    return InitializeContext(Buffer, Flags, &Context, Length) ? Context : NULL;
}

static void Contexts(void)
{
    DWORD Length = 0, Small = 0, Size = 0;
    PCONTEXT Context, Copy;
    ULONG64 *Upper, Mask = 0;
    PVOID Buffer;

    Ok(!InitializeContext(NULL, CONTEXT_ALL, &Context, &Small) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && Small >= sizeof(CONTEXT),
       "a plain context needs %lu bytes", Small);
    Ok(!InitializeContext(NULL, CONTEXT_ALL | CONTEXT_XSTATE, &Context, &Length) && Length > Small + 256, "an extended one %lu", Length);
    Buffer = HeapAlloc(GetProcessHeap(), 0, Length);
    Ok(!InitializeContext(Buffer, CONTEXT_ALL | CONTEXT_XSTATE, &Context, &Small) && Small == Length, "not in less");
    Ok(!InitializeContext(Buffer, 0x10000 /* x86 */, &Context, &Length) && GetLastError() == ERROR_INVALID_PARAMETER, "nor for another processor");
    Context = NewContext(CONTEXT_ALL | CONTEXT_XSTATE, &Length);
    Ok(Context != NULL && Context->ContextFlags == (CONTEXT_ALL | CONTEXT_XSTATE), "made");
    Ok(GetXStateFeaturesMask(Context, &Mask) && Mask == 3, "it holds nothing but x87 and SSE");
    Ok(LocateXStateFeature(Context, XSTATE_LEGACY_SSE, &Size) == Context->FltSave.XmmRegisters && Size == 256, "SSE is where it always was");
    Upper = LocateXStateFeature(Context, XSTATE_AVX, &Size);
    Ok(Upper != NULL && Size == 256 && ((ULONG_PTR)Upper & 63) == 0, "AVX is behind");
    Ok(LocateXStateFeature(Context, 40, &Size) == NULL, "there is no feature 40");
    Ok(SetXStateFeaturesMask(Context, AVX_MASK | 3) && GetXStateFeaturesMask(Context, &Mask) && Mask == (AVX_MASK | 3), "a mask is kept");
    Upper[5] = 77;
    Copy = NewContext(CONTEXT_ALL | CONTEXT_XSTATE, &Length);
    Context->Rbx = 88;
    Context->Rsp = 99;
    Ok(CopyContext(Copy, CONTEXT_INTEGER | CONTEXT_XSTATE, Context) && Copy->Rbx == 88 && Copy->Rsp == 0, "copied: integers, not the stack pointer");
    Upper = LocateXStateFeature(Copy, XSTATE_AVX, NULL);
    Ok(Upper != NULL && Upper[5] == 77, "and AVX");
    Copy = NewContext(CONTEXT_CONTROL, &Length);
    Ok(!CopyContext(Copy, CONTEXT_INTEGER, Context) && GetLastError() == ERROR_INVALID_PARAMETER, "not what the target has no flag for");
    Ok(LocateXStateFeature(Copy, XSTATE_AVX, NULL) == NULL && !SetXStateFeaturesMask(Copy, AVX_MASK), "a plain context has no AVX");
}

static ULONG64 SpinIn[4] = {1, 2, 3, 4}, SpinOut[4];

static DWORD WINAPI Spin(void *Parameter)
{
    (void)Parameter;
    __asm__ volatile("vmovdqu %2, %%ymm9; movl $1, %1; 1: pause; cmpl $0, %3; je 1b; vmovdqu %%ymm9, %0"
                     : "=m"(SpinOut), "=m"(Running) : "m"(SpinIn), "m"(Stop) : "xmm9", "memory");
    return 0;
}

static void OtherThreads(void)
{
    HANDLE Thread = CreateThread(NULL, 0, Spin, NULL, 0, NULL);
    DWORD Length;
    PCONTEXT Context = NewContext(CONTEXT_ALL | CONTEXT_XSTATE, &Length);
    ULONG64 *Upper = LocateXStateFeature(Context, XSTATE_AVX, NULL), Mask = 0;

    while (!Running) {
        Sleep(1);
    }
    SuspendThread(Thread);
    SetXStateFeaturesMask(Context, AVX_MASK);
    Ok(GetThreadContext(Thread, Context), "another thread's context");
    Ok(GetXStateFeaturesMask(Context, &Mask) && (Mask & AVX_MASK), "has AVX in use");
    Ok(Context->Xmm9.Low == 1 && Context->Xmm9.High == 2 && Upper[18] == 3 && Upper[19] == 4, "with both halves");
    Upper[19] = 44;
    Context->Xmm9.Low = 11;
    Ok(SetThreadContext(Thread, Context), "changed");
    Stop = 1;
    ResumeThread(Thread);
    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
    Ok(SpinOut[0] == 11 && SpinOut[1] == 2 && SpinOut[2] == 3 && SpinOut[3] == 44, "and it goes on with that");
}

int main(void)
{
    DWORD64 Features = GetEnabledXStateFeatures();

    Ok((Features & 3) == 3, "x87 and SSE are enabled");
    Is(IsProcessorFeaturePresent(39 /* PF_AVX_INSTRUCTIONS_AVAILABLE */), (Features & AVX_MASK) != 0, "so is AVX, or it is not");
    if (!(Features & AVX_MASK)) {
        Ok(1, "# SKIP this processor has no AVX");
        return Done();
    }
    Exceptions();
    Switches();
    Contexts();
    OtherThreads();
    return Done();
}

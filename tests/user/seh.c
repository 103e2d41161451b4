/* SPDX-License-Identifier: MIT */
/*
 * seh.c - structured exceptions as a compiled program meets them: filters, termination handlers, nested and collided unwinds, longjmp, vectored
 * handlers, stack traces.
 *
 * gcc has no __try, so the guarded functions are assembly, with the scope tables that __C_specific_handler reads written by hand (one is in try.h):
 *
 *      Guard(f, p)     __try { return f(p); } __finally { Finally(AbnormalTermination()); }
 */
#include <windows.h>
#include <excpt.h>
#include <setjmp.h>
#include "tap.h"
#include "try.h"

int Guard(FUNCTION *Function, void *Parameter);

static int Order[64], OrderCount;
static EXCEPTION_RECORD Seen;
static volatile int Verdict = EXCEPTION_EXECUTE_HANDLER;

static void Note(int What)
{
    if (OrderCount < 64) {
        Order[OrderCount++] = What;
    }
}

__attribute__((used)) int Filter(EXCEPTION_POINTERS *Pointers, void *Frame)
{
    Note(1);
    Seen = *Pointers->ExceptionRecord;
    return Verdict;
}

__attribute__((used)) void Finally(unsigned char Abnormal, void *Frame)
{
    Note(Abnormal ? 3 : 2);
}

__asm__(".text\n"
        ".globl Guard\n.seh_proc Guard\nGuard:\n"
        "    subq $40, %rsp\n    .seh_stackalloc 40\n    .seh_endprologue\n"
        "1:  movq %rcx, %rax\n    movq %rdx, %rcx\n    call *%rax\n    nop\n"
        "2:  movl %eax, 32(%rsp)\n    xorl %ecx, %ecx\n    movq %rsp, %rdx\n    call Finally\n    movl 32(%rsp), %eax\n"
        "    addq $40, %rsp\n    ret\n"
        "    .seh_handler __C_specific_handler, @except, @unwind\n    .seh_handlerdata\n    .long 1\n    .rva 1b, 2b, Finally\n    .long 0\n"
        "    .text\n    .seh_endproc\n");

static int Read(void *Parameter)
{
    volatile char Big[6000];

    Big[0] = 1;
    return *(int *)Parameter + Big[0] - 1;
}

static int GuardedRead(void *Parameter)
{
    return Guard(Read, Parameter);
}

static int Raise(void *Parameter)
{
    ULONG_PTR Arguments[2] = {11, 22};

    RaiseException(0xE0001234, 0, 2, Arguments);
    Note(5);
    return 9;
}

/* Passes the first exception on, after meeting one of its own on the way. */
static int TryInside(void *Parameter)
{
    int Result = Try(Read, (void *)16);

    Note(6);
    return Result == -77 ? *(int *)Parameter : 0;
}

static jmp_buf Target;

/* ntdll's own, which some C run-time libraries are built on. */
static void *NtdllSetJump __attribute__((used));
static void (*NtdllLongJump)(void *Buffer, int Value);
static int UseNtdll;

__attribute__((naked, noinline, returns_twice)) static int SetJump(void *Buffer, void *Frame)
{
    __asm__("jmpq *NtdllSetJump(%rip)");
}

static int Jump(void *Parameter)
{
    volatile char Pad[100];

    Pad[0] = 1;
    if (UseNtdll) {
        NtdllLongJump(Target, 42 + Pad[0] - 1);
    }
    longjmp(Target, 42 + Pad[0] - 1);
}

static void ExpectOrder(const char *What, int Count, const int *Expected)
{
    int Same = OrderCount == Count;

    for (int Index = 0; Same && Index < Count; Index++) {
        Same = Order[Index] == Expected[Index];
    }
    if (!Ok(Same, "%s: handlers run in order", What)) {
        for (int Index = 0; Index < OrderCount; Index++) {
            printf("#   %d\n", Order[Index]);
        }
    }
    OrderCount = 0;
}

static void Filters(void)
{
    int Number = 5;

    Is(Try(Read, &Number), 5, "no exception, no handler");
    ExpectOrder("normal", 0, NULL);
    Is(Try(Read, (void *)8), -77, "an access violation is handled");
    Is(Seen.ExceptionCode, EXCEPTION_ACCESS_VIOLATION, "its code");
    Ok(Seen.NumberParameters == 2 && Seen.ExceptionInformation[0] == 0 && Seen.ExceptionInformation[1] == 8, "a read of address 8");
    ExpectOrder("handled", 1, (int[]){1});
    Is(Try(GuardedRead, &Number), 5, "through a termination handler");
    ExpectOrder("normal end", 1, (int[]){2});
    Is(Try(GuardedRead, (void *)8), -77, "the filter runs before the termination handler");
    ExpectOrder("abnormal end", 2, (int[]){1, 3});
}

static void Continuing(void)
{
    Verdict = EXCEPTION_CONTINUE_EXECUTION;
    Is(Try(Raise, NULL), 9, "execution continues after RaiseException");
    Is(Seen.ExceptionCode, 0xE0001234, "its code");
    Is(Seen.ExceptionInformation[1], 22, "its parameters");
    ExpectOrder("continued", 2, (int[]){1, 5});
    Verdict = EXCEPTION_EXECUTE_HANDLER;
    Is(Try(TryInside, (void *)24), -77, "an exception after a handled one");
    ExpectOrder("inner, then outer", 3, (int[]){1, 6, 1});
}

static int GuardedJump(void *Parameter)
{
    return Guard(Jump, Parameter);
}

static void Jumping(void)
{
    volatile int Kept = 17;
    int Value = setjmp(Target);

    if (Value == 0) {
        GuardedJump(NULL);
    }
    Is(Value, 42, "longjmp");
    Is(Kept, 17, "locals survive");
    ExpectOrder("longjmp unwinds", 1, (int[]){3});
}

static void JumpingByNtdll(int ByUnwinding)
{
    volatile int Kept = 18;
    int Value = SetJump(Target, ByUnwinding ? __builtin_frame_address(0) : NULL);

    if (Value == 0) {
        GuardedJump(NULL);
    }
    Is(Value, 42, ByUnwinding ? "ntdll's longjmp, with a frame" : "ntdll's longjmp, without a frame");
    Is(Kept, 18, "locals survive");
    ExpectOrder("handlers run if there is a frame", ByUnwinding, (int[]){3});
}

static void NtdllJumps(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");

    NtdllSetJump = (void *)GetProcAddress(Ntdll, "_setjmp");
    NtdllLongJump = (void (*)(void *, int))(void *)GetProcAddress(Ntdll, "longjmp");
    if (Ok(NtdllSetJump != NULL && NtdllLongJump != NULL && GetProcAddress(Ntdll, "_setjmpex") != NULL, "ntdll has _setjmp, _setjmpex and longjmp")) {
        UseNtdll = 1;
        JumpingByNtdll(1);
        JumpingByNtdll(0);
        UseNtdll = 0;
    }
}

static LONG CALLBACK Vectored(EXCEPTION_POINTERS *Pointers)
{
    Note(7);
    return Pointers->ExceptionRecord->ExceptionCode == 0xE0001234 ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

static void VectoredFirst(void)
{
    PVOID Handle = AddVectoredExceptionHandler(1, Vectored);

    Is(Try(Raise, NULL), 9, "a vectored handler comes first");
    ExpectOrder("vectored", 2, (int[]){7, 5});
    Is(Try(Read, (void *)8), -77, "and may decline");
    ExpectOrder("declined", 2, (int[]){7, 1});
    Ok(RemoveVectoredExceptionHandler(Handle) != 0, "removed");
}

static void Tracing(void)
{
    void *Frames[16];
    USHORT Count = CaptureStackBackTrace(0, 16, Frames, NULL);
    DWORD64 Base = 0;

    Ok(Count >= 3, "a stack trace has at least three frames");
    Ok(RtlLookupFunctionEntry((DWORD64)Frames[0], &Base, NULL) != NULL && Base == (DWORD64)GetModuleHandleA(NULL), "the first is in this program");
}

static void Many(void)
{
    int Good = 0;

    for (int Index = 0; Index < 2000; Index++) {
        Good += Try(GuardedRead, (void *)8) == -77;
        OrderCount = 0;
    }
    Is(Good, 2000, "two thousand exceptions");
}

int main(void)
{
    Filters();
    Continuing();
    Jumping();
    NtdllJumps();
    VectoredFirst();
    Tracing();
    Many();
    return Done();
}

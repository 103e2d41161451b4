/* SPDX-License-Identifier: MIT */
/*
 * consolidate.c - STATUS_UNWIND_CONSOLIDATE, the way Visual C++ runs a catch block: frames are unwound, a callback runs on top of them, and what it
 * raises, or looks at with a stack trace, is as if it had been called from the function that catches.  RtlUnwindEx's other ways out beside it.
 *
 *      Outer -> Inner -> raises First.  Outer's handler unwinds to Outer with a callback; that raises Second, which Inner must not hear of.
 */
#include <windows.h>
#include "tap.h"

#define FIRST 0xE0000010
#define SECOND 0xE0000011

int Outer(int (*Function)(void));
int Inner(int (*Function)(void));
extern char OuterCaught[], OuterEnd[], OuterCaughtSecond[];

static int InnerSearched, InnerUnwound, OuterFirst, OuterSecond, Frames, SawInner, CallbackRan, RaiseAgain;
static ULONG64 TargetFrame;
__attribute__((used)) ULONG64 FlagsSecond;

__asm__(".text\n"
        ".globl Outer\n.seh_proc Outer\nOuter:\n"
        "    pushq %rbp\n    .seh_pushreg %rbp\n    pushq %rbx\n    .seh_pushreg %rbx\n    movq %rsp, %rbp\n    .seh_setframe %rbp, 0\n"
        "    subq $32, %rsp\n    .seh_stackalloc 32\n    .seh_endprologue\n"
        "    movl $4711, %ebx\n    call Inner\n    nop\n    movl $1, %eax\n    jmp 1f\n"
        ".globl OuterCaught\nOuterCaught:\n    movl $77, %eax\n    addl %ebx, %eax\n    jmp 1f\n"
        ".globl OuterCaughtSecond\nOuterCaughtSecond:\n    pushfq\n    popq FlagsSecond(%rip)\n    movl $88, %eax\n    addl %ebx, %eax\n"
        "1:  addq $32, %rsp\n    popq %rbx\n    popq %rbp\n    ret\n"
        ".globl OuterEnd\nOuterEnd:\n"
        "    .seh_handler OuterHandler, @except, @unwind\n    .seh_endproc\n"
        ".globl Inner\n.seh_proc Inner\nInner:\n"
        "    pushq %rbx\n    .seh_pushreg %rbx\n    subq $32, %rsp\n    .seh_stackalloc 32\n    .seh_endprologue\n"
        "    xorl %ebx, %ebx\n    call *%rcx\n    nop\n    addq $32, %rsp\n    popq %rbx\n    ret\n"
        "    .seh_handler InnerHandler, @except, @unwind\n    .seh_endproc\n");

__attribute__((used)) EXCEPTION_DISPOSITION InnerHandler(EXCEPTION_RECORD *Record, PVOID Frame, CONTEXT *Context, DISPATCHER_CONTEXT *Dispatcher)
{
    (void)Frame;
    (void)Context;
    (void)Dispatcher;
    if (Record->ExceptionFlags & EXCEPTION_UNWINDING) {
        InnerUnwound++;
    } else {
        InnerSearched++;
    }
    return ExceptionContinueSearch;
}

/* The "catch block": returns where to go on. */
static PVOID CALLBACK Callback(EXCEPTION_RECORD *Record)
{
    PVOID Trace[32];

    CallbackRan = Record->ExceptionInformation[2] == 1234;
    Frames = CaptureStackBackTrace(0, 32, Trace, NULL);
    for (int Index = 0; Index < Frames; Index++) {
        SawInner |= (char *)Trace[Index] > (char *)(ULONG_PTR)Inner && (char *)Trace[Index] < (char *)(ULONG_PTR)Inner + 40;
    }
    if (RaiseAgain) {
        RaiseException(SECOND, 0, 0, NULL);
    }
    return OuterCaught;
}

__attribute__((used)) EXCEPTION_DISPOSITION OuterHandler(EXCEPTION_RECORD *Record, PVOID Frame, CONTEXT *Context, DISPATCHER_CONTEXT *Dispatcher)
{
    EXCEPTION_RECORD Unwind = {.ExceptionCode = 0x80000029 /* STATUS_UNWIND_CONSOLIDATE */, .NumberParameters = 3};

    (void)Context;
    if (Record->ExceptionFlags & EXCEPTION_UNWINDING) {
        return ExceptionContinueSearch;
    }
    if (Record->ExceptionCode == SECOND) {
        OuterSecond++;
        Ok((ULONG64)(ULONG_PTR)Frame == TargetFrame, "the second exception finds the same frame");
        RtlUnwindEx(Frame, OuterCaughtSecond, Record, NULL, Dispatcher->ContextRecord, Dispatcher->HistoryTable);
        return ExceptionContinueSearch;
    }
    OuterFirst++;
    TargetFrame = (ULONG64)(ULONG_PTR)Frame;
    Unwind.ExceptionInformation[0] = (ULONG_PTR)Callback;
    Unwind.ExceptionInformation[1] = (ULONG_PTR)Frame;
    Unwind.ExceptionInformation[2] = 1234;
    RtlUnwindEx(Frame, OuterCaught, &Unwind, NULL, Dispatcher->ContextRecord, Dispatcher->HistoryTable);
    return ExceptionContinueSearch;
}

static int RaiseFirst(void)
{
    RaiseException(FIRST, 0, 0, NULL);
    return 0;
}

int main(void)
{
    Is((unsigned)Outer(RaiseFirst), 77 + 4711, "continued where the callback said, with the target's registers");
    Ok(OuterFirst == 1 && InnerSearched == 1 && InnerUnwound == 1, "the inner frame was asked, and unwound");
    Ok(CallbackRan, "the callback had the record");
    Ok(Frames >= 3 && !SawInner, "a stack trace in it shows %d frames, and not those that are unwound", Frames);
    RaiseAgain = 1;
    InnerSearched = InnerUnwound = 0;
    Is((unsigned)Outer(RaiseFirst), 88 + 4711, "an exception in the callback is the outer function's to catch");
    Is((unsigned)OuterSecond, 1, "which is asked once");
    Is(FlagsSecond & ~0x8D5ull /* the arithmetic ones */, 0x202, "and goes on with the processor's flags in order");
    Ok(InnerSearched == 1 && InnerUnwound == 1, "the frames in between heard of the first only");
    return Done();
}

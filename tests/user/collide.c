/* SPDX-License-Identifier: MIT */
/*
 * collide.c - unwinds that meet: a handler that leaves, raises or faults while frames are searched or unwound, and what the others hear of it.
 *
 *      Watched(1) -> Watched(2) -> Watched(3) -> raises or unwinds
 *
 * Each frame's handler notes that it was called and with which flags, and then does once what the script of the test says.  gcc has no __try, so the
 * frames are assembly.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

#define A 0xE000000A
#define B 0xE000000B
#define EXIT 0 /* no exception: unwind all */

typedef int INNER(int Tag, void *Frame);

int Watched(INNER *Inner, int Tag);
int TwoScopes(INNER *Inner, int Tag);
extern char WatchedCaught[];

/* Returns what Inner does; at WatchedCaught, what the unwind gives plus the frame's tag, which lies at 40(%rsp). */
__asm__(".text\n"
        ".globl Watched\n.seh_proc Watched\nWatched:\n"
        "    subq $56, %rsp\n    .seh_stackalloc 56\n    .seh_endprologue\n"
        "    movq %rcx, %rax\n    movl %edx, 40(%rsp)\n    movl %edx, %ecx\n    movq %rsp, %rdx\n    call *%rax\n    jmp 1f\n"
        ".globl WatchedCaught\nWatchedCaught:\n    addl 40(%rsp), %eax\n"
        "1:  addq $56, %rsp\n    ret\n"
        "    .seh_handler Watcher, @except, @unwind\n    .seh_endproc\n"
        /* __try { __try { Inner } __finally { Inside() } } __finally { Outside() } */
        ".globl TwoScopes\n.seh_proc TwoScopes\nTwoScopes:\n"
        "    subq $40, %rsp\n    .seh_stackalloc 40\n    .seh_endprologue\n"
        "1:  movq %rcx, %rax\n    movl %edx, %ecx\n    movq %rsp, %rdx\n    call *%rax\n    nop\n"
        "2:  addq $40, %rsp\n    ret\n"
        "    .seh_handler __C_specific_handler, @except, @unwind\n    .seh_handlerdata\n    .long 2\n"
        "    .rva 1b, 2b, Inside\n    .long 0\n    .rva 1b, 2b, Outside\n    .long 0\n"
        "    .text\n    .seh_endproc\n");

enum { NOTHING, TAKE, JUMP, RAISE, RETURN };

typedef struct
{
    int What, Argument; /* JUMP: to which frame; RETURN: which disposition */
} ACTION;

static ACTION OnSearch[4], OnUnwind[4], InInside;
static void *Frames[4];
static DWORD RaiseCode, RaiseFlags;
static char Heard[512];

static void Hear(char Pass, int Tag, DWORD Code, DWORD Flags)
{
    DWORD Known = EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND | EXCEPTION_NESTED_CALL | EXCEPTION_TARGET_UNWIND | EXCEPTION_COLLIDED_UNWIND;

    sprintf(Heard + strlen(Heard), "%c%d:%02lx/%lx ", Pass, Tag, Code & 0xFF, Flags & Known);
}

static int Act(ACTION *Action, EXCEPTION_RECORD *Record, void *Frame)
{
    ACTION Now = *Action;
    CONTEXT Scratch;

    Action->What = NOTHING;
    switch (Now.What) {
    case TAKE:
        RtlUnwindEx(Frame, WatchedCaught, Record, (PVOID)100, &Scratch, NULL);
        break;
    case JUMP:
        RtlUnwindEx(Frames[Now.Argument], WatchedCaught, NULL, (PVOID)200, &Scratch, NULL);
        break;
    case RAISE:
        RaiseException(B, 0, 0, NULL);
        break;
    case RETURN:
        return Now.Argument;
    default:
        break;
    }
    return ExceptionContinueSearch;
}

__attribute__((used)) EXCEPTION_DISPOSITION Watcher(EXCEPTION_RECORD *Record, PVOID Frame, CONTEXT *Context, DISPATCHER_CONTEXT *Dispatcher)
{
    int Tag = *(int *)((char *)Frame + 40), Unwinding = (Record->ExceptionFlags & EXCEPTION_UNWIND) != 0;

    (void)Context;
    (void)Dispatcher;
    Hear(Unwinding ? 'u' : 's', Tag, Record->ExceptionCode, Record->ExceptionFlags);
    return (EXCEPTION_DISPOSITION)Act(Unwinding ? &OnUnwind[Tag] : &OnSearch[Tag], Record, Frame);
}

__attribute__((used)) void Inside(BOOLEAN Abnormal, PVOID Frame)
{
    strcat(Heard, Abnormal ? "inside " : "? ");
    OnSearch[1] = (ACTION){InInside.What == RAISE ? TAKE : NOTHING, 0};
    Act(&InInside, NULL, Frame);
}

__attribute__((used)) void Outside(BOOLEAN Abnormal, PVOID Frame)
{
    (void)Frame;
    strcat(Heard, Abnormal ? "outside " : "? ");
}

static int Descend(int Tag, void *Frame)
{
    CONTEXT Scratch;

    Frames[Tag] = Frame;
    if (Tag < 3) {
        return Watched(Descend, Tag + 1) + 1000 * (Tag == 2);
    }
    if (RaiseCode == EXIT) {
        RtlUnwindEx(NULL, NULL, NULL, NULL, &Scratch, NULL);
    }
    RaiseException(RaiseCode, RaiseFlags, 0, NULL);
    return 5;
}

static int DescendThroughScopes(int Tag, void *Frame)
{
    Frames[Tag] = Frame;
    return Tag == 1 ? TwoScopes(Descend, 3) : 0;
}

static void Run(INNER *Inner, DWORD Code, DWORD Flags, int Result, const char *Expected, const char *What)
{
    Heard[0] = 0;
    RaiseCode = Code;
    RaiseFlags = Flags;
    Is((unsigned)Watched(Inner, 1), (unsigned)Result, What);
    if (!Ok(strcmp(Heard, Expected) == 0, "what the handlers heard")) {
        printf("#   %s\n#   %s expected\n", Heard, Expected);
    }
}

/* Result: 100 or 200 for TAKE or JUMP, plus the tag of the frame that goes on, plus 1000 if that is the third, for the second returns it. */
int main(void)
{
    OnSearch[2] = (ACTION){TAKE, 0};
    Run(Descend, A, 0, 102, "s3:0a/0 s2:0a/0 u3:0a/2 u2:0a/22 ", "searched, then unwound");

    OnSearch[2] = (ACTION){TAKE, 0};
    OnUnwind[3] = (ACTION){JUMP, 1};
    Run(Descend, A, 0, 201, "s3:0a/0 s2:0a/0 u3:0a/2 u3:27/42 u2:27/2 u1:27/22 ", "a handler leaves further than the unwind it is called by");

    OnSearch[1] = (ACTION){TAKE, 0};
    OnUnwind[2] = (ACTION){JUMP, 2};
    Run(Descend, A, 0, 202, "s3:0a/0 s2:0a/0 s1:0a/0 u3:0a/2 u2:0a/2 u2:27/62 ", "a handler stops the unwind in its own frame");

    OnSearch[2] = (ACTION){TAKE, 0};
    OnUnwind[3] = (ACTION){RAISE, 0};
    OnSearch[1] = (ACTION){TAKE, 0};
    Run(Descend, A, 0, 101, "s3:0a/0 s2:0a/0 u3:0a/2 s3:0b/0 s2:0b/0 s1:0b/0 u3:0b/42 u2:0b/2 u1:0b/22 ", "an exception in an unwind");

    OnSearch[3] = (ACTION){RAISE, 0};
    OnSearch[2] = (ACTION){TAKE, 0};
    Run(Descend, A, 0, 102, "s3:0a/0 s3:0b/10 s2:0b/0 u3:0b/2 u2:0b/22 ", "an exception in a search is nested");

    OnUnwind[2] = (ACTION){JUMP, 1};
    Run(Descend, EXIT, 0, 201, "u3:27/6 u2:27/6 u2:27/42 u1:27/22 ", "an exit unwind is stopped by another");

    OnSearch[3] = (ACTION){RETURN, 77};
    OnSearch[2] = (ACTION){TAKE, 0};
    Run(Descend, A, 0, 102, "s3:0a/0 s3:26/0 s2:26/0 u3:26/2 u2:26/22 ", "STATUS_INVALID_DISPOSITION");

    OnSearch[3] = (ACTION){RETURN, ExceptionContinueExecution};
    OnSearch[2] = (ACTION){TAKE, 0};
    Run(Descend, A, EXCEPTION_NONCONTINUABLE, 102, "s3:0a/0 s3:25/0 s2:25/0 u3:25/2 u2:25/22 ", "STATUS_NONCONTINUABLE_EXCEPTION");

    OnSearch[3] = (ACTION){RETURN, ExceptionContinueExecution};
    Run(Descend, A, 0, 1005, "s3:0a/0 ", "what may go on, goes on");

    OnSearch[1] = (ACTION){TAKE, 0};
    InInside = (ACTION){JUMP, 1};
    Run(DescendThroughScopes, A, 0, 201, "s1:0a/0 inside outside u1:27/22 ", "two scopes of one frame: each once, though the first leaves");

    OnSearch[1] = (ACTION){TAKE, 0};
    InInside = (ACTION){RAISE, 0};
    Run(DescendThroughScopes, A, 0, 101, "s1:0a/0 inside s1:0b/0 outside u1:0b/22 ", "the first raises");
    return Done();
}

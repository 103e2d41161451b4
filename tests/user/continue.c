/* SPDX-License-Identifier: MIT */
/*
 * continue.c - NtContinue and NtContinueEx: to go on at a context, with an APC before it or without, by a BOOLEAN or by what Windows 10 has in its place.
 */
#include "native.h"
#include "win32.h"

typedef struct
{
    ULONG Type, Flags; /* type 0: unwinding, 1: resuming, 2: longjmp, 3: setting; flag 1: test for an alert, 2: deliver APCs */
    ULONG64 Reserved[2];
} ARGUMENT;

NATIVE(NtContinue, (PCONTEXT Context, BOOLEAN TestAlert), (Context, TestAlert))
NATIVE(NtContinueEx, (PCONTEXT Context, PVOID Argument), (Context, Argument))

static volatile LONG Applied;

static void CALLBACK Apply(ULONG_PTR Number)
{
    Applied = (LONG)Number;
}

/* How often the code behind the capture ran: 2, unless the call refused. */
__attribute__((noinline)) static int Again(NTSTATUS (*Continue)(PCONTEXT Context, PVOID Argument), PVOID Argument)
{
    volatile int Times = 0;
    CONTEXT Context;

    RtlCaptureContext(&Context);
    if (++Times == 1) {
        Continue(&Context, Argument);
    }
    return Times;
}

static NTSTATUS Plain(PCONTEXT Context, PVOID Argument)
{
    return NtContinue(Context, Argument != NULL);
}

/* With an APC that waits: whether it was called before the code went on. */
static void Both(NTSTATUS (*Continue)(PCONTEXT Context, PVOID Argument), PVOID Argument, LONG Called, const char *What)
{
    Applied = 0;
    QueueUserAPC(Apply, GetCurrentThread(), 5);
    Ok(Again(Continue, Argument) == 2, "%s: it goes on there", What);
    Is((ULONG)Applied, (ULONG)Called, Called ? "after its APC" : "and no APC is called");
    SleepEx(0, TRUE);
    Is((ULONG)Applied, 5, "which is called once somebody waits");
}

static void Refused(void)
{
    ARGUMENT Type = {.Type = 99}, Flags = {.Type = 1, .Flags = 0x80};
    CONTEXT Context;

    RtlCaptureContext(&Context); /* which is not gone on with */
    Is((ULONG)NtContinue((PCONTEXT)16, FALSE), (ULONG)STATUS_ACCESS_VIOLATION, "no context");
    Is((ULONG)NtContinueEx((PCONTEXT)16, NULL), (ULONG)STATUS_ACCESS_VIOLATION, "none either");
    Is((ULONG)NtContinueEx(&Context, (PVOID)0x1000), (ULONG)STATUS_ACCESS_VIOLATION, "no argument where one should be");
    Ok(!NT_SUCCESS(NtContinueEx(&Context, &Type)), "a type that is none");
    Ok(!NT_SUCCESS(NtContinueEx(&Context, &Flags)), "a flag that is none");
}

/* .NET leaves a catch block with a copy of the exception's context, whose flags speak of extended state that was not copied. */
__attribute__((noinline)) static int Restored(void)
{
    struct { CONTEXT Context; ULONG Behind[64]; } Copy;
    volatile int Times = 0;

    memset(Copy.Behind, 0xCC, sizeof(Copy.Behind));
    RtlCaptureContext(&Copy.Context);
    if (++Times == 1) {
        Copy.Context.ContextFlags = 0x10005F; /* CONTEXT_ALL with CONTEXT_XSTATE */
        RtlRestoreContext(&Copy.Context, NULL);
    }
    return Times;
}

int main(void)
{
    ARGUMENT Resume = {.Type = 1}, Alert = {.Type = 1, .Flags = 1}, Unwind = {.Type = 0};

    Both(Plain, NULL, 0, "NtContinue");
    Both(Plain, (PVOID)TRUE, 5, "NtContinue with an alert test");
    Both(NtContinueEx, NULL, 0, "NtContinueEx with FALSE");
    Both(NtContinueEx, (PVOID)TRUE, 5, "NtContinueEx with TRUE");
    Both(NtContinueEx, &Resume, 0, "NtContinueEx that resumes");
    Both(NtContinueEx, &Unwind, 0, "NtContinueEx that unwinds");
    Both(NtContinueEx, &Alert, 5, "NtContinueEx with an alert test");
    Ok(Restored() == 2, "RtlRestoreContext loads what a CONTEXT has itself");
    Refused();
    return Done();
}

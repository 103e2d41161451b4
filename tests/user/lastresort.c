/* SPDX-License-Identifier: MIT */
/*
 * lastresort.c - what comes after all handlers: continue handlers, the program's unhandled filter with each of its answers, the end of the process with
 * the exception's code.  A child meets each.
 */
#include <stdlib.h>
#include "child.h"
#include "tap.h"
#include "try.h"

#define CODE 0xE0004711

static char Heard[64];
static int Answer, ContinueAnswer;

__attribute__((used)) int Filter(EXCEPTION_POINTERS *Pointers, void *Frame)
{
    (void)Pointers;
    (void)Frame;
    strcat(Heard, "f");
    return Answer;
}

static LONG CALLBACK First(EXCEPTION_POINTERS *Pointers)
{
    (void)Pointers;
    strcat(Heard, "1");
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK Second(EXCEPTION_POINTERS *Pointers)
{
    (void)Pointers;
    strcat(Heard, "2");
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK ContinueFirst(EXCEPTION_POINTERS *Pointers)
{
    (void)Pointers;
    strcat(Heard, "a");
    return ContinueAnswer;
}

static LONG CALLBACK ContinueSecond(EXCEPTION_POINTERS *Pointers)
{
    (void)Pointers;
    strcat(Heard, "b");
    return EXCEPTION_CONTINUE_SEARCH;
}

static int Raise(void *Flags)
{
    RaiseException(CODE, (DWORD)(ULONG_PTR)Flags, 0, NULL);
    return 9;
}

static void Vectored(int Verdict, int Result, const char *Expected, const char *What)
{
    Heard[0] = 0;
    Answer = Verdict;
    Is((unsigned)Try(Raise, NULL), (unsigned)Result, What);
    Ok(strcmp(Heard, Expected) == 0, "handlers in order: %s", Heard);
}

static void Handlers(void)
{
    PVOID Two = AddVectoredExceptionHandler(0, Second), One = AddVectoredExceptionHandler(1, First);
    PVOID B = AddVectoredContinueHandler(0, ContinueSecond), A = AddVectoredContinueHandler(1, ContinueFirst);

    ContinueAnswer = EXCEPTION_CONTINUE_SEARCH;
    Vectored(EXCEPTION_CONTINUE_EXECUTION, 9, "12fab", "continue handlers come when execution goes on");
    Vectored(EXCEPTION_EXECUTE_HANDLER, -77, "12f", "but not when a frame takes it");
    ContinueAnswer = EXCEPTION_CONTINUE_EXECUTION;
    Vectored(EXCEPTION_CONTINUE_EXECUTION, 9, "12fa", "one may say that it is enough");
    Ok(RemoveVectoredContinueHandler(A) && RemoveVectoredContinueHandler(B) && !RemoveVectoredContinueHandler(A), "removed, once");
    Ok(RemoveVectoredExceptionHandler(One) && RemoveVectoredExceptionHandler(Two), "the others, too");
    Vectored(EXCEPTION_CONTINUE_EXECUTION, 9, "f", "nobody left");
}

/* ---- in a child ------------------------------------------------------------------------------------------------------------------------------ */

static LONG WINAPI Last(EXCEPTION_POINTERS *Pointers)
{
    if (Pointers->ExceptionRecord->ExceptionCode != CODE) {
        ExitProcess(1);
    }
    return Answer;
}

static int Child(const char *What)
{
    int Previous = SetUnhandledExceptionFilter(Last) == NULL;

    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    Answer = atoi(What);
    RaiseException(CODE, 0, 0, NULL);
    return SetUnhandledExceptionFilter(NULL) == Last ? 20 + Previous : 2; /* went on */
}

static DWORD Meets(const char *Answer_)
{
    return RunSelf(FALSE, 0, NULL, "%s", Answer_);
}

int main(int Count, char **Arguments)
{
    if (Count > 2) {
        return Child(Arguments[2]);
    }
    Handlers();
    Ok(Meets("-1") >= 20, "a filter that goes on");
    Is(Meets("1"), CODE, "one that ends the process");
    Is(Meets("0"), CODE, "one that leaves it to the system");
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * tap.h - what a test program needs to speak TAP: one line a check, the plan at the end, so that a program that dies early has no plan.
 *
 * A program of tests/user that includes this file is a test: tools/test runs it and expects exit code 0, a plan, and one `ok` for each number.
 * Lines that begin with `#` are for people.
 */
#ifndef NASCENT_TAP_H
#define NASCENT_TAP_H

#include <stdarg.h>
#include <stdio.h>

static int TapCount, TapFailures;

/* `ok 3 - what`, or `not ok 3 - what`.  Returns whether it passed. */
__attribute__((format(printf, 2, 3), unused)) static int Ok(int Passed, const char *Format, ...)
{
    va_list Arguments;

    TapCount++;
    TapFailures += !Passed;
    printf("%sok %d - ", Passed ? "" : "not ", TapCount);
    va_start(Arguments, Format);
    vprintf(Format, Arguments);
    va_end(Arguments);
    printf("\n");
    return Passed;
}

/* The same for two values, which are shown if they differ. */
__attribute__((unused)) static int Is(unsigned long long Got, unsigned long long Expected, const char *What)
{
    if (!Ok(Got == Expected, "%s", What)) {
        printf("#   got 0x%llx, expected 0x%llx\n", Got, Expected);
    }
    return Got == Expected;
}

/* Last: `return Done();` */
__attribute__((unused)) static int Done(void)
{
    printf("1..%d\n", TapCount);
    fflush(stdout);
    return TapFailures != 0;
}
#endif

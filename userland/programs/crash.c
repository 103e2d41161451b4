/* SPDX-License-Identifier: MIT */
/*
 * crash.c - ends in the way it is told to: what a process' death looks like from outside.
 *
 * usage: crash MODE    (without a mode: the list)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static void null_write(void)
{
    *(volatile int *)NULL = 1;
}

static void null_read(void)
{
    (void)*(volatile int *)NULL;
}

static void write_code(void)
{
    *(volatile char *)(void *)write_code = 0;
}

static void execute_data(void)
{
    static unsigned char code[16] = {0xC3};

    ((void (*)(void))(void *)code)();
}

/* A volatile count, so that the compiler does not see that it never ends. */
static volatile int deeper = 1;

static int recurse(volatile int depth)
{
    volatile char frame[4096];

    if (!deeper) {
        return 0;
    }
    frame[0] = (char)depth;
    return recurse(depth + 1) + frame[0];
}

static void stack_overflow(void)
{
    recurse(0);
}

static void divide_by_zero(void)
{
    volatile int zero = 0, one = 1; /* a constant 1 / x needs no division */

    one = one / zero;
}

static void breakpoint(void)
{
    __asm__ volatile("int3");
}

static void illegal_instruction(void)
{
    __asm__ volatile("ud2");
}

static void privileged_instruction(void)
{
    __asm__ volatile("hlt");
}

static void fail_fast(void)
{
    __asm__ volatile("int $0x29" : : "c"(7));
}

static void raise_exception(void)
{
    RaiseException(0xE0001234, 0, 0, NULL);
}

static void thread_fault(void)
{
    HANDLE thread = CreateThread(NULL, 0, (LPTHREAD_START_ROUTINE)(void *)null_write, NULL, 0, NULL);

    WaitForSingleObject(thread, INFINITE);
    Sleep(INFINITE);
}

static const struct {
    const char *name;
    void (*run)(void);
    const char *status;
} modes[] = {
    {"nullwrite", null_write, "0xC0000005"}, {"nullread", null_read, "0xC0000005"}, {"writecode", write_code, "0xC0000005"},
    {"execdata", execute_data, "0xC0000005"}, {"stack", stack_overflow, "0xC00000FD"}, {"divide", divide_by_zero, "0xC0000094"},
    {"int3", breakpoint, "0x80000003"}, {"illegal", illegal_instruction, "0xC000001D"}, {"privileged", privileged_instruction, "0xC0000096"},
    {"failfast", fail_fast, "0xC0000409"}, {"raise", raise_exception, "0xE0001234"}, {"thread", thread_fault, "0xC0000005"},
    {"abort", abort, "3"},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(argv[1], modes[i].name) == 0) {
            fflush(stdout);
            modes[i].run();
            printf("crash: %s did not crash\n", argv[1]);
            return 1;
        }
    }
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        printf("%-12s exit code %s\n", modes[i].name, modes[i].status);
    }
    return 2;
}

/* SPDX-License-Identifier: MIT */
/*
 * threedlls.c - a console program with a hundred imports from each of three DLLs, and nothing to do: what process_3dlls measures.
 * Exits with 0.
 */
#include "names.h"

#define DECLARE(name) __declspec(dllimport) int name(void);
#define CALL(name) Sum += name();

HUNDRED(DECLARE, First)
HUNDRED(DECLARE, Second)
HUNDRED(DECLARE, Third)

int main(int argc, char **argv)
{
    int Sum = 0;

    (void)argv;
    if (argc > 1) {
        HUNDRED(CALL, First)
        HUNDRED(CALL, Second)
        HUNDRED(CALL, Third)
    }
    return Sum;
}

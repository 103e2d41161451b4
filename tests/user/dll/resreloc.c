/* SPDX-License-Identifier: MIT */
/*
 * resreloc.c - a stripped DLL whose last sections are resources and, behind them, base relocations: the test of resource updates makes the first grow
 * and looks through a relocated table of pointers whether the second moved as they should.
 */
#include <windows.h>

static int Twice(int Value)
{
    return Value * 2;
}

static int Thrice(int Value)
{
    return Value * 3;
}

int (*volatile Table[])(int) = {Twice, Thrice};

__declspec(dllexport) int Odd(int Which, int Value)
{
    return Table[Which & 1](Value);
}

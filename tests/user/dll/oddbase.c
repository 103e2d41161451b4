/* SPDX-License-Identifier: MIT */
/* oddbase.dll - code, constants, data, zeroes, an import, a relocation: what odd.py makes its odd images of. */
#include <windows.h>

static int Counter = 1000;
static int Zeroes[100];
static int *volatile Pointer = &Counter;
static const char Text[] = "constant";

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, void *Reserved)
{
    Zeroes[7] = 7;
    return TRUE;
}

/* 1007 if code, data, relocations, zeroes and the import are all right. */
__declspec(dllexport) int Odd(void)
{
    return GetCurrentProcessId() != 0 && Text[3] == 's' && Zeroes[99] == 0 ? *Pointer + Zeroes[7] : 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * argv.c - CommandLineToArgvW: a command line taken apart by the documented rules.
 *
 * The program's name ends at a blank, or at the second quote if it begins with one; backslashes mean nothing in it.  In what follows, 2n
 * backslashes before a quote are n backslashes and a quote that switches quoting, 2n + 1 are n backslashes and a literal quote.  Inside quotes,
 * two quotes are one literal quote, and quoting ends.  (That last rule is this function's, not the C run-time's.)
 */
#include "smalldll.h"

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

static BOOL IsBlank(WCHAR c)
{
    return c == L' ' || c == L'\t';
}

/* Copies the program's name; returns what follows it. */
static LPCWSTR TakeProgram(LPCWSTR s, LPWSTR *Target)
{
    if (*s == L'"') {
        for (s++; *s != 0 && *s != L'"'; s++) {
            *(*Target)++ = *s;
        }
        if (*s == L'"') {
            s++;
        }
    } else {
        for (; *s != 0 && *s > L' '; s++) {
            *(*Target)++ = *s;
        }
    }
    *(*Target)++ = 0;
    return s;
}

static LPCWSTR TakeArgument(LPCWSTR s, LPWSTR *Target)
{
    BOOL Quoted = FALSE;

    while (*s != 0 && (Quoted || !IsBlank(*s))) {
        SIZE_T Backslashes = 0;
        while (s[Backslashes] == L'\\') {
            Backslashes++;
        }
        if (s[Backslashes] != L'"') {
            for (SIZE_T i = 0; i < Backslashes; i++) {
                *(*Target)++ = L'\\';
            }
            s += Backslashes;
            if (*s != 0 && (Quoted || !IsBlank(*s))) {
                *(*Target)++ = *s++;
            }
            continue;
        }
        for (SIZE_T i = 0; i < Backslashes / 2; i++) {
            *(*Target)++ = L'\\';
        }
        s += Backslashes + 1;
        if (Backslashes % 2 != 0) {
            *(*Target)++ = L'"';
        } else if (Quoted && *s == L'"') {
            *(*Target)++ = *s++;
            Quoted = FALSE;
        } else {
            Quoted = !Quoted;
        }
    }
    *(*Target)++ = 0;
    return s;
}

/* The strings lie behind the array in one block, which LocalFree frees. A blank line means this program. */
LPWSTR *WINAPI CommandLineToArgvW(LPCWSTR Line, int *Count)
{
    WCHAR Own[MAX_PATH];

    if (Count == NULL || Line == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (*Line == 0) {
        DWORD Length = GetModuleFileNameW(NULL, Own + 1, MAX_PATH - 2);
        Own[0] = L'"';
        Own[Length + 1] = L'"';
        Own[Length + 2] = 0;
        Line = Own;
    }
    SIZE_T Length = wcslen(Line), Most = Length / 2 + 2;
    LPWSTR *Arguments = LocalAlloc(LMEM_FIXED, (Most + 1) * sizeof(LPWSTR) + (Length + Most + 1) * sizeof(WCHAR));
    if (Arguments == NULL) {
        return NULL;
    }
    LPWSTR Target = (LPWSTR)(Arguments + Most + 1);
    int Number = 0;
    Arguments[Number++] = Target;
    LPCWSTR s = TakeProgram(Line, &Target);
    for (;;) {
        while (IsBlank(*s)) {
            s++;
        }
        if (*s == 0) {
            break;
        }
        Arguments[Number++] = Target;
        s = TakeArgument(s, &Target);
    }
    Arguments[Number] = NULL;
    *Count = Number;
    return Arguments;
}

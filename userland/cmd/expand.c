/* SPDX-License-Identifier: MIT */
/*
 * expand.c - %VAR%, %VAR:~start,length%, %VAR:old=new%, a batch file's arguments, and the variables that cmd makes up itself.
 *
 * At the prompt a name that is not set stays as it was typed, percent signs and all; in a batch file it vanishes, %% is a percent sign, and %1 to %9, %0,
 * %* and %~dp0 are the arguments.  The result is no longer than a line may be; ExpandPercents returns null if it would be.
 */
#include "cmd.h"

static LPWSTR FormatWord(LPCWSTR Format, ...)
{
    WCHAR Buffer[64];
    va_list Arguments;

    va_start(Arguments, Format);
    int Length = _vsnwprintf(Buffer, COUNT_OF(Buffer) - 1, Format, Arguments);
    va_end(Arguments);
    return CmdCopy(Buffer, Length < 0 ? 0 : (SIZE_T)Length);
}

static ULONG Random(void)
{
    static ULONG Seed;

    if (Seed == 0) {
        Seed = GetTickCount() | 1;
    }
    Seed = Seed * 214013 + 2531011;
    return (Seed >> 16) & 0x7FFF;
}

static LPWSTR Dynamic(LPCWSTR Name)
{
    SYSTEMTIME Now;

    GetLocalTime(&Now);
    if (_wcsicmp(Name, L"errorlevel") == 0) {
        return FormatWord(L"%d", (int)Cmd.ErrorLevel);
    }
    if (_wcsicmp(Name, L"cd") == 0) {
        LPWSTR Directory = CmdAllocate(32768 * sizeof(WCHAR));
        GetCurrentDirectoryW(32768, Directory);
        return Directory;
    }
    if (_wcsicmp(Name, L"date") == 0) {
        return FormatWord(L"%.3s %02u/%02u/%04u", &L"SunMonTueWedThuFriSat"[Now.wDayOfWeek * 3], Now.wMonth, Now.wDay, Now.wYear);
    }
    if (_wcsicmp(Name, L"time") == 0) {
        return FormatWord(L"%2u:%02u:%02u.%02u", Now.wHour, Now.wMinute, Now.wSecond, Now.wMilliseconds / 10);
    }
    if (_wcsicmp(Name, L"random") == 0) {
        return FormatWord(L"%u", Random());
    }
    if (_wcsicmp(Name, L"cmdextversion") == 0) {
        return FormatWord(L"2");
    }
    if (_wcsicmp(Name, L"cmdcmdline") == 0) {
        return CmdCopy(GetCommandLineW(), wcslen(GetCommandLineW()));
    }
    return NULL;
}

/* Null: not set. */
static LPWSTR Value(LPCWSTR Name)
{
    DWORD Size = GetEnvironmentVariableW(Name, NULL, 0);

    if (Size == 0) {
        return Dynamic(Name);
    }
    LPWSTR Buffer = CmdAllocate((Size + 1) * sizeof(WCHAR));
    GetEnvironmentVariableW(Name, Buffer, Size);
    return Buffer;
}

static int Number(LPCWSTR *Text)
{
    BOOL Negative = **Text == L'-';
    int Result = 0;

    if (Negative) {
        (*Text)++;
    }
    while (**Text >= L'0' && **Text <= L'9' && Result < 100000) {
        Result = Result * 10 + (*(*Text)++ - L'0');
    }
    return Negative ? -Result : Result;
}

static LPWSTR Substring(LPCWSTR Text, LPCWSTR Range)
{
    int Length = (int)wcslen(Text), Start = Number(&Range), Count = Length;

    if (Start < 0) {
        Start = Length + Start < 0 ? 0 : Length + Start;
    }
    if (Start > Length) {
        Start = Length;
    }
    if (*Range == L',') {
        Range++;
        Count = Number(&Range);
        if (Count < 0) {
            Count = Length - Start + Count < 0 ? 0 : Length - Start + Count;
        }
    }
    if (Count > Length - Start) {
        Count = Length - Start;
    }
    return CmdCopy(Text + Start, (SIZE_T)Count);
}

static LPWSTR Replace(LPCWSTR Text, LPCWSTR Rule)
{
    LPCWSTR Equals = wcschr(Rule, L'=');
    TEXT Result = {0};

    if (Equals == NULL || Equals == Rule) {
        return CmdCopy(Text, wcslen(Text));
    }
    SIZE_T OldLength = (SIZE_T)(Equals - Rule);
    TextAdd(&Result, L"", 0);
    if (Rule[0] == L'*') {
        for (LPCWSTR p = Text; *p != 0; p++) {
            if (_wcsnicmp(p, Rule + 1, OldLength - 1) == 0) {
                TextAddString(&Result, Equals + 1);
                TextAddString(&Result, p + OldLength - 1);
                return Result.Buffer;
            }
        }
        return CmdCopy(Text, wcslen(Text));
    }
    while (*Text != 0) {
        if (_wcsnicmp(Text, Rule, OldLength) == 0) {
            TextAddString(&Result, Equals + 1);
            Text += OldLength;
        } else {
            TextAddCharacter(&Result, *Text++);
        }
    }
    return Result.Buffer;
}

/* The text between two percent signs: NAME, NAME:~m,n or NAME:a=b. */
LPWSTR VariableValue(LPCWSTR Text, SIZE_T Length)
{
    LPWSTR Name = CmdCopy(Text, Length), Colon = wcschr(Name, L':'), Found;

    Found = Value(Name);
    if (Found != NULL || Colon == NULL) {
        return Found;
    }
    *Colon = 0;
    Found = Value(Name);
    if (Found == NULL) {
        return NULL;
    }
    return Colon[1] == L'~' ? Substring(Found, Colon + 2) : Replace(Found, Colon + 1);
}

/* At '%' in a batch file: an argument; returns the length of what stands for it, 0 if it is none. */
static SIZE_T AddArgument(TEXT *Text, LPCWSTR p)
{
    SIZE_T Digit = 1;

    if (p[1] == L'*') {
        TextAddString(Text, BatchArgument(-1));
        return 2;
    }
    if (p[1] == L'~') {
        for (Digit = 2; p[Digit] != 0 && wcschr(L"fdpnxsatz", p[Digit] | 0x20) != NULL; Digit++) {
        }
    }
    if (p[Digit] < L'0' || p[Digit] > L'9') {
        return 0;
    }
    LPCWSTR Value = BatchArgument(p[Digit] - L'0');
    if (Digit == 1) {
        TextAddString(Text, Value);
    } else {
        BOOL Itself = p[Digit] == L'0' && Digit > 2; /* the file's path, however it was called */
        TextAddString(Text, ModifyPath(Itself ? BatchPath() : Value, p + 2, Digit - 2));
    }
    return Digit + 1;
}

/* At '%': adds what stands for it and returns its length in the line. */
static SIZE_T AddPercent(TEXT *Text, LPCWSTR p)
{
    BOOL Batch = BatchArgument(0) != NULL;
    SIZE_T Length = Batch ? AddArgument(Text, p) : 0;

    if (Length != 0) {
        return Length;
    }
    if (Batch && p[1] == L'%') {
        TextAddCharacter(Text, L'%');
        return 2;
    }
    LPCWSTR End = wcschr(p + 1, L'%');
    LPWSTR Found = End != NULL && End != p + 1 ? VariableValue(p + 1, (SIZE_T)(End - p - 1)) : NULL;
    if (Found != NULL) {
        TextAddString(Text, Found);
        return (SIZE_T)(End - p) + 1;
    }
    if (!Batch) {
        TextAddCharacter(Text, L'%');
        return 1;
    }
    /* not set: up to the next '%', or only the name in front of a ':' */
    LPCWSTR Colon = wcschr(p + 1, L':');
    if (Colon != NULL && Colon >= End) {
        Colon = NULL;
    }
    return End == NULL ? 1 : Colon != NULL ? (SIZE_T)(Colon - p) + 1 : (SIZE_T)(End - p) + 1;
}

LPWSTR ExpandPercents(LPCWSTR Line)
{
    TEXT Result = {0};

    TextAdd(&Result, L"", 0);
    while (*Line != 0) {
        if (*Line == L'%') {
            Line += AddPercent(&Result, Line);
        } else {
            TextAddCharacter(&Result, *Line++);
        }
        if (Result.Length >= CMD_MAX_LINE) {
            return NULL;
        }
    }
    return Result.Buffer;
}

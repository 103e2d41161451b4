/* SPDX-License-Identifier: MIT */
/*
 * value.c - what is replaced only when a command runs: the variables of a for (%a, %~nxa) and, where it is switched on, !VAR!.
 *
 * A for runs the same tree many times, so its variables cannot be replaced in the text that the tree is made from.  Delayed expansion uses the same
 * moment: `for %a in (1 2) do set N=%a& echo !N!` sees each value.  And the paths that %~dpnx1 and %~fa ask for.
 */
#include "cmd.h"

static const WCHAR ModifierLetters[] = L"fdpnxsatz";

static void AddTime(TEXT *Text, const FILETIME *Time)
{
    SYSTEMTIME System;
    FILETIME Local;
    WCHAR Buffer[32];

    FileTimeToLocalFileTime(Time, &Local);
    FileTimeToSystemTime(&Local, &System);
    _snwprintf(Buffer, COUNT_OF(Buffer), L"%02u/%02u/%04u %02u:%02u %s", System.wMonth, System.wDay, System.wYear,
               System.wHour % 12 == 0 ? 12 : System.wHour % 12, System.wMinute, System.wHour < 12 ? L"AM" : L"PM");
    TextAddString(Text, Buffer);
}

/* The parts that are facts about the file, with a blank between them: a, t, z. */
static void AddFacts(TEXT *Text, LPCWSTR Path, LPCWSTR Modifiers, SIZE_T Count)
{
    static const struct { DWORD Bit; WCHAR Letter; } Letters[] = {
        {FILE_ATTRIBUTE_DIRECTORY, L'd'}, {FILE_ATTRIBUTE_READONLY, L'r'}, {FILE_ATTRIBUTE_ARCHIVE, L'a'}, {FILE_ATTRIBUTE_HIDDEN, L'h'},
        {FILE_ATTRIBUTE_SYSTEM, L's'},
    };
    WIN32_FILE_ATTRIBUTE_DATA Data;
    WCHAR Buffer[32];

    if (!GetFileAttributesExW(Path, GetFileExInfoStandard, &Data)) {
        return;
    }
    for (SIZE_T i = 0; i < Count; i++) {
        WCHAR Letter = Modifiers[i] | 0x20;
        if (wcschr(L"atz", Letter) != NULL && Text->Length != 0) {
            TextAddCharacter(Text, L' ');
        }
        if (Letter == L'a') {
            for (ULONG k = 0; k < COUNT_OF(Letters); k++) {
                TextAddCharacter(Text, (Data.dwFileAttributes & Letters[k].Bit) != 0 ? Letters[k].Letter : L'-');
            }
            TextAddString(Text, L"------");
        } else if (Letter == L't') {
            AddTime(Text, &Data.ftLastWriteTime);
        } else if (Letter == L'z') {
            _snwprintf(Buffer, COUNT_OF(Buffer), L"%llu", ((ULONGLONG)Data.nFileSizeHigh << 32) | Data.nFileSizeLow);
            TextAddString(Text, Buffer);
        }
    }
}

static BOOL Asks(LPCWSTR Modifiers, SIZE_T Count, WCHAR Letter)
{
    for (SIZE_T i = 0; i < Count; i++) {
        if ((Modifiers[i] | 0x20) == Letter) {
            return TRUE;
        }
    }
    return FALSE;
}

LPWSTR ModifyPath(LPCWSTR Value, LPCWSTR Modifiers, SIZE_T Count)
{
    LPWSTR Plain = Unquote(Value), Full;
    TEXT Text = {0};

    TextAdd(&Text, L"", 0);
    if (Count == 0 || Plain[0] == 0) {
        return Plain;
    }
    Full = FullPath(Plain);
    if (Asks(Modifiers, Count, L's')) {
        LPWSTR Short = CmdAllocate(32768 * sizeof(WCHAR));
        Full = GetShortPathNameW(Full, Short, 32768) != 0 ? Short : Full;
    }
    LPCWSTR Slash = wcsrchr(Full, L'\\'), Name = Slash != NULL ? Slash + 1 : Full, Dot = wcsrchr(Name, L'.');
    LPCWSTR Path = Full[0] != 0 && Full[1] == L':' ? Full + 2 : Full, End = Full + wcslen(Full);
    BOOL All = Asks(Modifiers, Count, L'f');
    if (Dot == NULL) {
        Dot = End;
    }
    if (All || Asks(Modifiers, Count, L'd')) {
        TextAdd(&Text, Full, (SIZE_T)(Path - Full));
    }
    if (All || Asks(Modifiers, Count, L'p')) {
        TextAdd(&Text, Path, (SIZE_T)(Name - Path));
    }
    if (All || Asks(Modifiers, Count, L'n')) {
        TextAdd(&Text, Name, (SIZE_T)(Dot - Name));
    }
    if (All || Asks(Modifiers, Count, L'x')) {
        TextAdd(&Text, Dot, (SIZE_T)(End - Dot));
    }
    AddFacts(&Text, Full, Modifiers, Count);
    return Text.Buffer;
}

static LPCWSTR ForValue(WCHAR Name)
{
    return Name < COUNT_OF(Cmd.For) ? Cmd.For[Name] : NULL;
}

/* At '%': adds the value of a for's variable and returns the length of what stands for it; 0: none does. */
static SIZE_T AddForVariable(TEXT *Text, LPCWSTR p)
{
    LPCWSTR Value = ForValue(p[1]);
    SIZE_T End;

    if (p[1] != L'~' || p[1] == 0) {
        if (p[1] == 0 || Value == NULL) {
            return 0;
        }
        TextAddString(Text, Value);
        return 2;
    }
    /* the letters may be modifiers and the variable may be such a letter: it is the first one behind the modifiers, or the last of them */
    for (End = 2; p[End] != 0 && wcschr(ModifierLetters, p[End] | 0x20) != NULL; End++) {
    }
    while (End >= 2 && (p[End] == 0 || ForValue(p[End]) == NULL)) {
        End--;
    }
    if (End < 2) {
        return 0;
    }
    TextAddString(Text, ModifyPath(ForValue(p[End]), p + 2, End - 2));
    return End + 1;
}

static LPWSTR ReplaceForVariables(LPCWSTR Text)
{
    TEXT Result = {0};

    TextAdd(&Result, L"", 0);
    while (*Text != 0) {
        SIZE_T Length = *Text == L'%' ? AddForVariable(&Result, Text) : 0;
        if (Length == 0) {
            TextAddCharacter(&Result, *Text);
            Length = 1;
        }
        Text += Length;
    }
    return Result.Buffer;
}

/* !NAME!; a '^' makes the next character an ordinary one, once more. A single '!' vanishes. */
static LPWSTR ReplaceDelayed(LPCWSTR Text)
{
    TEXT Result = {0};

    TextAdd(&Result, L"", 0);
    while (*Text != 0) {
        LPCWSTR End = *Text == L'!' ? wcschr(Text + 1, L'!') : NULL;
        if (*Text == L'^' && Text[1] != 0) {
            TextAddCharacter(&Result, Text[1]);
            Text += 2;
        } else if (End != NULL && End != Text + 1) {
            LPWSTR Value = VariableValue(Text + 1, (SIZE_T)(End - Text - 1));
            TextAddString(&Result, Value != NULL ? Value : L"");
            Text = End + 1;
        } else if (*Text == L'!') {
            Text++;
        } else {
            TextAddCharacter(&Result, *Text++);
        }
    }
    return Result.Buffer;
}

LPWSTR ExpandNow(LPCWSTR Text)
{
    LPWSTR Result = wcschr(Text, L'%') != NULL ? ReplaceForVariables(Text) : (LPWSTR)Text;

    return Cmd.Delayed && wcschr(Result, L'!') != NULL ? ReplaceDelayed(Result) : Result;
}

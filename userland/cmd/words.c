/* SPDX-License-Identifier: MIT */
/*
 * words.c - taking the arguments of a built-in command apart: blanks, words, quotes, switches.
 */
#include "cmd.h"

static BOOL IsDelimiter(WCHAR c)
{
    return c == L' ' || c == L'\t' || c == L',' || c == L';' || c == L'=';
}

LPCWSTR SkipBlanks(LPCWSTR Text)
{
    while (IsDelimiter(*Text)) {
        Text++;
    }
    return Text;
}

/* "/b/s" is two words. A word of a path does not end at '/'. */
LPWSTR NextWord(LPCWSTR *Text)
{
    LPCWSTR p = SkipBlanks(*Text);
    TEXT Word = {0};
    BOOL Quoted = FALSE;

    if (*p == 0) {
        *Text = p;
        return NULL;
    }
    BOOL Switch = *p == L'/';
    TextAdd(&Word, L"", 0);
    while (*p != 0 && (Quoted || !IsDelimiter(*p))) {
        if (Switch && !Quoted && Word.Length != 0 && *p == L'/') {
            break;
        }
        if (*p == L'"') {
            Quoted = !Quoted;
        } else {
            TextAddCharacter(&Word, *p);
        }
        p++;
    }
    *Text = p;
    return Word.Buffer;
}

LPWSTR TrimRight(LPCWSTR Text)
{
    SIZE_T Length = wcslen(Text);

    while (Length > 0 && (Text[Length - 1] == L' ' || Text[Length - 1] == L'\t')) {
        Length--;
    }
    return CmdCopy(Text, Length);
}

LPWSTR Unquote(LPCWSTR Text)
{
    TEXT Result = {0};

    TextAdd(&Result, L"", 0);
    for (; *Text != 0; Text++) {
        if (*Text != L'"') {
            TextAddCharacter(&Result, *Text);
        }
    }
    return Result.Buffer;
}

BOOL IsSwitch(LPCWSTR Word, WCHAR Letter)
{
    return Word[0] == L'/' && (Word[1] | 0x20) == Letter;
}

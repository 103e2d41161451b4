/* SPDX-License-Identifier: MIT */
/*
 * nlsfind.c - FindNLSStringEx: where a part of a string compares as equal to another string, by the rules of a language.
 */
#include "k32.h"
#include "nls.h"

#define FIND_FLAGS (FIND_STARTSWITH | FIND_ENDSWITH | FIND_FROMSTART | FIND_FROMEND)
#define RULE_FLAGS (NORM_IGNORECASE | NORM_IGNORENONSPACE | NORM_IGNORESYMBOLS | NORM_IGNOREKANATYPE | NORM_IGNOREWIDTH | \
                    NORM_LINGUISTIC_CASING | LINGUISTIC_IGNORECASE | LINGUISTIC_IGNOREDIACRITIC)

typedef struct _SEARCH
{
    LPCWSTR Source, Value;
    int SourceLength, ValueLength;
    DWORD Find, Rules;
} SEARCH;

/*
 * How long the shortest part from Start on is that equals the value (or the longest possible, if it must reach the end); -1: none is.
 * Strings of different lengths are equal only where symbols do not count.
 */
static int MatchAt(const SEARCH *Search, int Start)
{
    int Room = Search->SourceLength - Start;
    BOOL ToEnd = Search->Find == FIND_ENDSWITH, Fixed = !(Search->Rules & NORM_IGNORESYMBOLS);
    int First = ToEnd ? Room : Fixed ? Search->ValueLength : 0, Last = Fixed ? Search->ValueLength : Room;

    for (int Length = First; Length <= Last && Length <= Room; Length++) {
        if (CompareStringEx(NULL, Search->Rules, Search->Source + Start, Length, Search->Value, Search->ValueLength, NULL, NULL, 0) == CSTR_EQUAL) {
            return Length;
        }
    }
    return -1;
}

static int Find(const SEARCH *Search, LPINT Found)
{
    BOOL Backwards = Search->Find == FIND_FROMEND || Search->Find == FIND_ENDSWITH;
    int Last = Search->Find == FIND_STARTSWITH ? 0 : Search->SourceLength;

    for (int i = 0; i <= Last; i++) {
        int Start = Backwards ? Last - i : i, Length = MatchAt(Search, Start);
        if (Length >= 0) {
            if (Found != NULL) {
                *Found = Length;
            }
            return Start;
        }
    }
    BaseFail(ERROR_SUCCESS); /* which tells it from a failure */
    return -1;
}

int WINAPI FindNLSStringEx(LPCWSTR Locale, DWORD Flags, LPCWSTR Source, int SourceLength, LPCWSTR Value, int ValueLength, LPINT Found,
                           LPNLSVERSIONINFO Version, LPVOID Reserved, LPARAM SortHandle)
{
    DWORD Where = Flags & FIND_FLAGS;

    UNUSED(Locale);
    UNUSED(Version);
    if (Source == NULL || Value == NULL || SourceLength < -1 || ValueLength < -1 || Reserved != NULL || SortHandle != 0) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return -1;
    }
    if ((Flags & ~(DWORD)(FIND_FLAGS | RULE_FLAGS)) || (Where & (Where - 1))) {
        BaseFail(ERROR_INVALID_FLAGS);
        return -1;
    }
    SEARCH Search = {Source, Value, SourceLength < 0 ? (int)wcslen(Source) : SourceLength, ValueLength < 0 ? (int)wcslen(Value) : ValueLength,
                     Where != 0 ? Where : FIND_FROMSTART, Flags & RULE_FLAGS};
    return Find(&Search, Found);
}

int WINAPI FindNLSString(LCID Locale, DWORD Flags, LPCWSTR Source, int SourceLength, LPCWSTR Value, int ValueLength, LPINT Found)
{
    UNUSED(Locale);
    return FindNLSStringEx(NULL, Flags, Source, SourceLength, Value, ValueLength, Found, NULL, NULL, 0);
}

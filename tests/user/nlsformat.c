/* SPDX-License-Identifier: MIT */
/*
 * nlsformat.c - numbers, amounts, dates and times in the two locales that every Windows has: en-US and the invariant one; and the lists of
 * code pages and languages.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include "tap.h"

static WCHAR Buffer[256];

static void Text(const WCHAR *Expected, int Length, const char *What)
{
    if (!Ok(wcscmp(Buffer, Expected) == 0 && Length == (int)wcslen(Expected) + 1, "%s", What)) {
        printf("#   got \"%ls\" (%d), expected \"%ls\"\n", Buffer, Length, Expected);
    }
    memset(Buffer, 0, sizeof(Buffer));
}

static int Number(const WCHAR *Value)
{
    return GetNumberFormatEx(L"en-US", 0, Value, NULL, Buffer, 256);
}

static void Numbers(void)
{
    NUMBERFMTW Plain = {0, 1, 0, L".", L",", 1}, Indian = {1, 0, 32, L"#", L"'", 4};

    Text(L"1,234,567.89", Number(L"1234567.891"), "two digits, groups of three");
    Text(L"0.50", Number(L".5"), "a leading zero");
    Text(L"-1.00", Number(L"-0.999"), "rounding carries into the whole part");
    Text(L"1,000.00", Number(L"999.995"), "and makes a new group");
    Text(L"0.00", Number(L"-0.001"), "no negative zero");
    Text(L"1234568", GetNumberFormatEx(L"en-US", 0, L"1234567.5", &Plain, Buffer, 256), "no digits, no groups");
    Text(L"12'34'567#9 -", GetNumberFormatEx(L"en-US", 0, L"-1234567.89", &Indian, Buffer, 256), "Indian groups, the sign behind");
    Text(L"#5", GetNumberFormatEx(L"en-US", 0, L"0.5", &Indian, Buffer, 256), "no leading zero");
    Is(GetNumberFormatEx(L"en-US", 0, L"12.5", NULL, NULL, 0), 6, "the size that is needed");
    Is(GetNumberFormatEx(L"en-US", 0, L"12.5", NULL, Buffer, 5), 0, "a short buffer fails");
    Is(GetLastError(), ERROR_INSUFFICIENT_BUFFER, "with its error");
    Is(GetNumberFormatEx(L"en-US", 0, L"12x", NULL, Buffer, 256), 0, "not a number");
    Is(GetLastError(), ERROR_INVALID_PARAMETER, "with its error");
    Is(GetNumberFormatEx(L"en-US", LOCALE_NOUSEROVERRIDE, L"1", &Plain, Buffer, 256), 0, "flags beside a format");
    Is(GetLastError(), ERROR_INVALID_FLAGS, "with their error");
    Text(L"$1,234.50", GetCurrencyFormatEx(L"en-US", 0, L"1234.5", NULL, Buffer, 256), "dollars");
    CURRENCYFMTW Euro = {2, 1, 3, L",", L".", 8, 3, L"EUR"};
    Text(L"-1.234,50 EUR", GetCurrencyFormatEx(L"en-US", 0, L"-1234.5", &Euro, Buffer, 256), "euros, by a format");
}

static void Dates(void)
{
    SYSTEMTIME Time = {2024, 2, 0, 29, 13, 5, 9, 7};

    Text(L"2/29/2024", GetDateFormatEx(L"en-US", DATE_SHORTDATE, &Time, NULL, Buffer, 256, NULL), "the short date");
    Text(L"Thursday, February 29, 2024", GetDateFormatEx(L"en-US", DATE_LONGDATE, &Time, NULL, Buffer, 256, NULL), "the long date");
    Text(L"02/29/2024", GetDateFormatEx(L"", 0, &Time, NULL, Buffer, 256, NULL), "the invariant date");
    Text(L"Thu 29 Feb 24", GetDateFormatEx(L"en-US", 0, &Time, L"ddd dd MMM yy", Buffer, 256, NULL), "a picture");
    Text(L"day 29", GetDateFormatEx(L"en-US", 0, &Time, L"'day' d", Buffer, 256, NULL), "quoted text");
    Text(L"1:05:09 PM", GetTimeFormatEx(L"en-US", 0, &Time, NULL, Buffer, 256), "the time");
    Text(L"1:05 PM", GetTimeFormatEx(L"en-US", TIME_NOSECONDS, &Time, NULL, Buffer, 256), "without seconds");
    Text(L"13:05:09", GetTimeFormatEx(L"", 0, &Time, NULL, Buffer, 256), "the invariant time");
    Text(L"13h 05", GetTimeFormatEx(L"en-US", 0, &Time, L"HH'h' mm", Buffer, 256), "a picture");
    Time.wMonth = 13;
    Is(GetDateFormatEx(L"en-US", 0, &Time, NULL, Buffer, 256, NULL), 0, "a thirteenth month");
    Is(GetLastError(), ERROR_INVALID_PARAMETER, "with its error");
    Time.wMonth = 2;
    Time.wHour = 24;
    Is(GetTimeFormatEx(L"en-US", 0, &Time, NULL, Buffer, 256), 0, "a twenty-fifth hour");
    Is(GetDateFormatEx(L"en-US", DATE_LONGDATE, NULL, L"d", Buffer, 256, NULL), 0, "a flag beside a picture");
    Is(GetLastError(), ERROR_INVALID_FLAGS, "with its error");
}

static int Seen;

static BOOL CALLBACK CountPage(LPWSTR Name)
{
    Seen |= wcscmp(Name, L"1252") == 0 ? 1 : wcscmp(Name, L"65001") == 0 ? 2 : wcscmp(Name, L"437") == 0 ? 4 : 0;
    return TRUE;
}

static BOOL CALLBACK StopAtOnce(LPWSTR Name)
{
    (void)Name;
    Seen++;
    return FALSE;
}

static void Pages(void)
{
    CPINFOEXW Info;

    Ok(EnumSystemCodePagesW(CountPage, CP_INSTALLED), "the code pages are listed");
    Is(Seen, 7, "1252, 437 and UTF-8 among them");
    Seen = 0;
    EnumSystemCodePagesW(StopAtOnce, CP_INSTALLED);
    Is(Seen, 1, "FALSE ends the list");
    Ok(GetCPInfoExW(CP_UTF8, 0, &Info) && Info.CodePage == 65001 && Info.MaxCharSize == 4 && Info.UnicodeDefaultChar == 0xFFFD, "UTF-8");
    Ok(GetCPInfoExW(1252, 0, &Info) && Info.MaxCharSize == 1 && Info.UnicodeDefaultChar == L'?' && wcsncmp(Info.CodePageName, L"1252", 4) == 0,
       "1252");
    Ok(!GetCPInfoExW(1252, 1, &Info), "flags must be zero");
    Ok(!GetCPInfoExW(12345, 0, &Info) && GetLastError() == ERROR_INVALID_PARAMETER, "an unknown page");
}

static void Languages(void)
{
    ULONG Count = 0, Size = 0;
    WCHAR Names[64];

    Ok(GetUserPreferredUILanguages(MUI_LANGUAGE_NAME, &Count, NULL, &Size) && Count >= 1 && Size >= 4, "the size of the user's languages");
    Size = 64;
    Ok(GetUserPreferredUILanguages(MUI_LANGUAGE_NAME, &Count, Names, &Size) && wcsncmp(Names, L"en", 2) == 0, "English first");
    Ok(Names[Size - 1] == 0 && Names[Size - 2] == 0, "two zeros end the list");
    Size = 1;
    Ok(!GetUserPreferredUILanguages(MUI_LANGUAGE_NAME, &Count, Names, &Size) && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "a short buffer");
    Ok(!GetUserPreferredUILanguages(MUI_LANGUAGE_NAME | MUI_LANGUAGE_ID, &Count, NULL, &Size) && GetLastError() == ERROR_INVALID_PARAMETER,
       "names or numbers, not both");
    Is(GetThreadUILanguage(), GetUserDefaultUILanguage(), "the thread's language");
}

static void Folding(void)
{
    char Narrow[16];
    WCHAR Arabic[] = {0x0661, 0x0662, 0xB2, 0}, Ligature[] = {0xE6, 0};

    Is(FoldStringW(MAP_FOLDDIGITS, Arabic, -1, Buffer, 256), 4, "digits fold");
    Ok(wcscmp(Buffer, L"122") == 0, "to ASCII");
    Is(FoldStringW(MAP_EXPAND_LIGATURES, Ligature, -1, Buffer, 256), 3, "a ligature expands");
    Ok(wcscmp(Buffer, L"ae") == 0, "to its letters");
    Is(FoldStringW(MAP_FOLDDIGITS, Arabic, -1, NULL, 0), 4, "the size");
    Ok(!FoldStringW(MAP_FOLDDIGITS, Arabic, -1, Buffer, 2) && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "a short buffer");
    Ok(!FoldStringW(MAP_COMPOSITE | MAP_PRECOMPOSED, Arabic, -1, Buffer, 256) && GetLastError() == ERROR_INVALID_FLAGS, "flags that contradict");
    Ok(FoldStringW(MAP_FOLDDIGITS, L"\x2460\x2788\x0E53\x2085", -1, Buffer, 256) == 5 && wcscmp(Buffer, L"1935") == 0, "digits in circles, Thai, lowered");
    Ok(FoldStringW(MAP_COMPOSITE, L"\x0439\xAC01", -1, Buffer, 256) == 6 && wcscmp(Buffer, L"\x0438\x0306\x1100\x1161\x11A8") == 0, "MAP_COMPOSITE");
    Ok(FoldStringW(MAP_PRECOMPOSED, L"\x0438\x0306\x1100\x1161\x11A8", -1, Buffer, 256) == 3 && wcscmp(Buffer, L"\x0439\xAC01") == 0, "MAP_PRECOMPOSED");
    Ok(FoldStringW(MAP_FOLDCZONE, L"\xFF21\xF900\xFB01\x3000", -1, Buffer, 256) == 6 && wcscmp(Buffer, L"A\x8C48" L"fi ") == 0, "MAP_FOLDCZONE");
    Ok(FoldStringW(MAP_PRECOMPOSED | MAP_FOLDCZONE, L"\xFF21\x30A", -1, Buffer, 256) == 2 && Buffer[0] == 0xC5, "both");
    Ok(FoldStringW(MAP_COMPOSITE, L"\xD800", 1, Buffer, 256) == 1 && Buffer[0] == 0xD800, "half a pair stays");
    Ok(FoldStringA(MAP_EXPAND_LIGATURES, "\xC6\xDF", -1, Narrow, 16) == 5 && strcmp(Narrow, "AEss") == 0, "FoldStringA");
    Is(FindStringOrdinal(FIND_FROMSTART, L"abcABC", -1, L"ABC", -1, FALSE), 3, "found by value");
    Is(FindStringOrdinal(FIND_FROMSTART, L"abcABC", -1, L"ABC", -1, TRUE), 0, "found without case");
    Is(FindStringOrdinal(FIND_FROMEND, L"abab", -1, L"ab", -1, FALSE), 2, "found from the end");
    Is((unsigned)FindStringOrdinal(FIND_STARTSWITH, L"xab", -1, L"ab", -1, FALSE), 0xFFFFFFFFu, "not at the start");
    Is(FindStringOrdinal(FIND_ENDSWITH, L"xab", -1, L"ab", -1, FALSE), 1, "at the end");
}

int main(void)
{
    Numbers();
    Dates();
    Pages();
    Languages();
    Folding();
    return Done();
}

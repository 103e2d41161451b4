/* SPDX-License-Identifier: MIT */
/*
 * calendars.c - what is told of the Gregorian calendar in en-US and the invariant locale; the pictures that dates and times may be written by, each of
 * which GetDateFormat and GetTimeFormat take; the kinds of dates; durations; the languages of the user interface.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <string.h>
#include <wchar.h>
#include "win32.h"

#ifndef CAL_SMONTHDAY
#define CAL_SMONTHDAY 0x38
#endif
#ifndef DATE_MONTHDAY
#define DATE_MONTHDAY 0x80
#endif
#define ENGLISH MAKELCID(MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), SORT_DEFAULT)

static WCHAR Wide[128];
static char Text[128];
static int Seen, First, Pictures;

static void Fact(CALTYPE Type, const WCHAR *Wanted, const char *What)
{
    int Length = GetCalendarInfoEx(L"en-US", CAL_GREGORIAN, NULL, Type, Wide, 128, NULL);

    Ok(Length == (int)wcslen(Wanted) + 1 && wcscmp(Wide, Wanted) == 0, "%s", What);
    Is((ULONG)GetCalendarInfoW(ENGLISH, CAL_GREGORIAN, Type, NULL, 0, NULL), (ULONG)Length, "its size");
}

static void Facts(void)
{
    DWORD Number = 77;

    Fact(CAL_ICALINTVALUE, L"1", "its number");
    Fact(CAL_SCALNAME, L"Gregorian Calendar", "its name");
    Fact(CAL_SDAYNAME1, L"Monday", "the first day");
    Fact(CAL_SDAYNAME7, L"Sunday", "the last");
    Fact(CAL_SABBREVDAYNAME3, L"Wed", "a short day");
    Fact(CAL_SSHORTESTDAYNAME1, L"Mo", "the shortest");
    Fact(CAL_SMONTHNAME12, L"December", "a month");
    Fact(CAL_SMONTHNAME13, L"", "the thirteenth");
    Fact(CAL_SABBREVMONTHNAME1, L"Jan", "a short month");
    Fact(CAL_SSHORTDATE, L"M/d/yyyy", "a short date");
    Fact(CAL_SLONGDATE, L"dddd, MMMM d, yyyy", "a long one");
    Fact(CAL_SYEARMONTH, L"MMMM yyyy", "a month of a year");
    Ok(GetCalendarInfoEx(L"en-US", CAL_GREGORIAN, NULL, CAL_ITWODIGITYEARMAX | CAL_RETURN_NUMBER, NULL, 0, &Number) == 2 && Number >= 2029 && Number <= 2099,
       "the last year of two digits, as a number");
    Ok(GetCalendarInfoA(ENGLISH, CAL_GREGORIAN, CAL_ICALINTVALUE | CAL_RETURN_NUMBER, NULL, 0, &Number) == 4 && Number == 1, "its size in bytes");
    Ok(GetCalendarInfoA(ENGLISH, CAL_GREGORIAN, CAL_SDAYNAME2, Text, 128, NULL) == 8 && strcmp(Text, "Tuesday") == 0, "in bytes");
    Ok(GetCalendarInfoEx(L"", CAL_GREGORIAN, NULL, CAL_SSHORTDATE, Wide, 128, NULL) == 11 && wcscmp(Wide, L"MM/dd/yyyy") == 0, "the invariant date");
}

static void WrongFacts(void)
{
    DWORD Number;

    Fails(GetCalendarInfoEx(L"en-US", CAL_GREGORIAN, NULL, CAL_SDAYNAME1, Wide, 3, NULL), ERROR_INSUFFICIENT_BUFFER, "too small");
    Fails(GetCalendarInfoEx(L"en-US", CAL_GREGORIAN, NULL, CAL_SDAYNAME1 | CAL_RETURN_NUMBER, NULL, 0, &Number), ERROR_INVALID_FLAGS, "a name is no number");
    Fails(GetCalendarInfoEx(L"en-US", CAL_GREGORIAN, NULL, CAL_ICALINTVALUE | CAL_RETURN_NUMBER, NULL, 0, NULL), ERROR_INVALID_PARAMETER,
          "a number for nobody");
    Fails(GetCalendarInfoEx(L"en-US", CAL_GREGORIAN, NULL, CAL_ICALINTVALUE | CAL_RETURN_NUMBER, Wide, 9, &Number), ERROR_INVALID_PARAMETER, "both");
    Fails(GetCalendarInfoEx(L"en-US", 9999, NULL, CAL_SDAYNAME1, Wide, 128, NULL), ERROR_INVALID_PARAMETER, "no such calendar");
    Fails(GetCalendarInfoEx(L"en-US", CAL_GREGORIAN, NULL, 0x7777, Wide, 128, NULL), ERROR_INVALID_FLAGS, "no such fact");
}

/* ---- enumerations ------------------------------------------------------------------------------------------------------------------------ */

static BOOL CALLBACK Name(LPWSTR Value, CALID Calendar, LPWSTR Reserved, LPARAM Parameter)
{
    Seen += wcscmp(Value, L"Monday") == 0 && Calendar == CAL_GREGORIAN && Reserved == NULL && Parameter == 77;
    return TRUE;
}

static BOOL CALLBACK NameId(LPSTR Value, CALID Calendar)
{
    Seen += strcmp(Value, "Monday") == 0 && Calendar == CAL_GREGORIAN;
    return TRUE;
}

static BOOL CALLBACK NameOnly(LPWSTR Value)
{
    Seen += wcscmp(Value, L"Monday") == 0;
    return TRUE;
}

static void Names(void)
{
    Ok(EnumCalendarInfoExEx(Name, L"en-US", ENUM_ALL_CALENDARS, NULL, CAL_SDAYNAME1, 77) && Seen == 1, "EnumCalendarInfoExEx, all calendars");
    Ok(EnumCalendarInfoExA(NameId, ENGLISH, CAL_GREGORIAN, CAL_SDAYNAME1) && Seen == 2, "EnumCalendarInfoExA");
    Ok(EnumCalendarInfoW(NameOnly, ENGLISH, CAL_GREGORIAN, CAL_SDAYNAME1) && Seen == 3, "EnumCalendarInfoW");
    Fails(EnumCalendarInfoExEx(NULL, L"en-US", CAL_GREGORIAN, NULL, CAL_SDAYNAME1, 0), ERROR_INVALID_PARAMETER, "no routine");
}

/* Each picture makes a date. */
static BOOL CALLBACK DatePicture(LPWSTR Picture, CALID Calendar, LPARAM Parameter)
{
    SYSTEMTIME Time = {.wYear = 2026, .wMonth = 11, .wDay = 3};

    if (Pictures++ == 0) {
        First = wcscmp(Picture, (const WCHAR *)Parameter) == 0;
    }
    Seen += Calendar == CAL_GREGORIAN && GetDateFormatEx(L"en-US", 0, &Time, Picture, Wide, 128, NULL) > 4 && wcspbrk(Wide, L"30v") != NULL;
    return TRUE;
}

static BOOL CALLBACK TimePicture(LPWSTR Picture, LPARAM Parameter)
{
    SYSTEMTIME Time = {.wHour = 14, .wMinute = 5, .wSecond = 9};

    if (Pictures++ == 0) {
        First = wcscmp(Picture, (const WCHAR *)Parameter) == 0;
    }
    Seen += GetTimeFormatEx(L"en-US", 0, &Time, Picture, Wide, 128) > 4 && wcsstr(Wide, L":05") != NULL;
    return Pictures < 3;
}

static BOOL CALLBACK BytePicture(LPSTR Picture)
{
    Seen += strchr(Picture, 'd') != NULL;
    return TRUE;
}

static void Dates(const WCHAR *Locale, DWORD Flags, const WCHAR *Own, const char *What)
{
    Seen = Pictures = First = 0;
    Ok(EnumDateFormatsExEx(DatePicture, Locale, Flags, (LPARAM)Own) && First && Pictures > 0 && Seen == Pictures, "%s: %d pictures", What, Pictures);
}

static void Formats(void)
{
    SYSTEMTIME Time = {.wYear = 2026, .wMonth = 11, .wDay = 3};

    Dates(L"en-US", DATE_SHORTDATE, L"M/d/yyyy", "short dates");
    Dates(L"en-US", DATE_LONGDATE, L"dddd, MMMM d, yyyy", "long dates");
    Dates(L"en-US", DATE_YEARMONTH, L"MMMM yyyy", "months");
    Dates(L"", DATE_SHORTDATE, L"MM/dd/yyyy", "invariant dates");
    Seen = 0;
    Ok(EnumDateFormatsA(BytePicture, ENGLISH, DATE_SHORTDATE) && Seen >= 1, "in bytes");
    Fails(EnumDateFormatsExEx(DatePicture, L"en-US", DATE_SHORTDATE | DATE_LONGDATE, 0), ERROR_INVALID_FLAGS, "two kinds at once");
    Fails(EnumDateFormatsExEx(NULL, L"en-US", DATE_SHORTDATE, 0), ERROR_INVALID_PARAMETER, "no routine");
    Seen = Pictures = First = 0;
    Ok(EnumTimeFormatsEx(TimePicture, L"en-US", 0, (LPARAM)L"h:mm:ss tt") && First && Pictures == 3 && Seen == 3, "times, until the routine has enough");
    Seen = Pictures = First = 0;
    Ok(EnumTimeFormatsEx(TimePicture, L"en-US", TIME_NOSECONDS, (LPARAM)L"h:mm tt") && First, "without seconds");
    Ok(GetDateFormatEx(L"en-US", DATE_MONTHDAY, &Time, NULL, Wide, 128, NULL) == 11 && wcscmp(Wide, L"November 3") == 0, "DATE_MONTHDAY");
    Ok(GetDateFormatEx(L"en-US", DATE_YEARMONTH, &Time, NULL, Wide, 128, NULL) == 14 && wcscmp(Wide, L"November 2026") == 0, "DATE_YEARMONTH");
    Ok(GetDateFormatEx(L"en-US", DATE_USE_ALT_CALENDAR, &Time, NULL, Wide, 128, NULL) == 10 && wcscmp(Wide, L"11/3/2026") == 0, "no other calendar to use");
    Fails(GetDateFormatEx(L"en-US", DATE_SHORTDATE | DATE_LONGDATE, &Time, NULL, Wide, 128, NULL), ERROR_INVALID_FLAGS, "two kinds at once");
    Fails(GetDateFormatEx(L"en-US", DATE_LONGDATE, &Time, L"d", Wide, 128, NULL), ERROR_INVALID_FLAGS, "a kind and a picture");
    Fails(GetDateFormatEx(L"en-US", DATE_LTRREADING | DATE_RTLREADING, &Time, NULL, Wide, 128, NULL), ERROR_INVALID_FLAGS, "both directions");
}

static void Lasts(ULONGLONG Total, const SYSTEMTIME *Time, const WCHAR *Picture, const WCHAR *Wanted)
{
    int Length = GetDurationFormatEx(L"en-US", 0, Time, Total, Picture, Wide, 128);

    if (!Ok(Length == (int)wcslen(Wanted) + 1 && wcscmp(Wide, Wanted) == 0, "lasts %ls", Wanted)) {
        printf("#   %d %ls\n", Length, Wide);
    }
}

static void Durations(void)
{
    const ULONGLONG Second = 10000000, Hour = 3600 * Second;
    SYSTEMTIME Time = {.wDay = 1, .wHour = 2, .wMinute = 3, .wSecond = 4, .wMilliseconds = 567};

    Lasts(26 * Hour + 3 * 60 * Second + 4 * Second, NULL, L"h:mm:ss", L"26:03:04");
    Lasts(26 * Hour + 3 * 60 * Second + 4 * Second, NULL, L"d 'days' hh:mm", L"1 days 02:03");
    Lasts(90 * Second + 1234567, NULL, L"m:ss.fff", L"1:30.123");
    Lasts(90 * Second, NULL, L"s", L"90");
    Lasts(0, &Time, L"hh:mm:ss.ff", L"26:03:04.56");
    Lasts(90 * Second, NULL, NULL, L"0:01:30");
    Fails(GetDurationFormatEx(L"en-US", 0, NULL, Second, L"h:mm:ss", Wide, 3), ERROR_INSUFFICIENT_BUFFER, "too small");
    Fails(GetDurationFormatEx(L"en-US", 0x77, NULL, Second, NULL, Wide, 128), ERROR_INVALID_FLAGS, "no such flag");
}

static BOOL CALLBACK Language(LPWSTR Value, LONG_PTR Parameter)
{
    Seen += wcscmp(Value, (const WCHAR *)Parameter) == 0;
    return TRUE;
}

int main(void)
{
    Facts();
    WrongFacts();
    Names();
    Formats();
    Durations();
    Seen = 0;
    Ok(EnumUILanguagesW(Language, MUI_LANGUAGE_NAME, (LONG_PTR)L"en-US") && Seen == 1, "EnumUILanguages, names");
    Ok(EnumUILanguagesW(Language, MUI_LANGUAGE_ID, (LONG_PTR)L"0409") && Seen == 2, "numbers");
    return Done();
}

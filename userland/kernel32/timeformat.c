/* SPDX-License-Identifier: MIT */
/*
 * timeformat.c - GetDateFormat and GetTimeFormat: pictures like "dddd, MMMM d" and "h:mm:ss tt".
 *
 * A picture is runs of one letter, quoted text, and everything else as it is.  One writer serves both calls; which letters mean something
 * is the only difference.
 */
#include "k32.h"

typedef struct _WRITER
{
    LPWSTR Target;
    int Size;   /* 0: count */
    int Length;
} WRITER;

static void Put(WRITER *Writer, WCHAR c)
{
    if (Writer->Length < Writer->Size) {
        Writer->Target[Writer->Length] = c;
    }
    Writer->Length++;
}

static void PutItem(WRITER *Writer, LCID Locale, LCTYPE Type, int Maximum)
{
    WCHAR Text[80];
    int Length = GetLocaleInfoW(Locale, Type, Text, COUNT_OF(Text));

    for (int i = 0; i + 1 < Length && i < Maximum; i++) {
        Put(Writer, Text[i]);
    }
}

static void PutNumber(WRITER *Writer, unsigned Number, int Digits)
{
    WCHAR Text[12];

    _snwprintf(Text, COUNT_OF(Text), L"%0*u", Digits, Number);
    for (int i = 0; Text[i] != 0; i++) {
        Put(Writer, Text[i]);
    }
}

static BOOL PutDate(WRITER *Writer, LCID Locale, const SYSTEMTIME *Time, WCHAR Letter, int Count)
{
    WORD Day = (WORD)((Time->wDayOfWeek + 6) % 7); /* LOCALE_SDAYNAME1 is Monday */

    switch (Letter) {
    case L'd':
        if (Count <= 2) {
            PutNumber(Writer, Time->wDay, Count);
        } else {
            PutItem(Writer, Locale, (Count == 3 ? LOCALE_SABBREVDAYNAME1 : LOCALE_SDAYNAME1) + Day, 80);
        }
        return TRUE;
    case L'M':
        if (Count <= 2) {
            PutNumber(Writer, Time->wMonth, Count);
        } else {
            PutItem(Writer, Locale, (Count == 3 ? LOCALE_SABBREVMONTHNAME1 : LOCALE_SMONTHNAME1) + Time->wMonth - 1u, 80);
        }
        return TRUE;
    case L'y':
        PutNumber(Writer, Count <= 2 ? Time->wYear % 100 : Time->wYear, Count <= 2 ? Count : 4);
        return TRUE;
    case L'g':
        for (int i = 0; i < 4; i++) {
            Put(Writer, L"A.D."[i]);
        }
        return TRUE;
    default:
        return FALSE;
    }
}

static BOOL PutTime(WRITER *Writer, LCID Locale, const SYSTEMTIME *Time, WCHAR Letter, int Count, DWORD Flags)
{
    unsigned Hour = Time->wHour;

    switch (Letter) {
    case L'h':
        if (!(Flags & TIME_FORCE24HOURFORMAT)) {
            Hour = Hour % 12 == 0 ? 12 : Hour % 12;
        }
        PutNumber(Writer, Hour, Count < 2 ? 1 : 2);
        return TRUE;
    case L'H':
        PutNumber(Writer, Hour, Count < 2 ? 1 : 2);
        return TRUE;
    case L'm':
        if (!(Flags & TIME_NOMINUTESORSECONDS)) {
            PutNumber(Writer, Time->wMinute, Count < 2 ? 1 : 2);
        }
        return TRUE;
    case L's':
        if (!(Flags & (TIME_NOSECONDS | TIME_NOMINUTESORSECONDS))) {
            PutNumber(Writer, Time->wSecond, Count < 2 ? 1 : 2);
        }
        return TRUE;
    case L't':
        if (!(Flags & TIME_NOTIMEMARKER)) {
            PutItem(Writer, Locale, Time->wHour < 12 ? LOCALE_S1159 : LOCALE_S2359, Count < 2 ? 1 : 80);
        }
        return TRUE;
    default:
        return FALSE;
    }
}

/* A separator before a part that was left out goes with it. */
static void DropSeparators(WRITER *Writer, int Start)
{
    while (Writer->Length > Start && Writer->Length <= Writer->Size &&
           (Writer->Target[Writer->Length - 1] == L':' || Writer->Target[Writer->Length - 1] == L' ')) {
        Writer->Length--;
    }
}

static int Format(LCID Locale, DWORD Flags, const SYSTEMTIME *Time, LPCWSTR Picture, LPWSTR Target, int Size, BOOL Date)
{
    WCHAR Whole[256];
    WRITER Writer = {.Target = Whole, .Size = COUNT_OF(Whole)};

    while (*Picture != 0) {
        WCHAR Letter = *Picture;
        int Count = 0;
        if (Letter == L'\'') {
            for (Picture++; *Picture != 0; Picture++) {
                if (*Picture == L'\'' && *++Picture != L'\'') {
                    break;
                }
                Put(&Writer, *Picture);
            }
            continue;
        }
        while (Picture[Count] == Letter) {
            Count++;
        }
        int Before = Writer.Length;
        if (Date ? PutDate(&Writer, Locale, Time, Letter, Count) : PutTime(&Writer, Locale, Time, Letter, Count, Flags)) {
            if (Writer.Length == Before) {
                DropSeparators(&Writer, 0);
            }
            Picture += Count;
        } else {
            Put(&Writer, Letter);
            Picture++;
        }
    }
    Put(&Writer, 0);
    if (Size == 0) {
        return Writer.Length;
    }
    if (Writer.Length > Size || Writer.Length > (int)COUNT_OF(Whole)) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Target, Whole, (SIZE_T)Writer.Length * sizeof(WCHAR));
    return Writer.Length;
}

static BOOL ValidTime(const SYSTEMTIME *Given, LPSYSTEMTIME Time, BOOL Date)
{
    FILETIME FileTime;

    if (Given == NULL) {
        GetLocalTime(Time);
        return TRUE;
    }
    *Time = *Given;
    if (!Date) {
        return Time->wHour < 24 && Time->wMinute < 60 && Time->wSecond < 60;
    }
    Time->wHour = Time->wMinute = Time->wSecond = Time->wMilliseconds = 0;
    return SystemTimeToFileTime(Time, &FileTime) && FileTimeToSystemTime(&FileTime, Time); /* sets the day of the week */
}

#define DATE_KINDS (DWORD)(DATE_LONGDATE | DATE_SHORTDATE | DATE_YEARMONTH | DATE_MONTHDAY)
#define DATE_READING (DWORD)(DATE_LTRREADING | DATE_RTLREADING)

/* One kind at most, and no picture with it; one direction at most.  (There is no other calendar for DATE_USE_ALT_CALENDAR.) */
static BOOL ValidDateFlags(DWORD Flags, BOOL Picture)
{
    DWORD Kind = Flags & DATE_KINDS;
    DWORD Known = DATE_KINDS | DATE_READING | DATE_USE_ALT_CALENDAR | 0x40u /* DATE_AUTOLAYOUT */ | LOCALE_NOUSEROVERRIDE | LOCALE_USE_CP_ACP;

    return !(Flags & ~Known) && !(Kind & (Kind - 1)) && !(Picture && Kind != 0) && (Flags & DATE_READING) != DATE_READING;
}

int WINAPI GetDateFormatW(LCID Locale, DWORD Flags, const SYSTEMTIME *Given, LPCWSTR Picture, LPWSTR Target, int Size)
{
    LCTYPE Kind = Flags & DATE_LONGDATE ? LOCALE_SLONGDATE : Flags & DATE_YEARMONTH ? LOCALE_SYEARMONTH : LOCALE_SSHORTDATE;
    WCHAR Default[80];
    SYSTEMTIME Time;

    if (!ValidTime(Given, &Time, TRUE)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!ValidDateFlags(Flags, Picture != NULL)) {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    Picture = Flags & DATE_MONTHDAY ? L"MMMM d" : Picture;
    if (Picture == NULL) {
        if (GetLocaleInfoW(Locale, Kind, Default, COUNT_OF(Default)) == 0) {
            return 0;
        }
        Picture = Default;
    }
    return Format(Locale, Flags, &Time, Picture, Target, Size, TRUE);
}

int WINAPI GetTimeFormatW(LCID Locale, DWORD Flags, const SYSTEMTIME *Given, LPCWSTR Picture, LPWSTR Target, int Size)
{
    WCHAR Default[80];
    SYSTEMTIME Time;

    if (!ValidTime(Given, &Time, FALSE)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Picture == NULL) {
        if (GetLocaleInfoW(Locale, LOCALE_STIMEFORMAT, Default, COUNT_OF(Default)) == 0) {
            return 0;
        }
        Picture = Default;
    }
    return Format(Locale, Flags, &Time, Picture, Target, Size, FALSE);
}

static LCID LocaleOf(LPCWSTR Name)
{
    return LocaleNameToLCID(Name, 0);
}

int WINAPI GetDateFormatEx(LPCWSTR Locale, DWORD Flags, const SYSTEMTIME *Time, LPCWSTR Picture, LPWSTR Target, int Size, LPCWSTR Calendar)
{
    LCID Id = LocaleOf(Locale);

    return Id == 0 || Calendar != NULL ? BaseFail(ERROR_INVALID_PARAMETER) : GetDateFormatW(Id, Flags, Time, Picture, Target, Size);
}

int WINAPI GetTimeFormatEx(LPCWSTR Locale, DWORD Flags, const SYSTEMTIME *Time, LPCWSTR Picture, LPWSTR Target, int Size)
{
    LCID Id = LocaleOf(Locale);

    return Id == 0 ? BaseFail(ERROR_INVALID_PARAMETER) : GetTimeFormatW(Id, Flags, Time, Picture, Target, Size);
}

typedef int(WINAPI *FORMAT_CALL)(LCID Locale, DWORD Flags, const SYSTEMTIME *Time, LPCWSTR Picture, LPWSTR Target, int Size);

static int FormatA(FORMAT_CALL Call, LCID Locale, DWORD Flags, const SYSTEMTIME *Time, LPCSTR Picture, LPSTR Target, int Size)
{
    WCHAR Wide[256];
    LPWSTR WidePicture;
    int Result = 0;

    if (!BaseToWide(Picture, &WidePicture)) {
        return 0;
    }
    int Length = Call(Locale, Flags, Time, WidePicture, Wide, COUNT_OF(Wide));
    if (Length != 0) {
        Result = WideCharToMultiByte(CP_ACP, 0, Wide, Length, Target, Size, NULL, NULL);
    }
    BaseFree(WidePicture);
    return Result;
}

int WINAPI GetDateFormatA(LCID Locale, DWORD Flags, const SYSTEMTIME *Time, LPCSTR Picture, LPSTR Target, int Size)
{
    return FormatA(GetDateFormatW, Locale, Flags, Time, Picture, Target, Size);
}

int WINAPI GetTimeFormatA(LCID Locale, DWORD Flags, const SYSTEMTIME *Time, LPCSTR Picture, LPSTR Target, int Size)
{
    return FormatA(GetTimeFormatW, Locale, Flags, Time, Picture, Target, Size);
}

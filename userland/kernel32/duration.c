/* SPDX-License-Identifier: MIT */
/*
 * duration.c - GetDurationFormat: a length of time by a picture like "d 'days' h:mm:ss.fff".
 *
 * The units that the picture does not have go into the largest that it has: 26 hours are "26:00" by "h:mm".  Smaller ones than it has are cut off.
 */
#include "k32.h"

#define SECOND 10000000ull /* in units of the clock */

typedef struct _DURATION
{
    ULONGLONG Days, Hours, Minutes, Seconds, Ticks;
} DURATION;

/* Letter in either case, outside of quoted text. */
static BOOL Has(LPCWSTR Picture, WCHAR Letter)
{
    BOOL Quoted = FALSE;

    for (; *Picture != 0; Picture++) {
        Quoted ^= *Picture == L'\'';
        if (!Quoted && (*Picture | 0x20) == Letter) {
            return TRUE;
        }
    }
    return FALSE;
}

static DURATION TakeApart(ULONGLONG Total, LPCWSTR Picture)
{
    BOOL Days = Has(Picture, L'd'), Hours = Has(Picture, L'h'), Minutes = Has(Picture, L'm');
    DURATION Duration = {.Seconds = Total / SECOND, .Ticks = Total % SECOND};

    if (Days || Hours || Minutes) {
        Duration.Minutes = Duration.Seconds / 60;
        Duration.Seconds %= 60;
    }
    if (Days || Hours) {
        Duration.Hours = Duration.Minutes / 60;
        Duration.Minutes %= 60;
    }
    if (Days) {
        Duration.Days = Duration.Hours / 24;
        Duration.Hours %= 24;
    }
    return Duration;
}

/* How many characters; 0: the letter means nothing. */
static int PutUnit(const DURATION *Duration, WCHAR Letter, int Count, LPWSTR Text, int Size)
{
    ULONGLONG Value;

    switch (Letter | 0x20) {
    case L'd': Value = Duration->Days; break;
    case L'h': Value = Duration->Hours; break;
    case L'm': Value = Duration->Minutes; break;
    case L's': Value = Duration->Seconds; break;
    case L'f':
        Value = Duration->Ticks * 100; /* nanoseconds: nine digits, of which the first Count are wanted */
        for (int i = Count; i < 9; i++) {
            Value /= 10;
        }
        return _snwprintf(Text, (size_t)Size, L"%0*llu", Count < 9 ? Count : 9, Value);
    default: return 0;
    }
    return _snwprintf(Text, (size_t)Size, L"%0*llu", Count < 2 ? 1 : 2, Value);
}

static int Format(const DURATION *Duration, LPCWSTR Picture, LPWSTR Text, int Size)
{
    int Length = 0;

    for (BOOL Quoted = FALSE; *Picture != 0 && Length + 24 < Size;) {
        int Count = 1, Put = 0;
        if (*Picture == L'\'') {
            Quoted = !Quoted;
            Picture++;
            continue;
        }
        if (!Quoted) {
            while (Picture[Count] == *Picture) {
                Count++;
            }
            Put = PutUnit(Duration, *Picture, Count, Text + Length, 24);
        }
        if (Put == 0) {
            Text[Length] = *Picture;
            Count = Put = 1;
        }
        Length += Put;
        Picture += Count;
    }
    Text[Length++] = 0;
    return *Picture == 0 ? Length : 0;
}

int WINAPI GetDurationFormatEx(LPCWSTR Locale, DWORD Flags, const SYSTEMTIME *Time, ULONGLONG Total, LPCWSTR Picture, LPWSTR Target, int Size)
{
    WCHAR Own[80], Text[512];

    if (LocaleNameToLCID(Locale, 0) == 0 || Size < 0 || (Size > 0 && Target == NULL)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Flags != 0 && (Flags != LOCALE_NOUSEROVERRIDE || Picture != NULL)) {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    if (Picture == NULL) {
        GetLocaleInfoEx(Locale, LOCALE_SDURATION, Own, COUNT_OF(Own));
        Picture = Own;
    }
    if (Time != NULL) {
        ULONGLONG Minutes = ((ULONGLONG)Time->wDay * 24 + Time->wHour) * 60 + Time->wMinute;
        Total = (Minutes * 60 + Time->wSecond) * SECOND + Time->wMilliseconds * (SECOND / 1000);
    }
    DURATION Duration = TakeApart(Total, Picture);
    int Length = Format(&Duration, Picture, Text, COUNT_OF(Text));
    if (Length == 0) {
        return BaseFail(ERROR_INVALID_PARAMETER); /* a picture beyond all measure */
    }
    if (Size != 0 && Size < Length) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Target, Text, Size != 0 ? (SIZE_T)Length * sizeof(WCHAR) : 0);
    return Length;
}

int WINAPI GetDurationFormat(LCID Locale, DWORD Flags, const SYSTEMTIME *Time, ULONGLONG Total, LPCWSTR Picture, LPWSTR Target, int Size)
{
    WCHAR Name[LOCALE_NAME_MAX_LENGTH];

    return LCIDToLocaleName(Locale, Name, COUNT_OF(Name), 0) != 0 ? GetDurationFormatEx(Name, Flags, Time, Total, Picture, Target, Size) : 0;
}

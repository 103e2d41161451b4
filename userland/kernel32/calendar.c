/* SPDX-License-Identifier: MIT */
/*
 * calendar.c - what is told of calendars, and the pictures that dates and times may be written by: GetCalendarInfo, EnumCalendarInfo, EnumDateFormats,
 * EnumTimeFormats.
 *
 * The locales that are there have one calendar, the Gregorian; any other is ERROR_INVALID_PARAMETER.  Most of it is the locale's own names.
 */
#include "k32.h"

#define FLAGS_ALWAYS (CAL_NOUSEROVERRIDE | CAL_USE_CP_ACP)

/* ---- GetCalendarInfo --------------------------------------------------------------------------------------------------------------------- */

/* Runs of names that are the locale's. */
static const struct { CALTYPE First; LCTYPE Locale; ULONG Count; } Names[] = {
    {CAL_SDAYNAME1, LOCALE_SDAYNAME1, 7}, {CAL_SABBREVDAYNAME1, LOCALE_SABBREVDAYNAME1, 7}, {CAL_SMONTHNAME1, LOCALE_SMONTHNAME1, 12},
    {CAL_SMONTHNAME13, LOCALE_SMONTHNAME13, 1}, {CAL_SABBREVMONTHNAME1, LOCALE_SABBREVMONTHNAME1, 12},
    {CAL_SABBREVMONTHNAME13, LOCALE_SABBREVMONTHNAME13, 1}, {CAL_SSHORTDATE, LOCALE_SSHORTDATE, 1}, {CAL_SLONGDATE, LOCALE_SLONGDATE, 1},
    {CAL_SYEARMONTH, LOCALE_SYEARMONTH, 1}, {CAL_SMONTHDAY, LOCALE_SMONTHDAY, 1}, {CAL_SSHORTESTDAYNAME1, LOCALE_SSHORTESTDAYNAME1, 7},
};

static const struct { CALTYPE Type; LPCWSTR Text; } Texts[] = {
    {CAL_ICALINTVALUE, L"1"}, {CAL_SCALNAME, L"Gregorian Calendar"}, {CAL_IYEAROFFSETRANGE, L"0"}, {CAL_SERASTRING, L"A.D."},
    {CAL_ITWODIGITYEARMAX, L"2049"}, {CAL_SABBREVERASTRING, L"AD"},
};

/* FALSE: no such fact. */
static BOOL Fact(LPCWSTR Locale, CALTYPE Type, LPWSTR Text, int Size)
{
    for (ULONG i = 0; i < COUNT_OF(Names); i++) {
        if (Type >= Names[i].First && Type - Names[i].First < Names[i].Count) {
            return GetLocaleInfoEx(Locale, Names[i].Locale + (Type - Names[i].First), Text, Size) != 0;
        }
    }
    for (ULONG i = 0; i < COUNT_OF(Texts); i++) {
        if (Texts[i].Type == Type) {
            wcscpy(Text, Texts[i].Text);
            return TRUE;
        }
    }
    return BaseFail(ERROR_INVALID_FLAGS);
}

static BOOL IsNumber(CALTYPE Type)
{
    return Type == CAL_ICALINTVALUE || Type == CAL_IYEAROFFSETRANGE || Type == CAL_ITWODIGITYEARMAX;
}

int WINAPI GetCalendarInfoEx(LPCWSTR Locale, CALID Calendar, LPCWSTR Reserved, CALTYPE Type, LPWSTR Data, int Size, LPDWORD Value)
{
    CALTYPE Plain = Type & 0xFFFF;
    BOOL Number = (Type & CAL_RETURN_NUMBER) != 0;
    UNICODE_STRING Digits;
    WCHAR Text[80];

    if (LocaleNameToLCID(Locale, 0) == 0 || Calendar != CAL_GREGORIAN || Reserved != NULL || Size < 0 || (Size > 0 && Data == NULL) ||
        (Number ? Value == NULL || Data != NULL || Size != 0 : Value != NULL)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Number && !IsNumber(Plain)) {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    if (!Fact(Locale, Plain, Text, COUNT_OF(Text))) {
        return 0;
    }
    if (Number) {
        RtlInitUnicodeString(&Digits, Text);
        RtlUnicodeStringToInteger(&Digits, 10, Value);
        return sizeof(DWORD) / sizeof(WCHAR);
    }
    int Length = (int)wcslen(Text) + 1;
    if (Size != 0 && Size < Length) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Data, Text, Size != 0 ? (SIZE_T)Length * sizeof(WCHAR) : 0);
    return Length;
}

static BOOL NameOf(LCID Locale, LPWSTR Name)
{
    return LCIDToLocaleName(Locale, Name, LOCALE_NAME_MAX_LENGTH, 0) != 0;
}

int WINAPI GetCalendarInfoW(LCID Locale, CALID Calendar, CALTYPE Type, LPWSTR Data, int Size, LPDWORD Value)
{
    WCHAR Name[LOCALE_NAME_MAX_LENGTH];

    return NameOf(Locale, Name) ? GetCalendarInfoEx(Name, Calendar, NULL, Type, Data, Size, Value) : 0;
}

int WINAPI GetCalendarInfoA(LCID Locale, CALID Calendar, CALTYPE Type, LPSTR Data, int Size, LPDWORD Value)
{
    WCHAR Text[80];

    if (Type & CAL_RETURN_NUMBER) {
        return GetCalendarInfoW(Locale, Calendar, Type, (LPWSTR)(PVOID)Data, Size, Value) != 0 ? (int)sizeof(DWORD) : 0;
    }
    if (Size < 0 || (Size > 0 && Data == NULL)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    int Length = GetCalendarInfoW(Locale, Calendar, Type, Text, COUNT_OF(Text), Value);
    return Length != 0 ? WideCharToMultiByte(CP_ACP, 0, Text, Length, Data, Size, NULL, NULL) : 0;
}

/* ---- enumerations ------------------------------------------------------------------------------------------------------------------------ */

/* The forms of callbacks, by what comes behind the text. */
typedef enum _ENUM_FORM { FormText, FormId, FormIdParameter, FormIdReservedParameter, FormParameter } ENUM_FORM;

typedef struct _ENUM_CALL
{
    PVOID Routine;
    ENUM_FORM Form;
    BOOL Ansi;
    LPARAM Parameter;
} ENUM_CALL;

static BOOL CallWith(const ENUM_CALL *Call, LPVOID Text)
{
    switch (Call->Form) {
    case FormText: return ((BOOL(CALLBACK *)(LPVOID))Call->Routine)(Text);
    case FormId: return ((BOOL(CALLBACK *)(LPVOID, CALID))Call->Routine)(Text, CAL_GREGORIAN);
    case FormIdParameter: return ((BOOL(CALLBACK *)(LPVOID, CALID, LPARAM))Call->Routine)(Text, CAL_GREGORIAN, Call->Parameter);
    case FormParameter: return ((BOOL(CALLBACK *)(LPVOID, LPARAM))Call->Routine)(Text, Call->Parameter);
    default: return ((BOOL(CALLBACK *)(LPVOID, CALID, LPWSTR, LPARAM))Call->Routine)(Text, CAL_GREGORIAN, NULL, Call->Parameter);
    }
}

/* The routine gets a copy, for it may write into it. */
static BOOL Tell(const ENUM_CALL *Call, LPCWSTR Text)
{
    WCHAR Wide[80];
    CHAR Narrow[80];

    wcscpy(Wide, Text);
    if (!Call->Ansi) {
        return CallWith(Call, Wide);
    }
    WideCharToMultiByte(CP_ACP, 0, Wide, -1, Narrow, sizeof(Narrow), NULL, NULL);
    return CallWith(Call, Narrow);
}

static BOOL TellAll(const ENUM_CALL *Call, const LPCWSTR *List)
{
    for (; *List != NULL && Tell(Call, *List); List++) {
    }
    return TRUE;
}

static BOOL EnumCalendars(const ENUM_CALL *Call, LPCWSTR Locale, CALID Calendar, CALTYPE Type)
{
    WCHAR Text[80];

    if (Call->Routine == NULL || LocaleNameToLCID(Locale, 0) == 0 || (Calendar != CAL_GREGORIAN && Calendar != ENUM_ALL_CALENDARS)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Type & CAL_RETURN_NUMBER) {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    if (!Fact(Locale, Type & 0xFFFF, Text, COUNT_OF(Text))) {
        return FALSE;
    }
    (void)Tell(Call, Text);
    return TRUE;
}

/* Each list begins with the locale's own. */
static BOOL EnumDates(const ENUM_CALL *Call, LPCWSTR Locale, DWORD Flags)
{
    static const LPCWSTR Short[] = {L"M/d/yyyy", L"M/d/yy", L"MM/dd/yy", L"MM/dd/yyyy", L"yy/MM/dd", L"yyyy-MM-dd", L"dd-MMM-yy", NULL};
    static const LPCWSTR Long[] = {L"dddd, MMMM d, yyyy", L"MMMM d, yyyy", L"dddd, d MMMM, yyyy", L"d MMMM, yyyy", NULL};
    static const LPCWSTR ShortInvariant[] = {L"MM/dd/yyyy", L"yyyy-MM-dd", NULL};
    static const LPCWSTR LongInvariant[] = {L"dddd, dd MMMM yyyy", NULL};
    static const LPCWSTR Month[] = {L"MMMM yyyy", NULL}, MonthDay[] = {L"MMMM d", NULL};
    LCID Id = LocaleNameToLCID(Locale, 0);

    if (Call->Routine == NULL || Id == 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    switch (Flags & ~(DWORD)FLAGS_ALWAYS) {
    case 0:
    case DATE_SHORTDATE: return TellAll(Call, Id == LOCALE_INVARIANT ? ShortInvariant : Short);
    case DATE_LONGDATE: return TellAll(Call, Id == LOCALE_INVARIANT ? LongInvariant : Long);
    case DATE_YEARMONTH: return TellAll(Call, Month);
    case DATE_MONTHDAY: return TellAll(Call, MonthDay);
    default: return BaseFail(ERROR_INVALID_FLAGS);
    }
}

static BOOL EnumTimes(const ENUM_CALL *Call, LPCWSTR Locale, DWORD Flags)
{
    static const LPCWSTR Long[] = {L"h:mm:ss tt", L"hh:mm:ss tt", L"H:mm:ss", L"HH:mm:ss", NULL};
    static const LPCWSTR Short[] = {L"h:mm tt", L"hh:mm tt", L"H:mm", L"HH:mm", NULL};
    LCID Id = LocaleNameToLCID(Locale, 0);
    ULONG Skip = Id == LOCALE_INVARIANT ? 3 : 0; /* which has the last only */

    if (Call->Routine == NULL || Id == 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    switch (Flags & ~(DWORD)FLAGS_ALWAYS) {
    case 0: return TellAll(Call, Long + Skip);
    case TIME_NOSECONDS: return TellAll(Call, Short + Skip);
    default: return BaseFail(ERROR_INVALID_FLAGS);
    }
}

BOOL WINAPI EnumCalendarInfoExEx(CALINFO_ENUMPROCEXEX Routine, LPCWSTR Locale, CALID Calendar, LPCWSTR Reserved, CALTYPE Type, LPARAM Parameter)
{
    ENUM_CALL Call = {(PVOID)Routine, FormIdReservedParameter, FALSE, Parameter};

    return Reserved != NULL ? BaseFail(ERROR_INVALID_PARAMETER) : EnumCalendars(&Call, Locale, Calendar, Type);
}

BOOL WINAPI EnumDateFormatsExEx(DATEFMT_ENUMPROCEXEX Routine, LPCWSTR Locale, DWORD Flags, LPARAM Parameter)
{
    ENUM_CALL Call = {(PVOID)Routine, FormIdParameter, FALSE, Parameter};

    return EnumDates(&Call, Locale, Flags);
}

BOOL WINAPI EnumTimeFormatsEx(TIMEFMT_ENUMPROCEX Routine, LPCWSTR Locale, DWORD Flags, LPARAM Parameter)
{
    ENUM_CALL Call = {(PVOID)Routine, FormParameter, FALSE, Parameter};

    return EnumTimes(&Call, Locale, Flags);
}

/* The older calls, which take a number for the locale. */
#define ENUM_CALENDAR(name, type, form, ansi)                                                                                                    \
    BOOL WINAPI name(type Routine, LCID Locale, CALID Calendar, CALTYPE Type)                                                                    \
    {                                                                                                                                            \
        ENUM_CALL Call = {(PVOID)Routine, form, ansi, 0};                                                                                        \
        WCHAR Name[LOCALE_NAME_MAX_LENGTH];                                                                                                      \
        return NameOf(Locale, Name) && EnumCalendars(&Call, Name, Calendar, Type);                                                               \
    }
#define ENUM_PICTURES(name, type, form, ansi, routine)                                                                                           \
    BOOL WINAPI name(type Routine, LCID Locale, DWORD Flags)                                                                                     \
    {                                                                                                                                            \
        ENUM_CALL Call = {(PVOID)Routine, form, ansi, 0};                                                                                        \
        WCHAR Name[LOCALE_NAME_MAX_LENGTH];                                                                                                      \
        return NameOf(Locale, Name) && routine(&Call, Name, Flags);                                                                              \
    }

ENUM_CALENDAR(EnumCalendarInfoW, CALINFO_ENUMPROCW, FormText, FALSE)
ENUM_CALENDAR(EnumCalendarInfoA, CALINFO_ENUMPROCA, FormText, TRUE)
ENUM_CALENDAR(EnumCalendarInfoExW, CALINFO_ENUMPROCEXW, FormId, FALSE)
ENUM_CALENDAR(EnumCalendarInfoExA, CALINFO_ENUMPROCEXA, FormId, TRUE)
ENUM_PICTURES(EnumDateFormatsW, DATEFMT_ENUMPROCW, FormText, FALSE, EnumDates)
ENUM_PICTURES(EnumDateFormatsA, DATEFMT_ENUMPROCA, FormText, TRUE, EnumDates)
ENUM_PICTURES(EnumDateFormatsExW, DATEFMT_ENUMPROCEXW, FormId, FALSE, EnumDates)
ENUM_PICTURES(EnumDateFormatsExA, DATEFMT_ENUMPROCEXA, FormId, TRUE, EnumDates)
ENUM_PICTURES(EnumTimeFormatsW, TIMEFMT_ENUMPROCW, FormText, FALSE, EnumTimes)
ENUM_PICTURES(EnumTimeFormatsA, TIMEFMT_ENUMPROCA, FormText, TRUE, EnumTimes)

/* SPDX-License-Identifier: MIT */
/*
 * locale.c - the locales: English (United States) for the user and the system, and the invariant one.
 *
 * Asking for another locale fails as it does on a Windows that has never heard of it (ERROR_INVALID_PARAMETER).
 */
#include "k32.h"

#define LCID_ENGLISH_US 0x0409u
#define LCID_ENGLISH 0x0009u
#define ALLOW_NEUTRAL_NAMES 0x08000000u /* LOCALE_ALLOW_NEUTRAL_NAMES */


typedef struct _LOCALE_ITEM
{
    LCTYPE Type;
    LPCWSTR Value;
} LOCALE_ITEM;

static const LOCALE_ITEM Items[] = {
    {LOCALE_ILANGUAGE, L"0409"}, {LOCALE_SLANGUAGE, L"English (United States)"}, {LOCALE_SENGLANGUAGE, L"English"},
    {LOCALE_SABBREVLANGNAME, L"ENU"}, {LOCALE_SNATIVELANGNAME, L"English"}, {LOCALE_ICOUNTRY, L"1"},
    {LOCALE_SCOUNTRY, L"United States"}, {LOCALE_SENGCOUNTRY, L"United States"}, {LOCALE_SABBREVCTRYNAME, L"USA"},
    {LOCALE_SNATIVECTRYNAME, L"United States"}, {LOCALE_IDEFAULTLANGUAGE, L"0409"}, {LOCALE_IDEFAULTCOUNTRY, L"1"},
    {LOCALE_IDEFAULTCODEPAGE, L"437"}, {LOCALE_IDEFAULTANSICODEPAGE, L"1252"}, {LOCALE_IDEFAULTMACCODEPAGE, L"10000"},
    {LOCALE_SLIST, L","}, {LOCALE_IMEASURE, L"1"}, {LOCALE_SDECIMAL, L"."}, {LOCALE_STHOUSAND, L","}, {LOCALE_SGROUPING, L"3;0"},
    {LOCALE_IDIGITS, L"2"}, {LOCALE_ILZERO, L"1"}, {LOCALE_INEGNUMBER, L"1"}, {LOCALE_SNATIVEDIGITS, L"0123456789"},
    {LOCALE_SCURRENCY, L"$"}, {LOCALE_SINTLSYMBOL, L"USD"}, {LOCALE_SMONDECIMALSEP, L"."}, {LOCALE_SMONTHOUSANDSEP, L","},
    {LOCALE_SMONGROUPING, L"3;0"}, {LOCALE_ICURRDIGITS, L"2"}, {LOCALE_IINTLCURRDIGITS, L"2"}, {LOCALE_ICURRENCY, L"0"},
    {LOCALE_INEGCURR, L"0"}, {LOCALE_SPOSITIVESIGN, L""}, {LOCALE_SNEGATIVESIGN, L"-"}, {LOCALE_IPOSSIGNPOSN, L"3"},
    {LOCALE_INEGSIGNPOSN, L"0"}, {LOCALE_IPOSSYMPRECEDES, L"1"}, {LOCALE_IPOSSEPBYSPACE, L"0"}, {LOCALE_INEGSYMPRECEDES, L"1"},
    {LOCALE_INEGSEPBYSPACE, L"0"}, {LOCALE_SDATE, L"/"}, {LOCALE_STIME, L":"}, {LOCALE_SSHORTDATE, L"M/d/yyyy"},
    {LOCALE_SLONGDATE, L"dddd, MMMM d, yyyy"}, {LOCALE_STIMEFORMAT, L"h:mm:ss tt"}, {LOCALE_SSHORTTIME, L"h:mm tt"},
    {LOCALE_SYEARMONTH, L"MMMM yyyy"}, {LOCALE_IDATE, L"0"}, {LOCALE_ILDATE, L"0"}, {LOCALE_ITIME, L"0"}, {LOCALE_ITLZERO, L"0"},
    {LOCALE_ICENTURY, L"1"}, {LOCALE_IDAYLZERO, L"0"}, {LOCALE_IMONLZERO, L"0"}, {LOCALE_S1159, L"AM"}, {LOCALE_S2359, L"PM"},
    {LOCALE_ICALENDARTYPE, L"1"}, {LOCALE_IOPTIONALCALENDAR, L"0"}, {LOCALE_IFIRSTDAYOFWEEK, L"6"}, {LOCALE_IFIRSTWEEKOFYEAR, L"0"},
    {LOCALE_SDAYNAME1, L"Monday"}, {LOCALE_SDAYNAME1 + 1, L"Tuesday"}, {LOCALE_SDAYNAME1 + 2, L"Wednesday"},
    {LOCALE_SDAYNAME1 + 3, L"Thursday"}, {LOCALE_SDAYNAME1 + 4, L"Friday"}, {LOCALE_SDAYNAME1 + 5, L"Saturday"},
    {LOCALE_SDAYNAME1 + 6, L"Sunday"}, {LOCALE_SABBREVDAYNAME1, L"Mon"}, {LOCALE_SABBREVDAYNAME1 + 1, L"Tue"},
    {LOCALE_SABBREVDAYNAME1 + 2, L"Wed"}, {LOCALE_SABBREVDAYNAME1 + 3, L"Thu"}, {LOCALE_SABBREVDAYNAME1 + 4, L"Fri"},
    {LOCALE_SABBREVDAYNAME1 + 5, L"Sat"}, {LOCALE_SABBREVDAYNAME1 + 6, L"Sun"}, {LOCALE_SMONTHNAME1, L"January"},
    {LOCALE_SMONTHNAME1 + 1, L"February"}, {LOCALE_SMONTHNAME1 + 2, L"March"}, {LOCALE_SMONTHNAME1 + 3, L"April"},
    {LOCALE_SMONTHNAME1 + 4, L"May"}, {LOCALE_SMONTHNAME1 + 5, L"June"}, {LOCALE_SMONTHNAME1 + 6, L"July"},
    {LOCALE_SMONTHNAME1 + 7, L"August"}, {LOCALE_SMONTHNAME1 + 8, L"September"}, {LOCALE_SMONTHNAME1 + 9, L"October"},
    {LOCALE_SMONTHNAME1 + 10, L"November"}, {LOCALE_SMONTHNAME1 + 11, L"December"}, {LOCALE_SMONTHNAME13, L""},
    {LOCALE_SABBREVMONTHNAME1, L"Jan"}, {LOCALE_SABBREVMONTHNAME1 + 1, L"Feb"}, {LOCALE_SABBREVMONTHNAME1 + 2, L"Mar"},
    {LOCALE_SABBREVMONTHNAME1 + 3, L"Apr"}, {LOCALE_SABBREVMONTHNAME1 + 4, L"May"}, {LOCALE_SABBREVMONTHNAME1 + 5, L"Jun"},
    {LOCALE_SABBREVMONTHNAME1 + 6, L"Jul"}, {LOCALE_SABBREVMONTHNAME1 + 7, L"Aug"}, {LOCALE_SABBREVMONTHNAME1 + 8, L"Sep"},
    {LOCALE_SABBREVMONTHNAME1 + 9, L"Oct"}, {LOCALE_SABBREVMONTHNAME1 + 10, L"Nov"}, {LOCALE_SABBREVMONTHNAME1 + 11, L"Dec"},
    {LOCALE_SABBREVMONTHNAME13, L""}, {LOCALE_SISO639LANGNAME, L"en"}, {LOCALE_SISO3166CTRYNAME, L"US"}, {LOCALE_SNAME, L"en-US"},
    {LOCALE_SPARENT, L"en"}, {LOCALE_SENGCURRNAME, L"US Dollar"}, {LOCALE_SNATIVECURRNAME, L"US Dollar"},
    {LOCALE_SSORTNAME, L"Default"}, {LOCALE_IPAPERSIZE, L"1"}, {LOCALE_IDIGITSUBSTITUTION, L"1"}, {LOCALE_IGEOID, L"244"},
    {LOCALE_SISO639LANGNAME2, L"eng"}, {LOCALE_SISO3166CTRYNAME2, L"USA"}, {LOCALE_SNAN, L"NaN"}, {LOCALE_SPOSINFINITY, L"\x221E"},
    {LOCALE_SNEGINFINITY, L"-\x221E"}, {LOCALE_INEUTRAL, L"0"}, {LOCALE_IREADINGLAYOUT, L"0"}, {LOCALE_SSCRIPTS, L"Latn;"},
    {LOCALE_SSHORTESTDAYNAME1, L"Mo"}, {LOCALE_SSHORTESTDAYNAME1 + 1, L"Tu"}, {LOCALE_SSHORTESTDAYNAME1 + 2, L"We"},
    {LOCALE_SSHORTESTDAYNAME1 + 3, L"Th"}, {LOCALE_SSHORTESTDAYNAME1 + 4, L"Fr"}, {LOCALE_SSHORTESTDAYNAME1 + 5, L"Sa"},
    {LOCALE_SSHORTESTDAYNAME1 + 6, L"Su"}, {LOCALE_SDURATION, L"h:mm:ss"}, {LOCALE_SMONTHDAY, L"MMMM d"},
};

/* Where the invariant locale says something else. */
static const LOCALE_ITEM Invariant[] = {
    {LOCALE_ILANGUAGE, L"007f"}, {LOCALE_SLANGUAGE, L"Invariant Language (Invariant Country)"},
    {LOCALE_SENGLANGUAGE, L"Invariant Language"}, {LOCALE_SABBREVLANGNAME, L"IVL"}, {LOCALE_SNATIVELANGNAME, L"Invariant Language"},
    {LOCALE_SCOUNTRY, L"Invariant Country"}, {LOCALE_SENGCOUNTRY, L"Invariant Country"}, {LOCALE_SABBREVCTRYNAME, L"IVC"},
    {LOCALE_SCURRENCY, L"\xA4"}, {LOCALE_SINTLSYMBOL, L"XDR"}, {LOCALE_SSHORTDATE, L"MM/dd/yyyy"},
    {LOCALE_SLONGDATE, L"dddd, dd MMMM yyyy"}, {LOCALE_STIMEFORMAT, L"HH:mm:ss"}, {LOCALE_SSHORTTIME, L"HH:mm"},
    {LOCALE_SNAME, L""}, {LOCALE_SPARENT, L""}, {LOCALE_SISO639LANGNAME, L"iv"}, {LOCALE_SISO3166CTRYNAME, L"IV"},
    {LOCALE_IMEASURE, L"0"}, {LOCALE_ITIME, L"1"}, {LOCALE_ITLZERO, L"1"}, {LOCALE_IFIRSTDAYOFWEEK, L"6"},
};

/* Where English without a country says something else than English of the United States. */
static const LOCALE_ITEM Neutral[] = {
    {LOCALE_ILANGUAGE, L"0009"}, {LOCALE_SLANGUAGE, L"English"}, {LOCALE_SNAME, L"en"}, {LOCALE_SPARENT, L""}, {LOCALE_INEUTRAL, L"1"},
};

/* 0: no such locale. */
static LCID RealLocale(LCID Locale)
{
    switch (Locale & ~0xF0000u) { /* sort ids do not matter here */
    case LOCALE_USER_DEFAULT:
    case LOCALE_SYSTEM_DEFAULT:
    case LOCALE_NEUTRAL:
    case 0x0C00: /* LOCALE_CUSTOM_DEFAULT */
    case LCID_ENGLISH:
    case LCID_ENGLISH_US:
        return LCID_ENGLISH_US;
    case LOCALE_INVARIANT:
        return LOCALE_INVARIANT;
    default:
        return 0;
    }
}

static LCID LocaleOfName(LPCWSTR Name)
{
    if (Name == NULL || _wcsicmp(Name, L"en-US") == 0 || _wcsicmp(Name, L"!x-sys-default-locale") == 0) {
        return LCID_ENGLISH_US;
    }
    if (Name[0] == 0) {
        return LOCALE_INVARIANT;
    }
    return _wcsicmp(Name, L"en") == 0 ? LCID_ENGLISH : 0;
}

LCID WINAPI GetUserDefaultLCID(void)
{
    return LCID_ENGLISH_US;
}

LCID WINAPI GetSystemDefaultLCID(void)
{
    return LCID_ENGLISH_US;
}

LANGID WINAPI GetUserDefaultLangID(void)
{
    return (LANGID)LCID_ENGLISH_US;
}

LANGID WINAPI GetSystemDefaultLangID(void)
{
    return (LANGID)LCID_ENGLISH_US;
}

LANGID WINAPI GetUserDefaultUILanguage(void)
{
    return (LANGID)LCID_ENGLISH_US;
}

LANGID WINAPI GetSystemDefaultUILanguage(void)
{
    return (LANGID)LCID_ENGLISH_US;
}

LCID WINAPI ConvertDefaultLocale(LCID Locale)
{
    LCID Real = RealLocale(Locale);

    return Real != 0 ? Real : Locale;
}

BOOL WINAPI IsValidLocale(LCID Locale, DWORD Flags)
{
    UNUSED(Flags);
    /* What stands for a locale is none. */
    return Locale != LOCALE_NEUTRAL && Locale != LOCALE_USER_DEFAULT && Locale != LOCALE_SYSTEM_DEFAULT && RealLocale(Locale) != 0;
}

BOOL WINAPI IsValidLocaleName(LPCWSTR Name)
{
    return Name != NULL && LocaleOfName(Name) != 0;
}

GEOID WINAPI GetUserGeoID(GEOCLASS Class)
{
    return Class == GEOCLASS_NATION ? 244 : 39070;
}

static DWORD ReturnName(LPCWSTR Name, LPWSTR Buffer, int Size)
{
    int Length = (int)wcslen(Name) + 1;

    if (Size < 0) {
        return (DWORD)BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Size == 0) {
        return (DWORD)Length;
    }
    if (Length > Size || Buffer == NULL) {
        return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Buffer, Name, (SIZE_T)Length * sizeof(WCHAR));
    return (DWORD)Length;
}

int WINAPI GetUserDefaultLocaleName(LPWSTR Name, int Size)
{
    return (int)ReturnName(L"en-US", Name, Size);
}

int WINAPI GetSystemDefaultLocaleName(LPWSTR Name, int Size)
{
    return (int)ReturnName(L"en-US", Name, Size);
}

int WINAPI ResolveLocaleName(LPCWSTR Name, LPWSTR Buffer, int Size)
{
    LCID Locale = LocaleOfName(Name);

    return (int)ReturnName(Locale == 0 || Locale == LOCALE_INVARIANT ? L"" : L"en-US", Buffer, Size);
}

int WINAPI LCIDToLocaleName(LCID Locale, LPWSTR Name, int Size, DWORD Flags)
{
    LCID Real = RealLocale(Locale);

    if (Real == 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    BOOL Neutral = Locale == LCID_ENGLISH && (Flags & ALLOW_NEUTRAL_NAMES);
    return (int)ReturnName(Neutral ? L"en" : Real == LOCALE_INVARIANT ? L"" : L"en-US", Name, Size);
}

LCID WINAPI LocaleNameToLCID(LPCWSTR Name, DWORD Flags)
{
    LCID Locale = LocaleOfName(Name);

    if (Locale == 0) {
        return (LCID)BaseFail(ERROR_INVALID_PARAMETER);
    }
    return Flags & ALLOW_NEUTRAL_NAMES ? Locale : RealLocale(Locale);
}

/* ---- GetLocaleInfo ---------------------------------------------------------------------------------------------------------------- */

static LPCWSTR FindIn(const LOCALE_ITEM *Table, ULONG Count, LCTYPE Type)
{
    for (ULONG i = 0; i < Count; i++) {
        if (Table[i].Type == Type) {
            return Table[i].Value;
        }
    }
    return NULL;
}

static LPCWSTR FindItem(LCID Locale, LCTYPE Type)
{
    LPCWSTR Value = Locale == LOCALE_INVARIANT ? FindIn(Invariant, COUNT_OF(Invariant), Type) : Locale == LCID_ENGLISH
                  ? FindIn(Neutral, COUNT_OF(Neutral), Type) : NULL;

    return Value != NULL ? Value : FindIn(Items, COUNT_OF(Items), Type);
}

/* The types whose names begin with LOCALE_I: only they are numbers, too. */
static BOOL IsNumeric(LCTYPE Type)
{
    static const LCTYPE Types[] = {
        LOCALE_ILANGUAGE, LOCALE_ICOUNTRY, LOCALE_IDEFAULTLANGUAGE, LOCALE_IDEFAULTCOUNTRY, LOCALE_IDEFAULTCODEPAGE, LOCALE_IDEFAULTANSICODEPAGE,
        LOCALE_IDEFAULTMACCODEPAGE, LOCALE_IMEASURE, LOCALE_IDIGITS, LOCALE_ILZERO, LOCALE_INEGNUMBER, LOCALE_ICURRDIGITS, LOCALE_IINTLCURRDIGITS,
        LOCALE_ICURRENCY, LOCALE_INEGCURR, LOCALE_IPOSSIGNPOSN, LOCALE_INEGSIGNPOSN, LOCALE_IPOSSYMPRECEDES, LOCALE_IPOSSEPBYSPACE,
        LOCALE_INEGSYMPRECEDES, LOCALE_INEGSEPBYSPACE, LOCALE_IDATE, LOCALE_ILDATE, LOCALE_ITIME, LOCALE_ITLZERO, LOCALE_ICENTURY, LOCALE_IDAYLZERO,
        LOCALE_IMONLZERO, LOCALE_ITIMEMARKPOSN, LOCALE_ICALENDARTYPE, LOCALE_IOPTIONALCALENDAR, LOCALE_IFIRSTDAYOFWEEK, LOCALE_IFIRSTWEEKOFYEAR,
        LOCALE_IPAPERSIZE, LOCALE_IDIGITSUBSTITUTION, LOCALE_IGEOID, LOCALE_INEUTRAL, LOCALE_IREADINGLAYOUT,
    };

    for (ULONG i = 0; i < COUNT_OF(Types); i++) {
        if (Types[i] == Type) {
            return TRUE;
        }
    }
    return FALSE;
}

/* LOCALE_ILANGUAGE and its like are hexadecimal strings. */
static DWORD ItemNumber(LCTYPE Type, LPCWSTR Value)
{
    BOOL Hex = Type == LOCALE_ILANGUAGE || Type == LOCALE_IDEFAULTLANGUAGE;
    DWORD Number = 0;

    for (; *Value != 0; Value++) {
        DWORD Digit = *Value <= L'9' ? (DWORD)(*Value - L'0') : (DWORD)((*Value | 0x20) - L'a' + 10);
        Number = Number * (Hex ? 16 : 10) + Digit;
    }
    return Number;
}

static int LocaleItem(LCID Locale, LCTYPE Type, LPWSTR Buffer, int Size)
{
    LCTYPE Plain = Type & 0xFFFF;
    LPCWSTR Value = FindItem(Locale, Plain);

    if (Size < 0 || (Size > 0 && Buffer == NULL)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Value == NULL || ((Type & LOCALE_RETURN_NUMBER) && !IsNumeric(Plain))) {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    if (!(Type & LOCALE_RETURN_NUMBER)) {
        return (int)ReturnName(Value, Buffer, Size);
    }
    if (Size != 0) {
        if (Size < (int)(sizeof(DWORD) / sizeof(WCHAR))) {
            return BaseFail(ERROR_INSUFFICIENT_BUFFER);
        }
        DWORD Number = ItemNumber(Plain, Value);
        memcpy(Buffer, &Number, sizeof(Number));
    }
    return sizeof(DWORD) / sizeof(WCHAR);
}

int WINAPI GetLocaleInfoW(LCID Locale, LCTYPE Type, LPWSTR Buffer, int Size)
{
    LCID Real = RealLocale(Locale);

    return Real == 0 ? BaseFail(ERROR_INVALID_PARAMETER) : LocaleItem(Real, Type, Buffer, Size);
}

int WINAPI GetLocaleInfoEx(LPCWSTR Name, LCTYPE Type, LPWSTR Buffer, int Size)
{
    LCID Locale = LocaleOfName(Name);

    return Locale == 0 ? BaseFail(ERROR_INVALID_PARAMETER) : LocaleItem(Locale, Type, Buffer, Size);
}

int WINAPI GetLocaleInfoA(LCID Locale, LCTYPE Type, LPSTR Buffer, int Size)
{
    WCHAR Wide[128];

    if (Size < 0 || (Size > 0 && Buffer == NULL)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    int Length = GetLocaleInfoW(Locale, Type, Wide, COUNT_OF(Wide));

    if (Length == 0) {
        return 0;
    }
    if (Type & LOCALE_RETURN_NUMBER) {
        if (Size == 0) {
            return sizeof(DWORD);
        }
        if (Size < (int)sizeof(DWORD)) {
            return BaseFail(ERROR_INSUFFICIENT_BUFFER);
        }
        memcpy(Buffer, Wide, sizeof(DWORD));
        return sizeof(DWORD);
    }
    return WideCharToMultiByte(CP_ACP, 0, Wide, Length, Buffer, Size, NULL, NULL);
}

BOOL WINAPI EnumSystemLocalesEx(LOCALE_ENUMPROCEX Procedure, DWORD Flags, LPARAM Parameter, LPVOID Reserved)
{
    WCHAR English[] = L"en-US";

    UNUSED(Flags);
    if (Procedure == NULL || Reserved != NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Procedure(English, LOCALE_WINDOWS | LOCALE_SPECIFICDATA, Parameter);
    return TRUE;
}

BOOL WINAPI EnumSystemLocalesW(LOCALE_ENUMPROCW Procedure, DWORD Flags)
{
    WCHAR English[] = L"00000409";

    UNUSED(Flags);
    if (Procedure == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Procedure(English);
    return TRUE;
}

BOOL WINAPI EnumSystemLocalesA(LOCALE_ENUMPROCA Procedure, DWORD Flags)
{
    CHAR English[] = "00000409";

    UNUSED(Flags);
    if (Procedure == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Procedure(English);
    return TRUE;
}

BOOL WINAPI GetNLSVersionEx(NLS_FUNCTION Function, LPCWSTR Locale, LPNLSVERSIONINFOEX Version)
{
    if (Function != COMPARE_STRING || LocaleOfName(Locale) == 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Version->dwNLSVersion = 1;
    Version->dwDefinedVersion = 1;
    return TRUE;
}

/* SPDX-License-Identifier: MIT */
/*
 * locales.c - what C run-time libraries ask about the locale: names and numbers, GetLocaleInfo, mapping, comparing and classifying strings, with
 * their errors.  The system's and the user's locale is English (United States), as in an installation that nobody changed.
 */
#define _WIN32_WINNT 0x0A00
#include <stdlib.h>
#include <string.h>
#include "win32.h"

#define ENGLISH 0x0409
#ifndef LOCALE_ALLOW_NEUTRAL_NAMES
#define LOCALE_ALLOW_NEUTRAL_NAMES 0x08000000
#endif

static WCHAR Wide[128], Other[128];
static char Text[128];

static void Names(void)
{
    Ok(GetUserDefaultLocaleName(Wide, LOCALE_NAME_MAX_LENGTH) == 6 && wcscmp(Wide, L"en-US") == 0, "GetUserDefaultLocaleName");
    Ok(GetSystemDefaultLocaleName(Wide, LOCALE_NAME_MAX_LENGTH) == 6 && wcscmp(Wide, L"en-US") == 0, "GetSystemDefaultLocaleName");
    Fails(GetUserDefaultLocaleName(Wide, 5), ERROR_INSUFFICIENT_BUFFER, "too small");
    Ok(GetUserDefaultLCID() == ENGLISH && GetSystemDefaultLCID() == ENGLISH && GetUserDefaultLangID() == ENGLISH, "as numbers");
    Ok(LCIDToLocaleName(ENGLISH, Wide, 128, 0) == 6 && wcscmp(Wide, L"en-US") == 0, "LCIDToLocaleName");
    Ok(LCIDToLocaleName(LOCALE_USER_DEFAULT, Wide, 128, 0) == 6 && wcscmp(Wide, L"en-US") == 0, "of the user's");
    Ok(LCIDToLocaleName(LOCALE_INVARIANT, Wide, 128, 0) == 1 && Wide[0] == 0, "of the invariant one, which has none");
    Ok(LCIDToLocaleName(9, Wide, 128, 0) == 6 && wcscmp(Wide, L"en-US") == 0, "a language stands for its default country");
    Ok(LCIDToLocaleName(9, Wide, 128, LOCALE_ALLOW_NEUTRAL_NAMES) == 3 && wcscmp(Wide, L"en") == 0, "or for itself");
    Is((ULONG)LCIDToLocaleName(ENGLISH, NULL, 0, 0), 6, "counted");
    Fails(LCIDToLocaleName(ENGLISH, Wide, 3, 0), ERROR_INSUFFICIENT_BUFFER, "too small");
    Fails(LCIDToLocaleName(0xFFFF, Wide, 128, 0), ERROR_INVALID_PARAMETER, "no such locale");
    Is(LocaleNameToLCID(L"EN-us", 0), ENGLISH, "LocaleNameToLCID, in any case");
    Is(LocaleNameToLCID(L"en", 0), ENGLISH, "a language stands for its default country");
    Is(LocaleNameToLCID(L"en", LOCALE_ALLOW_NEUTRAL_NAMES), 9, "or for itself");
    Is(LocaleNameToLCID(NULL, 0), ENGLISH, "LOCALE_NAME_USER_DEFAULT");
    Is(LocaleNameToLCID(L"", 0), LOCALE_INVARIANT, "LOCALE_NAME_INVARIANT");
    Is(LocaleNameToLCID(L"!x-sys-default-locale", 0), ENGLISH, "LOCALE_NAME_SYSTEM_DEFAULT");
    Fails((BOOL)LocaleNameToLCID(L"no such locale", 0), ERROR_INVALID_PARAMETER, "no such locale");
}

static void Validity(void)
{
    Ok(IsValidLocale(ENGLISH, LCID_INSTALLED) && IsValidLocale(ENGLISH, LCID_SUPPORTED) && IsValidLocale(9, LCID_SUPPORTED), "valid locales");
    Ok(!IsValidLocale(0xFFFF, LCID_INSTALLED), "an invalid one");
    Ok(!IsValidLocale(LOCALE_USER_DEFAULT, LCID_INSTALLED), "what stands for a locale is none");
    Ok(IsValidLocaleName(L"en-US") && IsValidLocaleName(L"") && IsValidLocaleName(L"en"), "valid names");
    Ok(!IsValidLocaleName(NULL) && !IsValidLocaleName(L"no such locale"), "invalid ones");
    Ok(ConvertDefaultLocale(LOCALE_USER_DEFAULT) == ENGLISH && ConvertDefaultLocale(LOCALE_SYSTEM_DEFAULT) == ENGLISH, "ConvertDefaultLocale");
    Ok(ConvertDefaultLocale(LOCALE_NEUTRAL) == ENGLISH && ConvertDefaultLocale(9) == ENGLISH, "of a language");
    Ok(ConvertDefaultLocale(LOCALE_INVARIANT) == LOCALE_INVARIANT && ConvertDefaultLocale(0xFFFF) == 0xFFFF, "what it does not know stays");
    Is(GetThreadLocale(), ENGLISH, "a thread has the user's");
    Ok(SetThreadLocale(LOCALE_INVARIANT) && GetThreadLocale() == LOCALE_INVARIANT, "or another");
    Ok(SetThreadLocale(LOCALE_USER_DEFAULT) && GetThreadLocale() == ENGLISH, "what stands for one is replaced");
    Fails(SetThreadLocale(0xFFFF), ERROR_INVALID_PARAMETER, "no such locale");
}

static void Info(const WCHAR *Locale, LCTYPE Type, const WCHAR *Expected, const char *What)
{
    int Length = (int)wcslen(Expected) + 1;

    memset(Wide, 0x55, sizeof(Wide));
    if (!Ok(GetLocaleInfoEx(Locale, Type, NULL, 0) == Length && GetLocaleInfoEx(Locale, Type, Wide, 128) == Length && wcscmp(Wide, Expected) == 0,
            "%s", What)) {
        printf("#   %ls\n", Wide);
    }
}

static void InfoErrors(void)
{
    DWORD Number = 0;

    Fails(GetLocaleInfoW(0xFFFF, LOCALE_SDECIMAL, Wide, 128), ERROR_INVALID_PARAMETER, "no such locale");
    Fails(GetLocaleInfoEx(L"no such locale", LOCALE_SDECIMAL, Wide, 128), ERROR_INVALID_PARAMETER, "by name");
    Fails(GetLocaleInfoW(ENGLISH, 0xFFFF, Wide, 128), ERROR_INVALID_FLAGS, "no such type");
    Fails(GetLocaleInfoW(ENGLISH, LOCALE_SDECIMAL, Wide, -1), ERROR_INVALID_PARAMETER, "less than no room");
    Fails(GetLocaleInfoW(ENGLISH, LOCALE_SDECIMAL, NULL, 4), ERROR_INVALID_PARAMETER, "room, but no target");
    Fails(GetLocaleInfoW(ENGLISH, LOCALE_SDAYNAME1, Wide, 4), ERROR_INSUFFICIENT_BUFFER, "too small");
    Ok(GetLocaleInfoW(ENGLISH, LOCALE_IFIRSTDAYOFWEEK | LOCALE_RETURN_NUMBER, (PVOID)&Number, 2) == 2 && Number == 6, "a number");
    Is((ULONG)GetLocaleInfoW(ENGLISH, LOCALE_IDEFAULTANSICODEPAGE | LOCALE_RETURN_NUMBER, NULL, 0), 2, "counts characters");
    Is((ULONG)GetLocaleInfoA(ENGLISH, LOCALE_IDEFAULTANSICODEPAGE | LOCALE_RETURN_NUMBER, (PVOID)&Number, 4), 4, "or bytes");
    Is(Number, 1252, "the ANSI page");
    Ok(GetLocaleInfoW(ENGLISH, LOCALE_ILANGUAGE | LOCALE_RETURN_NUMBER, (PVOID)&Number, 2) == 2 && Number == ENGLISH, "its text is hexadecimal");
    Fails(GetLocaleInfoW(ENGLISH, LOCALE_IDATE | LOCALE_RETURN_NUMBER, (PVOID)&Number, 1), ERROR_INSUFFICIENT_BUFFER, "too small for a number");
    Fails(GetLocaleInfoW(ENGLISH, LOCALE_SDECIMAL | LOCALE_RETURN_NUMBER, (PVOID)&Number, 2), ERROR_INVALID_FLAGS, "what is no number");
    Ok(GetLocaleInfoA(ENGLISH, LOCALE_SDAYNAME1, Text, 128) == 7 && strcmp(Text, "Monday") == 0, "in bytes");
    Fails(GetLocaleInfoA(ENGLISH, LOCALE_SDAYNAME1, Text, 3), ERROR_INSUFFICIENT_BUFFER, "too small");
    Fails(GetLocaleInfoA(ENGLISH, LOCALE_SDAYNAME1, Text, -1), ERROR_INVALID_PARAMETER, "less than no room");
}

static void Infos(void)
{
    Info(L"en-US", LOCALE_SNAME, L"en-US", "its name");
    Info(NULL, LOCALE_SNAME, L"en-US", "the user's");
    Info(L"en", LOCALE_SNAME, L"en", "a language's");
    Info(L"", LOCALE_SNAME, L"", "the invariant one's");
    Info(L"en-US", LOCALE_ILANGUAGE, L"0409", "its number");
    Info(L"en-US", LOCALE_SENGLANGUAGE, L"English", "its language");
    Info(L"en-US", LOCALE_SENGCOUNTRY, L"United States", "its country");
    Info(L"en-US", LOCALE_SISO639LANGNAME, L"en", "as ISO codes");
    Info(L"en-US", LOCALE_SISO3166CTRYNAME, L"US", "both");
    Info(L"en-US", LOCALE_IDEFAULTANSICODEPAGE, L"1252", "its ANSI page");
    Info(L"en-US", LOCALE_IDEFAULTCODEPAGE, L"437", "its OEM page");
    Info(L"en-US", LOCALE_SSHORTDATE | LOCALE_NOUSEROVERRIDE, L"M/d/yyyy", "a date");
    Info(L"en-US", LOCALE_STIMEFORMAT, L"h:mm:ss tt", "a time");
    Info(L"en-US", LOCALE_SCURRENCY, L"$", "money");
    Info(L"en-US", LOCALE_SGROUPING, L"3;0", "digits in groups");
    Info(L"", LOCALE_SSHORTDATE, L"MM/dd/yyyy", "the invariant date");
    Info(L"", LOCALE_SCURRENCY, L"\xA4", "the invariant money");
    InfoErrors();
}

static void Maps(DWORD Flags, const WCHAR *From, const WCHAR *To, const char *What)
{
    int Length = (int)wcslen(To) + 1;

    memset(Wide, 0x55, sizeof(Wide));
    if (!Ok(LCMapStringEx(L"en-US", Flags, From, -1, NULL, 0, NULL, NULL, 0) == Length &&
            LCMapStringEx(L"en-US", Flags, From, -1, Wide, 128, NULL, NULL, 0) == Length && wcscmp(Wide, To) == 0, "%s", What)) {
        printf("#   %ls\n", Wide);
    }
}

static void Mapping(void)
{
    static const WCHAR Mixed[] = L"\tJust! a, teST; string 1/*+-.\r\n";

    Maps(LCMAP_UPPERCASE, Mixed, L"\tJUST! A, TEST; STRING 1/*+-.\r\n", "LCMAP_UPPERCASE");
    Maps(LCMAP_LOWERCASE, Mixed, L"\tjust! a, test; string 1/*+-.\r\n", "LCMAP_LOWERCASE");
    Maps(LCMAP_LOWERCASE | LCMAP_UPPERCASE, Mixed, L"\tJust! A, Test; String 1/*+-.\r\n", "LCMAP_TITLECASE");
    Maps(LCMAP_LOWERCASE | LCMAP_BYTEREV, L"\x100", L"\x101", "bytes reversed");
    Maps(NORM_IGNORESYMBOLS, Mixed, L"JustateSTstring1", "NORM_IGNORESYMBOLS");
    Maps(NORM_IGNORENONSPACE, L"\xE0\xE7 \xE9,\xEE\xF1/\xF6\xFB\xFD!", L"ac e,in/ouy!", "NORM_IGNORENONSPACE");
    Maps(NORM_IGNORENONSPACE | NORM_IGNORESYMBOLS, L"\xE0\xE7 \xE9,\xEE\xF1/\xF6\xFB\xFD!", L"aceinouy", "both");
    Maps(LCMAP_FULLWIDTH, L"A1 ~\xA2", L"\xFF21\xFF11\x3000\xFF5E\xFFE0", "LCMAP_FULLWIDTH");
    Maps(LCMAP_HALFWIDTH, L"\xFF21\xFF11\x3000\xFF5E\xFFE0", L"A1 ~\xA2", "LCMAP_HALFWIDTH");
    Maps(LCMAP_FULLWIDTH, L"\xFF76\xFF9E\xFF8A\xFF9F\xFF71\xFF9E", L"\x30AC\x30D1\x30A2\x309B", "katakana and their marks get wide");
    Maps(LCMAP_HALFWIDTH, L"\x30AC\x30D1\x30A2\x30FC\x3042", L"\xFF76\xFF9E\xFF8A\xFF9F\xFF71\xFF70\x3042", "and narrow; hiragana cannot");
    Maps(LCMAP_KATAKANA, L"\x3042\x3093\x30AB" L"a", L"\x30A2\x30F3\x30AB" L"a", "LCMAP_KATAKANA");
    Maps(LCMAP_HIRAGANA, L"\x30A2\x30F3\x304B" L"a", L"\x3042\x3093\x304B" L"a", "LCMAP_HIRAGANA");
    Maps(LCMAP_HIRAGANA | LCMAP_FULLWIDTH, L"\xFF76\xFF9E" L"A", L"\x304C\xFF21", "widened first");
    Maps(LCMAP_KATAKANA | LCMAP_HALFWIDTH, L"\x304C\xFF21", L"\xFF76\xFF9E" L"A", "narrowed last");
    Maps(LCMAP_FULLWIDTH | LCMAP_UPPERCASE, L"ab", L"\xFF21\xFF22", "with case");
    Maps(LCMAP_LOWERCASE | LCMAP_LINGUISTIC_CASING, L"ABC", L"abc", "LCMAP_LINGUISTIC_CASING");
    Maps(LCMAP_BYTEREV, L"\x1234", L"\x3412", "LCMAP_BYTEREV");
    Fails(LCMapStringW(ENGLISH, LCMAP_FULLWIDTH | LCMAP_HALFWIDTH, L"a", -1, Wide, 128), ERROR_INVALID_FLAGS, "both widths");
    Fails(LCMapStringW(ENGLISH, LCMAP_HIRAGANA | LCMAP_KATAKANA, L"a", -1, Wide, 128), ERROR_INVALID_FLAGS, "both alphabets");
    Fails(LCMapStringW(ENGLISH, LCMAP_SIMPLIFIED_CHINESE | LCMAP_TRADITIONAL_CHINESE, L"a", -1, Wide, 128), ERROR_INVALID_FLAGS, "both scripts");
    Fails(LCMapStringW(ENGLISH, LCMAP_LINGUISTIC_CASING, L"a", -1, Wide, 128), ERROR_INVALID_FLAGS, "the casing without a case");
    Fails(LCMapStringW(ENGLISH, 0, L"a", -1, Wide, 128), ERROR_INVALID_FLAGS, "nothing asked");
    Fails(LCMapStringW(ENGLISH, LCMAP_UPPERCASE | SORT_STRINGSORT, L"a", -1, Wide, 128), ERROR_INVALID_FLAGS, "a flag of sort keys");
    Fails(LCMapStringW(ENGLISH, LCMAP_UPPERCASE | NORM_IGNORESYMBOLS, L"a", -1, Wide, 128), ERROR_INVALID_FLAGS, "stripping with another mapping");
    Fails(LCMapStringA(ENGLISH, LCMAP_UPPERCASE | LCMAP_LOWERCASE, "a", -1, Text, 128), ERROR_INVALID_FLAGS, "no title case in bytes");
    Fails(LCMapStringW(ENGLISH, LCMAP_UPPERCASE, L"a", 0, Wide, 128), ERROR_INVALID_PARAMETER, "a source of no length");
    Fails(LCMapStringW(ENGLISH, LCMAP_UPPERCASE, NULL, 1, Wide, 128), ERROR_INVALID_PARAMETER, "no source");
    Fails(LCMapStringW(ENGLISH, LCMAP_UPPERCASE, L"abc", -1, Wide, 3), ERROR_INSUFFICIENT_BUFFER, "too small");
    wcscpy(Wide, L"abc");
    Ok(LCMapStringW(ENGLISH, LCMAP_UPPERCASE, Wide, -1, Wide, 128) == 4 && wcscmp(Wide, L"ABC") == 0, "case in place");
    Fails(LCMapStringW(ENGLISH, LCMAP_SORTKEY, Wide, -1, Wide, 128), ERROR_INVALID_FLAGS, "no sort key in place");
    Ok(LCMapStringA(ENGLISH, LCMAP_UPPERCASE, "\xE9z", -1, Text, 128) == 3 && strcmp(Text, "\xC9Z") == 0, "in bytes");
}

static int Key(DWORD Flags, const WCHAR *String, PVOID To)
{
    return LCMapStringW(ENGLISH, LCMAP_SORTKEY | Flags, String, -1, To, sizeof(Wide));
}

/* Sort keys compare as the strings do. */
static void Compares(const WCHAR *First, DWORD Flags, const WCHAR *Second, int Expected, const char *What)
{
    int Order = CompareStringW(ENGLISH, Flags, First, -1, Second, -1), Back = CompareStringW(ENGLISH, Flags, Second, -1, First, -1);
    int Long = Key(Flags, First, Wide), Also = Key(Flags, Second, Other), Bytes = memcmp(Wide, Other, (size_t)(Long < Also ? Long : Also));

    Ok(Order == Expected && Back == 4 - Expected, "%s", What);
    Ok((Bytes > 0) - (Bytes < 0) == Expected - CSTR_EQUAL, "and their keys");
}

static void Comparing(void)
{
    Compares(L"a", 0, L"b", CSTR_LESS_THAN, "letters");
    Compares(L"a", 0, L"A", CSTR_LESS_THAN, "small ones first");
    Compares(L"A", 0, L"b", CSTR_LESS_THAN, "but letters before case");
    Compares(L"resume", 0, L"r\xE9sum\xE9", CSTR_LESS_THAN, "marks come after none");
    Compares(L"r\xE9sum\xE9", 0, L"resumes", CSTR_LESS_THAN, "but letters before marks");
    Compares(L"A", NORM_IGNORECASE, L"a", CSTR_EQUAL, "NORM_IGNORECASE");
    Compares(L"\xE9", NORM_IGNORENONSPACE, L"e", CSTR_EQUAL, "NORM_IGNORENONSPACE");
    Compares(L"a,b", NORM_IGNORESYMBOLS, L"ab", CSTR_EQUAL, "NORM_IGNORESYMBOLS");
    Compares(L",", 0, L"1", CSTR_LESS_THAN, "signs before digits");
    Compares(L"1", 0, L"a", CSTR_LESS_THAN, "digits before letters");
    Compares(L"a", 0, L"", CSTR_GREATER_THAN, "nothing comes first");
    Compares(L"e\x301", 0, L"\xE9", CSTR_EQUAL, "a letter and its mark are the letter with the mark");
    Compares(L"e\x301", NORM_IGNORENONSPACE, L"e", CSTR_EQUAL, "or the letter");
    Compares(L"A", 0, L"\xFF21", CSTR_LESS_THAN, "narrow before wide");
    Compares(L"\xFF21", 0, L"B", CSTR_LESS_THAN, "but letters before width");
    Compares(L"A", NORM_IGNOREWIDTH, L"\xFF21", CSTR_EQUAL, "NORM_IGNOREWIDTH");
    Compares(L"\xFF71", NORM_IGNOREWIDTH, L"\x30A2", CSTR_EQUAL, "katakana of both widths");
    Compares(L"\x3042", 0, L"\x30A2", CSTR_LESS_THAN, "hiragana before katakana");
    Compares(L"\x3042", NORM_IGNOREKANATYPE, L"\x30A2", CSTR_EQUAL, "NORM_IGNOREKANATYPE");
    Compares(L"\x30A2", 0, L"\x3044", CSTR_LESS_THAN, "but sounds before alphabets");
    Compares(L"file10", 0, L"file9", CSTR_LESS_THAN, "digits");
    Compares(L"file10", SORT_DIGITSASNUMBERS, L"file9", CSTR_GREATER_THAN, "SORT_DIGITSASNUMBERS");
    Compares(L"7a", SORT_DIGITSASNUMBERS, L"7b", CSTR_LESS_THAN, "what follows a number");
    Compares(L"co-op", SORT_STRINGSORT, L"cop", CSTR_LESS_THAN, "SORT_STRINGSORT: the hyphen is a sign");
    Is((ULONG)CompareStringW(ENGLISH, 0, L"cop", -1, L"co-op", -1), CSTR_GREATER_THAN, "without it, it is passed over");
    Is((ULONG)CompareStringW(ENGLISH, 0, L"abX", 2, L"abY", 2), CSTR_EQUAL, "with lengths");
    Is((ULONG)CompareStringA(ENGLISH, NORM_IGNORECASE, "\xE9", -1, "\xC9", -1), CSTR_EQUAL, "in bytes");
    Fails(CompareStringW(ENGLISH, 0, NULL, -1, L"", -1), ERROR_INVALID_PARAMETER, "no string");
    Fails(CompareStringW(ENGLISH, 0x400000, L"", -1, L"", -1), ERROR_INVALID_FLAGS, "no such flag");
    Fails(CompareStringEx(L"en-US", 0, L"", -1, L"", -1, NULL, (PVOID)1, 0), ERROR_INVALID_PARAMETER, "something reserved");
    Is((ULONG)CompareStringOrdinal(L"a", -1, L"B", -1, FALSE), CSTR_GREATER_THAN, "CompareStringOrdinal: by code");
    Is((ULONG)CompareStringOrdinal(L"a", -1, L"B", -1, TRUE), CSTR_LESS_THAN, "by upper case");
    Is((ULONG)CompareStringOrdinal(L"abc", 2, L"abd", 2, FALSE), CSTR_EQUAL, "with lengths");
    Fails(CompareStringOrdinal(NULL, 0, L"", 0, FALSE), ERROR_INVALID_PARAMETER, "no string");
}

static void Types(void)
{
    WORD Types[8];

    Ok(GetStringTypeW(CT_CTYPE1, L"aZ5 \t!\x1", -1, Types), "GetStringTypeW");
    Ok(Types[0] == (C1_LOWER | C1_ALPHA | C1_XDIGIT | C1_DEFINED) && Types[1] == (C1_UPPER | C1_ALPHA | C1_DEFINED), "letters");
    Ok(Types[2] == (C1_DIGIT | C1_XDIGIT | C1_DEFINED) && Types[3] == (C1_SPACE | C1_BLANK | C1_DEFINED), "a digit, a blank");
    Ok(Types[4] == (C1_SPACE | C1_CNTRL | C1_BLANK | C1_DEFINED) && Types[5] == (C1_PUNCT | C1_DEFINED), "a tab, a sign");
    Ok(Types[6] == (C1_CNTRL | C1_DEFINED) && Types[7] == (C1_CNTRL | C1_DEFINED), "controls, to the end");
    Ok(GetStringTypeW(CT_CTYPE2, L"a1 ,\x5D0", 5, Types) && Types[0] == C2_LEFTTORIGHT && Types[1] == C2_EUROPENUMBER && Types[2] == C2_WHITESPACE &&
       Types[3] == C2_COMMONSEPARATOR && Types[4] == C2_RIGHTTOLEFT, "directions");
    Ok(GetStringTypeW(CT_CTYPE3, L"a\x301\x30A2", 3, Types) && (Types[0] & C3_ALPHA) && (Types[1] & C3_NONSPACING) && (Types[2] & C3_KATAKANA), "scripts");
    Ok(GetStringTypeW(CT_CTYPE3, L"\xFF21\xFF71\x4E2D\xD800\xDC00\x640", 6, Types) && (Types[0] & C3_FULLWIDTH) && (Types[1] & C3_HALFWIDTH) &&
       (Types[2] & C3_IDEOGRAPH) && (Types[3] & 0x800) && (Types[4] & 0x1000) && (Types[5] & C3_KASHIDA), "widths, ideographs, surrogates");
    Fails(GetStringTypeW(77, L"a", 1, Types), ERROR_INVALID_PARAMETER, "no such kind");
    Fails(GetStringTypeW(CT_CTYPE1, NULL, 1, Types), ERROR_INVALID_PARAMETER, "no string");
    Ok(GetStringTypeA(ENGLISH, CT_CTYPE1, "\xE9", 1, Types) && (Types[0] & C1_LOWER), "in bytes");
}

static int Locales;

static BOOL CALLBACK OnName(LPWSTR Name, DWORD Flags, LPARAM Parameter)
{
    Locales += wcscmp(Name, L"en-US") == 0 && (Flags & LOCALE_SPECIFICDATA) && Parameter == 77;
    return TRUE;
}

static BOOL CALLBACK OnNumber(LPWSTR Number)
{
    Locales += wcstoul(Number, NULL, 16) == ENGLISH && wcslen(Number) == 8;
    return TRUE;
}

int main(void)
{
    Names();
    Validity();
    Infos();
    Mapping();
    Comparing();
    Types();
    Ok(EnumSystemLocalesEx(OnName, LOCALE_ALL, 77, NULL) && Locales == 1, "EnumSystemLocalesEx");
    Ok(EnumSystemLocalesW(OnNumber, LCID_INSTALLED) && Locales == 2, "EnumSystemLocales");
    Fails(EnumSystemLocalesEx(NULL, LOCALE_ALL, 0, NULL), ERROR_INVALID_PARAMETER, "nobody to tell");
    return Done();
}

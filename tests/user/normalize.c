/* SPDX-License-Identifier: MIT */
/*
 * normalize.c - normal forms of Unicode, host names beyond ASCII (RFC 3490, 3491, 3492), and how the calls say what is wrong.
 *
 * usage: normalize         the test
 *        normalize FILE    cases that somebody else has worked out (tests/system/test_unicode.py): lines of hexadecimal UTF-16 units in fields,
 *                          N;source;C;D;KC;KD      normal forms
 *                          I;name;ascii;unicode    a host name there and back; no ascii: it is none
 */
#include <windows.h>
#include <winnls.h>
#include <stdlib.h>
#include <string.h>
#include "win32.h"

static WCHAR Out[1024];
static const NORM_FORM Forms[] = {NormalizationC, NormalizationD, NormalizationKC, NormalizationKD};
static HMODULE Normaliz;
static int(WINAPI *Normalize)(NORM_FORM, LPCWSTR, int, LPWSTR, int);
static BOOL(WINAPI *IsNormalized)(NORM_FORM, LPCWSTR, int);
static int(WINAPI *NameToAscii)(DWORD, LPCWSTR, int, LPWSTR, int);
static int(WINAPI *NameToUnicode)(DWORD, LPCWSTR, int, LPWSTR, int);
static int(WINAPI *NameToNameprep)(DWORD, LPCWSTR, int, LPWSTR, int);

static void Forms4(LPCWSTR Source, LPCWSTR C, LPCWSTR D, LPCWSTR KC, LPCWSTR KD, const char *What)
{
    LPCWSTR Wanted[] = {C, D, KC, KD};
    int Good = 1;

    for (int i = 0; i < 4; i++) {
        int Length = Normalize(Forms[i], Source, -1, Out, 1024);
        Good &= Length == (int)wcslen(Wanted[i]) + 1 && wcscmp(Out, Wanted[i]) == 0 && IsNormalized(Forms[i], Out, -1) &&
                IsNormalized(Forms[i], Source, -1) == (wcscmp(Source, Wanted[i]) == 0);
    }
    Ok(Good, "%s", What);
}

/* Of the standard's own examples and its invariants. */
static void NormalForms(void)
{
    Forms4(L"plain", L"plain", L"plain", L"plain", L"plain", "ASCII");
    Forms4(L"\x00C5", L"\x00C5", L"A\x030A", L"\x00C5", L"A\x030A", "a letter with a mark");
    Forms4(L"\x212B", L"\x00C5", L"A\x030A", L"\x00C5", L"A\x030A", "a sign that is that letter");
    Forms4(L"A\x030A", L"\x00C5", L"A\x030A", L"\x00C5", L"A\x030A", "and apart");
    Forms4(L"\x1E0B\x0323", L"\x1E0D\x0307", L"d\x0323\x0307", L"\x1E0D\x0307", L"d\x0323\x0307", "marks in another order");
    Forms4(L"q\x0307\x0323", L"q\x0323\x0307", L"q\x0323\x0307", L"q\x0323\x0307", L"q\x0323\x0307", "marks that compose nothing");
    Forms4(L"a\x0315\x0300\x05AE\x0062", L"\x00E0\x05AE\x0315\x0062", L"a\x05AE\x0300\x0315\x0062", L"\x00E0\x05AE\x0315\x0062",
           L"a\x05AE\x0300\x0315\x0062", "many");
    Forms4(L"\xFB01", L"\xFB01", L"\xFB01", L"fi", L"fi", "a ligature");
    Forms4(L"2\x2075", L"2\x2075", L"2\x2075", L"25", L"25", "a superscript");
    Forms4(L"\x1E9B\x0323", L"\x1E9B\x0323", L"\x017F\x0323\x0307", L"\x1E69", L"s\x0323\x0307", "a long s");
    Forms4(L"\xAC00\xD4DB", L"\xAC00\xD4DB", L"\x1100\x1161\x1111\x1171\x11B6", L"\xAC00\xD4DB", L"\x1100\x1161\x1111\x1171\x11B6", "Hangul");
    Forms4(L"\x1100\x1161\x11A8", L"\xAC01", L"\x1100\x1161\x11A8", L"\xAC01", L"\x1100\x1161\x11A8", "Hangul put together");
    Forms4(L"\x0958", L"\x0915\x093C", L"\x0915\x093C", L"\x0915\x093C", L"\x0915\x093C", "a composition that is excluded");
    Forms4(L"\xD834\xDD5E", L"\xD834\xDD57\xD834\xDD65", L"\xD834\xDD57\xD834\xDD65", L"\xD834\xDD57\xD834\xDD65", L"\xD834\xDD57\xD834\xDD65",
           "beyond the first plane");
    Forms4(L"\xFDFA", L"\xFDFA", L"\xFDFA", L"\x0635\x0644\x0649\x0020\x0627\x0644\x0644\x0647\x0020\x0639\x0644\x064A\x0647\x0020\x0648\x0633\x0644\x0645",
           L"\x0635\x0644\x0649\x0020\x0627\x0644\x0644\x0647\x0020\x0639\x0644\x064A\x0647\x0020\x0648\x0633\x0644\x0645", "eighteen for one");
    Forms4(L"\x4E2D\x0301", L"\x4E2D\x0301", L"\x4E2D\x0301", L"\x4E2D\x0301", L"\x4E2D\x0301", "a mark on what takes none");
}

static void NormalErrors(void)
{
    int Size;

    SetLastError(0xBEEF);
    Ok(Normalize(NormalizationD, L"\x00C5\x00C5", 2, Out, 8) == 4 && GetLastError() == ERROR_SUCCESS, "a length: no zero is written, and no error left");
    Size = Normalize(NormalizationD, L"\x00C5\x00C5", -1, NULL, 0);
    Ok(Size >= 5, "no room: how much is wanted");
    Ok(Normalize(NormalizationD, L"\x00C5\x00C5", -1, Out, 2) <= -5 && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "too little: the same, negative");
    Ok(Normalize(NormalizationC, L"ab\xD800" L"c", -1, Out, 64) == -2 && GetLastError() == ERROR_NO_UNICODE_TRANSLATION, "half a pair: where it is, negative");
    Ok(Normalize(NormalizationC, L"a\xDC00", 2, Out, 64) == -1 && GetLastError() == ERROR_NO_UNICODE_TRANSLATION, "the other half");
    Ok(Normalize(NormalizationC, L"ab\xFFFE", -1, Out, 64) == -2 && GetLastError() == ERROR_NO_UNICODE_TRANSLATION, "what is no character");
    SetLastError(0);
    Ok(!IsNormalized(NormalizationC, L"\xD800", 1) && GetLastError() == ERROR_NO_UNICODE_TRANSLATION, "is in no form");
    Ok(Normalize((NORM_FORM)3, L"a", -1, Out, 64) <= 0 && GetLastError() == ERROR_INVALID_PARAMETER, "no such form");
    Ok(Normalize(NormalizationC, NULL, -1, Out, 64) <= 0 && GetLastError() == ERROR_INVALID_PARAMETER, "no text");
    SetLastError(0xBEEF);
    Ok(!IsNormalized(NormalizationD, L"\x00C5", 1) && GetLastError() == ERROR_SUCCESS, "not in the form: no error");
}

/* ---- names ------------------------------------------------------------------------------------------------------------------------------- */

static void Name(LPCWSTR Unicode, LPCWSTR Ascii, LPCWSTR Back, const char *What)
{
    WCHAR Again[256];
    int Length = NameToAscii(0, Unicode, -1, Out, 256), Other = NameToUnicode(0, Out, -1, Again, 256);

    if (!Ok(Length == (int)wcslen(Ascii) + 1 && wcscmp(Out, Ascii) == 0 && Other == (int)wcslen(Back) + 1 && wcscmp(Again, Back) == 0, "%s", What)) {
        printf("#   %d %ls %d, error %lu\n", Length, Out, Other, GetLastError());
    }
}

static void NoName(DWORD Flags, LPCWSTR Unicode, const char *What)
{
    SetLastError(0);
    Ok(NameToAscii(Flags, Unicode, -1, Out, 256) == 0 && GetLastError() == ERROR_INVALID_NAME, "no name: %s", What);
}

/* The samples of RFC 3492, chapter 7.1 (in lower case, as a name is prepared), and others. */
static void Names(void)
{
    Name(L"b\x00FC" L"cher.example", L"xn--bcher-kva.example", L"b\x00FC" L"cher.example", "a label beyond ASCII");
    Name(L"B\x00DC" L"CHER.Example", L"xn--bcher-kva.Example", L"b\x00FC" L"cher.Example", "upper case; ASCII labels stay");
    Name(L"\x0644\x064A\x0647\x0645\x0627\x0628\x062A\x0643\x0644\x0645\x0648\x0634\x0639\x0631\x0628\x064A\x061F", L"xn--egbpdaj6bu4bxfgehfvwxn",
         L"\x0644\x064A\x0647\x0645\x0627\x0628\x062A\x0643\x0644\x0645\x0648\x0634\x0639\x0631\x0628\x064A\x061F", "RFC 3492 (A) Arabic");
    Name(L"\x4ED6\x4EEC\x4E3A\x4EC0\x4E48\x4E0D\x8BF4\x4E2D\x6587", L"xn--ihqwcrb4cv8a8dqg056pqjye", L"\x4ED6\x4EEC\x4E3A\x4EC0\x4E48\x4E0D\x8BF4\x4E2D\x6587",
         "(B) Chinese");
    Name(L"pro\x010Dprost\x011Bnemluv\x00ED\x010D" L"esky", L"xn--proprostnemluvesky-uyb24dma41a", L"pro\x010Dprost\x011Bnemluv\x00ED\x010D" L"esky",
         "(D) Czech");
    Name(L"\x306A\x305C\x307F\x3093\x306A\x65E5\x672C\x8A9E\x3092\x8A71\x3057\x3066\x304F\x308C\x306A\x3044\x306E\x304B",
         L"xn--n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa", L"\x306A\x305C\x307F\x3093\x306A\x65E5\x672C\x8A9E\x3092\x8A71\x3057\x3066\x304F"
         L"\x308C\x306A\x3044\x306E\x304B",
         "(G) Japanese");
    Name(L"\x043F\x043E\x0447\x0435\x043C\x0443\x0436\x0435\x043E\x043D\x0438\x043D\x0435\x0433\x043E\x0432\x043E\x0440\x044F\x0442\x043F"
         L"\x043E\x0440\x0443\x0441"
         L"\x0441\x043A\x0438", L"xn--b1abfaaepdrnnbgefbadotcwatmq2g4l",
         L"\x043F\x043E\x0447\x0435\x043C\x0443\x0436\x0435\x043E\x043D\x0438\x043D\x0435\x0433\x043E\x0432\x043E\x0440\x044F\x0442\x043F"
         L"\x043E\x0440\x0443\x0441"
         L"\x0441\x043A\x0438", "(I) Russian");
    Name(L"3\x5E74" L"b\x7D44\x91D1\x516B\x5148\x751F", L"xn--3b-ww4c5e180e575a65lsy2b", L"3\x5E74" L"b\x7D44\x91D1\x516B\x5148\x751F", "(L)");
    Name(L"\x305D\x306E\x30B9\x30D4\x30FC\x30C9\x3067", L"xn--d9juau41awczczp", L"\x305D\x306E\x30B9\x30D4\x30FC\x30C9\x3067", "(R)");
    Name(L"\x4E2D\x3002\x6587\xFF0E" L"cn", L"xn--fiq.xn--7dv.cn", L"\x4E2D.\x6587.cn", "dots of other scripts");
    Name(L"www.example.com.", L"www.example.com.", L"www.example.com.", "the root's dot");
    Ok(NameToNameprep(0, L"B\x00DC" L"CHER\x00AD.\xFF41.COM", -1, Out, 256) == 13 && wcscmp(Out, L"b\x00FC"
       L"cher.a.com") == 0, "prepared: mapped, dropped, lower case");
    Ok(NameToAscii(0, L"b\x00FC" L"cher", 6, Out, 256) == 13, "a length: no zero");
    Ok(NameToAscii(0, L"b\x00FC" L"cher", -1, NULL, 0) == 14, "no room: how much is wanted");
    Ok(NameToAscii(0, L"b\x00FC" L"cher", -1, Out, 5) == 0 && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "too little");
}

static void NoNames(void)
{
    WCHAR Long[80];

    for (int i = 0; i < 64; i++) {
        Long[i] = L'a';
    }
    Long[64] = 0;
    NoName(0, Long, "64 characters in a label");
    Long[63] = 0;
    Ok(NameToAscii(0, Long, -1, Out, 256) == 64, "63 are one");
    NoName(0, L"a..b", "nothing between two dots");
    NoName(0, L".", "a dot");
    NoName(0, L"a\x2028" L"b", "what names may not have");
    NoName(0, L"\x0628" L"a", "from right to left and from left to right");
    NoName(0, L"\x0221.example", "not assigned in Unicode 3.2");
    Ok(NameToAscii(IDN_ALLOW_UNASSIGNED, L"\x0221.example", -1, Out, 256) > 0, "IDN_ALLOW_UNASSIGNED");
    Ok(NameToAscii(0, L"a_b", -1, Out, 256) == 4, "an underscore");
    NoName(IDN_USE_STD3_ASCII_RULES, L"a_b", "IDN_USE_STD3_ASCII_RULES: no underscore");
    NoName(IDN_USE_STD3_ASCII_RULES, L"-ab", "no hyphen at the start");
    NoName(IDN_USE_STD3_ASCII_RULES, L"ab-", "or the end");
    NoName(0, L"xn--b\x00FC" L"cher", "the prefix and what it is for");
    SetLastError(0);
    Ok(NameToUnicode(0, L"xn--a-\x00FC", -1, Out, 256) == 0 && GetLastError() == ERROR_INVALID_NAME, "no Punycode");
    SetLastError(0);
    Ok(NameToUnicode(0, L"xn--99999999999", -1, Out, 256) == 0 && GetLastError() == ERROR_INVALID_NAME, "a number too large");
    Ok(NameToAscii(0x8000, L"a", -1, Out, 256) == 0 && GetLastError() == ERROR_INVALID_FLAGS, "no such flag");
    Ok(NameToAscii(0, NULL, -1, Out, 256) == 0 && GetLastError() == ERROR_INVALID_PARAMETER, "no name");
    Ok(NameToAscii(0, L"\xD800", -1, Out, 256) == 0 && GetLastError() != 0, "half a pair");
}

/* ntdll's own, on which these stand. */
static void Native(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");
    LONG(WINAPI *RtlNormalize)(ULONG, LPCWSTR, LONG, LPWSTR, LONG *) = (void *)GetProcAddress(Ntdll, "RtlNormalizeString");
    LONG(WINAPI *RtlIsNormalized)(ULONG, LPCWSTR, LONG, BOOLEAN *) = (void *)GetProcAddress(Ntdll, "RtlIsNormalizedString");
    LONG(WINAPI *RtlToAscii)(ULONG, LPCWSTR, LONG, LPWSTR, LONG *) = (void *)GetProcAddress(Ntdll, "RtlIdnToAscii");
    LONG Length = 64;
    BOOLEAN Is_ = 77;

    Ok(RtlNormalize(2, L"\x00C5", -1, Out, &Length) == 0 && Length == 3, "RtlNormalizeString");
    Length = 1;
    Ok((ULONG)RtlNormalize(2, L"\x00C5", -1, Out, &Length) == 0xC0000023 && Length >= 3, "STATUS_BUFFER_TOO_SMALL");
    Length = 64;
    Ok((ULONG)RtlNormalize(2, L"a\xD800", -1, Out, &Length) == 0xC0000717 && Length == 1, "STATUS_NO_UNICODE_TRANSLATION");
    Ok(RtlIsNormalized(1, L"\x00C5", -1, &Is_) == 0 && Is_ == TRUE && RtlIsNormalized(2, L"\x00C5", -1, &Is_) == 0 && Is_ == FALSE, "RtlIsNormalizedString");
    Length = 64;
    Ok((ULONG)RtlToAscii(0, L"a..b", -1, Out, &Length) == 0xC0000716, "RtlIdnToAscii: STATUS_INVALID_IDN_NORMALIZATION");
}

/* ---- a file of cases --------------------------------------------------------------------------------------------------------------------- */

/* The next field of a line: its units, and how many. */
static int Field(char **At, WCHAR *Units)
{
    int Count = 0;

    for (*At += **At == ';'; **At != ';' && **At != 0; *At += 4) {
        char Four[5] = {(*At)[0], (*At)[1], (*At)[2], (*At)[3], 0};
        Units[Count++] = (WCHAR)strtoul(Four, NULL, 16);
    }
    Units[Count] = 0;
    return Count;
}

static int NormalCase(char *At)
{
    WCHAR Source[256], Wanted[512];
    int Length = Field(&At, Source), Good = 1;

    for (int i = 0; i < 4; i++) {
        int Count = Field(&At, Wanted), Got = Normalize(Forms[i], Source, Length, Out, 1024);
        Good &= Got == Count && memcmp(Out, Wanted, (size_t)Count * sizeof(WCHAR)) == 0 &&
                IsNormalized(Forms[i], Source, Length) == (Count == Length && memcmp(Source, Wanted, (size_t)Count * sizeof(WCHAR)) == 0);
    }
    return Good;
}

static int NameCase(char *At)
{
    WCHAR Source[256], Ascii[256], Unicode[256];
    int Length = Field(&At, Source), Count = Field(&At, Ascii), Back = Field(&At, Unicode);

    int Got = NameToAscii(0, Source, Length, Out, 1024);
    if (Got != Count || memcmp(Out, Ascii, (size_t)Count * sizeof(WCHAR)) != 0) {
        return 0;
    }
    Got = Count != 0 ? NameToUnicode(0, Ascii, Count, Out, 1024) : 0;
    return Got == Back && memcmp(Out, Unicode, (size_t)Back * sizeof(WCHAR)) == 0;
}

static int Cases(const char *Name)
{
    static char Line[8192];
    FILE *File = fopen(Name, "r");
    int Count = 0, Wrong = 0;

    while (File != NULL && fgets(Line, sizeof(Line), File) != NULL) {
        Line[strcspn(Line, "\r\n")] = 0;
        char *At = Line + 1;
        if (!(Line[0] == 'N' ? NormalCase(At) : NameCase(At)) && Wrong++ < 20) {
            printf("# wrong: %s\n", Line);
        }
        Count++;
    }
    Ok(Count != 0 && Wrong == 0, "%d cases, %d wrong", Count, Wrong);
    return Count;
}

int main(int Count, char **Arguments)
{
    Normaliz = LoadLibraryA("normaliz.dll");
    Normalize = (void *)GetProcAddress(Normaliz, "NormalizeString");
    IsNormalized = (void *)GetProcAddress(Normaliz, "IsNormalizedString");
    NameToAscii = (void *)GetProcAddress(Normaliz, "IdnToAscii");
    NameToUnicode = (void *)GetProcAddress(Normaliz, "IdnToUnicode");
    NameToNameprep = (void *)GetProcAddress(Normaliz, "IdnToNameprepUnicode");
    if (Count == 2) {
        Cases(Arguments[1]);
    } else {
        NormalForms();
        NormalErrors();
        Names();
        NoNames();
        Native();
    }
    return Done();
}

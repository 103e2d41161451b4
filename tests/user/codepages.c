/* SPDX-License-Identifier: MIT */
/*
 * codepages.c - MultiByteToWideChar and WideCharToMultiByte: each flag, each error and their order; UTF-8, UTF-7, the symbol page; what is told of a
 * page; ntdll's conversions between bytes and UTF-16.
 */
#define _WIN32_WINNT 0x0A00
#include "native.h"
#include <string.h>
#include "win32.h"

#ifndef CP_SYMBOL
#define CP_SYMBOL 42
#endif

static WCHAR Wide[64];
static char Bytes[64];

/* Both directions: the first gives the second, whose last error is Error if the count is 0. */
static void Widened(UINT Page, DWORD Flags, const char *From, int Length, const WCHAR *To, int Count, const char *What)
{
    memset(Wide, 0x55, sizeof(Wide));
    int Counted = MultiByteToWideChar(Page, Flags, From, Length, NULL, 0), Got = MultiByteToWideChar(Page, Flags, From, Length, Wide, 64);
    Ok(Got == Count && Counted == Count && memcmp(Wide, To, (size_t)Count * sizeof(WCHAR)) == 0 && Wide[Count] == 0x5555, "%s", What);
    for (int i = 0; i < Got && Got != Count; i++) {
        printf("#   %04x\n", Wide[i]);
    }
}

static void Narrowed(UINT Page, DWORD Flags, const WCHAR *From, int Length, const char *To, int Count, const char *What)
{
    memset(Bytes, 0x55, sizeof(Bytes));
    int Counted = WideCharToMultiByte(Page, Flags, From, Length, NULL, 0, NULL, NULL);
    int Got = WideCharToMultiByte(Page, Flags, From, Length, Bytes, 64, NULL, NULL);
    if (!Ok(Got == Count && Counted == Count && memcmp(Bytes, To, (size_t)Count) == 0 && Bytes[Count] == 0x55, "%s", What)) {
        printf("#   %d %d: %.*s\n", Counted, Got, Got, Bytes);
    }
}

static void NotWidened(UINT Page, DWORD Flags, const char *From, int Length, PVOID To, int Size, DWORD Error, const char *What)
{
    SetLastError(0xBEEF);
    Fails(MultiByteToWideChar(Page, Flags, From, Length, To, Size), Error, What);
}

static void NotNarrowed(UINT Page, DWORD Flags, const WCHAR *From, int Length, PVOID To, int Size, const char *Default, BOOL *Used, DWORD Error,
                        const char *What)
{
    SetLastError(0xBEEF);
    Fails(WideCharToMultiByte(Page, Flags, From, Length, To, Size, Default, Used), Error, What);
}

static void ErrorsOfWidening(void)
{
    NotWidened(1252, 0, NULL, 1, Wide, 64, ERROR_INVALID_PARAMETER, "no source");
    NotWidened(1252, 0, "a", 0, Wide, 64, ERROR_INVALID_PARAMETER, "a source of no length");
    NotWidened(1252, 0, "a", 1, NULL, 1, ERROR_INVALID_PARAMETER, "room, but no target");
    NotWidened(1252, 0, "a", 1, Wide, -1, ERROR_INVALID_PARAMETER, "less than no room");
    NotWidened(1252, 0, Bytes, 1, Bytes, 64, ERROR_INVALID_PARAMETER, "source and target are one");
    NotWidened(54321, 0, "a", 1, Wide, 64, ERROR_INVALID_PARAMETER, "no such page");
    NotWidened(1252, 0x80000000, "a", 1, Wide, 64, ERROR_INVALID_FLAGS, "no such flag");
    NotWidened(1252, MB_PRECOMPOSED | MB_COMPOSITE, "a", 1, Wide, 64, ERROR_INVALID_FLAGS, "precomposed and composite");
    NotWidened(1252, 0x80000000, "a", 0, Wide, 64, ERROR_INVALID_PARAMETER, "parameters before flags");
    NotWidened(CP_UTF8, MB_PRECOMPOSED, "a", 1, Wide, 64, ERROR_INVALID_FLAGS, "UTF-8 knows MB_ERR_INVALID_CHARS only");
    NotWidened(CP_UTF7, MB_ERR_INVALID_CHARS, "a", 1, Wide, 64, ERROR_INVALID_FLAGS, "UTF-7 knows no flag");
    NotWidened(CP_SYMBOL, MB_ERR_INVALID_CHARS, "a", 1, Wide, 64, ERROR_INVALID_FLAGS, "nor does the symbol page");
    NotWidened(1252, 0, "ab", 2, Wide, 1, ERROR_INSUFFICIENT_BUFFER, "too small");
    Is(Wide[0], L'a', "what fits is there");
    NotWidened(CP_UTF8, 0, "\xF0\x9F\x98\x80", 4, Wide, 1, ERROR_INSUFFICIENT_BUFFER, "half a pair does not fit");
    NotWidened(1253, MB_ERR_INVALID_CHARS, "\xAA", 1, Wide, 64, ERROR_NO_UNICODE_TRANSLATION, "a byte that 1253 does not assign");
    Widened(1252, MB_ERR_INVALID_CHARS, "\x90", 1, L"\x90", 1, "1252 assigns all");
    Widened(1252, 0, "ab", -7, L"ab", 3, "any negative length is to the end");
}

static void Utf8(void)
{
    static const char Bad[][5] = {"\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xF8"};
    static const int Replacements[] = {1, 2, 3, 4, 1, 1};

    for (int i = 0; i < 6; i++) {
        NotWidened(CP_UTF8, MB_ERR_INVALID_CHARS, Bad[i], (int)strlen(Bad[i]), Wide, 64, ERROR_NO_UNICODE_TRANSLATION, "not well-formed");
        Widened(CP_UTF8, 0, Bad[i], (int)strlen(Bad[i]), L"\xFFFD\xFFFD\xFFFD\xFFFD", Replacements[i], "as many replacements as parts");
    }
    Widened(CP_UTF8, 0, "\xE2\x82" "a", 3, L"\xFFFD" L"a", 2, "a cut sequence is one part");
    Widened(CP_UTF8, MB_ERR_INVALID_CHARS, "\xEF\xBF\xBF\xF4\x8F\xBF\xBF", 7, L"\xFFFF\xDBFF\xDFFF", 3, "noncharacters are characters");
    Narrowed(CP_UTF8, 0, L"\xD800" L"a", 2, "\xEF\xBF\xBD" "a", 4, "half a pair is written as U+FFFD");
    NotNarrowed(CP_UTF8, WC_ERR_INVALID_CHARS, L"\xDC00", 1, Bytes, 64, NULL, NULL, ERROR_NO_UNICODE_TRANSLATION, "or refused");
    NotNarrowed(CP_UTF8, 0, L"\x20AC", 1, Bytes, 2, NULL, NULL, ERROR_INSUFFICIENT_BUFFER, "too small");
}

static void Utf7(void)
{
    Narrowed(CP_UTF7, 0, L"\x4F60\x597D\x5417", -1, "+T2BZfVQX-", 11, "UTF-7");
    Narrowed(CP_UTF7, 0, L"a+b", 3, "a+-b", 4, "a plus sign");
    Narrowed(CP_UTF7, 0, L"\x2672+\x2672", 3, "+JnI-+-+JnI-", 12, "ends a run");
    Narrowed(CP_UTF7, 0, L"1 ~", 3, "1 +AH4-", 7, "what is not written directly");
    Widened(CP_UTF7, 0, "+T2BZfVQX-", -1, L"\x4F60\x597D\x5417", 4, "and back");
    Widened(CP_UTF7, 0, "+T2B-x+-+T2-y", 13, L"\x4F60x+y", 4, "bits that fill no character are dropped");
    Widened(CP_UTF7, 0, "+B\x80+AAA", 7, L"\x80\x0400\x0000", 2, "but not by a byte that is no ASCII");
    SetLastError(0xBEEF);
    Ok(MultiByteToWideChar(CP_UTF7, 0, "+", 1, Wide, 64) == 0 && GetLastError() == 0xBEEF, "a plus sign alone is nothing, and no error");
}

static void Symbols(void)
{
    Widened(CP_SYMBOL, 0, "\t\x20\xFF", 3, L"\t\xF020\xF0FF", 3, "symbols");
    Narrowed(CP_SYMBOL, 0, L"\x1F\xF041", 2, "\x1F" "A", 2, "and back");
    NotNarrowed(CP_SYMBOL, 0, L"A", 1, Bytes, 64, NULL, NULL, ERROR_NO_UNICODE_TRANSLATION, "no symbol");
    NotNarrowed(CP_SYMBOL, 1, L"A", 1, Bytes, 64, "?", NULL, ERROR_INVALID_FLAGS, "flags come first here");
}

static void ErrorsOfNarrowing(void)
{
    BOOL Used = 77;

    NotNarrowed(1252, 0, NULL, 1, Bytes, 64, NULL, NULL, ERROR_INVALID_PARAMETER, "no source");
    NotNarrowed(1252, 0, L"a", 0, Bytes, 64, NULL, NULL, ERROR_INVALID_PARAMETER, "a source of no length");
    NotNarrowed(1252, 0, L"a", 1, NULL, 1, NULL, NULL, ERROR_INVALID_PARAMETER, "room, but no target");
    NotNarrowed(1252, 0, L"a", 1, Bytes, -1, NULL, NULL, ERROR_INVALID_PARAMETER, "less than no room");
    NotNarrowed(1252, 0, Wide, 1, Wide, 64, NULL, NULL, ERROR_INVALID_PARAMETER, "source and target are one");
    NotNarrowed(54321, 0, L"a", 1, Bytes, 64, NULL, NULL, ERROR_INVALID_PARAMETER, "no such page");
    NotNarrowed(1252, 0x80000000, L"a", 1, Bytes, 64, NULL, NULL, ERROR_INVALID_FLAGS, "no such flag");
    NotNarrowed(CP_UTF8, 0, L"a", 1, Bytes, 64, "?", NULL, ERROR_INVALID_PARAMETER, "UTF-8 has no default character");
    NotNarrowed(CP_UTF8, 0, L"a", 1, Bytes, 64, NULL, &Used, ERROR_INVALID_PARAMETER, "and does not say that it used it");
    NotNarrowed(CP_UTF7, 1, L"a", 1, Bytes, 64, NULL, &Used, ERROR_INVALID_PARAMETER, "parameters before flags");
    NotNarrowed(CP_UTF7, 1, L"a", 1, Bytes, 64, NULL, NULL, ERROR_INVALID_FLAGS, "UTF-7 knows no flag");
    Is((ULONG)Used, 77, "nothing was stored");
    NotNarrowed(1252, 0, L"ab", 2, Bytes, 1, NULL, NULL, ERROR_INSUFFICIENT_BUFFER, "too small");
    Is((UCHAR)Bytes[0], 'a', "what fits is there");
}

static void Defaults(void)
{
    BOOL Used = 77;

    Narrowed(1252, 0, L"\x4E2D\x0101\xFF21", 3, "?aA", 3, "no character, a letter without its mark, a wide letter");
    Narrowed(1252, WC_NO_BEST_FIT_CHARS, L"\x4E2D\x0101\xFF21", 3, "???", 3, "WC_NO_BEST_FIT_CHARS");
    Ok(WideCharToMultiByte(1252, 0, L"\x0101", 1, Bytes, 64, "#", &Used) == 1 && Bytes[0] == 'a' && !Used, "a best fit is no default");
    Ok(WideCharToMultiByte(1252, WC_NO_BEST_FIT_CHARS, L"\x0101", 1, Bytes, 64, "#", &Used) == 1 && Bytes[0] == '#' && Used, "a default is");
    Ok(WideCharToMultiByte(1252, 0, L"\x4E2D", 1, NULL, 0, "#", &Used) == 1 && Used, "counting says so, too");
    Narrowed(1252, 0, L"\x20AC\xE9\x81", 3, "\x80\xE9\x81", 3, "1252");
    Narrowed(437, 0, L"\xE9\x2588", 2, "\x82\xDB", 2, "437");
    Narrowed(28605, 0, L"\x20AC", 1, "\xA4", 1, "28605");
    Narrowed(866, 0, L"\x0416", 1, "\x86", 1, "866");
    Narrowed(CP_ACP, 0, L"\x20AC", 1, "\x80", 1, "CP_ACP");
    Narrowed(CP_OEMCP, 0, L"\x2588", 1, "\xDB", 1, "CP_OEMCP");
    Narrowed(CP_THREAD_ACP, 0, L"\x20AC", 1, "\x80", 1, "CP_THREAD_ACP");
}

static void Marks(void)
{
    Widened(1252, MB_COMPOSITE, "a\xE9", 2, L"ae\x301", 3, "MB_COMPOSITE: letters and marks apart");
    Widened(1252, MB_PRECOMPOSED, "a\xE9", 2, L"a\xE9", 2, "MB_PRECOMPOSED: together");
    Narrowed(1252, WC_COMPOSITECHECK, L"ae\x301z", 4, "a\xE9z", 3, "WC_COMPOSITECHECK puts them together");
    Narrowed(1252, WC_COMPOSITECHECK | WC_DISCARDNS, L"x\x301z", 3, "xz", 2, "WC_DISCARDNS: a mark that cannot be is dropped");
    Narrowed(437, 0, L"\x263A", 1, "\x01", 1, "a smile is a byte of 437");
    Widened(437, MB_USEGLYPHCHARS, "\x01\x03" "A\x7F\xDB", 5, L"\x263A\x2665" L"A\x2302\x2588", 5, "MB_USEGLYPHCHARS");
    Widened(437, 0, "\x01\x7F", 2, L"\x01\x7F", 2, "without it they are controls");
    Ok(FoldStringW(MAP_COMPOSITE, L"\x1EA4", 1, Wide, 64) == 3 && memcmp(Wide, L"A\x302\x301", 6) == 0, "MAP_COMPOSITE");
    Ok(FoldStringW(MAP_PRECOMPOSED, L"A\x302\x301z", 4, Wide, 64) == 2 && memcmp(Wide, L"\x1EA4z", 4) == 0, "MAP_PRECOMPOSED");
}

static void Pages(void)
{
    CPINFO Info;
    CPINFOEXW Extended;

    Ok(GetCPInfo(1252, &Info) && Info.MaxCharSize == 1 && Info.DefaultChar[0] == '?' && Info.LeadByte[0] == 0, "1252: one byte each");
    Ok(GetCPInfo(CP_UTF8, &Info) && Info.MaxCharSize == 4, "UTF-8: up to four");
    Ok(GetCPInfo(CP_UTF7, &Info) && Info.MaxCharSize == 5, "UTF-7: five");
    SetLastError(0);
    Fails(GetCPInfo(54321, &Info), ERROR_INVALID_PARAMETER, "no such page");
    Fails(GetCPInfo(1252, NULL), ERROR_INVALID_PARAMETER, "nowhere to put it");
    Ok(GetCPInfoExW(CP_ACP, 0, &Extended) && Extended.CodePage == GetACP() && Extended.UnicodeDefaultChar == '?', "GetCPInfoEx says which CP_ACP is");
    Ok(GetCPInfoExW(CP_UTF8, 0, &Extended) && Extended.UnicodeDefaultChar == 0xFFFD && wcscmp(Extended.CodePageName, L"65001 (UTF-8)") == 0, "UTF-8");
    Ok(IsValidCodePage(1252) && IsValidCodePage(CP_UTF8) && IsValidCodePage(CP_UTF7), "valid pages");
    Ok(!IsValidCodePage(CP_ACP) && !IsValidCodePage(CP_OEMCP) && !IsValidCodePage(54321), "a placeholder is no page");
    Ok(!IsDBCSLeadByte(0x81) && !IsDBCSLeadByteEx(1252, 0x81) && !IsDBCSLeadByteEx(CP_UTF8, 0xC3), "no lead bytes");
}

/* ---- ntdll ------------------------------------------------------------------------------------------------------------------------------- */

NATIVE(RtlUTF8ToUnicodeN, (PWSTR To, ULONG Size, PULONG Result, const char *From, ULONG Length), (To, Size, Result, From, Length))
NATIVE(RtlUnicodeToUTF8N, (PSTR To, ULONG Size, PULONG Result, const WCHAR *From, ULONG Length), (To, Size, Result, From, Length))
NATIVE(RtlMultiByteToUnicodeN, (PWSTR To, ULONG Size, PULONG Result, const char *From, ULONG Length), (To, Size, Result, From, Length))
NATIVE(RtlUnicodeToMultiByteN, (PSTR To, ULONG Size, PULONG Result, const WCHAR *From, ULONG Length), (To, Size, Result, From, Length))
NATIVE(RtlUpcaseUnicodeToMultiByteN, (PSTR To, ULONG Size, PULONG Result, const WCHAR *From, ULONG Length), (To, Size, Result, From, Length))
NATIVE(RtlOemToUnicodeN, (PWSTR To, ULONG Size, PULONG Result, const char *From, ULONG Length), (To, Size, Result, From, Length))
NATIVE(RtlUnicodeToOemN, (PSTR To, ULONG Size, PULONG Result, const WCHAR *From, ULONG Length), (To, Size, Result, From, Length))
NATIVE(RtlMultiByteToUnicodeSize, (PULONG Result, const char *From, ULONG Length), (Result, From, Length))

static void NativeUtf8(void)
{
    ULONG Size = 0;

    Is((ULONG)RtlUTF8ToUnicodeN(Wide, sizeof(Wide), &Size, "a\xC3\xA9\xF0\x9F\x98\x80", 7), 0, "RtlUTF8ToUnicodeN");
    Ok(Size == 8 && memcmp(Wide, L"a\xE9\xD83D\xDE00", 8) == 0, "counts bytes");
    Is((ULONG)RtlUTF8ToUnicodeN(NULL, 0, &Size, "a\xC3", 2), 0x107, "STATUS_SOME_NOT_MAPPED, also when counting");
    Is(Size, 4, "the replacement counts");
    Is((ULONG)RtlUTF8ToUnicodeN(Wide, 2, &Size, "ab", 2), 0xC0000023, "STATUS_BUFFER_TOO_SMALL");
    Ok(Size == 2 && Wide[0] == 'a', "with what fits");
    Is((ULONG)RtlUTF8ToUnicodeN(Wide, 2, &Size, NULL, 2), 0xC00000F2, "no source");
    Is((ULONG)RtlUTF8ToUnicodeN(NULL, 2, NULL, "a", 1), 0xC000000D, "nothing to put anywhere");
    Is((ULONG)RtlUnicodeToUTF8N(Bytes, sizeof(Bytes), &Size, L"\x20AC\xD800", 4), 0x107, "RtlUnicodeToUTF8N: half a pair");
    Ok(Size == 6 && memcmp(Bytes, "\xE2\x82\xAC\xEF\xBF\xBD", 6) == 0, "is replaced");
    Is((ULONG)RtlUnicodeToUTF8N(Bytes, 4, &Size, L"\x20AC\x20AC", 4), 0xC0000023, "too small");
    Is(Size, 3, "no character is cut");
    Is((ULONG)RtlUnicodeToUTF8N(Bytes, 4, &Size, L"a", 1), 0xC00000F3, "half a character of source");
}

static void NativePages(void)
{
    NTSTATUS(NTAPI * SizeOf)(PULONG, PWCH, ULONG) = (void *)GetProcAddress(GetModuleHandleA("ntdll"), "RtlUnicodeToMultiByteSize");
    ULONG Size = 0;

    Is((ULONG)RtlMultiByteToUnicodeN(Wide, sizeof(Wide), &Size, "\x80" "a", 2), 0, "RtlMultiByteToUnicodeN");
    Ok(Size == 4 && Wide[0] == 0x20AC, "by the ANSI page");
    Ok(RtlMultiByteToUnicodeN(Wide, 3, &Size, "ab", 2) == 0 && Size == 2, "cuts without a word");
    Ok(RtlUnicodeToMultiByteN(Bytes, sizeof(Bytes), NULL, L"\x20AC\x4E2D", 4) == 0 && memcmp(Bytes, "\x80?", 2) == 0, "RtlUnicodeToMultiByteN");
    Ok(RtlUnicodeToMultiByteN(Bytes, 1, &Size, L"ab", 4) == 0 && Size == 1, "cuts as well");
    Ok(RtlUpcaseUnicodeToMultiByteN(Bytes, 2, &Size, L"\xE9z", 4) == 0 && memcmp(Bytes, "\xC9Z", 2) == 0, "in upper case");
    Ok(RtlOemToUnicodeN(Wide, sizeof(Wide), &Size, "\xDB", 1) == 0 && Wide[0] == 0x2588 && Size == 2, "RtlOemToUnicodeN");
    Ok(RtlUnicodeToOemN(Bytes, sizeof(Bytes), &Size, L"\x2588", 2) == 0 && (UCHAR)Bytes[0] == 0xDB && Size == 1, "RtlUnicodeToOemN");
    Ok(RtlMultiByteToUnicodeSize(&Size, "abc", 3) == 0 && Size == 6, "RtlMultiByteToUnicodeSize");
    Ok(SizeOf(&Size, L"abc", 6) == 0 && Size == 3, "RtlUnicodeToMultiByteSize");
}

int main(void)
{
    ErrorsOfWidening();
    Utf8();
    Utf7();
    Symbols();
    ErrorsOfNarrowing();
    Defaults();
    Marks();
    Pages();
    NativeUtf8();
    NativePages();
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * doublebyte.c - the double-byte code pages (932, 936, 949, 950) and others that lie in files: characters there and back, lead bytes, sequences that are cut,
 * default characters, best fits, what is told of a page.
 *
 * usage: doublebyte         the test
 *        doublebyte FILE    tables that somebody else has worked out (tests/system/test_unicode.py), in lines of 256 fields of four characters: "----" is
 *                           no character, "????" is not looked at, "LLLL" is a lead byte
 *                           S;page;fields         characters of single bytes
 *                           D;page;lead;fields    characters of a lead byte with each trail byte
 *                           B;page;upper;fields   codes of the characters with this upper byte
 *                           G;page;upper;fields   the same in fields of eight, there and back
 */
#include <windows.h>
#include <stdlib.h>
#include <string.h>
#include "win32.h"

static WCHAR Wide[64];
static char Bytes[64];

static void Widened(UINT Page, DWORD Flags, const char *From, int Length, const WCHAR *To, int Count, const char *What)
{
    memset(Wide, 0x55, sizeof(Wide));
    int Counted = MultiByteToWideChar(Page, Flags, From, Length, NULL, 0), Got = MultiByteToWideChar(Page, Flags, From, Length, Wide, 64);
    if (!Ok(Got == Count && Counted == Count && memcmp(Wide, To, (size_t)Count * sizeof(WCHAR)) == 0 && Wide[Count] == 0x5555, "%u: %s", Page, What)) {
        printf("#   %d %d: %04x %04x, error %lu\n", Counted, Got, Wide[0], Wide[1], GetLastError());
    }
}

static void Narrowed(UINT Page, DWORD Flags, const WCHAR *From, int Length, const char *To, int Count, int Lossy, const char *What)
{
    BOOL Used = 77;

    memset(Bytes, 0x55, sizeof(Bytes));
    int Counted = WideCharToMultiByte(Page, Flags, From, Length, NULL, 0, NULL, NULL);
    int Got = WideCharToMultiByte(Page, Flags, From, Length, Bytes, 64, NULL, &Used);
    if (!Ok(Got == Count && Counted == Count && memcmp(Bytes, To, (size_t)Count) == 0 && Bytes[Count] == 0x55 && Used == Lossy, "%u: %s", Page, What)) {
        printf("#   %d %d, used %d: %.*s, error %lu\n", Counted, Got, Used, Got, Bytes, GetLastError());
    }
}

static void Both(UINT Page, const char *Text, const WCHAR *Characters, int Count, const char *What)
{
    Widened(Page, MB_ERR_INVALID_CHARS, Text, (int)strlen(Text), Characters, Count, What);
    Narrowed(Page, WC_NO_BEST_FIT_CHARS, Characters, Count, Text, (int)strlen(Text), FALSE, "and back");
}

static void Characters(void)
{
    Both(932, "a\x93\xFA\x96{\xB1\x83\\", L"a\x65E5\x672C\xFF71\x30BD", 5, "ASCII, kanji, half-width katakana, a trail byte that is ASCII");
    Both(932, "\x81\x45\x81\x60", L"\x30FB\xFF5E", 2, "the default character itself; the tilde that is Microsoft's");
    Both(932, "\xED\x40", L"\x7E8A", 0 + 1, "a character of NEC's");
    Both(936, "\xD6\xD0\xCE\xC4\x80", L"\x4E2D\x6587\x20AC", 3, "Chinese, and the euro");
    Both(936, "\x81\x40", L"\x4E02", 1, "beyond GB 2312");
    Both(949, "\xC7\xD1\xB1\xDB\x81\x41", L"\xD55C\xAE00\xAC02", 3, "Hangul, also beyond KS X 1001");
    Both(950, "\xA4\xA4\xA4\xE5\xA3\xE1", L"\x4E2D\x6587\x20AC", 3, "Chinese in Big5, and the euro");
    Both(936, "\xAA\xA1\xF8\xA1", L"\xE000\xE234", 2, "end-user characters");
    Both(949, "\xC9\xA1\xFE\xFE", L"\xE000\xE0BB", 2, "end-user characters");
    Both(950, "\xFA\x40\xC8\xFE", L"\xE000\xF848", 2, "end-user characters");
    Both(932, "\xF0\x40\xF9\xFC", L"\xE000\xE757", 2, "end-user characters");
    Both(874, "\xA1\x80", L"\x0E01\x20AC", 2, "Thai, one byte each");
    Both(28595, "\xB0\xF0", L"\x0410\x2116", 2, "Cyrillic of ISO");
    Both(10000, "\x8E\xF0", L"\xE9\xF8FF", 2, "a Macintosh's");
    Both(37, "\xC1\x40\xF1", L"A 1", 3, "EBCDIC");
}

static void Cut(void)
{
    Widened(932, 0, "a\x93", 2, L"a\x30FB", 2, "a lead byte at the end is the default character");
    Widened(936, 0, "a\xD6", 2, L"a?", 2, "a question mark here");
    Widened(932, 0, "\x93\0z", 3, L"\x30FB\0z", 3, "a zero is no trail byte");
    Widened(932, 0, "\x81\xAD", 2, L"\x30FB", 1, "a pair that is nobody's is one default character");
    Ok(MultiByteToWideChar(932, MB_ERR_INVALID_CHARS, "a\x93", 2, Wide, 64) == 0 && GetLastError() == ERROR_NO_UNICODE_TRANSLATION, "or an error");
    SetLastError(0);
    Ok(MultiByteToWideChar(932, MB_ERR_INVALID_CHARS, "\x81\xAD", 2, Wide, 64) == 0 && GetLastError() == ERROR_NO_UNICODE_TRANSLATION, "both of them");
    Ok(WideCharToMultiByte(932, 0, L"\x65E5\x672C", 2, Bytes, 3, NULL, NULL) == 0 && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "too small");
    Ok(MultiByteToWideChar(932, 0, "\x93\xFA\x96{", 4, Wide, 1) == 0 && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "too small for the other way");
}

static void Defaults(void)
{
    BOOL Used;

    Narrowed(932, 0, L"\x0E01", 1, "?", 1, TRUE, "a character that the page lacks");
    Narrowed(932, 0, L"\xA5\xE9", 2, "\\e", 2, FALSE, "best fits");
    Narrowed(932, WC_NO_BEST_FIT_CHARS, L"\xA5\xE9", 2, "??", 2, TRUE, "which may not be wanted");
    Ok(WideCharToMultiByte(932, 0, L"\x0E01", 1, Bytes, 64, "\x81\xAC", &Used) == 2 && memcmp(Bytes, "\x81\xAC", 2) == 0 && Used, "a default of two bytes");
    Ok(WideCharToMultiByte(932, 0, L"\x0E01", 1, Bytes, 64, "#", &Used) == 1 && Bytes[0] == '#' && Used, "of one");
    Narrowed(37, 0, L"\x0416", 1, "\x6F", 1, TRUE, "EBCDIC's question mark");
    Narrowed(936, 0, L"\xD83D\xDE00", 2, "??", 2, TRUE, "a pair is two");
}

/* GB 18030: four bytes are a character, too, and every character has a code. */
static void FourBytes(void)
{
    CPINFO Info;

    static const char Codes[] = "a\xD6\xD0\x81\x30\x81\x30\x90\x30\x81\x30\xE3\x32\x9A\x35";
    Widened(54936, MB_ERR_INVALID_CHARS, Codes, 15, L"a\x4E2D\x80\xD800\xDC00\xDBFF\xDFFF", 7, "one, two and four bytes");
    Narrowed(54936, WC_ERR_INVALID_CHARS, L"a\x4E2D\x80\xD800\xDC00\xDBFF\xDFFF", 7, Codes, 15, FALSE, "and back");
    Ok(WideCharToMultiByte(54936, 0, L"\xE9", 1, Bytes, 3, NULL, NULL) == 2 && MultiByteToWideChar(54936, 0, Bytes, 2, Wide, 64) == 1 && Wide[0] == 0xE9,
       "a letter of Pinyin has two");
    Ok(WideCharToMultiByte(54936, 0, L"\x80", 1, Bytes, 3, NULL, NULL) == 0 && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "four bytes, or none");
    Ok(MultiByteToWideChar(54936, MB_ERR_INVALID_CHARS, "\x81\x30\x81", 3, Wide, 64) == 0 && GetLastError() == ERROR_NO_UNICODE_TRANSLATION, "a cut code");
    SetLastError(0);
    Ok(MultiByteToWideChar(54936, MB_ERR_INVALID_CHARS, "\x84\x31\xA5\x30", 4, Wide, 64) == 0 && GetLastError() == ERROR_NO_UNICODE_TRANSLATION,
       "a number between the planes");
    SetLastError(0);
    Ok(WideCharToMultiByte(54936, WC_ERR_INVALID_CHARS, L"\xD800", 1, Bytes, 64, NULL, NULL) == 0 && GetLastError() == ERROR_NO_UNICODE_TRANSLATION,
       "half a pair");
    Ok(MultiByteToWideChar(54936, MB_COMPOSITE, "a", 1, Wide, 64) == 0 && GetLastError() == ERROR_INVALID_FLAGS, "one flag is known");
    Ok(GetCPInfo(54936, &Info) && Info.MaxCharSize == 4 && !IsDBCSLeadByteEx(54936, 0x81), "four bytes at most, and no lead bytes");
}

static int Thai;

static BOOL CALLBACK Page(LPWSTR Name)
{
    Thai += wcscmp(Name, L"874") == 0 || wcscmp(Name, L"932") == 0;
    return TRUE;
}

static void Told(void)
{
    CPINFOEXW Extended;
    CPINFO Info;

    Ok(IsDBCSLeadByteEx(932, 0x81) && IsDBCSLeadByteEx(932, 0xE0) && !IsDBCSLeadByteEx(932, 0xB1) && !IsDBCSLeadByteEx(932, 'a'), "lead bytes of 932");
    Ok(IsDBCSLeadByteEx(936, 0x81) && IsDBCSLeadByteEx(936, 0xFE) && !IsDBCSLeadByteEx(936, 0x80), "of 936");
    Ok(GetCPInfo(932, &Info) && Info.MaxCharSize == 2 && Info.DefaultChar[0] == '?' && memcmp(Info.LeadByte, "\x81\x9F\xE0\xFC\0\0", 6) == 0, "GetCPInfo");
    Ok(GetCPInfo(874, &Info) && Info.MaxCharSize == 1 && Info.LeadByte[0] == 0, "of one byte");
    Ok(GetCPInfoExW(932, 0, &Extended) && Extended.UnicodeDefaultChar == 0x30FB && Extended.CodePage == 932 && wcsstr(Extended.CodePageName, L"932") != NULL,
       "GetCPInfoEx");
    Ok(IsValidCodePage(932) && IsValidCodePage(936) && IsValidCodePage(949) && IsValidCodePage(950) && IsValidCodePage(874) && !IsValidCodePage(933 + 1),
       "IsValidCodePage");
    Ok(EnumSystemCodePagesW(Page, CP_INSTALLED) && Thai == 2, "EnumSystemCodePages");
    Ok(CharNextExA(932, "\x93\xFAz", 0)[0] == 'z' && CharNextExA(1252, "\x93z", 0)[0] == 'z', "CharNextEx");
}

/* ---- a file of tables -------------------------------------------------------------------------------------------------------------------- */

static int WrongField(UINT Page, const char *Four, int Lead, int Index, char Kind)
{
    char Text[2] = {(char)(Lead < 0 ? Index : Lead), (char)Index};
    BOOL Used = FALSE;
    int Got;

    if (memcmp(Four, "????", 4) == 0 || memcmp(Four, "LLLL", 4) == 0) {
        return memcmp(Four, "LLLL", 4) == 0 && !IsDBCSLeadByteEx(Page, (BYTE)Index);
    }
    char Digits[5] = {Four[0], Four[1], Four[2], Four[3], 0};
    ULONG Wanted = strtoul(Digits, NULL, 16);
    if (Kind != 'B') {
        Got = MultiByteToWideChar(Page, MB_ERR_INVALID_CHARS, Text, Lead < 0 ? 1 : 2, Wide, 64);
        return Four[0] == '-' ? Got != 0 : Got != 1 || Wide[0] != Wanted;
    }
    WCHAR Character = (WCHAR)(Lead << 8 | Index);
    Got = WideCharToMultiByte(Page, WC_NO_BEST_FIT_CHARS, &Character, 1, Bytes, 64, NULL, &Used);
    if (Four[0] == '-') {
        return !Used;
    }
    return Used || Got != (Wanted >= 0x100 ? 2 : 1) || (Got == 2 ? (UCHAR)Bytes[0] << 8 | (UCHAR)Bytes[1] : (UCHAR)Bytes[0]) != (int)Wanted;
}

/* Of eight digits: without leading zeros, the bytes of the code. */
static int WrongCode(UINT Page, const char *Eight, WCHAR Character)
{
    char Digits[9] = {0}, Code[4];
    int Length = 0;

    memcpy(Digits, Eight, 8);
    ULONG Wanted = strtoul(Digits, NULL, 16);
    for (int Shift = 24; Shift >= 0; Shift -= 8) {
        if (Length != 0 || Shift == 0 || Wanted >> Shift != 0) {
            Code[Length++] = (char)(Wanted >> Shift);
        }
    }
    if (Eight[0] == '-') {
        return WideCharToMultiByte(Page, WC_ERR_INVALID_CHARS, &Character, 1, Bytes, 64, NULL, NULL) != 0;
    }
    return WideCharToMultiByte(Page, WC_ERR_INVALID_CHARS, &Character, 1, Bytes, 64, NULL, NULL) != Length || memcmp(Bytes, Code, (size_t)Length) != 0 ||
           MultiByteToWideChar(Page, MB_ERR_INVALID_CHARS, Code, Length, Wide, 64) != 1 || Wide[0] != Character;
}

static void Tables(const char *Name)
{
    static char Line[4096];
    FILE *File = fopen(Name, "r");
    int Fields = 0, Wrong = 0;

    while (File != NULL && fgets(Line, sizeof(Line), File) != NULL) {
        char Kind = Line[0], *At;
        UINT Page = strtoul(Line + 2, &At, 10);
        int Lead = Kind == 'S' ? -1 : (int)strtoul(At + 1, &At, 16);
        for (int Index = 0; Index < 256; Index++, Fields++) {
            int Bad = Kind == 'G' ? WrongCode(Page, At + 1 + 8 * Index, (WCHAR)(Lead << 8 | Index)) : WrongField(Page, At + 1 + 4 * Index, Lead, Index, Kind);
            if (Bad && Wrong++ < 30) {
                printf("# %c %u %02x %02x: not %.4s\n", Kind, Page, Lead & 0xFF, Index, At + 1 + 4 * Index);
            }
        }
    }
    Ok(Fields != 0 && Wrong == 0, "%d characters, %d wrong", Fields, Wrong);
}

int main(int Count, char **Arguments)
{
    if (Count == 2) {
        Tables(Arguments[1]);
        return Done();
    }
    Characters();
    Cut();
    Defaults();
    FourBytes();
    Told();
    return Done();
}

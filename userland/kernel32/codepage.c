/* SPDX-License-Identifier: MIT */
/*
 * codepage.c - MultiByteToWideChar and WideCharToMultiByte, and what is known of a code page.
 *
 * The system is an English one: ANSI 1252, OEM 437, whose tables are ntdll's.  Other single-byte pages are tables here (nlsdata.c); UTF-8
 * and UTF-7 are algorithms; double-byte
 * pages are not there (ERROR_INVALID_PARAMETER, as on a Windows where they are not installed).  Each converter counts when the target is
 * empty and fails with ERROR_INSUFFICIENT_BUFFER when it is short: one Put helper does both.
 */
#include "k32.h"
#include <ntnls.h>
#include "nls.h"

VOID NTAPI RtlInitCodePageTable(PUSHORT Base, PCPTABLEINFO Table);

#define ANSI_PAGE 1252u
#define OEM_PAGE 437u

static UINT RealPage(UINT CodePage)
{
    switch (CodePage) {
    case CP_ACP:
    case CP_THREAD_ACP:
        return ANSI_PAGE;
    case CP_OEMCP:
        return OEM_PAGE;
    case CP_MACCP:
        return 10000;
    default:
        return CodePage;
    }
}

/* The system's own two are ntdll's, where the PEB points. */
static const NLS_CODE_PAGE *SystemPage(UINT Number)
{
    static NLS_CODE_PAGE Pages[2];
    NLS_CODE_PAGE *Page = &Pages[Number == OEM_PAGE];
    CPTABLEINFO Table;

    if (*(const uint8_t *const volatile *)&Page->Bytes == NULL) {
        RtlInitCodePageTable(Number == OEM_PAGE ? BasePeb()->OemCodePageData : BasePeb()->AnsiCodePageData, &Table);
        Page->Number = Number;
        Page->High = Table.MultiByteTable + 128;
        *(const uint8_t *volatile *)&Page->Bytes = Table.WideCharTable; /* last: another thread may be looking */
    }
    return Page;
}

static const NLS_CODE_PAGE *FindPage(UINT CodePage)
{
    UINT Real = RealPage(CodePage);

    if (Real == ANSI_PAGE || Real == OEM_PAGE) {
        return SystemPage(Real);
    }
    for (uint32_t i = 0; i < NlsCodePageCount; i++) {
        if (NlsCodePages[i].Number == Real) {
            return &NlsCodePages[i];
        }
    }
    return NULL;
}

UINT WINAPI GetACP(void)
{
    return ANSI_PAGE;
}

UINT WINAPI GetOEMCP(void)
{
    return OEM_PAGE;
}

BOOL WINAPI IsValidCodePage(UINT CodePage)
{
    if (CodePage == CP_ACP || CodePage == CP_OEMCP || CodePage == CP_MACCP || CodePage == CP_THREAD_ACP) {
        return FALSE;
    }
    return CodePage == CP_UTF8 || CodePage == CP_UTF7 || FindPage(CodePage) != NULL;
}

BOOL WINAPI GetCPInfo(UINT CodePage, LPCPINFO Info)
{
    UINT Real = RealPage(CodePage);

    if (Info == NULL || (Real != CP_UTF8 && Real != CP_UTF7 && FindPage(Real) == NULL)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    memset(Info, 0, sizeof(*Info));
    Info->MaxCharSize = Real == CP_UTF8 ? 4 : Real == CP_UTF7 ? 5 : 1;
    Info->DefaultChar[0] = '?';
    return TRUE;
}

/* The names Windows shows. */
static LPCWSTR PageName(UINT Page)
{
    static const struct { UINT Page; LPCWSTR Name; } Names[] = {
        {437, L"437   (OEM - United States)"}, {850, L"850   (OEM - Multilingual Latin I)"}, {852, L"852   (OEM - Latin II)"},
        {866, L"866   (OEM - Russian)"}, {1250, L"1250  (ANSI - Central Europe)"}, {1251, L"1251  (ANSI - Cyrillic)"},
        {1252, L"1252  (ANSI - Latin I)"}, {1253, L"1253  (ANSI - Greek)"}, {1254, L"1254  (ANSI - Turkish)"},
        {1255, L"1255  (ANSI - Hebrew)"}, {1256, L"1256  (ANSI - Arabic)"}, {1257, L"1257  (ANSI - Baltic)"},
        {1258, L"1258  (ANSI/OEM - Viet Nam)"}, {20127, L"20127 (US-ASCII)"}, {28591, L"28591 (ISO 8859-1 Latin I)"},
        {28605, L"28605 (ISO 8859-15 Latin 9)"}, {CP_UTF7, L"65000 (UTF-7)"}, {CP_UTF8, L"65001 (UTF-8)"},
    };

    for (ULONG i = 0; i < COUNT_OF(Names); i++) {
        if (Names[i].Page == Page) {
            return Names[i].Name;
        }
    }
    return NULL;
}

BOOL WINAPI GetCPInfoExW(UINT CodePage, DWORD Flags, LPCPINFOEXW Info)
{
    CPINFO Plain;

    if (Flags != 0 || Info == NULL || !GetCPInfo(CodePage, &Plain)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    memset(Info, 0, sizeof(*Info));
    memcpy(Info, &Plain, offsetof(CPINFO, LeadByte) + sizeof(Plain.LeadByte));
    Info->CodePage = RealPage(CodePage);
    Info->UnicodeDefaultChar = Info->CodePage == CP_UTF8 || Info->CodePage == CP_UTF7 ? 0xFFFD : L'?';
    LPCWSTR Name = PageName(Info->CodePage);
    if (Name != NULL) {
        wcscpy(Info->CodePageName, Name);
    } else {
        _snwprintf(Info->CodePageName, COUNT_OF(Info->CodePageName), L"%u", Info->CodePage);
    }
    return TRUE;
}

BOOL WINAPI IsDBCSLeadByteEx(UINT CodePage, BYTE Byte)
{
    UNUSED(CodePage);
    UNUSED(Byte);
    return FALSE; /* no double-byte page is there */
}

BOOL WINAPI IsDBCSLeadByte(BYTE Byte)
{
    UNUSED(Byte);
    return FALSE;
}

/* ---- to Unicode ------------------------------------------------------------------------------------------------------------------- */

typedef struct _SINK
{
    PVOID Target;
    int Size;   /* elements; 0: count only */
    int Length;
    BOOL Full;
} SINK;

static void PutWide(SINK *Sink, WCHAR Character)
{
    if (Sink->Size != 0) {
        if (Sink->Length >= Sink->Size) {
            Sink->Full = TRUE;
            return;
        }
        ((WCHAR *)Sink->Target)[Sink->Length] = Character;
    }
    Sink->Length++;
}

static void PutByte(SINK *Sink, UCHAR Byte)
{
    if (Sink->Size != 0) {
        if (Sink->Length >= Sink->Size) {
            Sink->Full = TRUE;
            return;
        }
        ((UCHAR *)Sink->Target)[Sink->Length] = Byte;
    }
    Sink->Length++;
}

static void PutCode(SINK *Sink, ULONG Code)
{
    if (Code >= 0x10000) {
        PutWide(Sink, (WCHAR)(0xD800 + ((Code - 0x10000) >> 10)));
        PutWide(Sink, (WCHAR)(0xDC00 + (Code & 0x3FF)));
    } else {
        PutWide(Sink, (WCHAR)Code);
    }
}

/* One UTF-8 sequence: its length, and the code point, or 0xFFFFFFFF for the longest part that is no character ("maximal subpart"). */
static int DecodeUtf8(const UCHAR *s, int Length, ULONG *Code)
{
    UCHAR c = s[0];
    int Need = c < 0x80 ? 0 : c >= 0xC2 && c <= 0xDF ? 1 : (c & 0xF0) == 0xE0 ? 2 : c >= 0xF0 && c <= 0xF4 ? 3 : -1;

    *Code = 0xFFFFFFFF;
    if (Need < 0) {
        return 1;
    }
    ULONG Value = Need == 0 ? c : Need == 1 ? c & 0x1F : Need == 2 ? c & 0x0F : c & 0x07;
    for (int i = 1; i <= Need; i++) {
        UCHAR Low = 0x80, High = 0xBF;
        if (i == 1) {
            Low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
            High = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
        }
        if (i >= Length || s[i] < Low || s[i] > High) {
            return i;
        }
        Value = (Value << 6) | (s[i] & 0x3F);
    }
    *Code = Value;
    return Need + 1;
}

static int CopyAsciiToWide(const UCHAR *Source, int Length, SINK *Sink)
{
    WCHAR *Target = Sink->Size != 0 ? Sink->Target : NULL;
    int Limit = Target != NULL && Sink->Size < Length ? Sink->Size : Length, i = 0;

    for (; i < Limit && Source[i] < 0x80; i++) {
        if (Target != NULL) {
            Target[i] = Source[i];
        }
    }
    Sink->Length = i;
    return i;
}

static BOOL FromUtf8(const UCHAR *Source, int Length, DWORD Flags, SINK *Sink)
{
    for (int i = CopyAsciiToWide(Source, Length, Sink); i < Length;) {
        ULONG Code;
        i += DecodeUtf8(Source + i, Length - i, &Code);
        if (Code == 0xFFFFFFFF) {
            if (Flags & MB_ERR_INVALID_CHARS) {
                return BaseFail(ERROR_NO_UNICODE_TRANSLATION);
            }
            Code = 0xFFFD;
        }
        PutCode(Sink, Code);
    }
    return TRUE;
}

static int Base64Value(UCHAR c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static BOOL FromUtf7(const UCHAR *Source, int Length, SINK *Sink)
{
    for (int i = 0; i < Length; i++) {
        if (Source[i] != '+') {
            PutWide(Sink, Source[i]);
            continue;
        }
        if (i + 1 < Length && Source[i + 1] == '-') {
            PutWide(Sink, L'+');
            i++;
            continue;
        }
        ULONG Bits = 0;
        int Count = 0;
        while (i + 1 < Length && Base64Value(Source[i + 1]) >= 0) {
            Bits = (Bits << 6) | (ULONG)Base64Value(Source[++i]);
            Count += 6;
            if (Count >= 16) {
                Count -= 16;
                PutWide(Sink, (WCHAR)(Bits >> Count));
            }
        }
        if (i + 1 < Length && Source[i + 1] == '-') {
            i++;
        }
    }
    return TRUE;
}

static BOOL FromTable(const NLS_CODE_PAGE *Page, const UCHAR *Source, int Length, DWORD Flags, SINK *Sink)
{
    for (int i = CopyAsciiToWide(Source, Length, Sink); i < Length; i++) {
        WCHAR Character = Source[i] < 0x80 ? Source[i] : Page->High[Source[i] - 0x80];
        if (Character == 0xFFFD && (Flags & MB_ERR_INVALID_CHARS)) {
            return BaseFail(ERROR_NO_UNICODE_TRANSLATION);
        }
        PutWide(Sink, Character);
    }
    return TRUE;
}

static int Finish(const SINK *Sink)
{
    if (Sink->Full) {
        BaseFail(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    return Sink->Length;
}

int WINAPI MultiByteToWideChar(UINT CodePage, DWORD Flags, LPCSTR Source, int Length, LPWSTR Target, int Size)
{
    SINK Sink = {.Target = Target, .Size = Size};
    const NLS_CODE_PAGE *Page = FindPage(CodePage);
    BOOL Result;

    if (Source == NULL || Length == 0 || Size < 0 || (Size != 0 && (Target == NULL || (PVOID)Target == (PVOID)Source))) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (Length < 0) {
        Length = (int)strlen(Source) + 1;
    }
    if (CodePage == CP_UTF8) {
        if (Flags & ~(DWORD)MB_ERR_INVALID_CHARS) {
            BaseFail(ERROR_INVALID_FLAGS);
            return 0;
        }
        Result = FromUtf8((const UCHAR *)Source, Length, Flags, &Sink);
    } else if (CodePage == CP_UTF7) {
        if (Flags != 0) {
            BaseFail(ERROR_INVALID_FLAGS);
            return 0;
        }
        Result = FromUtf7((const UCHAR *)Source, Length, &Sink);
    } else if (Page == NULL) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return 0;
    } else {
        if ((Flags & ~(DWORD)(MB_PRECOMPOSED | MB_COMPOSITE | MB_USEGLYPHCHARS | MB_ERR_INVALID_CHARS)) ||
            ((Flags & MB_PRECOMPOSED) && (Flags & MB_COMPOSITE))) {
            BaseFail(ERROR_INVALID_FLAGS);
            return 0;
        }
        Result = FromTable(Page, (const UCHAR *)Source, Length, Flags, &Sink);
    }
    return Result ? Finish(&Sink) : 0;
}

/* ---- from Unicode ----------------------------------------------------------------------------------------------------------------- */

/* The ASCII characters at the start, which are nearly all that is ever converted, without a call for each. Returns how many. */
static int CopyAsciiToBytes(LPCWSTR Source, int Length, SINK *Sink)
{
    UCHAR *Target = Sink->Size != 0 ? Sink->Target : NULL;
    int Limit = Target != NULL && Sink->Size < Length ? Sink->Size : Length, i = 0;

    for (; i < Limit && Source[i] < 0x80; i++) {
        if (Target != NULL) {
            Target[i] = (UCHAR)Source[i];
        }
    }
    Sink->Length = i;
    return i;
}

static BOOL ToUtf8(LPCWSTR Source, int Length, DWORD Flags, SINK *Sink, BOOL *Lossy)
{
    for (int i = CopyAsciiToBytes(Source, Length, Sink); i < Length; i++) {
        ULONG Code = Source[i];
        if (Code >= 0xD800 && Code <= 0xDFFF) {
            if (Code < 0xDC00 && i + 1 < Length && Source[i + 1] >= 0xDC00 && Source[i + 1] <= 0xDFFF) {
                Code = 0x10000 + ((Code - 0xD800) << 10) + (Source[++i] - 0xDC00u);
            } else if (Flags & WC_ERR_INVALID_CHARS) {
                return BaseFail(ERROR_NO_UNICODE_TRANSLATION);
            } else {
                Code = 0xFFFD;
                *Lossy = TRUE;
            }
        }
        if (Code < 0x80) {
            PutByte(Sink, (UCHAR)Code);
        } else if (Code < 0x800) {
            PutByte(Sink, (UCHAR)(0xC0 | (Code >> 6)));
            PutByte(Sink, (UCHAR)(0x80 | (Code & 0x3F)));
        } else if (Code < 0x10000) {
            PutByte(Sink, (UCHAR)(0xE0 | (Code >> 12)));
            PutByte(Sink, (UCHAR)(0x80 | ((Code >> 6) & 0x3F)));
            PutByte(Sink, (UCHAR)(0x80 | (Code & 0x3F)));
        } else {
            PutByte(Sink, (UCHAR)(0xF0 | (Code >> 18)));
            PutByte(Sink, (UCHAR)(0x80 | ((Code >> 12) & 0x3F)));
            PutByte(Sink, (UCHAR)(0x80 | ((Code >> 6) & 0x3F)));
            PutByte(Sink, (UCHAR)(0x80 | (Code & 0x3F)));
        }
    }
    return TRUE;
}

static BOOL IsUtf7Direct(WCHAR c)
{
    return (c >= L'A' && c <= L'Z') || (c >= L'a' && c <= L'z') || (c >= L'0' && c <= L'9') || c == 0 || c == L' ' || c == L'\t' ||
           c == L'\r' || c == L'\n' || (c < 0x80 && strchr("'(),-./:?", c) != NULL);
}

static BOOL ToUtf7(LPCWSTR Source, int Length, SINK *Sink)
{
    static const char Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (int i = 0; i < Length;) {
        if (IsUtf7Direct(Source[i])) {
            PutByte(Sink, (UCHAR)Source[i++]);
            continue;
        }
        PutByte(Sink, '+');
        if (Source[i] == L'+' && (i + 1 == Length || IsUtf7Direct(Source[i + 1]))) {
            PutByte(Sink, '-');
            i++;
            continue;
        }
        ULONG Bits = 0;
        int Count = 0;
        for (; i < Length && !IsUtf7Direct(Source[i]); i++) {
            Bits = (Bits << 16) | Source[i];
            for (Count += 16; Count >= 6; Count -= 6) {
                PutByte(Sink, (UCHAR)Digits[(Bits >> (Count - 6)) & 63]);
            }
        }
        if (Count > 0) {
            PutByte(Sink, (UCHAR)Digits[(Bits << (6 - Count)) & 63]);
        }
        PutByte(Sink, '-');
    }
    return TRUE;
}

/* The byte of a character, -1 if the page has none. */
static int TableByte(const NLS_CODE_PAGE *Page, WCHAR Character)
{
    if (Character < 0x80) {
        return Character;
    }
    if (Character < 0x100 && Page->High[Character - 0x80] == Character) { /* where Latin-1 has it: most of the Western pages */
        return Character;
    }
    for (int i = 0; i < 128 && Page->Number != 20127; i++) { /* US-ASCII has no upper half */
        if (Page->High[i] == Character && Character != 0xFFFD) {
            return 0x80 + i;
        }
    }
    return -1;
}

/* What a character that the page lacks looks like most: its letter without marks; typographic signs as ASCII. */
static int BestFit(const NLS_CODE_PAGE *Page, WCHAR Character)
{
    static const struct { WCHAR From; CHAR To; } Fit[] = {
        {0x2010, '-'}, {0x2011, '-'}, {0x2013, '-'}, {0x2014, '-'}, {0x2018, '\''}, {0x2019, '\''}, {0x201A, ','}, {0x201C, '"'},
        {0x201D, '"'}, {0x2022, '.'}, {0x2026, '.'}, {0x2032, '\''}, {0x2039, '<'}, {0x203A, '>'}, {0x2212, '-'}, {0x00A0, ' '},
        {0x2000, ' '}, {0x2002, ' '}, {0x2003, ' '}, {0x3000, ' '}, {0x00A9, 'c'}, {0x00AE, 'r'}, {0x2122, 'T'}, {0x2044, '/'},
    };

    for (uint32_t Low = 0, High = NlsMarkedLetterCount; Low < High;) {
        uint32_t Middle = Low + (High - Low) / 2;
        if (NlsMarkedLetters[Middle].Letter == Character) {
            return TableByte(Page, NlsMarkedLetters[Middle].Base);
        }
        if (NlsMarkedLetters[Middle].Letter < Character) {
            Low = Middle + 1;
        } else {
            High = Middle;
        }
    }
    for (ULONG i = 0; i < COUNT_OF(Fit); i++) {
        if (Fit[i].From == Character) {
            return Fit[i].To;
        }
    }
    if (Character >= 0xFF01 && Character <= 0xFF5E) {
        return Character - 0xFF01 + '!';
    }
    return -1;
}

static BOOL ToTable(const NLS_CODE_PAGE *Page, LPCWSTR Source, int Length, DWORD Flags, CHAR Default, SINK *Sink, BOOL *Lossy)
{
    int First = CopyAsciiToBytes(Source, Length, Sink);

    for (int i = First; i < Length && Page->Bytes != NULL; i++) {
        UCHAR Byte = Page->Bytes[Source[i]];
        if ((Byte < 0x80 ? Byte : Page->High[Byte - 0x80]) != Source[i] && (Byte == '?' || (Flags & WC_NO_BEST_FIT_CHARS))) {
            *Lossy = TRUE;
            Byte = (UCHAR)Default;
        }
        PutByte(Sink, Byte);
    }
    for (int i = First; i < Length && Page->Bytes == NULL; i++) {
        int Byte = TableByte(Page, Source[i]);
        if (Byte < 0 && !(Flags & WC_NO_BEST_FIT_CHARS)) {
            Byte = BestFit(Page, Source[i]);
        }
        if (Byte < 0) {
            *Lossy = TRUE;
            Byte = (UCHAR)Default;
        }
        PutByte(Sink, (UCHAR)Byte);
    }
    return TRUE;
}

int WINAPI WideCharToMultiByte(UINT CodePage, DWORD Flags, LPCWSTR Source, int Length, LPSTR Target, int Size, LPCSTR Default,
                               LPBOOL UsedDefault)
{
    SINK Sink = {.Target = Target, .Size = Size};
    const NLS_CODE_PAGE *Page = FindPage(CodePage);
    BOOL Lossy = FALSE, Result;

    if (Source == NULL || Length == 0 || Size < 0 || (Size != 0 && (Target == NULL || (PVOID)Target == (PVOID)Source))) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (Length < 0) {
        Length = (int)wcslen(Source) + 1;
    }
    if (CodePage == CP_UTF8 || CodePage == CP_UTF7) {
        if (Default != NULL || UsedDefault != NULL) {
            BaseFail(ERROR_INVALID_PARAMETER);
            return 0;
        }
        if (Flags & ~(DWORD)(CodePage == CP_UTF8 ? WC_ERR_INVALID_CHARS : 0)) {
            BaseFail(ERROR_INVALID_FLAGS);
            return 0;
        }
        Result = CodePage == CP_UTF8 ? ToUtf8(Source, Length, Flags, &Sink, &Lossy) : ToUtf7(Source, Length, &Sink);
    } else if (Page == NULL) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return 0;
    } else {
        if (Flags & ~(DWORD)(WC_COMPOSITECHECK | WC_DISCARDNS | WC_SEPCHARS | WC_DEFAULTCHAR | WC_NO_BEST_FIT_CHARS)) {
            BaseFail(ERROR_INVALID_FLAGS);
            return 0;
        }
        Result = ToTable(Page, Source, Length, Flags, Default != NULL ? *Default : '?', &Sink, &Lossy);
    }
    if (Result && UsedDefault != NULL) {
        *UsedDefault = Lossy;
    }
    return Result ? Finish(&Sink) : 0;
}

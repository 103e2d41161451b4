/* SPDX-License-Identifier: MIT */
/*
 * fold.c - FoldString, FindStringOrdinal, and the list of code pages.
 */
#include "convert.h"

/* ---- folding ---------------------------------------------------------------------------------------------------------------------------- */

#define FOLD_FLAGS (MAP_PRECOMPOSED | MAP_COMPOSITE | MAP_FOLDCZONE | MAP_FOLDDIGITS | MAP_EXPAND_LIGATURES)

/* Decimal digits of other scripts: each block of ten begins at one of these. */
static WCHAR FoldDigit(WCHAR c)
{
    static const WCHAR Starts[] = {0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50,
                                   0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810, 0xFF10};

    for (ULONG i = 0; i < COUNT_OF(Starts); i++) {
        if (c >= Starts[i] && c < Starts[i] + 10) {
            return (WCHAR)(L'0' + c - Starts[i]);
        }
    }
    switch (c) {
    case 0xB2: return L'2';
    case 0xB3: return L'3';
    case 0xB9: return L'1';
    case 0x2070: return L'0';
    default: return c >= 0x2074 && c <= 0x2079 ? (WCHAR)(L'4' + c - 0x2074) : c >= 0x2080 && c <= 0x2089 ? (WCHAR)(L'0' + c - 0x2080) : c;
    }
}

/* Compatibility characters: full-width forms and the ideographic space. */
static WCHAR FoldZone(WCHAR c)
{
    return c >= 0xFF01 && c <= 0xFF5E ? (WCHAR)(c - 0xFF01 + L'!') : c == 0x3000 || c == 0xA0 ? L' ' : c;
}

static int Ligature(WCHAR c, LPCWSTR *Letters)
{
    static const struct { WCHAR From; LPCWSTR To; } Table[] = {
        {0xC6, L"AE"}, {0xDF, L"ss"}, {0xE6, L"ae"}, {0x132, L"IJ"}, {0x133, L"ij"}, {0x152, L"OE"}, {0x153, L"oe"}, {0x1C4, L"D\x017D"},
        {0xFB00, L"ff"}, {0xFB01, L"fi"}, {0xFB02, L"fl"}, {0xFB03, L"ffi"}, {0xFB04, L"ffl"}, {0xFB05, L"\x017Ft"}, {0xFB06, L"st"},
    };

    for (ULONG i = 0; i < COUNT_OF(Table); i++) {
        if (Table[i].From == c) {
            *Letters = Table[i].To;
            return (int)wcslen(Table[i].To);
        }
    }
    return 0;
}

/* MAP_PRECOMPOSED and MAP_COMPOSITE go through the table of marked letters, which knows Latin ones. */
int WINAPI FoldStringW(DWORD Flags, LPCWCH Source, int Length, LPWSTR Target, int Size)
{
    SINK Sink = {.Target = Target, .Size = Size};

    if (Source == NULL || Length == 0 || Size < 0 || (Size != 0 && (Target == NULL || Target == Source))) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if ((Flags & ~(DWORD)FOLD_FLAGS) || Flags == 0 || (Flags & (MAP_COMPOSITE | MAP_PRECOMPOSED)) == (MAP_COMPOSITE | MAP_PRECOMPOSED) ||
        ((Flags & MAP_EXPAND_LIGATURES) && (Flags & (MAP_COMPOSITE | MAP_PRECOMPOSED)))) {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    Length = Length < 0 ? (int)wcslen(Source) + 1 : Length;
    for (int i = 0; i < Length; i++) {
        WCHAR c = Source[i], Composed;
        LPCWSTR Letters;
        int Count = Flags & MAP_EXPAND_LIGATURES ? Ligature(c, &Letters) : 0;
        if (Count != 0) {
            for (int j = 0; j < Count; j++) {
                PutWide(&Sink, Letters[j]);
            }
            continue;
        }
        c = Flags & MAP_FOLDDIGITS ? FoldDigit(c) : c;
        c = Flags & MAP_FOLDCZONE ? FoldZone(c) : c;
        for (; (Flags & MAP_PRECOMPOSED) && i + 1 < Length && (Composed = NlsCompose(c, Source[i + 1])) != 0; i++) {
            c = Composed;
        }
        if (Flags & MAP_COMPOSITE) {
            NlsPutDecomposed(&Sink, c);
        } else {
            PutWide(&Sink, c);
        }
    }
    return Sink.Full ? BaseFail(ERROR_INSUFFICIENT_BUFFER) : Sink.Length;
}

int WINAPI FindStringOrdinal(DWORD Flags, LPCWSTR Text, int TextLength, LPCWSTR Wanted, int Length, BOOL IgnoreCase)
{
    DWORD Kind = Flags & (FIND_STARTSWITH | FIND_ENDSWITH | FIND_FROMSTART | FIND_FROMEND);

    if (Text == NULL || Wanted == NULL || TextLength < -1 || Length < -1) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return -1;
    }
    if (Flags & ~(DWORD)(FIND_STARTSWITH | FIND_ENDSWITH | FIND_FROMSTART | FIND_FROMEND) || (Kind & (Kind - 1))) {
        BaseFail(ERROR_INVALID_FLAGS);
        return -1;
    }
    BaseFail(ERROR_SUCCESS);
    TextLength = TextLength < 0 ? (int)wcslen(Text) : TextLength;
    Length = Length < 0 ? (int)wcslen(Wanted) : Length;
    int First = Kind == FIND_ENDSWITH ? TextLength - Length : 0, Last = Kind == FIND_STARTSWITH ? 0 : TextLength - Length;
    int Step = Kind == FIND_FROMEND ? -1 : 1;
    for (int i = Step > 0 ? First : Last; TextLength >= Length && i >= First && i <= Last; i += Step) {
        if (CompareStringOrdinal(Text + i, Length, Wanted, Length, IgnoreCase) == CSTR_EQUAL) {
            return i;
        }
    }
    return -1;
}

/* ---- code pages ------------------------------------------------------------------------------------------------------------------------- */

/* The tables here, and the pages that are ntdll's tables or algorithms. */
static const USHORT MorePages[] = {437, 1252, CP_UTF7, CP_UTF8};

static ULONG PageNumber(uint32_t Index)
{
    return Index < NlsCodePageCount ? NlsCodePages[Index].Number : MorePages[Index - NlsCodePageCount];
}

BOOL WINAPI EnumSystemCodePagesW(CODEPAGE_ENUMPROCW Procedure, DWORD Flags)
{
    WCHAR Text[12];

    if (Procedure == NULL || (Flags != CP_INSTALLED && Flags != CP_SUPPORTED)) {
        return BaseFail(Procedure == NULL ? ERROR_INVALID_PARAMETER : ERROR_INVALID_FLAGS);
    }
    for (uint32_t i = 0; i < NlsCodePageCount + COUNT_OF(MorePages); i++) {
        ULONG Number = PageNumber(i);
        _snwprintf(Text, COUNT_OF(Text), L"%lu", Number);
        if (!Procedure(Text)) {
            break;
        }
    }
    return TRUE;
}

BOOL WINAPI EnumSystemCodePagesA(CODEPAGE_ENUMPROCA Procedure, DWORD Flags)
{
    CHAR Text[12];

    if (Procedure == NULL || (Flags != CP_INSTALLED && Flags != CP_SUPPORTED)) {
        return BaseFail(Procedure == NULL ? ERROR_INVALID_PARAMETER : ERROR_INVALID_FLAGS);
    }
    for (uint32_t i = 0; i < NlsCodePageCount + COUNT_OF(MorePages); i++) {
        ULONG Number = PageNumber(i);
        _snprintf(Text, COUNT_OF(Text), "%lu", Number);
        if (!Procedure(Text)) {
            break;
        }
    }
    return TRUE;
}

BOOL WINAPI GetCPInfoExA(UINT CodePage, DWORD Flags, LPCPINFOEXA Info)
{
    CPINFOEXW Wide;

    if (Info == NULL || !GetCPInfoExW(CodePage, Flags, &Wide)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    memcpy(Info, &Wide, offsetof(CPINFOEXA, CodePageName));
    WideCharToMultiByte(CP_ACP, 0, Wide.CodePageName, -1, Info->CodePageName, sizeof(Info->CodePageName), NULL, NULL);
    return TRUE;
}

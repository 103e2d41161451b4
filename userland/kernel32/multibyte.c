/* SPDX-License-Identifier: MIT */
/*
 * multibyte.c - MultiByteToWideChar and WideCharToMultiByte: tables and UTF-8 here, UTF-7 and the symbol page in utf7.c.
 *
 * Each converter counts when the target is empty and fails with ERROR_INSUFFICIENT_BUFFER when it is short: one Put helper does both.
 */
#include <emmintrin.h>
#include "k32.h"
#include "convert.h"

/* ---- letters and marks ------------------------------------------------------------------------------------------------------------ */

const NLS_MARKED_LETTER *NlsMarkedLetter(WCHAR Letter)
{
    uint32_t Low = 0, High = NlsMarkedLetterCount;

    while (Low < High) {
        uint32_t Middle = Low + (High - Low) / 2;
        if (NlsMarkedLetters[Middle].Letter == Letter) {
            return &NlsMarkedLetters[Middle];
        }
        if (NlsMarkedLetters[Middle].Letter < Letter) {
            Low = Middle + 1;
        } else {
            High = Middle;
        }
    }
    return NULL;
}

/* Marks that stand above or below the letter before them. */
static BOOL IsNonSpacing(WCHAR c)
{
    return c >= 0x300 && c <= 0x36F;
}

WCHAR NlsCompose(WCHAR First, WCHAR Mark)
{
    for (uint32_t i = 0; i < NlsMarkedLetterCount && IsNonSpacing(Mark); i++) {
        if (NlsMarkedLetters[i].First == First && NlsMarkedLetters[i].Second == Mark) {
            return NlsMarkedLetters[i].Letter;
        }
    }
    return 0;
}

void NlsPutDecomposed(SINK *Sink, WCHAR c)
{
    const NLS_MARKED_LETTER *Letter = NlsMarkedLetter(c);

    if (Letter == NULL) {
        PutWide(Sink, c);
        return;
    }
    NlsPutDecomposed(Sink, Letter->First);
    PutWide(Sink, Letter->Second);
}

/* ---- to Unicode ------------------------------------------------------------------------------------------------------------------- */

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

    for (; i + 8 <= Limit; i += 8) { /* nearly always all of it: eight at a time */
        __m128i Eight = _mm_loadl_epi64((const __m128i *)(Source + i));
        if (_mm_movemask_epi8(Eight) != 0) {
            break;
        }
        if (Target != NULL) {
            _mm_storeu_si128((__m128i *)(Target + i), _mm_unpacklo_epi8(Eight, _mm_setzero_si128()));
        }
    }
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

/* What the signs below a blank, and DEL, look like on an OEM page's screen. */
static WCHAR Glyph(const NLS_CODE_PAGE *Page, UCHAR Byte)
{
    static const WCHAR Glyphs[32] = {0x0000, 0x263A, 0x263B, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022, 0x25D8, 0x25CB, 0x25D9,
                                     0x2642, 0x2640, 0x266A, 0x266B, 0x263C, 0x25BA, 0x25C4, 0x2195, 0x203C, 0x00B6, 0x00A7,
                                     0x25AC, 0x21A8, 0x2191, 0x2193, 0x2192, 0x2190, 0x221F, 0x2194, 0x25B2, 0x25BC};
    BOOL Oem = Page->Number < 1000;

    return Oem && Byte < 0x20 ? Glyphs[Byte] : Oem && Byte == 0x7F ? 0x2302 : Byte;
}

static BOOL FromTable(const NLS_CODE_PAGE *Page, const UCHAR *Source, int Length, DWORD Flags, SINK *Sink)
{
    BOOL Each = (Flags & MB_USEGLYPHCHARS) || Page->All != NULL;
    int Start = Each ? 0 : CopyAsciiToWide(Source, Length, Sink);

    if (Page->Double != NULL) {
        Sink->Length = Start;
        return NlsFromDouble(Page, Source, Length, Flags, Sink);
    }
    for (int i = Start; i < Length; i++) {
        WCHAR Character = Source[i] >= 0x80 ? Page->High[Source[i] - 0x80] : Page->All != NULL ? Page->All[Source[i]]
                          : Flags & MB_USEGLYPHCHARS ? Glyph(Page, Source[i]) : Source[i];
        if (Character == 0xFFFD && (Flags & MB_ERR_INVALID_CHARS)) {
            return BaseFail(ERROR_NO_UNICODE_TRANSLATION);
        }
        if (Flags & MB_COMPOSITE) {
            NlsPutDecomposed(Sink, Character);
        } else {
            PutWide(Sink, Character);
        }
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
    const NLS_CODE_PAGE *Page = NlsFindPage(CodePage);
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
        Result = NlsFromUtf7((const UCHAR *)Source, Length, &Sink);
    } else if (CodePage == CP_SYMBOL) {
        if (Flags != 0) {
            BaseFail(ERROR_INVALID_FLAGS);
            return 0;
        }
        Result = NlsFromSymbol((const UCHAR *)Source, Length, &Sink);
    } else if (Page == NULL) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return 0;
    } else if (Page->Number == CP_GB18030) {
        if (Flags & ~(DWORD)MB_ERR_INVALID_CHARS) {
            BaseFail(ERROR_INVALID_FLAGS);
            return 0;
        }
        Result = NlsFromGb18030(Page, (const UCHAR *)Source, Length, Flags, &Sink);
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

/*
 * The characters at the start that are ASCII or, with a Page, have a byte of their own there: nearly all that is ever converted, without a call for
 * each.  Appends them; returns how many.
 */
static int CopyPlainToBytes(const NLS_CODE_PAGE *Page, LPCWSTR Source, int Length, SINK *Sink)
{
    UCHAR *Target = Sink->Size != 0 ? (UCHAR *)Sink->Target + Sink->Length : NULL;
    const UCHAR *Bytes = Page != NULL ? Page->Bytes : NULL;
    int Room = Sink->Size - Sink->Length, Limit = Target != NULL && Room < Length ? Room : Length, i = 0;

    if (Page != NULL && Page->All != NULL) {
        return 0;
    }
    for (; i + 8 <= Limit; i += 8) { /* ASCII, eight at a time */
        __m128i Eight = _mm_loadu_si128((const __m128i *)(Source + i)), Above = _mm_and_si128(Eight, _mm_set1_epi16((short)0xFF80));
        if (_mm_movemask_epi8(_mm_cmpeq_epi16(Above, _mm_setzero_si128())) != 0xFFFF) {
            break;
        }
        if (Target != NULL) {
            _mm_storel_epi64((__m128i *)(Target + i), _mm_packus_epi16(Eight, Eight));
        }
    }
    for (; i < Limit; i++) {
        WCHAR Byte = Source[i];
        if (Byte >= 0x80) {
            if (Bytes == NULL || (Byte = Bytes[Byte]) < 0x80 || Page->High[Byte - 0x80] != Source[i]) {
                break;
            }
        }
        if (Target != NULL) {
            Target[i] = (UCHAR)Byte;
        }
    }
    Sink->Length += i;
    return i;
}

static BOOL ToUtf8(LPCWSTR Source, int Length, DWORD Flags, SINK *Sink, BOOL *Lossy)
{
    for (int i = CopyPlainToBytes(NULL, Source, Length, Sink); i < Length; i++) {
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

    const NLS_MARKED_LETTER *Letter = NlsMarkedLetter(Character);
    if (Letter != NULL) {
        return TableByte(Page, Letter->Base);
    }
    for (ULONG i = 0; i < COUNT_OF(Fit) && (Character >= 0x2000 || Character <= 0xAE); i++) { /* nothing in between is there */
        if (Fit[i].From == Character) {
            return Fit[i].To;
        }
    }
    if (Character >= 0xFF01 && Character <= 0xFF5E) {
        return Character - 0xFF01 + '!';
    }
    return -1;
}

/* The byte for a character: its own, or the one like it where that is wanted; -1: none. */
static int ByteOf(const NLS_CODE_PAGE *Page, WCHAR Character, DWORD Flags)
{
    if (Page->Bytes == NULL) {
        int Byte = TableByte(Page, Character);
        return Byte < 0 && !(Flags & WC_NO_BEST_FIT_CHARS) ? BestFit(Page, Character) : Byte;
    }
    UCHAR Byte = Page->Bytes[Character], Default = Page->Default != 0 ? (UCHAR)Page->Default : '?';
    WCHAR Back = Byte >= 0x80 ? Page->High[Byte - 0x80] : Page->All != NULL ? Page->All[Byte] : Byte;
    return Back != Character && (Byte == Default || (Flags & WC_NO_BEST_FIT_CHARS)) ? -1 : Byte;
}

static void PutDefault(const NLS_CODE_PAGE *Page, LPCSTR Default, SINK *Sink, BOOL *Lossy)
{
    *Lossy = TRUE;
    PutByte(Sink, Default != NULL ? (UCHAR)*Default : Page->Default != 0 ? (UCHAR)Page->Default : '?');
}

static void PutCharacter(const NLS_CODE_PAGE *Page, WCHAR Character, DWORD Flags, LPCSTR Default, SINK *Sink, BOOL *Lossy)
{
    if (Page->Double != NULL) {
        NlsPutDouble(Page, Character, Flags, Default, Sink, Lossy);
        return;
    }
    int Byte = ByteOf(Page, Character, Flags);
    if (Byte < 0) {
        PutDefault(Page, Default, Sink, Lossy);
    } else {
        PutByte(Sink, (UCHAR)Byte);
    }
}

/*
 * WC_COMPOSITECHECK: a letter and the mark behind it become one character if there is one; if not, both are converted (WC_SEPCHARS, or nothing
 * said), the mark goes (WC_DISCARDNS), or a default character stands for both (WC_DEFAULTCHAR).
 */
static void PutComposed(const NLS_CODE_PAGE *Page, LPCWSTR Source, int Length, int *Index, DWORD Flags, LPCSTR Default, SINK *Sink, BOOL *Lossy)
{
    WCHAR Character = Source[(*Index)++];

    while (*Index < Length && IsNonSpacing(Source[*Index])) {
        WCHAR Composed = NlsCompose(Character, Source[*Index]);
        if (Composed != 0) {
            Character = Composed;
        } else if (Flags & WC_DEFAULTCHAR) {
            PutDefault(Page, Default, Sink, Lossy);
            (*Index)++;
            return;
        } else if (!(Flags & WC_DISCARDNS)) {
            break;
        }
        (*Index)++;
    }
    PutCharacter(Page, Character, Flags, Default, Sink, Lossy);
}

static BOOL ToTable(const NLS_CODE_PAGE *Page, LPCWSTR Source, int Length, DWORD Flags, LPCSTR Default, SINK *Sink, BOOL *Lossy)
{
    for (int Index = 0; Index < Length;) {
        if (Flags & WC_COMPOSITECHECK) {
            PutComposed(Page, Source, Length, &Index, Flags, Default, Sink, Lossy);
            continue;
        }
        if (Source[Index] < 0x80 || Page->Bytes != NULL) {
            Index += CopyPlainToBytes(Page, Source + Index, Length - Index, Sink);
        }
        if (Index < Length) {
            PutCharacter(Page, Source[Index++], Flags, Default, Sink, Lossy);
        }
    }
    return TRUE;
}

int WINAPI WideCharToMultiByte(UINT CodePage, DWORD Flags, LPCWSTR Source, int Length, LPSTR Target, int Size, LPCSTR Default,
                               LPBOOL UsedDefault)
{
    SINK Sink = {.Target = Target, .Size = Size};
    const NLS_CODE_PAGE *Page = NlsFindPage(CodePage);
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
        Result = CodePage == CP_UTF8 ? ToUtf8(Source, Length, Flags, &Sink, &Lossy) : NlsToUtf7(Source, Length, &Sink);
    } else if (CodePage == CP_SYMBOL) {
        if (Flags != 0 || Default != NULL || UsedDefault != NULL) {
            BaseFail(Flags != 0 ? ERROR_INVALID_FLAGS : ERROR_INVALID_PARAMETER);
            return 0;
        }
        Result = NlsToSymbol(Source, Length, &Sink);
    } else if (Page == NULL) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return 0;
    } else if (Page->Number == CP_GB18030) {
        if (Flags & ~(DWORD)WC_ERR_INVALID_CHARS) {
            BaseFail(ERROR_INVALID_FLAGS);
            return 0;
        }
        Result = NlsToGb18030(Page, Source, Length, Flags, Default, &Sink, &Lossy);
    } else {
        if (Flags & ~(DWORD)(WC_COMPOSITECHECK | WC_DISCARDNS | WC_SEPCHARS | WC_DEFAULTCHAR | WC_NO_BEST_FIT_CHARS)) {
            BaseFail(ERROR_INVALID_FLAGS);
            return 0;
        }
        Result = ToTable(Page, Source, Length, Flags, Default, &Sink, &Lossy);
    }
    if (Result && UsedDefault != NULL) {
        *UsedDefault = Lossy;
    }
    return Result ? Finish(&Sink) : 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * kana.c - characters that are written in two widths, and the two alphabets of Japanese: LCMapString's LCMAP_HALFWIDTH, _FULLWIDTH, _HIRAGANA, _KATAKANA.
 *
 * Half-width katakana have no marks of their own: a voiced sound is two characters, which become one where they get wide, and are two again where they
 * get narrow.  Hiragana are only wide.  So widening comes before the choice of the alphabet, and narrowing after it.
 */
#include "convert.h"

#define HALF_FIRST 0xFF61
#define HALF_VOICED 0xFF9E
#define HALF_SEMIVOICED 0xFF9F
#define VOICED 0x309B
#define SEMIVOICED 0x309C

/* From U+FF61 on. */
static const WCHAR Wide[] = {
    0x3002, 0x300C, 0x300D, 0x3001, 0x30FB, 0x30F2, 0x30A1, 0x30A3, 0x30A5, 0x30A7, 0x30A9, 0x30E3, 0x30E5, 0x30E7, 0x30C3, 0x30FC,
    0x30A2, 0x30A4, 0x30A6, 0x30A8, 0x30AA, 0x30AB, 0x30AD, 0x30AF, 0x30B1, 0x30B3, 0x30B5, 0x30B7, 0x30B9, 0x30BB, 0x30BD, 0x30BF,
    0x30C1, 0x30C4, 0x30C6, 0x30C8, 0x30CA, 0x30CB, 0x30CC, 0x30CD, 0x30CE, 0x30CF, 0x30D2, 0x30D5, 0x30D8, 0x30DB, 0x30DE, 0x30DF,
    0x30E0, 0x30E1, 0x30E2, 0x30E4, 0x30E6, 0x30E8, 0x30E9, 0x30EA, 0x30EB, 0x30EC, 0x30ED, 0x30EF, 0x30F3, VOICED, SEMIVOICED,
};

/* Runs of characters whose other width is as far away for all: ASCII, Hangul letters, signs. */
static const struct { WCHAR Narrow, Wide; USHORT Count; } Runs[] = {
    {0x0021, 0xFF01, 94}, {0x0020, 0x3000, 1}, {0x00A2, 0xFFE0, 2}, {0x00AC, 0xFFE2, 1}, {0x00AF, 0xFFE3, 1}, {0x00A6, 0xFFE4, 1},
    {0x00A5, 0xFFE5, 1}, {0x20A9, 0xFFE6, 1}, {0xFFE8, 0x2502, 1}, {0xFFE9, 0x2190, 4}, {0xFFED, 0x25A0, 1}, {0xFFEE, 0x25CB, 1},
    {0xFFA0, 0x3164, 1}, {0xFFA1, 0x3131, 30}, {0xFFC2, 0x314F, 6}, {0xFFCA, 0x3155, 6}, {0xFFD2, 0x315B, 6}, {0xFFDA, 0x3161, 3},
};

static WCHAR OtherWidth(WCHAR c, BOOL ToWide)
{
    for (ULONG i = 0; i < COUNT_OF(Runs); i++) {
        WCHAR From = ToWide ? Runs[i].Narrow : Runs[i].Wide, To = ToWide ? Runs[i].Wide : Runs[i].Narrow;
        if ((WCHAR)(c - From) < Runs[i].Count) {
            return (WCHAR)(To + (c - From));
        }
    }
    return c;
}

/* A katakana with the voiced or the semi-voiced mark; 0: there is none.  The three rows that can be voiced lie two or three apart. */
static WCHAR WithMark(WCHAR c, WCHAR HalfMark)
{
    if (HalfMark == HALF_SEMIVOICED) {
        return c >= 0x30CF && c <= 0x30DB && (c - 0x30CF) % 3 == 0 ? (WCHAR)(c + 2) : 0;
    }
    if (HalfMark != HALF_VOICED) {
        return 0;
    }
    if ((c >= 0x30AB && c <= 0x30C1 && (c & 1)) || (c >= 0x30C4 && c <= 0x30C8 && !(c & 1)) || (c >= 0x30CF && c <= 0x30DB && (c - 0x30CF) % 3 == 0)) {
        return (WCHAR)(c + 1);
    }
    switch (c) {
    case 0x30A6: return 0x30F4;
    case 0x30EF: return 0x30F7;
    case 0x30F2: return 0x30FA;
    default: return 0;
    }
}

/* The wide form of what stands at *Index, which is moved on. */
static WCHAR Widen(LPCWSTR Source, int Length, int *Index)
{
    WCHAR c = Source[(*Index)++];

    if (c < HALF_FIRST || c > HALF_SEMIVOICED) {
        return OtherWidth(c, TRUE);
    }
    c = Wide[c - HALF_FIRST];
    WCHAR Marked = *Index < Length ? WithMark(c, Source[*Index]) : 0;
    *Index += Marked != 0;
    return Marked != 0 ? Marked : c;
}

static void Narrow(WCHAR c, SINK *Sink)
{
    static const WCHAR Marks[] = {HALF_VOICED, HALF_SEMIVOICED};

    for (ULONG i = 0; i < COUNT_OF(Wide) && c >= 0x3000 && c <= 0x30FF; i++) {
        if (Wide[i] == c) {
            PutWide(Sink, (WCHAR)(HALF_FIRST + i));
            return;
        }
        for (ULONG m = 0; m < COUNT_OF(Marks); m++) {
            if (WithMark(Wide[i], Marks[m]) == c) {
                PutWide(Sink, (WCHAR)(HALF_FIRST + i));
                PutWide(Sink, Marks[m]);
                return;
            }
        }
    }
    PutWide(Sink, OtherWidth(c, FALSE));
}

static WCHAR Alphabet(WCHAR c, DWORD Flags)
{
    if ((Flags & LCMAP_KATAKANA) && ((c >= 0x3041 && c <= 0x3096) || c == 0x309D || c == 0x309E)) {
        return (WCHAR)(c + 0x60);
    }
    return (Flags & LCMAP_HIRAGANA) && ((c >= 0x30A1 && c <= 0x30F6) || c == 0x30FD || c == 0x30FE) ? (WCHAR)(c - 0x60) : c;
}

void NlsMapKana(DWORD Flags, LPCWSTR Source, int Length, SINK *Sink)
{
    for (int i = 0; i < Length;) {
        WCHAR c = Alphabet(Flags & LCMAP_FULLWIDTH ? Widen(Source, Length, &i) : Source[i++], Flags);
        if (Flags & LCMAP_HALFWIDTH) {
            Narrow(c, Sink);
        } else {
            PutWide(Sink, c);
        }
    }
}

/* For comparing: the wide katakana or the narrow character that this one is a form of; *Kind says which form, by two bits. */
WCHAR NlsPlainKana(WCHAR c, UCHAR *Kind)
{
    int One = 0;
    BOOL Half = c >= HALF_FIRST && c <= HALF_SEMIVOICED, Form = c >= 0xFF00 || c == 0x3000;
    WCHAR Plain = Half ? Widen(&c, 1, &One) : Form ? OtherWidth(c, FALSE) : Alphabet(c, LCMAP_KATAKANA);
    BOOL Kana = Plain >= 0x30A1 && Plain <= 0x30FE;

    *Kind = (UCHAR)((!Half && (Kana || (Form && Plain != c)) ? NLS_KIND_WIDE : 0) | (Kana && (Half || Plain == c) ? NLS_KIND_KATAKANA : 0));
    return Plain;
}

/* SPDX-License-Identifier: MIT */
/*
 * utf8.c - one code point at a time between UTF-8 and UTF-16.
 *
 * Windows' rule for input that is not well-formed, since Vista: nothing is dropped and nothing is passed through; each maximal part of a
 * sequence that cannot be completed becomes one U+FFFD, and the caller learns STATUS_SOME_NOT_MAPPED.  Over-long forms, surrogates and
 * values above U+10FFFF are not well-formed, so their first byte is such a part (Unicode, chapter 3.9, "U+FFFD substitution").
 */
#include "rtlp.h"

#define REPLACEMENT 0xFFFDu

/* By lead byte: number of continuation bytes, and what the first of them must lie between. */
static ULONG SequenceOf(UCHAR Lead, UCHAR *Low, UCHAR *High)
{
    *Low = 0x80;
    *High = 0xBF;
    if (Lead >= 0xC2 && Lead <= 0xDF)
        return 1;
    if (Lead >= 0xE0 && Lead <= 0xEF) {
        if (Lead == 0xE0)
            *Low = 0xA0;
        if (Lead == 0xED)
            *High = 0x9F;
        return 2;
    }
    if (Lead >= 0xF0 && Lead <= 0xF4) {
        if (Lead == 0xF0)
            *Low = 0x90;
        if (Lead == 0xF4)
            *High = 0x8F;
        return 3;
    }
    return 0;
}

ULONG RtlpDecodeUtf8(const UCHAR **At, const UCHAR *End, BOOLEAN *Bad)
{
    UCHAR Lead = *(*At)++, Low, High;

    if (Lead < 0x80)
        return Lead;
    ULONG Rest = SequenceOf(Lead, &Low, &High);
    ULONG CodePoint = Lead & (0x3Fu >> Rest);
    if (Rest == 0) {
        *Bad = TRUE;
        return REPLACEMENT;
    }
    for (; Rest != 0; Rest--) {
        if (*At == End || **At < Low || **At > High) {
            *Bad = TRUE;
            return REPLACEMENT;
        }
        CodePoint = CodePoint << 6 | (*(*At)++ & 0x3F);
        Low = 0x80;
        High = 0xBF;
    }
    return CodePoint;
}

ULONG RtlpDecodeUtf16(const WCHAR **At, const WCHAR *End, BOOLEAN *Bad)
{
    ULONG Unit = *(*At)++;

    if (Unit < 0xD800 || Unit > 0xDFFF)
        return Unit;
    if (Unit < 0xDC00 && *At < End && **At >= 0xDC00 && **At <= 0xDFFF)
        return 0x10000 + ((Unit - 0xD800) << 10) + (ULONG)(*(*At)++ - 0xDC00);
    *Bad = TRUE;
    return REPLACEMENT;
}

ULONG RtlpEncodeUtf8(ULONG CodePoint, UCHAR *Buffer)
{
    ULONG Length = CodePoint < 0x80 ? 1 : CodePoint < 0x800 ? 2 : CodePoint < 0x10000 ? 3 : 4;

    if (Buffer == NULL)
        return Length;
    if (Length == 1) {
        Buffer[0] = (UCHAR)CodePoint;
        return 1;
    }
    for (ULONG Index = Length - 1; Index != 0; Index--, CodePoint >>= 6)
        Buffer[Index] = (UCHAR)(0x80 | (CodePoint & 0x3F));
    Buffer[0] = (UCHAR)(0xF00u >> Length | CodePoint);
    return Length;
}

ULONG RtlpEncodeUtf16(ULONG CodePoint, WCHAR *Buffer)
{
    if (CodePoint < 0x10000) {
        if (Buffer != NULL)
            Buffer[0] = (WCHAR)CodePoint;
        return 1;
    }
    if (Buffer != NULL) {
        Buffer[0] = (WCHAR)(0xD800 + ((CodePoint - 0x10000) >> 10));
        Buffer[1] = (WCHAR)(0xDC00 + (CodePoint & 0x3FF));
    }
    return 2;
}

/* SPDX-License-Identifier: MIT */
/*
 * codepage.c - bytes to UTF-16 and back: UTF-8, and the two single-byte pages that western programs expect
 * of a console.
 */
#include "con.h"

static const WCHAR Page437[128] = {
    0xC7, 0xFC, 0xE9, 0xE2, 0xE4, 0xE0, 0xE5, 0xE7, 0xEA, 0xEB, 0xE8, 0xEF, 0xEE, 0xEC, 0xC4, 0xC5, 0xC9, 0xE6, 0xC6, 0xF4, 0xF6, 0xF2, 0xFB, 0xF9, 0xFF, 0xD6,
    0xDC, 0xA2, 0xA3, 0xA5, 0x20A7, 0x192, 0xE1, 0xED, 0xF3, 0xFA, 0xF1, 0xD1, 0xAA, 0xBA, 0xBF, 0x2310, 0xAC, 0xBD, 0xBC, 0xA1, 0xAB, 0xBB, 0x2591, 0x2592,
    0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255D, 0x255C, 0x255B, 0x2510, 0x2514, 0x2534, 0x252C, 0x251C, 0x2500,
    0x253C, 0x255E, 0x255F, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B,
    0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580, 0x3B1, 0xDF, 0x393, 0x3C0, 0x3A3, 0x3C3, 0xB5, 0x3C4, 0x3A6, 0x398, 0x3A9, 0x3B4, 0x221E,
    0x3C6, 0x3B5, 0x2229, 0x2261, 0xB1, 0x2265, 0x2264, 0x2320, 0x2321, 0xF7, 0x2248, 0xB0, 0x2219, 0xB7, 0x221A, 0x207F, 0xB2, 0x25A0, 0xA0};

static const WCHAR Page1252[32] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
                                   0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                   0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

static WCHAR ToWide(ULONG CodePage, UCHAR Byte)
{
    if (Byte < 0x80) {
        return Byte;
    }
    if (CodePage == 437) {
        return Page437[Byte - 0x80];
    }
    if (CodePage == 1252) {
        return Byte < 0xA0 ? Page1252[Byte - 0x80] : Byte;
    }
    return L'?';
}

static UCHAR FromWide(ULONG CodePage, WCHAR Character)
{
    if (Character < 0x80) {
        return (UCHAR)Character;
    }
    for (ULONG Byte = 0x80; Byte < 0x100; Byte++) {
        if (ToWide(CodePage, (UCHAR)Byte) == Character) {
            return (UCHAR)Byte;
        }
    }
    return '?';
}

/* One byte of UTF-8; up to two units out.  A sequence cut short gives U+FFFD and the byte that cut it
 * begins anew. */
static ULONG DecodeUtf8(CON_DECODER *Decoder, UCHAR Byte, WCHAR *Text)
{
    ULONG Count = 0;
    if (Decoder->Missing != 0 && (Byte & 0xC0) != 0x80) {
        Decoder->Missing = 0;
        Text[Count++] = 0xFFFD;
    }
    if (Decoder->Missing != 0) {
        Decoder->Value = Decoder->Value << 6 | (Byte & 0x3F);
        if (--Decoder->Missing != 0) {
            return Count;
        }
        if (Decoder->Value >= 0x10000 && Decoder->Value < 0x110000) {
            Text[Count++] = (WCHAR)(0xD800 + ((Decoder->Value - 0x10000) >> 10));
            Text[Count++] = (WCHAR)(0xDC00 + (Decoder->Value & 0x3FF));
        } else {
            Text[Count++] = Decoder->Value < 0x80 || (Decoder->Value >= 0xD800 && Decoder->Value < 0xE000) || Decoder->Value >= 0x110000
                                ? 0xFFFD
                                : (WCHAR)Decoder->Value;
        }
    } else if (Byte < 0x80) {
        Text[Count++] = Byte;
    } else if (Byte >= 0xC2 && Byte < 0xF5) {
        Decoder->Missing = Byte < 0xE0 ? 1 : Byte < 0xF0 ? 2 : 3;
        Decoder->Value = Byte & (0x3F >> Decoder->Missing);
    } else {
        Text[Count++] = 0xFFFD;
    }
    return Count;
}

/* Text has room for 2 * Length units. */
ULONG ConDecode(ULONG CodePage, CON_DECODER *Decoder, const UCHAR *Bytes, ULONG Length, WCHAR *Text)
{
    ULONG Count = 0;
    for (ULONG Index = 0; Index < Length; Index++) {
        if (CodePage == 65001) {
            Count += DecodeUtf8(Decoder, Bytes[Index], Text + Count);
        } else {
            Text[Count++] = ToWide(CodePage, Bytes[Index]);
        }
    }
    return Count;
}

/* *Used counts the units that went in whole; returns the bytes written. */
ULONG ConEncode(ULONG CodePage, const WCHAR *Text, ULONG Length, UCHAR *Bytes, ULONG Room, ULONG *Used)
{
    ULONG Done = 0, At = 0;
    while (At < Length) {
        UCHAR Out[4];
        ULONG Count, Units = 1, Code = Text[At];
        if (CodePage != 65001) {
            Out[0] = FromWide(CodePage, Text[At]);
            Count = 1;
        } else {
            if (Code >= 0xD800 && Code < 0xDC00 && At + 1 < Length && Text[At + 1] >= 0xDC00 && Text[At + 1] < 0xE000) {
                Code = 0x10000 + ((Code - 0xD800) << 10) + (Text[At + 1] - 0xDC00u);
                Units = 2;
            } else if (Code >= 0xD800 && Code < 0xE000) {
                Code = 0xFFFD;
            }
            Count = Code < 0x80 ? 1 : Code < 0x800 ? 2 : Code < 0x10000 ? 3 : 4;
            for (ULONG Index = Count; Index-- > 1; Code >>= 6) {
                Out[Index] = (UCHAR)(0x80 | (Code & 0x3F));
            }
            Out[0] = (UCHAR)(Count == 1 ? Code : Code | (0xF00u >> Count & 0xFF));
        }
        if (Done + Count > Room) {
            break;
        }
        RtlCopyMemory(Bytes + Done, Out, Count);
        Done += Count;
        At += Units;
    }
    *Used = At;
    return Done;
}

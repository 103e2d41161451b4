/* SPDX-License-Identifier: MIT */
/*
 * doublebyte.c - the double-byte code pages of East Asia: 932, 936, 949, 950.
 *
 * A byte is a character by itself, or a lead byte, which is one with the byte behind it; by tables of 256 characters, one a lead byte.  The way back is
 * one table of all characters (the form of the file: tools/gen-codepage).  A lead byte with nothing behind it, or a zero, is the page's default
 * character, and the zero stays.
 */
#include "convert.h"
#include <ntnls.h>

/* Single bytes that no character is assigned to stand for these, of the private use area. */
static BOOL IsNobodys(WCHAR c)
{
    return c == 0xFFFD || (c >= 0xF8F0 && c <= 0xF8FF);
}

/* The character at *Index, which is moved on; whether it is none. */
static WCHAR Take(const CPTABLEINFO *Table, const UCHAR *Source, int Length, int *Index, BOOL *Invalid)
{
    UCHAR Lead = Source[(*Index)++];
    USHORT Place = Table->DBCSOffsets[Lead];

    if (Place == 0) {
        *Invalid = IsNobodys(Table->MultiByteTable[Lead]);
        return Table->MultiByteTable[Lead];
    }
    if (*Index == Length || Source[*Index] == 0) {
        *Invalid = TRUE;
        return Table->UniDefaultChar;
    }
    UCHAR Trail = Source[(*Index)++];
    WCHAR Character = Table->DBCSOffsets[Place + Trail];
    *Invalid = Character == Table->UniDefaultChar && (Lead << 8 | Trail) != Table->TransDefaultChar;
    return Character;
}

BOOL NlsFromDouble(const NLS_CODE_PAGE *Page, const UCHAR *Source, int Length, DWORD Flags, SINK *Sink)
{
    for (int i = Sink->Length; i < Length;) {
        BOOL Invalid;
        WCHAR Character = Take(Page->Double, Source, Length, &i, &Invalid);
        if (Invalid && (Flags & MB_ERR_INVALID_CHARS)) {
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

void NlsPutDouble(const NLS_CODE_PAGE *Page, WCHAR Character, DWORD Flags, LPCSTR Default, SINK *Sink, BOOL *Lossy)
{
    const CPTABLEINFO *Table = Page->Double;
    USHORT Code = ((const USHORT *)Table->WideCharTable)[Character];
    UCHAR Bytes[2] = {(UCHAR)(Code >> 8), (UCHAR)Code};
    BOOL Two = Code >= 0x100, Ignored;
    int Index = 0;
    BOOL Own = Take(Table, Two ? Bytes : Bytes + 1, Two ? 2 : 1, &Index, &Ignored) == Character;

    if (!Own && (Code == Table->DefaultChar || (Flags & WC_NO_BEST_FIT_CHARS))) {
        *Lossy = TRUE;
        Two = Default != NULL && Table->DBCSOffsets[(UCHAR)Default[0]] != 0 && Default[1] != 0;
        Bytes[0] = Two ? (UCHAR)Default[0] : 0;
        Bytes[1] = Two ? (UCHAR)Default[1] : Default != NULL ? (UCHAR)Default[0] : (UCHAR)Table->DefaultChar;
    }
    if (Two) {
        PutTwoBytes(Sink, Bytes[0], Bytes[1]);
    } else {
        PutByte(Sink, Bytes[1]);
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * gb18030.c - code page 54936, GB 18030: every character of Unicode in one, two or four bytes.
 *
 *      00..7F                               ASCII
 *      81..FE  40..FE but 7F                by table, as page 936
 *      81..FE  30..39  81..FE  30..39       by number: first those of the first plane that have no shorter code, in their order; from 90 30 81 30 on,
 *                                           the other planes
 *
 * The file c_54936.nls (tools/gen-codepage) has the tables of two bytes, and the runs of consecutive characters that the numbers go through.
 */
#include "convert.h"
#include <ntnls.h>

#define PLANES_FIRST 189000u /* the number of U+10000 */
#define NO_CHARACTER 0xFFFFFFFFu

typedef struct _RUN
{
    USHORT First, Number;
} RUN;

static const RUN *Runs(const CPTABLEINFO *Table, ULONG *Count)
{
    const USHORT *Behind = (const USHORT *)Table->WideCharTable + 0x10000;

    *Count = Behind[0];
    return (const RUN *)(Behind + 1);
}

/* The last run that begins with this character (or, ByNumber, this number) or before it. */
static const RUN *FindRun(const CPTABLEINFO *Table, ULONG Value, BOOL ByNumber)
{
    ULONG Low = 0, High;
    const RUN *All = Runs(Table, &High);

    while (High - Low > 1) {
        ULONG Middle = Low + (High - Low) / 2;
        if ((ByNumber ? All[Middle].Number : All[Middle].First) <= Value) {
            Low = Middle;
        } else {
            High = Middle;
        }
    }
    return &All[Low];
}

static BOOL IsDigit(UCHAR Byte)
{
    return Byte >= 0x30 && Byte <= 0x39;
}

static BOOL IsLead(UCHAR Byte)
{
    return Byte >= 0x81 && Byte <= 0xFE;
}

static ULONG OfFour(const CPTABLEINFO *Table, const UCHAR *Bytes)
{
    ULONG Number = (((Bytes[0] - 0x81u) * 10 + Bytes[1] - 0x30) * 126 + Bytes[2] - 0x81) * 10 + Bytes[3] - 0x30;

    if (Number >= PLANES_FIRST) {
        return Number - PLANES_FIRST <= 0xFFFFF ? 0x10000 + Number - PLANES_FIRST : NO_CHARACTER;
    }
    const RUN *Run = FindRun(Table, Number, TRUE);
    ULONG Character = Run->First + (Number - Run->Number);
    ULONG Count;
    const RUN *All = Runs(Table, &Count);
    ULONG End = Run + 1 < All + Count ? Run[1].Number : 39420u; /* so many there are */
    return Number < End && Character <= 0xFFFF ? Character : NO_CHARACTER;
}

/* The character at the start of the text, and how many bytes it takes. */
static ULONG Take(const CPTABLEINFO *Table, const UCHAR *At, int Length, int *Taken)
{
    *Taken = 1;
    if (At[0] < 0x80) {
        return At[0];
    }
    if (!IsLead(At[0]) || Length < 2) {
        return NO_CHARACTER;
    }
    if (IsDigit(At[1])) {
        if (Length < 4 || !IsLead(At[2]) || !IsDigit(At[3])) {
            return NO_CHARACTER;
        }
        *Taken = 4;
        return OfFour(Table, At);
    }
    WCHAR Character = Table->DBCSOffsets[Table->DBCSOffsets[At[0]] + At[1]];
    *Taken = At[1] >= 0x40 ? 2 : 1;
    return Character != Table->UniDefaultChar ? Character : NO_CHARACTER;
}

BOOL NlsFromGb18030(const NLS_CODE_PAGE *Page, const UCHAR *Source, int Length, DWORD Flags, SINK *Sink)
{
    for (int i = 0, Taken; i < Length; i += Taken) {
        ULONG Character = Take(Page->Double, Source + i, Length - i, &Taken);
        if (Character == NO_CHARACTER && (Flags & MB_ERR_INVALID_CHARS)) {
            return BaseFail(ERROR_NO_UNICODE_TRANSLATION);
        }
        Character = Character == NO_CHARACTER ? Page->Double->UniDefaultChar : Character;
        if (Character >= 0x10000) {
            PutWide(Sink, (WCHAR)(0xD800 + ((Character - 0x10000) >> 10)));
            PutWide(Sink, (WCHAR)(0xDC00 + (Character & 0x3FF)));
        } else {
            PutWide(Sink, (WCHAR)Character);
        }
    }
    return TRUE;
}

static void PutFour(ULONG Number, SINK *Sink)
{
    UCHAR Bytes[4] = {(UCHAR)(0x81 + Number / 12600), (UCHAR)(0x30 + Number / 1260 % 10), (UCHAR)(0x81 + Number / 10 % 126), (UCHAR)(0x30 + Number % 10)};

    if (Sink->Size != 0 && Sink->Length + 3 >= Sink->Size) {
        Sink->Full = TRUE;
        return;
    }
    for (int i = 0; i < 4; i++) {
        PutByte(Sink, Bytes[i]);
    }
}

static void PutOne(const CPTABLEINFO *Table, WCHAR Character, SINK *Sink)
{
    USHORT Code = ((const USHORT *)Table->WideCharTable)[Character];

    if (Character < 0x80) {
        PutByte(Sink, (UCHAR)Character);
    } else if (Code != 0) {
        PutTwoBytes(Sink, (UCHAR)(Code >> 8), (UCHAR)Code);
    } else {
        const RUN *Run = FindRun(Table, Character, FALSE);
        PutFour(Run->Number + (ULONG)(Character - Run->First), Sink);
    }
}

BOOL NlsToGb18030(const NLS_CODE_PAGE *Page, LPCWSTR Source, int Length, DWORD Flags, LPCSTR Default, SINK *Sink, BOOL *Lossy)
{
    for (int i = 0; i < Length; i++) {
        if (Source[i] < 0xD800 || Source[i] > 0xDFFF) {
            PutOne(Page->Double, Source[i], Sink);
        } else if (Source[i] < 0xDC00 && i + 1 < Length && Source[i + 1] >= 0xDC00 && Source[i + 1] <= 0xDFFF) {
            PutFour(PLANES_FIRST + (Source[i] - 0xD800u) * 0x400 + (Source[i + 1] - 0xDC00u), Sink);
            i++;
        } else if (Flags & WC_ERR_INVALID_CHARS) {
            return BaseFail(ERROR_NO_UNICODE_TRANSLATION);
        } else {
            *Lossy = TRUE;
            PutByte(Sink, Default != NULL ? (UCHAR)*Default : '?');
        }
    }
    return TRUE;
}

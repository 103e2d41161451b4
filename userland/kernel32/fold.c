/* SPDX-License-Identifier: MIT */
/*
 * fold.c - FoldString: what is one character in several dresses is one; and FindStringOrdinal.
 */
#include "convert.h"

NTSYSAPI NTSTATUS NTAPI RtlNormalizeString(ULONG Form, PCWSTR Source, LONG SourceLength, PWSTR Target, PLONG TargetLength);

/* ---- folding ---------------------------------------------------------------------------------------------------------------------------- */

#define FOLD_FLAGS (MAP_PRECOMPOSED | MAP_COMPOSITE | MAP_FOLDCZONE | MAP_FOLDDIGITS | MAP_EXPAND_LIGATURES)

/* Digits of other scripts and in other dress (raised, lowered, in circles): each run begins with the one of that value. */
static WCHAR FoldDigit(WCHAR c)
{
    static const WCHAR Tens[] = {0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
                                 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
                                 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0x2080, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};
    static const struct { WCHAR First, Value, Count; } Runs[] = {
        {0x00B2, 2, 2}, {0x00B9, 1, 1}, {0x1369, 1, 9}, {0x19DA, 1, 1}, {0x2070, 0, 1}, {0x2074, 4, 6}, {0x2460, 1, 9}, {0x2474, 1, 9}, {0x2488, 1, 9},
        {0x24EA, 0, 1}, {0x24F5, 1, 9}, {0x24FF, 0, 1}, {0x2776, 1, 9}, {0x2780, 1, 9}, {0x278A, 1, 9},
    };

    for (ULONG i = 0; i < COUNT_OF(Tens); i++) {
        if ((WCHAR)(c - Tens[i]) < 10) {
            return (WCHAR)(L'0' + c - Tens[i]);
        }
    }
    for (ULONG i = 0; i < COUNT_OF(Runs); i++) {
        if ((WCHAR)(c - Runs[i].First) < Runs[i].Count) {
            return (WCHAR)(L'0' + Runs[i].Value + c - Runs[i].First);
        }
    }
    return c;
}

#define MOST_OF_ZONE 18 /* what a character of the compatibility zone becomes at most */

/* The compatibility zone, and the two blanks outside it: what they are compatible with.  Returns how many. */
static int FoldZone(WCHAR c, WCHAR *Folded)
{
    LONG Length = MOST_OF_ZONE;

    if (c == 0xA0 || c == 0x3000) {
        c = L' ';
    }
    if (c >= 0xF900 && NT_SUCCESS(RtlNormalizeString(NormalizationKC, &c, 1, Folded, &Length))) {
        return Length;
    }
    *Folded = c;
    return 1;
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

/* One character without regard to those beside it. */
static void FoldEach(DWORD Flags, LPCWCH Source, int Length, SINK *Sink)
{
    for (int i = 0; i < Length; i++) {
        WCHAR c = Flags & MAP_FOLDDIGITS ? FoldDigit(Source[i]) : Source[i], Folded[MOST_OF_ZONE];
        LPCWSTR Letters = Folded;
        int Count = Flags & MAP_EXPAND_LIGATURES ? Ligature(c, &Letters) : 0;
        if (Count == 0) {
            Letters = Folded;
            Folded[0] = c;
            Count = Flags & MAP_FOLDCZONE ? FoldZone(c, Folded) : 1;
        }
        for (int j = 0; j < Count; j++) {
            PutWide(Sink, Letters[j]);
        }
    }
}

/* Marks to their letters, or from them.  What is no text (half a pair) stays as it is. */
static int FoldMarks(DWORD Flags, LPCWCH Source, int Length, LPWSTR Target, int Size)
{
    LONG Got = Size;
    NTSTATUS Status = RtlNormalizeString(Flags & MAP_COMPOSITE ? NormalizationD : NormalizationC, Source, Length, Target, &Got);

    if (Status == STATUS_NO_UNICODE_TRANSLATION && (Size == 0 || Size >= Length)) {
        memcpy(Target, Source, Size != 0 ? (SIZE_T)Length * sizeof(WCHAR) : 0);
        return Length;
    }
    return Status == STATUS_NO_UNICODE_TRANSLATION ? BaseFail(ERROR_INSUFFICIENT_BUFFER) : BaseResult(Status) ? Got : 0;
}

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
    if (!(Flags & (MAP_COMPOSITE | MAP_PRECOMPOSED))) {
        FoldEach(Flags, Source, Length, &Sink);
        return Sink.Full ? BaseFail(ERROR_INSUFFICIENT_BUFFER) : Sink.Length;
    }
    SINK Folded = {.Target = BaseAllocate((SIZE_T)Length * MOST_OF_ZONE * sizeof(WCHAR)), .Size = Length * MOST_OF_ZONE};
    int Result = 0;
    if (Folded.Target != NULL) {
        FoldEach(Flags, Source, Length, &Folded);
        Result = FoldMarks(Flags, Folded.Target, Folded.Length, Target, Size);
    }
    BaseFree(Folded.Target);
    return Result;
}

int WINAPI FoldStringA(DWORD Flags, LPCSTR Source, int Length, LPSTR Target, int Size)
{
    LPWSTR Wide = NULL, Folded = NULL;
    SIZE_T WideLength;
    int Count = 0;

    if (Source == NULL || Length == 0 || Size < 0 || (Size != 0 && (Target == NULL || Target == Source))) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (BaseBytesToWide(CP_ACP, Source, Length < 0 ? strlen(Source) + 1 : (SIZE_T)Length, &Wide, &WideLength)) {
        Count = FoldStringW(Flags, Wide, (int)WideLength, NULL, 0);
    }
    if (Count != 0 && (Folded = BaseAllocate((SIZE_T)Count * sizeof(WCHAR))) != NULL) {
        Count = FoldStringW(Flags, Wide, (int)WideLength, Folded, Count);
        Count = Count != 0 ? WideCharToMultiByte(CP_ACP, 0, Folded, Count, Target, Size, NULL, NULL) : 0;
    }
    BaseFree(Folded);
    BaseFree(Wide);
    return Count;
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

/* SPDX-License-Identifier: MIT */
/*
 * nlscompare.c - comparison of strings, and sort keys.
 *
 * Comparison has three levels, as Windows' sort keys have: the letters without case and marks, then the marks, then the case.  Punctuation
 * sorts before digits and digits before letters; the hyphen and the apostrophe count last of all unless SORT_STRINGSORT ("co-op" beside
 * "coop").  The order among other signs is by code, which differs from Windows' tables.
 * What is written in another width or alphabet counts where case does.  Marks behind a letter make it the letter with these marks.
 */
#include "convert.h"

/* ---- weights ---------------------------------------------------------------------------------------------------------------------- */

typedef struct _WEIGHT
{
    ULONG Primary; /* class in the high half; 0: ignored at this level */
    UCHAR Mark;
    UCHAR Case;    /* 2 lower, 3 upper: lower sorts first; then NLS_KIND_*: narrow before wide, hiragana before katakana */
} WEIGHT;

static WEIGHT WeightOf(WCHAR c, DWORD Flags)
{
    UCHAR Kind = 0;
    if (c >= 0x3000) {
        c = NlsPlainKana(c, &Kind);
        Kind &= (UCHAR)~((Flags & NORM_IGNOREWIDTH ? NLS_KIND_WIDE : 0) | (Flags & NORM_IGNOREKANATYPE ? NLS_KIND_KATAKANA : 0));
    }
    const NLS_MARKED_LETTER *Letter = NlsMarkedLetter(c);
    WCHAR Base = Letter != NULL ? Letter->Base : c, Upper = RtlUpcaseUnicodeChar(Base);
    uint16_t Type = NlsTypeOf(c)->Type1;
    WEIGHT Weight = {.Mark = Letter != NULL && !(Flags & NORM_IGNORENONSPACE) ? Letter->Mark : 0, .Case = 2};

    if (Type & (C1_ALPHA | C1_UPPER | C1_LOWER)) {
        Weight.Primary = 0x40000u + Upper;
        if (!(Flags & (NORM_IGNORECASE | LINGUISTIC_IGNORECASE)) && Base == Upper && RtlDowncaseUnicodeChar(Base) != Base) {
            Weight.Case = 3;
        }
    } else if (Type & C1_DIGIT) {
        Weight.Primary = 0x30000u + c;
    } else if (c == L'-' || c == L'\'') {
        Weight.Primary = Flags & SORT_STRINGSORT ? 0x20000u + c : Flags & NORM_IGNORESYMBOLS ? 0 : 0x1u; /* looked at last */
    } else if (Type & C1_CNTRL && !(Type & C1_SPACE)) {
        Weight.Primary = 0;
    } else {
        Weight.Primary = Flags & NORM_IGNORESYMBOLS ? 0 : 0x20000u + c;
    }
    Weight.Case |= Kind;
    return Weight;
}

/* A string on its way to weights. */
typedef struct _CURSOR
{
    LPCWSTR String;
    int Length, Index;
    int Digits; /* SORT_DIGITSASNUMBERS: of the number that was begun, so many are still to come */
} CURSOR;

static BOOL IsDigit(WCHAR c)
{
    return c >= L'0' && c <= L'9';
}

/* SORT_DIGITSASNUMBERS: how many digits a number has counts more than any of them; zeros before it do not count. */
static BOOL BeginNumber(CURSOR *At, WEIGHT *Weight)
{
    if (At->Digits != 0 || At->Index >= At->Length || !IsDigit(At->String[At->Index])) {
        return FALSE;
    }
    while (At->Index + 1 < At->Length && At->String[At->Index] == L'0' && IsDigit(At->String[At->Index + 1])) {
        At->Index++;
    }
    while (At->Index + At->Digits < At->Length && IsDigit(At->String[At->Index + At->Digits])) {
        At->Digits++;
    }
    *Weight = (WEIGHT){.Primary = 0x30000u + (ULONG)At->Digits, .Case = 2};
    return TRUE;
}

/* Marks behind a letter count as if it were one character with them (tools/gen-nls makes the number of those so). */
static void AddMarks(CURSOR *At, DWORD Flags, WEIGHT *Weight)
{
    for (; At->Index < At->Length && At->String[At->Index] >= 0x300 && At->String[At->Index] <= 0x36F; At->Index++) {
        Weight->Mark += Flags & NORM_IGNORENONSPACE ? 0 : (UCHAR)((At->String[At->Index] & 0x7F) + 1);
    }
}

static BOOL NextWeight(CURSOR *At, DWORD Flags, WEIGHT *Weight)
{
    if ((Flags & SORT_DIGITSASNUMBERS) && BeginNumber(At, Weight)) {
        return TRUE;
    }
    while (At->Index < At->Length) {
        At->Digits -= At->Digits != 0;
        *Weight = WeightOf(At->String[At->Index++], Flags);
        if (Weight->Primary > 1) {
            AddMarks(At, Flags, Weight);
            return TRUE;
        }
    }
    return FALSE;
}

/* The next character that is neither a mark nor a control; 0 at the end. */
static WCHAR NextCounted(LPCWSTR String, int Length, int *Index)
{
    while (*Index < Length) {
        WCHAR c = String[(*Index)++];
        uint16_t Type = NlsTypeOf(c)->Type1;
        if (!(c >= 0x300 && c <= 0x36F) && (!(Type & C1_CNTRL) || (Type & C1_SPACE))) {
            return c;
        }
    }
    return 0;
}

/* The hyphens and apostrophes that the first level passed over: where they stand, then which.  Numbers of one value: the one with more zeros comes last. */
static int CompareIgnored(LPCWSTR First, int FirstLength, LPCWSTR Second, int SecondLength)
{
    for (int AtFirst = 0, AtSecond = 0;;) {
        WCHAR One = NextCounted(First, FirstLength, &AtFirst), Two = NextCounted(Second, SecondLength, &AtSecond);
        BOOL A = One == L'-' || One == L'\'', B = Two == L'-' || Two == L'\'';
        if (A != B) {
            return A ? 1 : -1;
        }
        if (A && One != Two) {
            return One == L'\'' ? -1 : 1;
        }
        if (One == 0 || Two == 0) {
            return One == Two ? 0 : One != 0 ? 1 : -1;
        }
    }
}

static int Compare(DWORD Flags, LPCWSTR First, int FirstLength, LPCWSTR Second, int SecondLength)
{
    CURSOR AtFirst = {First, FirstLength, 0, 0}, AtSecond = {Second, SecondLength, 0, 0};
    int Marks = 0, Case = 0;
    WEIGHT A, B;

    for (;;) {
        BOOL HasA = NextWeight(&AtFirst, Flags, &A), HasB = NextWeight(&AtSecond, Flags, &B);
        if (!HasA || !HasB) {
            if (HasA != HasB) {
                return HasA ? 1 : -1;
            }
            break;
        }
        if (A.Primary != B.Primary) {
            return A.Primary < B.Primary ? -1 : 1;
        }
        if (Marks == 0 && A.Mark != B.Mark) {
            Marks = A.Mark < B.Mark ? -1 : 1;
        }
        if (Case == 0 && A.Case != B.Case) {
            Case = A.Case < B.Case ? -1 : 1;
        }
    }
    if (Marks != 0 || Case != 0) {
        return Marks != 0 ? Marks : Case;
    }
    return Flags & (SORT_STRINGSORT | NORM_IGNORESYMBOLS) ? 0 : CompareIgnored(First, FirstLength, Second, SecondLength);
}

/* The key of a string: primary weights, 1, marks, 1, cases, 1, 1, 0: memcmp of two keys orders as Compare does. */
int NlsSortKey(DWORD Flags, LPCWSTR Source, int Length, UCHAR *Target, int Size)
{
    int Need = 0;

#define PUT(b) do { if (Size != 0 && Need < Size) { Target[Need] = (UCHAR)(b); } Need++; } while (0)
    for (int Level = 0; Level < 3; Level++) {
        WEIGHT Weight;
        for (CURSOR At = {Source, Length, 0, 0}; NextWeight(&At, Flags, &Weight);) {
            if (Level == 0) {
                PUT(2 + (Weight.Primary >> 16));
                PUT(2 + (Weight.Primary >> 8 & 0xFF) % 254);
                PUT(2 + (Weight.Primary & 0xFF) % 254);
            } else {
                PUT(Level == 1 ? 2 + Weight.Mark % 254 : Weight.Case);
            }
        }
        PUT(1);
    }
    PUT(1);
    PUT(0);
#undef PUT
    return Size != 0 && Need > Size ? BaseFail(ERROR_INSUFFICIENT_BUFFER) : Need;
}

/* ---- the calls --------------------------------------------------------------------------------------------------------------------------- */

int WINAPI CompareStringEx(LPCWSTR Locale, DWORD Flags, LPCWCH First, int FirstLength, LPCWCH Second, int SecondLength,
                           LPNLSVERSIONINFO Version, LPVOID Reserved, LPARAM Handle)
{
    UNUSED(Locale);
    UNUSED(Version);
    if (First == NULL || Second == NULL || Reserved != NULL || Handle != 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Flags & ~(DWORD)COMPARE_FLAGS) {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    if (Flags & LINGUISTIC_IGNOREDIACRITIC) {
        Flags |= NORM_IGNORENONSPACE;
    }
    if (FirstLength < 0) {
        FirstLength = (int)wcslen(First);
    }
    if (SecondLength < 0) {
        SecondLength = (int)wcslen(Second);
    }
    return CSTR_EQUAL + Compare(Flags, First, FirstLength, Second, SecondLength);
}

int WINAPI CompareStringW(LCID Locale, DWORD Flags, LPCWCH First, int FirstLength, LPCWCH Second, int SecondLength)
{
    UNUSED(Locale);
    return CompareStringEx(NULL, Flags, First, FirstLength, Second, SecondLength, NULL, NULL, 0);
}

int WINAPI CompareStringA(LCID Locale, DWORD Flags, LPCCH First, int FirstLength, LPCCH Second, int SecondLength)
{
    LPWSTR WideFirst = NULL, WideSecond = NULL;
    SIZE_T Lengths[2];
    int Result = 0;

    if (First == NULL || Second == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (BaseBytesToWide(CP_ACP, First, FirstLength < 0 ? strlen(First) : (SIZE_T)FirstLength, &WideFirst, &Lengths[0]) &&
        BaseBytesToWide(CP_ACP, Second, SecondLength < 0 ? strlen(Second) : (SIZE_T)SecondLength, &WideSecond, &Lengths[1])) {
        Result = CompareStringW(Locale, Flags, WideFirst, (int)Lengths[0], WideSecond, (int)Lengths[1]);
    }
    BaseFree(WideSecond);
    BaseFree(WideFirst);
    return Result;
}

int WINAPI CompareStringOrdinal(LPCWCH First, int FirstLength, LPCWCH Second, int SecondLength, BOOL IgnoreCase)
{
    if (First == NULL || Second == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    FirstLength = FirstLength < 0 ? (int)wcslen(First) : FirstLength;
    SecondLength = SecondLength < 0 ? (int)wcslen(Second) : SecondLength;
    LONG Order = RtlCompareUnicodeStrings(First, (SIZE_T)FirstLength, Second, (SIZE_T)SecondLength, (BOOLEAN)(IgnoreCase != FALSE));
    return Order < 0 ? CSTR_LESS_THAN : Order > 0 ? CSTR_GREATER_THAN : CSTR_EQUAL;
}

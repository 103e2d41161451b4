/* SPDX-License-Identifier: MIT */
/*
 * nlsstring.c - character types, case mapping, comparison.
 *
 * Comparison has three levels, as Windows' sort keys have: the letters without case and marks, then the marks, then the case.  Punctuation
 * sorts before digits and digits before letters; the hyphen and the apostrophe count last of all unless SORT_STRINGSORT ("co-op" beside
 * "coop").  The order among other signs is by code, which differs from Windows' tables.
 */
#include "convert.h"

BOOL WINAPI GetStringTypeW(DWORD Kind, LPCWSTR Source, int Length, LPWORD Types)
{
    if (Source == NULL || Types == NULL || Length == 0 || (Kind != CT_CTYPE1 && Kind != CT_CTYPE2 && Kind != CT_CTYPE3)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Length < 0) {
        Length = (int)wcslen(Source) + 1;
    }
    for (int i = 0; i < Length; i++) {
        const NLS_CHARACTER_TYPE *Type = NlsTypeOf(Source[i]);
        Types[i] = Kind == CT_CTYPE1 ? Type->Type1 : Kind == CT_CTYPE2 ? Type->Type2 : Type->Type3;
    }
    return TRUE;
}

BOOL WINAPI GetStringTypeExW(LCID Locale, DWORD Kind, LPCWSTR Source, int Length, LPWORD Types)
{
    UNUSED(Locale);
    return GetStringTypeW(Kind, Source, Length, Types);
}

BOOL WINAPI GetStringTypeA(LCID Locale, DWORD Kind, LPCSTR Source, int Length, LPWORD Types)
{
    SIZE_T WideLength;
    LPWSTR Wide;

    UNUSED(Locale);
    if (Source == NULL || Length == 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!BaseBytesToWide(CP_ACP, Source, Length < 0 ? strlen(Source) + 1 : (SIZE_T)Length, &Wide, &WideLength)) {
        return FALSE;
    }
    BOOL Result = GetStringTypeW(Kind, Wide, (int)WideLength, Types);
    BaseFree(Wide);
    return Result;
}

BOOL WINAPI GetStringTypeExA(LCID Locale, DWORD Kind, LPCSTR Source, int Length, LPWORD Types)
{
    return GetStringTypeA(Locale, Kind, Source, Length, Types);
}

/* ---- weights ---------------------------------------------------------------------------------------------------------------------- */

typedef struct _WEIGHT
{
    ULONG Primary; /* class in the high half; 0: ignored at this level */
    UCHAR Mark;
    UCHAR Case;    /* 2 lower, 3 upper: lower sorts first */
} WEIGHT;

static WEIGHT WeightOf(WCHAR c, DWORD Flags)
{
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

static BOOL NextWeight(CURSOR *At, DWORD Flags, WEIGHT *Weight)
{
    if ((Flags & SORT_DIGITSASNUMBERS) && BeginNumber(At, Weight)) {
        return TRUE;
    }
    while (At->Index < At->Length) {
        At->Digits -= At->Digits != 0;
        *Weight = WeightOf(At->String[At->Index++], Flags);
        if (Weight->Primary > 1) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The hyphens and apostrophes that the first level passed over: where they stand, then which. */
static int CompareIgnored(LPCWSTR First, int FirstLength, LPCWSTR Second, int SecondLength)
{
    int Length = FirstLength < SecondLength ? FirstLength : SecondLength;

    for (int i = 0; i < Length; i++) {
        BOOL A = First[i] == L'-' || First[i] == L'\'', B = Second[i] == L'-' || Second[i] == L'\'';
        if (A != B) {
            return A ? 1 : -1;
        }
        if (A && First[i] != Second[i]) {
            return First[i] == L'\'' ? -1 : 1;
        }
    }
    return FirstLength == SecondLength ? 0 : FirstLength < SecondLength ? -1 : 1;
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

#define COMPARE_FLAGS (NORM_IGNORECASE | NORM_IGNORENONSPACE | NORM_IGNORESYMBOLS | SORT_STRINGSORT | NORM_IGNOREKANATYPE | \
                       NORM_IGNOREWIDTH | SORT_DIGITSASNUMBERS | NORM_LINGUISTIC_CASING | LINGUISTIC_IGNORECASE | LINGUISTIC_IGNOREDIACRITIC | \
                       0x10000000 /* LOCALE_USE_CP_ACP */ | 0x40000000)

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

/* ---- mapping ---------------------------------------------------------------------------------------------------------------------- */

/* The key of a string: primary weights, 1, marks, 1, cases, 1, 1, 0: memcmp of two keys orders as Compare does. */
static int SortKey(DWORD Flags, LPCWSTR Source, int Length, UCHAR *Target, int Size)
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

static inline WCHAR MapCase(WCHAR c, DWORD Case)
{
    if (c < 0x80) {
        BOOL Letter = (UCHAR)((c | 0x20) - 'a') < 26;
        return !Letter || Case == 0 ? c : Case == LCMAP_LOWERCASE ? c | 0x20 : c & ~0x20;
    }
    return Case == LCMAP_LOWERCASE ? RtlDowncaseUnicodeChar(c) : Case == LCMAP_UPPERCASE ? RtlUpcaseUnicodeChar(c) : c;
}

#define MAP_CASE (LCMAP_LOWERCASE | LCMAP_UPPERCASE)
#define MAP_STRIP (NORM_IGNORENONSPACE | NORM_IGNORESYMBOLS)
#define MAP_EAST_ASIAN (LCMAP_HIRAGANA | LCMAP_KATAKANA | LCMAP_HALFWIDTH | LCMAP_FULLWIDTH | LCMAP_SIMPLIFIED_CHINESE | LCMAP_TRADITIONAL_CHINESE)
#define MAP_ALWAYS 0x50000000u /* LOCALE_USE_CP_ACP and an old flag of the C run-time library's */

/* Which may go together.  Sort keys: with what comparing knows.  Stripping: with no mapping but LCMAP_BYTEREV. */
static BOOL CheckMapFlags(DWORD Flags, BOOL InPlace)
{
    DWORD Rest = Flags & ~MAP_ALWAYS;

    if (Flags & LCMAP_SORTKEY) {
        Rest &= ~(DWORD)(COMPARE_FLAGS | LCMAP_SORTKEY | LCMAP_BYTEREV);
    } else if ((Rest & MAP_EAST_ASIAN) && !(Rest & MAP_STRIP)) {
        return BaseNotSupported("LCMapString(kana, width, Chinese)");
    } else if (Rest != 0) {
        Rest &= ~(DWORD)(LCMAP_BYTEREV | (Rest & MAP_STRIP ? MAP_STRIP : MAP_CASE | LCMAP_LINGUISTIC_CASING));
    } else {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    return Rest == 0 && (!InPlace || (Flags & MAP_CASE)) ? TRUE : BaseFail(ERROR_INVALID_FLAGS);
}

/* C run-time libraries make their tables by this when they start. */
static int MapCaseOnly(DWORD Case, LPCWSTR Source, int Length, LPWSTR Target, int Size)
{
    if (Size == 0) {
        return Length;
    }
    if (Length > Size) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    for (int i = 0; i < Length; i++) {
        Target[i] = MapCase(Source[i], Case);
    }
    return Length;
}

int WINAPI LCMapStringEx(LPCWSTR Locale, DWORD Flags, LPCWSTR Source, int Length, LPWSTR Target, int Size, LPNLSVERSIONINFO Version,
                         LPVOID Reserved, LPARAM Handle)
{
    UNUSED(Locale);
    UNUSED(Version);
    if (Source == NULL || Length == 0 || Size < 0 || (Size != 0 && Target == NULL) || Reserved != NULL || Handle != 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!CheckMapFlags(Flags, Source == Target)) {
        return 0;
    }
    if (Length < 0) {
        Length = (int)wcslen(Source) + 1;
    }
    if (Flags & LCMAP_SORTKEY) {
        int Used = Length > 0 && Source[Length - 1] == 0 ? Length - 1 : Length;
        return SortKey(Flags, Source, Used, (UCHAR *)Target, Size);
    }
    if (!(Flags & (MAP_STRIP | LCMAP_BYTEREV)) && (Flags & MAP_CASE) != MAP_CASE) {
        return MapCaseOnly(Flags & MAP_CASE, Source, Length, Target, Size);
    }
    SINK Sink = {.Target = Target, .Size = Size};
    BOOL InWord = FALSE;
    for (int i = 0; i < Length; i++) {
        WCHAR c = Source[i];
        uint16_t Type = NlsTypeOf(c)->Type1;
        if (((Flags & NORM_IGNORESYMBOLS) && (Type & (C1_PUNCT | C1_SPACE))) || ((Flags & NORM_IGNORENONSPACE) && c >= 0x300 && c <= 0x36F)) {
            continue;
        }
        if ((Flags & NORM_IGNORENONSPACE) && NlsMarkedLetter(c) != NULL) {
            c = NlsMarkedLetter(c)->Base;
        }
        DWORD Case = (Flags & MAP_CASE) != MAP_CASE ? Flags & MAP_CASE : InWord ? LCMAP_LOWERCASE : LCMAP_UPPERCASE;
        InWord = (Type & (C1_ALPHA | C1_DIGIT)) != 0;
        c = MapCase(c, Case);
        PutWide(&Sink, Flags & LCMAP_BYTEREV ? (WCHAR)((c << 8) | (c >> 8)) : c);
    }
    return Sink.Full ? BaseFail(ERROR_INSUFFICIENT_BUFFER) : Sink.Length;
}

int WINAPI LCMapStringW(LCID Locale, DWORD Flags, LPCWSTR Source, int Length, LPWSTR Target, int Size)
{
    UNUSED(Locale);
    return LCMapStringEx(NULL, Flags, Source, Length, Target, Size, NULL, NULL, 0);
}

int WINAPI LCMapStringA(LCID Locale, DWORD Flags, LPCSTR Source, int Length, LPSTR Target, int Size)
{
    LPWSTR Wide = NULL, Mapped = NULL;
    SIZE_T WideLength;
    int Result = 0;

    if (Source == NULL || Length == 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if ((Flags & MAP_CASE) == MAP_CASE) { /* title case: not in bytes */
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    if (!CheckMapFlags(Flags, Source == Target)) {
        return 0;
    }
    if (!BaseBytesToWide(CP_ACP, Source, Length < 0 ? strlen(Source) + 1 : (SIZE_T)Length, &Wide, &WideLength)) {
        return 0;
    }
    if (Flags & LCMAP_SORTKEY) {
        Result = LCMapStringW(Locale, Flags, Wide, (int)WideLength, (LPWSTR)(PVOID)Target, Size);
    } else if ((Mapped = BaseAllocate((WideLength + 1) * sizeof(WCHAR))) != NULL) {
        int Count = LCMapStringW(Locale, Flags, Wide, (int)WideLength, Mapped, (int)WideLength);
        if (Count != 0) {
            Result = WideCharToMultiByte(CP_ACP, 0, Mapped, Count, Target, Size, NULL, NULL);
        }
    }
    BaseFree(Mapped);
    BaseFree(Wide);
    return Result;
}

/* ---- lstr ------------------------------------------------------------------------------------------------------------------------- */

int WINAPI lstrlenW(LPCWSTR String)
{
    return String == NULL ? 0 : (int)wcslen(String);
}

int WINAPI lstrlenA(LPCSTR String)
{
    return String == NULL ? 0 : (int)strlen(String);
}

LPWSTR WINAPI lstrcpyW(LPWSTR Target, LPCWSTR Source)
{
    return wcscpy(Target, Source);
}

LPSTR WINAPI lstrcpyA(LPSTR Target, LPCSTR Source)
{
    return strcpy(Target, Source);
}

LPWSTR WINAPI lstrcatW(LPWSTR Target, LPCWSTR Source)
{
    return wcscat(Target, Source);
}

LPSTR WINAPI lstrcatA(LPSTR Target, LPCSTR Source)
{
    return strcat(Target, Source);
}

LPWSTR WINAPI lstrcpynW(LPWSTR Target, LPCWSTR Source, int Size)
{
    int i = 0;

    for (; i + 1 < Size && Source[i] != 0; i++) {
        Target[i] = Source[i];
    }
    if (Size > 0) {
        Target[i] = 0;
    }
    return Target;
}

LPSTR WINAPI lstrcpynA(LPSTR Target, LPCSTR Source, int Size)
{
    int i = 0;

    for (; i + 1 < Size && Source[i] != 0; i++) {
        Target[i] = Source[i];
    }
    if (Size > 0) {
        Target[i] = 0;
    }
    return Target;
}

/* A NULL string comes before every other. */
static int OrderW(LPCWSTR First, LPCWSTR Second, DWORD Flags)
{
    if (First == NULL || Second == NULL) {
        return (First != NULL) - (Second != NULL);
    }
    int Result = CompareStringW(LOCALE_USER_DEFAULT, Flags, First, -1, Second, -1);
    return Result == 0 ? 0 : Result - CSTR_EQUAL;
}

static int OrderA(LPCSTR First, LPCSTR Second, DWORD Flags)
{
    if (First == NULL || Second == NULL) {
        return (First != NULL) - (Second != NULL);
    }
    int Result = CompareStringA(LOCALE_USER_DEFAULT, Flags, First, -1, Second, -1);
    return Result == 0 ? 0 : Result - CSTR_EQUAL;
}

int WINAPI lstrcmpW(LPCWSTR First, LPCWSTR Second)
{
    return OrderW(First, Second, 0);
}

int WINAPI lstrcmpiW(LPCWSTR First, LPCWSTR Second)
{
    return OrderW(First, Second, NORM_IGNORECASE);
}

int WINAPI lstrcmpA(LPCSTR First, LPCSTR Second)
{
    return OrderA(First, Second, 0);
}

int WINAPI lstrcmpiA(LPCSTR First, LPCSTR Second)
{
    return OrderA(First, Second, NORM_IGNORECASE);
}

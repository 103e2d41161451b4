/* SPDX-License-Identifier: MIT */
/*
 * nlsstring.c - character types, mapping of strings (case, widths, alphabets), and the lstr calls.
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

/* ---- mapping ---------------------------------------------------------------------------------------------------------------------- */

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
#define MAP_KANA (LCMAP_HIRAGANA | LCMAP_KATAKANA)
#define MAP_WIDTH (LCMAP_HALFWIDTH | LCMAP_FULLWIDTH)
#define MAP_CHINESE (LCMAP_SIMPLIFIED_CHINESE | LCMAP_TRADITIONAL_CHINESE)
#define LCMAP_HASH_ 0x40000u       /* LCMAP_HASH, and a handle for sorting: headers of this age lack them */
#define LCMAP_SORTHANDLE_ 0x20000000u
#define MAP_ALWAYS 0x50000000u /* LOCALE_USE_CP_ACP and an old flag of the C run-time library's */

/* Two that exclude each other. */
static BOOL Both(DWORD Flags, DWORD Pair)
{
    return (Flags & Pair) == Pair;
}

/* Which may go together.  Sort keys: with what comparing knows.  Stripping: with no mapping but LCMAP_BYTEREV. */
static BOOL CheckMapFlags(DWORD Flags, BOOL InPlace)
{
    DWORD Rest = Flags & ~MAP_ALWAYS;

    if (Rest & (LCMAP_HASH_ | LCMAP_SORTHANDLE_)) {
        return BaseNotSupported("LCMapString(LCMAP_HASH, LCMAP_SORTHANDLE)");
    }
    if (Flags & LCMAP_SORTKEY) {
        Rest &= ~(DWORD)(COMPARE_FLAGS | LCMAP_SORTKEY | LCMAP_BYTEREV);
    } else if (Rest & MAP_STRIP) {
        Rest &= ~(DWORD)(MAP_STRIP | LCMAP_BYTEREV);
    } else if (Rest == 0 || Both(Rest, MAP_KANA) || Both(Rest, MAP_WIDTH) || Both(Rest, MAP_CHINESE) ||
               ((Rest & LCMAP_LINGUISTIC_CASING) && !(Rest & MAP_CASE)) || ((Rest & MAP_CHINESE) && (Rest & (MAP_KANA | MAP_WIDTH)))) {
        return BaseFail(ERROR_INVALID_FLAGS);
    } else if (Rest & MAP_CHINESE) {
        return BaseNotSupported("LCMapString(Chinese)");
    } else {
        Rest &= ~(DWORD)(LCMAP_BYTEREV | MAP_CASE | LCMAP_LINGUISTIC_CASING | MAP_KANA | MAP_WIDTH);
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

/* Stripping, case, the order of bytes: each character by itself, but for the first of a word. */
static int MapEach(DWORD Flags, LPCWSTR Source, int Length, LPWSTR Target, int Size)
{
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
        return NlsSortKey(Flags, Source, Used, (UCHAR *)Target, Size);
    }
    if (!(Flags & (MAP_STRIP | LCMAP_BYTEREV | MAP_KANA | MAP_WIDTH)) && (Flags & MAP_CASE) != MAP_CASE) {
        return MapCaseOnly(Flags & MAP_CASE, Source, Length, Target, Size);
    }
    if (!(Flags & (MAP_KANA | MAP_WIDTH))) {
        return MapEach(Flags, Source, Length, Target, Size);
    }
    SINK Kana = {.Target = BaseAllocate((SIZE_T)Length * 2 * sizeof(WCHAR)), .Size = Length * 2}; /* one becomes two at most */
    int Result = 0;
    if (Kana.Target != NULL) {
        NlsMapKana(Flags, Source, Length, &Kana);
        Result = MapEach(Flags, Kana.Target, Kana.Length, Target, Size);
    }
    BaseFree(Kana.Target);
    return Result;
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

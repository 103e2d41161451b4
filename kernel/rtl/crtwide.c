/* SPDX-License-Identifier: MIT */
/*
 * crtwide.c - the C library's wide strings, as ntoskrnl and ntdll export them.  Case: NT's _wcsicmp folds ASCII only in its "C" locale;
 * towupper and towlower know all of Unicode's simple mappings (unicase.c).
 */
#include "rtlp.h"

static int FoldAscii(WCHAR Character)
{
    return Character < 0x80 ? tolower(Character) : Character;
}

typedef ULONG64 __attribute__((may_alias)) WORD4;

/* Four units a step once aligned: an aligned word never crosses a page, so it may be read past the end (which a sanitizer cannot know). */
__attribute__((no_sanitize("address"))) size_t __cdecl wcslen(const wchar_t *String)
{
    const wchar_t *At = String;

    for (; (ULONG_PTR)At % sizeof(WORD4) != 0; At++) {
        if (*At == 0)
            return (size_t)(At - String);
        if ((ULONG_PTR)At % sizeof(wchar_t) != 0)
            break;
    }
    if ((ULONG_PTR)At % sizeof(WORD4) == 0) {
        ULONG64 Word = *(const WORD4 *)At;
        while (((Word - 0x0001000100010001ULL) & ~Word & 0x8000800080008000ULL) == 0) {
            At += sizeof(WORD4) / sizeof(wchar_t);
            Word = *(const WORD4 *)At;
        }
    }
    while (*At != 0)
        At++;
    return (size_t)(At - String);
}

size_t __cdecl wcsnlen(const wchar_t *String, size_t Maximum)
{
    size_t Length = 0;

    while (Length < Maximum && String[Length] != 0)
        Length++;
    return Length;
}

int __cdecl wcsncmp(const wchar_t *Left, const wchar_t *Right, size_t Count)
{
    for (; Count != 0; Count--, Left++, Right++) {
        if (*Left != *Right)
            return *Left < *Right ? -1 : 1;
        if (*Left == 0)
            break;
    }
    return 0;
}

int __cdecl wcscmp(const wchar_t *Left, const wchar_t *Right)
{
    return wcsncmp(Left, Right, SIZE_MAX);
}

int __cdecl _wcsnicmp(const wchar_t *Left, const wchar_t *Right, size_t Count)
{
    for (; Count != 0; Count--, Left++, Right++) {
        int First = FoldAscii(*Left), Second = FoldAscii(*Right);
        if (First != Second)
            return First < Second ? -1 : 1;
        if (First == 0)
            break;
    }
    return 0;
}

int __cdecl _wcsicmp(const wchar_t *Left, const wchar_t *Right)
{
    return _wcsnicmp(Left, Right, SIZE_MAX);
}

wchar_t *__cdecl wcscpy(wchar_t *To, const wchar_t *From)
{
    memcpy(To, From, (wcslen(From) + 1) * sizeof *To);
    return To;
}

wchar_t *__cdecl wcsncpy(wchar_t *To, const wchar_t *From, size_t Count)
{
    size_t Length = wcsnlen(From, Count);

    memcpy(To, From, Length * sizeof *To);
    memset(To + Length, 0, (Count - Length) * sizeof *To);
    return To;
}

wchar_t *__cdecl wcscat(wchar_t *To, const wchar_t *From)
{
    wcscpy(To + wcslen(To), From);
    return To;
}

wchar_t *__cdecl wcsncat(wchar_t *To, const wchar_t *From, size_t Count)
{
    size_t Length = wcslen(To), Added = wcsnlen(From, Count);

    memcpy(To + Length, From, Added * sizeof *To);
    To[Length + Added] = 0;
    return To;
}

wchar_t *__cdecl wcschr(const wchar_t *String, wchar_t Character)
{
    for (;; String++) {
        if (*String == Character)
            return (wchar_t *)String;
        if (*String == 0)
            return NULL;
    }
}

wchar_t *__cdecl wcsrchr(const wchar_t *String, wchar_t Character)
{
    const wchar_t *Found = NULL;

    for (;; String++) {
        if (*String == Character)
            Found = String;
        if (*String == 0)
            return (wchar_t *)Found;
    }
}

wchar_t *__cdecl wcsstr(const wchar_t *String, const wchar_t *Sought)
{
    size_t Length = wcslen(Sought);

    for (;; String++) {
        if (wcsncmp(String, Sought, Length) == 0)
            return (wchar_t *)String;
        if (*String == 0)
            return NULL;
    }
}

size_t __cdecl wcsspn(const wchar_t *String, const wchar_t *Set)
{
    size_t Length = 0;

    while (String[Length] != 0 && wcschr(Set, String[Length]) != NULL)
        Length++;
    return Length;
}

size_t __cdecl wcscspn(const wchar_t *String, const wchar_t *Set)
{
    size_t Length = 0;

    while (String[Length] != 0 && wcschr(Set, String[Length]) == NULL)
        Length++;
    return Length;
}

wchar_t *__cdecl wcspbrk(const wchar_t *String, const wchar_t *Set)
{
    String += wcscspn(String, Set);
    return *String != 0 ? (wchar_t *)String : NULL;
}

wint_t __cdecl towupper(wint_t Character)
{
    return RtlpUpcase(Character);
}

wint_t __cdecl towlower(wint_t Character)
{
    return RtlpDowncase(Character);
}

wchar_t *__cdecl _wcsupr(wchar_t *String)
{
    for (wchar_t *At = String; *At != 0; At++)
        *At = RtlpUpcase(*At);
    return String;
}

wchar_t *__cdecl _wcslwr(wchar_t *String)
{
    for (wchar_t *At = String; *At != 0; At++)
        *At = RtlpDowncase(*At);
    return String;
}

/* A letter is what has a case, or a script without case: anything from U+00AA on that is not punctuation of Latin-1. */
int __cdecl iswalpha(wint_t Character)
{
    if (Character < 0x80)
        return isalpha(Character);
    if (Character < 0xC0)
        return Character == 0xAA || Character == 0xB5 || Character == 0xBA;
    return RtlpUpcase(Character) != Character || RtlpDowncase(Character) != Character;
}

int __cdecl iswdigit(wint_t Character)
{
    return Character < 0x80 && isdigit(Character);
}

int __cdecl iswxdigit(wint_t Character)
{
    return Character < 0x80 && isxdigit(Character);
}

int __cdecl iswspace(wint_t Character)
{
    return (Character < 0x80 && isspace(Character)) || Character == 0x85 || Character == 0xA0 ||
           (Character >= 0x2000 && Character <= 0x200A) || Character == 0x3000;
}

int __cdecl iswalnum(wint_t Character)
{
    return iswalpha(Character) || iswdigit(Character);
}

int __cdecl iswlower(wint_t Character)
{
    return RtlpUpcase(Character) != Character;
}

/* Type bits of the C run time: upper 1, lower 2, digit 4, space 8, punct 0x10, control 0x20, blank 0x40, hex 0x80, alpha 0x100. */
int __cdecl iswctype(wint_t Character, wctype_t Type)
{
    int Ascii = Character < 0x80;

    return ((Type & 0x01) && RtlpDowncase(Character) != Character) || ((Type & 0x02) && iswlower(Character)) ||
           ((Type & 0x04) && iswdigit(Character)) || ((Type & 0x08) && iswspace(Character)) ||
           ((Type & 0x10) && Ascii && ispunct(Character)) || ((Type & 0x20) && Ascii && iscntrl(Character)) ||
           ((Type & 0x40) && (Character == ' ' || Character == '\t')) || ((Type & 0x80) && iswxdigit(Character)) ||
           ((Type & 0x100) && iswalpha(Character));
}

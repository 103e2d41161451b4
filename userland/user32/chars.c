/* SPDX-License-Identifier: MIT */
/*
 * chars.c - the character functions: case, classes, stepping, OEM and ANSI.
 *
 * CharUpper and CharLower take either a string, changed in place, or a single character in the low word of the pointer.  Stepping through a
 * string in a single-byte code page is adding one; where a page has lead bytes, IsDBCSLeadByteEx says so.
 */
#include "smalldll.h"

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

static DWORD MapWide(LPWSTR Text, DWORD Length, DWORD How)
{
    for (DWORD i = 0; i < Length; i++) {
        Text[i] = How == LCMAP_UPPERCASE ? RtlUpcaseUnicodeChar(Text[i]) : RtlDowncaseUnicodeChar(Text[i]);
    }
    return Length;
}

static DWORD MapAnsi(LPSTR Text, DWORD Length, DWORD How)
{
    if (Length != 0) {
        LCMapStringA(LOCALE_USER_DEFAULT, How, Text, (int)Length, Text, (int)Length);
    }
    return Length;
}

#define IS_CHARACTER(p) (((ULONG_PTR)(p) >> 16) == 0)

static LPWSTR CharWide(LPWSTR Text, DWORD How)
{
    if (IS_CHARACTER(Text)) {
        WCHAR Character = (WCHAR)(ULONG_PTR)Text;
        MapWide(&Character, 1, How);
        return (LPWSTR)(ULONG_PTR)Character;
    }
    MapWide(Text, (DWORD)wcslen(Text), How);
    return Text;
}

static LPSTR CharAnsi(LPSTR Text, DWORD How)
{
    if (IS_CHARACTER(Text)) {
        CHAR Character = (CHAR)(ULONG_PTR)Text;
        MapAnsi(&Character, 1, How);
        return (LPSTR)(ULONG_PTR)(UCHAR)Character;
    }
    MapAnsi(Text, (DWORD)strlen(Text), How);
    return Text;
}

LPWSTR WINAPI CharUpperW(LPWSTR Text)
{
    return CharWide(Text, LCMAP_UPPERCASE);
}

LPWSTR WINAPI CharLowerW(LPWSTR Text)
{
    return CharWide(Text, LCMAP_LOWERCASE);
}

LPSTR WINAPI CharUpperA(LPSTR Text)
{
    return CharAnsi(Text, LCMAP_UPPERCASE);
}

LPSTR WINAPI CharLowerA(LPSTR Text)
{
    return CharAnsi(Text, LCMAP_LOWERCASE);
}

DWORD WINAPI CharUpperBuffW(LPWSTR Text, DWORD Length)
{
    return Text == NULL ? 0 : MapWide(Text, Length, LCMAP_UPPERCASE);
}

DWORD WINAPI CharLowerBuffW(LPWSTR Text, DWORD Length)
{
    return Text == NULL ? 0 : MapWide(Text, Length, LCMAP_LOWERCASE);
}

DWORD WINAPI CharUpperBuffA(LPSTR Text, DWORD Length)
{
    return Text == NULL ? 0 : MapAnsi(Text, Length, LCMAP_UPPERCASE);
}

DWORD WINAPI CharLowerBuffA(LPSTR Text, DWORD Length)
{
    return Text == NULL ? 0 : MapAnsi(Text, Length, LCMAP_LOWERCASE);
}

/* ---- stepping ------------------------------------------------------------------------------------------------------------------------ */

LPWSTR WINAPI CharNextW(LPCWSTR Text)
{
    return (LPWSTR)(*Text != 0 ? Text + 1 : Text);
}

LPWSTR WINAPI CharPrevW(LPCWSTR Start, LPCWSTR At)
{
    return (LPWSTR)(At > Start ? At - 1 : Start);
}

LPSTR WINAPI CharNextExA(WORD CodePage, LPCSTR Text, DWORD Flags)
{
    UNUSED(Flags);
    if (*Text == 0) {
        return (LPSTR)Text;
    }
    return (LPSTR)Text + (IsDBCSLeadByteEx(CodePage, (BYTE)Text[0]) && Text[1] != 0 ? 2 : 1);
}

LPSTR WINAPI CharPrevExA(WORD CodePage, LPCSTR Start, LPCSTR At, DWORD Flags)
{
    if (At <= Start) {
        return (LPSTR)Start;
    }
    while (*Start != 0) { /* only from the beginning is it known which bytes lead */
        LPSTR Next = CharNextExA(CodePage, Start, Flags);
        if (Next >= At) {
            break;
        }
        Start = Next;
    }
    return (LPSTR)Start;
}

LPSTR WINAPI CharNextA(LPCSTR Text)
{
    return CharNextExA(CP_ACP, Text, 0);
}

LPSTR WINAPI CharPrevA(LPCSTR Start, LPCSTR At)
{
    return CharPrevExA(CP_ACP, Start, At, 0);
}

/* ---- classes -------------------------------------------------------------------------------------------------------------------------- */

static BOOL HasType(WCHAR Character, WORD Mask)
{
    WORD Type = 0;

    return GetStringTypeW(CT_CTYPE1, &Character, 1, &Type) && (Type & Mask) != 0;
}

static WCHAR WideCharacter(CHAR Character)
{
    WCHAR Wide = 0;

    MultiByteToWideChar(CP_ACP, 0, &Character, 1, &Wide, 1);
    return Wide;
}

BOOL WINAPI IsCharAlphaW(WCHAR c)
{
    return HasType(c, C1_ALPHA);
}

BOOL WINAPI IsCharAlphaNumericW(WCHAR c)
{
    return HasType(c, C1_ALPHA | C1_DIGIT);
}

BOOL WINAPI IsCharUpperW(WCHAR c)
{
    return HasType(c, C1_UPPER);
}

BOOL WINAPI IsCharLowerW(WCHAR c)
{
    return HasType(c, C1_LOWER);
}

BOOL WINAPI IsCharAlphaA(CHAR c)
{
    return IsCharAlphaW(WideCharacter(c));
}

BOOL WINAPI IsCharAlphaNumericA(CHAR c)
{
    return IsCharAlphaNumericW(WideCharacter(c));
}

BOOL WINAPI IsCharUpperA(CHAR c)
{
    return IsCharUpperW(WideCharacter(c));
}

BOOL WINAPI IsCharLowerA(CHAR c)
{
    return IsCharLowerW(WideCharacter(c));
}

/* ---- ANSI and OEM --------------------------------------------------------------------------------------------------------------------- */

static BOOL Recode(UINT From, LPCSTR Source, UINT To, LPSTR Target, DWORD Length)
{
    LPWSTR Wide = Allocate(((SIZE_T)Length + 1) * sizeof(WCHAR));

    if (Source == NULL || Target == NULL || Wide == NULL) {
        Release(Wide);
        return FALSE;
    }
    int Count = Length == 0 ? 0 : MultiByteToWideChar(From, MB_PRECOMPOSED, Source, (int)Length, Wide, (int)Length);
    if (Count != 0) {
        WideCharToMultiByte(To, 0, Wide, Count, Target, (int)Length, NULL, NULL);
    }
    Release(Wide);
    return TRUE;
}

BOOL WINAPI CharToOemBuffA(LPCSTR Source, LPSTR Target, DWORD Length)
{
    return Recode(CP_ACP, Source, CP_OEMCP, Target, Length);
}

BOOL WINAPI OemToCharBuffA(LPCSTR Source, LPSTR Target, DWORD Length)
{
    return Recode(CP_OEMCP, Source, CP_ACP, Target, Length);
}

BOOL WINAPI CharToOemA(LPCSTR Source, LPSTR Target)
{
    return Source != NULL && CharToOemBuffA(Source, Target, (DWORD)strlen(Source) + 1);
}

BOOL WINAPI OemToCharA(LPCSTR Source, LPSTR Target)
{
    return Source != NULL && OemToCharBuffA(Source, Target, (DWORD)strlen(Source) + 1);
}

BOOL WINAPI CharToOemBuffW(LPCWSTR Source, LPSTR Target, DWORD Length)
{
    if (Source == NULL || Target == NULL) {
        return FALSE;
    }
    WideCharToMultiByte(CP_OEMCP, 0, Source, (int)Length, Target, (int)Length, NULL, NULL);
    return TRUE;
}

BOOL WINAPI OemToCharBuffW(LPCSTR Source, LPWSTR Target, DWORD Length)
{
    if (Source == NULL || Target == NULL) {
        return FALSE;
    }
    MultiByteToWideChar(CP_OEMCP, MB_PRECOMPOSED | MB_USEGLYPHCHARS, Source, (int)Length, Target, (int)Length);
    return TRUE;
}

BOOL WINAPI CharToOemW(LPCWSTR Source, LPSTR Target)
{
    return Source != NULL && CharToOemBuffW(Source, Target, (DWORD)wcslen(Source) + 1);
}

BOOL WINAPI OemToCharW(LPCSTR Source, LPWSTR Target)
{
    return Source != NULL && OemToCharBuffW(Source, Target, (DWORD)strlen(Source) + 1);
}

/* SPDX-License-Identifier: MIT */
/* patha.c - the path and string functions for the ANSI code page. */
#include "smalldll.h"
/* mingw declares these two without their results. */
#define PathQuoteSpacesA PathQuoteSpaces_
#define PathUnquoteSpacesA PathUnquoteSpaces_
#include <shlwapi.h>
#undef PathQuoteSpacesA
#undef PathUnquoteSpacesA

#undef T
#define T(c) (c)
#define TEXTCHAR CHAR
#define UTEXTCHAR UCHAR
#define LPTEXT LPSTR
#define LPCTEXT LPCSTR
#define TLEN strlen
#define NAME(n) n##A
#include "path.inc"
#include "string.inc"

/* FALSE: the same but for case. */
BOOL WINAPI ChrCmpIA(WORD First, WORD Second)
{
    return FoldA((CHAR)First) != FoldA((CHAR)Second);
}

LPSTR WINAPI StrCatBuffA(LPSTR Target, LPCSTR Source, int Size)
{
    int Length = (int)strlen(Target);

    if (Length < Size) {
        lstrcpynA(Target + Length, Source, Size - Length);
    }
    return Target;
}

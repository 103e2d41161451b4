/* SPDX-License-Identifier: MIT */
/*
 * dospath.h - the DOS paths that need no thought: C:\a\b with nothing to put in order.
 *
 * Nearly every name a program opens is one.  ntdll and kernel32 turn them into \??\C:\a\b by this one pass; whatever it does not take for certain goes the
 * long way (ntdll/path.c), which has the rules.
 */
#ifndef NASCENT_DOSPATH_H
#define NASCENT_DOSPATH_H

#include <emmintrin.h>

#define DOS_PATH_PREFIX L"\\??\\"
#define DOS_PATH_PREFIX_LENGTH 4u

/* Whether a last component may be one of CON, NUL, PRN, AUX, COMx, LPTx, CONIN$ and CONOUT$, by its first two letters. */
static inline int DosPathMayBeDevice(const WCHAR *Name)
{
    switch (Name[0] | 0x20) {
    case 'c':
        return (Name[1] | 0x20) == 'o';
    case 'n':
    case 'a':
        return (Name[1] | 0x20) == 'u';
    case 'p':
        return (Name[1] | 0x20) == 'r';
    case 'l':
        return (Name[1] | 0x20) == 'p';
    default:
        return 0;
    }
}

/* A bit pair for each of the eight characters at Name that is a separator or a colon. */
static inline unsigned DosPathSeparators(const WCHAR *Name)
{
    __m128i Eight = _mm_loadu_si128((const __m128i *)Name);
    __m128i Found = _mm_or_si128(_mm_cmpeq_epi16(Eight, _mm_set1_epi16('\\')),
                                 _mm_or_si128(_mm_cmpeq_epi16(Eight, _mm_set1_epi16('/')), _mm_cmpeq_epi16(Eight, _mm_set1_epi16(':'))));

    return (unsigned)_mm_movemask_epi8(Found);
}

/*
 * Target, of Room characters, gets \??\ and Name with its end.  Characters without the end, or 0: this is no such path, or there is no room for it, or it is
 * too short to be looked at eight characters at a time.
 */
static inline ULONG DosPathPlain(const WCHAR *Name, WCHAR *Target, ULONG Room)
{
    SIZE_T Length = wcslen(Name);
    const WCHAR *Last = Name + 3, *Group = Last;

    if (Length < 11 || Length + DOS_PATH_PREFIX_LENGTH >= Room || Name[1] != ':' || Name[2] != '\\' || (WCHAR)((Name[0] | 0x20) - 'a') > 25 ||
        Name[Length - 1] == '.' || Name[Length - 1] == ' ')
        return 0;
    for (;; Group = Group + 16 > Name + Length ? Name + Length - 8 : Group + 8) { /* the last eight may overlap those before */
        for (unsigned Pairs = DosPathSeparators(Group); Pairs != 0; Pairs &= Pairs - 1, Pairs &= Pairs - 1) {
            const WCHAR *At = Group + __builtin_ctz(Pairs) / 2;
            if (*At != '\\' || At[-1] == '\\' || At[-1] == '.')
                return 0;
            Last = At + 1;
        }
        if (Group + 8 == Name + Length)
            break;
    }
    if (DosPathMayBeDevice(Last))
        return 0;
    memcpy(Target, DOS_PATH_PREFIX, DOS_PATH_PREFIX_LENGTH * sizeof(WCHAR));
    memcpy(Target + DOS_PATH_PREFIX_LENGTH, Name, (Length + 1) * sizeof(WCHAR));
    return (ULONG)Length + DOS_PATH_PREFIX_LENGTH;
}

#endif

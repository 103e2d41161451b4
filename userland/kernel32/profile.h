/* SPDX-License-Identifier: MIT */
/*
 * profile.h - what reading (profile.c) and writing (profilewrite.c) .ini files share: the text of a file, and spans of it.
 */
#ifndef NASCENT_PROFILE_H
#define NASCENT_PROFILE_H

#include "k32.h"

typedef struct _PROFILE
{
    LPWSTR Text;    /* heap; not terminated */
    SIZE_T Length;
    BOOL Unicode;
    WCHAR Path[MAX_PATH + 4];
} PROFILE;

typedef struct _SPAN
{
    LPCWSTR Start;
    SIZE_T Length;
} SPAN;

typedef struct _LINES
{
    LPCWSTR Next, End;
} LINES;

/* Readings and changes of this process go one after another. */
void BaseEnterProfiles(void);
void BaseLeaveProfiles(void);
/* Without the blanks around it. */
SPAN BaseTrimSpan(SPAN Span);
/* The next line with its end (*Raw) and trimmed (*Line); FALSE at the end of the text. */
BOOL BaseNextLine(LINES *Lines, SPAN *Raw, SPAN *Line);
/* The section's heading line and what lies between it and the next one. */
BOOL BaseFindSection(const PROFILE *Profile, LPCWSTR Section, SPAN *Heading, SPAN *Body);
BOOL BaseFindKey(SPAN Body, LPCWSTR Wanted, SPAN *RawLine, SPAN *Value);
/* Text is null if the file is not there (ERROR_FILE_NOT_FOUND and the like); free it with BaseFree. */
BOOL BaseLoadProfile(PROFILE *Profile, LPCWSTR File);

#endif

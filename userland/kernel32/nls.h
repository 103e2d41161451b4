/* SPDX-License-Identifier: MIT */
/*
 * nls.h - kernel32's tables of code pages and character types (nlsdata.c, made by tools/gen-nls).
 */
#ifndef NASCENT_K32_NLS_H
#define NASCENT_K32_NLS_H

#include <stdint.h>

/*
 * A code page: a table of nlsdata.c, or one of the files c_NUMBER.nls (codepage.c).  0xFFFD: not assigned.  Null where there is none: bytes below 0x80
 * are ASCII but where All has them; Double has all of a double-byte page.
 */
typedef struct _NLS_CODE_PAGE
{
    uint32_t Number;
    const uint16_t *High; /* 0x80..0xFF */
    const uint8_t *Bytes; /* from UTF-16, best fit included; NULL: High is searched */
    const uint16_t *All;  /* 0..0xFF */
    const struct _CPTABLEINFO *Double;
    uint16_t Default;     /* what is written for what the page lacks; 0: a question mark */
} NLS_CODE_PAGE;

typedef struct _NLS_CHARACTER_TYPE
{
    uint16_t Type1; /* C1_* */
    uint16_t Type2; /* C2_* */
    uint16_t Type3; /* C3_* */
} NLS_CHARACTER_TYPE;

typedef struct _NLS_MARKED_LETTER
{
    uint16_t Letter;
    uint16_t Base;
    uint8_t Mark;
    uint16_t First, Second; /* one step of its canonical decomposition; Second is a combining mark */
} NLS_MARKED_LETTER;

extern const NLS_CODE_PAGE NlsCodePages[];
extern const uint32_t NlsCodePageCount;
extern const NLS_CHARACTER_TYPE NlsCharacterTypes[];
extern const uint8_t NlsTypeIndex[256];
extern const uint8_t NlsTypePages[][256];
extern const NLS_MARKED_LETTER NlsMarkedLetters[]; /* sorted by Letter */
extern const uint32_t NlsMarkedLetterCount;

/* NULL: there is no such table. */
const NLS_CODE_PAGE *NlsFindPage(unsigned CodePage);
const NLS_MARKED_LETTER *NlsMarkedLetter(uint16_t Letter);
/* The one character for a letter and a combining mark; 0: there is none. */
uint16_t NlsCompose(uint16_t First, uint16_t Mark);

static inline const NLS_CHARACTER_TYPE *NlsTypeOf(uint16_t Character)
{
    return &NlsCharacterTypes[NlsTypePages[NlsTypeIndex[Character >> 8]][Character & 0xFF]];
}

#endif

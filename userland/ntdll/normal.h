/* SPDX-License-Identifier: MIT */
/*
 * normal.h - normal forms of Unicode (normalize.c) and what host names want of them (idn.c, punycode.c).
 */
#ifndef NASCENT_NTDLL_NORMAL_H
#define NASCENT_NTDLL_NORMAL_H

#include "ntdllp.h"

/* winnls.h has the first four as NORM_FORM. */
#define NORMAL_C 1u
#define NORMAL_D 2u
#define NORMAL_KC 5u
#define NORMAL_KD 6u
#define NORMAL_IDNA 13u
#define NORMAL_IDNA_ASSIGNED 0x10Du

/* What normalize.nls has of a character (tools/gen-normalize): places of texts, 0 for none. */
typedef struct _NORMAL_RECORD
{
    USHORT Canonical, Compatible, Mapping;
    UCHAR Class;
    UCHAR Flags;     /* NORMAL_* */
    UCHAR NameFlags; /* NAME_* */
    UCHAR Unused[3];
} NORMAL_RECORD;
static_assert(sizeof(NORMAL_RECORD) == 12, "tools/gen-normalize");

#define NORMAL_NOT_C 1u
#define NORMAL_MAYBE_C 2u
#define NORMAL_NOT_KC 4u
#define NORMAL_MAYBE_KC 8u
#define NORMAL_NO_CHARACTER 16u
#define NAME_DELETED 1u
#define NAME_PROHIBITED 2u
#define NAME_UNASSIGNED 4u
#define NAME_RIGHT_TO_LEFT 8u
#define NAME_LEFT_TO_RIGHT 16u

/* UTF-16 that grows, on the heap. */
typedef struct _NORMAL_TEXT
{
    PWSTR Text;
    ULONG Length, Room;
} NORMAL_TEXT;

/* normalize.c.  The tables are there after RtlpOpenNormalTables has succeeded. */
NTSTATUS RtlpOpenNormalTables(void);
const NORMAL_RECORD *RtlpNormalRecord(ULONG Character);
const USHORT *RtlpNormalString(USHORT Place); /* its length comes first */
/* The character at *Index, which is moved on; MAXULONG for half a pair. */
ULONG RtlpNextCharacter(PCWSTR Text, ULONG Length, PULONG Index);
/* Appends the text in the form C, D, KC or KD.  STATUS_NO_UNICODE_TRANSLATION: *Bad is where. */
NTSTATUS RtlpNormalize(ULONG Form, PCWSTR Text, ULONG Length, NORMAL_TEXT *Result, PULONG Bad);
NTSTATUS RtlpAppendText(NORMAL_TEXT *Text, PCWSTR More, ULONG Length);
NTSTATUS RtlpAppendCharacter(NORMAL_TEXT *Text, ULONG Character);
void RtlpFreeText(NORMAL_TEXT *Text);
/* What the calls with a text to be filled end with: Text to Target, whose size *Size is; 0: it is only told. */
NTSTATUS RtlpReturnText(const NORMAL_TEXT *Text, PWSTR Target, PLONG Size);

/* idn.c: a text mapped as RFC 3491 says, and checked.  Flags: IDN_ALLOW_UNASSIGNED. */
NTSTATUS RtlpNameprep(ULONG Flags, PCWSTR Label, ULONG Length, NORMAL_TEXT *Result, PULONG Bad);

/* punycode.c: RFC 3492, without the prefix.  Append to Result; STATUS_INVALID_IDN_NORMALIZATION for what it cannot do. */
NTSTATUS RtlpPunycodeEncode(PCWSTR Label, ULONG Length, NORMAL_TEXT *Result);
NTSTATUS RtlpPunycodeDecode(PCWSTR Label, ULONG Length, NORMAL_TEXT *Result);

#endif

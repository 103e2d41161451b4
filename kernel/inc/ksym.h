/* SPDX-License-Identifier: MIT */
/*
 * ksym.h - the symbol and line table inside ntoskrnl.exe and the drivers: read-only section ".ksym", made after linking by tools/ksym.
 *
 * It lets the bugcheck screen name functions and lines without a debugger.  All offsets count from the start of the section (= of
 * the KSYM_HEADER), all addresses are RVAs, both arrays are sorted by Rva, so a lookup is a binary search for the last entry not above
 * the address.  A section with another signature or version is to be ignored, as is any offset outside [0, SectionBytes).
 *
 *      KSYM_HEADER | KSYM_FUNCTION[FunctionCount] | KSYM_LINE[LineCount] | u32 file name offsets [FileCount] | strings
 */
#ifndef NASCENT_KSYM_H
#define NASCENT_KSYM_H

#include <stdint.h>

#define KSYM_SECTION_NAME ".ksym"
#define KSYM_SIGNATURE 0x4D59534Bu /* "KSYM" */
#define KSYM_VERSION 1u

typedef struct _KSYM_HEADER
{
    uint32_t Signature;
    uint32_t Version;
    uint32_t SectionBytes;     /* all of it */
    uint32_t FunctionCount;
    uint32_t FunctionTable;    /* offset of KSYM_FUNCTION[FunctionCount] */
    uint32_t LineCount;
    uint32_t LineTable;        /* offset of KSYM_LINE[LineCount] */
    uint32_t FileCount;
    uint32_t FileTable;        /* offset of uint32_t[FileCount]: offsets of zero-terminated names, e.g. "kernel/mm/fault.c" */
} KSYM_HEADER;

typedef struct _KSYM_FUNCTION
{
    uint32_t Rva;
    uint32_t Name;             /* offset of a zero-terminated name */
} KSYM_FUNCTION;

/* Covers [Rva, next entry's Rva).  Line 0: no source is known for this range. */
typedef struct _KSYM_LINE
{
    uint32_t Rva;
    uint32_t FileAndLine;      /* file number << 20 | line */
} KSYM_LINE;

#define KSYM_LINE_NUMBER(x) ((x) & 0xFFFFFu)
#define KSYM_LINE_FILE(x) ((x) >> 20)

#endif

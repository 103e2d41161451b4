/* SPDX-License-Identifier: MIT */
/*
 * psinfo.h - between the dispatcher of the four information services (psinfo.c) and the files that answer: procquery.c, procset.c, threadinfo.c.
 */
#ifndef NASCENT_PS_PSINFO_H
#define NASCENT_PS_PSINFO_H

#include "psp.h"

/* Buffer: kernel memory, Length bytes, zeroed.  *Needed: preset to the class' size; what the answer takes. */
typedef NTSTATUS (*PSP_QUERY)(PVOID Object, PVOID Buffer, ULONG Length, ULONG *Needed);
/* Value: the caller's bytes, zero-extended to PSP_SET_MAXIMUM. */
typedef NTSTATUS (*PSP_SET)(PVOID Object, const ULONG64 *Value, KPROCESSOR_MODE Mode);
#define PSP_SET_MAXIMUM 96

enum { PspExact, PspVariable, PspString /* a UNICODE_STRING, its text behind it */ };

typedef struct _PSP_QUERY_CLASS
{
    PSP_QUERY Query;
    ACCESS_MASK Access;
    USHORT Size; /* exact, or the least; 0: the routine says how much it needs */
    UCHAR Kind;
} PSP_QUERY_CLASS;

typedef struct _PSP_SET_CLASS
{
    PSP_SET Set;
    ACCESS_MASK Access;
    USHORT Size;
    USHORT OtherSize; /* a second size that is right; 0: none */
} PSP_SET_CLASS;

typedef struct _PSP_CLASSES
{
    const PSP_QUERY_CLASS *Query;
    ULONG QueryCount;
    const PSP_SET_CLASS *Set;
    ULONG SetCount;
} PSP_CLASSES;

#define PSP_Q(f) ((PSP_QUERY)(PVOID)(ULONG_PTR)(f))
#define PSP_S(f) ((PSP_SET)(PVOID)(ULONG_PTR)(f))
extern const PSP_QUERY_CLASS PspProcessQueries[], PspThreadQueries[];
extern const PSP_SET_CLASS PspProcessSets[], PspThreadSets[];
extern const ULONG PspProcessQueryCount, PspThreadQueryCount, PspProcessSetCount, PspThreadSetCount;
NTSTATUS PspSetThreadName(HANDLE ThreadHandle, const UNICODE_STRING *UserName, ULONG Length, KPROCESSOR_MODE Mode);
#endif

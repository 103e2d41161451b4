/* SPDX-License-Identifier: MIT */
/*
 * path.h - a full path under construction: path.c makes it, ntpath.c and curdir.c use it.
 */
#ifndef NASCENT_PATH_H
#define NASCENT_PATH_H

#include "ntdllp.h"

typedef struct _WORK_PATH
{
    PWSTR Buffer; /* Inline, or the heap for long ones */
    ULONG Length; /* characters; the buffer is terminated */
    ULONG Capacity;
    WCHAR Inline[800];
} WORK_PATH;

/* After success, and only then, the path must be freed. */
NTSTATUS RtlpMakeFullPath(PCWSTR Name, WORK_PATH *Path);
void RtlpFreeFullPath(WORK_PATH *Path);
/* curdir.c: when the process starts, after the heap is there. */
void RtlpOpenCurrentDirectory(void);

#endif

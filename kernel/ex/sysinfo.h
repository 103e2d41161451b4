/* SPDX-License-Identifier: MIT */
/*
 * sysinfo.h - between the files of NtQuerySystemInformation.
 *
 * A class is answered by a routine that writes into a SYSINFO through SysPut and SysReserve.  It is called twice: first with no buffer, to count, then with
 * one as large as was counted (and a little more).  What does not fit is counted only.  The caller's memory is written once, at the end.
 */
#ifndef NASCENT_EX_SYSINFO_H
#define NASCENT_EX_SYSINFO_H

#include "exp.h"
#include "mm.h"

typedef struct _SYSINFO
{
    PUCHAR Buffer;     /* NULL while counting */
    ULONG Room;        /* bytes of Buffer */
    ULONG Used;        /* bytes the answer takes, also beyond Room */
    PUCHAR UserBuffer; /* where the answer will lie: addresses in it are relative to this */
} SYSINFO;

typedef NTSTATUS (*SYSINFO_ROUTINE)(SYSINFO *Info);

/* The next Size bytes of the answer, zeroed; NULL while counting or when they do not fit. */
static inline PVOID SysReserve(SYSINFO *Info, ULONG Size)
{
    ULONG At = Info->Used;

    Info->Used += Size;
    if (Info->Buffer == NULL || Info->Used > Info->Room) {
        return NULL;
    }
    RtlZeroMemory(Info->Buffer + At, Size);
    return Info->Buffer + At;
}

static inline void SysPut(SYSINFO *Info, const VOID *Data, ULONG Size)
{
    PVOID Place = SysReserve(Info, Size);

    if (Place != NULL) {
        RtlCopyMemory(Place, Data, Size);
    }
}

/* sysproc.c */
NTSTATUS ExpQueryProcesses(SYSINFO *Info);
NTSTATUS ExpQueryHandles(SYSINFO *Info);
NTSTATUS ExpQueryHandlesOld(SYSINFO *Info);
NTSTATUS ExpQueryModules(SYSINFO *Info);
NTSTATUS ExpQueryPoolTags(SYSINFO *Info);

#endif

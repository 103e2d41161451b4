/* SPDX-License-Identifier: MIT */
/*
 * ktest.h - the language between ktest.exe and ktest.sys: control codes and their buffers.
 *
 * The driver holds a table of self-tests; the program asks how many there are and runs them one by one.  The other codes are for what needs
 * a user-mode partner: user buffers, user APCs, requests that stay pending, and the watching of processes.  Include after <windows.h> and
 * <winioctl.h>, or after <ntifs.h>.
 */
#ifndef NASCENT_KTEST_H
#define NASCENT_KTEST_H

#define KTEST_SERVICE L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\ktest"
#define KTEST_CODE(n, method) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (n), method, FILE_ANY_ACCESS)

#define IOCTL_KTEST_COUNT KTEST_CODE(0, METHOD_BUFFERED)      /* out: ULONG */
#define IOCTL_KTEST_RUN KTEST_CODE(1, METHOD_BUFFERED)        /* in: ULONG number; out: KTEST_RESULT */
#define IOCTL_KTEST_INVERT KTEST_CODE(2, METHOD_BUFFERED)     /* in, out: bytes, each inverted */
#define IOCTL_KTEST_FILL KTEST_CODE(3, METHOD_OUT_DIRECT)     /* in: one byte; out: every byte of the locked buffer set to it */
#define IOCTL_KTEST_SUM KTEST_CODE(4, METHOD_IN_DIRECT)       /* in: 8 bytes, the sum; out (read by the driver): the bytes summed */
#define IOCTL_KTEST_PEND KTEST_CODE(5, METHOD_BUFFERED)       /* pends until cancelled or released */
#define IOCTL_KTEST_RELEASE KTEST_CODE(6, METHOD_BUFFERED)    /* completes every pending request; out: ULONG, how many */
#define IOCTL_KTEST_USER_APC KTEST_CODE(7, METHOD_BUFFERED)   /* in: KTEST_APC; queues a user APC to the calling thread */
#define IOCTL_KTEST_WATCH KTEST_CODE(8, METHOD_BUFFERED)      /* in: KTEST_WATCH; starts watching, or ends it if Size is 0 */
#define IOCTL_KTEST_WATCHED KTEST_CODE(9, METHOD_BUFFERED)    /* out: KTEST_WATCHED */
#define IOCTL_KTEST_PEEK KTEST_CODE(10, METHOD_BUFFERED)      /* in: KTEST_PEEK; a worker attaches to the caller and reads; out: 8 bytes */
#define IOCTL_KTEST_THREAD_HERE KTEST_CODE(11, METHOD_BUFFERED) /* a system thread in the caller's process; out: ULONG, its process id */
#define IOCTL_KTEST_STATUS KTEST_CODE(12, METHOD_BUFFERED)    /* in: LONG; completes with that status */

typedef struct _KTEST_RESULT
{
    CHAR Name[48];
    ULONG Checks;
    ULONG Failures;
    CHAR Message[208]; /* the first failure */
} KTEST_RESULT;

typedef struct _KTEST_APC
{
    ULONG64 Routine; /* void (NTAPI *)(PVOID Context, PVOID Argument1, PVOID Argument2) in user mode */
    ULONG64 Context, Argument1, Argument2;
} KTEST_APC;

/* Refuse: a process whose image name ends in Suffix is refused with that status (a success: only watched). */
typedef struct _KTEST_WATCH
{
    ULONG Size;
    LONG Refuse;
    WCHAR Suffix[32];
} KTEST_WATCH;

/* What the notify routines saw of processes whose image name ends in Suffix, since the watch began. */
typedef struct _KTEST_WATCHED
{
    ULONG Created, Exited, Refused;
    ULONG ThreadsCreated, ThreadsExited;
    ULONG Images;          /* images mapped in the process */
    ULONG ProcessId, ParentId;
    WCHAR CommandLine[64]; /* from PS_CREATE_NOTIFY_INFO */
    WCHAR FirstImage[64];  /* end of the full name of the first image mapped */
} KTEST_WATCHED;

typedef struct _KTEST_PEEK
{
    ULONG64 Address;
} KTEST_PEEK;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * psnotify.h - between psnotify.sys and tests/user/psnotify.c.
 */
#ifndef NASCENT_PSNOTIFY_H
#define NASCENT_PSNOTIFY_H

#define PSN_CODE(n) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x810 + (n), METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PSN_WATCH PSN_CODE(0)    /* In: process id; what follows is about its children */
#define IOCTL_PSN_REPORT PSN_CODE(1)   /* Out: PSN_REPORT */
#define IOCTL_PSN_SELFTEST PSN_CODE(2) /* In: process id; Out: ULONG number of the first check that failed, 0 if none */
#define IOCTL_PSN_PROTECT PSN_CODE(3)  /* In: process id; handles to it lose PROCESS_TERMINATE; 0: no more */

typedef struct _PSN_REPORT
{
    unsigned long Created, Exited, OldCreated, OldExited, ThreadsCreated, ThreadsExited, Images, ImagesInOrder;
    unsigned long LastParent, LastChild, CreatingThread, LastThread, OpenNameAvailable;
    unsigned long PreCreate, PreDuplicate, Post;
    wchar_t Image[128], CommandLine[128], FirstImage[128], SecondImage[128];
} PSN_REPORT;
#endif

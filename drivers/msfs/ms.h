/* SPDX-License-Identifier: MIT */
/*
 * ms.h - msfs.sys, the mailslot file system: \Device\Mailslot.
 *
 * A mailslot is a name with one reader, who made it, and any number of writers.  What a write brings is a message: it is read whole or not
 * at all (STATUS_BUFFER_TOO_SMALL leaves it there).  A read waits as long as the slot's time-out says.  Nothing is written when nobody has
 * the slot open; a writer that outlives the slot gets STATUS_FILE_FORCED_CLOSED.
 *
 *   msinit.c   DriverEntry, dispatch, opening and closing       msio.c   read, write, time-outs, information
 *
 * Locks, outermost first: MsNames (a fast mutex: names, creation), MsLock (a spin lock: messages and readers of all slots).
 */
#ifndef MS_H
#define MS_H

#include <ntifs.h>

#define MS_TAG ((ULONG)('M' | 's' << 8 | 'f' << 16 | 's' << 24))
#define MS_FOREVER (-1LL)

typedef struct _MS_MESSAGE
{
    LIST_ENTRY Link;
    ULONG Length;
    UCHAR Data[];
} MS_MESSAGE;

typedef struct _MS_SLOT
{
    LIST_ENTRY Link;             /* MsNames */
    UNICODE_STRING Name;         /* with its backslash */
    PSECURITY_DESCRIPTOR Security; /* MsNames */
    LONG References;             /* MsNames: file objects */
    ULONG MaximumMessage, Quota;
    BOOLEAN Open;                /* MsLock: the reader's handle is */
    LARGE_INTEGER ReadTimeout;   /* MsLock, and all below */
    LIST_ENTRY Messages, Readers;
    ULONG MessageCount;
} MS_SLOT;

/* A read that waits. */
typedef struct _MS_READER
{
    LIST_ENTRY Link;   /* MS_SLOT.Readers; empty: ended, and left to the DPC to free */
    PIRP Irp;          /* NULL: the time was up while the IRP was being cancelled */
    BOOLEAN Timed;
    KTIMER Timer;
    KDPC Dpc;
} MS_READER;

extern FAST_MUTEX MsNames;
extern KSPIN_LOCK MsLock;

NTSTATUS MsComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
/* FsContext is the slot; FsContext2 is not NULL at the reader's end. */
static inline MS_SLOT *MsSlotOf(PFILE_OBJECT File) { return File->FsContext; }
static inline BOOLEAN MsIsReader(PFILE_OBJECT File) { return File->FsContext2 != NULL; }

NTSTATUS MsRead(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS MsWrite(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS MsQueryInformation(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS MsSetInformation(PIRP Irp, PIO_STACK_LOCATION Stack);
/* The reader's handle is closed: messages go, waiting reads end. */
void MsEmpty(MS_SLOT *Slot);
#endif

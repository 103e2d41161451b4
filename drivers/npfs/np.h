/* SPDX-License-Identifier: MIT */
/*
 * np.h - npfs.sys, the named-pipe file system: \Device\NamedPipe.  docs/pipes.md tells what pipes are for and why they behave as they do.
 *
 * A pipe (NP_PIPE) is a name with a security descriptor and what all its instances have in common.  An instance (NP_INSTANCE) is one
 * conversation: a server's end, a client's end, a state, and two queues.  A queue holds either data that nobody has read (written by one
 * end) or reads that nobody has answered (of the other end), never both.
 *
 *   npinit.c     DriverEntry, dispatch             npqueue.c    entries of a queue, quota, cancellation
 *   npcreate.c   creating and opening              npio.c       read, write, transact, peek, flush
 *   npname.c     the pipes by name                 npstate.c    listen, connect, disconnect, close
 *   npwait.c     FSCTL_PIPE_WAIT                   npinfo.c     information classes, attributes, volume
 *   npdir.c      listing \\.\pipe\                 npsecure.c   descriptors, impersonation
 *
 * Transfers are buffered (DO_BUFFERED_IO): both sides' data lie in nonpaged pool, so everything about an instance happens under one spin
 * lock, that of its pipe, at DISPATCH_LEVEL.  A write that need not wait gives its system buffer to the queue instead of copying it.
 *
 * Locks, outermost first: NpNames (a fast mutex: the names, creation, opening, security descriptors), NP_PIPE.Lock, NpWaitLock.  IRPs are
 * collected under a lock and completed after it is released (NP_DONE).  The state of an IRP that waits: in its entry under the pipe's lock;
 * its cancel routine finds the entry through DriverContext[0], which is NULL when somebody else already dealt with the entry.
 */
#ifndef NP_H
#define NP_H

#include <ntifs.h>

#define NP_TAG ((ULONG)('N' | 'p' << 8 | 'f' << 16 | 's' << 24))
#define NP_CLIENT FILE_PIPE_CLIENT_END
#define NP_SERVER FILE_PIPE_SERVER_END

/* What FILE_OBJECT.FsContext points to begins with one of these. */
enum { NpTypeVolume = 0x4E50, NpTypeRoot, NpTypePipe };

typedef enum _NP_KIND { NpRead, NpData, NpFlush } NP_KIND;

struct _NP_QUEUE;
typedef struct _NP_ENTRY
{
    LIST_ENTRY Link;
    struct _NP_QUEUE *Queue;
    NP_KIND Kind;
    PIRP Irp;                /* NULL: data whose writer was answered */
    PUCHAR Buffer;           /* data, or where to read to */
    ULONG Length, Offset;    /* of Buffer; data before Offset have been read */
    BOOLEAN OwnsBuffer;      /* Buffer is freed with the entry, not with the IRP */
    PSECURITY_CLIENT_CONTEXT Client; /* who wrote it, if the client asked for dynamic tracking */
} NP_ENTRY;

/* Guarded by the pipe's lock. */
typedef struct _NP_QUEUE
{
    LIST_ENTRY Entries;
    ULONG Bytes;             /* unread bytes of the data entries */
    ULONG Reads;             /* read entries */
    ULONG Quota;
} NP_QUEUE;

typedef struct _NP_PIPE
{
    ULONG Type;              /* NpTypePipe */
    LIST_ENTRY Link;         /* NpNames; not in the list: no name, or no server any more */
    UNICODE_STRING Name;     /* with its backslash; empty: an anonymous pipe */
    PSECURITY_DESCRIPTOR Security; /* NpNames */
    ULONG PipeType, Configuration, MaximumInstances;
    LARGE_INTEGER DefaultTimeout;
    ULONG Servers;           /* NpNames: server ends open */
    ULONG InstanceCount;     /* NpNames */
    KSPIN_LOCK Lock;
    LIST_ENTRY Instances;    /* changed under NpNames and Lock */
} NP_PIPE;

typedef struct _NP_INSTANCE
{
    LIST_ENTRY Link;         /* NP_PIPE.Instances */
    NP_PIPE *Pipe;
    LONG References;         /* file objects */
    ULONG State;             /* the rest: Pipe->Lock */
    PFILE_OBJECT File[2];    /* by end; NULL: closed, disconnected or not there yet */
    ULONG ReadMode[2], CompletionMode[2];
    ULONG ProcessId[2], SessionId[2];
    NP_QUEUE Queue[2];       /* [NP_SERVER]: read by the server (inbound); [NP_CLIENT]: read by the client */
    LIST_ENTRY Listens;      /* IRPs */
    SECURITY_QUALITY_OF_SERVICE Qos;
    PSECURITY_CLIENT_CONTEXT Client; /* whom the server may impersonate */
} NP_INSTANCE;

/* The root directory, opened: FsContext. */
typedef struct _NP_DIRECTORY
{
    ULONG Type;                /* NpTypeRoot */
    ULONG Next;                /* NpNames: pipes that the scan has passed */
    UNICODE_STRING Expression; /* NpNames: in upper case; of the first query */
    BOOLEAN Scanning;
} NP_DIRECTORY;

/* IRPs that are over, to be completed when no lock is held. */
typedef struct _NP_DONE
{
    LIST_ENTRY Irps;
} NP_DONE;

/* An instance through one of its file objects. */
typedef struct _NP_OPEN
{
    NP_INSTANCE *Instance;
    ULONG End;
} NP_OPEN;

extern FAST_MUTEX NpNames;
extern PDEVICE_OBJECT NpDevice;
extern ULONG NpVolume; /* what FsContext of the opened device points to */

/* npinit.c */
NTSTATUS NpComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
ULONG NpTypeOf(PFILE_OBJECT File);
/* The instance behind a pipe's file object. */
NP_OPEN NpDecode(PFILE_OBJECT File);
static inline BOOLEAN NpConnected(NP_OPEN Open, PFILE_OBJECT File) { return Open.Instance->File[Open.End] == File; }

/* npname.c: NpNames held. */
NP_PIPE *NpFindPipe(PCUNICODE_STRING Name);
void NpInsertPipe(NP_PIPE *Pipe);
void NpRemovePipe(NP_PIPE *Pipe);
NP_PIPE *NpNextPipe(NP_PIPE *Pipe);
void NpInitNames(void);

/* npqueue.c: Pipe->Lock held but for the first three. */
NP_ENTRY *NpAllocateEntry(NP_KIND Kind);
void NpFreeEntry(NP_ENTRY *Entry);
void NpFinish(NP_DONE *Done);
void NpBeginDone(NP_DONE *Done);
void NpAddDone(NP_DONE *Done, PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
void NpInitQueue(NP_QUEUE *Queue, ULONG Quota);
/* The first entry, NULL if there is none. */
NP_ENTRY *NpFirst(NP_QUEUE *Queue);
void NpAppend(NP_QUEUE *Queue, NP_ENTRY *Entry);
/* Appends Entry with an IRP that waits.  FALSE: it was cancelled already; the entry is freed and the IRP is in Done. */
BOOLEAN NpAppendPending(NP_QUEUE *Queue, NP_ENTRY *Entry, PIRP Irp, NP_DONE *Done);
void NpUnlink(NP_ENTRY *Entry);
/* The entry's IRP is over: into Done, unless a cancel routine is about to complete it. */
void NpEndEntryIrp(NP_ENTRY *Entry, NTSTATUS Status, ULONG_PTR Information, NP_DONE *Done);
/* Ends and frees everything of a kind in the queue; Kind -1: all. */
void NpPurge(NP_QUEUE *Queue, LONG Kind, NTSTATUS Status, NP_DONE *Done);
/* After room was made: answers writers whose data now fit, and flushes with nothing before them. */
void NpSettle(NP_QUEUE *Queue, NP_DONE *Done);
DRIVER_CANCEL NpCancelEntry;

/* npio.c */
NTSTATUS NpReadIrp(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpWriteIrp(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpFlushIrp(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpTransceive(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpPeek(PIRP Irp, PIO_STACK_LOCATION Stack);

/* npstate.c */
NTSTATUS NpListen(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpDisconnect(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpCleanup(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpClose(PIRP Irp, PIO_STACK_LOCATION Stack);
/* Lock held: a client has come. */
void NpConnectClient(NP_INSTANCE *Instance, PFILE_OBJECT File, NP_DONE *Done);
void NpReleaseInstance(NP_INSTANCE *Instance);

/* npwait.c */
NTSTATUS NpWait(PIRP Irp, PIO_STACK_LOCATION Stack);
/* Lock of the pipe may be held. */
void NpWakeWaiters(NP_PIPE *Pipe, NTSTATUS Status, NP_DONE *Done);
BOOLEAN NpHasListener(NP_PIPE *Pipe);

/* npcreate.c */
NTSTATUS NpOpenIrp(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpCreateIrp(PIRP Irp, PIO_STACK_LOCATION Stack);

/* npinfo.c, npdir.c */
NTSTATUS NpQueryInformation(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpSetInformation(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpQueryVolume(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpQueryAttribute(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpDirectory(PIRP Irp, PIO_STACK_LOCATION Stack);

/* npsecure.c */
NTSTATUS NpCheckAccess(NP_PIPE *Pipe, PACCESS_STATE AccessState, PIRP Irp, PIO_STACK_LOCATION Stack, ACCESS_MASK Extra);
NTSTATUS NpCaptureClient(NP_INSTANCE *Instance, const SECURITY_QUALITY_OF_SERVICE *Qos, PSECURITY_CLIENT_CONTEXT *Client);
void NpFreeClient(PSECURITY_CLIENT_CONTEXT Client);
NTSTATUS NpImpersonate(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpQuerySecurity(PIRP Irp, PIO_STACK_LOCATION Stack);
NTSTATUS NpSetSecurity(PIRP Irp, PIO_STACK_LOCATION Stack);
#endif

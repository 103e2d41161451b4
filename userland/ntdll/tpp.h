/* SPDX-License-Identifier: MIT */
/*
 * tpp.h - the thread pool's own structures.
 *
 *      tppool.c    pools and their workers, the queue of callbacks that may run, what a running callback may do (TP_CALLBACK_INSTANCE)
 *      tpobject.c  work, simple callbacks, references, waiting for callbacks, cleanup groups
 *      tptimer.c   the timer thread: timers, and the watch over pools that make no progress
 *      tpwait.c    the wait threads, 63 handles each
 *      tpio.c      files bound to a pool's completion port
 *      tplegacy.c  the older interface (RtlQueueWorkItem, RtlRegisterWait, timer queues) on top of the newer one
 *
 * A work, a timer, a wait, an I/O and a simple callback are one structure.  Whatever makes a callback ready (a post, an expiry, a signal)
 * increments Pending; a worker turns one Pending into one Running and calls.  Both hold references.
 *
 * One lock, TppLock, guards everything here.  No callback is called, no DLL unloaded and no thread waited for under it.
 * Lock order: TppLock is below the loader lock and above the heap's; wait-on-address buckets are the leaf.
 */
#ifndef NASCENT_TPP_H
#define NASCENT_TPP_H

#include "ntdllp.h"
#include "tpapi.h"

#define TPP_DEFAULT_MAXIMUM 512u
#define TPP_FOR_EVER INT64_MAX

typedef enum _TPP_KIND { TppSimple, TppWork, TppTimer, TppWait, TppIo } TPP_KIND;

struct _TP_POOL
{
    LONG References;      /* its owner's, and one for each object */
    HANDLE Port;          /* a packet without key for each Pending; packets of files have their TPP_OBJECT as key */
    LIST_ENTRY Queue[TP_CALLBACK_PRIORITY_COUNT]; /* objects with Pending != 0 */
    ULONG Packets;        /* sent and not yet received, without key */
    ULONG Idle;           /* workers that wait for a packet */
    ULONG Workers, Long;  /* all of them; those in callbacks that said they run long */
    ULONG Minimum, Maximum;
    ULONG Files;          /* bound: somebody has to listen */
    ULONG Taken, TakenBefore, Grow; /* progress, as the timer thread sees it */
    bool Dying;
    LIST_ENTRY StarvedLink; /* to itself, or in the timer thread's list */
    SIZE_T StackReserve, StackCommit;
};

struct _TP_CLEANUP_GROUP
{
    LONG References; /* its owner's, and one for each member */
    LIST_ENTRY Members;
};

typedef struct _TPP_WAITER TPP_WAITER;
typedef struct _TPP_OBJECT
{
    TPP_KIND Kind;
    LONG References; /* the program's, one for each Pending and Running, those of waiters */
    PTP_POOL Pool;
    PTP_CLEANUP_GROUP Group;
    LIST_ENTRY GroupLink;
    PTP_CLEANUP_GROUP_CANCEL_CALLBACK Cancelled;
    PVOID Callback, Context, RaceDll;
    PTP_SIMPLE_CALLBACK Finalization;
    UCHAR Priority;
    bool LongFunction;
    bool Closed;          /* the program has released it */
    bool InService;       /* called by the timer thread or wait thread itself, not by a worker */
    LIST_ENTRY QueueLink;
    ULONG Pending, Running;
    RTL_CONDITION_VARIABLE Drained;
    void (*Destroyed)(struct _TPP_OBJECT *Object); /* last call, without the lock */
    HANDLE CompletionEvent;                        /* set after it */
    PVOID Extra;                                   /* whoever built on the object; freed with it */
    union {
        struct
        {
            LIST_ENTRY Link;
            LONGLONG Due; /* interrupt time */
            ULONG Period; /* milliseconds; 0: once */
            bool Set, Armed;
        } Timer;
        struct
        {
            TPP_WAITER *Waiter; /* NULL: not armed */
            HANDLE Handle;      /* our duplicate */
            LONGLONG Due;       /* interrupt time or TPP_FOR_EVER */
            ULONG Signalled;    /* of Pending; the rest timed out */
            NTSTATUS Result;    /* of the last signal */
        } Wait;
        struct
        {
            ULONG Started, Skip;
        } Io;
    };
} TPP_OBJECT;

/* A packet's arguments, or how a wait ended. */
typedef struct _TPP_ARGUMENTS
{
    PVOID ApcContext;
    IO_STATUS_BLOCK Io;
    TP_WAIT_RESULT Result;
} TPP_ARGUMENTS;

struct _TP_CALLBACK_INSTANCE
{
    TPP_OBJECT *Object;
    HANDLE ThreadId;
    bool Associated, RunsLong;
    PRTL_CRITICAL_SECTION Section;
    HANDLE Mutex, Semaphore, Event;
    ULONG SemaphoreCount;
    PVOID Dll;
};

extern RTL_SRWLOCK TppLock;

static inline void TppAcquire(void)
{
    RtlAcquireSRWLockExclusive(&TppLock);
}

static inline void TppRelease(void)
{
    RtlReleaseSRWLockExclusive(&TppLock);
}

/* tppool.c */
NTSTATUS TppReferencePool(PTP_CALLBACK_ENVIRON Environment, PTP_POOL *Pool); /* the environment's, or the process's own */
void TppDereferencePool(PTP_POOL Pool);
void TppReady(TPP_OBJECT *Object);               /* lock held: one more callback is to be called */
void TppSend(PTP_POOL Pool);                     /* lock not held, once after each TppReady: tells a worker, makes one if it must */
bool TppTakeReady(TPP_OBJECT *Object, TPP_ARGUMENTS *Arguments); /* lock held: Pending becomes Running */
void TppCall(TPP_OBJECT *Object, TPP_ARGUMENTS *Arguments);      /* lock not held; Running was counted; drops it and its reference */
bool TppRelieve(PTP_POOL Pool);                  /* lock held, timer thread: TRUE while the pool has to be watched */
bool TppIsOnlyIdle(PTP_POOL Pool);
void TppStartWorkers(PTP_POOL Pool);             /* lock not held: makes those the pool needs now */
NTSTATUS TppStartThread(PUSER_THREAD_START_ROUTINE Start, PVOID Parameter, SIZE_T Reserve, SIZE_T Commit);

/* tpobject.c */
NTSTATUS TppCreateObject(TPP_KIND Kind, PVOID Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment, TPP_OBJECT **Object);
TPP_OBJECT *TppDrop(TPP_OBJECT *Object);         /* lock held: the object, if that was the last reference */
void TppDestroy(TPP_OBJECT *Object);             /* lock not held; NULL is nothing */
ULONG TppCancel(TPP_OBJECT *Object);             /* lock held: forgets Pending; the references are the caller's to drop */
void TppDropMany(TPP_OBJECT *Object, ULONG Count); /* lock not held */
void TppDrain(TPP_OBJECT *Object, bool Cancel);
void TppClose(TPP_OBJECT *Object);               /* the program's reference; no new callbacks */

/* tptimer.c */
LONGLONG TppNow(void);                           /* interrupt time */
LONGLONG TppDueTime(const LARGE_INTEGER *Time);  /* as NT gives time-outs; in interrupt time */
void TppArmTimer(TPP_OBJECT *Timer, LONGLONG Due, ULONG Period); /* lock held, as the two below */
void TppDisarmTimer(TPP_OBJECT *Timer);
void TppWatch(PTP_POOL Pool);

/* tpwait.c */
NTSTATUS TppArmWait(TPP_OBJECT *Wait, HANDLE Duplicate, LONGLONG Due); /* lock held; takes the duplicate, also when it fails */
void TppDisarmWait(TPP_OBJECT *Wait);            /* lock held, but given up meanwhile: after it no thread waits for the handle */
NTSTATUS TppDuplicate(HANDLE Handle, PHANDLE Duplicate);

#endif

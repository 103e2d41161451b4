/* SPDX-License-Identifier: MIT */
/*
 * ke.h - the kernel proper: processors, threads as the scheduler sees them, dispatcher objects, APCs, DPCs, time.
 *
 * Public Ke* routines are declared by <ntifs.h>; here are the structures those headers leave opaque and the routines that only this
 * kernel calls.  See Windows Internals, 7th ed., part 1, chapter 4 "Threads" and part 2, chapter 8 "System mechanisms".
 *
 * Lock legend (letters beside fields):
 *   c  constant after creation               t  KTHREAD.ThreadLock            p  KPROCESS.ProcessLock
 *   q  KPRCB.PrcbLock of the thread's processor   a  KTHREAD.ApcQueueLock     o  the object's own lock bit (DISPATCHER_HEADER.Lock, bit 7)
 *   s  only the thread itself (or its processor with interrupts off)          i  interlocked
 */
#ifndef NASCENT_KE_H
#define NASCENT_KE_H

#include "nt.h"
#include "loader.h"

#define KE_MAXIMUM_PROCESSORS 64
#define KERNEL_STACK_SIZE 0x6000 /* bytes; one unmapped guard page lies below */
#define LOW_REALTIME_PRIORITY_ 16
#define THREAD_WAIT_OBJECTS_ 3
#define TIMER_WAIT_BLOCK_ 3

/* Dispatcher object types: KOBJECTS, as on Windows 10. */
enum
{
    EventNotificationObject = 0,
    EventSynchronizationObject = 1,
    MutantObject = 2,
    ProcessObject = 3,
    QueueObject = 4,
    SemaphoreObject = 5,
    ThreadObject = 6,
    GateObject = 7,
    TimerNotificationObject = 8,
    TimerSynchronizationObject = 9,
};

typedef enum _KTHREAD_STATE
{
    Initialized,
    Ready,
    Running,
    Standby,
    Terminated,
    Waiting,
    Transition,
    DeferredReady,
    GateWaitObsolete,
    WaitingForProcessInSwap
} KTHREAD_STATE;

/*
 * A trap frame: all that an exception, interrupt or system call saves on the kernel stack.  The order is what the assembly of arch/x64
 * pushes; the last five quadwords are the processor's own.  Offsets are generated for assembly from this declaration. The x64 NT frame
 * keeps only volatile registers here and the others in a KEXCEPTION_FRAME; ours keeps all integer registers in one place, which costs seven
 * stores and makes a frame readable in a debugger at a glance.
 */
typedef struct _KTRAP_FRAME
{
    M128A Xmm[6]; /* volatile XMM registers at a trap (not at a system call): drivers may use them */
    ULONG64 R15, R14, R13, R12, Rbp, Rdi, Rsi, Rbx;
    ULONG64 R11, R10, R9, R8, Rdx, Rcx, Rax;
    ULONG64 PreviousTrapFrame; /* system calls: the thread's TrapFrame before */
    UCHAR PreviousMode;        /* system calls: the thread's PreviousMode before */
    UCHAR PreviousIrql;
    UCHAR Vector;
    UCHAR FrameType; /* KTRAP_FRAME_* */
    ULONG MxCsr;
    ULONG64 FaultAddress; /* CR2 of a page fault */
    ULONG64 ErrorCode;
    ULONG64 Rip, SegCs, EFlags, Rsp, SegSs;
} KTRAP_FRAME, *PKTRAP_FRAME;

static_assert(sizeof(KTRAP_FRAME) % 16 == 0, "KTRAP_FRAME keeps the stack aligned");
enum
{
    KTRAP_FRAME_EXCEPTION = 0,
    KTRAP_FRAME_INTERRUPT = 1,
    KTRAP_FRAME_SYSCALL = 2,
    KTRAP_FRAME_SERVICE = 3 /* Zw from kernel mode */
};

struct _KPRCB;

/* The scheduler's half of a process.  EPROCESS (pstypes.h) begins with it. */
typedef struct _KPROCESS
{
    DISPATCHER_HEADER Header;   /* o; signalled at exit */
    ULONG64 DirectoryTableBase; /* c; physical address of the top-level page table */
    KSPIN_LOCK ProcessLock;
    LIST_ENTRY ThreadListHead;             /* p; KTHREAD.ThreadListEntry */
    volatile LONG64 ActiveProcessors;      /* i; bit n: processor n has this address space loaded */
    KAFFINITY Affinity;                    /* p */
    SCHAR BasePriority;                    /* p */
    UCHAR QuantumReset;                    /* p; in thirds of a clock tick, as on NT */
    UCHAR PriorityClass;                   /* p; PROCESS_PRIORITY_CLASS_* */
    BOOLEAN DisableBoost;                  /* p */
    volatile ULONG64 KernelTime, UserTime; /* i; 100 ns, of threads that have ended plus running ones as of the last tick */
    volatile ULONG64 CycleTime;            /* i */
    volatile LONG ThreadSeed;              /* i; ideal processor of the next thread */
} KPROCESS;

typedef struct _KTHREAD
{
    DISPATCHER_HEADER Header; /* o; signalled at exit */
    /* Offsets that assembly uses are generated from here; keep the hot ones first. */
    PVOID InitialStack;        /* c; top of the kernel stack, where a trap from user mode begins to push */
    PVOID StackLimit;          /* c; lowest usable address */
    PVOID StackBase;           /* c; one past the highest */
    PVOID KernelStack;         /* s; saved stack pointer while not running */
    PKTRAP_FRAME TrapFrame;    /* s; the innermost frame from a system call or user trap */
    struct _KPROCESS *Process; /* c; the process it belongs to (ApcState.Process: where it is attached) */
    PVOID Teb;                 /* c; user address or NULL; becomes the user GS base */
    PVOID StateSaveArea;       /* c; XSAVE area at the top of the kernel stack (KeInitThread carves it), 64-byte aligned */
    CHAR PreviousMode;         /* s; KPROCESSOR_MODE */
    BOOLEAN Alertable;         /* t */
    volatile UCHAR State;      /* t; KTHREAD_STATE */
    KIRQL WaitIrql;            /* s */
    KPROCESSOR_MODE WaitMode;  /* t */
    UCHAR WaitReason;          /* t; KWAIT_REASON */
    BOOLEAN SystemThread;      /* c */
    BOOLEAN ApcQueueable;      /* a; FALSE once the thread has run down its APCs */
    volatile UCHAR Alerted[2]; /* t; MaximumMode */
    BOOLEAN Preempted;         /* q */
    BOOLEAN WaitNext;          /* s; KeSetEvent(..., Wait = TRUE) left the IRQL at DISPATCH_LEVEL for the wait that follows */
    SHORT KernelApcDisable;    /* s; critical regions: normal kernel APCs off while < 0 */
    SHORT SpecialApcDisable;   /* s; guarded regions: all APCs off while < 0 */
    SCHAR Priority;            /* t */
    SCHAR BasePriority;        /* t */
    SCHAR PriorityDecrement;   /* t */
    SCHAR Quantum;             /* q */
    SCHAR QuantumReset;        /* t */
    BOOLEAN DisableBoost;      /* t */
    UCHAR Saturation;          /* t */
    UCHAR ApcStateIndex;       /* a; 0 at home, 1 attached */
    KSPIN_LOCK ThreadLock;
    KSPIN_LOCK ApcQueueLock;
    KAPC_STATE ApcState;          /* a */
    KAPC_STATE SavedApcState;     /* a */
    volatile LONG64 WaitRegister; /* i; see ke/kep.h: state, conditions, sequence and result of the wait in one word */
    PLIST_ENTRY QueueEntry;       /* o of the queue; what KeRemoveQueue is given */
    PKWAIT_BLOCK WaitBlockList;   /* t */
    KWAIT_BLOCK WaitBlock[THREAD_WAIT_OBJECTS_ + 1];
    KTIMER Timer;             /* waits with a time-out */
    LIST_ENTRY WaitListEntry; /* q; ready queue or wait list */
    KAFFINITY Affinity;       /* t */
    ULONG IdealProcessor;     /* t */
    ULONG NextProcessor;      /* q; where it runs, or is ready */
    volatile ULONG ContextSwitches;
    volatile BOOLEAN OnProcessor; /* i; its stack is in use: not to be run elsewhere or freed yet */
    PVOID Queue;                  /* t; PKQUEUE it is associated with */
    LIST_ENTRY QueueListEntry;
    LIST_ENTRY MutantListHead;  /* mutants owned; guarded by the owner thread's ThreadLock */
    LIST_ENTRY ThreadListEntry; /* p */
    LONG SuspendCount;          /* a */
    LONG FreezeCount;           /* a; by its debugger, or rather by ps/freeze.c for it */
    KAPC SuspendApc;            /* its normal routine waits on SuspendEvent */
    KEVENT SuspendEvent;
    PKSTART_ROUTINE StartRoutine;        /* c; system routine the thread begins in (PspSystemThreadStartup, PspUserThreadStartup) */
    PVOID StartContext;                  /* c */
    volatile ULONG KernelTime, UserTime; /* clock ticks */
    volatile ULONG64 CycleTime;
    ULONG WaitTime; /* tick count when the wait began */
    PVOID Win32Thread;
    ULONG64 UserGsBase, UserFsBase; /* s */
    ULONG64 DebugRegisters[6];      /* s; DR0-3, DR6, DR7 of user mode */
    BOOLEAN DebugActive;            /* s */
    ULONG64 HeldLocks[8];           /* s; checked build: sleeping locks it holds (ke/locks.c) */
    UCHAR HeldCount;
    UCHAR WaitBlockCount; /* s; of WaitBlockList, the timer's not counted */
} KTHREAD;

/* KPCR is public (wdm.h); the PRCB follows at +0x180 as on Windows: CurrentThread is gs:[0x188].  KE owns the rest. */
typedef struct _KPRCB
{
    ULONG MxCsr; /* +0x180 */
    UCHAR LegacyNumber, ReservedMustBeZero, InterruptRequest, IdleHalt;
    struct _KTHREAD *CurrentThread; /* +0x188 */
    struct _KTHREAD *NextThread;    /* +0x190  q */
    struct _KTHREAD *IdleThread;    /* +0x198 */
    UCHAR NestingLevel, ClockOwner, PendingTickFlags;
    volatile SCHAR RunningPriority; /* of CurrentThread, -1 if idle; a hint for other processors */
    ULONG Number;    /* +0x1a4 */
    ULONG64 RspBase; /* +0x1a8 kernel stack top for SYSCALL */
    ULONG64 UserRsp; /* +0x1b0 scratch of the SYSCALL entry */
    KSPIN_LOCK PrcbLock;
    ULONG ApicId;
    volatile LONG ReadySummary; /* q; bit n: ReadyList[n] not empty */
    LIST_ENTRY ReadyList[32];   /* q */
    struct _KTHREAD *DeferredReadyListHead;
    KSPIN_LOCK DpcLock;
    LIST_ENTRY DpcListHead; /* DpcLock */
    volatile ULONG DpcQueueDepth, DpcCount;
    volatile BOOLEAN DpcRoutineActive, DpcInterruptRequested, QuantumEnd, IdleSchedule;
    volatile ULONG InterruptCount, SystemCalls, ContextSwitches, PageFaults, TimerInterrupts;
    volatile ULONG KernelTime, UserTime, DpcTime, InterruptTime; /* ticks */
    PKTRAP_FRAME InterruptTrapFrame;
    PVOID TraceRing;          /* etw */
    PVOID MmFreePageCache[2]; /* mm: a small stack of free / zeroed pages of this processor */
    ULONG MmFreePageCount[2];
    PVOID PoolCache[64]; /* ex: per-processor look-aside lists of small pool blocks */
    volatile LONG IpiPending;
    volatile LONG Frozen;
    KSPIN_LOCK_QUEUE LockQueue[17]; /* KPCR.LockArray */
    KDPC TimerDpc;                  /* expires timers */
    PVOID TssBase;                  /* the processor's TSS: Rsp0 is written at each switch */
    ULONG64 FeatureBits;            /* KF_* of arch/x64 */
    ULONG MHz;
    ULONG64 SwitchStack;           /* where KiSwapContext stands while the next thread's stack is still in use elsewhere */
    volatile LONG64 SenderSummary; /* i; bit n: processor n has a request for this one in its IpiRequest */
    PVOID volatile IpiRequest;     /* what this processor asks of others now (ke/ipi.c) */
    PKTRAP_FRAME FrozenFrame;      /* where a bugcheck stopped it */
    ULONG64 HeldLocks[16];         /* checked build: spin locks held here (ke/locks.c) */
    ULONG HeldCount;
    ULONG64 ExploreState;          /* checked build: the generator of EXPLORE= */
    BOOLEAN ExploreMove;           /* the quantum's end is to move the thread */
} KPRCB, *PKPRCB;

/* The PCR of a processor, with the part of the block that only its own processor uses. */
static inline PKPRCB KeGetCurrentPrcb(void)
{
    return (PKPRCB)__readgsqword(0x20); /* KPCR.CurrentPrcb */
}
PKPRCB KeGetPrcb(ULONG Number);
extern PKPRCB KiProcessorBlock[KE_MAXIMUM_PROCESSORS];

/* ---- start-up (init/) -------------------------------------------------------------------------------------------------------- */
/* Phase 0: PRCB, GDT, IDT, idle thread of this processor.  The caller runs as the idle thread of KiInitialProcess afterwards. IRQL HIGH. */
void KeInitSystemPhase0(LOADER_PARAMETER_BLOCK *Block);
/* Phase 1: timer, APIC, clock running, DPCs; needs MmMapIoSpace and pool.  IRQL PASSIVE on return. */
void KeInitSystemPhase1(LOADER_PARAMETER_BLOCK *Block);
NORETURN void KiIdleLoop(void);
extern struct _KPROCESS *KiInitialProcess; /* == &PsIdleProcess/PsInitialSystemProcess->Pcb; set by ps before phase 0 threads exist */

/* ---- threads and processes ------------------------------------------------------------------------------------------------------ */
void KeInitializeProcess(struct _KPROCESS *Process, SCHAR BasePriority, KAFFINITY Affinity, ULONG64 DirectoryTableBase);
/*
 * Makes Thread ready to be started: stack frame so that its first switch calls StartRoutine(StartContext) at APC_LEVEL in the thread;
 * dispatcher header, wait blocks, timer, suspend APC, affinity and priority from Process.  If Teb is not NULL the thread has user state.
 * Keeps nothing of what *Thread held before. Not in the process' list and not ready until KeStartThread.  KernelStackTop from
 * MmCreateKernelStack.
 */
void KeInitThread(struct _KTHREAD *Thread, PVOID KernelStackTop, PKSTART_ROUTINE StartRoutine, PVOID StartContext, PVOID Teb,
                  struct _KPROCESS *Process);
void KeStartThread(struct _KTHREAD *Thread); /* inserts in the process' list; still Initialized */
/* Undoes KeStartThread for a thread that was never readied. */
void KeUnlinkThread(struct _KTHREAD *Thread);
void KeReadyThread(struct _KTHREAD *Thread); /* first readying; afterwards waits do it */
void KeRundownThread(void); /* abandons the mutants of the current thread, which takes no more in user mode's name; IRQL <= APC_LEVEL */
/* Last act of a thread: signals it, unlinks it, switches away for ever.  The reaper (ps) is told through KiThreadReaper once the stack is
 * no longer used. IRQL PASSIVE. */
NORETURN void KeTerminateThread(KPRIORITY Increment);
extern void (*KeThreadReaper)(
    struct _KTHREAD *Thread); /* called at DISPATCH_LEVEL by the processor after it left the dead thread's stack */
LONG KeSetProcess(struct _KPROCESS *Process, KPRIORITY Increment); /* signal the process object; returns old state */
/* Beside suspension: the thread stops until both counts are 0.  Thawing one that is not frozen (any more) does nothing.  <= DISPATCH_LEVEL. */
void KeFreezeThread_(struct _KTHREAD *Thread);
void KeThawThread_(struct _KTHREAD *Thread);
ULONG KeSuspendThread(struct _KTHREAD *Thread); /* raises STATUS_SUSPEND_COUNT_EXCEEDED as return MAXULONG; returns previous count */
ULONG KeResumeThread(struct _KTHREAD *Thread);
ULONG KeForceResumeThread(struct _KTHREAD *Thread);
ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp); /* exported by Windows; the clock of due times */
BOOLEAN KeAlertThread(struct _KTHREAD *Thread, KPROCESSOR_MODE Mode);
ULONG KeAlertResumeThread(struct _KTHREAD *Thread);
BOOLEAN KeTestAlertThread(KPROCESSOR_MODE Mode);
KAFFINITY KeSetAffinityThread(struct _KTHREAD *Thread, KAFFINITY Affinity);
void KeSetAffinityProcess(struct _KPROCESS *Process, KAFFINITY Affinity); /* and all its threads */
KPRIORITY KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment);
/* Priority, 1 to 31, whatever the process' class; a later change of the class moves it as far as the class moves. */
void KeSetActualBasePriorityThread_(PKTHREAD Thread, KPRIORITY Priority);
KPRIORITY KeSetPriorityAndQuantumProcess(struct _KPROCESS *Process, KPRIORITY BasePriority, UCHAR QuantumReset);
void KeBoostPriorityThread(struct _KTHREAD *Thread, KPRIORITY Increment);

/* ---- notifications ------------------------------------------------------------------------------------------------------------- */
/* A wait without a thread: once Object is signalled, what a wait takes is taken and Routine is called, at DISPATCH_LEVEL, no locks held. */
typedef struct _KNOTIFICATION_
{
    KWAIT_BLOCK WaitBlock; /* o */
    VOID (*Routine)(struct _KNOTIFICATION_ *Notification);
    struct _KNOTIFICATION_ *Next; /* of those about to be called */
} KNOTIFICATION_, *PKNOTIFICATION_;
/* Object is not a mutant: those belong to threads.  *Signalled: it was signalled already, and Routine is called before this returns.  <= DISPATCH_LEVEL. */
void KeRegisterObjectNotification_(PVOID Object, PKNOTIFICATION_ Notification, BOOLEAN *Signalled);
/* TRUE: taken back.  FALSE: Routine was called, or is about to be, on whatever processor. */
BOOLEAN KeUnregisterObjectNotification_(PKNOTIFICATION_ Notification);

/* ---- APCs ---------------------------------------------------------------------------------------------------------------------- */
typedef enum _KAPC_ENVIRONMENT
{
    OriginalApcEnvironment,
    AttachedApcEnvironment,
    CurrentApcEnvironment,
    InsertApcEnvironment
} KAPC_ENVIRONMENT;
typedef VOID(NTAPI *PKNORMAL_ROUTINE_)(PVOID, PVOID, PVOID);
typedef VOID(NTAPI *PKKERNEL_ROUTINE_)(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *SystemArgument1,
                                       PVOID *SystemArgument2);
typedef VOID(NTAPI *PKRUNDOWN_ROUTINE_)(PKAPC Apc);
void NTAPI KeInitializeApc(PKAPC Apc, PKTHREAD Thread, KAPC_ENVIRONMENT Environment, PKKERNEL_ROUTINE_ KernelRoutine,
                           PKRUNDOWN_ROUTINE_ RundownRoutine, PKNORMAL_ROUTINE_ NormalRoutine, KPROCESSOR_MODE Mode, PVOID NormalContext);
BOOLEAN NTAPI KeInsertQueueApc(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment);
/* A user APC of the current thread that comes before all others and is delivered when the thread next returns to user mode, alertable or not.
 * IRQL <= DISPATCH_LEVEL.  FALSE: the thread takes none any more, or it is queued already. */
BOOLEAN KeInsertQueueApcFirst(PKAPC Apc);
BOOLEAN NTAPI KeRemoveQueueApc(PKAPC Apc);
/* Takes all APCs of Mode off the thread and refuses new ones when Mode is UserMode; returns a chain through ApcListEntry or NULL. */
PLIST_ENTRY KeFlushQueueApc(struct _KTHREAD *Thread, KPROCESSOR_MODE Mode);
void KiDeliverApc(KPROCESSOR_MODE Mode, PKTRAP_FRAME TrapFrame);

/* ---- user-mode context --------------------------------------------------------------------------------------------------------- */
/* Between a trap frame (plus the thread's extended state) and a CONTEXT.  Segment, EFLAGS and RIP values are sanitised for Mode. */
void KeContextFromKframes(PKTRAP_FRAME TrapFrame, PCONTEXT Context);
NTSTATUS KeContextToKframes(PKTRAP_FRAME TrapFrame, const CONTEXT *Context, KPROCESSOR_MODE Mode);
/* Sets up the user-mode entry of a new thread: returns from PspUserThreadStartup go to user mode through this frame. */
PKTRAP_FRAME KeInitializeUserTrapFrame(struct _KTHREAD *Thread);
NORETURN void KiReturnToUser(PKTRAP_FRAME TrapFrame); /* KiServiceExit: delivers user APCs, then SYSRET/IRETQ */
/* The frame on the thread's kernel stack through which it will return to user mode (the outermost one); NULL for a system thread or one
 * that is not yet in user mode. */
PKTRAP_FRAME KeUserTrapFrame(struct _KTHREAD *Thread);
/* Pushes a CONTEXT on the user stack and redirects TrapFrame to ntdll!KiUserApcDispatcher / KiUserExceptionDispatcher. */
NTSTATUS KiInitializeUserApc(PKTRAP_FRAME TrapFrame, PKNORMAL_ROUTINE_ NormalRoutine, PVOID NormalContext, PVOID SystemArgument1,
                             PVOID SystemArgument2);
/* ntdll addresses; set by ps when it has mapped the system DLL. */
extern PVOID KeUserApcDispatcher, KeUserExceptionDispatcher, KeRaiseUserExceptionDispatcher;
/* Raises Status in user mode of the current thread when the system call returns (KeRaiseUserException). */
NTSTATUS NTAPI KeRaiseUserException(NTSTATUS Status);
/* Called when no handler in user mode can be reached: ps terminates the process with the status. */
extern NORETURN void (*KeTerminateProcessForException)(NTSTATUS Status);
/* Has the debugger handled it?  Set by dbgk. */
extern BOOLEAN (*KeForwardException)(PEXCEPTION_RECORD Record, BOOLEAN FirstChance);
void KiDispatchException(PEXCEPTION_RECORD Record, PKTRAP_FRAME TrapFrame, KPROCESSOR_MODE Mode, BOOLEAN FirstChance);
NTSTATUS NTAPI NtContinue(PCONTEXT Context, BOOLEAN TestAlert);
NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD Record, PCONTEXT Context, BOOLEAN FirstChance);

NTSTATUS NTAPI NtYieldExecution(VOID);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER DelayInterval);
/* Outermost user-mode frame of a thread: at the top of its kernel stack. */
/* ---- time ---------------------------------------------------------------------------------------------------------------------- */
extern ULONG64 ExploreSeed_; /* checked build: boot option EXPLORE=seed; 0: off (ke/explore.c) */
void KeExploreStart_(ULONG64 Seed); /* the same from now on; 0 is taken for 1.  PASSIVE_LEVEL */
ULONG64 KeExploreStop_(void);       /* how often it interfered since */
void KeExploreShow_(void);          /* each processor's backtrace to the log.  PASSIVE_LEVEL */
/*
 * The dispatcher's invariants, with all processors held at DISPATCH_LEVEL: returns how many do not hold, and describes them in Text (and in the
 * log).  Processes: the list head of all processes, each linked by a LIST_ENTRY LinkOffset bytes into it; the caller keeps it from changing.
 */
ULONG KeVerify_(PLIST_ENTRY Processes, ULONG LinkOffset, char *Text, ULONG Size);
#define KE_CLOCK_INCREMENT 156250 /* 100 ns units a tick: 15.625 ms, Windows' default */
void KeSetSystemTime(const LARGE_INTEGER *NewUtc);
/* To the 100 ns, not of the last clock tick.  Any IRQL.  In the WDK, not in mingw's headers. */
VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime);
ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp);
extern KUSER_SHARED_DATA *KeUserSharedData_; /* kernel alias, 0xFFFFF78000000000 */

/* ---- system services ----------------------------------------------------------------------------------------------------------- */
extern void (*const KiServiceTable[])(void); /* generated */
extern const uint8_t KiArgumentTable[];      /* generated: number of arguments */
extern const char *const KiServiceName[];    /* generated */
extern const uint32_t KiServiceLimit;        /* generated */

/* ---- the NT routines that raise, as statuses ------------------------------------------------------------------------------------- */
/* STATUS_MUTANT_NOT_OWNED, STATUS_ABANDONED (Abandon by another thread is allowed); *PreviousState as KeReleaseMutant's result. */
NTSTATUS KeReleaseMutantStatus_(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandon, BOOLEAN Wait, PLONG PreviousState);
/* STATUS_SEMAPHORE_LIMIT_EXCEEDED: nothing changed. */
NTSTATUS KeReleaseSemaphoreStatus_(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait, PLONG PreviousState);

/* ---- interrupts of devices ------------------------------------------------------------------------------------------------------- */
typedef struct _KINTERRUPT
{
    CSHORT Type, Size;
    LIST_ENTRY InterruptListEntry; /* KiVectorLock; other interrupts of the same vector */
    PKSERVICE_ROUTINE ServiceRoutine;
    PVOID ServiceContext;
    KSPIN_LOCK SpinLock;
    PKSPIN_LOCK ActualLock;
    ULONG Vector;
    KIRQL Irql, SynchronizeIrql;
    BOOLEAN Connected, ShareVector;
    KINTERRUPT_MODE Mode;
    ULONG Number;
    volatile ULONG DispatchCount;
} KINTERRUPT;
void KeInitializeInterrupt(PKINTERRUPT Interrupt, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext, PKSPIN_LOCK SpinLock,
                           ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE Mode, BOOLEAN ShareVector, ULONG Processor);
BOOLEAN KeConnectInterrupt(PKINTERRUPT Interrupt); /* FALSE: the vector is taken and not shared */
BOOLEAN KeDisconnectInterrupt(PKINTERRUPT Interrupt);
/* Vector and IRQL of an ISA interrupt line; the vector is what IoConnectInterrupt takes. */
ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel, ULONG BusInterruptVector,
                                  PKIRQL Irql, PKAFFINITY Affinity);
extern ULONG KeXStateLength; /* bytes of an XSAVE area on this processor */

/* ---- every processor ------------------------------------------------------------------------------------------------------------- */
/* NT's: Routine as a DPC on all processors at once; each ends with KeSignalCallDpcDone(SystemArgument1).  Below DISPATCH_LEVEL. */
VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context);
VOID NTAPI KeSignalCallDpcDone(PVOID SystemArgument1);
LOGICAL NTAPI KeSignalCallDpcSynchronize(PVOID SystemArgument2);
/* Routine(Context) at DISPATCH_LEVEL on each, and waits; from DISPATCH_LEVEL: on this one only.  For what lies in a PRCB's caches. */
void KeForEachProcessor_(void (*Routine)(PVOID Context), PVOID Context);

/* ---- gates and push-lock support (ke supplies the wait, ex builds on it) ---------------------------------------------------------- */
void KeFlushEntireTb_(void);                                /* all processors */
void KeFlushSingleTb_(PVOID Va, struct _KPROCESS *Process); /* Process NULL: kernel address */
void KeFlushMultipleTb_(ULONG Count, PVOID *Va, struct _KPROCESS *Process);
#endif

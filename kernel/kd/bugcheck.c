/* SPDX-License-Identifier: MIT */
/*
 * bugcheck.c - the end: what happened, where, and what came before, on the screen, COM1 and in the log.
 *
 * Once only: a second processor that gets here waits, a fault while reporting goes straight to the exit.  All other processors are stopped
 * by an NMI first, wherever they are, and each is shown with a short backtrace.  Nothing below takes a lock,
 * allocates or waits. Under the test machine the exit device ends the emulator with 17 (exit status 35); otherwise the processor halts with
 * the screen standing. Windows Internals, 7th ed., part 2, chapter 10 "Crash dump analysis" (the screen is ours: it says more).
 */
#include "etw.h"
#include "kdp.h"
#include "pstypes.h"

#define BUGCHECK_BLUE 0x000078D7
#define BUGCHECK_EXIT 17
#define SHOWN_FRAMES 24
#define SHOWN_RECORDS 8
#define SHOWN_FRAMES_OTHERS 10
#define FREEZE_WAIT 200000 /* microseconds; under an emulator a processor may be without a host thread for a while */

static volatile LONG KdpBugCheckOwner; /* processor + 1 */
static LIST_ENTRY KdpCallbacks = { &KdpCallbacks, &KdpCallbacks };
static LIST_ENTRY KdpReasonCallbacks = { &KdpReasonCallbacks, &KdpReasonCallbacks };
static KSPIN_LOCK KdpCallbackLock;

static void KdpSay(const char *Format, ...)
{
    char Line[320];
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = _vsnprintf(Line, sizeof(Line) - 1, Format, Arguments);
    va_end(Arguments);
    if (Length < 0 || Length > (int)sizeof(Line) - 2) {
        Length = sizeof(Line) - 2;
        Line[Length++] = '\n';
    }
    Line[Length] = 0;
    KiDebugPortWrite(Line, (SIZE_T)Length); /* without the log's lock: who holds it may stand still */
    if (KdpInBugCheck) {
        KdpSerialWrite(Line, (SIZE_T)Length);
        InbvDisplayString_(Line);
    }
}

static void KdpShowRegisters(const KTRAP_FRAME *Frame)
{
    KdpSay("rip=%016I64x cs=%04x eflags=%08x rsp=%016I64x ss=%04x cr2=%016I64x\n", Frame->Rip, (ULONG)Frame->SegCs, (ULONG)Frame->EFlags,
           Frame->Rsp, (ULONG)Frame->SegSs, __readcr2());
    KdpSay("rax=%016I64x rcx=%016I64x rdx=%016I64x rbx=%016I64x\n", Frame->Rax, Frame->Rcx, Frame->Rdx, Frame->Rbx);
    KdpSay("rbp=%016I64x rsi=%016I64x rdi=%016I64x r8 =%016I64x\n", Frame->Rbp, Frame->Rsi, Frame->Rdi, Frame->R8);
    KdpSay("r9 =%016I64x r10=%016I64x r11=%016I64x r12=%016I64x\n", Frame->R9, Frame->R10, Frame->R11, Frame->R12);
    KdpSay("r13=%016I64x r14=%016I64x r15=%016I64x cr3=%016I64x\n", Frame->R13, Frame->R14, Frame->R15, (ULONG64)__readcr3());
    KdpSay("vector=0x%02x error=0x%I64x irql=%u\n", Frame->Vector, Frame->ErrorCode, Frame->PreviousIrql);
}

static void KdpShowTrace(void)
{
    ETW_RECORD Records[SHOWN_RECORDS];
    unsigned Count = EtwLastRecords(Records, SHOWN_RECORDS);

    if (Count != 0) {
        KdpSay("Last trace records, newest first:\n");
    }
    for (unsigned i = 0; i < Count; i++) {
        KdpSay("  cpu %u event %u.%u pid %u tid %u status %08x %I64x %I64x\n", Records[i].Processor, Records[i].Event, Records[i].Phase,
               Records[i].ProcessId, Records[i].ThreadId, (ULONG)Records[i].Status, Records[i].Data[0], Records[i].Data[1]);
    }
}

static void KdpShowThread(PKPRCB Prcb)
{
    PETHREAD Thread = (PETHREAD)Prcb->CurrentThread;
    PEPROCESS Process = (PEPROCESS)Thread->Tcb.Process;

    KdpSay("processor %u, thread %p (%u.%u) of %.15s, previous mode %u\n", Prcb->Number, (PVOID)Thread,
           (ULONG)(ULONG_PTR)Thread->Cid.UniqueProcess, (ULONG)(ULONG_PTR)Thread->Cid.UniqueThread,
           Process != NULL && Process->ImageFileName[0] != 0 ? Process->ImageFileName : "System", Thread->Tcb.PreviousMode);
}

static void KdpShowBacktrace(PKTHREAD Thread, PKTRAP_FRAME Frame, ULONG Limit)
{
    ULONG_PTR Frames[SHOWN_FRAMES];
    ULONG Count = KdBacktraceOf(Thread, Frame, Frames, Limit);
    char Name[160];

    for (ULONG i = 0; i < Count; i++) {
        KdFormatAddress(Frames[i], Name, sizeof(Name));
        KdpSay("  #%02u %016I64x %s\n", i, (ULONG64)Frames[i], Name);
    }
}

/* ---- the other processors ------------------------------------------------------------------------------------------------------- */

static volatile LONG64 KdpAsked; /* bit n: processor n is asked for a backtrace */

void KdFreezeIfAsked(PKTRAP_FRAME Frame)
{
    PKPRCB Prcb = KeGetCurrentPrcb();

    if (KdpBugCheckOwner != 0 && KdpBugCheckOwner != (LONG)Prcb->Number + 1) {
        Prcb->FrozenFrame = Frame;
        InterlockedExchange(&Prcb->Frozen, TRUE);
        for (;;) {
            __asm__ volatile("cli\n\thlt");
        }
    }
}

/* No lock is taken: the processor may have been stopped while it held the log's. */
static BOOLEAN KdpAnswerNmi(PKTRAP_FRAME Frame)
{
    PKPRCB Prcb = KeGetCurrentPrcb();

    KdFreezeIfAsked(Frame);
    if (!InterlockedBitTestAndReset64(&KdpAsked, Prcb->Number)) {
        return FALSE;
    }
    KdpShowThread(Prcb);
    KdpShowBacktrace(Prcb->CurrentThread, Frame, SHOWN_FRAMES_OTHERS);
    return TRUE;
}

BOOLEAN KiHandleNmi(PKTRAP_FRAME Frame)
{
    return KdpAnswerNmi(Frame) || KiCallNmiCallbacks();
}

void KdAskForBacktrace(ULONG Number)
{
    (void)InterlockedBitTestAndSet64(&KdpAsked, Number);
    KiSendNmi(Number);
}

static void KdpFreezeOthers(ULONG Self)
{
    for (ULONG Number = 0; Number < (ULONG)KeNumberProcessors; Number++) {
        if (Number != Self) {
            KiSendNmi(Number);
        }
    }
    for (ULONG Number = 0; Number < (ULONG)KeNumberProcessors; Number++) {
        for (ULONG Waited = 0; Number != Self && !KiProcessorBlock[Number]->Frozen && Waited < FREEZE_WAIT; Waited += 10) {
            KeStallExecutionProcessor(10);
        }
    }
}

static void KdpShowOthers(ULONG Self)
{
    for (ULONG Number = 0; Number < (ULONG)KeNumberProcessors; Number++) {
        PKPRCB Prcb = KiProcessorBlock[Number];
        if (Number == Self) {
            continue;
        }
        if (!Prcb->Frozen) {
            KdpSay("processor %u does not answer\n", Number);
            continue;
        }
        KdpShowThread(Prcb);
        KdpShowBacktrace(Prcb->CurrentThread, Prcb->FrozenFrame, SHOWN_FRAMES_OTHERS);
    }
}

static void KdpRunCallbacks(void)
{
    PLIST_ENTRY Entry;

    for (Entry = KdpCallbacks.Flink; Entry != &KdpCallbacks; Entry = Entry->Flink) {
        PKBUGCHECK_CALLBACK_RECORD Record = CONTAINING_RECORD(Entry, KBUGCHECK_CALLBACK_RECORD, Entry);
        Record->State = BufferStarted;
        Record->CallbackRoutine(Record->Buffer, Record->Length);
        Record->State = BufferFinished;
    }
}

NORETURN void KiBugCheckWithTrap(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, PKTRAP_FRAME Frame)
{
    LONG Self = (LONG)KeGetCurrentPrcb()->Number + 1;
    LONG Owner;

    (void)KiDisable();
    __writecr8(HIGH_LEVEL);
    Owner = InterlockedCompareExchange(&KdpBugCheckOwner, Self, 0);
    if (Owner == Self) {
        KiDebugPortWrite("\n*** fault while reporting the bugcheck\n", 39);
        KiExitEmulator(BUGCHECK_EXIT);
    }
    while (Owner != 0) {
        YieldProcessor(); /* until the owner's NMI comes */
    }
    KdpFreezeOthers((ULONG)Self - 1);
    KdpInBugCheck = TRUE;
    InbvSolidColorFill_(BUGCHECK_BLUE);
    KdpSay("\n*** STOP: 0x%08X %s\n    (0x%016I64x, 0x%016I64x, 0x%016I64x, 0x%016I64x)\n", Code, KdpBugCheckName(Code), (ULONG64)P1,
           (ULONG64)P2, (ULONG64)P3, (ULONG64)P4);
    if (ExploreSeed_ != 0) {
        KdpSay("EXPLORE=%I64u\n", ExploreSeed_);
    }
    KdpShowThread(KeGetCurrentPrcb());
    if (Frame != NULL) {
        KdpShowRegisters(Frame);
    }
    KdpShowBacktrace(KeGetCurrentThread(), Frame, SHOWN_FRAMES);
    KdpShowOthers((ULONG)Self - 1);
    KdpShowTrace();
    KdpRunCallbacks();
    KiExitEmulator(BUGCHECK_EXIT);
}

VOID NTAPI KeBugCheckEx(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4)
{
    KiBugCheckWithTrap(Code, P1, P2, P3, P4, NULL);
}

VOID NTAPI KeBugCheck(ULONG Code)
{
    KiBugCheckWithTrap(Code, 0, 0, 0, 0, NULL);
}

/* As an unhandled NT_ASSERT on Windows: KMODE_EXCEPTION_NOT_HANDLED with STATUS_ASSERTION_FAILURE. */
NORETURN void KiAssertFailed(const char *Expression, const char *File, int Line)
{
    KdPrint_("\n*** Assertion failed: %s\n***   %s:%d\n", Expression, File, Line);
    KiBugCheckWithTrap(0x1E, (ULONG_PTR)STATUS_ASSERTION_FAILURE, (ULONG_PTR)__builtin_return_address(0), (ULONG_PTR)Expression,
                       (ULONG_PTR)Line, NULL);
}

/* ---- the compiler's stack protector --------------------------------------------------------------------------------------------- */
ULONG_PTR __stack_chk_guard = 0x2B992DDFA23249D6;
NORETURN void __stack_chk_fail(void);

NORETURN void __stack_chk_fail(void)
{
    KiBugCheckWithTrap(0xF7 /* DRIVER_OVERRAN_STACK_BUFFER */, 0, 0, 0, (ULONG_PTR)__builtin_return_address(0), NULL);
}

/* ---- callbacks of drivers ------------------------------------------------------------------------------------------------------- */
BOOLEAN NTAPI KeRegisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD Record, PKBUGCHECK_CALLBACK_ROUTINE Routine, PVOID Buffer, ULONG Length,
                                         PUCHAR Component)
{
    BOOLEAN Inserted = FALSE;
    KIRQL OldIrql;

    KeAcquireSpinLock(&KdpCallbackLock, &OldIrql);
    if (Record->State == BufferEmpty) {
        Record->CallbackRoutine = Routine;
        Record->Buffer = Buffer;
        Record->Length = Length;
        Record->Component = Component;
        Record->State = BufferInserted;
        InsertTailList(&KdpCallbacks, &Record->Entry);
        Inserted = TRUE;
    }
    KeReleaseSpinLock(&KdpCallbackLock, OldIrql);
    return Inserted;
}

static BOOLEAN KdpRemoveCallback(PLIST_ENTRY Entry, PUCHAR State)
{
    BOOLEAN Removed = FALSE;
    KIRQL OldIrql;

    KeAcquireSpinLock(&KdpCallbackLock, &OldIrql);
    if (*State == BufferInserted) {
        RemoveEntryList(Entry);
        *State = BufferEmpty;
        Removed = TRUE;
    }
    KeReleaseSpinLock(&KdpCallbackLock, OldIrql);
    return Removed;
}

BOOLEAN NTAPI KeDeregisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD Record)
{
    return KdpRemoveCallback(&Record->Entry, &Record->State);
}

BOOLEAN NTAPI KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD Record, PKBUGCHECK_REASON_CALLBACK_ROUTINE Routine,
                                               KBUGCHECK_CALLBACK_REASON Reason, PUCHAR Component)
{
    BOOLEAN Inserted = FALSE;
    KIRQL OldIrql;

    KeAcquireSpinLock(&KdpCallbackLock, &OldIrql);
    if (Record->State == BufferEmpty) {
        Record->CallbackRoutine = Routine;
        Record->Reason = Reason;
        Record->Component = Component;
        Record->State = BufferInserted;
        InsertTailList(&KdpReasonCallbacks, &Record->Entry);
        Inserted = TRUE;
    }
    KeReleaseSpinLock(&KdpCallbackLock, OldIrql);
    return Inserted;
}

BOOLEAN NTAPI KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD Record)
{
    return KdpRemoveCallback(&Record->Entry, &Record->State);
}

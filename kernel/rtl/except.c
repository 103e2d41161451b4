/* SPDX-License-Identifier: MIT */
/*
 * except.c - structured exceptions: finding a handler, and unwinding to it.  Windows Internals, 7th ed., part 2, chapter 8 "Exception dispatching".
 *
 * Two passes over the stack.  RtlDispatchException walks up from where the exception struck and asks each frame's handler; nothing is undone yet.
 * The handler that takes it calls RtlUnwindEx, which walks again, lets every frame on the way clean up, and jumps into the target frame.
 *
 * Handlers are called through RtlpExecuteHandlerFor... (context.asm).  If a handler itself faults, the second dispatch meets that frame and learns
 * the establisher frame of the first (nested exception); if a handler unwinds past a running unwind, the second unwind takes over where
 * the first one was (collided unwind).
 *
 * The same code runs in the kernel and in ntdll; what differs is behind rtlp.h.
 */
#include "rtlp.h"

/* What __C_specific_handler finds behind the handler's RVA: the __try blocks of a function, inner ones first. */
typedef struct _SCOPE_RECORD {
    ULONG BeginAddress;
    ULONG EndAddress;
    ULONG HandlerAddress; /* filter or termination handler; 1: the filter is EXCEPTION_EXECUTE_HANDLER */
    ULONG JumpTarget;     /* 0: __finally; else the __except block */
} SCOPE_RECORD;

typedef struct _SCOPE_TABLE {
    ULONG Count;
    SCOPE_RECORD ScopeRecord[];
} SCOPE_TABLE;

NORETURN void RtlpConsolidateFrames(PCONTEXT Context, PEXCEPTION_RECORD Record); /* context.asm */

typedef LONG(NTAPI *EXCEPTION_FILTER)(PEXCEPTION_POINTERS Pointers, PVOID EstablisherFrame);
typedef void(NTAPI *TERMINATION_HANDLER)(BOOLEAN AbnormalTermination, PVOID EstablisherFrame);

/* Takes a leaf's return address; FALSE if that is not on the stack. */
static BOOLEAN UnwindLeaf(PCONTEXT Context, ULONG64 Low, ULONG64 High)
{
    if (Context->Rsp < Low || Context->Rsp > High - sizeof(ULONG64) || Context->Rsp % sizeof(ULONG64) != 0)
        return FALSE;
    Context->Rip = *(ULONG64 *)(ULONG_PTR)Context->Rsp;
    Context->Rsp += sizeof(ULONG64);
    return TRUE;
}

static BOOLEAN IsOnStack(ULONG64 Frame, ULONG64 Low, ULONG64 High)
{
    return Frame >= Low && Frame < High && Frame % sizeof(ULONG64) == 0;
}

static NORETURN void RaiseUnwindError(NTSTATUS Status, PEXCEPTION_RECORD Inner)
{
    EXCEPTION_RECORD Record = { .ExceptionCode = Status, .ExceptionFlags = EXCEPTION_NONCONTINUABLE, .ExceptionRecord = Inner };

    RtlRaiseException(&Record);
    for (;;) {
    }
}

/* ---- first pass ------------------------------------------------------------------------------------------------------------------------- */

/* TRUE: *Result is the answer of the dispatch; FALSE: go on to the next frame. */
static BOOLEAN JudgeDisposition(EXCEPTION_DISPOSITION Disposition, PEXCEPTION_RECORD Record, const DISPATCHER_CONTEXT *Dispatcher,
                                PULONG64 NestedFrame, PBOOLEAN Result)
{
    switch (Disposition) {
    case ExceptionContinueExecution:
        if (Record->ExceptionFlags & EXCEPTION_NONCONTINUABLE)
            RaiseUnwindError(STATUS_NONCONTINUABLE_EXCEPTION, Record);
        *Result = TRUE;
        return TRUE;
    case ExceptionContinueSearch:
        return FALSE;
    case ExceptionNestedException:
        Record->ExceptionFlags |= EXCEPTION_NESTED_CALL;
        if (Dispatcher->EstablisherFrame > *NestedFrame)
            *NestedFrame = Dispatcher->EstablisherFrame;
        return FALSE;
    default:
        RaiseUnwindError(STATUS_INVALID_DISPOSITION, Record);
    }
}

static BOOLEAN DispatchToFrames(PEXCEPTION_RECORD Record, PCONTEXT ContextRecord)
{
    CONTEXT Context = *ContextRecord;
    DISPATCHER_CONTEXT Dispatcher;
    ULONG64 Low, High, ImageBase, Frame, NestedFrame = 0;
    BOOLEAN Exact = TRUE, Result = FALSE;
    PVOID HandlerData = NULL;

    if (!RtlpStackLimits(Context.Rsp, &Low, &High)) {
        Record->ExceptionFlags |= EXCEPTION_STACK_INVALID;
        return FALSE;
    }
    while (IsOnStack(Context.Rsp, Low, High)) {
        ULONG64 Pc = Context.Rip;
        PRUNTIME_FUNCTION Function = RtlLookupFunctionEntry(Pc, &ImageBase, NULL);
        if (Function == NULL) {
            Exact = FALSE;
            if (!UnwindLeaf(&Context, Low, High) || Context.Rip == Pc)
                return FALSE;
            continue;
        }
        PEXCEPTION_ROUTINE Handler = RtlpUnwindFrame(UNW_FLAG_EHANDLER, ImageBase, Function, &Context, &Exact, &HandlerData, &Frame);
        if (!IsOnStack(Frame, Low, High)) {
            Record->ExceptionFlags |= EXCEPTION_STACK_INVALID;
            return FALSE;
        }
        if (Handler == NULL)
            continue;

        memset(&Dispatcher, 0, sizeof Dispatcher);
        do {
            Dispatcher.ControlPc = Pc;
            Dispatcher.ImageBase = ImageBase;
            Dispatcher.FunctionEntry = Function;
            Dispatcher.EstablisherFrame = Frame;
            Dispatcher.ContextRecord = &Context;
            Dispatcher.LanguageHandler = Handler;
            Dispatcher.HandlerData = HandlerData;
            EXCEPTION_DISPOSITION Disposition =
                RtlpExecuteHandlerForException(Record, (PVOID)(ULONG_PTR)Frame, ContextRecord, &Dispatcher);
            if (NestedFrame == Frame) {
                Record->ExceptionFlags &= ~(ULONG)EXCEPTION_NESTED_CALL;
                NestedFrame = 0;
            }
            if (Disposition != ExceptionCollidedUnwind) {
                if (JudgeDisposition(Disposition, Record, &Dispatcher, &NestedFrame, &Result))
                    return Result;
                break;
            }
            /* A handler faulted while an unwind was running: search on from where that unwind had come to. */
            Pc = Dispatcher.ControlPc;
            ImageBase = Dispatcher.ImageBase;
            Function = Dispatcher.FunctionEntry;
            Context = *Dispatcher.ContextRecord;
            Context.Rip = Pc;
            Exact = FALSE;
            RtlpUnwindFrame(UNW_FLAG_NHANDLER, ImageBase, Function, &Context, &Exact, &HandlerData, &Frame);
            Frame = Dispatcher.EstablisherFrame;
            Handler = Dispatcher.LanguageHandler;
            HandlerData = Dispatcher.HandlerData;
        } while (Handler != NULL);
    }
    return FALSE;
}

BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    BOOLEAN Handled = RtlpCallVectoredExceptionHandlers(Record, Context) || DispatchToFrames(Record, Context);

    if (Handled)
        RtlpCallVectoredContinueHandlers(Record, Context);
    return Handled;
}

/* ---- second pass ------------------------------------------------------------------------------------------------------------------------ */

/* A running unwind: Here is the frame being left, Above what it unwinds to. */
typedef struct _UNWIND_WALK {
    CONTEXT Contexts[2];
    PCONTEXT Here, Above;
    DISPATCHER_CONTEXT Dispatcher;
    ULONG64 Low, High;
    ULONG64 TargetFrame;
    ULONG Flags;
    BOOLEAN Exact;
} UNWIND_WALK;

static void GoUp(UNWIND_WALK *Walk)
{
    PCONTEXT Saved = Walk->Here;

    Walk->Here = Walk->Above;
    Walk->Above = Saved;
}

/* Calls the termination handler of the frame described by Walk->Dispatcher, and of those an earlier unwind was about to call. */
static void CallUnwindHandler(UNWIND_WALK *Walk, PEXCEPTION_RECORD Record, PVOID ReturnValue)
{
    PDISPATCHER_CONTEXT Dispatcher = &Walk->Dispatcher;
    EXCEPTION_DISPOSITION Disposition;

    do {
        if (Dispatcher->EstablisherFrame == Walk->TargetFrame)
            Walk->Flags |= EXCEPTION_TARGET_UNWIND;
        Record->ExceptionFlags = Walk->Flags | (Record->ExceptionFlags & EXCEPTION_NONCONTINUABLE);
        Walk->Here->Rax = (ULONG64)(ULONG_PTR)ReturnValue;
        Dispatcher->ContextRecord = Walk->Here;
        Disposition = RtlpExecuteHandlerForUnwind(Record, (PVOID)(ULONG_PTR)Dispatcher->EstablisherFrame, Walk->Here, Dispatcher);
        Walk->Flags &= ~(ULONG)(EXCEPTION_COLLIDED_UNWIND | EXCEPTION_TARGET_UNWIND);
        if (Disposition == ExceptionCollidedUnwind) {
            /* Dispatcher now is the one of the unwind that was interrupted: continue in its frame, after the scope it had reached. */
            ULONG64 Frame;
            PVOID HandlerData;
            BOOLEAN Exact = FALSE;
            ULONG Flags = Walk->Here->ContextFlags;
            Walk->Here = &Walk->Contexts[0];
            Walk->Above = &Walk->Contexts[1];
            if (Dispatcher->ContextRecord != Walk->Here)
                *Walk->Here = *Dispatcher->ContextRecord;
            /* A language's handler may have put an exception's context there, whose flags promise extended state behind it. */
            Walk->Here->ContextFlags = Flags;
            Walk->Here->Rip = Dispatcher->ControlPc;
            *Walk->Above = *Walk->Here;
            RtlpUnwindFrame(UNW_FLAG_NHANDLER, Dispatcher->ImageBase, Dispatcher->FunctionEntry, Walk->Above, &Exact, &HandlerData, &Frame);
            Walk->Exact = Exact;
            Walk->Flags |= EXCEPTION_COLLIDED_UNWIND;
        } else if (Disposition != ExceptionContinueSearch) {
            RaiseUnwindError(STATUS_INVALID_DISPOSITION, Record);
        }
    } while (Walk->Flags & EXCEPTION_COLLIDED_UNWIND);
}

/* One frame.  FALSE: the end of the stack. */
static BOOLEAN UnwindOneFrame(UNWIND_WALK *Walk, PEXCEPTION_RECORD Record, PVOID TargetIp, PVOID ReturnValue, PULONG64 EstablisherFrame)
{
    ULONG64 ImageBase, Frame = Walk->Here->Rsp;
    PVOID HandlerData = NULL;
    PEXCEPTION_ROUTINE Handler = NULL;
    ULONG64 Pc = Walk->Here->Rip;
    PRUNTIME_FUNCTION Function = RtlLookupFunctionEntry(Pc, &ImageBase, NULL);

    *Walk->Above = *Walk->Here;
    if (Function == NULL) {
        Walk->Exact = FALSE;
        *EstablisherFrame = Frame;
        if (!UnwindLeaf(Walk->Above, Walk->Low, Walk->High) || Walk->Above->Rip == Pc)
            return FALSE;
    } else {
        Handler = RtlpUnwindFrame(UNW_FLAG_UHANDLER, ImageBase, Function, Walk->Above, &Walk->Exact, &HandlerData, &Frame);
        if (!IsOnStack(Frame, Walk->Low, Walk->High))
            RaiseUnwindError(STATUS_BAD_STACK, Record);
        if (Walk->TargetFrame != 0 && Frame > Walk->TargetFrame)
            RaiseUnwindError(STATUS_INVALID_UNWIND_TARGET, Record);
        if (Handler != NULL) {
            memset(&Walk->Dispatcher, 0, sizeof Walk->Dispatcher);
            Walk->Dispatcher.ControlPc = Pc;
            Walk->Dispatcher.ImageBase = ImageBase;
            Walk->Dispatcher.FunctionEntry = Function;
            Walk->Dispatcher.EstablisherFrame = Frame;
            Walk->Dispatcher.TargetIp = (ULONG64)(ULONG_PTR)TargetIp;
            Walk->Dispatcher.LanguageHandler = Handler;
            Walk->Dispatcher.HandlerData = HandlerData;
            CallUnwindHandler(Walk, Record, ReturnValue);
            Frame = Walk->Dispatcher.EstablisherFrame;
        }
        *EstablisherFrame = Frame;
    }
    if (*EstablisherFrame != Walk->TargetFrame)
        GoUp(Walk);
    return IsOnStack(*EstablisherFrame, Walk->Low, Walk->High);
}

/*
 * TargetFrame NULL: exit unwind, to the end of the stack.  ContextRecord is scratch space of the caller, which gets the context the unwind resumes.
 * Does not return if the target is found.
 */
void NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record, PVOID ReturnValue, PCONTEXT ContextRecord,
                       PUNWIND_HISTORY_TABLE HistoryTable)
{
    UNWIND_WALK Walk;
    EXCEPTION_RECORD LocalRecord;
    ULONG64 Frame;

    UNREFERENCED_PARAMETER(HistoryTable);
    RtlCaptureContext(&Walk.Contexts[0]);
    if (!RtlpStackLimits(Walk.Contexts[0].Rsp, &Walk.Low, &Walk.High))
        RaiseUnwindError(STATUS_BAD_STACK, Record);
    Walk.Here = &Walk.Contexts[0];
    Walk.Above = &Walk.Contexts[1];
    Walk.TargetFrame = (ULONG64)(ULONG_PTR)TargetFrame;
    Walk.Flags = EXCEPTION_UNWINDING | (TargetFrame == NULL ? EXCEPTION_EXIT_UNWIND : 0);
    Walk.Exact = FALSE;
    if (Record == NULL) {
        memset(&LocalRecord, 0, sizeof LocalRecord);
        LocalRecord.ExceptionCode = STATUS_UNWIND;
        LocalRecord.ExceptionAddress = (PVOID)(ULONG_PTR)Walk.Here->Rip;
        Record = &LocalRecord;
    }

    do {
        if (!UnwindOneFrame(&Walk, Record, TargetIp, ReturnValue, &Frame))
            break;
    } while (Frame != Walk.TargetFrame);

    if (TargetFrame != NULL && Frame == Walk.TargetFrame) {
        Walk.Here->Rax = (ULONG64)(ULONG_PTR)ReturnValue;
        if (Record->ExceptionCode != (LONG)STATUS_UNWIND_CONSOLIDATE)
            Walk.Here->Rip = (ULONG64)(ULONG_PTR)TargetIp;
        *ContextRecord = *Walk.Here;
        RtlRestoreContext(ContextRecord, Record);
        return;
    }
    *ContextRecord = *Walk.Here;
    RtlpUnhandled(Record, ContextRecord);
}

void NTAPI RtlUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record, PVOID ReturnValue)
{
    CONTEXT Context;

    RtlUnwindEx(TargetFrame, TargetIp, Record, ReturnValue, &Context, NULL);
}

/* ---- raising and resuming --------------------------------------------------------------------------------------------------------------- */

/* What setjmp of the Microsoft C run time fills. */
typedef struct _LONG_JUMP_BUFFER {
    ULONG64 Frame, Rbx, Rsp, Rbp, Rsi, Rdi, R12, R13, R14, R15, Rip;
    ULONG MxCsr;
    USHORT FpCsr, Spare;
    M128A Xmm6[10];
} LONG_JUMP_BUFFER;

static_assert(offsetof(LONG_JUMP_BUFFER, Xmm6) == 0x60, "_JUMP_BUFFER");

static void ContextFromJumpBuffer(PCONTEXT Context, const LONG_JUMP_BUFFER *Buffer)
{
    Context->Rbx = Buffer->Rbx;
    Context->Rsp = Buffer->Rsp;
    Context->Rbp = Buffer->Rbp;
    Context->Rsi = Buffer->Rsi;
    Context->Rdi = Buffer->Rdi;
    Context->R12 = Buffer->R12;
    Context->R13 = Buffer->R13;
    Context->R14 = Buffer->R14;
    Context->R15 = Buffer->R15;
    Context->Rip = Buffer->Rip;
    Context->MxCsr = Buffer->MxCsr;
    Context->FltSave.MxCsr = Buffer->MxCsr;
    Context->FltSave.ControlWord = Buffer->FpCsr;
    memcpy(&Context->Xmm6, Buffer->Xmm6, sizeof Buffer->Xmm6);
}

/*
 * A record of STATUS_LONGJUMP carries a jump buffer that says more than the unwound context does.  STATUS_UNWIND_CONSOLIDATE (C++ catch blocks): the
 * callback runs now, on top of the frames it has unwound, and returns where to continue.  Only registers that a CONTEXT has itself are loaded: callers
 * (.NET's catch) copy an exception's context without the extended state that its flags promise behind it.
 */
void NTAPI RtlRestoreContext(PCONTEXT Context, PEXCEPTION_RECORD Record)
{
    Context->ContextFlags &= CONTEXT_FULL | CONTEXT_SEGMENTS;
    if (Record != NULL && Record->ExceptionCode == (LONG)STATUS_LONGJUMP && Record->NumberParameters >= 1) {
        ContextFromJumpBuffer(Context, (const LONG_JUMP_BUFFER *)Record->ExceptionInformation[0]);
    } else if (Record != NULL && Record->ExceptionCode == (LONG)STATUS_UNWIND_CONSOLIDATE && Record->NumberParameters >= 3) {
        RtlpConsolidateFrames(Context, Record);
    }
    RtlpResume(Context);
}

void NTAPI RtlRaiseException(PEXCEPTION_RECORD Record)
{
    CONTEXT Context;
    ULONG64 ImageBase, Frame;
    PVOID HandlerData;
    BOOLEAN Exact = FALSE;

    /* The context of the caller, as if it had faulted at the return address. */
    RtlCaptureContext(&Context);
    PRUNTIME_FUNCTION Function = RtlLookupFunctionEntry(Context.Rip, &ImageBase, NULL);
    if (Function != NULL)
        RtlpUnwindFrame(UNW_FLAG_NHANDLER, ImageBase, Function, &Context, &Exact, &HandlerData, &Frame);
    Record->ExceptionAddress = (PVOID)(ULONG_PTR)Context.Rip;
    RtlpRaiseToDebugger(Record, &Context);
    if (RtlDispatchException(Record, &Context))
        RtlpResume(&Context);
    RtlpUnhandled(Record, &Context);
}

DECLSPEC_NORETURN VOID NTAPI RtlRaiseStatus(NTSTATUS Status)
{
    EXCEPTION_RECORD Record = { .ExceptionCode = Status, .ExceptionFlags = EXCEPTION_NONCONTINUABLE };

    RtlRaiseException(&Record);
    for (;;) {
    }
}

/* ---- the language handler of C -------------------------------------------------------------------------------------------------------------- */

static EXCEPTION_DISPOSITION FilterScopes(PEXCEPTION_RECORD Record, PVOID EstablisherFrame, PCONTEXT Context, PDISPATCHER_CONTEXT Dispatcher)
{
    const SCOPE_TABLE *Table = Dispatcher->HandlerData;
    EXCEPTION_POINTERS Pointers = { Record, Context };
    ULONG64 Base = Dispatcher->ImageBase, Pc = Dispatcher->ControlPc - Base;

    for (ULONG Index = Dispatcher->ScopeIndex; Index < Table->Count; Index++) {
        const SCOPE_RECORD *Scope = &Table->ScopeRecord[Index];
        if (Pc < Scope->BeginAddress || Pc >= Scope->EndAddress || Scope->JumpTarget == 0)
            continue;
        LONG Verdict = EXCEPTION_EXECUTE_HANDLER;
        if (Scope->HandlerAddress != 1)
            Verdict = ((EXCEPTION_FILTER)(ULONG_PTR)(Base + Scope->HandlerAddress))(&Pointers, EstablisherFrame);
        if (Verdict < 0)
            return ExceptionContinueExecution;
        if (Verdict > 0) {
            RtlUnwindEx(EstablisherFrame, (PVOID)(ULONG_PTR)(Base + Scope->JumpTarget), Record,
                        (PVOID)(ULONG_PTR)(ULONG)Record->ExceptionCode, Dispatcher->ContextRecord, Dispatcher->HistoryTable);
        }
    }
    return ExceptionContinueSearch;
}

static void RunTerminationHandlers(PEXCEPTION_RECORD Record, PVOID EstablisherFrame, PDISPATCHER_CONTEXT Dispatcher)
{
    const SCOPE_TABLE *Table = Dispatcher->HandlerData;
    ULONG64 Base = Dispatcher->ImageBase, Pc = Dispatcher->ControlPc - Base, Target = Dispatcher->TargetIp - Base;
    BOOLEAN IsTarget = (Record->ExceptionFlags & EXCEPTION_TARGET_UNWIND) != 0;

    for (ULONG Index = Dispatcher->ScopeIndex; Index < Table->Count; Index++) {
        const SCOPE_RECORD *Scope = &Table->ScopeRecord[Index];
        if (Pc < Scope->BeginAddress || Pc >= Scope->EndAddress)
            continue;
        /* Scopes that also enclose the target are not left. */
        if (IsTarget && Target >= Scope->BeginAddress && Target < Scope->EndAddress && Scope->JumpTarget == 0)
            return;
        if (Scope->JumpTarget != 0) {
            if (IsTarget && Target == Scope->JumpTarget)
                return;
            continue;
        }
        Dispatcher->ScopeIndex = Index + 1;
        ((TERMINATION_HANDLER)(ULONG_PTR)(Base + Scope->HandlerAddress))(TRUE, EstablisherFrame);
    }
}

EXCEPTION_DISPOSITION __cdecl __C_specific_handler(struct _EXCEPTION_RECORD *Record, void *EstablisherFrame, struct _CONTEXT *Context,
                                                   struct _DISPATCHER_CONTEXT *Dispatcher)
{
    if (!(Record->ExceptionFlags & EXCEPTION_UNWIND))
        return FilterScopes(Record, EstablisherFrame, Context, Dispatcher);
    RunTerminationHandlers(Record, EstablisherFrame, Dispatcher);
    return ExceptionContinueSearch;
}

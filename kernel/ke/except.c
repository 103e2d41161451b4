/* SPDX-License-Identifier: MIT */
/*
 * except.c - exceptions: to handlers in kernel mode, to ntdll in user mode, or to the end of the process or the machine.
 *
 * Kernel mode: RtlDispatchException walks the stack by unwind data; without a handler it is a bugcheck.  User mode, first chance: CONTEXT
 * and record go on the user stack and the thread continues at ntdll!KiUserExceptionDispatcher; second chance (nobody handled it,
 * NtRaiseException says so), or no room on the stack: the process ends with the exception's code.  A debugger is asked before, both
 * times. Windows Internals, 7th ed., part 2, chapter 8 "Exception dispatching".
 */
#include "kep.h"
#include "ps.h"
#include "rtl.h"
#include "xstate.h"

PVOID KeUserApcDispatcher, KeUserExceptionDispatcher, KeRaiseUserExceptionDispatcher;
NORETURN void (*KeTerminateProcessForException)(NTSTATUS Status);
BOOLEAN (*KeForwardException)(PEXCEPTION_RECORD Record, BOOLEAN FirstChance);

BOOLEAN KiMayDispatchKernelException(const KTRAP_FRAME *Frame)
{
    return KeGetCurrentIrql() < DISPATCH_LEVEL && Frame->Rsp >= (ULONG64)KeGetCurrentThread()->StackLimit &&
           Frame->Rsp < (ULONG64)KeGetCurrentThread()->StackBase;
}

static void KiDispatchKernelException(PEXCEPTION_RECORD Record, PKTRAP_FRAME Frame, BOOLEAN FirstChance)
{
    CONTEXT Context __attribute__((aligned(16)));

    if (FirstChance && KiMayDispatchKernelException(Frame)) {
        RtlZeroMemory(&Context, sizeof(Context));
        Context.ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
        KeContextFromKframes(Frame, &Context);
        if (RtlDispatchException(Record, &Context)) {
            (void)KeContextToKframes(Frame, &Context, KernelMode);
            return;
        }
    }
    KiBugCheckWithTrap(0x1E /* KMODE_EXCEPTION_NOT_HANDLED */, (ULONG_PTR)Record->ExceptionCode, (ULONG_PTR)Record->ExceptionAddress,
                       Record->NumberParameters > 0 ? Record->ExceptionInformation[0] : 0,
                       Record->NumberParameters > 1 ? Record->ExceptionInformation[1] : 0, Frame);
}

static void KiLogUserException(const EXCEPTION_RECORD *Record, const KTRAP_FRAME *Frame, const char *Why)
{
    PEPROCESS Process = (PEPROCESS)KeGetCurrentThread()->Process;

    KdPrint_("Ke: %.15s (%u): exception 0x%08x at %p, rsp %p, information %p %p: %s\n", Process->ImageFileName,
             (ULONG)(ULONG_PTR)Process->UniqueProcessId, (ULONG)Record->ExceptionCode, Record->ExceptionAddress, (PVOID)Frame->Rsp,
             (PVOID)Record->ExceptionInformation[0], (PVOID)Record->ExceptionInformation[1], Why);
}

/*
 * The debugger, if there is one.  After a breakpoint it finds the thread behind the INT3, so that it can just let it go on; handlers of the program find it on
 * the INT3.
 */
static BOOLEAN KiAskDebugger(PEXCEPTION_RECORD Record, PKTRAP_FRAME Frame, BOOLEAN FirstChance)
{
    BOOLEAN Breakpoint = FirstChance && Record->ExceptionCode == STATUS_BREAKPOINT;

    if (((PEPROCESS)KeGetCurrentThread()->Process)->DebugPort == NULL) {
        return FALSE;
    }
    Frame->Rip += Breakpoint;
    if (KeForwardException(Record, FirstChance)) {
        return TRUE;
    }
    Frame->Rip -= Breakpoint;
    return FALSE;
}

static void KiDispatchUserException(PEXCEPTION_RECORD Record, PKTRAP_FRAME Frame, BOOLEAN FirstChance)
{
    CONTEXT Context __attribute__((aligned(16)));
    NTSTATUS Status = STATUS_UNSUCCESSFUL;

    if (KiAskDebugger(Record, Frame, FirstChance)) {
        return;
    }
    if (FirstChance && KeUserExceptionDispatcher != NULL) {
        RtlZeroMemory(&Context, sizeof(Context));
        Context.ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS | CONTEXT_DEBUG_REGISTERS;
        KeContextFromKframes(Frame, &Context);
        Status = KiInitializeUserException(Frame, Record, &Context);
        if (NT_SUCCESS(Status)) {
            return;
        }
        KiLogUserException(Record, Frame, "no room on the stack for the handlers' frame");
        if (Record->ExceptionCode == STATUS_ACCESS_VIOLATION && Status == STATUS_STACK_OVERFLOW) {
            Record->ExceptionCode = Status;
        }
    } else {
        KiLogUserException(Record, Frame, "not handled");
    }
    KeTerminateProcessForException(Record->ExceptionCode);
}

/* Interrupts on if the frame had them on; IRQL of the trap. */
void KiDispatchException(PEXCEPTION_RECORD Record, PKTRAP_FRAME Frame, KPROCESSOR_MODE Mode, BOOLEAN FirstChance)
{
    if (Mode == KernelMode) {
        KiDispatchKernelException(Record, Frame, FirstChance);
    } else {
        ASSERT_IRQL_EQ(PASSIVE_LEVEL);
        KiDispatchUserException(Record, Frame, FirstChance);
    }
}

/* __fastfail: the process' state is not to be trusted, so no handler runs. */
void KiFastFail(PKTRAP_FRAME Frame)
{
    EXCEPTION_RECORD Record = { .ExceptionCode = STATUS_STACK_BUFFER_OVERRUN,
                                .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                                .ExceptionAddress = (PVOID)(Frame->Rip - 2),
                                .NumberParameters = 1,
                                .ExceptionInformation = { Frame->Rcx } };

    if (!(Frame->SegCs & 1)) {
        KiBugCheckWithTrap(0x139 /* KERNEL_SECURITY_CHECK_FAILURE */, Frame->Rcx, (ULONG_PTR)Frame, (ULONG_PTR)&Record, 0, Frame);
    }
    KiDispatchUserException(&Record, Frame, FALSE);
}

/* ---- services ------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS KiCaptureContextRecord(KPROCESSOR_MODE Mode, CONTEXT *Context, const CONTEXT *Source)
{
    if (Mode == KernelMode) {
        *Context = *Source;
        return STATUS_SUCCESS;
    }
    return KiCopyUserContext(Context, Source);
}

/* The extended registers that a context of user mode brings with it, if it does, become the thread's. */
static NTSTATUS KiContinueExtendedState(const CONTEXT *ContextRecord, ULONG Flags, KPROCESSOR_MODE Mode)
{
    UCHAR Area[KE_XSTATE_MAXIMUM] __attribute__((aligned(KE_XSTATE_ALIGNMENT)));

    if (Mode != UserMode || (Flags & KE_CONTEXT_XSTATE) != KE_CONTEXT_XSTATE || KiExtendedStateLength() == 0 || KeXStateLength > sizeof(Area)) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = KiCopyExtendedState(ContextRecord, Area, FALSE);
    if (NT_SUCCESS(Status)) {
        KiRestoreExtendedState(Area);
    }
    return Status;
}

NTSTATUS NTAPI NtContinue(PCONTEXT ContextRecord, BOOLEAN TestAlert)
{
    CONTEXT Context __attribute__((aligned(16)));
    PKTHREAD Thread = KeGetCurrentThread();
    KPROCESSOR_MODE Mode = Thread->PreviousMode;
    NTSTATUS Status = KiCaptureContextRecord(Mode, &Context, ContextRecord);

    if (NT_SUCCESS(Status)) {
        Status = KiContinueExtendedState(ContextRecord, Context.ContextFlags, Mode);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (TestAlert) {
        (void)KeTestAlertThread(Mode);
    }
    return KeContextToKframes(Thread->TrapFrame, &Context, Mode);
}

/* What Windows 10's ntdll calls with, in place of NtContinue's BOOLEAN. */
typedef struct _KCONTINUE_ARGUMENT
{
    ULONG ContinueType; /* 0: unwinding, 1: resuming; alike here, for there are no shadow stacks */
    ULONG ContinueFlags;
    ULONG64 Reserved[2];
} KCONTINUE_ARGUMENT;

#define CONTINUE_TYPES 3u
#define CONTINUE_TEST_ALERT 1u
#define CONTINUE_DELIVER_APC 2u

NTSTATUS NTAPI NtContinueEx(PCONTEXT ContextRecord, PVOID ContinueArgument);
NTSTATUS NTAPI NtContinueEx(PCONTEXT ContextRecord, PVOID ContinueArgument)
{
    KCONTINUE_ARGUMENT Argument = { 0 };

    if ((ULONG_PTR)ContinueArgument <= 0xFF) {
        return NtContinue(ContextRecord, ContinueArgument != NULL);
    }
    NTSTATUS Status = CopyFromMode(KeGetCurrentThread()->PreviousMode, &Argument, ContinueArgument, sizeof(Argument));
    if (NT_SUCCESS(Status) && (Argument.ContinueType > CONTINUE_TYPES || (Argument.ContinueFlags & ~(CONTINUE_TEST_ALERT | CONTINUE_DELIVER_APC)))) {
        Status = STATUS_INVALID_PARAMETER;
    }
    return NT_SUCCESS(Status) ? NtContinue(ContextRecord, (Argument.ContinueFlags & CONTINUE_TEST_ALERT) != 0) : Status;
}

NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord, BOOLEAN FirstChance)
{
    CONTEXT Context __attribute__((aligned(16)));
    EXCEPTION_RECORD Record;
    PKTHREAD Thread = KeGetCurrentThread();
    PKTRAP_FRAME Frame = Thread->TrapFrame;
    KPROCESSOR_MODE Mode = Thread->PreviousMode;
    NTSTATUS Status = KiCaptureContextRecord(Mode, &Context, ContextRecord);

    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Mode, &Record, ExceptionRecord, sizeof(Record));
    }
    if (NT_SUCCESS(Status) && Record.NumberParameters > EXCEPTION_MAXIMUM_PARAMETERS) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status)) {
        Status = KeContextToKframes(Frame, &Context, Mode);
    }
    if (NT_SUCCESS(Status)) {
        Record.ExceptionCode &= ~0x10000000; /* the reserved bit is the kernel's */
        KiDispatchException(&Record, Frame, Mode, FirstChance);
    }
    return Status;
}

NTSTATUS NTAPI NtTestAlert(VOID)
{
    return KeTestAlertThread(KeGetCurrentThread()->PreviousMode) ? STATUS_ALERTED : STATUS_SUCCESS;
}

/*
 * Raises Status in the caller of the service that is running: the service returns it, and the thread goes on in
 * KiRaiseUserExceptionDispatcher, which raises TEB.ExceptionCode as if called from where the service was.
 */
NTSTATUS NTAPI KeRaiseUserException(NTSTATUS Status)
{
    PKTHREAD Thread = KeGetCurrentThread();
    PKTRAP_FRAME Frame = Thread->TrapFrame;
    ULONG64 Return = Frame->Rip, Rsp = Frame->Rsp - sizeof(ULONG64);

    if (Thread->PreviousMode != UserMode || Thread->Teb == NULL || KeRaiseUserExceptionDispatcher == NULL || !(Frame->SegCs & 1)) {
        return Status;
    }
    if (NT_SUCCESS(KiCopyToUser((PUCHAR)Thread->Teb + FIELD_OFFSET(NTEB, ExceptionCode), &Status, sizeof(Status))) &&
        NT_SUCCESS(KiCopyToUser((PVOID)Rsp, &Return, sizeof(Return)))) {
        Frame->Rsp = Rsp;
        Frame->Rip = (ULONG64)KeRaiseUserExceptionDispatcher;
    }
    return Status;
}

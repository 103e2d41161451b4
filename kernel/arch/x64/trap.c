/* SPDX-License-Identifier: MIT */
/*
 * trap.c - what each exception and interrupt means.
 *
 * Exceptions become NTSTATUS codes exactly as on x64 Windows (a program sees them in its EXCEPTION_RECORD) and go to KiDispatchException;
 * page faults ask Mm first, and a guarded copy that fails ends through the fix-up table.  Interrupts run here at the IRQL of their vector.
 * Windows Internals, 7th ed., part 2, chapter 8 "Trap dispatching".
 */
#include "archp.h"
#include "etw.h"
#include "ki.h"
#include "kd.h"
#include "mm.h"

#define BUGCHECK_TRAP 0x7F     /* UNEXPECTED_KERNEL_MODE_TRAP */
#define BUGCHECK_IRQL 0x0A     /* IRQL_NOT_LESS_OR_EQUAL */
#define BUGCHECK_READONLY 0xBE /* ATTEMPTED_WRITE_TO_READONLY_MEMORY */
#define BUGCHECK_EXECUTE 0xFC  /* ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY */
#define BUGCHECK_NONPAGED 0x50 /* PAGE_FAULT_IN_NONPAGED_AREA */

static inline KPROCESSOR_MODE KiFrameMode(const KTRAP_FRAME *Frame)
{
    return (Frame->SegCs & 1) ? UserMode : KernelMode;
}

static void KiRaiseFromFrame(PKTRAP_FRAME Frame, NTSTATUS Code, ULONG Flags, ULONG Parameters, ULONG_PTR P0, ULONG_PTR P1, ULONG_PTR P2)
{
    EXCEPTION_RECORD Record = { .ExceptionCode = Code,
                                .ExceptionFlags = Flags,
                                .ExceptionAddress = (PVOID)Frame->Rip,
                                .NumberParameters = Parameters,
                                .ExceptionInformation = { P0, P1, P2 } };

    KiDispatchException(&Record, Frame, KiFrameMode(Frame), TRUE);
}

/* ---- general protection --------------------------------------------------------------------------------------------------------- */

/* Whether the user instruction at Rip is one that only the kernel may execute; everything else is an access violation, as on NT. */
static BOOLEAN KiIsPrivileged(const KTRAP_FRAME *Frame)
{
    UCHAR Code[16];
    SIZE_T Length = 0;
    ULONG i = 0;

    if (!NT_SUCCESS(KiCopyFromUserPartial(Code, (PVOID)Frame->Rip, sizeof(Code), &Length)) && Length == 0) {
        return FALSE;
    }
    while (i + 2 < Length && (Code[i] == 0x66 || Code[i] == 0x67 || Code[i] == 0xF2 || Code[i] == 0xF3 || (Code[i] & 0xF0) == 0x40)) {
        i++;
    }
    switch (Code[i]) {
    case 0xF4:
    case 0xFA:
    case 0xFB: /* HLT CLI STI */
    case 0xE4:
    case 0xE5:
    case 0xE6:
    case 0xE7: /* IN OUT imm8 */
    case 0xEC:
    case 0xED:
    case 0xEE:
    case 0xEF: /* IN OUT DX */
    case 0x6C:
    case 0x6D:
    case 0x6E:
    case 0x6F: /* INS OUTS */
        return TRUE;
    case 0x0F:
        switch (Code[i + 1]) {
        case 0x00:
        case 0x01:
        case 0x06:
        case 0x08:
        case 0x09: /* LLDT LTR LGDT ... CLTS INVD WBINVD */
        case 0x20:
        case 0x21:
        case 0x22:
        case 0x23: /* MOV CRn DRn */
        case 0x30:
        case 0x32:
        case 0x33: /* WRMSR RDMSR RDPMC */
            return TRUE;
        }
        return FALSE;
    }
    return FALSE;
}

static void KiGeneralProtection(PKTRAP_FRAME Frame)
{
    if (KiFrameMode(Frame) == UserMode && KiIsPrivileged(Frame)) {
        KiRaiseFromFrame(Frame, STATUS_PRIVILEGED_INSTRUCTION, 0, 0, 0, 0, 0);
        return;
    }
    if (KiFrameMode(Frame) == KernelMode && KiFixupFault(Frame, STATUS_ACCESS_VIOLATION)) {
        return; /* a non-canonical address given to a guarded copy */
    }
    KiRaiseFromFrame(Frame, STATUS_ACCESS_VIOLATION, 0, 2, 0, (ULONG_PTR)-1, 0);
}

/* ---- page faults ---------------------------------------------------------------------------------------------------------------- */

static void KiPageFault(PKTRAP_FRAME Frame)
{
    ULONG Code = (ULONG)Frame->ErrorCode;
    PVOID Address = (PVOID)Frame->FaultAddress;
    KPROCESSOR_MODE Mode = KiFrameMode(Frame);
    ULONG_PTR Information = 0, Access = (Code & KI_FAULT_EXECUTE) ? 8 : (Code & KI_FAULT_WRITE) ? 1 : 0;
    NTSTATUS Status;

    if (Frame->EFlags & EFLAGS_IF) {
        KiEnableInterrupts();
    }
    KeGetCurrentPrcb()->PageFaults++;
    if (Mode == KernelMode && Frame->FaultAddress <= MM_USER_HIGHEST && !KiIsGuarded(Frame)) {
        /* Kernel code followed a user pointer outside the copy layer: never legitimate here, and SMAP would end it anyway. */
        KiBugCheckWithTrap(BUGCHECK_NONPAGED, Frame->FaultAddress, Access, Frame->Rip, 0xAB0F, Frame);
    }
    Status = MmAccessFault(Code, Address, Mode, Frame, &Information);
    if (LIKELY(NT_SUCCESS(Status))) {
        return;
    }
    /* Who copies from or to the cache is told what the disk said. */
    BOOLEAN Cache = Status == STATUS_IN_PAGE_ERROR && Frame->FaultAddress > MM_USER_HIGHEST;
    if (Mode == KernelMode && KiFixupFault(Frame, Cache ? (NTSTATUS)Information : Status)) {
        return;
    }
    if (Mode == KernelMode && KeGetCurrentIrql() >= DISPATCH_LEVEL) {
        KiBugCheckWithTrap(BUGCHECK_IRQL, Frame->FaultAddress, KeGetCurrentIrql(), Access, Frame->Rip, Frame);
    }
    if (Mode == KernelMode && Frame->FaultAddress > MM_USER_HIGHEST && Status == STATUS_ACCESS_VIOLATION && (Code & KI_FAULT_PRESENT)) {
        KiBugCheckWithTrap(Access == 8 ? BUGCHECK_EXECUTE : BUGCHECK_READONLY, Frame->FaultAddress, Code, (ULONG_PTR)Frame, 10, Frame);
    }
    if (Mode == KernelMode && (Status == STATUS_ACCESS_VIOLATION || !KiMayDispatchKernelException(Frame))) {
        KiBugCheckWithTrap(BUGCHECK_NONPAGED, Frame->FaultAddress, Access, Frame->Rip, (ULONG)Status, Frame);
    }
    if (Status == STATUS_IN_PAGE_ERROR) {
        KiRaiseFromFrame(Frame, Status, 0, 3, Access, Frame->FaultAddress, Information);
    } else if ((LONG64)(Frame->FaultAddress << 16) >> 16 != (LONG64)Frame->FaultAddress) {
        KiGeneralProtection(Frame); /* what a processor calls an address that is none; QEMU 8 has a page fault for it */
    } else {
        KiRaiseFromFrame(Frame, Status, 0, 2, Access, Frame->FaultAddress, 0);
    }
}

/* ---- floating point ------------------------------------------------------------------------------------------------------------- */

/* The lowest unmasked exception bit decides, in the order the manual gives: invalid, zero divide, overflow, underflow, inexact, denormal.
 */
static NTSTATUS KiFloatStatus(ULONG Pending)
{
    if (Pending & 0x01) {
        return STATUS_FLOAT_INVALID_OPERATION;
    }
    if (Pending & 0x04) {
        return STATUS_FLOAT_DIVIDE_BY_ZERO;
    }
    if (Pending & 0x08) {
        return STATUS_FLOAT_OVERFLOW;
    }
    if (Pending & 0x10) {
        return STATUS_FLOAT_UNDERFLOW;
    }
    if (Pending & 0x20) {
        return STATUS_FLOAT_INEXACT_RESULT;
    }
    return STATUS_FLOAT_INVALID_OPERATION;
}

static void KiFloatError(PKTRAP_FRAME Frame)
{
    USHORT Status, Control;

    __asm__ volatile("fnstsw %0\n\tfnstcw %1" : "=m"(Status), "=m"(Control));
    KiRaiseFromFrame(Frame, KiFloatStatus(Status & ~Control & 0x3F), 0, 1, 0, 0, 0);
}

static void KiSimdError(PKTRAP_FRAME Frame)
{
    ULONG Pending = Frame->MxCsr & ~(Frame->MxCsr >> 7) & 0x3F;

    KiRaiseFromFrame(Frame, KiFloatStatus(Pending), 0, 2, 0, Frame->MxCsr, 0);
}

/* ---- debugging ------------------------------------------------------------------------------------------------------------------ */

/* INT 2D: RAX = BREAKPOINT_PRINT (1), RCX = text, EDX = length, R8D component, R9D level.  The INT3 that follows it is skipped. */
static void KiDebugService(PKTRAP_FRAME Frame)
{
    CHAR Text[512];
    SIZE_T Length = (USHORT)Frame->Rdx < sizeof(Text) ? (USHORT)Frame->Rdx : sizeof(Text);

    if (KiFrameMode(Frame) == UserMode) {
        KiEnableInterrupts();
    }
    if ((ULONG)Frame->Rax != 1) {
        Frame->Rax = (ULONG)STATUS_SUCCESS; /* prompts, symbol loads: there is no debugger to answer */
    } else if (KiFrameMode(Frame) == KernelMode) {
        KdPutText((const char *)Frame->Rcx, Length);
        Frame->Rax = 0;
    } else {
        Frame->Rax = (ULONG)KiCopyFromUser(Text, (PVOID)Frame->Rcx, Length);
        if (NT_SUCCESS((NTSTATUS)Frame->Rax)) {
            KdPutText(Text, Length);
        }
    }
    Frame->Rip++;
}

static void KiDebugTrap(PKTRAP_FRAME Frame)
{
    ULONG64 Dr6;

    __asm__ volatile("mov %%dr6, %0" : "=r"(Dr6));
    __asm__ volatile("mov %0, %%dr6" : : "r"(0xFFFF0FF0ULL));
    if (KiFrameMode(Frame) == KernelMode) {
        Frame->EFlags &= ~(ULONG64)EFLAGS_TF; /* a user breakpoint touched by a guarded copy, or delayed past SYSCALL */
        return;
    }
    KeGetCurrentThread()->DebugRegisters[4] = Dr6;
    KiEnableInterrupts();
    Frame->EFlags &= ~(ULONG64)EFLAGS_TF;
    KiRaiseFromFrame(Frame, STATUS_SINGLE_STEP, 0, 0, 0, 0, 0);
}

/* ---- dispatch ------------------------------------------------------------------------------------------------------------------- */

static void KiTrapWithStatus(PKTRAP_FRAME Frame)
{
    switch (Frame->Vector) {
    case 0:
        KiRaiseFromFrame(Frame, KiFrameMode(Frame) == UserMode ? KiDivideStatus(Frame) : STATUS_INTEGER_DIVIDE_BY_ZERO, 0, 0, 0, 0, 0);
        break;
    case 3:
        Frame->Rip--; /* NT shows the INT3 itself */
        KiRaiseFromFrame(Frame, STATUS_BREAKPOINT, 0, 1, 0, 0, 0);
        break;
    case 4:
        KiRaiseFromFrame(Frame, STATUS_INTEGER_OVERFLOW, 0, 0, 0, 0, 0);
        break;
    case 5:
        KiRaiseFromFrame(Frame, STATUS_ARRAY_BOUNDS_EXCEEDED, 0, 0, 0, 0, 0);
        break;
    case 6:
        KiRaiseFromFrame(Frame, STATUS_ILLEGAL_INSTRUCTION, 0, 0, 0, 0, 0);
        break;
    case 11:
    case 12:
    case 13:
        KiGeneralProtection(Frame);
        break;
    case 16:
        KiFloatError(Frame);
        break;
    case 17:
        KiRaiseFromFrame(Frame, STATUS_DATATYPE_MISALIGNMENT, 0, 0, 0, 0, 0);
        break;
    case 19:
        KiSimdError(Frame);
        break;
    case 0x29: /* __fastfail(code in RCX): no handler sees it */
        KiFastFail(Frame);
        break;
    case 0x2C:
        Frame->Rip -= 2;
        KiRaiseFromFrame(Frame, STATUS_ASSERTION_FAILURE, 0, 0, 0, 0, 0);
        break;
    default:
        KiBugCheckWithTrap(BUGCHECK_TRAP, Frame->Vector, Frame->ErrorCode, Frame->Rip, 0, Frame);
    }
}

/* From assembly, interrupts off.  Returns with interrupts off. */
void KiTrapHandler(PKTRAP_FRAME Frame)
{
    PKTHREAD Thread = KeGetCurrentThread();
    BOOLEAN User = KiFrameMode(Frame) == UserMode;

    if (User) {
        Thread->TrapFrame = Frame;
        Thread->PreviousMode = UserMode;
    }
    switch (Frame->Vector) {
    case 14:
        KiPageFault(Frame);
        break;
    case 1:
        KiDebugTrap(Frame);
        break;
    case 0x2D:
        KiDebugService(Frame);
        break;
    default:
        if (Frame->EFlags & EFLAGS_IF) {
            KiEnableInterrupts();
        }
        KiTrapWithStatus(Frame);
    }
    KiDisableInterrupts();
}

/*
 * From assembly at the vector's IRQL, interrupts off; the same on return (assembly then puts the old IRQL back).
 * Software interrupts are acknowledged first, because their work may switch threads.
 */
void KiInterruptHandler(PKTRAP_FRAME Frame)
{
    PKPRCB Prcb = KeGetCurrentPrcb();

    Prcb->InterruptCount++;
    if (KiFrameMode(Frame) == UserMode) {
        Prcb->CurrentThread->TrapFrame = Frame;
        Prcb->CurrentThread->PreviousMode = UserMode;
    }
    switch (Frame->Vector) {
    case APC_VECTOR:
        KiEndOfInterrupt();
        KiEnableInterrupts();
        KiDeliverApc(KernelMode, Frame);
        break;
    case DISPATCH_VECTOR:
        KiEndOfInterrupt();
        KiDispatchInterrupt();
        break;
    case CLOCK_VECTOR:
        KeUpdateSystemTime(Frame);
        KiEndOfInterrupt();
        break;
    case IPI_VECTOR:
        KiIpiService(Frame);
        KiEndOfInterrupt();
        break;
    case SPURIOUS_VECTOR:
        break;
    default:
        KiEnableInterrupts();
        KiDispatchVector(Frame->Vector);
        KiDisableInterrupts();
        KiEndOfInterrupt();
    }
    KiDisableInterrupts();
}

/* #DF, NMI, #MC, and #DB in kernel mode, on their own stacks. */
void KiParanoidHandler(PKTRAP_FRAME Frame)
{
    switch (Frame->Vector) {
    case 1:
        KiDebugTrap(Frame);
        return;
    case 2:
        if (KiHandleNmi(Frame)) {
            return;
        }
        KiBugCheckWithTrap(0x80 /* NMI_HARDWARE_FAILURE */, 0x4F4454, 0, 0, 0, Frame);
    case 8:
        KiBugCheckWithTrap(BUGCHECK_TRAP, 8, Frame->Rsp, Frame->FaultAddress, Frame->Rip, Frame);
    default:
        KiBugCheckWithTrap(0x9C /* MACHINE_CHECK_EXCEPTION */, Frame->Vector, Frame->Rip, 0, 0, Frame);
    }
}

/*
 * On the way to user mode with an APC pending.  Interrupts off on entry and on return.  A user APC redirects the frame; after one nothing
 * else is delivered (the next comes when the first one's NtContinue tests again), unless only kernel APCs were pending.
 */
void KiExitToUser(PKTRAP_FRAME Frame)
{
    PKTHREAD Thread = KeGetCurrentThread();

    while (Thread->ApcState.UserApcPending || (Thread->ApcState.KernelApcPending && Thread->SpecialApcDisable == 0)) {
        __writecr8(APC_LEVEL);
        KiEnableInterrupts();
        KiDeliverApc(UserMode, Frame);
        KiDisableInterrupts();
        __writecr8(PASSIVE_LEVEL);
    }
}

/* ---- system services ------------------------------------------------------------------------------------------------------------ */

/* A service returned at raised IRQL or inside a critical region: the caller's bug, caught where it was made. */
NORETURN void KiServiceExitBug(PKTRAP_FRAME Frame, ULONG Service)
{
    KIRQL Irql = KeGetCurrentIrql();
    PKTHREAD Thread = KeGetCurrentThread();

    KdPrint_("Ke: %s returned at IRQL %u, KernelApcDisable %d, SpecialApcDisable %d\n",
             Service < KiServiceLimit ? KiServiceName[Service] : "?", Irql, Thread->KernelApcDisable, Thread->SpecialApcDisable);
    if (Irql != PASSIVE_LEVEL) {
        KiBugCheckWithTrap(0x4A /* IRQL_GT_ZERO_AT_SYSTEM_SERVICE */, Frame->Rip, Irql, 0, Service, Frame);
    }
    KiBugCheckWithTrap(0x01 /* APC_INDEX_MISMATCH */, Frame->Rip,
                       (ULONG_PTR)Thread->KernelApcDisable << 16 | (USHORT)Thread->SpecialApcDisable, 0, Service, Frame);
}

/* Only while the trace class is on. */
void KiTraceServiceEntry(ULONG Service, ULONG64 FirstArgument);
void KiTraceServiceExit(ULONG Service, NTSTATUS Status);

void KiTraceServiceEntry(ULONG Service, ULONG64 FirstArgument)
{
    ETW_TRACE(ETW_CLASS_SYSCALL, EtwSystemCall, ETW_PHASE_BEGIN, 0, 0, Service, FirstArgument, 0, 0);
}

void KiTraceServiceExit(ULONG Service, NTSTATUS Status)
{
    ETW_TRACE(ETW_CLASS_SYSCALL, EtwSystemCall, ETW_PHASE_END, 0, Status, Service, 0, 0, 0);
    KiExploreServiceExit();
}

/* Entries of the table marked `!` in tools/syscalls.tbl. */
NTSTATUS KiServiceNotImplemented(void)
{
    static volatile LONG64 Named[16]; /* one bit a service */
    ULONG Service = (ULONG)KeGetCurrentThread()->TrapFrame->Rax;

    if (Service < KiServiceLimit && Service < 1024 && !InterlockedBitTestAndSet64(&Named[Service / 64], Service % 64)) {
        KdPrint_("Ke: %s is not implemented (STATUS_NOT_IMPLEMENTED)\n", KiServiceName[Service]);
    }
    return STATUS_NOT_IMPLEMENTED;
}

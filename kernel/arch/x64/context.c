/* SPDX-License-Identifier: MIT */
/*
 * context.c - between a trap frame and a CONTEXT, and the frames that the kernel builds on a user stack.
 *
 * The frame has all integer registers; the rest of a thread's state is in the processor itself (the kernel does not touch it) except for
 * the volatile XMM registers of a trap, which lie in the frame.  So all of this works on the current thread only; another thread's context
 * is read and written by an APC in it.  What user mode supplies is sanitised: selectors are ours, flags are masked, MXCSR and debug
 * registers lose reserved bits, RIP may be anything (SYSRET is avoided for non-canonical ones, IRETQ's fault on one is caught by
 * KeContextToKframes refusing it).
 *
 * Frames on a user stack (Windows 10 x64; sizes in userland/inc/pebteb.h):
 *     exception:  RSP -> CONTEXT (4D0) | CONTEXT_EX (20) | EXCEPTION_RECORD (98, padded) | machine frame at +590 | extended state
 *     APC:        RSP -> CONTEXT (4D0) | CONTEXT_EX (20) | machine frame at +4F0 | extended state
 * An APC at a system call has no extended state: there these registers are volatile.
 */
#include "archp.h"
#include "ki.h"
#include "kd.h"
#include "xstate.h"

#define CONTEXT_EX_OFFSET 0x4D0
#define EXCEPTION_RECORD_OFFSET 0x4F0
#define EXCEPTION_MACHINE_FRAME 0x590
#define EXCEPTION_FRAME_SIZE 0x5C0
#define APC_MACHINE_FRAME 0x4F0
#define APC_FRAME_SIZE 0x520
#define DR7_USER_MASK 0xFFFF0155u
static_assert(sizeof(CONTEXT) == CONTEXT_EX_OFFSET, "CONTEXT");

typedef struct _KI_MACHINE_FRAME
{
    ULONG64 Rip, SegCs, EFlags, Rsp, SegSs;
} KI_MACHINE_FRAME;

static inline void KiFxSave(PVOID Area)
{
    __asm__ volatile("fxsave64 (%0)" : : "r"(Area) : "memory");
}
static inline void KiFxRestore(const VOID *Area)
{
    __asm__ volatile("fxrstor64 (%0)" : : "r"(Area) : "memory");
}

static void KiIntegerToContext(const KTRAP_FRAME *Frame, PCONTEXT Context)
{
    Context->Rax = Frame->Rax;
    Context->Rcx = Frame->Rcx;
    Context->Rdx = Frame->Rdx;
    Context->Rbx = Frame->Rbx;
    Context->Rbp = Frame->Rbp;
    Context->Rsi = Frame->Rsi;
    Context->Rdi = Frame->Rdi;
    Context->R8 = Frame->R8;
    Context->R9 = Frame->R9;
    Context->R10 = Frame->R10;
    Context->R11 = Frame->R11;
    Context->R12 = Frame->R12;
    Context->R13 = Frame->R13;
    Context->R14 = Frame->R14;
    Context->R15 = Frame->R15;
    if (Frame->FrameType == KTRAP_FRAME_SYSCALL) { /* SYSCALL itself clobbered these */
        Context->Rcx = Frame->Rip;
        Context->R11 = Frame->EFlags;
        Context->R10 = Frame->Rcx; /* the first argument, as it was at the SYSCALL: who waits for what (ntdll's ldrdeadlock.c) */
    }
}

void KiFloatToContext(PKTRAP_FRAME Frame, PCONTEXT Context)
{
    XSAVE_FORMAT Area __attribute__((aligned(16)));

    KiFxSave(&Area);
    if (Frame->FrameType == KTRAP_FRAME_EXCEPTION || Frame->FrameType == KTRAP_FRAME_INTERRUPT) {
        __builtin_memcpy(Area.XmmRegisters, Frame->Xmm, sizeof(Frame->Xmm));
    }
    Area.MxCsr = Frame->MxCsr;
    Context->FltSave = Area;
    Context->MxCsr = Frame->MxCsr;
}

void KeContextFromKframes(PKTRAP_FRAME Frame, PCONTEXT Context)
{
    ULONG Flags = Context->ContextFlags;

    if ((Flags & CONTEXT_CONTROL) == CONTEXT_CONTROL) {
        Context->Rip = Frame->Rip;
        Context->Rsp = Frame->Rsp;
        Context->EFlags = (ULONG)Frame->EFlags;
        Context->SegCs = (USHORT)Frame->SegCs;
        Context->SegSs = (USHORT)Frame->SegSs;
    }
    if ((Flags & CONTEXT_INTEGER) == CONTEXT_INTEGER) {
        KiIntegerToContext(Frame, Context);
    }
    if ((Flags & CONTEXT_SEGMENTS) == CONTEXT_SEGMENTS) {
        Context->SegDs = KGDT64_R3_DATA;
        Context->SegEs = KGDT64_R3_DATA;
        Context->SegFs = KGDT64_R3_CMTEB;
        Context->SegGs = KGDT64_R3_DATA;
    }
    if ((Flags & CONTEXT_FLOATING_POINT) == CONTEXT_FLOATING_POINT) {
        KiFloatToContext(Frame, Context);
    }
    if ((Flags & CONTEXT_DEBUG_REGISTERS) == CONTEXT_DEBUG_REGISTERS) {
        const ULONG64 *Debug = KeGetCurrentThread()->DebugRegisters;
        Context->Dr0 = Debug[0];
        Context->Dr1 = Debug[1];
        Context->Dr2 = Debug[2];
        Context->Dr3 = Debug[3];
        Context->Dr6 = Debug[4];
        Context->Dr7 = Debug[5];
    }
}

static void KiContextToInteger(const CONTEXT *Context, PKTRAP_FRAME Frame)
{
    Frame->Rax = Context->Rax;
    Frame->Rcx = Context->Rcx;
    Frame->Rdx = Context->Rdx;
    Frame->Rbx = Context->Rbx;
    Frame->Rbp = Context->Rbp;
    Frame->Rsi = Context->Rsi;
    Frame->Rdi = Context->Rdi;
    Frame->R8 = Context->R8;
    Frame->R9 = Context->R9;
    Frame->R10 = Context->R10;
    Frame->R11 = Context->R11;
    Frame->R12 = Context->R12;
    Frame->R13 = Context->R13;
    Frame->R14 = Context->R14;
    Frame->R15 = Context->R15;
}

static void KiContextToFloat(const CONTEXT *Context, PKTRAP_FRAME Frame)
{
    XSAVE_FORMAT Area __attribute__((aligned(16))) = Context->FltSave;

    /* Reserved bits in MXCSR or the header would fault here. */
    Area.MxCsr = Context->MxCsr & 0xFFFF;
    Area.ControlWord &= 0x1F7F;
    Frame->MxCsr = Area.MxCsr;
    Area.MxCsr = KeGetCurrentPrcb()->MxCsr;
    __builtin_memcpy(Frame->Xmm, Area.XmmRegisters, sizeof(Frame->Xmm));
    KiFxRestore(&Area);
}

static void KiContextToDebug(const CONTEXT *Context, PKTHREAD Thread)
{
    const ULONG64 Address[4] = { Context->Dr0, Context->Dr1, Context->Dr2, Context->Dr3 };

    for (ULONG i = 0; i < 4; i++) {
        Thread->DebugRegisters[i] = Address[i] <= MM_USER_HIGHEST ? Address[i] : 0;
    }
    Thread->DebugRegisters[4] = Context->Dr6 & 0xE00F;
    Thread->DebugRegisters[5] = Context->Dr7 & DR7_USER_MASK;
    Thread->DebugActive = (Thread->DebugRegisters[5] & 0xFF) != 0;
    KiLoadDebugRegisters(Thread);
}

/* A frame of a system call has no XMM registers; before the full way back is taken it gets the live ones. */
static void KiMakeFrameFull(PKTRAP_FRAME Frame)
{
    XSAVE_FORMAT Area __attribute__((aligned(16)));

    if (Frame->FrameType != KTRAP_FRAME_SYSCALL && Frame->FrameType != KTRAP_FRAME_SERVICE) {
        return;
    }
    KiFxSave(&Area);
    __builtin_memcpy(Frame->Xmm, Area.XmmRegisters, sizeof(Frame->Xmm));
    if (Frame->FrameType == KTRAP_FRAME_SYSCALL) {
        Frame->Rcx = Frame->Rip;
        Frame->R11 = Frame->EFlags;
        Frame->R10 = 0;
    }
    Frame->FrameType = KTRAP_FRAME_EXCEPTION;
}

static BOOLEAN KiIsCanonical(ULONG64 Address)
{
    return (ULONG64)((LONG64)(Address << 16) >> 16) == Address;
}

NTSTATUS KeContextToKframes(PKTRAP_FRAME Frame, const CONTEXT *Context, KPROCESSOR_MODE Mode)
{
    ULONG Flags = Context->ContextFlags;

    if (Frame->SegCs & 1) {
        Mode = UserMode; /* whoever asks: a frame of user mode stays one */
    }
    if ((Flags & CONTEXT_CONTROL) == CONTEXT_CONTROL && (!KiIsCanonical(Context->Rip) || (Mode == UserMode && Context->Rip >> 47 != 0))) {
        return STATUS_INVALID_PARAMETER;
    }
    KiMakeFrameFull(Frame);
    if ((Flags & CONTEXT_CONTROL) == CONTEXT_CONTROL) {
        Frame->Rip = Context->Rip;
        Frame->Rsp = Context->Rsp;
        if (Mode == UserMode) {
            Frame->EFlags = (Context->EFlags & EFLAGS_USER_MASK) | EFLAGS_IF | 2;
            Frame->SegCs = KGDT64_R3_CODE;
            Frame->SegSs = KGDT64_R3_DATA;
        } else {
            Frame->EFlags = Context->EFlags;
            Frame->SegCs = KGDT64_R0_CODE;
            Frame->SegSs = KGDT64_R0_DATA;
        }
    }
    if ((Flags & CONTEXT_INTEGER) == CONTEXT_INTEGER) {
        KiContextToInteger(Context, Frame);
    }
    if ((Flags & CONTEXT_FLOATING_POINT) == CONTEXT_FLOATING_POINT) {
        KiContextToFloat(Context, Frame);
    }
    if ((Flags & CONTEXT_DEBUG_REGISTERS) == CONTEXT_DEBUG_REGISTERS && Mode == UserMode) {
        KiContextToDebug(Context, KeGetCurrentThread());
    }
    return STATUS_SUCCESS;
}

void KiLoadDebugRegisters(PKTHREAD Thread)
{
    const ULONG64 *Debug = Thread->DebugRegisters;

    __asm__ volatile("mov %0, %%dr7" : : "r"(0x400ULL));
    if (Thread->DebugActive) {
        __asm__ volatile("mov %0, %%dr0" : : "r"(Debug[0]));
        __asm__ volatile("mov %0, %%dr1" : : "r"(Debug[1]));
        __asm__ volatile("mov %0, %%dr2" : : "r"(Debug[2]));
        __asm__ volatile("mov %0, %%dr3" : : "r"(Debug[3]));
        __asm__ volatile("mov %0, %%dr7" : : "r"(Debug[5] | 0x400));
    }
}

NTSTATUS KiCopyUserContext(CONTEXT *Context, const VOID *User)
{
    if ((ULONG_PTR)User & 15) {
        return STATUS_DATATYPE_MISALIGNMENT;
    }
    return KiCopyFromUser(Context, User, sizeof(*Context));
}

/* ---- threads' first frames ------------------------------------------------------------------------------------------------------ */

/* What KiSwapContext pops: 0x28 bytes of home space, eight registers, the return address. */
typedef struct _KI_SWITCH_FRAME
{
    ULONG64 Home[5];
    ULONG64 R15, R14, R13, R12, Rdi, Rsi, Rbx, Rbp;
    PVOID Return;
    ULONG64 StartupHome[5]; /* KiThreadStartup's caller's space, and a return address of zero */
    ULONG64 EndOfStack;
} KI_SWITCH_FRAME;

void KiInitializeThreadStack(PKTHREAD Thread, PVOID StackTop, PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
    ULONG_PTR Area = ((ULONG_PTR)StackTop - KeXStateLength) & ~(ULONG_PTR)63;
    XSAVE_FORMAT *Legacy = (XSAVE_FORMAT *)Area;
    KI_SWITCH_FRAME *Switch;

    __builtin_memset((PVOID)Area, 0, KeXStateLength);
    Legacy->ControlWord = 0x27F;
    Legacy->MxCsr = MXCSR_INITIAL;
    Thread->StateSaveArea = (PVOID)Area;
    Thread->InitialStack = (PVOID)Area;
    Thread->StackBase = StackTop;
    Thread->StackLimit = (PVOID)((ULONG_PTR)StackTop - KERNEL_STACK_SIZE);
    /* The space of the user frame stays free: KeInitializeUserTrapFrame fills it. */
    Switch = (KI_SWITCH_FRAME *)(Area - sizeof(KTRAP_FRAME) - sizeof(KI_SWITCH_FRAME));
    __builtin_memset(Switch, 0, sizeof(*Switch));
    Switch->R12 = (ULONG64)StartRoutine;
    Switch->R13 = (ULONG64)StartContext;
    Switch->Return = (PVOID)KiThreadStartupReturn;
    Thread->KernelStack = Switch;
    static_assert(sizeof(KI_SWITCH_FRAME) % 16 == 0 && __builtin_offsetof(KI_SWITCH_FRAME, StartupHome) % 16 == 0,
                  "KiThreadStartup's stack alignment");
}

PKTRAP_FRAME KeInitializeUserTrapFrame(PKTHREAD Thread)
{
    PKTRAP_FRAME Frame = (PKTRAP_FRAME)((ULONG_PTR)Thread->InitialStack - sizeof(KTRAP_FRAME));

    *Frame = (KTRAP_FRAME){ .MxCsr = MXCSR_INITIAL,
                            .SegCs = KGDT64_R3_CODE,
                            .SegSs = KGDT64_R3_DATA,
                            .EFlags = EFLAGS_IF | 2,
                            .FrameType = KTRAP_FRAME_EXCEPTION };
    Thread->UserGsBase = (ULONG64)Thread->Teb;
    Thread->TrapFrame = Frame;
    Thread->PreviousMode = UserMode;
    if (Thread == KeGetCurrentThread()) {
        KiWriteMsr(MSR_KERNEL_GS_BASE, (ULONG64)Thread->Teb);
    }
    return Frame;
}

/* ---- frames on a user stack ----------------------------------------------------------------------------------------------------- */

/* The extended state, if there is any, comes first, so that it lies above the frame.  *Rsp: below it; Extension says where it is. */
static NTSTATUS KiPushExtendedState(PKTRAP_FRAME Frame, PCONTEXT Context, ULONG64 Size, ULONG64 *Rsp, KI_CONTEXT_EX *Extension)
{
    UCHAR Area[KE_XSTATE_MAXIMUM] __attribute__((aligned(KE_XSTATE_ALIGNMENT)));
    ULONG Length = Frame->FrameType != KTRAP_FRAME_SYSCALL ? KiExtendedStateLength() : 0;
    ULONG64 Base = (Context->Rsp - Length) & ~(ULONG64)(KE_XSTATE_ALIGNMENT - 1);

    *Rsp = (Context->Rsp - Size) & ~15ULL;
    *Extension = (KI_CONTEXT_EX){ .All = { -(LONG)sizeof(CONTEXT), sizeof(CONTEXT) + 0x18 },
                                  .Legacy = { -(LONG)sizeof(CONTEXT), sizeof(CONTEXT) },
                                  .XState = { 0x19, 0 } };
    if (Length == 0 || KeXStateLength > sizeof(Area)) {
        return STATUS_SUCCESS;
    }
    *Rsp = (Base - Size) & ~15ULL;
    Extension->XState.Offset = (LONG)(Base - *Rsp) - CONTEXT_EX_OFFSET;
    Extension->XState.Length = Length;
    Extension->All.Length = sizeof(CONTEXT) + (ULONG)Extension->XState.Offset + Length;
    Context->ContextFlags |= KE_CONTEXT_XSTATE;
    KiSaveExtendedState(Area);
    return KiCopyToUser((PVOID)Base, Area + KI_LEGACY_STATE, Length);
}

static NTSTATUS KiPushUserFrame(PKTRAP_FRAME Frame, PCONTEXT Context, const EXCEPTION_RECORD *Record, ULONG64 *NewRsp)
{
    ULONG64 Size = Record != NULL ? EXCEPTION_FRAME_SIZE : APC_FRAME_SIZE, Rsp;
    KI_MACHINE_FRAME Machine = { Context->Rip, Context->SegCs, Context->EFlags, Context->Rsp, Context->SegSs };
    KI_CONTEXT_EX Extension;
    NTSTATUS Status;

    if (Context->Rsp < Size + KE_XSTATE_MAXIMUM || Context->Rsp > MM_USER_HIGHEST + 1) {
        return STATUS_ACCESS_VIOLATION;
    }
    Status = KiPushExtendedState(Frame, Context, Size, &Rsp, &Extension);
    if (NT_SUCCESS(Status)) {
        Status = KiCopyToUser((PVOID)Rsp, Context, sizeof(*Context));
    }
    if (NT_SUCCESS(Status)) {
        Status = KiCopyToUser((PVOID)(Rsp + CONTEXT_EX_OFFSET), &Extension, sizeof(Extension));
    }
    if (NT_SUCCESS(Status) && Record != NULL) {
        Status = KiCopyToUser((PVOID)(Rsp + EXCEPTION_RECORD_OFFSET), Record, sizeof(*Record));
    }
    if (NT_SUCCESS(Status)) {
        Status = KiCopyToUser((PVOID)(Rsp + (Record != NULL ? EXCEPTION_MACHINE_FRAME : APC_MACHINE_FRAME)), &Machine, sizeof(Machine));
    }
    *NewRsp = Rsp;
    return Status;
}

static void KiRedirectFrame(PKTRAP_FRAME Frame, ULONG64 Rip, ULONG64 Rsp)
{
    KiMakeFrameFull(Frame);
    Frame->Rip = Rip;
    Frame->Rsp = Rsp;
    Frame->EFlags &= ~(ULONG64)(EFLAGS_TF | EFLAGS_DF | EFLAGS_AC);
    Frame->SegCs = KGDT64_R3_CODE;
    Frame->SegSs = KGDT64_R3_DATA;
}

NTSTATUS KiInitializeUserException(PKTRAP_FRAME Frame, const EXCEPTION_RECORD *Record, PCONTEXT Context)
{
    ULONG64 Rsp;
    NTSTATUS Status = KiPushUserFrame(Frame, Context, Record, &Rsp);

    if (NT_SUCCESS(Status)) {
        KiRedirectFrame(Frame, (ULONG64)KeUserExceptionDispatcher, Rsp);
    }
    return Status;
}

NTSTATUS KiInitializeUserApc(PKTRAP_FRAME Frame, PKNORMAL_ROUTINE_ NormalRoutine, PVOID NormalContext, PVOID SystemArgument1,
                             PVOID SystemArgument2)
{
    CONTEXT Context __attribute__((aligned(16)));
    ULONG64 Rsp;
    NTSTATUS Status;

    __builtin_memset(&Context, 0, sizeof(Context));
    Context.ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
    KeContextFromKframes(Frame, &Context);
    Context.P1Home = (ULONG64)NormalContext;
    Context.P2Home = (ULONG64)SystemArgument1;
    Context.P3Home = (ULONG64)SystemArgument2;
    Context.P4Home = (ULONG64)NormalRoutine;
    Status = KiPushUserFrame(Frame, &Context, NULL, &Rsp);
    if (NT_SUCCESS(Status)) {
        KiRedirectFrame(Frame, (ULONG64)KeUserApcDispatcher, Rsp);
    }
    return Status;
}

PKTRAP_FRAME KeUserTrapFrame(PKTHREAD Thread)
{
    return (PKTRAP_FRAME)((ULONG_PTR)Thread->InitialStack - sizeof(KTRAP_FRAME));
}

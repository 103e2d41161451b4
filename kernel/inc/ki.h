/* SPDX-License-Identifier: MIT */
/*
 * ki.h - the seam between ke and arch/x64: what each needs of the other and nobody else should call.
 */
#ifndef NASCENT_KI_H
#define NASCENT_KI_H

#include "ke.h"

/* ---- arch/x64 for ke ------------------------------------------------------------------------------------------------------------ */
void KiSwapContext(PKTHREAD Old, PKTHREAD New);
/* First frame of a thread on its stack, XSAVE area carved at the top: KiSwapContext to it begins StartRoutine(StartContext) at APC_LEVEL.
 */
void KiInitializeThreadStack(PKTHREAD Thread, PVOID StackTop, PKSTART_ROUTINE StartRoutine, PVOID StartContext);
void KiRequestSoftwareInterrupt(KIRQL Level);
void KiSendReschedule(ULONG Number); /* IPI: look at your NextThread and DPC queue */
void KiLoadDebugRegisters(PKTHREAD Thread);
/* The other processors: how many may be started, this one included; the block of one, zeroed by ke; the start itself (FALSE: no answer). */
ULONG KiCountProcessors(void);
SIZE_T KiProcessorBlockSize(void);
PKPRCB KiPrcbOfBlock(PVOID Block);
BOOLEAN KiStartProcessor(ULONG Index, PVOID Block);
void KiSendNmi(ULONG Number);
void KiHaltProcessor(void);           /* interrupts off on entry: enables them and waits for one, atomically */
ULONG64 KiTimeSinceStart(void);       /* 100 ns */
void KiInitializeHardwareClock(void); /* calibrates */
void KiSetNextTick(ULONG Ticks);       /* of the hardware timer; ends the regular ones */
void KiStartHardwareClock(void);      /* this processor's tick */
void KiInitializeHardwareInterrupts(LOADER_PARAMETER_BLOCK *Block);
NTSTATUS KiCopyUserContext(CONTEXT *Context, const VOID *User); /* captures and checks a caller's CONTEXT */
/* Exception frames on the user stack: CONTEXT, CONTEXT_EX, EXCEPTION_RECORD, machine frame.  On success TrapFrame continues in ntdll. */
NTSTATUS KiInitializeUserException(PKTRAP_FRAME TrapFrame, const EXCEPTION_RECORD *Record, PCONTEXT Context);
void KiFloatToContext(PKTRAP_FRAME TrapFrame, PCONTEXT Context);
BOOLEAN KiIsGuarded(const KTRAP_FRAME *Frame); /* the instruction may fault: it is in the fix-up table */
void KiDispatchVector(ULONG Vector);
static inline BOOLEAN KiDisable(void)
{
    BOOLEAN Enabled = (__builtin_ia32_readeflags_u64() & 0x200) != 0;

    __asm__ volatile("cli" ::: "memory");
    return Enabled;
}
static inline void KiRestore(BOOLEAN Enabled)
{
    if (Enabled) {
        __asm__ volatile("sti" ::: "memory");
    }
}

/* ---- ke for arch/x64 ------------------------------------------------------------------------------------------------------------ */
void KiDispatchInterrupt(void);              /* DISPATCH_LEVEL, interrupts off: DPCs, quantum end, a standby thread */
void KeUpdateSystemTime(PKTRAP_FRAME Frame); /* CLOCK_LEVEL, interrupts off */
void KiIpiService(PKTRAP_FRAME Frame);       /* IPI_LEVEL, interrupts off */
BOOLEAN KiHandleNmi(PKTRAP_FRAME Frame);     /* FALSE: nobody's */
BOOLEAN KiCallNmiCallbacks(void);
void KiReapThread(PKTHREAD Thread);          /* the dead thread's stack has just been left */
NORETURN void KiBeginThread(PKSTART_ROUTINE StartRoutine,
                            PVOID StartContext); /* first C function of a thread, DISPATCH_LEVEL, interrupts any */
void KiExploreServiceExit(void); /* only while ETW_CLASS_EXPLORE is set, or the system-call class */
void KiFastFail(PKTRAP_FRAME Frame);
BOOLEAN KiMayDispatchKernelException(const KTRAP_FRAME *Frame); /* FALSE: no handler could take it, so bugcheck with the better code */
NORETURN void KiServiceExitBug(PKTRAP_FRAME Frame, ULONG Service);
#endif

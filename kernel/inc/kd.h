/* SPDX-License-Identifier: MIT */
/*
 * kd.h - the kernel's voice: log, boot steps, bugcheck, backtraces.
 */
#ifndef NASCENT_KD_H
#define NASCENT_KD_H
#include "ke.h"
void KdInitPhase0(LOADER_PARAMETER_BLOCK *Block); /* before anything else: log to port 0xE9; nothing needed */
/* One line a boot step: "[  12] Mm: 512 MiB, 130944 free pages" to the log, COM1 and the framebuffer.  Formats %wZ %Z and %ls too. */
void KdBootStep(const char *Format, ...);
void KdPrint_(const char *Format, ...);          /* log only; any IRQL */
void KdPutText(const char *Text, SIZE_T Length); /* raw text to the log */
/* Captures up to Count return addresses of the current stack, or of TrapFrame's if not NULL; unwinds by
 * .pdata through C, assembly, trap frames, drivers.  Any IRQL, never faults. */
ULONG KdBacktrace(PKTRAP_FRAME TrapFrame, ULONG_PTR *Frames, ULONG Count);
/* The same on the stack of a thread that is stopped on another processor. */
ULONG KdBacktraceOf(struct _KTHREAD *Thread, PKTRAP_FRAME TrapFrame, ULONG_PTR *Frames, ULONG Count);
/* In the NMI handler: this processor is to stop for a bugcheck of another; does not return if so. */
void KdFreezeIfAsked(PKTRAP_FRAME TrapFrame);
/* Asks another processor for a backtrace in the log (checked build: it holds a lock for too long). */
void KdAskForBacktrace(ULONG Number);
/* "ntoskrnl.exe+0x4712 MmAccessFault+0x12 (kernel/mm/fault.c:88)" or "0xffff...": length written without the zero. */
ULONG KdFormatAddress(ULONG_PTR Address, char *Buffer, SIZE_T Size);
void KdPrintBacktrace(PKTRAP_FRAME TrapFrame);
/* KeBugCheckEx in <ntifs.h>; this one names the trap frame whose stack is shown. */
NORETURN void KiBugCheckWithTrap(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, PKTRAP_FRAME TrapFrame);
/* Boot option CRASH=...: ends the boot in the named way (kd/crash.c). */
void KdCrashTest(const LOADER_PARAMETER_BLOCK *Block);
/* After condrv has the screen: boot text stops going there and to COM1. */
void KdSetBootDisplayOwner(BOOLEAN Boot);
#endif

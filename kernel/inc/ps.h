/* SPDX-License-Identifier: MIT */
/*
 * ps.h - processes and threads towards the rest of the kernel.  Windows Internals, 7th ed., part 1, chapter 3 "Processes and jobs".
 */
#ifndef NASCENT_PS_H
#define NASCENT_PS_H

#include "mm.h"
#include "se.h"

void PsInitSystemPhase0(void);  /* idle process and thread for KeInitSystemPhase0; static storage */
void PsInitSystemPhase1(void);  /* types Process, Thread, Job; system process with PID 4 */
NTSTATUS PsLocateSystemDll(void) NODISCARD; /* section of ntdll.dll, its entry points; after the boot volume is there */
NTSTATUS PsStartSessionManager(void) NODISCARD; /* smss.exe by RtlCreateUserProcess' kernel form */
extern PEPROCESS PsIdleProcess;
/* Ends the current thread; the last one ends its process.  PASSIVE_LEVEL, no locks held. */
NORETURN void PspExitThread(NTSTATUS Status);
/* Ends the current process for an unhandled exception. */
NORETURN void PspTerminateCurrentProcess(NTSTATUS Status);
PEPROCESS PsGetNextProcess_(PEPROCESS Previous); /* referenced walk of the active list; drops Previous' reference */
PETHREAD PsGetNextProcessThread_(PEPROCESS Process, PETHREAD Previous);
#endif

/* SPDX-License-Identifier: MIT */
/*
 * ps.h - processes and threads towards the rest of the kernel.  Windows Internals, 7th ed., part 1, chapter 3 "Processes and jobs".
 */
#ifndef NASCENT_PS_H
#define NASCENT_PS_H

#include "mm.h"
#include "se.h"

void PsInitIdleProcess(void);   /* idle process for KeInitSystemPhase0; static storage */
void PsInitSystemPhase0(void);  /* types Process, Thread; CID table; the system process, PID 4 */
void PsInitSystemPhase1(void);  /* reaper, upcalls */
NTSTATUS PsLocateSystemDll(void) NODISCARD; /* section of ntdll.dll, its entry points; after the boot volume is there */
NTSTATUS PsStartSessionManager(void) NODISCARD; /* smss.exe by RtlCreateUserProcess' kernel form */
NTSTATUS NTAPI ZwCreateUserProcess(PHANDLE ProcessHandle, PHANDLE ThreadHandle, ACCESS_MASK ProcessDesiredAccess, ACCESS_MASK ThreadDesiredAccess,
                                   POBJECT_ATTRIBUTES ProcessObjectAttributes, POBJECT_ATTRIBUTES ThreadObjectAttributes, ULONG ProcessFlags,
                                   ULONG ThreadFlags, PVOID ProcessParameters, PS_CREATE_INFO *CreateInfo, PS_ATTRIBUTE_LIST *AttributeList);
extern PEPROCESS PsIdleProcess;
/* Ends the current thread; the last one ends its process.  PASSIVE_LEVEL, no locks held. */
NORETURN void PspExitThread(NTSTATUS Status);
/* Ends the current process for an unhandled exception. */
NORETURN void PspTerminateCurrentProcess(NTSTATUS Status);
void PspKillProcess(PEPROCESS Process, NTSTATUS Status); /* another process, with threads or without; PASSIVE_LEVEL */
extern PVOID PspSystemDllBase; /* where ntdll lies in every process */
PEPROCESS PsGetNextProcess_(PEPROCESS Previous); /* referenced walk of the active list; drops Previous' reference */
PETHREAD PsGetNextProcessThread_(PEPROCESS Process, PETHREAD Previous);
/* Ke's and Mm's invariants: STATUS_SUCCESS, or STATUS_INTERNAL_ERROR with a description in Text; mm bugchecks.  PASSIVE_LEVEL. */
NTSTATUS PsVerifySystem_(char *Text, ULONG Size);
#endif

/* SPDX-License-Identifier: MIT */
/*
 * dbgk.h - user-mode debugging: what the rest of the kernel tells a debugger.  kernel/dbgk; docs/debugging.md.
 *
 * All of these return at once when the current process (or the one named) has no debugger; else most wait until the debugger has continued the
 * event.  PASSIVE_LEVEL, no locks held.
 */
#ifndef NASCENT_DBGK_H
#define NASCENT_DBGK_H

#include "ps.h"

void DbgkInitialize(void); /* the object type; phase 0, after ps */

/* In the thread itself, before it enters user mode for the first time: CREATE_PROCESS and LOAD_DLL of ntdll by a first thread, CREATE_THREAD by another. */
void DbgkCreateThread(PETHREAD Thread);
void DbgkExitThread(NTSTATUS ExitStatus);
void DbgkExitProcess(NTSTATUS ExitStatus);
/* An image appeared in, or has gone from, Process.  Only what a process does to itself is an event. */
void DbgkMapViewOfSection(PEPROCESS Process, PVOID Base);
void DbgkUnMapViewOfSection(PEPROCESS Process, PVOID Base);
/* TRUE: the debugger has handled it, the thread goes on.  FALSE: no debugger, or DBG_EXCEPTION_NOT_HANDLED. */
BOOLEAN DbgkForwardException(PEXCEPTION_RECORD Record, BOOLEAN FirstChance);

/*
 * The debugger of a process that is being born: DebugObject (a handle of Mode; NULL: none), or Parent's if it hands its own down.  *Debugged: it has one, which
 * its PEB is to say.  Fails as ObReferenceObjectByHandle with DEBUG_PROCESS_ASSIGN.
 */
NTSTATUS DbgkInheritDebugPort(PEPROCESS Process, PEPROCESS Parent, HANDLE DebugObject, BOOLEAN NoInherit, KPROCESSOR_MODE Mode, BOOLEAN *Debugged) NODISCARD;
void DbgkProcessDelete(PEPROCESS Process); /* the object goes, and with it its reference on its debugger */
/* A handle on Process' debug object in the current process: STATUS_PORT_NOT_SET. */
NTSTATUS DbgkOpenProcessDebugPort(PEPROCESS Process, PHANDLE Handle) NODISCARD;

/*
 * ps/freeze.c: all threads of the process stop before they run user code again, also those that are made meanwhile.  Counts.  FALSE: it is ending, and
 * not frozen.  PASSIVE_LEVEL; the caller is in a critical region if it is a thread of the process.
 */
BOOLEAN PsFreezeProcess_(PEPROCESS Process) NODISCARD;
void PsThawProcess_(PEPROCESS Process);
#endif

/* SPDX-License-Identifier: MIT */
/*
 * dbgstate.h - what the kernel and ntdll both know of debug objects: rights, flags, kinds of events.  As the System Informer headers (phnt, ntdbg.h) have them.
 */
#ifndef NASCENT_DBGSTATE_H
#define NASCENT_DBGSTATE_H

#define DEBUG_READ_EVENT 1u
#define DEBUG_PROCESS_ASSIGN 2u
#define DEBUG_SET_INFORMATION 4u
#define DEBUG_QUERY_INFORMATION 8u
#define DEBUG_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0xFu)
#define DEBUG_KILL_ON_CLOSE 1u /* with the last handle the debugged end */

typedef enum _DBG_STATE
{
    DbgIdle,
    DbgReplyPending,
    DbgCreateThreadStateChange,
    DbgCreateProcessStateChange,
    DbgExitThreadStateChange,
    DbgExitProcessStateChange,
    DbgExceptionStateChange,
    DbgBreakpointStateChange,
    DbgSingleStepStateChange,
    DbgLoadDllStateChange,
    DbgUnloadDllStateChange
} DBG_STATE;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * dbgui.h - debugging: the native services and what ntdll makes of them.  Layouts as the System Informer headers (phnt, ntdbg.h) describe them.
 */
#ifndef NASCENT_DBGUI_H
#define NASCENT_DBGUI_H

#include "ntapi.h"
#include "dbgstate.h"

#ifndef DBG_RIPEXCEPTION
#define DBG_RIPEXCEPTION 0x40010007
#endif

typedef struct _DBGKM_CREATE_THREAD { ULONG SubSystemKey; PVOID StartAddress; } DBGKM_CREATE_THREAD;
typedef struct _DBGUI_CREATE_THREAD { HANDLE HandleToThread; DBGKM_CREATE_THREAD NewThread; } DBGUI_CREATE_THREAD;
typedef struct _DBGUI_CREATE_PROCESS
{
    HANDLE HandleToProcess, HandleToThread;
    struct
    {
        ULONG SubSystemKey;
        HANDLE FileHandle;
        PVOID BaseOfImage;
        ULONG DebugInfoFileOffset, DebugInfoSize;
        DBGKM_CREATE_THREAD InitialThread;
    } NewProcess;
} DBGUI_CREATE_PROCESS;

typedef union _DBGUI_STATE_INFO
{
    struct { EXCEPTION_RECORD ExceptionRecord; ULONG FirstChance; } Exception;
    DBGUI_CREATE_THREAD CreateThread;
    DBGUI_CREATE_PROCESS CreateProcessInfo;
    NTSTATUS ExitStatus;
    struct { HANDLE FileHandle; PVOID BaseOfDll; ULONG DebugInfoFileOffset, DebugInfoSize; PVOID NamePointer; } LoadDll;
    PVOID UnloadDll;
} DBGUI_STATE_INFO;

typedef struct _DBGUI_WAIT_STATE_CHANGE
{
    DBG_STATE NewState;
    CLIENT_ID AppClientId;
    DBGUI_STATE_INFO StateInfo;
} DBGUI_WAIT_STATE_CHANGE, *PDBGUI_WAIT_STATE_CHANGE;
static_assert(sizeof(DBGUI_WAIT_STATE_CHANGE) == 184 && offsetof(DBGUI_WAIT_STATE_CHANGE, StateInfo) == 24, "DBGUI_WAIT_STATE_CHANGE");

NTCALL NtCreateDebugObject(PHANDLE Object, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, ULONG Flags);
NTCALL NtDebugActiveProcess(HANDLE Process, HANDLE Object);
NTCALL NtDebugContinue(HANDLE Object, PCLIENT_ID ClientId, NTSTATUS Status);
NTCALL NtRemoveProcessDebug(HANDLE Process, HANDLE Object);
NTCALL NtWaitForDebugEvent(HANDLE Object, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PDBGUI_WAIT_STATE_CHANGE StateChange);
NTCALL NtSetInformationDebugObject(HANDLE Object, ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength);

NTCALL DbgUiConnectToDbg(VOID);
NTSYSAPI HANDLE NTAPI DbgUiGetThreadDebugObject(VOID);
NTSYSAPI VOID NTAPI DbgUiSetThreadDebugObject(HANDLE DebugObject);
NTCALL DbgUiWaitStateChange(PDBGUI_WAIT_STATE_CHANGE StateChange, PLARGE_INTEGER Timeout);
NTCALL DbgUiContinue(PCLIENT_ID ClientId, NTSTATUS Status);
NTCALL DbgUiDebugActiveProcess(HANDLE Process);
NTCALL DbgUiStopDebugging(HANDLE Process);
NTCALL DbgUiIssueRemoteBreakin(HANDLE Process);
NTSYSAPI VOID NTAPI DbgUiRemoteBreakin(PVOID Context);
NTCALL DbgUiConvertStateChangeStructure(PDBGUI_WAIT_STATE_CHANGE StateChange, LPDEBUG_EVENT Event);
NTCALL DbgUiConvertStateChangeStructureEx(PDBGUI_WAIT_STATE_CHANGE StateChange, LPDEBUG_EVENT Event);

#endif

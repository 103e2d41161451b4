/* SPDX-License-Identifier: MIT */
/*
 * dbgkp.h - private to kernel/dbgk: events, the debug object, and what is known of NtWaitForDebugEvent's answer.
 *
 * The layouts are those that ntdll's DbgUi functions take (DBGUI_WAIT_STATE_CHANGE), as Alex Ionescu's "Windows User Mode Debugging Internals" and the
 * System Informer headers describe them.
 */
#ifndef NASCENT_DBGKP_H
#define NASCENT_DBGKP_H

#include "arch.h"
#include "dbgk.h"
#include "dbgstate.h"
#include "ex.h"
#include "io.h"
#include "kd.h"
#include "mm.h"
#include "ob.h"
#include "rtl.h"

#define DBGK_TAG POOL_TAG('D', 'b', 'g', 'E')

#ifndef DBG_CONTINUE
#define DBG_CONTINUE ((NTSTATUS)0x00010002)
#endif
#ifndef DBG_EXCEPTION_NOT_HANDLED
#define DBG_EXCEPTION_NOT_HANDLED ((NTSTATUS)0x80010001)
#endif
#ifndef DBG_EXCEPTION_HANDLED
#define DBG_EXCEPTION_HANDLED ((NTSTATUS)0x00010001)
#endif
#define DBGK_REPLY_LATER ((NTSTATUS)0x40010001)
#define DBGK_TERMINATE_THREAD ((NTSTATUS)0x40010003)
#define DBGK_TERMINATE_PROCESS ((NTSTATUS)0x40010004)
#ifndef STATUS_PORT_ALREADY_SET
#define STATUS_PORT_ALREADY_SET ((NTSTATUS)0xC0000048)
#endif
#ifndef STATUS_DEBUGGER_INACTIVE
#define STATUS_DEBUGGER_INACTIVE ((NTSTATUS)0xC0000354)
#endif

/* What happened; handles are the debugger's, made when it is told. */
typedef union _DBGK_INFORMATION
{
    struct { EXCEPTION_RECORD ExceptionRecord; ULONG FirstChance; } Exception;
    struct { HANDLE Thread; ULONG SubSystemKey; PVOID StartAddress; } CreateThread;
    struct
    {
        HANDLE Process, Thread;
        ULONG SubSystemKey;
        HANDLE File;
        PVOID BaseOfImage;
        ULONG DebugInfoFileOffset, DebugInfoSize;
        ULONG ThreadSubSystemKey;
        PVOID StartAddress;
    } CreateProcess;
    struct { NTSTATUS ExitStatus; } Exit;
    struct { HANDLE File; PVOID BaseOfDll; ULONG DebugInfoFileOffset, DebugInfoSize; PVOID NamePointer; } LoadDll;
    struct { PVOID BaseAddress; } UnloadDll;
} DBGK_INFORMATION;

typedef struct _DBGK_STATE_CHANGE
{
    DBG_STATE NewState;
    CLIENT_ID AppClientId;
    DBGK_INFORMATION Information;
} DBGK_STATE_CHANGE;
static_assert(offsetof(DBGK_STATE_CHANGE, Information) == 24 && sizeof(DBGK_STATE_CHANGE) == 184, "DBGUI_WAIT_STATE_CHANGE");

#define DBGK_EVENT_READ 1u      /* the debugger has it, and has not continued it */
#define DBGK_EVENT_POSTED 2u    /* nobody waits: pool, with references on process and thread, and a freeze of the process */

typedef struct _DBGK_EVENT
{
    LIST_ENTRY Links;      /* Mutex of the debug object */
    ULONG Flags;           /* the same */
    PEPROCESS Process;     /* alive: the sender's, or referenced (POSTED) */
    PETHREAD Thread;
    KEVENT Continued;
    NTSTATUS ReturnedStatus;
    DBGK_STATE_CHANGE Change;
} DBGK_EVENT;

typedef struct _DEBUG_OBJECT
{
    KEVENT EventsPresent;  /* notification; signalled while there is something to read */
    EX_PUSH_LOCK_ DebugMutex;
    LIST_ENTRY EventList;  /* DebugMutex; DBGK_EVENT, oldest first */
    BOOLEAN DeletePending; /* DebugMutex; the last handle is closed */
    ULONG Flags;           /* DEBUG_KILL_ON_CLOSE */
} DEBUG_OBJECT;

extern EX_PUSH_LOCK_ DbgkpProcessDebugPortMutex; /* EPROCESS.DebugPort, all of them; before any DebugMutex */
extern POBJECT_TYPE DbgkDebugObjectType;

/* dbgkobj.c */
void DbgkpWake(DBGK_EVENT *Event, NTSTATUS Status); /* not on a list any more */
void DbgkpDetach(PEPROCESS Process, DEBUG_OBJECT *Object); /* from Object, or with NULL whatever it has */
NTSTATUS DbgkpMarkPeb(PEPROCESS Process);
/* dbgkattach.c: events as if the process had been debugged from its birth.  Events: a list to insert at; frees it on failure. */
NTSTATUS DbgkpPostBirth(PEPROCESS Process, LIST_ENTRY *Events) NODISCARD;
/* dbgkproc.c */
void DbgkpReadDebugInfo(PVOID Base, PULONG Offset, PULONG Size); /* of an image in the current address space */
#endif

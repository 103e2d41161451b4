/* SPDX-License-Identifier: MIT */
/*
 * dbgkattach.c - a debugger comes to a process that runs already: it is told what it would have seen from the birth on.
 *
 * CREATE_PROCESS for the first thread, CREATE_THREAD for each other, LOAD_DLL for each module of the loader's list.  Nobody waits for these events; instead
 * each holds the process frozen until it is continued, so that the debugger sees them all before anything moves.
 */
#include "dbgkp.h"

#define MAX_MODULES 500u

static NTSTATUS Post(PEPROCESS Process, PETHREAD Thread, LIST_ENTRY *Events, const DBGK_STATE_CHANGE *Change)
{
    DBGK_EVENT *Event = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Event), DBGK_TAG);

    if (Event == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!PsFreezeProcess_(Process)) {
        ExFreePoolWithTag(Event, DBGK_TAG);
        return STATUS_PROCESS_IS_TERMINATING;
    }
    RtlZeroMemory(Event, sizeof(*Event));
    Event->Flags = DBGK_EVENT_POSTED;
    Event->Change = *Change;
    Event->Change.AppClientId = Thread->Cid;
    Event->Process = Process;
    Event->Thread = Thread;
    ObReferenceObject(Process);
    ObReferenceObject(Thread);
    InsertTailList(Events, &Event->Links);
    return STATUS_SUCCESS;
}

static NTSTATUS PostThread(PEPROCESS Process, PETHREAD Thread, BOOLEAN First, LIST_ENTRY *Events)
{
    DBGK_STATE_CHANGE Change = { .NewState = First ? DbgCreateProcessStateChange : DbgCreateThreadStateChange };

    if (First) {
        Change.Information.CreateProcess.BaseOfImage = Process->SectionBaseAddress;
        Change.Information.CreateProcess.StartAddress = Thread->Win32StartAddress;
        DbgkpReadDebugInfo(Process->SectionBaseAddress, &Change.Information.CreateProcess.DebugInfoFileOffset,
                           &Change.Information.CreateProcess.DebugInfoSize);
    } else {
        Change.Information.CreateThread.StartAddress = Thread->Win32StartAddress;
    }
    /* One that has not come to user mode yet is told of here, and not by itself. */
    InterlockedOr((volatile LONG *)&Thread->CrossThreadFlags, PS_CROSS_THREAD_FLAGS_SKIP_CREATION_MSG);
    return Post(Process, Thread, Events, &Change);
}

/* *First: the thread that modules are reported by, referenced. */
static NTSTATUS PostThreads(PEPROCESS Process, LIST_ENTRY *Events, PETHREAD *First)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PETHREAD Thread;

    *First = NULL;
    for (Thread = PsGetNextProcessThread_(Process, NULL); Thread != NULL; Thread = PsGetNextProcessThread_(Process, Thread)) {
        if (!NT_SUCCESS(Status) || (Thread->CrossThreadFlags & (PS_CROSS_THREAD_FLAGS_TERMINATED | PS_CROSS_THREAD_FLAGS_HIDEFROMDBG))) {
            continue;
        }
        Status = PostThread(Process, Thread, *First == NULL, Events);
        if (NT_SUCCESS(Status) && *First == NULL) {
            ObReferenceObject(Thread);
            *First = Thread;
        }
    }
    return NT_SUCCESS(Status) && *First == NULL ? STATUS_PROCESS_IS_TERMINATING : Status;
}

/* The loader's list, in load order, read as what it is: memory of a program, which may say anything.  The first is the program itself. */
static NTSTATUS PostModules(PEPROCESS Process, PETHREAD Thread, LIST_ENTRY *Events)
{
    PVOID Ldr;
    LIST_ENTRY *Head, *Link;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Process->Peb == NULL || !NT_SUCCESS(KiCopyFromUser(&Ldr, (PUCHAR)Process->Peb + 0x18 /* PEB.Ldr */, sizeof(Ldr))) || Ldr == NULL) {
        return STATUS_SUCCESS;
    }
    Head = (LIST_ENTRY *)((PUCHAR)Ldr + 0x10); /* PEB_LDR_DATA.InLoadOrderModuleList */
    if (!NT_SUCCESS(KiCopyFromUser(&Link, &Head->Flink, sizeof(Link)))) {
        return STATUS_SUCCESS;
    }
    for (ULONG i = 0; NT_SUCCESS(Status) && Link != Head && Link != NULL && i < MAX_MODULES; i++) {
        struct { LIST_ENTRY Links[3]; PVOID DllBase; } Entry; /* LDR_DATA_TABLE_ENTRY */
        DBGK_STATE_CHANGE Change = { .NewState = DbgLoadDllStateChange };

        if (!NT_SUCCESS(KiCopyFromUser(&Entry, Link, sizeof(Entry)))) {
            break;
        }
        Link = Entry.Links[0].Flink;
        if (i == 0 || Entry.DllBase == NULL) {
            continue;
        }
        Change.Information.LoadDll.BaseOfDll = Entry.DllBase;
        DbgkpReadDebugInfo(Entry.DllBase, &Change.Information.LoadDll.DebugInfoFileOffset, &Change.Information.LoadDll.DebugInfoSize);
        Status = Post(Process, Thread, Events, &Change);
    }
    return Status;
}

NTSTATUS DbgkpPostBirth(PEPROCESS Process, LIST_ENTRY *Events)
{
    PETHREAD First;
    KAPC_STATE Apc;

    InitializeListHead(Events);
    KeStackAttachProcess((PKPROCESS)&Process->Pcb, &Apc);
    NTSTATUS Status = PostThreads(Process, Events, &First);
    if (NT_SUCCESS(Status)) {
        Status = PostModules(Process, First, Events);
    }
    KeUnstackDetachProcess(&Apc);
    if (First != NULL) {
        ObDereferenceObject(First);
    }
    while (!NT_SUCCESS(Status) && !IsListEmpty(Events)) {
        DbgkpWake(CONTAINING_RECORD(RemoveHeadList(Events), DBGK_EVENT, Links), Status);
    }
    return Status;
}

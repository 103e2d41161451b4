/* SPDX-License-Identifier: MIT */
/*
 * process.c - which processes belong to which console, and how Ctrl+C reaches them.
 *
 * A process is known when it opens the console or when its parent is known (its console handles are
 * inherited).  It is on its parent's console, unless its parameters say that it has none or wants a new one
 * (ConsoleHandle); kernel32 then asks for it when it starts (IOCTL_CONDRV_NEW_CONSOLE).  All consoles share
 * the one session, but a control event stays within one.  A process that handles control events has said
 * where (IOCTL_CONDRV_SET_CONTROL_ROUTINE): for each event a thread is made in it that begins there, as
 * csrss does on Windows.  One that has not is ended with
 * STATUS_CONTROL_C_EXIT, except the first to open the console (smss).  Keys arrive under the console's
 * lock, so threads are made by a worker.
 */
#include "con.h"

#define PROCESS_TERMINATE_ 0x0001
#define PROCESS_FOR_THREAD_ (0x0002 | 0x0008 | 0x0020 | 0x0400) /* create thread, VM operation and write, query */
#define THREAD_ALL_ACCESS_ 0x1FFFFF
#define STATUS_CONTROL_C_EXIT_ ((NTSTATUS)0xC000013A)

NTSYSAPI NTSTATUS NTAPI ZwTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus);
NTSYSAPI PVOID NTAPI PsGetProcessPeb(PEPROCESS Process);
/* Not in the stock import library: found by name. */
typedef NTSTATUS(NTAPI *CREATE_THREAD)(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                       HANDLE ProcessHandle, PVOID StartRoutine,
                                       PVOID Argument, ULONG CreateFlags, SIZE_T ZeroBits, SIZE_T StackSize, SIZE_T MaximumStackSize, PVOID AttributeList);

typedef NTSTATUS(NTAPI *COPY_MEMORY)(PEPROCESS From, const VOID *FromAddress, PEPROCESS To, PVOID ToAddress, SIZE_T Size, KPROCESSOR_MODE Mode,
                                     PSIZE_T Done);

typedef struct _CON_PROCESS
{
    LIST_ENTRY Link;
    LIST_ENTRY HashLink;
    HANDLE Id;
    ULONG Console;      /* 0: the first one */
    BOOLEAN Root;       /* opened the console itself: never ended by Ctrl+C */
    PVOID Routine;      /* user mode; NULL: the process is ended */
} CON_PROCESS;

/* One event on its way to one process. */
typedef struct _CON_EVENT
{
    WORK_QUEUE_ITEM Work;
    HANDLE ProcessId;
    PVOID Routine;
    ULONG Event, Group;
} CON_EVENT;

/* RTL_USER_PROCESS_PARAMETERS: ConsoleHandle and ConsoleFlags lie together, ProcessGroupId further on. */
typedef struct _EVENT_SETTINGS
{
    LONG64 Console;
    ULONG Flags, Group;
} EVENT_SETTINGS;
#define PEB_PARAMETERS 0x20
#define PARAMETERS_CONSOLE 0x10
#define PARAMETERS_GROUP 0x408
#define CONSOLE_NONE (-1LL)
#define CONSOLE_NEW (-2LL) /* not yet there */
#define CONSOLE_NO_WINDOW (-3LL)
#define FLAG_NO_CTRL_C 1u

static FAST_MUTEX ProcessLock;
static LIST_ENTRY ProcessList; /* ProcessLock; in the order they came */
static LIST_ENTRY ProcessHash[512]; /* ProcessLock; by id: every birth and end looks here, however many there are */

static ULONG LastConsole;       /* ProcessLock */

static PLIST_ENTRY HashBucket(HANDLE Id)
{
    return &ProcessHash[((ULONG)(ULONG_PTR)Id * 0x9E3779B1u) >> 23];
}

/* ProcessLock held. */
static CON_PROCESS *ProcessFind(HANDLE Id)
{
    PLIST_ENTRY Bucket = HashBucket(Id);

    for (PLIST_ENTRY Entry = Bucket->Flink; Entry != Bucket; Entry = Entry->Flink) {
        CON_PROCESS *Process = CONTAINING_RECORD(Entry, CON_PROCESS, HashLink);
        if (Process->Id == Id) {
            return Process;
        }
    }
    return NULL;
}

static void ProcessAdd(HANDLE Id, ULONG Console, BOOLEAN Root)
{
    CON_PROCESS *Process = ExAllocatePoolWithTag(PagedPool, sizeof(*Process), CON_TAG);
    if (Process != NULL) {
        RtlZeroMemory(Process, sizeof(*Process));
        Process->Id = Id;
        Process->Console = Console;
        Process->Root = Root;
        InsertTailList(&ProcessList, &Process->Link);
        InsertTailList(HashBucket(Id), &Process->HashLink);
    }
}

void ConProcessAttach(HANDLE ProcessId)
{
    ExAcquireFastMutex(&ProcessLock);
    if (ProcessFind(ProcessId) == NULL) {
        ProcessAdd(ProcessId, 0, TRUE);
    }
    ExReleaseFastMutex(&ProcessLock);
}

static VOID NTAPI ProcessNotify(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    CON_PROCESS *Process;
    ExAcquireFastMutex(&ProcessLock);
    if (Create) {
        if ((Process = ProcessFind(ParentId)) != NULL && ProcessFind(ProcessId) == NULL) {
            ProcessAdd(ProcessId, Process->Console, FALSE);
        }
    } else if ((Process = ProcessFind(ProcessId)) != NULL) {
        RemoveEntryList(&Process->Link);
        RemoveEntryList(&Process->HashLink);
        ExFreePoolWithTag(Process, CON_TAG);
    }
    ExReleaseFastMutex(&ProcessLock);
}

NTSTATUS ConProcessInit(void)
{
    ExInitializeFastMutex(&ProcessLock);
    InitializeListHead(&ProcessList);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(ProcessHash); Index++) {
        InitializeListHead(&ProcessHash[Index]);
    }
    return PsSetCreateProcessNotifyRoutine(ProcessNotify, FALSE);
}

NTSTATUS ConSetControlRoutine(PVOID Routine)
{
    HANDLE Id = PsGetCurrentProcessId();
    CON_PROCESS *Process;
    ExAcquireFastMutex(&ProcessLock);
    Process = ProcessFind(Id);
    if (Process != NULL) {
        Process->Routine = Routine;
    }
    ExReleaseFastMutex(&ProcessLock);
    return Process != NULL ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

static NTSTATUS EventThread(HANDLE Process, const CON_EVENT *Event)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"ZwCreateThreadEx");
    CREATE_THREAD CreateThread = (CREATE_THREAD)MmGetSystemRoutineAddress(&Name);
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Thread;
    NTSTATUS Status;
    if (CreateThread == NULL) {
        return STATUS_PROCEDURE_NOT_FOUND;
    }
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = CreateThread(&Thread, THREAD_ALL_ACCESS_, &Attributes, Process, Event->Routine, (PVOID)(ULONG_PTR)Event->Event, 0, 0, 0, 0, NULL);
    if (NT_SUCCESS(Status)) {
        ZwClose(Thread);
    }
    return Status;
}

/* What its creator and the process itself say of events stands in its parameters. */
static BOOLEAN EventSettings(PEPROCESS Process, EVENT_SETTINGS *Settings)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"MmCopyVirtualMemory");
    COPY_MEMORY Copy = (COPY_MEMORY)MmGetSystemRoutineAddress(&Name);
    PUCHAR Peb = (PUCHAR)PsGetProcessPeb(Process), Parameters = NULL, Self = (PUCHAR)Settings;
    SIZE_T Done;
    return Copy != NULL && Peb != NULL &&
           NT_SUCCESS(Copy(Process, Peb + PEB_PARAMETERS, PsGetCurrentProcess(), &Parameters, sizeof(Parameters), KernelMode, &Done)) &&
           (LONG_PTR)Parameters > 0 && /* the process can put anything there, but it shall not be an address of the kernel */
           NT_SUCCESS(Copy(Process, Parameters + PARAMETERS_CONSOLE, PsGetCurrentProcess(), Self, offsetof(EVENT_SETTINGS, Group), KernelMode, &Done)) &&
           NT_SUCCESS(Copy(Process, Parameters + PARAMETERS_GROUP, PsGetCurrentProcess(), &Settings->Group, sizeof(ULONG), KernelMode, &Done));
}

/* Whether the process is on the console it is listed for, and in the group, which is named after its first process.  Group 0: any. */
static BOOLEAN ProcessIsIn(PEPROCESS Object, HANDLE Id, ULONG Group, EVENT_SETTINGS *Settings)
{
    *Settings = (EVENT_SETTINGS){0};
    if (!EventSettings(Object, Settings)) {
        return Group == 0 || Group == (ULONG)(ULONG_PTR)Id;
    }
    if (Settings->Group == 0) { /* the first of its group, which has not said so yet */
        Settings->Group = (ULONG)(ULONG_PTR)Id;
    }
    return Settings->Console != CONSOLE_NONE && Settings->Console != CONSOLE_NO_WINDOW && Settings->Console != CONSOLE_NEW &&
           (Group == 0 || Group == Settings->Group);
}

static BOOLEAN ProcessIdIsIn(HANDLE Id, ULONG Group)
{
    EVENT_SETTINGS Settings;
    PEPROCESS Object;
    BOOLEAN Result = FALSE;
    if (NT_SUCCESS(PsLookupProcessByProcessId(Id, &Object))) {
        Result = ProcessIsIn(Object, Id, Group, &Settings);
        ObDereferenceObject(Object);
    }
    return Result;
}

/* Not for who does not want to hear of Ctrl+C. */
static BOOLEAN EventIsFor(HANDLE Handle, const CON_EVENT *Event)
{
    EVENT_SETTINGS Settings;
    PEPROCESS Process;
    BOOLEAN Result;
    if (!NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, (PVOID *)&Process, NULL))) {
        return FALSE;
    }
    Result = ProcessIsIn(Process, Event->ProcessId, Event->Group, &Settings) && (Event->Event != 0 || (Settings.Flags & FLAG_NO_CTRL_C) == 0);
    ObDereferenceObject(Process);
    return Result;
}

/* A process in which no thread can be made is ended like one that does not listen. */
static VOID NTAPI EventWorker(PVOID Context)
{
    CON_EVENT *Event = Context;
    CLIENT_ID ClientId = {.UniqueProcess = Event->ProcessId};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Process;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (NT_SUCCESS(ZwOpenProcess(&Process, PROCESS_TERMINATE_ | PROCESS_FOR_THREAD_, &Attributes, &ClientId))) {
        if (EventIsFor(Process, Event) && (Event->Routine == NULL || !NT_SUCCESS(EventThread(Process, Event)))) {
            (void)ZwTerminateProcess(Process, STATUS_CONTROL_C_EXIT_);
        }
        ZwClose(Process);
    }
    ExFreePoolWithTag(Event, CON_TAG);
}

static void EventSend(const CON_PROCESS *Process, ULONG Number, ULONG Group)
{
    CON_EVENT *Event = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Event), CON_TAG);
    if (Event != NULL) {
        Event->ProcessId = Process->Id;
        Event->Routine = Process->Routine;
        Event->Event = Number;
        Event->Group = Group;
        ExInitializeWorkItem(&Event->Work, EventWorker, Event);
        ExQueueWorkItem(&Event->Work, DelayedWorkQueue);
    }
}

/* The processes listed for the console of Sender, in the order they came; to be freed.  NULL: none, or no memory. */
static CON_PROCESS *ConsoleMembers(HANDLE Sender, ULONG *Count)
{
    CON_PROCESS *Members, *Process;
    ULONG Console, Total = 0;
    *Count = 0;
    ExAcquireFastMutex(&ProcessLock);
    Process = ProcessFind(Sender);
    Console = Process != NULL ? Process->Console : 0;
    for (PLIST_ENTRY Entry = ProcessList.Flink; Entry != &ProcessList; Entry = Entry->Flink) {
        Total++;
    }
    Members = Total != 0 ? ExAllocatePoolWithTag(PagedPool, Total * sizeof(*Members), CON_TAG) : NULL;
    for (PLIST_ENTRY Entry = ProcessList.Flink; Members != NULL && Entry != &ProcessList; Entry = Entry->Flink) {
        Process = CONTAINING_RECORD(Entry, CON_PROCESS, Link);
        if (Process->Console == Console) {
            Members[(*Count)++] = *Process;
        }
    }
    ExReleaseFastMutex(&ProcessLock);
    return Members;
}

/* A group of nobody is an error; a process that is on the console but leads no group is not, and gets nothing either (as on Windows). */
static BOOLEAN GroupExists(const CON_PROCESS *Members, ULONG Count, ULONG Group)
{
    for (ULONG Index = 0; Index < Count; Index++) {
        if (Group == (ULONG)(ULONG_PTR)Members[Index].Id || ProcessIdIsIn(Members[Index].Id, Group)) {
            return TRUE;
        }
    }
    return FALSE;
}

NTSTATUS ConControlEvent(HANDLE Sender, ULONG Event, ULONG Group)
{
    ULONG Count;
    CON_PROCESS *Members = ConsoleMembers(Sender, &Count);
    NTSTATUS Status = Group == 0 || GroupExists(Members, Count, Group) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < Count; Index++) {
        if (Members[Index].Routine != NULL || !Members[Index].Root) {
            EventSend(&Members[Index], Event, Group);
        }
    }
    if (Members != NULL) {
        ExFreePoolWithTag(Members, CON_TAG);
    }
    return Status;
}

ULONG ConProcessList(ULONG *Ids, ULONG Count)
{
    ULONG Listed, Total = 0;
    CON_PROCESS *Members = ConsoleMembers(PsGetCurrentProcessId(), &Listed);
    for (ULONG Index = 0; Index < Listed && Total < Count; Index++) {
        if (ProcessIdIsIn(Members[Index].Id, 0)) {
            Ids[Total++] = (ULONG)(ULONG_PTR)Members[Index].Id;
        }
    }
    if (Members != NULL) {
        ExFreePoolWithTag(Members, CON_TAG);
    }
    return Total;
}

/* STATUS_INVALID_HANDLE: it has never opened the console. */
static NTSTATUS ChangeConsole(BOOLEAN New, ULONG Console)
{
    CON_PROCESS *Process;
    ExAcquireFastMutex(&ProcessLock);
    Process = ProcessFind(PsGetCurrentProcessId());
    if (Process != NULL) {
        Process->Console = New ? ++LastConsole : Console;
        Process->Root = FALSE;
    }
    ExReleaseFastMutex(&ProcessLock);
    return Process != NULL ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

NTSTATUS ConNewConsole(void)
{
    return ChangeConsole(TRUE, 0);
}

NTSTATUS ConAttachTo(HANDLE ProcessId)
{
    PEPROCESS Object;
    CON_PROCESS *Process;
    ULONG Console = 0;
    if (!NT_SUCCESS(PsLookupProcessByProcessId(ProcessId, &Object))) {
        return STATUS_INVALID_PARAMETER;
    }
    ObDereferenceObject(Object);
    ExAcquireFastMutex(&ProcessLock);
    Process = ProcessFind(ProcessId);
    Console = Process != NULL ? Process->Console : 0;
    ExReleaseFastMutex(&ProcessLock);
    return Process != NULL && ProcessIdIsIn(ProcessId, 0) ? ChangeConsole(FALSE, Console) : STATUS_INVALID_HANDLE;
}

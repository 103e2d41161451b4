/* SPDX-License-Identifier: MIT */
/*
 * process.c - which processes belong to the console, and how Ctrl+C reaches them.
 *
 * A process is attached when it opens the console or when its parent is attached (its console handles are inherited).  One that handles control events keeps a request
 * waiting (IOCTL_CONDRV_WAIT_CONTROL_EVENT on \Device\ConDrv\Connect), which kernel32's handler thread makes; an event completes it.  One that does not is ended with
 * STATUS_CONTROL_C_EXIT, except the first to open the console (smss): what NT's csrss does by a thread in the process.
 */
#include "con.h"

#define PROCESS_TERMINATE_ 0x0001
#define STATUS_CONTROL_C_EXIT_ ((NTSTATUS)0xC000013A)
#define MOST_VICTIMS 64

NTSYSAPI NTSTATUS NTAPI ZwTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus);

typedef struct _CON_PROCESS
{
    LIST_ENTRY Link;
    HANDLE Id;
    BOOLEAN Root;       /* opened the console itself: never ended by Ctrl+C */
    BOOLEAN Handles;    /* has waited for events */
    ULONG Pending;      /* bit n: event n came while no request waited */
} CON_PROCESS;

static FAST_MUTEX ProcessLock;
static LIST_ENTRY ProcessList; /* ProcessLock */
static KSPIN_LOCK WaitLock;
static LIST_ENTRY WaitList;    /* WaitLock */
static IO_CSQ WaitQueue;

static VOID NTAPI WaitInsert(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    InsertTailList(&WaitList, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI WaitRemove(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static HANDLE WaitOwner(PIRP Irp)
{
    return ((CON_HANDLE *)IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext)->ProcessId;
}

/* PeekContext: a process id. */
static PIRP NTAPI WaitPeek(PIO_CSQ Csq, PIRP Irp, PVOID ProcessId)
{
    PLIST_ENTRY Entry = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : WaitList.Flink;
    (void)Csq;
    for (; Entry != &WaitList; Entry = Entry->Flink) {
        PIRP Next = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (ProcessId == NULL || WaitOwner(Next) == ProcessId) {
            return Next;
        }
    }
    return NULL;
}

static VOID NTAPI WaitAcquire(PIO_CSQ Csq, PKIRQL Irql)
{
    (void)Csq;
    KeAcquireSpinLock(&WaitLock, Irql);
}

static VOID NTAPI WaitRelease(PIO_CSQ Csq, KIRQL Irql)
{
    (void)Csq;
    KeReleaseSpinLock(&WaitLock, Irql);
}

static VOID NTAPI WaitCancelled(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    ConComplete(Irp, STATUS_CANCELLED, 0);
}

/* ProcessLock held. */
static CON_PROCESS *ProcessFind(HANDLE Id)
{
    for (PLIST_ENTRY Entry = ProcessList.Flink; Entry != &ProcessList; Entry = Entry->Flink) {
        CON_PROCESS *Process = CONTAINING_RECORD(Entry, CON_PROCESS, Link);
        if (Process->Id == Id) {
            return Process;
        }
    }
    return NULL;
}

static void ProcessAdd(HANDLE Id, BOOLEAN Root)
{
    CON_PROCESS *Process = ExAllocatePoolWithTag(PagedPool, sizeof(*Process), CON_TAG);
    if (Process != NULL) {
        RtlZeroMemory(Process, sizeof(*Process));
        Process->Id = Id;
        Process->Root = Root;
        InsertTailList(&ProcessList, &Process->Link);
    }
}

void ConProcessAttach(HANDLE ProcessId)
{
    ExAcquireFastMutex(&ProcessLock);
    if (ProcessFind(ProcessId) == NULL) {
        ProcessAdd(ProcessId, TRUE);
    }
    ExReleaseFastMutex(&ProcessLock);
}

static VOID NTAPI ProcessNotify(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    CON_PROCESS *Process;
    ExAcquireFastMutex(&ProcessLock);
    if (Create) {
        if (ProcessFind(ParentId) != NULL && ProcessFind(ProcessId) == NULL) {
            ProcessAdd(ProcessId, FALSE);
        }
    } else if ((Process = ProcessFind(ProcessId)) != NULL) {
        RemoveEntryList(&Process->Link);
        ExFreePoolWithTag(Process, CON_TAG);
    }
    ExReleaseFastMutex(&ProcessLock);
}

NTSTATUS ConProcessInit(void)
{
    ExInitializeFastMutex(&ProcessLock);
    InitializeListHead(&ProcessList);
    KeInitializeSpinLock(&WaitLock);
    InitializeListHead(&WaitList);
    (void)IoCsqInitialize(&WaitQueue, WaitInsert, WaitRemove, WaitPeek, WaitAcquire, WaitRelease, WaitCancelled);
    return PsSetCreateProcessNotifyRoutine(ProcessNotify, FALSE);
}

static void WaitDeliver(PIRP Irp, ULONG Event)
{
    *(ULONG *)Irp->AssociatedIrp.SystemBuffer = Event;
    ConComplete(Irp, STATUS_SUCCESS, sizeof(ULONG));
}

NTSTATUS ConWaitControlEvent(PIRP Irp)
{
    HANDLE Id = WaitOwner(Irp);
    CON_PROCESS *Process;
    ULONG Event = MAXULONG;
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG)) {
        return ConComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    ExAcquireFastMutex(&ProcessLock);
    Process = ProcessFind(Id);
    if (Process != NULL) {
        Process->Handles = TRUE;
        if (Process->Pending != 0) {
            Event = (Process->Pending & 1) != 0 ? 0 : 1;
            Process->Pending &= ~(1u << Event);
        }
    }
    ExReleaseFastMutex(&ProcessLock);
    if (Event != MAXULONG) {
        WaitDeliver(Irp, Event);
        return STATUS_SUCCESS;
    }
    IoCsqInsertIrp(&WaitQueue, Irp, NULL);
    return STATUS_PENDING;
}

void ConProcessDisconnect(PFILE_OBJECT File, HANDLE ProcessId)
{
    CON_PROCESS *Process;
    PIRP Irp;
    (void)File;
    while ((Irp = IoCsqRemoveNextIrp(&WaitQueue, ProcessId)) != NULL) {
        ConComplete(Irp, STATUS_CANCELLED, 0);
    }
    ExAcquireFastMutex(&ProcessLock);
    if ((Process = ProcessFind(ProcessId)) != NULL) {
        Process->Handles = FALSE;
    }
    ExReleaseFastMutex(&ProcessLock);
}

static void ProcessEnd(HANDLE Id)
{
    CLIENT_ID ClientId = {.UniqueProcess = Id};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (NT_SUCCESS(ZwOpenProcess(&Handle, PROCESS_TERMINATE_, &Attributes, &ClientId))) {
        (void)ZwTerminateProcess(Handle, STATUS_CONTROL_C_EXIT_);
        ZwClose(Handle);
    }
}

/* Group 0: everybody; else the process of that id. */
void ConControlEvent(ULONG Event, ULONG Group)
{
    HANDLE Victims[MOST_VICTIMS];
    ULONG Count = 0;
    ExAcquireFastMutex(&ProcessLock);
    for (PLIST_ENTRY Entry = ProcessList.Flink; Entry != &ProcessList; Entry = Entry->Flink) {
        CON_PROCESS *Process = CONTAINING_RECORD(Entry, CON_PROCESS, Link);
        PIRP Irp;
        if (Group != 0 && (ULONG)(ULONG_PTR)Process->Id != Group) {
            continue;
        }
        Irp = IoCsqRemoveNextIrp(&WaitQueue, Process->Id);
        if (Irp != NULL) {
            WaitDeliver(Irp, Event);
        } else if (Process->Handles) {
            Process->Pending |= 1u << (Event & 7);
        } else if (!Process->Root && Count < MOST_VICTIMS) {
            Victims[Count++] = Process->Id;
        }
    }
    ExReleaseFastMutex(&ProcessLock);
    while (Count-- != 0) {
        ProcessEnd(Victims[Count]);
    }
}

ULONG ConProcessList(ULONG *Ids, ULONG Count)
{
    ULONG Total = 0;
    ExAcquireFastMutex(&ProcessLock);
    for (PLIST_ENTRY Entry = ProcessList.Flink; Entry != &ProcessList && Total < Count; Entry = Entry->Flink) {
        Ids[Total++] = (ULONG)(ULONG_PTR)CONTAINING_RECORD(Entry, CON_PROCESS, Link)->Id;
    }
    ExReleaseFastMutex(&ProcessLock);
    return Total;
}

/* SPDX-License-Identifier: MIT */
/*
 * cid.c - client ids: process and thread ids are handles in one table that belongs to no process, so both are multiples of four and no
 * process shares a number with a thread.  An id is given back by its object's delete procedure: as long as anyone holds a reference, it is not used again.
 */
#include "psp.h"

PHANDLE_TABLE PspCidTable;

NTSTATUS PspAllocateCid(PVOID Object, HANDLE *Id)
{
    HANDLE_TABLE_ENTRY Entry = {.Object = (ULONG64)(ULONG_PTR)Object};

    *Id = ExCreateHandle(PspCidTable, &Entry);
    return *Id != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void PspFreeCid(HANDLE Id)
{
    PHANDLE_TABLE_ENTRY Entry = ExMapHandleToPointer(PspCidTable, Id);

    ASSERT(Entry != NULL);
    ExDestroyHandle(PspCidTable, Id, Entry);
}

/* The object behind an id, referenced, if it is of the dispatcher type wanted and not on its way out.  The entry's lock keeps the delete
 * procedure (which must take it to free the id) from finishing while we look. */
static PVOID PspReferenceByCid(HANDLE Id, UCHAR DispatcherType)
{
    PHANDLE_TABLE_ENTRY Entry;
    PVOID Object;

    KeEnterCriticalRegion();
    Entry = ExMapHandleToPointer(PspCidTable, Id);
    if (Entry == NULL) {
        KeLeaveCriticalRegion();
        return NULL;
    }
    Object = (PVOID)(ULONG_PTR)(Entry->Object & ~0xFull);
    if ((((DISPATCHER_HEADER *)Object)->Type & 0x7F) != DispatcherType || !ObReferenceObjectSafe(Object)) {
        Object = NULL;
    }
    ExUnlockHandleTableEntry(PspCidTable, Entry);
    KeLeaveCriticalRegion();
    return Object;
}

/* STATUS_INVALID_PARAMETER: no such process (as on Windows). */
NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS *Process)
{
    PAGED_CODE();
    *Process = PspReferenceByCid(ProcessId, ProcessObject);
    return *Process != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD *Thread)
{
    PAGED_CODE();
    *Thread = PspReferenceByCid(ThreadId, ThreadObject);
    if (*Thread != NULL && (*Thread)->ThreadListEntry.Flink == NULL) {
        ObDereferenceObject(*Thread); /* not inserted in its process yet */
        *Thread = NULL;
    }
    return *Thread != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* STATUS_INVALID_CID. */
NTSTATUS NTAPI PsLookupProcessThreadByCid(PCLIENT_ID Cid, PEPROCESS *Process, PETHREAD *Thread)
{
    PETHREAD Found;

    PAGED_CODE();
    if (!NT_SUCCESS(PsLookupThreadByThreadId(Cid->UniqueThread, &Found))) {
        return STATUS_INVALID_CID;
    }
    if (Found->Cid.UniqueProcess != Cid->UniqueProcess) {
        ObDereferenceObject(Found);
        return STATUS_INVALID_CID;
    }
    if (Process != NULL) {
        *Process = PsThreadProcess_(Found);
        ObReferenceObject(*Process);
    }
    *Thread = Found;
    return STATUS_SUCCESS;
}

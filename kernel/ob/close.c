/* SPDX-License-Identifier: MIT */
/*
 * close.c - the ends of handles: NtClose, a whole process' handles, and objects losing their permanence.
 *
 * An entry is emptied first and then the object's handle count goes down, so nobody can reach the object through a handle already counted out.
 */
#include "obp.h"

/* The locked entry goes; the object's count and reference with it.  Leaves the entry's critical region. */
static void ObpCloseEntry(PHANDLE_TABLE Table, PHANDLE_TABLE_ENTRY Entry, HANDLE Handle)
{
    PVOID Object = ObpEntryBody(Entry);

    ExDestroyHandle(Table, Handle, Entry);
    ObpDecrementHandleCount(ExHandleTableProcess(Table), Object);
    ObfDereferenceObject(Object);
}

/* Mode UserMode honours protection from close. */
static NTSTATUS ObpCloseInTable(PHANDLE_TABLE Table, HANDLE Handle, KPROCESSOR_MODE Mode)
{
    PHANDLE_TABLE_ENTRY Entry = ExMapHandleToPointer(Table, Handle);
    OB_OKAYTOCLOSE_METHOD OkayToClose;

    if (Entry == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    OkayToClose = ObGetObjectType(ObpEntryBody(Entry))->TypeInfo.OkayToCloseProcedure;
    if ((OkayToClose != NULL && !OkayToClose(ExHandleTableProcess(Table), ObpEntryBody(Entry), Handle, Mode)) ||
        (Mode != KernelMode && (Entry->Attributes & OB_PROTECT_CLOSE))) {
        ExUnlockHandleTableEntry(Table, Entry);
        return STATUS_HANDLE_NOT_CLOSABLE;
    }
    ObpCloseEntry(Table, Entry, Handle);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode)
{
    PHANDLE_TABLE Table = ObpTableForHandle(&Handle, PreviousMode);

    PAGED_CODE();
    if (Table == NULL) {
        /* The pseudo handles (process, thread, tokens) may be closed; nothing happens. */
        return (LONG_PTR)Handle < 0 && (LONG_PTR)Handle >= -6 ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    }
    return ObpCloseInTable(Table, Handle, PreviousMode);
}

NTSTATUS NTAPI NtClose(HANDLE Handle)
{
    return ObCloseHandle(Handle, ExGetPreviousMode());
}

BOOLEAN ObCloseHandleInProcess_(PEPROCESS Process, HANDLE Handle)
{
    BOOLEAN Closed = FALSE;

    if (ExAcquireRundownProtection(&Process->RundownProtect)) {
        if (Process->ObjectTable != NULL) {
            Closed = NT_SUCCESS(ObpCloseInTable(Process->ObjectTable, Handle, KernelMode));
        }
        ExReleaseRundownProtection(&Process->RundownProtect);
    }
    return Closed;
}

static BOOLEAN ObpSweepEntry(PHANDLE_TABLE Table, PHANDLE_TABLE_ENTRY Entry, HANDLE Handle, PVOID Context)
{
    ObpCloseEntry(Table, Entry, Handle);
    return FALSE;
}

void ObKillProcess(PEPROCESS Process)
{
    PHANDLE_TABLE Table = Process->ObjectTable;

    PAGED_CODE();
    if (Table == NULL) {
        return;
    }
    ExSweepHandleTable(Table, ObpSweepEntry, NULL);
    Process->ObjectTable = NULL;
    ExDestroyHandleTable(Table);
}

/* ---- permanence -------------------------------------------------------------------------------------------------------------------- */

static void ObpSetPermanent(PVOID Object, BOOLEAN Permanent)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);

    ExAcquirePushLockExclusive_(&Header->Lock);
    if (Permanent) {
        Header->Flags |= OB_FLAG_PERMANENT_OBJECT;
    } else {
        Header->Flags &= ~OB_FLAG_PERMANENT_OBJECT;
    }
    ExReleasePushLockExclusive_(&Header->Lock);
    if (!Permanent) {
        ObpDeleteNameCheck(Object);
    }
}

VOID NTAPI ObMakeTemporaryObject(PVOID Object)
{
    ObpSetPermanent(Object, FALSE);
}

NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE Handle)
{
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, DELETE, NULL, ExGetPreviousMode(), &Object, NULL);

    if (NT_SUCCESS(Status)) {
        ObpSetPermanent(Object, FALSE);
        ObfDereferenceObject(Object);
    }
    return Status;
}

NTSTATUS NTAPI NtMakePermanentObject(HANDLE Handle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PVOID Object;
    NTSTATUS Status;

    if (!SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_CREATE_PERMANENT_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    Status = ObReferenceObjectByHandle(Handle, 0, NULL, Mode, &Object, NULL);
    if (NT_SUCCESS(Status)) {
        ObpSetPermanent(Object, TRUE);
        ObfDereferenceObject(Object);
    }
    return Status;
}

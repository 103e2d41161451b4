/* SPDX-License-Identifier: MIT */
/*
 * handle.c - handles: their tables, counting them, making them.
 *
 * A process' handles lie in EPROCESS.ObjectTable; the kernel's own in the system process' table, with values 0xFFFFFFFF8....... that
 * mean the same in every process and are refused to user mode.
 *
 * Counts.  HandleCount changes by interlocked operations; types that keep a count a process (MaintainHandleCount: files) change
 * both under the header lock.  The reference a handle holds is apart from the count.
 * Windows Internals, 7th ed., part 2, chapter 8 "Object handles and the process handle table".
 */
#include "obp.h"

PHANDLE_TABLE ObpKernelHandleTable;
POBJECT_TYPE ObpProcessType, ObpThreadType;

PHANDLE_TABLE ObpTableForHandle(HANDLE *Handle, KPROCESSOR_MODE Mode)
{
    if (UNLIKELY((LONG_PTR)*Handle < 0)) {
        if (Mode != KernelMode || !ObpIsKernelHandleValue(*Handle)) {
            return NULL;
        }
        *Handle = (HANDLE)((ULONG_PTR)*Handle & ~OB_KERNEL_HANDLE_BITS);
        return ObpKernelHandleTable;
    }
    return PsCurrentProcess_()->ObjectTable;
}

/* ---- the count a process; header lock held exclusively --------------------------------------------------------------------------- */

/* The entry of Process; with Add, a new one if there is none (NULL: no memory). */
static OBJECT_HANDLE_COUNT_ENTRY *ObpFindHandleCount(OBJECT_HEADER *Header, PEPROCESS Process, BOOLEAN Add)
{
    OBJECT_HEADER_HANDLE_INFO *Info = OBJECT_HEADER_TO_HANDLE_INFO(Header);
    OBJECT_HANDLE_COUNT_DATABASE *Old = NULL, *New;
    OBJECT_HANDLE_COUNT_ENTRY *Free = NULL, *Entries = &Info->SingleEntry;
    ULONG Count = 1;

    if ((Header->Flags & OB_FLAG_SINGLE_PROCESS) == 0) {
        Old = Info->Database;
        Entries = Old->Entries;
        Count = Old->CountEntries;
    }
    for (ULONG i = 0; i < Count; i++) {
        if (Entries[i].HandleCount != 0 && Entries[i].Process == Process) {
            return &Entries[i];
        }
        if (Entries[i].HandleCount == 0 && Free == NULL) {
            Free = &Entries[i];
        }
    }
    if (!Add) {
        return NULL;
    }
    if (Free == NULL) {
        New = ExAllocatePoolWithTag(NonPagedPool, sizeof(*New) + (SIZE_T)(Count + 4) * sizeof(*Entries), TAG_OB_INFO);
        if (New == NULL) {
            return NULL;
        }
        RtlZeroMemory(New, sizeof(*New) + (SIZE_T)(Count + 4) * sizeof(*Entries));
        New->CountEntries = Count + 4;
        RtlCopyMemory(New->Entries, Entries, Count * sizeof(*Entries));
        Info->Database = New;
        Header->Flags &= ~OB_FLAG_SINGLE_PROCESS;
        if (Old != NULL) {
            ExFreePoolWithTag(Old, TAG_OB_INFO);
        }
        Free = &New->Entries[Count];
    }
    Free->Process = Process;
    return Free;
}

static NTSTATUS ObpCountProcessHandle(OBJECT_HEADER *Header, PEPROCESS Process)
{
    OBJECT_HANDLE_COUNT_ENTRY *Entry;
    NTSTATUS Status = STATUS_SUCCESS;

    ExAcquirePushLockExclusive_(&Header->Lock);
    Entry = ObpFindHandleCount(Header, Process, TRUE);
    if (Entry == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    } else {
        Entry->HandleCount++;
        InterlockedIncrement64(&Header->HandleCount);
    }
    ExReleasePushLockExclusive_(&Header->Lock);
    return Status;
}

/* OBJ_EXCLUSIVE: one process only, and only through handles opened so. */
static NTSTATUS ObpCheckExclusive(OBJECT_HEADER *Header, PEPROCESS Process, ULONG Attributes, OB_OPEN_REASON Reason)
{
    OBJECT_HEADER_PROCESS_INFO *Info = OBJECT_HEADER_TO_PROCESS_INFO(Header);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Attributes & OBJ_EXCLUSIVE) {
        if ((Attributes & OBJ_INHERIT) || (Header->Flags & OB_FLAG_EXCLUSIVE_OBJECT) == 0) {
            return STATUS_INVALID_PARAMETER;
        }
    } else if (LIKELY((Header->Flags & OB_FLAG_EXCLUSIVE_OBJECT) == 0)) {
        return STATUS_SUCCESS;
    }
    ExAcquirePushLockExclusive_(&Header->Lock);
    if (Attributes & OBJ_EXCLUSIVE) {
        if ((Info->ExclusiveProcess == NULL && Header->HandleCount > 0) ||
            (Info->ExclusiveProcess != NULL && Info->ExclusiveProcess != Process)) {
            Status = STATUS_ACCESS_DENIED;
        } else {
            Info->ExclusiveProcess = Process;
        }
    } else if (Info->ExclusiveProcess != NULL && (Info->ExclusiveProcess != Process || Reason == ObInheritHandle)) {
        Status = STATUS_ACCESS_DENIED;
    }
    ExReleasePushLockExclusive_(&Header->Lock);
    return Status;
}

NTSTATUS ObpIncrementHandleCount(OB_OPEN_REASON Reason, PVOID Object, PEPROCESS Process, ULONG Attributes, KPROCESSOR_MODE Mode,
                                 PACCESS_MASK GrantedAccess)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);
    POBJECT_TYPE Type = ObpHeaderType(Header);
    NTSTATUS Status;
    ULONG Handles;

    Status = ObpCheckExclusive(Header, Process, Attributes, Reason);
    if (NT_SUCCESS(Status) && Type->TypeInfo.OpenProcedure != NULL) {
        Status = Type->TypeInfo.OpenProcedure(Reason, Mode, Process, Object, GrantedAccess, (ULONG)Header->HandleCount + 1);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Header->InfoMask & OB_INFO_HANDLE) {
        Status = ObpCountProcessHandle(Header, Process);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    } else {
        InterlockedIncrement64(&Header->HandleCount);
    }
    Handles = (ULONG)InterlockedIncrement((volatile LONG *)&Type->TotalNumberOfHandles);
    if (Handles > Type->HighWaterNumberOfHandles) {
        Type->HighWaterNumberOfHandles = Handles;
    }
    return STATUS_SUCCESS;
}

void ObpDecrementHandleCount(PEPROCESS Process, PVOID Object)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);
    POBJECT_TYPE Type = ObpHeaderType(Header);
    LONG64 SystemCount, ProcessCount = 0;

    if (Header->InfoMask & OB_INFO_HANDLE) {
        OBJECT_HANDLE_COUNT_ENTRY *Entry;

        ExAcquirePushLockExclusive_(&Header->Lock);
        Entry = ObpFindHandleCount(Header, Process, FALSE);
        ASSERT(Entry != NULL);
        ProcessCount = Entry->HandleCount--;
        SystemCount = InterlockedDecrement64(&Header->HandleCount) + 1;
        ExReleasePushLockExclusive_(&Header->Lock);
    } else {
        SystemCount = InterlockedDecrement64(&Header->HandleCount) + 1;
    }
    ASSERT(SystemCount >= 1);
    InterlockedDecrement((volatile LONG *)&Type->TotalNumberOfHandles);
    if (SystemCount == 1 && (Header->Flags & OB_FLAG_EXCLUSIVE_OBJECT)) {
        OBJECT_HEADER_TO_PROCESS_INFO(Header)->ExclusiveProcess = NULL;
    }
    if (Type->TypeInfo.CloseProcedure != NULL) {
        Type->TypeInfo.CloseProcedure(Process, Object, (ULONG_PTR)ProcessCount, (ULONG_PTR)SystemCount);
    }
    if (SystemCount == 1 && (Header->InfoMask & OB_INFO_NAME)) {
        ObpDeleteNameCheck(Object);
    }
}

static NTSTATUS ObpMakeHandle(OB_OPEN_REASON Reason, PVOID Object, ACCESS_MASK GrantedAccess, ULONG Attributes, KPROCESSOR_MODE Mode, PHANDLE Handle)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);
    BOOLEAN Kernel = (Attributes & OBJ_KERNEL_HANDLE) != 0;
    PHANDLE_TABLE Table = Kernel ? ObpKernelHandleTable : PsCurrentProcess_()->ObjectTable;
    HANDLE_TABLE_ENTRY Entry;
    PEPROCESS Process;
    NTSTATUS Status;
    HANDLE New;

    PAGED_CODE();
    *Handle = NULL;
    if (Table == NULL) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    Process = ExHandleTableProcess(Table);
    GrantedAccess &= ObpHeaderType(Header)->TypeInfo.ValidAccessMask | ACCESS_SYSTEM_SECURITY;
    ObpReferenceObjectHeader(Header);
    Status = ObpIncrementHandleCount(Reason, Object, Process, Attributes, Mode, &GrantedAccess);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Object);
        return Status;
    }
    Entry.Object = (ULONG64)(ULONG_PTR)Header;
    Entry.GrantedAccess = GrantedAccess;
    Entry.Attributes = Attributes & (OBJ_INHERIT | OB_PROTECT_CLOSE | OB_AUDIT_CLOSE);
    New = ExCreateHandle(Table, &Entry);
    if (New == NULL) {
        ObpDecrementHandleCount(Process, Object);
        ObfDereferenceObject(Object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Handle = Kernel ? (HANDLE)((ULONG_PTR)New | OB_KERNEL_HANDLE_BITS) : New;
    return STATUS_SUCCESS;
}

/* The same with drivers looking on. */
static __attribute__((noinline)) NTSTATUS ObpMakeWatchedHandle(OB_OPEN_REASON Reason, PVOID Object, ACCESS_MASK GrantedAccess, ULONG Attributes,
                                                               KPROCESSOR_MODE Mode, PHANDLE Handle)
{
    BOOLEAN Kernel = (Attributes & OBJ_KERNEL_HANDLE) != 0;
    OBP_CALLBACK_STATE State;
    NTSTATUS Status;

    ObpCallPreCallbacks(&State, OB_OPERATION_HANDLE_CREATE, Object, Kernel, &GrantedAccess, NULL, NULL);
    Status = ObpMakeHandle(Reason, Object, GrantedAccess, Attributes, Mode, Handle);
    ObpCallPostCallbacks(&State, OB_OPERATION_HANDLE_CREATE, Object, Kernel, GrantedAccess, Status);
    return Status;
}

NTSTATUS ObpCreateHandle(OB_OPEN_REASON Reason, PVOID Object, ACCESS_MASK GrantedAccess, ULONG Attributes, KPROCESSOR_MODE Mode, PHANDLE Handle)
{
    if (UNLIKELY(ObpCallbackCount != 0)) {
        POBJECT_TYPE Type = ObGetObjectType(Object);

        if (Type == ObpProcessType || Type == ObpThreadType) {
            return ObpMakeWatchedHandle(Reason, Object, GrantedAccess, Attributes, Mode, Handle);
        }
    }
    return ObpMakeHandle(Reason, Object, GrantedAccess, Attributes, Mode, Handle);
}

BOOLEAN NTAPI ObIsKernelHandle(HANDLE Handle)
{
    return ObpIsKernelHandleValue(Handle);
}

/* ---- reference by handle ------------------------------------------------------------------------------------------------------------ */

/* Handles that name no entry: the current process and thread.  Others are invalid. */
static __attribute__((noinline)) NTSTATUS ObpReferencePseudoHandle(HANDLE Handle, POBJECT_TYPE Type, PVOID *Object, POBJECT_HANDLE_INFORMATION Information)
{
    POBJECT_TYPE Actual;
    PVOID Body;

    if (Handle == NtCurrentProcess()) {
        Actual = ObpProcessType;
        Body = PsCurrentProcess_();
    } else if (Handle == NtCurrentThread()) {
        Actual = ObpThreadType;
        Body = PsCurrentThread_();
    } else {
        return STATUS_INVALID_HANDLE;
    }
    if (Type != NULL && Type != Actual) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    ObfReferenceObject(Body);
    *Object = Body;
    if (Information != NULL) {
        Information->HandleAttributes = 0;
        Information->GrantedAccess = Actual != NULL ? Actual->TypeInfo.ValidAccessMask : 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE AccessMode, PVOID *Object,
                                         POBJECT_HANDLE_INFORMATION Information)
{
    PHANDLE_TABLE Table = ObpTableForHandle(&Handle, AccessMode);
    PHANDLE_TABLE_ENTRY Entry;
    OBJECT_HEADER *Header;
    NTSTATUS Status;

    *Object = NULL;
    if (UNLIKELY(Table == NULL)) {
        return ObpReferencePseudoHandle(Handle, Type, Object, Information);
    }
    Entry = ExMapHandleToPointer(Table, Handle);
    if (UNLIKELY(Entry == NULL)) {
        return STATUS_INVALID_HANDLE;
    }
    Header = EX_HANDLE_ENTRY_OBJECT(Entry);
    if (UNLIKELY(Type != NULL && Header->TypeIndex != Type->Index)) {
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    } else if (UNLIKELY(AccessMode != KernelMode && (DesiredAccess & ~Entry->GrantedAccess) != 0)) {
        Status = STATUS_ACCESS_DENIED;
    } else {
        if (Information != NULL) {
            Information->HandleAttributes = Entry->Attributes;
            Information->GrantedAccess = Entry->GrantedAccess;
        }
        ObpReferenceObjectHeader(Header);
        *Object = Header->Body;
        Status = STATUS_SUCCESS;
    }
    ExUnlockHandleTableEntry(Table, Entry);
    return Status;
}

NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE AccessMode, ULONG Tag,
                                                PVOID *Object, POBJECT_HANDLE_INFORMATION Information)
{
    return ObReferenceObjectByHandle(Handle, DesiredAccess, Type, AccessMode, Object, Information);
}

NTSTATUS NTAPI ObQueryObjectAuditingByHandle(HANDLE Handle, PBOOLEAN GenerateOnClose)
{
    OBJECT_HANDLE_INFORMATION Information;
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, 0, NULL, KernelMode, &Object, &Information);

    if (NT_SUCCESS(Status)) {
        *GenerateOnClose = (Information.HandleAttributes & OB_AUDIT_CLOSE) != 0;
        ObfDereferenceObject(Object);
    }
    return Status;
}

/* ---- walks ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct _ENUMERATE_CONTEXT
{
    OB_ENUMERATE_ROUTINE Routine;
    PVOID Context;
} ENUMERATE_CONTEXT;

static BOOLEAN ObpEnumerateEntry(PHANDLE_TABLE Table, PHANDLE_TABLE_ENTRY Entry, HANDLE Handle, PVOID Context)
{
    ENUMERATE_CONTEXT *Enumerate = Context;

    return Enumerate->Routine(Handle, ObpEntryBody(Entry), Entry->GrantedAccess, Entry->Attributes, Enumerate->Context);
}

BOOLEAN ObEnumerateHandles(PEPROCESS Process, OB_ENUMERATE_ROUTINE Routine, PVOID Context)
{
    ENUMERATE_CONTEXT Enumerate = {Routine, Context};
    BOOLEAN Stopped = FALSE;

    if (!ExAcquireRundownProtection(&Process->RundownProtect)) {
        return FALSE;
    }
    if (Process->ObjectTable != NULL) {
        Stopped = ExEnumHandleTable(Process->ObjectTable, ObpEnumerateEntry, &Enumerate);
    }
    ExReleaseRundownProtection(&Process->RundownProtect);
    return Stopped;
}

static ULONG ObpAskTable(PEPROCESS Process, ULONG (*Ask)(PHANDLE_TABLE Table))
{
    ULONG Count = 0;

    if (ExAcquireRundownProtection(&Process->RundownProtect)) {
        if (Process->ObjectTable != NULL) {
            Count = Ask(Process->ObjectTable);
        }
        ExReleaseRundownProtection(&Process->RundownProtect);
    }
    return Count;
}

ULONG ObGetProcessHandleCount(PEPROCESS Process)
{
    return ObpAskTable(Process, ExHandleCount);
}

ULONG ObGetProcessHandlePeak(PEPROCESS Process)
{
    return ObpAskTable(Process, ExHandlePeak);
}

void ObQueryCounts_(PVOID Object, ULONG_PTR *Handles, ULONG_PTR *Pointers)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);

    *Handles = (ULONG_PTR)Header->HandleCount;
    *Pointers = (ULONG_PTR)Header->PointerCount;
}

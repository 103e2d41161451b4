/* SPDX-License-Identifier: MIT */
/*
 * dup.c - handles from one process to another: duplication, and inheritance by a new process.
 *
 * NT attaches to the source process to use ordinary handle routines; here the tables are used directly, each kept alive by its process' rundown
 * protection.  Windows Internals, 7th ed., part 2, chapter 8 "Object handles".
 */
#include "obp.h"

#ifndef DUPLICATE_CLOSE_SOURCE
#define DUPLICATE_CLOSE_SOURCE 1
#define DUPLICATE_SAME_ACCESS 2
#endif
#ifndef DUPLICATE_SAME_ATTRIBUTES
#define DUPLICATE_SAME_ATTRIBUTES 4
#endif
#define PROCESS_DUP_HANDLE_ 0x0040

typedef struct _DUPLICATE_SOURCE
{
    PVOID Object; /* referenced */
    ACCESS_MASK GrantedAccess;
    ULONG Attributes;
} DUPLICATE_SOURCE;

static NTSTATUS ObpReferenceSource(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode, DUPLICATE_SOURCE *Source)
{
    PHANDLE_TABLE Table = Process->ObjectTable;
    PHANDLE_TABLE_ENTRY Entry;

    if (Handle == NtCurrentProcess() || Handle == NtCurrentThread()) {
        Source->Object = Handle == NtCurrentProcess() ? (PVOID)Process : (PVOID)PsCurrentThread_();
        Source->GrantedAccess = ObGetObjectType(Source->Object)->TypeInfo.ValidAccessMask;
        Source->Attributes = 0;
        ObfReferenceObject(Source->Object);
        return STATUS_SUCCESS;
    }
    if ((LONG_PTR)Handle < 0) {
        Table = Mode == KernelMode ? ObpTableForHandle(&Handle, Mode) : NULL;
    }
    Entry = Table != NULL ? ExMapHandleToPointer(Table, Handle) : NULL;
    if (Entry == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    Source->Object = ObpEntryBody(Entry);
    Source->GrantedAccess = Entry->GrantedAccess;
    Source->Attributes = Entry->Attributes;
    ObfReferenceObject(Source->Object);
    ExUnlockHandleTableEntry(Table, Entry);
    return STATUS_SUCCESS;
}

/* More than the source had is an open like any other, against the object's descriptor; types that keep their own cannot be asked here. */
static NTSTATUS ObpDuplicateAccess(DUPLICATE_SOURCE *Source, ACCESS_MASK DesiredAccess, ULONG Options, KPROCESSOR_MODE Mode, PACCESS_MASK Granted)
{
    POBJECT_TYPE Type = ObGetObjectType(Source->Object);
    ACCESS_STATE AccessState;
    AUX_ACCESS_DATA AuxData;
    NTSTATUS Status;

    if (Options & DUPLICATE_SAME_ACCESS) {
        *Granted = Source->GrantedAccess;
        return STATUS_SUCCESS;
    }
    RtlMapGenericMask(&DesiredAccess, &Type->TypeInfo.GenericMapping);
    if ((DesiredAccess & ~Source->GrantedAccess) == 0) {
        *Granted = DesiredAccess;
        return STATUS_SUCCESS;
    }
    if (Mode != KernelMode && Type->TypeInfo.SecurityProcedure != SeDefaultObjectMethod) {
        return STATUS_ACCESS_DENIED;
    }
    Status = SeCreateAccessState(&AccessState, &AuxData, DesiredAccess, &Type->TypeInfo.GenericMapping);
    if (NT_SUCCESS(Status)) {
        Status = ObpCheckObjectAccess(Source->Object, &AccessState, Mode, DesiredAccess, Granted);
        SeDeleteAccessState(&AccessState);
    }
    return Status;
}

static NTSTATUS ObpInsertDuplicate(PEPROCESS Target, DUPLICATE_SOURCE *Source, ACCESS_MASK Access, ULONG Attributes, KPROCESSOR_MODE Mode,
                                   PHANDLE TargetHandle)
{
    BOOLEAN Kernel = Mode == KernelMode && (Attributes & OBJ_KERNEL_HANDLE);
    PHANDLE_TABLE Table = Kernel ? ObpKernelHandleTable : Target->ObjectTable;
    HANDLE_TABLE_ENTRY Entry = {.Object = (ULONG64)(ULONG_PTR)OBJECT_TO_OBJECT_HEADER(Source->Object)};
    NTSTATUS Status;
    HANDLE New;

    if (Table == NULL) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    Target = ExHandleTableProcess(Table);
    Access &= ObGetObjectType(Source->Object)->TypeInfo.ValidAccessMask | ACCESS_SYSTEM_SECURITY;
    Status = ObpIncrementHandleCount(ObDuplicateHandle, Source->Object, Target, Attributes, Mode, &Access);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObfReferenceObject(Source->Object);
    Entry.GrantedAccess = Access;
    Entry.Attributes = Attributes & (OBJ_INHERIT | OB_PROTECT_CLOSE | OB_AUDIT_CLOSE);
    New = ExCreateHandle(Table, &Entry);
    if (New == NULL) {
        ObpDecrementHandleCount(Target, Source->Object);
        ObfDereferenceObject(Source->Object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *TargetHandle = Kernel ? (HANDLE)((ULONG_PTR)New | OB_KERNEL_HANDLE_BITS) : New;
    return STATUS_SUCCESS;
}

/* The same with drivers looking on (callback.c). */
static __attribute__((noinline)) NTSTATUS ObpInsertWatchedDuplicate(PEPROCESS SourceProcess, PEPROCESS Target, DUPLICATE_SOURCE *Source, ACCESS_MASK Access,
                                                                    ULONG Attributes, KPROCESSOR_MODE Mode, PHANDLE TargetHandle)
{
    BOOLEAN Kernel = Mode == KernelMode && (Attributes & OBJ_KERNEL_HANDLE);
    POBJECT_TYPE Type = ObGetObjectType(Source->Object);
    OBP_CALLBACK_STATE State;
    NTSTATUS Status;

    if (Type != ObpProcessType && Type != ObpThreadType) {
        return ObpInsertDuplicate(Target, Source, Access, Attributes, Mode, TargetHandle);
    }
    ObpCallPreCallbacks(&State, OB_OPERATION_HANDLE_DUPLICATE, Source->Object, Kernel, &Access, SourceProcess, Target);
    Status = ObpInsertDuplicate(Target, Source, Access, Attributes, Mode, TargetHandle);
    ObpCallPostCallbacks(&State, OB_OPERATION_HANDLE_DUPLICATE, Source->Object, Kernel, Access, Status);
    return Status;
}

NTSTATUS ObDuplicateObject(PEPROCESS SourceProcess, HANDLE SourceHandle, PEPROCESS TargetProcess, PHANDLE TargetHandle, ACCESS_MASK DesiredAccess,
                           ULONG HandleAttributes, ULONG Options, KPROCESSOR_MODE PreviousMode)
{
    DUPLICATE_SOURCE Source;
    ACCESS_MASK Access;
    NTSTATUS Status;

    PAGED_CODE();
    if (TargetHandle != NULL) {
        *TargetHandle = NULL;
    }
    if (!ExAcquireRundownProtection(&SourceProcess->RundownProtect)) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    if (SourceProcess->ObjectTable == NULL) {
        Status = STATUS_PROCESS_IS_TERMINATING;
        goto Release;
    }
    Status = ObpReferenceSource(SourceProcess, SourceHandle, PreviousMode, &Source);
    if (!NT_SUCCESS(Status)) {
        goto Release;
    }
    if (TargetProcess != NULL) {
        Status = ObpDuplicateAccess(&Source, DesiredAccess, Options, PreviousMode, &Access);
        if (NT_SUCCESS(Status) && !ExAcquireRundownProtection(&TargetProcess->RundownProtect)) {
            Status = STATUS_PROCESS_IS_TERMINATING;
        } else if (NT_SUCCESS(Status)) {
            ULONG Attributes = Options & DUPLICATE_SAME_ATTRIBUTES ? Source.Attributes | (HandleAttributes & OBJ_KERNEL_HANDLE) : HandleAttributes;

            if (UNLIKELY(ObpCallbackCount != 0)) {
                Status = ObpInsertWatchedDuplicate(SourceProcess, TargetProcess, &Source, Access, Attributes, PreviousMode, TargetHandle);
            } else {
                Status = ObpInsertDuplicate(TargetProcess, &Source, Access, Attributes, PreviousMode, TargetHandle);
            }
            ExReleaseRundownProtection(&TargetProcess->RundownProtect);
        }
    }
    if (TargetProcess == NULL && !(Options & DUPLICATE_CLOSE_SOURCE)) {
        Status = STATUS_INVALID_PARAMETER; /* nowhere to, and nothing to close */
    }
    /* The source is closed even when the duplication failed, as on NT. */
    if (Options & DUPLICATE_CLOSE_SOURCE) {
        if ((LONG_PTR)SourceHandle < 0) {
            ObCloseHandle(SourceHandle, PreviousMode);
        } else {
            PHANDLE_TABLE_ENTRY Entry = ExMapHandleToPointer(SourceProcess->ObjectTable, SourceHandle);
            BOOLEAN Protected = Entry != NULL && PreviousMode != KernelMode && (Entry->Attributes & OB_PROTECT_CLOSE);

            if (Entry != NULL) {
                ExUnlockHandleTableEntry(SourceProcess->ObjectTable, Entry);
            }
            if (!Protected) {
                ObCloseHandleInProcess_(SourceProcess, SourceHandle);
            }
        }
    }
    ObfDereferenceObject(Source.Object);
Release:
    ExReleaseRundownProtection(&SourceProcess->RundownProtect);
    return Status;
}

NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle, PHANDLE TargetHandle,
                                 ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PEPROCESS Source = NULL, Target = NULL;
    HANDLE Handle = NULL;
    NTSTATUS Status, TargetStatus = STATUS_SUCCESS;

    PAGED_CODE();
    if (TargetHandle != NULL) {
        Status = KiProbeForWrite(Mode, TargetHandle, sizeof(HANDLE), 1);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    Status = ObReferenceObjectByHandle(SourceProcessHandle, PROCESS_DUP_HANDLE_, ObpProcessType, Mode, (PVOID *)&Source, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (TargetProcessHandle != NULL) {
        TargetStatus = ObReferenceObjectByHandle(TargetProcessHandle, PROCESS_DUP_HANDLE_, ObpProcessType, Mode, (PVOID *)&Target, NULL);
    }
    Status = ObDuplicateObject(Source, SourceHandle, Target, &Handle, DesiredAccess, ObpSanitizeHandleAttributes(HandleAttributes, Mode), Options,
                               Mode);
    if (!NT_SUCCESS(TargetStatus)) {
        Status = TargetStatus;
    }
    if (Target != NULL) {
        if (NT_SUCCESS(Status) && TargetHandle != NULL) {
            Status = CopyToMode(Mode, TargetHandle, &Handle, sizeof(Handle));
        }
        ObfDereferenceObject(Target);
    }
    ObfDereferenceObject(Source);
    return Status;
}

/* ---- inheritance ------------------------------------------------------------------------------------------------------------------------ */

typedef struct _INHERIT_CONTEXT
{
    PEPROCESS Process;
    const HANDLE *List; /* NULL: all inheritable ones */
    ULONG Count;
} INHERIT_CONTEXT;

static BOOLEAN ObpIsListed(const INHERIT_CONTEXT *Inherit, HANDLE Handle)
{
    for (ULONG i = 0; i < Inherit->Count; i++) {
        if (((ULONG_PTR)Inherit->List[i] & ~3ULL) == (ULONG_PTR)Handle) {
            return TRUE;
        }
    }
    return Inherit->List == NULL;
}

static BOOLEAN ObpInheritEntry(PHANDLE_TABLE_ENTRY Entry, HANDLE Handle, PVOID Context)
{
    INHERIT_CONTEXT *Inherit = Context;
    PVOID Object = ObpEntryBody(Entry);
    ACCESS_MASK Access = Entry->GrantedAccess;

    if (!ObpIsListed(Inherit, Handle)) {
        return FALSE;
    }
    /* A type's open procedure may refuse: then the child lacks this handle, as on NT. */
    if (!NT_SUCCESS(ObpIncrementHandleCount(ObInheritHandle, Object, Inherit->Process, Entry->Attributes, KernelMode, &Access))) {
        return FALSE;
    }
    ObfReferenceObject(Object);
    Entry->GrantedAccess = Access;
    return TRUE;
}

/* Every handle of an explicit list must be there and inheritable; a list with a null in it lists nothing, as on NT. */
static NTSTATUS ObpCheckInheritList(PHANDLE_TABLE Table, INHERIT_CONTEXT *Inherit)
{
    BOOLEAN Nothing = FALSE;

    for (ULONG i = 0; i < Inherit->Count; i++) {
        PHANDLE_TABLE_ENTRY Entry;
        BOOLEAN Inheritable;

        if (Inherit->List[i] == NULL) {
            Nothing = TRUE;
            continue;
        }
        Entry = ExMapHandleToPointer(Table, Inherit->List[i]);
        if (Entry == NULL) {
            return STATUS_INVALID_PARAMETER;
        }
        Inheritable = (Entry->Attributes & OBJ_INHERIT) != 0;
        ExUnlockHandleTableEntry(Table, Entry);
        if (!Inheritable) {
            return STATUS_INVALID_PARAMETER;
        }
    }
    if (Nothing) {
        Inherit->Count = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS ObInitProcess(PEPROCESS Parent, PEPROCESS Process, const HANDLE *HandleList, ULONG HandleCount)
{
    INHERIT_CONTEXT Inherit = {Process, HandleList, HandleList != NULL ? HandleCount : 0};
    NTSTATUS Status = STATUS_SUCCESS;

    PAGED_CODE();
    if (Parent == NULL) {
        Process->ObjectTable = ExCreateHandleTable(Process);
        if (ObpKernelHandleTable == NULL) {
            ObpKernelHandleTable = Process->ObjectTable; /* the system process */
        }
        return Process->ObjectTable != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!ExAcquireRundownProtection(&Parent->RundownProtect)) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    if (Parent->ObjectTable == NULL) {
        Status = STATUS_PROCESS_IS_TERMINATING;
    } else {
        Status = ObpCheckInheritList(Parent->ObjectTable, &Inherit);
    }
    if (NT_SUCCESS(Status)) {
        Process->ObjectTable = ExDupHandleTable(Process, Parent->ObjectTable, ObpInheritEntry, &Inherit);
        Status = Process->ObjectTable != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    ExReleaseRundownProtection(&Parent->RundownProtect);
    return Status;
}

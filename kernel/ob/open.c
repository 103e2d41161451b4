/* SPDX-License-Identifier: MIT */
/*
 * open.c - handles and references to existing objects: by name, by pointer.
 *
 * An open by name: capture the attributes, an access state of the caller, walk the name, check the object found against its descriptor,
 * make the handle.  A parse procedure (files) may have created the object and granted its access itself.
 */
#include "obp.h"

#define OBP_NAME_ROOM 120 /* characters of a name that an open keeps on its stack */

/* Reason for the handle of an object that a parse procedure may just have made (a file object): it was created if it has no handle yet. */
static OB_OPEN_REASON ObpReasonOf(PVOID Object)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);

    return (Header->Flags & OB_FLAG_NEW_OBJECT) ? ObCreateHandle : ObOpenHandle;
}

/* A new object that came through a parse procedure was never inserted: this is its insertion. */
static void ObpFinishParsedObject(PVOID Object)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);

    if (Header->Flags & OB_FLAG_NEW_OBJECT) {
        OBJECT_CREATE_INFORMATION *Info = Header->ObjectCreateInfo;

        Header->Flags &= ~OB_FLAG_NEW_OBJECT;
        Header->ObjectCreateInfo = NULL;
        if (Info != NULL) {
            ObpFreeObjectCreateInformation(Info);
        }
    }
}

NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES ObjectAttributes, POBJECT_TYPE Type, KPROCESSOR_MODE AccessMode, PACCESS_STATE PassedAccessState,
                                  ACCESS_MASK DesiredAccess, PVOID ParseContext, PHANDLE Handle)
{
    OBP_CAPTURED_ATTRIBUTES Captured;
    WCHAR NameRoom[OBP_NAME_ROOM];
    ACCESS_STATE LocalAccessState;
    AUX_ACCESS_DATA AuxData;
    PACCESS_STATE AccessState = PassedAccessState;
    OBP_LOOKUP Lookup;
    ACCESS_MASK Granted;
    NTSTATUS Status;

    PAGED_CODE();
    *Handle = NULL;
    if (ObjectAttributes == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = ObpCaptureObjectAttributes(AccessMode, ObjectAttributes, TRUE, NameRoom, sizeof(NameRoom), &Captured);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (AccessState == NULL) {
        AccessState = &LocalAccessState;
        Status = SeCreateAccessState(AccessState, &AuxData, DesiredAccess, Type != NULL ? &Type->TypeInfo.GenericMapping : NULL);
        if (!NT_SUCCESS(Status)) {
            goto ReleaseAttributes;
        }
    }
    if (Captured.SecurityDescriptor != NULL && AccessState->SecurityDescriptor == NULL) {
        AccessState->SecurityDescriptor = Captured.SecurityDescriptor; /* for parse procedures that create */
    }
    Lookup = (OBP_LOOKUP){
        .RootDirectory = Captured.RootDirectory,
        .Name = &Captured.Name,
        .Attributes = Captured.Attributes,
        .Type = Type,
        .Mode = AccessMode,
        .ParseContext = ParseContext,
        .Qos = Captured.Qos,
        .AccessState = AccessState,
    };
    Status = ObpLookupObjectName(&Lookup);
    if (NT_SUCCESS(Status)) {
        OB_OPEN_REASON Reason = ObpReasonOf(Lookup.Object);
        NTSTATUS LookupStatus = Status;

        ObpFinishParsedObject(Lookup.Object);
        Status = ObpCheckObjectAccess(Lookup.Object, AccessState, AccessMode, DesiredAccess, &Granted);
        if (NT_SUCCESS(Status)) {
            Status = ObpCreateHandle(Reason, Lookup.Object, Granted, Captured.Attributes & ~(ULONG)OBJ_PERMANENT, AccessMode, Handle);
        }
        if (NT_SUCCESS(Status)) {
            Status = LookupStatus; /* a parse procedure's informational status reaches the caller */
        }
        ObpFinishLookup(&Lookup);
        ObfDereferenceObject(Lookup.Object);
    }
    if (AccessState->SecurityDescriptor == Captured.SecurityDescriptor) {
        AccessState->SecurityDescriptor = NULL;
    }
    if (PassedAccessState == NULL) {
        SeDeleteAccessState(AccessState);
    }
ReleaseAttributes:
    ObpReleaseObjectAttributes(&Captured);
    return Status;
}

NTSTATUS ObOpenObjectService(PHANDLE UserHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, POBJECT_TYPE Type)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    HANDLE Handle;
    NTSTATUS Status, CopyStatus;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, UserHandle, sizeof(HANDLE), 1);
    if (NT_SUCCESS(Status)) {
        Status = ObOpenObjectByName(ObjectAttributes, Type, Mode, NULL, DesiredAccess, NULL, &Handle);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CopyStatus = CopyToMode(Mode, UserHandle, &Handle, sizeof(Handle));
    if (!NT_SUCCESS(CopyStatus)) {
        ObCloseHandle(Handle, KernelMode);
        return CopyStatus;
    }
    return Status;
}

NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                                     POBJECT_TYPE Type, KPROCESSOR_MODE AccessMode, PHANDLE Handle)
{
    POBJECT_TYPE Actual = ObGetObjectType(Object);
    ACCESS_STATE LocalAccessState;
    AUX_ACCESS_DATA AuxData;
    PACCESS_STATE AccessState = PassedAccessState;
    ACCESS_MASK Granted;
    NTSTATUS Status;

    PAGED_CODE();
    *Handle = NULL;
    if (Type != NULL && Type != Actual && AccessMode != KernelMode) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (Actual->TypeInfo.InvalidAttributes & HandleAttributes) {
        return STATUS_INVALID_PARAMETER;
    }
    if (AccessMode != KernelMode && (OBJECT_TO_OBJECT_HEADER(Object)->Flags & OB_FLAG_NEW_OBJECT)) {
        return STATUS_ACCESS_DENIED; /* a newborn that can be found by its id has no descriptor yet: nobody may but the kernel */
    }
    /* Kernel mode needs no subject: nothing is checked. */
    if (AccessState == NULL && AccessMode != KernelMode) {
        AccessState = &LocalAccessState;
        Status = SeCreateAccessState(AccessState, &AuxData, DesiredAccess, &Actual->TypeInfo.GenericMapping);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    Status = ObpCheckObjectAccess(Object, AccessState, AccessMode, DesiredAccess, &Granted);
    if (NT_SUCCESS(Status)) {
        Status = ObpCreateHandle(ObOpenHandle, Object, Granted, HandleAttributes, AccessMode, Handle);
    }
    if (AccessState == &LocalAccessState) {
        SeDeleteAccessState(AccessState);
    }
    return Status;
}

NTSTATUS NTAPI ObOpenObjectByPointerWithTag(PVOID Object, ULONG HandleAttributes, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                                            POBJECT_TYPE Type, KPROCESSOR_MODE AccessMode, ULONG Tag, PHANDLE Handle)
{
    return ObOpenObjectByPointer(Object, HandleAttributes, PassedAccessState, DesiredAccess, Type, AccessMode, Handle);
}

NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING ObjectName, ULONG Attributes, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                                       POBJECT_TYPE Type, KPROCESSOR_MODE AccessMode, PVOID ParseContext, PVOID *Object)
{
    ACCESS_STATE LocalAccessState;
    AUX_ACCESS_DATA AuxData;
    PACCESS_STATE AccessState = PassedAccessState;
    UNICODE_STRING Name;
    ACCESS_MASK Granted;
    NTSTATUS Status;

    PAGED_CODE();
    *Object = NULL;
    Status = ObpCaptureObjectName(AccessMode, ObjectName, NULL, 0, &Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Name.Length == 0) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    if (AccessState == NULL) {
        AccessState = &LocalAccessState;
        Status = SeCreateAccessState(AccessState, &AuxData, DesiredAccess, Type != NULL ? &Type->TypeInfo.GenericMapping : NULL);
    }
    if (NT_SUCCESS(Status)) {
        OBP_LOOKUP Lookup = {.Name = &Name, .Attributes = Attributes, .Type = Type, .Mode = AccessMode, .ParseContext = ParseContext,
                             .AccessState = AccessState};

        Status = ObpLookupObjectName(&Lookup);
        if (NT_SUCCESS(Status)) {
            ObpFinishLookup(&Lookup);
            ObpFinishParsedObject(Lookup.Object);
            Status = ObpCheckObjectAccess(Lookup.Object, AccessState, AccessMode, DesiredAccess, &Granted);
            if (NT_SUCCESS(Status)) {
                *Object = Lookup.Object;
            } else {
                ObfDereferenceObject(Lookup.Object);
            }
        }
        if (PassedAccessState == NULL) {
            SeDeleteAccessState(AccessState);
        }
    }
    ExFreePoolWithTag(Name.Buffer, TAG_OB_NAME);
    return Status;
}

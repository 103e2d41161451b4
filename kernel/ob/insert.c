/* SPDX-License-Identifier: MIT */
/*
 * insert.c - from a created object to a usable one: name, security descriptor, first handle.  And opens of existing ones.
 *
 * The order in ObInsertObject: find the name's place and lock it; give the object its descriptor; unlock, so that others can find it; make the
 * handle.  Whatever fails takes the name away again.  The name is pinned until the handle is there: others may open and close the object sooner.
 */
#include "obp.h"

/* ---- access ----------------------------------------------------------------------------------------------------------------------- */

NTSTATUS ObpCheckObjectAccess(PVOID Object, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, ACCESS_MASK DesiredAccess, PACCESS_MASK GrantedAccess)
{
    POBJECT_TYPE Type = ObGetObjectType(Object);
    PSECURITY_DESCRIPTOR Descriptor;
    PPRIVILEGE_SET Privileges = NULL;
    BOOLEAN Allocated, Granted;
    ACCESS_MASK Access = 0;
    NTSTATUS Status;

    if (AccessState == NULL || Mode == KernelMode) {
        ACCESS_MASK Wanted = AccessState != NULL ? AccessState->RemainingDesiredAccess : DesiredAccess;

        if (Wanted & MAXIMUM_ALLOWED) {
            Wanted = (Wanted & ~MAXIMUM_ALLOWED) | GENERIC_ALL;
        }
        RtlMapGenericMask(&Wanted, &Type->TypeInfo.GenericMapping);
        *GrantedAccess = Wanted | (AccessState != NULL ? AccessState->PreviouslyGrantedAccess : 0);
        if (AccessState != NULL) {
            AccessState->PreviouslyGrantedAccess = *GrantedAccess;
            AccessState->RemainingDesiredAccess = 0;
        }
        return STATUS_SUCCESS;
    }
    if (AccessState->RemainingDesiredAccess == 0 && AccessState->PreviouslyGrantedAccess != 0) {
        *GrantedAccess = AccessState->PreviouslyGrantedAccess;
        return STATUS_SUCCESS;
    }
    Status = ObGetObjectSecurity(Object, &Descriptor, &Allocated);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Descriptor == NULL) {
        Mode = KernelMode; /* no security on the object: everybody may */
    }
    SeLockSubjectContext(&AccessState->SubjectSecurityContext);
    Granted = SeAccessCheck(Descriptor, &AccessState->SubjectSecurityContext, TRUE, AccessState->RemainingDesiredAccess,
                            AccessState->PreviouslyGrantedAccess, &Privileges, &Type->TypeInfo.GenericMapping, Mode, &Access, &Status);
    if (Privileges != NULL) {
        SeAppendPrivileges(AccessState, Privileges);
        SeFreePrivileges(Privileges);
    }
    SeUnlockSubjectContext(&AccessState->SubjectSecurityContext);
    ObReleaseObjectSecurity(Descriptor, Allocated);
    if (!Granted) {
        return Status;
    }
    AccessState->PreviouslyGrantedAccess |= Access;
    AccessState->RemainingDesiredAccess &= ~(Access | MAXIMUM_ALLOWED);
    *GrantedAccess = AccessState->PreviouslyGrantedAccess;
    return STATUS_SUCCESS;
}

BOOLEAN ObpCheckDirectoryAccess(POBJECT_DIRECTORY Directory, ACCESS_MASK Access, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, NTSTATUS *Status)
{
    PSECURITY_DESCRIPTOR Descriptor;
    PPRIVILEGE_SET Privileges = NULL;
    ACCESS_MASK Granted;
    BOOLEAN Allowed;

    *Status = STATUS_SUCCESS;
    if (AccessState == NULL || Mode == KernelMode) {
        return TRUE;
    }
    Descriptor = ObpReferenceSecurityDescriptor(Directory);
    if (Descriptor == NULL) {
        return TRUE;
    }
    Allowed = SeAccessCheck(Descriptor, &AccessState->SubjectSecurityContext, FALSE, Access, 0, &Privileges,
                            &ObpDirectoryObjectType->TypeInfo.GenericMapping, Mode, &Granted, Status);
    if (Privileges != NULL) {
        SeFreePrivileges(Privileges);
    }
    ObDereferenceSecurityDescriptor(Descriptor, 1);
    return Allowed;
}

/* What the creator of a new object gets: all it asked for.  System security still needs its privilege. */
static NTSTATUS ObpGrantCreator(POBJECT_TYPE Type, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, KPROCESSOR_MODE Mode, PACCESS_MASK Granted)
{
    ACCESS_MASK Access = AccessState != NULL ? AccessState->RemainingDesiredAccess | AccessState->PreviouslyGrantedAccess : DesiredAccess;

    if (Access & MAXIMUM_ALLOWED) {
        Access = (Access & ~MAXIMUM_ALLOWED) | GENERIC_ALL;
    }
    RtlMapGenericMask(&Access, &Type->TypeInfo.GenericMapping);
    if ((Access & ACCESS_SYSTEM_SECURITY) && !SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_SECURITY_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    *Granted = Access;
    return STATUS_SUCCESS;
}

/* ---- insertion --------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS ObpInsertUnnamed(PVOID Object, OBJECT_CREATE_INFORMATION *Info, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, PHANDLE Handle)
{
    ACCESS_MASK Granted;
    NTSTATUS Status;

    if (Handle == NULL) {
        return STATUS_SUCCESS;
    }
    Status = ObpGrantCreator(ObGetObjectType(Object), AccessState, DesiredAccess, Info->ProbeMode, &Granted);
    if (NT_SUCCESS(Status)) {
        Status = ObpCreateHandle(ObCreateHandle, Object, Granted, Info->Attributes, Info->ProbeMode, Handle);
    }
    return Status;
}

/* Finds the place; Lookup->Object is the object there: our own (then Lookup->Parent is locked), or an older one. */
static NTSTATUS ObpPlaceObject(PVOID Object, OBJECT_CREATE_INFORMATION *Info, PACCESS_STATE AccessState, OBP_LOOKUP *Lookup)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);
    NTSTATUS Status;

    *Lookup = (OBP_LOOKUP){
        .RootDirectory = Info->RootDirectory,
        .Name = &OBJECT_HEADER_TO_NAME_INFO(Header)->Name,
        .Attributes = Info->Attributes,
        .Type = ObpHeaderType(Header),
        .Mode = Info->ProbeMode,
        .ParseContext = Info->ParseContext,
        .Qos = Info->Qos,
        .InsertObject = Object,
        .AccessState = AccessState,
    };
    Status = ObpLookupObjectName(Lookup);
    /* Somebody of another type is there: the collision is the news unless the caller was ready to open what is there. */
    if (Status == STATUS_OBJECT_TYPE_MISMATCH && (Info->Attributes & OBJ_OPENIF) == 0) {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    return Status;
}

/* Opens the object that was there already (OBJ_OPENIF).  Consumes the reference of the lookup unless it fails. */
static NTSTATUS ObpOpenExisting(PVOID Found, OBJECT_CREATE_INFORMATION *Info, PACCESS_STATE AccessState, PHANDLE Handle)
{
    ACCESS_MASK Granted;
    NTSTATUS Status;

    if ((Info->Attributes & OBJ_OPENIF) == 0) {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    Status = ObpCheckObjectAccess(Found, AccessState, Info->ProbeMode, 0, &Granted);
    if (NT_SUCCESS(Status) && Handle != NULL) {
        Status = ObpCreateHandle(ObOpenHandle, Found, Granted, Info->Attributes, Info->ProbeMode, Handle);
    }
    return NT_SUCCESS(Status) ? STATUS_OBJECT_NAME_EXISTS : Status;
}

static NTSTATUS ObpInsertSecured(PVOID Object, OBJECT_CREATE_INFORMATION *Info, PACCESS_STATE AccessState, PVOID *Result, PHANDLE Handle)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);
    OBJECT_HEADER_NAME_INFO *NameInfo = OBJECT_HEADER_TO_NAME_INFO(Header);
    POBJECT_DIRECTORY Parent = NULL;
    OBP_LOOKUP Lookup = {0};
    ACCESS_MASK Granted;
    NTSTATUS Status;

    *Result = Object;
    if (NameInfo != NULL && NameInfo->Name.Length != 0) {
        Status = ObpPlaceObject(Object, Info, AccessState, &Lookup);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Parent = Lookup.Parent;
        if (Parent == NULL) {
            Status = ObpOpenExisting(Lookup.Object, Info, AccessState, Handle);
            ObpFinishLookup(&Lookup);
            if (NT_SUCCESS(Status)) {
                *Result = Lookup.Object; /* referenced */
            } else {
                ObfDereferenceObject(Lookup.Object);
            }
            return Status;
        }
    }
    Header->Flags &= ~OB_FLAG_NEW_OBJECT;
    Header->ObjectCreateInfo = NULL;
    Status = ObpAssignSecurity(Object, Info->SecurityDescriptor, Parent, AccessState);
    if (Parent != NULL) {
        ExReleasePushLockExclusive_(&Parent->Lock);
        ObfDereferenceObject(Parent);
    }
    if (NT_SUCCESS(Status) && Handle != NULL) {
        Status = ObpGrantCreator(ObpHeaderType(Header), AccessState, 0, Info->ProbeMode, &Granted);
        if (NT_SUCCESS(Status)) {
            Status = ObpCreateHandle(ObCreateHandle, Object, Granted, Info->Attributes, Info->ProbeMode, Handle);
        }
    }
    if (!NT_SUCCESS(Status) && Parent != NULL) {
        ObpRemoveName(Object);
    }
    if (Lookup.Object != NULL) {
        ObpFinishLookup(&Lookup);
        ObfDereferenceObject(Lookup.Object); /* the lookup's reference to our own object */
    }
    return Status;
}

NTSTATUS NTAPI ObInsertObject(PVOID Object, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess, ULONG ObjectPointerBias, PVOID *NewObject,
                              PHANDLE Handle)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);
    OBJECT_HEADER_NAME_INFO *NameInfo = OBJECT_HEADER_TO_NAME_INFO(Header);
    OBJECT_CREATE_INFORMATION *Info = Header->ObjectCreateInfo;
    POBJECT_TYPE Type = ObpHeaderType(Header);
    BOOLEAN Named = NameInfo != NULL && NameInfo->Name.Length != 0;
    PVOID Result = Object;
    ACCESS_STATE LocalAccessState;
    AUX_ACCESS_DATA AuxData;
    NTSTATUS Status;

    PAGED_CODE();
    ASSERT((Header->Flags & OB_FLAG_NEW_OBJECT) && Info != NULL);
    if (Handle != NULL) {
        *Handle = NULL;
    }
    if (EX_INJECT(ExInjectObject)) {
        ObfDereferenceObject(Object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!Named && !Type->TypeInfo.SecurityRequired) {
        Header->Flags &= ~OB_FLAG_NEW_OBJECT;
        Header->ObjectCreateInfo = NULL;
        Status = ObpInsertUnnamed(Object, Info, PassedAccessState, DesiredAccess, Handle);
    } else {
        PACCESS_STATE AccessState = PassedAccessState;

        if (AccessState == NULL) {
            AccessState = &LocalAccessState;
            Status = SeCreateAccessState(AccessState, &AuxData, DesiredAccess, &Type->TypeInfo.GenericMapping);
            if (!NT_SUCCESS(Status)) {
                ObfDereferenceObject(Object);
                return Status;
            }
        }
        Status = ObpInsertSecured(Object, Info, AccessState, &Result, Handle);
        if (PassedAccessState == NULL) {
            SeDeleteAccessState(AccessState);
        }
    }
    if (NT_SUCCESS(Status)) {
        for (ULONG i = 0; i < ObjectPointerBias; i++) {
            ObfReferenceObject(Result);
        }
        if (NewObject != NULL) {
            *NewObject = Result;
        }
    }
    if (Result != Object) {
        ObfDereferenceObject(Object); /* ours was not needed; Info goes with it */
        ObfDereferenceObject(Result); /* the lookup's */
        return Status;
    }
    if ((Header->Flags & OB_FLAG_NEW_OBJECT) == 0) {
        ObpFreeObjectCreateInformation(Info);
    }
    if (!NT_SUCCESS(Status) || Handle != NULL || ObjectPointerBias != 0) {
        ObfDereferenceObject(Object);
    }
    return Status;
}

NTSTATUS ObInsertObjectService(PVOID Object, ACCESS_MASK DesiredAccess, PHANDLE UserHandle, KPROCESSOR_MODE Mode)
{
    HANDLE Handle;
    NTSTATUS Status = ObInsertObject(Object, NULL, DesiredAccess, 0, NULL, &Handle), CopyStatus;

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

/* SPDX-License-Identifier: MIT */
/*
 * trustee.c - trustees with object types, and whole descriptors built from trustees and taken apart again.
 *
 * Impersonating trustees are named by the headers and not supported by Windows either (NO_MULTIPLE_TRUSTEE is the one that works).
 */
#include "adv.h"

static VOID Build(PTRUSTEE_W Trustee, TRUSTEE_FORM Form, PVOID Name)
{
    *Trustee = (TRUSTEE_W){NULL, NO_MULTIPLE_TRUSTEE, Form, TRUSTEE_IS_UNKNOWN, Name};
}

VOID WINAPI BuildTrusteeWithObjectsAndSidW(PTRUSTEE_W Trustee, POBJECTS_AND_SID Objects, GUID *Object, GUID *Inherited, PSID Sid)
{
    static const GUID None;

    Objects->ObjectsPresent = (Object != NULL ? ACE_OBJECT_TYPE_PRESENT : 0) | (Inherited != NULL ? ACE_INHERITED_OBJECT_TYPE_PRESENT : 0);
    Objects->ObjectTypeGuid = Object != NULL ? *Object : None;
    Objects->InheritedObjectTypeGuid = Inherited != NULL ? *Inherited : None;
    Objects->pSid = Sid;
    Build(Trustee, TRUSTEE_IS_OBJECTS_AND_SID, Objects);
}

VOID WINAPI BuildTrusteeWithObjectsAndSidA(PTRUSTEE_A Trustee, POBJECTS_AND_SID Objects, GUID *Object, GUID *Inherited, PSID Sid)
{
    BuildTrusteeWithObjectsAndSidW((PTRUSTEE_W)Trustee, Objects, Object, Inherited, Sid);
}

VOID WINAPI BuildTrusteeWithObjectsAndNameW(PTRUSTEE_W Trustee, POBJECTS_AND_NAME_W Objects, SE_OBJECT_TYPE Type, LPWSTR Object, LPWSTR Inherited,
                                            LPWSTR Name)
{
    Objects->ObjectsPresent = (Object != NULL ? ACE_OBJECT_TYPE_PRESENT : 0) | (Inherited != NULL ? ACE_INHERITED_OBJECT_TYPE_PRESENT : 0);
    Objects->ObjectType = Type;
    Objects->ObjectTypeName = Object;
    Objects->InheritedObjectTypeName = Inherited;
    Objects->ptstrName = Name;
    Build(Trustee, TRUSTEE_IS_OBJECTS_AND_NAME, Objects);
}

VOID WINAPI BuildTrusteeWithObjectsAndNameA(PTRUSTEE_A Trustee, POBJECTS_AND_NAME_A Objects, SE_OBJECT_TYPE Type, LPSTR Object, LPSTR Inherited,
                                            LPSTR Name)
{
    BuildTrusteeWithObjectsAndNameW((PTRUSTEE_W)Trustee, (POBJECTS_AND_NAME_W)Objects, Type, (LPWSTR)Object, (LPWSTR)Inherited, (LPWSTR)Name);
}

PTRUSTEE_W WINAPI GetMultipleTrusteeW(PTRUSTEE_W Trustee)
{
    return Trustee != NULL ? Trustee->pMultipleTrustee : NULL;
}

PTRUSTEE_A WINAPI GetMultipleTrusteeA(PTRUSTEE_A Trustee)
{
    return Trustee != NULL ? Trustee->pMultipleTrustee : NULL;
}

MULTIPLE_TRUSTEE_OPERATION WINAPI GetMultipleTrusteeOperationW(PTRUSTEE_W Trustee)
{
    return Trustee != NULL ? Trustee->MultipleTrusteeOperation : NO_MULTIPLE_TRUSTEE;
}

MULTIPLE_TRUSTEE_OPERATION WINAPI GetMultipleTrusteeOperationA(PTRUSTEE_A Trustee)
{
    return Trustee != NULL ? Trustee->MultipleTrusteeOperation : NO_MULTIPLE_TRUSTEE;
}

/* ---- whole descriptors -------------------------------------------------------------------------------------------------------------------- */

/* What the old descriptor has, in an absolute one that points into it. */
static DWORD TakeOld(PSECURITY_DESCRIPTOR Old, SECURITY_DESCRIPTOR *Parts)
{
    BOOLEAN Flag, Present;
    ULONG Revision;

    RtlCreateSecurityDescriptor(Parts, SECURITY_DESCRIPTOR_REVISION);
    if (Old == NULL) {
        return ERROR_SUCCESS;
    }
    if (!RtlValidSecurityDescriptor(Old) || !(((SECURITY_DESCRIPTOR *)Old)->Control & SE_SELF_RELATIVE)) {
        return ERROR_INVALID_SECURITY_DESCR;
    }
    RtlGetControlSecurityDescriptor(Old, &Parts->Control, &Revision);
    Parts->Control &= (SECURITY_DESCRIPTOR_CONTROL)~SE_SELF_RELATIVE;
    RtlGetOwnerSecurityDescriptor(Old, &Parts->Owner, &Flag);
    RtlGetGroupSecurityDescriptor(Old, &Parts->Group, &Flag);
    RtlGetDaclSecurityDescriptor(Old, &Present, &Parts->Dacl, &Flag);
    RtlGetSaclSecurityDescriptor(Old, &Present, &Parts->Sacl, &Flag);
    return ERROR_SUCCESS;
}

DWORD WINAPI BuildSecurityDescriptorW(PTRUSTEE_W Owner, PTRUSTEE_W Group, ULONG AccessCount, PEXPLICIT_ACCESS_W Access, ULONG AuditCount,
                                      PEXPLICIT_ACCESS_W Audit, PSECURITY_DESCRIPTOR Old, PULONG Size, PSECURITY_DESCRIPTOR *New)
{
    UCHAR OwnerSid[SECURITY_MAX_SID_SIZE], GroupSid[SECURITY_MAX_SID_SIZE];
    SECURITY_DESCRIPTOR Parts;
    PACL Dacl = NULL, Sacl = NULL;
    DWORD Error = TakeOld(Old, &Parts);

    if (Error == ERROR_SUCCESS && Owner != NULL) {
        Error = AdvTrusteeSid(Owner, false, OwnerSid);
        Parts.Owner = OwnerSid;
        Parts.Control &= (SECURITY_DESCRIPTOR_CONTROL)~SE_OWNER_DEFAULTED;
    }
    if (Error == ERROR_SUCCESS && Group != NULL) {
        Error = AdvTrusteeSid(Group, false, GroupSid);
        Parts.Group = GroupSid;
        Parts.Control &= (SECURITY_DESCRIPTOR_CONTROL)~SE_GROUP_DEFAULTED;
    }
    if (Error == ERROR_SUCCESS && AccessCount != 0) {
        Error = SetEntriesInAclW(AccessCount, Access, Parts.Dacl, &Dacl);
        Parts.Dacl = Dacl;
        Parts.Control |= SE_DACL_PRESENT;
    }
    if (Error == ERROR_SUCCESS && AuditCount != 0) {
        Error = SetEntriesInAclW(AuditCount, Audit, Parts.Sacl, &Sacl);
        Parts.Sacl = Sacl;
        Parts.Control |= SE_SACL_PRESENT;
    }
    if (Error == ERROR_SUCCESS) {
        *Size = 0;
        RtlMakeSelfRelativeSD(&Parts, NULL, Size);
        *New = AdvAllocate(*Size);
        Error = *New != NULL ? AdvError(RtlMakeSelfRelativeSD(&Parts, *New, Size)) : ERROR_NOT_ENOUGH_MEMORY;
    }
    AdvFree(Dacl);
    AdvFree(Sacl);
    return Error;
}

/* A trustee in one block with its SID. */
static DWORD TrusteeOfSid(PSID Sid, PTRUSTEE_W *Trustee)
{
    *Trustee = NULL;
    if (Sid == NULL) {
        return ERROR_SUCCESS;
    }
    *Trustee = AdvAllocate(sizeof(TRUSTEE_W) + RtlLengthSid(Sid));
    if (*Trustee == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    RtlCopySid(RtlLengthSid(Sid), *Trustee + 1, Sid);
    Build(*Trustee, TRUSTEE_IS_SID, *Trustee + 1);
    return ERROR_SUCCESS;
}

static DWORD Entries(PACL Acl, PULONG Count, PEXPLICIT_ACCESS_W *List)
{
    *Count = 0;
    *List = NULL;
    return Acl != NULL ? GetExplicitEntriesFromAclW(Acl, Count, List) : ERROR_SUCCESS;
}

/* What the caller did not ask for is NULL.  On failure nothing is handed out. */
DWORD WINAPI LookupSecurityDescriptorPartsW(PTRUSTEE_W *Owner, PTRUSTEE_W *Group, PULONG AccessCount, PEXPLICIT_ACCESS_W *Access, PULONG AuditCount,
                                            PEXPLICIT_ACCESS_W *Audit, PSECURITY_DESCRIPTOR Descriptor)
{
    SECURITY_DESCRIPTOR Parts;
    PTRUSTEE_W OwnerFound = NULL, GroupFound = NULL;
    PEXPLICIT_ACCESS_W AccessFound = NULL;
    DWORD Error = Descriptor != NULL ? TakeOld(Descriptor, &Parts) : ERROR_INVALID_PARAMETER;

    if (Error == ERROR_SUCCESS && Owner != NULL) {
        Error = TrusteeOfSid(Parts.Owner, &OwnerFound);
    }
    if (Error == ERROR_SUCCESS && Group != NULL) {
        Error = TrusteeOfSid(Parts.Group, &GroupFound);
    }
    if (Error == ERROR_SUCCESS && AccessCount != NULL && Access != NULL) {
        Error = Entries(Parts.Dacl, AccessCount, &AccessFound);
    }
    if (Error == ERROR_SUCCESS && AuditCount != NULL && Audit != NULL) {
        Error = Entries(Parts.Sacl, AuditCount, Audit);
    }
    if (Error != ERROR_SUCCESS) {
        AdvFree(OwnerFound);
        AdvFree(GroupFound);
        AdvFree(AccessFound);
        return Error;
    }
    if (Owner != NULL) {
        *Owner = OwnerFound;
    }
    if (Group != NULL) {
        *Group = GroupFound;
    }
    if (AccessCount != NULL && Access != NULL) {
        *Access = AccessFound;
    }
    return ERROR_SUCCESS;
}

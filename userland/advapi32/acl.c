/* SPDX-License-Identifier: MIT */
/*
 * acl.c - access-control lists: ntdll's routines with last errors, and the entries ntdll has no routine for.
 */
#include "adv.h"

BOOL WINAPI InitializeAcl(PACL Acl, DWORD Length, DWORD Revision)
{
    return AdvResult(RtlCreateAcl(Acl, Length, Revision));
}

BOOL WINAPI IsValidAcl(PACL Acl)
{
    return RtlValidAcl(Acl) || AdvFail(ERROR_INVALID_ACL);
}

BOOL WINAPI GetAclInformation(PACL Acl, LPVOID Information, DWORD Length, ACL_INFORMATION_CLASS Class)
{
    return AdvResult(RtlQueryInformationAcl(Acl, Information, Length, Class));
}

/* The one thing that can be set is the revision, upwards. */
BOOL WINAPI SetAclInformation(PACL Acl, LPVOID Information, DWORD Length, ACL_INFORMATION_CLASS Class)
{
    if (!RtlValidAcl(Acl) || Class != AclRevisionInformation) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    if (Length < sizeof(ACL_REVISION_INFORMATION)) {
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    DWORD Revision = ((ACL_REVISION_INFORMATION *)Information)->AclRevision;
    if (Revision < Acl->AclRevision || Revision > ACL_REVISION4) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    Acl->AclRevision = (BYTE)Revision;
    return TRUE;
}

BOOL WINAPI AddAce(PACL Acl, DWORD Revision, DWORD Index, LPVOID Aces, DWORD Length)
{
    return AdvResult(RtlAddAce(Acl, Revision, Index, Aces, Length));
}

BOOL WINAPI DeleteAce(PACL Acl, DWORD Index)
{
    return AdvResult(RtlDeleteAce(Acl, Index));
}

BOOL WINAPI GetAce(PACL Acl, DWORD Index, LPVOID *Ace)
{
    return AdvResult(RtlGetAce(Acl, Index, Ace));
}

BOOL WINAPI FindFirstFreeAce(PACL Acl, LPVOID *Ace)
{
    if (!RtlValidAcl(Acl)) {
        return AdvFail(ERROR_INVALID_ACL);
    }
    return RtlFirstFreeAce(Acl, Ace) || AdvFail(ERROR_INVALID_ACL);
}

BOOL WINAPI AddAccessAllowedAce(PACL Acl, DWORD Revision, DWORD Mask, PSID Sid)
{
    return AdvResult(RtlAddAccessAllowedAce(Acl, Revision, Mask, Sid));
}

BOOL WINAPI AddAccessAllowedAceEx(PACL Acl, DWORD Revision, DWORD Flags, DWORD Mask, PSID Sid)
{
    return AdvResult(RtlAddAccessAllowedAceEx(Acl, Revision, Flags, Mask, Sid));
}

BOOL WINAPI AddAccessDeniedAce(PACL Acl, DWORD Revision, DWORD Mask, PSID Sid)
{
    return AdvResult(RtlAddAccessDeniedAce(Acl, Revision, Mask, Sid));
}

BOOL WINAPI AddAccessDeniedAceEx(PACL Acl, DWORD Revision, DWORD Flags, DWORD Mask, PSID Sid)
{
    return AdvResult(RtlAddAccessDeniedAceEx(Acl, Revision, Flags, Mask, Sid));
}

BOOL WINAPI AddAuditAccessAce(PACL Acl, DWORD Revision, DWORD Mask, PSID Sid, BOOL Success, BOOL Failure)
{
    return AdvResult(RtlAddAuditAccessAce(Acl, Revision, Mask, Sid, Success != FALSE, Failure != FALSE));
}

BOOL WINAPI AddMandatoryAce(PACL Acl, DWORD Revision, DWORD Flags, DWORD Policy, PSID Label)
{
    return AdvResult(RtlAddMandatoryAce(Acl, Revision, Flags, Label, SYSTEM_MANDATORY_LABEL_ACE_TYPE, Policy));
}

/* Any entry with a SID, and for object entries one or two GUIDs. */
static BOOL AddAny(PACL Acl, DWORD Revision, UCHAR Type, DWORD Flags, DWORD Mask, const GUID *Object, const GUID *Inherited, PSID Sid)
{
    struct
    {
        ACE_HEADER Header;
        DWORD Mask;
        UCHAR Rest[4 + 2 * sizeof(GUID) + SECURITY_MAX_SID_SIZE];
    } Ace = {.Header = {.AceType = Type, .AceFlags = (BYTE)Flags}, .Mask = Mask};
    UCHAR *To = Ace.Rest;

    if (Sid == NULL || !RtlValidSid(Sid)) {
        return AdvFail(ERROR_INVALID_SID);
    }
    if (Flags & ~(DWORD)(VALID_INHERIT_FLAGS | SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG)) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    if (Type >= ACCESS_ALLOWED_OBJECT_ACE_TYPE && Type <= SYSTEM_ALARM_OBJECT_ACE_TYPE) {
        DWORD Present = (Object != NULL ? ACE_OBJECT_TYPE_PRESENT : 0) | (Inherited != NULL ? ACE_INHERITED_OBJECT_TYPE_PRESENT : 0);
        memcpy(To, &Present, sizeof(Present));
        To += sizeof(Present);
        if (Object != NULL) {
            memcpy(To, Object, sizeof(GUID));
            To += sizeof(GUID);
        }
        if (Inherited != NULL) {
            memcpy(To, Inherited, sizeof(GUID));
            To += sizeof(GUID);
        }
    }
    memcpy(To, Sid, RtlLengthSid(Sid));
    To += RtlLengthSid(Sid);
    Ace.Header.AceSize = (USHORT)(To - (UCHAR *)&Ace);
    return AdvResult(RtlAddAce(Acl, Revision, MAXDWORD, &Ace, Ace.Header.AceSize));
}

BOOL WINAPI AddAuditAccessAceEx(PACL Acl, DWORD Revision, DWORD Flags, DWORD Mask, PSID Sid, BOOL Success, BOOL Failure)
{
    Flags |= (Success ? SUCCESSFUL_ACCESS_ACE_FLAG : 0) | (Failure ? FAILED_ACCESS_ACE_FLAG : 0);
    return AddAny(Acl, Revision, SYSTEM_AUDIT_ACE_TYPE, Flags, Mask, NULL, NULL, Sid);
}

/* Without any type they are the plain entries, as on Windows. */
BOOL WINAPI AddAccessAllowedObjectAce(PACL Acl, DWORD Revision, DWORD Flags, DWORD Mask, GUID *Object, GUID *Inherited, PSID Sid)
{
    UCHAR Type = Object == NULL && Inherited == NULL ? ACCESS_ALLOWED_ACE_TYPE : ACCESS_ALLOWED_OBJECT_ACE_TYPE;

    return AddAny(Acl, Revision, Type, Flags, Mask, Object, Inherited, Sid);
}

BOOL WINAPI AddAccessDeniedObjectAce(PACL Acl, DWORD Revision, DWORD Flags, DWORD Mask, GUID *Object, GUID *Inherited, PSID Sid)
{
    UCHAR Type = Object == NULL && Inherited == NULL ? ACCESS_DENIED_ACE_TYPE : ACCESS_DENIED_OBJECT_ACE_TYPE;

    return AddAny(Acl, Revision, Type, Flags, Mask, Object, Inherited, Sid);
}

BOOL WINAPI AddAuditAccessObjectAce(PACL Acl, DWORD Revision, DWORD Flags, DWORD Mask, GUID *Object, GUID *Inherited, PSID Sid, BOOL Success,
                                    BOOL Failure)
{
    UCHAR Type = Object == NULL && Inherited == NULL ? SYSTEM_AUDIT_ACE_TYPE : SYSTEM_AUDIT_OBJECT_ACE_TYPE;

    Flags |= (Success ? SUCCESSFUL_ACCESS_ACE_FLAG : 0) | (Failure ? FAILED_ACCESS_ACE_FLAG : 0);
    return AddAny(Acl, Revision, Type, Flags, Mask, Object, Inherited, Sid);
}

VOID WINAPI MapGenericMask(PDWORD Mask, PGENERIC_MAPPING Mapping)
{
    RtlMapGenericMask(Mask, Mapping);
}

BOOL WINAPI AreAllAccessesGranted(DWORD Granted, DWORD Desired)
{
    return (~Granted & Desired) == 0;
}

BOOL WINAPI AreAnyAccessesGranted(DWORD Granted, DWORD Desired)
{
    return (Granted & Desired) != 0;
}

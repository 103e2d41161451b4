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

BOOL WINAPI AddAuditAccessAceEx(PACL Acl, DWORD Revision, DWORD Flags, DWORD Mask, PSID Sid, BOOL Success, BOOL Failure)
{
    return AdvResult(RtlAddAuditAccessAceEx(Acl, Revision, Flags, Mask, Sid, Success != FALSE, Failure != FALSE));
}

BOOL WINAPI AddAccessAllowedObjectAce(PACL Acl, DWORD Revision, DWORD Flags, DWORD Mask, GUID *Object, GUID *Inherited, PSID Sid)
{
    return AdvResult(RtlAddAccessAllowedObjectAce(Acl, Revision, Flags, Mask, Object, Inherited, Sid));
}

BOOL WINAPI AddAccessDeniedObjectAce(PACL Acl, DWORD Revision, DWORD Flags, DWORD Mask, GUID *Object, GUID *Inherited, PSID Sid)
{
    return AdvResult(RtlAddAccessDeniedObjectAce(Acl, Revision, Flags, Mask, Object, Inherited, Sid));
}

BOOL WINAPI AddAuditAccessObjectAce(PACL Acl, DWORD Revision, DWORD Flags, DWORD Mask, GUID *Object, GUID *Inherited, PSID Sid, BOOL Success,
                                    BOOL Failure)
{
    return AdvResult(RtlAddAuditAccessObjectAce(Acl, Revision, Flags, Mask, Object, Inherited, Sid, Success != FALSE, Failure != FALSE));
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

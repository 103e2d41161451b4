/* SPDX-License-Identifier: MIT */
/*
 * check.c - access checks on descriptors of the program's own: AccessCheck and its kin, memberships, privileges.
 *
 * The kernel decides, with the same code that guards its objects.  The result of a check that could be made is *AccessStatus, with the reason as last
 * error; FALSE means that it could not be made.
 */
#include "adv.h"

static BOOL Checked(NTSTATUS Status, NTSTATUS AccessStatus, LPBOOL Allowed)
{
    if (!NT_SUCCESS(Status)) {
        return AdvResult(Status);
    }
    *Allowed = NT_SUCCESS(AccessStatus);
    if (!*Allowed) {
        AdvResult(AccessStatus);
    }
    return TRUE;
}

BOOL WINAPI AccessCheck(PSECURITY_DESCRIPTOR Descriptor, HANDLE Token, DWORD Desired, PGENERIC_MAPPING Mapping, PPRIVILEGE_SET Privileges,
                        LPDWORD PrivilegesSize, LPDWORD Granted, LPBOOL Allowed)
{
    NTSTATUS AccessStatus = STATUS_SUCCESS;
    NTSTATUS Status = NtAccessCheck(Descriptor, Token, Desired, Mapping, Privileges, PrivilegesSize, Granted, &AccessStatus);

    return Checked(Status, AccessStatus, Allowed);
}

BOOL WINAPI AccessCheckByType(PSECURITY_DESCRIPTOR Descriptor, PSID Self, HANDLE Token, DWORD Desired, POBJECT_TYPE_LIST Types, DWORD TypeCount,
                              PGENERIC_MAPPING Mapping, PPRIVILEGE_SET Privileges, LPDWORD PrivilegesSize, LPDWORD Granted, LPBOOL Allowed)
{
    NTSTATUS AccessStatus = STATUS_SUCCESS;
    NTSTATUS Status = NtAccessCheckByType(Descriptor, Self, Token, Desired, Types, TypeCount, Mapping, Privileges, PrivilegesSize, Granted,
                                          &AccessStatus);

    return Checked(Status, AccessStatus, Allowed);
}

BOOL WINAPI AccessCheckByTypeResultList(PSECURITY_DESCRIPTOR Descriptor, PSID Self, HANDLE Token, DWORD Desired, POBJECT_TYPE_LIST Types,
                                        DWORD TypeCount, PGENERIC_MAPPING Mapping, PPRIVILEGE_SET Privileges, LPDWORD PrivilegesSize,
                                        LPDWORD Granted, LPDWORD Results)
{
    NTSTATUS Status = NtAccessCheckByTypeResultList(Descriptor, Self, Token, Desired, Types, TypeCount, Mapping, Privileges, PrivilegesSize,
                                                    Granted, (PNTSTATUS)Results);

    for (DWORD i = 0; NT_SUCCESS(Status) && i < TypeCount; i++) {
        Results[i] = AdvError((NTSTATUS)Results[i]);
    }
    return AdvResult(Status);
}

BOOL WINAPI PrivilegeCheck(HANDLE Token, PPRIVILEGE_SET Required, LPBOOL Result)
{
    BOOLEAN Held = FALSE;
    NTSTATUS Status = NtPrivilegeCheck(Token, Required, &Held);

    if (NT_SUCCESS(Status)) {
        *Result = Held;
    }
    return AdvResult(Status);
}

/*
 * Is the SID enabled in the token (NULL: the caller's)?  Asked as an access check against a descriptor that allows it one right, so that deny-only
 * groups and restrictions count as they do for objects.
 */
BOOL WINAPI CheckTokenMembership(HANDLE Token, PSID Sid, PBOOL Member)
{
    static const GENERIC_MAPPING Mapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_EXECUTE, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_ALL};
    UCHAR AclBuffer[sizeof(ACL) + sizeof(ACCESS_ALLOWED_ACE) + SECURITY_MAX_SID_SIZE] __attribute__((aligned(8)));
    PRIVILEGE_SET Privileges;
    ULONG Length = sizeof(Privileges);
    SECURITY_DESCRIPTOR Descriptor;
    ACCESS_MASK Granted;
    NTSTATUS Status, AccessStatus;
    HANDLE Own = NULL;

    *Member = FALSE;
    if (Sid == NULL || !RtlValidSid(Sid)) {
        return AdvFail(ERROR_INVALID_SID);
    }
    if (Token == NULL) {
        Status = NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &Own);
        if (Status == STATUS_NO_TOKEN) {
            HANDLE Primary;
            Status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &Primary);
            if (NT_SUCCESS(Status)) {
                Status = DuplicateToken(Primary, SecurityIdentification, &Own) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
                NtClose(Primary);
            }
        }
        if (!NT_SUCCESS(Status)) {
            return AdvResult(Status);
        }
        Token = Own;
    }
    RtlCreateAcl((PACL)AclBuffer, sizeof(AclBuffer), ACL_REVISION);
    RtlAddAccessAllowedAce((PACL)AclBuffer, ACL_REVISION, 1, Sid);
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&Descriptor, Sid, FALSE);
    RtlSetGroupSecurityDescriptor(&Descriptor, Sid, FALSE);
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, (PACL)AclBuffer, FALSE);
    Status = NtAccessCheck(&Descriptor, Token, 1, (PGENERIC_MAPPING)&Mapping, &Privileges, &Length, &Granted, &AccessStatus);
    if (NT_SUCCESS(Status)) {
        *Member = NT_SUCCESS(AccessStatus) && Granted == 1;
    }
    if (Own != NULL) {
        NtClose(Own);
    }
    return AdvResult(Status);
}

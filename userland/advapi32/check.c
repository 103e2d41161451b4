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

BOOL WINAPI CheckTokenMembership(HANDLE Token, PSID Sid, PBOOL Member)
{
    BOOLEAN Is = FALSE;
    NTSTATUS Status = RtlCheckTokenMembership(Token, Sid, &Is);

    *Member = Is;
    return AdvResult(Status);
}

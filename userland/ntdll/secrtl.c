/* SPDX-License-Identifier: MIT */
/*
 * secrtl.c - what ntdll has of security beyond the kernel's routines: impersonating oneself, privileges for a while, membership, small copies.
 */
#include "ntdllp.h"
#include "secapi.h"

/* ---- the resource manager's byte ---------------------------------------------------------------------------------------------------- */

BOOLEAN NTAPI RtlGetSecurityDescriptorRMControl(PSECURITY_DESCRIPTOR Descriptor, PUCHAR Control)
{
    const SECURITY_DESCRIPTOR *Head = Descriptor;

    *Control = Head->Control & SE_RM_CONTROL_VALID ? Head->Sbz1 : 0;
    return (Head->Control & SE_RM_CONTROL_VALID) != 0;
}

VOID NTAPI RtlSetSecurityDescriptorRMControl(PSECURITY_DESCRIPTOR Descriptor, PUCHAR Control)
{
    SECURITY_DESCRIPTOR *Head = Descriptor;

    Head->Sbz1 = Control != NULL ? *Control : 0;
    Head->Control = Control != NULL ? Head->Control | SE_RM_CONTROL_VALID : Head->Control & (SECURITY_DESCRIPTOR_CONTROL)~SE_RM_CONTROL_VALID;
}

NTSTATUS NTAPI RtlSetInformationAcl(PACL Acl, PVOID Information, ULONG Length, ACL_INFORMATION_CLASS Class)
{
    ULONG Revision;

    if (Class != AclRevisionInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < sizeof Revision)
        return STATUS_BUFFER_TOO_SMALL;
    Revision = *(PULONG)Information;
    if (Revision < MIN_ACL_REVISION || Revision > MAX_ACL_REVISION || Acl->AclRevision > Revision)
        return STATUS_INVALID_PARAMETER;
    Acl->AclRevision = (UCHAR)Revision;
    return STATUS_SUCCESS;
}

/* ---- copies ------------------------------------------------------------------------------------------------------------------------- */

BOOLEAN NTAPI RtlEqualLuid(PLUID First, PLUID Second)
{
    return First->LowPart == Second->LowPart && First->HighPart == Second->HighPart;
}

VOID NTAPI RtlCopyLuid(PLUID Target, PLUID Source)
{
    *Target = *Source;
}

VOID NTAPI RtlCopyLuidAndAttributesArray(ULONG Count, PLUID_AND_ATTRIBUTES Source, PLUID_AND_ATTRIBUTES Target)
{
    memcpy(Target, Source, Count * sizeof *Source);
}

/* The SIDs go to Sids, which has SidsLength bytes; what is left of both is told. */
NTSTATUS NTAPI RtlCopySidAndAttributesArray(ULONG Count, PSID_AND_ATTRIBUTES Source, ULONG SidsLength, PSID_AND_ATTRIBUTES Target, PSID Sids,
                                            PSID *NextSid, PULONG RemainingLength)
{
    for (ULONG i = 0; i < Count; i++) {
        ULONG Length = RtlLengthSid(Source[i].Sid);
        if (Length > SidsLength)
            return STATUS_BUFFER_TOO_SMALL;
        Target[i].Sid = Sids;
        Target[i].Attributes = Source[i].Attributes;
        RtlCopySid(Length, Sids, Source[i].Sid);
        Sids = (PUCHAR)Sids + Length;
        SidsLength -= Length;
    }
    *NextSid = Sids;
    *RemainingLength = SidsLength;
    return STATUS_SUCCESS;
}

/* ---- impersonation and privileges ---------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI RtlImpersonateSelfEx(SECURITY_IMPERSONATION_LEVEL Level, ACCESS_MASK AdditionalAccess, PHANDLE ThreadToken)
{
    SECURITY_QUALITY_OF_SERVICE Quality = {sizeof Quality, Level, SECURITY_DYNAMIC_TRACKING, FALSE};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Primary, Token;

    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    Attributes.SecurityQualityOfService = &Quality;
    NTSTATUS Status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_DUPLICATE, &Primary);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = NtDuplicateToken(Primary, TOKEN_IMPERSONATE | AdditionalAccess, &Attributes, FALSE, TokenImpersonation, &Token);
    NtClose(Primary);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = NtSetInformationThread(NtCurrentThread(), (THREADINFOCLASS)5 /* ThreadImpersonationToken */, &Token, sizeof Token);
    if (NT_SUCCESS(Status) && ThreadToken != NULL)
        *ThreadToken = Token;
    else
        NtClose(Token);
    return Status;
}

NTSTATUS NTAPI RtlImpersonateSelf(SECURITY_IMPERSONATION_LEVEL Level)
{
    return RtlImpersonateSelfEx(Level, 0, NULL);
}

/* What RtlAcquirePrivilege returns: how it was before. */
typedef struct _ACQUIRED {
    HANDLE Token;       /* adjusted */
    HANDLE OldThread;   /* what the thread impersonated */
    bool Impersonating; /* a copy of the process' token, put on the thread for this */
    TOKEN_PRIVILEGES *Old;
} ACQUIRED;

#define RTL_ACQUIRE_PRIVILEGE_REVERT 1u
#define RTL_ACQUIRE_PRIVILEGE_PROCESS 2u
#define MANY_PRIVILEGES 64

VOID NTAPI RtlReleasePrivilege(PVOID State)
{
    ACQUIRED *Acquired = State;

    if (Acquired->Impersonating)
        NtSetInformationThread(NtCurrentThread(), (THREADINFOCLASS)5, &Acquired->OldThread, sizeof(HANDLE));
    else if (Acquired->Token != NULL && Acquired->Old != NULL)
        NtAdjustPrivilegesToken(Acquired->Token, FALSE, Acquired->Old, 0, NULL, NULL);
    if (Acquired->Token != NULL)
        NtClose(Acquired->Token);
    if (Acquired->OldThread != NULL)
        NtClose(Acquired->OldThread);
    Free(Acquired->Old);
    Free(Acquired);
}

static NTSTATUS TokenToAdjust(ACQUIRED *Acquired, ULONG Flags)
{
    const ACCESS_MASK Access = TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY;
    NTSTATUS Status = NtOpenThreadToken(NtCurrentThread(), TOKEN_IMPERSONATE | Access, FALSE, &Acquired->OldThread);

    if (Flags & RTL_ACQUIRE_PRIVILEGE_PROCESS)
        return NtOpenProcessToken(NtCurrentProcess(), Access, &Acquired->Token);
    if (NT_SUCCESS(Status) && !(Flags & RTL_ACQUIRE_PRIVILEGE_REVERT)) {
        Acquired->Token = Acquired->OldThread;
        Acquired->OldThread = NULL;
        return STATUS_SUCCESS;
    }
    if (!NT_SUCCESS(Status) && Status != STATUS_NO_TOKEN)
        return Status;
    Status = RtlImpersonateSelfEx(SecurityDelegation, Access, &Acquired->Token);
    Acquired->Impersonating = NT_SUCCESS(Status);
    return Status;
}

NTSTATUS NTAPI RtlAcquirePrivilege(PULONG Privileges, ULONG Count, ULONG Flags, PVOID *State)
{
    ULONG Length = (ULONG)(offsetof(TOKEN_PRIVILEGES, Privileges) + MANY_PRIVILEGES * sizeof(LUID_AND_ATTRIBUTES));
    ACQUIRED *Acquired;
    TOKEN_PRIVILEGES *New;

    *State = NULL;
    if (Count > MANY_PRIVILEGES || Flags & ~(RTL_ACQUIRE_PRIVILEGE_REVERT | RTL_ACQUIRE_PRIVILEGE_PROCESS))
        return STATUS_INVALID_PARAMETER;
    Acquired = AllocateZero(sizeof *Acquired);
    New = AllocateZero(Length);
    if (Acquired == NULL || New == NULL || (Acquired->Old = AllocateZero(Length)) == NULL) {
        Free(Acquired);
        Free(New);
        return STATUS_NO_MEMORY;
    }
    New->PrivilegeCount = Count;
    for (ULONG i = 0; i < Count; i++)
        New->Privileges[i] = (LUID_AND_ATTRIBUTES){{Privileges[i], 0}, SE_PRIVILEGE_ENABLED};
    NTSTATUS Status = TokenToAdjust(Acquired, Flags);
    if (NT_SUCCESS(Status))
        Status = NtAdjustPrivilegesToken(Acquired->Token, FALSE, New, Length, Acquired->Old, &Length);
    if (Status == STATUS_NOT_ALL_ASSIGNED)
        Status = STATUS_PRIVILEGE_NOT_HELD;
    Free(New);
    if (NT_SUCCESS(Status))
        *State = Acquired;
    else
        RtlReleasePrivilege(Acquired);
    return Status;
}

/* ---- membership -------------------------------------------------------------------------------------------------------------------- */

/* A token that can be checked against: the thread's, else a copy of the process'. */
static NTSTATUS OwnToken(PHANDLE Token)
{
    SECURITY_QUALITY_OF_SERVICE Quality = {sizeof Quality, SecurityIdentification, SECURITY_DYNAMIC_TRACKING, FALSE};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Primary;
    NTSTATUS Status = NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, Token);

    if (Status != STATUS_NO_TOKEN)
        return Status;
    Status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &Primary);
    if (!NT_SUCCESS(Status))
        return Status;
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    Attributes.SecurityQualityOfService = &Quality;
    Status = NtDuplicateToken(Primary, TOKEN_QUERY, &Attributes, FALSE, TokenImpersonation, Token);
    NtClose(Primary);
    return Status;
}

/*
 * Is the SID enabled in the token (NULL: the caller's)?  Asked as an access check against a descriptor that allows it one right, so that deny-only
 * groups and restrictions count as they do for objects.
 */
NTSTATUS NTAPI RtlCheckTokenMembershipEx(HANDLE Token, PSID Sid, ULONG Flags, PBOOLEAN Member)
{
    static const GENERIC_MAPPING Mapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_EXECUTE, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_ALL};
    UCHAR Acl[sizeof(ACL) + sizeof(ACCESS_ALLOWED_ACE) + SECURITY_MAX_SID_SIZE] __attribute__((aligned(8)));
    PRIVILEGE_SET Privileges;
    ULONG Length = sizeof Privileges;
    SECURITY_DESCRIPTOR Descriptor;
    ACCESS_MASK Granted;
    NTSTATUS Status = STATUS_SUCCESS, AccessStatus;
    HANDLE Own = NULL;

    *Member = FALSE;
    if (Flags & ~CTMF_VALID_FLAGS)
        return STATUS_INVALID_PARAMETER;
    if (Sid == NULL || !RtlValidSid(Sid))
        return STATUS_INVALID_SID;
    if (Token == NULL) {
        Status = OwnToken(&Own);
        Token = Own;
    }
    if (!NT_SUCCESS(Status))
        return Status;
    RtlCreateAcl((PACL)Acl, sizeof Acl, ACL_REVISION);
    RtlAddAccessAllowedAce((PACL)Acl, ACL_REVISION, 1, Sid);
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&Descriptor, Sid, FALSE);
    RtlSetGroupSecurityDescriptor(&Descriptor, Sid, FALSE);
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, (PACL)Acl, FALSE);
    Status = NtAccessCheck(&Descriptor, Token, 1, (PGENERIC_MAPPING)&Mapping, &Privileges, &Length, &Granted, &AccessStatus);
    *Member = NT_SUCCESS(Status) && NT_SUCCESS(AccessStatus) && Granted == 1;
    if (Own != NULL)
        NtClose(Own);
    return Status;
}

NTSTATUS NTAPI RtlCheckTokenMembership(HANDLE Token, PSID Sid, PBOOLEAN Member)
{
    return RtlCheckTokenMembershipEx(Token, Sid, 0, Member);
}

/* S-1-15-3-...; no token here has any, and one that is no app container's is asked for group membership on Windows, too. */
NTSTATUS NTAPI RtlCheckTokenCapability(HANDLE Token, PSID Capability, PBOOLEAN Has)
{
    return RtlCheckTokenMembershipEx(Token, Capability, 0, Has);
}

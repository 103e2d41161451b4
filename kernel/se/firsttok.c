/* SPDX-License-Identifier: MIT */
/*
 * firsttok.c - the token that comes from nowhere, the system's; and those of processes, which come from it.
 *
 * On Windows lsass makes all others (NtCreateToken after a logon).  There is no logon here, so every program works with this one unless somebody
 * who may makes another.
 */
#include "sep.h"

#define GROUP_ON (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)
#define GROUP_LABEL (SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED)

typedef struct _SEP_SMALL_DACL
{
    ACL Acl;
    UCHAR Aces[80];
} SEP_SMALL_DACL;

/* SYSTEM all, Administrators may look. */
static NTSTATUS SepMakeSystemDacl(SEP_SMALL_DACL *Dacl)
{
    PUCHAR Free;
    NTSTATUS Status = RtlCreateAcl(&Dacl->Acl, sizeof(*Dacl), ACL_REVISION);

    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(&Dacl->Acl, ACL_REVISION, GENERIC_ALL, SepExports.SeLocalSystemSid);
    }
    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(&Dacl->Acl, ACL_REVISION, GENERIC_READ | GENERIC_EXECUTE | READ_CONTROL, SepExports.SeAliasAdminsSid);
    }
    if (NT_SUCCESS(Status)) {
        RtlFirstFreeAce(&Dacl->Acl, (PVOID *)&Free);
        Dacl->Acl.AclSize = (USHORT)(Free - (PUCHAR)Dacl);
    }
    return Status;
}

PACCESS_TOKEN SeMakeSystemToken(void)
{
    SID_AND_ATTRIBUTES Sids[] = {
        {SepExports.SeLocalSystemSid, 0},
        {SepExports.SeAliasAdminsSid, SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER},
        {SepExports.SeWorldSid, GROUP_ON},
        {SepExports.SeAuthenticatedUsersSid, GROUP_ON},
        {SepExports.SeSystemMandatorySid, GROUP_LABEL},
    };
    SEP_SMALL_DACL Dacl;
    SEP_TOKEN_SPEC Spec = {
        .Type = TokenPrimary,
        .AuthenticationId = SYSTEM_LUID,
        .ExpirationTime.QuadPart = MAXLONGLONG,
        .UserAndGroups = Sids,
        .UserAndGroupCount = RTL_NUMBER_OF(Sids),
        .PrivilegesPresent = SEP_ALL_PRIVILEGES,
        .PrivilegesEnabled = SEP_ALL_PRIVILEGES,
        .PrivilegesEnabledByDefault = SEP_ALL_PRIVILEGES,
        .DefaultOwnerIndex = 1,
        .PrimaryGroupIndex = 0,
        .DefaultDacl = &Dacl.Acl,
        .Source = {"*SYSTEM*", {0, 0}},
        .MandatoryPolicy = TOKEN_MANDATORY_POLICY_NO_WRITE_UP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN,
    };
    PTOKEN Token = NULL;
    NTSTATUS Status = SepMakeSystemDacl(&Dacl);

    if (NT_SUCCESS(Status)) {
        Status = SepCreateToken(&Spec, KernelMode, NULL, &Token);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObInsertObject(Token, NULL, 0, 0, NULL, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        KeBugCheckEx(0x60 /* SECURITY_INITIALIZATION_FAILED */, 3, (ULONG)Status, 0, 0);
    }
    return Token;
}

/* ---- tokens of processes ------------------------------------------------------------------------------------------------------------------ */

/* Whether the caller could have made Token from its own: a restricted copy of it, or a copy from the same source and logon. */
static BOOLEAN SepIsOwnToken(PTOKEN Token)
{
    PTOKEN Own = PsReferencePrimaryToken(PsGetCurrentProcess());
    BOOLEAN Child = RtlEqualLuid(&Token->ParentTokenId, &Own->TokenId);
    BOOLEAN Sibling = RtlEqualLuid(&Token->ParentTokenId, &Own->ParentTokenId) && RtlEqualLuid(&Token->AuthenticationId, &Own->AuthenticationId);

    ObfDereferenceObject(Own);
    return Child || Sibling;
}

/*
 * Another user's token is protected as he protects what he makes, so that he can use it; one below medium integrity is labelled so, for the same reason.
 * Stranger: it is given by somebody else.
 */
static NTSTATUS SepDuplicateForProcess(PTOKEN Source, BOOLEAN Stranger, PTOKEN *Token)
{
    OBJECT_ATTRIBUTES Attributes;
    SECURITY_DESCRIPTOR Descriptor;
    SEP_LABEL_ACL Label;
    PACL Dacl;
    ULONG Level;
    NTSTATUS Status;

    if (!Stranger) {
        return SepDuplicateToken(Source, NULL, FALSE, TokenPrimary, SecurityAnonymous, KernelMode, Token);
    }
    ExAcquirePushLockShared_(&Source->TokenLock);
    Dacl = SepShareDacl(Source->DefaultDacl);
    Level = SepTokenIntegrityLevel(Source);
    ExReleasePushLockShared_(&Source->TokenLock);
    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Descriptor, Dacl != NULL, Dacl, FALSE);
    if (Level < SECURITY_MANDATORY_MEDIUM_RID) {
        SepMakeLabelAcl(Level, &Label);
        RtlSetSaclSecurityDescriptor(&Descriptor, TRUE, &Label.Acl, FALSE);
    }
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, &Descriptor);
    Status = SepDuplicateToken(Source, &Attributes, FALSE, TokenPrimary, SecurityAnonymous, KernelMode, Token);
    SepReleaseDacl(Dacl);
    return Status;
}

NTSTATUS SeSubProcessToken(PEPROCESS Parent, PACCESS_TOKEN Explicit, PACCESS_TOKEN *Result)
{
    PTOKEN Source = Explicit, Token;
    NTSTATUS Status;

    PAGED_CODE();
    if (Explicit != NULL) {
        if (Source->TokenType != TokenPrimary) {
            return STATUS_BAD_TOKEN_TYPE;
        }
        if (!SepIsOwnToken(Source) && !SeSinglePrivilegeCheck(SepExports.SeAssignPrimaryTokenPrivilege, ExGetPreviousMode())) {
            return STATUS_PRIVILEGE_NOT_HELD;
        }
        ObfReferenceObject(Source);
    } else {
        Source = PsReferencePrimaryToken(Parent);
    }
    Status = SepDuplicateForProcess(Source, Explicit != NULL, &Token);
    ObfDereferenceObject(Source);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObInsertObject(Token, NULL, 0, 0, NULL, NULL);
    if (NT_SUCCESS(Status)) {
        *Result = Token;
    }
    return Status;
}

void SeAssignPrimaryToken(PEPROCESS Process, PACCESS_TOKEN AccessToken)
{
    PTOKEN Token = AccessToken, Old;

    ASSERT(Token->TokenType == TokenPrimary);
    Token->TokenInUse = 1;
    ExAcquirePushLockExclusive_(&Process->TokenLock);
    Old = Process->Token;
    Process->Token = Token;
    ExReleasePushLockExclusive_(&Process->TokenLock);
    if (Old != NULL) {
        Old->TokenInUse = 0;
        ObfDereferenceObject(Old);
    }
}

void SeDeassignPrimaryToken(PEPROCESS Process)
{
    PTOKEN Old;

    ExAcquirePushLockExclusive_(&Process->TokenLock);
    Old = Process->Token;
    Process->Token = NULL;
    ExReleasePushLockExclusive_(&Process->TokenLock);
    if (Old != NULL) {
        ObfDereferenceObject(Old);
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * firsttok.c - the tokens that come from nowhere: the system's and the first user's; and those of processes, which come from them.
 *
 * On Windows the second is lsass's work (NtCreateToken after a logon).  There is no logon here yet, so the kernel makes a token for the
 * machine's one account: an administrator at high integrity, in session 0.
 */
#include "sep.h"

#define GROUP_ON (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)
#define GROUP_LABEL (SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED)

/* What an elevated administrator holds on Windows 10. */
#define ADMINISTRATOR_PRIVILEGES                                                                                                          \
    (SEP_PRIVILEGE(SE_INCREASE_QUOTA_PRIVILEGE) | SEP_PRIVILEGE(SE_SECURITY_PRIVILEGE) | SEP_PRIVILEGE(SE_TAKE_OWNERSHIP_PRIVILEGE) |      \
     SEP_PRIVILEGE(SE_LOAD_DRIVER_PRIVILEGE) | SEP_PRIVILEGE(SE_SYSTEM_PROFILE_PRIVILEGE) | SEP_PRIVILEGE(SE_SYSTEMTIME_PRIVILEGE) |       \
     SEP_PRIVILEGE(SE_PROF_SINGLE_PROCESS_PRIVILEGE) | SEP_PRIVILEGE(SE_INC_BASE_PRIORITY_PRIVILEGE) |                                    \
     SEP_PRIVILEGE(SE_CREATE_PAGEFILE_PRIVILEGE) | SEP_PRIVILEGE(SE_BACKUP_PRIVILEGE) | SEP_PRIVILEGE(SE_RESTORE_PRIVILEGE) |             \
     SEP_PRIVILEGE(SE_SHUTDOWN_PRIVILEGE) | SEP_PRIVILEGE(SE_DEBUG_PRIVILEGE) | SEP_PRIVILEGE(SE_SYSTEM_ENVIRONMENT_PRIVILEGE) |          \
     SEP_PRIVILEGE(SE_CHANGE_NOTIFY_PRIVILEGE) | SEP_PRIVILEGE(SE_REMOTE_SHUTDOWN_PRIVILEGE) | SEP_PRIVILEGE(SE_UNDOCK_PRIVILEGE) |       \
     SEP_PRIVILEGE(SE_MANAGE_VOLUME_PRIVILEGE) | SEP_PRIVILEGE(SE_IMPERSONATE_PRIVILEGE) | SEP_PRIVILEGE(SE_CREATE_GLOBAL_PRIVILEGE) |    \
     SEP_PRIVILEGE(SE_INC_WORKING_SET_PRIVILEGE) | SEP_PRIVILEGE(SE_TIME_ZONE_PRIVILEGE) | SEP_PRIVILEGE(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE))
#define ADMINISTRATOR_ENABLED                                                                                                             \
    (SEP_PRIVILEGE(SE_CHANGE_NOTIFY_PRIVILEGE) | SEP_PRIVILEGE(SE_IMPERSONATE_PRIVILEGE) | SEP_PRIVILEGE(SE_CREATE_GLOBAL_PRIVILEGE))

typedef struct _SEP_SMALL_DACL
{
    ACL Acl;
    UCHAR Aces[160];
} SEP_SMALL_DACL;

/* Two or, if Third is given, three allowing entries; the third reads. */
static NTSTATUS SepMakeDefaultDacl(SEP_SMALL_DACL *Dacl, PSID Owner, PSID Second, ACCESS_MASK SecondAccess, PSID Third)
{
    PUCHAR Free;
    NTSTATUS Status = RtlCreateAcl(&Dacl->Acl, sizeof(*Dacl), ACL_REVISION);

    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(&Dacl->Acl, ACL_REVISION, GENERIC_ALL, Owner);
    }
    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(&Dacl->Acl, ACL_REVISION, SecondAccess, Second);
    }
    if (NT_SUCCESS(Status) && Third != NULL) {
        Status = RtlAddAccessAllowedAce(&Dacl->Acl, ACL_REVISION, GENERIC_READ | GENERIC_EXECUTE, Third);
    }
    if (NT_SUCCESS(Status)) {
        RtlFirstFreeAce(&Dacl->Acl, (PVOID *)&Free);
        Dacl->Acl.AclSize = (USHORT)(Free - (PUCHAR)Dacl);
    }
    return Status;
}

static PTOKEN SepMakeFirstToken(SEP_TOKEN_SPEC *Spec, SEP_SMALL_DACL *Dacl)
{
    PTOKEN Token;
    NTSTATUS Status;

    Spec->Type = TokenPrimary;
    Spec->ExpirationTime.QuadPart = MAXLONGLONG;
    Spec->MandatoryPolicy = TOKEN_MANDATORY_POLICY_NO_WRITE_UP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN;
    Spec->DefaultDacl = &Dacl->Acl;
    Status = SepCreateToken(Spec, KernelMode, NULL, &Token);
    if (NT_SUCCESS(Status)) {
        Status = ObInsertObject(Token, NULL, 0, 0, NULL, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        KeBugCheckEx(0x60 /* SECURITY_INITIALIZATION_FAILED */, 3, (ULONG)Status, 0, 0);
    }
    return Token;
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
    SEP_TOKEN_SPEC Spec = {
        .AuthenticationId = SYSTEM_LUID,
        .UserAndGroups = Sids,
        .UserAndGroupCount = RTL_NUMBER_OF(Sids),
        .PrivilegesPresent = SEP_ALL_PRIVILEGES,
        .PrivilegesEnabled = SEP_ALL_PRIVILEGES,
        .PrivilegesEnabledByDefault = SEP_ALL_PRIVILEGES,
        .DefaultOwnerIndex = 1,
        .PrimaryGroupIndex = 0,
        .Source = {"*SYSTEM*", {0, 0}},
    };
    SEP_SMALL_DACL Dacl;
    NTSTATUS Status = SepMakeDefaultDacl(&Dacl, SepExports.SeLocalSystemSid, SepExports.SeAliasAdminsSid,
                                         GENERIC_READ | GENERIC_EXECUTE | READ_CONTROL, NULL);

    ASSERT(NT_SUCCESS(Status));
    (void)Status;
    return SepMakeFirstToken(&Spec, &Dacl);
}

PACCESS_TOKEN SeMakeUserToken(void)
{
    SID_AND_ATTRIBUTES Sids[] = {
        {SepUserSid, 0},
        {SepExports.SeWorldSid, GROUP_ON},
        {SepExports.SeAliasAdminsSid, GROUP_ON | SE_GROUP_OWNER},
        {SepExports.SeAliasUsersSid, GROUP_ON},
        {SepExports.SeInteractiveSid, GROUP_ON},
        {SepExports.SeAuthenticatedUsersSid, GROUP_ON},
        {SepLogonSid, GROUP_ON | SE_GROUP_LOGON_ID},
        {SepExports.SeLocalSid, GROUP_ON},
        {SepExports.SeHighMandatorySid, GROUP_LABEL},
    };
    SEP_TOKEN_SPEC Spec = {
        .AuthenticationId = {0x103E9, 0},
        .UserAndGroups = Sids,
        .UserAndGroupCount = RTL_NUMBER_OF(Sids),
        .PrivilegesPresent = ADMINISTRATOR_PRIVILEGES,
        .PrivilegesEnabled = ADMINISTRATOR_ENABLED,
        .PrivilegesEnabledByDefault = ADMINISTRATOR_ENABLED,
        .DefaultOwnerIndex = 2,
        .PrimaryGroupIndex = 3,
        .Source = {"User32 ", {0, 0}},
        .OriginatingLogonSession = SYSTEM_LUID,
    };
    SEP_SMALL_DACL Dacl;
    NTSTATUS Status = SepMakeDefaultDacl(&Dacl, SepExports.SeAliasAdminsSid, SepExports.SeLocalSystemSid, GENERIC_ALL, SepLogonSid);

    ASSERT(NT_SUCCESS(Status));
    (void)Status;
    return SepMakeFirstToken(&Spec, &Dacl);
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

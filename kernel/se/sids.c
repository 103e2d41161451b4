/* SPDX-License-Identifier: MIT */
/*
 * sids.c - the SIDs, privileges and descriptors that everybody knows.
 *
 * SeExports is what drivers see of them.  Ready-made descriptors are self-relative, so that ob's cache takes them as they are.
 */
#include "sep.h"

#define SID_OF(name, authority, count, ...)                                                                                            \
    static struct                                                                                                                       \
    {                                                                                                                                   \
        UCHAR Revision, Count, Authority[6];                                                                                            \
        ULONG Sub[(count)];                                                                                                             \
    } name = {1, (count), {0, 0, 0, 0, 0, (authority)}, {__VA_ARGS__}}

SID_OF(SepNullSid, 0, 1, 0);
SID_OF(SepWorldSid, 1, 1, 0);
SID_OF(SepLocalSid, 2, 1, 0);
SID_OF(SepCreatorOwnerSid, 3, 1, 0);
SID_OF(SepCreatorGroupSid, 3, 1, 1);
SID_OF(SepOwnerRightsSid, 3, 1, 4);
static struct
{
    UCHAR Revision, Count, Authority[6];
} SepNtAuthoritySid = {1, 0, {0, 0, 0, 0, 0, 5}};
SID_OF(SepDialupSid, 5, 1, 1);
SID_OF(SepNetworkSid, 5, 1, 2);
SID_OF(SepBatchSid, 5, 1, 3);
SID_OF(SepInteractiveSid, 5, 1, 4);
SID_OF(SepAnonymousSid, 5, 1, 7);
SID_OF(SepAuthenticatedUsersSid, 5, 1, 11);
SID_OF(SepRestrictedSid, 5, 1, 12);
SID_OF(SepIUserSid, 5, 1, 17);
SID_OF(SepLocalSystemSid, 5, 1, 18);
SID_OF(SepLocalServiceSid, 5, 1, 19);
SID_OF(SepNetworkServiceSid, 5, 1, 20);
SID_OF(SepAliasAdminsSid, 5, 2, 32, 544);
SID_OF(SepAliasUsersSid, 5, 2, 32, 545);
SID_OF(SepAliasGuestsSid, 5, 2, 32, 546);
SID_OF(SepAliasPowerUsersSid, 5, 2, 32, 547);
SID_OF(SepAliasAccountOpsSid, 5, 2, 32, 548);
SID_OF(SepAliasSystemOpsSid, 5, 2, 32, 549);
SID_OF(SepAliasPrintOpsSid, 5, 2, 32, 550);
SID_OF(SepAliasBackupOpsSid, 5, 2, 32, 551);
SID_OF(SepUntrustedSid, 16, 1, SECURITY_MANDATORY_UNTRUSTED_RID);
SID_OF(SepLowSid, 16, 1, SECURITY_MANDATORY_LOW_RID);
SID_OF(SepMediumSid, 16, 1, SECURITY_MANDATORY_MEDIUM_RID);
SID_OF(SepHighSid, 16, 1, SECURITY_MANDATORY_HIGH_RID);
SID_OF(SepSystemSid, 16, 1, SECURITY_MANDATORY_SYSTEM_RID);

#define PRIVILEGE(n) {SE_##n##_PRIVILEGE, 0}
SE_EXPORTS SepExports = {
    .SeCreateTokenPrivilege = PRIVILEGE(CREATE_TOKEN),
    .SeAssignPrimaryTokenPrivilege = PRIVILEGE(ASSIGNPRIMARYTOKEN),
    .SeLockMemoryPrivilege = PRIVILEGE(LOCK_MEMORY),
    .SeIncreaseQuotaPrivilege = PRIVILEGE(INCREASE_QUOTA),
    .SeUnsolicitedInputPrivilege = PRIVILEGE(MACHINE_ACCOUNT),
    .SeTcbPrivilege = PRIVILEGE(TCB),
    .SeSecurityPrivilege = PRIVILEGE(SECURITY),
    .SeTakeOwnershipPrivilege = PRIVILEGE(TAKE_OWNERSHIP),
    .SeLoadDriverPrivilege = PRIVILEGE(LOAD_DRIVER),
    .SeCreatePagefilePrivilege = PRIVILEGE(CREATE_PAGEFILE),
    .SeIncreaseBasePriorityPrivilege = PRIVILEGE(INC_BASE_PRIORITY),
    .SeSystemProfilePrivilege = PRIVILEGE(SYSTEM_PROFILE),
    .SeSystemtimePrivilege = PRIVILEGE(SYSTEMTIME),
    .SeProfileSingleProcessPrivilege = PRIVILEGE(PROF_SINGLE_PROCESS),
    .SeCreatePermanentPrivilege = PRIVILEGE(CREATE_PERMANENT),
    .SeBackupPrivilege = PRIVILEGE(BACKUP),
    .SeRestorePrivilege = PRIVILEGE(RESTORE),
    .SeShutdownPrivilege = PRIVILEGE(SHUTDOWN),
    .SeDebugPrivilege = PRIVILEGE(DEBUG),
    .SeAuditPrivilege = PRIVILEGE(AUDIT),
    .SeSystemEnvironmentPrivilege = PRIVILEGE(SYSTEM_ENVIRONMENT),
    .SeChangeNotifyPrivilege = PRIVILEGE(CHANGE_NOTIFY),
    .SeRemoteShutdownPrivilege = PRIVILEGE(REMOTE_SHUTDOWN),
    .SeNullSid = &SepNullSid,
    .SeWorldSid = &SepWorldSid,
    .SeLocalSid = &SepLocalSid,
    .SeCreatorOwnerSid = &SepCreatorOwnerSid,
    .SeCreatorGroupSid = &SepCreatorGroupSid,
    .SeNtAuthoritySid = &SepNtAuthoritySid,
    .SeDialupSid = &SepDialupSid,
    .SeNetworkSid = &SepNetworkSid,
    .SeBatchSid = &SepBatchSid,
    .SeInteractiveSid = &SepInteractiveSid,
    .SeLocalSystemSid = &SepLocalSystemSid,
    .SeAliasAdminsSid = &SepAliasAdminsSid,
    .SeAliasUsersSid = &SepAliasUsersSid,
    .SeAliasGuestsSid = &SepAliasGuestsSid,
    .SeAliasPowerUsersSid = &SepAliasPowerUsersSid,
    .SeAliasAccountOpsSid = &SepAliasAccountOpsSid,
    .SeAliasSystemOpsSid = &SepAliasSystemOpsSid,
    .SeAliasPrintOpsSid = &SepAliasPrintOpsSid,
    .SeAliasBackupOpsSid = &SepAliasBackupOpsSid,
    .SeAuthenticatedUsersSid = &SepAuthenticatedUsersSid,
    .SeRestrictedSid = &SepRestrictedSid,
    .SeAnonymousLogonSid = &SepAnonymousSid,
    .SeUndockPrivilege = PRIVILEGE(UNDOCK),
    .SeSyncAgentPrivilege = PRIVILEGE(SYNC_AGENT),
    .SeEnableDelegationPrivilege = PRIVILEGE(ENABLE_DELEGATION),
    .SeLocalServiceSid = &SepLocalServiceSid,
    .SeNetworkServiceSid = &SepNetworkServiceSid,
    .SeManageVolumePrivilege = PRIVILEGE(MANAGE_VOLUME),
    .SeImpersonatePrivilege = PRIVILEGE(IMPERSONATE),
    .SeCreateGlobalPrivilege = PRIVILEGE(CREATE_GLOBAL),
    .SeTrustedCredManAccessPrivilege = PRIVILEGE(TRUSTED_CREDMAN_ACCESS),
    .SeRelabelPrivilege = PRIVILEGE(RELABEL),
    .SeIncreaseWorkingSetPrivilege = PRIVILEGE(INC_WORKING_SET),
    .SeTimeZonePrivilege = PRIVILEGE(TIME_ZONE),
    .SeCreateSymbolicLinkPrivilege = PRIVILEGE(CREATE_SYMBOLIC_LINK),
    .SeIUserSid = &SepIUserSid,
    .SeUntrustedMandatorySid = &SepUntrustedSid,
    .SeLowMandatorySid = &SepLowSid,
    .SeMediumMandatorySid = &SepMediumSid,
    .SeHighMandatorySid = &SepHighSid,
    .SeSystemMandatorySid = &SepSystemSid,
    .SeOwnerRightsSid = &SepOwnerRightsSid,
};
PSE_EXPORTS SeExports = &SepExports;

PSECURITY_DESCRIPTOR SePublicDefaultSd, SePublicDefaultUnrestrictedSd, SePublicOpenSd, SePublicOpenUnrestrictedSd, SeSystemDefaultSd;

/* Generic rights in these entries are mapped by SeAssignSecurity when the descriptor is given to an object of some type. */
static PSECURITY_DESCRIPTOR SepMakePublicSd(ACCESS_MASK World, ACCESS_MASK Admins, BOOLEAN Unrestricted)
{
    struct
    {
        ACL Acl;
        UCHAR Aces[200];
    } Dacl;
    SECURITY_DESCRIPTOR Absolute;
    PSECURITY_DESCRIPTOR Relative = NULL;
    ULONG Length = 0;
    NTSTATUS Status = RtlCreateAcl(&Dacl.Acl, sizeof(Dacl), ACL_REVISION);

    if (NT_SUCCESS(Status) && World != 0) {
        Status = RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, World, &SepWorldSid);
    }
    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, GENERIC_ALL, &SepLocalSystemSid);
    }
    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, Admins, &SepAliasAdminsSid);
    }
    if (NT_SUCCESS(Status) && Unrestricted) {
        Status = RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, World, &SepRestrictedSid);
    }
    if (NT_SUCCESS(Status)) {
        PUCHAR Free;

        RtlFirstFreeAce(&Dacl.Acl, (PVOID *)&Free);
        Dacl.Acl.AclSize = (USHORT)(Free - (PUCHAR)&Dacl);
        RtlCreateSecurityDescriptor(&Absolute, SECURITY_DESCRIPTOR_REVISION);
        RtlSetDaclSecurityDescriptor(&Absolute, TRUE, &Dacl.Acl, FALSE);
        RtlSetOwnerSecurityDescriptor(&Absolute, &SepAliasAdminsSid, FALSE);
        RtlSetGroupSecurityDescriptor(&Absolute, &SepLocalSystemSid, FALSE);
        RtlAbsoluteToSelfRelativeSD(&Absolute, NULL, &Length);
        Relative = ExAllocatePoolWithTag(PagedPool, Length, TAG_SE_SD);
        Status = Relative != NULL ? RtlAbsoluteToSelfRelativeSD(&Absolute, Relative, &Length) : STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NT_SUCCESS(Status)) {
        KeBugCheckEx(0x60 /* SECURITY_INITIALIZATION_FAILED */, 1, (ULONG)Status, 0, 0);
    }
    return Relative;
}

void SepInitializeDescriptors(void)
{
    ACCESS_MASK AdminRead = GENERIC_READ | GENERIC_EXECUTE | READ_CONTROL;

    SePublicDefaultSd = SepMakePublicSd(GENERIC_EXECUTE, GENERIC_ALL, FALSE);
    SePublicDefaultUnrestrictedSd = SepMakePublicSd(GENERIC_EXECUTE, GENERIC_ALL, TRUE);
    SePublicOpenSd = SepMakePublicSd(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE, GENERIC_ALL, FALSE);
    SePublicOpenUnrestrictedSd = SepMakePublicSd(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE, GENERIC_ALL, TRUE);
    SeSystemDefaultSd = SepMakePublicSd(0, AdminRead, FALSE);
}

/* SPDX-License-Identifier: MIT */
/*
 * filter.c - restricted tokens: a copy with groups for deny only, privileges taken away, restricting SIDs added.
 *
 * A LUA token is what an administrator works with by default under UAC: the groups that make him one count in denials only, and of his privileges
 * those are left that any user has.
 * Windows Internals, 7th ed., part 1, chapter 7 "Restricted tokens", "Filtered admin token".
 */
#include "sep.h"

#ifndef SEP_DISABLE_MAX_PRIVILEGE
#define SEP_DISABLE_MAX_PRIVILEGE 0x1
#define SEP_SANDBOX_INERT 0x2
#define SEP_LUA_TOKEN 0x4
#define SEP_WRITE_RESTRICTED 0x8
#endif

typedef struct _SEP_FILTER
{
    ULONG Flags;
    SID_AND_ATTRIBUTES *Disable;
    ULONG DisableCount;
    LUID_AND_ATTRIBUTES *Delete;
    ULONG DeleteCount;
    SID_AND_ATTRIBUTES *Restrict;
    ULONG RestrictCount;
} SEP_FILTER;

static BOOLEAN SepListed(const SID_AND_ATTRIBUTES *List, ULONG Count, PSID Sid)
{
    for (ULONG i = 0; i < Count; i++) {
        if (SepEqualSid(List[i].Sid, Sid)) {
            return TRUE;
        }
    }
    return FALSE;
}

#define SEP_LUA_PRIVILEGES                                                                                                        \
    (SEP_PRIVILEGE(SE_SHUTDOWN_PRIVILEGE) | SEP_PRIVILEGE(SE_CHANGE_NOTIFY_PRIVILEGE) | SEP_PRIVILEGE(SE_UNDOCK_PRIVILEGE) |      \
     SEP_PRIVILEGE(SE_INC_WORKING_SET_PRIVILEGE) | SEP_PRIVILEGE(SE_TIME_ZONE_PRIVILEGE))

/* Aliases of the machine (S-1-5-32-x) and groups of a domain (S-1-5-21-...-x) that give more than a user has. */
static BOOLEAN SepIsElevatedGroup(const SID *Sid)
{
    static const USHORT Aliases[] = {544, 547, 548, 549, 550, 551, 552, 554, 556, 569}, Domain[] = {498, 512, 516, 517, 518, 519, 520, 521, 553};
    BOOLEAN Alias = Sid->SubAuthorityCount == 2 && Sid->SubAuthority[0] == SECURITY_BUILTIN_DOMAIN_RID;
    const USHORT *Rids = Alias ? Aliases : Domain;
    ULONG Count = Alias ? RTL_NUMBER_OF(Aliases) : RTL_NUMBER_OF(Domain);

    if (Sid->IdentifierAuthority.Value[5] != 5 || (!Alias && (Sid->SubAuthorityCount != 5 || Sid->SubAuthority[0] != SECURITY_NT_NON_UNIQUE))) {
        return FALSE;
    }
    for (ULONG i = 0; i < Count; i++) {
        if (Sid->SubAuthority[Sid->SubAuthorityCount - 1] == Rids[i]) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What one must be at high integrity to use. */
#define SEP_ELEVATED_PRIVILEGES                                                                                                          \
    (SEP_PRIVILEGE(SE_CREATE_TOKEN_PRIVILEGE) | SEP_PRIVILEGE(SE_TCB_PRIVILEGE) | SEP_PRIVILEGE(SE_TAKE_OWNERSHIP_PRIVILEGE) |           \
     SEP_PRIVILEGE(SE_LOAD_DRIVER_PRIVILEGE) | SEP_PRIVILEGE(SE_BACKUP_PRIVILEGE) | SEP_PRIVILEGE(SE_RESTORE_PRIVILEGE) |                \
     SEP_PRIVILEGE(SE_DEBUG_PRIVILEGE) | SEP_PRIVILEGE(SE_IMPERSONATE_PRIVILEGE) | SEP_PRIVILEGE(SE_RELABEL_PRIVILEGE) |                 \
     SEP_PRIVILEGE(SE_DELEGATE_SESSION_USER_IMPERSONATE_PRIVILEGE_))

BOOLEAN SepTokenIsElevated(PTOKEN Token)
{
    if (Token->PrivilegesPresent & SEP_ELEVATED_PRIVILEGES) {
        return TRUE;
    }
    for (ULONG i = 1; i < Token->UserAndGroupCount; i++) {
        if ((Token->UserAndGroups[i].Attributes & SE_GROUP_USE_FOR_DENY_ONLY) == 0 && SepIsElevatedGroup(Token->UserAndGroups[i].Sid)) {
            return TRUE;
        }
    }
    return FALSE;
}

static BOOLEAN SepIsToDeny(const SEP_FILTER *Filter, ULONG Index, PSID Sid)
{
    return SepListed(Filter->Disable, Filter->DisableCount, Sid) || ((Filter->Flags & SEP_LUA_TOKEN) && Index != 0 && SepIsElevatedGroup(Sid));
}

/* The restricting SIDs of the new token: the given ones, of an already restricted token only those it had. */
static ULONG SepChooseRestricting(PTOKEN Existing, const SEP_FILTER *Filter, SID_AND_ATTRIBUTES *Chosen)
{
    ULONG Count = 0;

    if (Filter->RestrictCount == 0) {
        for (; Count < Existing->RestrictedSidCount; Count++) {
            Chosen[Count] = Existing->RestrictedSids[Count];
        }
        return Count;
    }
    for (ULONG i = 0; i < Filter->RestrictCount; i++) {
        if (Existing->RestrictedSidCount == 0 || SepListed(Existing->RestrictedSids, Existing->RestrictedSidCount, Filter->Restrict[i].Sid)) {
            Chosen[Count].Sid = Filter->Restrict[i].Sid;
            Chosen[Count++].Attributes = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
        }
    }
    return Count;
}

/* Existing's TokenLock held shared.  Groups has room for all of Existing's, Restricted for all that can be chosen. */
static void SepFillFilterSpec(PTOKEN Existing, const SEP_FILTER *Filter, SID_AND_ATTRIBUTES *Groups, SID_AND_ATTRIBUTES *Restricted,
                              SEP_TOKEN_SPEC *Spec)
{
    ULONG64 Deleted = 0;

    RtlCopyMemory(Groups, Existing->UserAndGroups, Existing->UserAndGroupCount * sizeof(*Groups));
    for (ULONG i = 0; i < Existing->UserAndGroupCount; i++) {
        if (i != Existing->IntegrityLevelIndex && SepIsToDeny(Filter, i, Groups[i].Sid)) {
            Groups[i].Attributes &= ~(SE_GROUP_ENABLED | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_OWNER);
            Groups[i].Attributes |= SE_GROUP_USE_FOR_DENY_ONLY;
        }
        if (Existing->PrimaryGroup == Existing->UserAndGroups[i].Sid) {
            Spec->PrimaryGroupIndex = i;
        }
    }
    if (Filter->Flags & SEP_DISABLE_MAX_PRIVILEGE) {
        Deleted = ~SEP_PRIVILEGE(SE_CHANGE_NOTIFY_PRIVILEGE);
    }
    if (Filter->Flags & SEP_LUA_TOKEN) {
        Deleted |= ~SEP_LUA_PRIVILEGES;
    }
    for (ULONG i = 0; i < Filter->DeleteCount; i++) {
        if (Filter->Delete[i].Luid.HighPart == 0 && Filter->Delete[i].Luid.LowPart < 64) {
            Deleted |= SEP_PRIVILEGE(Filter->Delete[i].Luid.LowPart);
        }
    }
    Spec->Type = Existing->TokenType;
    Spec->Level = Existing->ImpersonationLevel;
    Spec->AuthenticationId = Existing->AuthenticationId;
    Spec->ExpirationTime = Existing->ExpirationTime;
    Spec->UserAndGroups = Groups;
    Spec->UserAndGroupCount = Existing->UserAndGroupCount;
    Spec->RestrictedSids = Restricted;
    Spec->RestrictedSidCount = SepChooseRestricting(Existing, Filter, Restricted);
    Spec->PrivilegesPresent = Existing->PrivilegesPresent & ~Deleted;
    Spec->PrivilegesEnabled = Existing->PrivilegesEnabled & ~Deleted;
    Spec->PrivilegesEnabledByDefault = Existing->PrivilegesEnabledByDefault & ~Deleted;
    Spec->DefaultOwnerIndex = Groups[Existing->DefaultOwnerIndex].Attributes & SE_GROUP_USE_FOR_DENY_ONLY ? 0 : Existing->DefaultOwnerIndex;
    Spec->DefaultDacl = Existing->DefaultDacl;
    Spec->Source = Existing->TokenSource;
    Spec->SessionId = Existing->SessionId;
    Spec->MandatoryPolicy = Existing->MandatoryPolicy;
    Spec->TokenFlags = Existing->TokenFlags | TOKEN_IS_FILTERED | (Filter->Flags & SEP_SANDBOX_INERT ? TOKEN_SANDBOX_INERT : 0) |
                       (Filter->Flags & SEP_WRITE_RESTRICTED ? TOKEN_WRITE_RESTRICTED : 0);
    Spec->OriginatingLogonSession = Existing->OriginatingLogonSession;
    Spec->ParentTokenId = Existing->TokenId;
}

static NTSTATUS SepFilterToken(PTOKEN Existing, const SEP_FILTER *Filter, PTOKEN *Token)
{
    ULONG Groups = Existing->UserAndGroupCount, Restricted = Existing->RestrictedSidCount + Filter->RestrictCount;
    SID_AND_ATTRIBUTES *Room = ExAllocatePoolWithTag(PagedPool, (Groups + Restricted) * sizeof(*Room), TAG_SE);
    SEP_TOKEN_SPEC Spec = {0};
    NTSTATUS Status;

    if (Room == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExAcquirePushLockShared_(&Existing->TokenLock);
    SepFillFilterSpec(Existing, Filter, Room, Room + Groups, &Spec);
    Status = SepCreateToken(&Spec, KernelMode, NULL, Token);
    ExReleasePushLockShared_(&Existing->TokenLock);
    ExFreePoolWithTag(Room, TAG_SE);
    return Status;
}

static NTSTATUS SepCaptureFilter(KPROCESSOR_MODE Mode, PTOKEN_GROUPS Disable, PTOKEN_PRIVILEGES Delete, PTOKEN_GROUPS Restrict, SEP_FILTER *Filter)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Disable != NULL) {
        Status = CopyFromMode(Mode, &Filter->DisableCount, &Disable->GroupCount, sizeof(ULONG));
        if (NT_SUCCESS(Status)) {
            Status = SepCaptureSidArray(Mode, Disable->Groups, Filter->DisableCount, &Filter->Disable);
        }
    }
    if (NT_SUCCESS(Status) && Delete != NULL) {
        Status = CopyFromMode(Mode, &Filter->DeleteCount, &Delete->PrivilegeCount, sizeof(ULONG));
        if (NT_SUCCESS(Status)) {
            Status = SepCapturePrivileges(Mode, Delete->Privileges, Filter->DeleteCount, &Filter->Delete);
        }
    }
    if (NT_SUCCESS(Status) && Restrict != NULL) {
        Status = CopyFromMode(Mode, &Filter->RestrictCount, &Restrict->GroupCount, sizeof(ULONG));
        if (NT_SUCCESS(Status)) {
            Status = SepCaptureSidArray(Mode, Restrict->Groups, Filter->RestrictCount, &Filter->Restrict);
        }
    }
    return Status;
}

static void SepFreeFilter(SEP_FILTER *Filter)
{
    if (Filter->Disable != NULL) {
        ExFreePoolWithTag(Filter->Disable, TAG_SE);
    }
    if (Filter->Delete != NULL) {
        ExFreePoolWithTag(Filter->Delete, TAG_SE);
    }
    if (Filter->Restrict != NULL) {
        ExFreePoolWithTag(Filter->Restrict, TAG_SE);
    }
}

NTSTATUS NTAPI NtFilterToken(HANDLE ExistingTokenHandle, ULONG Flags, PTOKEN_GROUPS SidsToDisable, PTOKEN_PRIVILEGES PrivilegesToDelete,
                             PTOKEN_GROUPS RestrictedSids, PHANDLE NewTokenHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBJECT_HANDLE_INFORMATION Information;
    SEP_FILTER Filter = {.Flags = Flags};
    PTOKEN Existing, Token;
    NTSTATUS Status;

    PAGED_CODE();
    if (Flags & ~(ULONG)(SEP_DISABLE_MAX_PRIVILEGE | SEP_SANDBOX_INERT | SEP_LUA_TOKEN | SEP_WRITE_RESTRICTED)) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = KiProbeForWrite(Mode, NewTokenHandle, sizeof(HANDLE), 1);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ExistingTokenHandle, TOKEN_DUPLICATE, SeTokenObjectType_, Mode, (PVOID *)&Existing, &Information);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepCaptureFilter(Mode, SidsToDisable, PrivilegesToDelete, RestrictedSids, &Filter);
    if (NT_SUCCESS(Status)) {
        Status = SepFilterToken(Existing, &Filter, &Token);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObInsertObjectService(Token, Information.GrantedAccess, NewTokenHandle, Mode);
    }
    SepFreeFilter(&Filter);
    ObfDereferenceObject(Existing);
    return Status;
}

NTSTATUS NTAPI SeFilterToken(PACCESS_TOKEN ExistingToken, ULONG Flags, PTOKEN_GROUPS SidsToDisable, PTOKEN_PRIVILEGES PrivilegesToDelete,
                             PTOKEN_GROUPS RestrictedSids, PACCESS_TOKEN *FilteredToken)
{
    SEP_FILTER Filter = {.Flags = Flags};
    PTOKEN Token;
    NTSTATUS Status = SepCaptureFilter(KernelMode, SidsToDisable, PrivilegesToDelete, RestrictedSids, &Filter);

    if (NT_SUCCESS(Status)) {
        Status = SepFilterToken(ExistingToken, &Filter, &Token);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObInsertObject(Token, NULL, 0, 0, NULL, NULL);
        *FilteredToken = NT_SUCCESS(Status) ? Token : NULL;
    }
    SepFreeFilter(&Filter);
    return Status;
}

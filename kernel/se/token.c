/* SPDX-License-Identifier: MIT */
/*
 * token.c - making, copying and ending tokens.
 *
 * A token is one pool block: the structure, the arrays of SIDs with attributes, the SIDs.  A copy is a copy of the block with its
 * pointers moved.  Windows Internals, 7th ed., part 1, chapter 7 "Tokens".
 */
#include "sep.h"

POBJECT_TYPE SeTokenObjectType_;
POBJECT_TYPE *SeTokenObjectType;

/* ---- descriptors of new objects --------------------------------------------------------------------------------------------------------- */

/* TokenLock held exclusively, or the token's last user. */
static void SepForgetDefaultDescriptors(PTOKEN Token)
{
    for (ULONG i = 0; i < SEP_DEFAULT_DESCRIPTORS && Token->DefaultDescriptors[i].Type != NULL; i++) {
        ObDereferenceSecurityDescriptor(Token->DefaultDescriptors[i].Descriptor, 1);
        Token->DefaultDescriptors[i].Type = NULL;
    }
}

PSECURITY_DESCRIPTOR SepRecallDefaultDescriptor(PSECURITY_SUBJECT_CONTEXT Context, POBJECT_TYPE Type)
{
    PTOKEN Token = SepEffectiveToken(Context);
    PSECURITY_DESCRIPTOR Descriptor = NULL;

    if (Token == NULL || Token->DefaultDescriptors[0].Type == NULL) {
        return NULL;
    }
    ExAcquirePushLockShared_(&Token->TokenLock);
    for (ULONG i = 0; i < SEP_DEFAULT_DESCRIPTORS; i++) {
        if (Token->DefaultDescriptors[i].Type == Type) {
            Descriptor = Token->DefaultDescriptors[i].Descriptor;
            ObReferenceSecurityDescriptor(Descriptor, 1);
            break;
        }
    }
    ExReleasePushLockShared_(&Token->TokenLock);
    return Descriptor;
}

void SepRememberDefaultDescriptor(PSECURITY_SUBJECT_CONTEXT Context, POBJECT_TYPE Type, PSECURITY_DESCRIPTOR Descriptor)
{
    PTOKEN Token = SepEffectiveToken(Context);

    if (Token == NULL || Token->DefaultDescriptors[SEP_DEFAULT_DESCRIPTORS - 1].Type != NULL) {
        return;
    }
    ExAcquirePushLockExclusive_(&Token->TokenLock);
    for (ULONG i = 0; i < SEP_DEFAULT_DESCRIPTORS && Token->DefaultDescriptors[i].Type != Type; i++) {
        if (Token->DefaultDescriptors[i].Type == NULL) {
            ObReferenceSecurityDescriptor(Descriptor, 1);
            Token->DefaultDescriptors[i].Descriptor = Descriptor;
            Token->DefaultDescriptors[i].Type = Type;
            break;
        }
    }
    ExReleasePushLockExclusive_(&Token->TokenLock);
}

/* ---- default DACLs ------------------------------------------------------------------------------------------------------------------------ */

typedef struct _SEP_SHARED_DACL
{
    volatile LONG Count;
    ULONG Reserved;
    ACL Acl;
} SEP_SHARED_DACL;

NTSTATUS SepMakeSharedDacl(PACL Source, PACL *Shared)
{
    SEP_SHARED_DACL *Dacl;

    *Shared = NULL;
    if (Source == NULL) {
        return STATUS_SUCCESS;
    }
    Dacl = ExAllocatePoolWithTag(PagedPool, offsetof(SEP_SHARED_DACL, Acl) + Source->AclSize, TAG_SE_DACL);
    if (Dacl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Dacl->Count = 1;
    RtlCopyMemory(&Dacl->Acl, Source, Source->AclSize);
    *Shared = &Dacl->Acl;
    return STATUS_SUCCESS;
}

PACL SepShareDacl(PACL Shared)
{
    if (Shared != NULL) {
        InterlockedIncrement(&CONTAINING_RECORD(Shared, SEP_SHARED_DACL, Acl)->Count);
    }
    return Shared;
}

void SepReleaseDacl(PACL Shared)
{
    if (Shared != NULL && InterlockedDecrement(&CONTAINING_RECORD(Shared, SEP_SHARED_DACL, Acl)->Count) == 0) {
        ExFreePoolWithTag(CONTAINING_RECORD(Shared, SEP_SHARED_DACL, Acl), TAG_SE_DACL);
    }
}

static void SepDeleteToken(PVOID Object)
{
    PTOKEN Token = Object;

    SepForgetDefaultDescriptors(Token);
    SepReleaseDacl(Token->DefaultDacl);
    if (Token->LogonSession != NULL) {
        SepReleaseLogonSession(Token->LogonSession);
    }
}

void SepCreateTokenType(void)
{
    static const OBJECT_TYPE_INITIALIZER Initializer = {
        .SecurityRequired = TRUE,
        .GenericMapping = {TOKEN_READ | TOKEN_DUPLICATE, TOKEN_WRITE, TOKEN_EXECUTE, TOKEN_ALL_ACCESS},
        .ValidAccessMask = TOKEN_ALL_ACCESS | SYNCHRONIZE,
        .InvalidAttributes = OBJ_OPENLINK,
        .PoolType = PagedPool,
        .DeleteProcedure = SepDeleteToken,
        .WaitObjectFlagOffset = -1,
    };
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Token");
    NTSTATUS Status = ObCreateObjectType(&Name, &Initializer, NULL, &SeTokenObjectType_);

    if (!NT_SUCCESS(Status)) {
        KeBugCheckEx(0x60, 2, (ULONG)Status, 0, 0);
    }
    SeTokenObjectType = (POBJECT_TYPE *)SeTokenObjectType_;
}

static ULONG SepSidArrayLength(const SID_AND_ATTRIBUTES *Sids, ULONG Count)
{
    ULONG Length = Count * sizeof(SID_AND_ATTRIBUTES);

    for (ULONG i = 0; i < Count; i++) {
        Length += SeLengthSid(Sids[i].Sid);
    }
    return Length;
}

/* Copies Count SIDs: the array to *Array, the SIDs to *Sid, both moved on. */
static SID_AND_ATTRIBUTES *SepPutSids(SID_AND_ATTRIBUTES **Array, PUCHAR *Sid, const SID_AND_ATTRIBUTES *Source, ULONG Count)
{
    SID_AND_ATTRIBUTES *First = *Array;

    for (ULONG i = 0; i < Count; i++) {
        ULONG Length = SeLengthSid(Source[i].Sid);

        RtlCopyMemory(*Sid, Source[i].Sid, Length);
        First[i].Sid = *Sid;
        First[i].Attributes = Source[i].Attributes;
        *Sid += Length;
    }
    *Array += Count;
    return First;
}

static BOOLEAN SepIsIntegritySid(const SID *Sid)
{
    return Sid->IdentifierAuthority.Value[5] == 16 && Sid->SubAuthorityCount == 1;
}

void SepRecomputeTokenFlags(PTOKEN Token)
{
    ULONG Flags = Token->TokenFlags & ~(ULONG)(TOKEN_HAS_TRAVERSE_PRIVILEGE | TOKEN_HAS_BACKUP_PRIVILEGE | TOKEN_HAS_RESTORE_PRIVILEGE |
                                               TOKEN_HAS_IMPERSONATE_PRIVILEGE | TOKEN_IS_RESTRICTED | TOKEN_NOT_LOW);

    if (Token->PrivilegesEnabled & SEP_PRIVILEGE(SE_CHANGE_NOTIFY_PRIVILEGE)) {
        Flags |= TOKEN_HAS_TRAVERSE_PRIVILEGE;
    }
    if (Token->PrivilegesEnabled & SEP_PRIVILEGE(SE_BACKUP_PRIVILEGE)) {
        Flags |= TOKEN_HAS_BACKUP_PRIVILEGE;
    }
    if (Token->PrivilegesEnabled & SEP_PRIVILEGE(SE_RESTORE_PRIVILEGE)) {
        Flags |= TOKEN_HAS_RESTORE_PRIVILEGE;
    }
    if (Token->PrivilegesEnabled & SEP_PRIVILEGE(SE_IMPERSONATE_PRIVILEGE)) {
        Flags |= TOKEN_HAS_IMPERSONATE_PRIVILEGE;
    }
    if (Token->RestrictedSidCount != 0) {
        Flags |= TOKEN_IS_RESTRICTED;
    }
    if (SepTokenIntegrityLevel(Token) > SECURITY_MANDATORY_LOW_RID) {
        Flags |= TOKEN_NOT_LOW;
    }
    Token->TokenFlags = Flags;
}

void SepTokenModified(PTOKEN Token)
{
    SepForgetDefaultDescriptors(Token);
    SepRecomputeTokenFlags(Token);
    ExAllocateLocallyUniqueId(&Token->ModifiedId);
}

ULONG SepTokenIntegrityLevel(PTOKEN Token)
{
    SID *Sid;

    if (Token->IntegrityLevelIndex == MAXULONG) {
        return SECURITY_MANDATORY_UNTRUSTED_RID;
    }
    Sid = Token->UserAndGroups[Token->IntegrityLevelIndex].Sid;
    return Sid->SubAuthority[0];
}

static void SepFillToken(PTOKEN Token, const SEP_TOKEN_SPEC *Spec)
{
    SID_AND_ATTRIBUTES *Array = (SID_AND_ATTRIBUTES *)Token->VariablePart;
    PUCHAR Sid = (PUCHAR)(Array + Spec->UserAndGroupCount + Spec->RestrictedSidCount);

    ExInitializePushLock_(&Token->TokenLock);
    Token->TokenSource = Spec->Source;
    ExAllocateLocallyUniqueId(&Token->TokenId);
    ExAllocateLocallyUniqueId(&Token->ModifiedId);
    Token->AuthenticationId = Spec->AuthenticationId;
    Token->ParentTokenId = Spec->ParentTokenId;
    Token->OriginatingLogonSession = Spec->OriginatingLogonSession;
    Token->ExpirationTime = Spec->ExpirationTime;
    Token->PrivilegesPresent = Spec->PrivilegesPresent;
    Token->PrivilegesEnabled = Spec->PrivilegesEnabled;
    Token->PrivilegesEnabledByDefault = Spec->PrivilegesEnabledByDefault;
    Token->SessionId = Spec->SessionId;
    Token->TokenFlags = Spec->TokenFlags;
    Token->TokenType = Spec->Type;
    Token->ImpersonationLevel = Spec->Level;
    Token->MandatoryPolicy = Spec->MandatoryPolicy;
    Token->UserAndGroupCount = Spec->UserAndGroupCount;
    Token->RestrictedSidCount = Spec->RestrictedSidCount;
    Token->UserAndGroups = SepPutSids(&Array, &Sid, Spec->UserAndGroups, Spec->UserAndGroupCount);
    Token->RestrictedSids = Spec->RestrictedSidCount != 0 ? SepPutSids(&Array, &Sid, Spec->RestrictedSids, Spec->RestrictedSidCount) : NULL;
    Token->DefaultOwnerIndex = Spec->DefaultOwnerIndex;
    Token->PrimaryGroup = Token->UserAndGroups[Spec->PrimaryGroupIndex].Sid;
    Token->IntegrityLevelIndex = MAXULONG;
    for (ULONG i = 1; i < Token->UserAndGroupCount; i++) {
        if (SepIsIntegritySid(Token->UserAndGroups[i].Sid)) {
            Token->IntegrityLevelIndex = i;
        }
    }
}

NTSTATUS SepCreateToken(const SEP_TOKEN_SPEC *Spec, KPROCESSOR_MODE Mode, POBJECT_ATTRIBUTES ObjectAttributes, PTOKEN *Result)
{
    ULONG Length = SepSidArrayLength(Spec->UserAndGroups, Spec->UserAndGroupCount) + SepSidArrayLength(Spec->RestrictedSids, Spec->RestrictedSidCount);
    PTOKEN Token;
    NTSTATUS Status;

    ASSERT(Spec->UserAndGroupCount != 0 && Spec->PrimaryGroupIndex < Spec->UserAndGroupCount);
    Status = ObCreateObject(Mode, SeTokenObjectType_, ObjectAttributes, Mode, NULL, sizeof(TOKEN) + Length, 0, 0, (PVOID *)&Token);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlZeroMemory(Token, sizeof(*Token));
    Token->VariableLength = Length;
    SepFillToken(Token, Spec);
    Status = SepReferenceLogonSession(&Token->AuthenticationId, &Token->LogonSession);
    if (NT_SUCCESS(Status)) {
        Status = SepMakeSharedDacl(Spec->DefaultDacl, &Token->DefaultDacl);
    }
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Token);
        return Status;
    }
    SepRecomputeTokenFlags(Token);
    *Result = Token;
    return STATUS_SUCCESS;
}

/* Pointers into From's block become pointers into To's. */
static void SepMovePointers(PTOKEN To, PTOKEN From)
{
    LONG_PTR Delta = (PUCHAR)To - (PUCHAR)From;

    To->UserAndGroups = (SID_AND_ATTRIBUTES *)((PUCHAR)From->UserAndGroups + Delta);
    for (ULONG i = 0; i < To->UserAndGroupCount; i++) {
        To->UserAndGroups[i].Sid = (PUCHAR)To->UserAndGroups[i].Sid + Delta;
    }
    if (From->RestrictedSids != NULL) {
        To->RestrictedSids = (SID_AND_ATTRIBUTES *)((PUCHAR)From->RestrictedSids + Delta);
        for (ULONG i = 0; i < To->RestrictedSidCount; i++) {
            To->RestrictedSids[i].Sid = (PUCHAR)To->RestrictedSids[i].Sid + Delta;
        }
    }
    To->PrimaryGroup = (PUCHAR)From->PrimaryGroup + Delta;
}

/* Leaves only what is in effect: enabled groups and those for deny only; enabled privileges.  The token is still private. */
static void SepMakeEffectiveOnly(PTOKEN Token)
{
    ULONG Kept = 1;

    Token->PrivilegesPresent = Token->PrivilegesEnabled;
    Token->PrivilegesEnabledByDefault &= Token->PrivilegesEnabled;
    for (ULONG i = 1; i < Token->UserAndGroupCount; i++) {
        SID_AND_ATTRIBUTES *Group = &Token->UserAndGroups[i];

        if ((Group->Attributes & (SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY | SE_GROUP_INTEGRITY_ENABLED)) == 0) {
            if (Token->DefaultOwnerIndex == i) {
                Token->DefaultOwnerIndex = 0;
            }
            if (Token->PrimaryGroup == Group->Sid) {
                Token->PrimaryGroup = Token->UserAndGroups[0].Sid;
            }
            continue;
        }
        if (Token->DefaultOwnerIndex == i) {
            Token->DefaultOwnerIndex = Kept;
        }
        if (Token->IntegrityLevelIndex == i) {
            Token->IntegrityLevelIndex = Kept;
        }
        Token->UserAndGroups[Kept++] = *Group;
    }
    Token->UserAndGroupCount = Kept;
}

NTSTATUS SepDuplicateToken(PTOKEN Existing, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN EffectiveOnly, TOKEN_TYPE Type,
                           SECURITY_IMPERSONATION_LEVEL Level, KPROCESSOR_MODE Mode, PTOKEN *Result)
{
    PTOKEN Token;
    NTSTATUS Status = ObCreateObject(Mode, SeTokenObjectType_, ObjectAttributes, Mode, NULL, sizeof(TOKEN) + Existing->VariableLength, 0, 0,
                                     (PVOID *)&Token);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ExAcquirePushLockShared_(&Existing->TokenLock);
    RtlCopyMemory(Token, Existing, sizeof(TOKEN) + Existing->VariableLength);
    SepShareDacl(Token->DefaultDacl);
    SepShareLogonSession(Token->LogonSession);
    ExReleasePushLockShared_(&Existing->TokenLock);
    ExInitializePushLock_(&Token->TokenLock);
    RtlZeroMemory(Token->DefaultDescriptors, sizeof(Token->DefaultDescriptors));
    SepMovePointers(Token, Existing);
    ExAllocateLocallyUniqueId(&Token->TokenId);
    Token->TokenInUse = 0;
    Token->TokenFlags &= ~(ULONG)TOKEN_SESSION_NOT_REFERENCED;
    Token->TokenType = Type;
    Token->ImpersonationLevel = Type == TokenPrimary ? SecurityAnonymous : Level;
    if (EffectiveOnly) {
        SepMakeEffectiveOnly(Token);
        SepTokenModified(Token);
    }
    *Result = Token;
    return STATUS_SUCCESS;
}

/* ---- what drivers and other subsystems ask of a token ---------------------------------------------------------------------------------- */

TOKEN_TYPE NTAPI SeTokenType(PACCESS_TOKEN Token)
{
    return ((PTOKEN)Token)->TokenType;
}

SECURITY_IMPERSONATION_LEVEL NTAPI SeTokenImpersonationLevel(PACCESS_TOKEN Token)
{
    return ((PTOKEN)Token)->ImpersonationLevel;
}

BOOLEAN NTAPI SeTokenIsAdmin(PACCESS_TOKEN AccessToken)
{
    PTOKEN Token = AccessToken;
    SEP_SUBJECT Subject;
    BOOLEAN Admin;

    ExAcquirePushLockShared_(&Token->TokenLock);
    SepSubjectFromToken(Token, &Subject);
    Admin = SepSidInSubject(&Subject, SepExports.SeAliasAdminsSid, FALSE, FALSE) &&
            (Subject.RestrictedCount == 0 || SepSidInSubject(&Subject, SepExports.SeAliasAdminsSid, FALSE, TRUE));
    ExReleasePushLockShared_(&Token->TokenLock);
    return Admin;
}

BOOLEAN NTAPI SeTokenIsRestricted(PACCESS_TOKEN Token)
{
    return (((PTOKEN)Token)->TokenFlags & TOKEN_IS_RESTRICTED) != 0;
}

BOOLEAN NTAPI SeTokenIsWriteRestricted(PACCESS_TOKEN Token)
{
    return (((PTOKEN)Token)->TokenFlags & TOKEN_WRITE_RESTRICTED) != 0;
}

NTSTATUS NTAPI SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId)
{
    *AuthenticationId = ((PTOKEN)Token)->AuthenticationId;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId)
{
    *SessionId = ((PTOKEN)Token)->SessionId;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeSetSessionIdToken(PACCESS_TOKEN AccessToken, ULONG SessionId)
{
    PTOKEN Token = AccessToken;

    ExAcquirePushLockExclusive_(&Token->TokenLock);
    Token->SessionId = SessionId;
    ExReleasePushLockExclusive_(&Token->TokenLock);
    return STATUS_SUCCESS;
}

/* Stricter replaces laxer, never the other way round. */
VOID NTAPI SeTokenSetNoChildProcessRestricted(PACCESS_TOKEN AccessToken, BOOLEAN UnlessSecure, BOOLEAN AuditOnly)
{
    PTOKEN Token = AccessToken;
    ULONG Old, New;

    ExAcquirePushLockExclusive_(&Token->TokenLock);
    Old = Token->TokenFlags;
    New = AuditOnly ? TOKEN_AUDIT_NO_CHILD_PROCESS_ : UnlessSecure ? TOKEN_NO_CHILD_PROCESS_UNLESS_SECURE_ : TOKEN_NO_CHILD_PROCESS_;
    if (!AuditOnly) {
        Token->TokenFlags = (Old & ~TOKEN_AUDIT_NO_CHILD_PROCESS_) | New;
    } else if ((Old & (TOKEN_NO_CHILD_PROCESS_ | TOKEN_NO_CHILD_PROCESS_UNLESS_SECURE_)) == 0) {
        Token->TokenFlags = Old | New;
    }
    ExReleasePushLockExclusive_(&Token->TokenLock);
}

VOID NTAPI SeTokenGetNoChildProcessRestricted(PACCESS_TOKEN Token, PBOOLEAN Enforced, PBOOLEAN UnlessSecure, PBOOLEAN AuditOnly)
{
    ULONG Flags = ((PTOKEN)Token)->TokenFlags;

    *Enforced = (Flags & (TOKEN_NO_CHILD_PROCESS_ | TOKEN_NO_CHILD_PROCESS_UNLESS_SECURE_)) != 0;
    *UnlessSecure = *Enforced && (Flags & TOKEN_NO_CHILD_PROCESS_) == 0;
    *AuditOnly = (Flags & TOKEN_AUDIT_NO_CHILD_PROCESS_) != 0;
}

void SeAllowChildProcesses_(PACCESS_TOKEN AccessToken)
{
    PTOKEN Token = AccessToken;

    ExAcquirePushLockExclusive_(&Token->TokenLock);
    Token->TokenFlags &= ~(TOKEN_NO_CHILD_PROCESS_ | TOKEN_NO_CHILD_PROCESS_UNLESS_SECURE_ | TOKEN_AUDIT_NO_CHILD_PROCESS_);
    ExReleasePushLockExclusive_(&Token->TokenLock);
}

VOID NTAPI SeQueryTokenIntegrity(PACCESS_TOKEN AccessToken, PSID_AND_ATTRIBUTES Integrity)
{
    PTOKEN Token = AccessToken;

    if (Token->IntegrityLevelIndex != MAXULONG) {
        *Integrity = Token->UserAndGroups[Token->IntegrityLevelIndex];
    } else {
        Integrity->Sid = SepExports.SeUntrustedMandatorySid;
        Integrity->Attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * tokenset.c - changing a token: NtSetInformationToken, NtAdjustPrivilegesToken, NtAdjustGroupsToken.
 *
 * Nothing ever adds to a token: privileges and groups it has can be enabled and disabled, or taken away.
 */
#include "sep.h"

/* ---- adjust ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct _SEP_ADJUST
{
    KPROCESSOR_MODE Mode;
    PVOID Previous;      /* the caller's buffer for the old state, or NULL */
    ULONG PreviousLength;
    PULONG ReturnLength;
} SEP_ADJUST;

/* What the change would make of the privileges; Changed lists those that differ. */
static NTSTATUS SepPlanPrivileges(PTOKEN Token, BOOLEAN DisableAll, const LUID_AND_ATTRIBUTES *New, ULONG Count, ULONG64 *Enabled, ULONG64 *Removed,
                                  ULONG *NotFound)
{
    *Enabled = Token->PrivilegesEnabled;
    *Removed = 0;
    *NotFound = 0;
    if (DisableAll) {
        *Enabled = 0;
        return STATUS_SUCCESS;
    }
    for (ULONG i = 0; i < Count; i++) {
        LUID Luid = New[i].Luid;
        ULONG64 Bit = Luid.HighPart == 0 && Luid.LowPart < 64 ? SEP_PRIVILEGE(Luid.LowPart) : 0;

        if ((Token->PrivilegesPresent & Bit) == 0) {
            ++*NotFound;
        } else if (New[i].Attributes & SE_PRIVILEGE_REMOVED) {
            *Removed |= Bit;
            *Enabled &= ~Bit;
        } else if (New[i].Attributes & SE_PRIVILEGE_ENABLED) {
            *Enabled |= Bit;
        } else {
            *Enabled &= ~Bit;
        }
    }
    return *NotFound != 0 ? STATUS_NOT_ALL_ASSIGNED : STATUS_SUCCESS;
}

/* The old state of the privileges in Changed, to the caller. */
static NTSTATUS SepReturnOldPrivileges(PTOKEN Token, const SEP_ADJUST *Adjust, ULONG64 Changed)
{
    ULONG Count = (ULONG)__builtin_popcountll(Changed), i = 0;
    ULONG Needed = offsetof(TOKEN_PRIVILEGES, Privileges) + Count * sizeof(LUID_AND_ATTRIBUTES);
    UCHAR Room[offsetof(TOKEN_PRIVILEGES, Privileges) + 64 * sizeof(LUID_AND_ATTRIBUTES)] __attribute__((aligned(8)));
    PTOKEN_PRIVILEGES Old = (PTOKEN_PRIVILEGES)Room;
    NTSTATUS Status = CopyToMode(Adjust->Mode, Adjust->ReturnLength, &Needed, sizeof(Needed));

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Adjust->PreviousLength < Needed) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    Old->PrivilegeCount = Count;
    for (; Changed != 0; Changed &= Changed - 1, i++) {
        ULONG Number = (ULONG)__builtin_ctzll(Changed);

        Old->Privileges[i].Luid = RtlConvertLongToLuid((LONG)Number);
        Old->Privileges[i].Attributes = (Token->PrivilegesEnabled & SEP_PRIVILEGE(Number) ? SE_PRIVILEGE_ENABLED : 0) |
                                        (Token->PrivilegesEnabledByDefault & SEP_PRIVILEGE(Number) ? SE_PRIVILEGE_ENABLED_BY_DEFAULT : 0);
    }
    return CopyToMode(Adjust->Mode, Adjust->Previous, Old, Needed);
}

NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE TokenHandle, BOOLEAN DisableAllPrivileges, PTOKEN_PRIVILEGES NewState, ULONG BufferLength,
                                       PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength)
{
    SEP_ADJUST Adjust = {ExGetPreviousMode(), PreviousState, BufferLength, ReturnLength};
    LUID_AND_ATTRIBUTES *New = NULL;
    ULONG64 Enabled, Removed;
    ULONG Count = 0, NotFound;
    NTSTATUS Status = STATUS_SUCCESS, CopyStatus;
    PTOKEN Token;

    PAGED_CODE();
    if (!DisableAllPrivileges) {
        if (NewState == NULL) {
            return STATUS_INVALID_PARAMETER;
        }
        Status = CopyFromMode(Adjust.Mode, &Count, &NewState->PrivilegeCount, sizeof(Count));
        if (NT_SUCCESS(Status)) {
            Status = SepCapturePrivileges(Adjust.Mode, NewState->Privileges, Count, &New);
        }
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(TokenHandle, TOKEN_ADJUST_PRIVILEGES | (PreviousState != NULL ? TOKEN_QUERY : 0), SeTokenObjectType_,
                                           Adjust.Mode, (PVOID *)&Token, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        goto FreeNew;
    }
    ExAcquirePushLockExclusive_(&Token->TokenLock);
    Status = SepPlanPrivileges(Token, DisableAllPrivileges, New, Count, &Enabled, &Removed, &NotFound);
    if (PreviousState != NULL) {
        CopyStatus = SepReturnOldPrivileges(Token, &Adjust, (Enabled ^ Token->PrivilegesEnabled) | Removed);
        if (!NT_SUCCESS(CopyStatus)) {
            Status = CopyStatus;
        }
    }
    if (NT_SUCCESS(Status) && (Enabled != Token->PrivilegesEnabled || Removed != 0)) {
        Token->PrivilegesEnabled = Enabled;
        Token->PrivilegesPresent &= ~Removed;
        Token->PrivilegesEnabledByDefault &= ~Removed;
        SepTokenModified(Token);
    }
    ExReleasePushLockExclusive_(&Token->TokenLock);
    ObfDereferenceObject(Token);
FreeNew:
    if (New != NULL) {
        ExFreePoolWithTag(New, TAG_SE);
    }
    return Status;
}

/* Whether a group may be set to Enable.  Mandatory and deny-only groups cannot be disabled or enabled. */
static NTSTATUS SepCheckGroupChange(const SID_AND_ATTRIBUTES *Group, BOOLEAN Enable)
{
    if (!Enable && (Group->Attributes & SE_GROUP_MANDATORY)) {
        return STATUS_CANT_DISABLE_MANDATORY;
    }
    if (Enable && (Group->Attributes & SE_GROUP_USE_FOR_DENY_ONLY)) {
        return STATUS_CANT_ENABLE_DENY_ONLY;
    }
    return STATUS_SUCCESS;
}

/* Goes over the groups; with Apply changes them, else says what would be: *Count groups change, *Length bytes describe them. */
static NTSTATUS SepWalkGroups(PTOKEN Token, BOOLEAN Reset, const SID_AND_ATTRIBUTES *New, ULONG NewCount, BOOLEAN Apply, PULONG Count, PULONG Length)
{
    ULONG Found = 0;

    *Count = 0;
    *Length = offsetof(TOKEN_GROUPS, Groups);
    for (ULONG i = 1; i < Token->UserAndGroupCount; i++) {
        SID_AND_ATTRIBUTES *Group = &Token->UserAndGroups[i];
        BOOLEAN Enabled = (Group->Attributes & SE_GROUP_ENABLED) != 0, Enable = Enabled;
        NTSTATUS Status;

        if (Reset) {
            Enable = (Group->Attributes & SE_GROUP_ENABLED_BY_DEFAULT) != 0;
        }
        for (ULONG k = 0; k < NewCount && !Reset; k++) {
            if (SepEqualSid(New[k].Sid, Group->Sid)) {
                Enable = (New[k].Attributes & SE_GROUP_ENABLED) != 0;
                Found++;
                break;
            }
        }
        if (Enable == Enabled || i == Token->IntegrityLevelIndex) {
            continue;
        }
        Status = Reset ? STATUS_SUCCESS : SepCheckGroupChange(Group, Enable);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        ++*Count;
        *Length += sizeof(SID_AND_ATTRIBUTES) + SeLengthSid(Group->Sid);
        if (Apply) {
            Group->Attributes ^= SE_GROUP_ENABLED;
        }
    }
    return !Reset && Found < NewCount ? STATUS_NOT_ALL_ASSIGNED : STATUS_SUCCESS;
}

/* The old state of the groups about to change. */
static NTSTATUS SepReturnOldGroups(PTOKEN Token, const SEP_ADJUST *Adjust, BOOLEAN Reset, const SID_AND_ATTRIBUTES *New, ULONG NewCount, ULONG Count,
                                   ULONG Needed)
{
    PTOKEN_GROUPS Old;
    PUCHAR Sid;
    ULONG Put = 0;
    NTSTATUS Status = CopyToMode(Adjust->Mode, Adjust->ReturnLength, &Needed, sizeof(Needed));

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Adjust->PreviousLength < Needed) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    Old = ExAllocatePoolWithTag(PagedPool, Needed, TAG_SE);
    if (Old == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Old->GroupCount = Count;
    Sid = (PUCHAR)&Old->Groups[Count];
    for (ULONG i = 1; i < Token->UserAndGroupCount && Put < Count; i++) {
        SID_AND_ATTRIBUTES *Group = &Token->UserAndGroups[i];
        BOOLEAN Enabled = (Group->Attributes & SE_GROUP_ENABLED) != 0, Enable = Reset && (Group->Attributes & SE_GROUP_ENABLED_BY_DEFAULT);

        if (!Reset) {
            Enable = Enabled;
            for (ULONG k = 0; k < NewCount; k++) {
                if (SepEqualSid(New[k].Sid, Group->Sid)) {
                    Enable = (New[k].Attributes & SE_GROUP_ENABLED) != 0;
                    break;
                }
            }
        }
        if (Enable == Enabled || i == Token->IntegrityLevelIndex) {
            continue;
        }
        Old->Groups[Put].Attributes = Group->Attributes;
        Old->Groups[Put].Sid = (PUCHAR)Adjust->Previous + (Sid - (PUCHAR)Old);
        RtlCopyMemory(Sid, Group->Sid, SeLengthSid(Group->Sid));
        Sid += SeLengthSid(Group->Sid);
        Put++;
    }
    Status = CopyToMode(Adjust->Mode, Adjust->Previous, Old, Needed);
    ExFreePoolWithTag(Old, TAG_SE);
    return Status;
}

NTSTATUS NTAPI NtAdjustGroupsToken(HANDLE TokenHandle, BOOLEAN ResetToDefault, PTOKEN_GROUPS NewState, ULONG BufferLength, PTOKEN_GROUPS PreviousState,
                                   PULONG ReturnLength)
{
    SEP_ADJUST Adjust = {ExGetPreviousMode(), PreviousState, BufferLength, ReturnLength};
    SID_AND_ATTRIBUTES *New = NULL;
    ULONG NewCount = 0, Count, Length;
    NTSTATUS Status = STATUS_SUCCESS, CopyStatus = STATUS_SUCCESS;
    PTOKEN Token;

    PAGED_CODE();
    if (!ResetToDefault) {
        if (NewState == NULL) {
            return STATUS_INVALID_PARAMETER;
        }
        Status = CopyFromMode(Adjust.Mode, &NewCount, &NewState->GroupCount, sizeof(NewCount));
        if (NT_SUCCESS(Status)) {
            Status = SepCaptureSidArray(Adjust.Mode, NewState->Groups, NewCount, &New);
        }
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(TokenHandle, TOKEN_ADJUST_GROUPS | (PreviousState != NULL ? TOKEN_QUERY : 0), SeTokenObjectType_, Adjust.Mode,
                                           (PVOID *)&Token, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        goto FreeNew;
    }
    ExAcquirePushLockExclusive_(&Token->TokenLock);
    Status = SepWalkGroups(Token, ResetToDefault, New, NewCount, FALSE, &Count, &Length);
    if (NT_SUCCESS(Status) && PreviousState != NULL) {
        CopyStatus = SepReturnOldGroups(Token, &Adjust, ResetToDefault, New, NewCount, Count, Length);
        Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
    if (NT_SUCCESS(Status) && Count != 0) {
        SepWalkGroups(Token, ResetToDefault, New, NewCount, TRUE, &Count, &Length);
        SepTokenModified(Token);
    }
    ExReleasePushLockExclusive_(&Token->TokenLock);
    ObfDereferenceObject(Token);
FreeNew:
    if (New != NULL) {
        ExFreePoolWithTag(New, TAG_SE);
    }
    return Status;
}

/* ---- set ------------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS SepSetOwner(PTOKEN Token, PSID Owner)
{
    for (ULONG i = 0; i < Token->UserAndGroupCount; i++) {
        if (SepEqualSid(Token->UserAndGroups[i].Sid, Owner)) {
            if (!SepValidOwner(Token, Owner)) {
                return STATUS_INVALID_OWNER;
            }
            Token->DefaultOwnerIndex = i;
            return STATUS_SUCCESS;
        }
    }
    return STATUS_INVALID_OWNER;
}

static NTSTATUS SepSetPrimaryGroup(PTOKEN Token, PSID Group)
{
    for (ULONG i = 0; i < Token->UserAndGroupCount; i++) {
        if (SepEqualSid(Token->UserAndGroups[i].Sid, Group)) {
            Token->PrimaryGroup = Token->UserAndGroups[i].Sid;
            return STATUS_SUCCESS;
        }
    }
    return STATUS_INVALID_PRIMARY_GROUP;
}

/* The level may go down; up only with SeTcbPrivilege.  The new SID has the old one's length: one sub-authority. */
static NTSTATUS SepSetIntegrity(PTOKEN Token, const SID *Label, KPROCESSOR_MODE Mode)
{
    SID *Current;

    if (Label->SubAuthorityCount != 1 || Label->IdentifierAuthority.Value[5] != 16) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Token->IntegrityLevelIndex == MAXULONG) {
        return STATUS_INVALID_PARAMETER;
    }
    Current = Token->UserAndGroups[Token->IntegrityLevelIndex].Sid;
    if (Label->SubAuthority[0] > Current->SubAuthority[0] && !SeSinglePrivilegeCheck(SepExports.SeTcbPrivilege, Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    Current->SubAuthority[0] = Label->SubAuthority[0];
    return STATUS_SUCCESS;
}

/* Captured information of a class; one of the members. */
typedef union _SEP_SET_VALUE
{
    PSID Sid;
    PACL Acl;
    ULONG Number;
    LUID Luid;
    HANDLE Token;
} SEP_SET_VALUE;

static NTSTATUS SepCaptureSetValue(KPROCESSOR_MODE Mode, ULONG Class, PVOID Buffer, ULONG Length, SEP_SET_VALUE *Value)
{
    SID_AND_ATTRIBUTES Label;
    PVOID Pointer;
    NTSTATUS Status;

    switch (Class) {
    case TokenOwner:
    case TokenPrimaryGroup:
        if (Length < sizeof(PSID)) {
            return STATUS_INFO_LENGTH_MISMATCH;
        }
        Status = CopyFromMode(Mode, &Pointer, Buffer, sizeof(Pointer));
        return NT_SUCCESS(Status) ? SepCaptureSid(Mode, Pointer, &Value->Sid) : Status;
    case TokenIntegrityLevel:
        if (Length < sizeof(Label)) {
            return STATUS_INFO_LENGTH_MISMATCH;
        }
        Status = CopyFromMode(Mode, &Label, Buffer, sizeof(Label));
        return NT_SUCCESS(Status) ? SepCaptureSid(Mode, Label.Sid, &Value->Sid) : Status;
    case TokenDefaultDacl:
        if (Length < sizeof(TOKEN_DEFAULT_DACL)) {
            return STATUS_INFO_LENGTH_MISMATCH;
        }
        Status = CopyFromMode(Mode, &Pointer, Buffer, sizeof(Pointer));
        return NT_SUCCESS(Status) && Pointer != NULL ? SepCaptureAcl(Mode, Pointer, &Value->Acl) : Status;
    case TokenLinkedToken:
        return Length < sizeof(HANDLE) ? STATUS_INFO_LENGTH_MISMATCH : CopyFromMode(Mode, &Value->Token, Buffer, sizeof(HANDLE));
    case TokenOrigin:
        return Length < sizeof(LUID) ? STATUS_INFO_LENGTH_MISMATCH : CopyFromMode(Mode, &Value->Luid, Buffer, sizeof(LUID));
    case TokenSessionId:
    case TokenVirtualizationAllowed:
    case TokenVirtualizationEnabled:
    case TokenUIAccess:
    case TokenMandatoryPolicy:
        return Length < sizeof(ULONG) ? STATUS_INFO_LENGTH_MISMATCH : CopyFromMode(Mode, &Value->Number, Buffer, sizeof(ULONG));
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

static void SepSetFlag(PTOKEN Token, ULONG Flag, ULONG On)
{
    Token->TokenFlags = On ? Token->TokenFlags | Flag : Token->TokenFlags & ~Flag;
}

/* TokenLock held exclusively.  Value stays the caller's. */
static NTSTATUS SepApplySetValue(PTOKEN Token, ULONG Class, SEP_SET_VALUE *Value, KPROCESSOR_MODE Mode)
{
    PACL NewDacl;
    NTSTATUS Status;

    switch (Class) {
    case TokenOwner:
        return SepSetOwner(Token, Value->Sid);
    case TokenPrimaryGroup:
        return SepSetPrimaryGroup(Token, Value->Sid);
    case TokenIntegrityLevel:
        return SepSetIntegrity(Token, Value->Sid, Mode);
    case TokenDefaultDacl:
        Status = SepMakeSharedDacl(Value->Acl, &NewDacl);
        if (NT_SUCCESS(Status)) {
            SepReleaseDacl(Token->DefaultDacl);
            Token->DefaultDacl = NewDacl;
        }
        return Status;
    case TokenOrigin:
        Token->OriginatingLogonSession = Value->Luid;
        return STATUS_SUCCESS;
    case TokenSessionId:
        Token->SessionId = Value->Number;
        return STATUS_SUCCESS;
    case TokenVirtualizationAllowed:
        SepSetFlag(Token, TOKEN_VIRTUALIZE_ALLOWED, Value->Number);
        return STATUS_SUCCESS;
    case TokenVirtualizationEnabled:
        SepSetFlag(Token, TOKEN_VIRTUALIZE_ENABLED, Value->Number);
        return STATUS_SUCCESS;
    case TokenUIAccess:
        SepSetFlag(Token, TOKEN_UIACCESS, Value->Number);
        return STATUS_SUCCESS;
    default:
        Token->MandatoryPolicy = Value->Number & TOKEN_MANDATORY_POLICY_VALID_MASK;
        return STATUS_SUCCESS;
    }
}

/* What the caller must hold to set a class at all. */
static BOOLEAN SepMaySetClass(ULONG Class, KPROCESSOR_MODE Mode)
{
    switch (Class) {
    case TokenSessionId:
    case TokenOrigin:
    case TokenUIAccess:
    case TokenMandatoryPolicy:
        return SeSinglePrivilegeCheck(SepExports.SeTcbPrivilege, Mode);
    case TokenLinkedToken:
    case TokenVirtualizationAllowed:
        return SeSinglePrivilegeCheck(SepExports.SeCreateTokenPrivilege, Mode);
    default:
        return TRUE;
    }
}

static NTSTATUS SepSetLinkedToken(PTOKEN Token, HANDLE LinkedHandle, KPROCESSOR_MODE Mode)
{
    PTOKEN Linked;
    NTSTATUS Status = ObReferenceObjectByHandle(LinkedHandle, TOKEN_DUPLICATE, SeTokenObjectType_, Mode, (PVOID *)&Linked, NULL);

    if (NT_SUCCESS(Status)) {
        Status = SepLinkTokens(Token, Linked);
        ObfDereferenceObject(Linked);
    }
    return Status;
}

static NTSTATUS SepSetToken(PTOKEN Token, ULONG Class, SEP_SET_VALUE *Value, KPROCESSOR_MODE Mode)
{
    NTSTATUS Status;

    if (!SepMaySetClass(Class, Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    if (Class == TokenLinkedToken) {
        return SepSetLinkedToken(Token, Value->Token, Mode);
    }
    ExAcquirePushLockExclusive_(&Token->TokenLock);
    Status = SepApplySetValue(Token, Class, Value, Mode);
    if (NT_SUCCESS(Status)) {
        SepTokenModified(Token);
    }
    ExReleasePushLockExclusive_(&Token->TokenLock);
    return Status;
}

NTSTATUS NTAPI NtSetInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ACCESS_MASK Access = TOKEN_ADJUST_DEFAULT | (Class == TokenSessionId ? TOKEN_ADJUST_SESSIONID : 0);
    SEP_SET_VALUE Value = {0};
    PTOKEN Token;
    NTSTATUS Status;

    PAGED_CODE();
    Status = SepCaptureSetValue(Mode, Class, Buffer, Length, &Value);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(TokenHandle, Access, SeTokenObjectType_, Mode, (PVOID *)&Token, NULL);
    if (NT_SUCCESS(Status)) {
        Status = SepSetToken(Token, Class, &Value, Mode);
        ObfDereferenceObject(Token);
    }
    if ((Class == TokenOwner || Class == TokenPrimaryGroup || Class == TokenIntegrityLevel) && Value.Sid != NULL) {
        ExFreePoolWithTag(Value.Sid, TAG_SE);
    } else if (Class == TokenDefaultDacl && Value.Acl != NULL) {
        ExFreePoolWithTag(Value.Acl, TAG_SE_DACL);
    }
    return Status;
}

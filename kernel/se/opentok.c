/* SPDX-License-Identifier: MIT */
/*
 * opentok.c - handles to the tokens of processes and threads; making, duplicating and filtering tokens.
 */
#include "sep.h"

#define PROCESS_QUERY_LIMITED_INFORMATION_ 0x1000
#define THREAD_QUERY_LIMITED_INFORMATION_ 0x0800
#ifndef SEP_DISABLE_MAX_PRIVILEGE
#define SEP_DISABLE_MAX_PRIVILEGE 0x1
#define SEP_SANDBOX_INERT 0x2
#define SEP_LUA_TOKEN 0x4
#define SEP_WRITE_RESTRICTED 0x8
#endif

/* The primary token of Process, referenced. */
static PTOKEN SepReferencePrimary(PEPROCESS Process)
{
    PTOKEN Token;

    ExAcquirePushLockShared_(&Process->TokenLock);
    Token = Process->Token;
    if (Token != NULL) {
        ObfReferenceObject(Token);
    }
    ExReleasePushLockShared_(&Process->TokenLock);
    return Token;
}

/* The token Thread impersonates with, referenced.  STATUS_NO_TOKEN. */
static NTSTATUS SepReferenceImpersonation(PETHREAD Thread, PTOKEN *Token)
{
    NTSTATUS Status = STATUS_NO_TOKEN;

    *Token = NULL;
    if (!Thread->ActiveImpersonation) {
        return STATUS_NO_TOKEN;
    }
    ExAcquirePushLockShared_(&Thread->ThreadLock);
    if (Thread->ActiveImpersonation && Thread->ImpersonationToken != NULL) {
        if (Thread->ImpersonationLevel == SecurityAnonymous) {
            Status = STATUS_CANT_OPEN_ANONYMOUS;
        } else {
            *Token = Thread->ImpersonationToken;
            ObfReferenceObject(*Token);
            Status = STATUS_SUCCESS;
        }
    }
    ExReleasePushLockShared_(&Thread->ThreadLock);
    return Status;
}

NTSTATUS SepReferenceTokenByHandle(HANDLE Handle, ACCESS_MASK Access, KPROCESSOR_MODE Mode, PTOKEN *Token)
{
    PETHREAD Thread = PsCurrentThread_();
    NTSTATUS Status;

    if ((LONG_PTR)Handle > -4 || (LONG_PTR)Handle < -6) {
        return ObReferenceObjectByHandle(Handle, Access, SeTokenObjectType_, Mode, (PVOID *)Token, NULL);
    }
    if (Access & ~(ACCESS_MASK)(TOKEN_QUERY | TOKEN_QUERY_SOURCE)) {
        return STATUS_ACCESS_DENIED; /* the pseudo handles only ask */
    }
    if (Handle == (HANDLE)(LONG_PTR)-4) {
        *Token = SepReferencePrimary(PsThreadProcess_(Thread));
        return STATUS_SUCCESS;
    }
    Status = SepReferenceImpersonation(Thread, Token);
    if (Status == STATUS_NO_TOKEN && Handle == (HANDLE)(LONG_PTR)-6) {
        *Token = SepReferencePrimary(PsThreadProcess_(Thread));
        Status = STATUS_SUCCESS;
    }
    return Status;
}

static NTSTATUS SepReturnHandle(NTSTATUS Status, HANDLE Handle, PHANDLE UserHandle, KPROCESSOR_MODE Mode)
{
    NTSTATUS CopyStatus;

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CopyStatus = CopyToMode(Mode, UserHandle, &Handle, sizeof(Handle));
    if (!NT_SUCCESS(CopyStatus)) {
        ObCloseHandle(Handle, KernelMode);
        return CopyStatus;
    }
    return Status;
}

NTSTATUS NTAPI NtOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, PHANDLE TokenHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PEPROCESS Process;
    PTOKEN Token;
    HANDLE Handle;
    NTSTATUS Status;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, TokenHandle, sizeof(HANDLE), 1);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_QUERY_LIMITED_INFORMATION_, ObpProcessType, Mode, (PVOID *)&Process, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Token = SepReferencePrimary(Process);
    ObfDereferenceObject(Process);
    if (Token == NULL) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    if (Mode != KernelMode) {
        HandleAttributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    }
    Status = ObOpenObjectByPointer(Token, HandleAttributes, NULL, DesiredAccess, SeTokenObjectType_, Mode, &Handle);
    ObfDereferenceObject(Token);
    return SepReturnHandle(Status, Handle, TokenHandle, Mode);
}

NTSTATUS NTAPI NtOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle)
{
    return NtOpenProcessTokenEx(ProcessHandle, DesiredAccess, 0, TokenHandle);
}

/* OpenAsSelf: the check is made against the process' token, not the one impersonated with. */
static NTSTATUS SepOpenToken(PTOKEN Token, ACCESS_MASK DesiredAccess, ULONG Attributes, BOOLEAN OpenAsSelf, KPROCESSOR_MODE Mode, PHANDLE Handle)
{
    SE_IMPERSONATION_STATE State;
    BOOLEAN Disabled = FALSE;
    NTSTATUS Status;

    if (OpenAsSelf) {
        Disabled = PsDisableImpersonation(PsGetCurrentThread(), &State);
    }
    Status = ObOpenObjectByPointer(Token, Attributes, NULL, DesiredAccess, SeTokenObjectType_, Mode, Handle);
    if (Disabled) {
        PsRestoreImpersonation(PsGetCurrentThread(), &State);
    }
    return Status;
}

NTSTATUS NTAPI NtOpenThreadTokenEx(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, ULONG HandleAttributes, PHANDLE TokenHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PETHREAD Thread;
    PTOKEN Token;
    HANDLE Handle;
    NTSTATUS Status;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, TokenHandle, sizeof(HANDLE), 1);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_QUERY_LIMITED_INFORMATION_, ObpThreadType, Mode, (PVOID *)&Thread, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepReferenceImpersonation(Thread, &Token);
    if (NT_SUCCESS(Status)) {
        if (Mode != KernelMode) {
            HandleAttributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
        }
        Status = SepOpenToken(Token, DesiredAccess, HandleAttributes, OpenAsSelf, Mode, &Handle);
        ObfDereferenceObject(Token);
    }
    ObfDereferenceObject(Thread);
    return SepReturnHandle(Status, Handle, TokenHandle, Mode);
}

NTSTATUS NTAPI NtOpenThreadToken(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, PHANDLE TokenHandle)
{
    return NtOpenThreadTokenEx(ThreadHandle, DesiredAccess, OpenAsSelf, 0, TokenHandle);
}

/* ---- duplicate ------------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI NtDuplicateToken(HANDLE ExistingTokenHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN EffectiveOnly,
                                TOKEN_TYPE TokenType, PHANDLE NewTokenHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    SECURITY_QUALITY_OF_SERVICE Qos = {sizeof(Qos), SecurityAnonymous, SECURITY_STATIC_TRACKING, FALSE};
    OBJECT_HANDLE_INFORMATION Information;
    OBJECT_ATTRIBUTES Attributes;
    PTOKEN Existing, Token;
    NTSTATUS Status;

    PAGED_CODE();
    if (TokenType != TokenPrimary && TokenType != TokenImpersonation) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = KiProbeForWrite(Mode, NewTokenHandle, sizeof(HANDLE), 1);
    if (NT_SUCCESS(Status) && ObjectAttributes != NULL) {
        Status = CopyFromMode(Mode, &Attributes, ObjectAttributes, sizeof(Attributes));
        if (NT_SUCCESS(Status) && Attributes.SecurityQualityOfService != NULL) {
            Status = CopyFromMode(Mode, &Qos, Attributes.SecurityQualityOfService, sizeof(Qos));
            if (NT_SUCCESS(Status) && (Qos.Length != sizeof(Qos) || !VALID_IMPERSONATION_LEVEL(Qos.ImpersonationLevel))) {
                Status = STATUS_INVALID_PARAMETER;
            }
        }
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ExistingTokenHandle, TOKEN_DUPLICATE, SeTokenObjectType_, Mode, (PVOID *)&Existing, &Information);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    /* An impersonation token is not raised to a level it does not have, nor to a primary token below impersonation. */
    if (Existing->TokenType == TokenImpersonation && ((TokenType == TokenImpersonation && Qos.ImpersonationLevel > Existing->ImpersonationLevel) ||
                                                      (TokenType == TokenPrimary && Existing->ImpersonationLevel < SecurityImpersonation))) {
        Status = STATUS_BAD_IMPERSONATION_LEVEL;
    } else {
        Status = SepDuplicateToken(Existing, ObjectAttributes, EffectiveOnly, TokenType, Qos.ImpersonationLevel, Mode, &Token);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObInsertObjectService(Token, DesiredAccess != 0 ? DesiredAccess : Information.GrantedAccess, NewTokenHandle, Mode);
    }
    ObfDereferenceObject(Existing);
    return Status;
}

/* ---- filter ---------------------------------------------------------------------------------------------------------------------------- */

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
        if (SepListed(Filter->Disable, Filter->DisableCount, Groups[i].Sid) && i != Existing->IntegrityLevelIndex) {
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

/* ---- create ---------------------------------------------------------------------------------------------------------------------------- */

/* Bits of an array of privileges with a given attribute (0: all).  STATUS_INVALID_PARAMETER names an unknown one. */
static NTSTATUS SepPrivilegeBits(const LUID_AND_ATTRIBUTES *Privileges, ULONG Count, ULONG Attribute, ULONG64 *Bits)
{
    *Bits = 0;
    for (ULONG i = 0; i < Count; i++) {
        LUID Luid = Privileges[i].Luid;

        if (Luid.HighPart != 0 || Luid.LowPart < SE_MIN_WELL_KNOWN_PRIVILEGE || Luid.LowPart >= 64) {
            return STATUS_INVALID_PARAMETER;
        }
        if (Attribute == 0 || (Privileges[i].Attributes & Attribute)) {
            *Bits |= SEP_PRIVILEGE(Luid.LowPart);
        }
    }
    return STATUS_SUCCESS;
}

/* The index of Sid in the user and groups; MAXULONG: not there. */
static ULONG SepIndexOfSid(const SEP_TOKEN_SPEC *Spec, PSID Sid)
{
    for (ULONG i = 0; i < Spec->UserAndGroupCount; i++) {
        if (SepEqualSid(Spec->UserAndGroups[i].Sid, Sid)) {
            return i;
        }
    }
    return MAXULONG;
}

typedef struct _SEP_CREATE
{
    SID_AND_ATTRIBUTES *User, *Groups, *All;
    ULONG GroupCount, PrivilegeCount;
    LUID_AND_ATTRIBUTES *Privileges;
    PSID Owner, PrimaryGroup;
    PACL DefaultDacl;
} SEP_CREATE;

static NTSTATUS SepCaptureCreate(KPROCESSOR_MODE Mode, PTOKEN_USER User, PTOKEN_GROUPS Groups, PTOKEN_PRIVILEGES Privileges, PTOKEN_OWNER Owner,
                                 PTOKEN_PRIMARY_GROUP PrimaryGroup, PTOKEN_DEFAULT_DACL DefaultDacl, SEP_CREATE *Create)
{
    TOKEN_PRIMARY_GROUP GroupHead;
    TOKEN_DEFAULT_DACL DaclHead = {NULL};
    TOKEN_OWNER OwnerHead = {NULL};
    NTSTATUS Status = SepCaptureSidArray(Mode, &User->User, 1, &Create->User);

    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Mode, &Create->GroupCount, &Groups->GroupCount, sizeof(ULONG));
    }
    if (NT_SUCCESS(Status)) {
        Status = SepCaptureSidArray(Mode, Groups->Groups, Create->GroupCount, &Create->Groups);
    }
    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Mode, &Create->PrivilegeCount, &Privileges->PrivilegeCount, sizeof(ULONG));
    }
    if (NT_SUCCESS(Status)) {
        Status = SepCapturePrivileges(Mode, Privileges->Privileges, Create->PrivilegeCount, &Create->Privileges);
    }
    if (NT_SUCCESS(Status) && Owner != NULL) {
        Status = CopyFromMode(Mode, &OwnerHead, Owner, sizeof(OwnerHead));
    }
    if (NT_SUCCESS(Status) && OwnerHead.Owner != NULL) {
        Status = SepCaptureSid(Mode, OwnerHead.Owner, &Create->Owner);
    }
    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Mode, &GroupHead, PrimaryGroup, sizeof(GroupHead));
    }
    if (NT_SUCCESS(Status)) {
        Status = SepCaptureSid(Mode, GroupHead.PrimaryGroup, &Create->PrimaryGroup);
    }
    if (NT_SUCCESS(Status) && DefaultDacl != NULL) {
        Status = CopyFromMode(Mode, &DaclHead, DefaultDacl, sizeof(DaclHead));
    }
    if (NT_SUCCESS(Status) && DaclHead.DefaultDacl != NULL) {
        Status = SepCaptureAcl(Mode, DaclHead.DefaultDacl, &Create->DefaultDacl);
    }
    return Status;
}

static void SepFreeCreate(SEP_CREATE *Create)
{
    PVOID Blocks[] = {Create->User, Create->Groups, Create->All, Create->Privileges, Create->Owner, Create->PrimaryGroup, Create->DefaultDacl};

    for (ULONG i = 0; i < RTL_NUMBER_OF(Blocks); i++) {
        if (Blocks[i] != NULL) {
            ExFreePool(Blocks[i]);
        }
    }
}

static NTSTATUS SepSpecFromCreate(SEP_CREATE *Create, SEP_TOKEN_SPEC *Spec)
{
    NTSTATUS Status;
    ULONG Owner;

    Create->All = ExAllocatePoolWithTag(PagedPool, (Create->GroupCount + 1) * sizeof(SID_AND_ATTRIBUTES), TAG_SE);
    if (Create->All == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Create->All[0] = Create->User[0];
    RtlCopyMemory(Create->All + 1, Create->Groups, Create->GroupCount * sizeof(SID_AND_ATTRIBUTES));
    for (ULONG i = 1; i <= Create->GroupCount; i++) {
        if (Create->All[i].Attributes & SE_GROUP_MANDATORY) {
            Create->All[i].Attributes |= SE_GROUP_ENABLED | SE_GROUP_ENABLED_BY_DEFAULT;
        }
    }
    Spec->UserAndGroups = Create->All;
    Spec->UserAndGroupCount = Create->GroupCount + 1;
    Spec->DefaultDacl = Create->DefaultDacl;
    Spec->PrimaryGroupIndex = SepIndexOfSid(Spec, Create->PrimaryGroup);
    if (Spec->PrimaryGroupIndex == MAXULONG) {
        return STATUS_INVALID_PRIMARY_GROUP;
    }
    Owner = Create->Owner != NULL ? SepIndexOfSid(Spec, Create->Owner) : 0;
    if (Owner == MAXULONG || (Owner != 0 && (Create->All[Owner].Attributes & SE_GROUP_OWNER) == 0)) {
        return STATUS_INVALID_OWNER;
    }
    Spec->DefaultOwnerIndex = Owner;
    Status = SepPrivilegeBits(Create->Privileges, Create->PrivilegeCount, 0, &Spec->PrivilegesPresent);
    if (NT_SUCCESS(Status)) {
        SepPrivilegeBits(Create->Privileges, Create->PrivilegeCount, SE_PRIVILEGE_ENABLED, &Spec->PrivilegesEnabled);
        SepPrivilegeBits(Create->Privileges, Create->PrivilegeCount, SE_PRIVILEGE_ENABLED_BY_DEFAULT, &Spec->PrivilegesEnabledByDefault);
    }
    return Status;
}

NTSTATUS NTAPI NtCreateToken(PHANDLE TokenHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, TOKEN_TYPE TokenType,
                             PLUID AuthenticationId, PLARGE_INTEGER ExpirationTime, PTOKEN_USER User, PTOKEN_GROUPS Groups,
                             PTOKEN_PRIVILEGES Privileges, PTOKEN_OWNER Owner, PTOKEN_PRIMARY_GROUP PrimaryGroup, PTOKEN_DEFAULT_DACL DefaultDacl,
                             PTOKEN_SOURCE TokenSource)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    SEP_TOKEN_SPEC Spec = {.Type = TokenType,
                           .MandatoryPolicy = TOKEN_MANDATORY_POLICY_NO_WRITE_UP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN};
    SECURITY_QUALITY_OF_SERVICE Qos;
    OBJECT_ATTRIBUTES Attributes;
    SEP_CREATE Create = {0};
    PTOKEN Token;
    NTSTATUS Status;

    PAGED_CODE();
    if (!SeSinglePrivilegeCheck(SepExports.SeCreateTokenPrivilege, Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    if (TokenType != TokenPrimary && TokenType != TokenImpersonation) {
        return STATUS_BAD_TOKEN_TYPE;
    }
    Status = KiProbeForWrite(Mode, TokenHandle, sizeof(HANDLE), 1);
    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Mode, &Spec.AuthenticationId, AuthenticationId, sizeof(LUID));
    }
    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Mode, &Spec.ExpirationTime, ExpirationTime, sizeof(LARGE_INTEGER));
    }
    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Mode, &Spec.Source, TokenSource, sizeof(TOKEN_SOURCE));
    }
    if (NT_SUCCESS(Status) && TokenType == TokenImpersonation && ObjectAttributes != NULL) {
        Status = CopyFromMode(Mode, &Attributes, ObjectAttributes, sizeof(Attributes));
        if (NT_SUCCESS(Status) && Attributes.SecurityQualityOfService != NULL) {
            Status = CopyFromMode(Mode, &Qos, Attributes.SecurityQualityOfService, sizeof(Qos));
            Spec.Level = NT_SUCCESS(Status) && VALID_IMPERSONATION_LEVEL(Qos.ImpersonationLevel) ? Qos.ImpersonationLevel : SecurityAnonymous;
        }
    }
    if (NT_SUCCESS(Status)) {
        Status = SepCaptureCreate(Mode, User, Groups, Privileges, Owner, PrimaryGroup, DefaultDacl, &Create);
    }
    if (NT_SUCCESS(Status)) {
        Status = SepSpecFromCreate(&Create, &Spec);
    }
    if (NT_SUCCESS(Status)) {
        Status = SepCreateToken(&Spec, Mode, ObjectAttributes, &Token);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObInsertObjectService(Token, DesiredAccess, TokenHandle, Mode);
    }
    SepFreeCreate(&Create);
    return Status;
}

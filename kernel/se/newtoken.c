/* SPDX-License-Identifier: MIT */
/*
 * newtoken.c - NtCreateToken: a token from nothing but what the caller says, who must hold SeCreateTokenPrivilege.
 *
 * All is captured first, then checked, then made.
 */
#include "sep.h"

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

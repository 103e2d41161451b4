/* SPDX-License-Identifier: MIT */
/*
 * checksvc.c - access checks that programs ask for: NtAccessCheck, NtAccessCheckByType(ResultList), NtPrivilegeCheck, NtCompareTokens.
 *
 * A server asks on behalf of a client, so the token is an impersonation token, at identification or above.  The answer of a check that could be made is
 * *AccessStatus; a failure of the service means that it could not.
 */
#include "sep.h"

#define MAXIMUM_TYPES 4096u

/* A client's token for a check: an impersonation token that may be used for one. */
static NTSTATUS SepReferenceClient(HANDLE Handle, KPROCESSOR_MODE Mode, PTOKEN *Token)
{
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, TOKEN_QUERY, SeTokenObjectType_, Mode, (PVOID *)Token, NULL);

    if (NT_SUCCESS(Status)) {
        if ((*Token)->TokenType != TokenImpersonation) {
            Status = STATUS_NO_IMPERSONATION_TOKEN;
        } else if ((*Token)->ImpersonationLevel < SecurityIdentification) {
            Status = STATUS_BAD_IMPERSONATION_LEVEL;
        }
        if (!NT_SUCCESS(Status)) {
            ObfDereferenceObject(*Token);
        }
    }
    return Status;
}

/* The caller's privilege-set buffer gets what was used. */
static NTSTATUS SepReturnPrivileges(KPROCESSOR_MODE Mode, ULONG64 Used, PPRIVILEGE_SET Buffer, PULONG Length)
{
    ULONG Count = (ULONG)__builtin_popcountll(Used), Given, Needed = sizeof(PRIVILEGE_SET);
    PRIVILEGE_SET Empty = {0};
    PPRIVILEGE_SET Set;
    NTSTATUS Status = CopyFromMode(Mode, &Given, Length, sizeof(Given));

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Count > 1) {
        Needed = offsetof(PRIVILEGE_SET, Privilege) + Count * sizeof(LUID_AND_ATTRIBUTES);
    }
    if (Given < Needed) {
        Status = CopyToMode(Mode, Length, &Needed, sizeof(Needed));
        return NT_SUCCESS(Status) ? STATUS_BUFFER_TOO_SMALL : Status;
    }
    Set = SepMakePrivilegeSet(Used);
    Status = CopyToMode(Mode, Buffer, Set != NULL ? Set : &Empty, Needed);
    if (Set != NULL) {
        SeFreePrivileges(Set);
    }
    return Status;
}

/* ---- the tree of object types ---- */

/* The caller's list in preorder: levels from 0, one deeper than the node before at most.  No list: one node that is the whole object. */
static NTSTATUS SepCaptureTypes(KPROCESSOR_MODE Mode, POBJECT_TYPE_LIST List, ULONG Count, SEP_TYPE_NODE **Result, ULONG *NodeCount)
{
    ULONG Path[ACCESS_MAX_LEVEL + 1] = {0};
    SEP_TYPE_NODE *Nodes;
    NTSTATUS Status = STATUS_SUCCESS;

    *NodeCount = Count != 0 ? Count : 1;
    if (Count > MAXIMUM_TYPES) {
        return STATUS_INVALID_PARAMETER;
    }
    Nodes = ExAllocatePoolWithTag(PagedPool, *NodeCount * sizeof(*Nodes), TAG_SE);
    if (Nodes == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Nodes, *NodeCount * sizeof(*Nodes));
    for (ULONG i = 0; i < Count && NT_SUCCESS(Status); i++) {
        OBJECT_TYPE_LIST Entry;

        Status = CopyFromMode(Mode, &Entry, &List[i], sizeof(Entry));
        if (NT_SUCCESS(Status) && (Entry.Level > ACCESS_MAX_LEVEL || (i == 0) != (Entry.Level == 0) || (i != 0 && Entry.Level > Nodes[i - 1].Level + 1))) {
            Status = STATUS_INVALID_PARAMETER;
        }
        if (NT_SUCCESS(Status)) {
            Status = CopyFromMode(Mode, &Nodes[i].Type, Entry.ObjectType, sizeof(GUID));
        }
        if (NT_SUCCESS(Status)) {
            Nodes[i].HasType = TRUE;
            Nodes[i].Level = Entry.Level;
            Nodes[i].Parent = Entry.Level != 0 ? Path[Entry.Level - 1] : 0;
            Path[Entry.Level] = i;
        }
    }
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Nodes, TAG_SE);
        return Status;
    }
    *Result = Nodes;
    return STATUS_SUCCESS;
}

/* ---- the checks ---- */

typedef struct _SEP_CHECK
{
    KPROCESSOR_MODE Mode;
    PSECURITY_DESCRIPTOR Descriptor; /* the caller's, as all pointers here */
    PSID PrincipalSelf;
    HANDLE Token;
    ACCESS_MASK Desired;
    POBJECT_TYPE_LIST Types;
    ULONG TypeCount;
    PGENERIC_MAPPING Mapping;
    PPRIVILEGE_SET Privileges;
    PULONG PrivilegesLength;
    BOOLEAN ResultList; /* an answer for each type */
} SEP_CHECK;

/* Descriptor captured. */
static NTSTATUS SepCheckCaptured(const SEP_CHECK *Check, PSECURITY_DESCRIPTOR Descriptor, const GENERIC_MAPPING *Mapping, PSID Self, SEP_TYPE_NODE *Nodes,
                                 ULONG Count, PTOKEN Token)
{
    SEP_SUBJECT Subject;
    SEP_OBJECT Object;
    ULONG64 Used = 0;

    if (Descriptor == NULL) {
        return STATUS_INVALID_SECURITY_DESCR;
    }
    SepObjectFromDescriptor(Descriptor, &Object);
    if (Object.Owner == NULL || Object.Group == NULL) {
        return STATUS_INVALID_SECURITY_DESCR;
    }
    if (Check->Desired == 0) {
        for (ULONG i = 0; i < Count; i++) {
            Nodes[i].Status = STATUS_ACCESS_DENIED;
        }
    } else {
        ExAcquirePushLockShared_(&Token->TokenLock);
        SepSubjectFromToken(Token, &Subject);
        (void)SepAccessCheckByType(&Subject, &Object, Self, Check->Desired, 0, Mapping, Nodes, Count, &Used);
        ExReleasePushLockShared_(&Token->TokenLock);
    }
    return SepReturnPrivileges(Check->Mode, Used, Check->Privileges, Check->PrivilegesLength);
}

static NTSTATUS SepRunCheck(const SEP_CHECK *Check, PACCESS_MASK UserGranted, PNTSTATUS UserStatus)
{
    PSECURITY_DESCRIPTOR Descriptor = NULL;
    SEP_TYPE_NODE *Nodes = NULL;
    GENERIC_MAPPING Mapping;
    PSID Self = NULL;
    ULONG Count = 0;
    PTOKEN Token;
    NTSTATUS Status = CopyFromMode(Check->Mode, &Mapping, Check->Mapping, sizeof(Mapping));

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Check->Desired & (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL)) {
        return STATUS_GENERIC_NOT_MAPPED;
    }
    Status = SepReferenceClient(Check->Token, Check->Mode, &Token);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepCaptureTypes(Check->Mode, Check->Types, Check->TypeCount, &Nodes, &Count);
    if (NT_SUCCESS(Status) && Check->PrincipalSelf != NULL) {
        Status = SepCaptureSid(Check->Mode, Check->PrincipalSelf, &Self);
    }
    if (NT_SUCCESS(Status)) {
        Status = SeCaptureSecurityDescriptor_(Check->Descriptor, Check->Mode, &Descriptor);
    }
    if (NT_SUCCESS(Status)) {
        Status = SepCheckCaptured(Check, Descriptor, &Mapping, Self, Nodes, Count, Token);
    }
    for (ULONG i = 0; NT_SUCCESS(Status) && i < (Check->ResultList ? Count : 1); i++) {
        Status = CopyToMode(Check->Mode, &UserGranted[i], &Nodes[i].Granted, sizeof(ACCESS_MASK));
        if (NT_SUCCESS(Status)) {
            Status = CopyToMode(Check->Mode, &UserStatus[i], &Nodes[i].Status, sizeof(NTSTATUS));
        }
    }
    if (Descriptor != NULL) {
        SeReleaseCapturedSecurityDescriptor_(Descriptor);
    }
    if (Self != NULL) {
        ExFreePoolWithTag(Self, TAG_SE);
    }
    if (Nodes != NULL) {
        ExFreePoolWithTag(Nodes, TAG_SE);
    }
    ObfDereferenceObject(Token);
    return Status;
}

NTSTATUS NTAPI NtAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, HANDLE ClientToken, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING GenericMapping,
                             PPRIVILEGE_SET PrivilegeSet, PULONG PrivilegeSetLength, PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus)
{
    SEP_CHECK Check = {ExGetPreviousMode(), SecurityDescriptor, NULL, ClientToken, DesiredAccess, NULL, 0, GenericMapping, PrivilegeSet,
                       PrivilegeSetLength, FALSE};

    PAGED_CODE();
    return SepRunCheck(&Check, GrantedAccess, AccessStatus);
}

NTSTATUS NTAPI NtAccessCheckByType(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID PrincipalSelfSid, HANDLE ClientToken, ACCESS_MASK DesiredAccess,
                                   POBJECT_TYPE_LIST ObjectTypeList, ULONG ObjectTypeListLength, PGENERIC_MAPPING GenericMapping,
                                   PPRIVILEGE_SET PrivilegeSet, PULONG PrivilegeSetLength, PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus)
{
    SEP_CHECK Check = {ExGetPreviousMode(), SecurityDescriptor, PrincipalSelfSid, ClientToken, DesiredAccess, ObjectTypeList, ObjectTypeListLength,
                       GenericMapping, PrivilegeSet, PrivilegeSetLength, FALSE};

    PAGED_CODE();
    return SepRunCheck(&Check, GrantedAccess, AccessStatus);
}

NTSTATUS NTAPI NtAccessCheckByTypeResultList(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID PrincipalSelfSid, HANDLE ClientToken,
                                             ACCESS_MASK DesiredAccess, POBJECT_TYPE_LIST ObjectTypeList, ULONG ObjectTypeListLength,
                                             PGENERIC_MAPPING GenericMapping, PPRIVILEGE_SET PrivilegeSet, PULONG PrivilegeSetLength,
                                             PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus)
{
    SEP_CHECK Check = {ExGetPreviousMode(), SecurityDescriptor, PrincipalSelfSid, ClientToken, DesiredAccess, ObjectTypeList, ObjectTypeListLength,
                       GenericMapping, PrivilegeSet, PrivilegeSetLength, TRUE};

    PAGED_CODE();
    if (ObjectTypeListLength == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    return SepRunCheck(&Check, GrantedAccess, AccessStatus);
}

NTSTATUS NTAPI NtPrivilegeCheck(HANDLE ClientToken, PPRIVILEGE_SET RequiredPrivileges, PBOOLEAN Result)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PRIVILEGE_SET Head;
    PPRIVILEGE_SET Set = NULL;
    ULONG Length;
    BOOLEAN Held;
    PTOKEN Token;
    NTSTATUS Status;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, Result, sizeof(*Result), 1);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ClientToken, TOKEN_QUERY, SeTokenObjectType_, Mode, (PVOID *)&Token, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Token->TokenType == TokenImpersonation && Token->ImpersonationLevel < SecurityIdentification) {
        Status = STATUS_BAD_IMPERSONATION_LEVEL;
        goto Cleanup;
    }
    Status = CopyFromMode(Mode, &Head, RequiredPrivileges, offsetof(PRIVILEGE_SET, Privilege));
    if (!NT_SUCCESS(Status)) {
        goto Cleanup;
    }
    if (Head.PrivilegeCount > 64) {
        Status = STATUS_INVALID_PARAMETER;
        goto Cleanup;
    }
    Length = offsetof(PRIVILEGE_SET, Privilege) + Head.PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES);
    Set = ExAllocatePoolWithTag(PagedPool, Length, TAG_SE);
    if (Set == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto Cleanup;
    }
    Status = CopyFromMode(Mode, Set, RequiredPrivileges, Length);
    if (NT_SUCCESS(Status)) {
        Set->PrivilegeCount = Head.PrivilegeCount; /* as captured first */
        Held = SepCheckPrivilegeSet(Token->PrivilegesEnabled, Set);
        Status = CopyToMode(Mode, RequiredPrivileges, Set, Length);
    }
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, Result, &Held, sizeof(Held));
    }
Cleanup:
    if (Set != NULL) {
        ExFreePoolWithTag(Set, TAG_SE);
    }
    ObfDereferenceObject(Token);
    return Status;
}

/* Each SID of one is in the other with the same attributes that matter to a check. */
static BOOLEAN SepSameSids(const SID_AND_ATTRIBUTES *Left, ULONG LeftCount, const SID_AND_ATTRIBUTES *Right, ULONG RightCount)
{
    const ULONG Matters = SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY;

    if (LeftCount != RightCount) {
        return FALSE;
    }
    for (ULONG i = 0; i < LeftCount; i++) {
        ULONG k = 0;

        while (k < RightCount && (!SepEqualSid(Left[i].Sid, Right[k].Sid) || ((Left[i].Attributes ^ Right[k].Attributes) & Matters) != 0)) {
            k++;
        }
        if (k == RightCount) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Would the two be given the same answer by every access check? */
NTSTATUS NTAPI NtCompareTokens(HANDLE FirstHandle, HANDLE SecondHandle, PBOOLEAN Equal)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PTOKEN First, Second;
    BOOLEAN Same = TRUE;
    NTSTATUS Status = KiProbeForWrite(Mode, Equal, sizeof(*Equal), 1);

    PAGED_CODE();
    if (NT_SUCCESS(Status)) {
        Status = SepReferenceTokenByHandle(FirstHandle, TOKEN_QUERY, Mode, &First);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepReferenceTokenByHandle(SecondHandle, TOKEN_QUERY, Mode, &Second);
    if (NT_SUCCESS(Status)) {
        if (First != Second) {
            PTOKEN Low = First < Second ? First : Second, High = First < Second ? Second : First;

            ExAcquirePushLockShared_(&Low->TokenLock); /* by address: nobody waits for us in the other order */
            ExAcquirePushLockShared_(&High->TokenLock);
            Same = SepSameSids(First->UserAndGroups, First->UserAndGroupCount, Second->UserAndGroups, Second->UserAndGroupCount) &&
                   SepSameSids(First->RestrictedSids, First->RestrictedSidCount, Second->RestrictedSids, Second->RestrictedSidCount) &&
                   First->PrivilegesPresent == Second->PrivilegesPresent && First->PrivilegesEnabled == Second->PrivilegesEnabled;
            ExReleasePushLockShared_(&High->TokenLock);
            ExReleasePushLockShared_(&Low->TokenLock);
        }
        ObfDereferenceObject(Second);
        Status = CopyToMode(Mode, Equal, &Same, sizeof(Same));
    }
    ObfDereferenceObject(First);
    return Status;
}

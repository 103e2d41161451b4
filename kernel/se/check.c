/* SPDX-License-Identifier: MIT */
/*
 * check.c - access and privilege checks as the kernel and drivers call them, around the pure check of access.c.
 */
#include "sep.h"

/* ---- privileges --------------------------------------------------------------------------------------------------------------------- */

/* Whether the enabled privileges satisfy Required; those used are marked. */
static BOOLEAN SepCheckPrivilegeSet(ULONG64 Enabled, PPRIVILEGE_SET Required)
{
    ULONG Found = 0;

    for (ULONG i = 0; i < Required->PrivilegeCount; i++) {
        LUID Luid = Required->Privilege[i].Luid;

        if (Luid.HighPart == 0 && Luid.LowPart < 64 && (Enabled & SEP_PRIVILEGE(Luid.LowPart))) {
            Required->Privilege[i].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
            Found++;
        }
    }
    return Required->Control & PRIVILEGE_SET_ALL_NECESSARY ? Found == Required->PrivilegeCount : Found != 0;
}

BOOLEAN SepTokenHasPrivilege(PTOKEN Token, LUID Privilege)
{
    return Privilege.HighPart == 0 && Privilege.LowPart < 64 && (Token->PrivilegesEnabled & SEP_PRIVILEGE(Privilege.LowPart)) != 0;
}

BOOLEAN NTAPI SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges, PSECURITY_SUBJECT_CONTEXT Context, KPROCESSOR_MODE AccessMode)
{
    PTOKEN Token = SepEffectiveToken(Context);

    if (AccessMode == KernelMode) {
        return TRUE;
    }
    if (Token == NULL || (Context->ClientToken != NULL && Context->ImpersonationLevel < SecurityImpersonation)) {
        return FALSE;
    }
    return SepCheckPrivilegeSet(Token->PrivilegesEnabled, RequiredPrivileges);
}

BOOLEAN NTAPI SeSinglePrivilegeCheck(LUID Privilege, KPROCESSOR_MODE PreviousMode)
{
    SECURITY_SUBJECT_CONTEXT Context;
    PRIVILEGE_SET Required = {.PrivilegeCount = 1, .Control = PRIVILEGE_SET_ALL_NECESSARY, .Privilege = {{Privilege, 0}}};
    BOOLEAN Held;

    if (PreviousMode == KernelMode) {
        return TRUE;
    }
    SeCaptureSubjectContext(&Context);
    Held = SePrivilegeCheck(&Required, &Context, PreviousMode);
    SeReleaseSubjectContext(&Context);
    return Held;
}

VOID NTAPI SeFreePrivileges(PPRIVILEGE_SET Privileges)
{
    ExFreePoolWithTag(Privileges, TAG_SE);
}

/* A set of the privileges in Used, in pool; NULL for none, or when there is no memory: it serves audits only. */
static PPRIVILEGE_SET SepMakePrivilegeSet(ULONG64 Used)
{
    ULONG Count = (ULONG)__builtin_popcountll(Used), i = 0;
    PPRIVILEGE_SET Set;

    if (Count == 0) {
        return NULL;
    }
    Set = ExAllocatePoolWithTag(PagedPool, sizeof(*Set) + Count * sizeof(LUID_AND_ATTRIBUTES), TAG_SE);
    if (Set == NULL) {
        return NULL;
    }
    Set->PrivilegeCount = Count;
    Set->Control = 0;
    for (; Used != 0; Used &= Used - 1, i++) {
        Set->Privilege[i].Luid = RtlConvertLongToLuid(__builtin_ctzll(Used));
        Set->Privilege[i].Attributes = SE_PRIVILEGE_USED_FOR_ACCESS;
    }
    return Set;
}

/* ---- access ---------------------------------------------------------------------------------------------------------------------------- */

/* Kernel mode may do all it asks for. */
static BOOLEAN SepGrantKernelMode(ACCESS_MASK Desired, ACCESS_MASK PreviouslyGranted, PGENERIC_MAPPING Mapping, PACCESS_MASK Granted,
                                  PNTSTATUS Status)
{
    *Granted = PreviouslyGranted | (Desired & ~MAXIMUM_ALLOWED);
    if (Desired & MAXIMUM_ALLOWED) {
        *Granted |= Mapping->GenericAll;
    }
    RtlMapGenericMask(Granted, Mapping);
    *Status = STATUS_SUCCESS;
    return TRUE;
}

BOOLEAN NTAPI SeAccessCheck(PSECURITY_DESCRIPTOR Descriptor, PSECURITY_SUBJECT_CONTEXT Context, BOOLEAN ContextLocked, ACCESS_MASK Desired,
                            ACCESS_MASK PreviouslyGranted, PPRIVILEGE_SET *Privileges, PGENERIC_MAPPING Mapping, KPROCESSOR_MODE AccessMode,
                            PACCESS_MASK Granted, PNTSTATUS Status)
{
    PTOKEN Token = SepEffectiveToken(Context);
    SEP_SUBJECT Subject;
    SEP_OBJECT Object;
    ULONG64 Used;

    PAGED_CODE();
    if (Privileges != NULL) {
        *Privileges = NULL;
    }
    if (AccessMode == KernelMode) {
        return SepGrantKernelMode(Desired, PreviouslyGranted, Mapping, Granted, Status);
    }
    *Granted = 0;
    if (Context->ClientToken != NULL && Context->ImpersonationLevel < SecurityImpersonation) {
        *Status = STATUS_BAD_IMPERSONATION_LEVEL;
        return FALSE;
    }
    if (Descriptor == NULL) {
        *Status = STATUS_ACCESS_DENIED; /* callers treat objects without security themselves */
        return FALSE;
    }
    RtlMapGenericMask(&Desired, Mapping);
    if (Desired == 0) {
        *Granted = PreviouslyGranted;
        *Status = PreviouslyGranted != 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
        return PreviouslyGranted != 0;
    }
    if (Token == NULL) {
        *Status = STATUS_ACCESS_DENIED;
        return FALSE;
    }
    SepObjectFromDescriptor(Descriptor, &Object);
    if (!ContextLocked) {
        SeLockSubjectContext(Context);
    }
    SepSubjectFromToken(Token, &Subject);
    *Status = SepAccessCheck(&Subject, &Object, NULL, Desired, PreviouslyGranted, Mapping, Granted, &Used);
    if (!ContextLocked) {
        SeUnlockSubjectContext(Context);
    }
    if (NT_SUCCESS(*Status) && Privileges != NULL) {
        *Privileges = SepMakePrivilegeSet(Used);
    }
    return NT_SUCCESS(*Status);
}

/* ---- services --------------------------------------------------------------------------------------------------------------------------- */

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

NTSTATUS NTAPI NtAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, HANDLE ClientToken, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING UserMapping,
                             PPRIVILEGE_SET PrivilegeSet, PULONG PrivilegeSetLength, PACCESS_MASK UserGranted, PNTSTATUS UserStatus)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PSECURITY_DESCRIPTOR Descriptor;
    GENERIC_MAPPING Mapping;
    SEP_SUBJECT Subject;
    SEP_OBJECT Object;
    ACCESS_MASK Granted = 0;
    ULONG64 Used = 0;
    PTOKEN Token;
    NTSTATUS Status, AccessStatus;

    PAGED_CODE();
    Status = CopyFromMode(Mode, &Mapping, UserMapping, sizeof(Mapping));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (DesiredAccess & (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL)) {
        return STATUS_GENERIC_NOT_MAPPED;
    }
    Status = SepReferenceClient(ClientToken, Mode, &Token);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SeCaptureSecurityDescriptor_(SecurityDescriptor, Mode, &Descriptor);
    if (!NT_SUCCESS(Status)) {
        goto ReleaseToken;
    }
    if (Descriptor == NULL) {
        Status = STATUS_INVALID_SECURITY_DESCR;
        goto ReleaseToken;
    }
    SepObjectFromDescriptor(Descriptor, &Object);
    if (Object.Owner == NULL || Object.Group == NULL) {
        Status = STATUS_INVALID_SECURITY_DESCR;
        goto ReleaseDescriptor;
    }
    ExAcquirePushLockShared_(&Token->TokenLock);
    SepSubjectFromToken(Token, &Subject);
    AccessStatus = DesiredAccess == 0 ? STATUS_ACCESS_DENIED : SepAccessCheck(&Subject, &Object, NULL, DesiredAccess, 0, &Mapping, &Granted, &Used);
    ExReleasePushLockShared_(&Token->TokenLock);
    Status = SepReturnPrivileges(Mode, Used, PrivilegeSet, PrivilegeSetLength);
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, UserGranted, &Granted, sizeof(Granted));
    }
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, UserStatus, &AccessStatus, sizeof(AccessStatus));
    }
ReleaseDescriptor:
    SeReleaseCapturedSecurityDescriptor_(Descriptor);
ReleaseToken:
    ObfDereferenceObject(Token);
    return Status;
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

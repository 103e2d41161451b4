/* SPDX-License-Identifier: MIT */
/*
 * check.c - access and privilege checks as the kernel and drivers call them, around the pure check of access.c.
 */
#include "sep.h"

/* ---- privileges --------------------------------------------------------------------------------------------------------------------- */

/* Whether the enabled privileges satisfy Required; those used are marked. */
BOOLEAN SepCheckPrivilegeSet(ULONG64 Enabled, PPRIVILEGE_SET Required)
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
PPRIVILEGE_SET SepMakePrivilegeSet(ULONG64 Used)
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

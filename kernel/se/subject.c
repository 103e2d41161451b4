/* SPDX-License-Identifier: MIT */
/*
 * subject.c - who asks: subject contexts and access states.
 *
 * The subject of an operation is the thread's impersonation token, if it has one, and the process' primary token.  Both are referenced at
 * the beginning, so that what happens to the thread meanwhile does not matter.  An access state carries the subject through an open, with
 * what was asked and what is granted so far.
 */
#include "sep.h"

static PTOKEN SepReferenceClientToken(PETHREAD Thread, PSECURITY_SUBJECT_CONTEXT Context)
{
    PTOKEN Token = NULL;

    if (LIKELY(!Thread->ActiveImpersonation)) {
        return NULL;
    }
    ExAcquirePushLockShared_(&Thread->ThreadLock);
    if (Thread->ActiveImpersonation && Thread->ImpersonationToken != NULL) {
        Token = Thread->ImpersonationToken;
        Context->ImpersonationLevel = Thread->ImpersonationLevel;
        ObfReferenceObject(Token);
    }
    ExReleasePushLockShared_(&Thread->ThreadLock);
    return Token;
}

VOID NTAPI SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process, PSECURITY_SUBJECT_CONTEXT Context)
{
    Context->ProcessAuditId = Process->UniqueProcessId;
    Context->ImpersonationLevel = SecurityAnonymous;
    Context->ClientToken = Thread != NULL ? SepReferenceClientToken(Thread, Context) : NULL;
    ExAcquirePushLockShared_(&Process->TokenLock);
    Context->PrimaryToken = Process->Token;
    if (Context->PrimaryToken != NULL) {
        ObfReferenceObject(Context->PrimaryToken);
    }
    ExReleasePushLockShared_(&Process->TokenLock);
}

VOID NTAPI SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT Context)
{
    PETHREAD Thread = PsCurrentThread_();

    /* The home process, not one the thread is attached to. */
    SeCaptureSubjectContextEx(Thread, PsThreadProcess_(Thread), Context);
}

VOID NTAPI SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT Context)
{
    if (Context->PrimaryToken != NULL) {
        ObfDereferenceObject(Context->PrimaryToken);
        Context->PrimaryToken = NULL;
    }
    if (Context->ClientToken != NULL) {
        ObfDereferenceObject(Context->ClientToken);
        Context->ClientToken = NULL;
    }
}

VOID NTAPI SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT Context)
{
    if (Context->PrimaryToken != NULL) {
        ExAcquirePushLockShared_(&((PTOKEN)Context->PrimaryToken)->TokenLock);
    }
    if (Context->ClientToken != NULL) {
        ExAcquirePushLockShared_(&((PTOKEN)Context->ClientToken)->TokenLock);
    }
}

VOID NTAPI SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT Context)
{
    if (Context->ClientToken != NULL) {
        ExReleasePushLockShared_(&((PTOKEN)Context->ClientToken)->TokenLock);
    }
    if (Context->PrimaryToken != NULL) {
        ExReleasePushLockShared_(&((PTOKEN)Context->PrimaryToken)->TokenLock);
    }
}

PTOKEN SepEffectiveToken(PSECURITY_SUBJECT_CONTEXT Context)
{
    return Context->ClientToken != NULL ? Context->ClientToken : Context->PrimaryToken;
}

void SepSubjectFromToken(PTOKEN Token, SEP_SUBJECT *Subject)
{
    Subject->Sids = Token->UserAndGroups;
    Subject->SidCount = Token->UserAndGroupCount;
    Subject->Restricted = Token->RestrictedSids;
    Subject->RestrictedCount = Token->RestrictedSidCount;
    Subject->WriteRestricted = (Token->TokenFlags & TOKEN_WRITE_RESTRICTED) != 0;
    Subject->Privileges = Token->PrivilegesEnabled;
    Subject->IntegrityLevel = SepTokenIntegrityLevel(Token);
    Subject->MandatoryPolicy = Token->MandatoryPolicy;
}

BOOLEAN SeSubjectHasSid_(PSECURITY_SUBJECT_CONTEXT Context, PSID Sid, BOOLEAN Integrity)
{
    PTOKEN Token = SepEffectiveToken(Context);
    const SID *Label = Sid;
    SEP_SUBJECT Subject;
    BOOLEAN Has;

    SeLockSubjectContext(Context);
    SepSubjectFromToken(Token, &Subject);
    if (Integrity) {
        Has = Label->SubAuthorityCount == 1 && Subject.IntegrityLevel >= Label->SubAuthority[0];
    } else {
        Has = SepSidInSubject(&Subject, Sid, FALSE, FALSE) && (Subject.RestrictedCount == 0 || SepSidInSubject(&Subject, Sid, FALSE, TRUE));
    }
    SeUnlockSubjectContext(Context);
    return Has;
}

NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE AccessState, PVOID AuxData, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING Mapping)
{
    PAUX_ACCESS_DATA Aux = AuxData;
    PTOKEN Token;

    RtlZeroMemory(AccessState, sizeof(*AccessState));
    RtlZeroMemory(Aux, offsetof(AUX_ACCESS_DATA, Reserved));
    SeCaptureSubjectContext(&AccessState->SubjectSecurityContext);
    Token = SepEffectiveToken(&AccessState->SubjectSecurityContext);
    if (Token == NULL || (Token->TokenFlags & TOKEN_HAS_TRAVERSE_PRIVILEGE)) {
        AccessState->Flags = TOKEN_HAS_TRAVERSE_PRIVILEGE;
    }
    if (Mapping != NULL) {
        RtlMapGenericMask(&DesiredAccess, Mapping);
        Aux->GenericMapping = *Mapping;
    }
    AccessState->RemainingDesiredAccess = DesiredAccess;
    AccessState->OriginalDesiredAccess = DesiredAccess;
    AccessState->AuxData = AuxData;
    AccessState->Privileges.PrivilegeSet.Control = PRIVILEGE_SET_ALL_NECESSARY;
    Aux->PrivilegesUsed = (PPRIVILEGE_SET)&AccessState->Privileges;
    ExAllocateLocallyUniqueId(&AccessState->OperationID);
    return STATUS_SUCCESS;
}

VOID NTAPI SeDeleteAccessState(PACCESS_STATE AccessState)
{
    if (AccessState->PrivilegesAllocated) {
        ExFreePoolWithTag(((PAUX_ACCESS_DATA)AccessState->AuxData)->PrivilegesUsed, TAG_SE);
        AccessState->PrivilegesAllocated = FALSE;
    }
    SeReleaseSubjectContext(&AccessState->SubjectSecurityContext);
}

VOID NTAPI SeSetAccessStateGenericMapping(PACCESS_STATE AccessState, PGENERIC_MAPPING Mapping)
{
    ((PAUX_ACCESS_DATA)AccessState->AuxData)->GenericMapping = *Mapping;
}

/* Adds the privileges used to the access state's set, which moves to pool when its three places are full. */
NTSTATUS NTAPI SeAppendPrivileges(PACCESS_STATE AccessState, PPRIVILEGE_SET Privileges)
{
    PAUX_ACCESS_DATA Aux = AccessState->AuxData;
    PPRIVILEGE_SET Old = Aux->PrivilegesUsed, New = Old;
    ULONG Count = Old->PrivilegeCount + Privileges->PrivilegeCount;

    if (Count > INITIAL_PRIVILEGE_COUNT) {
        New = ExAllocatePoolWithTag(PagedPool, sizeof(*New) + Count * sizeof(LUID_AND_ATTRIBUTES), TAG_SE);
        if (New == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(New, Old, offsetof(PRIVILEGE_SET, Privilege) + Old->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
        if (AccessState->PrivilegesAllocated) {
            ExFreePoolWithTag(Old, TAG_SE);
        }
        AccessState->PrivilegesAllocated = TRUE;
        Aux->PrivilegesUsed = New;
    }
    RtlCopyMemory(&New->Privilege[New->PrivilegeCount], Privileges->Privilege, Privileges->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
    New->PrivilegeCount = Count;
    return STATUS_SUCCESS;
}

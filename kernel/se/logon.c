/* SPDX-License-Identifier: MIT */
/*
 * logon.c - logon sessions, and the two halves of a split logon.
 *
 * Every token belongs to a logon session, by its AuthenticationId.  An administrator under UAC is logged on twice: one session's tokens have all he may,
 * the other's what any user has.  The sessions know each other, and each keeps a token of its own for those who ask the other for its linked token.  Whether a
 * token is the full or the limited half is not stored anywhere: it is told from what the token holds.
 *
 * A session lives as long as a token of it; the one it keeps does not count (TOKEN_SESSION_NOT_REFERENCED), or no session would ever end.  On Windows
 * lsass makes a session before its first token; here the first token makes it.
 * Windows Internals, 7th ed., part 1, chapter 7 "Elevation".
 */
#include "sep.h"

typedef struct _SEP_LOGON_SESSION
{
    LIST_ENTRY Link; /* SepLogonSessions */
    LUID LogonId;
    LUID BuddyId;    /* SepLogonLock; the other half */
    volatile LONG References; /* the session's tokens but Token; comes to 0 under SepLogonLock */
    BOOLEAN Linked;  /* BuddyId means something; never becomes FALSE again */
    PTOKEN Token;    /* SepLogonLock; primary, referenced; with Linked */
} SEP_LOGON_SESSION;

static LIST_ENTRY SepLogonSessions = {&SepLogonSessions, &SepLogonSessions}; /* SepLogonLock */
static EX_PUSH_LOCK_ SepLogonLock;

/* SepLogonLock held. */
static PSEP_LOGON_SESSION SepFindLogonSession(PLUID LogonId)
{
    for (PLIST_ENTRY Link = SepLogonSessions.Flink; Link != &SepLogonSessions; Link = Link->Flink) {
        PSEP_LOGON_SESSION Session = CONTAINING_RECORD(Link, SEP_LOGON_SESSION, Link);

        if (RtlEqualLuid(&Session->LogonId, LogonId)) {
            return Session;
        }
    }
    return NULL;
}

NTSTATUS SepReferenceLogonSession(PLUID LogonId, PSEP_LOGON_SESSION *Session)
{
    NTSTATUS Status = STATUS_SUCCESS;

    ExAcquirePushLockExclusive_(&SepLogonLock);
    *Session = SepFindLogonSession(LogonId);
    if (*Session == NULL) {
        *Session = ExAllocatePoolWithTag(PagedPool, sizeof(**Session), TAG_SE_LOGON);
        if (*Session == NULL) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
            goto Cleanup;
        }
        RtlZeroMemory(*Session, sizeof(**Session));
        (*Session)->LogonId = *LogonId;
        InsertTailList(&SepLogonSessions, &(*Session)->Link);
    }
    InterlockedIncrement(&(*Session)->References);
Cleanup:
    ExReleasePushLockExclusive_(&SepLogonLock);
    return Status;
}

PSEP_LOGON_SESSION SepShareLogonSession(PSEP_LOGON_SESSION Session)
{
    if (Session != NULL) {
        InterlockedIncrement(&Session->References);
    }
    return Session;
}

/* Every process gives up its token's reference, so the lock is taken only for what may be the last. */
void SepReleaseLogonSession(PSEP_LOGON_SESSION Session)
{
    BOOLEAN Last;

    for (LONG Old = Session->References, Now; Old > 1; Old = Now) {
        Now = InterlockedCompareExchange(&Session->References, Old - 1, Old);
        if (Now == Old) {
            return;
        }
    }
    ExAcquirePushLockExclusive_(&SepLogonLock);
    Last = InterlockedDecrement(&Session->References) == 0;
    if (Last) {
        RemoveEntryList(&Session->Link);
    }
    ExReleasePushLockExclusive_(&SepLogonLock);
    if (Last) {
        if (Session->Token != NULL) {
            ObfDereferenceObject(Session->Token);
        }
        ExFreePoolWithTag(Session, TAG_SE_LOGON);
    }
}

ULONG SepTokenElevationType(PTOKEN Token)
{
    if (!Token->LogonSession->Linked) {
        return TokenElevationTypeDefault_;
    }
    return SepTokenIsElevated(Token) ? TokenElevationTypeFull_ : TokenElevationTypeLimited_;
}

/* ---- linking ------------------------------------------------------------------------------------------------------------------------------ */

/* What a session keeps: a copy that does not keep the session. */
static NTSTATUS SepCopyForSession(PTOKEN Source, PTOKEN *Copy)
{
    NTSTATUS Status = SepDuplicateToken(Source, NULL, FALSE, TokenPrimary, SecurityAnonymous, KernelMode, Copy);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    SepReleaseLogonSession((*Copy)->LogonSession);
    (*Copy)->LogonSession = NULL;
    (*Copy)->TokenFlags |= TOKEN_SESSION_NOT_REFERENCED;
    return ObInsertObject(*Copy, NULL, 0, 0, NULL, NULL);
}

/* SepLogonLock held exclusively. */
static void SepLinkTo(PSEP_LOGON_SESSION Session, PSEP_LOGON_SESSION Buddy, PTOKEN Token)
{
    Session->Token = Token;
    Session->BuddyId = Buddy->LogonId;
    Session->Linked = TRUE;
}

NTSTATUS SepLinkTokens(PTOKEN Token, PTOKEN Other)
{
    PTOKEN Copy = NULL, OtherCopy = NULL;
    NTSTATUS Status;

    if (Token->TokenType != TokenPrimary || Other->TokenType != TokenPrimary) {
        return STATUS_BAD_TOKEN_TYPE;
    }
    Status = SepCopyForSession(Token, &Copy);
    if (NT_SUCCESS(Status)) {
        Status = SepCopyForSession(Other, &OtherCopy);
    }
    if (!NT_SUCCESS(Status)) {
        goto Cleanup;
    }
    ExAcquirePushLockExclusive_(&SepLogonLock);
    if (Token->LogonSession == Other->LogonSession || Token->LogonSession->Linked || Other->LogonSession->Linked) {
        Status = STATUS_INVALID_PARAMETER;
    } else {
        SepLinkTo(Token->LogonSession, Other->LogonSession, Copy);
        SepLinkTo(Other->LogonSession, Token->LogonSession, OtherCopy);
        Copy = OtherCopy = NULL;
    }
    ExReleasePushLockExclusive_(&SepLogonLock);
Cleanup:
    if (OtherCopy != NULL) {
        ObfDereferenceObject(OtherCopy);
    }
    if (Copy != NULL) {
        ObfDereferenceObject(Copy);
    }
    return Status;
}

/* The session of Token's other half and the token it keeps, both referenced. */
static NTSTATUS SepReferenceBuddy(PTOKEN Token, PSEP_LOGON_SESSION *Session, PTOKEN *Kept)
{
    NTSTATUS Status = STATUS_NO_SUCH_LOGON_SESSION;

    ExAcquirePushLockExclusive_(&SepLogonLock);
    if (Token->LogonSession->Linked) {
        *Session = SepFindLogonSession(&Token->LogonSession->BuddyId);
        if (*Session != NULL && (*Session)->Linked && RtlEqualLuid(&(*Session)->BuddyId, &Token->AuthenticationId)) {
            SepShareLogonSession(*Session);
            *Kept = (*Session)->Token;
            ObfReferenceObject(*Kept);
            Status = STATUS_SUCCESS;
        }
    }
    ExReleasePushLockExclusive_(&SepLogonLock);
    return Status;
}

NTSTATUS SepOpenLinkedToken(PTOKEN Token, KPROCESSOR_MODE Mode, PHANDLE Handle)
{
    BOOLEAN Tcb = SeSinglePrivilegeCheck(SepExports.SeTcbPrivilege, Mode);
    PSEP_LOGON_SESSION Session;
    PTOKEN Kept, Linked;
    NTSTATUS Status = SepReferenceBuddy(Token, &Session, &Kept);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepDuplicateToken(Kept, NULL, FALSE, Tcb ? TokenPrimary : TokenImpersonation, SecurityIdentification, Mode, &Linked);
    ObfDereferenceObject(Kept);
    if (!NT_SUCCESS(Status)) {
        SepReleaseLogonSession(Session);
        return Status;
    }
    Linked->LogonSession = Session;
    return ObInsertObject(Linked, NULL, TOKEN_ALL_ACCESS, 0, NULL, Handle);
}

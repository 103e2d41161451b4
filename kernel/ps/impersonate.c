/* SPDX-License-Identifier: MIT */
/*
 * impersonate.c - whose token counts: primary and impersonation tokens of processes and threads.
 *
 * EPROCESS.Token is read under TokenLock and referenced before the lock is dropped; ETHREAD.ImpersonationToken likewise under ThreadLock.
 * Windows Internals, 7th ed., part 1, chapter 7 "Impersonation".
 */
#include "psp.h"

#undef PsDereferencePrimaryToken
#undef PsDereferenceImpersonationToken

PACCESS_TOKEN NTAPI PsReferencePrimaryToken(PEPROCESS Process)
{
    PACCESS_TOKEN Token;

    ExAcquirePushLockShared_(&Process->TokenLock);
    Token = Process->Token;
    if (Token != NULL) {
        ObReferenceObject(Token);
    }
    ExReleasePushLockShared_(&Process->TokenLock);
    return Token;
}

VOID NTAPI PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken)
{
    ObDereferenceObject(PrimaryToken);
}

VOID NTAPI PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken)
{
    if (ImpersonationToken != NULL) {
        ObDereferenceObject(ImpersonationToken);
    }
}

PACCESS_TOKEN NTAPI PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen, PBOOLEAN EffectiveOnly,
                                                  PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    PACCESS_TOKEN Token = NULL;

    if (!Thread->ActiveImpersonation) {
        return NULL; /* the common case, without the lock */
    }
    ExAcquirePushLockShared_(&Thread->ThreadLock);
    if (Thread->ActiveImpersonation) {
        Token = Thread->ImpersonationToken;
        ObReferenceObject(Token);
        *CopyOnOpen = Thread->CopyOnOpen;
        *EffectiveOnly = Thread->EffectiveOnly;
        *ImpersonationLevel = Thread->ImpersonationLevel;
    }
    ExReleasePushLockShared_(&Thread->ThreadLock);
    return Token;
}

/* Token NULL: stop impersonating.  The token is referenced here. */
NTSTATUS NTAPI PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen, BOOLEAN EffectiveOnly,
                                   SECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    PACCESS_TOKEN Old;

    PAGED_CODE();
    if (Token != NULL) {
        ObReferenceObject(Token);
    }
    ExAcquirePushLockExclusive_(&Thread->ThreadLock);
    Old = Thread->ImpersonationToken;
    Thread->ImpersonationToken = Token;
    Thread->CopyOnOpen = CopyOnOpen;
    Thread->EffectiveOnly = EffectiveOnly;
    Thread->ImpersonationLevel = ImpersonationLevel;
    Thread->ActiveImpersonation = Token != NULL;
    ExReleasePushLockExclusive_(&Thread->ThreadLock);
    if (Old != NULL) {
        ObDereferenceObject(Old);
    }
    return STATUS_SUCCESS;
}

VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread)
{
    (void)PsImpersonateClient(Thread, NULL, FALSE, FALSE, SecurityAnonymous);
}

VOID NTAPI PsRevertToSelf(VOID)
{
    PsRevertThreadToSelf(PsCurrentThread_());
}

/* STATUS_BAD_TOKEN_TYPE: a primary token. */
NTSTATUS PsAssignImpersonationToken_(PETHREAD Thread, HANDLE TokenHandle, KPROCESSOR_MODE Mode)
{
    PACCESS_TOKEN Token;
    NTSTATUS Status;

    if (TokenHandle == NULL) {
        PsRevertThreadToSelf(Thread);
        return STATUS_SUCCESS;
    }
    Status = ObReferenceObjectByHandle(TokenHandle, TOKEN_IMPERSONATE, *SeTokenObjectType, Mode, (PVOID *)&Token, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (SeTokenType(Token) != TokenImpersonation) {
        Status = STATUS_BAD_TOKEN_TYPE;
    } else {
        Status = PsImpersonateClient(Thread, Token, FALSE, FALSE, SeTokenImpersonationLevel(Token));
    }
    ObDereferenceObject(Token);
    return Status;
}

NTSTATUS NTAPI PsAssignImpersonationToken(PETHREAD Thread, HANDLE Token)
{
    return PsAssignImpersonationToken_(Thread, Token, KernelMode);
}

BOOLEAN NTAPI PsDisableImpersonation(PETHREAD Thread, PSE_IMPERSONATION_STATE ImpersonationState)
{
    BOOLEAN Was;

    ExAcquirePushLockExclusive_(&Thread->ThreadLock);
    Was = Thread->ActiveImpersonation;
    ImpersonationState->Token = Was ? Thread->ImpersonationToken : NULL;
    ImpersonationState->CopyOnOpen = Thread->CopyOnOpen;
    ImpersonationState->EffectiveOnly = Thread->EffectiveOnly;
    ImpersonationState->Level = Thread->ImpersonationLevel;
    if (Was) {
        Thread->ImpersonationToken = NULL; /* the reference moves to the state */
        Thread->ActiveImpersonation = FALSE;
    }
    ExReleasePushLockExclusive_(&Thread->ThreadLock);
    return Was;
}

VOID NTAPI PsRestoreImpersonation(PETHREAD Thread, PSE_IMPERSONATION_STATE ImpersonationState)
{
    (void)PsImpersonateClient(Thread, ImpersonationState->Token, ImpersonationState->CopyOnOpen, ImpersonationState->EffectiveOnly,
                              ImpersonationState->Level);
    if (ImpersonationState->Token != NULL) {
        ObDereferenceObject(ImpersonationState->Token);
    }
}

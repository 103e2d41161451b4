/* SPDX-License-Identifier: MIT */
/*
 * client.c - acting for a client: capturing a thread's security and impersonating with it; NtImpersonateThread, NtImpersonateAnonymousToken.
 *
 * A capture is always static here: the token as it is now.  Dynamic tracking would follow the client's later impersonations through a
 * port, and there are no ports yet.  Windows Internals, 7th ed., part 1, chapter 7 "Impersonation".
 */
#include "sep.h"

#define THREAD_IMPERSONATE_ 0x0100
#define THREAD_DIRECT_IMPERSONATION_ 0x0200

/* The highest level at which the client's token may be given on. */
static NTSTATUS SepCheckClientLevel(PSECURITY_SUBJECT_CONTEXT Context, PSECURITY_QUALITY_OF_SERVICE Qos)
{
    PTOKEN Token = SepEffectiveToken(Context);

    if (!VALID_IMPERSONATION_LEVEL(Qos->ImpersonationLevel)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Token == NULL) {
        return STATUS_NO_TOKEN;
    }
    if (Context->ClientToken != NULL && Qos->ImpersonationLevel > Context->ImpersonationLevel) {
        return STATUS_BAD_IMPERSONATION_LEVEL;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeCreateClientSecurityFromSubjectContext(PSECURITY_SUBJECT_CONTEXT Context, PSECURITY_QUALITY_OF_SERVICE Qos, BOOLEAN ServerIsRemote,
                                                        PSECURITY_CLIENT_CONTEXT Client)
{
    NTSTATUS Status = SepCheckClientLevel(Context, Qos);
    PTOKEN Token;

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SepDuplicateToken(SepEffectiveToken(Context), NULL, Qos->EffectiveOnly, TokenImpersonation, Qos->ImpersonationLevel, KernelMode, &Token);
    if (NT_SUCCESS(Status)) {
        Status = ObInsertObject(Token, NULL, 0, 0, NULL, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlZeroMemory(Client, sizeof(*Client));
    Client->SecurityQos = *Qos;
    Client->ClientToken = Token;
    Client->ServerIsRemote = ServerIsRemote;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeCreateClientSecurity(PETHREAD ClientThread, PSECURITY_QUALITY_OF_SERVICE Qos, BOOLEAN RemoteSession, PSECURITY_CLIENT_CONTEXT Client)
{
    SECURITY_SUBJECT_CONTEXT Context;
    NTSTATUS Status;

    SeCaptureSubjectContextEx(ClientThread, PsThreadProcess_(ClientThread), &Context);
    Status = SeCreateClientSecurityFromSubjectContext(&Context, Qos, RemoteSession, Client);
    SeReleaseSubjectContext(&Context);
    return Status;
}

NTSTATUS NTAPI SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT Client, PETHREAD ServerThread)
{
    PETHREAD Thread = ServerThread != NULL ? ServerThread : PsGetCurrentThread();

    return PsImpersonateClient(Thread, Client->ClientToken, TRUE, Client->SecurityQos.EffectiveOnly, Client->SecurityQos.ImpersonationLevel);
}

VOID NTAPI SeImpersonateClient(PSECURITY_CLIENT_CONTEXT Client, PETHREAD ServerThread)
{
    (void)SeImpersonateClientEx(Client, ServerThread);
}

NTSTATUS NTAPI NtImpersonateThread(HANDLE ServerThreadHandle, HANDLE ClientThreadHandle, PSECURITY_QUALITY_OF_SERVICE SecurityQos)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    SECURITY_QUALITY_OF_SERVICE Qos;
    SECURITY_CLIENT_CONTEXT Client;
    PETHREAD Server, Thread;
    NTSTATUS Status;

    PAGED_CODE();
    Status = CopyFromMode(Mode, &Qos, SecurityQos, sizeof(Qos));
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ClientThreadHandle, THREAD_DIRECT_IMPERSONATION_, ObpThreadType, Mode, (PVOID *)&Thread, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(ServerThreadHandle, THREAD_IMPERSONATE_, ObpThreadType, Mode, (PVOID *)&Server, NULL);
    if (NT_SUCCESS(Status)) {
        Status = SeCreateClientSecurity(Thread, &Qos, FALSE, &Client);
        if (NT_SUCCESS(Status)) {
            Status = SeImpersonateClientEx(&Client, Server);
            ObfDereferenceObject(Client.ClientToken);
        }
        ObfDereferenceObject(Server);
    }
    ObfDereferenceObject(Thread);
    return Status;
}

/* A token of nobody: ANONYMOUS LOGON, not even in Everyone, as Windows makes it by default. */
static NTSTATUS SepMakeAnonymousToken(PTOKEN *Token)
{
    SID_AND_ATTRIBUTES Sids[] = {
        {SepExports.SeAnonymousLogonSid, 0},
        {SepExports.SeUntrustedMandatorySid, SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED},
    };
    SEP_TOKEN_SPEC Spec = {
        .Type = TokenImpersonation,
        .Level = SecurityImpersonation,
        .AuthenticationId = ANONYMOUS_LOGON_LUID,
        .ExpirationTime.QuadPart = MAXLONGLONG,
        .UserAndGroups = Sids,
        .UserAndGroupCount = RTL_NUMBER_OF(Sids),
        .MandatoryPolicy = TOKEN_MANDATORY_POLICY_NO_WRITE_UP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN,
        .Source = {"*SYSTEM*", {0, 0}},
    };
    NTSTATUS Status = SepCreateToken(&Spec, KernelMode, NULL, Token);

    return NT_SUCCESS(Status) ? ObInsertObject(*Token, NULL, 0, 0, NULL, NULL) : Status;
}

NTSTATUS NTAPI NtImpersonateAnonymousToken(HANDLE ThreadHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    SECURITY_SUBJECT_CONTEXT Context;
    PETHREAD Thread;
    PTOKEN Token;
    NTSTATUS Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_IMPERSONATE_, ObpThreadType, Mode, (PVOID *)&Thread, NULL);

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    /* A restricted caller would gain what it was denied. */
    SeCaptureSubjectContext(&Context);
    if (SeTokenIsRestricted(Context.PrimaryToken)) {
        Status = STATUS_ACCESS_DENIED;
    }
    SeReleaseSubjectContext(&Context);
    if (NT_SUCCESS(Status)) {
        Status = SepMakeAnonymousToken(&Token);
    }
    if (NT_SUCCESS(Status)) {
        Status = PsImpersonateClient(Thread, Token, FALSE, FALSE, SecurityImpersonation);
        ObfDereferenceObject(Token);
    }
    ObfDereferenceObject(Thread);
    return Status;
}

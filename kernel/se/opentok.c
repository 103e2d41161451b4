/* SPDX-License-Identifier: MIT */
/*
 * opentok.c - handles to the tokens of processes and threads; duplicates.
 */
#include "sep.h"

#define PROCESS_QUERY_LIMITED_INFORMATION_ 0x1000
#define THREAD_QUERY_LIMITED_INFORMATION_ 0x0800

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
    HANDLE Handle = NULL;
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

/* SPDX-License-Identifier: MIT */
/*
 * npsecure.c - who may open a pipe, and whom its server may impersonate.
 *
 * The client says at its open how far it may be impersonated, and when its context is taken: once, at the open (static tracking), or anew
 * with each write (dynamic; what CreateFile asks for).  With dynamic tracking there is nobody to impersonate until the server has read
 * something: STATUS_CANNOT_IMPERSONATE.
 */
#include "np.h"

NTSTATUS NpCheckAccess(NP_PIPE *Pipe, PACCESS_STATE AccessState, PIRP Irp, PIO_STACK_LOCATION Stack, ACCESS_MASK Extra)
{
    KPROCESSOR_MODE Mode = (Stack->Flags & SL_FORCE_ACCESS_CHECK) != 0 ? UserMode : Irp->RequestorMode;
    PPRIVILEGE_SET Privileges = NULL;
    ACCESS_MASK Granted = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    SeLockSubjectContext(&AccessState->SubjectSecurityContext);
    if (SeAccessCheck(Pipe->Security, &AccessState->SubjectSecurityContext, TRUE, AccessState->RemainingDesiredAccess | Extra,
                      AccessState->PreviouslyGrantedAccess, &Privileges, IoGetFileObjectGenericMapping(), Mode, &Granted, &Status)) {
        if (Privileges != NULL) {
            (void)SeAppendPrivileges(AccessState, Privileges);
            SeFreePrivileges(Privileges);
        }
        AccessState->PreviouslyGrantedAccess |= Granted;
        AccessState->RemainingDesiredAccess &= ~(Granted | MAXIMUM_ALLOWED);
        Status = STATUS_SUCCESS;
    }
    SeUnlockSubjectContext(&AccessState->SubjectSecurityContext);
    return Status;
}

NTSTATUS NpCaptureClient(NP_INSTANCE *Instance, const SECURITY_QUALITY_OF_SERVICE *Qos, PSECURITY_CLIENT_CONTEXT *Client)
{
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(Instance);
    *Client = ExAllocatePoolWithTag(NonPagedPool, sizeof(**Client), NP_TAG);
    if (*Client == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = SeCreateClientSecurity(PsGetCurrentThread(), (PSECURITY_QUALITY_OF_SERVICE)Qos, FALSE, *Client);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(*Client, NP_TAG);
        *Client = NULL;
    }
    return Status;
}

/* Any IRQL up to DISPATCH_LEVEL: the token's end, if this is its last reference, comes later. */
void NpFreeClient(PSECURITY_CLIENT_CONTEXT Client)
{
    if (Client != NULL) {
        ObDereferenceObjectDeferDelete(Client->ClientToken);
        ExFreePoolWithTag(Client, NP_TAG);
    }
}

NTSTATUS NpImpersonate(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    SECURITY_CLIENT_CONTEXT Client;
    NTSTATUS Status = STATUS_CANNOT_IMPERSONATE;
    KIRQL Irql;
    if (Open.Instance == NULL || Open.End != NP_SERVER) {
        return NpComplete(Irp, STATUS_ILLEGAL_FUNCTION, 0);
    }
    KeAcquireSpinLock(&Open.Instance->Pipe->Lock, &Irql);
    if (Open.Instance->State == FILE_PIPE_DISCONNECTED_STATE) {
        Status = STATUS_PIPE_DISCONNECTED;
    } else if (Open.Instance->Client != NULL) {
        Client = *Open.Instance->Client;
        ObReferenceObject(Client.ClientToken);
        Status = STATUS_SUCCESS;
    }
    KeReleaseSpinLock(&Open.Instance->Pipe->Lock, Irql);
    if (NT_SUCCESS(Status)) {
        Status = SeImpersonateClientEx(&Client, NULL);
        ObDereferenceObject(Client.ClientToken);
    }
    return NpComplete(Irp, Status, 0);
}

NTSTATUS NpQuerySecurity(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    ULONG Length = Stack->Parameters.QuerySecurity.Length;
    NTSTATUS Status;
    if (Open.Instance == NULL) {
        return NpComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    ExAcquireFastMutex(&NpNames);
    Status = SeQuerySecurityDescriptorInfo(&Stack->Parameters.QuerySecurity.SecurityInformation, Irp->UserBuffer, &Length,
                                           &Open.Instance->Pipe->Security);
    ExReleaseFastMutex(&NpNames);
    return NpComplete(Irp, Status == STATUS_BUFFER_TOO_SMALL ? STATUS_BUFFER_OVERFLOW : Status, Length);
}

NTSTATUS NpSetSecurity(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NP_OPEN Open = NpDecode(Stack->FileObject);
    PSECURITY_DESCRIPTOR Old, New;
    NTSTATUS Status;
    if (Open.Instance == NULL) {
        return NpComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    ExAcquireFastMutex(&NpNames);
    Old = New = Open.Instance->Pipe->Security;
    Status = SeSetSecurityDescriptorInfo(NULL, &Stack->Parameters.SetSecurity.SecurityInformation, Stack->Parameters.SetSecurity.SecurityDescriptor,
                                         &New, PagedPool, IoGetFileObjectGenericMapping());
    if (NT_SUCCESS(Status)) {
        Open.Instance->Pipe->Security = New;
        if (New != Old) {
            SeDeassignSecurity(&Old);
        }
    }
    ExReleaseFastMutex(&NpNames);
    return NpComplete(Irp, Status, 0);
}

/* SPDX-License-Identifier: MIT */
/*
 * waitpacket.c - wait completion packets: a completion port learns that an object was signalled, and no thread waits for it.
 *
 *      Idle --associate--> Armed --object signalled--> Fired --taken from the port--> Idle
 *                            |                           |
 *                            +---------- cancel ---------+--> Idle
 *
 * While not idle a packet holds references to itself, the port and the object.  All changes of state but Armed to Fired, which happens at
 * DISPATCH_LEVEL, are made under AssociationLock; so the object and the port cannot go while somebody looks at them.  A packet whose last handle
 * is closed is cancelled: nobody could do it any more.
 */
#include "iop.h"

enum { IopIdle, IopArmed, IopFired };

typedef struct _IOP_WAIT_PACKET
{
    IOP_PACKET Packet;             /* first: what the port holds */
    EX_PUSH_LOCK_ AssociationLock;
    volatile UCHAR State;
    PKQUEUE Port;                  /* AssociationLock */
    PVOID Target;                  /* AssociationLock */
    KNOTIFICATION_ Notification;
} IOP_WAIT_PACKET;

#define WAIT_COMPLETION_PACKET_MODIFY_STATE_ 1u

static POBJECT_TYPE IopWaitPacketType;

static NTSTATUS IopReferenceWaitPacket(HANDLE Handle, IOP_WAIT_PACKET **Packet)
{
    return ObReferenceObjectByHandle(Handle, WAIT_COMPLETION_PACKET_MODIFY_STATE_, IopWaitPacketType, KeCurrentPreviousMode_(), (PVOID *)Packet, NULL);
}

/* The object is signalled.  DISPATCH_LEVEL. */
static VOID IopFireWaitPacket(PKNOTIFICATION_ Notification)
{
    IOP_WAIT_PACKET *Packet = CONTAINING_RECORD(Notification, IOP_WAIT_PACKET, Notification);

    Packet->State = IopFired;
    KeInsertQueue(Packet->Port, &Packet->Packet.ListEntry);
}

/* AssociationLock held, which this releases; nothing else knows the packet.  It may be used again, and what it held is given up. */
static void IopIdleWaitPacket(IOP_WAIT_PACKET *Packet)
{
    PKQUEUE Port = Packet->Port;
    PVOID Target = Packet->Target;

    Packet->State = IopIdle;
    ExReleasePushLockExclusive_(&Packet->AssociationLock);
    ObfDereferenceObject(Target);
    ObfDereferenceObject(Port);
    ObfDereferenceObject(Packet);
}

void IopTakeWaitPacket(IOP_PACKET *Taken)
{
    IOP_WAIT_PACKET *Packet = CONTAINING_RECORD(Taken, IOP_WAIT_PACKET, Packet);

    ExAcquirePushLockExclusive_(&Packet->AssociationLock);
    ASSERT(Packet->State == IopFired);
    IopIdleWaitPacket(Packet);
}

static NTSTATUS IopCancelWaitPacket(IOP_WAIT_PACKET *Packet, BOOLEAN RemoveSignaledPacket)
{
    NTSTATUS Status = STATUS_PENDING; /* on its way to the port, or from there to a thread */

    ExAcquirePushLockExclusive_(&Packet->AssociationLock);
    if (Packet->State == IopIdle) {
        Status = STATUS_CANCELLED;
    } else if (KeUnregisterObjectNotification_(&Packet->Notification) ||
               (RemoveSignaledPacket && Packet->State == IopFired && KeRemoveQueueEntry_(Packet->Port, &Packet->Packet.ListEntry))) {
        IopIdleWaitPacket(Packet);
        return STATUS_SUCCESS;
    }
    ExReleasePushLockExclusive_(&Packet->AssociationLock);
    return Status;
}

static void IopCloseWaitPacket(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount, ULONG_PTR SystemHandleCount)
{
    (void)Process, (void)ProcessHandleCount;
    if (SystemHandleCount == 1) {
        (void)IopCancelWaitPacket(Object, TRUE);
    }
}

POBJECT_TYPE *IopDescribeWaitPackets(OBJECT_TYPE_INITIALIZER *Initializer)
{
    Initializer->GenericMapping = (GENERIC_MAPPING){STANDARD_RIGHTS_READ | WAIT_COMPLETION_PACKET_MODIFY_STATE_,
                                                    STANDARD_RIGHTS_WRITE | WAIT_COMPLETION_PACKET_MODIFY_STATE_, STANDARD_RIGHTS_EXECUTE,
                                                    STANDARD_RIGHTS_REQUIRED | WAIT_COMPLETION_PACKET_MODIFY_STATE_};
    Initializer->ValidAccessMask = STANDARD_RIGHTS_REQUIRED | WAIT_COMPLETION_PACKET_MODIFY_STATE_;
    Initializer->CloseProcedure = IopCloseWaitPacket;
    return &IopWaitPacketType;
}

NTSTATUS NTAPI NtCreateWaitCompletionPacket(PHANDLE WaitCompletionPacketHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    IOP_WAIT_PACKET *Packet;
    NTSTATUS Status = KiProbeForWrite(Mode, WaitCompletionPacketHandle, sizeof(HANDLE), sizeof(HANDLE));

    if (NT_SUCCESS(Status)) {
        Status = ObCreateObject(Mode, IopWaitPacketType, ObjectAttributes, Mode, NULL, sizeof(*Packet), 0, 0, (PVOID *)&Packet);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlZeroMemory(Packet, sizeof(*Packet));
    Packet->Packet.PacketType = IopPacketWait;
    Packet->Notification.Routine = IopFireWaitPacket;
    ExInitializePushLock_(&Packet->AssociationLock);
    return ObInsertObjectService(Packet, DesiredAccess, WaitCompletionPacketHandle, Mode);
}

/* Entry is what is to come out of the port.  The packet takes references of its own. */
static NTSTATUS IopArmWaitPacket(IOP_WAIT_PACKET *Packet, PKQUEUE Port, PVOID Target, PVOID Wait, const IOP_ENTRY *Entry, BOOLEAN *Signaled)
{
    ExAcquirePushLockExclusive_(&Packet->AssociationLock);
    if (Packet->State != IopIdle) {
        ExReleasePushLockExclusive_(&Packet->AssociationLock);
        return STATUS_INVALID_PARAMETER_1;
    }
    ObfReferenceObject(Packet);
    ObfReferenceObject(Port);
    ObfReferenceObject(Target);
    Packet->State = IopArmed;
    Packet->Port = Port;
    Packet->Target = Target;
    Packet->Packet.Key = Entry->Key;
    Packet->Packet.ApcContext = Entry->ApcContext;
    Packet->Packet.Iosb = Entry->Iosb;
    Packet->Packet.ListEntry.Blink = NULL; /* not in the port yet */
    KeRegisterObjectNotification_(Wait, &Packet->Notification, Signaled);
    ExReleasePushLockExclusive_(&Packet->AssociationLock);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtAssociateWaitCompletionPacket(HANDLE WaitCompletionPacketHandle, HANDLE IoCompletionHandle, HANDLE TargetObjectHandle, PVOID KeyContext,
                                               PVOID ApcContext, NTSTATUS IoStatus, ULONG_PTR IoStatusInformation, PBOOLEAN AlreadySignaled)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    IOP_ENTRY Entry = {KeyContext, ApcContext, {{.Status = IoStatus}, .Information = IoStatusInformation}};
    IOP_WAIT_PACKET *Packet = NULL;
    PKQUEUE Port = NULL;
    PVOID Target = NULL, Wait;
    BOOLEAN Signaled = FALSE;
    NTSTATUS Status = AlreadySignaled != NULL ? KiProbeForWrite(Mode, AlreadySignaled, sizeof(BOOLEAN), 1) : STATUS_SUCCESS;

    if (NT_SUCCESS(Status)) {
        Status = IopReferenceWaitPacket(WaitCompletionPacketHandle, &Packet);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE_, IopCompletionObjectType, Mode, (PVOID *)&Port, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(TargetObjectHandle, SYNCHRONIZE, NULL, Mode, &Target, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Wait = ObGetWaitObject_(Target);
        /* A mutant is taken by a thread, and there is none. */
        Status = Wait != NULL && ObGetObjectType(Target) != ExMutantObjectType_ ? IopArmWaitPacket(Packet, Port, Target, Wait, &Entry, &Signaled)
                                                                                : STATUS_INVALID_PARAMETER_3;
    }
    if (NT_SUCCESS(Status) && AlreadySignaled != NULL) {
        Status = CopyToMode(Mode, AlreadySignaled, &Signaled, sizeof(Signaled));
    }
    if (Target != NULL) {
        ObfDereferenceObject(Target);
    }
    if (Port != NULL) {
        ObfDereferenceObject(Port);
    }
    if (Packet != NULL) {
        ObfDereferenceObject(Packet);
    }
    return Status;
}

NTSTATUS NTAPI NtCancelWaitCompletionPacket(HANDLE WaitCompletionPacketHandle, BOOLEAN RemoveSignaledPacket)
{
    IOP_WAIT_PACKET *Packet;
    NTSTATUS Status = IopReferenceWaitPacket(WaitCompletionPacketHandle, &Packet);

    if (NT_SUCCESS(Status)) {
        Status = IopCancelWaitPacket(Packet, RemoveSignaledPacket);
        ObfDereferenceObject(Packet);
    }
    return Status;
}

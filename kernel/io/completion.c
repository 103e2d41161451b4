/* SPDX-License-Identifier: MIT */
/*
 * completion.c - I/O completion ports: a KQUEUE as an object.
 *
 * What is queued is an IRP whose last stage is over (its Tail holds list entry and key), a packet of NtSetIoCompletion, or a wait completion
 * packet (waitpacket.c).  All begin with a list entry followed by a type, by which they are told apart.  The queue limits how many of its threads
 * run: ke/queue.c.  Windows Internals, 7th ed., part 1, chapter 6 "I/O completion ports".
 */
#include "iop.h"

static_assert(offsetof(IRP, Tail.Overlay.PacketType) - offsetof(IRP, Tail.Overlay.ListEntry) == offsetof(IOP_PACKET, PacketType), "one shape");
static_assert(sizeof(IOP_ENTRY) == 32, "FILE_IO_COMPLETION_INFORMATION");

void IopQueueIrpPacket(PVOID Port, PIRP Irp, PVOID Key)
{
    Irp->Tail.CompletionKey = Key;
    Irp->Tail.Overlay.PacketType = IopPacketIrp;
    KeInsertQueue(Port, &Irp->Tail.Overlay.ListEntry);
}

static void IopTakePacket(PLIST_ENTRY Entry, IOP_ENTRY *Result)
{
    IOP_PACKET *Packet = CONTAINING_RECORD(Entry, IOP_PACKET, ListEntry);
    if (Packet->PacketType == IopPacketIrp) {
        PIRP Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        *Result = (IOP_ENTRY){Irp->Tail.CompletionKey, Irp->Overlay.AsynchronousParameters.UserApcContext, Irp->IoStatus};
        IoFreeIrp(Irp);
    } else {
        *Result = (IOP_ENTRY){Packet->Key, Packet->ApcContext, Packet->Iosb};
        if (Packet->PacketType == IopPacketWait) {
            IopTakeWaitPacket(Packet);
        } else {
            ExFreePoolWithTag(Packet, IOP_TAG_PORT);
        }
    }
}

static void IopDropPackets(PLIST_ENTRY First)
{
    PLIST_ENTRY Entry = First;
    IOP_ENTRY Ignored;

    if (First == NULL) {
        return;
    }
    do {
        PLIST_ENTRY Next = Entry->Flink;
        IopTakePacket(Entry, &Ignored);
        Entry = Next;
    } while (Entry != First);
}

/*
 * The last handle is closed: whoever waits learns that nothing will come (STATUS_ABANDONED), and nobody will take what lies there; among it
 * may be wait packets, which hold references to the port.
 */
void IopCloseIoCompletion(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount, ULONG_PTR SystemHandleCount)
{
    (void)Process, (void)ProcessHandleCount;
    if (SystemHandleCount == 1) {
        IopDropPackets(KeAbandonQueue_(Object));
    }
}

void IopDeleteIoCompletion(PVOID Object)
{
    IopDropPackets(KeRundownQueue(Object));
}

static NTSTATUS IopReturnHandle(KPROCESSOR_MODE Mode, PHANDLE User, HANDLE Handle)
{
    NTSTATUS Status = CopyToMode(Mode, User, &Handle, sizeof(Handle));
    if (!NT_SUCCESS(Status)) {
        ObCloseHandle(Handle, Mode);
    }
    return Status;
}

NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG Count)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    PKQUEUE Port;
    HANDLE Handle;
    NTSTATUS Status = KiProbeForWrite(Mode, IoCompletionHandle, sizeof(HANDLE), sizeof(HANDLE));
    if (NT_SUCCESS(Status)) {
        Status = ObCreateObject(Mode, IopCompletionObjectType, ObjectAttributes, Mode, NULL, sizeof(KQUEUE), 0, 0, (PVOID *)&Port);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeInitializeQueue(Port, Count);
    Status = ObInsertObject(Port, NULL, DesiredAccess, 0, NULL, &Handle);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    {
        NTSTATUS CopyStatus = IopReturnHandle(Mode, IoCompletionHandle, Handle);
        return NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
}

NTSTATUS NTAPI NtOpenIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    HANDLE Handle;
    NTSTATUS Status = KiProbeForWrite(Mode, IoCompletionHandle, sizeof(HANDLE), sizeof(HANDLE));
    if (NT_SUCCESS(Status)) {
        Status = ObOpenObjectByName(ObjectAttributes, IopCompletionObjectType, Mode, NULL, DesiredAccess, NULL, &Handle);
    }
    return NT_SUCCESS(Status) ? IopReturnHandle(Mode, IoCompletionHandle, Handle) : Status;
}

static NTSTATUS IopReferencePort(HANDLE Handle, ACCESS_MASK Access, PKQUEUE *Port)
{
    return ObReferenceObjectByHandle(Handle, Access, IopCompletionObjectType, KeCurrentPreviousMode_(), (PVOID *)Port, NULL);
}

NTSTATUS NTAPI NtQueryIoCompletion(HANDLE IoCompletionHandle, ULONG InformationClass, PVOID Information, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    PKQUEUE Port;
    LONG Depth;
    ULONG Size = sizeof(Depth);
    NTSTATUS Status;
    if (InformationClass != 0) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length != sizeof(Depth)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = IopReferencePort(IoCompletionHandle, IO_COMPLETION_QUERY_STATE_, &Port);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Depth = KeReadStateQueue(Port);
    ObfDereferenceObject(Port);
    Status = CopyToMode(Mode, Information, &Depth, sizeof(Depth));
    if (NT_SUCCESS(Status) && ReturnLength != NULL) {
        Status = CopyToMode(Mode, ReturnLength, &Size, sizeof(Size));
    }
    return Status;
}

NTSTATUS NTAPI IoSetIoCompletion(PVOID IoCompletion, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus, ULONG_PTR IoStatusInformation,
                                 BOOLEAN Quota)
{
    IOP_PACKET *Packet = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Packet), IOP_TAG_PORT);
    if (Packet == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Packet = (IOP_PACKET){.PacketType = IopPacketMini, .Key = KeyContext, .ApcContext = ApcContext};
    Packet->Iosb.Status = IoStatus;
    Packet->Iosb.Information = IoStatusInformation;
    KeInsertQueue(IoCompletion, &Packet->ListEntry);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtSetIoCompletion(HANDLE IoCompletionHandle, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus, ULONG_PTR IoStatusInformation)
{
    PKQUEUE Port;
    NTSTATUS Status = IopReferencePort(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE_, &Port);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoSetIoCompletion(Port, KeyContext, ApcContext, IoStatus, IoStatusInformation, TRUE);
    ObfDereferenceObject(Port);
    return Status;
}

static NTSTATUS IopCaptureTimeout(PLARGE_INTEGER User, LARGE_INTEGER *Timeout)
{
    return User != NULL ? CopyFromMode(KeCurrentPreviousMode_(), Timeout, User, sizeof(LARGE_INTEGER)) : STATUS_SUCCESS;
}

/* One packet.  KeRemoveQueue returns a status in place of an entry when the wait ended otherwise. */
static NTSTATUS IopRemoveOne(PKQUEUE Port, KPROCESSOR_MODE Mode, PLARGE_INTEGER Timeout, IOP_ENTRY *Entry)
{
    PLIST_ENTRY List = KeRemoveQueue(Port, Mode, Timeout);
    if ((LONG_PTR)List == STATUS_TIMEOUT || (LONG_PTR)List == STATUS_USER_APC || (LONG_PTR)List == STATUS_ABANDONED) {
        return (NTSTATUS)(LONG_PTR)List;
    }
    IopTakePacket(List, Entry);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE IoCompletionHandle, PVOID *KeyContext, PVOID *ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                    PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    LARGE_INTEGER Limit;
    IOP_ENTRY Entry;
    PKQUEUE Port;
    NTSTATUS Status = KiProbeForWrite(Mode, KeyContext, sizeof(PVOID), sizeof(PVOID));
    if (NT_SUCCESS(Status)) {
        Status = KiProbeForWrite(Mode, ApcContext, sizeof(PVOID), sizeof(PVOID));
    }
    if (NT_SUCCESS(Status)) {
        Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    }
    if (NT_SUCCESS(Status)) {
        Status = IopCaptureTimeout(Timeout, &Limit);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopReferencePort(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE_, &Port);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopRemoveOne(Port, Mode, Timeout != NULL ? &Limit : NULL, &Entry);
    ObfDereferenceObject(Port);
    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    Status = CopyToMode(Mode, KeyContext, &Entry.Key, sizeof(PVOID));
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, ApcContext, &Entry.ApcContext, sizeof(PVOID));
    }
    return NT_SUCCESS(Status) ? CopyToMode(Mode, IoStatusBlock, &Entry.Iosb, sizeof(IO_STATUS_BLOCK)) : Status;
}

#define IOP_BATCH 32

/* Waits for the first packet only; then takes what is there, IOP_BATCH at a time. */
static NTSTATUS IopRemoveBatch(PKQUEUE Port, KPROCESSOR_MODE Mode, BOOLEAN Alertable, PLARGE_INTEGER Timeout, IOP_ENTRY *User, ULONG Count,
                               ULONG *Removed)
{
    LARGE_INTEGER Now = {.QuadPart = 0};
    NTSTATUS Status = STATUS_SUCCESS;
    *Removed = 0;
    while (*Removed < Count) {
        PLIST_ENTRY Entries[IOP_BATCH];
        ULONG Wanted = min(Count - *Removed, IOP_BATCH), Got;
        Got = KeRemoveQueueEx(Port, Mode, Alertable && *Removed == 0, *Removed == 0 ? Timeout : &Now, Entries, Wanted);
        if (Got == (ULONG)STATUS_TIMEOUT || Got == (ULONG)STATUS_USER_APC || Got == (ULONG)STATUS_ABANDONED || Got == (ULONG)STATUS_ALERTED) {
            return *Removed != 0 ? STATUS_SUCCESS : (NTSTATUS)Got;
        }
        for (ULONG Index = 0; Index < Got; Index++) {
            IOP_ENTRY Entry;
            IopTakePacket(Entries[Index], &Entry);
            if (NT_SUCCESS(Status)) {
                Status = CopyToMode(Mode, User + *Removed, &Entry, sizeof(Entry));
            }
            ++*Removed;
        }
        if (!NT_SUCCESS(Status) || Got < Wanted) {
            return Status;
        }
    }
    return Status;
}

NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE IoCompletionHandle, PVOID IoCompletionInformation, ULONG Count, PULONG NumEntriesRemoved,
                                      PLARGE_INTEGER Timeout, BOOLEAN Alertable)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    LARGE_INTEGER Limit;
    PKQUEUE Port;
    ULONG Removed;
    NTSTATUS Status, CopyStatus;
    if (Count == 0 || Count > MAXULONG / sizeof(IOP_ENTRY)) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = KiProbeForWrite(Mode, IoCompletionInformation, Count * sizeof(IOP_ENTRY), sizeof(PVOID));
    if (NT_SUCCESS(Status)) {
        Status = KiProbeForWrite(Mode, NumEntriesRemoved, sizeof(ULONG), sizeof(ULONG));
    }
    if (NT_SUCCESS(Status)) {
        Status = IopCaptureTimeout(Timeout, &Limit);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopReferencePort(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE_, &Port);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopRemoveBatch(Port, Mode, Alertable, Timeout != NULL ? &Limit : NULL, IoCompletionInformation, Count, &Removed);
    ObfDereferenceObject(Port);
    CopyStatus = CopyToMode(Mode, NumEntriesRemoved, &Removed, sizeof(Removed));
    return NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
}

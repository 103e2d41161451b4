/* SPDX-License-Identifier: MIT */
/*
 * partner.c - the control codes that need a user-mode partner: buffers of each method, requests that pend, user APCs, notify routines.
 *
 * User memory is reached only through buffers the I/O manager made, or through an MDL.
 * Locks: KtPendLock guards the list of pending requests.  The watch is changed only while no notify routine is registered.
 */
#include "kt.h"

static LIST_ENTRY KtPending = { &KtPending, &KtPending };
static KSPIN_LOCK KtPendLock;

static KTEST_WATCH KtWatch;
static KTEST_WATCHED KtWatched;
static HANDLE KtWatchedId; /* the process watched, while it lives */
static BOOLEAN KtWatching;

/* ---- requests that pend -------------------------------------------------------------------------------------------------------- */

static VOID NTAPI KtCancelPending(PDEVICE_OBJECT Device, PIRP Irp)
{
    KIRQL Irql;

    UNREFERENCED_PARAMETER(Device);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&KtPendLock, &Irql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&KtPendLock, Irql);
    KtComplete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS KtPend(PIRP Irp)
{
    KIRQL Irql;

    KeAcquireSpinLock(&KtPendLock, &Irql);
    IoSetCancelRoutine(Irp, KtCancelPending);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        KeReleaseSpinLock(&KtPendLock, Irql);
        return KtComplete(Irp, STATUS_CANCELLED, 0);
    }
    IoMarkIrpPending(Irp);
    InsertTailList(&KtPending, &Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&KtPendLock, Irql);
    return STATUS_PENDING;
}

/* Requests whose cancel routine has begun stay for it. */
static ULONG KtReleasePending(NTSTATUS Status)
{
    ULONG Count = 0;
    KIRQL Irql;

    for (;;) {
        PIRP Irp = NULL;
        KeAcquireSpinLock(&KtPendLock, &Irql);
        for (PLIST_ENTRY Link = KtPending.Flink; Link != &KtPending; Link = Link->Flink) {
            Irp = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);
            if (IoSetCancelRoutine(Irp, NULL) != NULL) {
                RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
                break;
            }
            Irp = NULL;
        }
        KeReleaseSpinLock(&KtPendLock, Irql);
        if (Irp == NULL) {
            return Count;
        }
        KtComplete(Irp, Status, 0);
        Count++;
    }
}

/* ---- user APCs ----------------------------------------------------------------------------------------------------------------- */

static VOID NTAPI KtUserApcKernel(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *Argument1, PVOID *Argument2)
{
    UNREFERENCED_PARAMETER(NormalRoutine);
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ExFreePoolWithTag(Apc, KT_TAG);
}

static VOID NTAPI KtUserApcRundown(PKAPC Apc)
{
    ExFreePoolWithTag(Apc, KT_TAG);
}

static NTSTATUS KtQueueUserApc(const KTEST_APC *Request)
{
    PKAPC Apc = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Apc), KT_TAG);

    if (Apc == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeApc(Apc, (PKTHREAD)KeGetCurrentThread(), OriginalApcEnvironment, KtUserApcKernel, KtUserApcRundown,
                    (PKNORMAL_ROUTINE_)(ULONG_PTR)Request->Routine, UserMode, (PVOID)Request->Context);
    if (!KeInsertQueueApc(Apc, (PVOID)Request->Argument1, (PVOID)Request->Argument2, 0)) {
        ExFreePoolWithTag(Apc, KT_TAG);
        return STATUS_UNSUCCESSFUL;
    }
    return STATUS_SUCCESS;
}

/* ---- notify routines ----------------------------------------------------------------------------------------------------------- */

static BOOLEAN KtEndsWith(PCUNICODE_STRING Name, PCWSTR Suffix)
{
    UNICODE_STRING End, Tail;

    RtlInitUnicodeString(&End, Suffix);
    if (Name == NULL || Name->Length < End.Length) {
        return FALSE;
    }
    Tail.Buffer = Name->Buffer + (Name->Length - End.Length) / sizeof(WCHAR);
    Tail.Length = Tail.MaximumLength = End.Length;
    return RtlEqualUnicodeString(&Tail, &End, TRUE);
}

static void KtCopyName(PWSTR Target, SIZE_T Room, PCUNICODE_STRING Name)
{
    SIZE_T Length = Name != NULL ? Name->Length / sizeof(WCHAR) : 0, Skip = Length >= Room ? Length - Room + 1 : 0;

    if (Length != 0) {
        RtlCopyMemory(Target, Name->Buffer + Skip, (Length - Skip) * sizeof(WCHAR));
    }
    Target[Length - Skip] = 0;
}

static VOID NTAPI KtProcessNotify(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO Info)
{
    UNREFERENCED_PARAMETER(Process);
    if (Info != NULL && KtEndsWith(Info->ImageFileName, KtWatch.Suffix)) {
        KtWatched.Created++;
        KtWatched.ProcessId = HandleToULong(ProcessId);
        KtWatched.ParentId = HandleToULong(Info->ParentProcessId);
        KtCopyName(KtWatched.CommandLine, RTL_NUMBER_OF(KtWatched.CommandLine), Info->CommandLine);
        if (!NT_SUCCESS(KtWatch.Refuse)) {
            KtWatched.Refused++;
            Info->CreationStatus = KtWatch.Refuse;
        }
        KtWatchedId = ProcessId;
    } else if (Info == NULL && ProcessId == KtWatchedId) {
        KtWatched.Exited++;
        KtWatchedId = NULL;
    }
}

static VOID NTAPI KtThreadNotify(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ThreadId);
    if (ProcessId == KtWatchedId) {
        *(Create ? &KtWatched.ThreadsCreated : &KtWatched.ThreadsExited) += 1;
    }
}

static VOID NTAPI KtImageNotify(PUNICODE_STRING Name, HANDLE ProcessId, PIMAGE_INFO Info)
{
    if (ProcessId == KtWatchedId && ProcessId != NULL && Info->ImageBase != NULL) {
        if (KtWatched.Images++ == 0) {
            KtCopyName(KtWatched.FirstImage, RTL_NUMBER_OF(KtWatched.FirstImage), Name);
        }
    }
}

static NTSTATUS KtStopWatching(void)
{
    if (KtWatching) {
        KtWatching = FALSE;
        PsRemoveLoadImageNotifyRoutine(KtImageNotify);
        PsRemoveCreateThreadNotifyRoutine(KtThreadNotify);
        PsSetCreateProcessNotifyRoutineEx(KtProcessNotify, TRUE);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS KtStartWatching(const KTEST_WATCH *Watch)
{
    NTSTATUS Status;

    KtStopWatching();
    KtWatch = *Watch;
    KtWatch.Suffix[RTL_NUMBER_OF(KtWatch.Suffix) - 1] = 0;
    RtlZeroMemory(&KtWatched, sizeof(KtWatched));
    KtWatchedId = NULL;
    Status = PsSetCreateProcessNotifyRoutineEx(KtProcessNotify, FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PsSetCreateThreadNotifyRoutine(KtThreadNotify);
    if (NT_SUCCESS(Status)) {
        Status = PsSetLoadImageNotifyRoutine(KtImageNotify);
        if (!NT_SUCCESS(Status)) {
            PsRemoveCreateThreadNotifyRoutine(KtThreadNotify);
        }
    }
    if (!NT_SUCCESS(Status)) {
        PsSetCreateProcessNotifyRoutineEx(KtProcessNotify, TRUE);
        return Status;
    }
    KtWatching = TRUE;
    return STATUS_SUCCESS;
}

/* ---- reading the caller's memory from a worker ----------------------------------------------------------------------------------- */

typedef struct _KT_PEEK
{
    PEPROCESS Process;
    PVOID Address;
    ULONG64 Value;
    NTSTATUS Status;
} KT_PEEK;

static VOID NTAPI KtPeekThread(PVOID Context)
{
    KT_PEEK *Peek = Context;
    KAPC_STATE State;
    PMDL Mdl = IoAllocateMdl(Peek->Address, sizeof(Peek->Value), FALSE, FALSE, NULL);

    Peek->Status = STATUS_INSUFFICIENT_RESOURCES;
    if (Mdl != NULL) {
        KeStackAttachProcess((PVOID)Peek->Process, &State);
        MmProbeAndLockPages(Mdl, UserMode, IoReadAccess);
        KeUnstackDetachProcess(&State);
        PULONG64 System = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
        if (System != NULL) {
            Peek->Value = *System;
            Peek->Status = STATUS_SUCCESS;
        }
        MmUnlockPages(Mdl);
        IoFreeMdl(Mdl);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS KtPeek(ULONG64 Address, PULONG64 Value)
{
    KT_PEEK Peek = { PsGetCurrentProcess(), (PVOID)(ULONG_PTR)Address, 0, STATUS_UNSUCCESSFUL };
    PVOID Thread = KtStartThread(KtPeekThread, &Peek);

    if (Thread == NULL || !KtJoinThread(Thread)) {
        return STATUS_UNSUCCESSFUL;
    }
    *Value = Peek.Value;
    return Peek.Status;
}

static VOID NTAPI KtSayWhere(PVOID Context)
{
    *(PULONG)Context = HandleToULong(PsGetCurrentProcessId());
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS KtThreadHere(PULONG ProcessId)
{
    HANDLE Thread;
    NTSTATUS Status = PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), NULL, KtSayWhere, ProcessId);

    if (NT_SUCCESS(Status)) {
        ZwWaitForSingleObject(Thread, FALSE, NULL);
        ZwClose(Thread);
    }
    return Status;
}

/* ---- dispatch ------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS KtFillOutput(PIRP Irp, ULONG Length)
{
    PUCHAR System = Irp->MdlAddress != NULL ? MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority) : NULL;

    if (System == NULL) {
        return KtComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    RtlFillMemory(System, Length, *(PUCHAR)Irp->AssociatedIrp.SystemBuffer);
    return KtComplete(Irp, STATUS_SUCCESS, Length);
}

/* METHOD_IN_DIRECT: the second buffer is input too.  The expected sum comes in the first; the answer is the status. */
static NTSTATUS KtSumInput(PIRP Irp, ULONG Length)
{
    PUCHAR System = Irp->MdlAddress != NULL ? MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority) : NULL;
    ULONG64 Sum = 0;

    if (System == NULL) {
        return KtComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    for (ULONG i = 0; i < Length; i++) {
        Sum += System[i];
    }
    return KtComplete(Irp, Sum == *(PULONG64)Irp->AssociatedIrp.SystemBuffer ? STATUS_SUCCESS : STATUS_DATA_ERROR, 0);
}

/* The least input and output length of each code. */
static NTSTATUS KtCheckLengths(ULONG Code, ULONG Input, ULONG Output)
{
    static const struct
    {
        ULONG Code, Input, Output;
    } Least[] = {
        { IOCTL_KTEST_FILL, 1, 1 },
        { IOCTL_KTEST_SUM, sizeof(ULONG64), 1 },
        { IOCTL_KTEST_RELEASE, 0, sizeof(ULONG) },
        { IOCTL_KTEST_USER_APC, sizeof(KTEST_APC), 0 },
        { IOCTL_KTEST_WATCH, sizeof(KTEST_WATCH), 0 },
        { IOCTL_KTEST_WATCHED, 0, sizeof(KTEST_WATCHED) },
        { IOCTL_KTEST_PEEK, sizeof(KTEST_PEEK), sizeof(ULONG64) },
        { IOCTL_KTEST_THREAD_HERE, 0, sizeof(ULONG) },
        { IOCTL_KTEST_STATUS, sizeof(LONG), 0 },
    };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Least); i++) {
        if (Least[i].Code == Code) {
            return Input >= Least[i].Input && Output >= Least[i].Output ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS KtControlPartner(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    ULONG Input = Stack->Parameters.DeviceIoControl.InputBufferLength, Output = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status = KtCheckLengths(Stack->Parameters.DeviceIoControl.IoControlCode, Input, Output);

    if (!NT_SUCCESS(Status)) {
        return KtComplete(Irp, Status, 0);
    }
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_KTEST_INVERT:
        for (ULONG i = 0; i < Input && i < Output; i++) {
            ((PUCHAR)Buffer)[i] = (UCHAR)~((PUCHAR)Buffer)[i];
        }
        return KtComplete(Irp, STATUS_SUCCESS, min(Input, Output));
    case IOCTL_KTEST_FILL:
        return KtFillOutput(Irp, Output);
    case IOCTL_KTEST_SUM:
        return KtSumInput(Irp, Output);
    case IOCTL_KTEST_PEND:
        return KtPend(Irp);
    case IOCTL_KTEST_RELEASE:
        *(PULONG)Buffer = KtReleasePending(STATUS_SUCCESS);
        return KtComplete(Irp, STATUS_SUCCESS, sizeof(ULONG));
    case IOCTL_KTEST_USER_APC:
        return KtComplete(Irp, KtQueueUserApc(Buffer), 0);
    case IOCTL_KTEST_WATCH:
        return KtComplete(Irp, ((KTEST_WATCH *)Buffer)->Size != 0 ? KtStartWatching(Buffer) : KtStopWatching(), 0);
    case IOCTL_KTEST_WATCHED:
        RtlCopyMemory(Buffer, &KtWatched, sizeof(KtWatched));
        return KtComplete(Irp, STATUS_SUCCESS, sizeof(KtWatched));
    case IOCTL_KTEST_PEEK:
        Status = KtPeek(((KTEST_PEEK *)Buffer)->Address, Buffer);
        return KtComplete(Irp, Status, NT_SUCCESS(Status) ? sizeof(ULONG64) : 0);
    case IOCTL_KTEST_THREAD_HERE:
        Status = KtThreadHere(Buffer);
        return KtComplete(Irp, Status, NT_SUCCESS(Status) ? sizeof(ULONG) : 0);
    case IOCTL_KTEST_STATUS:
        return KtComplete(Irp, *(PLONG)Buffer, 0);
    default:
        return KtComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

VOID KtEndPartner(VOID)
{
    KtStopWatching();
    KtReleasePending(STATUS_CANCELLED);
}

/* SPDX-License-Identifier: MIT */
/*
 * userapc.c - the services that reach into another thread: queue an APC, alert.
 */
#include "kep.h"
#include "ob.h"

#define TAG_APC POOL_TAG('P', 's', 'a', 'p')
#define SPECIAL_USER_APC ((HANDLE)1)

static VOID NTAPI KiFreeUserApc(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *Argument1, PVOID *Argument2)
{
    ExFreePoolWithTag(Apc, TAG_APC);
}

static VOID NTAPI KiRundownUserApc(PKAPC Apc)
{
    ExFreePoolWithTag(Apc, TAG_APC);
}

static NTSTATUS KiReferenceThread(HANDLE Handle, ACCESS_MASK Access, PETHREAD *Thread)
{
    return ObReferenceObjectByHandle(Handle, Access, *PsThreadType, KeGetCurrentThread()->PreviousMode, (PVOID *)Thread, NULL);
}

/*
 * A special user APC is called also where its thread is not alertable: when it next returns to user mode.  A kernel APC goes there and says so; it
 * ends no wait (bit 1 of UserApcPending, unlike bit 0, is not looked at by waits).
 */
static VOID NTAPI KiAnnounceSpecialApc(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *Argument1, PVOID *Argument2)
{
    KeGetCurrentThread()->ApcState.UserApcPending |= KI_SPECIAL_APC_PENDING;
    ExFreePoolWithTag(Apc, TAG_APC);
}

static NTSTATUS KiKickThread(PETHREAD Thread)
{
    PKAPC Kick = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Kick), TAG_APC);

    if (Kick == NULL) {
        return STATUS_NO_MEMORY;
    }
    KeInitializeApc(Kick, &Thread->Tcb, OriginalApcEnvironment, KiAnnounceSpecialApc, KiRundownUserApc, NULL, KernelMode, NULL);
    if (!KeInsertQueueApc(Kick, NULL, NULL, 0)) {
        ExFreePoolWithTag(Kick, TAG_APC);
        return STATUS_UNSUCCESSFUL;
    }
    return STATUS_SUCCESS;
}

/* ReserveHandle 1 asks for a special user APC; a handle would name a preallocated one, which is not there yet. */
NTSTATUS NTAPI NtQueueApcThreadEx(HANDLE ThreadHandle, HANDLE ReserveHandle, PVOID ApcRoutine, PVOID Argument1, PVOID Argument2,
                                  PVOID Argument3)
{
    PETHREAD Thread;
    NTSTATUS Status;
    PKAPC Apc;

    if (ReserveHandle != NULL && ReserveHandle != SPECIAL_USER_APC) {
        return STATUS_NOT_SUPPORTED;
    }
    Status = KiReferenceThread(ThreadHandle, THREAD_SET_CONTEXT, &Thread);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Thread->Tcb.SystemThread) {
        Status = STATUS_INVALID_HANDLE;
        goto Cleanup;
    }
    Apc = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Apc), TAG_APC);
    if (Apc == NULL) {
        Status = STATUS_NO_MEMORY;
        goto Cleanup;
    }
    KeInitializeApc(Apc, &Thread->Tcb, OriginalApcEnvironment, KiFreeUserApc, KiRundownUserApc, (PKNORMAL_ROUTINE_)ApcRoutine, UserMode,
                    Argument1);
    if (ApcRoutine == NULL || !KeInsertQueueApc(Apc, Argument2, Argument3, 0)) {
        ExFreePoolWithTag(Apc, TAG_APC);
        Status = STATUS_UNSUCCESSFUL;
    } else if (ReserveHandle == SPECIAL_USER_APC) {
        Status = KiKickThread(Thread);
    }
Cleanup:
    ObDereferenceObject(Thread);
    return Status;
}

NTSTATUS NTAPI NtQueueApcThread(HANDLE ThreadHandle, PVOID ApcRoutine, PVOID Argument1, PVOID Argument2, PVOID Argument3)
{
    return NtQueueApcThreadEx(ThreadHandle, NULL, ApcRoutine, Argument1, Argument2, Argument3);
}

NTSTATUS NTAPI NtAlertThread(HANDLE ThreadHandle)
{
    PETHREAD Thread;
    NTSTATUS Status = KiReferenceThread(ThreadHandle, 0x0004 /* THREAD_ALERT */, &Thread);

    if (NT_SUCCESS(Status)) {
        (void)KeAlertThread(&Thread->Tcb, KeGetCurrentThread()->PreviousMode);
        ObDereferenceObject(Thread);
    }
    return Status;
}

NTSTATUS NTAPI NtAlertResumeThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount)
{
    PETHREAD Thread;
    NTSTATUS Status = KiReferenceThread(ThreadHandle, THREAD_SUSPEND_RESUME, &Thread);
    ULONG Previous;

    if (NT_SUCCESS(Status)) {
        Previous = KeAlertResumeThread(&Thread->Tcb);
        ObDereferenceObject(Thread);
        if (PreviousSuspendCount != NULL) {
            Status = CopyToMode(KeGetCurrentThread()->PreviousMode, PreviousSuspendCount, &Previous, sizeof(Previous));
        }
    }
    return Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * wait.c - waiting on handles: from handles to dispatcher objects, then ke's waits.
 *
 * Where in its body an object waits, its type says (WaitObjectFlagOffset).  The objects are referenced for the whole wait.
 */
#include "obp.h"

PVOID ObGetWaitObject_(PVOID Object)
{
    LONG Offset = ObGetObjectType(Object)->TypeInfo.WaitObjectFlagOffset;

    return Offset >= 0 ? (PUCHAR)Object + Offset : NULL;
}

static NTSTATUS ObpCaptureTimeout(KPROCESSOR_MODE Mode, PLARGE_INTEGER Timeout, PLARGE_INTEGER Storage, PLARGE_INTEGER *Captured)
{
    *Captured = NULL;
    if (Timeout == NULL) {
        return STATUS_SUCCESS;
    }
    *Captured = Storage;
    return CopyFromMode(Mode, Storage, Timeout, sizeof(*Storage));
}

static NTSTATUS ObpWaitSingle(HANDLE Handle, KPROCESSOR_MODE Mode, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    PVOID Object, Wait;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, SYNCHRONIZE, NULL, Mode, &Object, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Wait = ObGetWaitObject_(Object);
    Status = Wait != NULL ? KeWaitForSingleObject(Wait, UserRequest, Mode, Alertable, Timeout) : STATUS_OBJECT_TYPE_MISMATCH;
    ObfDereferenceObject(Object);
    return Status;
}

NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Storage;
    NTSTATUS Status = ObpCaptureTimeout(Mode, Timeout, &Storage, &Timeout);

    return NT_SUCCESS(Status) ? ObpWaitSingle(Handle, Mode, Alertable, Timeout) : Status;
}

NTSTATUS NTAPI ObWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    return ObpWaitSingle(Handle, KernelMode, Alertable, Timeout);
}

/* All Count objects, referenced; *Done tells how many even on failure. */
static NTSTATUS ObpReferenceAll(const HANDLE *Handles, ULONG Count, KPROCESSOR_MODE Mode, PVOID *Objects, PVOID *Waits, ULONG *Done)
{
    for (*Done = 0; *Done < Count; ++*Done) {
        NTSTATUS Status = ObReferenceObjectByHandle(Handles[*Done], SYNCHRONIZE, NULL, Mode, &Objects[*Done], NULL);

        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Waits[*Done] = ObGetWaitObject_(Objects[*Done]);
        if (Waits[*Done] == NULL) {
            ++*Done;
            return STATUS_OBJECT_TYPE_MISMATCH;
        }
    }
    return STATUS_SUCCESS;
}

/* A wait for all cannot name an object twice. */
static NTSTATUS ObpCheckDistinct(PVOID *Objects, ULONG Count)
{
    for (ULONG i = 0; i < Count; i++) {
        for (ULONG k = i + 1; k < Count; k++) {
            if (Objects[i] == Objects[k]) {
                return STATUS_INVALID_PARAMETER_MIX;
            }
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG Count, PHANDLE UserHandles, WAIT_TYPE WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    HANDLE Handles[MAXIMUM_WAIT_OBJECTS];
    PVOID Objects[MAXIMUM_WAIT_OBJECTS], Waits[MAXIMUM_WAIT_OBJECTS];
    PKWAIT_BLOCK WaitBlocks = NULL;
    LARGE_INTEGER Storage;
    ULONG Done = 0;
    NTSTATUS Status;

    PAGED_CODE();
    if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS) {
        return STATUS_INVALID_PARAMETER_1;
    }
    if (WaitType != WaitAny && WaitType != WaitAll) {
        return STATUS_INVALID_PARAMETER_3;
    }
    Status = ObpCaptureTimeout(Mode, Timeout, &Storage, &Timeout);
    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Mode, Handles, UserHandles, Count * sizeof(HANDLE));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Count > THREAD_WAIT_OBJECTS) {
        WaitBlocks = ExAllocatePoolWithTag(NonPagedPool, Count * sizeof(KWAIT_BLOCK), POOL_TAG('W', 'a', 'i', 't'));
        if (WaitBlocks == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    Status = ObpReferenceAll(Handles, Count, Mode, Objects, Waits, &Done);
    if (NT_SUCCESS(Status) && WaitType == WaitAll) {
        Status = ObpCheckDistinct(Objects, Count);
    }
    if (NT_SUCCESS(Status)) {
        Status = KeWaitForMultipleObjects(Count, Waits, WaitType, UserRequest, Mode, Alertable, Timeout, WaitBlocks);
    }
    while (Done != 0) {
        ObfDereferenceObject(Objects[--Done]);
    }
    if (WaitBlocks != NULL) {
        ExFreePoolWithTag(WaitBlocks, POOL_TAG('W', 'a', 'i', 't'));
    }
    return Status;
}

/* Signals and, as one step for the scheduler (Wait TRUE), is ready to wait. */
static NTSTATUS ObpSignal(PVOID Object, POBJECT_HANDLE_INFORMATION Handle, KPROCESSOR_MODE Mode)
{
    POBJECT_TYPE Type = ObGetObjectType(Object);

    if (Type == ExEventObjectType_) {
        if (Mode != KernelMode && (Handle->GrantedAccess & EVENT_MODIFY_STATE) == 0) {
            return STATUS_ACCESS_DENIED;
        }
        KeSetEvent(Object, EVENT_INCREMENT, TRUE);
        return STATUS_SUCCESS;
    }
    if (Type == ExMutantObjectType_) {
        return KeReleaseMutantStatus_(Object, 1, FALSE, TRUE, NULL);
    }
    if (Type == ExSemaphoreObjectType_) {
        if (Mode != KernelMode && (Handle->GrantedAccess & SEMAPHORE_MODIFY_STATE) == 0) {
            return STATUS_ACCESS_DENIED;
        }
        return KeReleaseSemaphoreStatus_(Object, SEMAPHORE_INCREMENT, 1, TRUE, NULL);
    }
    return STATUS_OBJECT_TYPE_MISMATCH;
}

NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE SignalHandle, HANDLE WaitHandle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBJECT_HANDLE_INFORMATION SignalInformation;
    PVOID Signal, Object, Wait;
    LARGE_INTEGER Storage;
    NTSTATUS Status;

    PAGED_CODE();
    Status = ObpCaptureTimeout(Mode, Timeout, &Storage, &Timeout);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(SignalHandle, 0, NULL, Mode, &Signal, &SignalInformation);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(WaitHandle, SYNCHRONIZE, NULL, Mode, &Object, NULL);
    if (NT_SUCCESS(Status)) {
        Wait = ObGetWaitObject_(Object);
        Status = Wait != NULL ? ObpSignal(Signal, &SignalInformation, Mode) : STATUS_OBJECT_TYPE_MISMATCH;
        if (NT_SUCCESS(Status)) {
            Status = KeWaitForSingleObject(Wait, UserRequest, Mode, Alertable, Timeout);
        }
        ObfDereferenceObject(Object);
    }
    ObfDereferenceObject(Signal);
    return Status;
}

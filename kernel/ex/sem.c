/* SPDX-License-Identifier: MIT */
/*
 * sem.c - semaphore objects and their services.  The body is a KSEMAPHORE.
 */
#include "exp.h"
#include "exobj.h"

typedef struct _SEMAPHORE_BASIC_INFORMATION
{
    LONG CurrentCount, MaximumCount;
} SEMAPHORE_BASIC_INFORMATION;

POBJECT_TYPE ExSemaphoreObjectType_;
POBJECT_TYPE *ExSemaphoreObjectType;

NTSTATUS ExpInitializeSemaphores(void)
{
    static const OBJECT_TYPE_INITIALIZER Initializer = {
        .InvalidAttributes = OBJ_OPENLINK,
        .GenericMapping = {STANDARD_RIGHTS_READ | SEMAPHORE_QUERY_STATE, STANDARD_RIGHTS_WRITE | SEMAPHORE_MODIFY_STATE,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, SEMAPHORE_ALL_ACCESS},
        .ValidAccessMask = SEMAPHORE_ALL_ACCESS,
        .PoolType = NonPagedPool,
        .DefaultNonPagedPoolCharge = sizeof(KSEMAPHORE),
        .WaitObjectFlagOffset = 0,
    };
    NTSTATUS Status = ExpCreateType(L"Semaphore", &Initializer, &ExSemaphoreObjectType_);

    ExSemaphoreObjectType = (POBJECT_TYPE *)ExSemaphoreObjectType_;
    return Status;
}

NTSTATUS NTAPI NtCreateSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, LONG InitialCount,
                                 LONG MaximumCount)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PKSEMAPHORE Semaphore;
    NTSTATUS Status;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, SemaphoreHandle, sizeof(HANDLE), 1);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (MaximumCount <= 0 || InitialCount < 0 || InitialCount > MaximumCount) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = ObCreateObject(Mode, ExSemaphoreObjectType_, ObjectAttributes, Mode, NULL, sizeof(*Semaphore), 0, 0, (PVOID *)&Semaphore);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeInitializeSemaphore(Semaphore, InitialCount, MaximumCount);
    return ObInsertObjectService(Semaphore, DesiredAccess, SemaphoreHandle, Mode);
}

NTSTATUS NTAPI NtOpenSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ObOpenObjectService(SemaphoreHandle, DesiredAccess, ObjectAttributes, ExSemaphoreObjectType_);
}

NTSTATUS NTAPI NtReleaseSemaphore(HANDLE SemaphoreHandle, LONG ReleaseCount, PLONG PreviousCount)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status = STATUS_SUCCESS;
    PKSEMAPHORE Semaphore;
    LONG Count;

    PAGED_CODE();
    if (PreviousCount != NULL) {
        Status = KiProbeForWrite(Mode, PreviousCount, sizeof(LONG), 1);
    }
    if (NT_SUCCESS(Status) && ReleaseCount <= 0) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(SemaphoreHandle, SEMAPHORE_MODIFY_STATE, ExSemaphoreObjectType_, Mode, (PVOID *)&Semaphore, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KeReleaseSemaphoreStatus_(Semaphore, SEMAPHORE_INCREMENT, ReleaseCount, FALSE, &Count);
    ObfDereferenceObject(Semaphore);
    if (NT_SUCCESS(Status) && PreviousCount != NULL) {
        Status = CopyToMode(Mode, PreviousCount, &Count, sizeof(Count));
    }
    return Status;
}

NTSTATUS NTAPI NtQuerySemaphore(HANDLE SemaphoreHandle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    SEMAPHORE_BASIC_INFORMATION Basic;
    PKSEMAPHORE Semaphore;
    NTSTATUS Status = ExpCheckQuery(Mode, Class, sizeof(Basic), Buffer, Length, ReturnLength);

    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(SemaphoreHandle, SEMAPHORE_QUERY_STATE, ExSemaphoreObjectType_, Mode, (PVOID *)&Semaphore, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Basic.CurrentCount = KeReadStateSemaphore(Semaphore);
    Basic.MaximumCount = Semaphore->Limit;
    ObfDereferenceObject(Semaphore);
    return ExpReturnQuery(Mode, &Basic, sizeof(Basic), Buffer, ReturnLength);
}

/* SPDX-License-Identifier: MIT */
/*
 * mutant.c - mutant objects (Win32's mutexes) and their services.  The body is a KMUTANT.
 */
#include "exp.h"
#include "exobj.h"

#ifndef MUTANT_QUERY_STATE
#define MUTANT_QUERY_STATE 0x0001
#define MUTANT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | MUTANT_QUERY_STATE)
#endif

typedef struct _MUTANT_BASIC_INFORMATION
{
    LONG CurrentCount;
    BOOLEAN OwnedByCaller, AbandonedState;
} MUTANT_BASIC_INFORMATION;

typedef struct _MUTANT_OWNER_INFORMATION
{
    CLIENT_ID ClientId;
} MUTANT_OWNER_INFORMATION;

POBJECT_TYPE ExMutantObjectType_;

/* A mutant that dies owned is taken off its owner's list. */
static void ExpDeleteMutant(PVOID Object)
{
    KeReleaseMutantStatus_(Object, 1, TRUE, FALSE, NULL);
}

NTSTATUS ExpInitializeMutants(void)
{
    static const OBJECT_TYPE_INITIALIZER Initializer = {
        .InvalidAttributes = OBJ_OPENLINK,
        .GenericMapping = {STANDARD_RIGHTS_READ | MUTANT_QUERY_STATE, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, MUTANT_ALL_ACCESS},
        .ValidAccessMask = MUTANT_ALL_ACCESS,
        .PoolType = NonPagedPool,
        .DefaultNonPagedPoolCharge = sizeof(KMUTANT),
        .DeleteProcedure = ExpDeleteMutant,
        .WaitObjectFlagOffset = 0,
    };

    return ExpCreateType(L"Mutant", &Initializer, &ExMutantObjectType_);
}

NTSTATUS NTAPI NtCreateMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN InitialOwner)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PKMUTANT Mutant;
    NTSTATUS Status;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, MutantHandle, sizeof(HANDLE), 1);
    if (NT_SUCCESS(Status)) {
        Status = ObCreateObject(Mode, ExMutantObjectType_, ObjectAttributes, Mode, NULL, sizeof(*Mutant), 0, 0, (PVOID *)&Mutant);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeInitializeMutant(Mutant, InitialOwner);
    return ObInsertObjectService(Mutant, DesiredAccess, MutantHandle, Mode);
}

NTSTATUS NTAPI NtOpenMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ObOpenObjectService(MutantHandle, DesiredAccess, ObjectAttributes, ExMutantObjectType_);
}

NTSTATUS NTAPI NtReleaseMutant(HANDLE MutantHandle, PLONG PreviousCount)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status = STATUS_SUCCESS;
    PKMUTANT Mutant;
    LONG Count;

    PAGED_CODE();
    if (PreviousCount != NULL) {
        Status = KiProbeForWrite(Mode, PreviousCount, sizeof(LONG), 1);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(MutantHandle, 0, ExMutantObjectType_, Mode, (PVOID *)&Mutant, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KeReleaseMutantStatus_(Mutant, 1, FALSE, FALSE, &Count);
    ObfDereferenceObject(Mutant);
    if (NT_SUCCESS(Status) && PreviousCount != NULL) {
        Status = CopyToMode(Mode, PreviousCount, &Count, sizeof(Count));
    }
    return Status;
}

NTSTATUS NTAPI NtQueryMutant(HANDLE MutantHandle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    union
    {
        MUTANT_BASIC_INFORMATION Basic;
        MUTANT_OWNER_INFORMATION Owner;
    } Information;
    ULONG Size = Class == 0 ? sizeof(Information.Basic) : sizeof(Information.Owner);
    PKMUTANT Mutant;
    NTSTATUS Status = ExpCheckQuery(Mode, Class <= 1 ? 0 : Class, Size, Buffer, Length, ReturnLength);

    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(MutantHandle, MUTANT_QUERY_STATE, ExMutantObjectType_, Mode, (PVOID *)&Mutant, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlZeroMemory(&Information, sizeof(Information));
    if (Class == 0) {
        Information.Basic.CurrentCount = KeReadStateMutant(Mutant);
        Information.Basic.OwnedByCaller = Mutant->OwnerThread == KeGetCurrentThread();
        Information.Basic.AbandonedState = Mutant->Abandoned;
    } else {
        KeQueryOwnerMutant(Mutant, &Information.Owner.ClientId);
    }
    ObfDereferenceObject(Mutant);
    return ExpReturnQuery(Mode, &Information, Size, Buffer, ReturnLength);
}

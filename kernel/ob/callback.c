/* SPDX-License-Identifier: MIT */
/*
 * callback.c - ObRegisterCallbacks: drivers that watch the handles of processes and threads, and may take rights off them before they are given.
 *
 * Registrations stand in one list, highest altitude first.  A handle's making calls the pre-operation routines in that order and, once it is made (or not), the
 * post-operation routines in the reverse one.  A callback is called with no lock held: the walk holds run-down protection of one registration
 * at a time, and ObUnRegisterCallbacks waits for it.  Handles of kernel mode are shown but not reduced.
 */
#include "obp.h"

#define TAG_OB_CALLBACK POOL_TAG('O', 'b', 'C', 'b')
#define OB_MAXIMUM_CALLBACKS 32
#ifndef STATUS_FLT_INSTANCE_ALTITUDE_COLLISION
#define STATUS_FLT_INSTANCE_ALTITUDE_COLLISION ((NTSTATUS)0xC01C0011)
#endif

typedef struct _OB_REGISTRATION
{
    EX_RUNDOWN_REF Rundown;
    UNICODE_STRING Altitude;
    PVOID Context;
    USHORT Count;
    OB_OPERATION_REGISTRATION Operation[];
} OB_REGISTRATION;

static EX_PUSH_LOCK_ ObpCallbackLock;                             /* guards the table */
static OB_REGISTRATION *ObpCallbacks[OB_MAXIMUM_CALLBACKS];       /* highest altitude first, no gaps */
volatile LONG ObpCallbackCount;

/* The registration at Index, protected; NULL past the end. *Skip: it is going. */
static OB_REGISTRATION *ObpEnterCallback(ULONG Index, BOOLEAN *Skip)
{
    OB_REGISTRATION *Registration = NULL;

    *Skip = FALSE;
    ExAcquirePushLockShared_(&ObpCallbackLock);
    if (Index < OB_MAXIMUM_CALLBACKS && (Registration = ObpCallbacks[Index]) != NULL && !ExAcquireRundownProtection(&Registration->Rundown)) {
        Registration = NULL;
        *Skip = TRUE;
    }
    ExReleasePushLockShared_(&ObpCallbackLock);
    return Registration;
}

void ObpCallPreCallbacks(OBP_CALLBACK_STATE *State, OB_OPERATION Operation, PVOID Object, BOOLEAN Kernel, PACCESS_MASK Access, PEPROCESS Source,
                         PEPROCESS Target)
{
    OB_PRE_OPERATION_PARAMETERS Parameters;
    OB_PRE_OPERATION_INFORMATION Information = {.Operation = Operation, .Object = Object, .ObjectType = ObGetObjectType(Object), .Parameters = &Parameters};
    ACCESS_MASK Original = *Access;
    OB_REGISTRATION *Registration;
    BOOLEAN Skip;

    Information.KernelHandle = Kernel;
    State->Count = 0;
    for (ULONG i = 0; (Registration = ObpEnterCallback(i, &Skip)) != NULL || Skip; i++) {
        for (ULONG k = 0; !Skip && k < Registration->Count; k++) {
            const OB_OPERATION_REGISTRATION *Entry = &Registration->Operation[k];

            if (*Entry->ObjectType != Information.ObjectType || !(Entry->Operations & Operation) || State->Count == OB_MAXIMUM_CALLBACKS) {
                continue;
            }
            Parameters.DuplicateHandleInformation = (OB_PRE_DUPLICATE_HANDLE_INFORMATION){*Access, Original, Source, Target};
            Information.CallContext = NULL;
            if (Entry->PreOperation != NULL) {
                (void)Entry->PreOperation(Registration->Context, &Information);
                if (!Kernel) {
                    *Access &= Parameters.CreateHandleInformation.DesiredAccess; /* rights can only be taken away */
                }
            }
            if (Entry->PostOperation != NULL && ExAcquireRundownProtection(&Registration->Rundown)) {
                State->Post[State->Count].Registration = Registration;
                State->Post[State->Count].Routine = Entry->PostOperation;
                State->Post[State->Count++].CallContext = Information.CallContext;
            }
        }
        if (!Skip) {
            ExReleaseRundownProtection(&Registration->Rundown);
        }
    }
}

void ObpCallPostCallbacks(OBP_CALLBACK_STATE *State, OB_OPERATION Operation, PVOID Object, BOOLEAN Kernel, ACCESS_MASK Access, NTSTATUS Status)
{
    OB_POST_OPERATION_PARAMETERS Parameters = {.CreateHandleInformation.GrantedAccess = NT_SUCCESS(Status) ? Access : 0};
    OB_POST_OPERATION_INFORMATION Information = {
        .Operation = Operation, .Object = Object, .ObjectType = ObGetObjectType(Object), .ReturnStatus = Status, .Parameters = &Parameters};

    Information.KernelHandle = Kernel;
    while (State->Count != 0) {
        OB_REGISTRATION *Registration = State->Post[--State->Count].Registration;

        Information.CallContext = State->Post[State->Count].CallContext;
        State->Post[State->Count].Routine(Registration->Context, &Information);
        ExReleaseRundownProtection(&Registration->Rundown);
    }
}

/* Altitudes are decimal numbers with a fraction; as strings of digits of any length. */
static LONG ObpCompareAltitudes(const UNICODE_STRING *Left, const UNICODE_STRING *Right)
{
    const UNICODE_STRING *Name[2] = {Left, Right};
    ULONG Whole[2];

    for (ULONG i = 0; i < 2; i++) {
        for (Whole[i] = 0; Whole[i] < Name[i]->Length / sizeof(WCHAR) && Name[i]->Buffer[Whole[i]] != L'.';) {
            Whole[i]++;
        }
    }
    return Whole[0] != Whole[1] ? (Whole[0] < Whole[1] ? -1 : 1) : RtlCompareUnicodeString(Left, Right, FALSE);
}

static NTSTATUS ObpPlaceCallback(OB_REGISTRATION *New)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Place = 0, Last = OB_MAXIMUM_CALLBACKS - 1;

    ExAcquirePushLockExclusive_(&ObpCallbackLock);
    while (Place < Last && ObpCallbacks[Place] != NULL && ObpCompareAltitudes(&ObpCallbacks[Place]->Altitude, &New->Altitude) > 0) {
        Place++;
    }
    if (ObpCallbacks[Last] != NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    } else if (ObpCallbacks[Place] != NULL && ObpCompareAltitudes(&ObpCallbacks[Place]->Altitude, &New->Altitude) == 0) {
        Status = STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
    } else {
        RtlMoveMemory(&ObpCallbacks[Place + 1], &ObpCallbacks[Place], (Last - Place) * sizeof(ObpCallbacks[0]));
        ObpCallbacks[Place] = New;
        InterlockedIncrement(&ObpCallbackCount);
    }
    ExReleasePushLockExclusive_(&ObpCallbackLock);
    return Status;
}

static NTSTATUS ObpCheckRegistration(const OB_CALLBACK_REGISTRATION *Request)
{
    if ((Request->Version & 0xFF00) != OB_FLT_REGISTRATION_VERSION || Request->OperationRegistrationCount == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG i = 0; i < Request->OperationRegistrationCount; i++) {
        const OB_OPERATION_REGISTRATION *Entry = &Request->OperationRegistration[i];

        if (Entry->ObjectType == NULL || (*Entry->ObjectType != ObpProcessType && *Entry->ObjectType != ObpThreadType) ||
            (Entry->Operations & ~(OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE)) || Entry->Operations == 0 ||
            (Entry->PreOperation == NULL && Entry->PostOperation == NULL)) {
            return STATUS_INVALID_PARAMETER;
        }
    }
    return STATUS_SUCCESS;
}

/* STATUS_INVALID_PARAMETER, STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS NTAPI ObRegisterCallbacks(POB_CALLBACK_REGISTRATION CallbackRegistration, PVOID *RegistrationHandle)
{
    ULONG Operations = CallbackRegistration->OperationRegistrationCount * sizeof(OB_OPERATION_REGISTRATION);
    OB_REGISTRATION *New;
    NTSTATUS Status = ObpCheckRegistration(CallbackRegistration);

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    New = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*New) + Operations + CallbackRegistration->Altitude.Length, TAG_OB_CALLBACK);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExInitializeRundownProtection(&New->Rundown);
    New->Context = CallbackRegistration->RegistrationContext;
    New->Count = CallbackRegistration->OperationRegistrationCount;
    RtlCopyMemory(New->Operation, CallbackRegistration->OperationRegistration, Operations);
    New->Altitude.Buffer = (PWCH)((PUCHAR)New->Operation + Operations);
    New->Altitude.Length = New->Altitude.MaximumLength = CallbackRegistration->Altitude.Length;
    RtlCopyMemory(New->Altitude.Buffer, CallbackRegistration->Altitude.Buffer, New->Altitude.Length);
    Status = ObpPlaceCallback(New);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(New, TAG_OB_CALLBACK);
        return Status;
    }
    *RegistrationHandle = New;
    return STATUS_SUCCESS;
}

VOID NTAPI ObUnRegisterCallbacks(PVOID RegistrationHandle)
{
    OB_REGISTRATION *Registration = RegistrationHandle;

    PAGED_CODE();
    ExWaitForRundownProtectionRelease(&Registration->Rundown);
    ExAcquirePushLockExclusive_(&ObpCallbackLock);
    for (ULONG i = 0; i < OB_MAXIMUM_CALLBACKS; i++) {
        if (ObpCallbacks[i] == Registration) {
            RtlMoveMemory(&ObpCallbacks[i], &ObpCallbacks[i + 1], (OB_MAXIMUM_CALLBACKS - 1 - i) * sizeof(ObpCallbacks[0]));
            ObpCallbacks[OB_MAXIMUM_CALLBACKS - 1] = NULL;
            InterlockedDecrement(&ObpCallbackCount);
            break;
        }
    }
    ExReleasePushLockExclusive_(&ObpCallbackLock);
    ExFreePoolWithTag(Registration, TAG_OB_CALLBACK);
}

USHORT NTAPI ObGetFilterVersion(VOID)
{
    return OB_FLT_REGISTRATION_VERSION;
}

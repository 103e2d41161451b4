/* SPDX-License-Identifier: MIT */
/*
 * callback.c - callback objects: named lists of routines that drivers register and others notify (\Callback\PowerState ...).
 *
 * A notification walks the list without holding the lock during the calls; the entry it is at is counted busy, and an
 * unregistration waits until nobody is in the routine any more.
 */
#include "exp.h"
#include "exobj.h"

#define TAG_CALLBACK POOL_TAG('C', 'b', 'R', 'e')

typedef struct _CALLBACK_OBJECT
{
    ULONG Signature;
    KSPIN_LOCK Lock;
    LIST_ENTRY RegisteredCallbacks; /* Lock */
    BOOLEAN AllowMultipleCallbacks;
} CALLBACK_OBJECT;

typedef struct _CALLBACK_REGISTRATION
{
    LIST_ENTRY Link;
    PCALLBACK_OBJECT CallbackObject;
    PCALLBACK_FUNCTION CallbackFunction;
    PVOID CallbackContext;
    ULONG Busy;                /* Lock */
    BOOLEAN UnregisterWaiting; /* Lock */
} CALLBACK_REGISTRATION;

POBJECT_TYPE ExCallbackObjectType_;
static KEVENT ExpCallbackEvent; /* pulsed when an entry waited for is no longer busy */

static void ExpDeleteCallback(PVOID Object)
{
    ASSERT(IsListEmpty(&((PCALLBACK_OBJECT)Object)->RegisteredCallbacks));
}

NTSTATUS ExpInitializeCallbacks(void)
{
    static const OBJECT_TYPE_INITIALIZER Initializer = {
        .CaseInsensitive = TRUE,
        .InvalidAttributes = OBJ_OPENLINK,
        .GenericMapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE | 1, STANDARD_RIGHTS_EXECUTE, STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 1},
        .ValidAccessMask = STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 1,
        .PoolType = NonPagedPool,
        .DeleteProcedure = ExpDeleteCallback,
        .WaitObjectFlagOffset = -1,
    };
    static const PCWSTR Names[] = {L"\\Callback\\SetSystemTime", L"\\Callback\\SetSystemState", L"\\Callback\\PowerState", L"\\Callback\\ProcessorAdd"};
    NTSTATUS Status = ExpCreateType(L"Callback", &Initializer, &ExCallbackObjectType_);

    KeInitializeEvent(&ExpCallbackEvent, NotificationEvent, FALSE);
    for (ULONG i = 0; NT_SUCCESS(Status) && i < RTL_NUMBER_OF(Names); i++) {
        OBJECT_ATTRIBUTES Attributes;
        UNICODE_STRING Name;
        PCALLBACK_OBJECT Callback; /* stays referenced: the system's own */

        RtlInitUnicodeString(&Name, Names[i]);
        InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE, NULL, NULL);
        Status = ExCreateCallback(&Callback, &Attributes, TRUE, TRUE);
    }
    return Status;
}

static NTSTATUS ExpMakeCallback(POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN AllowMultipleCallbacks, PCALLBACK_OBJECT *Callback)
{
    NTSTATUS Status = ObCreateObject(KernelMode, ExCallbackObjectType_, ObjectAttributes, KernelMode, NULL, sizeof(CALLBACK_OBJECT), 0, 0,
                                     (PVOID *)Callback);

    if (NT_SUCCESS(Status)) {
        (*Callback)->Signature = POOL_TAG('C', 'a', 'l', 'l');
        KeInitializeSpinLock(&(*Callback)->Lock);
        InitializeListHead(&(*Callback)->RegisteredCallbacks);
        (*Callback)->AllowMultipleCallbacks = AllowMultipleCallbacks;
        Status = ObInsertObject(*Callback, NULL, 1, 0, NULL, NULL);
    }
    return Status;
}

NTSTATUS NTAPI ExCreateCallback(PCALLBACK_OBJECT *Callback, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN Create, BOOLEAN AllowMultipleCallbacks)
{
    NTSTATUS Status = STATUS_UNSUCCESSFUL;
    HANDLE Handle;

    PAGED_CODE();
    *Callback = NULL;
    if (ObjectAttributes != NULL && ObjectAttributes->ObjectName != NULL) {
        Status = ObOpenObjectByName(ObjectAttributes, ExCallbackObjectType_, KernelMode, NULL, 1, NULL, &Handle);
        if (NT_SUCCESS(Status)) {
            Status = ObReferenceObjectByHandle(Handle, 1, ExCallbackObjectType_, KernelMode, (PVOID *)Callback, NULL);
            ObCloseHandle(Handle, KernelMode);
        }
    }
    if (!NT_SUCCESS(Status) && Create) {
        Status = ExpMakeCallback(ObjectAttributes, AllowMultipleCallbacks, Callback);
    }
    return Status;
}

PVOID NTAPI ExRegisterCallback(PCALLBACK_OBJECT Callback, PCALLBACK_FUNCTION Function, PVOID Context)
{
    CALLBACK_REGISTRATION *Registration = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Registration), TAG_CALLBACK);
    KIRQL OldIrql;

    if (Registration == NULL) {
        return NULL;
    }
    *Registration = (CALLBACK_REGISTRATION){.CallbackObject = Callback, .CallbackFunction = Function, .CallbackContext = Context};
    ObfReferenceObject(Callback);
    KeAcquireSpinLock(&Callback->Lock, &OldIrql);
    if (Callback->AllowMultipleCallbacks || IsListEmpty(&Callback->RegisteredCallbacks)) {
        InsertTailList(&Callback->RegisteredCallbacks, &Registration->Link);
        KeReleaseSpinLock(&Callback->Lock, OldIrql);
        return Registration;
    }
    KeReleaseSpinLock(&Callback->Lock, OldIrql);
    ExFreePoolWithTag(Registration, TAG_CALLBACK);
    ObfDereferenceObject(Callback);
    return NULL;
}

VOID NTAPI ExUnregisterCallback(PVOID Handle)
{
    CALLBACK_REGISTRATION *Registration = Handle;
    PCALLBACK_OBJECT Callback = Registration->CallbackObject;
    KIRQL OldIrql;

    ASSERT_IRQL_LE(APC_LEVEL);
    KeAcquireSpinLock(&Callback->Lock, &OldIrql);
    while (Registration->Busy != 0) {
        Registration->UnregisterWaiting = TRUE;
        KeClearEvent(&ExpCallbackEvent);
        KeReleaseSpinLock(&Callback->Lock, OldIrql);
        KeWaitForSingleObject(&ExpCallbackEvent, Executive, KernelMode, FALSE, NULL);
        KeAcquireSpinLock(&Callback->Lock, &OldIrql);
    }
    RemoveEntryList(&Registration->Link);
    KeReleaseSpinLock(&Callback->Lock, OldIrql);
    ExFreePoolWithTag(Registration, TAG_CALLBACK);
    ObfDereferenceObject(Callback);
}

VOID NTAPI ExNotifyCallback(PCALLBACK_OBJECT Callback, PVOID Argument1, PVOID Argument2)
{
    KIRQL OldIrql;

    if (Callback == NULL || IsListEmpty(&Callback->RegisteredCallbacks)) {
        return;
    }
    KeAcquireSpinLock(&Callback->Lock, &OldIrql);
    for (PLIST_ENTRY Link = Callback->RegisteredCallbacks.Flink; Link != &Callback->RegisteredCallbacks; Link = Link->Flink) {
        CALLBACK_REGISTRATION *Registration = CONTAINING_RECORD(Link, CALLBACK_REGISTRATION, Link);

        if (Registration->UnregisterWaiting) {
            continue;
        }
        Registration->Busy++;
        KeReleaseSpinLock(&Callback->Lock, OldIrql);
        Registration->CallbackFunction(Registration->CallbackContext, Argument1, Argument2);
        KeAcquireSpinLock(&Callback->Lock, &OldIrql);
        if (--Registration->Busy == 0 && Registration->UnregisterWaiting) {
            KeSetEvent(&ExpCallbackEvent, 0, FALSE);
        }
    }
    KeReleaseSpinLock(&Callback->Lock, OldIrql);
}

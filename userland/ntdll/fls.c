/* SPDX-License-Identifier: MIT */
/*
 * fls.c - fiber-local storage: per fiber (here: per thread, until a fiber switch changes TEB->FlsData) slots with a callback at the end.
 *
 * A thread's slots are allocated when it first sets one.  All threads' slots are chained, because freeing an index calls its callback for each
 * thread's value; the chain and the table of indices belong to one SRW lock, which no callback is called under.
 */
#include "ntdllp.h"

#define FLS_SLOTS 128u
#define FLS_OUT_OF_INDEXES_ 0xFFFFFFFFu

typedef struct _FLS_DATA
{
    LIST_ENTRY Links;
    PVOID Slot[FLS_SLOTS];
} FLS_DATA;

static RTL_SRWLOCK Lock;
static LIST_ENTRY AllData = {&AllData, &AllData};
static bool Used[FLS_SLOTS] = {true}; /* index 0 is never given out */
static PFLS_CALLBACK_FUNCTION Callbacks[FLS_SLOTS];
static ULONG Highest;

NTSTATUS NTAPI RtlFlsAlloc(PFLS_CALLBACK_FUNCTION Callback, PULONG Index)
{
    NTSTATUS Status = STATUS_NO_MEMORY;

    RtlAcquireSRWLockExclusive(&Lock);
    for (ULONG At = 1; At < FLS_SLOTS; At++) {
        if (!Used[At]) {
            Used[At] = true;
            Callbacks[At] = Callback;
            if (At > Highest)
                Highest = At;
            *Index = At;
            Status = STATUS_SUCCESS;
            break;
        }
    }
    RtlReleaseSRWLockExclusive(&Lock);
    return Status;
}

/* A thread that has a value in the slot, and that value, which is taken out; NULL when there is none left. */
static PVOID TakeValue(ULONG Index)
{
    PVOID Value = NULL;

    RtlAcquireSRWLockExclusive(&Lock);
    for (LIST_ENTRY *Link = AllData.Flink; Link != &AllData && Value == NULL; Link = Link->Flink) {
        FLS_DATA *Data = CONTAINING_RECORD(Link, FLS_DATA, Links);
        Value = Data->Slot[Index];
        Data->Slot[Index] = NULL;
    }
    RtlReleaseSRWLockExclusive(&Lock);
    return Value;
}

NTSTATUS NTAPI RtlFlsFree(ULONG Index)
{
    if (Index == 0 || Index >= FLS_SLOTS || !Used[Index])
        return STATUS_INVALID_PARAMETER;
    PFLS_CALLBACK_FUNCTION Callback = Callbacks[Index];
    for (PVOID Value; (Value = TakeValue(Index)) != NULL;) {
        if (Callback != NULL)
            Callback(Value);
    }
    RtlAcquireSRWLockExclusive(&Lock);
    Used[Index] = false;
    Callbacks[Index] = NULL;
    RtlReleaseSRWLockExclusive(&Lock);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlFlsGetValue(ULONG Index, PVOID *Value)
{
    FLS_DATA *Data = Teb()->FlsData;

    *Value = NULL;
    if (Index == 0 || Index >= FLS_SLOTS || Data == NULL)
        return STATUS_INVALID_PARAMETER;
    *Value = Data->Slot[Index];
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlFlsSetValue(ULONG Index, PVOID Value)
{
    FLS_DATA *Data = Teb()->FlsData;

    if (Index == 0 || Index >= FLS_SLOTS || !Used[Index])
        return STATUS_INVALID_PARAMETER;
    if (Data == NULL) {
        Data = AllocateZero(sizeof *Data);
        if (Data == NULL)
            return STATUS_NO_MEMORY;
        Teb()->FlsData = Data;
        RtlAcquireSRWLockExclusive(&Lock);
        InsertTailList(&AllData, &Data->Links);
        RtlReleaseSRWLockExclusive(&Lock);
    }
    Data->Slot[Index] = Value;
    return STATUS_SUCCESS;
}

/* Flags: 1 = call the callbacks for what is set, 2 = free. */
VOID NTAPI RtlProcessFlsData(PVOID FlsData, ULONG Flags)
{
    FLS_DATA *Data = FlsData;

    for (ULONG Index = 1; (Flags & 1) && Index <= Highest; Index++) {
        PFLS_CALLBACK_FUNCTION Callback = Callbacks[Index];
        PVOID Value = InterlockedExchangePointer(&Data->Slot[Index], NULL);
        if (Value != NULL && Callback != NULL)
            Callback(Value);
    }
    if (Flags & 2) {
        RtlAcquireSRWLockExclusive(&Lock);
        RemoveEntryList(&Data->Links);
        RtlReleaseSRWLockExclusive(&Lock);
        Free(Data);
    }
}

void RtlpThreadFlsCleanup(void)
{
    PVOID Data = Teb()->FlsData;

    if (Data == NULL)
        return;
    RtlProcessFlsData(Data, 1);
    Teb()->FlsData = NULL;
    RtlProcessFlsData(Data, 2);
}

/* SPDX-License-Identifier: MIT */
/*
 * fls.c - fiber-local storage: per fiber (a thread that is none counts as one) slots with a callback at the end.
 *
 * TEB->FlsData points to the running fiber's slots; a switch of fibers exchanges it (kernel32's fiber.asm).  Slots come in chunks, allocated when one
 * of them is first set.  All fibers' slots are chained, because freeing an index calls its callback for each fiber's value; the chain and the
 * table of indices belong to one SRW lock, which no callback is called under.  Setting and getting need no lock: only the fiber itself does it, and
 * a value that RtlFlsFree takes out meanwhile is the program's race.
 *
 * As on Windows, setting and getting do not ask whether the index has been allocated, only whether it can be one.
 */
#include "ntdllp.h"

#define FLS_SLOTS 4080u /* FLS_MAXIMUM_AVAILABLE since Windows 10 2004; index 0 is never given out */
#define CHUNK 64u
#define CHUNKS ((FLS_SLOTS + CHUNK - 1) / CHUNK)

typedef struct _FLS_DATA
{
    LIST_ENTRY Links;
    PVOID *Chunk[CHUNKS];
} FLS_DATA;

static RTL_SRWLOCK Lock;
static LIST_ENTRY AllData = {&AllData, &AllData};
static UCHAR Used[FLS_SLOTS] = {1};
static PFLS_CALLBACK_FUNCTION Callbacks[FLS_SLOTS];
static ULONG Highest;

NTSTATUS NTAPI RtlFlsAlloc(PFLS_CALLBACK_FUNCTION Callback, PULONG Index)
{
    RtlAcquireSRWLockExclusive(&Lock);
    ULONG At = 1;
    while (At < FLS_SLOTS && Used[At])
        At++;
    if (At < FLS_SLOTS) {
        Used[At] = 1;
        Callbacks[At] = Callback;
        if (At > Highest)
            Highest = At;
        *Index = At;
    }
    RtlReleaseSRWLockExclusive(&Lock);
    return At < FLS_SLOTS ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* The slot's address, or NULL if its chunk was never needed. */
static PVOID *Slot(FLS_DATA *Data, ULONG Index)
{
    PVOID *Chunk = Data->Chunk[Index / CHUNK];

    return Chunk != NULL ? &Chunk[Index % CHUNK] : NULL;
}

/* The value of some fiber that has one in the slot, taken out; NULL when there is none left. */
static PVOID TakeValue(ULONG Index)
{
    PVOID Value = NULL;

    RtlAcquireSRWLockExclusive(&Lock);
    for (LIST_ENTRY *Link = AllData.Flink; Link != &AllData && Value == NULL; Link = Link->Flink) {
        PVOID *At = Slot(CONTAINING_RECORD(Link, FLS_DATA, Links), Index);
        if (At != NULL)
            Value = InterlockedExchangePointer(At, NULL);
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
    Used[Index] = 0;
    Callbacks[Index] = NULL;
    RtlReleaseSRWLockExclusive(&Lock);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlFlsGetValue(ULONG Index, PVOID *Value)
{
    FLS_DATA *Data = Teb()->FlsData;

    if (Index == 0 || Index >= FLS_SLOTS || Data == NULL)
        return STATUS_INVALID_PARAMETER;
    PVOID *At = Slot(Data, Index);
    *Value = At != NULL ? *At : NULL;
    return STATUS_SUCCESS;
}

static FLS_DATA *CreateData(void)
{
    FLS_DATA *Data = AllocateZero(sizeof *Data);

    if (Data == NULL)
        return NULL;
    Teb()->FlsData = Data;
    RtlAcquireSRWLockExclusive(&Lock);
    InsertTailList(&AllData, &Data->Links);
    RtlReleaseSRWLockExclusive(&Lock);
    return Data;
}

NTSTATUS NTAPI RtlFlsSetValue(ULONG Index, PVOID Value)
{
    FLS_DATA *Data = Teb()->FlsData;

    if (Index == 0 || Index >= FLS_SLOTS)
        return STATUS_INVALID_PARAMETER;
    if (Data == NULL && (Data = CreateData()) == NULL)
        return STATUS_NO_MEMORY;
    PVOID *At = Slot(Data, Index);
    if (At == NULL) {
        PVOID *Chunk = AllocateZero(CHUNK * sizeof(PVOID));
        if (Chunk == NULL)
            return STATUS_NO_MEMORY;
        Data->Chunk[Index / CHUNK] = Chunk;
        At = &Chunk[Index % CHUNK];
    }
    *At = Value;
    return STATUS_SUCCESS;
}

/* Flags: 1 = call the callbacks for what is set, 2 = free. */
VOID NTAPI RtlProcessFlsData(PVOID FlsData, ULONG Flags)
{
    FLS_DATA *Data = FlsData;

    for (ULONG Index = 1; (Flags & 1) && Index <= Highest; Index++) {
        PVOID *At = Slot(Data, Index);
        if (At == NULL)
            continue;
        PFLS_CALLBACK_FUNCTION Callback = Callbacks[Index];
        PVOID Value = InterlockedExchangePointer(At, NULL);
        if (Value != NULL && Callback != NULL)
            Callback(Value);
    }
    if (Flags & 2) {
        RtlAcquireSRWLockExclusive(&Lock);
        RemoveEntryList(&Data->Links);
        RtlReleaseSRWLockExclusive(&Lock);
        for (ULONG Index = 0; Index < CHUNKS; Index++)
            Free(Data->Chunk[Index]);
        Free(Data);
    }
}

/* The thread, or the fiber it runs, ends. */
void RtlpThreadFlsCleanup(void)
{
    PVOID Data = Teb()->FlsData;

    if (Data == NULL)
        return;
    RtlProcessFlsData(Data, 1);
    Teb()->FlsData = NULL;
    RtlProcessFlsData(Data, 2);
}

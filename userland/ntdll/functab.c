/* SPDX-License-Identifier: MIT */
/*
 * functab.c - which image, and which function table, an address belongs to.
 *
 * Exceptions are dispatched by threads that hold any lock, the loader lock included, so the answer cannot come from the loader's lists.  Loaded
 * images stand in an array sorted by base (Windows: the "inverted function table"), registered run-time code in a list; both are guarded by
 * one SRW lock that the dispatcher takes shared for the time of a search and nobody holds while calling out... except the callback of
 * RtlInstallFunctionTableCallback, which is called with the lock released.
 */
#include "ntdllp.h"

typedef struct _IMAGE_RANGE
{
    ULONG_PTR Base;
    ULONG Size;
    ULONG Count;
    PRUNTIME_FUNCTION Table;
} IMAGE_RANGE;

typedef enum _DYNAMIC_KIND { DynamicStatic, DynamicCallback, DynamicGrowable } DYNAMIC_KIND;

typedef struct _DYNAMIC_TABLE
{
    LIST_ENTRY Links;
    DYNAMIC_KIND Kind;
    bool Sorted;
    ULONG64 Identifier; /* of a callback table: low two bits set */
    PRUNTIME_FUNCTION Table;
    ULONG Count, Capacity;
    ULONG64 Base;       /* what the entries are relative to */
    ULONG64 Low, High;  /* addresses covered */
    PGET_RUNTIME_FUNCTION_CALLBACK Callback;
    PVOID Context;
} DYNAMIC_TABLE;

static RTL_SRWLOCK Lock;
static IMAGE_RANGE FirstRanges[24];
static IMAGE_RANGE *Ranges = FirstRanges;
static ULONG RangeCount, RangeCapacity = COUNT_OF(FirstRanges);
static LIST_ENTRY Dynamic = {&Dynamic, &Dynamic};

/* ---- images ------------------------------------------------------------------------------------------------------------------------------ */

/* Index of the last range whose base is not above Address, or RangeCount. */
static ULONG FindRange(ULONG_PTR Address)
{
    ULONG Low = 0, High = RangeCount;

    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        if (Ranges[Middle].Base <= Address)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return Low != 0 && Address - Ranges[Low - 1].Base < Ranges[Low - 1].Size ? Low - 1 : RangeCount;
}

static NTSTATUS GrowRanges(void)
{
    IMAGE_RANGE *Larger = Allocate(RangeCapacity * 2 * sizeof *Larger);

    if (Larger == NULL)
        return STATUS_NO_MEMORY;
    memcpy(Larger, Ranges, RangeCount * sizeof *Larger);
    if (Ranges != FirstRanges)
        Free(Ranges);
    Ranges = Larger;
    RangeCapacity *= 2;
    return STATUS_SUCCESS;
}

NTSTATUS RtlpInsertFunctionTable(PVOID Base, ULONG Size)
{
    ULONG Bytes = 0, At;
    PRUNTIME_FUNCTION Table = RtlImageDirectoryEntryToData(Base, TRUE, IMAGE_DIRECTORY_ENTRY_EXCEPTION, &Bytes);
    NTSTATUS Status = STATUS_SUCCESS;

    RtlAcquireSRWLockExclusive(&Lock);
    if (RangeCount == RangeCapacity)
        Status = GrowRanges();
    if (NT_SUCCESS(Status)) {
        for (At = RangeCount; At != 0 && Ranges[At - 1].Base > (ULONG_PTR)Base; At--)
            Ranges[At] = Ranges[At - 1];
        Ranges[At] = (IMAGE_RANGE){(ULONG_PTR)Base, Size, Table != NULL ? Bytes / sizeof *Table : 0, Table};
        RangeCount++;
    }
    RtlReleaseSRWLockExclusive(&Lock);
    return Status;
}

void RtlpRemoveFunctionTable(PVOID Base)
{
    RtlAcquireSRWLockExclusive(&Lock);
    ULONG At = FindRange((ULONG_PTR)Base);
    if (At < RangeCount) {
        memmove(&Ranges[At], &Ranges[At + 1], (RangeCount - At - 1) * sizeof *Ranges);
        RangeCount--;
    }
    RtlReleaseSRWLockExclusive(&Lock);
}

/* The shared rtl asks here (rtlp.h). */
BOOLEAN RtlpFindFunctionTable(ULONG64 Pc, PULONG64 ImageBase, PRUNTIME_FUNCTION *Table, PULONG Count)
{
    RtlAcquireSRWLockShared(&Lock);
    ULONG At = FindRange((ULONG_PTR)Pc);
    bool Found = At < RangeCount;
    if (Found) {
        *ImageBase = Ranges[At].Base;
        *Table = Ranges[At].Table;
        *Count = Ranges[At].Count;
    }
    RtlReleaseSRWLockShared(&Lock);
    return Found;
}

bool RtlpFindImage(PVOID Address, PVOID *Base, ULONG *Size)
{
    RtlAcquireSRWLockShared(&Lock);
    ULONG At = FindRange((ULONG_PTR)Address);
    bool Found = At < RangeCount;
    if (Found) {
        *Base = (PVOID)Ranges[At].Base;
        *Size = Ranges[At].Size;
    }
    RtlReleaseSRWLockShared(&Lock);
    return Found;
}

/* ---- code made at run time ------------------------------------------------------------------------------------------------------------------ */

static PRUNTIME_FUNCTION Search(PRUNTIME_FUNCTION Table, ULONG Count, ULONG64 Offset)
{
    ULONG Low = 0, High = Count;

    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        if (Offset < Table[Middle].BeginAddress)
            High = Middle;
        else if (Offset >= Table[Middle].EndAddress)
            Low = Middle + 1;
        else
            return &Table[Middle];
    }
    return NULL;
}

static PRUNTIME_FUNCTION SearchUnsorted(PRUNTIME_FUNCTION Table, ULONG Count, ULONG64 Offset)
{
    for (ULONG Index = 0; Index < Count; Index++) {
        if (Offset >= Table[Index].BeginAddress && Offset < Table[Index].EndAddress)
            return &Table[Index];
    }
    return NULL;
}

PRUNTIME_FUNCTION RtlpFindDynamicFunction(ULONG64 Pc, PULONG64 ImageBase)
{
    PGET_RUNTIME_FUNCTION_CALLBACK Callback = NULL;
    PVOID Context = NULL;
    PRUNTIME_FUNCTION Found = NULL;

    if (IsListEmpty(&Dynamic))
        return NULL;
    RtlAcquireSRWLockShared(&Lock);
    for (LIST_ENTRY *Link = Dynamic.Flink; Link != &Dynamic && Found == NULL && Callback == NULL; Link = Link->Flink) {
        DYNAMIC_TABLE *Table = CONTAINING_RECORD(Link, DYNAMIC_TABLE, Links);
        if (Pc < Table->Low || Pc >= Table->High)
            continue;
        *ImageBase = Table->Base;
        if (Table->Kind == DynamicCallback) {
            Callback = Table->Callback;
            Context = Table->Context;
        } else {
            Found = Table->Sorted ? Search(Table->Table, Table->Count, Pc - Table->Base)
                                  : SearchUnsorted(Table->Table, Table->Count, Pc - Table->Base);
        }
    }
    RtlReleaseSRWLockShared(&Lock);
    return Callback != NULL ? Callback(Pc, Context) : Found;
}

static void CoverEntries(DYNAMIC_TABLE *Table)
{
    Table->Sorted = true;
    Table->Low = ~0ull;
    Table->High = 0;
    for (ULONG Index = 0; Index < Table->Count; Index++) {
        ULONG64 Begin = Table->Base + Table->Table[Index].BeginAddress, End = Table->Base + Table->Table[Index].EndAddress;
        if (Begin < Table->Low)
            Table->Low = Begin;
        if (End > Table->High)
            Table->High = End;
        if (Index != 0 && Table->Table[Index].BeginAddress < Table->Table[Index - 1].BeginAddress)
            Table->Sorted = false;
    }
}

static DYNAMIC_TABLE *NewTable(DYNAMIC_KIND Kind)
{
    DYNAMIC_TABLE *Table = AllocateZero(sizeof *Table);

    if (Table != NULL)
        Table->Kind = Kind;
    return Table;
}

static void Insert(DYNAMIC_TABLE *Table)
{
    RtlAcquireSRWLockExclusive(&Lock);
    InsertHeadList(&Dynamic, &Table->Links);
    RtlReleaseSRWLockExclusive(&Lock);
}

BOOLEAN __cdecl RtlAddFunctionTable(PRUNTIME_FUNCTION FunctionTable, DWORD EntryCount, DWORD64 BaseAddress)
{
    DYNAMIC_TABLE *Table = NewTable(DynamicStatic);

    if (Table == NULL)
        return FALSE;
    Table->Table = FunctionTable;
    Table->Count = EntryCount;
    Table->Base = BaseAddress;
    CoverEntries(Table);
    Insert(Table);
    return TRUE;
}

BOOLEAN __cdecl RtlInstallFunctionTableCallback(DWORD64 TableIdentifier, DWORD64 BaseAddress, DWORD Length,
                                                PGET_RUNTIME_FUNCTION_CALLBACK Callback, PVOID Context, PCWSTR OutOfProcessCallbackDll)
{
    UNUSED(OutOfProcessCallbackDll);
    if ((TableIdentifier & 3) != 3 || (LONG)Length < 0)
        return FALSE;
    DYNAMIC_TABLE *Table = NewTable(DynamicCallback);
    if (Table == NULL)
        return FALSE;
    Table->Identifier = TableIdentifier;
    Table->Base = Table->Low = BaseAddress;
    Table->High = BaseAddress + Length;
    Table->Callback = Callback;
    Table->Context = Context;
    Insert(Table);
    return TRUE;
}

BOOLEAN __cdecl RtlDeleteFunctionTable(PRUNTIME_FUNCTION FunctionTable)
{
    DYNAMIC_TABLE *Found = NULL;

    RtlAcquireSRWLockExclusive(&Lock);
    for (LIST_ENTRY *Link = Dynamic.Flink; Link != &Dynamic && Found == NULL; Link = Link->Flink) {
        DYNAMIC_TABLE *Table = CONTAINING_RECORD(Link, DYNAMIC_TABLE, Links);
        if ((Table->Kind == DynamicStatic && Table->Table == FunctionTable) ||
            (Table->Kind == DynamicCallback && Table->Identifier == (ULONG64)(ULONG_PTR)FunctionTable))
            Found = Table;
    }
    if (Found != NULL)
        RemoveEntryList(&Found->Links);
    RtlReleaseSRWLockExclusive(&Lock);
    Free(Found);
    return Found != NULL;
}

DWORD NTAPI RtlAddGrowableFunctionTable(PVOID *DynamicTable, PRUNTIME_FUNCTION FunctionTable, DWORD EntryCount, DWORD MaximumEntryCount,
                                        ULONG_PTR RangeBase, ULONG_PTR RangeEnd)
{
    if (EntryCount > MaximumEntryCount || RangeEnd <= RangeBase)
        return (DWORD)STATUS_INVALID_PARAMETER;
    DYNAMIC_TABLE *Table = NewTable(DynamicGrowable);
    if (Table == NULL)
        return (DWORD)STATUS_NO_MEMORY;
    Table->Sorted = true;
    Table->Table = FunctionTable;
    Table->Count = EntryCount;
    Table->Capacity = MaximumEntryCount;
    Table->Base = Table->Low = RangeBase;
    Table->High = RangeEnd;
    Insert(Table);
    *DynamicTable = Table;
    return STATUS_SUCCESS;
}

VOID NTAPI RtlGrowFunctionTable(PVOID DynamicTable, DWORD NewEntryCount)
{
    DYNAMIC_TABLE *Table = DynamicTable;

    if (NewEntryCount <= Table->Capacity)
        InterlockedExchange((volatile LONG *)&Table->Count, (LONG)NewEntryCount);
}

VOID NTAPI RtlDeleteGrowableFunctionTable(PVOID DynamicTable)
{
    DYNAMIC_TABLE *Table = DynamicTable;

    RtlAcquireSRWLockExclusive(&Lock);
    RemoveEntryList(&Table->Links);
    RtlReleaseSRWLockExclusive(&Lock);
    Free(Table);
}

PLIST_ENTRY NTAPI RtlGetFunctionTableListHead(VOID)
{
    return &Dynamic;
}

PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage)
{
    PVOID Base = NULL;
    ULONG Size;

    *BaseOfImage = RtlpFindImage(PcValue, &Base, &Size) ? Base : NULL;
    return *BaseOfImage;
}

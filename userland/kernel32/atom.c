/* SPDX-License-Identifier: MIT */
/*
 * atom.c - atoms: small numbers that stand for names, in a table of the process; and the system's own table, which is the kernel's.
 *
 * Below 0xC000 an atom is an integer atom: it stands for "#NUMBER", is in no table and is never deleted.  The others are entries of an array,
 * counted, found by their name without regard to case.  Table is guarded by TableLock.  (The native interface to a process's own table,
 * RtlCreateAtomTable and its kin, is not there.)
 */
#include "k32.h"

/* winternl.h of mingw has the other three. */
NTSTATUS NTAPI NtQueryInformationAtom(USHORT Atom, ULONG Class, PVOID Information, ULONG Length, PULONG Returned);

#define MAX_ATOM_LENGTH 255
#define FIRST_ATOM 0xC000u
#define MAX_ATOMS 0x4000u

typedef struct _ATOM_ENTRY
{
    ULONG References;
    ULONG Length;
    WCHAR Name[];
} ATOM_ENTRY;

static ATOM_ENTRY **Table;
static ULONG TableSize;
static SRWLOCK TableLock = SRWLOCK_INIT;

/* An integer atom, given as a number or as "#NUMBER": FALSE if the name is an ordinary one, an atom of 0 if it is a bad number. */
static BOOL IsIntegerAtom(LPCWSTR Name, ATOM *Atom)
{
    ULONG Value = 0;

    if (IS_INTRESOURCE(Name)) {
        Value = (USHORT)(ULONG_PTR)Name;
    } else if (Name[0] != L'#' || Name[1] == 0) {
        return FALSE;
    } else {
        for (LPCWSTR s = Name + 1; *s != 0; s++) {
            if (*s < L'0' || *s > L'9') {
                return FALSE;
            }
            Value = Value < 0x10000 ? Value * 10 + (ULONG)(*s - L'0') : Value;
        }
    }
    *Atom = Value < FIRST_ATOM ? (ATOM)Value : 0;
    return TRUE;
}

static BOOL CheckName(LPCWSTR Name)
{
    SIZE_T Length = wcslen(Name);

    if (Length == 0) {
        return BaseFail(ERROR_INVALID_NAME);
    }
    return Length <= MAX_ATOM_LENGTH ? TRUE : BaseFail(ERROR_INVALID_PARAMETER);
}

static ATOM IntegerResult(ATOM Atom)
{
    if (Atom == 0) {
        BaseFail(ERROR_INVALID_PARAMETER);
    }
    return Atom;
}

/* The index of a name, or -1; the lock is held. */
static LONG Lookup(LPCWSTR Name)
{
    for (ULONG i = 0; i < TableSize; i++) {
        if (Table[i] != NULL && _wcsicmp(Table[i]->Name, Name) == 0) {
            return (LONG)i;
        }
    }
    return -1;
}

static LONG FreeIndex(void)
{
    for (ULONG i = 0; i < TableSize; i++) {
        if (Table[i] == NULL) {
            return (LONG)i;
        }
    }
    if (TableSize == MAX_ATOMS) {
        return -1;
    }
    ULONG Size = TableSize == 0 ? 37 : TableSize * 2 > MAX_ATOMS ? MAX_ATOMS : TableSize * 2;
    ATOM_ENTRY **New = BaseAllocate(Size * sizeof(*New));
    if (New == NULL) {
        return -1;
    }
    memset(New, 0, Size * sizeof(*New));
    if (Table != NULL) {
        memcpy(New, Table, TableSize * sizeof(*New));
        BaseFree(Table);
    }
    LONG Index = (LONG)TableSize;
    Table = New;
    TableSize = Size;
    return Index;
}

static ATOM Insert(LPCWSTR Name)
{
    LONG Index = Lookup(Name);

    if (Index >= 0) {
        Table[Index]->References++;
        return (ATOM)(FIRST_ATOM + (ULONG)Index);
    }
    SIZE_T Length = wcslen(Name);
    ATOM_ENTRY *Entry = BaseAllocate(sizeof(*Entry) + (Length + 1) * sizeof(WCHAR));
    Index = Entry == NULL ? -1 : FreeIndex();
    if (Index < 0) {
        BaseFree(Entry);
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        return 0;
    }
    Entry->References = 1;
    Entry->Length = (ULONG)Length;
    memcpy(Entry->Name, Name, (Length + 1) * sizeof(WCHAR));
    Table[Index] = Entry;
    return (ATOM)(FIRST_ATOM + (ULONG)Index);
}

BOOL WINAPI InitAtomTable(DWORD Size)
{
    UNUSED(Size); /* how many buckets it should have; the table grows by itself */
    return TRUE;
}

ATOM WINAPI AddAtomW(LPCWSTR Name)
{
    ATOM Atom;

    if (IsIntegerAtom(Name, &Atom)) {
        return IntegerResult(Atom);
    }
    if (!CheckName(Name)) {
        return 0;
    }
    RtlAcquireSRWLockExclusive((PVOID)&TableLock);
    Atom = Insert(Name);
    RtlReleaseSRWLockExclusive((PVOID)&TableLock);
    return Atom;
}

ATOM WINAPI FindAtomW(LPCWSTR Name)
{
    ATOM Atom;

    if (IsIntegerAtom(Name, &Atom)) {
        return IntegerResult(Atom);
    }
    if (!CheckName(Name)) {
        return 0;
    }
    RtlAcquireSRWLockShared((PVOID)&TableLock);
    LONG Index = Lookup(Name);
    RtlReleaseSRWLockShared((PVOID)&TableLock);
    if (Index < 0) {
        BaseFail(ERROR_FILE_NOT_FOUND);
        return 0;
    }
    return (ATOM)(FIRST_ATOM + (ULONG)Index);
}

/* Zero is success; the atom itself is failure. */
ATOM WINAPI DeleteAtom(ATOM Atom)
{
    ATOM Result = Atom;
    ULONG Index = Atom - FIRST_ATOM;

    if (Atom < FIRST_ATOM) {
        return 0;
    }
    RtlAcquireSRWLockExclusive((PVOID)&TableLock);
    if (Index < TableSize && Table[Index] != NULL) {
        if (--Table[Index]->References == 0) {
            BaseFree(Table[Index]);
            Table[Index] = NULL;
        }
        Result = 0;
    }
    RtlReleaseSRWLockExclusive((PVOID)&TableLock);
    if (Result != 0) {
        BaseFail(ERROR_INVALID_HANDLE);
    }
    return Result;
}

/* The name as far as it fits, ended by a zero. */
static UINT ReturnAtomName(LPCWSTR Name, UINT Length, LPWSTR Target, int Size)
{
    UINT Part = Length < (UINT)Size - 1 ? Length : (UINT)Size - 1;

    memcpy(Target, Name, Part * sizeof(WCHAR));
    Target[Part] = 0;
    if (Part < Length) {
        BaseFail(ERROR_MORE_DATA);
    }
    return Part;
}

UINT WINAPI GetAtomNameW(ATOM Atom, LPWSTR Target, int Size)
{
    WCHAR Number[8];
    UINT Result = 0;
    ULONG Index = Atom - FIRST_ATOM;

    if (Size <= 0) {
        return (UINT)BaseFail(ERROR_MORE_DATA);
    }
    if (Atom == 0) {
        return (UINT)BaseFail(ERROR_INVALID_HANDLE);
    }
    if (Atom < FIRST_ATOM) {
        int Length = _snwprintf(Number, COUNT_OF(Number), L"#%u", Atom);
        return ReturnAtomName(Number, (UINT)Length, Target, Size);
    }
    RtlAcquireSRWLockShared((PVOID)&TableLock);
    if (Index < TableSize && Table[Index] != NULL) {
        Result = ReturnAtomName(Table[Index]->Name, Table[Index]->Length, Target, Size);
    } else {
        BaseFail(ERROR_INVALID_HANDLE);
    }
    RtlReleaseSRWLockShared((PVOID)&TableLock);
    return Result;
}

/* ---- the system's table ---------------------------------------------------------------------------------------------------------------- */

static SIZE_T NameBytes(LPCWSTR Name)
{
    return IS_INTRESOURCE(Name) ? 0 : wcslen(Name) * sizeof(WCHAR);
}

ATOM WINAPI GlobalAddAtomExW(LPCWSTR Name, DWORD Flags)
{
    ATOM Atom = 0;

    UNUSED(Flags);
    if (IsIntegerAtom(Name, &Atom)) {
        return IntegerResult(Atom);
    }
    if (!CheckName(Name)) {
        return 0;
    }
    return BaseResult(NtAddAtom((PWSTR)Name, (ULONG)NameBytes(Name), &Atom)) ? Atom : 0;
}

ATOM WINAPI GlobalAddAtomW(LPCWSTR Name)
{
    return GlobalAddAtomExW(Name, 0);
}

ATOM WINAPI GlobalFindAtomW(LPCWSTR Name)
{
    ATOM Atom = 0;

    if (IsIntegerAtom(Name, &Atom)) {
        return IntegerResult(Atom);
    }
    if (!CheckName(Name)) {
        return 0;
    }
    return BaseResult(NtFindAtom((PWSTR)Name, (ULONG)NameBytes(Name), &Atom)) ? Atom : 0;
}

ATOM WINAPI GlobalDeleteAtom(ATOM Atom)
{
    if (Atom < FIRST_ATOM) {
        return 0;
    }
    return BaseResult(NtDeleteAtom(Atom)) ? 0 : Atom;
}

UINT WINAPI GlobalGetAtomNameW(ATOM Atom, LPWSTR Target, int Size)
{
    struct
    {
        USHORT UsageCount;
        USHORT Flags;
        USHORT NameLength;
        WCHAR Name[MAX_ATOM_LENGTH + 1];
    } Information;

    if (Size <= 0) {
        return (UINT)BaseFail(ERROR_MORE_DATA);
    }
    if (Atom != 0 && Atom < FIRST_ATOM) {
        return GetAtomNameW(Atom, Target, Size);
    }
    if (!BaseResult(NtQueryInformationAtom(Atom, 0 /* AtomBasicInformation */, &Information, sizeof(Information), NULL))) {
        return 0;
    }
    return ReturnAtomName(Information.Name, Information.NameLength / sizeof(WCHAR), Target, Size);
}

/* ---- the A forms ------------------------------------------------------------------------------------------------------------------------ */

static ATOM ByAnsiName(LPCSTR Name, ATOM(WINAPI *Call)(LPCWSTR))
{
    LPWSTR Wide;

    if (IS_INTRESOURCE(Name)) {
        return Call((LPCWSTR)(PVOID)Name);
    }
    if (!BaseToWide(Name, &Wide)) {
        return 0;
    }
    ATOM Atom = Call(Wide);
    BaseFree(Wide);
    return Atom;
}

ATOM WINAPI AddAtomA(LPCSTR Name)
{
    return ByAnsiName(Name, AddAtomW);
}

ATOM WINAPI FindAtomA(LPCSTR Name)
{
    return ByAnsiName(Name, FindAtomW);
}

ATOM WINAPI GlobalAddAtomA(LPCSTR Name)
{
    return ByAnsiName(Name, GlobalAddAtomW);
}

ATOM WINAPI GlobalAddAtomExA(LPCSTR Name, DWORD Flags)
{
    UNUSED(Flags);
    return ByAnsiName(Name, GlobalAddAtomW);
}

ATOM WINAPI GlobalFindAtomA(LPCSTR Name)
{
    return ByAnsiName(Name, GlobalFindAtomW);
}

static UINT AnsiName(UINT(WINAPI *Call)(ATOM, LPWSTR, int), ATOM Atom, LPSTR Target, int Size)
{
    WCHAR Wide[MAX_ATOM_LENGTH + 1];
    CHAR Bytes[(MAX_ATOM_LENGTH + 1) * 2];

    if (Size <= 0) {
        return (UINT)BaseFail(ERROR_MORE_DATA);
    }
    UINT Length = Call(Atom, Wide, COUNT_OF(Wide));
    if (Length == 0) {
        return 0;
    }
    int Count = WideCharToMultiByte(CP_ACP, 0, Wide, (int)Length, Bytes, sizeof(Bytes), NULL, NULL);
    if (Count > Size - 1) {
        BaseFail(ERROR_MORE_DATA);
        Count = Size - 1;
    }
    memcpy(Target, Bytes, (SIZE_T)Count);
    Target[Count] = 0;
    return (UINT)Count;
}

UINT WINAPI GetAtomNameA(ATOM Atom, LPSTR Target, int Size)
{
    return AnsiName(GetAtomNameW, Atom, Target, Size);
}

UINT WINAPI GlobalGetAtomNameA(ATOM Atom, LPSTR Target, int Size)
{
    return AnsiName(GlobalGetAtomNameW, Atom, Target, Size);
}

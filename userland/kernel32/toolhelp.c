/* SPDX-License-Identifier: MIT */
/*
 * toolhelp.c - CreateToolhelp32Snapshot: processes, threads, modules and heaps as they were at one moment.
 *
 * A snapshot is a section, as on Windows, so CloseHandle ends it and it can be inherited.  Its view is mapped for each call: the records of the public
 * structures (the W forms) behind a header that counts them and remembers how far each walk has come.
 */
#include "k32.h"
#include <tlhelp32.h>

enum { SnapHeaps, SnapProcesses, SnapThreads, SnapModules, SnapKinds };

typedef struct _SNAPSHOT
{
    struct
    {
        DWORD Offset, Count, Next, Size;
    } List[SnapKinds];
} SNAPSHOT;

/* The parts while they are gathered: arrays that grow. */
typedef struct _GATHER
{
    BYTE *Records;
    DWORD Count, Room, Size;
} GATHER;

static PVOID NewRecord(GATHER *List)
{
    if (List->Count == List->Room) {
        DWORD Room = List->Room != 0 ? List->Room * 2 : 32;
        BYTE *New = BaseAllocate((SIZE_T)Room * List->Size);
        if (New == NULL) {
            return NULL;
        }
        if (List->Count != 0) {
            memcpy(New, List->Records, (SIZE_T)List->Count * List->Size);
        }
        BaseFree(List->Records);
        List->Records = New;
        List->Room = Room;
    }
    PVOID Record = List->Records + (SIZE_T)List->Count++ * List->Size;
    memset(Record, 0, List->Size);
    *(DWORD *)Record = List->Size;
    return Record;
}

static void CopyName(LPWSTR Target, SIZE_T Room, const WCHAR *Source, SIZE_T Length)
{
    Length = Length < Room ? Length : Room - 1;
    memcpy(Target, Source, Length * sizeof(WCHAR));
    Target[Length] = 0;
}

/* ---- processes and threads --------------------------------------------------------------------------------------------------------- */

typedef struct _THREAD_RECORD
{
    LARGE_INTEGER KernelTime, UserTime, CreateTime;
    ULONG WaitTime;
    PVOID StartAddress;
    CLIENT_ID ClientId;
    LONG Priority, BasePriority;
    ULONG ContextSwitches, ThreadState, WaitReason;
} THREAD_RECORD;

typedef struct _PROCESS_RECORD
{
    ULONG NextEntryOffset, NumberOfThreads;
    BYTE Times[48];
    UNICODE_STRING ImageName;
    LONG BasePriority;
    HANDLE UniqueProcessId, InheritedFromUniqueProcessId;
    BYTE Rest[0x100 - 0x60];
    THREAD_RECORD Threads[];
} PROCESS_RECORD;
static_assert(offsetof(PROCESS_RECORD, ImageName) == 0x38 && offsetof(PROCESS_RECORD, Threads) == 0x100, "SYSTEM_PROCESS_INFORMATION");

static BOOL GatherProcess(const PROCESS_RECORD *Process, GATHER *Processes, GATHER *Threads)
{
    if (Processes != NULL) {
        PROCESSENTRY32W *Entry = NewRecord(Processes);
        if (Entry == NULL) {
            return FALSE;
        }
        Entry->th32ProcessID = (DWORD)(ULONG_PTR)Process->UniqueProcessId;
        Entry->cntThreads = Process->NumberOfThreads;
        Entry->th32ParentProcessID = (DWORD)(ULONG_PTR)Process->InheritedFromUniqueProcessId;
        Entry->pcPriClassBase = Process->BasePriority;
        if (Process->UniqueProcessId == NULL) {
            CopyName(Entry->szExeFile, MAX_PATH, L"[System Process]", 16);
        } else {
            CopyName(Entry->szExeFile, MAX_PATH, Process->ImageName.Buffer, Process->ImageName.Length / sizeof(WCHAR));
        }
    }
    for (ULONG i = 0; Threads != NULL && i < Process->NumberOfThreads; i++) {
        THREADENTRY32 *Entry = NewRecord(Threads);
        if (Entry == NULL) {
            return FALSE;
        }
        Entry->th32ThreadID = (DWORD)(ULONG_PTR)Process->Threads[i].ClientId.UniqueThread;
        Entry->th32OwnerProcessID = (DWORD)(ULONG_PTR)Process->UniqueProcessId;
        Entry->tpBasePri = Process->Threads[i].BasePriority;
    }
    return TRUE;
}

/* The system's list of processes in a heap block that is large enough for it. */
PVOID BaseQueryProcesses(void)
{
    ULONG Size = 0x10000, Needed;
    NTSTATUS Status;

    for (;;) {
        PVOID Buffer = BaseAllocate(Size);
        if (Buffer == NULL) {
            return NULL;
        }
        Status = NtQuerySystemInformation(SystemProcessInformation, Buffer, Size, &Needed);
        if (NT_SUCCESS(Status)) {
            return Buffer;
        }
        BaseFree(Buffer);
        if (Status != STATUS_INFO_LENGTH_MISMATCH) {
            BaseSetLastNTError(Status);
            return NULL;
        }
        Size = (Needed > Size ? Needed : Size) + 0x8000;
    }
}

static BOOL GatherProcesses(GATHER *Processes, GATHER *Threads)
{
    BYTE *Buffer = BaseQueryProcesses();
    const PROCESS_RECORD *Process = (PVOID)Buffer;
    BOOL Result = Buffer != NULL;

    while (Result) {
        Result = GatherProcess(Process, Processes, Threads);
        if (Process->NextEntryOffset == 0) {
            break;
        }
        Process = (PVOID)((BYTE *)Process + Process->NextEntryOffset);
    }
    BaseFree(Buffer);
    return Result;
}

/* ---- modules and heaps of one process ------------------------------------------------------------------------------------------------ */

static BOOL ReadString(HANDLE Process, const UNICODE_STRING *String, LPWSTR Target, SIZE_T Room)
{
    SIZE_T Length = String->Length / sizeof(WCHAR);

    Length = Length < Room ? Length : Room - 1;
    Target[Length] = 0;
    return Length == 0 || ReadProcessMemory(Process, String->Buffer, Target, Length * sizeof(WCHAR), NULL);
}

static BOOL GatherModule(HANDLE Process, DWORD Id, const NLDR_DATA_TABLE_ENTRY *Module, GATHER *Modules)
{
    MODULEENTRY32W *Entry = NewRecord(Modules);

    if (Entry == NULL) {
        return FALSE;
    }
    Entry->th32ModuleID = 1;
    Entry->th32ProcessID = Id;
    Entry->GlblcntUsage = Entry->ProccntUsage = 0xFFFF;
    Entry->modBaseAddr = Module->DllBase;
    Entry->modBaseSize = Module->SizeOfImage;
    Entry->hModule = Module->DllBase;
    return ReadString(Process, &Module->BaseDllName, Entry->szModule, COUNT_OF(Entry->szModule)) &&
           ReadString(Process, &Module->FullDllName, Entry->szExePath, COUNT_OF(Entry->szExePath));
}

/* Calls For each module in load order, as the process' own loader lists them. A process that has not begun has none: ERROR_PARTIAL_COPY. */
BOOL BaseWalkModules(HANDLE Process, BOOL (*For)(HANDLE Process, const NLDR_DATA_TABLE_ENTRY *Module, PVOID Context), PVOID Context)
{
    PROCESS_BASIC_INFORMATION Basic;
    NLDR_DATA_TABLE_ENTRY Module;
    PVOID Ldr = NULL;
    ULONG_PTR Head, Link;

    if (!BaseResult(NtQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL))) {
        return FALSE;
    }
    if (Basic.PebBaseAddress == NULL) {
        return BaseFail(ERROR_ACCESS_DENIED);
    }
    if (!ReadProcessMemory(Process, (BYTE *)Basic.PebBaseAddress + offsetof(NPEB, Ldr), &Ldr, sizeof(Ldr), NULL)) {
        return FALSE;
    }
    if (Ldr == NULL) {
        return BaseFail(ERROR_PARTIAL_COPY);
    }
    Head = (ULONG_PTR)Ldr + offsetof(NPEB_LDR_DATA, InLoadOrderModuleList);
    if (!ReadProcessMemory(Process, (PVOID)Head, &Link, sizeof(Link), NULL)) {
        return FALSE;
    }
    for (ULONG Guard = 0; Link != Head && Guard < 0x10000; Guard++) {
        if (!ReadProcessMemory(Process, (PVOID)Link, &Module, offsetof(NLDR_DATA_TABLE_ENTRY, BaseDllName) + sizeof(UNICODE_STRING), NULL) ||
            !For(Process, &Module, Context)) {
            return FALSE;
        }
        Link = (ULONG_PTR)Module.InLoadOrderLinks.Flink;
    }
    return TRUE;
}

typedef struct _MODULE_CONTEXT
{
    GATHER *Modules;
    DWORD Id;
} MODULE_CONTEXT;

static BOOL EachModule(HANDLE Process, const NLDR_DATA_TABLE_ENTRY *Module, PVOID Context)
{
    MODULE_CONTEXT *Walk = Context;

    return GatherModule(Process, Walk->Id, Module, Walk->Modules);
}

static BOOL GatherHeaps(HANDLE Process, DWORD Id, GATHER *Heaps)
{
    PROCESS_BASIC_INFORMATION Basic;
    NPEB Peb;
    PVOID Heap;

    if (!BaseResult(NtQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL)) ||
        !ReadProcessMemory(Process, Basic.PebBaseAddress, &Peb, sizeof(Peb), NULL)) {
        return FALSE;
    }
    for (ULONG i = 0; i < Peb.NumberOfHeaps; i++) {
        HEAPLIST32 *Entry;
        if (!ReadProcessMemory(Process, Peb.ProcessHeaps + i, &Heap, sizeof(Heap), NULL) || (Entry = NewRecord(Heaps)) == NULL) {
            return FALSE;
        }
        Entry->dwSize = sizeof(*Entry);
        Entry->th32ProcessID = Id;
        Entry->th32HeapID = (ULONG_PTR)Heap;
        Entry->dwFlags = Heap == Peb.ProcessHeap ? HF32_DEFAULT : 0;
    }
    return TRUE;
}

static BOOL GatherOfProcess(DWORD Flags, DWORD Id, GATHER *Lists)
{
    HANDLE Process = Id == 0 ? NtCurrentProcess() : OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, Id);
    DWORD RealId = Id == 0 ? GetCurrentProcessId() : Id;
    MODULE_CONTEXT Walk = {&Lists[SnapModules], RealId};
    BOOL Result = Process != NULL;

    if (Result && (Flags & (TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32))) {
        Result = BaseWalkModules(Process, EachModule, &Walk);
    }
    if (Result && (Flags & TH32CS_SNAPHEAPLIST)) {
        Result = GatherHeaps(Process, RealId, &Lists[SnapHeaps]);
    }
    if (Process != NULL && Id != 0) {
        DWORD Error = GetLastError();
        NtClose(Process);
        BaseFail(Error);
    }
    return Result;
}

/* ---- the snapshot -------------------------------------------------------------------------------------------------------------------- */

static SNAPSHOT *MapSnapshot(HANDLE Section)
{
    PVOID Base = NULL;
    SIZE_T Size = 0;

    return BaseResult(NtMapViewOfSection(Section, NtCurrentProcess(), &Base, 0, 0, NULL, &Size, ViewUnmap, 0, PAGE_READWRITE)) ? Base : NULL;
}

static HANDLE MakeSnapshot(const GATHER *Lists, BOOL Inherit)
{
    OBJECT_ATTRIBUTES Object;
    LARGE_INTEGER Size = {.QuadPart = sizeof(SNAPSHOT)};
    SNAPSHOT Head = {0}, *View;
    HANDLE Section = NULL;

    for (ULONG i = 0; i < SnapKinds; i++) {
        Head.List[i].Offset = (DWORD)Size.QuadPart;
        Head.List[i].Count = Lists[i].Count;
        Head.List[i].Size = Lists[i].Size;
        Size.QuadPart += ROUND_UP((LONGLONG)Lists[i].Count * Lists[i].Size, 16);
    }
    InitializeObjectAttributes(&Object, NULL, Inherit ? OBJ_INHERIT : 0, NULL, NULL);
    if (!BaseResult(NtCreateSection(&Section, SECTION_ALL_ACCESS, &Object, &Size, PAGE_READWRITE, SEC_COMMIT, NULL))) {
        return INVALID_HANDLE_VALUE;
    }
    View = MapSnapshot(Section);
    if (View == NULL) {
        NtClose(Section);
        return INVALID_HANDLE_VALUE;
    }
    *View = Head;
    for (ULONG i = 0; i < SnapKinds; i++) {
        if (Lists[i].Count != 0) {
            memcpy((BYTE *)View + Head.List[i].Offset, Lists[i].Records, (SIZE_T)Lists[i].Count * Lists[i].Size);
        }
    }
    NtUnmapViewOfSection(NtCurrentProcess(), View);
    return Section;
}

HANDLE WINAPI CreateToolhelp32Snapshot(DWORD Flags, DWORD ProcessId)
{
    GATHER Lists[SnapKinds] = {
        {.Size = sizeof(HEAPLIST32)}, {.Size = sizeof(PROCESSENTRY32W)}, {.Size = sizeof(THREADENTRY32)}, {.Size = sizeof(MODULEENTRY32W)}};
    HANDLE Snapshot = INVALID_HANDLE_VALUE;
    BOOL Result = TRUE;

    if (!(Flags & (TH32CS_SNAPALL | TH32CS_SNAPMODULE32))) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (Flags & (TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD)) {
        Result = GatherProcesses(Flags & TH32CS_SNAPPROCESS ? &Lists[SnapProcesses] : NULL,
                                 Flags & TH32CS_SNAPTHREAD ? &Lists[SnapThreads] : NULL);
    }
    if (Result && (Flags & (TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32 | TH32CS_SNAPHEAPLIST))) {
        Result = GatherOfProcess(Flags, ProcessId, Lists);
    }
    if (Result) {
        Snapshot = MakeSnapshot(Lists, (Flags & TH32CS_INHERIT) != 0);
    }
    for (ULONG i = 0; i < SnapKinds; i++) {
        BaseFree(Lists[i].Records);
    }
    return Snapshot;
}

/* The next record of a kind (or the first) to Record, whose own size field says how much there is room for. */
static BOOL Fetch(HANDLE Snapshot, ULONG Kind, BOOL First, PVOID Record, SIZE_T Given)
{
    SNAPSHOT *View;
    BOOL Result = FALSE;

    if (Record == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    View = MapSnapshot(Snapshot);
    if (View == NULL) {
        return BaseFail(ERROR_INVALID_HANDLE);
    }
    if (Given < View->List[Kind].Size) {
        BaseFail(ERROR_INSUFFICIENT_BUFFER);
    } else {
        DWORD Index = First ? 0 : View->List[Kind].Next;
        if (Index < View->List[Kind].Count) {
            memcpy(Record, (BYTE *)View + View->List[Kind].Offset + (SIZE_T)Index * View->List[Kind].Size, View->List[Kind].Size);
            View->List[Kind].Next = Index + 1;
            Result = TRUE;
        } else {
            BaseFail(ERROR_NO_MORE_FILES);
        }
    }
    NtUnmapViewOfSection(NtCurrentProcess(), View);
    return Result;
}

BOOL WINAPI Process32FirstW(HANDLE Snapshot, LPPROCESSENTRY32W Entry)
{
    return Fetch(Snapshot, SnapProcesses, TRUE, Entry, Entry != NULL ? Entry->dwSize : 0);
}

BOOL WINAPI Process32NextW(HANDLE Snapshot, LPPROCESSENTRY32W Entry)
{
    return Fetch(Snapshot, SnapProcesses, FALSE, Entry, Entry != NULL ? Entry->dwSize : 0);
}

BOOL WINAPI Module32FirstW(HANDLE Snapshot, LPMODULEENTRY32W Entry)
{
    return Fetch(Snapshot, SnapModules, TRUE, Entry, Entry != NULL ? Entry->dwSize : 0);
}

BOOL WINAPI Module32NextW(HANDLE Snapshot, LPMODULEENTRY32W Entry)
{
    return Fetch(Snapshot, SnapModules, FALSE, Entry, Entry != NULL ? Entry->dwSize : 0);
}

BOOL WINAPI Thread32First(HANDLE Snapshot, LPTHREADENTRY32 Entry)
{
    return Fetch(Snapshot, SnapThreads, TRUE, Entry, Entry != NULL ? Entry->dwSize : 0);
}

BOOL WINAPI Thread32Next(HANDLE Snapshot, LPTHREADENTRY32 Entry)
{
    return Fetch(Snapshot, SnapThreads, FALSE, Entry, Entry != NULL ? Entry->dwSize : 0);
}

BOOL WINAPI Heap32ListFirst(HANDLE Snapshot, LPHEAPLIST32 Entry)
{
    return Fetch(Snapshot, SnapHeaps, TRUE, Entry, Entry != NULL ? Entry->dwSize : 0);
}

BOOL WINAPI Heap32ListNext(HANDLE Snapshot, LPHEAPLIST32 Entry)
{
    return Fetch(Snapshot, SnapHeaps, FALSE, Entry, Entry != NULL ? Entry->dwSize : 0);
}

static BOOL FetchProcessA(HANDLE Snapshot, BOOL First, LPPROCESSENTRY32 Entry)
{
    PROCESSENTRY32W Wide;

    if (Entry != NULL && Entry->dwSize < sizeof(*Entry)) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    if (!Fetch(Snapshot, SnapProcesses, First, Entry != NULL ? &Wide : NULL, sizeof(Wide))) {
        return FALSE;
    }
    memcpy(Entry, &Wide, offsetof(PROCESSENTRY32, szExeFile));
    Entry->dwSize = sizeof(*Entry);
    BaseToAnsi(Wide.szExeFile, wcslen(Wide.szExeFile), Entry->szExeFile, sizeof(Entry->szExeFile));
    return TRUE;
}

BOOL WINAPI Process32First(HANDLE Snapshot, LPPROCESSENTRY32 Entry)
{
    return FetchProcessA(Snapshot, TRUE, Entry);
}

BOOL WINAPI Process32Next(HANDLE Snapshot, LPPROCESSENTRY32 Entry)
{
    return FetchProcessA(Snapshot, FALSE, Entry);
}

static BOOL FetchModuleA(HANDLE Snapshot, BOOL First, LPMODULEENTRY32 Entry)
{
    MODULEENTRY32W Wide;

    if (Entry != NULL && Entry->dwSize < sizeof(*Entry)) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    if (!Fetch(Snapshot, SnapModules, First, Entry != NULL ? &Wide : NULL, sizeof(Wide))) {
        return FALSE;
    }
    memcpy(Entry, &Wide, offsetof(MODULEENTRY32, szModule));
    Entry->dwSize = sizeof(*Entry);
    BaseToAnsi(Wide.szModule, wcslen(Wide.szModule), Entry->szModule, sizeof(Entry->szModule));
    BaseToAnsi(Wide.szExePath, wcslen(Wide.szExePath), Entry->szExePath, sizeof(Entry->szExePath));
    return TRUE;
}

BOOL WINAPI Module32First(HANDLE Snapshot, LPMODULEENTRY32 Entry)
{
    return FetchModuleA(Snapshot, TRUE, Entry);
}

BOOL WINAPI Module32Next(HANDLE Snapshot, LPMODULEENTRY32 Entry)
{
    return FetchModuleA(Snapshot, FALSE, Entry);
}

BOOL WINAPI Toolhelp32ReadProcessMemory(DWORD Id, LPCVOID Address, LPVOID Buffer, SIZE_T Size, SIZE_T *Done)
{
    HANDLE Process = Id == 0 ? NtCurrentProcess() : OpenProcess(PROCESS_VM_READ, FALSE, Id);
    BOOL Result = Process != NULL && ReadProcessMemory(Process, Address, Buffer, Size, Done);

    if (Process != NULL && Id != 0) {
        NtClose(Process);
    }
    return Result;
}

/* Blocks of a heap: of the caller's own process only, by HeapWalk. */
static BOOL FetchBlock(LPHEAPENTRY32 Entry, BOOL First)
{
    PROCESS_HEAP_ENTRY Walk = {.lpData = NULL};

    if (Entry->th32ProcessID != GetCurrentProcessId()) {
        return BaseNotSupported("Heap32First(other process)");
    }
    while (HeapWalk((HANDLE)Entry->th32HeapID, &Walk)) {
        if (!(Walk.wFlags & PROCESS_HEAP_ENTRY_BUSY) || (!First && (ULONG_PTR)Walk.lpData <= Entry->dwAddress)) {
            continue;
        }
        Entry->hHandle = (HANDLE)Walk.lpData;
        Entry->dwAddress = (ULONG_PTR)Walk.lpData;
        Entry->dwBlockSize = Walk.cbData;
        Entry->dwFlags = LF32_FIXED;
        Entry->dwLockCount = 0;
        return TRUE;
    }
    return BaseFail(ERROR_NO_MORE_FILES);
}

BOOL WINAPI Heap32First(LPHEAPENTRY32 Entry, DWORD ProcessId, ULONG_PTR Heap)
{
    if (Entry->dwSize != sizeof(*Entry)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Entry->th32ProcessID = ProcessId != 0 ? ProcessId : GetCurrentProcessId();
    Entry->th32HeapID = Heap;
    return FetchBlock(Entry, TRUE);
}

BOOL WINAPI Heap32Next(LPHEAPENTRY32 Entry)
{
    return FetchBlock(Entry, FALSE);
}

/* SPDX-License-Identifier: MIT */
/*
 * psapi.c - the process status calls: which processes there are, which modules and how much memory one has.
 *
 * They live here under K32 names; psapi.dll forwards to them, as on Windows since version 7.  Modules of another process are read out of its
 * memory by walking its loader's list, so they need PROCESS_QUERY_INFORMATION and PROCESS_VM_READ, and a process that is just starting may be
 * half-way (ERROR_PARTIAL_COPY).
 */
#include "k32.h"
#include <psapi.h>

#define MAX_MODULES 4096

static BOOL Read(HANDLE Process, const void *Address, PVOID Target, SIZE_T Size)
{
    SIZE_T Got = 0;

    return BaseResult(NtReadVirtualMemory(Process, (PVOID)Address, Target, Size, &Got)) && (Got == Size || BaseFail(ERROR_PARTIAL_COPY));
}

/* ---- processes -------------------------------------------------------------------------------------------------------------------------- */

static PVOID Snapshot(void)
{
    for (ULONG Size = 0x10000; Size <= 0x1000000; Size *= 2) {
        PVOID Buffer = BaseAllocate(Size);
        if (Buffer == NULL) {
            return NULL;
        }
        NTSTATUS Status = NtQuerySystemInformation(SystemProcessInformation, Buffer, Size, NULL);
        if (NT_SUCCESS(Status)) {
            return Buffer;
        }
        BaseFree(Buffer);
        if (Status != STATUS_INFO_LENGTH_MISMATCH) {
            BaseSetLastNTError(Status);
            return NULL;
        }
    }
    BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

BOOL WINAPI K32EnumProcesses(LPDWORD Ids, DWORD Size, LPDWORD Needed)
{
    SYSTEM_PROCESS_INFORMATION *Start = Snapshot(), *Process = Start;
    DWORD Count = 0;

    if (Start == NULL) {
        return FALSE;
    }
    for (;;) {
        if (Count < Size / sizeof(DWORD)) {
            Ids[Count++] = (DWORD)(ULONG_PTR)Process->UniqueProcessId;
        }
        if (Process->NextEntryOffset == 0) {
            break;
        }
        Process = (SYSTEM_PROCESS_INFORMATION *)((PUCHAR)Process + Process->NextEntryOffset);
    }
    BaseFree(Start);
    *Needed = Count * sizeof(DWORD);
    return TRUE;
}

BOOL WINAPI K32GetProcessMemoryInfo(HANDLE Process, PPROCESS_MEMORY_COUNTERS Counters, DWORD Size)
{
    PROCESS_MEMORY_COUNTERS_EX Result = {0};
    struct
    {
        VM_COUNTERS Old;
        SIZE_T PrivateUsage; /* VM_COUNTERS_EX */
    } Vm;

    if (Size < sizeof(PROCESS_MEMORY_COUNTERS)) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memset(&Vm, 0, sizeof(Vm));
    NTSTATUS Status = NtQueryInformationProcess(Process, ProcessVmCounters, &Vm, sizeof(Vm), NULL);
    if (Status == STATUS_INFO_LENGTH_MISMATCH) {
        Status = NtQueryInformationProcess(Process, ProcessVmCounters, &Vm.Old, sizeof(Vm.Old), NULL);
        Vm.PrivateUsage = Vm.Old.PagefileUsage;
    }
    if (!BaseResult(Status)) {
        return FALSE;
    }
    Result.cb = Size;
    Result.PageFaultCount = Vm.Old.PageFaultCount;
    Result.PeakWorkingSetSize = Vm.Old.PeakWorkingSetSize;
    Result.WorkingSetSize = Vm.Old.WorkingSetSize;
    Result.QuotaPeakPagedPoolUsage = Vm.Old.QuotaPeakPagedPoolUsage;
    Result.QuotaPagedPoolUsage = Vm.Old.QuotaPagedPoolUsage;
    Result.QuotaPeakNonPagedPoolUsage = Vm.Old.QuotaPeakNonPagedPoolUsage;
    Result.QuotaNonPagedPoolUsage = Vm.Old.QuotaNonPagedPoolUsage;
    Result.PagefileUsage = Vm.Old.PagefileUsage;
    Result.PeakPagefileUsage = Vm.Old.PeakPagefileUsage;
    Result.PrivateUsage = Vm.PrivateUsage;
    memcpy(Counters, &Result, Size < sizeof(Result) ? sizeof(PROCESS_MEMORY_COUNTERS) : sizeof(Result));
    return TRUE;
}

DWORD WINAPI K32GetProcessImageFileNameW(HANDLE Process, LPWSTR Name, DWORD Size)
{
    struct
    {
        UNICODE_STRING Name;
        WCHAR Buffer[1024];
    } Image;

    if (!BaseResult(NtQueryInformationProcess(Process, ProcessImageFileName, &Image, sizeof(Image), NULL))) {
        return 0;
    }
    DWORD Length = Image.Name.Length / sizeof(WCHAR);
    if (Size <= Length) {
        return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Name, Image.Name.Buffer, Image.Name.Length);
    Name[Length] = 0;
    return Length;
}

/* ---- modules ---------------------------------------------------------------------------------------------------------------------------- */

/* Calls back for each module in load order until the callback has what it wants. */
typedef BOOL (*MODULE_CALL)(const NLDR_DATA_TABLE_ENTRY *Entry, PVOID Context);

static BOOL WalkModules(HANDLE Process, MODULE_CALL Call, PVOID Context)
{
    PROCESS_BASIC_INFORMATION Basic;
    NPEB Peb;
    NPEB_LDR_DATA Ldr;
    NLDR_DATA_TABLE_ENTRY Entry;

    if (!BaseResult(NtQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL)) ||
        !Read(Process, Basic.PebBaseAddress, &Peb, sizeof(Peb))) {
        return FALSE;
    }
    if (Peb.Ldr == NULL) {
        return BaseFail(ERROR_PARTIAL_COPY);
    }
    if (!Read(Process, Peb.Ldr, &Ldr, sizeof(Ldr))) {
        return FALSE;
    }
    PUCHAR Head = (PUCHAR)Peb.Ldr + offsetof(NPEB_LDR_DATA, InLoadOrderModuleList);
    PUCHAR Link = (PUCHAR)Ldr.InLoadOrderModuleList.Flink;
    for (ULONG i = 0; Link != Head && i < MAX_MODULES; i++) {
        if (!Read(Process, Link - offsetof(NLDR_DATA_TABLE_ENTRY, InLoadOrderLinks), &Entry, sizeof(Entry))) {
            return FALSE;
        }
        if (Entry.DllBase != NULL && !Call(&Entry, Context)) {
            return TRUE;
        }
        Link = (PUCHAR)Entry.InLoadOrderLinks.Flink;
    }
    return TRUE;
}

typedef struct _MODULE_LIST
{
    HMODULE *Modules;
    DWORD Room, Count;
} MODULE_LIST;

static BOOL AddModule(const NLDR_DATA_TABLE_ENTRY *Entry, PVOID Context)
{
    MODULE_LIST *List = Context;

    if (List->Count < List->Room) {
        List->Modules[List->Count] = Entry->DllBase;
    }
    List->Count++;
    return TRUE;
}

BOOL WINAPI K32EnumProcessModules(HANDLE Process, HMODULE *Modules, DWORD Size, LPDWORD Needed)
{
    MODULE_LIST List = {Modules, Size / sizeof(HMODULE), 0};

    if (!WalkModules(Process, AddModule, &List)) {
        return FALSE;
    }
    *Needed = List.Count * sizeof(HMODULE);
    return TRUE;
}

BOOL WINAPI K32EnumProcessModulesEx(HANDLE Process, HMODULE *Modules, DWORD Size, LPDWORD Needed, DWORD Filter)
{
    if (Filter > LIST_MODULES_ALL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Filter == LIST_MODULES_32BIT) {
        *Needed = 0;
        return TRUE;
    }
    return K32EnumProcessModules(Process, Modules, Size, Needed);
}

typedef struct _MODULE_SEARCH
{
    HMODULE Wanted; /* null: the program */
    BOOL Found;
    NLDR_DATA_TABLE_ENTRY Entry;
} MODULE_SEARCH;

static BOOL MatchModule(const NLDR_DATA_TABLE_ENTRY *Entry, PVOID Context)
{
    MODULE_SEARCH *Search = Context;

    if (Search->Wanted == NULL || Search->Wanted == Entry->DllBase) {
        Search->Entry = *Entry;
        Search->Found = TRUE;
    }
    return !Search->Found;
}

static BOOL FindModule(HANDLE Process, HMODULE Module, NLDR_DATA_TABLE_ENTRY *Entry)
{
    MODULE_SEARCH Search = {.Wanted = Module};

    if (!WalkModules(Process, MatchModule, &Search)) {
        return FALSE;
    }
    *Entry = Search.Entry;
    return Search.Found ? TRUE : BaseFail(ERROR_INVALID_HANDLE);
}

/* What does not fit is cut off, and ended by a zero. */
static DWORD ModuleString(HANDLE Process, const UNICODE_STRING *String, LPWSTR Name, DWORD Size)
{
    DWORD Length = String->Length / sizeof(WCHAR);

    if (Size == 0) {
        return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    DWORD Part = Length < Size ? Length : Size - 1;
    if (!Read(Process, String->Buffer, Name, Part * sizeof(WCHAR))) {
        return 0;
    }
    Name[Part] = 0;
    if (Part < Length) {
        BaseFail(ERROR_INSUFFICIENT_BUFFER);
        return Size;
    }
    return Part;
}

DWORD WINAPI K32GetModuleBaseNameW(HANDLE Process, HMODULE Module, LPWSTR Name, DWORD Size)
{
    NLDR_DATA_TABLE_ENTRY Entry;

    return FindModule(Process, Module, &Entry) ? ModuleString(Process, &Entry.BaseDllName, Name, Size) : 0;
}

DWORD WINAPI K32GetModuleFileNameExW(HANDLE Process, HMODULE Module, LPWSTR Name, DWORD Size)
{
    NLDR_DATA_TABLE_ENTRY Entry;

    return FindModule(Process, Module, &Entry) ? ModuleString(Process, &Entry.FullDllName, Name, Size) : 0;
}

BOOL WINAPI K32GetModuleInformation(HANDLE Process, HMODULE Module, LPMODULEINFO Info, DWORD Size)
{
    NLDR_DATA_TABLE_ENTRY Entry;

    if (Size < sizeof(*Info)) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    if (!FindModule(Process, Module, &Entry)) {
        return FALSE;
    }
    *Info = (MODULEINFO){Entry.DllBase, Entry.SizeOfImage, Entry.EntryPoint};
    return TRUE;
}

/* ---- mapped files, working sets ---------------------------------------------------------------------------------------------------------- */

DWORD WINAPI K32GetMappedFileNameW(HANDLE Process, LPVOID Address, LPWSTR Name, DWORD Size)
{
    struct
    {
        UNICODE_STRING Name;
        WCHAR Buffer[1024];
    } File;

    if (!BaseResult(NtQueryVirtualMemory(Process, Address, MemoryMappedFilenameInformation, &File, sizeof(File), NULL))) {
        return 0;
    }
    DWORD Length = File.Name.Length / sizeof(WCHAR), Part = Length < Size ? Length : Size == 0 ? 0 : Size - 1;
    memcpy(Name, File.Name.Buffer, Part * sizeof(WCHAR));
    if (Size != 0) {
        Name[Part] = 0;
    }
    return Part < Length ? (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER) : Length;
}

BOOL WINAPI K32EmptyWorkingSet(HANDLE Process)
{
    return SetProcessWorkingSetSize(Process, (SIZE_T)-1, (SIZE_T)-1);
}

BOOL WINAPI K32QueryWorkingSet(HANDLE Process, PVOID Buffer, DWORD Size)
{
    return BaseResult(NtQueryVirtualMemory(Process, NULL, 1 /* MemoryWorkingSetInformation */, Buffer, Size, NULL));
}

BOOL WINAPI K32QueryWorkingSetEx(HANDLE Process, PVOID Buffer, DWORD Size)
{
    return BaseResult(NtQueryVirtualMemory(Process, NULL, 4 /* MemoryWorkingSetExInformation */, Buffer, Size, NULL));
}

BOOL WINAPI K32GetPerformanceInfo(PPERFORMANCE_INFORMATION Info, DWORD Size)
{
    MEMORYSTATUSEX Memory = {.dwLength = sizeof(Memory)};
    SYSTEM_PROCESS_INFORMATION *Start, *Process;

    if (Size < sizeof(*Info)) {
        return BaseFail(ERROR_BAD_LENGTH);
    }
    if (!GlobalMemoryStatusEx(&Memory) || (Start = Snapshot()) == NULL) {
        return FALSE;
    }
    memset(Info, 0, sizeof(*Info));
    Info->cb = sizeof(*Info);
    Info->PageSize = 4096;
    Info->PhysicalTotal = Memory.ullTotalPhys / 4096;
    Info->PhysicalAvailable = Memory.ullAvailPhys / 4096;
    Info->CommitLimit = Memory.ullTotalPageFile / 4096;
    Info->CommitTotal = (Memory.ullTotalPageFile - Memory.ullAvailPageFile) / 4096;
    Info->CommitPeak = Info->CommitTotal;
    for (Process = Start;; Process = (SYSTEM_PROCESS_INFORMATION *)((PUCHAR)Process + Process->NextEntryOffset)) {
        Info->ProcessCount++;
        Info->ThreadCount += Process->NumberOfThreads;
        Info->HandleCount += Process->HandleCount;
        if (Process->NextEntryOffset == 0) {
            break;
        }
    }
    BaseFree(Start);
    return TRUE;
}

/* ---- the A forms ------------------------------------------------------------------------------------------------------------------------ */

static DWORD AnsiString(LPCWSTR Wide, DWORD Length, LPSTR Name, DWORD Size)
{
    if (Length == 0 || Size == 0) {
        return 0;
    }
    int Need = WideCharToMultiByte(CP_ACP, 0, Wide, (int)Length, NULL, 0, NULL, NULL);
    if ((DWORD)Need >= Size) {
        return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    WideCharToMultiByte(CP_ACP, 0, Wide, (int)Length, Name, (int)Size, NULL, NULL);
    Name[Need] = 0;
    return (DWORD)Need;
}

DWORD WINAPI K32GetModuleBaseNameA(HANDLE Process, HMODULE Module, LPSTR Name, DWORD Size)
{
    WCHAR Wide[MAX_PATH];

    return AnsiString(Wide, K32GetModuleBaseNameW(Process, Module, Wide, MAX_PATH), Name, Size);
}

DWORD WINAPI K32GetModuleFileNameExA(HANDLE Process, HMODULE Module, LPSTR Name, DWORD Size)
{
    WCHAR Wide[1024];

    return AnsiString(Wide, K32GetModuleFileNameExW(Process, Module, Wide, COUNT_OF(Wide)), Name, Size);
}

DWORD WINAPI K32GetProcessImageFileNameA(HANDLE Process, LPSTR Name, DWORD Size)
{
    WCHAR Wide[1024];

    return AnsiString(Wide, K32GetProcessImageFileNameW(Process, Wide, COUNT_OF(Wide)), Name, Size);
}

DWORD WINAPI K32GetMappedFileNameA(HANDLE Process, LPVOID Address, LPSTR Name, DWORD Size)
{
    WCHAR Wide[1024];

    return AnsiString(Wide, K32GetMappedFileNameW(Process, Address, Wide, COUNT_OF(Wide)), Name, Size);
}

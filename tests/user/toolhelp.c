/* SPDX-License-Identifier: MIT */
/*
 * toolhelp.c - looking at processes: snapshots, psapi, image names, memory figures, counters, what can be asked and set of processes and threads.
 */
#define _WIN32_WINNT 0x0A00
#define PSAPI_VERSION 2
#include <windows.h>
#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

#include "tap.h"

WINBASEAPI HRESULT WINAPI GetThreadDescription(HANDLE, PWSTR *);
WINBASEAPI HRESULT WINAPI SetThreadDescription(HANDLE, PCWSTR);

static void Processes(void)
{
    HANDLE Snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD, 0);
    PROCESSENTRY32 Entry = {.dwSize = sizeof(Entry)};
    PROCESSENTRY32W Wide = {.dwSize = sizeof(Wide)};
    THREADENTRY32 Thread = {.dwSize = sizeof(Thread)};
    int Me = 0, System = 0, Count = 0, Again = 0, MyThread = 0;
    DWORD Ids[512], Used = 0;

    Ok(Snapshot != INVALID_HANDLE_VALUE, "a snapshot");
    for (BOOL More = Process32First(Snapshot, &Entry); More; More = Process32Next(Snapshot, &Entry)) {
        Count++;
        Me += Entry.th32ProcessID == GetCurrentProcessId() && _stricmp(Entry.szExeFile, "toolhelp.exe") == 0 && Entry.cntThreads >= 1;
        System += Entry.th32ProcessID == 4 && strcmp(Entry.szExeFile, "System") == 0;
    }
    Is(GetLastError(), ERROR_NO_MORE_FILES, "it ends");
    Is(Me, 1, "we are in it");
    Is(System, 1, "the system process too");
    for (BOOL More = Process32FirstW(Snapshot, &Wide); More; More = Process32NextW(Snapshot, &Wide)) {
        Again++;
    }
    Is(Again, Count, "a second walk sees the same");
    for (BOOL More = Thread32First(Snapshot, &Thread); More; More = Thread32Next(Snapshot, &Thread)) {
        MyThread += Thread.th32ThreadID == GetCurrentThreadId() && Thread.th32OwnerProcessID == GetCurrentProcessId();
    }
    Is(MyThread, 1, "our thread is in it");
    Entry.dwSize = 8;
    Is(Process32First(Snapshot, &Entry) || GetLastError() != ERROR_INSUFFICIENT_BUFFER, 0, "a record too small");
    CloseHandle(Snapshot);
    Is(Process32First(Snapshot, &Entry) != 0, 0, "closed");
    Is(CreateToolhelp32Snapshot(0, 0) != INVALID_HANDLE_VALUE, 0, "nothing asked for");
    Ok(EnumProcesses(Ids, sizeof(Ids), &Used) && (int)(Used / sizeof(DWORD)) >= Count - 1, "EnumProcesses: %lu", Used / (DWORD)sizeof(DWORD));
    Is(CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 0x7FFFFFFC) != INVALID_HANDLE_VALUE || GetLastError() != ERROR_INVALID_PARAMETER, 0, "no such process");
}

static void Modules(void)
{
    HANDLE Snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, GetCurrentProcessId());
    MODULEENTRY32 Entry = {.dwSize = sizeof(Entry)};
    HMODULE List[64];
    MODULEINFO Info;
    char Name[MAX_PATH], Long[MAX_PATH];
    DWORD Needed = 0, Size = MAX_PATH;
    int Count = 0, Ntdll = 0;

    Ok(Module32First(Snapshot, &Entry) && Entry.modBaseAddr == (BYTE *)GetModuleHandleA(NULL), "the program is the first module");
    do {
        Count++;
        Ntdll += _stricmp(Entry.szModule, "ntdll.dll") == 0 && Entry.hModule == GetModuleHandleA("ntdll.dll");
    } while (Module32Next(Snapshot, &Entry));
    Is(Ntdll, 1, "ntdll is one");
    CloseHandle(Snapshot);
    Ok(EnumProcessModules(GetCurrentProcess(), List, sizeof(List), &Needed) && (int)(Needed / sizeof(HMODULE)) == Count, "EnumProcessModules agrees");
    Ok(GetModuleBaseNameA(GetCurrentProcess(), List[0], Name, MAX_PATH) && _stricmp(Name, "toolhelp.exe") == 0, "its base name");
    GetModuleFileNameA(NULL, Long, MAX_PATH);
    Ok(GetModuleFileNameExA(GetCurrentProcess(), NULL, Name, MAX_PATH) && _stricmp(Name, Long) == 0, "its file name: %s", Name);
    Ok(QueryFullProcessImageNameA(GetCurrentProcess(), 0, Name, &Size) && _stricmp(Name, Long) == 0, "the image's name");
    Ok(GetProcessImageFileNameA(GetCurrentProcess(), Name, MAX_PATH) != 0 && strncmp(Name, "\\Device\\", 8) == 0, "its device name: %s", Name);
    Ok(GetModuleInformation(GetCurrentProcess(), List[0], &Info, sizeof(Info)) && Info.lpBaseOfDll == List[0] && Info.SizeOfImage != 0, "module information");
    Is(GetModuleInformation(GetCurrentProcess(), (HMODULE)16, &Info, sizeof(Info)) || GetLastError() != ERROR_INVALID_HANDLE, 0, "of no module");
    Size = 3;
    Is(QueryFullProcessImageNameA(GetCurrentProcess(), 0, Name, &Size) || GetLastError() != ERROR_INSUFFICIENT_BUFFER, 0, "a name too long");
}

static void Figures(void)
{
    PROCESS_MEMORY_COUNTERS_EX Memory = {0};
    PERFORMANCE_INFORMATION Performance;
    SIZE_T Minimum, Maximum;
    IO_COUNTERS Io;
    ULONG64 Cycles = 0;
    DWORD Flags, Handles = 0;
    LPVOID Drivers[64];
    char Name[64];

    Ok(GetProcessMemoryInfo(GetCurrentProcess(), (PPROCESS_MEMORY_COUNTERS)&Memory, sizeof(Memory)) && Memory.WorkingSetSize != 0 && Memory.PrivateUsage != 0 &&
           Memory.PagefileUsage == Memory.PrivateUsage && Memory.PeakWorkingSetSize >= Memory.WorkingSetSize && Memory.PageFaultCount != 0, "memory");
    Is(GetProcessMemoryInfo(GetCurrentProcess(), (PPROCESS_MEMORY_COUNTERS)&Memory, 8) || GetLastError() != ERROR_INSUFFICIENT_BUFFER, 0, "in too little room");
    Ok(GetPerformanceInfo(&Performance, sizeof(Performance)) && Performance.PageSize == 4096 && Performance.ProcessCount >= 3 &&
           Performance.ThreadCount >= Performance.ProcessCount && Performance.CommitTotal < Performance.CommitLimit, "the system's");
    Ok(GetProcessWorkingSetSizeEx(GetCurrentProcess(), &Minimum, &Maximum, &Flags) && Minimum < Maximum && Flags == 0xA, "working set limits");
    Ok(SetProcessWorkingSetSize(GetCurrentProcess(), 0x100000, 0x400000) && GetProcessWorkingSetSize(GetCurrentProcess(), &Minimum, &Maximum) &&
           Minimum == 0x100000 && Maximum == 0x400000, "set and got");
    Is(SetProcessWorkingSetSize(GetCurrentProcess(), 0x400000, 0x100000) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "the wrong way round");
    Ok(SetProcessWorkingSetSize(GetCurrentProcess(), (SIZE_T)-1, (SIZE_T)-1), "emptied");
    Ok(GetProcessIoCounters(GetCurrentProcess(), &Io), "I/O counters");
    Ok(QueryProcessCycleTime(GetCurrentProcess(), &Cycles), "cycles");
    Ok(GetProcessHandleCount(GetCurrentProcess(), &Handles) && Handles > 3, "handles");
    Ok(EnumDeviceDrivers(Drivers, sizeof(Drivers), &Flags) && Flags >= sizeof(LPVOID), "drivers");
    Ok(GetDeviceDriverBaseNameA(Drivers[0], Name, sizeof(Name)) && _stricmp(Name, "ntoskrnl.exe") == 0, "the kernel is the first: %s", Name);
}

static void Settings(void)
{
    MEMORY_PRIORITY_INFORMATION Priority = {0};
    PROCESSOR_NUMBER Number = {.Group = 9};
    GROUP_AFFINITY Affinity = {0}, Old;
    DWORD_PTR Mask, System;
    BOOL Flag = TRUE;
    PWSTR Text = NULL;

    Ok(GetProcessInformation(GetCurrentProcess(), ProcessMemoryPriority, &Priority, sizeof(Priority)) && Priority.MemoryPriority == 5, "memory priority");
    Priority.MemoryPriority = 2;
    Ok(SetProcessInformation(GetCurrentProcess(), ProcessMemoryPriority, &Priority, sizeof(Priority)), "set");
    Priority.MemoryPriority = 9;
    Is(SetProcessInformation(GetCurrentProcess(), ProcessMemoryPriority, &Priority, sizeof(Priority)) ||
       GetLastError() != ERROR_INVALID_PARAMETER, 0, "not to 9");
    BOOL(WINAPI *IsCritical)(HANDLE, PBOOL) = (void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "IsProcessCritical");
    Ok(IsCritical(GetCurrentProcess(), &Flag) && !Flag, "not critical");
    Ok(SetThreadDescription(GetCurrentThread(), L"main thread") == S_OK, "a description");
    Ok(GetThreadDescription(GetCurrentThread(), &Text) == S_OK && Text != NULL && wcscmp(Text, L"main thread") == 0, "read back");
    LocalFree(Text);
    Ok(SetThreadDescription(GetCurrentThread(), L"") == S_OK && GetThreadDescription(GetCurrentThread(), &Text) == S_OK && Text[0] == 0, "an empty one");
    LocalFree(Text);
    GetProcessAffinityMask(GetCurrentProcess(), &Mask, &System);
    Ok(Mask != 0 && (Mask & ~System) == 0, "affinity");
    Is(SetProcessAffinityMask(GetCurrentProcess(), 0) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "not to no processor");
    Is(SetProcessAffinityMask(GetCurrentProcess(), ~System) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "nor to one that is not there");
    Is(SetThreadAffinityMask(GetCurrentThread(), ~System) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "nor a thread");
    Ok(SetThreadAffinityMask(GetCurrentThread(), Mask & -Mask) == Mask, "a thread's, which gives the old one");
    Ok(GetThreadGroupAffinity(GetCurrentThread(), &Affinity) && Affinity.Mask == (Mask & -Mask) && Affinity.Group == 0, "in its group");
    Affinity.Mask = Mask;
    Ok(SetThreadGroupAffinity(GetCurrentThread(), &Affinity, &Old) && Old.Mask == (Mask & -Mask), "and back");
    Ok(SetThreadIdealProcessor(GetCurrentThread(), MAXIMUM_PROCESSORS) < 64, "the ideal processor");
    Is(SetThreadIdealProcessor(GetCurrentThread(), MAXIMUM_PROCESSORS + 1), (DWORD)-1, "no such processor");
    Ok(GetThreadIdealProcessorEx(GetCurrentThread(), &Number) && Number.Group == 0, "with its group");
    Ok(SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS) &&
       GetPriorityClass(GetCurrentProcess()) == BELOW_NORMAL_PRIORITY_CLASS, "priority class");
    Is(SetPriorityClass(GetCurrentProcess(), 0x1234) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "no such class");
    SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS);
    Ok(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST) && GetThreadPriority(GetCurrentThread()) == THREAD_PRIORITY_LOWEST, "thread priority");
    Ok(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL) &&
       GetThreadPriority(GetCurrentThread()) == THREAD_PRIORITY_TIME_CRITICAL, "time critical");
    Is(SetThreadPriority(GetCurrentThread(), 7) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "no such priority");
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL);
    Ok(SetThreadPriorityBoost(GetCurrentThread(), TRUE) && GetThreadPriorityBoost(GetCurrentThread(), &Flag) && Flag, "boosts off");
    Ok(SetProcessPriorityBoost(GetCurrentProcess(), TRUE) && GetProcessPriorityBoost(GetCurrentProcess(), &Flag) && Flag, "for the process");
}

int main(void)
{
    Processes();
    Modules();
    Figures();
    Settings();
    return Done();
}

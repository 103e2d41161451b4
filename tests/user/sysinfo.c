/* SPDX-License-Identifier: MIT */
/*
 * sysinfo.c - what a program is told about the machine: the accounts of several calls must agree with each other.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tap.h"

static DWORD_PTR Mask;

static void Processors(void)
{
    SYSTEM_INFO Info, Native;
    DWORD Size = 0, Cores = 0, Packages = 0, Nodes = 0, Caches = 0;
    DWORD_PTR CoreMask = 0;

    GetSystemInfo(&Info);
    GetNativeSystemInfo(&Native);
    Mask = Info.dwActiveProcessorMask;
    Ok(Info.dwNumberOfProcessors >= 1 && (DWORD)__builtin_popcountll(Mask) == Info.dwNumberOfProcessors, "as many processors as bits in the mask");
    Ok(Info.dwPageSize == 4096 && Info.dwAllocationGranularity == 65536 && Info.wProcessorArchitecture == 9, "x64");
    Ok(memcmp(&Info, &Native, sizeof(Info)) == 0, "a 64-bit program sees the native system");
    Is(GetActiveProcessorCount(ALL_PROCESSOR_GROUPS), Info.dwNumberOfProcessors, "the active processors");
    Is(GetActiveProcessorCount(7), 0, "there is no eighth group");

    Ok(!GetLogicalProcessorInformation(NULL, &Size) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && Size != 0, "the size of the topology");
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *Records = malloc(Size);
    Ok(GetLogicalProcessorInformation(Records, &Size), "the topology");
    for (DWORD i = 0; i < Size / sizeof(*Records); i++) {
        Cores += Records[i].Relationship == RelationProcessorCore;
        Packages += Records[i].Relationship == RelationProcessorPackage;
        Nodes += Records[i].Relationship == RelationNumaNode;
        Caches += Records[i].Relationship == RelationCache;
        if (Records[i].Relationship == RelationProcessorCore) {
            CoreMask |= Records[i].ProcessorMask;
        }
    }
    Ok(Cores >= 1 && Packages >= 1 && Nodes >= 1, "cores, packages and nodes");
    Is(CoreMask, Mask, "the cores hold every processor");
    free(Records);

    Size = 0;
    Ok(!GetLogicalProcessorInformationEx(RelationAll, NULL, &Size) && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "the size of the new form");
    char *Bytes = malloc(Size), *At = Bytes;
    Ok(GetLogicalProcessorInformationEx(RelationAll, (PVOID)Bytes, &Size), "the new form");
    for (DWORD Old = Cores; At < Bytes + Size; At += ((SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *)At)->Size) {
        Cores -= ((SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *)At)->Relationship == RelationProcessorCore;
        Caches -= ((SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *)At)->Relationship == RelationCache;
        if (((SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *)At)->Size == 0 || Old == 0) {
            break;
        }
    }
    Ok(At == Bytes + Size && Cores == 0 && Caches == 0, "has the same records, to its very end");
    free(Bytes);
    Size = 0;
    Ok(!GetLogicalProcessorInformationEx(77, NULL, &Size) && GetLastError() == ERROR_INVALID_PARAMETER, "an unknown relationship");

    ULONG Highest = 99;
    UCHAR Node = 99;
    Ok(GetNumaHighestNodeNumber(&Highest) && GetNumaProcessorNode(0, &Node) && Node <= Highest, "the first processor's node");
    FILETIME Idle, Kernel, User;
    Ok(GetSystemTimes(&Idle, &Kernel, &User), "the system's times");
    Ok(CompareFileTime(&Idle, &Kernel) <= 0, "idle time is part of kernel time");
}

static void Versions(void)
{
    OSVERSIONINFOEXW Version = {.dwOSVersionInfoSize = sizeof(Version)};
    DWORD Product = 0;
    FIRMWARE_TYPE Firmware = FirmwareTypeMax;

    Ok(GetVersionExW((OSVERSIONINFOW *)&Version) && Version.dwPlatformId == VER_PLATFORM_WIN32_NT, "NT");
    Version.dwOSVersionInfoSize = 7;
    Ok(!GetVersionExW((OSVERSIONINFOW *)&Version) && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "a version of no size");
    OSVERSIONINFOEXW Wanted = {.dwOSVersionInfoSize = sizeof(Wanted), .dwMajorVersion = 6};
    DWORDLONG AtLeast = VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL);
    Ok(VerifyVersionInfoW(&Wanted, VER_MAJORVERSION, AtLeast), "at least 6");
    Wanted.dwMajorVersion = 99;
    Ok(!VerifyVersionInfoW(&Wanted, VER_MAJORVERSION, AtLeast) && GetLastError() == ERROR_OLD_WIN_VERSION, "not 99");
    Ok(!VerifyVersionInfoW(&Wanted, VER_MAJORVERSION, 0) && GetLastError() == ERROR_BAD_ARGUMENTS, "no condition");
    Ok(GetProductInfo(6, 1, 0, 0, &Product) && Product != 0, "a product");
    Ok(GetFirmwareType(&Firmware) && (Firmware == FirmwareTypeBios || Firmware == FirmwareTypeUefi || Firmware == FirmwareTypeUnknown),
       "a firmware");
    Ok(IsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE) && !IsProcessorFeaturePresent(200), "SSE2, and no feature 200");
}

static void Names(void)
{
    WCHAR Name[64];
    DWORD Size = 0;

    Ok(!GetComputerNameExW(ComputerNameDnsHostname, NULL, &Size) && GetLastError() == ERROR_MORE_DATA && Size > 1, "the size of the name");
    DWORD Need = Size;
    Size = 64;
    Ok(GetComputerNameExW(ComputerNameDnsHostname, Name, &Size) && Size == Need - 1 && wcslen(Name) == Size, "the name, without the zero");
    Size = 1;
    Ok(!GetComputerNameW(Name, &Size) && GetLastError() == ERROR_BUFFER_OVERFLOW, "the old call's error for a short buffer");
    Ok(!GetComputerNameExW(ComputerNameMax, Name, &Size) && GetLastError() == ERROR_INVALID_PARAMETER, "no such form");
}

static void Processes(void)
{
    DWORD Ids[512], Bytes = 0, Found = 0;
    HMODULE Modules[256];
    MODULEINFO Info;
    PROCESS_MEMORY_COUNTERS Memory = {.cb = sizeof(Memory)};
    char Name[MAX_PATH], Path[MAX_PATH];

    Ok(K32EnumProcesses(Ids, sizeof(Ids), &Bytes), "the processes");
    for (DWORD i = 0; i < Bytes / sizeof(DWORD); i++) {
        Found += Ids[i] == GetCurrentProcessId();
    }
    Is(Found, 1, "this one is among them, once");
    Ok(K32EnumProcessModules(GetCurrentProcess(), Modules, sizeof(Modules), &Bytes) && Bytes >= 3 * sizeof(HMODULE), "the modules");
    Ok(Modules[0] == GetModuleHandleW(NULL), "the program is first");
    Ok(K32GetModuleBaseNameA(GetCurrentProcess(), GetModuleHandleA("ntdll.dll"), Name, sizeof(Name)) == 9 && _stricmp(Name, "ntdll.dll") == 0,
       "a module's name");
    Ok(K32GetModuleFileNameExA(GetCurrentProcess(), NULL, Name, sizeof(Name)) == GetModuleFileNameA(NULL, Path, sizeof(Path)) &&
       _stricmp(Name, Path) == 0, "the program's path");
    Ok(K32GetModuleInformation(GetCurrentProcess(), Modules[0], &Info, sizeof(Info)) && Info.lpBaseOfDll == Modules[0] && Info.SizeOfImage != 0 &&
       (char *)Info.EntryPoint > (char *)Modules[0], "its size and entry point");
    Ok(!K32GetModuleInformation(GetCurrentProcess(), (HMODULE)0x1234, &Info, sizeof(Info)) && GetLastError() == ERROR_INVALID_HANDLE,
       "not a module");
    Ok(K32GetProcessMemoryInfo(GetCurrentProcess(), &Memory, sizeof(Memory)) && Memory.WorkingSetSize != 0 &&
       Memory.PeakWorkingSetSize >= Memory.WorkingSetSize, "its memory");
    Ok(!K32GetProcessMemoryInfo(GetCurrentProcess(), &Memory, 4) && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "a short structure");
}

int main(void)
{
    Processors();
    Versions();
    Names();
    Processes();
    return Done();
}

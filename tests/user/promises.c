/* SPDX-License-Identifier: MIT */
/*
 * promises.c - small promises that programs rely on without knowing it: what a call leaves alone, what it never refuses, a search by the rules of a
 * language.
 */
#include "native.h"
#include <string.h>
#include <wchar.h>
#include "tap.h"

NATIVE(RtlGetVersion, (PRTL_OSVERSIONINFOW Version), (Version))

/* .NET's SDK leaves the size out, and its structure for GetCPInfoEx has half the room for the name. */
static void LeftAlone(void)
{
    RTL_OSVERSIONINFOEXW Version = {0};
    CPINFOEXW Info;
    SIZE_T Used;

    Ok(RtlGetVersion((PVOID)&Version) == STATUS_SUCCESS && Version.dwMajorVersion == 10, "RtlGetVersion without a size");
    memset(&Version, 0xAA, sizeof(Version));
    Version.dwOSVersionInfoSize = sizeof(RTL_OSVERSIONINFOW);
    Ok(RtlGetVersion((PVOID)&Version) == STATUS_SUCCESS && Version.wProductType == 0xAA, "it fills in the short structure");
    Version.dwOSVersionInfoSize = sizeof(RTL_OSVERSIONINFOEXW);
    Ok(RtlGetVersion((PVOID)&Version) == STATUS_SUCCESS && Version.wProductType != 0xAA, "and the long one");
    memset(&Info, 0xAA, sizeof(Info));
    Ok(GetCPInfoExW(CP_UTF8, 0, &Info), "GetCPInfoEx");
    Used = wcslen(Info.CodePageName) + 1;
    Ok(Used < 100 && Info.CodePageName[Used] == 0xAAAA && Info.CodePageName[MAX_PATH - 1] == 0xAAAA, "writes nothing behind the name's end");
}

static int Find(DWORD Flags, LPCWSTR Source, LPCWSTR Value, int *Found)
{
    *Found = -7;
    SetLastError(77);
    return FindNLSStringEx(L"en-US", Flags, Source, -1, Value, -1, Found, NULL, NULL, 0);
}

static void Searches(void)
{
    int Found;

    Ok(Find(FIND_FROMSTART, L"one two one", L"one", &Found) == 0 && Found == 3, "from the start");
    Ok(Find(FIND_FROMEND, L"one two one", L"one", &Found) == 8 && Found == 3, "from the end");
    Ok(Find(0, L"one two one", L"two", &Found) == 4, "from the start if nothing is said");
    Ok(Find(FIND_FROMSTART, L"one two one", L"three", &Found) == -1 && GetLastError() == ERROR_SUCCESS, "not there, which is no error");
    Ok(Find(FIND_STARTSWITH, L"one two one", L"two", &Found) == -1 && Find(FIND_STARTSWITH, L"one two", L"one", &Found) == 0, "at the start");
    Ok(Find(FIND_ENDSWITH, L"one two one", L"two", &Found) == -1 && Find(FIND_ENDSWITH, L"one two", L"two", &Found) == 4, "at the end");
    Ok(Find(FIND_FROMSTART, L"One TWO", L"two", &Found) == -1 && Find(FIND_FROMSTART | NORM_IGNORECASE, L"One TWO", L"two", &Found) == 4, "case");
    Ok(Find(FIND_FROMSTART, L"caf\xE9", L"cafe", &Found) == -1 && Find(FIND_FROMSTART | NORM_IGNORENONSPACE, L"caf\xE9", L"cafe", &Found) == 0, "accents");
    Ok(Find(FIND_FROMSTART | NORM_IGNORESYMBOLS, L"a (b.c) d", L"bc", &Found) >= 1 && Found >= 3, "symbols");
    Is((unsigned)FindNLSStringEx(L"en-US", FIND_FROMSTART, L"abcabc", 5, L"cab", 2, &Found, NULL, NULL, 0), 2, "lengths are the caller's");
    Ok(Find(FIND_FROMSTART | FIND_FROMEND, L"a", L"a", &Found) == -1 && GetLastError() == ERROR_INVALID_FLAGS, "from both sides");
    Ok(FindNLSStringEx(L"en-US", FIND_FROMSTART, NULL, -1, L"a", -1, &Found, NULL, NULL, 0) == -1 && GetLastError() == ERROR_INVALID_PARAMETER, "no string");
}

/* DuckDB takes what is installed for what it may use. */
static void Memory(void)
{
    MEMORYSTATUSEX Status = {.dwLength = sizeof(Status)};
    ULONGLONG Kilobytes = 0;

    GlobalMemoryStatusEx(&Status);
    Ok(GetPhysicallyInstalledSystemMemory(&Kilobytes) && Kilobytes * 1024 >= Status.ullTotalPhys, "no less memory is installed than there is");
    Ok(*(volatile ULONG *)0x7FFE02E8 /* KUSER_SHARED_DATA.NumberOfPhysicalPages */ * 4096ull == Status.ullTotalPhys, "everybody can read how much");
    Ok(!GetPhysicallyInstalledSystemMemory(NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "nowhere to say it");
}

/* Go 1.19 keeps its goroutine in TEB.NtTib.ArbitraryUserPointer, where the loader shows debuggers what it maps. */
static void Pointer(void)
{
    PVOID *Word = &((NT_TIB *)NtCurrentTeb())->ArbitraryUserPointer, Before = *Word, After;

    *Word = &Before;
    HMODULE Library = LoadLibraryA("winmm.dll");
    After = *Word;
    *Word = Before;
    Ok(Library != NULL && After == &Before, "the word that is the program's own survives a DLL");
    FreeLibrary(Library);
}

/* Programs linked for Windows without user32 (mincore.lib) find it in a contract's library. */
static void Strings(void)
{
    HMODULE Contract = LoadLibraryA("api-ms-win-core-libraryloader-l1-2-0.dll");
    int(WINAPI *Load)(HINSTANCE, UINT, LPWSTR, int) = Contract == NULL ? NULL : (PVOID)GetProcAddress(Contract, "LoadStringW");
    WCHAR Text[8] = L"x";

    Ok(Load != NULL && Load(GetModuleHandleA(NULL), 12345, Text, 8) == 0 && Text[0] == 0, "LoadString where user32 is not: no such string");
}

/* Zig's run-time library opens everything relative to the handle that the process parameters have of the current directory. */
static void CurrentDirectory(void)
{
    const UCHAR *Parameters = (PVOID)NtCurrentTeb()->ProcessEnvironmentBlock->ProcessParameters;
    HANDLE *Handle = (HANDLE *)(Parameters + 0x48), First = *Handle;
    WCHAR Path[MAX_PATH], Current[MAX_PATH];
    DWORD Flags = 1;

    GetCurrentDirectoryW(MAX_PATH, Current);
    Ok(GetFinalPathNameByHandleW(First, Path, MAX_PATH, 0) > 4 && _wcsicmp(Path + 4, Current) == 0, "the current directory is open from the start");
    Ok(GetHandleInformation(First, &Flags), "by a handle that is the process's");
    SetCurrentDirectoryA("C:\\Windows");
    Ok(GetFinalPathNameByHandleW(*Handle, Path, MAX_PATH, 0) > 4 && _wcsicmp(Path + 4, L"C:\\Windows") == 0, "and another one when it is changed");
    SetCurrentDirectoryW(Current);
}

static VOID WINAPI Service(DWORD Count, LPSTR *Arguments)
{
    (void)Count;
    (void)Arguments;
}

/* Programs that can be a service ask first, and go on as what the user has started when they are none. */
static void Services(void)
{
    char Name[] = "nascent";
    SERVICE_TABLE_ENTRYA Table[] = {{Name, Service}, {NULL, NULL}};

    Ok(!StartServiceCtrlDispatcherA(Table) && GetLastError() == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, "started by no service controller");
}

int main(void)
{
    CurrentDirectory();
    LeftAlone();
    Services();
    Pointer();
    Strings();
    Memory();
    Searches();
    return Done();
}

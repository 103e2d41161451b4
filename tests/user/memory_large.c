/* SPDX-License-Identifier: MIT */
/*
 * memory_large.c - large pages: allocations and sections in pages of 2 MiB, and how much a process may lock in memory.
 */
#include "native.h"
#include <psapi.h>
#include <stdint.h>
#include <string.h>
#include "child.h"
#include "lockmemory.h"
#include "tap.h"

#define SELF ((HANDLE)-1)
#define PAGE 0x1000
#define LARGE 0x200000

NATIVE(NtAllocateVirtualMemory, (HANDLE P, PVOID *B, ULONG_PTR Z, PSIZE_T S, ULONG T, ULONG A), (P, B, Z, S, T, A))
NATIVE(NtAllocateVirtualMemoryEx, (HANDLE P, PVOID *B, PSIZE_T S, ULONG T, ULONG A, PVOID X, ULONG N), (P, B, S, T, A, X, N))
NATIVE(NtFreeVirtualMemory, (HANDLE P, PVOID *B, PSIZE_T S, ULONG T), (P, B, S, T))
NATIVE(NtLockVirtualMemory, (HANDLE P, PVOID *B, PSIZE_T S, ULONG T), (P, B, S, T))
NATIVE(NtCreateSection, (PHANDLE S, ACCESS_MASK A, PVOID O, PLARGE_INTEGER M, ULONG P, ULONG T, HANDLE F), (S, A, O, M, P, T, F))
NATIVE(NtMapViewOfSection, (HANDLE S, HANDLE P, PVOID *B, ULONG_PTR Z, SIZE_T C, PLARGE_INTEGER O, PSIZE_T V, ULONG I, ULONG T, ULONG A),
       (S, P, B, Z, C, O, V, I, T, A))

static void Same(NTSTATUS Got, NTSTATUS Expected, const char *What)
{
    Is((ULONG)Got, (ULONG)Expected, What);
}

static int Failed(BOOL Result, DWORD Error)
{
    return !Result && GetLastError() == Error;
}

static NTSTATUS Allocate(PVOID Base, SIZE_T Size, ULONG Type, ULONG Protect)
{
    NTSTATUS Status = NtAllocateVirtualMemory(SELF, &Base, 0, &Size, Type, Protect);

    if (Status == 0) {
        VirtualFree(Base, 0, MEM_RELEASE);
    }
    return Status;
}

static char *Large(SIZE_T Size)
{
    return VirtualAlloc(NULL, Size, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE);
}

static MEMORY_BASIC_INFORMATION Query(PVOID Address)
{
    MEMORY_BASIC_INFORMATION Information = {0};

    VirtualQuery(Address, &Information, sizeof(Information));
    return Information;
}

static PSAPI_WORKING_SET_EX_BLOCK Attributes(PVOID Address)
{
    PSAPI_WORKING_SET_EX_INFORMATION Page = {Address, {0}};

    QueryWorkingSetEx(SELF, &Page, sizeof(Page));
    return Page.VirtualAttributes;
}

static PROCESS_MEMORY_COUNTERS_EX Counters(void)
{
    PROCESS_MEMORY_COUNTERS_EX Counters = {.cb = sizeof(Counters)};

    GetProcessMemoryInfo(SELF, (PPROCESS_MEMORY_COUNTERS)&Counters, sizeof(Counters));
    return Counters;
}

static void Asking(void)
{
    DWORD Size = LARGE;

    Is(GetLargePageMinimum(), LARGE, "a large page is 2 MiB");
    Same(Allocate(NULL, LARGE, MEM_RESERVE | MEM_LARGE_PAGES, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "reserved is committed");
    Same(Allocate(NULL, LARGE, MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "committed is reserved");
    LockMemoryPrivilege(FALSE);
    SetLastError(0);
    Ok(Failed(Large(LARGE) != NULL, ERROR_PRIVILEGE_NOT_HELD), "large pages need a privilege");
    Ok(Failed(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_COMMIT | SEC_LARGE_PAGES, 0, Size, NULL) != NULL, ERROR_PRIVILEGE_NOT_HELD),
       "so does a section of them");
}

static void Refusing(void)
{
    const ULONG Type = MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES;
    char *Place = VirtualAlloc(NULL, 2 * LARGE, MEM_RESERVE, PAGE_NOACCESS);

    VirtualFree(Place, 0, MEM_RELEASE);
    Ok(Failed(Large(LARGE + PAGE) != NULL, ERROR_INVALID_PARAMETER), "part of a large page");
    Same(Allocate((char *)((ULONG_PTR)(Place + LARGE) & ~(ULONG_PTR)(LARGE - 1)) + 0x10000, LARGE, Type, PAGE_READWRITE), STATUS_INVALID_PARAMETER_2,
         "at an address between two");
    Same(Allocate(NULL, LARGE, Type, PAGE_READWRITE | PAGE_GUARD), STATUS_INVALID_PAGE_PROTECTION, "as a guard");
    Same(Allocate(NULL, LARGE, Type, PAGE_NOACCESS), STATUS_INVALID_PAGE_PROTECTION, "without access");
    Same(Allocate(NULL, LARGE, Type | MEM_WRITE_WATCH, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "watched");
    Same(Allocate(NULL, (SIZE_T)1 << 40, Type, PAGE_READWRITE), STATUS_COMMITMENT_LIMIT, "a terabyte at once");
}

static void Private(void)
{
    PROCESS_MEMORY_COUNTERS_EX Before = Counters(), After;
    char *Base = Large(3 * LARGE);
    DWORD Old = 0;
    int Zero = 1, Kept = 1;

    if (!Ok(Base != NULL && ((ULONG_PTR)Base & (LARGE - 1)) == 0, "three large pages")) {
        return;
    }
    After = Counters();
    Ok(After.PrivateUsage >= Before.PrivateUsage + 3 * LARGE && After.WorkingSetSize < Before.WorkingSetSize + LARGE, "private, but in no working set");
    Ok(Query(Base).State == MEM_COMMIT && Query(Base).Type == MEM_PRIVATE && Query(Base).RegionSize == 3 * LARGE && Query(Base).Protect == PAGE_READWRITE,
       "committed memory");
    Ok(Attributes(Base).Valid && Attributes(Base).LargePage && Attributes(Base).Locked && Attributes(Base + 2 * LARGE + 5 * PAGE).LargePage,
       "valid before it is touched, large, locked");
    for (SIZE_T At = 0; At < 3 * LARGE; At += 512) {
        Zero &= Base[At] == 0;
        *(SIZE_T *)(Base + At) = At;
    }
    for (SIZE_T At = 0; At < 3 * LARGE; At += 512) {
        Kept &= *(SIZE_T *)(Base + At) == At;
    }
    Ok(Zero && Kept, "zeros at first, then what was written");
    Is(Counters().PageFaultCount - After.PageFaultCount < 100, 1, "without faults");
    Ok(!VirtualProtect(Base, PAGE, PAGE_READONLY, &Old) && VirtualProtect(Base, LARGE, PAGE_READWRITE, &Old) && Old == PAGE_READWRITE,
       "its protection cannot be changed");
    Ok(!VirtualFree(Base, LARGE, MEM_DECOMMIT), "nor decommitted");
    Ok(VirtualLock(Base, 3 * LARGE) && VirtualUnlock(Base, LARGE), "locked it is anyway");
    Ok(VirtualAlloc(Base + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) != NULL, "committed again");
    EmptyWorkingSet(SELF);
    Ok(Attributes(Base).Valid && *(SIZE_T *)(Base + LARGE + 512) == LARGE + 512, "it does not leave");
    Ok(VirtualFree(Base, 0, MEM_RELEASE) && Query(Base).State == MEM_FREE, "freed");
    Ok(Counters().PrivateUsage < After.PrivateUsage - 2 * LARGE, "and not charged any more");
    Base = VirtualAlloc(Base, LARGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    Ok(Base != NULL && Base[0] == 0 && Base[LARGE - 1] == 0 && !Attributes(Base).LargePage, "small pages in the same place");
    VirtualFree(Base, 0, MEM_RELEASE);
}

static LONG CALLBACK Skip(PEXCEPTION_POINTERS Info);
static volatile ULONG_PTR Violation, Kind;

/* Every access here is one instruction of two or three bytes that the handler steps over. */
static LONG CALLBACK Skip(PEXCEPTION_POINTERS Info)
{
    if (Info->ExceptionRecord->ExceptionCode != STATUS_ACCESS_VIOLATION) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    Kind = Info->ExceptionRecord->ExceptionInformation[0];
    Violation = Info->ExceptionRecord->ExceptionInformation[1];
    Info->ContextRecord->Rip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void Protections(void)
{
    char *Base = VirtualAlloc(NULL, LARGE, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READONLY);
    PVOID Handler = AddVectoredExceptionHandler(1, Skip);
    char *At = Base + 0x12345;

    Violation = 0;
    __asm__ volatile("movb %b1, (%0)" : : "a"(At), "c"(1) : "memory"); /* 88 08 */
    Ok(Violation == (ULONG_PTR)At && Kind == 1 && *At == 0, "a large page that is only to be read");
    RemoveVectoredExceptionHandler(Handler);
    VirtualFree(Base, 0, MEM_RELEASE);

    Base = VirtualAlloc(NULL, LARGE, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_EXECUTE_READWRITE);
    memcpy(Base + 0x1FFF00, "\xB8\x2A\x00\x00\x00\xC3", 6); /* mov eax, 42; ret */
    Is(((int (*)(void))(Base + 0x1FFF00))(), 42, "one that is to be run");
    VirtualFree(Base, 0, MEM_RELEASE);
}

/* Devices and other processes read and write it, too. */
static void Using(void)
{
    char *Base = Large(LARGE), Path[MAX_PATH];
    PROCESS_INFORMATION Child;
    DWORD Read = 0;
    SIZE_T Done = 0;
    char Back[16] = {0};

    GetModuleFileNameA(NULL, Path, sizeof(Path));
    HANDLE File = CreateFileA(Path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING, NULL);
    Ok(ReadFile(File, Base + 0x7000, 0x4000, &Read, NULL) && Read == 0x4000 && Base[0x7000] == 'M' && Base[0x7001] == 'Z', "a disk reads into it");
    CloseHandle(File);
    VirtualFree(Base, 0, MEM_RELEASE);

    Start(Path, "memory_large child end", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Child);
    Base = VirtualAllocEx(Child.hProcess, NULL, LARGE, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE);
    Ok(Base != NULL && WriteProcessMemory(Child.hProcess, Base + LARGE - 16, "of another", 11, &Done) &&
       ReadProcessMemory(Child.hProcess, Base + LARGE - 16, Back, 11, &Done) && strcmp(Back, "of another") == 0, "in another process");
    ResumeThread(Child.hThread);
    Is(Finish(&Child), 7, "which runs");
}

static void Sections(void)
{
    HANDLE Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_COMMIT | SEC_LARGE_PAGES, 0, 2 * LARGE, NULL), Small, File;
    LARGE_INTEGER Size = {.QuadPart = LARGE}, Odd = {.QuadPart = 0x10000}, None = {.QuadPart = 0};
    PVOID At = NULL;
    SIZE_T Length = PAGE;
    char Path[MAX_PATH];

    Ok(Section != NULL, "a section of large pages");
    char *One = MapViewOfFile(Section, FILE_MAP_WRITE | FILE_MAP_LARGE_PAGES, 0, 0, 0);
    char *Two = MapViewOfFile(Section, FILE_MAP_READ, 0, 0x10000, 0x20000);
    char *Three = MapViewOfFile(Section, FILE_MAP_READ | FILE_MAP_LARGE_PAGES, 0, LARGE, LARGE);
    if (!Ok(One != NULL && Two != NULL && Three != NULL && ((ULONG_PTR)One & (LARGE - 1)) == 0, "three views")) {
        return;
    }
    Ok(Attributes(One).LargePage && Attributes(One + LARGE).Shared && Attributes(Three).LargePage, "two of them large");
    Ok(Query(One).Type == MEM_MAPPED && Query(One).RegionSize == 2 * LARGE && Query(Three).Protect == PAGE_READONLY, "mapped memory");
    One[0x10005] = 5;
    One[LARGE + 9] = 9;
    Ok(Two[5] == 5 && Three[9] == 9 && One[0x10004] == 0 && !Attributes(Two).LargePage, "of the same pages, also in small ones");
    UnmapViewOfFile(One);
    UnmapViewOfFile(Three);
    Ok(Two[5] == 5, "they outlive a view");
    UnmapViewOfFile(Two);
    One = MapViewOfFile(Section, FILE_MAP_READ | FILE_MAP_LARGE_PAGES, 0, 0, 0);
    Ok(One != NULL && One[LARGE + 9] == 9, "and all views");
    UnmapViewOfFile(One);

    Same(NtMapViewOfSection(Section, SELF, &At, 0, 0, &None, &Length, 1, MEM_LARGE_PAGES, PAGE_READWRITE), STATUS_INVALID_VIEW_SIZE, "a view of a small page");
    Length = LARGE;
    Same(NtMapViewOfSection(Section, SELF, &At, 0, 0, &Odd, &Length, 1, MEM_LARGE_PAGES, PAGE_READWRITE), STATUS_MAPPED_ALIGNMENT, "from between two");
    At = (PVOID)0x20000010000;
    Same(NtMapViewOfSection(Section, SELF, &At, 0, 0, &None, &Length, 1, MEM_LARGE_PAGES, PAGE_READWRITE), STATUS_MAPPED_ALIGNMENT, "to between two");
    At = NULL;
    Same(NtMapViewOfSection(Section, SELF, &At, 0, 0, &None, &Length, 1, MEM_LARGE_PAGES, PAGE_WRITECOPY), STATUS_INVALID_PAGE_PROTECTION, "copy-on-write");
    CloseHandle(Section);
    Same(NtCreateSection(&Section, SECTION_ALL_ACCESS, NULL, &Odd, PAGE_READWRITE, SEC_COMMIT | SEC_LARGE_PAGES, NULL), STATUS_INVALID_PARAMETER_4,
         "part of a large page");
    Same(NtCreateSection(&Section, SECTION_ALL_ACCESS, NULL, &Size, PAGE_READWRITE, SEC_RESERVE | SEC_LARGE_PAGES, NULL), STATUS_INVALID_PARAMETER_6,
         "not committed");
    GetModuleFileNameA(NULL, Path, sizeof(Path));
    File = CreateFileA(Path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    Ok(CreateFileMappingA(File, NULL, PAGE_READONLY | SEC_COMMIT | SEC_LARGE_PAGES, 0, 0, NULL) == NULL, "files have no large pages");
    CloseHandle(File);
    Small = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, LARGE, NULL);
    Ok(MapViewOfFile(Small, FILE_MAP_WRITE | FILE_MAP_LARGE_PAGES, 0, 0, 0) == NULL, "a section of small ones has no large view");
    CloseHandle(Small);
}

static SIZE_T Available(void)
{
    MEMORYSTATUSEX Status = {.dwLength = sizeof(Status)};

    GlobalMemoryStatusEx(&Status);
    return Status.ullAvailPhys;
}

static void Ending(void)
{
    SIZE_T Before = Available();

    for (int i = 0; i < 6; i++) {
        RunSelf(FALSE, 0, NULL, "child keep");
    }
    Ok(Available() + 4 * LARGE > Before, "children that kept theirs have left nothing");
}

static int KeepAndEnd(void)
{
    char *Base, *View;

    LockMemoryPrivilege(TRUE);
    Base = Large(2 * LARGE);
    HANDLE Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_COMMIT | SEC_LARGE_PAGES, 0, LARGE, NULL);
    View = MapViewOfFile(Section, FILE_MAP_WRITE | FILE_MAP_LARGE_PAGES, 0, 0, 0);
    if (Base == NULL || View == NULL) {
        return 1;
    }
    Base[LARGE] = View[5] = 1;
    return 7;
}

/* In the place of a placeholder, which must be there again if that fails. */
#define RESERVE_PLACEHOLDER 0x40000
#define REPLACE_PLACEHOLDER 0x4000
static char *MakePlaceholder(char *Where)
{
    PVOID Base = Where;
    SIZE_T Size = LARGE;

    return NtAllocateVirtualMemoryEx(SELF, &Base, &Size, MEM_RESERVE | RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0) == 0 ? Base : NULL;
}

static NTSTATUS ReplacePlaceholder(char *Where)
{
    PVOID Base = Where;
    SIZE_T Size = LARGE;

    return NtAllocateVirtualMemoryEx(SELF, &Base, &Size, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES | REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0);
}

static void Placeholders(void)
{
    char *Base = Large(LARGE);

    VirtualFree(Base, 0, MEM_RELEASE);
    Ok(MakePlaceholder(Base) == Base, "a placeholder where a large page fits");
    Same(ReplacePlaceholder(Base), 0, "a large page takes its place");
    Ok(Attributes(Base).LargePage && Base[LARGE - 1] == 0, "and is there");
    VirtualFree(Base, 0, MEM_RELEASE);
}

/* All that lies in a row; what is left is enough to go on, and everything comes back. */
static void Exhausting(void)
{
    static char *Kept[4096];
    int Count = 0, Again = 0;
    char *Place = Large(LARGE);

    VirtualFree(Place, 0, MEM_RELEASE);
    Place = MakePlaceholder(Place);
    while (Count < 4096 && (Kept[Count] = Large(LARGE)) != NULL) {
        Count++;
    }
    DWORD Error = GetLastError();
    Ok(Count > 4 && (Count == 4096 || Error == ERROR_NO_SYSTEM_RESOURCES || Error == ERROR_COMMITMENT_LIMIT), "after %d of them: error %lu", Count,
       Error);
    Ok(ReplacePlaceholder(Place) != 0 && Query(Place).State == MEM_RESERVE && Query(Place).AllocationBase == Place,
       "a placeholder that cannot be replaced stays");
    for (int i = 0; i < Count; i++) {
        VirtualFree(Kept[i], 0, MEM_RELEASE);
    }
    Same(ReplacePlaceholder(Place), 0, "until there is memory");
    VirtualFree(Place, 0, MEM_RELEASE);
    while (Again < Count && (Kept[Again] = Large(LARGE)) != NULL) {
        Again++;
    }
    Ok(Again + 2 >= Count, "%d of them a second time", Again);
    for (int i = 0; i < Again; i++) {
        VirtualFree(Kept[i], 0, MEM_RELEASE);
    }
}

/* No more than the minimum working set, less a few pages. */
static void LockQuota(void)
{
    SIZE_T Minimum = 0, Maximum = 0, Pages = 0, Many = 256;
    char *Base = VirtualAlloc(NULL, Many * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD Old;

    GetProcessWorkingSetSize(SELF, &Minimum, &Maximum);
    Ok(Failed(VirtualLock(Base, Many * PAGE), ERROR_WORKING_SET_QUOTA), "a megabyte is more than may be locked");
    while (Pages < Many && VirtualLock(Base + Pages * PAGE, PAGE)) {
        Pages++;
    }
    Ok(GetLastError() == ERROR_WORKING_SET_QUOTA && Pages < Minimum / PAGE && Pages > 10, "page by page: %u of a minimum of %u", (unsigned)Pages,
       (unsigned)(Minimum / PAGE));
    Ok(VirtualLock(Base, Pages * PAGE), "what is locked already costs nothing");
    Ok(VirtualUnlock(Base, PAGE) && VirtualLock(Base + Pages * PAGE, PAGE), "one for one");
    Ok(!VirtualLock(Base, PAGE), "no more");
    VirtualFree(Base, 3 * PAGE, MEM_DECOMMIT);
    Ok(VirtualLock(Base + (Pages + 1) * PAGE, 2 * PAGE) && !VirtualLock(Base + (Pages + 3) * PAGE, PAGE), "pages that are given up do not count");
    VirtualProtect(Base + 4 * PAGE, PAGE, PAGE_READONLY, &Old);
    Ok(Attributes(Base + 4 * PAGE).Locked, "a page that changes its protection stays locked");
    SetProcessWorkingSetSize(SELF, Many * PAGE + Minimum, Many * PAGE + Maximum);
    VirtualAlloc(Base, Many * PAGE, MEM_COMMIT, PAGE_READWRITE);
    Ok(VirtualLock(Base, Many * PAGE), "with a larger working set all of it");
    VirtualFree(Base, 0, MEM_RELEASE);
    SetProcessWorkingSetSize(SELF, Minimum, Maximum);
    Base = VirtualAlloc(NULL, Many * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    Ok(VirtualLock(Base, 10 * PAGE), "freed memory is not locked memory");
    VirtualFree(Base, 0, MEM_RELEASE);
}

/* The copy of a locked page is locked as the page was. */
static int Variable = 1;
static void LockAndWrite(void)
{
    Ok(VirtualLock(&Variable, sizeof(Variable)), "a page of the program, locked");
    Variable++;
    Ok(Attributes(&Variable).Locked && VirtualUnlock(&Variable, sizeof(Variable)), "is still locked when it is written");
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "child") == 0) {
        return strcmp(argv[2], "keep") == 0 ? KeepAndEnd() : 7;
    }
    LockAndWrite();
    LockQuota();
    Asking();
    if (LockMemoryPrivilege(TRUE)) {
        Refusing();
        Private();
        Protections();
        Using();
        Sections();
        Placeholders();
        Ending();
        Exhausting();
    }
    return Done();
}

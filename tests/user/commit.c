/* SPDX-License-Identifier: MIT */
/*
 * commit.c - the commit charge, line by line: what is charged to a process and to the system, and when it is given back; then each way of asking for more
 * than a job lets the process have.
 */
#define _WIN32_WINNT 0x0A00
#include <string.h>
#include "native.h"
#include <psapi.h>
#include "win32.h"

#define SELF GetCurrentProcess()
#define MB 0x100000ull
#define SLACK 0x40000 /* page tables, heaps: what may come along */

static SIZE_T Private(void)
{
    PROCESS_MEMORY_COUNTERS_EX Counters = {.cb = sizeof(Counters)};

    GetProcessMemoryInfo(SELF, (PROCESS_MEMORY_COUNTERS *)&Counters, sizeof(Counters));
    return Counters.PagefileUsage == Counters.PrivateUsage ? Counters.PrivateUsage : 0;
}

static SIZE_T System(void)
{
    PERFORMANCE_INFORMATION Information;

    GetPerformanceInfo(&Information, sizeof(Information));
    return Information.CommitTotal * Information.PageSize;
}

/* Since Before, the process' charge grew by Bytes (or shrank). */
static void Grew(SIZE_T Before, LONGLONG Bytes, const char *What)
{
    LONGLONG Change = (LONGLONG)(Private() - Before);

    if (!Ok(Change >= Bytes - SLACK && Change <= Bytes + SLACK, "%s", What)) {
        printf("#   %lld KiB, not %lld\n", Change >> 10, Bytes >> 10);
    }
}

/* Others run on a machine, too; half of it is proof enough. */
static void SystemGrew(SIZE_T Before, SIZE_T Bytes, const char *What)
{
    Ok((LONGLONG)(System() - Before) > (LONGLONG)Bytes / 2, "%s", What);
}

static void PrivateMemory(void)
{
    SIZE_T Before = Private(), All = System();
    DWORD Old;
    char *Base = VirtualAlloc(NULL, 64 * MB, MEM_RESERVE, PAGE_READWRITE);

    Grew(Before, 0, "a reservation costs nothing");
    VirtualAlloc(Base, 16 * MB, MEM_COMMIT, PAGE_READWRITE);
    Grew(Before, 16 * MB, "committing does, touched or not");
    SystemGrew(All, 16 * MB, "the system says so, too");
    VirtualAlloc(Base + 8 * MB, 16 * MB, MEM_COMMIT, PAGE_NOACCESS);
    Grew(Before, 24 * MB, "what is committed already, once; no access is no reason");
    VirtualProtect(Base, 24 * MB, PAGE_READONLY, &Old);
    Grew(Before, 24 * MB, "nor is read-only");
    memset(VirtualAlloc(Base, 4 * MB, MEM_COMMIT, PAGE_READWRITE), 1, 4 * MB);
    Grew(Before, 24 * MB, "writing changes nothing");
    VirtualAlloc(Base, 4 * MB, MEM_RESET, PAGE_READWRITE);
    Grew(Before, 24 * MB, "nor does MEM_RESET");
    VirtualFree(Base + 4 * MB, 12 * MB, MEM_DECOMMIT);
    Grew(Before, 12 * MB, "decommitted: given back");
    VirtualFree(Base, 0, MEM_RELEASE);
    Grew(Before, 0, "released: all of it");
}

static void PageFileSections(void)
{
    SIZE_T Before = Private(), All = System();
    DWORD Old;
    HANDLE Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 32 * MB, NULL);
    char *View = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 0);

    SystemGrew(All, 32 * MB, "a section of the page file is the system's");
    memset(View, 1, MB);
    Grew(Before, 0, "and no process'");
    char *Copy = MapViewOfFile(Section, FILE_MAP_COPY, 0, 0, 16 * MB);
    Grew(Before, 16 * MB, "but for a view that copies");
    memset(Copy, 2, MB);
    Grew(Before, 16 * MB, "whether or not it did");
    UnmapViewOfFile(Copy);
    Grew(Before, 0, "until it goes");
    Copy = MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 16 * MB);
    VirtualProtect(Copy, 8 * MB, PAGE_WRITECOPY, &Old);
    Grew(Before, 8 * MB, "a view that is to copy later");
    VirtualProtect(Copy, 8 * MB, PAGE_READONLY, &Old);
    Grew(Before, 0, "or does so no more");
    UnmapViewOfFile(Copy);
    UnmapViewOfFile(View);
    CloseHandle(Section);
    All = System();
    Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 16, 0, NULL);
    View = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 64 * MB);
    Ok((LONGLONG)(System() - All) < (LONGLONG)(32 * MB), "SEC_RESERVE promises nothing");
    Ok(VirtualAlloc(View, 32 * MB, MEM_COMMIT, PAGE_READWRITE) == View, "until it is committed");
    SystemGrew(All, 32 * MB, "by a view");
    Grew(Before, 0, "which is not the process' either");
    UnmapViewOfFile(View);
    CloseHandle(Section);
}

static void FileSections(void)
{
    WCHAR Name[MAX_PATH];
    SIZE_T Before = Private();

    GetTempPathW(MAX_PATH, Name);
    wcscat(Name, L"commit.tmp");
    HANDLE File = CreateFileW(Name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    HANDLE Section = CreateFileMappingA(File, NULL, PAGE_READWRITE, 0, 4 * MB, NULL);
    char *View = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 0);
    Ok(View != NULL, "a file of 4 MiB");
    Grew(Before, 0, "costs nothing");
    char *Copy = MapViewOfFile(Section, FILE_MAP_COPY, 0, 0, 0);
    Grew(Before, 4 * MB, "a view that copies does");
    UnmapViewOfFile(Copy);
    UnmapViewOfFile(View);
    CloseHandle(Section);
    CloseHandle(File);
    Grew(Before, 0, "until it goes");
}

/*
 * Page tables go when they are empty: each round touches 256 pages of tables that no round before used.  If the tables stayed, they would be 32 MiB
 * in the end.
 */
static void PageTables(void)
{
    SIZE_T Before = System();
    char *Room = VirtualAlloc(NULL, 32ull << 30, MEM_RESERVE, PAGE_READWRITE);
    int Touched = 0;

    for (int Round = 0; Round < 32 && Room != NULL; Round++) {
        char *Base = Room + ((SIZE_T)Round << 30);
        for (int i = 0; i < 256; i++) {
            char *Page = VirtualAlloc(Base + i * 4 * MB, 0x1000, MEM_COMMIT, PAGE_READWRITE);
            Touched += Page != NULL && (*Page = 1);
        }
        for (int i = 0; i < 256; i++) {
            VirtualFree(Base + i * 4 * MB, 0x1000, MEM_DECOMMIT);
        }
    }
    Is((unsigned)Touched, 32 * 256, "pages of tables of their own");
    Ok((LONGLONG)(System() - Before) < (LONGLONG)(16 * MB), "empty page tables are given back while the reservation stays");
    VirtualFree(Room, 0, MEM_RELEASE);
}

/* ---- stacks ---------------------------------------------------------------------------------------------------------------------------------- */

static SIZE_T AtStart, Deep;

__attribute__((noinline)) static int Descend(int Pages)
{
    volatile char Page[4096];

    Page[0] = (char)Pages;
    return Pages > 0 ? Descend(Pages - 1) + Page[0] : (Deep = Private()) != 0;
}

static DWORD WINAPI Grow(void *Unused)
{
    (void)Unused;
    AtStart = Private();
    return (DWORD)Descend(256);
}

static DWORD WINAPI Idle(void *Event)
{
    return WaitForSingleObject(Event, LONG_TIME);
}

static void Stacks(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    SIZE_T Before = Private();
    HANDLE Thread = CreateThread(NULL, 8 * MB, Idle, Event, 0, NULL);

    Grew(Before, 8 * MB, "a stack that is committed from the start");
    SetEvent(Event);
    Join(Thread);
    Before = Private();
    Join(CreateThread(NULL, 16 * MB, Grow, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL));
    Ok(AtStart < Before + MB, "a stack that is reserved");
    Ok(Deep >= AtStart + MB - SLACK && Deep < AtStart + 2 * MB, "grows by the page");
    CloseHandle(Event);
}

/* ---- limits ---------------------------------------------------------------------------------------------------------------------------------- */

static CONTEXT Back;
static volatile DWORD StackError;

static LONG CALLBACK OnOverflow(EXCEPTION_POINTERS *Pointers)
{
    StackError = Pointers->ExceptionRecord->ExceptionCode;
    RtlRestoreContext(&Back, NULL);
    return EXCEPTION_CONTINUE_SEARCH;
}

/* A stack of 64 MiB in a process that may have less. */
static DWORD WINAPI Overflow(void *Unused)
{
    (void)Unused;
    RtlCaptureContext(&Back);
    if (StackError == 0) {
        Descend(15000);
    }
    return StackError;
}

NATIVE(NtAllocateVirtualMemory, (HANDLE Process, PVOID *Base, ULONG_PTR Bits, PSIZE_T Size, ULONG Type, ULONG Protect),
       (Process, Base, Bits, Size, Type, Protect))

static void Limits(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION Limit = {.BasicLimitInformation = {.LimitFlags = JOB_OBJECT_LIMIT_PROCESS_MEMORY}};
    HANDLE Job = CreateJobObjectA(NULL, NULL);
    HANDLE Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 32 * MB, NULL);
    char *View = MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 0);
    PVOID Base = NULL;
    SIZE_T Size = 32 * MB;
    DWORD Old;

    Limit.ProcessMemoryLimit = Private() + 16 * MB;
    Ok(SetInformationJobObject(Job, JobObjectExtendedLimitInformation, &Limit, sizeof(Limit)) && AssignProcessToJobObject(Job, SELF), "16 MiB more");
    Is((ULONG)NtAllocateVirtualMemory(SELF, &Base, 0, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), 0xC000012D, "STATUS_COMMITMENT_LIMIT");
    Fails(VirtualAlloc(NULL, 32 * MB, MEM_COMMIT, PAGE_READWRITE) != NULL, ERROR_COMMITMENT_LIMIT, "private memory");
    char *Room = VirtualAlloc(NULL, 64 * MB, MEM_RESERVE, PAGE_READWRITE);
    Ok(Room != NULL, "reserving is free");
    Fails(VirtualAlloc(Room, 32 * MB, MEM_COMMIT, PAGE_READWRITE) != NULL, ERROR_COMMITMENT_LIMIT, "committing is not");
    MEMORY_BASIC_INFORMATION Information;
    VirtualQuery(Room, &Information, sizeof(Information));
    Ok(Information.State == MEM_RESERVE && Information.RegionSize == 64 * MB, "no page of it was committed");
    Fails(MapViewOfFile(Section, FILE_MAP_COPY, 0, 0, 0) != NULL, ERROR_COMMITMENT_LIMIT, "a view that copies");
    Fails(VirtualProtect(View, 32 * MB, PAGE_WRITECOPY, &Old), ERROR_COMMITMENT_LIMIT, "a view that is to copy later");
    Ok(HeapAlloc(GetProcessHeap(), 0, 32 * MB) == NULL, "a heap");
    Ok(CreateThread(NULL, 32 * MB, Idle, NULL, CREATE_SUSPENDED, NULL) == NULL, "a stack");
    PVOID Handler = AddVectoredExceptionHandler(1, OnOverflow);
    Is(Join(CreateThread(NULL, 64 * MB, Overflow, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL)), (DWORD)EXCEPTION_STACK_OVERFLOW, "a stack that grows");
    RemoveVectoredExceptionHandler(Handler);
    Ok(VirtualAlloc(Room, 8 * MB, MEM_COMMIT, PAGE_READWRITE) == Room, "what is within the limit is still given");
    VirtualFree(Room, 0, MEM_RELEASE);
}

/* Without a job: more than any machine has. */
static void SystemLimit(void)
{
    HANDLE Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0x40, 0, NULL);
    char *View = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 0);
    MEMORYSTATUSEX Status = {sizeof(Status)};
    PERFORMANCE_INFORMATION Information;

    Fails(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0x2000, 0, NULL) != NULL, ERROR_COMMITMENT_LIMIT, "a section of 32 TiB");
    Fails(VirtualAlloc(View, 0x4000000000, MEM_COMMIT, PAGE_READWRITE) != NULL, ERROR_COMMITMENT_LIMIT, "committed later, in a view");
    MEMORY_BASIC_INFORMATION Page;
    Ok(VirtualQuery(View, &Page, sizeof(Page)) && Page.State == MEM_RESERVE, "not a page of it");
    Ok(VirtualAlloc(View, MB, MEM_COMMIT, PAGE_READWRITE) == View, "what was refused has used up nothing");
    Ok(GlobalMemoryStatusEx(&Status) && GetPerformanceInfo(&Information, sizeof(Information)), "the state of the memory");
    Is(Status.ullTotalPhys, Information.PhysicalTotal * Information.PageSize, "two calls agree on the memory");
    LONGLONG Difference = (LONGLONG)((Information.CommitLimit - Information.CommitTotal) * Information.PageSize - Status.ullAvailPageFile);
    Ok(Information.CommitTotal <= Information.CommitPeak && Information.CommitPeak <= Information.CommitLimit, "total, peak, limit");
    Ok(Difference > -(LONGLONG)(64 * MB) && Status.ullAvailPageFile < Status.ullTotalPageFile, "and on what is left to promise");
    UnmapViewOfFile(View);
    CloseHandle(Section);
}

int main(void)
{
    PrivateMemory();
    PageFileSections();
    FileSections();
    PageTables();
    Stacks();
    SystemLimit();
    Limits();
    return Done();
}

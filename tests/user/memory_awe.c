/* SPDX-License-Identifier: MIT */
/*
 * memory_awe.c - Address Windowing Extensions: physical pages of a program's own, mapped into and out of windows; what may not be done with either.
 */
#include "native.h"
#include <psapi.h>
#include <string.h>
#include "child.h"
#include "lockmemory.h"
#include "tap.h"

#define SELF ((HANDLE)-1)
#define PAGES 200
#define PAGE 0x1000

NATIVE(NtAllocateVirtualMemory, (HANDLE P, PVOID *B, ULONG_PTR Z, PSIZE_T S, ULONG T, ULONG A), (P, B, Z, S, T, A))
NATIVE(NtFreeVirtualMemory, (HANDLE P, PVOID *B, PSIZE_T S, ULONG T), (P, B, S, T))
NATIVE(NtAllocateUserPhysicalPages, (HANDLE P, PULONG_PTR N, PULONG_PTR A), (P, N, A))
NATIVE(NtFreeUserPhysicalPages, (HANDLE P, PULONG_PTR N, PULONG_PTR A), (P, N, A))
NATIVE(NtMapUserPhysicalPages, (PVOID V, ULONG_PTR N, PULONG_PTR A), (V, N, A))
NATIVE(NtMapUserPhysicalPagesScatter, (PVOID *V, ULONG_PTR N, PULONG_PTR A), (V, N, A))

static ULONG_PTR Frame[PAGES];

static void Same(NTSTATUS Got, NTSTATUS Expected, const char *What)
{
    Is((ULONG)Got, (ULONG)Expected, What);
}

static int Failed(BOOL Result, DWORD Error)
{
    return !Result && GetLastError() == Error;
}

static char *Window(SIZE_T Pages)
{
    return VirtualAlloc(NULL, Pages * PAGE, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE);
}

static NTSTATUS Allocate(PVOID Base, SIZE_T Size, ULONG Type, ULONG Protect)
{
    NTSTATUS Status = NtAllocateVirtualMemory(SELF, &Base, 0, &Size, Type, Protect);

    if (Status == 0) {
        VirtualFree(Base, 0, MEM_RELEASE);
    }
    return Status;
}

static NTSTATUS Free(PVOID Base, SIZE_T Size, ULONG Type)
{
    return NtFreeVirtualMemory(SELF, &Base, &Size, Type);
}

static MEMORY_BASIC_INFORMATION Query(PVOID Address)
{
    MEMORY_BASIC_INFORMATION Information = {0};

    VirtualQuery(Address, &Information, sizeof(Information));
    return Information;
}

/* What the page at Address would say, without touching it: can it be read at all? */
static int Readable(char *Address)
{
    char Byte;
    SIZE_T Read;

    return ReadProcessMemory(SELF, Address, &Byte, 1, &Read);
}

static void Windows(void)
{
    char *Base = Window(16);
    DWORD Old;

    Ok(Base != NULL, "a window for 16 pages");
    Ok(Query(Base).State == MEM_RESERVE && Query(Base).RegionSize == 16 * PAGE && Query(Base).AllocationProtect == PAGE_READWRITE, "is reserved");
    Ok(!Readable(Base), "with nothing behind it");
    Same(Allocate(NULL, PAGE, MEM_PHYSICAL, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "a window is reserved");
    Same(Allocate(NULL, PAGE, MEM_RESERVE | MEM_COMMIT | MEM_PHYSICAL, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "never committed");
    Same(Allocate(NULL, PAGE, MEM_RESERVE | MEM_PHYSICAL, PAGE_READONLY), STATUS_INVALID_PARAMETER_6, "readable and writable");
    Ok(VirtualAlloc(Base, PAGE, MEM_COMMIT, PAGE_READWRITE) == NULL, "nothing is committed in it");
    Ok(!VirtualProtect(Base, PAGE, PAGE_READONLY, &Old), "its protection stays");
    Ok(!VirtualFree(Base, PAGE, MEM_DECOMMIT), "nothing to decommit");
    Ok(Free(Base + PAGE, PAGE, MEM_RELEASE) != 0 && Free(Base, PAGE, MEM_RELEASE) != 0, "it is not freed in pieces");
    Ok(VirtualFree(Base, 0, MEM_RELEASE), "but as a whole");
    Is(Query(Base).State, MEM_FREE, "and then gone");
}

static void Owning(void)
{
    ULONG_PTR Count = PAGES, None = 0, One = 1, Wrong[2];

    Ok(AllocateUserPhysicalPages(SELF, &Count, Frame) && Count == PAGES, "%d pages", PAGES);
    int Different = 1;
    for (int i = 0; i < PAGES; i++) {
        for (int j = 0; j < i; j++) {
            Different &= Frame[i] != Frame[j] && Frame[i] != 0;
        }
    }
    Ok(Different, "each with a number of its own");
    Same(NtAllocateUserPhysicalPages(SELF, &None, Frame), 0, "no pages");
    Same(NtAllocateUserPhysicalPages(SELF, &One, (PULONG_PTR)8), STATUS_ACCESS_VIOLATION, "nowhere to put the numbers");
    Same(NtAllocateUserPhysicalPages(SELF, NULL, Frame), STATUS_ACCESS_VIOLATION, "no count");
    Same(NtAllocateUserPhysicalPages((HANDLE)0x12344, &One, Wrong), STATUS_INVALID_HANDLE, "no process");
    Wrong[0] = Frame[PAGES - 1];
    Wrong[1] = (ULONG_PTR)1 << 40;
    Count = 2;
    Same(NtFreeUserPhysicalPages(SELF, &Count, Wrong), STATUS_CONFLICTING_ADDRESSES, "freeing a page that is not ours");
    Is(Count, 1, "the one before it is free");
    Count = 1;
    Same(NtFreeUserPhysicalPages(SELF, &Count, Wrong), STATUS_CONFLICTING_ADDRESSES, "and not a second time");
    Is(Count, 0, "none");
    Count = 1;
    Ok(AllocateUserPhysicalPagesNuma(SELF, &Count, Wrong, 0) && Count == 1, "one of a node");
    Frame[PAGES - 1] = Wrong[0];
}

static void Mapping(void)
{
    char *One = Window(PAGES), *Two = Window(PAGES);
    ULONG_PTR Stranger = (ULONG_PTR)1 << 40, Twice[2] = {Frame[0], Frame[0]};
    int Zero = 1, Moved = 1;

    Ok(MapUserPhysicalPages(One, PAGES, Frame), "into the window");
    Ok(Query(One).State == MEM_COMMIT && Query(One).Protect == PAGE_READWRITE && Query(One).RegionSize == PAGES * PAGE, "it is memory");
    for (int i = 0; i < PAGES; i++) {
        for (int At = 0; At < PAGE; At += 64) {
            Zero &= One[i * PAGE + At] == 0;
        }
        memset(One + i * PAGE, i + 1, PAGE);
    }
    Ok(Zero, "of zeros");
    Same(NtMapUserPhysicalPages(Two, 1, Frame), STATUS_CONFLICTING_ADDRESSES, "a page is in one place at a time");
    Ok(MapUserPhysicalPages(One, PAGES, NULL) && !Readable(One) && Query(One).State == MEM_RESERVE, "out again");
    Ok(MapUserPhysicalPages(Two + PAGE, PAGES - 1, Frame), "into another window, one page on");
    for (int i = 0; i < PAGES - 1; i++) {
        Moved &= Two[(i + 1) * PAGE] == (char)(i + 1) && Two[(i + 2) * PAGE - 1] == (char)(i + 1);
    }
    Ok(Moved && !Readable(Two), "with all they contain");
    Ok(MapUserPhysicalPages(Two + 5 * PAGE + 7, 1, &Frame[PAGES - 1]) && Two[5 * PAGE] == (char)PAGES, "over another page");
    Ok(MapUserPhysicalPages(One, 1, &Frame[4]) && One[0] == 5, "which is free to go elsewhere");
    Same(NtMapUserPhysicalPages(One + PAGE, 1, &Stranger), STATUS_CONFLICTING_ADDRESSES, "a page that is not ours");
    MapUserPhysicalPages(Two, PAGES, NULL);
    Twice[1] = Stranger;
    Ok(NtMapUserPhysicalPages(One, 2, Twice) == STATUS_CONFLICTING_ADDRESSES && One[0] == 5, "one wrong page: nothing is done");
    Twice[1] = Frame[0];
    Same(NtMapUserPhysicalPages(Two, 2, Twice), STATUS_CONFLICTING_ADDRESSES, "a page named twice");
    Ok(MapUserPhysicalPages(Two, 1, Twice) && Two[0] == 1, "named once");
    Same(NtMapUserPhysicalPages(Two + (PAGES - 1) * PAGE, 2, &Frame[10]), STATUS_INVALID_PARAMETER_1, "beyond the window");
    Same(NtMapUserPhysicalPages(&Zero, 1, &Frame[10]), STATUS_INVALID_PARAMETER_1, "no window");
    Same(NtMapUserPhysicalPages(Two, (ULONG_PTR)-1, &Frame[10]), STATUS_INVALID_PARAMETER_2, "too many");
    Same(NtMapUserPhysicalPages(Two, 0, NULL), 0, "none");
    Same(NtMapUserPhysicalPages(Two, 1, (PULONG_PTR)8), STATUS_ACCESS_VIOLATION, "numbers that cannot be read");
    VirtualFree(One, 0, MEM_RELEASE);
    Ok(!Readable(One) && MapUserPhysicalPages(Two + PAGE, 1, &Frame[4]) && Two[PAGE] == 5, "a page outlives its window");
    VirtualFree(Two, 0, MEM_RELEASE);
}

static void Scattering(void)
{
    char *One = Window(4), *Two = Window(4);
    PVOID Address[4] = {One, Two + PAGE, One + 2 * PAGE, Two + 3 * PAGE};
    ULONG_PTR Page[4] = {Frame[0], Frame[1], Frame[2], Frame[3]};

    Ok(MapUserPhysicalPagesScatter(Address, 4, Page) && One[0] == 1 && Two[PAGE] == 2 && One[2 * PAGE] == 3 && Two[3 * PAGE] == 4, "each to its address");
    Page[0] = 0;
    Page[1] = Frame[5];
    Page[2] = 0;
    Page[3] = Frame[6];
    Ok(MapUserPhysicalPagesScatter(Address, 4, Page) && !Readable(One) && Two[PAGE] == 6 && !Readable(One + 2 * PAGE) && Two[3 * PAGE] == 7,
       "0: nothing at this address any more");
    Address[3] = One + 8 * PAGE;
    Page[3] = Frame[7];
    Same(NtMapUserPhysicalPagesScatter(Address, 4, Page), STATUS_INVALID_PARAMETER_1, "one address in no window");
    Address[3] = Two + 3 * PAGE;
    Ok(MapUserPhysicalPagesScatter(Address, 4, NULL) && !Readable(Two + PAGE) && !Readable(Two + 3 * PAGE), "all out");
    Same(NtMapUserPhysicalPagesScatter(NULL, 4, Page), STATUS_INVALID_PARAMETER_1, "no addresses");
    VirtualFree(One, 0, MEM_RELEASE);
    VirtualFree(Two, 0, MEM_RELEASE);
}

/* Windows and the rest of the system: input and output, the working set, write watch, locking. */
static void Using(void)
{
    char *Base = Window(8), Path[MAX_PATH];
    PSAPI_WORKING_SET_EX_INFORMATION Page = {Base, {0}};
    PROCESS_MEMORY_COUNTERS Before, After;
    DWORD Read = 0, Granularity;
    PVOID Written[8];
    ULONG_PTR Count = 8;

    GetProcessMemoryInfo(SELF, &Before, sizeof(Before));
    MapUserPhysicalPages(Base, 8, Frame);
    GetProcessMemoryInfo(SELF, &After, sizeof(After));
    Ok(After.WorkingSetSize < Before.WorkingSetSize + 8 * PAGE, "they are in no working set");
    GetModuleFileNameA(NULL, Path, sizeof(Path));
    HANDLE File = CreateFileA(Path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING, NULL);
    Ok(ReadFile(File, Base + PAGE, 4 * PAGE, &Read, NULL) && Read == 4 * PAGE && Base[PAGE] == 'M' && Base[PAGE + 1] == 'Z', "a disk reads into them");
    CloseHandle(File);
    Ok(QueryWorkingSetEx(SELF, &Page, sizeof(Page)) && Page.VirtualAttributes.Valid && Page.VirtualAttributes.Locked, "valid, and locked");
    Ok(EmptyWorkingSet(SELF) && Base[PAGE] == 'M', "nothing takes them away");
    VirtualFree(Base, 0, MEM_RELEASE);

    Base = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE | MEM_PHYSICAL | MEM_WRITE_WATCH, PAGE_READWRITE);
    MapUserPhysicalPages(Base, 8, Frame);
    ResetWriteWatch(Base, 8 * PAGE);
    Base[3 * PAGE] = 1;
    Base[6 * PAGE]++;
    Ok(GetWriteWatch(0, Base, 8 * PAGE, Written, &Count, &Granularity) == 0 && Count == 2 && Written[0] == Base + 3 * PAGE && Written[1] == Base + 6 * PAGE,
       "a watched window");
    VirtualFree(Base, 0, MEM_RELEASE);
}

static void Freeing(void)
{
    char *Base = Window(4);
    ULONG_PTR Count = 2;

    MapUserPhysicalPages(Base, 4, Frame);
    Ok(FreeUserPhysicalPages(SELF, &Count, Frame) && Count == 2, "two pages freed");
    Ok(!Readable(Base) && !Readable(Base + PAGE) && Readable(Base + 2 * PAGE), "are in no window any more");
    Same(NtMapUserPhysicalPages(Base, 1, Frame), STATUS_CONFLICTING_ADDRESSES, "nor can they be put there");
    Count = PAGES - 2;
    Ok(FreeUserPhysicalPages(SELF, &Count, Frame + 2) && Count == PAGES - 2 && !Readable(Base + 2 * PAGE), "all");
    VirtualFree(Base, 0, MEM_RELEASE);
}

static SIZE_T Available(void)
{
    MEMORYSTATUSEX Status = {.dwLength = sizeof(Status)};

    GlobalMemoryStatusEx(&Status);
    return Status.ullAvailPhys;
}

/* A child's pages: owned by it, allocated for it by us, given back by its end. */
static void OfOthers(void)
{
    static ULONG_PTR Many[2048];
    PROCESS_INFORMATION Child;
    SIZE_T Before = Available();
    ULONG_PTR Count = 16;
    char Self[MAX_PATH];

    for (int i = 0; i < 6; i++) {
        RunSelf(FALSE, 0, NULL, "child own");
    }
    Ok(Available() + 0x1000000 > Before, "six children that kept 8 MB each have left nothing");
    GetModuleFileNameA(NULL, Self, sizeof(Self));
    Start(Self, "memory_awe child none", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Child);
    Ok(AllocateUserPhysicalPages(Child.hProcess, &Count, Many) && Count == 16, "pages for another process");
    char *Base = Window(1);
    Same(NtMapUserPhysicalPages(Base, 1, Many), STATUS_CONFLICTING_ADDRESSES, "are not ours to map");
    VirtualFree(Base, 0, MEM_RELEASE);
    Same(NtFreeUserPhysicalPages(SELF, &Count, Many), STATUS_CONFLICTING_ADDRESSES, "nor to free as ours");
    Count = 16;
    Ok(FreeUserPhysicalPages(Child.hProcess, &Count, Many) && Count == 16, "but as its");
    ResumeThread(Child.hThread);
    Is(Finish(&Child), 7, "it runs");
}

static int OwnAndEnd(void)
{
    static ULONG_PTR Many[2048];
    ULONG_PTR Count = 2048;
    char *Base = Window(2048);

    if (!LockMemoryPrivilege(TRUE) || !AllocateUserPhysicalPages(SELF, &Count, Many) || !MapUserPhysicalPages(Base, Count, Many)) {
        return 1;
    }
    memset(Base, 1, Count * PAGE);
    return 7;
}

/* Everything there is, and the machine still runs. */
static void Exhausting(void)
{
    SIZE_T Total = Available() / PAGE * 2;
    PULONG_PTR All = VirtualAlloc(NULL, Total * sizeof(ULONG_PTR), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ULONG_PTR Count = Total, More = 16, Small[16];

    Ok(AllocateUserPhysicalPages(SELF, &Count, All) && Count != 0 && Count < Total, "twice of all that is available: fewer pages come");
    Ok(!AllocateUserPhysicalPages(SELF, &More, Small) || More < 16, "then hardly any");
    Ok(FreeUserPhysicalPages(SELF, &Count, All), "given back");
    VirtualFree(All, 0, MEM_RELEASE);
}

int main(int argc, char **argv)
{
    ULONG_PTR One = 1;

    if (argc > 2 && strcmp(argv[1], "child") == 0) {
        return strcmp(argv[2], "own") == 0 ? OwnAndEnd() : 7;
    }
    LockMemoryPrivilege(FALSE);
    Ok(Failed(AllocateUserPhysicalPages(SELF, &One, Frame), ERROR_PRIVILEGE_NOT_HELD), "physical pages need a privilege");
    Windows();
    if (LockMemoryPrivilege(TRUE)) {
        Owning();
        Mapping();
        Scattering();
        Using();
        Freeing();
        OfOthers();
        Exhausting();
    }
    return Done();
}

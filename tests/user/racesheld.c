/* SPDX-License-Identifier: MIT */
/*
 * racesheld.c - races by seed (explore.h) over memory and processes that somebody holds on to: physical pages and their windows, large pages and views of
 * them, locked pages; a process whose debugger comes and goes while it lives, stops, makes threads, and dies.
 */
#include "explore.h"
#include "lockmemory.h"

#define PAGE 0x1000
#define LARGE 0x200000

/* ---- physical pages ------------------------------------------------------------------------------------------------------------------- */

#define PAGES 8

typedef struct _PHYSICAL
{
    char *Window[2];
    ULONG_PTR Frame[PAGES];
    volatile LONG Wrong;
} PHYSICAL;

/* Everybody maps the same pages to the same places; whoever is second is refused, and nothing is half done. */
static DWORD WINAPI MapThem(PVOID Parameter)
{
    PHYSICAL *Race = Parameter;

    for (int i = 0; i < 6; i++) {
        int Which = i & 1;
        if (MapUserPhysicalPages(Race->Window[Which], PAGES, Race->Frame)) {
            MapUserPhysicalPages(Race->Window[Which], PAGES, NULL);
        }
    }
    return 0;
}

static DWORD WINAPI ScatterThem(PVOID Parameter)
{
    PHYSICAL *Race = Parameter;
    PVOID Address[2] = {Race->Window[0] + 2 * PAGE, Race->Window[1] + 5 * PAGE};

    for (int i = 0; i < 6; i++) {
        MapUserPhysicalPagesScatter(Address, 2, Race->Frame + 2 * (i & 3));
        MapUserPhysicalPagesScatter(Address, 2, NULL);
    }
    return 0;
}

/* Without touching: through the kernel's copying, which sees a violation as a status. A page holds its own number or nothing at all. */
static DWORD WINAPI ReadThem(PVOID Parameter)
{
    PHYSICAL *Race = Parameter;
    ULONG_PTR Value;
    SIZE_T Read;

    for (int i = 0; i < 40; i++) {
        if (ReadProcessMemory(GetCurrentProcess(), Race->Window[i & 1] + i % PAGES * PAGE, &Value, sizeof(Value), &Read)) {
            BOOL Known = FALSE;
            for (int k = 0; k < PAGES; k++) {
                Known |= Value == Race->Frame[k];
            }
            Race->Wrong += !Known;
        }
    }
    return 0;
}

static DWORD WINAPI FreeSome(PVOID Parameter)
{
    PHYSICAL *Race = Parameter;
    ULONG_PTR Count = 2, Gone[2] = {Race->Frame[6], Race->Frame[7]};

    SwitchToThread();
    if (!FreeUserPhysicalPages(GetCurrentProcess(), &Count, Gone) || Count != 2) {
        Race->Wrong++;
    }
    return 0;
}

static int PhysicalScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {MapThem, ScatterThem, ReadThem, Seed & 1 ? FreeSome : MapThem};
    ULONG_PTR Count = PAGES;
    PHYSICAL Race = {.Wrong = 0};
    PVOID Parameters[] = {&Race, &Race, &Race, &Race};

    if (!LockMemoryPrivilege(TRUE) || !AllocateUserPhysicalPages(GetCurrentProcess(), &Count, Race.Frame) || Count != PAGES) {
        return Wrong("no physical pages", GetLastError());
    }
    for (int i = 0; i < 2; i++) {
        Race.Window[i] = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE);
    }
    MapUserPhysicalPages(Race.Window[0], PAGES, Race.Frame);
    for (int i = 0; i < PAGES; i++) {
        *(ULONG_PTR *)(Race.Window[0] + i * PAGE) = Race.Frame[i];
    }
    MapUserPhysicalPages(Race.Window[0], PAGES, NULL);
    int Good = Together(Routines, Parameters, 4);
    Count = Seed & 1 ? PAGES - 2 : PAGES;
    if (!FreeUserPhysicalPages(GetCurrentProcess(), &Count, Race.Frame)) {
        Good = Wrong("pages that are not ours any more", (ULONG)Count);
    }
    VirtualFree(Race.Window[0], 0, MEM_RELEASE);
    VirtualFree(Race.Window[1], 0, MEM_RELEASE);
    return Race.Wrong == 0 ? Good : Wrong("a page with another's contents", (ULONG)Race.Wrong);
}

/* ---- large and locked pages ------------------------------------------------------------------------------------------------------------- */

typedef struct _LARGE_RACE
{
    HANDLE Section;
    char *Shared;
    char *Private; /* ordinary memory, to be locked */
    volatile LONG Wrong;
} LARGE_RACE;

static DWORD WINAPI ViewIt(PVOID Parameter)
{
    LARGE_RACE *Race = Parameter;

    for (int i = 0; i < 4; i++) {
        char *View = MapViewOfFile(Race->Section, FILE_MAP_WRITE | (i & 1 ? FILE_MAP_LARGE_PAGES : 0), 0, 0, 0);
        if (View == NULL) {
            Race->Wrong++;
            continue;
        }
        Race->Wrong += View[LARGE - 1] != 77;
        View[PAGE * i] = (char)i;
        UnmapViewOfFile(View);
    }
    return 0;
}

static DWORD WINAPI AllocateIt(PVOID Parameter)
{
    LARGE_RACE *Race = Parameter;

    for (int i = 0; i < 2; i++) {
        char *Base = VirtualAlloc(NULL, LARGE, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE);
        if (Base != NULL) {
            Race->Wrong += Base[0x12345] != 0;
            Base[0x12345] = 1;
            VirtualFree(Base, 0, MEM_RELEASE);
        }
    }
    return 0;
}

static DWORD WINAPI LockIt(PVOID Parameter)
{
    LARGE_RACE *Race = Parameter;

    for (int i = 0; i < 10; i++) {
        VirtualLock(Race->Private + i % 4 * PAGE, 2 * PAGE);
        VirtualUnlock(Race->Private + i % 3 * PAGE, 2 * PAGE);
    }
    return 0;
}

static DWORD WINAPI DisturbIt(PVOID Parameter)
{
    LARGE_RACE *Race = Parameter;
    DWORD Old;

    for (int i = 0; i < 6; i++) {
        VirtualProtect(Race->Private + PAGE, 2 * PAGE, i & 1 ? PAGE_READWRITE : PAGE_NOACCESS, &Old);
        VirtualFree(Race->Private + 4 * PAGE, PAGE, MEM_DECOMMIT);
        VirtualAlloc(Race->Private + 4 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
        SetProcessWorkingSetSize(GetCurrentProcess(), (SIZE_T)-1, (SIZE_T)-1);
    }
    return 0;
}

static int HeldScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {ViewIt, LockIt, Seed & 1 ? AllocateIt : ViewIt, DisturbIt};
    LARGE_RACE Race = {.Wrong = 0};
    PVOID Parameters[] = {&Race, &Race, &Race, &Race};

    if (!LockMemoryPrivilege(TRUE)) {
        return Wrong("no privilege", GetLastError());
    }
    Race.Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_COMMIT | SEC_LARGE_PAGES, 0, LARGE, NULL);
    Race.Shared = MapViewOfFile(Race.Section, FILE_MAP_WRITE | FILE_MAP_LARGE_PAGES, 0, 0, 0);
    Race.Private = VirtualAlloc(NULL, 6 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (Race.Shared == NULL || Race.Private == NULL) {
        return Wrong("no memory", GetLastError());
    }
    Race.Shared[LARGE - 1] = 77;
    int Good = Together(Routines, Parameters, 4);
    UnmapViewOfFile(Race.Shared);
    CloseHandle(Race.Section);
    VirtualFree(Race.Private, 0, MEM_RELEASE);
    return Race.Wrong == 0 ? Good : Wrong("contents", (ULONG)Race.Wrong);
}

/* ---- the debugged ----------------------------------------------------------------------------------------------------------------------- */

typedef struct _DEBUG_RACE
{
    HANDLE Process;
    DWORD Id;
    BOOL Leave;
} DEBUG_RACE;

/* Attaches, sees what comes, and leaves in the middle of it, or with its last handle. */
static DWORD WINAPI DebugIt(PVOID Parameter)
{
    DEBUG_RACE *Race = Parameter;
    HANDLE *Object = (HANDLE *)((PUCHAR)NtCurrentTeb() + 0x16A8); /* TEB.DbgSsReserved[1] */
    DEBUG_EVENT Event;

    if (DebugActiveProcess(Race->Id)) {
        for (int i = 0; i < 6 && WaitForDebugEvent(&Event, 100); i++) {
            if (Event.dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) {
                CloseHandle(Event.u.LoadDll.hFile);
            } else if (Event.dwDebugEventCode == CREATE_PROCESS_DEBUG_EVENT) {
                CloseHandle(Event.u.CreateProcessInfo.hFile);
            }
            if (i == 5) {
                break; /* not continued */
            }
            ContinueDebugEvent(Event.dwProcessId, Event.dwThreadId, DBG_CONTINUE);
        }
        if (Race->Leave) {
            DebugSetProcessKillOnExit(FALSE);
        }
        DebugActiveProcessStop(Race->Id); /* closes the handles that came with events */
    }
    if (*Object != NULL) {
        CloseHandle(*Object);
        *Object = NULL;
    }
    return 0;
}

static DWORD WINAPI StopAndGo(PVOID Parameter)
{
    DEBUG_RACE *Race = Parameter;
    NTSTATUS(NTAPI * Suspend)(HANDLE) = (void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtSuspendProcess");
    NTSTATUS(NTAPI * Resume)(HANDLE) = (void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtResumeProcess");

    for (int i = 0; i < 4; i++) {
        Suspend(Race->Process);
        SwitchToThread();
        Resume(Race->Process);
    }
    return 0;
}

static DWORD WINAPI AddThreads(PVOID Parameter)
{
    DEBUG_RACE *Race = Parameter;

    for (int i = 0; i < 3; i++) {
        HANDLE Thread = CreateRemoteThread(Race->Process, NULL, 0, (LPTHREAD_START_ROUTINE)(PVOID)GetProcAddress(GetModuleHandleA("kernel32"), "Sleep"),
                                           (PVOID)1, 0, NULL);
        if (Thread != NULL) {
            CloseHandle(Thread);
        }
    }
    return 0;
}

static DWORD WINAPI KillIt(PVOID Parameter)
{
    DEBUG_RACE *Race = Parameter;

    for (int i = 0; i < 3; i++) {
        SwitchToThread();
    }
    TerminateProcess(Race->Process, 5);
    return 0;
}

static int DebugScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {DebugIt, Seed & 2 ? StopAndGo : AddThreads, AddThreads, KillIt};
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Child;
    DEBUG_RACE Race = {.Leave = (Seed & 1) != 0};
    PVOID Parameters[] = {&Race, &Race, &Race, &Race};
    char Line[] = "racesheld child";

    if (!CreateProcessA(NULL, Line, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Child)) {
        return Wrong("CreateProcess", GetLastError());
    }
    Race.Process = Child.hProcess;
    Race.Id = Child.dwProcessId;
    if (Seed & 4) {
        Sleep(1);
    }
    int Good = Together(Routines, Parameters, 4);
    if (WaitForSingleObject(Child.hProcess, LIMIT) != WAIT_OBJECT_0) {
        Good = Wrong("the debugged has not ended", 0);
    }
    CloseHandle(Child.hThread);
    CloseHandle(Child.hProcess);
    return Good;
}

static const SCENARIO Scenarios[] = {{"physical", PhysicalScenario}, {"held", HeldScenario}, {"debug", DebugScenario}};

int main(int Count, char **Arguments)
{
    if (Count > 1 && strcmp(Arguments[1], "child") == 0) {
        Sleep(INFINITE);
        return 0;
    }
    return ExploreMain(Scenarios, sizeof(Scenarios) / sizeof(Scenarios[0]), Count, Arguments);
}

/* SPDX-License-Identifier: MIT */
/*
 * explore.c - races found by seed (explore.h): processes, threads, memory and names, each shared by threads that do everything to them at once.
 *
 * usage: explore SCENARIO FIRST COUNT       scenarios: process, threads, memory, names, all
 */
#include "explore.h"

/* ---- create, exit, close, terminate, duplicate of the same process ------------------------------------------------------------------ */

typedef struct _PROCESS_RACE
{
    HANDLE Process, Thread;
    DWORD Id;
} PROCESS_RACE;

static DWORD WINAPI ResumeIt(PVOID Parameter)
{
    PROCESS_RACE *Race = Parameter;

    Native.ResumeThread(Race->Thread, NULL);
    CloseHandle(Race->Thread);
    return 0;
}

static DWORD WINAPI TerminateIt(PVOID Parameter)
{
    TerminateProcess(((PROCESS_RACE *)Parameter)->Process, 99);
    return 0;
}

static DWORD WINAPI DuplicateIt(PVOID Parameter)
{
    PROCESS_RACE *Race = Parameter;
    HANDLE Copy, Inside, Opened;
    DWORD Code;

    for (int i = 0; i < 3; i++) {
        if (DuplicateHandle(GetCurrentProcess(), Race->Process, GetCurrentProcess(), &Copy, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
            GetExitCodeProcess(Copy, &Code);
            CloseHandle(Copy);
        }
        DuplicateHandle(GetCurrentProcess(), Race->Process, Race->Process, &Inside, 0, FALSE, DUPLICATE_SAME_ACCESS);
        Opened = OpenProcess(PROCESS_ALL_ACCESS, FALSE, Race->Id);
        if (Opened != NULL) {
            CloseHandle(Opened);
        }
    }
    return 0;
}

static DWORD WINAPI WaitForIt(PVOID Parameter)
{
    return WaitForSingleObject(((PROCESS_RACE *)Parameter)->Process, LIMIT);
}

static int ProcessScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {ResumeIt, DuplicateIt, Seed & 1 ? TerminateIt : DuplicateIt, WaitForIt};
    NATIVE_PROCESS Process;
    PROCESS_RACE Race;
    PVOID Parameters[] = {&Race, &Race, &Race, &Race};
    DWORD Code = 0;
    NTSTATUS Status = NativeCreate(&Native, L"\\??\\C:\\Programs\\nop.exe", L"C:\\Programs\\nop.exe", &Process);

    if (Status < 0) {
        return Wrong("RtlCreateUserProcess", (ULONG)Status);
    }
    Race = (PROCESS_RACE){Process.Process, Process.Thread, (DWORD)(ULONG_PTR)Process.ClientId.UniqueProcess};
    int Good = Together(Routines, Parameters, 4);
    GetExitCodeProcess(Process.Process, &Code);
    CloseHandle(Process.Process);
    return Good && (Code == 42 || ((Seed & 1) && Code == 99)) ? 1 : Wrong("exit code", Code);
}

/* ---- wait, signal, alert, terminate of threads -------------------------------------------------------------------------------------- */

typedef struct _THREAD_RACE
{
    HANDLE Events[2], Semaphore, Mutex;
    HANDLE Waiter;
    volatile LONG Started, Woken, Apcs;
} THREAD_RACE;

static THREAD_RACE *Current;

static VOID CALLBACK CountApc(ULONG_PTR Parameter)
{
    InterlockedAdd(&Current->Apcs, (LONG)Parameter);
}

static DWORD WINAPI Waiter(PVOID Parameter)
{
    THREAD_RACE *Race = Parameter;
    HANDLE Objects[3] = {Race->Events[0], Race->Semaphore, Race->Mutex};

    Race->Started = 1;
    for (;;) {
        DWORD Result = WaitForMultipleObjectsEx(3, Objects, FALSE, INFINITE, TRUE);
        InterlockedIncrement(&Race->Woken);
        if (Result == WAIT_OBJECT_0 + 2 || Result == WAIT_ABANDONED_0 + 2) {
            ReleaseMutex(Race->Mutex);
        } else if (Result != WAIT_IO_COMPLETION && Result != WAIT_OBJECT_0 + 1 && Result != WAIT_OBJECT_0) {
            return Result;
        }
        SwitchToThread();
    }
}

static DWORD WINAPI Signaller(PVOID Parameter)
{
    THREAD_RACE *Race = Parameter;

    for (int i = 0; i < 5; i++) {
        SetEvent(Race->Events[0]);
        ReleaseSemaphore(Race->Semaphore, 1, NULL);
        SignalObjectAndWait(Race->Events[0], Race->Events[1], 0, FALSE);
    }
    return 0;
}

static DWORD WINAPI Alerter(PVOID Parameter)
{
    THREAD_RACE *Race = Parameter;

    for (int i = 0; i < 5; i++) {
        QueueUserAPC(CountApc, Race->Waiter, 1);
        SuspendThread(Race->Waiter);
        ResumeThread(Race->Waiter);
    }
    return 0;
}

static DWORD WINAPI MutexUser(PVOID Parameter)
{
    THREAD_RACE *Race = Parameter;

    for (int i = 0; i < 5; i++) {
        if (WaitForSingleObject(Race->Mutex, LIMIT) == WAIT_TIMEOUT) {
            return 1;
        }
        ReleaseMutex(Race->Mutex);
    }
    return 0;
}

static DWORD WINAPI Killer(PVOID Parameter)
{
    SwitchToThread();
    TerminateThread(((THREAD_RACE *)Parameter)->Waiter, 7);
    return 0;
}

static int ThreadScenario(uint32_t Seed)
{
    THREAD_RACE Race = {.Events = {CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, FALSE, FALSE, NULL)},
                        .Semaphore = CreateSemaphoreA(NULL, 0, 100, NULL), .Mutex = CreateMutexA(NULL, FALSE, NULL)};
    LPTHREAD_START_ROUTINE Routines[] = {Signaller, Alerter, MutexUser, Seed & 1 ? Killer : Signaller};
    PVOID Parameters[] = {&Race, &Race, &Race, &Race};
    DWORD Code = 0;

    Current = &Race;
    Race.Waiter = CreateThread(NULL, 0, Waiter, &Race, 0, NULL);
    while (!Race.Started) {
        SwitchToThread(); /* killed on its way through the loader, it would take the loader lock along */
    }
    int Good = Together(Routines, Parameters, 4);
    TerminateThread(Race.Waiter, 7);
    Good &= WaitForSingleObject(Race.Waiter, LIMIT) == WAIT_OBJECT_0;
    GetExitCodeThread(Race.Waiter, &Code);
    DWORD Mutex = WaitForSingleObject(Race.Mutex, LIMIT); /* may be abandoned, must be free */
    Good &= Mutex == WAIT_OBJECT_0 || Mutex == WAIT_ABANDONED;
    CloseHandle(Race.Waiter);
    CloseHandle(Race.Events[0]);
    CloseHandle(Race.Events[1]);
    CloseHandle(Race.Semaphore);
    CloseHandle(Race.Mutex);
    return Good && Code == 7 ? 1 : Wrong("waiter's exit code", Code);
}

/* ---- map, unmap, fault, protect of shared pages ------------------------------------------------------------------------------------- */

#define PAGES 8u

typedef struct _MEMORY_RACE
{
    HANDLE Section;
    volatile unsigned char *Shared, *Private; /* stay mapped */
    volatile LONG Bad;
} MEMORY_RACE;

/* Maps a view of its own, writes its mark into each page, finds everything of the others intact. */
static DWORD WINAPI Mapper(PVOID Parameter)
{
    MEMORY_RACE *Race = Parameter;

    for (int i = 0; i < 3; i++) {
        volatile unsigned char *View = MapViewOfFile(Race->Section, FILE_MAP_WRITE, 0, 0, 0);
        if (View == NULL) {
            InterlockedIncrement(&Race->Bad);
            return 1;
        }
        for (unsigned Page = 0; Page < PAGES; Page++) {
            View[Page * 4096 + 8] = (unsigned char)(Page + 1);
            if (Race->Shared[Page * 4096 + 8] != (unsigned char)(Page + 1)) {
                InterlockedIncrement(&Race->Bad);
            }
        }
        UnmapViewOfFile((PVOID)View);
    }
    return 0;
}

/* Protection goes to and fro while others read. */
static DWORD WINAPI Protector(PVOID Parameter)
{
    MEMORY_RACE *Race = Parameter;
    DWORD Old;

    for (int i = 0; i < 6; i++) {
        VirtualProtect((PVOID)(Race->Private + (i % PAGES) * 4096), 4096 * 2, i & 1 ? PAGE_READWRITE : PAGE_READONLY, &Old);
    }
    return 0;
}

static DWORD WINAPI Reader(PVOID Parameter)
{
    MEMORY_RACE *Race = Parameter;
    unsigned char Buffer[64];
    SIZE_T Done;

    for (int i = 0; i < 4; i++) {
        for (unsigned Page = 0; Page < PAGES; Page++) {
            if (Race->Private[Page * 4096] != (unsigned char)(Page ^ 0x5A)) {
                InterlockedIncrement(&Race->Bad);
            }
            ReadProcessMemory(GetCurrentProcess(), (PVOID)(Race->Private + Page * 4096), Buffer, sizeof(Buffer), &Done);
            if (Done != sizeof(Buffer) || Buffer[0] != (unsigned char)(Page ^ 0x5A)) {
                InterlockedIncrement(&Race->Bad);
            }
        }
    }
    return 0;
}

static DWORD WINAPI Allocator(PVOID Parameter)
{
    MEMORY_RACE *Race = Parameter;

    for (int i = 0; i < 3; i++) {
        volatile unsigned char *p = VirtualAlloc(NULL, 16 * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        for (int Page = 0; p != NULL && Page < 16; Page++) {
            Race->Bad += p[Page * 4096] != 0; /* a fresh page is empty, whoever had it before */
            p[Page * 4096] = 1;
        }
        VirtualFree((PVOID)(p + 4096), 4096, MEM_DECOMMIT);
        VirtualFree((PVOID)p, 0, MEM_RELEASE);
    }
    return 0;
}

static int MemoryScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {Mapper, Protector, Reader, Allocator, Seed & 1 ? Mapper : Reader};
    MEMORY_RACE Race = {.Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGES * 4096, NULL)};
    PVOID Parameters[] = {&Race, &Race, &Race, &Race, &Race};

    Race.Shared = MapViewOfFile(Race.Section, FILE_MAP_READ, 0, 0, 0);
    Race.Private = VirtualAlloc(NULL, (PAGES + 1) * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (unsigned Page = 0; Page < PAGES; Page++) {
        Race.Private[Page * 4096] = (unsigned char)(Page ^ 0x5A);
    }
    int Good = Together(Routines, Parameters, 5);
    UnmapViewOfFile((PVOID)Race.Shared);
    VirtualFree((PVOID)Race.Private, 0, MEM_RELEASE);
    CloseHandle(Race.Section);
    return Good && Race.Bad == 0 ? 1 : Wrong("bytes that were wrong", (ULONG)Race.Bad);
}

/* ---- insert, look-up, delete of names ----------------------------------------------------------------------------------------------- */

static volatile LONG NameFailures;

static DWORD WINAPI Namer(PVOID Parameter)
{
    unsigned Which = (unsigned)(ULONG_PTR)Parameter;
    char Name[32];

    for (unsigned i = 0; i < 6; i++) {
        snprintf(Name, sizeof(Name), "explore-%u", (Which + i) % 2);
        HANDLE Made = CreateEventA(NULL, TRUE, FALSE, Name);
        HANDLE Found = OpenEventA(EVENT_MODIFY_STATE, FALSE, Name);
        if (Made == NULL || Found == NULL || !SetEvent(Found) || WaitForSingleObject(Made, 0) != WAIT_OBJECT_0) {
            InterlockedIncrement(&NameFailures);
        }
        CloseHandle(Made);
        CloseHandle(Found);
    }
    return 0;
}

/* Opens what may or may not be there, under the wrong type too. */
static DWORD WINAPI Seeker(PVOID Parameter)
{
    (void)Parameter;
    for (unsigned i = 0; i < 8; i++) {
        HANDLE Event = OpenEventA(SYNCHRONIZE, FALSE, i & 1 ? "explore-0" : "explore-1"), Mutex = OpenMutexA(SYNCHRONIZE, FALSE, "explore-0");
        if (Mutex != NULL) {
            InterlockedIncrement(&NameFailures);
        }
        CloseHandle(Event != NULL ? Event : CreateEventA(NULL, FALSE, FALSE, NULL));
    }
    return 0;
}

static int NameScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {Namer, Namer, Seeker, Namer};
    PVOID Parameters[] = {(PVOID)(ULONG_PTR)Seed, (PVOID)(ULONG_PTR)(Seed + 1), NULL, (PVOID)(ULONG_PTR)(Seed >> 1)};
    HANDLE Left;

    NameFailures = 0;
    int Good = Together(Routines, Parameters, 4);
    Left = OpenEventA(SYNCHRONIZE, FALSE, "explore-0");
    if (Left != NULL) {
        return Wrong("a name outlived its handles", 0);
    }
    return Good && NameFailures == 0 ? 1 : Wrong("names that did not behave", (ULONG)NameFailures);
}

static const SCENARIO Scenarios[] = {{"process", ProcessScenario}, {"threads", ThreadScenario}, {"memory", MemoryScenario}, {"names", NameScenario}};

int main(int Count, char **Arguments)
{
    return ExploreMain(Scenarios, sizeof(Scenarios) / sizeof(Scenarios[0]), Count, Arguments);
}

/* SPDX-License-Identifier: MIT */
/*
 * stress.c - processes and threads of all kinds, from several threads at once, for a given time; then nothing may be left.
 *
 * usage: stress SECONDS [WORKERS [SEED]]          stress child KIND ...      (what it starts itself)
 *
 * Each worker draws one job after another.  A job is small and knows what must come out of it: exit codes, wait results, the bytes of shared
 * memory.  The workers live in a process of their own.  When it has ended, the counters of the system (pages, pool by tag, handles, processes,
 * threads) are compared with those taken after a warm-up of the same kind.  The jobs are what races are made of: the same process is terminated,
 * waited for, queried and duplicated by different threads; threads are suspended and killed at any point; names appear and vanish.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "../../userland/programs/native.h"

#define MAX_WORKERS 16
#define SYSTEM_POOL_TAGS 22
#define INJECT_SETTLE 0x4E430012u

typedef struct _WORKER
{
    uint64_t Random;
    HANDLE Thread;
    int Index;
    const char *volatile Doing; /* the job it is in */
} WORKER;

typedef int JOB(WORKER *Worker); /* 0: something was wrong, and has been printed */

static NATIVE Native;
static WORKER Workers[MAX_WORKERS];
static volatile LONG Stop, Failures;
static volatile LONG Counts[16];

static uint32_t Draw(WORKER *Worker, uint32_t Limit)
{
    Worker->Random ^= Worker->Random << 13;
    Worker->Random ^= Worker->Random >> 7;
    Worker->Random ^= Worker->Random << 17;
    return (uint32_t)(Worker->Random >> 32) % Limit;
}

static int Expect(unsigned long Got, unsigned long Expected, const char *What)
{
    if (Got != Expected) {
        printf("# %s: got 0x%lx, expected 0x%lx (error %lu)\n", What, Got, Expected, GetLastError());
        InterlockedIncrement(&Failures);
    }
    return Got == Expected;
}

/* ---- processes ---------------------------------------------------------------------------------------------------------------------- */

static int Start(const char *Program, const char *Arguments, DWORD Flags, PROCESS_INFORMATION *Process)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup), .dwFlags = STARTF_USESTDHANDLES}; /* no handles: a crash report goes to the log only */
    char Path[MAX_PATH], Line[MAX_PATH + 64];

    snprintf(Path, sizeof(Path), "C:\\Programs\\%s", Program);
    snprintf(Line, sizeof(Line), "%s %s", Program, Arguments);
    if (!CreateProcessA(Path, Line, NULL, NULL, FALSE, Flags, NULL, NULL, &Startup, Process)) {
        return Expect(GetLastError(), 0, "CreateProcess");
    }
    return 1;
}

static int Finish(PROCESS_INFORMATION *Process, DWORD Expected, const char *What)
{
    DWORD Code = 0;

    Expect(WaitForSingleObject(Process->hProcess, INFINITE), WAIT_OBJECT_0, "wait for the process");
    GetExitCodeProcess(Process->hProcess, &Code);
    CloseHandle(Process->hThread);
    CloseHandle(Process->hProcess);
    return Expect(Code, Expected, What);
}

static int JobProcess(WORKER *Worker)
{
    PROCESS_INFORMATION Process;
    char Number[16];
    DWORD Code = Draw(Worker, 1000);

    snprintf(Number, sizeof(Number), "%lu", Code);
    return Start("exitcode.exe", Number, 0, &Process) && Finish(&Process, Code, "exit code");
}

static int JobNative(WORKER *Worker)
{
    NATIVE_PROCESS Process;
    DWORD Code = 0;
    NTSTATUS Status = NativeCreate(&Native, L"\\??\\C:\\Programs\\nop.exe", L"C:\\Programs\\nop.exe", &Process);

    (void)Worker;
    if (Status < 0) {
        return Expect((ULONG)Status, 0, "RtlCreateUserProcess");
    }
    Native.ResumeThread(Process.Thread, NULL);
    WaitForSingleObject(Process.Process, INFINITE);
    GetExitCodeProcess(Process.Process, &Code);
    CloseHandle(Process.Thread);
    CloseHandle(Process.Process);
    return Expect(Code, 42, "native exit code");
}

/* Ended before its first instruction, or somewhere on its way. */
static int JobTerminate(WORKER *Worker)
{
    PROCESS_INFORMATION Process;
    DWORD Flags = Draw(Worker, 2) != 0 ? CREATE_SUSPENDED : 0, Code = 0;

    if (!Start("stress.exe", "child spin", Flags, &Process)) {
        return 0;
    }
    for (uint32_t i = Draw(Worker, 20000); i != 0; i--) {
        YieldProcessor();
    }
    if (Draw(Worker, 4) == 0) {
        Sleep(1 + Draw(Worker, 20));
    }
    GetExitCodeProcess(Process.hProcess, &Code);
    Expect(Code, STILL_ACTIVE, "exit code of a living process");
    TerminateProcess(Process.hProcess, 77);
    return Finish(&Process, 77, "exit code of a terminated process");
}

static int JobCrash(WORKER *Worker)
{
    static const struct { const char *Kind; DWORD Status; } Kinds[] = {
        {"nullwrite", 0xC0000005}, {"divide", 0xC0000094}, {"illegal", 0xC000001D}, {"stack", 0xC00000FD},
    };
    uint32_t i = Draw(Worker, 4);
    PROCESS_INFORMATION Process;

    return Start("crash.exe", Kinds[i].Kind, 0, &Process) && Finish(&Process, Kinds[i].Status, "status of a crash");
}

/* A child whose main thread leaves while others run, or that is left by a thread other than the first. */
static int JobManyThreads(WORKER *Worker)
{
    PROCESS_INFORMATION Process;
    int Other = Draw(Worker, 2) != 0;

    return Start("stress.exe", Other ? "child threads 1" : "child threads 0", 0, &Process) && Finish(&Process, 55, "exit code of a child with threads");
}

/* ---- the same process from three threads ------------------------------------------------------------------------------------------- */

typedef struct _SHARED_PROCESS
{
    HANDLE Process;
    DWORD ProcessId;
    volatile LONG Ready;
} SHARED_PROCESS;

static DWORD WINAPI KillIt(PVOID Parameter)
{
    SHARED_PROCESS *Shared = Parameter;

    while (!Shared->Ready) {
        YieldProcessor();
    }
    TerminateProcess(Shared->Process, 99);
    return 0;
}

/* Duplicates, queries and opens by id while it dies; any of it may fail, none may do harm. */
static DWORD WINAPI WatchIt(PVOID Parameter)
{
    SHARED_PROCESS *Shared = Parameter;
    FILETIME Times[4];
    DWORD Code = STILL_ACTIVE;

    while (!Shared->Ready) {
        YieldProcessor();
    }
    for (int i = 0; i < 20; i++) {
        HANDLE Copy, Opened = OpenProcess(PROCESS_ALL_ACCESS, FALSE, Shared->ProcessId), Inside;
        if (DuplicateHandle(GetCurrentProcess(), Shared->Process, GetCurrentProcess(), &Copy, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
            GetProcessTimes(Copy, &Times[0], &Times[1], &Times[2], &Times[3]);
            CloseHandle(Copy);
        }
        if (Opened != NULL) {
            DuplicateHandle(GetCurrentProcess(), Opened, Opened, &Inside, 0, FALSE, DUPLICATE_SAME_ACCESS); /* goes with its handle table */
            VirtualAllocEx(Opened, NULL, 0x3000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
            GetExitCodeProcess(Opened, &Code);
            CloseHandle(Opened);
        }
    }
    return 0;
}

static int JobRaceForProcess(WORKER *Worker)
{
    SHARED_PROCESS Shared = {0};
    PROCESS_INFORMATION Process;
    HANDLE Threads[3];

    if (!Start("stress.exe", "child spin", Draw(Worker, 2) != 0 ? CREATE_SUSPENDED : 0, &Process)) {
        return 0;
    }
    Shared.Process = Process.hProcess;
    Shared.ProcessId = Process.dwProcessId;
    Threads[0] = CreateThread(NULL, 0, WatchIt, &Shared, 0, NULL);
    Threads[1] = CreateThread(NULL, 0, KillIt, &Shared, 0, NULL);
    Threads[2] = CreateThread(NULL, 0, WatchIt, &Shared, 0, NULL);
    Shared.Ready = 1;
    ResumeThread(Process.hThread);
    Expect(WaitForMultipleObjects(3, Threads, TRUE, INFINITE), WAIT_OBJECT_0, "wait for the three");
    for (int i = 0; i < 3; i++) {
        CloseHandle(Threads[i]);
    }
    return Finish(&Process, 99, "exit code of the process they raced for");
}

/* ---- threads ------------------------------------------------------------------------------------------------------------------------ */

static DWORD WINAPI ReturnIt(PVOID Parameter)
{
    return (DWORD)(ULONG_PTR)Parameter;
}

__attribute__((noreturn)) static DWORD WINAPI SpinForever(PVOID Parameter)
{
    volatile LONG *Counter = Parameter;

    for (;;) {
        InterlockedIncrement(Counter);
    }
}

__attribute__((noreturn)) static DWORD WINAPI SleepForever(PVOID Parameter)
{
    (void)Parameter;
    for (;;) {
        SleepEx(INFINITE, TRUE);
    }
}

static int JobThreads(WORKER *Worker)
{
    HANDLE Threads[4];
    DWORD Code;
    int Good = 1;

    for (uint32_t i = 0; i < 4; i++) {
        Threads[i] = CreateThread(NULL, Draw(Worker, 2) * 0x10000, ReturnIt, (PVOID)(ULONG_PTR)(1000 + i), 0, NULL);
    }
    Good &= Expect(WaitForMultipleObjects(4, Threads, TRUE, INFINITE), WAIT_OBJECT_0, "wait for four threads");
    for (uint32_t i = 0; i < 4; i++) {
        GetExitCodeThread(Threads[i], &Code);
        Good &= Expect(Code, 1000 + i, "exit code of a thread");
        CloseHandle(Threads[i]);
    }
    return Good;
}

/* Suspended, resumed and looked at while it runs, then killed: not before it runs, for a thread killed on its way through the loader takes the lock along. */
static int JobSuspend(WORKER *Worker)
{
    volatile LONG Counter = 0;
    HANDLE Thread = CreateThread(NULL, 0, SpinForever, (PVOID)&Counter, 0, NULL);
    CONTEXT Context;
    DWORD Code = 0;

    while (Counter == 0) {
        SwitchToThread();
    }
    for (uint32_t i = Draw(Worker, 8) + 1; i != 0; i--) {
        LONG Before;
        Expect(SuspendThread(Thread), 0, "SuspendThread");
        Context.ContextFlags = CONTEXT_FULL;
        Expect(GetThreadContext(Thread, &Context), TRUE, "GetThreadContext"); /* the thread stands still when this returns */
        Before = Counter;
        for (int k = 0; k < 1000; k++) {
            YieldProcessor();
        }
        Expect((ULONG)Counter, (ULONG)Before, "a suspended thread's counter");
        Expect(ResumeThread(Thread), 1, "ResumeThread");
    }
    TerminateThread(Thread, 33);
    Expect(WaitForSingleObject(Thread, INFINITE), WAIT_OBJECT_0, "wait for a killed thread");
    GetExitCodeThread(Thread, &Code);
    CloseHandle(Thread);
    return Expect(Code, 33, "exit code of a killed thread");
}

static volatile LONG ApcRuns;

static VOID CALLBACK CountApc(ULONG_PTR Parameter)
{
    InterlockedAdd(&ApcRuns, (LONG)Parameter);
}

static VOID CALLBACK LeaveByApc(ULONG_PTR Parameter)
{
    ExitThread((DWORD)Parameter);
}

static int JobApcs(WORKER *Worker)
{
    HANDLE Thread = CreateThread(NULL, 0, SleepForever, NULL, 0, NULL);
    DWORD Code = 0;

    for (uint32_t i = Draw(Worker, 10); i != 0; i--) {
        Expect(QueueUserAPC(CountApc, Thread, 1) != 0, 1, "QueueUserAPC");
    }
    QueueUserAPC(LeaveByApc, Thread, 44);
    Expect(WaitForSingleObject(Thread, INFINITE), WAIT_OBJECT_0, "wait for a thread that leaves in an APC");
    GetExitCodeThread(Thread, &Code);
    CloseHandle(Thread);
    return Expect(Code, 44, "exit code of a thread that left in an APC");
}

/* ---- names, memory ------------------------------------------------------------------------------------------------------------------ */

static int JobNames(WORKER *Worker)
{
    char Name[32];
    HANDLE Handles[3];

    snprintf(Name, sizeof(Name), "stress-%u", (unsigned)Draw(Worker, 3));
    Handles[0] = CreateEventA(NULL, TRUE, FALSE, Name);
    Handles[1] = OpenEventA(EVENT_ALL_ACCESS, FALSE, Name);
    Handles[2] = CreateEventA(NULL, TRUE, FALSE, Name);
    Expect(Handles[0] != NULL && Handles[1] != NULL && Handles[2] != NULL, 1, "events of a name");
    SetEvent(Handles[2]);
    for (int i = 0; i < 3; i++) {
        CloseHandle(Handles[i]);
    }
    return 1;
}

static int JobMemory(WORKER *Worker)
{
    SIZE_T Size = (Draw(Worker, 64) + 1) * 0x1000;
    volatile unsigned char *View, *Second, *Private = VirtualAlloc(NULL, Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    HANDLE Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)Size, NULL);
    DWORD Old;
    int Good = 1;

    View = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 0);
    Second = MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 0);
    CloseHandle(Section);
    for (SIZE_T i = 0; i < Size; i += 0x1000) {
        Private[i] = (unsigned char)(i >> 12);
        View[i] = (unsigned char)~(i >> 12);
    }
    VirtualProtect((PVOID)Private, Size, PAGE_READONLY, &Old);
    for (SIZE_T i = 0; i < Size; i += 0x1000) {
        Good &= Private[i] == (unsigned char)(i >> 12) && Second[i] == (unsigned char)~(i >> 12);
    }
    UnmapViewOfFile((PVOID)View);
    UnmapViewOfFile((PVOID)Second);
    VirtualFree((PVOID)Private, 0, MEM_RELEASE);
    return Expect((ULONG)Good, 1, "bytes of shared and private memory");
}

static const struct { const char *Name; JOB *Job; uint32_t Weight; } Jobs[] = {
    {"processes", JobProcess, 6},     {"native", JobNative, 6},       {"terminated", JobTerminate, 6},  {"crashed", JobCrash, 3},
    {"with threads", JobManyThreads, 4}, {"raced for", JobRaceForProcess, 6}, {"threads x4", JobThreads, 12}, {"suspended", JobSuspend, 10},
    {"by APC", JobApcs, 10},          {"names", JobNames, 12},        {"memory", JobMemory, 12},
};
#define JOBS (sizeof(Jobs) / sizeof(Jobs[0]))

static DWORD WINAPI Work(PVOID Parameter)
{
    WORKER *Worker = Parameter;
    uint32_t Total = 0;

    for (unsigned i = 0; i < JOBS; i++) {
        Total += Jobs[i].Weight;
    }
    while (!Stop && Failures == 0) {
        uint32_t Pick = Draw(Worker, Total), i = 0;
        while (Pick >= Jobs[i].Weight) {
            Pick -= Jobs[i++].Weight;
        }
        Worker->Doing = Jobs[i].Name;
        if (Jobs[i].Job(Worker)) {
            InterlockedIncrement(&Counts[i]);
        }
        Worker->Doing = "nothing";
    }
    return 0;
}

static int EachJobDone(void)
{
    for (unsigned i = 0; i < JOBS; i++) {
        if (Counts[i] == 0) {
            return 0;
        }
    }
    return 1;
}

/* Runs the workers for a time, and joins them. */
static void RunFor(DWORD Milliseconds, int Count, uint64_t Seed)
{
    Stop = 0;
    for (int i = 0; i < Count; i++) {
        Workers[i] = (WORKER){.Random = Seed * 0x9E3779B97F4A7C15ull + (uint64_t)i + 1, .Index = i};
        Workers[i].Thread = CreateThread(NULL, 0, Work, &Workers[i], 0, NULL);
    }
    /* each job at least once, however slow the machine: what the first of a kind leaves in caches belongs to the warm-up */
    for (ULONGLONG End = GetTickCount64() + Milliseconds; (GetTickCount64() < End || !EachJobDone()) && Failures == 0;) {
        Sleep(100);
    }
    Stop = 1;
    for (int i = 0; i < Count; i++) {
        while (WaitForSingleObject(Workers[i].Thread, 60000) == WAIT_TIMEOUT) {
            printf("# worker %d does not end: %s\n", i, Workers[i].Doing);
            fflush(stdout);
            InterlockedIncrement(&Failures);
        }
        CloseHandle(Workers[i].Thread);
    }
}

/* ---- measuring ---------------------------------------------------------------------------------------------------------------------- */

typedef struct _TAG
{
    unsigned char Tag[4];
    ULONG PagedAllocations, PagedFrees;
    SIZE_T PagedUsed;
    ULONG NonPagedAllocations, NonPagedFrees;
    SIZE_T NonPagedUsed;
} TAG;

typedef struct _TAGS
{
    ULONG Count;
    TAG Entry[1000];
} TAGS;

static TAGS Before, After;
static NATIVE_USAGE UsageBefore, UsageAfter;

static int Measure(TAGS *Tags, NATIVE_USAGE *Usage)
{
    NTSTATUS(NTAPI *Control)(ULONG, PVOID, ULONG, PVOID, ULONG, PULONG) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtSystemDebugControl");
    ULONG Returned;

    Sleep(3000); /* system workers clean up, and those that were added for it end */
    if (Control != NULL) {
        Control(INJECT_SETTLE, NULL, 0, NULL, 0, &Returned);
    }
    return Native.QuerySystem(SYSTEM_POOL_TAGS, Tags, sizeof(*Tags), &Returned) >= 0 && NativeUsage(&Native, Usage);
}

static int Same(const char *Name, unsigned long long First, unsigned long long Second)
{
    printf("%-16s %10llu %10llu  %s\n", Name, First, Second, First == Second ? "same" : "DIFFERENT");
    return First == Second;
}

/* Tags whose use differs, by name: a leak is nearly found when one knows whose it is. */
static int SameTags(void)
{
    int Good = 1;

    for (ULONG i = 0; i < After.Count; i++) {
        const TAG *Now = &After.Entry[i], *Then = NULL;
        for (ULONG k = 0; k < Before.Count; k++) {
            if (memcmp(Before.Entry[k].Tag, Now->Tag, 4) == 0) {
                Then = &Before.Entry[k];
            }
        }
        if (Now->PagedUsed + Now->NonPagedUsed == (Then != NULL ? Then->PagedUsed + Then->NonPagedUsed : 0)) {
            continue;
        }
        /* the measurement's own buffer; the event a resource keeps once two threads have met at it, which may be in the warm-up or later */
        int Known = memcmp(Now->Tag, "Info", 4) == 0 || memcmp(Now->Tag, "Reso", 4) == 0;
        printf("  tag %.4s: %llu bytes, %llu before%s\n", Now->Tag, (unsigned long long)(Now->PagedUsed + Now->NonPagedUsed),
               (unsigned long long)(Then != NULL ? Then->PagedUsed + Then->NonPagedUsed : 0), Known ? ", which is no leak" : "  DIFFERENT");
        Good &= Known;
    }
    return Good;
}

/* Pool is compared tag by tag; the pages it lies in may be one more or less, so they are counted with what is free. */
static int Compare(void)
{
    const NATIVE_USAGE *A = &UsageBefore, *B = &UsageAfter;
    int Good = 1;

    Good &= Same("free and pool", A->AvailablePages + A->PagedPool + A->NonPagedPool, B->AvailablePages + B->PagedPool + B->NonPagedPool);
    Good &= Same("committed", A->CommittedPages - A->PagedPool - A->NonPagedPool, B->CommittedPages - B->PagedPool - B->NonPagedPool);
    Good &= Same("own handles", A->OwnHandles, B->OwnHandles);
    Good &= Same("all handles", A->AllHandles, B->AllHandles);
    Good &= Same("processes", A->Processes, B->Processes);
    Good &= Same("threads", A->Threads, B->Threads);
    return SameTags() && Good;
}

/* ---- what the workers start --------------------------------------------------------------------------------------------------------- */

static DWORD WINAPI LeaveProcess(PVOID Parameter)
{
    (void)Parameter;
    ExitProcess(55);
}

static DWORD WINAPI Idle(PVOID Parameter)
{
    (void)Parameter;
    return 0;
}

/* stress child run MILLISECONDS WORKERS SEED */
static int RunJobs(char **Arguments)
{
    DWORD Milliseconds = strtoul(Arguments[3], NULL, 0);
    int Count = atoi(Arguments[4]);

    RunFor(Milliseconds, Count, strtoull(Arguments[5], NULL, 0));
    printf("%lu ms, %d workers, seed %s:", Milliseconds, Count, Arguments[5]);
    for (unsigned i = 0; i < JOBS; i++) {
        printf("%s %ld %s", i != 0 ? "," : "", Counts[i], Jobs[i].Name);
    }
    printf("\n");
    return Failures == 0 ? 0 : 1;
}

/* More threads at once than the workers ever have. */
static int Crowd(void)
{
    static HANDLE Threads[400];
    int Made = 0, Good;

    while (Made < 400 && (Threads[Made] = CreateThread(NULL, 0x10000, Idle, NULL, CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION, NULL)) != NULL) {
        Made++;
    }
    Good = Made == 400;
    while (Made-- > 0) {
        ResumeThread(Threads[Made]);
        Good &= WaitForSingleObject(Threads[Made], INFINITE) == WAIT_OBJECT_0;
        CloseHandle(Threads[Made]);
    }
    return Good ? 0 : 1;
}

static int Child(int Count, char **Arguments)
{
    static volatile LONG Counter;

    if (strcmp(Arguments[2], "crowd") == 0) {
        return Crowd();
    }
    if (strcmp(Arguments[2], "run") == 0) {
        return RunJobs(Arguments);
    }
    if (strcmp(Arguments[2], "spin") == 0) {
        SpinForever((PVOID)&Counter);
    }
    for (int i = 0; i < 4; i++) {
        CloseHandle(CreateThread(NULL, 0, i & 1 ? SpinForever : SleepForever, (PVOID)&Counter, 0, NULL));
    }
    if (Count > 3 && Arguments[3][0] == '1') {
        CloseHandle(CreateThread(NULL, 0, LeaveProcess, NULL, 0, NULL));
        SleepForever(NULL);
    }
    return 55;
}

static int RunLine(char *Line)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;

    if (!CreateProcessA("C:\\Programs\\stress.exe", Line, NULL, NULL, TRUE, 0, NULL, NULL, &Startup, &Process)) {
        return Expect(GetLastError(), 0, "CreateProcess of the runner");
    }
    return Finish(&Process, 0, "exit code of the runner");
}

/* The jobs in a process that leaves nothing behind but what the system forgot. */
static int RunElsewhere(DWORD Milliseconds, int WorkerCount, unsigned long long Seed)
{
    char Line[128];

    snprintf(Line, sizeof(Line), "stress.exe child run %lu %d %llu", Milliseconds, WorkerCount, Seed);
    return RunLine(Line);
}

/*
 * The kernel makes page tables for its stacks as more threads live at once than ever before, and keeps them.  So there is a crowd before anything is
 * measured, or the busiest moment of a long run would look like a leak of a page.
 */
static int RunCrowd(void)
{
    char Line[] = "stress.exe child crowd";

    return RunLine(Line);
}

int main(int Count, char **Arguments)
{
    DWORD Seconds = Count > 1 ? (DWORD)atoi(Arguments[1]) : 10;
    int WorkerCount = Count > 2 ? atoi(Arguments[2]) : 6, Good;
    unsigned long long Seed = Count > 3 ? strtoull(Arguments[3], NULL, 0) : 1;

    if (!NativeLoad(&Native)) {
        return 2;
    }
    if (Count > 2 && strcmp(Arguments[1], "child") == 0) {
        return Child(Count, Arguments);
    }
    if (WorkerCount < 1 || WorkerCount > MAX_WORKERS) {
        printf("usage: stress SECONDS [WORKERS [SEED]]\n");
        return 2;
    }
    memset(&After, 1, sizeof(After)); /* or its pages would be touched only between the measurements */
    Good = RunCrowd() && RunElsewhere(Seconds < 40 ? Seconds * 250 : 10000, WorkerCount, Seed + 1000);
    if (!Good || !Measure(&Before, &UsageBefore) || !Measure(&Before, &UsageBefore)) {
        printf("stress: could not measure\n");
        return 2;
    }
    Good = RunElsewhere(Seconds * 1000, WorkerCount, Seed);
    if (!Measure(&After, &UsageAfter)) {
        printf("stress: could not measure\n");
        return 2;
    }
    printf("%-16s %10s %10s\n", "", "before", "after");
    return Compare() && Good ? 0 : 1;
}

/* SPDX-License-Identifier: MIT */
/*
 * races.c - more races found by seed (explore.h): ends of things that meet.
 *
 *   ending    a process suspended, resumed, given threads and memory, and terminated, all at once
 *   suspend   threads suspended without pause while they are terminated: they end
 *   waits     waits for all, with time-outs and APCs, for a mutex whose owners die, a semaphore and an event: nothing is lost, nothing is there twice
 *   locks     SRW locks, critical sections, condition variables, WaitOnAddress: no wake-up is lost
 *   timers    timers set again and cancelled by several threads: no APC of a setting that has not expired
 *   io        reads of a pipe issued, cancelled, fed, broken, and their thread killed; each completes once
 *   handles   the same handles closed by several threads: each is closed once
 *   jobs      processes assigned to a job while it is terminated and closed
 *   files     one file made, renamed, read, mapped and deleted by several threads
 *
 * usage: races SCENARIO FIRST COUNT
 */
#include "explore.h"

static FARPROC NtdllRoutine(const char *Name)
{
    return GetProcAddress(GetModuleHandleA("ntdll.dll"), Name);
}

static int Add(volatile LONG *Counter, int Condition)
{
    return Condition ? InterlockedIncrement(Counter) : 0;
}

/* ---- ending ------------------------------------------------------------------------------------------------------------------------- */

typedef struct _ENDING
{
    HANDLE Process, Thread;
} ENDING;

static DWORD WINAPI SuspendThem(PVOID Parameter)
{
    ENDING *Race = Parameter;
    NTSTATUS(NTAPI *SuspendProcess)(HANDLE) = (void *)NtdllRoutine("NtSuspendProcess");
    CONTEXT Context;

    for (int i = 0; i < 6; i++) {
        SuspendThread(Race->Thread); /* never resumed as often */
        SuspendProcess(Race->Process);
        Context.ContextFlags = CONTEXT_FULL;
        GetThreadContext(Race->Thread, &Context);
        ResumeThread(Race->Thread);
    }
    return 0;
}

static DWORD WINAPI GiveThreads(PVOID Parameter)
{
    ENDING *Race = Parameter;
    LPTHREAD_START_ROUTINE Start = (LPTHREAD_START_ROUTINE)(void *)NtdllRoutine("RtlExitUserThread");

    for (int i = 0; i < 4; i++) {
        HANDLE Thread = CreateRemoteThread(Race->Process, NULL, 0, Start, (PVOID)5, i & 1 ? CREATE_SUSPENDED : 0, NULL);
        if (Thread != NULL) {
            SuspendThread(Thread);
            CloseHandle(Thread);
        }
    }
    return 0;
}

static DWORD WINAPI GiveMemory(PVOID Parameter)
{
    ENDING *Race = Parameter;
    char Bytes[100] = "given";
    SIZE_T Done;
    HANDLE Copy;

    for (int i = 0; i < 5; i++) {
        PVOID Memory = VirtualAllocEx(Race->Process, NULL, 0x4000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (Memory != NULL) {
            WriteProcessMemory(Race->Process, (char *)Memory + 0xFF0, Bytes, sizeof(Bytes), &Done);
            ReadProcessMemory(Race->Process, (char *)Memory + 0xFF0, Bytes, sizeof(Bytes), &Done);
            VirtualFreeEx(Race->Process, Memory, 0, i & 1 ? MEM_RELEASE : 0);
        }
        DuplicateHandle(GetCurrentProcess(), Race->Process, Race->Process, &Copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    }
    return 0;
}

static DWORD WINAPI EndIt(PVOID Parameter)
{
    ENDING *Race = Parameter;

    SwitchToThread();
    TerminateThread(Race->Thread, 98);
    TerminateProcess(Race->Process, 99);
    return 0;
}

static int EndingScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {SuspendThem, GiveThreads, GiveMemory, EndIt};
    NATIVE_PROCESS Process;
    ENDING Race;
    PVOID Parameters[] = {&Race, &Race, &Race, &Race};
    DWORD Code = 0, Ended;

    if (NativeCreate(&Native, L"\\??\\C:\\Programs\\sleeper.exe", L"C:\\Programs\\sleeper.exe", &Process) < 0) {
        return Wrong("RtlCreateUserProcess", 0);
    }
    Race = (ENDING){Process.Process, Process.Thread};
    if (Seed & 1) {
        ResumeThread(Race.Thread);
    }
    int Good = Together(Routines, Parameters, 4);
    Ended = WaitForSingleObject(Race.Process, LIMIT);
    GetExitCodeProcess(Race.Process, &Code);
    CloseHandle(Race.Process);
    CloseHandle(Race.Thread);
    if (Ended != WAIT_OBJECT_0) {
        return Wrong("a terminated process lives", Ended);
    }
    return Good && (Code == 98 || Code == 99 || Code == 5) ? 1 : Wrong("its exit code", Code);
}

/* ---- suspend ------------------------------------------------------------------------------------------------------------------------ */

typedef struct _SUSPEND
{
    HANDLE Thread;
    volatile LONG Started, Mistaken;
} SUSPEND;

__attribute__((noreturn)) static DWORD WINAPI Sleeper(PVOID Parameter)
{
    ((SUSPEND *)Parameter)->Started = 1;
    for (;;) {
        SleepEx(INFINITE, TRUE);
    }
}

static DWORD WINAPI SuspendUntilItEnds(PVOID Parameter)
{
    SUSPEND *Race = Parameter;
    DWORD Count;

    while ((Count = SuspendThread(Race->Thread)) != (DWORD)-1) {
        while (Count > 40 && ResumeThread(Race->Thread) > 1) { /* a suspension that comes too late is taken back by nobody */
        }
    }
    Add(&Race->Mistaken, GetLastError() != ERROR_ACCESS_DENIED); /* STATUS_THREAD_IS_TERMINATING */
    return 0;
}

static DWORD WINAPI EndSleeper(PVOID Parameter)
{
    SwitchToThread();
    TerminateThread(((SUSPEND *)Parameter)->Thread, 5);
    return 0;
}

static int SuspendScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {SuspendUntilItEnds, EndSleeper, SuspendUntilItEnds};
    int Good = 1;

    (void)Seed;
    for (int Round = 0; Round < 3 && Good; Round++) {
        SUSPEND Race = {.Started = 0};
        PVOID Parameters[] = {&Race, &Race, &Race};
        Race.Thread = CreateThread(NULL, 0, Sleeper, &Race, 0, NULL);
        while (!Race.Started) {
            SwitchToThread(); /* killed on its way through the loader, it would take the loader lock along */
        }
        Good = Together(Routines, Parameters, 3);
        Good = WaitForSingleObject(Race.Thread, LIMIT) == WAIT_OBJECT_0 ? Good : Wrong("a terminated thread lives, suspended", 0);
        Good = Race.Mistaken == 0 ? Good : Wrong("suspensions refused for another reason", (ULONG)Race.Mistaken);
        CloseHandle(Race.Thread);
    }
    return Good;
}

/* ---- waits -------------------------------------------------------------------------------------------------------------------------- */

typedef struct _WAITS
{
    HANDLE Objects[3]; /* mutex, semaphore of two, event that resets itself */
    HANDLE Done, Workers[2];
    DWORD TimeOut;
    volatile LONG Inside, Together, Deaths, Abandoned, Queued, Ran, Lost;
} WAITS;

static WAITS *CurrentWaits;

static VOID CALLBACK CountWaitApc(ULONG_PTR Parameter)
{
    InterlockedAdd(&CurrentWaits->Ran, (LONG)Parameter);
}

static DWORD WINAPI TakeAll(PVOID Parameter)
{
    WAITS *Race = Parameter;

    for (int Taken = 0; Taken < 4;) {
        DWORD Result = WaitForMultipleObjectsEx(3, Race->Objects, TRUE, Race->TimeOut, TRUE);
        Add(&Race->Abandoned, Result == WAIT_ABANDONED_0);
        if (Result == WAIT_OBJECT_0 || Result == WAIT_ABANDONED_0) {
            Taken++;
            Add(&Race->Together, InterlockedIncrement(&Race->Inside) != 1);
            InterlockedDecrement(&Race->Inside);
            Add(&Race->Lost, !SetEvent(Race->Objects[2]));
            Add(&Race->Lost, !ReleaseSemaphore(Race->Objects[1], 1, NULL));
            Add(&Race->Lost, !ReleaseMutex(Race->Objects[0]));
        } else {
            Add(&Race->Lost, Result != WAIT_IO_COMPLETION && Result != WAIT_TIMEOUT);
        }
    }
    while (WaitForSingleObjectEx(Race->Done, LIMIT, TRUE) == WAIT_IO_COMPLETION) {
    }
    SleepEx(0, TRUE);
    return 0;
}

/* Ends as the mutex' owner. */
static DWORD WINAPI DieWithMutex(PVOID Parameter)
{
    WAITS *Race = Parameter;
    DWORD Result = WaitForSingleObject(Race->Objects[0], LIMIT);

    Add(&Race->Abandoned, Result == WAIT_ABANDONED);
    Add(&Race->Deaths, Result == WAIT_OBJECT_0 || Result == WAIT_ABANDONED);
    Add(&Race->Lost, Result == WAIT_TIMEOUT);
    return 0;
}

static DWORD WINAPI QueueApcs(PVOID Parameter)
{
    WAITS *Race = Parameter;

    for (int i = 0; i < 8; i++) {
        Add(&Race->Queued, QueueUserAPC(CountWaitApc, Race->Workers[i & 1], 1) != 0);
        SuspendThread(Race->Workers[i & 1]);
        ResumeThread(Race->Workers[i & 1]);
    }
    return 0;
}

static int WaitScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {DieWithMutex, QueueApcs, DieWithMutex, QueueApcs};
    WAITS Race = {.Objects = {CreateMutexA(NULL, FALSE, NULL), CreateSemaphoreA(NULL, 2, 2, NULL), CreateEventA(NULL, FALSE, TRUE, NULL)},
                  .Done = CreateEventA(NULL, TRUE, FALSE, NULL), .TimeOut = Seed & 1 ? 1 : LIMIT};
    PVOID Parameters[] = {&Race, &Race, &Race, &Race};
    DWORD Result;
    int Good;

    CurrentWaits = &Race;
    for (int i = 0; i < 2; i++) {
        Race.Workers[i] = CreateThread(NULL, 0, TakeAll, &Race, 0, NULL);
    }
    Good = Together(Routines, Parameters, 4);
    SetEvent(Race.Done);
    Result = WaitForMultipleObjects(2, Race.Workers, TRUE, LIMIT);
    Good = Result == WAIT_OBJECT_0 ? Good : Wrong("the workers did not end", Result);
    Result = WaitForMultipleObjects(3, Race.Objects, TRUE, 0);
    Good = Result == WAIT_OBJECT_0 || Result == WAIT_ABANDONED_0 ? Good : Wrong("not everything came back", Result);
    Add(&Race.Abandoned, Result == WAIT_ABANDONED_0);
    Good = WaitForSingleObject(Race.Objects[1], 0) == WAIT_OBJECT_0 ? Good : Wrong("the semaphore lost a count", 0);
    Good = Race.Abandoned == Race.Deaths ? Good : Wrong("abandoned, not as often as owners died", (ULONG)Race.Abandoned << 16 | (ULONG)Race.Deaths);
    Good = Race.Ran == Race.Queued ? Good : Wrong("APCs that ran, of those queued", (ULONG)Race.Ran << 16 | (ULONG)Race.Queued);
    Good = Race.Together == 0 && Race.Lost == 0 ? Good : Wrong("owners at once, failures", (ULONG)Race.Together << 16 | (ULONG)Race.Lost);
    ReleaseMutex(Race.Objects[0]);
    for (int i = 0; i < 3; i++) {
        CloseHandle(Race.Objects[i]);
    }
    CloseHandle(Race.Workers[0]);
    CloseHandle(Race.Workers[1]);
    CloseHandle(Race.Done);
    return Good;
}

/* ---- locks -------------------------------------------------------------------------------------------------------------------------- */

typedef struct _LOCKS
{
    SRWLOCK Srw;
    CRITICAL_SECTION Section;
    CONDITION_VARIABLE Filled, Emptied;
    LONG Plain[2], Stored; /* under Srw, under Section, under Section */
    volatile LONG Turn, Bad;
    NTSTATUS(NTAPI *WaitOnAddress)(const VOID *, const VOID *, SIZE_T, PLARGE_INTEGER);
    VOID(NTAPI *WakeAll)(const VOID *);
} LOCKS;

#define ROUNDS 6

static DWORD WINAPI UseLocks(PVOID Parameter)
{
    LOCKS *Race = Parameter;

    for (int i = 0; i < ROUNDS; i++) {
        AcquireSRWLockExclusive(&Race->Srw);
        LONG Now = Race->Plain[0];
        SwitchToThread();
        Race->Plain[0] = Now + 1;
        ReleaseSRWLockExclusive(&Race->Srw);
        AcquireSRWLockShared(&Race->Srw);
        Now = Race->Plain[0];
        SwitchToThread();
        Add(&Race->Bad, Now != Race->Plain[0]);
        ReleaseSRWLockShared(&Race->Srw);
        EnterCriticalSection(&Race->Section);
        Race->Plain[1]++;
        LeaveCriticalSection(&Race->Section);
    }
    return 0;
}

static DWORD WINAPI Produce(PVOID Parameter)
{
    LOCKS *Race = Parameter;

    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&Race->Section);
        while (Race->Stored != 0) {
            Add(&Race->Bad, !SleepConditionVariableCS(&Race->Emptied, &Race->Section, LIMIT));
        }
        Race->Stored = 1;
        LeaveCriticalSection(&Race->Section);
        WakeConditionVariable(&Race->Filled);
    }
    return 0;
}

static DWORD WINAPI Consume(PVOID Parameter)
{
    LOCKS *Race = Parameter;

    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&Race->Section);
        while (Race->Stored == 0) {
            Add(&Race->Bad, !SleepConditionVariableCS(&Race->Filled, &Race->Section, LIMIT));
        }
        Race->Stored = 0;
        LeaveCriticalSection(&Race->Section);
        WakeConditionVariable(&Race->Emptied);
    }
    return 0;
}

static void TakeTurns(LOCKS *Race, LONG Mine)
{
    LARGE_INTEGER Limit = {.QuadPart = -10000LL * LIMIT};

    for (int i = 0; i < ROUNDS; i++) {
        LONG Now;
        while (((Now = Race->Turn) & 1) != Mine) {
            Add(&Race->Bad, Race->WaitOnAddress((const VOID *)&Race->Turn, &Now, sizeof(Now), &Limit) == 0x102 /* STATUS_TIMEOUT */);
        }
        Race->Turn = Now + 1;
        Race->WakeAll((const VOID *)&Race->Turn);
    }
}

static DWORD WINAPI Even(PVOID Parameter)
{
    TakeTurns(Parameter, 0);
    return 0;
}

static DWORD WINAPI Odd(PVOID Parameter)
{
    TakeTurns(Parameter, 1);
    return 0;
}

static int LockScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {UseLocks, Produce, Consume, Even, Odd, UseLocks};
    LOCKS Race = {.Srw = SRWLOCK_INIT, .WaitOnAddress = (void *)NtdllRoutine("RtlWaitOnAddress"), .WakeAll = (void *)NtdllRoutine("RtlWakeAddressAll")};
    PVOID Parameters[] = {&Race, &Race, &Race, &Race, &Race, &Race};

    (void)Seed;
    InitializeCriticalSection(&Race.Section);
    InitializeConditionVariable(&Race.Filled);
    InitializeConditionVariable(&Race.Emptied);
    int Good = Together(Routines, Parameters, 6);
    DeleteCriticalSection(&Race.Section);
    Good = Race.Plain[0] == 2 * ROUNDS && Race.Plain[1] == 2 * ROUNDS ? Good : Wrong("counted under locks", (ULONG)Race.Plain[0] << 16 | (ULONG)Race.Plain[1]);
    Good = Race.Turn == 2 * ROUNDS ? Good : Wrong("turns", (ULONG)Race.Turn);
    return Race.Bad == 0 ? Good : Wrong("time-outs and changes under a shared lock", (ULONG)Race.Bad);
}

/* ---- timers ------------------------------------------------------------------------------------------------------------------------- */

typedef struct _TIMERS
{
    HANDLE Timer;
    volatile LONG Early, Soon;
} TIMERS;

static TIMERS *CurrentTimers;

static VOID CALLBACK SoonRoutine(PVOID Context, DWORD Low, DWORD High)
{
    (void)Context, (void)Low, (void)High;
    InterlockedIncrement(&CurrentTimers->Soon);
}

static VOID CALLBACK NeverRoutine(PVOID Context, DWORD Low, DWORD High)
{
    (void)Context, (void)Low, (void)High;
    InterlockedIncrement(&CurrentTimers->Early);
}

static DWORD WINAPI SetTimers(PVOID Parameter)
{
    TIMERS *Race = Parameter;
    LARGE_INTEGER Soon = {.QuadPart = -1000}, Never = {.QuadPart = -36000000000};

    for (int i = 0; i < 6; i++) {
        SetWaitableTimer(Race->Timer, &Soon, i & 1 ? 1 : 0, SoonRoutine, NULL, FALSE);
        SleepEx((DWORD)i & 1, TRUE);
        SetWaitableTimer(Race->Timer, &Never, i & 1 ? 1 : 0, NeverRoutine, NULL, FALSE);
        SleepEx(0, TRUE);
    }
    return 0;
}

static DWORD WINAPI CancelTimers(PVOID Parameter)
{
    TIMERS *Race = Parameter;
    LARGE_INTEGER Soon = {.QuadPart = -1};

    for (int i = 0; i < 10; i++) {
        SetWaitableTimer(Race->Timer, &Soon, 0, NULL, NULL, FALSE);
        WaitForSingleObject(Race->Timer, 1);
        CancelWaitableTimer(Race->Timer);
    }
    return 0;
}

static int TimerScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {SetTimers, CancelTimers, SetTimers};
    TIMERS Race = {.Timer = CreateWaitableTimerA(NULL, Seed & 1, NULL)};
    PVOID Parameters[] = {&Race, &Race, &Race};

    CurrentTimers = &Race;
    int Good = Together(Routines, Parameters, 3);
    CloseHandle(Race.Timer);
    return Race.Early == 0 ? Good : Wrong("APCs an hour early", (ULONG)Race.Early);
}

/* ---- io ----------------------------------------------------------------------------------------------------------------------------- */

#define READS 6

typedef struct _IO
{
    HANDLE Server, Client, Port, Reader;
    OVERLAPPED Overlapped[READS];
    char Buffer[READS][16];
    volatile LONG Issued;
} IO;

static DWORD WINAPI IssueReads(PVOID Parameter)
{
    IO *Race = Parameter;

    for (int i = 0; i < READS; i++) {
        if (ReadFile(Race->Server, Race->Buffer[i], sizeof(Race->Buffer[i]), NULL, &Race->Overlapped[i]) || GetLastError() == ERROR_IO_PENDING) {
            InterlockedIncrement(&Race->Issued);
        }
    }
    SleepEx(1, TRUE);
    return 0;
}

static DWORD WINAPI FeedReads(PVOID Parameter)
{
    IO *Race = Parameter;
    DWORD Done;

    for (int i = 0; i < 3; i++) {
        WriteFile(Race->Client, "fed", 3, &Done, NULL);
    }
    return 0;
}

static DWORD WINAPI CancelReads(PVOID Parameter)
{
    IO *Race = Parameter;

    for (int i = 0; i < READS; i++) {
        CancelIoEx(Race->Server, &Race->Overlapped[(i * 5) % READS]);
    }
    return 0;
}

static DWORD WINAPI KillReader(PVOID Parameter)
{
    IO *Race = Parameter;

    SwitchToThread();
    TerminateThread(Race->Reader, 3);
    return 0;
}

static int Drain(IO *Race, int Exactly)
{
    LONG Got = 0;
    DWORD Bytes;
    ULONG_PTR Key;
    OVERLAPPED *Overlapped;

    for (; Got < Race->Issued; Got++) {
        if (!GetQueuedCompletionStatus(Race->Port, &Bytes, &Key, &Overlapped, Exactly ? LIMIT : 100) && Overlapped == NULL) {
            return Exactly ? Wrong("completions that came, of those due", (ULONG)Got << 16 | (ULONG)Race->Issued) : 1;
        }
    }
    if (Exactly && (GetQueuedCompletionStatus(Race->Port, &Bytes, &Key, &Overlapped, 0) || Overlapped != NULL)) {
        return Wrong("completions more than were due", (ULONG)Got);
    }
    return 1;
}

static int IoScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {CancelReads, FeedReads, Seed & 1 ? KillReader : CancelReads};
    IO Race = {.Server = CreateNamedPipeA("\\\\.\\pipe\\races", PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_MESSAGE, 1, 4096, 4096, 0, NULL)};
    PVOID Parameters[] = {&Race, &Race, &Race};
    int Good;

    Race.Client = CreateFileA("\\\\.\\pipe\\races", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    Race.Port = CreateIoCompletionPort(Race.Server, NULL, 1, 0);
    if (Race.Server == INVALID_HANDLE_VALUE || Race.Client == INVALID_HANDLE_VALUE || Race.Port == NULL) {
        return Wrong("the pipe", GetLastError());
    }
    Race.Reader = CreateThread(NULL, 0, IssueReads, &Race, 0, NULL);
    while (Seed & 1 && Race.Issued == 0) {
        SwitchToThread(); /* killed on its way through the loader, it would take the loader lock along */
    }
    Good = Together(Routines, Parameters, 3);
    Good = WaitForSingleObject(Race.Reader, LIMIT) == WAIT_OBJECT_0 ? Good : Wrong("the reader lives", 0);
    CloseHandle(Race.Client); /* breaks what is still pending */
    Good = Drain(&Race, !(Seed & 1)) && Good;
    CloseHandle(Race.Server);
    CloseHandle(Race.Reader);
    CloseHandle(Race.Port);
    return Good;
}

/* ---- handles ------------------------------------------------------------------------------------------------------------------------ */

#define HANDLES 8

typedef struct _HANDLES
{
    HANDLE Handle[HANDLES];
    volatile LONG Closed[HANDLES], Twice;
} HANDLE_RACE;

static DWORD WINAPI CloseThem(PVOID Parameter)
{
    HANDLE_RACE *Race = Parameter;

    for (int i = 0; i < HANDLES; i++) {
        if (CloseHandle(Race->Handle[i])) {
            Add(&Race->Twice, InterlockedIncrement(&Race->Closed[i]) != 1);
        }
    }
    return 0;
}

/* No target: the source is closed, and that is all.  Succeeds also where somebody else closes it after it was found. */
static DWORD WINAPI CloseSources(PVOID Parameter)
{
    HANDLE_RACE *Race = Parameter;

    for (int i = HANDLES; i-- > 0;) {
        DuplicateHandle(GetCurrentProcess(), Race->Handle[i], NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE);
    }
    return 0;
}

static DWORD WINAPI AskThem(PVOID Parameter)
{
    HANDLE_RACE *Race = Parameter;
    DWORD Flags;

    for (int i = 0; i < 2 * HANDLES; i++) {
        if (GetHandleInformation(Race->Handle[i % HANDLES], &Flags)) {
            SetHandleInformation(Race->Handle[i % HANDLES], HANDLE_FLAG_INHERIT, (DWORD)i & HANDLE_FLAG_INHERIT);
        }
        SetEvent(Race->Handle[i % HANDLES]);
    }
    return 0;
}

static int HandleScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {CloseThem, CloseSources, AskThem, Seed & 1 ? CloseThem : CloseSources};
    HANDLE_RACE Race = {.Twice = 0};
    DWORD Flags;
    PVOID Parameters[] = {&Race, &Race, &Race, &Race};

    for (int i = 0; i < HANDLES; i++) {
        Race.Handle[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
    }
    int Good = Together(Routines, Parameters, 4);
    for (int i = 0; i < HANDLES; i++) {
        Good = GetHandleInformation(Race.Handle[i], &Flags) ? Wrong("a handle nobody closed", (ULONG)i) : Good;
    }
    return Race.Twice == 0 ? Good : Wrong("handles closed twice", (ULONG)Race.Twice);
}

/* ---- jobs --------------------------------------------------------------------------------------------------------------------------- */

typedef struct _JOBS
{
    HANDLE Job, Process[2];
} JOBS;

static DWORD WINAPI AssignFirst(PVOID Parameter)
{
    AssignProcessToJobObject(((JOBS *)Parameter)->Job, ((JOBS *)Parameter)->Process[0]);
    return 0;
}

static DWORD WINAPI AssignSecond(PVOID Parameter)
{
    AssignProcessToJobObject(((JOBS *)Parameter)->Job, ((JOBS *)Parameter)->Process[1]);
    return 0;
}

static DWORD WINAPI EndJob(PVOID Parameter)
{
    SwitchToThread();
    TerminateJobObject(((JOBS *)Parameter)->Job, 77);
    return 0;
}

static DWORD WINAPI EndFirst(PVOID Parameter)
{
    JOBS *Race = Parameter;
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION Account;

    QueryInformationJobObject(Race->Job, JobObjectBasicAccountingInformation, &Account, sizeof(Account), NULL);
    TerminateProcess(Race->Process[0], 99);
    return 0;
}

static int JobScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {AssignFirst, AssignSecond, EndJob, EndFirst};
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION Limits = {.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    JOBS Race = {.Job = CreateJobObjectA(NULL, NULL)};
    PVOID Parameters[] = {&Race, &Race, &Race, &Race};
    HANDLE Threads[2];
    int Good;

    SetInformationJobObject(Race.Job, JobObjectExtendedLimitInformation, &Limits, sizeof(Limits));
    for (int i = 0; i < 2; i++) {
        NATIVE_PROCESS Process;
        if (NativeCreate(&Native, L"\\??\\C:\\Programs\\sleeper.exe", L"C:\\Programs\\sleeper.exe", &Process) < 0) {
            return Wrong("RtlCreateUserProcess", 0);
        }
        Race.Process[i] = Process.Process;
        Threads[i] = Process.Thread;
        if (Seed & 1) {
            ResumeThread(Process.Thread);
        }
    }
    Good = Together(Routines, Parameters, 4);
    CloseHandle(Race.Job); /* ends who was assigned after the job's termination */
    Good = WaitForMultipleObjects(2, Race.Process, TRUE, LIMIT) == WAIT_OBJECT_0 ? Good : Wrong("a process of a closed job lives", 0);
    for (int i = 0; i < 2; i++) {
        CloseHandle(Threads[i]);
        CloseHandle(Race.Process[i]);
    }
    return Good;
}

/* ---- files -------------------------------------------------------------------------------------------------------------------------- */

#define SHARE (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define RACE_FILE "C:\\Temp\\races-a.tmp"
#define RACE_OTHER "C:\\Temp\\races-b.tmp"

static volatile LONG Mixed;

/* Every byte of the file is the same, whoever wrote it. */
static DWORD WINAPI WriteWhole(PVOID Parameter)
{
    char Bytes[700];
    DWORD Done;

    for (int i = 0; i < 3; i++) {
        HANDLE File = CreateFileA(RACE_FILE, GENERIC_WRITE | DELETE, SHARE, NULL, OPEN_ALWAYS, 0, NULL);
        memset(Bytes, 'a' + i + (int)(ULONG_PTR)Parameter, sizeof(Bytes));
        if (File != INVALID_HANDLE_VALUE) {
            WriteFile(File, Bytes, sizeof(Bytes), &Done, NULL);
            CloseHandle(File);
        }
        if (i == 1) {
            MoveFileExA(RACE_FILE, RACE_OTHER, MOVEFILE_REPLACE_EXISTING);
        }
    }
    return 0;
}

static DWORD WINAPI DeleteThem(PVOID Parameter)
{
    (void)Parameter;
    for (int i = 0; i < 3; i++) {
        DeleteFileA(i & 1 ? RACE_OTHER : RACE_FILE);
        SwitchToThread();
    }
    return 0;
}

static void CheckUniform(const volatile char *Bytes, DWORD Count)
{
    for (DWORD i = 1; i < Count; i++) {
        if (Bytes[i] != Bytes[0]) {
            InterlockedIncrement(&Mixed);
            return;
        }
    }
}

static DWORD WINAPI ReadWhole(PVOID Parameter)
{
    char Bytes[700];
    DWORD Done;

    (void)Parameter;
    for (int i = 0; i < 4; i++) {
        HANDLE File = CreateFileA(i & 1 ? RACE_OTHER : RACE_FILE, GENERIC_READ, SHARE, NULL, OPEN_EXISTING, 0, NULL);
        if (File == INVALID_HANDLE_VALUE) {
            continue;
        }
        if (ReadFile(File, Bytes, sizeof(Bytes), &Done, NULL)) {
            CheckUniform(Bytes, Done);
        }
        HANDLE Section = CreateFileMappingA(File, NULL, PAGE_READONLY, 0, 0, NULL);
        volatile char *View = Section != NULL ? MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 0) : NULL;
        if (View != NULL) {
            Mixed += View[0] == 1; /* it can be read */
            UnmapViewOfFile((PVOID)View);
        }
        if (Section != NULL) {
            CloseHandle(Section);
        }
        CloseHandle(File);
    }
    return 0;
}

static int FileScenario(uint32_t Seed)
{
    LPTHREAD_START_ROUTINE Routines[] = {WriteWhole, ReadWhole, DeleteThem, Seed & 1 ? ReadWhole : WriteWhole};
    PVOID Parameters[] = {NULL, NULL, NULL, (PVOID)8};

    Mixed = 0;
    int Good = Together(Routines, Parameters, 4);
    DeleteFileA(RACE_FILE);
    DeleteFileA(RACE_OTHER);
    if (GetFileAttributesA(RACE_FILE) != INVALID_FILE_ATTRIBUTES || GetFileAttributesA(RACE_OTHER) != INVALID_FILE_ATTRIBUTES) {
        return Wrong("a deleted file is there", 0);
    }
    return Mixed == 0 ? Good : Wrong("reads of bytes by two writers", (ULONG)Mixed);
}

static const SCENARIO Scenarios[] = {
    {"ending", EndingScenario}, {"suspend", SuspendScenario}, {"waits", WaitScenario}, {"locks", LockScenario}, {"timers", TimerScenario},
    {"io", IoScenario}, {"handles", HandleScenario}, {"jobs", JobScenario}, {"files", FileScenario},
};

int main(int Count, char **Arguments)
{
    return ExploreMain(Scenarios, sizeof(Scenarios) / sizeof(Scenarios[0]), Count, Arguments);
}

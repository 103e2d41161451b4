/* SPDX-License-Identifier: MIT */
/*
 * bench.c - what the basic operations cost: one line each, `key<TAB>median<TAB>minimum<TAB>unit`.
 *
 * usage: bench [KEY...]      (without a key: all but growth_4000, which takes a minute)
 *
 * The unit is time-stamp counts: under `-icount shift=0,sleep=off` these are guest instructions, the same on any machine.  An operation
 * that is short is done many times between two readings, so that the readings themselves do not count.  tools/bench runs this.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <x86intrin.h>

#include "native.h"

#define MOST_SAMPLES 1000

static NATIVE Native;
static unsigned long long Samples[MOST_SAMPLES];
static int Silent;         /* Report prints nothing */
static double LastMedian;  /* what it would have printed; 0: nothing measured */

static int Compare(const void *First, const void *Second)
{
    unsigned long long A = *(const unsigned long long *)First, B = *(const unsigned long long *)Second;

    return A < B ? -1 : A > B;
}

static void Report(const char *Key, int Count, double PerSample, const char *Unit)
{
    LastMedian = 0;
    if (Count == 0) {
        printf("# %s could not be measured\n", Key);
        return;
    }
    qsort(Samples, (size_t)Count, sizeof(Samples[0]), Compare);
    LastMedian = (double)Samples[Count / 2] / PerSample;
    if (!Silent) {
        int Digits = LastMedian < 10 ? 3 : 0;
        printf("%s\t%.*f\t%.*f\t%s\n", Key, Digits, LastMedian, Digits, (double)Samples[0] / PerSample, Unit);
        fflush(stdout);
    }
}

static void NullSystemCall(const char *Key)
{
    enum { Rounds = 100, PerRound = 100 };

    for (int i = 0; i < Rounds; i++) {
        unsigned long long Start = __rdtsc();
        for (int j = 0; j < PerRound; j++) {
            Native.ProcessorNumber();
        }
        Samples[i] = __rdtsc() - Start;
    }
    Report(Key, Rounds, PerRound, "instructions");
}

static void PageFaultWrite(const char *Key)
{
    enum { Pages = 256 };
    volatile char *Memory = VirtualAlloc(NULL, Pages * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    int Count = 0;

    for (int i = 0; Memory != NULL && i < Pages; i++) {
        unsigned long long Start = __rdtsc();
        Memory[i * 4096] = 1;
        Samples[Count++] = __rdtsc() - Start;
    }
    Report(Key, Count, 1, "instructions");
    if (Memory != NULL) {
        VirtualFree((void *)Memory, 0, MEM_RELEASE);
    }
}

static void OneMegabyteUntouched(const char *Key)
{
    enum { Rounds = 200 };
    int Count = 0;

    for (int i = 0; i < Rounds; i++) {
        unsigned long long Start = __rdtsc();
        void *Memory = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (Memory == NULL || !VirtualFree(Memory, 0, MEM_RELEASE)) {
            break;
        }
        Samples[Count++] = __rdtsc() - Start;
    }
    Report(Key, Count, 1, "instructions");
}

static DWORD WINAPI Nothing(void *Parameter)
{
    (void)Parameter;
    return 0;
}

static void ThreadCreateJoin(const char *Key)
{
    enum { Rounds = 200 };
    int Count = 0;

    for (int i = 0; i < Rounds; i++) {
        unsigned long long Start = __rdtsc();
        HANDLE Thread = CreateThread(NULL, 0, Nothing, NULL, 0, NULL);
        if (Thread == NULL) {
            break;
        }
        WaitForSingleObject(Thread, INFINITE);
        CloseHandle(Thread);
        Samples[Count++] = __rdtsc() - Start;
    }
    Report(Key, Count, 1, "instructions");
}

#define PINGS 500
static HANDLE Ping, Pong;

static DWORD WINAPI Answer(void *Parameter)
{
    (void)Parameter;
    for (int i = 0; i < PINGS; i++) {
        WaitForSingleObject(Ping, INFINITE);
        SetEvent(Pong);
    }
    return 0;
}

static void PingPongThreads(const char *Key)
{
    HANDLE Thread;

    Ping = CreateEventA(NULL, FALSE, FALSE, NULL);
    Pong = CreateEventA(NULL, FALSE, FALSE, NULL);
    Thread = CreateThread(NULL, 0, Answer, NULL, 0, NULL);
    if (Thread == NULL || Ping == NULL || Pong == NULL) {
        Report(Key, 0, 1, "");
        return;
    }
    for (int i = 0; i < PINGS; i++) {
        unsigned long long Start = __rdtsc();
        SetEvent(Ping);
        WaitForSingleObject(Pong, INFINITE);
        Samples[i] = __rdtsc() - Start;
    }
    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
    CloseHandle(Ping);
    CloseHandle(Pong);
    Report(Key, PINGS, 1, "instructions");
}

static DWORD AnswerProcess(void)
{
    Ping = OpenEventA(SYNCHRONIZE, FALSE, "bench-ping");
    Pong = OpenEventA(EVENT_MODIFY_STATE, FALSE, "bench-pong");
    return Ping != NULL && Pong != NULL ? Answer(NULL) : 1;
}

static void PingPongProcesses(const char *Key)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    char Line[] = "bench.exe answer";

    Ping = CreateEventA(NULL, FALSE, FALSE, "bench-ping");
    Pong = CreateEventA(NULL, FALSE, FALSE, "bench-pong");
    if (Ping == NULL || Pong == NULL || !CreateProcessA("C:\\Programs\\bench.exe", Line, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process)) {
        Report(Key, 0, 1, "");
        return;
    }
    for (int i = 0; i < PINGS; i++) {
        unsigned long long Start = __rdtsc();
        SetEvent(Ping);
        WaitForSingleObject(Pong, INFINITE);
        Samples[i] = __rdtsc() - Start;
    }
    WaitForSingleObject(Process.hProcess, INFINITE);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    CloseHandle(Ping);
    CloseHandle(Pong);
    Report(Key, PINGS, 1, "instructions");
}

static void ProcessNative(const char *Key)
{
    enum { Rounds = 100 };
    int Count = 0;

    for (int i = 0; i < Rounds; i++) {
        NATIVE_PROCESS Process;
        unsigned long long Start = __rdtsc();
        if (NativeCreate(&Native, L"\\??\\C:\\Programs\\nop.exe", L"C:\\Programs\\nop.exe", &Process) < 0) {
            break;
        }
        Native.ResumeThread(Process.Thread, NULL);
        WaitForSingleObject(Process.Process, INFINITE);
        CloseHandle(Process.Thread);
        CloseHandle(Process.Process);
        Samples[Count++] = __rdtsc() - Start;
    }
    Report(Key, Count, 1, "instructions");
}

static void ProcessConsole(const char *Key, const char *Path, const char *CommandLine)
{
    enum { Rounds = 50 };
    int Count = 0;

    for (int i = 0; i < Rounds; i++) {
        STARTUPINFOA Startup = {.cb = sizeof(Startup)};
        PROCESS_INFORMATION Process;
        char Line[40];
        lstrcpyA(Line, CommandLine);
        unsigned long long Start = __rdtsc();
        if (!CreateProcessA(Path, Line, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process)) {
            break;
        }
        WaitForSingleObject(Process.hProcess, INFINITE);
        CloseHandle(Process.hThread);
        CloseHandle(Process.hProcess);
        Samples[Count++] = __rdtsc() - Start;
    }
    Report(Key, Count, 1, "instructions");
}

static void ProcessMsvcrt(const char *Key)
{
    ProcessConsole(Key, "C:\\Programs\\exitcode.exe", "exitcode.exe 0");
}

static void ProcessThreeDlls(const char *Key)
{
    ProcessConsole(Key, "C:\\Programs\\threedlls.exe", "threedlls.exe");
}

static unsigned long long AvailableBytes(void)
{
    MEMORYSTATUSEX Memory = {.dwLength = sizeof(Memory)};

    return GlobalMemoryStatusEx(&Memory) ? Memory.ullAvailPhys : 0;
}

/* Starts that many processes that wait for ever; each has come to its wait when the next is made, because we are less urgent. */
static int StartSleepers(HANDLE *Sleepers, int Wanted)
{
    int Count = 0;

    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL);
    while (Count < Wanted) {
        NATIVE_PROCESS Process;
        if (NativeCreate(&Native, L"\\??\\C:\\Programs\\sleeper.exe", L"C:\\Programs\\sleeper.exe", &Process) < 0) {
            break;
        }
        Native.ResumeThread(Process.Thread, NULL);
        CloseHandle(Process.Thread);
        Sleepers[Count++] = Process.Process;
    }
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL);
    return Count;
}

static void EndSleepers(HANDLE *Sleepers, int Count)
{
    for (int i = 0; i < Count; i++) {
        TerminateProcess(Sleepers[i], 0);
        WaitForSingleObject(Sleepers[i], INFINITE);
        CloseHandle(Sleepers[i]);
    }
}

static void ProcessMemory(const char *Key)
{
    enum { Processes = 256 };
    static HANDLE Sleepers[Processes];
    unsigned long long Before;
    int Count;

    EndSleepers(Sleepers, StartSleepers(Sleepers, 1)); /* the image is in memory now */
    Before = AvailableBytes();
    Count = StartSleepers(Sleepers, Processes);
    Samples[0] = Before - AvailableBytes();
    EndSleepers(Sleepers, Count);
    Report(Key, Count == Processes, 1024.0 * Processes, "KiB");
}

static void MemoryAtPrompt(const char *Key)
{
    MEMORYSTATUSEX Memory = {.dwLength = sizeof(Memory)};

    if (GlobalMemoryStatusEx(&Memory)) {
        Samples[0] = (Memory.ullTotalPhys - Memory.ullAvailPhys) / 1024;
        Report(Key, 1, 1, "KiB");
    } else {
        Report(Key, 0, 1, "");
    }
}

static void FileOpenReadClose(const char *Key)
{
    enum { Rounds = 100 };
    static char Buffer[4096];
    int Count = 0;

    for (int i = 0; i < Rounds; i++) {
        DWORD Read;
        unsigned long long Start = __rdtsc();
        HANDLE File = CreateFileA("C:\\Windows\\System32\\kernel32.dll", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                                  0, NULL);
        if (File == INVALID_HANDLE_VALUE || !ReadFile(File, Buffer, sizeof(Buffer), &Read, NULL) || Read != sizeof(Buffer)) {
            break;
        }
        CloseHandle(File);
        Samples[Count++] = __rdtsc() - Start;
    }
    Report(Key, Count, 1, "instructions");
}

#define TEMPORARY "C:\\Temp\\bench.tmp"

static void FileReadPerByte(const char *Key)
{
    enum { Size = 65536, Rounds = 16 };
    static char Buffer[Size];
    HANDLE File = CreateFileA(TEMPORARY, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    DWORD Done;
    int Count = 0;

    for (int i = 0; i < Rounds && File != INVALID_HANDLE_VALUE; i++) {
        WriteFile(File, Buffer, Size, &Done, NULL);
    }
    for (int i = 0; i < 2 * Rounds && File != INVALID_HANDLE_VALUE; i++) { /* the first pass brings it into the cache */
        if (i % Rounds == 0) {
            SetFilePointer(File, 0, NULL, FILE_BEGIN);
        }
        unsigned long long Start = __rdtsc();
        if (!ReadFile(File, Buffer, Size, &Done, NULL) || Done != Size) {
            break;
        }
        Samples[Count++ % Rounds] = __rdtsc() - Start;
    }
    CloseHandle(File);
    Report(Key, Count == 2 * Rounds ? Rounds : 0, Size, "instructions");
}

static void FileCreateWriteDelete(const char *Key)
{
    enum { Rounds = 100 };
    static char Buffer[4096];
    int Count = 0;

    for (int i = 0; i < Rounds; i++) {
        DWORD Written;
        unsigned long long Start = __rdtsc();
        HANDLE File = CreateFileA(TEMPORARY, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (File == INVALID_HANDLE_VALUE || !WriteFile(File, Buffer, sizeof(Buffer), &Written, NULL) || !CloseHandle(File) ||
            !DeleteFileA(TEMPORARY)) {
            break;
        }
        Samples[Count++] = __rdtsc() - Start;
    }
    Report(Key, Count, 1, "instructions");
}

static void Growth(const char *Key);

static const struct {
    const char *Key;
    void (*Measure)(const char *Key);
} Benchmarks[] = {
    {"memory_at_prompt", MemoryAtPrompt}, /* first: before anything here has used memory */
    {"null_syscall", NullSystemCall}, {"page_fault_write", PageFaultWrite}, {"va_1m_untouched", OneMegabyteUntouched},
    {"thread_create_join", ThreadCreateJoin}, {"pingpong_threads", PingPongThreads}, {"pingpong_processes", PingPongProcesses},
    {"process_native", ProcessNative}, {"process_msvcrt", ProcessMsvcrt}, {"process_3dlls", ProcessThreeDlls},
    {"process_memory", ProcessMemory}, {"file_open_read_close", FileOpenReadClose}, {"file_read_per_byte", FileReadPerByte},
    {"file_create_write_delete", FileCreateWriteDelete}, {"growth_4000", Growth},
};

/* The worst of what some operations cost with four thousand processes alive, against without them. */
static void Growth(const char *Key)
{
    enum { Processes = 4000 };
    enum { First = 1, Count = 7 }; /* those at the head of Benchmarks, null_syscall to process_native */
    static HANDLE Sleepers[Processes];
    double Alone[Count], Worst = 0, Best = 1000;

    Silent = 1;
    for (int i = 0; i < Count; i++) {
        Benchmarks[First + i].Measure(Key);
        Alone[i] = LastMedian;
    }
    int Started = StartSleepers(Sleepers, Processes);
    for (int i = 0; i < Count && Started == Processes; i++) {
        Benchmarks[First + i].Measure(Key);
        double Ratio = LastMedian / Alone[i];
        printf("# %s: %s %.0f, without %.0f\n", Key, Benchmarks[First + i].Key, LastMedian, Alone[i]);
        Worst = Ratio > Worst ? Ratio : Worst;
        Best = Ratio < Best ? Ratio : Best;
    }
    EndSleepers(Sleepers, Started);
    Silent = 0;
    if (Started == Processes) {
        printf("%s\t%.3f\t%.3f\tratio\n", Key, Worst, Best);
    } else {
        printf("# %s could not be measured: only %d processes\n", Key, Started);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "answer") == 0) {
        return (int)AnswerProcess();
    }
    if (!NativeLoad(&Native)) {
        printf("bench: ntdll lacks a function\n");
        return 1;
    }
    for (size_t i = 0; i < sizeof(Benchmarks) / sizeof(Benchmarks[0]); i++) {
        int Wanted = argc < 2 && Benchmarks[i].Measure != Growth;
        for (int j = 1; j < argc; j++) {
            Wanted |= strcmp(argv[j], Benchmarks[i].Key) == 0;
        }
        if (Wanted) {
            Benchmarks[i].Measure(Benchmarks[i].Key);
        }
    }
    return 0;
}

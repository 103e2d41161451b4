/* SPDX-License-Identifier: MIT */
/*
 * explore.h - races found by seed: what explore.c and races.c share.
 *
 * In a checked build the kernel can be told a seed; from then on it preempts and moves threads at points that a generator chooses from it
 * (docs/locking.md, "Races by seed").  Under nrun --icount everything else is deterministic too, so a seed is a schedule: the same seed, the same
 * interleaving, the same failure.  A scenario is a handful of threads that do to the same objects what must not be done to the same objects without
 * locks.  After each seed the kernel verifies its invariants, and the scenario what must have come out of it.
 *
 * A run of many seeds in one boot replays as a whole: `explore process 100 50` does exactly the same each time.
 */
#ifndef NASCENT_TESTS_EXPLORE_H
#define NASCENT_TESTS_EXPLORE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "../../userland/programs/native.h"

#define EXPLORE_START 0x4E430020u /* in: ULONG64, the seed */
#define EXPLORE_STOP 0x4E430021u  /* out: ULONG, how often it interfered */
#define VERIFY 0x4E430022u        /* the kernel's own invariants */
#define EXPLORE_SHOW 0x4E430023u  /* a backtrace of each processor, in the kernel's log */

#define LIMIT 10000 /* ms of the emulated machine: nothing here takes that long unless it hangs */

typedef struct _SCENARIO
{
    const char *Name;
    int (*Run)(uint32_t Seed); /* 0: what came out is wrong, and has been printed */
} SCENARIO;

static NATIVE Native;
static NTSTATUS(NTAPI *Control)(ULONG, PVOID, ULONG, PVOID, ULONG, PULONG);

static int Wrong(const char *What, unsigned long Got)
{
    printf("# %s: 0x%lx\n", What, Got);
    return 0;
}

/* Starts the threads together and waits for all of them. */
static int Together(LPTHREAD_START_ROUTINE *Routines, PVOID *Parameters, DWORD Count)
{
    HANDLE Threads[8];

    for (DWORD i = 0; i < Count; i++) {
        Threads[i] = CreateThread(NULL, 0, Routines[i], Parameters[i], CREATE_SUSPENDED, NULL);
        if (Threads[i] == NULL) {
            return Wrong("CreateThread", GetLastError());
        }
    }
    for (DWORD i = 0; i < Count; i++) {
        ResumeThread(Threads[i]);
    }
    DWORD Result = WaitForMultipleObjects(Count, Threads, TRUE, LIMIT);
    for (DWORD i = 0; i < Count; i++) {
        CloseHandle(Threads[i]);
    }
    return Result < Count ? 1 : Wrong("the threads did not all end", Result);
}

/* One scenario with its seeds; the number of the failed seed, or -1. */
static long long RunSeeds(const SCENARIO *Scenario, uint32_t First, uint32_t Count)
{
    ULONG Interfered = 0, Returned;
    unsigned long long Total = 0;

    for (uint32_t Seed = First; Seed < First + Count; Seed++) {
        ULONG64 Wide = Seed;
        DWORD Before = 0, After = 0;
        GetProcessHandleCount(GetCurrentProcess(), &Before);
        NTSTATUS Status = Control(EXPLORE_START, &Wide, sizeof(Wide), NULL, 0, &Returned);
        if (Status < 0) {
            Wrong("this kernel does not explore: status", (ULONG)Status);
            return Seed;
        }
        int Good = Scenario->Run(Seed);
        Control(EXPLORE_STOP, NULL, 0, &Interfered, sizeof(Interfered), &Returned);
        Total += Interfered;
        GetProcessHandleCount(GetCurrentProcess(), &After);
        if (Good && After != Before && Seed != First) { /* the first may open what stays open */
            Good = Wrong("handles more than before", After - Before);
        }
        Status = Control(VERIFY, NULL, 0, NULL, 0, &Returned);
        if (!Good || Status < 0) {
            Control(EXPLORE_SHOW, NULL, 0, NULL, 0, &Returned);
            printf("%s: seed %u FAILED, verifier 0x%08lX, after %lu interferences\n", Scenario->Name, Seed, Status, Interfered);
            return Seed;
        }
    }
    printf("%s: seeds %u to %u, %llu interferences: clean\n", Scenario->Name, First, First + Count - 1, Total);
    fflush(stdout);
    return Total != 0 ? -1 : Wrong("not once was anything interfered with", 0);
}

/* PROGRAM SCENARIO [FIRST [COUNT]]: what main does. */
static int ExploreMain(const SCENARIO *Scenarios, unsigned ScenarioCount, int Count, char **Arguments)
{
    uint32_t First = Count > 2 ? (uint32_t)strtoul(Arguments[2], NULL, 0) : 1, Seeds = Count > 3 ? (uint32_t)strtoul(Arguments[3], NULL, 0) : 50;
    int Any = 0;

    Control = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtSystemDebugControl");
    if (!NativeLoad(&Native) || Control == NULL) {
        return 2;
    }
    for (unsigned i = 0; i < ScenarioCount && Count > 1; i++) {
        if (strcmp(Arguments[1], Scenarios[i].Name) == 0 || strcmp(Arguments[1], "all") == 0) {
            Any = 1;
            if (RunSeeds(&Scenarios[i], First, Seeds) != -1) {
                return 1;
            }
        }
    }
    if (!Any) {
        printf("usage: %s SCENARIO [FIRST [COUNT]], a scenario being one of:", Arguments[0]);
        for (unsigned i = 0; i < ScenarioCount; i++) {
            printf(" %s", Scenarios[i].Name);
        }
        printf(" all\n");
    }
    return Any ? 0 : 2;
}

#endif

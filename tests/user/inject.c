/* SPDX-License-Identifier: MIT */
/*
 * inject.c - CreateProcess with every allocation, object insertion, commit charge, page-in and file read in it failing once.
 *
 * Each round arms the kernel's countdown (kernel/ex/inject.c; checked builds only, so this test is not one for Windows), starts a program and waits for it.
 * Whatever fails in the creator must come out as an error that means "no resources"; whatever fails in the child may end it, with a status.  After each
 * round committed pages, pool by tag, objects and handles by type must be exactly what they were.
 *
 * usage: inject [full]     short: some sixty rounds spread over all points; full: every point
 */
#include <windows.h>
#include <winternl.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define INJECT_ARM 0x4E430010u
#define INJECT_DISARM 0x4E430011u
#define INJECT_SETTLE 0x4E430012u
#define INJECT_COLD 0x4E430013u
#define MAXIMUM_TAGS 512
#define MAXIMUM_TYPES 64

static NTSTATUS(NTAPI *DebugControl)(ULONG, PVOID, ULONG, PVOID, ULONG, PULONG);
static NTSTATUS(NTAPI *QuerySystem)(ULONG, PVOID, ULONG, PULONG);
static NTSTATUS(NTAPI *QueryObject)(HANDLE, ULONG, PVOID, ULONG, PULONG);
static NTSTATUS(NTAPI *AdjustPrivilege)(ULONG, BOOLEAN, BOOLEAN, PBOOLEAN);
static HANDLE Nul;
static int Cold; /* nothing of the program is in memory when a round begins */

typedef struct _RESULT
{
    ULONG Points, Failed, Kind, Reserved;
} RESULT;

typedef struct _TAG
{
    ULONG Tag, PagedAllocs, PagedFrees;
    SIZE_T PagedUsed;
    ULONG Allocs, Frees;
    SIZE_T Used;
} TAG;

typedef struct _FIGURES
{
    ULONG Committed, Tags, Types;
    TAG Tag[MAXIMUM_TAGS];
    struct
    {
        WCHAR Name[24];
        ULONG Objects, Handles;
    } Type[MAXIMUM_TYPES];
} FIGURES;

static UCHAR Buffer[0x20000];

static void Survey(FIGURES *Figures)
{
    ULONG Performance[0x158 / 4], Needed;
    UCHAR *At;

    memset(Figures, 0, sizeof(*Figures));
    DebugControl(Cold ? INJECT_COLD : INJECT_SETTLE, NULL, 0, NULL, 0, NULL);
    QuerySystem(2, Performance, sizeof(Performance), &Needed);
    Figures->Committed = Performance[12];
    if (QuerySystem(22, Buffer, sizeof(Buffer), &Needed) >= 0) {
        TAG *Tags = (TAG *)(Buffer + 8);
        for (ULONG i = 0; i < *(ULONG *)Buffer && Figures->Tags < MAXIMUM_TAGS; i++) {
            Figures->Tag[Figures->Tags++] = Tags[i];
        }
    }
    if (QueryObject(NULL, 3, Buffer, sizeof(Buffer), &Needed) >= 0) {
        ULONG Count = *(ULONG *)Buffer;
        for (At = Buffer + 8; Count-- != 0 && Figures->Types < MAXIMUM_TYPES; Figures->Types++) {
            UNICODE_STRING *Name = (UNICODE_STRING *)At;
            wcsncpy(Figures->Type[Figures->Types].Name, Name->Buffer, 23);
            Figures->Type[Figures->Types].Objects = *(ULONG *)(At + 16);
            Figures->Type[Figures->Types].Handles = *(ULONG *)(At + 20);
            At += (0x68 + Name->Length + 2 + 7) & ~7u;
        }
    }
}

static LONG Blocks(const FIGURES *Figures, ULONG Tag, SIZE_T *Bytes)
{
    for (ULONG i = 0; i < Figures->Tags; i++) {
        if (Figures->Tag[i].Tag == Tag) {
            *Bytes = Figures->Tag[i].Used;
            return (LONG)(Figures->Tag[i].Allocs - Figures->Tag[i].Frees);
        }
    }
    *Bytes = 0;
    return 0;
}

/* How many figures differ; said in Verbose. */
static int Differences(const FIGURES *Before, const FIGURES *After, int Verbose)
{
    int Count = 0;

    if (Before->Committed != After->Committed) {
        Count++;
        if (Verbose) {
            printf("#   committed pages %lu -> %lu\n", Before->Committed, After->Committed);
        }
    }
    for (ULONG i = 0; i < After->Tags; i++) {
        SIZE_T Old, New;
        LONG OldBlocks = Blocks(Before, After->Tag[i].Tag, &Old), NewBlocks = Blocks(After, After->Tag[i].Tag, &New);
        if (Old != New || OldBlocks != NewBlocks) {
            Count++;
            if (Verbose) {
                printf("#   pool '%.4s' %ld blocks, %llu bytes -> %ld, %llu\n", (char *)&After->Tag[i].Tag, OldBlocks, (unsigned long long)Old, NewBlocks,
                       (unsigned long long)New);
            }
        }
    }
    for (ULONG i = 0; i < After->Types; i++) {
        if (Before->Type[i].Objects != After->Type[i].Objects || Before->Type[i].Handles != After->Type[i].Handles) {
            Count++;
            if (Verbose) {
                printf("#   %ls objects %lu -> %lu, handles %lu -> %lu\n", After->Type[i].Name, Before->Type[i].Objects, After->Type[i].Objects,
                       Before->Type[i].Handles, After->Type[i].Handles);
            }
        }
    }
    return Count;
}

/* Threads are reaped, files closed, and system workers that were added for it end, a moment after the process is signalled: the figures get that moment. */
static int Compare(const FIGURES *Before)
{
    static FIGURES After;
    int Count = 1;

    for (int Try = 0; Try < 200 && Count != 0; Try++) {
        Survey(&After);
        Count = Differences(Before, &After, 0);
        if (Count != 0) {
            Sleep(Try < 10 ? 1 : 20);
        }
    }
    return Count != 0 ? Differences(Before, &After, 1) : 0;
}

/*
 * The figures with nothing under way: what the last child left to the reaper, and a system worker with nothing to do, are gone when nothing changes for a
 * while.
 */
static void Baseline(FIGURES *Figures)
{
    static FIGURES Next;

    Survey(Figures);
    for (int Same = 0, Try = 0; Same < 75 && Try < 1000; Try++) {
        Sleep(20);
        Survey(&Next);
        Same = Differences(Figures, &Next, 0) == 0 ? Same + 1 : 0;
        *Figures = Next;
    }
}

/* A header that cannot be read makes no image, on Windows as here: STATUS_INVALID_FILE_FOR_SECTION. */
static int IsSensible(DWORD Error, ULONG Kind)
{
    static const DWORD Sensible[] = {ERROR_NOT_ENOUGH_MEMORY, ERROR_OUTOFMEMORY, ERROR_NO_SYSTEM_RESOURCES, ERROR_COMMITMENT_LIMIT, ERROR_IO_DEVICE,
                                     ERROR_SWAPERROR, ERROR_NOT_ENOUGH_QUOTA, ERROR_PAGEFILE_QUOTA};

    for (unsigned i = 0; i < sizeof(Sensible) / sizeof(*Sensible); i++) {
        if (Sensible[i] == Error) {
            return 1;
        }
    }
    return Kind == 4 && Error == ERROR_BAD_EXE_FORMAT;
}

/* One round: Error of CreateProcess or 0, Code of the child. */
static RESULT Round(const char *Program, ULONG Number, DWORD *Error, DWORD *Code)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup), .dwFlags = STARTF_USESTDHANDLES, .hStdInput = Nul, .hStdOutput = Nul, .hStdError = Nul};
    ULONG Request[2] = {Number, 0x1F};
    PROCESS_INFORMATION Process;
    RESULT Result = {0};
    char Line[64];
    BOOL Made;

    strcpy(Line, Program);
    if (Cold) {
        DebugControl(INJECT_COLD, NULL, 0, NULL, 0, NULL);
    }
    *Error = *Code = 0;
    DebugControl(INJECT_ARM, Request, sizeof(Request), NULL, 0, NULL);
    Made = CreateProcessA(NULL, Line, NULL, NULL, TRUE, 0, NULL, NULL, &Startup, &Process);
    *Error = Made ? 0 : GetLastError();
    if (Made) {
        if (WaitForSingleObject(Process.hProcess, 30000) != WAIT_OBJECT_0) {
            TerminateProcess(Process.hProcess, 0xDEAD);
            WaitForSingleObject(Process.hProcess, INFINITE);
        }
    }
    DebugControl(INJECT_DISARM, NULL, 0, &Result, sizeof(Result), NULL);
    if (Made) {
        GetExitCodeProcess(Process.hProcess, Code);
        CloseHandle(Process.hThread);
        CloseHandle(Process.hProcess);
    }
    return Result;
}

static void Walk(const char *Program, int Full)
{
    static FIGURES Before;
    ULONG Points, Stride, Rounds = 0, Creator = 0, Child = 0, Untouched = 0, Leaks = 0, Strange = 0, Hangs = 0, Kinds[5] = {0};
    DWORD Error, Code;
    RESULT Result;

    for (int i = 0; i < 4; i++) {
        Result = Round(Program, 0x7FFFFFFF, &Error, &Code);
    }
    Points = Result.Points;
    Ok(Error == 0 && Code == 0 && Points > 50, "%s%s runs untouched, past %lu points where something can fail", Program, Cold ? " (cold)" : "", Points);
    Stride = Full ? 1 : Points / 60 + 1;
    Baseline(&Before);
    for (ULONG n = 1; n < Points + 200; n += Stride) {
        Result = Round(Program, n, &Error, &Code);
        Rounds++;
        if (!Result.Failed) {
            Untouched = 1;
            if (Error != 0 || Code != 0) {
                printf("# %s, point %lu: nothing failed, error %lu, exit code 0x%lx\n", Program, n, Error, Code);
                Strange++;
            }
            break;
        }
        Kinds[Result.Kind % 5]++;
        Creator += Error != 0;
        Child += Error == 0 && Code != 0;
        if (Error != 0 ? !IsSensible(Error, Result.Kind) : Code == 0xDEAD) {
            printf("# %s, point %lu, kind %lu: error %lu, exit code 0x%lx\n", Program, n, Result.Kind, Error, Code);
            Strange += Error != 0;
            Hangs += Error == 0;
        }
        if (Compare(&Before) != 0) {
            printf("# %s, point %lu, kind %lu: left something behind (error %lu, exit code 0x%lx)\n", Program, n, Result.Kind, Error, Code);
            Leaks++;
            Baseline(&Before);
        }
    }
    Ok(Untouched || !Full, "walked to the end: %lu rounds over %lu points", Rounds, Points);
    Is(Strange, 0, "each error of CreateProcess says what is wrong");
    Is(Hangs, 0, "no child hangs");
    Is(Leaks, 0, "nothing is left behind");
    Ok(Creator > 0 && Child > 0, "%lu rounds failed in the creator, %lu in the child, %lu were survived", Creator, Child, Rounds - Creator - Child);
    printf("# %s: pool %lu, objects %lu, commit %lu, page-in %lu, reads %lu\n", Program, Kinds[0], Kinds[1], Kinds[2], Kinds[3], Kinds[4]);
}

int main(int Count, char **Arguments)
{
    SECURITY_ATTRIBUTES Security = {sizeof(Security), NULL, TRUE};
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");
    int Full = Count > 1 && strcmp(Arguments[1], "full") == 0;
    BOOLEAN Was;

    DebugControl = (void *)GetProcAddress(Ntdll, "NtSystemDebugControl");
    QuerySystem = (void *)GetProcAddress(Ntdll, "NtQuerySystemInformation");
    QueryObject = (void *)GetProcAddress(Ntdll, "NtQueryObject");
    AdjustPrivilege = (void *)GetProcAddress(Ntdll, "RtlAdjustPrivilege");
    AdjustPrivilege(20 /* SeDebugPrivilege */, TRUE, FALSE, &Was);
    Nul = CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &Security, OPEN_EXISTING, 0, NULL);
    Ok(Nul != INVALID_HANDLE_VALUE, "NUL");
    if (DebugControl(INJECT_SETTLE, NULL, 0, NULL, 0, NULL) < 0) {
        Ok(1, "a free build: no failure injection"); /* nothing to test */
        return Done();
    }
    Walk("hello.exe", Full);
    Walk("fourdlls.exe", Full);
    Cold = 1;
    Walk("hello.exe", Full);
    Walk("fourdlls.exe", Full);
    return Done();
}

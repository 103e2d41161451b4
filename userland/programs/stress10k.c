/* SPDX-License-Identifier: MIT */
/*
 * stress10k.c - ten thousand processes one after another; pages, pool, handles and objects must be as before.
 *
 * usage: stress10k [COUNT [msvcrt]]      (default: 10000 of the native nop.exe; msvcrt: exitcode.exe through CreateProcess)
 *
 * A first hundred are started before the first measurement, so that what is made once (caches, sections, page tables) is there already.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "native.h"

#define SETTLE 3000 /* milliseconds: system workers clean up, and those that were added for it end */

static NATIVE Native;

/* The exit code, or a failure printed. */
static int RunNative(DWORD *Code)
{
    NATIVE_PROCESS Process;
    NTSTATUS Status = NativeCreate(&Native, L"\\??\\C:\\Programs\\nop.exe", L"C:\\Programs\\nop.exe", &Process);

    if (Status < 0) {
        printf("# RtlCreateUserProcess: status %08lX\n", Status);
        return 0;
    }
    Native.ResumeThread(Process.Thread, NULL);
    WaitForSingleObject(Process.Process, INFINITE);
    GetExitCodeProcess(Process.Process, Code);
    CloseHandle(Process.Thread);
    CloseHandle(Process.Process);
    return 1;
}

static int RunWin32(DWORD *Code)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    char Line[] = "exitcode.exe 42";

    if (!CreateProcessA("C:\\Programs\\exitcode.exe", Line, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process)) {
        printf("# CreateProcess: error %lu\n", GetLastError());
        return 0;
    }
    WaitForSingleObject(Process.hProcess, INFINITE);
    GetExitCodeProcess(Process.hProcess, Code);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    return 1;
}

static int RunMany(int Count, int (*Run)(DWORD *Code))
{
    for (int i = 0; i < Count; i++) {
        DWORD Code = 0;
        if (!Run(&Code) || Code != 42) {
            printf("# process %d ended with %08lX\n", i, Code);
            return 0;
        }
    }
    return 1;
}

static int Same(const char *Name, unsigned long long Before, unsigned long long After)
{
    printf("%-16s %10llu %10llu  %s\n", Name, Before, After, Before == After ? "same" : "DIFFERENT");
    return Before == After;
}

int main(int argc, char **argv)
{
    int Count = argc > 1 ? atoi(argv[1]) : 10000, Good;
    int (*Run)(DWORD *Code) = argc > 2 && strcmp(argv[2], "msvcrt") == 0 ? RunWin32 : RunNative;
    NATIVE_USAGE Before, After;

    if (!NativeLoad(&Native) || !RunMany(100, Run)) {
        printf("stress10k: could not begin\n");
        return 2;
    }
    Sleep(SETTLE);
    if (!NativeUsage(&Native, &Before) || !NativeUsage(&Native, &Before)) {
        printf("stress10k: could not measure\n");
        return 2;
    }
    Good = RunMany(Count, Run);
    Sleep(SETTLE);
    if (!NativeUsage(&Native, &After)) {
        printf("stress10k: could not measure\n");
        return 2;
    }
    printf("%-16s %10s %10s  after %d processes\n", "", "before", "after", Count);
    Good &= Same("available pages", Before.AvailablePages, After.AvailablePages);
    Good &= Same("committed pages", Before.CommittedPages, After.CommittedPages);
    Good &= Same("paged pool", Before.PagedPool, After.PagedPool);
    Good &= Same("nonpaged pool", Before.NonPagedPool, After.NonPagedPool);
    Good &= Same("own private", Before.OwnPrivate, After.OwnPrivate);
    Good &= Same("own handles", Before.OwnHandles, After.OwnHandles);
    Good &= Same("all handles", Before.AllHandles, After.AllHandles);
    Good &= Same("processes", Before.Processes, After.Processes);
    Good &= Same("threads", Before.Threads, After.Threads);
    return Good ? 0 : 1;
}

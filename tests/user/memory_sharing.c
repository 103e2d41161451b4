/* SPDX-License-Identifier: MIT */
/*
 * memory_sharing.c - many instances of one program share its pages: the second instance costs what is its own, and a relocated image is relocated once.
 *
 * The program starts itself; a child says that it is up (a semaphore) and waits for the end (an event).
 */
#include <windows.h>
#include <winternl.h>
#include <stdio.h>
#include <string.h>
#include "tap.h"

#define CHILDREN 50

typedef NTSTATUS (NTAPI *QUERY)(HANDLE, PVOID, ULONG, PVOID, SIZE_T, PSIZE_T);

static HANDLE Up, End;
static PROCESS_INFORMATION Child[CHILDREN];

static int BeChild(void)
{
    Up = OpenSemaphoreA(SEMAPHORE_MODIFY_STATE, FALSE, "MemorySharingUp");
    End = OpenEventA(SYNCHRONIZE, FALSE, "MemorySharingEnd");
    ReleaseSemaphore(Up, 1, NULL);
    WaitForSingleObject(End, 60000);
    return 0;
}

static int Start(int First, int Last)
{
    char Path[MAX_PATH], Line[MAX_PATH + 20];
    int Started = 0;

    GetModuleFileNameA(NULL, Path, sizeof(Path));
    snprintf(Line, sizeof(Line), "\"%s\" child", Path);
    for (int i = First; i < Last; i++) {
        STARTUPINFOA Startup = {.cb = sizeof(Startup)};
        Started += CreateProcessA(Path, Line, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Child[i]) && WaitForSingleObject(Up, 60000) == WAIT_OBJECT_0;
    }
    return Started;
}

static LONGLONG Available(void)
{
    MEMORYSTATUSEX Status = {sizeof(Status)};

    GlobalMemoryStatusEx(&Status);
    return (LONGLONG)Status.ullAvailPhys;
}

/* A page of code of a DLL: in memory and shared with how many? */
static ULONG64 Attributes(HANDLE Process, PVOID Address)
{
    struct { PVOID Address; ULONG64 Bits; } Page = {Address, 0};
    QUERY Query = (QUERY)(ULONG_PTR)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryVirtualMemory");

    Query(Process, NULL, 4, &Page, sizeof(Page), NULL);
    return Page.Bits;
}

int main(int Count, char **Arguments)
{
    LONGLONG Before, One, Fifty;
    char *Code = (char *)(ULONG_PTR)GetProcAddress(GetModuleHandleA("ntdll.dll"), "LdrInitializeThunk");
    char Here[64], There[64] = {0};
    ULONG64 Bits;

    (void)Arguments;
    if (Count > 1) {
        return BeChild();
    }
    Up = CreateSemaphoreA(NULL, 0, CHILDREN, "MemorySharingUp");
    End = CreateEventA(NULL, TRUE, FALSE, "MemorySharingEnd");
    Is((unsigned)Start(0, 1), 1, "the first instance"); /* everything is in memory now */
    Before = Available();
    Is((unsigned)Start(1, 2), 1, "the second");
    One = Before - Available();
    Is((unsigned)Start(2, CHILDREN), CHILDREN - 2, "48 more");
    Fifty = Before - Available();
    printf("# one instance more: %lld KiB, 49 more: %lld KiB\n", One / 1024, Fifty / 1024);
    Ok(Fifty < 49 * 400 * 1024LL, "an instance costs less than 400 KiB, a fraction of what it maps");

    Bits = Attributes(Child[CHILDREN - 1].hProcess, Code);
    Ok((Bits & 1) && ((Bits >> 15) & 1) && ((Bits >> 1) & 7) == 7, "its code is shared, by seven or more");
    memcpy(Here, Code, sizeof(Here));
    ReadProcessMemory(Child[CHILDREN - 1].hProcess, Code, There, sizeof(There), NULL);
    Ok(memcmp(Here, There, sizeof(Here)) == 0, "at the same address");
    SetEvent(End);
    for (int i = 0; i < CHILDREN; i++) {
        WaitForSingleObject(Child[i].hProcess, 60000);
        CloseHandle(Child[i].hThread);
        CloseHandle(Child[i].hProcess);
    }
    Ok(Available() > Before - 4 * 1024 * 1024, "and all of it comes back");
    return Done();
}

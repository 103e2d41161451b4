/* SPDX-License-Identifier: MIT */
/*
 * handle.c - handles: values and reuse, flags, duplication between processes with every option, protection, a million of them.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define MILLION 1000000u

static char Self[MAX_PATH];
static BOOL(WINAPI *Same)(HANDLE, HANDLE); /* CompareObjectHandles, which mingw's library lacks */

static void Flags(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD Flags = 99;

    Ok(GetHandleInformation(Event, &Flags) && Flags == 0, "a new handle has no flags");
    Ok(SetHandleInformation(Event, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT), "make it inheritable");
    Ok(GetHandleInformation(Event, &Flags) && Flags == HANDLE_FLAG_INHERIT, "it is");
    Ok(SetHandleInformation(Event, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE), "protect it");
    Ok(GetHandleInformation(Event, &Flags) && Flags == (HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE), "the other flag stays");
    Is(CloseHandle(Event) || GetLastError() != ERROR_INVALID_HANDLE, 0, "it cannot be closed");
    Ok(SetEvent(Event), "and is there");
    Is(SetHandleInformation(Event, 4, 4) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "no such flag");
    Ok(SetHandleInformation(Event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0) && CloseHandle(Event), "unprotected it can");
    Is(CloseHandle(Event) || GetLastError() != ERROR_INVALID_HANDLE, 0, "once");
    Is(GetHandleInformation(Event, &Flags) || GetLastError() != ERROR_INVALID_HANDLE, 0, "no flags of a closed handle");
    Is(CloseHandle(NULL) || GetLastError() != ERROR_INVALID_HANDLE, 0, "NULL is no handle");
    Ok(CloseHandle(GetCurrentProcess()), "the pseudo handle may be closed");
    Ok(GetCurrentProcess() == (HANDLE)-1 && GetCurrentThread() == (HANDLE)-2, "and stays");
}

static void Duplicates(void)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    HANDLE Me = GetCurrentProcess(), Event = CreateEventA(NULL, TRUE, FALSE, NULL), There, Back, Weak, Limited;
    char Line[512];
    DWORD Flags;

    snprintf(Line, sizeof(Line), "\"%s\" child", Self);
    Ok(CreateProcessA(NULL, Line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &Startup, &Process), "another process");
    Ok(DuplicateHandle(Me, Event, Process.hProcess, &There, 0, FALSE, DUPLICATE_SAME_ACCESS), "a handle for it");
    Ok(DuplicateHandle(Process.hProcess, There, Me, &Back, 0, TRUE, DUPLICATE_SAME_ACCESS), "and back, inheritable");
    Ok(Same(Event, Back), "it is our event");
    Ok(GetHandleInformation(Back, &Flags) && Flags == HANDLE_FLAG_INHERIT, "as asked");
    CloseHandle(Back);
    Ok(DuplicateHandle(Process.hProcess, There, Me, &Back, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE), "taken away from it");
    Is(DuplicateHandle(Process.hProcess, There, Me, &Weak, 0, FALSE, DUPLICATE_SAME_ACCESS) || GetLastError() != ERROR_INVALID_HANDLE, 0, "it has it no more");
    CloseHandle(Back);
    Ok(DuplicateHandle(Me, Event, Me, &Weak, SYNCHRONIZE, FALSE, 0), "less access");
    Is(SetEvent(Weak) || GetLastError() != ERROR_ACCESS_DENIED, 0, "is less");
    Ok(DuplicateHandle(Me, Weak, Me, &Back, EVENT_MODIFY_STATE, FALSE, 0) && SetEvent(Back), "more is a new open, which the owner is granted");
    CloseHandle(Back);
    Ok(DuplicateHandle(Me, Event, Process.hProcess, &There, 0, FALSE, DUPLICATE_SAME_ACCESS), "another one for it");
    Ok(DuplicateHandle(Process.hProcess, There, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE), "closed there from here");
    Is(DuplicateHandle(Process.hProcess, There, Me, &Back, 0, FALSE, DUPLICATE_SAME_ACCESS) || GetLastError() != ERROR_INVALID_HANDLE, 0, "it was");
    Ok(DuplicateHandle(Me, Event, Me, &Back, 0, FALSE, DUPLICATE_SAME_ACCESS), "one to lose");
    Is(DuplicateHandle(Me, Back, Me, &There, 0x10000000 | 0x00000200, FALSE, DUPLICATE_CLOSE_SOURCE) && 0, 0, "whether or not the duplication works");
    Is(SetEvent(Back) || GetLastError() != ERROR_INVALID_HANDLE, 0, "the source is closed");
    Ok(DuplicateHandle(Me, GetCurrentThread(), Me, &Back, 0, FALSE, DUPLICATE_SAME_ACCESS) && GetThreadId(Back) == GetCurrentThreadId(),
       "a pseudo handle becomes real");
    CloseHandle(Back);
    Ok(DuplicateHandle(Process.hProcess, GetCurrentProcess(), Me, &Back, 0, FALSE, DUPLICATE_SAME_ACCESS) && GetProcessId(Back) == Process.dwProcessId,
       "the pseudo handle of another process means that process");
    CloseHandle(Back);
    DuplicateHandle(Me, Process.hProcess, Me, &Limited, PROCESS_QUERY_LIMITED_INFORMATION, FALSE, 0);
    Is(DuplicateHandle(Limited, There, Me, &Back, 0, FALSE, DUPLICATE_SAME_ACCESS) || GetLastError() != ERROR_ACCESS_DENIED, 0, "PROCESS_DUP_HANDLE is needed");
    CloseHandle(Limited);
    TerminateProcess(Process.hProcess, 1);
    WaitForSingleObject(Process.hProcess, INFINITE);
    Is(DuplicateHandle(Me, Event, Process.hProcess, &There, 0, FALSE, DUPLICATE_SAME_ACCESS) || GetLastError() != ERROR_ACCESS_DENIED, 0,
       "not into a dead process");
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    CloseHandle(Weak);
    CloseHandle(Event);
}

/* They all name one event: what is tried is the table. */
static void Million(void)
{
    HANDLE Me = GetCurrentProcess(), Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE *Handles = VirtualAlloc(NULL, MILLION * sizeof(HANDLE), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD Before = 0, After = 0, Made = 0, Wrong = 0;

    Ok(Handles != NULL, "room for a million handles");
    GetProcessHandleCount(Me, &Before);
    while (Made < MILLION && DuplicateHandle(Me, Event, Me, &Handles[Made], 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        Made++;
    }
    Is(Made, MILLION, "a million handles in one process");
    GetProcessHandleCount(Me, &After);
    Is(After - Before, Made, "counted");
    for (DWORD i = 1; i < Made; i++) {
        Wrong += Handles[i] == Handles[i - 1] || ((ULONG_PTR)Handles[i] & 3) != 0;
    }
    Is(Wrong, 0, "multiples of four, all different from their neighbours");
    Ok(Made != 0 && SetEvent(Handles[Made - 1]) && ResetEvent(Handles[Made / 2]) && WaitForSingleObject(Handles[0], 0) == WAIT_TIMEOUT, "they work");
    for (DWORD i = 0; i < Made; i++) {
        Wrong += !CloseHandle(Handles[i]);
    }
    Is(Wrong, 0, "all are closed");
    GetProcessHandleCount(Me, &After);
    Is(After, Before, "none is left");
    VirtualFree(Handles, 0, MEM_RELEASE);
    CloseHandle(Event);
}

int main(int Count, char **Arguments)
{
    (void)Arguments;
    if (Count > 1) {
        return 0;
    }
    GetModuleFileNameA(NULL, Self, sizeof(Self));
    Same = (void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "CompareObjectHandles");
    if (Same == NULL) {
        Same = (void *)GetProcAddress(GetModuleHandleA("kernelbase.dll"), "CompareObjectHandles");
    }
    Flags();
    Duplicates();
    Million();
    return Done();
}

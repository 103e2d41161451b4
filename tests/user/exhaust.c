/* SPDX-License-Identifier: MIT */
/*
 * exhaust.c - a process takes what there is of one kind, until the system refuses: the refusal must be a proper status, what was taken before must still work,
 * and when the process is gone everything must be there again.  tests/system/test_exhaustion.py runs it on a machine with little memory.
 *
 * Each kind is a child's; its exit code is the line of the first check that failed, or 0.  It prints when everything is given back: a first printf needs
 * memory, and a C library may end badly without.
 */
#define _WIN32_WINNT 0x0A00
#include "child.h"
#include "tap.h"
#include <stdlib.h>

static HANDLE Me;

static int IsShortage(DWORD Error)
{
    return Error == ERROR_NO_SYSTEM_RESOURCES || Error == ERROR_NOT_ENOUGH_MEMORY || Error == ERROR_COMMITMENT_LIMIT || Error == ERROR_NOT_ENOUGH_QUOTA ||
           Error == ERROR_TOO_MANY_OPEN_FILES || Error == ERROR_OUTOFMEMORY;
}

#define CHECK(condition) ((condition) || Failed != 0 ? (void)0 : (void)(Failed = __LINE__))
static int Failed;

#define OLD 1000
static BOOL Old[OLD]; /* was open when the test began */

/* Handles lie as multiples of four without gaps, so the last one says how to close them all: no memory is needed to remember them. */
static void Handles(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL), Handle = NULL, Last = NULL;
    DWORD Before, After, Made = 0, Error = 0, Flags;

    for (ULONG_PTR i = 1; i < OLD; i++) {
        Old[i] = GetHandleInformation((HANDLE)(i * 4), &Flags);
    }
    GetProcessHandleCount(Me, &Before);
    while (DuplicateHandle(Me, Event, Me, &Handle, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        Last = Handle > Last ? Handle : Last;
        Made++;
    }
    Error = GetLastError();
    CHECK(IsShortage(Error));
    CHECK(Made > 100000);
    CHECK(SetEvent(Last) && WaitForSingleObject(Event, 0) == WAIT_OBJECT_0);
    CHECK(CreateEventA(NULL, TRUE, FALSE, NULL) == NULL && IsShortage(GetLastError()));
    CHECK(CloseHandle(Last));
    CHECK(DuplicateHandle(Me, Event, Me, &Handle, 0, FALSE, DUPLICATE_SAME_ACCESS) && Handle == Last);
    for (ULONG_PTR i = 1; i <= (ULONG_PTR)Last / 4; i++) {
        if (i >= OLD || !Old[i]) {
            CloseHandle((HANDLE)(i * 4));
        }
    }
    GetProcessHandleCount(Me, &After);
    CHECK(After == Before);
    printf("# %lu handles\n", Made);
    CloseHandle(Event);
}

/* Each block is a link to the one before. */
static void Memory(void)
{
    void **Last = NULL;
    DWORD Made = 0;

    for (;;) {
        void **Block = VirtualAlloc(NULL, 0x100000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (Block == NULL) {
            break;
        }
        *Block = Last;
        Last = Block;
        Made++;
    }
    DWORD Error = GetLastError();
    CHECK(Error == ERROR_COMMITMENT_LIMIT || Error == ERROR_NOT_ENOUGH_MEMORY);
    CHECK(CreateThread(NULL, 0x1000000, (void *)Memory, NULL, CREATE_SUSPENDED, NULL) == NULL && IsShortage(GetLastError()));
    while (Last != NULL) {
        void **Block = Last;
        Last = *Block;
        VirtualFree(Block, 0, MEM_RELEASE);
    }
    printf("# %lu MiB\n", Made);
}

static DWORD WINAPI Wait(void *Event)
{
    return WaitForSingleObject(Event, INFINITE);
}

static void Threads(void)
{
    static HANDLE Threads_[20000];
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD Made = 0, Ended = 0;

    while (Made < 20000 && (Threads_[Made] = CreateThread(NULL, 0x10000, Wait, Event, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL)) != NULL) {
        Made++;
    }
    DWORD Error = GetLastError();
    CHECK(Made == 20000 || IsShortage(Error));
    CHECK(Made > 200);
    SetEvent(Event);
    for (DWORD i = 0; i < Made; i++) {
        Ended += WaitForSingleObject(Threads_[i], 120000) == WAIT_OBJECT_0;
        CloseHandle(Threads_[i]);
    }
    CHECK(Ended == Made);
    printf("# %lu threads\n", Made);
    CloseHandle(Event);
}

static void Processes(void)
{
    static PROCESS_INFORMATION Children[2000];
    DWORD Made = 0, Error = 0, Ended = 0;

    while (Made < 2000 && (Error = Start(NULL, "exitcode.exe 3", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Children[Made])) == 0) {
        Made++;
    }
    CHECK(Made == 2000 || IsShortage(Error - FAILED_WITH(0)));
    CHECK(Made > 10);
    for (DWORD i = 0; i < Made; i++) {
        TerminateProcess(Children[i].hProcess, 9);
        Ended += Finish(&Children[i]) == 9;
    }
    CHECK(Ended == Made);
    printf("# %lu processes\n", Made);
}

static const struct
{
    const char *Name;
    void (*Take)(void);
} Kinds[] = {{"memory", Memory}, {"threads", Threads}, {"processes", Processes}, {"handles", Handles}};

int main(int Count, char **Arguments)
{
    Me = GetCurrentProcess();
    for (unsigned i = 0; Count > 2 && i < sizeof(Kinds) / sizeof(*Kinds); i++) {
        if (strcmp(Arguments[2], Kinds[i].Name) == 0) {
            Kinds[i].Take();
            fflush(stdout);
            return Failed;
        }
    }
    for (unsigned i = 0; i < sizeof(Kinds) / sizeof(*Kinds); i++) {
        Is(RunSelf(TRUE, 0, NULL, "%s", Kinds[i].Name), 0, Kinds[i].Name);
        Is(Run(NULL, "exitcode.exe 7"), 7, "a process can be made after it");
    }
    return Done();
}

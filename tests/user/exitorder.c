/* SPDX-License-Identifier: MIT */
/*
 * exitorder.c - the order in which a process ends.  From within: its other threads are gone, their APCs thrown away, before the DLLs and TLS callbacks
 * hear of it.  From outside: its handles are closed and its mutexes abandoned before it is signalled, so who has waited for it need not wait again.
 */
#define _WIN32_WINNT 0x0A00
#include "child.h"
#include <stdlib.h>
#include "win32.h"

static HANDLE Out, Threads[2], Entered, Locked;
static volatile LONG Applied;
static DWORD First;

static void Say(char What)
{
    DWORD Written;

    WriteFile(Out, &What, 1, &Written, NULL);
}

static void CALLBACK Apply(ULONG_PTR Unused)
{
    (void)Unused;
    Applied = 1;
}

/* Holds a mutex and waits where no APC comes through. */
static DWORD WINAPI Wait(void *Event)
{
    if (Locked != NULL) {
        WaitForSingleObject(Locked, LONG_TIME);
        Locked = NULL;
    }
    SetEvent(Entered);
    return WaitForSingleObject(Event, INFINITE);
}

/* What a DLL sees of the end: a letter for each thing that is as it should be. */
static void NTAPI Callback(void *Module, DWORD Reason, void *Reserved)
{
    DWORD Code = 0;

    (void)Module;
    (void)Reserved; /* a TLS callback is not told whether the process ends */
    if (Out == NULL || Reason != DLL_PROCESS_DETACH) {
        return;
    }
    Say(GetCurrentThreadId() == First ? 'd' : 'D');
    for (int i = 0; i < 2; i++) {
        Say(WaitForSingleObject(Threads[i], LONG_TIME) == WAIT_OBJECT_0 && GetExitCodeThread(Threads[i], &Code) && Code == 7 ? 't' : 'T');
    }
    Say(Applied ? 'A' : 'a');
}

__attribute__((section(".CRT$XLM"), used)) static PIMAGE_TLS_CALLBACK Entry = Callback;

/* exitorder child PIPE MUTEX MUTEX: ends with one mutex owned by the thread that ends it and one by another. */
static int Child(char **Arguments)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL);

    Out = (HANDLE)(ULONG_PTR)strtoul(Arguments[2], NULL, 0);
    Locked = (HANDLE)(ULONG_PTR)strtoul(Arguments[4], NULL, 0);
    First = GetCurrentThreadId();
    Entered = CreateEventA(NULL, FALSE, FALSE, NULL);
    CreateEventA(NULL, TRUE, FALSE, "nascent-exitorder");
    WaitForSingleObject((HANDLE)(ULONG_PTR)strtoul(Arguments[3], NULL, 0), LONG_TIME);
    for (int i = 0; i < 2; i++) {
        Threads[i] = StartThread(Wait, Event);
        WaitForSingleObject(Entered, LONG_TIME);
    }
    QueueUserAPC(Apply, Threads[0], 0);
    Say('x');
    ExitProcess(7);
}

int main(int Count, char **Arguments)
{
    SECURITY_ATTRIBUTES Inheritable = {sizeof(Inheritable), NULL, TRUE};
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    HANDLE Read, Write, Mutex[2] = {CreateMutexA(&Inheritable, FALSE, NULL), CreateMutexA(&Inheritable, FALSE, NULL)};
    char Self[MAX_PATH], Line[MAX_PATH + 100], Said[16] = "";
    DWORD Length = 0, Code = 0;

    if (Count == 5) {
        return Child(Arguments);
    }
    for (int Round = 0; Round < 10; Round++) {
        CreatePipe(&Read, &Write, &Inheritable, 0);
        SetHandleInformation(Read, HANDLE_FLAG_INHERIT, 0);
        GetModuleFileNameA(NULL, Self, sizeof(Self));
        snprintf(Line, sizeof(Line), "\"%s\" child %u %u %u", Self, (unsigned)(ULONG_PTR)Write, (unsigned)(ULONG_PTR)Mutex[0], (unsigned)(ULONG_PTR)Mutex[1]);
        if (!Ok(CreateProcessA(NULL, Line, NULL, NULL, TRUE, 0, NULL, NULL, &Startup, &Process), "a child, round %d", Round)) {
            break;
        }
        CloseHandle(Write);
        Is(WaitForSingleObject(Process.hProcess, LONG_TIME), WAIT_OBJECT_0, "ends");
        /* Each of these at once, the process being signalled. */
        Is(WaitForSingleObject(Mutex[0], 0), WAIT_ABANDONED, "the mutex of its last thread is abandoned");
        Is(WaitForSingleObject(Mutex[1], 0), WAIT_ABANDONED, "so is that of another");
        Fails(OpenEventA(SYNCHRONIZE, FALSE, "nascent-exitorder") != NULL, ERROR_FILE_NOT_FOUND, "its names are gone");
        memset(Said, 0, sizeof(Said));
        Ok(ReadFile(Read, Said, sizeof(Said) - 1, &Length, NULL) && strcmp(Said, "xdtta") == 0,
           "ExitProcess; then its callback, in the same thread; both other threads had ended with its code; no APC: %s", Said);
        Fails(PeekNamedPipe(Read, NULL, 0, NULL, NULL, NULL), ERROR_BROKEN_PIPE, "its end of the pipe is closed");
        Ok(GetExitCodeProcess(Process.hProcess, &Code) && Code == 7, "its code");
        ReleaseMutex(Mutex[0]);
        ReleaseMutex(Mutex[1]);
        CloseHandle(Read);
        CloseHandle(Process.hThread);
        CloseHandle(Process.hProcess);
    }
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * background.c - background processing mode of a process and of a thread: what it lowers, what it restores, and who may not.
 */
#define _WIN32_WINNT 0x0A00
#include "child.h"
#include "win32.h"

#define THREAD_ALREADY_BACKGROUND 400 /* ERROR_THREAD_MODE_ALREADY_BACKGROUND */
#define THREAD_NOT_BACKGROUND 401
#define PROCESS_ALREADY_BACKGROUND 402
#define PROCESS_NOT_BACKGROUND 403

#define VERY_LOW 0 /* IO_PRIORITY_HINT */
#define NORMAL 2

/* NtQueryInformationProcess and NtQueryInformationThread for a class that is one number. */
static ULONG Ask(const char *Service, HANDLE Handle, ULONG Class)
{
    NTSTATUS(NTAPI * Query)(HANDLE, ULONG, PVOID, ULONG, PULONG) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), Service);
    ULONG Value = 0xDEAD;

    Query(Handle, Class, &Value, sizeof(Value), NULL);
    return Value;
}

#define ProcessIo() Ask("NtQueryInformationProcess", GetCurrentProcess(), 33 /* ProcessIoPriority */)
#define ThreadIo() Ask("NtQueryInformationThread", GetCurrentThread(), 22 /* ThreadIoPriority */)

static ULONG ThreadMemory(void)
{
    MEMORY_PRIORITY_INFORMATION Value = {0xDEAD};

    GetThreadInformation(GetCurrentThread(), 0 /* ThreadMemoryPriority */, &Value, sizeof(Value));
    return Value.MemoryPriority;
}

static ULONG ProcessMemory(void)
{
    MEMORY_PRIORITY_INFORMATION Value = {0xDEAD};

    GetProcessInformation(GetCurrentProcess(), ProcessMemoryPriority, &Value, sizeof(Value));
    return Value.MemoryPriority;
}

/* THREAD_PRIORITY_ERROR_RETURN: it failed, see the last error. */
static int PriorityAfter(int Mode)
{
    return SetThreadPriority(GetCurrentThread(), Mode) ? GetThreadPriority(GetCurrentThread()) : THREAD_PRIORITY_ERROR_RETURN;
}

static DWORD WINAPI OfNewThread(void *Unused)
{
    (void)Unused;
    return ThreadIo() << 8 | ThreadMemory();
}

/* ---- a thread ------------------------------------------------------------------------------------------------------------------------------ */

static DWORD WINAPI Idle(void *Event)
{
    return WaitForSingleObject(Event, LONG_TIME);
}

static void Thread(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL), Other = StartThread(Idle, Event), Weak, Self = NULL;

    Fails(SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_END), THREAD_NOT_BACKGROUND, "a thread that is not in background mode");
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_ABOVE_NORMAL);
    Is((DWORD)PriorityAfter(THREAD_MODE_BACKGROUND_BEGIN), (DWORD)-4, "background mode: priority 4, where 8 is normal");
    Ok(ThreadIo() == VERY_LOW && ThreadMemory() == MEMORY_PRIORITY_VERY_LOW, "I/O and memory: very low");
    Fails(SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_BEGIN), THREAD_ALREADY_BACKGROUND, "twice");
    Ok(ProcessIo() == NORMAL && GetPriorityClass(GetCurrentProcess()) == NORMAL_PRIORITY_CLASS, "it is no affair of the process");
    Is((DWORD)PriorityAfter(THREAD_MODE_BACKGROUND_END), THREAD_PRIORITY_ABOVE_NORMAL, "its end: as before");
    Ok(ThreadIo() == NORMAL && ThreadMemory() == MEMORY_PRIORITY_NORMAL, "I/O and memory, too");
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL);
    Is((DWORD)PriorityAfter(THREAD_MODE_BACKGROUND_BEGIN), (DWORD)-4, "a time-critical thread");
    Is((DWORD)PriorityAfter(THREAD_MODE_BACKGROUND_END), THREAD_PRIORITY_TIME_CRITICAL, "and back");
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL);

    Fails(SetThreadPriority(Other, THREAD_MODE_BACKGROUND_BEGIN), ERROR_INVALID_PARAMETER, "another thread cannot be sent there");
    Fails(SetThreadPriority(Other, THREAD_MODE_BACKGROUND_END), ERROR_INVALID_PARAMETER, "nor called back");
    Fails(SetThreadPriority(NULL, THREAD_MODE_BACKGROUND_BEGIN), ERROR_INVALID_HANDLE, "no thread");
    DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &Self, 0, FALSE, DUPLICATE_SAME_ACCESS);
    Ok(SetThreadPriority(Self, THREAD_MODE_BACKGROUND_BEGIN) && SetThreadPriority(Self, THREAD_MODE_BACKGROUND_END), "oneself by a handle");
    Weak = Limited(Self, THREAD_QUERY_INFORMATION);
    Fails(SetThreadPriority(Weak, THREAD_MODE_BACKGROUND_BEGIN), ERROR_ACCESS_DENIED, "a right is needed");
    Fails(SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_END), THREAD_NOT_BACKGROUND, "nothing has begun");
    SetEvent(Event);
    Join(Other);
    CloseHandle(Weak);
    CloseHandle(Self);
    CloseHandle(Event);
}

/* ---- a process ----------------------------------------------------------------------------------------------------------------------------- */

static void Process(void)
{
    PROCESS_INFORMATION Child;
    HANDLE Weak;

    Fails(SetPriorityClass(GetCurrentProcess(), PROCESS_MODE_BACKGROUND_END), PROCESS_NOT_BACKGROUND, "a process that is not in background mode");
    SetPriorityClass(GetCurrentProcess(), ABOVE_NORMAL_PRIORITY_CLASS);
    Ok(SetPriorityClass(GetCurrentProcess(), PROCESS_MODE_BACKGROUND_BEGIN), "background mode");
    Is(GetPriorityClass(GetCurrentProcess()), IDLE_PRIORITY_CLASS, "the class of idle processes");
    Ok(ProcessIo() == VERY_LOW && ProcessMemory() == MEMORY_PRIORITY_VERY_LOW, "I/O and memory: very low");
    Is(Join(StartThread(OfNewThread, NULL)), VERY_LOW << 8 | MEMORY_PRIORITY_VERY_LOW, "new threads are, too");
    Fails(SetPriorityClass(GetCurrentProcess(), PROCESS_MODE_BACKGROUND_BEGIN), PROCESS_ALREADY_BACKGROUND, "twice");
    Fails(SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_BEGIN), PROCESS_ALREADY_BACKGROUND, "a thread of it is there already");
    Ok(SetPriorityClass(GetCurrentProcess(), PROCESS_MODE_BACKGROUND_END), "its end");
    Ok(GetPriorityClass(GetCurrentProcess()) == ABOVE_NORMAL_PRIORITY_CLASS && ProcessIo() == NORMAL && ProcessMemory() == MEMORY_PRIORITY_NORMAL &&
           ThreadIo() == NORMAL, "all as before");
    SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS);

    Start(NULL, "exitcode.exe 0", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Child);
    Ok(!SetPriorityClass(Child.hProcess, PROCESS_MODE_BACKGROUND_BEGIN) && GetPriorityClass(Child.hProcess) == NORMAL_PRIORITY_CLASS,
       "another process cannot be sent there");
    TerminateProcess(Child.hProcess, 0);
    Finish(&Child);
    Weak = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
    Fails(SetPriorityClass(Weak, PROCESS_MODE_BACKGROUND_BEGIN), ERROR_ACCESS_DENIED, "a right is needed");
    Fails(SetPriorityClass(GetCurrentProcess(), PROCESS_MODE_BACKGROUND_END), PROCESS_NOT_BACKGROUND, "nothing has begun");
    CloseHandle(Weak);
}

int main(void)
{
    Thread();
    Process();
    return Done();
}

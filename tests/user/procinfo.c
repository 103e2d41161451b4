/* SPDX-License-Identifier: MIT */
/*
 * procinfo.c - what one process may ask of another, or of itself, and what is refused: ids and rights, ends, names, times, priorities, affinity, memory and
 * context of a child that has not run yet.
 */
#define _WIN32_WINNT 0x0A00
#include "child.h"
#include "win32.h"
#include <stdlib.h>
#include <winternl.h>

#ifndef PROCESS_SET_LIMITED_INFORMATION
#define PROCESS_SET_LIMITED_INFORMATION 0x2000
#endif

static HANDLE Go;

static DWORD WINAPI Last(void *Code)
{
    WaitForSingleObject(Go, 30000);
    return (DWORD)(ULONG_PTR)Code;
}

/* Ends the thread that is waited for first, then itself. */
static DWORD WINAPI AfterMain(void *Main)
{
    WaitForSingleObject(Main, 30000);
    return 9;
}

/* Gives the privilege away for good, then asks for real time twice: its own class, and that of a child. */
static int RealTime(void)
{
    TOKEN_PRIVILEGES Remove = {1, {{{0, 0}, SE_PRIVILEGE_REMOVED}}};
    PROCESS_INFORMATION Process;
    HANDLE Token;
    DWORD Its;

    OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &Token);
    LookupPrivilegeValueA(NULL, "SeIncreaseBasePriorityPrivilege", &Remove.Privileges[0].Luid);
    AdjustTokenPrivileges(Token, FALSE, &Remove, 0, NULL, NULL);
    CloseHandle(Token);
    if (Start(NULL, "exitcode.exe 0", FALSE, CREATE_SUSPENDED | REALTIME_PRIORITY_CLASS, NULL, NULL, NULL, &Process) != 0) {
        return 98;
    }
    Its = GetPriorityClass(Process.hProcess);
    TerminateProcess(Process.hProcess, 0);
    Finish(&Process);
    return SetPriorityClass(GetCurrentProcess(), REALTIME_PRIORITY_CLASS) ? (int)(Its << 16 | GetPriorityClass(GetCurrentProcess())) : 97;
}

static int Child(int Count, char **Arguments)
{
    const char *What = Count > 2 ? Arguments[2] : "";
    HANDLE Main;

    if (strcmp(What, "exit") == 0) {
        return (int)strtoul(Arguments[3], NULL, 0);
    }
    if (strcmp(What, "last") == 0) { /* main's code is not the process' if another thread ends later */
        DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &Main, 0, FALSE, DUPLICATE_SAME_ACCESS);
        CreateThread(NULL, 0, AfterMain, Main, 0, NULL);
        ExitThread(5);
    }
    if (strcmp(What, "exitprocess") == 0) { /* the code of ExitProcess is, whatever the threads it ends would have returned */
        Go = CreateEventA(NULL, TRUE, FALSE, NULL);
        CreateThread(NULL, 0, Last, (void *)8, 0, NULL);
        ExitProcess(6);
    }
    if (strcmp(What, "realtime") == 0) {
        return RealTime();
    }
    return 99;
}

static void Ids(void)
{
    DWORD Me = GetCurrentProcessId(), Thread = GetCurrentThreadId();
    HANDLE Handle;

    Ok((Me & 3) == 0 && (Thread & 3) == 0 && Me != 0, "ids are multiples of four");
    for (DWORD i = 1; i < 4; i++) {
        Handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, Me + i);
        Ok(Handle != NULL && GetProcessId(Handle) == Me, "their two low bits do not count: process, %lu", i);
        CloseHandle(Handle);
        Handle = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, Thread + i);
        Ok(Handle != NULL && GetThreadId(Handle) == Thread, "thread, %lu", i);
        CloseHandle(Handle);
    }
    Ok(OpenProcess(SYNCHRONIZE, FALSE, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "no process 0");
    Ok(OpenThread(SYNCHRONIZE, FALSE, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "no thread 0");
    Ok(OpenProcess(SYNCHRONIZE, FALSE, Thread) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "a thread's id is none of a process");
    Ok(OpenThread(SYNCHRONIZE, FALSE, Me) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "nor the other way");
    Ok(OpenProcess(SYNCHRONIZE, FALSE, 0x7FFFFFF0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "an id that never was");
    Ok(OpenThread(SYNCHRONIZE, FALSE, 0x7FFFFFF0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "for a thread");
    Handle = OpenProcess(PROCESS_QUERY_INFORMATION, TRUE, Me);
    DWORD Flags = 0;
    Ok(GetHandleInformation(Handle, &Flags) && Flags == HANDLE_FLAG_INHERIT, "opened inheritable");
    Is(Granted(Handle), PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION, "who may ask much may ask little");
    CloseHandle(Handle);
    Handle = OpenProcess(PROCESS_SET_INFORMATION, FALSE, Me);
    Is(Granted(Handle), PROCESS_SET_INFORMATION | PROCESS_SET_LIMITED_INFORMATION, "the same for setting");
    CloseHandle(Handle);
    Handle = OpenThread(THREAD_QUERY_INFORMATION, FALSE, Thread);
    Is(Granted(Handle), THREAD_QUERY_INFORMATION | THREAD_QUERY_LIMITED_INFORMATION, "and for threads");
    CloseHandle(Handle);
    Handle = OpenThread(THREAD_SET_INFORMATION, FALSE, Thread);
    Is(Granted(Handle), THREAD_SET_INFORMATION | THREAD_SET_LIMITED_INFORMATION, "both");
    CloseHandle(Handle);
    Handle = OpenProcess(MAXIMUM_ALLOWED, FALSE, Me);
    Is(Granted(Handle), PROCESS_ALL_ACCESS, "all there is");
    CloseHandle(Handle);
    Is(GetProcessIdOfThread(GetCurrentThread()), Me, "a thread's process");
    Ok(GetProcessId(NULL) == 0 && GetLastError() == ERROR_INVALID_HANDLE, "no handle, no id");
    Ok(GetProcessId(GetCurrentThread()) == 0 && GetLastError() == ERROR_INVALID_HANDLE, "a thread is no process");
    Ok(GetThreadId(GetCurrentProcess()) == 0 && GetLastError() == ERROR_INVALID_HANDLE, "nor the other way");
}

static void Rights(void)
{
    PROCESS_INFORMATION Process;
    FILETIME Times[4];
    HANDLE None;
    DWORD Code;
    SIZE_T Done_;

    Start(NULL, "exitcode.exe 3", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Process);
    None = Limited(Process.hProcess, SYNCHRONIZE);
    Ok(!GetExitCodeProcess(None, &Code) && GetLastError() == ERROR_ACCESS_DENIED, "no exit code without a right");
    Ok(!GetProcessTimes(None, &Times[0], &Times[1], &Times[2], &Times[3]) && GetLastError() == ERROR_ACCESS_DENIED, "no times");
    Ok(GetPriorityClass(None) == 0 && GetLastError() == ERROR_ACCESS_DENIED, "no priority class");
    Ok(!SetPriorityClass(None, IDLE_PRIORITY_CLASS) && GetLastError() == ERROR_ACCESS_DENIED, "nor a new one");
    Ok(!TerminateProcess(None, 1) && GetLastError() == ERROR_ACCESS_DENIED, "no end");
    Ok(!ReadProcessMemory(None, (void *)0x7FFE0000, &Code, 4, &Done_) && GetLastError() == ERROR_ACCESS_DENIED, "no memory");
    Ok(VirtualAllocEx(None, NULL, 1, MEM_COMMIT, PAGE_READWRITE) == NULL && GetLastError() == ERROR_ACCESS_DENIED, "no new memory");
    Ok(CreateRemoteThread(None, NULL, 0, Last, NULL, 0, NULL) == NULL && GetLastError() == ERROR_ACCESS_DENIED, "no thread");
    CloseHandle(None);
    None = Limited(Process.hProcess, PROCESS_TERMINATE);
    Ok(WaitForSingleObject(None, 0) == WAIT_FAILED && GetLastError() == ERROR_ACCESS_DENIED, "no wait");
    CloseHandle(None);
    None = Limited(Process.hThread, SYNCHRONIZE);
    Ok(ResumeThread(None) == (DWORD)-1 && GetLastError() == ERROR_ACCESS_DENIED, "no resumption of a thread");
    Ok(SuspendThread(None) == (DWORD)-1 && GetLastError() == ERROR_ACCESS_DENIED, "no suspension");
    Ok(!TerminateThread(None, 0) && GetLastError() == ERROR_ACCESS_DENIED, "no end");
    Ok(!SetThreadPriority(None, 0) && GetLastError() == ERROR_ACCESS_DENIED, "no priority");
    Ok(GetProcessIdOfThread(None) == 0 && GetLastError() == ERROR_ACCESS_DENIED, "no process id");
    CloseHandle(None);
    ResumeThread(Process.hThread);
    Is(Finish(&Process), 3, "and nothing has happened to it");
}

static void Ends(void)
{
    PROCESS_INFORMATION Process;
    DWORD Code;

    Start(NULL, "exitcode.exe 4", FALSE, 0, NULL, NULL, NULL, &Process);
    WaitForSingleObject(Process.hProcess, 60000);
    /* the process is signalled by its last thread, which is signalled itself a moment later */
    Is(WaitForSingleObject(Process.hThread, 60000), WAIT_OBJECT_0, "its thread ends, too");
    Ok(GetExitCodeThread(Process.hThread, &Code) && Code == 4, "with the same code");
    Ok(!TerminateProcess(Process.hProcess, 1) && GetLastError() == ERROR_ACCESS_DENIED, "who has ended cannot be ended");
    Ok(GetExitCodeProcess(Process.hProcess, &Code) && Code == 4, "and keeps its code");
    Ok(CreateRemoteThread(Process.hProcess, NULL, 0, Last, NULL, 0, NULL) == NULL && GetLastError() == ERROR_ACCESS_DENIED, "no new thread");
    Ok(SuspendThread(Process.hThread) == (DWORD)-1 && GetLastError() == ERROR_ACCESS_DENIED, "no suspension");
    Ok(!TerminateProcess(NULL, 1) && GetLastError() == ERROR_INVALID_HANDLE, "nobody");
    HANDLE Opened = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, Process.dwProcessId);
    Ok(Opened != NULL && GetExitCodeProcess(Opened, &Code) && Code == 4, "it can be opened while somebody has a handle");
    CloseHandle(Opened);
    DWORD Id = Process.dwProcessId, Same = 0;
    for (int i = 0; i < 20; i++) {
        PROCESS_INFORMATION Next;
        Start(NULL, "exitcode.exe 0", FALSE, 0, NULL, NULL, NULL, &Next);
        Same += Next.dwProcessId == Id || Next.dwThreadId == Id || Next.dwProcessId == Process.dwThreadId || Next.dwThreadId == Process.dwThreadId;
        Finish(&Next);
    }
    Is(Same, 0, "no other one gets its ids meanwhile");
    Finish(&Process);
    Is(WhenGone(OpenProcess, Id), ERROR_INVALID_PARAMETER, "then it is gone");
    Is(RunSelf(FALSE, 0, NULL, "exit 259"), STILL_ACTIVE, "259 is an exit code, too");
    Is(RunSelf(FALSE, 0, NULL, "exit 0xFFFFFFFF"), 0xFFFFFFFF, "and -1");
    Is(RunSelf(FALSE, 0, NULL, "last"), 9, "the last thread's code is the process'");
    Is(RunSelf(FALSE, 0, NULL, "exitprocess"), 6, "unless ExitProcess gave one");
}

static void NamesAndTimes(void)
{
    PROCESS_INFORMATION Process;
    FILETIME Created, Exited, Kernel, User;
    WCHAR Path[MAX_PATH], Own[MAX_PATH];
    DWORD Size = MAX_PATH, Before = 0, After = 0;
    HANDLE Event;

    GetModuleFileNameW(NULL, Own, MAX_PATH);
    Ok(QueryFullProcessImageNameW(GetCurrentProcess(), 0, Path, &Size) && _wcsicmp(Path, Own) == 0 && Size == wcslen(Own), "our name");
    DWORD Needs = Size + 1;
    Size = Needs - 1;
    Ok(!QueryFullProcessImageNameW(GetCurrentProcess(), 0, Path, &Size) && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "a character too few");
    Size = Needs;
    Ok(QueryFullProcessImageNameW(GetCurrentProcess(), 0, Path, &Size) && Size == Needs - 1, "just enough");
    Size = MAX_PATH;
    Ok(QueryFullProcessImageNameW(GetCurrentProcess(), PROCESS_NAME_NATIVE, Path, &Size) && _wcsnicmp(Path, L"\\Device\\", 8) == 0, "the native form");
    Size = MAX_PATH;
    Ok(!QueryFullProcessImageNameW(GetCurrentProcess(), 2, Path, &Size) && GetLastError() == ERROR_INVALID_PARAMETER, "no such form");

    Start(NULL, "exitcode.exe 4", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Process);
    Size = MAX_PATH;
    Ok(QueryFullProcessImageNameW(Process.hProcess, 0, Path, &Size) && _wcsicmp(Path, L"C:\\Programs\\exitcode.exe") == 0, "a child's name");
    Ok(GetProcessTimes(Process.hProcess, &Created, &Exited, &Kernel, &User) && Created.dwHighDateTime != 0, "its times");
    Ok(Exited.dwHighDateTime == 0 && Exited.dwLowDateTime == 0, "no end yet");
    Is(GetProcessVersion(Process.dwProcessId), GetProcessVersion(0), "the system it was made for is ours");
    Ok(GetProcessVersion(0) >= 0x40000 && GetProcessVersion(0x7FFFFFF0) == 0 && GetLastError() == ERROR_INVALID_PARAMETER, "none for nobody");
    ResumeThread(Process.hThread);
    WaitForSingleObject(Process.hProcess, 60000);
    GetProcessTimes(Process.hProcess, &Created, &Exited, &Kernel, &User);
    Ok(CompareFileTime(&Exited, &Created) >= 0, "now there is");
    Size = MAX_PATH;
    Ok(QueryFullProcessImageNameW(Process.hProcess, 0, Path, &Size) && _wcsicmp(Path, L"C:\\Programs\\exitcode.exe") == 0, "the name stays");
    Finish(&Process);

    GetProcessHandleCount(GetCurrentProcess(), &Before);
    Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    GetProcessHandleCount(GetCurrentProcess(), &After);
    Is(After, Before + 1, "one handle more");
    CloseHandle(Event);
}

static void Priorities(void)
{
    static const DWORD Classes[] = {IDLE_PRIORITY_CLASS, BELOW_NORMAL_PRIORITY_CLASS, NORMAL_PRIORITY_CLASS, ABOVE_NORMAL_PRIORITY_CLASS, HIGH_PRIORITY_CLASS};
    PROCESS_INFORMATION Process;
    DWORD_PTR Mask, System;
    DWORD Level = 0, Flags = 9;

    for (unsigned i = 0; i < 5; i++) {
        Is(Start(NULL, "exitcode.exe 0", FALSE, CREATE_SUSPENDED | Classes[i], NULL, NULL, NULL, &Process), 0, "born in a class");
        Is(GetPriorityClass(Process.hProcess), Classes[i], "and is in it");
        Is((DWORD)GetThreadPriority(Process.hThread), THREAD_PRIORITY_NORMAL, "its thread is normal there");
        TerminateProcess(Process.hProcess, 0);
        Finish(&Process);
        Ok(SetPriorityClass(GetCurrentProcess(), Classes[i]) && GetPriorityClass(GetCurrentProcess()) == Classes[i], "we, too");
        Start(NULL, "exitcode.exe 0", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Process);
        Is(GetPriorityClass(Process.hProcess), i < 2 ? Classes[i] : NORMAL_PRIORITY_CLASS, "a child inherits only a low one");
        TerminateProcess(Process.hProcess, 0);
        Finish(&Process);
    }
    Is(RunSelf(FALSE, 0, NULL, "realtime"), HIGH_PRIORITY_CLASS << 16 | HIGH_PRIORITY_CLASS, "real time is only high for who lacks the privilege");
    SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS);
    Ok(!SetPriorityClass(GetCurrentProcess(), 0) && GetLastError() == ERROR_INVALID_PARAMETER, "no class");
    Ok(!SetPriorityClass(GetCurrentProcess(), IDLE_PRIORITY_CLASS | HIGH_PRIORITY_CLASS) && GetLastError() == ERROR_INVALID_PARAMETER, "two classes");

    Ok(GetProcessAffinityMask(GetCurrentProcess(), &Mask, &System) && Mask == System && Mask != 0, "every processor");
    Ok(!SetProcessAffinityMask(GetCurrentProcess(), 0) && GetLastError() == ERROR_INVALID_PARAMETER, "none at all");
    Ok(!SetProcessAffinityMask(GetCurrentProcess(), System << 1 | 1) && GetLastError() == ERROR_INVALID_PARAMETER, "one that is not there");
    Ok(SetProcessAffinityMask(GetCurrentProcess(), 1) && GetProcessAffinityMask(GetCurrentProcess(), &Mask, &System) && Mask == 1, "the first");
    Start(NULL, "exitcode.exe 0", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Process);
    Ok(GetProcessAffinityMask(Process.hProcess, &Mask, &System) && Mask == 1, "children inherit it");
    TerminateProcess(Process.hProcess, 0);
    Finish(&Process);
    SetProcessAffinityMask(GetCurrentProcess(), System);

    Ok(GetProcessShutdownParameters(&Level, &Flags) && Level == 0x280 && Flags == 0, "the default place at shutdown");
    Ok(SetProcessShutdownParameters(0x100, SHUTDOWN_NORETRY) && GetProcessShutdownParameters(&Level, &Flags) && Level == 0x100 && Flags == 1, "another");
    Ok(!SetProcessShutdownParameters(0x100, 0x10) && GetLastError() == ERROR_INVALID_PARAMETER, "no such flag");
}

/* The first thread of a child begins in RtlUserThreadStart(Rcx = its start, Rdx = its argument): both may be changed. */
static void BeforeItRuns(void)
{
    PROCESS_INFORMATION Process;
    CONTEXT Context = {.ContextFlags = CONTEXT_FULL};
    DWORD Written = 0x12345678, Read = 0, Old;
    SIZE_T Bytes = 0;
    BYTE *There;
    HANDLE Thread;

    Start(NULL, "exitcode.exe 4", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Process);
    There = VirtualAllocEx(Process.hProcess, NULL, 100, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    Ok(There != NULL, "memory in a child that has not run");
    Ok(WriteProcessMemory(Process.hProcess, There, &Written, sizeof(Written), &Bytes) && Bytes == sizeof(Written), "written");
    Ok(ReadProcessMemory(Process.hProcess, There, &Read, sizeof(Read), &Bytes) && Read == Written, "read");
    Ok(VirtualProtectEx(Process.hProcess, There, 100, PAGE_READONLY, &Old) && Old == PAGE_READWRITE, "protected");
    Ok(!ReadProcessMemory(Process.hProcess, There + 0x1000, &Read, 4, &Bytes) && GetLastError() == ERROR_PARTIAL_COPY && Bytes == 0, "not behind it");
    Ok(VirtualFreeEx(Process.hProcess, There, 0, MEM_RELEASE), "freed");
    Ok(GetThreadContext(Process.hThread, &Context) && Context.Rip != 0 && Context.Rcx != 0, "the first thread's context");
    Context.Rcx = (DWORD64)(ULONG_PTR)ExitProcess; /* kernel32 lies where it lies here */
    Context.Rdx = 77;
    Ok(SetThreadContext(Process.hThread, &Context), "is set");
    Is(ResumeThread(Process.hThread), 1, "it runs");
    Is(Finish(&Process), 77, "what it was made to");

    Start(NULL, "exitcode.exe 4", FALSE, CREATE_SUSPENDED, NULL, NULL, NULL, &Process);
    Thread = CreateRemoteThread(Process.hProcess, NULL, 0, (LPTHREAD_START_ROUTINE)(void *)ExitProcess, (void *)78, 0, NULL);
    Ok(Thread != NULL, "another thread runs before the first");
    Is(WaitForSingleObject(Thread, 60000), WAIT_OBJECT_0, "and ends");
    CloseHandle(Thread);
    Is(Finish(&Process), 78, "with the process");
}

int main(int Count, char **Arguments)
{
    if (Count > 1 && strcmp(Arguments[1], "child") == 0) {
        return Child(Count, Arguments);
    }
    Ids();
    Rights();
    Ends();
    NamesAndTimes();
    Priorities();
    BeforeItRuns();
    return Done();
}

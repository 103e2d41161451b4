/* SPDX-License-Identifier: MIT */
/*
 * process.c - CreateProcess: the search for the image, quoting, flags, environment, directory, inheritance, exit codes, last errors.
 *
 * Run with "child ..." it is its own child and answers by its exit code.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static char Self[MAX_PATH];

/* The exit code of a command line, or 0x10000 plus the last error. */
static DWORD RunWith(const char *Application, const char *CommandLine, BOOL Inherit, DWORD Flags, void *Environment, const char *Directory)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    char Line[1024];
    DWORD Code = 0;

    if (CommandLine != NULL) {
        snprintf(Line, sizeof(Line), "%s", CommandLine);
    }
    if (!CreateProcessA(Application, CommandLine != NULL ? Line : NULL, NULL, NULL, Inherit, Flags, Environment, Directory, &Startup, &Process)) {
        return 0x10000 + GetLastError();
    }
    WaitForSingleObject(Process.hProcess, INFINITE);
    GetExitCodeProcess(Process.hProcess, &Code);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    return Code;
}

static DWORD Run(const char *Application, const char *CommandLine)
{
    return RunWith(Application, CommandLine, FALSE, 0, NULL, NULL);
}

static int Child(int Count, char **Arguments)
{
    const char *What = Count > 2 ? Arguments[2] : "";
    char Buffer[MAX_PATH];

    if (strcmp(What, "exit") == 0) {
        return (int)strtoul(Arguments[3], NULL, 0);
    }
    if (strcmp(What, "count") == 0) {
        return Count;
    }
    if (strcmp(What, "env") == 0) {
        return GetEnvironmentVariableA("TESTVAR", Buffer, sizeof(Buffer)) != 0 && strcmp(Buffer, Arguments[3]) == 0 ? 1 : 2;
    }
    if (strcmp(What, "dir") == 0) {
        return GetCurrentDirectoryA(sizeof(Buffer), Buffer) != 0 && _stricmp(Buffer, Arguments[3]) == 0 ? 1 : 2;
    }
    if (strcmp(What, "event") == 0) { /* the handle's value is the same in the child, if it was inherited */
        return SetEvent((HANDLE)(ULONG_PTR)strtoul(Arguments[3], NULL, 0)) ? 1 : 2;
    }
    if (strcmp(What, "std") == 0) {
        return GetFileType(GetStdHandle(STD_OUTPUT_HANDLE)) != FILE_TYPE_UNKNOWN ? 1 : 2;
    }
    if (strcmp(What, "sleep") == 0) {
        Sleep(60000);
    }
    return 99;
}

static void Search(void)
{
    char Line[512];

    Is(Run(NULL, "exitcode.exe 7"), 7, "found along PATH");
    Is(Run(NULL, "exitcode 8"), 8, ".exe is added");
    Is(Run(NULL, "\"exitcode\" 9"), 9, "in quotes");
    Is(Run("C:\\Programs\\exitcode.exe", "anything 10"), 10, "with an application name");
    Is(Run("C:\\Programs\\exitcode.exe", NULL), 0, "no command line: the application name is it");
    Is(Run("exitcode", "x 1"), 0x10000 + ERROR_FILE_NOT_FOUND, "an application name is not searched for, nor completed");
    Is(Run(NULL, "nosuchprogram"), 0x10000 + ERROR_FILE_NOT_FOUND, "not there");
    Is(Run(NULL, "C:\\nosuchdirectory\\x.exe"), 0x10000 + ERROR_PATH_NOT_FOUND, "directory not there");
    Is(Run("C:\\nosuchprogram.exe", NULL), 0x10000 + ERROR_FILE_NOT_FOUND, "application not there");
    Is(Run("C:\\Windows", NULL), 0x10000 + ERROR_ACCESS_DENIED, "a directory is no program");
    Is(Run("", NULL), 0x10000 + ERROR_PATH_NOT_FOUND, "an empty application name");
    snprintf(Line, sizeof(Line), "%s child count a b c", Self);
    Is(Run(NULL, Line), 6, "unquoted path and arguments");
    snprintf(Line, sizeof(Line), "\"%s\" child count \"a b\" c", Self);
    Is(Run(NULL, Line), 5, "quoted path and arguments");
}

static void EnvironmentAndDirectory(void)
{
    static char Ansi[] = "SystemRoot=C:\\Windows\0TESTVAR=fromansi\0";
    static WCHAR Wide[] = L"SystemRoot=C:\\Windows\0TESTVAR=fromwide\0";
    char Line[512];

    SetEnvironmentVariableA("TESTVAR", "inherited");
    snprintf(Line, sizeof(Line), "\"%s\" child env inherited", Self);
    Is(Run(NULL, Line), 1, "the environment is inherited");
    snprintf(Line, sizeof(Line), "\"%s\" child env fromansi", Self);
    Is(RunWith(NULL, Line, FALSE, 0, Ansi, NULL), 1, "an ANSI environment");
    snprintf(Line, sizeof(Line), "\"%s\" child env fromwide", Self);
    Is(RunWith(NULL, Line, FALSE, CREATE_UNICODE_ENVIRONMENT, Wide, NULL), 1, "a Unicode environment");
    snprintf(Line, sizeof(Line), "\"%s\" child dir C:\\Windows", Self);
    Is(RunWith(NULL, Line, FALSE, 0, NULL, "C:\\Windows"), 1, "the directory");
    Is(RunWith(NULL, Line, FALSE, 0, NULL, "C:\\nowhere"), 0x10000 + ERROR_DIRECTORY, "a directory that is not there");
}

static void Handles(void)
{
    SECURITY_ATTRIBUTES Security = {sizeof(Security), NULL, TRUE};
    HANDLE Shared = CreateEventA(&Security, TRUE, FALSE, NULL), Private = CreateEventA(NULL, TRUE, FALSE, NULL);
    char Line[512];

    snprintf(Line, sizeof(Line), "\"%s\" child event 0x%lx", Self, (unsigned long)(ULONG_PTR)Shared);
    Is(RunWith(NULL, Line, TRUE, 0, NULL, NULL), 1, "an inheritable handle is inherited");
    Is(WaitForSingleObject(Shared, 0), WAIT_OBJECT_0, "and is the same object");
    ResetEvent(Shared);
    Is(RunWith(NULL, Line, FALSE, 0, NULL, NULL), 2, "not without bInheritHandles");
    snprintf(Line, sizeof(Line), "\"%s\" child event 0x%lx", Self, (unsigned long)(ULONG_PTR)Private);
    Is(RunWith(NULL, Line, TRUE, 0, NULL, NULL), 2, "a handle that is not inheritable is not");
    snprintf(Line, sizeof(Line), "\"%s\" child std", Self);
    Is(RunWith(NULL, Line, TRUE, 0, NULL, NULL), 1, "standard handles, inherited");
    Is(RunWith(NULL, Line, FALSE, 0, NULL, NULL), 1, "standard handles without inheritance");
    CloseHandle(Shared);
    CloseHandle(Private);
}

static void HandleList(void)
{
    SECURITY_ATTRIBUTES Security = {sizeof(Security), NULL, TRUE};
    HANDLE Listed = CreateEventA(&Security, TRUE, FALSE, NULL), Other = CreateEventA(&Security, TRUE, FALSE, NULL);
    STARTUPINFOEXA Startup = {.StartupInfo = {.cb = sizeof(Startup)}};
    PROCESS_INFORMATION Process;
    HANDLE Handles[2] = {Listed, Other};
    unsigned Codes[2] = {0};
    SIZE_T Size = 0;

    Is(InitializeProcThreadAttributeList(NULL, 1, 0, &Size) || GetLastError() != ERROR_INSUFFICIENT_BUFFER, 0, "the list's size");
    Startup.lpAttributeList = malloc(Size);
    Ok(InitializeProcThreadAttributeList(Startup.lpAttributeList, 1, 0, &Size), "a list");
    Ok(UpdateProcThreadAttribute(Startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &Listed, sizeof(Listed), NULL, NULL),
       "a handle list");
    for (int i = 0; i < 2; i++) {
        char Line[512];
        DWORD Code = 0;
        snprintf(Line, sizeof(Line), "\"%s\" child event 0x%lx", Self, (unsigned long)(ULONG_PTR)Handles[i]);
        if (CreateProcessA(NULL, Line, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL, &Startup.StartupInfo, &Process)) {
            WaitForSingleObject(Process.hProcess, INFINITE);
            GetExitCodeProcess(Process.hProcess, &Code);
            CloseHandle(Process.hThread);
            CloseHandle(Process.hProcess);
        }
        Codes[i] = Code;
    }
    Is(Codes[0], 1, "the listed handle is inherited");
    Is(Codes[1], 2, "another inheritable one is not");
    DeleteProcThreadAttributeList(Startup.lpAttributeList);
    free(Startup.lpAttributeList);
    CloseHandle(Listed);
    CloseHandle(Other);
}

static void Life(void)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    HANDLE Opened;
    char Line[512];
    DWORD Code;

    snprintf(Line, sizeof(Line), "\"%s\" child exit 0x87654321", Self);
    Is(Run(NULL, Line), 0x87654321, "all 32 bits of an exit code");
    snprintf(Line, sizeof(Line), "\"%s\" child sleep", Self);
    Ok(CreateProcessA(NULL, Line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &Startup, &Process), "created suspended");
    Is(GetProcessId(Process.hProcess), Process.dwProcessId, "its id");
    Is(GetThreadId(Process.hThread), Process.dwThreadId, "its thread's id");
    GetExitCodeProcess(Process.hProcess, &Code);
    Is(Code, STILL_ACTIVE, "it is alive");
    Opened = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_INFORMATION, FALSE, Process.dwProcessId);
    Ok(Opened != NULL, "opened by its id");
    Is(TerminateProcess(Opened, 1) || GetLastError() != ERROR_ACCESS_DENIED, 0, "not terminated through a handle without the right");
    Is(WaitForSingleObject(Process.hProcess, 10), WAIT_TIMEOUT, "a wait times out");
    Is(ResumeThread(Process.hThread), 1, "resumed once");
    Ok(TerminateProcess(Process.hProcess, 77), "terminated");
    Is(WaitForSingleObject(Opened, 5000), WAIT_OBJECT_0, "signalled");
    Ok(GetExitCodeProcess(Opened, &Code) && Code == 77, "with its exit code");
    CloseHandle(Opened);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    Is(OpenProcess(SYNCHRONIZE, FALSE, 0xFFFFFFF0) != NULL || GetLastError() != ERROR_INVALID_PARAMETER, 0, "no such id");
}

static void Crashes(void)
{
    static const struct { const char *Mode; DWORD Code; } Deaths[] = {
        {"nullwrite", 0xC0000005}, {"execdata", 0xC0000005}, {"stack", 0xC00000FD}, {"divide", 0xC0000094}, {"int3", 0x80000003},
        {"illegal", 0xC000001D}, {"privileged", 0xC0000096}, {"raise", 0xE0001234}, {"thread", 0xC0000005}, {"abort", 3},
    };

    for (size_t i = 0; i < sizeof(Deaths) / sizeof(Deaths[0]); i++) {
        char Line[64];
        snprintf(Line, sizeof(Line), "crash.exe %s", Deaths[i].Mode);
        Is(Run(NULL, Line), Deaths[i].Code, Deaths[i].Mode);
    }
}

int main(int Count, char **Arguments)
{
    if (Count > 1 && strcmp(Arguments[1], "child") == 0) {
        return Child(Count, Arguments);
    }
    GetModuleFileNameA(NULL, Self, sizeof(Self));
    Search();
    EnvironmentAndDirectory();
    Handles();
    HandleList();
    Life();
    Crashes();
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * child.h - a test program that is its own child: `PROGRAM child WHAT ...` answers by its exit code.
 */
#ifndef NASCENT_TEST_CHILD_H
#define NASCENT_TEST_CHILD_H

#include <windows.h>
#include <stdio.h>
#include <string.h>

#define FAILED_WITH(error) (0x10000u + (error)) /* what Start and Run return when there is no child */

/* Starts a child; 0, or FAILED_WITH its error. The command line is copied: CreateProcessW may write to it. */
__attribute__((unused)) static DWORD Start(const char *Application, const char *CommandLine, BOOL Inherit, DWORD Flags, void *Environment,
                                           const char *Directory, STARTUPINFOA *Startup, PROCESS_INFORMATION *Process)
{
    STARTUPINFOA Plain = {.cb = sizeof(Plain)};
    char Line[1024];

    if (CommandLine != NULL) {
        snprintf(Line, sizeof(Line), "%s", CommandLine);
    }
    SetLastError(0xDEAD);
    return CreateProcessA(Application, CommandLine != NULL ? Line : NULL, NULL, NULL, Inherit, Flags, Environment, Directory,
                          Startup != NULL ? Startup : &Plain, Process) ? 0 : FAILED_WITH(GetLastError());
}

/* Waits for it; its exit code. */
__attribute__((unused)) static DWORD Finish(PROCESS_INFORMATION *Process)
{
    DWORD Code = 0xDEAD;

    if (WaitForSingleObject(Process->hProcess, 60000) == WAIT_OBJECT_0) {
        GetExitCodeProcess(Process->hProcess, &Code);
    }
    CloseHandle(Process->hThread);
    CloseHandle(Process->hProcess);
    return Code;
}

/* Both; the exit code, or FAILED_WITH the error. */
__attribute__((unused)) static DWORD RunWith(const char *Application, const char *CommandLine, BOOL Inherit, DWORD Flags, void *Environment,
                                             const char *Directory, STARTUPINFOA *Startup)
{
    PROCESS_INFORMATION Process;
    DWORD Error = Start(Application, CommandLine, Inherit, Flags, Environment, Directory, Startup, &Process);

    return Error != 0 ? Error : Finish(&Process);
}

__attribute__((unused)) static DWORD Run(const char *Application, const char *CommandLine)
{
    return RunWith(Application, CommandLine, FALSE, 0, NULL, NULL, NULL);
}

/* This program with arguments, as a child; Flags as for CreateProcess. */
__attribute__((unused, format(printf, 4, 5))) static DWORD RunSelf(BOOL Inherit, DWORD Flags, STARTUPINFOA *Startup, const char *Format, ...)
{
    char Self[MAX_PATH], Arguments[400], Line[800];
    va_list List;

    GetModuleFileNameA(NULL, Self, sizeof(Self));
    va_start(List, Format);
    vsnprintf(Arguments, sizeof(Arguments), Format, List);
    va_end(List);
    snprintf(Line, sizeof(Line), "\"%s\" child %s", Self, Arguments);
    return RunWith(NULL, Line, Inherit, Flags, NULL, NULL, Startup);
}
#endif

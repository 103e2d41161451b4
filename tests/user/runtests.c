/* SPDX-License-Identifier: MIT */
/*
 * runtests.c - runs programs one after another in one boot and frames their output, so that the host can take it apart again.
 *
 * usage: runtests LISTFILE      one command line a line; `#` comments
 *
 * Around each program's output stand the lines `@@ begin N COMMAND` and `@@ end N 0xEXITCODE` (or `@@ end N error LASTERROR`).  A program that
 * takes longer than a minute is ended with exit code 0x102, STATUS_TIMEOUT.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

#define LIMIT_MS 60000

static void Run(int Number, char *Command)
{
    STARTUPINFOA Startup = { .cb = sizeof(Startup) };
    PROCESS_INFORMATION Process;
    DWORD Code = 0;

    printf("\n@@ begin %d %s\n", Number, Command);
    fflush(stdout);
    if (!CreateProcessA(NULL, Command, NULL, NULL, TRUE, 0, NULL, NULL, &Startup, &Process)) {
        printf("\n@@ end %d error %lu\n", Number, GetLastError());
        fflush(stdout);
        return;
    }
    if (WaitForSingleObject(Process.hProcess, LIMIT_MS) == WAIT_TIMEOUT) {
        TerminateProcess(Process.hProcess, 0x102);
        WaitForSingleObject(Process.hProcess, INFINITE);
    }
    GetExitCodeProcess(Process.hProcess, &Code);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    printf("\n@@ end %d 0x%08lX\n", Number, Code);
    fflush(stdout);
}

int main(int Count, char **Arguments)
{
    char Line[512];
    int Number = 0;
    FILE *List = Count > 1 ? fopen(Arguments[1], "r") : NULL;

    if (List == NULL) {
        printf("usage: runtests LISTFILE\n");
        return 1;
    }
    while (fgets(Line, sizeof(Line), List) != NULL) {
        Line[strcspn(Line, "\r\n")] = 0;
        if (Line[0] != 0 && Line[0] != '#') {
            Run(Number++, Line);
        }
    }
    fclose(List);
    printf("@@ done %d\n", Number);
    return 0;
}

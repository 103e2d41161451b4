/* SPDX-License-Identifier: MIT */
/*
 * spawn.c - starts a program with CreateProcessA: arguments, an environment of its own, a directory; waits; prints its exit code.
 *
 * usage: spawn [PROGRAM ARGUMENTS...]    (without arguments: hello.exe)
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static char environment[] = "GREETING=from spawn.exe\0PATH=C:\\Windows\\system32;C:\\Programs\0SystemRoot=C:\\Windows\0";

/* Everything after our own name, as it was typed. */
static const char *rest_of(const char *line)
{
    int quoted = 0;

    while (*line != 0 && (quoted || (*line != ' ' && *line != '\t'))) {
        quoted ^= *line++ == '"';
    }
    while (*line == ' ' || *line == '\t') {
        line++;
    }
    return line;
}

int main(int argc, char **argv)
{
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process;
    char line[8192];
    DWORD code;

    (void)argv;
    snprintf(line, sizeof(line), "%s", argc > 1 ? rest_of(GetCommandLineA()) : "hello.exe \"first argument\" second");
    printf("spawn: starting %s\n", line);
    fflush(stdout);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, environment, "C:\\Windows", &startup, &process)) {
        printf("spawn: CreateProcess failed, error %lu\n", GetLastError());
        return 1;
    }
    WaitForSingleObject(process.hProcess, INFINITE);
    if (!GetExitCodeProcess(process.hProcess, &code)) {
        printf("spawn: GetExitCodeProcess failed, error %lu\n", GetLastError());
        return 1;
    }
    printf("spawn: process %lu exited with code %lu (0x%08lX)\n", process.dwProcessId, code, code);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return 0;
}

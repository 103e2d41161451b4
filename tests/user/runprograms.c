/* SPDX-License-Identifier: MIT */
/*
 * runprograms.c - runs somebody else's programs one after another in one boot, and frames what each writes, byte for byte.
 *
 * usage: runprograms LISTFILE SECONDS      the list: one command line a line, UTF-8; `@get PATH`: show a file
 *
 * `@@ begin N` and `@@ end N 0xEXITCODE` (or `@@ end N error LASTERROR`) stand on both streams, so that the host (tools/programs) can tell
 * whose output is whose on each.  Nothing goes through a C stream: a text-mode line end would spoil the comparison.  The programs inherit the
 * streams, an empty standard input and the environment the expected results were recorded in.  A file is shown on standard output between
 * `@@ file PATH SIZE` and `@@ end`; one that cannot be read has the size -1.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void Mark(const char *Text)
{
    DWORD Written;

    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), Text, (DWORD)strlen(Text), &Written, NULL);
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), Text, (DWORD)strlen(Text), &Written, NULL);
}

static void Run(int Number, const char *Command, DWORD Limit)
{
    STARTUPINFOW Startup = { .cb = sizeof(Startup) };
    PROCESS_INFORMATION Process;
    WCHAR Wide[4096];
    char Line[80];
    DWORD Code = 0;

    MultiByteToWideChar(CP_UTF8, 0, Command, -1, Wide, 4096);
    snprintf(Line, sizeof(Line), "@@ begin %d\n", Number);
    Mark(Line);
    if (!CreateProcessW(NULL, Wide, NULL, NULL, TRUE, 0, NULL, NULL, &Startup, &Process)) {
        snprintf(Line, sizeof(Line), "\n@@ end %d error %lu\n", Number, GetLastError());
        Mark(Line);
        return;
    }
    if (WaitForSingleObject(Process.hProcess, Limit) == WAIT_TIMEOUT) {
        TerminateProcess(Process.hProcess, 0x102); /* STATUS_TIMEOUT */
        WaitForSingleObject(Process.hProcess, INFINITE);
    }
    GetExitCodeProcess(Process.hProcess, &Code);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    snprintf(Line, sizeof(Line), "\n@@ end %d 0x%08lX\n", Number, Code);
    Mark(Line);
}

static void Show(const char *Path)
{
    static char Buffer[65536];
    char Line[300];
    DWORD Read, Written;
    HANDLE Output = GetStdHandle(STD_OUTPUT_HANDLE);
    HANDLE File = CreateFileA(Path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);

    snprintf(Line, sizeof(Line), "@@ file %s %ld\n", Path, File == INVALID_HANDLE_VALUE ? -1L : (long)GetFileSize(File, NULL));
    WriteFile(Output, Line, (DWORD)strlen(Line), &Written, NULL);
    while (File != INVALID_HANDLE_VALUE && ReadFile(File, Buffer, sizeof(Buffer), &Read, NULL) && Read != 0) {
        WriteFile(Output, Buffer, Read, &Written, NULL);
    }
    CloseHandle(File);
    WriteFile(Output, "\n@@ end\n", 8, &Written, NULL);
}

int main(int Count, char **Arguments)
{
    static char Line[4096];
    int Number = 0;
    FILE *List = Count > 2 ? fopen(Arguments[1], "r") : NULL;

    if (List == NULL) {
        fprintf(stderr, "usage: runprograms LISTFILE SECONDS\n");
        return 1;
    }
    SetEnvironmentVariableA("TZ", "UTC");
    SetEnvironmentVariableA("NO_COLOR", "1");
    while (fgets(Line, sizeof(Line), List) != NULL) {
        Line[strcspn(Line, "\r\n")] = 0;
        if (strncmp(Line, "@get ", 5) == 0) {
            Show(Line + 5);
        } else if (Line[0] != 0) {
            Run(Number++, Line, (DWORD)atoi(Arguments[2]) * 1000);
        }
    }
    fclose(List);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * snaps.c - runs a program with "show loader snaps": every step of its loader goes to the kernel's log.
 *
 * usage: snaps PROGRAM ARGUMENTS...
 *
 * What gflags +sls does on Windows, for one process: FLG_SHOW_LDR_SNAPS is set in its PEB before its first instruction.
 */
#include <windows.h>
#include <winternl.h>
#include <stdio.h>
#include <string.h>

#define NT_GLOBAL_FLAG 0xBC /* in the PEB */
#define FLG_SHOW_LDR_SNAPS 2

typedef NTSTATUS(NTAPI *QUERY)(HANDLE Process, PROCESSINFOCLASS Class, PVOID Information, ULONG Length, PULONG Returned);

static char *Rest(char *Command)
{
    char End = *Command == '"' ? '"' : ' ';

    for (Command++; *Command != 0 && *Command != End; Command++) {
    }
    for (; *Command == '"' || *Command == ' '; Command++) {
    }
    return Command;
}

int main(void)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    PROCESS_BASIC_INFORMATION Basic;
    char *Command = Rest(GetCommandLineA());
    QUERY Query = (QUERY)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryInformationProcess");
    ULONG Flags = 0;
    DWORD Code = 1;

    if (*Command == 0) {
        printf("usage: snaps PROGRAM ARGUMENTS...\n");
        return 2;
    }
    if (!CreateProcessA(NULL, Command, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &Startup, &Process)) {
        printf("snaps: %s: error %lu\n", Command, GetLastError());
        return 1;
    }
    if (Query(Process.hProcess, ProcessBasicInformation, &Basic, sizeof(Basic), NULL) == 0) {
        char *Address = (char *)Basic.PebBaseAddress + NT_GLOBAL_FLAG;
        ReadProcessMemory(Process.hProcess, Address, &Flags, sizeof(Flags), NULL);
        Flags |= FLG_SHOW_LDR_SNAPS;
        WriteProcessMemory(Process.hProcess, Address, &Flags, sizeof(Flags), NULL);
    }
    ResumeThread(Process.hThread);
    WaitForSingleObject(Process.hProcess, INFINITE);
    GetExitCodeProcess(Process.hProcess, &Code);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    return (int)Code;
}

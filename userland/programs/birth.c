/* SPDX-License-Identifier: MIT */
/*
 * birth.c - runs a program and prints the ledger of its birth: each stage with its begin, its length, its status.
 *
 * usage: birth PROGRAM [ARGUMENTS...]
 *
 * The stages report to the kernel's trace as they happen (kernel/etw, docs/process-creation.md); here the records that carry the child's id
 * are read back and paired, and the creator's own (stages 0 and 1) are added.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "native.h"

/* The record and the codes of kernel/inc/etw.h. */
typedef struct _RECORD
{
    unsigned long long Time;
    unsigned Sequence;
    unsigned short Event;
    unsigned char Phase, Processor;
    unsigned ProcessId, ThreadId;
    int Status;
    unsigned Extra;
    unsigned long long Data[4];
} RECORD;

#define CONTROL_READ 0x4E430001u
#define MOST_RECORDS 4096
#define STAGES 13
#define STAGE_LAST_OF_NTDLL 1
#define STAGE_LAST_OF_KERNEL 8
#define STAGE_SUBSYSTEM 9
#define STAGE_FIRST_SWITCH 10
#define EVENT_PROCESS_EXIT 20

enum { PhasePoint, PhaseBegin, PhaseEnd };

static const struct {
    const char *Who, *What;
} Stage[STAGES] = {
    {"kernel32", "CreateProcess"}, {"ntdll", "process parameters"}, {"io", "open the image"}, {"mm", "section from the image"},
    {"ps, se", "process object, token"}, {"mm", "address space"}, {"ob", "handle table"}, {"ps", "PEB, parameters, environment"},
    {"ps, ke", "first thread"}, {"csrss", "subsystem"}, {"ke", "first switch to the thread"}, {"ntdll", "loader: DLLs, imports, TLS, DllMain"},
    {"msvcrt", "C run-time start"},
};

static NATIVE Native;
static RECORD Records[MOST_RECORDS];

static unsigned Read(unsigned First)
{
    ULONG Bytes = 0;

    if (Native.TraceControl(CONTROL_READ, &First, sizeof(First), Records, sizeof(Records), &Bytes) < 0) {
        return 0;
    }
    return Bytes / (unsigned)sizeof(RECORD);
}

static const char *RestOf(const char *Line)
{
    int Quoted = 0;

    while (*Line != 0 && (Quoted || (*Line != ' ' && *Line != '\t'))) {
        Quoted ^= *Line++ == '"';
    }
    while (*Line == ' ' || *Line == '\t') {
        Line++;
    }
    return Line;
}

/* Stages 0 and 1 are this program's own, 2 to 8 its system call's (which has no child to name at first), the rest the child's, who may have
   children too. */
static int Belongs(const RECORD *Record, unsigned Child)
{
    if (Record->Event <= STAGE_LAST_OF_NTDLL) {
        return Record->ProcessId == GetCurrentProcessId();
    }
    if (Record->Event <= STAGE_LAST_OF_KERNEL) {
        return Record->Data[3] == GetCurrentProcessId();
    }
    return Record->ProcessId == Child && (Record->Event < STAGES || Record->Event == EVENT_PROCESS_EXIT);
}

static void PrintStage(const RECORD *Begin, const RECORD *End, unsigned long long Origin)
{
    const RECORD *Shown = End != NULL ? End : Begin;

    if (Begin->Event == STAGE_FIRST_SWITCH) {
        printf("%5u  %-9s %-36s %12s %12s            there is no csrss yet\n", STAGE_SUBSYSTEM, Stage[STAGE_SUBSYSTEM].Who,
               Stage[STAGE_SUBSYSTEM].What, "-", "-");
    }
    printf("%5u  %-9s %-36s %12llu", Begin->Event, Stage[Begin->Event].Who, Stage[Begin->Event].What, Begin->Time - Origin);
    if (End != NULL) {
        printf(" %12llu", End->Time - Begin->Time);
    } else {
        printf(" %12s", Begin->Phase == PhasePoint ? "-" : "?");
    }
    printf("  %08X  %llX %llX\n", (unsigned)Shown->Status, Shown->Data[0], Shown->Data[1]);
}

static void PrintLedger(unsigned First, unsigned Child)
{
    unsigned Count = Read(First), Lines = 0;
    unsigned long long Origin = 0;

    printf("stage  %-9s %-36s %12s %12s  %-8s  data\n", "who", "what", "begin", "length", "status");
    for (unsigned i = 0; i < Count; i++) {
        const RECORD *Record = &Records[i], *End = NULL;
        if (Record->Sequence < First || !Belongs(Record, Child) || Record->Phase == PhaseEnd) {
            continue;
        }
        if (Lines++ == 0) {
            Origin = Record->Time;
        }
        if (Record->Event == EVENT_PROCESS_EXIT) {
            printf("       %-9s %-36s %12llu %12s  %08X\n", "ps", "exit", Record->Time - Origin, "-", (unsigned)Record->Status);
            continue;
        }
        for (unsigned j = i + 1; j < Count && End == NULL; j++) {
            if (Records[j].Event == Record->Event && Records[j].Phase == PhaseEnd && Belongs(&Records[j], Child)) {
                End = &Records[j];
            }
        }
        PrintStage(Record, Record->Phase == PhaseBegin ? End : NULL, Origin);
    }
    if (Lines == 0) {
        printf("(the trace has no records of process %u: is the class on?)\n", Child);
    }
}

int main(int argc, char **argv)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    DWORD Code = 0, Error;
    char Line[8192];

    (void)argv;
    if (argc < 2 || !NativeLoad(&Native)) {
        printf("usage: birth PROGRAM [ARGUMENTS...]\n");
        return 2;
    }
    unsigned Last = Read(0), First = Last != 0 ? Records[Last - 1].Sequence + 1 : 1;
    snprintf(Line, sizeof(Line), "%s", RestOf(GetCommandLineA()));
    if (!CreateProcessA(NULL, Line, NULL, NULL, TRUE, 0, NULL, NULL, &Startup, &Process)) {
        Error = GetLastError();
        printf("birth: %s was not born: error %lu\n", argv[1], Error);
        PrintLedger(First, 0);
        return 1;
    }
    WaitForSingleObject(Process.hProcess, INFINITE);
    GetExitCodeProcess(Process.hProcess, &Code);
    printf("\nprocess %lu, thread %lu, exit code 0x%08lX; times in time-stamp counts\n", Process.dwProcessId, Process.dwThreadId, Code);
    PrintLedger(First, Process.dwProcessId);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    return 0;
}

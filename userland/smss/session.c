/* SPDX-License-Identifier: MIT */
/*
 * session.c - the handles of the first program, and its life.
 *
 * An interactive session has the console's.  A session that the host asked for (a file \nascent.run on the volume) has the host's devices,
 * which report themselves as pipes: to a program its output is redirected, as it would be in a script.
 */
#include "smss.h"

NTSTATUS SmpOpen(PCWSTR Name, ACCESS_MASK Access, BOOLEAN Inherit, PHANDLE Handle)
{
    UNICODE_STRING String;
    OBJECT_ATTRIBUTES Object;
    IO_STATUS_BLOCK Io;

    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Object, &String, OBJ_CASE_INSENSITIVE | (Inherit ? OBJ_INHERIT : 0), NULL, NULL);
    return NtOpenFile(Handle, Access | SYNCHRONIZE, &Object, &Io, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                      FILE_SYNCHRONOUS_IO_NONALERT);
}

bool SmpFileExists(PCWSTR Name)
{
    UNICODE_STRING String;
    OBJECT_ATTRIBUTES Object;
    FILE_BASIC_INFORMATION Basic;

    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Object, &String, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return NT_SUCCESS(NtQueryAttributesFile(&Object, &Basic));
}

static NTSTATUS OpenThree(SMP_HANDLES *Handles, PCWSTR Input, PCWSTR Output, PCWSTR Error)
{
    NTSTATUS Status = SmpOpen(Input, GENERIC_READ | GENERIC_WRITE, TRUE, &Handles->Input);

    if (NT_SUCCESS(Status)) {
        Status = SmpOpen(Output, GENERIC_READ | GENERIC_WRITE, TRUE, &Handles->Output);
    }
    if (NT_SUCCESS(Status)) {
        Status = SmpOpen(Error, GENERIC_READ | GENERIC_WRITE, TRUE, &Handles->Error);
    }
    return Status;
}

NTSTATUS SmpOpenConsole(SMP_HANDLES *Handles)
{
    if (!NT_SUCCESS(SmpOpen(L"\\Device\\ConDrv\\Connect", GENERIC_READ | GENERIC_WRITE, TRUE, &Handles->Console))) {
        Handles->Console = NULL;
    }
    return OpenThree(Handles, L"\\Device\\ConDrv\\CurrentIn", L"\\Device\\ConDrv\\CurrentOut", L"\\Device\\ConDrv\\CurrentOut");
}

/* The console is connected all the same: a program may open CONOUT$ while its output is redirected. */
NTSTATUS SmpOpenHost(SMP_HANDLES *Handles)
{
    if (!NT_SUCCESS(SmpOpen(L"\\Device\\ConDrv\\Connect", GENERIC_READ | GENERIC_WRITE, TRUE, &Handles->Console))) {
        Handles->Console = NULL;
    }
    return OpenThree(Handles, L"\\Device\\Null", L"\\Device\\HostOut", L"\\Device\\HostErr");
}

static NTSTATUS MakeParameters(PCWSTR CommandLine, const SMP_HANDLES *Handles, PWSTR Environment, PNPROCESS_PARAMETERS *Parameters)
{
    UNICODE_STRING Image, Line, Directory, Desktop, Title;

    RtlInitUnicodeString(&Image, L"C:\\Windows\\System32\\cmd.exe");
    RtlInitUnicodeString(&Line, CommandLine);
    RtlInitUnicodeString(&Directory, L"C:\\");
    RtlInitUnicodeString(&Desktop, L"WinSta0\\Default");
    RtlInitUnicodeString(&Title, L"Command Prompt");
    NTSTATUS Status = RtlCreateProcessParametersEx(Parameters, &Image, NULL, &Directory, &Line, Environment, &Title, &Desktop, NULL, NULL,
                                                   RTL_USER_PROC_PARAMS_NORMALIZED);
    if (NT_SUCCESS(Status)) {
        (*Parameters)->ConsoleHandle = Handles->Console;
        (*Parameters)->StandardInput = Handles->Input;
        (*Parameters)->StandardOutput = Handles->Output;
        (*Parameters)->StandardError = Handles->Error;
    }
    return Status;
}

NTSTATUS SmpRunShell(PCWSTR CommandLine, const SMP_HANDLES *Handles, PWSTR Environment, NTSTATUS *ExitStatus)
{
    RTL_USER_PROCESS_INFORMATION Process = {.Length = sizeof(Process)};
    PNPROCESS_PARAMETERS Parameters = NULL;
    PROCESS_BASIC_INFORMATION Basic;
    UNICODE_STRING Image;

    RtlInitUnicodeString(&Image, L"\\??\\C:\\Windows\\System32\\cmd.exe");
    NTSTATUS Status = MakeParameters(CommandLine, Handles, Environment, &Parameters);
    if (NT_SUCCESS(Status)) {
        Status = RtlCreateUserProcess(&Image, OBJ_CASE_INSENSITIVE, Parameters, NULL, NULL, NULL, TRUE, NULL, NULL, &Process);
    }
    if (NT_SUCCESS(Status)) {
        Status = NtResumeThread(Process.ThreadHandle, NULL);
        if (NT_SUCCESS(Status)) {
            Status = NtWaitForSingleObject(Process.ProcessHandle, FALSE, NULL);
        }
        if (NT_SUCCESS(Status)) {
            Status = NtQueryInformationProcess(Process.ProcessHandle, ProcessBasicInformation, &Basic, sizeof(Basic), NULL);
        }
        *ExitStatus = NT_SUCCESS(Status) ? Basic.ExitStatus : Status;
        NtClose(Process.ThreadHandle);
        NtClose(Process.ProcessHandle);
    }
    if (Parameters != NULL) {
        RtlDestroyProcessParameters(Parameters);
    }
    return Status;
}

/* What nrun reads: "EXIT 0x00000000" or "NOSTART 0xC0000034". */
void SmpReport(const char *Verdict, NTSTATUS Status)
{
    static const char Digits[] = "0123456789ABCDEF";
    char Line[32] = {0};
    IO_STATUS_BLOCK Io;
    HANDLE Handle;
    SIZE_T Length = strlen(Verdict);

    memcpy(Line, Verdict, Length);
    memcpy(Line + Length, " 0x", 3);
    Length += 3;
    for (int Shift = 28; Shift >= 0; Shift -= 4) {
        Line[Length++] = Digits[((ULONG)Status >> Shift) & 15];
    }
    Line[Length++] = '\n';
    if (NT_SUCCESS(SmpOpen(L"\\Device\\HostExit", GENERIC_WRITE, FALSE, &Handle))) {
        NtWriteFile(Handle, NULL, NULL, NULL, &Io, Line, (ULONG)Length, NULL, NULL);
        NtClose(Handle);
    }
}

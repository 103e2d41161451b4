/* SPDX-License-Identifier: MIT */
/*
 * smss.c - the session manager: the first user-mode process.
 *
 * A native program (ntdll only).  The kernel starts it when all drivers are there; it makes the namespace that other programs expect, and
 * then runs cmd.exe: once for the host's command (\nascent.run on the volume), after which it shuts the machine down, or on the console
 * for ever.  (Windows Internals, 7th ed., part 2, chapter 12, "Smss, Csrss, and Wininit".)
 *
 * Different from Windows: one session, no csrss, no registry; the shell is started by smss itself.
 */
#include "smss.h"

/* cmd.exe reports the command's result itself; only its own failure is reported from here. */
static void RunForHost(PWSTR Environment)
{
    SMP_HANDLES Handles = {0};
    NTSTATUS ExitStatus = STATUS_SUCCESS, Status = SmpOpenHost(&Handles);

    if (NT_SUCCESS(Status)) {
        Status = SmpRunShell(L"cmd.exe /nrun", &Handles, Environment, &ExitStatus);
    }
    if (!NT_SUCCESS(Status)) {
        DbgPrint("smss: cmd.exe could not be started: status %08X\n", Status);
        SmpReport("NOSTART", Status);
    } else if (ExitStatus != STATUS_SUCCESS) {
        DbgPrint("smss: cmd.exe ended with status %08X\n", ExitStatus);
        SmpReport("EXIT", ExitStatus);
    }
    NtShutdownSystem(ShutdownPowerOff);
}

/* A shell that cannot be started is tried again after a while, not at once: the reason would fill the log. */
static void RunForUser(PWSTR Environment)
{
    LARGE_INTEGER Pause = {.QuadPart = -50000000LL};
    SMP_HANDLES Handles = {0};
    NTSTATUS ExitStatus, Status = SmpOpenConsole(&Handles);

    if (!NT_SUCCESS(Status)) {
        DbgPrint("smss: no console: status %08X\n", Status);
    }
    for (;;) {
        Status = SmpRunShell(L"C:\\Windows\\System32\\cmd.exe", &Handles, Environment, &ExitStatus);
        if (!NT_SUCCESS(Status)) {
            DbgPrint("smss: cmd.exe could not be started: status %08X\n", Status);
            NtDelayExecution(FALSE, &Pause);
        } else {
            DbgPrint("smss: cmd.exe ended with status %08X, starting it again\n", ExitStatus);
        }
    }
}

void NTAPI NtProcessStartup(PNPEB Peb)
{
    PWSTR Environment = NULL;

    (void)Peb;
    DbgPrint("smss: session manager\n");
    SmpCreateDosDevices();
    SmpCreateObjectDirectories();
    SmpCreateKnownDlls();
    NTSTATUS Status = SmpCreateEnvironment(&Environment);
    if (!NT_SUCCESS(Status)) {
        DbgPrint("smss: no environment: status %08X\n", Status);
        NtTerminateProcess(NtCurrentProcess(), Status);
    }
    if (SmpFileExists(L"\\??\\C:\\nascent.run")) {
        RunForHost(Environment);
    }
    RunForUser(Environment);
}

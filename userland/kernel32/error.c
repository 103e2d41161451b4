/* SPDX-License-Identifier: MIT */
/*
 * error.c - the last error, the error mode, and the honest failure.
 *
 * The last error is TEB.LastErrorValue; GetLastError and SetLastError themselves are forwarded to ntdll, as on Windows.  The table
 * that maps statuses to errors is RtlNtStatusToDosError.  (Windows Internals, part 2, chapter 8, "System service dispatching".)
 */
#include "k32.h"

DWORD BaseSetLastNTError(NTSTATUS Status)
{
    DWORD Error = RtlNtStatusToDosError(Status);

    BaseTeb()->LastStatusValue = Status;
    BaseTeb()->LastErrorValue = Error;
    return Error;
}

BOOL BaseResult(NTSTATUS Status)
{
    if (NT_SUCCESS(Status)) {
        return TRUE;
    }
    BaseSetLastNTError(Status);
    return FALSE;
}

BOOL BaseFail(DWORD Error)
{
    BaseTeb()->LastErrorValue = Error;
    return FALSE;
}

/* A name is written once a process: the address of the literal identifies the caller. */
BOOL BaseNotSupported(const char *Name)
{
    static const char *volatile Seen[64];

    for (ULONG i = 0; i < COUNT_OF(Seen); i++) {
        const char *Old = InterlockedCompareExchangePointer((PVOID volatile *)&Seen[i], (PVOID)Name, NULL);
        if (Old == Name) {
            break;
        }
        if (Old == NULL) {
            DbgPrint("kernel32: %s is not there yet\n", Name);
            break;
        }
    }
    return BaseFail(ERROR_CALL_NOT_IMPLEMENTED);
}

/* The mode lives in the kernel (ProcessDefaultHardErrorMode), where a child inherits it; bit 0 is inverted there. */
UINT WINAPI GetErrorMode(void)
{
    ULONG Mode = 0;

    if (!NT_SUCCESS(NtQueryInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &Mode, sizeof(Mode), NULL))) {
        return 0;
    }
    return Mode & 1 ? Mode & ~1u : Mode | SEM_FAILCRITICALERRORS;
}

UINT WINAPI SetErrorMode(UINT Mode)
{
    UINT Old = GetErrorMode();
    ULONG New = Mode & SEM_FAILCRITICALERRORS ? Mode & ~(UINT)SEM_FAILCRITICALERRORS : Mode | SEM_FAILCRITICALERRORS;

    New |= Old & SEM_NOALIGNMENTFAULTEXCEPT;
    NtSetInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &New, sizeof(New));
    return Old;
}

DWORD WINAPI GetThreadErrorMode(void)
{
    return (BaseTeb()->HardErrorMode & 0x10 ? SEM_FAILCRITICALERRORS : 0) |
           (BaseTeb()->HardErrorMode & 0x20 ? SEM_NOGPFAULTERRORBOX : 0) |
           (BaseTeb()->HardErrorMode & 0x40 ? SEM_NOOPENFILEERRORBOX : 0);
}

BOOL WINAPI SetThreadErrorMode(DWORD Mode, LPDWORD Old)
{
    if (Mode & ~(DWORD)(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Old != NULL) {
        *Old = GetThreadErrorMode();
    }
    BaseTeb()->HardErrorMode = (Mode & SEM_FAILCRITICALERRORS ? 0x10 : 0) | (Mode & SEM_NOGPFAULTERRORBOX ? 0x20 : 0) |
                               (Mode & SEM_NOOPENFILEERRORBOX ? 0x40 : 0);
    return TRUE;
}

/* Dialogues do not exist here; a fatal exit is a raised noncontinuable exception. */
VOID WINAPI FatalExit(int Code)
{
    ExitProcess((UINT)Code);
}

VOID WINAPI FatalAppExitA(UINT Action, LPCSTR Message)
{
    UNUSED(Action);
    DbgPrint("fatal: %s\n", Message);
    ExitProcess(0);
}

VOID WINAPI FatalAppExitW(UINT Action, LPCWSTR Message)
{
    UNUSED(Action);
    DbgPrint("fatal: %ws\n", Message);
    ExitProcess(0);
}

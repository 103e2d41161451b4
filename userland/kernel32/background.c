/* SPDX-License-Identifier: MIT */
/*
 * background.c - background processing mode: PROCESS_MODE_BACKGROUND_... of SetPriorityClass, THREAD_MODE_BACKGROUND_... of SetThreadPriority.
 *
 * In this mode the processor, memory and I/O priorities are the lowest but idle ones.  Only a process itself and a thread itself can enter and leave it,
 * so what is to be restored need not be known to the kernel: a thread keeps it in its TEB (SavedPriorityState), the process here.
 * Windows Internals, 7th ed., part 1, chapter 4 "Priority levels", part 2, chapter 8 "I/O priorities".
 */
#include "k32.h"
#include "background.h"

#define PROCESS_IO_PRIORITY ((PROCESSINFOCLASS)33)
#define PROCESS_PAGE_PRIORITY ((PROCESSINFOCLASS)39)
#define THREAD_IO_PRIORITY ((THREADINFOCLASS)22)
#define THREAD_PAGE_PRIORITY ((THREADINFOCLASS)24)
#define THREAD_ACTUAL_BASE_PRIORITY ((THREADINFOCLASS)25)
#define IO_PRIORITY_VERY_LOW 0
#define BACKGROUND_BASE_PRIORITY 4

#ifndef ERROR_THREAD_MODE_ALREADY_BACKGROUND
#define ERROR_THREAD_MODE_ALREADY_BACKGROUND 400
#define ERROR_THREAD_MODE_NOT_BACKGROUND 401
#define ERROR_PROCESS_MODE_ALREADY_BACKGROUND 402
#define ERROR_PROCESS_MODE_NOT_BACKGROUND 403
#endif

static struct
{
    SRWLOCK Lock;
    BOOL Background;
    DWORD Class;
    ULONG Io, Page;
} ProcessMode;

static NTSTATUS SetProcessResources(ULONG Io, ULONG Page)
{
    NTSTATUS Status = NtSetInformationProcess(NtCurrentProcess(), PROCESS_IO_PRIORITY, &Io, sizeof(Io));

    return NT_SUCCESS(Status) ? NtSetInformationProcess(NtCurrentProcess(), PROCESS_PAGE_PRIORITY, &Page, sizeof(Page)) : Status;
}

static BOOL BeginProcess(HANDLE Process)
{
    if (ProcessMode.Background) {
        return BaseFail(ERROR_PROCESS_MODE_ALREADY_BACKGROUND);
    }
    if (!BaseResult(NtQueryInformationProcess(NtCurrentProcess(), PROCESS_IO_PRIORITY, &ProcessMode.Io, sizeof(ULONG), NULL)) ||
        !BaseResult(NtQueryInformationProcess(NtCurrentProcess(), PROCESS_PAGE_PRIORITY, &ProcessMode.Page, sizeof(ULONG), NULL))) {
        return FALSE;
    }
    ProcessMode.Class = GetPriorityClass(NtCurrentProcess());
    if (!SetPriorityClass(Process, IDLE_PRIORITY_CLASS) || !BaseResult(SetProcessResources(IO_PRIORITY_VERY_LOW, MEMORY_PRIORITY_VERY_LOW))) {
        return FALSE;
    }
    ProcessMode.Background = TRUE;
    return TRUE;
}

static BOOL EndProcess(HANDLE Process)
{
    if (!ProcessMode.Background) {
        return BaseFail(ERROR_PROCESS_MODE_NOT_BACKGROUND);
    }
    if (!SetPriorityClass(Process, ProcessMode.Class) || !BaseResult(SetProcessResources(ProcessMode.Io, ProcessMode.Page))) {
        return FALSE;
    }
    ProcessMode.Background = FALSE;
    return TRUE;
}

BOOL BaseSetProcessMode(HANDLE Process, DWORD Mode)
{
    PROCESS_BASIC_INFORMATION Basic;
    BOOL Result;

    if (!BaseResult(NtQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL))) {
        return FALSE;
    }
    if (Basic.UniqueProcessId != (ULONG_PTR)BaseTeb()->ClientId.UniqueProcess) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    RtlAcquireSRWLockExclusive(&ProcessMode.Lock);
    Result = Mode == PROCESS_MODE_BACKGROUND_BEGIN ? BeginProcess(Process) : EndProcess(Process);
    RtlReleaseSRWLockExclusive(&ProcessMode.Lock);
    return Result;
}

/* ---- threads ------------------------------------------------------------------------------------------------------------------------------ */

/* NTEB.SavedPriorityState; never 0 in background mode.  Windows' own encoding is not documented. */
typedef union
{
    struct
    {
        CHAR Increment; /* relative to the process: what GetThreadPriority says, idle and time critical saturated */
        UCHAR Io, Page, Saved;
    };
    PVOID Value;
} SAVED_PRIORITY;

static NTSTATUS SetThreadResources(HANDLE Thread, ULONG Io, ULONG Page)
{
    NTSTATUS Status = NtSetInformationThread(Thread, THREAD_IO_PRIORITY, &Io, sizeof(Io));

    return NT_SUCCESS(Status) ? NtSetInformationThread(Thread, THREAD_PAGE_PRIORITY, &Page, sizeof(Page)) : Status;
}

static BOOL BeginThread(HANDLE Thread, LONG Increment)
{
    SAVED_PRIORITY Saved = {.Saved = 1, .Increment = (CHAR)Increment};
    LONG Base = BACKGROUND_BASE_PRIORITY;
    ULONG Io, Page;
    NTSTATUS Status;

    if (BaseTeb()->SavedPriorityState != NULL) {
        return BaseFail(ERROR_THREAD_MODE_ALREADY_BACKGROUND);
    }
    if (ProcessMode.Background) {
        return BaseFail(ERROR_PROCESS_MODE_ALREADY_BACKGROUND);
    }
    Status = NtQueryInformationThread(Thread, THREAD_IO_PRIORITY, &Io, sizeof(Io), NULL);
    if (NT_SUCCESS(Status)) {
        Status = NtQueryInformationThread(Thread, THREAD_PAGE_PRIORITY, &Page, sizeof(Page), NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = NtSetInformationThread(Thread, THREAD_ACTUAL_BASE_PRIORITY, &Base, sizeof(Base));
    }
    if (NT_SUCCESS(Status)) {
        Status = SetThreadResources(Thread, IO_PRIORITY_VERY_LOW, MEMORY_PRIORITY_VERY_LOW);
    }
    if (NT_SUCCESS(Status)) {
        Saved.Io = (UCHAR)Io;
        Saved.Page = (UCHAR)Page;
        BaseTeb()->SavedPriorityState = Saved.Value;
    }
    return BaseResult(Status);
}

static BOOL EndThread(HANDLE Thread)
{
    SAVED_PRIORITY Saved = {.Value = BaseTeb()->SavedPriorityState};
    LONG Increment = Saved.Increment;
    NTSTATUS Status;

    if (Saved.Value == NULL) {
        return BaseFail(ERROR_THREAD_MODE_NOT_BACKGROUND);
    }
    Status = NtSetInformationThread(Thread, ThreadBasePriority, &Increment, sizeof(Increment));
    if (NT_SUCCESS(Status)) {
        Status = SetThreadResources(Thread, Saved.Io, Saved.Page);
    }
    if (NT_SUCCESS(Status)) {
        BaseTeb()->SavedPriorityState = NULL;
    }
    return BaseResult(Status);
}

BOOL BaseSetThreadMode(HANDLE Thread, int Mode)
{
    THREAD_BASIC_INFORMATION Basic;

    if (!BaseResult(NtQueryInformationThread(Thread, ThreadBasicInformation, &Basic, sizeof(Basic), NULL))) {
        return FALSE;
    }
    if (Basic.ClientId.UniqueThread != BaseTeb()->ClientId.UniqueThread) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return Mode == THREAD_MODE_BACKGROUND_BEGIN ? BeginThread(Thread, Basic.BasePriority) : EndThread(Thread);
}

/* SPDX-License-Identifier: MIT */
/*
 * iocp.c - completion ports.
 *
 * (Windows Internals, 7th ed., part 1, chapter 6, "I/O completion ports".)
 */
#include "k32.h"

HANDLE WINAPI CreateIoCompletionPort(HANDLE File, HANDLE Port, ULONG_PTR Key, DWORD Threads)
{
    HANDLE Result = Port;

    if (File == INVALID_HANDLE_VALUE && Port != NULL) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (Port == NULL && !BaseResult(NtCreateIoCompletion(&Result, IO_COMPLETION_ALL_ACCESS, NULL, Threads))) {
        return NULL;
    }
    if (File != INVALID_HANDLE_VALUE) {
        NFILE_COMPLETION_INFORMATION Information = {Result, (PVOID)Key};
        IO_STATUS_BLOCK Io;
        NTSTATUS Status = NtSetInformationFile(File, &Io, &Information, sizeof(Information), (FILE_INFORMATION_CLASS)30);
        if (!NT_SUCCESS(Status)) {
            if (Port == NULL) {
                NtClose(Result);
            }
            BaseSetLastNTError(Status);
            return NULL;
        }
    }
    return Result;
}

/* Why nothing was taken out; the port that was closed meanwhile is ERROR_ABANDONED_WAIT_0. */
static BOOL WaitFailed(NTSTATUS Status)
{
    switch (Status) {
    case STATUS_TIMEOUT:
        return BaseFail(WAIT_TIMEOUT);
    case STATUS_USER_APC:
        return BaseFail(WAIT_IO_COMPLETION);
    case STATUS_ABANDONED:
        return BaseFail(ERROR_ABANDONED_WAIT_0);
    default:
        return BaseResult(Status);
    }
}

/* A packet of a failed operation is delivered with FALSE and its error; a time-out leaves *Overlapped null. */
BOOL WINAPI GetQueuedCompletionStatus(HANDLE Port, LPDWORD Bytes, PULONG_PTR Key, LPOVERLAPPED *Overlapped, DWORD Milliseconds)
{
    LARGE_INTEGER Time;
    IO_STATUS_BLOCK Io;
    PVOID KeyContext, ApcContext;
    NTSTATUS Status = NtRemoveIoCompletion(Port, &KeyContext, &ApcContext, &Io, BaseTimeout(&Time, Milliseconds));

    if (Status != STATUS_SUCCESS) {
        *Overlapped = NULL;
        return WaitFailed(Status);
    }
    *Key = (ULONG_PTR)KeyContext;
    *Overlapped = ApcContext;
    *Bytes = (DWORD)Io.Information;
    return BaseResult(Io.Status);
}

BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE Port, LPOVERLAPPED_ENTRY Entries, ULONG Count, PULONG Removed, DWORD Milliseconds,
                                        BOOL Alertable)
{
    LARGE_INTEGER Time;

    static_assert(sizeof(OVERLAPPED_ENTRY) == sizeof(FILE_IO_COMPLETION_INFORMATION), "key, context, status, bytes");
    NTSTATUS Status = NtRemoveIoCompletionEx(Port, (PFILE_IO_COMPLETION_INFORMATION)Entries, Count, Removed,
                                             BaseTimeout(&Time, Milliseconds), (BOOLEAN)(Alertable != FALSE));
    return Status == STATUS_SUCCESS || WaitFailed(Status);
}

BOOL WINAPI PostQueuedCompletionStatus(HANDLE Port, DWORD Bytes, ULONG_PTR Key, LPOVERLAPPED Overlapped)
{
    return BaseResult(NtSetIoCompletion(Port, (PVOID)Key, Overlapped, STATUS_SUCCESS, Bytes));
}

BOOL WINAPI SetFileCompletionNotificationModes(HANDLE File, UCHAR Flags)
{
    ULONG Value = Flags;
    IO_STATUS_BLOCK Io;

    return BaseResult(NtSetInformationFile(File, &Io, &Value, sizeof(Value), (FILE_INFORMATION_CLASS)41));
}

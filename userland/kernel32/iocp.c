/* SPDX-License-Identifier: MIT */
/*
 * iocp.c - completion ports and anonymous pipes.
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

/* A packet of a failed operation is delivered with FALSE and its error; a time-out leaves *Overlapped null. */
BOOL WINAPI GetQueuedCompletionStatus(HANDLE Port, LPDWORD Bytes, PULONG_PTR Key, LPOVERLAPPED *Overlapped, DWORD Milliseconds)
{
    LARGE_INTEGER Time;
    IO_STATUS_BLOCK Io;
    PVOID KeyContext, ApcContext;
    NTSTATUS Status = NtRemoveIoCompletion(Port, &KeyContext, &ApcContext, &Io, BaseTimeout(&Time, Milliseconds));

    if (!NT_SUCCESS(Status) || Status == STATUS_TIMEOUT) {
        *Overlapped = NULL;
        return Status == STATUS_TIMEOUT ? BaseFail(WAIT_TIMEOUT) : BaseResult(Status);
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
    if (Status == STATUS_TIMEOUT || Status == STATUS_USER_APC) {
        *Removed = 0;
        return BaseFail(Status == STATUS_TIMEOUT ? WAIT_TIMEOUT : WAIT_IO_COMPLETION);
    }
    return BaseResult(Status);
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

/* Two ends of an unnamed pipe of npfs, as Windows makes them: a unique name below the device, the server's end first. */
BOOL WINAPI CreatePipe(PHANDLE Read, PHANDLE Write, LPSECURITY_ATTRIBUTES Security, DWORD Size)
{
    static LONG Counter;
    LARGE_INTEGER Timeout = {.QuadPart = -1200000000LL};
    WCHAR Buffer[80];
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Object;
    IO_STATUS_BLOCK Io;
    HANDLE Server, Client;

    if (Size == 0) {
        Size = 4096;
    }
    _snwprintf(Buffer, COUNT_OF(Buffer), L"\\Device\\NamedPipe\\Win32Pipes.%08x.%08x", GetCurrentProcessId(),
               InterlockedIncrement(&Counter));
    RtlInitUnicodeString(&Name, Buffer);
    InitializeObjectAttributes(&Object, &Name, OBJ_CASE_INSENSITIVE | (Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0),
                               NULL, Security != NULL ? Security->lpSecurityDescriptor : NULL);
    NTSTATUS Status = NtCreateNamedPipeFile(&Server, GENERIC_READ | SYNCHRONIZE | FILE_WRITE_ATTRIBUTES, &Object, &Io,
                                            FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT, 0, 0, 0, 1,
                                            Size, Size, &Timeout);
    if (!NT_SUCCESS(Status)) {
        return BaseResult(Status);
    }
    Status = NtOpenFile(&Client, GENERIC_WRITE | SYNCHRONIZE | FILE_READ_ATTRIBUTES, &Object, &Io, FILE_SHARE_READ,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(Status)) {
        NtClose(Server);
        return BaseResult(Status);
    }
    *Read = Server;
    *Write = Client;
    return TRUE;
}

/* FSCTL_PIPE_PEEK: state, bytes available, messages, length of the first message, then data. */
BOOL WINAPI PeekNamedPipe(HANDLE Pipe, LPVOID Buffer, DWORD Size, LPDWORD Read, LPDWORD Available, LPDWORD Left)
{
    ULONG Length = (ULONG)(4 * sizeof(ULONG) + Size);
    ULONG *Peek = BaseAllocate(Length);
    IO_STATUS_BLOCK Io;

    if (Peek == NULL) {
        return FALSE;
    }
    NTSTATUS Status = NtFsControlFile(Pipe, NULL, NULL, NULL, &Io, 0x0011400C, NULL, 0, Peek, Length);
    if (Status == STATUS_BUFFER_OVERFLOW) {
        Status = STATUS_SUCCESS;
    }
    if (NT_SUCCESS(Status)) {
        DWORD Got = (DWORD)(Io.Information - 4 * sizeof(ULONG));
        if (Buffer != NULL) {
            memcpy(Buffer, Peek + 4, Got);
        }
        if (Read != NULL) {
            *Read = Got;
        }
        if (Available != NULL) {
            *Available = Peek[1];
        }
        if (Left != NULL) {
            *Left = Peek[3] > Got ? Peek[3] - Got : 0;
        }
    }
    BaseFree(Peek);
    return Status == STATUS_INVALID_PARAMETER || Status == STATUS_INVALID_DEVICE_REQUEST ? BaseFail(ERROR_INVALID_FUNCTION)
                                                                                         : BaseResult(Status);
}

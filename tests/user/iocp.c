/* SPDX-License-Identifier: MIT */
/*
 * iocp.c - completion ports: posted packets and finished requests, batches, time-outs, alerts, association rules, skipped packets, the
 * concurrency limit, and a port that is closed while somebody waits.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

#define NAME "\\\\.\\pipe\\nascent-iocp"
#define FAILS(call, error, what) (SetLastError(0xBAD), Ok(!(call), what ": fails"), Is(GetLastError(), error, what ": last error"))

static void TestPosted(void)
{
    DWORD Bytes = 7;
    ULONG_PTR Key = 7;
    OVERLAPPED *O = (OVERLAPPED *)7;
    OVERLAPPED_ENTRY Entries[8];
    ULONG Count = 7;
    HANDLE Port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);

    Ok(Port != NULL, "a port");
    FAILS(CreateIoCompletionPort(INVALID_HANDLE_VALUE, Port, 0, 0) != NULL, ERROR_INVALID_PARAMETER, "a port and no file");
    FAILS(GetQueuedCompletionStatus(Port, &Bytes, &Key, &O, 0), WAIT_TIMEOUT, "an empty port");
    Ok(O == NULL && Bytes == 7 && Key == 7, "only the OVERLAPPED is set");
    Ok(PostQueuedCompletionStatus(Port, 11, 22, (OVERLAPPED *)33), "post");
    Ok(GetQueuedCompletionStatus(Port, &Bytes, &Key, &O, 1000) && Bytes == 11 && Key == 22 && O == (OVERLAPPED *)33, "what was posted");
    Ok(PostQueuedCompletionStatus(Port, 0, 0, NULL) && GetQueuedCompletionStatus(Port, &Bytes, &Key, &O, 1000) && O == NULL && Key == 0, "zeros, too");
    for (DWORD i = 0; i < 5; i++) {
        PostQueuedCompletionStatus(Port, i, i + 100, NULL);
    }
    Ok(GetQueuedCompletionStatusEx(Port, Entries, 3, &Count, 1000, FALSE) && Count == 3 && Entries[0].lpCompletionKey == 100 &&
           Entries[2].dwNumberOfBytesTransferred == 2, "three of five, in order");
    Ok(GetQueuedCompletionStatusEx(Port, Entries, 8, &Count, 1000, FALSE) && Count == 2 && Entries[1].lpCompletionKey == 104, "the other two");
    FAILS(GetQueuedCompletionStatusEx(Port, Entries, 8, &Count, 10, FALSE), WAIT_TIMEOUT, "then none");
    FAILS(GetQueuedCompletionStatusEx(Port, Entries, 0, &Count, 10, FALSE), ERROR_INVALID_PARAMETER, "no room for any");
    CloseHandle(Port);
    FAILS(GetQueuedCompletionStatus(Port, &Bytes, &Key, &O, 0), ERROR_INVALID_HANDLE, "a closed port");
}

static volatile LONG Alerts;
static VOID CALLBACK Alert(ULONG_PTR Value)
{
    Alerts += (LONG)Value;
}

static void TestAlertable(void)
{
    OVERLAPPED_ENTRY Entries[2];
    ULONG Count;
    HANDLE Port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);

    QueueUserAPC(Alert, GetCurrentThread(), 3);
    FAILS(GetQueuedCompletionStatusEx(Port, Entries, 2, &Count, 10, FALSE), WAIT_TIMEOUT, "not alertable");
    Is(Alerts, 0, "the APC waits");
    FAILS(GetQueuedCompletionStatusEx(Port, Entries, 2, &Count, 10000, TRUE), WAIT_IO_COMPLETION, "alertable");
    Is(Alerts, 3, "it ran");
    CloseHandle(Port);
}

static void TestFiles(void)
{
    char Buffer[16];
    DWORD Bytes, Done;
    ULONG_PTR Key;
    OVERLAPPED O = {0}, P = {0}, *Got;
    HANDLE S, C, Port, Other, Plain;

    S = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1, 100, 100, 0, NULL);
    C = CreateFileA(NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    Port = CreateIoCompletionPort(S, NULL, 5, 0);
    Other = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    Ok(Port != NULL, "a port with a file");
    FAILS(CreateIoCompletionPort(S, Port, 6, 0) != NULL, ERROR_INVALID_PARAMETER, "the same file again");
    FAILS(CreateIoCompletionPort(S, Other, 6, 0) != NULL, ERROR_INVALID_PARAMETER, "or with another port");
    FAILS(CreateIoCompletionPort(C, Other, 6, 0) != NULL, ERROR_INVALID_PARAMETER, "a synchronous file");
    FAILS(ReadFile(S, Buffer, 16, NULL, &O), ERROR_IO_PENDING, "read");
    Ok(WriteFile(C, "abc", 3, &Done, NULL), "something to read");
    Ok(GetQueuedCompletionStatus(Port, &Bytes, &Key, &Got, 5000) && Bytes == 3 && Key == 5 && Got == &O, "the read's packet");
    Ok(WriteFile(C, "de", 2, &Done, NULL) && ReadFile(S, Buffer, 16, &Done, &O) && Done == 2, "a read that is done at once");
    Ok(GetQueuedCompletionStatus(Port, &Bytes, &Key, &Got, 5000) && Bytes == 2 && Got == &O, "has a packet, too");
    P.hEvent = (HANDLE)((ULONG_PTR)CreateEventA(NULL, TRUE, FALSE, NULL) | 1);
    FAILS(ReadFile(S, Buffer, 16, NULL, &P), ERROR_IO_PENDING, "a read that wants none");
    Ok(WriteFile(C, "f", 1, &Done, NULL) && GetOverlappedResult(S, &P, &Done, TRUE) && Done == 1, "is done");
    FAILS(GetQueuedCompletionStatus(Port, &Bytes, &Key, &Got, 0), WAIT_TIMEOUT, "and has none");
    CloseHandle((HANDLE)((ULONG_PTR)P.hEvent & ~(ULONG_PTR)1));
    FAILS(ReadFile(S, Buffer, 16, NULL, &O), ERROR_IO_PENDING, "read");
    Ok(CancelIo(S), "cancel");
    FAILS(GetQueuedCompletionStatus(Port, &Bytes, &Key, &Got, 5000), ERROR_OPERATION_ABORTED, "a packet of a failure");
    Ok(Got == &O && Bytes == 0 && Key == 5, "is whole all the same");
    Ok(SetFileCompletionNotificationModes(S, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS), "no packets for what is done at once");
    Ok(WriteFile(C, "gh", 2, &Done, NULL) && ReadFile(S, Buffer, 16, &Done, &O) && Done == 2, "a read that is done at once");
    FAILS(GetQueuedCompletionStatus(Port, &Bytes, &Key, &Got, 0), WAIT_TIMEOUT, "no packet");
    FAILS(ReadFile(S, Buffer, 16, NULL, &O), ERROR_IO_PENDING, "a read that waits");
    CloseHandle(C);
    FAILS(GetQueuedCompletionStatus(Port, &Bytes, &Key, &Got, 5000), ERROR_BROKEN_PIPE, "still has one");
    Ok(Got == &O, "its own");
    FAILS(SetFileCompletionNotificationModes(S, 0x80), ERROR_INVALID_PARAMETER, "a mode that is none");
    Plain = CreateFileA("C:\\Windows\\System32\\ntdll.dll", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    Ok(CreateIoCompletionPort(Plain, Other, 9, 0) == Other, "a disk file");
    memset(&O, 0, sizeof(O));
    Done = ReadFile(Plain, Buffer, 16, NULL, &O) || GetLastError() == ERROR_IO_PENDING;
    Ok(Done && GetQueuedCompletionStatus(Other, &Bytes, &Key, &Got, 5000) && Bytes == 16 && Key == 9 && Got == &O && Buffer[0] == 'M',
       "reads through its port");
    CloseHandle(Plain);
    CloseHandle(S);
    CloseHandle(Port);
    CloseHandle(Other);
}

static HANDLE SharedPort;
static DWORD WaitError;
static DWORD WINAPI Waiter(void *Unused)
{
    DWORD Bytes;
    ULONG_PTR Key;
    OVERLAPPED *O = (OVERLAPPED *)1;
    BOOL Good = GetQueuedCompletionStatus(SharedPort, &Bytes, &Key, &O, 20000);
    (void)Unused;
    WaitError = Good ? 0 : GetLastError();
    return Good || O != NULL;
}

static volatile LONG Running, Most;
static DWORD WINAPI Worker(void *Gate)
{
    DWORD Bytes;
    ULONG_PTR Key;
    OVERLAPPED *O;
    while (GetQueuedCompletionStatus(SharedPort, &Bytes, &Key, &O, INFINITE) && Key != 0) {
        LONG Now = InterlockedIncrement(&Running);
        if (Now > Most) {
            Most = Now;
        }
        for (volatile int i = 0; i < 20000; i++) {
        }
        InterlockedDecrement(&Running);
    }
    (void)Gate;
    return 0;
}

static void TestThreads(void)
{
    HANDLE Threads[4];
    SharedPort = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    for (int i = 0; i < 4; i++) {
        Threads[i] = CreateThread(NULL, 0, Worker, NULL, 0, NULL);
    }
    for (int i = 0; i < 100; i++) {
        PostQueuedCompletionStatus(SharedPort, 0, 1, NULL);
    }
    for (int i = 0; i < 4; i++) {
        PostQueuedCompletionStatus(SharedPort, 0, 0, NULL);
    }
    Ok(WaitForMultipleObjects(4, Threads, TRUE, 60000) == WAIT_OBJECT_0, "four threads served 100 packets");
    Is((unsigned)Most, 1, "one at a time, as the port says");
    for (int i = 0; i < 4; i++) {
        CloseHandle(Threads[i]);
    }
    CloseHandle(SharedPort);

    SharedPort = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    Threads[0] = CreateThread(NULL, 0, Waiter, NULL, 0, NULL);
    Ok(WaitForSingleObject(Threads[0], 100) == WAIT_TIMEOUT, "a thread waits");
    CloseHandle(SharedPort);
    Ok(WaitForSingleObject(Threads[0], 10000) == WAIT_OBJECT_0, "the port is closed, and it ends");
    Is(WaitError, ERROR_ABANDONED_WAIT_0, "with ERROR_ABANDONED_WAIT_0");
    CloseHandle(Threads[0]);
}

int main(void)
{
    TestPosted();
    TestAlertable();
    TestFiles();
    TestThreads();
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * piperules.c - named pipes: what creating refuses, what each end gets in each state, peek, empty messages, cancelling from another thread and by a
 * thread's end, requests that skip the completion port, how far a client lets itself be impersonated.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <string.h>
#include "tap.h"

#define NAME "\\\\.\\pipe\\nascent-rules"
#define BAD(handle) ((handle) == INVALID_HANDLE_VALUE)
#define FAILS(call, error, what) (SetLastError(0xBAD), Ok(!(call), what ": fails"), Is(GetLastError(), error, what ": last error"))

static char Buffer[64];
static DWORD Count;

static HANDLE Server(DWORD Open, DWORD Mode, DWORD Instances)
{
    return CreateNamedPipeA(NAME, Open, Mode, Instances, 64, 64, 0, NULL);
}

static HANDLE Client(DWORD Access, DWORD Flags)
{
    return CreateFileA(NAME, Access, 0, NULL, OPEN_EXISTING, Flags, NULL);
}

static BOOL Read(HANDLE Pipe, DWORD Length)
{
    return ReadFile(Pipe, Buffer, Length, &Count, NULL);
}

static BOOL Write(HANDLE Pipe, const char *Text)
{
    return WriteFile(Pipe, Text, (DWORD)strlen(Text), &Count, NULL);
}

static void TestCreate(void)
{
    FAILS(!BAD(Client(GENERIC_READ, 0)), ERROR_FILE_NOT_FOUND, "no pipe");
    FAILS(WaitNamedPipeA(NAME, 10), ERROR_FILE_NOT_FOUND, "waiting for it");
    FAILS(!BAD(Server(PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_READMODE_MESSAGE, 1)), ERROR_INVALID_PARAMETER, "bytes read as messages");
    FAILS(!BAD(Server(PIPE_ACCESS_DUPLEX, 0, 0)), ERROR_INVALID_PARAMETER, "no instances");
    FAILS(!BAD(Server(PIPE_ACCESS_DUPLEX, 0, 256)), ERROR_INVALID_PARAMETER, "too many instances");
    FAILS(!BAD(Server(0, 0, 1)), ERROR_INVALID_PARAMETER, "no direction");
    FAILS(!BAD(CreateNamedPipeA("nascent", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL)), ERROR_INVALID_NAME, "a name that is no pipe's");
    FAILS(!BAD(CreateNamedPipeA("\\\\.\\pipe\\", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL)), ERROR_INVALID_NAME, "an empty name");
}

static void TestListening(HANDLE Pipe)
{
    ULONG Id;

    FAILS(!BAD(Server(PIPE_ACCESS_INBOUND, PIPE_TYPE_MESSAGE, 2)), ERROR_ACCESS_DENIED, "an instance with another direction");
    FAILS(!BAD(Server(PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2)), ERROR_ACCESS_DENIED, "of another type");
    FAILS(!BAD(Server(PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_TYPE_MESSAGE, 2)), ERROR_ACCESS_DENIED, "that is to be the first");
    FAILS(Read(Pipe, 1), ERROR_PIPE_LISTENING, "read while listening");
    FAILS(Write(Pipe, "x"), ERROR_PIPE_LISTENING, "write while listening");
    FAILS(PeekNamedPipe(Pipe, NULL, 0, NULL, NULL, NULL), ERROR_BAD_PIPE, "peek while listening");
    FAILS(GetNamedPipeClientProcessId(Pipe, &Id), ERROR_NOT_FOUND, "the client's process while there is none");
}

static void TestMessages(HANDLE S, HANDLE C)
{
    DWORD Mode = PIPE_READMODE_MESSAGE, Copied, Total, Left;

    Ok(SetNamedPipeHandleState(C, &Mode, NULL, NULL), "message mode");
    Mode = 4;
    FAILS(SetNamedPipeHandleState(C, &Mode, NULL, NULL), ERROR_INVALID_PARAMETER, "a mode that is none");
    Ok(Write(S, "hello") && Write(S, "") && Write(S, "x"), "three messages, one of them empty");
    Ok(PeekNamedPipe(C, Buffer, 2, &Copied, &Total, &Left) && Copied == 2 && Total == 6 && Left == 3, "peek: two copied, six in all, three left of this one");
    FAILS(Read(C, 2), ERROR_MORE_DATA, "two bytes of five");
    Ok(PeekNamedPipe(C, NULL, 0, NULL, &Total, &Left) && Total == 4 && Left == 3, "peek again: four in all");
    Ok(Read(C, 10) && Count == 3, "the rest");
    Ok(Read(C, 10) && Count == 0, "the empty one");
    Ok(Read(C, 10) && Count == 1, "the last");
    Mode = PIPE_READMODE_MESSAGE | PIPE_NOWAIT;
    SetNamedPipeHandleState(C, &Mode, NULL, NULL);
    FAILS(Read(C, 10), ERROR_NO_DATA, "nothing, without waiting");
}

static void TestStates(void)
{
    HANDLE S = Server(PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 2), C;

    TestListening(S);
    C = Client(GENERIC_READ | GENERIC_WRITE, 0);
    FAILS(!BAD(Client(GENERIC_READ, 0)), ERROR_PIPE_BUSY, "a second client");
    FAILS(WaitNamedPipeA(NAME, 10), ERROR_SEM_TIMEOUT, "waiting in vain");
    FAILS(ConnectNamedPipe(S, NULL), ERROR_PIPE_CONNECTED, "connect what is connected");
    TestMessages(S, C);
    Ok(DisconnectNamedPipe(S), "disconnect");
    FAILS(Read(C, 1), ERROR_PIPE_NOT_CONNECTED, "the client reads");
    FAILS(Write(C, "x"), ERROR_PIPE_NOT_CONNECTED, "the client writes");
    FAILS(Read(S, 1), ERROR_PIPE_NOT_CONNECTED, "the server reads");
    CloseHandle(C);
    CloseHandle(S);
    S = Server(PIPE_ACCESS_DUPLEX, 0, 1);
    C = Client(GENERIC_READ | GENERIC_WRITE, 0);
    Ok(Write(C, "bye") && CloseHandle(C), "the client writes and goes");
    Ok(Read(S, 10) && Count == 3, "what it left is read");
    FAILS(Read(S, 10), ERROR_BROKEN_PIPE, "then the end");
    FAILS(Write(S, "x"), ERROR_NO_DATA, "nobody to write to");
    FAILS(ConnectNamedPipe(S, NULL), ERROR_NO_DATA, "nor to wait for before a disconnect");
    FAILS(PeekNamedPipe(S, NULL, 0, NULL, NULL, NULL), ERROR_BROKEN_PIPE, "nothing to peek at");
    CloseHandle(S);
    S = Server(PIPE_ACCESS_INBOUND, 0, 1);
    FAILS(!BAD(Client(GENERIC_READ, 0)), ERROR_ACCESS_DENIED, "a client against the direction");
    C = Client(GENERIC_WRITE, 0);
    FAILS(Read(C, 1), ERROR_ACCESS_DENIED, "the writer reads");
    FAILS(Write(S, "x"), ERROR_ACCESS_DENIED, "the reader writes");
    CloseHandle(C);
    CloseHandle(S);
}

/* ---- cancelling ---------------------------------------------------------------------------------------------------------------------- */

static DWORD WINAPI ReadAndTell(void *Pipe)
{
    return Read(Pipe, 8) ? 0 : GetLastError();
}

static OVERLAPPED Left;
static DWORD WINAPI StartAndLeave(void *Pipe)
{
    static char Byte;
    return ReadFile(Pipe, &Byte, 1, NULL, &Left);
}

static void TestCancel(void)
{
    HANDLE S = Server(PIPE_ACCESS_DUPLEX, 0, 1), C = Client(GENERIC_READ | GENERIC_WRITE, 0), Thread;
    DWORD Code = 0;

    Thread = CreateThread(NULL, 0, ReadAndTell, S, 0, NULL);
    while (!CancelSynchronousIo(Thread)) { /* until it reads */
        Sleep(1);
    }
    WaitForSingleObject(Thread, INFINITE);
    Ok(GetExitCodeThread(Thread, &Code) && Code == ERROR_OPERATION_ABORTED, "another thread's read is cancelled");
    CloseHandle(Thread);
    FAILS(CancelSynchronousIo(GetCurrentThread()), ERROR_NOT_FOUND, "this thread does nothing to cancel");
    CloseHandle(C);
    CloseHandle(S);
    S = Server(PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1);
    C = Client(GENERIC_READ | GENERIC_WRITE, 0);
    Left.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    Thread = CreateThread(NULL, 0, StartAndLeave, S, 0, NULL);
    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
    FAILS(GetOverlappedResult(S, &Left, &Count, TRUE), ERROR_OPERATION_ABORTED, "a request whose thread ended");
    FAILS(ReadFile(S, Buffer, 4, NULL, &Left), ERROR_IO_PENDING, "a read");
    FAILS(GetOverlappedResult(S, &Left, &Count, FALSE), ERROR_IO_INCOMPLETE, "is not over");
    FAILS(GetOverlappedResultEx(S, &Left, &Count, 10, FALSE), WAIT_TIMEOUT, "nor in ten milliseconds");
    Ok(CancelIoEx(S, NULL), "all of the handle's requests cancelled");
    FAILS(GetOverlappedResult(S, &Left, &Count, TRUE), ERROR_OPERATION_ABORTED, "it is");
    FAILS(CancelIoEx(S, NULL), ERROR_NOT_FOUND, "none to cancel");
    Ok(CancelIo(S), "which CancelIo does not mind");
    CloseHandle(Left.hEvent);
    CloseHandle(C);
    CloseHandle(S);
}

static void TestPort(void)
{
    HANDLE S = Server(PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1), C = Client(GENERIC_READ | GENERIC_WRITE, 0);
    HANDLE Port = CreateIoCompletionPort(S, NULL, 7, 0);
    OVERLAPPED Request = {0}, *Which = NULL;
    ULONG_PTR Key = 0;

    Ok(SetFileCompletionNotificationModes(S, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE), "what is done at once skips the port");
    Ok(Write(C, "w") && ReadFile(S, Buffer, 1, &Count, &Request), "done at once");
    FAILS(GetQueuedCompletionStatus(Port, &Count, &Key, &Which, 50), WAIT_TIMEOUT, "no packet");
    FAILS(ReadFile(S, Buffer, 1, &Count, &Request), ERROR_IO_PENDING, "done later");
    Ok(Write(C, "w") && GetQueuedCompletionStatus(Port, &Count, &Key, &Which, 30000) && Count == 1 && Key == 7 && Which == &Request, "a packet");
    FAILS(ReadFile(S, Buffer, 1, &Count, &Request), ERROR_IO_PENDING, "one that will fail");
    CloseHandle(C);
    FAILS(GetQueuedCompletionStatus(Port, &Count, &Key, &Which, 30000), ERROR_BROKEN_PIPE, "a packet with the error");
    Ok(Which == &Request, "and with its request");
    CloseHandle(Port);
    CloseHandle(S);
}

static void TestImpersonation(void)
{
    HANDLE S = Server(PIPE_ACCESS_DUPLEX, 0, 1), C = Client(GENERIC_READ | GENERIC_WRITE, SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION), Token = NULL;
    SECURITY_IMPERSONATION_LEVEL Level = SecurityAnonymous;

    Ok(Write(C, "i") && Read(S, 1) && ImpersonateNamedPipeClient(S), "impersonate");
    Ok(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &Token) &&
           GetTokenInformation(Token, TokenImpersonationLevel, &Level, sizeof(Level), &Count) && Level == SecurityIdentification,
       "no further than the client said");
    RevertToSelf();
    CloseHandle(Token);
    CloseHandle(C);
    CloseHandle(S);
}

int main(void)
{
    TestCreate();
    TestStates();
    TestCancel();
    TestPort();
    TestImpersonation();
    return Done();
}

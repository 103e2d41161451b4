/* SPDX-License-Identifier: MIT */
/*
 * pipe.c - named and anonymous pipes through Win32: creation and its refusals, states, byte and message mode, blocking and overlapped,
 * peek, transact, wait, disconnect, half-closed ends, instances, quotas, listing.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>
#include "tap.h"

#define NAME "\\\\.\\pipe\\nascent-test"
#define FAILS(call, error, what) (SetLastError(0xBAD), Ok(!(call), what ": fails"), Is(GetLastError(), error, what ": last error"))

static HANDLE Server(const char *Name, DWORD Open, DWORD Mode, DWORD Instances)
{
    return CreateNamedPipeA(Name, Open, Mode, Instances, 1024, 1024, 1000, NULL);
}

static HANDLE Client(const char *Name, DWORD Access, DWORD Flags)
{
    return CreateFileA(Name, Access, 0, NULL, OPEN_EXISTING, Flags, NULL);
}

static BOOL Pair(HANDLE *S, HANDLE *C, DWORD Open, DWORD Mode)
{
    DWORD ReadMode = Mode & PIPE_READMODE_MESSAGE;
    *S = Server(NAME, Open, Mode, 1);
    *C = Client(NAME, GENERIC_READ | GENERIC_WRITE, 0);
    return *S != INVALID_HANDLE_VALUE && *C != INVALID_HANDLE_VALUE && (ReadMode == 0 || SetNamedPipeHandleState(*C, &ReadMode, NULL, NULL));
}

static void TestCreateErrors(void)
{
    HANDLE A, B;
    FAILS((A = Server(NAME, 0, 0, 1)) != INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER, "no access");
    FAILS((A = Server(NAME, PIPE_ACCESS_DUPLEX | 0x4000, 0, 1)) != INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER, "bad open mode");
    FAILS((A = Server(NAME, PIPE_ACCESS_DUPLEX, 0x100, 1)) != INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER, "bad pipe mode");
    FAILS((A = Server(NAME, PIPE_ACCESS_DUPLEX, 0, 0)) != INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER, "no instances");
    FAILS((A = Server(NAME, PIPE_ACCESS_DUPLEX, 0, 256)) != INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER, "256 instances");
    FAILS((A = Server(NAME, PIPE_ACCESS_DUPLEX, PIPE_READMODE_MESSAGE, 1)) != INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER, "bytes read as messages");
    FAILS((A = Server("not a pipe", PIPE_ACCESS_DUPLEX, 0, 1)) != INVALID_HANDLE_VALUE, ERROR_INVALID_NAME, "not a pipe's name");
    FAILS((A = Server(NULL, PIPE_ACCESS_DUPLEX, 0, 1)) != INVALID_HANDLE_VALUE, ERROR_PATH_NOT_FOUND, "no name");
    FAILS((A = Client(NAME, GENERIC_READ, 0)) != INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND, "no such pipe");
    FAILS(WaitNamedPipeA(NAME, 10), ERROR_FILE_NOT_FOUND, "wait for no pipe");

    A = Server(NAME, PIPE_ACCESS_DUPLEX, 0, 1);
    Ok(A != INVALID_HANDLE_VALUE, "one instance");
    FAILS((B = Server(NAME, PIPE_ACCESS_DUPLEX, 0, 1)) != INVALID_HANDLE_VALUE, ERROR_PIPE_BUSY, "a second instance of one");
    CloseHandle(A);
    A = Server(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 5);
    Ok(A != INVALID_HANDLE_VALUE, "first instance");
    FAILS((B = Server(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 5)) != INVALID_HANDLE_VALUE, ERROR_ACCESS_DENIED, "not the first");
    FAILS((B = Server(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 5)) != INVALID_HANDLE_VALUE, ERROR_ACCESS_DENIED, "another type");
    FAILS((B = Server(NAME, PIPE_ACCESS_INBOUND, 0, 5)) != INVALID_HANDLE_VALUE, ERROR_ACCESS_DENIED, "another direction");
    B = Server("\\\\.\\PIPE\\NASCENT-TEST", PIPE_ACCESS_DUPLEX, 0, 5);
    Ok(B != INVALID_HANDLE_VALUE, "a second instance, by the name in capitals");
    CloseHandle(B);
    CloseHandle(A);
}

static void TestStates(void)
{
    char Byte;
    DWORD Done;
    HANDLE S = Server(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_NOWAIT, 1), C;

    FAILS(ConnectNamedPipe(S, NULL), ERROR_PIPE_LISTENING, "connect, nobody there, no wait");
    FAILS(ReadFile(S, &Byte, 1, &Done, NULL), ERROR_PIPE_LISTENING, "read while listening");
    FAILS(WriteFile(S, "x", 1, &Done, NULL), ERROR_PIPE_LISTENING, "write while listening");
    FAILS(PeekNamedPipe(S, NULL, 0, NULL, &Done, NULL), ERROR_BAD_PIPE, "peek while listening");
    Ok(WaitNamedPipeA(NAME, 10), "it can be waited for");
    C = Client(NAME, GENERIC_READ | GENERIC_WRITE, 0);
    Ok(C != INVALID_HANDLE_VALUE, "client opens");
    FAILS(Client(NAME, GENERIC_READ, 0) != INVALID_HANDLE_VALUE, ERROR_PIPE_BUSY, "second client");
    FAILS(WaitNamedPipeA(NAME, 20), ERROR_SEM_TIMEOUT, "wait for a busy pipe");
    FAILS(ConnectNamedPipe(S, NULL), ERROR_PIPE_CONNECTED, "connect when connected");
    FAILS(ConnectNamedPipe(C, NULL), ERROR_INVALID_FUNCTION, "connect by a client");
    FAILS(DisconnectNamedPipe(C), ERROR_INVALID_FUNCTION, "disconnect by a client");
    FAILS(ReadFile(S, &Byte, 1, &Done, NULL), ERROR_NO_DATA, "empty, no wait");
    Ok(WriteFile(C, "abc", 3, &Done, NULL) && Done == 3, "client writes");
    CloseHandle(C);
    Ok(PeekNamedPipe(S, NULL, 0, NULL, &Done, NULL) && Done == 3, "three bytes are left of a client that went");
    Ok(ReadFile(S, &Byte, 1, &Done, NULL) && Byte == 'a', "and can be read");
    FAILS(WriteFile(S, "x", 1, &Done, NULL), ERROR_NO_DATA, "write to a client that went");
    FAILS(ConnectNamedPipe(S, NULL), ERROR_NO_DATA, "connect before disconnect");
    Ok(ReadFile(S, &Byte, 1, &Done, NULL) && ReadFile(S, &Byte, 1, &Done, NULL) && Byte == 'c', "the rest");
    FAILS(ReadFile(S, &Byte, 1, &Done, NULL), ERROR_BROKEN_PIPE, "then it is broken");
    FAILS(PeekNamedPipe(S, NULL, 0, NULL, &Done, NULL), ERROR_BROKEN_PIPE, "peek at a broken pipe");
    Ok(DisconnectNamedPipe(S), "disconnect");
    FAILS(DisconnectNamedPipe(S), ERROR_PIPE_NOT_CONNECTED, "disconnect twice");
    FAILS(ReadFile(S, &Byte, 1, &Done, NULL), ERROR_PIPE_NOT_CONNECTED, "read when disconnected");
    FAILS(WriteFile(S, "x", 1, &Done, NULL), ERROR_PIPE_NOT_CONNECTED, "write when disconnected");
    FAILS(Client(NAME, GENERIC_READ, 0) != INVALID_HANDLE_VALUE, ERROR_PIPE_BUSY, "open when disconnected");
    (void)ConnectNamedPipe(S, NULL);
    C = Client(NAME, GENERIC_READ | GENERIC_WRITE, 0);
    Ok(C != INVALID_HANDLE_VALUE, "listening again: the next client");
    Ok(DisconnectNamedPipe(S), "disconnect a client");
    FAILS(ReadFile(C, &Byte, 1, &Done, NULL), ERROR_PIPE_NOT_CONNECTED, "disconnected client reads");
    FAILS(WriteFile(C, "x", 1, &Done, NULL), ERROR_PIPE_NOT_CONNECTED, "disconnected client writes");
    FAILS(PeekNamedPipe(C, NULL, 0, NULL, &Done, NULL), ERROR_PIPE_NOT_CONNECTED, "disconnected client peeks");
    CloseHandle(S);
    CloseHandle(C);
    FAILS(Client(NAME, GENERIC_READ, 0) != INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND, "the name went with the server");
}

static void TestDirections(void)
{
    DWORD Done, Flags, Out, In, Maximum;
    HANDLE S = CreateNamedPipeA(NAME, PIPE_ACCESS_INBOUND, PIPE_TYPE_MESSAGE, PIPE_UNLIMITED_INSTANCES, 111, 222, 0, NULL), C;

    FAILS(Client(NAME, GENERIC_READ, 0) != INVALID_HANDLE_VALUE, ERROR_ACCESS_DENIED, "read from an inbound pipe");
    C = Client(NAME, GENERIC_WRITE, 0);
    Ok(C != INVALID_HANDLE_VALUE, "open for write");
    FAILS(WriteFile(S, "x", 1, &Done, NULL), ERROR_ACCESS_DENIED, "inbound server writes");
    Ok(GetNamedPipeInfo(S, &Flags, &Out, &In, &Maximum), "info");
    Is(Flags, PIPE_SERVER_END | PIPE_TYPE_MESSAGE, "flags");
    Ok(Out == 111 && In == 222 && Maximum == PIPE_UNLIMITED_INSTANCES, "sizes and instances: %lu %lu %lu", Out, In, Maximum);
    CloseHandle(C);
    CloseHandle(S);
    S = Server(NAME, PIPE_ACCESS_OUTBOUND, 0, 1);
    FAILS(Client(NAME, GENERIC_WRITE, 0) != INVALID_HANDLE_VALUE, ERROR_ACCESS_DENIED, "write to an outbound pipe");
    C = Client(NAME, GENERIC_READ, 0);
    Ok(C != INVALID_HANDLE_VALUE, "open for read");
    Is(GetFileType(C), FILE_TYPE_PIPE, "its type");
    CloseHandle(C);
    CloseHandle(S);
}

static void TestBytes(void)
{
    char Buffer[64] = "";
    DWORD Done, Available, Left;
    HANDLE S, C;

    Ok(Pair(&S, &C, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE), "byte pipe");
    Ok(WriteFile(C, "hello", 5, &Done, NULL) && Done == 5 && WriteFile(C, " world", 6, &Done, NULL), "two writes");
    Ok(WriteFile(C, "", 0, &Done, NULL) && Done == 0, "an empty write is nothing");
    Ok(PeekNamedPipe(S, Buffer, 8, &Done, &Available, &Left) && Done == 8 && Available == 11 && Left == 0 && memcmp(Buffer, "hello wo", 8) == 0,
       "peek goes across writes: %lu %lu %lu", Done, Available, Left);
    Ok(ReadFile(S, Buffer, sizeof(Buffer), &Done, NULL) && Done == 11 && memcmp(Buffer, "hello world", 11) == 0, "one read gets both");
    Ok(WriteFile(S, "abcdef", 6, &Done, NULL), "the other way");
    Ok(ReadFile(C, Buffer, 2, &Done, NULL) && Done == 2 && ReadFile(C, Buffer + 2, 60, &Done, NULL) && Done == 4 && memcmp(Buffer, "abcdef", 6) == 0,
       "in parts");
    Ok(PeekNamedPipe(C, NULL, 0, NULL, &Available, NULL) && Available == 0, "nothing is left");
    CloseHandle(S);
    FAILS(ReadFile(C, Buffer, 1, &Done, NULL), ERROR_BROKEN_PIPE, "the server went");
    FAILS(WriteFile(C, Buffer, 1, &Done, NULL), ERROR_NO_DATA, "write to nobody");
    CloseHandle(C);
}

static void TestMessages(void)
{
    char Buffer[64] = "";
    DWORD Done, Available, Left, Mode;
    HANDLE S, C;

    Ok(Pair(&S, &C, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE), "message pipe");
    Ok(WriteFile(C, "first", 5, &Done, NULL) && WriteFile(C, "", 0, &Done, NULL) && WriteFile(C, "third", 5, &Done, NULL), "three messages, one empty");
    Ok(PeekNamedPipe(S, Buffer, 3, &Done, &Available, &Left) && Done == 3 && Available == 10 && Left == 2, "peek: %lu %lu %lu", Done, Available, Left);
    FAILS(ReadFile(S, Buffer, 3, &Done, NULL), ERROR_MORE_DATA, "a short buffer");
    Is(Done, 3, "has what fits");
    Ok(ReadFile(S, Buffer, 64, &Done, NULL) && Done == 2 && memcmp(Buffer, "st", 2) == 0, "the rest of the message, and no more");
    Ok(ReadFile(S, Buffer, 64, &Done, NULL) && Done == 0, "the empty message");
    Ok(GetNamedPipeHandleStateA(S, &Mode, &Available, NULL, NULL, NULL, 0) && Mode == PIPE_READMODE_MESSAGE && Available == 1, "state");
    Mode = PIPE_READMODE_BYTE;
    Ok(SetNamedPipeHandleState(S, &Mode, NULL, NULL), "read bytes of messages");
    Ok(WriteFile(C, "4th", 3, &Done, NULL), "a fourth");
    Ok(ReadFile(S, Buffer, 64, &Done, NULL) && Done == 8 && memcmp(Buffer, "third4th", 8) == 0, "byte mode reads across messages");
    Mode = 0x40;
    FAILS(SetNamedPipeHandleState(S, &Mode, NULL, NULL), ERROR_INVALID_PARAMETER, "a mode that is none");
    CloseHandle(S);
    CloseHandle(C);
    Ok(Pair(&S, &C, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE), "byte pipe");
    Mode = PIPE_READMODE_MESSAGE;
    FAILS(SetNamedPipeHandleState(C, &Mode, NULL, NULL), ERROR_INVALID_PARAMETER, "messages of a byte pipe");
    CloseHandle(S);
    CloseHandle(C);
}

static void TestNoWaitFull(void)
{
    static char Big[2000];
    DWORD Done, Mode = PIPE_NOWAIT, Total = 0;
    HANDLE S, C;

    Ok(Pair(&S, &C, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE) && SetNamedPipeHandleState(C, &Mode, NULL, NULL), "no wait");
    Ok(WriteFile(C, Big, 2000, &Done, NULL) && Done == 1024, "writes what fits: %lu", Done);
    Ok(WriteFile(C, Big, 1, &Done, NULL) && Done == 0, "full: nothing, and no failure");
    Ok(ReadFile(S, Big, 100, &Done, NULL) && WriteFile(C, Big, 200, &Total, NULL) && Total == 100, "room for as much as was read");
    CloseHandle(S);
    CloseHandle(C);
    Ok(Pair(&S, &C, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE) && SetNamedPipeHandleState(C, &Mode, NULL, NULL), "messages, no wait");
    Ok(WriteFile(C, Big, 2000, &Done, NULL) && Done == 0, "a message that does not fit is not written: %lu", Done);
    Ok(WriteFile(C, Big, 1000, &Done, NULL) && Done == 1000, "one that does is");
    CloseHandle(S);
    CloseHandle(C);
}

struct thread { HANDLE Pipe; volatile LONG Step; DWORD Done, Error; BOOL Result; char Buffer[4096]; DWORD Length; int Kind; };

static DWORD WINAPI Worker(void *Context)
{
    struct thread *T = Context;
    T->Step = 1;
    T->Result = T->Kind == 0 ? ReadFile(T->Pipe, T->Buffer, T->Length, &T->Done, NULL)
              : T->Kind == 1 ? WriteFile(T->Pipe, T->Buffer, T->Length, &T->Done, NULL)
              : T->Kind == 2 ? FlushFileBuffers(T->Pipe)
              : T->Kind == 3 ? ConnectNamedPipe(T->Pipe, NULL) : WaitNamedPipeA(NAME, NMPWAIT_WAIT_FOREVER);
    T->Error = T->Result ? 0 : GetLastError();
    T->Step = 2;
    return 0;
}

static HANDLE Begin(struct thread *T, HANDLE Pipe, int Kind, DWORD Length)
{
    HANDLE Thread;
    memset(T, 0, sizeof(*T));
    T->Pipe = Pipe;
    T->Kind = Kind;
    T->Length = Length;
    memset(T->Buffer, 'w', sizeof(T->Buffer));
    Thread = CreateThread(NULL, 0, Worker, T, 0, NULL);
    Ok(WaitForSingleObject(Thread, 100) == WAIT_TIMEOUT && T->Step == 1, "the call waits (%d)", Kind);
    return Thread;
}

static void End(HANDLE Thread)
{
    Ok(WaitForSingleObject(Thread, 20000) == WAIT_OBJECT_0, "and ends");
    CloseHandle(Thread);
}

static void TestBlocking(void)
{
    static struct thread T;
    char Buffer[4096];
    DWORD Done;
    HANDLE S, C, Thread;

    Ok(Pair(&S, &C, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE), "byte pipe");
    Thread = Begin(&T, S, 0, 10);
    Ok(WriteFile(C, "12345", 5, &Done, NULL) && Done == 5, "write to a waiting reader");
    End(Thread);
    Ok(T.Result && T.Done == 5 && memcmp(T.Buffer, "12345", 5) == 0, "the reader has it");
    Thread = Begin(&T, C, 1, 3000);
    Ok(ReadFile(S, Buffer, 1500, &Done, NULL) && Done == 1500, "reading half of what a writer waits with");
    Is(WaitForSingleObject(Thread, 100), WAIT_TIMEOUT, "is not enough for the quota");
    Ok(ReadFile(S, Buffer, 600, &Done, NULL) && Done == 600, "900 are left");
    End(Thread);
    Ok(T.Result && T.Done == 3000, "written in full");
    Thread = Begin(&T, C, 2, 0);
    Ok(ReadFile(S, Buffer, 899, &Done, NULL) && WaitForSingleObject(Thread, 50) == WAIT_TIMEOUT, "flush waits for the last byte");
    Ok(ReadFile(S, Buffer, 899, &Done, NULL) && Done == 1, "which is read");
    End(Thread);
    Ok(T.Result, "flushed");
    Thread = Begin(&T, C, 1, 3000);
    CloseHandle(S);
    End(Thread);
    Ok(!T.Result && (T.Error == ERROR_BROKEN_PIPE || T.Error == ERROR_NO_DATA), "the reader closes: %lu", T.Error);
    CloseHandle(C);

    Ok(Pair(&S, &C, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE), "byte pipe");
    Thread = Begin(&T, S, 0, 10);
    CloseHandle(C);
    End(Thread);
    Ok(!T.Result && T.Error == ERROR_BROKEN_PIPE, "the writer closes: %lu", T.Error);
    Ok(DisconnectNamedPipe(S), "disconnect");
    Thread = Begin(&T, S, 3, 0);
    C = Client(NAME, GENERIC_READ | GENERIC_WRITE, 0);
    End(Thread);
    Ok(T.Result && C != INVALID_HANDLE_VALUE, "a client ends the wait of ConnectNamedPipe");
    Thread = Begin(&T, NULL, 4, 0);
    Ok(DisconnectNamedPipe(S), "disconnect again");
    CloseHandle(C);
    {
        OVERLAPPED None = {0};
        DWORD NoWait = PIPE_NOWAIT;
        (void)None;
        Ok(SetNamedPipeHandleState(S, &NoWait, NULL, NULL), "no wait");
        (void)ConnectNamedPipe(S, NULL);
    }
    End(Thread);
    Ok(T.Result, "listening ends the wait of WaitNamedPipe");
    CloseHandle(S);
}

static void TestOverlapped(void)
{
    char Buffer[16], Other[16];
    DWORD Done;
    OVERLAPPED O = {0}, P = {0};
    HANDLE S = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 100, 100, 0, NULL), C;

    O.hEvent = CreateEventA(NULL, TRUE, TRUE, NULL);
    P.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    FAILS(ConnectNamedPipe(S, &O), ERROR_IO_PENDING, "overlapped connect");
    Is(WaitForSingleObject(O.hEvent, 0), WAIT_TIMEOUT, "the event was reset");
    C = Client(NAME, GENERIC_READ | GENERIC_WRITE, 0);
    Ok(WaitForSingleObject(O.hEvent, 5000) == WAIT_OBJECT_0 && GetOverlappedResult(S, &O, &Done, FALSE), "connected");
    FAILS(ReadFile(S, Buffer, sizeof(Buffer), NULL, &O), ERROR_IO_PENDING, "read");
    FAILS(ReadFile(S, Other, 2, NULL, &P), ERROR_IO_PENDING, "another read");
    Ok(WriteFile(C, "one", 3, &Done, NULL) && GetOverlappedResult(S, &O, &Done, TRUE) && Done == 3 && memcmp(Buffer, "one", 3) == 0,
       "the first read has the message");
    Ok(WriteFile(C, "two", 3, &Done, NULL), "a message longer than the second read");
    FAILS(GetOverlappedResult(S, &P, &Done, TRUE), ERROR_MORE_DATA, "the second read");
    Is(Done, 2, "has what fits");
    Ok(ReadFile(S, Buffer, sizeof(Buffer), &Done, &O), "the rest is there at once");
    Ok(GetOverlappedResult(S, &O, &Done, TRUE) && Done == 1 && Buffer[0] == 'o', "and complete");
    FAILS(ReadFile(S, Buffer, sizeof(Buffer), NULL, &O), ERROR_IO_PENDING, "read");
    Ok(CancelIo(S), "cancel");
    FAILS(GetOverlappedResult(S, &O, &Done, TRUE), ERROR_OPERATION_ABORTED, "cancelled");
    FAILS(ReadFile(S, Buffer, sizeof(Buffer), NULL, &O), ERROR_IO_PENDING, "read");
    FAILS(CancelIoEx(S, &P), ERROR_NOT_FOUND, "cancel another");
    Ok(CancelIoEx(S, &O), "cancel this one");
    FAILS(GetOverlappedResult(S, &O, &Done, TRUE), ERROR_OPERATION_ABORTED, "cancelled");
    {
        static char Long[150];
        FAILS(WriteFile(S, Long, 150, NULL, &O), ERROR_IO_PENDING, "write more than the quota");
        Ok(CancelIoEx(S, &O), "cancel it");
        FAILS(GetOverlappedResult(S, &O, &Done, TRUE), ERROR_OPERATION_ABORTED, "cancelled");
        Ok(PeekNamedPipe(C, NULL, 0, NULL, &Done, NULL) && Done == 0, "its data are gone");
    }
    FAILS(ReadFile(S, Buffer, sizeof(Buffer), NULL, &O), ERROR_IO_PENDING, "read");
    CloseHandle(C);
    FAILS(GetOverlappedResult(S, &O, &Done, TRUE), ERROR_BROKEN_PIPE, "the client went");
    Ok(DisconnectNamedPipe(S), "disconnect");
    FAILS(ConnectNamedPipe(S, &O), ERROR_IO_PENDING, "connect");
    Ok(DisconnectNamedPipe(S), "disconnect while it waits");
    FAILS(GetOverlappedResult(S, &O, &Done, TRUE), ERROR_PIPE_NOT_CONNECTED, "ends it");
    CloseHandle(O.hEvent);
    CloseHandle(P.hEvent);
    CloseHandle(S);
}

static DWORD WINAPI Answerer(void *Pipe)
{
    char Buffer[64];
    DWORD Done;
    for (int i = 0; i < 2; i++) {
        if (!ConnectNamedPipe(Pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED) {
            return 1;
        }
        while (ReadFile(Pipe, Buffer, sizeof(Buffer), &Done, NULL)) {
            for (DWORD At = 0; At < Done; At++) {
                Buffer[At] ^= 0x20;
            }
            WriteFile(Pipe, Buffer, Done, &Done, NULL);
        }
        DisconnectNamedPipe(Pipe);
    }
    return 0;
}

static void TestTransact(void)
{
    char Buffer[64];
    DWORD Done, Mode = PIPE_READMODE_MESSAGE;
    HANDLE S = Server(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1), C, Thread;

    Thread = CreateThread(NULL, 0, Answerer, S, 0, NULL);
    C = Client(NAME, GENERIC_READ | GENERIC_WRITE, 0);
    FAILS(TransactNamedPipe(C, "abc", 3, Buffer, 64, &Done, NULL), ERROR_BAD_PIPE, "transact in byte mode");
    Ok(SetNamedPipeHandleState(C, &Mode, NULL, NULL), "message mode");
    Ok(TransactNamedPipe(C, "abc", 3, Buffer, 64, &Done, NULL) && Done == 3 && memcmp(Buffer, "ABC", 3) == 0, "transact");
    FAILS(TransactNamedPipe(C, "defgh", 5, Buffer, 2, &Done, NULL), ERROR_MORE_DATA, "a short answer buffer");
    Is(Done, 2, "has what fits");
    FAILS(TransactNamedPipe(C, "x", 1, Buffer, 2, &Done, NULL), ERROR_PIPE_BUSY, "transact with an answer unread");
    Ok(ReadFile(C, Buffer, 64, &Done, NULL) && Done == 3 && memcmp(Buffer, "FGH", 3) == 0, "the rest of the answer");
    CloseHandle(C);
    Ok(CallNamedPipeA(NAME, "call", 4, Buffer, 64, &Done, 10000) && Done == 4 && memcmp(Buffer, "CALL", 4) == 0, "CallNamedPipe");
    Ok(WaitForSingleObject(Thread, 20000) == WAIT_OBJECT_0, "the server ends");
    CloseHandle(Thread);
    CloseHandle(S);
    FAILS(CallNamedPipeA(NAME, "call", 4, Buffer, 64, &Done, 10), ERROR_FILE_NOT_FOUND, "nobody to call");
}

static void TestAnonymous(void)
{
    static struct thread T;
    SECURITY_ATTRIBUTES Inherit = {sizeof(Inherit), NULL, TRUE};
    char Buffer[64];
    DWORD Done, Flags, Out, In;
    HANDLE R, W, Thread, Copy;

    Ok(CreatePipe(&R, &W, NULL, 0), "CreatePipe");
    Ok(GetHandleInformation(R, &Flags) && Flags == 0, "not inherited");
    Ok(GetFileType(R) == FILE_TYPE_PIPE && GetFileType(W) == FILE_TYPE_PIPE, "pipes");
    Ok(GetNamedPipeInfo(R, &Flags, &Out, &In, NULL) && Flags == PIPE_SERVER_END && Out == 4096 && In == 4096, "the read end is the server's, 4096 bytes");
    Ok(WriteFile(W, "data", 4, &Done, NULL) && ReadFile(R, Buffer, 64, &Done, NULL) && Done == 4, "through it");
    FAILS(WriteFile(R, "x", 1, &Done, NULL), ERROR_ACCESS_DENIED, "writing to the read end");
    FAILS(ReadFile(W, Buffer, 1, &Done, NULL), ERROR_ACCESS_DENIED, "reading from the write end");
    Ok(WriteFile(W, "last", 4, &Done, NULL) && CloseHandle(W), "write and close");
    Ok(ReadFile(R, Buffer, 64, &Done, NULL) && Done == 4, "what was written is read");
    FAILS(ReadFile(R, Buffer, 64, &Done, NULL), ERROR_BROKEN_PIPE, "then the end");
    CloseHandle(R);
    Ok(CreatePipe(&R, &W, &Inherit, 0), "inheritable");
    Ok(GetHandleInformation(R, &Flags) && Flags == HANDLE_FLAG_INHERIT && GetHandleInformation(W, &Flags) && Flags == HANDLE_FLAG_INHERIT, "both");
    Ok(DuplicateHandle(GetCurrentProcess(), W, GetCurrentProcess(), &Copy, 0, FALSE, DUPLICATE_SAME_ACCESS) && CloseHandle(W), "a duplicate keeps it open");
    Thread = Begin(&T, R, 0, 10);
    CloseHandle(Copy);
    End(Thread);
    Ok(!T.Result && T.Error == ERROR_BROKEN_PIPE, "the last writer's handle ends the read");
    CloseHandle(R);
    Ok(CreatePipe(&R, &W, NULL, 0) && CloseHandle(R), "no reader");
    FAILS(WriteFile(W, "x", 1, &Done, NULL), ERROR_NO_DATA, "write to no reader");
    CloseHandle(W);
}

static void TestInformation(void)
{
    WIN32_FIND_DATAA Data;
    ULONG Id = 0;
    HANDLE S, C, Find;
    int Found = 0;

    Ok(Pair(&S, &C, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE), "byte pipe");
    Ok(GetNamedPipeClientProcessId(S, &Id) && Id == GetCurrentProcessId(), "the client's process");
    Id = 0;
    Ok(GetNamedPipeServerProcessId(C, &Id) && Id == GetCurrentProcessId(), "the server's process");
    Find = FindFirstFileA("\\\\.\\pipe\\*", &Data);
    Ok(Find != INVALID_HANDLE_VALUE, "the list of pipes");
    do {
        Found += Find != INVALID_HANDLE_VALUE && strcmp(Data.cFileName, "nascent-test") == 0;
    } while (Find != INVALID_HANDLE_VALUE && FindNextFileA(Find, &Data));
    Ok(Found == 1, "has ours once");
    FindClose(Find);
    CloseHandle(S);
    CloseHandle(C);
}

/* A thread that ends takes its waiting read along; a process that ends closes its ends: shown with a thread and its terminated wait. */
static void TestTermination(void)
{
    static struct thread T;
    HANDLE S, C, Thread;
    Ok(Pair(&S, &C, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE), "byte pipe");
    Thread = Begin(&T, S, 0, 10);
    Ok(TerminateThread(Thread, 7), "terminate a reader");
    End(Thread);
    DWORD Done;
    char Buffer[8];
    Ok(WriteFile(C, "abc", 3, &Done, NULL) && ReadFile(S, Buffer, 8, &Done, NULL) && Done == 3, "the pipe is as good as new");
    Ok(WriteFile(C, "abc", 3, &Done, NULL), "something to flush");
    Thread = Begin(&T, C, 2, 0);
    Ok(TerminateThread(Thread, 7), "terminate a flush");
    End(Thread);
    CloseHandle(S);
    CloseHandle(C);
}

int main(void)
{
    TestCreateErrors();
    TestStates();
    TestDirections();
    TestBytes();
    TestMessages();
    TestNoWaitFull();
    TestBlocking();
    TestOverlapped();
    TestTransact();
    TestAnonymous();
    TestInformation();
    TestTermination();
    return Done();
}

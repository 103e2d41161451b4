/* SPDX-License-Identifier: MIT */
/*
 * mailslot.c - mailslots through Win32: creation and refusals, whole messages, time-outs, information, and the end of either side.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

#define NAME "\\\\.\\mailslot\\nascent\\test"
#define FAILS(call, error, what) (SetLastError(0xBAD), Ok(!(call), what ": fails"), Is(GetLastError(), error, what ": last error"))

static HANDLE Writer(DWORD Access)
{
    return CreateFileA(NAME, Access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
}

static DWORD WINAPI WriteLater(void *Unused)
{
    DWORD Done;
    HANDLE W = Writer(GENERIC_WRITE);
    (void)Unused;
    Sleep(50);
    return WriteFile(W, "later", 5, &Done, NULL) && CloseHandle(W);
}

static void TestMailslot(void)
{
    char Buffer[64] = "";
    DWORD Done, Maximum, Next, Count, Timeout;
    OVERLAPPED O = {0};
    HANDLE S, W, V, Thread;

    FAILS(Writer(GENERIC_WRITE) != INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND, "write to no slot");
    FAILS(CreateMailslotA("no slot", 0, 0, NULL) != INVALID_HANDLE_VALUE, ERROR_INVALID_NAME, "not a slot's name");
    S = CreateMailslotA(NAME, 16, 0, NULL);
    Ok(S != INVALID_HANDLE_VALUE, "create");
    FAILS(CreateMailslotA(NAME, 16, 0, NULL) != INVALID_HANDLE_VALUE, ERROR_ALREADY_EXISTS, "create twice");
    Ok(GetMailslotInfo(S, &Maximum, &Next, &Count, &Timeout), "info");
    Ok(Maximum == 16 && Next == MAILSLOT_NO_MESSAGE && Count == 0 && Timeout == 0, "nothing there: %lu %lu %lu %lu", Maximum, Next, Count, Timeout);
    FAILS(ReadFile(S, Buffer, 64, &Done, NULL), ERROR_SEM_TIMEOUT, "read without waiting");
    W = Writer(GENERIC_WRITE);
    V = Writer(GENERIC_WRITE);
    Ok(W != INVALID_HANDLE_VALUE && V != INVALID_HANDLE_VALUE, "two writers");
    FAILS(GetMailslotInfo(W, &Maximum, &Next, &Count, &Timeout), ERROR_INVALID_PARAMETER, "info of a writer's end");
    Ok(WriteFile(W, "first", 5, &Done, NULL) && Done == 5 && WriteFile(V, "2nd", 3, &Done, NULL) && WriteFile(W, "", 0, &Done, NULL),
       "three messages, one empty");
    FAILS(WriteFile(W, "more than sixteen", 17, &Done, NULL), ERROR_INVALID_PARAMETER, "too long a message");
    Ok(GetMailslotInfo(S, NULL, &Next, &Count, NULL) && Next == 5 && Count == 3, "three are there");
    FAILS(ReadFile(S, Buffer, 4, &Done, NULL), ERROR_INSUFFICIENT_BUFFER, "a short buffer");
    Ok(ReadFile(S, Buffer, 64, &Done, NULL) && Done == 5 && memcmp(Buffer, "first", 5) == 0, "the message is still there");
    Ok(ReadFile(S, Buffer, 64, &Done, NULL) && Done == 3 && memcmp(Buffer, "2nd", 3) == 0, "the second");
    Ok(ReadFile(S, Buffer, 64, &Done, NULL) && Done == 0, "the empty one");
    Ok(SetMailslotInfo(S, 20), "a time-out");
    FAILS(ReadFile(S, Buffer, 64, &Done, NULL), ERROR_SEM_TIMEOUT, "read for 20 ms");
    Ok(SetMailslotInfo(S, MAILSLOT_WAIT_FOREVER) && GetMailslotInfo(S, NULL, NULL, NULL, &Timeout) && Timeout == MAILSLOT_WAIT_FOREVER, "for ever");
    Thread = CreateThread(NULL, 0, WriteLater, NULL, 0, NULL);
    Ok(ReadFile(S, Buffer, 64, &Done, NULL) && Done == 5 && memcmp(Buffer, "later", 5) == 0, "a read that waits");
    Ok(WaitForSingleObject(Thread, 10000) == WAIT_OBJECT_0, "the writer ends");
    CloseHandle(Thread);
    O.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    FAILS(ReadFile(S, Buffer, 64, NULL, &O), ERROR_IO_PENDING, "overlapped read");
    Ok(CancelIo(S), "cancel");
    FAILS(GetOverlappedResult(S, &O, &Done, TRUE), ERROR_OPERATION_ABORTED, "cancelled");
    FAILS(ReadFile(S, Buffer, 2, NULL, &O), ERROR_IO_PENDING, "a read too short for what comes");
    Ok(WriteFile(V, "long", 4, &Done, NULL), "write");
    FAILS(GetOverlappedResult(S, &O, &Done, TRUE), ERROR_INSUFFICIENT_BUFFER, "it ends");
    Ok(ReadFile(S, Buffer, 64, &Done, &O) && GetOverlappedResult(S, &O, &Done, TRUE) && Done == 4, "and the message waits for the next");
    CloseHandle(S);
    Ok(!WriteFile(W, "x", 1, &Done, NULL), "write to a slot that is closed fails: %lu", GetLastError());
    FAILS(Writer(GENERIC_WRITE) != INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND, "its name is gone");
    CloseHandle(W);
    CloseHandle(V);
    CloseHandle(O.hEvent);
}

int main(void)
{
    TestMailslot();
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * filelock.c - byte-range locks: conflicts between handles, shared and exclusive, waits, what reading and writing say, and how locks end.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

#define NAME "C:\\Temp\\nascent-lock.bin"
#define FAILS(call, error, what) (SetLastError(0xBAD), Ok(!(call), what ": fails"), Is(GetLastError(), error, what ": last error"))

static HANDLE Open(DWORD Flags)
{
    return CreateFileA(NAME, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, Flags, NULL);
}

static BOOL Lock(HANDLE File, DWORD Offset, DWORD Length, DWORD Flags)
{
    OVERLAPPED O = {.Offset = Offset};
    return LockFileEx(File, Flags | LOCKFILE_FAIL_IMMEDIATELY, 0, Length, 0, &O);
}

static void TestLocks(void)
{
    char Buffer[64] = "0123456789012345678901234567890123456789";
    DWORD Done;
    OVERLAPPED O = {0};
    HANDLE A = Open(0), B = Open(0), C;

    Ok(WriteFile(A, Buffer, 40, &Done, NULL) && Done == 40, "forty bytes");
    Ok(LockFile(A, 10, 0, 10, 0), "lock the second ten");
    FAILS(LockFile(B, 15, 0, 1, 0), ERROR_LOCK_VIOLATION, "another handle locks one of them");
    FAILS(LockFile(A, 10, 0, 10, 0), ERROR_LOCK_VIOLATION, "nor may the owner twice");
    Ok(LockFile(B, 20, 0, 10, 0), "the next ten are free");
    FAILS(UnlockFile(A, 10, 0, 9, 0), ERROR_NOT_LOCKED, "unlock another range");
    FAILS(UnlockFile(B, 10, 0, 10, 0), ERROR_NOT_LOCKED, "unlock another's");
    SetFilePointer(B, 5, NULL, FILE_BEGIN);
    FAILS(ReadFile(B, Buffer, 10, &Done, NULL), ERROR_LOCK_VIOLATION, "another reads into it");
    Ok(ReadFile(B, Buffer, 5, &Done, NULL) && Done == 5, "or up to it");
    SetFilePointer(B, 12, NULL, FILE_BEGIN);
    FAILS(WriteFile(B, "x", 1, &Done, NULL), ERROR_LOCK_VIOLATION, "another writes into it");
    SetFilePointer(A, 12, NULL, FILE_BEGIN);
    Ok(WriteFile(A, "y", 1, &Done, NULL), "the owner does");
    Ok(UnlockFile(A, 10, 0, 10, 0), "unlock");
    FAILS(UnlockFile(A, 10, 0, 10, 0), ERROR_NOT_LOCKED, "unlock twice");
    Ok(UnlockFile(B, 20, 0, 10, 0), "and the other");

    Ok(Lock(A, 0, 10, 0) && Lock(B, 5, 10, 0), "shared locks overlap");
    FAILS(Lock(A, 12, 1, LOCKFILE_EXCLUSIVE_LOCK), ERROR_LOCK_VIOLATION, "an exclusive one does not");
    SetFilePointer(A, 0, NULL, FILE_BEGIN);
    FAILS(WriteFile(A, "z", 1, &Done, NULL), ERROR_LOCK_VIOLATION, "nobody writes under a shared lock, its owner neither");
    SetFilePointer(A, 6, NULL, FILE_BEGIN);
    Ok(ReadFile(A, Buffer, 4, &Done, NULL), "everybody reads");
    Ok(UnlockFile(A, 0, 0, 10, 0) && UnlockFile(B, 5, 0, 10, 0), "unlock both");
    Ok(LockFile(A, 0xFFFFFFFF, 0x7FFFFFFF, 1, 0) && UnlockFile(A, 0xFFFFFFFF, 0x7FFFFFFF, 1, 0), "far beyond the end");

    C = Open(FILE_FLAG_OVERLAPPED);
    O.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    O.Offset = 30;
    Ok(LockFile(A, 30, 0, 5, 0), "a lock");
    FAILS(LockFileEx(C, LOCKFILE_EXCLUSIVE_LOCK, 0, 5, 0, &O), ERROR_IO_PENDING, "another that waits");
    Is(WaitForSingleObject(O.hEvent, 50), WAIT_TIMEOUT, "is not granted");
    Ok(UnlockFile(A, 30, 0, 5, 0), "unlock");
    Ok(GetOverlappedResult(C, &O, &Done, TRUE), "now it is");
    FAILS(LockFile(A, 30, 0, 5, 0), ERROR_LOCK_VIOLATION, "to the other");
    CloseHandle(C);
    Ok(LockFile(A, 30, 0, 5, 0), "closing its handle unlocks");
    C = Open(FILE_FLAG_OVERLAPPED);
    FAILS(LockFileEx(C, 0, 0, 5, 0, &O), ERROR_IO_PENDING, "a wait");
    Ok(CancelIo(C), "cancelled");
    FAILS(GetOverlappedResult(C, &O, &Done, TRUE), ERROR_OPERATION_ABORTED, "ends");
    CloseHandle(C);
    CloseHandle(O.hEvent);
    CloseHandle(A);
    CloseHandle(B);
    DeleteFileA(NAME);
}

int main(void)
{
    TestLocks();
    return Done();
}

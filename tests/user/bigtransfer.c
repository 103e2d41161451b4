/* SPDX-License-Identifier: MIT */
/*
 * bigtransfer.c - one call that moves more than 16 MB: a buffer may be of almost 4 GiB, whatever an MDL's 16-bit Size can say.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>
#include "tap.h"

#define BIG (24u << 20)
#define SMALL 4096u
#define NAME "C:\\Temp\\nascent-big.bin"

static char *Buffer;

/* Writes all of the buffer if there is room, else finds the disk full; and what is there is read with a buffer for more. */
static void File(DWORD Flags, const char *What)
{
    ULARGE_INTEGER Free;
    DWORD Moved = 0;
    HANDLE Handle = CreateFileA(NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, Flags | FILE_FLAG_DELETE_ON_CLOSE, NULL);

    GetDiskFreeSpaceExA("C:\\", &Free, NULL, NULL);
    if (Free.QuadPart > BIG + (1u << 20)) {
        Ok(WriteFile(Handle, Buffer, BIG, &Moved, NULL) && Moved == BIG, "%s: a write of 24 MB", What);
    } else {
        Ok(!WriteFile(Handle, Buffer, BIG, &Moved, NULL) && GetLastError() == ERROR_DISK_FULL, "%s: no room for a write of 24 MB", What);
    }
    SetFilePointer(Handle, 0, NULL, FILE_BEGIN);
    SetEndOfFile(Handle);
    Ok(WriteFile(Handle, Buffer, SMALL, &Moved, NULL) && Moved == SMALL, "%s: a small one", What);
    SetFilePointer(Handle, 0, NULL, FILE_BEGIN);
    memset(Buffer, 0, SMALL);
    Ok(ReadFile(Handle, Buffer, BIG, &Moved, NULL) && Moved == SMALL && Buffer[SMALL - 1] == 7, "%s: read into 24 MB", What);
    CloseHandle(Handle);
}

static DWORD WINAPI Drain(PVOID Pipe)
{
    static char Piece[65536];
    DWORD Got, Sum = 0;

    while (ReadFile(Pipe, Piece, sizeof(Piece), &Got, NULL)) {
        for (DWORD i = 0; i < Got; i += 4096) {
            Sum += (DWORD)Piece[i];
        }
    }
    return Sum;
}

static void Pipe(void)
{
    HANDLE Read, Write, Thread;
    DWORD Moved = 0, Sum = 0;

    CreatePipe(&Read, &Write, NULL, 0);
    Thread = CreateThread(NULL, 0, Drain, Read, 0, NULL);
    Ok(WriteFile(Write, Buffer, BIG, &Moved, NULL) && Moved == BIG, "24 MB through a pipe");
    CloseHandle(Write);
    WaitForSingleObject(Thread, INFINITE);
    GetExitCodeThread(Thread, &Sum);
    Ok(Sum >= BIG / 4096 * 7, "all of it");
    CloseHandle(Read);
    CloseHandle(Thread);
}

int main(void)
{
    Buffer = VirtualAlloc(NULL, BIG, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    memset(Buffer, 7, BIG);
    File(0, "cached");
    File(FILE_FLAG_NO_BUFFERING, "not cached");
    memset(Buffer, 7, BIG);
    Pipe();
    VirtualFree(Buffer, 0, MEM_RELEASE);
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * rawdisk.c - not a test by itself: many requests at once to a disk on which every sector begins with its own number (tests/system/test_disk.py makes
 * it).  Reads all over it, through a completion port; then inverts the first number of each request, writes it, and reads again.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

#define SECTOR 512u
#define EACH 8u       /* sectors a request */
#define REQUESTS 100u /* more than the driver has slots for */

static OVERLAPPED Overlapped[REQUESTS];
static DWORD *Buffer; /* REQUESTS * EACH sectors */

static DWORD *SectorOf(DWORD Request, DWORD Index)
{
    return Buffer + (Request * EACH + Index) * SECTOR / sizeof(DWORD);
}

/* All requests are started before the first end is looked at.  The request's place: scattered, but each of its own. */
static int Transfer(HANDLE Disk, HANDLE Port, BOOL Write, DWORD Sectors)
{
    DWORD Failed = 0, Pending = 0, Count;
    ULONG_PTR Key;
    LPOVERLAPPED Ended;

    for (DWORD Request = 0; Request < REQUESTS; Request++) {
        DWORD Slot = Request * 37 % REQUESTS;
        Overlapped[Request] = (OVERLAPPED){.Offset = Slot * EACH * SECTOR};
        BOOL Done = Write ? WriteFile(Disk, SectorOf(Request, 0), Sectors * SECTOR, NULL, &Overlapped[Request])
                          : ReadFile(Disk, SectorOf(Request, 0), Sectors * SECTOR, NULL, &Overlapped[Request]);
        Pending += !Done && GetLastError() == ERROR_IO_PENDING;
        Failed += !Done && GetLastError() != ERROR_IO_PENDING;
    }
    for (DWORD Request = 0; Request < REQUESTS - Failed; Request++) {
        Failed += !GetQueuedCompletionStatus(Port, &Count, &Key, &Ended, 60000) || Count != Sectors * SECTOR;
    }
    printf("%lu of %u were pending, %lu failed.\n", Pending, REQUESTS, Failed);
    return Failed != 0;
}

static DWORD WrongSectors(BOOL Changed)
{
    DWORD Wrong = 0;

    for (DWORD Request = 0; Request < REQUESTS; Request++) {
        DWORD Slot = Request * 37 % REQUESTS;
        for (DWORD Index = 0; Index < EACH; Index++) {
            DWORD Number = Slot * EACH + Index;
            Wrong += *SectorOf(Request, Index) != (Changed && Index == 0 ? ~Number : Number);
        }
    }
    return Wrong;
}

int main(void)
{
    HANDLE Disk = CreateFileA("\\\\.\\PhysicalDrive0", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING, NULL);
    HANDLE Port = Disk == INVALID_HANDLE_VALUE ? NULL : CreateIoCompletionPort(Disk, NULL, 1, 0);
    DWORD Wrong;

    Buffer = VirtualAlloc(NULL, REQUESTS * EACH * SECTOR, MEM_COMMIT, PAGE_READWRITE);
    if (Port == NULL || Buffer == NULL || Transfer(Disk, Port, FALSE, EACH)) {
        printf("no disk, or it cannot be read: %lu.\n", GetLastError());
        return 1;
    }
    Wrong = WrongSectors(FALSE);
    for (DWORD Request = 0; Request < REQUESTS; Request++) {
        *SectorOf(Request, 0) = ~*SectorOf(Request, 0);
    }
    if (Transfer(Disk, Port, TRUE, 1)) {
        return 1;
    }
    memset(Buffer, 0, REQUESTS * EACH * SECTOR);
    if (Transfer(Disk, Port, FALSE, EACH)) {
        return 1;
    }
    Wrong += WrongSectors(TRUE);
    printf("%lu sectors were wrong.\n", Wrong);
    return Wrong != 0;
}

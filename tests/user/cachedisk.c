/* SPDX-License-Identifier: MIT */
/*
 * cachedisk.c - not a test by itself: what the cache does on its own, seen on the disk behind it.  tests/system/test_disk.py makes the disk D: for it.
 *
 * cachedisk ahead MS   reads the beginning of a file in order, waits, writes, and with that the disk is gone: what was read ahead is there all the same,
 *                      and what is farther away is not
 * cachedisk behind     writes, and neither closes nor flushes: it is on the disk a little later
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

#define SECTOR 512u
#define MARK 0x797A616Cu
#define AHEAD 0x30000 /* in the piece after the one that the first read brings in */
#define FAR_AWAY 0xF0000

typedef struct
{
    DWORD Mark, Number;
    BYTE Rest[SECTOR - 8];
} RECORD;

static int Transfer(HANDLE File, BOOL Write, ULONGLONG Place, void *Buffer, DWORD Length)
{
    OVERLAPPED Where = {.Offset = (DWORD)Place, .OffsetHigh = (DWORD)(Place >> 32)};
    DWORD Done = 0;

    return (Write ? WriteFile(File, Buffer, Length, &Done, &Where) : ReadFile(File, Buffer, Length, &Done, &Where)) && Done == Length;
}

static int Ahead(DWORD Delay)
{
    static RECORD Records[8];
    HANDLE File = CreateFileA("D:\\ahead.dat", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL), Other;

    if (!Transfer(File, FALSE, 0, Records, sizeof(Records)) || !Transfer(File, FALSE, sizeof(Records), Records, sizeof(Records))) {
        printf("error %lu\n", GetLastError());
        return 0;
    }
    Sleep(Delay);
    Other = CreateFileA("D:\\other.dat", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_WRITE_THROUGH, NULL);
    Transfer(Other, TRUE, 0, Records, SECTOR); /* whatever comes of it */
    if (Transfer(File, FALSE, FAR_AWAY, Records, SECTOR) || GetLastError() != ERROR_IO_DEVICE) {
        printf("what is far away was in memory, too\n");
        return 0;
    }
    if (!Transfer(File, FALSE, AHEAD, Records, SECTOR) || Records[0].Number != AHEAD / SECTOR) {
        printf("not read ahead: error %lu\n", GetLastError());
        return 0;
    }
    printf("read ahead\n");
    return 1;
}

static int IsOnDisk(HANDLE Disk, DWORD Number)
{
    static RECORD Records[128];

    for (ULONGLONG Place = 0; Transfer(Disk, FALSE, Place, Records, sizeof(Records)); Place += sizeof(Records)) {
        for (unsigned i = 0; i < sizeof(Records) / sizeof(*Records); i++) {
            if (Records[i].Mark == MARK && Records[i].Number == Number) {
                return 1;
            }
        }
    }
    return 0;
}

static int Behind(void)
{
    static RECORD Record = {.Mark = MARK};
    HANDLE Disk = CreateFileA("\\\\.\\PhysicalDrive0", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE File = CreateFileA("D:\\behind.dat", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);

    Record.Number = GetTickCount();
    if (!Transfer(File, TRUE, 0, &Record, sizeof(Record))) {
        return 0;
    }
    for (ULONGLONG End = GetTickCount64() + 120000; GetTickCount64() < End; Sleep(200)) {
        if (IsOnDisk(Disk, Record.Number)) {
            printf("written behind\n");
            return CloseHandle(File);
        }
    }
    printf("not written behind\n");
    return 0;
}

int main(int Count, char **Arguments)
{
    return !(Count == 3 ? Ahead(strtoul(Arguments[2], NULL, 10)) : Behind());
}

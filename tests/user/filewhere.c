/* SPDX-License-Identifier: MIT */
/*
 * filewhere.c - scattered reads and gathered writes, where a file lies on its volume, files by their id, files and devices by other names.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>
#include <string.h>
#include "tap.h"

#define A "C:\\Temp\\nascent-where.bin"
#define FAILS(call, error, what) (SetLastError(0xBAD), Ok(!(call), what ": fails"), Is(GetLastError(), error, what ": last error"))
#define PAGE 4096

static OVERLAPPED Request;

/* The result of an overlapped call, when it is over. */
static BOOL Finish(HANDLE File, BOOL Result, DWORD *Count)
{
    return (Result || GetLastError() == ERROR_IO_PENDING) && GetOverlappedResult(File, &Request, Count, TRUE);
}

static HANDLE Open(DWORD Disposition, DWORD Flags)
{
    return CreateFileA(A, GENERIC_READ | GENERIC_WRITE, 7, NULL, Disposition, Flags, NULL);
}

/* Pages a, b, c ... of which some are chosen, not in order. */
static void TestSegments(void)
{
    static const int Out[] = {5, 2, 7, 0}, In[] = {1, 3, 6, 4};
    FILE_SEGMENT_ELEMENT Segments[5] = {{0}};
    char *Pages = VirtualAlloc(NULL, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    HANDLE File = Open(CREATE_ALWAYS, FILE_FLAG_NO_BUFFERING | FILE_FLAG_OVERLAPPED);
    DWORD Count = 0;

    Request.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < 8 * PAGE; i++) {
        Pages[i] = (char)('a' + i / PAGE);
    }
    for (int i = 0; i < 4; i++) {
        Segments[i].Buffer = PtrToPtr64(Pages + Out[i] * PAGE);
    }
    Ok(Finish(File, WriteFileGather(File, Segments, 4 * PAGE - 512, NULL, &Request), &Count) && Count == 4 * PAGE - 512, "gather, the last page in part");
    memset(Pages, 0, 8 * PAGE);
    for (int i = 0; i < 4; i++) {
        Segments[i].Buffer = PtrToPtr64(Pages + In[i] * PAGE);
    }
    Ok(Finish(File, ReadFileScatter(File, Segments, 4 * PAGE, NULL, &Request), &Count) && Count == 4 * PAGE - 512, "scatter, up to the end");
    Ok(Pages[PAGE] == 'f' && Pages[2 * PAGE - 1] == 'f' && Pages[3 * PAGE] == 'c' && Pages[6 * PAGE] == 'h' && Pages[5 * PAGE - 513] == 'a',
       "each in its page");
    Ok(Pages[0] == 0 && Pages[2 * PAGE] == 0 && Pages[5 * PAGE] == 0, "and nowhere else");
    FAILS(ReadFileScatter(File, Segments, 100, NULL, &Request), ERROR_INVALID_PARAMETER, "no whole sectors");
    Segments[1].Buffer = PtrToPtr64(Pages + 10);
    FAILS(ReadFileScatter(File, Segments, 2 * PAGE, NULL, &Request), ERROR_INVALID_PARAMETER, "no page's beginning");
    Segments[1].Buffer = PtrToPtr64((PVOID)0x10000);
    FAILS(ReadFileScatter(File, Segments, 2 * PAGE, NULL, &Request), ERROR_NOACCESS, "a page that is not there");
    Request.Offset = 4 * PAGE;
    FAILS(Finish(File, ReadFileScatter(File, Segments, PAGE, NULL, &Request), &Count), ERROR_HANDLE_EOF, "behind the end");
    CloseHandle(File);
    File = Open(OPEN_EXISTING, FILE_FLAG_OVERLAPPED);
    Request.Offset = 0;
    FAILS(ReadFileScatter(File, Segments, PAGE, NULL, &Request), ERROR_INVALID_PARAMETER, "with buffering");
    CloseHandle(File);
    CloseHandle(Request.hEvent);
    VirtualFree(Pages, 0, MEM_RELEASE);
}

/* The first cluster's place is found in the bitmap and, by arithmetic from the boot sector, on the volume. */
static void TestPlace(void)
{
    static BYTE Room[1 << 17], Sector[4096];
    VOLUME_BITMAP_BUFFER *Bitmap = (PVOID)Room;
    RETRIEVAL_POINTERS_BUFFER *Pointers = (PVOID)Room;
    HANDLE File = Open(OPEN_EXISTING, 0), Volume = CreateFileA("\\\\.\\C:", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    STARTING_VCN_INPUT_BUFFER Start = {.StartingVcn.QuadPart = 0};
    DWORD Count, PerCluster, PerSector, Free, Total, Used = 0;
    LARGE_INTEGER At;

    GetDiskFreeSpaceA("C:\\", &PerCluster, &PerSector, &Free, &Total);
    Ok(DeviceIoControl(File, FSCTL_GET_RETRIEVAL_POINTERS, &Start, sizeof(Start), Room, sizeof(Room), &Count, NULL), "retrieval pointers");
    Ok(Pointers->ExtentCount >= 1 && Pointers->StartingVcn.QuadPart == 0 && Count == 16 + 16 * Pointers->ExtentCount, "from the first cluster on");
    Ok((DWORD)Pointers->Extents[Pointers->ExtentCount - 1].NextVcn.QuadPart == (4 * PAGE - 512 + PerCluster * PerSector - 1) / (PerCluster * PerSector),
       "to the last");
    LONGLONG Lcn = Pointers->Extents[0].Lcn.QuadPart;
    Start.StartingVcn.QuadPart = 1000;
    FAILS(DeviceIoControl(File, FSCTL_GET_RETRIEVAL_POINTERS, &Start, sizeof(Start), Room, sizeof(Room), &Count, NULL), ERROR_HANDLE_EOF, "behind them");
    Start.StartingVcn.QuadPart = 0;
    FAILS(DeviceIoControl(File, FSCTL_GET_RETRIEVAL_POINTERS, &Start, 4, Room, sizeof(Room), &Count, NULL), ERROR_INSUFFICIENT_BUFFER, "half a question");
    Ok(DeviceIoControl(Volume, FSCTL_GET_VOLUME_BITMAP, &Start, sizeof(Start), Room, sizeof(Room), &Count, NULL), "the volume's bitmap");
    for (LONGLONG i = 0; i < Bitmap->BitmapSize.QuadPart; i++) {
        Used += Bitmap->Buffer[i / 8] >> i % 8 & 1;
    }
    Ok(Bitmap->BitmapSize.QuadPart == Total && Total - Used == Free, "agrees with the free space: %lu of %lu", Free, Total);
    Ok(Bitmap->Buffer[Lcn / 8] >> Lcn % 8 & 1, "and says that ours is used");
    FAILS(DeviceIoControl(Volume, FSCTL_GET_VOLUME_BITMAP, &Start, sizeof(Start), Room, 24, &Count, NULL), ERROR_MORE_DATA, "a small buffer");
    FAILS(DeviceIoControl(File, FSCTL_GET_VOLUME_BITMAP, &Start, sizeof(Start), Room, sizeof(Room), &Count, NULL), ERROR_INVALID_PARAMETER, "of a file");
    Ok(ReadFile(Volume, Sector, PerSector, &Count, NULL) && Sector[510] == 0x55 && Sector[511] == 0xAA, "the boot sector");
    DWORD Reserved = Sector[14] | Sector[15] << 8, Root = Sector[17] | Sector[18] << 8, Fat = Sector[22] | Sector[23] << 8;
    memcpy(&Count, Sector + 36, 4); /* FAT32 has the table's size there */
    At.QuadPart = (Reserved + (LONGLONG)Sector[16] * (Fat != 0 ? Fat : Count) + (Root * 32 + PerSector - 1) / PerSector + Lcn * PerCluster) * PerSector;
    SetFilePointerEx(Volume, At, NULL, FILE_BEGIN);
    Ok(FlushFileBuffers(File) && ReadFile(Volume, Sector, PerSector, &Count, NULL) && Sector[0] == 'f' && Sector[PerSector - 1] == 'f', "our data are there");
    CloseHandle(Volume);
    CloseHandle(File);
}

static void TestIds(void)
{
    HANDLE File = Open(OPEN_EXISTING, 0), Volume = CreateFileA("C:\\", GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL), Again;
    BY_HANDLE_FILE_INFORMATION ByHandle;
    FILE_ID_DESCRIPTOR Id = {sizeof(Id), FileIdType, {{{0}}}};
    char Name[300] = "";

    GetFileInformationByHandle(File, &ByHandle);
    Id.FileId.LowPart = ByHandle.nFileIndexLow;
    Id.FileId.HighPart = (LONG)ByHandle.nFileIndexHigh;
    Again = OpenFileById(Volume, &Id, GENERIC_READ, 7, NULL, 0);
    Ok(Again != INVALID_HANDLE_VALUE && GetFinalPathNameByHandleA(Again, Name, sizeof(Name), 0) != 0 && strcmp(Name, "\\\\?\\" A) == 0, "a file by its id");
    CloseHandle(Again);
    Again = OpenFileById(File, &Id, GENERIC_READ, 7, NULL, 0);
    Ok(Again != INVALID_HANDLE_VALUE, "any file of the volume will do as a hint");
    CloseHandle(Again);
    Id.FileId.HighPart ^= 0x700000;
    FAILS(OpenFileById(Volume, &Id, GENERIC_READ, 7, NULL, 0) != INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER, "an id that is nobody's");
    CloseHandle(Volume);
    CloseHandle(File);
}

static void TestOtherNames(void)
{
    HANDLE File = Open(OPEN_EXISTING, 0);
    char Name[4096], Guid[64];
    WCHAR Short[5];
    BOOL Found = FALSE;

    Ok(GetFinalPathNameByHandleA(File, Name, sizeof(Name), 0) == strlen("\\\\?\\" A) && strcmp(Name, "\\\\?\\" A) == 0, "the final name with a drive");
    Ok(GetFinalPathNameByHandleA(File, Name, sizeof(Name), VOLUME_NAME_NONE) && strcmp(Name, A + 2) == 0, "without");
    Ok(GetFinalPathNameByHandleA(File, Name, sizeof(Name), VOLUME_NAME_NT) && strncmp(Name, "\\Device\\", 8) == 0, "with the device");
    GetVolumeNameForVolumeMountPointA("C:\\", Guid, sizeof(Guid));
    Ok(GetFinalPathNameByHandleA(File, Name, sizeof(Name), VOLUME_NAME_GUID) && strncmp(Name, Guid, strlen(Guid)) == 0 &&
           strcmp(Name + strlen(Guid), A + 3) == 0, "with the volume's id");
    Is(GetFinalPathNameByHandleW(File, Short, 5, 0), strlen("\\\\?\\" A) + 1, "too little room: what is needed");
    Ok(QueryDosDeviceA(NULL, Name, sizeof(Name)) != 0, "all names of devices");
    for (const char *At = Name; *At != 0; At += strlen(At) + 1) {
        Found |= _stricmp(At, "C:") == 0;
    }
    Ok(Found, "with C: among them");
    FAILS(QueryDosDeviceA(NULL, Name, 4), ERROR_INSUFFICIENT_BUFFER, "a small buffer");
    FAILS(QueryDosDeviceA("Q:", Name, sizeof(Name)), ERROR_FILE_NOT_FOUND, "a drive that is not there");
    Ok(DefineDosDeviceA(0, "X:", "C:\\Windows") && GetFileAttributesA("X:\\System32") != INVALID_FILE_ATTRIBUTES, "a drive that is a directory");
    Ok(DefineDosDeviceA(DDD_REMOVE_DEFINITION, "X:", NULL) && GetFileAttributesA("X:\\System32") == INVALID_FILE_ATTRIBUTES, "taken away");
    CloseHandle(File);
}

int main(void)
{
    TestSegments();
    TestPlace();
    TestIds();
    TestOtherNames();
    Ok(DeleteFileA(A), "nothing is left");
    return Done();
}

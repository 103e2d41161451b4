/* SPDX-License-Identifier: MIT */
/*
 * filecontrol.c - what is asked of volumes and disks (control codes, labels, sizes, locks), what of files (control codes that FAT does not know,
 * oplocks), times set and left alone, names for temporary files, calls with completion routines.
 */
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>
#include <string.h>
#include "tap.h"

#define FAILS(call, error, what) (SetLastError(0xBAD), Ok(!(call), what ": fails"), Is(GetLastError(), error, what ": last error"))
#define FOLDER "C:\\Temp\\nascent-control"
#define A FOLDER "\\a.txt"
#define BAD(h) ((h) == INVALID_HANDLE_VALUE)
#define SHARED (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define OPLOCK_NOT_GRANTED 300
#define INVALID_OPLOCK_PROTOCOL 301

static HANDLE Open(const char *Name, DWORD Access, DWORD Disposition, DWORD Flags)
{
    return CreateFileA(Name, Access, SHARED, NULL, Disposition, Flags, NULL);
}

static BOOL Ask(HANDLE File, DWORD Code, PVOID Out, DWORD Length)
{
    DWORD Count = 0;
    return DeviceIoControl(File, Code, NULL, 0, Out, Length, &Count, NULL);
}

static void TestDisk(void)
{
    HANDLE Volume = Open("\\\\.\\C:", GENERIC_READ, OPEN_EXISTING, 0), Bare = Open("\\\\.\\C:", 0, OPEN_EXISTING, 0);
    GET_LENGTH_INFORMATION Length = {{.QuadPart = 0}};
    DISK_GEOMETRY Geometry = {{.QuadPart = 0}};
    PARTITION_INFORMATION_EX Partition;
    STORAGE_DEVICE_NUMBER Number = {0};
    ULARGE_INTEGER Free, Total;
    DWORD PerCluster, PerSector, FreeClusters, Clusters;

    Ok(!BAD(Volume) && !BAD(Bare), "the volume");
    Ok(Ask(Volume, IOCTL_DISK_GET_LENGTH_INFO, &Length, sizeof(Length)) && Length.Length.QuadPart > 0, "its length");
    FAILS(Ask(Volume, IOCTL_DISK_GET_LENGTH_INFO, &Length, 4), ERROR_INSUFFICIENT_BUFFER, "into four bytes");
    FAILS(Ask(Bare, IOCTL_DISK_GET_LENGTH_INFO, &Length, sizeof(Length)), ERROR_ACCESS_DENIED, "without the right to read");
    Ok(Ask(Bare, IOCTL_DISK_GET_DRIVE_GEOMETRY, &Geometry, sizeof(Geometry)) && Geometry.BytesPerSector >= 512, "its geometry is for everybody");
    Ok(Ask(Bare, IOCTL_DISK_GET_PARTITION_INFO_EX, &Partition, sizeof(Partition)) && Partition.PartitionLength.QuadPart == Length.Length.QuadPart,
       "the partition is as long");
    Ok(Ask(Bare, IOCTL_STORAGE_GET_DEVICE_NUMBER, &Number, sizeof(Number)) && Number.DeviceType == FILE_DEVICE_DISK, "on a disk");
    Ok(Ask(Bare, IOCTL_STORAGE_CHECK_VERIFY2, NULL, 0), "which is there");
    Ok(Ask(Volume, IOCTL_DISK_IS_WRITABLE, NULL, 0), "and can be written");
    FAILS(Ask(Bare, CTL_CODE(FILE_DEVICE_DISK, 0x7FF, METHOD_BUFFERED, FILE_ANY_ACCESS), NULL, 0), ERROR_INVALID_FUNCTION, "a code that nobody knows");
    Ok(GetDiskFreeSpaceExA("C:\\", &Free, &Total, NULL) && Free.QuadPart < Total.QuadPart && Total.QuadPart < (ULONGLONG)Length.Length.QuadPart,
       "free < total < length");
    Ok(GetDiskFreeSpaceA("C:\\", &PerCluster, &PerSector, &FreeClusters, &Clusters) && (ULONGLONG)PerCluster * PerSector * Clusters == Total.QuadPart,
       "the same in clusters");
    CloseHandle(Volume);
    CloseHandle(Bare);
}

static void TestVolume(void)
{
    HANDLE Volume = Open("\\\\.\\C:", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0), File = Open(A, GENERIC_READ, CREATE_ALWAYS, 0);
    char Label[MAX_PATH], Old[MAX_PATH], System[MAX_PATH];
    DWORD Serial = 0, Longest = 0, Flags = 0;
    ULONG Dirty = 0;

    Ok(Ask(Volume, FSCTL_IS_VOLUME_MOUNTED, NULL, 0), "it is mounted");
    FAILS(Ask(Volume, FSCTL_LOCK_VOLUME, NULL, 0), ERROR_ACCESS_DENIED, "a volume with open files is not locked");
    FAILS(Ask(Volume, FSCTL_UNLOCK_VOLUME, NULL, 0), ERROR_NOT_LOCKED, "so there is no unlocking");
    FAILS(Ask(File, FSCTL_LOCK_VOLUME, NULL, 0), ERROR_INVALID_PARAMETER, "a file is no volume");
    Ok(Ask(Volume, FSCTL_IS_VOLUME_DIRTY, &Dirty, sizeof(Dirty)) && Dirty <= 1, "dirty or not");
    Ok(GetVolumeInformationA("C:\\", Old, sizeof(Old), &Serial, &Longest, &Flags, System, sizeof(System)), "a volume");
    Ok(Longest == 255 && (Flags & FILE_CASE_PRESERVED_NAMES) && (Flags & FILE_UNICODE_ON_DISK) && !(Flags & FILE_SUPPORTS_HARD_LINKS), "what it can");
    Ok(SetVolumeLabelA("C:\\", "some label"), "a label");
    Ok(GetVolumeInformationA("C:\\", Label, sizeof(Label), NULL, NULL, NULL, NULL, 0) && strcmp(Label, "SOME LABEL") == 0, "in capitals: %s", Label);
    FAILS(SetVolumeLabelA("C:\\", "twelve chars"), ERROR_LABEL_TOO_LONG, "twelve characters");
    Ok(SetVolumeLabelA("C:\\", NULL), "none");
    Ok(GetVolumeInformationA("C:\\", Label, sizeof(Label), NULL, NULL, NULL, NULL, 0) && Label[0] == 0, "is empty");
    Ok(SetVolumeLabelA("C:\\", Old[0] != 0 ? Old : NULL), "as it was");
    FAILS(GetVolumeInformationA("C:", Label, sizeof(Label), NULL, NULL, NULL, NULL, 0), ERROR_INVALID_NAME, "without the backslash");
    FAILS(GetVolumeInformationA("C:\\Windows\\", Label, sizeof(Label), NULL, NULL, NULL, NULL, 0), ERROR_DIR_NOT_ROOT, "of a folder");
    CloseHandle(File);
    CloseHandle(Volume);
}

static void TestFile(void)
{
    HANDLE File = Open(A, GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, 0), Folder = Open(FOLDER, GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    char Room[64];

    FAILS(Ask(File, FSCTL_SET_SPARSE, NULL, 0), ERROR_INVALID_FUNCTION, "a sparse file");
    FAILS(Ask(File, FSCTL_GET_COMPRESSION, Room, sizeof(Room)), ERROR_INVALID_FUNCTION, "compression");
    FAILS(Ask(File, FSCTL_GET_REPARSE_POINT, Room, sizeof(Room)), ERROR_INVALID_FUNCTION, "a reparse point");
    FAILS(Ask(File, FSCTL_GET_OBJECT_ID, Room, sizeof(Room)), ERROR_INVALID_FUNCTION, "an object id");
    FAILS(Ask(File, FSCTL_REQUEST_OPLOCK_LEVEL_1, NULL, 0), OPLOCK_NOT_GRANTED, "an exclusive oplock by a synchronous handle");
    FAILS(Ask(File, FSCTL_REQUEST_BATCH_OPLOCK, NULL, 0), OPLOCK_NOT_GRANTED, "a batch oplock");
    FAILS(Ask(File, FSCTL_REQUEST_FILTER_OPLOCK, NULL, 0), OPLOCK_NOT_GRANTED, "a filter oplock");
    FAILS(Ask(File, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, NULL, 0), INVALID_OPLOCK_PROTOCOL, "acknowledging what was not broken");
    Ok(Ask(File, FSCTL_OPLOCK_BREAK_NOTIFY, NULL, 0), "waiting for a break that is not under way");
    FAILS(Ask(Folder, FSCTL_REQUEST_OPLOCK_LEVEL_1, NULL, 0), ERROR_INVALID_PARAMETER, "an oplock on a folder");
    CloseHandle(File);
    CloseHandle(Folder);
}

static ULONGLONG Value(const FILETIME *Time)
{
    return (ULONGLONG)Time->dwHighDateTime << 32 | Time->dwLowDateTime;
}

static ULONGLONG Written(HANDLE File)
{
    FILETIME Time;
    return GetFileTime(File, NULL, NULL, &Time) ? Value(&Time) : 0;
}

static void TestTimes(void)
{
    /* 2001-02-03 04:05:06.780, which FAT can say of a file's birth; of its last write only whole pairs of seconds, of its last access the day. */
    const SYSTEMTIME Given = {2001, 2, 6, 3, 4, 5, 6, 780}, Even = {2001, 2, 6, 3, 4, 5, 8, 0};
    FILETIME Time, Rounded, Keep = {0xFFFFFFFF, 0xFFFFFFFF}, None = {0, 0}, Created, Accessed, Read;
    HANDLE File = Open(A, GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, 0), Bare;
    FILE_BASIC_INFO Basic = {.FileAttributes = 0};
    DWORD Count;

    SystemTimeToFileTime(&Given, &Time);
    SystemTimeToFileTime(&Even, &Rounded);
    Ok(SetFileTime(File, &Time, &Time, &Time), "times");
    GetFileTime(File, &Created, &Accessed, &Read);
    Is(Value(&Created), Value(&Time), "of its birth");
    Is(Value(&Read), Value(&Rounded), "of the last write, rounded up");
    Is(Value(&Time) / 864000000000 * 864000000000 - Value(&Accessed), 0, "of the last access, the day");
    Ok(SetFileTime(File, NULL, NULL, NULL) && SetFileTime(File, &None, &None, &None), "none given, or zeros");
    Is(Written(File), Value(&Rounded), "changes nothing");
    WriteFile(File, "x", 1, &Count, NULL);
    CloseHandle(File);
    File = Open(A, GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0);
    Is(Written(File), Value(&Rounded), "a handle that set the time of the last write leaves it alone when it writes");
    WriteFile(File, "y", 1, &Count, NULL);
    CloseHandle(File);
    File = Open(A, GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0);
    Ok(Written(File) > Value(&Rounded), "another does not");
    SetFileTime(File, NULL, NULL, &Time);
    CloseHandle(File);
    File = Open(A, GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0);
    Ok(SetFileTime(File, NULL, &Keep, &Keep), "all ones");
    WriteFile(File, "z", 1, &Count, NULL);
    CloseHandle(File);
    File = Open(A, GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0);
    Is(Written(File), Value(&Rounded), "keep it as well");
    Ok(SetFileInformationByHandle(File, FileBasicInfo, &Basic, sizeof(Basic)), "no attributes");
    Is(GetFileAttributesA(A), FILE_ATTRIBUTE_ARCHIVE, "stay as they are");
    Basic.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    Ok(SetFileInformationByHandle(File, FileBasicInfo, &Basic, sizeof(Basic)), "normal");
    Is(GetFileAttributesA(A), FILE_ATTRIBUTE_NORMAL, "takes all away");
    Basic = (FILE_BASIC_INFO){.LastWriteTime.QuadPart = -3};
    FAILS(SetFileInformationByHandle(File, FileBasicInfo, &Basic, sizeof(Basic)), ERROR_INVALID_PARAMETER, "a time before all times");
    Bare = Open(A, GENERIC_READ, OPEN_EXISTING, 0);
    FAILS(SetFileTime(Bare, &Time, NULL, NULL), ERROR_ACCESS_DENIED, "without the right");
    CloseHandle(Bare);
    CloseHandle(File);
}

static void TestTemporary(void)
{
    char Name[MAX_PATH], Other[MAX_PATH];
    UINT Number = GetTempFileNameA(FOLDER, "prefix", 0, Name);

    Ok(Number != 0 && GetFileAttributesA(Name) != INVALID_FILE_ATTRIBUTES, "a name for a temporary file, which is made");
    Ok(_strnicmp(Name, FOLDER "\\pre", sizeof(FOLDER) + 3) == 0 && strcmp(Name + strlen(Name) - 4, ".tmp") == 0, "three letters of the prefix: %s", Name);
    Ok(GetTempFileNameA(FOLDER, "pre", 0, Other) != 0 && strcmp(Name, Other) != 0, "another one");
    DeleteFileA(Name);
    DeleteFileA(Other);
    Is(GetTempFileNameA(FOLDER, "q", 0x12AB, Name), 0x12AB, "a number given");
    Ok(_stricmp(Name, FOLDER "\\q12AB.tmp") == 0 && GetFileAttributesA(Name) == INVALID_FILE_ATTRIBUTES, "makes no file");
    FAILS(GetTempFileNameA("C:\\nowhere", "q", 0, Name), ERROR_DIRECTORY, "in a folder that is not there");
}

static DWORD Called, CalledError, CalledCount;

static VOID CALLBACK Routine(DWORD Error, DWORD Count, LPOVERLAPPED Overlapped)
{
    Called += Overlapped->Offset == 4 ? 1 : 100;
    CalledError = Error;
    CalledCount = Count;
}

static void TestRoutines(void)
{
    HANDLE File = Open(A, GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, FILE_FLAG_OVERLAPPED);
    OVERLAPPED Overlapped = {.Offset = 4};
    char Bytes[8] = {0};

    Ok(WriteFileEx(File, "abcd", 4, &Overlapped, Routine), "a write with a completion routine");
    Is(Called, 0, "which waits");
    Is(SleepEx(10000, TRUE), WAIT_IO_COMPLETION, "for an alertable wait");
    Ok(Called == 1 && CalledError == 0 && CalledCount == 4, "and gets status and count");
    Ok(HasOverlappedIoCompleted(&Overlapped), "it is over");
    Ok(ReadFileEx(File, Bytes, 8, &Overlapped, Routine), "a read");
    SleepEx(10000, TRUE);
    Ok(Called == 2 && CalledError == 0 && CalledCount == 4 && memcmp(Bytes, "abcd", 4) == 0, "gives what is there");
    Overlapped.Offset = 8;
    FAILS(ReadFileEx(File, Bytes, 8, &Overlapped, Routine), ERROR_HANDLE_EOF, "a read at the end");
    Is(SleepEx(0, TRUE), 0, "calls nobody");
    CloseHandle(File);
}

int main(void)
{
    CreateDirectoryA("C:\\Temp", NULL);
    Ok(CreateDirectoryA(FOLDER, NULL), "a folder");
    TestDisk();
    TestVolume();
    TestFile();
    TestTimes();
    TestTemporary();
    TestRoutines();
    DeleteFileA(A);
    Ok(RemoveDirectoryA(FOLDER), "remove it");
    return Done();
}

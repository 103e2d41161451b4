/* SPDX-License-Identifier: MIT */
/*
 * file.c - files and directories by name: opening, reading, positions, attributes, finding, paths; what a read-only volume refuses.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

static const char Known[] = "C:\\Windows\\System32\\kernel32.dll";

static HANDLE Open(const char *Name)
{
    return CreateFileA(Name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
}

static void OpenError(const char *Name, DWORD Error)
{
    HANDLE File = Open(Name);

    if (!Ok(File == INVALID_HANDLE_VALUE && GetLastError() == Error, "opening \"%s\" gives %lu", Name, Error)) {
        printf("#   got %lu\n", GetLastError());
    }
    if (File != INVALID_HANDLE_VALUE) {
        CloseHandle(File);
    }
}

static void Reading(void)
{
    HANDLE File = Open(Known);
    BY_HANDLE_FILE_INFORMATION Information;
    LARGE_INTEGER Size;
    unsigned char Bytes[64];
    DWORD Read = 99;

    Ok(File != INVALID_HANDLE_VALUE, "opened");
    Ok(ReadFile(File, Bytes, 2, &Read, NULL) && Read == 2 && Bytes[0] == 'M' && Bytes[1] == 'Z', "read");
    Is(SetFilePointer(File, 0, NULL, FILE_CURRENT), 2, "the position moves");
    Ok(GetFileSizeEx(File, &Size) && Size.QuadPart > 4096, "its size");
    Is(SetFilePointer(File, -1, NULL, FILE_END), (ULONG)Size.QuadPart - 1, "from the end");
    Ok(ReadFile(File, Bytes, 64, &Read, NULL) && Read == 1, "one byte is left");
    Ok(ReadFile(File, Bytes, 64, &Read, NULL) && Read == 0, "then none");
    Is(SetFilePointer(File, -1, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER || GetLastError() != ERROR_NEGATIVE_SEEK, 0, "before the start");
    OVERLAPPED At = {.Offset = 0};
    Ok(ReadFile(File, Bytes, 2, &Read, &At) && Read == 2 && Bytes[0] == 'M', "read at an offset");
    Ok(GetFileInformationByHandle(File, &Information) && Information.nFileSizeLow == Size.LowPart, "information by handle");
    Is(GetFileType(File), FILE_TYPE_DISK, "a disk file");
    Is(WriteFile(File, "x", 1, &Read, NULL) || GetLastError() != ERROR_ACCESS_DENIED, 0, "no right to write");
    CloseHandle(File);
    Is(ReadFile(File, Bytes, 1, &Read, NULL) || GetLastError() != ERROR_INVALID_HANDLE, 0, "a closed handle");
}

static void Names(void)
{
    char Buffer[MAX_PATH], *Part = NULL;

    OpenError("C:\\nosuchfile", ERROR_FILE_NOT_FOUND);
    OpenError("C:\\nosuchdirectory\\x", ERROR_PATH_NOT_FOUND);
    OpenError("Q:\\x", ERROR_PATH_NOT_FOUND);
    OpenError("C:\\Windows", ERROR_ACCESS_DENIED);
    OpenError("", ERROR_PATH_NOT_FOUND);
    OpenError("C:\\bad|name", ERROR_INVALID_NAME);
    Ok(Open("c:/windows/SYSTEM32/KERNEL32.DLL") != INVALID_HANDLE_VALUE, "any case, slashes");
    Ok(Open("\\\\?\\C:\\Windows\\System32\\kernel32.dll") != INVALID_HANDLE_VALUE, "\\\\?\\");
    Ok(SetCurrentDirectoryA("C:\\Windows"), "current directory set");
    Ok(GetCurrentDirectoryA(sizeof(Buffer), Buffer) == 10 && _stricmp(Buffer, "C:\\Windows") == 0, "and read");
    Ok(Open("System32\\kernel32.dll") != INVALID_HANDLE_VALUE, "a relative name");
    Ok(Open("..\\Windows\\.\\System32\\..\\System32\\kernel32.dll") != INVALID_HANDLE_VALUE, "with dots");
    Is(SetCurrentDirectoryA("C:\\nowhere") || GetLastError() != ERROR_FILE_NOT_FOUND, 0, "a directory that is not there");
    GetFullPathNameA("a\\..\\b.txt", sizeof(Buffer), Buffer, &Part);
    Ok(_stricmp(Buffer, "C:\\Windows\\b.txt") == 0 && Part != NULL && strcmp(Part, "b.txt") == 0, "a full name");
    Is(GetFullPathNameA("b.txt", 3, Buffer, NULL), 17, "too small: the size needed");
    Is(SearchPathA(NULL, "kernel32", ".dll", sizeof(Buffer), Buffer, NULL) != 0, 1, "found along the path");
    SetCurrentDirectoryA("C:\\");
}

static void Attributes(void)
{
    WIN32_FILE_ATTRIBUTE_DATA Data;

    Ok(GetFileAttributesA("C:\\Windows") & FILE_ATTRIBUTE_DIRECTORY, "a directory");
    Is(GetFileAttributesA(Known) & FILE_ATTRIBUTE_DIRECTORY, 0, "a file");
    Is(GetFileAttributesA("C:\\nosuchfile") != INVALID_FILE_ATTRIBUTES || GetLastError() != ERROR_FILE_NOT_FOUND, 0, "nothing");
    Ok(GetFileAttributesExA(Known, GetFileExInfoStandard, &Data) && Data.nFileSizeLow > 4096, "attributes with the size");
}

static void Finding(void)
{
    WIN32_FIND_DATAA Data;
    HANDLE Find = FindFirstFileA("C:\\Windows\\System32\\k*32.d?l", &Data);
    int Dlls = 0, Dots = 0;

    Ok(Find != INVALID_HANDLE_VALUE && _stricmp(Data.cFileName, "kernel32.dll") == 0, "a pattern");
    Is(FindNextFileA(Find, &Data) || GetLastError() != ERROR_NO_MORE_FILES, 0, "no more");
    Ok(FindClose(Find), "closed");
    Find = FindFirstFileA("C:\\Windows\\System32\\*.*", &Data);
    do {
        size_t Length = strlen(Data.cFileName);
        Dlls += Length > 4 && _stricmp(Data.cFileName + Length - 4, ".dll") == 0;
        Dots += strcmp(Data.cFileName, ".") == 0 || strcmp(Data.cFileName, "..") == 0;
    } while (FindNextFileA(Find, &Data));
    FindClose(Find);
    Ok(Dlls >= 3, "*.* finds the DLLs");
    Is((ULONG)Dots, 2, "and . and ..");
    Find = FindFirstFileA("C:\\*", &Data);
    Ok(Find != INVALID_HANDLE_VALUE && strcmp(Data.cFileName, ".") != 0, "no . in the root");
    FindClose(Find);
    Is(FindFirstFileA("C:\\nosuchfile*", &Data) != INVALID_HANDLE_VALUE || GetLastError() != ERROR_FILE_NOT_FOUND, 0, "nothing found");
    Is(FindFirstFileA("C:\\nowhere\\*", &Data) != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PATH_NOT_FOUND, 0, "nowhere to look");
}

static void Volume(void)
{
    char Label[32], System[32];
    ULARGE_INTEGER Free, Total;

    Ok(GetVolumeInformationA("C:\\", Label, sizeof(Label), NULL, NULL, NULL, System, sizeof(System)) && strncmp(System, "FAT", 3) == 0,
       "a FAT volume");
    Ok(GetDiskFreeSpaceExA("C:\\", &Free, &Total, NULL) && Total.QuadPart > Free.QuadPart, "its space");
    Ok(GetLogicalDrives() & 4, "drive C");
    Is(GetDriveTypeA("Q:\\"), DRIVE_NO_ROOT_DIR, "no drive Q");
}

int main(void)
{
    Reading();
    Names();
    Attributes();
    Finding();
    Volume();
    return Done();
}

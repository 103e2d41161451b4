/* SPDX-License-Identifier: MIT */
/*
 * fileops.c - files through Win32: how they are opened and refused, share modes, offsets and append, deletion, copies with progress, moves,
 * replacing, information classes, volumes by name, wild cards.
 */
#include <windows.h>
#include <stddef.h>
#include <string.h>
#include "tap.h"

#define FOLDER "C:\\Temp\\nascent-fileops"
#define A FOLDER "\\a.txt"
#define B FOLDER "\\b.txt"
#define FAILS(call, error, what) (SetLastError(0xBAD), Ok(!(call), what ": fails"), Is(GetLastError(), error, what ": last error"))
#define BAD(handle) ((handle) == INVALID_HANDLE_VALUE)

static HANDLE Open(const char *Name, DWORD Access, DWORD Share, DWORD Disposition, DWORD Flags)
{
    return CreateFileA(Name, Access, Share, NULL, Disposition, Flags, NULL);
}

static void Make(const char *Name, const char *Text)
{
    DWORD Done;
    HANDLE File = Open(Name, GENERIC_WRITE, 0, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL);
    WriteFile(File, Text, (DWORD)strlen(Text), &Done, NULL);
    CloseHandle(File);
}

static int Holds(const char *Name, const char *Text)
{
    char Buffer[256];
    DWORD Done = 0;
    HANDLE File = Open(Name, GENERIC_READ, 7, OPEN_EXISTING, 0);
    int Good = !BAD(File) && ReadFile(File, Buffer, sizeof(Buffer), &Done, NULL) && Done == strlen(Text) && memcmp(Buffer, Text, Done) == 0;
    CloseHandle(File);
    return Good;
}

static void TestOpen(void)
{
    HANDLE File;

    FAILS(!BAD(Open(A, GENERIC_READ, 0, OPEN_EXISTING, 0)), ERROR_FILE_NOT_FOUND, "open what is not there");
    FAILS(!BAD(Open(FOLDER "\\no\\a.txt", GENERIC_READ, 0, OPEN_EXISTING, 0)), ERROR_PATH_NOT_FOUND, "in a folder that is not there");
    FAILS(!BAD(Open(A, GENERIC_WRITE, 0, TRUNCATE_EXISTING, 0)), ERROR_FILE_NOT_FOUND, "cut what is not there");
    FAILS(!BAD(Open("", GENERIC_READ, 0, OPEN_EXISTING, 0)), ERROR_PATH_NOT_FOUND, "no name");
    FAILS(!BAD(Open(A, GENERIC_READ, 0, 0, 0)), ERROR_INVALID_PARAMETER, "no disposition");
    FAILS(!BAD(Open(A, GENERIC_READ, 0, 6, 0)), ERROR_INVALID_PARAMETER, "a disposition that is none");
    FAILS(!BAD(Open(FOLDER "\\a|b", GENERIC_WRITE, 0, CREATE_ALWAYS, 0)), ERROR_INVALID_NAME, "a name with a bar");
    FAILS(!BAD(Open(FOLDER, GENERIC_READ, 7, OPEN_EXISTING, 0)), ERROR_ACCESS_DENIED, "a folder as a file");
    SetLastError(5);
    File = Open(A, GENERIC_WRITE, 0, CREATE_NEW, 0);
    Ok(!BAD(File) && GetLastError() == 0, "CREATE_NEW");
    CloseHandle(File);
    FAILS(!BAD(Open(A, GENERIC_WRITE, 0, CREATE_NEW, 0)), ERROR_FILE_EXISTS, "CREATE_NEW twice");
    FAILS(!BAD(Open(A, GENERIC_READ, 0, TRUNCATE_EXISTING, 0)), ERROR_INVALID_PARAMETER, "cut without write access");
    FAILS(!BAD(Open(A "\\b", GENERIC_READ, 0, OPEN_EXISTING, 0)), ERROR_PATH_NOT_FOUND, "a file as a folder");
    File = Open(A, GENERIC_WRITE, 0, OPEN_ALWAYS, 0);
    Ok(!BAD(File) && GetLastError() == ERROR_ALREADY_EXISTS, "OPEN_ALWAYS says that it was there");
    CloseHandle(File);
    File = Open(A, GENERIC_WRITE, 0, CREATE_ALWAYS, 0);
    Ok(!BAD(File) && GetLastError() == ERROR_ALREADY_EXISTS, "CREATE_ALWAYS, too");
    CloseHandle(File);
    Ok(SetFileAttributesA(A, FILE_ATTRIBUTE_READONLY), "read-only");
    FAILS(!BAD(Open(A, GENERIC_WRITE, 0, OPEN_EXISTING, 0)), ERROR_ACCESS_DENIED, "write to it");
    FAILS(DeleteFileA(A), ERROR_ACCESS_DENIED, "delete it");
    Ok(SetFileAttributesA(A, FILE_ATTRIBUTE_HIDDEN), "hidden");
    FAILS(!BAD(Open(A, GENERIC_WRITE, 0, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL)), ERROR_ACCESS_DENIED, "CREATE_ALWAYS over a hidden file");
    Ok(SetFileAttributesA(A, FILE_ATTRIBUTE_NORMAL) && DeleteFileA(A), "gone");
}

static void TestShare(void)
{
    HANDLE First, Second;

    Make(A, "x");
    First = Open(A, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0);
    Second = Open(A, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0);
    Ok(!BAD(Second), "two readers");
    CloseHandle(Second);
    FAILS(!BAD(Open(A, GENERIC_WRITE, 7, OPEN_EXISTING, 0)), ERROR_SHARING_VIOLATION, "a writer");
    FAILS(!BAD(Open(A, GENERIC_READ, 0, OPEN_EXISTING, 0)), ERROR_SHARING_VIOLATION, "a reader who shares nothing");
    Second = Open(A, 0, 0, OPEN_EXISTING, 0);
    Ok(!BAD(Second), "who asks for nothing but attributes always may");
    CloseHandle(Second);
    FAILS(DeleteFileA(A), ERROR_SHARING_VIOLATION, "delete");
    FAILS(MoveFileA(A, B), ERROR_SHARING_VIOLATION, "rename");
    CloseHandle(First);
    First = Open(A, GENERIC_READ, 7, OPEN_EXISTING, 0);
    Ok(DeleteFileA(A), "delete what is open and shared for it");
    FAILS(!BAD(Open(A, GENERIC_READ, 7, OPEN_EXISTING, 0)), ERROR_ACCESS_DENIED, "it is on its way out");
    CloseHandle(First);
    FAILS(!BAD(Open(A, GENERIC_READ, 7, OPEN_EXISTING, 0)), ERROR_FILE_NOT_FOUND, "and gone with its last handle");
    First = Open(A, GENERIC_WRITE, 7, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
    Ok(!BAD(First) && CloseHandle(First) && GetFileAttributesA(A) == INVALID_FILE_ATTRIBUTES, "delete on close");
}

static void TestOffsets(void)
{
    char Buffer[32] = "";
    DWORD Done;
    OVERLAPPED O = {.Offset = 3};
    LARGE_INTEGER Where = {.QuadPart = 0};
    HANDLE File, Append;

    Make(A, "0123456789");
    File = Open(A, GENERIC_READ | GENERIC_WRITE, 7, OPEN_EXISTING, 0);
    Ok(ReadFile(File, Buffer, 2, &Done, &O) && memcmp(Buffer, "34", 2) == 0, "an offset of its own");
    Ok(SetFilePointerEx(File, Where, &Where, FILE_CURRENT) && Where.QuadPart == 5, "moves the position of a synchronous handle");
    O.Offset = 10;
    FAILS(ReadFile(File, Buffer, 2, &Done, &O), ERROR_HANDLE_EOF, "at the end, with an offset");
    SetFilePointer(File, 0, NULL, FILE_END);
    Ok(ReadFile(File, Buffer, 2, &Done, NULL) && Done == 0, "at the end, without");
    FAILS(SetFilePointer(File, -11, NULL, FILE_END) != INVALID_SET_FILE_POINTER, ERROR_NEGATIVE_SEEK, "before the beginning");
    Append = Open(A, FILE_APPEND_DATA, 7, OPEN_EXISTING, 0);
    Ok(WriteFile(Append, "ab", 2, &Done, NULL) && WriteFile(File, "XY", 2, &Done, NULL) && WriteFile(Append, "cd", 2, &Done, NULL), "append and write");
    CloseHandle(Append);
    O.Offset = O.OffsetHigh = 0xFFFFFFFF;
    Ok(WriteFile(File, "!", 1, &Done, &O), "an offset of all ones appends");
    Ok(SetFilePointer(File, 4, NULL, FILE_BEGIN) == 4 && WriteFile(File, "", 0, &Done, NULL) && Done == 0, "writing nothing");
    CloseHandle(File);
    Ok(Holds(A, "0123456789XYcd!"), "what came of it");
    File = Open(A, GENERIC_READ | GENERIC_WRITE, 7, OPEN_EXISTING, 0);
    Ok(SetFilePointer(File, 3, NULL, FILE_BEGIN) == 3 && SetEndOfFile(File) && GetFileSize(File, NULL) == 3, "cut");
    Ok(SetFilePointer(File, 6, NULL, FILE_BEGIN) == 6 && SetEndOfFile(File), "and extend");
    CloseHandle(File);
    DeleteFileA(A);
}

static DWORD Calls, StopAt;
static DWORD CALLBACK Progress(LARGE_INTEGER Size, LARGE_INTEGER Done, LARGE_INTEGER S, LARGE_INTEGER D, DWORD Stream, DWORD Reason,
                               HANDLE From, HANDLE To, LPVOID Data)
{
    (void)S, (void)D, (void)Stream, (void)From, (void)To;
    Ok(Calls != 0 || (Reason == CALLBACK_STREAM_SWITCH && Done.QuadPart == 0), "progress %lu of %lu", Done.LowPart, Size.LowPart);
    return ++Calls == StopAt ? *(DWORD *)Data : PROGRESS_CONTINUE;
}

static void TestCopyMove(void)
{
    DWORD Answer = PROGRESS_CANCEL;
    BOOL Cancel = TRUE;
    FILETIME Time, Copied;
    HANDLE File;

    Make(A, "contents");
    SetFileAttributesA(A, FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_ARCHIVE);
    Ok(CopyFileA(A, B, TRUE) && Holds(B, "contents"), "copy");
    Is(GetFileAttributesA(B), FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_ARCHIVE, "with its attributes");
    SetFileAttributesA(A, FILE_ATTRIBUTE_ARCHIVE);
    SetFileAttributesA(B, FILE_ATTRIBUTE_ARCHIVE);
    File = Open(A, GENERIC_READ, 7, OPEN_EXISTING, 0);
    GetFileTime(File, NULL, NULL, &Time);
    CloseHandle(File);
    File = Open(B, GENERIC_READ, 7, OPEN_EXISTING, 0);
    GetFileTime(File, NULL, NULL, &Copied);
    CloseHandle(File);
    Ok(memcmp(&Time, &Copied, sizeof(Time)) == 0, "and its time");
    FAILS(CopyFileA(A, B, TRUE), ERROR_FILE_EXISTS, "copy over what exists");
    FAILS(CopyFileA(FOLDER "\\none", B, FALSE), ERROR_FILE_NOT_FOUND, "copy what is not there");
    FAILS(CopyFileA(A, A, FALSE), ERROR_SHARING_VIOLATION, "copy onto itself");
    DeleteFileA(B);
    StopAt = 2;
    FAILS(CopyFileExA(A, B, Progress, &Answer, NULL, 0), ERROR_REQUEST_ABORTED, "cancel by the routine");
    Is(GetFileAttributesA(B), INVALID_FILE_ATTRIBUTES, "takes the target away");
    Calls = 0;
    Answer = PROGRESS_STOP;
    FAILS(CopyFileExA(A, B, Progress, &Answer, NULL, 0), ERROR_REQUEST_ABORTED, "stop by the routine");
    Ok(Holds(B, "contents"), "leaves it");
    FAILS(CopyFileExA(A, B, NULL, NULL, &Cancel, 0), ERROR_REQUEST_ABORTED, "cancel by the flag");
    Ok(MoveFileA(A, B) && Holds(B, "contents") && GetFileAttributesA(A) == INVALID_FILE_ATTRIBUTES, "move");
    Make(A, "new");
    FAILS(MoveFileA(A, B), ERROR_ALREADY_EXISTS, "move over what exists");
    FAILS(MoveFileA(FOLDER "\\none", FOLDER "\\more"), ERROR_FILE_NOT_FOUND, "move what is not there");
    FAILS(MoveFileA(A, FOLDER "\\no\\x"), ERROR_PATH_NOT_FOUND, "move to a folder that is not there");
    FAILS(MoveFileExA(A, NULL, 0), ERROR_INVALID_PARAMETER, "move to nowhere");
    Ok(MoveFileExA(A, B, MOVEFILE_REPLACE_EXISTING) && Holds(B, "new"), "replace");
    Ok(MoveFileA(B, FOLDER "\\B.TXT"), "a change of case only");
    Make(A, "replacement");
    Ok(ReplaceFileA(B, A, FOLDER "\\backup", 0, NULL, NULL) && Holds(B, "replacement") && Holds(FOLDER "\\backup", "new"), "ReplaceFile with a backup");
    FAILS(ReplaceFileA(B, A, NULL, 0, NULL, NULL), ERROR_FILE_NOT_FOUND, "without a replacement");
    FAILS(CreateHardLinkA(A, B, NULL), ERROR_INVALID_FUNCTION, "FAT has no links");
    DeleteFileA(B);
    DeleteFileA(FOLDER "\\backup");
}

static void TestInformation(void)
{
    static DWORD Room[128];
    FILE_BASIC_INFO Basic;
    FILE_STANDARD_INFO Standard;
    FILE_DISPOSITION_INFO Disposition = {TRUE};
    FILE_RENAME_INFO *Rename = (FILE_RENAME_INFO *)Room;
    FILE_NAME_INFO *Name = (FILE_NAME_INFO *)Room;
    BY_HANDLE_FILE_INFORMATION ByHandle;
    static const WCHAR To[] = L"C:\\Temp\\nascent-fileops\\renamed.txt";
    HANDLE File;

    Make(A, "12345");
    File = Open(A, GENERIC_READ | DELETE, 7, OPEN_EXISTING, 0);
    Ok(GetFileInformationByHandleEx(File, FileBasicInfo, &Basic, sizeof(Basic)) && (Basic.FileAttributes & FILE_ATTRIBUTE_ARCHIVE), "FileBasicInfo");
    Ok(GetFileInformationByHandleEx(File, FileStandardInfo, &Standard, sizeof(Standard)) && Standard.EndOfFile.QuadPart == 5 && !Standard.Directory &&
           Standard.NumberOfLinks == 1 && !Standard.DeletePending, "FileStandardInfo");
    FAILS(GetFileInformationByHandleEx(File, FileBasicInfo, &Basic, sizeof(Basic) - 1), ERROR_BAD_LENGTH, "too short");
    FAILS(GetFileInformationByHandleEx(File, FileRenameInfo, Room, sizeof(Room)), ERROR_INVALID_PARAMETER, "a class to set only");
    FAILS(GetFileInformationByHandleEx(File, 99, Room, sizeof(Room)), ERROR_INVALID_PARAMETER, "a class that is none");
    FAILS(SetFileInformationByHandle(File, FileStandardInfo, Room, sizeof(Room)), ERROR_INVALID_PARAMETER, "a class to get only");
    Ok(GetFileInformationByHandleEx(File, FileNameInfo, Name, sizeof(Room)) && Name->FileNameLength == 27 * sizeof(WCHAR) &&
           memcmp(Name->FileName, L"\\Temp\\nascent-fileops\\a.txt", 27 * sizeof(WCHAR)) == 0, "FileNameInfo");
    FAILS(GetFileInformationByHandleEx(File, FileNameInfo, Name, 8), ERROR_MORE_DATA, "cut off");
    Ok(GetFileInformationByHandle(File, &ByHandle) && ByHandle.nFileSizeLow == 5 && ByHandle.nNumberOfLinks == 1, "by handle");
    memset(Room, 0, sizeof(Room));
    Rename->FileNameLength = sizeof(To) - sizeof(WCHAR);
    memcpy(Rename->FileName, To, sizeof(To));
    Ok(SetFileInformationByHandle(File, FileRenameInfo, Rename, sizeof(Room)) &&
           GetFileAttributesA(FOLDER "\\renamed.txt") != INVALID_FILE_ATTRIBUTES, "rename by handle");
    Ok(SetFileInformationByHandle(File, FileDispositionInfo, &Disposition, sizeof(Disposition)), "delete by handle");
    Ok(GetFileInformationByHandleEx(File, FileStandardInfo, &Standard, sizeof(Standard)) && Standard.DeletePending, "pending");
    CloseHandle(File);
    Is(GetFileAttributesA(FOLDER "\\renamed.txt"), INVALID_FILE_ATTRIBUTES, "gone");
}

static int Count(const char *Pattern)
{
    WIN32_FIND_DATAA Data;
    char Full[MAX_PATH];
    int Found = 0;
    HANDLE Find;
    sprintf(Full, FOLDER "\\%s", Pattern);
    Find = FindFirstFileA(Full, &Data);
    if (BAD(Find)) {
        return GetLastError() == ERROR_FILE_NOT_FOUND ? 0 : -(int)GetLastError();
    }
    do {
        Found++;
    } while (FindNextFileA(Find, &Data));
    Found = GetLastError() == ERROR_NO_MORE_FILES ? Found : -1;
    FindClose(Find);
    return Found;
}

static void TestWild(void)
{
    static const char *const Names[] = {"one", "one.txt", "two.txt", "two.tx", "three.a.b"};
    static const struct { const char *Pattern; int Found; } Cases[] = {
        {"*", 7}, {"*.*", 7}, {"*.txt", 2}, {"*.tx?", 3}, {"one*", 2}, {"one.*", 2}, {"???.txt", 2}, {"?????.txt", 2}, {"three*b", 1},
        {"*.b", 1}, {"*.a", 0}, {"*.a.*", 1}, {"ONE.TXT", 1}, {"t*.*", 3}, {"none", 0}, {"one?", 1},
    };
    for (unsigned i = 0; i < sizeof(Names) / sizeof(Names[0]); i++) {
        char Full[MAX_PATH];
        sprintf(Full, FOLDER "\\%s", Names[i]);
        Make(Full, "");
    }
    for (unsigned i = 0; i < sizeof(Cases) / sizeof(Cases[0]); i++) {
        Ok(Count(Cases[i].Pattern) == Cases[i].Found, "%s: %d, expected %d", Cases[i].Pattern, Count(Cases[i].Pattern), Cases[i].Found);
    }
    FAILS(!BAD(FindFirstFileA(FOLDER "\\no\\*", &(WIN32_FIND_DATAA){0})), ERROR_PATH_NOT_FOUND, "in a folder that is not there");
    for (unsigned i = 0; i < sizeof(Names) / sizeof(Names[0]); i++) {
        char Full[MAX_PATH];
        sprintf(Full, FOLDER "\\%s", Names[i]);
        DeleteFileA(Full);
    }
}

static void TestVolumes(void)
{
    char Name[64], Same[64], Path[64];
    DWORD Needed;
    int Found = 0;
    HANDLE Find = FindFirstVolumeA(Name, sizeof(Name));

    Ok(!BAD(Find) && strncmp(Name, "\\\\?\\Volume{", 11) == 0 && strlen(Name) == 49, "a volume: %s", Name);
    Ok(GetVolumeNameForVolumeMountPointA("C:\\", Same, sizeof(Same)), "the name of C:");
    do {
        Found += strcmp(Name, Same) == 0;
    } while (FindNextVolumeA(Find, Name, sizeof(Name)));
    Is(GetLastError(), ERROR_NO_MORE_FILES, "the end of the list");
    Is((unsigned)Found, 1, "which has C: once");
    FindVolumeClose(Find);
    Ok(GetVolumePathNameA("C:\\Windows\\System32", Path, sizeof(Path)) && strcmp(Path, "C:\\") == 0, "the root of a path");
    {
        WCHAR Wide[64], Paths[64];
        MultiByteToWideChar(CP_ACP, 0, Same, -1, Wide, 64);
        Ok(GetVolumePathNamesForVolumeNameW(Wide, Paths, 64, &Needed) && wcscmp(Paths, L"C:\\") == 0 && Needed == 5, "the paths of a volume");
    }
    strcat(Same, "Windows");
    Ok(GetFileAttributesA(Same) == FILE_ATTRIBUTE_DIRECTORY, "files by the volume's name");
    FAILS(GetVolumeNameForVolumeMountPointA("C:", Name, sizeof(Name)), ERROR_INVALID_NAME, "without a backslash");
}

int main(void)
{
    Ok(CreateDirectoryA(FOLDER, NULL), "a folder");
    FAILS(CreateDirectoryA(FOLDER, NULL), ERROR_ALREADY_EXISTS, "twice");
    FAILS(CreateDirectoryA(FOLDER "\\x\\y", NULL), ERROR_PATH_NOT_FOUND, "in one that is not there");
    TestOpen();
    TestShare();
    TestOffsets();
    TestCopyMove();
    TestInformation();
    TestWild();
    TestVolumes();
    Make(A, "");
    FAILS(RemoveDirectoryA(FOLDER), ERROR_DIR_NOT_EMPTY, "remove what is not empty");
    FAILS(RemoveDirectoryA(A), ERROR_DIRECTORY, "remove a file as a folder");
    DeleteFileA(A);
    Ok(RemoveDirectoryA(FOLDER), "remove");
    FAILS(RemoveDirectoryA(FOLDER), ERROR_FILE_NOT_FOUND, "remove what is not there");
    return Done();
}

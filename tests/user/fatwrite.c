/* SPDX-License-Identifier: MIT */
/*
 * fatwrite.c - files that change: made, written, lengthened, cut, renamed, replaced, deleted, at once or at close; directories likewise; attributes,
 * times and short names.  On C:, under C:\Temp.
 */
#include <windows.h>
#include <winternl.h>
#include <string.h>
#include <wchar.h>
#include "tap.h"

#define BASE L"C:\\Temp\\fatwrite"
#define MAX_DATA 300000

static unsigned char Buffer[MAX_DATA], Back[MAX_DATA];

static HANDLE Open(const WCHAR *Name, DWORD Access, DWORD Share, DWORD Disposition, DWORD Flags)
{
    return CreateFileW(Name, Access, Share, NULL, Disposition, Flags, NULL);
}

static HANDLE Make(const WCHAR *Name)
{
    return Open(Name, GENERIC_READ | GENERIC_WRITE | DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL);
}

static DWORD Write(HANDLE File, const void *Data, DWORD Length)
{
    DWORD Done = 0;

    return WriteFile(File, Data, Length, &Done, NULL) ? Done : 0;
}

static DWORD ReadAt(HANDLE File, LONG Offset, void *Data, DWORD Length)
{
    DWORD Done = 0;

    SetFilePointer(File, Offset, NULL, FILE_BEGIN);
    return ReadFile(File, Data, Length, &Done, NULL) ? Done : 0;
}

static DWORD SizeOf(const WCHAR *Name)
{
    WIN32_FILE_ATTRIBUTE_DATA Data;

    return GetFileAttributesExW(Name, GetFileExInfoStandard, &Data) ? Data.nFileSizeLow : INVALID_FILE_SIZE;
}

static BOOL Exists(const WCHAR *Name)
{
    return GetFileAttributesW(Name) != INVALID_FILE_ATTRIBUTES;
}

static void Fill(unsigned Seed)
{
    for (unsigned Index = 0; Index < MAX_DATA; Index++) {
        Seed = Seed * 1103515245 + 12345;
        Buffer[Index] = (unsigned char)(Seed >> 16);
    }
}

static void TestContent(void)
{
    HANDLE File = Make(BASE L"\\content.bin");

    Ok(File != INVALID_HANDLE_VALUE, "a file is made (%lu)", GetLastError());
    Fill(1);
    Is(Write(File, Buffer, 100), 100, "100 bytes");
    Is(GetFileSize(File, NULL), 100, "its size");
    Is(ReadAt(File, 0, Back, 200), 100, "100 bytes back");
    Ok(memcmp(Buffer, Back, 100) == 0, "the same");
    SetFilePointer(File, 0, NULL, FILE_BEGIN);
    Is(Write(File, Buffer, MAX_DATA), MAX_DATA, "300000 bytes");
    Is(ReadAt(File, 0, Back, MAX_DATA), MAX_DATA, "300000 bytes back");
    Ok(memcmp(Buffer, Back, MAX_DATA) == 0, "the same");
    Ok(FlushFileBuffers(File), "flushed");
    CloseHandle(File);
    Is(SizeOf(BASE L"\\content.bin"), MAX_DATA, "size by name");

    memset(Back, 0, sizeof Back);
    File = Open(BASE L"\\content.bin", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
    Is(ReadAt(File, 0, Back, 4096 * 64), 4096 * 64, "uncached");
    Ok(memcmp(Buffer, Back, 4096 * 64) == 0, "the same from the disk");
    CloseHandle(File);
}

static void TestSize(void)
{
    HANDLE File = Make(BASE L"\\size.bin");
    DWORD Wrong = 0;

    memset(Buffer, 'A', 5000);
    Write(File, Buffer, 5000);
    SetFilePointer(File, 100, NULL, FILE_BEGIN);
    Ok(SetEndOfFile(File), "cut to 100");
    Is(GetFileSize(File, NULL), 100, "100 bytes");
    SetFilePointer(File, 20000, NULL, FILE_BEGIN);
    Ok(SetEndOfFile(File), "lengthened to 20000");
    Is(ReadAt(File, 0, Back, 30000), 20000, "20000 bytes back");
    for (int Index = 0; Index < 20000; Index++)
        Wrong += Back[Index] != (Index < 100 ? 'A' : 0);
    Is(Wrong, 0, "what was cut off and came back is zero");
    SetFilePointer(File, 100000, NULL, FILE_BEGIN);
    Is(Write(File, "end", 3), 3, "a write far behind the end");
    Is(GetFileSize(File, NULL), 100003, "100003 bytes");
    Is(ReadAt(File, 0, Back, MAX_DATA), 100003, "read");
    for (int Index = 100; Index < 100000; Index++)
        Wrong += Back[Index] != 0;
    Is(Wrong, 0, "the gap is zero");
    Ok(memcmp(Back + 100000, "end", 3) == 0, "the end is there");
    CloseHandle(File);
    File = Open(BASE L"\\size.bin", GENERIC_READ, 0, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
    memset(Back, 1, sizeof Back);
    ReadAt(File, 0, Back, 65536);
    for (int Index = 100; Index < 65536; Index++)
        Wrong += Back[Index] != 0;
    Is(Wrong, 0, "and zero on the disk");
    CloseHandle(File);

    File = Open(BASE L"\\size.bin", FILE_APPEND_DATA, FILE_SHARE_READ, OPEN_EXISTING, 0);
    Is(Write(File, "more", 4), 4, "a handle that may only append");
    CloseHandle(File);
    Is(SizeOf(BASE L"\\size.bin"), 100007, "appended");
    File = Open(BASE L"\\size.bin", GENERIC_WRITE, 0, TRUNCATE_EXISTING, 0);
    Is(GetFileSize(File, NULL), 0, "TRUNCATE_EXISTING");
    CloseHandle(File);
}

static void TestDispositions(void)
{
    HANDLE File;

    DeleteFileW(BASE L"\\new");
    Ok(Open(BASE L"\\new", GENERIC_WRITE, 0, OPEN_EXISTING, 0) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND, "OPEN_EXISTING");
    Ok(Open(BASE L"\\new", GENERIC_WRITE, 0, TRUNCATE_EXISTING, 0) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND, "TRUNCATE_EXISTING");
    SetLastError(77);
    File = Open(BASE L"\\new", GENERIC_WRITE, 0, OPEN_ALWAYS, 0);
    Ok(File != INVALID_HANDLE_VALUE && GetLastError() == 0, "OPEN_ALWAYS makes one");
    Write(File, "x", 1);
    Ok(Open(BASE L"\\new", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, 0) == INVALID_HANDLE_VALUE &&
       GetLastError() == ERROR_SHARING_VIOLATION, "not shared");
    CloseHandle(File);
    File = Open(BASE L"\\new", GENERIC_WRITE, 0, OPEN_ALWAYS, 0);
    Ok(File != INVALID_HANDLE_VALUE && GetLastError() == ERROR_ALREADY_EXISTS, "OPEN_ALWAYS opens it");
    CloseHandle(File);
    Ok(Open(BASE L"\\new", GENERIC_WRITE, 0, CREATE_NEW, 0) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_EXISTS, "CREATE_NEW");
    File = Open(BASE L"\\new", GENERIC_WRITE, 0, CREATE_ALWAYS, FILE_ATTRIBUTE_HIDDEN);
    Ok(File != INVALID_HANDLE_VALUE && GetLastError() == ERROR_ALREADY_EXISTS, "CREATE_ALWAYS");
    CloseHandle(File);
    Is(SizeOf(BASE L"\\new"), 0, "and it is empty");
    Is(GetFileAttributesW(BASE L"\\new"), FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE, "hidden now");
    Ok(Open(BASE L"\\new", GENERIC_WRITE, 0, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED,
       "a hidden file is not overwritten by one that is not");
    Ok(SetFileAttributesW(BASE L"\\new", FILE_ATTRIBUTE_READONLY), "read-only");
    Is(GetFileAttributesW(BASE L"\\new"), FILE_ATTRIBUTE_READONLY, "only that");
    Ok(Open(BASE L"\\new", GENERIC_WRITE, 0, OPEN_EXISTING, 0) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED, "cannot be written");
    Ok(Open(BASE L"\\new", GENERIC_WRITE, 0, CREATE_ALWAYS, 0) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED, "nor overwritten");
    Ok(!DeleteFileW(BASE L"\\new") && GetLastError() == ERROR_ACCESS_DENIED, "nor deleted");
    Ok(SetFileAttributesW(BASE L"\\new", FILE_ATTRIBUTE_NORMAL), "no more");
    Is(GetFileAttributesW(BASE L"\\new"), FILE_ATTRIBUTE_NORMAL, "normal");
    Ok(DeleteFileW(BASE L"\\new"), "deleted");
    Ok(!DeleteFileW(BASE L"\\new") && GetLastError() == ERROR_FILE_NOT_FOUND, "gone");
    Ok(Open(BASE L"\\no\\new", GENERIC_WRITE, 0, CREATE_ALWAYS, 0) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PATH_NOT_FOUND, "no such directory");
    Ok(Open(BASE L"\\a<b", GENERIC_WRITE, 0, CREATE_ALWAYS, 0) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_INVALID_NAME, "an invalid name");
    Ok(Open(BASE L"\\", GENERIC_WRITE, 0, CREATE_ALWAYS, 0) == INVALID_HANDLE_VALUE, "a directory is not overwritten");
}

static void TestDelete(void)
{
    HANDLE File = Make(BASE L"\\gone"), Second;
    DWORD All = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

    Write(File, "content", 7);
    Second = Open(BASE L"\\gone", GENERIC_READ, All, OPEN_EXISTING, 0);
    Ok(DeleteFileW(BASE L"\\gone"), "deleted while it is open");
    Is(ReadAt(Second, 0, Back, 10), 7, "who has it open still reads it");
    CloseHandle(File);
    CloseHandle(Second);
    Ok(!Exists(BASE L"\\gone"), "gone with its last handle");
    File = Open(BASE L"\\gone", GENERIC_WRITE | DELETE, All, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
    Ok(File != INVALID_HANDLE_VALUE, "the name is free");
    Ok(Exists(BASE L"\\gone"), "there while it is open");
    CloseHandle(File);
    Ok(!Exists(BASE L"\\gone"), "deleted on close");
    File = Open(BASE L"\\kept", GENERIC_READ, FILE_SHARE_READ, CREATE_ALWAYS, 0);
    Ok(!DeleteFileW(BASE L"\\kept") && GetLastError() == ERROR_SHARING_VIOLATION, "not without its share");
    CloseHandle(File);
    Ok(DeleteFileW(BASE L"\\kept"), "then it is");
}

static void TestDirectories(void)
{
    WCHAR Name[MAX_PATH];
    int Made = 0, Found = 0;
    WIN32_FIND_DATAW Data;

    Ok(CreateDirectoryW(BASE L"\\Dir", NULL), "a directory");
    Ok(!CreateDirectoryW(BASE L"\\dir", NULL) && GetLastError() == ERROR_ALREADY_EXISTS, "only once");
    Is(GetFileAttributesW(BASE L"\\Dir"), FILE_ATTRIBUTE_DIRECTORY, "its attributes");
    for (int Index = 0; Index < 150; Index++) {
        swprintf(Name, MAX_PATH, BASE L"\\Dir\\A rather long name, number %d.text", Index);
        HANDLE File = Make(Name);
        Made += File != INVALID_HANDLE_VALUE;
        CloseHandle(File);
    }
    Is(Made, 150, "150 files in it");
    HANDLE Find = FindFirstFileW(BASE L"\\Dir\\*.text", &Data);
    do
        Found++;
    while (FindNextFileW(Find, &Data));
    FindClose(Find);
    Is(Found, 150, "all are found");
    Ok(!RemoveDirectoryW(BASE L"\\Dir") && GetLastError() == ERROR_DIR_NOT_EMPTY, "not empty");
    Find = FindFirstFileW(BASE L"\\Dir\\*", &Data);
    Found = 0;
    do {
        swprintf(Name, MAX_PATH, BASE L"\\Dir\\%ls", Data.cFileName);
        Found += DeleteFileW(Name);
    } while (FindNextFileW(Find, &Data));
    FindClose(Find);
    Is(Found, 150, "all are deleted while they are listed");
    Ok(CreateDirectoryW(BASE L"\\Dir\\Sub", NULL), "a directory below");
    Ok(!DeleteFileW(BASE L"\\Dir\\Sub") && GetLastError() == ERROR_ACCESS_DENIED, "DeleteFile of a directory");
    Ok(RemoveDirectoryW(BASE L"\\Dir\\Sub"), "removed");
    Ok(RemoveDirectoryW(BASE L"\\Dir"), "and its parent");
    Ok(!Exists(BASE L"\\Dir"), "gone");
}

static BOOL ShortNameIs(const WCHAR *Name, const WCHAR *Expected)
{
    WIN32_FIND_DATAW Data;
    HANDLE Find = FindFirstFileW(Name, &Data);

    if (Find == INVALID_HANDLE_VALUE)
        return FALSE;
    FindClose(Find);
    if (wcscmp(Data.cAlternateFileName, Expected) != 0)
        printf("# short name is %ls\n", Data.cAlternateFileName);
    return wcscmp(Data.cAlternateFileName, Expected) == 0;
}

static void TestNames(void)
{
    static const WCHAR *const Names[][2] = {
        {L"lower.txt", L""}, {L"UPPER.TXT", L""}, {L"lower.TXT", L""}, {L"Mixed.txt", L"MIXED~1.TXT"}, {L"two words.txt", L"TWOWOR~1.TXT"},
        {L"a+b=c.d", L"A_B_C~1.D"}, {L".profile", L"PROFIL~1"}, {L"many.dots.in.it", L"MANYDO~1.IT"}, {L"extension.html", L"EXTENS~1.HTM"},
    };
    WCHAR Name[MAX_PATH];
    WIN32_FIND_DATAW Data;

    CreateDirectoryW(BASE L"\\Names", NULL);
    for (unsigned Index = 0; Index < ARRAYSIZE(Names); Index++) {
        swprintf(Name, MAX_PATH, BASE L"\\Names\\%ls", Names[Index][0]);
        CloseHandle(Make(Name));
        Ok(ShortNameIs(Name, Names[Index][1]), "short name of %ls", Names[Index][0]);
        HANDLE Find = FindFirstFileW(Name, &Data);
        Ok(Find != INVALID_HANDLE_VALUE && wcscmp(Data.cFileName, Names[Index][0]) == 0, "case kept");
        FindClose(Find);
        DeleteFileW(Name);
    }
    for (int Index = 1; Index <= 6; Index++) {
        swprintf(Name, MAX_PATH, BASE L"\\Names\\TextFile%d.Mine.txt", Index);
        CloseHandle(Make(Name));
    }
    Ok(ShortNameIs(BASE L"\\Names\\TextFile4.Mine.txt", L"TEXTFI~4.TXT"), "the fourth of a name");
    Ok(Exists(BASE L"\\Names\\textfi~2.txt"), "opened by its short name");
    HANDLE Find = FindFirstFileW(BASE L"\\Names\\TextFile5.Mine.txt", &Data);
    FindClose(Find);
    Ok(Data.cAlternateFileName[6] == L'~' && wcsncmp(Data.cAlternateFileName, L"TE", 2) == 0, "the fifth has digits: %ls", Data.cAlternateFileName);
    for (int Index = 1; Index <= 6; Index++) {
        swprintf(Name, MAX_PATH, BASE L"\\Names\\TextFile%d.Mine.txt", Index);
        DeleteFileW(Name);
    }
    CloseHandle(Make(BASE L"\\Names\\\x0416\x00FC\x4E2D.\x03B1\x03B2"));
    Ok(Exists(BASE L"\\Names\\\x0436\x00DC\x4E2D.\x0391\x0392"), "Unicode names, of any case");
    DeleteFileW(BASE L"\\Names\\\x0416\x00FC\x4E2D.\x03B1\x03B2");
    Ok(RemoveDirectoryW(BASE L"\\Names"), "all gone");
}

static void TestRename(void)
{
    HANDLE File = Make(BASE L"\\first");

    Write(File, "first", 5);
    CloseHandle(File);
    Ok(MoveFileW(BASE L"\\first", BASE L"\\Second Name"), "renamed");
    Ok(!Exists(BASE L"\\first") && SizeOf(BASE L"\\Second Name") == 5, "under its new name only");
    Ok(MoveFileW(BASE L"\\Second Name", BASE L"\\second name"), "another case");
    WIN32_FIND_DATAW Data;
    HANDLE Find = FindFirstFileW(BASE L"\\second name", &Data);
    FindClose(Find);
    Ok(wcscmp(Data.cFileName, L"second name") == 0, "is kept");
    CreateDirectoryW(BASE L"\\To", NULL);
    Ok(MoveFileW(BASE L"\\second name", BASE L"\\To\\third"), "to another directory");
    File = Open(BASE L"\\To\\third", GENERIC_READ, 0, OPEN_EXISTING, 0);
    Ok(ReadAt(File, 0, Back, 10) == 5 && memcmp(Back, "first", 5) == 0, "with its content");
    CloseHandle(File);
    File = Make(BASE L"\\other");
    Write(File, "other one", 9);
    CloseHandle(File);
    Ok(!MoveFileW(BASE L"\\other", BASE L"\\To\\third") && GetLastError() == ERROR_ALREADY_EXISTS, "not onto another");
    Ok(MoveFileExW(BASE L"\\other", BASE L"\\To\\third", MOVEFILE_REPLACE_EXISTING), "but if it is to be replaced");
    Is(SizeOf(BASE L"\\To\\third"), 9, "it is");
    Ok(!Exists(BASE L"\\other"), "and has left");
    Ok(!MoveFileExW(BASE L"\\To\\third", BASE L"\\To", MOVEFILE_REPLACE_EXISTING) && GetLastError() == ERROR_ACCESS_DENIED, "a directory is not replaced");
    Ok(MoveFileW(BASE L"\\To", BASE L"\\Away"), "a directory is renamed");
    Is(SizeOf(BASE L"\\Away\\third"), 9, "with what is in it");
    CreateDirectoryW(BASE L"\\Deep", NULL);
    Ok(MoveFileW(BASE L"\\Away", BASE L"\\Deep\\Away"), "and moved");
    Is(SizeOf(BASE L"\\Deep\\Away\\third"), 9, "likewise");
    Is(SizeOf(BASE L"\\Deep\\Away\\..\\Away\\third"), 9, "and finds its parent");
    Ok(!MoveFileW(BASE L"\\Deep", BASE L"\\Deep\\Away\\Deep"), "not into itself (%lu)", GetLastError());
    DeleteFileW(BASE L"\\Deep\\Away\\third");
    RemoveDirectoryW(BASE L"\\Deep\\Away");
    Ok(RemoveDirectoryW(BASE L"\\Deep"), "all gone");
}

static void TestTimes(void)
{
    HANDLE File = Make(BASE L"\\times");
    FILETIME Created, Accessed, Written;
    ULARGE_INTEGER Time = {.QuadPart = 132223104001234567ULL}; /* 2020-01-01 00:00:00.1234567 */

    FILETIME Given = {Time.LowPart, Time.HighPart};
    Ok(SetFileTime(File, &Given, &Given, &Given), "times set");
    Ok(GetFileTime(File, &Created, &Accessed, &Written), "and got");
    Is(((ULONGLONG)Created.dwHighDateTime << 32 | Created.dwLowDateTime) - Time.QuadPart + 1234567, 1200000, "creation: 10 ms");
    Is(((ULONGLONG)Written.dwHighDateTime << 32 | Written.dwLowDateTime) - Time.QuadPart + 1234567, 20000000, "last write: 2 s, upwards");
    Is(((ULONGLONG)Accessed.dwHighDateTime << 32 | Accessed.dwLowDateTime) - Time.QuadPart + 1234567, 0, "last access: the day");
    CloseHandle(File);
    File = Open(BASE L"\\times", GENERIC_READ, 0, OPEN_EXISTING, 0);
    GetFileTime(File, &Created, NULL, NULL);
    Is(((ULONGLONG)Created.dwHighDateTime << 32 | Created.dwLowDateTime) - Time.QuadPart + 1234567, 1200000, "kept");
    CloseHandle(File);
    DeleteFileW(BASE L"\\times");
}

static void TestImage(void)
{
    WCHAR Own[MAX_PATH];

    GetModuleFileNameW(NULL, Own, MAX_PATH);
    Ok(!DeleteFileW(Own) && GetLastError() == ERROR_ACCESS_DENIED, "a running program is not deleted");
    Ok(Open(Own, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, OPEN_EXISTING, 0) == INVALID_HANDLE_VALUE &&
       GetLastError() == ERROR_SHARING_VIOLATION, "nor written");
}

int main(void)
{
    CreateDirectoryW(L"C:\\Temp", NULL);
    Ok(CreateDirectoryW(BASE, NULL), "a directory to work in (%lu)", GetLastError());
    TestContent();
    TestSize();
    TestDispositions();
    TestDelete();
    TestDirectories();
    TestNames();
    TestRename();
    TestTimes();
    TestImage();
    Ok(DeleteFileW(BASE L"\\content.bin") && DeleteFileW(BASE L"\\size.bin"), "swept up");
    Ok(RemoveDirectoryW(BASE), "nothing is left");
    return Done();
}

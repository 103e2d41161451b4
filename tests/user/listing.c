/* SPDX-License-Identifier: MIT */
/*
 * listing.c - the order in which a directory is listed: by name, as NTFS does and programs have come to expect, whatever the order in which the
 * names were made; and what a listing sees of names that come and go meanwhile.
 */
#include <windows.h>
#include <wchar.h>
#include "tap.h"

static WCHAR Listed[400][64];

static void Make(LPCWSTR Name)
{
    CloseHandle(CreateFileW(Name, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
}

/* Into Listed; without the dots. */
static int List(LPCWSTR Pattern)
{
    WIN32_FIND_DATAW Data;
    int Count = 0;
    HANDLE Find = FindFirstFileW(Pattern, &Data);

    for (BOOL More = Find != INVALID_HANDLE_VALUE; More && Count < 400; More = FindNextFileW(Find, &Data)) {
        if (wcscmp(Data.cFileName, L".") != 0 && wcscmp(Data.cFileName, L"..") != 0) {
            wcscpy(Listed[Count++], Data.cFileName);
        }
    }
    FindClose(Find);
    return Count;
}

static void DeleteAll(void)
{
    for (int i = List(L"*"); i > 0; i--) {
        DeleteFileW(Listed[i - 1]);
    }
}

static void TestOrder(void)
{
    static const LPCWSTR Made[] = {L"zeta", L"Alpha", L"beta 2", L"_x", L"BETA", L"10", L"9", L"\u00e9", L"alph", L"\u00c0"};
    static const LPCWSTR Sorted[] = {L"10", L"9", L"alph", L"Alpha", L"BETA", L"beta 2", L"zeta", L"_x", L"\u00c0", L"\u00e9"};
    int Wrong = 0;

    for (int i = 0; i < 10; i++) {
        Make(Made[i]);
    }
    Is((unsigned)List(L"*"), 10, "all are listed");
    for (int i = 0; i < 10; i++) {
        Wrong += wcscmp(Listed[i], Sorted[i]) != 0;
    }
    Is((unsigned)Wrong, 0, "in the order of their upper-cased units");
    MoveFileW(L"9", L"aaa");
    Ok(List(L"*") == 10 && wcscmp(Listed[1], L"aaa") == 0 && wcscmp(Listed[2], L"alph") == 0, "a new name has its own place");
    Ok(List(L"*a") == 4 && wcscmp(Listed[0], L"aaa") == 0 && wcscmp(Listed[3], L"zeta") == 0, "those that match a pattern, too");
    DeleteAll();
}

static void TestMany(void)
{
    WCHAR Name[64];
    int Wrong = 0;

    for (unsigned i = 0; i < 300; i++) {
        swprintf(Name, 64, L"A name longer than 8.3 number %03u", i * 7919 % 300);
        Make(Name);
    }
    Is((unsigned)List(L"*"), 300, "three hundred are listed");
    for (int i = 1; i < 300; i++) {
        Wrong += wcscmp(Listed[i - 1], Listed[i]) >= 0;
    }
    Is((unsigned)Wrong, 0, "in order");
    DeleteAll();
    Is((unsigned)List(L"*"), 0, "and deleted");
}

/* One entry from the handle, as a name; empty at the end. */
static LPCWSTR Next(HANDLE Directory, FILE_INFO_BY_HANDLE_CLASS Class)
{
    static union
    {
        FILE_ID_BOTH_DIR_INFO Info;
        BYTE Room[sizeof(FILE_ID_BOTH_DIR_INFO) + 10]; /* one short name at a time */
    } Entry;
    static WCHAR Name[16];

    if (!GetFileInformationByHandleEx(Directory, Class, &Entry, sizeof(Entry))) {
        return L"";
    }
    memcpy(Name, Entry.Info.FileName, Entry.Info.FileNameLength);
    Name[Entry.Info.FileNameLength / sizeof(WCHAR)] = 0;
    return Name;
}

static void TestChanges(void)
{
    HANDLE Directory = CreateFileW(L".", FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                                   FILE_FLAG_BACKUP_SEMANTICS, NULL);

    Make(L"b");
    Make(L"d");
    Make(L"f");
    Ok(wcscmp(Next(Directory, FileIdBothDirectoryInfo), L".") == 0 && wcscmp(Next(Directory, FileIdBothDirectoryInfo), L"..") == 0, "the dots first");
    Ok(wcscmp(Next(Directory, FileIdBothDirectoryInfo), L"b") == 0, "then the first name");
    DeleteFileW(L"b");
    Make(L"a");
    Make(L"c");
    Ok(wcscmp(Next(Directory, FileIdBothDirectoryInfo), L"c") == 0, "which is deleted: one that came behind it is listed, one before it is not");
    DeleteFileW(L"d");
    Ok(wcscmp(Next(Directory, FileIdBothDirectoryInfo), L"f") == 0, "one that has gone is not");
    Ok(wcscmp(Next(Directory, FileIdBothDirectoryInfo), L"") == 0 && GetLastError() == ERROR_NO_MORE_FILES, "the end");
    Make(L"g");
    Ok(wcscmp(Next(Directory, FileIdBothDirectoryInfo), L"g") == 0, "is not the end for one that comes later");
    Ok(wcscmp(Next(Directory, FileIdBothDirectoryRestartInfo), L".") == 0, "from the start again");
    CloseHandle(Directory);
    DeleteAll();
}

int main(void)
{
    CreateDirectoryW(L"listing", NULL);
    SetCurrentDirectoryW(L"listing");
    DeleteAll();
    TestOrder();
    TestMany();
    TestChanges();
    SetCurrentDirectoryW(L"..");
    Ok(RemoveDirectoryW(L"listing"), "nothing is left");
    return Done();
}

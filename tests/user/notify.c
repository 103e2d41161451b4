/* SPDX-License-Identifier: MIT */
/*
 * notify.c - change notification: what is reported for files made, renamed and deleted, in the tree or not; the simple handles; cancelling.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

#define FOLDER "C:\\Temp\\nascent-notify"
#define FAILS(call, error, what) (SetLastError(0xBAD), Ok(!(call), what ": fails"), Is(GetLastError(), error, what ": last error"))

static void Touch(const char *Name)
{
    CloseHandle(CreateFileA(Name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
}

/* Whether the list has the action with the name. */
static int Reports(const void *Buffer, DWORD Length, DWORD Action, const WCHAR *Name)
{
    const FILE_NOTIFY_INFORMATION *Entry = Buffer;
    for (DWORD At = 0; Length != 0;) {
        if (Entry->Action == Action && Entry->FileNameLength == wcslen(Name) * sizeof(WCHAR) &&
            _wcsnicmp(Entry->FileName, Name, wcslen(Name)) == 0) {
            return 1;
        }
        if (Entry->NextEntryOffset == 0) {
            break;
        }
        At += Entry->NextEntryOffset;
        Entry = (const void *)((const char *)Buffer + At);
    }
    return 0;
}

static void TestChanges(void)
{
    static DWORD Buffer[256];
    DWORD Done;
    OVERLAPPED O = {0};
    HANDLE Directory = CreateFileA(FOLDER, FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);

    Ok(Directory != INVALID_HANDLE_VALUE, "the folder");
    O.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    Ok(ReadDirectoryChangesW(Directory, Buffer, sizeof(Buffer), FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &O, NULL), "ask");
    Is(WaitForSingleObject(O.hEvent, 0), WAIT_TIMEOUT, "nothing happened yet");
    Touch(FOLDER "\\made.txt");
    Ok(GetOverlappedResult(Directory, &O, &Done, TRUE) && Reports(Buffer, Done, FILE_ACTION_ADDED, L"made.txt"), "a file is made: %lu", Done);
    Ok(ReadDirectoryChangesW(Directory, Buffer, sizeof(Buffer), FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &O, NULL), "ask again");
    Ok(MoveFileA(FOLDER "\\made.txt", FOLDER "\\other.txt"), "rename");
    Ok(GetOverlappedResult(Directory, &O, &Done, TRUE), "reported");
    if (!Reports(Buffer, Done, FILE_ACTION_RENAMED_NEW_NAME, L"other.txt")) { /* may come in two */
        ReadDirectoryChangesW(Directory, Buffer, sizeof(Buffer), FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &O, NULL);
        GetOverlappedResult(Directory, &O, &Done, TRUE);
    }
    Ok(Reports(Buffer, Done, FILE_ACTION_RENAMED_NEW_NAME, L"other.txt"), "with its new name");
    Touch(FOLDER "\\sub\\deep.txt");
    Ok(ReadDirectoryChangesW(Directory, Buffer, sizeof(Buffer), FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &O, NULL), "ask");
    Is(WaitForSingleObject(O.hEvent, 50), WAIT_TIMEOUT, "a folder below is not watched");
    Ok(DeleteFileA(FOLDER "\\other.txt"), "delete");
    Ok(GetOverlappedResult(Directory, &O, &Done, TRUE) && Reports(Buffer, Done, FILE_ACTION_REMOVED, L"other.txt"), "reported");
    Ok(ReadDirectoryChangesW(Directory, Buffer, sizeof(Buffer), FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &O, NULL), "ask");
    Ok(CancelIo(Directory), "cancel");
    FAILS(GetOverlappedResult(Directory, &O, &Done, TRUE), ERROR_OPERATION_ABORTED, "cancelled");
    FAILS(ReadDirectoryChangesW(Directory, Buffer, sizeof(Buffer), FALSE, 0, NULL, &O, NULL), ERROR_INVALID_PARAMETER, "ask for nothing");
    CloseHandle(Directory);
    Directory = CreateFileA(FOLDER, FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
    Ok(ReadDirectoryChangesW(Directory, Buffer, sizeof(Buffer), TRUE, FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &O, NULL), "watch the tree");
    Ok(DeleteFileA(FOLDER "\\sub\\deep.txt"), "delete below");
    Ok(GetOverlappedResult(Directory, &O, &Done, TRUE) && Reports(Buffer, Done, FILE_ACTION_REMOVED, L"sub\\deep.txt"), "reported with its path");
    CloseHandle(Directory);
    CloseHandle(O.hEvent);
}

static void TestHandles(void)
{
    HANDLE Change;
    FAILS(FindFirstChangeNotificationA("C:\\no such folder", FALSE, FILE_NOTIFY_CHANGE_FILE_NAME) != INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND, "no folder");
    Change = FindFirstChangeNotificationA(FOLDER, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME);
    Ok(Change != INVALID_HANDLE_VALUE, "a change handle");
    Is(WaitForSingleObject(Change, 0), WAIT_TIMEOUT, "not signalled");
    Touch(FOLDER "\\x");
    Is(WaitForSingleObject(Change, 5000), WAIT_OBJECT_0, "a change signals it");
    Ok(FindNextChangeNotification(Change), "the next");
    while (WaitForSingleObject(Change, 50) == WAIT_OBJECT_0) {
        FindNextChangeNotification(Change); /* what was noted in between */
    }
    DeleteFileA(FOLDER "\\x");
    Is(WaitForSingleObject(Change, 5000), WAIT_OBJECT_0, "is a change, too");
    Ok(FindCloseChangeNotification(Change), "close");
}

int main(void)
{
    CreateDirectoryA(FOLDER, NULL);
    CreateDirectoryA(FOLDER "\\sub", NULL);
    TestChanges();
    TestHandles();
    RemoveDirectoryA(FOLDER "\\sub");
    RemoveDirectoryA(FOLDER);
    return Done();
}

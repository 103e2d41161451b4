/* SPDX-License-Identifier: MIT */
/*
 * notify.c - changes in directories: ReadDirectoryChangesW, and the handles of FindFirstChangeNotification.
 *
 * Such a handle is an asynchronous directory handle with one notify request on it, which asks for no details; it is signalled when the
 * request is over, and FindNextChangeNotification sends the next one.
 */
#include "k32.h"

#define FILTERS 0x17Fu /* FILE_NOTIFY_CHANGE_*: name, directory name, attributes, size, last write, access, creation, security */

/* What the request writes nobody reads, but it needs to be there until it ends, whenever that is. */
static IO_STATUS_BLOCK Ignored;
static DECLSPEC_ALIGN(8) UCHAR IgnoredChanges[16];

static NTSTATUS AskAgain(HANDLE Directory, BOOL Subtree, DWORD Filter)
{
    NTSTATUS Status = NtNotifyChangeDirectoryFile(Directory, NULL, NULL, NULL, &Ignored, IgnoredChanges, sizeof(IgnoredChanges), Filter,
                                                  Subtree != FALSE);

    return NT_ERROR(Status) ? Status : STATUS_SUCCESS;
}

HANDLE WINAPI FindFirstChangeNotificationW(LPCWSTR Name, BOOL Subtree, DWORD Filter)
{
    HANDLE Directory;
    IO_STATUS_BLOCK Io;
    BASE_PATH Path;

    NTSTATUS Status = BaseOpenPath(Name, &Path);
    if (NT_SUCCESS(Status)) {
        Status = NtOpenFile(&Directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &Path.Attributes, &Io,
                            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT);
        BaseFreePath(&Path);
    }
    if (NT_SUCCESS(Status)) {
        Status = AskAgain(Directory, Subtree, Filter);
        if (!NT_SUCCESS(Status)) {
            NtClose(Directory);
        }
    }
    return BaseResult(Status) ? Directory : INVALID_HANDLE_VALUE;
}

HANDLE WINAPI FindFirstChangeNotificationA(LPCSTR Name, BOOL Subtree, DWORD Filter)
{
    LPWSTR Wide;

    if (!BaseFileToWide(Name, &Wide)) {
        return INVALID_HANDLE_VALUE;
    }
    HANDLE Result = FindFirstChangeNotificationW(Wide, Subtree, Filter);
    BaseFree(Wide);
    return Result;
}

/* Filter and tree were settled by the first request. */
BOOL WINAPI FindNextChangeNotification(HANDLE Directory)
{
    return BaseResult(AskAgain(Directory, TRUE, FILTERS));
}

BOOL WINAPI FindCloseChangeNotification(HANDLE Directory)
{
    return Directory == INVALID_HANDLE_VALUE ? BaseFail(ERROR_INVALID_HANDLE) : BaseResult(NtClose(Directory));
}

static VOID NTAPI ChangesApc(PVOID Context, PIO_STATUS_BLOCK Io, ULONG Reserved)
{
    UNUSED(Reserved);
    ((LPOVERLAPPED_COMPLETION_ROUTINE)Context)(RtlNtStatusToDosError(Io->Status), (DWORD)Io->Information, (LPOVERLAPPED)Io);
}

BOOL WINAPI ReadDirectoryChangesW(HANDLE Directory, LPVOID Buffer, DWORD Length, BOOL Subtree, DWORD Filter, LPDWORD Done,
                                  LPOVERLAPPED Overlapped, LPOVERLAPPED_COMPLETION_ROUTINE Routine)
{
    IO_STATUS_BLOCK Local = {0};
    NTSTATUS Status;

    if (Overlapped != NULL) {
        HANDLE Event = Routine != NULL ? NULL : (HANDLE)((ULONG_PTR)Overlapped->hEvent & ~(ULONG_PTR)1);
        PVOID Context = Routine != NULL ? (PVOID)Routine : (ULONG_PTR)Overlapped->hEvent & 1 ? NULL : (PVOID)Overlapped;
        Overlapped->Internal = (ULONG_PTR)STATUS_PENDING;
        Status = NtNotifyChangeDirectoryFile(Directory, Event, Routine != NULL ? ChangesApc : NULL, Context, (PIO_STATUS_BLOCK)Overlapped,
                                             Buffer, Length, Filter, Subtree != FALSE);
        return !NT_ERROR(Status) || !BaseSetLastNTError(Status);
    }
    if (Routine != NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Status = NtNotifyChangeDirectoryFile(Directory, NULL, NULL, NULL, &Local, Buffer, Length, Filter, Subtree != FALSE);
    if (Status == STATUS_PENDING) {
        Status = NtWaitForSingleObject(Directory, FALSE, NULL);
        Status = NT_SUCCESS(Status) ? Local.Status : Status;
    }
    if (NT_SUCCESS(Status) && Done != NULL) {
        *Done = (DWORD)Local.Information;
    }
    return BaseResult(Status);
}

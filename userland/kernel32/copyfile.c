/* SPDX-License-Identifier: MIT */
/*
 * copyfile.c - copying and replacing files.
 *
 * A copy has the source's attributes and time of last write.  The progress routine is called before the first byte (CALLBACK_STREAM_SWITCH)
 * and after each chunk; it, or the caller's cancel flag, may end the copy: cancelled, the target is deleted; stopped, it stays as it is.
 */
#include "k32.h"

#define CHUNK 0x10000u
#define COPY_FLAGS_KNOWN 0x1FF7Fu

typedef struct _COPY
{
    HANDLE From, To;
    LPPROGRESS_ROUTINE Routine;
    LPVOID Data;
    volatile BOOL *Cancel;
    LARGE_INTEGER Size, Done;
    BOOL Quiet, Keep; /* no more calls; leave what is there */
} COPY;

/* FALSE: the copy ends with ERROR_REQUEST_ABORTED. */
static BOOL Report(COPY *Copy, DWORD Reason)
{
    if (Copy->Cancel != NULL && *Copy->Cancel) {
        return BaseFail(ERROR_REQUEST_ABORTED);
    }
    if (Copy->Routine == NULL || Copy->Quiet) {
        return TRUE;
    }
    switch (Copy->Routine(Copy->Size, Copy->Done, Copy->Size, Copy->Done, 1, Reason, Copy->From, Copy->To, Copy->Data)) {
    case PROGRESS_CONTINUE:
        return TRUE;
    case PROGRESS_QUIET:
        Copy->Quiet = TRUE;
        return TRUE;
    case PROGRESS_STOP:
        Copy->Keep = TRUE;
        return BaseFail(ERROR_REQUEST_ABORTED);
    default:
        return BaseFail(ERROR_REQUEST_ABORTED);
    }
}

static BOOL CopyData(COPY *Copy)
{
    DWORD Read, Written;
    PVOID Buffer = BaseAllocate(CHUNK);
    BOOL Good = Buffer != NULL && Report(Copy, CALLBACK_STREAM_SWITCH);

    while (Good) {
        Good = ReadFile(Copy->From, Buffer, CHUNK, &Read, NULL);
        if (!Good || Read == 0) {
            break;
        }
        Good = WriteFile(Copy->To, Buffer, Read, &Written, NULL);
        Copy->Done.QuadPart += Good ? Written : 0;
        Good = Good && Report(Copy, CALLBACK_CHUNK_FINISHED);
    }
    BaseFree(Buffer);
    return Good;
}

static void Finish(COPY *Copy, BOOL Good, const FILE_BASIC_INFORMATION *Basic)
{
    IO_STATUS_BLOCK Io;

    if (Good) {
        FILE_BASIC_INFORMATION Times = {.LastWriteTime = Basic->LastWriteTime};
        NtSetInformationFile(Copy->To, &Io, &Times, sizeof(Times), FileBasicInformation);
    } else if (!Copy->Keep) {
        FILE_DISPOSITION_INFORMATION Disposition = {TRUE};
        NtSetInformationFile(Copy->To, &Io, &Disposition, sizeof(Disposition), FileDispositionInformation);
    }
}

BOOL WINAPI CopyFileExW(LPCWSTR From, LPCWSTR To, LPPROGRESS_ROUTINE Routine, LPVOID Data, LPBOOL Cancel, DWORD Flags)
{
    COPY Copy = {.Routine = Routine, .Data = Data, .Cancel = Cancel};
    FILE_BASIC_INFORMATION Basic;
    IO_STATUS_BLOCK Io;
    BOOL Result;

    if (Flags & ~COPY_FLAGS_KNOWN) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Copy.From = CreateFileW(From, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, NULL);
    if (Copy.From == INVALID_HANDLE_VALUE) {
        return FALSE;
    }
    NTSTATUS Status = NtQueryInformationFile(Copy.From, &Io, &Basic, sizeof(Basic), FileBasicInformation);
    if (!NT_SUCCESS(Status) || !GetFileSizeEx(Copy.From, &Copy.Size)) {
        NtClose(Copy.From);
        return NT_SUCCESS(Status) ? FALSE : BaseResult(Status);
    }
    Copy.To = CreateFileW(To, GENERIC_WRITE | DELETE, 0, NULL, Flags & COPY_FILE_FAIL_IF_EXISTS ? CREATE_NEW : CREATE_ALWAYS,
                          Basic.FileAttributes, NULL);
    if (Copy.To == INVALID_HANDLE_VALUE) {
        DWORD Error = GetLastError();
        NtClose(Copy.From);
        return BaseFail(Error);
    }
    Result = CopyData(&Copy);
    DWORD Error = GetLastError();
    Finish(&Copy, Result, &Basic);
    NtClose(Copy.To);
    NtClose(Copy.From);
    return Result || BaseFail(Error);
}

BOOL WINAPI CopyFileExA(LPCSTR From, LPCSTR To, LPPROGRESS_ROUTINE Routine, LPVOID Data, LPBOOL Cancel, DWORD Flags)
{
    LPWSTR WideFrom = NULL, WideTo = NULL;
    BOOL Result = BaseFileToWide(From, &WideFrom) && BaseFileToWide(To, &WideTo) && CopyFileExW(WideFrom, WideTo, Routine, Data, Cancel, Flags);

    BaseFree(WideTo);
    BaseFree(WideFrom);
    return Result;
}

BOOL WINAPI CopyFileW(LPCWSTR From, LPCWSTR To, BOOL FailIfExists)
{
    return CopyFileExW(From, To, NULL, NULL, NULL, FailIfExists ? COPY_FILE_FAIL_IF_EXISTS : 0);
}

BOOL WINAPI CopyFileA(LPCSTR From, LPCSTR To, BOOL FailIfExists)
{
    return CopyFileExA(From, To, NULL, NULL, NULL, FailIfExists ? COPY_FILE_FAIL_IF_EXISTS : 0);
}

/* The file called Old gets New's contents: New takes its name and attributes, Old goes or becomes Backup. */
BOOL WINAPI ReplaceFileW(LPCWSTR Old, LPCWSTR New, LPCWSTR Backup, DWORD Flags, LPVOID Exclude, LPVOID Reserved)
{
    DWORD Attributes;

    if (Old == NULL || New == NULL || Exclude != NULL || Reserved != NULL ||
        (Flags & ~(DWORD)(REPLACEFILE_WRITE_THROUGH | REPLACEFILE_IGNORE_MERGE_ERRORS | 4 /* REPLACEFILE_IGNORE_ACL_ERRORS */)) != 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Attributes = GetFileAttributesW(Old);
    if (Attributes == INVALID_FILE_ATTRIBUTES || GetFileAttributesW(New) == INVALID_FILE_ATTRIBUTES) {
        return FALSE;
    }
    if (Attributes & FILE_ATTRIBUTE_READONLY) {
        return BaseFail(ERROR_ACCESS_DENIED);
    }
    if (Backup != NULL && !MoveFileExW(Old, Backup, MOVEFILE_REPLACE_EXISTING)) {
        return GetLastError() == ERROR_SHARING_VIOLATION ? FALSE : BaseFail(ERROR_UNABLE_TO_REMOVE_REPLACED);
    }
    if (!MoveFileExW(New, Old, MOVEFILE_REPLACE_EXISTING)) {
        DWORD Error = GetLastError();
        if (Backup != NULL) {
            return BaseFail(MoveFileExW(Backup, Old, 0) ? ERROR_UNABLE_TO_MOVE_REPLACEMENT : ERROR_UNABLE_TO_MOVE_REPLACEMENT_2);
        }
        return BaseFail(Error == ERROR_ACCESS_DENIED ? ERROR_UNABLE_TO_REMOVE_REPLACED : Error);
    }
    SetFileAttributesW(Old, Attributes);
    return TRUE;
}

BOOL WINAPI ReplaceFileA(LPCSTR Old, LPCSTR New, LPCSTR Backup, DWORD Flags, LPVOID Exclude, LPVOID Reserved)
{
    LPWSTR WideOld = NULL, WideNew = NULL, WideBackup = NULL;
    BOOL Result = BaseFileToWide(Old, &WideOld) && BaseFileToWide(New, &WideNew) && BaseFileToWide(Backup, &WideBackup) &&
                  ReplaceFileW(WideOld, WideNew, WideBackup, Flags, Exclude, Reserved);

    BaseFree(WideBackup);
    BaseFree(WideNew);
    BaseFree(WideOld);
    return Result;
}

/* SPDX-License-Identifier: MIT */
/*
 * filemore.c - the less common ways to open and name files: CreateFile2, ReOpenFile, OpenFileById, OpenFile of 16-bit days, short
 * names, compressed sizes.
 */
#include "k32.h"

HANDLE WINAPI CreateFile2(LPCWSTR Name, DWORD Access, DWORD Share, DWORD Disposition, LPCREATEFILE2_EXTENDED_PARAMETERS Extended)
{
    if (Extended == NULL) {
        return CreateFileW(Name, Access, Share, NULL, Disposition, 0, NULL);
    }
    if (Extended->dwSize < sizeof(*Extended)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    return CreateFileW(Name, Access, Share, Extended->lpSecurityAttributes, Disposition,
                       Extended->dwFileAttributes | Extended->dwFileFlags | Extended->dwSecurityQosFlags, Extended->hTemplateFile);
}

static HANDLE OpenRelative(HANDLE Root, PUNICODE_STRING Name, DWORD Access, DWORD Share, DWORD Flags, ULONG Options, ULONG Inherit)
{
    OBJECT_ATTRIBUTES Object;
    IO_STATUS_BLOCK Io;
    HANDLE File;

    InitializeObjectAttributes(&Object, Name, OBJ_CASE_INSENSITIVE | Inherit, Root, NULL);
    Options |= Flags & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT;
    Options |= Flags & FILE_FLAG_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0;
    Options |= Flags & FILE_FLAG_NO_BUFFERING ? FILE_NO_INTERMEDIATE_BUFFERING : 0;
    Options |= Flags & FILE_FLAG_RANDOM_ACCESS ? FILE_RANDOM_ACCESS : 0;
    Options |= Flags & FILE_FLAG_SEQUENTIAL_SCAN ? FILE_SEQUENTIAL_ONLY : 0;
    Options |= Flags & FILE_FLAG_BACKUP_SEMANTICS ? FILE_OPEN_FOR_BACKUP_INTENT : FILE_NON_DIRECTORY_FILE;
    Options |= Flags & FILE_FLAG_OPEN_REPARSE_POINT ? FILE_OPEN_REPARSE_POINT : 0;
    if (Flags & FILE_FLAG_DELETE_ON_CLOSE) {
        Options |= FILE_DELETE_ON_CLOSE;
        Access |= DELETE;
    }
    NTSTATUS Status = NtOpenFile(&File, Access | SYNCHRONIZE | FILE_READ_ATTRIBUTES, &Object, &Io, Share, Options);
    return BaseResult(Status) ? File : INVALID_HANDLE_VALUE;
}

/* The file of a handle once more: an open relative to it, without a name. */
HANDLE WINAPI ReOpenFile(HANDLE Original, DWORD Access, DWORD Share, DWORD Flags)
{
    UNICODE_STRING None = {0};

    return OpenRelative(Original, &None, Access, Share, Flags, 0, 0);
}

HANDLE WINAPI OpenFileById(HANDLE Hint, LPFILE_ID_DESCRIPTOR Id, DWORD Access, DWORD Share, LPSECURITY_ATTRIBUTES Security, DWORD Flags)
{
    if (Id == NULL || (Id->Type != FileIdType && Id->Type != ObjectIdType)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    USHORT Size = Id->Type == FileIdType ? sizeof(Id->FileId) : sizeof(Id->ObjectId);
    UNICODE_STRING Name = {Size, Size, (LPWSTR)&Id->FileId};
    return OpenRelative(Hint, &Name, Access, Share, Flags, FILE_OPEN_BY_FILE_ID,
                        Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0);
}

/* ---- OpenFile --------------------------------------------------------------------------------------------------------------- */

static DWORD ShareOfStyle(UINT Style)
{
    switch (Style & 0x70) {
    case OF_SHARE_EXCLUSIVE:
        return 0;
    case OF_SHARE_DENY_WRITE:
        return FILE_SHARE_READ;
    case OF_SHARE_DENY_READ:
        return FILE_SHARE_WRITE;
    default:
        return FILE_SHARE_READ | FILE_SHARE_WRITE;
    }
}

static DWORD AccessOfStyle(UINT Style)
{
    return (Style & 3) == OF_WRITE ? GENERIC_WRITE : (Style & 3) == OF_READWRITE ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ;
}

HFILE WINAPI OpenFile(LPCSTR Name, LPOFSTRUCT Opened, UINT Style)
{
    CHAR Path[MAX_PATH];
    HANDLE File = INVALID_HANDLE_VALUE;

    if (Name == NULL || Opened == NULL) {
        return (HFILE)(BaseFail(ERROR_INVALID_PARAMETER), HFILE_ERROR);
    }
    Opened->cBytes = sizeof(*Opened);
    Opened->fFixedDisk = TRUE;
    Opened->nErrCode = 0;
    DWORD Length = Style & OF_CREATE ? 0 : SearchPathA(NULL, Style & OF_REOPEN ? Opened->szPathName : Name, NULL, MAX_PATH, Path, NULL);
    if (Length == 0 || Length >= MAX_PATH) {
        Length = GetFullPathNameA(Style & OF_REOPEN ? Opened->szPathName : Name, MAX_PATH, Path, NULL);
    }
    if (Length == 0 || Length >= OFS_MAXPATHNAME) {
        Opened->nErrCode = ERROR_FILE_NOT_FOUND;
        return (HFILE)(BaseFail(ERROR_FILE_NOT_FOUND), HFILE_ERROR);
    }
    memcpy(Opened->szPathName, Path, Length + 1);
    if (Style & OF_PARSE) {
        return 0;
    }
    if (Style & OF_DELETE) {
        BOOL Deleted = DeleteFileA(Path);
        Opened->nErrCode = Deleted ? 0 : (WORD)GetLastError();
        return Deleted ? 1 : HFILE_ERROR;
    }
    File = CreateFileA(Path, AccessOfStyle(Style), ShareOfStyle(Style), NULL, Style & OF_CREATE ? CREATE_ALWAYS : OPEN_EXISTING, 0, NULL);
    if (File == INVALID_HANDLE_VALUE) {
        Opened->nErrCode = (WORD)GetLastError();
        return HFILE_ERROR;
    }
    if (Style & OF_EXIST) {
        NtClose(File);
        return 1;
    }
    return (HFILE)(ULONG_PTR)File;
}

/* ---- names and sizes ------------------------------------------------------------------------------------------------------------- */

DWORD WINAPI GetCompressedFileSizeW(LPCWSTR Name, LPDWORD High)
{
    struct { LARGE_INTEGER Size; ULONG Rest[2]; } Compression; /* FILE_COMPRESSION_INFORMATION */
    FILE_STANDARD_INFORMATION Standard;
    LARGE_INTEGER Size;
    IO_STATUS_BLOCK Io;

    HANDLE File = CreateFileW(Name, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                              FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (File == INVALID_HANDLE_VALUE) {
        return INVALID_FILE_SIZE;
    }
    NTSTATUS Status = NtQueryInformationFile(File, &Io, &Compression, sizeof(Compression), FileCompressionInformation);
    Size = Compression.Size;
    if (!NT_SUCCESS(Status)) { /* no compression: the size itself */
        Status = NtQueryInformationFile(File, &Io, &Standard, sizeof(Standard), FileStandardInformation);
        Size = Standard.EndOfFile;
    }
    NtClose(File);
    if (!BaseResult(Status)) {
        return INVALID_FILE_SIZE;
    }
    if (High != NULL) {
        *High = (DWORD)Size.HighPart;
    }
    if (Size.LowPart == INVALID_FILE_SIZE) {
        BaseFail(NO_ERROR);
    }
    return Size.LowPart;
}

DWORD WINAPI GetCompressedFileSizeA(LPCSTR Name, LPDWORD High)
{
    LPWSTR Wide;

    if (!BaseFileToWide(Name, &Wide)) {
        return INVALID_FILE_SIZE;
    }
    DWORD Size = GetCompressedFileSizeW(Wide, High);
    BaseFree(Wide);
    return Size;
}

BOOL WINAPI SetFileShortNameW(HANDLE File, LPCWSTR Name)
{
    SIZE_T Length = Name != NULL ? wcslen(Name) * sizeof(WCHAR) : 0;
    struct { ULONG Length; WCHAR Name[16]; } Information;
    IO_STATUS_BLOCK Io;

    if (Length == 0 || Length > 12 * sizeof(WCHAR)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Information.Length = (ULONG)Length;
    memcpy(Information.Name, Name, Length);
    return BaseResult(NtSetInformationFile(File, &Io, &Information, sizeof(ULONG) + (ULONG)Length + sizeof(WCHAR), (FILE_INFORMATION_CLASS)40));
}

BOOL WINAPI SetFileShortNameA(HANDLE File, LPCSTR Name)
{
    LPWSTR Wide;

    if (!BaseFileToWide(Name, &Wide)) {
        return FALSE;
    }
    BOOL Result = SetFileShortNameW(File, Wide);
    BaseFree(Wide);
    return Result;
}

BOOL WINAPI SetFileValidData(HANDLE File, LONGLONG Length)
{
    IO_STATUS_BLOCK Io;

    return BaseResult(NtSetInformationFile(File, &Io, &Length, sizeof(Length), (FILE_INFORMATION_CLASS)39));
}

BOOL WINAPI SetFileIoOverlappedRange(HANDLE File, PUCHAR Start, ULONG Length)
{
    UNUSED(File), UNUSED(Start), UNUSED(Length);
    return BaseNotSupported("SetFileIoOverlappedRange");
}

DWORD WINAPI GetFinalPathNameByHandleA(HANDLE File, LPSTR Buffer, DWORD Size, DWORD Flags)
{
    LPWSTR Wide = BaseAllocate(MAX_LONG_PATH * sizeof(WCHAR));
    DWORD Result = 0;

    if (Wide != NULL) {
        DWORD Length = GetFinalPathNameByHandleW(File, Wide, MAX_LONG_PATH, Flags);
        if (Length != 0 && Length < MAX_LONG_PATH) {
            Result = BaseFileToAnsi(Wide, Length, Buffer, Size);
        }
        BaseFree(Wide);
    }
    return Result;
}

/* FAT has one stream a file: its data, which FindFirstStream does not list there. */
HANDLE WINAPI FindFirstStreamW(LPCWSTR Name, STREAM_INFO_LEVELS Level, LPVOID Data, DWORD Flags)
{
    UNUSED(Data);
    if (Level != FindStreamInfoStandard || Flags != 0) {
        BaseFail(ERROR_INVALID_PARAMETER);
    } else if (GetFileAttributesW(Name) != INVALID_FILE_ATTRIBUTES) {
        BaseFail(ERROR_INVALID_PARAMETER); /* what Windows says of a volume without named streams */
    }
    return INVALID_HANDLE_VALUE;
}

BOOL WINAPI FindNextStreamW(HANDLE Find, LPVOID Data)
{
    UNUSED(Find), UNUSED(Data);
    return BaseFail(ERROR_INVALID_HANDLE);
}

/* SPDX-License-Identifier: MIT */
/*
 * fileattr.c - calls on files by name: attributes, delete, move, directories, links.
 *
 * Everything opens the name with just the right it needs and sets one information class; a file system that cannot write answers with its
 * own status, which becomes the last error (ERROR_WRITE_PROTECT for a read-only volume).
 */
#include "k32.h"
#include <winioctl.h>

/* Opens an existing file or directory for synchronous use. */
static NTSTATUS OpenByName(LPCWSTR Name, ACCESS_MASK Access, ULONG Options, PHANDLE File)
{
    IO_STATUS_BLOCK Io;
    BASE_PATH Path;
    NTSTATUS Status = BaseOpenPath(Name, &Path);

    if (NT_SUCCESS(Status)) {
        Status = NtOpenFile(File, Access | SYNCHRONIZE, &Path.Attributes, &Io, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                            Options | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_REPARSE_POINT);
        BaseFreePath(&Path);
    }
    return Status;
}

static NTSTATUS SetAndClose(HANDLE File, PVOID Information, ULONG Length, FILE_INFORMATION_CLASS Class)
{
    IO_STATUS_BLOCK Io;
    NTSTATUS Status = NtSetInformationFile(File, &Io, Information, Length, Class);
    NTSTATUS Closed = NtClose(File);

    return NT_SUCCESS(Status) ? Closed : Status;
}

DWORD WINAPI GetFileAttributesW(LPCWSTR Name)
{
    FILE_BASIC_INFORMATION Basic;
    BASE_PATH Path;
    NTSTATUS Status = BaseOpenPath(Name, &Path);

    if (NT_SUCCESS(Status)) {
        Status = NtQueryAttributesFile(&Path.Attributes, &Basic);
        BaseFreePath(&Path);
    }
    if (NT_SUCCESS(Status)) {
        return Basic.FileAttributes;
    }
    if (RtlIsDosDeviceName_U(Name)) {
        return FILE_ATTRIBUTE_ARCHIVE; /* "NUL" and "CON" are there, always */
    }
    BaseSetLastNTError(Status);
    return INVALID_FILE_ATTRIBUTES;
}

DWORD WINAPI GetFileAttributesA(LPCSTR Name)
{
    BASE_FILE_NAME Wide;

    if (!BaseMakeFileName(Name, &Wide)) {
        return INVALID_FILE_ATTRIBUTES;
    }
    DWORD Attributes = GetFileAttributesW(Wide.Text);
    BaseFreeFileName(&Wide);
    return Attributes;
}

BOOL WINAPI GetFileAttributesExW(LPCWSTR Name, GET_FILEEX_INFO_LEVELS Level, LPVOID Information)
{
    FILE_NETWORK_OPEN_INFORMATION Open;
    WIN32_FILE_ATTRIBUTE_DATA *Data = Information;
    BASE_PATH Path;

    if (Level != GetFileExInfoStandard) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    NTSTATUS Status = BaseOpenPath(Name, &Path);
    if (NT_SUCCESS(Status)) {
        Status = NtQueryFullAttributesFile(&Path.Attributes, &Open);
        BaseFreePath(&Path);
    }
    if (!NT_SUCCESS(Status)) {
        return BaseResult(Status);
    }
    Data->dwFileAttributes = Open.FileAttributes;
    memcpy(&Data->ftCreationTime, &Open.CreationTime, sizeof(FILETIME));
    memcpy(&Data->ftLastAccessTime, &Open.LastAccessTime, sizeof(FILETIME));
    memcpy(&Data->ftLastWriteTime, &Open.LastWriteTime, sizeof(FILETIME));
    Data->nFileSizeHigh = (DWORD)Open.EndOfFile.HighPart;
    Data->nFileSizeLow = Open.EndOfFile.LowPart;
    return TRUE;
}

BOOL WINAPI GetFileAttributesExA(LPCSTR Name, GET_FILEEX_INFO_LEVELS Level, LPVOID Information)
{
    BASE_FILE_NAME Wide;

    if (!BaseMakeFileName(Name, &Wide)) {
        return FALSE;
    }
    BOOL Result = GetFileAttributesExW(Wide.Text, Level, Information);
    BaseFreeFileName(&Wide);
    return Result;
}

BOOL WINAPI SetFileAttributesW(LPCWSTR Name, DWORD Attributes)
{
    FILE_BASIC_INFORMATION Basic = {0};
    HANDLE File;
    NTSTATUS Status = OpenByName(Name, FILE_WRITE_ATTRIBUTES, FILE_OPEN_FOR_BACKUP_INTENT, &File);

    if (NT_SUCCESS(Status)) {
        Basic.FileAttributes = (Attributes & FILE_ATTRIBUTE_VALID_FLAGS & ~FILE_ATTRIBUTE_DIRECTORY) | FILE_ATTRIBUTE_NORMAL;
        Status = SetAndClose(File, &Basic, sizeof(Basic), FileBasicInformation);
    }
    return BaseResult(Status);
}

BOOL WINAPI DeleteFileW(LPCWSTR Name)
{
    FILE_DISPOSITION_INFORMATION Disposition = {TRUE};
    HANDLE File;
    NTSTATUS Status = OpenByName(Name, DELETE, FILE_NON_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT, &File);

    if (NT_SUCCESS(Status)) {
        Status = SetAndClose(File, &Disposition, sizeof(Disposition), FileDispositionInformation);
    }
    if (Status == STATUS_FILE_IS_A_DIRECTORY) {
        return BaseFail(ERROR_ACCESS_DENIED);
    }
    return BaseResult(Status);
}

BOOL WINAPI RemoveDirectoryW(LPCWSTR Name)
{
    FILE_DISPOSITION_INFORMATION Disposition = {TRUE};
    HANDLE File;
    NTSTATUS Status = OpenByName(Name, DELETE, FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT, &File);

    if (NT_SUCCESS(Status)) {
        Status = SetAndClose(File, &Disposition, sizeof(Disposition), FileDispositionInformation);
    }
    return Status == STATUS_NOT_A_DIRECTORY ? BaseFail(ERROR_DIRECTORY) : BaseResult(Status);
}

BOOL WINAPI CreateDirectoryW(LPCWSTR Name, LPSECURITY_ATTRIBUTES Security)
{
    IO_STATUS_BLOCK Io;
    BASE_PATH Path;
    HANDLE File;
    NTSTATUS Status = BaseOpenPath(Name, &Path);

    if (NT_SUCCESS(Status)) {
        Path.Attributes.SecurityDescriptor = Security != NULL ? Security->lpSecurityDescriptor : NULL;
        Status = NtCreateFile(&File, FILE_LIST_DIRECTORY | SYNCHRONIZE, &Path.Attributes, &Io, NULL, FILE_ATTRIBUTE_NORMAL,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE,
                              FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT, NULL, 0);
        BaseFreePath(&Path);
    }
    if (NT_SUCCESS(Status)) {
        NtClose(File);
        return TRUE;
    }
    return Status == STATUS_NOT_A_DIRECTORY ? BaseFail(ERROR_PATH_NOT_FOUND) : BaseResult(Status);
}

BOOL WINAPI CreateDirectoryExW(LPCWSTR Template, LPCWSTR Name, LPSECURITY_ATTRIBUTES Security)
{
    DWORD Attributes = GetFileAttributesW(Template);

    if (Attributes == INVALID_FILE_ATTRIBUTES) {
        return FALSE;
    }
    if (!(Attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        return BaseFail(ERROR_DIRECTORY);
    }
    return CreateDirectoryW(Name, Security);
}

/* ---- move and copy ---------------------------------------------------------------------------------------------------------------- */

static NTSTATUS Rename(LPCWSTR From, LPCWSTR To, BOOL Replace)
{
    FILE_RENAME_INFORMATION *Rename = NULL;
    BASE_PATH Target;
    HANDLE File;
    NTSTATUS Status = BaseOpenPath(To, &Target);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ULONG Size = (ULONG)sizeof(*Rename) + Target.Name.Length;
    Rename = RtlAllocateHeap(BasePeb()->ProcessHeap, HEAP_ZERO_MEMORY, Size);
    Status = Rename == NULL ? STATUS_NO_MEMORY : OpenByName(From, DELETE, FILE_OPEN_FOR_BACKUP_INTENT, &File);
    if (NT_SUCCESS(Status)) {
        Rename->ReplaceIfExists = Replace != FALSE;
        Rename->FileNameLength = Target.Name.Length;
        memcpy(Rename->FileName, Target.Name.Buffer, Target.Name.Length);
        Status = SetAndClose(File, Rename, Size, FileRenameInformation);
    }
    BaseFree(Rename);
    BaseFreePath(&Target);
    return Status;
}

static BOOL Move(LPCWSTR From, LPCWSTR To, LPPROGRESS_ROUTINE Routine, LPVOID Data, DWORD Flags)
{
    if (Flags & MOVEFILE_DELAY_UNTIL_REBOOT) {
        return BaseNotSupported("MoveFileEx(MOVEFILE_DELAY_UNTIL_REBOOT)");
    }
    if (To == NULL || (Flags & MOVEFILE_CREATE_HARDLINK)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    NTSTATUS Status = Rename(From, To, (Flags & MOVEFILE_REPLACE_EXISTING) != 0);
    if (Status == STATUS_NOT_SAME_DEVICE && (Flags & MOVEFILE_COPY_ALLOWED)) {
        return CopyFileExW(From, To, Routine, Data, NULL, Flags & MOVEFILE_REPLACE_EXISTING ? 0 : COPY_FILE_FAIL_IF_EXISTS) && DeleteFileW(From);
    }
    return Status == STATUS_OBJECT_NAME_COLLISION ? BaseFail(ERROR_ALREADY_EXISTS) : BaseResult(Status);
}

BOOL WINAPI MoveFileExW(LPCWSTR From, LPCWSTR To, DWORD Flags)
{
    return Move(From, To, NULL, NULL, Flags);
}

BOOL WINAPI MoveFileW(LPCWSTR From, LPCWSTR To)
{
    return Move(From, To, NULL, NULL, MOVEFILE_COPY_ALLOWED);
}

BOOL WINAPI MoveFileWithProgressW(LPCWSTR From, LPCWSTR To, LPPROGRESS_ROUTINE Routine, LPVOID Data, DWORD Flags)
{
    return Move(From, To, Routine, Data, Flags);
}

/* FAT has neither: the documented failure of a file system without links. */
BOOLEAN WINAPI CreateSymbolicLinkW(LPCWSTR Link, LPCWSTR Target, DWORD Flags)
{
    UNUSED(Link);
    UNUSED(Target);
    UNUSED(Flags);
    return (BOOLEAN)BaseFail(ERROR_INVALID_FUNCTION);
}

BOOL WINAPI CreateHardLinkW(LPCWSTR Link, LPCWSTR Target, LPSECURITY_ATTRIBUTES Security)
{
    UNUSED(Link);
    UNUSED(Target);
    UNUSED(Security);
    return BaseFail(ERROR_INVALID_FUNCTION);
}

/* ---- A forms ---------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI SetFileAttributesA(LPCSTR Name, DWORD Attributes)
{
    BASE_FILE_NAME Wide;

    if (!BaseMakeFileName(Name, &Wide)) {
        return FALSE;
    }
    BOOL Result = SetFileAttributesW(Wide.Text, Attributes);
    BaseFreeFileName(&Wide);
    return Result;
}

BOOL WINAPI DeleteFileA(LPCSTR Name)
{
    BASE_FILE_NAME Wide;

    if (!BaseMakeFileName(Name, &Wide)) {
        return FALSE;
    }
    BOOL Result = DeleteFileW(Wide.Text);
    BaseFreeFileName(&Wide);
    return Result;
}

BOOL WINAPI RemoveDirectoryA(LPCSTR Name)
{
    BASE_FILE_NAME Wide;

    if (!BaseMakeFileName(Name, &Wide)) {
        return FALSE;
    }
    BOOL Result = RemoveDirectoryW(Wide.Text);
    BaseFreeFileName(&Wide);
    return Result;
}

BOOL WINAPI CreateDirectoryA(LPCSTR Name, LPSECURITY_ATTRIBUTES Security)
{
    BASE_FILE_NAME Wide;

    if (!BaseMakeFileName(Name, &Wide)) {
        return FALSE;
    }
    BOOL Result = CreateDirectoryW(Wide.Text, Security);
    BaseFreeFileName(&Wide);
    return Result;
}

BOOL WINAPI MoveFileExA(LPCSTR From, LPCSTR To, DWORD Flags)
{
    LPWSTR WideFrom = NULL, WideTo = NULL;
    BOOL Result = BaseFileToWide(From, &WideFrom) && BaseFileToWide(To, &WideTo) && MoveFileExW(WideFrom, WideTo, Flags);

    BaseFree(WideTo);
    BaseFree(WideFrom);
    return Result;
}

BOOL WINAPI MoveFileA(LPCSTR From, LPCSTR To)
{
    return MoveFileExA(From, To, MOVEFILE_COPY_ALLOWED);
}

BOOL WINAPI MoveFileWithProgressA(LPCSTR From, LPCSTR To, LPPROGRESS_ROUTINE Routine, LPVOID Data, DWORD Flags)
{
    LPWSTR WideFrom = NULL, WideTo = NULL;
    BOOL Result = BaseFileToWide(From, &WideFrom) && BaseFileToWide(To, &WideTo) && MoveFileWithProgressW(WideFrom, WideTo, Routine, Data, Flags);

    BaseFree(WideTo);
    BaseFree(WideFrom);
    return Result;
}

BOOL WINAPI CreateDirectoryExA(LPCSTR Template, LPCSTR Name, LPSECURITY_ATTRIBUTES Security)
{
    LPWSTR WideTemplate = NULL, WideName = NULL;
    BOOL Result = BaseFileToWide(Template, &WideTemplate) && BaseFileToWide(Name, &WideName) && CreateDirectoryExW(WideTemplate, WideName, Security);

    BaseFree(WideName);
    BaseFree(WideTemplate);
    return Result;
}

BOOLEAN WINAPI CreateSymbolicLinkA(LPCSTR Link, LPCSTR Target, DWORD Flags)
{
    UNUSED(Link);
    UNUSED(Target);
    return CreateSymbolicLinkW(NULL, NULL, Flags);
}

BOOL WINAPI CreateHardLinkA(LPCSTR Link, LPCSTR Target, LPSECURITY_ATTRIBUTES Security)
{
    UNUSED(Link);
    UNUSED(Target);
    return CreateHardLinkW(NULL, NULL, Security);
}

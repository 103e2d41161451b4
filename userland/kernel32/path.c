/* SPDX-License-Identifier: MIT */
/*
 * path.c - DOS paths: full names, the current directory, the system's directories.
 *
 * The rules of DOS paths (types, dots, drive-relative names, devices) are ntdll's (RtlGetFullPathName_U and its family); the calls here
 * add Win32's buffer conventions: a result that fits returns its length without the zero, one that does not returns the size needed
 * with it.
 */
#include "k32.h"
#include "dospath.h"

NTSTATUS BaseOpenPath(LPCWSTR FileName, BASE_PATH *Path)
{
    Path->Name.Buffer = NULL;
    if (FileName == NULL) {
        return STATUS_OBJECT_PATH_NOT_FOUND;
    }
    ULONG Plain = DosPathPlain(FileName, Path->Inline, COUNT_OF(Path->Inline));
    if (Plain != 0) {
        Path->Name = (UNICODE_STRING){(USHORT)(Plain * sizeof(WCHAR)), sizeof(Path->Inline), Path->Inline};
    } else {
        NTSTATUS Status = RtlDosPathNameToNtPathName_U_WithStatus(FileName, &Path->Name, NULL, NULL);
        if (!NT_SUCCESS(Status)) {
            Path->Name.Buffer = NULL;
            /* "" and names of bad syntax: CreateFile and its family say ERROR_PATH_NOT_FOUND. */
            return Status == STATUS_OBJECT_NAME_INVALID ? STATUS_OBJECT_PATH_NOT_FOUND : Status;
        }
    }
    InitializeObjectAttributes(&Path->Attributes, &Path->Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return STATUS_SUCCESS;
}

void BaseFreePath(BASE_PATH *Path)
{
    if (Path->Name.Buffer != NULL && Path->Name.Buffer != Path->Inline) {
        RtlFreeHeap(BasePeb()->ProcessHeap, 0, Path->Name.Buffer);
    }
    Path->Name.Buffer = NULL;
}

DWORD BaseReturnString(const UNICODE_STRING *Source, LPWSTR Target, DWORD Size)
{
    DWORD Length = Source->Length / sizeof(WCHAR);

    if (Target == NULL || Length >= Size) {
        return Length + 1;
    }
    memcpy(Target, Source->Buffer, Source->Length);
    Target[Length] = 0;
    return Length;
}

static DWORD ReturnWide(LPCWSTR Source, LPWSTR Target, DWORD Size)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Source);
    return BaseReturnString(&String, Target, Size);
}

DWORD WINAPI GetFullPathNameW(LPCWSTR Name, DWORD Size, LPWSTR Buffer, LPWSTR *FilePart)
{
    if (FilePart != NULL) {
        *FilePart = NULL;
    }
    if (Name == NULL || Name[0] == 0) {
        return (DWORD)BaseFail(Name == NULL ? ERROR_INVALID_NAME : ERROR_INVALID_NAME);
    }
    ULONG Bytes = RtlGetFullPathName_U(Name, Size > 0x7FFF ? 0xFFFE : Size * sizeof(WCHAR), Buffer, FilePart);
    if (Bytes == 0) {
        return (DWORD)BaseFail(ERROR_INVALID_NAME);
    }
    return Bytes / sizeof(WCHAR);
}

/* The full name in a fresh heap block. */
static LPWSTR FullName(LPCWSTR Name)
{
    DWORD Size = GetFullPathNameW(Name, 0, NULL, NULL);

    for (;;) {
        if (Size == 0) {
            return NULL;
        }
        LPWSTR Buffer = BaseAllocate(((SIZE_T)Size + 1) * sizeof(WCHAR));
        if (Buffer == NULL) {
            return NULL;
        }
        DWORD Got = GetFullPathNameW(Name, Size, Buffer, NULL);
        if (Got != 0 && Got < Size) {
            return Buffer;
        }
        BaseFree(Buffer);
        Size = Got == Size ? Size + 1 : Got;
    }
}

DWORD WINAPI GetFullPathNameA(LPCSTR Name, DWORD Size, LPSTR Buffer, LPSTR *FilePart)
{
    LPWSTR Wide, Full;
    DWORD Length = 0;

    if (FilePart != NULL) {
        *FilePart = NULL;
    }
    if (!BaseFileToWide(Name, &Wide)) {
        return 0;
    }
    Full = FullName(Wide);
    BaseFree(Wide);
    if (Full != NULL) {
        Length = BaseFileToAnsi(Full, wcslen(Full), Buffer, Size);
        if (FilePart != NULL && Length < Size) {
            LPSTR Last = strrchr(Buffer, '\\');
            *FilePart = Last != NULL && Last[1] != 0 ? Last + 1 : NULL;
        }
        BaseFree(Full);
    }
    return Length;
}

DWORD WINAPI GetCurrentDirectoryW(DWORD Size, LPWSTR Buffer)
{
    return RtlGetCurrentDirectory_U(Size > 0x7FFF ? 0xFFFE : Size * sizeof(WCHAR), Buffer) / sizeof(WCHAR);
}

DWORD WINAPI GetCurrentDirectoryA(DWORD Size, LPSTR Buffer)
{
    DWORD Need = GetCurrentDirectoryW(0, NULL) + 1, Length;
    LPWSTR Wide = BaseAllocate(Need * sizeof(WCHAR));

    if (Wide == NULL) {
        return 0;
    }
    Length = GetCurrentDirectoryW(Need, Wide);
    Length = BaseFileToAnsi(Wide, Length < Need ? Length : 0, Buffer, Size);
    BaseFree(Wide);
    return Length;
}

BOOL WINAPI SetCurrentDirectoryW(LPCWSTR Name)
{
    UNICODE_STRING Path;

    if (Name == NULL) {
        return BaseFail(ERROR_INVALID_NAME);
    }
    RtlInitUnicodeString(&Path, Name);
    return BaseResult(RtlSetCurrentDirectory_U(&Path));
}

BOOL WINAPI SetCurrentDirectoryA(LPCSTR Name)
{
    LPWSTR Wide;

    if (!BaseFileToWide(Name, &Wide)) {
        return FALSE;
    }
    BOOL Result = SetCurrentDirectoryW(Wide);
    BaseFree(Wide);
    return Result;
}

static LPCWSTR SystemRoot(void)
{
    return SHARED_DATA->NtSystemRoot;
}

UINT WINAPI GetWindowsDirectoryW(LPWSTR Buffer, UINT Size)
{
    return ReturnWide(SystemRoot(), Buffer, Size);
}

UINT WINAPI GetWindowsDirectoryA(LPSTR Buffer, UINT Size)
{
    return BaseToAnsi(SystemRoot(), wcslen(SystemRoot()), Buffer, Size);
}

UINT WINAPI GetSystemWindowsDirectoryW(LPWSTR Buffer, UINT Size)
{
    return GetWindowsDirectoryW(Buffer, Size);
}

UINT WINAPI GetSystemWindowsDirectoryA(LPSTR Buffer, UINT Size)
{
    return GetWindowsDirectoryA(Buffer, Size);
}

static LPCWSTR SystemDirectory(WCHAR Buffer[MAX_PATH + 16])
{
    wcscpy(Buffer, SystemRoot());
    wcscat(Buffer, L"\\system32");
    return Buffer;
}

UINT WINAPI GetSystemDirectoryW(LPWSTR Buffer, UINT Size)
{
    WCHAR Directory[MAX_PATH + 16];

    return ReturnWide(SystemDirectory(Directory), Buffer, Size);
}

UINT WINAPI GetSystemDirectoryA(LPSTR Buffer, UINT Size)
{
    WCHAR Directory[MAX_PATH + 16];

    SystemDirectory(Directory);
    return BaseToAnsi(Directory, wcslen(Directory), Buffer, Size);
}

/* There are no 32-bit programs here, as on a 64-bit Windows without WOW64 (Server Core with it removed). */
UINT WINAPI GetSystemWow64DirectoryW(LPWSTR Buffer, UINT Size)
{
    UNUSED(Buffer);
    UNUSED(Size);
    return (UINT)BaseFail(ERROR_CALL_NOT_IMPLEMENTED);
}

UINT WINAPI GetSystemWow64DirectoryA(LPSTR Buffer, UINT Size)
{
    UNUSED(Buffer);
    UNUSED(Size);
    return (UINT)BaseFail(ERROR_CALL_NOT_IMPLEMENTED);
}

/* TMP, TEMP, USERPROFILE, then the Windows directory: made full, with a backslash at the end. */
DWORD WINAPI GetTempPathW(DWORD Size, LPWSTR Buffer)
{
    static const LPCWSTR Names[] = {L"TMP", L"TEMP", L"USERPROFILE"};
    WCHAR Value[MAX_PATH + 2], Full[MAX_PATH + 4];
    DWORD Length = 0;

    for (ULONG i = 0; i < COUNT_OF(Names) && (Length == 0 || Length > MAX_PATH); i++) {
        Length = GetEnvironmentVariableW(Names[i], Value, MAX_PATH + 1);
    }
    if (Length == 0 || Length > MAX_PATH) {
        wcscpy(Value, SystemRoot());
    }
    Length = GetFullPathNameW(Value, MAX_PATH + 2, Full, NULL);
    if (Length == 0 || Length > MAX_PATH) {
        return 0;
    }
    if (Full[Length - 1] != L'\\') {
        Full[Length] = L'\\';
        Full[Length + 1] = 0;
    }
    return ReturnWide(Full, Buffer, Size);
}

DWORD WINAPI GetTempPathA(DWORD Size, LPSTR Buffer)
{
    WCHAR Wide[MAX_PATH + 4];
    DWORD Length = GetTempPathW(COUNT_OF(Wide), Wide);

    return Length == 0 ? 0 : BaseFileToAnsi(Wide, Length, Buffer, Size);
}

DWORD WINAPI GetTempPath2W(DWORD Size, LPWSTR Buffer)
{
    return GetTempPathW(Size, Buffer);
}

DWORD WINAPI GetTempPath2A(DWORD Size, LPSTR Buffer)
{
    return GetTempPathA(Size, Buffer);
}

/* PREuuuu.TMP: with Unique 0 the file is made, and numbers are tried until one is free. */
UINT WINAPI GetTempFileNameW(LPCWSTR Directory, LPCWSTR Prefix, UINT Unique, LPWSTR Name)
{
    DWORD Attributes = GetFileAttributesW(Directory);

    if (Attributes == INVALID_FILE_ATTRIBUTES || !(Attributes & FILE_ATTRIBUTE_DIRECTORY) || wcslen(Directory) > MAX_PATH - 14) {
        return (UINT)BaseFail(Attributes == INVALID_FILE_ATTRIBUTES ? ERROR_DIRECTORY : ERROR_BUFFER_OVERFLOW);
    }
    SIZE_T End = wcslen(Directory);
    memcpy(Name, Directory, End * sizeof(WCHAR));
    if (End == 0 || Name[End - 1] != L'\\') {
        Name[End++] = L'\\';
    }
    UINT Start = Unique != 0 ? Unique & 0xFFFF : GetTickCount() & 0xFFFF;
    if (Start == 0) {
        Start = 1;
    }
    for (UINT Number = Start;;) {
        _snwprintf(Name + End, 13, L"%.3s%X.tmp", Prefix == NULL ? L"" : Prefix, Number);
        if (Unique != 0) {
            return Number;
        }
        HANDLE File = CreateFileW(Name, GENERIC_READ, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (File != INVALID_HANDLE_VALUE) {
            CloseHandle(File);
            return Number;
        }
        if (GetLastError() != ERROR_FILE_EXISTS && GetLastError() != ERROR_ALREADY_EXISTS) {
            return 0;
        }
        Number = Number == 0xFFFF ? 1 : Number + 1;
        if (Number == Start) {
            return (UINT)BaseFail(ERROR_FILE_EXISTS);
        }
    }
}

UINT WINAPI GetTempFileNameA(LPCSTR Directory, LPCSTR Prefix, UINT Unique, LPSTR Name)
{
    LPWSTR WideDirectory = NULL, WidePrefix = NULL;
    WCHAR Wide[MAX_PATH + 1];
    UINT Result = 0;

    if (BaseFileToWide(Directory, &WideDirectory) && BaseFileToWide(Prefix, &WidePrefix)) {
        Result = GetTempFileNameW(WideDirectory, WidePrefix, Unique, Wide);
        if (Result != 0) {
            BaseFileToAnsi(Wide, wcslen(Wide), Name, MAX_PATH);
        }
    }
    BaseFree(WideDirectory);
    BaseFree(WidePrefix);
    return Result;
}

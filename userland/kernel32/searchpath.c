/* SPDX-License-Identifier: MIT */
/*
 * searchpath.c - SearchPath, and the directories that CreateProcess and LoadLibrary look through.
 *
 * With a null path the order is: the program's directory, the current directory, System32, System, Windows, PATH.  (MSDN,
 * "CreateProcessW", lists the same six for a program without a directory.)
 */
#include "k32.h"

/* A heap block "dir;dir;..." in that order; null with the last error set. */
static LPWSTR DefaultSearchPath(void)
{
    const UNICODE_STRING *Image = &BaseParameters()->ImagePathName;
    LPCWSTR Root = SHARED_DATA->NtSystemRoot;
    SIZE_T ImageLength = Image->Length / sizeof(WCHAR), Capacity;
    DWORD PathSize = GetEnvironmentVariableW(L"PATH", NULL, 0);

    while (ImageLength > 0 && Image->Buffer[ImageLength - 1] != L'\\') {
        ImageLength--;
    }
    if (ImageLength > 3) {
        ImageLength--; /* "C:\" keeps its backslash */
    }
    Capacity = ImageLength + 3 * (wcslen(Root) + 16) + PathSize + 16;
    LPWSTR Path = BaseAllocate(Capacity * sizeof(WCHAR));
    if (Path == NULL) {
        return NULL;
    }
    memcpy(Path, Image->Buffer, ImageLength * sizeof(WCHAR));
    Path[ImageLength] = 0;
    wcscat(Path, L";.;");
    wcscat(Path, Root);
    wcscat(Path, L"\\system32;");
    wcscat(Path, Root);
    wcscat(Path, L"\\system;");
    wcscat(Path, Root);
    SIZE_T Length = wcslen(Path);
    if (PathSize != 0) {
        Path[Length++] = L';';
        Path[Length] = 0;
        GetEnvironmentVariableW(L"PATH", Path + Length, PathSize);
    }
    return Path;
}

static BOOL HasExtension(LPCWSTR Name)
{
    BOOL Dot = FALSE;

    for (; *Name != 0; Name++) {
        if (*Name == L'\\' || *Name == L'/') {
            Dot = FALSE;
        } else if (*Name == L'.') {
            Dot = TRUE;
        }
    }
    return Dot;
}

/* "a\b", "C:x", "\x", ".\x" and "..\x" are not looked for in a path. */
static BOOL HasDirectory(LPCWSTR Name)
{
    if (RtlDetermineDosPathNameType_U(Name) != RtlPathTypeRelative) {
        return TRUE;
    }
    return Name[0] == L'.' && (Name[1] == L'\\' || Name[1] == L'/' ||
                               (Name[1] == L'.' && (Name[2] == L'\\' || Name[2] == L'/')));
}

/* Joins Directory\Name[Extension] in Buffer and says whether such a file or directory is there. */
static BOOL TryName(LPWSTR Buffer, LPCWSTR Directory, SIZE_T DirectoryLength, LPCWSTR Name, LPCWSTR Extension)
{
    memcpy(Buffer, Directory, DirectoryLength * sizeof(WCHAR));
    if (DirectoryLength != 0 && Buffer[DirectoryLength - 1] != L'\\' && Buffer[DirectoryLength - 1] != L'/') {
        Buffer[DirectoryLength++] = L'\\';
    }
    wcscpy(Buffer + DirectoryLength, Name);
    if (Extension != NULL) {
        wcscat(Buffer, Extension);
    }
    return GetFileAttributesW(Buffer) != INVALID_FILE_ATTRIBUTES;
}

BOOL BaseIsShortage(DWORD Error);

static BOOL TryPath(LPWSTR Buffer, LPCWSTR Path, LPCWSTR Name, LPCWSTR Extension)
{
    while (*Path != 0) {
        LPCWSTR End = wcschr(Path, L';');
        SIZE_T Length = End != NULL ? (SIZE_T)(End - Path) : wcslen(Path);
        LPCWSTR Start = Path;
        Path += Length + (End != NULL);
        if (Length >= 2 && Start[0] == L'"' && Start[Length - 1] == L'"') {
            Start++;
            Length -= 2;
        }
        if (Length != 0 && TryName(Buffer, Start, Length, Name, Extension)) {
            return TRUE;
        }
        if (Length != 0 && BaseIsShortage(GetLastError())) {
            return FALSE;
        }
    }
    return FALSE;
}

/* An error that says nothing about the file: nobody could look. */
BOOL BaseIsShortage(DWORD Error)
{
    return Error == ERROR_NOT_ENOUGH_MEMORY || Error == ERROR_NO_SYSTEM_RESOURCES || Error == ERROR_COMMITMENT_LIMIT || Error == ERROR_OUTOFMEMORY ||
           Error == ERROR_IO_DEVICE || Error == ERROR_SWAPERROR || Error == ERROR_NOT_ENOUGH_QUOTA;
}

DWORD WINAPI SearchPathW(LPCWSTR Path, LPCWSTR Name, LPCWSTR Extension, DWORD Size, LPWSTR Buffer, LPWSTR *FilePart)
{
    LPWSTR Default = NULL, Candidate = NULL;
    DWORD Result = 0;
    BOOL Found;

    if (Name == NULL || Name[0] == 0) {
        return (DWORD)BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (HasExtension(Name)) {
        Extension = NULL;
    }
    if (Path == NULL) {
        Path = Default = DefaultSearchPath();
        if (Path == NULL) {
            return 0;
        }
    }
    SIZE_T Capacity = wcslen(Path) + wcslen(Name) + (Extension != NULL ? wcslen(Extension) : 0) + 4;
    Candidate = BaseAllocate(Capacity * sizeof(WCHAR));
    if (Candidate == NULL) {
        goto Cleanup;
    }
    if (HasDirectory(Name)) {
        Found = TryName(Candidate, L"", 0, Name, NULL) || (Extension != NULL && TryName(Candidate, L"", 0, Name, Extension));
    } else {
        Found = TryPath(Candidate, Path, Name, Extension);
    }
    if (Found) {
        Result = GetFullPathNameW(Candidate, Size, Buffer, FilePart);
    } else if (!BaseIsShortage(GetLastError())) {
        BaseFail(ERROR_FILE_NOT_FOUND);
    }
Cleanup:
    BaseFree(Candidate);
    BaseFree(Default);
    return Result;
}

DWORD WINAPI SearchPathA(LPCSTR Path, LPCSTR Name, LPCSTR Extension, DWORD Size, LPSTR Buffer, LPSTR *FilePart)
{
    LPWSTR WidePath = NULL, WideName = NULL, WideExtension = NULL, Wide = NULL;
    DWORD Result = 0;

    if (BaseFileToWide(Path, &WidePath) && BaseFileToWide(Name, &WideName) && BaseFileToWide(Extension, &WideExtension) &&
        (Wide = BaseAllocate(MAX_LONG_PATH * sizeof(WCHAR))) != NULL) {
        DWORD Length = SearchPathW(WidePath, WideName, WideExtension, MAX_LONG_PATH - 1, Wide, NULL);
        if (Length != 0 && Length < MAX_LONG_PATH) {
            Result = BaseFileToAnsi(Wide, Length, Buffer, Size);
            if (FilePart != NULL && Result < Size) {
                LPSTR Last = strrchr(Buffer, '\\');
                *FilePart = Last != NULL ? Last + 1 : Buffer;
            }
        }
    }
    BaseFree(Wide);
    BaseFree(WideExtension);
    BaseFree(WideName);
    BaseFree(WidePath);
    return Result;
}

BOOL WINAPI NeedCurrentDirectoryForExePathW(LPCWSTR Name)
{
    return wcschr(Name, L'\\') != NULL || GetEnvironmentVariableW(L"NoDefaultCurrentDirectoryInExePath", NULL, 0) == 0;
}

BOOL WINAPI NeedCurrentDirectoryForExePathA(LPCSTR Name)
{
    return strchr(Name, '\\') != NULL || GetEnvironmentVariableW(L"NoDefaultCurrentDirectoryInExePath", NULL, 0) == 0;
}

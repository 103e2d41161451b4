/* SPDX-License-Identifier: MIT */
/*
 * find.c - FindFirstFile and its family.
 *
 * A search handle is a heap block with the directory's handle and a buffer of entries.  The pattern goes to the file system, after the DOS
 * rewriting that makes "*." and "*.*" mean what they meant: '?' becomes DOS_QM '>', a '.' before a wild card DOS_DOT '"', a '*' before
 * a '.' DOS_STAR '<'.  (FsRtlIsNameInExpression in the DDK tells what the three match.)
 */
#include "k32.h"

#define FIND_SIGNATURE 0x646E6946u /* "Find" */

typedef struct _FIND
{
    ULONG Signature;
    HANDLE Directory;
    FILE_BOTH_DIRECTORY_INFORMATION *Next; /* null: ask again */
    BOOL DirectoriesOnly;
    DECLSPEC_ALIGN(8) UCHAR Buffer[4096];
} FIND;

static void RewritePattern(UNICODE_STRING *Pattern)
{
    SIZE_T Length = Pattern->Length / sizeof(WCHAR);
    WCHAR *p = Pattern->Buffer;

    if (Length == 3 && p[0] == L'*' && p[1] == L'.' && p[2] == L'*') {
        Pattern->Length = sizeof(WCHAR);
        return;
    }
    for (SIZE_T i = 0; i < Length; i++) {
        BOOL Last = i + 1 == Length;
        if (p[i] == L'?') {
            p[i] = L'>';
        } else if (p[i] == L'.' && !Last && (p[i + 1] == L'?' || p[i + 1] == L'*')) {
            p[i] = L'"';
        } else if (p[i] == L'*' && !Last && (p[i + 1] == L'.' || p[i + 1] == L'"')) {
            p[i] = L'<';
        }
    }
}

static void CopyEntry(const FILE_BOTH_DIRECTORY_INFORMATION *Entry, LPWIN32_FIND_DATAW Data)
{
    ULONG Length = Entry->FileNameLength < (MAX_PATH - 1) * sizeof(WCHAR) ? Entry->FileNameLength : (MAX_PATH - 1) * sizeof(WCHAR);

    memset(Data, 0, sizeof(*Data));
    Data->dwFileAttributes = Entry->FileAttributes;
    memcpy(&Data->ftCreationTime, &Entry->CreationTime, sizeof(FILETIME));
    memcpy(&Data->ftLastAccessTime, &Entry->LastAccessTime, sizeof(FILETIME));
    memcpy(&Data->ftLastWriteTime, &Entry->LastWriteTime, sizeof(FILETIME));
    Data->nFileSizeHigh = (DWORD)Entry->EndOfFile.HighPart;
    Data->nFileSizeLow = Entry->EndOfFile.LowPart;
    memcpy(Data->cFileName, Entry->FileName, Length);
    memcpy(Data->cAlternateFileName, Entry->ShortName,
           (ULONG)Entry->ShortNameLength <= 12 * sizeof(WCHAR) ? (ULONG)Entry->ShortNameLength : 0);
}

static NTSTATUS NextEntry(FIND *Find, PUNICODE_STRING Pattern, LPWIN32_FIND_DATAW Data)
{
    IO_STATUS_BLOCK Io;

    for (;;) {
        if (Find->Next == NULL) {
            NTSTATUS Status = NtQueryDirectoryFile(Find->Directory, NULL, NULL, NULL, &Io, Find->Buffer, sizeof(Find->Buffer),
                                                   FileBothDirectoryInformation, FALSE, Pattern, FALSE);
            if (!NT_SUCCESS(Status)) {
                return Status;
            }
            Find->Next = (FILE_BOTH_DIRECTORY_INFORMATION *)Find->Buffer;
        }
        FILE_BOTH_DIRECTORY_INFORMATION *Entry = Find->Next;
        Find->Next = Entry->NextEntryOffset == 0 ? NULL
                                                 : (FILE_BOTH_DIRECTORY_INFORMATION *)((UCHAR *)Entry + Entry->NextEntryOffset);
        Pattern = NULL;
        if (!Find->DirectoriesOnly || (Entry->FileAttributes & FILE_ATTRIBUTE_DIRECTORY)) {
            CopyEntry(Entry, Data);
            return STATUS_SUCCESS;
        }
    }
}

/* Splits the native name: the directory is opened, the last part is left as the pattern. */
static NTSTATUS OpenDirectory(BASE_PATH *Path, UNICODE_STRING *Pattern, PHANDLE Directory)
{
    USHORT Length = Path->Name.Length / sizeof(WCHAR), Start = Length;
    IO_STATUS_BLOCK Io;

    while (Start > 0 && Path->Name.Buffer[Start - 1] != L'\\') {
        Start--;
    }
    Pattern->Buffer = Path->Name.Buffer + Start;
    Pattern->Length = Pattern->MaximumLength = (USHORT)((Length - Start) * sizeof(WCHAR));
    if (Pattern->Length == 0) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    Path->Name.Length = (USHORT)(Start * sizeof(WCHAR));
    NTSTATUS Status = NtOpenFile(Directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &Path->Attributes, &Io,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                 FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT);
    /* the directory itself is part of the path, not of the name looked for */
    return Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_NOT_A_DIRECTORY ? STATUS_OBJECT_PATH_NOT_FOUND : Status;
}

static HANDLE FindFirst(LPCWSTR Name, BOOL DirectoriesOnly, LPWIN32_FIND_DATAW Data)
{
    FIND *Find = BaseAllocate(sizeof(*Find));
    UNICODE_STRING Pattern;
    BASE_PATH Path = {0};

    if (Find == NULL) {
        return INVALID_HANDLE_VALUE;
    }
    Find->Signature = FIND_SIGNATURE;
    Find->Directory = NULL;
    Find->Next = NULL;
    Find->DirectoriesOnly = DirectoriesOnly;
    NTSTATUS Status = BaseOpenPath(Name, &Path);
    if (NT_SUCCESS(Status)) {
        Status = OpenDirectory(&Path, &Pattern, &Find->Directory);
    }
    if (NT_SUCCESS(Status)) {
        /* RtlGetFullPathName drops a trailing dot, but "x." and "*." mean "without extension" in a search. */
        SIZE_T Last = wcslen(Name);
        if (Last >= 2 && Name[Last - 1] == L'.' && Name[Last - 2] == L'*' && Pattern.Buffer[Pattern.Length / sizeof(WCHAR) - 1] == L'*') {
            Pattern.Buffer[Pattern.Length / sizeof(WCHAR) - 1] = L'<';
        } else {
            RewritePattern(&Pattern);
        }
        Status = NextEntry(Find, &Pattern, Data);
        if (Status == STATUS_NO_MORE_FILES) {
            Status = STATUS_NO_SUCH_FILE;
        }
    }
    BaseFreePath(&Path);
    if (!NT_SUCCESS(Status)) {
        if (Find->Directory != NULL) {
            NtClose(Find->Directory);
        }
        BaseFree(Find);
        BaseSetLastNTError(Status);
        return INVALID_HANDLE_VALUE;
    }
    return (HANDLE)Find;
}

HANDLE WINAPI FindFirstFileExW(LPCWSTR Name, FINDEX_INFO_LEVELS Level, LPVOID Data, FINDEX_SEARCH_OPS Operation, LPVOID Filter, DWORD Flags)
{
    if ((Level != FindExInfoStandard && Level != FindExInfoBasic) || Filter != NULL || Operation > FindExSearchLimitToDirectories ||
        (Flags & ~(DWORD)(FIND_FIRST_EX_CASE_SENSITIVE | FIND_FIRST_EX_LARGE_FETCH))) {
        BaseFail(Operation > FindExSearchLimitToDirectories ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (Name == NULL || Name[0] == 0) {
        BaseFail(ERROR_PATH_NOT_FOUND);
        return INVALID_HANDLE_VALUE;
    }
    HANDLE Find = FindFirst(Name, Operation == FindExSearchLimitToDirectories, Data);
    if (Find != INVALID_HANDLE_VALUE && Level == FindExInfoBasic) {
        ((LPWIN32_FIND_DATAW)Data)->cAlternateFileName[0] = 0;
    }
    return Find;
}

HANDLE WINAPI FindFirstFileW(LPCWSTR Name, LPWIN32_FIND_DATAW Data)
{
    return FindFirstFileExW(Name, FindExInfoStandard, Data, FindExSearchNameMatch, NULL, 0);
}

static FIND *AsFind(HANDLE Handle)
{
    FIND *Find = (FIND *)Handle;

    if (Handle == NULL || Handle == INVALID_HANDLE_VALUE || ((ULONG_PTR)Handle & 7) != 0 || (ULONG_PTR)Handle < 0x10000 ||
        Find->Signature != FIND_SIGNATURE) {
        BaseFail(ERROR_INVALID_HANDLE);
        return NULL;
    }
    return Find;
}

BOOL WINAPI FindNextFileW(HANDLE Handle, LPWIN32_FIND_DATAW Data)
{
    FIND *Find = AsFind(Handle);

    return Find != NULL && BaseResult(NextEntry(Find, NULL, Data));
}

BOOL WINAPI FindClose(HANDLE Handle)
{
    FIND *Find = AsFind(Handle);

    if (Find == NULL) {
        return FALSE;
    }
    Find->Signature = 0;
    NtClose(Find->Directory);
    BaseFree(Find);
    return TRUE;
}

/* ---- A forms ---------------------------------------------------------------------------------------------------------------------- */

static void ToAnsi(const WIN32_FIND_DATAW *Wide, LPWIN32_FIND_DATAA Data)
{
    memcpy(Data, Wide, offsetof(WIN32_FIND_DATAA, cFileName));
    Data->cFileName[0] = Data->cAlternateFileName[0] = 0;
    BaseFileToAnsi(Wide->cFileName, wcslen(Wide->cFileName), Data->cFileName, sizeof(Data->cFileName));
    BaseFileToAnsi(Wide->cAlternateFileName, wcslen(Wide->cAlternateFileName), Data->cAlternateFileName, sizeof(Data->cAlternateFileName));
}

HANDLE WINAPI FindFirstFileExA(LPCSTR Name, FINDEX_INFO_LEVELS Level, LPVOID Data, FINDEX_SEARCH_OPS Operation, LPVOID Filter, DWORD Flags)
{
    WIN32_FIND_DATAW WideData;
    LPWSTR Wide;

    if (!BaseFileToWide(Name, &Wide)) {
        return INVALID_HANDLE_VALUE;
    }
    HANDLE Find = FindFirstFileExW(Wide, Level, &WideData, Operation, Filter, Flags);
    BaseFree(Wide);
    if (Find != INVALID_HANDLE_VALUE) {
        ToAnsi(&WideData, Data);
    }
    return Find;
}

HANDLE WINAPI FindFirstFileA(LPCSTR Name, LPWIN32_FIND_DATAA Data)
{
    return FindFirstFileExA(Name, FindExInfoStandard, Data, FindExSearchNameMatch, NULL, 0);
}

BOOL WINAPI FindNextFileA(HANDLE Handle, LPWIN32_FIND_DATAA Data)
{
    WIN32_FIND_DATAW Wide;

    if (!FindNextFileW(Handle, &Wide)) {
        return FALSE;
    }
    ToAnsi(&Wide, Data);
    return TRUE;
}

/* SPDX-License-Identifier: MIT */
/*
 * manage.c - md, rd, del, ren: what changes directories and does not touch data.
 */
#include "cmd.h"

static void Syntax(void)
{
    PrintError(L"The syntax of the command is incorrect.\r\n");
    Cmd.ErrorLevel = 1;
}

static BOOL IsDots(LPCWSTR Name)
{
    return wcscmp(Name, L".") == 0 || wcscmp(Name, L"..") == 0;
}

/* ---- md --------------------------------------------------------------------------------------------------------------------------- */

/* With every directory on the way that is not there. */
static BOOL MakeDirectory(LPCWSTR Path)
{
    LPWSTR Full = FullPath(Path);

    if (CreateDirectoryW(Full, NULL)) {
        return TRUE;
    }
    if (GetLastError() != ERROR_PATH_NOT_FOUND) {
        return FALSE;
    }
    for (LPWSTR p = Full + 3; *p != 0; p++) {
        if (*p == L'\\') {
            *p = 0;
            if (!CreateDirectoryW(Full, NULL) && GetLastError() != ERROR_ALREADY_EXISTS) {
                return FALSE;
            }
            *p = L'\\';
        }
    }
    return CreateDirectoryW(Full, NULL);
}

void DoMd(LPCWSTR Arguments)
{
    LPWSTR Word = NextWord(&Arguments);

    Cmd.ErrorLevel = 0;
    if (Word == NULL) {
        Syntax();
    }
    for (; Word != NULL; Word = NextWord(&Arguments)) {
        if (!MakeDirectory(Word)) {
            if (GetLastError() == ERROR_ALREADY_EXISTS) {
                PrintError(L"A subdirectory or file %s already exists.\r\n", Word);
            } else {
                PrintSystemError(GetLastError(), Word);
            }
            Cmd.ErrorLevel = 1;
        }
    }
}

/* ---- rd --------------------------------------------------------------------------------------------------------------------------- */

/* Everything in the directory and it itself; goes on after a failure and returns the first error. */
static DWORD RemoveTree(LPCWSTR Directory, int Depth)
{
    WIN32_FIND_DATAW Data;
    DWORD First = 0;
    HANDLE Find = Depth < 64 ? FindFirstFileW(JoinPath(Directory, L"*"), &Data) : INVALID_HANDLE_VALUE;

    for (BOOL More = Find != INVALID_HANDLE_VALUE; More; More = FindNextFileW(Find, &Data)) {
        ARENA_MARK Mark = CmdMark();
        LPWSTR Path = JoinPath(Directory, Data.cFileName);
        DWORD Error = 0;
        if (IsDots(Data.cFileName)) {
            continue;
        }
        if (Data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) {
            Error = RemoveTree(Path, Depth + 1);
        } else {
            if (Data.dwFileAttributes & FILE_ATTRIBUTE_READONLY) {
                SetFileAttributesW(Path, FILE_ATTRIBUTE_NORMAL);
            }
            Error = DeleteFileW(Path) ? 0 : GetLastError();
        }
        if (Error != 0 && First == 0) {
            First = Error;
            PrintError(L"%s - ", Path);
            PrintSystemError(Error, Path);
        }
        CmdRelease(Mark);
    }
    if (Find != INVALID_HANDLE_VALUE) {
        FindClose(Find);
    }
    if (First == 0 && !RemoveDirectoryW(Directory)) {
        First = GetLastError();
        PrintSystemError(First, Directory);
    }
    return First;
}

void DoRd(LPCWSTR Arguments)
{
    BOOL Tree = FALSE, Quiet = FALSE, Any = FALSE;
    LPWSTR Names[64];
    int Count = 0;

    Cmd.ErrorLevel = 0;
    for (LPWSTR Word = NextWord(&Arguments); Word != NULL; Word = NextWord(&Arguments)) {
        Tree |= IsSwitch(Word, L's');
        Quiet |= IsSwitch(Word, L'q');
        if (Word[0] != L'/' && Count < (int)COUNT_OF(Names)) {
            Names[Count++] = Word;
            Any = TRUE;
        }
    }
    if (!Any) {
        Syntax();
    }
    for (int i = 0; i < Count; i++) {
        if (Tree && IsDirectory(Names[i])) {
            if (Quiet || Cmd.Batch != NULL || Ask(L"YN", L"%s, Are you sure (Y/N)? ", Names[i]) == L'Y') {
                DWORD Error = RemoveTree(FullPath(Names[i]), 0);
                Cmd.ErrorLevel = Error != 0 ? Error : Cmd.ErrorLevel;
            }
        } else if (!RemoveDirectoryW(Names[i])) {
            Cmd.ErrorLevel = GetLastError();
            PrintSystemError(Cmd.ErrorLevel, Names[i]);
        }
    }
}

/* ---- del -------------------------------------------------------------------------------------------------------------------------- */

typedef struct _DEL_OPTIONS
{
    BOOL Prompt, Force, Tree, Quiet;
    DWORD Wanted, Unwanted; /* attributes, of /a */
    BOOL ByAttributes;
    ULONG Deleted;
} DEL_OPTIONS;

static void DeleteOne(DEL_OPTIONS *Options, LPCWSTR Path, DWORD Attributes)
{
    if (Options->Prompt && Ask(L"YN", L"%s, Delete (Y/N)? ", Path) != L'Y') {
        Options->Deleted++;
        return;
    }
    if (Options->Force && (Attributes & FILE_ATTRIBUTE_READONLY)) {
        SetFileAttributesW(Path, Attributes & ~FILE_ATTRIBUTE_READONLY);
    }
    if (DeleteFileW(Path)) {
        if (Options->Tree) {
            Print(L"Deleted file - %s\r\n", Path);
        }
    } else {
        PrintError(L"%s\r\n", Path);
        PrintSystemError(GetLastError(), Path);
    }
    Options->Deleted++; /* it was there: no "could not find" */
}

static BOOL Matches(const DEL_OPTIONS *Options, DWORD Attributes)
{
    if (Attributes & FILE_ATTRIBUTE_DIRECTORY) {
        return FALSE;
    }
    return Options->ByAttributes ? (Attributes & Options->Wanted) == Options->Wanted && (Attributes & Options->Unwanted) == 0
                                 : (Attributes & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM)) == 0;
}

static void DeleteMatches(DEL_OPTIONS *Options, LPCWSTR Directory, LPCWSTR Pattern, int Depth)
{
    WIN32_FIND_DATAW Data;
    HANDLE Find = FindFirstFileW(JoinPath(Directory, Pattern), &Data);

    for (BOOL More = Find != INVALID_HANDLE_VALUE; More; More = FindNextFileW(Find, &Data)) {
        if (Matches(Options, Data.dwFileAttributes)) {
            DeleteOne(Options, JoinPath(Directory, Data.cFileName), Data.dwFileAttributes);
        }
    }
    if (Find != INVALID_HANDLE_VALUE) {
        FindClose(Find);
    }
    Find = Options->Tree && Depth < 64 ? FindFirstFileW(JoinPath(Directory, L"*"), &Data) : INVALID_HANDLE_VALUE;
    for (BOOL More = Find != INVALID_HANDLE_VALUE; More; More = FindNextFileW(Find, &Data)) {
        if ((Data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) && !IsDots(Data.cFileName)) {
            DeleteMatches(Options, JoinPath(Directory, Data.cFileName), Pattern, Depth + 1);
        }
    }
    if (Find != INVALID_HANDLE_VALUE) {
        FindClose(Find);
    }
}

static void ReadAttributeLetters(DEL_OPTIONS *Options, LPCWSTR p)
{
    static const struct { WCHAR Letter; DWORD Bit; } Letters[] = {{L'r', FILE_ATTRIBUTE_READONLY}, {L'h', FILE_ATTRIBUTE_HIDDEN},
                                                                  {L's', FILE_ATTRIBUTE_SYSTEM}, {L'a', FILE_ATTRIBUTE_ARCHIVE}};
    Options->ByAttributes = TRUE;
    for (BOOL Not = FALSE; *p != 0; p++) {
        for (ULONG i = 0; i < COUNT_OF(Letters); i++) {
            *((*p | 0x20) != Letters[i].Letter ? &(DWORD){0} : Not ? &Options->Unwanted : &Options->Wanted) |= Letters[i].Bit;
        }
        Not = *p == L'-';
    }
}

static void DeletePattern(DEL_OPTIONS *Options, LPCWSTR Name)
{
    LPWSTR Full = FullPath(Name), Directory = DirectoryOf(Full);
    LPCWSTR Pattern = Full + wcslen(Directory);

    if (!IsWild(Full) && IsDirectory(Full)) {
        Directory = Full;
        Pattern = L"*";
    }
    if ((wcscmp(Pattern, L"*") == 0 || wcscmp(Pattern, L"*.*") == 0) && !Options->Quiet && Cmd.Batch == NULL &&
        Ask(L"YN", L"%s, Are you sure (Y/N)? ", JoinPath(Directory, Pattern)) != L'Y') {
        return;
    }
    Options->Deleted = 0;
    DeleteMatches(Options, Directory, Pattern, 0);
    if (Options->Deleted == 0) {
        PrintError(L"Could Not Find %s\r\n", JoinPath(Directory, Pattern));
    }
}

void DoDel(LPCWSTR Arguments)
{
    DEL_OPTIONS Options = {0};
    LPWSTR Names[64];
    int Count = 0;

    Cmd.ErrorLevel = 0;
    for (LPWSTR Word = NextWord(&Arguments); Word != NULL; Word = NextWord(&Arguments)) {
        if (IsSwitch(Word, L'a')) {
            ReadAttributeLetters(&Options, Word + 2);
        } else if (Word[0] == L'/') {
            Options.Prompt |= IsSwitch(Word, L'p');
            Options.Force |= IsSwitch(Word, L'f');
            Options.Tree |= IsSwitch(Word, L's');
            Options.Quiet |= IsSwitch(Word, L'q');
        } else if (Count < (int)COUNT_OF(Names)) {
            Names[Count++] = Word;
        }
    }
    if (Count == 0) {
        Syntax();
    }
    for (int i = 0; i < Count; i++) {
        DeletePattern(&Options, Names[i]);
    }
}

/* ---- ren -------------------------------------------------------------------------------------------------------------------------- */

/* The new name: '?' takes the old name's character at that place, '*' the rest up to the dot (or to the end). */
static LPWSTR NewName(LPCWSTR Old, LPCWSTR Pattern)
{
    LPCWSTR o = Old;
    TEXT Name = {0};

    TextAdd(&Name, L"", 0);
    for (LPCWSTR p = Pattern; *p != 0; p++) {
        if (*p == L'*') {
            LPCWSTR Dot = p[1] == L'.' ? wcsrchr(o, L'.') : NULL, End = Dot != NULL ? Dot : o + wcslen(o);
            TextAdd(&Name, o, (SIZE_T)(End - o));
            o = End;
        } else if (*p == L'?') {
            if (*o != 0 && *o != L'.') {
                TextAddCharacter(&Name, *o++);
            }
        } else {
            TextAddCharacter(&Name, *p);
            if (*p == L'.') {
                LPCWSTR Dot = wcschr(o, L'.');
                o = Dot != NULL ? Dot + 1 : o + wcslen(o);
            } else if (*o != 0 && *o != L'.') {
                o++;
            }
        }
    }
    while (Name.Length > 0 && Name.Buffer[Name.Length - 1] == L'.') {
        Name.Buffer[--Name.Length] = 0;
    }
    return Name.Buffer;
}

void DoRen(LPCWSTR Arguments)
{
    LPWSTR From = NextWord(&Arguments), To = NextWord(&Arguments);
    WIN32_FIND_DATAW Data;
    BOOL Any = FALSE;

    Cmd.ErrorLevel = 0;
    if (To == NULL || wcspbrk(To, L"\\/:") != NULL || NextWord(&Arguments) != NULL) {
        Syntax();
        return;
    }
    LPWSTR Directory = DirectoryOf(From);
    HANDLE Find = FindFirstFileW(From, &Data);
    for (BOOL More = Find != INVALID_HANDLE_VALUE; More; More = FindNextFileW(Find, &Data)) {
        if (IsDots(Data.cFileName) || (IsWild(From) && (Data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))) {
            continue;
        }
        Any = TRUE;
        if (!MoveFileExW(JoinPath(Directory, Data.cFileName), JoinPath(Directory, NewName(Data.cFileName, To)), 0)) {
            DWORD Error = GetLastError();
            if (Error == ERROR_ALREADY_EXISTS || Error == ERROR_FILE_EXISTS) {
                PrintError(L"A duplicate file name exists, or the file\r\ncannot be found.\r\n");
            } else {
                PrintSystemError(Error, From);
            }
            Cmd.ErrorLevel = 1;
            break;
        }
    }
    if (Find != INVALID_HANDLE_VALUE) {
        FindClose(Find);
    }
    if (!Any) {
        PrintSystemError(ERROR_FILE_NOT_FOUND, From);
        Cmd.ErrorLevel = 1;
    }
}

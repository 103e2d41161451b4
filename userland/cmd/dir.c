/* SPDX-License-Identifier: MIT */
/*
 * dir.c - dir [path] [/b] [/w] [/s] [/a[d|-d]] [/o[n|e|s|d|g|-]]: in the order of the volume, unless /o asks for another.
 */
#include "cmd.h"

typedef struct _DIR_OPTIONS
{
    BOOL Bare, Wide, Recurse, Hidden;
    int Directories; /* 1: only, -1: none, 0: both */
    LPCWSTR Order;   /* letters of /o, null: as they come */
    BOOL Failed;     /* something could not be read, and that was said */
    ULONGLONG TotalFiles, TotalBytes, TotalDirectories;
} DIR_OPTIONS;

/* 1234567 as 1,234,567, right-aligned by the caller's %*s. */
static LPWSTR Grouped(ULONGLONG Value)
{
    WCHAR Digits[32];
    TEXT Text = {0};
    int Length = _snwprintf(Digits, COUNT_OF(Digits), L"%llu", Value);

    for (int i = 0; i < Length; i++) {
        if (i != 0 && (Length - i) % 3 == 0) {
            TextAddCharacter(&Text, L',');
        }
        TextAddCharacter(&Text, Digits[i]);
    }
    return Text.Buffer;
}

static BOOL Wanted(const DIR_OPTIONS *Options, const WIN32_FIND_DATAW *Data)
{
    BOOL Directory = (Data->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;

    if (!Options->Hidden && (Data->dwFileAttributes & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM))) {
        return FALSE;
    }
    return Options->Directories == 0 || (Options->Directories > 0) == Directory;
}

static void ShowEntry(const DIR_OPTIONS *Options, LPCWSTR Directory, const WIN32_FIND_DATAW *Data, int *Column)
{
    BOOL IsDirectory = (Data->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    ULONGLONG Size = ((ULONGLONG)Data->nFileSizeHigh << 32) | Data->nFileSizeLow;
    FILETIME Local;
    SYSTEMTIME Time;

    if (Options->Bare) {
        if (wcscmp(Data->cFileName, L".") != 0 && wcscmp(Data->cFileName, L"..") != 0) {
            Print(Options->Recurse ? L"%s%s\r\n" : L"%.0s%s\r\n", Directory, Data->cFileName);
        }
        return;
    }
    if (Options->Wide) {
        WCHAR Name[MAX_PATH + 4];
        _snwprintf(Name, COUNT_OF(Name), IsDirectory ? L"[%s]" : L"%s", Data->cFileName);
        Print(L"%-19s%s", Name, ++*Column % 4 == 0 ? L"\r\n" : L" ");
        return;
    }
    FileTimeToLocalFileTime(&Data->ftLastWriteTime, &Local);
    FileTimeToSystemTime(&Local, &Time);
    Print(L"%02u/%02u/%04u  %02u:%02u %s ", Time.wMonth, Time.wDay, Time.wYear, Time.wHour % 12 == 0 ? 12 : Time.wHour % 12, Time.wMinute,
          Time.wHour < 12 ? L"AM" : L"PM");
    if (IsDirectory) {
        Print(L"   <DIR>          %s\r\n", Data->cFileName);
    } else {
        Print(L"%17s %s\r\n", Grouped(Size), Data->cFileName);
    }
}

typedef struct _ENTRY
{
    struct _ENTRY *Next;
    WIN32_FIND_DATAW Data;
} ENTRY;

static int CompareBy(WCHAR Letter, const WIN32_FIND_DATAW *a, const WIN32_FIND_DATAW *b)
{
    LPCWSTR First = wcsrchr(a->cFileName, L'.'), Second = wcsrchr(b->cFileName, L'.');
    ULONGLONG Sizes[2] = {((ULONGLONG)a->nFileSizeHigh << 32) | a->nFileSizeLow, ((ULONGLONG)b->nFileSizeHigh << 32) | b->nFileSizeLow};

    switch (Letter) {
    case L'n':
        return _wcsicmp(a->cFileName, b->cFileName);
    case L'e':
        return _wcsicmp(First != NULL ? First : L"", Second != NULL ? Second : L"");
    case L's':
        return Sizes[0] < Sizes[1] ? -1 : Sizes[0] > Sizes[1];
    case L'd':
        return CompareFileTime(&a->ftLastWriteTime, &b->ftLastWriteTime);
    case L'g':
        return (int)(b->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) - (int)(a->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY);
    default:
        return 0;
    }
}

/* "gn": directories first, then by name; '-' turns the next letter round. */
static int CompareEntries(LPCWSTR Order, const WIN32_FIND_DATAW *a, const WIN32_FIND_DATAW *b)
{
    int Result = 0;

    for (BOOL Reverse = FALSE; Result == 0 && *Order != 0; Order++) {
        if (*Order == L'-') {
            Reverse = TRUE;
        } else {
            Result = CompareBy(*Order | 0x20, a, b) * (Reverse ? -1 : 1);
            Reverse = FALSE;
        }
    }
    return Result;
}

/* The wanted entries, sorted if that was asked for; *Error says why there is nothing. */
static ENTRY *ReadEntries(const DIR_OPTIONS *Options, LPCWSTR Path, DWORD *Error)
{
    WIN32_FIND_DATAW Data;
    ENTRY *First = NULL, **Last = &First;
    HANDLE Find = FindFirstFileW(Path, &Data);

    *Error = Find == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    for (BOOL More = Find != INVALID_HANDLE_VALUE; More; More = FindNextFileW(Find, &Data)) {
        ENTRY *Entry, **At = Last;
        if (!Wanted(Options, &Data)) {
            continue;
        }
        Entry = CmdAllocate(sizeof(*Entry));
        Entry->Data = Data;
        if (Options->Order != NULL) {
            for (At = &First; *At != NULL && CompareEntries(Options->Order, &(*At)->Data, &Data) <= 0; At = &(*At)->Next) {
            }
        }
        Entry->Next = *At;
        *At = Entry;
        Last = Entry->Next == NULL ? &Entry->Next : Last;
    }
    if (Find != INVALID_HANDLE_VALUE) {
        *Error = GetLastError();
        FindClose(Find);
    }
    return First;
}

/* Directory ends in a backslash. FALSE: nothing matched. */
static BOOL ListDirectory(DIR_OPTIONS *Options, LPCWSTR Directory, LPCWSTR Pattern)
{
    ULONGLONG Files = 0, Bytes = 0, Directories = 0;
    ARENA_MARK Mark = CmdMark();
    TEXT Path = {0};
    int Column = 0;
    DWORD Error;

    TextAddString(&Path, Directory);
    TextAddString(&Path, Pattern);
    ENTRY *First = ReadEntries(Options, Path.Buffer, &Error);
    if (First != NULL && !Options->Bare) {
        SIZE_T Length = wcslen(Directory);
        Print(L"\r\n Directory of %.*s\r\n\r\n", (int)(Length > 3 ? Length - 1 : Length), Directory);
    }
    for (ENTRY *Entry = First; Entry != NULL; Entry = Entry->Next) {
        ShowEntry(Options, Directory, &Entry->Data, &Column);
        if (Entry->Data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) {
            Directories++;
        } else {
            Files++;
            Bytes += ((ULONGLONG)Entry->Data.nFileSizeHigh << 32) | Entry->Data.nFileSizeLow;
        }
    }
    if (First != NULL && !Options->Bare) {
        Print(L"%s%16s File(s) %14s bytes\r\n", Options->Wide && Column % 4 != 0 ? L"\r\n" : L"", Grouped(Files), Grouped(Bytes));
    }
    if (Error != ERROR_NO_MORE_FILES && Error != ERROR_FILE_NOT_FOUND) {
        PrintSystemError(Error, Path.Buffer); /* a directory that cannot be read is not an empty one */
        Cmd.ErrorLevel = 1;
        Options->Failed = TRUE;
    }
    Options->TotalFiles += Files;
    Options->TotalBytes += Bytes;
    Options->TotalDirectories += Directories;
    CmdRelease(Mark);
    return First != NULL;
}

static BOOL ListTree(DIR_OPTIONS *Options, LPCWSTR Directory, LPCWSTR Pattern, int Depth)
{
    BOOL Any = ListDirectory(Options, Directory, Pattern);
    WIN32_FIND_DATAW Data;
    TEXT All = {0};
    HANDLE Find;

    if (!Options->Recurse || Depth > 64) {
        return Any;
    }
    TextAddString(&All, Directory);
    TextAddString(&All, L"*");
    Find = FindFirstFileW(All.Buffer, &Data);
    for (BOOL More = Find != INVALID_HANDLE_VALUE; More; More = FindNextFileW(Find, &Data)) {
        ARENA_MARK Mark = CmdMark();
        TEXT Below = {0};
        if ((Data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) && wcscmp(Data.cFileName, L".") != 0 && wcscmp(Data.cFileName, L"..") != 0) {
            TextAddString(&Below, Directory);
            TextAddString(&Below, Data.cFileName);
            TextAddString(&Below, L"\\");
            Any |= ListTree(Options, Below.Buffer, Pattern, Depth + 1);
        }
        CmdRelease(Mark);
    }
    if (Find != INVALID_HANDLE_VALUE) {
        FindClose(Find);
    }
    return Any;
}

static void ShowSums(const DIR_OPTIONS *Options, LPCWSTR Directory)
{
    WCHAR Root[4] = {Directory[0], L':', L'\\', 0};
    ULARGE_INTEGER Free = {.QuadPart = 0};

    GetDiskFreeSpaceExW(Root, &Free, NULL, NULL);
    if (Options->Recurse) {
        Print(L"\r\n     Total Files Listed:\r\n%16s File(s) %14s bytes\r\n", Grouped(Options->TotalFiles), Grouped(Options->TotalBytes));
    }
    Print(L"%16s Dir(s) %15s bytes free\r\n", Grouped(Options->TotalDirectories), Grouped(Free.QuadPart));
}

/* "a\b*" is the directory a\ and the pattern b*; a directory's name alone means all in it. */
static void List(DIR_OPTIONS *Options, LPCWSTR Path)
{
    LPWSTR Full = CmdAllocate(32768 * sizeof(WCHAR)), Slash;
    LPCWSTR Pattern = L"*";
    DWORD Length = GetFullPathNameW(Path, 32700, Full, NULL);

    if (Length == 0 || Length >= 32700) {
        PrintSystemError(GetLastError(), Path);
        Cmd.ErrorLevel = 1;
        return;
    }
    DWORD Attributes = GetFileAttributesW(Full);
    if (Attributes != INVALID_FILE_ATTRIBUTES && (Attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        if (Full[Length - 1] != L'\\') {
            wcscpy(Full + Length, L"\\");
        }
    } else {
        Slash = wcsrchr(Full, L'\\');
        if (Slash == NULL || Slash[1] == 0) {
            PrintSystemError(ERROR_FILE_NOT_FOUND, Path);
            Cmd.ErrorLevel = 1;
            return;
        }
        Pattern = CmdCopy(Slash + 1, wcslen(Slash + 1));
        Slash[1] = 0;
    }
    if (!Options->Bare) {
        DoVol(CmdCopy(Full, 2));
    }
    if (!ListTree(Options, Full, Pattern, 0)) {
        if (!Options->Failed) {
            PrintError(L"File Not Found\r\n");
        }
        Cmd.ErrorLevel = 1;
    } else if (!Options->Bare) {
        ShowSums(Options, Full);
    }
}

static void ReadAttributes(DIR_OPTIONS *Options, LPCWSTR Letters)
{
    BOOL Not = FALSE;

    Options->Hidden = TRUE;
    for (; *Letters != 0; Letters++) {
        if (*Letters == L'-') {
            Not = TRUE;
            continue;
        }
        if ((*Letters | 0x20) == L'd') {
            Options->Directories = Not ? -1 : 1;
        }
        Not = FALSE;
    }
}

void DoDir(LPCWSTR Arguments)
{
    DIR_OPTIONS Options = {0};
    LPWSTR Paths[64];
    int Count = 0;

    Cmd.ErrorLevel = 0;
    for (LPWSTR Word = NextWord(&Arguments); Word != NULL; Word = NextWord(&Arguments)) {
        if (IsSwitch(Word, L'b')) {
            Options.Bare = TRUE;
        } else if (IsSwitch(Word, L'w')) {
            Options.Wide = TRUE;
        } else if (IsSwitch(Word, L's')) {
            Options.Recurse = TRUE;
        } else if (IsSwitch(Word, L'o')) {
            Options.Order = Word[2] == L':' ? Word + 3 : Word[2] != 0 ? Word + 2 : L"gn";
        } else if (IsSwitch(Word, L'a')) {
            ReadAttributes(&Options, Word + 2);
        } else if (Word[0] == L'/') {
            PrintError(L"Parameter format not correct - \"%s\".\r\n", Word + 1);
            Cmd.ErrorLevel = 1;
            return;
        } else if (Count < (int)COUNT_OF(Paths)) {
            Paths[Count++] = Word;
        }
    }
    if (Count == 0) {
        List(&Options, L".");
    }
    for (int i = 0; i < Count; i++) {
        List(&Options, Paths[i]);
    }
}

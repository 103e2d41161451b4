/* SPDX-License-Identifier: MIT */
/*
 * files.c - cd, pushd, popd, type, vol.
 */
#include "cmd.h"

/* The directory of each drive is remembered in "=C:", where programs started from here find it too. */
static void RememberDirectory(void)
{
    WCHAR Name[4] = L"=C:";
    LPWSTR Directory = ExpandPercents(L"%CD%");

    if (Directory != NULL && Directory[0] != 0 && Directory[1] == L':') {
        Name[1] = RtlUpcaseUnicodeChar(Directory[0]);
        SetEnvironmentVariableW(Name, Directory);
    }
}

/* A directory's name is printed and used as the volume spells it. */
BOOL ChangeTo(LPCWSTR Path)
{
    LPWSTR Long = CmdAllocate(32768 * sizeof(WCHAR));
    DWORD Attributes = GetFileAttributesW(Path);

    if (Attributes == INVALID_FILE_ATTRIBUTES) {
        PrintError(L"The system cannot find the path specified.\r\n");
        return FALSE;
    }
    if (!(Attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        PrintError(L"The directory name is invalid.\r\n");
        return FALSE;
    }
    LPWSTR Full = CmdAllocate(32768 * sizeof(WCHAR));
    DWORD Length = GetFullPathNameW(Path, 32768, Full, NULL);
    if (Length == 0 || Length >= 32768 || GetLongPathNameW(Full, Long, 32768) == 0) {
        Long = Full;
    }
    if (!SetCurrentDirectoryW(Long)) {
        PrintSystemError(GetLastError(), Path);
        return FALSE;
    }
    RememberDirectory();
    return TRUE;
}

void DoCd(LPCWSTR Arguments)
{
    LPCWSTR Path = SkipBlanks(Arguments);
    BOOL OtherDrive = FALSE;

    Cmd.ErrorLevel = 0;
    if (IsSwitch(Path, L'd') && (Path[2] == L' ' || Path[2] == 0)) {
        OtherDrive = TRUE;
        Path = SkipBlanks(Path + 2);
    }
    Path = Unquote(TrimRight(Path));
    LPWSTR Current = ExpandPercents(L"%CD%");
    if (Path[0] == 0) {
        PrintText(Current, wcslen(Current));
        Print(L"\r\n");
        return;
    }
    if (Path[1] == L':' && !OtherDrive && RtlUpcaseUnicodeChar(Path[0]) != RtlUpcaseUnicodeChar(Current[0])) {
        WCHAR Name[4] = {L'=', RtlUpcaseUnicodeChar(Path[0]), L':', 0};
        if (Path[2] != 0) {
            SetEnvironmentVariableW(Name, Path); /* the other drive's directory changes, the drive does not */
        }
        return;
    }
    Cmd.ErrorLevel = ChangeTo(Path) ? 0 : 1;
}

/* ---- pushd, popd ---------------------------------------------------------------------------------------------------------------- */

typedef struct _PUSHED
{
    struct _PUSHED *Next;
    WCHAR Directory[];
} PUSHED;

static PUSHED *Pushed;

void DoPushd(LPCWSTR Arguments)
{
    LPWSTR Word = Unquote(TrimRight(SkipBlanks(Arguments))), Current = ExpandPercents(L"%CD%");
    PUSHED *New;

    Cmd.ErrorLevel = 0;
    if (Word[0] == 0) {
        for (PUSHED *p = Pushed; p != NULL; p = p->Next) {
            Print(L"%s\r\n", p->Directory);
        }
        return;
    }
    New = HeapAlloc(GetProcessHeap(), 0, sizeof(*New) + (wcslen(Current) + 1) * sizeof(WCHAR));
    if (New == NULL || !ChangeTo(Word)) {
        HeapFree(GetProcessHeap(), 0, New);
        Cmd.ErrorLevel = 1;
        return;
    }
    wcscpy(New->Directory, Current);
    New->Next = Pushed;
    Pushed = New;
}

void DoPopd(LPCWSTR Arguments)
{
    PUSHED *Top = Pushed;

    (void)Arguments;
    Cmd.ErrorLevel = 0;
    if (Top == NULL) {
        Cmd.ErrorLevel = 1;
        return;
    }
    Pushed = Top->Next;
    Cmd.ErrorLevel = ChangeTo(Top->Directory) ? 0 : 1;
    HeapFree(GetProcessHeap(), 0, Top);
}

/* ---- type ------------------------------------------------------------------------------------------------------------------------- */

static BOOL TypeFile(LPCWSTR Path)
{
    HANDLE Output = GetStdHandle(STD_OUTPUT_HANDLE);
    HANDLE File = CreateFileW(Path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, NULL);
    DWORD Read, Written;
    CHAR Buffer[4096];

    if (File == INVALID_HANDLE_VALUE) {
        PrintSystemError(GetLastError(), Path);
        return FALSE;
    }
    BOOL Good;
    while ((Good = ReadFile(File, Buffer, sizeof(Buffer), &Read, NULL)) && Read != 0) {
        if (!WriteFile(Output, Buffer, Read, &Written, NULL)) {
            break;
        }
    }
    if (!Good) {
        PrintSystemError(GetLastError(), Path);
    }
    CloseHandle(File);
    return Good;
}

/* With wild cards, or several names, each file is announced on standard error. */
static void TypePattern(LPCWSTR Pattern, BOOL Announce)
{
    BOOL Wild = wcschr(Pattern, L'*') != NULL || wcschr(Pattern, L'?') != NULL, Any = FALSE;
    WIN32_FIND_DATAW Data;
    HANDLE Find;

    if (!Wild) {
        if (Announce) {
            PrintError(L"\r\n%s\r\n\r\n\r\n", Pattern);
        }
        Cmd.ErrorLevel |= TypeFile(Pattern) ? 0 : 1;
        return;
    }
    Find = FindFirstFileW(Pattern, &Data);
    for (BOOL More = Find != INVALID_HANDLE_VALUE; More; More = FindNextFileW(Find, &Data)) {
        LPCWSTR Slash = wcsrchr(Pattern, L'\\');
        TEXT Path = {0};
        if (Data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) {
            continue;
        }
        TextAdd(&Path, Pattern, Slash != NULL ? (SIZE_T)(Slash + 1 - Pattern) : 0);
        TextAddString(&Path, Data.cFileName);
        PrintError(L"\r\n%s\r\n\r\n\r\n", Path.Buffer);
        Any = TRUE;
        Cmd.ErrorLevel |= TypeFile(Path.Buffer) ? 0 : 1;
    }
    if (Find != INVALID_HANDLE_VALUE) {
        FindClose(Find);
    }
    if (!Any) {
        PrintSystemError(ERROR_FILE_NOT_FOUND, Pattern);
        Cmd.ErrorLevel = 1;
    }
}

void DoType(LPCWSTR Arguments)
{
    LPWSTR Word = NextWord(&Arguments);
    BOOL Several = *SkipBlanks(Arguments) != 0;

    Cmd.ErrorLevel = 0;
    if (Word == NULL) {
        PrintError(L"The syntax of the command is incorrect.\r\n");
        Cmd.ErrorLevel = 1;
    }
    for (; Word != NULL; Word = NextWord(&Arguments)) {
        TypePattern(Word, Several);
    }
}

void DoVol(LPCWSTR Arguments)
{
    LPWSTR Word = NextWord(&Arguments), Current = ExpandPercents(L"%CD%");
    WCHAR Root[4] = {Word != NULL ? Word[0] : Current[0], L':', L'\\', 0}, Label[64];
    DWORD Serial;

    Cmd.ErrorLevel = 0;
    if (!GetVolumeInformationW(Root, Label, COUNT_OF(Label), &Serial, NULL, NULL, NULL, 0)) {
        PrintSystemError(GetLastError(), Root);
        Cmd.ErrorLevel = 1;
        return;
    }
    if (Label[0] != 0) {
        Print(L" Volume in drive %c is %s\r\n", RtlUpcaseUnicodeChar(Root[0]), Label);
    } else {
        Print(L" Volume in drive %c has no label.\r\n", RtlUpcaseUnicodeChar(Root[0]));
    }
    Print(L" Volume Serial Number is %04X-%04X\r\n", Serial >> 16, Serial & 0xFFFF);
}

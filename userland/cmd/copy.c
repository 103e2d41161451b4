/* SPDX-License-Identifier: MIT */
/*
 * copy.c - copy and move.
 *
 * copy has three forms: one source to one target; wild cards, each file to its own target; a+b, all into one.  A target that is a directory, or is not
 * given, means the same names there.  A prompt asks before an existing file is overwritten; a batch file does not.
 */
#include "cmd.h"

typedef struct _COPY
{
    BOOL NoPrompt; /* /y */
    BOOL Binary, Text;
    ULONG Done;
    BOOL Failed;
} COPY;

static void Syntax(void)
{
    PrintError(L"The syntax of the command is incorrect.\r\n");
    Cmd.ErrorLevel = 1;
}

/* The target for one source: a directory takes the name, wild cards take its parts. */
static LPWSTR TargetFor(LPCWSTR Target, LPCWSTR Name)
{
    LPWSTR Directory;
    LPCWSTR Pattern;
    TEXT Result = {0};
    LPCWSTR Dot = wcsrchr(Name, L'.');

    if (!IsWild(Target)) {
        SIZE_T Length = wcslen(Target);
        BOOL Slash = Length > 0 && (Target[Length - 1] == L'\\' || Target[Length - 1] == L'/');
        return Slash || IsDirectory(Target) ? JoinPath(Target, Name) : CmdCopy(Target, Length);
    }
    Directory = DirectoryOf(Target);
    Pattern = Target + wcslen(Directory);
    TextAddString(&Result, Directory);
    for (BOOL Extension = FALSE; *Pattern != 0; Pattern++) {
        if (*Pattern == L'.') {
            Extension = TRUE;
        }
        if (*Pattern == L'*') {
            TextAdd(&Result, Extension && Dot != NULL ? Dot + 1 : Extension ? L"" : Name,
                    Extension ? (Dot != NULL ? wcslen(Dot + 1) : 0) : Dot != NULL ? (SIZE_T)(Dot - Name) : wcslen(Name));
        } else if (*Pattern != L'?') {
            TextAddCharacter(&Result, *Pattern);
        }
    }
    return Result.Buffer;
}

static BOOL MayOverwrite(COPY *Copy, LPCWSTR Target)
{
    if (Copy->NoPrompt || Cmd.Batch != NULL || !Cmd.Interactive || GetFileAttributesW(Target) == INVALID_FILE_ATTRIBUTES) {
        return TRUE;
    }
    WCHAR Answer = Ask(L"YNA", L"Overwrite %s? (Yes/No/All): ", Target);
    Copy->NoPrompt |= Answer == L'A';
    return Answer != L'N';
}

static BOOL IsDevice(LPCWSTR Name)
{
    return _wcsicmp(Name, L"con") == 0 || _wcsicmp(Name, L"nul") == 0;
}

static BOOL SameFile(LPCWSTR First, LPCWSTR Second)
{
    return _wcsicmp(FullPath(First), FullPath(Second)) == 0;
}

static void Fail(COPY *Copy, DWORD Error, LPCWSTR Name)
{
    PrintSystemError(Error, Name);
    Copy->Failed = TRUE;
}

/* Appends a source to an open target; a console's input ends with Ctrl+Z. */
static BOOL Append(COPY *Copy, LPCWSTR Source, HANDLE Target)
{
    HANDLE File = CreateFileW(_wcsicmp(Source, L"con") == 0 ? L"CONIN$" : Source, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, NULL);
    BOOL Console = _wcsicmp(Source, L"con") == 0, Good = TRUE;
    DWORD Read, Written;
    CHAR Buffer[4096];

    if (File == INVALID_HANDLE_VALUE) {
        Fail(Copy, GetLastError(), Source);
        return FALSE;
    }
    while (Good && (Good = ReadFile(File, Buffer, sizeof(Buffer), &Read, NULL)) && Read != 0) {
        PCHAR End = Console || Copy->Text ? memchr(Buffer, 0x1A, Read) : NULL;
        DWORD Length = End != NULL ? (DWORD)(End - Buffer) : Read;
        Good = WriteFile(Target, Buffer, Length, &Written, NULL) && Written == Length;
        if (End != NULL) {
            break;
        }
    }
    if (!Good) {
        Fail(Copy, GetLastError(), Source);
    }
    CloseHandle(File);
    return Good;
}

static BOOL CopyOne(COPY *Copy, LPCWSTR Source, LPCWSTR Target)
{
    if (SameFile(Source, Target)) {
        PrintError(L"The file cannot be copied onto itself.\r\n");
        Copy->Failed = TRUE;
        return FALSE;
    }
    if (!MayOverwrite(Copy, Target)) {
        return TRUE;
    }
    if (IsDevice(Source) || IsDevice(Target)) {
        HANDLE File = CreateFileW(_wcsicmp(Target, L"con") == 0 ? L"CONOUT$" : Target, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                  IsDevice(Target) ? OPEN_EXISTING : CREATE_ALWAYS, 0, NULL);
        if (File == INVALID_HANDLE_VALUE) {
            Fail(Copy, GetLastError(), Target);
            return FALSE;
        }
        BOOL Good = Append(Copy, Source, File);
        CloseHandle(File);
        Copy->Done += Good;
        return Good;
    }
    if (!CopyFileW(Source, Target, FALSE)) {
        Fail(Copy, GetLastError(), Source);
        return FALSE;
    }
    Copy->Done++;
    return TRUE;
}

/* Calls CopyOne for each file that Source names. */
static void CopyEach(COPY *Copy, LPCWSTR Source, LPCWSTR Target)
{
    LPWSTR Pattern = !IsWild(Source) && IsDirectory(Source) ? JoinPath(Source, L"*") : CmdCopy(Source, wcslen(Source));
    LPWSTR Directory = DirectoryOf(Pattern);
    WIN32_FIND_DATAW Data;
    HANDLE Find;

    if (IsDevice(Source)) {
        CopyOne(Copy, Source, Target);
        return;
    }
    Find = FindFirstFileW(Pattern, &Data);
    if (Find == INVALID_HANDLE_VALUE) {
        if (IsWild(Pattern)) {
            Print(L"%s\r\n", Pattern);
        }
        Fail(Copy, GetLastError(), Source);
        return;
    }
    do {
        ARENA_MARK Mark = CmdMark();
        if (!(Data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)) {
            LPWSTR Path = JoinPath(Directory, Data.cFileName);
            if (IsWild(Pattern)) {
                Print(L"%s\r\n", Path);
            }
            if (!CopyOne(Copy, Path, TargetFor(Target, Data.cFileName))) {
                CmdRelease(Mark);
                break;
            }
        }
        CmdRelease(Mark);
    } while (FindNextFileW(Find, &Data));
    FindClose(Find);
}

static void CopyJoined(COPY *Copy, LPWSTR *Sources, int Count, LPCWSTR Target)
{
    HANDLE File;
    int From = 0;

    if (!MayOverwrite(Copy, Target)) {
        return;
    }
    BOOL Extend = SameFile(Sources[0], Target); /* a+b without a target adds b to a */
    File = CreateFileW(Target, GENERIC_WRITE, FILE_SHARE_READ, NULL, Extend ? OPEN_EXISTING : CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (File == INVALID_HANDLE_VALUE) {
        Fail(Copy, GetLastError(), Target);
        return;
    }
    if (Extend) {
        SetFilePointer(File, 0, NULL, FILE_END);
        From = 1;
    }
    for (int i = From; i < Count; i++) {
        Print(L"%s\r\n", Sources[i]);
        Append(Copy, Sources[i], File);
    }
    CloseHandle(File);
    Copy->Done = !Copy->Failed;
}

/* Words and plus signs: "a + b c" is two sources and a target. */
static int ReadNames(LPCWSTR Arguments, COPY *Copy, LPWSTR *Sources, int Size, LPWSTR *Target)
{
    int Count = 0;
    BOOL Plus = TRUE;

    *Target = NULL;
    for (LPCWSTR p = SkipBlanks(Arguments); *p != 0; p = SkipBlanks(p)) {
        LPCWSTR Start = p;
        if (*p == L'+') {
            Plus = TRUE;
            p++;
            continue;
        }
        for (BOOL Quoted = FALSE; *p != 0 && (Quoted || wcschr(L" \t,;=+", *p) == NULL) && (p == Start || Quoted || *p != L'/'); p++) {
            Quoted ^= *p == L'"';
        }
        LPWSTR Word = Unquote(CmdCopy(Start, (SIZE_T)(p - Start)));
        if (Word[0] == L'/') {
            Copy->NoPrompt |= IsSwitch(Word, L'y');
            Copy->Binary |= IsSwitch(Word, L'b');
            Copy->Text |= IsSwitch(Word, L'a');
        } else if (Plus && Count < Size) {
            Sources[Count++] = Word;
            Plus = FALSE;
        } else if (*Target == NULL) {
            *Target = Word;
        } else {
            return 0;
        }
    }
    return Count;
}

void DoCopy(LPCWSTR Arguments)
{
    COPY Copy = {0};
    LPWSTR Sources[64], Target;
    int Count = ReadNames(Arguments, &Copy, Sources, COUNT_OF(Sources), &Target);

    Cmd.ErrorLevel = 0;
    if (Count == 0) {
        Syntax();
        return;
    }
    if (Count > 1) {
        LPWSTR Name = Sources[0] + wcslen(DirectoryOf(Sources[0]));
        CopyJoined(&Copy, Sources, Count, Target == NULL ? Sources[0] : TargetFor(Target, Name));
    } else {
        CopyEach(&Copy, Sources[0], Target != NULL ? Target : L".\\");
    }
    Print(L"%9u file(s) copied.\r\n", Copy.Done);
    Cmd.ErrorLevel = Copy.Failed ? 1 : 0;
}

/* ---- move -------------------------------------------------------------------------------------------------------------------------- */

static void MoveOne(COPY *Copy, LPCWSTR Source, LPCWSTR Target, BOOL Directory)
{
    if (!Directory && !MayOverwrite(Copy, Target)) {
        return;
    }
    if (MoveFileExW(Source, Target, MOVEFILE_COPY_ALLOWED | (Directory ? 0 : MOVEFILE_REPLACE_EXISTING))) {
        Copy->Done++;
    } else {
        Fail(Copy, GetLastError(), Source);
    }
}

void DoMove(LPCWSTR Arguments)
{
    COPY Copy = {0};
    LPWSTR Names[3];
    WIN32_FIND_DATAW Data;
    int Count = 0;
    BOOL Directory = FALSE;

    Cmd.ErrorLevel = 0;
    for (LPWSTR Word = NextWord(&Arguments); Word != NULL && Count < 3; Word = NextWord(&Arguments)) {
        if (Word[0] == L'/') {
            Copy.NoPrompt |= IsSwitch(Word, L'y');
        } else {
            Names[Count++] = Word;
        }
    }
    if (Count == 0 || Count > 2) {
        Syntax();
        return;
    }
    LPCWSTR Target = Count == 2 ? Names[1] : L".\\";
    HANDLE Find = FindFirstFileW(Names[0], &Data);
    if (Find == INVALID_HANDLE_VALUE) {
        Fail(&Copy, GetLastError(), Names[0]);
    } else {
        do {
            BOOL Is = (Data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
            if (wcscmp(Data.cFileName, L".") != 0 && wcscmp(Data.cFileName, L"..") != 0 && !(Is && IsWild(Names[0]))) {
                Directory |= Is;
                MoveOne(&Copy, JoinPath(DirectoryOf(Names[0]), Data.cFileName), TargetFor(Target, Data.cFileName), Is);
            }
        } while (!Copy.Failed && FindNextFileW(Find, &Data));
        FindClose(Find);
        Print(Directory ? L"%9u dir(s) moved.\r\n" : L"%9u file(s) moved.\r\n", Copy.Done);
    }
    Cmd.ErrorLevel = Copy.Failed ? 1 : 0;
}

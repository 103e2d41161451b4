/* SPDX-License-Identifier: MIT */
/*
 * run.c - finding and starting programs.
 *
 * Without a directory in its name a program is looked for in the current directory and then along PATH; in each, the name as it is if it
 * has an extension, then with each of PATHEXT.  The program gets the command line as it was typed.
 */
#include "cmd.h"

/* A file is started under the name that the volume gives it, so the last part of Path is spelt anew ("HELLO.EXE" becomes "hello.exe"). */
static BOOL IsFile(LPWSTR Path)
{
    DWORD Attributes = GetFileAttributesW(Path);
    LPWSTR Part = wcsrchr(Path, L'\\');
    WIN32_FIND_DATAW Data;

    if (Attributes == INVALID_FILE_ATTRIBUTES || (Attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        return FALSE;
    }
    HANDLE Find = FindFirstFileW(Path, &Data);
    if (Find != INVALID_HANDLE_VALUE) {
        Part = Part != NULL ? Part + 1 : Path;
        if (wcslen(Data.cFileName) == wcslen(Part) && wcschr(Part, L':') == NULL) {
            wcscpy(Part, Data.cFileName); /* not in place of a short name: it may be longer than the buffer */
        }
        FindClose(Find);
    }
    return TRUE;
}

static LPWSTR Variable(LPCWSTR Name, LPCWSTR Default)
{
    DWORD Size = GetEnvironmentVariableW(Name, NULL, 0);
    LPWSTR Value;

    if (Size == 0) {
        return CmdCopy(Default, wcslen(Default));
    }
    Value = CmdAllocate((Size + 1) * sizeof(WCHAR));
    GetEnvironmentVariableW(Name, Value, Size);
    return Value;
}

/* Takes the next part of a list with ';', which may be in quotes; FALSE at its end. */
static BOOL NextPart(LPWSTR *List, LPWSTR *Part)
{
    LPWSTR End = *List;
    BOOL Quoted = FALSE;

    if (*End == 0) {
        return FALSE;
    }
    *Part = End;
    for (; *End != 0 && (Quoted || *End != L';'); End++) {
        Quoted ^= *End == L'"';
    }
    *List = *End == 0 ? End : End + 1;
    *End = 0;
    return TRUE;
}

static BOOL HasExtension(LPCWSTR Name)
{
    LPCWSTR Dot = wcsrchr(Name, L'.');

    return Dot != NULL && wcschr(Dot, L'\\') == NULL && Dot[1] != 0;
}

/* Base is a path without, or with, an extension. */
static BOOL TryExtensions(LPCWSTR Base, LPWSTR Path, DWORD Size)
{
    LPWSTR List = Variable(L"PATHEXT", L".COM;.EXE;.BAT;.CMD"), Extension;

    if (wcslen(Base) + 32 > Size) {
        return FALSE;
    }
    wcscpy(Path, Base);
    if (HasExtension(Base) && IsFile(Path)) {
        return TRUE;
    }
    while (NextPart(&List, &Extension)) {
        if (wcslen(Extension) < 31) {
            wcscpy(Path, Base);
            wcscat(Path, Extension);
            if (IsFile(Path)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

BOOL FindProgram(LPCWSTR Name, LPWSTR Path, DWORD Size)
{
    LPWSTR List, Directory;

    if (wcschr(Name, L'\\') != NULL || wcschr(Name, L':') != NULL || wcschr(Name, L'/') != NULL) {
        return TryExtensions(Name, Path, Size);
    }
    if (NeedCurrentDirectoryForExePathW(Name) && TryExtensions(Name, Path, Size)) {
        return TRUE;
    }
    List = Variable(L"PATH", L"");
    while (NextPart(&List, &Directory)) {
        TEXT Base = {0};
        LPWSTR Clean = Unquote(Directory);
        if (Clean[0] == 0) {
            continue;
        }
        TextAddString(&Base, Clean);
        if (Base.Buffer[Base.Length - 1] != L'\\') {
            TextAddCharacter(&Base, L'\\');
        }
        TextAddString(&Base, Name);
        if (TryExtensions(Base.Buffer, Path, Size)) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOL StartProgram(LPCWSTR Path, LPCWSTR Name, LPCWSTR Arguments, DWORD Flags, LPCWSTR Directory, PROCESS_INFORMATION *Process)
{
    STARTUPINFOW Startup = {.cb = sizeof(Startup)};
    LPWSTR Full = CmdAllocate(32768 * sizeof(WCHAR));
    TEXT Line = {0};

    if (GetFullPathNameW(Path, 32768, Full, NULL) == 0) {
        return FALSE;
    }
    Startup.lpTitle = Full;
    TextAddString(&Line, Name);
    TextAddString(&Line, Arguments);
    return CreateProcessW(Full, Line.Buffer, NULL, NULL, TRUE, Flags, NULL, Directory, &Startup, Process);
}

static void NotFound(LPCWSTR Name)
{
    Cmd.NotStarted = TRUE;
    Cmd.StartStatus = STATUS_OBJECT_NAME_NOT_FOUND;
    Cmd.ErrorLevel = CMD_NOT_FOUND;
    PrintError(L"'%.1024s' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n", Name);
}

static BOOL IsBatchFile(LPCWSTR Path)
{
    LPCWSTR Dot = wcsrchr(Path, L'.');

    return Dot != NULL && (_wcsicmp(Dot, L".bat") == 0 || _wcsicmp(Dot, L".cmd") == 0);
}

/* A program that Ctrl+C ended may have been one of many in a batch file. */
static void AskAfterInterrupt(DWORD ExitCode)
{
    if (Cmd.Batch != NULL && ExitCode == (DWORD)STATUS_CONTROL_C_EXIT && Ask(L"YN", L"Terminate batch job (Y/N)? ") == L'Y') {
        Cmd.Exit = !Cmd.Interactive;
        LeaveBatch();
    }
}

static void NotStarted(DWORD Error, NTSTATUS Status, LPCWSTR Path)
{
    Cmd.NotStarted = TRUE;
    Cmd.StartStatus = Status;
    Cmd.ErrorLevel = Error;
    PrintSystemError(Error, Path);
}

/* `find/v x`: what begins at the first '/' is an argument. */
static BOOL SplitSwitch(LPCWSTR *Name, LPCWSTR *Arguments)
{
    LPCWSTR Slash = wcschr(*Name, L'"') == NULL ? wcschr(*Name, L'/') : NULL;
    TEXT Line = {0};

    if (Slash == NULL || Slash == *Name) {
        return FALSE;
    }
    TextAddString(&Line, Slash);
    TextAddString(&Line, *Arguments);
    *Arguments = Line.Buffer;
    *Name = CmdCopy(*Name, (SIZE_T)(Slash - *Name));
    return TRUE;
}

void RunProgram(LPCWSTR Name, LPCWSTR Arguments, BOOL Call)
{
    LPWSTR Path = CmdAllocate(32768 * sizeof(WCHAR)), Clean = Unquote(Name);
    PROCESS_INFORMATION Process;

    if (!FindProgram(Clean, Path, 32768) && SplitSwitch(&Name, &Arguments)) {
        RunProgram(Name, Arguments, Call);
        return;
    }
    if (!FindProgram(Clean, Path, 32768)) {
        if (wcschr(Clean, L'\\') != NULL && GetFileAttributesW(Clean) == INVALID_FILE_ATTRIBUTES && GetLastError() == ERROR_PATH_NOT_FOUND) {
            NotStarted(ERROR_PATH_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND, Clean);
            Cmd.ErrorLevel = 1;
            return;
        }
        NotFound(Clean);
        return;
    }
    if (IsBatchFile(Path)) {
        RunBatch(Path, Name, Arguments, Call);
        return;
    }
    if (!StartProgram(Path, Name, Arguments, 0, NULL, &Process)) {
        NotStarted(GetLastError(), RtlGetLastNtStatus(), Path);
        return;
    }
    Cmd.ErrorLevel = WaitFor(&Process);
    AskAfterInterrupt(Cmd.ErrorLevel);
}

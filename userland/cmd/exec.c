/* SPDX-License-Identifier: MIT */
/*
 * exec.c - running the tree.
 *
 * A redirection replaces a standard handle of cmd itself while the command runs: built-in commands print through it, programs inherit it.
 * The two sides of a pipe run at the same time, each as a child cmd, as on Windows.
 */
#include "cmd.h"

typedef struct _SAVED
{
    HANDLE Old[3];    /* valid where Opened is set */
    HANDLE Opened[3]; /* null: not redirected, or not ours to close */
    BOOL Changed[3];
} SAVED;

static const DWORD StandardIds[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

static HANDLE OpenTarget(const REDIRECT *Redirect)
{
    SECURITY_ATTRIBUTES Inherit = {sizeof(Inherit), NULL, TRUE};
    LPWSTR Name = Unquote(Redirect->File);
    HANDLE File;

    if (Redirect->Input) {
        return CreateFileW(Name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &Inherit, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    }
    File = CreateFileW(Name, GENERIC_WRITE, FILE_SHARE_READ, &Inherit, Redirect->Append ? OPEN_ALWAYS : CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL,
                       NULL);
    if (File != INVALID_HANDLE_VALUE && Redirect->Append) {
        SetFilePointer(File, 0, NULL, FILE_END);
    }
    return File;
}

static BOOL Apply(const REDIRECT *Redirects, SAVED *Saved)
{
    memset(Saved, 0, sizeof(*Saved));
    for (const REDIRECT *r = Redirects; r != NULL; r = r->Next) {
        HANDLE New;
        if (r->Handle > 2 || r->ToHandle > 2) {
            PrintError(L"The handle could not be duplicated\r\nduring redirection of handle %d.\r\n", r->Handle);
            return FALSE;
        }
        if (r->ToHandle >= 0) {
            New = GetStdHandle(StandardIds[r->ToHandle]);
        } else {
            New = OpenTarget(r);
            if (New == INVALID_HANDLE_VALUE) {
                PrintSystemError(GetLastError(), r->File);
                return FALSE;
            }
        }
        if (!Saved->Changed[r->Handle]) {
            Saved->Changed[r->Handle] = TRUE;
            Saved->Old[r->Handle] = GetStdHandle(StandardIds[r->Handle]);
        } else if (Saved->Opened[r->Handle] != NULL) {
            CloseHandle(Saved->Opened[r->Handle]);
        }
        Saved->Opened[r->Handle] = r->ToHandle >= 0 ? NULL : New;
        SetStdHandle(StandardIds[r->Handle], New);
    }
    return TRUE;
}

static void Restore(const SAVED *Saved)
{
    for (int i = 0; i < 3; i++) {
        if (Saved->Changed[i]) {
            SetStdHandle(StandardIds[i], Saved->Old[i]);
        }
        if (Saved->Opened[i] != NULL) {
            CloseHandle(Saved->Opened[i]);
        }
    }
}

/* "C:" as a command changes the drive. */
static BOOL ChangeDrive(LPCWSTR Name)
{
    WCHAR Variable[4] = {L'=', Name[0], L':', 0}, Directory[MAX_PATH];

    if (Name[0] == 0 || Name[1] != L':' || Name[2] != 0) {
        return FALSE;
    }
    DWORD Length = GetEnvironmentVariableW(Variable, Directory, MAX_PATH);
    if (Length == 0 || Length >= MAX_PATH) {
        _snwprintf(Directory, MAX_PATH, L"%c:\\", Name[0]);
    }
    Cmd.ErrorLevel = 0;
    if (!SetCurrentDirectoryW(Directory)) {
        PrintError(L"The system cannot find the drive specified.\r\n");
        Cmd.ErrorLevel = 1;
    }
    return TRUE;
}

static void RunCommand(const NODE *Node)
{
    LPCWSTR Rest;
    BUILTIN Builtin = FindBuiltin(Node->Name, &Rest);

    if (Node->Name[0] == 0) {
        return; /* redirections alone have made their files */
    }
    Cmd.NotStarted = FALSE;
    if (Builtin != NULL) {
        TEXT Arguments = {0};
        TextAddString(&Arguments, Rest);
        TextAddString(&Arguments, Node->Arguments);
        Builtin(Arguments.Buffer);
    } else if (!ChangeDrive(Node->Name)) {
        RunProgram(Node->Name, Node->Arguments);
    }
}

/* cmd.exe /c "text", with one standard handle replaced. */
static BOOL StartSide(const NODE *Node, DWORD Which, HANDLE Handle, PROCESS_INFORMATION *Process)
{
    WCHAR Shell[MAX_PATH];
    TEXT Arguments = {0};
    HANDLE Old = GetStdHandle(Which);

    if (GetEnvironmentVariableW(L"ComSpec", Shell, MAX_PATH) == 0) {
        wcscpy(Shell, L"C:\\Windows\\System32\\cmd.exe");
    }
    TextAddString(&Arguments, L" /s /c \"");
    TextAddString(&Arguments, NodeText(Node));
    TextAddString(&Arguments, L"\"");
    SetStdHandle(Which, Handle);
    BOOL Result = StartProgram(Shell, L"cmd.exe", Arguments.Buffer, 0, NULL, Process);
    SetStdHandle(Which, Old);
    return Result;
}

static void ExecutePipe(const NODE *Node)
{
    SECURITY_ATTRIBUTES Inherit = {sizeof(Inherit), NULL, TRUE};
    PROCESS_INFORMATION Left, Right;
    HANDLE Read, Write;
    DWORD ExitCode = 1;

    if (!CreatePipe(&Read, &Write, &Inherit, 0)) {
        PrintError(L"There are no pipes yet: ");
        PrintSystemError(GetLastError(), L"");
        Cmd.ErrorLevel = 1;
        return;
    }
    /* each side must not hold the other's end, or the reader would never see the end of the data */
    SetHandleInformation(Read, HANDLE_FLAG_INHERIT, 0);
    BOOL HasLeft = StartSide(Node->Left, STD_OUTPUT_HANDLE, Write, &Left);
    CloseHandle(Write);
    SetHandleInformation(Read, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    BOOL HasRight = StartSide(Node->Right, STD_INPUT_HANDLE, Read, &Right);
    CloseHandle(Read);
    if (HasLeft) {
        WaitForSingleObject(Left.hProcess, INFINITE);
        CloseHandle(Left.hThread);
        CloseHandle(Left.hProcess);
    }
    if (HasRight) {
        WaitForSingleObject(Right.hProcess, INFINITE);
        GetExitCodeProcess(Right.hProcess, &ExitCode);
        CloseHandle(Right.hThread);
        CloseHandle(Right.hProcess);
    }
    Cmd.ErrorLevel = ExitCode;
}

static void ExecuteKind(const NODE *Node)
{
    switch (Node->Kind) {
    case NodeCommand:
        RunCommand(Node);
        break;
    case NodeGroup:
        Execute(Node->Left);
        break;
    case NodePipe:
        ExecutePipe(Node);
        break;
    case NodeSequence:
        Execute(Node->Left);
        Execute(Node->Right);
        break;
    case NodeAnd:
        Execute(Node->Left);
        if (Cmd.ErrorLevel == 0) {
            Execute(Node->Right);
        }
        break;
    case NodeOr:
        Execute(Node->Left);
        if (Cmd.ErrorLevel != 0) {
            Execute(Node->Right);
        }
        break;
    }
}

void Execute(const NODE *Node)
{
    SAVED Saved;

    if (Cmd.Exit) {
        return;
    }
    if (!Apply(Node->Redirects, &Saved)) {
        Restore(&Saved);
        Cmd.ErrorLevel = 1;
        return;
    }
    ExecuteKind(Node);
    Restore(&Saved);
}

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
    LPWSTR Name = Unquote(ExpandNow(Redirect->File));
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

void RunWords(LPCWSTR Name, LPCWSTR Arguments, BOOL Call)
{
    LPCWSTR Rest;
    BOOL KeepsErrorLevel;
    BUILTIN Builtin = FindBuiltin(Name, &Rest, &KeepsErrorLevel);

    if (Name[0] == 0) {
        return; /* redirections alone have made their files */
    }
    Cmd.NotStarted = FALSE;
    if (Builtin != NULL) {
        TEXT Line = {0};
        DWORD Before = Cmd.ErrorLevel;
        TextAddString(&Line, Rest);
        TextAddString(&Line, Arguments);
        if (KeepsErrorLevel) {
            Cmd.ErrorLevel = 0;
        }
        Builtin(Line.Buffer);
        Cmd.Last = Cmd.ErrorLevel;
        if (KeepsErrorLevel && Cmd.ErrorLevel == 0) {
            Cmd.ErrorLevel = Before;
        }
        return;
    }
    if (!ChangeDrive(Name)) {
        RunProgram(Name, Arguments, Call);
    }
    Cmd.Last = Cmd.ErrorLevel;
}

/* Variables of a for may hold blanks: then the command's name is the first word of what they make. */
static void RunCommand(const NODE *Node)
{
    LPWSTR Name = ExpandNow(Node->Name);
    TEXT Arguments = {0};
    SIZE_T Length = 0;

    if (Name == Node->Name) {
        RunWords(Name, ExpandNow(Node->Arguments), FALSE);
        return;
    }
    for (BOOL Quoted = FALSE; Name[Length] != 0 && (Quoted || (Name[Length] != L' ' && Name[Length] != L'\t')); Length++) {
        Quoted ^= Name[Length] == L'"';
    }
    TextAddString(&Arguments, Name + Length);
    TextAddString(&Arguments, ExpandNow(Node->Arguments));
    RunWords(CmdCopy(Name, Length), Arguments.Buffer, FALSE);
}

/* cmd.exe /c "text", with one standard handle replaced. */
static BOOL StartShell(LPCWSTR Text, DWORD Which, HANDLE Handle, PROCESS_INFORMATION *Process)
{
    WCHAR Shell[MAX_PATH];
    TEXT Arguments = {0};
    HANDLE Old = GetStdHandle(Which);

    if (GetEnvironmentVariableW(L"ComSpec", Shell, MAX_PATH) == 0) {
        wcscpy(Shell, L"C:\\Windows\\System32\\cmd.exe");
    }
    TextAddString(&Arguments, Cmd.Delayed ? L" /v:on /s /c \"" : L" /s /c \"");
    TextAddString(&Arguments, Text);
    TextAddString(&Arguments, L"\"");
    SetStdHandle(Which, Handle);
    BOOL Result = StartProgram(Shell, L"cmd.exe", Arguments.Buffer, 0, NULL, Process);
    SetStdHandle(Which, Old);
    return Result;
}

/* A pipe of which only one end is inherited at a time: a reader that held the other end would never see the end of the data. */
static BOOL MakePipe(HANDLE *Read, HANDLE *Write)
{
    SECURITY_ATTRIBUTES Inherit = {sizeof(Inherit), NULL, TRUE};

    if (!CreatePipe(Read, Write, &Inherit, 0)) {
        PrintSystemError(GetLastError(), L"");
        Cmd.ErrorLevel = Cmd.Last = 1;
        return FALSE;
    }
    SetHandleInformation(*Read, HANDLE_FLAG_INHERIT, 0);
    return TRUE;
}

DWORD WaitFor(PROCESS_INFORMATION *Process)
{
    DWORD ExitCode = 1;

    CloseHandle(Process->hThread);
    WaitForSingleObject(Process->hProcess, INFINITE);
    GetExitCodeProcess(Process->hProcess, &ExitCode);
    CloseHandle(Process->hProcess);
    return ExitCode;
}

/* The errorlevel of a pipe is its right side's. */
static void ExecutePipe(const NODE *Node)
{
    PROCESS_INFORMATION Left, Right;
    HANDLE Read, Write;

    if (!MakePipe(&Read, &Write)) {
        return;
    }
    BOOL HasLeft = StartShell(NodeText(Node->Left, TRUE), STD_OUTPUT_HANDLE, Write, &Left);
    CloseHandle(Write);
    SetHandleInformation(Read, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    BOOL HasRight = StartShell(NodeText(Node->Right, TRUE), STD_INPUT_HANDLE, Read, &Right);
    CloseHandle(Read);
    if (HasLeft) {
        WaitFor(&Left);
    }
    Cmd.ErrorLevel = Cmd.Last = HasRight ? WaitFor(&Right) : 1;
}

LPWSTR CaptureOutput(LPCWSTR Line)
{
    PROCESS_INFORMATION Process;
    HANDLE Read, Write;
    SIZE_T Length = 0, Capacity = 4096;
    LPSTR Bytes = CmdAllocate(Capacity);
    DWORD Got;

    if (!MakePipe(&Read, &Write)) {
        return NULL;
    }
    BOOL Started = StartShell(Line, STD_OUTPUT_HANDLE, Write, &Process);
    CloseHandle(Write);
    while (Started && ReadFile(Read, Bytes + Length, (DWORD)(Capacity - Length), &Got, NULL) && Got != 0) {
        Length += Got;
        if (Length == Capacity) {
            LPSTR More = CmdAllocate(Capacity *= 2);
            memcpy(More, Bytes, Length);
            Bytes = More;
        }
    }
    CloseHandle(Read);
    if (!Started) {
        PrintSystemError(GetLastError(), L"cmd.exe");
        return NULL;
    }
    WaitFor(&Process);
    LPWSTR Wide = CmdAllocate((Length + 1) * sizeof(WCHAR));
    MultiByteToWideChar(OutputCodePage(), 0, Bytes, (int)Length, Wide, (int)Length + 1);
    return Wide;
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
        if (Cmd.Last == 0) {
            Execute(Node->Right);
        }
        break;
    case NodeOr:
        Execute(Node->Left);
        if (Cmd.Last != 0) {
            Execute(Node->Right);
        }
        break;
    case NodeIf:
        Cmd.Last = 0;
        if (TestCondition(Node) != Node->Not) {
            Execute(Node->Left);
        } else if (Node->Right != NULL) {
            Execute(Node->Right);
        }
        break;
    case NodeFor:
        ExecuteFor(Node);
        break;
    }
}

void Execute(const NODE *Node)
{
    SAVED Saved;

    if (Cmd.Exit || Cmd.Unwind) {
        return;
    }
    if (!Apply(Node->Redirects, &Saved)) {
        Restore(&Saved);
        Cmd.ErrorLevel = Cmd.Last = 1;
        return;
    }
    ExecuteKind(Node);
    Restore(&Saved);
}

void ExecuteShown(const NODE *Node)
{
    if (!Cmd.EchoOff && !Node->Quiet) {
        LPWSTR Text = NodeText(Node, FALSE);
        ShowPrompt();
        PrintText(Text, wcslen(Text));
        Print(L" \r\n");
    }
    Execute(Node);
}

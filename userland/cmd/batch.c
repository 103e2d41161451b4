/* SPDX-License-Identifier: MIT */
/*
 * batch.c - batch files: reading their lines, arguments, labels, call, setlocal.
 *
 * A file is read whole when it starts and its lines are taken from there (cmd.exe reads it again and again, and so sees changes a file makes to itself).
 * Called files and called labels stack: BATCH.Caller.  A batch file started without call replaces the one that runs; nothing comes back to it.
 * Leaving a line in its middle (goto, exit /b) sets Cmd.Unwind; every level of Execute returns, and the loop here clears it.
 */
#include "cmd.h"

#define MAX_ARGUMENTS 128
#define MAX_CALLS 256

typedef struct _LOCALS
{
    struct _LOCALS *Outer;
    LPWCH Environment;
    LPWSTR Directory; /* from the heap, like the block itself */
    BOOL Delayed;
} LOCALS;

struct _BATCH
{
    BATCH *Caller;
    LPCWSTR Path, Name;
    LPCWSTR All;                      /* %*: shift does not change it */
    LPCWSTR Arguments[MAX_ARGUMENTS]; /* 0 is the name */
    int Count;
    LPCWSTR Text, Position;
    LOCALS *Locals;
    BOOL Ended;
    BOOL Label;                       /* a called label: the file belongs to the caller */
    LPWSTR NextPath, NextName, NextArguments; /* from the heap: the file that takes over */
};

LPCWSTR BatchArgument(int Index)
{
    BATCH *Batch = Cmd.Batch;

    if (Batch == NULL) {
        return NULL;
    }
    if (Index < 0) {
        return Batch->All;
    }
    return Index < Batch->Count ? Batch->Arguments[Index] : L"";
}

LPCWSTR BatchPath(void)
{
    return Cmd.Batch->Path;
}

/* ---- lines ------------------------------------------------------------------------------------------------------------------------ */

static LPCWSTR EndOfLine(LPCWSTR p)
{
    while (*p != 0 && *p != L'\n') {
        p++;
    }
    return p;
}

BOOL BatchReadLine(TEXT *Line)
{
    LPCWSTR Start = Cmd.Batch->Position, End = EndOfLine(Start);

    Line->Length = 0;
    TextAdd(Line, L"", 0);
    if (*Start == 0 || Cmd.Batch->Ended) {
        return FALSE;
    }
    TextAdd(Line, Start, (SIZE_T)(End - Start));
    while (Line->Length > 0 && Line->Buffer[Line->Length - 1] == L'\r') {
        Line->Buffer[--Line->Length] = 0;
    }
    Cmd.Batch->Position = *End == 0 ? End : End + 1;
    return TRUE;
}

/* The whole file as characters of the console's code page; null with an error printed. */
static LPWSTR ReadWhole(LPCWSTR Path)
{
    HANDLE File = CreateFileW(Path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    LARGE_INTEGER Size;
    LPWSTR Wide = NULL;
    DWORD Read;

    if (File == INVALID_HANDLE_VALUE || !GetFileSizeEx(File, &Size) || Size.QuadPart > 0x1000000) {
        PrintSystemError(File == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_NOT_ENOUGH_MEMORY, Path);
        CloseHandle(File);
        return NULL;
    }
    LPSTR Bytes = CmdAllocate((SIZE_T)Size.QuadPart + 1);
    if (ReadFile(File, Bytes, (DWORD)Size.QuadPart, &Read, NULL)) {
        DWORD Mark = Read >= 3 && memcmp(Bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        Wide = CmdAllocate((Read + 1) * sizeof(WCHAR));
        MultiByteToWideChar(Mark != 0 ? CP_UTF8 : OutputCodePage(), 0, Bytes + Mark, (int)(Read - Mark), Wide, (int)Read + 1);
    } else {
        PrintSystemError(GetLastError(), Path);
    }
    CloseHandle(File);
    return Wide;
}

/* ---- running ---------------------------------------------------------------------------------------------------------------------- */

static BATCH *MakeBatch(LPCWSTR Path, LPCWSTR Name, LPCWSTR Arguments)
{
    BATCH *Batch = CmdAllocate(sizeof(*Batch));
    LPCWSTR p = SkipBlanks(Arguments);

    Batch->Path = CmdCopy(Path, wcslen(Path));
    Batch->Name = Batch->Arguments[0] = CmdCopy(Name, wcslen(Name));
    Batch->All = CmdCopy(p, wcslen(p));
    for (Batch->Count = 1; *p != 0 && Batch->Count < MAX_ARGUMENTS; p = SkipBlanks(p)) {
        LPCWSTR Start = p;
        for (BOOL Quoted = FALSE; *p != 0 && (Quoted || wcschr(L" \t,;=", *p) == NULL); p++) {
            Quoted ^= *p == L'"';
        }
        Batch->Arguments[Batch->Count++] = CmdCopy(Start, (SIZE_T)(p - Start));
    }
    return Batch;
}

static void PopLocals(BATCH *Batch);

static void RunLines(void)
{
    while (!Cmd.Exit && !Cmd.Batch->Ended) {
        ARENA_MARK Mark = CmdMark();
        TEXT Line = {0};
        BOOL More = BatchReadLine(&Line);
        if (More) {
            RunLine(Line.Buffer);
        }
        Cmd.Unwind = FALSE;
        CmdRelease(Mark);
        if (!More) {
            break;
        }
    }
}

/* Runs Batch to its end as the innermost; then its caller goes on where it was. */
static void RunFrame(BATCH *Batch)
{
    LPWSTR Saved[COUNT_OF(Cmd.For)];
    int Depth = 0;

    for (BATCH *b = Cmd.Batch; b != NULL; b = b->Caller) {
        Depth++;
    }
    if (Depth >= MAX_CALLS) {
        PrintError(L"******  B A T C H   R E C U R S I O N  exceeds STACK limits ******\r\n");
        Cmd.ErrorLevel = Cmd.Last = 1;
        return;
    }
    memcpy(Saved, Cmd.For, sizeof(Saved));
    memset(Cmd.For, 0, sizeof(Cmd.For));
    Batch->Caller = Cmd.Batch;
    Cmd.Batch = Batch;
    RunLines();
    while (Batch->Locals != NULL) {
        PopLocals(Batch);
    }
    Cmd.Batch = Batch->Caller;
    Cmd.Unwind = FALSE;
    memcpy(Cmd.For, Saved, sizeof(Saved));
}

static LPWSTR HeapCopy(LPCWSTR Text)
{
    LPWSTR Copy = HeapAlloc(GetProcessHeap(), 0, (wcslen(Text) + 1) * sizeof(WCHAR));

    return Copy != NULL ? wcscpy(Copy, Text) : NULL;
}

/* One file after another takes over; what the earlier ones held is given back. */
static void RunFile(LPCWSTR Path, LPCWSTR Name, LPCWSTR Arguments)
{
    LPWSTR Held[3] = {NULL, NULL, NULL};
    BOOL EchoOff = Cmd.EchoOff;

    while (Path != NULL) {
        ARENA_MARK Mark = CmdMark();
        BATCH *Batch = MakeBatch(Path, Name, Arguments);
        Batch->Text = Batch->Position = ReadWhole(Path);
        if (Batch->Text == NULL) {
            Cmd.ErrorLevel = Cmd.Last = 1;
        } else {
            RunFrame(Batch);
        }
        for (int i = 0; i < 3; i++) {
            HeapFree(GetProcessHeap(), 0, Held[i]);
        }
        Path = Held[0] = Batch->NextPath;
        Name = Held[1] = Batch->NextName;
        Arguments = Held[2] = Batch->NextArguments;
        CmdRelease(Mark);
    }
    if (Cmd.Batch == NULL) {
        Cmd.EchoOff = EchoOff; /* echo off in a file ends with it */
    }
}

void LeaveBatch(void)
{
    Cmd.Batch->Ended = TRUE;
    Cmd.Unwind = TRUE;
}

void RunBatch(LPCWSTR Path, LPCWSTR Name, LPCWSTR Arguments, BOOL Call)
{
    BATCH *Batch = Cmd.Batch;

    Path = FullPath(Path);
    if (Batch == NULL || Call) {
        RunFile(Path, Name, Arguments);
        return;
    }
    if (Batch->Label) {
        RunFile(Path, Name, Arguments);
        LeaveBatch();
        return;
    }
    Batch->NextPath = HeapCopy(Path);
    Batch->NextName = HeapCopy(Name);
    Batch->NextArguments = HeapCopy(Arguments);
    LeaveBatch();
}

/* ---- goto, call, shift -------------------------------------------------------------------------------------------------------------- */

/* ":name" up to a blank or what cannot be in a name. */
static LPWSTR LabelName(LPCWSTR p)
{
    LPCWSTR Start = p = SkipBlanks(p);

    while (*p != 0 && wcschr(L" \t\r\n:+,;=&|<>", *p) == NULL) {
        p++;
    }
    return CmdCopy(Start, (SIZE_T)(p - Start));
}

/* The line after the label's, looked for from here to the end and then from the start; null: not there. */
static LPCWSTR FindLabel(LPCWSTR Name)
{
    LPCWSTR From[2] = {Cmd.Batch->Position, Cmd.Batch->Text};

    for (int Pass = 0; Pass < 2; Pass++) {
        for (LPCWSTR p = From[Pass]; *p != 0; ) {
            LPCWSTR End = EndOfLine(p), Start = p;
            while (wcschr(L" \t,;=", *Start) != NULL && *Start != 0) {
                Start++;
            }
            if (*Start == L':' && _wcsicmp(LabelName(Start + 1), Name) == 0) {
                return *End == 0 ? End : End + 1;
            }
            p = *End == 0 ? End : End + 1;
        }
    }
    return NULL;
}

static BOOL GoTo(LPCWSTR Label)
{
    LPCWSTR Target;

    Label = SkipBlanks(Label);
    if (_wcsnicmp(Label, L":eof", 4) == 0 && (Label[4] == 0 || Label[4] == L' ' || Label[4] == L'\t')) {
        LeaveBatch();
        return TRUE;
    }
    LPWSTR Name = LabelName(Label[0] == L':' ? Label + 1 : Label);
    Target = Name[0] != 0 ? FindLabel(Name) : NULL;
    if (Target == NULL) {
        PrintError(Name[0] != 0 ? L"The system cannot find the batch label specified - %s\r\n" : L"No batch label specified to GOTO command.\r\n", Name);
        Cmd.ErrorLevel = Cmd.Last = 1;
        return FALSE;
    }
    Cmd.Batch->Position = Target;
    return TRUE;
}

void DoGoto(LPCWSTR Arguments)
{
    if (Cmd.Batch == NULL) {
        return; /* at the prompt goto does nothing */
    }
    if (!GoTo(Arguments)) {
        Cmd.Batch->Ended = TRUE; /* a label that is not there ends the file */
    }
    Cmd.Unwind = TRUE;
}

static void CallLabel(LPCWSTR Line)
{
    LPCWSTR p = Line;

    while (*p != 0 && *p != L' ' && *p != L'\t') {
        p++;
    }
    BATCH *Batch = MakeBatch(Cmd.Batch->Path, CmdCopy(Line, (SIZE_T)(p - Line)), p);
    Batch->Text = Cmd.Batch->Text;
    Batch->Position = Cmd.Batch->Position;
    Batch->Label = TRUE;
    BATCH *Caller = Cmd.Batch;
    Cmd.Batch = Batch; /* the label is looked for from the caller's place, without moving the caller */
    BOOL Found = GoTo(CmdCopy(Line, (SIZE_T)(p - Line)));
    Cmd.Batch = Caller;
    if (Found) {
        Cmd.Unwind = FALSE;
        RunFrame(Batch);
    }
}

void DoCall(LPCWSTR Arguments)
{
    LPWSTR Line = ExpandPercents(SkipBlanks(Arguments)); /* once more: that is what call is also used for */
    BOOL Quoted = FALSE;
    LPCWSTR p;

    if (Line == NULL || Line[0] == 0) {
        return;
    }
    if (Line[0] == L':') {
        if (Cmd.Batch == NULL) {
            PrintError(L"Invalid attempt to call batch label outside of batch script.\r\n");
            Cmd.ErrorLevel = Cmd.Last = 1;
            return;
        }
        CallLabel(Line);
        return;
    }
    for (p = Line; *p != 0 && (Quoted || (*p != L' ' && *p != L'\t')); p++) {
        Quoted ^= *p == L'"';
    }
    RunWords(CmdCopy(Line, (SIZE_T)(p - Line)), p, TRUE);
}

/* shift [/n] */
void DoShift(LPCWSTR Arguments)
{
    LPCWSTR Word = SkipBlanks(Arguments);
    int From = Word[0] == L'/' && Word[1] >= L'0' && Word[1] <= L'8' ? Word[1] - L'0' : 0;

    if (Cmd.Batch == NULL || Cmd.Batch->Count == 0) {
        return;
    }
    if (From < Cmd.Batch->Count) {
        memmove(&Cmd.Batch->Arguments[From], &Cmd.Batch->Arguments[From + 1], (SIZE_T)(Cmd.Batch->Count - From - 1) * sizeof(LPCWSTR));
        Cmd.Batch->Count--;
    }
}

/* ---- setlocal ----------------------------------------------------------------------------------------------------------------------- */

void DoSetlocal(LPCWSTR Arguments)
{
    LOCALS *Locals;

    if (Cmd.Batch == NULL) {
        return; /* at the prompt it does nothing */
    }
    Locals = HeapAlloc(GetProcessHeap(), 0, sizeof(*Locals));
    if (Locals == NULL || (Locals->Environment = GetEnvironmentStringsW()) == NULL) {
        PrintSystemError(ERROR_NOT_ENOUGH_MEMORY, L"");
        HeapFree(GetProcessHeap(), 0, Locals);
        Cmd.ErrorLevel = 1;
        return;
    }
    Locals->Directory = HeapCopy(ExpandPercents(L"%CD%"));
    Locals->Delayed = Cmd.Delayed;
    Locals->Outer = Cmd.Batch->Locals;
    Cmd.Batch->Locals = Locals;
    for (LPWSTR Word = NextWord(&Arguments); Word != NULL; Word = NextWord(&Arguments)) {
        if (_wcsicmp(Word, L"enabledelayedexpansion") == 0) {
            Cmd.Delayed = TRUE;
        } else if (_wcsicmp(Word, L"disabledelayedexpansion") == 0) {
            Cmd.Delayed = FALSE;
        } else if (_wcsicmp(Word, L"enableextensions") != 0 && _wcsicmp(Word, L"disableextensions") != 0) {
            PrintError(L"The syntax of the command is incorrect.\r\n");
            Cmd.ErrorLevel = 1;
            return;
        }
    }
    Cmd.ErrorLevel = 0;
}

/* Variables that are not in the saved block go, then all of the block is set again. */
static void RestoreEnvironment(LPCWCH Saved)
{
    LPWCH Now = GetEnvironmentStringsW();

    for (LPCWSTR p = Now; Now != NULL && *p != 0; p += wcslen(p) + 1) {
        LPCWSTR Equals = wcschr(p + 1, L'=');
        if (Equals != NULL) {
            SetEnvironmentVariableW(CmdCopy(p, (SIZE_T)(Equals - p)), NULL);
        }
    }
    for (LPCWSTR p = Saved; *p != 0; p += wcslen(p) + 1) {
        LPCWSTR Equals = wcschr(p + 1, L'=');
        if (Equals != NULL) {
            SetEnvironmentVariableW(CmdCopy(p, (SIZE_T)(Equals - p)), Equals + 1);
        }
    }
    FreeEnvironmentStringsW(Now);
}

static void PopLocals(BATCH *Batch)
{
    LOCALS *Locals = Batch->Locals;

    RestoreEnvironment(Locals->Environment);
    if (Locals->Directory != NULL) {
        SetCurrentDirectoryW(Locals->Directory);
    }
    Cmd.Delayed = Locals->Delayed;
    Batch->Locals = Locals->Outer;
    FreeEnvironmentStringsW(Locals->Environment);
    HeapFree(GetProcessHeap(), 0, Locals->Directory);
    HeapFree(GetProcessHeap(), 0, Locals);
}

void DoEndlocal(LPCWSTR Arguments)
{
    (void)Arguments;
    if (Cmd.Batch != NULL && Cmd.Batch->Locals != NULL) {
        PopLocals(Cmd.Batch);
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * cmd.c - the command processor: its own command line, the prompt, and the one command that the host asked for.
 *
 *      cmd [/q] [/d] [/s] [/v:on] [/c text | /k text]      as on Windows
 *      cmd /nrun                                   runs the first line of C:\nascent.run in the directory of its second line, then reports
 *                                                  "EXIT 0x..." or "NOSTART 0x..." to \\.\HostExit, where tools/nrun reads it
 *
 * Different from Windows: extensions are always on; assoc, ftype, mklink and /a, /u are not there.
 */
#include "cmd.h"

CMD_STATE Cmd;

/* The next line as it stands; FALSE: there is none. */
static BOOL RawMoreLine(TEXT *Line)
{
    HANDLE Input = GetStdHandle(STD_INPUT_HANDLE);
    DWORD Mode;

    if (Cmd.Batch != NULL) {
        return BatchReadLine(Line);
    }
    if (!Cmd.Interactive) {
        return FALSE;
    }
    Print(L"More? ");
    return ReadLine(Input, GetConsoleMode(Input, &Mode), Line);
}

/* A '^' at the end of a line stands for the line's end: the next one belongs to it. */
static LPWSTR WithContinuation(LPWSTR Line)
{
    SIZE_T Length = wcslen(Line), Carets = 0;
    TEXT Next = {0}, Joined = {0};

    while (Carets < Length && Line[Length - 1 - Carets] == L'^') {
        Carets++;
    }
    if (Carets % 2 == 0 || !RawMoreLine(&Next)) {
        return Line;
    }
    LPWSTR Expanded = ExpandPercents(Next.Buffer);
    TextAdd(&Joined, Line, Length - 1);
    TextAddString(&Joined, Expanded != NULL ? Expanded : L"");
    return WithContinuation(Joined.Buffer);
}

LPWSTR MoreLine(void)
{
    TEXT Line = {0};

    if (!RawMoreLine(&Line)) {
        return NULL;
    }
    LPWSTR Expanded = ExpandPercents(Line.Buffer);
    return WithContinuation(Expanded != NULL ? Expanded : Line.Buffer);
}

void RunLine(LPCWSTR Line)
{
    ARENA_MARK Mark = CmdMark();
    LPWSTR Expanded = wcslen(Line) < CMD_MAX_LINE ? ExpandPercents(Line) : NULL;
    BOOL Empty;

    if (Expanded == NULL) {
        PrintError(L"The input line is too long.\r\n");
        Cmd.ErrorLevel = 1;
    } else {
        NODE *Node = ParseLine(WithContinuation(Expanded), Cmd.Batch != NULL || Cmd.Interactive, &Empty);
        if (Node != NULL) {
            (Cmd.Batch != NULL ? ExecuteShown : Execute)(Node);
        } else if (!Empty) {
            Cmd.ErrorLevel = Cmd.Last = 255;
            if (Cmd.Batch != NULL) {
                LeaveBatch(); /* a syntax error ends a batch file */
            }
        }
    }
    CmdRelease(Mark);
}

/* ---- for the host ----------------------------------------------------------------------------------------------------------------- */

/* The file as characters, in the arena; null with an error printed. */
static LPWSTR ReadRequest(void)
{
    HANDLE File = CreateFileW(L"C:\\nascent.run", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    DWORD Size, Read = 0;
    LPWSTR Wide = NULL;

    if (File == INVALID_HANDLE_VALUE) {
        PrintSystemError(GetLastError(), L"C:\\nascent.run");
        return NULL;
    }
    Size = GetFileSize(File, NULL);
    if (Size < 0x100000) {
        LPSTR Bytes = CmdAllocate(Size + 1);
        if (ReadFile(File, Bytes, Size, &Read, NULL)) {
            Wide = CmdAllocate((Read + 1) * sizeof(WCHAR));
            MultiByteToWideChar(CP_UTF8, 0, Bytes, (int)Read, Wide, (int)Read + 1);
        } else {
            PrintSystemError(GetLastError(), L"C:\\nascent.run");
        }
    }
    CloseHandle(File);
    return Wide;
}

static LPWSTR CutLine(LPWSTR *Text)
{
    LPWSTR Line = *Text, p = Line;

    while (*p != 0 && *p != L'\n') {
        p++;
    }
    *Text = *p == 0 ? p : p + 1;
    *p = 0;
    if (p > Line && p[-1] == L'\r') {
        p[-1] = 0;
    }
    return Line;
}

static void Report(void)
{
    HANDLE Exit = CreateFileW(L"\\\\.\\HostExit", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    CHAR Line[40];
    DWORD Done;

    if (Exit == INVALID_HANDLE_VALUE) {
        DbgPrint("cmd: no HostExit: error %u\n", GetLastError());
        return;
    }
    int Length = _snprintf(Line, sizeof(Line), Cmd.NotStarted ? "NOSTART 0x%08X\n" : "EXIT 0x%08X\n",
                           Cmd.NotStarted ? (unsigned)Cmd.StartStatus : (unsigned)Cmd.ErrorLevel);
    WriteFile(Exit, Line, (DWORD)Length, &Done, NULL);
    CloseHandle(Exit);
}

static void RunForHost(void)
{
    LPWSTR Text = ReadRequest();

    if (Text == NULL) {
        Cmd.NotStarted = TRUE;
        Cmd.StartStatus = STATUS_NO_SUCH_FILE;
    } else {
        LPWSTR Line = CutLine(&Text), Directory = CutLine(&Text);
        if (Directory[0] != 0 && !SetCurrentDirectoryW(Directory)) {
            PrintSystemError(GetLastError(), Directory);
            Cmd.NotStarted = TRUE;
            Cmd.StartStatus = RtlGetLastNtStatus();
        } else {
            RunLine(Line);
        }
    }
    Report();
    ExitProcess(0);
}

/* ---- interactive ------------------------------------------------------------------------------------------------------------------ */

/* Ctrl+C is for the program that runs; the prompt's own read is ended by the driver. */
static BOOL WINAPI ControlHandler(DWORD Event)
{
    return Event == CTRL_C_EVENT || Event == CTRL_BREAK_EVENT;
}

static void Interact(void)
{
    HANDLE Input = GetStdHandle(STD_INPUT_HANDLE), Output = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD InputMode, OutputMode;
    BOOL Console = GetConsoleMode(Input, &InputMode), Screen = GetConsoleMode(Output, &OutputMode);

    if (Console) {
        SetConsoleCtrlHandler(ControlHandler, TRUE);
    }
    Cmd.Interactive = TRUE;
    while (!Cmd.Exit) {
        ARENA_MARK Mark = CmdMark();
        TEXT Line = {0};
        if (Console) {
            SetConsoleMode(Input, InputMode); /* whatever the last program has left */
        }
        if (Screen) {
            SetConsoleMode(Output, OutputMode);
        }
        if (!Cmd.EchoOff) {
            ShowPrompt();
        }
        if (!ReadLine(Input, Console, &Line)) {
            break;
        }
        RunLine(Line.Buffer);
        CmdRelease(Mark);
    }
}

/* ---- cmd's own command line --------------------------------------------------------------------------------------------------------- */

/* Quotes around the whole are taken off, as /s does; without it too, if what is left names no program that the quotes were for. */
static LPWSTR StripQuotes(LPCWSTR Text, BOOL Always)
{
    LPCWSTR Last = wcsrchr(Text, L'"');
    TEXT Result = {0};

    if (Text[0] != L'"' || Last == NULL || Last == Text) {
        return CmdCopy(Text, wcslen(Text));
    }
    if (!Always && wcschr(Text + 1, L'"') == Last && wcspbrk(Text, L"&<>()@^|") == NULL && wcschr(Text, L' ') != NULL && Last[1] == 0) {
        LPWSTR Path = CmdAllocate(32768 * sizeof(WCHAR));
        if (FindProgram(Unquote(Text), Path, 32768)) {
            return CmdCopy(Text, wcslen(Text));
        }
    }
    TextAdd(&Result, Text + 1, (SIZE_T)(Last - Text - 1));
    TextAddString(&Result, Last + 1);
    return Result.Buffer;
}

static BOOL EndsWith(LPCWSTR Start, LPCWSTR End, LPCWSTR Word)
{
    SIZE_T Length = wcslen(Word);

    return (SIZE_T)(End - Start) >= Length && _wcsnicmp(End - Length, Word, Length) == 0;
}

/* The first word, which may be missing or have the first switch behind it without a blank: `cmd/c dir`. */
static LPCWSTR SkipOwnName(LPCWSTR Line)
{
    LPCWSTR Start = Line;
    BOOL Quoted = FALSE;

    while (*Line != 0 && (Quoted || (*Line != L' ' && *Line != L'\t'))) {
        if (*Line == L'/' && (Line == Start || EndsWith(Start, Line, L"cmd") || EndsWith(Start, Line, L"cmd.exe"))) {
            break;
        }
        Quoted ^= *Line++ == L'"';
    }
    return Line;
}

/* Returns the text of /c or /k, null without one.  What is no switch is passed over, the quote in `cmd "/c dir"` too, as Windows' cmd does. */
static LPWSTR ReadSwitches(LPCWSTR Line, BOOL *Stay)
{
    BOOL Always = FALSE;

    for (;;) {
        while (*Line != 0 && *Line != L'/') {
            Line++;
        }
        if (*Line == 0) {
            return NULL;
        }
        if (_wcsnicmp(Line, L"/nrun", 5) == 0) {
            RunForHost();
        }
        WCHAR Letter = Line[1] | 0x20;
        if (Letter == L'c' || Letter == L'k' || Letter == L'r') {
            *Stay = Letter == L'k';
            Line += 2;
            while (*Line == L' ' || *Line == L'\t') {
                Line++;
            }
            return StripQuotes(Line, Always);
        }
        Always |= Letter == L's';
        Cmd.EchoOff |= Letter == L'q';
        if (Letter == L'v') {
            Cmd.Delayed = _wcsnicmp(Line + 2, L":off", 4) != 0;
        }
        if (Letter == L'?') {
            Print(L"Starts the Nascent command interpreter.\r\n\r\nCMD [/Q] [/D] [/S] [/V:ON | /V:OFF] [/C string | /K string]\r\n");
            ExitProcess(0);
        }
        Line++;
    }
}

void mainCRTStartup(void)
{
    BOOL Stay = TRUE;
    LPWSTR Text = ReadSwitches(SkipOwnName(GetCommandLineW()), &Stay);

    if (Text != NULL) {
        RunLine(Text);
    } else {
        Print(L"Nascent [Version 10.0.19045]\r\nType \"help\" for a list of commands.\r\n");
    }
    if (Stay) {
        Interact();
    }
    ExitProcess(Cmd.ErrorLevel);
}

/* SPDX-License-Identifier: MIT */
/*
 * builtins.c - the table of built-in commands, and the short ones.
 */
#include "cmd.h"

typedef struct _BUILTIN_ENTRY
{
    LPCWSTR Name;
    BUILTIN Function;
    LPCWSTR Help;
    BOOL KeepsErrorLevel; /* if it succeeds */
} BUILTIN_ENTRY;

static const BUILTIN_ENTRY Builtins[] = {
    {L"BREAK", DoRem, L"Does nothing; scripts for DOS have it.", TRUE},
    {L"CALL", DoCall, L"Calls one batch program, or a label, from another.", FALSE},
    {L"CD", DoCd, L"Displays the name of or changes the current directory.", FALSE},
    {L"CHDIR", DoCd, L"Displays the name of or changes the current directory.", FALSE},
    {L"CLS", DoCls, L"Clears the screen.", TRUE},
    {L"COLOR", DoColor, L"Sets the default console foreground and background colors.", FALSE},
    {L"COPY", DoCopy, L"Copies one or more files to another location.", FALSE},
    {L"DATE", DoDate, L"Displays the date.", TRUE},
    {L"DEL", DoDel, L"Deletes one or more files.", FALSE},
    {L"DIR", DoDir, L"Displays a list of files and subdirectories in a directory.", FALSE},
    {L"ECHO", DoEcho, L"Displays messages, or turns command echoing on or off.", TRUE},
    {L"ENDLOCAL", DoEndlocal, L"Ends localization of environment changes in a batch file.", TRUE},
    {L"ERASE", DoDel, L"Deletes one or more files.", FALSE},
    {L"EXIT", DoExit, L"Quits the CMD.EXE program (command interpreter).", FALSE},
    {L"GOTO", DoGoto, L"Directs the command interpreter to a labeled line in a batch program.", TRUE},
    {L"HELP", DoHelp, L"Provides Help information for commands.", FALSE},
    {L"MD", DoMd, L"Creates a directory.", FALSE},
    {L"MKDIR", DoMd, L"Creates a directory.", FALSE},
    {L"MORE", DoMore, L"Displays output one screen at a time.", FALSE},
    {L"MOVE", DoMove, L"Moves one or more files from one directory to another directory.", FALSE},
    {L"PATH", DoPath, L"Displays or sets a search path for executable files.", TRUE},
    {L"PAUSE", DoPause, L"Suspends processing and displays a message.", TRUE},
    {L"POPD", DoPopd, L"Restores the previous value of the current directory saved by PUSHD.", FALSE},
    {L"PROMPT", DoPrompt, L"Changes the command prompt.", TRUE},
    {L"PUSHD", DoPushd, L"Saves the current directory then changes it.", FALSE},
    {L"RD", DoRd, L"Removes a directory.", FALSE},
    {L"REM", DoRem, L"Records comments (remarks).", TRUE},
    {L"REN", DoRen, L"Renames a file or files.", FALSE},
    {L"RENAME", DoRen, L"Renames a file or files.", FALSE},
    {L"RMDIR", DoRd, L"Removes a directory.", FALSE},
    {L"SET", DoSet, L"Displays, sets, or removes environment variables.", TRUE},
    {L"SETLOCAL", DoSetlocal, L"Begins localization of environment changes in a batch file.", FALSE},
    {L"SHIFT", DoShift, L"Shifts the position of replaceable parameters in batch files.", TRUE},
    {L"SHUTDOWN", DoShutdown, L"Shuts the machine down (/s) or restarts it (/r).", FALSE},
    {L"START", DoStart, L"Starts a program without waiting for it.", FALSE},
    {L"TIME", DoTime, L"Displays the time.", TRUE},
    {L"TITLE", DoTitle, L"Sets the window title for a CMD.EXE session.", TRUE},
    {L"TYPE", DoType, L"Displays the contents of a text file.", FALSE},
    {L"VER", DoVer, L"Displays the version.", FALSE},
    {L"VERIFY", DoRem, L"Accepted; writes are not read back.", TRUE},
    {L"VOL", DoVol, L"Displays a disk volume label and serial number.", FALSE},
};

/* A name ends at the first character that cannot be in one: "dir/b", "cd..", "echo.text". */
BUILTIN FindBuiltin(LPCWSTR Name, LPCWSTR *Rest, BOOL *KeepsErrorLevel)
{
    SIZE_T Length = 0;

    while ((Name[Length] | 0x20) >= L'a' && (Name[Length] | 0x20) <= L'z') {
        Length++;
    }
    if (Name[Length] != 0 && wcschr(L"/\\.:,;=+[]\"(", Name[Length]) == NULL) {
        return NULL;
    }
    /* "type.exe" is a program, "echo.x" and "cd.." are not */
    if (Name[Length] == L'.' && _wcsnicmp(Name, L"echo", Length) != 0 && Name[Length + 1] != L'.' && Name[Length + 1] != 0) {
        return NULL;
    }
    for (ULONG i = 0; i < COUNT_OF(Builtins); i++) {
        if (wcslen(Builtins[i].Name) == Length && _wcsnicmp(Builtins[i].Name, Name, Length) == 0) {
            *Rest = Name + Length;
            *KeepsErrorLevel = Builtins[i].KeepsErrorLevel;
            return Builtins[i].Function;
        }
    }
    return NULL;
}

void DoHelp(LPCWSTR Arguments)
{
    LPWSTR Word = NextWord(&Arguments);

    Cmd.ErrorLevel = 0;
    for (ULONG i = 0; i < COUNT_OF(Builtins); i++) {
        if (Word == NULL || _wcsicmp(Word, Builtins[i].Name) == 0) {
            Print(L"%-15s%s\r\n", Builtins[i].Name, Builtins[i].Help);
            if (Word != NULL) {
                return;
            }
        }
    }
    if (Word != NULL) {
        Print(L"This command is not supported by the help utility.  Try \"%s /?\".\r\n", Word);
        Cmd.ErrorLevel = 1;
        return;
    }
    Print(L"%-15sPerforms conditional processing in batch programs.\r\n%-15sRuns a specified command for each item in a set.\r\n", L"IF", L"FOR");
    Print(L"\r\nAny other word starts a program: from the current directory, or along PATH.\r\n"
          L"command > file    command < file    command && if-it-succeeded    command || if-it-failed    one & other\r\n");
}

void DoEcho(LPCWSTR Arguments)
{
    LPWSTR Word = TrimRight(SkipBlanks(Arguments));

    if (TrimRight(Arguments)[0] == 0) {
        Print(L"ECHO is %s.\r\n", Cmd.EchoOff ? L"off" : L"on");
    } else if (_wcsicmp(Word, L"on") == 0 || _wcsicmp(Word, L"off") == 0) {
        Cmd.EchoOff = _wcsicmp(Word, L"off") == 0;
    } else {
        PrintText(Arguments + 1, wcslen(Arguments + 1));
        PrintText(L"\r\n", 2);
    }
    Cmd.ErrorLevel = 0;
}

void DoRem(LPCWSTR Arguments)
{
    (void)Arguments;
}

static void ShowOrRefuse(LPCWSTR Arguments, LPCWSTR What, LPCWSTR Variable)
{
    LPWSTR Word = NextWord(&Arguments);

    if (Word != NULL && !IsSwitch(Word, L't')) {
        PrintError(L"A required privilege is not held by the client.\r\n"); /* the clock is not set from here */
        Cmd.ErrorLevel = 1;
        return;
    }
    Print(Word != NULL ? L"%.0s%s\r\n" : L"The current %s is: %s\r\n", What, ExpandPercents(Variable));
}

void DoDate(LPCWSTR Arguments)
{
    ShowOrRefuse(Arguments, L"date", L"%DATE%");
}

void DoTime(LPCWSTR Arguments)
{
    ShowOrRefuse(Arguments, L"time", L"%TIME%");
}

/* color bf: two hexadecimal digits, background and foreground. */
void DoColor(LPCWSTR Arguments)
{
    static const WCHAR Digits[] = L"0123456789abcdef";
    LPWSTR Word = NextWord(&Arguments);
    HANDLE Output = GetStdHandle(STD_OUTPUT_HANDLE);
    CONSOLE_SCREEN_BUFFER_INFO Info;
    DWORD Done;

    Cmd.ErrorLevel = 0;
    if (Word == NULL) {
        Word = CmdCopy(L"07", 2);
    }
    LPCWSTR Back = wcslen(Word) == 1 ? Digits : wcschr(Digits, Word[0] | 0x20), Front = wcschr(Digits, Word[wcslen(Word) - 1] | 0x20);
    if (wcslen(Word) > 2 || Back == NULL || Front == NULL || Back == Front) {
        Cmd.ErrorLevel = 1;
        return;
    }
    WORD Attribute = (WORD)((Back - Digits) << 4 | (Front - Digits));
    if (GetConsoleScreenBufferInfo(Output, &Info)) {
        FillConsoleOutputAttribute(Output, Attribute, (DWORD)Info.dwSize.X * (DWORD)Info.dwSize.Y, (COORD){0, 0}, &Done);
        SetConsoleTextAttribute(Output, Attribute);
    }
}

void DoVer(LPCWSTR Arguments)
{
    const NPEB *Peb = NtCurrentNPeb();

    (void)Arguments;
    Print(L"\r\nNascent [Version %u.%u.%u]\r\n", Peb->OSMajorVersion, Peb->OSMinorVersion, Peb->OSBuildNumber);
    Cmd.ErrorLevel = 0;
}

void DoTitle(LPCWSTR Arguments)
{
    SetConsoleTitleW(SkipBlanks(Arguments));
    Cmd.ErrorLevel = 0;
}

/* On a terminal the sequence also clears what the terminal keeps; a screen buffer without sequences is filled with blanks. */
void DoCls(LPCWSTR Arguments)
{
    HANDLE Output = GetStdHandle(STD_OUTPUT_HANDLE);
    CONSOLE_SCREEN_BUFFER_INFO Info;
    COORD Origin = {0, 0};
    DWORD Mode, Done;

    (void)Arguments;
    Cmd.ErrorLevel = 0;
    if (!GetConsoleScreenBufferInfo(Output, &Info)) {
        Print(L"\f");
        return;
    }
    if (GetConsoleMode(Output, &Mode) && (Mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING)) {
        Print(L"\x1b[H\x1b[2J");
        return;
    }
    DWORD Cells = (DWORD)Info.dwSize.X * (DWORD)Info.dwSize.Y;
    FillConsoleOutputCharacterW(Output, L' ', Cells, Origin, &Done);
    FillConsoleOutputAttribute(Output, Info.wAttributes, Cells, Origin, &Done);
    SetConsoleCursorPosition(Output, Origin);
}

void DoPause(LPCWSTR Arguments)
{
    HANDLE Input = GetStdHandle(STD_INPUT_HANDLE);
    DWORD Mode, Read;
    WCHAR Character;
    CHAR Byte;

    (void)Arguments;
    Print(L"Press any key to continue . . . ");
    if (GetConsoleMode(Input, &Mode)) {
        SetConsoleMode(Input, 0);
        ReadConsoleW(Input, &Character, 1, &Read, NULL);
        SetConsoleMode(Input, Mode);
    } else {
        ReadFile(Input, &Byte, 1, &Read, NULL);
    }
    Print(L"\r\n");
}

void DoExit(LPCWSTR Arguments)
{
    LPWSTR Word = NextWord(&Arguments);
    BOOL Batch = Word != NULL && IsSwitch(Word, L'b');

    if (Batch) {
        Word = NextWord(&Arguments);
    }
    if (Word != NULL) {
        Cmd.ErrorLevel = (DWORD)ParseInteger(Word);
    }
    if (Batch && Cmd.Batch != NULL) {
        LeaveBatch();
    } else {
        Cmd.Exit = TRUE;
    }
}

void DoShutdown(LPCWSTR Arguments)
{
    SHUTDOWN_ACTION Action = ShutdownPowerOff;
    BOOLEAN Was;

    for (LPWSTR Word = NextWord(&Arguments); Word != NULL; Word = NextWord(&Arguments)) {
        if (IsSwitch(Word, L'r')) {
            Action = ShutdownReboot;
        } else if (IsSwitch(Word, L't')) {
            LPWSTR Seconds = NextWord(&Arguments);
            Sleep(Seconds != NULL ? (DWORD)ParseInteger(Seconds) * 1000 : 0);
        } else if (!IsSwitch(Word, L's') && !IsSwitch(Word, L'p')) {
            PrintError(L"Usage: shutdown [/s | /r] [/t seconds]\r\n");
            Cmd.ErrorLevel = 1;
            return;
        }
    }
    RtlAdjustPrivilege(19 /* SE_SHUTDOWN_PRIVILEGE */, TRUE, FALSE, &Was);
    NTSTATUS Status = NtShutdownSystem(Action);
    PrintError(L"The system could not be shut down (status %08X).\r\n", Status);
    Cmd.ErrorLevel = 1;
}

/* start ["title"] [/d directory] [/wait] [/b] program arguments */
void DoStart(LPCWSTR Arguments)
{
    LPWSTR Directory = NULL, Path = CmdAllocate(32768 * sizeof(WCHAR));
    BOOL Wait = FALSE, Background = FALSE;
    PROCESS_INFORMATION Process;

    Arguments = SkipBlanks(Arguments);
    if (*Arguments == L'"') {
        NextWord(&Arguments); /* the title */
        Arguments = SkipBlanks(Arguments);
    }
    while (*Arguments == L'/') {
        LPWSTR Word = NextWord(&Arguments);
        if (IsSwitch(Word, L'd')) {
            Directory = Word[2] != 0 ? Word + 2 : NextWord(&Arguments);
        } else if (IsSwitch(Word, L'w')) {
            Wait = TRUE;
        } else if (IsSwitch(Word, L'b')) {
            Background = TRUE;
        }
        Arguments = SkipBlanks(Arguments);
    }
    LPCWSTR Start = Arguments;
    LPWSTR Name = NextWord(&Arguments);
    if (Name == NULL) {
        Start = Name = CmdCopy(L"cmd.exe", 7);
        Arguments = L"";
    }
    LPWSTR Typed = CmdCopy(Start, Arguments[0] == 0 && Start == Name ? wcslen(Name) : (SIZE_T)(Arguments - Start));
    if (!FindProgram(Name, Path, 32768)) {
        PrintError(L"The system cannot find the file %s.\r\n", Name);
        Cmd.ErrorLevel = CMD_NOT_FOUND;
        return;
    }
    if (!StartProgram(Path, Typed, Arguments, Background ? CREATE_NEW_PROCESS_GROUP : CREATE_NEW_CONSOLE, Directory, &Process)) {
        PrintSystemError(GetLastError(), Path);
        Cmd.ErrorLevel = 1;
        return;
    }
    CloseHandle(Process.hThread);
    Cmd.ErrorLevel = 0;
    if (Wait) {
        WaitForSingleObject(Process.hProcess, INFINITE);
        GetExitCodeProcess(Process.hProcess, &Cmd.ErrorLevel);
    }
    CloseHandle(Process.hProcess);
}

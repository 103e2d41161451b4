/* SPDX-License-Identifier: MIT */
/*
 * console.c - the console's calls on CONIN$ and CONOUT$, which are there also while the standard handles are redirected.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

static HANDLE Open(const char *Name)
{
    return CreateFileA(Name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
}

static void Handles(HANDLE Input, HANDLE Output)
{
    HANDLE File = CreateFileA("C:\\Windows\\System32\\kernel32.dll", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    DWORD Mode = 0, Count;

    Is(GetFileType(Input), FILE_TYPE_CHAR, "CONIN$ is a character device");
    Is(GetFileType(Output), FILE_TYPE_CHAR, "CONOUT$ too");
    Ok(GetConsoleMode(Input, &Mode) && (Mode & ENABLE_LINE_INPUT), "the input mode");
    Ok(GetConsoleMode(Output, &Mode) && (Mode & ENABLE_PROCESSED_OUTPUT), "the output mode");
    Ok(SetConsoleMode(Output, Mode ^ ENABLE_WRAP_AT_EOL_OUTPUT) && SetConsoleMode(Output, Mode), "set and set back");
    Is(GetConsoleMode(File, &Mode) || GetLastError() != ERROR_INVALID_HANDLE, 0, "a file has no mode");
    Is(GetNumberOfConsoleInputEvents(Output, &Count) || GetLastError() != ERROR_INVALID_HANDLE, 0, "an output handle has no input");
    Is(WriteConsoleA(File, "x", 1, &Count, NULL) || GetLastError() != ERROR_INVALID_HANDLE, 0, "a file is no console to write to");
    CloseHandle(File);
}

static void Screen(HANDLE Output)
{
    CONSOLE_SCREEN_BUFFER_INFO Before, After;
    COORD Origin = {0, 0};
    CHAR Text[8] = {0};
    WCHAR Wide[4] = {0};
    DWORD Done;

    Ok(GetConsoleScreenBufferInfo(Output, &Before) && Before.dwSize.X >= 40 && Before.dwSize.Y >= 10, "the screen buffer");
    SetConsoleCursorPosition(Output, Origin);
    Ok(WriteConsoleA(Output, "abc", 3, &Done, NULL) && Done == 3, "three characters");
    Ok(GetConsoleScreenBufferInfo(Output, &After) && After.dwCursorPosition.X == 3 && After.dwCursorPosition.Y == 0, "move the cursor by three");
    Ok(ReadConsoleOutputCharacterW(Output, Wide, 3, Origin, &Done) && Done == 3 && wcscmp(Wide, L"abc") == 0, "and are there");
    Ok(FillConsoleOutputCharacterA(Output, 'z', 5, Origin, &Done) && Done == 5, "filled");
    ReadConsoleOutputCharacterW(Output, Wide, 3, Origin, &Done);
    Is(Wide[2], L'z', "with z");
    Ok(SetConsoleTextAttribute(Output, FOREGROUND_RED | FOREGROUND_INTENSITY), "a colour");
    GetConsoleScreenBufferInfo(Output, &After);
    Is(After.wAttributes, FOREGROUND_RED | FOREGROUND_INTENSITY, "is kept");
    SetConsoleTextAttribute(Output, Before.wAttributes);
    WriteConsoleA(Output, "\r\n", 2, &Done, NULL);
    GetConsoleScreenBufferInfo(Output, &After);
    Is((ULONG)After.dwCursorPosition.X, 0, "a new line");
    Ok(SetConsoleTitleA("a title") && GetConsoleTitleA(Text, sizeof(Text)) == 7 && strcmp(Text, "a title") == 0, "the title");
    Is(SetConsoleCursorPosition(Output, (COORD){-1, 0}) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "no such position");
}

static void Input(HANDLE Input)
{
    INPUT_RECORD Record = {.EventType = KEY_EVENT}, Read[4];
    DWORD Count = 99;

    FlushConsoleInputBuffer(Input);
    Ok(GetNumberOfConsoleInputEvents(Input, &Count) && Count == 0, "no input");
    Record.Event.KeyEvent.bKeyDown = TRUE;
    Record.Event.KeyEvent.wRepeatCount = 1;
    Record.Event.KeyEvent.uChar.UnicodeChar = L'q';
    Ok(WriteConsoleInputW(Input, &Record, 1, &Count) && Count == 1, "a key put in");
    Ok(PeekConsoleInputW(Input, Read, 4, &Count) && Count == 1 && Read[0].Event.KeyEvent.uChar.UnicodeChar == L'q', "seen");
    Ok(ReadConsoleInputW(Input, Read, 4, &Count) && Count == 1 && Read[0].Event.KeyEvent.uChar.UnicodeChar == L'q', "taken out");
    Ok(GetNumberOfConsoleInputEvents(Input, &Count) && Count == 0, "gone");
}

static void CodePages(void)
{
    UINT Old = GetConsoleOutputCP();

    Ok(Old != 0 && GetConsoleCP() != 0, "code pages");
    Ok(SetConsoleOutputCP(437) && GetConsoleOutputCP() == 437, "437");
    Is(SetConsoleOutputCP(12345) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "none");
    SetConsoleOutputCP(Old);
}

static BOOL WINAPI Handler(DWORD Event)
{
    return Event == CTRL_C_EVENT;
}

int main(void)
{
    HANDLE In = Open("CONIN$"), Out = Open("CONOUT$");

    Ok(In != INVALID_HANDLE_VALUE && Out != INVALID_HANDLE_VALUE, "opened");
    Handles(In, Out);
    Screen(Out);
    Input(In);
    CodePages();
    Ok(SetConsoleCtrlHandler(Handler, TRUE) && SetConsoleCtrlHandler(Handler, FALSE), "a control handler");
    Is(SetConsoleCtrlHandler(Handler, FALSE) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "not set any more");
    return Done();
}

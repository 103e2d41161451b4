/* SPDX-License-Identifier: MIT */
/*
 * consolescreens.c - several screen buffers, their sizes, the window and its change, rectangles of cells, what begins outside, and control events
 * to a process group.  It is its own child: `consolescreens child KIND`.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tap.h"

#define FAILS(call, error, what) (SetLastError(0xBAD), Ok(!(call), what ": fails"), Is(GetLastError(), error, what ": last error"))

static HANDLE Output, Input;

static CONSOLE_SCREEN_BUFFER_INFO Info(HANDLE Screen)
{
    CONSOLE_SCREEN_BUFFER_INFO Information;
    memset(&Information, 0, sizeof(Information));
    GetConsoleScreenBufferInfo(Screen, &Information);
    return Information;
}

static void TestBuffers(void)
{
    static const COORD Origin = {0, 0};
    DWORD Count;
    WCHAR Text[8] = L"";
    HANDLE Second = CreateConsoleScreenBuffer(GENERIC_READ | GENERIC_WRITE, 0, NULL, CONSOLE_TEXTMODE_BUFFER, NULL), Shown;

    Ok(Second != INVALID_HANDLE_VALUE, "a second buffer");
    Ok(Info(Second).dwSize.X == Info(Output).srWindow.Right + 1 && Info(Second).dwCursorPosition.X == 0, "as large as the window, with a cursor of its own");
    SetConsoleCursorPosition(Output, Origin);
    WriteConsoleW(Output, L"first", 5, &Count, NULL);
    Ok(WriteConsoleW(Second, L"second", 6, &Count, NULL) && Info(Second).dwCursorPosition.X == 6 && Info(Output).dwCursorPosition.X == 5, "written to");
    Ok(ReadConsoleOutputCharacterW(Output, Text, 5, Origin, &Count) && wcsncmp(Text, L"first", 5) == 0, "the first has its own text");
    Ok(ReadConsoleOutputCharacterW(Second, Text, 6, Origin, &Count) && wcsncmp(Text, L"second", 6) == 0, "the second too");
    SetConsoleTextAttribute(Second, BACKGROUND_BLUE);
    Ok(Info(Second).wAttributes == BACKGROUND_BLUE && Info(Output).wAttributes != BACKGROUND_BLUE, "and its own colours");
    Ok(SetConsoleActiveScreenBuffer(Second), "shown");
    Shown = CreateFileA("CONOUT$", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, NULL);
    Is(Info(Shown).wAttributes, BACKGROUND_BLUE, "CONOUT$ is what is shown");
    CloseHandle(Shown);
    Ok(CloseHandle(Second), "closed");
    Shown = CreateFileA("CONOUT$", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, NULL);
    Ok(ReadConsoleOutputCharacterW(Shown, Text, 5, Origin, &Count) && wcsncmp(Text, L"first", 5) == 0, "the first is shown again");
    CloseHandle(Shown);
    FAILS(CreateConsoleScreenBuffer(GENERIC_READ, 0, NULL, 2, NULL) != INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER, "a buffer of another kind");
    FAILS(SetConsoleActiveScreenBuffer(Input), ERROR_INVALID_HANDLE, "an input handle");
}

static void TestSizes(void)
{
    HANDLE Screen = CreateConsoleScreenBuffer(GENERIC_READ | GENERIC_WRITE, 0, NULL, CONSOLE_TEXTMODE_BUFFER, NULL);
    COORD Size = Info(Screen).dwSize, Largest = GetLargestConsoleWindowSize(Screen), Tall = {Size.X, 300}, At = {0, 299};
    SMALL_RECT Small = {0, 0, 39, 9}, Wrong = {0, 0, (SHORT)Size.X, 9}, Down = {0, 5, 0, 5};
    WCHAR Text[4] = L"";
    DWORD Count;

    Ok(Largest.X >= Size.X && Largest.Y >= Size.Y, "the largest window: %d x %d", Largest.X, Largest.Y);
    WriteConsoleW(Screen, L"abc", 3, &Count, NULL);
    Ok(SetConsoleScreenBufferSize(Screen, Tall) && Info(Screen).dwSize.Y == 300 && Info(Screen).srWindow.Bottom == Size.Y - 1,
       "a buffer higher than its window");
    Ok(ReadConsoleOutputCharacterW(Screen, Text, 3, (COORD){0, 0}, &Count) && wcsncmp(Text, L"abc", 3) == 0, "keeps its text");
    Ok(SetConsoleCursorPosition(Screen, At) && Info(Screen).srWindow.Bottom == 299 && Info(Screen).srWindow.Top == 300 - Size.Y,
       "the window follows the cursor");
    FAILS(SetConsoleScreenBufferSize(Screen, (COORD){Size.X, (SHORT)(Size.Y - 1)}), ERROR_INVALID_PARAMETER, "a buffer smaller than the window");
    Ok(SetConsoleWindowInfo(Screen, TRUE, &Small) && Info(Screen).srWindow.Right == 39 && Info(Screen).srWindow.Bottom == 9, "a small window");
    Ok(SetConsoleWindowInfo(Screen, FALSE, &Down) && Info(Screen).srWindow.Top == 5 && Info(Screen).srWindow.Bottom == 14, "moved down by five");
    FAILS(SetConsoleWindowInfo(Screen, TRUE, &Wrong), ERROR_INVALID_PARAMETER, "a window wider than the buffer");
    Ok(SetConsoleScreenBufferSize(Screen, (COORD){40, 15}) && Info(Screen).dwSize.X == 40 && Info(Screen).dwCursorPosition.Y == 14, "a small buffer");
    CloseHandle(Screen);
}

/* The buffer that is shown tells of its new size, if the mode asks for it. */
static void TestSizeEvent(void)
{
    COORD Old = Info(Output).dwSize, New = {Old.X, (SHORT)(Old.Y + 20)};
    INPUT_RECORD Record;
    DWORD Mode, Count = 0;

    GetConsoleMode(Input, &Mode);
    SetConsoleMode(Input, Mode & ~(DWORD)ENABLE_WINDOW_INPUT);
    FlushConsoleInputBuffer(Input);
    SetConsoleScreenBufferSize(Output, New);
    Ok(GetNumberOfConsoleInputEvents(Input, &Count) && Count == 0, "without ENABLE_WINDOW_INPUT no event");
    SetConsoleMode(Input, Mode | ENABLE_WINDOW_INPUT);
    Ok(SetConsoleScreenBufferSize(Output, Old), "back");
    Ok(ReadConsoleInputW(Input, &Record, 1, &Count) && Count == 1 && Record.EventType == WINDOW_BUFFER_SIZE_EVENT &&
           Record.Event.WindowBufferSizeEvent.dwSize.Y == Old.Y, "with it one with the new size");
    SetConsoleMode(Input, Mode);
}

static void TestRectangles(void)
{
    HANDLE Screen = CreateConsoleScreenBuffer(GENERIC_READ | GENERIC_WRITE, 0, NULL, CONSOLE_TEXTMODE_BUFFER, NULL);
    COORD Size = Info(Screen).dwSize, Outside = {Size.X, 0};
    CHAR_INFO Cells[6], Read[6], Fill = {{L'.'}, 7};
    SMALL_RECT Region = {10, 4, 12, 5}, Source = {10, 4, 12, 5}, Clip = {0, 0, 20, 5};
    DWORD Count = 99;
    WCHAR Text[4];

    for (int i = 0; i < 6; i++) {
        Cells[i].Char.UnicodeChar = (WCHAR)(L'A' + i);
        Cells[i].Attributes = (WORD)(0x10 + i);
    }
    Ok(WriteConsoleOutputW(Screen, Cells, (COORD){3, 2}, (COORD){0, 0}, &Region) && Region.Right == 12 && Region.Bottom == 5, "a rectangle written");
    Ok(ReadConsoleOutputW(Screen, Read, (COORD){3, 2}, (COORD){0, 0}, &Region) && memcmp(Read, Cells, sizeof(Cells)) == 0, "and read");
    Region = (SMALL_RECT){-1, -1, 1, 0};
    Ok(WriteConsoleOutputW(Screen, Cells, (COORD){3, 2}, (COORD){0, 0}, &Region) && Region.Left == 0 && Region.Top == 0, "half outside: cut");
    Ok(ReadConsoleOutputCharacterW(Screen, Text, 2, (COORD){0, 0}, &Count) && Text[0] == L'E' && Text[1] == L'F', "what is inside is there");
    Ok(ScrollConsoleScreenBufferW(Screen, &Source, &Clip, (COORD){11, 5}, &Fill), "moved by one, cut at the clip");
    ReadConsoleOutputCharacterW(Screen, Text, 3, (COORD){11, 5}, &Count);
    Ok(Text[0] == L'A' && Text[1] == L'B' && Text[2] == L'C', "moved");
    ReadConsoleOutputCharacterW(Screen, Text, 3, (COORD){10, 4}, &Count);
    Ok(Text[0] == L'.' && Text[1] == L'.', "what was left is filled");
    ReadConsoleOutputCharacterW(Screen, Text, 3, (COORD){11, 6}, &Count);
    Ok(Text[0] == L' ', "behind the clip nothing changed");
    Ok(FillConsoleOutputCharacterW(Screen, L'x', 5, Outside, &Count) && Count == 0, "to fill from outside fills nothing");
    Ok(FillConsoleOutputAttribute(Screen, 7, 5, Outside, &Count) && Count == 0, "nor attributes");
    Ok(ReadConsoleOutputCharacterW(Screen, Text, 3, Outside, &Count) && Count == 0, "to read from outside reads nothing");
    Ok(FillConsoleOutputCharacterW(Screen, L'x', 5, (COORD){(SHORT)(Size.X - 2), (SHORT)(Size.Y - 1)}, &Count) && Count == 2,
       "to fill beyond the end fills what there is");
    FAILS(WriteConsoleOutputCharacterW(Screen, L"x", 1, Outside, &Count), ERROR_INVALID_PARAMETER, "to write from outside");
    CloseHandle(Screen);
}

/* ---- control events ----------------------------------------------------------------------------------------------------------------- */

static HANDLE Called;
static DWORD CalledWith;

static BOOL WINAPI Handler(DWORD Event)
{
    CalledWith = Event;
    SetEvent(Called);
    return TRUE;
}

static HANDLE Start(const char *Kind, DWORD Flags, DWORD *Id)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    char Line[100];
    HANDLE Ready;

    sprintf(Line, "nascent-console-ready-%s", Kind);
    Ready = CreateEventA(NULL, FALSE, FALSE, Line);
    sprintf(Line, "consolescreens.exe child %s", Kind);
    if (!CreateProcessA(NULL, Line, NULL, NULL, FALSE, Flags, NULL, NULL, &Startup, &Process)) {
        return NULL;
    }
    WaitForSingleObject(Ready, 30000);
    CloseHandle(Ready);
    CloseHandle(Process.hThread);
    *Id = Process.dwProcessId;
    return Process.hProcess;
}

static DWORD End(HANDLE Process)
{
    DWORD Code = 99;
    WaitForSingleObject(Process, 30000);
    GetExitCodeProcess(Process, &Code);
    CloseHandle(Process);
    return Code;
}

/* handles: returns 10 + the event.  leads: the same, if a child in its group did, too.  waits: 5 after a while; sleeps: after a long one. */
static int Child(const char *Kind)
{
    char Name[100];
    HANDLE Ready, Follower = NULL;
    DWORD Id;
    int Result;

    sprintf(Name, "nascent-console-ready-%s", Kind);
    Ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, Name);
    Called = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (strcmp(Kind, "handles") == 0 || strcmp(Kind, "leads") == 0) {
        SetConsoleCtrlHandler(NULL, FALSE);
        SetConsoleCtrlHandler(Handler, TRUE);
    }
    if (strcmp(Kind, "leads") == 0) {
        Follower = Start("handles", 0, &Id);
    }
    SetEvent(Ready);
    Result = WaitForSingleObject(Called, strcmp(Kind, "waits") == 0 ? 300 : 30000) == WAIT_OBJECT_0 ? 10 + (int)CalledWith : 5;
    return Follower == NULL || End(Follower) == (DWORD)Result ? Result : 6;
}

static BOOL Listed(DWORD Id)
{
    DWORD List[64], Count = GetConsoleProcessList(List, 64);

    for (DWORD Index = 0; Index < Count && Index < 64; Index++) {
        if (List[Index] == Id) {
            return TRUE;
        }
    }
    return FALSE;
}

/* On another console than its creator's: says at the end what it has heard. */
static int Outside(void)
{
    HANDLE Ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, "nascent-console-ready-outside"), Quit = OpenEventA(SYNCHRONIZE, FALSE, "nascent-console-quit");
    Called = CreateEventA(NULL, TRUE, FALSE, NULL);
    SetConsoleCtrlHandler(NULL, FALSE);
    SetConsoleCtrlHandler(Handler, TRUE);
    SetEvent(Ready);
    WaitForSingleObject(Quit, 30000);
    return WaitForSingleObject(Called, 0) == WAIT_OBJECT_0 ? 10 + (int)CalledWith : 5;
}

/* The first process of a console: a bit for each thing that is wrong. */
static int Owner(void)
{
    HANDLE Quit = CreateEventA(NULL, TRUE, FALSE, "nascent-console-quit"), Inside, Other;
    DWORD InsideId, OtherId;
    int Wrong = 0;

    Called = CreateEventA(NULL, TRUE, FALSE, NULL);
    SetConsoleCtrlHandler(NULL, FALSE);
    SetConsoleCtrlHandler(Handler, TRUE);
    Inside = Start("handles", 0, &InsideId);
    Other = Start("outside", CREATE_NEW_CONSOLE, &OtherId);
    Wrong |= !Listed(GetCurrentProcessId()) << 0 | !Listed(InsideId) << 1 | Listed(OtherId) << 2;
    Wrong |= !GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) << 3;
    Wrong |= (End(Inside) != 10 + CTRL_C_EVENT) << 4;
    Wrong |= (WaitForSingleObject(Called, 30000) != WAIT_OBJECT_0) << 5;
    SetEvent(Quit);
    Wrong |= (End(Other) != 5) << 6;
    return Wrong;
}

#define ATTACH_FAILS(id, error) (SetLastError(0xBAD), AttachConsole(id) || GetLastError() != (error))

/* Begins without a console; its creator's id is in the command line.  A bit for each thing that is wrong. */
static int Attacher(DWORD Creator)
{
    int Wrong = (GetConsoleCP() != 0) << 0;

    Wrong |= ATTACH_FAILS(0x7FFFFFF0, ERROR_INVALID_PARAMETER) << 1;
    Wrong |= !AttachConsole(ATTACH_PARENT_PROCESS) << 2;
    Wrong |= !(Listed(Creator) && Listed(GetCurrentProcessId())) << 3;
    Wrong |= ATTACH_FAILS(Creator, ERROR_ACCESS_DENIED) << 4;
    Wrong |= !FreeConsole() << 5;
    Wrong |= !AllocConsole() << 6;
    Wrong |= (Listed(Creator) || !Listed(GetCurrentProcessId())) << 7;
    Wrong |= (AllocConsole() || GetLastError() != ERROR_ACCESS_DENIED) << 8;
    return Wrong;
}

static DWORD Run(const char *Kind, DWORD Flags)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    char Line[100];

    sprintf(Line, "consolescreens.exe %s %lu", Kind, GetCurrentProcessId());
    if (!CreateProcessA(NULL, Line, NULL, NULL, FALSE, Flags, NULL, NULL, &Startup, &Process)) {
        return 0xBAD;
    }
    CloseHandle(Process.hThread);
    return End(Process.hProcess);
}

static void TestConsoles(void)
{
    DWORD List[1];

    Is(Run("owner", CREATE_NEW_CONSOLE), 0, "an event for all is for all of one console");
    Is(Run("attacher", DETACHED_PROCESS), 0, "a process without a console attaches to its creator's, and makes its own");
    FAILS(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0x7FFFFFF0), ERROR_INVALID_PARAMETER, "an event for a group that is not there");
    FAILS(GetConsoleProcessList(NULL, 1), ERROR_INVALID_PARAMETER, "a list of processes to nowhere");
    FAILS(GetConsoleProcessList(List, 0), ERROR_INVALID_PARAMETER, "a list of no processes");
}

static void TestEvents(void)
{
    HANDLE First, Second;
    DWORD Id, Other;

    First = Start("handles", CREATE_NEW_PROCESS_GROUP, &Id);
    Second = Start("handles", CREATE_NEW_PROCESS_GROUP, &Other);
    Ok(First != NULL && Second != NULL, "two children, each in a group of its own");
    Ok(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, Id), "Ctrl+Break for one");
    Is(End(First), 10 + CTRL_BREAK_EVENT, "its handler has it");
    Is(WaitForSingleObject(Second, 50), WAIT_TIMEOUT, "the other's does not");
    Ok(GenerateConsoleCtrlEvent(CTRL_C_EVENT, Other), "Ctrl+C for the other, which has turned it on");
    Is(End(Second), 10 + CTRL_C_EVENT, "has it");
    First = Start("leads", CREATE_NEW_PROCESS_GROUP, &Id);
    Ok(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, Id), "Ctrl+Break for a group of two");
    Is(End(First), 10 + CTRL_BREAK_EVENT, "both have it");
    First = Start("waits", CREATE_NEW_PROCESS_GROUP, &Id);
    Ok(GenerateConsoleCtrlEvent(CTRL_C_EVENT, Id), "Ctrl+C for one in which a new group has turned it off");
    Is(End(First), 5, "nothing happens to it");
    First = Start("sleeps", CREATE_NEW_PROCESS_GROUP, &Id);
    Ok(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, Id), "Ctrl+Break for one without a handler");
    Is(End(First), 0xC000013A, "ends it");
    FAILS(GenerateConsoleCtrlEvent(CTRL_CLOSE_EVENT, 0), ERROR_INVALID_PARAMETER, "other events are not to be made");
}

int main(int Count, char **Argument)
{
    if (Count == 3 && strcmp(Argument[1], "child") == 0) {
        return strcmp(Argument[2], "outside") == 0 ? Outside() : Child(Argument[2]);
    }
    if (Count == 3) {
        return strcmp(Argument[1], "owner") == 0 ? Owner() : Attacher((DWORD)strtoul(Argument[2], NULL, 10));
    }
    Output = CreateFileA("CONOUT$", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, NULL);
    Input = CreateFileA("CONIN$", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, NULL);
    TestBuffers();
    TestSizes();
    TestSizeEvent();
    TestRectangles();
    TestEvents();
    TestConsoles();
    return Done();
}

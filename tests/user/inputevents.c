/* SPDX-License-Identifier: MIT */
/*
 * inputevents.c - not a test by itself: prints every input record that is no key, until `q` is typed.  tests/system/test_console.py is the terminal.
 *
 *      inputevents          mouse and window records
 *      inputevents vt       characters, as somebody who reads VT sequences gets them
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static int Records(HANDLE Input)
{
    INPUT_RECORD Record;
    DWORD Count;

    while (ReadConsoleInputW(Input, &Record, 1, &Count)) {
        const MOUSE_EVENT_RECORD *Mouse = &Record.Event.MouseEvent;
        if (Record.EventType == KEY_EVENT && Record.Event.KeyEvent.uChar.UnicodeChar == L'q') {
            return 0;
        } else if (Record.EventType == MOUSE_EVENT) {
            printf("mouse %d,%d buttons %lx keys %lx events %lx.\n", Mouse->dwMousePosition.X, Mouse->dwMousePosition.Y, Mouse->dwButtonState,
                   Mouse->dwControlKeyState, Mouse->dwEventFlags);
        } else if (Record.EventType == WINDOW_BUFFER_SIZE_EVENT) {
            printf("size %d,%d.\n", Record.Event.WindowBufferSizeEvent.dwSize.X, Record.Event.WindowBufferSizeEvent.dwSize.Y);
        }
        fflush(stdout);
    }
    return 1;
}

static int Characters(HANDLE Input)
{
    WCHAR Text[64];
    DWORD Count;

    while (ReadConsoleW(Input, Text, 64, &Count, NULL)) {
        for (DWORD Index = 0; Index < Count; Index++) {
            if (Text[Index] == L'q') {
                return 0;
            }
            printf(Text[Index] == 27 ? "ESC" : "%c", Text[Index]);
        }
        fflush(stdout);
    }
    return 1;
}

int main(int Count, char **Argument)
{
    HANDLE Input = GetStdHandle(STD_INPUT_HANDLE);
    int Sequences = Count > 1 && strcmp(Argument[1], "vt") == 0;
    DWORD Mode;

    if (!GetConsoleMode(Input, &Mode) || !SetConsoleMode(Input, Sequences ? ENABLE_VIRTUAL_TERMINAL_INPUT
                                                                          : ENABLE_EXTENDED_FLAGS | ENABLE_MOUSE_INPUT | ENABLE_WINDOW_INPUT)) {
        return 2;
    }
    printf("ready.\n");
    fflush(stdout);
    int Result = Sequences ? Characters(Input) : Records(Input);
    SetConsoleMode(Input, Mode);
    return Result;
}

/* SPDX-License-Identifier: MIT */
/*
 * more.c - more: a screenful at a time.  Where the output is no console it passes everything on.
 *
 * The keys come from the console itself, because the standard input may be the text that is shown.  (On Windows this is a program, more.com.)
 */
#include "cmd.h"

typedef struct _PAGER
{
    HANDLE Output;
    DWORD Lines, Shown; /* Lines 0: no paging */
    BOOL Quit;
} PAGER;

static void WaitForKey(PAGER *Pager)
{
    HANDLE Keys = CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    DWORD Mode, Read;
    WCHAR Key = L' ';

    if (Keys == INVALID_HANDLE_VALUE) {
        Pager->Lines = 0;
        return;
    }
    Print(L"-- More --");
    GetConsoleMode(Keys, &Mode);
    SetConsoleMode(Keys, ENABLE_PROCESSED_INPUT);
    if (!ReadConsoleW(Keys, &Key, 1, &Read, NULL) || Read == 0 || Key == L'q' || Key == L'Q' || Key == 3) {
        Pager->Quit = TRUE;
    }
    SetConsoleMode(Keys, Mode);
    CloseHandle(Keys);
    Print(L"\r          \r");
    Pager->Shown = Key == L'\r' ? Pager->Lines - 1 : 0; /* Enter: one line */
}

static void ShowBytes(PAGER *Pager, LPCSTR Bytes, DWORD Length)
{
    DWORD Written;

    while (Length != 0 && !Pager->Quit) {
        LPCSTR End = Pager->Lines != 0 ? memchr(Bytes, '\n', Length) : NULL;
        DWORD Part = End != NULL ? (DWORD)(End - Bytes) + 1 : Length;
        if (!WriteFile(Pager->Output, Bytes, Part, &Written, NULL)) {
            Pager->Quit = TRUE;
        }
        Bytes += Part;
        Length -= Part;
        if (End != NULL && ++Pager->Shown >= Pager->Lines) {
            WaitForKey(Pager);
        }
    }
}

static void Page(PAGER *Pager, HANDLE Input)
{
    CHAR Buffer[4096];
    DWORD Read;

    while (!Pager->Quit && ReadFile(Input, Buffer, sizeof(Buffer), &Read, NULL) && Read != 0) {
        ShowBytes(Pager, Buffer, Read);
    }
}

void DoMore(LPCWSTR Arguments)
{
    PAGER Pager = {.Output = GetStdHandle(STD_OUTPUT_HANDLE)};
    CONSOLE_SCREEN_BUFFER_INFO Info;
    LPWSTR Word = NextWord(&Arguments);

    Cmd.ErrorLevel = 0;
    if (GetConsoleScreenBufferInfo(Pager.Output, &Info)) {
        Pager.Lines = (DWORD)(Info.srWindow.Bottom - Info.srWindow.Top);
    }
    if (Word == NULL) {
        Page(&Pager, GetStdHandle(STD_INPUT_HANDLE));
    }
    for (; Word != NULL && !Pager.Quit; Word = NextWord(&Arguments)) {
        HANDLE File = CreateFileW(Word, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
        if (File == INVALID_HANDLE_VALUE) {
            PrintError(L"Cannot access file %s\r\n", FullPath(Word));
            Cmd.ErrorLevel = 1;
            continue;
        }
        Page(&Pager, File);
        CloseHandle(File);
    }
}

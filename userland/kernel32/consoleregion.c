/* SPDX-License-Identifier: MIT */
/*
 * consoleregion.c - rectangles of the console's screen buffers, the buffers themselves, and the window through which one is seen.
 *
 * A rectangle is read and written row by row, each row a run of cells.  There is one font.
 */
#include "k32.h"
#include <winioctl.h>
#include "drivers/condrv/condrv.h"
#include "conio.h"

static_assert(sizeof(CHAR_INFO) == 4, "a cell is a character and its attributes");

/* The part of the region that lies in the buffer, and how far the first cell is from the given corner; FALSE: nothing is left. */
static BOOL ClipRegion(HANDLE Handle, PSMALL_RECT Region, COORD Size, PCOORD Corner)
{
    CONSOLE_SCREEN_BUFFER_INFO Info;

    if (!GetConsoleScreenBufferInfo(Handle, &Info)) {
        return FALSE;
    }
    if (Region->Left < 0) {
        Corner->X = (SHORT)(Corner->X - Region->Left);
        Region->Left = 0;
    }
    if (Region->Top < 0) {
        Corner->Y = (SHORT)(Corner->Y - Region->Top);
        Region->Top = 0;
    }
    SHORT Right = (SHORT)(Region->Left + Size.X - Corner->X - 1), Bottom = (SHORT)(Region->Top + Size.Y - Corner->Y - 1);
    Region->Right = Region->Right < Right ? Region->Right : Right;
    Region->Bottom = Region->Bottom < Bottom ? Region->Bottom : Bottom;
    Region->Right = Region->Right < Info.dwSize.X - 1 ? Region->Right : (SHORT)(Info.dwSize.X - 1);
    Region->Bottom = Region->Bottom < Info.dwSize.Y - 1 ? Region->Bottom : (SHORT)(Info.dwSize.Y - 1);
    return TRUE;
}

static BOOL WriteRow(HANDLE Handle, const CHAR_INFO *Cells, SHORT Count, COORD At)
{
    ULONG Size = (ULONG)(sizeof(CONDRV_OUTPUT_RUN) + (ULONG)Count * sizeof(CHAR_INFO)), Written;
    CONDRV_OUTPUT_RUN *Run = BaseAllocate(Size);

    if (Run == NULL) {
        return FALSE;
    }
    *Run = (CONDRV_OUTPUT_RUN){.Start = {At.X, At.Y}, .Type = CONDRV_CELLS, .Length = (unsigned)Count};
    memcpy(Run + 1, Cells, (SIZE_T)Count * sizeof(CHAR_INFO));
    BOOL Result = BaseConsole(Handle, IOCTL_CONDRV_WRITE_OUTPUT, Run, Size, &Written, sizeof(Written), NULL);
    BaseFree(Run);
    return Result;
}

BOOL WINAPI WriteConsoleOutputW(HANDLE Handle, const CHAR_INFO *Buffer, COORD Size, COORD Corner, PSMALL_RECT Region)
{
    if (!ClipRegion(Handle, Region, Size, &Corner)) {
        return FALSE;
    }
    for (SHORT y = Region->Top; y <= Region->Bottom && Region->Left <= Region->Right; y++) {
        const CHAR_INFO *Row = Buffer + (SIZE_T)(Corner.Y + y - Region->Top) * (USHORT)Size.X + (USHORT)Corner.X;
        if (!WriteRow(Handle, Row, (SHORT)(Region->Right - Region->Left + 1), (COORD){Region->Left, y})) {
            return FALSE;
        }
    }
    return TRUE;
}

BOOL WINAPI ReadConsoleOutputW(HANDLE Handle, PCHAR_INFO Buffer, COORD Size, COORD Corner, PSMALL_RECT Region)
{
    if (!ClipRegion(Handle, Region, Size, &Corner)) {
        return FALSE;
    }
    for (SHORT y = Region->Top; y <= Region->Bottom && Region->Left <= Region->Right; y++) {
        PCHAR_INFO Row = Buffer + (SIZE_T)(Corner.Y + y - Region->Top) * (USHORT)Size.X + (USHORT)Corner.X;
        ULONG Count = (ULONG)(Region->Right - Region->Left + 1);
        CONDRV_OUTPUT_RUN Run = {.Start = {Region->Left, y}, .Type = CONDRV_CELLS, .Length = Count};
        if (!BaseConsole(Handle, IOCTL_CONDRV_READ_OUTPUT, &Run, sizeof(Run), Row, Count * sizeof(CHAR_INFO), NULL)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void RecodeCells(PCHAR_INFO Cells, SIZE_T Count, BOOL ToWide)
{
    UINT Page = GetConsoleOutputCP();

    for (SIZE_T i = 0; i < Count; i++) {
        if (ToWide) {
            CHAR Byte = Cells[i].Char.AsciiChar;
            WCHAR Wide = L'?';
            MultiByteToWideChar(Page, 0, &Byte, 1, &Wide, 1);
            Cells[i].Char.UnicodeChar = Wide;
        } else {
            WCHAR Wide = Cells[i].Char.UnicodeChar;
            CHAR Bytes[4] = {'?'};
            WideCharToMultiByte(Page, 0, &Wide, 1, Bytes, sizeof(Bytes), NULL, NULL);
            Cells[i].Char.UnicodeChar = (UCHAR)Bytes[0];
        }
    }
}

BOOL WINAPI WriteConsoleOutputA(HANDLE Handle, const CHAR_INFO *Buffer, COORD Size, COORD Corner, PSMALL_RECT Region)
{
    SIZE_T Count = (SIZE_T)(USHORT)Size.X * (USHORT)Size.Y;
    PCHAR_INFO Copy = BaseAllocate(Count * sizeof(CHAR_INFO));

    if (Copy == NULL) {
        return FALSE;
    }
    memcpy(Copy, Buffer, Count * sizeof(CHAR_INFO));
    RecodeCells(Copy, Count, TRUE);
    BOOL Result = WriteConsoleOutputW(Handle, Copy, Size, Corner, Region);
    BaseFree(Copy);
    return Result;
}

BOOL WINAPI ReadConsoleOutputA(HANDLE Handle, PCHAR_INFO Buffer, COORD Size, COORD Corner, PSMALL_RECT Region)
{
    if (!ReadConsoleOutputW(Handle, Buffer, Size, Corner, Region)) {
        return FALSE;
    }
    RecodeCells(Buffer, (SIZE_T)(USHORT)Size.X * (USHORT)Size.Y, FALSE);
    return TRUE;
}

static BOOL WriteElements(HANDLE Handle, USHORT Type, const void *Elements, DWORD Length, COORD Start, LPDWORD Written)
{
    ULONG Size = (ULONG)sizeof(CONDRV_OUTPUT_RUN) + Length * (ULONG)sizeof(WCHAR), Cells = 0;
    CONDRV_OUTPUT_RUN *Run = Length < 0x100000 ? BaseAllocate(Size) : NULL;

    if (Run == NULL) {
        return BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    }
    *Run = (CONDRV_OUTPUT_RUN){.Start = {Start.X, Start.Y}, .Type = Type, .Length = Length};
    memcpy(Run + 1, Elements, Length * sizeof(WCHAR));
    BOOL Result = BaseConsole(Handle, IOCTL_CONDRV_WRITE_OUTPUT, Run, Size, &Cells, sizeof(Cells), NULL);
    BaseFree(Run);
    if (Result) {
        *Written = Cells;
    }
    return Result;
}

BOOL WINAPI WriteConsoleOutputCharacterW(HANDLE Handle, LPCWSTR Characters, DWORD Length, COORD Start, LPDWORD Written)
{
    return WriteElements(Handle, CONDRV_CHARACTERS, Characters, Length, Start, Written);
}

BOOL WINAPI WriteConsoleOutputAttribute(HANDLE Handle, const WORD *Attributes, DWORD Length, COORD Start, LPDWORD Written)
{
    return WriteElements(Handle, CONDRV_ATTRIBUTES, Attributes, Length, Start, Written);
}

BOOL WINAPI WriteConsoleOutputCharacterA(HANDLE Handle, LPCSTR Characters, DWORD Length, COORD Start, LPDWORD Written)
{
    LPWSTR Wide;
    SIZE_T Count;

    if (!BaseBytesToWide(GetConsoleOutputCP(), Characters, Length, &Wide, &Count)) {
        return FALSE;
    }
    BOOL Result = WriteConsoleOutputCharacterW(Handle, Wide, (DWORD)Count, Start, Written);
    BaseFree(Wide);
    return Result;
}

BOOL WINAPI WriteConsoleInputA(HANDLE Handle, const INPUT_RECORD *Buffer, DWORD Count, LPDWORD Written)
{
    PINPUT_RECORD Copy = BaseAllocate(Count * sizeof(INPUT_RECORD));

    if (Copy == NULL) {
        return FALSE;
    }
    memcpy(Copy, Buffer, Count * sizeof(INPUT_RECORD));
    for (DWORD i = 0; i < Count; i++) {
        if (Copy[i].EventType == KEY_EVENT) {
            CHAR Byte = Copy[i].Event.KeyEvent.uChar.AsciiChar;
            WCHAR Wide = 0;
            MultiByteToWideChar(GetConsoleCP(), 0, &Byte, 1, &Wide, 1);
            Copy[i].Event.KeyEvent.uChar.UnicodeChar = Wide;
        }
    }
    BOOL Result = WriteConsoleInputW(Handle, Copy, Count, Written);
    BaseFree(Copy);
    return Result;
}

BOOL WINAPI SetConsoleActiveScreenBuffer(HANDLE Handle)
{
    return BaseConsole(Handle, IOCTL_CONDRV_SHOW_SCREEN, NULL, 0, NULL, 0, NULL);
}

HANDLE WINAPI CreateConsoleScreenBuffer(DWORD Access, DWORD Share, const SECURITY_ATTRIBUTES *Security, DWORD Flags, LPVOID Data)
{
    if ((Access & ~(DWORD)(GENERIC_READ | GENERIC_WRITE)) != 0 || (Share & ~(DWORD)(FILE_SHARE_READ | FILE_SHARE_WRITE)) != 0 ||
        Flags != CONSOLE_TEXTMODE_BUFFER || Data != NULL) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    return BaseOpenConsoleFile(L"\\Device\\ConDrv\\ScreenBuffer", Access, Security != NULL && Security->bInheritHandle, Share);
}

BOOL WINAPI SetConsoleWindowInfo(HANDLE Handle, BOOL Absolute, const SMALL_RECT *Window)
{
    CONSOLE_SCREEN_BUFFER_INFO Info;
    CONDRV_RECT Wanted = {Window->Left, Window->Top, Window->Right, Window->Bottom};

    if (!Absolute) {
        if (!GetConsoleScreenBufferInfo(Handle, &Info)) {
            return FALSE;
        }
        Wanted = (CONDRV_RECT){(SHORT)(Info.srWindow.Left + Window->Left), (SHORT)(Info.srWindow.Top + Window->Top),
                               (SHORT)(Info.srWindow.Right + Window->Right), (SHORT)(Info.srWindow.Bottom + Window->Bottom)};
    }
    return BaseConsole(Handle, IOCTL_CONDRV_SET_WINDOW, &Wanted, sizeof(Wanted), NULL, 0, NULL);
}

COORD WINAPI GetLargestConsoleWindowSize(HANDLE Handle)
{
    COORD Size = {0, 0};

    BaseConsole(Handle, IOCTL_CONDRV_GET_LARGEST_WINDOW, NULL, 0, &Size, sizeof(Size), NULL);
    return Size;
}

/* Size, window, colours and cursor; the palette cannot be changed.  The window's right and bottom edges lie outside it here. */
BOOL WINAPI SetConsoleScreenBufferInfoEx(HANDLE Handle, PCONSOLE_SCREEN_BUFFER_INFOEX Info)
{
    if (Info == NULL || Info->cbSize != sizeof(*Info)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    SMALL_RECT Window = {Info->srWindow.Left, Info->srWindow.Top, (SHORT)(Info->srWindow.Right - 1), (SHORT)(Info->srWindow.Bottom - 1)};
    return SetConsoleScreenBufferSize(Handle, Info->dwSize) && SetConsoleWindowInfo(Handle, TRUE, &Window) &&
           SetConsoleTextAttribute(Handle, Info->wAttributes) && SetConsoleCursorPosition(Handle, Info->dwCursorPosition);
}

#define FONT_SIZE ((COORD){8, 16}) /* the driver draws with a font of this size */

BOOL WINAPI GetCurrentConsoleFontEx(HANDLE Handle, BOOL Maximum, PCONSOLE_FONT_INFOEX Info)
{
    CONSOLE_SCREEN_BUFFER_INFO Screen;

    UNUSED(Maximum);
    if (!GetConsoleScreenBufferInfo(Handle, &Screen)) {
        return FALSE;
    }
    if (Info->cbSize != sizeof(*Info)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    memset(Info, 0, sizeof(*Info));
    Info->cbSize = sizeof(*Info);
    Info->dwFontSize = FONT_SIZE;
    Info->FontFamily = 0x30; /* FF_MODERN */
    Info->FontWeight = 400;
    wcscpy(Info->FaceName, L"Terminal");
    return TRUE;
}

BOOL WINAPI GetCurrentConsoleFont(HANDLE Handle, BOOL Maximum, PCONSOLE_FONT_INFO Info)
{
    CONSOLE_SCREEN_BUFFER_INFO Screen;

    UNUSED(Maximum);
    if (!GetConsoleScreenBufferInfo(Handle, &Screen)) {
        return FALSE;
    }
    Info->nFont = 0;
    Info->dwFontSize = FONT_SIZE;
    return TRUE;
}

COORD WINAPI GetConsoleFontSize(HANDLE Handle, DWORD Font)
{
    CONSOLE_SCREEN_BUFFER_INFO Screen;

    if (!GetConsoleScreenBufferInfo(Handle, &Screen) || Font != 0) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return (COORD){0, 0};
    }
    return FONT_SIZE;
}

BOOL WINAPI GetConsoleDisplayMode(LPDWORD Mode)
{
    *Mode = 0;
    return TRUE;
}

BOOL WINAPI GetConsoleSelectionInfo(PCONSOLE_SELECTION_INFO Info)
{
    memset(Info, 0, sizeof(*Info)); /* CONSOLE_NO_SELECTION */
    return TRUE;
}

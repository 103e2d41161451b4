/* SPDX-License-Identifier: MIT */
/*
 * consolescreen.c - the screen buffer, the cursor, input records, and control events.
 *
 * For Ctrl+C the console driver makes a thread in the process, which begins at CtrlRoutine; the address is told to it when the first handler
 * is set.  Handlers are called from the newest to the oldest until one says TRUE; the last is ExitProcess.
 */
#include "k32.h"
#include "drivers/condrv/condrv.h"
#include "conio.h"

static_assert(sizeof(INPUT_RECORD) == sizeof(CONDRV_INPUT_RECORD), "the driver's records are Win32's");

/* ---- screen ----------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI GetConsoleScreenBufferInfoEx(HANDLE Handle, PCONSOLE_SCREEN_BUFFER_INFOEX Info)
{
    CONDRV_SCREEN_BUFFER_INFO Screen;

    static_assert(sizeof(Screen) + sizeof(ULONG) == sizeof(CONSOLE_SCREEN_BUFFER_INFOEX), "the driver's structure without the size");
    if (Info->cbSize != sizeof(*Info)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!BaseConsole(Handle, IOCTL_CONDRV_GET_SCREEN_BUFFER_INFO, NULL, 0, &Screen, sizeof(Screen), NULL)) {
        return FALSE;
    }
    memcpy(&Info->dwSize, &Screen, sizeof(Screen));
    return TRUE;
}

BOOL WINAPI GetConsoleScreenBufferInfo(HANDLE Handle, PCONSOLE_SCREEN_BUFFER_INFO Info)
{
    CONSOLE_SCREEN_BUFFER_INFOEX Extended = {.cbSize = sizeof(Extended)};

    if (!GetConsoleScreenBufferInfoEx(Handle, &Extended)) {
        return FALSE;
    }
    Info->dwSize = Extended.dwSize;
    Info->dwCursorPosition = Extended.dwCursorPosition;
    Info->wAttributes = Extended.wAttributes;
    Info->srWindow = Extended.srWindow;
    Info->dwMaximumWindowSize = Extended.dwMaximumWindowSize;
    return TRUE;
}

BOOL WINAPI SetConsoleTextAttribute(HANDLE Handle, WORD Attributes)
{
    return BaseConsole(Handle, IOCTL_CONDRV_SET_TEXT_ATTRIBUTE, &Attributes, sizeof(Attributes), NULL, 0, NULL);
}

BOOL WINAPI SetConsoleCursorPosition(HANDLE Handle, COORD Position)
{
    CONDRV_COORD Coord = {Position.X, Position.Y};

    return BaseConsole(Handle, IOCTL_CONDRV_SET_CURSOR_POSITION, &Coord, sizeof(Coord), NULL, 0, NULL);
}

BOOL WINAPI GetConsoleCursorInfo(HANDLE Handle, PCONSOLE_CURSOR_INFO Info)
{
    return BaseConsole(Handle, IOCTL_CONDRV_GET_CURSOR_INFO, NULL, 0, Info, sizeof(*Info), NULL);
}

BOOL WINAPI SetConsoleCursorInfo(HANDLE Handle, const CONSOLE_CURSOR_INFO *Info)
{
    return BaseConsole(Handle, IOCTL_CONDRV_SET_CURSOR_INFO, Info, sizeof(*Info), NULL, 0, NULL);
}

BOOL WINAPI SetConsoleScreenBufferSize(HANDLE Handle, COORD Size)
{
    CONDRV_COORD Coord = {Size.X, Size.Y};

    return BaseConsole(Handle, IOCTL_CONDRV_SET_SCREEN_BUFFER_SIZE, &Coord, sizeof(Coord), NULL, 0, NULL);
}

static BOOL Fill(HANDLE Handle, USHORT Type, WCHAR Character, WORD Attribute, DWORD Length, COORD Start, LPDWORD Written)
{
    CONDRV_OUTPUT_RUN Run = {.Start = {Start.X, Start.Y}, .Type = Type, .Character = Character, .Attributes = Attribute, .Length = Length};
    ULONG Cells = 0;

    if (!BaseConsole(Handle, IOCTL_CONDRV_FILL_OUTPUT, &Run, sizeof(Run), &Cells, sizeof(Cells), NULL)) {
        return FALSE;
    }
    *Written = Cells;
    return TRUE;
}

BOOL WINAPI FillConsoleOutputCharacterW(HANDLE Handle, WCHAR Character, DWORD Length, COORD Start, LPDWORD Written)
{
    return Fill(Handle, CONDRV_CHARACTERS, Character, 0, Length, Start, Written);
}

BOOL WINAPI FillConsoleOutputCharacterA(HANDLE Handle, CHAR Character, DWORD Length, COORD Start, LPDWORD Written)
{
    WCHAR Wide = L'?';

    MultiByteToWideChar(GetConsoleOutputCP(), 0, &Character, 1, &Wide, 1);
    return Fill(Handle, CONDRV_CHARACTERS, Wide, 0, Length, Start, Written);
}

BOOL WINAPI FillConsoleOutputAttribute(HANDLE Handle, WORD Attribute, DWORD Length, COORD Start, LPDWORD Written)
{
    return Fill(Handle, CONDRV_ATTRIBUTES, 0, Attribute, Length, Start, Written);
}

BOOL WINAPI ScrollConsoleScreenBufferW(HANDLE Handle, const SMALL_RECT *Source, const SMALL_RECT *Clip, COORD Target, const CHAR_INFO *Cell)
{
    CONDRV_SCROLL Scroll = {.UseClip = Clip != NULL, .Destination = {Target.X, Target.Y}, .Character = Cell->Char.UnicodeChar,
                            .Attributes = Cell->Attributes};

    memcpy(&Scroll.Source, Source, sizeof(Scroll.Source));
    if (Clip != NULL) {
        memcpy(&Scroll.Clip, Clip, sizeof(Scroll.Clip));
    }
    return BaseConsole(Handle, IOCTL_CONDRV_SCROLL, &Scroll, sizeof(Scroll), NULL, 0, NULL);
}

static BOOL ReadRun(HANDLE Handle, USHORT Type, PVOID Target, ULONG ElementSize, DWORD Length, COORD Start, LPDWORD Read)
{
    CONDRV_OUTPUT_RUN Run = {.Start = {Start.X, Start.Y}, .Type = Type, .Length = Length};
    ULONG Bytes = 0;

    if (!BaseConsole(Handle, IOCTL_CONDRV_READ_OUTPUT, &Run, sizeof(Run), Target, Length * ElementSize, &Bytes)) {
        return FALSE;
    }
    *Read = Bytes / ElementSize;
    return TRUE;
}

BOOL WINAPI ReadConsoleOutputCharacterW(HANDLE Handle, LPWSTR Characters, DWORD Length, COORD Start, LPDWORD Read)
{
    return ReadRun(Handle, CONDRV_CHARACTERS, Characters, sizeof(WCHAR), Length, Start, Read);
}

BOOL WINAPI ReadConsoleOutputAttribute(HANDLE Handle, LPWORD Attributes, DWORD Length, COORD Start, LPDWORD Read)
{
    return ReadRun(Handle, CONDRV_ATTRIBUTES, Attributes, sizeof(WORD), Length, Start, Read);
}

/* ---- input ------------------------------------------------------------------------------------------------------------------------ */

BOOL WINAPI GetNumberOfConsoleInputEvents(HANDLE Handle, LPDWORD Count)
{
    ULONG Value = 0;

    if (!BaseConsole(Handle, IOCTL_CONDRV_GET_INPUT_COUNT, NULL, 0, &Value, sizeof(Value), NULL)) {
        return FALSE;
    }
    *Count = Value;
    return TRUE;
}

BOOL WINAPI FlushConsoleInputBuffer(HANDLE Handle)
{
    return BaseConsole(Handle, IOCTL_CONDRV_FLUSH_INPUT, NULL, 0, NULL, 0, NULL);
}

static BOOL Records(HANDLE Handle, ULONG Code, PINPUT_RECORD Buffer, DWORD Count, LPDWORD Read)
{
    ULONG Bytes = 0;

    if (!BaseConsole(Handle, Code, NULL, 0, Buffer, Count * (ULONG)sizeof(INPUT_RECORD), &Bytes)) {
        return FALSE;
    }
    *Read = Bytes / (ULONG)sizeof(INPUT_RECORD);
    return TRUE;
}

BOOL WINAPI PeekConsoleInputW(HANDLE Handle, PINPUT_RECORD Buffer, DWORD Count, LPDWORD Read)
{
    return Records(Handle, IOCTL_CONDRV_PEEK_INPUT, Buffer, Count, Read);
}

BOOL WINAPI ReadConsoleInputW(HANDLE Handle, PINPUT_RECORD Buffer, DWORD Count, LPDWORD Read)
{
    return Records(Handle, IOCTL_CONDRV_READ_INPUT, Buffer, Count, Read);
}

/* The A forms give the character's byte in the input code page; what has none becomes its default character. */
static void RecordsToAnsi(PINPUT_RECORD Buffer, DWORD Count)
{
    UINT Page = GetConsoleCP();

    for (DWORD i = 0; i < Count; i++) {
        if (Buffer[i].EventType == KEY_EVENT) {
            WCHAR Wide = Buffer[i].Event.KeyEvent.uChar.UnicodeChar;
            CHAR Bytes[4] = {0};
            WideCharToMultiByte(Page, 0, &Wide, 1, Bytes, sizeof(Bytes), NULL, NULL);
            Buffer[i].Event.KeyEvent.uChar.UnicodeChar = 0;
            Buffer[i].Event.KeyEvent.uChar.AsciiChar = Bytes[0];
        }
    }
}

BOOL WINAPI PeekConsoleInputA(HANDLE Handle, PINPUT_RECORD Buffer, DWORD Count, LPDWORD Read)
{
    if (!PeekConsoleInputW(Handle, Buffer, Count, Read)) {
        return FALSE;
    }
    RecordsToAnsi(Buffer, *Read);
    return TRUE;
}

BOOL WINAPI ReadConsoleInputA(HANDLE Handle, PINPUT_RECORD Buffer, DWORD Count, LPDWORD Read)
{
    if (!ReadConsoleInputW(Handle, Buffer, Count, Read)) {
        return FALSE;
    }
    RecordsToAnsi(Buffer, *Read);
    return TRUE;
}

BOOL WINAPI WriteConsoleInputW(HANDLE Handle, const INPUT_RECORD *Buffer, DWORD Count, LPDWORD Written)
{
    ULONG Bytes = 0;

    if (!BaseConsole(Handle, IOCTL_CONDRV_WRITE_INPUT, Buffer, Count * (ULONG)sizeof(INPUT_RECORD), NULL, 0, &Bytes)) {
        return FALSE;
    }
    *Written = Bytes / (ULONG)sizeof(INPUT_RECORD);
    return TRUE;
}

BOOL WINAPI GetNumberOfConsoleMouseButtons(LPDWORD Buttons)
{
    *Buttons = 0;
    return TRUE;
}

/* ---- control events --------------------------------------------------------------------------------------------------------------- */

#define MAX_HANDLERS 32u

static RTL_SRWLOCK HandlerLock;
static PHANDLER_ROUTINE Handlers[MAX_HANDLERS]; /* under HandlerLock */
static ULONG HandlerCount;                      /* under HandlerLock */
static LONG RoutineIsKnown;

static void CallHandlers(ULONG Event)
{
    PHANDLER_ROUTINE Copy[MAX_HANDLERS];
    ULONG Count;

    if (Event == CTRL_C_EVENT && (BaseParameters()->ConsoleFlags & 1)) {
        return; /* Ctrl+C is off: a new process group, or SetConsoleCtrlHandler(NULL, TRUE) */
    }
    RtlAcquireSRWLockShared(&HandlerLock);
    Count = HandlerCount;
    memcpy(Copy, Handlers, Count * sizeof(Copy[0]));
    RtlReleaseSRWLockShared(&HandlerLock);
    while (Count-- > 0) {
        if (Copy[Count](Event)) {
            return;
        }
    }
    ExitProcess((UINT)STATUS_CONTROL_C_EXIT);
}

/* The thread that the console driver makes for an event. */
DWORD WINAPI CtrlRoutine(LPVOID Event)
{
    CallHandlers((ULONG)(ULONG_PTR)Event);
    return 0;
}

/* Whatever the standard handles are: the process belongs to the console. */
static void TellDriver(void)
{
    ULONG64 Routine = (ULONG64)(ULONG_PTR)CtrlRoutine;

    if (InterlockedExchange(&RoutineIsKnown, 1) == 0 &&
        !BaseOnConsole(TRUE, IOCTL_CONDRV_SET_CONTROL_ROUTINE, &Routine, sizeof(Routine), NULL, 0, NULL)) {
        RoutineIsKnown = 0; /* no console yet */
    }
}

static BOOL AddHandler(PHANDLER_ROUTINE Routine)
{
    BOOL Added;

    TellDriver();
    RtlAcquireSRWLockExclusive(&HandlerLock);
    Added = HandlerCount < MAX_HANDLERS;
    if (Added) {
        Handlers[HandlerCount++] = Routine;
    }
    RtlReleaseSRWLockExclusive(&HandlerLock);
    return Added || BaseFail(ERROR_NOT_ENOUGH_MEMORY);
}

static BOOL RemoveHandler(PHANDLER_ROUTINE Routine)
{
    BOOL Found = FALSE;

    RtlAcquireSRWLockExclusive(&HandlerLock);
    for (ULONG i = HandlerCount; i-- > 0 && !Found;) {
        if (Handlers[i] == Routine) {
            memmove(&Handlers[i], &Handlers[i + 1], (HandlerCount - i - 1) * sizeof(Handlers[0]));
            HandlerCount--;
            Found = TRUE;
        }
    }
    RtlReleaseSRWLockExclusive(&HandlerLock);
    return Found || BaseFail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE Routine, BOOL Add)
{
    if (Routine == NULL) {
        BaseParameters()->ConsoleFlags = Add ? BaseParameters()->ConsoleFlags | 1u : BaseParameters()->ConsoleFlags & ~1u;
        return TRUE;
    }
    return Add ? AddHandler(Routine) : RemoveHandler(Routine);
}

BOOL WINAPI GenerateConsoleCtrlEvent(DWORD Event, DWORD Group)
{
    CONDRV_CONTROL_EVENT Control = {Event, Group};

    if (Event > CTRL_BREAK_EVENT) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return BaseOnConsole(FALSE, IOCTL_CONDRV_GENERATE_CONTROL_EVENT, &Control, sizeof(Control), NULL, 0, NULL);
}

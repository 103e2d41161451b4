/* SPDX-License-Identifier: MIT */
/*
 * input.c - reading a line.
 *
 * On a console the driver's line editor does the work (cursor keys, history), as conhost does on Windows.  From anything else bytes are
 * read one at a time, so that a program started from here finds the rest of the input untouched.
 */
#include "cmd.h"

/* FALSE: the end. A line that Ctrl+C ended is an empty one. A line longer than one read is put together, whatever its length. */
static BOOL ReadConsoleLine(HANDLE Input, TEXT *Line)
{
    WCHAR Buffer[1024];
    DWORD Read;

    for (;;) {
        if (!ReadConsoleW(Input, Buffer, COUNT_OF(Buffer), &Read, NULL)) {
            return FALSE;
        }
        if (Read == 0) {
            BOOL Interrupted = GetLastError() == ERROR_OPERATION_ABORTED;
            Line->Length = 0;
            TextAdd(Line, L"", 0);
            if (Interrupted) {
                Print(L"\r\n");
            }
            return Interrupted;
        }
        TextAdd(Line, Buffer, Read);
        if (Buffer[Read - 1] == L'\n') {
            return TRUE;
        }
    }
}

static BOOL ReadFileLine(HANDLE Input, TEXT *Line)
{
    SIZE_T Length = 0, Capacity = 256;
    LPSTR Bytes = CmdAllocate(Capacity);
    DWORD Read;
    CHAR Byte;
    BOOL Any = FALSE;

    while (ReadFile(Input, &Byte, 1, &Read, NULL) && Read != 0) {
        Any = TRUE;
        if (Length + 1 >= Capacity) {
            LPSTR More = CmdAllocate(Capacity * 2);
            memcpy(More, Bytes, Length);
            Bytes = More;
            Capacity *= 2;
        }
        Bytes[Length++] = Byte;
        if (Byte == '\n') {
            break;
        }
    }
    TextAdd(Line, L"", 0);
    if (Length != 0) {
        LPWSTR Wide = CmdAllocate((Length + 1) * sizeof(WCHAR));
        TextAdd(Line, Wide, (SIZE_T)MultiByteToWideChar(OutputCodePage(), 0, Bytes, (int)Length, Wide, (int)Length + 1));
    }
    return Any;
}

BOOL ReadLine(HANDLE Input, BOOL Console, TEXT *Line)
{
    TextAdd(Line, L"", 0);
    if (!(Console ? ReadConsoleLine(Input, Line) : ReadFileLine(Input, Line))) {
        return FALSE;
    }
    while (Line->Length > 0 && (Line->Buffer[Line->Length - 1] == L'\n' || Line->Buffer[Line->Length - 1] == L'\r')) {
        Line->Buffer[--Line->Length] = 0;
    }
    return TRUE;
}

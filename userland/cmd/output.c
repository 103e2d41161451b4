/* SPDX-License-Identifier: MIT */
/*
 * output.c - printing: to a console as characters, to anything else as bytes in the console's output code page.
 */
#include "cmd.h"

UINT OutputCodePage(void)
{
    UINT Page = GetConsoleOutputCP();

    return Page != 0 ? Page : CP_OEMCP;
}

static void WriteText(DWORD Which, LPCWSTR Text, SIZE_T Length)
{
    HANDLE Handle = GetStdHandle(Which);
    CHAR Bytes[1024];
    DWORD Done;

    if (WriteConsoleW(Handle, Text, (DWORD)Length, &Done, NULL)) {
        return;
    }
    UINT Page = OutputCodePage();
    while (Length != 0) {
        SIZE_T Part = Length < sizeof(Bytes) / 4 ? Length : sizeof(Bytes) / 4;
        if (Part < Length && Text[Part - 1] >= 0xD800 && Text[Part - 1] <= 0xDBFF) {
            Part--; /* a pair of surrogates stays together */
        }
        int Size = WideCharToMultiByte(Page, 0, Text, (int)Part, Bytes, sizeof(Bytes), NULL, NULL);
        if (Size == 0 || !WriteFile(Handle, Bytes, (DWORD)Size, &Done, NULL)) {
            return;
        }
        Text += Part;
        Length -= Part;
    }
}

void PrintText(LPCWSTR Text, SIZE_T Length)
{
    WriteText(STD_OUTPUT_HANDLE, Text, Length);
}

/* Longer texts than the buffer are printed with PrintText. */
static void PrintList(DWORD Which, LPCWSTR Format, va_list Arguments)
{
    WCHAR Buffer[2048];
    int Length = _vsnwprintf(Buffer, COUNT_OF(Buffer) - 1, Format, Arguments);

    Buffer[COUNT_OF(Buffer) - 1] = 0;
    WriteText(Which, Buffer, Length < 0 ? wcslen(Buffer) : (SIZE_T)Length);
}

void Print(LPCWSTR Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    PrintList(STD_OUTPUT_HANDLE, Format, Arguments);
    va_end(Arguments);
}

void PrintError(LPCWSTR Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    PrintList(STD_ERROR_HANDLE, Format, Arguments);
    va_end(Arguments);
}

void PrintSystemError(DWORD Error, LPCWSTR Name)
{
    DWORD_PTR Inserts[] = {(DWORD_PTR)Name, (DWORD_PTR)L"", (DWORD_PTR)L""};
    WCHAR Buffer[1024];

    if (FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ARGUMENT_ARRAY, NULL, Error, 0, Buffer, COUNT_OF(Buffer),
                       (va_list *)Inserts) != 0) {
        PrintError(L"%s", Buffer);
    } else {
        PrintError(L"The system cannot execute the specified program (error %u).\r\n", Error);
    }
}

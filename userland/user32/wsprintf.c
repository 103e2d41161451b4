/* SPDX-License-Identifier: MIT */
/*
 * wsprintf.c - wsprintf.
 *
 * wsprintf knows %c %C %d %i %u %x %X %p %s %S and %%, with - # 0, a width, a precision, and h l w I I32 I64; no floating point.  At most 1024
 * characters are written, the zero included; what does not fit is cut off, and the length of the rest is returned, as documented.
 */
#include "smalldll.h"
#include <stdarg.h>

#define MOST 1024

typedef struct _OUTPUT
{
    LPWSTR Wide; /* one of the two */
    LPSTR Ansi;
    int Length;
} OUTPUT;

typedef struct _FIELD
{
    BOOL Left, Alternate, Zero, Short, Long, Huge;
    int Width, Precision; /* -1: none */
} FIELD;

static void Put(OUTPUT *Output, WCHAR Character)
{
    if (Output->Length >= MOST - 1) {
        return;
    }
    if (Output->Wide != NULL) {
        Output->Wide[Output->Length++] = Character;
    } else {
        CHAR Bytes[8];
        int Count = WideCharToMultiByte(CP_ACP, 0, &Character, 1, Bytes, sizeof(Bytes), NULL, NULL);
        for (int i = 0; i < Count && Output->Length < MOST - 1; i++) {
            Output->Ansi[Output->Length++] = Bytes[i];
        }
    }
}

static void Pad(OUTPUT *Output, WCHAR Character, int Count)
{
    while (Count-- > 0) {
        Put(Output, Character);
    }
}

static void PutText(OUTPUT *Output, const FIELD *Field, LPCWSTR Text, int Length)
{
    if (!Field->Left) {
        Pad(Output, Field->Zero ? L'0' : L' ', Field->Width - Length);
    }
    for (int i = 0; i < Length; i++) {
        Put(Output, Text[i]);
    }
    if (Field->Left) {
        Pad(Output, L' ', Field->Width - Length);
    }
}

static void PutString(OUTPUT *Output, const FIELD *Field, const void *Text, BOOL Wide)
{
    if (Text == NULL) {
        PutText(Output, Field, L"(null)", 6);
        return;
    }
    SIZE_T Most = Field->Precision >= 0 ? (SIZE_T)Field->Precision : MOST, Length = 0;
    if (Wide) {
        for (; Length < Most && ((LPCWSTR)Text)[Length] != 0; Length++) {
        }
        PutText(Output, Field, Text, (int)Length);
        return;
    }
    for (; Length < Most && ((LPCSTR)Text)[Length] != 0; Length++) {
    }
    LPWSTR Copy = Allocate((Length + 1) * sizeof(WCHAR));
    if (Copy != NULL) {
        int Count = Length == 0 ? 0 : MultiByteToWideChar(CP_ACP, 0, Text, (int)Length, Copy, (int)Length);
        PutText(Output, Field, Copy, Count);
        Release(Copy);
    }
}

static void PutNumber(OUTPUT *Output, const FIELD *Field, ULONGLONG Value, BOOL Negative, ULONG Base, BOOL Capital)
{
    WCHAR Digits[32], *At = Digits + 32;
    int Prefix = Negative ? 1 : Field->Alternate && Base == 16 && Value != 0 ? 2 : 0;

    for (; Value != 0 || At == Digits + 32; Value /= Base) {
        *--At = (Capital ? L"0123456789ABCDEF" : L"0123456789abcdef")[Value % Base];
    }
    int Count = (int)(Digits + 32 - At), Zeros = Field->Precision > Count ? Field->Precision - Count : 0;
    if (Field->Zero && !Field->Left && Field->Precision < 0 && Field->Width > Count + Prefix) {
        Zeros = Field->Width - Count - Prefix;
    }
    if (!Field->Left) {
        Pad(Output, L' ', Field->Width - Count - Zeros - Prefix);
    }
    if (Prefix != 0) {
        Put(Output, Negative ? L'-' : L'0');
        if (Prefix == 2) {
            Put(Output, Capital ? L'X' : L'x');
        }
    }
    Pad(Output, L'0', Zeros);
    for (; At < Digits + 32; At++) {
        Put(Output, *At);
    }
    if (Field->Left) {
        Pad(Output, L' ', Field->Width - Count - Zeros - Prefix);
    }
}

/* What stands between the % and the letter; the format comes as a routine that gives its next character, because it is wide or narrow. */
typedef struct _FORMAT
{
    LPCWSTR Wide;
    LPCSTR Ansi;
} FORMAT;

static WCHAR Peek(const FORMAT *Format, int Ahead)
{
    return Format->Wide != NULL ? Format->Wide[Ahead] : (WCHAR)(UCHAR)Format->Ansi[Ahead];
}

static void Skip(FORMAT *Format, int Count)
{
    if (Format->Wide != NULL) {
        Format->Wide += Count;
    } else {
        Format->Ansi += Count;
    }
}

static int TakeNumber(FORMAT *Format)
{
    int Value = 0;

    for (WCHAR c; c = Peek(Format, 0), c >= L'0' && c <= L'9'; Skip(Format, 1)) {
        Value = Value < 10000 ? Value * 10 + (c - L'0') : Value;
    }
    return Value;
}

static FIELD TakeField(FORMAT *Format, va_list *Arguments)
{
    FIELD Field = {.Precision = -1};

    for (;; Skip(Format, 1)) {
        WCHAR c = Peek(Format, 0);
        if (c == L'-') {
            Field.Left = TRUE;
        } else if (c == L'#') {
            Field.Alternate = TRUE;
        } else if (c == L'0') {
            Field.Zero = TRUE;
        } else {
            break;
        }
    }
    if (Peek(Format, 0) == L'*') {
        Skip(Format, 1);
        Field.Width = va_arg(*Arguments, int);
        if (Field.Width < 0) {
            Field.Left = TRUE;
            Field.Width = -Field.Width;
        }
    } else {
        Field.Width = TakeNumber(Format);
    }
    if (Peek(Format, 0) == L'.') {
        Skip(Format, 1);
        if (Peek(Format, 0) == L'*') {
            Skip(Format, 1);
            Field.Precision = va_arg(*Arguments, int);
        } else {
            Field.Precision = TakeNumber(Format);
        }
    }
    for (;; Skip(Format, 1)) {
        WCHAR c = Peek(Format, 0);
        if (c == L'h') {
            Field.Short = TRUE;
        } else if (c == L'l' && Peek(Format, 1) == L'l') {
            Field.Huge = TRUE;
            Skip(Format, 1);
        } else if (c == L'l' || c == L'w') {
            Field.Long = TRUE;
        } else if (c == L'I') {
            Field.Huge = !(Peek(Format, 1) == L'3' && Peek(Format, 2) == L'2');
            if (!Field.Huge || (Peek(Format, 1) == L'6' && Peek(Format, 2) == L'4')) {
                Skip(Format, 2);
            }
        } else {
            return Field;
        }
    }
}

static void PutField(OUTPUT *Output, const FIELD *Field, WCHAR Letter, va_list *Arguments)
{
    BOOL WideForm = Output->Wide != NULL;

    switch (Letter) {
    case L'c':
    case L'C': {
        int Value = va_arg(*Arguments, int);
        BOOL Wide = Field->Long || (!Field->Short && (Letter == L'c') == WideForm);
        WCHAR Character = Wide ? (WCHAR)Value : (WCHAR)(UCHAR)Value;
        PutText(Output, Field, &Character, 1);
        break;
    }
    case L's':
    case L'S':
        PutString(Output, Field, va_arg(*Arguments, void *), Field->Long || (!Field->Short && (Letter == L's') == WideForm));
        break;
    case L'd':
    case L'i': {
        LONGLONG Value = Field->Huge ? va_arg(*Arguments, LONGLONG) : va_arg(*Arguments, int);
        Value = Field->Short ? (SHORT)Value : Value;
        PutNumber(Output, Field, Value < 0 ? 0 - (ULONGLONG)Value : (ULONGLONG)Value, Value < 0, 10, FALSE);
        break;
    }
    case L'u':
    case L'x':
    case L'X': {
        ULONGLONG Value = Field->Huge ? va_arg(*Arguments, ULONGLONG) : va_arg(*Arguments, UINT);
        PutNumber(Output, Field, Field->Short ? (USHORT)Value : Value, FALSE, Letter == L'u' ? 10 : 16, Letter == L'X');
        break;
    }
    case L'p': {
        FIELD Pointer = {.Width = Field->Width, .Left = Field->Left, .Precision = 16};
        PutNumber(Output, &Pointer, va_arg(*Arguments, ULONG_PTR), FALSE, 16, TRUE);
        break;
    }
    default:
        Put(Output, Letter);
    }
}

static int Print(OUTPUT *Output, FORMAT *Format, va_list Arguments)
{
    va_list Copy;

    va_copy(Copy, Arguments);
    for (WCHAR c; (c = Peek(Format, 0)) != 0;) {
        Skip(Format, 1);
        if (c != L'%') {
            if (Output->Ansi != NULL && Output->Length < MOST - 1) {
                Output->Ansi[Output->Length++] = (CHAR)c; /* a byte of the page as it stands */
            } else if (Output->Wide != NULL) {
                Put(Output, c);
            }
            continue;
        }
        FIELD Field = TakeField(Format, &Copy);
        WCHAR Letter = Peek(Format, 0);
        if (Letter == 0) {
            break;
        }
        Skip(Format, 1);
        PutField(Output, &Field, Letter, &Copy);
    }
    va_end(Copy);
    if (Output->Wide != NULL) {
        Output->Wide[Output->Length] = 0;
    } else {
        Output->Ansi[Output->Length] = 0;
    }
    return Output->Length;
}

int WINAPI wvsprintfW(LPWSTR Target, LPCWSTR Text, va_list Arguments)
{
    OUTPUT Output = {.Wide = Target};
    FORMAT Format = {.Wide = Text};

    return Print(&Output, &Format, Arguments);
}

int WINAPI wvsprintfA(LPSTR Target, LPCSTR Text, va_list Arguments)
{
    OUTPUT Output = {.Ansi = Target};
    FORMAT Format = {.Ansi = Text};

    return Print(&Output, &Format, Arguments);
}

int WINAPIV wsprintfW(LPWSTR Target, LPCWSTR Text, ...)
{
    va_list Arguments;

    va_start(Arguments, Text);
    int Length = wvsprintfW(Target, Text, Arguments);
    va_end(Arguments);
    return Length;
}

int WINAPIV wsprintfA(LPSTR Target, LPCSTR Text, ...)
{
    va_list Arguments;

    va_start(Arguments, Text);
    int Length = wvsprintfA(Target, Text, Arguments);
    va_end(Arguments);
    return Length;
}

/* SPDX-License-Identifier: MIT */
/*
 * strto.c - numbers from text and text from numbers, narrow and wide.  One scanner and one formatter serve both widths; overflow saturates as
 * the C standard says (there is no errno in the kernel).
 */
#include "rtlp.h"

/* Text of either width. */
typedef struct _SCAN {
    const void *Text;
    BOOLEAN Wide;
} SCAN;

static ULONG CharAt(const SCAN *Scan, SIZE_T Index)
{
    return Scan->Wide ? ((const WCHAR *)Scan->Text)[Index] : ((const UCHAR *)Scan->Text)[Index];
}

static ULONG DigitValue(ULONG Character)
{
    if (Character >= '0' && Character <= '9')
        return Character - '0';
    if (Character >= 'a' && Character <= 'z')
        return Character - 'a' + 10;
    if (Character >= 'A' && Character <= 'Z')
        return Character - 'A' + 10;
    return MAXULONG;
}

/* The magnitude, saturated at MAXULONG64; *Used: characters consumed, 0 if there was no number. */
static ULONG64 ScanNumber(const SCAN *Scan, int Base, BOOLEAN *Negative, BOOLEAN *Overflow, SIZE_T *Used)
{
    SIZE_T Index = 0;
    ULONG64 Value = 0;
    ULONG Digit;

    *Used = 0;
    *Overflow = FALSE;
    while (CharAt(Scan, Index) < 0x80 && isspace((int)CharAt(Scan, Index)))
        Index++;
    *Negative = CharAt(Scan, Index) == '-';
    if (CharAt(Scan, Index) == '-' || CharAt(Scan, Index) == '+')
        Index++;
    if ((Base == 0 || Base == 16) && CharAt(Scan, Index) == '0' && (CharAt(Scan, Index + 1) | 0x20) == 'x' &&
        DigitValue(CharAt(Scan, Index + 2)) < 16) {
        Index += 2;
        Base = 16;
    } else if (Base == 0) {
        Base = CharAt(Scan, Index) == '0' ? 8 : 10;
    }
    while ((Digit = DigitValue(CharAt(Scan, Index))) < (ULONG)Base) {
        if (Value > (MAXULONG64 - Digit) / (ULONG)Base)
            *Overflow = TRUE;
        Value = Value * (ULONG)Base + Digit;
        *Used = ++Index;
    }
    return *Overflow ? MAXULONG64 : Value;
}

static ULONG64 Unsigned(const void *Text, BOOLEAN Wide, int Base, ULONG64 Maximum, SIZE_T *Used)
{
    SCAN Scan = { Text, Wide };
    BOOLEAN Negative, Overflow;
    ULONG64 Value = ScanNumber(&Scan, Base, &Negative, &Overflow, Used);

    if (Overflow || Value > Maximum)
        return Maximum;
    return Negative ? (0 - Value) & Maximum : Value;
}

static LONG64 Signed(const void *Text, BOOLEAN Wide, int Base, LONG64 Maximum, SIZE_T *Used)
{
    SCAN Scan = { Text, Wide };
    BOOLEAN Negative, Overflow;
    ULONG64 Value = ScanNumber(&Scan, Base, &Negative, &Overflow, Used);

    if (Negative)
        return Overflow || Value > (ULONG64)Maximum ? -Maximum - 1 : -(LONG64)Value;
    return Overflow || Value > (ULONG64)Maximum ? Maximum : (LONG64)Value;
}

unsigned long __cdecl strtoul(const char *String, char **End, int Base)
{
    SIZE_T Used;
    ULONG Value = (ULONG)Unsigned(String, FALSE, Base, MAXULONG, &Used);

    if (End != NULL)
        *End = (char *)String + Used;
    return Value;
}

long __cdecl strtol(const char *String, char **End, int Base)
{
    SIZE_T Used;
    LONG Value = (LONG)Signed(String, FALSE, Base, MAXLONG, &Used);

    if (End != NULL)
        *End = (char *)String + Used;
    return Value;
}

unsigned __int64 __cdecl _strtoui64(const char *String, char **End, int Base)
{
    SIZE_T Used;
    ULONG64 Value = Unsigned(String, FALSE, Base, MAXULONG64, &Used);

    if (End != NULL)
        *End = (char *)String + Used;
    return Value;
}

__int64 __cdecl _strtoi64(const char *String, char **End, int Base)
{
    SIZE_T Used;
    LONG64 Value = Signed(String, FALSE, Base, MAXLONGLONG, &Used);

    if (End != NULL)
        *End = (char *)String + Used;
    return Value;
}

unsigned long __cdecl wcstoul(const wchar_t *String, wchar_t **End, int Base)
{
    SIZE_T Used;
    ULONG Value = (ULONG)Unsigned(String, TRUE, Base, MAXULONG, &Used);

    if (End != NULL)
        *End = (wchar_t *)String + Used;
    return Value;
}

long __cdecl wcstol(const wchar_t *String, wchar_t **End, int Base)
{
    SIZE_T Used;
    LONG Value = (LONG)Signed(String, TRUE, Base, MAXLONG, &Used);

    if (End != NULL)
        *End = (wchar_t *)String + Used;
    return Value;
}

/* The ato... family wraps instead of saturating. */
static LONG64 Wrapping(const void *Text, BOOLEAN Wide)
{
    SIZE_T Used;
    return Signed(Text, Wide, 10, MAXLONGLONG, &Used);
}

int __cdecl atoi(const char *String)
{
    return (int)Wrapping(String, FALSE);
}

long __cdecl atol(const char *String)
{
    return (LONG)Wrapping(String, FALSE);
}

__int64 __cdecl _atoi64(const char *String)
{
    return Wrapping(String, FALSE);
}

int __cdecl _wtoi(const wchar_t *String)
{
    return (int)Wrapping(String, TRUE);
}

long __cdecl _wtol(const wchar_t *String)
{
    return (LONG)Wrapping(String, TRUE);
}

__int64 __cdecl _wtoi64(const wchar_t *String)
{
    return Wrapping(String, TRUE);
}

/* Digits into Text (65 characters and a sign are enough), returns the length. */
static SIZE_T FormatNumber(ULONG64 Value, BOOLEAN Negative, ULONG Radix, char *Text)
{
    char Reversed[66];
    SIZE_T Count = 0, Length = 0;

    if (Radix < 2 || Radix > 36) {
        Text[0] = 0;
        return 0;
    }
    do {
        Reversed[Count++] = "0123456789abcdefghijklmnopqrstuvwxyz"[Value % Radix];
        Value /= Radix;
    } while (Value != 0);
    if (Negative)
        Text[Length++] = '-';
    while (Count != 0)
        Text[Length++] = Reversed[--Count];
    Text[Length] = 0;
    return Length;
}

static wchar_t *FormatWide(ULONG64 Value, BOOLEAN Negative, int Radix, wchar_t *Buffer)
{
    char Text[67];
    SIZE_T Length = FormatNumber(Value, Negative, (ULONG)Radix, Text);

    for (SIZE_T Index = 0; Index <= Length; Index++)
        Buffer[Index] = (UCHAR)Text[Index];
    return Buffer;
}

char *__cdecl _i64toa(__int64 Value, char *Buffer, int Radix)
{
    BOOLEAN Negative = Radix == 10 && Value < 0;
    FormatNumber(Negative ? 0 - (ULONG64)Value : (ULONG64)Value, Negative, (ULONG)Radix, Buffer);
    return Buffer;
}

char *__cdecl _ui64toa(unsigned __int64 Value, char *Buffer, int Radix)
{
    FormatNumber(Value, FALSE, (ULONG)Radix, Buffer);
    return Buffer;
}

char *__cdecl _itoa(int Value, char *Buffer, int Radix)
{
    return Radix == 10 ? _i64toa(Value, Buffer, Radix) : _ui64toa((ULONG)Value, Buffer, Radix);
}

char *__cdecl _ultoa(unsigned long Value, char *Buffer, int Radix)
{
    return _ui64toa(Value, Buffer, Radix);
}

wchar_t *__cdecl _i64tow(__int64 Value, wchar_t *Buffer, int Radix)
{
    BOOLEAN Negative = Radix == 10 && Value < 0;
    return FormatWide(Negative ? 0 - (ULONG64)Value : (ULONG64)Value, Negative, Radix, Buffer);
}

wchar_t *__cdecl _ui64tow(unsigned __int64 Value, wchar_t *Buffer, int Radix)
{
    return FormatWide(Value, FALSE, Radix, Buffer);
}

wchar_t *__cdecl _itow(int Value, wchar_t *Buffer, int Radix)
{
    return Radix == 10 ? _i64tow(Value, Buffer, Radix) : _ui64tow((ULONG)Value, Buffer, Radix);
}

wchar_t *__cdecl _ultow(unsigned long Value, wchar_t *Buffer, int Radix)
{
    return _ui64tow(Value, Buffer, Radix);
}

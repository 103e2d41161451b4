/* SPDX-License-Identifier: MIT */
/*
 * format.c - the printf family with Microsoft's extensions, narrow and wide.
 *
 *      %[flags][width][.precision][size]type
 *      flags  - 0 + space #      width, precision: digits or *
 *      size   h hh l ll w I I32 I64 j z t
 *      type   d i u x X o p c C s S n(refused) %   and NT's counted strings: Z (STRING), wZ (UNICODE_STRING)
 *
 * %s is of the function's own width, %S of the other; h and l/w make it narrow and wide.  Narrow text is UTF-8 on both sides.  Floating point
 * is not supported, as in ntoskrnl: the argument is skipped and "?" printed.  A buffer too small: the old names (_vsnprintf) return -1
 * and leave it unterminated when it is exactly full, the ..._s names terminate.
 */
#include "rtlp.h"

typedef struct _FORMAT_OUTPUT {
    void *Buffer;
    SIZE_T Capacity; /* units */
    SIZE_T Length;   /* units produced; may exceed Capacity */
    BOOLEAN Wide;
} FORMAT_OUTPUT;

typedef enum _FORMAT_SIZE { SizeDefault, SizeByte, SizeShort, SizeLong, Size64 } FORMAT_SIZE;

typedef struct _FORMAT_SPEC {
    BOOLEAN Left, Zero, Plus, Space, Alternate, WideSize;
    BOOLEAN HasPrecision;
    SIZE_T Width, Precision;
    FORMAT_SIZE Size;
    ULONG Type;
} FORMAT_SPEC;

static void PutUnit(FORMAT_OUTPUT *Out, ULONG Unit)
{
    if (Out->Length < Out->Capacity) {
        if (Out->Wide)
            ((WCHAR *)Out->Buffer)[Out->Length] = (WCHAR)Unit;
        else
            ((UCHAR *)Out->Buffer)[Out->Length] = (UCHAR)Unit;
    }
    Out->Length++;
}

static void PutCodePoint(FORMAT_OUTPUT *Out, ULONG CodePoint)
{
    UCHAR Bytes[4];
    WCHAR Units[2];
    ULONG Count = Out->Wide ? RtlpEncodeUtf16(CodePoint, Units) : RtlpEncodeUtf8(CodePoint, Bytes);

    for (ULONG Index = 0; Index < Count; Index++)
        PutUnit(Out, Out->Wide ? Units[Index] : Bytes[Index]);
}

static void Pad(FORMAT_OUTPUT *Out, ULONG Character, SIZE_T Used, SIZE_T Width)
{
    for (; Used < Width; Used++)
        PutUnit(Out, Character);
}

/* Text of the other width is converted; of the same width it is copied as it is, even if malformed. */
static void PutConverted(FORMAT_OUTPUT *Out, const void *Text, SIZE_T Units, BOOLEAN Wide)
{
    BOOLEAN Bad = FALSE;

    if (Wide && !Out->Wide) {
        for (const WCHAR *At = Text, *End = At + Units; At < End;)
            PutCodePoint(Out, RtlpDecodeUtf16(&At, End, &Bad));
    } else if (!Wide && Out->Wide) {
        for (const UCHAR *At = Text, *End = At + Units; At < End;)
            PutCodePoint(Out, RtlpDecodeUtf8(&At, End, &Bad));
    } else {
        for (SIZE_T Index = 0; Index < Units; Index++)
            PutUnit(Out, Wide ? ((const WCHAR *)Text)[Index] : ((const UCHAR *)Text)[Index]);
    }
}

static void PutText(FORMAT_OUTPUT *Out, const FORMAT_SPEC *Spec, const void *Text, SIZE_T Units, BOOLEAN Wide)
{
    FORMAT_OUTPUT Measure = { NULL, 0, 0, Out->Wide };

    if (Spec->HasPrecision && Units > Spec->Precision)
        Units = Spec->Precision;
    if (Spec->Width != 0)
        PutConverted(&Measure, Text, Units, Wide);
    if (!Spec->Left)
        Pad(Out, Spec->Zero ? '0' : ' ', Measure.Length, Spec->Width);
    PutConverted(Out, Text, Units, Wide);
    if (Spec->Left)
        Pad(Out, ' ', Measure.Length, Spec->Width);
}

static void PutString(FORMAT_OUTPUT *Out, const FORMAT_SPEC *Spec, const void *Text, BOOLEAN Wide)
{
    SIZE_T Limit = Spec->HasPrecision ? Spec->Precision : SIZE_MAX;

    if (Text == NULL) {
        Text = "(null)";
        Wide = FALSE;
    }
    PutText(Out, Spec, Text, Wide ? wcsnlen(Text, Limit) : strnlen(Text, Limit), Wide);
}

static void PutCounted(FORMAT_OUTPUT *Out, const FORMAT_SPEC *Spec, const void *Counted)
{
    const UNICODE_STRING *Wide = Counted;
    const STRING *Narrow = Counted;

    if (Counted == NULL || Narrow->Buffer == NULL)
        PutString(Out, Spec, Counted == NULL ? NULL : "", FALSE);
    else if (Spec->WideSize || Spec->Size == SizeLong)
        PutText(Out, Spec, Wide->Buffer, Wide->Length / sizeof(WCHAR), TRUE);
    else
        PutText(Out, Spec, Narrow->Buffer, Narrow->Length, FALSE);
}

static void PutNumber(FORMAT_OUTPUT *Out, const FORMAT_SPEC *Spec, ULONG64 Value, BOOLEAN Negative, ULONG Radix, BOOLEAN Upper)
{
    char Digits[24], Prefix[3];
    SIZE_T Count = 0, PrefixLength = 0, Total;

    for (ULONG64 Rest = Value; Rest != 0; Rest /= Radix)
        Digits[Count++] = (Upper ? "0123456789ABCDEF" : "0123456789abcdef")[Rest % Radix];
    if (Count == 0 && !(Spec->HasPrecision && Spec->Precision == 0))
        Digits[Count++] = '0';
    if (Negative)
        Prefix[PrefixLength++] = '-';
    else if (Spec->Plus || Spec->Space)
        Prefix[PrefixLength++] = Spec->Plus ? '+' : ' ';
    if (Spec->Alternate && Value != 0 && Radix != 10)
        Prefix[PrefixLength++] = '0';
    if (Spec->Alternate && Value != 0 && Radix == 16)
        Prefix[PrefixLength++] = Upper ? 'X' : 'x';

    SIZE_T Zeros = Spec->HasPrecision && Spec->Precision > Count ? Spec->Precision - Count : 0;
    Total = PrefixLength + Zeros + Count;
    if (Spec->Zero && !Spec->Left && !Spec->HasPrecision && Spec->Width > Total) {
        Zeros += Spec->Width - Total;
        Total = Spec->Width;
    }
    if (!Spec->Left)
        Pad(Out, ' ', Total, Spec->Width);
    for (SIZE_T Index = 0; Index < PrefixLength; Index++)
        PutUnit(Out, (UCHAR)Prefix[Index]);
    Pad(Out, '0', 0, Zeros);
    while (Count != 0)
        PutUnit(Out, (UCHAR)Digits[--Count]);
    if (Spec->Left)
        Pad(Out, ' ', Total, Spec->Width);
}

static ULONG CharAt(const void *Format, BOOLEAN Wide, SIZE_T Index)
{
    return Wide ? ((const WCHAR *)Format)[Index] : ((const UCHAR *)Format)[Index];
}

/* va_list in a structure, so that it can be passed by address under every calling convention. */
typedef struct _ARGUMENTS {
    va_list List;
} ARGUMENTS;

static SIZE_T ParseCount(const void *Format, BOOLEAN Wide, SIZE_T Index, ARGUMENTS *Arguments, int *Value)
{
    *Value = 0;
    if (CharAt(Format, Wide, Index) == '*') {
        *Value = va_arg(Arguments->List, int);
        return Index + 1;
    }
    for (ULONG Digit; (Digit = CharAt(Format, Wide, Index) - '0') <= 9; Index++)
        *Value = *Value < 100000 ? *Value * 10 + (int)Digit : *Value;
    return Index;
}

static SIZE_T ParseSize(const void *Format, BOOLEAN Wide, SIZE_T Index, FORMAT_SPEC *Spec)
{
    for (;; Index++) {
        ULONG Character = CharAt(Format, Wide, Index);
        if (Character == 'h') {
            Spec->Size = Spec->Size == SizeShort ? SizeByte : SizeShort;
        } else if (Character == 'l') {
            Spec->Size = Spec->Size == SizeLong ? Size64 : SizeLong;
        } else if (Character == 'w') {
            Spec->WideSize = TRUE;
        } else if (Character == 'j' || Character == 'z' || Character == 't') {
            Spec->Size = Size64;
        } else if (Character == 'I') {
            Spec->Size = Size64;
            if (CharAt(Format, Wide, Index + 1) == '6' && CharAt(Format, Wide, Index + 2) == '4') {
                Index += 2;
            } else if (CharAt(Format, Wide, Index + 1) == '3' && CharAt(Format, Wide, Index + 2) == '2') {
                Index += 2;
                Spec->Size = SizeDefault;
            }
        } else {
            return Index;
        }
    }
}

/* Index: after the '%'.  Returns the index after the type. */
static SIZE_T ParseSpec(const void *Format, BOOLEAN Wide, SIZE_T Index, ARGUMENTS *Arguments, FORMAT_SPEC *Spec)
{
    int Value;

    memset(Spec, 0, sizeof *Spec);
    for (;; Index++) {
        ULONG Character = CharAt(Format, Wide, Index);
        if (Character == '-')
            Spec->Left = TRUE;
        else if (Character == '0')
            Spec->Zero = TRUE;
        else if (Character == '+')
            Spec->Plus = TRUE;
        else if (Character == ' ')
            Spec->Space = TRUE;
        else if (Character == '#')
            Spec->Alternate = TRUE;
        else
            break;
    }
    Index = ParseCount(Format, Wide, Index, Arguments, &Value);
    if (Value < 0)
        Spec->Left = TRUE;
    Spec->Width = (SIZE_T)(Value < 0 ? -(LONG64)Value : Value);
    if (CharAt(Format, Wide, Index) == '.') {
        Index = ParseCount(Format, Wide, Index + 1, Arguments, &Value);
        Spec->HasPrecision = Value >= 0;
        Spec->Precision = Value >= 0 ? (SIZE_T)Value : 0;
    }
    Index = ParseSize(Format, Wide, Index, Spec);
    Spec->Type = CharAt(Format, Wide, Index);
    return Spec->Type == 0 ? Index : Index + 1;
}

static void PutInteger(FORMAT_OUTPUT *Out, FORMAT_SPEC *Spec, ARGUMENTS *Arguments)
{
    BOOLEAN IsSigned = Spec->Type == 'd' || Spec->Type == 'i', Negative = FALSE;
    ULONG Radix = Spec->Type == 'o' ? 8 : Spec->Type == 'x' || Spec->Type == 'X' ? 16 : 10;
    ULONG64 Value;

    if (Spec->Size == Size64)
        Value = va_arg(Arguments->List, ULONG64);
    else if (IsSigned)
        Value = (ULONG64)(LONG64)va_arg(Arguments->List, int);
    else
        Value = va_arg(Arguments->List, unsigned);
    if (Spec->Size == SizeShort)
        Value = IsSigned ? (ULONG64)(SHORT)Value : (USHORT)Value;
    if (Spec->Size == SizeByte)
        Value = IsSigned ? (ULONG64)(signed char)Value : (UCHAR)Value;
    if (IsSigned && (LONG64)Value < 0) {
        Negative = TRUE;
        Value = 0 - Value;
    }
    if (!IsSigned)
        Spec->Plus = Spec->Space = FALSE;
    PutNumber(Out, Spec, Value, Negative, Radix, Spec->Type == 'X');
}

/* Whether %s, %c and their capitals mean wide text here. */
static BOOLEAN IsWideText(const FORMAT_OUTPUT *Out, const FORMAT_SPEC *Spec)
{
    if (Spec->WideSize || Spec->Size == SizeLong)
        return TRUE;
    if (Spec->Size == SizeShort)
        return FALSE;
    return (Spec->Type == 's' || Spec->Type == 'c') ? Out->Wide : !Out->Wide;
}

static void PutSpec(FORMAT_OUTPUT *Out, FORMAT_SPEC *Spec, ARGUMENTS *Arguments)
{
    switch (Spec->Type) {
    case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
        PutInteger(Out, Spec, Arguments);
        break;
    case 'p':
        Spec->HasPrecision = TRUE;
        Spec->Precision = 2 * sizeof(PVOID);
        PutNumber(Out, Spec, (ULONG64)va_arg(Arguments->List, PVOID), FALSE, 16, TRUE);
        break;
    case 'c': case 'C': {
        BOOLEAN Wide = IsWideText(Out, Spec);
        WCHAR Unit = (WCHAR)va_arg(Arguments->List, int);
        UCHAR Byte = (UCHAR)Unit;
        Spec->HasPrecision = FALSE;
        PutText(Out, Spec, Wide ? (void *)&Unit : &Byte, 1, Wide);
        break;
    }
    case 's': case 'S':
        PutString(Out, Spec, va_arg(Arguments->List, const void *), IsWideText(Out, Spec));
        break;
    case 'Z':
        PutCounted(Out, Spec, va_arg(Arguments->List, const void *));
        break;
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'a': case 'A':
        (void)va_arg(Arguments->List, ULONG64);
        PutText(Out, Spec, "?", 1, FALSE);
        break;
    default:
        /* "%%", and whatever is not a type: printed as it stands. */
        if (Spec->Type != 0)
            PutUnit(Out, Spec->Type);
        break;
    }
}

static void FormatAll(FORMAT_OUTPUT *Out, const void *Format, ARGUMENTS *Arguments)
{
    SIZE_T Index = 0;
    ULONG Character;

    while ((Character = CharAt(Format, Out->Wide, Index)) != 0) {
        FORMAT_SPEC Spec;
        Index++;
        if (Character != '%') {
            PutUnit(Out, Character);
            continue;
        }
        Index = ParseSpec(Format, Out->Wide, Index, Arguments, &Spec);
        PutSpec(Out, &Spec, Arguments);
    }
}

static void Terminate(const FORMAT_OUTPUT *Out, SIZE_T At)
{
    if (Out->Wide)
        ((WCHAR *)Out->Buffer)[At] = 0;
    else
        ((UCHAR *)Out->Buffer)[At] = 0;
}

/* The rules of _vsnprintf. */
static int FormatOld(void *Buffer, SIZE_T Count, const void *Format, BOOLEAN Wide, va_list List)
{
    FORMAT_OUTPUT Out = { Buffer, Buffer == NULL ? 0 : Count, 0, Wide };
    ARGUMENTS Arguments;

    va_copy(Arguments.List, List);
    FormatAll(&Out, Format, &Arguments);
    va_end(Arguments.List);
    if (Buffer == NULL)
        return (int)Out.Length;
    if (Out.Length < Count)
        Terminate(&Out, Out.Length);
    return Out.Length > Count ? -1 : (int)Out.Length;
}

/* The rules of _vsnprintf_s: always terminated; a cut below Count (or _TRUNCATE) is -1, one for lack of Size empties the buffer. */
static int FormatSecure(void *Buffer, SIZE_T Size, SIZE_T Count, const void *Format, BOOLEAN Wide, va_list List)
{
    FORMAT_OUTPUT Out = { Buffer, Count < Size ? Count : Size, 0, Wide };
    ARGUMENTS Arguments;

    if (Buffer == NULL || Size == 0)
        return -1;
    va_copy(Arguments.List, List);
    FormatAll(&Out, Format, &Arguments);
    va_end(Arguments.List);
    if (Out.Length < Size && Out.Length <= Count) {
        Terminate(&Out, Out.Length);
        return (int)Out.Length;
    }
    if (Count == SIZE_MAX)
        Terminate(&Out, Size - 1);
    else
        Terminate(&Out, Count < Size ? Count : 0);
    return -1;
}

int __cdecl _vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments)
{
    return FormatOld(Buffer, Count, Format, FALSE, Arguments);
}

int __cdecl _vsnwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, va_list Arguments)
{
    return FormatOld(Buffer, Count, Format, TRUE, Arguments);
}

int __cdecl _vscprintf(const char *Format, va_list Arguments)
{
    return FormatOld(NULL, 0, Format, FALSE, Arguments);
}

int __cdecl vsprintf(char *Buffer, const char *Format, va_list Arguments)
{
    return FormatOld(Buffer, SIZE_MAX, Format, FALSE, Arguments);
}

int __cdecl vswprintf(wchar_t *Buffer, const wchar_t *Format, va_list Arguments)
{
    return FormatOld(Buffer, SIZE_MAX, Format, TRUE, Arguments);
}

int __cdecl _vsnprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, va_list Arguments)
{
    return FormatSecure(Buffer, Size, Count, Format, FALSE, Arguments);
}

int __cdecl _vsnwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, va_list Arguments)
{
    return FormatSecure(Buffer, Size, Count, Format, TRUE, Arguments);
}

int __cdecl vsprintf_s(char *Buffer, size_t Size, const char *Format, va_list Arguments)
{
    return FormatSecure(Buffer, Size, SIZE_MAX - 1, Format, FALSE, Arguments);
}

int __cdecl vswprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, va_list Arguments)
{
    return FormatSecure(Buffer, Size, SIZE_MAX - 1, Format, TRUE, Arguments);
}

/* The variadic names: each is its v-form with the list made here. */
#define CALL_WITH_LIST(call)          \
    va_list Arguments;                \
    va_start(Arguments, Format);      \
    int Result = call;                \
    va_end(Arguments);                \
    return Result

int __cdecl _snprintf(char *Buffer, size_t Count, const char *Format, ...)
{
    CALL_WITH_LIST(_vsnprintf(Buffer, Count, Format, Arguments));
}

int __cdecl sprintf(char *Buffer, const char *Format, ...)
{
    CALL_WITH_LIST(vsprintf(Buffer, Format, Arguments));
}

int __cdecl _snwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, ...)
{
    CALL_WITH_LIST(_vsnwprintf(Buffer, Count, Format, Arguments));
}

int __cdecl swprintf(wchar_t *Buffer, const wchar_t *Format, ...)
{
    CALL_WITH_LIST(vswprintf(Buffer, Format, Arguments));
}

int __cdecl sprintf_s(char *Buffer, size_t Size, const char *Format, ...)
{
    CALL_WITH_LIST(vsprintf_s(Buffer, Size, Format, Arguments));
}

int __cdecl swprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, ...)
{
    CALL_WITH_LIST(vswprintf_s(Buffer, Size, Format, Arguments));
}

int __cdecl _snprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, ...)
{
    CALL_WITH_LIST(_vsnprintf_s(Buffer, Size, Count, Format, Arguments));
}

int __cdecl _snwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, ...)
{
    CALL_WITH_LIST(_vsnwprintf_s(Buffer, Size, Count, Format, Arguments));
}

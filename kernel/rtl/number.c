/* SPDX-License-Identifier: MIT */
/*
 * number.c - integers and GUIDs as counted strings, with NT's own scanner (prefixes 0x 0o 0b, leading blanks and sign).
 */
#include "rtlp.h"

/* STATUS_INVALID_PARAMETER for a base other than 0 (from the prefix, else 10), 2, 8, 10, 16.  Text ends at the first other character. */
static NTSTATUS ParseInteger(const WCHAR *Text, SIZE_T Count, ULONG Base, PULONG Value)
{
    SIZE_T Index = 0;
    BOOLEAN Negative = FALSE;
    ULONG Number = 0;

    while (Index < Count && Text[Index] <= ' ' && Text[Index] != 0)
        Index++;
    if (Index < Count && (Text[Index] == '-' || Text[Index] == '+'))
        Negative = Text[Index++] == '-';
    if (Base == 0) {
        Base = 10;
        if (Index + 1 < Count && Text[Index] == '0') {
            WCHAR Prefix = Text[Index + 1];
            Base = Prefix == 'x' ? 16 : Prefix == 'o' ? 8 : Prefix == 'b' ? 2 : 10;
            Index += Base != 10 ? 2 : 0;
        }
    } else if (Base != 2 && Base != 8 && Base != 10 && Base != 16) {
        return STATUS_INVALID_PARAMETER;
    }
    for (; Index < Count; Index++) {
        WCHAR Character = Text[Index];
        ULONG Digit = Character >= '0' && Character <= '9' ? Character - '0' + 0u
                    : Character >= 'a' && Character <= 'f' ? Character - 'a' + 10u
                    : Character >= 'A' && Character <= 'F' ? Character - 'A' + 10u : 16u;
        if (Digit >= Base)
            break;
        Number = Number * Base + Digit;
    }
    *Value = Negative ? 0 - Number : Number;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value)
{
    return ParseInteger(String->Buffer, String->Length / sizeof(WCHAR), Base, Value);
}

NTSTATUS NTAPI RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value)
{
    WCHAR Text[128];
    SIZE_T Count = 0;

    /* Longer texts are leading blanks or zeros: nothing an honest caller has. */
    while (Count < RTLP_ARRAY_COUNT(Text) && String[Count] != 0) {
        Text[Count] = (UCHAR)String[Count];
        Count++;
    }
    return ParseInteger(Text, Count, Base, Value);
}

static NTSTATUS DigitsOf(ULONG64 Value, ULONG Base, char *Digits, SIZE_T *Count)
{
    if (Base == 0)
        Base = 10;
    if (Base != 2 && Base != 8 && Base != 10 && Base != 16)
        return STATUS_INVALID_PARAMETER;
    *Count = 0;
    do {
        Digits[(*Count)++] = "0123456789ABCDEF"[Value % Base];
        Value /= Base;
    } while (Value != 0);
    return STATUS_SUCCESS;
}

static NTSTATUS ToUnicodeString(ULONG64 Value, ULONG Base, PUNICODE_STRING String)
{
    char Digits[64];
    SIZE_T Count;
    NTSTATUS Status = DigitsOf(Value, Base, Digits, &Count);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Count * sizeof(WCHAR) > String->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    String->Length = (USHORT)(Count * sizeof(WCHAR));
    for (SIZE_T Index = 0; Index < Count; Index++)
        String->Buffer[Index] = (UCHAR)Digits[Count - 1 - Index];
    if (String->Length + sizeof(WCHAR) <= String->MaximumLength)
        String->Buffer[Count] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
    return ToUnicodeString(Value, Base, String);
}

NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String)
{
    return ToUnicodeString(Value, Base, String);
}

/* Length negative: pad with zeros on the left to -Length characters. */
static NTSTATUS ToChar(ULONG64 Value, ULONG Base, LONG Length, PSTR String)
{
    char Digits[64];
    SIZE_T Count, Width = (SIZE_T)(Length < 0 ? -(LONG64)Length : Length);
    NTSTATUS Status = DigitsOf(Value, Base, Digits, &Count);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Count > Width)
        return STATUS_BUFFER_OVERFLOW;
    for (; Length < 0 && Width > Count; Width--)
        *String++ = '0';
    for (SIZE_T Index = 0; Index < Count; Index++)
        String[Index] = Digits[Count - 1 - Index];
    if (Length > 0 && Count < Width)
        String[Count] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIntegerToChar(ULONG Value, ULONG Base, LONG Length, PSTR String)
{
    return ToChar(Value, Base, Length, String);
}

NTSTATUS NTAPI RtlLargeIntegerToChar(PLARGE_INTEGER Value, ULONG Base, LONG Length, PSTR String)
{
    return ToChar((ULONG64)Value->QuadPart, Base, Length, String);
}

#define GUID_TEXT_LENGTH 38

NTSTATUS NTAPI RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING String)
{
    const USHORT Bytes = (GUID_TEXT_LENGTH + 1) * sizeof(WCHAR);

    String->Buffer = RtlpAllocate(Bytes);
    if (String->Buffer == NULL)
        return STATUS_NO_MEMORY;
    String->MaximumLength = Bytes;
    String->Length = Bytes - sizeof(WCHAR);
    _snwprintf(String->Buffer, GUID_TEXT_LENGTH + 1, L"{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", Guid->Data1,
               Guid->Data2, Guid->Data3, Guid->Data4[0], Guid->Data4[1], Guid->Data4[2], Guid->Data4[3], Guid->Data4[4],
               Guid->Data4[5], Guid->Data4[6], Guid->Data4[7]);
    return STATUS_SUCCESS;
}

/* Where the bytes of {00112233-4455-6677-8899-AABBCCDDEEFF} begin in the text, in order of the text. */
static const UCHAR GuidByteAt[16] = { 1, 3, 5, 7, 10, 12, 15, 17, 20, 22, 25, 27, 29, 31, 33, 35 };

NTSTATUS NTAPI RtlGUIDFromString(PUNICODE_STRING String, GUID *Guid)
{
    const WCHAR *Text = String->Buffer;
    UCHAR Byte[16];

    if (String->Length != GUID_TEXT_LENGTH * sizeof(WCHAR) || Text[0] != '{' || Text[9] != '-' || Text[14] != '-' ||
        Text[19] != '-' || Text[24] != '-' || Text[37] != '}')
        return STATUS_INVALID_PARAMETER;
    for (ULONG Index = 0; Index < 16; Index++) {
        WCHAR High = Text[GuidByteAt[Index]], Low = Text[GuidByteAt[Index] + 1];
        ULONG Value;
        if (!iswxdigit(High) || !iswxdigit(Low))
            return STATUS_INVALID_PARAMETER;
        ParseInteger(Text + GuidByteAt[Index], 2, 16, &Value);
        Byte[Index] = (UCHAR)Value;
    }
    Guid->Data1 = (ULONG)Byte[0] << 24 | (ULONG)Byte[1] << 16 | (ULONG)Byte[2] << 8 | Byte[3];
    Guid->Data2 = (USHORT)(Byte[4] << 8 | Byte[5]);
    Guid->Data3 = (USHORT)(Byte[6] << 8 | Byte[7]);
    memcpy(Guid->Data4, Byte + 8, 8);
    return STATUS_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * string.c - counted strings: making, copying, appending.
 *
 * A counted string's Length and MaximumLength are bytes, at most 65535 (65534 for UTF-16); it need not be terminated.  The Init routines
 * truncate silently, as NT's do; the ...Ex forms say STATUS_NAME_TOO_LONG.
 */
#include "rtlp.h"

#define MAX_UNICODE_BYTES 0xFFFEu

VOID NTAPI RtlInitString(PSTRING Destination, PCSZ Source)
{
    SIZE_T Length = Source == NULL ? 0 : strlen(Source);

    if (Length > 0xFFFE)
        Length = 0xFFFE;
    Destination->Buffer = (PCHAR)Source;
    Destination->Length = (USHORT)Length;
    Destination->MaximumLength = Source == NULL ? 0 : (USHORT)(Length + 1);
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING Destination, PCSZ Source)
{
    RtlInitString(Destination, Source);
}

NTSTATUS NTAPI RtlInitAnsiStringEx(PANSI_STRING Destination, PCSZ Source)
{
    if (Source != NULL && strlen(Source) > 0xFFFE)
        return STATUS_NAME_TOO_LONG;
    RtlInitString(Destination, Source);
    return STATUS_SUCCESS;
}

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING Destination, PCWSTR Source)
{
    SIZE_T Bytes = Source == NULL ? 0 : wcslen(Source) * sizeof(WCHAR);

    if (Bytes > MAX_UNICODE_BYTES - sizeof(WCHAR))
        Bytes = MAX_UNICODE_BYTES - sizeof(WCHAR);
    Destination->Buffer = (PWSTR)Source;
    Destination->Length = (USHORT)Bytes;
    Destination->MaximumLength = Source == NULL ? 0 : (USHORT)(Bytes + sizeof(WCHAR));
}

NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING Destination, PCWSTR Source)
{
    if (Source != NULL && wcslen(Source) * sizeof(WCHAR) > MAX_UNICODE_BYTES - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    RtlInitUnicodeString(Destination, Source);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING Destination, PCWSTR Source)
{
    SIZE_T Bytes = (wcslen(Source) + 1) * sizeof(WCHAR);

    if (Bytes > MAX_UNICODE_BYTES || (Destination->Buffer = RtlpAllocate(Bytes)) == NULL)
        return FALSE;
    memcpy(Destination->Buffer, Source, Bytes);
    Destination->MaximumLength = (USHORT)Bytes;
    Destination->Length = (USHORT)(Bytes - sizeof(WCHAR));
    return TRUE;
}

VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING String)
{
    if (String->Buffer != NULL) {
        RtlpFree(String->Buffer);
        memset(String, 0, sizeof *String);
    }
}

VOID NTAPI RtlFreeAnsiString(PANSI_STRING String)
{
    if (String->Buffer != NULL) {
        RtlpFree(String->Buffer);
        memset(String, 0, sizeof *String);
    }
}

VOID NTAPI RtlFreeOemString(POEM_STRING String)
{
    RtlFreeAnsiString((PANSI_STRING)String);
}

VOID NTAPI RtlFreeUTF8String(PUTF8_STRING String)
{
    RtlFreeAnsiString((PANSI_STRING)String);
}

void NTAPI RtlEraseUnicodeString(PUNICODE_STRING String)
{
    if (String->Buffer != NULL)
        memset(String->Buffer, 0, String->MaximumLength);
    String->Length = 0;
}

VOID NTAPI RtlCopyString(PSTRING Destination, const PSTRING Source)
{
    USHORT Length = Source == NULL ? 0 : Source->Length;

    if (Length > Destination->MaximumLength)
        Length = Destination->MaximumLength;
    if (Length != 0)
        memcpy(Destination->Buffer, Source->Buffer, Length);
    Destination->Length = Length;
}

VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    USHORT Length = Source == NULL ? 0 : Source->Length;

    if (Length > Destination->MaximumLength)
        Length = Destination->MaximumLength;
    if (Length != 0)
        memcpy(Destination->Buffer, Source->Buffer, Length);
    Destination->Length = Length;
    if (Length + sizeof(WCHAR) <= Destination->MaximumLength)
        Destination->Buffer[Length / sizeof(WCHAR)] = 0;
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    if (Source->Length == 0)
        return STATUS_SUCCESS;
    if (Destination->Length + Source->Length > Destination->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove((PUCHAR)Destination->Buffer + Destination->Length, Source->Buffer, Source->Length);
    Destination->Length = (USHORT)(Destination->Length + Source->Length);
    if (Destination->Length + sizeof(WCHAR) <= Destination->MaximumLength)
        Destination->Buffer[Destination->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
    UNICODE_STRING String;

    if (Source == NULL)
        return STATUS_SUCCESS;
    if (!NT_SUCCESS(RtlInitUnicodeStringEx(&String, Source)))
        return STATUS_BUFFER_TOO_SMALL;
    return RtlAppendUnicodeStringToString(Destination, &String);
}

NTSTATUS NTAPI RtlAppendStringToString(PSTRING Destination, const STRING *Source)
{
    if (Source->Length == 0)
        return STATUS_SUCCESS;
    if (Destination->Length + Source->Length > Destination->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(Destination->Buffer + Destination->Length, Source->Buffer, Source->Length);
    Destination->Length = (USHORT)(Destination->Length + Source->Length);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendAsciizToString(PSTRING Destination, PCSZ Source)
{
    STRING String;

    if (Source == NULL)
        return STATUS_SUCCESS;
    if (!NT_SUCCESS(RtlInitAnsiStringEx(&String, Source)))
        return STATUS_BUFFER_TOO_SMALL;
    return RtlAppendStringToString(Destination, &String);
}

NTSTATUS NTAPI RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String)
{
    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (String == NULL)
        return STATUS_SUCCESS;
    if (String->Length % sizeof(WCHAR) != 0 || String->MaximumLength % sizeof(WCHAR) != 0 ||
        String->Length > String->MaximumLength ||
        (String->Buffer == NULL && (String->Length != 0 || String->MaximumLength != 0)))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING Source, PUNICODE_STRING Destination)
{
    const ULONG Terminate = RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE;
    const ULONG AllocateNull = RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING;

    if ((Flags & ~(Terminate | AllocateNull)) != 0 || (Flags & (Terminate | AllocateNull)) == AllocateNull ||
        Destination == NULL || !NT_SUCCESS(RtlValidateUnicodeString(0, Source)))
        return STATUS_INVALID_PARAMETER;

    ULONG Length = Source == NULL ? 0 : Source->Length;
    ULONG Maximum = Length + ((Flags & Terminate) ? (ULONG)sizeof(WCHAR) : 0);
    if (Maximum > MAX_UNICODE_BYTES)
        return STATUS_NAME_TOO_LONG;
    memset(Destination, 0, sizeof *Destination);
    if (Length == 0 && (Flags & AllocateNull) == 0)
        return STATUS_SUCCESS;
    PWSTR Buffer = RtlpAllocate(Maximum);
    if (Buffer == NULL)
        return STATUS_NO_MEMORY;
    if (Length != 0)
        memcpy(Buffer, Source->Buffer, Length);
    if (Flags & Terminate)
        Buffer[Length / sizeof(WCHAR)] = 0;
    Destination->Buffer = Buffer;
    Destination->Length = (USHORT)Length;
    Destination->MaximumLength = (USHORT)Maximum;
    return STATUS_SUCCESS;
}

static BOOLEAN IsInSet(WCHAR Character, PCUNICODE_STRING Set, BOOLEAN CaseInsensitive)
{
    for (ULONG Index = 0; Index < Set->Length / sizeof(WCHAR); Index++) {
        if (Set->Buffer[Index] == Character ||
            (CaseInsensitive && RtlpUpcase(Set->Buffer[Index]) == RtlpUpcase(Character)))
            return TRUE;
    }
    return FALSE;
}

/* Position: bytes before the found character, plus one character when searching from the start. */
NTSTATUS NTAPI RtlFindCharInUnicodeString(ULONG Flags, PCUNICODE_STRING Search, PCUNICODE_STRING Match, PUSHORT Position)
{
    BOOLEAN Complement = (Flags & RTL_FIND_CHAR_IN_UNICODE_STRING_COMPLEMENT_CHAR_SET) != 0;
    BOOLEAN FromEnd = (Flags & RTL_FIND_CHAR_IN_UNICODE_STRING_START_AT_END) != 0;
    BOOLEAN Fold = (Flags & RTL_FIND_CHAR_IN_UNICODE_STRING_CASE_INSENSITIVE) != 0;
    ULONG Count = Search->Length / sizeof(WCHAR);

    *Position = 0;
    for (ULONG Step = 0; Step < Count; Step++) {
        ULONG Index = FromEnd ? Count - 1 - Step : Step;
        if (IsInSet(Search->Buffer[Index], Match, Fold) != Complement) {
            *Position = (USHORT)((FromEnd ? Index : Index + 1) * sizeof(WCHAR));
            return STATUS_SUCCESS;
        }
    }
    return STATUS_NOT_FOUND;
}

/* SPDX-License-Identifier: MIT */
/*
 * convert.c - between UTF-16 and bytes: the ANSI and OEM families by table (codepage.c), UTF-8 by rule (utf8.c).
 *
 * The families treat a short buffer differently, as on NT: RtlMultiByteToUnicodeN cuts and succeeds, RtlUnicodeToOemN cuts and returns
 * STATUS_BUFFER_OVERFLOW, RtlUTF8ToUnicodeN cuts and returns STATUS_BUFFER_TOO_SMALL.  What a code page lacks becomes its best fit or '?', and
 * nobody is told; malformed UTF becomes U+FFFD, and the caller learns STATUS_SOME_NOT_MAPPED.
 */
#include "rtlp.h"

/* Bytes produced; Unicode NULL: only counted.  *Fits is cleared when the output was cut. */
static ULONG ToUnicode(PWCH Unicode, ULONG UnicodeSize, PCCH Source, ULONG Size, BOOLEAN *Bad, BOOLEAN *Fits)
{
    const UCHAR *At = (const UCHAR *)Source, *End = At + Size;
    ULONG Length = 0;

    *Fits = TRUE;
    while (At < End) {
        WCHAR Units[2];
        ULONG Bytes = RtlpEncodeUtf16(RtlpDecodeUtf8(&At, End, Bad), Units) * (ULONG)sizeof(WCHAR);
        if (Unicode != NULL) {
            if (Bytes > UnicodeSize - Length) {
                *Fits = FALSE;
                break;
            }
            memcpy((PUCHAR)Unicode + Length, Units, Bytes);
        }
        Length += Bytes;
    }
    return Length;
}

static ULONG FromUnicode(PCHAR Bytes, ULONG ByteSize, PCWCH Unicode, ULONG Size, BOOLEAN *Bad, BOOLEAN *Fits)
{
    const WCHAR *At = Unicode, *End = At + Size / sizeof(WCHAR);
    ULONG Length = 0;

    *Fits = TRUE;
    while (At < End) {
        UCHAR Encoded[4];
        ULONG CodePoint = RtlpDecodeUtf16(&At, End, Bad);
        ULONG Count = RtlpEncodeUtf8(CodePoint, Encoded);
        if (Bytes != NULL) {
            if (Count > ByteSize - Length) {
                *Fits = FALSE;
                break;
            }
            memcpy(Bytes + Length, Encoded, Count);
        }
        Length += Count;
    }
    return Length;
}

NTSTATUS NTAPI RtlUTF8ToUnicodeN(PWSTR Unicode, ULONG UnicodeSize, PULONG Result, PCCH Source, ULONG Size)
{
    BOOLEAN Bad = FALSE, Fits;

    if (Source == NULL)
        return STATUS_INVALID_PARAMETER_4;
    if (Unicode == NULL && Result == NULL)
        return STATUS_INVALID_PARAMETER;
    ULONG Length = ToUnicode(Unicode, UnicodeSize, Source, Size, &Bad, &Fits);
    if (Result != NULL)
        *Result = Length;
    return !Fits ? STATUS_BUFFER_TOO_SMALL : Bad ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToUTF8N(PCHAR Bytes, ULONG ByteSize, PULONG Result, PCWCH Source, ULONG Size)
{
    BOOLEAN Bad = FALSE, Fits;

    if (Source == NULL)
        return STATUS_INVALID_PARAMETER_4;
    if (Bytes == NULL && Result == NULL)
        return STATUS_INVALID_PARAMETER;
    if (Size % sizeof(WCHAR) != 0)
        return STATUS_INVALID_PARAMETER_5;
    ULONG Length = FromUnicode(Bytes, ByteSize, Source, Size, &Bad, &Fits);
    if (Result != NULL)
        *Result = Length;
    return !Fits ? STATUS_BUFFER_TOO_SMALL : Bad ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

/* ---- the code pages -------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCH Unicode, ULONG UnicodeSize, PULONG Result, const CHAR *Source, ULONG Size)
{
    ULONG Length = RtlpPageToUnicode(&RtlpAnsiPage, Unicode, UnicodeSize, Source, Size);

    if (Result != NULL)
        *Result = Length;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlOemToUnicodeN(PWSTR Unicode, ULONG UnicodeSize, PULONG Result, PCCH Source, ULONG Size)
{
    ULONG Length = RtlpPageToUnicode(&RtlpOemPage, Unicode, UnicodeSize, Source, Size);

    if (Result != NULL)
        *Result = Length;
    return Length / sizeof(WCHAR) < Size ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlConsoleMultiByteToUnicodeN(PWCH Unicode, ULONG UnicodeSize, PULONG Result, PCSTR Source, ULONG Size,
                                             PULONG Special)
{
    *Special = 0;
    return RtlMultiByteToUnicodeN(Unicode, UnicodeSize, Result, Source, Size);
}

static NTSTATUS FromPage(const RTLP_CODE_PAGE *Page, PCHAR Bytes, ULONG ByteSize, PULONG Result, PCWCH Source, ULONG Size, BOOLEAN Upcase)
{
    ULONG Length = RtlpPageFromUnicode(Page, Bytes, ByteSize, Source, Size, Upcase);

    if (Result != NULL)
        *Result = Length;
    return Length < Size / sizeof(WCHAR) ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR Bytes, ULONG ByteSize, PULONG Result, PCWCH Source, ULONG Size)
{
    (VOID)FromPage(&RtlpAnsiPage, Bytes, ByteSize, Result, Source, Size, FALSE);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToOemN(PCHAR Bytes, ULONG ByteSize, PULONG Result, PCWCH Source, ULONG Size)
{
    return FromPage(&RtlpOemPage, Bytes, ByteSize, Result, Source, Size, FALSE);
}

NTSTATUS NTAPI RtlUpcaseUnicodeToMultiByteN(PCHAR Bytes, ULONG ByteSize, PULONG Result, PCWCH Source, ULONG Size)
{
    (VOID)FromPage(&RtlpAnsiPage, Bytes, ByteSize, Result, Source, Size, TRUE);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUpcaseUnicodeToOemN(PCHAR Bytes, ULONG ByteSize, PULONG Result, PCWCH Source, ULONG Size)
{
    return FromPage(&RtlpOemPage, Bytes, ByteSize, Result, Source, Size, TRUE);
}

NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG Bytes, const CHAR *Source, ULONG Size)
{
    UNREFERENCED_PARAMETER(Source);
    *Bytes = Size * (ULONG)sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToMultiByteSize(PULONG Bytes, PCWCH Source, ULONG Size)
{
    UNREFERENCED_PARAMETER(Source);
    *Bytes = Size / (ULONG)sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* The sizes include a terminator. */
ULONG NTAPI RtlxAnsiStringToUnicodeSize(PCANSI_STRING Source)
{
    ULONG Bytes;

    RtlMultiByteToUnicodeSize(&Bytes, Source->Buffer, Source->Length);
    return Bytes + (ULONG)sizeof(WCHAR);
}

ULONG NTAPI RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING Source)
{
    ULONG Bytes;

    RtlUnicodeToMultiByteSize(&Bytes, Source->Buffer, Source->Length);
    return Bytes + 1;
}

ULONG NTAPI RtlxOemStringToUnicodeSize(PCOEM_STRING Source)
{
    return RtlxAnsiStringToUnicodeSize((PCANSI_STRING)Source);
}

ULONG NTAPI RtlxUnicodeStringToOemSize(PCUNICODE_STRING Source)
{
    return RtlxUnicodeStringToAnsiSize(Source);
}

/* Both directions: Terminated asks for room for, and writes, a zero after the text. */
static NTSTATUS ToUnicodeString(const RTLP_CODE_PAGE *Page, PUNICODE_STRING Destination, PCCH Source, ULONG Size, BOOLEAN Allocate,
                                BOOLEAN Terminated)
{
    ULONG Length = Size * (ULONG)sizeof(WCHAR);
    ULONG Needed = Length + (Terminated ? (ULONG)sizeof(WCHAR) : 0);
    if (Needed > 0xFFFE)
        return STATUS_INVALID_PARAMETER_2;
    if (Allocate) {
        Destination->Buffer = RtlpAllocate(Needed != 0 ? Needed : sizeof(WCHAR));
        if (Destination->Buffer == NULL)
            return STATUS_NO_MEMORY;
        Destination->MaximumLength = (USHORT)Needed;
    } else if (Needed > Destination->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    RtlpPageToUnicode(Page, Destination->Buffer, Length, Source, Size);
    Destination->Length = (USHORT)Length;
    if (Terminated)
        Destination->Buffer[Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS FromUnicodeString(const RTLP_CODE_PAGE *Page, PSTRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate,
                                  BOOLEAN Terminated, BOOLEAN Upcase)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Length = Source->Length / (ULONG)sizeof(WCHAR);
    ULONG Needed = Length + (Terminated ? 1 : 0);

    if (Needed > 0xFFFF)
        return STATUS_INVALID_PARAMETER_2;
    if (Allocate) {
        Destination->Buffer = RtlpAllocate(Needed != 0 ? Needed : 1);
        if (Destination->Buffer == NULL)
            return STATUS_NO_MEMORY;
        Destination->MaximumLength = (USHORT)Needed;
    } else if (Needed > Destination->MaximumLength) {
        if (Destination->MaximumLength == 0)
            return STATUS_BUFFER_OVERFLOW;
        /* As NT: what fits is written and terminated, and the status says it was cut. */
        Length = Destination->MaximumLength - (Terminated ? 1u : 0u);
        Status = STATUS_BUFFER_OVERFLOW;
    }
    Length = RtlpPageFromUnicode(Page, Destination->Buffer, Length, Source->Buffer, Source->Length, Upcase);
    Destination->Length = (USHORT)Length;
    if (Terminated)
        Destination->Buffer[Length] = 0;
    return Status;
}

NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING Destination, PCANSI_STRING Source, BOOLEAN Allocate)
{
    return ToUnicodeString(&RtlpAnsiPage, Destination, Source->Buffer, Source->Length, Allocate, TRUE);
}

NTSTATUS NTAPI RtlOemStringToUnicodeString(PUNICODE_STRING Destination, PCOEM_STRING Source, BOOLEAN Allocate)
{
    return ToUnicodeString(&RtlpOemPage, Destination, Source->Buffer, Source->Length, Allocate, TRUE);
}

NTSTATUS NTAPI RtlOemStringToCountedUnicodeString(PUNICODE_STRING Destination, PCOEM_STRING Source, BOOLEAN Allocate)
{
    return ToUnicodeString(&RtlpOemPage, Destination, Source->Buffer, Source->Length, Allocate, FALSE);
}

NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return FromUnicodeString(&RtlpAnsiPage, Destination, Source, Allocate, TRUE, FALSE);
}

NTSTATUS NTAPI RtlUnicodeStringToOemString(POEM_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return FromUnicodeString(&RtlpOemPage, Destination, Source, Allocate, TRUE, FALSE);
}

NTSTATUS NTAPI RtlUnicodeStringToCountedOemString(POEM_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return FromUnicodeString(&RtlpOemPage, Destination, Source, Allocate, FALSE, FALSE);
}

NTSTATUS NTAPI RtlUpcaseUnicodeStringToOemString(POEM_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return FromUnicodeString(&RtlpOemPage, Destination, Source, Allocate, TRUE, TRUE);
}

NTSTATUS NTAPI RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return FromUnicodeString(&RtlpOemPage, Destination, Source, Allocate, FALSE, TRUE);
}

NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(PANSI_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return FromUnicodeString(&RtlpAnsiPage, Destination, Source, Allocate, TRUE, TRUE);
}

BOOLEAN NTAPI RtlCreateUnicodeStringFromAsciiz(PUNICODE_STRING Destination, PCSZ Source)
{
    return NT_SUCCESS(ToUnicodeString(&RtlpAnsiPage, Destination, Source, (ULONG)strlen(Source), TRUE, TRUE));
}

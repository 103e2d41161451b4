/* SPDX-License-Identifier: MIT */
/*
 * compare.c - order, equality, prefixes, hashes and case of counted strings.
 *
 * Case-insensitive means: upper case, unit by unit, then binary.  That is the order of NT's namespace and its file systems, not of any language.
 */
#include "rtlp.h"

static CHAR UpperByte(CHAR Character)
{
    return Character >= 'a' && Character <= 'z' ? (CHAR)(Character - 32) : Character;
}

static LONG CompareUnits(const WCHAR *Left, SIZE_T LeftCount, const WCHAR *Right, SIZE_T RightCount, BOOLEAN Fold)
{
    SIZE_T Common = LeftCount < RightCount ? LeftCount : RightCount, Index = 0;

    /* Names are mostly written as they are stored: four units at a time while they are the same. */
    for (ULONG64 First, Second; Index + 4 <= Common; Index += 4) {
        __builtin_memcpy(&First, Left + Index, sizeof(First));
        __builtin_memcpy(&Second, Right + Index, sizeof(Second));
        if (First != Second)
            break;
    }
    for (; Index < Common; Index++) {
        WCHAR First = Left[Index], Second = Right[Index];
        if (First == Second)
            continue;
        if (Fold) {
            First = RtlpUpcase(First);
            Second = RtlpUpcase(Second);
        }
        if (First != Second)
            return (LONG)First - (LONG)Second;
    }
    return LeftCount == RightCount ? 0 : LeftCount < RightCount ? -1 : 1;
}

LONG NTAPI RtlCompareUnicodeStrings(PCWCH Left, SIZE_T LeftLength, PCWCH Right, SIZE_T RightLength, BOOLEAN CaseInsensitive)
{
    return CompareUnits(Left, LeftLength, Right, RightLength, CaseInsensitive);
}

LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING Left, PCUNICODE_STRING Right, BOOLEAN CaseInsensitive)
{
    return CompareUnits(Left->Buffer, Left->Length / sizeof(WCHAR), Right->Buffer, Right->Length / sizeof(WCHAR),
                        CaseInsensitive);
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING Left, PCUNICODE_STRING Right, BOOLEAN CaseInsensitive)
{
    if (Left->Length != Right->Length)
        return FALSE;
    /* Names mostly are written alike. */
    if (memcmp(Left->Buffer, Right->Buffer, Left->Length) == 0)
        return TRUE;
    return CaseInsensitive && RtlCompareUnicodeString(Left, Right, TRUE) == 0;
}

BOOLEAN NTAPI RtlEqualDomainName(PCUNICODE_STRING Left, PCUNICODE_STRING Right)
{
    return RtlEqualUnicodeString(Left, Right, TRUE);
}

BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING Prefix, PCUNICODE_STRING String, BOOLEAN CaseInsensitive)
{
    SIZE_T Count = Prefix->Length / sizeof(WCHAR);

    return Prefix->Length <= String->Length &&
           CompareUnits(Prefix->Buffer, Count, String->Buffer, Count, CaseInsensitive) == 0;
}

LONG NTAPI RtlCompareString(const PSTRING Left, const PSTRING Right, BOOLEAN CaseInsensitive)
{
    USHORT Common = Left->Length < Right->Length ? Left->Length : Right->Length;

    for (USHORT Index = 0; Index < Common; Index++) {
        CHAR First = Left->Buffer[Index], Second = Right->Buffer[Index];
        if (CaseInsensitive) {
            First = UpperByte(First);
            Second = UpperByte(Second);
        }
        if (First != Second)
            return (LONG)(UCHAR)First - (LONG)(UCHAR)Second;
    }
    return (LONG)Left->Length - (LONG)Right->Length;
}

BOOLEAN NTAPI RtlEqualString(const PSTRING Left, const PSTRING Right, BOOLEAN CaseInsensitive)
{
    return Left->Length == Right->Length && RtlCompareString(Left, Right, CaseInsensitive) == 0;
}

BOOLEAN NTAPI RtlPrefixString(const STRING *Prefix, const STRING *String, BOOLEAN CaseInsensitive)
{
    STRING Head = *String;

    if (Prefix->Length > String->Length)
        return FALSE;
    Head.Length = Prefix->Length;
    return RtlEqualString((PSTRING)Prefix, &Head, CaseInsensitive);
}

CHAR NTAPI RtlUpperChar(CHAR Character)
{
    return UpperByte(Character);
}

VOID NTAPI RtlUpperString(PSTRING Destination, const PSTRING Source)
{
    USHORT Length = Source->Length < Destination->MaximumLength ? Source->Length : Destination->MaximumLength;

    for (USHORT Index = 0; Index < Length; Index++)
        Destination->Buffer[Index] = UpperByte(Source->Buffer[Index]);
    Destination->Length = Length;
}

/* NT's documented default algorithm, x65599, over upper-cased units when CaseInSensitive. */
NTSTATUS NTAPI RtlHashUnicodeString(const UNICODE_STRING *String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm, PULONG HashValue)
{
    ULONG Hash = 0;

    if (String == NULL || HashValue == NULL)
        return STATUS_INVALID_PARAMETER;
    if (HashAlgorithm != HASH_STRING_ALGORITHM_DEFAULT && HashAlgorithm != HASH_STRING_ALGORITHM_X65599)
        return STATUS_INVALID_PARAMETER;
    for (ULONG Index = 0; Index < String->Length / sizeof(WCHAR); Index++)
        Hash = Hash * 65599 + (CaseInSensitive ? RtlpUpcase(String->Buffer[Index]) : String->Buffer[Index]);
    *HashValue = Hash;
    return STATUS_SUCCESS;
}

static NTSTATUS MapCase(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate, WCHAR (*Map)(WCHAR))
{
    if (Allocate) {
        Destination->Buffer = RtlpAllocate(Source->Length != 0 ? Source->Length : sizeof(WCHAR));
        if (Destination->Buffer == NULL)
            return STATUS_NO_MEMORY;
        Destination->MaximumLength = Source->Length;
    } else if (Source->Length > Destination->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG Index = 0; Index < Source->Length / sizeof(WCHAR); Index++)
        Destination->Buffer[Index] = Map(Source->Buffer[Index]);
    Destination->Length = Source->Length;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return MapCase(Destination, Source, Allocate, RtlpUpcase);
}

NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate)
{
    return MapCase(Destination, Source, Allocate, RtlpDowncase);
}

/* SPDX-License-Identifier: MIT */
/*
 * sid.c - security identifiers: S-Revision-Authority-SubAuthority...  Windows Internals, 7th ed., part 1, chapter 7 "Security identifiers".
 *
 * Lengths of a SID in hand come from its own SubAuthorityCount: a SID from outside must have passed RtlValidSid, and whoever captured it
 * must have seen to it that RtlLengthSid bytes are there.
 */
#include "rtlp.h"

BOOLEAN NTAPI RtlValidSid(PSID Sid)
{
    const SID *Header = Sid;

    return Header != NULL && Header->Revision == SID_REVISION && Header->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

ULONG NTAPI RtlLengthRequiredSid(ULONG SubAuthorityCount)
{
    return FIELD_OFFSET(SID, SubAuthority) + SubAuthorityCount * (ULONG)sizeof(ULONG);
}

ULONG NTAPI RtlLengthSid(PSID Sid)
{
    return RtlLengthRequiredSid(((SID *)Sid)->SubAuthorityCount);
}

NTSTATUS NTAPI RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY Authority, UCHAR SubAuthorityCount)
{
    SID *Header = Sid;

    if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES)
        return STATUS_INVALID_PARAMETER;
    Header->Revision = SID_REVISION;
    Header->SubAuthorityCount = SubAuthorityCount;
    Header->IdentifierAuthority = *Authority;
    return STATUS_SUCCESS;
}

PULONG NTAPI RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority)
{
    return &((SID *)Sid)->SubAuthority[SubAuthority];
}

PUCHAR NTAPI RtlSubAuthorityCountSid(PSID Sid)
{
    return &((SID *)Sid)->SubAuthorityCount;
}

PSID_IDENTIFIER_AUTHORITY NTAPI RtlIdentifierAuthoritySid(PSID Sid)
{
    return &((SID *)Sid)->IdentifierAuthority;
}

BOOLEAN NTAPI RtlEqualSid(PSID Left, PSID Right)
{
    const SID *A = Left, *B = Right;

    return A->Revision == B->Revision && A->SubAuthorityCount == B->SubAuthorityCount &&
           memcmp(A, B, RtlLengthSid(Left)) == 0;
}

/* Equal but for the last sub-authority. */
BOOLEAN NTAPI RtlEqualPrefixSid(PSID Left, PSID Right)
{
    const SID *A = Left, *B = Right;

    if (A->Revision != B->Revision || A->SubAuthorityCount != B->SubAuthorityCount)
        return FALSE;
    ULONG Count = A->SubAuthorityCount;
    return memcmp(A, B, RtlLengthRequiredSid(Count != 0 ? Count - 1 : 0)) == 0;
}

NTSTATUS NTAPI RtlCopySid(ULONG Length, PSID Destination, PSID Source)
{
    ULONG Needed = RtlLengthSid(Source);

    if (Needed > Length)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(Destination, Source, Needed);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY Authority, UCHAR Count, ULONG Sub0, ULONG Sub1, ULONG Sub2,
                                           ULONG Sub3, ULONG Sub4, ULONG Sub5, ULONG Sub6, ULONG Sub7, PSID *Sid)
{
    const ULONG SubAuthority[8] = { Sub0, Sub1, Sub2, Sub3, Sub4, Sub5, Sub6, Sub7 };

    if (Count > RTLP_ARRAY_COUNT(SubAuthority))
        return STATUS_INVALID_SID;
    SID *New = RtlpAllocate(RtlLengthRequiredSid(Count));
    if (New == NULL)
        return STATUS_NO_MEMORY;
    RtlInitializeSid(New, Authority, Count);
    memcpy(New->SubAuthority, SubAuthority, Count * sizeof(ULONG));
    *Sid = New;
    return STATUS_SUCCESS;
}

PVOID NTAPI RtlFreeSid(PSID Sid)
{
    RtlpFree(Sid);
    return NULL;
}

#define MAX_SID_TEXT 192 /* "S-255-0x" + 12 digits + 15 times "-4294967295" */

NTSTATUS NTAPI RtlConvertSidToUnicodeString(PUNICODE_STRING String, PSID Sid, BOOLEAN Allocate)
{
    const SID *Header = Sid;
    WCHAR Text[MAX_SID_TEXT];
    int Length = 0;

    if (!RtlValidSid(Sid))
        return STATUS_INVALID_SID;
    const UCHAR *Value = Header->IdentifierAuthority.Value;
    ULONG Low = (ULONG)Value[2] << 24 | (ULONG)Value[3] << 16 | (ULONG)Value[4] << 8 | Value[5];
    if (Value[0] != 0 || Value[1] != 0)
        Length = _snwprintf(Text, MAX_SID_TEXT, L"S-%u-0x%02X%02X%08X", Header->Revision, Value[0], Value[1], Low);
    else
        Length = _snwprintf(Text, MAX_SID_TEXT, L"S-%u-%u", Header->Revision, Low);
    for (ULONG Index = 0; Index < Header->SubAuthorityCount; Index++)
        Length += _snwprintf(Text + Length, MAX_SID_TEXT - (SIZE_T)Length, L"-%u", Header->SubAuthority[Index]);

    UNICODE_STRING Result;
    RtlInitUnicodeString(&Result, Text);
    if (Allocate) {
        return RtlCreateUnicodeString(String, Text) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    if (Result.Length > String->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    RtlCopyUnicodeString(String, &Result);
    return STATUS_SUCCESS;
}

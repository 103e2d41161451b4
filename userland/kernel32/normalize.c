/* SPDX-License-Identifier: MIT */
/*
 * normalize.c - NormalizeString and the names of hosts: ntdll's work, with Win32's ways to say how long the result is.
 *
 * A room of 0 asks for a size.  Too little room: the size wanted, negative.  A text that is none: where it is wrong, negative; 0 if right at its start.
 */
#define _NORMALIZE_ /* these are defined here */
#include "k32.h"

#ifndef IDN_EMAIL_ADDRESS
#define IDN_EMAIL_ADDRESS 4
#endif
#ifndef IDN_RAW_PUNYCODE
#define IDN_RAW_PUNYCODE 8
#endif
#define IDN_FLAGS (IDN_ALLOW_UNASSIGNED | IDN_USE_STD3_ASCII_RULES | IDN_EMAIL_ADDRESS | IDN_RAW_PUNYCODE)

NTSYSAPI NTSTATUS NTAPI RtlNormalizeString(ULONG Form, PCWSTR Source, LONG SourceLength, PWSTR Target, PLONG TargetLength);
NTSYSAPI NTSTATUS NTAPI RtlIsNormalizedString(ULONG Form, PCWSTR Source, LONG SourceLength, PBOOLEAN Normalized);
NTSYSAPI NTSTATUS NTAPI RtlIdnToAscii(ULONG Flags, PCWSTR Source, LONG SourceLength, PWSTR Target, PLONG TargetLength);
NTSYSAPI NTSTATUS NTAPI RtlIdnToUnicode(ULONG Flags, PCWSTR Source, LONG SourceLength, PWSTR Target, PLONG TargetLength);
NTSYSAPI NTSTATUS NTAPI RtlIdnToNameprepUnicode(ULONG Flags, PCWSTR Source, LONG SourceLength, PWSTR Target, PLONG TargetLength);

static BOOL IsForm(NORM_FORM Form)
{
    return Form == NormalizationC || Form == NormalizationD || Form == NormalizationKC || Form == NormalizationKD;
}

static int Result(NTSTATUS Status, LONG Length)
{
    if (Status == STATUS_INVALID_IDN_NORMALIZATION) {
        return BaseFail(ERROR_INVALID_NAME);
    }
    BaseSetLastNTError(Status);
    return NT_SUCCESS(Status) ? Length : Status == STATUS_BUFFER_TOO_SMALL || Status == STATUS_NO_UNICODE_TRANSLATION ? -Length : 0;
}

int WINAPI NormalizeString(NORM_FORM Form, LPCWSTR Source, int SourceLength, LPWSTR Target, int TargetLength)
{
    LONG Length = TargetLength;

    if (!IsForm(Form)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    NTSTATUS Status = RtlNormalizeString((ULONG)Form, Source, SourceLength, Target, &Length);
    return Result(Status, Length);
}

BOOL WINAPI IsNormalizedString(NORM_FORM Form, LPCWSTR Source, int SourceLength)
{
    BOOLEAN Normalized = FALSE;

    if (!IsForm(Form)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    BaseSetLastNTError(RtlIsNormalizedString((ULONG)Form, Source, SourceLength, &Normalized));
    return Normalized;
}

static int Name(NTSTATUS(NTAPI *Routine)(ULONG, PCWSTR, LONG, PWSTR, PLONG), DWORD Flags, LPCWSTR Source, int SourceLength, LPWSTR Target,
                int TargetLength)
{
    LONG Length = TargetLength;

    if (Flags & ~(DWORD)IDN_FLAGS) {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    if (Flags & IDN_EMAIL_ADDRESS) {
        return BaseNotSupported("IDN_EMAIL_ADDRESS");
    }
    NTSTATUS Status = Routine(Flags, Source, SourceLength, Target, &Length);
    int Answer = Result(Status, Length);
    return Answer > 0 ? Answer : 0; /* these document no sizes and no places, only 0 */
}

int WINAPI IdnToAscii(DWORD Flags, LPCWSTR Source, int SourceLength, LPWSTR Target, int TargetLength)
{
    return Name(RtlIdnToAscii, Flags, Source, SourceLength, Target, TargetLength);
}

int WINAPI IdnToUnicode(DWORD Flags, LPCWSTR Source, int SourceLength, LPWSTR Target, int TargetLength)
{
    return Name(RtlIdnToUnicode, Flags, Source, SourceLength, Target, TargetLength);
}

int WINAPI IdnToNameprepUnicode(DWORD Flags, LPCWSTR Source, int SourceLength, LPWSTR Target, int TargetLength)
{
    return Name(RtlIdnToNameprepUnicode, Flags, Source, SourceLength, Target, TargetLength);
}

/* SPDX-License-Identifier: MIT */
/*
 * locale.c - the little about languages that C run-times ask of ntdll itself.
 *
 * One language, en-US, and the invariant locale.  The code pages are those of such a system (kernel/rtl/codepage.c).
 */
#include "ntdllp.h"

#define LOCALE_EN_US 0x0409u
#define LOCALE_INVARIANT_ 0x007Fu
#define MUI_LANGUAGE_ID_ 0x4u

static const struct
{
    LCID Id;
    PCWSTR Name;
} Locales[] = {{LOCALE_EN_US, L"en-US"}, {0x0009, L"en"}, {LOCALE_INVARIANT_, L""}};

NTSTATUS NTAPI RtlLcidToLocaleName(LCID Locale, PUNICODE_STRING Name, ULONG Flags, BOOLEAN Allocate_)
{
    if (Flags & ~2u)
        return STATUS_INVALID_PARAMETER_3;
    if (Locale == LOCALE_USER_DEFAULT || Locale == LOCALE_SYSTEM_DEFAULT || Locale == LOCALE_NEUTRAL)
        Locale = LOCALE_EN_US;
    for (ULONG Index = 0; Index < COUNT_OF(Locales); Index++) {
        if (Locales[Index].Id != Locale)
            continue;
        if (Allocate_)
            return RtlCreateUnicodeString(Name, Locales[Index].Name) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
        ULONG Bytes = (ULONG)wcslen(Locales[Index].Name) * sizeof(WCHAR);
        if (Bytes + sizeof(WCHAR) > Name->MaximumLength)
            return STATUS_BUFFER_TOO_SMALL;
        memcpy(Name->Buffer, Locales[Index].Name, Bytes + sizeof(WCHAR));
        Name->Length = (USHORT)Bytes;
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_PARAMETER_1;
}

NTSTATUS NTAPI RtlLocaleNameToLcid(PCWSTR Name, LCID *Locale, ULONG Flags)
{
    UNUSED(Flags);
    if (Name == NULL) {
        *Locale = LOCALE_EN_US;
        return STATUS_SUCCESS;
    }
    for (ULONG Index = 0; Index < COUNT_OF(Locales); Index++) {
        if (_wcsicmp(Name, Locales[Index].Name) == 0) {
            *Locale = Locales[Index].Id;
            return STATUS_SUCCESS;
        }
    }
    return STATUS_INVALID_PARAMETER_1;
}

BOOLEAN NTAPI RtlIsValidLocaleName(PCWSTR Name, ULONG Flags)
{
    LCID Locale;

    return NT_SUCCESS(RtlLocaleNameToLcid(Name, &Locale, Flags));
}

/* A list of one, as numbers or names, double-terminated.  Lengths count characters. */
static NTSTATUS PreferredLanguages(ULONG Flags, PULONG Count, PWSTR Buffer, PULONG Size)
{
    PCWSTR Language = Flags & MUI_LANGUAGE_ID_ ? L"0409" : L"en-US";
    ULONG Needed = (ULONG)wcslen(Language) + 2, Room = *Size;

    *Count = 1;
    *Size = Needed;
    if (Buffer == NULL && Room == 0)
        return STATUS_SUCCESS;
    if (Room < Needed)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(Buffer, Language, (Needed - 1) * sizeof(WCHAR));
    Buffer[Needed - 1] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetProcessPreferredUILanguages(ULONG Flags, PULONG Count, PWSTR Buffer, PULONG Size)
{
    return PreferredLanguages(Flags, Count, Buffer, Size);
}

NTSTATUS NTAPI RtlGetThreadPreferredUILanguages(ULONG Flags, PULONG Count, PWSTR Buffer, PULONG Size)
{
    return PreferredLanguages(Flags, Count, Buffer, Size);
}

NTSTATUS NTAPI RtlGetUserPreferredUILanguages(ULONG Flags, ULONG Unused, PULONG Count, PWSTR Buffer, PULONG Size)
{
    UNUSED(Unused);
    return PreferredLanguages(Flags, Count, Buffer, Size);
}

NTSTATUS NTAPI RtlGetSystemPreferredUILanguages(ULONG Flags, ULONG Unused, PULONG Count, PWSTR Buffer, PULONG Size)
{
    UNUSED(Unused);
    return PreferredLanguages(Flags, Count, Buffer, Size);
}

/* SPDX-License-Identifier: MIT */
/*
 * mbstr.c - mbstowcs and wcstombs as ntdll has them: the system's ANSI code page, whatever a program's locale.  They live here, not in the shared
 * run-time library, because the headers' own declarations are those of the C library.
 */
#include "ntdllp.h"

size_t mbstowcs(wchar_t *Wide, const char *Text, size_t Count);
size_t wcstombs(char *Text, const wchar_t *Wide, size_t Count);

/* Characters without the zero, which is written if there is room for it. */
size_t mbstowcs(wchar_t *Wide, const char *Text, size_t Count)
{
    ULONG Bytes = 0, Length = (ULONG)strlen(Text);

    if (Wide == NULL) {
        return NT_SUCCESS(RtlMultiByteToUnicodeSize(&Bytes, Text, Length)) ? Bytes / sizeof(WCHAR) : (size_t)-1;
    }
    ULONG Room = Count > UINT32_MAX / sizeof(WCHAR) ? UINT32_MAX & ~1u : (ULONG)(Count * sizeof(WCHAR));
    if (!NT_SUCCESS(RtlMultiByteToUnicodeN(Wide, Room, &Bytes, Text, Length))) {
        return (size_t)-1;
    }
    if (Bytes < Room) {
        Wide[Bytes / sizeof(WCHAR)] = 0;
    }
    return Bytes / sizeof(WCHAR);
}

size_t wcstombs(char *Text, const wchar_t *Wide, size_t Count)
{
    ULONG Bytes = 0, Size = (ULONG)(wcslen(Wide) * sizeof(WCHAR));

    if (Text == NULL) {
        return NT_SUCCESS(RtlUnicodeToMultiByteSize(&Bytes, (PWCH)Wide, Size)) ? Bytes : (size_t)-1;
    }
    ULONG Room = Count > UINT32_MAX ? UINT32_MAX : (ULONG)Count;
    if (!NT_SUCCESS(RtlUnicodeToMultiByteN(Text, Room, &Bytes, (PWCH)Wide, Size))) {
        return (size_t)-1;
    }
    if (Bytes < Room) {
        Text[Bytes] = 0;
    }
    return Bytes;
}

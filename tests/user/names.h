/* SPDX-License-Identifier: MIT */
/*
 * names.h - names of objects for native services.  <winternl.h> comes first.
 */
#ifndef NASCENT_TEST_NAMES_H
#define NASCENT_TEST_NAMES_H

#include <wchar.h>

/* Object attributes in one of sixteen places, used in turn. */
__attribute__((unused)) static POBJECT_ATTRIBUTES Named(HANDLE Root, const WCHAR *Name, ULONG Flags)
{
    static UNICODE_STRING Strings[16];
    static OBJECT_ATTRIBUTES Attributes[16];
    static unsigned Next;
    unsigned i = Next++ % 16;

    Strings[i].Buffer = (WCHAR *)Name;
    Strings[i].Length = Strings[i].MaximumLength = (USHORT)(wcslen(Name) * sizeof(WCHAR));
    InitializeObjectAttributes(&Attributes[i], &Strings[i], Flags, Root, NULL);
    return &Attributes[i];
}

#endif

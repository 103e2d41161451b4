/* SPDX-License-Identifier: MIT */
/*
 * ldrapiset.c - API sets: contract names ("api-ms-win-core-file-l1-1-0.dll") that stand for whichever DLL implements them.
 *
 * Windows keeps a schema of about a thousand contracts in apisetschema.dll, mapped by the kernel and found through PEB->ApiSetMap.  Here a table
 * of prefixes does: the longest prefix wins, level and version at the end of the name are not looked at, because a DLL of ours
 * implements all levels it implements.  PEB->ApiSetMap points to a valid, empty schema (version 6), so that tools that walk it find nothing
 * instead of garbage.  An unknown contract is a missing DLL under its own name.
 */
#include "ldrp.h"

typedef struct _API_SET_NAMESPACE
{
    ULONG Version, Size, Flags, Count, EntryOffset, HashOffset, HashFactor;
} API_SET_NAMESPACE;

API_SET_NAMESPACE LdrpApiSetMap = {6, sizeof(API_SET_NAMESPACE), 0, 0, sizeof(API_SET_NAMESPACE), sizeof(API_SET_NAMESPACE), 31};

static const struct
{
    const char *Prefix;
    const char *Host;
} Schema[] = {
    {"api-ms-win-core-crt-", "ntdll.dll"},
    {"api-ms-win-core-rtlsupport-", "ntdll.dll"},
    {"api-ms-win-core-registry-", "advapi32.dll"},
    {"api-ms-win-core-com-", "ole32.dll"},
    {"api-ms-win-core-winrt-", "combase.dll"},
    {"api-ms-win-core-version-", "version.dll"},
    {"api-ms-win-core-shlwapi-", "shlwapi.dll"},
    {"api-ms-win-core-path-", "kernel32.dll"},
    {"api-ms-win-core-", "kernel32.dll"},
    {"api-ms-win-crt-", "ucrtbase.dll"},
    {"api-ms-win-downlevel-kernel32-", "kernel32.dll"},
    {"api-ms-win-downlevel-advapi32-", "advapi32.dll"},
    {"api-ms-win-security-", "advapi32.dll"},
    {"api-ms-win-eventing-", "advapi32.dll"},
    {"api-ms-win-service-", "advapi32.dll"},
    {"api-ms-win-shcore-", "shcore.dll"},
    {"api-ms-win-appmodel-", "kernel32.dll"},
    {"api-ms-win-eventlog-", "advapi32.dll"},
    {"api-ms-win-ntuser-", "user32.dll"},
    {"api-ms-win-gdi-", "gdi32.dll"},
    {"ext-ms-win-ntuser-", "user32.dll"},
    {"ext-ms-win-gdi-", "gdi32.dll"},
    {"ext-ms-win-kernel32-", "kernel32.dll"},
    {"ext-ms-win-advapi32-", "advapi32.dll"},
};

static bool HasPrefix(PCUNICODE_STRING Name, const char *Prefix)
{
    ULONG Length = Name->Length / sizeof(WCHAR), Index = 0;

    for (; Prefix[Index] != 0; Index++) {
        if (Index == Length)
            return false;
        WCHAR Character = Name->Buffer[Index];
        if (Character >= 'A' && Character <= 'Z')
            Character += 32;
        if (Character != (WCHAR)Prefix[Index])
            return false;
    }
    return true;
}

bool LdrpResolveApiSet(PCUNICODE_STRING Name, PUNICODE_STRING Host)
{
    if (!HasPrefix(Name, "api-") && !HasPrefix(Name, "ext-"))
        return false;
    const char *Best = NULL;
    size_t BestLength = 0;
    for (ULONG Index = 0; Index < COUNT_OF(Schema); Index++) {
        size_t Length = strlen(Schema[Index].Prefix);
        if (Length > BestLength && HasPrefix(Name, Schema[Index].Prefix)) {
            Best = Schema[Index].Host;
            BestLength = Length;
        }
    }
    if (Best == NULL)
        return false;
    Host->Length = 0;
    for (; *Best != 0; Best++, Host->Length += sizeof(WCHAR))
        Host->Buffer[Host->Length / sizeof(WCHAR)] = (WCHAR)*Best;
    Host->Buffer[Host->Length / sizeof(WCHAR)] = 0;
    return true;
}

BOOL NTAPI ApiSetQueryApiSetPresence(PCUNICODE_STRING Namespace, PBOOLEAN Present)
{
    WCHAR Buffer[LDRP_MAX_NAME];
    UNICODE_STRING Host = {0, sizeof Buffer, Buffer};

    *Present = LdrpResolveApiSet(Namespace, &Host);
    return STATUS_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * ldrapiset.c - API sets: contract names ("api-ms-win-core-file-l1-2-4.dll") that stand for whichever DLL implements them.
 *
 * Windows keeps the schema in apisetschema.dll, which the kernel maps into every process; ours is a constant of ntdll, so it is shared like any
 * page of an image.  Its form is Windows' (version 6) and PEB->ApiSetMap points to it, because tools walk it: tools/gen-apisets builds
 * it from tools/apisets.tbl.  A name is looked up by the hash of all before its last hyphen: the last number is a minor version, and a host
 * has all of them.  An unknown contract is a missing DLL under its own name; one without a host is missing too.
 */
#include "ldrp.h"

typedef struct _API_SET_NAMESPACE
{
    ULONG Version, Size, Flags, Count, EntryOffset, HashOffset, HashFactor;
} API_SET_NAMESPACE;

typedef struct _API_SET_NAMESPACE_ENTRY
{
    ULONG Flags, NameOffset, NameLength, HashedLength, ValueOffset, ValueCount;
} API_SET_NAMESPACE_ENTRY;

typedef struct _API_SET_HASH_ENTRY
{
    ULONG Hash, Index;
} API_SET_HASH_ENTRY;

typedef struct _API_SET_VALUE_ENTRY
{
    ULONG Flags, NameOffset, NameLength, ValueOffset, ValueLength;
} API_SET_VALUE_ENTRY;

const ULONG LdrpApiSetMap[] = {
#include "apisets.inc"
};

#define SCHEMA ((const API_SET_NAMESPACE *)LdrpApiSetMap)
#define AT(type, offset) ((const type *)((const UCHAR *)LdrpApiSetMap + (offset)))

static WCHAR Lower(WCHAR Character)
{
    return Character >= 'A' && Character <= 'Z' ? (WCHAR)(Character + 32) : Character;
}

static bool IsContract(PCUNICODE_STRING Name)
{
    PCWSTR At = Name->Buffer;

    if (Name->Length < 5 * sizeof(WCHAR) || At[3] != '-')
        return false;
    return (Lower(At[0]) == 'a' && Lower(At[1]) == 'p' && Lower(At[2]) == 'i') ||
           (Lower(At[0]) == 'e' && Lower(At[1]) == 'x' && Lower(At[2]) == 't');
}

/* Characters up to the last hyphen; an extension does not count. */
static ULONG HashedLength(PCUNICODE_STRING Name)
{
    ULONG Length = Name->Length / sizeof(WCHAR), Hyphen = 0;

    for (ULONG Index = 0; Index < Length && Name->Buffer[Index] != '.'; Index++) {
        if (Name->Buffer[Index] == '-')
            Hyphen = Index;
    }
    return Hyphen;
}

static const API_SET_NAMESPACE_ENTRY *FindContract(PCUNICODE_STRING Name)
{
    const API_SET_HASH_ENTRY *Table = AT(API_SET_HASH_ENTRY, SCHEMA->HashOffset);
    ULONG Length = HashedLength(Name), Hash = 0, Low = 0, High = SCHEMA->Count;

    for (ULONG Index = 0; Index < Length; Index++)
        Hash = Hash * SCHEMA->HashFactor + Lower(Name->Buffer[Index]);
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        if (Table[Middle].Hash < Hash)
            Low = Middle + 1;
        else
            High = Middle;
    }
    if (Low == SCHEMA->Count || Table[Low].Hash != Hash)
        return NULL;
    const API_SET_NAMESPACE_ENTRY *Entry = AT(API_SET_NAMESPACE_ENTRY, SCHEMA->EntryOffset) + Table[Low].Index;
    const WCHAR *Own = AT(WCHAR, Entry->NameOffset);
    if (Entry->HashedLength != Length * sizeof(WCHAR))
        return NULL;
    for (ULONG Index = 0; Index < Length; Index++) {
        if (Own[Index] != Lower(Name->Buffer[Index]))
            return NULL;
    }
    return Entry;
}

static const UNICODE_STRING Kernel32 = RTL_CONSTANT_STRING(L"kernel32.dll");

/* On Windows most of kernel32 lives in kernelbase.dll, and programs ask for it by name.  Here it is another name of kernel32.dll. */
static bool IsKernelBase(PCUNICODE_STRING Name)
{
    static const UNICODE_STRING KernelBase = RTL_CONSTANT_STRING(L"kernelbase.dll");

    return RtlEqualUnicodeString(Name, &KernelBase, TRUE);
}

bool LdrpResolveApiSet(PCUNICODE_STRING Name, PUNICODE_STRING Host)
{
    if (IsKernelBase(Name)) {
        RtlCopyUnicodeString(Host, &Kernel32);
        return true;
    }
    if (!IsContract(Name))
        return false;
    const API_SET_NAMESPACE_ENTRY *Entry = FindContract(Name);
    if (Entry == NULL || Entry->ValueCount == 0)
        return false;
    const API_SET_VALUE_ENTRY *Value = AT(API_SET_VALUE_ENTRY, Entry->ValueOffset);
    if (Value->ValueLength == 0 || Value->ValueLength + sizeof(WCHAR) > Host->MaximumLength)
        return false;
    memcpy(Host->Buffer, AT(WCHAR, Value->ValueOffset), Value->ValueLength);
    Host->Length = (USHORT)Value->ValueLength;
    Host->Buffer[Host->Length / sizeof(WCHAR)] = 0;
    LDR_SNAP("%wZ is %wZ\n", Name, Host);
    return true;
}

NTSTATUS NTAPI ApiSetQueryApiSetPresence(PCUNICODE_STRING Namespace, PBOOLEAN Present)
{
    WCHAR Buffer[LDRP_MAX_NAME];
    UNICODE_STRING Host = {0, sizeof Buffer, Buffer};

    *Present = LdrpResolveApiSet(Namespace, &Host);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ApiSetQueryApiSetPresenceEx(PCUNICODE_STRING Namespace, PBOOLEAN InSchema, PBOOLEAN Present)
{
    *InSchema = IsContract(Namespace) && FindContract(Namespace) != NULL;
    return ApiSetQueryApiSetPresence(Namespace, Present);
}

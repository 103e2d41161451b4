/* SPDX-License-Identifier: MIT */
/*
 * namespace.c - private namespaces: boundary descriptors, and the prefixes by which this process names what it has open.
 *
 * A namespace is a directory without a name; the kernel finds it by its boundary (kernel/ob/namespace.c).  The prefix in "prefix\object" is this process'
 * own: another may call the same namespace something else.
 */
#include "k32.h"
#include "nsapi.h"

typedef struct _BASE_PREFIX
{
    struct _BASE_PREFIX *Next;
    HANDLE Directory;
    SIZE_T Length; /* characters */
    WCHAR Name[];
} BASE_PREFIX;

static BASE_PREFIX *Prefixes;
static RTL_SRWLOCK PrefixLock = RTL_SRWLOCK_INIT;

static BASE_PREFIX **FindPrefix(LPCWSTR Name, SIZE_T Length)
{
    BASE_PREFIX **Link = &Prefixes;

    while (*Link != NULL && ((*Link)->Length != Length || _wcsnicmp((*Link)->Name, Name, Length) != 0)) {
        Link = &(*Link)->Next;
    }
    return Link;
}

LPCWSTR BasePrivateName(LPCWSTR Name, PHANDLE Directory)
{
    LPCWSTR End = wcschr(Name, L'\\');

    if (End == NULL || Prefixes == NULL) {
        return Name;
    }
    RtlAcquireSRWLockShared(&PrefixLock);
    BASE_PREFIX *Found = *FindPrefix(Name, (SIZE_T)(End - Name));
    if (Found != NULL) {
        *Directory = Found->Directory;
        Name = End + 1;
    }
    RtlReleaseSRWLockShared(&PrefixLock);
    return Name;
}

/* Under Prefix from now on; FALSE if this process has that prefix already. */
static BOOL AddPrefix(LPCWSTR Prefix, HANDLE Directory)
{
    SIZE_T Length = wcslen(Prefix);
    BASE_PREFIX *New = BaseAllocate(sizeof(*New) + Length * sizeof(WCHAR));

    if (New == NULL) {
        return FALSE;
    }
    New->Directory = Directory;
    New->Length = Length;
    memcpy(New->Name, Prefix, Length * sizeof(WCHAR));
    RtlAcquireSRWLockExclusive(&PrefixLock);
    BOOL Free = *FindPrefix(Prefix, Length) == NULL;
    if (Free) {
        New->Next = Prefixes;
        Prefixes = New;
    }
    RtlReleaseSRWLockExclusive(&PrefixLock);
    if (!Free) {
        BaseFree(New);
        return BaseFail(ERROR_ALREADY_EXISTS);
    }
    return TRUE;
}

static BOOL CheckPrefix(LPCWSTR Prefix, LPVOID Boundary)
{
    return Boundary != NULL && Prefix != NULL && Prefix[0] != 0 && wcschr(Prefix, L'\\') == NULL ? TRUE : BaseFail(ERROR_INVALID_PARAMETER);
}

static HANDLE Entered(NTSTATUS Status, HANDLE Directory, LPCWSTR Prefix)
{
    if (!NT_SUCCESS(Status)) {
        BaseSetLastNTError(Status);
        return NULL;
    }
    if (!AddPrefix(Prefix, Directory)) {
        NtClose(Directory);
        return NULL;
    }
    return Directory;
}

HANDLE WINAPI CreatePrivateNamespaceW(LPSECURITY_ATTRIBUTES Security, LPVOID Boundary, LPCWSTR Prefix)
{
    OBJECT_ATTRIBUTES Object;
    HANDLE Directory = NULL;

    if (!CheckPrefix(Prefix, Boundary)) {
        return NULL;
    }
    InitializeObjectAttributes(&Object, NULL, Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
                               Security != NULL ? Security->lpSecurityDescriptor : NULL);
    NTSTATUS Status = NtCreatePrivateNamespace(&Directory, MAXIMUM_ALLOWED, &Object, Boundary);
    return Entered(Status, Directory, Prefix);
}

HANDLE WINAPI OpenPrivateNamespaceW(LPVOID Boundary, LPCWSTR Prefix)
{
    OBJECT_ATTRIBUTES Object;
    HANDLE Directory = NULL;

    if (!CheckPrefix(Prefix, Boundary)) {
        return NULL;
    }
    InitializeObjectAttributes(&Object, NULL, 0, NULL, NULL);
    /* whatever the opener may do, but at least look things up: else it would be of no use */
    NTSTATUS Status = NtOpenPrivateNamespace(&Directory, MAXIMUM_ALLOWED | DIRECTORY_TRAVERSE | DIRECTORY_QUERY, &Object, Boundary);
    return Entered(Status, Directory, Prefix);
}

BOOLEAN WINAPI ClosePrivateNamespace(HANDLE Handle, ULONG Flags)
{
    BASE_PREFIX **Link = &Prefixes, *Found;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Flags & ~(ULONG)PRIVATE_NAMESPACE_FLAG_DESTROY) {
        return (BOOLEAN)BaseFail(ERROR_INVALID_PARAMETER);
    }
    RtlAcquireSRWLockExclusive(&PrefixLock);
    while (*Link != NULL && (*Link)->Directory != Handle) {
        Link = &(*Link)->Next;
    }
    Found = *Link;
    if (Found != NULL) {
        *Link = Found->Next;
    }
    RtlReleaseSRWLockExclusive(&PrefixLock);
    if (Found == NULL) {
        return (BOOLEAN)BaseFail(ERROR_INVALID_HANDLE);
    }
    BaseFree(Found);
    if (Flags & PRIVATE_NAMESPACE_FLAG_DESTROY) {
        Status = NtDeletePrivateNamespace(Handle);
    }
    NtClose(Handle);
    return (BOOLEAN)BaseResult(Status);
}

/* ---- boundaries ----------------------------------------------------------------------------------------------------------------------- */

HANDLE WINAPI CreateBoundaryDescriptorW(LPCWSTR Name, ULONG Flags)
{
    UNICODE_STRING String;

    if (Name == NULL || Name[0] == 0 || (Flags & ~1u) != 0 || !NT_SUCCESS(RtlInitUnicodeStringEx(&String, Name))) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    PVOID Boundary = RtlCreateBoundaryDescriptor(&String, Flags);
    if (Boundary == NULL) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    }
    return Boundary;
}

BOOL WINAPI AddSIDToBoundaryDescriptor(HANDLE *Boundary, PSID Sid)
{
    return BaseResult(RtlAddSIDToBoundaryDescriptor(Boundary, Sid));
}

BOOL WINAPI AddIntegrityLabelToBoundaryDescriptor(HANDLE *Boundary, PSID Label)
{
    return BaseResult(RtlAddIntegrityLabelToBoundaryDescriptor(Boundary, Label));
}

VOID WINAPI DeleteBoundaryDescriptor(HANDLE Boundary)
{
    RtlDeleteBoundaryDescriptor(Boundary);
}

/* ---- ANSI ------------------------------------------------------------------------------------------------------------------------------ */

HANDLE WINAPI CreatePrivateNamespaceA(LPSECURITY_ATTRIBUTES Security, LPVOID Boundary, LPCSTR Prefix)
{
    LPWSTR Wide;

    if (!BaseToWide(Prefix, &Wide)) {
        return NULL;
    }
    HANDLE Result = CreatePrivateNamespaceW(Security, Boundary, Wide);
    BaseFree(Wide);
    return Result;
}

HANDLE WINAPI OpenPrivateNamespaceA(LPVOID Boundary, LPCSTR Prefix)
{
    LPWSTR Wide;

    if (!BaseToWide(Prefix, &Wide)) {
        return NULL;
    }
    HANDLE Result = OpenPrivateNamespaceW(Boundary, Wide);
    BaseFree(Wide);
    return Result;
}

HANDLE WINAPI CreateBoundaryDescriptorA(LPCSTR Name, ULONG Flags)
{
    LPWSTR Wide;

    if (!BaseToWide(Name, &Wide)) {
        return NULL;
    }
    HANDLE Result = CreateBoundaryDescriptorW(Wide, Flags);
    BaseFree(Wide);
    return Result;
}

/* SPDX-License-Identifier: MIT */
/*
 * object.c - handles, and how Win32's names and security attributes become native ones.
 *
 * Named objects live in \BaseNamedObjects ("Global\" and "Local\" are symbolic links in it).  Creating one that is there already opens it
 * (OBJ_OPENIF) and says so in the last error; success otherwise clears it.  (Windows Internals, part 2, chapter 8, "Object names".)
 */
#include "k32.h"

/* The directory is opened once and kept: every named call of the process goes through it. */
static NTSTATUS NamedObjects(PHANDLE Directory)
{
    static HANDLE Kept;
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Object;
    HANDLE New;

    if (Kept == NULL) {
        RtlInitUnicodeString(&Name, L"\\BaseNamedObjects");
        InitializeObjectAttributes(&Object, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
        NTSTATUS Status = NtOpenDirectoryObject(&New, DIRECTORY_TRAVERSE | DIRECTORY_CREATE_OBJECT | DIRECTORY_CREATE_SUBDIRECTORY |
                                                DIRECTORY_QUERY, &Object);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        if (InterlockedCompareExchangePointer(&Kept, New, NULL) != NULL) {
            NtClose(New);
        }
    }
    *Directory = Kept;
    return STATUS_SUCCESS;
}

NTSTATUS BaseObjectAttributes(BASE_OBJECT *Object, LPCWSTR Name, const SECURITY_ATTRIBUTES *Security, ULONG Extra)
{
    HANDLE Directory = NULL;

    if (Name != NULL) {
        NTSTATUS Status = NamedObjects(&Directory);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Name = BasePrivateName(Name, &Directory);
        Status = RtlInitUnicodeStringEx(&Object->Name, Name);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    InitializeObjectAttributes(&Object->Attributes, Name != NULL ? &Object->Name : NULL,
                               Extra | (Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0), Directory,
                               Security != NULL ? Security->lpSecurityDescriptor : NULL);
    return STATUS_SUCCESS;
}

/* The ANSI calls take names below MAX_PATH only, as Windows', which convert them in a buffer of the TEB. */
BOOL BaseNameToWide(LPCSTR Name, LPWSTR *Wide)
{
    if (Name != NULL && strlen(Name) >= MAX_PATH) {
        return BaseFail(ERROR_FILENAME_EXCED_RANGE);
    }
    return BaseToWide(Name, Wide);
}

HANDLE BaseCreated(NTSTATUS Status, HANDLE Handle)
{
    if (!NT_SUCCESS(Status)) {
        BaseSetLastNTError(Status);
        return NULL;
    }
    BaseFail(Status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return Handle;
}

BOOL WINAPI CloseHandle(HANDLE Handle)
{
    NPROCESS_PARAMETERS *Parameters = BaseParameters();

    /* STD_INPUT_HANDLE and its sisters mean the standard handles here too. */
    if (Handle == (HANDLE)(LONG_PTR)(LONG)STD_INPUT_HANDLE) {
        Handle = InterlockedExchangePointer(&Parameters->StandardInput, NULL);
    } else if (Handle == (HANDLE)(LONG_PTR)(LONG)STD_OUTPUT_HANDLE) {
        Handle = InterlockedExchangePointer(&Parameters->StandardOutput, NULL);
    } else if (Handle == (HANDLE)(LONG_PTR)(LONG)STD_ERROR_HANDLE) {
        Handle = InterlockedExchangePointer(&Parameters->StandardError, NULL);
    }
    return BaseResult(NtClose(Handle));
}

/* STD_INPUT_HANDLE and its sisters stand for the handles they name. */
static HANDLE StandardHandle(HANDLE Handle)
{
    const NPROCESS_PARAMETERS *Parameters = BaseParameters();

    switch ((LONG_PTR)Handle) {
    case (LONG_PTR)(LONG)STD_INPUT_HANDLE:
        return Parameters->StandardInput;
    case (LONG_PTR)(LONG)STD_OUTPUT_HANDLE:
        return Parameters->StandardOutput;
    case (LONG_PTR)(LONG)STD_ERROR_HANDLE:
        return Parameters->StandardError;
    default:
        return Handle;
    }
}

BOOL WINAPI DuplicateHandle(HANDLE SourceProcess, HANDLE Source, HANDLE TargetProcess, LPHANDLE Target, DWORD Access, BOOL Inherit,
                            DWORD Options)
{
    if (SourceProcess == NtCurrentProcess()) {
        Source = StandardHandle(Source);
    }
    return BaseResult(NtDuplicateObject(SourceProcess, Source, TargetProcess, Target, Access, Inherit ? OBJ_INHERIT : 0, Options));
}

BOOL WINAPI GetHandleInformation(HANDLE Handle, LPDWORD Flags)
{
    DECLSPEC_ALIGN(4) struct { BOOLEAN Inherit, ProtectFromClose; } Information;

    Handle = StandardHandle(Handle);
    if (!BaseResult(NtQueryObject(Handle, (OBJECT_INFORMATION_CLASS)4, &Information, sizeof(Information), NULL))) {
        return FALSE;
    }
    *Flags = (Information.Inherit ? HANDLE_FLAG_INHERIT : 0) | (Information.ProtectFromClose ? HANDLE_FLAG_PROTECT_FROM_CLOSE : 0);
    return TRUE;
}

BOOL WINAPI SetHandleInformation(HANDLE Handle, DWORD Mask, DWORD Flags)
{
    DECLSPEC_ALIGN(4) struct { BOOLEAN Inherit, ProtectFromClose; } Information;

    if (Mask & ~(DWORD)(HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Handle = StandardHandle(Handle);
    if (!BaseResult(NtQueryObject(Handle, (OBJECT_INFORMATION_CLASS)4, &Information, sizeof(Information), NULL))) {
        return FALSE;
    }
    if (Mask & HANDLE_FLAG_INHERIT) {
        Information.Inherit = (Flags & HANDLE_FLAG_INHERIT) != 0;
    }
    if (Mask & HANDLE_FLAG_PROTECT_FROM_CLOSE) {
        Information.ProtectFromClose = (Flags & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0;
    }
    return BaseResult(NtSetInformationObject(Handle, (OBJECT_INFORMATION_CLASS)4, &Information, sizeof(Information)));
}

BOOL WINAPI CompareObjectHandles(HANDLE First, HANDLE Second)
{
    return NtCompareObjects(First, Second) == STATUS_SUCCESS;
}

UINT WINAPI SetHandleCount(UINT Count)
{
    return Count;
}

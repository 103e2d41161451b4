/* SPDX-License-Identifier: MIT */
/*
 * curdir.c - the current directory: a path in the process parameters, guarded by the PEB lock.
 *
 * It ends in a backslash.  The directory is opened when it is set, which proves that it exists, and kept open, so that it cannot be deleted under
 * the process.  A new process opens the one it was given; programs take its handle out of the process parameters (Zig's run-time library, and with it
 * bun, opens everything relative to it).  A native program, which has few uses for one, is not kept waiting for it.
 */
#include "path.h"

/* Bytes without the end if it fits; else the bytes needed with it. */
ULONG NTAPI RtlGetCurrentDirectory_U(ULONG Bytes, PWSTR Buffer)
{
    RtlAcquirePebLock();
    UNICODE_STRING *Current = &Peb()->ProcessParameters->CurrentDirectory.DosPath;
    ULONG Length = Current->Length / sizeof(WCHAR);
    if (Length > 3 && RtlpIsSeparator(Current->Buffer[Length - 1])) /* C:\ keeps its backslash */
        Length--;
    ULONG Result = Length * sizeof(WCHAR);
    if (Result + sizeof(WCHAR) > Bytes) {
        Result += sizeof(WCHAR);
    } else {
        memcpy(Buffer, Current->Buffer, Result);
        Buffer[Length] = 0;
    }
    RtlReleasePebLock();
    return Result;
}

static NTSTATUS OpenDirectory(PCWSTR Path, ULONG Inherit, PHANDLE Handle)
{
    UNICODE_STRING Nt;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Io;
    NTSTATUS Status = RtlDosPathNameToNtPathName_U_WithStatus(Path, &Nt, NULL, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    InitializeObjectAttributes(&Attributes, &Nt, OBJ_CASE_INSENSITIVE | Inherit, NULL, NULL);
    Status = NtOpenFile(Handle, FILE_TRAVERSE | SYNCHRONIZE, &Attributes, &Io, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    RtlFreeUnicodeString(&Nt);
    return Status;
}

/* Puts Path, with a backslash at its end, in place; the buffer has MAX_PATH characters. */
static NTSTATUS Replace(PCWSTR Path, ULONG Length, HANDLE New, PHANDLE Old)
{
    CURDIR *Current = &Peb()->ProcessParameters->CurrentDirectory;
    bool Separator = RtlpIsSeparator(Path[Length - 1]);
    ULONG Bytes = (Length + (Separator ? 0 : 1)) * sizeof(WCHAR);

    if (Bytes + sizeof(WCHAR) > Current->DosPath.MaximumLength) {
        ULONG Room = MAX_PATH * sizeof(WCHAR);
        if (Bytes + sizeof(WCHAR) > Room)
            return STATUS_NAME_TOO_LONG;
        PWSTR Buffer = Allocate(Room);
        if (Buffer == NULL)
            return STATUS_NO_MEMORY;
        Current->DosPath.Buffer = Buffer; /* the old one is part of the parameters */
        Current->DosPath.MaximumLength = (USHORT)Room;
    }
    memcpy(Current->DosPath.Buffer, Path, Length * sizeof(WCHAR));
    Current->DosPath.Buffer[Bytes / sizeof(WCHAR) - 1] = '\\';
    Current->DosPath.Buffer[Bytes / sizeof(WCHAR)] = 0;
    Current->DosPath.Length = (USHORT)Bytes;
    *Old = Current->Handle;
    Current->Handle = New;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetCurrentDirectory_U(PUNICODE_STRING Name)
{
    WORK_PATH Path;
    UNICODE_STRING Copy;
    HANDLE New, Old = NULL;
    NTSTATUS Status = RtlDuplicateUnicodeString(3, Name, &Copy);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = RtlpMakeFullPath(Copy.Buffer, &Path);
    RtlFreeUnicodeString(&Copy);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = OpenDirectory(Path.Buffer, OBJ_INHERIT, &New);
    if (NT_SUCCESS(Status)) {
        RtlAcquirePebLock();
        Status = Replace(Path.Buffer, Path.Length, New, &Old);
        RtlReleasePebLock();
        if (!NT_SUCCESS(Status))
            Old = New;
    }
    if (Old != NULL)
        NtClose(Old);
    RtlpFreeFullPath(&Path);
    return Status;
}

/* A directory that has gone since the parent looked leaves the path, and no handle. */
void RtlpOpenCurrentDirectory(void)
{
    CURDIR *Current = &Peb()->ProcessParameters->CurrentDirectory;

    if (Current->DosPath.Length != 0 && !NT_SUCCESS(OpenDirectory(Current->DosPath.Buffer, 0, &Current->Handle)))
        Current->Handle = NULL;
}

/* SPDX-License-Identifier: MIT */
/*
 * nlsfile.c - tables that are too large for every process lie in files of System32 (*.nls) and are mapped by who needs them; all share the pages.
 * Windows does the same, by a service of its own (NtGetNlsSectionPtr) that keeps the sections in \Nls.
 */
#include "ntdllp.h"

/* Name: in System32.  The view is read-only and stays; an empty file is STATUS_FILE_INVALID.  Not a routine of NT. */
NTSTATUS NTAPI RtlMapNlsFile_(PCWSTR Name, PVOID *View, PSIZE_T Size)
{
    WCHAR Buffer[64];
    UNICODE_STRING Path = {0, sizeof(Buffer), Buffer};
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Io;
    HANDLE File, Section;

    NTSTATUS Status = RtlAppendUnicodeToString(&Path, L"\\SystemRoot\\System32\\");
    if (NT_SUCCESS(Status))
        Status = RtlAppendUnicodeToString(&Path, Name);
    if (!NT_SUCCESS(Status))
        return Status;
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    Status = NtOpenFile(&File, FILE_READ_DATA | SYNCHRONIZE, &Attributes, &Io, FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_SYNCHRONOUS_IO_NONALERT);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = NtCreateSection(&Section, SECTION_MAP_READ, NULL, NULL, PAGE_READONLY, SEC_COMMIT, File);
    NtClose(File);
    if (!NT_SUCCESS(Status))
        return Status;
    *View = NULL;
    *Size = 0;
    Status = NtMapViewOfSection(Section, NtCurrentProcess(), View, 0, 0, NULL, Size, ViewUnmap, 0, PAGE_READONLY);
    NtClose(Section);
    return Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * ntpath.c - from DOS paths to the names the kernel understands, and files looked for along a path.
 *
 *      C:\x  ->  \??\C:\x          \\server\share\x  ->  \??\UNC\server\share\x          \\.\x  ->  \??\x
 *      \\?\x ->  \??\x  literally: no normalising, dots and spaces stay, '/' is a character
 */
#include "path.h"
#include "dospath.h"

static bool IsLiteral(PCWSTR Name)
{
    return Name[0] == '\\' && (Name[1] == '\\' || Name[1] == '?') && Name[2] == '?' && Name[3] == '\\';
}

/* Prefix + Rest, terminated, in a fresh buffer. */
static NTSTATUS Join(PCWSTR Prefix, PCWSTR Rest, ULONG RestLength, PUNICODE_STRING Nt)
{
    ULONG PrefixLength = (ULONG)wcslen(Prefix), Length = PrefixLength + RestLength;

    if (Length > 0x7FFE)
        return STATUS_NAME_TOO_LONG;
    PWSTR Buffer = Allocate((Length + 1) * sizeof(WCHAR));
    if (Buffer == NULL)
        return STATUS_NO_MEMORY;
    memcpy(Buffer, Prefix, PrefixLength * sizeof(WCHAR));
    memcpy(Buffer + PrefixLength, Rest, RestLength * sizeof(WCHAR));
    Buffer[Length] = 0;
    Nt->Buffer = Buffer;
    Nt->Length = (USHORT)(Length * sizeof(WCHAR));
    Nt->MaximumLength = (USHORT)(Nt->Length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static __attribute__((noinline)) NTSTATUS ConvertAny(PCWSTR Dos, PUNICODE_STRING Nt)
{
    WORK_PATH Path;

    if (IsLiteral(Dos))
        return Join(L"\\??\\", Dos + 4, (ULONG)wcslen(Dos + 4), Nt);
    NTSTATUS Status = RtlpMakeFullPath(Dos, &Path);
    if (!NT_SUCCESS(Status))
        return Status;
    switch (RtlDetermineDosPathNameType_U(Path.Buffer)) {
    case RtlPathTypeUncAbsolute:
        Status = Join(L"\\??\\UNC\\", Path.Buffer + 2, Path.Length - 2, Nt);
        break;
    case RtlPathTypeLocalDevice:
        Status = Join(L"\\??\\", Path.Buffer + 4, Path.Length - 4, Nt);
        break;
    default:
        Status = Join(L"\\??\\", Path.Buffer, Path.Length, Nt);
        break;
    }
    RtlpFreeFullPath(&Path);
    return Status;
}

static NTSTATUS Convert(PCWSTR Dos, PUNICODE_STRING Nt)
{
    WCHAR Plain[MAX_PATH];
    ULONG Length = DosPathPlain(Dos, Plain, COUNT_OF(Plain));

    return Length != 0 ? Join(L"", Plain, Length, Nt) : ConvertAny(Dos, Nt);
}

NTSTATUS NTAPI RtlDosPathNameToRelativeNtPathName_U_WithStatus(PCWSTR Dos, PUNICODE_STRING Nt, PWSTR *FilePart,
                                                               PRTL_RELATIVE_NAME_U Relative)
{
    NTSTATUS Status = Dos == NULL ? STATUS_OBJECT_NAME_INVALID : Convert(Dos, Nt);

    if (FilePart != NULL)
        *FilePart = NULL;
    if (!NT_SUCCESS(Status))
        return Status == STATUS_NO_MEMORY || Status == STATUS_NAME_TOO_LONG ? Status : STATUS_OBJECT_NAME_INVALID;
    if (FilePart != NULL) {
        ULONG Start = Nt->Length / sizeof(WCHAR);
        while (Start != 0 && Nt->Buffer[Start - 1] != '\\')
            Start--;
        if (Start < Nt->Length / sizeof(WCHAR))
            *FilePart = Nt->Buffer + Start;
    }
    if (Relative != NULL) /* names are always given in full: opening relative to the current directory is an optimisation not made */
        memset(Relative, 0, sizeof *Relative);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDosPathNameToNtPathName_U_WithStatus(PCWSTR Dos, PUNICODE_STRING Nt, PWSTR *FilePart, PRTL_RELATIVE_NAME_U Relative)
{
    return RtlDosPathNameToRelativeNtPathName_U_WithStatus(Dos, Nt, FilePart, Relative);
}

BOOLEAN NTAPI RtlDosPathNameToRelativeNtPathName_U(PCWSTR Dos, PUNICODE_STRING Nt, PWSTR *FilePart, PRTL_RELATIVE_NAME_U Relative)
{
    return NT_SUCCESS(RtlDosPathNameToRelativeNtPathName_U_WithStatus(Dos, Nt, FilePart, Relative));
}

BOOL NTAPI RtlDosPathNameToNtPathName_U(PCWSTR Dos, PUNICODE_STRING Nt, PCWSTR *FilePart, VOID *Relative)
{
    return NT_SUCCESS(RtlDosPathNameToRelativeNtPathName_U_WithStatus(Dos, Nt, (PWSTR *)FilePart, Relative)) ? TRUE : FALSE;
}

VOID NTAPI RtlReleaseRelativeName(PRTL_RELATIVE_NAME_U Relative)
{
    Relative->CurDirRef = NULL;
}

BOOLEAN NTAPI RtlDoesFileExists_U(PCWSTR Name)
{
    UNICODE_STRING Nt;
    OBJECT_ATTRIBUTES Attributes;
    FILE_BASIC_INFORMATION Information;

    if (!NT_SUCCESS(RtlDosPathNameToNtPathName_U_WithStatus(Name, &Nt, NULL, NULL)))
        return FALSE;
    InitializeObjectAttributes(&Attributes, &Nt, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS Status = NtQueryAttributesFile(&Attributes, &Information);
    RtlFreeUnicodeString(&Nt);
    return NT_SUCCESS(Status) || Status == STATUS_SHARING_VIOLATION || Status == STATUS_ACCESS_DENIED;
}

/* Bytes of the path found, without its end; what would be needed with it if Buffer is too small; 0 if there is no such file. */
ULONG NTAPI RtlDosSearchPath_U(PCWSTR Path, PCWSTR Name, PCWSTR Extension, ULONG Bytes, PWSTR Buffer, PWSTR *FilePart)
{
    ULONG NameLength = (ULONG)wcslen(Name), Extra = 0, Result = 0;

    if (RtlDetermineDosPathNameType_U(Name) != RtlPathTypeRelative)
        return RtlDoesFileExists_U(Name) ? RtlGetFullPathName_U(Name, Bytes, Buffer, FilePart) : 0;
    if (Extension != NULL && wcschr(Name, '.') == NULL)
        Extra = (ULONG)wcslen(Extension);
    PWSTR Candidate = Allocate((wcslen(Path) + NameLength + Extra + 3) * sizeof(WCHAR));
    if (Candidate == NULL)
        return 0;
    for (PCWSTR At = Path; *At != 0 && Result == 0;) {
        ULONG Length = 0;
        while (*At != 0 && *At != ';')
            Candidate[Length++] = *At++;
        if (*At == ';')
            At++;
        if (Length != 0 && !RtlpIsSeparator(Candidate[Length - 1]))
            Candidate[Length++] = '\\';
        memcpy(Candidate + Length, Name, NameLength * sizeof(WCHAR));
        memcpy(Candidate + Length + NameLength, Extension, Extra * sizeof(WCHAR));
        Candidate[Length + NameLength + Extra] = 0;
        if (RtlDoesFileExists_U(Candidate))
            Result = RtlGetFullPathName_U(Candidate, Bytes, Buffer, FilePart);
    }
    Free(Candidate);
    return Result;
}

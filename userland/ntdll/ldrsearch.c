/* SPDX-License-Identifier: MIT */
/*
 * ldrsearch.c - where a DLL comes from.
 *
 * A bare name:  1. \KnownDlls (sections the session manager made once: no file is opened), then the search path:
 *      default                  executable's folder, [SetDllDirectory's], System32, Windows, current directory (unless SetDllDirectory), PATH
 *      LOAD_LIBRARY_SEARCH_*    DLL's own folder, executable's folder, AddDllDirectory's, System32; only those asked for
 *      LOAD_WITH_ALTERED_...    the given path's folder in place of the executable's
 *      a caller's string        its folders, nothing else
 * A name with a path is taken as it is, relative to the current directory.  A file that is found but is no image ends the search: that is its
 * error to report.  (Windows Internals, 7th ed., part 1, chapter 3 "DLL name resolution"; no side-by-side manifests here.)
 */
#include "ldrp.h"

#define SEARCH_FLAG 1u /* the low bit marks flags instead of a string */

typedef struct _DLL_DIRECTORY
{
    LIST_ENTRY Links;
    UNICODE_STRING Name;
} DLL_DIRECTORY;

static HANDLE KnownDlls;
static bool KnownDllsTried;
static UNICODE_STRING DllDirectory;      /* SetDllDirectory; Buffer NULL: not set.  Loader lock. */
static LIST_ENTRY UserDirectories = {&UserDirectories, &UserDirectories};
static ULONG DefaultFlags;               /* SetDefaultDllDirectories */

/* ---- opening ----------------------------------------------------------------------------------------------------------------------- */

static bool MeansNotHere(NTSTATUS Status)
{
    switch (Status) {
    case STATUS_OBJECT_NAME_NOT_FOUND:
    case STATUS_OBJECT_PATH_NOT_FOUND:
    case STATUS_OBJECT_NAME_INVALID:
    case STATUS_OBJECT_PATH_INVALID:
    case STATUS_OBJECT_PATH_SYNTAX_BAD:
    case STATUS_NO_SUCH_FILE:
    case STATUS_NO_SUCH_DEVICE:
    case STATUS_NOT_A_DIRECTORY:
    case STATUS_FILE_IS_A_DIRECTORY:
    case STATUS_DEVICE_NOT_READY:
    case STATUS_DELETE_PENDING:
        return true;
    default:
        return false;
    }
}

/* Path: DOS, absolute.  STATUS_DLL_NOT_FOUND if there is no such file. */
static NTSTATUS OpenImage(PCUNICODE_STRING Path, PHANDLE Section)
{
    WCHAR Buffer[LDRP_MAX_PATH + 8];
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Io;
    HANDLE File;
    UNICODE_STRING Nt = {(USHORT)(Path->Length + 8), sizeof Buffer, Buffer};

    if (Path->Length >= 4 && RtlpIsSeparator(Path->Buffer[0]) && RtlpIsSeparator(Path->Buffer[1])) {
        PCWSTR Unc = L"\\??\\UNC"; /* \\server\share; \\?\ and \\.\ */
        bool Device = Path->Length >= 8 && (Path->Buffer[2] == '?' || Path->Buffer[2] == '.') && RtlpIsSeparator(Path->Buffer[3]);
        ULONG Head = Device ? 4 : 7, Skip = Device ? 4 : 1;
        memcpy(Buffer, Unc, Head * sizeof(WCHAR));
        memcpy(Buffer + Head, Path->Buffer + Skip, Path->Length - Skip * sizeof(WCHAR));
        Nt.Length = (USHORT)(Path->Length + (Head - Skip) * sizeof(WCHAR));
    } else {
        memcpy(Buffer, L"\\??\\", 8);
        memcpy(Buffer + 4, Path->Buffer, Path->Length);
    }
    InitializeObjectAttributes(&Attributes, &Nt, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS Status = NtOpenFile(&File, SYNCHRONIZE | FILE_EXECUTE | FILE_READ_DATA, &Attributes, &Io, FILE_SHARE_READ | FILE_SHARE_DELETE,
                                 FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(Status))
        return MeansNotHere(Status) ? STATUS_DLL_NOT_FOUND : Status;
    Status = NtCreateSection(Section, SECTION_QUERY | SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE, NULL, NULL, PAGE_EXECUTE,
                             SEC_IMAGE, File);
    NtClose(File);
    return Status;
}

static NTSTATUS OpenKnownDll(PCUNICODE_STRING Name, PHANDLE Section)
{
    OBJECT_ATTRIBUTES Attributes;

    if (!KnownDllsTried) {
        UNICODE_STRING Directory = RTL_CONSTANT_STRING(L"\\KnownDlls");
        KnownDllsTried = true;
        InitializeObjectAttributes(&Attributes, &Directory, OBJ_CASE_INSENSITIVE, NULL, NULL);
        if (!NT_SUCCESS(NtOpenDirectoryObject(&KnownDlls, DIRECTORY_QUERY | DIRECTORY_TRAVERSE, &Attributes)))
            KnownDlls = NULL;
    }
    if (KnownDlls == NULL)
        return STATUS_DLL_NOT_FOUND;
    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)Name, OBJ_CASE_INSENSITIVE, KnownDlls, NULL);
    return NtOpenSection(Section, SECTION_QUERY | SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE, &Attributes);
}

/* ---- composing ---------------------------------------------------------------------------------------------------------------------- */

static bool Append(PUNICODE_STRING Target, PCWSTR Text, ULONG Length)
{
    if (Target->Length + (Length + 1) * sizeof(WCHAR) > Target->MaximumLength)
        return false;
    memcpy((UCHAR *)Target->Buffer + Target->Length, Text, Length * sizeof(WCHAR));
    Target->Length = (USHORT)(Target->Length + Length * sizeof(WCHAR));
    Target->Buffer[Target->Length / sizeof(WCHAR)] = 0;
    return true;
}

static NTSTATUS TryFolder(PCWSTR Folder, ULONG Length, PCUNICODE_STRING Name, PUNICODE_STRING Path, PHANDLE Section)
{
    if (Length == 0)
        return STATUS_DLL_NOT_FOUND;
    Path->Length = 0;
    if (!Append(Path, Folder, Length) || (!RtlpIsSeparator(Folder[Length - 1]) && !Append(Path, L"\\", 1)) ||
        !Append(Path, Name->Buffer, Name->Length / sizeof(WCHAR)))
        return STATUS_DLL_NOT_FOUND;
    NTSTATUS Status = OpenImage(Path, Section);
    LDR_SNAP("tried %wZ: %08lx\n", Path, (unsigned long)Status);
    return Status;
}

/* The same for a folder that need not be absolute. */
static NTSTATUS TryAnyFolder(PCWSTR Folder, ULONG Length, PCUNICODE_STRING Name, PUNICODE_STRING Path, PHANDLE Section)
{
    WCHAR Given[LDRP_MAX_PATH], Full[LDRP_MAX_PATH];

    if (Length >= 3 && Folder[1] == ':' && RtlpIsSeparator(Folder[2]))
        return TryFolder(Folder, Length, Name, Path, Section);
    if (Length == 0 || Length >= COUNT_OF(Given))
        return STATUS_DLL_NOT_FOUND;
    memcpy(Given, Folder, Length * sizeof(WCHAR));
    Given[Length] = 0;
    ULONG Bytes = RtlGetFullPathName_U(Given, sizeof Full, Full, NULL);
    if (Bytes == 0 || Bytes >= sizeof Full)
        return STATUS_DLL_NOT_FOUND;
    return TryFolder(Full, Bytes / sizeof(WCHAR), Name, Path, Section);
}

static NTSTATUS TryList(PCWSTR List, ULONG Length, PCUNICODE_STRING Name, PUNICODE_STRING Path, PHANDLE Section)
{
    NTSTATUS Status = STATUS_DLL_NOT_FOUND;

    for (ULONG Start = 0, End; Start < Length && Status == STATUS_DLL_NOT_FOUND; Start = End + 1) {
        bool Quoted = List[Start] == '"';
        for (End = Start; End < Length && List[End] != ';'; End++) {
        }
        if (Quoted && End - Start >= 2 && List[End - 1] == '"')
            Status = TryAnyFolder(List + Start + 1, End - Start - 2, Name, Path, Section);
        else
            Status = TryAnyFolder(List + Start, End - Start, Name, Path, Section);
    }
    return Status;
}

static ULONG FolderLength(PCUNICODE_STRING File)
{
    ULONG Length = File->Length / sizeof(WCHAR);

    while (Length != 0 && !RtlpIsSeparator(File->Buffer[Length - 1]))
        Length--;
    return Length > 3 ? Length - 1 : Length; /* keep the backslash of C:\ only */
}

static NTSTATUS TryFolderOf(PCUNICODE_STRING File, PCUNICODE_STRING Name, PUNICODE_STRING Path, PHANDLE Section)
{
    return TryFolder(File->Buffer, FolderLength(File), Name, Path, Section);
}

static NTSTATUS TrySystem32(PCUNICODE_STRING Name, PUNICODE_STRING Path, PHANDLE Section)
{
    WCHAR Folder[300];
    UNICODE_STRING String = {0, sizeof Folder, Folder};
    PCWSTR Root = SharedSystemRoot();

    Append(&String, Root, (ULONG)wcslen(Root));
    Append(&String, L"\\System32", 9);
    return TryFolder(Folder, String.Length / sizeof(WCHAR), Name, Path, Section);
}

static NTSTATUS TryPathVariable(PCUNICODE_STRING Name, PUNICODE_STRING Path, PHANDLE Section)
{
    UNICODE_STRING Variable = RTL_CONSTANT_STRING(L"PATH"), Value = {0, 0, NULL};
    NTSTATUS Status = RtlQueryEnvironmentVariable_U(NULL, &Variable, &Value);

    if (Status != STATUS_BUFFER_TOO_SMALL || Value.Length > 0xFFF0)
        return STATUS_DLL_NOT_FOUND;
    Value.MaximumLength = (USHORT)(Value.Length + sizeof(WCHAR));
    Value.Buffer = Allocate(Value.MaximumLength);
    if (Value.Buffer == NULL)
        return STATUS_NO_MEMORY;
    Status = RtlQueryEnvironmentVariable_U(NULL, &Variable, &Value);
    if (NT_SUCCESS(Status))
        Status = TryList(Value.Buffer, Value.Length / sizeof(WCHAR), Name, Path, Section);
    Free(Value.Buffer);
    return Status;
}

/* ---- the orders --------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS SearchByFlags(ULONG Flags, PCUNICODE_STRING Name, PUNICODE_STRING Path, PHANDLE Section)
{
    NTSTATUS Status = STATUS_DLL_NOT_FOUND;

    if (Flags & LDRP_DEFAULT_DIRS)
        Flags |= LDRP_APPLICATION_DIR | LDRP_USER_DIRS | LDRP_SYSTEM32;
    if ((Flags & LDRP_DLL_LOAD_DIR) && LdrpCurrentLoad.From != NULL)
        Status = TryFolderOf(LdrpCurrentLoad.From, Name, Path, Section);
    if (Status == STATUS_DLL_NOT_FOUND && (Flags & LDRP_APPLICATION_DIR))
        Status = TryFolderOf(&LdrpImage->Entry.FullDllName, Name, Path, Section);
    if (Status == STATUS_DLL_NOT_FOUND && (Flags & LDRP_USER_DIRS)) {
        if (DllDirectory.Buffer != NULL)
            Status = TryFolder(DllDirectory.Buffer, DllDirectory.Length / sizeof(WCHAR), Name, Path, Section);
        for (LIST_ENTRY *Link = UserDirectories.Flink; Link != &UserDirectories && Status == STATUS_DLL_NOT_FOUND; Link = Link->Flink) {
            DLL_DIRECTORY *Directory = CONTAINING_RECORD(Link, DLL_DIRECTORY, Links);
            Status = TryFolder(Directory->Name.Buffer, Directory->Name.Length / sizeof(WCHAR), Name, Path, Section);
        }
    }
    if (Status == STATUS_DLL_NOT_FOUND && (Flags & LDRP_SYSTEM32))
        Status = TrySystem32(Name, Path, Section);
    return Status;
}

static NTSTATUS SearchByDefault(ULONG Flags, PCUNICODE_STRING Name, PUNICODE_STRING Path, PHANDLE Section)
{
    PCWSTR Root = SharedSystemRoot();
    UNICODE_STRING *Current = &Peb()->ProcessParameters->CurrentDirectory.DosPath;
    PCUNICODE_STRING From = LdrpCurrentLoad.From != NULL ? LdrpCurrentLoad.From : &LdrpImage->Entry.FullDllName;
    NTSTATUS Status = TryFolderOf(From, Name, Path, Section);

    if (Status == STATUS_DLL_NOT_FOUND && DllDirectory.Length != 0)
        Status = TryFolder(DllDirectory.Buffer, DllDirectory.Length / sizeof(WCHAR), Name, Path, Section);
    if (Status == STATUS_DLL_NOT_FOUND)
        Status = TrySystem32(Name, Path, Section);
    if (Status == STATUS_DLL_NOT_FOUND)
        Status = TryFolder(Root, (ULONG)wcslen(Root), Name, Path, Section);
    if (Status == STATUS_DLL_NOT_FOUND && DllDirectory.Buffer == NULL && !(Flags & LDRP_SAFE_CURRENT_DIRS))
        Status = TryFolder(Current->Buffer, Current->Length / sizeof(WCHAR), Name, Path, Section);
    if (Status == STATUS_DLL_NOT_FOUND)
        Status = TryPathVariable(Name, Path, Section);
    return Status;
}

/* A name with a path; or its folder first, if the flags say so. */
static NTSTATUS OpenByPath(PCUNICODE_STRING Name, PUNICODE_STRING Path, PHANDLE Section)
{
    ULONG Bytes = RtlGetFullPathName_U(Name->Buffer, Path->MaximumLength, Path->Buffer, NULL);

    if (Bytes == 0 || Bytes >= Path->MaximumLength)
        return STATUS_NAME_TOO_LONG;
    Path->Length = (USHORT)Bytes;
    return OpenImage(Path, Section);
}

NTSTATUS LdrpFindDll(PCUNICODE_STRING Name, PCWSTR SearchPath, PUNICODE_STRING Path, PHANDLE Section)
{
    ULONG Flags = (ULONG_PTR)SearchPath & SEARCH_FLAG ? (ULONG)(ULONG_PTR)SearchPath & ~SEARCH_FLAG : 0;

    for (ULONG Index = 0; Index < Name->Length / sizeof(WCHAR); Index++) {
        if (RtlpIsSeparator(Name->Buffer[Index]) || (Index == 1 && Name->Buffer[Index] == ':'))
            return OpenByPath(Name, Path, Section);
    }
    if (NT_SUCCESS(OpenKnownDll(Name, Section))) {
        PCWSTR Root = SharedSystemRoot();
        Path->Length = 0;
        Append(Path, Root, (ULONG)wcslen(Root));
        Append(Path, L"\\System32\\", 10);
        Append(Path, Name->Buffer, Name->Length / sizeof(WCHAR));
        LDR_SNAP("%wZ is a known DLL\n", Name);
        return STATUS_SUCCESS;
    }
    if ((Flags & LDRP_SEARCH_MASK) != 0)
        return SearchByFlags(Flags, Name, Path, Section);
    if (SearchPath != NULL && !((ULONG_PTR)SearchPath & SEARCH_FLAG))
        return TryList(SearchPath, (ULONG)wcslen(SearchPath), Name, Path, Section);
    if (DefaultFlags != 0)
        return SearchByFlags(DefaultFlags, Name, Path, Section);
    return SearchByDefault(Flags, Name, Path, Section);
}

static void AppendFolder(PUNICODE_STRING List, PCWSTR Folder, ULONG Length)
{
    if (Length != 0 && List->Length != 0)
        Append(List, L";", 1);
    Append(List, Folder, Length);
}

static void AppendFolderOf(PUNICODE_STRING List, PCUNICODE_STRING File)
{
    AppendFolder(List, File->Buffer, FolderLength(File));
}

/* ---- the settings -------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI LdrSetDllDirectory(PUNICODE_STRING Directory)
{
    UNICODE_STRING New = {0, 0, NULL};

    if (Directory != NULL && Directory->Buffer != NULL) {
        for (ULONG Index = 0; Index < Directory->Length / sizeof(WCHAR); Index++) {
            if (Directory->Buffer[Index] == ';')
                return STATUS_INVALID_PARAMETER;
        }
        NTSTATUS Status = RtlDuplicateUnicodeString(3, Directory, &New); /* terminated, a buffer even if empty */
        if (!NT_SUCCESS(Status))
            return Status;
    }
    LdrpLock();
    UNICODE_STRING Old = DllDirectory;
    DllDirectory = New;
    LdrpUnlock();
    RtlFreeUnicodeString(&Old);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrGetDllDirectory(PUNICODE_STRING Directory)
{
    NTSTATUS Status = STATUS_SUCCESS;

    LdrpLock();
    Directory->Length = DllDirectory.Length;
    if (Directory->MaximumLength < DllDirectory.Length + sizeof(WCHAR)) {
        Directory->Length = (USHORT)(DllDirectory.Length + sizeof(WCHAR));
        Status = STATUS_BUFFER_TOO_SMALL;
    } else {
        memcpy(Directory->Buffer, DllDirectory.Buffer, DllDirectory.Length);
        Directory->Buffer[DllDirectory.Length / sizeof(WCHAR)] = 0;
    }
    LdrpUnlock();
    return Status;
}

static NTSTATUS MustExist(PCWSTR Directory)
{
    UNICODE_STRING Nt;
    OBJECT_ATTRIBUTES Attributes;
    FILE_BASIC_INFORMATION Basic;
    NTSTATUS Status = RtlDosPathNameToNtPathName_U_WithStatus(Directory, &Nt, NULL, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    InitializeObjectAttributes(&Attributes, &Nt, OBJ_CASE_INSENSITIVE, NULL, NULL);
    Status = NtQueryAttributesFile(&Attributes, &Basic);
    RtlFreeUnicodeString(&Nt);
    return Status;
}

NTSTATUS NTAPI LdrAddDllDirectory(PUNICODE_STRING Directory, PVOID *Cookie)
{
    UNICODE_STRING Name;

    if (Directory == NULL || Directory->Buffer == NULL || Cookie == NULL ||
        RtlDetermineDosPathNameType_U(Directory->Buffer) != RtlPathTypeDriveAbsolute)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = RtlDuplicateUnicodeString(1, Directory, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    DLL_DIRECTORY *New = Allocate(sizeof *New);
    Status = New == NULL ? STATUS_NO_MEMORY : MustExist(Name.Buffer);
    if (!NT_SUCCESS(Status)) {
        RtlFreeUnicodeString(&Name);
        Free(New);
        return Status;
    }
    New->Name = Name;
    LdrpLock();
    InsertHeadList(&UserDirectories, &New->Links);
    LdrpUnlock();
    *Cookie = New;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrRemoveDllDirectory(PVOID Cookie)
{
    DLL_DIRECTORY *Found = NULL;

    LdrpLock();
    for (LIST_ENTRY *Link = UserDirectories.Flink; Link != &UserDirectories && Found == NULL; Link = Link->Flink) {
        DLL_DIRECTORY *Directory = CONTAINING_RECORD(Link, DLL_DIRECTORY, Links);
        if (Directory == Cookie) {
            Found = Directory;
            RemoveEntryList(Link);
        }
    }
    LdrpUnlock();
    if (Found == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlFreeUnicodeString(&Found->Name);
    Free(Found);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrSetDefaultDllDirectories(ULONG Flags)
{
    if (Flags == 0 || (Flags & ~(LDRP_SEARCH_MASK & ~LDRP_DLL_LOAD_DIR)))
        return STATUS_INVALID_PARAMETER;
    DefaultFlags = Flags;
    return STATUS_SUCCESS;
}

/*
 * The folders that a load with these flags would search, as one string (RtlReleasePath frees it): what kernel32 searches for files that
 * are loaded as data.  *Unused is another list on Windows, always null.
 */
NTSTATUS NTAPI LdrGetDllPath(PCWSTR Module, ULONG Flags, PWSTR *Path, PWSTR *Unused)
{
    UNICODE_STRING Variable = RTL_CONSTANT_STRING(L"PATH"), Result = {0, 0xFFFE, NULL}, Rest;
    UNICODE_STRING From = LdrpImage->Entry.FullDllName;

    *Path = *Unused = NULL;
    if (Flags & ~(LDRP_SEARCH_MASK | LDRP_ALTERED_PATH | LDRP_SAFE_CURRENT_DIRS) || ((Flags & LDRP_ALTERED_PATH) && (Flags & LDRP_SEARCH_MASK)))
        return STATUS_INVALID_PARAMETER;
    bool Absolute = Module != NULL && RtlDetermineDosPathNameType_U(Module) == RtlPathTypeDriveAbsolute;
    if ((Flags & LDRP_DLL_LOAD_DIR) && !Absolute)
        return STATUS_INVALID_PARAMETER;
    if (Absolute && (Flags & (LDRP_ALTERED_PATH | LDRP_DLL_LOAD_DIR)))
        RtlInitUnicodeString(&From, Module);
    Result.Buffer = Allocate(Result.MaximumLength);
    if (Result.Buffer == NULL)
        return STATUS_NO_MEMORY;
    Result.Buffer[0] = 0;

    LdrpLock();
    ULONG Search = Flags & LDRP_SEARCH_MASK ? Flags : (Flags & LDRP_ALTERED_PATH) ? 0 : DefaultFlags;
    if (Search & LDRP_DEFAULT_DIRS)
        Search |= LDRP_APPLICATION_DIR | LDRP_USER_DIRS | LDRP_SYSTEM32;
    if (Search == 0 || (Search & LDRP_DLL_LOAD_DIR))
        AppendFolderOf(&Result, &From);
    if (Search & LDRP_APPLICATION_DIR)
        AppendFolderOf(&Result, &LdrpImage->Entry.FullDllName);
    if (Search == 0 || (Search & LDRP_USER_DIRS))
        AppendFolder(&Result, DllDirectory.Buffer, DllDirectory.Length / sizeof(WCHAR));
    for (LIST_ENTRY *Link = UserDirectories.Flink; (Search & LDRP_USER_DIRS) && Link != &UserDirectories; Link = Link->Flink) {
        DLL_DIRECTORY *Directory = CONTAINING_RECORD(Link, DLL_DIRECTORY, Links);
        AppendFolder(&Result, Directory->Name.Buffer, Directory->Name.Length / sizeof(WCHAR));
    }
    if (Search == 0 || (Search & LDRP_SYSTEM32)) {
        AppendFolder(&Result, SharedSystemRoot(), (ULONG)wcslen(SharedSystemRoot()));
        Append(&Result, L"\\System32", 9);
    }
    if (Search == 0) {
        AppendFolder(&Result, SharedSystemRoot(), (ULONG)wcslen(SharedSystemRoot()));
        if (DllDirectory.Buffer == NULL && !(Flags & LDRP_SAFE_CURRENT_DIRS))
            AppendFolder(&Result, L".", 1);
        Append(&Result, L";", 1);
        Rest = (UNICODE_STRING){0, (USHORT)(Result.MaximumLength - Result.Length), Result.Buffer + Result.Length / sizeof(WCHAR)};
        if (!NT_SUCCESS(RtlQueryEnvironmentVariable_U(NULL, &Variable, &Rest)))
            Rest.Buffer[-1] = 0;
    }
    LdrpUnlock();
    *Path = Result.Buffer;
    return STATUS_SUCCESS;
}

VOID NTAPI RtlReleasePath(PWSTR Path)
{
    Free(Path);
}

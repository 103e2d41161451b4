/* SPDX-License-Identifier: MIT */
/*
 * path.c - DOS paths: their kinds, device names, and full paths.
 *
 *      \\server\share\x   UncAbsolute         C:\x   DriveAbsolute      \x   Rooted       \\.\x  \\?\x   LocalDevice
 *                                             C:x    DriveRelative      x    Relative     \\.   \\?     RootLocalDevice
 *
 * A full path is made in two steps: put the missing front before the name (current directory, a drive's own directory from the variable =X:,
 * the current root), then normalise: '/' becomes '\', runs of separators one, "." goes, ".." takes its parent but never the root, a
 * single dot at the end of a component goes, and all dots and spaces at the very end go.  A last component that is a reserved device name
 * (NUL, CON, COM1 ...) makes the whole path \\.\NAME.  Rules as in Windows 10; "Naming files, paths, and namespaces" in the SDK.
 */
#include "path.h"

bool RtlpIsSeparator(WCHAR Character)
{
    return Character == '\\' || Character == '/';
}

RTL_PATH_TYPE NTAPI RtlDetermineDosPathNameType_U(PCWSTR Path)
{
    if (RtlpIsSeparator(Path[0])) {
        if (!RtlpIsSeparator(Path[1]))
            return RtlPathTypeRooted;
        if (Path[2] != '.' && Path[2] != '?')
            return RtlPathTypeUncAbsolute;
        if (RtlpIsSeparator(Path[3]))
            return RtlPathTypeLocalDevice;
        return Path[3] == 0 ? RtlPathTypeRootLocalDevice : RtlPathTypeUncAbsolute;
    }
    if (Path[0] == 0 || Path[1] != ':')
        return RtlPathTypeRelative;
    return RtlpIsSeparator(Path[2]) ? RtlPathTypeDriveAbsolute : RtlPathTypeDriveRelative;
}

/* ---- device names -------------------------------------------------------------------------------------------------------------------------- */

static bool Matches(PCWSTR Name, ULONG Length, PCWSTR Device)
{
    return wcslen(Device) == Length && _wcsnicmp(Name, Device, Length) == 0;
}

static bool IsDeviceName(PCWSTR Name, ULONG Length)
{
    WCHAR First = Length != 0 ? Name[0] | 0x20 : 0; /* most names are out by their length or first letter */

    if (Length < 3 || Length > 7 || (First != 'c' && First != 'n' && First != 'p' && First != 'a' && First != 'l'))
        return false;
    if (Length == 3)
        return Matches(Name, 3, L"CON") || Matches(Name, 3, L"NUL") || Matches(Name, 3, L"PRN") || Matches(Name, 3, L"AUX");
    if (Length == 4 && Name[3] >= '1' && Name[3] <= '9')
        return _wcsnicmp(Name, L"COM", 3) == 0 || _wcsnicmp(Name, L"LPT", 3) == 0;
    return Matches(Name, Length, L"CONIN$") || Matches(Name, Length, L"CONOUT$");
}

/* High word: offset of the device's name in bytes; low word: its length in bytes; 0: none. */
ULONG NTAPI RtlIsDosDeviceName_U(PCWSTR Path)
{
    RTL_PATH_TYPE Type = RtlDetermineDosPathNameType_U(Path);
    ULONG Length = (ULONG)wcslen(Path), Start, End;

    if (Type == RtlPathTypeUncAbsolute || Type == RtlPathTypeRootLocalDevice || Length > 0x7FFF)
        return 0;
    if (Type == RtlPathTypeLocalDevice) /* only \\.\CON */
        return Length == 7 && Path[2] == '.' && Matches(Path + 4, 3, L"CON") ? MAKELONG(6, 8) : 0;
    if (Length != 0 && Path[Length - 1] == ':')
        Length--;
    while (Length != 0 && (Path[Length - 1] == '.' || Path[Length - 1] == ' '))
        Length--;
    for (Start = Length; Start != 0 && !RtlpIsSeparator(Path[Start - 1]) && !(Start == 2 && Path[1] == ':'); Start--) {
    }
    for (End = Start; End < Length && Path[End] != '.' && Path[End] != ':'; End++) {
    }
    while (End > Start && Path[End - 1] == ' ')
        End--;
    return IsDeviceName(Path + Start, End - Start) ? MAKELONG((End - Start) * sizeof(WCHAR), Start * sizeof(WCHAR)) : 0;
}

/* ---- the front of a full path ---------------------------------------------------------------------------------------------------------------- */

static void Put(WORK_PATH *Path, PCWSTR Text, ULONG Length)
{
    ASSERT(Path->Length + Length < Path->Capacity);
    memcpy(Path->Buffer + Path->Length, Text, Length * sizeof(WCHAR));
    Path->Length += Length;
    Path->Buffer[Path->Length] = 0;
}

/* Characters that ".." must not remove: C:\ or \\server\share\ or \\.\ */
static ULONG RootLength(PCWSTR Path, ULONG Length)
{
    ULONG At, Parts = 0;

    if (Length >= 2 && Path[1] == ':')
        return Length >= 3 ? 3 : 2;
    if (Length >= 4 && (Path[2] == '.' || Path[2] == '?') && RtlpIsSeparator(Path[3])) {
        if (Length >= 7 && Path[5] == ':' && RtlpIsSeparator(Path[6]))
            return 7;
        return 4;
    }
    for (At = 2; At < Length; At++) {
        if (RtlpIsSeparator(Path[At]) && ++Parts == 2)
            return At + 1;
    }
    return Length;
}

/* The directory of a drive that is not the current one: the variable "=X:", else its root. */
static void PutDriveDirectory(WORK_PATH *Path, WCHAR Drive)
{
    WCHAR NameBuffer[4] = {'=', Drive, ':', 0}, Value[MAX_PATH];
    UNICODE_STRING Name = {6, 8, NameBuffer}, Directory = {0, sizeof Value - sizeof(WCHAR), Value};

    if (NT_SUCCESS(RtlQueryEnvironmentVariable_U(NULL, &Name, &Directory)) && Directory.Length >= 6) {
        Put(Path, Value, Directory.Length / sizeof(WCHAR));
        if (!RtlpIsSeparator(Value[Directory.Length / sizeof(WCHAR) - 1]))
            Put(Path, L"\\", 1);
    } else {
        Put(Path, NameBuffer + 1, 2);
        Put(Path, L"\\", 1);
    }
}

static void PutFront(WORK_PATH *Path, PCWSTR *Name, RTL_PATH_TYPE Type)
{
    UNICODE_STRING *Current = &Peb()->ProcessParameters->CurrentDirectory.DosPath;
    ULONG Length = Current->Length / sizeof(WCHAR);

    switch (Type) {
    case RtlPathTypeRelative:
        Put(Path, Current->Buffer, Length);
        break;
    case RtlPathTypeRooted:
        Put(Path, Current->Buffer, RootLength(Current->Buffer, Length));
        break;
    case RtlPathTypeDriveRelative:
        if (Length >= 2 && Current->Buffer[1] == ':' && RtlUpcaseUnicodeChar(Current->Buffer[0]) == RtlUpcaseUnicodeChar(**Name))
            Put(Path, Current->Buffer, Length);
        else
            PutDriveDirectory(Path, **Name);
        *Name += 2;
        break;
    case RtlPathTypeRootLocalDevice:
        Put(Path, L"\\\\.\\", 4);
        *Name += 3;
        break;
    default:
        break;
    }
}

/* ---- normalising ----------------------------------------------------------------------------------------------------------------------------- */

/* In place.  The result is never longer than the source: what is written stays behind what is read. */
static void Normalise(WORK_PATH *Path)
{
    WCHAR *Buffer = Path->Buffer;
    ULONG Length = Path->Length, Root, To, From;

    for (ULONG Index = 0; Index < Length; Index++) {
        if (Buffer[Index] == '/')
            Buffer[Index] = '\\';
    }
    Root = RootLength(Buffer, Length);
    for (To = From = Root; From < Length;) {
        ULONG End = From;
        while (End < Length && Buffer[End] != '\\')
            End++;
        ULONG Size = End - From;
        bool Separator = End < Length;
        if (Size == 2 && Buffer[From] == '.' && Buffer[From + 1] == '.') {
            if (To > Root) {
                for (To--; To > Root && Buffer[To - 1] != '\\'; To--) {
                }
            }
        } else if (Size != 0 && !(Size == 1 && Buffer[From] == '.')) {
            memmove(Buffer + To, Buffer + From, Size * sizeof(WCHAR));
            To += Size;
            if (Separator && Buffer[To - 1] == '.' && !(Size >= 2 && Buffer[To - 2] == '.'))
                To--;
            if (Separator)
                Buffer[To++] = '\\';
        }
        From = End + (Separator ? 1 : 0);
    }
    bool Dots = Length > Root && Buffer[Length - 1] == '.' && (Buffer[Length - 2] == '\\' || Buffer[Length - 2] == '.');
    if (To > Root && Buffer[To - 1] == '\\' && Dots)
        To--; /* C:\a\b\.. is C:\a */
    if (To == Root || Buffer[To - 1] != '\\') {
        while (To > Root && (Buffer[To - 1] == '.' || Buffer[To - 1] == ' '))
            To--;
    }
    Buffer[To] = 0;
    Path->Length = To;
}

/* C:\a\b, with nothing to put in order: most names are. */
static bool IsNormal(PCWSTR Name, ULONG Length)
{
    WCHAR Before = '\\';

    if (Length < 4 || Name[1] != ':' || Name[2] != '\\')
        return false;
    for (ULONG Index = 3; Index < Length; Before = Name[Index++]) {
        if (Name[Index] == '/' || (Name[Index] == '\\' && (Before == '\\' || Before == '.')))
            return false;
    }
    return Before != '.' && Before != ' ';
}

static ULONG TrimmedLength(PCWSTR Name, ULONG Length)
{
    while (Length != 0 && Name[Length - 1] == ' ')
        Length--;
    return Length;
}

NTSTATUS RtlpMakeFullPath(PCWSTR Name, WORK_PATH *Path)
{
    ULONG Device = RtlIsDosDeviceName_U(Name), Given = (ULONG)wcslen(Name);
    RTL_PATH_TYPE Type = RtlDetermineDosPathNameType_U(Name);

    if (TrimmedLength(Name, Given) == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (Given > 0x7FFF)
        return STATUS_NAME_TOO_LONG;
    ULONG Needed = Given + Peb()->ProcessParameters->CurrentDirectory.DosPath.Length / sizeof(WCHAR) + MAX_PATH + 8;
    Path->Buffer = Path->Inline;
    Path->Capacity = COUNT_OF(Path->Inline);
    Path->Length = 0;
    if (Needed > Path->Capacity) {
        Path->Buffer = Allocate(Needed * sizeof(WCHAR));
        Path->Capacity = Needed;
        if (Path->Buffer == NULL)
            return STATUS_NO_MEMORY;
    }
    if (Device != 0) {
        Put(Path, L"\\\\.\\", 4);
        Put(Path, Name + HIWORD(Device) / sizeof(WCHAR), LOWORD(Device) / sizeof(WCHAR));
        return STATUS_SUCCESS;
    }
    if (IsNormal(Name, Given)) {
        Put(Path, Name, Given);
        return STATUS_SUCCESS;
    }
    RtlAcquirePebLock();
    PutFront(Path, &Name, Type);
    RtlReleasePebLock();
    if (*Name == 0) /* "C:" is the directory itself */
        Name = L".";
    Put(Path, Name, (ULONG)wcslen(Name));
    Normalise(Path);
    return STATUS_SUCCESS;
}

void RtlpFreeFullPath(WORK_PATH *Path)
{
    if (Path->Buffer != Path->Inline)
        Free(Path->Buffer);
}

/* ---- the interface ------------------------------------------------------------------------------------------------------------------------------- */

/* The last component; null if the path ends in a separator. */
static PWSTR FilePartOf(PWSTR Buffer, ULONG Length)
{
    ULONG Start = Length;

    while (Start != 0 && !RtlpIsSeparator(Buffer[Start - 1]))
        Start--;
    return Start == Length ? NULL : Buffer + Start;
}

NTSTATUS NTAPI RtlGetFullPathName_UEx(PCWSTR Name, ULONG Bytes, PWSTR Buffer, PWSTR *FilePart, PULONG Needed)
{
    WORK_PATH Path;

    if (Needed != NULL)
        *Needed = 0;
    if (FilePart != NULL)
        *FilePart = NULL;
    NTSTATUS Status = RtlpMakeFullPath(Name, &Path);
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG Size = Path.Length * sizeof(WCHAR);
    if (Size + sizeof(WCHAR) > Bytes) {
        Size += sizeof(WCHAR);
        Status = STATUS_BUFFER_TOO_SMALL;
    } else {
        memcpy(Buffer, Path.Buffer, Size + sizeof(WCHAR));
        if (FilePart != NULL && RtlIsDosDeviceName_U(Name) == 0)
            *FilePart = FilePartOf(Buffer, Path.Length);
    }
    if (Needed != NULL)
        *Needed = Size;
    RtlpFreeFullPath(&Path);
    return Status;
}

ULONG NTAPI RtlGetFullPathName_U(PCWSTR Name, ULONG Bytes, PWSTR Buffer, PWSTR *FilePart)
{
    ULONG Needed;

    RtlGetFullPathName_UEx(Name, Bytes, Buffer, FilePart, &Needed);
    return Needed;
}

ULONG NTAPI RtlGetLongestNtPathLength(VOID)
{
    return 277; /* MAX_PATH + \??\UNC and a bit: Windows' constant */
}

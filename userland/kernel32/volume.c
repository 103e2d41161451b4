/* SPDX-License-Identifier: MIT */
/*
 * volume.c - drives and volumes, and the names of files as other names: final, long, short.
 *
 * A drive letter is a symbolic link in \??.  A volume is asked through a handle to its root directory.
 */
#include "k32.h"
#include <winioctl.h>

/* Root is "C:\", null for the current directory's; the handle can be asked for volume information only. */
static NTSTATUS OpenRoot(LPCWSTR Root, PHANDLE Handle)
{
    WCHAR Current[4];
    IO_STATUS_BLOCK Io;
    BASE_PATH Path;

    if (Root == NULL) {
        const UNICODE_STRING *Directory = &BaseParameters()->CurrentDirectory.DosPath;
        if (Directory->Length < 3 * sizeof(WCHAR)) {
            return STATUS_OBJECT_PATH_NOT_FOUND;
        }
        memcpy(Current, Directory->Buffer, 3 * sizeof(WCHAR));
        Current[3] = 0;
        Root = Current;
    }
    NTSTATUS Status = BaseOpenPath(Root, &Path);
    if (NT_SUCCESS(Status)) {
        Status = NtOpenFile(Handle, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &Path.Attributes, &Io, FILE_SHARE_READ | FILE_SHARE_WRITE,
                            FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT);
        BaseFreePath(&Path);
    }
    return Status;
}

static NTSTATUS QueryRoot(LPCWSTR Root, PVOID Information, ULONG Length, FS_INFORMATION_CLASS Class)
{
    IO_STATUS_BLOCK Io;
    HANDLE Handle;
    NTSTATUS Status = OpenRoot(Root, &Handle);

    if (NT_SUCCESS(Status)) {
        Status = NtQueryVolumeInformationFile(Handle, &Io, Information, Length, Class);
        NtClose(Handle);
    }
    return Status;
}

UINT WINAPI GetDriveTypeW(LPCWSTR Root)
{
    FILE_FS_DEVICE_INFORMATION Device;

    if (!NT_SUCCESS(QueryRoot(Root, &Device, sizeof(Device), FileFsDeviceInformation))) {
        return DRIVE_NO_ROOT_DIR;
    }
    switch (Device.DeviceType) {
    case FILE_DEVICE_CD_ROM:
    case FILE_DEVICE_CD_ROM_FILE_SYSTEM:
        return DRIVE_CDROM;
    case FILE_DEVICE_NETWORK_FILE_SYSTEM:
        return DRIVE_REMOTE;
    case FILE_DEVICE_VIRTUAL_DISK:
        return DRIVE_RAMDISK;
    case FILE_DEVICE_DISK:
    case FILE_DEVICE_DISK_FILE_SYSTEM:
        return Device.Characteristics & 1 /* FILE_REMOVABLE_MEDIA */ ? DRIVE_REMOVABLE : DRIVE_FIXED;
    default:
        return DRIVE_UNKNOWN;
    }
}

UINT WINAPI GetDriveTypeA(LPCSTR Root)
{
    LPWSTR Wide;

    if (!BaseToWide(Root, &Wide)) {
        return DRIVE_UNKNOWN;
    }
    UINT Type = GetDriveTypeW(Wide);
    BaseFree(Wide);
    return Type;
}

BOOL WINAPI GetDiskFreeSpaceW(LPCWSTR Root, LPDWORD SectorsPerCluster, LPDWORD BytesPerSector, LPDWORD Free, LPDWORD Total)
{
    FILE_FS_SIZE_INFORMATION Size;

    if (!BaseResult(QueryRoot(Root, &Size, sizeof(Size), FileFsSizeInformation))) {
        return FALSE;
    }
    if (SectorsPerCluster != NULL) {
        *SectorsPerCluster = Size.SectorsPerAllocationUnit;
    }
    if (BytesPerSector != NULL) {
        *BytesPerSector = Size.BytesPerSector;
    }
    if (Free != NULL) {
        *Free = Size.AvailableAllocationUnits.HighPart != 0 ? MAXDWORD : Size.AvailableAllocationUnits.LowPart;
    }
    if (Total != NULL) {
        *Total = Size.TotalAllocationUnits.HighPart != 0 ? MAXDWORD : Size.TotalAllocationUnits.LowPart;
    }
    return TRUE;
}

BOOL WINAPI GetDiskFreeSpaceA(LPCSTR Root, LPDWORD SectorsPerCluster, LPDWORD BytesPerSector, LPDWORD Free, LPDWORD Total)
{
    LPWSTR Wide;

    if (!BaseToWide(Root, &Wide)) {
        return FALSE;
    }
    BOOL Result = GetDiskFreeSpaceW(Wide, SectorsPerCluster, BytesPerSector, Free, Total);
    BaseFree(Wide);
    return Result;
}

BOOL WINAPI GetDiskFreeSpaceExW(LPCWSTR Root, PULARGE_INTEGER Available, PULARGE_INTEGER Total, PULARGE_INTEGER Free)
{
    FILE_FS_SIZE_INFORMATION Size;

    if (!BaseResult(QueryRoot(Root, &Size, sizeof(Size), FileFsSizeInformation))) {
        return FALSE;
    }
    ULONGLONG Unit = (ULONGLONG)Size.SectorsPerAllocationUnit * Size.BytesPerSector;
    if (Available != NULL) {
        Available->QuadPart = Unit * (ULONGLONG)Size.AvailableAllocationUnits.QuadPart;
    }
    if (Total != NULL) {
        Total->QuadPart = Unit * (ULONGLONG)Size.TotalAllocationUnits.QuadPart;
    }
    if (Free != NULL) {
        Free->QuadPart = Unit * (ULONGLONG)Size.AvailableAllocationUnits.QuadPart;
    }
    return TRUE;
}

BOOL WINAPI GetDiskFreeSpaceExA(LPCSTR Root, PULARGE_INTEGER Available, PULARGE_INTEGER Total, PULARGE_INTEGER Free)
{
    LPWSTR Wide;

    if (!BaseToWide(Root, &Wide)) {
        return FALSE;
    }
    BOOL Result = GetDiskFreeSpaceExW(Wide, Available, Total, Free);
    BaseFree(Wide);
    return Result;
}

BOOL WINAPI GetVolumeInformationByHandleW(HANDLE Handle, LPWSTR Label, DWORD LabelSize, LPDWORD Serial, LPDWORD MaximumComponent,
                                          LPDWORD Flags, LPWSTR System, DWORD SystemSize)
{
    struct { FILE_FS_VOLUME_INFORMATION Information; WCHAR Label[64]; } Volume;
    struct { FILE_FS_ATTRIBUTE_INFORMATION Information; WCHAR Name[64]; } Attribute;
    IO_STATUS_BLOCK Io;
    NTSTATUS Status = NtQueryVolumeInformationFile(Handle, &Io, &Volume, sizeof(Volume), FileFsVolumeInformation);

    if (NT_SUCCESS(Status)) {
        Status = NtQueryVolumeInformationFile(Handle, &Io, &Attribute, sizeof(Attribute), FileFsAttributeInformation);
    }
    if (!NT_SUCCESS(Status)) {
        return BaseResult(Status);
    }
    UNICODE_STRING LabelString = {(USHORT)Volume.Information.VolumeLabelLength, 0, Volume.Information.VolumeLabel};
    UNICODE_STRING SystemString = {(USHORT)Attribute.Information.FileSystemNameLength, 0, Attribute.Information.FileSystemName};
    if (Label != NULL && BaseReturnString(&LabelString, Label, LabelSize) >= LabelSize) {
        return BaseFail(ERROR_MORE_DATA);
    }
    if (System != NULL && BaseReturnString(&SystemString, System, SystemSize) >= SystemSize) {
        return BaseFail(ERROR_MORE_DATA);
    }
    if (Serial != NULL) {
        *Serial = Volume.Information.VolumeSerialNumber;
    }
    if (MaximumComponent != NULL) {
        *MaximumComponent = (DWORD)Attribute.Information.MaximumComponentNameLength;
    }
    if (Flags != NULL) {
        *Flags = Attribute.Information.FileSystemAttributes;
    }
    return TRUE;
}

static BOOL IsRoot(HANDLE Handle)
{
    struct { ULONG Length; WCHAR Name[2]; } Name;
    IO_STATUS_BLOCK Io;

    return NtQueryInformationFile(Handle, &Io, &Name, sizeof(Name), (FILE_INFORMATION_CLASS)9 /* FileNameInformation */) == STATUS_SUCCESS &&
           Name.Length == sizeof(WCHAR);
}

BOOL WINAPI GetVolumeInformationW(LPCWSTR Root, LPWSTR Label, DWORD LabelSize, LPDWORD Serial, LPDWORD MaximumComponent, LPDWORD Flags,
                                  LPWSTR System, DWORD SystemSize)
{
    HANDLE Handle;

    if (Root != NULL && (Root[0] == 0 || Root[wcslen(Root) - 1] != L'\\')) {
        return BaseFail(ERROR_INVALID_NAME);
    }
    if (!BaseResult(OpenRoot(Root, &Handle))) {
        return FALSE;
    }
    BOOL Result = IsRoot(Handle) ? GetVolumeInformationByHandleW(Handle, Label, LabelSize, Serial, MaximumComponent, Flags, System, SystemSize)
                                 : BaseFail(ERROR_DIR_NOT_ROOT);
    NtClose(Handle);
    return Result;
}

BOOL WINAPI GetVolumeInformationA(LPCSTR Root, LPSTR Label, DWORD LabelSize, LPDWORD Serial, LPDWORD MaximumComponent, LPDWORD Flags,
                                  LPSTR System, DWORD SystemSize)
{
    WCHAR WideLabel[64] = L"", WideSystem[64] = L"";
    LPWSTR Wide;

    if (!BaseToWide(Root, &Wide)) {
        return FALSE;
    }
    BOOL Result = GetVolumeInformationW(Wide, WideLabel, 64, Serial, MaximumComponent, Flags, WideSystem, 64);
    BaseFree(Wide);
    if (Result && ((Label != NULL && BaseToAnsi(WideLabel, wcslen(WideLabel), Label, LabelSize) >= LabelSize) ||
                   (System != NULL && BaseToAnsi(WideSystem, wcslen(WideSystem), System, SystemSize) >= SystemSize))) {
        return BaseFail(ERROR_MORE_DATA);
    }
    return Result;
}

/* ---- drive letters ---------------------------------------------------------------------------------------------------------------- */

NTSTATUS BaseQueryLink(LPCWSTR Name, PUNICODE_STRING Target)
{
    WCHAR Full[80] = L"\\??\\";
    UNICODE_STRING String;
    OBJECT_ATTRIBUTES Object;
    HANDLE Link;

    if (wcslen(Name) > 70) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    wcscat(Full, Name);
    RtlInitUnicodeString(&String, Full);
    InitializeObjectAttributes(&Object, &String, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS Status = NtOpenSymbolicLinkObject(&Link, SYMBOLIC_LINK_QUERY, &Object);
    if (NT_SUCCESS(Status)) {
        Status = NtQuerySymbolicLinkObject(Link, Target, NULL);
        NtClose(Link);
    }
    return Status;
}

DWORD WINAPI GetLogicalDrives(void)
{
    DWORD Mask = 0;

    for (WCHAR Letter = L'A'; Letter <= L'Z'; Letter++) {
        WCHAR Name[3] = {Letter, L':', 0}, Buffer[128];
        UNICODE_STRING Target = {0, sizeof(Buffer), Buffer};
        if (NT_SUCCESS(BaseQueryLink(Name, &Target))) {
            Mask |= 1u << (Letter - L'A');
        }
    }
    return Mask;
}

DWORD WINAPI GetLogicalDriveStringsW(DWORD Size, LPWSTR Buffer)
{
    DWORD Mask = GetLogicalDrives(), Length = 4 * (DWORD)__builtin_popcount(Mask);

    if (Size <= Length) {
        return Length + 1;
    }
    for (DWORD Drive = 0; Drive < 26; Drive++) {
        if (Mask & (1u << Drive)) {
            *Buffer++ = (WCHAR)(L'A' + Drive);
            *Buffer++ = L':';
            *Buffer++ = L'\\';
            *Buffer++ = 0;
        }
    }
    *Buffer = 0;
    return Length;
}

DWORD WINAPI GetLogicalDriveStringsA(DWORD Size, LPSTR Buffer)
{
    WCHAR Wide[26 * 4 + 1];
    DWORD Length = GetLogicalDriveStringsW(COUNT_OF(Wide), Wide);

    if (Size <= Length) {
        return Length + 1;
    }
    for (DWORD i = 0; i <= Length; i++) {
        Buffer[i] = (CHAR)Wide[i];
    }
    return Length;
}

/* All names in \GLOBAL??, one after the other. */
static DWORD ListDosDevices(LPWSTR Buffer, DWORD Size)
{
    UNICODE_STRING Root = RTL_CONSTANT_STRING(L"\\GLOBAL\?\?");
    DECLSPEC_ALIGN(8) UCHAR Room[1024];
    const OBJECT_DIRECTORY_INFORMATION *Entry = (const VOID *)Room;
    OBJECT_ATTRIBUTES Object;
    ULONG Context = 0, Length;
    HANDLE Directory;
    DWORD Used = 0;

    InitializeObjectAttributes(&Object, &Root, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!BaseResult(NtOpenDirectoryObject(&Directory, DIRECTORY_QUERY, &Object))) {
        return 0;
    }
    while (NT_SUCCESS(NtQueryDirectoryObject(Directory, Room, sizeof(Room), TRUE, FALSE, &Context, &Length))) {
        DWORD Units = Entry->Name.Length / sizeof(WCHAR);
        if (Used + Units + 2 > Size) {
            NtClose(Directory);
            return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
        }
        memcpy(Buffer + Used, Entry->Name.Buffer, Entry->Name.Length);
        Buffer[Used + Units] = 0;
        Used += Units + 1;
    }
    NtClose(Directory);
    if (Used < Size) {
        Buffer[Used++] = 0;
    }
    return Used;
}

DWORD WINAPI QueryDosDeviceW(LPCWSTR Name, LPWSTR Buffer, DWORD Size)
{
    UNICODE_STRING Target = {0, (USHORT)(Size > 0x7FFF ? 0xFFFE : Size * sizeof(WCHAR)), Buffer};

    if (Name == NULL) {
        return ListDosDevices(Buffer, Size);
    }
    NTSTATUS Status = BaseQueryLink(Name, &Target);
    DWORD Length = Target.Length / sizeof(WCHAR);
    if (Status == STATUS_BUFFER_TOO_SMALL || (NT_SUCCESS(Status) && Length + 2 > Size)) {
        return (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    if (!BaseResult(Status)) {
        return 0;
    }
    Buffer[Length] = Buffer[Length + 1] = 0;
    return Length + 2;
}

/* ---- other names of a file -------------------------------------------------------------------------------------------------------- */

/* Each component is replaced by what the directory calls it: its long or its short name. */
static DWORD OtherName(LPCWSTR Name, LPWSTR Buffer, DWORD Size, BOOL Long)
{
    WIN32_FIND_DATAW Data;
    LPWSTR Work, Out;
    DWORD Length = 0, Result = 0;
    LPCWSTR p = Name;

    if (GetFileAttributesW(Name) == INVALID_FILE_ATTRIBUTES) {
        return 0;
    }
    Work = BaseAllocate(MAX_LONG_PATH * 2 * sizeof(WCHAR));
    if (Work == NULL) {
        return 0;
    }
    Out = Work + MAX_LONG_PATH;
    while (*p != 0 && Length < MAX_LONG_PATH - MAX_PATH) {
        SIZE_T End = (SIZE_T)(p - Name);
        if (*p == L'\\' || *p == L'/') {
            Out[Length++] = *p++;
            continue;
        }
        SIZE_T Start = End;
        while (Name[End] != 0 && Name[End] != L'\\' && Name[End] != L'/') {
            End++;
        }
        memcpy(Work, Name, End * sizeof(WCHAR));
        Work[End] = 0;
        LPCWSTR Part = Name + Start;
        SIZE_T PartLength = End - Start;
        BOOL Special = wcscmp(Work + Start, L".") == 0 || wcscmp(Work + Start, L"..") == 0 || Name[End - 1] == L':';
        HANDLE Find = Special ? INVALID_HANDLE_VALUE : FindFirstFileW(Work, &Data);
        if (Find != INVALID_HANDLE_VALUE) {
            FindClose(Find);
            Part = !Long && Data.cAlternateFileName[0] != 0 ? Data.cAlternateFileName : Data.cFileName;
            PartLength = wcslen(Part);
        }
        memcpy(Out + Length, Part, PartLength * sizeof(WCHAR));
        Length += (DWORD)PartLength;
        p = Name + End;
    }
    UNICODE_STRING String = {(USHORT)(Length * sizeof(WCHAR)), 0, Out};
    Result = BaseReturnString(&String, Buffer, Size);
    BaseFree(Work);
    return Result;
}

DWORD WINAPI GetLongPathNameW(LPCWSTR Name, LPWSTR Buffer, DWORD Size)
{
    return OtherName(Name, Buffer, Size, TRUE);
}

DWORD WINAPI GetShortPathNameW(LPCWSTR Name, LPWSTR Buffer, DWORD Size)
{
    return OtherName(Name, Buffer, Size, FALSE);
}

static DWORD OtherNameA(LPCSTR Name, LPSTR Buffer, DWORD Size, BOOL Long)
{
    LPWSTR Wide = NULL, Other = NULL;
    DWORD Result = 0;

    if (BaseFileToWide(Name, &Wide) && Wide != NULL && (Other = BaseAllocate(MAX_LONG_PATH * sizeof(WCHAR))) != NULL) {
        DWORD Length = OtherName(Wide, Other, MAX_LONG_PATH, Long);
        if (Length != 0 && Length < MAX_LONG_PATH) {
            Result = BaseFileToAnsi(Other, Length, Buffer, Size);
        }
    }
    BaseFree(Other);
    BaseFree(Wide);
    return Result;
}

DWORD WINAPI GetLongPathNameA(LPCSTR Name, LPSTR Buffer, DWORD Size)
{
    return OtherNameA(Name, Buffer, Size, TRUE);
}

DWORD WINAPI GetShortPathNameA(LPCSTR Name, LPSTR Buffer, DWORD Size)
{
    return OtherNameA(Name, Buffer, Size, FALSE);
}

/* The drive whose link is a prefix of the object's name gives the DOS form. */
static BOOL DosPrefix(LPWSTR Name, SIZE_T *Skip, WCHAR Drive[64])
{
    for (WCHAR Letter = L'A'; Letter <= L'Z'; Letter++) {
        WCHAR Link[3] = {Letter, L':', 0}, Buffer[128];
        UNICODE_STRING Target = {0, sizeof(Buffer), Buffer};
        if (NT_SUCCESS(BaseQueryLink(Link, &Target))) {
            SIZE_T Length = Target.Length / sizeof(WCHAR);
            if (_wcsnicmp(Name, Buffer, Length) == 0 && (Name[Length] == L'\\' || Name[Length] == 0)) {
                wcscpy(Drive, L"\\\\?\\");
                Drive[4] = Letter;
                Drive[5] = L':';
                Drive[6] = 0;
                *Skip = Length;
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* \\?\X: becomes \\?\Volume{...}. */
static BOOL GuidPrefix(WCHAR Drive[64])
{
    WCHAR Root[4] = {Drive[4], L':', L'\\', 0};

    if (!GetVolumeNameForVolumeMountPointW(Root, Drive, 64)) {
        return FALSE;
    }
    Drive[wcslen(Drive) - 1] = 0; /* its backslash is the path's */
    return TRUE;
}

DWORD WINAPI GetFinalPathNameByHandleW(HANDLE File, LPWSTR Buffer, DWORD Size, DWORD Flags)
{
    DWORD Kind = Flags & 7, Result = 0;
    SIZE_T Skip = 0;
    WCHAR Drive[64] = L"";
    ULONG Need = 0;
    struct { UNICODE_STRING Name; WCHAR Buffer[]; } *Object = BaseAllocate(0x10000);

    if (Object == NULL) {
        return 0;
    }
    /* ObjectNameInformation: \Device\RamDisk0\x */
    if (!BaseResult(NtQueryObject(File, (OBJECT_INFORMATION_CLASS)1, Object, 0x10000 - sizeof(WCHAR), &Need))) {
        goto Cleanup;
    }
    Object->Name.Buffer[Object->Name.Length / sizeof(WCHAR)] = 0;
    BOOL Found = DosPrefix(Object->Name.Buffer, &Skip, Drive);
    if (Kind == VOLUME_NAME_NT) {
        Skip = 0;
    }
    if (Kind == VOLUME_NAME_NT || Kind == VOLUME_NAME_NONE) {
        Drive[0] = 0;
    } else if (!Found || (Kind == VOLUME_NAME_GUID && !GuidPrefix(Drive))) {
        BaseFail(ERROR_PATH_NOT_FOUND);
        goto Cleanup;
    }
    SIZE_T Prefix = wcslen(Drive), Rest = wcslen(Object->Name.Buffer + Skip);
    Result = (DWORD)(Prefix + Rest);
    if (Result >= Size) {
        Result++;
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
    } else {
        memcpy(Buffer, Drive, Prefix * sizeof(WCHAR));
        memcpy(Buffer + Prefix, Object->Name.Buffer + Skip, (Rest + 1) * sizeof(WCHAR));
    }
Cleanup:
    BaseFree(Object);
    return Result;
}

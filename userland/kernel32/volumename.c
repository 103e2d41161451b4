/* SPDX-License-Identifier: MIT */
/*
 * volumename.c - volumes by their own names (\\?\Volume{...}\), mount points, drive letters made and removed.
 *
 * The I/O manager makes a link Volume{GUID} beside each drive letter's.  A volume is mounted at its drive letter and nowhere else: mount
 * points in directories need reparse points, which FAT has not.
 */
#include "k32.h"
#include <winioctl.h>

#define NAME_LENGTH 49 /* \\?\Volume{8-4-4-4-12}\ */
#define FIND_VOLUME 0x6C6F5646u

typedef struct _LINKS
{
    ULONG Signature, Count, Next;
    WCHAR Names[26][NAME_LENGTH + 1];
} LINKS;

static NTSTATUS LinkTarget(LPCWSTR Name, WCHAR Target[128])
{
    UNICODE_STRING Result = {0, 127 * sizeof(WCHAR), Target};
    NTSTATUS Status = BaseQueryLink(Name, &Result);

    Target[NT_SUCCESS(Status) ? Result.Length / sizeof(WCHAR) : 0] = 0;
    return Status;
}

/* All links of \?? whose name begins with "Volume{". */
static LINKS *ListVolumes(void)
{
    UNICODE_STRING Root = RTL_CONSTANT_STRING(L"\\GLOBAL\?\?");
    OBJECT_ATTRIBUTES Object;
    HANDLE Directory;
    ULONG Context = 0, Length;
    DECLSPEC_ALIGN(8) UCHAR Buffer[1024];
    const OBJECT_DIRECTORY_INFORMATION *Entry = (const VOID *)Buffer;
    LINKS *Links = BaseAllocate(sizeof(*Links));

    if (Links == NULL) {
        return NULL;
    }
    Links->Signature = FIND_VOLUME;
    Links->Count = Links->Next = 0;
    InitializeObjectAttributes(&Object, &Root, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!BaseResult(NtOpenDirectoryObject(&Directory, DIRECTORY_QUERY, &Object))) {
        BaseFree(Links);
        return NULL;
    }
    while (Links->Count < COUNT_OF(Links->Names) &&
           NT_SUCCESS(NtQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), TRUE, FALSE, &Context, &Length))) {
        if (Entry->Name.Length == (NAME_LENGTH - 5) * sizeof(WCHAR) && _wcsnicmp(Entry->Name.Buffer, L"Volume{", 7) == 0) {
            WCHAR *Name = Links->Names[Links->Count++];
            wcscpy(Name, L"\\\\?\\");
            memcpy(Name + 4, Entry->Name.Buffer, Entry->Name.Length);
            wcscpy(Name + NAME_LENGTH - 1, L"\\");
        }
    }
    NtClose(Directory);
    return Links;
}

static BOOL GiveVolume(LINKS *Links, LPWSTR Name, DWORD Size)
{
    if (Links->Next >= Links->Count) {
        return BaseFail(ERROR_NO_MORE_FILES);
    }
    if (Size < NAME_LENGTH + 1) {
        return BaseFail(ERROR_FILENAME_EXCED_RANGE);
    }
    wcscpy(Name, Links->Names[Links->Next++]);
    return TRUE;
}

HANDLE WINAPI FindFirstVolumeW(LPWSTR Name, DWORD Size)
{
    LINKS *Links = ListVolumes();

    if (Links == NULL || !GiveVolume(Links, Name, Size)) {
        BaseFree(Links);
        return INVALID_HANDLE_VALUE;
    }
    return Links;
}

BOOL WINAPI FindNextVolumeW(HANDLE Find, LPWSTR Name, DWORD Size)
{
    LINKS *Links = Find;

    if (Find == NULL || Find == INVALID_HANDLE_VALUE || Links->Signature != FIND_VOLUME) {
        return BaseFail(ERROR_INVALID_HANDLE);
    }
    return GiveVolume(Links, Name, Size);
}

BOOL WINAPI FindVolumeClose(HANDLE Find)
{
    LINKS *Links = Find;

    if (Find == NULL || Find == INVALID_HANDLE_VALUE || Links->Signature != FIND_VOLUME) {
        return BaseFail(ERROR_INVALID_HANDLE);
    }
    Links->Signature = 0;
    BaseFree(Links);
    return TRUE;
}

/* "X:\" to \\?\Volume{...}\: the link with the same target. */
BOOL WINAPI GetVolumeNameForVolumeMountPointW(LPCWSTR MountPoint, LPWSTR Name, DWORD Size)
{
    WCHAR Drive[3] = L"?:", Wanted[128], Target[128];
    SIZE_T Length = wcslen(MountPoint);
    BOOL Found = FALSE;

    if (Length == 0 || MountPoint[Length - 1] != L'\\') {
        return BaseFail(ERROR_INVALID_NAME);
    }
    LINKS *Links = ListVolumes();
    if (Links == NULL) {
        return FALSE;
    }
    Drive[0] = MountPoint[0];
    BOOL Volume = Length == NAME_LENGTH && _wcsnicmp(MountPoint, L"\\\\?\\Volume{", 11) == 0;
    if (!Volume && (Length != 3 || MountPoint[1] != L':')) {
        BaseFree(Links);
        return GetFileAttributesW(MountPoint) != INVALID_FILE_ATTRIBUTES && BaseFail(ERROR_NOT_A_REPARSE_POINT);
    }
    for (ULONG i = 0; i < Links->Count && !Found; i++) {
        WCHAR Link[NAME_LENGTH];
        memcpy(Link, Links->Names[i] + 4, (NAME_LENGTH - 5) * sizeof(WCHAR));
        Link[NAME_LENGTH - 5] = 0;
        Found = Volume ? _wcsnicmp(Links->Names[i], MountPoint, NAME_LENGTH) == 0
                       : NT_SUCCESS(LinkTarget(Drive, Wanted)) && NT_SUCCESS(LinkTarget(Link, Target)) && _wcsicmp(Wanted, Target) == 0;
        if (Found) {
            Links->Next = i;
        }
    }
    BOOL Result = Found ? GiveVolume(Links, Name, Size) : BaseFail(ERROR_FILE_NOT_FOUND);
    BaseFree(Links);
    return Result;
}

/* The root of the drive a path leads to. */
BOOL WINAPI GetVolumePathNameW(LPCWSTR Name, LPWSTR Buffer, DWORD Size)
{
    WCHAR Full[MAX_PATH + 2];
    DWORD Root = 3;

    if (Name == NULL || Name[0] == 0 || Buffer == NULL || Size == 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    DWORD Length = GetFullPathNameW(Name, MAX_PATH, Full, NULL);
    if (Length == 0 || Length >= MAX_PATH) {
        return BaseFail(ERROR_INVALID_NAME);
    }
    if (wcsncmp(Full, L"\\\\?\\", 4) == 0) {
        Root = Full[5] == L':' ? 7 : NAME_LENGTH;
    } else if (Full[1] != L':') {
        return BaseFail(ERROR_INVALID_NAME);
    }
    if (Size <= Root) {
        return BaseFail(ERROR_FILENAME_EXCED_RANGE);
    }
    memcpy(Buffer, Full, Root * sizeof(WCHAR));
    Buffer[Root - 1] = L'\\';
    Buffer[Root] = 0;
    return TRUE;
}

BOOL WINAPI GetVolumePathNamesForVolumeNameW(LPCWSTR Volume, LPWSTR Buffer, DWORD Size, PDWORD Needed)
{
    WCHAR Link[NAME_LENGTH], Wanted[128], Target[128];
    DWORD Length = 0;

    if (wcslen(Volume) != NAME_LENGTH || Volume[NAME_LENGTH - 1] != L'\\' || _wcsnicmp(Volume, L"\\\\?\\Volume{", 11) != 0) {
        return BaseFail(ERROR_INVALID_NAME);
    }
    memcpy(Link, Volume + 4, (NAME_LENGTH - 5) * sizeof(WCHAR));
    Link[NAME_LENGTH - 5] = 0;
    if (!NT_SUCCESS(LinkTarget(Link, Wanted))) {
        return BaseFail(ERROR_FILE_NOT_FOUND);
    }
    for (WCHAR Letter = L'A'; Letter <= L'Z'; Letter++) {
        WCHAR Drive[3] = {Letter, L':', 0};
        if (NT_SUCCESS(LinkTarget(Drive, Target)) && _wcsicmp(Wanted, Target) == 0) {
            if (Length + 5 <= Size) {
                Buffer[Length] = Letter;
                memcpy(Buffer + Length + 1, L":\\", 3 * sizeof(WCHAR));
            }
            Length += 4;
        }
    }
    if (Length + 1 <= Size) {
        Buffer[Length] = 0;
    }
    if (Needed != NULL) {
        *Needed = Length + 1;
    }
    return Length + 1 <= Size || BaseFail(ERROR_MORE_DATA);
}

/* ---- what needs reparse points --------------------------------------------------------------------------------------------------- */

HANDLE WINAPI FindFirstVolumeMountPointW(LPCWSTR Root, LPWSTR Buffer, DWORD Size)
{
    UNUSED(Buffer), UNUSED(Size);
    if (GetFileAttributesW(Root) != INVALID_FILE_ATTRIBUTES) {
        BaseFail(ERROR_NO_MORE_FILES);
    }
    return INVALID_HANDLE_VALUE;
}

BOOL WINAPI FindNextVolumeMountPointW(HANDLE Find, LPWSTR Buffer, DWORD Size)
{
    UNUSED(Find), UNUSED(Buffer), UNUSED(Size);
    return BaseFail(ERROR_INVALID_HANDLE);
}

BOOL WINAPI FindVolumeMountPointClose(HANDLE Find)
{
    UNUSED(Find);
    return BaseFail(ERROR_INVALID_HANDLE);
}

BOOL WINAPI SetVolumeMountPointW(LPCWSTR MountPoint, LPCWSTR Volume)
{
    UNUSED(MountPoint), UNUSED(Volume);
    return BaseNotSupported("SetVolumeMountPoint");
}

BOOL WINAPI DeleteVolumeMountPointW(LPCWSTR MountPoint)
{
    UNUSED(MountPoint);
    return BaseNotSupported("DeleteVolumeMountPoint");
}

/* ---- labels, device names -------------------------------------------------------------------------------------------------------- */

BOOL WINAPI SetVolumeLabelW(LPCWSTR Root, LPCWSTR Label)
{
    SIZE_T Length = Label != NULL ? wcslen(Label) * sizeof(WCHAR) : 0;
    struct { ULONG Length; WCHAR Label[40]; } Information = {0};
    WCHAR Current[4] = L"?:\\";
    IO_STATUS_BLOCK Io;

    if (Length > 32 * sizeof(WCHAR)) {
        return BaseFail(ERROR_LABEL_TOO_LONG);
    }
    if (Root == NULL) {
        Current[0] = BaseParameters()->CurrentDirectory.DosPath.Buffer[0];
        Root = Current;
    }
    HANDLE Directory = CreateFileW(Root, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                                   FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (Directory == INVALID_HANDLE_VALUE) {
        return FALSE;
    }
    Information.Length = (ULONG)Length;
    memcpy(Information.Label, Label, Length);
    NTSTATUS Status = NtSetVolumeInformationFile(Directory, &Io, &Information, sizeof(ULONG) + (ULONG)max(Length, 4),
                                                 (FILE_INFORMATION_CLASS)2 /* FileFsLabelInformation */);
    NtClose(Directory);
    return BaseResult(Status);
}

/* Makes a link in \??, or takes it away.  A name made twice hides the first, as long as it is there: only the simple case here. */
BOOL WINAPI DefineDosDeviceW(DWORD Flags, LPCWSTR Name, LPCWSTR Target)
{
    WCHAR Full[64] = L"\\??\\";
    UNICODE_STRING Link, Native = {0};
    OBJECT_ATTRIBUTES Object;
    HANDLE Handle;
    NTSTATUS Status;

    if (Name == NULL || wcslen(Name) > 50 || (Flags & ~15u) != 0 || (!(Flags & DDD_REMOVE_DEFINITION) && Target == NULL)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    wcscat(Full, Name);
    if (Full[wcslen(Full) - 1] == L':' && wcslen(Name) != 2) {
        Full[wcslen(Full) - 1] = 0;
    }
    RtlInitUnicodeString(&Link, Full);
    InitializeObjectAttributes(&Object, &Link, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL, NULL);
    if (Flags & DDD_REMOVE_DEFINITION) {
        Status = NtOpenSymbolicLinkObject(&Handle, DELETE | SYMBOLIC_LINK_QUERY, &Object);
        if (NT_SUCCESS(Status)) {
            Status = NtMakeTemporaryObject(Handle);
            NtClose(Handle);
        }
        return BaseResult(Status);
    }
    if (Flags & DDD_RAW_TARGET_PATH) {
        RtlInitUnicodeString(&Native, Target);
        Status = NtCreateSymbolicLinkObject(&Handle, SYMBOLIC_LINK_ALL_ACCESS, &Object, &Native);
    } else {
        Status = RtlDosPathNameToNtPathName_U_WithStatus(Target, &Native, NULL, NULL);
        if (NT_SUCCESS(Status)) {
            Status = NtCreateSymbolicLinkObject(&Handle, SYMBOLIC_LINK_ALL_ACCESS, &Object, &Native);
            RtlFreeHeap(BasePeb()->ProcessHeap, 0, Native.Buffer);
        }
    }
    if (NT_SUCCESS(Status)) {
        NtClose(Handle);
    }
    return BaseResult(Status);
}

/* ---- A forms --------------------------------------------------------------------------------------------------------------------- */

static BOOL GiveAnsi(BOOL Result, LPCWSTR Wide, LPSTR Buffer, DWORD Size)
{
    return Result && (BaseToAnsi(Wide, wcslen(Wide), Buffer, Size) < Size || BaseFail(ERROR_FILENAME_EXCED_RANGE));
}

HANDLE WINAPI FindFirstVolumeA(LPSTR Name, DWORD Size)
{
    WCHAR Wide[NAME_LENGTH + 1];
    HANDLE Find = FindFirstVolumeW(Wide, COUNT_OF(Wide));

    if (Find != INVALID_HANDLE_VALUE && !GiveAnsi(TRUE, Wide, Name, Size)) {
        FindVolumeClose(Find);
        return (BaseFail(ERROR_FILENAME_EXCED_RANGE), INVALID_HANDLE_VALUE);
    }
    return Find;
}

BOOL WINAPI FindNextVolumeA(HANDLE Find, LPSTR Name, DWORD Size)
{
    WCHAR Wide[NAME_LENGTH + 1];

    return GiveAnsi(FindNextVolumeW(Find, Wide, COUNT_OF(Wide)), Wide, Name, Size);
}

BOOL WINAPI GetVolumeNameForVolumeMountPointA(LPCSTR MountPoint, LPSTR Name, DWORD Size)
{
    WCHAR Result[NAME_LENGTH + 1];
    LPWSTR Wide;

    if (!BaseFileToWide(MountPoint, &Wide) || Wide == NULL) {
        return FALSE;
    }
    BOOL Good = GetVolumeNameForVolumeMountPointW(Wide, Result, COUNT_OF(Result));
    BaseFree(Wide);
    return GiveAnsi(Good, Result, Name, Size);
}

BOOL WINAPI GetVolumePathNameA(LPCSTR Name, LPSTR Buffer, DWORD Size)
{
    WCHAR Result[MAX_PATH];
    LPWSTR Wide;

    if (!BaseFileToWide(Name, &Wide)) {
        return FALSE;
    }
    BOOL Good = GetVolumePathNameW(Wide, Result, COUNT_OF(Result));
    BaseFree(Wide);
    return GiveAnsi(Good, Result, Buffer, Size);
}

BOOL WINAPI SetVolumeLabelA(LPCSTR Root, LPCSTR Label)
{
    LPWSTR WideRoot = NULL, WideLabel = NULL;
    BOOL Result = BaseToWide(Root, &WideRoot) && BaseToWide(Label, &WideLabel) && SetVolumeLabelW(WideRoot, WideLabel);

    BaseFree(WideLabel);
    BaseFree(WideRoot);
    return Result;
}

BOOL WINAPI DefineDosDeviceA(DWORD Flags, LPCSTR Name, LPCSTR Target)
{
    LPWSTR WideName = NULL, WideTarget = NULL;
    BOOL Result = BaseToWide(Name, &WideName) && BaseToWide(Target, &WideTarget) && DefineDosDeviceW(Flags, WideName, WideTarget);

    BaseFree(WideTarget);
    BaseFree(WideName);
    return Result;
}

DWORD WINAPI QueryDosDeviceA(LPCSTR Name, LPSTR Buffer, DWORD Size)
{
    LPWSTR Wide = NULL, Result = BaseAllocate(0x8000 * sizeof(WCHAR));
    DWORD Length = 0;

    if (Result != NULL && BaseToWide(Name, &Wide)) {
        Length = QueryDosDeviceW(Wide, Result, 0x8000);
        if (Length > Size) {
            Length = (DWORD)BaseFail(ERROR_INSUFFICIENT_BUFFER);
        }
        for (DWORD i = 0; i < Length; i++) {
            Buffer[i] = (CHAR)Result[i];
        }
    }
    BaseFree(Wide);
    BaseFree(Result);
    return Length;
}

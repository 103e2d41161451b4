/* SPDX-License-Identifier: MIT */
/*
 * fat.c - the file system as native callers see it: directory queries of every class, patterns, short names, relative opens, sharing, information
 * classes with buffers too small, uncached reads, and files in use.
 */
#include <windows.h>
#include <winternl.h>
#include <string.h>
#include "tap.h"

#define BUFFER_TOO_SHORT 0xC0000004u  /* STATUS_INFO_LENGTH_MISMATCH */
#define BUFFER_OVERFLOW 0x80000005u
#define NO_MORE_FILES 0x80000006u
#define INVALID_INFO_CLASS 0xC0000003u
#define INVALID_PARAMETER 0xC000000Du
#define NO_SUCH_FILE 0xC000000Fu
#define END_OF_FILE 0xC0000011u
#define NAME_INVALID 0xC0000033u
#define NAME_NOT_FOUND 0xC0000034u
#define NAME_COLLISION 0xC0000035u
#define PATH_NOT_FOUND 0xC000003Au
#define SHARING_VIOLATION 0xC0000043u
#define CANNOT_DELETE 0xC0000121u
#define USER_MAPPED_FILE 0xC0000243u
#define IS_A_DIRECTORY 0xC00000BAu
#define NOT_A_DIRECTORY 0xC0000103u

typedef unsigned(NTAPI *QUERY_DIRECTORY)(HANDLE, HANDLE, PVOID, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG, BOOLEAN, PUNICODE_STRING, BOOLEAN);
typedef unsigned(NTAPI *QUERY_FILE)(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG);

typedef NTSTATUS(NTAPI *CREATE_FILE)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, PLARGE_INTEGER, ULONG, ULONG, ULONG, ULONG, PVOID, ULONG);

/* A plain program links with kernel32 only; the native calls are found by name. */
static QUERY_DIRECTORY QueryDirectory;
static QUERY_FILE QueryFile, QueryVolume;
static CREATE_FILE CreateNative;

static UNICODE_STRING Str(const WCHAR *Text)
{
    UNICODE_STRING String = {(USHORT)(lstrlenW(Text) * 2), (USHORT)(lstrlenW(Text) * 2 + 2), (PWSTR)Text};

    return String;
}

/* What all directory classes begin with. */
typedef struct {
    ULONG Next, Index;
    LARGE_INTEGER Created, Accessed, Written, Changed, EndOfFile, Allocation;
    ULONG Attributes, NameLength;
} ENTRY;

static const struct { const char *Name; ULONG Class, NameOffset; } Classes[] = {
    {"FileDirectoryInformation", 1, 64}, {"FileFullDirectoryInformation", 2, 68}, {"FileBothDirectoryInformation", 3, 94},
    {"FileIdBothDirectoryInformation", 37, 104}, {"FileIdFullDirectoryInformation", 38, 80},
};

static unsigned OpenAt(HANDLE Root, const WCHAR *Name, ACCESS_MASK Access, ULONG Share, ULONG Disposition, ULONG Options, PHANDLE Handle)
{
    UNICODE_STRING String = Str(Name);
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Status;

    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE, Root, NULL);
    *Handle = NULL;
    return (unsigned)CreateNative(Handle, Access | SYNCHRONIZE, &Attributes, &Status, NULL, 0, Share, Disposition,
                                  Options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

static HANDLE OpenDirectory(const WCHAR *Name)
{
    HANDLE Handle;

    OpenAt(NULL, Name, FILE_LIST_DIRECTORY, FILE_SHARE_READ, FILE_OPEN, FILE_DIRECTORY_FILE, &Handle);
    return Handle;
}

/* All names that match, through one class; returns how many, and in *Status the last query's status. */
static int CountMatches(const WCHAR *Pattern, ULONG Class, ULONG NameOffset, ULONG BufferSize, unsigned *Status)
{
    static unsigned char Buffer[8192];
    HANDLE Directory = OpenDirectory(L"\\??\\C:\\Windows\\System32");
    UNICODE_STRING String = Str(Pattern);
    IO_STATUS_BLOCK Iosb;
    int Count = 0;

    while ((*Status = QueryDirectory(Directory, NULL, NULL, NULL, &Iosb, Buffer, BufferSize, Class, FALSE, &String, FALSE)) == 0) {
        for (unsigned char *At = Buffer;; At += ((ENTRY *)At)->Next) {
            ENTRY *Entry = (ENTRY *)At;
            Count++;
            if (At + NameOffset + Entry->NameLength > Buffer + Iosb.Information || Entry->NameLength == 0) {
                Count = -1000;
            }
            if (Entry->Next == 0) {
                break;
            }
        }
    }
    CloseHandle(Directory);
    return Count;
}

static void Directories(void)
{
    unsigned Status;
    int All = CountMatches(L"*", 1, 64, 8192, &Status);

    Ok(All >= 8 && Status == NO_MORE_FILES, "System32 has entries");
    for (unsigned Index = 0; Index < sizeof Classes / sizeof *Classes; Index++) {
        Is((unsigned)CountMatches(L"*", Classes[Index].Class, Classes[Index].NameOffset, 8192, &Status), (unsigned)All, Classes[Index].Name);
        Is((unsigned)CountMatches(L"*", Classes[Index].Class, Classes[Index].NameOffset, 400, &Status), (unsigned)All, "the same in small pieces");
    }
    Is((unsigned)CountMatches(L"KERNEL32.DLL", 1, 64, 8192, &Status), 1, "one name, whatever its case");
    Is((unsigned)CountMatches(L"kernel32.d??", 1, 64, 8192, &Status), 1, "question marks");
    Is((unsigned)CountMatches(L"nothing*here", 1, 64, 8192, &Status), 0, "no match");
    Is(Status, NO_SUCH_FILE, "is STATUS_NO_SUCH_FILE on the first query");
    Is((unsigned)CountMatches(L"*", 99, 64, 8192, &Status), 0, "an unknown class");
    Is(Status, INVALID_INFO_CLASS, "is refused");
    CountMatches(L"*", 1, 64, 32, &Status);
    Is(Status, BUFFER_TOO_SHORT, "a buffer for not even the fixed part");
}

static void Scanning(void)
{
    HANDLE Directory = OpenDirectory(L"\\??\\C:\\Windows");
    unsigned char Buffer[600], First[600];
    IO_STATUS_BLOCK Iosb;

    Is(QueryDirectory(Directory, NULL, NULL, NULL, &Iosb, First, 600, 1, TRUE, NULL, FALSE), 0, "one entry");
    Is(((ENTRY *)First)->Next, 0, "and no more");
    Is(((WCHAR *)(First + 64))[0], '.', "a subdirectory begins with itself");
    Is(QueryDirectory(Directory, NULL, NULL, NULL, &Iosb, Buffer, 600, 1, TRUE, NULL, FALSE), 0, "the next");
    Is(((ENTRY *)Buffer)->NameLength, 4, "its parent");
    Is(QueryDirectory(Directory, NULL, NULL, NULL, &Iosb, Buffer, 600, 1, TRUE, NULL, TRUE), 0, "from the start again");
    Ok(((ENTRY *)Buffer)->NameLength == ((ENTRY *)First)->NameLength && Buffer[64] == First[64], "gives the first again");
    Is(QueryDirectory(Directory, NULL, NULL, NULL, &Iosb, Buffer, 600, 1, TRUE, NULL, FALSE), 0, "its parent");
    Is(QueryDirectory(Directory, NULL, NULL, NULL, &Iosb, Buffer, 72, 1, TRUE, NULL, FALSE), BUFFER_OVERFLOW, "a name that is cut");
    Is(QueryDirectory(Directory, NULL, NULL, NULL, &Iosb, (PVOID)8, 600, 1, TRUE, NULL, FALSE), 0xC0000005u, "a buffer nowhere");
    CloseHandle(Directory);
}

static void Names(void)
{
    static const struct { const WCHAR *Name; unsigned Status; const char *What; } Cases[] = {
        {L"\\??\\C:\\Windows\\System32\\nosuch.dll", NAME_NOT_FOUND, "a name that is not there"},
        {L"\\??\\C:\\nosuch\\x", PATH_NOT_FOUND, "a path that is not there"},
        {L"\\??\\C:\\Windows\\System32\\kernel32.dll\\x", PATH_NOT_FOUND, "a file in the middle of a path"},
        {L"\\??\\C:\\Windows\\a*b", NAME_INVALID, "an asterisk"},
        {L"\\??\\C:\\Windows\\\\System32", NAME_INVALID, "two backslashes"},
        {L"\\??\\C:\\Windows\\System32\\kernel32.dll\\", NAME_INVALID, "a file with a backslash at its end"},
        {L"\\??\\C:\\windows\\SYSTEM32\\Kernel32.dll", 0, "other case"},
        {L"\\??\\C:\\Windows\\", 0, "a directory with a backslash at its end"},
        {L"\\??\\C:\\", 0, "the root"},
        {L"\\??\\C:", 0, "the volume"},
    };
    HANDLE Handle, Root = OpenDirectory(L"\\??\\C:\\Windows");

    for (unsigned Index = 0; Index < sizeof Cases / sizeof *Cases; Index++) {
        Is(OpenAt(NULL, Cases[Index].Name, FILE_READ_ATTRIBUTES, 7, FILE_OPEN, 0, &Handle), Cases[Index].Status, Cases[Index].What);
        if (Handle != NULL) {
            CloseHandle(Handle);
        }
    }
    Is(OpenAt(Root, L"System32\\ntdll.dll", FILE_READ_DATA, 7, FILE_OPEN, 0, &Handle), 0, "relative to a directory");
    CloseHandle(Handle);
    Is(OpenAt(Root, L"", FILE_READ_ATTRIBUTES, 7, FILE_OPEN, 0, &Handle), 0, "the directory itself, again");
    CloseHandle(Handle);
    Is(OpenAt(NULL, L"\\??\\C:\\Windows", FILE_READ_DATA, 7, FILE_OPEN, FILE_NON_DIRECTORY_FILE, &Handle), IS_A_DIRECTORY, "a directory as a file");
    Is(OpenAt(Root, L"System32\\ntdll.dll", FILE_READ_DATA, 7, FILE_OPEN, FILE_DIRECTORY_FILE, &Handle), NOT_A_DIRECTORY, "a file as a directory");
    CloseHandle(Root);
}

/* What runs is neither written nor overwritten, and can be opened to delete it, but not deleted. */
static void InUse(void)
{
    HANDLE Handle;

    Is(OpenAt(NULL, L"\\??\\C:\\new.txt", FILE_READ_DATA | DELETE, 7, FILE_CREATE, FILE_DELETE_ON_CLOSE, &Handle), 0, "creating");
    CloseHandle(Handle);
    Is(OpenAt(NULL, L"\\??\\C:\\new.txt", FILE_READ_DATA | DELETE, 7, FILE_OPEN_IF, FILE_DELETE_ON_CLOSE, &Handle), 0, "opening or creating");
    CloseHandle(Handle);
    Is(OpenAt(NULL, L"\\??\\C:\\new.txt", FILE_READ_DATA, 7, FILE_OPEN, 0, &Handle), NAME_NOT_FOUND, "it is gone with its handle");
    Is(OpenAt(NULL, L"\\??\\C:\\Windows\\System32\\ntdll.dll", FILE_READ_DATA, 7, FILE_CREATE, 0, &Handle), NAME_COLLISION, "creating what is there");
    Is(OpenAt(NULL, L"\\??\\C:\\Windows\\System32\\ntdll.dll", FILE_WRITE_DATA, 7, FILE_OPEN, 0, &Handle), SHARING_VIOLATION, "opening to write");
    Is(OpenAt(NULL, L"\\??\\C:\\Windows\\System32\\ntdll.dll", FILE_READ_DATA, 7, FILE_OVERWRITE, 0, &Handle), USER_MAPPED_FILE, "overwriting");
    Is(OpenAt(NULL, L"\\??\\C:\\Windows\\System32\\ntdll.dll", DELETE, 7, FILE_OPEN, 0, &Handle), 0, "opening to delete");
    CloseHandle(Handle);
    Is(OpenAt(NULL, L"\\??\\C:\\Windows\\System32\\ntdll.dll", DELETE, 7, FILE_OPEN, FILE_DELETE_ON_CLOSE, &Handle), CANNOT_DELETE, "to delete on close");
}

static void Sharing(void)
{
    HANDLE First, Second;
    const WCHAR *Name = L"\\??\\C:\\Windows\\System32\\ucrtbase.dll";
    Is(OpenAt(NULL, Name, FILE_READ_DATA, 0, FILE_OPEN, 0, &First), 0, "an exclusive open");
    Is(OpenAt(NULL, Name, FILE_READ_DATA, 7, FILE_OPEN, 0, &Second), SHARING_VIOLATION, "excludes a reader");
    Is(OpenAt(NULL, Name, FILE_READ_ATTRIBUTES, 0, FILE_OPEN, 0, &Second), 0, "but not one who only asks for attributes");
    CloseHandle(Second);
    CloseHandle(First);
    Is(OpenAt(NULL, Name, FILE_READ_DATA, FILE_SHARE_READ, FILE_OPEN, 0, &First), 0, "afterwards it is free");
    Is(OpenAt(NULL, Name, FILE_READ_DATA, FILE_SHARE_READ, FILE_OPEN, 0, &Second), 0, "for two readers");
    CloseHandle(Second);
    CloseHandle(First);
}

static void Information(void)
{
    static const struct { const char *Name; ULONG Class, Size; } Fixed[] = {
        {"FileBasicInformation", 4, 40}, {"FileStandardInformation", 5, 24}, {"FileInternalInformation", 6, 8}, {"FileEaInformation", 7, 4},
        {"FilePositionInformation", 14, 8}, {"FileNetworkOpenInformation", 34, 56}, {"FileAttributeTagInformation", 35, 8},
    };
    static unsigned char Buffer[1024];
    IO_STATUS_BLOCK Iosb;
    HANDLE File;

    OpenAt(NULL, L"\\??\\C:\\Windows\\System32\\ntdll.dll", FILE_READ_DATA | FILE_READ_ATTRIBUTES, 7, FILE_OPEN, 0, &File);
    for (unsigned Index = 0; Index < sizeof Fixed / sizeof *Fixed; Index++) {
        Is(QueryFile(File, &Iosb, Buffer, Fixed[Index].Size, Fixed[Index].Class), 0, Fixed[Index].Name);
        Is(Iosb.Information, Fixed[Index].Size, "its size");
        Is(QueryFile(File, &Iosb, Buffer, Fixed[Index].Size - 1, Fixed[Index].Class), BUFFER_TOO_SHORT, "a byte less");
    }
    Is(QueryFile(File, &Iosb, Buffer, sizeof Buffer, 9), 0, "FileNameInformation");
    Ok(*(ULONG *)Buffer == 27 * 2 && memcmp(Buffer + 4, L"\\Windows\\System32\\ntdll.dll", 27 * 2) == 0, "the path from the root");
    Is(QueryFile(File, &Iosb, Buffer, 4 + 16, 9), BUFFER_OVERFLOW, "cut");
    Ok(*(ULONG *)Buffer == 27 * 2 && Iosb.Information == 20, "with its true length");
    Is(QueryFile(File, &Iosb, Buffer, sizeof Buffer, 18), 0, "FileAllInformation");
    Is(QueryFile(File, &Iosb, Buffer, sizeof Buffer, 22), 0, "FileStreamInformation");
    Ok(memcmp(Buffer + 24, L"::$DATA", 14) == 0, "one stream");
    Is(QueryFile(File, &Iosb, Buffer, sizeof Buffer, 999), INVALID_INFO_CLASS, "no such class");
    Is(QueryVolume(File, &Iosb, Buffer, sizeof Buffer, 1), 0, "FileFsVolumeInformation");
    Is(QueryVolume(File, &Iosb, Buffer, 24, 3), 0, "FileFsSizeInformation");
    Ok(*(LONGLONG *)Buffer > *(LONGLONG *)(Buffer + 8) && *(ULONG *)(Buffer + 20) >= 512, "units, free units, bytes in a sector");
    Is(QueryVolume(File, &Iosb, Buffer, sizeof Buffer, 5), 0, "FileFsAttributeInformation");
    Ok(memcmp(Buffer + 12, L"FAT", 6) == 0, "FAT");
    CloseHandle(File);
}

static unsigned ReadAt(HANDLE File, LONGLONG Offset, PVOID Buffer, ULONG Length, ULONG_PTR *Done)
{
    static NTSTATUS(NTAPI * Read)(HANDLE, HANDLE, PVOID, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER, PULONG);
    LARGE_INTEGER At = {.QuadPart = Offset};
    IO_STATUS_BLOCK Iosb = {.Information = 0};

    if (Read == NULL) {
        Read = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtReadFile");
    }
    unsigned Status = (unsigned)Read(File, NULL, NULL, NULL, &Iosb, Buffer, Length, &At, NULL);
    *Done = Iosb.Information;
    return Status;
}

/* The cache, the disk, and a mapped view must all say the same. */
static void Reading(void)
{
    const WCHAR *Name = L"\\??\\C:\\Windows\\System32\\msvcrt.dll";
    unsigned char *Cached = VirtualAlloc(NULL, 1 << 17, MEM_COMMIT, PAGE_READWRITE), *Direct = VirtualAlloc(NULL, 1 << 17, MEM_COMMIT, PAGE_READWRITE);
    HANDLE File, Uncached;
    LARGE_INTEGER Size;
    ULONG_PTR Done;
    int Same = 1;

    OpenAt(NULL, Name, FILE_READ_DATA | FILE_READ_ATTRIBUTES, 7, FILE_OPEN, 0, &File);
    OpenAt(NULL, Name, FILE_READ_DATA, 7, FILE_OPEN, FILE_NO_INTERMEDIATE_BUFFERING, &Uncached);
    GetFileSizeEx(File, &Size);
    HANDLE Mapping = CreateFileMappingA(File, NULL, PAGE_READONLY, 0, 0, NULL);
    const unsigned char *View = MapViewOfFile(Mapping, FILE_MAP_READ, 0, 0, 0);
    for (LONGLONG At = 0; At < Size.QuadPart; At += 1 << 17) {
        ULONG_PTR DoneDirect;
        LONGLONG Left = Size.QuadPart - At, Here = Left < 1 << 17 ? Left : 1 << 17;
        Same &= ReadAt(File, At, Cached, 1 << 17, &Done) == 0 && Done == (ULONG_PTR)Here;
        Same &= ReadAt(Uncached, At, Direct, 1 << 17, &DoneDirect) == 0 && DoneDirect == (ULONG_PTR)Here;
        Same &= memcmp(Cached, Direct, (size_t)Here) == 0 && View != NULL && memcmp(Cached, View + At, (size_t)Here) == 0;
    }
    Ok(Same, "cached, uncached and mapped: %lld equal bytes", Size.QuadPart);
    Is(ReadAt(File, Size.QuadPart, Cached, 10, &Done), END_OF_FILE, "at the end");
    Is(ReadAt(File, Size.QuadPart - 3, Cached, 10, &Done), 0, "just before it");
    Is(Done, 3, "three bytes are left");
    Is(ReadAt(Uncached, 100, Direct, 512, &Done), INVALID_PARAMETER, "uncached, not on a sector");
    Is(ReadAt(Uncached, 0, Direct, 100, &Done), INVALID_PARAMETER, "uncached, not whole sectors");
    Is(ReadAt(File, 0, (PVOID)8, 4096, &Done), 0xC0000005u, "into nowhere");
    UnmapViewOfFile(View);
    CloseHandle(Mapping);
    CloseHandle(Uncached);
    CloseHandle(File);
}

int main(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");

    QueryDirectory = (QUERY_DIRECTORY)(void *)GetProcAddress(Ntdll, "NtQueryDirectoryFile");
    CreateNative = (CREATE_FILE)(void *)GetProcAddress(Ntdll, "NtCreateFile");
    QueryFile = (QUERY_FILE)(void *)GetProcAddress(Ntdll, "NtQueryInformationFile");
    QueryVolume = (QUERY_FILE)(void *)GetProcAddress(Ntdll, "NtQueryVolumeInformationFile");
    Directories();
    Scanning();
    Names();
    InUse();
    Sharing();
    Information();
    Reading();
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * section.c - sections and views: statuses, protections, offsets, reserved sections, copy on write, questions, other processes' memory.
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>
#include <string.h>
#include "tap.h"

#define SELF ((HANDLE)-1)
#define SHARE 1
#define UNMAP 2
#define ALL 0xF001F /* SECTION_ALL_ACCESS */
#define MAP_READ 4
#define MAP_WRITE 2
#define SECTION_QUERY_ 1

typedef NTSTATUS (NTAPI *CREATE)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PLARGE_INTEGER, ULONG, ULONG, HANDLE);
typedef NTSTATUS (NTAPI *MAP)(HANDLE, HANDLE, PVOID *, ULONG_PTR, SIZE_T, PLARGE_INTEGER, PSIZE_T, ULONG, ULONG, ULONG);
typedef NTSTATUS (NTAPI *UNMAPVIEW)(HANDLE, PVOID);
typedef NTSTATUS (NTAPI *QUERYSECTION)(HANDLE, ULONG, PVOID, SIZE_T, PSIZE_T);
typedef NTSTATUS (NTAPI *EXTEND)(HANDLE, PLARGE_INTEGER);
typedef NTSTATUS (NTAPI *COPY)(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);

static CREATE Create;
static MAP Map;
static UNMAPVIEW Unmap;
static QUERYSECTION QuerySection;
static EXTEND Extend;
static COPY Read, Write;

/* Two statuses. */
static void Same(NTSTATUS Got, ULONG Expected, const char *What)
{
    Is((ULONG)Got, Expected, What);
}

static void *Proc(const char *Name)
{
    return (void *)(ULONG_PTR)GetProcAddress(GetModuleHandleA("ntdll.dll"), Name);
}

static NTSTATUS TryCreate(ULONG64 Size, ULONG Protect, ULONG Attributes, HANDLE File)
{
    LARGE_INTEGER Maximum = {.QuadPart = (LONGLONG)Size};
    HANDLE Section = NULL;
    NTSTATUS Status = Create(&Section, ALL, NULL, Size != 0 ? &Maximum : NULL, Protect, Attributes, File);

    if (NT_SUCCESS(Status)) {
        CloseHandle(Section);
    }
    return Status;
}

static HANDLE Make(ULONG64 Size, ULONG Protect, ULONG Attributes, ACCESS_MASK Access)
{
    LARGE_INTEGER Maximum = {.QuadPart = (LONGLONG)Size};
    HANDLE Section = NULL;

    Create(&Section, Access, NULL, &Maximum, Protect, Attributes, NULL);
    return Section;
}

static NTSTATUS View(HANDLE Section, PVOID *Base, ULONG64 Offset, SIZE_T Size, ULONG Type, ULONG Protect)
{
    LARGE_INTEGER At = {.QuadPart = (LONGLONG)Offset};

    return Map(Section, SELF, Base, 0, 0, &At, &Size, UNMAP, Type, Protect);
}

/* The view, if there is one, is given back. */
static NTSTATUS TryView(HANDLE Section, PVOID Base, ULONG64 Offset, SIZE_T Size, ULONG Type, ULONG Protect)
{
    NTSTATUS Status = View(Section, &Base, Offset, Size, Type, Protect);

    if (NT_SUCCESS(Status)) {
        Unmap(SELF, Base);
    }
    return Status;
}

static void CreateStatuses(void)
{
    HANDLE Section;

    Same(TryCreate(0x1000, PAGE_READWRITE, 0, NULL), STATUS_INVALID_PARAMETER_6, "no attribute");
    Same(TryCreate(0x1000, PAGE_READWRITE, SEC_COMMIT | SEC_RESERVE, NULL), STATUS_INVALID_PARAMETER_6, "two kinds");
    Same(TryCreate(0x1000, PAGE_READWRITE, SEC_COMMIT | 1, NULL), STATUS_INVALID_PARAMETER_6, "unknown bit");
    Same(TryCreate(0x1000, 0, SEC_COMMIT, NULL), STATUS_INVALID_PAGE_PROTECTION, "protection 0");
    Same(TryCreate(0x1000, PAGE_READWRITE | PAGE_GUARD, SEC_COMMIT, NULL), STATUS_INVALID_PAGE_PROTECTION, "guard");
    Same(TryCreate(0x1000, PAGE_NOACCESS, SEC_COMMIT, NULL), STATUS_INVALID_PAGE_PROTECTION, "no access");
    Same(TryCreate(0, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_INVALID_PARAMETER_4, "no size");
    Same(TryCreate(0x1000, PAGE_READONLY, SEC_IMAGE, NULL), STATUS_INVALID_FILE_FOR_SECTION, "an image of nothing");
    Same(TryCreate(0x1000, PAGE_READWRITE, SEC_COMMIT, (HANDLE)0x1234), STATUS_INVALID_HANDLE, "a bad file");
    Same(TryCreate(0x1000, PAGE_READWRITE, SEC_COMMIT, GetCurrentThread()), STATUS_OBJECT_TYPE_MISMATCH, "no file");
    Same(TryCreate((ULONG64)1 << 45, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_COMMITMENT_LIMIT, "more than can be promised");
    Same(TryCreate(0x1000, PAGE_READWRITE, SEC_COMMIT | SEC_NOCACHE, NULL), 0, "uncached");
    Section = Make((ULONG64)1 << 32, PAGE_READWRITE, SEC_RESERVE, ALL);
    Ok(Section != NULL, "4 GiB reserved cost nothing");
    CloseHandle(Section);
}

static void ViewStatuses(void)
{
    HANDLE Section = Make(0x30000, PAGE_READWRITE, SEC_COMMIT, ALL), ReadOnly = Make(0x10000, PAGE_READONLY, SEC_COMMIT, ALL), Weak;
    PVOID Base = NULL, Second;
    SIZE_T Size = 0;
    LARGE_INTEGER Offset = {.QuadPart = 0};

    DuplicateHandle(SELF, Section, SELF, &Weak, MAP_READ, FALSE, 0);
    Same(TryView(Section, NULL, 0x1000, 0, 0, PAGE_READWRITE), STATUS_MAPPED_ALIGNMENT, "an odd offset");
    Same(TryView(Section, (PVOID)0x12345000, 0, 0, 0, PAGE_READWRITE), STATUS_MAPPED_ALIGNMENT, "an odd address");
    Same(TryView(Section, NULL, 0x30000, 0, 0, PAGE_READWRITE), STATUS_INVALID_VIEW_SIZE, "at the end");
    Same(TryView(Section, NULL, 0x20000, 0x20000, 0, PAGE_READWRITE), STATUS_INVALID_VIEW_SIZE, "over the end");
    Same(TryView(Section, NULL, (ULONG64)-0x10000, 0x1000, 0, PAGE_READWRITE), STATUS_INVALID_VIEW_SIZE, "before the start");
    Same(TryView(Section, NULL, 0, 0, 0, PAGE_EXECUTE_READ), STATUS_SECTION_PROTECTION, "not executable");
    Same(TryView(ReadOnly, NULL, 0, 0, 0, PAGE_READWRITE), STATUS_SECTION_PROTECTION, "not writable");
    Same(TryView(ReadOnly, NULL, 0, 0, 0, PAGE_WRITECOPY), 0, "but a copy may be written");
    Same(TryView(Weak, NULL, 0, 0, 0, PAGE_READWRITE), STATUS_ACCESS_DENIED, "the handle does not permit it");
    Same(TryView(Weak, NULL, 0, 0, 0, PAGE_READONLY), 0, "to read it does");
    Same(TryView(Section, NULL, 0, 0, 0x80, PAGE_READWRITE), STATUS_INVALID_PARAMETER_9, "unknown type");
    Same(TryView(Section, NULL, 0, 0, 0, 3), STATUS_INVALID_PAGE_PROTECTION, "nonsense protection");
    Same(TryView(Section, (PVOID)0xFFFF800000000000ULL, 0, 0, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_3, "a kernel address");
    Same(Map(Section, SELF, &Base, 22, 0, &Offset, &Size, UNMAP, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4, "22 zero bits");
    Same(Map(Section, SELF, &Base, 0, 0, &Offset, &Size, 3, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_8, "inherited how?");
    Same(Map(Section, (HANDLE)0x1234, &Base, 0, 0, &Offset, &Size, SHARE, 0, PAGE_READWRITE), STATUS_INVALID_HANDLE, "a bad process");
    Same(View(Section, &Base, 0x10000, 0x1001, 0, PAGE_READWRITE), 0, "a view of two pages");
    Second = Base;
    Same(TryView(Section, Second, 0, 0, 0, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES, "the place is taken");
    *((char *)Base + 0x1FFF) = 'e';
    Same(Unmap(SELF, (char *)Base + 0x1234), 0, "any address of the view unmaps it");
    Same(Unmap(SELF, Base), STATUS_NOT_MAPPED_VIEW, "once");
    Same(Unmap(SELF, (PVOID)0xFFFF800000000000ULL), STATUS_NOT_MAPPED_VIEW, "never a kernel address");
    Base = NULL;
    Same(View(Section, &Base, 0x10000, 0, MEM_TOP_DOWN, PAGE_READONLY), 0, "mapped again, top-down");
    Is(((UCHAR *)Base)[0x1FFF], 'e', "the section keeps what was written");
    Unmap(SELF, Base);
    CloseHandle(Weak);
    CloseHandle(ReadOnly);
    CloseHandle(Section);
}

static MEMORY_BASIC_INFORMATION Query(void *Address)
{
    MEMORY_BASIC_INFORMATION Information = {0};

    VirtualQuery(Address, &Information, sizeof(Information));
    return Information;
}

static void Reserved(void)
{
    HANDLE Section = Make(0x40000, PAGE_READWRITE, SEC_RESERVE, ALL);
    PVOID First = NULL, Second = NULL;
    LARGE_INTEGER Offset = {.QuadPart = 0};
    SIZE_T Size = 0;
    DWORD Old;

    Same(Map(Section, SELF, &First, 0, 0x2000, &Offset, &Size, UNMAP, 0, PAGE_READWRITE), 0, "mapped, two pages committed");
    Same(View(Section, &Second, 0, 0, 0, PAGE_READWRITE), 0, "and again");
    Ok(Query(First).State == MEM_COMMIT && Query(First).RegionSize == 0x2000, "committed");
    Ok(Query((char *)First + 0x2000).State == MEM_RESERVE && Query((char *)First + 0x2000).Type == MEM_MAPPED, "reserved");
    Is(IsBadReadPtr((char *)First + 0x2000, 1), 1, "not to be touched");
    Ok(VirtualAlloc((char *)First + 0x10000, 0x1000, MEM_COMMIT, PAGE_READWRITE) == (char *)First + 0x10000, "another page committed");
    *((char *)First + 0x10000) = 'r';
    Is(((UCHAR *)Second)[0x10000], 'r', "for the other view too");
    Is(Query((char *)Second + 0x10000).State, MEM_COMMIT, "which says so");
    Ok(!VirtualFree((char *)First + 0x10000, 0x1000, MEM_DECOMMIT), "it cannot be decommitted");
    Ok(!VirtualProtect((char *)First + 0x20000, 0x1000, PAGE_READONLY, &Old) && GetLastError() == ERROR_INVALID_ADDRESS,
       "nor protected before it is committed");
    Unmap(SELF, First);
    Unmap(SELF, Second);
    CloseHandle(Section);
}

static void CopyOnWrite(void)
{
    HANDLE Section = Make(0x10000, PAGE_READWRITE, SEC_COMMIT, ALL);
    PVOID Shared = NULL, Copy = NULL;
    DWORD Old = 0;

    View(Section, &Shared, 0, 0, 0, PAGE_READWRITE);
    View(Section, &Copy, 0, 0, 0, PAGE_WRITECOPY);
    volatile char *S = Shared, *C = Copy;
    S[0] = 1;
    S[0x1000] = 1;
    Is((UCHAR)C[0], 1, "seen through the copy view");
    C[0] = 2;
    Ok(S[0] == 1 && C[0] == 2, "a write makes a copy");
    S[1] = 9;
    Is((UCHAR)C[1], 0, "from then on separate");
    Is(Query(Copy).Protect, PAGE_READWRITE, "the copied page is read/write");
    Is(Query((char *)Copy + 0x1000).Protect, PAGE_WRITECOPY, "the others are not copied");
    Ok(VirtualProtect(Copy, 0x2000, PAGE_READONLY, &Old) && Old == PAGE_READWRITE, "both read-only");
    Ok(VirtualProtect((char *)Copy + 0x1000, 0x1000, PAGE_READWRITE, &Old) && Old == PAGE_READONLY, "one writable again");
    Is(Query((char *)Copy + 0x1000).Protect, PAGE_WRITECOPY, "which means write-copy");
    C[0x1000] = 3;
    Is((UCHAR)S[0x1000], 1, "and so it is");
    Ok(!VirtualProtect(Shared, 0x1000, PAGE_EXECUTE_READ, &Old) && GetLastError() == ERROR_INVALID_PARAMETER, "a view cannot get what the section has not");
    Ok(VirtualProtect(Shared, 0x1000, PAGE_NOACCESS, &Old) && IsBadReadPtr(Shared, 1), "no access");
    Ok(VirtualProtect(Shared, 0x1000, PAGE_READWRITE, &Old) && S[0] == 1, "and back, with its contents");
    Unmap(SELF, Shared);
    Unmap(SELF, Copy);
    CloseHandle(Section);
}

/* A view without access reserves a place; what it shows is for later. */
static void NoAccess(void)
{
    HANDLE Section = Make(0x2000, PAGE_READWRITE, SEC_COMMIT, ALL);
    char *Shared = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 0), *View = MapViewOfFile(Section, 0, 0, 0, 0);
    DWORD Old;

    Shared[5] = 7;
    Ok(View != NULL && Query(View).Protect == PAGE_NOACCESS && Query(View).AllocationProtect == PAGE_NOACCESS, "a view without access");
    Ok(IsBadReadPtr(View, 1), "which cannot be read");
    Ok(VirtualProtect(View, 0x2000, PAGE_READONLY, &Old) && Old == PAGE_NOACCESS && View[5] == 7, "until it is given some");
    Unmap(SELF, View);
    Unmap(SELF, Shared);
    CloseHandle(Section);
}

static void Questions(void)
{
    struct { PVOID Base; ULONG Attributes; LARGE_INTEGER Size; } Basic;
    UCHAR Image[64];
    HANDLE Section = Make(0x1234, PAGE_READWRITE, SEC_COMMIT, ALL), Blind, File, ImageSection = NULL;
    SIZE_T Got = 0;
    LARGE_INTEGER Bigger = {.QuadPart = 0x20000};
    char Path[MAX_PATH];

    DuplicateHandle(SELF, Section, SELF, &Blind, MAP_READ, FALSE, 0);
    Same(QuerySection(Section, 0, &Basic, sizeof(Basic), &Got), 0, "basic");
    Ok(Basic.Size.QuadPart == 0x2000 && Basic.Attributes == SEC_COMMIT && Basic.Base == NULL && Got == sizeof(Basic), "size in pages, attributes");
    Same(QuerySection(Section, 0, &Basic, sizeof(Basic) - 1, NULL), STATUS_INFO_LENGTH_MISMATCH, "too short");
    Same(QuerySection(Section, 1, Image, sizeof(Image), NULL), STATUS_SECTION_NOT_IMAGE, "no image");
    Same(QuerySection(Section, 17, &Basic, sizeof(Basic), NULL), STATUS_INVALID_INFO_CLASS, "no such class");
    Same(QuerySection(Blind, 0, &Basic, sizeof(Basic), NULL), STATUS_ACCESS_DENIED, "no access");
    Same(Extend(Section, &Bigger), STATUS_SECTION_NOT_EXTENDED, "only a file's section grows");
    GetModuleFileNameA(NULL, Path, sizeof(Path));
    File = CreateFileA(Path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    Same(Create(&ImageSection, ALL, NULL, NULL, PAGE_READONLY, SEC_IMAGE, File), 0, "our own image");
    Same(QuerySection(ImageSection, 1, Image, sizeof(Image), &Got), 0, "image information");
    Ok(*(USHORT *)(Image + 0x30) == IMAGE_FILE_MACHINE_AMD64 && *(ULONG *)(Image + 0x20) == IMAGE_SUBSYSTEM_WINDOWS_CUI, "machine, subsystem");
    Same(QuerySection(ImageSection, 0, &Basic, sizeof(Basic), &Got), 0, "and basic");
    Ok((Basic.Attributes & (SEC_IMAGE | SEC_FILE)) == (SEC_IMAGE | SEC_FILE), "image and file");
    Same(TryCreate(0x10000000, PAGE_READONLY, SEC_COMMIT, File), STATUS_SECTION_TOO_BIG, "a read-only file does not grow");
    Same(TryCreate(0, PAGE_READWRITE, SEC_COMMIT, File), STATUS_ACCESS_DENIED, "nor is it written");
    Same(TryCreate(0, PAGE_WRITECOPY, SEC_COMMIT, File), 0, "but copied");
    Same(TryCreate(0, PAGE_READONLY, SEC_COMMIT, File), 0, "and read");
    CloseHandle(File);
    File = CreateFileA("C:\\Windows", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    Same(TryCreate(0, PAGE_READONLY, SEC_COMMIT, File), STATUS_INVALID_FILE_FOR_SECTION, "a directory");
    CloseHandle(File);
    CloseHandle(ImageSection);
    CloseHandle(Blind);
    CloseHandle(Section);
}

/* What of another process can be had is had. */
static void Partial(void)
{
    char *Base = VirtualAlloc(NULL, 0x4000, MEM_RESERVE, PAGE_READWRITE), Buffer[0x3000];
    SIZE_T Done = 77;
    DWORD Old;

    VirtualAlloc(Base, 0x2000, MEM_COMMIT, PAGE_READWRITE);
    memset(Base, 0x33, 0x2000);
    Same(Read(SELF, Base + 0x1800, Buffer, 0x2000, &Done), STATUS_PARTIAL_COPY, "half of it is not there");
    Ok(Done == 0x800 && Buffer[0x7FF] == 0x33, "the half that is was read");
    Same(Read(SELF, Base + 0x3000, Buffer, 0x10, &Done), STATUS_PARTIAL_COPY, "nothing is there");
    Is(Done, 0, "0 bytes");
    Same(Read(SELF, (PVOID)0xFFFF800000000000ULL, Buffer, 0x10, &Done), STATUS_ACCESS_VIOLATION, "a kernel address");
    Same(Read(SELF, Base, Buffer, 0, &Done), 0, "0 bytes of it");
    Same(Write(SELF, Base + 0x1FF0, Buffer, 0x20, &Done), STATUS_PARTIAL_COPY, "written over the end");
    Is(Done, 0x10, "16 bytes");
    VirtualProtect(Base, 0x1000, PAGE_READONLY, &Old);
    Same(Write(SELF, Base, Buffer, 0x10, &Done), STATUS_PARTIAL_COPY, "read-only");
    VirtualProtect(Base, 0x1000, PAGE_EXECUTE_READ, &Old);
    Ok(WriteProcessMemory(SELF, Base, Buffer, 0x10, NULL) && Query(Base).Protect == PAGE_EXECUTE_READ, "Win32 unprotects code for the moment");
    Ok(!ReadProcessMemory(SELF, Base + 0x2000, Buffer, 1, &Done) && GetLastError() == ERROR_PARTIAL_COPY, "and its error");
    VirtualFree(Base, 0, MEM_RELEASE);
}

int main(void)
{
    Create = Proc("NtCreateSection");
    Map = Proc("NtMapViewOfSection");
    Unmap = Proc("NtUnmapViewOfSection");
    QuerySection = Proc("NtQuerySection");
    Extend = Proc("NtExtendSection");
    Read = Proc("NtReadVirtualMemory");
    Write = Proc("NtWriteVirtualMemory");
    CreateStatuses();
    ViewStatuses();
    Reserved();
    CopyOnWrite();
    NoAccess();
    Questions();
    Partial();
    return Done();
}

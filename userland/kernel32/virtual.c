/* SPDX-License-Identifier: MIT */
/*
 * virtual.c - virtual memory and file mappings.
 *
 * (Windows Internals, 7th ed., part 1, chapter 5, "Services provided by the memory manager".)
 */
#include "k32.h"

LPVOID WINAPI VirtualAllocEx(HANDLE Process, LPVOID Address, SIZE_T Size, DWORD Type, DWORD Protect)
{
    PVOID Base = Address;

    if (Address != NULL && (ULONG_PTR)Address < 0x10000) {
        BaseFail(ERROR_INVALID_PARAMETER); /* the native call would take 0..0xFFFF for "anywhere" after rounding */
        return NULL;
    }
    return BaseResult(NtAllocateVirtualMemory(Process, &Base, 0, &Size, Type, Protect)) ? Base : NULL;
}

LPVOID WINAPI VirtualAlloc(LPVOID Address, SIZE_T Size, DWORD Type, DWORD Protect)
{
    return VirtualAllocEx(NtCurrentProcess(), Address, Size, Type, Protect);
}

LPVOID WINAPI VirtualAllocExNuma(HANDLE Process, LPVOID Address, SIZE_T Size, DWORD Type, DWORD Protect, DWORD Node)
{
    UNUSED(Node);
    return VirtualAllocEx(Process, Address, Size, Type, Protect);
}

BOOL WINAPI VirtualFreeEx(HANDLE Process, LPVOID Address, SIZE_T Size, DWORD Type)
{
    if ((Type & MEM_RELEASE) && !(Type & 3) && Size != 0) { /* 3: the placeholder flags, which take a size */
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return BaseResult(NtFreeVirtualMemory(Process, &Address, &Size, Type));
}

BOOL WINAPI VirtualFree(LPVOID Address, SIZE_T Size, DWORD Type)
{
    return VirtualFreeEx(NtCurrentProcess(), Address, Size, Type);
}

BOOL WINAPI VirtualProtectEx(HANDLE Process, LPVOID Address, SIZE_T Size, DWORD New, PDWORD Old)
{
    ULONG Previous;

    if (!BaseResult(NtProtectVirtualMemory(Process, &Address, &Size, New, &Previous))) {
        return FALSE;
    }
    if (Old == NULL) {
        return BaseFail(ERROR_NOACCESS);
    }
    *Old = Previous;
    return TRUE;
}

BOOL WINAPI VirtualProtect(LPVOID Address, SIZE_T Size, DWORD New, PDWORD Old)
{
    return VirtualProtectEx(NtCurrentProcess(), Address, Size, New, Old);
}

SIZE_T WINAPI VirtualQueryEx(HANDLE Process, LPCVOID Address, PMEMORY_BASIC_INFORMATION Information, SIZE_T Length)
{
    SIZE_T Returned = 0;

    return BaseResult(NtQueryVirtualMemory(Process, (PVOID)Address, MemoryBasicInformation, Information, Length, &Returned)) ? Returned : 0;
}

SIZE_T WINAPI VirtualQuery(LPCVOID Address, PMEMORY_BASIC_INFORMATION Information, SIZE_T Length)
{
    return VirtualQueryEx(NtCurrentProcess(), Address, Information, Length);
}

BOOL WINAPI VirtualLock(LPVOID Address, SIZE_T Size)
{
    return BaseResult(NtLockVirtualMemory(NtCurrentProcess(), &Address, &Size, 1));
}

BOOL WINAPI VirtualUnlock(LPVOID Address, SIZE_T Size)
{
    return BaseResult(NtUnlockVirtualMemory(NtCurrentProcess(), &Address, &Size, 1));
}

SIZE_T WINAPI GetLargePageMinimum(void)
{
    return SHARED_DATA->LargePageMinimum;
}

/* ---- physical pages and windows to look at them through (kernel/mm/awe.c) ------------------------------------------------------------ */

BOOL WINAPI AllocateUserPhysicalPages(HANDLE Process, PULONG_PTR Count, PULONG_PTR Pages)
{
    return BaseResult(NtAllocateUserPhysicalPages(Process, Count, Pages));
}

BOOL WINAPI AllocateUserPhysicalPagesNuma(HANDLE Process, PULONG_PTR Count, PULONG_PTR Pages, DWORD Node)
{
    if (Node != 0) { /* one node */
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return AllocateUserPhysicalPages(Process, Count, Pages);
}

BOOL WINAPI FreeUserPhysicalPages(HANDLE Process, PULONG_PTR Count, PULONG_PTR Pages)
{
    return BaseResult(NtFreeUserPhysicalPages(Process, Count, Pages));
}

BOOL WINAPI MapUserPhysicalPages(PVOID Address, ULONG_PTR Count, PULONG_PTR Pages)
{
    return BaseResult(NtMapUserPhysicalPages(Address, Count, Pages));
}

BOOL WINAPI MapUserPhysicalPagesScatter(PVOID *Addresses, ULONG_PTR Count, PULONG_PTR Pages)
{
    return BaseResult(NtMapUserPhysicalPagesScatter(Addresses, Count, Pages));
}

/* ---- file mappings ------------------------------------------------------------------------------------------------------------- */

/* The low byte of the protection is the page protection, the rest is SEC_*. */
HANDLE WINAPI CreateFileMappingW(HANDLE File, LPSECURITY_ATTRIBUTES Security, DWORD Protect, DWORD SizeHigh, DWORD SizeLow, LPCWSTR Name)
{
    LARGE_INTEGER Size = {.HighPart = (LONG)SizeHigh, .LowPart = SizeLow};
    ULONG Attributes = Protect & (SEC_FILE | SEC_IMAGE | SEC_RESERVE | SEC_COMMIT | SEC_NOCACHE | SEC_LARGE_PAGES | SEC_WRITECOMBINE |
                                  SEC_IMAGE_NO_EXECUTE);
    ULONG Page = Protect ^ Attributes;
    DWORD Access = SECTION_QUERY | SECTION_MAP_READ | STANDARD_RIGHTS_REQUIRED;
    BASE_OBJECT Object;
    HANDLE Section = NULL;

    switch (Page) {
    case PAGE_READONLY:
    case PAGE_WRITECOPY:
        break;
    case PAGE_READWRITE:
        Access |= SECTION_MAP_WRITE;
        break;
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY:
        Access |= SECTION_MAP_EXECUTE;
        break;
    case PAGE_EXECUTE_READWRITE:
        Access |= SECTION_MAP_EXECUTE | SECTION_MAP_WRITE;
        break;
    default:
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (Attributes == 0) {
        Attributes = SEC_COMMIT;
    }
    if (File == INVALID_HANDLE_VALUE) {
        File = NULL;
        if (Size.QuadPart == 0) {
            BaseFail(ERROR_INVALID_PARAMETER);
            return NULL;
        }
    }
    NTSTATUS Status = BaseObjectAttributes(&Object, Name, Security, OBJ_OPENIF);
    if (NT_SUCCESS(Status)) {
        Status = NtCreateSection(&Section, Access, &Object.Attributes, Size.QuadPart != 0 ? &Size : NULL, Page,
                                 Attributes, File);
    }
    return BaseCreated(Status, Section);
}

HANDLE WINAPI CreateFileMappingA(HANDLE File, LPSECURITY_ATTRIBUTES Security, DWORD Protect, DWORD SizeHigh, DWORD SizeLow, LPCSTR Name)
{
    LPWSTR Wide;

    if (!BaseNameToWide(Name, &Wide)) {
        return NULL;
    }
    HANDLE Section = CreateFileMappingW(File, Security, Protect, SizeHigh, SizeLow, Wide);
    BaseFree(Wide);
    return Section;
}

HANDLE WINAPI OpenFileMappingW(DWORD Access, BOOL Inherit, LPCWSTR Name)
{
    BASE_OBJECT Object;
    HANDLE Section = NULL;

    if (Name == NULL) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (Access == FILE_MAP_COPY) {
        Access = SECTION_MAP_READ;
    } else if (Access & FILE_MAP_EXECUTE) {
        Access = (Access & ~(DWORD)FILE_MAP_EXECUTE) | SECTION_MAP_EXECUTE;
    }
    NTSTATUS Status = BaseObjectAttributes(&Object, Name, NULL, Inherit ? OBJ_INHERIT : 0);
    if (NT_SUCCESS(Status)) {
        Status = NtOpenSection(&Section, Access, &Object.Attributes);
    }
    return BaseResult(Status) ? Section : NULL;
}

HANDLE WINAPI OpenFileMappingA(DWORD Access, BOOL Inherit, LPCSTR Name)
{
    LPWSTR Wide;

    if (!BaseNameToWide(Name, &Wide)) {
        return NULL;
    }
    HANDLE Section = OpenFileMappingW(Access, Inherit, Wide);
    BaseFree(Wide);
    return Section;
}

LPVOID WINAPI MapViewOfFileEx(HANDLE Section, DWORD Access, DWORD OffsetHigh, DWORD OffsetLow, SIZE_T Size, LPVOID Address)
{
    LARGE_INTEGER Offset = {.HighPart = (LONG)OffsetHigh, .LowPart = OffsetLow};
    BOOL Execute = (Access & FILE_MAP_EXECUTE) != 0;
    ULONG Type = ((Access & FILE_MAP_LARGE_PAGES) ? MEM_LARGE_PAGES : 0) | ((Access & FILE_MAP_RESERVE) ? MEM_RESERVE : 0);
    PVOID Base = Address;
    ULONG Protect;

    Access &= ~(DWORD)(FILE_MAP_LARGE_PAGES | FILE_MAP_RESERVE | FILE_MAP_TARGETS_INVALID);
    if ((Access & ~(DWORD)FILE_MAP_EXECUTE) == FILE_MAP_COPY) {
        Protect = Execute ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY;
    } else if (Access & FILE_MAP_WRITE) {
        Protect = Execute ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    } else if (Access & FILE_MAP_READ) {
        Protect = Execute ? PAGE_EXECUTE_READ : PAGE_READONLY;
    } else {
        Protect = PAGE_NOACCESS;
    }
    NTSTATUS Status = NtMapViewOfSection(Section, NtCurrentProcess(), &Base, 0, 0, &Offset, &Size, ViewShare, Type, Protect);
    return BaseResult(Status) ? Base : NULL;
}

LPVOID WINAPI MapViewOfFile(HANDLE Section, DWORD Access, DWORD OffsetHigh, DWORD OffsetLow, SIZE_T Size)
{
    return MapViewOfFileEx(Section, Access, OffsetHigh, OffsetLow, Size, NULL);
}

BOOL WINAPI UnmapViewOfFile(LPCVOID Base)
{
    return BaseResult(NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)Base));
}

BOOL WINAPI FlushViewOfFile(LPCVOID Address, SIZE_T Size)
{
    PVOID Base = (PVOID)Address;
    IO_STATUS_BLOCK Io;
    NTSTATUS Status = NtFlushVirtualMemory(NtCurrentProcess(), &Base, &Size, &Io);

    return Status == STATUS_NOT_MAPPED_DATA || BaseResult(Status);
}

/* ---- pointers that may be bad: the page tables are asked, nothing is touched ------------------------------------------------------- */

static BOOL IsBad(LPCVOID Address, UINT_PTR Size, BOOL Write)
{
    const ULONG Writable = PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    ULONG_PTR At = (ULONG_PTR)Address, End = At + Size;
    MEMORY_BASIC_INFORMATION Region;

    if (Size == 0) {
        return FALSE;
    }
    if (Address == NULL || End < At) {
        return TRUE;
    }
    while (At < End) {
        if (NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)At, MemoryBasicInformation, &Region, sizeof(Region), NULL) != STATUS_SUCCESS ||
            Region.State != MEM_COMMIT || (Region.Protect & (PAGE_NOACCESS | PAGE_GUARD)) || (Write && !(Region.Protect & Writable))) {
            return TRUE;
        }
        At = (ULONG_PTR)Region.BaseAddress + Region.RegionSize;
    }
    return FALSE;
}

BOOL WINAPI IsBadReadPtr(const VOID *Address, UINT_PTR Size)
{
    return IsBad(Address, Size, FALSE);
}

BOOL WINAPI IsBadWritePtr(LPVOID Address, UINT_PTR Size)
{
    return IsBad(Address, Size, TRUE);
}

BOOL WINAPI IsBadCodePtr(FARPROC Address)
{
    return IsBad((LPCVOID)(ULONG_PTR)Address, 1, FALSE);
}

BOOL WINAPI IsBadStringPtrA(LPCSTR String, UINT_PTR Maximum)
{
    for (UINT_PTR i = 0; i < Maximum; i++) {
        if ((i == 0 || ((ULONG_PTR)(String + i) & 0xFFF) == 0) && IsBad(String + i, 1, FALSE)) {
            return TRUE;
        }
        if (String[i] == 0) {
            break;
        }
    }
    return FALSE;
}

BOOL WINAPI IsBadStringPtrW(LPCWSTR String, UINT_PTR Maximum)
{
    for (UINT_PTR i = 0; i < Maximum; i++) {
        if ((i == 0 || ((ULONG_PTR)(String + i) & 0xFFF) <= 1) && IsBad(String + i, sizeof(WCHAR), FALSE)) {
            return TRUE;
        }
        if (String[i] == 0) {
            break;
        }
    }
    return FALSE;
}

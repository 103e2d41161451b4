/* SPDX-License-Identifier: MIT */
/*
 * memory_alloc.c - NtAllocateVirtualMemory and its family: statuses and their order, rounding, placement, guard pages, placeholders, write watch.
 */
#include <windows.h>
#include <winternl.h>
#include <ntstatus.h>
#include <string.h>
#include "tap.h"

#ifndef MEM_RESET_UNDO
#define MEM_RESET_UNDO 0x1000000
#endif
#define REPLACE_PLACEHOLDER 0x4000
#define RESERVE_PLACEHOLDER 0x40000
#define COALESCE_PLACEHOLDERS 1
#define PRESERVE_PLACEHOLDER 2
#define SELF ((HANDLE)-1)

typedef NTSTATUS (NTAPI *ALLOCATE)(HANDLE, PVOID *, ULONG_PTR, PSIZE_T, ULONG, ULONG);
typedef NTSTATUS (NTAPI *RELEASE)(HANDLE, PVOID *, PSIZE_T, ULONG);
typedef NTSTATUS (NTAPI *PROTECT)(HANDLE, PVOID *, PSIZE_T, ULONG, PULONG);
typedef NTSTATUS (NTAPI *LOCK)(HANDLE, PVOID *, PSIZE_T, ULONG);
typedef NTSTATUS (NTAPI *QUERY)(HANDLE, PVOID, ULONG, PVOID, SIZE_T, PSIZE_T);
typedef struct { ULONG64 Type, Value; } PARAMETER;
typedef struct { ULONG64 Lowest, Highest, Alignment; } REQUIREMENTS;
typedef PVOID (WINAPI *ALLOC2)(HANDLE, PVOID, SIZE_T, ULONG, ULONG, PARAMETER *, ULONG);
typedef PVOID (WINAPI *MAP3)(HANDLE, HANDLE, PVOID, ULONG64, SIZE_T, ULONG, ULONG, PARAMETER *, ULONG);
typedef BOOL (WINAPI *UNMAP2)(HANDLE, PVOID, ULONG);

static ALLOCATE Allocate;
static RELEASE Release;
static PROTECT Protect;
static LOCK Lock, Unlock;
static QUERY QueryVm;
static ALLOC2 Alloc2;
static MAP3 Map3;
static UNMAP2 Unmap2;

/* Two statuses. */
static void Same(NTSTATUS Got, ULONG Expected, const char *What)
{
    Is((ULONG)Got, Expected, What);
}

static void *Proc(const char *Name)
{
    void *Address = (void *)(ULONG_PTR)GetProcAddress(GetModuleHandleA("ntdll.dll"), Name);
    HMODULE Base = GetModuleHandleA("kernelbase.dll");

    if (Address == NULL && Base != NULL) {
        Address = (void *)(ULONG_PTR)GetProcAddress(Base, Name);
    }
    return Address != NULL ? Address : (void *)(ULONG_PTR)GetProcAddress(GetModuleHandleA("kernel32.dll"), Name);
}

static NTSTATUS Try(PVOID Base, ULONG_PTR ZeroBits, SIZE_T Size, ULONG Type, ULONG Protection)
{
    PVOID At = Base;
    NTSTATUS Status = Allocate(SELF, &At, ZeroBits, &Size, Type, Protection);
    SIZE_T None = 0;

    if (NT_SUCCESS(Status) && Base == NULL) {
        Release(SELF, &At, &None, MEM_RELEASE);
    }
    return Status;
}

static NTSTATUS Free(PVOID Base, SIZE_T Size, ULONG Type)
{
    return Release(SELF, &Base, &Size, Type);
}

static MEMORY_BASIC_INFORMATION Query(void *Address)
{
    MEMORY_BASIC_INFORMATION Information = {0};

    VirtualQuery(Address, &Information, sizeof(Information));
    return Information;
}

static void AllocationStatuses(void)
{
    PVOID Base = NULL;
    SIZE_T Size = 0x1000;

    Same(Try(NULL, 0, 0x1000, MEM_TOP_DOWN, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "top-down alone");
    Same(Try(NULL, 0, 0x1000, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "no type");
    Same(Try(NULL, 0, 0x1000, 0x80000000 | MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "unknown bit");
    Same(Try(NULL, 0, 0x1000, MEM_RESERVE | RESERVE_PLACEHOLDER, PAGE_NOACCESS), STATUS_INVALID_PARAMETER_5, "placeholders need the Ex call");
    Same(Try(NULL, 0, 0x1000, MEM_RESET | MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "reset goes alone");
    Same(Try(NULL, 0, 0x1000, MEM_WRITE_WATCH | MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "write watch wants reserve");
    Same(Try(NULL, 0, 0x1000, MEM_RESERVE, 0), STATUS_INVALID_PAGE_PROTECTION, "protection 0");
    Same(Try(NULL, 0, 0x1000, MEM_RESERVE, PAGE_READWRITE | PAGE_READONLY), STATUS_INVALID_PAGE_PROTECTION, "two protections");
    Same(Try(NULL, 0, 0x1000, MEM_RESERVE, PAGE_NOACCESS | PAGE_GUARD), STATUS_INVALID_PAGE_PROTECTION, "no access and guard");
    Same(Try(NULL, 0, 0x1000, MEM_RESERVE, PAGE_READWRITE | PAGE_GUARD | PAGE_NOCACHE), STATUS_INVALID_PAGE_PROTECTION, "guard and no cache");
    Same(Try(NULL, 0, 0x1000, MEM_RESERVE, PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE), STATUS_INVALID_PAGE_PROTECTION, "two cache modes");
    Same(Try(NULL, 0, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_NOCACHE), STATUS_SUCCESS, "no cache");
    Same(Try(NULL, 0, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_WRITECOMBINE), STATUS_SUCCESS, "write combine");
    Same(Try(NULL, 0, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_WRITECOPY), STATUS_INVALID_PAGE_PROTECTION, "private memory has nothing to copy");
    Same(Try(NULL, 0, 0, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4, "size 0");
    Same(Try(NULL, 22, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_3, "22 zero bits");
    Same(Try((PVOID)0x7FFFFFFE0000ULL, 0, 0x20000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4, "beyond the end");
    Same(Try((PVOID)0xFFFF800000000000ULL, 0, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_2, "a kernel address");
    Same(Try((PVOID)0x1000, 0, 0x1000, MEM_RESERVE, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES, "the first 64 KiB");
    Same(Try(NULL, 0, (SIZE_T)1 << 46, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), STATUS_COMMITMENT_LIMIT, "more than can be promised");
    Same(Allocate(SELF, (PVOID *)8, 0, &Size, MEM_RESERVE, PAGE_READWRITE), STATUS_ACCESS_VIOLATION, "a bad pointer");
    Same(Allocate((HANDLE)0x1234, &Base, 0, &Size, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_HANDLE, "a bad handle");
    Same(Allocate(GetCurrentThread(), &Base, 0, &Size, MEM_RESERVE, PAGE_READWRITE), STATUS_OBJECT_TYPE_MISMATCH, "a thread");
}

static void Placement(void)
{
    PVOID Base = NULL;
    SIZE_T Size = 5;
    char *Low, *High;

    Same(Allocate(SELF, &Base, 0, &Size, MEM_RESERVE, PAGE_READWRITE), 0, "five bytes");
    Ok(Size == 0x1000 && ((ULONG_PTR)Base & 0xFFFF) == 0, "make a page at a multiple of 64 KiB");
    Low = Base;
    Base = Low + 0x10123;
    Size = 0x1000;
    if (NT_SUCCESS(Allocate(SELF, &Base, 0, &Size, MEM_RESERVE, PAGE_READWRITE))) {
        Ok(Base == Low + 0x10000 && Size == 0x2000, "a reservation begins at 64 KiB and ends at a page");
        Free(Base, 0, MEM_RELEASE);
    } else {
        Ok(Query(Low + 0x10000).State != MEM_FREE, "the place was taken");
    }
    Base = Low + 0x800;
    Size = 0x10;
    Same(Allocate(SELF, &Base, 0, &Size, MEM_COMMIT, PAGE_READWRITE), 0, "committing 16 bytes in the middle");
    Ok(Base == Low && Size == 0x1000, "commits the page");
    Same(Try(Low, 0, 0x2000, MEM_COMMIT, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES, "not beyond the reservation");
    Same(Try(Low, 0, 0x1000, MEM_COMMIT, PAGE_READONLY), 0, "committing again");
    Is(Query(Low).Protect, PAGE_READONLY, "changes the protection");
    Same(Try(Low, 0, 0x1000, MEM_RESET, PAGE_NOACCESS), 0, "reset");
    Same(Try(Low, 0, 0x1000, MEM_RESET_UNDO, PAGE_NOACCESS), 0, "reset undone");
    Same(Free(Low + 0x1000, 0, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED, "nothing there to free");
    Same(Free(Low, 0x2000, MEM_RELEASE), STATUS_UNABLE_TO_FREE_VM, "too much to free");
    Same(Free(Low, 0, 0), STATUS_INVALID_PARAMETER_4, "no free type");
    Same(Free(Low, 0, MEM_RELEASE | MEM_DECOMMIT), STATUS_INVALID_PARAMETER_4, "both free types");
    Same(Free(Low, 0, MEM_RELEASE), 0, "freed");

    for (ULONG Bits = 1; Bits <= 12; Bits += 11) {
        Base = NULL;
        Size = 0x1000;
        Ok(NT_SUCCESS(Allocate(SELF, &Base, Bits, &Size, MEM_RESERVE, PAGE_READWRITE)) && (ULONG_PTR)Base < (0x100000000ULL >> Bits),
           "%u zero bits", (unsigned)Bits);
        Free(Base, 0, MEM_RELEASE);
    }
    Base = NULL;
    Size = 0x1000;
    Ok(NT_SUCCESS(Allocate(SELF, &Base, 0x7FFFFFFF, &Size, MEM_RESERVE, PAGE_READWRITE)) && (ULONG_PTR)Base < 0x80000000, "zero bits as a mask");
    Free(Base, 0, MEM_RELEASE);
    Low = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_NOACCESS);
    High = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_TOP_DOWN, PAGE_NOACCESS);
    Ok(High > Low && (ULONG_PTR)High > 0x7F0000000000ULL, "top-down is high");
    VirtualFree(Low, 0, MEM_RELEASE);
    VirtualFree(High, 0, MEM_RELEASE);
}

static void Pieces(void)
{
    char *Base = VirtualAlloc(NULL, 0x50000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    MEMORY_BASIC_INFORMATION Information;

    memset(Base, 0x77, 0x50000);
    Same(Free(Base + 0x20000, 0x10000, MEM_RELEASE), 0, "released out of the middle");
    Information = Query(Base);
    Ok(Information.RegionSize == 0x20000 && Information.AllocationBase == Base, "the front");
    Information = Query(Base + 0x40000);
    Ok(Information.AllocationBase == Base + 0x30000 && Information.State == MEM_COMMIT, "the back is an allocation of its own");
    Is(Query(Base + 0x20000).State, MEM_FREE, "the hole");
    Is((UCHAR)Base[0x30000], 0x77, "contents stay");
    Same(Free(Base + 0x30000, 0, MEM_DECOMMIT), 0, "size 0 decommits all");
    Is(Query(Base + 0x30000).RegionSize, 0x20000, "reserved");
    Same(Free(Base + 0x31000, 0, MEM_DECOMMIT), STATUS_FREE_VM_NOT_AT_BASE, "but only from the base");
    Same(Free(Base + 0x30000, 0x1000, MEM_DECOMMIT), 0, "decommitting twice");
    Free(Base, 0, MEM_RELEASE);
    Free(Base + 0x30000, 0, MEM_RELEASE);
}

static void Protections(void)
{
    char *Base = VirtualAlloc(NULL, 0x4000, MEM_RESERVE, PAGE_READWRITE), *Other = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    PVOID At = Base;
    SIZE_T Size = 0x4000;
    ULONG Old = 0x1234;

    VirtualAlloc(Base, 0x3000, MEM_COMMIT, PAGE_READWRITE);
    Same(Protect(SELF, &At, &Size, PAGE_READONLY, &Old), STATUS_NOT_COMMITTED, "the last page is not committed");
    Is(Query(Base).Protect, PAGE_READWRITE, "nothing was changed");
    At = Base + 0x1800;
    Size = 0x1000;
    Same(Protect(SELF, &At, &Size, PAGE_READONLY, &Old), 0, "two pages touched");
    Ok(At == Base + 0x1000 && Size == 0x2000 && Old == PAGE_READWRITE, "rounded to pages");
    At = Base;
    Size = 0x3000;
    Same(Protect(SELF, &At, &Size, PAGE_EXECUTE_READWRITE, &Old), 0, "across protections");
    Is(Old, PAGE_READWRITE, "the first page's is the old one");
    Is(Query(Base).RegionSize, 0x3000, "one region");
    Same(Protect(SELF, &At, &Size, PAGE_WRITECOPY, &Old), STATUS_INVALID_PAGE_PROTECTION, "no write copy");
    Same(Protect(SELF, &At, &Size, 3, &Old), STATUS_INVALID_PAGE_PROTECTION, "nonsense");
    Same(Protect(SELF, &At, &Size, PAGE_READWRITE, NULL), STATUS_ACCESS_VIOLATION, "somewhere for the old one");
    Size = 0;
    Same(Protect(SELF, &At, &Size, PAGE_READWRITE, &Old), STATUS_INVALID_PARAMETER_3, "size 0");
    Size = 0x100000000000ULL;
    Same(Protect(SELF, &At, &Size, PAGE_READWRITE, &Old), STATUS_CONFLICTING_ADDRESSES, "more than the allocation");
    At = Other;
    Size = 1;
    Same(Lock(SELF, &At, &Size, 1), 0, "locked");
    Is(Size, 0x1000, "a page");
    Same(Unlock(SELF, &At, &Size, 1), 0, "unlocked");
    Same(Unlock(SELF, &At, &Size, 1), STATUS_NOT_LOCKED, "once");
    Same(Lock(SELF, &At, &Size, 0), STATUS_INVALID_PARAMETER, "locked how?");
    At = Base + 0x3000;
    Ok(!NT_SUCCESS(Lock(SELF, &At, &Size, 1)), "nothing to lock in reserved memory");
    VirtualFree(Base, 0, MEM_RELEASE);
    VirtualFree(Other, 0, MEM_RELEASE);
}

static void Queries(void)
{
    char *Base = VirtualAlloc(NULL, 0x30000, MEM_RESERVE, PAGE_READONLY);
    struct { PVOID Base; ULONG Protect, Type; SIZE_T Size, Commit; ULONG_PTR Rest[2]; } Region;
    struct { PVOID Base; SIZE_T Size; ULONG Flags; } Image;
    struct { PVOID Address; ULONG64 Bits; } Extended;
    ULONG64 *Set = HeapAlloc(GetProcessHeap(), 0, 0x10000);
    MEMORY_BASIC_INFORMATION Information = {0};
    SIZE_T Got = 0;
    int Found = 0;

    VirtualAlloc(Base + 0x10000, 0x2000, MEM_COMMIT, PAGE_READWRITE);
    Base[0x10000] = 1;
    Same(QueryVm(SELF, Base + 0x11234, 0, &Information, sizeof(Information), &Got), 0, "basic");
    Ok(Information.BaseAddress == Base + 0x11000 && Information.RegionSize == 0x1000 && Information.AllocationProtect == PAGE_READONLY &&
       Got == sizeof(Information), "from the page of the address on, with the protection of the reservation");
    Same(QueryVm(SELF, Base, 0, &Information, sizeof(Information) - 1, &Got), STATUS_INFO_LENGTH_MISMATCH, "too short");
    Same(QueryVm(SELF, (PVOID)0x8000000000000000ULL, 0, &Information, sizeof(Information), &Got), STATUS_INVALID_PARAMETER, "a kernel address");
    Same(QueryVm(SELF, Base, 99, &Information, sizeof(Information), &Got), STATUS_INVALID_INFO_CLASS, "no such class");
    Same(QueryVm(SELF, Base, 3, &Region, sizeof(Region), &Got), 0, "region");
    Ok(Region.Base == Base && Region.Size == 0x30000 && Region.Commit == 0x2000 && Region.Protect == PAGE_READONLY, "allocation, size, commit");
    Same(QueryVm(SELF, GetModuleHandleA(NULL), 6, &Image, sizeof(Image), &Got), 0, "image");
    Ok(Image.Base == (PVOID)GetModuleHandleA(NULL) && Image.Size != 0, "base and size");
    Extended.Address = Base + 0x10000;
    Same(QueryVm(SELF, NULL, 4, &Extended, sizeof(Extended), &Got), 0, "one page of the working set");
    Ok((Extended.Bits & 1) && ((Extended.Bits >> 4) & 0x7FF) == PAGE_READWRITE && !((Extended.Bits >> 15) & 1), "valid, read/write, private");
    Extended.Address = Base;
    QueryVm(SELF, NULL, 4, &Extended, sizeof(Extended), &Got);
    Is(Extended.Bits & 1, 0, "not valid");
    Same(QueryVm(SELF, NULL, 1, Set, 8, &Got), STATUS_INFO_LENGTH_MISMATCH, "no room for the working set");
    Ok(Set[0] > 10 && Set[0] < 0x1F00, "but its length");
    Same(QueryVm(SELF, NULL, 1, Set, 0x10000, &Got), 0, "the working set");
    for (ULONG64 i = 1; i <= Set[0]; i++) {
        Found += (Set[i] & ~0xFFFULL) == (ULONG64)(Base + 0x10000) && (Set[i] & 0x1F) == 4 && !(Set[i] & 0x100);
    }
    Is(Found, 1, "has our page once, read/write and not shared");
    HeapFree(GetProcessHeap(), 0, Set);
    VirtualFree(Base, 0, MEM_RELEASE);
}

static void Requirements(void)
{
    REQUIREMENTS Wanted = {0x100000000ULL, 0x1FFFFFFFFULL, 0x1000000};
    PARAMETER Parameter[2] = {{1, (ULONG64)&Wanted}, {1, (ULONG64)&Wanted}};
    char *Base = Alloc2(NULL, NULL, 0x20000, MEM_RESERVE, PAGE_READWRITE, Parameter, 1);

    Ok(Base != NULL && ((ULONG_PTR)Base & 0xFFFFFF) == 0 && (ULONG_PTR)Base >= Wanted.Lowest && (ULONG_PTR)Base < Wanted.Highest, "aligned, and inside");
    Ok(Alloc2(NULL, NULL, 0x20000, MEM_RESERVE, PAGE_READWRITE, Parameter, 2) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "the same twice");
    Ok(Alloc2(NULL, Base + 0x100000, 0x1000, MEM_RESERVE, PAGE_READWRITE, Parameter, 1) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "an address too");
    Wanted.Alignment = 0x18000;
    Ok(Alloc2(NULL, NULL, 0x20000, MEM_RESERVE, PAGE_READWRITE, Parameter, 1) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "no power of two");
    Wanted.Alignment = 0x1000;
    Ok(Alloc2(NULL, NULL, 0x20000, MEM_RESERVE, PAGE_READWRITE, Parameter, 1) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "too small");
    Wanted = (REQUIREMENTS){0x110000, 0x12FFFF, 0};
    Ok(Alloc2(NULL, NULL, 0x100000, MEM_RESERVE, PAGE_READWRITE, Parameter, 1) == NULL, "no room");
    Parameter[0].Type = 200;
    Ok(Alloc2(NULL, NULL, 0x1000, MEM_RESERVE, PAGE_READWRITE, Parameter, 1) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "no such parameter");
    VirtualFree(Base, 0, MEM_RELEASE);
}

static void Placeholders(void)
{
    HANDLE Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x10000, NULL);
    char *Base, *First, *Second;

    Ok(Alloc2(NULL, NULL, 0x20000, MEM_RESERVE | RESERVE_PLACEHOLDER, PAGE_READWRITE, NULL, 0) == NULL, "a placeholder has no access");
    Base = Alloc2(NULL, NULL, 0x20000, MEM_RESERVE | RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0);
    Ok(Base != NULL && Query(Base).State == MEM_RESERVE, "a placeholder");
    Ok(VirtualAlloc(Base, 0x1000, MEM_COMMIT, PAGE_READWRITE) == NULL, "cannot be committed");
    Ok(!VirtualFree(Base, 0x20000, MEM_RELEASE | PRESERVE_PLACEHOLDER), "nothing to split");
    Ok(VirtualFree(Base, 0x10000, MEM_RELEASE | PRESERVE_PLACEHOLDER), "split");
    Ok(Query(Base).RegionSize == 0x10000 && Query(Base + 0x10000).AllocationBase == Base + 0x10000, "two of them");
    First = Map3(Section, NULL, Base, 0, 0x10000, REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0);
    Ok(First == Base, "a view in the first");
    Ok(Map3(Section, NULL, Base + 0x10000, 0, 0x8000, REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0) == NULL, "not in half of the second");
    Second = Map3(Section, NULL, Base + 0x10000, 0, 0x10000, REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0);
    Ok(Second == Base + 0x10000, "the same in the second");
    if (First != NULL && Second != NULL) {
        First[0xFFFF] = 'A';
        Second[0] = 'B';
        Ok(Second[0xFFFF] == 'A' && First[0] == 'B', "a ring");
        volatile char *Ring = First; /* the compiler may not think that these are different bytes */
        for (int i = 0; i < 20; i++) {
            Ring[0xFFF0 + i] = (char)('a' + i);
        }
        Ok(Ring[0] == 'q' && Ring[3] == 't', "written across the seam");
    }
    Ok(Unmap2(SELF, First, PRESERVE_PLACEHOLDER), "a view gives its placeholder back");
    Ok(Query(Base).State == MEM_RESERVE && Query(Base).Type == MEM_PRIVATE, "reserved");
    Ok(!Unmap2(SELF, First, PRESERVE_PLACEHOLDER), "no view any more");
    Ok(Alloc2(NULL, Base, 0x10000, MEM_RESERVE | MEM_COMMIT | REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0) == Base, "private memory in it");
    Base[5] = 5;
    Ok(VirtualFree(Base, 0x10000, MEM_RELEASE | PRESERVE_PLACEHOLDER), "and back");
    Unmap2(SELF, Second, PRESERVE_PLACEHOLDER);
    Ok(!VirtualFree(Base, 0x10000, MEM_RELEASE | COALESCE_PLACEHOLDERS), "one cannot be joined");
    Ok(VirtualFree(Base, 0x20000, MEM_RELEASE | COALESCE_PLACEHOLDERS), "joined");
    Is(Query(Base).RegionSize, 0x20000, "one again");
    Ok(VirtualFree(Base, 0, MEM_RELEASE), "freed");
    Is(Query(Base).State, MEM_FREE, "free");
    CloseHandle(Section);
}

static void WriteWatch(void)
{
    char *Base = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    char *Plain = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    UINT (WINAPI *Get)(DWORD, PVOID, SIZE_T, PVOID *, ULONG_PTR *, LPDWORD) = Proc("GetWriteWatch");
    UINT (WINAPI *Reset)(LPVOID, SIZE_T) = Proc("ResetWriteWatch");
    PVOID Addresses[16];
    ULONG_PTR Count = 16;
    DWORD Granularity = 0, Old;
    volatile char Sink;

    Sink = Base[0x3000];
    (void)Sink;
    Base[0x1000] = 1;
    Base[0x5FFF] = 1;
    Is(Get(0, Base, 0x10000, Addresses, &Count, &Granularity), 0, "written pages");
    Ok(Count == 2 && Addresses[0] == Base + 0x1000 && Addresses[1] == Base + 0x5000 && Granularity == 0x1000, "two, in order");
    Count = 1;
    Is(Get(1, Base, 0x10000, Addresses, &Count, &Granularity), 0, "with room for one, reset");
    Is(Count, 1, "one");
    Count = 16;
    Get(0, Base, 0x10000, Addresses, &Count, &Granularity);
    Ok(Count == 1 && Addresses[0] == Base + 0x5000, "the other is left");
    Base[0x1000] = 2;
    VirtualProtect(Base + 0x1000, 1, PAGE_NOACCESS, &Old);
    Count = 16;
    Get(0, Base, 0x10000, Addresses, &Count, &Granularity);
    Is(Count, 2, "written again, and remembered without access");
    VirtualProtect(Base + 0x1000, 1, PAGE_READWRITE, &Old);
    Is(Reset(Base, 0x10000), 0, "reset");
    Count = 16;
    Get(0, Base, 0x10000, Addresses, &Count, &Granularity);
    Is(Count, 0, "none");
    Base[0x1000]++;
    Count = 16;
    Get(0, Base + 0x1000, 0x1000, Addresses, &Count, &Granularity);
    Is(Count, 1, "a write after the reset shows");
    Ok(Get(0, Plain, 0x1000, Addresses, &Count, &Granularity) != 0 && GetLastError() == ERROR_INVALID_PARAMETER, "not watched");
    Ok(Get(2, Base, 0x1000, Addresses, &Count, &Granularity) != 0 && GetLastError() == ERROR_INVALID_PARAMETER, "flags");
    Ok(Reset(Plain, 0x1000) != 0 && GetLastError() == ERROR_INVALID_PARAMETER, "nothing to reset");
    VirtualFree(Base, 0, MEM_RELEASE);
    VirtualFree(Plain, 0, MEM_RELEASE);
}

/* All the commit there is: the answer is a status, and afterwards everything goes on. */
static void CommitLimit(void)
{
    static char *Block[4096];
    int Count = 0;
    MEMORYSTATUSEX Status = {sizeof(Status)};

    GlobalMemoryStatusEx(&Status);
    while (Count < 4096 && (Block[Count] = VirtualAlloc(NULL, 0x1000000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)) != NULL) {
        Count++;
    }
    if (Count < 4096) { /* a machine with a page file of 64 GiB is not driven into the ground */
        Is(GetLastError(), ERROR_COMMITMENT_LIMIT, "the commit limit");
        Ok(VirtualAlloc(NULL, 0x1000000, MEM_RESERVE, PAGE_READWRITE) != NULL, "address space is there still");
    } else {
        Ok(1, "no end to be seen");
        Ok(1, "of this machine's memory");
    }
    while (Count-- > 0) {
        VirtualFree(Block[Count], 0, MEM_RELEASE);
    }
    Ok(VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) != NULL, "and afterwards there is memory");
}

int main(void)
{
    Allocate = Proc("NtAllocateVirtualMemory");
    Release = Proc("NtFreeVirtualMemory");
    Protect = Proc("NtProtectVirtualMemory");
    Lock = Proc("NtLockVirtualMemory");
    Unlock = Proc("NtUnlockVirtualMemory");
    QueryVm = Proc("NtQueryVirtualMemory");
    Alloc2 = Proc("VirtualAlloc2");
    Map3 = Proc("MapViewOfFile3");
    Unmap2 = Proc("UnmapViewOfFile2");
    AllocationStatuses();
    Placement();
    Pieces();
    Protections();
    Queries();
    Requirements();
    Placeholders();
    WriteWatch();
    CommitLimit();
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * memory_services.c - what memory_alloc.c leaves: freeing and protecting at the edges, walking the whole address space, memory of images, names of
 * mapped files, locking, flushing, extended parameters, what counts as written, working sets.
 */
#include "native.h"
#include <psapi.h>
#include <string.h>
#include "tap.h"

#define SELF ((HANDLE)-1)
#define NOWHERE ((char *)0x20000000000)
#define KERNEL ((PVOID)0xFFFF800000000000)
#define ROUND_TO_PAGE 0x40000000 /* MEM_DOS_LIM */

NATIVE(NtAllocateVirtualMemory, (HANDLE P, PVOID *B, ULONG_PTR Z, PSIZE_T S, ULONG T, ULONG A), (P, B, Z, S, T, A))
NATIVE(NtAllocateVirtualMemoryEx, (HANDLE P, PVOID *B, PSIZE_T S, ULONG T, ULONG A, PVOID X, ULONG N), (P, B, S, T, A, X, N))
NATIVE(NtFreeVirtualMemory, (HANDLE P, PVOID *B, PSIZE_T S, ULONG T), (P, B, S, T))
NATIVE(NtProtectVirtualMemory, (HANDLE P, PVOID *B, PSIZE_T S, ULONG A, PULONG O), (P, B, S, A, O))
NATIVE(NtLockVirtualMemory, (HANDLE P, PVOID *B, PSIZE_T S, ULONG T), (P, B, S, T))
NATIVE(NtUnlockVirtualMemory, (HANDLE P, PVOID *B, PSIZE_T S, ULONG T), (P, B, S, T))
NATIVE(NtFlushVirtualMemory, (HANDLE P, PVOID *B, PSIZE_T S, IO_STATUS_BLOCK *I), (P, B, S, I))
NATIVE(NtQueryVirtualMemory, (HANDLE P, PVOID B, int C, PVOID I, SIZE_T L, PSIZE_T R), (P, B, C, I, L, R))
NATIVE(NtAreMappedFilesTheSame, (PVOID A, PVOID B), (A, B))
NATIVE(NtGetWriteWatch, (HANDLE P, ULONG F, PVOID B, SIZE_T S, PVOID *A, PULONG_PTR N, PULONG G), (P, F, B, S, A, N, G))
NATIVE(NtResetWriteWatch, (HANDLE P, PVOID B, SIZE_T S), (P, B, S))

/* Two statuses. */
static void Same(NTSTATUS Got, NTSTATUS Expected, const char *What)
{
    Is((ULONG)Got, (ULONG)Expected, What);
}

static int Failed(BOOL Result, DWORD Error)
{
    return !Result && GetLastError() == Error;
}

static NTSTATUS Allocate(PVOID Base, SIZE_T Size, ULONG Type, ULONG Protect)
{
    return NtAllocateVirtualMemory(SELF, &Base, 0, &Size, Type, Protect);
}

static NTSTATUS Free(PVOID Base, SIZE_T Size, ULONG Type)
{
    return NtFreeVirtualMemory(SELF, &Base, &Size, Type);
}

static NTSTATUS Protect(PVOID Base, SIZE_T Size, ULONG New, PULONG Old)
{
    return NtProtectVirtualMemory(SELF, &Base, &Size, New, Old);
}

static MEMORY_BASIC_INFORMATION Query(PVOID Address)
{
    MEMORY_BASIC_INFORMATION Information = {0};

    VirtualQuery(Address, &Information, sizeof(Information));
    return Information;
}

static void Allocating(void)
{
    char *Base = VirtualAlloc(NULL, 0x40000, MEM_RESERVE, PAGE_READWRITE);
    PVOID At;
    SIZE_T Size = 0x1000;

    Same(Allocate(Base + 0x1000, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES, "reserving what is reserved");
    Same(Allocate(Base + 0x1000, 0x1000, MEM_RESERVE | ROUND_TO_PAGE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "AT_ROUND_TO_PAGE");
    Same(Allocate(NOWHERE, 0x1000, MEM_COMMIT, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES, "committing what is not reserved");
    Same(Allocate(NULL, 0x1000, MEM_RESERVE | MEM_LARGE_PAGES, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5, "large pages are committed at once");
    At = NULL;
    Ok(NtAllocateVirtualMemory(SELF, &At, 0x1AAAAAAA, &Size, MEM_RESERVE, PAGE_READWRITE) == 0 && (ULONG_PTR)At < 0x20000000, "zero bits as a mask: %p", At);
    Free(At, 0, MEM_RELEASE);
    At = NULL;
    Same(NtAllocateVirtualMemory(SELF, &At, 21, &Size, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY, "21 zero bits leave no room");
    At = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE | 0x40000000);
    Is(Query(At).Protect, PAGE_EXECUTE_READWRITE, "PAGE_TARGETS_INVALID is no protection");
    VirtualFree(At, 0, MEM_RELEASE);
    VirtualFree(Base, 0, MEM_RELEASE);
}

static void Freeing(void)
{
    char *Base = VirtualAlloc(NULL, 0x40000, MEM_RESERVE, PAGE_READWRITE);
    PVOID At;
    SIZE_T Size;

    Same(Free(Base + 0x1000, 0, MEM_RELEASE), STATUS_FREE_VM_NOT_AT_BASE, "releasing from the middle");
    Same(Free(Base, 0, MEM_RELEASE | MEM_COMMIT), STATUS_INVALID_PARAMETER_4, "no way to free");
    Same(Free(KERNEL, 0x1000, MEM_RELEASE), STATUS_INVALID_PARAMETER_2, "a kernel address");
    Same(Free(Base, (SIZE_T)1 << 62, MEM_RELEASE), STATUS_INVALID_PARAMETER_3, "a size beyond the end");
    Same(Free(NULL, 0, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED, "nothing");
    Same(Free(Base, 0x41000, MEM_DECOMMIT), STATUS_UNABLE_TO_FREE_VM, "decommitting beyond the allocation");
    Allocate(Base, 0x2000, MEM_COMMIT, PAGE_READWRITE);
    Allocate(Base + 0x5000, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    Is(Query(Base + 0x2000).RegionSize, 0x3000, "a hole between committed pages");
    Same(Free(Base, 0x6000, MEM_DECOMMIT), 0, "decommitting across the hole");
    Is(Query(Base).RegionSize, 0x40000, "all reserved again");
    Allocate(Base, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    At = Base + 0x123;
    Size = 0x10;
    Same(NtFreeVirtualMemory(SELF, &At, &Size, MEM_DECOMMIT), 0, "16 bytes decommitted");
    Ok(At == Base && Size == 0x1000, "are a page");
    At = Base;
    Size = 0;
    Same(NtFreeVirtualMemory(SELF, &At, &Size, MEM_RELEASE), 0, "released");
    Ok(At == Base && Size == 0x40000, "and told how much that was");
}

/* Two allocations side by side stay two. */
static void Neighbours(void)
{
    char *Base = VirtualAlloc(NULL, 0x20000, MEM_RESERVE, PAGE_NOACCESS), *Low, *High;
    ULONG Old = 0;

    VirtualFree(Base, 0, MEM_RELEASE);
    Low = VirtualAlloc(Base, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    High = VirtualAlloc(Base + 0x10000, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    Ok(Low == Base && High == Base + 0x10000, "side by side");
    Same(Protect(Low, 0x20000, PAGE_READONLY, &Old), STATUS_CONFLICTING_ADDRESSES, "not protected as one");
    Same(Free(Low, 0x20000, MEM_RELEASE), STATUS_UNABLE_TO_FREE_VM, "not released as one");
    Same(Free(Low, 0x20000, MEM_DECOMMIT), STATUS_UNABLE_TO_FREE_VM, "not decommitted as one");
    Is(Query(Low).RegionSize, 0x10000, "a region ends with its allocation");
    Low[5] = 7;
    Protect(Low, 0x1000, PAGE_NOACCESS, &Old);
    Protect(Low, 0x1000, PAGE_READONLY, &Old);
    Ok(Low[5] == 7 && Old == PAGE_NOACCESS, "without access contents stay");
    Protect(Low, 0x1000, PAGE_READWRITE | PAGE_GUARD, &Old);
    Same(Protect(Low, 0x1000, PAGE_READWRITE, &Old), 0, "a guard taken away");
    Is(Old, PAGE_READWRITE | PAGE_GUARD, "was there");
    Same(Protect(NOWHERE, 0x1000, PAGE_READWRITE, &Old), STATUS_CONFLICTING_ADDRESSES, "protecting nothing");
    Same(Protect(KERNEL, 0x1000, PAGE_READWRITE, &Old), STATUS_INVALID_PARAMETER_2, "protecting the kernel");
    VirtualFree(Low, 0, MEM_RELEASE);
    Low = VirtualAlloc(Base, 0x10000, MEM_RESERVE, PAGE_READWRITE);
    Ok(Failed(VirtualProtect(Low, 0x1000, PAGE_READWRITE, &Old), ERROR_INVALID_ADDRESS), "protecting what is reserved only");
    VirtualFree(Low, 0, MEM_RELEASE);
    VirtualFree(High, 0, MEM_RELEASE);
}

static void Locking(void)
{
    char *Base = VirtualAlloc(NULL, 0x3000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    PVOID At = Base + 5;
    SIZE_T Size = 1;
    DWORD Old;
    HANDLE Weak;

    Same(NtLockVirtualMemory(SELF, &At, &Size, 1), 0, "locked");
    Same(NtLockVirtualMemory(SELF, &At, &Size, 1), STATUS_WAS_LOCKED, "and again");
    Same(NtUnlockVirtualMemory(SELF, &At, &Size, 1), 0, "unlocked once for both");
    Ok(Failed(VirtualUnlock(Base, 1), ERROR_NOT_LOCKED), "not locked any more");
    VirtualProtect(Base + 0x1000, 0x1000, PAGE_NOACCESS, &Old);
    Ok(Failed(VirtualLock(Base + 0x1000, 1), ERROR_NOACCESS), "what cannot be touched cannot be locked");
    VirtualProtect(Base + 0x2000, 0x1000, PAGE_READWRITE | PAGE_GUARD, &Old);
    At = Base + 0x2000;
    Same(NtLockVirtualMemory(SELF, &At, &Size, 1), STATUS_GUARD_PAGE_VIOLATION, "a guard page strikes");
    VirtualFree(Base, 0, MEM_RELEASE);
    At = Base;
    Same(NtLockVirtualMemory(SELF, &At, &Size, 1), STATUS_ACCESS_VIOLATION, "nothing to lock");

    DuplicateHandle(SELF, SELF, SELF, &Weak, PROCESS_QUERY_INFORMATION, FALSE, 0);
    At = NULL;
    Size = 0x1000;
    Same(NtAllocateVirtualMemory(Weak, &At, 0, &Size, MEM_RESERVE, PAGE_READWRITE), STATUS_ACCESS_DENIED, "allocating needs PROCESS_VM_OPERATION");
    Same(NtProtectVirtualMemory(Weak, &At, &Size, PAGE_READONLY, &Old), STATUS_ACCESS_DENIED, "so does protecting");
    Same(NtFreeVirtualMemory(Weak, &At, &Size, MEM_RELEASE), STATUS_ACCESS_DENIED, "so does freeing");
    CloseHandle(Weak);
}

static void Walking(void)
{
    MEMORY_BASIC_INFORMATION Region;
    SYSTEM_INFO System;
    char *At = NULL;
    int Wrong = 0, Regions = 0;
    DWORD Error;
    ULONG Old;

    for (; VirtualQuery(At, &Region, sizeof(Region)) == sizeof(Region); At += Region.RegionSize, Regions++) {
        Wrong += Region.BaseAddress != At || Region.RegionSize == 0 || (Region.RegionSize & 0xFFF) != 0;
        Wrong += Region.State == MEM_FREE &&
                 (Region.AllocationBase != NULL || Region.AllocationProtect != 0 || Region.Protect != PAGE_NOACCESS || Region.Type != 0);
        Wrong += Region.State == MEM_RESERVE && (Region.Protect != 0 || Region.AllocationBase == NULL);
    }
    Error = GetLastError();
    Ok(Wrong == 0 && Regions > 20, "the whole address space, region by region (%d)", Regions);
    Ok(Error == ERROR_INVALID_PARAMETER && ((ULONG_PTR)At == 0x7FFFFFFF0000 || (ULONG_PTR)At == 0x7FFFFFFE0000), "it ends at %p", (void *)At);
    GetSystemInfo(&System);
    Ok((ULONG_PTR)System.lpMinimumApplicationAddress == 0x10000 && (ULONG_PTR)System.lpMaximumApplicationAddress == 0x7FFFFFFEFFFF, "as GetSystemInfo says");
    Ok(VirtualQuery(KERNEL, &Region, sizeof(Region)) == 0, "nothing is told of the kernel");
    Ok(VirtualQuery(Walking, &Region, sizeof(Region) - 1) == 0 && GetLastError() == ERROR_BAD_LENGTH, "a short buffer");
    Region = Query((PVOID)0x7FFE0000);
    Ok(Region.State == MEM_COMMIT && Region.Protect == PAGE_READONLY, "the shared user data");
    Same(Protect((PVOID)0x7FFE0000, 0x1000, PAGE_READWRITE, &Old), STATUS_INVALID_PAGE_PROTECTION, "is nobody's to change");
}

static void Images(void)
{
    char *Base = (char *)GetModuleHandleA(NULL), *Text = (char *)GetModuleHandleA("ntdll.dll") + 0x1000;
    MEMORY_BASIC_INFORMATION Region = Query(Base);
    ULONG Old = 0;

    Ok(Region.Type == MEM_IMAGE && Region.Protect == PAGE_READONLY && Region.AllocationProtect == PAGE_EXECUTE_WRITECOPY, "an image's headers");
    Is(Query((PVOID)(ULONG_PTR)Images).Protect, PAGE_EXECUTE_READ, "its code");
    Ok(VirtualProtect(Text, 0x1000, PAGE_EXECUTE_READWRITE, &Old) && Old == PAGE_EXECUTE_READ, "code made writable");
    Is(Query(Text).Protect, PAGE_EXECUTE_WRITECOPY, "means copy on write");
    *(volatile char *)Text = *(volatile char *)Text;
    Is(Query(Text).Protect, PAGE_EXECUTE_READWRITE, "and is a copy once written");
    Ok(VirtualProtect(Text, 0x1000, PAGE_EXECUTE_READ, &Old) && Old == PAGE_EXECUTE_READWRITE, "and back");
    Same(Free(Base, 0, MEM_RELEASE), STATUS_UNABLE_TO_DELETE_SECTION, "an image is not released");
    Same(Free(Base, 0x1000, MEM_DECOMMIT), STATUS_UNABLE_TO_DECOMMIT_VM, "nor decommitted");
    Same(Allocate(Base, 0x1000, MEM_COMMIT, PAGE_READWRITE), STATUS_ALREADY_COMMITTED, "nor committed");
}

static void Names(void)
{
    char Buffer[600], *Private = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    UNICODE_STRING *Name = (UNICODE_STRING *)Buffer;
    HANDLE Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x2000, NULL);
    PVOID View = MapViewOfFile(Section, FILE_MAP_ALL_ACCESS, 0, 0, 0), Base = GetModuleHandleA(NULL);
    SIZE_T Got = 0;

    Same(NtQueryVirtualMemory(SELF, Base, 2, Buffer, sizeof(Buffer), &Got), 0, "the file an image is of");
    Ok(Name->Length != 0 && Name->Buffer == (PWSTR)(Name + 1) && Name->MaximumLength == Name->Length + 2 && Got == sizeof(*Name) + Name->MaximumLength,
       "its name lies behind the string");
    Same(NtQueryVirtualMemory(SELF, Base, 2, Buffer, 8, &Got), STATUS_INFO_LENGTH_MISMATCH, "no room for the string");
    Same(NtQueryVirtualMemory(SELF, Base, 2, Buffer, 20, &Got), STATUS_BUFFER_OVERFLOW, "no room for the name");
    Same(NtQueryVirtualMemory(SELF, Private, 2, Buffer, sizeof(Buffer), &Got), STATUS_INVALID_ADDRESS, "private memory has none");
    Same(NtQueryVirtualMemory(SELF, View, 2, Buffer, sizeof(Buffer), &Got), STATUS_FILE_INVALID, "nor has a section without a file");
    Ok(Failed(GetMappedFileNameA(SELF, View, Buffer, sizeof(Buffer)) != 0, ERROR_FILE_INVALID), "as GetMappedFileName says");
    Ok(Failed(GetMappedFileNameA(SELF, Private, Buffer, sizeof(Buffer)) != 0, ERROR_UNEXP_NET_ERR), "of private memory, too");
    UnmapViewOfFile(View);
    CloseHandle(Section);
    VirtualFree(Private, 0, MEM_RELEASE);
}

/* Executing a page that may not be: the call of it has no effect but an exception, after which it returns 99. */
static LONG CALLBACK OnExecute(PEXCEPTION_POINTERS Pointers)
{
    PCONTEXT Context = Pointers->ContextRecord;

    if (Pointers->ExceptionRecord->ExceptionCode != STATUS_ACCESS_VIOLATION || Pointers->ExceptionRecord->ExceptionInformation[0] != 8)
        return EXCEPTION_CONTINUE_SEARCH;
    Context->Rip = *(ULONG64 *)Context->Rsp;
    Context->Rsp += 8;
    Context->Rax = 99;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* The code of a function that every process has called, in a view that is not for execution. */
static void TestNoExecution(void)
{
    HANDLE File = CreateFileA("C:\\Windows\\System32\\ntdll.dll", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE Section = CreateFileMappingA(File, NULL, PAGE_READONLY | SEC_IMAGE_NO_EXECUTE, 0, 0, NULL);
    char *Plain = MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 0);
    PVOID Handler = AddVectoredExceptionHandler(1, OnExecute);
    DWORD (WINAPI *Ours)(void) = (PVOID)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtTestAlert");
    DWORD (WINAPI *Theirs)(void) = (PVOID)(Plain + ((char *)Ours - (char *)GetModuleHandleA("ntdll.dll")));

    Is(Ours(), 0, "a function of ntdll");
    Is(Theirs(), 99, "cannot be called in a view without execution");
    RemoveVectoredExceptionHandler(Handler);
    UnmapViewOfFile(Plain);
    CloseHandle(Section);
    CloseHandle(File);
}

static void SameFiles(void)
{
    HANDLE File = CreateFileA("C:\\Windows\\System32\\kernel32.dll", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE Data = CreateFileMappingA(File, NULL, PAGE_READONLY, 0, 0, NULL), Image = CreateFileMappingA(File, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    HANDLE NoExecute = CreateFileMappingA(File, NULL, PAGE_READONLY | SEC_IMAGE_NO_EXECUTE, 0, 0, NULL);
    char *DataView = MapViewOfFile(Data, FILE_MAP_READ, 0, 0, 0), *ImageView = MapViewOfFile(Image, FILE_MAP_READ, 0, 0, 0), *Plain;
    PVOID Loaded = GetModuleHandleA("kernel32.dll"), Private = VirtualAlloc(NULL, 0x1000, MEM_RESERVE, PAGE_NOACCESS);
    IO_STATUS_BLOCK Io;
    PVOID At = Private;
    SIZE_T Size = 0;
    ULONG Old;

    Ok(DataView != NULL && ImageView != NULL && Query(ImageView).Type == MEM_IMAGE && Query(DataView).Type == MEM_MAPPED, "a file as data and as image");
    Same(NtAreMappedFilesTheSame(Loaded, ImageView), 0, "two images of a file are the same");
    Same(NtAreMappedFilesTheSame(Loaded, DataView), 0, "an image and its file");
    Same(NtAreMappedFilesTheSame(DataView, Loaded), STATUS_NOT_SAME_DEVICE, "but the image comes first");
    Same(NtAreMappedFilesTheSame(DataView, DataView), 0, "a view and itself");
    Same(NtAreMappedFilesTheSame(Loaded, GetModuleHandleA("ntdll.dll")), STATUS_NOT_SAME_DEVICE, "two files");
    Same(NtAreMappedFilesTheSame(Loaded, NULL), STATUS_INVALID_ADDRESS, "nothing");
    Same(NtAreMappedFilesTheSame(Loaded, Private), STATUS_CONFLICTING_ADDRESSES, "private memory");

    Plain = MapViewOfFile(NoExecute, FILE_MAP_READ, 0, 0, 0);
    Ok(Plain != NULL && *(USHORT *)Plain == IMAGE_DOS_SIGNATURE && Query(Plain).Type == MEM_IMAGE, "SEC_IMAGE_NO_EXECUTE: laid out as an image");
    Is(Query(Plain + 0x1000).Protect, PAGE_READONLY, "its code is not executable");
    Same(Protect(Plain + 0x1000, 0x1000, PAGE_EXECUTE_READ, &Old), STATUS_SECTION_PROTECTION, "and cannot be made so");
    UnmapViewOfFile(Plain);
    TestNoExecution();

    Same(NtFlushVirtualMemory(SELF, &At, &Size, &Io), STATUS_NOT_MAPPED_VIEW, "flushing private memory");
    At = DataView + 5;
    Size = 1;
    Same(NtFlushVirtualMemory(SELF, &At, &Size, &Io), 0, "flushing a byte of a view");
    Ok(At == DataView && Size == 0x1000, "is flushing a page");
    UnmapViewOfFile(DataView);
    UnmapViewOfFile(ImageView);
    VirtualFree(Private, 0, MEM_RELEASE);
    CloseHandle(NoExecute);
    CloseHandle(Image);
    CloseHandle(Data);
    CloseHandle(File);
}

static NTSTATUS WithRequirements(PVOID Lowest, PVOID Highest, SIZE_T Alignment, SIZE_T Size, PVOID *Base)
{
    struct { PVOID Lowest, Highest; SIZE_T Alignment; } Requirements = {Lowest, Highest, Alignment};
    struct { ULONG64 Type; PVOID Pointer; } Parameter = {1, &Requirements};

    *Base = NULL;
    return NtAllocateVirtualMemoryEx(SELF, Base, &Size, MEM_RESERVE, PAGE_READWRITE, &Parameter, 1);
}

static void Requirements(void)
{
    PVOID Base;
    SIZE_T Size = 0x10000, Terabyte = (SIZE_T)1 << 40;

    Base = NULL;
    Same(NtAllocateVirtualMemoryEx(SELF, &Base, &Size, MEM_RESERVE, PAGE_READWRITE, NULL, 1), STATUS_INVALID_PARAMETER, "one parameter, and none there");
    Same(WithRequirements(NULL, NULL, 0, 0x10000, &Base), 0, "nothing required");
    Free(Base, 0, MEM_RELEASE);
    Same(WithRequirements((PVOID)0x1001, NULL, 0, 0x10000, &Base), STATUS_INVALID_PARAMETER, "an odd lowest address");
    Same(WithRequirements(NULL, (PVOID)0x20001000, 0, 0x10000, &Base), STATUS_INVALID_PARAMETER, "a highest address is a page's last");
    Same(WithRequirements(NULL, (PVOID)0x20000FFF, 0, 0x10000, &Base), 0, "as this one");
    Ok((char *)Base + 0x10000 <= (char *)0x20001000, "and is kept to");
    Free(Base, 0, MEM_RELEASE);
    Same(WithRequirements((PVOID)0x20000000, (PVOID)0x1FFFFFFF, 0, 0x10000, &Base), STATUS_INVALID_PARAMETER, "the lowest above the highest");
    Same(WithRequirements((PVOID)0x20000000, (PVOID)0x2000FFFF, 0, 0x20000, &Base), STATUS_NO_MEMORY, "no room between them");
    Same(WithRequirements(NULL, NULL, 0x8000, 0x10000, &Base), STATUS_INVALID_PARAMETER, "less than 64 KiB is no alignment");
    Same(WithRequirements(NULL, NULL, Terabyte, 0x10000, &Base), 0, "a terabyte is");
    Is((ULONG_PTR)Base & (Terabyte - 1), 0, "aligned");
    Free(Base, 0, MEM_RELEASE);
}

static ULONG_PTR Written(char *Base, DWORD Flags, PVOID *Addresses)
{
    ULONG_PTR Count = 16;
    ULONG Granularity;

    return GetWriteWatch(Flags, Base, 0x8000, Addresses, &Count, &Granularity) == 0 ? Count : 99;
}

/* What the system writes on the program's behalf counts. */
static void Watching(void)
{
    char *Base = VirtualAlloc(NULL, 0x8000, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE);
    HANDLE File = CreateFileA("C:\\Windows\\System32\\ntdll.dll", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    PVOID Addresses[16] = {0};
    ULONG_PTR Count = 0;
    ULONG Granularity;
    DWORD Got;

    VirtualAlloc(Base, 0x8000, MEM_COMMIT, PAGE_READWRITE);
    Is(Written(Base, 0, Addresses), 0, "nothing is written at first");
    Base[0x2000] = 1;
    WriteProcessMemory(SELF, Base + 0x4000, "x", 1, NULL);
    ReadFile(File, Base + 0x6000, 100, &Got, NULL);
    CloseHandle(File);
    Is(Written(Base, WRITE_WATCH_FLAG_RESET, Addresses), 3, "a store, WriteProcessMemory, ReadFile");
    Ok(Addresses[0] == Base + 0x2000 && Addresses[1] == Base + 0x4000 && Addresses[2] == Base + 0x6000, "in order");
    Is(Written(Base, 0, Addresses), 0, "and forgotten, as asked");
    Same(NtGetWriteWatch(SELF, 0, Base, 0x8000, Addresses, &Count, &Granularity), STATUS_INVALID_PARAMETER_5, "no room for an answer");
    Count = 16;
    Same(NtGetWriteWatch(SELF, 2, Base, 0x8000, Addresses, &Count, &Granularity), STATUS_INVALID_PARAMETER_2, "unknown flags");
    Same(NtGetWriteWatch(SELF, 0, Base, 0x9000, Addresses, &Count, &Granularity), STATUS_INVALID_PARAMETER_1, "beyond the allocation");
    Same(NtResetWriteWatch(SELF, Base, 0), STATUS_INVALID_PARAMETER_3, "resetting nothing");
    VirtualFree(Base, 0, MEM_RELEASE);
}

static PROCESS_MEMORY_COUNTERS_EX Counters(void)
{
    PROCESS_MEMORY_COUNTERS_EX Result = {.cb = sizeof(Result)};

    GetProcessMemoryInfo(SELF, (PROCESS_MEMORY_COUNTERS *)&Result, sizeof(Result));
    return Result;
}

static void WorkingSets(void)
{
    PROCESS_MEMORY_COUNTERS_EX Before = Counters(), After;
    char *Base = VirtualAlloc(NULL, 0x100000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    PSAPI_WORKING_SET_EX_INFORMATION Page = {Base};
    SIZE_T Minimum = 0, Maximum = 0;

    After = Counters();
    Ok(After.PrivateUsage >= Before.PrivateUsage + 0x100000 && After.PagefileUsage == After.PrivateUsage, "a megabyte is charged");
    for (int At = 0; At < 0x100000; At += 0x1000) {
        Base[At] = (char)(At >> 12);
    }
    Before = After;
    After = Counters();
    Ok(After.WorkingSetSize >= Before.WorkingSetSize + 0x100000 && After.PageFaultCount >= Before.PageFaultCount + 256,
       "touched: in the working set, by faults");
    Ok(After.PeakWorkingSetSize >= After.WorkingSetSize, "the peak is no less");
    Ok(SetProcessWorkingSetSize(SELF, 0x100000, 0x400000) && GetProcessWorkingSetSize(SELF, &Minimum, &Maximum) && Minimum == 0x100000 && Maximum == 0x400000,
       "limits are kept");
    Ok(Failed(SetProcessWorkingSetSize(SELF, 0x400000, 0x100000), ERROR_INVALID_PARAMETER), "the least above the most");
    Ok(QueryWorkingSetEx(SELF, &Page, sizeof(Page)) && Page.VirtualAttributes.Valid, "a page of it");
    Before = After;
    Ok(EmptyWorkingSet(SELF), "emptied");
    Ok(QueryWorkingSetEx(SELF, &Page, sizeof(Page)) && !Page.VirtualAttributes.Valid, "the page is gone from it");
    After = Counters();
    Ok(After.WorkingSetSize + 0x100000 <= Before.WorkingSetSize, "it is smaller");
    int Kept = 1;
    for (int At = 0; At < 0x100000; At += 0x1000) {
        Kept &= Base[At] == (char)(At >> 12);
    }
    Ok(Kept, "and every byte is there still");
    VirtualFree(Base, 0, MEM_RELEASE);
}

static void MemoryStatus(void)
{
    MEMORYSTATUSEX Status = {sizeof(Status)}, Short = {0};
    MEMORYSTATUS Old;
    PERFORMANCE_INFORMATION Performance;

    Ok(GlobalMemoryStatusEx(&Status) && Status.dwMemoryLoad <= 100 && Status.ullAvailPhys <= Status.ullTotalPhys, "physical memory");
    Ok(Status.ullTotalVirtual == 0x7FFFFFFE0000 && Status.ullAvailVirtual < Status.ullTotalVirtual && Status.ullAvailExtendedVirtual == 0, "address space");
    Ok(Status.ullAvailPageFile <= Status.ullTotalPageFile, "commit");
    Ok(Failed(GlobalMemoryStatusEx(&Short), ERROR_INVALID_PARAMETER), "a structure of no length");
    GlobalMemoryStatus(&Old);
    Ok(Old.dwLength == sizeof(Old) && Old.dwTotalPhys == Status.ullTotalPhys, "the older call");
    Ok(GetPerformanceInfo(&Performance, sizeof(Performance)) && Performance.PageSize == 0x1000 && Performance.CommitTotal <= Performance.CommitLimit &&
       Performance.CommitPeak >= Performance.CommitTotal && Performance.ThreadCount > Performance.ProcessCount, "GetPerformanceInfo");
}

/* On a machine that has memory to spare. */
static void Conditions(void)
{
    HANDLE Low = CreateMemoryResourceNotification(LowMemoryResourceNotification), High = CreateMemoryResourceNotification(HighMemoryResourceNotification);
    BOOL IsLow = 77, IsHigh = 77;

    Ok(Low != NULL && High != NULL && Low != High, "two conditions");
    WaitForSingleObject(High, 60000);
    Ok(QueryMemoryResourceNotification(Low, &IsLow) && !IsLow && WaitForSingleObject(Low, 0) == WAIT_TIMEOUT, "memory is not scarce");
    Ok(QueryMemoryResourceNotification(High, &IsHigh) && IsHigh == TRUE && WaitForSingleObject(High, 0) == WAIT_OBJECT_0, "there is plenty");
    Ok(Failed(SetEvent(Low), ERROR_ACCESS_DENIED), "which is not the program's to say");
    Ok(Failed(CreateMemoryResourceNotification(2) != NULL, ERROR_INVALID_PARAMETER), "a third condition");
    Ok(Failed(QueryMemoryResourceNotification(NULL, &IsLow), ERROR_INVALID_PARAMETER), "no condition");
    CloseHandle(Low);
    CloseHandle(High);
}

int main(void)
{
    Allocating();
    Freeing();
    Neighbours();
    Locking();
    Walking();
    Images();
    Names();
    SameFiles();
    Requirements();
    Watching();
    WorkingSets();
    MemoryStatus();
    Conditions();
    return Done();
}

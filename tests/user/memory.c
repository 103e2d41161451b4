/* SPDX-License-Identifier: MIT */
/*
 * memory.c - virtual memory, heaps, sections and views.
 */
#include <windows.h>
#include <stdlib.h>
#include <string.h>
#include "tap.h"

static MEMORY_BASIC_INFORMATION Query(void *Address)
{
    MEMORY_BASIC_INFORMATION Information = {0};

    VirtualQuery(Address, &Information, sizeof(Information));
    return Information;
}

static LONG Faults;
static void *FaultAddress;

/* Makes the page writable and lets the instruction run again: the address and kind are what the kernel said. */
static LONG CALLBACK Repair(PEXCEPTION_POINTERS Pointers)
{
    DWORD Old;

    if (Pointers->ExceptionRecord->ExceptionCode != EXCEPTION_ACCESS_VIOLATION && Pointers->ExceptionRecord->ExceptionCode != EXCEPTION_GUARD_PAGE) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    Faults++;
    FaultAddress = (void *)Pointers->ExceptionRecord->ExceptionInformation[1];
    if (Pointers->ExceptionRecord->ExceptionCode == EXCEPTION_ACCESS_VIOLATION) {
        VirtualProtect(FaultAddress, 1, PAGE_READWRITE, &Old);
    }
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void Allocation(void)
{
    char *Memory = VirtualAlloc(NULL, 0x30000, MEM_RESERVE, PAGE_READWRITE);
    MEMORY_BASIC_INFORMATION Information = Query(Memory);
    int Zero = 1;

    Ok(Memory != NULL && ((ULONG_PTR)Memory & 0xFFFF) == 0, "reserved, at a multiple of 64 KiB");
    Ok(Information.State == MEM_RESERVE && Information.RegionSize == 0x30000, "a reserved region");
    Ok(VirtualAlloc(Memory + 0x10000, 0x2000, MEM_COMMIT, PAGE_READWRITE) == Memory + 0x10000, "two pages committed");
    Information = Query(Memory + 0x10000);
    Ok(Information.State == MEM_COMMIT && Information.RegionSize == 0x2000 && Information.Protect == PAGE_READWRITE &&
       Information.AllocationBase == Memory && Information.Type == MEM_PRIVATE, "the committed region");
    for (int i = 0; i < 0x2000; i++) {
        Zero &= Memory[0x10000 + i] == 0;
    }
    Ok(Zero, "zeroed");
    memset(Memory + 0x10000, 0x5A, 0x2000);
    Ok(VirtualFree(Memory + 0x10000, 0x1000, MEM_DECOMMIT), "one page decommitted");
    Is(Query(Memory + 0x10000).State, MEM_RESERVE, "reserved again");
    Is((UCHAR)Memory[0x11000], 0x5A, "the other is as it was");
    Is(VirtualFree(Memory, 0x1000, MEM_RELEASE) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "release wants size 0");
    Ok(VirtualFree(Memory, 0, MEM_RELEASE), "released");
    Is(Query(Memory).State, MEM_FREE, "free");
    Is(VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE) != NULL || GetLastError() != ERROR_INVALID_PARAMETER, 0, "no size");
    Is(VirtualAlloc(NULL, 1, MEM_COMMIT, 0x12345) != NULL || GetLastError() != ERROR_INVALID_PARAMETER, 0, "no protection");
    Memory = VirtualAlloc(NULL, (SIZE_T)1 << 40, MEM_RESERVE, PAGE_READWRITE);
    Ok(Memory != NULL, "1 TB reserved");
    VirtualFree(Memory, 0, MEM_RELEASE);
}

static void Protection(void)
{
    volatile char *Memory = VirtualAlloc(NULL, 0x3000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    PVOID Handler = AddVectoredExceptionHandler(1, Repair);
    DWORD Old = 0;

    Memory[0x1000] = 1;
    Ok(VirtualProtect((void *)(Memory + 0x1000), 1, PAGE_READONLY, &Old) && Old == PAGE_READWRITE, "read-only");
    Memory[0x1004] = 2;
    Ok(Faults == 1 && FaultAddress == Memory + 0x1004, "a write faults once, at its address");
    Is((UCHAR)Memory[0x1000], 1, "the page is the same");
    Is(Query((void *)Memory).RegionSize, 0x3000, "one region again");
    VirtualProtect((void *)(Memory + 0x2000), 1, PAGE_READWRITE | PAGE_GUARD, &Old);
    Memory[0x2000] = 3;
    Is((ULONG)Faults, 2, "a guard page faults once");
    Is(Query((void *)(Memory + 0x2000)).Protect, PAGE_READWRITE, "and is none any more");
    RemoveVectoredExceptionHandler(Handler);
    VirtualFree((void *)Memory, 0, MEM_RELEASE);
    Is(IsBadReadPtr((void *)Memory, 1), 1, "nothing there");
}

static void Sections(void)
{
    HANDLE Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x20000, "TestSection");
    HANDLE Other = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, "TestSection");
    char *First = MapViewOfFile(Section, FILE_MAP_ALL_ACCESS, 0, 0, 0), *Second = MapViewOfFile(Other, FILE_MAP_READ, 0, 0x10000, 0x1000);
    char *Copy = MapViewOfFile(Section, FILE_MAP_COPY, 0, 0, 0x1000);

    Ok(First != NULL && Second != NULL && Copy != NULL, "three views");
    First[0x10005] = 'x';
    Is((UCHAR)Second[5], 'x', "views show the same pages");
    First[7] = 'a';
    Copy[7] = 'b';
    Is((UCHAR)First[7], 'a', "a copy is written for itself");
    Is(Query(First).Type, MEM_MAPPED, "mapped");
    Is(MapViewOfFile(Section, FILE_MAP_READ, 0, 0x1000, 0x1000) != NULL || GetLastError() != ERROR_MAPPED_ALIGNMENT, 0, "an odd offset");
    Ok(UnmapViewOfFile(First) && UnmapViewOfFile(Second) && UnmapViewOfFile(Copy), "unmapped");
    Is(UnmapViewOfFile(First) || GetLastError() != ERROR_INVALID_ADDRESS, 0, "not twice");
    CloseHandle(Section);
    CloseHandle(Other);
}

static void MappedFile(void)
{
    HANDLE File = CreateFileA("C:\\Windows\\System32\\kernel32.dll", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE Section = CreateFileMappingA(File, NULL, PAGE_READONLY, 0, 0, NULL);
    char *View = MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 0), Buffer[4096];
    DWORD Read = 0, Size = GetFileSize(File, NULL);
    int Same = 1;

    Ok(View != NULL, "a file mapped");
    for (DWORD At = 0; View != NULL && At < Size && ReadFile(File, Buffer, sizeof(Buffer), &Read, NULL) && Read != 0; At += Read) {
        Same &= memcmp(View + At, Buffer, Read) == 0;
    }
    Ok(Same, "what is read is what is mapped");
    UnmapViewOfFile(View);
    CloseHandle(Section);
    CloseHandle(File);
}

static void Heaps(void)
{
    HANDLE Heap = HeapCreate(0, 0, 0);
    unsigned Seed = 1;
    int Good = 1;
    struct { unsigned char *Block; SIZE_T Size; unsigned char Byte; } Live[64] = {0};

    for (int Round = 0; Round < 5000; Round++) {
        Seed = Seed * 1103515245 + 12345;
        int i = (Seed >> 8) & 63;
        if (Live[i].Block != NULL) {
            for (SIZE_T j = 0; j < Live[i].Size; j += 97) {
                Good &= Live[i].Block[j] == Live[i].Byte;
            }
            Good &= HeapSize(Heap, 0, Live[i].Block) == Live[i].Size;
            Good &= HeapFree(Heap, 0, Live[i].Block);
        }
        Live[i].Size = (Seed >> 16) % (Round % 50 == 0 ? 300000 : 3000);
        Live[i].Byte = (unsigned char)Round;
        Live[i].Block = HeapAlloc(Heap, 0, Live[i].Size);
        Good &= Live[i].Block != NULL && ((ULONG_PTR)Live[i].Block & 15) == 0;
        memset(Live[i].Block, Live[i].Byte, Live[i].Size);
    }
    Ok(Good, "5000 blocks of a heap");
    Ok(HeapValidate(Heap, 0, NULL), "the heap is valid");
    Ok(HeapDestroy(Heap), "destroyed");
    char *Block = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 100);
    Block[99] = 'z';
    Block = HeapReAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, Block, 100000);
    Ok(Block != NULL && Block[99] == 'z' && Block[99999] == 0, "grown");
    HeapFree(GetProcessHeap(), 0, Block);
    HGLOBAL Movable = GlobalAlloc(GMEM_MOVEABLE | GMEM_ZEROINIT, 50);
    Block = GlobalLock(Movable);
    Ok(Block != NULL && (HGLOBAL)Block != Movable && GlobalSize(Movable) == 50, "movable memory");
    GlobalUnlock(Movable);
    Ok(GlobalFree(Movable) == NULL, "freed");
}

int main(void)
{
    Allocation();
    Protection();
    Sections();
    MappedFile();
    Heaps();
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * cache.c - one file, one set of pages: what is written, read, mapped and flushed agrees in every direction; cutting, growing, deleting and running
 * files that are mapped.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>
#include "tap.h"

#define SIZE 300000

static char Path[MAX_PATH], Copy[MAX_PATH];
static unsigned char Data[SIZE], Buffer[SIZE];

static HANDLE Open(DWORD Disposition, DWORD Flags)
{
    return CreateFileA(Path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, Disposition, Flags, NULL);
}

static DWORD At(HANDLE File, DWORD Offset, void *Bytes, DWORD Length, BOOL Write)
{
    DWORD Done = 0;

    SetFilePointer(File, (LONG)Offset, NULL, FILE_BEGIN);
    if (Write) {
        WriteFile(File, Bytes, Length, &Done, NULL);
    } else {
        ReadFile(File, Bytes, Length, &Done, NULL);
    }
    return Done;
}

static void Fill(unsigned Seed)
{
    for (int i = 0; i < SIZE; i++) {
        Seed = Seed * 1103515245 + 12345;
        Data[i] = (unsigned char)(Seed >> 16);
    }
}

static BOOL Cut(HANDLE File, DWORD Size)
{
    SetFilePointer(File, (LONG)Size, NULL, FILE_BEGIN);
    return SetEndOfFile(File);
}

static BOOL AllZero(const unsigned char *Bytes, DWORD Length)
{
    for (DWORD i = 0; i < Length; i++) {
        if (Bytes[i] != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

static void Coherence(void)
{
    HANDLE File = Open(CREATE_ALWAYS, 0), Other = Open(OPEN_EXISTING, 0), Section, Raw;
    unsigned char *View, *Aligned = VirtualAlloc(NULL, 0x10000, MEM_COMMIT, PAGE_READWRITE);
    DWORD Done = 0;

    Ok(File != INVALID_HANDLE_VALUE && Other != INVALID_HANDLE_VALUE, "a file, opened twice");
    Fill(1);
    Is(At(File, 0, Data, SIZE, TRUE), SIZE, "written");
    Is(At(Other, 0, Buffer, SIZE, FALSE), SIZE, "read through the other handle");
    Ok(memcmp(Data, Buffer, SIZE) == 0, "the same");
    Section = CreateFileMappingA(File, NULL, PAGE_READWRITE, 0, 0, NULL);
    View = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 0);
    Ok(View != NULL && memcmp(View, Data, SIZE) == 0, "the view shows it");
    Ok(View != NULL && AllZero(View + SIZE, 0x1000 - SIZE % 0x1000), "and zeros behind the end");
    At(Other, 70000, "through a handle", 16, TRUE);
    Ok(memcmp(View + 70000, "through a handle", 16) == 0, "a write shows in the view");
    memcpy(View + 200000, "through the view", 16);
    At(Other, 200000, Buffer, 16, FALSE);
    Ok(memcmp(Buffer, "through the view", 16) == 0, "a store shows in a read");
    Ok(FlushViewOfFile(View + 200000, 16), "the view flushed");
    Ok(FlushFileBuffers(File), "the file flushed");
    Raw = CreateFileA(Path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING, NULL);
    SetFilePointer(Raw, 196608, NULL, FILE_BEGIN);
    Ok(ReadFile(Raw, Aligned, 0x10000, &Done, NULL) && Done == 0x10000 && memcmp(Aligned + 200000 - 196608, "through the view", 16) == 0,
       "the disk has it too");
    memcpy(View + 196608, "not flushed", 11);
    UnmapViewOfFile(View);
    CloseHandle(Section);
    SetFilePointer(Raw, 196608, NULL, FILE_BEGIN);
    At(Other, 196608, Buffer, 11, FALSE);
    Ok(memcmp(Buffer, "not flushed", 11) == 0, "what an unmapped view wrote is there");
    CloseHandle(Raw);
    CloseHandle(Other);
    CloseHandle(File);
    File = Open(OPEN_EXISTING, 0);
    memcpy(Data + 70000, "through a handle", 16);
    memcpy(Data + 200000, "through the view", 16);
    memcpy(Data + 196608, "not flushed", 11);
    Is(At(File, 0, Buffer, SIZE, FALSE), SIZE, "opened again");
    Ok(memcmp(Data, Buffer, SIZE) == 0, "all of it is there");
    Section = CreateFileMappingA(File, NULL, PAGE_WRITECOPY, 0, 0, NULL);
    View = MapViewOfFile(Section, FILE_MAP_COPY, 0, 0, 0);
    View[5] ^= 0xFF;
    At(File, 5, Buffer, 1, FALSE);
    Ok(Buffer[0] == Data[5], "a copy stays a copy");
    UnmapViewOfFile(View);
    CloseHandle(Section);
    CloseHandle(File);
    VirtualFree(Aligned, 0, MEM_RELEASE);
}

static void Sizes(void)
{
    HANDLE File = Open(CREATE_ALWAYS, 0), Section;
    unsigned char *View;

    Fill(2);
    At(File, 0, Data, 10000, TRUE);
    Section = CreateFileMappingA(File, NULL, PAGE_READWRITE, 0, 50000, NULL);
    Is(GetFileSize(File, NULL), 50000, "a larger section makes the file larger");
    View = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 0);
    Ok(memcmp(View, Data, 10000) == 0 && AllZero(View + 10000, 40000), "with zeros");
    memset(View + 45000, 0x55, 5000);
    Ok(!Cut(File, 8000) && GetLastError() == ERROR_USER_MAPPED_FILE, "a mapped file is not cut");
    Ok(Cut(File, 60000), "but grows");
    CloseHandle(Section);
    Ok(!Cut(File, 8000) && GetLastError() == ERROR_USER_MAPPED_FILE, "nor when only the view is left");
    UnmapViewOfFile(View);
    Ok(Cut(File, 8000), "afterwards it is");
    Is(GetFileSize(File, NULL), 8000, "shorter");
    Ok(Cut(File, 50000), "and longer again");
    Is(At(File, 0, Buffer, SIZE, FALSE), 50000, "read");
    Ok(memcmp(Buffer, Data, 8000) == 0 && AllZero(Buffer + 8000, 42000), "what was cut off is zeros now");
    Is(At(File, 49999, Buffer, 10, FALSE), 1, "a read over the end is short");
    Is(At(File, 50000, Buffer, 10, FALSE), 0, "at the end it is empty");
    Is(At(File, 100000, Data, 100, TRUE), 100, "a write beyond the end");
    Is(At(File, 50000, Buffer, 50100, FALSE), 50100, "fills the gap");
    Ok(AllZero(Buffer, 50000) && memcmp(Buffer + 50000, Data, 100) == 0, "with zeros");
    CloseHandle(File);
    File = Open(CREATE_ALWAYS, 0);
    Section = CreateFileMappingA(File, NULL, PAGE_READWRITE, 0, 0, NULL);
    Ok(Section == NULL && GetLastError() == ERROR_FILE_INVALID, "an empty file cannot be mapped");
    Is(At(File, 0, Buffer, 10, FALSE), 0, "nor read");
    CloseHandle(File);
}

/* Of a mapped file the pages may not go, but the last one may be used up to less; the same for allocation, and for opening it anew. */
static void LastPage(void)
{
    HANDLE File = Open(CREATE_ALWAYS, 0), Section;
    FILE_ALLOCATION_INFO Allocation = {.AllocationSize.QuadPart = 4096};
    unsigned char *View;

    Fill(9);
    At(File, 0, Data, 10000, TRUE);
    Section = CreateFileMappingA(File, NULL, PAGE_READWRITE, 0, 0, NULL);
    View = MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 0);
    CloseHandle(Section);
    Ok(!Cut(File, 8192) && GetLastError() == ERROR_USER_MAPPED_FILE, "not by a mapped page");
    Ok(!Cut(File, 0) && GetLastError() == ERROR_USER_MAPPED_FILE, "nor to nothing");
    Ok(!SetFileInformationByHandle(File, FileAllocationInfo, &Allocation, sizeof(Allocation)) && GetLastError() == ERROR_USER_MAPPED_FILE,
       "nor its allocation");
    Ok(Cut(File, 8193), "within the last page");
    Is(GetFileSize(File, NULL), 8193, "it is shorter");
    Ok(memcmp(View, Data, 8193) == 0, "the view has what is left");
    CloseHandle(File);
    File = CreateFileA(Path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, TRUNCATE_EXISTING, 0, NULL);
    Ok(File == INVALID_HANDLE_VALUE && GetLastError() == ERROR_USER_MAPPED_FILE, "a mapped file is not truncated by opening it");
    Ok(!DeleteFileA(Path) && GetLastError() == ERROR_ACCESS_DENIED, "nor deleted");
    UnmapViewOfFile(View);
    File = Open(OPEN_EXISTING, 0);
    Ok(Cut(File, 10000), "longer again");
    Is(At(File, 0, Buffer, SIZE, FALSE), 10000, "read");
    Ok(memcmp(Buffer, Data, 8193) == 0 && AllZero(Buffer + 8193, 10000 - 8193), "with zeros where it was cut");
    CloseHandle(File);
}

/* Two megabytes in odd pieces, checked through a view. */
static void Many(void)
{
    HANDLE File = Open(CREATE_ALWAYS, 0), Section;
    unsigned Seed = 7;
    unsigned char *View;
    int Good = 1;
    DWORD Total = 0;

    Fill(3);
    while (Total < 2000000) {
        Seed = Seed * 1103515245 + 12345;
        DWORD Length = (Seed >> 16) % 20000 + 1;
        Good &= At(File, Total, Data + Total % 1000, Length, TRUE) == Length;
        Total += Length;
    }
    Ok(Good, "written in pieces");
    Section = CreateFileMappingA(File, NULL, PAGE_READONLY, 0, 0, NULL);
    View = MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 0);
    Seed = 7;
    for (DWORD Offset = 0; Offset < Total && Good;) {
        Seed = Seed * 1103515245 + 12345;
        DWORD Length = (Seed >> 16) % 20000 + 1;
        Good &= memcmp(View + Offset, Data + Offset % 1000, Length) == 0;
        Offset += Length;
    }
    Ok(Good, "mapped");
    UnmapViewOfFile(View);
    CloseHandle(Section);
    CloseHandle(File);
}

static void Images(void)
{
    char Self[MAX_PATH], Line[MAX_PATH + 20];
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    HANDLE File;
    DWORD Code = 0;

    GetModuleFileNameA(NULL, Self, sizeof(Self));
    File = CreateFileA(Self, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    Ok(File == INVALID_HANDLE_VALUE && GetLastError() == ERROR_SHARING_VIOLATION, "a running program is not opened for writing");
    Ok(!DeleteFileA(Self) && GetLastError() == ERROR_ACCESS_DENIED, "nor deleted");
    Ok(CopyFileA(Self, Copy, FALSE), "but copied");
    snprintf(Line, sizeof(Line), "\"%s\" 77", Copy);
    Ok(CreateProcessA(Copy, Line, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process), "and the copy runs at once");
    WaitForSingleObject(Process.hProcess, 60000);
    GetExitCodeProcess(Process.hProcess, &Code);
    Is(Code, 77, "and does what it should");
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    /* The process object lives a moment longer than the process. */
    File = INVALID_HANDLE_VALUE;
    for (int Tries = 0; File == INVALID_HANDLE_VALUE && Tries < 500; Tries++) {
        File = CreateFileA(Copy, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
        Sleep(File == INVALID_HANDLE_VALUE ? 10 : 0);
    }
    Ok(File != INVALID_HANDLE_VALUE, "when it has ended its file can be written");
    Is(At(File, 0, "XX", 2, TRUE), 2, "written");
    CloseHandle(File);
    SetLastError(0);
    Code = CreateProcessA(Copy, Line, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process) ? 0 : GetLastError();
    Ok(Code == ERROR_BAD_EXE_FORMAT || Code == ERROR_EXE_MACHINE_TYPE_MISMATCH, "and what was written counts");
    Ok(DeleteFileA(Copy), "deleted");
}

int main(int Count, char **Arguments)
{
    char Temp[MAX_PATH];

    if (Count > 1) {
        return Arguments[1][0] == '7' ? 77 : 1;
    }
    GetTempPathA(sizeof(Temp), Temp);
    snprintf(Path, sizeof(Path), "%scachetest.bin", Temp);
    snprintf(Copy, sizeof(Copy), "%scachetest.exe", Temp);
    Coherence();
    Sizes();
    LastPage();
    Many();
    Images();
    Ok(DeleteFileA(Path), "cleared away");
    return Done();
}

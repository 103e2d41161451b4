/* SPDX-License-Identifier: MIT */
/*
 * ldrimage.c - images that differ from what a linker makes every day: dll/odd.py's, one without relocations, one of more than 100 MB; and static
 * TLS in a DLL that is loaded late, for threads that exist already.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

static char Home[MAX_PATH];

static HMODULE Load(const char *Name)
{
    char Path[MAX_PATH + 64];

    sprintf(Path, "%s\\odd\\%s.dll", Home, Name);
    return LoadLibraryA(Path);
}

static void Odd(const char *Name, const char *What)
{
    HMODULE Module = Load(Name);
    int (*Function)(void) = Module != NULL ? (int (*)(void))(void *)GetProcAddress(Module, "Odd") : NULL;

    if (!Ok(Function != NULL && Function() == 1007, "%s", What)) {
        printf("#   error %lu, %p\n", GetLastError(), (void *)Module);
    }
    if (Module != NULL) {
        FreeLibrary(Module);
    }
}

/* odd.py gave it this base and took its relocations. */
#define FIXED_BASE ((void *)0x6700000000)

static void Fixed(void)
{
    HMODULE Module = Load("noreloc");

    Ok((void *)Module == FIXED_BASE, "without relocations, at its base");
    FreeLibrary(Module);
    Ok(VirtualAlloc(FIXED_BASE, 0x10000, MEM_RESERVE, PAGE_NOACCESS) != NULL, "its place is taken");
    SetLastError(0);
    Module = Load("noreloc");
    if (!Ok(Module == NULL && GetLastError() == ERROR_INVALID_ADDRESS, "then it cannot be loaded")) {
        printf("#   %p, error %lu\n", (void *)Module, GetLastError());
    }
    VirtualFree(FIXED_BASE, 0, MEM_RELEASE);
    Module = Load("noreloc");
    Ok((void *)Module == FIXED_BASE, "and again when it is free");
    FreeLibrary(Module);
}

static void Huge(void)
{
    HMODULE Module = LoadLibraryA("ldrhuge.dll");
    char *(*Byte)(unsigned) = Module != NULL ? (char *(*)(unsigned))(void *)GetProcAddress(Module, "HugeByte") : NULL;
    int Zero = 1;

    Ok(Byte != NULL, "an image of 130 MB");
    for (unsigned Offset = 0; Byte != NULL && Offset < 130u << 20; Offset += 10 << 20) {
        Zero = Zero && *Byte(Offset) == 0;
        *Byte(Offset) = 1;
    }
    Ok(Byte != NULL && Zero && *Byte(100u << 20) == 1, "its zeroes");
    FreeLibrary(Module);
}

static HANDLE Ready, Go;
static int *(*TlsNumber)(void), *(*TlsZero)(void);
static int InThread, ZeroInThread, *AddressInThread;

static DWORD WINAPI Early(void *Parameter)
{
    SetEvent(Ready);
    WaitForSingleObject(Go, INFINITE);
    AddressInThread = TlsNumber();
    InThread = *AddressInThread;
    ZeroInThread = *TlsZero();
    *AddressInThread = 5;
    return 0;
}

static void LateTls(void)
{
    HMODULE Log = LoadLibraryA("ldrlog.dll"), Module;
    const char *(*LogText)(void) = (const char *(*)(void))(void *)GetProcAddress(Log, "LogText");
    void (*LogClear)(void) = (void (*)(void))(void *)GetProcAddress(Log, "LogClear");
    HANDLE Thread;

    Ready = CreateEventA(NULL, FALSE, FALSE, NULL);
    Go = CreateEventA(NULL, FALSE, FALSE, NULL);
    Thread = CreateThread(NULL, 0, Early, NULL, 0, NULL);
    WaitForSingleObject(Ready, INFINITE);
    Module = LoadLibraryA("ldrtls.dll");
    TlsNumber = (int *(*)(void))(void *)GetProcAddress(Module, "TlsNumber");
    TlsZero = (int *(*)(void))(void *)GetProcAddress(Module, "TlsZero");
    Ok(strcmp(LogText(), "tls+ main+") == 0, "TLS callbacks come before DllMain: %s", LogText());
    LogClear();
    Is(*TlsNumber(), 41, "a thread-local variable of a late DLL");
    *TlsNumber() = 42;
    SetEvent(Go);
    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
    Is(InThread, 41, "a thread that was there before has its own, with its first value");
    Is(ZeroInThread, 0, "and its zeroes");
    Ok(AddressInThread != TlsNumber(), "at another address");
    Is(*TlsNumber(), 42, "ours is untouched");
    Ok(strcmp(LogText(), "tls< main<") == 0, "the thread's end: %s", LogText());
    LogClear();
    SetEvent(Go);
    Thread = CreateThread(NULL, 0, Early, NULL, 0, NULL);
    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
    Is(InThread, 41, "and a thread that comes after");
    Ok(strcmp(LogText(), "tls> main> tls< main<") == 0, "with all calls: %s", LogText());
    LogClear();
    FreeLibrary(Module);
    Ok(strcmp(LogText(), "tls- main-") == 0, "and the DLL's end: %s", LogText());
}

/* A file read flat into memory: where its sections lie in it. */
static void FlatFile(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll"), Self = GetModuleHandleA(NULL);
    IMAGE_NT_HEADERS *(NTAPI * HeadersOf)(PVOID) = (void *)GetProcAddress(Ntdll, "RtlImageNtHeader");
    PVOID(NTAPI * AddressOf)(IMAGE_NT_HEADERS *, PVOID, ULONG) = (void *)GetProcAddress(Ntdll, "RtlAddressInSectionTable");
    PVOID(NTAPI * ToVa)(IMAGE_NT_HEADERS *, PVOID, ULONG, IMAGE_SECTION_HEADER **) = (void *)GetProcAddress(Ntdll, "RtlImageRvaToVa");
    ULONG Rva = (ULONG)((char *)(PVOID)FlatFile - (char *)Self);
    char Name[MAX_PATH];
    IMAGE_SECTION_HEADER *Section = NULL;

    GetModuleFileNameA(NULL, Name, sizeof(Name));
    HANDLE File = CreateFileA(Name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    DWORD Size = GetFileSize(File, NULL);
    char *Flat = VirtualAlloc(NULL, Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    Ok(ReadFile(File, Flat, Size, &Size, NULL) && HeadersOf(Flat) != NULL, "a file in memory");
    char *Found = AddressOf(HeadersOf(Flat), Flat, Rva);
    Ok(Found > Flat && Found < Flat + Size && memcmp(Found, (PVOID)FlatFile, 64) == 0, "RtlAddressInSectionTable finds this function");
    Ok(ToVa(HeadersOf(Flat), Flat, Rva, &Section) == Found && memcmp(Section->Name, ".text", 6) == 0, "RtlImageRvaToVa says where, too");
    Ok(AddressOf(HeadersOf(Flat), Flat, 0x7FFFFFFF) == NULL && ToVa(HeadersOf(Flat), Flat, 0x7FFFFFFF, NULL) == NULL, "what no section has");
    VirtualFree(Flat, 0, MEM_RELEASE);
    CloseHandle(File);
}

int main(void)
{
    GetModuleFileNameA(NULL, Home, sizeof(Home));
    *strrchr(Home, '\\') = 0;
    Odd("align16", "file and section alignment 16");
    Odd("shift4k", "raw data not on 512: rounded down");
    Odd("tiny", "an image of less than 1 KiB");
    Odd("many", "eighty sections");
    Odd("nopdata", "no exception directory");
    Odd("noreloc", "relocations stripped");
    Odd("fixed4g", "relocations stripped, below 4 GiB");
    Odd("bound", "bound imports of another age");
    Odd("ordinals", "wild hints");
    Fixed();
    Huge();
    LateTls();
    FlatFile();
    return Done();
}

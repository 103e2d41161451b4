/* SPDX-License-Identifier: MIT */
/*
 * ldrdelay.c - delay-loaded imports (`dlltool -y`): the DLL comes with the first call; what is missing raises the exception that Visual C++
 * defined, with the name in its parameter.  Then the loader's own way, which newer linkers use: LdrResolveDelayLoadedAPI for one function,
 * LdrResolveDelayLoadsFromDll for all of a DLL.  No linker of mingw's writes the directory for it, so it stands here in assembly.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

void LogAdd(const char *Word);
const char *LogText(void);
void LogMissing(void);

static DWORD Code;
static CONTEXT Return;
static volatile int Raised;

static LONG CALLBACK Handler(EXCEPTION_POINTERS *Pointers)
{
    if (Pointers->ExceptionRecord->ExceptionCode >> 16 != 0xC06D) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    Code = Pointers->ExceptionRecord->ExceptionCode;
    Raised = 1;
    RtlRestoreContext(&Return, NULL);
    return EXCEPTION_CONTINUE_SEARCH;
}

/* ldrordinal.dll: 7 by ordinal, Named, 5 by ordinal; no.dll: nothing that is there. */
extern IMAGE_DELAYLOAD_DESCRIPTOR DelayDirectory[3];
extern ULONG_PTR DelayThunks[4], MissingThunks[2];
extern HMODULE DelayModule;

__asm__(".data\n.balign 8\n.globl DelayDirectory, DelayThunks, MissingThunks, DelayModule\n"
        "DelayDirectory:\n"
        "    .long 1\n    .rva 1f, DelayModule, DelayThunks, 3f\n    .long 0, 0, 0\n"
        "    .long 1\n    .rva 2f, 6f, MissingThunks, 4f\n    .long 0, 0, 0\n"
        "    .zero 32\n"
        "1:  .asciz \"LdrOrdinal.dll\"\n2:  .asciz \"no.dll\"\n    .balign 8\n"
        "3:  .quad 0x8000000000000007\n    .rva 5f\n    .long 0\n    .quad 0x8000000000000005, 0\n"
        "4:  .rva 5f\n    .long 0\n    .quad 0\n"
        "5:  .word 0\n    .asciz \"Named\"\n    .balign 8\n"
        "6:  .quad 0\nDelayModule: .quad 0\nDelayThunks: .quad 1, 1, 1, 0\nMissingThunks: .quad 1, 0\n.text\n");

typedef struct
{
    ULONG Size;
    PVOID Descriptor, Thunk;
    LPCSTR Dll;
    ULONG ByName;
    LPCSTR Name;
    PVOID Base, Unused;
    ULONG LastError;
} INFO; /* DELAYLOAD_INFO */

static INFO Asked;
static ULONG Reason;

static PVOID WINAPI Hook(ULONG Why, INFO *Info)
{
    Reason = Why;
    Asked = *Info;
    return (PVOID)0x4711;
}

static PVOID WINAPI SystemHook(LPCSTR Dll, LPCSTR Name)
{
    Ok(strcmp(Dll, "no.dll") == 0 && strcmp(Name, "Named") == 0, "the system's hook is told both names");
    return (PVOID)0x4712;
}

/* Puts the directory into the header, as a linker would have. */
static void SetDirectory(char *Image)
{
    IMAGE_NT_HEADERS64 *Headers = (PVOID)(Image + ((IMAGE_DOS_HEADER *)(PVOID)Image)->e_lfanew);
    IMAGE_DATA_DIRECTORY *Directory = &Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT];
    DWORD Old;

    VirtualProtect(Directory, sizeof(*Directory), PAGE_READWRITE, &Old);
    Directory->VirtualAddress = (DWORD)((char *)DelayDirectory - Image);
    Directory->Size = 3 * sizeof(*DelayDirectory);
    VirtualProtect(Directory, sizeof(*Directory), Old, &Old);
}

static int Call(ULONG_PTR Thunk)
{
    return ((int (*)(void))Thunk)();
}

static void ByTheLoader(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll");
    PVOID(NTAPI * One)(PVOID, PVOID, PVOID, PVOID, PVOID, ULONG) = (void *)GetProcAddress(Ntdll, "LdrResolveDelayLoadedAPI");
    LONG(NTAPI * All)(PVOID, PCSTR, ULONG) = (void *)GetProcAddress(Ntdll, "LdrResolveDelayLoadsFromDll");
    char *Image = (char *)GetModuleHandleA(NULL);

    Ok(GetModuleHandleA("ldrordinal.dll") == NULL, "not there yet");
    PVOID Address = One(Image, &DelayDirectory[0], NULL, NULL, &DelayThunks[1], 0);
    Ok(Address != NULL && (ULONG_PTR)Address == DelayThunks[1] && Call(DelayThunks[1]) == 300, "one function, by name");
    Ok(DelayModule != NULL && DelayModule == GetModuleHandleA("ldrordinal.dll"), "its DLL is there, and its handle kept");
    Ok(Address == (PVOID)GetProcAddress(DelayModule, "Named"), "GetProcAddress agrees");
    Ok(DelayThunks[0] == 1 && DelayThunks[2] == 1, "the others are as they were");
    Address = One(Image, &DelayDirectory[0], NULL, NULL, &DelayThunks[0], 0);
    Ok((ULONG_PTR)Address == DelayThunks[0] && Call(DelayThunks[0]) == 7, "another, by ordinal");
    Ok(One(Image, &DelayDirectory[1], Hook, NULL, &MissingThunks[0], 0) == (PVOID)0x4711, "what is missing is for the program's hook to give");
    Ok(Reason == 4 && Asked.Size == sizeof(INFO) && strcmp(Asked.Dll, "no.dll") == 0 && Asked.ByName == 1 && strcmp(Asked.Name, "Named") == 0 &&
       Asked.LastError == ERROR_MOD_NOT_FOUND && Asked.Base == NULL, "which is told what and why");
    Ok(One(Image, &DelayDirectory[1], NULL, SystemHook, &MissingThunks[0], 0) == (PVOID)0x4712, "or for the system's");
    SetDirectory(Image);
    Is((DWORD)All(Image, "ldrordinal.dll", 0), 0, "LdrResolveDelayLoadsFromDll");
    Ok(DelayThunks[2] != 1 && Call(DelayThunks[0]) == 7 && Call(DelayThunks[1]) == 300 && Call(DelayThunks[2]) == 5, "all functions of a DLL");
    Is((DWORD)All(Image, "no.dll", 0), 0xC0000135, "a DLL that is not there");
    Is((DWORD)All(Image, "kernel32.dll", 0), 0xC0000135, "one that is not delayed");
}

/* binutils 2.44 makes .idata read-only, where the thunks lie that mingw's own delay-load helper writes. */
static void MakeThunksWritable(void)
{
    char *Base = (char *)GetModuleHandleA(NULL);
    IMAGE_NT_HEADERS *Headers = (IMAGE_NT_HEADERS *)(Base + ((IMAGE_DOS_HEADER *)Base)->e_lfanew);
    IMAGE_SECTION_HEADER *Section = IMAGE_FIRST_SECTION(Headers);
    DWORD Old;

    for (int i = 0; i < Headers->FileHeader.NumberOfSections; i++) {
        if (strncmp((char *)Section[i].Name, ".idata", IMAGE_SIZEOF_SHORT_NAME) == 0) {
            VirtualProtect(Base + Section[i].VirtualAddress, Section[i].Misc.VirtualSize, PAGE_READWRITE, &Old);
        }
    }
}

int main(void)
{
    MakeThunksWritable();
    LONG(WINAPI *Resolve)(PVOID Parent, PCSTR Name, ULONG Flags) = (void *)GetProcAddress(GetModuleHandleA("ntdll"), "LdrResolveDelayLoadsFromDll");

    Ok(GetModuleHandleA("ldrlog.dll") == NULL, "not there yet");
    LogAdd("late");
    Ok(GetModuleHandleA("ldrlog.dll") != NULL, "the first call brings it");
    Ok(strcmp(LogText(), "late") == 0, "and it is the right one");
    AddVectoredExceptionHandler(1, Handler);
    RtlCaptureContext(&Return);
    if (!Raised) {
        LogMissing();
    }
    Ok(Raised, "a function that is not there raises");
    Is(Code, 0xC06D007F, "ERROR_PROC_NOT_FOUND in Visual C++'s clothes");
    Is((DWORD)Resolve(GetModuleHandleA(NULL), "ldrlog.dll", 1), 0xC00000F1, "LdrResolveDelayLoadsFromDll: flags");
    Is((DWORD)Resolve(GetModuleHandleA(NULL), "nosuch.dll", 0), 0xC0000135, "a DLL from which nothing is imported");
    ByTheLoader();
    return Done();
}

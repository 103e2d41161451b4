/* SPDX-License-Identifier: MIT */
/*
 * dbghelp.c - images as they lie in memory or in a file, and the modules of a process.
 *
 * There is no reader of symbol files: SymInitialize prepares a session that knows modules and unwind tables and no names, as on a Windows
 * without any symbols; what would need names is in absent.c.
 */
#include "smalldll.h"
#include <dbghelp.h>

static volatile DWORD Options = 0x00000002 /* SYMOPT_UNDNAME, the documented default */;

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

DWORD WINAPI SymSetOptions(DWORD New)
{
    Options = New;
    return New;
}

DWORD WINAPI SymGetOptions(void)
{
    return Options;
}

/* Sessions are by process handle; two for one are an error. Guarded by SessionLock. */
static HANDLE Sessions[16];
static SRWLOCK SessionLock = SRWLOCK_INIT;

BOOL WINAPI SymInitializeW(HANDLE Process, PCWSTR Path, BOOL Invade)
{
    DWORD Error = ERROR_NOT_ENOUGH_MEMORY;

    UNUSED(Path);
    UNUSED(Invade);
    if (Process == NULL) {
        return Fail(ERROR_INVALID_HANDLE);
    }
    AcquireSRWLockExclusive(&SessionLock);
    for (ULONG i = 0; i < COUNT_OF(Sessions); i++) {
        if (Sessions[i] == Process) {
            Error = ERROR_INVALID_PARAMETER;
            break;
        }
    }
    for (ULONG i = 0; i < COUNT_OF(Sessions) && Error == ERROR_NOT_ENOUGH_MEMORY; i++) {
        if (Sessions[i] == NULL) {
            Sessions[i] = Process;
            Error = ERROR_SUCCESS;
        }
    }
    ReleaseSRWLockExclusive(&SessionLock);
    return Error == ERROR_SUCCESS ? TRUE : Fail(Error);
}

BOOL WINAPI SymInitialize(HANDLE Process, PCSTR Path, BOOL Invade)
{
    UNUSED(Path);
    return SymInitializeW(Process, NULL, Invade);
}

static BOOL HasSession(HANDLE Process, BOOL End)
{
    BOOL Found = FALSE;

    AcquireSRWLockExclusive(&SessionLock);
    for (ULONG i = 0; i < COUNT_OF(Sessions) && Process != NULL; i++) {
        if (Sessions[i] == Process) {
            Found = TRUE;
            Sessions[i] = End ? NULL : Process;
        }
    }
    ReleaseSRWLockExclusive(&SessionLock);
    return Found ? TRUE : Fail(ERROR_INVALID_HANDLE);
}

BOOL WINAPI SymCleanup(HANDLE Process)
{
    return HasSession(Process, TRUE);
}

BOOL WINAPI SymRefreshModuleList(HANDLE Process)
{
    return HasSession(Process, FALSE);
}

BOOL WINAPI SymSetSearchPathW(HANDLE Process, PCWSTR Path)
{
    UNUSED(Path);
    return HasSession(Process, FALSE);
}

BOOL WINAPI SymSetSearchPath(HANDLE Process, PCSTR Path)
{
    UNUSED(Path);
    return HasSession(Process, FALSE);
}

BOOL WINAPI SymGetSearchPathW(HANDLE Process, PWSTR Path, DWORD Length)
{
    if (!HasSession(Process, FALSE) || Path == NULL || Length == 0) {
        return FALSE;
    }
    Path[0] = 0;
    return TRUE;
}

BOOL WINAPI SymGetSearchPath(HANDLE Process, PSTR Path, DWORD Length)
{
    if (!HasSession(Process, FALSE) || Path == NULL || Length == 0) {
        return FALSE;
    }
    Path[0] = 0;
    return TRUE;
}

/* For this process; another's modules are not walked. */
DWORD64 WINAPI SymGetModuleBase64(HANDLE Process, DWORD64 Address)
{
    PVOID Base = NULL;

    if (Process != GetCurrentProcess() && GetProcessId(Process) != GetCurrentProcessId()) {
        return (DWORD64)Fail(ERROR_MOD_NOT_FOUND);
    }
    RtlPcToFileHeader((PVOID)(ULONG_PTR)Address, &Base);
    if (Base == NULL) {
        SetLastError(ERROR_MOD_NOT_FOUND);
    }
    return (DWORD64)(ULONG_PTR)Base;
}

PVOID WINAPI SymFunctionTableAccess64(HANDLE Process, DWORD64 Address)
{
    DWORD64 Base;

    if (SymGetModuleBase64(Process, Address) == 0) {
        return NULL;
    }
    return RtlLookupFunctionEntry(Address, &Base, NULL);
}

/* A name that is not decorated is its own undecorated form; decorated ones are not taken apart, and are returned as they are, as on Windows
 * for names it does not understand. */
DWORD WINAPI UnDecorateSymbolName(PCSTR Name, PSTR Output, DWORD Size, DWORD Flags)
{
    UNUSED(Flags);
    if (Name == NULL || Output == NULL || Size == 0) {
        return (DWORD)Fail(ERROR_INVALID_PARAMETER);
    }
    lstrcpynA(Output, Name, (int)Size);
    return (DWORD)strlen(Output);
}

DWORD WINAPI UnDecorateSymbolNameW(PCWSTR Name, PWSTR Output, DWORD Size, DWORD Flags)
{
    UNUSED(Flags);
    if (Name == NULL || Output == NULL || Size == 0) {
        return (DWORD)Fail(ERROR_INVALID_PARAMETER);
    }
    lstrcpynW(Output, Name, (int)Size);
    return (DWORD)wcslen(Output);
}

/* ---- images ----------------------------------------------------------------------------------------------------------------------------- */

PIMAGE_NT_HEADERS WINAPI ImageNtHeader(PVOID Base)
{
    return RtlImageNtHeader(Base);
}

PIMAGE_SECTION_HEADER WINAPI ImageRvaToSection(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva)
{
    PIMAGE_SECTION_HEADER Section = IMAGE_FIRST_SECTION(Headers);

    UNUSED(Base);
    for (ULONG i = 0; i < Headers->FileHeader.NumberOfSections; i++) {
        if (Rva >= Section[i].VirtualAddress && Rva - Section[i].VirtualAddress < Section[i].SizeOfRawData) {
            return &Section[i];
        }
    }
    return NULL;
}

PVOID WINAPI ImageRvaToVa(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva, PIMAGE_SECTION_HEADER *Last)
{
    PIMAGE_SECTION_HEADER Section = Last != NULL ? *Last : NULL;

    if (Section == NULL || Rva < Section->VirtualAddress || Rva - Section->VirtualAddress >= Section->SizeOfRawData) {
        Section = ImageRvaToSection(Headers, Base, Rva);
        if (Section == NULL) {
            return NULL;
        }
        if (Last != NULL) {
            *Last = Section;
        }
    }
    return (PUCHAR)Base + Section->PointerToRawData + (Rva - Section->VirtualAddress);
}

PVOID WINAPI ImageDirectoryEntryToData(PVOID Base, BOOLEAN Mapped, USHORT Entry, PULONG Size)
{
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(Base);

    *Size = 0;
    if (Headers == NULL || Entry >= Headers->OptionalHeader.NumberOfRvaAndSizes || Entry >= IMAGE_NUMBEROF_DIRECTORY_ENTRIES) {
        SetLastError(Headers == NULL ? ERROR_BAD_EXE_FORMAT : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    const IMAGE_DATA_DIRECTORY *Directory = &Headers->OptionalHeader.DataDirectory[Entry];
    if (Directory->VirtualAddress == 0) {
        return NULL;
    }
    *Size = Directory->Size;
    if (Mapped || Directory->VirtualAddress < Headers->OptionalHeader.SizeOfHeaders) {
        return (PUCHAR)Base + Directory->VirtualAddress;
    }
    return ImageRvaToVa(Headers, Base, Directory->VirtualAddress, NULL);
}

BOOL WINAPI MakeSureDirectoryPathExists(PCSTR Path)
{
    CHAR Copy[MAX_PATH];

    if (Path == NULL || strlen(Path) >= MAX_PATH) {
        return Fail(ERROR_INVALID_PARAMETER);
    }
    for (ULONG i = 0; Path[i] != 0; i++) { /* what stands behind the last backslash is a file's name */
        if ((Path[i] == '\\' || Path[i] == '/') && i > 0 && Path[i - 1] != ':') {
            memcpy(Copy, Path, i);
            Copy[i] = 0;
            if (!CreateDirectoryA(Copy, NULL) && GetLastError() != ERROR_ALREADY_EXISTS) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

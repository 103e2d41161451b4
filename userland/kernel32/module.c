/* SPDX-License-Identifier: MIT */
/*
 * module.c - LoadLibrary, GetProcAddress, module names and handles: a thin face of ntdll's loader.
 */
#include "k32.h"

static BOOL NameString(LPCWSTR Name, UNICODE_STRING *String)
{
    if (Name == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return BaseResult(RtlInitUnicodeStringEx(String, Name));
}

#define DATA_PATH 1024 /* characters of a data file's path */
#define DATAFILE_FLAGS (LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE | LOAD_LIBRARY_AS_IMAGE_RESOURCE)

#define SEARCH_FLAGS                                                                                                                    \
    (LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_USER_DIRS |                           \
     LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)
#define PATH_FLAGS (SEARCH_FLAGS | LOAD_WITH_ALTERED_SEARCH_PATH | 0x2000 /* LOAD_LIBRARY_SAFE_CURRENT_DIRS */)

static HANDLE OpenData(LPCWSTR Name, DWORD Flags)
{
    DWORD Share = FILE_SHARE_READ | (Flags & LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE ? 0 : FILE_SHARE_DELETE);
    DWORD Access = GENERIC_READ | (Flags & LOAD_LIBRARY_AS_IMAGE_RESOURCE ? GENERIC_EXECUTE : 0);
    HANDLE File = INVALID_HANDLE_VALUE;
    PWSTR Path, Unused;

    if (!BaseResult(LdrGetDllPath(Name, Flags & PATH_FLAGS, &Path, &Unused))) {
        return INVALID_HANDLE_VALUE;
    }
    LPWSTR Full = BaseAllocate(DATA_PATH * sizeof(WCHAR));
    DWORD Length = Full != NULL ? SearchPathW(Path, Name, L".dll", DATA_PATH, Full, NULL) : 0;
    if (Length != 0 && Length < DATA_PATH) {
        File = CreateFileW(Full, Access, Share, NULL, OPEN_EXISTING, 0, NULL);
    }
    BaseFree(Full);
    RtlReleasePath(Path);
    return File;
}

/* A file mapped for its resources only: the handle's low bits say how (1: flat data, 2: as an image), as on Windows. */
static HMODULE LoadAsData(LPCWSTR Name, DWORD Flags)
{
    BOOL Image = (Flags & LOAD_LIBRARY_AS_IMAGE_RESOURCE) != 0;
    HANDLE File = OpenData(Name, Flags), Section;
    PVOID View = NULL;

    if (File == INVALID_HANDLE_VALUE) {
        return NULL;
    }
    Section = CreateFileMappingW(File, NULL, PAGE_READONLY | (Image ? SEC_IMAGE : 0), 0, 0, NULL);
    if (Section != NULL) {
        View = MapViewOfFile(Section, FILE_MAP_READ, 0, 0, 0);
        NtClose(Section);
    }
    NtClose(File);
    if (View != NULL && RtlImageNtHeader(View) == NULL) {
        UnmapViewOfFile(View);
        BaseFail(ERROR_BAD_EXE_FORMAT);
        return NULL;
    }
    return View != NULL ? (HMODULE)((ULONG_PTR)View | (Image ? 2 : 1)) : NULL;
}

/* What LoadLibraryEx refuses before it looks for anything. */
static BOOL ValidLoad(LPCWSTR Name, HANDLE File, DWORD Flags)
{
    const DWORD Both = LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE;

    if (Name == NULL || File != NULL || (Flags & ~0xFFFFu) || (Flags & Both) == Both ||
        ((Flags & LOAD_WITH_ALTERED_SEARCH_PATH) && (Flags & SEARCH_FLAGS))) {
        return FALSE;
    }
    if (Flags & LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR) {
        RTL_PATH_TYPE Type = RtlDetermineDosPathNameType_U(Name);
        return Type == RtlPathTypeDriveAbsolute || Type == RtlPathTypeUncAbsolute || Type == RtlPathTypeLocalDevice;
    }
    return TRUE;
}

HMODULE WINAPI LoadLibraryExW(LPCWSTR Name, HANDLE File, DWORD Flags)
{
    UNICODE_STRING String;
    ULONG Characteristics = Flags & DONT_RESOLVE_DLL_REFERENCES ? IMAGE_FILE_EXECUTABLE_IMAGE : 0;
    PVOID Base = NULL;

    if (!ValidLoad(Name, File, Flags)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!NameString(Name, &String)) {
        return NULL;
    }
    while (String.Length != 0 && String.Buffer[String.Length / sizeof(WCHAR) - 1] == L' ') {
        String.Length -= sizeof(WCHAR);
    }
    if (String.Length == 0) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (Flags & DATAFILE_FLAGS) {
        if (NT_SUCCESS(LdrGetDllHandle(NULL, NULL, &String, &Base))) {
            LdrAddRefDll(0, Base);
            return Base;
        }
        return LoadAsData(Name, Flags);
    }
    NTSTATUS Status = LdrLoadDll(LDR_SEARCH_FLAGS(Flags & 0xFFFF), &Characteristics, &String, &Base);
    return BaseResult(Status) ? Base : NULL;
}

HMODULE WINAPI LoadLibraryW(LPCWSTR Name)
{
    return LoadLibraryExW(Name, NULL, 0);
}

HMODULE WINAPI LoadLibraryExA(LPCSTR Name, HANDLE File, DWORD Flags)
{
    LPWSTR Wide;

    if (!BaseFileToWide(Name, &Wide)) {
        return NULL;
    }
    HMODULE Module = LoadLibraryExW(Wide, File, Flags);
    BaseFree(Wide);
    return Module;
}

HMODULE WINAPI LoadLibraryA(LPCSTR Name)
{
    return LoadLibraryExA(Name, NULL, 0);
}

BOOL WINAPI FreeLibrary(HMODULE Module)
{
    if (Module == NULL) {
        return BaseFail(ERROR_INVALID_HANDLE);
    }
    if ((ULONG_PTR)Module & 3) {
        return BaseResult(NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)((ULONG_PTR)Module & ~(ULONG_PTR)3)));
    }
    return BaseResult(LdrUnloadDll(Module));
}

BOOL WINAPI DisableThreadLibraryCalls(HMODULE Module)
{
    return BaseResult(LdrDisableThreadCalloutsForDll(Module));
}

/* An ordinal has a zero high word. A missing name is ERROR_PROC_NOT_FOUND, whatever the loader's status is. */
FARPROC WINAPI GetProcAddress(HMODULE Module, LPCSTR Name)
{
    PVOID Address = NULL;
    NTSTATUS Status;

    if (Module == NULL) {
        Module = BasePeb()->ImageBaseAddress;
    }
    if ((ULONG_PTR)Name >> 16 != 0) {
        ANSI_STRING String;
        RtlInitAnsiString(&String, Name);
        Status = LdrGetProcedureAddress(Module, &String, 0, &Address);
    } else {
        Status = LdrGetProcedureAddress(Module, NULL, (ULONG)(ULONG_PTR)Name, &Address);
    }
    if (!NT_SUCCESS(Status)) {
        if (Status == STATUS_ENTRYPOINT_NOT_FOUND || Status == STATUS_ORDINAL_NOT_FOUND || Status == STATUS_PROCEDURE_NOT_FOUND) {
            BaseTeb()->LastStatusValue = Status;
            BaseFail(ERROR_PROC_NOT_FOUND);
        } else {
            BaseSetLastNTError(Status);
        }
        return NULL;
    }
    return (FARPROC)Address;
}

static BOOL ModuleFromAddress(LPCVOID Address, HMODULE *Module)
{
    PVOID Base = NULL;

    if (RtlPcToFileHeader((PVOID)Address, &Base) == NULL) {
        *Module = NULL;
        return BaseFail(ERROR_MOD_NOT_FOUND);
    }
    *Module = Base;
    return TRUE;
}

BOOL WINAPI GetModuleHandleExW(DWORD Flags, LPCWSTR Name, HMODULE *Module)
{
    UNICODE_STRING String;
    PVOID Base = NULL;

    if (Module == NULL || (Flags & ~7u) ||
        (Flags & (GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT)) ==
            (GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT)) {
        if (Module != NULL) {
            *Module = NULL;
        }
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    *Module = NULL;
    if (Name == NULL) {
        Base = BasePeb()->ImageBaseAddress;
    } else if (Flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) {
        HMODULE Found;
        if (!ModuleFromAddress(Name, &Found)) {
            return FALSE;
        }
        Base = Found;
    } else {
        if (!NameString(Name, &String) || !BaseResult(LdrGetDllHandle(NULL, NULL, &String, &Base))) {
            return FALSE;
        }
    }
    if (!(Flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT)) {
        LdrAddRefDll(Flags & GET_MODULE_HANDLE_EX_FLAG_PIN ? LDR_ADDREF_DLL_PIN : 0, Base);
    }
    *Module = Base;
    return TRUE;
}

BOOL WINAPI GetModuleHandleExA(DWORD Flags, LPCSTR Name, HMODULE *Module)
{
    LPWSTR Wide;

    if ((Flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) || Name == NULL) {
        return GetModuleHandleExW(Flags, (LPCWSTR)(PVOID)Name, Module);
    }
    if (!BaseFileToWide(Name, &Wide)) {
        return FALSE;
    }
    BOOL Result = GetModuleHandleExW(Flags, Wide, Module);
    BaseFree(Wide);
    return Result;
}

HMODULE WINAPI GetModuleHandleW(LPCWSTR Name)
{
    HMODULE Module = NULL;

    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, Name, &Module);
    return Module;
}

HMODULE WINAPI GetModuleHandleA(LPCSTR Name)
{
    HMODULE Module = NULL;

    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, Name, &Module);
    return Module;
}

/* The name in the loader's entry, in a heap block. */
static LPWSTR ModuleName(HMODULE Module)
{
    NLDR_DATA_TABLE_ENTRY *Entry;
    LPWSTR Copy = NULL;
    ULONG_PTR Cookie;

    if (Module == NULL) {
        Module = BasePeb()->ImageBaseAddress;
    }
    LdrLockLoaderLock(0, NULL, &Cookie);
    NTSTATUS Status = LdrFindEntryForAddress(Module, &Entry);
    if (NT_SUCCESS(Status) && Entry->DllBase != Module) {
        Status = STATUS_DLL_NOT_FOUND;
    }
    if (NT_SUCCESS(Status)) {
        Copy = BaseAllocate(Entry->FullDllName.Length + sizeof(WCHAR));
        if (Copy != NULL) {
            memcpy(Copy, Entry->FullDllName.Buffer, Entry->FullDllName.Length);
            Copy[Entry->FullDllName.Length / sizeof(WCHAR)] = 0;
        }
    } else {
        BaseFail(ERROR_MOD_NOT_FOUND);
    }
    LdrUnlockLoaderLock(0, Cookie);
    return Copy;
}

/* A name that does not fit is cut, ends in a zero all the same, and says so in the last error. */
DWORD WINAPI GetModuleFileNameW(HMODULE Module, LPWSTR Name, DWORD Size)
{
    LPWSTR Full = ModuleName(Module);

    if (Full == NULL) {
        return 0;
    }
    DWORD Length = (DWORD)wcslen(Full);
    BaseFail(Length < Size ? ERROR_SUCCESS : ERROR_INSUFFICIENT_BUFFER);
    if (Length >= Size) {
        Length = Size;
        memcpy(Name, Full, Size * sizeof(WCHAR));
        if (Size != 0) {
            Name[Size - 1] = 0;
        }
    } else {
        memcpy(Name, Full, (Length + 1) * sizeof(WCHAR));
    }
    BaseFree(Full);
    return Length;
}

DWORD WINAPI GetModuleFileNameA(HMODULE Module, LPSTR Name, DWORD Size)
{
    LPWSTR Full = ModuleName(Module);

    if (Full == NULL) {
        return 0;
    }
    DWORD Length = BaseFileToAnsi(Full, wcslen(Full), Name, Size);
    if (Length >= Size) {
        LPSTR Whole = BaseAllocate(Length);
        if (Whole != NULL) {
            BaseFileToAnsi(Full, wcslen(Full), Whole, Length);
            memcpy(Name, Whole, Size);
            BaseFree(Whole);
        }
        if (Size != 0) {
            Name[Size - 1] = 0;
        }
        Length = Size;
        BaseFail(ERROR_INSUFFICIENT_BUFFER);
    } else {
        BaseFail(ERROR_SUCCESS);
    }
    BaseFree(Full);
    return Length;
}

/* ---- search directories ----------------------------------------------------------------------------------------------------------- */

BOOL WINAPI SetDllDirectoryW(LPCWSTR Directory)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Directory);
    return BaseResult(LdrSetDllDirectory(&String));
}

BOOL WINAPI SetDllDirectoryA(LPCSTR Directory)
{
    LPWSTR Wide;

    if (!BaseFileToWide(Directory, &Wide)) {
        return FALSE;
    }
    BOOL Result = SetDllDirectoryW(Wide);
    BaseFree(Wide);
    return Result;
}

/* The length without the terminator, or what is needed with it. */
DWORD WINAPI GetDllDirectoryW(DWORD Size, LPWSTR Buffer)
{
    UNICODE_STRING String = {0, (USHORT)(Size > 0x7FFF ? 0xFFFE : Size * sizeof(WCHAR)), Buffer};

    if (Buffer == NULL) {
        String.MaximumLength = 0;
    }
    NTSTATUS Status = LdrGetDllDirectory(&String);
    if (!NT_SUCCESS(Status) && Status != STATUS_BUFFER_TOO_SMALL) {
        BaseSetLastNTError(Status);
        return 0;
    }
    return String.Length / sizeof(WCHAR);
}

DWORD WINAPI GetDllDirectoryA(DWORD Size, LPSTR Buffer)
{
    DWORD Length = GetDllDirectoryW(0, NULL), Result = 0;
    LPWSTR Wide = BaseAllocate((Length + 1) * sizeof(WCHAR));

    if (Wide != NULL) {
        Length = GetDllDirectoryW(Length + 1, Wide);
        Result = BaseFileToAnsi(Wide, Length, Buffer, Buffer != NULL ? Size : 0);
        BaseFree(Wide);
    }
    return Result;
}

DLL_DIRECTORY_COOKIE WINAPI AddDllDirectory(PCWSTR Directory)
{
    UNICODE_STRING String;
    PVOID Cookie = NULL;

    if (!NameString(Directory, &String)) {
        return NULL;
    }
    return BaseResult(LdrAddDllDirectory(&String, &Cookie)) ? Cookie : NULL;
}

BOOL WINAPI RemoveDllDirectory(DLL_DIRECTORY_COOKIE Cookie)
{
    return BaseResult(LdrRemoveDllDirectory(Cookie));
}

BOOL WINAPI SetDefaultDllDirectories(DWORD Flags)
{
    return BaseResult(LdrSetDefaultDllDirectories(Flags));
}

/* ---- delay loading ---------------------------------------------------------------------------------------------------------------- */

PVOID WINAPI DelayLoadFailureHook(LPCSTR Dll, LPCSTR Name)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = (DWORD)STATUS_ENTRYPOINT_NOT_FOUND, .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                               .NumberParameters = 2};

    Record.ExceptionInformation[0] = (ULONG_PTR)Dll;
    Record.ExceptionInformation[1] = (ULONG_PTR)Name;
    RtlRaiseException(&Record);
    return NULL;
}

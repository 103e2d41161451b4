/* SPDX-License-Identifier: MIT */
/*
 * ldrapi.c - the loader's interface: what LoadLibrary, GetProcAddress, GetModuleHandle and their like stand on.
 */
#include "ldrp.h"

/* The path that LOAD_WITH_ALTERED_SEARCH_PATH and LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR refer to; false: the name has none. */
static bool LoadedFrom(ULONG Flags, PCUNICODE_STRING Name, PUNICODE_STRING Full)
{
    bool Path = false;

    if (!(Flags & (LDRP_ALTERED_PATH | LDRP_DLL_LOAD_DIR)))
        return false;
    for (ULONG Index = 0; Index < Name->Length / sizeof(WCHAR); Index++)
        Path |= RtlpIsSeparator(Name->Buffer[Index]) || Name->Buffer[Index] == ':';
    if (!Path)
        return false;
    ULONG Bytes = RtlGetFullPathName_U(Name->Buffer, Full->MaximumLength, Full->Buffer, NULL);
    Full->Length = (USHORT)Bytes;
    return Bytes != 0 && Bytes < Full->MaximumLength;
}

static NTSTATUS LoadAndAttach(PCUNICODE_STRING Name, PCWSTR SearchPath, PVOID *Base)
{
    LDRP_MODULE *Module;
    NTSTATUS Status = LdrpLoadDll(Name, SearchPath, LoadReasonDynamicLoad, &Module);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = LdrpRunInitializers();
    if (NT_SUCCESS(Status))
        *Base = Module->Entry.DllBase;
    else
        LdrpDereference(Module);
    return Status;
}

/*
 * SearchPath: null, a string of folders, or LoadLibraryEx flags with the low bit set (ntapi.h, LDR_SEARCH_FLAGS); it holds for all that the
 * DLL brings with it.  Characteristics with IMAGE_FILE_EXECUTABLE_IMAGE ask for the image alone: no imports, no DllMain
 * (DONT_RESOLVE_DLL_REFERENCES).
 */
NTSTATUS NTAPI LdrLoadDll(PWSTR SearchPath, PULONG Characteristics, PUNICODE_STRING Name, PVOID *Base)
{
    ULONG Flags = (ULONG_PTR)SearchPath & 1 ? (ULONG)(ULONG_PTR)SearchPath : 0;
    WCHAR Buffer[LDRP_MAX_PATH], FromBuffer[LDRP_MAX_PATH];
    UNICODE_STRING Terminated = {Name->Length, sizeof Buffer, Buffer}, From = {0, sizeof FromBuffer, FromBuffer};

    *Base = NULL;
    if (Name->Length == 0)
        return STATUS_INVALID_PARAMETER;
    if (Name->Length >= sizeof Buffer)
        return STATUS_NAME_TOO_LONG;
    memcpy(Buffer, Name->Buffer, Name->Length);
    Buffer[Name->Length / sizeof(WCHAR)] = 0;

    LdrpLock();
    LDRP_LOAD Saved = LdrpCurrentLoad;
    bool Nested = LdrpInitializing; /* a DllMain of start-up loads: that one counts references */
    LdrpCurrentLoad.From = LoadedFrom(Flags, &Terminated, &From) ? &From : NULL;
    LdrpCurrentLoad.SearchPath = SearchPath;
    LdrpCurrentLoad.ImageAlone = Characteristics != NULL && (*Characteristics & IMAGE_FILE_EXECUTABLE_IMAGE);
    LdrpInitializing = false;
    NTSTATUS Status = LoadAndAttach(&Terminated, SearchPath, Base);
    LdrpInitializing = Nested;
    LdrpCurrentLoad = Saved;
    LdrpUnlock();
    LDR_SNAP("LdrLoadDll %wZ: %08lx\n", Name, (unsigned long)Status);
    return Status;
}

/* ---- finding modules ------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS FindLoaded(PUNICODE_STRING Name, LDRP_MODULE **Module)
{
    WCHAR Buffer[LDRP_MAX_PATH], HostBuffer[LDRP_MAX_NAME], FullBuffer[LDRP_MAX_PATH];
    UNICODE_STRING Complete = {0, sizeof Buffer - 5 * sizeof(WCHAR), Buffer}, Host = {0, sizeof HostBuffer, HostBuffer};
    bool Path = false, Dot = false;

    if (Name->Length == 0 || Name->Length > Complete.MaximumLength)
        return STATUS_DLL_NOT_FOUND;
    RtlCopyUnicodeString(&Complete, Name);
    for (ULONG Index = 0; Index < Name->Length / sizeof(WCHAR); Index++) {
        WCHAR Character = Name->Buffer[Index];
        if (RtlpIsSeparator(Character) || Character == ':') {
            Path = true;
            Dot = false;
        } else if (Character == '.') {
            Dot = true;
        }
    }
    Complete.MaximumLength = sizeof Buffer;
    if (!Dot)
        RtlAppendUnicodeToString(&Complete, L".dll");
    else if (Buffer[Complete.Length / sizeof(WCHAR) - 1] == '.')
        Complete.Length -= sizeof(WCHAR);
    Buffer[Complete.Length / sizeof(WCHAR)] = 0;
    if (!Path) {
        *Module = LdrpFindByName(LdrpResolveApiSet(&Complete, &Host) ? &Host : &Complete);
    } else {
        ULONG Bytes = RtlGetFullPathName_U(Buffer, sizeof FullBuffer, FullBuffer, NULL);
        UNICODE_STRING Full = {(USHORT)Bytes, sizeof FullBuffer, FullBuffer};
        *Module = Bytes != 0 && Bytes < sizeof FullBuffer ? LdrpFindByPath(&Full) : NULL;
    }
    return *Module != NULL ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

NTSTATUS NTAPI LdrGetDllHandleEx(ULONG Flags, PWSTR SearchPath, PULONG Characteristics, PUNICODE_STRING Name, PVOID *Base)
{
    LDRP_MODULE *Module;

    UNUSED(SearchPath);
    UNUSED(Characteristics);
    if (Flags & ~(LDR_GET_DLL_HANDLE_EX_UNCHANGED_REFCOUNT | LDR_GET_DLL_HANDLE_EX_PIN) ||
        Flags == (LDR_GET_DLL_HANDLE_EX_UNCHANGED_REFCOUNT | LDR_GET_DLL_HANDLE_EX_PIN))
        return STATUS_INVALID_PARAMETER;
    if (Base != NULL)
        *Base = NULL;
    LdrpLock();
    NTSTATUS Status = FindLoaded(Name, &Module);
    if (NT_SUCCESS(Status)) {
        if (Flags & LDR_GET_DLL_HANDLE_EX_PIN)
            LdrpSetReferences(Module, LDRP_PINNED);
        else if (!(Flags & LDR_GET_DLL_HANDLE_EX_UNCHANGED_REFCOUNT))
            LdrpReference(Module);
        if (Base != NULL)
            *Base = Module->Entry.DllBase;
    }
    LdrpUnlock();
    return Status;
}

NTSTATUS NTAPI LdrGetDllHandle(PWSTR SearchPath, PULONG Characteristics, PUNICODE_STRING Name, PVOID *Base)
{
    return LdrGetDllHandleEx(LDR_GET_DLL_HANDLE_EX_UNCHANGED_REFCOUNT, SearchPath, Characteristics, Name, Base);
}

NTSTATUS NTAPI LdrGetDllHandleByName(PUNICODE_STRING BaseName, PUNICODE_STRING FullName, PVOID *Base)
{
    return LdrGetDllHandle(NULL, NULL, BaseName != NULL ? BaseName : FullName, Base);
}

NTSTATUS NTAPI LdrGetDllHandleByMapping(PVOID Mapping, PVOID *Base)
{
    LdrpLock();
    LDRP_MODULE *Module = LdrpFindByBase(Mapping);
    LdrpUnlock();
    if (Module == NULL)
        return STATUS_DLL_NOT_FOUND;
    *Base = Mapping;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrFindEntryForAddress(PVOID Address, PNLDR_DATA_TABLE_ENTRY *Entry)
{
    LdrpLock();
    LDRP_MODULE *Module = LdrpFindByAddress(Address);
    LdrpUnlock();
    if (Module == NULL)
        return STATUS_NO_MORE_ENTRIES;
    *Entry = &Module->Entry;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrEnumerateLoadedModules(BOOLEAN Reserved, PLDR_ENUM_CALLBACK Callback, PVOID Context)
{
    BOOLEAN Stop = FALSE;

    if (Reserved || Callback == NULL)
        return STATUS_INVALID_PARAMETER;
    LdrpLock();
    for (LIST_ENTRY *Link = LdrpData.InLoadOrderModuleList.Flink; Link != &LdrpData.InLoadOrderModuleList && !Stop; Link = Link->Flink)
        Callback(&LdrpFromLoadLink(Link)->Entry, Context, &Stop);
    LdrpUnlock();
    return STATUS_SUCCESS;
}

typedef struct _MODULE_INFORMATION /* RTL_PROCESS_MODULE_INFORMATION */
{
    HANDLE Section;
    PVOID MappedBase, ImageBase;
    ULONG ImageSize, Flags;
    USHORT LoadOrderIndex, InitOrderIndex, LoadCount, OffsetToFileName;
    CHAR FullPathName[256];
} MODULE_INFORMATION;
static_assert(sizeof(MODULE_INFORMATION) == 296, "RTL_PROCESS_MODULE_INFORMATION");

typedef struct _MODULES { ULONG NumberOfModules; MODULE_INFORMATION Modules[]; } MODULES; /* RTL_PROCESS_MODULES */

/* Loader lock.  0: not initialised, or never will be. */
static USHORT InitialisationIndex(const LDRP_MODULE *Module)
{
    USHORT Index = 1;

    for (LIST_ENTRY *Link = LdrpData.InInitializationOrderModuleList.Flink; Link != &LdrpData.InInitializationOrderModuleList; Link = Link->Flink, Index++) {
        if (LdrpFromInitLink(Link) == Module)
            return Index;
    }
    return 0;
}

static void DescribeModule(const LDRP_MODULE *Module, USHORT Index, MODULE_INFORMATION *Result)
{
    ANSI_STRING Path = {0, sizeof Result->FullPathName, Result->FullPathName};

    memset(Result, 0, sizeof *Result);
    Result->ImageBase = Module->Entry.DllBase;
    Result->ImageSize = Module->Entry.SizeOfImage;
    Result->Flags = Module->Entry.Flags;
    Result->LoadOrderIndex = Index;
    Result->InitOrderIndex = InitialisationIndex(Module);
    Result->LoadCount = Module->Entry.ObsoleteLoadCount;
    if (NT_SUCCESS(RtlUnicodeStringToAnsiString(&Path, (PUNICODE_STRING)&Module->Entry.FullDllName, FALSE))) {
        const char *Name = strrchr(Result->FullPathName, '\\');
        Result->OffsetToFileName = (USHORT)(Name != NULL ? Name + 1 - Result->FullPathName : 0);
    }
}

NTSTATUS NTAPI LdrQueryProcessModuleInformation(PVOID Information, ULONG Size, PULONG Returned)
{
    MODULES *Modules = Information;
    ULONG Count = 0;

    LdrpLock();
    for (LIST_ENTRY *Link = LdrpData.InLoadOrderModuleList.Flink; Link != &LdrpData.InLoadOrderModuleList; Link = Link->Flink, Count++) {
        if (offsetof(MODULES, Modules[Count + 1]) <= Size)
            DescribeModule(LdrpFromLoadLink(Link), (USHORT)Count, &Modules->Modules[Count]);
    }
    LdrpUnlock();
    ULONG Needed = (ULONG)offsetof(MODULES, Modules[Count]);
    if (Returned != NULL)
        *Returned = Needed;
    if (Size >= sizeof *Modules)
        Modules->NumberOfModules = Count;
    return Size < Needed ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrGetDllFullName(PVOID Base, PUNICODE_STRING Name)
{
    NTSTATUS Status = STATUS_DLL_NOT_FOUND;

    LdrpLock();
    LDRP_MODULE *Module = Base == NULL ? LdrpImage : LdrpFindByBase(Base);
    if (Module != NULL) {
        Status = Module->Entry.FullDllName.Length <= Name->MaximumLength ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
        RtlCopyUnicodeString(Name, &Module->Entry.FullDllName);
        if (Status == STATUS_BUFFER_TOO_SMALL)
            Name->Length = Module->Entry.FullDllName.Length;
    }
    LdrpUnlock();
    return Status;
}

/* ---- references -------------------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI LdrAddRefDll(ULONG Flags, PVOID Base)
{
    if (Flags & ~LDR_ADDREF_DLL_PIN)
        return STATUS_INVALID_PARAMETER;
    LdrpLock();
    LDRP_MODULE *Module = LdrpFindByBase(Base);
    if (Module != NULL && (Flags & LDR_ADDREF_DLL_PIN))
        LdrpSetReferences(Module, LDRP_PINNED);
    else if (Module != NULL)
        LdrpReference(Module);
    LdrpUnlock();
    return Module != NULL ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

/* Refused for a DLL with static TLS, as on Windows: its callbacks are needed. */
NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID Base)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (LdrpData.ShutdownInProgress)
        return STATUS_SUCCESS;
    LdrpLock();
    LDRP_MODULE *Module = LdrpFindByBase(Base);
    if (Module == NULL)
        Status = STATUS_DLL_NOT_FOUND;
    else if (Module->Entry.TlsIndex != 0)
        Status = STATUS_UNSUCCESSFUL;
    else
        Module->Entry.Flags |= LDRP_DONT_CALL_FOR_THREADS;
    LdrpUnlock();
    return Status;
}

/* ---- functions ----------------------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI LdrGetProcedureAddressEx(PVOID Base, PANSI_STRING Name, ULONG Ordinal, PVOID *Address, ULONG Flags)
{
    char Buffer[512];
    NTSTATUS Status;

    if (Flags & ~1u)
        return STATUS_INVALID_PARAMETER;
    if (Name != NULL && (Name->Length == 0 || Name->Length >= sizeof Buffer))
        return Name->Length == 0 ? STATUS_INVALID_PARAMETER : STATUS_NAME_TOO_LONG;
    if (Name == NULL && Ordinal == 0)
        return STATUS_INVALID_PARAMETER;
    if (Name != NULL) {
        memcpy(Buffer, Name->Buffer, Name->Length);
        Buffer[Name->Length] = 0;
    }
    *Address = NULL;
    LdrpLock();
    LDRP_MODULE *Module = LdrpFindByBase(Base);
    Status = Module == NULL ? STATUS_DLL_NOT_FOUND : LdrpGetProcedure(Module, Name != NULL ? Buffer : NULL, ~0u, Ordinal, Address);
    if (NT_SUCCESS(Status) && !LdrpInitializing)
        Status = LdrpRunInitializers(); /* a forwarder may have brought a DLL in */
    if (!NT_SUCCESS(Status) && Module != NULL)
        LDR_SNAP("%wZ has no %s (#%lu): %08lx\n", &Module->Entry.BaseDllName, Name != NULL ? Buffer : "name", (unsigned long)Ordinal, (unsigned long)Status);
    LdrpUnlock();
    return Status;
}

NTSTATUS NTAPI LdrGetProcedureAddress(PVOID Base, PANSI_STRING Name, ULONG Ordinal, PVOID *Address)
{
    return LdrGetProcedureAddressEx(Base, Name, Ordinal, Address, 0);
}

NTSTATUS NTAPI LdrGetProcedureAddressForCaller(PVOID Base, PANSI_STRING Name, ULONG Ordinal, PVOID *Address, ULONG Flags, PVOID *Caller)
{
    UNUSED(Caller);
    return LdrGetProcedureAddressEx(Base, Name, Ordinal, Address, Flags);
}

/* ---- the lock -------------------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS LockError(NTSTATUS Status, ULONG Flags)
{
    if (Flags & LDR_LOCK_LOADER_LOCK_FLAG_RAISE_ON_ERRORS)
        RtlRaiseStatus(Status);
    return Status;
}

NTSTATUS NTAPI LdrLockLoaderLock(ULONG Flags, PULONG Disposition, PULONG_PTR Cookie)
{
    bool Try = (Flags & LDR_LOCK_LOADER_LOCK_FLAG_TRY_ONLY) != 0;

    if (Disposition != NULL)
        *Disposition = LDR_LOCK_LOADER_LOCK_DISPOSITION_INVALID;
    if (Cookie != NULL)
        *Cookie = 0;
    if (Flags & ~(LDR_LOCK_LOADER_LOCK_FLAG_RAISE_ON_ERRORS | LDR_LOCK_LOADER_LOCK_FLAG_TRY_ONLY))
        return LockError(STATUS_INVALID_PARAMETER_1, Flags);
    if (Cookie == NULL)
        return LockError(STATUS_INVALID_PARAMETER_3, Flags);
    if (Try && Disposition == NULL)
        return LockError(STATUS_INVALID_PARAMETER_2, Flags);
    if (Try && !RtlTryEnterCriticalSection(Peb()->LoaderLock)) {
        *Disposition = LDR_LOCK_LOADER_LOCK_DISPOSITION_LOCK_NOT_ACQUIRED;
        return STATUS_SUCCESS;
    }
    if (!Try)
        LdrpLock();
    if (Disposition != NULL)
        *Disposition = LDR_LOCK_LOADER_LOCK_DISPOSITION_LOCK_ACQUIRED;
    *Cookie = ((ULONG_PTR)Teb()->ClientId.UniqueThread & 0xFFF) << 16 | 1;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG Flags, ULONG_PTR Cookie)
{
    if (Flags & ~LDR_LOCK_LOADER_LOCK_FLAG_RAISE_ON_ERRORS)
        return LockError(STATUS_INVALID_PARAMETER_1, Flags);
    if (Cookie == 0)
        return STATUS_SUCCESS;
    if (Cookie != (((ULONG_PTR)Teb()->ClientId.UniqueThread & 0xFFF) << 16 | 1))
        return LockError(STATUS_INVALID_PARAMETER_2, Flags);
    LdrpUnlock();
    return STATUS_SUCCESS;
}

/* ---- what there is no registry or service for ---------------------------------------------------------------------------------------------------------- */

/* Image File Execution Options live in the registry. */
NTSTATUS NTAPI LdrQueryImageFileExecutionOptions(PUNICODE_STRING SubKey, PCWSTR Value, ULONG Type, PVOID Buffer, ULONG Size, PULONG Returned)
{
    UNUSED(SubKey);
    UNUSED(Value);
    UNUSED(Type);
    UNUSED(Buffer);
    UNUSED(Size);
    if (Returned != NULL)
        *Returned = 0;
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

/* SPDX-License-Identifier: MIT */
/*
 * bind.c - a driver's imports.
 *
 * A driver imports from ntoskrnl.exe, hal.dll (the kernel again) and from other drivers that export (an export driver such as fltmgr.sys).
 * Every import is bound before DriverEntry runs; there is no lazy binding in the kernel.  What is missing is named in the log: which driver,
 * which module, which function or ordinal.
 */
#include "ldrp.h"

/* "NTOSKRNL.Name" or "fltmgr.#7": one step of a forwarder chain. */
static NTSTATUS LdrpFollowForwarder(const char *Forwarder, PKLDR_DATA_TABLE_ENTRY *Module, const char **Name, ULONG *Ordinal)
{
    char ModuleName[64];
    ULONG Dot = 0;

    while (Forwarder[Dot] != 0 && Forwarder[Dot] != '.') {
        Dot++;
    }
    if (Forwarder[Dot] == 0 || Dot + 5 > sizeof(ModuleName)) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    RtlCopyMemory(ModuleName, Forwarder, Dot);
    ModuleName[Dot] = 0;
    *Module = LdrpFindModuleByName(ModuleName);
    for (ULONG Try = 0; *Module == NULL && Try < 3; Try++) {
        static const char Suffix[3][5] = {".exe", ".sys", ".dll"};
        RtlCopyMemory(ModuleName + Dot, Suffix[Try], 5);
        *Module = LdrpFindModuleByName(ModuleName);
    }
    *Name = Forwarder + Dot + 1;
    *Ordinal = 0;
    if (**Name == '#') {
        for (const char *Digit = *Name + 1; *Digit >= '0' && *Digit <= '9'; Digit++) {
            *Ordinal = *Ordinal * 10 + (ULONG)(*Digit - '0');
        }
        *Name = NULL;
    }
    return *Module != NULL ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

static NTSTATUS LdrpResolve(PKLDR_DATA_TABLE_ENTRY Module, const char *Name, ULONG Hint, ULONG Ordinal, ULONG_PTR *Address)
{
    for (ULONG Depth = 0; Depth < 16; Depth++) {
        PE_INFO Info;
        PE_EXPORT Export;
        NTSTATUS Status = RtlPeParseMapped(Module->DllBase, Module->SizeOfImage, &Info);

        if (NT_SUCCESS(Status)) {
            Status = Name != NULL ? RtlPeFindExport(Module->DllBase, &Info, Name, Hint, &Export)
                                  : RtlPeFindExportByOrdinal(Module->DllBase, &Info, Ordinal, &Export);
        }
        if (!NT_SUCCESS(Status)) {
            return Status == STATUS_ENTRYPOINT_NOT_FOUND  ? STATUS_DRIVER_ENTRYPOINT_NOT_FOUND
                   : Status == STATUS_ORDINAL_NOT_FOUND ? STATUS_DRIVER_ORDINAL_NOT_FOUND
                                                        : Status;
        }
        if (Export.Forwarder == NULL) {
            *Address = (ULONG_PTR)Module->DllBase + Export.Rva;
            return STATUS_SUCCESS;
        }
        Status = LdrpFollowForwarder(Export.Forwarder, &Module, &Name, &Ordinal);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Hint = 0;
    }
    return STATUS_INVALID_IMAGE_FORMAT; /* a forwarder chain that does not end */
}

static NTSTATUS LdrpBindModule(PKLDR_DATA_TABLE_ENTRY Entry, const PE_INFO *Info, const PE_IMPORT *Import, PVOID WriteAlias)
{
    PKLDR_DATA_TABLE_ENTRY Module = LdrpFindModuleByName(Import->DllName);

    if (Module == NULL) {
        KdPrint_("Ldr: %wZ needs %s, which is not loaded\n", &Entry->BaseDllName, Import->DllName);
        return STATUS_DLL_NOT_FOUND;
    }
    for (ULONG Index = 0;; Index++) {
        PE_THUNK Thunk;
        ULONG_PTR Address;
        NTSTATUS Status = RtlPeThunk(Entry->DllBase, Info, Import, Index, &Thunk);

        if (Status == STATUS_NO_MORE_ENTRIES) {
            return STATUS_SUCCESS;
        }
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Status = LdrpResolve(Module, Thunk.Name, Thunk.Hint, Thunk.Ordinal, &Address);
        if (!NT_SUCCESS(Status)) {
            if (Thunk.Name != NULL) {
                KdPrint_("Ldr: %wZ needs %s!%s, which is not there (0x%08X)\n", &Entry->BaseDllName, Import->DllName, Thunk.Name, (ULONG)Status);
            } else {
                KdPrint_("Ldr: %wZ needs %s!#%u, which is not there (0x%08X)\n", &Entry->BaseDllName, Import->DllName, Thunk.Ordinal, (ULONG)Status);
            }
            return Status;
        }
        *(ULONG_PTR UNALIGNED *)((PUCHAR)WriteAlias + Thunk.ThunkRva) = Address;
    }
}

NTSTATUS LdrpBindImports(PKLDR_DATA_TABLE_ENTRY Entry, PVOID WriteAlias)
{
    PE_INFO Info;
    NTSTATUS Status = RtlPeParseMapped(Entry->DllBase, Entry->SizeOfImage, &Info);

    for (ULONG Index = 0; NT_SUCCESS(Status); Index++) {
        PE_IMPORT Import;

        Status = RtlPeImport(Entry->DllBase, &Info, Index, &Import);
        if (Status == STATUS_NO_MORE_ENTRIES) {
            return STATUS_SUCCESS;
        }
        if (NT_SUCCESS(Status)) {
            Status = LdrpBindModule(Entry, &Info, &Import, WriteAlias);
        }
    }
    return Status;
}

NTSTATUS LdrpProtectImage(PVOID Base, const PE_INFO *Info)
{
    NTSTATUS Status = MmProtectKernelRange(Base, ROUND_TO_PAGES(Info->SizeOfHeaders), PAGE_READONLY);

    for (ULONG i = 0; NT_SUCCESS(Status) && i < Info->NumberOfSections; i++) {
        PE_SECTION Section;
        ULONG Protect = PAGE_READONLY;

        RtlPeSection(Base, Info, i, &Section);
        if (Section.Characteristics & PE_SECTION_EXECUTE) {
            if (Section.Characteristics & PE_SECTION_WRITE) {
                return STATUS_INVALID_IMAGE_PROTECT; /* W^X: no kernel section is both */
            }
            Protect = PAGE_EXECUTE_READ;
        } else if (Section.Characteristics & PE_SECTION_WRITE) {
            Protect = PAGE_READWRITE;
        }
        if (Section.VirtualSize != 0) {
            Status = MmProtectKernelRange((PUCHAR)Base + Section.VirtualAddress, ROUND_TO_PAGES(Section.VirtualSize), Protect);
        }
    }
    return Status;
}

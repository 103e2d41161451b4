/* SPDX-License-Identifier: MIT */
/*
 * ldrmap.c - from an image section to a module: map, check, relocate if the view could not be where the section wanted it, enter in the lists.
 *
 * The kernel has relocated the section's pages to the base it chose for this boot; only when that range is taken in this process does
 * NtMapViewOfSection answer STATUS_IMAGE_NOT_AT_BASE, and the view (copy-on-write) is relocated here, by the difference to the base the
 * header in memory names.
 */
#include "ldrp.h"

#define VIEW_PROTECTION PAGE_EXECUTE_WRITECOPY

static ULONG SectionProtection(ULONG Characteristics)
{
    bool Write = (Characteristics & PE_SECTION_WRITE) != 0;

    if (Characteristics & PE_SECTION_EXECUTE)
        return Write ? PAGE_EXECUTE_WRITECOPY : PAGE_EXECUTE_READ;
    return Write ? PAGE_WRITECOPY : PAGE_READONLY;
}

/* Makes every section that is not writable so for the time of the relocation, and back. */
static NTSTATUS SetSectionsWritable(PVOID Base, const PE_INFO *Info, bool Writable)
{
    PE_SECTION Section;
    ULONG Old;

    for (ULONG Index = 0; Index < Info->NumberOfSections; Index++) {
        RtlPeSection(Base, Info, Index, &Section);
        if (Section.VirtualSize == 0 || (Section.Characteristics & PE_SECTION_WRITE))
            continue;
        PVOID Address = (UCHAR *)Base + Section.VirtualAddress;
        SIZE_T Size = Section.VirtualSize;
        NTSTATUS Status = NtProtectVirtualMemory(NtCurrentProcess(), &Address, &Size,
                                                 Writable ? PAGE_READWRITE : SectionProtection(Section.Characteristics), &Old);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    return STATUS_SUCCESS;
}

NTSTATUS LdrpRelocate(PVOID Base, const PE_INFO *Info)
{
    ULONG64 Delta = (ULONG64)(ULONG_PTR)Base - Info->ImageBase;

    if (Delta == 0)
        return STATUS_SUCCESS;
    if (Info->Directory[PeDirectoryRelocation].Size == 0)
        return Info->Characteristics & PE_FILE_RELOCS_STRIPPED ? STATUS_CONFLICTING_ADDRESSES : STATUS_SUCCESS;
    NTSTATUS Status = SetSectionsWritable(Base, Info, true);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = RtlPeRelocateImage(Base, Info, Delta);
    NTSTATUS Restored = SetSectionsWritable(Base, Info, false);
    NtFlushInstructionCache(NtCurrentProcess(), Base, Info->SizeOfImage);
    return NT_SUCCESS(Status) ? Restored : Status;
}

/*
 * Where the path is while the view is mapped is where a debugger is told to look for it; else the word is the program's (Go keeps its goroutine
 * there).
 */
static NTSTATUS MapView(HANDLE Section, PCUNICODE_STRING Path, PVOID *Base, PE_INFO *Info)
{
    PVOID Programs = Teb()->NtTib.ArbitraryUserPointer;
    SIZE_T Size = 0;

    *Base = NULL;
    Teb()->NtTib.ArbitraryUserPointer = Path->Buffer;
    NTSTATUS Status = NtMapViewOfSection(Section, NtCurrentProcess(), Base, 0, 0, NULL, &Size, ViewShare, 0, VIEW_PROTECTION);
    Teb()->NtTib.ArbitraryUserPointer = Programs;
    if (!NT_SUCCESS(Status))
        return Status;
    bool Moved = Status == STATUS_IMAGE_NOT_AT_BASE;
    if (Status == STATUS_IMAGE_MACHINE_TYPE_MISMATCH)
        Status = STATUS_INVALID_IMAGE_FORMAT;
    else
        Status = RtlPeParseMapped(*Base, Size, Info);
    if (NT_SUCCESS(Status) && Moved)
        Status = LdrpRelocate(*Base, Info);
    if (!NT_SUCCESS(Status))
        NtUnmapViewOfSection(NtCurrentProcess(), *Base);
    return Status;
}

NTSTATUS LdrpMapModule(HANDLE Section, PCUNICODE_STRING Path, LDR_DLL_LOAD_REASON Reason, LDRP_MODULE **Module)
{
    PVOID Base;
    PE_INFO Info;
    NTSTATUS Status = MapView(Section, Path, &Base, &Info);

    if (!NT_SUCCESS(Status))
        return Status;
    *Module = LdrpFindSameFile(Base, &Info);
    if (*Module != NULL) {
        Status = STATUS_IMAGE_ALREADY_LOADED;
        goto Fail;
    }
    *Module = LdrpCreateModule(Base, &Info, Path, Reason);
    if (*Module == NULL) {
        Status = STATUS_NO_MEMORY;
        goto Fail;
    }
    Status = RtlpInsertFunctionTable(Base, Info.SizeOfImage);
    if (!NT_SUCCESS(Status)) {
        Free(*Module);
        goto Fail;
    }
    LdrpInsertModule(*Module);
    LDR_SNAP("%wZ mapped at %p, size %x\n", Path, Base, Info.SizeOfImage);
    return STATUS_SUCCESS;

Fail:
    NtUnmapViewOfSection(NtCurrentProcess(), Base);
    return Status;
}

/* The module is in no use any more: takes it out of everything. */
void LdrpDestroyModule(LDRP_MODULE *Module)
{
    LDR_SNAP("%wZ unmapped\n", &Module->Entry.BaseDllName);
    if (Module->Entry.Flags & LDRP_LOAD_NOTIFICATIONS_SENT)
        LdrpSendNotifications(Module, LDR_DLL_NOTIFICATION_REASON_UNLOADED);
    LdrpReleaseTls(Module);
    LdrpRemoveModule(Module);
    RtlpRemoveFunctionTable(Module->Entry.DllBase);
    NtUnmapViewOfSection(NtCurrentProcess(), Module->Entry.DllBase);
    Free(Module);
}

NTSTATUS LdrpUnprotect(LDRP_MODULE *Module, ULONG Rva, ULONG Size, ULONG *Old)
{
    PE_SECTION Section;

    *Old = 0;
    for (ULONG Index = 0; Index < Module->Info.NumberOfSections; Index++) {
        RtlPeSection(Module->Entry.DllBase, &Module->Info, Index, &Section);
        if (Rva - Section.VirtualAddress >= Section.VirtualSize)
            continue;
        if (Section.Characteristics & PE_SECTION_WRITE)
            return STATUS_SUCCESS;
        break;
    }
    PVOID Address = (UCHAR *)Module->Entry.DllBase + Rva;
    SIZE_T Bytes = Size;
    return NtProtectVirtualMemory(NtCurrentProcess(), &Address, &Bytes, PAGE_READWRITE, Old);
}

void LdrpReprotect(LDRP_MODULE *Module, ULONG Rva, ULONG Size, ULONG Old)
{
    PVOID Address = (UCHAR *)Module->Entry.DllBase + Rva;
    SIZE_T Bytes = Size;

    if (Old != 0)
        NtProtectVirtualMemory(NtCurrentProcess(), &Address, &Bytes, Old, &Old);
}

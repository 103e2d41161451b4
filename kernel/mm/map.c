/* SPDX-License-Identifier: MIT */
/*
 * map.c - views: a section appears in an address space, and goes again.
 *
 * Mapping makes a VAD that points at the control area; pages come by faults.  An image goes where this boot's base is; if that range is
 * taken the view lies elsewhere, STATUS_IMAGE_NOT_AT_BASE says so, and ntdll relocates that view privately.
 */
#include "mi.h"

void (*MmImageMapped)(PEPROCESS Process, PVOID SectionObject, PVOID Base, SIZE_T Size, BOOLEAN SystemImage);

static PMMVAD NewMappedVad(PSECTION Section, MI_VAD_TYPE Type, ULONG Protection, ULONG64 FirstPage, ULONG64 Pages)
{
    PMMVAD Vad = MiAllocateVad();

    if (Vad == NULL)
        return NULL;
    Vad->Type = (UCHAR)Type;
    Vad->Protection = (UCHAR)Protection;
    Vad->MaximumProtection = (UCHAR)Section->InitialPageProtection;
    Vad->ControlArea = Section->ControlArea;
    Vad->FirstPage = FirstPage;
    Vad->Node.StartVpn = 0;
    Vad->Node.EndVpn = Pages - 1;
    Vad->Writable =
        Type == MiVadMapped && ((Protection & MM_ACCESS_MASK) == MM_READWRITE || (Protection & MM_ACCESS_MASK) == MM_EXECUTE_READWRITE);
    return Vad;
}

/* Puts the VAD at Start; both the view reference and the commit charge become the VAD's. */
static NTSTATUS InsertView(PEPROCESS Process, PMMVAD Vad, ULONG64 Start, ULONG64 Commit)
{
    NTSTATUS Status = MiChargeProcessCommit(Process, Commit);

    if (!NT_SUCCESS(Status))
        return Status;
    Vad->CommitCharge = (LONG64)Commit;
    Vad->Node.StartVpn += Start >> PAGE_SHIFT;
    Vad->Node.EndVpn += Start >> PAGE_SHIFT;
    MiReferenceUserView(Vad->ControlArea, Vad->Writable);
    MiLockPageTables(Process);
    MiInsertVad(Process, Vad);
    MiUnlockPageTables(Process);
    return STATUS_SUCCESS;
}

/* *Base: 0 or the wanted address; out: where it is.  *Size: 0 or the wanted size. */
NTSTATUS MiMapImage(PEPROCESS Process, PSECTION Section, PULONG64 Base, ULONG64 Highest, ULONG AllocationType, PSIZE_T Size, ULONG64 Offset)
{
    PCONTROL_AREA ControlArea = Section->ControlArea;
    ULONG64 Total = ControlArea->TotalPages << PAGE_SHIFT, Start;
    NTSTATUS Success = STATUS_SUCCESS;

    if (Offset >= Total || *Size > Total - Offset)
        return STATUS_INVALID_VIEW_SIZE;
    ULONG64 Length = *Size == 0 ? Total - Offset : MI_ROUND_UP(*Size, PAGE_SIZE);
    ULONG64 Wanted = *Base != 0 ? *Base : ControlArea->BasedAddress + Offset;
    PMMVAD Vad = NewMappedVad(Section, MiVadImage, MM_EXECUTE_WRITECOPY, Offset >> PAGE_SHIFT, Length >> PAGE_SHIFT);
    if (Vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Vad->AllocationType = MEM_IMAGE;

    NTSTATUS Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status)) {
        MiFreeVad(Vad);
        return Status;
    }
    Start = Wanted;
    if (Wanted < MM_USER_LOWEST || Wanted + Length - 1 > Highest || !MiRangeFree(Process, Wanted, Wanted + Length - 1)) {
        Start = *Base != 0 ? 0 : MiFindEmptyRange(Process, Length, Highest, (AllocationType & MEM_TOP_DOWN) != 0);
        if (Start == 0)
            Status = *Base != 0 ? STATUS_CONFLICTING_ADDRESSES : STATUS_NO_MEMORY;
    }
    if (NT_SUCCESS(Status))
        Status = InsertView(Process, Vad, Start, ControlArea->CopyOnWritePages);
    MiUnlockAddressSpace(Process);
    if (!NT_SUCCESS(Status)) {
        MiFreeVad(Vad);
        return Status;
    }
    if (Start != ControlArea->BasedAddress + Offset)
        Success = STATUS_IMAGE_NOT_AT_BASE;
    *Base = Start;
    *Size = Length;
    return Success;
}

static NTSTATUS MapData(PEPROCESS Process, PSECTION Section, PULONG64 Base, ULONG64 Highest, SIZE_T CommitSize, ULONG64 *Offset,
                        PSIZE_T Size, SECTION_INHERIT Inherit, ULONG AllocationType, ULONG Protection)
{
    PCONTROL_AREA ControlArea = Section->ControlArea;
    ULONG64 SectionSize = (ULONG64)Section->SizeOfSection.QuadPart, Start = *Base, Commit = 0;

    UNREFERENCED_PARAMETER(CommitSize); /* pages of a SEC_RESERVE section: committed one by one through NtAllocateVirtualMemory */
    if (*Offset >= SectionSize)
        return STATUS_INVALID_VIEW_SIZE;
    ULONG64 Length = *Size == 0 ? MI_ROUND_UP(SectionSize - *Offset, PAGE_SIZE) : MI_ROUND_UP(*Size, PAGE_SIZE);
    if (*Offset + (*Size == 0 ? 0 : *Size) > MI_ROUND_UP(SectionSize, PAGE_SIZE) && !(AllocationType & MEM_RESERVE))
        return STATUS_INVALID_VIEW_SIZE;
    PMMVAD Vad = NewMappedVad(Section, MiVadMapped, Protection, *Offset >> PAGE_SHIFT, Length >> PAGE_SHIFT);
    if (Vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Vad->ViewUnmap = Inherit == ViewUnmap;
    Vad->AllocationType = MEM_MAPPED;
    if (MiIsCopyOnWrite(Protection & ~MM_GUARD_PAGE))
        Commit = Length >> PAGE_SHIFT;

    NTSTATUS Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status)) {
        MiFreeVad(Vad);
        return Status;
    }
    if (Start == 0) {
        Start = MiFindEmptyRange(Process, Length, Highest, (AllocationType & MEM_TOP_DOWN) != 0);
        if (Start == 0)
            Status = STATUS_NO_MEMORY;
    } else if (Start < MM_USER_LOWEST || Start + Length - 1 > Highest || !MiRangeFree(Process, Start, Start + Length - 1)) {
        Status = STATUS_CONFLICTING_ADDRESSES;
    }
    if (NT_SUCCESS(Status))
        Status = InsertView(Process, Vad, Start, Commit);
    MiUnlockAddressSpace(Process);
    if (!NT_SUCCESS(Status)) {
        MiFreeVad(Vad);
        return Status;
    }
    ASSERT(Vad->FirstPage < ControlArea->TotalPages || (AllocationType & MEM_RESERVE));
    *Base = Start;
    *Size = Length;
    return STATUS_SUCCESS;
}

/* What the section allows: read 1, write 2, execute 4; a copy-on-write view needs read only. */
static BOOLEAN IsProtectionCompatible(ULONG SectionProtection, ULONG ViewProtection)
{
    static const UCHAR Gives[] = { 0, 1, 4, 5, 3, 1, 7, 5 };
    static const UCHAR Needs[] = { 0, 1, 4, 5, 3, 1, 7, 5 };

    ULONG Given = Gives[SectionProtection & MM_ACCESS_MASK];
    if (Given & 4u)
        Given |= 1u;
    return (Needs[ViewProtection & MM_ACCESS_MASK] & ~Given) == 0;
}

NTSTATUS MmMapViewOfSection(PVOID SectionObject, PEPROCESS Process, PVOID *BaseAddress, ULONG_PTR ZeroBits, SIZE_T CommitSize,
                            PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                            ULONG Protect)
{
    PSECTION Section = SectionObject;
    ULONG64 Base = (ULONG64)*BaseAddress, Offset = SectionOffset != NULL ? (ULONG64)SectionOffset->QuadPart : 0;
    ULONG64 Highest = Process->HighestUserAddress;
    ULONG Protection = MiMakeProtectionMask(Protect);
    NTSTATUS Status;

    PAGED_CODE();
    if (Protection == MM_INVALID_PROTECTION || (Protection & MM_ACCESS_MASK) == 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (ZeroBits != 0 && ZeroBits < 32)
        Highest = 0xFFFFFFFFULL >> ZeroBits;
    else if (ZeroBits != 0 && (~0ULL >> __builtin_clzll(ZeroBits)) < Highest)
        Highest = ~0ULL >> __builtin_clzll(ZeroBits);
    BOOLEAN Image = (Section->ControlArea->Flags & MI_CA_IMAGE) != 0;
    if (!Image && !IsProtectionCompatible(Section->InitialPageProtection, Protection))
        return STATUS_SECTION_PROTECTION;
    if (!Image && (AllocationType & MEM_RESERVE) && (Section->InitialPageProtection & MM_ACCESS_MASK) != MM_READWRITE &&
        (Section->InitialPageProtection & MM_ACCESS_MASK) != MM_EXECUTE_READWRITE)
        return STATUS_SECTION_PROTECTION;
    if (Image)
        Status = MiMapImage(Process, Section, &Base, Highest, AllocationType, ViewSize, Offset);
    else
        Status = MapData(Process, Section, &Base, Highest, CommitSize, &Offset, ViewSize, InheritDisposition, AllocationType, Protection);
    if (!NT_SUCCESS(Status))
        return Status;
    *BaseAddress = (PVOID)Base;
    if (Image && MmImageMapped != NULL)
        MmImageMapped(Process, SectionObject, (PVOID)Base, *ViewSize, FALSE);
    return Status;
}

NTSTATUS MmMapImageForProcess(PEPROCESS Process, PVOID SectionObject, PVOID *Base, SIZE_T *ViewSize)
{
    *Base = NULL;
    *ViewSize = 0;
    return MmMapViewOfSection(SectionObject, Process, Base, 0, 0, NULL, ViewSize, ViewShare, 0, PAGE_EXECUTE);
}

PVOID MmGetSectionBase(PVOID SectionObject)
{
    return (PVOID)((PSECTION)SectionObject)->ControlArea->BasedAddress;
}

NTSTATUS MmUnmapViewOfSection(PEPROCESS Process, PVOID BaseAddress)
{
    PAGED_CODE();
    if ((ULONG64)BaseAddress > MM_USER_HIGHEST)
        return STATUS_NOT_MAPPED_VIEW;
    NTSTATUS Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    PMMVAD Vad = MiLocateVad(Process, (ULONG64)BaseAddress);
    if (Vad == NULL || Vad->ControlArea == NULL)
        Status = STATUS_NOT_MAPPED_VIEW;
    else if (Vad->NoChange || Vad->SecureCount != 0)
        Status = STATUS_INVALID_PAGE_PROTECTION;
    if (!NT_SUCCESS(Status)) {
        MiUnlockAddressSpace(Process);
        return Status;
    }
    MiLockPageTables(Process);
    MiDeleteVadLocked(Process, Vad);
    MiUnlockPageTables(Process);
    MiUnlockAddressSpace(Process);
    MiDereferenceUserView(Vad->ControlArea, Vad->Writable);
    MiFreeVad(Vad);
    return STATUS_SUCCESS;
}

/* ---- system services ---- */

static NTSTATUS CheckMapArguments(PEPROCESS Process, ULONG64 Base, ULONG_PTR ZeroBits, ULONG64 Size, ULONG64 Offset, ULONG AllocationType)
{
    if (Base > Process->HighestUserAddress)
        return STATUS_INVALID_PARAMETER_3;
    if (Process->HighestUserAddress + 1 - Base < Size)
        return STATUS_INVALID_PARAMETER_3;
    if (ZeroBits != 0 && ZeroBits < 32 && Base + Size > (0xFFFFFFFFULL >> ZeroBits))
        return STATUS_INVALID_PARAMETER_4;
    if ((LONG64)Offset < 0)
        return STATUS_INVALID_PARAMETER_6;
    ULONG64 Alignment = (AllocationType & 0x40000000 /* MEM_DOS_LIM */) ? PAGE_SIZE : MI_GRANULARITY;
    if ((Base & (Alignment - 1)) != 0 || (Offset & (MI_GRANULARITY - 1)) != 0)
        return STATUS_MAPPED_ALIGNMENT;
    return STATUS_SUCCESS;
}

/* What the section handle must permit for a view of this protection. */
static ACCESS_MASK AccessFor(ULONG Protection)
{
    static const UCHAR Access[] = { 0,
                                    SECTION_MAP_READ,
                                    SECTION_MAP_EXECUTE,
                                    SECTION_MAP_EXECUTE | SECTION_MAP_READ,
                                    SECTION_MAP_WRITE,
                                    SECTION_MAP_READ,
                                    SECTION_MAP_EXECUTE | SECTION_MAP_WRITE,
                                    SECTION_MAP_EXECUTE | SECTION_MAP_READ };

    return Access[Protection & MM_ACCESS_MASK];
}

NTSTATUS NTAPI NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits, SIZE_T CommitSize,
                                  PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                                  ULONG Win32Protect)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    LARGE_INTEGER Offset = { .QuadPart = 0 };
    PVOID Base, Section;
    SIZE_T Size;
    PEPROCESS Process;

    if (ZeroBits > 21 && ZeroBits < 32)
        return STATUS_INVALID_PARAMETER_4;
    if (InheritDisposition != ViewShare && InheritDisposition != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if (AllocationType & ~(MEM_TOP_DOWN | MEM_RESERVE | MEM_LARGE_PAGES | 0x40000000 | MEM_DIFFERENT_IMAGE_BASE_OK | MEM_COMMIT))
        return STATUS_INVALID_PARAMETER_9;
    ULONG Protection = MiMakeProtectionMask(Win32Protect);
    if (Protection == MM_INVALID_PROTECTION)
        return STATUS_INVALID_PAGE_PROTECTION;
    NTSTATUS Status = CopyFromMode(Mode, &Base, BaseAddress, sizeof Base);
    if (NT_SUCCESS(Status))
        Status = CopyFromMode(Mode, &Size, ViewSize, sizeof Size);
    if (NT_SUCCESS(Status) && SectionOffset != NULL)
        Status = CopyFromMode(Mode, &Offset, SectionOffset, sizeof Offset);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MiReferenceTargetProcess(ProcessHandle, PROCESS_VM_OPERATION, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CheckMapArguments(Process, (ULONG64)Base, ZeroBits, Size, (ULONG64)Offset.QuadPart, AllocationType);
    if (!NT_SUCCESS(Status))
        goto Cleanup;
    Status = ObReferenceObjectByHandle(SectionHandle, AccessFor(Protection), MmSectionObjectType, Mode, &Section, NULL);
    if (!NT_SUCCESS(Status))
        goto Cleanup;
    Status =
        MmMapViewOfSection(Section, Process, &Base, ZeroBits, CommitSize, &Offset, &Size, InheritDisposition, AllocationType, Win32Protect);
    ObDereferenceObject(Section);
    if (NT_SUCCESS(Status)) {
        NTSTATUS Ignored = CopyToMode(Mode, ViewSize, &Size, sizeof Size);
        Ignored = CopyToMode(Mode, BaseAddress, &Base, sizeof Base);
        if (SectionOffset != NULL)
            Ignored = CopyToMode(Mode, SectionOffset, &Offset, sizeof Offset);
        (void)Ignored;
    }
Cleanup:
    ObDereferenceObject(Process);
    return Status;
}

NTSTATUS NTAPI NtUnmapViewOfSectionEx(HANDLE ProcessHandle, PVOID BaseAddress, ULONG Flags);
NTSTATUS NTAPI NtUnmapViewOfSectionEx(HANDLE ProcessHandle, PVOID BaseAddress, ULONG Flags)
{
    PEPROCESS Process;

    if (Flags & ~1u) /* MEM_UNMAP_WITH_TRANSIENT_BOOST is a hint; placeholders are not there */
        return STATUS_INVALID_PARAMETER_3;
    NTSTATUS Status = MiReferenceTargetProcess(ProcessHandle, PROCESS_VM_OPERATION, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MmUnmapViewOfSection(Process, BaseAddress);
    ObDereferenceObject(Process);
    return Status;
}

NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress)
{
    return NtUnmapViewOfSectionEx(ProcessHandle, BaseAddress, 0);
}

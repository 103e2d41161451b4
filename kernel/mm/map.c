/* SPDX-License-Identifier: MIT */
/*
 * map.c - views: a section appears in an address space, and goes again.
 *
 * Mapping makes a VAD that points at the control area; pages come by faults.  An image goes where this boot's base is; if that range is
 * taken the view lies elsewhere, STATUS_IMAGE_NOT_AT_BASE says so, and ntdll relocates that view privately.  A view with large pages (large.c) is all there
 * at once.
 */
#include "mi.h"

void (*MmImageMapped)(PEPROCESS Process, PVOID SectionObject, PVOID Base, SIZE_T Size, BOOLEAN SystemImage);
void (*MmImageUnmapped)(PEPROCESS Process, PVOID Base);

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

/* The entries of a fresh view of large pages; without memory for their tables it goes again, and what it replaced comes back. */
static NTSTATUS FillLargeView(PEPROCESS Process, PMMVAD Vad, PMMVAD Old)
{
    MiLockPageTables(Process);
    NTSTATUS Status = MiMapLargeSection(Process, Vad);
    if (!NT_SUCCESS(Status)) {
        MiDeleteVadLocked(Process, Vad);
        if (Old != NULL)
            MiInsertVad(Process, Old);
    }
    MiUnlockPageTables(Process);
    if (!NT_SUCCESS(Status))
        MiDereferenceUserView(Vad->ControlArea, Vad->Writable);
    return Status;
}

/* Puts the VAD at Start, in the place of Old if that is not NULL; both the view reference and the commit charge become the VAD's. */
static NTSTATUS InsertView(PEPROCESS Process, PMMVAD Vad, ULONG64 Start, ULONG64 Commit, PMMVAD Old)
{
    NTSTATUS Status = MiChargeProcessCommit(Process, Commit);

    if (!NT_SUCCESS(Status))
        return Status;
    Vad->CommitCharge = (LONG64)Commit;
    Vad->Node.StartVpn += Start >> PAGE_SHIFT;
    Vad->Node.EndVpn += Start >> PAGE_SHIFT;
    MiReferenceUserView(Vad->ControlArea, Vad->Writable);
    MiLockPageTables(Process);
    if (Old != NULL)
        MiRemoveVad(Process, Old);
    MiInsertVad(Process, Vad);
    if (Vad->Type == MiVadImage)
        MiCountResident(Process, (LONG)MiMapTouchedPages(Process, Vad));
    MiUnlockPageTables(Process);
    if (UNLIKELY(Vad->LargePages) && !NT_SUCCESS(Status = FillLargeView(Process, Vad, Old)))
        return Status;
    if (Old != NULL)
        MiFreeVad(Old);
    return STATUS_SUCCESS;
}

/* What a view is to be: MmMapViewOfSection's arguments, understood. */
typedef struct _VIEW
{
    MI_PLACE Place;
    ULONG64 Base, Offset, Size; /* Base and Size 0: to be chosen */
    SIZE_T CommitSize;
    SECTION_INHERIT Inherit;
    ULONG Type, Protection;
} VIEW;

/* Address-space lock held. *Old: a placeholder that gives way. */
static NTSTATUS FindViewPlace(PEPROCESS Process, const VIEW *View, ULONG64 Length, PULONG64 Start, PMMVAD *Old)
{
    *Old = NULL;
    *Start = View->Base;
    if (View->Type & MEM_REPLACE_PLACEHOLDER) {
        *Old = MiExactPlaceholder(Process, View->Base, Length);
        return *Old != NULL ? STATUS_SUCCESS : STATUS_CONFLICTING_ADDRESSES;
    }
    if (*Start == 0) {
        *Start = MiFindEmptyRangeIn(Process, Length, &View->Place, (View->Type & MEM_TOP_DOWN) != 0);
        return *Start != 0 ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    if (*Start < MM_USER_LOWEST || *Start + Length - 1 > Process->HighestUserAddress || !MiRangeFree(Process, *Start, *Start + Length - 1))
        return STATUS_CONFLICTING_ADDRESSES;
    return STATUS_SUCCESS;
}

/* An image goes where this boot's base is, or where it is told to. */
static NTSTATUS MapImage(PEPROCESS Process, PSECTION Section, VIEW *View)
{
    PCONTROL_AREA ControlArea = Section->ControlArea;
    ULONG64 Total = ControlArea->TotalPages << PAGE_SHIFT, Start = 0;
    PMMVAD Old = NULL;

    if (View->Offset >= Total || View->Size > Total - View->Offset)
        return STATUS_INVALID_VIEW_SIZE;
    ULONG64 Length = View->Size == 0 ? Total - View->Offset : MI_ROUND_UP(View->Size, PAGE_SIZE);
    PMMVAD Vad = NewMappedVad(Section, MiVadImage, MM_EXECUTE_WRITECOPY, View->Offset >> PAGE_SHIFT, Length >> PAGE_SHIFT);
    if (Vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Vad->AllocationType = MEM_IMAGE;
    Vad->NoExecute = (Section->AllocationAttributes & SEC_NOCACHE) != 0; /* which with SEC_IMAGE means SEC_IMAGE_NO_EXECUTE */
    if (Vad->NoExecute)
        Vad->Protection = MM_WRITECOPY;
    Vad->WasPlaceholder = (View->Type & MEM_REPLACE_PLACEHOLDER) != 0;

    NTSTATUS Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status)) {
        MiFreeVad(Vad);
        return Status;
    }
    Start = ControlArea->BasedAddress + View->Offset;
    if (View->Base != 0 || Start < MM_USER_LOWEST || Start < View->Place.Lowest || Start + Length - 1 > View->Place.Highest ||
        (Start & (View->Place.Alignment - 1)) != 0 || !MiRangeFree(Process, Start, Start + Length - 1))
        Status = FindViewPlace(Process, View, Length, &Start, &Old);
    if (NT_SUCCESS(Status))
        Status = InsertView(Process, Vad, Start, ControlArea->CopyOnWritePages, Old);
    MiUnlockAddressSpace(Process);
    if (!NT_SUCCESS(Status)) {
        MiFreeVad(Vad);
        return Status;
    }
    View->Base = Start;
    View->Size = Length;
    if (ControlArea->ImageInformation.Machine != IMAGE_FILE_MACHINE_AMD64)
        return STATUS_IMAGE_MACHINE_TYPE_MISMATCH; /* a success: whoever wants only to look at it may */
    return Start != ControlArea->BasedAddress + View->Offset ? STATUS_IMAGE_NOT_AT_BASE : STATUS_SUCCESS;
}

/* A reserved section's first CommitSize bytes of the view, for everybody. */
static NTSTATUS CommitStart(PCONTROL_AREA ControlArea, const VIEW *View)
{
    if (!(ControlArea->Flags & MI_CA_RESERVE) || View->CommitSize == 0)
        return STATUS_SUCCESS;
    return MiCommitSectionPages(ControlArea, View->Offset >> PAGE_SHIFT, MI_PAGES(View->CommitSize));
}

/* What MEM_LARGE_PAGES asks of a view. */
static NTSTATUS CheckLargeView(PCONTROL_AREA ControlArea, VIEW *View, ULONG64 Length)
{
    if (!(View->Type & MEM_LARGE_PAGES))
        return STATUS_SUCCESS;
    if (!(ControlArea->Flags & MI_CA_LARGE))
        return STATUS_INVALID_PARAMETER_9;
    if ((View->Base | View->Offset) & (MI_LARGE_SIZE - 1))
        return STATUS_MAPPED_ALIGNMENT;
    if (Length & (MI_LARGE_SIZE - 1))
        return STATUS_INVALID_VIEW_SIZE;
    if ((View->Protection & ~MM_ACCESS_MASK) != 0 || MiIsCopyOnWrite(View->Protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (View->Place.Alignment < MI_LARGE_SIZE)
        View->Place.Alignment = MI_LARGE_SIZE;
    return STATUS_SUCCESS;
}

static NTSTATUS MapData(PEPROCESS Process, PSECTION Section, VIEW *View)
{
    PCONTROL_AREA ControlArea = Section->ControlArea;
    ULONG64 SectionSize = (ULONG64)Section->SizeOfSection.QuadPart, Start, Commit = 0;
    PMMVAD Old = NULL;

    if (View->Offset >= SectionSize)
        return STATUS_INVALID_VIEW_SIZE;
    ULONG64 Length = View->Size == 0 ? MI_ROUND_UP(SectionSize - View->Offset, PAGE_SIZE) : MI_ROUND_UP(View->Size, PAGE_SIZE);
    if (View->Size != 0 && View->Size > MI_ROUND_UP(SectionSize, PAGE_SIZE) - View->Offset && !(View->Type & MEM_RESERVE))
        return STATUS_INVALID_VIEW_SIZE;
    if (View->CommitSize > Length)
        return STATUS_INVALID_PARAMETER_5;
    NTSTATUS Status = CheckLargeView(ControlArea, View, Length);
    if (!NT_SUCCESS(Status))
        return Status;
    PMMVAD Vad = NewMappedVad(Section, MiVadMapped, View->Protection, View->Offset >> PAGE_SHIFT, Length >> PAGE_SHIFT);
    if (Vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Vad->ViewUnmap = View->Inherit == ViewUnmap;
    Vad->AllocationType = MEM_MAPPED;
    Vad->LargePages = (View->Type & MEM_LARGE_PAGES) != 0;
    Vad->WasPlaceholder = (View->Type & MEM_REPLACE_PLACEHOLDER) != 0;
    if (MiIsCopyOnWrite(View->Protection & ~MM_GUARD_PAGE))
        Commit = Length >> PAGE_SHIFT;

    Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status)) {
        MiFreeVad(Vad);
        return Status;
    }
    Status = FindViewPlace(Process, View, Length, &Start, &Old);
    if (NT_SUCCESS(Status))
        Status = CommitStart(ControlArea, View);
    if (NT_SUCCESS(Status))
        Status = InsertView(Process, Vad, Start, Commit, Old);
    MiUnlockAddressSpace(Process);
    if (!NT_SUCCESS(Status)) {
        MiFreeVad(Vad);
        return Status;
    }
    ASSERT(Vad->FirstPage < ControlArea->TotalPages || (View->Type & MEM_RESERVE));
    View->Base = Start;
    View->Size = Length;
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

static NTSTATUS MapView(PSECTION Section, PEPROCESS Process, VIEW *View)
{
    BOOLEAN Image = (Section->ControlArea->Flags & MI_CA_IMAGE) != 0;
    NTSTATUS Status;

    if (Image && (View->Type & MEM_LARGE_PAGES))
        return STATUS_INVALID_PARAMETER_9;
    if (!Image && !IsProtectionCompatible(Section->InitialPageProtection, View->Protection))
        return STATUS_SECTION_PROTECTION;
    if (!Image && (View->Type & MEM_RESERVE) && (Section->InitialPageProtection & MM_ACCESS_MASK) != MM_READWRITE &&
        (Section->InitialPageProtection & MM_ACCESS_MASK) != MM_EXECUTE_READWRITE)
        return STATUS_SECTION_PROTECTION;
    Status = Image ? MapImage(Process, Section, View) : MapData(Process, Section, View);
    if (NT_SUCCESS(Status) && Image && MmImageMapped != NULL && !(Section->AllocationAttributes & SEC_NOCACHE))
        MmImageMapped(Process, Section, (PVOID)View->Base, View->Size, FALSE);
    return Status;
}

NTSTATUS MmMapViewOfSection(PVOID SectionObject, PEPROCESS Process, PVOID *BaseAddress, ULONG_PTR ZeroBits, SIZE_T CommitSize,
                            PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                            ULONG Protect)
{
    VIEW View = { .Base = (ULONG64)*BaseAddress, .Offset = SectionOffset != NULL ? (ULONG64)SectionOffset->QuadPart : 0, .Size = *ViewSize,
                  .CommitSize = CommitSize, .Inherit = InheritDisposition, .Type = AllocationType };

    PAGED_CODE();
    View.Protection = MiMakeProtectionMask(Protect);
    if (View.Protection == MM_INVALID_PROTECTION)
        return STATUS_INVALID_PAGE_PROTECTION;
    NTSTATUS Status = MiPlaceFromZeroBits(Process, ZeroBits, &View.Place);
    if (NT_SUCCESS(Status))
        Status = MapView(SectionObject, Process, &View);
    if (NT_SUCCESS(Status)) {
        *BaseAddress = (PVOID)View.Base;
        *ViewSize = View.Size;
    }
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
    if (Vad->Type == MiVadImage && !Vad->NoExecute && MmImageUnmapped != NULL)
        MmImageUnmapped(Process, (PVOID)MiVadStart(Vad));
    MiFreeVad(Vad);
    return STATUS_SUCCESS;
}

/* ---- system services ---- */

static NTSTATUS CheckRange(PEPROCESS Process, ULONG64 Base, ULONG_PTR ZeroBits, ULONG64 Size)
{
    if (Base > Process->HighestUserAddress || Process->HighestUserAddress + 1 - Base < Size)
        return STATUS_INVALID_PARAMETER_3;
    if (ZeroBits != 0 && ZeroBits < 32 && Base + Size > (0xFFFFFFFFULL >> ZeroBits))
        return STATUS_INVALID_PARAMETER_4;
    return STATUS_SUCCESS;
}

/* What replaces a placeholder lies where that does, which may be at any page. */
static NTSTATUS CheckAlignment(ULONG64 Base, ULONG64 Offset, ULONG AllocationType)
{
    ULONG64 Alignment = (AllocationType & MEM_REPLACE_PLACEHOLDER) ? PAGE_SIZE : MI_GRANULARITY;

    return ((Base | Offset) & (Alignment - 1)) != 0 ? STATUS_MAPPED_ALIGNMENT : STATUS_SUCCESS;
}

/* What the section handle must permit for a view of this protection.  One without access (an image's, whose sections have their own) needs read. */
static ACCESS_MASK AccessFor(ULONG Protection)
{
    static const UCHAR Access[] = { SECTION_MAP_READ,
                                    SECTION_MAP_READ,
                                    SECTION_MAP_EXECUTE,
                                    SECTION_MAP_EXECUTE | SECTION_MAP_READ,
                                    SECTION_MAP_WRITE,
                                    SECTION_MAP_READ,
                                    SECTION_MAP_EXECUTE | SECTION_MAP_WRITE,
                                    SECTION_MAP_EXECUTE | SECTION_MAP_READ };

    return Access[Protection & MM_ACCESS_MASK];
}

typedef struct _REQUEST
{
    HANDLE SectionHandle, ProcessHandle;
    PVOID *BaseAddress;
    ULONG_PTR ZeroBits;
    SIZE_T CommitSize;
    PLARGE_INTEGER SectionOffset;
    PSIZE_T ViewSize;
    SECTION_INHERIT Inherit;
    ULONG Type, Protect;
    BOOLEAN Extended;
    PVOID Parameters;
    ULONG ParameterCount;
} REQUEST;

/* Copies the request's arguments in.  References: the process. */
static NTSTATUS CaptureView(const REQUEST *Request, KPROCESSOR_MODE Mode, VIEW *View, PEPROCESS *Process)
{
    LARGE_INTEGER Offset = { .QuadPart = 0 };

    NTSTATUS Status = CopyFromMode(Mode, &View->Base, Request->BaseAddress, sizeof View->Base);
    if (NT_SUCCESS(Status))
        Status = CopyFromMode(Mode, &View->Size, Request->ViewSize, sizeof View->Size);
    if (NT_SUCCESS(Status) && Request->SectionOffset != NULL)
        Status = CopyFromMode(Mode, &Offset, Request->SectionOffset, sizeof Offset);
    if (!NT_SUCCESS(Status))
        return Status;
    View->Offset = (ULONG64)Offset.QuadPart;
    Status = MiReferenceTargetProcess(Request->ProcessHandle, PROCESS_VM_OPERATION, Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CheckRange(*Process, View->Base, Request->ZeroBits, View->Size);
    if (NT_SUCCESS(Status) && Request->Extended)
        Status = MiCaptureExtendedParameters(*Process, Mode, Request->Parameters, Request->ParameterCount, &View->Place);
    else if (NT_SUCCESS(Status))
        Status = MiPlaceFromZeroBits(*Process, Request->ZeroBits, &View->Place);
    if (NT_SUCCESS(Status) && Request->Extended && View->Base != 0 &&
        (View->Place.Lowest != 0 || View->Place.Highest != (*Process)->HighestUserAddress || View->Place.Alignment != MI_GRANULARITY))
        Status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(Status) && (View->Type & MEM_REPLACE_PLACEHOLDER) && View->Base == 0)
        Status = STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(Status))
        ObDereferenceObject(*Process);
    return Status;
}

static NTSTATUS Map(const REQUEST *Request)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    VIEW View = { .CommitSize = Request->CommitSize, .Inherit = Request->Inherit, .Type = Request->Type };
    PEPROCESS Process;
    PVOID Section;

    View.Protection = MiMakeProtectionMask(Request->Protect & ~MI_PAGE_TARGETS_INVALID);
    if (View.Protection == MM_INVALID_PROTECTION)
        return STATUS_INVALID_PAGE_PROTECTION;
    NTSTATUS Status = CaptureView(Request, Mode, &View, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(Request->SectionHandle, AccessFor(View.Protection), MmSectionObjectType, Mode, &Section, NULL);
    if (NT_SUCCESS(Status)) {
        Status = CheckAlignment(View.Base, View.Offset, Request->Type);
        if (NT_SUCCESS(Status))
            Status = MapView(Section, Process, &View);
        ObDereferenceObject(Section);
    }
    ObDereferenceObject(Process);
    if (NT_SUCCESS(Status)) {
        NTSTATUS Ignored = CopyToMode(Mode, Request->ViewSize, &View.Size, sizeof View.Size);
        Ignored = CopyToMode(Mode, Request->BaseAddress, &View.Base, sizeof View.Base);
        if (Request->SectionOffset != NULL)
            Ignored = CopyToMode(Mode, Request->SectionOffset, &View.Offset, sizeof View.Offset);
        (void)Ignored;
    }
    return Status;
}

/* AT_ROUND_TO_PAGE is for 32-bit systems only. */
#define VIEW_TYPES (MEM_TOP_DOWN | MEM_RESERVE | MEM_LARGE_PAGES | MEM_DIFFERENT_IMAGE_BASE_OK | MEM_COMMIT)

NTSTATUS NTAPI NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits, SIZE_T CommitSize,
                                  PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                                  ULONG Win32Protect)
{
    REQUEST Request = { SectionHandle, ProcessHandle, BaseAddress, ZeroBits, CommitSize, SectionOffset, ViewSize, InheritDisposition, AllocationType,
                        Win32Protect };

    if (ZeroBits > 21 && ZeroBits < 32)
        return STATUS_INVALID_PARAMETER_4;
    if (InheritDisposition != ViewShare && InheritDisposition != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if (AllocationType & ~VIEW_TYPES)
        return STATUS_INVALID_PARAMETER_9;
    return Map(&Request);
}

NTSTATUS NTAPI NtMapViewOfSectionEx(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress, PLARGE_INTEGER SectionOffset,
                                    PSIZE_T ViewSize, ULONG AllocationType, ULONG PageProtection, PVOID ExtendedParameters,
                                    ULONG ExtendedParameterCount);
NTSTATUS NTAPI NtMapViewOfSectionEx(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress, PLARGE_INTEGER SectionOffset,
                                    PSIZE_T ViewSize, ULONG AllocationType, ULONG PageProtection, PVOID ExtendedParameters,
                                    ULONG ExtendedParameterCount)
{
    REQUEST Request = { SectionHandle, ProcessHandle, BaseAddress, 0, 0, SectionOffset, ViewSize, ViewUnmap, AllocationType, PageProtection,
                        TRUE, ExtendedParameters, ExtendedParameterCount };

    if (AllocationType & ~(VIEW_TYPES | MEM_REPLACE_PLACEHOLDER))
        return STATUS_INVALID_PARAMETER;
    return Map(&Request);
}

NTSTATUS NTAPI NtUnmapViewOfSectionEx(HANDLE ProcessHandle, PVOID BaseAddress, ULONG Flags);
NTSTATUS NTAPI NtUnmapViewOfSectionEx(HANDLE ProcessHandle, PVOID BaseAddress, ULONG Flags)
{
    PEPROCESS Process;

    if (Flags & ~(1u | MEM_PRESERVE_PLACEHOLDER)) /* 1, MEM_UNMAP_WITH_TRANSIENT_BOOST, is a hint */
        return STATUS_INVALID_PARAMETER_3;
    NTSTATUS Status = MiReferenceTargetProcess(ProcessHandle, PROCESS_VM_OPERATION, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = (Flags & MEM_PRESERVE_PLACEHOLDER) ? MiUnmapToPlaceholder(Process, BaseAddress) : MmUnmapViewOfSection(Process, BaseAddress);
    ObDereferenceObject(Process);
    return Status;
}

NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress)
{
    return NtUnmapViewOfSectionEx(ProcessHandle, BaseAddress, 0);
}

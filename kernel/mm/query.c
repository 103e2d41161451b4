/* SPDX-License-Identifier: MIT */
/*
 * query.c - NtQueryVirtualMemory: what lies at an address.
 *
 * A region of the basic answer is a run of pages of one allocation with the same state and protection; the walk skips page tables that do
 * not exist.
 */
#include "mi.h"

enum
{
    MemoryBasicInformation_,
    MemoryWorkingSetInformation_,
    MemoryMappedFilenameInformation_,
    MemoryRegionInformation_,
    MemoryWorkingSetExInformation_,
    MemorySharedCommitInformation_,
    MemoryImageInformation_,
    MemoryRegionInformationEx_,
    MemoryPrivilegedBasicInformation_,
    MemoryEnclaveImageInformation_,
    MemoryBasicInformationCapped_
};

typedef struct _BASIC
{
    PVOID BaseAddress, AllocationBase;
    ULONG AllocationProtect;
    USHORT PartitionId;
    SIZE_T RegionSize;
    ULONG State, Protect, Type;
} BASIC;
static_assert(sizeof(BASIC) == 48 && offsetof(BASIC, RegionSize) == 24, "MEMORY_BASIC_INFORMATION");

/* MEMORY_REGION_INFORMATION.RegionType's bits, as the System Informer project documents them */
#define REGION_PRIVATE 0x1u
#define REGION_DATA_FILE 0x2u
#define REGION_IMAGE 0x4u
#define REGION_PAGE_FILE 0x8u
#define REGION_PHYSICAL 0x10u
#define REGION_PLACEHOLDER 0x100u
#define REGION_AWE 0x200u
#define REGION_WRITE_WATCH 0x400u
#define REGION_LARGE 0x800u

typedef struct _REGION
{
    PVOID AllocationBase;
    ULONG AllocationProtect, RegionType;
    SIZE_T RegionSize, CommitSize;
    ULONG_PTR PartitionId, NodePreference;
} REGION;
static_assert(sizeof(REGION) == 48, "MEMORY_REGION_INFORMATION");

typedef struct _IMAGE
{
    PVOID ImageBase;
    SIZE_T SizeOfImage;
    ULONG ImageFlags;
} IMAGE;

typedef struct _WORKING_SET_EX
{
    PVOID VirtualAddress;
    ULONG64 Attributes;
} WORKING_SET_EX;

static ULONG TypeOf(const MMVAD *Vad)
{
    return Vad->Type == MiVadImage ? MEM_IMAGE : Vad->Type == MiVadMapped ? MEM_MAPPED : MEM_PRIVATE;
}

static void DescribePage(const MMVAD *Vad, ULONG64 Va, ULONG64 Entry, PULONG State, PULONG Protect)
{
    ULONG Protection = MiProtectionOfPte(Vad, Va, Entry);

    *State = Protection == MM_DECOMMIT ? MEM_RESERVE : MEM_COMMIT;
    *Protect = Protection == MM_DECOMMIT ? 0 : MiWin32Protection(Protection);
}

/* Pages without an entry differ only where the VAD does: an image's subsections, a reserved section's pages. */
static ULONG64 StepWithoutTable(const MMVAD *Vad, ULONG64 Va, ULONG64 Next)
{
    if (Vad->ControlArea == NULL)
        return Next;
    if (Vad->Type == MiVadImage) {
        ULONG64 Page = Vad->FirstPage + MI_VPN(Va) - Vad->Node.StartVpn;
        PSUBSECTION Subsection = MiSubsectionOfPage(Vad->ControlArea, Page);
        ULONG64 End = Subsection != NULL ? Va + ((Subsection->StartPage + Subsection->Pages - Page) << PAGE_SHIFT) : Va + PAGE_SIZE;
        return End < Next ? End : Next;
    }
    return (Vad->ControlArea->Flags & MI_CA_RESERVE) ? Va + PAGE_SIZE : Next;
}

static void DescribeAllocated(PEPROCESS Process, PMMVAD Vad, ULONG64 Va, BASIC *Basic)
{
    ULONG64 End = MiVadEnd(Vad) + 1, At, Next;
    ULONG State, Protect;

    Basic->AllocationBase = (PVOID)MiVadStart(Vad);
    Basic->AllocationProtect = MiWin32Protection(Vad->Protection);
    Basic->Type = TypeOf(Vad);
    for (At = Va; At < End; At = Next) {
        PULONG64 Pte = MiNextPte(Process, At, &Next);
        DescribePage(Vad, At, Pte != NULL ? *Pte : 0, &State, &Protect);
        if (At == Va) {
            Basic->State = State;
            Basic->Protect = Protect;
        } else if (State != Basic->State || Protect != Basic->Protect) {
            break;
        }
        if (Pte == NULL)
            Next = StepWithoutTable(Vad, At, Next);
    }
    Basic->RegionSize = (At < End ? At : End) - Va;
}

static void DescribeFree(PEPROCESS Process, ULONG64 Va, BASIC *Basic)
{
    MI_VAD_NODE *Above = MiTreeFindOverlap(Process->VadRoot, MI_VPN(Va), ~0ULL >> PAGE_SHIFT);
    ULONG64 End = Above != NULL ? Above->StartVpn << PAGE_SHIFT : Process->HighestUserAddress + 1;

    Basic->State = MEM_FREE;
    Basic->Protect = PAGE_NOACCESS;
    Basic->RegionSize = End - Va;
}

static NTSTATUS QueryBasic(PEPROCESS Process, ULONG64 Va, BASIC *Basic)
{
    NTSTATUS Status = MiLockAddressSpace(Process);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(Basic, sizeof *Basic);
    Basic->BaseAddress = (PVOID)MI_ROUND_DOWN(Va, PAGE_SIZE);
    ExAcquirePushLockShared_(&Process->WorkingSetLock);
    PMMVAD Vad = MiLocateVad(Process, Va);
    if (Vad != NULL)
        DescribeAllocated(Process, Vad, (ULONG64)Basic->BaseAddress, Basic);
    else
        DescribeFree(Process, (ULONG64)Basic->BaseAddress, Basic);
    ExReleasePushLockShared_(&Process->WorkingSetLock);
    MiUnlockAddressSpace(Process);
    return STATUS_SUCCESS;
}

static ULONG RegionType(const MMVAD *Vad)
{
    ULONG Type = Vad->Type == MiVadImage ? REGION_IMAGE : Vad->ControlArea == NULL ? REGION_PRIVATE
                 : (Vad->ControlArea->Flags & MI_CA_FILE) ? REGION_DATA_FILE : REGION_PAGE_FILE;

    Type |= Vad->Physical == MI_PHYSICAL_WINDOW ? REGION_AWE : Vad->Physical == MI_PHYSICAL_MDL ? REGION_PHYSICAL : 0;
    return Type | (Vad->Placeholder ? REGION_PLACEHOLDER : 0) | (Vad->WriteWatch ? REGION_WRITE_WATCH : 0) | (Vad->LargePages ? REGION_LARGE : 0);
}

static NTSTATUS QueryRegion(PEPROCESS Process, ULONG64 Va, REGION *Region)
{
    NTSTATUS Status = MiLockAddressSpace(Process);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(Region, sizeof *Region);
    PMMVAD Vad = MiLocateVad(Process, Va);
    if (Vad == NULL) {
        Status = STATUS_INVALID_ADDRESS;
    } else {
        Region->AllocationBase = (PVOID)MiVadStart(Vad);
        Region->AllocationProtect = MiWin32Protection(Vad->Protection);
        Region->RegionType = RegionType(Vad);
        Region->RegionSize = MiVadEnd(Vad) + 1 - MiVadStart(Vad);
        Region->CommitSize = (SIZE_T)Vad->CommitCharge << PAGE_SHIFT;
    }
    MiUnlockAddressSpace(Process);
    return Status;
}

static NTSTATUS QueryImage(PEPROCESS Process, ULONG64 Va, IMAGE *Image)
{
    NTSTATUS Status = MiLockAddressSpace(Process);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(Image, sizeof *Image);
    PMMVAD Vad = MiLocateVad(Process, Va);
    if (Vad == NULL) {
        Status = STATUS_INVALID_ADDRESS;
    } else if (Vad->Type == MiVadImage) {
        Image->ImageBase = (PVOID)MiVadStart(Vad);
        Image->SizeOfImage = (SIZE_T)Vad->ControlArea->SizeOfSegment.QuadPart;
    }
    MiUnlockAddressSpace(Process);
    return Status;
}

/* One page: the bits of PSAPI_WORKING_SET_EX_BLOCK. */
static ULONG64 WorkingSetBits(PEPROCESS Process, ULONG64 Va)
{
    ULONG64 Bits = 0;

    if (Va > MM_USER_HIGHEST)
        return 0;
    ExAcquirePushLockShared_(&Process->WorkingSetLock);
    PULONG64 Pte = MiLookupPte(Process, Va);
    ULONG64 Entry = Pte != NULL ? *(volatile ULONG64 *)Pte : MiLargeEntry(Process, Va);
    if ((Entry & PTE_VALID) && !(Entry & MI_PTE_BORROWED)) {
        BOOLEAN Large = Pte == NULL;
        PMMPFN Pfn = MiPfn(Large ? MiLargeFrame(Entry, Va) : PTE_PFN(Entry));
        ULONG64 Shares = Pfn->PrototypePte ? (Pfn->ShareCount < 7 ? (ULONG64)Pfn->ShareCount : 7) : 0;
        PMMVAD Vad = MiLocateVad(Process, Va);
        BOOLEAN Locked = Large || (Entry & MI_PTE_LOCKED) != 0 || Pfn->Usage == MiUsePhysical;
        Bits = 1 | Shares << 1 | (ULONG64)(Vad != NULL ? MiWin32Protection(MiProtectionOfPte(Vad, Va, Entry)) : 0) << 4 |
               (ULONG64)Pfn->PrototypePte << 15 | (ULONG64)Locked << 22 | (ULONG64)Large << 23;
    }
    ExReleasePushLockShared_(&Process->WorkingSetLock);
    return Bits;
}

static NTSTATUS QueryWorkingSetEx(PEPROCESS Process, KPROCESSOR_MODE Mode, PVOID Buffer, SIZE_T Length)
{
    WORKING_SET_EX *User = Buffer, Entry;

    if (Length == 0 || Length % sizeof Entry != 0)
        return STATUS_INFO_LENGTH_MISMATCH;
    for (SIZE_T Index = 0; Index < Length / sizeof Entry; Index++) {
        NTSTATUS Status = CopyFromMode(Mode, &Entry, &User[Index], sizeof Entry);
        if (!NT_SUCCESS(Status))
            return Status;
        Entry.Attributes = WorkingSetBits(Process, (ULONG64)Entry.VirtualAddress);
        Status = CopyToMode(Mode, &User[Index], &Entry, sizeof Entry);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    return STATUS_SUCCESS;
}

/* ---- the whole working set ---- */

typedef struct _WS_WALK
{
    PULONG64 Entry; /* NULL: only count */
    ULONG64 Room, Count;
} WS_WALK;

/* PSAPI_WORKING_SET_BLOCK: protection in NT's five bits, share count, shared, page number. */
static ULONG64 WorkingSetBlock(PMMVAD Vad, ULONG64 Va, ULONG64 Entry)
{
    PMMPFN Pfn = MiPfn(PTE_PFN(Entry));
    ULONG64 Shares = Pfn->PrototypePte ? (Pfn->ShareCount < 7 ? (ULONG64)Pfn->ShareCount : 7) : 0;

    return (ULONG64)MiProtectionOfPte(Vad, Va, Entry) | Shares << 5 | (ULONG64)Pfn->PrototypePte << 8 | MI_VPN(Va) << PAGE_SHIFT;
}

/* Working-set lock held shared. */
static void WalkWorkingSet(PEPROCESS Process, WS_WALK *Walk)
{
    ULONG64 Next;

    for (MI_VAD_NODE *Node = MiTreeFirst(Process->VadRoot); Node != NULL; Node = MiTreeNext(Node)) {
        PMMVAD Vad = (PMMVAD)Node;
        for (ULONG64 Va = MiVadStart(Vad); Va <= MiVadEnd(Vad); Va = Next) {
            PULONG64 Pte = MiNextPte(Process, Va, &Next);
            ULONG64 Entry = Pte != NULL ? *(volatile ULONG64 *)Pte : 0;
            if (!(Entry & PTE_VALID) || PTE_PFN(Entry) == MiSharedUserDataFrame || Vad->Physical)
                continue;
            if (Walk->Count < Walk->Room)
                Walk->Entry[Walk->Count] = WorkingSetBlock(Vad, Va, Entry);
            Walk->Count++;
        }
    }
}

static NTSTATUS QueryWorkingSet(PEPROCESS Process, KPROCESSOR_MODE Mode, PVOID Buffer, SIZE_T Length, SIZE_T *Needed)
{
    WS_WALK Walk = { NULL, 0, 0 };
    ULONG64 Room = Length / sizeof(ULONG64) - 1;

    /* What is there at most: the buffer of a caller with too big a one need not be doubled in the kernel. */
    if (Room > Process->WorkingSetSize + 64)
        Room = Process->WorkingSetSize + 64;
    PULONG64 Copy = ExAllocatePoolWithTag(PagedPool, (Room + 1) * sizeof(ULONG64), MI_TAG);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Walk.Entry = Copy + 1;
    Walk.Room = Room;
    ExAcquirePushLockShared_(&Process->WorkingSetLock);
    WalkWorkingSet(Process, &Walk);
    ExReleasePushLockShared_(&Process->WorkingSetLock);
    Copy[0] = Walk.Count;
    *Needed = (Walk.Count + 1) * sizeof(ULONG64);
    NTSTATUS Status = CopyToMode(Mode, Buffer, Copy, Walk.Count <= Room ? *Needed : sizeof(ULONG64));
    if (NT_SUCCESS(Status) && Walk.Count > Room)
        Status = STATUS_INFO_LENGTH_MISMATCH;
    ExFreePoolWithTag(Copy, MI_TAG);
    return Status;
}

/* Page-file-backed memory the process maps together with others. */
static SIZE_T SharedCommit(PEPROCESS Process)
{
    SIZE_T Pages = 0;

    ExAcquirePushLockShared_(&Process->WorkingSetLock);
    for (MI_VAD_NODE *Node = MiTreeFirst(Process->VadRoot); Node != NULL; Node = MiTreeNext(Node)) {
        PCONTROL_AREA ControlArea = ((PMMVAD)Node)->ControlArea;
        if (ControlArea != NULL && !(ControlArea->Flags & MI_CA_FILE))
            Pages += ControlArea->CommittedPages;
    }
    ExReleasePushLockShared_(&Process->WorkingSetLock);
    return Pages << PAGE_SHIFT;
}

/* ---- names ---- */

static NTSTATUS ReferenceMappedFile(PEPROCESS Process, ULONG64 Va, PFILE_OBJECT *File)
{
    NTSTATUS Status = MiLockAddressSpace(Process);

    if (!NT_SUCCESS(Status))
        return Status;
    PMMVAD Vad = MiLocateVad(Process, Va);
    if (Vad == NULL) {
        Status = STATUS_INVALID_ADDRESS;
    } else if (Vad->ControlArea == NULL) {
        Status = STATUS_INVALID_ADDRESS;
    } else if (Vad->ControlArea->FilePointer == NULL) {
        Status = STATUS_FILE_INVALID;
    } else {
        *File = Vad->ControlArea->FilePointer;
        ObReferenceObject(*File);
    }
    MiUnlockAddressSpace(Process);
    return Status;
}

/* PoolName->Buffer: ExFreePool by the caller. */
NTSTATUS MmGetFileNameForAddress(PEPROCESS Process, PVOID Address, UNICODE_STRING *PoolName)
{
    PFILE_OBJECT File;
    ULONG Needed = 0;

    PAGED_CODE();
    NTSTATUS Status = ReferenceMappedFile(Process, (ULONG64)Address, &File);
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG Room = sizeof(OBJECT_NAME_INFORMATION) + 1024;
    POBJECT_NAME_INFORMATION Name = ExAllocatePoolWithTag(PagedPool, Room, MI_TAG);
    Status = Name != NULL ? ObQueryNameString(File, Name, Room, &Needed) : STATUS_INSUFFICIENT_RESOURCES;
    if (Name != NULL && !NT_SUCCESS(Status) && Needed > Room) {
        ExFreePoolWithTag(Name, MI_TAG);
        Name = ExAllocatePoolWithTag(PagedPool, Needed, MI_TAG);
        Status = Name != NULL ? ObQueryNameString(File, Name, Needed, &Needed) : STATUS_INSUFFICIENT_RESOURCES;
    }
    ObDereferenceObject(File);
    if (!NT_SUCCESS(Status)) {
        if (Name != NULL)
            ExFreePoolWithTag(Name, MI_TAG);
        return Status;
    }
    /* The text moves to the front of the block, which then is the string's buffer. */
    USHORT Length = Name->Name.Length;
    if (Length != 0)
        RtlMoveMemory(Name, Name->Name.Buffer, Length);
    PoolName->Buffer = (PWSTR)Name;
    PoolName->Length = Length;
    PoolName->MaximumLength = Length;
    return STATUS_SUCCESS;
}

static NTSTATUS QueryFilename(PEPROCESS Process, KPROCESSOR_MODE Mode, PVOID Address, PVOID Buffer, SIZE_T Length, SIZE_T *Needed)
{
    UNICODE_STRING Name, User;

    NTSTATUS Status = MmGetFileNameForAddress(Process, Address, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    *Needed = sizeof User + Name.Length + sizeof(WCHAR);
    if (Length < sizeof User) {
        Status = STATUS_INFO_LENGTH_MISMATCH;
    } else if (Length < *Needed) {
        Status = STATUS_BUFFER_OVERFLOW;
    } else {
        WCHAR Zero = 0;
        User.Length = Name.Length;
        User.MaximumLength = (USHORT)(Name.Length + sizeof(WCHAR));
        User.Buffer = (PWSTR)((PUCHAR)Buffer + sizeof User);
        Status = CopyToMode(Mode, User.Buffer, Name.Buffer, Name.Length);
        if (NT_SUCCESS(Status))
            Status = CopyToMode(Mode, (PUCHAR)User.Buffer + Name.Length, &Zero, sizeof Zero);
        if (NT_SUCCESS(Status))
            Status = CopyToMode(Mode, Buffer, &User, sizeof User);
    }
    ExFreePoolWithTag(Name.Buffer, MI_TAG);
    return Status;
}

/* ---- the service ---- */

static NTSTATUS QueryFixed(PEPROCESS Process, ULONG Class, ULONG64 Va, PVOID Answer, SIZE_T *Size)
{
    switch (Class) {
    case MemoryBasicInformation_:
        *Size = sizeof(BASIC);
        return QueryBasic(Process, Va, Answer);
    case MemoryRegionInformation_:
    case MemoryRegionInformationEx_:
        *Size = sizeof(REGION);
        return QueryRegion(Process, Va, Answer);
    default:
        *Size = sizeof(IMAGE);
        return QueryImage(Process, Va, Answer);
    }
}

NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, ULONG InformationClass, PVOID Information, SIZE_T Length,
                                    PSIZE_T ReturnLength);
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, ULONG InformationClass, PVOID Information, SIZE_T Length,
                                    PSIZE_T ReturnLength)
{
    static const SIZE_T Minimum[] = { sizeof(BASIC), 8, 0, offsetof(REGION, CommitSize), sizeof(WORKING_SET_EX), 8, sizeof(IMAGE), sizeof(REGION) };
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    ULONG64 Va = (ULONG64)BaseAddress;
    SIZE_T Needed = Length;
    PEPROCESS Process;
    union
    {
        BASIC Basic;
        REGION Region;
        IMAGE Image;
    } Answer;

    if (InformationClass > MemoryRegionInformationEx_)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < Minimum[InformationClass])
        return STATUS_INFO_LENGTH_MISMATCH;
    BOOLEAN NoAddress = InformationClass == MemoryWorkingSetExInformation_ || InformationClass == MemoryWorkingSetInformation_ ||
                        InformationClass == MemorySharedCommitInformation_;
    if (Va > MM_USER_HIGHEST && !NoAddress)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = MiReferenceTargetProcess(
        ProcessHandle, InformationClass == MemoryBasicInformation_ ? PROCESS_QUERY_LIMITED_INFORMATION : PROCESS_QUERY_INFORMATION,
        &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    if (InformationClass == MemoryMappedFilenameInformation_) {
        Status = QueryFilename(Process, Mode, BaseAddress, Information, Length, &Needed);
    } else if (InformationClass == MemoryWorkingSetExInformation_) {
        Status = QueryWorkingSetEx(Process, Mode, Information, Length);
    } else if (InformationClass == MemoryWorkingSetInformation_) {
        Status = QueryWorkingSet(Process, Mode, Information, Length, &Needed);
    } else if (InformationClass == MemorySharedCommitInformation_) {
        SIZE_T Shared = SharedCommit(Process);
        Status = CopyToMode(Mode, Information, &Shared, sizeof Shared);
    } else {
        Status = QueryFixed(Process, InformationClass, Va, &Answer, &Needed);
        if (Needed > Length)
            Needed = Length;
        if (NT_SUCCESS(Status))
            Status = CopyToMode(Mode, Information, &Answer, Needed);
    }
    ObDereferenceObject(Process);
    if (ReturnLength != NULL && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW)) {
        NTSTATUS Ignored = CopyToMode(Mode, ReturnLength, &Needed, sizeof Needed);
        (void)Ignored;
    }
    return Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * mdl.c - memory descriptor lists: buffers as lists of page frames, locked for I/O, mapped where any thread can reach them.
 *
 * Locking references each frame (MMPFN.ReferenceCount), so that the page stays what it is whatever happens to the mapping.  Mapping a list
 * whose frames are consecutive (one page, most of the time) costs nothing: it is in the direct map already. MmProbeAndLockPages raises, as
 * documented; inside the kernel MiProbeAndLockPages_ returns the status. Windows Internals, 7th ed., part 1, chapter 6 "I/O requests to
 * layered drivers" and the WDK.
 */
#include "mi.h"

static inline PULONG64 Frames(PMDL Mdl)
{
    return (PULONG64)(Mdl + 1);
}

static ULONG PageCount(PMDL Mdl)
{
    return (ULONG)MI_PAGES((ULONG64)Mdl->ByteOffset + Mdl->ByteCount);
}

/* The frame behind a kernel address; 0: not mapped. */
static ULONG64 FrameOfKernel(PVOID Va, BOOLEAN Write)
{
    ULONG Shift;
    ULONG64 Entry = MiWalk(MiSystemRoot, Va, &Shift);

    if (Entry == 0 || (Write && !(Entry & PTE_WRITE)))
        return 0;
    return ((Entry & PTE_PFN_MASK & ~((1ULL << Shift) - 1)) | ((ULONG64)Va & ((1ULL << Shift) - 1))) >> PAGE_SHIFT;
}

static BOOLEAN IsCounted(ULONG64 Frame)
{
    return Frame <= MmHighestPage && MiPfn(Frame)->PageLocation == ActiveAndValid;
}

static void ReferenceFrame(ULONG64 Frame)
{
    KIRQL Irql;

    if (!IsCounted(Frame))
        return;
    if (!MiPfn(Frame)->PrototypePte) {
        InterlockedIncrement(&MiPfn(Frame)->ReferenceCount);
        return;
    }
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    MiReferencePageLocked(Frame);
    KeReleaseSpinLock(&MmPfnLock, Irql);
}

static NTSTATUS LockKernelPage(ULONG64 Va, BOOLEAN Write, PULONG64 Frame)
{
    *Frame = FrameOfKernel((PVOID)Va, Write);
    if (*Frame == 0 && Va >= MI_SYSTEM_VIEW_BASE && Va < MI_SYSTEM_VIEW_END) {
        NTSTATUS Status = MmTouchSystemView_((PVOID)Va, 1, Write);
        if (!NT_SUCCESS(Status))
            return Status;
        *Frame = FrameOfKernel((PVOID)Va, Write);
    }
    if (*Frame == 0)
        return STATUS_ACCESS_VIOLATION;
    ReferenceFrame(*Frame);
    return STATUS_SUCCESS;
}

static void UnlockFrames(PMDL Mdl, ULONG Count, BOOLEAN Modified)
{
    for (ULONG Index = 0; Index < Count; Index++) {
        ULONG64 Frame = Frames(Mdl)[Index];
        if (Frame <= MmHighestPage && MiPfn(Frame)->ReferenceCount > 0 && MiPfn(Frame)->PageLocation >= ActiveAndValid)
            MiUnlockPage(Frame, Modified);
    }
}

/* Segments: where each page lies; NULL: one behind the other. */
static NTSTATUS LockPages(PMDL Mdl, PEPROCESS Process, const FILE_SEGMENT_ELEMENT *Segments, BOOLEAN User, BOOLEAN Write)
{
    ULONG Count = PageCount(Mdl);

    for (ULONG Index = 0; Index < Count; Index++) {
        ULONG64 Va = Segments != NULL ? Segments[Index].Alignment : (ULONG64)Mdl->StartVa + ((ULONG64)Index << PAGE_SHIFT);
        NTSTATUS Status = User ? MiLockUserPage(Process, Va, Write, &Frames(Mdl)[Index]) : LockKernelPage(Va, Write, &Frames(Mdl)[Index]);
        if (!NT_SUCCESS(Status)) {
            UnlockFrames(Mdl, Index, FALSE);
            return Status;
        }
    }
    return STATUS_SUCCESS;
}

static NTSTATUS LockMdl(PMDL Mdl, const FILE_SEGMENT_ELEMENT *Segments, BOOLEAN User, BOOLEAN Write)
{
    PEPROCESS Process = PsCurrentProcess_();
    NTSTATUS Status = LockPages(Mdl, Process, Segments, User, Write);

    if (!NT_SUCCESS(Status))
        return Status;
    Mdl->Process = User ? Process : NULL;
    if (User)
        InterlockedExchangeAdd64(&Process->NumberOfLockedPages, PageCount(Mdl));
    Mdl->MdlFlags |= MDL_PAGES_LOCKED | (Write ? MDL_WRITE_OPERATION : 0);
    return STATUS_SUCCESS;
}

NTSTATUS MiProbeAndLockPages_(PMDL Mdl, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation)
{
    ULONG64 Start = (ULONG64)MmGetMdlVirtualAddress(Mdl), End = Start + Mdl->ByteCount;
    BOOLEAN User = Start <= MM_USER_HIGHEST;

    ASSERT((Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL)) == 0);
    if (End < Start || (Mode != KernelMode && (!User || End > MM_USER_HIGHEST + 1)))
        return STATUS_ACCESS_VIOLATION;
    return LockMdl(Mdl, NULL, User, Operation != IoReadAccess);
}

NTSTATUS MiProbeAndLockSelectedPages_(PMDL Mdl, const FILE_SEGMENT_ELEMENT *Segments, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation)
{
    BOOLEAN User = Segments[0].Alignment <= MM_USER_HIGHEST;

    ASSERT((Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL)) == 0);
    for (ULONG Index = 0; Index < PageCount(Mdl); Index++) {
        if (Segments[Index].Alignment % PAGE_SIZE != 0)
            return STATUS_INVALID_PARAMETER;
        if ((Segments[Index].Alignment <= MM_USER_HIGHEST) != User || (Mode != KernelMode && !User))
            return STATUS_ACCESS_VIOLATION;
    }
    return LockMdl(Mdl, Segments, User, Operation != IoReadAccess);
}

void NTAPI MmProbeAndLockSelectedPages(PMDL Mdl, PFILE_SEGMENT_ELEMENT Segments, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    NTSTATUS Status = MiProbeAndLockSelectedPages_(Mdl, Segments, AccessMode, Operation);

    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
}

void NTAPI MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    NTSTATUS Status = MiProbeAndLockPages_(MemoryDescriptorList, AccessMode, Operation);

    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
}

void NTAPI MmProbeAndLockProcessPages(PMDL Mdl, PEPROCESS Process, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    KAPC_STATE ApcState;

    KeStackAttachProcess((PKPROCESS)Process, &ApcState);
    NTSTATUS Status = MiProbeAndLockPages_(Mdl, AccessMode, Operation);
    KeUnstackDetachProcess(&ApcState);
    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
}

void NTAPI MmUnlockPages(PMDL Mdl)
{
    ASSERT(Mdl->MdlFlags & MDL_PAGES_LOCKED);
    if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    if (Mdl->Process != NULL)
        InterlockedExchangeAdd64(&Mdl->Process->NumberOfLockedPages, -(LONG64)PageCount(Mdl));
    Mdl->Process = NULL;
    UnlockFrames(Mdl, PageCount(Mdl), (Mdl->MdlFlags & MDL_WRITE_OPERATION) != 0);
    Mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
}

void NTAPI MmBuildMdlForNonPagedPool(PMDL Mdl)
{
    ULONG64 Va = (ULONG64)Mdl->StartVa;

    for (ULONG Index = 0; Index < PageCount(Mdl); Index++, Va += PAGE_SIZE)
        Frames(Mdl)[Index] = FrameOfKernel((PVOID)Va, FALSE);
    Mdl->Process = NULL;
    Mdl->MappedSystemVa = (PUCHAR)Mdl->StartVa + Mdl->ByteOffset;
    Mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

SIZE_T NTAPI MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
    return sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length);
}

PMDL NTAPI MmCreateMdl(PMDL Mdl, PVOID Base, SIZE_T Length)
{
    if (Mdl == NULL) {
        Mdl = ExAllocatePoolWithTag(NonPagedPoolNx, MmSizeOfMdl(Base, Length), POOL_TAG('M', 'd', 'l', ' '));
        if (Mdl == NULL)
            return NULL;
    }
    MmInitializeMdl(Mdl, Base, Length);
    return Mdl;
}

NTSTATUS NTAPI MmAdvanceMdl(PMDL Mdl, ULONG NumberOfBytes)
{
    if (NumberOfBytes >= Mdl->ByteCount)
        return STATUS_INVALID_PARAMETER_2;
    if (Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED))
        return STATUS_INVALID_DEVICE_REQUEST;
    ULONG64 Offset = (ULONG64)Mdl->ByteOffset + NumberOfBytes;
    ULONG Skip = (ULONG)(Offset >> PAGE_SHIFT), Count = PageCount(Mdl);
    if (Skip != 0 && (Mdl->MdlFlags & MDL_PAGES_LOCKED))
        UnlockFrames(Mdl, Skip, (Mdl->MdlFlags & MDL_WRITE_OPERATION) != 0);
    for (ULONG Index = 0; Skip != 0 && Index + Skip < Count; Index++)
        Frames(Mdl)[Index] = Frames(Mdl)[Index + Skip];
    Mdl->StartVa = (PUCHAR)Mdl->StartVa + ((ULONG64)Skip << PAGE_SHIFT);
    Mdl->ByteOffset = (ULONG)(Offset & (PAGE_SIZE - 1));
    Mdl->ByteCount -= NumberOfBytes;
    return STATUS_SUCCESS;
}

/* ---- mapping ---- */

static BOOLEAN IsRun(PMDL Mdl)
{
    ULONG Count = PageCount(Mdl);

    for (ULONG Index = 1; Index < Count; Index++) {
        if (Frames(Mdl)[Index] != Frames(Mdl)[0] + Index)
            return FALSE;
    }
    return TRUE;
}

static ULONG64 CacheBits(MEMORY_CACHING_TYPE CacheType)
{
    return CacheType == MmNonCached ? PTE_CACHEDISABLE | PTE_WRITETHROUGH : CacheType == MmWriteCombined ? PTE_CACHEDISABLE : 0;
}

/* Into the current process; failures are raised, as the driver kit says. */
static PVOID MapToUser(PMDL Mdl, MEMORY_CACHING_TYPE CacheType, PVOID BaseAddress)
{
    ULONG64 Address = (ULONG64)BaseAddress;

    ASSERT(Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL));
    NTSTATUS Status = MiMapFramesToUser(Frames(Mdl), PageCount(Mdl), CacheBits(CacheType), &Address);
    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
    return (PUCHAR)Address + Mdl->ByteOffset;
}

static PVOID MapThroughPtes(PMDL Mdl, MEMORY_CACHING_TYPE CacheType)
{
    ULONG Count = PageCount(Mdl);
    PUCHAR Address = MiReserveRange(&MiSystemPtes, Count);
    ULONG64 Cache = CacheBits(CacheType);

    for (ULONG Index = 0; Address != NULL && Index < Count; Index++) {
        PULONG64 Pte = MiGetKernelPte(Address + ((ULONG64)Index << PAGE_SHIFT), FALSE);
        *(volatile ULONG64 *)Pte = (Frames(Mdl)[Index] << PAGE_SHIFT) | MI_KERNEL_RW | Cache;
    }
    return Address;
}

PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL Mdl, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE CacheType, PVOID BaseAddress,
                                         ULONG BugCheckOnFailure, MM_PAGE_PRIORITY Priority)
{
    PUCHAR Address;

    UNREFERENCED_PARAMETER(Priority);
    if (AccessMode != KernelMode)
        return MapToUser(Mdl, CacheType, BaseAddress);
    ASSERT(!(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) && (Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL)));
    if (CacheType == MmCached && Frames(Mdl)[PageCount(Mdl) - 1] <= MmHighestPage && IsRun(Mdl))
        Address = MiPageAddress(Frames(Mdl)[0]);
    else
        Address = MapThroughPtes(Mdl, CacheType);
    if (Address == NULL) {
        if (BugCheckOnFailure)
            KeBugCheckEx(NO_MORE_SYSTEM_PTES, 0, PageCount(Mdl), MiSystemPtes.Used, 0);
        return NULL;
    }
    Mdl->MappedSystemVa = Address + Mdl->ByteOffset;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if (Mdl->MdlFlags & MDL_PARTIAL)
        Mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    return Mdl->MappedSystemVa;
}

PVOID NTAPI MmMapLockedPages(PMDL Mdl, KPROCESSOR_MODE AccessMode)
{
    return MmMapLockedPagesSpecifyCache(Mdl, AccessMode, MmCached, NULL, TRUE, HighPagePriority);
}

void NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL Mdl)
{
    PVOID Address = (PVOID)MI_ROUND_DOWN(BaseAddress, PAGE_SIZE);

    if ((ULONG64)BaseAddress <= MM_USER_HIGHEST) {
        BOOLEAN Found = MiUnmapFramesFromUser((ULONG64)Address);
        ASSERT(Found);
        (void)Found;
        return;
    }
    ASSERT(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    if (!MiIsDirectMapAddress(Address)) {
        ULONG Count = PageCount(Mdl);
        MiUnmapKernelRange(Address, Count, FALSE);
        MiReleaseRange(&MiSystemPtes, Address, Count);
    }
    Mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
    Mdl->MappedSystemVa = NULL;
}

NTSTATUS NTAPI MmProtectMdlSystemAddress(PMDL Mdl, ULONG NewProtect)
{
    if (!(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA))
        return STATUS_NOT_MAPPED_VIEW;
    if (MiIsDirectMapAddress(Mdl->MappedSystemVa))
        return NewProtect == PAGE_READWRITE || NewProtect == PAGE_READONLY ? STATUS_SUCCESS : STATUS_INVALID_PAGE_PROTECTION;
    return MmProtectKernelRange(Mdl->MappedSystemVa, Mdl->ByteCount, NewProtect);
}

PVOID NTAPI MmAllocateMappingAddress(SIZE_T NumberOfBytes, ULONG PoolTag)
{
    UNREFERENCED_PARAMETER(PoolTag);
    /* One page more, whose (never valid) entry remembers the size. */
    PUCHAR Address = MiReserveRange(&MiSystemPtes, MI_PAGES(NumberOfBytes) + 1);
    if (Address == NULL)
        return NULL;
    *MiGetKernelPte(Address, FALSE) = MI_PAGES(NumberOfBytes) << PAGE_SHIFT;
    return Address + PAGE_SIZE;
}

void NTAPI MmFreeMappingAddress(PVOID BaseAddress, ULONG PoolTag)
{
    PUCHAR Address = (PUCHAR)BaseAddress - PAGE_SIZE;
    PULONG64 Size = MiGetKernelPte(Address, FALSE);
    ULONG64 Pages = *Size >> PAGE_SHIFT;

    UNREFERENCED_PARAMETER(PoolTag);
    *Size = 0;
    MiReleaseRange(&MiSystemPtes, Address, Pages + 1);
}

PVOID NTAPI MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG PoolTag, PMDL Mdl, MEMORY_CACHING_TYPE CacheType)
{
    ULONG64 Room = *MiGetKernelPte((PUCHAR)MappingAddress - PAGE_SIZE, FALSE) >> PAGE_SHIFT;

    UNREFERENCED_PARAMETER(PoolTag);
    UNREFERENCED_PARAMETER(CacheType);
    if (PageCount(Mdl) > Room)
        return NULL;
    for (ULONG Index = 0; Index < PageCount(Mdl); Index++)
        *MiGetKernelPte((PUCHAR)MappingAddress + ((ULONG64)Index << PAGE_SHIFT), FALSE) = (Frames(Mdl)[Index] << PAGE_SHIFT) | MI_KERNEL_RW;
    Mdl->MappedSystemVa = (PUCHAR)MappingAddress + Mdl->ByteOffset;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    return Mdl->MappedSystemVa;
}

void NTAPI MmUnmapReservedMapping(PVOID BaseAddress, ULONG PoolTag, PMDL Mdl)
{
    UNREFERENCED_PARAMETER(PoolTag);
    MiUnmapKernelRange(BaseAddress, PageCount(Mdl), FALSE);
    Mdl->MdlFlags &= ~MDL_MAPPED_TO_SYSTEM_VA;
}

/* ---- pages for a driver ---- */

PMDL NTAPI MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS Low, PHYSICAL_ADDRESS High, PHYSICAL_ADDRESS Skip, SIZE_T TotalBytes,
                                   MEMORY_CACHING_TYPE CacheType, ULONG Flags)
{
    ULONG64 Wanted = MI_PAGES(TotalBytes), Count = 0;
    BOOLEAN Any = (ULONG64)High.QuadPart >> PAGE_SHIFT >= MmHighestPage && Low.QuadPart == 0;

    UNREFERENCED_PARAMETER(Skip);
    UNREFERENCED_PARAMETER(CacheType);
    if (Wanted == 0 || Wanted > 0x80000 || !MiChargeCommitment(Wanted))
        return NULL;
    PMDL Mdl = ExAllocatePoolWithTag(NonPagedPoolNx, MmSizeOfMdl(NULL, Wanted << PAGE_SHIFT), POOL_TAG('M', 'd', 'l', ' '));
    while (Mdl != NULL && Count < Wanted) {
        ULONG64 Frame = Any ? MiAllocatePage(MiUseMdl)
                            : MiAllocateContiguous(1, MI_PAGES(Low.QuadPart), (ULONG64)High.QuadPart >> PAGE_SHIFT, 0, MiUseMdl);
        if (Frame == 0)
            break;
        if (!(Flags & MM_DONT_ZERO_ALLOCATION))
            KiZeroPage(MiPageAddress(Frame));
        Frames(Mdl)[Count++] = Frame;
    }
    MiReturnCommitment(Wanted - Count);
    if (Mdl == NULL || Count == 0) {
        if (Mdl != NULL)
            ExFreePoolWithTag(Mdl, POOL_TAG('M', 'd', 'l', ' '));
        return NULL;
    }
    MmInitializeMdl(Mdl, NULL, Count << PAGE_SHIFT);
    Mdl->MdlFlags |= MDL_PAGES_LOCKED;
    return Mdl;
}

PMDL NTAPI MmAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress, PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes)
{
    return MmAllocatePagesForMdlEx(LowAddress, HighAddress, SkipBytes, TotalBytes, MmCached, 0);
}

/* The caller frees the MDL itself with ExFreePool. */
void NTAPI MmFreePagesFromMdl(PMDL Mdl)
{
    ULONG Count = PageCount(Mdl);

    for (ULONG Index = 0; Index < Count; Index++)
        MiDereferencePrivatePage(Frames(Mdl)[Index]);
    MiReturnCommitment(Count);
    Mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
}

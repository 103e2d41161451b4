/* SPDX-License-Identifier: MIT */
/*
 * sysview.c - views of sections in system space: the windows of the file cache, and the kernel's own look into images.
 *
 * The same machinery as for a process: a tree of VADs, page tables, faults that share the section's pages, so a cached read and a mapped file see
 * one set of pages.  A page stays mapped until its view goes.  Image views are read-only; data views read/write.
 * Lock: MiSystemSpace.Lock, shared in faults, exclusive to map and unmap (order: as the working-set lock).
 */
#include "mi.h"

MI_SYSTEM_SPACE MiSystemSpace;

static PMMVAD FindView(ULONG64 Va)
{
    return (PMMVAD)MiTreeFind(MiSystemSpace.Tree.Root, MI_VPN(Va));
}

static NTSTATUS MakeTables(ULONG64 Start, ULONG64 End)
{
    return MiCreateKernelTables(Start, MI_PAGES(End - Start)) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS MmMapViewInSystemSpaceEx(PVOID SectionObject, PVOID *MappedBase, PSIZE_T ViewSize, PLARGE_INTEGER SectionOffset, ULONG_PTR Flags)
{
    PSECTION Section = SectionObject;
    ULONG64 Offset = SectionOffset != NULL ? (ULONG64)SectionOffset->QuadPart : 0;
    BOOLEAN Image = (Section->ControlArea->Flags & MI_CA_IMAGE) != 0;
    ULONG64 Total = Section->ControlArea->TotalPages << PAGE_SHIFT;

    UNREFERENCED_PARAMETER(Flags);
    PAGED_CODE();
    if ((Offset & (MI_GRANULARITY - 1)) != 0)
        return STATUS_MAPPED_ALIGNMENT;
    if (Offset >= Total && !(*ViewSize != 0 && !Image))
        return STATUS_INVALID_VIEW_SIZE;
    ULONG64 Length = *ViewSize != 0 ? MI_ROUND_UP(*ViewSize, PAGE_SIZE) : Total - Offset;
    PMMVAD Vad = MiAllocateVad();
    if (Vad == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Vad->Type = Image ? MiVadImage : MiVadMapped;
    Vad->Protection = Image ? MM_READONLY : MM_READWRITE;
    Vad->ControlArea = Section->ControlArea;
    Vad->FirstPage = Offset >> PAGE_SHIFT;

    NTSTATUS Status = STATUS_SUCCESS;
    ExAcquirePushLockExclusive_(&MiSystemSpace.Lock);
    ULONG64 Vpn = MiTreeFindHoleUp(MiSystemSpace.Tree.Root, MI_VPN(MI_SYSTEM_VIEW_BASE), MI_VPN(MI_SYSTEM_VIEW_END - 1), Length >> PAGE_SHIFT);
    if (Vpn == 0)
        Status = STATUS_NO_MEMORY;
    else
        Status = MakeTables(Vpn << PAGE_SHIFT, (Vpn << PAGE_SHIFT) + Length);
    if (NT_SUCCESS(Status)) {
        Vad->Node.StartVpn = Vpn;
        Vad->Node.EndVpn = Vpn + (Length >> PAGE_SHIFT) - 1;
        MiReferenceView(Vad->ControlArea, FALSE);
        MiTreeInsert(&MiSystemSpace.Tree.Root, &Vad->Node);
        MiSystemSpace.Tree.Count++;
    }
    ExReleasePushLockExclusive_(&MiSystemSpace.Lock);
    if (!NT_SUCCESS(Status)) {
        MiFreeVad(Vad);
        return Status;
    }
    *MappedBase = (PVOID)(Vpn << PAGE_SHIFT);
    *ViewSize = Length;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize)
{
    return MmMapViewInSystemSpaceEx(Section, MappedBase, ViewSize, NULL, 0);
}

NTSTATUS NTAPI MmMapViewInSessionSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize)
{
    return MmMapViewInSystemSpaceEx(Section, MappedBase, ViewSize, NULL, 0); /* one session, system space */
}

/* The pages that were mapped at Va by Entry. */
static void ForgetPages(const PVOID *Va, const ULONG64 *Entry, ULONG Count)
{
    KIRQL Irql;

    KeFlushMultipleTb_(Count, (PVOID *)Va, NULL);
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    while (Count != 0) {
        Count--;
        MiUnshareProtoPageLocked(MiPfn(PTE_PFN(Entry[Count])), PTE_PFN(Entry[Count]), (Entry[Count] & PTE_DIRTY) != 0);
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
}

/* One page table's part of a view: most of it was never touched. */
static void UnmapTable(ULONG64 Start, ULONG64 Pages)
{
    PULONG64 First = MiGetKernelPte((PVOID)Start, FALSE);
    PVOID Va[MI_FLUSH_MAX];
    ULONG64 Entry[MI_FLUSH_MAX];
    ULONG Count = 0;

    for (PULONG64 Pte = First; Pte != First + Pages; Pte++) {
        if (*Pte == 0)
            continue;
        Va[Count] = (PVOID)(Start + ((ULONG64)(Pte - First) << PAGE_SHIFT));
        Entry[Count++] = (ULONG64)InterlockedExchange64((volatile LONG64 *)Pte, 0); /* with the last dirty bit */
        if (Count == MI_FLUSH_MAX) {
            ForgetPages(Va, Entry, Count);
            Count = 0;
        }
    }
    if (Count != 0)
        ForgetPages(Va, Entry, Count);
}

static void UnmapPages(PMMVAD Vad)
{
    const ULONG64 Table = 1ULL << 21;
    ULONG64 End = MiVadEnd(Vad) + 1, Next;

    for (ULONG64 At = MiVadStart(Vad); At < End; At = Next) {
        Next = min(End, (At | (Table - 1)) + 1);
        UnmapTable(At, (Next - At) >> PAGE_SHIFT);
    }
}

NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID MappedBase)
{
    PAGED_CODE();
    ExAcquirePushLockExclusive_(&MiSystemSpace.Lock);
    PMMVAD Vad = FindView((ULONG64)MappedBase);
    if (Vad != NULL) {
        UnmapPages(Vad);
        MiTreeRemove(&MiSystemSpace.Tree.Root, &Vad->Node);
        MiSystemSpace.Tree.Count--;
    }
    ExReleasePushLockExclusive_(&MiSystemSpace.Lock);
    if (Vad == NULL)
        return STATUS_NOT_MAPPED_VIEW;
    MiDereferenceView(Vad->ControlArea, FALSE);
    MiFreeVad(Vad);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI MmUnmapViewInSessionSpace(PVOID MappedBase)
{
    return MmUnmapViewInSystemSpace(MappedBase);
}

/* Frame, of which the caller has a share, becomes the page of the view at Pte, unless somebody else was quicker. */
static void PutPage(const MMVAD *Vad, PULONG64 Pte, ULONG64 Frame)
{
    ULONG64 Value = (Frame << PAGE_SHIFT) | PTE_VALID | PTE_ACCESSED | PTE_NX | (Vad->Protection == MM_READWRITE ? PTE_WRITE : 0);

    if (InterlockedCompareExchange64((volatile LONG64 *)Pte, (LONG64)Value, 0) != 0)
        MiUnshareProtoPage(Frame, FALSE);
}

static NTSTATUS ResolveView(ULONG64 Va, ULONG Code, struct _MI_INPAGE **InPage, PCONTROL_AREA *ReadArea, ULONG64 *ReadPage)
{
    PMMVAD Vad = FindView(Va);
    ULONG64 Frame;

    if (Vad == NULL || (Code & KI_FAULT_EXECUTE) || ((Code & KI_FAULT_WRITE) && Vad->Protection != MM_READWRITE))
        return STATUS_ACCESS_VIOLATION;
    PULONG64 Pte = MiGetKernelPte((PVOID)Va, FALSE);
    if (*Pte & PTE_VALID)
        return STATUS_SUCCESS;
    ULONG64 Page = Vad->FirstPage + MI_VPN(Va) - Vad->Node.StartVpn;
    NTSTATUS Status = MiShareProtoPage(Vad->ControlArea, Page, &Frame, InPage);
    if (Status == STATUS_RETRY && *InPage == NULL) {
        *ReadArea = Vad->ControlArea;
        *ReadPage = Page;
        MiReferenceView(Vad->ControlArea, FALSE);
    }
    if (!NT_SUCCESS(Status) || Status == STATUS_RETRY)
        return Status;
    PutPage(Vad, Pte, Frame);
    return STATUS_SUCCESS;
}

NTSTATUS MiFaultSystemView(ULONG64 Va, ULONG FaultCode, ULONG_PTR *Information)
{
    NTSTATUS Status, Read = STATUS_SUCCESS;

    do {
        struct _MI_INPAGE *InPage = NULL;
        PCONTROL_AREA ReadArea = NULL;
        ULONG64 ReadPage = 0;
        ExAcquirePushLockShared_(&MiSystemSpace.Lock);
        Status = ResolveView(MI_ROUND_DOWN(Va, PAGE_SIZE), FaultCode, &InPage, &ReadArea, &ReadPage);
        ExReleasePushLockShared_(&MiSystemSpace.Lock);
        if (InPage != NULL) {
            Read = MiWaitForInPage(InPage);
        } else if (ReadArea != NULL) {
            Read = MiReadSectionPages(ReadArea, ReadPage);
            MiDereferenceView(ReadArea, FALSE);
        }
    } while (Status == STATUS_RETRY && NT_SUCCESS(Read));
    if (!NT_SUCCESS(Read)) {
        if (Information != NULL)
            *Information = (ULONG_PTR)(LONG_PTR)Read;
        return Read == STATUS_NO_MEMORY || Read == STATUS_INSUFFICIENT_RESOURCES ? Read : STATUS_IN_PAGE_ERROR;
    }
    return Status;
}

NTSTATUS MmTouchSystemView_(PVOID Address, SIZE_T Length, BOOLEAN ForWrite)
{
    ULONG64 End = (ULONG64)Address + Length;
    ULONG_PTR Information = 0;

    ASSERT_IRQL_LE(APC_LEVEL);
    for (ULONG64 Va = MI_ROUND_DOWN(Address, PAGE_SIZE); Va < End; Va += PAGE_SIZE) {
        PULONG64 Pte = MiGetKernelPte((PVOID)Va, FALSE);
        if (Pte != NULL && (*Pte & PTE_VALID) && (!ForWrite || (*Pte & PTE_WRITE)))
            continue;
        NTSTATUS Status = MiFaultSystemView(Va, ForWrite ? KI_FAULT_WRITE : 0, &Information);
        if (Status == STATUS_IN_PAGE_ERROR)
            return (NTSTATUS)Information;
        if (!NT_SUCCESS(Status))
            return Status;
    }
    return STATUS_SUCCESS;
}

NTSTATUS MmZeroSystemView_(PVOID Address, SIZE_T Length)
{
    ULONG64 End = (ULONG64)Address + Length;
    NTSTATUS Status = STATUS_SUCCESS;

    ASSERT_IRQL_LE(APC_LEVEL);
    ExAcquirePushLockShared_(&MiSystemSpace.Lock);
    for (ULONG64 Va = MI_ROUND_DOWN(Address, PAGE_SIZE); Va < End && NT_SUCCESS(Status); Va += PAGE_SIZE) {
        PMMVAD Vad = FindView(Va);
        ULONG64 Frame = 0;
        if (Vad == NULL)
            Status = STATUS_ACCESS_VIOLATION;
        else
            Status = MiZeroProtoPage(Vad->ControlArea, Vad->FirstPage + MI_VPN(Va) - Vad->Node.StartVpn, &Frame);
        if (Frame != 0)
            PutPage(Vad, MiGetKernelPte((PVOID)Va, FALSE), Frame); /* who zeroes it writes to it next */
    }
    ExReleasePushLockShared_(&MiSystemSpace.Lock);
    return Status;
}

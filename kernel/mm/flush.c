/* SPDX-License-Identifier: MIT */
/*
 * flush.c - modified pages of mapped files go back to the file; pages are forgotten on request.
 *
 * A page's "modified" is known when its last mapping went, or when a mapping's dirty bit is collected (MiCollectDirty, for the caller's own view).
 * A page that is written has an extra reference for as long as the write lasts.  If the write fails the page is modified again.
 */
#include "mi.h"

static NTSTATUS WritePage(PCONTROL_AREA ControlArea, ULONG64 Page, ULONG64 Frame)
{
    struct { MDL Header; ULONG64 Frame; } Mdl;
    LARGE_INTEGER Offset = { .QuadPart = (LONGLONG)(Page << PAGE_SHIFT) };
    IO_STATUS_BLOCK IoStatus = { .Status = STATUS_PENDING };
    ULONG64 Left = (ULONG64)ControlArea->SizeOfSegment.QuadPart - (Page << PAGE_SHIFT);
    KEVENT Event;

    MmInitializeMdl(&Mdl.Header, NULL, Left < PAGE_SIZE ? MI_ROUND_UP(Left, 512) : PAGE_SIZE);
    Mdl.Header.MdlFlags = MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA;
    Mdl.Header.MappedSystemVa = MiPageAddress(Frame);
    Mdl.Frame = Frame;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    NTSTATUS Status = IoSynchronousPageWrite(ControlArea->FilePointer, &Mdl.Header, &Offset, &Event, &IoStatus);
    if (Status == STATUS_PENDING)
        KeWaitForSingleObject(&Event, WrPageOut, KernelMode, FALSE, NULL);
    return NT_SUCCESS(Status) ? IoStatus.Status : Status;
}

/* A modified resident page gets a reference and is clean from here on; 0: nothing to write. */
static ULONG64 TakeModified(PCONTROL_AREA ControlArea, ULONG64 Page)
{
    ULONG64 Frame = 0;
    KIRQL Irql;

    KeAcquireSpinLock(&MmPfnLock, &Irql);
    PULONG64 Proto = MiProto(ControlArea, Page);
    if (Proto != NULL && (*Proto & (PTE_VALID | MI_PTE_TRANSITION))) {
        PMMPFN Pfn = MiPfn(PTE_PFN(*Proto));
        if (Pfn->Modified && !Pfn->ReadInProgress) {
            Frame = PTE_PFN(*Proto);
            if (Pfn->PageLocation < ActiveAndValid)
                MiUnlinkPage(Frame);
            Pfn->Modified = 0;
            Pfn->ReferenceCount++;
        }
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
    return Frame;
}

static NTSTATUS FlushPages(PCONTROL_AREA ControlArea, ULONG64 First, ULONG64 Last, ULONG64 *Written)
{
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG64 Page = First; Page <= Last && Page < ControlArea->TotalPages; Page++) {
        ULONG64 Frame = TakeModified(ControlArea, Page);
        if (Frame == 0)
            continue;
        NTSTATUS One = WritePage(ControlArea, Page, Frame);
        MiDereferenceSectionPage(Frame, !NT_SUCCESS(One));
        if (NT_SUCCESS(One))
            *Written += PAGE_SIZE;
        else
            Status = One;
    }
    return Status;
}

/* The file's data control area with a view reference, or NULL. */
static PCONTROL_AREA ReferenceData(PSECTION_OBJECT_POINTERS Pointers)
{
    ExAcquirePushLockExclusive_(&MmSectionLock);
    PCONTROL_AREA Data = Pointers->DataSectionObject;
    if (Data != NULL && (Data->Flags & (MI_CA_BEING_CREATED | MI_CA_BEING_DELETED)))
        Data = NULL;
    if (Data != NULL)
        MiReferenceViewLocked(Data);
    ExReleasePushLockExclusive_(&MmSectionLock);
    return Data;
}

NTSTATUS MmFlushSection(PSECTION_OBJECT_POINTERS Pointers, PLARGE_INTEGER Offset, SIZE_T Length, PIO_STATUS_BLOCK IoStatus)
{
    ULONG64 First = Offset != NULL ? (ULONG64)Offset->QuadPart >> PAGE_SHIFT : 0, Written = 0;
    ULONG64 Last = Offset != NULL && Length != 0 ? ((ULONG64)Offset->QuadPart + Length - 1) >> PAGE_SHIFT : ~0ULL;
    NTSTATUS Status = STATUS_SUCCESS;

    PAGED_CODE();
    PCONTROL_AREA Data = ReferenceData(Pointers);
    if (Data != NULL) {
        Status = FlushPages(Data, First, Last, &Written);
        MiDereferenceView(Data, FALSE);
    }
    if (IoStatus != NULL) {
        IoStatus->Status = Status;
        IoStatus->Information = Written;
    }
    return Status;
}

BOOLEAN MmPurgeSection(PSECTION_OBJECT_POINTERS Pointers, PLARGE_INTEGER Offset, SIZE_T Length, BOOLEAN DoIt)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DoIt);
    PCONTROL_AREA Data = ReferenceData(Pointers);
    if (Data == NULL)
        return TRUE;
    ULONG64 First = Offset != NULL ? (ULONG64)Offset->QuadPart >> PAGE_SHIFT : 0;
    ULONG64 Count = Length != 0 ? MI_PAGES(Length) : Data->TotalPages;
    ULONG64 Stayed = MiPurgePages(Data, First, Count, TRUE);
    MiDereferenceView(Data, FALSE);
    return Stayed == 0;
}

/* Dirty bits of a kernel view's entries move to the pages, so that a flush finds them. */
BOOLEAN NTAPI MmSetAddressRangeModified(PVOID Address, SIZE_T Length)
{
    ULONG64 End = (ULONG64)Address + Length;
    BOOLEAN Any = FALSE;
    KIRQL Irql;

    for (ULONG64 Va = MI_ROUND_DOWN(Address, PAGE_SIZE); Va < End; Va += PAGE_SIZE) {
        PULONG64 Pte = MiGetKernelPte((PVOID)Va, FALSE);
        if (Pte == NULL || !(*Pte & PTE_VALID))
            continue;
        KeAcquireSpinLock(&MmPfnLock, &Irql);
        PMMPFN Pfn = MiPfn(PTE_PFN(*Pte));
        Any |= !Pfn->Modified;
        Pfn->Modified = 1;
        KeReleaseSpinLock(&MmPfnLock, Irql);
    }
    return Any;
}

/* The process' own dirty bits in a view become "modified". */
static void CollectDirty(PEPROCESS Process, ULONG64 Start, ULONG64 End)
{
    ULONG64 Next;
    MI_FLUSH Flush;
    KIRQL Irql;

    MiFlushInit(&Flush, Process);
    for (ULONG64 Va = Start; Va <= End; Va = Next) {
        PULONG64 Pte = MiNextPte(Process, Va, &Next);
        if (Pte == NULL || !(*Pte & PTE_VALID) || !(*Pte & PTE_DIRTY))
            continue;
        PMMPFN Pfn = MiPfn(PTE_PFN(*Pte));
        if (!Pfn->PrototypePte)
            continue;
        InterlockedAnd64((volatile LONG64 *)Pte, ~(LONG64)PTE_DIRTY);
        MiFlushAdd(&Flush, Va, 0, MiFlushPrivate);
        KeAcquireSpinLock(&MmPfnLock, &Irql);
        Pfn->Modified = 1;
        KeReleaseSpinLock(&MmPfnLock, Irql);
    }
    MiFlushFinish(&Flush);
}

static NTSTATUS FlushView(PEPROCESS Process, PULONG64 Base, PULONG64 Size, PIO_STATUS_BLOCK IoStatus)
{
    ULONG64 Start = MI_ROUND_DOWN(*Base, PAGE_SIZE), Written = 0;
    PCONTROL_AREA ControlArea = NULL;
    ULONG64 First = 0, Last = 0;

    NTSTATUS Status = MiLockAddressSpace(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    PMMVAD Vad = MiLocateVad(Process, Start);
    ULONG64 End = Vad == NULL ? 0 : *Size == 0 ? MiVadEnd(Vad) : MI_ROUND_UP(*Base + *Size, PAGE_SIZE) - 1;
    if (Vad == NULL || Vad->ControlArea == NULL || End > MiVadEnd(Vad)) {
        Status = STATUS_NOT_MAPPED_VIEW;
    } else {
        MiLockPageTables(Process);
        CollectDirty(Process, Start, End);
        MiUnlockPageTables(Process);
        if (Vad->Type == MiVadMapped && (Vad->ControlArea->Flags & MI_CA_FILE)) {
            ControlArea = Vad->ControlArea;
            MiReferenceView(ControlArea, FALSE);
            First = Vad->FirstPage + MI_VPN(Start) - Vad->Node.StartVpn;
            Last = First + ((End - Start) >> PAGE_SHIFT);
        }
        *Base = Start;
        *Size = End - Start + 1;
    }
    MiUnlockAddressSpace(Process);
    if (ControlArea != NULL) {
        Status = FlushPages(ControlArea, First, Last, &Written);
        MiDereferenceView(ControlArea, FALSE);
    }
    IoStatus->Status = Status;
    IoStatus->Information = Written;
    return Status;
}

NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, PIO_STATUS_BLOCK IoStatusBlock);
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, PIO_STATUS_BLOCK IoStatusBlock)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    IO_STATUS_BLOCK IoStatus = { .Information = 0 };
    ULONG64 Base, Size;
    PEPROCESS Process;

    NTSTATUS Status = CopyFromMode(Mode, &Base, BaseAddress, sizeof Base);
    if (NT_SUCCESS(Status))
        Status = CopyFromMode(Mode, &Size, RegionSize, sizeof Size);
    if (NT_SUCCESS(Status))
        Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof IoStatus, sizeof(ULONG));
    if (!NT_SUCCESS(Status))
        return Status;
    if (Base > MM_USER_HIGHEST)
        return STATUS_INVALID_PARAMETER_2;
    if (MM_USER_HIGHEST - Base < Size)
        return STATUS_INVALID_PARAMETER_2;
    Status = MiReferenceTargetProcess(ProcessHandle, PROCESS_VM_OPERATION, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FlushView(Process, &Base, &Size, &IoStatus);
    ObDereferenceObject(Process);
    if (NT_SUCCESS(Status)) {
        NTSTATUS Ignored = CopyToMode(Mode, RegionSize, &Size, sizeof Size);
        Ignored = CopyToMode(Mode, BaseAddress, &Base, sizeof Base);
        Ignored = CopyToMode(Mode, IoStatusBlock, &IoStatus, sizeof IoStatus);
        (void)Ignored;
    }
    return Status;
}

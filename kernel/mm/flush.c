/* SPDX-License-Identifier: MIT */
/*
 * flush.c - modified pages of mapped and cached files go back to the file; pages are forgotten on request.
 *
 * A page's "modified" is known when its last mapping went, or when the dirty bits of a mapping are collected: of a process' own view by
 * NtFlushVirtualMemory (CollectDirty), of the cache's windows by MmSetAddressRangeModified.  Collecting clears the bits, lets every processor
 * forget its translation, and only then marks the pages: a processor that still had the old translation writes without setting the bit again,
 * so a page marked before could be written out, found clean, and lose what came after.
 *
 * A page that is written has an extra reference for as long as the write lasts.  If the write fails the page is modified again.  Modified neighbours
 * go in one transfer.
 *
 * Files that were written through views nobody has any more wait on MiDirtyList for the lazy writer (cc/lazy.c), which calls MmWriteModified_.
 */
#include "mi.h"

#define WRITE_CLUSTER 32u

typedef struct _CLUSTER
{
    MDL Header;
    ULONG64 Frame[WRITE_CLUSTER];
} CLUSTER;

static LIST_ENTRY MiDirtyList = { &MiDirtyList, &MiDirtyList }; /* MmSectionLock; CONTROL_AREA.DirtyLinks; each holds a view reference */
void (*MmFilesModified)(void);
void (*MmAwaitLazyWriter)(void);

static NTSTATUS WriteCluster(PCONTROL_AREA ControlArea, ULONG64 Page, CLUSTER *Cluster, ULONG Count)
{
    LARGE_INTEGER Offset = { .QuadPart = (LONGLONG)(Page << PAGE_SHIFT) };
    IO_STATUS_BLOCK IoStatus = { .Status = STATUS_PENDING };
    LONG64 Left = ControlArea->SizeOfSegment.QuadPart - Offset.QuadPart;
    PMDL Mdl = &Cluster->Header;
    BOOLEAN Run = TRUE;
    KEVENT Event;

    if (Left <= 0)
        return STATUS_SUCCESS; /* the file was cut meanwhile */
    for (ULONG Index = 1; Index < Count; Index++)
        Run &= Cluster->Frame[Index] == Cluster->Frame[0] + Index;
    MmInitializeMdl(Mdl, NULL, Left < (LONG64)Count << PAGE_SHIFT ? MI_ROUND_UP(Left, 512) : (ULONG64)Count << PAGE_SHIFT);
    Mdl->MdlFlags = MDL_PAGES_LOCKED | (Run ? MDL_MAPPED_TO_SYSTEM_VA : 0);
    Mdl->MappedSystemVa = Run ? MiPageAddress(Cluster->Frame[0]) : NULL;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    NTSTATUS Status = IoSynchronousPageWrite(ControlArea->FilePointer, Mdl, &Offset, &Event, &IoStatus);
    if (Status == STATUS_PENDING)
        KeWaitForSingleObject(&Event, WrPageOut, KernelMode, FALSE, NULL);
    if ((Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) && !MiIsDirectMapAddress(Mdl->MappedSystemVa))
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    return NT_SUCCESS(Status) ? IoStatus.Status : Status;
}

/* PfnLock held.  The page's frame if it must be written; 0: not. */
static ULONG64 ModifiedFrame(PCONTROL_AREA ControlArea, ULONG64 Page)
{
    PULONG64 Proto = MiProto(ControlArea, Page);

    if (Proto == NULL || !(*Proto & (PTE_VALID | MI_PTE_TRANSITION)))
        return 0;
    PMMPFN Pfn = MiPfn(PTE_PFN(*Proto));
    return Pfn->Modified && !Pfn->ReadInProgress ? PTE_PFN(*Proto) : 0;
}

/* The next run of modified resident pages at or after *Page, within a block of entries: each gets a reference and is clean from here on.  Returns how
 * many; 0: none up to *Page, where the search goes on. */
static ULONG TakeModified(PCONTROL_AREA ControlArea, ULONG64 *Page, ULONG64 Last, CLUSTER *Cluster)
{
    ULONG64 At = *Page, BlockEnd = (*Page | (MI_BLOCK_PAGES - 1)) + 1, Frame = 0;
    ULONG Count = 0;
    KIRQL Irql;

    if (BlockEnd > Last)
        BlockEnd = Last + 1;
    if (BlockEnd > ControlArea->TotalPages)
        BlockEnd = ControlArea->TotalPages;
    if (ControlArea->Block[At >> MI_BLOCK_SHIFT] == NULL) { /* blocks are never taken away while somebody has a reference */
        *Page = BlockEnd;
        return 0;
    }
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    while (At < BlockEnd && (Frame = ModifiedFrame(ControlArea, At)) == 0)
        At++;
    for (*Page = At; At < BlockEnd && Count < WRITE_CLUSTER && (Frame = ModifiedFrame(ControlArea, At)) != 0; At++) {
        if (MiPfn(Frame)->PageLocation < ActiveAndValid)
            MiUnlinkPage(Frame);
        MiPfn(Frame)->Modified = 0;
        MiPfn(Frame)->ReferenceCount++;
        Cluster->Frame[Count++] = Frame;
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
    return Count;
}

static NTSTATUS FlushPages(PCONTROL_AREA ControlArea, ULONG64 First, ULONG64 Last, ULONG64 *Written)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG64 Page = First;
    CLUSTER Cluster;

    if (Last >= ControlArea->TotalPages)
        Last = ControlArea->TotalPages - 1;
    while (Page <= Last && Last < ControlArea->TotalPages) {
        ULONG Count = TakeModified(ControlArea, &Page, Last, &Cluster);
        if (Count == 0)
            continue;
        NTSTATUS One = WriteCluster(ControlArea, Page, &Cluster, Count);
        for (ULONG Index = 0; Index < Count; Index++)
            MiDereferenceSectionPage(Cluster.Frame[Index], !NT_SUCCESS(One));
        if (NT_SUCCESS(One))
            *Written += (ULONG64)Count << PAGE_SHIFT;
        else
            Status = One;
        Page += Count;
    }
    return Status;
}

/* ---- files written through views that are gone ---- */

/* MmSectionLock held. */
void MiNoteModifiedLocked(PCONTROL_AREA ControlArea)
{
    if (!(ControlArea->Flags & MI_CA_FILE) || (ControlArea->Flags & (MI_CA_IMAGE | MI_CA_DIRTY_LISTED | MI_CA_BEING_DELETED)))
        return;
    ControlArea->Flags |= MI_CA_DIRTY_LISTED;
    MiReferenceViewLocked(ControlArea);
    InsertTailList(&MiDirtyList, &ControlArea->DirtyLinks);
    if (MmFilesModified != NULL)
        MmFilesModified();
}

/* As the file system wants it around a flush: it may not be changed in size meanwhile. */
static PERESOURCE LockFile(PCONTROL_AREA ControlArea)
{
    PFSRTL_COMMON_FCB_HEADER Header = ControlArea->FilePointer->FsContext;

    FsRtlEnterFileSystem();
    if (Header == NULL || Header->Resource == NULL || PsCurrentThread_()->TopLevelIrp != NULL)
        return NULL;
    ExAcquireResourceSharedLite(Header->Resource, TRUE);
    return Header->Resource;
}

static void UnlockFile(PERESOURCE Resource)
{
    if (Resource != NULL)
        ExReleaseResourceLite(Resource);
    FsRtlExitFileSystem();
}

static NTSTATUS FlushLocked(PCONTROL_AREA ControlArea, ULONG64 First, ULONG64 Last, ULONG64 *Written)
{
    PERESOURCE Resource = LockFile(ControlArea);
    NTSTATUS Status = FlushPages(ControlArea, First, Last, Written);

    UnlockFile(Resource);
    return Status;
}

/* Writes what waits on the dirty list, each file once; one that cannot be written goes to the list's end again. */
NTSTATUS MmWriteModified_(void)
{
    NTSTATUS Result = STATUS_SUCCESS;
    ULONG Rounds = 0;
    ULONG64 Written = 0;

    PAGED_CODE();
    ExAcquirePushLockExclusive_(&MmSectionLock);
    for (PLIST_ENTRY Entry = MiDirtyList.Flink; Entry != &MiDirtyList; Entry = Entry->Flink)
        Rounds++;
    ExReleasePushLockExclusive_(&MmSectionLock);
    for (; Rounds != 0; Rounds--) {
        PCONTROL_AREA ControlArea = NULL;
        ExAcquirePushLockExclusive_(&MmSectionLock);
        if (!IsListEmpty(&MiDirtyList)) {
            ControlArea = CONTAINING_RECORD(RemoveHeadList(&MiDirtyList), CONTROL_AREA, DirtyLinks);
            ControlArea->Flags &= ~MI_CA_DIRTY_LISTED;
        }
        ExReleasePushLockExclusive_(&MmSectionLock);
        if (ControlArea == NULL)
            break;
        NTSTATUS Status = FlushLocked(ControlArea, 0, ~0ULL, &Written);
        if (!NT_SUCCESS(Status)) {
            Result = Status;
            ExAcquirePushLockExclusive_(&MmSectionLock);
            MiNoteModifiedLocked(ControlArea);
            ExReleasePushLockExclusive_(&MmSectionLock);
        }
        MiDereferenceView(ControlArea, FALSE);
    }
    return Result;
}

/* ---- on request ---- */

/* The file's data control area with a view reference, or NULL. */
PCONTROL_AREA MiReferenceDataControlArea(PSECTION_OBJECT_POINTERS Pointers)
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
    PCONTROL_AREA Data = MiReferenceDataControlArea(Pointers);
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

/* FALSE: some pages are mapped, or being used; they stay. */
BOOLEAN MmPurgeSection(PSECTION_OBJECT_POINTERS Pointers, PLARGE_INTEGER Offset, SIZE_T Length, BOOLEAN DoIt)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DoIt);
    PCONTROL_AREA Data = MiReferenceDataControlArea(Pointers);
    if (Data == NULL)
        return TRUE;
    ULONG64 First = Offset != NULL ? (ULONG64)Offset->QuadPart >> PAGE_SHIFT : 0;
    ULONG64 Count = Length != 0 ? MI_PAGES(((ULONG64)(Offset != NULL ? Offset->QuadPart : 0) & (PAGE_SIZE - 1)) + Length) : ~0ULL - First;
    ULONG64 Stayed = MiPurgePages(Data, First, Count, TRUE);
    MiDereferenceView(Data, FALSE);
    return Stayed == 0;
}

/*
 * The file ends at NewSize from here on.  Pages beyond are forgotten, modified or not; one that is still mapped (the cache's pinned window), and the
 * tail of the last page, become zeros: should the file grow again, nothing old may appear.
 */
void MmTruncateSection_(PSECTION_OBJECT_POINTERS Pointers, ULONG64 NewSize)
{
    PAGED_CODE();
    PCONTROL_AREA Data = MiReferenceDataControlArea(Pointers);
    if (Data == NULL)
        return;
    MiTruncateControlArea(Data, NewSize);
    MiDereferenceView(Data, FALSE);
}

/* ---- dirty bits ---- */

typedef struct _DIRTY
{
    ULONG Count;
    BOOLEAN Any;
    PEPROCESS Process; /* NULL: system space */
    PVOID Va[MI_FLUSH_MAX];
    ULONG64 Frame[MI_FLUSH_MAX];
} DIRTY;

static void MarkModified(DIRTY *Dirty)
{
    KIRQL Irql;

    if (Dirty->Count == 0)
        return;
    KeFlushMultipleTb_(Dirty->Count, Dirty->Va, Dirty->Process != NULL ? &Dirty->Process->Pcb : NULL);
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    for (ULONG Index = 0; Index < Dirty->Count; Index++) {
        Dirty->Any |= !MiPfn(Dirty->Frame[Index])->Modified;
        MiPfn(Dirty->Frame[Index])->Modified = 1;
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
    Dirty->Count = 0;
}

/* The entry stays valid throughout: its view is in use, or its lock held. */
static void CollectEntry(DIRTY *Dirty, PULONG64 Pte, ULONG64 Va)
{
    ULONG64 Entry = *(volatile ULONG64 *)Pte;

    if (!(Entry & PTE_VALID) || !(Entry & PTE_DIRTY) || !MiPfn(PTE_PFN(Entry))->PrototypePte)
        return;
    InterlockedAnd64((volatile LONG64 *)Pte, ~(LONG64)PTE_DIRTY);
    Dirty->Va[Dirty->Count] = (PVOID)Va;
    Dirty->Frame[Dirty->Count++] = PTE_PFN(Entry);
    if (Dirty->Count == MI_FLUSH_MAX)
        MarkModified(Dirty);
}

/* The dirty bits of a mapped system-space view move to its pages, so that a flush finds them.  TRUE: some page became modified. */
BOOLEAN NTAPI MmSetAddressRangeModified(PVOID Address, SIZE_T Length)
{
    ULONG64 End = (ULONG64)Address + Length;
    DIRTY Dirty = { .Count = 0 };

    for (ULONG64 Va = MI_ROUND_DOWN(Address, PAGE_SIZE); Va < End; Va += PAGE_SIZE) {
        PULONG64 Pte = MiGetKernelPte((PVOID)Va, FALSE);
        if (Pte != NULL)
            CollectEntry(&Dirty, Pte, Va);
    }
    MarkModified(&Dirty);
    return Dirty.Any;
}

/* The process' own dirty bits in a view.  Working-set lock exclusive. */
static void CollectDirty(PEPROCESS Process, ULONG64 Start, ULONG64 End)
{
    DIRTY Dirty = { .Process = Process };
    ULONG64 Next;

    for (ULONG64 Va = Start; Va <= End; Va = Next) {
        PULONG64 Pte = MiNextPte(Process, Va, &Next);
        if (Pte != NULL)
            CollectEntry(&Dirty, Pte, Va);
    }
    MarkModified(&Dirty);
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
        Status = FlushLocked(ControlArea, First, Last, &Written);
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

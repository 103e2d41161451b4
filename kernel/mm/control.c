/* SPDX-License-Identifier: MIT */
/*
 * control.c - control areas: what all openings and all processes share of one file (or of one piece of page-file-backed memory).
 *
 *      FILE_OBJECT.SectionObjectPointer -> { DataSectionObject, ImageSectionObject } -> CONTROL_AREA -> prototype entries -> pages
 *
 * A file has at most one control area for its data and one as an image.  It lives while sections or views use it, and stays afterwards on a list
 * of unused ones with its pages on standby: the second run of a program finds everything in memory.  When memory gets scarce, or the file system
 * asks (MmFlushImageSection...), unused ones go, oldest first.
 *
 * Prototype entries come in blocks of 512.  A pointer into a block is only good under MmPfnLock, because a short last block is replaced by a longer
 * one when the section grows (and the MMPFNs that point back are corrected).
 * MmSectionLock guards creation and counts; it is never held over I/O or ObDereferenceObject (whose delete procedure may come back here).
 * Windows Internals, 7th ed., part 1, chapter 5 "Section objects".
 */
#include "mi.h"

#define UNUSED_LIMIT 512u      /* unused control areas kept */
#define LOW_MEMORY_PAGES 256u

EX_PUSH_LOCK_ MmSectionLock;
static LIST_ENTRY MiUnusedList; /* s */
static ULONG MiUnusedCount;     /* s */

void MiInitializeControlAreas(void)
{
    ExInitializePushLock_(&MmSectionLock);
    ExInitializePushLock_(&MiSystemSpace.Lock);
    InitializeListHead(&MiUnusedList);
}

/* ---- prototype entries ---- */

static ULONG64 BlockEntries(PCONTROL_AREA ControlArea, ULONG64 Block)
{
    ULONG64 Left = ControlArea->TotalPages - (Block << MI_BLOCK_SHIFT);

    return Left < MI_BLOCK_PAGES ? Left : MI_BLOCK_PAGES;
}

static PULONG64 AllocateBlock(ULONG64 Entries)
{
    PULONG64 Block = ExAllocatePoolWithTag(NonPagedPoolNx, Entries * sizeof(ULONG64), MI_TAG_PROTO);

    if (Block != NULL)
        RtlZeroMemory(Block, Entries * sizeof(ULONG64));
    return Block;
}

/* Makes the block of Page; a race (another fault, or the section grew) is decided under the PFN lock. */
NTSTATUS MiPrepareProto(PCONTROL_AREA ControlArea, ULONG64 Page)
{
    ULONG64 Index = Page >> MI_BLOCK_SHIFT;
    BOOLEAN Done = FALSE;
    KIRQL Irql;

    while (!Done) {
        ULONG64 Entries = BlockEntries(ControlArea, Index);
        PULONG64 Fresh = AllocateBlock(Entries);
        if (Fresh == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        KeAcquireSpinLock(&MmPfnLock, &Irql);
        Done = ControlArea->Block[Index] != NULL;
        if (!Done && Entries == BlockEntries(ControlArea, Index)) {
            ControlArea->Block[Index] = Fresh;
            Fresh = NULL;
            Done = TRUE;
        }
        KeReleaseSpinLock(&MmPfnLock, Irql);
        if (Fresh != NULL)
            ExFreePoolWithTag(Fresh, MI_TAG_PROTO);
    }
    return STATUS_SUCCESS;
}

PSUBSECTION MiSubsectionOfPage(PCONTROL_AREA ControlArea, ULONG64 Page)
{
    ULONG Low = 0, High = ControlArea->NumberOfSubsections;

    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        PSUBSECTION Subsection = &ControlArea->Subsection[Middle];
        if (Page < Subsection->StartPage)
            High = Middle;
        else if (Page >= Subsection->StartPage + Subsection->Pages)
            Low = Middle + 1;
        else
            return Subsection;
    }
    return NULL;
}

/* ---- life ---- */

PCONTROL_AREA MiCreateControlArea(ULONG64 Pages, ULONG Subsections, ULONG Flags)
{
    PCONTROL_AREA ControlArea = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(CONTROL_AREA), MI_TAG_CONTROL);

    if (ControlArea == NULL)
        return NULL;
    RtlZeroMemory(ControlArea, sizeof *ControlArea);
    KeInitializeEvent(&ControlArea->CreatedEvent, NotificationEvent, FALSE);
    ControlArea->Flags = Flags;
    ControlArea->TotalPages = Pages;
    ControlArea->BlockCount = (Pages + MI_BLOCK_PAGES - 1) >> MI_BLOCK_SHIFT;
    ControlArea->NumberOfSubsections = Subsections;
    SIZE_T Bytes = (ControlArea->BlockCount != 0 ? ControlArea->BlockCount : 1) * sizeof(PULONG64);
    ControlArea->Block = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, MI_TAG_CONTROL);
    if (Subsections != 0)
        ControlArea->Subsection = ExAllocatePoolWithTag(NonPagedPoolNx, Subsections * sizeof(SUBSECTION), MI_TAG_CONTROL);
    if (ControlArea->Block == NULL || (Subsections != 0 && ControlArea->Subsection == NULL)) {
        ControlArea->BlockCount = 0;
        MiFreeControlArea(ControlArea);
        return NULL;
    }
    RtlZeroMemory(ControlArea->Block, Bytes);
    if (Flags & MI_CA_IMAGE)
        ControlArea->Touched = ExAllocatePoolWithTag(NonPagedPoolNx, MI_TOUCHED_BYTES(Pages), MI_TAG_CONTROL);
    if (ControlArea->Touched != NULL)
        RtlZeroMemory(ControlArea->Touched, MI_TOUCHED_BYTES(Pages));
    if (Subsections != 0)
        RtlZeroMemory(ControlArea->Subsection, Subsections * sizeof(SUBSECTION));
    return ControlArea;
}

/*
 * Takes pages out of the control area if nobody maps them: clean ones always, modified ones if Discard.  Returns how many stayed.
 */
ULONG64 MiPurgePages(PCONTROL_AREA ControlArea, ULONG64 First, ULONG64 Count, BOOLEAN Discard)
{
    ULONG64 Stayed = 0;
    KIRQL Irql;

    for (ULONG64 Page = First; Page - First < Count && Page < ControlArea->TotalPages; Page++) {
        if (ControlArea->Block[Page >> MI_BLOCK_SHIFT] == NULL) {
            Page |= MI_BLOCK_PAGES - 1;
            continue;
        }
        KeAcquireSpinLock(&MmPfnLock, &Irql);
        PULONG64 Proto = MiProto(ControlArea, Page);
        ULONG64 Value = *Proto, Freed = 0;
        if (Value & (PTE_VALID | MI_PTE_TRANSITION)) {
            PMMPFN Pfn = MiPfn(PTE_PFN(Value));
            if (Pfn->ShareCount != 0 || Pfn->ReferenceCount != 0 || (Pfn->Modified && !Discard)) {
                Stayed++;
            } else {
                Freed = PTE_PFN(Value);
                MiUnlinkPage(Freed);
                Pfn->PrototypePte = 0; /* before anybody may see it without its entry */
                *Proto = 0;
            }
        } else if (Discard) {
            *Proto = 0;
        }
        KeReleaseSpinLock(&MmPfnLock, Irql);
        if (Freed != 0)
            MiFreePage(Freed);
    }
    return Stayed;
}

/* Zeroes from byte Offset of Page on, if the page is there.  A page in flight is left to the file system, which knows the file's length. */
static void ZeroResident(PCONTROL_AREA ControlArea, ULONG64 Page, ULONG Offset)
{
    KIRQL Irql;

    KeAcquireSpinLock(&MmPfnLock, &Irql);
    PULONG64 Proto = Page < ControlArea->TotalPages ? MiProto(ControlArea, Page) : NULL;
    if (Proto != NULL && (*Proto & (PTE_VALID | MI_PTE_TRANSITION)) && !MiPfn(PTE_PFN(*Proto))->ReadInProgress)
        RtlZeroMemory((PUCHAR)MiPageAddress(PTE_PFN(*Proto)) + Offset, PAGE_SIZE - Offset);
    KeReleaseSpinLock(&MmPfnLock, Irql);
}

void MiTruncateControlArea(PCONTROL_AREA ControlArea, ULONG64 NewSize)
{
    ULONG64 First = MI_PAGES(NewSize);
    KIRQL Irql;

    ExAcquirePushLockExclusive_(&MmSectionLock);
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    if (NewSize < (ULONG64)ControlArea->SizeOfSegment.QuadPart) {
        ControlArea->SizeOfSegment.QuadPart = (LONGLONG)NewSize;
        ControlArea->Subsection[0].FileBytes = NewSize; /* the entries stay: growing again finds them */
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
    ExReleasePushLockExclusive_(&MmSectionLock);
    if (NewSize & (PAGE_SIZE - 1))
        ZeroResident(ControlArea, NewSize >> PAGE_SHIFT, (ULONG)NewSize & (PAGE_SIZE - 1));
    if (First < ControlArea->TotalPages && MiPurgePages(ControlArea, First, ControlArea->TotalPages - First, TRUE) != 0) {
        for (ULONG64 Page = First; Page < ControlArea->TotalPages; Page++)
            ZeroResident(ControlArea, Page, 0);
    }
}

/* Pages that an MDL still locks are orphaned: they go when they are unlocked. */
static void DeletePages(PCONTROL_AREA ControlArea)
{
    KIRQL Irql;

    for (ULONG64 Page = 0; Page < ControlArea->TotalPages; Page++) {
        if (ControlArea->Block[Page >> MI_BLOCK_SHIFT] == NULL) {
            Page |= MI_BLOCK_PAGES - 1;
            continue;
        }
        KeAcquireSpinLock(&MmPfnLock, &Irql);
        PULONG64 Proto = MiProto(ControlArea, Page);
        ULONG64 Value = *Proto, Freed = 0;
        *Proto = 0;
        if (Value & (PTE_VALID | MI_PTE_TRANSITION)) {
            PMMPFN Pfn = MiPfn(PTE_PFN(Value));
            ASSERT(Pfn->ShareCount == 0 && !Pfn->ReadInProgress);
            if (Pfn->ReferenceCount != 0) {
                Pfn->DeleteOnZero = 1;
            } else {
                Freed = PTE_PFN(Value);
                MiUnlinkPage(Freed);
                Pfn->PrototypePte = 0; /* before anybody may see it without its entry */
            }
        }
        KeReleaseSpinLock(&MmPfnLock, Irql);
        if (Freed != 0)
            MiFreePage(Freed);
    }
}

/* Nobody can find it any more. */
void MiFreeControlArea(PCONTROL_AREA ControlArea)
{
    if (ControlArea->Flags & MI_CA_LARGE)
        MiDropLargeSection(ControlArea);
    if (ControlArea->BlockCount != 0)
        DeletePages(ControlArea);
    for (ULONG64 Index = 0; Index < ControlArea->BlockCount; Index++) {
        if (ControlArea->Block[Index] != NULL)
            ExFreePoolWithTag(ControlArea->Block[Index], MI_TAG_PROTO);
    }
    if (ControlArea->CommittedPages != 0)
        MiReturnCommitment(ControlArea->CommittedPages);
    if (ControlArea->Relocations != NULL)
        ExFreePoolWithTag(ControlArea->Relocations, MI_TAG_RELOC);
    if (ControlArea->Touched != NULL)
        ExFreePoolWithTag(ControlArea->Touched, MI_TAG_CONTROL);
    if (ControlArea->Subsection != NULL)
        ExFreePoolWithTag(ControlArea->Subsection, MI_TAG_CONTROL);
    if (ControlArea->Block != NULL)
        ExFreePoolWithTag(ControlArea->Block, MI_TAG_CONTROL);
    if (ControlArea->FilePointer != NULL)
        ObDereferenceObject(ControlArea->FilePointer);
    ExFreePoolWithTag(ControlArea, MI_TAG_CONTROL);
}

/* ---- counts (MmSectionLock held in the ...Locked ones) ---- */

static void LeaveUnusedLocked(PCONTROL_AREA ControlArea)
{
    if (ControlArea->Flags & MI_CA_UNUSED_LISTED) {
        RemoveEntryList(&ControlArea->ListEntry);
        ControlArea->Flags &= ~MI_CA_UNUSED_LISTED;
        MiUnusedCount--;
    }
}

static void DetachFromFileLocked(PCONTROL_AREA ControlArea)
{
    PSECTION_OBJECT_POINTERS Pointers = ControlArea->Pointers;

    if (Pointers == NULL)
        return;
    if (Pointers->ImageSectionObject == ControlArea)
        Pointers->ImageSectionObject = NULL;
    if (Pointers->DataSectionObject == ControlArea)
        Pointers->DataSectionObject = NULL;
    ControlArea->Pointers = NULL;
}

static BOOLEAN HasModifiedPages(PCONTROL_AREA ControlArea)
{
    for (ULONG64 Page = 0; Page < ControlArea->TotalPages; Page++) {
        PULONG64 Block = ControlArea->Block[Page >> MI_BLOCK_SHIFT];
        if (Block == NULL) {
            Page |= MI_BLOCK_PAGES - 1;
            continue;
        }
        ULONG64 Value = Block[Page & (MI_BLOCK_PAGES - 1)];
        if ((Value & MI_PTE_TRANSITION) && MiPfn(PTE_PFN(Value))->Modified)
            return TRUE;
    }
    return FALSE;
}

/* The last use ended: to the list, or out of the world (returned: the caller frees it without the lock). */
static PCONTROL_AREA RetireLocked(PCONTROL_AREA ControlArea)
{
    if (ControlArea->NumberOfSectionReferences != 0 || ControlArea->NumberOfMappedViews != 0)
        return NULL;
    if (ControlArea->Pointers != NULL && !(ControlArea->Flags & MI_CA_DISCARD)) {
        InsertTailList(&MiUnusedList, &ControlArea->ListEntry);
        ControlArea->Flags |= MI_CA_UNUSED_LISTED;
        MiUnusedCount++;
        return NULL;
    }
    DetachFromFileLocked(ControlArea);
    ControlArea->Flags |= MI_CA_BEING_DELETED;
    return ControlArea;
}

/* MmSectionLock held; of a control area that may be unused. */
void MiReferenceViewLocked(PCONTROL_AREA ControlArea)
{
    LeaveUnusedLocked(ControlArea);
    ControlArea->NumberOfMappedViews++;
}

/* The caller holds a reference already. */
void MiReferenceView(PCONTROL_AREA ControlArea, BOOLEAN Writable)
{
    ExAcquirePushLockExclusive_(&MmSectionLock);
    ControlArea->NumberOfMappedViews++;
    ControlArea->NumberOfWritableViews += Writable;
    ExReleasePushLockExclusive_(&MmSectionLock);
}

static void FreeOrTrim(PCONTROL_AREA Dead)
{
    if (Dead != NULL)
        MiFreeControlArea(Dead);
    if (MiUnusedCount > UNUSED_LIMIT || MiMemoryIsLow(LOW_MEMORY_PAGES))
        MiTrimUnusedControlAreas(LOW_MEMORY_PAGES);
}

static void DereferenceView(PCONTROL_AREA ControlArea, BOOLEAN Writable, BOOLEAN User)
{
    ExAcquirePushLockExclusive_(&MmSectionLock);
    ASSERT(ControlArea->NumberOfMappedViews > 0);
    if (Writable)
        MiNoteModifiedLocked(ControlArea);
    ControlArea->NumberOfMappedViews--;
    ControlArea->NumberOfWritableViews -= Writable;
    ControlArea->NumberOfUserReferences -= User;
    PCONTROL_AREA Dead = RetireLocked(ControlArea);
    ExReleasePushLockExclusive_(&MmSectionLock);
    FreeOrTrim(Dead);
}

void MiDereferenceView(PCONTROL_AREA ControlArea, BOOLEAN Writable)
{
    DereferenceView(ControlArea, Writable, FALSE);
}

void MiReferenceUserView(PCONTROL_AREA ControlArea, BOOLEAN Writable)
{
    ExAcquirePushLockExclusive_(&MmSectionLock);
    ControlArea->NumberOfMappedViews++;
    ControlArea->NumberOfUserReferences++;
    ControlArea->NumberOfWritableViews += Writable;
    ExReleasePushLockExclusive_(&MmSectionLock);
}

void MiDereferenceUserView(PCONTROL_AREA ControlArea, BOOLEAN Writable)
{
    DereferenceView(ControlArea, Writable, TRUE);
}

void MiDereferenceSection(PCONTROL_AREA ControlArea, BOOLEAN User)
{
    ExAcquirePushLockExclusive_(&MmSectionLock);
    ASSERT(ControlArea->NumberOfSectionReferences > 0);
    ControlArea->NumberOfSectionReferences--;
    ControlArea->NumberOfUserReferences -= User;
    PCONTROL_AREA Dead = RetireLocked(ControlArea);
    ExReleasePushLockExclusive_(&MmSectionLock);
    FreeOrTrim(Dead);
}

/* Deletes unused control areas, oldest first, until enough pages are available and there are not too many. */
void MiTrimUnusedControlAreas(ULONG64 PagesWanted)
{
    PAGED_CODE();
    for (;;) {
        PCONTROL_AREA Victim = NULL;
        ExAcquirePushLockExclusive_(&MmSectionLock);
        if (!IsListEmpty(&MiUnusedList) && (MiUnusedCount > UNUSED_LIMIT || MiAvailablePages() < PagesWanted)) {
            for (PLIST_ENTRY Entry = MiUnusedList.Flink; Entry != &MiUnusedList && Victim == NULL; Entry = Entry->Flink) {
                PCONTROL_AREA Candidate = CONTAINING_RECORD(Entry, CONTROL_AREA, ListEntry);
                if (!HasModifiedPages(Candidate))
                    Victim = Candidate;
            }
        }
        if (Victim != NULL) {
            LeaveUnusedLocked(Victim);
            DetachFromFileLocked(Victim);
            Victim->Flags |= MI_CA_BEING_DELETED;
        }
        ExReleasePushLockExclusive_(&MmSectionLock);
        if (Victim == NULL)
            return;
        MiFreeControlArea(Victim);
    }
}

/* ---- finding a file's ---- */

static PVOID *SlotOf(PFILE_OBJECT FileObject, BOOLEAN Image)
{
    PSECTION_OBJECT_POINTERS Pointers = FileObject->SectionObjectPointer;

    return Image ? &Pointers->ImageSectionObject : &Pointers->DataSectionObject;
}

static NTSTATUS BuildDataControlArea(PFILE_OBJECT FileObject, ULONG64 Size, PCONTROL_AREA *ControlArea)
{
    PCONTROL_AREA New = MiCreateControlArea(MI_PAGES(Size), 1, MI_CA_FILE);

    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    New->Subsection[0].Pages = New->TotalPages;
    New->Subsection[0].FileBytes = Size;
    New->SizeOfSegment.QuadPart = (LONGLONG)Size;
    ObReferenceObject(FileObject);
    New->FilePointer = FileObject;
    *ControlArea = New;
    return STATUS_SUCCESS;
}

/*
 * The creator publishes a placeholder under the lock and builds without it; others who come meanwhile wait for the event and look again.
 * A data control area takes its size from KnownSize (the cache manager calls with the file system's locks held and knows it) or asks the file system.
 */
typedef struct _MI_PLACEHOLDER
{
    CONTROL_AREA Area; /* only Flags and CreatedEvent mean anything */
    volatile LONG Waiters;
} MI_PLACEHOLDER;

static void WaitForCreator(MI_PLACEHOLDER *Placeholder)
{
    KeWaitForSingleObject(&Placeholder->Area.CreatedEvent, WrVirtualMemory, KernelMode, FALSE, NULL);
    if (InterlockedDecrement(&Placeholder->Waiters) == 0)
        ExFreePoolWithTag(Placeholder, MI_TAG_CONTROL);
}

static NTSTATUS FileSize(PFILE_OBJECT FileObject, PULONG64 Size)
{
    LARGE_INTEGER FileSize;

    NTSTATUS Status = FsRtlGetFileSize(FileObject, &FileSize);
    *Size = NT_SUCCESS(Status) ? (ULONG64)FileSize.QuadPart : 0;
    return Status == STATUS_FILE_IS_A_DIRECTORY ? STATUS_INVALID_FILE_FOR_SECTION : Status;
}

NTSTATUS MiReferenceFileControlArea(PFILE_OBJECT FileObject, BOOLEAN Image, const ULONG64 *KnownSize, PCONTROL_AREA *Result)
{
    MI_PLACEHOLDER *Placeholder = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *Placeholder, MI_TAG_CONTROL);
    PCONTROL_AREA ControlArea = NULL;
    NTSTATUS Status;

    PAGED_CODE();
    if (Placeholder == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    PVOID *Slot = SlotOf(FileObject, Image);
    for (;;) {
        ExAcquirePushLockExclusive_(&MmSectionLock);
        ControlArea = *Slot;
        if (ControlArea == NULL || !(ControlArea->Flags & MI_CA_BEING_CREATED))
            break;
        MI_PLACEHOLDER *Other = (MI_PLACEHOLDER *)ControlArea;
        InterlockedIncrement(&Other->Waiters);
        ExReleasePushLockExclusive_(&MmSectionLock);
        WaitForCreator(Other);
    }
    if (ControlArea != NULL) {
        LeaveUnusedLocked(ControlArea);
        ControlArea->NumberOfSectionReferences++;
        ExReleasePushLockExclusive_(&MmSectionLock);
        ExFreePoolWithTag(Placeholder, MI_TAG_CONTROL);
        *Result = ControlArea;
        return STATUS_SUCCESS;
    }
    RtlZeroMemory(Placeholder, sizeof *Placeholder);
    Placeholder->Area.Flags = MI_CA_BEING_CREATED;
    Placeholder->Waiters = 1; /* ours */
    KeInitializeEvent(&Placeholder->Area.CreatedEvent, NotificationEvent, FALSE);
    *Slot = Placeholder;
    ExReleasePushLockExclusive_(&MmSectionLock);

    ULONG64 Size = 0;
    if (Image) {
        Status = MiBuildImageControlArea(FileObject, &ControlArea);
    } else {
        Status = KnownSize != NULL ? STATUS_SUCCESS : FileSize(FileObject, &Size);
        if (KnownSize != NULL)
            Size = *KnownSize;
        if (NT_SUCCESS(Status))
            Status = BuildDataControlArea(FileObject, Size, &ControlArea);
    }
    ExAcquirePushLockExclusive_(&MmSectionLock);
    *Slot = NULL;
    if (NT_SUCCESS(Status)) {
        ControlArea->Pointers = FileObject->SectionObjectPointer;
        ControlArea->NumberOfSectionReferences = 1;
        *Slot = ControlArea;
        *Result = ControlArea;
    }
    ExReleasePushLockExclusive_(&MmSectionLock);
    KeSetEvent(&Placeholder->Area.CreatedEvent, 0, FALSE);
    if (InterlockedDecrement(&Placeholder->Waiters) == 0)
        ExFreePoolWithTag(Placeholder, MI_TAG_CONTROL);
    return Status;
}

/* ---- growth ---- */

/* A longer last block and a longer array of blocks, prepared without locks. */
NTSTATUS MiExtendControlArea(PCONTROL_AREA ControlArea, ULONG64 NewSize)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PULONG64 *NewArray = NULL, *OldArray = NULL;
    PULONG64 NewLast = NULL, OldLast = NULL;
    KIRQL Irql;

    PAGED_CODE();
    ExAcquirePushLockExclusive_(&MmSectionLock);
    ULONG64 OldPages = ControlArea->TotalPages, NewPages = MI_PAGES(NewSize);
    if (NewSize <= (ULONG64)ControlArea->SizeOfSegment.QuadPart)
        goto Cleanup;
    if (NewPages < OldPages)
        NewPages = OldPages; /* the file was longer once: its entries are still there */
    ULONG64 NewCount = (NewPages + MI_BLOCK_PAGES - 1) >> MI_BLOCK_SHIFT;
    ULONG64 Last = OldPages >> MI_BLOCK_SHIFT; /* the short block, if there is one */
    ULONG64 Kept = OldPages & (MI_BLOCK_PAGES - 1);
    if (NewCount > ControlArea->BlockCount) {
        NewArray = ExAllocatePoolWithTag(NonPagedPoolNx, NewCount * sizeof(PULONG64), MI_TAG_CONTROL);
        if (NewArray == NULL)
            Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NewPages > OldPages && Kept != 0 && ControlArea->Block[Last] != NULL && NT_SUCCESS(Status)) {
        ULONG64 Entries = NewPages - (Last << MI_BLOCK_SHIFT);
        NewLast = AllocateBlock(Entries < MI_BLOCK_PAGES ? Entries : MI_BLOCK_PAGES);
        if (NewLast == NULL)
            Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NT_SUCCESS(Status)) {
        if (NewArray != NULL)
            ExFreePoolWithTag(NewArray, MI_TAG_CONTROL);
        goto Cleanup;
    }

    KeAcquireSpinLock(&MmPfnLock, &Irql);
    if (NewLast != NULL) {
        OldLast = ControlArea->Block[Last];
        for (ULONG64 Index = 0; Index < Kept; Index++) {
            NewLast[Index] = OldLast[Index];
            if (OldLast[Index] & (PTE_VALID | MI_PTE_TRANSITION))
                MiPfn(PTE_PFN(OldLast[Index]))->PteAddress = (ULONG64)&NewLast[Index];
        }
        ControlArea->Block[Last] = NewLast;
    }
    if (NewArray != NULL) {
        OldArray = ControlArea->Block;
        RtlZeroMemory(NewArray, NewCount * sizeof(PULONG64));
        RtlCopyMemory(NewArray, OldArray, ControlArea->BlockCount * sizeof(PULONG64));
        ControlArea->Block = NewArray;
        ControlArea->BlockCount = NewCount;
    }
    ControlArea->TotalPages = NewPages;
    ControlArea->SizeOfSegment.QuadPart = (LONGLONG)NewSize;
    PSUBSECTION Tail = &ControlArea->Subsection[ControlArea->NumberOfSubsections - 1];
    Tail->Pages = NewPages - Tail->StartPage;
    if (ControlArea->Flags & MI_CA_FILE)
        Tail->FileBytes = NewSize;
    KeReleaseSpinLock(&MmPfnLock, Irql);
    if (OldLast != NULL)
        ExFreePoolWithTag(OldLast, MI_TAG_PROTO);
    if (OldArray != NULL)
        ExFreePoolWithTag(OldArray, MI_TAG_CONTROL);
Cleanup:
    ExReleasePushLockExclusive_(&MmSectionLock);
    return Status;
}

/* ---- what file systems ask ---- */

/* Unlinks an unused control area from its file.  FALSE: in use.  *Dead: to be freed by the caller. */
static BOOLEAN UnlinkUnusedLocked(PCONTROL_AREA ControlArea, PCONTROL_AREA *Dead)
{
    *Dead = NULL;
    if (ControlArea == NULL)
        return TRUE;
    if (!(ControlArea->Flags & MI_CA_UNUSED_LISTED))
        return FALSE;
    LeaveUnusedLocked(ControlArea);
    DetachFromFileLocked(ControlArea);
    ControlArea->Flags |= MI_CA_BEING_DELETED;
    *Dead = ControlArea;
    return TRUE;
}

BOOLEAN NTAPI MmFlushImageSection(PSECTION_OBJECT_POINTERS SectionObjectPointer, MMFLUSH_TYPE FlushType)
{
    PCONTROL_AREA Dead = NULL, Data;
    BOOLEAN Free = TRUE;

    PAGED_CODE();
    ExAcquirePushLockExclusive_(&MmSectionLock);
    if (FlushType == MmFlushForDelete) {
        /* A file that somebody has mapped may not be deleted; the cache manager's views do not count. */
        Data = SectionObjectPointer->DataSectionObject;
        if (Data != NULL && Data->NumberOfUserReferences != 0)
            Free = FALSE;
    }
    if (Free)
        Free = UnlinkUnusedLocked(SectionObjectPointer->ImageSectionObject, &Dead);
    ExReleasePushLockExclusive_(&MmSectionLock);
    if (Dead != NULL)
        MiFreeControlArea(Dead);
    return Free;
}

static BOOLEAN CloseOne(PSECTION_OBJECT_POINTERS Pointers, BOOLEAN Image, BOOLEAN DelayClose)
{
    PCONTROL_AREA Dead = NULL;

    ExAcquirePushLockExclusive_(&MmSectionLock);
    PCONTROL_AREA ControlArea = Image ? Pointers->ImageSectionObject : Pointers->DataSectionObject;
    BOOLEAN Closed = UnlinkUnusedLocked(ControlArea, &Dead);
    if (!Closed && DelayClose)
        ControlArea->Flags |= MI_CA_DISCARD;
    ExReleasePushLockExclusive_(&MmSectionLock);
    if (Dead != NULL)
        MiFreeControlArea(Dead);
    return Closed;
}

BOOLEAN NTAPI MmForceSectionClosed(PSECTION_OBJECT_POINTERS SectionObjectPointer, BOOLEAN DelayClose)
{
    PAGED_CODE();
    BOOLEAN Image = CloseOne(SectionObjectPointer, TRUE, DelayClose);
    BOOLEAN Data = CloseOne(SectionObjectPointer, FALSE, DelayClose);
    return Image && Data;
}

BOOLEAN NTAPI MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER NewFileSize)
{
    BOOLEAN Can = TRUE;

    PAGED_CODE();
    if (!MmFlushImageSection(SectionObjectPointer, MmFlushForWrite))
        return FALSE;
    ExAcquirePushLockExclusive_(&MmSectionLock);
    PCONTROL_AREA Data = SectionObjectPointer->DataSectionObject;
    if (Data != NULL && Data->NumberOfUserReferences != 0)
        Can = NewFileSize != NULL && MI_PAGES(NewFileSize->QuadPart) >= MI_PAGES(Data->SizeOfSegment.QuadPart);
    ExReleasePushLockExclusive_(&MmSectionLock);
    return Can;
}

ULONG NTAPI MmDoesFileHaveUserWritableReferences(PSECTION_OBJECT_POINTERS SectionPointer)
{
    ExAcquirePushLockExclusive_(&MmSectionLock);
    PCONTROL_AREA Data = SectionPointer->DataSectionObject;
    BOOLEAN Has = Data != NULL && !(Data->Flags & MI_CA_BEING_CREATED) && Data->NumberOfUserReferences != 0 && Data->NumberOfWritableViews != 0;
    ExReleasePushLockExclusive_(&MmSectionLock);
    return Has;
}

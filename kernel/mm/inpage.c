/* SPDX-License-Identifier: MIT */
/*
 * inpage.c - reading pages of a section from its file.
 *
 * One thread reads; its MI_INPAGE hangs on each page in flight, and others that need such a page wait on its event (a "collided" fault).  No lock is
 * held during the read.  A fault reads a cluster: the missing pages around the one that is needed, as far as they are contiguous in the file and
 * in one subsection, up to MI_CLUSTER; small images come in with one read a section.  Images are relocated here, before anyone can see the
 * page: once for all processes.  The pages end on standby; the faulting thread takes its own from there when it tries again.
 *
 * Windows Internals, 7th ed., part 1, chapter 5 "In-paging I/O", "Collided page faults", "Clustered page faults".
 */
#include "mi.h"

#define MI_CLUSTER 32u
#define SECTOR 512u

typedef struct _MI_INPAGE
{
    volatile LONG References;
    NTSTATUS Status;
    KEVENT Done;       /* the pages are in */
    KEVENT IoEvent;
    IO_STATUS_BLOCK IoStatus;
    ULONG Count;
    struct
    {
        MDL Header;
        ULONG64 Frame[MI_CLUSTER];
    } Mdl;
} MI_INPAGE, *PMI_INPAGE;

void MiReferenceInPage(PMI_INPAGE InPage)
{
    InterlockedIncrement(&InPage->References);
}

static void DereferenceInPage(PMI_INPAGE InPage)
{
    if (InterlockedDecrement(&InPage->References) == 0)
        ExFreePoolWithTag(InPage, MI_TAG_INPAGE);
}

NTSTATUS MiWaitForInPage(PMI_INPAGE InPage)
{
    ASSERT_IRQL_LE(APC_LEVEL);
    KeWaitForSingleObject(&InPage->Done, WrPageIn, KernelMode, FALSE, NULL);
    NTSTATUS Status = InPage->Status;
    DereferenceInPage(InPage);
    return Status;
}

static BOOLEAN Contiguous(const ULONG64 *Frame, ULONG Count)
{
    for (ULONG Index = 1; Index < Count; Index++) {
        if (Frame[Index] != Frame[0] + Index)
            return FALSE;
    }
    return TRUE;
}

/* Reads Bytes (rounded up to sectors) at Offset into the frames; what the file does not have is zeroed. */
static NTSTATUS ReadFrames(PFILE_OBJECT FileObject, PMI_INPAGE InPage, ULONG64 Offset, ULONG Bytes)
{
    PMDL Mdl = &InPage->Mdl.Header;
    LARGE_INTEGER At = { .QuadPart = (LONGLONG)Offset };
    ULONG Room = InPage->Count << PAGE_SHIFT, Wanted = (ULONG)MI_ROUND_UP(Bytes, SECTOR);

    MmInitializeMdl(Mdl, NULL, Wanted);
    Mdl->MdlFlags = MDL_PAGES_LOCKED | MDL_IO_PAGE_READ;
    if (Contiguous(InPage->Mdl.Frame, InPage->Count)) {
        Mdl->MappedSystemVa = MiPageAddress(InPage->Mdl.Frame[0]);
        Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    }
    KeInitializeEvent(&InPage->IoEvent, NotificationEvent, FALSE);
    InPage->IoStatus.Status = STATUS_PENDING;
    InPage->IoStatus.Information = 0;
    NTSTATUS Status = IoPageRead(FileObject, Mdl, &At, &InPage->IoEvent, &InPage->IoStatus);
    if (Status == STATUS_PENDING)
        KeWaitForSingleObject(&InPage->IoEvent, WrPageIn, KernelMode, FALSE, NULL);
    if (NT_SUCCESS(Status))
        Status = InPage->IoStatus.Status;
    if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA && !MiIsDirectMapAddress(Mdl->MappedSystemVa))
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    InterlockedIncrement64((volatile LONG64 *)&MiPageReads);
    InterlockedExchangeAdd64((volatile LONG64 *)&MiPagesRead, InPage->Count);

    ULONG64 Got = Status == STATUS_END_OF_FILE ? 0 : InPage->IoStatus.Information;
    if (Status == STATUS_END_OF_FILE)
        Status = STATUS_SUCCESS;
    if (!NT_SUCCESS(Status))
        return Status;
    if (Got > Bytes)
        Got = Bytes;
    for (ULONG64 Byte = Got; Byte < Room;) {
        ULONG64 InThis = PAGE_SIZE - (Byte & (PAGE_SIZE - 1));
        RtlZeroMemory((PUCHAR)MiPageAddress(InPage->Mdl.Frame[Byte >> PAGE_SHIFT]) + (Byte & (PAGE_SIZE - 1)), InThis);
        Byte += InThis;
    }
    return STATUS_SUCCESS;
}

static PMI_INPAGE AllocateInPage(void)
{
    PMI_INPAGE InPage = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(MI_INPAGE), MI_TAG_INPAGE);

    if (InPage == NULL)
        return NULL;
    InPage->References = 1;
    InPage->Count = 0;
    InPage->Status = STATUS_PENDING;
    KeInitializeEvent(&InPage->Done, NotificationEvent, FALSE);
    return InPage;
}

/* Reads part of a file into kernel memory of any kind, through pages of its own (headers, relocations). */
NTSTATUS MiReadFile(PFILE_OBJECT FileObject, ULONG64 Offset, PVOID Buffer, ULONG Length, PULONG Done)
{
    PMI_INPAGE InPage = AllocateInPage();
    NTSTATUS Status = STATUS_SUCCESS;

    *Done = 0;
    if (InPage == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    while (*Done < Length && NT_SUCCESS(Status)) {
        ULONG64 At = MI_ROUND_DOWN(Offset + *Done, SECTOR);
        ULONG Skip = (ULONG)(Offset + *Done - At);
        ULONG Wanted = Length - *Done + Skip < (MI_CLUSTER << PAGE_SHIFT) ? Length - *Done + Skip : MI_CLUSTER << PAGE_SHIFT;
        while (InPage->Count < MI_PAGES(Wanted)) {
            ULONG64 Frame = MiAllocatePage(MiUseMdl);
            if (Frame == 0)
                break;
            InPage->Mdl.Frame[InPage->Count++] = Frame;
        }
        if (InPage->Count < MI_PAGES(Wanted)) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
            break;
        }
        ULONG Pages = InPage->Count;
        InPage->Count = (ULONG)MI_PAGES(Wanted);
        Status = ReadFrames(FileObject, InPage, At, Wanted);
        InPage->Count = Pages;
        ULONG64 Got = InPage->IoStatus.Information < Wanted ? InPage->IoStatus.Information : Wanted;
        if (!NT_SUCCESS(Status) || Got <= Skip)
            break;
        for (ULONG64 Byte = Skip; Byte < Got;) {
            ULONG64 InThis = PAGE_SIZE - (Byte & (PAGE_SIZE - 1));
            if (InThis > Got - Byte)
                InThis = Got - Byte;
            RtlCopyMemory((PUCHAR)Buffer + *Done, (PUCHAR)MiPageAddress(InPage->Mdl.Frame[Byte >> PAGE_SHIFT]) + (Byte & (PAGE_SIZE - 1)), InThis);
            *Done += (ULONG)InThis;
            Byte += InThis;
        }
        if (Got < Wanted)
            break;
    }
    for (ULONG Index = 0; Index < InPage->Count; Index++)
        MiFreePage(InPage->Mdl.Frame[Index]);
    DereferenceInPage(InPage);
    return Status;
}

/* ---- clusters ---- */

/* PfnLock held. */
static BOOLEAN IsMissing(PCONTROL_AREA ControlArea, ULONG64 Page)
{
    PULONG64 Proto = MiProto(ControlArea, Page);

    return Proto != NULL && !(*Proto & (PTE_VALID | MI_PTE_TRANSITION));
}

/* [*First, *First + result): missing pages around Page with file contents, inside one aligned window, one subsection, one block of entries. */
static ULONG ChooseCluster(PCONTROL_AREA ControlArea, PSUBSECTION Subsection, ULONG64 Page, ULONG64 *First)
{
    ULONG64 FilePages = MI_PAGES(Subsection->FileBytes);
    ULONG64 Low = MI_ROUND_DOWN(Page, MI_CLUSTER), High = Low + MI_CLUSTER;

    if (Low < Subsection->StartPage)
        Low = Subsection->StartPage;
    if (High > Subsection->StartPage + FilePages)
        High = Subsection->StartPage + FilePages;
    ULONG64 From = Page, To = Page + 1;
    KIRQL Irql;
    KeAcquireSpinLock(&MmPfnLock, &Irql);
    while (From > Low && IsMissing(ControlArea, From - 1))
        From--;
    while (To < High && IsMissing(ControlArea, To))
        To++;
    KeReleaseSpinLock(&MmPfnLock, Irql);
    *First = From;
    return (ULONG)(To - From);
}

/* Publishes the frames as "being read"; pages that came in meanwhile end the cluster.  Returns how many are ours. */
static ULONG Publish(PCONTROL_AREA ControlArea, PMI_INPAGE InPage, ULONG64 First, ULONG64 Needed)
{
    KIRQL Irql;
    ULONG Count = 0;

    KeAcquireSpinLock(&MmPfnLock, &Irql);
    while (Count < InPage->Count) {
        PULONG64 Proto = MiProto(ControlArea, First + Count);
        if (Proto == NULL || (*Proto & (PTE_VALID | MI_PTE_TRANSITION))) {
            if (First + Count <= Needed)
                Count = 0; /* somebody else has, or is reading, the page we are here for (or one before it) */
            break;
        }
        Count++;
    }
    for (ULONG Index = 0; Index < Count; Index++) {
        ULONG64 Frame = InPage->Mdl.Frame[Index];
        PMMPFN Pfn = MiPfn(Frame);
        PULONG64 Proto = MiProto(ControlArea, First + Index);
        Pfn->PrototypePte = 1;
        Pfn->PteAddress = (ULONG64)Proto;
        Pfn->ReadInProgress = 1;
        Pfn->InPage = InPage;
        Pfn->PageLocation = TransitionPage;
        Pfn->ShareCount = 0;
        Pfn->ReferenceCount = 1; /* the read's */
        *Proto = (Frame << PAGE_SHIFT) | MI_PTE_TRANSITION;
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
    return Count;
}

static void Complete(PMI_INPAGE InPage, ULONG Count, NTSTATUS Status)
{
    KIRQL Irql;

    KeAcquireSpinLock(&MmPfnLock, &Irql);
    for (ULONG Index = 0; Index < Count; Index++) {
        ULONG64 Frame = InPage->Mdl.Frame[Index];
        PMMPFN Pfn = MiPfn(Frame);
        Pfn->ReadInProgress = 0;
        Pfn->InPage = NULL;
        Pfn->ReferenceCount--;
        ASSERT(Pfn->ReferenceCount == 0 && Pfn->ShareCount == 0);
        if (NT_SUCCESS(Status)) {
            MiInsertTail(StandbyPageList, Frame);
        } else {
            *MiPteOfPfn(Pfn) = 0;
            MiFreePageLocked(Frame);
        }
    }
    KeReleaseSpinLock(&MmPfnLock, Irql);
    InPage->Status = Status;
    KeSetEvent(&InPage->Done, 0, FALSE);
}

static NTSTATUS ReadCluster(PCONTROL_AREA ControlArea, PSUBSECTION Subsection, PMI_INPAGE InPage, ULONG64 First, ULONG Count)
{
    ULONG64 Offset = (First - Subsection->StartPage) << PAGE_SHIFT;
    ULONG64 FileBytes = *(volatile ULONG64 *)&Subsection->FileBytes, Bytes = FileBytes > Offset ? FileBytes - Offset : 0; /* it may have been cut */

    if (Bytes > (ULONG64)Count << PAGE_SHIFT)
        Bytes = (ULONG64)Count << PAGE_SHIFT;
    NTSTATUS Status = ReadFrames(ControlArea->FilePointer, InPage, Subsection->FileOffset + Offset, (ULONG)Bytes);
    for (ULONG Index = 0; Index < Count && NT_SUCCESS(Status) && (ControlArea->Flags & MI_CA_IMAGE); Index++)
        Status = MiFixImagePage(ControlArea, First + Index, MiPageAddress(InPage->Mdl.Frame[Index]));
    return Status;
}

/* Makes Page resident (with its neighbours).  STATUS_SUCCESS also when somebody else did: the caller looks again.  No locks held. */
NTSTATUS MiReadSectionPages(PCONTROL_AREA ControlArea, ULONG64 Page)
{
    PSUBSECTION Subsection = MiSubsectionOfPage(ControlArea, Page);
    ULONG64 First = Page;

    ASSERT(Subsection != NULL);
    PMI_INPAGE InPage = AllocateInPage();
    if (InPage == NULL)
        return STATUS_NO_MEMORY;
    ULONG Count = ChooseCluster(ControlArea, Subsection, Page, &First);
    MI_USE Usage = (ControlArea->Flags & MI_CA_IMAGE) ? MiUseImage : MiUseFile;
    for (; InPage->Count < Count; InPage->Count++) {
        InPage->Mdl.Frame[InPage->Count] = MiAllocatePage(Usage);
        if (InPage->Mdl.Frame[InPage->Count] == 0)
            break;
    }
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Ours = 0;
    if (First + InPage->Count <= Page)
        Status = STATUS_NO_MEMORY;
    else
        Ours = Publish(ControlArea, InPage, First, Page);
    /* Frames that are not needed after all. */
    for (ULONG Index = Ours; Index < InPage->Count; Index++)
        MiFreePage(InPage->Mdl.Frame[Index]);
    InPage->Count = Ours;
    if (Ours != 0) {
        Status = ReadCluster(ControlArea, Subsection, InPage, First, Ours);
        Complete(InPage, Ours, Status);
    }
    DereferenceInPage(InPage);
    return Status;
}

NTSTATUS MmPrefetchSection_(PSECTION_OBJECT_POINTERS Pointers, ULONG64 Offset, ULONG64 Length)
{
    ULONG64 Last = (Offset + Length - 1) >> PAGE_SHIFT;
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    PAGED_CODE();
    PCONTROL_AREA Data = MiReferenceDataControlArea(Pointers);
    if (Data == NULL)
        return STATUS_SUCCESS;
    for (ULONG64 Page = Offset >> PAGE_SHIFT; Page <= Last && Page < MI_PAGES(Data->SizeOfSegment.QuadPart) && NT_SUCCESS(Status); Page++) {
        Status = Data->Block[Page >> MI_BLOCK_SHIFT] == NULL ? MiPrepareProto(Data, Page) : STATUS_SUCCESS;
        KeAcquireSpinLock(&MmPfnLock, &Irql);
        BOOLEAN Missing = IsMissing(Data, Page);
        KeReleaseSpinLock(&MmPfnLock, Irql);
        if (NT_SUCCESS(Status) && Missing)
            Status = MiReadSectionPages(Data, Page);
    }
    MiDereferenceView(Data, FALSE);
    return Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * space.c - address spaces: made empty, locked, emptied, unmade; and the VADs in them.
 *
 * A new address space is the top-level table with the kernel's 256 entries copied, and KUSER_SHARED_DATA, which every process reads while it starts: a
 * VAD, and its page.  Windows Internals, 7th ed., part 1, chapter 5 "Virtual address space layouts".
 */
#include "mi.h"

NTSTATUS MmCreateProcessAddressSpace(PEPROCESS Process)
{
    PAGED_CODE();
    if (!MiChargeCommitment(1))
        return STATUS_NO_MEMORY;
    PMMVAD Vad = MiAllocateVad();
    ULONG64 Root = Vad != NULL ? MiAllocatePage(MiUsePageTable) : 0;
    if (Root == 0) {
        if (Vad != NULL)
            MiFreeVad(Vad);
        MiReturnCommitment(1);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PULONG64 Table = MiPageAddress(Root), System = MmDirectMap(MiSystemRoot);
    RtlZeroMemory(Table, 256 * sizeof(ULONG64));
    RtlCopyMemory(Table + 256, System + 256, 256 * sizeof(ULONG64));
    MiPfn(Root)->ShareCount = 0;

    ExInitializePushLock_(&Process->AddressCreationLock);
    ExInitializePushLock_(&Process->WorkingSetLock);
    Process->Pcb.DirectoryTableBase = Root << PAGE_SHIFT;
    Process->VadRoot = Process->VadHint = NULL;
    Process->HighestUserAddress = MM_USER_HIGHEST;
    Process->PageTablePages = 1;
    /* Where bottom-up searches begin: one gigabyte's worth of tables serves the shared data page, stacks, PEB and first heaps. */
    Process->VmTopDownHint = (PVOID)(0x40000000ULL + (MiRandom(0x2000) << 16));

    Vad->Node.StartVpn = Vad->Node.EndVpn = MI_VPN(MM_SHARED_USER_DATA_VA_);
    Vad->Type = MiVadSharedData;
    Vad->Protection = MM_READONLY;
    Vad->NoChange = TRUE;
    MiTreeInsert((MI_VAD_NODE **)&Process->VadRoot, &Vad->Node);
    Process->VirtualSize = PAGE_SIZE;
    PULONG64 Pte = MiCreatePte(Process, MM_SHARED_USER_DATA_VA_);
    if (Pte != NULL) /* else a fault tries again */
        MiSetPteNew(Pte, MiSharedDataPte());
    InterlockedOr((volatile LONG *)&Process->Flags, PS_PROCESS_FLAGS_HAS_ADDRESS_SPACE);
    MiAddProcess(Process);
    return STATUS_SUCCESS;
}

NTSTATUS MiLockAddressSpace(PEPROCESS Process)
{
    ExAcquirePushLockExclusive_(&Process->AddressCreationLock);
    if (LIKELY((Process->Flags & (PS_PROCESS_FLAGS_VM_DELETED | PS_PROCESS_FLAGS_HAS_ADDRESS_SPACE)) == PS_PROCESS_FLAGS_HAS_ADDRESS_SPACE))
        return STATUS_SUCCESS;
    ExReleasePushLockExclusive_(&Process->AddressCreationLock);
    return STATUS_PROCESS_IS_TERMINATING;
}

void MiUnlockAddressSpace(PEPROCESS Process)
{
    ExReleasePushLockExclusive_(&Process->AddressCreationLock);
}

void MiLockPageTables(PEPROCESS Process)
{
    ExAcquirePushLockExclusive_(&Process->WorkingSetLock);
}

void MiUnlockPageTables(PEPROCESS Process)
{
    ExReleasePushLockExclusive_(&Process->WorkingSetLock);
}

NTSTATUS MiReferenceTargetProcess(HANDLE Handle, ACCESS_MASK Access, PEPROCESS *Process)
{
    if (Handle == ZwCurrentProcess()) {
        *Process = PsCurrentProcess_();
        ObReferenceObject(*Process);
        return STATUS_SUCCESS;
    }
    return ObReferenceObjectByHandle(Handle, Access, ObpProcessType, KeCurrentPreviousMode_(), (PVOID *)Process, NULL);
}

/* ---- VADs ---- */

PMMVAD MiAllocateVad(void)
{
    PMMVAD Vad = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(MMVAD), MI_TAG_VAD);

    if (Vad != NULL)
        RtlZeroMemory(Vad, sizeof *Vad);
    return Vad;
}

void MiFreeVad(PMMVAD Vad)
{
    ExFreePoolWithTag(Vad, MI_TAG_VAD);
}

PMMVAD MiLocateVad(PEPROCESS Process, ULONG64 Va)
{
    ULONG64 Vpn = MI_VPN(Va);
    MI_VAD_NODE *Hint = Process->VadHint;

    if (Hint != NULL && Vpn >= Hint->StartVpn && Vpn <= Hint->EndVpn)
        return (PMMVAD)Hint;
    MI_VAD_NODE *Node = MiTreeFind(Process->VadRoot, Vpn);
    if (Node != NULL)
        Process->VadHint = Node; /* a hint only; cleared under the exclusive lock when the VAD goes */
    return (PMMVAD)Node;
}

void MiInsertVad(PEPROCESS Process, PMMVAD Vad)
{
    MiTreeInsert((MI_VAD_NODE **)&Process->VadRoot, &Vad->Node);
    Process->VirtualSize += (Vad->Node.EndVpn - Vad->Node.StartVpn + 1) << PAGE_SHIFT;
    if (Process->VirtualSize > Process->PeakVirtualSize)
        Process->PeakVirtualSize = Process->VirtualSize;
}

void MiRemoveVad(PEPROCESS Process, PMMVAD Vad)
{
    if (Process->VadHint == Vad)
        Process->VadHint = NULL;
    MiTreeRemove((MI_VAD_NODE **)&Process->VadRoot, &Vad->Node);
    Process->VirtualSize -= (Vad->Node.EndVpn - Vad->Node.StartVpn + 1) << PAGE_SHIFT;
}

BOOLEAN MiRangeFree(PEPROCESS Process, ULONG64 Start, ULONG64 End)
{
    return MiTreeFindOverlap(Process->VadRoot, MI_VPN(Start), MI_VPN(End)) == NULL;
}

ULONG64 MiFindEmptyRangeIn(PEPROCESS Process, ULONG64 Size, const MI_PLACE *Place, BOOLEAN TopDown)
{
    ULONG64 Low = Place->Lowest > MM_USER_LOWEST ? Place->Lowest : MM_USER_LOWEST;

    if (Low == MM_USER_LOWEST && Place->Alignment <= MI_GRANULARITY)
        return MiFindEmptyRange(Process, Size, Place->Highest, TopDown);
    if (Size == 0 || Place->Highest < Low || Size - 1 > Place->Highest - Low)
        return 0;
    return MiTreeFindHoleAligned(Process->VadRoot, MI_VPN(Low), MI_VPN(Place->Highest), Size >> PAGE_SHIFT, Place->Alignment >> PAGE_SHIFT, TopDown)
           << PAGE_SHIFT;
}

ULONG64 MiFindEmptyRange(PEPROCESS Process, ULONG64 Size, ULONG64 Highest, BOOLEAN TopDown)
{
    ULONG64 Pages = Size >> PAGE_SHIFT;
    ULONG64 Low = MI_VPN(MM_USER_LOWEST), High = MI_VPN(Highest);
    ULONG64 Hint = MI_VPN(Process->VmTopDownHint);
    ULONG64 Vpn = 0;

    if (Pages == 0 || Pages > High)
        return 0;
    if (TopDown)
        return MiTreeFindHoleDown(Process->VadRoot, Low, High, Pages) << PAGE_SHIFT;
    if (Hint < High)
        Vpn = MiTreeFindHoleUp(Process->VadRoot, Hint, High, Pages);
    if (Vpn == 0)
        Vpn = MiTreeFindHoleUp(Process->VadRoot, Low, High, Pages);
    return Vpn << PAGE_SHIFT;
}

/* The protection a page of the view starts with: the image's own, section by section, or the view's. */
ULONG MiSubsectionProtection(const MMVAD *Vad, const SUBSECTION *Subsection)
{
    static const UCHAR WithoutExecute[] = { MM_ZERO_ACCESS, MM_READONLY, MM_READONLY, MM_READONLY, MM_READWRITE, MM_WRITECOPY, MM_READWRITE, MM_WRITECOPY };
    ULONG Protection = Subsection != NULL ? Subsection->Protection : MM_NOACCESS;

    return Vad->NoExecute && Protection < sizeof WithoutExecute ? WithoutExecute[Protection] : Protection;
}

ULONG MiVadPageProtection(const MMVAD *Vad, ULONG64 Va)
{
    if (Vad->Type != MiVadImage)
        return Vad->Protection;
    return MiSubsectionProtection(Vad, MiSubsectionOfPage(Vad->ControlArea, Vad->FirstPage + MI_VPN(Va) - Vad->Node.StartVpn));
}

/* ---- the end ---- */

void MiDeleteVadPages(PEPROCESS Process, PMMVAD Vad)
{
    ULONG64 Start = MiVadStart(Vad), End = MiVadEnd(Vad);
    MI_FLUSH Flush;

    if (UNLIKELY(Vad->LargePages)) {
        MiDeleteLargePages(Process, Vad);
        return;
    }
    MiFlushInit(&Flush, Process);
    BOOLEAN Emptied = MiDeletePages(Process, Start, End, &Flush);
    MiFlushFinish(&Flush);
    if (Emptied)
        MiFreeEmptyTables(Process, Start, End);
}

void MiReturnVadCommit(PEPROCESS Process, PMMVAD Vad)
{
    if (UNLIKELY(Vad->LargePages))
        MiReturnLargeCommit(Process, (ULONG64)Vad->CommitCharge);
    else
        MiReturnProcessCommit(Process, (ULONG64)Vad->CommitCharge);
    Vad->CommitCharge = 0;
}

/* Both locks exclusive.  The caller drops the view's reference afterwards. */
void MiDeleteVadLocked(PEPROCESS Process, PMMVAD Vad)
{
    MiDeleteVadPages(Process, Vad);
    MiReturnVadCommit(Process, Vad);
    MiRemoveVad(Process, Vad);
}

/* The VADs of an address space without pages; the tree is taken apart from its leaves. */
static void DeleteVads(PEPROCESS Process, MI_VAD_NODE *Node)
{
    ULONG64 Commit = 0;

    while (Node != NULL) {
        if (Node->Left != NULL || Node->Right != NULL) {
            Node = Node->Left != NULL ? Node->Left : Node->Right;
            continue;
        }
        MI_VAD_NODE *Parent = Node->Parent;
        PMMVAD Vad = (PMMVAD)Node;
        if (Parent != NULL && Parent->Left == Node)
            Parent->Left = NULL;
        else if (Parent != NULL)
            Parent->Right = NULL;
        if (UNLIKELY(Vad->LargePages))
            MiReturnVadCommit(Process, Vad);
        Commit += (ULONG64)Vad->CommitCharge;
        if (Vad->ControlArea != NULL)
            MiDereferenceUserView(Vad->ControlArea, Vad->Writable);
        MiFreeVad(Vad);
        Node = Parent;
    }
    MiReturnProcessCommit(Process, Commit);
}

void MmCleanProcessAddressSpace(PEPROCESS Process)
{
    PAGED_CODE();
    if (!(Process->Flags & PS_PROCESS_FLAGS_HAS_ADDRESS_SPACE))
        return;
    ExAcquirePushLockExclusive_(&Process->AddressCreationLock);
    InterlockedOr((volatile LONG *)&Process->Flags, PS_PROCESS_FLAGS_VM_DELETED);
    MiLockPageTables(Process);
    MiDeleteAllPages(Process);
    MiFreePhysicalPages(Process);
    MI_VAD_NODE *Vads = Process->VadRoot;
    Process->VadRoot = Process->VadHint = NULL;
    Process->VirtualSize = 0;
    MiUnlockPageTables(Process);
    DeleteVads(Process, Vads);
    ASSERT(Process->CommitCharge == 0 && Process->PageTablePages == 1 && Process->VirtualSize == 0);
    ExReleasePushLockExclusive_(&Process->AddressCreationLock);
}

void MmDeleteProcessAddressSpace(PEPROCESS Process)
{
    ULONG64 Root = Process->Pcb.DirectoryTableBase >> PAGE_SHIFT;

    PAGED_CODE();
    if (!(Process->Flags & PS_PROCESS_FLAGS_HAS_ADDRESS_SPACE))
        return;
    /* A process that never ran was not cleaned by its last thread. */
    if (Process->VadRoot != NULL)
        MmCleanProcessAddressSpace(Process);
    MiRemoveProcess(Process);
    InterlockedAnd((volatile LONG *)&Process->Flags, ~(LONG)PS_PROCESS_FLAGS_HAS_ADDRESS_SPACE);
    ASSERT(MiPfn(Root)->ShareCount == 0 && (Process->Pcb.DirectoryTableBase & PTE_PFN_MASK) != MiSystemRoot);
    MiPfn(Root)->ReferenceCount = 1;
    MiFreePage(Root);
    MiReturnCommitment(1);
    Process->Pcb.DirectoryTableBase = 0;
    if (UNLIKELY(MiVerifyOften))
        MmVerify_();
}

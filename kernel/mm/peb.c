/* SPDX-License-Identifier: MIT */
/*
 * peb.c - what the kernel puts into a new process or thread: PEB, TEBs, user stacks.
 *
 * The contents are written through the frames (locked for the moment), not through the process' addresses, so nobody attaches and SMAP stays closed.
 * Values are those of a 64-bit Windows 10 19045 process before ntdll has run; what ntdll fills (Ldr, TLS bitmaps, locks) is zero.
 */
#include "mi.h"

#define HEAP_SEGMENT_RESERVE 0x100000
#define HEAP_SEGMENT_COMMIT 0x2000
#define HEAP_DECOMMIT_TOTAL 0x10000
#define HEAP_DECOMMIT_BLOCK 0x1000
#define CRITICAL_SECTION_TIMEOUT (-25920000000000LL) /* 30 days */

static NTSTATUS WriteProcess(PEPROCESS Process, ULONG64 Va, const VOID *Data, SIZE_T Size)
{
    for (SIZE_T Done = 0; Done < Size;) {
        ULONG64 Offset = (Va + Done) & (PAGE_SIZE - 1), Frame;
        SIZE_T Piece = PAGE_SIZE - Offset < Size - Done ? PAGE_SIZE - Offset : Size - Done;
        NTSTATUS Status = MiLockUserPage(Process, Va + Done, TRUE, &Frame);
        if (!NT_SUCCESS(Status))
            return Status;
        RtlCopyMemory((PUCHAR)MiPageAddress(Frame) + Offset, (const UCHAR *)Data + Done, Piece);
        MiUnlockPage(Frame, TRUE);
        Done += Piece;
    }
    return STATUS_SUCCESS;
}

static void FreeAt(PEPROCESS Process, ULONG64 Base)
{
    ULONG64 Size = 0;
    NTSTATUS Status = MiFreeVirtualMemory(Process, &Base, &Size, MEM_RELEASE);

    (void)Status; /* the process is going away: its end frees everything */
}

static ULONG ProcessorCount(void)
{
    ULONG Count = 0;

    for (ULONG Number = 0; Number < KE_MAXIMUM_PROCESSORS; Number++)
        Count += KiProcessorBlock[Number] != NULL;
    return Count;
}

static void FillPeb(PEPROCESS Process, const INITIAL_PEB_ *Initial, ULONG64 Base, NPEB *Peb)
{
    Peb->InheritedAddressSpace = Initial->InheritedAddressSpace;
    Peb->ReadImageFileExecOptions = Initial->ReadImageFileExecOptions;
    Peb->BeingDebugged = Initial->BeingDebugged;
    Peb->BitField = Initial->BitField;
    Peb->Mutant = Initial->Mutant != NULL ? Initial->Mutant : (HANDLE)(LONG_PTR)-1;
    Peb->ImageBaseAddress = Initial->ImageBaseAddress;
    Peb->ApiSetMap = Initial->ApiSetMap;
    Peb->NumberOfProcessors = ProcessorCount();
    Peb->NtGlobalFlag = Initial->NtGlobalFlag;
    Peb->CriticalSectionTimeout.QuadPart = CRITICAL_SECTION_TIMEOUT;
    Peb->HeapSegmentReserve = Initial->HeapSegmentReserve != 0 ? Initial->HeapSegmentReserve : HEAP_SEGMENT_RESERVE;
    Peb->HeapSegmentCommit = Initial->HeapSegmentCommit != 0 ? Initial->HeapSegmentCommit : HEAP_SEGMENT_COMMIT;
    Peb->HeapDeCommitTotalFreeThreshold = HEAP_DECOMMIT_TOTAL;
    Peb->HeapDeCommitFreeBlockThreshold = HEAP_DECOMMIT_BLOCK;
    Peb->MaximumNumberOfHeaps = (PAGE_SIZE - sizeof(NPEB)) / sizeof(PVOID);
    Peb->ProcessHeaps = (PVOID *)(Base + sizeof(NPEB));
    Peb->OSMajorVersion = 10;
    Peb->OSMinorVersion = 0;
    Peb->OSBuildNumber = 19045;
    Peb->OSPlatformId = 2; /* VER_PLATFORM_WIN32_NT */
    Peb->ImageSubsystem = Initial->ImageSubsystem;
    Peb->ImageSubsystemMajorVersion = Initial->ImageSubsystemMajor;
    Peb->ImageSubsystemMinorVersion = Initial->ImageSubsystemMinor;
    Peb->ActiveProcessAffinityMask = Process->Pcb.Affinity;
    Peb->SessionId = Initial->SessionId;
}

NTSTATUS MmCreatePeb(PEPROCESS Process, const INITIAL_PEB_ *Initial, PVOID *Peb)
{
    ULONG64 Base;

    PAGED_CODE();
    NPEB *New = ExAllocatePoolWithTag(PagedPool, sizeof(NPEB), MI_TAG);
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(New, sizeof *New);
    NTSTATUS Status = MiAllocatePrivate(Process, PAGE_SIZE, PAGE_SIZE, TRUE, &Base);
    if (NT_SUCCESS(Status)) {
        FillPeb(Process, Initial, Base, New);
        Status = WriteProcess(Process, Base, New, sizeof *New);
        if (!NT_SUCCESS(Status))
            FreeAt(Process, Base);
    }
    ExFreePoolWithTag(New, MI_TAG);
    if (NT_SUCCESS(Status))
        *Peb = (PVOID)Base;
    return Status;
}

static void FillTeb(PEPROCESS Process, const INITIAL_TEB *Initial, const CLIENT_ID *ClientId, ULONG64 Base, NTEB *Teb)
{
    if (Initial->OldInitialTeb.OldStackBase == NULL) {
        Teb->NtTib.StackBase = Initial->StackBase;
        Teb->NtTib.StackLimit = Initial->StackLimit;
        Teb->DeallocationStack = Initial->StackAllocationBase;
    } else {
        Teb->NtTib.StackBase = Initial->OldInitialTeb.OldStackBase;
        Teb->NtTib.StackLimit = Initial->OldInitialTeb.OldStackLimit;
    }
    Teb->NtTib.Version = 30 << 8; /* OS2_VERSION */
    Teb->NtTib.Self = (PVOID)Base;
    Teb->ClientId = *ClientId;
    Teb->RealClientId = *ClientId;
    Teb->ProcessEnvironmentBlock = Process->Peb;
    Teb->CurrentLocale = 0x409;
    Teb->StaticUnicodeString.MaximumLength = sizeof Teb->StaticUnicodeBuffer;
    Teb->StaticUnicodeString.Buffer = (PWSTR)(Base + offsetof(NTEB, StaticUnicodeBuffer));
}

NTSTATUS MmCreateTeb(PEPROCESS Process, const INITIAL_TEB *Initial, const CLIENT_ID *ClientId, PVOID *Teb)
{
    ULONG64 Base;

    PAGED_CODE();
    NTEB *New = ExAllocatePoolWithTag(PagedPool, sizeof(NTEB), MI_TAG);
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(New, sizeof *New);
    NTSTATUS Status = MiAllocatePrivate(Process, 2 * PAGE_SIZE, 2 * PAGE_SIZE, TRUE, &Base);
    if (NT_SUCCESS(Status)) {
        FillTeb(Process, Initial, ClientId, Base, New);
        Status = WriteProcess(Process, Base, New, sizeof *New);
        if (!NT_SUCCESS(Status))
            FreeAt(Process, Base);
    }
    ExFreePoolWithTag(New, MI_TAG);
    if (NT_SUCCESS(Status))
        *Teb = (PVOID)Base;
    return Status;
}

void MmDeleteTeb(PEPROCESS Process, PVOID Teb)
{
    PAGED_CODE();
    FreeAt(Process, (ULONG64)Teb);
}

/*
 *   | reserved | guard page | Commit bytes | <- StackBase.  A stack that is committed as a whole has no guard, as RtlCreateUserStack makes it.
 */
NTSTATUS MmCreateUserStack(PEPROCESS Process, SIZE_T Reserve, SIZE_T Commit, INITIAL_TEB *Initial)
{
    ULONG64 Base, Guard, Size = PAGE_SIZE;

    PAGED_CODE();
    if (Commit == 0)
        Commit = PAGE_SIZE;
    if (Reserve == 0)
        Reserve = 0x100000;
    if (Commit >= Reserve)
        Reserve = MI_ROUND_UP(Commit, 0x100000);
    Commit = MI_ROUND_UP(Commit, PAGE_SIZE);
    Reserve = MI_ROUND_UP(Reserve, MI_GRANULARITY);
    NTSTATUS Status = MiAllocatePrivate(Process, Reserve, Commit, FALSE, &Base);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(Initial, sizeof *Initial);
    Initial->StackAllocationBase = (PVOID)Base;
    Initial->StackBase = (PVOID)(Base + Reserve);
    Initial->StackLimit = (PVOID)(Base + Reserve - Commit);
    if (Commit < Reserve) {
        Guard = Base + Reserve - Commit - PAGE_SIZE;
        Status = MiAllocateVirtualMemory(Process, &Guard, 0, &Size, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
        if (!NT_SUCCESS(Status))
            FreeAt(Process, Base);
    }
    return Status;
}

void MmDeleteUserStack(PEPROCESS Process, const INITIAL_TEB *Initial)
{
    PAGED_CODE();
    FreeAt(Process, (ULONG64)Initial->StackAllocationBase);
}

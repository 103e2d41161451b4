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

/* A page of the process that was just allocated, so all zeros, to be filled in. */
static PVOID OpenPage(PEPROCESS Process, ULONG64 Va, PULONG64 Frame, NTSTATUS *Status)
{
    *Status = MiLockUserPage(Process, Va, TRUE, Frame);
    return NT_SUCCESS(*Status) ? MiPageAddress(*Frame) : NULL;
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
    ULONG64 Base, Frame;

    PAGED_CODE();
    static_assert(sizeof(NPEB) <= PAGE_SIZE, "one page");
    NTSTATUS Status = MiAllocatePrivate(Process, PAGE_SIZE, PAGE_SIZE, 0, TRUE, &Base);
    if (!NT_SUCCESS(Status))
        return Status;
    NPEB *New = OpenPage(Process, Base, &Frame, &Status);
    if (New == NULL) {
        FreeAt(Process, Base);
        return Status;
    }
    FillPeb(Process, Initial, Base, New);
    MiUnlockPage(Frame, TRUE);
    *Peb = (PVOID)Base;
    return STATUS_SUCCESS;
}

/* A TEB is two pages; each field is reached through the page it lies in. */
#define FIRST_FIELD(field) ((PVOID)(First + offsetof(NTEB, field)))
#define SECOND_FIELD(field) ((PVOID)(Second + offsetof(NTEB, field) - PAGE_SIZE))
static_assert(offsetof(NTEB, Win32ClientInfo) < PAGE_SIZE && offsetof(NTEB, StaticUnicodeString) >= PAGE_SIZE && sizeof(NTEB) <= 2 * PAGE_SIZE, "TEB pages");

static void FillTeb(PEPROCESS Process, const INITIAL_TEB *Initial, const CLIENT_ID *ClientId, ULONG64 Base, PUCHAR First, PUCHAR Second)
{
    NT_TIB *Tib = FIRST_FIELD(NtTib);
    UNICODE_STRING *String = SECOND_FIELD(StaticUnicodeString);

    if (Initial->OldInitialTeb.OldStackBase == NULL) {
        Tib->StackBase = Initial->StackBase;
        Tib->StackLimit = Initial->StackLimit;
        *(PVOID *)SECOND_FIELD(DeallocationStack) = Initial->StackAllocationBase;
    } else {
        Tib->StackBase = Initial->OldInitialTeb.OldStackBase;
        Tib->StackLimit = Initial->OldInitialTeb.OldStackLimit;
    }
    Tib->Version = 30 << 8; /* OS2_VERSION */
    Tib->Self = (PVOID)Base;
    *(CLIENT_ID *)FIRST_FIELD(ClientId) = *ClientId;
    *(CLIENT_ID *)FIRST_FIELD(RealClientId) = *ClientId;
    *(PVOID *)FIRST_FIELD(ProcessEnvironmentBlock) = Process->Peb;
    *(ULONG *)FIRST_FIELD(CurrentLocale) = 0x409;
    String->MaximumLength = sizeof ((NTEB *)0)->StaticUnicodeBuffer;
    String->Buffer = (PWSTR)(Base + offsetof(NTEB, StaticUnicodeBuffer));
}

NTSTATUS MmCreateTeb(PEPROCESS Process, const INITIAL_TEB *Initial, const CLIENT_ID *ClientId, PVOID *Teb)
{
    ULONG64 Base, FirstFrame, SecondFrame;

    PAGED_CODE();
    NTSTATUS Status = MiAllocatePrivate(Process, 2 * PAGE_SIZE, 2 * PAGE_SIZE, 0, TRUE, &Base);
    if (!NT_SUCCESS(Status))
        return Status;
    PUCHAR First = OpenPage(Process, Base, &FirstFrame, &Status), Second = NULL;
    if (First != NULL) {
        Second = OpenPage(Process, Base + PAGE_SIZE, &SecondFrame, &Status);
        if (Second != NULL) {
            FillTeb(Process, Initial, ClientId, Base, First, Second);
            MiUnlockPage(SecondFrame, TRUE);
        }
        MiUnlockPage(FirstFrame, TRUE);
    }
    if (Second == NULL) {
        FreeAt(Process, Base);
        return Status;
    }
    *Teb = (PVOID)Base;
    return STATUS_SUCCESS;
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
    ULONG64 Base;

    PAGED_CODE();
    if (Commit == 0)
        Commit = PAGE_SIZE;
    if (Reserve == 0)
        Reserve = 0x100000;
    if (Commit >= Reserve)
        Reserve = MI_ROUND_UP(Commit, 0x100000);
    Commit = MI_ROUND_UP(Commit, PAGE_SIZE);
    Reserve = MI_ROUND_UP(Reserve, MI_GRANULARITY);
    NTSTATUS Status = MiAllocatePrivate(Process, Reserve, Commit, Commit < Reserve ? PAGE_SIZE : 0, FALSE, &Base);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(Initial, sizeof *Initial);
    Initial->StackAllocationBase = (PVOID)Base;
    Initial->StackBase = (PVOID)(Base + Reserve);
    Initial->StackLimit = (PVOID)(Base + Reserve - Commit);
    return STATUS_SUCCESS;
}

void MmDeleteUserStack(PEPROCESS Process, const INITIAL_TEB *Initial)
{
    PAGED_CODE();
    FreeAt(Process, (ULONG64)Initial->StackAllocationBase);
}

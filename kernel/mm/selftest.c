/* SPDX-License-Identifier: MIT */
/*
 * selftest.c - mm looks at itself in phase 1 (boot option KERNEL_SELFTEST): pool, pages, mappings, an address space without a process.
 */
#include "mi.h"

#define CHECK(e) ((e) ? (void)0 : KeBugCheckEx(MEMORY_MANAGEMENT, 0x4E438000u, __LINE__, 0, 0))
#define TAG POOL_TAG('T', 'e', 's', 't')

static void TestPool(void)
{
    static PVOID Block[256];
    SIZE_T Before = ExPoolBytesInUse();

    for (ULONG Round = 0; Round < 3; Round++) {
        for (ULONG Index = 0; Index < 256; Index++) {
            SIZE_T Size = (Index * 37u + Round * 411u) % 9000u;
            Block[Index] = ExAllocatePoolWithTag(NonPagedPoolNx, Size, TAG);
            CHECK(Block[Index] != NULL && ((ULONG_PTR)Block[Index] & 15) == 0);
            CHECK(Size < PAGE_SIZE || ((ULONG_PTR)Block[Index] & (PAGE_SIZE - 1)) == 0);
            for (SIZE_T Byte = 0; Byte < Size; Byte++)
                ((PUCHAR)Block[Index])[Byte] = (UCHAR)Index;
        }
        for (ULONG Index = 0; Index < 256; Index++) {
            SIZE_T Size = (Index * 37u + Round * 411u) % 9000u;
            for (SIZE_T Byte = 0; Byte < Size; Byte++)
                CHECK(((PUCHAR)Block[Index])[Byte] == (UCHAR)Index);
            ExFreePoolWithTag(Block[Index], TAG);
        }
    }
    CHECK(ExPoolBytesInUse() == Before);
}

static void TestKernelMappings(void)
{
    MM_STATISTICS Before, After;

    PVOID Stack = MmCreateKernelStack();
    CHECK(Stack != NULL && MmIsAddressValid((PUCHAR)Stack - 8) && !MmIsAddressValid((PUCHAR)Stack - KERNEL_STACK_SIZE - 8));
    MmDeleteKernelStack(Stack);
    MmQueryStatistics(&Before);
    PHYSICAL_ADDRESS Limit = { .QuadPart = 0xFFFFFFFF };
    PVOID Contiguous = MmAllocateContiguousMemory(0x8000, Limit);
    CHECK(Contiguous != NULL);
    PVOID Mapped = MmMapIoSpace(MmGetPhysicalAddress(Contiguous), 0x8000, MmCached);
    CHECK(Mapped != NULL);
    ((volatile ULONG *)Contiguous)[100] = 0x12345678;
    CHECK(((volatile ULONG *)Mapped)[100] == 0x12345678);
    MmUnmapIoSpace(Mapped, 0x8000);
    CHECK(!MmIsAddressValid(Mapped));
    MmFreeContiguousMemory(Contiguous);
    PUCHAR Image = MmAllocateSystemImage(0x5000);
    CHECK(Image != NULL && Image[0x4FFF] == 0);
    CHECK(NT_SUCCESS(MmProtectKernelRange(Image, 0x1000, PAGE_EXECUTE_READ)));
    MmFreeSystemImage(Image);
    MmQueryStatistics(&After);
    CHECK(After.CommittedPages <= Before.CommittedPages + 4); /* page tables stay */
}

static ULONG64 Alloc(PEPROCESS Process, ULONG64 Base, ULONG64 Size, ULONG Type, ULONG Protect, NTSTATUS Expected)
{
    NTSTATUS Status = MiAllocateVirtualMemory(Process, &Base, 0, &Size, Type, Protect);

    CHECK(Status == Expected);
    return Base;
}

static void Free(PEPROCESS Process, ULONG64 Base, ULONG64 Size, ULONG Type, NTSTATUS Expected)
{
    NTSTATUS Status = MiFreeVirtualMemory(Process, &Base, &Size, Type);

    CHECK(Status == Expected);
}

static NTSTATUS Touch(PEPROCESS Process, ULONG64 Va, ULONG Code)
{
    ULONG_PTR Information;

    return MiFaultUser(Process, Va, KI_FAULT_USER | Code, &Information);
}

static void TestPrivate(PEPROCESS Process)
{
    ULONG Old;

    ULONG64 A = Alloc(Process, 0, 0x100000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, STATUS_SUCCESS);
    CHECK(Process->CommitCharge == 0x100);
    CHECK(NT_SUCCESS(Touch(Process, A + 0x1234, KI_FAULT_WRITE)) && Process->WorkingSetSize == 1);
    CHECK(Touch(Process, A + 0x1234, KI_FAULT_EXECUTE) == STATUS_ACCESS_VIOLATION);
    CHECK(Touch(Process, A + 0x100000, 0) == STATUS_ACCESS_VIOLATION);
    CHECK(NT_SUCCESS(MiProtectRange(Process, A + 0x1000, A + 0x3000, PAGE_NOACCESS, &Old)) && Old == PAGE_READWRITE);
    CHECK(Touch(Process, A + 0x1234, 0) == STATUS_ACCESS_VIOLATION && Process->WorkingSetSize == 0);
    CHECK(NT_SUCCESS(MiProtectRange(Process, A + 0x1000, A + 0x3000, PAGE_READONLY, &Old)) && Old == PAGE_NOACCESS);
    CHECK(NT_SUCCESS(Touch(Process, A + 0x1234, 0)) && Touch(Process, A + 0x2234, KI_FAULT_WRITE) == STATUS_ACCESS_VIOLATION);
    Free(Process, A + 0x4000, 0x2000, MEM_DECOMMIT, STATUS_SUCCESS);
    CHECK(Process->CommitCharge == 0xFE && Touch(Process, A + 0x4000, 0) == STATUS_ACCESS_VIOLATION);
    Alloc(Process, A + 0x4000, 0x1000, MEM_COMMIT, PAGE_READWRITE, STATUS_SUCCESS);
    CHECK(Process->CommitCharge == 0xFF && NT_SUCCESS(Touch(Process, A + 0x4000, KI_FAULT_WRITE)));
    Free(Process, A + 0x1000, 0, MEM_RELEASE, STATUS_FREE_VM_NOT_AT_BASE);
    Free(Process, A + 0x20000, 0x10000, MEM_RELEASE, STATUS_SUCCESS); /* out of the middle */
    CHECK(Process->CommitCharge == 0xEF && MiLocateVad(Process, A + 0x25000) == NULL && MiLocateVad(Process, A + 0x30000) != NULL);
    Alloc(Process, A + 0x1000, 0x1000, MEM_RESERVE, PAGE_READWRITE, STATUS_CONFLICTING_ADDRESSES);
    Free(Process, A, 0, MEM_RELEASE, STATUS_SUCCESS);
    Free(Process, A + 0x30000, 0, MEM_RELEASE, STATUS_SUCCESS);
    Free(Process, A, 0, MEM_RELEASE, STATUS_MEMORY_NOT_ALLOCATED);
    CHECK(Process->CommitCharge == 0 && Process->WorkingSetSize == 0 && Process->PrivatePageCount == 0);

    ULONG64 G = Alloc(Process, 0, 0x10000, MEM_RESERVE, PAGE_READWRITE, STATUS_SUCCESS);
    Alloc(Process, G + 0x2000, 0x1000, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD, STATUS_SUCCESS);
    CHECK(Touch(Process, G + 0x2000, KI_FAULT_WRITE) == STATUS_GUARD_PAGE_VIOLATION);
    CHECK(NT_SUCCESS(Touch(Process, G + 0x2000, KI_FAULT_WRITE)));
    Free(Process, G, 0, MEM_RELEASE, STATUS_SUCCESS);
    Alloc(Process, 0, 1ULL << 40, MEM_RESERVE, PAGE_NOACCESS, STATUS_SUCCESS);
    Alloc(Process, 0, 1ULL << 40, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, STATUS_COMMITMENT_LIMIT);
    Alloc(Process, 0, 0, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_PARAMETER_4);
    Alloc(Process, 0, 0x1000, MEM_RESERVE, 0, STATUS_INVALID_PAGE_PROTECTION);
    Alloc(Process, 0, 0x1000, MEM_TOP_DOWN, PAGE_READWRITE, STATUS_INVALID_PARAMETER_5);
}

static void TestSection(PEPROCESS Process)
{
    LARGE_INTEGER Size = { .QuadPart = 0x20000 };
    PVOID Section, A = NULL, B = NULL, K = NULL;
    SIZE_T View = 0, KernelView = 0;
    ULONG64 FrameA, FrameB;

    NTSTATUS Status = MmCreateSection(&Section, SECTION_ALL_ACCESS, NULL, &Size, PAGE_READWRITE, SEC_COMMIT, NULL, NULL);
    CHECK(NT_SUCCESS(Status));
    Status = MmMapViewOfSection(Section, Process, &A, 0, 0, NULL, &View, ViewUnmap, 0, PAGE_READWRITE);
    CHECK(NT_SUCCESS(Status) && View == 0x20000);
    Status = MmMapViewOfSection(Section, Process, &B, 0, 0, NULL, &View, ViewUnmap, 0, PAGE_WRITECOPY);
    CHECK(NT_SUCCESS(Status) && Process->CommitCharge == 0x20);
    Status = MmMapViewInSystemSpaceEx(Section, &K, &KernelView, NULL, 0);
    CHECK(NT_SUCCESS(Status) && NT_SUCCESS(MmTouchSystemView_(K, 0x2000, TRUE)));
    ((volatile ULONG *)K)[0] = 77;
    CHECK(NT_SUCCESS(MiLockUserPage(Process, (ULONG64)A, TRUE, &FrameA)));
    CHECK(*(ULONG *)MiPageAddress(FrameA) == 77);
    CHECK(NT_SUCCESS(MiLockUserPage(Process, (ULONG64)B, FALSE, &FrameB)) && FrameA == FrameB);
    MiUnlockPage(FrameB, FALSE);
    CHECK(NT_SUCCESS(MiLockUserPage(Process, (ULONG64)B, TRUE, &FrameB)) && FrameA != FrameB && *(ULONG *)MiPageAddress(FrameB) == 77);
    MiUnlockPage(FrameB, TRUE);
    MiUnlockPage(FrameA, TRUE);
    CHECK(NT_SUCCESS(MmUnmapViewOfSection(Process, A)));
    CHECK(MmUnmapViewOfSection(Process, A) == STATUS_NOT_MAPPED_VIEW);
    CHECK(NT_SUCCESS(MmUnmapViewInSystemSpace(K)));
    ObDereferenceObject(Section);
    CHECK(NT_SUCCESS(Touch(Process, (ULONG64)B + 0x1000, 0))); /* the view keeps it alive */
}

void MmSelfTest(void)
{
    MM_STATISTICS Before, After;

    PAGED_CODE();
    TestPool();
    TestKernelMappings();
    PEPROCESS Process = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(EPROCESS), TAG);
    CHECK(Process != NULL);
    for (ULONG Round = 0; Round < 2; Round++) {
        MmQueryStatistics(&Before);
        RtlZeroMemory(Process, sizeof *Process);
        CHECK(NT_SUCCESS(MmCreateProcessAddressSpace(Process)));
        TestPrivate(Process);
        TestSection(Process);
        MmCleanProcessAddressSpace(Process);
        MmDeleteProcessAddressSpace(Process);
        MmVerify_();
        MmQueryStatistics(&After);
    }
    /* The second round finds every table and pool page it needs. */
    CHECK(After.FreePages + After.StandbyPages == Before.FreePages + Before.StandbyPages && After.CommittedPages == Before.CommittedPages);
    ExFreePoolWithTag(Process, TAG);
    KdPrint_("Mm: self-test passed, %u free pages\n", (unsigned)After.FreePages);
}

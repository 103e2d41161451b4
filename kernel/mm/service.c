/* SPDX-License-Identifier: MIT */
/*
 * service.c - the smaller memory services: protect, lock, unlock, flush instruction cache, and securing ranges for drivers.
 *
 * There is no paging file, so private pages stay in memory anyway; a locked page of a file is left alone by trimming.  As on Windows no process can lock
 * more than its minimum working set less a few pages (the rest must be able to come and go, or the process could not run): who wants to lock much calls
 * SetProcessWorkingSetSize first.  Windows documents this with VirtualLock.
 *
 * Large pages and the pages of AWE windows never leave memory: locking them succeeds and changes nothing.
 */
#include "mi.h"
#include "mmws.h"

#define FLUID_PAGES 8u /* of the minimum working set that cannot be locked */

static NTSTATUS CaptureRange(KPROCESSOR_MODE Mode, PVOID *BaseAddress, PSIZE_T RegionSize, PULONG64 Base, PULONG64 Size)
{
    NTSTATUS Status = CopyFromMode(Mode, Base, BaseAddress, sizeof *Base);

    if (NT_SUCCESS(Status))
        Status = CopyFromMode(Mode, Size, RegionSize, sizeof *Size);
    if (!NT_SUCCESS(Status))
        return Status;
    if (*Base > MM_USER_HIGHEST)
        return STATUS_INVALID_PARAMETER_2;
    return *Size == 0 || MM_USER_HIGHEST + 1 - *Base < *Size ? STATUS_INVALID_PARAMETER_3 : STATUS_SUCCESS;
}

static void ReturnRange(KPROCESSOR_MODE Mode, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG64 Start, ULONG64 End)
{
    ULONG64 Size = End - Start;
    NTSTATUS Ignored = CopyToMode(Mode, RegionSize, &Size, sizeof Size);

    Ignored = CopyToMode(Mode, BaseAddress, &Start, sizeof Start);
    (void)Ignored;
}

NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG NewProtect, PULONG OldProtect);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG NewProtect, PULONG OldProtect)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    ULONG64 Base, Size;
    ULONG Old = 0;
    PEPROCESS Process;

    if (MiMakeProtectionMask(NewProtect & ~MI_PAGE_TARGETS_INVALID) == MM_INVALID_PROTECTION)
        return STATUS_INVALID_PAGE_PROTECTION;
    NTSTATUS Status = CaptureRange(Mode, BaseAddress, RegionSize, &Base, &Size);
    if (NT_SUCCESS(Status))
        Status = KiProbeForWrite(Mode, OldProtect, sizeof(ULONG), sizeof(ULONG));
    if (NT_SUCCESS(Status))
        Status = MiReferenceTargetProcess(ProcessHandle, PROCESS_VM_OPERATION, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG64 Start = MI_ROUND_DOWN(Base, PAGE_SIZE), End = MI_ROUND_UP(Base + Size, PAGE_SIZE);
    Status = MiProtectRange(Process, Start, End, NewProtect, &Old);
    ObDereferenceObject(Process);
    if (NT_SUCCESS(Status)) {
        ReturnRange(Mode, BaseAddress, RegionSize, Start, End);
        Status = CopyToMode(Mode, OldProtect, &Old, sizeof Old);
    }
    return Status;
}

/* ---- locking: a bit in each valid entry ---- */

/* The entry that a lock would be noted in; NULL: there is no page, or (*Resident) one that stays anyway. */
static PULONG64 LockablePte(PEPROCESS Process, ULONG64 Va, BOOLEAN *Resident)
{
    PULONG64 Pte = MiLookupPte(Process, Va);

    *Resident = Pte == NULL ? MiLargeEntry(Process, Va) != 0 : (*Pte & PTE_VALID) && (*Pte & (MI_PTE_PHYSICAL | MI_PTE_BORROWED)) != 0;
    return *Resident || Pte == NULL || !(*Pte & PTE_VALID) ? NULL : Pte;
}

/* Working-set lock exclusive.  Are all pages of the range present (and locked)?  *Locked: how many entries say that they are. */
static BOOLEAN LookAtLocks(PEPROCESS Process, ULONG64 Start, ULONG64 End, BOOLEAN MustBeLocked, PULONG64 Locked, PULONG64 Unlocked)
{
    BOOLEAN Resident;

    *Locked = *Unlocked = 0;
    for (ULONG64 Va = Start; Va < End; Va += PAGE_SIZE) {
        PULONG64 Pte = LockablePte(Process, Va, &Resident);
        if (Pte == NULL && !Resident)
            return FALSE;
        if (Pte != NULL && !(*Pte & MI_PTE_LOCKED)) {
            if (MustBeLocked)
                return FALSE;
            ++*Unlocked;
        }
        *Locked += Pte != NULL && (*Pte & MI_PTE_LOCKED);
    }
    return TRUE;
}

static void SetLocks(PEPROCESS Process, ULONG64 Start, ULONG64 End, BOOLEAN Lock)
{
    BOOLEAN Resident;

    for (ULONG64 Va = Start; Va < End; Va += PAGE_SIZE) {
        PULONG64 Pte = LockablePte(Process, Va, &Resident);
        if (Pte != NULL && Lock)
            InterlockedOr64((volatile LONG64 *)Pte, (LONG64)MI_PTE_LOCKED);
        else if (Pte != NULL)
            InterlockedAnd64((volatile LONG64 *)Pte, ~(LONG64)MI_PTE_LOCKED);
    }
}

/* How many pages the process may have locked. */
static ULONG64 LockQuota(PEPROCESS Process)
{
    SIZE_T Minimum = Process->MinimumWorkingSetSize != 0 ? Process->MinimumWorkingSetSize : MM_MINIMUM_WORKING_SET;

    return Minimum > FLUID_PAGES ? Minimum - FLUID_PAGES : 0;
}

/* Address-space lock held: is the range in memory that stays by itself? */
static BOOLEAN StaysAnyway(PEPROCESS Process, ULONG64 Start, ULONG64 End)
{
    PMMVAD Vad = MiLocateVad(Process, Start);

    return Vad != NULL && (Vad->LargePages || Vad->Physical) && End - 1 <= MiVadEnd(Vad);
}

/* A range that is larger than the whole quota is refused before its pages are fetched. */
static NTSTATUS CheckQuota(PEPROCESS Process, ULONG64 Start, ULONG64 End)
{
    NTSTATUS Status = MiLockAddressSpace(Process);

    if (!NT_SUCCESS(Status))
        return Status;
    if ((End - Start) >> PAGE_SHIFT > LockQuota(Process) && !StaysAnyway(Process, Start, End))
        Status = STATUS_WORKING_SET_QUOTA;
    MiUnlockAddressSpace(Process);
    return Status;
}

static NTSTATUS TouchRange(PEPROCESS Process, ULONG64 Start, ULONG64 End)
{
    for (ULONG64 Va = Start; Va < End; Va += PAGE_SIZE) {
        ULONG64 Frame;
        NTSTATUS Status = MiLockUserPage(Process, Va, FALSE, &Frame);
        if (!NT_SUCCESS(Status))
            return Status;
        MiUnlockPage(Frame, FALSE);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS LockRange(PEPROCESS Process, ULONG64 Start, ULONG64 End)
{
    BOOLEAN Present = FALSE;
    ULONG64 Locked, Fresh;

    NTSTATUS Status = CheckQuota(Process, Start, End);
    while (NT_SUCCESS(Status) && !Present) {
        Status = TouchRange(Process, Start, End);
        if (!NT_SUCCESS(Status))
            break;
        MiLockPageTables(Process);
        Present = LookAtLocks(Process, Start, End, FALSE, &Locked, &Fresh); /* not: something was trimmed meanwhile */
        if (Present && Fresh != 0 && (ULONG64)Process->LockedVirtualPages + Fresh > LockQuota(Process)) {
            Status = STATUS_WORKING_SET_QUOTA;
        } else if (Present) {
            SetLocks(Process, Start, End, TRUE);
            InterlockedExchangeAdd64(&Process->LockedVirtualPages, (LONG64)Fresh);
            Status = Locked != 0 ? STATUS_WAS_LOCKED : STATUS_SUCCESS;
        }
        MiUnlockPageTables(Process);
    }
    return Status;
}

static NTSTATUS UnlockRange(PEPROCESS Process, ULONG64 Start, ULONG64 End)
{
    ULONG64 Locked, Unlocked;

    MiLockPageTables(Process);
    BOOLEAN All = LookAtLocks(Process, Start, End, TRUE, &Locked, &Unlocked);
    if (All) {
        SetLocks(Process, Start, End, FALSE);
        InterlockedExchangeAdd64(&Process->LockedVirtualPages, -(LONG64)Locked);
    }
    MiUnlockPageTables(Process);
    return All ? STATUS_SUCCESS : STATUS_NOT_LOCKED;
}

static NTSTATUS LockOrUnlock(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG MapType, BOOLEAN Lock)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    ULONG64 Base, Size;
    PEPROCESS Process;

    if ((MapType & ~3u) != 0 || (MapType & 3u) == 0) /* MAP_PROCESS, MAP_SYSTEM */
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = CaptureRange(Mode, BaseAddress, RegionSize, &Base, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    if ((MapType & 2u) && !SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_LOCK_MEMORY_PRIVILEGE), Mode))
        return STATUS_PRIVILEGE_NOT_HELD;
    Status = MiReferenceTargetProcess(ProcessHandle, PROCESS_VM_OPERATION, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG64 Start = MI_ROUND_DOWN(Base, PAGE_SIZE), End = MI_ROUND_UP(Base + Size, PAGE_SIZE);
    Status = Lock ? LockRange(Process, Start, End) : UnlockRange(Process, Start, End);
    if (NT_SUCCESS(Status))
        ReturnRange(Mode, BaseAddress, RegionSize, Start, End);
    ObDereferenceObject(Process);
    return Status;
}

NTSTATUS NTAPI NtLockVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG MapType);
NTSTATUS NTAPI NtLockVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG MapType)
{
    return LockOrUnlock(ProcessHandle, BaseAddress, RegionSize, MapType, TRUE);
}

NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG MapType);
NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG MapType)
{
    return LockOrUnlock(ProcessHandle, BaseAddress, RegionSize, MapType, FALSE);
}

/* x64's instruction caches follow stores by themselves; the arguments are still checked. */
NTSTATUS NTAPI NtFlushInstructionCache(HANDLE ProcessHandle, PVOID BaseAddress, SIZE_T Length);
NTSTATUS NTAPI NtFlushInstructionCache(HANDLE ProcessHandle, PVOID BaseAddress, SIZE_T Length)
{
    PEPROCESS Process;

    if (BaseAddress != NULL && KeCurrentPreviousMode_() != KernelMode && (ULONG64)BaseAddress + Length > MM_USER_HIGHEST + 1)
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS Status = MiReferenceTargetProcess(ProcessHandle, PROCESS_VM_WRITE, &Process);
    if (NT_SUCCESS(Status))
        ObDereferenceObject(Process);
    return Status;
}

NTSTATUS NTAPI NtAreMappedFilesTheSame(PVOID File1MappedAsAnImage, PVOID File2MappedAsFile);
NTSTATUS NTAPI NtAreMappedFilesTheSame(PVOID File1MappedAsAnImage, PVOID File2MappedAsFile)
{
    PEPROCESS Process = PsCurrentProcess_();
    NTSTATUS Status = STATUS_INVALID_ADDRESS;

    ExAcquirePushLockShared_(&Process->WorkingSetLock);
    PMMVAD First = MiLocateVad(Process, (ULONG64)File1MappedAsAnImage), Second = MiLocateVad(Process, (ULONG64)File2MappedAsFile);
    if (First != NULL && Second != NULL) {
        if (First == Second)
            Status = STATUS_SUCCESS;
        else if (First->ControlArea == NULL || Second->ControlArea == NULL)
            Status = STATUS_CONFLICTING_ADDRESSES;
        else if (First->Type != MiVadImage || First->ControlArea->FilePointer == NULL || Second->ControlArea->FilePointer == NULL)
            Status = STATUS_NOT_SAME_DEVICE;
        else
            Status = First->ControlArea->Pointers == Second->ControlArea->Pointers ? STATUS_SUCCESS : STATUS_NOT_SAME_DEVICE;
    }
    ExReleasePushLockShared_(&Process->WorkingSetLock);
    return Status;
}

/* ---- secured ranges: the VAD keeps its protection and cannot be freed ---- */

HANDLE NTAPI MmSecureVirtualMemory(PVOID Address, SIZE_T Size, ULONG ProbeMode)
{
    PEPROCESS Process = PsCurrentProcess_();
    ULONG64 Start = (ULONG64)Address;
    HANDLE Handle = NULL;

    UNREFERENCED_PARAMETER(ProbeMode);
    if (Size == 0 || Start > MM_USER_HIGHEST || Start + Size > MM_USER_HIGHEST + 1 || !NT_SUCCESS(MiLockAddressSpace(Process)))
        return NULL;
    PMMVAD Vad = MiLocateVad(Process, Start);
    if (Vad != NULL && Start + Size - 1 <= MiVadEnd(Vad) && Vad->SecureCount < 0xFFFF) {
        Vad->SecureCount++;
        Handle = (HANDLE)Vad;
    }
    MiUnlockAddressSpace(Process);
    return Handle;
}

void NTAPI MmUnsecureVirtualMemory(HANDLE SecureHandle)
{
    PEPROCESS Process = PsCurrentProcess_();
    PMMVAD Vad = SecureHandle;

    if (Vad == NULL || !NT_SUCCESS(MiLockAddressSpace(Process)))
        return;
    ASSERT(Vad->SecureCount > 0);
    Vad->SecureCount--;
    MiUnlockAddressSpace(Process);
}

/* ---- questions of drivers that have short answers here ---- */

BOOLEAN NTAPI MmIsThisAnNtAsSystem(void)
{
    return FALSE;
}

MM_SYSTEMSIZE NTAPI MmQuerySystemSize(void)
{
    return MmHighestPage < 0x10000 ? MmSmallSystem : MmHighestPage < 0x40000 ? MmMediumSystem : MmLargeSystem;
}

LOGICAL NTAPI MmIsDriverVerifying(struct _DRIVER_OBJECT *DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    return FALSE;
}

LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID AddressWithinSection)
{
    UNREFERENCED_PARAMETER(AddressWithinSection);
    return FALSE;
}

NTSTATUS NTAPI MmIsVerifierEnabled(PULONG VerifierFlags)
{
    *VerifierFlags = 0;
    return STATUS_NOT_SUPPORTED;
}

/* Driver images are never paged. */
PVOID NTAPI MmLockPagableDataSection(PVOID AddressWithinSection)
{
    return AddressWithinSection;
}

void NTAPI MmUnlockPagableImageSection(PVOID ImageSectionHandle)
{
    UNREFERENCED_PARAMETER(ImageSectionHandle);
}

void NTAPI MmLockPagableSectionByHandle(PVOID ImageSectionHandle)
{
    UNREFERENCED_PARAMETER(ImageSectionHandle);
}

PVOID NTAPI MmPageEntireDriver(PVOID AddressWithinSection)
{
    return AddressWithinSection;
}

void NTAPI MmResetDriverPaging(PVOID AddressWithinSection)
{
    UNREFERENCED_PARAMETER(AddressWithinSection);
}

BOOLEAN NTAPI MmIsRecursiveIoFault(void)
{
    return FALSE;
}

/* SPDX-License-Identifier: MIT */
/*
 * watch.c - which pages were written?  NtGetWriteWatch and NtResetWriteWatch, for garbage collectors.
 *
 * NT keeps a bitmap beside the VAD.  Here the processor's dirty bits are the record: a page of a watched VAD that was only read is mapped clean, and the
 * first write sets the bit without a fault.  A page that may not be touched at the moment keeps it in its soft entry (MI_PTE_WAS_DIRTY).  Resetting clears
 * the bits and lets every processor forget its translations, so that the next write sets them anew.
 * A decommitted page forgets that it was written; NT's bitmap does not.
 */
#include "mi.h"

#define WRITE_WATCH_RESET 1u
#define BATCH 128u

static BOOLEAN WasWritten(ULONG64 Entry)
{
    return (Entry & PTE_VALID) ? (Entry & PTE_DIRTY) != 0 : (Entry & MI_PTE_TRANSITION) && (Entry & MI_PTE_WAS_DIRTY);
}

/* Working-set lock exclusive. */
static void ResetEntry(PULONG64 Pte, ULONG64 Va, PMI_FLUSH Flush)
{
    if (*Pte & PTE_VALID) {
        InterlockedAnd64((volatile LONG64 *)Pte, ~(LONG64)PTE_DIRTY);
        MiFlushAdd(Flush, Va, 0, MiFlushPrivate);
    } else if (*Pte & MI_PTE_TRANSITION) {
        *(volatile ULONG64 *)Pte &= ~MI_PTE_WAS_DIRTY;
    }
}

/* Collects up to Limit written pages of [*Va, End); *Va: where to go on. */
static ULONG Collect(PEPROCESS Process, PULONG64 Va, ULONG64 End, BOOLEAN Reset, PULONG64 Found, ULONG Limit)
{
    ULONG64 Next;
    ULONG Count = 0;
    MI_FLUSH Flush;

    MiFlushInit(&Flush, Process);
    for (; *Va < End && Count < Limit; *Va = Next) {
        PULONG64 Pte = MiNextPte(Process, *Va, &Next);
        if (Pte == NULL || !WasWritten(*Pte))
            continue;
        if (Found != NULL)
            Found[Count++] = *Va;
        if (Reset)
            ResetEntry(Pte, *Va, &Flush);
    }
    MiFlushFinish(&Flush);
    return Count;
}

static NTSTATUS LockWatched(PEPROCESS Process, ULONG64 Start, ULONG64 End)
{
    NTSTATUS Status = MiLockAddressSpace(Process);

    if (!NT_SUCCESS(Status))
        return Status;
    PMMVAD Vad = MiLocateVad(Process, Start);
    if (Vad == NULL || !Vad->WriteWatch || End - 1 > MiVadEnd(Vad)) {
        MiUnlockAddressSpace(Process);
        return STATUS_INVALID_PARAMETER_1;
    }
    MiLockPageTables(Process);
    return STATUS_SUCCESS;
}

static void UnlockWatched(PEPROCESS Process)
{
    MiUnlockPageTables(Process);
    MiUnlockAddressSpace(Process);
}

static NTSTATUS CheckRange(ULONG64 Base, ULONG64 Size)
{
    if (Base > MM_USER_HIGHEST)
        return STATUS_INVALID_PARAMETER_2;
    return Size == 0 || MM_USER_HIGHEST + 1 - Base < Size ? STATUS_INVALID_PARAMETER_3 : STATUS_SUCCESS;
}

/* The user's array is written without locks, a batch at a time. */
static NTSTATUS GetWatch(PEPROCESS Process, ULONG64 Va, ULONG64 End, BOOLEAN Reset, PULONG64 User, PULONG64 Entries)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    ULONG64 Found[BATCH], Room = *Entries, Start = Va;
    NTSTATUS Status = STATUS_SUCCESS;

    *Entries = 0;
    while (Va < End && Room != 0 && NT_SUCCESS(Status)) {
        Status = LockWatched(Process, Start, End);
        if (!NT_SUCCESS(Status))
            return Status;
        ULONG Count = Collect(Process, &Va, End, Reset, Found, Room < BATCH ? (ULONG)Room : BATCH);
        UnlockWatched(Process);
        if (Count != 0)
            Status = CopyToMode(Mode, User + *Entries, Found, Count * sizeof(ULONG64));
        *Entries += Count;
        Room -= Count;
    }
    return Status;
}

NTSTATUS NTAPI NtGetWriteWatch(HANDLE ProcessHandle, ULONG Flags, PVOID BaseAddress, SIZE_T RegionSize, PVOID *UserAddressArray,
                               PULONG_PTR EntriesInUserAddressArray, PULONG Granularity);
NTSTATUS NTAPI NtGetWriteWatch(HANDLE ProcessHandle, ULONG Flags, PVOID BaseAddress, SIZE_T RegionSize, PVOID *UserAddressArray,
                               PULONG_PTR EntriesInUserAddressArray, PULONG Granularity)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    ULONG64 Entries, Start = MI_ROUND_DOWN(BaseAddress, PAGE_SIZE), End = MI_ROUND_UP((ULONG64)BaseAddress + RegionSize, PAGE_SIZE);
    ULONG PageSize = PAGE_SIZE;
    PEPROCESS Process;

    if (Flags & ~WRITE_WATCH_RESET)
        return STATUS_INVALID_PARAMETER_2;
    NTSTATUS Status = CheckRange((ULONG64)BaseAddress, RegionSize);
    if (NT_SUCCESS(Status))
        Status = CopyFromMode(Mode, &Entries, EntriesInUserAddressArray, sizeof Entries);
    if (NT_SUCCESS(Status))
        Status = KiProbeForWrite(Mode, Granularity, sizeof(ULONG), sizeof(ULONG));
    if (NT_SUCCESS(Status) && (Entries == 0 || Entries > ~0ULL / sizeof(ULONG64)))
        Status = STATUS_INVALID_PARAMETER_5;
    if (NT_SUCCESS(Status))
        Status = KiProbeForWrite(Mode, UserAddressArray, Entries * sizeof(ULONG64), sizeof(ULONG64));
    if (NT_SUCCESS(Status))
        Status = MiReferenceTargetProcess(ProcessHandle, PROCESS_VM_OPERATION, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = LockWatched(Process, Start, End);
    if (NT_SUCCESS(Status)) {
        UnlockWatched(Process);
        Status = GetWatch(Process, Start, End, (Flags & WRITE_WATCH_RESET) != 0, (PULONG64)UserAddressArray, &Entries);
    }
    ObDereferenceObject(Process);
    if (NT_SUCCESS(Status))
        Status = CopyToMode(Mode, EntriesInUserAddressArray, &Entries, sizeof Entries);
    if (NT_SUCCESS(Status))
        Status = CopyToMode(Mode, Granularity, &PageSize, sizeof PageSize);
    return Status;
}

NTSTATUS NTAPI NtResetWriteWatch(HANDLE ProcessHandle, PVOID BaseAddress, SIZE_T RegionSize);
NTSTATUS NTAPI NtResetWriteWatch(HANDLE ProcessHandle, PVOID BaseAddress, SIZE_T RegionSize)
{
    ULONG64 Start = MI_ROUND_DOWN(BaseAddress, PAGE_SIZE), End = MI_ROUND_UP((ULONG64)BaseAddress + RegionSize, PAGE_SIZE), Va = Start;
    PEPROCESS Process;

    NTSTATUS Status = CheckRange((ULONG64)BaseAddress, RegionSize);
    if (NT_SUCCESS(Status))
        Status = MiReferenceTargetProcess(ProcessHandle, PROCESS_VM_OPERATION, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = LockWatched(Process, Start, End);
    if (NT_SUCCESS(Status)) {
        (void)Collect(Process, &Va, End, TRUE, NULL, 1);
        UnlockWatched(Process);
    }
    ObDereferenceObject(Process);
    return Status;
}

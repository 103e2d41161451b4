/* SPDX-License-Identifier: MIT */
/*
 * uuid.c - unique numbers: LUIDs (unique in a boot) and UUIDs.
 *
 * UUIDs are version 4, from the processor's random numbers.  NtAllocateUuids gives out ranges of time-based ones: time, range, a sequence
 * number, and six bytes of a made-up node; it exists for callers that make their own from those.
 */
#include "exp.h"

static volatile LONG64 ExpNextLuid = 1001; /* the first thousand are well known */
static EX_PUSH_LOCK_ ExpUuidLock;
static ULONG64 ExpUuidLastTime; /* ExpUuidLock */
static UCHAR ExpUuidNode[6];
static ULONG ExpUuidSequence;

void ExpInitializeUuids(void)
{
    ULONG64 Random = KiRandom64();

    ExInitializePushLock_(&ExpUuidLock);
    RtlCopyMemory(ExpUuidNode, &Random, sizeof(ExpUuidNode));
    ExpUuidNode[0] |= 1; /* the multicast bit: not a network card's address */
    ExpUuidSequence = (ULONG)(Random >> 48) & 0x3FFF;
}

void ExAllocateLocallyUniqueId(PLUID Luid)
{
    LONG64 Value = InterlockedIncrement64(&ExpNextLuid) - 1;

    Luid->LowPart = (ULONG)Value;
    Luid->HighPart = (LONG)(Value >> 32);
}

NTSTATUS NTAPI NtAllocateLocallyUniqueId(PLUID Luid)
{
    LUID New;

    ExAllocateLocallyUniqueId(&New);
    return CopyToMode(ExGetPreviousMode(), Luid, &New, sizeof(New));
}

NTSTATUS NTAPI ExUuidCreate(UUID *Uuid)
{
    ULONG64 Random[2] = {KiRandom64(), KiRandom64()};

    RtlCopyMemory(Uuid, Random, sizeof(*Uuid));
    Uuid->Data3 = (Uuid->Data3 & 0x0FFF) | 0x4000;
    Uuid->Data4[0] = (Uuid->Data4[0] & 0x3F) | 0x80;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtAllocateUuids(PULARGE_INTEGER Time, PULONG Range, PULONG Sequence, PUCHAR Seed)
{
    const ULONG64 UuidEpoch = 0x0146BF33E42C000ULL; /* 1582-10-15 to 1601-01-01 */
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Now;
    ULARGE_INTEGER Start;
    ULONG Count;
    NTSTATUS Status;

    PAGED_CODE();
    KeQuerySystemTime(&Now);
    ExAcquirePushLockExclusive_(&ExpUuidLock);
    Start.QuadPart = (ULONG64)Now.QuadPart + UuidEpoch;
    if (Start.QuadPart <= ExpUuidLastTime) {
        Start.QuadPart = ExpUuidLastTime + 1;
    }
    Count = 1024;
    ExpUuidLastTime = Start.QuadPart + Count;
    ExReleasePushLockExclusive_(&ExpUuidLock);
    Status = CopyToMode(Mode, Time, &Start, sizeof(Start));
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, Range, &Count, sizeof(Count));
    }
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, Sequence, &ExpUuidSequence, sizeof(ExpUuidSequence));
    }
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, Seed, ExpUuidNode, sizeof(ExpUuidNode));
    }
    return Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * poolapi.c - the documented pool routines over ExpAllocatePool.
 *
 * Differences to NT: quota allocations are not charged to the process (the process' figures stay 0), cache-aligned and session pools are the ordinary
 * pool, and ExAllocatePool2 zeroes unless POOL_FLAG_UNINITIALIZED, as there.  A failing quota allocation raises unless
 * POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, and a failing POOL_RAISE_IF_ALLOCATION_FAILURE one raises STATUS_INSUFFICIENT_RESOURCES.
 */
#include "poolp.h"

#undef ExAllocatePoolWithTag
#undef ExAllocatePoolWithQuotaTag

#define POOL_QUOTA_FLAG 8u    /* POOL_QUOTA_FAIL_INSTEAD_OF_RAISE */
#define POOL_RAISE_FLAG 16u   /* POOL_RAISE_IF_ALLOCATION_FAILURE */

/* ExAllocatePool2's, from the WDK (mingw's headers have none). */
#define POOL2_USE_QUOTA 0x1ULL
#define POOL2_UNINITIALIZED 0x2ULL
#define POOL2_RAISE_ON_FAILURE 0x20ULL
#define POOL2_NON_PAGED 0x40ULL
#define POOL2_NON_PAGED_EXECUTE 0x80ULL
#define POOL2_PAGED 0x100ULL

static PVOID RaiseIf(PVOID Memory, BOOLEAN Raise)
{
    if (Memory == NULL && Raise)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return Memory;
}

PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return RaiseIf(ExpAllocatePool((ULONG)PoolType, NumberOfBytes, Tag), (PoolType & POOL_RAISE_FLAG) != 0);
}

PVOID NTAPI ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, POOL_TAG('N', 'o', 'n', 'e'));
}

PVOID NTAPI ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, EX_POOL_PRIORITY Priority)
{
    UNREFERENCED_PARAMETER(Priority);
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return RaiseIf(ExpAllocatePool((ULONG)PoolType, NumberOfBytes, Tag), (PoolType & POOL_QUOTA_FLAG) == 0);
}

PVOID NTAPI ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, POOL_TAG('N', 'o', 'n', 'e'));
}

PVOID NTAPI ExAllocatePool2(ULONG64 Flags, SIZE_T NumberOfBytes, ULONG Tag);
PVOID NTAPI ExAllocatePool2(ULONG64 Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    PVOID Memory = NULL;

    if (Tag != 0 && NumberOfBytes != 0 && (Flags & (POOL2_NON_PAGED | POOL2_NON_PAGED_EXECUTE | POOL2_PAGED)) != 0)
        Memory = ExpAllocatePool((Flags & POOL2_PAGED) ? PagedPool : NonPagedPoolNx, NumberOfBytes, Tag);
    if (Memory != NULL && !(Flags & POOL2_UNINITIALIZED))
        RtlZeroMemory(Memory, NumberOfBytes);
    return RaiseIf(Memory, (Flags & POOL2_RAISE_ON_FAILURE) != 0);
}

PVOID NTAPI ExAllocatePool3(ULONG64 Flags, SIZE_T NumberOfBytes, ULONG Tag, PVOID ExtendedParameters, ULONG Count);
PVOID NTAPI ExAllocatePool3(ULONG64 Flags, SIZE_T NumberOfBytes, ULONG Tag, PVOID ExtendedParameters, ULONG Count)
{
    /* No extended parameter is supported; optional ones (priority) are hints. */
    UNREFERENCED_PARAMETER(ExtendedParameters);
    UNREFERENCED_PARAMETER(Count);
    return ExAllocatePool2(Flags, NumberOfBytes, Tag);
}

void NTAPI ExFreePool(PVOID P)
{
    ExFreePoolWithTag(P, 0);
}

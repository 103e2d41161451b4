/* SPDX-License-Identifier: MIT */
/*
 * rundown.c - rundown protection: many may use a thing for a short time; one may end that and wait until the last of them is out.
 *
 * The reference is one pointer: (number of users << 1), or, once the end has begun, the address of the waiter's block with bit 0 set,
 * or 1 when the end is complete.  Users who come after the beginning of the end are refused.
 * Cache-aware forms spread the users over one reference a processor; see the second half.
 * Windows Internals, 7th ed., part 2, chapter 8 "Run down protection".
 */
#include "exp.h"

static_assert(sizeof(EX_RUNDOWN_REF) == 8, "a rundown reference is one pointer");

typedef struct _RUNDOWN_WAIT_BLOCK
{
    volatile LONG_PTR Users;
    KEVENT Event;
} RUNDOWN_WAIT_BLOCK;

static inline BOOLEAN ExpRundownExchange(PEX_RUNDOWN_REF Ref, ULONG_PTR *Seen, ULONG_PTR New)
{
    return __atomic_compare_exchange_n(&Ref->Count, Seen, New, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

VOID FASTCALL ExInitializeRundownProtection(PEX_RUNDOWN_REF Ref)
{
    Ref->Count = 0;
}

VOID FASTCALL ExReInitializeRundownProtection(PEX_RUNDOWN_REF Ref)
{
    ASSERT(Ref->Count == EX_RUNDOWN_ACTIVE);
    Ref->Count = 0;
}

VOID FASTCALL ExRundownCompleted(PEX_RUNDOWN_REF Ref)
{
    Ref->Count = EX_RUNDOWN_ACTIVE;
}

BOOLEAN FASTCALL ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF Ref, ULONG Users)
{
    ULONG_PTR Value = Ref->Count;

    while ((Value & EX_RUNDOWN_ACTIVE) == 0) {
        if (ExpRundownExchange(Ref, &Value, Value + ((ULONG_PTR)Users << EX_RUNDOWN_COUNT_SHIFT))) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN FASTCALL ExAcquireRundownProtection(PEX_RUNDOWN_REF Ref)
{
    return ExAcquireRundownProtectionEx(Ref, 1);
}

VOID FASTCALL ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF Ref, ULONG Users)
{
    ULONG_PTR Value = Ref->Count;
    RUNDOWN_WAIT_BLOCK *Block;

    while ((Value & EX_RUNDOWN_ACTIVE) == 0) {
        ASSERT(Value >= (ULONG_PTR)Users << EX_RUNDOWN_COUNT_SHIFT);
        if (ExpRundownExchange(Ref, &Value, Value - ((ULONG_PTR)Users << EX_RUNDOWN_COUNT_SHIFT))) {
            return;
        }
    }
    Block = (RUNDOWN_WAIT_BLOCK *)(Value & ~(ULONG_PTR)EX_RUNDOWN_ACTIVE);
    ASSERT(Block != NULL);
    if (__atomic_sub_fetch(&Block->Users, (LONG_PTR)Users, __ATOMIC_SEQ_CST) == 0) {
        KeSetEvent(&Block->Event, 0, FALSE);
    }
}

VOID FASTCALL ExReleaseRundownProtection(PEX_RUNDOWN_REF Ref)
{
    ExReleaseRundownProtectionEx(Ref, 1);
}

VOID FASTCALL ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF Ref)
{
    ULONG_PTR Value = 0;
    RUNDOWN_WAIT_BLOCK Block;

    ASSERT_IRQL_LE(APC_LEVEL);
    if (ExpRundownExchange(Ref, &Value, EX_RUNDOWN_ACTIVE) || Value == EX_RUNDOWN_ACTIVE) {
        return;
    }
    KeInitializeEvent(&Block.Event, SynchronizationEvent, FALSE);
    for (;;) {
        ASSERT((Value & EX_RUNDOWN_ACTIVE) == 0); /* one ends it, not two */
        Block.Users = (LONG_PTR)(Value >> EX_RUNDOWN_COUNT_SHIFT);
        if (Block.Users == 0) {
            if (ExpRundownExchange(Ref, &Value, EX_RUNDOWN_ACTIVE)) {
                return;
            }
        } else if (ExpRundownExchange(Ref, &Value, (ULONG_PTR)&Block | EX_RUNDOWN_ACTIVE)) {
            break;
        }
    }
    KeWaitForSingleObject(&Block.Event, WrRundown, KernelMode, FALSE, NULL);
    Ref->Count = EX_RUNDOWN_ACTIVE;
}

/*
 * Cache-aware references: one EX_RUNDOWN_REF a processor, on its own cache line.  Acquire and release may happen on different processors, so
 * each count may go below zero in two's complement; only the sum has a meaning, and the end gathers it: it turns every reference to its wait block and
 * adds what it found.
 */
#define RUNDOWN_LINE 64

struct _EX_RUNDOWN_REF_CACHE_AWARE
{
    PVOID PoolToFree;
    ULONG RefCount;
    UCHAR *Refs; /* RefCount lines */
};

static PEX_RUNDOWN_REF ExpProcessorRundownRef(PEX_RUNDOWN_REF_CACHE_AWARE Aware, ULONG Number)
{
    return (PEX_RUNDOWN_REF)(Aware->Refs + (SIZE_T)(Number % Aware->RefCount) * RUNDOWN_LINE);
}

SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(VOID)
{
    return sizeof(struct _EX_RUNDOWN_REF_CACHE_AWARE) + ((SIZE_T)KeQueryMaximumProcessorCount() + 1) * RUNDOWN_LINE;
}

VOID NTAPI ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE Aware, SIZE_T Size)
{
    ULONG_PTR First = ((ULONG_PTR)(Aware + 1) + RUNDOWN_LINE - 1) & ~(ULONG_PTR)(RUNDOWN_LINE - 1);

    Aware->PoolToFree = NULL;
    Aware->Refs = (UCHAR *)First;
    Aware->RefCount = (ULONG)(((ULONG_PTR)Aware + Size - First) / RUNDOWN_LINE);
    ASSERT(Aware->RefCount != 0);
    for (ULONG i = 0; i < Aware->RefCount; i++) {
        ExInitializeRundownProtection(ExpProcessorRundownRef(Aware, i));
    }
}

PEX_RUNDOWN_REF_CACHE_AWARE NTAPI ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG Tag)
{
    SIZE_T Size = ExSizeOfRundownProtectionCacheAware();
    PEX_RUNDOWN_REF_CACHE_AWARE Aware = ExAllocatePoolWithTag(PoolType, Size, Tag);

    if (Aware != NULL) {
        ExInitializeRundownProtectionCacheAware(Aware, Size);
        Aware->PoolToFree = Aware;
    }
    return Aware;
}

VOID NTAPI ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE Aware)
{
    ASSERT(Aware->PoolToFree == Aware);
    ExFreePool(Aware);
}

BOOLEAN FASTCALL ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE Aware, ULONG Users)
{
    return ExAcquireRundownProtectionEx(ExpProcessorRundownRef(Aware, KeGetCurrentProcessorNumber()), Users);
}

BOOLEAN FASTCALL ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE Aware)
{
    return ExAcquireRundownProtectionCacheAwareEx(Aware, 1);
}

VOID FASTCALL ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE Aware, ULONG Users)
{
    PEX_RUNDOWN_REF Ref = ExpProcessorRundownRef(Aware, KeGetCurrentProcessorNumber());
    ULONG_PTR Value = Ref->Count;

    while ((Value & EX_RUNDOWN_ACTIVE) == 0) {
        if (ExpRundownExchange(Ref, &Value, Value - ((ULONG_PTR)Users << EX_RUNDOWN_COUNT_SHIFT))) {
            return;
        }
    }
    ExReleaseRundownProtectionEx(Ref, Users);
}

VOID FASTCALL ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE Aware)
{
    ExReleaseRundownProtectionCacheAwareEx(Aware, 1);
}

VOID FASTCALL ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE Aware)
{
    RUNDOWN_WAIT_BLOCK Block;
    LONG_PTR Users = 0;

    KeInitializeEvent(&Block.Event, SynchronizationEvent, FALSE);
    Block.Users = MAXLONG; /* nobody's release may reach zero before the sum is known */
    for (ULONG i = 0; i < Aware->RefCount; i++) {
        ULONG_PTR Value = __atomic_exchange_n(&ExpProcessorRundownRef(Aware, i)->Count, (ULONG_PTR)&Block | EX_RUNDOWN_ACTIVE, __ATOMIC_SEQ_CST);

        ASSERT((Value & EX_RUNDOWN_ACTIVE) == 0);
        Users += (LONG_PTR)Value >> EX_RUNDOWN_COUNT_SHIFT;
    }
    if (__atomic_add_fetch(&Block.Users, Users - MAXLONG, __ATOMIC_SEQ_CST) != 0) {
        KeWaitForSingleObject(&Block.Event, WrRundown, KernelMode, FALSE, NULL);
    }
    ExRundownCompletedCacheAware(Aware);
}

VOID FASTCALL ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE Aware)
{
    for (ULONG i = 0; i < Aware->RefCount; i++) {
        ExReInitializeRundownProtection(ExpProcessorRundownRef(Aware, i));
    }
}

VOID FASTCALL ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE Aware)
{
    for (ULONG i = 0; i < Aware->RefCount; i++) {
        ExRundownCompleted(ExpProcessorRundownRef(Aware, i));
    }
}

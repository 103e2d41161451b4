/* SPDX-License-Identifier: MIT */
/*
 * srw.c - slim reader-writer locks and condition variables.
 *
 * An SRW lock is one word:  bit 0 = owned exclusively, bit 1 = somebody sleeps, bits 4.. = number of shared owners.  Zero is free, as
 * RTL_SRWLOCK_INIT demands.  The last owner to leave clears the sleepers' bit and wakes them all; they compete again.  (Windows
 * links wait blocks through the word; what a program can observe is the same: no recursion, no order.)
 *
 * A condition variable is a word that every wake increments: a sleeper remembers it before it lets its lock go, so a wake in between is
 * seen by the comparison in wait.c.
 */
#include "ntdllp.h"

#define SRW_EXCLUSIVE 1
#define SRW_SLEEPERS 2
#define SRW_SHARED 16

static inline LONG64 Exchange(PRTL_SRWLOCK Lock, LONG64 New, LONG64 Old)
{
    return InterlockedCompareExchange64((volatile LONG64 *)&Lock->Ptr, New, Old);
}

static inline LONG64 Load(PRTL_SRWLOCK Lock)
{
    return *(volatile LONG64 *)&Lock->Ptr;
}

static void Sleep_(PRTL_SRWLOCK Lock, LONG64 Value)
{
    if (!(Value & SRW_SLEEPERS) && Exchange(Lock, Value | SRW_SLEEPERS, Value) != Value)
        return;
    Value |= SRW_SLEEPERS;
    RtlWaitOnAddress(&Lock->Ptr, &Value, sizeof Value, NULL);
}

VOID NTAPI RtlInitializeSRWLock(PRTL_SRWLOCK Lock)
{
    Lock->Ptr = NULL;
}

BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(PRTL_SRWLOCK Lock)
{
    LONG64 Value = Load(Lock);

    return !(Value & ~(LONG64)SRW_SLEEPERS) && Exchange(Lock, Value | SRW_EXCLUSIVE, Value) == Value;
}

BOOLEAN NTAPI RtlTryAcquireSRWLockShared(PRTL_SRWLOCK Lock)
{
    for (;;) {
        LONG64 Value = Load(Lock);
        if (Value & SRW_EXCLUSIVE)
            return FALSE;
        if (Exchange(Lock, Value + SRW_SHARED, Value) == Value)
            return TRUE;
    }
}

VOID NTAPI RtlAcquireSRWLockExclusive(PRTL_SRWLOCK Lock)
{
    while (!RtlTryAcquireSRWLockExclusive(Lock)) {
        LONG64 Value = Load(Lock);
        if (Value & ~(LONG64)SRW_SLEEPERS)
            Sleep_(Lock, Value);
    }
}

VOID NTAPI RtlAcquireSRWLockShared(PRTL_SRWLOCK Lock)
{
    while (!RtlTryAcquireSRWLockShared(Lock)) {
        LONG64 Value = Load(Lock);
        if (Value & SRW_EXCLUSIVE)
            Sleep_(Lock, Value);
    }
}

VOID NTAPI RtlReleaseSRWLockExclusive(PRTL_SRWLOCK Lock)
{
    LONG64 Old = InterlockedExchange64((volatile LONG64 *)&Lock->Ptr, 0);

    if (!(Old & SRW_EXCLUSIVE))
        RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
    if (Old & SRW_SLEEPERS)
        RtlWakeAddressAll(&Lock->Ptr);
}

VOID NTAPI RtlReleaseSRWLockShared(PRTL_SRWLOCK Lock)
{
    for (;;) {
        LONG64 Old = Load(Lock), New = Old - SRW_SHARED;
        if (Old < SRW_SHARED)
            RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
        if (New < SRW_SHARED)
            New = 0;
        if (Exchange(Lock, New, Old) != Old)
            continue;
        if (New == 0 && (Old & SRW_SLEEPERS))
            RtlWakeAddressAll(&Lock->Ptr);
        return;
    }
}

/* The owner goes on as one reader, and lets others in. */
VOID NTAPI RtlConvertSRWLockExclusiveToShared(PRTL_SRWLOCK Lock)
{
    LONG64 Old = InterlockedExchange64((volatile LONG64 *)&Lock->Ptr, SRW_SHARED);

    if (Old & SRW_SLEEPERS)
        RtlWakeAddressAll(&Lock->Ptr);
}

/* ---- condition variables ---------------------------------------------------------------------------------------------------- */

VOID NTAPI RtlInitializeConditionVariable(PRTL_CONDITION_VARIABLE Variable)
{
    Variable->Ptr = NULL;
}

VOID NTAPI RtlWakeConditionVariable(PRTL_CONDITION_VARIABLE Variable)
{
    InterlockedIncrement64((volatile LONG64 *)&Variable->Ptr);
    RtlWakeAddressSingle(&Variable->Ptr);
}

VOID NTAPI RtlWakeAllConditionVariable(PRTL_CONDITION_VARIABLE Variable)
{
    InterlockedIncrement64((volatile LONG64 *)&Variable->Ptr);
    RtlWakeAddressAll(&Variable->Ptr);
}

NTSTATUS NTAPI RtlSleepConditionVariableCS(PRTL_CONDITION_VARIABLE Variable, PRTL_CRITICAL_SECTION Section, PLARGE_INTEGER Timeout)
{
    PVOID Seen = *(PVOID volatile *)&Variable->Ptr;

    RtlLeaveCriticalSection(Section);
    NTSTATUS Status = RtlWaitOnAddress(&Variable->Ptr, &Seen, sizeof Seen, Timeout);
    RtlEnterCriticalSection(Section);
    return Status;
}

NTSTATUS NTAPI RtlSleepConditionVariableSRW(PRTL_CONDITION_VARIABLE Variable, PRTL_SRWLOCK Lock, PLARGE_INTEGER Timeout, ULONG Flags)
{
    PVOID Seen = *(PVOID volatile *)&Variable->Ptr;

    if (Flags & ~RTL_CONDITION_VARIABLE_LOCKMODE_SHARED)
        return STATUS_INVALID_PARAMETER_2;
    bool Shared = (Flags & RTL_CONDITION_VARIABLE_LOCKMODE_SHARED) != 0;
    if (Shared)
        RtlReleaseSRWLockShared(Lock);
    else
        RtlReleaseSRWLockExclusive(Lock);
    NTSTATUS Status = RtlWaitOnAddress(&Variable->Ptr, &Seen, sizeof Seen, Timeout);
    if (Shared)
        RtlAcquireSRWLockShared(Lock);
    else
        RtlAcquireSRWLockExclusive(Lock);
    return Status;
}

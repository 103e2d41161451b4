/* SPDX-License-Identifier: MIT */
/*
 * critsec.c - critical sections.
 *
 * LockCount is Windows' since Vista: bit 0 set = free; the bits above bit 1 count the waiters downwards.
 *
 *      -1            free, nobody waits
 *      -2            owned, nobody waits
 *      -2 - 4n       owned, n threads wait
 *      -1 - 4n       just released, n threads wait: whoever clears bit 0 first gets it (not fair, as on Windows)
 *
 * A waiter subtracts 4, sleeps on LockCount as an address (wait.c) while bit 0 is clear, and adds 4 when it has got the section.  Leaving sets
 * bit 0 and wakes one sleeper if there is any.  DebugInfo is allocated unless the caller declines it (then -1), counts contention, and hangs in a list
 * of all sections of the process, which debuggers read (RtlCriticalSectionList); C run-times write names into its spare fields without looking.
 * Windows Internals, 7th ed., part 2, chapter 8 "Critical sections".
 */
#include "ntdllp.h"

#define CS_FREE 1
#define CS_WAITER 4
#define CS_NO_DEBUG_INFO ((PRTL_CRITICAL_SECTION_DEBUG)(LONG_PTR)-1)
#define FLAG_FORCE_DEBUG_INFO 0x10000000u
#define CS_SPIN_MASK 0x00FFFFFFu

LIST_ENTRY RtlCriticalSectionList = {&RtlCriticalSectionList, &RtlCriticalSectionList};
static RTL_SRWLOCK ListLock;

void RtlpInitializeLock(PRTL_CRITICAL_SECTION Section)
{
    Section->DebugInfo = CS_NO_DEBUG_INFO;
    Section->LockCount = -1;
    Section->RecursionCount = 0;
    Section->OwningThread = NULL;
    Section->LockSemaphore = NULL;
    Section->SpinCount = 0;
}

NTSTATUS NTAPI RtlInitializeCriticalSectionEx(PRTL_CRITICAL_SECTION Section, ULONG SpinCount, ULONG Flags)
{
    if (Flags & RTL_CRITICAL_SECTION_ALL_FLAG_BITS & ~(RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO | RTL_CRITICAL_SECTION_FLAG_DYNAMIC_SPIN |
                                                       RTL_CRITICAL_SECTION_FLAG_STATIC_INIT | FLAG_FORCE_DEBUG_INFO))
        return STATUS_INVALID_PARAMETER_3;
    if (SpinCount & ~CS_SPIN_MASK)
        return STATUS_INVALID_PARAMETER_2;
    RtlpInitializeLock(Section);
    if (Peb()->NumberOfProcessors > 1)
        Section->SpinCount = SpinCount;
    if (!(Flags & RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO)) {
        PRTL_CRITICAL_SECTION_DEBUG Debug = AllocateZero(sizeof *Debug);
        if (Debug == NULL)
            return STATUS_NO_MEMORY;
        Debug->CriticalSection = Section;
        RtlAcquireSRWLockExclusive(&ListLock);
        InsertTailList(&RtlCriticalSectionList, &Debug->ProcessLocksList);
        RtlReleaseSRWLockExclusive(&ListLock);
        Section->DebugInfo = Debug;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION Section, ULONG SpinCount)
{
    return RtlInitializeCriticalSectionEx(Section, SpinCount & CS_SPIN_MASK, 0);
}

NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION Section)
{
    return RtlInitializeCriticalSectionEx(Section, 0, 0);
}

NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION Section)
{
    PRTL_CRITICAL_SECTION_DEBUG Debug = Section->DebugInfo;

    if (Debug != NULL && Debug != CS_NO_DEBUG_INFO) {
        RtlAcquireSRWLockExclusive(&ListLock);
        RemoveEntryList(&Debug->ProcessLocksList);
        RtlReleaseSRWLockExclusive(&ListLock);
        Free(Debug);
    }
    memset(Section, 0, sizeof *Section);
    return STATUS_SUCCESS;
}

static inline bool TryLock(PRTL_CRITICAL_SECTION Section)
{
    return _interlockedbittestandreset((volatile LONG *)&Section->LockCount, 0);
}

static inline void Own(PRTL_CRITICAL_SECTION Section)
{
    Section->OwningThread = Teb()->ClientId.UniqueThread;
    Section->RecursionCount = 1;
}

static void WaitForSection(PRTL_CRITICAL_SECTION Section)
{
    for (ULONG_PTR Spin = Section->SpinCount & CS_SPIN_MASK; Spin != 0; Spin--) {
        if ((Section->LockCount & CS_FREE) && TryLock(Section))
            return;
        YieldProcessor();
    }
    if (Section->DebugInfo != NULL && Section->DebugInfo != CS_NO_DEBUG_INFO)
        InterlockedIncrement((volatile LONG *)&Section->DebugInfo->ContentionCount);
    /* Who waits long for the loader lock looks whether it can come at all. */
    LARGE_INTEGER Patience = {.QuadPart = -2 * 10000000LL};
    PLARGE_INTEGER Timeout = Section == Peb()->LoaderLock ? &Patience : NULL;
    LONG Count = InterlockedAdd(&Section->LockCount, -CS_WAITER);
    while (!TryLock(Section)) {
        if (!(Count & CS_FREE) && RtlWaitOnAddress(&Section->LockCount, &Count, sizeof Count, Timeout) == STATUS_TIMEOUT)
            LdrpCheckDeadlock();
        Count = Section->LockCount;
    }
    InterlockedAdd(&Section->LockCount, CS_WAITER);
}

NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION Section)
{
    if (UNLIKELY(!TryLock(Section))) {
        if (Section->OwningThread == Teb()->ClientId.UniqueThread) {
            Section->RecursionCount++;
            return STATUS_SUCCESS;
        }
        WaitForSection(Section);
    }
    Own(Section);
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION Section)
{
    if (TryLock(Section)) {
        Own(Section);
        return TRUE;
    }
    if (Section->OwningThread != Teb()->ClientId.UniqueThread)
        return FALSE;
    Section->RecursionCount++;
    return TRUE;
}

NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION Section)
{
    if (--Section->RecursionCount != 0) {
        if (Section->RecursionCount < 0) { /* left more often than entered */
            Section->RecursionCount = 0;
            return STATUS_UNSUCCESSFUL;
        }
        return STATUS_SUCCESS;
    }
    Section->OwningThread = NULL;
    if (InterlockedAdd(&Section->LockCount, CS_FREE) != -1)
        RtlWakeAddressSingle(&Section->LockCount);
    return STATUS_SUCCESS;
}

ULONG NTAPI RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION Section, ULONG SpinCount)
{
    ULONG Old = (ULONG)(Section->SpinCount & CS_SPIN_MASK);

    Section->SpinCount = Peb()->NumberOfProcessors > 1 ? SpinCount & CS_SPIN_MASK : 0;
    return Old;
}

BOOLEAN NTAPI RtlIsCriticalSectionLocked(PRTL_CRITICAL_SECTION Section)
{
    return !(Section->LockCount & CS_FREE);
}

BOOLEAN NTAPI RtlIsCriticalSectionLockedByThread(PRTL_CRITICAL_SECTION Section)
{
    return RtlIsCriticalSectionLocked(Section) && Section->OwningThread == Teb()->ClientId.UniqueThread;
}

ULONG NTAPI RtlGetCriticalSectionRecursionCount(PRTL_CRITICAL_SECTION Section)
{
    return Section->OwningThread == Teb()->ClientId.UniqueThread ? (ULONG)Section->RecursionCount : 0;
}

VOID NTAPI RtlAcquirePebLock(VOID)
{
    RtlEnterCriticalSection(Peb()->FastPebLock);
}

VOID NTAPI RtlReleasePebLock(VOID)
{
    RtlLeaveCriticalSection(Peb()->FastPebLock);
}

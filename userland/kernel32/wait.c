/* SPDX-License-Identifier: MIT */
/*
 * wait.c - waiting: for one object, for many, for time; and the waits of condition variables and addresses that take milliseconds.
 *
 * An alertable wait that an APC ended returns WAIT_IO_COMPLETION; a Sleep is started again for as long as it is not alertable.
 */
#include "k32.h"

PLARGE_INTEGER BaseTimeout(PLARGE_INTEGER Time, DWORD Milliseconds)
{
    if (Milliseconds == INFINITE) {
        return NULL;
    }
    Time->QuadPart = -10000LL * Milliseconds;
    return Time;
}

static DWORD WaitResult(NTSTATUS Status)
{
    if (!NT_SUCCESS(Status)) {
        BaseSetLastNTError(Status);
        return WAIT_FAILED;
    }
    return (DWORD)Status; /* STATUS_WAIT_n, STATUS_ABANDONED_WAIT_n, STATUS_TIMEOUT, STATUS_USER_APC are Win32's values */
}

DWORD WINAPI WaitForSingleObjectEx(HANDLE Handle, DWORD Milliseconds, BOOL Alertable)
{
    LARGE_INTEGER Time;
    PLARGE_INTEGER Timeout = BaseTimeout(&Time, Milliseconds);
    NTSTATUS Status;

    do {
        Status = NtWaitForSingleObject(BaseStandardHandle(Handle), (BOOLEAN)(Alertable != FALSE), Timeout);
    } while (Status == STATUS_ALERTED && Alertable);
    return WaitResult(Status);
}

DWORD WINAPI WaitForSingleObject(HANDLE Handle, DWORD Milliseconds)
{
    return WaitForSingleObjectEx(Handle, Milliseconds, FALSE);
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD Count, const HANDLE *Handles, BOOL All, DWORD Milliseconds, BOOL Alertable)
{
    HANDLE Real[MAXIMUM_WAIT_OBJECTS];
    LARGE_INTEGER Time;
    PLARGE_INTEGER Timeout = BaseTimeout(&Time, Milliseconds);
    NTSTATUS Status;

    if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return WAIT_FAILED;
    }
    for (DWORD i = 0; i < Count; i++) {
        Real[i] = BaseStandardHandle(Handles[i]);
    }
    do {
        Status = NtWaitForMultipleObjects(Count, Real, All ? WaitAll : WaitAny, (BOOLEAN)(Alertable != FALSE), Timeout);
    } while (Status == STATUS_ALERTED && Alertable);
    return WaitResult(Status);
}

DWORD WINAPI WaitForMultipleObjects(DWORD Count, const HANDLE *Handles, BOOL All, DWORD Milliseconds)
{
    return WaitForMultipleObjectsEx(Count, Handles, All, Milliseconds, FALSE);
}

DWORD WINAPI SignalObjectAndWait(HANDLE Signal, HANDLE Wait, DWORD Milliseconds, BOOL Alertable)
{
    LARGE_INTEGER Time;

    return WaitResult(NtSignalAndWaitForSingleObject(BaseStandardHandle(Signal), BaseStandardHandle(Wait), (BOOLEAN)(Alertable != FALSE),
                                                     BaseTimeout(&Time, Milliseconds)));
}

/* An infinite sleep is the longest relative time there is. */
DWORD WINAPI SleepEx(DWORD Milliseconds, BOOL Alertable)
{
    LARGE_INTEGER Time;
    NTSTATUS Status;

    if (Milliseconds == 0 && !Alertable) {
        NtYieldExecution();
        return 0;
    }
    Time.QuadPart = Milliseconds == INFINITE ? INT64_MIN : -10000LL * Milliseconds;
    do {
        Status = NtDelayExecution((BOOLEAN)(Alertable != FALSE), &Time);
    } while (Status == STATUS_ALERTED && Alertable);
    return Status == STATUS_USER_APC ? WAIT_IO_COMPLETION : 0;
}

VOID WINAPI Sleep(DWORD Milliseconds)
{
    SleepEx(Milliseconds, FALSE);
}

static BOOL TimedResult(NTSTATUS Status)
{
    return Status == STATUS_TIMEOUT ? BaseFail(ERROR_TIMEOUT) : BaseResult(Status);
}

BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE Variable, PCRITICAL_SECTION Section, DWORD Milliseconds)
{
    LARGE_INTEGER Time;

    return TimedResult(RtlSleepConditionVariableCS((PVOID)Variable, (PVOID)Section, BaseTimeout(&Time, Milliseconds)));
}

BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE Variable, PSRWLOCK Lock, DWORD Milliseconds, ULONG Flags)
{
    LARGE_INTEGER Time;

    return TimedResult(RtlSleepConditionVariableSRW((PVOID)Variable, (PVOID)Lock, BaseTimeout(&Time, Milliseconds), Flags));
}

WINBOOL WINAPI WaitOnAddress(VOID volatile *Address, PVOID Compare, SIZE_T Size, DWORD Milliseconds)
{
    LARGE_INTEGER Time;

    return TimedResult(RtlWaitOnAddress((PVOID)Address, Compare, Size, BaseTimeout(&Time, Milliseconds)));
}

BOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE Once, DWORD Flags, PBOOL Pending, LPVOID *Context)
{
    NTSTATUS Status = RtlRunOnceBeginInitialize((PVOID)Once, Flags, Context);

    if (!NT_SUCCESS(Status)) {
        return BaseResult(Status);
    }
    *Pending = Status == STATUS_PENDING;
    return TRUE;
}

BOOL WINAPI InitOnceComplete(LPINIT_ONCE Once, DWORD Flags, LPVOID Context)
{
    return BaseResult(RtlRunOnceComplete((PVOID)Once, Flags, Context));
}

BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE Once, PINIT_ONCE_FN Function, PVOID Parameter, LPVOID *Context)
{
    return NT_SUCCESS(RtlRunOnceExecuteOnce((PVOID)Once, (PVOID)Function, Parameter, Context));
}

BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION Section, DWORD SpinCount)
{
    return BaseResult(RtlInitializeCriticalSectionAndSpinCount((PVOID)Section, SpinCount));
}

BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION Section, DWORD SpinCount, DWORD Flags)
{
    return BaseResult(RtlInitializeCriticalSectionEx((PVOID)Section, SpinCount, Flags));
}

/* The three below are not forwarded because their native results are BOOLEANs. */
BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION Section)
{
    return RtlTryEnterCriticalSection((PVOID)Section);
}

BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *Counter)
{
    return RtlQueryPerformanceCounter(Counter);
}

BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *Frequency)
{
    return RtlQueryPerformanceFrequency(Frequency);
}

/* ---- barriers ---------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI InitializeSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER Barrier, LONG Total, LONG SpinCount)
{
    if (Total < 1 || SpinCount < -1) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return BaseResult(RtlInitBarrier((PVOID)Barrier, (ULONG)Total, SpinCount == -1 ? 2000 : (ULONG)SpinCount));
}

BOOL WINAPI EnterSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER Barrier, DWORD Flags)
{
    if (Flags & ~(DWORD)(SYNCHRONIZATION_BARRIER_FLAGS_SPIN_ONLY | SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY | SYNCHRONIZATION_BARRIER_FLAGS_NO_DELETE)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return RtlBarrier((PVOID)Barrier, Flags);
}

/* Returns when the last thread has left the barrier. */
BOOL WINAPI DeleteSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER Barrier)
{
    RtlDeleteBarrier((PVOID)Barrier);
    return TRUE;
}

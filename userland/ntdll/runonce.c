/* SPDX-License-Identifier: MIT */
/*
 * runonce.c - one-time initialisation and barriers.
 *
 * A run-once word holds its state in the two low bits, the caller's context above them (so a context has two zero bits):
 *      0 nobody has begun    1 one thread is at it, others sleep on the word    2 done    3 several threads may be at it (asynchronous)
 */
#include "ntdllp.h"

#define ONCE_BITS ((ULONG_PTR)3)
#define ONCE_PENDING ((ULONG_PTR)1)
#define ONCE_DONE ((ULONG_PTR)2)
#define ONCE_ASYNC ((ULONG_PTR)3)

static ULONG_PTR OnceExchange(PRTL_RUN_ONCE Once, ULONG_PTR New, ULONG_PTR Old)
{
    return (ULONG_PTR)InterlockedCompareExchangePointer(&Once->Ptr, (PVOID)New, (PVOID)Old);
}

VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce)
{
    RunOnce->Ptr = NULL;
}

NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID *Context)
{
    if (Flags & ~(RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC) || Flags == (RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC))
        return STATUS_INVALID_PARAMETER_2;
    for (;;) {
        ULONG_PTR Value = *(volatile ULONG_PTR *)&RunOnce->Ptr;
        if ((Value & ONCE_BITS) == ONCE_DONE) {
            if (Context != NULL)
                *Context = (PVOID)(Value & ~ONCE_BITS);
            return STATUS_SUCCESS;
        }
        if (Flags & RTL_RUN_ONCE_CHECK_ONLY)
            return STATUS_UNSUCCESSFUL;
        if ((Value & ONCE_BITS) == ONCE_ASYNC)
            return Flags & RTL_RUN_ONCE_ASYNC ? STATUS_PENDING : STATUS_INVALID_PARAMETER_2;
        if ((Value & ONCE_BITS) == ONCE_PENDING) {
            if (Flags & RTL_RUN_ONCE_ASYNC)
                return STATUS_INVALID_PARAMETER_2;
            RtlWaitOnAddress(&RunOnce->Ptr, &Value, sizeof Value, NULL);
        } else if (OnceExchange(RunOnce, Flags & RTL_RUN_ONCE_ASYNC ? ONCE_ASYNC : ONCE_PENDING, Value) == Value) {
            return STATUS_PENDING;
        }
    }
}

NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context)
{
    bool Failed = (Flags & RTL_RUN_ONCE_INIT_FAILED) != 0, Async = (Flags & RTL_RUN_ONCE_ASYNC) != 0;

    if (Flags & ~(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED) || (Failed && (Async || Context != NULL)))
        return STATUS_INVALID_PARAMETER_2;
    if ((ULONG_PTR)Context & ONCE_BITS)
        return STATUS_INVALID_PARAMETER_3;
    ULONG_PTR Value = *(volatile ULONG_PTR *)&RunOnce->Ptr, New = Failed ? 0 : (ULONG_PTR)Context | ONCE_DONE;
    switch (Value & ONCE_BITS) {
    case ONCE_PENDING:
        if (Async)
            return STATUS_INVALID_PARAMETER_2;
        InterlockedExchangePointer(&RunOnce->Ptr, (PVOID)New);
        RtlWakeAddressAll(&RunOnce->Ptr);
        return STATUS_SUCCESS;
    case ONCE_ASYNC:
        if (!Async)
            return STATUS_INVALID_PARAMETER_2;
        return OnceExchange(RunOnce, New, Value) == Value ? STATUS_SUCCESS : STATUS_OBJECT_NAME_COLLISION;
    case ONCE_DONE:
        return Async ? STATUS_OBJECT_NAME_COLLISION : STATUS_UNSUCCESSFUL;
    default:
        return STATUS_UNSUCCESSFUL;
    }
}

NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN Function, PVOID Parameter, PVOID *Context)
{
    PVOID Result = NULL;
    NTSTATUS Status = RtlRunOnceBeginInitialize(RunOnce, 0, Context);

    if (Status != STATUS_PENDING)
        return Status;
    if (!Function(RunOnce, Parameter, &Result)) {
        RtlRunOnceComplete(RunOnce, RTL_RUN_ONCE_INIT_FAILED, NULL);
        return STATUS_UNSUCCESSFUL;
    }
    Status = RtlRunOnceComplete(RunOnce, 0, Result);
    if (NT_SUCCESS(Status) && Context != NULL)
        *Context = Result;
    return Status;
}

/* ---- barriers: Reserved1 = threads still to come, Reserved2 = all, Reserved4 = phase, Reserved3[0] = threads inside ------------------ */

NTSTATUS NTAPI RtlInitBarrier(PRTL_BARRIER Barrier, ULONG Total, ULONG SpinCount)
{
    UNUSED(SpinCount);
    if (Total == 0 || Total > MAXLONG)
        return STATUS_INVALID_PARAMETER;
    memset(Barrier, 0, sizeof *Barrier);
    Barrier->Reserved1 = Barrier->Reserved2 = Total;
    return STATUS_SUCCESS;
}

/* TRUE for the one thread that came last. */
BOOLEAN NTAPI RtlBarrier(PRTL_BARRIER Barrier, ULONG Flags)
{
    volatile LONG *Phase = (volatile LONG *)&Barrier->Reserved4;
    LONG Mine = *Phase;

    UNUSED(Flags);
    InterlockedIncrement64((volatile LONG64 *)&Barrier->Reserved3[0]);
    BOOLEAN Last = InterlockedDecrement((volatile LONG *)&Barrier->Reserved1) == 0;
    if (Last) {
        Barrier->Reserved1 = Barrier->Reserved2;
        InterlockedIncrement(Phase);
        RtlWakeAddressAll((PVOID)Phase);
    } else {
        while (*Phase == Mine)
            RtlWaitOnAddress(Phase, &Mine, sizeof Mine, NULL);
    }
    if (InterlockedDecrement64((volatile LONG64 *)&Barrier->Reserved3[0]) == 0)
        RtlWakeAddressAll(&Barrier->Reserved3[0]);
    return Last;
}

NTSTATUS NTAPI RtlDeleteBarrier(PRTL_BARRIER Barrier)
{
    for (ULONG_PTR Inside; (Inside = *(volatile ULONG_PTR *)&Barrier->Reserved3[0]) != 0;)
        RtlWaitOnAddress(&Barrier->Reserved3[0], &Inside, sizeof Inside, NULL);
    return STATUS_SUCCESS;
}

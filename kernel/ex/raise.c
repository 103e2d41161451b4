/* SPDX-License-Identifier: MIT */
/*
 * raise.c - ExRaiseStatus and its relatives: a software exception with a status for code.
 *
 * The exception's address is the caller's.  The kernel itself returns statuses; these exist for drivers compiled with structured exception
 * handling.  Without a handler the dispatcher ends in KMODE_EXCEPTION_NOT_HANDLED with the status as its first parameter.
 */
#include "exp.h"
#include "rtl.h"

static NORETURN __attribute__((noinline)) void ExpRaise(NTSTATUS Status, PVOID Address)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = Status, .ExceptionFlags = EXCEPTION_NONCONTINUABLE, .ExceptionAddress = Address};

    RtlRaiseException(&Record);
    KeBugCheckEx(0x1E /* KMODE_EXCEPTION_NOT_HANDLED */, (ULONG)Status, (ULONG_PTR)Address, 0, 0);
}

DECLSPEC_NORETURN VOID NTAPI ExRaiseStatus(NTSTATUS Status)
{
    ExpRaise(Status, __builtin_return_address(0));
}

DECLSPEC_NORETURN VOID NTAPI ExRaiseAccessViolation(VOID)
{
    ExpRaise(STATUS_ACCESS_VIOLATION, __builtin_return_address(0));
}

DECLSPEC_NORETURN VOID NTAPI ExRaiseDatatypeMisalignment(VOID)
{
    ExpRaise(STATUS_DATATYPE_MISALIGNMENT, __builtin_return_address(0));
}

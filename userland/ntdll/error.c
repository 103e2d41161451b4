/* SPDX-License-Identifier: MIT */
/*
 * error.c - the last error and the last status of a thread, and the way from one to the other.
 */
#include "ntdllp.h"

static const struct
{
    ULONG Status;
    LONG Error;
} Table[] = {
#include "doserror.h"
};

/* As Windows: customer codes are themselves, NTWIN32 codes carry the error in their low half, what is unknown is ERROR_MR_MID_NOT_FOUND. */
ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS Status)
{
    ULONG Code = (ULONG)Status;

    if (Status == STATUS_SUCCESS || (Code & 0x20000000))
        return Code;
    if ((Code & 0xF0000000) == 0xD0000000)
        Code &= 0xCFFFFFFF;
    for (ULONG Low = 0, High = COUNT_OF(Table); Low < High;) {
        ULONG Middle = Low + (High - Low) / 2;
        if (Table[Middle].Status == Code)
            return (ULONG)Table[Middle].Error;
        if (Table[Middle].Status < Code)
            Low = Middle + 1;
        else
            High = Middle;
    }
    if (HIWORD(Code) == 0xC007 || HIWORD(Code) == 0x8007 || HIWORD(Code) == 0xC001)
        return LOWORD(Code);
    return ERROR_MR_MID_NOT_FOUND;
}

ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status)
{
    Teb()->LastStatusValue = Status;
    return RtlNtStatusToDosErrorNoTeb(Status);
}

VOID NTAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS Status)
{
    RtlSetLastWin32Error(RtlNtStatusToDosError(Status));
}

VOID NTAPI RtlSetLastWin32Error(ULONG Error)
{
    Teb()->LastErrorValue = Error;
}

VOID NTAPI RtlRestoreLastWin32Error(ULONG Error)
{
    Teb()->LastErrorValue = Error;
}

ULONG NTAPI RtlGetLastWin32Error(VOID)
{
    return Teb()->LastErrorValue;
}

NTSTATUS NTAPI RtlGetLastNtStatus(VOID)
{
    return Teb()->LastStatusValue;
}

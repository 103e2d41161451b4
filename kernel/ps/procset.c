/* SPDX-License-Identifier: MIT */
/*
 * procset.c - what NtSetInformationProcess can change.  psinfo.c has checked size and handle.
 */
#include "psinfo.h"
#include "mmws.h"

static NTSTATUS PspSetPriorityClass(PEPROCESS Process, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    UCHAR Class = ((const UCHAR *)Value)[1];

    if (Class == PROCESS_PRIORITY_CLASS_UNKNOWN || Class > PROCESS_PRIORITY_CLASS_ABOVE_NORMAL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Class == PROCESS_PRIORITY_CLASS_REALTIME && Process->Pcb.PriorityClass != Class &&
        !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_INC_BASE_PRIORITY_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    if (PspJobFixes(Process, 0x20 /* JOB_LIMIT_PRIORITY_CLASS */)) {
        return STATUS_SUCCESS; /* the job's stays, as on Windows */
    }
    Process->Pcb.PriorityClass = Class;
    (void)KeSetPriorityAndQuantumProcess(&Process->Pcb, PspPriorityOfClass(Class), 0);
    return STATUS_SUCCESS;
}

void PspSetProcessAffinity(PEPROCESS Process, KAFFINITY Affinity)
{
    KeSetAffinityProcess(&Process->Pcb, Affinity);
}

static NTSTATUS PspSetAffinity(PEPROCESS Process, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    KAFFINITY Affinity = (KAFFINITY)*Value;

    if (Affinity == 0 || (Affinity & KeQueryActiveProcessors()) != Affinity) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!PspJobFixes(Process, 0x10 /* JOB_LIMIT_AFFINITY */)) {
        PspSetProcessAffinity(Process, Affinity); /* in such a job the call succeeds and changes nothing */
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetHardErrorMode(PEPROCESS Process, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    Process->DefaultHardErrorProcessing = (ULONG)*Value;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetBoost(PEPROCESS Process, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    Process->Pcb.DisableBoost = (ULONG)*Value != 0;
    return STATUS_SUCCESS;
}


/* Kept and told by the query; nothing is trimmed before memory runs out, so there is nothing to lock in.  Both -1: trim now. */
static NTSTATUS PspSetQuota(PEPROCESS Process, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    SIZE_T Minimum = (SIZE_T)Value[2], Maximum = (SIZE_T)Value[3];
    ULONG Flags = (ULONG)Value[10];

    if (Minimum == (SIZE_T)-1 && Maximum == (SIZE_T)-1) {
        return MmEmptyWorkingSet_(Process);
    }
    if (Minimum == 0 && Maximum == 0) {
        return STATUS_SUCCESS;
    }
    if (Minimum > Maximum || Minimum == 0 || (Flags & ~0xFu) || (Flags & 3) == 3 || (Flags & 0xC) == 0xC) {
        return (Flags & ~0xFu) || (Flags & 3) == 3 || (Flags & 0xC) == 0xC ? STATUS_INVALID_PARAMETER : STATUS_BAD_WORKING_SET_LIMIT;
    }
    Process->MinimumWorkingSetSize = max(Minimum / PAGE_SIZE, 20);
    Process->MaximumWorkingSetSize = max(Maximum / PAGE_SIZE, 33);
    if (Flags != 0) {
        Process->WorkingSetFlags = Flags;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetBreak(PEPROCESS Process, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    if (!SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_DEBUG_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    if ((ULONG)*Value != 0) {
        InterlockedOr((volatile LONG *)&Process->Flags, PS_PROCESS_FLAGS_BREAK_ON_TERMINATION);
    } else {
        InterlockedAnd((volatile LONG *)&Process->Flags, ~PS_PROCESS_FLAGS_BREAK_ON_TERMINATION);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetIoPriority(PEPROCESS Process, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    if ((ULONG)*Value > 4) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((ULONG)*Value > 2 && !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_INC_BASE_PRIORITY_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    Process->IoPriority = (ULONG)*Value;
    for (PETHREAD Thread = PsGetNextProcessThread_(Process, NULL); Thread != NULL; Thread = PsGetNextProcessThread_(Process, Thread)) {
        Thread->IoPriority = (UCHAR)*Value;
    }
    return STATUS_SUCCESS;
}

/* PROCESS_DEBUG_INHERIT, or not. */
static NTSTATUS PspSetDebugFlags(PEPROCESS Process, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    if ((ULONG)*Value & ~1u) {
        return STATUS_INVALID_PARAMETER;
    }
    Process->NoDebugInherit = (ULONG)*Value == 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetPagePriority(PEPROCESS Process, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    if ((ULONG)*Value < 1 || (ULONG)*Value > 5) {
        return STATUS_INVALID_PARAMETER;
    }
    Process->PagePriority = (ULONG)*Value;
    for (PETHREAD Thread = PsGetNextProcessThread_(Process, NULL); Thread != NULL; Thread = PsGetNextProcessThread_(Process, Thread)) {
        Thread->PagePriority = (UCHAR)*Value;
    }
    return STATUS_SUCCESS;
}

/* Version 1, mask of what is controlled, mask of what is on: execution speed (1), and ignoring timer resolution (4). */
static NTSTATUS PspSetPowerThrottling(PEPROCESS Process, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    const ULONG *In = (const ULONG *)Value;

    if (In[0] != 1 || (In[1] & ~5u) || (In[2] & ~In[1])) {
        return STATUS_INVALID_PARAMETER;
    }
    Process->PowerThrottlingControl = In[1];
    Process->PowerThrottlingState = In[2];
    return STATUS_SUCCESS;
}

/* PROCESS_MITIGATION_POLICY_INFORMATION: a number and flags; for oneself.  What was forbidden stays so. */
static NTSTATUS PspSetMitigation(PEPROCESS Process, const ULONG64 *Value, KPROCESSOR_MODE Mode)
{
    ULONG Policy = ((const ULONG *)Value)[0], Flags = ((const ULONG *)Value)[1];
    PACCESS_TOKEN Token;

    if (Policy != 13 /* ProcessChildProcessPolicy */) {
        KdPrint_("Ps: mitigation policy %u cannot be set\n", Policy);
        return STATUS_NOT_SUPPORTED;
    }
    if (Process != PsThreadProcess_(PsCurrentThread_()) || (Flags & 3) == 0) {
        return STATUS_ACCESS_DENIED;
    }
    if (Flags & ~7u) {
        return STATUS_INVALID_PARAMETER;
    }
    Token = PsReferencePrimaryToken(Process);
    SeTokenSetNoChildProcessRestricted(Token, (Flags & 4) != 0, (Flags & 1) == 0);
    ObDereferenceObject(Token);
    return STATUS_SUCCESS;
}

const PSP_SET_CLASS PspProcessSets[] = {
    [1] = {PSP_S(PspSetQuota), PROCESS_SET_QUOTA, 48, 88},
    [12] = {PSP_S(PspSetHardErrorMode), PROCESS_SET_INFORMATION, 4, 0},
    [18] = {PSP_S(PspSetPriorityClass), PROCESS_SET_INFORMATION, 2, 0},
    [21] = {PSP_S(PspSetAffinity), PROCESS_SET_INFORMATION, 8, 16 /* GROUP_AFFINITY: the mask comes first */},
    [22] = {PSP_S(PspSetBoost), PROCESS_SET_INFORMATION, 4, 0},
    [29] = {PSP_S(PspSetBreak), PROCESS_SET_INFORMATION, 4, 0},
    [31] = {PSP_S(PspSetDebugFlags), PROCESS_SET_INFORMATION, 4, 0},
    [33] = {PSP_S(PspSetIoPriority), PROCESS_SET_INFORMATION, 4, 0},
    [39] = {PSP_S(PspSetPagePriority), PROCESS_SET_INFORMATION, 4, 0},
    [52] = {PSP_S(PspSetMitigation), PROCESS_SET_INFORMATION, 8, 0},
    [77] = {PSP_S(PspSetPowerThrottling), PROCESS_SET_INFORMATION, 12, 0},
};
const ULONG PspProcessSetCount = RTL_NUMBER_OF(PspProcessSets);

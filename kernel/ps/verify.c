/* SPDX-License-Identifier: MIT */
/*
 * verify.c - are the kernel's structures what they should be?  Behind `ntcheck` and the race explorer.
 *
 * The dispatcher is looked at with all processors held still (ke/verify.c), mm process by process from inside each address space
 * (mm/verify.c, which bugchecks on a contradiction).  Only ps knows all processes.
 */
#include "psp.h"

NTSTATUS PsVerifySystem_(char *Text, ULONG Size)
{
    PEPROCESS Process = NULL;
    KAPC_STATE ApcState;
    ULONG Problems;

    PAGED_CODE();
    ExAcquirePushLockShared_(&PspActiveProcessLock);
    Problems = KeVerify_(&PsActiveProcessHead, FIELD_OFFSET(EPROCESS, ActiveProcessLinks), Text, Size);
    ExReleasePushLockShared_(&PspActiveProcessLock);
    while ((Process = PsGetNextProcess_(Process)) != NULL) {
        if (ExAcquireRundownProtection(&Process->RundownProtect)) {
            KeStackAttachProcess(&Process->Pcb, &ApcState);
            MmVerify_();
            KeUnstackDetachProcess(&ApcState);
            ExReleaseRundownProtection(&Process->RundownProtect);
        }
    }
    return Problems == 0 ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
}

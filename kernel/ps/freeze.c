/* SPDX-License-Identifier: MIT */
/*
 * freeze.c - a process that stands still while its debugger looks at it.
 *
 * Freezing counts per process, not per thread: the first stops every thread that is linked, PspLinkThread every one that comes while the count is not 0,
 * the last thaw lets all go.  Each thread's own count (KTHREAD.FreezeCount) is beside its SuspendCount, so programs that suspend and resume see their
 * own figures only.
 */
#include "dbgk.h"
#include "psp.h"

BOOLEAN PsFreezeProcess_(PEPROCESS Process)
{
    BOOLEAN Frozen = FALSE;

    ExAcquirePushLockExclusive_(&Process->ProcessLock);
    if (!(Process->Flags & PS_PROCESS_FLAGS_PROCESS_DELETE)) {
        Frozen = TRUE;
        if (Process->FreezeCount++ == 0) {
            for (PLIST_ENTRY Link = Process->ThreadListHead.Flink; Link != &Process->ThreadListHead; Link = Link->Flink) {
                KeFreezeThread_(&CONTAINING_RECORD(Link, ETHREAD, ThreadListEntry)->Tcb);
            }
        }
    }
    ExReleasePushLockExclusive_(&Process->ProcessLock);
    return Frozen;
}

void PsThawProcess_(PEPROCESS Process)
{
    ExAcquirePushLockExclusive_(&Process->ProcessLock);
    ASSERT(Process->FreezeCount > 0);
    if (--Process->FreezeCount == 0) {
        for (PLIST_ENTRY Link = Process->ThreadListHead.Flink; Link != &Process->ThreadListHead; Link = Link->Flink) {
            KeThawThread_(&CONTAINING_RECORD(Link, ETHREAD, ThreadListEntry)->Tcb);
        }
    }
    ExReleasePushLockExclusive_(&Process->ProcessLock);
}

/* SPDX-License-Identifier: MIT */
/*
 * exinit.c - the executive's beginning.
 *
 * Phase 0 makes what needs neither memory nor threads; phase 1 the object types and the system worker threads.
 */
#include "exp.h"

void ExInitSystemPhase0(void)
{
    ExpInitializePushLocks();
    ExpInitializeWorkQueues();
    ExpInitializeUuids();
}

void ExInitSystemPhase1(void)
{
    ExpCreateObjectTypes();
    ExpInitializeWorkers();
}

void ExpCreateObjectTypes(void)
{
    static NTSTATUS (*const Initialize[])(void) = {ExpInitializeEvents, ExpInitializeMutants, ExpInitializeSemaphores,
                                                   ExpInitializeTimers, ExpInitializeKeyedEvents, ExpInitializeCallbacks,
                                                   ExpInitializeMemoryConditions};

    for (ULONG i = 0; i < RTL_NUMBER_OF(Initialize); i++) {
        NTSTATUS Status = Initialize[i]();

        if (!NT_SUCCESS(Status)) {
            KeBugCheckEx(0x31 /* PHASE0_INITIALIZATION_FAILED */, i, (ULONG)Status, 0, 0);
        }
    }
}

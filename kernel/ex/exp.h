/* SPDX-License-Identifier: MIT */
/*
 * exp.h - what the files of kernel/ex share among themselves.
 */
#ifndef NASCENT_EXP_H
#define NASCENT_EXP_H

#include "ex.h"
#include "ke.h"
#include "arch.h"
#include "kd.h"

/* KeEnterCriticalRegion and KeLeaveCriticalRegion as every push lock takes them; the leave calls ke only when an APC waited for it. */
static inline void ExpEnterCriticalRegion(void)
{
    KeGetCurrentThread()->KernelApcDisable--;
}

static inline void ExpLeaveCriticalRegion(void)
{
    PKTHREAD Thread = KeGetCurrentThread();

    ASSERT(Thread->KernelApcDisable < 0);
    if (++Thread->KernelApcDisable == 0 && UNLIKELY(!IsListEmpty(&Thread->ApcState.ApcListHead[KernelMode]))) {
        Thread->KernelApcDisable--;
        KeLeaveCriticalRegion();
    }
}

void ExpInitializePushLocks(void);
void ExpInitializeWorkQueues(void); /* phase 0 */
void ExpInitializeWorkers(void);    /* system worker threads; needs PsCreateSystemThread */
void ExpInitializeUuids(void);
void ExpCreateObjectTypes(void);   /* event, mutant, semaphore, timer, keyed event, callback */
NTSTATUS ExpInitializeEvents(void);
NTSTATUS ExpInitializeMutants(void);
NTSTATUS ExpInitializeSemaphores(void);
NTSTATUS ExpInitializeTimers(void);
NTSTATUS ExpInitializeKeyedEvents(void);
NTSTATUS ExpInitializeMemoryConditions(void); /* after the event type; memory is counted */
NTSTATUS ExpInitializeCallbacks(void);

#endif

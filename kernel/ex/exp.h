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
NTSTATUS ExpInitializeCallbacks(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * ki_time.h - the processor's clocks towards ke: the counter behind KeQueryPerformanceCounter and what calibration found.
 */
#ifndef NASCENT_KI_TIME_H
#define NASCENT_KI_TIME_H
#include "nt.h"

extern ULONG KiApicTicksPerSecond;
extern ULONG64 KiTscFrequency;
void KiApicTimerFreeRun(void);
ULONG KiApicTimerElapsed(void);
#endif

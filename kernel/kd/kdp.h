/* SPDX-License-Identifier: MIT */
/* kdp.h - what the files of kd share. */
#ifndef NASCENT_KDP_H
#define NASCENT_KDP_H
#include "arch.h"
#include "inbv.h"
#include "kd.h"
#include "ki.h"
#include "ldr.h"
#include "rtl.h"

extern BOOLEAN KdpInBugCheck; /* locks are no longer taken: one processor speaks, the others are stopped */
extern BOOLEAN KdpBootDisplay;
void KdpInitializeSerial(void);
void KdpSerialWrite(const char *Text, SIZE_T Length);
void KiCaptureContext(PCONTEXT Context);
const char *KdpBugCheckName(ULONG Code);
#endif

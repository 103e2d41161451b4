/* SPDX-License-Identifier: MIT */
/* absent.c - powrprof's power schemes and the kernel's power information, which are not there yet. */
#define LIBRARY "powrprof"
#include "absent.h"

ABSENT_STATUS(CallNtPowerInformation)
ABSENT_FALSE(GetActivePwrScheme)
ABSENT_FALSE(GetPwrCapabilities)
ABSENT_ERROR(PowerGetActiveScheme)
ABSENT_ERROR(PowerReadACValueIndex)
ABSENT_ERROR(PowerSetActiveScheme)
ABSENT_FALSE(SetSuspendState)

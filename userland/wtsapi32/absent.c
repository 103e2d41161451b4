/* SPDX-License-Identifier: MIT */
/*
 * absent.c - terminal sessions, of which there is one that nobody manages.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "wtsapi32"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_FALSE(WTSCloseServer)
ABSENT_FALSE(WTSDisconnectSession)
ABSENT_FALSE(WTSEnumerateProcessesExW)
ABSENT_FALSE(WTSEnumerateProcessesW)
ABSENT_FALSE(WTSEnumerateServersW)
ABSENT_FALSE(WTSEnumerateSessionsA)
ABSENT_FALSE(WTSEnumerateSessionsExW)
ABSENT_FALSE(WTSEnumerateSessionsW)
ABSENT_FALSE(WTSLogoffSession)
ABSENT_FALSE(WTSOpenServerW)
ABSENT_FALSE(WTSQuerySessionInformationA)
ABSENT_FALSE(WTSQuerySessionInformationW)
ABSENT_FALSE(WTSQueryUserToken)
ABSENT_FALSE(WTSRegisterSessionNotification)
ABSENT_FALSE(WTSSendMessageW)
ABSENT_FALSE(WTSTerminateProcess)
ABSENT_FALSE(WTSUnRegisterSessionNotification)
ABSENT_FALSE(WTSVirtualChannelOpen)
ABSENT_FALSE(WTSWaitSystemEvent)

ABSENT_VOID(WTSFreeMemory)
ABSENT_FALSE(WTSFreeMemoryExW)

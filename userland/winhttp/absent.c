/* SPDX-License-Identifier: MIT */
/*
 * absent.c - HTTP, which needs a network.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "winhttp"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_FALSE(WinHttpAddRequestHeaders)
ABSENT_FALSE(WinHttpCheckPlatform)
ABSENT_FALSE(WinHttpCloseHandle)
ABSENT_FALSE(WinHttpConnect)
ABSENT_FALSE(WinHttpCrackUrl)
ABSENT_FALSE(WinHttpCreateUrl)
ABSENT_FALSE(WinHttpDetectAutoProxyConfigUrl)
ABSENT_FALSE(WinHttpGetProxyForUrl)
ABSENT_FALSE(WinHttpOpen)
ABSENT_FALSE(WinHttpOpenRequest)
ABSENT_FALSE(WinHttpQueryAuthSchemes)
ABSENT_FALSE(WinHttpQueryDataAvailable)
ABSENT_FALSE(WinHttpQueryHeaders)
ABSENT_FALSE(WinHttpQueryOption)
ABSENT_FALSE(WinHttpReadData)
ABSENT_FALSE(WinHttpReceiveResponse)
ABSENT_FALSE(WinHttpSendRequest)
ABSENT_FALSE(WinHttpSetCredentials)
ABSENT_FALSE(WinHttpSetDefaultProxyConfiguration)
ABSENT_FALSE(WinHttpSetOption)
ABSENT_FALSE(WinHttpSetStatusCallback)
ABSENT_FALSE(WinHttpSetTimeouts)
ABSENT_FALSE(WinHttpTimeFromSystemTime)
ABSENT_FALSE(WinHttpTimeToSystemTime)
ABSENT_FALSE(WinHttpWebSocketCompleteUpgrade)
ABSENT_FALSE(WinHttpWriteData)

/* SPDX-License-Identifier: MIT */
/*
 * absent.c - the internet, which needs a network.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "wininet"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_FALSE(DeleteUrlCacheEntryW)
ABSENT_FALSE(FindCloseUrlCache)
ABSENT_FALSE(FtpOpenFileW)
ABSENT_FALSE(HttpAddRequestHeadersA)
ABSENT_FALSE(HttpAddRequestHeadersW)
ABSENT_FALSE(HttpOpenRequestA)
ABSENT_FALSE(HttpOpenRequestW)
ABSENT_FALSE(HttpQueryInfoA)
ABSENT_FALSE(HttpQueryInfoW)
ABSENT_FALSE(HttpSendRequestA)
ABSENT_FALSE(HttpSendRequestW)
ABSENT_FALSE(InternetAttemptConnect)
ABSENT_FALSE(InternetCanonicalizeUrlW)
ABSENT_FALSE(InternetCheckConnectionW)
ABSENT_FALSE(InternetCloseHandle)
ABSENT_FALSE(InternetCombineUrlW)
ABSENT_FALSE(InternetConnectA)
ABSENT_FALSE(InternetConnectW)
ABSENT_FALSE(InternetCrackUrlA)
ABSENT_FALSE(InternetCrackUrlW)
ABSENT_FALSE(InternetGetConnectedState)
ABSENT_FALSE(InternetGetConnectedStateEx)
ABSENT_FALSE(InternetGetCookieW)
ABSENT_FALSE(InternetGetLastResponseInfoW)
ABSENT_FALSE(InternetOpenA)
ABSENT_FALSE(InternetOpenUrlA)
ABSENT_FALSE(InternetOpenUrlW)
ABSENT_FALSE(InternetOpenW)
ABSENT_FALSE(InternetQueryDataAvailable)
ABSENT_FALSE(InternetQueryOptionA)
ABSENT_FALSE(InternetQueryOptionW)
ABSENT_FALSE(InternetReadFile)
ABSENT_FALSE(InternetSetCookieW)
ABSENT_FALSE(InternetSetOptionA)
ABSENT_FALSE(InternetSetOptionW)
ABSENT_FALSE(InternetSetStatusCallbackW)
ABSENT_FALSE(InternetWriteFile)

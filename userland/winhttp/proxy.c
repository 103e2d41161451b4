/* SPDX-License-Identifier: MIT */
/*
 * proxy.c - which proxy is set: none, for the machine as for the user.
 */
#include "smalldll.h"
#include <winhttp.h>

BOOL WINAPI WinHttpGetDefaultProxyConfiguration(WINHTTP_PROXY_INFO *Info)
{
    if (Info == NULL) {
        return Fail(ERROR_INVALID_PARAMETER);
    }
    *Info = (WINHTTP_PROXY_INFO){.dwAccessType = WINHTTP_ACCESS_TYPE_NO_PROXY};
    return TRUE;
}

/* The user has no settings of Internet Explorer's. */
BOOL WINAPI WinHttpGetIEProxyConfigForCurrentUser(WINHTTP_CURRENT_USER_IE_PROXY_CONFIG *Config)
{
    if (Config == NULL) {
        return Fail(ERROR_INVALID_PARAMETER);
    }
    *Config = (WINHTTP_CURRENT_USER_IE_PROXY_CONFIG){0};
    return Fail(ERROR_FILE_NOT_FOUND);
}

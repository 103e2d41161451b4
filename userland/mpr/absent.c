/* SPDX-License-Identifier: MIT */
/*
 * absent.c - network drives, of which there are none (ERROR_NO_NETWORK).
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "mpr"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT(WNetAddConnection2A, 1222, 0)
ABSENT(WNetAddConnection2W, 1222, 0)
ABSENT(WNetAddConnection3W, 1222, 0)
ABSENT(WNetCancelConnection2A, 1222, 0)
ABSENT(WNetCancelConnection2W, 1222, 0)
ABSENT(WNetCloseEnum, 1222, 0)
ABSENT(WNetEnumResourceA, 1222, 0)
ABSENT(WNetEnumResourceW, 1222, 0)
ABSENT(WNetGetConnectionA, 1222, 0)
ABSENT(WNetGetConnectionW, 1222, 0)
ABSENT(WNetGetLastErrorW, 1222, 0)
ABSENT(WNetGetProviderNameW, 1222, 0)
ABSENT(WNetGetResourceInformationW, 1222, 0)
ABSENT(WNetGetUniversalNameA, 1222, 0)
ABSENT(WNetGetUniversalNameW, 1222, 0)
ABSENT(WNetGetUserA, 1222, 0)
ABSENT(WNetGetUserW, 1222, 0)
ABSENT(WNetOpenEnumA, 1222, 0)
ABSENT(WNetOpenEnumW, 1222, 0)
ABSENT(WNetUseConnectionW, 1222, 0)

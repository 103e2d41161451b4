/* SPDX-License-Identifier: MIT */
/*
 * absent.c - accounts, shares and domains of a network, which is not there yet (ERROR_NOT_SUPPORTED).
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "netapi32"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT(DsGetDcNameW, 50, 0)
ABSENT(DsRoleGetPrimaryDomainInformation, 50, 0)
ABSENT(NetApiBufferAllocate, 50, 0)
ABSENT(NetGetDCName, 50, 0)
ABSENT(NetGetJoinInformation, 50, 0)
ABSENT(NetGroupEnum, 50, 0)
ABSENT(NetGroupGetUsers, 50, 0)
ABSENT(NetLocalGroupAdd, 50, 0)
ABSENT(NetLocalGroupAddMembers, 50, 0)
ABSENT(NetLocalGroupDelMembers, 50, 0)
ABSENT(NetLocalGroupEnum, 50, 0)
ABSENT(NetLocalGroupGetMembers, 50, 0)
ABSENT(NetScheduleJobAdd, 50, 0)
ABSENT(NetServerEnum, 50, 0)
ABSENT(NetServerGetInfo, 50, 0)
ABSENT(NetSessionEnum, 50, 0)
ABSENT(NetShareAdd, 50, 0)
ABSENT(NetShareDel, 50, 0)
ABSENT(NetShareEnum, 50, 0)
ABSENT(NetShareGetInfo, 50, 0)
ABSENT(NetUseAdd, 50, 0)
ABSENT(NetUseDel, 50, 0)
ABSENT(NetUseEnum, 50, 0)
ABSENT(NetUserAdd, 50, 0)
ABSENT(NetUserDel, 50, 0)
ABSENT(NetUserEnum, 50, 0)
ABSENT(NetUserGetGroups, 50, 0)
ABSENT(NetUserGetInfo, 50, 0)
ABSENT(NetUserGetLocalGroups, 50, 0)
ABSENT(NetUserModalsGet, 50, 0)
ABSENT(NetUserSetInfo, 50, 0)
ABSENT(NetWkstaGetInfo, 50, 0)
ABSENT(NetWkstaUserGetInfo, 50, 0)

ABSENT(NetApiBufferFree, 0, 0)
ABSENT_VOID(DsRoleFreeMemory)

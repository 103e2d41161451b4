/* SPDX-License-Identifier: MIT */
/*
 * absent.c - extensions of sockets, which are not there yet.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "mswsock"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT(AcceptEx, 0, 10045u)
ABSENT(EnumProtocolsA, 0, 10045u)
ABSENT(EnumProtocolsW, 0, 10045u)
ABSENT(GetAddressByNameW, 0, 10045u)
ABSENT(GetNameByTypeW, 0, 10045u)
ABSENT(TransmitFile, 0, 10045u)

ABSENT_VOID(GetAcceptExSockaddrs)
ABSENT(WSARecvEx, -1, 10038u)

/* SPDX-License-Identifier: MIT */
/*
 * absent.c - names in the network, which is not there yet (DNS_ERROR_NO_DNS_SERVERS).
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "dnsapi"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT(DnsCancelQuery, 9852, 0)
ABSENT(DnsModifyRecordsInSet_W, 9852, 0)
ABSENT(DnsNameCompare_W, 9852, 0)
ABSENT(DnsQueryConfig, 9852, 0)
ABSENT(DnsQueryEx, 9852, 0)
ABSENT(DnsQuery_A, 9852, 0)
ABSENT(DnsQuery_UTF8, 9852, 0)
ABSENT(DnsQuery_W, 9852, 0)
ABSENT(DnsServiceBrowse, 9852, 0)
ABSENT(DnsServiceRegister, 9852, 0)
ABSENT(DnsValidateName_W, 9852, 0)

ABSENT_VOID(DnsFree)
ABSENT_VOID(DnsRecordListFree)
ABSENT_FALSE(DnsFlushResolverCache)

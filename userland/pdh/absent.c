/* SPDX-License-Identifier: MIT */
/*
 * absent.c - performance counters, which are not there yet.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "pdh"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT(PdhAddCounterA, (int32_t)0xC0000BD3, 0)
ABSENT(PdhAddCounterW, (int32_t)0xC0000BD3, 0)
ABSENT(PdhAddEnglishCounterA, (int32_t)0xC0000BD3, 0)
ABSENT(PdhAddEnglishCounterW, (int32_t)0xC0000BD3, 0)
ABSENT(PdhCloseQuery, (int32_t)0xC0000BD3, 0)
ABSENT(PdhCollectQueryData, (int32_t)0xC0000BD3, 0)
ABSENT(PdhCollectQueryDataEx, (int32_t)0xC0000BD3, 0)
ABSENT(PdhEnumObjectItemsW, (int32_t)0xC0000BD3, 0)
ABSENT(PdhEnumObjectsA, (int32_t)0xC0000BD3, 0)
ABSENT(PdhEnumObjectsW, (int32_t)0xC0000BD3, 0)
ABSENT(PdhExpandWildCardPathW, (int32_t)0xC0000BD3, 0)
ABSENT(PdhGetCounterInfoW, (int32_t)0xC0000BD3, 0)
ABSENT(PdhGetFormattedCounterArrayA, (int32_t)0xC0000BD3, 0)
ABSENT(PdhGetFormattedCounterArrayW, (int32_t)0xC0000BD3, 0)
ABSENT(PdhGetFormattedCounterValue, (int32_t)0xC0000BD3, 0)
ABSENT(PdhGetRawCounterValue, (int32_t)0xC0000BD3, 0)
ABSENT(PdhLookupPerfNameByIndexW, (int32_t)0xC0000BD3, 0)
ABSENT(PdhOpenQueryA, (int32_t)0xC0000BD3, 0)
ABSENT(PdhOpenQueryW, (int32_t)0xC0000BD3, 0)
ABSENT(PdhRemoveCounter, (int32_t)0xC0000BD3, 0)
ABSENT(PdhValidatePathW, (int32_t)0xC0000BD3, 0)

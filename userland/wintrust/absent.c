/* SPDX-License-Identifier: MIT */
/*
 * absent.c - signatures of files, which are not checked yet (TRUST_E_PROVIDER_UNKNOWN).
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "wintrust"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT(WinVerifyTrust, (int32_t)0x800B0001, 0)
ABSENT(WinVerifyTrustEx, (int32_t)0x800B0001, 0)

ABSENT_FALSE(CryptCATAdminAcquireContext)
ABSENT_FALSE(CryptCATAdminCalcHashFromFileHandle)
ABSENT_FALSE(CryptCATAdminEnumCatalogFromHash)
ABSENT_FALSE(CryptCATAdminReleaseCatalogContext)
ABSENT_FALSE(CryptCATAdminReleaseContext)
ABSENT_FALSE(CryptCATCatalogInfoFromContext)
ABSENT_FALSE(WTHelperGetProvCertFromChain)
ABSENT_FALSE(WTHelperGetProvSignerFromChain)
ABSENT_FALSE(WTHelperProvDataFromStateData)

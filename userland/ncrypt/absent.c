/* SPDX-License-Identifier: MIT */
/*
 * absent.c - keys in key stores, which are not there yet.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "ncrypt"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT(NCryptCreatePersistedKey, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptDecrypt, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptDeleteKey, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptDeriveKey, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptEncrypt, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptEnumAlgorithms, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptEnumKeys, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptEnumStorageProviders, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptExportKey, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptFinalizeKey, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptFreeBuffer, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptFreeObject, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptGetProperty, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptImportKey, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptIsAlgSupported, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptIsKeyHandle, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptOpenKey, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptOpenStorageProvider, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptSecretAgreement, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptSetProperty, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptSignHash, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptTranslateHandle, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)
ABSENT(NCryptVerifySignature, (int32_t)0x80090029 /* NTE_NOT_SUPPORTED */, 0)

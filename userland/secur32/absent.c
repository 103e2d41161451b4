/* SPDX-License-Identifier: MIT */
/*
 * absent.c - security packages and logon sessions, which are not there yet.
 */
#define LIBRARY "secur32"
#include "absent.h"

/* SEC_E_UNSUPPORTED_FUNCTION */
ABSENT(AcceptSecurityContext, (int32_t)0x80090302, 0)
ABSENT(AcquireCredentialsHandleA, (int32_t)0x80090302, 0)
ABSENT(AcquireCredentialsHandleW, (int32_t)0x80090302, 0)
ABSENT(ApplyControlToken, (int32_t)0x80090302, 0)
ABSENT(CompleteAuthToken, (int32_t)0x80090302, 0)
ABSENT(DecryptMessage, (int32_t)0x80090302, 0)
ABSENT(DeleteSecurityContext, (int32_t)0x80090302, 0)
ABSENT(EncryptMessage, (int32_t)0x80090302, 0)
ABSENT(EnumerateSecurityPackagesA, (int32_t)0x80090302, 0)
ABSENT(EnumerateSecurityPackagesW, (int32_t)0x80090302, 0)
ABSENT(FreeContextBuffer, (int32_t)0x80090302, 0)
ABSENT(FreeCredentialsHandle, (int32_t)0x80090302, 0)
ABSENT(ImpersonateSecurityContext, (int32_t)0x80090302, 0)
ABSENT(InitializeSecurityContextA, (int32_t)0x80090302, 0)
ABSENT(InitializeSecurityContextW, (int32_t)0x80090302, 0)
ABSENT(MakeSignature, (int32_t)0x80090302, 0)
ABSENT(QueryContextAttributesA, (int32_t)0x80090302, 0)
ABSENT(QueryContextAttributesW, (int32_t)0x80090302, 0)
ABSENT(QueryCredentialsAttributesW, (int32_t)0x80090302, 0)
ABSENT(QuerySecurityContextToken, (int32_t)0x80090302, 0)
ABSENT(QuerySecurityPackageInfoA, (int32_t)0x80090302, 0)
ABSENT(QuerySecurityPackageInfoW, (int32_t)0x80090302, 0)
ABSENT(RevertSecurityContext, (int32_t)0x80090302, 0)
ABSENT(SetContextAttributesW, (int32_t)0x80090302, 0)
ABSENT(SetCredentialsAttributesW, (int32_t)0x80090302, 0)
ABSENT(VerifySignature, (int32_t)0x80090302, 0)

ABSENT_STATUS(LsaCallAuthenticationPackage)
ABSENT_STATUS(LsaConnectUntrusted)
ABSENT_STATUS(LsaDeregisterLogonProcess)
ABSENT_STATUS(LsaEnumerateLogonSessions)
ABSENT_STATUS(LsaFreeReturnBuffer)
ABSENT_STATUS(LsaGetLogonSessionData)
ABSENT_STATUS(LsaLogonUser)
ABSENT_STATUS(LsaLookupAuthenticationPackage)
ABSENT_STATUS(LsaRegisterLogonProcess)

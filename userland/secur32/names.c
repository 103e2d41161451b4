/* SPDX-License-Identifier: MIT */
/*
 * names.c - the user's and the computer's names in their several forms. Without a domain there is only COMPUTER\USER (NameSamCompatible); the
 * others are ERROR_NONE_MAPPED, as on a computer in no domain.
 */
#include "smalldll.h"
#define SECURITY_WIN32
#include <security.h>

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

BOOLEAN WINAPI GetUserNameExW(EXTENDED_NAME_FORMAT Format, LPWSTR Name, PULONG Size)
{
    WCHAR Buffer[256], User[128] = L"Administrator";
    DWORD Length = 64;

    if (Size == NULL || Format == NameUnknown) {
        return (BOOLEAN)Fail(ERROR_INVALID_PARAMETER);
    }
    if (Format != NameSamCompatible) {
        return (BOOLEAN)Fail(ERROR_NONE_MAPPED);
    }
    GetEnvironmentVariableW(L"USERNAME", User, COUNT_OF(User));
    if (!GetComputerNameW(Buffer, &Length)) {
        return FALSE;
    }
    wcscat(Buffer, L"\\");
    wcscat(Buffer, User);
    ULONG Need = (ULONG)wcslen(Buffer) + 1;
    if (Name == NULL || *Size < Need) {
        *Size = Need;
        return (BOOLEAN)Fail(ERROR_MORE_DATA);
    }
    memcpy(Name, Buffer, Need * sizeof(WCHAR));
    *Size = Need - 1;
    return TRUE;
}

BOOLEAN WINAPI GetUserNameExA(EXTENDED_NAME_FORMAT Format, LPSTR Name, PULONG Size)
{
    WCHAR Wide[256];
    ULONG Length = COUNT_OF(Wide);

    if (Size == NULL) {
        return (BOOLEAN)Fail(ERROR_INVALID_PARAMETER);
    }
    if (!GetUserNameExW(Format, Wide, &Length)) {
        return FALSE;
    }
    ULONG Need = (ULONG)WideCharToMultiByte(CP_ACP, 0, Wide, -1, NULL, 0, NULL, NULL);
    if (Name == NULL || *Size < Need) {
        *Size = Need;
        return (BOOLEAN)Fail(ERROR_MORE_DATA);
    }
    WideCharToMultiByte(CP_ACP, 0, Wide, -1, Name, (int)*Size, NULL, NULL);
    *Size = Need - 1;
    return TRUE;
}

BOOLEAN WINAPI GetComputerObjectNameW(EXTENDED_NAME_FORMAT Format, LPWSTR Name, PULONG Size)
{
    UNUSED(Format);
    UNUSED(Name);
    UNUSED(Size);
    return (BOOLEAN)Fail(ERROR_CANT_ACCESS_DOMAIN_INFO);
}

/* The table of the interface's functions, which each say that there is no package. */
PSecurityFunctionTableW WINAPI InitSecurityInterfaceW(void)
{
    static SecurityFunctionTableW Table = {
        .dwVersion = SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_4,
        .EnumerateSecurityPackagesW = EnumerateSecurityPackagesW, .QueryCredentialsAttributesW = QueryCredentialsAttributesW,
        .AcquireCredentialsHandleW = AcquireCredentialsHandleW, .FreeCredentialsHandle = FreeCredentialsHandle,
        .InitializeSecurityContextW = InitializeSecurityContextW, .AcceptSecurityContext = AcceptSecurityContext,
        .CompleteAuthToken = CompleteAuthToken, .DeleteSecurityContext = DeleteSecurityContext, .ApplyControlToken = ApplyControlToken,
        .QueryContextAttributesW = QueryContextAttributesW, .ImpersonateSecurityContext = ImpersonateSecurityContext,
        .RevertSecurityContext = RevertSecurityContext, .MakeSignature = MakeSignature, .VerifySignature = VerifySignature,
        .FreeContextBuffer = FreeContextBuffer, .QuerySecurityPackageInfoW = QuerySecurityPackageInfoW, .EncryptMessage = EncryptMessage,
        .DecryptMessage = DecryptMessage,
    };

    return &Table;
}

PSecurityFunctionTableA WINAPI InitSecurityInterfaceA(void)
{
    static SecurityFunctionTableA Table = {
        .dwVersion = SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_4,
        .EnumerateSecurityPackagesA = EnumerateSecurityPackagesA, .AcquireCredentialsHandleA = AcquireCredentialsHandleA,
        .FreeCredentialsHandle = FreeCredentialsHandle, .InitializeSecurityContextA = InitializeSecurityContextA,
        .AcceptSecurityContext = AcceptSecurityContext, .CompleteAuthToken = CompleteAuthToken,
        .DeleteSecurityContext = DeleteSecurityContext, .ApplyControlToken = ApplyControlToken,
        .QueryContextAttributesA = QueryContextAttributesA, .FreeContextBuffer = FreeContextBuffer,
        .QuerySecurityPackageInfoA = QuerySecurityPackageInfoA, .EncryptMessage = EncryptMessage, .DecryptMessage = DecryptMessage,
    };

    return &Table;
}

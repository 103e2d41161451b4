/* SPDX-License-Identifier: MIT */
/*
 * sid.c - security identifiers, and those that everybody knows by a number (WELL_KNOWN_SID_TYPE).
 */
#include "adv.h"

BOOL WINAPI IsValidSid(PSID Sid)
{
    return RtlValidSid(Sid);
}

BOOL WINAPI EqualSid(PSID First, PSID Second)
{
    RtlSetLastWin32Error(ERROR_SUCCESS); /* "not equal" is no error */
    return RtlEqualSid(First, Second);
}

BOOL WINAPI EqualPrefixSid(PSID First, PSID Second)
{
    return RtlEqualPrefixSid(First, Second);
}

DWORD WINAPI GetSidLengthRequired(UCHAR Count)
{
    return RtlLengthRequiredSid(Count);
}

BOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY Authority, BYTE Count, DWORD S0, DWORD S1, DWORD S2, DWORD S3, DWORD S4, DWORD S5,
                                     DWORD S6, DWORD S7, PSID *Sid)
{
    return AdvResult(RtlAllocateAndInitializeSid(Authority, Count, S0, S1, S2, S3, S4, S5, S6, S7, Sid));
}

PVOID WINAPI FreeSid(PSID Sid)
{
    RtlFreeSid(Sid);
    return NULL;
}

BOOL WINAPI InitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY Authority, BYTE Count)
{
    return AdvResult(RtlInitializeSid(Sid, Authority, Count));
}

PSID_IDENTIFIER_AUTHORITY WINAPI GetSidIdentifierAuthority(PSID Sid)
{
    RtlSetLastWin32Error(ERROR_SUCCESS);
    return RtlIdentifierAuthoritySid(Sid);
}

PDWORD WINAPI GetSidSubAuthority(PSID Sid, DWORD Index)
{
    RtlSetLastWin32Error(ERROR_SUCCESS);
    return (PDWORD)RtlSubAuthoritySid(Sid, Index);
}

PUCHAR WINAPI GetSidSubAuthorityCount(PSID Sid)
{
    RtlSetLastWin32Error(ERROR_SUCCESS);
    return RtlSubAuthorityCountSid(Sid);
}

DWORD WINAPI GetLengthSid(PSID Sid)
{
    RtlSetLastWin32Error(ERROR_SUCCESS);
    return RtlLengthSid(Sid);
}

BOOL WINAPI CopySid(DWORD Length, PSID Target, PSID Source)
{
    return AdvResult(RtlCopySid(Length, Target, Source));
}

/* ---- well-known ones --------------------------------------------------------------------------------------------------------------------- */

#define DOMAIN_RID 0xFF /* in Authority: the caller's domain, and one relative id */

static const struct
{
    UCHAR Type, Authority, Count;
    ULONG Sub[2];
} WellKnown[] = {
    {WinNullSid, 0, 1, {0, 0}}, {WinWorldSid, 1, 1, {0, 0}}, {WinLocalSid, 2, 1, {0, 0}}, {WinCreatorOwnerSid, 3, 1, {0, 0}},
    {WinCreatorGroupSid, 3, 1, {1, 0}}, {WinCreatorOwnerServerSid, 3, 1, {2, 0}}, {WinCreatorGroupServerSid, 3, 1, {3, 0}},
    {WinNtAuthoritySid, 5, 0, {0, 0}}, {WinDialupSid, 5, 1, {1, 0}}, {WinNetworkSid, 5, 1, {2, 0}}, {WinBatchSid, 5, 1, {3, 0}},
    {WinInteractiveSid, 5, 1, {4, 0}}, {WinServiceSid, 5, 1, {6, 0}}, {WinAnonymousSid, 5, 1, {7, 0}}, {WinProxySid, 5, 1, {8, 0}},
    {WinEnterpriseControllersSid, 5, 1, {9, 0}}, {WinSelfSid, 5, 1, {10, 0}}, {WinAuthenticatedUserSid, 5, 1, {11, 0}},
    {WinRestrictedCodeSid, 5, 1, {12, 0}}, {WinTerminalServerSid, 5, 1, {13, 0}}, {WinRemoteLogonIdSid, 5, 1, {14, 0}},
    {WinLogonIdsSid, 5, 1, {5, 0}}, {WinLocalSystemSid, 5, 1, {18, 0}}, {WinLocalServiceSid, 5, 1, {19, 0}},
    {WinNetworkServiceSid, 5, 1, {20, 0}}, {WinBuiltinDomainSid, 5, 1, {32, 0}}, {WinBuiltinAdministratorsSid, 5, 2, {32, 544}},
    {WinBuiltinUsersSid, 5, 2, {32, 545}}, {WinBuiltinGuestsSid, 5, 2, {32, 546}}, {WinBuiltinPowerUsersSid, 5, 2, {32, 547}},
    {WinBuiltinAccountOperatorsSid, 5, 2, {32, 548}}, {WinBuiltinSystemOperatorsSid, 5, 2, {32, 549}},
    {WinBuiltinPrintOperatorsSid, 5, 2, {32, 550}}, {WinBuiltinBackupOperatorsSid, 5, 2, {32, 551}}, {WinBuiltinReplicatorSid, 5, 2, {32, 552}},
    {WinBuiltinPreWindows2000CompatibleAccessSid, 5, 2, {32, 554}}, {WinBuiltinRemoteDesktopUsersSid, 5, 2, {32, 555}},
    {WinBuiltinNetworkConfigurationOperatorsSid, 5, 2, {32, 556}}, {WinAccountAdministratorSid, DOMAIN_RID, 1, {500, 0}},
    {WinAccountGuestSid, DOMAIN_RID, 1, {501, 0}}, {WinAccountKrbtgtSid, DOMAIN_RID, 1, {502, 0}},
    {WinAccountDomainAdminsSid, DOMAIN_RID, 1, {512, 0}}, {WinAccountDomainUsersSid, DOMAIN_RID, 1, {513, 0}},
    {WinAccountDomainGuestsSid, DOMAIN_RID, 1, {514, 0}}, {WinAccountComputersSid, DOMAIN_RID, 1, {515, 0}},
    {WinAccountControllersSid, DOMAIN_RID, 1, {516, 0}}, {WinAccountCertAdminsSid, DOMAIN_RID, 1, {517, 0}},
    {WinAccountSchemaAdminsSid, DOMAIN_RID, 1, {518, 0}}, {WinAccountEnterpriseAdminsSid, DOMAIN_RID, 1, {519, 0}},
    {WinAccountPolicyAdminsSid, DOMAIN_RID, 1, {520, 0}}, {WinAccountRasAndIasServersSid, DOMAIN_RID, 1, {553, 0}},
    {WinNTLMAuthenticationSid, 5, 2, {64, 10}}, {WinDigestAuthenticationSid, 5, 2, {64, 21}}, {WinSChannelAuthenticationSid, 5, 2, {64, 14}},
    {WinThisOrganizationSid, 5, 1, {15, 0}}, {WinOtherOrganizationSid, 5, 1, {1000, 0}},
    {WinBuiltinIncomingForestTrustBuildersSid, 5, 2, {32, 557}}, {WinBuiltinPerfMonitoringUsersSid, 5, 2, {32, 558}},
    {WinBuiltinPerfLoggingUsersSid, 5, 2, {32, 559}}, {WinBuiltinAuthorizationAccessSid, 5, 2, {32, 560}},
    {WinBuiltinTerminalServerLicenseServersSid, 5, 2, {32, 561}}, {WinBuiltinDCOMUsersSid, 5, 2, {32, 562}},
    {WinBuiltinIUsersSid, 5, 2, {32, 568}}, {WinIUserSid, 5, 1, {17, 0}}, {WinBuiltinCryptoOperatorsSid, 5, 2, {32, 569}},
    {WinUntrustedLabelSid, 16, 1, {0, 0}}, {WinLowLabelSid, 16, 1, {4096, 0}}, {WinMediumLabelSid, 16, 1, {8192, 0}},
    {WinHighLabelSid, 16, 1, {12288, 0}}, {WinSystemLabelSid, 16, 1, {16384, 0}}, {WinWriteRestrictedCodeSid, 5, 1, {33, 0}},
    {WinCreatorOwnerRightsSid, 3, 1, {4, 0}}, {WinCacheablePrincipalsGroupSid, DOMAIN_RID, 1, {571, 0}},
    {WinNonCacheablePrincipalsGroupSid, DOMAIN_RID, 1, {572, 0}}, {WinEnterpriseReadonlyControllersSid, DOMAIN_RID, 1, {498, 0}},
    {WinAccountReadonlyControllersSid, DOMAIN_RID, 1, {521, 0}}, {WinBuiltinEventLogReadersGroup, 5, 2, {32, 573}},
    {78 /* CertSvcDComAccess */, 5, 2, {32, 574}}, {79 /* MediumPlusLabel */, 16, 1, {8448, 0}}, {81 /* ConsoleLogon */, 2, 1, {1, 0}},
    {82 /* ThisOrganizationCertificate */, 5, 2, {65, 1}}, {83 /* ApplicationPackageAuthority */, 15, 0, {0, 0}},
    {84 /* BuiltinAnyPackage */, 15, 2, {2, 1}},
    /* The numbers are those of <winnt.h>: capabilities, groups of later servers, how somebody was authenticated. */
    {77, DOMAIN_RID, 1, {498, 0}}, {85, 15, 2, {3, 1}}, {86, 15, 2, {3, 2}}, {87, 15, 2, {3, 3}}, {88, 15, 2, {3, 4}}, {89, 15, 2, {3, 5}},
    {90, 15, 2, {3, 6}}, {91, 15, 2, {3, 7}}, {92, 15, 2, {3, 9}}, {93, 15, 2, {3, 8}}, {94, 15, 2, {3, 10}}, {95, 5, 2, {32, 575}},
    {96, 5, 2, {32, 576}}, {97, 5, 2, {32, 577}}, {99, 5, 2, {32, 578}}, {100, DOMAIN_RID, 1, {522, 0}}, {101, 5, 2, {32, 579}},
    {102, 5, 2, {32, 580}}, {103, 18, 1, {1, 0}}, {104, 18, 1, {2, 0}}, {105, 5, 1, {113, 0}}, {106, 5, 1, {114, 0}},
    {107, DOMAIN_RID, 1, {525, 0}}, {108, 15, 2, {3, 11}}, {109, 15, 2, {3, 12}}, {110, DOMAIN_RID, 1, {503, 0}}, {111, 5, 2, {32, 581}},
    {112, 5, 2, {32, 582}}, {113, DOMAIN_RID, 1, {526, 0}}, {114, DOMAIN_RID, 1, {527, 0}}, {115, 18, 1, {4, 0}}, {116, 18, 1, {5, 0}},
    {117, 18, 1, {6, 0}}, {118, 18, 1, {3, 0}}, {119, 5, 2, {32, 583}},
};

static bool BuildWellKnown(ULONG Index, PSID Domain, PSID Sid)
{
    SID *New = Sid;
    ULONG Count = 0;

    if (WellKnown[Index].Authority == DOMAIN_RID) {
        if (Domain == NULL) {
            return false;
        }
        RtlCopySid(LONGEST_SID, Sid, Domain);
        Count = New->SubAuthorityCount;
    } else {
        memset(Sid, 0, sizeof(SID));
        New->Revision = SID_REVISION;
        New->IdentifierAuthority.Value[5] = WellKnown[Index].Authority;
    }
    New->SubAuthorityCount = (UCHAR)(Count + WellKnown[Index].Count);
    for (ULONG i = 0; i < WellKnown[Index].Count; i++) {
        New->SubAuthority[Count + i] = WellKnown[Index].Sub[i];
    }
    return true;
}

BOOL WINAPI CreateWellKnownSid(WELL_KNOWN_SID_TYPE Type, PSID Domain, PSID Sid, DWORD *Size)
{
    UCHAR Buffer[LONGEST_SID + 8] __attribute__((aligned(8)));
    ULONG Index = 0;

    if (Size == NULL || (Domain != NULL && (!RtlValidSid(Domain) || *RtlSubAuthorityCountSid(Domain) > 14))) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    while (Index < COUNT_OF(WellKnown) && WellKnown[Index].Type != (UCHAR)Type) {
        Index++;
    }
    if (Index == COUNT_OF(WellKnown) || !BuildWellKnown(Index, Domain, Buffer)) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    DWORD Needed = RtlLengthSid(Buffer), Given = *Size;
    *Size = Needed;
    if (Given < Needed) {
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    if (Sid == NULL) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    memcpy(Sid, Buffer, Needed);
    return TRUE;
}

/* A SID of any domain counts for the types that need one. */
BOOL WINAPI IsWellKnownSid(PSID Sid, WELL_KNOWN_SID_TYPE Type)
{
    UCHAR Buffer[LONGEST_SID + 8] __attribute__((aligned(8))), Domain[LONGEST_SID + 8] __attribute__((aligned(8)));
    DWORD Size = sizeof(Domain);

    if (Sid == NULL || !RtlValidSid(Sid)) {
        return FALSE;
    }
    PSID Of = GetWindowsAccountDomainSid(Sid, Domain, &Size) ? Domain : NULL;
    for (ULONG Index = 0; Index < COUNT_OF(WellKnown); Index++) {
        if (WellKnown[Index].Type == (UCHAR)Type) {
            return BuildWellKnown(Index, Of, Buffer) && RtlEqualSid(Buffer, Sid);
        }
    }
    return FALSE;
}

/* S-1-5-21-a-b-c of S-1-5-21-a-b-c[-rid...]. */
BOOL WINAPI GetWindowsAccountDomainSid(PSID Sid, PSID Domain, DWORD *Size)
{
    SID *Of = Sid;

    if (Sid == NULL || !RtlValidSid(Sid)) {
        return AdvFail(ERROR_INVALID_SID);
    }
    if (Size == NULL) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    if (Of->SubAuthorityCount < 4 || Of->IdentifierAuthority.Value[5] != 5 || Of->SubAuthority[0] != 21) {
        return AdvFail(ERROR_NON_ACCOUNT_SID);
    }
    DWORD Needed = RtlLengthRequiredSid(4), Given = *Size;
    *Size = Needed;
    if (Domain == NULL || Given < Needed) {
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Domain, Sid, Needed);
    ((SID *)Domain)->SubAuthorityCount = 4;
    return TRUE;
}

BOOL WINAPI EqualDomainSid(PSID First, PSID Second, BOOL *Equal)
{
    UCHAR One[LONGEST_SID + 8] __attribute__((aligned(8))), Two[LONGEST_SID + 8] __attribute__((aligned(8)));
    DWORD OneSize = sizeof(One), TwoSize = sizeof(Two);

    if (!GetWindowsAccountDomainSid(First, One, &OneSize) || !GetWindowsAccountDomainSid(Second, Two, &TwoSize)) {
        return FALSE;
    }
    *Equal = RtlEqualSid(One, Two);
    return TRUE;
}

/* SPDX-License-Identifier: MIT */
/*
 * token.c - tokens: asked, changed, copied, restricted, impersonated with.
 *
 * (Windows Internals, 7th ed., part 1, chapter 7, "Access tokens", "Impersonation".)
 */
#include "adv.h"

BOOL WINAPI GetTokenInformation(HANDLE Token, TOKEN_INFORMATION_CLASS Class, LPVOID Information, DWORD Length, PDWORD Returned)
{
    return AdvResult(NtQueryInformationToken(Token, Class, Information, Length, Returned));
}

BOOL WINAPI SetTokenInformation(HANDLE Token, TOKEN_INFORMATION_CLASS Class, LPVOID Information, DWORD Length)
{
    return AdvResult(NtSetInformationToken(Token, Class, Information, Length));
}

/* Not all of the privileges held: a success with its own last error. */
static BOOL Adjusted(NTSTATUS Status)
{
    if (NT_SUCCESS(Status)) {
        RtlSetLastWin32Error(Status == STATUS_NOT_ALL_ASSIGNED ? ERROR_NOT_ALL_ASSIGNED : ERROR_SUCCESS);
    }
    return AdvResult(Status);
}

BOOL WINAPI AdjustTokenPrivileges(HANDLE Token, BOOL DisableAll, PTOKEN_PRIVILEGES New, DWORD Length, PTOKEN_PRIVILEGES Previous, PDWORD Returned)
{
    return Adjusted(NtAdjustPrivilegesToken(Token, DisableAll != FALSE, New, Length, Previous, Returned));
}

BOOL WINAPI AdjustTokenGroups(HANDLE Token, BOOL Reset, PTOKEN_GROUPS New, DWORD Length, PTOKEN_GROUPS Previous, PDWORD Returned)
{
    return Adjusted(NtAdjustGroupsToken(Token, Reset != FALSE, New, Length, Previous, Returned));
}

BOOL WINAPI DuplicateTokenEx(HANDLE Token, DWORD Access, LPSECURITY_ATTRIBUTES Security, SECURITY_IMPERSONATION_LEVEL Level, TOKEN_TYPE Type,
                             PHANDLE New)
{
    SECURITY_QUALITY_OF_SERVICE Quality = {sizeof(Quality), Level, SECURITY_STATIC_TRACKING, FALSE};
    OBJECT_ATTRIBUTES Object;

    InitializeObjectAttributes(&Object, NULL, Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
                               Security != NULL ? Security->lpSecurityDescriptor : NULL);
    Object.SecurityQualityOfService = &Quality;
    return AdvResult(NtDuplicateToken(Token, Access, &Object, FALSE, Type, New));
}

BOOL WINAPI DuplicateToken(HANDLE Token, SECURITY_IMPERSONATION_LEVEL Level, PHANDLE New)
{
    return DuplicateTokenEx(Token, TOKEN_IMPERSONATE | TOKEN_QUERY, NULL, Level, TokenImpersonation, New);
}

BOOL WINAPI CreateRestrictedToken(HANDLE Existing, DWORD Flags, DWORD DisableCount, PSID_AND_ATTRIBUTES Disable, DWORD DeleteCount,
                                  PLUID_AND_ATTRIBUTES Delete, DWORD RestrictCount, PSID_AND_ATTRIBUTES Restrict, PHANDLE New)
{
    SIZE_T DisableSize = sizeof(TOKEN_GROUPS) + DisableCount * sizeof(SID_AND_ATTRIBUTES);
    SIZE_T DeleteSize = sizeof(TOKEN_PRIVILEGES) + DeleteCount * sizeof(LUID_AND_ATTRIBUTES);
    SIZE_T RestrictSize = sizeof(TOKEN_GROUPS) + RestrictCount * sizeof(SID_AND_ATTRIBUTES);
    TOKEN_GROUPS *Groups = NULL, *Restricted = NULL;
    TOKEN_PRIVILEGES *Privileges = NULL;
    BOOL Done = FALSE;

    if ((DisableCount != 0 && Disable == NULL) || (DeleteCount != 0 && Delete == NULL) || (RestrictCount != 0 && Restrict == NULL)) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    if ((DisableCount != 0 && (Groups = AdvAllocate(DisableSize)) == NULL) || (DeleteCount != 0 && (Privileges = AdvAllocate(DeleteSize)) == NULL) ||
        (RestrictCount != 0 && (Restricted = AdvAllocate(RestrictSize)) == NULL)) {
        goto Cleanup;
    }
    if (Groups != NULL) {
        Groups->GroupCount = DisableCount;
        memcpy(Groups->Groups, Disable, DisableCount * sizeof(*Disable));
    }
    if (Privileges != NULL) {
        Privileges->PrivilegeCount = DeleteCount;
        memcpy(Privileges->Privileges, Delete, DeleteCount * sizeof(*Delete));
    }
    if (Restricted != NULL) {
        Restricted->GroupCount = RestrictCount;
        memcpy(Restricted->Groups, Restrict, RestrictCount * sizeof(*Restrict));
    }
    Done = AdvResult(NtFilterToken(Existing, Flags, Groups, Privileges, Restricted, New));
Cleanup:
    AdvFree(Groups);
    AdvFree(Privileges);
    AdvFree(Restricted);
    return Done;
}

/* TRUE if it has restricting SIDs. */
BOOL WINAPI IsTokenRestricted(HANDLE Token)
{
    TOKEN_GROUPS *Groups = AdvQueryToken(Token, TokenRestrictedSids);
    BOOL Restricted = Groups != NULL && Groups->GroupCount != 0;

    if (Groups != NULL) {
        RtlSetLastWin32Error(ERROR_SUCCESS);
    }
    AdvFree(Groups);
    return Restricted;
}

/* ---- impersonation ------------------------------------------------------------------------------------------------------------------------ */

static BOOL Impersonate(HANDLE Token)
{
    return AdvResult(NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &Token, sizeof(Token)));
}

BOOL WINAPI RevertToSelf(void)
{
    return Impersonate(NULL);
}

static BOOL ImpersonateCopy(HANDLE Token, SECURITY_IMPERSONATION_LEVEL Level)
{
    HANDLE Copy;

    if (!DuplicateTokenEx(Token, TOKEN_IMPERSONATE | TOKEN_QUERY, NULL, Level, TokenImpersonation, &Copy)) {
        return FALSE;
    }
    BOOL Done = Impersonate(Copy);
    NtClose(Copy);
    return Done;
}

BOOL WINAPI ImpersonateSelf(SECURITY_IMPERSONATION_LEVEL Level)
{
    HANDLE Token;

    if (!AdvResult(NtOpenProcessToken(NtCurrentProcess(), TOKEN_DUPLICATE, &Token))) {
        return FALSE;
    }
    BOOL Done = ImpersonateCopy(Token, Level);
    NtClose(Token);
    return Done;
}

/* A primary token is copied first; an impersonation token is used as it is. */
BOOL WINAPI ImpersonateLoggedOnUser(HANDLE Token)
{
    TOKEN_TYPE Type;
    ULONG Length;

    if (!AdvResult(NtQueryInformationToken(Token, TokenType, &Type, sizeof(Type), &Length))) {
        return FALSE;
    }
    return Type == TokenPrimary ? ImpersonateCopy(Token, SecurityImpersonation) : Impersonate(Token);
}

BOOL WINAPI ImpersonateAnonymousToken(HANDLE Thread)
{
    return AdvResult(NtImpersonateAnonymousToken(Thread));
}

BOOL WINAPI ImpersonateNamedPipeClient(HANDLE Pipe)
{
    IO_STATUS_BLOCK Io;

    return AdvResult(NtFsControlFile(Pipe, NULL, NULL, NULL, &Io, 0x0011001C /* FSCTL_PIPE_IMPERSONATE */, NULL, 0, NULL, 0));
}

BOOL WINAPI AllocateLocallyUniqueId(PLUID Luid)
{
    return AdvResult(NtAllocateLocallyUniqueId(Luid));
}

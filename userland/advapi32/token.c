/* SPDX-License-Identifier: MIT */
/*
 * token.c - the calls on tokens that programs make most: open, ask, adjust privileges.
 *
 * (Windows Internals, 7th ed., part 1, chapter 7, "Access tokens".)  The registry's, the services' and the event log's calls are not here:
 * a program that imports them is told so when it is loaded.
 */
#define WIN32_LEAN_AND_MEAN
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include <stdint.h>
#include <string.h>

#include "ntapi.h"

BOOL WINAPI DllMain(HINSTANCE Instance, DWORD Reason, LPVOID Reserved)
{
    (void)Reserved;
    if (Reason == DLL_PROCESS_ATTACH) {
        LdrDisableThreadCalloutsForDll(Instance);
    }
    return TRUE;
}

static BOOL Result(NTSTATUS Status)
{
    if (!NT_SUCCESS(Status)) {
        RtlSetLastWin32Error(RtlNtStatusToDosError(Status));
        return FALSE;
    }
    return TRUE;
}

BOOL WINAPI OpenProcessToken(HANDLE Process, DWORD Access, PHANDLE Token)
{
    return Result(NtOpenProcessToken(Process, Access, Token));
}

BOOL WINAPI OpenThreadToken(HANDLE Thread, DWORD Access, BOOL AsSelf, PHANDLE Token)
{
    return Result(NtOpenThreadToken(Thread, Access, AsSelf != FALSE, Token));
}

BOOL WINAPI GetTokenInformation(HANDLE Token, TOKEN_INFORMATION_CLASS Class, LPVOID Information, DWORD Length, PDWORD Returned)
{
    return Result(NtQueryInformationToken(Token, Class, Information, Length, Returned));
}

/* Not all of the privileges held: a success with its own last error. */
BOOL WINAPI AdjustTokenPrivileges(HANDLE Token, BOOL DisableAll, PTOKEN_PRIVILEGES New, DWORD Length, PTOKEN_PRIVILEGES Previous, PDWORD Returned)
{
    NTSTATUS Status = NtAdjustPrivilegesToken(Token, DisableAll != FALSE, New, Length, Previous, Returned);

    if (NT_SUCCESS(Status)) {
        RtlSetLastWin32Error(Status == STATUS_NOT_ALL_ASSIGNED ? ERROR_NOT_ALL_ASSIGNED : ERROR_SUCCESS);
    }
    return Result(Status);
}

BOOL WINAPI DuplicateTokenEx(HANDLE Token, DWORD Access, LPSECURITY_ATTRIBUTES Security, SECURITY_IMPERSONATION_LEVEL Level, TOKEN_TYPE Type,
                             PHANDLE New)
{
    SECURITY_QUALITY_OF_SERVICE Quality = {sizeof(Quality), Level, SECURITY_STATIC_TRACKING, FALSE};
    OBJECT_ATTRIBUTES Object;

    InitializeObjectAttributes(&Object, NULL, Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
                               Security != NULL ? Security->lpSecurityDescriptor : NULL);
    Object.SecurityQualityOfService = &Quality;
    return Result(NtDuplicateToken(Token, Access, &Object, FALSE, Type, New));
}

BOOL WINAPI SetThreadToken(PHANDLE Thread, HANDLE Token)
{
    return Result(NtSetInformationThread(Thread != NULL ? *Thread : NtCurrentThread(), ThreadImpersonationToken, &Token, sizeof(Token)));
}

BOOL WINAPI RevertToSelf(void)
{
    return SetThreadToken(NULL, NULL);
}

BOOL WINAPI ImpersonateSelf(SECURITY_IMPERSONATION_LEVEL Level)
{
    HANDLE Token, Copy;

    if (!OpenProcessToken(NtCurrentProcess(), TOKEN_DUPLICATE, &Token)) {
        return FALSE;
    }
    BOOL Done = DuplicateTokenEx(Token, TOKEN_IMPERSONATE, NULL, Level, TokenImpersonation, &Copy);
    NtClose(Token);
    if (Done) {
        Done = SetThreadToken(NULL, Copy);
        NtClose(Copy);
    }
    return Done;
}

/* ---- privileges by name ----------------------------------------------------------------------------------------------------------- */

/* In the order of their numbers, from 2 on. */
static const LPCWSTR Privileges[] = {
    L"SeCreateTokenPrivilege", L"SeAssignPrimaryTokenPrivilege", L"SeLockMemoryPrivilege", L"SeIncreaseQuotaPrivilege",
    L"SeMachineAccountPrivilege", L"SeTcbPrivilege", L"SeSecurityPrivilege", L"SeTakeOwnershipPrivilege", L"SeLoadDriverPrivilege",
    L"SeSystemProfilePrivilege", L"SeSystemtimePrivilege", L"SeProfileSingleProcessPrivilege", L"SeIncreaseBasePriorityPrivilege",
    L"SeCreatePagefilePrivilege", L"SeCreatePermanentPrivilege", L"SeBackupPrivilege", L"SeRestorePrivilege", L"SeShutdownPrivilege",
    L"SeDebugPrivilege", L"SeAuditPrivilege", L"SeSystemEnvironmentPrivilege", L"SeChangeNotifyPrivilege", L"SeRemoteShutdownPrivilege",
    L"SeUndockPrivilege", L"SeSyncAgentPrivilege", L"SeEnableDelegationPrivilege", L"SeManageVolumePrivilege", L"SeImpersonatePrivilege",
    L"SeCreateGlobalPrivilege", L"SeTrustedCredManAccessPrivilege", L"SeRelabelPrivilege", L"SeIncreaseWorkingSetPrivilege",
    L"SeTimeZonePrivilege", L"SeCreateSymbolicLinkPrivilege",
};

BOOL WINAPI LookupPrivilegeValueW(LPCWSTR System, LPCWSTR Name, PLUID Luid)
{
    (void)System;
    for (ULONG i = 0; i < sizeof(Privileges) / sizeof(Privileges[0]); i++) {
        if (_wcsicmp(Privileges[i], Name) == 0) {
            Luid->LowPart = i + 2;
            Luid->HighPart = 0;
            return TRUE;
        }
    }
    RtlSetLastWin32Error(ERROR_NO_SUCH_PRIVILEGE);
    return FALSE;
}

BOOL WINAPI LookupPrivilegeValueA(LPCSTR System, LPCSTR Name, PLUID Luid)
{
    WCHAR Wide[64];
    SIZE_T i = 0;

    (void)System;
    for (; Name[i] != 0 && i < 63; i++) {
        Wide[i] = (UCHAR)Name[i]; /* the names are ASCII */
    }
    Wide[i] = 0;
    return LookupPrivilegeValueW(NULL, Wide, Luid);
}

/* ---- SIDs -------------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI IsValidSid(PSID Sid)
{
    return RtlValidSid(Sid);
}

BOOL WINAPI EqualSid(PSID First, PSID Second)
{
    return RtlEqualSid(First, Second);
}

DWORD WINAPI GetLengthSid(PSID Sid)
{
    return RtlLengthSid(Sid);
}

/* ---- the rest ---------------------------------------------------------------------------------------------------------------------- */

/* There are no accounts yet: the user is who the environment says. */
BOOL WINAPI GetUserNameW(LPWSTR Name, LPDWORD Size)
{
    WCHAR Buffer[257] = L"Administrator";

    GetEnvironmentVariableW(L"USERNAME", Buffer, 257);
    DWORD Length = (DWORD)wcslen(Buffer) + 1;
    if (*Size < Length) {
        *Size = Length;
        RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    memcpy(Name, Buffer, Length * sizeof(WCHAR));
    *Size = Length;
    return TRUE;
}

BOOL WINAPI GetUserNameA(LPSTR Name, LPDWORD Size)
{
    WCHAR Wide[257];
    DWORD Length = 257;

    if (!GetUserNameW(Wide, &Length)) {
        return FALSE;
    }
    int Need = WideCharToMultiByte(CP_ACP, 0, Wide, -1, NULL, 0, NULL, NULL);
    if (*Size < (DWORD)Need) {
        *Size = (DWORD)Need;
        RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    *Size = (DWORD)WideCharToMultiByte(CP_ACP, 0, Wide, -1, Name, (int)*Size, NULL, NULL);
    return TRUE;
}

/* RtlGenRandom: the processor's generator, and an honest FALSE where there is none. */
BOOLEAN WINAPI SystemFunction036(PVOID Buffer, ULONG Length)
{
    unsigned Eax = 1, Ebx, Ecx = 0, Edx;
    UCHAR *Bytes = Buffer;

    __asm__ volatile("cpuid" : "+a"(Eax), "=b"(Ebx), "+c"(Ecx), "=d"(Edx));
    if (!(Ecx & (1u << 30))) {
        return FALSE;
    }
    while (Length != 0) {
        ULONGLONG Value;
        UCHAR Good;
        int Tries = 0;
        do {
            __asm__ volatile("rdrand %0; setc %1" : "=r"(Value), "=qm"(Good) : : "cc");
        } while (!Good && ++Tries < 100);
        if (!Good) {
            return FALSE;
        }
        ULONG Part = Length < sizeof(Value) ? Length : (ULONG)sizeof(Value);
        memcpy(Bytes, &Value, Part);
        Bytes += Part;
        Length -= Part;
    }
    return TRUE;
}

/* SPDX-License-Identifier: MIT */
/*
 * privilege.c - privileges by name, by number, and in words.
 */
#include "adv.h"

/* In the order of their numbers, from 2 on. */
static const struct
{
    LPCWSTR Name, Display;
} Privileges[] = {
    {L"SeCreateTokenPrivilege", L"Create a token object"},
    {L"SeAssignPrimaryTokenPrivilege", L"Replace a process level token"},
    {L"SeLockMemoryPrivilege", L"Lock pages in memory"},
    {L"SeIncreaseQuotaPrivilege", L"Adjust memory quotas for a process"},
    {L"SeMachineAccountPrivilege", L"Add workstations to domain"},
    {L"SeTcbPrivilege", L"Act as part of the operating system"},
    {L"SeSecurityPrivilege", L"Manage auditing and security log"},
    {L"SeTakeOwnershipPrivilege", L"Take ownership of files or other objects"},
    {L"SeLoadDriverPrivilege", L"Load and unload device drivers"},
    {L"SeSystemProfilePrivilege", L"Profile system performance"},
    {L"SeSystemtimePrivilege", L"Change the system time"},
    {L"SeProfileSingleProcessPrivilege", L"Profile single process"},
    {L"SeIncreaseBasePriorityPrivilege", L"Increase scheduling priority"},
    {L"SeCreatePagefilePrivilege", L"Create a pagefile"},
    {L"SeCreatePermanentPrivilege", L"Create permanent shared objects"},
    {L"SeBackupPrivilege", L"Back up files and directories"},
    {L"SeRestorePrivilege", L"Restore files and directories"},
    {L"SeShutdownPrivilege", L"Shut down the system"},
    {L"SeDebugPrivilege", L"Debug programs"},
    {L"SeAuditPrivilege", L"Generate security audits"},
    {L"SeSystemEnvironmentPrivilege", L"Modify firmware environment values"},
    {L"SeChangeNotifyPrivilege", L"Bypass traverse checking"},
    {L"SeRemoteShutdownPrivilege", L"Force shutdown from a remote system"},
    {L"SeUndockPrivilege", L"Remove computer from docking station"},
    {L"SeSyncAgentPrivilege", L"Synchronize directory service data"},
    {L"SeEnableDelegationPrivilege", L"Enable computer and user accounts to be trusted for delegation"},
    {L"SeManageVolumePrivilege", L"Perform volume maintenance tasks"},
    {L"SeImpersonatePrivilege", L"Impersonate a client after authentication"},
    {L"SeCreateGlobalPrivilege", L"Create global objects"},
    {L"SeTrustedCredManAccessPrivilege", L"Access Credential Manager as a trusted caller"},
    {L"SeRelabelPrivilege", L"Modify an object label"},
    {L"SeIncreaseWorkingSetPrivilege", L"Increase a process working set"},
    {L"SeTimeZonePrivilege", L"Change the time zone"},
    {L"SeCreateSymbolicLinkPrivilege", L"Create symbolic links"},
    {L"SeDelegateSessionUserImpersonatePrivilege", L"Obtain an impersonation token for another user in the same session"},
};
#define FIRST_PRIVILEGE 2u

static bool IsThisMachine(LPCWSTR System)
{
    WCHAR Name[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD Size = COUNT_OF(Name);

    if (System == NULL || *System == 0) {
        return true;
    }
    if (System[0] == '\\' && System[1] == '\\') {
        System += 2;
    }
    return (GetComputerNameW(Name, &Size) && _wcsicmp(Name, System) == 0) || wcscmp(System, L".") == 0;
}

static BOOL FindByName(LPCWSTR Name, ULONG *Index)
{
    for (*Index = 0; Name != NULL && *Index < COUNT_OF(Privileges); ++*Index) {
        if (_wcsicmp(Privileges[*Index].Name, Name) == 0) {
            return TRUE;
        }
    }
    return AdvFail(ERROR_NO_SUCH_PRIVILEGE);
}

BOOL WINAPI LookupPrivilegeValueW(LPCWSTR System, LPCWSTR Name, PLUID Luid)
{
    ULONG Index;

    if (!IsThisMachine(System)) {
        return AdvFail(RPC_S_SERVER_UNAVAILABLE);
    }
    if (!FindByName(Name, &Index)) {
        return FALSE;
    }
    Luid->LowPart = Index + FIRST_PRIVILEGE;
    Luid->HighPart = 0;
    return TRUE;
}

BOOL WINAPI LookupPrivilegeValueA(LPCSTR System, LPCSTR Name, PLUID Luid)
{
    LPWSTR WideSystem = AdvWide(System), WideName = AdvWide(Name);
    BOOL Done = LookupPrivilegeValueW(WideSystem, WideName, Luid);

    AdvFree(WideSystem);
    AdvFree(WideName);
    return Done;
}

/* Size counts characters; with room enough it comes back without the zero, else with it. */
static BOOL Return(LPCWSTR Source, LPWSTR Target, LPDWORD Size)
{
    DWORD Length = (DWORD)wcslen(Source), Given = *Size;

    if (Given <= Length) {
        *Size = Length + 1;
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    wcscpy(Target, Source);
    *Size = Length;
    return TRUE;
}

BOOL WINAPI LookupPrivilegeNameW(LPCWSTR System, PLUID Luid, LPWSTR Name, LPDWORD Size)
{
    if (!IsThisMachine(System)) {
        return AdvFail(RPC_S_SERVER_UNAVAILABLE);
    }
    if (Luid->HighPart != 0 || Luid->LowPart < FIRST_PRIVILEGE || Luid->LowPart - FIRST_PRIVILEGE >= COUNT_OF(Privileges)) {
        return AdvFail(ERROR_NO_SUCH_PRIVILEGE);
    }
    return Return(Privileges[Luid->LowPart - FIRST_PRIVILEGE].Name, Name, Size);
}

BOOL WINAPI LookupPrivilegeNameA(LPCSTR System, PLUID Luid, LPSTR Name, LPDWORD Size)
{
    WCHAR Wide[64];
    DWORD WideSize = COUNT_OF(Wide);
    LPWSTR WideSystem = AdvWide(System);
    BOOL Done = LookupPrivilegeNameW(WideSystem, Luid, Wide, &WideSize);

    AdvFree(WideSystem);
    return Done && (AdvCopyAnsi(Wide, Name, Size) || AdvFail(ERROR_INSUFFICIENT_BUFFER));
}

BOOL WINAPI LookupPrivilegeDisplayNameW(LPCWSTR System, LPCWSTR Name, LPWSTR Display, LPDWORD Size, LPDWORD Language)
{
    ULONG Index;

    if (!IsThisMachine(System)) {
        return AdvFail(RPC_S_SERVER_UNAVAILABLE);
    }
    if (!FindByName(Name, &Index)) {
        return FALSE;
    }
    *Language = MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US);
    return Return(Privileges[Index].Display, Display, Size);
}

BOOL WINAPI LookupPrivilegeDisplayNameA(LPCSTR System, LPCSTR Name, LPSTR Display, LPDWORD Size, LPDWORD Language)
{
    WCHAR Wide[128];
    DWORD WideSize = COUNT_OF(Wide);
    LPWSTR WideSystem = AdvWide(System), WideName = AdvWide(Name);
    BOOL Done = LookupPrivilegeDisplayNameW(WideSystem, WideName, Wide, &WideSize, Language);

    AdvFree(WideSystem);
    AdvFree(WideName);
    return Done && (AdvCopyAnsi(Wide, Display, Size) || AdvFail(ERROR_INSUFFICIENT_BUFFER));
}

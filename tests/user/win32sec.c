/* SPDX-License-Identifier: MIT */
/*
 * win32sec.c - tokens and access checks through Win32: information and its sizes, privileges and what was before, copies, restricted tokens, memberships,
 * impersonation, AccessCheck and its forms with object types, security of objects by handle and by name.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <sddl.h>
#include <aclapi.h>
#include <stdlib.h>
#include <string.h>
#include "win32.h"

static const GENERIC_MAPPING Mapping0 = {0x20001, 0x20002, 0x120004, 0x1F000F};

static PSID Sid(const char *Text)
{
    PSID Value = NULL;

    ConvertStringSidToSidA(Text, &Value);
    return Value;
}

static PSECURITY_DESCRIPTOR Sd(const char *Text)
{
    PSECURITY_DESCRIPTOR Value = NULL;

    ConvertStringSecurityDescriptorToSecurityDescriptorA(Text, 1, &Value, NULL);
    return Value;
}

static void Information(HANDLE Token)
{
    UCHAR Buffer[2048];
    DWORD Length = 0;
    static const TOKEN_INFORMATION_CLASS Classes[] = {TokenUser, TokenGroups, TokenPrivileges, TokenOwner, TokenPrimaryGroup, TokenDefaultDacl,
                                                      TokenStatistics, TokenRestrictedSids, TokenIntegrityLevel, TokenGroupsAndPrivileges};

    for (unsigned i = 0; i < sizeof(Classes) / sizeof(Classes[0]); i++) {
        Length = 0;
        Fails(GetTokenInformation(Token, Classes[i], NULL, 0, &Length), ERROR_INSUFFICIENT_BUFFER, "how long?");
        DWORD Needed = Length;
        Ok(Needed != 0 && Needed <= sizeof(Buffer) && GetTokenInformation(Token, Classes[i], Buffer, Needed, &Length) && Length == Needed, "class %d: %lu",
           Classes[i], Needed);
    }
    DWORD Number = 77;
    Ok(GetTokenInformation(Token, TokenType, &Number, sizeof(Number), &Length) && Number == TokenPrimary && Length == 4, "a primary token");
    Ok(GetTokenInformation(Token, TokenElevation, &Number, sizeof(Number), &Length), "elevation");
    Ok(GetTokenInformation(Token, TokenElevationType, &Number, sizeof(Number), &Length) && Number >= 1 && Number <= 3, "and its type");
    Ok(GetTokenInformation(Token, TokenSessionId, &Number, sizeof(Number), &Length), "session");
    Fails(GetTokenInformation(Token, TokenImpersonationLevel, &Number, sizeof(Number), &Length), ERROR_INVALID_PARAMETER, "a primary token has no level");
    Fails(GetTokenInformation(Token, (TOKEN_INFORMATION_CLASS)999, &Number, sizeof(Number), &Length), ERROR_INVALID_PARAMETER, "no such class");
    Fails(GetTokenInformation(NULL, TokenUser, Buffer, sizeof(Buffer), &Length), ERROR_INVALID_HANDLE, "no token");
}

static void Privileges(HANDLE Token)
{
    TOKEN_PRIVILEGES New = {1, {{{0, 0}, SE_PRIVILEGE_ENABLED}}}, Old = {0};
    PRIVILEGE_SET Set = {1, PRIVILEGE_SET_ALL_NECESSARY, {{{0, 0}, 0}}};
    DWORD Length = 0;
    HANDLE Weak;
    BOOL Held = TRUE;

    LookupPrivilegeValueA(NULL, "SeChangeNotifyPrivilege", &New.Privileges[0].Luid);
    Set.Privilege[0].Luid = New.Privileges[0].Luid;
    New.Privileges[0].Attributes = 0;
    Ok(AdjustTokenPrivileges(Token, FALSE, &New, sizeof(Old), &Old, &Length) && GetLastError() == ERROR_SUCCESS, "disabled");
    Ok(Old.PrivilegeCount == 1 && (Old.Privileges[0].Attributes & SE_PRIVILEGE_ENABLED), "it was enabled before");
    Ok(AdjustTokenPrivileges(Token, FALSE, &New, sizeof(Old), &Old, &Length) && Old.PrivilegeCount == 0, "disabled again: nothing changed");
    New.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    Fails(AdjustTokenPrivileges(Token, FALSE, &New, 2, &Old, &Length), ERROR_INSUFFICIENT_BUFFER, "no room for what was before");
    Ok(AdjustTokenPrivileges(Token, FALSE, &New, 0, NULL, NULL), "enabled");
    New.Privileges[0].Luid.LowPart = 63;
    Ok(AdjustTokenPrivileges(Token, FALSE, &New, 0, NULL, NULL) && GetLastError() == ERROR_NOT_ALL_ASSIGNED, "one nobody has: not all assigned");
    DuplicateHandle(GetCurrentProcess(), Token, GetCurrentProcess(), &Weak, TOKEN_QUERY, FALSE, 0);
    Fails(AdjustTokenPrivileges(Weak, FALSE, &New, 0, NULL, NULL), ERROR_ACCESS_DENIED, "TOKEN_ADJUST_PRIVILEGES is needed");
    Fails(DuplicateTokenEx(Weak, 0, NULL, SecurityImpersonation, TokenPrimary, &Weak), ERROR_ACCESS_DENIED, "and TOKEN_DUPLICATE for a copy");
    CloseHandle(Weak);
    DuplicateToken(Token, SecurityIdentification, &Weak);
    Ok(PrivilegeCheck(Weak, &Set, &Held) && Held && (Set.Privilege[0].Attributes & SE_PRIVILEGE_USED_FOR_ACCESS), "checked");
    CloseHandle(Weak);
}

static void Impersonation(HANDLE Token)
{
    HANDLE Copy, Other, Thread;
    DWORD Level = 99, Length;

    Fails(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &Thread), ERROR_NO_TOKEN, "the thread has no token");
    Ok(ImpersonateSelf(SecurityImpersonation), "ImpersonateSelf");
    Ok(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &Thread), "now it has");
    Ok(GetTokenInformation(Thread, TokenImpersonationLevel, &Level, sizeof(Level), &Length) && Level == SecurityImpersonation, "of that level");
    CloseHandle(Thread);
    Ok(RevertToSelf(), "reverted");
    Fails(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &Thread), ERROR_NO_TOKEN, "gone again");
    Fails(SetThreadToken(NULL, Token), ERROR_BAD_TOKEN_TYPE, "a primary token is not for a thread");
    DuplicateToken(Token, SecurityIdentification, &Copy);
    Fails(DuplicateTokenEx(Copy, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &Other), ERROR_ACCESS_DENIED,
          "DuplicateToken's copy may not be copied");
    CloseHandle(Copy);
    DuplicateTokenEx(Token, TOKEN_ALL_ACCESS, NULL, SecurityIdentification, TokenImpersonation, &Copy);
    Fails(DuplicateTokenEx(Copy, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &Other), ERROR_BAD_IMPERSONATION_LEVEL,
          "a level does not rise");
    Ok(SetThreadToken(NULL, Copy), "a token for identification");
    Fails(CreateEventA(NULL, TRUE, FALSE, "win32sec-ident") != NULL, ERROR_BAD_IMPERSONATION_LEVEL, "opens nothing");
    RevertToSelf();
    CloseHandle(Copy);
    Ok(ImpersonateLoggedOnUser(Token) && RevertToSelf(), "ImpersonateLoggedOnUser");
    Ok(ImpersonateAnonymousToken(GetCurrentThread()), "nobody");
    Fails(OpenEventA(SYNCHRONIZE, FALSE, "win32sec-none") != NULL, ERROR_ACCESS_DENIED, "may not even look for a name");
    RevertToSelf();
    Fails(LogonUserA("nobody", NULL, "wrong", LOGON32_LOGON_INTERACTIVE, LOGON32_PROVIDER_DEFAULT, &Other), ERROR_LOGON_FAILURE, "no such user");
}

static void Restricted(HANDLE Token)
{
    SID_AND_ATTRIBUTES Deny = {Sid("BA"), 0}, Restrict[2] = {{Sid("WD"), 0}, {Sid("RC"), 0}};
    HANDLE Filtered = NULL, Client;
    BOOL Member = 9;
    BOOL Allowed = 9;
    DWORD Granted;
    PRIVILEGE_SET Set;
    DWORD Size = sizeof(Set);
    GENERIC_MAPPING Mapping = Mapping0;

    Ok(!IsTokenRestricted(Token), "not restricted");
    Ok(CreateRestrictedToken(Token, DISABLE_MAX_PRIVILEGE, 1, &Deny, 0, NULL, 2, Restrict, &Filtered), "a restricted token");
    Ok(IsTokenRestricted(Filtered), "is");
    Fails(CreateRestrictedToken(Token, 0x80, 0, NULL, 0, NULL, 0, NULL, &Client), ERROR_INVALID_PARAMETER, "no such flag");
    DuplicateTokenEx(Filtered, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &Client);
    Ok(CheckTokenMembership(Client, Sid("WD"), &Member) && Member, "a member of Everyone");
    Ok(CheckTokenMembership(Client, Sid("BA"), &Member) && !Member, "not of Administrators any more");
    Ok(CheckTokenMembership(Client, Sid("S-1-5-99"), &Member) && !Member, "nor of what it never was");
    Fails(CheckTokenMembership(Token, Sid("WD"), &Member), ERROR_NO_IMPERSONATION_TOKEN, "asked with a primary token");
    Ok(CheckTokenMembership(NULL, Sid("WD"), &Member) && Member, "of the caller");
    Ok(AccessCheck(Sd("O:SYG:SYD:(D;;1;;;BA)(A;;3;;;WD)"), Client, 2, &Mapping, &Set, &Size, &Granted, &Allowed) && Allowed && Granted == 2, "allowed");
    Ok(AccessCheck(Sd("O:S-1-5-99G:SYD:(A;;1;;;SY)"), Client, 1, &Mapping, &Set, &Size, &Granted, &Allowed) && !Allowed &&
           GetLastError() == ERROR_ACCESS_DENIED, "what the restricting SIDs are not given is denied");
    CloseHandle(Client);
    CloseHandle(Filtered);
}

static void Checks(HANDLE Token)
{
    static GUID Guids[4] = {{1, 2, 3, {0}}, {2, 2, 3, {0}}, {3, 2, 3, {0}}, {4, 2, 3, {0}}};
    OBJECT_TYPE_LIST Types[3] = {{0, 0, &Guids[0]}, {1, 0, &Guids[1]}, {1, 0, &Guids[2]}}, Bad[2] = {{0, 0, &Guids[0]}, {2, 0, &Guids[1]}};
    GENERIC_MAPPING Mapping = Mapping0;
    PRIVILEGE_SET Set[4];
    DWORD Size = sizeof(Set), Granted = 0, Grants[3], Results[3];
    BOOL Allowed = 9;
    HANDLE Client;

    DuplicateToken(Token, SecurityIdentification, &Client);
    Ok(AccessCheck(Sd("O:SYG:SYD:(A;;0x20001;;;WD)"), Client, MAXIMUM_ALLOWED, &Mapping, Set, &Size, &Granted, &Allowed) && Allowed && (Granted & 1), "most");
    Fails(AccessCheck(Sd("O:SYG:SYD:(A;;GA;;;WD)"), Client, GENERIC_READ, &Mapping, Set, &Size, &Granted, &Allowed), ERROR_GENERIC_NOT_MAPPED,
          "generic rights are to be mapped first");
    Fails(AccessCheck(Sd("D:(A;;1;;;WD)"), Client, 1, &Mapping, Set, &Size, &Granted, &Allowed), ERROR_INVALID_SECURITY_DESCR, "no owner");
    Fails(AccessCheck(Sd("O:SYG:SYD:(A;;1;;;WD)"), Token, 1, &Mapping, Set, &Size, &Granted, &Allowed), ERROR_NO_IMPERSONATION_TOKEN, "a primary token");
    DWORD Small = 4;
    Fails(AccessCheck(Sd("O:SYG:SYD:(A;;1;;;WD)"), Client, 1, &Mapping, Set, &Small, &Granted, &Allowed), ERROR_INSUFFICIENT_BUFFER, "privileges need room");
    Ok(AccessCheck(Sd("O:SYG:SYD:"), Client, 1, &Mapping, Set, &Size, &Granted, &Allowed) && !Allowed && GetLastError() == ERROR_ACCESS_DENIED,
       "an empty DACL");
    Ok(AccessCheck(Sd("O:SYG:SYD:NO_ACCESS_CONTROL"), Client, 1, &Mapping, Set, &Size, &Granted, &Allowed) && Allowed, "and none");
    PSECURITY_DESCRIPTOR ByType = Sd("O:S-1-5-99G:SYD:(OA;;1;00000002-0002-0003-0000-000000000000;;WD)");
    Ok(AccessCheckByType(ByType, NULL, Client, 1, Types, 3, &Mapping, Set, &Size, &Granted, &Allowed) && !Allowed, "one of two types is not the whole");
    Ok(AccessCheckByTypeResultList(ByType, NULL, Client, 1, Types, 3, &Mapping, Set, &Size, Grants, Results) && Results[0] == ERROR_ACCESS_DENIED &&
           Results[1] == ERROR_SUCCESS && Grants[1] == 1 && Results[2] == ERROR_ACCESS_DENIED, "an answer for each");
    ByType = Sd("O:S-1-5-99G:SYD:(OA;;1;00000002-0002-0003-0000-000000000000;;WD)(OA;;1;00000003-0002-0003-0000-000000000000;;WD)");
    Ok(AccessCheckByType(ByType, NULL, Client, 1, Types, 3, &Mapping, Set, &Size, &Granted, &Allowed) && Allowed && Granted == 1, "both are");
    Fails(AccessCheckByType(ByType, NULL, Client, 1, Bad, 2, &Mapping, Set, &Size, &Granted, &Allowed), ERROR_INVALID_PARAMETER, "a level left out");
    PSECURITY_DESCRIPTOR Self = Sd("O:S-1-5-99G:SYD:(A;;1;;;PS)");
    Ok(AccessCheckByType(Self, Sid("WD"), Client, 1, NULL, 0, &Mapping, Set, &Size, &Granted, &Allowed) && Allowed, "PRINCIPAL_SELF");
    Ok(AccessCheckByType(Self, NULL, Client, 1, NULL, 0, &Mapping, Set, &Size, &Granted, &Allowed) && !Allowed, "without one");
    CloseHandle(Client);
}

static void Objects(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, "win32sec-event");
    PSECURITY_DESCRIPTOR Descriptor = NULL;
    PSID Owner = NULL;
    PACL Dacl = NULL, New = NULL;
    EXPLICIT_ACCESS_A Access = {EVENT_MODIFY_STATE, DENY_ACCESS, 0, {0}};
    char *Text = NULL;

    Is(GetSecurityInfo(Event, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &Owner, NULL, &Dacl, NULL, &Descriptor), 0,
       "GetSecurityInfo");
    Ok(IsValidSid(Owner) && IsValidAcl(Dacl), "owner and DACL");
    BuildTrusteeWithSidA(&Access.Trustee, Sid("WD"));
    Is(SetEntriesInAclA(1, &Access, Dacl, &New), 0, "everybody denied to set it");
    Is(SetSecurityInfo(Event, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, New, NULL), 0, "SetSecurityInfo");
    LocalFree(Descriptor);
    Fails(OpenEventA(EVENT_MODIFY_STATE, FALSE, "win32sec-event") != NULL, ERROR_ACCESS_DENIED, "now nobody may");
    Is(GetNamedSecurityInfoA("win32sec-event", SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &Dacl, NULL, &Descriptor), 0, "by name");
    Ok(ConvertSecurityDescriptorToStringSecurityDescriptorA(Descriptor, 1, DACL_SECURITY_INFORMATION, &Text, NULL) && strncmp(Text, "D:(D;;DC;;;WD)", 14) == 0,
       "the denial stands first: %s", Text != NULL ? Text : "");
    LocalFree(Descriptor);
    Is(SetNamedSecurityInfoA((LPSTR) "win32sec-event", SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, NULL, NULL), 0, "no DACL at all");
    HANDLE Again = OpenEventA(EVENT_ALL_ACCESS, FALSE, "win32sec-event");
    Ok(Again != NULL, "everybody may everything");
    CloseHandle(Again);
    Is(GetNamedSecurityInfoA("win32sec-nothing", SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &Dacl, NULL, &Descriptor), ERROR_FILE_NOT_FOUND,
       "no such object");
    CloseHandle(Event);
}

int main(void)
{
    HANDLE Token;

    Ok(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &Token), "our token");
    Information(Token);
    Privileges(Token);
    Impersonation(Token);
    Restricted(Token);
    Checks(Token);
    Objects();
    CloseHandle(Token);
    return Done();
}

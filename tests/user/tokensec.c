/* SPDX-License-Identifier: MIT */
/*
 * tokensec.c - tokens to the letter: the length and status of each class, groups switched on and off, what a copy may be, what may be set, who looks
 * when a token is opened, integrity and its policy, LUA tokens, the least privileged copy in a process.
 */
#define _WIN32_WINNT 0x0A00
#include "tokens.h"

#define S(x) ((ULONG)(x))

NATIVE(NtQueryInformationToken, (HANDLE T, ULONG C, PVOID I, ULONG L, PULONG R), (T, C, I, L, R))
NATIVE(NtSetInformationToken, (HANDLE T, ULONG C, PVOID I, ULONG L), (T, C, I, L))
NATIVE(NtCompareTokens, (HANDLE A, HANDLE B, PBOOLEAN E), (A, B, E))
NATIVE(NtImpersonateThread, (HANDLE S_, HANDLE C, PSECURITY_QUALITY_OF_SERVICE Q), (S_, C, Q))

static HANDLE Token;

/* ---- classes ------------------------------------------------------------------------------------------------------------------------------------ */

static void Classes(void)
{
    static const struct { const char *Name; ULONG Class, Size; } Fixed[] = {
        {"TokenType", 8, 4}, {"TokenSource", 7, 16}, {"TokenStatistics", 10, 56}, {"TokenSessionId", 12, 4}, {"TokenSandBoxInert", 15, 4},
        {"TokenOrigin", 17, 8}, {"TokenElevationType", 18, 4}, {"TokenElevation", 20, 4}, {"TokenHasRestrictions", 21, 4},
        {"TokenVirtualizationAllowed", 23, 4}, {"TokenVirtualizationEnabled", 24, 4}, {"TokenUIAccess", 26, 4}, {"TokenMandatoryPolicy", 27, 4},
        {"TokenIsAppContainer", 29, 4}, {"TokenAppContainerNumber", 32, 4},
    };
    static const struct { const char *Name; ULONG Class; } Variable[] = {
        {"TokenUser", 1}, {"TokenGroups", 2}, {"TokenPrivileges", 3}, {"TokenOwner", 4}, {"TokenPrimaryGroup", 5}, {"TokenDefaultDacl", 6},
        {"TokenRestrictedSids", 11}, {"TokenGroupsAndPrivileges", 13}, {"TokenIntegrityLevel", 25}, {"TokenAccessInformation", 22}, {"TokenCapabilities", 30},
        {"TokenAppContainerSid", 31},
    };
    UCHAR Buffer[4096];
    ULONG Length;

    for (unsigned i = 0; i < sizeof(Fixed) / sizeof(*Fixed); i++) {
        Length = 0;
        memset(Buffer, 0xEE, 128);
        Ok(NtQueryInformationToken(Token, Fixed[i].Class, Buffer, sizeof(Buffer), &Length) == 0 && Length == Fixed[i].Size && Buffer[Length] == 0xEE,
           "%s: %lu bytes", Fixed[i].Name, Length);
        Ok(!NT_SUCCESS(NtQueryInformationToken(Token, Fixed[i].Class, Buffer, Fixed[i].Size - 1, &Length)), "%s: in less", Fixed[i].Name);
    }
    for (unsigned i = 0; i < sizeof(Variable) / sizeof(*Variable); i++) {
        ULONG Needed = 0;
        Ok(NtQueryInformationToken(Token, Variable[i].Class, NULL, 0, &Needed) == STATUS_BUFFER_TOO_SMALL && Needed != 0, "%s: %lu bytes", Variable[i].Name,
           Needed);
        Ok(NtQueryInformationToken(Token, Variable[i].Class, Buffer, Needed, &Length) == 0 && Length == Needed, "%s: in just as many", Variable[i].Name);
        Is(S(NtQueryInformationToken(Token, Variable[i].Class, Buffer, Needed - 1, &Length)), S(STATUS_BUFFER_TOO_SMALL), "not in one less");
    }
    Is(S(NtQueryInformationToken(Token, 0, Buffer, sizeof(Buffer), &Length)), S(STATUS_INVALID_INFO_CLASS), "class 0");
    Is(S(NtQueryInformationToken(Token, 200, Buffer, sizeof(Buffer), &Length)), S(STATUS_INVALID_INFO_CLASS), "class 200");
    HANDLE Weak = NULL;
    DuplicateHandle(GetCurrentProcess(), Token, GetCurrentProcess(), &Weak, TOKEN_DUPLICATE, FALSE, 0);
    Is(S(NtQueryInformationToken(Weak, TokenUser, Buffer, sizeof(Buffer), &Length)), S(STATUS_ACCESS_DENIED), "TOKEN_QUERY is needed");
    CloseHandle(Weak);
    DuplicateHandle(GetCurrentProcess(), Token, GetCurrentProcess(), &Weak, TOKEN_QUERY, FALSE, 0);
    Is(S(NtQueryInformationToken(Weak, TokenSource, Buffer, sizeof(Buffer), &Length)), S(STATUS_ACCESS_DENIED), "for the source TOKEN_QUERY_SOURCE");
    CloseHandle(Weak);
}

/* ---- groups ------------------------------------------------------------------------------------------------------------------------------------- */

static void Groups(void)
{
    HANDLE Mine = Copy(Token, SecurityImpersonation, TokenPrimary), Denied = NULL;
    TOKEN_GROUPS Mandatory = {1, {{Sid("S-1-1-0"), 0}}}, Optional = {1, {{Sid("S-1-5-32-544"), 0}}}, Stranger = {1, {{Sid("S-1-5-99"), 0}}};
    SID_AND_ATTRIBUTES Deny = {Sid("S-1-5-32-544"), 0};
    UCHAR Previous[256];
    DWORD Length = 0;
    BOOL Member = 9;
    HANDLE Client;

    Fails(AdjustTokenGroups(Mine, FALSE, &Mandatory, 0, NULL, NULL), ERROR_CANT_DISABLE_MANDATORY, "a mandatory group cannot be switched off");
    if (!(AttributesOf(Mine, Optional.Groups[0].Sid) & SE_GROUP_MANDATORY)) {
        Ok(AdjustTokenGroups(Mine, FALSE, &Optional, sizeof(Previous), (PTOKEN_GROUPS)Previous, &Length) && GetLastError() == 0, "another can");
        Ok(((PTOKEN_GROUPS)Previous)->GroupCount == 1 && (((PTOKEN_GROUPS)Previous)->Groups[0].Attributes & SE_GROUP_ENABLED) &&
               EqualSid(((PTOKEN_GROUPS)Previous)->Groups[0].Sid, Optional.Groups[0].Sid), "what it was before");
        Is(AttributesOf(Mine, Optional.Groups[0].Sid) & SE_GROUP_ENABLED, 0, "it is off");
        Client = Copy(Mine, SecurityIdentification, TokenImpersonation);
        Ok(CheckTokenMembership(Client, Optional.Groups[0].Sid, &Member) && !Member, "and counts for nothing");
        CloseHandle(Client);
        Ok(AdjustTokenGroups(Mine, FALSE, (PTOKEN_GROUPS)Previous, 0, NULL, NULL) && (AttributesOf(Mine, Optional.Groups[0].Sid) & SE_GROUP_ENABLED),
           "put back");
        Optional.Groups[0].Attributes = 0;
        AdjustTokenGroups(Mine, FALSE, &Optional, 0, NULL, NULL);
        Ok(AdjustTokenGroups(Mine, TRUE, NULL, 0, NULL, NULL) && (AttributesOf(Mine, Optional.Groups[0].Sid) & SE_GROUP_ENABLED), "reset to the default");
    }
    Ok(AdjustTokenGroups(Mine, FALSE, &Stranger, 0, NULL, NULL) && GetLastError() == ERROR_NOT_ALL_ASSIGNED, "a group it has not");
    Ok(CreateRestrictedToken(Mine, 0, 1, &Deny, 0, NULL, 0, NULL, &Denied), "Administrators for deny only");
    Is(AttributesOf(Denied, Deny.Sid) & (SE_GROUP_USE_FOR_DENY_ONLY | SE_GROUP_ENABLED | SE_GROUP_OWNER), SE_GROUP_USE_FOR_DENY_ONLY, "its attributes");
    Optional.Groups[0].Attributes = SE_GROUP_ENABLED;
    Fails(AdjustTokenGroups(Denied, FALSE, &Optional, 0, NULL, NULL), 629 /* ERROR_CANT_ENABLE_DENY_ONLY */, "which cannot be switched on");
    CloseHandle(Denied);
    CloseHandle(Mine);
}

/* ---- privileges ---------------------------------------------------------------------------------------------------------------------------------- */

static void Privileges(void)
{
    HANDLE Mine = Copy(Token, SecurityImpersonation, TokenPrimary);
    TOKEN_PRIVILEGES Remove = {1, {{{0, 0}, SE_PRIVILEGE_REMOVED}}}, Enable = {1, {{{0, 0}, SE_PRIVILEGE_ENABLED}}};
    struct { DWORD Count; LUID_AND_ATTRIBUTES All[40]; } Previous;
    TOKEN_PRIVILEGES *Held;
    DWORD Length = 0;
    int Any = 0;

    Ok(AdjustTokenPrivileges(Mine, TRUE, NULL, sizeof(Previous), (PTOKEN_PRIVILEGES)&Previous, &Length) && GetLastError() == 0, "all switched off");
    Held = Query(Mine, TokenPrivileges);
    for (DWORD i = 0; i < Held->PrivilegeCount; i++) {
        Any |= (Held->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED) != 0;
    }
    Ok(!Any && Previous.Count != 0 && Length == 4 + 12 * Previous.Count, "none is on; those that were are told, and only those");
    Ok(AdjustTokenPrivileges(Mine, FALSE, (PTOKEN_PRIVILEGES)&Previous, 0, NULL, NULL) && GetLastError() == 0, "put back");
    LookupPrivilegeValueA(NULL, "SeDebugPrivilege", &Remove.Privileges[0].Luid);
    Enable.Privileges[0].Luid = Remove.Privileges[0].Luid;
    Ok(AdjustTokenPrivileges(Mine, FALSE, &Remove, 0, NULL, NULL) && GetLastError() == 0, "one removed");
    Ok(AdjustTokenPrivileges(Mine, FALSE, &Enable, 0, NULL, NULL) && GetLastError() == ERROR_NOT_ALL_ASSIGNED, "is gone for good");
    DWORD Before = Held->PrivilegeCount;
    free(Held);
    Held = Query(Mine, TokenPrivileges);
    Is(Held->PrivilegeCount, Before - 1, "one fewer");
    free(Held);
    CloseHandle(Mine);
}

/* ---- copies --------------------------------------------------------------------------------------------------------------------------------------- */

#define LevelOf(Handle) QueryNumber(Handle, TokenImpersonationLevel)

static void Copies(void)
{
    HANDLE Client = Copy(Token, SecurityIdentification, TokenImpersonation), Other = NULL, Full = Copy(Token, SecurityDelegation, TokenImpersonation);
    TOKEN_STATISTICS *First = Query(Token, TokenStatistics), *Second = Query(Client, TokenStatistics);
    BOOLEAN Equal = 9;

    Ok(Second->TokenType == TokenImpersonation && Second->ImpersonationLevel == SecurityIdentification, "an impersonation token");
    Ok(memcmp(&First->TokenId, &Second->TokenId, sizeof(LUID)) != 0 && memcmp(&First->AuthenticationId, &Second->AuthenticationId, sizeof(LUID)) == 0,
       "with an id of its own, of the same logon");
    Is(LevelOf(Full), SecurityDelegation, "delegation");
    Other = Copy(Full, SecurityImpersonation, TokenImpersonation);
    Is(LevelOf(Other), SecurityImpersonation, "a level may sink");
    CloseHandle(Other);
    Fails(DuplicateTokenEx(Client, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &Other), ERROR_BAD_IMPERSONATION_LEVEL, "not rise");
    Fails(DuplicateTokenEx(Client, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, &Other), ERROR_BAD_IMPERSONATION_LEVEL,
          "a primary token needs the level of impersonation");
    Ok(DuplicateTokenEx(Full, TOKEN_ALL_ACCESS, NULL, SecurityAnonymous, TokenPrimary, &Other), "which Full has");
    CloseHandle(Other);
    Fails(DuplicateTokenEx(Token, TOKEN_ALL_ACCESS, NULL, 9, TokenImpersonation, &Other), ERROR_INVALID_PARAMETER, "a level that is none");
    Fails(DuplicateTokenEx(Token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, 9, &Other), ERROR_INVALID_PARAMETER, "a type that is none");
    Ok(DuplicateTokenEx(Token, 0, NULL, SecurityImpersonation, TokenImpersonation, &Other), "access 0: that of the original");
    Ok(SetThreadToken(NULL, Other) && RevertToSelf(), "so it can be impersonated");
    CloseHandle(Other);
    Ok(DuplicateTokenEx(Token, MAXIMUM_ALLOWED, NULL, SecurityImpersonation, TokenImpersonation, &Other) && SetThreadToken(NULL, Other) && RevertToSelf(),
       "the most that is allowed");
    Ok(NtCompareTokens(Token, Other, &Equal) == 0 && Equal, "the same rights");
    CloseHandle(Other);
    SID_AND_ATTRIBUTES Deny = {Sid("S-1-1-0"), 0};
    CreateRestrictedToken(Token, 0, 1, &Deny, 0, NULL, 0, NULL, &Other);
    Ok(NtCompareTokens(Token, Other, &Equal) == 0 && !Equal, "not those of a restricted one");
    CloseHandle(Other);
    CloseHandle(Client);
    CloseHandle(Full);
}

/* ---- what may be set ------------------------------------------------------------------------------------------------------------------------------ */

static void Settings(void)
{
    HANDLE Mine = Copy(Token, SecurityImpersonation, TokenPrimary);
    TOKEN_OWNER Owner = {Sid("S-1-5-99")};
    TOKEN_PRIMARY_GROUP Group = {Sid("S-1-5-99")};
    TOKEN_DEFAULT_DACL Dacl = {NULL}, *Got;
    TOKEN_USER *User = Query(Token, TokenUser);
    UCHAR Acl[64];
    ULONG Number = 1;

    Fails(SetTokenInformation(Mine, TokenOwner, &Owner, sizeof(Owner)), ERROR_INVALID_OWNER, "a stranger is no owner");
    Owner.Owner = User->User.Sid;
    Ok(SetTokenInformation(Mine, TokenOwner, &Owner, sizeof(Owner)), "the user is");
    Ok(EqualSid(((TOKEN_OWNER *)Query(Mine, TokenOwner))->Owner, User->User.Sid), "as set");
    Fails(SetTokenInformation(Mine, TokenPrimaryGroup, &Group, sizeof(Group)), ERROR_INVALID_PRIMARY_GROUP, "a group it has not");
    Group.PrimaryGroup = Sid("S-1-1-0");
    Ok(SetTokenInformation(Mine, TokenPrimaryGroup, &Group, sizeof(Group)), "Everyone");
    InitializeAcl((PACL)Acl, sizeof(Acl), ACL_REVISION);
    AddAccessAllowedAce((PACL)Acl, ACL_REVISION, GENERIC_READ, Sid("S-1-1-0"));
    Dacl.DefaultDacl = (PACL)Acl;
    Ok(SetTokenInformation(Mine, TokenDefaultDacl, &Dacl, sizeof(Dacl)), "a default DACL");
    Got = Query(Mine, TokenDefaultDacl);
    Ok(Got->DefaultDacl != NULL && Got->DefaultDacl->AceCount == 1, "as set");
    Dacl.DefaultDacl = NULL;
    Ok(SetTokenInformation(Mine, TokenDefaultDacl, &Dacl, sizeof(Dacl)) && ((TOKEN_DEFAULT_DACL *)Query(Mine, TokenDefaultDacl))->DefaultDacl == NULL, "none");
    Is(S(NtSetInformationToken(Mine, TokenOwner, &Owner, 4)), S(STATUS_INFO_LENGTH_MISMATCH), "too short");
    Is(S(NtSetInformationToken(Mine, TokenUser, User, 16)), S(STATUS_INVALID_INFO_CLASS), "the user cannot be set");
    Is(S(NtSetInformationToken(Mine, 200, &Number, 4)), S(STATUS_INVALID_INFO_CLASS), "class 200");
    free(User);
    CloseHandle(Mine);
}

/* ---- who looks ------------------------------------------------------------------------------------------------------------------------------------- */

static void OpenAsSelf(void)
{
    HANDLE Anonymous = Copy(Token, SecurityIdentification, TokenImpersonation), Opened = NULL;
    SECURITY_QUALITY_OF_SERVICE Quality = {sizeof(Quality), SecurityImpersonation, SECURITY_STATIC_TRACKING, FALSE};

    Ok(SetThreadToken(NULL, Anonymous), "impersonating for identification");
    Fails(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, FALSE, &Opened), ERROR_BAD_IMPERSONATION_LEVEL, "as the client, even his own token is closed");
    Ok(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &Opened), "the process may look");
    Is(LevelOf(Opened), SecurityIdentification, "at what is impersonated");
    CloseHandle(Opened);
    HANDLE None = NULL;
    Ok(SetThreadToken(NULL, None), "SetThreadToken(NULL) reverts");
    Fails(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &Opened), ERROR_NO_TOKEN, "nothing is impersonated");
    Is(S(NtImpersonateThread(GetCurrentThread(), GetCurrentThread(), &Quality)), 0, "NtImpersonateThread: oneself");
    Ok(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &Opened) && LevelOf(Opened) == SecurityImpersonation, "at the level asked for");
    CloseHandle(Opened);
    RevertToSelf();
    Ok(ImpersonateAnonymousToken(GetCurrentThread()), "ImpersonateAnonymousToken");
    Ok(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &Opened), "its token");
    TOKEN_USER *User = Query(Opened, TokenUser);
    Ok(EqualSid(User->User.Sid, Sid("S-1-5-7")), "is ANONYMOUS LOGON's");
    free(User);
    CloseHandle(Opened);
    RevertToSelf();
    CloseHandle(Anonymous);
}

/* ---- integrity -------------------------------------------------------------------------------------------------------------------------------------- */

static void Integrity(const char *Self)
{
    HANDLE Low = Copy(Token, SecurityImpersonation, TokenPrimary), Client;
    TOKEN_MANDATORY_LABEL Label = {{Sid("S-1-16-4096"), SE_GROUP_INTEGRITY}}, Wrong = {{Sid("S-1-5-32-544"), SE_GROUP_INTEGRITY}};
    PROCESS_INFORMATION Process;
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    STARTUPINFOW WideStartup = {.cb = sizeof(WideStartup)};
    WCHAR Wide[] = L"exitcode.exe 5";
    char Command[400];
    DWORD Code = 0xDEAD;

    Ok(LevelSid(Low) >= SECURITY_MANDATORY_MEDIUM_RID, "our level");
    Fails(SetTokenInformation(Low, TokenIntegrityLevel, &Wrong, sizeof(Wrong)), ERROR_INVALID_PARAMETER, "a SID that is no level");
    Ok(SetTokenInformation(Low, TokenIntegrityLevel, &Label, sizeof(Label)) && LevelSid(Low) == SECURITY_MANDATORY_LOW_RID, "made low");
    HANDLE High = CreateEventA(NULL, TRUE, FALSE, "tokensec-high");
    snprintf(Command, sizeof(Command), "\"%s\" low", Self);
    fflush(stdout);
    if (Ok(CreateProcessAsUserA(Low, NULL, Command, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process), "a process of low integrity")) {
        WaitForSingleObject(Process.hProcess, LONG_TIME);
        GetExitCodeProcess(Process.hProcess, &Code);
        CloseHandle(Process.hProcess);
        CloseHandle(Process.hThread);
    }
    Is(Code, 0, "which can do what one can");
    Is(WaitForSingleObject(High, 0), WAIT_TIMEOUT, "and has not set our event");
    Fails(CreateProcessWithTokenW(Low, 4, NULL, Wide, 0, NULL, NULL, &WideStartup, &Process), ERROR_INVALID_PARAMETER, "a logon flag that is none");
    Fails(CreateProcessWithTokenW((HANDLE)0x7FF0, 0, NULL, Wide, 0, NULL, NULL, &WideStartup, &Process), ERROR_INVALID_HANDLE, "no token");
    Code = 0xDEAD;
    if (Ok(CreateProcessWithTokenW(Low, 0, NULL, Wide, 0, NULL, NULL, &WideStartup, &Process), "CreateProcessWithTokenW")) {
        HANDLE Theirs = NULL;
        Ok(OpenProcessToken(Process.hProcess, TOKEN_QUERY, &Theirs) && LevelSid(Theirs) == SECURITY_MANDATORY_LOW_RID, "at low integrity, too");
        CloseHandle(Theirs);
        WaitForSingleObject(Process.hProcess, LONG_TIME);
        GetExitCodeProcess(Process.hProcess, &Code);
        CloseHandle(Process.hProcess);
        CloseHandle(Process.hThread);
    }
    Is(Code, 5, "ran");
    CloseHandle(High);
    Client = Copy(Low, SecurityImpersonation, TokenImpersonation);
    SetThreadToken(NULL, Client);
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, "tokensec-low");
    RevertToSelf();
    PSECURITY_DESCRIPTOR Descriptor = malloc(400);
    DWORD Needed;
    char *Text = NULL;
    Ok(Event != NULL && GetKernelObjectSecurity(Event, LABEL_SECURITY_INFORMATION, Descriptor, 400, &Needed) &&
           ConvertSecurityDescriptorToStringSecurityDescriptorA(Descriptor, 1, LABEL_SECURITY_INFORMATION, &Text, NULL) &&
           strcmp(Text, "S:(ML;;NW;;;LW)") == 0, "what is made at low integrity is labelled so: %s", Text != NULL ? Text : "");
    free(Descriptor);
    CloseHandle(Event);
    CloseHandle(Client);
    CloseHandle(Low);
}

/* The low process.  0: all as it should be. */
static int Low(void)
{
    HANDLE Mine = NULL, Event;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_DEFAULT, &Mine)) {
        return 1;
    }
    if (LevelSid(Mine) != SECURITY_MANDATORY_LOW_RID) {
        return 2;
    }
    Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (Event == NULL || !SetEvent(Event)) {
        return 3;
    }
    Event = CreateEventA(NULL, TRUE, FALSE, "tokensec-mine");
    if (Event == NULL || !SetEvent(Event)) {
        return 4;
    }
    if (OpenEventA(SYNCHRONIZE, FALSE, "tokensec-high") == NULL) {
        return 5;
    }
    if (OpenEventA(EVENT_MODIFY_STATE, FALSE, "tokensec-high") != NULL || GetLastError() != ERROR_ACCESS_DENIED) {
        return 6;
    }
    return 0;
}

/* ---- LUA ---------------------------------------------------------------------------------------------------------------------------------------------- */

#ifndef LUA_TOKEN
#define LUA_TOKEN 4
#endif

static void LuaToken(void)
{
    HANDLE Limited = NULL;
    TOKEN_PRIVILEGES *Held;
    int Strange = 0;

    Ok(CreateRestrictedToken(Token, LUA_TOKEN, 0, NULL, 0, NULL, 0, NULL, &Limited), "a token as an ordinary user has it");
    Is(AttributesOf(Limited, Sid("S-1-5-32-544")) & (SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY), SE_GROUP_USE_FOR_DENY_ONLY,
       "Administrators count in denials only");
    Held = Query(Limited, TokenPrivileges);
    for (DWORD i = 0; i < Held->PrivilegeCount; i++) {
        DWORD Luid = Held->Privileges[i].Luid.LowPart;
        Strange |= Luid != 19 && Luid != 23 && Luid != 25 && Luid != 33 && Luid != 34; /* shut down, traverse, undock, working set, time zone */
    }
    Ok(Held->PrivilegeCount >= 1 && !Strange, "%lu harmless privileges", Held->PrivilegeCount);
    Ok(!IsTokenRestricted(Limited), "it is not restricted, having no restricting SIDs");
    free(Held);
    CloseHandle(Limited);
}

int main(int Count, char **Arguments)
{
    char Self[MAX_PATH];

    if (Count == 2 && strcmp(Arguments[1], "low") == 0) {
        return Low();
    }
    GetModuleFileNameA(NULL, Self, sizeof(Self));
    Ok(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &Token), "our token");
    Classes();
    Groups();
    Privileges();
    Copies();
    Settings();
    OpenAsSelf();
    Integrity(Self);
    LuaToken();
    return Done();
}

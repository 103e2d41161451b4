/* SPDX-License-Identifier: MIT */
/*
 * linkedtoken.c - the two halves of a split logon: TokenLinkedToken, TokenElevation, TokenElevationType.
 *
 * The program must be able to make tokens (SYSTEM).  It makes an administrator's full token and the limited one he works with under UAC, each of a logon
 * of its own, links them as lsass does, and looks at each half through the other: as who has SeTcbPrivilege, and as who has not; then a program of each half
 * does.  On Windows NtCreateToken wants logon sessions that lsass has made, so there this test stops at its first token.
 */
#define _WIN32_WINNT 0x0A00
#include "tokens.h"

#define ADMINISTRATORS "S-1-5-32-544"
#define ON (SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT)

static LUID FullLogon, LimitedLogon;

static HANDLE Make(BOOL Full, LUID *Logon)
{
    struct
    {
        ULONG Count;
        SID_AND_ATTRIBUTES Group[6];
    } Groups = {6, {{Sid("S-1-1-0"), 7}, {Sid("S-1-5-32-545"), 7}, {Sid(ADMINISTRATORS), Full ? 15 : SE_GROUP_USE_FOR_DENY_ONLY}, {Sid("S-1-5-4"), 7},
                    {Sid("S-1-5-11"), 7}, {Sid(Full ? "S-1-16-12288" : "S-1-16-8192"), SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED}}};
    struct
    {
        ULONG Count;
        LUID_AND_ATTRIBUTES Privilege[8];
    } Privileges = {Full ? 8 : 5, {{{23 /* ChangeNotify */, 0}, ON}, {{19 /* Shutdown */, 0}, 0}, {{25 /* Undock */, 0}, 0}, {{33 /* WorkingSet */, 0}, 0},
                                  {{34 /* TimeZone */, 0}, 0}, {{29 /* Impersonate */, 0}, ON}, {{20 /* Debug */, 0}, 0}, {{17 /* Backup */, 0}, 0}}};
    NTSTATUS Status;

    AllocateLocallyUniqueId(Logon);
    HANDLE Token = MakeToken(Logon, (PTOKEN_GROUPS)&Groups, (PTOKEN_PRIVILEGES)&Privileges, &Status);
    Is((ULONG)Status, 0, Full ? "an administrator's full token" : "and his limited one");
    return Token;
}

/* The token that is linked with Token; NULL, and the last error says why. */
static HANDLE LinkedOf(HANDLE Token)
{
    TOKEN_LINKED_TOKEN Linked = {NULL};
    DWORD Length = 0;

    return GetTokenInformation(Token, TokenLinkedToken, &Linked, sizeof(Linked), &Length) && Length == sizeof(Linked) ? Linked.LinkedToken : NULL;
}

static BOOL Link(HANDLE Token, HANDLE Other)
{
    TOKEN_LINKED_TOKEN Linked = {Other};

    return SetTokenInformation(Token, TokenLinkedToken, &Linked, sizeof(Linked));
}

static BOOL OfLogon(HANDLE Token, const LUID *Logon)
{
    TOKEN_STATISTICS *Statistics = Query(Token, TokenStatistics);
    BOOL Same = memcmp(&Statistics->AuthenticationId, Logon, sizeof(LUID)) == 0;

    free(Statistics);
    return Same;
}

static void IsFull(HANDLE Token, const char *What)
{
    Ok(QueryNumber(Token, TokenElevationType) == TokenElevationTypeFull && QueryNumber(Token, TokenElevation) == 1, "%s: full and elevated", What);
    Ok(LevelSid(Token) == SECURITY_MANDATORY_HIGH_RID && (AttributesOf(Token, Sid(ADMINISTRATORS)) & SE_GROUP_ENABLED) && OfLogon(Token, &FullLogon),
       "%s: high, an administrator, of the full logon", What);
}

static void IsLimited(HANDLE Token, const char *What)
{
    Ok(QueryNumber(Token, TokenElevationType) == TokenElevationTypeLimited && QueryNumber(Token, TokenElevation) == 0, "%s: limited, not elevated", What);
    Ok(LevelSid(Token) == SECURITY_MANDATORY_MEDIUM_RID && AttributesOf(Token, Sid(ADMINISTRATORS)) == SE_GROUP_USE_FOR_DENY_ONLY &&
           OfLogon(Token, &LimitedLogon), "%s: medium, Administrators for deny only, of the limited logon", What);
}

/* ---- before ------------------------------------------------------------------------------------------------------------------------------- */

static void Alone(HANDLE Full, HANDLE Limited)
{
    HANDLE Own;

    OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &Own);
    Ok(QueryNumber(Own, TokenElevationType) == TokenElevationTypeDefault && QueryNumber(Own, TokenElevation) == 1, "SYSTEM is elevated and has one half");
    Fails(LinkedOf(Own) != NULL, ERROR_NO_SUCH_LOGON_SESSION, "and no linked token");
    CloseHandle(Own);
    Is(QueryNumber(Full, TokenElevationType), TokenElevationTypeDefault, "a full token without a link is of the default type");
    Is(QueryNumber(Limited, TokenElevationType), TokenElevationTypeDefault, "so is a limited one");
    Ok(QueryNumber(Full, TokenElevation) == 1 && QueryNumber(Limited, TokenElevation) == 0, "but only one is elevated");
    Fails(LinkedOf(Limited) != NULL, ERROR_NO_SUCH_LOGON_SESSION, "nothing is linked");
}

static void LinkFailures(HANDLE Full, HANDLE Limited)
{
    HANDLE Weak = NULL, Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    TOKEN_LINKED_TOKEN Linked = {Limited};

    Without("SeCreateTokenPrivilege");
    Fails(Link(Full, Limited), ERROR_PRIVILEGE_NOT_HELD, "to link needs SeCreateTokenPrivilege");
    RevertToSelf();
    Fails(SetTokenInformation(Full, TokenLinkedToken, &Linked, 4), ERROR_BAD_LENGTH, "half a handle");
    Fails(Link(Full, Event), ERROR_INVALID_HANDLE, "an event is no token");
    Fails(Link(Full, NULL), ERROR_INVALID_HANDLE, "nor is nothing");
    DuplicateHandle(GetCurrentProcess(), Full, GetCurrentProcess(), &Weak, TOKEN_QUERY, FALSE, 0);
    Fails(Link(Weak, Limited), ERROR_ACCESS_DENIED, "the handle needs TOKEN_ADJUST_DEFAULT");
    CloseHandle(Weak);
    CloseHandle(Event);
    Is(QueryNumber(Full, TokenElevationType), TokenElevationTypeDefault, "nothing has been linked");
}

/* ---- linked ------------------------------------------------------------------------------------------------------------------------------- */

static void AsTcb(HANDLE Full, HANDLE Limited)
{
    HANDLE Other = LinkedOf(Limited), Back = LinkedOf(Full);

    Ok(Other != NULL && QueryNumber(Other, TokenType) == TokenPrimary, "with SeTcbPrivilege the linked token is a primary one");
    IsFull(Other, "the limited one's");
    Ok(Back != NULL && QueryNumber(Back, TokenType) == TokenPrimary, "the other way round as well");
    IsLimited(Back, "the full one's");
    HANDLE Again = LinkedOf(Other);
    IsLimited(Again, "the linked of the linked");
    TOKEN_STATISTICS *First = Query(Back, TokenStatistics), *Second = Query(Again, TokenStatistics);
    Ok(memcmp(&First->TokenId, &Second->TokenId, sizeof(LUID)) != 0, "each answer is a token of its own");
    free(First);
    free(Second);
    CloseHandle(Again);
    CloseHandle(Back);
    CloseHandle(Other);
}

static void AsAnybody(HANDLE Limited)
{
    HANDLE Other, Primary = NULL;
    BOOL Member = FALSE;

    Without("SeTcbPrivilege");
    Other = LinkedOf(Limited);
    RevertToSelf();
    Ok(Other != NULL && QueryNumber(Other, TokenType) == TokenImpersonation && QueryNumber(Other, TokenImpersonationLevel) == SecurityIdentification,
       "without it, one to be looked at");
    IsFull(Other, "it");
    Ok(CheckTokenMembership(Other, Sid(ADMINISTRATORS), &Member) && Member, "so a program learns that its user could be an administrator");
    Fails(DuplicateTokenEx(Other, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, &Primary), ERROR_BAD_IMPERSONATION_LEVEL, "and no more");
    CloseHandle(Other);
}

static void Copies(HANDLE Full, HANDLE Limited)
{
    HANDLE Client = Copy(Limited, SecurityImpersonation, TokenImpersonation), Restricted = NULL, Other;
    TOKEN_MANDATORY_LABEL Low = {{Sid("S-1-16-4096"), SE_GROUP_INTEGRITY}};
    DWORD Length = 0;
    UCHAR Room[8];

    IsLimited(Client, "a copy");
    SetTokenInformation(Client, TokenIntegrityLevel, &Low, sizeof(Low));
    Other = LinkedOf(Client);
    IsFull(Other, "what is linked with a copy made low");
    CloseHandle(Other);
    CreateRestrictedToken(Full, DISABLE_MAX_PRIVILEGE, 0, NULL, 0, NULL, 0, NULL, &Restricted);
    Ok(QueryNumber(Restricted, TokenElevation) == 1, "without privileges an administrator is elevated by his group");
    CloseHandle(Restricted);
    Fails(GetTokenInformation(Limited, TokenLinkedToken, Room, 4, &Length), ERROR_BAD_LENGTH, "too little room");
    Ok(Length == sizeof(HANDLE), "how much it takes");
    CloseHandle(Client);
}

/* ---- programs ------------------------------------------------------------------------------------------------------------------------------ */

static void Start(HANDLE Token, const char *Self, const char *Half)
{
    PROCESS_INFORMATION Process;
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    char Command[400];
    DWORD Code = 0xDEAD;

    snprintf(Command, sizeof(Command), "\"%s\" %s", Self, Half);
    fflush(stdout);
    if (Ok(CreateProcessAsUserA(Token, NULL, Command, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process), "a program with the %s token", Half)) {
        WaitForSingleObject(Process.hProcess, LONG_TIME);
        GetExitCodeProcess(Process.hProcess, &Code);
        CloseHandle(Process.hProcess);
        CloseHandle(Process.hThread);
    }
    Is(Code, 0, "sees which half it is, and the other");
}

/* In the program.  0: all as it should be. */
static int Inside(BOOL Full)
{
    HANDLE Own, Other;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &Own) ||
        QueryNumber(Own, TokenElevationType) != (DWORD)(Full ? TokenElevationTypeFull : TokenElevationTypeLimited)) {
        return 1;
    }
    if (QueryNumber(Own, TokenElevation) != (DWORD)Full) {
        return 2;
    }
    Other = LinkedOf(Own);
    if (Other == NULL || QueryNumber(Other, TokenImpersonationLevel) != SecurityIdentification) {
        return 3;
    }
    if (QueryNumber(Other, TokenElevationType) != (DWORD)(Full ? TokenElevationTypeLimited : TokenElevationTypeFull)) {
        return 4;
    }
    return 0;
}

int main(int Count, char **Arguments)
{
    char Self[MAX_PATH];
    HANDLE Full, Limited;

    if (Count == 2) {
        return Inside(strcmp(Arguments[1], "full") == 0);
    }
    GetModuleFileNameA(NULL, Self, sizeof(Self));
    Full = Make(TRUE, &FullLogon);
    Limited = Make(FALSE, &LimitedLogon);
    Alone(Full, Limited);
    LinkFailures(Full, Limited);
    Ok(Link(Full, Limited), "the halves are linked");
    IsFull(Full, "the full token");
    IsLimited(Limited, "the limited token");
    AsTcb(Full, Limited);
    AsAnybody(Limited);
    Copies(Full, Limited);
    Start(Limited, Self, "limited");
    Start(Full, Self, "full");
    CloseHandle(Full);
    Is(QueryNumber(Limited, TokenElevationType), TokenElevationTypeLimited, "without its last full token the limited one stays what it is");
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * lookup.c - accounts by SID and by name, and the caller's own name.
 *
 * There is no account database: the accounts are the ones every Windows has (Everyone, SYSTEM, BUILTIN\Administrators...) and this machine's three:
 * the administrator (1000), whose token the session runs with; the unprivileged "guest2" (1001), whose token the system's tests make; and the
 * built-in Administrator and Guest, whose numbers are known and who cannot log on.
 */
#include "adv.h"

#define MACHINE NULL /* the domain is the computer's name */

static const struct
{
    LPCWSTR Sid; /* in the form AdvParseSid reads; "-rid": of this machine */
    LPCWSTR Domain, Name;
    UCHAR Use;
} Accounts[] = {
    {L"S-1-0-0", L"", L"NULL SID", SidTypeWellKnownGroup},
    {L"WD", L"", L"Everyone", SidTypeWellKnownGroup},
    {L"S-1-2-0", L"", L"LOCAL", SidTypeWellKnownGroup},
    {L"S-1-2-1", L"", L"CONSOLE LOGON", SidTypeWellKnownGroup},
    {L"CO", L"", L"CREATOR OWNER", SidTypeWellKnownGroup},
    {L"CG", L"", L"CREATOR GROUP", SidTypeWellKnownGroup},
    {L"S-1-3-2", L"", L"CREATOR OWNER SERVER", SidTypeWellKnownGroup},
    {L"S-1-3-3", L"", L"CREATOR GROUP SERVER", SidTypeWellKnownGroup},
    {L"OW", L"", L"OWNER RIGHTS", SidTypeWellKnownGroup},
    {L"S-1-5-1", L"NT AUTHORITY", L"DIALUP", SidTypeWellKnownGroup},
    {L"NU", L"NT AUTHORITY", L"NETWORK", SidTypeWellKnownGroup},
    {L"S-1-5-3", L"NT AUTHORITY", L"BATCH", SidTypeWellKnownGroup},
    {L"IU", L"NT AUTHORITY", L"INTERACTIVE", SidTypeWellKnownGroup},
    {L"SU", L"NT AUTHORITY", L"SERVICE", SidTypeWellKnownGroup},
    {L"AN", L"NT AUTHORITY", L"ANONYMOUS LOGON", SidTypeWellKnownGroup},
    {L"S-1-5-8", L"NT AUTHORITY", L"PROXY", SidTypeWellKnownGroup},
    {L"ED", L"NT AUTHORITY", L"ENTERPRISE DOMAIN CONTROLLERS", SidTypeWellKnownGroup},
    {L"PS", L"NT AUTHORITY", L"SELF", SidTypeWellKnownGroup},
    {L"AU", L"NT AUTHORITY", L"Authenticated Users", SidTypeWellKnownGroup},
    {L"RC", L"NT AUTHORITY", L"RESTRICTED", SidTypeWellKnownGroup},
    {L"S-1-5-13", L"NT AUTHORITY", L"TERMINAL SERVER USER", SidTypeWellKnownGroup},
    {L"S-1-5-14", L"NT AUTHORITY", L"REMOTE INTERACTIVE LOGON", SidTypeWellKnownGroup},
    {L"S-1-5-15", L"NT AUTHORITY", L"This Organization", SidTypeWellKnownGroup},
    {L"S-1-5-17", L"NT AUTHORITY", L"IUSR", SidTypeWellKnownGroup},
    {L"SY", L"NT AUTHORITY", L"SYSTEM", SidTypeWellKnownGroup},
    {L"LS", L"NT AUTHORITY", L"LOCAL SERVICE", SidTypeWellKnownGroup},
    {L"NS", L"NT AUTHORITY", L"NETWORK SERVICE", SidTypeWellKnownGroup},
    {L"WR", L"NT AUTHORITY", L"WRITE RESTRICTED", SidTypeWellKnownGroup},
    {L"S-1-5-32", L"BUILTIN", L"BUILTIN", SidTypeDomain},
    {L"BA", L"BUILTIN", L"Administrators", SidTypeAlias},
    {L"BU", L"BUILTIN", L"Users", SidTypeAlias},
    {L"BG", L"BUILTIN", L"Guests", SidTypeAlias},
    {L"PU", L"BUILTIN", L"Power Users", SidTypeAlias},
    {L"BO", L"BUILTIN", L"Backup Operators", SidTypeAlias},
    {L"RE", L"BUILTIN", L"Replicator", SidTypeAlias},
    {L"RD", L"BUILTIN", L"Remote Desktop Users", SidTypeAlias},
    {L"NO", L"BUILTIN", L"Network Configuration Operators", SidTypeAlias},
    {L"MU", L"BUILTIN", L"Performance Monitor Users", SidTypeAlias},
    {L"LU", L"BUILTIN", L"Performance Log Users", SidTypeAlias},
    {L"IS", L"BUILTIN", L"IIS_IUSRS", SidTypeAlias},
    {L"CY", L"BUILTIN", L"Cryptographic Operators", SidTypeAlias},
    {L"ER", L"BUILTIN", L"Event Log Readers", SidTypeAlias},
    {L"S-1-16-0", L"Mandatory Label", L"Untrusted Mandatory Level", SidTypeLabel},
    {L"LW", L"Mandatory Label", L"Low Mandatory Level", SidTypeLabel},
    {L"ME", L"Mandatory Label", L"Medium Mandatory Level", SidTypeLabel},
    {L"MP", L"Mandatory Label", L"Medium Plus Mandatory Level", SidTypeLabel},
    {L"HI", L"Mandatory Label", L"High Mandatory Level", SidTypeLabel},
    {L"SI", L"Mandatory Label", L"System Mandatory Level", SidTypeLabel},
    {L"LG", MACHINE, L"Guest", SidTypeUser},
    {L"DU", MACHINE, L"None", SidTypeGroup},
    {L"-1000", MACHINE, L"Administrator", SidTypeUser},
    {L"-1001", MACHINE, L"guest2", SidTypeUser},
};

static void AccountSid(ULONG Index, PSID Sid)
{
    if (Accounts[Index].Sid[0] != '-') {
        AdvParseSid(Accounts[Index].Sid, Sid);
        return;
    }
    memcpy(Sid, AdvMachineSid(), RtlLengthSid(AdvMachineSid()));
    SID *Account = Sid;
    Account->SubAuthority[Account->SubAuthorityCount++] = wcstoul(Accounts[Index].Sid + 1, NULL, 10);
}

static LPCWSTR AccountDomain(ULONG Index, LPWSTR Machine)
{
    DWORD Size = MAX_COMPUTERNAME_LENGTH + 1;

    if (Accounts[Index].Domain != MACHINE) {
        return Accounts[Index].Domain;
    }
    if (!GetComputerNameW(Machine, &Size)) {
        *Machine = 0;
    }
    return Machine;
}

/* Both strings at once: with too little room for either, both sizes are told, with their zeros. */
static BOOL ReturnNames(LPCWSTR Name, LPWSTR NameBuffer, LPDWORD NameSize, LPCWSTR Domain, LPWSTR DomainBuffer, LPDWORD DomainSize)
{
    DWORD NameLength = (DWORD)wcslen(Name), DomainLength = (DWORD)wcslen(Domain);

    if (*NameSize <= NameLength || *DomainSize <= DomainLength) {
        *NameSize = NameLength + 1;
        *DomainSize = DomainLength + 1;
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    if (NameBuffer != NULL) {
        wcscpy(NameBuffer, Name);
    }
    if (DomainBuffer != NULL) {
        wcscpy(DomainBuffer, Domain);
    }
    *NameSize = NameLength;
    *DomainSize = DomainLength;
    return TRUE;
}

BOOL WINAPI LookupAccountSidW(LPCWSTR System, PSID Sid, LPWSTR Name, LPDWORD NameSize, LPWSTR Domain, LPDWORD DomainSize, PSID_NAME_USE Use)
{
    UCHAR Buffer[LONGEST_SID + 8] __attribute__((aligned(8)));
    WCHAR Machine[MAX_COMPUTERNAME_LENGTH + 1];

    UNUSED(System);
    if (Sid == NULL || NameSize == NULL || DomainSize == NULL || Use == NULL || !RtlValidSid(Sid)) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    for (ULONG i = 0; i < COUNT_OF(Accounts); i++) {
        AccountSid(i, Buffer);
        if (RtlEqualSid(Buffer, Sid)) {
            *Use = Accounts[i].Use;
            return ReturnNames(Accounts[i].Name, Name, NameSize, AccountDomain(i, Machine), Domain, DomainSize);
        }
    }
    return AdvFail(ERROR_NONE_MAPPED);
}

BOOL WINAPI LookupAccountSidA(LPCSTR System, PSID Sid, LPSTR Name, LPDWORD NameSize, LPSTR Domain, LPDWORD DomainSize, PSID_NAME_USE Use)
{
    WCHAR WideName[64], WideDomain[64];
    DWORD WideNameSize = COUNT_OF(WideName), WideDomainSize = COUNT_OF(WideDomain);

    UNUSED(System);
    if (NameSize == NULL || DomainSize == NULL) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    if (!LookupAccountSidW(NULL, Sid, WideName, &WideNameSize, WideDomain, &WideDomainSize, Use)) {
        return FALSE;
    }
    if (*NameSize <= WideNameSize || *DomainSize <= WideDomainSize) {
        *NameSize = WideNameSize + 1;
        *DomainSize = WideDomainSize + 1;
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    return AdvCopyAnsi(WideName, Name, NameSize) && AdvCopyAnsi(WideDomain, Domain, DomainSize);
}

/* NAME, DOMAIN\NAME, .\NAME, or a domain alone. */
static bool NameMatches(LPCWSTR Given, ULONG Index)
{
    WCHAR Machine[MAX_COMPUTERNAME_LENGTH + 1];
    LPCWSTR Domain = AccountDomain(Index, Machine), Backslash = wcschr(Given, '\\');

    if (Backslash == NULL) {
        return _wcsicmp(Given, Accounts[Index].Name) == 0;
    }
    size_t Length = (size_t)(Backslash - Given);
    bool Here = Accounts[Index].Domain == MACHINE && Length == 1 && Given[0] == '.';
    return (Here || (Length == wcslen(Domain) && _wcsnicmp(Given, Domain, Length) == 0)) && _wcsicmp(Backslash + 1, Accounts[Index].Name) == 0;
}

BOOL WINAPI LookupAccountNameW(LPCWSTR System, LPCWSTR Account, PSID Sid, LPDWORD SidSize, LPWSTR Domain, LPDWORD DomainSize, PSID_NAME_USE Use)
{
    UCHAR Buffer[LONGEST_SID + 8] __attribute__((aligned(8)));
    WCHAR Machine[MAX_COMPUTERNAME_LENGTH + 1];
    ULONG Index = 0;

    UNUSED(System);
    if (SidSize == NULL || DomainSize == NULL || Use == NULL) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    while (Account != NULL && Index < COUNT_OF(Accounts) && !NameMatches(Account, Index)) {
        Index++;
    }
    if (Account == NULL || Index == COUNT_OF(Accounts)) {
        return AdvFail(ERROR_NONE_MAPPED);
    }
    AccountSid(Index, Buffer);
    LPCWSTR Of = AccountDomain(Index, Machine);
    DWORD Needed = RtlLengthSid(Buffer), Length = (DWORD)wcslen(Of);
    if (*SidSize < Needed || *DomainSize <= Length) {
        *SidSize = Needed;
        *DomainSize = Length + 1;
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Sid, Buffer, Needed);
    *SidSize = Needed;
    if (Domain != NULL) {
        wcscpy(Domain, Of);
    }
    *DomainSize = Length;
    *Use = Accounts[Index].Use;
    return TRUE;
}

BOOL WINAPI LookupAccountNameA(LPCSTR System, LPCSTR Account, PSID Sid, LPDWORD SidSize, LPSTR Domain, LPDWORD DomainSize, PSID_NAME_USE Use)
{
    WCHAR WideDomain[64];
    DWORD Given = DomainSize != NULL ? *DomainSize : 0, WideSize = Given < COUNT_OF(WideDomain) ? Given : COUNT_OF(WideDomain);
    LPWSTR WideAccount = AdvWide(Account);

    UNUSED(System);
    BOOL Done = LookupAccountNameW(NULL, WideAccount, Sid, SidSize, WideDomain, DomainSize != NULL ? &WideSize : NULL, Use);
    AdvFree(WideAccount);
    if (DomainSize != NULL) {
        *DomainSize = WideSize;
    }
    if (Done && Domain != NULL) {
        DWORD Room = Given;
        AdvCopyAnsi(WideDomain, Domain, &Room);
    }
    return Done;
}

/* ---- the caller's name -------------------------------------------------------------------------------------------------------------------- */

static HANDLE OwnToken(void)
{
    HANDLE Token = NULL;

    if (!NT_SUCCESS(NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &Token))) {
        NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &Token);
    }
    return Token;
}

/* Size counts characters with the zero, also on success. */
BOOL WINAPI GetUserNameW(LPWSTR Name, LPDWORD Size)
{
    WCHAR User[64], Domain[64];
    DWORD UserSize = COUNT_OF(User), DomainSize = COUNT_OF(Domain);
    SID_NAME_USE Use;
    HANDLE Token = OwnToken();
    TOKEN_USER *Information = Token != NULL ? AdvQueryToken(Token, TokenUser) : NULL;
    BOOL Found = Information != NULL && LookupAccountSidW(NULL, Information->User.Sid, User, &UserSize, Domain, &DomainSize, &Use);

    AdvFree(Information);
    if (Token != NULL) {
        NtClose(Token);
    }
    if (!Found) {
        return FALSE;
    }
    if (*Size <= UserSize) {
        *Size = UserSize + 1;
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    wcscpy(Name, User);
    *Size = UserSize + 1;
    return TRUE;
}

BOOL WINAPI GetUserNameA(LPSTR Name, LPDWORD Size)
{
    WCHAR Wide[64];
    DWORD WideSize = COUNT_OF(Wide);

    if (!GetUserNameW(Wide, &WideSize)) {
        return FALSE;
    }
    if (!AdvCopyAnsi(Wide, Name, Size)) {
        return AdvFail(ERROR_INSUFFICIENT_BUFFER);
    }
    ++*Size;
    return TRUE;
}

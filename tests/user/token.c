/* SPDX-License-Identifier: MIT */
/*
 * token.c - tokens and access checks from user mode: query, adjust, duplicate, filter, impersonate; objects with descriptors of their own.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <winternl.h>
#include "tap.h"

#define S(x) ((unsigned)(x))
#define OK 0u
#define DENIED 0xC0000022u
#define TOO_SMALL 0xC0000023u
#define SELF ((HANDLE)(LONG_PTR)-1)
#define EVENT_ALL 0x1F0003u

#define NATIVE(name, ...) static NTSTATUS(NTAPI *name)(__VA_ARGS__)
NATIVE(Close, HANDLE);
NATIVE(OpenProcessToken_, HANDLE, ACCESS_MASK, PHANDLE);
NATIVE(OpenThreadToken_, HANDLE, ACCESS_MASK, BOOLEAN, PHANDLE);
NATIVE(QueryToken, HANDLE, int, PVOID, ULONG, PULONG);
NATIVE(SetToken, HANDLE, int, PVOID, ULONG);
NATIVE(DuplicateToken_, HANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, BOOLEAN, int, PHANDLE);
NATIVE(FilterToken, HANDLE, ULONG, PTOKEN_GROUPS, PTOKEN_PRIVILEGES, PTOKEN_GROUPS, PHANDLE);
NATIVE(AdjustPrivileges, HANDLE, BOOLEAN, PTOKEN_PRIVILEGES, ULONG, PTOKEN_PRIVILEGES, PULONG);
NATIVE(AdjustGroups, HANDLE, BOOLEAN, PTOKEN_GROUPS, ULONG, PTOKEN_GROUPS, PULONG);
NATIVE(AccessCheck_, PSECURITY_DESCRIPTOR, HANDLE, ACCESS_MASK, PGENERIC_MAPPING, PPRIVILEGE_SET, PULONG, PACCESS_MASK, NTSTATUS *);
NATIVE(PrivilegeCheck_, HANDLE, PPRIVILEGE_SET, PBOOLEAN);
NATIVE(SetThread, HANDLE, int, PVOID, ULONG);
NATIVE(CreateEvent_, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, int, BOOLEAN);
NATIVE(OpenEvent_, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NATIVE(QuerySecurity, HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, ULONG, PULONG);
NATIVE(SetSecurity, HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR);

static void Bind(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");
    const struct
    {
        void *Pointer;
        const char *Name;
    } Table[] = {
        { &Close, "NtClose" },
        { &OpenProcessToken_, "NtOpenProcessToken" },
        { &OpenThreadToken_, "NtOpenThreadToken" },
        { &QueryToken, "NtQueryInformationToken" },
        { &SetToken, "NtSetInformationToken" },
        { &DuplicateToken_, "NtDuplicateToken" },
        { &FilterToken, "NtFilterToken" },
        { &AdjustPrivileges, "NtAdjustPrivilegesToken" },
        { &AdjustGroups, "NtAdjustGroupsToken" },
        { &AccessCheck_, "NtAccessCheck" },
        { &PrivilegeCheck_, "NtPrivilegeCheck" },
        { &SetThread, "NtSetInformationThread" },
        { &CreateEvent_, "NtCreateEvent" },
        { &OpenEvent_, "NtOpenEvent" },
        { &QuerySecurity, "NtQuerySecurityObject" },
        { &SetSecurity, "NtSetSecurityObject" },
    };

    for (unsigned i = 0; i < sizeof(Table) / sizeof(*Table); i++) {
        *(FARPROC *)Table[i].Pointer = GetProcAddress(Ntdll, Table[i].Name);
    }
}

static UCHAR Buffer[4096];
static HANDLE Token;

static const SID WorldSid = { 1, 1, { { 0, 0, 0, 0, 0, 1 } }, { 0 } };
static const SID LowSid = { 1, 1, { { 0, 0, 0, 0, 0, 16 } }, { 0x1000 } };
static const struct
{
    UCHAR Revision, Count, Authority[6];
    ULONG Sub[5];
} StrangerSid = { 1, 5, { 0, 0, 0, 0, 0, 5 }, { 21, 1, 2, 3, 4 } }, AdminsSid = { 1, 2, { 0, 0, 0, 0, 0, 5 }, { 32, 544 } };

static ULONG SidLength(const void *Sid)
{
    return 8 + 4 * ((const UCHAR *)Sid)[1];
}

static void Queries(void)
{
    ULONG Length = 0, Number = 0;
    TOKEN_STATISTICS Statistics;

    Is(S(OpenProcessToken_(SELF, TOKEN_ALL_ACCESS, &Token)), OK, "open this process' token");
    Is(S(QueryToken(Token, TokenUser, NULL, 0, &Length)), TOO_SMALL, "the user: how long?");
    Is(S(QueryToken(Token, TokenUser, Buffer, Length, &Length)), OK, "the user");
    Is(*(UCHAR *)((TOKEN_USER *)Buffer)->User.Sid, 1, "is a SID");
    Is(S(QueryToken(Token, TokenGroups, Buffer, sizeof(Buffer), &Length)), OK, "groups");
    Ok(((TOKEN_GROUPS *)Buffer)->GroupCount >= 3, "%lu of them", ((TOKEN_GROUPS *)Buffer)->GroupCount);
    Is(S(QueryToken(Token, TokenPrivileges, Buffer, sizeof(Buffer), &Length)), OK, "privileges");
    Is(Length, 4 + 12 * ((TOKEN_PRIVILEGES *)Buffer)->PrivilegeCount, "in the length they take");
    Is(S(QueryToken(Token, TokenOwner, Buffer, sizeof(Buffer), &Length)), OK, "default owner");
    Is(S(QueryToken(Token, TokenPrimaryGroup, Buffer, sizeof(Buffer), &Length)), OK, "primary group");
    Is(S(QueryToken(Token, TokenDefaultDacl, Buffer, sizeof(Buffer), &Length)), OK, "default DACL");
    Ok(((TOKEN_DEFAULT_DACL *)Buffer)->DefaultDacl->AceCount >= 2, "with entries");
    Is(S(QueryToken(Token, TokenStatistics, &Statistics, sizeof(Statistics), &Length)), OK, "statistics");
    Is(Statistics.TokenType, TokenPrimary, "of a primary token");
    Is(S(QueryToken(Token, TokenType, &Number, 2, &Length)), 0xC0000004, "a number in too little room");
    Is(S(QueryToken(Token, TokenImpersonationLevel, &Number, 4, &Length)), 0xC0000003, "a primary token has no level");
    Is(S(QueryToken(Token, TokenIntegrityLevel, Buffer, sizeof(Buffer), &Length)), OK, "integrity");
    Is(S(QueryToken((HANDLE)(LONG_PTR)-4, TokenUser, Buffer, sizeof(Buffer), &Length)), OK, "the pseudo handle of the process' token");
    Is(S(QueryToken((HANDLE)(LONG_PTR)-5, TokenUser, Buffer, sizeof(Buffer), &Length)), 0xC000007C, "a thread that does not impersonate");
    Is(S(QueryToken(SELF, TokenUser, Buffer, sizeof(Buffer), &Length)), 0xC0000024, "a process is no token");
    Is(S(OpenThreadToken_((HANDLE)(LONG_PTR)-2, TOKEN_QUERY, FALSE, &Token)), 0xC000007C, "no thread token to open");
}

static void Privileges(void)
{
    TOKEN_PRIVILEGES New = { 1, { { { 23, 0 }, 0 } } }, Old = { 0 };
    PRIVILEGE_SET Required = { 1, PRIVILEGE_SET_ALL_NECESSARY, { { { 23, 0 }, 0 } } };
    BOOLEAN Held = 9;
    ULONG Length;

    Is(S(AdjustPrivileges(Token, FALSE, &New, sizeof(Old), &Old, &Length)), OK, "disable SeChangeNotify");
    Is(Old.PrivilegeCount, 1, "the old state comes back");
    Is(S(PrivilegeCheck_(Token, &Required, &Held)), OK, "check it");
    Is(Held, 0, "not held");
    Is(S(AdjustPrivileges(Token, FALSE, &Old, 0, NULL, NULL)), OK, "put it back");
    PrivilegeCheck_(Token, &Required, &Held);
    Is(Held, 1, "held again");
    New.Privileges[0].Luid.LowPart = 60;
    Is(S(AdjustPrivileges(Token, FALSE, &New, 0, NULL, NULL)), 0x106, "one it does not have: not all assigned");
    Is(S(AdjustPrivileges(Token, FALSE, NULL, 0, NULL, NULL)), 0xC000000D, "nothing to set");
}

/* A descriptor with one allowing entry for Sid. */
static PSECURITY_DESCRIPTOR Descriptor(const void *Sid, ACCESS_MASK Mask)
{
    static struct
    {
        SECURITY_DESCRIPTOR Head;
        ACL Acl;
        ACCESS_ALLOWED_ACE Ace;
        UCHAR More[64];
    } All;

    memset(&All, 0, sizeof(All));
    All.Head.Revision = 1;
    All.Head.Control = SE_DACL_PRESENT;
    All.Head.Dacl = &All.Acl;
    All.Head.Owner = All.Head.Group = (PSID)&AdminsSid;
    All.Ace.Header.AceSize = (USHORT)(8 + SidLength(Sid));
    All.Ace.Mask = Mask;
    memcpy(&All.Ace.SidStart, Sid, SidLength(Sid));
    All.Acl.AclRevision = 2;
    All.Acl.AclSize = (USHORT)(sizeof(ACL) + All.Ace.Header.AceSize);
    All.Acl.AceCount = 1;
    return &All.Head;
}

static void Checks(void)
{
    SECURITY_QUALITY_OF_SERVICE Qos = { sizeof(Qos), SecurityImpersonation, FALSE, FALSE };
    GENERIC_MAPPING Mapping = { 0x20001, 0x20002, 0x120000, 0x1F0003 };
    OBJECT_ATTRIBUTES Attributes;
    PRIVILEGE_SET Set;
    ULONG Length = sizeof(Set);
    ACCESS_MASK Granted = 0;
    NTSTATUS Answer = 0;
    HANDLE Client;

    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    Attributes.SecurityQualityOfService = &Qos;
    Is(S(DuplicateToken_(Token, TOKEN_ALL_ACCESS, &Attributes, FALSE, TokenImpersonation, &Client)), OK, "an impersonation token");
    Is(S(AccessCheck_(Descriptor(&WorldSid, 1), Client, 1, &Mapping, &Set, &Length, &Granted, &Answer)), OK, "a check");
    Is(S(Answer), OK, "everybody may 1");
    Is(Granted, 1, "granted");
    AccessCheck_(Descriptor(&WorldSid, 1), Client, 3, &Mapping, &Set, &Length, &Granted, &Answer);
    Is(S(Answer), DENIED, "but not 3");
    AccessCheck_(Descriptor(&StrangerSid, 1), Client, 1, &Mapping, &Set, &Length, &Granted, &Answer);
    Is(S(Answer), DENIED, "a stranger's rights are not ours");
    AccessCheck_(Descriptor(&WorldSid, 1), Client, MAXIMUM_ALLOWED, &Mapping, &Set, &Length, &Granted, &Answer);
    Ok(Answer == 0 && (Granted & 3) == 1, "the most: 0x%lx", Granted);
    AccessCheck_(Descriptor(&StrangerSid, 1), Client, READ_CONTROL | WRITE_DAC, &Mapping, &Set, &Length, &Granted, &Answer);
    Is(S(Answer), OK, "an owner reads and writes the descriptor");
    Is(S(AccessCheck_(Descriptor(&WorldSid, 1), Client, GENERIC_READ, &Mapping, &Set, &Length, &Granted, &Answer)), 0xC00000E6,
       "generic rights are the caller's to map");
    Is(S(AccessCheck_(Descriptor(&WorldSid, 1), Token, 1, &Mapping, &Set, &Length, &Granted, &Answer)), 0xC000005C,
       "not with a primary token");
    Close(Client);
}

static void Objects(void)
{
    static UNICODE_STRING Name = { 2 * 24, 2 * 24, L"\\BaseNamedObjects\\tok-ev1" };
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Event, Again;
    ULONG Length;

    Name.Length = Name.MaximumLength = (USHORT)(2 * wcslen(Name.Buffer));
    InitializeObjectAttributes(&Attributes, &Name, 0, NULL, Descriptor(&StrangerSid, EVENT_ALL));
    Is(S(CreateEvent_(&Event, EVENT_ALL, &Attributes, 0, FALSE)), OK, "an event for a stranger");
    InitializeObjectAttributes(&Attributes, &Name, 0, NULL, NULL);
    Is(S(OpenEvent_(&Again, 2, &Attributes)), DENIED, "we may not set it");
    Is(S(OpenEvent_(&Again, READ_CONTROL, &Attributes)), OK, "its owner may read the descriptor");
    Is(S(QuerySecurity(Again, DACL_SECURITY_INFORMATION, NULL, 0, &Length)), TOO_SMALL, "how long?");
    Is(S(QuerySecurity(Again, DACL_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Length)), OK, "the DACL");
    Is(S(SetSecurity(Again, DACL_SECURITY_INFORMATION, Descriptor(&WorldSid, GENERIC_ALL))), DENIED,
       "not to be written through this handle");
    Close(Again);
    Is(S(OpenEvent_(&Again, WRITE_DAC, &Attributes)), OK, "but the owner may");
    Is(S(SetSecurity(Again, DACL_SECURITY_INFORMATION, Descriptor(&WorldSid, GENERIC_ALL))), OK, "everybody all");
    Close(Again);
    Is(S(OpenEvent_(&Again, EVENT_ALL, &Attributes)), OK, "now we may do all");
    Close(Again);
    Close(Event);
}

static void Restricted(void)
{
    static UNICODE_STRING Name = { 0, 0, L"\\BaseNamedObjects\\tok-ev2" };
    struct
    {
        ULONG Count;
        SID_AND_ATTRIBUTES Groups[1];
    } Deny = { 1, { { (PSID)&AdminsSid, 0 } } }, Restrict = { 1, { { (PSID)&WorldSid, 0 } } };
    SECURITY_QUALITY_OF_SERVICE Qos = { sizeof(Qos), SecurityImpersonation, FALSE, FALSE };
    TOKEN_MANDATORY_LABEL Label = { { (PSID)&LowSid, SE_GROUP_INTEGRITY } };
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Filtered, Client, Event, Again, None = NULL;
    ULONG Length;

    Is(S(FilterToken(Token, 1, (PTOKEN_GROUPS)&Deny, NULL, (PTOKEN_GROUPS)&Restrict, &Filtered)), OK, "a restricted token");
    Is(S(QueryToken(Filtered, TokenRestrictedSids, Buffer, sizeof(Buffer), &Length)), OK, "its restricting SIDs");
    Is(((TOKEN_GROUPS *)Buffer)->GroupCount, 1, "one");
    QueryToken(Filtered, TokenPrivileges, Buffer, sizeof(Buffer), &Length);
    Is(((TOKEN_PRIVILEGES *)Buffer)->PrivilegeCount, 1, "one privilege is left");
    Is(S(SetToken(Filtered, TokenIntegrityLevel, &Label, sizeof(Label))), OK, "low integrity");
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    Attributes.SecurityQualityOfService = &Qos;
    DuplicateToken_(Filtered, TOKEN_ALL_ACCESS, &Attributes, FALSE, TokenImpersonation, &Client);
    Name.Length = Name.MaximumLength = (USHORT)(2 * wcslen(Name.Buffer));
    InitializeObjectAttributes(&Attributes, &Name, 0, NULL, Descriptor(&WorldSid, EVENT_ALL));
    CreateEvent_(&Event, EVENT_ALL, &Attributes, 0, FALSE);
    InitializeObjectAttributes(&Attributes, &Name, 0, NULL, NULL);
    Is(S(SetThread((HANDLE)(LONG_PTR)-2, 5, &Client, sizeof(Client))), OK, "impersonate");
    Is(S(OpenThreadToken_((HANDLE)(LONG_PTR)-2, TOKEN_QUERY, TRUE, &Again)), OK, "the thread has a token");
    Close(Again);
    Is(S(OpenEvent_(&Again, 1, &Attributes)), OK, "reading up is allowed");
    Close(Again);
    Is(S(OpenEvent_(&Again, 2, &Attributes)), DENIED, "writing up is not");
    Is(S(SetThread((HANDLE)(LONG_PTR)-2, 5, &None, sizeof(None))), OK, "revert");
    Is(S(OpenEvent_(&Again, 2, &Attributes)), OK, "as ourselves we may");
    Close(Again);
    Close(Event);
    Close(Client);
    Close(Filtered);
}

int main(void)
{
    Bind();
    Queries();
    OpenProcessToken_(SELF, TOKEN_ALL_ACCESS, &Token);
    Privileges();
    Checks();
    Objects();
    Restricted();
    Close(Token);
    return Done();
}

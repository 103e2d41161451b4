/* SPDX-License-Identifier: MIT */
/*
 * tokens.h - what test programs do with tokens: SIDs from text, a class in a block of its own, copies, the attributes of a group, the integrity level;
 * tokens out of nothing.
 */
#ifndef NASCENT_TEST_TOKENS_H
#define NASCENT_TEST_TOKENS_H

#include "native.h"
#include <sddl.h>
#include <stdlib.h>
#include <string.h>
#include "win32.h"

NATIVE(NtCreateToken,
       (PHANDLE Token, ACCESS_MASK Access, PVOID Attributes, ULONG Type, PLUID Id, PLARGE_INTEGER Expires, PVOID User, PVOID Groups, PVOID Privileges,
        PVOID Owner, PVOID Group, PVOID Dacl, PVOID Source),
       (Token, Access, Attributes, Type, Id, Expires, User, Groups, Privileges, Owner, Group, Dacl, Source))

/* One of the last 32 that were asked for. */
__attribute__((unused)) static PSID Sid(const char *Text)
{
    static PSID Made[32];
    static unsigned Next;
    PSID *Value = &Made[Next++ % 32];

    ConvertStringSidToSidA(Text, Value);
    return *Value;
}

/* The caller frees it. */
__attribute__((unused)) static PVOID Query(HANDLE Handle, TOKEN_INFORMATION_CLASS Class)
{
    DWORD Length = 0;

    GetTokenInformation(Handle, Class, NULL, 0, &Length);
    PVOID Block = calloc(1, Length + 1);
    GetTokenInformation(Handle, Class, Block, Length, &Length);
    return Block;
}

/* A class that is one number; 0xDEAD: it cannot be asked for. */
__attribute__((unused)) static DWORD QueryNumber(HANDLE Handle, TOKEN_INFORMATION_CLASS Class)
{
    DWORD Value = 0xDEAD, Length;

    return GetTokenInformation(Handle, Class, &Value, sizeof(Value), &Length) ? Value : 0xDEAD;
}

__attribute__((unused)) static HANDLE Copy(HANDLE From, SECURITY_IMPERSONATION_LEVEL Level, TOKEN_TYPE Type)
{
    HANDLE New = NULL;

    DuplicateTokenEx(From, TOKEN_ALL_ACCESS, NULL, Level, Type, &New);
    return New;
}

/* 0xDEAD: not a member. */
__attribute__((unused)) static DWORD AttributesOf(HANDLE Handle, PSID Wanted)
{
    TOKEN_GROUPS *Groups = Query(Handle, TokenGroups);
    DWORD Found = 0xDEAD;

    for (DWORD i = 0; i < Groups->GroupCount; i++) {
        if (EqualSid(Groups->Groups[i].Sid, Wanted)) {
            Found = Groups->Groups[i].Attributes;
        }
    }
    free(Groups);
    return Found;
}

/* SECURITY_MANDATORY_..._RID */
__attribute__((unused)) static DWORD LevelSid(HANDLE Handle)
{
    TOKEN_MANDATORY_LABEL *Label = Query(Handle, TokenIntegrityLevel);
    DWORD Level = *GetSidSubAuthority(Label->Label.Sid, 0);

    free(Label);
    return Level;
}

/* Acts with a copy of the process' token that lacks a privilege, till RevertToSelf. */
__attribute__((unused)) static void Without(const char *Privilege)
{
    TOKEN_PRIVILEGES Off = {1, {{{0, 0}, 0}}};
    HANDLE Own, Weak;

    OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &Own);
    Weak = Copy(Own, SecurityImpersonation, TokenImpersonation);
    LookupPrivilegeValueA(NULL, Privilege, &Off.Privileges[0].Luid);
    AdjustTokenPrivileges(Weak, FALSE, &Off, 0, NULL, NULL);
    SetThreadToken(NULL, Weak);
    CloseHandle(Weak);
    CloseHandle(Own);
}

/*
 * A primary token of account 1001 of this machine out of nothing, for which one must be SYSTEM.  Its owner is the user, its primary group the second of
 * Groups, its default DACL for the user and SYSTEM.  NULL: *Status says why.
 */
__attribute__((unused)) static HANDLE MakeToken(const LUID *Logon, PTOKEN_GROUPS Groups, PTOKEN_PRIVILEGES Privileges, NTSTATUS *Status)
{
    TOKEN_USER User = {{Sid("S-1-5-21-1315005283-1701737505-20052-1001"), 0}};
    TOKEN_OWNER Owner = {User.User.Sid};
    TOKEN_PRIMARY_GROUP Group = {Groups->Groups[1].Sid};
    TOKEN_SOURCE Source = {"test", {0, 0}};
    LARGE_INTEGER Never = {.QuadPart = 0x7FFFFFFFFFFFFFFF};
    LUID Id = *Logon;
    HANDLE Token = NULL;
    UCHAR Dacl[128];
    TOKEN_DEFAULT_DACL Default = {(PACL)Dacl};

    InitializeAcl((PACL)Dacl, sizeof(Dacl), ACL_REVISION);
    AddAccessAllowedAce((PACL)Dacl, ACL_REVISION, GENERIC_ALL, User.User.Sid);
    AddAccessAllowedAce((PACL)Dacl, ACL_REVISION, GENERIC_ALL, Sid("S-1-5-18"));
    *Status = NtCreateToken(&Token, TOKEN_ALL_ACCESS, NULL, TokenPrimary, &Id, &Never, &User, Groups, Privileges, &Owner, &Group, &Default, &Source);
    return Token;
}
#endif

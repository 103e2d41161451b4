/* SPDX-License-Identifier: MIT */
/*
 * token.c - the three calls on tokens that kernel32 exports itself; advapi32 forwards to them.
 */
#define _ADVAPI32_ /* the headers think them advapi32's */
#include "k32.h"
#include "secapi.h"

BOOL WINAPI OpenProcessToken(HANDLE Process, DWORD Access, PHANDLE Token)
{
    return BaseResult(NtOpenProcessToken(Process, Access, Token));
}

BOOL WINAPI OpenThreadToken(HANDLE Thread, DWORD Access, BOOL AsSelf, PHANDLE Token)
{
    return BaseResult(NtOpenThreadToken(Thread, Access, AsSelf != FALSE, Token));
}

BOOL WINAPI SetThreadToken(PHANDLE Thread, HANDLE Token)
{
    return BaseResult(NtSetInformationThread(Thread != NULL ? *Thread : NtCurrentThread(), ThreadImpersonationToken, &Token, sizeof(Token)));
}

BOOL WINAPI CheckTokenMembershipEx(HANDLE Token, PSID Sid, DWORD Flags, PBOOL Member)
{
    BOOLEAN Is = FALSE;
    NTSTATUS Status = RtlCheckTokenMembershipEx(Token, Sid, Flags, &Is);

    *Member = Is;
    return BaseResult(Status);
}

BOOL WINAPI CheckTokenCapability(HANDLE Token, PSID Capability, PBOOL Has)
{
    BOOLEAN Is = FALSE;
    NTSTATUS Status = RtlCheckTokenCapability(Token, Capability, &Is);

    *Has = Is;
    return BaseResult(Status);
}

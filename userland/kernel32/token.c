/* SPDX-License-Identifier: MIT */
/*
 * token.c - the three calls on tokens that kernel32 exports itself; advapi32 forwards to them.
 */
#define _ADVAPI32_ /* the headers think them advapi32's */
#include "k32.h"

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

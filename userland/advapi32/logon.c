/* SPDX-License-Identifier: MIT */
/*
 * logon.c - processes as somebody else.  There is no logon service: a password is never right, but a token that one has works.
 * (CreateProcessAsUser is kernel32's.)
 */
#include "adv.h"

BOOL WINAPI CreateProcessInternalW(HANDLE Token, LPCWSTR Application, LPWSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity,
                                   LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL Inherit, DWORD Flags, LPVOID Environment, LPCWSTR Directory,
                                   LPSTARTUPINFOW Startup, LPPROCESS_INFORMATION Information, PHANDLE NewToken);
/* On Windows a service does this for whoever may impersonate; here the caller's own rights have to do. */
BOOL WINAPI CreateProcessWithTokenW(HANDLE Token, DWORD LogonFlags, LPCWSTR Application, LPWSTR CommandLine, DWORD Flags, LPVOID Environment,
                                    LPCWSTR Directory, LPSTARTUPINFOW Startup, LPPROCESS_INFORMATION Information)
{
    if (LogonFlags & ~3u) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    return CreateProcessInternalW(Token, Application, CommandLine, NULL, NULL, FALSE, Flags, Environment, Directory, Startup, Information, NULL);
}

static BOOL NoLogon(const char *Name)
{
    AdvNotThere(Name);
    return AdvFail(ERROR_LOGON_FAILURE);
}

BOOL WINAPI LogonUserW(LPCWSTR User, LPCWSTR Domain, LPCWSTR Password, DWORD Type, DWORD Provider, PHANDLE Token)
{
    UNUSED(User);
    UNUSED(Domain);
    UNUSED(Password);
    if (Token == NULL || Type < LOGON32_LOGON_INTERACTIVE || Type > LOGON32_LOGON_NEW_CREDENTIALS || Provider > LOGON32_PROVIDER_WINNT50) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    *Token = NULL;
    return NoLogon("LogonUser");
}

BOOL WINAPI LogonUserA(LPCSTR User, LPCSTR Domain, LPCSTR Password, DWORD Type, DWORD Provider, PHANDLE Token)
{
    UNUSED(User);
    UNUSED(Domain);
    UNUSED(Password);
    return LogonUserW(NULL, NULL, NULL, Type, Provider, Token);
}

BOOL WINAPI CreateProcessWithLogonW(LPCWSTR User, LPCWSTR Domain, LPCWSTR Password, DWORD LogonFlags, LPCWSTR Application, LPWSTR CommandLine,
                                    DWORD Flags, LPVOID Environment, LPCWSTR Directory, LPSTARTUPINFOW Startup, LPPROCESS_INFORMATION Information)
{
    UNUSED(User);
    UNUSED(Domain);
    UNUSED(Password);
    UNUSED(LogonFlags);
    UNUSED(Application);
    UNUSED(CommandLine);
    UNUSED(Flags);
    UNUSED(Environment);
    UNUSED(Directory);
    UNUSED(Startup);
    UNUSED(Information);
    return NoLogon("CreateProcessWithLogonW");
}

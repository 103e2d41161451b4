/* SPDX-License-Identifier: MIT */
/*
 * cpasuser.c - CreateProcessAsUser: CreateProcess with another primary token.
 *
 * Where the caller gives no descriptor for the process and its thread, they get what the token's user gives his own objects: his default DACL.
 * The kernel decides whether the caller may: the token is a restricted copy of his own or a sibling of it, or he holds SeAssignPrimaryTokenPrivilege.
 */
#define _ADVAPI32_ /* the headers think it advapi32's, which only forwards to us */
#include "create.h"

BOOL WINAPI CreateProcessInternalW(HANDLE Token, LPCWSTR Application, LPWSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity,
                                   LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL Inherit, DWORD Flags, LPVOID Environment, LPCWSTR Directory,
                                   LPSTARTUPINFOW Startup, LPPROCESS_INFORMATION Information, PHANDLE NewToken);
BOOL WINAPI CreateProcessInternalA(HANDLE Token, LPCSTR Application, LPSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity,
                                   LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL Inherit, DWORD Flags, LPVOID Environment, LPCSTR Directory,
                                   LPSTARTUPINFOA Startup, LPPROCESS_INFORMATION Information, PHANDLE NewToken);

typedef struct _USER_DEFAULT
{
    SECURITY_ATTRIBUTES Process, Thread;
    SECURITY_DESCRIPTOR Descriptor;
    union {
        TOKEN_DEFAULT_DACL Dacl;
        UCHAR Room[1024];
    };
} USER_DEFAULT;

static void Complete(USER_DEFAULT *Default, SECURITY_ATTRIBUTES *Mine, LPSECURITY_ATTRIBUTES *Security)
{
    if (*Security != NULL && (*Security)->lpSecurityDescriptor != NULL) {
        return;
    }
    *Mine = (SECURITY_ATTRIBUTES){sizeof(*Mine), &Default->Descriptor, *Security != NULL && (*Security)->bInheritHandle};
    *Security = Mine;
}

static void UseDefault(HANDLE Token, USER_DEFAULT *Default, LPSECURITY_ATTRIBUTES *Process, LPSECURITY_ATTRIBUTES *Thread)
{
    ULONG Length;

    if (!NT_SUCCESS(NtQueryInformationToken(Token, TokenDefaultDacl, &Default->Dacl, sizeof(Default->Room), &Length)) ||
        Default->Dacl.DefaultDacl == NULL) {
        return;
    }
    RtlCreateSecurityDescriptor(&Default->Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&Default->Descriptor, TRUE, Default->Dacl.DefaultDacl, FALSE);
    Complete(Default, &Default->Process, Process);
    Complete(Default, &Default->Thread, Thread);
}

BOOL WINAPI CreateProcessAsUserW(HANDLE Token, LPCWSTR Application, LPWSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity,
                                 LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL Inherit, DWORD Flags, LPVOID Environment, LPCWSTR Directory,
                                 LPSTARTUPINFOW Startup, LPPROCESS_INFORMATION Information)
{
    USER_DEFAULT Default;

    if (Token != NULL) {
        UseDefault(Token, &Default, &ProcessSecurity, &ThreadSecurity);
    }
    return CreateProcessInternalW(Token, Application, CommandLine, ProcessSecurity, ThreadSecurity, Inherit, Flags, Environment, Directory, Startup,
                                  Information, NULL);
}

BOOL WINAPI CreateProcessAsUserA(HANDLE Token, LPCSTR Application, LPSTR CommandLine, LPSECURITY_ATTRIBUTES ProcessSecurity,
                                 LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL Inherit, DWORD Flags, LPVOID Environment, LPCSTR Directory,
                                 LPSTARTUPINFOA Startup, LPPROCESS_INFORMATION Information)
{
    USER_DEFAULT Default;

    if (Token != NULL) {
        UseDefault(Token, &Default, &ProcessSecurity, &ThreadSecurity);
    }
    return CreateProcessInternalA(Token, Application, CommandLine, ProcessSecurity, ThreadSecurity, Inherit, Flags, Environment, Directory, Startup,
                                  Information, NULL);
}

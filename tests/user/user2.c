/* SPDX-License-Identifier: MIT */
/*
 * user2.c - a second, unprivileged user: what his processes may not do to the first user's.
 *
 * The program runs as the first user, who may make tokens (SYSTEM; so this is one of the few tests that an ordinary account on Windows cannot run).  It
 * makes a token for account 1001 of this machine, a member of Users at medium integrity without privileges, starts itself with it, and the copy tries: to
 * open the first user's process and thread for each right, to terminate and read it, to signal, wait for and open his objects, to change their
 * descriptors, to raise itself.  What is allowed to everybody must work.
 */
#define _WIN32_WINNT 0x0A00
#include "tokens.h"

/* ---- the first user ---- */

static HANDLE SecondUsersToken(void)
{
    struct
    {
        ULONG Count;
        SID_AND_ATTRIBUTES Group[6];
    } Groups = {6, {{Sid("S-1-1-0"), 7}, {Sid("S-1-5-32-545"), 7}, {Sid("S-1-5-4"), 7}, {Sid("S-1-5-11"), 7}, {Sid("S-1-5-5-0-66666"), 0xC0000007},
                    {Sid("S-1-16-8192"), 0x60}}};
    struct
    {
        ULONG Count;
        LUID_AND_ATTRIBUTES Privilege[1];
    } Privileges = {1, {{{23 /* SeChangeNotify */, 0}, SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT}}};
    LUID Logon = {0x2222, 0};
    NTSTATUS Status;
    HANDLE Token = MakeToken(&Logon, (PTOKEN_GROUPS)&Groups, (PTOKEN_PRIVILEGES)&Privileges, &Status);

    Is((ULONG)Status, 0, "a token for the second user");
    return Token;
}

static SECURITY_ATTRIBUTES *Allowing(const char *Sddl)
{
    static SECURITY_ATTRIBUTES Attributes = {sizeof(Attributes), NULL, FALSE};

    ConvertStringSecurityDescriptorToSecurityDescriptorA(Sddl, 1, &Attributes.lpSecurityDescriptor, NULL);
    return &Attributes;
}

static void First(const char *Self)
{
    char Command[400];
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    HANDLE Token = SecondUsersToken(), Closed, Opened, Copy;
    DWORD Code = 0xDEAD;

    Closed = CreateEventA(NULL, TRUE, FALSE, "user2-closed");
    Opened = CreateEventA(Allowing("D:(A;;0x1f0003;;;SY)(A;;0x100000;;;WD)"), TRUE, FALSE, "user2-opened");
    CreateMutexA(NULL, FALSE, "user2-mutex");
    CreateSemaphoreA(NULL, 0, 1, "user2-semaphore");
    CreateWaitableTimerA(NULL, TRUE, "user2-timer");
    CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "user2-section");
    snprintf(Command, sizeof(Command), "\"%s\" %lu %lu %p", Self, GetCurrentProcessId(), GetCurrentThreadId(), (void *)Closed);
    fflush(stdout);
    if (!Ok(CreateProcessAsUserA(Token, NULL, Command, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &Startup, &Process), "a process of his")) {
        printf("#   error %lu\n", GetLastError());
        return;
    }
    Ok(OpenProcessToken(Process.hProcess, TOKEN_QUERY, &Copy), "its token can be looked at");
    struct { TOKEN_USER User; UCHAR More[64]; } Who;
    Ok(GetTokenInformation(Copy, TokenUser, &Who, sizeof(Who), &Code) && EqualSid(Who.User.User.Sid, Sid("S-1-5-21-1315005283-1701737505-20052-1001")),
       "and is the second user's");
    printf("# what follows with \"2:\" is said by the second user\n");
    fflush(stdout);
    ResumeThread(Process.hThread);
    WaitForSingleObject(Process.hProcess, LONG_TIME);
    GetExitCodeProcess(Process.hProcess, &Code);
    Is(Code, 0, "the second user could do what he may and no more");
    Is(WaitForSingleObject(Closed, 0), WAIT_TIMEOUT, "he has not set our event");
    Is(WaitForSingleObject(Opened, 0), WAIT_TIMEOUT, "nor the one he may wait for");
    CloseHandle(Token);
}

/* ---- the second user ---- */

static int Wrong;

static void Check(BOOL Good, const char *What)
{
    if (!Good) {
        printf("# 2: WRONG: %s (error %lu)\n", What, GetLastError());
        Wrong++;
    }
}

static void Denied(BOOL Result, const char *What)
{
    DWORD Error = GetLastError();

    Check(!Result && Error == ERROR_ACCESS_DENIED, What);
}

static int Second(DWORD ProcessId, DWORD ThreadId, HANDLE Stolen)
{
    static const DWORD ProcessRights[] = {PROCESS_TERMINATE, PROCESS_CREATE_THREAD, PROCESS_VM_OPERATION, PROCESS_VM_READ, PROCESS_VM_WRITE,
                                          PROCESS_DUP_HANDLE, PROCESS_SET_INFORMATION, PROCESS_QUERY_INFORMATION, PROCESS_SUSPEND_RESUME, WRITE_DAC,
                                          WRITE_OWNER, DELETE, SYNCHRONIZE};
    static const DWORD ThreadRights[] = {THREAD_TERMINATE, THREAD_SUSPEND_RESUME, THREAD_GET_CONTEXT, THREAD_SET_CONTEXT, THREAD_SET_INFORMATION,
                                         THREAD_QUERY_INFORMATION, THREAD_SET_THREAD_TOKEN, THREAD_IMPERSONATE, THREAD_DIRECT_IMPERSONATION};
    HANDLE Handle, Token;
    TOKEN_PRIVILEGES Debug = {1, {{{20, 0}, SE_PRIVILEGE_ENABLED}}};
    LARGE_INTEGER Now = {.QuadPart = -1};
    HANDLE New = NULL;

    for (unsigned i = 0; i < sizeof(ProcessRights) / sizeof(DWORD); i++) {
        Denied(OpenProcess(ProcessRights[i], FALSE, ProcessId) != NULL, "open the first user's process");
    }
    for (unsigned i = 0; i < sizeof(ThreadRights) / sizeof(DWORD); i++) {
        Denied(OpenThread(ThreadRights[i], FALSE, ThreadId) != NULL, "open the first user's thread");
    }
    Denied(OpenEventA(EVENT_MODIFY_STATE, FALSE, "user2-closed") != NULL, "set his event");
    Denied(OpenEventA(SYNCHRONIZE, FALSE, "user2-closed") != NULL, "wait for his event");
    Denied(OpenEventA(READ_CONTROL, FALSE, "user2-closed") != NULL, "read its descriptor");
    Denied(CreateEventA(NULL, TRUE, FALSE, "user2-closed") != NULL, "create it anew");
    Denied(OpenMutexA(SYNCHRONIZE, FALSE, "user2-mutex") != NULL, "his mutex");
    Denied(OpenSemaphoreA(SEMAPHORE_MODIFY_STATE, FALSE, "user2-semaphore") != NULL, "his semaphore");
    Denied(OpenWaitableTimerA(TIMER_MODIFY_STATE, FALSE, "user2-timer") != NULL, "his timer");
    Denied(OpenFileMappingA(FILE_MAP_READ, FALSE, "user2-section") != NULL, "his memory");
    Handle = OpenEventA(SYNCHRONIZE, FALSE, "user2-opened");
    Check(Handle != NULL, "what everybody may wait for");
    Denied(SetEvent(Handle), "but not set");
    Denied(OpenEventA(EVENT_MODIFY_STATE, FALSE, "user2-opened") != NULL, "nor open for it");
    Check(!SetEvent(Stolen) && GetLastError() == ERROR_INVALID_HANDLE, "a handle's number is worth nothing in another process");
    Check(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY | TOKEN_DUPLICATE, &Token), "his own token");
    Check(AdjustTokenPrivileges(Token, FALSE, &Debug, 0, NULL, NULL) && GetLastError() == ERROR_NOT_ALL_ASSIGNED, "a privilege he has not");
    NTSTATUS Status = NtCreateToken(&New, TOKEN_ALL_ACCESS, NULL, TokenPrimary, &Debug.Privileges[0].Luid, &Now, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    Check(Status == (NTSTATUS)0xC0000061, "make a token: privilege not held");
    Handle = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId());
    Check(Handle != NULL, "his own process");
    Handle = CreateEventA(NULL, TRUE, FALSE, "user2-his");
    Check(Handle != NULL && SetEvent(Handle), "an event of his own");
    Check(ImpersonateSelf(SecurityImpersonation) && RevertToSelf(), "impersonate himself");
    return Wrong;
}

int main(int Count, char **Arguments)
{
    if (Count == 4) {
        return Second(strtoul(Arguments[1], NULL, 10), strtoul(Arguments[2], NULL, 10), (HANDLE)(ULONG_PTR)strtoull(Arguments[3], NULL, 16));
    }
    char Self[MAX_PATH];
    GetModuleFileNameA(NULL, Self, sizeof(Self));
    First(Self);
    return Done();
}

/* SPDX-License-Identifier: MIT */
/*
 * cpattr.c - attribute lists: sizes and errors of the list itself, and what CreateProcess and CreateRemoteThreadEx make of each attribute.
 */
#define _WIN32_WINNT 0x0A00
#include "child.h"
#include "tap.h"
#include <stdlib.h>
#include <tlhelp32.h>

#ifndef PROC_THREAD_ATTRIBUTE_JOB_LIST
#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x0002000D
#endif

static char Storage[1024];
static LPPROC_THREAD_ATTRIBUTE_LIST List = (PVOID)Storage;

static void New(DWORD Count)
{
    SIZE_T Size = sizeof(Storage);

    memset(Storage, 0xCC, sizeof(Storage));
    InitializeProcThreadAttributeList(List, Count, 0, &Size);
}

static DWORD Put(DWORD_PTR Attribute, PVOID Value, SIZE_T Size)
{
    return UpdateProcThreadAttribute(List, 0, Attribute, Value, Size, NULL, NULL) ? 0 : GetLastError();
}

/* A list of one attribute. */
static DWORD Only(DWORD_PTR Attribute, PVOID Value, SIZE_T Size)
{
    New(1);
    return Put(Attribute, Value, Size);
}

static void TheList(void)
{
    HANDLE Handles[2] = {GetCurrentProcess(), NULL};
    SIZE_T Size = 0;

    Ok(!InitializeProcThreadAttributeList(NULL, 1, 0, &Size) && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "asking for the size is an error");
    Is(Size, 48, "the size for one");
    Ok(!InitializeProcThreadAttributeList(NULL, 4, 0, &Size) && Size == 120, "for four");
    Size = 119;
    Ok(!InitializeProcThreadAttributeList(List, 4, 0, &Size) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && Size == 120, "a byte too few");
    Ok(!InitializeProcThreadAttributeList(List, 4, 1, &Size) && GetLastError() == ERROR_INVALID_PARAMETER, "no flags");
    Size = sizeof(Storage);
    Ok(InitializeProcThreadAttributeList(List, 3, 0, &Size), "a list for three");
    Is(Size, 96, "says its size");
    Ok(!UpdateProcThreadAttribute(List, 1, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, Handles, sizeof(HANDLE), NULL, NULL) &&
       GetLastError() == ERROR_INVALID_PARAMETER, "no flags for an attribute");
    Is(Put(0xCAFE, Handles, sizeof(HANDLE)), ERROR_NOT_SUPPORTED, "no such attribute");
    Is(Put(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, Handles, sizeof(HANDLE) / 2), ERROR_BAD_LENGTH, "a parent of half the size");
    Is(Put(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, Handles, sizeof(Handles)), ERROR_BAD_LENGTH, "two parents");
    Is(Put(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, Handles, sizeof(HANDLE)), 0, "a parent");
    Is(Put(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, Handles, sizeof(HANDLE)), 698 /* ERROR_OBJECT_NAME_EXISTS */, "another one");
    Is(Put(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, Handles, 0), ERROR_BAD_LENGTH, "an empty handle list");
    Is(Put(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, Handles, sizeof(Handles) - 1), ERROR_BAD_LENGTH, "one that is not whole");
    Is(Put(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, Handles, sizeof(Handles)), 0, "a handle list");
    Is(Put(PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY, Handles, 8), ERROR_BAD_LENGTH, "an affinity that is too short");
    Is(Put(PROC_THREAD_ATTRIBUTE_IDEAL_PROCESSOR, Handles, 8), ERROR_BAD_LENGTH, "an ideal processor that is too long");
    Is(Put(PROC_THREAD_ATTRIBUTE_PREFERRED_NODE, Handles, 4), ERROR_BAD_LENGTH, "a node that is too long");
    Is(Put(PROC_THREAD_ATTRIBUTE_JOB_LIST, Handles, 7), ERROR_BAD_LENGTH, "a job list that is not whole");
    Is(Put(PROC_THREAD_ATTRIBUTE_JOB_LIST, Handles, 8), 0, "a third attribute");
    Is(Put(PROC_THREAD_ATTRIBUTE_PREFERRED_NODE, Handles, 2), ERROR_GEN_FAILURE, "the list is full");
    DeleteProcThreadAttributeList(List);
}

static DWORD RunListed(BOOL Inherit, const char *Format, HANDLE Handle)
{
    STARTUPINFOEXA Startup = {.StartupInfo = {.cb = sizeof(Startup)}, .lpAttributeList = List};

    return RunSelf(Inherit, EXTENDED_STARTUPINFO_PRESENT, &Startup.StartupInfo, Format, (unsigned)(ULONG_PTR)Handle);
}

static void HandleLists(void)
{
    SECURITY_ATTRIBUTES Inheritable = {sizeof(Inheritable), NULL, TRUE};
    HANDLE Listed = CreateEventA(&Inheritable, TRUE, FALSE, NULL), Other = CreateEventA(&Inheritable, TRUE, FALSE, NULL);
    HANDLE Private = CreateEventA(NULL, TRUE, FALSE, NULL), Null = NULL, Pseudo = GetCurrentProcess(), Closed = CreateEventA(&Inheritable, TRUE, FALSE, NULL);

    CloseHandle(Closed);
    Only(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &Listed, sizeof(HANDLE));
    Is(RunListed(TRUE, "event %u", Listed), 1, "the listed handle is inherited");
    Is(RunListed(TRUE, "event %u", Other), 2, "no other one");
    Is(RunListed(FALSE, "event %u", Listed), FAILED_WITH(ERROR_INVALID_PARAMETER), "a list without inheritance");
    Only(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &Null, sizeof(HANDLE));
    Is(RunListed(TRUE, "event %u", Listed), 2, "a list of NULL: none");
    Only(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, (HANDLE[]){NULL, Listed}, 2 * sizeof(HANDLE));
    Is(RunListed(TRUE, "event %u", Listed), 2, "NULL and a handle: none");
    Only(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, (HANDLE[]){Listed, NULL}, 2 * sizeof(HANDLE));
    Is(RunListed(TRUE, "event %u", Listed), 2, "a handle and NULL: none either");
    Only(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &Private, sizeof(HANDLE));
    Is(RunListed(TRUE, "event %u", Private), FAILED_WITH(ERROR_INVALID_PARAMETER), "one that is not inheritable");
    Only(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &Pseudo, sizeof(HANDLE));
    Is(RunListed(TRUE, "event %u", Listed), FAILED_WITH(ERROR_INVALID_PARAMETER), "a pseudo handle");
    Only(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &Closed, sizeof(HANDLE));
    Ok(RunListed(TRUE, "event %u", Listed) >= FAILED_WITH(0), "one that is not open");
    CloseHandle(Listed);
    CloseHandle(Other);
    CloseHandle(Private);
}

static DWORD ParentOf(DWORD Id)
{
    HANDLE Snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32 Entry = {.dwSize = sizeof(Entry)};
    DWORD Parent = 0;

    for (BOOL More = Process32First(Snapshot, &Entry); More; More = Process32Next(Snapshot, &Entry)) {
        if (Entry.th32ProcessID == Id) {
            Parent = Entry.th32ParentProcessID;
        }
    }
    CloseHandle(Snapshot);
    return Parent;
}

/* A child with List, which is then ended; what it looked like. */
static DWORD Born(BOOL Inherit, PROCESS_INFORMATION *Process)
{
    STARTUPINFOEXA Startup = {.StartupInfo = {.cb = sizeof(Startup)}, .lpAttributeList = List};

    return Start(NULL, "exitcode.exe 7", Inherit, EXTENDED_STARTUPINFO_PRESENT | CREATE_SUSPENDED, NULL, NULL, &Startup.StartupInfo, Process);
}

static void End(PROCESS_INFORMATION *Process)
{
    TerminateProcess(Process->hProcess, 0);
    Finish(Process);
}

static void Parents(void)
{
    PROCESS_INFORMATION Foster, Child;
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL), There, Weak, Back, Closed;

    Start(NULL, "exitcode.exe 0", FALSE, CREATE_SUSPENDED | IDLE_PRIORITY_CLASS, NULL, NULL, NULL, &Foster);
    Only(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &Foster.hProcess, sizeof(HANDLE));
    DuplicateHandle(GetCurrentProcess(), Event, Foster.hProcess, &There, 0, TRUE, DUPLICATE_SAME_ACCESS);
    Is(Born(TRUE, &Child), 0, "a child for another parent");
    Is(ParentOf(Child.dwProcessId), Foster.dwProcessId, "which says so");
    Ok(DuplicateHandle(Child.hProcess, There, GetCurrentProcess(), &Back, 0, FALSE, DUPLICATE_SAME_ACCESS), "it has that parent's handle");
    Ok(SetEvent(Back) && WaitForSingleObject(Event, 0) == WAIT_OBJECT_0, "to the same event");
    CloseHandle(Back);
    Is(GetPriorityClass(Child.hProcess), IDLE_PRIORITY_CLASS, "and that parent's low priority");
    End(&Child);
    DuplicateHandle(GetCurrentProcess(), Foster.hProcess, GetCurrentProcess(), &Weak, PROCESS_ALL_ACCESS & ~PROCESS_CREATE_PROCESS, FALSE, 0);
    Only(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &Weak, sizeof(HANDLE));
    Is(Born(FALSE, &Child), FAILED_WITH(ERROR_ACCESS_DENIED), "PROCESS_CREATE_PROCESS is needed");
    CloseHandle(Weak);
    Closed = Weak;
    Only(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &Closed, sizeof(HANDLE));
    Is(Born(FALSE, &Child), FAILED_WITH(ERROR_INVALID_HANDLE), "a parent that is no handle");
    Only(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &Event, sizeof(HANDLE));
    Is(Born(FALSE, &Child), FAILED_WITH(ERROR_INVALID_HANDLE), "or of another type");
    Only(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &Foster.hProcess, sizeof(HANDLE));
    TerminateProcess(Foster.hProcess, 0);
    WaitForSingleObject(Foster.hProcess, INFINITE);
    Ok(Born(TRUE, &Child) >= FAILED_WITH(0), "or has ended");
    Finish(&Foster);
    CloseHandle(Event);
}

static void Jobs(void)
{
    HANDLE Jobs[2] = {CreateJobObjectA(NULL, NULL), CreateJobObjectA(NULL, NULL)}, Weak, Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    PROCESS_INFORMATION Child;
    BOOL In[2] = {0};

    Only(PROC_THREAD_ATTRIBUTE_JOB_LIST, Jobs, sizeof(HANDLE));
    Is(Born(FALSE, &Child), 0, "a child for a job");
    Ok(IsProcessInJob(Child.hProcess, Jobs[0], &In[0]) && In[0], "is in it");
    Is(WaitForSingleObject(Child.hProcess, 0), WAIT_TIMEOUT, "alive");
    TerminateJobObject(Jobs[0], 5);
    Is(Finish(&Child), 5, "and ends with it");
    CloseHandle(Jobs[0]);
    Jobs[0] = CreateJobObjectA(NULL, NULL);
    Only(PROC_THREAD_ATTRIBUTE_JOB_LIST, Jobs, sizeof(Jobs));
    Is(Born(FALSE, &Child), 0, "a child for two jobs");
    Ok(IsProcessInJob(Child.hProcess, Jobs[0], &In[0]) && In[0] && IsProcessInJob(Child.hProcess, Jobs[1], &In[1]) && In[1], "is in both");
    End(&Child);
    DuplicateHandle(GetCurrentProcess(), Jobs[0], GetCurrentProcess(), &Weak, JOB_OBJECT_QUERY, FALSE, 0);
    Only(PROC_THREAD_ATTRIBUTE_JOB_LIST, &Weak, sizeof(HANDLE));
    Is(Born(FALSE, &Child), FAILED_WITH(ERROR_ACCESS_DENIED), "JOB_OBJECT_ASSIGN_PROCESS is needed");
    Only(PROC_THREAD_ATTRIBUTE_JOB_LIST, &Event, sizeof(HANDLE));
    Is(Born(FALSE, &Child), FAILED_WITH(ERROR_INVALID_HANDLE), "and a job");
    CloseHandle(Weak);
    CloseHandle(Event);
    CloseHandle(Jobs[0]);
    CloseHandle(Jobs[1]);
}

static DWORD WINAPI Return(void *Argument)
{
    return (DWORD)(ULONG_PTR)Argument;
}

static HANDLE Thread(LPPROC_THREAD_ATTRIBUTE_LIST Attributes)
{
    return CreateRemoteThreadEx(GetCurrentProcess(), NULL, 0, Return, (PVOID)3, CREATE_SUSPENDED, Attributes, NULL);
}

static void EndThread_(HANDLE Handle)
{
    ResumeThread(Handle);
    WaitForSingleObject(Handle, INFINITE);
    CloseHandle(Handle);
}

static void Processors(void)
{
    GROUP_AFFINITY First = {.Mask = 1}, None = {.Mask = 0}, Group = {.Mask = 1, .Group = 9}, Got = {0};
    PROCESSOR_NUMBER Zero = {0}, Absent = {.Number = 63}, Ideal = {.Number = 9};
    PROCESS_INFORMATION Child;
    WORD Node = 0;
    HANDLE Handle;

    Only(PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY, &First, sizeof(First));
    Is(Born(FALSE, &Child), 0, "a child with an affinity");
    Ok(GetThreadGroupAffinity(Child.hThread, &Got) && Got.Mask == 1, "its thread has it");
    End(&Child);
    Handle = Thread(List);
    Ok(Handle != NULL && GetThreadGroupAffinity(Handle, &Got) && Got.Mask == 1, "a thread with one");
    EndThread_(Handle);
    Only(PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY, &None, sizeof(None));
    Is(Born(FALSE, &Child), FAILED_WITH(ERROR_INVALID_PARAMETER), "no processor at all");
    Ok(Thread(List) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "for a thread");
    Only(PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY, &Group, sizeof(Group));
    Is(Born(FALSE, &Child), FAILED_WITH(ERROR_INVALID_PARAMETER), "no such group");
    Only(PROC_THREAD_ATTRIBUTE_IDEAL_PROCESSOR, &Zero, sizeof(Zero));
    Is(Born(FALSE, &Child), 0, "an ideal processor");
    Ok(GetThreadIdealProcessorEx(Child.hThread, &Ideal) && Ideal.Number == 0, "which it has");
    End(&Child);
    Only(PROC_THREAD_ATTRIBUTE_IDEAL_PROCESSOR, &Absent, sizeof(Absent));
    Is(Born(FALSE, &Child), FAILED_WITH(ERROR_INVALID_PARAMETER), "one that is not there");
    Only(PROC_THREAD_ATTRIBUTE_PREFERRED_NODE, &Node, sizeof(Node));
    Is(Born(FALSE, &Child), 0, "a preferred node");
    End(&Child);
    Node = 77;
    Is(Born(FALSE, &Child), FAILED_WITH(ERROR_INVALID_PARAMETER), "one that is not there");
    New(3);
    Put(PROC_THREAD_ATTRIBUTE_IDEAL_PROCESSOR, &Zero, sizeof(Zero));
    Put(PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY, &First, sizeof(First));
    Is(Born(FALSE, &Child), 0, "two at once");
    End(&Child);
}

#ifndef PROC_THREAD_ATTRIBUTE_CHILD_PROCESS_POLICY
#define PROC_THREAD_ATTRIBUTE_CHILD_PROCESS_POLICY 0x0002000E
#endif
#define CHILD_PROCESS_BLOCKED 367 /* ERROR_CHILD_PROCESS_BLOCKED */
#define BARREN 1                  /* PROCESS_MITIGATION_CHILD_PROCESS_POLICY: NoChildProcessCreation */
#define BARREN_UNLESS_SECURE 4    /* AllowSecureProcessCreation */

static DWORD ChildPolicy(HANDLE Process)
{
    DWORD Flags = 0xDEAD;

    return GetProcessMitigationPolicy(Process, 13 /* ProcessChildProcessPolicy */, &Flags, sizeof(Flags)) ? Flags : 0xDEAD;
}

/* In a child: what its own creation of one fails with, less FAILED_WITH; 0: it has had one. */
static int TryToHaveChild(void)
{
    DWORD Error = RunSelf(FALSE, 0, NULL, "nothing");

    return Error == 0 ? 0 : (int)(Error - FAILED_WITH(0));
}

/* In a child that nobody forbids anything. */
static int GiveUpChildren(void)
{
    DWORD Flags = BARREN, None = 0;

    if (ChildPolicy(GetCurrentProcess()) != 0 || TryToHaveChild() != 0) {
        return 1;
    }
    if (!SetProcessMitigationPolicy(13, &Flags, sizeof(Flags)) || ChildPolicy(GetCurrentProcess()) != BARREN) {
        return 2;
    }
    if (SetProcessMitigationPolicy(13, &None, sizeof(None)) || GetLastError() != ERROR_ACCESS_DENIED) {
        return 3;
    }
    return TryToHaveChild() == CHILD_PROCESS_BLOCKED ? 0 : 4;
}

static void ChildrenForbidden(void)
{
    STARTUPINFOEXA Startup = {.StartupInfo = {.cb = sizeof(Startup)}, .lpAttributeList = List};
    DWORD Policy = PROCESS_CREATION_CHILD_PROCESS_RESTRICTED;
    PROCESS_INFORMATION Child;

    Is(Only(PROC_THREAD_ATTRIBUTE_CHILD_PROCESS_POLICY, &Policy, 2), ERROR_BAD_LENGTH, "a child process policy of two bytes");
    Is(Only(PROC_THREAD_ATTRIBUTE_CHILD_PROCESS_POLICY, &Policy, sizeof(Policy)), 0, "a child process policy");
    Is(ChildPolicy(GetCurrentProcess()), 0, "we may have children");
    Is(RunSelf(FALSE, EXTENDED_STARTUPINFO_PRESENT, &Startup.StartupInfo, "try"), CHILD_PROCESS_BLOCKED, "a child that may have none has none");
    Is(Born(FALSE, &Child), 0, "another");
    Is(ChildPolicy(Child.hProcess), BARREN, "says so");
    End(&Child);
    Policy = PROCESS_CREATION_CHILD_PROCESS_RESTRICTED_UNLESS_SECURE;
    Is(RunSelf(FALSE, EXTENDED_STARTUPINFO_PRESENT, &Startup.StartupInfo, "try"), CHILD_PROCESS_BLOCKED, "none but secure ones: not an ordinary one");
    Born(FALSE, &Child);
    Is(ChildPolicy(Child.hProcess), BARREN | BARREN_UNLESS_SECURE, "says that");
    End(&Child);
    Policy = PROCESS_CREATION_CHILD_PROCESS_OVERRIDE;
    Is(RunSelf(FALSE, EXTENDED_STARTUPINFO_PRESENT, &Startup.StartupInfo, "try"), 0, "one that may in any case");
    Policy = 0x100;
    Is(Born(FALSE, &Child), FAILED_WITH(ERROR_INVALID_PARAMETER), "no such policy");
    Is(RunSelf(FALSE, 0, NULL, "give up"), 0, "a process gives up having children, for good");
}

int main(int Count, char **Arguments)
{
    if (Count > 2 && strcmp(Arguments[1], "child") == 0) {
        if (strcmp(Arguments[2], "nothing") == 0) {
            return 0;
        }
        if (strcmp(Arguments[2], "try") == 0) {
            return TryToHaveChild();
        }
        if (strcmp(Arguments[2], "give") == 0) {
            return GiveUpChildren();
        }
    }
    if (Count > 3 && strcmp(Arguments[1], "child") == 0) {
        return SetEvent((HANDLE)(ULONG_PTR)strtoul(Arguments[3], NULL, 0)) ? 1 : 2;
    }
    TheList();
    HandleLists();
    Parents();
    Jobs();
    Processors();
    ChildrenForbidden();
    return Done();
}

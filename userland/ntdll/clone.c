/* SPDX-License-Identifier: MIT */
/*
 * clone.c - RtlCloneUserProcess: the process a second time, as far as it goes.
 *
 * One NtCreateUserProcess without an image; it returns twice, in the clone with STATUS_PROCESS_CLONED.  The clone has one thread, the caller's.  What other
 * threads of the original were in the middle of stays as it was; so the locks of ntdll are taken before, unless the caller knows better, and each side
 * lets go of its own.  The clone's thread has another id, which its locks have to learn first.
 */
#include "ntdllp.h"
#include "heap.h"

#define RTL_CLONE_PROCESS_FLAGS_CREATE_SUSPENDED 1u
#define RTL_CLONE_PROCESS_FLAGS_INHERIT_HANDLES 2u
#define RTL_CLONE_PROCESS_FLAGS_NO_SYNCHRONIZE 4u

typedef struct _CLONE_LIST
{
    SIZE_T TotalLength;
    PS_ATTRIBUTE Attribute[3];
} CLONE_LIST;

static RTL_CRITICAL_SECTION *Lock(unsigned Index)
{
    return Index == 0 ? Peb()->LoaderLock : Index == 1 ? Peb()->FastPebLock : &((HEAP *)ProcessHeap())->Lock;
}

static void TakeLocks(void)
{
    for (unsigned Index = 0; Index < 3; Index++)
        RtlEnterCriticalSection(Lock(Index));
}

static void ReleaseLocks(bool Clone)
{
    for (unsigned Index = 3; Index-- != 0;) {
        if (Clone)
            Lock(Index)->OwningThread = Teb()->ClientId.UniqueThread;
        RtlLeaveCriticalSection(Lock(Index));
    }
}

static NTSTATUS Clone(ULONG Flags, PSECURITY_DESCRIPTOR ProcessSecurity, PSECURITY_DESCRIPTOR ThreadSecurity, HANDLE DebugPort,
                      PRTL_USER_PROCESS_INFORMATION Information)
{
    PS_CREATE_INFO CreateInfo = {.Size = sizeof CreateInfo, .State = PsCreateInitialState};
    OBJECT_ATTRIBUTES Process, Thread;
    CLONE_LIST List = {.Attribute = {{PS_ATTRIBUTE_CLIENT_ID, sizeof Information->ClientId, {.ValuePtr = &Information->ClientId}, NULL},
                                     {PS_ATTRIBUTE_IMAGE_INFO, sizeof Information->ImageInformation, {.ValuePtr = &Information->ImageInformation}, NULL},
                                     {PS_ATTRIBUTE_DEBUG_OBJECT, sizeof(HANDLE), {.ValuePtr = DebugPort}, NULL}}};

    List.TotalLength = offsetof(CLONE_LIST, Attribute) + (DebugPort != NULL ? 3 : 2) * sizeof(PS_ATTRIBUTE);
    InitializeObjectAttributes(&Process, NULL, 0, NULL, ProcessSecurity);
    InitializeObjectAttributes(&Thread, NULL, 0, NULL, ThreadSecurity);
    return NtCreateUserProcess(&Information->ProcessHandle, &Information->ThreadHandle, MAXIMUM_ALLOWED, MAXIMUM_ALLOWED, &Process, &Thread,
                               Flags & RTL_CLONE_PROCESS_FLAGS_INHERIT_HANDLES ? PROCESS_CREATE_FLAGS_INHERIT_HANDLES : 0,
                               Flags & RTL_CLONE_PROCESS_FLAGS_CREATE_SUSPENDED ? THREAD_CREATE_FLAGS_CREATE_SUSPENDED : 0, NULL, &CreateInfo,
                               (PPS_ATTRIBUTE_LIST)(PVOID)&List);
}

NTSTATUS NTAPI RtlCloneUserProcess(ULONG Flags, PSECURITY_DESCRIPTOR ProcessSecurity, PSECURITY_DESCRIPTOR ThreadSecurity, HANDLE DebugPort,
                                   PRTL_USER_PROCESS_INFORMATION Information)
{
    bool Locks = !(Flags & RTL_CLONE_PROCESS_FLAGS_NO_SYNCHRONIZE);

    if (Flags & ~(RTL_CLONE_PROCESS_FLAGS_CREATE_SUSPENDED | RTL_CLONE_PROCESS_FLAGS_INHERIT_HANDLES | RTL_CLONE_PROCESS_FLAGS_NO_SYNCHRONIZE))
        return STATUS_INVALID_PARAMETER;
    memset(Information, 0, sizeof *Information);
    Information->Length = sizeof *Information;
    if (Locks)
        TakeLocks();
    NTSTATUS Status = Clone(Flags, ProcessSecurity, ThreadSecurity, DebugPort, Information);
    if (Locks)
        ReleaseLocks(Status == STATUS_PROCESS_CLONED);
    return Status;
}

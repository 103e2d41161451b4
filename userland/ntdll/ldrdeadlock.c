/* SPDX-License-Identifier: MIT */
/*
 * ldrdeadlock.c - finds a deadlock through the loader lock, and says who waits for whom.
 *
 * The classic: a DllMain waits for a thread to end (or to begin, or for a critical section it holds), and that thread needs the loader lock, which
 * DllMain's caller holds.  Whoever has waited two seconds for the loader lock comes here and walks the chain: the lock's owner; what that thread
 * waits for, if it is a thread or a critical section; its owner; and so on.  If the chain comes back, it is reported once.
 *
 * What a thread waits for is read off its context: while it is in a system call, Rip stands in the stub of that call, and the first arguments in
 * R10 and Rdx.  Nothing is changed; a thread that moves on meanwhile breaks the chain, and nothing is reported.
 */
#include "ldrp.h"

#define CHAIN_LIMIT 8
#define STUB_SIZE 16u

typedef struct _LINK
{
    HANDLE Thread, Next;
    PVOID Section; /* NULL: it waits for the thread itself */
} LINK;

static bool IsIn(ULONG64 Rip, PVOID Stub)
{
    return Rip - (ULONG_PTR)Stub < STUB_SIZE;
}

/* The thread a handle means, or NULL. */
static HANDLE ThreadOf(HANDLE Handle)
{
    THREAD_BASIC_INFORMATION Basic;

    if (!NT_SUCCESS(NtQueryInformationThread(Handle, ThreadBasicInformation, &Basic, sizeof Basic, NULL)))
        return NULL;
    return Basic.ClientId.UniqueThread;
}

/* A word somebody sleeps on: a critical section's LockCount, if what lies around it looks like one that is owned. */
static HANDLE OwnerOf(PVOID Address, PVOID *Section)
{
    PRTL_CRITICAL_SECTION Candidate = CONTAINING_RECORD(Address, RTL_CRITICAL_SECTION, LockCount);
    MEMORY_BASIC_INFORMATION Memory;

    if (!NT_SUCCESS(NtQueryVirtualMemory(NtCurrentProcess(), Candidate, MemoryBasicInformation, &Memory, sizeof Memory, NULL)) ||
        Memory.State != MEM_COMMIT || (ULONG_PTR)Candidate + sizeof *Candidate > (ULONG_PTR)Memory.BaseAddress + Memory.RegionSize)
        return NULL;
    if (Candidate->RecursionCount <= 0 || Candidate->LockCount > -2)
        return NULL;
    *Section = Candidate;
    return Candidate->OwningThread;
}

static bool ContextOf(HANDLE ThreadId, CONTEXT *Context)
{
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Id = {NULL, ThreadId};
    HANDLE Thread;

    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    if (!NT_SUCCESS(NtOpenThread(&Thread, THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION, &Attributes, &Id)))
        return false;
    Context->ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    NTSTATUS Status = NtGetContextThread(Thread, Context);
    NtClose(Thread);
    return NT_SUCCESS(Status);
}

static bool WaitsFor(HANDLE Thread, LINK *Link)
{
    CONTEXT Context;

    Link->Thread = Thread;
    Link->Next = NULL;
    Link->Section = NULL;
    if (!ContextOf(Thread, &Context))
        return false;
    if (IsIn(Context.Rip, NtWaitForSingleObject))
        Link->Next = ThreadOf((HANDLE)Context.R10);
    else if (IsIn(Context.Rip, NtWaitForMultipleObjects) && Context.R10 == 1)
        Link->Next = ThreadOf(*(HANDLE *)Context.Rdx);
    else if (IsIn(Context.Rip, NtWaitForAlertByThreadId))
        Link->Next = OwnerOf((PVOID)Context.R10, &Link->Section);
    return Link->Next != NULL;
}

static void Report(HANDLE Self, const LINK *Chain, ULONG Count)
{
    RtlpReport("%wZ: deadlock through the loader lock:\n", &LdrpImage->Entry.BaseDllName);
    RtlpReport("  thread %lu waits for the loader lock, which thread %lu holds\n", HandleToULong(Self), HandleToULong(Chain[0].Thread));
    for (ULONG Index = 0; Index < Count; Index++) {
        const LINK *Link = &Chain[Index];
        if (Link->Section != NULL)
            RtlpReport("  thread %lu waits for the critical section %p, which thread %lu holds\n", HandleToULong(Link->Thread),
                       Link->Section, HandleToULong(Link->Next));
        else
            RtlpReport("  thread %lu waits for thread %lu to end\n", HandleToULong(Link->Thread), HandleToULong(Link->Next));
    }
}

void LdrpCheckDeadlock(void)
{
    static volatile LONG Told;
    HANDLE Self = Teb()->ClientId.UniqueThread, At = Peb()->LoaderLock->OwningThread;
    LINK Chain[CHAIN_LIMIT];

    for (ULONG Count = 0; Count < CHAIN_LIMIT && At != NULL; Count++) {
        if (!WaitsFor(At, &Chain[Count]))
            return;
        At = Chain[Count].Next;
        if (At == Self) {
            if (InterlockedExchange(&Told, 1) == 0)
                Report(Self, Chain, Count + 1);
            return;
        }
    }
}

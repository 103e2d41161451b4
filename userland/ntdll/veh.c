/* SPDX-License-Identifier: MIT */
/*
 * veh.c - vectored exception and continue handlers, and the other things the shared exception code (kernel/rtl/except.c) asks of user mode.
 *
 * A handler may add or remove handlers, itself included.  So the list is walked with a reference on the current node; a removed node leaves the
 * list when its last reference goes.
 */
#include "ntdllp.h"

typedef struct _VECTORED_HANDLER
{
    LIST_ENTRY Links;
    ULONG References;
    bool Removed;
    PVECTORED_EXCEPTION_HANDLER Handler;
} VECTORED_HANDLER;

typedef struct _VECTORED_LIST
{
    LIST_ENTRY Head;
    ULONG PebFlag;
} VECTORED_LIST;

static RTL_SRWLOCK Lock;
static VECTORED_LIST ExceptionHandlers = {{&ExceptionHandlers.Head, &ExceptionHandlers.Head}, PEB_PROCESS_USING_VEH};
static VECTORED_LIST ContinueHandlers = {{&ContinueHandlers.Head, &ContinueHandlers.Head}, PEB_PROCESS_USING_VCH};

static PVOID Add(VECTORED_LIST *List, ULONG First, PVECTORED_EXCEPTION_HANDLER Handler)
{
    VECTORED_HANDLER *New = Allocate(sizeof *New);

    if (New == NULL)
        return NULL;
    New->References = 1;
    New->Removed = false;
    New->Handler = Handler;
    RtlAcquireSRWLockExclusive(&Lock);
    InterlockedOr((volatile LONG *)&Peb()->CrossProcessFlags, (LONG)List->PebFlag);
    if (First)
        InsertHeadList(&List->Head, &New->Links);
    else
        InsertTailList(&List->Head, &New->Links);
    RtlReleaseSRWLockExclusive(&Lock);
    return New;
}

/* The lock is held.  True: the caller frees it after releasing the lock. */
static bool DropReference(VECTORED_HANDLER *Handler)
{
    if (--Handler->References != 0)
        return false;
    RemoveEntryList(&Handler->Links);
    return true;
}

static ULONG Remove(VECTORED_LIST *List, PVOID Handle)
{
    bool Found = false, Last = false;

    RtlAcquireSRWLockExclusive(&Lock);
    for (LIST_ENTRY *Link = List->Head.Flink; Link != &List->Head && !Found; Link = Link->Flink) {
        VECTORED_HANDLER *Handler = CONTAINING_RECORD(Link, VECTORED_HANDLER, Links);
        Found = Handler == Handle && !Handler->Removed;
    }
    if (Found) {
        ((VECTORED_HANDLER *)Handle)->Removed = true;
        Last = DropReference(Handle);
    }
    RtlReleaseSRWLockExclusive(&Lock);
    if (Last)
        Free(Handle);
    return Found;
}

static bool Call(VECTORED_LIST *List, PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    EXCEPTION_POINTERS Pointers = {Record, Context};
    bool Handled = false;

    if (IsListEmpty(&List->Head))
        return false;
    RtlAcquireSRWLockExclusive(&Lock);
    for (LIST_ENTRY *Link = List->Head.Flink; Link != &List->Head && !Handled;) {
        VECTORED_HANDLER *Handler = CONTAINING_RECORD(Link, VECTORED_HANDLER, Links);
        if (Handler->Removed) {
            Link = Link->Flink;
            continue;
        }
        Handler->References++;
        RtlReleaseSRWLockExclusive(&Lock);
        Handled = Handler->Handler(&Pointers) == EXCEPTION_CONTINUE_EXECUTION;
        RtlAcquireSRWLockExclusive(&Lock);
        Link = Link->Flink;
        if (DropReference(Handler)) {
            RtlReleaseSRWLockExclusive(&Lock);
            Free(Handler);
            RtlAcquireSRWLockExclusive(&Lock);
        }
    }
    RtlReleaseSRWLockExclusive(&Lock);
    return Handled;
}

PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler)
{
    return Add(&ExceptionHandlers, First, Handler);
}

ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID Handle)
{
    return Remove(&ExceptionHandlers, Handle);
}

PVOID NTAPI RtlAddVectoredContinueHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler)
{
    return Add(&ContinueHandlers, First, Handler);
}

ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID Handle)
{
    return Remove(&ContinueHandlers, Handle);
}

/* ---- the hooks of rtlp.h -------------------------------------------------------------------------------------------------------------------- */

BOOLEAN RtlpCallVectoredExceptionHandlers(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    return Call(&ExceptionHandlers, Record, Context);
}

void RtlpCallVectoredContinueHandlers(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    Call(&ContinueHandlers, Record, Context);
}

BOOLEAN RtlpStackLimits(ULONG64 Sp, PULONG64 Low, PULONG64 High)
{
    PNTEB Thread = Teb();

    *Low = (ULONG_PTR)Thread->NtTib.StackLimit;
    *High = (ULONG_PTR)Thread->NtTib.StackBase;
    if (Sp >= *Low && Sp < *High)
        return TRUE;
    /* The stack grows by its guard page between our reads; what was reserved is the stack. */
    *Low = (ULONG_PTR)Thread->DeallocationStack;
    return *Low != 0 && Sp >= *Low && Sp < *High;
}

void RtlpRaiseToDebugger(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    if (LIKELY(!Peb()->BeingDebugged))
        return;
    NTSTATUS Status = NtRaiseException(Record, Context, TRUE);
    NtTerminateProcess(NtCurrentProcess(), Status); /* the context cannot be resumed */
}

__attribute__((noreturn)) void RtlpUnhandled(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    NTSTATUS Status = NtRaiseException(Record, Context, FALSE);

    NtTerminateProcess(NtCurrentProcess(), NT_SUCCESS(Status) ? (NTSTATUS)Record->ExceptionCode : Status);
    __builtin_unreachable();
}

__attribute__((noreturn)) void RtlpResume(PCONTEXT Context)
{
    NTSTATUS Status = NtContinue(Context, FALSE);

    NtTerminateProcess(NtCurrentProcess(), Status);
    __builtin_unreachable();
}

/* Pointers a program keeps where an overrun could reach them: a secret xor and rotation. */
static ULONG_PTR Cookie(void)
{
    static volatile LONG64 Secret;

    if (UNLIKELY(Secret == 0)) {
        ULONG64 New = 0;
        ULONG Value;
        if (NT_SUCCESS(NtQueryInformationProcess(NtCurrentProcess(), ProcessCookie, &Value, sizeof Value, NULL)))
            New = Value;
        New ^= __builtin_ia32_rdtsc() * 0x9E3779B97F4A7C15ULL;
        InterlockedCompareExchange64(&Secret, (LONG64)(New | 1), 0);
    }
    return (ULONG_PTR)Secret;
}

PVOID NTAPI RtlEncodePointer(PVOID Pointer)
{
    ULONG_PTR Key = Cookie(), Value = (ULONG_PTR)Pointer ^ Key;

    return (PVOID)(Key % 64 == 0 ? Value : Value >> Key % 64 | Value << (64 - Key % 64));
}

PVOID NTAPI RtlDecodePointer(PVOID Pointer)
{
    ULONG_PTR Key = Cookie(), Value = (ULONG_PTR)Pointer;

    Value = Key % 64 == 0 ? Value : Value << Key % 64 | Value >> (64 - Key % 64);
    return (PVOID)(Value ^ Key);
}

/* The system-wide secret is the cookie in KUSER_SHARED_DATA. */
PVOID NTAPI RtlEncodeSystemPointer(PVOID Pointer)
{
    return (PVOID)((ULONG_PTR)Pointer ^ SharedCookie());
}

PVOID NTAPI RtlDecodeSystemPointer(PVOID Pointer)
{
    return RtlEncodeSystemPointer(Pointer);
}

/* SPDX-License-Identifier: MIT */
/*
 * contexts.c - contexts that no thread may have: kernel selectors, privileged flags, reserved bits, addresses that are none, for another thread and for
 * oneself (NtContinue, a handler that changes what it was given).  They are put right or end in an exception of that thread, never in the kernel's.
 */
#include "native.h"
#include <string.h>
#include "win32.h"

static DWORD WINAPI Return(void *Value)
{
    return (DWORD)(ULONG_PTR)Value;
}

static HANDLE NewSuspended(CONTEXT *Context)
{
    HANDLE Thread = CreateThread(NULL, 0, Return, (void *)5, CREATE_SUSPENDED, NULL);

    Context->ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS | CONTEXT_DEBUG_REGISTERS;
    GetThreadContext(Thread, Context);
    return Thread;
}

static void PutRight(void)
{
    CONTEXT Context, Again = {.ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS | CONTEXT_DEBUG_REGISTERS};
    HANDLE Thread = NewSuspended(&Context);

    Context.SegCs = 0x10;
    Context.SegSs = 0x18;
    Context.EFlags = 0xFFFFFEFF; /* all but the trap flag */
    Context.MxCsr = Context.FltSave.MxCsr = 0xFFFF1F80;
    Context.Dr0 = 0xFFFF800000000000;
    Context.Dr7 = 0xFFFFFFFF0000FF02; /* reserved bits, and the enabling of nothing but one local breakpoint */
    Ok(SetThreadContext(Thread, &Context) && GetThreadContext(Thread, &Again), "what a thread may not have is not refused");
    Ok(Again.SegCs == 0x33 && Again.SegSs == 0x2B, "but its selectors are a program's");
    Ok((Again.EFlags & 0x200) && !(Again.EFlags & 0x3000) && !(Again.EFlags & 0x20000), "interrupts are on, no I/O, no virtual mode");
    Is(Again.MxCsr & 0xFFFF0000, 0, "reserved bits of MXCSR are gone");
    Ok((LONGLONG)Again.Dr0 >= 0, "nothing in the kernel is watched");
    Is(Again.Dr7 >> 32, 0, "nor has Dr7 more than it may");
    ResumeThread(Thread);
    Is(Join(Thread), 5, "and it runs");
}

/* ---- addresses that are none ---------------------------------------------------------------------------------------------------------------- */

static CONTEXT Home;
static volatile DWORD Code;

/* Takes the thread back to where it is known. */
static LONG CALLBACK OnException(EXCEPTION_POINTERS *Pointers)
{
    Code = Pointers->ExceptionRecord->ExceptionCode;
    Pointers->ContextRecord->Rip = (DWORD64)(ULONG_PTR)ExitThread;
    Pointers->ContextRecord->Rcx = 77;
    Pointers->ContextRecord->Rsp = (Home.Rsp & ~15ull) - 8;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void Elsewhere(DWORD64 Rip, const char *What)
{
    CONTEXT Context;
    HANDLE Thread = NewSuspended(&Context);
    BOOL Set;

    Code = 0;
    Home = Context;
    Context.Rip = Rip;
    Set = SetThreadContext(Thread, &Context);
    ResumeThread(Thread);
    DWORD Result = Join(Thread);
    Ok(Set ? Result == 77 && Code == EXCEPTION_ACCESS_VIOLATION : Result == 5, "%s", What);
}

static void Addresses(void)
{
    PVOID Handler = AddVectoredExceptionHandler(1, OnException);

    Elsewhere(0, "code at 0");
    Elsewhere(0x7FFFFFFF0000, "at the end of user space");
    Elsewhere(0x800000000000, "at no canonical address");
    Elsewhere(0x8000000000000000, "at another");
    Elsewhere(0xFFFFF80000000000, "in the kernel");
    RemoveVectoredExceptionHandler(Handler);
}

/* ---- of one's own --------------------------------------------------------------------------------------------------------------------------- */

static LONG CALLBACK Spoil(EXCEPTION_POINTERS *Pointers)
{
    CONTEXT *Context = Pointers->ContextRecord;

    if (Pointers->ExceptionRecord->ExceptionCode != 0xE0000001) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    Context->SegCs = 8;
    Context->SegSs = 0;
    Context->EFlags |= 0x3000 | 0x4000 | 0x20000;
    Context->MxCsr = Context->FltSave.MxCsr = 0xFFFF1F80;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD64 Flags(void)
{
    DWORD64 Value;

    __asm__ volatile("pushfq\n popq %0" : "=r"(Value));
    return Value;
}

static void Own(void)
{
    PVOID Handler = AddVectoredExceptionHandler(1, Spoil);
    USHORT Cs, Ss;

    RaiseException(0xE0000001, 0, 0, NULL);
    __asm__ volatile("movw %%cs, %0\n movw %%ss, %1" : "=r"(Cs), "=r"(Ss));
    Ok(Cs == 0x33 && Ss == 0x2B, "a handler cannot give kernel selectors");
    Ok((Flags() & 0x23200) == 0x200, "nor privileged flags");
    Is(__builtin_ia32_stmxcsr(), 0x1F80, "nor reserved bits of MXCSR");
    RemoveVectoredExceptionHandler(Handler);
}

NATIVE(NtSetContextThread, (HANDLE Thread, PCONTEXT Context), (Thread, Context))
NATIVE(NtGetContextThread, (HANDLE Thread, PCONTEXT Context), (Thread, Context))

static void Refused(void)
{
    CONTEXT Context;
    HANDLE Thread = NewSuspended(&Context);

    Is((ULONG)NtSetContextThread(Thread, NULL), (ULONG)STATUS_ACCESS_VIOLATION, "no context");
    Is((ULONG)NtSetContextThread(Thread, (PVOID)0xFFFF800000000000), (ULONG)STATUS_ACCESS_VIOLATION, "one in the kernel");
    Is((ULONG)NtGetContextThread(Thread, (PVOID)0xFFFF800000000000), (ULONG)STATUS_ACCESS_VIOLATION, "nowhere to put it");
    Is((ULONG)NtGetContextThread(NULL, &Context), (ULONG)STATUS_INVALID_HANDLE, "no thread");
    ResumeThread(Thread);
    Is(Join(Thread), 5, "the thread does not mind");
}

int main(void)
{
    PutRight();
    Addresses();
    Own();
    Refused();
    return Done();
}

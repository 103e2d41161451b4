/* SPDX-License-Identifier: MIT */
/*
 * memory_stack.c - user stacks: growth by the guard page, the end of the stack, _resetstkoflw, SetThreadStackGuarantee.
 *
 * After an overflow the thread is sent back to a context it took before: no frame of the overflown part is touched again.
 */
#include <windows.h>
#include <malloc.h>
#include "tap.h"

/* mingw's NtCurrentTeb makes gcc 12 see an access out of bounds. */
static NT_TIB *Self(void)
{
    NT_TIB *Tib;

    __asm__ volatile("movq %%gs:0x30, %0" : "=r"(Tib));
    return Tib;
}

static CONTEXT Back;
static volatile LONG Overflows, Depth;
static volatile ULONG_PTR OverflowAt, HandlerRoom;
static volatile int Phase;

static LONG CALLBACK OnOverflow(PEXCEPTION_POINTERS Pointers)
{
    NT_TIB *Tib = Self();

    if (Pointers->ExceptionRecord->ExceptionCode != EXCEPTION_STACK_OVERFLOW) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    Overflows++;
    OverflowAt = Pointers->ContextRecord->Rsp;
    HandlerRoom = (ULONG_PTR)&Tib - (ULONG_PTR)Tib->StackLimit;
    Phase++;
    *Pointers->ContextRecord = Back;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static volatile int Endless = 1;

__attribute__((noinline)) static int Recurse(volatile int *Above)
{
    volatile char Room[2000];

    Room[0] = Room[1999] = (char)*Above;
    Depth++;
    if (!Endless) {
        return 0;
    }
    return Recurse((volatile int *)Room) + Room[0];
}

static MEMORY_BASIC_INFORMATION Query(void *Address)
{
    MEMORY_BASIC_INFORMATION Information = {0};

    VirtualQuery(Address, &Information, sizeof(Information));
    return Information;
}

/* The lowest page of the stack that is not merely reserved. */
static MEMORY_BASIC_INFORMATION LowestCommitted(void)
{
    MEMORY_BASIC_INFORMATION Information = Query(&Information);
    char *At = Information.AllocationBase;

    do {
        Information = Query(At);
        At = (char *)Information.BaseAddress + Information.RegionSize;
    } while (Information.State != MEM_COMMIT);
    return Information;
}

/* Where it is depends on the C runtime. */
static BOOL HasGuard(void)
{
    MEMORY_BASIC_INFORMATION Information = Query(&Information);
    PVOID Allocation = Information.AllocationBase;

    for (Information = Query(Allocation); Information.AllocationBase == Allocation;
         Information = Query((char *)Information.BaseAddress + Information.RegionSize)) {
        if (Information.Protect & PAGE_GUARD) {
            return TRUE;
        }
    }
    return FALSE;
}

static void Growth(void)
{
    NT_TIB *Tib = Self();
    MEMORY_BASIC_INFORMATION Guard = LowestCommitted();
    char *Limit = Tib->StackLimit;

    Ok((Guard.Protect & PAGE_GUARD) && (char *)Guard.BaseAddress + Guard.RegionSize == Limit, "a guard below the limit");
    volatile char *Deep = _alloca(0x8000);
    for (int At = 0x7000; At >= 0; At -= 0x1000) {
        Deep[At] = 1;
    }
    Ok((char *)Tib->StackLimit <= (char *)Deep && (char *)Tib->StackLimit < Limit, "the limit went down");
    Guard = LowestCommitted();
    Ok((Guard.Protect & PAGE_GUARD) && (char *)Guard.BaseAddress + Guard.RegionSize == (char *)Tib->StackLimit, "and the guard with it");
}

static DWORD WINAPI Overflow(LPVOID Unused)
{
    int (*Reset)(void) = (int (*)(void))(ULONG_PTR)GetProcAddress(GetModuleHandleA("msvcrt.dll"), "_resetstkoflw");
    MEMORY_BASIC_INFORMATION Lowest;
    volatile int Start = 0;

    (void)Unused;
    Growth();
    Phase = 0;
    RtlCaptureContext(&Back);
    if (Phase == 0) {
        Recurse(&Start);
    }
    Ok(Overflows == 1 && Depth > 50, "the stack's end is an exception");
    Lowest = LowestCommitted();
    Ok(!HasGuard() && Lowest.BaseAddress != Lowest.AllocationBase, "no guard is left, the last page stays reserved");
    if (Reset == NULL) {
        Ok(1, "# SKIP no _resetstkoflw");
        return 0;
    }
    Is((unsigned)Reset(), 1, "_resetstkoflw");
    Ok(HasGuard(), "the guard is back");
    RtlCaptureContext(&Back);
    if (Phase == 1) {
        Recurse(&Start);
    }
    Is((unsigned)Overflows, 2, "and works again");
    Is((unsigned)Reset(), 1, "reset again");
    return 0;
}

static DWORD WINAPI Guaranteed(LPVOID Unused)
{
    ULONG Size = 0x6000, Old = 0;
    volatile int Start = 0;

    (void)Unused;
    Ok(SetThreadStackGuarantee(&Size), "24 KiB guaranteed");
    Is(Size, 0, "nothing was before");
    Ok(SetThreadStackGuarantee(&Old) && Old >= 0x6000, "asked");
    Phase = 0;
    Overflows = 0;
    RtlCaptureContext(&Back);
    if (Phase == 0) {
        Recurse(&Start);
    }
    Is((unsigned)Overflows, 1, "overflow");
    Ok(HandlerRoom >= 0x4000, "the handler has room (%u bytes)", (unsigned)HandlerRoom);
    return 0;
}

/* A guard page that is no stack's: an exception, once. */
static volatile LONG Guards;

static LONG CALLBACK OnGuard(PEXCEPTION_POINTERS Pointers)
{
    if (Pointers->ExceptionRecord->ExceptionCode != STATUS_GUARD_PAGE_VIOLATION) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    Guards++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void OtherGuards(void)
{
    volatile char *Page = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    PVOID Handler = AddVectoredExceptionHandler(1, OnGuard);
    DWORD Old = 0;

    Is(Query((void *)Page).Protect, PAGE_READWRITE | PAGE_GUARD, "guarded from the start");
    Page[0] = 1;
    Page[1] = 2;
    Is((ULONG)Guards, 1, "one exception");
    Page[0x1000] = 3;
    Is((ULONG)Guards, 2, "one for each page");
    VirtualProtect((void *)Page, 0x1000, PAGE_READONLY | PAGE_GUARD, &Old);
    Ok(Page[0] == 1 && Guards == 3, "contents stay behind a guard");
    VirtualProtect((void *)Page, 0x1000, PAGE_READWRITE | PAGE_GUARD, &Old);
    Ok(!ReadProcessMemory(GetCurrentProcess(), (void *)0x10, &Old, 1, NULL) && GetLastError() == ERROR_PARTIAL_COPY, "nothing to read there");
    RemoveVectoredExceptionHandler(Handler);
    VirtualFree((void *)Page, 0, MEM_RELEASE);
}

static void Run(LPTHREAD_START_ROUTINE Routine)
{
    HANDLE Thread = CreateThread(NULL, 0x40000, Routine, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);

    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
}

int main(void)
{
    PVOID Handler = AddVectoredExceptionHandler(1, OnOverflow);

    Run(Overflow);
    Run(Guaranteed);
    RemoveVectoredExceptionHandler(Handler);
    OtherGuards();
    return Done();
}

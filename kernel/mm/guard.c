/* SPDX-License-Identifier: MIT */
/*
 * guard.c - user stacks grow by their guard page.
 *
 *   DeallocationStack                              StackLimit                 StackBase
 *   | reserved ...                | guard page | committed ................ |
 *
 * Touching the guard page disarms it.  If the address lies in the current thread's stack the page below becomes the new guard and the instruction runs
 * again, unseen by the program; anywhere else the program gets STATUS_GUARD_PAGE_VIOLATION.  When the reserved part is used up (less what
 * SetThreadStackGuarantee keeps for the handler), the last pages are committed without a guard and the thread gets STATUS_STACK_OVERFLOW.
 * The TEB is user memory: it is read and written through the copy layer, and a program that lies in it only hurts itself.
 *
 * NT: MiCheckForUserStackOverflow.  Windows Internals, 7th ed., part 1, chapter 5 "User stacks".
 */
#include "mi.h"

#define LEAST_GUARANTEE 0x2000u /* as x64 Windows: the exception's frame and a handler need that much */

typedef struct _STACK { ULONG64 Base, Limit, Allocation; ULONG Guaranteed; } STACK;

static NTSTATUS ReadTeb(PUCHAR Teb, STACK *Stack)
{
    NTSTATUS Status = KiCopyFromUser(&Stack->Base, Teb + offsetof(NTEB, NtTib) + 8, 2 * sizeof(ULONG64));

    if (NT_SUCCESS(Status))
        Status = KiCopyFromUser(&Stack->Allocation, Teb + offsetof(NTEB, DeallocationStack), sizeof(ULONG64));
    if (NT_SUCCESS(Status))
        Status = KiCopyFromUser(&Stack->Guaranteed, Teb + offsetof(NTEB, GuaranteedStackBytes), sizeof(ULONG));
    return Status;
}

static void SetLimit(PUCHAR Teb, ULONG64 Limit)
{
    NTSTATUS Status = KiCopyToUser(Teb + offsetof(NTEB, NtTib) + 16, &Limit, sizeof Limit);

    (void)Status; /* the program took its own TEB away */
}

static NTSTATUS Commit(ULONG64 Base, ULONG64 Size, ULONG Protect)
{
    return MiAllocateVirtualMemory(PsCurrentProcess_(), &Base, 0, &Size, MEM_COMMIT, Protect);
}

NTSTATUS MiCheckForUserStackOverflow(ULONG64 Va)
{
    PETHREAD Thread = PsCurrentThread_();
    PUCHAR Teb = Thread->Tcb.Teb;
    STACK Stack;

    /* Attached elsewhere the TEB of this address is another's. */
    if (Teb == NULL || Thread->Tcb.ApcStateIndex != 0 || !NT_SUCCESS(ReadTeb(Teb, &Stack)))
        return STATUS_GUARD_PAGE_VIOLATION;
    ULONG64 Page = MI_ROUND_DOWN(Va, PAGE_SIZE), Lowest = MI_ROUND_DOWN(Stack.Allocation, PAGE_SIZE);
    if (Page >= Stack.Base || Page < Lowest || (Stack.Allocation & (PAGE_SIZE - 1)) != 0)
        return STATUS_GUARD_PAGE_VIOLATION;

    ULONG64 Guaranteed = MI_ROUND_UP(Stack.Guaranteed, PAGE_SIZE);
    if (Guaranteed < LEAST_GUARANTEE)
        Guaranteed = LEAST_GUARANTEE;
    if (Guaranteed > 0x100000)
        Guaranteed = 0x100000;
    ULONG64 Guard = Guaranteed + PAGE_SIZE;
    if (Page < Lowest + Guard + PAGE_SIZE) {
        /* The end.  All but the very last page becomes usable for the handler. */
        if (Page > Lowest + PAGE_SIZE)
            (void)Commit(Lowest + PAGE_SIZE, Page - Lowest - PAGE_SIZE, PAGE_READWRITE);
        SetLimit(Teb, Page > Lowest + PAGE_SIZE ? Lowest + PAGE_SIZE : Page);
        return STATUS_STACK_OVERFLOW;
    }
    NTSTATUS Status = Commit(Page - Guard, Guard, PAGE_READWRITE | PAGE_GUARD);
    if (!NT_SUCCESS(Status))
        return STATUS_STACK_OVERFLOW; /* no memory for another page: as NT */
    SetLimit(Teb, Page);
    return STATUS_SUCCESS;
}

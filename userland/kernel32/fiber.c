/* SPDX-License-Identifier: MIT */
/*
 * fiber.c - fibers: several stacks for one thread, switched by the program.
 *
 * A fiber is what of a thread belongs to its stack: the stack's bounds, the preserved registers (in a frame on that stack, fiber.asm) and the FLS slots.
 * The first field is the program's own value, because GetFiberData() in the headers reads it through TEB->NtTib.FiberData without a call.
 * A new fiber begins in RtlUserThreadStart like a thread, so an exception nobody handles ends in the same place; when its routine returns, the thread ends.
 *
 * The vector and x87 registers that a callee preserves always go with the fiber; the control words only if it was made with FIBER_FLAG_FLOAT_SWITCH.
 */
#include "k32.h"

typedef struct _BASE_FIBER
{
    PVOID FiberData;
    PVOID ExceptionList;
    PVOID StackBase;
    PVOID StackLimit;
    PVOID DeallocationStack;
    PVOID StackPointer;
    PVOID FlsData;
    PVOID ActivationContextStackPointer;
    ULONG GuaranteedStackBytes;
    ULONG Flags;
    LPFIBER_START_ROUTINE Start;
} BASE_FIBER;
static_assert(offsetof(BASE_FIBER, StackBase) == 0x10 && offsetof(BASE_FIBER, DeallocationStack) == 0x20, "fiber.asm");
static_assert(offsetof(BASE_FIBER, StackPointer) == 0x28 && offsetof(BASE_FIBER, FlsData) == 0x30, "fiber.asm");
static_assert(offsetof(BASE_FIBER, GuaranteedStackBytes) == 0x40 && offsetof(BASE_FIBER, Flags) == 0x44, "fiber.asm");

/* What SwitchToFiber leaves on the stack of a fiber that does not run. */
typedef struct _FIBER_FRAME
{
    M128A Xmm6To15[10];
    ULONG MxCsr, Gap1;
    USHORT ControlWord, Gap2[7];
    ULONG64 R15, R14, R13, R12, Rdi, Rsi, Rbp, Rbx, Rip;
} FIBER_FRAME;
static_assert(offsetof(FIBER_FRAME, R15) == 0xB8 && offsetof(FIBER_FRAME, Rip) == 0xF8, "fiber.asm");

void BaseFiberEntry(void);

static PVOID ConvertFailed(DWORD Error)
{
    BaseFail(Error);
    return NULL;
}

LPVOID WINAPI ConvertThreadToFiberEx(LPVOID Parameter, DWORD Flags)
{
    NTEB *Teb = BaseTeb();

    if (Flags & ~(DWORD)FIBER_FLAG_FLOAT_SWITCH) {
        return ConvertFailed(ERROR_INVALID_PARAMETER);
    }
    if (Teb->SameTebFlags & TEB_HAS_FIBER_DATA) {
        return ConvertFailed(ERROR_ALREADY_FIBER);
    }
    BASE_FIBER *Fiber = RtlAllocateHeap(BasePeb()->ProcessHeap, HEAP_ZERO_MEMORY, sizeof(*Fiber));
    if (Fiber == NULL) {
        return ConvertFailed(ERROR_NOT_ENOUGH_MEMORY);
    }
    Fiber->FiberData = Parameter;
    Fiber->StackBase = Teb->NtTib.StackBase;
    Fiber->StackLimit = Teb->NtTib.StackLimit;
    Fiber->DeallocationStack = Teb->DeallocationStack;
    Fiber->Flags = Flags;
    Teb->NtTib.FiberData = Fiber;
    Teb->SameTebFlags |= TEB_HAS_FIBER_DATA;
    return Fiber;
}

LPVOID WINAPI ConvertThreadToFiber(LPVOID Parameter)
{
    return ConvertThreadToFiberEx(Parameter, 0);
}

BOOL WINAPI ConvertFiberToThread(void)
{
    NTEB *Teb = BaseTeb();

    if (!(Teb->SameTebFlags & TEB_HAS_FIBER_DATA)) {
        return BaseFail(ERROR_ALREADY_THREAD);
    }
    Teb->SameTebFlags &= (USHORT)~TEB_HAS_FIBER_DATA;
    PVOID Fiber = Teb->NtTib.FiberData;
    Teb->NtTib.FiberData = NULL;
    BaseFree(Fiber);
    return TRUE;
}

static DWORD WINAPI FiberStart(LPVOID Parameter)
{
    BASE_FIBER *Fiber = Parameter;

    Fiber->Start(Fiber->FiberData);
    return 0; /* BaseThreadInitThunk ends the thread */
}

static void BuildFirstFrame(BASE_FIBER *Fiber)
{
    /* 0x30 bytes are the bottom function's home space and a hole */
    FIBER_FRAME *Frame = (FIBER_FRAME *)((ULONG_PTR)Fiber->StackBase - 0x30 - sizeof(*Frame));

    memset(Frame, 0, sizeof(*Frame));
    Frame->MxCsr = 0x1F80;
    Frame->ControlWord = 0x27F;
    Frame->Rip = (ULONG_PTR)BaseFiberEntry;
    Frame->Rbx = (ULONG_PTR)FiberStart;
    Frame->Rsi = (ULONG_PTR)Fiber;
    Frame->Rdi = (ULONG_PTR)RtlUserThreadStart;
    Fiber->StackPointer = Frame;
}

LPVOID WINAPI CreateFiberEx(SIZE_T Commit, SIZE_T Reserve, DWORD Flags, LPFIBER_START_ROUTINE Start, LPVOID Parameter)
{
    INITIAL_TEB Stack;

    if (Flags & ~(DWORD)FIBER_FLAG_FLOAT_SWITCH) {
        return ConvertFailed(ERROR_INVALID_PARAMETER);
    }
    BASE_FIBER *Fiber = RtlAllocateHeap(BasePeb()->ProcessHeap, HEAP_ZERO_MEMORY, sizeof(*Fiber));
    if (Fiber == NULL) {
        return ConvertFailed(ERROR_NOT_ENOUGH_MEMORY);
    }
    NTSTATUS Status = RtlCreateUserStack(Commit, Reserve, 0, 0x1000, 0x10000, &Stack);
    if (!NT_SUCCESS(Status)) {
        BaseFree(Fiber);
        BaseSetLastNTError(Status);
        return NULL;
    }
    Fiber->FiberData = Parameter;
    Fiber->StackBase = Stack.StackBase;
    Fiber->StackLimit = Stack.StackLimit;
    Fiber->DeallocationStack = Stack.StackAllocationBase;
    Fiber->Flags = Flags;
    Fiber->Start = Start;
    BuildFirstFrame(Fiber);
    return Fiber;
}

LPVOID WINAPI CreateFiber(SIZE_T StackSize, LPFIBER_START_ROUTINE Start, LPVOID Parameter)
{
    return CreateFiberEx(StackSize, 0, 0, Start, Parameter);
}

/* Deleting the running fiber ends the thread.  FLS values of the other are given to their callbacks first. */
VOID WINAPI DeleteFiber(LPVOID Pointer)
{
    BASE_FIBER *Fiber = Pointer;

    if (Fiber == NULL) {
        return;
    }
    if ((BaseTeb()->SameTebFlags & TEB_HAS_FIBER_DATA) && BaseTeb()->NtTib.FiberData == Fiber) {
        RtlExitUserThread(1);
    }
    if (Fiber->FlsData != NULL) {
        RtlProcessFlsData(Fiber->FlsData, 3);
    }
    RtlFreeUserStack(Fiber->DeallocationStack);
    BaseFree(Fiber);
}

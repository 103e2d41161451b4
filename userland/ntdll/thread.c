/* SPDX-License-Identifier: MIT */
/*
 * thread.c - how a thread begins, ends, and is made.
 *
 * RtlUserThreadStart (start.asm) is the bottom frame; its exception handler below is the last to be asked: it runs the unhandled-exception
 * filter (kernel32's, if it has set one; else the crash report) and ends the process with the exception's code.
 */
#include "ntdllp.h"

BASE_THREAD_INIT_THUNK Kernel32ThreadInitThunkFunction;
LONG(NTAPI *RtlpUnhandledFilter)(PEXCEPTION_POINTERS Pointers);

void NTAPI RtlpStartThread(PUSER_THREAD_START_ROUTINE Start, PVOID Parameter)
{
    if (Kernel32ThreadInitThunkFunction != NULL)
        Kernel32ThreadInitThunkFunction(0, (PVOID)Start, Parameter);
    RtlExitUserThread((NTSTATUS)Start(Parameter));
}

/* Language handler of the bottom frames.  Unwinding passes; dispatching ends here. */
EXCEPTION_DISPOSITION NTAPI RtlpThreadExceptionHandler(PEXCEPTION_RECORD Record, PVOID Frame, PCONTEXT Context, PVOID Dispatcher)
{
    EXCEPTION_POINTERS Pointers = {Record, Context};

    UNUSED(Frame);
    UNUSED(Dispatcher);
    if (Record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    LONG Answer = RtlpUnhandledFilter != NULL ? RtlpUnhandledFilter(&Pointers) : RtlUnhandledExceptionFilter(&Pointers);
    if (Answer == EXCEPTION_CONTINUE_EXECUTION)
        return ExceptionContinueExecution;
    if (Answer == EXCEPTION_EXECUTE_HANDLER)
        NtTerminateProcess(NtCurrentProcess(), Record->ExceptionCode);
    return ExceptionContinueSearch;
}

VOID NTAPI RtlSetUnhandledExceptionFilter(PVECTORED_EXCEPTION_HANDLER Filter)
{
    RtlpUnhandledFilter = Filter;
}

VOID NTAPI RtlExitUserThread(NTSTATUS Status)
{
    ULONG Last = 0;

    /* The last thread takes the process with it, by the front door: its DLLs are told that the process ends. */
    if (NT_SUCCESS(NtQueryInformationThread(NtCurrentThread(), ThreadAmILastThread, &Last, sizeof Last, NULL)) && Last)
        RtlExitUserProcess(Status);
    LdrShutdownThread();
    NtTerminateThread(NtCurrentThread(), Status);
    __builtin_unreachable();
}

/*
 * The locks are taken before the other threads die, so that none of them dies owning one.  The order is the lock order of ntdllp.h.
 */
VOID NTAPI RtlExitUserProcess(NTSTATUS Status)
{
    RtlEnterCriticalSection(Peb()->LoaderLock);
    RtlAcquirePebLock();
    RtlLockHeap(ProcessHeap());
    NtTerminateProcess(NULL, Status);
    RtlpWaitAlone(Status);
    RtlUnlockHeap(ProcessHeap());
    RtlReleasePebLock();
    LdrShutdownProcess();
    NtTerminateProcess(NtCurrentProcess(), Status);
    __builtin_unreachable();
}

NTSTATUS NTAPI RtlCreateUserThread(HANDLE Process, PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Suspended, ULONG ZeroBits, SIZE_T StackReserve,
                                   SIZE_T StackCommit, PUSER_THREAD_START_ROUTINE Start, PVOID Parameter, PHANDLE Thread,
                                   PCLIENT_ID ClientId)
{
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Id;
    HANDLE Handle;
    PS_ATTRIBUTE_LIST List = {sizeof List, {{PS_ATTRIBUTE_CLIENT_ID, sizeof Id, {.ValuePtr = &Id}, NULL}}};

    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, Descriptor);
    NTSTATUS Status = NtCreateThreadEx(&Handle, THREAD_ALL_ACCESS, &Attributes, Process, (PVOID)Start, Parameter,
                                       Suspended ? THREAD_CREATE_FLAGS_CREATE_SUSPENDED : 0, ZeroBits, StackCommit, StackReserve, &List);
    if (!NT_SUCCESS(Status))
        return Status;
    if (ClientId != NULL)
        *ClientId = Id;
    if (Thread != NULL)
        *Thread = Handle;
    else
        NtClose(Handle);
    return STATUS_SUCCESS;
}

/* Reserves a stack and commits its top with a guard page below: for NtCreateThread's callers. */
NTSTATUS NTAPI RtlCreateUserStack(SIZE_T Commit, SIZE_T Reserve, ULONG_PTR ZeroBits, SIZE_T CommitAlign, SIZE_T ReserveAlign,
                                  PINITIAL_TEB InitialTeb)
{
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(Peb()->ImageBaseAddress);
    PVOID Base = NULL;
    ULONG Old;

    if (CommitAlign == 0 || ReserveAlign == 0)
        return STATUS_INVALID_PARAMETER;
    if (Reserve == 0)
        Reserve = (SIZE_T)Headers->OptionalHeader.SizeOfStackReserve;
    if (Commit == 0)
        Commit = (SIZE_T)Headers->OptionalHeader.SizeOfStackCommit;
    Commit = ROUND_UP(Commit, CommitAlign);
    if (Commit >= Reserve)
        Reserve = ROUND_UP(Commit, 0x100000);
    Reserve = ROUND_UP(Reserve, ReserveAlign);
    NTSTATUS Status = NtAllocateVirtualMemory(NtCurrentProcess(), &Base, ZeroBits, &Reserve, MEM_RESERVE, PAGE_READWRITE);
    if (!NT_SUCCESS(Status))
        return Status;
    memset(InitialTeb, 0, sizeof *InitialTeb);
    InitialTeb->StackAllocationBase = Base;
    InitialTeb->StackBase = (UCHAR *)Base + Reserve;
    InitialTeb->StackLimit = (UCHAR *)InitialTeb->StackBase - Commit;
    bool Guard = Commit + PAGE_SIZE <= Reserve;
    PVOID Low = (UCHAR *)InitialTeb->StackLimit - (Guard ? PAGE_SIZE : 0);
    SIZE_T Size = (SIZE_T)((UCHAR *)InitialTeb->StackBase - (UCHAR *)Low);
    Status = NtAllocateVirtualMemory(NtCurrentProcess(), &Low, 0, &Size, MEM_COMMIT, PAGE_READWRITE);
    if (NT_SUCCESS(Status) && Guard) {
        Size = PAGE_SIZE;
        Status = NtProtectVirtualMemory(NtCurrentProcess(), &Low, &Size, PAGE_READWRITE | PAGE_GUARD, &Old);
    }
    if (!NT_SUCCESS(Status))
        RtlFreeUserStack(Base);
    return Status;
}

VOID NTAPI RtlFreeUserStack(PVOID AllocationBase)
{
    SIZE_T Size = 0;

    NtFreeVirtualMemory(NtCurrentProcess(), &AllocationBase, &Size, MEM_RELEASE);
}

NTSTATUS NTAPI RtlSetThreadErrorMode(ULONG Mode, PULONG Old)
{
    if (Mode & ~0x70u) /* the three SEM_ bits, shifted as Windows keeps them */
        return STATUS_INVALID_PARAMETER_1;
    if (Old != NULL)
        *Old = Teb()->HardErrorMode;
    Teb()->HardErrorMode = Mode;
    return STATUS_SUCCESS;
}

ULONG NTAPI RtlGetThreadErrorMode(VOID)
{
    return Teb()->HardErrorMode;
}

PVOID NTAPI RtlGetCurrentPeb(VOID)
{
    return Peb();
}

ULONG NTAPI RtlGetCurrentProcessorNumber(VOID)
{
    return NtGetCurrentProcessorNumber();
}

VOID NTAPI RtlGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER Number)
{
    ULONG Index = RtlGetCurrentProcessorNumber();

    Number->Group = (WORD)(Index / 64);
    Number->Number = (BYTE)(Index % 64);
    Number->Reserved = 0;
}

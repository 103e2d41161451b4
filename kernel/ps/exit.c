/* SPDX-License-Identifier: MIT */
/*
 * exit.c - the end of threads and processes.
 *
 * A thread ends itself; nobody else may take it down, because only the thread knows what its kernel stack holds.  To end another
 * thread, PspTerminateThread sends it an APC: a kernel APC gets it out of any interruptible wait and, running in the thread, queues a
 * user-mode APC that is delivered when the thread is about to return to user mode, where it holds nothing.  The kernel routine of that APC
 * is PspExitThread.
 *
 * Order of a thread's end, which drivers and programs can observe (Windows Internals, 7th ed., part 1, chapter 4 "Thread termination"):
 *   1. it is marked terminated; its process counts it out: the last one out ends the process;
 *   2. notify routines; the impersonation token is dropped; pending I/O is cancelled; user APCs are thrown away;
 *   3. not the last: TEB and stack are freed.  The last: waits for the others, then handles, then address space;
 *   4. owned mutants are abandoned, the process (last) signalled, kernel APCs run down, the thread signalled;
 *   5. the processor leaves the stack; the reaper drops the run's reference, and with it perhaps thread and process objects.
 */
#include "psp.h"

/* Dead threads, linked through Flink of a list entry no wait will use again.  Pushed one by one, taken all at once: no ABA, so plain
 * exchanges do. */
static LIST_ENTRY *volatile PspReaperList;
static WORK_QUEUE_ITEM PspReaperWork;
static volatile LONG PspReaperQueued;

static VOID NTAPI PspReaper(PVOID Context)
{
    PLIST_ENTRY Link;

    UNREFERENCED_PARAMETER(Context);
    InterlockedExchange(&PspReaperQueued, 0); /* before the list is taken: a thread pushed from here on queues the work again */
    Link = InterlockedExchangePointer((PVOID volatile *)&PspReaperList, NULL);
    while (Link != NULL) {
        PLIST_ENTRY Next = Link->Flink;
        PETHREAD Thread = CONTAINING_RECORD(Link, ETHREAD, PostBlockList);

        ObDereferenceObject(Thread);
        Link = Next;
    }
}

/* DISPATCH_LEVEL, on another stack. */
static void PspReapThread(PKTHREAD Tcb)
{
    PETHREAD Thread = (PETHREAD)Tcb;
    PLIST_ENTRY Head;

    do {
        Head = PspReaperList;
        Thread->PostBlockList.Flink = Head;
    } while (InterlockedCompareExchangePointer((PVOID volatile *)&PspReaperList, &Thread->PostBlockList, Head) != Head);
    if (InterlockedExchange(&PspReaperQueued, 1) == 0) {
        ExQueueWorkItem(&PspReaperWork, CriticalWorkQueue);
    }
}

void PspInitReaper(void)
{
    ExInitializeWorkItem(&PspReaperWork, PspReaper, NULL);
    KeThreadReaper = PspReapThread;
}

/* ---- the APCs that ask a thread to end ---------------------------------------------------------------------------------------------- */

static VOID NTAPI PspExitRundown(PKAPC Apc)
{
    UNREFERENCED_PARAMETER(Apc); /* the APC lies in the ETHREAD */
}

/* User-mode APC, kernel routine: the thread holds nothing now. */
static VOID NTAPI PspExitUserApc(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *Argument1, PVOID *Argument2)
{
    UNREFERENCED_PARAMETER(Apc);
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    *NormalRoutine = NULL;
    KeLowerIrql(PASSIVE_LEVEL);
    PspExitThread(PsCurrentThread_()->ExitStatus);
}

static VOID NTAPI PspExitNothing(PVOID NormalContext, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

static VOID NTAPI PspExitKernelApc(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *Argument1, PVOID *Argument2)
{
    UNREFERENCED_PARAMETER(Apc);
    UNREFERENCED_PARAMETER(NormalRoutine);
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

/* Normal kernel APC, PASSIVE_LEVEL, in the thread: it is not in a critical region.  A system thread ends here; a user thread on its way
 * out. */
static VOID NTAPI PspExitNormalApc(PVOID NormalContext, PVOID Argument1, PVOID Argument2)
{
    PETHREAD Thread = PsCurrentThread_();

    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_SYSTEM) {
        PspExitThread(Thread->ExitStatus);
    }
    KeInitializeApc(&Thread->ExitApc, (PKTHREAD)Thread, OriginalApcEnvironment, PspExitUserApc, PspExitRundown, PspExitNothing, UserMode,
                    NULL);
    (void)KeInsertQueueApcFirst(&Thread->ExitApc); /* else the thread is on its way out by itself */
}

NTSTATUS PspTerminateThread(PETHREAD Thread, NTSTATUS Status)
{
    if (Thread == PsCurrentThread_()) {
        PspExitThread(Status);
    }
    /* The status before the flag: a thread that sees itself marked must find why. */
    (void)InterlockedCompareExchange((volatile LONG *)&Thread->ExitStatus, Status, STATUS_PENDING);
    if (InterlockedOr((volatile LONG *)&Thread->CrossThreadFlags, PS_CROSS_THREAD_FLAGS_TERMINATED) & PS_CROSS_THREAD_FLAGS_TERMINATED) {
        return STATUS_SUCCESS; /* someone was first; his status stands */
    }
    KeInitializeApc(&Thread->ExitApc, (PKTHREAD)Thread, OriginalApcEnvironment, PspExitKernelApc, PspExitRundown, PspExitNormalApc,
                    KernelMode, NULL);
    if (!KeInsertQueueApc(&Thread->ExitApc, NULL, NULL, 2)) {
        return STATUS_SUCCESS; /* already past the point where APCs are taken: it is going by itself */
    }
    (void)KeForceResumeThread(&Thread->Tcb);
    return STATUS_SUCCESS;
}

/* Every thread but the current one; the process takes no new threads. */
NTSTATUS PspTerminateProcess(PEPROCESS Process, NTSTATUS Status)
{
    PETHREAD Thread;
    ULONG Old;

    if (Process->Flags & PS_PROCESS_FLAGS_SYSTEM) {
        return STATUS_ACCESS_DENIED;
    }
    ExAcquirePushLockExclusive_(&Process->ProcessLock);
    Old = Process->Flags;
    InterlockedOr((volatile LONG *)&Process->Flags, PS_PROCESS_FLAGS_PROCESS_DELETE);
    if (!(Old & PS_PROCESS_FLAGS_PROCESS_DELETE)) {
        Process->ExitStatus = Status;
    }
    ExReleasePushLockExclusive_(&Process->ProcessLock);
    for (Thread = PsGetNextProcessThread_(Process, NULL); Thread != NULL; Thread = PsGetNextProcessThread_(Process, Thread)) {
        if (Thread != PsCurrentThread_()) {
            (void)PspTerminateThread(Thread, Status);
        }
    }
    return (Old & PS_PROCESS_FLAGS_PROCESS_EXITING) ? STATUS_PROCESS_IS_TERMINATING : STATUS_SUCCESS;
}

/* Made by NtCreateProcess and never given a thread: there is no last thread to close its handles. */
void PspEndThreadlessProcess(PEPROCESS Process)
{
    if (!(InterlockedOr((volatile LONG *)&Process->Flags, PS_PROCESS_FLAGS_PROCESS_EXITING) & PS_PROCESS_FLAGS_PROCESS_EXITING)) {
        ExWaitForRundownProtectionRelease(&Process->RundownProtect);
        KeQuerySystemTime(&Process->ExitTime);
        ObKillProcess(Process);
        PspExitJob(Process);
        KeSetProcess(&Process->Pcb, 0);
    }
}

void PspKillProcess(PEPROCESS Process, NTSTATUS Status)
{
    if (NT_SUCCESS(PspTerminateProcess(Process, Status)) && Process->ActiveThreads == 0) {
        PspEndThreadlessProcess(Process);
    }
}

/* ---- the thread's own end ------------------------------------------------------------------------------------------------------------ */

/* Counts the thread out; TRUE if it was the last. */
static BOOLEAN PspLeaveProcess(PETHREAD Thread, PEPROCESS Process, NTSTATUS Status)
{
    BOOLEAN Last;

    ExAcquirePushLockExclusive_(&Process->ProcessLock);
    (void)InterlockedCompareExchange((volatile LONG *)&Thread->ExitStatus, Status, STATUS_PENDING);
    InterlockedOr((volatile LONG *)&Thread->CrossThreadFlags, PS_CROSS_THREAD_FLAGS_TERMINATED);
    Last = --Process->ActiveThreads == 0;
    if (Last) {
        if (!(InterlockedOr((volatile LONG *)&Process->Flags, PS_PROCESS_FLAGS_PROCESS_DELETE | PS_PROCESS_FLAGS_PROCESS_EXITING) &
              PS_PROCESS_FLAGS_PROCESS_DELETE)) {
            Process->ExitStatus = Thread->ExitStatus;
        }
    }
    Process->LastThreadExitStatus = Thread->ExitStatus;
    KeQuerySystemTime(&Thread->ExitTime);
    ExReleasePushLockExclusive_(&Process->ProcessLock);
    return Last;
}

/* The last thread must not take the address space from under one that has counted itself out but is not gone yet. */
static void PspWaitForOthers(PEPROCESS Process)
{
    for (PETHREAD Thread = PsGetNextProcessThread_(Process, NULL); Thread != NULL; Thread = PsGetNextProcessThread_(Process, Thread)) {
        if (Thread != PsCurrentThread_() && Thread->Tcb.State != Initialized) {
            (void)KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
        }
    }
}

static void PspRundownApcs(PLIST_ENTRY First)
{
    PLIST_ENTRY Link = First;

    if (First == NULL) {
        return;
    }
    do {
        PKAPC Apc = CONTAINING_RECORD(Link, KAPC, ApcListEntry);
        Link = Link->Flink;
        if (Apc->RundownRoutine != NULL) {
            ((PKRUNDOWN_ROUTINE_)(ULONG_PTR)Apc->RundownRoutine)(Apc);
        } else {
            ExFreePool(Apc);
        }
    } while (Link != First);
}

static void PspFreeThreadUserMemory(PETHREAD Thread, PEPROCESS Process)
{
    PVOID Teb = Thread->Tcb.Teb;
    PVOID Stack = Thread->UserStackBase;

    Thread->Tcb.Teb = NULL;
    if (Teb != NULL) {
        MmDeleteTeb(Process, Teb);
    }
    if (Stack != NULL) {
        SIZE_T Size = 0;
        Thread->UserStackBase = NULL;
        (void)ZwFreeVirtualMemory(ZwCurrentProcess(), &Stack, &Size, MEM_RELEASE);
    }
}

static void PspEndProcess(PEPROCESS Process)
{
    PspWaitForOthers(Process);
    if (Process->Flags & PS_PROCESS_FLAGS_BREAK_ON_TERMINATION) {
        KdPrint_("Ps: critical process %s ended with status 0x%08X\n", Process->ImageFileName, (ULONG)Process->ExitStatus);
        KeBugCheckEx(0xEF /* CRITICAL_PROCESS_DIED */, (ULONG_PTR)Process, 0, (ULONG_PTR)Process->ExitStatus, 0);
    }
    KeQuerySystemTime(&Process->ExitTime);
    PspNotifyProcessExit(Process);
    ETW_TRACE(ETW_CLASS_BIRTH, EtwProcessExit, ETW_PHASE_POINT, Process->UniqueProcessId, Process->ExitStatus, (ULONG_PTR)Process, 0, 0, 0);
    ExWaitForRundownProtectionRelease(
        &Process->RundownProtect); /* whoever copies memory or duplicates handles here is done; no one new comes */
    ObKillProcess(Process);
    MmCleanProcessAddressSpace(Process);
    InterlockedOr((volatile LONG *)&Process->Flags, PS_PROCESS_FLAGS_VM_DELETED);
    KeRundownThread(); /* whoever waits for the process finds its mutants free */
    PspExitJob(Process);
    KeSetProcess(&Process->Pcb, 0);
}

NORETURN void PspExitThread(NTSTATUS Status)
{
    PETHREAD Thread = PsCurrentThread_();
    PEPROCESS Process = PsThreadProcess_(Thread);
    BOOLEAN Last;

    ASSERT_IRQL_EQ(PASSIVE_LEVEL);
    if (Thread->Tcb.ApcStateIndex != 0) {
        KeBugCheckEx(INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)Process, (ULONG_PTR)Thread->Tcb.ApcState.Process, Thread->Tcb.ApcStateIndex,
                     0);
    }
    Thread->Tcb.PreviousMode = KernelMode; /* what is freed below is freed on the kernel's account */
    Last = PspLeaveProcess(Thread, Process, Status);
    PspNotifyThread(Thread, FALSE);
    if (Last) {
        DbgkExitProcess(Process->ExitStatus);
    } else {
        DbgkExitThread(Thread->ExitStatus);
    }
    (void)PsImpersonateClient(Thread, NULL, FALSE, FALSE, SecurityAnonymous);
    IoCancelThreadIo(Thread);
    ExTimerRundown(Thread);
    PspRundownApcs(KeFlushQueueApc(&Thread->Tcb, UserMode));
    if (Last) {
        PspEndProcess(Process);
    } else if (!(Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_SYSTEM)) {
        PspFreeThreadUserMemory(Thread, Process);
    }
    PspRundownApcs(KeFlushQueueApc(&Thread->Tcb, KernelMode));
    KeTerminateThread(0);
}

NORETURN void PspTerminateCurrentProcess(NTSTATUS Status)
{
    PEPROCESS Process = PsThreadProcess_(PsCurrentThread_());

    (void)PspTerminateProcess(Process, Status);
    PspExitThread(Status);
}

NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus)
{
    if (!(PsCurrentThread_()->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_SYSTEM)) {
        return STATUS_INVALID_PARAMETER;
    }
    PspExitThread(ExitStatus);
}

/* ---- services -------------------------------------------------------------------------------------------------------------------------
 */

/* ProcessHandle NULL: every other thread of the caller's process ends and the call returns (RtlExitUserProcess' first step). */
NTSTATUS NTAPI NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus)
{
    PEPROCESS Process;
    PEPROCESS Current = PsThreadProcess_(PsCurrentThread_());
    NTSTATUS Status;

    PAGED_CODE();
    if (ProcessHandle == NULL) {
        return PspTerminateProcess(Current, ExitStatus) == STATUS_ACCESS_DENIED ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
    }
    Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_TERMINATE, *PsProcessType, ExGetPreviousMode(), (PVOID *)&Process, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PspTerminateProcess(Process, ExitStatus);
    if (NT_SUCCESS(Status) && Process->ActiveThreads == 0 && Process != Current) {
        PspEndThreadlessProcess(Process);
    }
    ObDereferenceObject(Process);
    if (Process == Current && NT_SUCCESS(Status)) {
        PspExitThread(ExitStatus);
    }
    return Status;
}

/* ThreadHandle NULL: the current thread, but not if it is the last (STATUS_CANT_TERMINATE_SELF), as on NT. */
NTSTATUS NTAPI NtTerminateThread(HANDLE ThreadHandle, NTSTATUS ExitStatus)
{
    PETHREAD Thread;
    NTSTATUS Status;

    PAGED_CODE();
    if (ThreadHandle == NULL) {
        if (PsThreadProcess_(PsCurrentThread_())->ActiveThreads == 1) {
            return STATUS_CANT_TERMINATE_SELF;
        }
        PspExitThread(ExitStatus);
    }
    Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_TERMINATE, *PsThreadType, ExGetPreviousMode(), (PVOID *)&Thread, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_SYSTEM) {
        ObDereferenceObject(Thread);
        return STATUS_INVALID_PARAMETER;
    }
    if (Thread == PsCurrentThread_()) {
        ObDereferenceObject(Thread); /* the run holds it */
        PspExitThread(ExitStatus);
    }
    Status = PspTerminateThread(Thread, ExitStatus);
    ObDereferenceObject(Thread);
    return Status;
}

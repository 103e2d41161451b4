/* SPDX-License-Identifier: MIT */
/*
 * thread.c - threads: creation, first steps, deletion.
 *
 * A user thread is built from the outside in: object and id, kernel stack, user stack, TEB, extended register state, the CONTEXT it will
 * begin with.  Only then is it linked into its process, under the process' lock and only if the process is not being terminated, so
 * termination either sees the thread or the thread is refused (STATUS_PROCESS_IS_TERMINATING).
 *
 * It starts in the kernel, in PspUserThreadStartup, which builds its user trap frame from the CONTEXT and queues the first user APC by
 * hand: ntdll!KiUserApcDispatcher -> LdrInitializeThunk(Context, NtdllBase) -> NtContinue(Context) -> RtlUserThreadStart(StartAddress,
 * Argument).
 *
 * References: the thread object holds its process; the run itself holds the thread (PspStartThread takes that reference, the reaper drops
 * it).
 */
#include "psp.h"

PVOID PspLdrInitializeThunk, PspRtlUserThreadStart;
static volatile LONG PspUserModeReached;

static void PspInitializeThreadObject(PETHREAD Thread, PEPROCESS Process)
{
    RtlZeroMemory(Thread, sizeof(*Thread));
    ObReferenceObject(Process);
    Thread->ThreadsProcess_ = Process;
    Thread->Cid.UniqueProcess = Process->UniqueProcessId;
    Thread->ExitStatus = STATUS_PENDING;
    Thread->PagePriority = (UCHAR)Process->PagePriority;
    Thread->IoPriority = (UCHAR)Process->IoPriority;
    InitializeListHead(&Thread->IrpList);
    InitializeListHead(&Thread->PostBlockList);
    InitializeListHead(&Thread->KeyedWaitChain);
    KeInitializeSemaphore(&Thread->KeyedWaitSemaphore, 0, 1);
    KeInitializeEvent(&Thread->AlertByThreadIdEvent, SynchronizationEvent, FALSE);
    ExInitializeRundownProtection(&Thread->RundownProtect);
    KeQuerySystemTime(&Thread->CreateTime);
}

static NTSTATUS PspBuildUserContext(const PSP_THREAD_REQUEST *Request, const INITIAL_TEB *Stack, PSP_USER_START *Start)
{
    CONTEXT *Context = &Start->Context;

    Start->CreateFlags = Request->CreateFlags;
    if (Request->Context != NULL) {
        *Context = *Request->Context;
        return STATUS_SUCCESS;
    }
    RtlZeroMemory(Context, sizeof(*Context));
    Context->ContextFlags = CONTEXT_FULL;
    Context->Rip = (ULONG_PTR)PspRtlUserThreadStart;
    Context->Rcx = (ULONG_PTR)Request->StartAddress;
    Context->Rdx = (ULONG_PTR)Request->Argument;
    /* Room for the callee's home space, and RSP = 8 mod 16 as after a call: RtlUserThreadStart is a function like any other. */
    Context->Rsp = ((ULONG_PTR)Stack->StackBase & ~15ull) - 0x28;
    Context->EFlags = 0x202;
    Context->MxCsr = 0x1F80;
    Context->FltSave.ControlWord = 0x27F;
    Context->FltSave.MxCsr = 0x1F80;
    return STATUS_SUCCESS;
}

/* Creation flags that ntdll has to know stand in the TEB. */
#define TEB_FLAG_SKIP_THREAD_ATTACH 0x0008
#define TEB_FLAG_INITIAL_THREAD 0x0400
#define TEB_FLAG_SKIP_LOADER_INIT 0x4000

static NTSTATUS PspSetTebFlags(const PSP_THREAD_REQUEST *Request, NTEB *Teb)
{
    USHORT Flags = 0;
    KAPC_STATE Apc;
    NTSTATUS Status;

    Flags |= (Request->CreateFlags & THREAD_CREATE_FLAGS_SKIP_THREAD_ATTACH) ? TEB_FLAG_SKIP_THREAD_ATTACH : 0;
    Flags |= (Request->CreateFlags & THREAD_CREATE_FLAGS_SKIP_LOADER_INIT) ? TEB_FLAG_SKIP_LOADER_INIT : 0;
    Flags |= Request->Initial ? TEB_FLAG_INITIAL_THREAD : 0;
    if (Flags == 0) {
        return STATUS_SUCCESS;
    }
    KeStackAttachProcess((PKPROCESS)&Request->Process->Pcb, &Apc);
    Status = KiCopyToUser(&Teb->SameTebFlags, &Flags, sizeof(Flags));
    KeUnstackDetachProcess(&Apc);
    return Status;
}

/* The TEB and stack lie in the clone where they lie in the original; the ids are new. */
static NTSTATUS PspAdoptTeb(const PSP_THREAD_REQUEST *Request, PETHREAD Thread)
{
    NTEB *Teb = PsCurrentThread_()->Tcb.Teb;
    KAPC_STATE Apc;

    Thread->Tcb.Teb = Teb;
    Thread->UserStackBase = PsCurrentThread_()->UserStackBase;
    KeStackAttachProcess((PKPROCESS)&Request->Process->Pcb, &Apc);
    NTSTATUS Status = KiCopyToUser(&Teb->ClientId, &Thread->Cid, sizeof(CLIENT_ID));
    if (NT_SUCCESS(Status)) {
        Status = KiCopyToUser(&Teb->RealClientId, &Thread->Cid, sizeof(CLIENT_ID));
    }
    KeUnstackDetachProcess(&Apc);
    return Status;
}

static NTSTATUS PspMakeStackAndTeb(const PSP_THREAD_REQUEST *Request, PETHREAD Thread, INITIAL_TEB *Stack)
{
    NTSTATUS Status;

    if (Request->InitialTeb != NULL) {
        *Stack = *Request->InitialTeb;
    } else {
        SIZE_T Reserve = Request->StackReserve, Commit = Request->StackCommit;
        SECTION_IMAGE_INFORMATION Image = { 0 };

        if (Request->Process->SectionObject != NULL) {
            MmGetImageInformation(Request->Process->SectionObject, &Image);
        }
        Reserve = Reserve != 0 ? Reserve : Image.MaximumStackSize;
        Commit = Commit != 0 ? Commit : Image.CommittedStackSize;
        Status = MmCreateUserStack(Request->Process, Reserve, Commit, Stack);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Thread->UserStackBase = Stack->StackAllocationBase;
    }
    Status = MmCreateTeb(Request->Process, Stack, &Thread->Cid, &Thread->Tcb.Teb);
    return NT_SUCCESS(Status) ? PspSetTebFlags(Request, Thread->Tcb.Teb) : Status;
}

/* User half: stack, TEB, register state, start context. */
static NTSTATUS PspBuildUserThread(const PSP_THREAD_REQUEST *Request, PETHREAD Thread, PSP_USER_START **StartOut)
{
    INITIAL_TEB Stack = { 0 };
    PSP_USER_START *Start;
    NTSTATUS Status = Request->Clone ? PspAdoptTeb(Request, Thread) : PspMakeStackAndTeb(Request, Thread, &Stack);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Start = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Start), PSP_TAG);
    if (Start == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = PspBuildUserContext(Request, &Stack, Start);
    Thread->StartAddress = (PVOID)Start->Context.Rip;
    Thread->Win32StartAddress = Request->Context != NULL ? (PVOID)Start->Context.Rcx : Request->StartAddress;
    *StartOut = Start;
    return Status;
}

static VOID NTAPI PspSystemThreadStartup(PVOID Context)
{
    PETHREAD Thread = PsCurrentThread_();
    PKSTART_ROUTINE Routine = (PKSTART_ROUTINE)(ULONG_PTR)Thread->StartAddress;

    KeLowerIrql(PASSIVE_LEVEL);
    if (!(Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_TERMINATED)) {
        Routine(Context);
    }
    PspExitThread(STATUS_SUCCESS);
}

/* The first user APC, by hand: LdrInitializeThunk(PCONTEXT, ntdll's base). */
static NTSTATUS PspQueueLoaderApc(PKTRAP_FRAME Frame)
{
    ULONG_PTR ContextAddress;
    NTSTATUS Status = KiInitializeUserApc(Frame, (PKNORMAL_ROUTINE_)(ULONG_PTR)PspLdrInitializeThunk, NULL, PspSystemDllBase, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    /* KiUserApcDispatcher takes the first argument from CONTEXT.P1Home, at the stack pointer; only now is it known where that is. */
    ContextAddress = (ULONG_PTR)Frame->Rsp;
    return KiCopyToUser((PVOID)ContextAddress, &ContextAddress, sizeof(ContextAddress));
}

static VOID NTAPI PspUserThreadStartup(PVOID Context)
{
    PETHREAD Thread = PsCurrentThread_();
    PSP_USER_START *Start = Context;
    PKTRAP_FRAME Frame = KeInitializeUserTrapFrame(&Thread->Tcb);
    ULONG CreateFlags = Start->CreateFlags;
    NTSTATUS Status;

    if (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_INITIAL) {
        ETW_TRACE(ETW_CLASS_BIRTH, EtwBirthFirstSwitch, ETW_PHASE_POINT, Thread->Cid.UniqueProcess, STATUS_SUCCESS, (ULONG_PTR)Thread,
                  Start->Context.Rip, Start->Context.Rcx, 0);
    }
    Status = KeContextToKframes(Frame, &Start->Context, UserMode);
    KeLowerIrql(PASSIVE_LEVEL); /* a suspend or exit APC that is waiting runs here, and finds the first context in its place */
    Thread->Tcb.StartContext = NULL;
    ExFreePoolWithTag(Start, PSP_TAG);
    if (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_TERMINATED) {
        PspExitThread(Thread->ExitStatus);
    }
    if (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_INITIAL) {
        PspReportFirstImages(PsThreadProcess_(Thread));
    }
    DbgkCreateThread(Thread);
    if (NT_SUCCESS(Status) && !(CreateFlags & THREAD_CREATE_FLAGS_SKIP_LOADER_INIT)) {
        Status = PspQueueLoaderApc(Frame);
    }
    if (InterlockedExchange(&PspUserModeReached, 1) == 0) {
        KdPrint_("Ps: first user thread at count %I64u\n", __rdtsc());
    }
    if (!NT_SUCCESS(Status)) {
        PspExitThread(STATUS_BAD_INITIAL_STACK);
    }
    KiReturnToUser(Frame);
}

/* Into the process' list, unless the process is going. */
static NTSTATUS PspLinkThread(PETHREAD Thread, PEPROCESS Process)
{
    NTSTATUS Status = STATUS_SUCCESS;

    ExAcquirePushLockExclusive_(&Process->ProcessLock);
    if (Process->Flags & PS_PROCESS_FLAGS_PROCESS_DELETE) {
        Status = STATUS_PROCESS_IS_TERMINATING;
    } else {
        InsertTailList(&Process->ThreadListHead, &Thread->ThreadListEntry);
        Process->ActiveThreads++;
        if ((ULONG)Process->ActiveThreads > Process->ActiveThreadsHighWatermark) {
            Process->ActiveThreadsHighWatermark = (ULONG)Process->ActiveThreads;
        }
        KeStartThread(&Thread->Tcb);
        if (Process->FreezeCount != 0) {
            KeFreezeThread_(&Thread->Tcb);
        }
    }
    ExReleasePushLockExclusive_(&Process->ProcessLock);
    return Status;
}

NTSTATUS PspCreateThreadObject(const PSP_THREAD_REQUEST *Request, PETHREAD *ThreadOut)
{
    PETHREAD Thread;
    PSP_USER_START *Start = NULL;
    PVOID KernelStack;
    NTSTATUS Status = ObCreateObject(Request->Mode, *PsThreadType, Request->ObjectAttributes, Request->Mode, NULL, sizeof(ETHREAD), 0, 0,
                                     (PVOID *)&Thread);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PspInitializeThreadObject(Thread, Request->Process);
    if (Request->SystemRoutine != NULL) {
        Thread->CrossThreadFlags |= PS_CROSS_THREAD_FLAGS_SYSTEM;
        Thread->StartAddress = (PVOID)(ULONG_PTR)Request->SystemRoutine;
    }
    if (Request->Initial) {
        Thread->CrossThreadFlags |= PS_CROSS_THREAD_FLAGS_INITIAL;
    }
    if (Request->CreateFlags & THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER) {
        Thread->CrossThreadFlags |= PS_CROSS_THREAD_FLAGS_HIDEFROMDBG;
    }
    Status = PspAllocateCid(Thread, &Thread->Cid.UniqueThread);
    if (!NT_SUCCESS(Status)) {
        goto Failed;
    }
    if (Request->SystemRoutine == NULL) {
        Status = PspBuildUserThread(Request, Thread, &Start);
        if (!NT_SUCCESS(Status)) {
            goto Failed;
        }
    }
    KernelStack = MmCreateKernelStack();
    if (KernelStack == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto Failed;
    }
    if (Request->SystemRoutine != NULL) {
        KeInitThread(&Thread->Tcb, KernelStack, PspSystemThreadStartup, Request->SystemContext, NULL, &Request->Process->Pcb);
    } else {
        KeInitThread(&Thread->Tcb, KernelStack, PspUserThreadStartup, Start, Thread->Tcb.Teb, &Request->Process->Pcb);
        Start = NULL; /* the thread's: see PspThreadDelete */
    }
    if (Request->Attributes != NULL && Request->Attributes->Affinity != 0) {
        if (Request->Attributes->Affinity & ~Request->Process->Pcb.Affinity) {
            Status = STATUS_INVALID_PARAMETER;
            goto Failed;
        }
        (void)KeSetAffinityThread(&Thread->Tcb, Request->Attributes->Affinity);
    }
    if (Request->Attributes != NULL && Request->Attributes->HasIdealProcessor) {
        Thread->Tcb.IdealProcessor = Request->Attributes->IdealProcessor;
    }
    Status = PspLinkThread(Thread, Request->Process);
    if (!NT_SUCCESS(Status)) {
        goto Failed;
    }
    *ThreadOut = Thread;
    return STATUS_SUCCESS;
Failed:
    if (Start != NULL) {
        ExFreePoolWithTag(Start, PSP_TAG);
    }
    ObDereferenceObject(Thread); /* PspThreadDelete takes down what is there */
    return Status;
}

void PspStartThread(PETHREAD Thread, BOOLEAN Suspended)
{
    ULONG Count;

    ObReferenceObject(Thread); /* the run's own; the reaper drops it */
    if (Suspended) {
        (void)PspSuspendThread(Thread, &Count); /* it may have been terminated already, with its process */
    }
    PspNotifyThread(Thread, TRUE);
    KeReadyThread(&Thread->Tcb);
}

/* TEB and stack of a thread that never ran in a process that lives on. */
static void PspFreeUserParts(PETHREAD Thread, PEPROCESS Process)
{
    INITIAL_TEB Stack = { .StackAllocationBase = Thread->UserStackBase };

    if (!(Process->Flags & PS_PROCESS_FLAGS_HAS_ADDRESS_SPACE) || (Process->Flags & PS_PROCESS_FLAGS_VM_DELETED)) {
        return;
    }
    if (Thread->Tcb.Teb != NULL) {
        MmDeleteTeb(Process, Thread->Tcb.Teb);
    }
    if (Thread->UserStackBase != NULL) {
        MmDeleteUserStack(Process, &Stack);
    }
}

/* Without threads and with its lock held: whether it was terminated, or had threads and has lost the last of them, as a process ends. */
static BOOLEAN PspWasToEnd(PEPROCESS Process)
{
    if (!(Process->Flags & PS_PROCESS_FLAGS_PROCESS_DELETE) && Process->LastThreadExitStatus != STATUS_PENDING) {
        InterlockedOr((volatile LONG *)&Process->Flags, PS_PROCESS_FLAGS_PROCESS_DELETE);
        Process->ExitStatus = Process->LastThreadExitStatus;
    }
    return (Process->Flags & PS_PROCESS_FLAGS_PROCESS_DELETE) != 0;
}

void PspThreadDelete(PVOID Object)
{
    PETHREAD Thread = Object;
    PEPROCESS Process = Thread->ThreadsProcess_;
    BOOLEAN LastOfAll = FALSE;

    if (Thread->ThreadListEntry.Flink != NULL) {
        ExAcquirePushLockExclusive_(&Process->ProcessLock);
        RemoveEntryList(&Thread->ThreadListEntry);
        if (Thread->Tcb.State == Initialized) {
            /* Linked, but never started: if there were others, and they have all gone since, it is for us to end the process. */
            LastOfAll = --Process->ActiveThreads == 0 && PspWasToEnd(Process);
            KeUnlinkThread(&Thread->Tcb);
        }
        ExReleasePushLockExclusive_(&Process->ProcessLock);
    }
    if (Thread->Tcb.State == Initialized) {
        PspFreeUserParts(Thread, Process);
        if (Thread->Tcb.StartContext != NULL && !(Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_SYSTEM)) {
            ExFreePoolWithTag(Thread->Tcb.StartContext, PSP_TAG);
        }
    }
    if (Thread->Tcb.InitialStack != NULL) {
        MmDeleteKernelStack(Thread->Tcb.StackBase);
    }
    if (Thread->ImpersonationToken != NULL) {
        ObDereferenceObject(Thread->ImpersonationToken);
    }
    if (Thread->ThreadName != NULL) {
        ExFreePoolWithTag(Thread->ThreadName, PSP_TAG);
    }
    if (Thread->Cid.UniqueThread != NULL) {
        PspFreeCid(Thread->Cid.UniqueThread);
    }
    if (LastOfAll && Process->UniqueProcessId != NULL) {
        PspEndThreadlessProcess(Process);
    }
    ObDereferenceObject(Process);
}

PETHREAD PsGetNextProcessThread_(PEPROCESS Process, PETHREAD Previous)
{
    PETHREAD Found = NULL;

    ExAcquirePushLockShared_(&Process->ProcessLock);
    for (PLIST_ENTRY Link = Previous != NULL ? Previous->ThreadListEntry.Flink : Process->ThreadListHead.Flink;
         Link != &Process->ThreadListHead; Link = Link->Flink) {
        PETHREAD Thread = CONTAINING_RECORD(Link, ETHREAD, ThreadListEntry);
        if (ObReferenceObjectSafe(Thread)) {
            Found = Thread;
            break;
        }
    }
    ExReleasePushLockShared_(&Process->ProcessLock);
    if (Previous != NULL) {
        ObDereferenceObject(Previous);
    }
    return Found;
}

/* SPDX-License-Identifier: MIT */
/*
 * init.c - ke's start: the boot processor's block, its idle thread, interrupts; then, with pool and threads there, the clock.
 */
#include "etw.h"
#include "kep.h"
#include "mm.h"

#define TAG_PROCESSOR POOL_TAG('K', 'e', 'p', 'r')

void KiInitializePrcb(PKPRCB Prcb)
{
    for (ULONG i = 0; i < 32; i++) {
        InitializeListHead(&Prcb->ReadyList[i]);
    }
    InitializeListHead(&Prcb->DpcListHead);
    KeInitializeDpc(&Prcb->TimerDpc, (PKDEFERRED_ROUTINE)KiExpireTimers, NULL);
    KeSetTargetProcessorDpc(&Prcb->TimerDpc, (CCHAR)Prcb->Number);
}

/* What makes a thread an idle thread: never in a ready queue, lowest of all, on its processor for ever. */
static void KiCompleteIdleThread(PKPRCB Prcb)
{
    PKTHREAD Thread = Prcb->IdleThread;

    Thread->State = Running;
    Thread->OnProcessor = TRUE;
    Thread->Priority = 0;
    Thread->BasePriority = 0;
    Thread->NextProcessor = Prcb->Number;
    Thread->IdealProcessor = Prcb->Number;
    Thread->Affinity = 1ULL << Prcb->Number;
    Thread->WaitIrql = DISPATCH_LEVEL;
}

/* The thread that the boot processor runs since its start becomes its idle thread. */
static void KiInitializeIdleThread(PKPRCB Prcb, struct _KPROCESS *Process)
{
    PKTHREAD Thread = Prcb->IdleThread;
    const KTHREAD Boot = *Thread;
    static UCHAR StateArea[4096] __attribute__((aligned(64)));

    /* KeInitThread would build a first frame on the stack in use: give it a scratch one and take back what must stay. */
    static UCHAR Scratch[8192] __attribute__((aligned(64)));
    KeInitThread(Thread, Scratch + sizeof(Scratch), NULL, NULL, NULL, Process);
    ASSERT(KeXStateLength <= sizeof(StateArea));
    Thread->StateSaveArea = StateArea;
    Thread->InitialStack = Boot.InitialStack;
    Thread->StackBase = Boot.StackBase;
    Thread->StackLimit = Boot.StackLimit;
    Thread->KernelStack = NULL;
    KiCompleteIdleThread(Prcb);
}

void KeInitSystemPhase0(LOADER_PARAMETER_BLOCK *Block)
{
    PKPRCB Prcb = KiPrcb();

    KiInitializeTimers();
    KiInitializeDpcCalls();
    KiInitializePrcb(Prcb);
    KeInitializeProcess(KiInitialProcess, 0, 1, KiReadPageTableRoot());
    KiInitialProcess->ActiveProcessors = 1;
    KiInitializeIdleThread(Prcb, KiInitialProcess);
    KiInitializeHardwareInterrupts(Block);
}

/* ---- the other processors ------------------------------------------------------------------------------------------------------- */

/* Boot option NUMPROC=n: no more than that many. */
static ULONG KiProcessorLimit(const LOADER_PARAMETER_BLOCK *Block)
{
    const char *Option = strstr(Block->Options, "NUMPROC=");
    ULONG Limit = 0;

    for (Option = Option != NULL ? Option + 8 : ""; *Option >= '0' && *Option <= '9' && Limit < KE_MAXIMUM_PROCESSORS; Option++) {
        Limit = Limit * 10 + (ULONG)(*Option - '0');
    }
    return Limit != 0 && Limit < KiCountProcessors() ? Limit : KiCountProcessors();
}

/* Block, idle thread and stack of the next processor; NULL: no memory. */
static PVOID KiCreateProcessor(ULONG Number)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, KiProcessorBlockSize(), TAG_PROCESSOR);
    PETHREAD Idle = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Idle), TAG_PROCESSOR);
    PVOID Stack = MmCreateKernelStack();
    PKPRCB Prcb;

    if (Block == NULL || Idle == NULL || Stack == NULL) {
        return NULL; /* of a machine that cannot start: nothing is given back */
    }
    RtlZeroMemory(Block, KiProcessorBlockSize());
    RtlZeroMemory(Idle, sizeof(*Idle));
    Prcb = KiPrcbOfBlock(Block);
    Prcb->Number = Number;
    Prcb->MHz = KiPrcb()->MHz;
    Prcb->RunningPriority = -1;
    Prcb->IdleThread = &Idle->Tcb;
    KiInitializePrcb(Prcb);
    KeInitThread(&Idle->Tcb, Stack, NULL, NULL, NULL, KiInitialProcess);
    KiCompleteIdleThread(Prcb);
    EtwInitProcessor(Prcb);
#ifndef FREE_BUILD
    KiExploreProcessor(Prcb);
#endif
    return Block;
}

/* KeNumberProcessors grows by each that answers, so that everybody who looks at all processors sees only those that run. */
static void KiStartAllProcessors(const LOADER_PARAMETER_BLOCK *Block)
{
    ULONG Limit = KiProcessorLimit(Block);

    for (ULONG Index = 0; Index + 1 < Limit; Index++) {
        ULONG Number = (ULONG)KeNumberProcessors;
        PVOID Processor = KiCreateProcessor(Number);
        if (Processor == NULL) {
            break;
        }
        (void)InterlockedOr64(&KiInitialProcess->ActiveProcessors, 1LL << Number);
        if (KiStartProcessor(Index, Processor)) {
            KeNumberProcessors++; /* what it waits for */
        } else {
            KdPrint_("Ke: processor %u (APIC id %u) does not answer\n", Number, KiPrcbOfBlock(Processor)->ApicId);
            (void)InterlockedAnd64(&KiInitialProcess->ActiveProcessors, ~(1LL << Number));
        }
    }
    KiInitialProcess->Affinity = KeQueryActiveProcessors();
    KeSetAffinityProcess(KeGetCurrentThread()->Process, KeQueryActiveProcessors());
    *(ULONG *)((ULONG_PTR)KeUserSharedData_ + 0x3C0) = (ULONG)KeNumberProcessors; /* ActiveProcessorCount */
}

void KeInitSystemPhase1(LOADER_PARAMETER_BLOCK *Block)
{
    KiStartTime(Block);
#ifndef FREE_BUILD
    KiInitializeExplore(Block);
#endif
    KiStartAllProcessors(Block);
    KdBootStep("Ke: %u MHz, %d processor%s, clock at 64 Hz", KiPrcb()->MHz, KeNumberProcessors, KeNumberProcessors == 1 ? "" : "s");
    KdCrashTest(Block);
}

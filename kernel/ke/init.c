/* SPDX-License-Identifier: MIT */
/*
 * init.c - ke's start: the boot processor's block, its idle thread, interrupts; then, with pool and threads there, the clock.
 */
#include "etw.h"
#include "kep.h"

void KiInitializePrcb(PKPRCB Prcb)
{
    for (ULONG i = 0; i < 32; i++) {
        InitializeListHead(&Prcb->ReadyList[i]);
    }
    InitializeListHead(&Prcb->DpcListHead);
    KeInitializeDpc(&Prcb->TimerDpc, (PKDEFERRED_ROUTINE)KiExpireTimers, NULL);
    KeSetTargetProcessorDpc(&Prcb->TimerDpc, (CCHAR)Prcb->Number);
}

/* The thread that this processor runs since its start becomes its idle thread: never in a ready queue, lowest of all. */
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
    Thread->State = Running;
    Thread->OnProcessor = TRUE;
    Thread->Priority = 0;
    Thread->BasePriority = 0;
    Thread->NextProcessor = Prcb->Number;
    Thread->IdealProcessor = Prcb->Number;
    Thread->Affinity = 1ULL << Prcb->Number;
    Thread->WaitIrql = DISPATCH_LEVEL;
}

void KeInitSystemPhase0(LOADER_PARAMETER_BLOCK *Block)
{
    PKPRCB Prcb = KiPrcb();

    KiInitializeTimers();
    KiInitializePrcb(Prcb);
    KeInitializeProcess(KiInitialProcess, 0, 1, KiReadPageTableRoot());
    KiInitialProcess->ActiveProcessors = 1;
    KiInitializeIdleThread(Prcb, KiInitialProcess);
    KiInitializeHardwareInterrupts(Block);
}

void KeInitSystemPhase1(LOADER_PARAMETER_BLOCK *Block)
{
    KiStartTime(Block);
    KdBootStep("Ke: %u MHz, %d processor%s, clock at 64 Hz", KiPrcb()->MHz, KeNumberProcessors, KeNumberProcessors == 1 ? "" : "s");
    KdCrashTest(Block);
}

/* SPDX-License-Identifier: MIT */
/*
 * init.c - from the loader's jump to the first user process.
 *
 * Phase 0 runs on the boot stack with interrupts off: each subsystem makes what needs nothing but itself and the ones before it.  At its
 * end there is one thread, the idle thread, and a pool to allocate from.  It starts the phase 1 thread and becomes the idle loop. Phase 1
 * is an ordinary system thread at PASSIVE_LEVEL: it may wait, so here come the clock, drivers, files and processes. The order is the
 * contract; each line says in the log what was done, so that a hang names its place. Windows Internals, 7th ed., part 2, chapter 12
 * "Startup and shutdown": phases 0 and 1.
 */
#include "arch.h"
#include "cc.h"
#include "etw.h"
#include "ex.h"
#include "inbv.h"
#include "io.h"
#include "kd.h"
#include "ldr.h"
#include "mm.h"
#include "ob.h"
#include "ps.h"
#include "se.h"

static LOADER_PARAMETER_BLOCK *InitLoaderBlock;
BOOLEAN InitSafeBootMode; /* exported by Windows; always FALSE here */

static void InitCheckLoaderBlock(const LOADER_PARAMETER_BLOCK *Block)
{
    if (Block->Signature != LOADER_BLOCK_SIGNATURE || Block->Version != LOADER_BLOCK_VERSION || Block->Size != sizeof(*Block)) {
        KeBugCheckEx(0x0000007A, (ULONG_PTR)Block->Signature, Block->Version, Block->Size, sizeof(*Block));
    }
}

/* What must not fail: without it there is no system, and the bugcheck's second parameter says which step it was. */
static void InitMust(const char *Step, NTSTATUS Status, ULONG Code)
{
    if (!NT_SUCCESS(Status)) {
        KdBootStep("%s failed: 0x%08X", Step, (ULONG)Status);
        KeBugCheckEx(Code, (ULONG_PTR)Status, (ULONG_PTR)Step, 0, 0);
    }
}

/* The boot option HANGATBOOT: a boot that stands still, for the test of the host's watchdog. */
static void InitHangIfAsked(const LOADER_PARAMETER_BLOCK *Block)
{
    LARGE_INTEGER Second = {.QuadPart = -10000000};

    if (strstr(Block->Options, "HANGATBOOT") != NULL) {
        KdBootStep("Init: standing still, as asked");
        for (;;) {
            KeDelayExecutionThread(KernelMode, FALSE, &Second);
        }
    }
}

static VOID NTAPI Phase1Initialization(PVOID Context)
{
    LOADER_PARAMETER_BLOCK *Block = Context;

    ObInitSystemPhase1();
    SeInitSystemPhase1();
    MmInitSystemPhase1(Block);
    ExInitSystemPhase1();
    PsInitSystemPhase1();
    KdBootStep("Ps: system process, object types");
    KeInitSystemPhase1(Block);
    IoInitSystem(Block);
    CcInitSystem();
    InitHangIfAsked(Block);
    KdBootStep("Io: starting boot drivers");
    InitMust("Ldr: boot drivers", LdrStartBootDrivers(), INACCESSIBLE_BOOT_DEVICE);
    InitMust("Io: system links", IoCreateSystemLinks(), INACCESSIBLE_BOOT_DEVICE);
    InitMust("Ps: ntdll.dll", PsLocateSystemDll(), 0x6B /* PROCESS1_INITIALIZATION_FAILED */);
    KdBootStep("Ps: ntdll.dll mapped, starting smss.exe");
    KdBootStep("Boot complete");
    InitMust("Ps: smss.exe", PsStartSessionManager(), 0x71 /* SESSION5_INITIALIZATION_FAILED */);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Entered from KiSystemStartup on the boot stack, interrupts off. */
NORETURN void KiInitializeKernel(LOADER_PARAMETER_BLOCK *Block)
{
    HANDLE Thread;
    ULONG64 Entered = __rdtsc();

    InitLoaderBlock = Block;
    KdInitPhase0(Block);
    KdPrint_("Init: entered at count %I64u\n", Entered); /* with ps' line about the first user thread: boot_to_user of the benchmark */
    InitCheckLoaderBlock(Block);
    LdrInitModulesPhase0(Block);
    PsInitIdleProcess();
    KeInitSystemPhase0(Block);
    EtwInitPhase0();
    InbvDriverInitialize(Block);
    KdBootStep("Nascent 10.0.19045, %s, kernel at %p", Block->Firmware == LoaderFirmwareUefi ? "UEFI" : "multiboot",
               (PVOID)Block->Module[0].VirtualBase);
    if (KeGetCurrentIrql() > APC_LEVEL) {
        KeLowerIrql(APC_LEVEL); /* interrupts stay off: nothing below may wait, but spin locks, push locks and pool want a sane IRQL */
    }
    MmInitSystemPhase0(Block);
    ExInitSystemPhase0();
    ObInitSystemPhase0();
    SeInitSystemPhase0();
    PsInitSystemPhase0();
    KdBootStep("Init: phase 0 done");
    InitMust("Init: phase 1 thread", PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Phase1Initialization, Block),
             0x32 /* PHASE1_INITIALIZATION_FAILED */);
    KiIdleLoop();
}

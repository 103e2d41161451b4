/* SPDX-License-Identifier: MIT */
/*
 * explore.c - boot option EXPLORE=seed of a checked build: other interleavings than the usual ones, chosen by a generator.
 *
 * A race shows when a thread is preempted, or a processor delayed, at the wrong instruction; on an unloaded machine that hardly ever happens.
 * With a seed, three things are random:
 *   - the clock of each processor fires after a random number of its ticks (64 to 16,447; with every fourth seed, to 1,087), so an interrupt may
 *     strike between any two instructions; it then ends the thread's quantum, moves the thread to another processor, or holds the processor up
 *     where it stands, also with spin locks held;
 *   - the same may happen after a spin lock is released, when the dispatcher is left and on the way out of a system service, where races are
 *     most likely (KiExplorePoint);
 *   - which of the ready threads of a priority is taken, and which processor a thread is given to.
 * Each processor has its own generator, seeded by the seed and its number.  Under `-icount`, where the emulator takes processors in turns
 * on one host thread and PAUSE passes the turn on, a run is a function of the seed alone: a failing seed fails again, at the same
 * instruction.  A bugcheck prints the seed and the backtrace of each processor.  docs/locking.md tells how it is used.
 */
#include "etw.h"
#include "kep.h"

ULONG64 ExploreSeed_;

#ifndef FREE_BUILD
#define TICK_SHORTEST 64u
#define TICK_MASK 0x3FFFu
#define TICK_MASK_DENSE 0x3FFu /* for windows of a few instructions; the scenario itself gets slower */

static ULONG64 KiExploreDue[KE_MAXIMUM_PROCESSORS]; /* own processor only: when the next tick is to be accounted */
static volatile LONG64 KiExploreCount;

static ULONG KiTickMask(void)
{
    return ExploreSeed_ % 4 == 0 ? TICK_MASK_DENSE : TICK_MASK;
}

/* splitmix64 */
ULONG64 KiExploreRandom(PKPRCB Prcb)
{
    ULONG64 Value = Prcb->ExploreState += 0x9E3779B97F4A7C15;

    Value = (Value ^ (Value >> 30)) * 0xBF58476D1CE4E5B9;
    Value = (Value ^ (Value >> 27)) * 0x94D049BB133111EB;
    return Value ^ (Value >> 31);
}

void KiInitializeExplore(const LOADER_PARAMETER_BLOCK *Block)
{
    const char *Option = strstr(Block->Options, "EXPLORE=");

    for (Option = Option != NULL ? Option + 8 : ""; *Option >= '0' && *Option <= '9'; Option++) {
        ExploreSeed_ = ExploreSeed_ * 10 + (ULONG64)(*Option - '0');
    }
    if (ExploreSeed_ != 0) {
        KdPrint_("Ke: EXPLORE=%I64u\n", ExploreSeed_);
        KiExploreProcessor(KiPrcb());
        EtwClasses |= ETW_CLASS_EXPLORE; /* the service exit looks at one word */
    }
    KeLockChecking_ = ExploreSeed_ != 0 || strstr(Block->Options, "LOCKCHECK") != NULL;
}

void KiExploreProcessor(PKPRCB Prcb)
{
    Prcb->ExploreState = ExploreSeed_ * 0xD1342543DE82EF95 + Prcb->Number;
}

static void KiExploreStopHere(PVOID Context)
{
    KiStartHardwareClock(); /* regular again */
}

static void KiExploreStartHere(PVOID Context)
{
    KiSetNextTick(TICK_SHORTEST + ((ULONG)KiExploreRandom(KiPrcb()) & KiTickMask()));
}

/* The lock checker comes on as well and stays on. */
void KeExploreStart_(ULONG64 Seed)
{
    KdPrint_("Ke: EXPLORE=%I64u\n", Seed);
    ExploreSeed_ = 0;
    __sync_synchronize();
    for (ULONG Number = 0; Number < (ULONG)KeNumberProcessors; Number++) {
        KiProcessorBlock[Number]->ExploreState = (Seed != 0 ? Seed : 1) * 0xD1342543DE82EF95 + Number;
        KiExploreDue[Number] = 0;
    }
    KiExploreCount = 0;
    ExploreSeed_ = Seed != 0 ? Seed : 1;
    EtwClasses |= ETW_CLASS_EXPLORE;
    KeLockChecking_ = TRUE;
    KeForEachProcessor_(KiExploreStartHere, NULL);
}

ULONG64 KeExploreStop_(void)
{
    ExploreSeed_ = 0;
    EtwClasses &= ~ETW_CLASS_EXPLORE;
    KeForEachProcessor_(KiExploreStopHere, NULL);
    return (ULONG64)KiExploreCount;
}

/* Something is wrong that only its finder, in user mode, could see: where everybody is. */
void KeExploreShow_(void)
{
    KdPrint_("Ke: a scenario failed\n");
    KdPrintBacktrace(NULL);
    for (ULONG Number = 0, Self = KiPrcb()->Number; Number < (ULONG)KeNumberProcessors; Number++) {
        if (Number != Self) {
            KdAskForBacktrace(Number);
        }
    }
}

static void KiExploreDelay(ULONG64 Random)
{
    ULONG Turns = (Random & 0xF0) == 0 ? (ULONG)(Random >> 8) & 0x3FF : (ULONG)(Random >> 8) & 0xF;

    while (Turns-- != 0) {
        YieldProcessor();
    }
}

/* The thread's quantum is over as soon as the IRQL allows; Move: and it goes elsewhere. */
static void KiExplorePreempt(PKPRCB Prcb, BOOLEAN Move)
{
    if (Prcb->CurrentThread != Prcb->IdleThread) {
        (void)InterlockedIncrement64(&KiExploreCount);
        Prcb->CurrentThread->Quantum = 0;
        Prcb->ExploreMove = Move;
        Prcb->QuantumEnd = TRUE;
        KiRequestSoftwareInterrupt(DISPATCH_LEVEL);
    }
}

/* Any IRQL. */
void KiExploreAct(void)
{
    BOOLEAN Enabled = KiDisable();
    PKPRCB Prcb = KiPrcb();
    ULONG64 Random = KiExploreRandom(Prcb);

    if ((Random & 7) != 0) {
        KiRestore(Enabled);
        return;
    }
    if ((Random & 8) != 0) {
        KiExplorePreempt(Prcb, (Random & 0x10) != 0);
        KiRestore(Enabled);
    } else {
        KiRestore(Enabled);
        KiExploreDelay(Random >> 8);
    }
}

/* In the clock interrupt.  FALSE: not yet time for what a tick does. */
BOOLEAN KiExploreTick(PKPRCB Prcb)
{
    ULONG64 Random = KiExploreRandom(Prcb), Now = KiTimeSinceStart();
    BOOLEAN Due = Now >= KiExploreDue[Prcb->Number];

    if (Due) {
        KiExploreDue[Prcb->Number] = Now + KE_CLOCK_INCREMENT;
    }
    KiSetNextTick(TICK_SHORTEST + ((ULONG)Random & KiTickMask()));
    switch (Random >> 32 & 3) {
    case 0:
        KiExploreDelay(Random >> 40);
        break;
    case 1:
        break;
    default:
        KiExplorePreempt(Prcb, (Random >> 32 & 3) == 2);
    }
    return Due;
}
#endif

#ifdef FREE_BUILD
void KeExploreStart_(ULONG64 Seed)
{
}

ULONG64 KeExploreStop_(void)
{
    return 0;
}

void KeExploreShow_(void)
{
}
#endif

void KiExploreServiceExit(void)
{
    KiExplorePoint();
}

/* SPDX-License-Identifier: MIT */
/*
 * verify.c - the dispatcher's invariants, on demand.
 *
 * KeGenericCallDpc brings all processors into a DPC at once; while the others wait in it, one looks.  So no spin lock is held, no thread is
 * inside the dispatcher (threads enter it at DISPATCH_LEVEL), and everything must fit: every thread is in exactly the place that its state
 * names, a thread that waits has its blocks in the lists of objects that do not satisfy it, no kernel APC that could run is left lying, timers
 * and DPCs are in the queues they say they are in.  What is wrong is counted, logged and described to the caller; nothing is changed.
 */
#include "kep.h"
#include "rtl.h"

typedef struct _KI_VERIFY
{
    PLIST_ENTRY Processes;
    ULONG LinkOffset;
    char *Text;
    ULONG Size, Used;
    ULONG Problems;
    ULONG Ready, Found; /* threads in ready queues; threads that say they are ready */
} KI_VERIFY;

static void KiWrong(KI_VERIFY *Verify, const char *What, const VOID *Object, ULONG64 Value)
{
    int Length;

    if (Verify->Problems++ >= 16) {
        return;
    }
    KdPrint_("Ke: verifier: %s: %p, 0x%I64x\n", What, Object, Value);
    if (Verify->Size - Verify->Used > 1) {
        Length = _snprintf(Verify->Text + Verify->Used, Verify->Size - Verify->Used - 1, "%s: %p, 0x%I64x\n", What, Object, Value);
        Verify->Used = Length > 0 ? Verify->Used + (ULONG)Length : Verify->Size - 1;
        Verify->Text[Verify->Used] = 0;
    }
}

#define CHECK(Condition, What, Object, Value) ((Condition) ? (void)0 : KiWrong(Verify, (What), (Object), (ULONG64)(Value)))

static BOOLEAN KiIsLinked(const LIST_ENTRY *Entry)
{
    return Entry->Flink->Blink == Entry && Entry->Blink->Flink == Entry;
}

static BOOLEAN KiIsListed(const LIST_ENTRY *Head, const LIST_ENTRY *Wanted)
{
    const LIST_ENTRY *Entry = Head->Flink;

    for (ULONG Steps = 0; Entry != Head && Steps < 1000000; Entry = Entry->Flink, Steps++) {
        if (Entry == Wanted) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- threads -------------------------------------------------------------------------------------------------------------------- */

static void KiVerifyBlock(KI_VERIFY *Verify, PKTHREAD Thread, PKWAIT_BLOCK Block)
{
    DISPATCHER_HEADER *Object = Block->Object;

    CHECK(Block->Thread == Thread, "a wait block is another thread's", Thread, Block->Thread);
    CHECK(!(Object->Type & 0x80), "an object is locked and nobody is at it", Object, Object->Type);
    CHECK(Block->BlockState == KiBlockLinked && KiIsLinked(&Block->WaitListEntry) && KiIsListed(&Object->WaitListHead, &Block->WaitListEntry),
          "a thread waits for an object that does not know it", Thread, Object);
    CHECK(Block->WaitType != WaitAny || KiObjectType(Object) == QueueObject || !KiIsSignalled(Object, Thread),
          "a thread waits for an object that is signalled", Thread, Object);
}

static BOOLEAN KiAllSignalled(PKTHREAD Thread)
{
    for (ULONG i = 0; i < Thread->WaitBlockCount; i++) {
        if (!KiIsSignalled(Thread->WaitBlockList[i].Object, Thread)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void KiVerifyWait(KI_VERIFY *Verify, PKTHREAD Thread)
{
    LONG64 Register = Thread->WaitRegister;

    CHECK((Register & KI_WAIT_STATE) == KiWaitCommitted, "a waiting thread's wait has ended", Thread, Register);
    if ((Register & KI_WAIT_STATE) != KiWaitCommitted) {
        return;
    }
    for (ULONG i = 0; i < Thread->WaitBlockCount; i++) {
        KiVerifyBlock(Verify, Thread, &Thread->WaitBlockList[i]);
    }
    CHECK(Thread->WaitBlockCount < 2 || Thread->WaitBlockList[0].WaitType != WaitAll || !KiAllSignalled(Thread),
          "a thread waits for objects that are all signalled", Thread, Thread->WaitBlockCount);
    CHECK(!(Register & KI_MAY_SPECIAL_APC) || !Thread->ApcState.KernelApcPending, "a waiting thread was not woken for a kernel APC", Thread,
          Register);
    CHECK(!(Register & KI_MAY_USER) || !(Register & KI_MAY_ALERT) || IsListEmpty(&Thread->ApcState.ApcListHead[UserMode]),
          "an alertable thread was not woken for a user APC", Thread, Register);
}

static void KiVerifyThread(KI_VERIFY *Verify, PKTHREAD Thread)
{
    PKPRCB Prcb = KiProcessorBlock[Thread->NextProcessor];

    CHECK(KiObjectType(&Thread->Header) == ThreadObject && !(Thread->Header.Type & 0x80), "a thread's header", Thread, Thread->Header.Lock);
    CHECK((Thread->ThreadLock & 1) == 0 && (Thread->ApcQueueLock & 1) == 0, "a thread's lock is held by nobody", Thread, Thread->State);
    CHECK(Thread->Priority >= 0 && Thread->Priority <= HIGH_PRIORITY && Thread->BasePriority >= 0, "a thread's priority", Thread,
          Thread->Priority);
    CHECK((Thread->Affinity & KeQueryActiveProcessors()) != 0, "a thread may run nowhere", Thread, Thread->Affinity);
    CHECK(Thread->State != Ready || Thread->Affinity >> Thread->NextProcessor & 1, "a thread is ready where it may not run", Thread,
          Thread->NextProcessor);
    switch (Thread->State) {
    case Initialized:
        break;
    case Ready:
        Verify->Found++;
        CHECK(KiIsListed(&Prcb->ReadyList[(UCHAR)Thread->Priority & 31], &Thread->WaitListEntry), "a ready thread is in no queue", Thread,
              Thread->Priority);
        break;
    case Standby:
        CHECK(Prcb->NextThread == Thread, "a thread stands by and its processor does not know it", Thread, Thread->NextProcessor);
        break;
    case Running:
        CHECK(Prcb->CurrentThread == Thread && Thread->OnProcessor, "a running thread is not its processor's", Thread, Thread->NextProcessor);
        break;
    case Waiting:
        KiVerifyWait(Verify, Thread);
        break;
    default:
        CHECK(FALSE, "a thread's state", Thread, Thread->State);
    }
    if (Thread->State == Running || Thread->State == Ready || Thread->State == Standby) {
        LONG64 State = Thread->WaitRegister & KI_WAIT_STATE;
        CHECK(State == KiWaitIdle || (State == KiWaitEnded && Thread->State != Running), "a thread waits and does not", Thread,
              Thread->WaitRegister);
    }
    for (PLIST_ENTRY Entry = Thread->MutantListHead.Flink; Entry != &Thread->MutantListHead; Entry = Entry->Flink) {
        PKMUTANT Mutant = CONTAINING_RECORD(Entry, KMUTANT, MutantListEntry);
        CHECK(Mutant->OwnerThread == Thread && Mutant->Header.SignalState <= 0, "a mutant in its owner's list", Mutant, Thread);
    }
}

static void KiVerifyProcesses(KI_VERIFY *Verify)
{
    for (PLIST_ENTRY Link = Verify->Processes->Flink; Link != Verify->Processes; Link = Link->Flink) {
        struct _KPROCESS *Process = (struct _KPROCESS *)((PUCHAR)Link - Verify->LinkOffset);
        CHECK((Process->ProcessLock & 1) == 0, "a process' lock is held by nobody", Process, 0);
        for (PLIST_ENTRY Entry = Process->ThreadListHead.Flink; Entry != &Process->ThreadListHead; Entry = Entry->Flink) {
            KiVerifyThread(Verify, CONTAINING_RECORD(Entry, KTHREAD, ThreadListEntry));
        }
    }
}

/* ---- processors ----------------------------------------------------------------------------------------------------------------- */

static void KiVerifyProcessor(KI_VERIFY *Verify, PKPRCB Prcb)
{
    PKTHREAD Thread = Prcb->CurrentThread;
    ULONG Depth = 0;

    CHECK(Thread->State == Running && Thread->NextProcessor == Prcb->Number, "a processor's thread does not run there", Thread, Thread->State);
    CHECK(Prcb->NextThread == NULL || Prcb->NextThread->State == Standby, "a processor's next thread does not stand by", Prcb->NextThread,
          Prcb->Number);
    CHECK((ULONG64)Thread->ApcState.Process->ActiveProcessors >> Prcb->Number & 1, "a process does not know where it is loaded",
          Thread->ApcState.Process, Prcb->Number);
    for (ULONG Priority = 0; Priority < 32; Priority++) {
        PLIST_ENTRY Head = &Prcb->ReadyList[Priority];
        CHECK(((ULONG)Prcb->ReadySummary >> Priority & 1) == !IsListEmpty(Head), "a ready queue and its bit", Head, Prcb->ReadySummary);
        for (PLIST_ENTRY Entry = Head->Flink; Entry != Head; Entry = Entry->Flink) {
            PKTHREAD Queued = CONTAINING_RECORD(Entry, KTHREAD, WaitListEntry);
            Verify->Ready++;
            CHECK(Queued->State == Ready && Queued->NextProcessor == Prcb->Number && (ULONG)Queued->Priority == Priority,
                  "a thread in the wrong ready queue", Queued, Queued->State);
        }
    }
    for (PLIST_ENTRY Entry = Prcb->DpcListHead.Flink; Entry != &Prcb->DpcListHead; Entry = Entry->Flink) {
        PKDPC Dpc = CONTAINING_RECORD(Entry, KDPC, DpcListEntry);
        Depth++;
        CHECK(Dpc->DpcData == Prcb, "a DPC in a queue it does not know of", Dpc, Prcb->Number);
    }
    CHECK(Depth == Prcb->DpcQueueDepth, "the depth of a DPC queue", Prcb, Depth);
}

static void KiVerifyAll(KI_VERIFY *Verify)
{
    for (ULONG Number = 0; Number < (ULONG)KeNumberProcessors; Number++) {
        KiVerifyProcessor(Verify, KiProcessorBlock[Number]);
    }
    KiVerifyProcesses(Verify);
    CHECK(Verify->Ready == Verify->Found, "threads in ready queues that no process has", NULL, Verify->Ready - Verify->Found);
    KiVerifyTimers((void (*)(PVOID, const char *, const VOID *, ULONG64))KiWrong, Verify);
}

/* On all processors at once; the one that comes last looks, the others wait for it. */
static VOID NTAPI KiVerifyDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    if (KeSignalCallDpcSynchronize(Argument2)) {
        KiVerifyAll(Context);
    }
    (void)KeSignalCallDpcSynchronize(Argument2);
    KeSignalCallDpcDone(Argument1);
}

ULONG KeVerify_(PLIST_ENTRY Processes, ULONG LinkOffset, char *Text, ULONG Size)
{
    KI_VERIFY Verify = { .Processes = Processes, .LinkOffset = LinkOffset, .Text = Text, .Size = Size };

    ASSERT_IRQL_LE(APC_LEVEL);
    if (Size != 0) {
        Text[0] = 0;
    }
    KeGenericCallDpc((PKDEFERRED_ROUTINE)KiVerifyDpc, &Verify);
#ifndef FREE_BUILD
    if (KeLockProblems_ != 0) {
        KiWrong(&Verify, "locks taken out of order (see the log)", NULL, KeLockProblems_);
    }
#endif
    return Verify.Problems;
}

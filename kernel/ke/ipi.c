/* SPDX-License-Identifier: MIT */
/*
 * ipi.c - between processors: reschedule, generic calls, translation buffers, freezing for a bugcheck.
 *
 * One vector; the receiver looks at everything it may have been told: NextThread and its DPC queue (both by the DISPATCH_LEVEL interrupt),
 * kernel APCs of its thread, and requests.  A request lies on its sender's stack; KPRCB.IpiRequest of the sender points to it, and the
 * sender's bit is set in SenderSummary of each receiver: so there is no lock, and every pair of processors can talk at once.  A processor
 * that waits for others runs at IPI_LEVEL and serves requests itself, so two senders cannot deadlock; but whoever spins with interrupts off
 * for something that a sender holds would stop it for ever, so nothing that sends may be called under a lock taken above IPI_LEVEL.
 */
#include "kep.h"

typedef struct _KI_PACKET
{
    void (*Routine)(struct _KI_PACKET *Packet);
    ULONG_PTR Argument[3];
    volatile LONG64 Pending; /* processors that have not run it yet */
} KI_PACKET;

static void KiServeRequests(PKPRCB Prcb)
{
    LONG64 Senders, Self = 1LL << Prcb->Number;

    if (Prcb->SenderSummary == 0) {
        return;
    }
    Senders = InterlockedExchange64(&Prcb->SenderSummary, 0);
    while (Senders != 0) {
        KI_PACKET *Packet = KiProcessorBlock[__builtin_ctzll((ULONG64)Senders)]->IpiRequest;
        Senders &= Senders - 1;
        Packet->Routine(Packet);
        InterlockedAnd64(&Packet->Pending, ~Self); /* from here on the packet may be gone */
    }
}

void KiIpiService(PKTRAP_FRAME Frame)
{
    PKPRCB Prcb = KiPrcb();
    PKTHREAD Thread = Prcb->CurrentThread;

    KiServeRequests(Prcb);
    if (Prcb->NextThread != NULL || Prcb->DpcQueueDepth != 0) {
        KiRequestSoftwareInterrupt(DISPATCH_LEVEL);
    }
    if (Thread->ApcState.KernelApcPending) {
        KiRequestSoftwareInterrupt(APC_LEVEL);
    }
}

/* Runs Packet on the processors of Targets, this one excepted, and waits until all have.  IPI_LEVEL, interrupts on. */
static void KiSendRequest(PKPRCB Prcb, KI_PACKET *Packet, KAFFINITY Targets)
{
    ULONG64 Left;

    Packet->Pending = (LONG64)Targets;
    Prcb->IpiRequest = Packet;
    for (Left = Targets; Left != 0; Left &= Left - 1) {
        ULONG Number = (ULONG)__builtin_ctzll(Left);
        (void)InterlockedOr64(&KiProcessorBlock[Number]->SenderSummary, 1LL << Prcb->Number);
        KiSendReschedule(Number);
    }
    while (Packet->Pending != 0) {
        KiServeRequests(Prcb);
        YieldProcessor();
    }
}

/* This processor, and those of Targets.  Any IRQL up to IPI_LEVEL. */
static void KiBroadcast(KI_PACKET *Packet, struct _KPROCESS *Process)
{
    KIRQL OldIrql = KeGetCurrentIrql();
    PKPRCB Prcb;
    KAFFINITY Targets;

    ASSERT(OldIrql <= IPI_LEVEL && (__builtin_ia32_readeflags_u64() & 0x200) != 0);
    if (OldIrql < IPI_LEVEL) {
        (void)KfRaiseIrql(IPI_LEVEL); /* from here on this is the processor that Targets does not name */
    }
    Prcb = KiPrcb();
    Targets = Process == NULL ? KeQueryActiveProcessors() : (KAFFINITY)Process->ActiveProcessors;
    Targets &= ~(1ULL << Prcb->Number);
    if (Targets != 0) {
        KiSendRequest(Prcb, Packet, Targets);
    }
    Packet->Routine(Packet);
    if (OldIrql < IPI_LEVEL) {
        KeLowerIrql(OldIrql);
    }
}

/* ---- generic calls -------------------------------------------------------------------------------------------------------------- */

static void KiCallWorker(KI_PACKET *Packet)
{
    (void)((PKIPI_BROADCAST_WORKER)Packet->Argument[0])(Packet->Argument[1]);
}

ULONG_PTR NTAPI KeIpiGenericCall(PKIPI_BROADCAST_WORKER Worker, ULONG_PTR Context)
{
    KIRQL OldIrql = KfRaiseIrql(IPI_LEVEL);
    KI_PACKET Packet = { .Routine = KiCallWorker, .Argument = { (ULONG_PTR)Worker, Context } };
    KAFFINITY Others = KeQueryActiveProcessors() & ~(1ULL << KiPrcb()->Number);
    ULONG_PTR Result;

    if (Others != 0) {
        KiSendRequest(KiPrcb(), &Packet, Others);
    }
    Result = Worker(Context);
    KeLowerIrql(OldIrql);
    return Result;
}

/* ---- translation buffers -------------------------------------------------------------------------------------------------------- */

static void KiFlushAllWorker(KI_PACKET *Packet)
{
    KiFlushCurrentTb(TRUE);
}

static void KiFlushPagesWorker(KI_PACKET *Packet)
{
    PVOID *Va = (PVOID *)Packet->Argument[1];

    for (ULONG_PTR i = 0; i < Packet->Argument[0]; i++) {
        KiInvalidatePage(Va[i]);
    }
}

void KeFlushEntireTb_(void)
{
    KI_PACKET Packet = { .Routine = KiFlushAllWorker };

    if (KeNumberProcessors == 1) {
        KiFlushCurrentTb(TRUE);
        return;
    }
    KiBroadcast(&Packet, NULL);
}

/*
 * The caller has changed the entries before.  A processor that does not have the process' tables loaded reloads CR3, and so forgets, before
 * it uses them again; one that loads them now sets its bit first and walks the tables after, so it sees the new entries.  The mask is read
 * at IPI_LEVEL: a thread that moved to another processor in between would leave the first one's stale entries behind.
 */
void KeFlushMultipleTb_(ULONG Count, PVOID *Va, struct _KPROCESS *Process)
{
    KI_PACKET Packet = { .Routine = KiFlushPagesWorker, .Argument = { Count, (ULONG_PTR)Va } };

    if (KeNumberProcessors == 1) {
        KiFlushPagesWorker(&Packet);
        return;
    }
    __sync_synchronize();
    KiBroadcast(&Packet, Process);
}

void KeFlushSingleTb_(PVOID Va, struct _KPROCESS *Process)
{
    KeFlushMultipleTb_(1, &Va, Process);
}

/* ---- NMI callbacks -------------------------------------------------------------------------------------------------------------- */

typedef struct _KI_NMI_CALLBACK
{
    PNMI_CALLBACK Routine;
    PVOID Context;
} KI_NMI_CALLBACK;

static KI_NMI_CALLBACK KiNmiCallback[8]; /* never moved: an NMI reads it without a lock */

PVOID NTAPI KeRegisterNmiCallback(PNMI_CALLBACK CallbackRoutine, PVOID Context)
{
    for (ULONG i = 0; i < sizeof(KiNmiCallback) / sizeof(KiNmiCallback[0]); i++) {
        if (InterlockedCompareExchangePointer((PVOID volatile *)&KiNmiCallback[i].Context, (PVOID)((ULONG_PTR)Context | 1), NULL) == NULL) {
            KiNmiCallback[i].Context = (PVOID)((ULONG_PTR)Context | 1);
            KiNmiCallback[i].Routine = CallbackRoutine;
            return &KiNmiCallback[i];
        }
    }
    return NULL;
}

NTSTATUS NTAPI KeDeregisterNmiCallback(PVOID Handle)
{
    KI_NMI_CALLBACK *Callback = Handle;

    if (Callback < KiNmiCallback || Callback >= KiNmiCallback + 8 || Callback->Routine == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    Callback->Routine = NULL;
    Callback->Context = NULL;
    return STATUS_SUCCESS;
}

BOOLEAN KiCallNmiCallbacks(void)
{
    BOOLEAN Handled = FALSE;

    for (ULONG i = 0; i < sizeof(KiNmiCallback) / sizeof(KiNmiCallback[0]); i++) {
        PNMI_CALLBACK Routine = KiNmiCallback[i].Routine;
        if (Routine != NULL) {
            Handled = Routine((PVOID)((ULONG_PTR)KiNmiCallback[i].Context & ~1ULL), Handled) || Handled;
        }
    }
    return Handled;
}

/* SPDX-License-Identifier: MIT */
/*
 * ipi.c - between processors: reschedule, generic calls, translation buffers, freezing for a bugcheck.
 *
 * One vector; the receiver looks at everything it may have been told: NextThread and its DPC queue (both by the DISPATCH_LEVEL interrupt),
 * kernel APCs of its thread, and one request block at a time (KiPacket, under KiPacketLock).  A processor that waits for others keeps
 * serving requests itself, so two senders cannot deadlock.  With one processor every request is served by a direct call.
 */
#include "kep.h"

typedef struct _KI_PACKET
{
    void (*Routine)(struct _KI_PACKET *Packet);
    ULONG_PTR Argument[3];
    volatile LONG64 Pending; /* processors that have not run it yet */
} KI_PACKET;

static KSPIN_LOCK KiPacketLock;
static KI_PACKET *volatile KiPacket;

static void KiServePacket(void)
{
    KI_PACKET *Packet = KiPacket;
    LONG64 Self = 1LL << KiPrcb()->Number;

    if (Packet != NULL && (Packet->Pending & Self)) {
        Packet->Routine(Packet);
        InterlockedAnd64(&Packet->Pending, ~Self);
    }
}

void KiIpiService(PKTRAP_FRAME Frame)
{
    PKPRCB Prcb = KiPrcb();
    PKTHREAD Thread = Prcb->CurrentThread;

    KiServePacket();
    if (Prcb->NextThread != NULL || Prcb->DpcQueueDepth != 0) {
        KiRequestSoftwareInterrupt(DISPATCH_LEVEL);
    }
    if (Thread->ApcState.KernelApcPending) {
        KiRequestSoftwareInterrupt(APC_LEVEL);
    }
}

/* Runs Routine on the processors of Targets (this one included if named) and waits until all have.  Any IRQL up to IPI_LEVEL. */
static void KiBroadcast(KI_PACKET *Packet, KAFFINITY Targets)
{
    ULONG Self;
    KIRQL OldIrql;

    OldIrql = KeGetCurrentIrql();
    if (OldIrql < IPI_LEVEL) {
        OldIrql = KfRaiseIrql(IPI_LEVEL);
    }
    Self = KiPrcb()->Number;
    if (Targets >> Self & 1) {
        Packet->Routine(Packet);
        Targets &= ~(1ULL << Self);
    }
    if (Targets != 0) {
        while (!KiTryAcquireLock(&KiPacketLock)) {
            KiServePacket();
        }
        Packet->Pending = (LONG64)Targets;
        KiPacket = Packet;
        for (ULONG Number = 0; Number < (ULONG)KeNumberProcessors; Number++) {
            if (Targets >> Number & 1) {
                KiSendReschedule(Number);
            }
        }
        while (Packet->Pending != 0) {
            YieldProcessor();
        }
        KiPacket = NULL;
        KiReleaseLock(&KiPacketLock);
    }
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
    ULONG_PTR Result;

    KiBroadcast(&Packet, KeQueryActiveProcessors() & ~(1ULL << KiPrcb()->Number));
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
    KiBroadcast(&Packet, KeQueryActiveProcessors());
}

/* A processor that does not have the process' tables loaded reloads CR3, and so forgets, before it uses them again. */
void KeFlushMultipleTb_(ULONG Count, PVOID *Va, struct _KPROCESS *Process)
{
    KI_PACKET Packet = { .Routine = KiFlushPagesWorker, .Argument = { Count, (ULONG_PTR)Va } };
    KAFFINITY Targets;

    if (KeNumberProcessors == 1) {
        KiFlushPagesWorker(&Packet);
        return;
    }
    __sync_synchronize();
    Targets = Process == NULL ? KeQueryActiveProcessors() : (KAFFINITY)Process->ActiveProcessors;
    KiBroadcast(&Packet, Targets);
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

BOOLEAN KiHandleNmi(PKTRAP_FRAME Frame)
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

/* SPDX-License-Identifier: MIT */
/*
 * waitmulti.c - waiting for several objects: any of them, or all.
 *
 * A wait for any links one block an object, one object locked at a time, and stops at the first that is signalled.  A wait for all locks
 * all objects, by ascending address, to look at them together; what happens when one of them is signalled later is KiSatisfyAll's (wait.c).
 */
#include "kep.h"

#define WAIT_LIMIT_ 64

/* Any one of the objects.  TRUE: one was signalled already and *Status tells which; else all blocks are linked. */
static BOOLEAN KiLinkAny(KI_WAIT *Wait, PVOID Object[], NTSTATUS *Status)
{
    PKTHREAD Thread = Wait->Thread;
    BOOLEAN MustReady;

    KiBeginWait(Wait);
    for (ULONG i = 0; i < Wait->Count; i++) {
        DISPATCHER_HEADER *Header = Object[i];
        KiLockObject(Header);
        if (KiIsSignalled(Header, Thread) && KiEndWait(Thread, 0, (NTSTATUS)i, &MustReady)) {
            *Status = KiMutantLimit(Header, Thread) ? STATUS_MUTANT_LIMIT_EXCEEDED : (NTSTATUS)i + KiSatisfy(Header, Thread);
            KiUnlockObject(Header);
            Wait->Count = i; /* only these are linked */
            return TRUE;
        }
        KiLinkBlock(&Wait->Blocks[i], Thread, Header, i, WaitAny);
        KiUnlockObject(Header);
    }
    return FALSE;
}

static void KiLockAll(KI_WAIT *Wait, PVOID Object[], UCHAR Order[WAIT_LIMIT_])
{
    for (ULONG i = 0; i < Wait->Count; i++) {
        KiLockObject(Object[Order[i]]);
    }
}

static void KiUnlockAll(KI_WAIT *Wait, PVOID Object[])
{
    for (ULONG i = 0; i < Wait->Count; i++) {
        KiUnlockObject(Object[i]);
    }
}

/* Indices by ascending address: the order in which several objects are locked. */
static void KiSortObjects(ULONG Count, PVOID Object[], UCHAR Order[WAIT_LIMIT_])
{
    for (ULONG i = 0; i < Count; i++) {
        ULONG At = i;
        while (At > 0 && Object[Order[At - 1]] > Object[i]) {
            Order[At] = Order[At - 1];
            At--;
        }
        Order[At] = (UCHAR)i;
    }
}

/* All of the objects, which are distinct.  TRUE: all were signalled and have been taken. */
static BOOLEAN KiLinkAll(KI_WAIT *Wait, PVOID Object[], NTSTATUS *Status)
{
    PKTHREAD Thread = Wait->Thread;
    UCHAR Order[WAIT_LIMIT_];
    BOOLEAN All = TRUE, Limit = FALSE;

    KiSortObjects(Wait->Count, Object, Order);
    KiLockAll(Wait, Object, Order);
    for (ULONG i = 0; i < Wait->Count; i++) {
        All = All && KiIsSignalled(Object[i], Thread);
        Limit = Limit || KiMutantLimit(Object[i], Thread);
    }
    if (All) {
        *Status = Limit ? STATUS_MUTANT_LIMIT_EXCEEDED : STATUS_SUCCESS;
        for (ULONG i = 0; !Limit && i < Wait->Count; i++) {
            if (KiSatisfy(Object[i], Thread) == STATUS_ABANDONED) {
                *Status = STATUS_ABANDONED;
            }
        }
        KiUnlockAll(Wait, Object);
        return TRUE;
    }
    KiBeginWait(Wait);
    for (ULONG i = 0; i < Wait->Count; i++) {
        KiLinkBlock(&Wait->Blocks[i], Thread, Object[i], 0, WaitAll);
        Wait->Blocks[i].NextWaitBlock = &Wait->Blocks[(i + 1) % Wait->Count];
    }
    KiUnlockAll(Wait, Object);
    return FALSE;
}

/* A wait that found its object while linking: the others are unlinked again. */
static void KiCancelWait(KI_WAIT *Wait, KIRQL OldIrql)
{
    KiUnlinkBlocks(Wait, TRUE);
    Wait->Thread->WaitRegister = Wait->Thread->WaitRegister & 0xFFFFFF00LL;
    KiExitDispatcher(OldIrql);
}

NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                                        BOOLEAN Alertable, PLARGE_INTEGER Timeout, PKWAIT_BLOCK WaitBlockArray)
{
    PKTHREAD Thread = KeGetCurrentThread();
    NTSTATUS Status = STATUS_SUCCESS;
    KI_WAIT Wait;

    if (Count == 0 || Count > WAIT_LIMIT_ || (WaitBlockArray == NULL && Count > THREAD_WAIT_OBJECTS_)) {
        KeBugCheckEx(0x0C /* MAXIMUM_WAIT_OBJECTS_EXCEEDED */, Count, 0, 0, 0);
    }
    KiInitializeWait(&Wait, Thread, WaitReason, WaitMode, Alertable, Timeout);
    Wait.Blocks = WaitBlockArray != NULL ? WaitBlockArray : Thread->WaitBlock;
    Wait.WaitType = (UCHAR)WaitType;
    do {
        KIRQL OldIrql = KiEnterWait(Thread);
        if (Alertable && KiWaitIsAlerted(Thread, WaitMode, OldIrql, &Status)) {
            return Status;
        }
        Wait.Count = Count;
        if (WaitType == WaitAll && Count > 1) {
            if (KiLinkAll(&Wait, Object, &Status)) {
                KiExitDispatcher(OldIrql);
                return Status;
            }
        } else if (KiLinkAny(&Wait, Object, &Status)) {
            KiCancelWait(&Wait, OldIrql);
            return Status;
        }
        Status = KiFinishWait(&Wait, OldIrql);
    } while (Status == STATUS_KERNEL_APC || Status == KI_RETRY_ALL);
    return Status;
}

/* SPDX-License-Identifier: MIT */
/*
 * notification.c - waits without a thread: a routine is called when a dispatcher object is signalled.
 *
 * A notification is linked among the waiters of its object and served in their order.  The signaller unlinks it under the object's lock and calls
 * the routine after releasing it, with the threads it makes ready.  Wait completion packets are made of this (io/waitpacket.c).
 */
#include "kep.h"

void KiNotify(DISPATCHER_HEADER *Object, PKWAIT_BLOCK Block, KI_READY_LIST *Ready)
{
    PKNOTIFICATION_ Notification = CONTAINING_RECORD(Block, KNOTIFICATION_, WaitBlock);

    ASSERT(KiObjectType(Object) != MutantObject);
    RemoveEntryList(&Block->WaitListEntry);
    Block->BlockState = KiBlockUnlinked;
    (void)KiSatisfy(Object, NULL);
    Notification->Next = NULL;
    if (Ready->Notified == NULL) {
        Ready->Notified = Notification;
    } else {
        Ready->LastNotified->Next = Notification;
    }
    Ready->LastNotified = Notification;
}

void KiCallNotifications(KI_READY_LIST *Ready)
{
    while (Ready->Notified != NULL) {
        PKNOTIFICATION_ Notification = Ready->Notified;

        Ready->Notified = Notification->Next;
        Notification->Routine(Notification);
    }
}

void KeRegisterObjectNotification_(PVOID Object, PKNOTIFICATION_ Notification, BOOLEAN *Signalled)
{
    DISPATCHER_HEADER *Header = Object;
    KI_READY_LIST Ready = {.Increment = 0};
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    KiLockObject(Header);
    KiLinkBlock(&Notification->WaitBlock, NULL, Object, 0, WaitNotification);
    *Signalled = Header->SignalState > 0;
    if (*Signalled) {
        KiNotify(Header, &Notification->WaitBlock, &Ready);
    }
    KiUnlockObject(Header);
    KiReadyThreads(&Ready);
    KiExitDispatcher(OldIrql);
}

BOOLEAN KeUnregisterObjectNotification_(PKNOTIFICATION_ Notification)
{
    PKWAIT_BLOCK Block = &Notification->WaitBlock;
    DISPATCHER_HEADER *Header = Block->Object;
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    BOOLEAN Linked;

    KiLockObject(Header);
    Linked = Block->BlockState == KiBlockLinked;
    if (Linked) {
        RemoveEntryList(&Block->WaitListEntry);
        Block->BlockState = KiBlockUnlinked;
    }
    KiUnlockObject(Header);
    KeLowerIrql(OldIrql);
    return Linked;
}

/* SPDX-License-Identifier: MIT */
/*
 * ldrnotify.c - LdrRegisterDllNotification: tools that want to hear of DLLs as they come and go.  Called under the loader lock.
 */
#include "ldrp.h"

typedef struct _DLL_NOTIFICATION
{
    LIST_ENTRY Links;
    PLDR_DLL_NOTIFICATION_FUNCTION Function;
    PVOID Context;
} DLL_NOTIFICATION;

static LIST_ENTRY Notifications = {&Notifications, &Notifications};

NTSTATUS NTAPI LdrRegisterDllNotification(ULONG Flags, PLDR_DLL_NOTIFICATION_FUNCTION Function, PVOID Context, PVOID *Cookie)
{
    if (Flags != 0 || Function == NULL || Cookie == NULL)
        return STATUS_INVALID_PARAMETER;
    DLL_NOTIFICATION *New = Allocate(sizeof *New);
    if (New == NULL)
        return STATUS_NO_MEMORY;
    New->Function = Function;
    New->Context = Context;
    LdrpLock();
    InsertTailList(&Notifications, &New->Links);
    LdrpUnlock();
    *Cookie = New;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrUnregisterDllNotification(PVOID Cookie)
{
    NTSTATUS Status = STATUS_DLL_NOT_FOUND;

    LdrpLock();
    for (LIST_ENTRY *Link = Notifications.Flink; Link != &Notifications; Link = Link->Flink) {
        if (CONTAINING_RECORD(Link, DLL_NOTIFICATION, Links) == Cookie) {
            RemoveEntryList(Link);
            Free(Cookie);
            Status = STATUS_SUCCESS;
            break;
        }
    }
    LdrpUnlock();
    return Status;
}

void LdrpSendNotifications(LDRP_MODULE *Module, ULONG Reason)
{
    LDR_DLL_NOTIFICATION_DATA Data = {0, &Module->Entry.FullDllName, &Module->Entry.BaseDllName, Module->Entry.DllBase,
                                      Module->Entry.SizeOfImage};

    for (LIST_ENTRY *Link = Notifications.Flink, *Next; Link != &Notifications; Link = Next) {
        DLL_NOTIFICATION *Notification = CONTAINING_RECORD(Link, DLL_NOTIFICATION, Links);
        Next = Link->Flink;
        Notification->Function(Reason, &Data, Notification->Context);
    }
}

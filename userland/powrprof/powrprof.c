/* SPDX-License-Identifier: MIT */
/*
 * powrprof.c - power management as a machine has it that never sleeps: it has no states to enter, and nobody is told of any.
 *
 * A notification that can be registered and never comes is not pretence: no suspend ever happens.  The handle is a block that the
 * unregistering call checks.
 */
#include "smalldll.h"

#define REGISTRATION_MAGIC 0x52775050u

typedef struct _REGISTRATION
{
    ULONG Magic;
} REGISTRATION;

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

DWORD WINAPI PowerRegisterSuspendResumeNotification(DWORD Flags, HANDLE Recipient, PVOID *Handle)
{
    if (Handle == NULL || Recipient == NULL || Flags != 2 /* DEVICE_NOTIFY_CALLBACK */) {
        return ERROR_INVALID_PARAMETER;
    }
    REGISTRATION *Registration = Allocate(sizeof(*Registration));
    if (Registration == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    Registration->Magic = REGISTRATION_MAGIC;
    *Handle = Registration;
    return ERROR_SUCCESS;
}

DWORD WINAPI PowerUnregisterSuspendResumeNotification(PVOID Handle)
{
    REGISTRATION *Registration = Handle;

    if (Registration == NULL || Registration->Magic != REGISTRATION_MAGIC) {
        return ERROR_INVALID_PARAMETER;
    }
    Registration->Magic = 0;
    Release(Registration);
    return ERROR_SUCCESS;
}

BOOLEAN WINAPI IsPwrHibernateAllowed(void)
{
    return FALSE;
}

BOOLEAN WINAPI IsPwrSuspendAllowed(void)
{
    return FALSE;
}

BOOLEAN WINAPI IsPwrShutdownAllowed(void)
{
    return TRUE;
}

int WINAPI PowerDeterminePlatformRoleEx(ULONG Version)
{
    UNUSED(Version);
    return 1; /* PlatformRoleDesktop */
}

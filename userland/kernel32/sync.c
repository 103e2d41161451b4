/* SPDX-License-Identifier: MIT */
/*
 * sync.c - events, mutexes, semaphores, waitable timers: create, open, signal.
 *
 * The four kinds differ in the native call only, so each Create ends in BaseCreated (last error ERROR_ALREADY_EXISTS for one that was
 * there) and each Open in Opened.  The plain forms ask for all access, the Ex forms for what the caller says.
 */
#include "k32.h"

#ifndef STATUS_TIMER_RESUME_IGNORED
#define STATUS_TIMER_RESUME_IGNORED ((NTSTATUS)0x40000025)
#endif

typedef NTSTATUS(NTAPI *OPEN_OBJECT)(PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);

static HANDLE Opened(OPEN_OBJECT Open, DWORD Access, BOOL Inherit, LPCWSTR Name)
{
    BASE_OBJECT Object;
    HANDLE Handle = NULL;

    if (Name == NULL) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS Status = BaseObjectAttributes(&Object, Name, NULL, Inherit ? OBJ_INHERIT : 0);
    if (NT_SUCCESS(Status)) {
        Status = Open(&Handle, Access, &Object.Attributes);
    }
    if (!NT_SUCCESS(Status)) {
        BaseSetLastNTError(Status);
        return NULL;
    }
    return Handle;
}

static HANDLE OpenedA(OPEN_OBJECT Open, DWORD Access, BOOL Inherit, LPCSTR Name)
{
    LPWSTR Wide;

    if (!BaseNameToWide(Name, &Wide)) {
        return NULL;
    }
    HANDLE Handle = Opened(Open, Access, Inherit, Wide);
    BaseFree(Wide);
    return Handle;
}

/* ---- events -------------------------------------------------------------------------------------------------------------------- */

HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES Security, LPCWSTR Name, DWORD Flags, DWORD Access)
{
    BASE_OBJECT Object;
    HANDLE Handle = NULL;

    if (Flags & ~(DWORD)(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS Status = BaseObjectAttributes(&Object, Name, Security, OBJ_OPENIF);
    if (NT_SUCCESS(Status)) {
        Status = NtCreateEvent(&Handle, Access, &Object.Attributes,
                               Flags & CREATE_EVENT_MANUAL_RESET ? NotificationEvent : SynchronizationEvent,
                               (Flags & CREATE_EVENT_INITIAL_SET) != 0);
    }
    return BaseCreated(Status, Handle);
}

HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES Security, LPCSTR Name, DWORD Flags, DWORD Access)
{
    LPWSTR Wide;

    if (!BaseNameToWide(Name, &Wide)) {
        return NULL;
    }
    HANDLE Handle = CreateEventExW(Security, Wide, Flags, Access);
    BaseFree(Wide);
    return Handle;
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES Security, BOOL Manual, BOOL Initial, LPCWSTR Name)
{
    return CreateEventExW(Security, Name, (Manual ? CREATE_EVENT_MANUAL_RESET : 0) | (Initial ? CREATE_EVENT_INITIAL_SET : 0),
                          EVENT_ALL_ACCESS);
}

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES Security, BOOL Manual, BOOL Initial, LPCSTR Name)
{
    return CreateEventExA(Security, Name, (Manual ? CREATE_EVENT_MANUAL_RESET : 0) | (Initial ? CREATE_EVENT_INITIAL_SET : 0),
                          EVENT_ALL_ACCESS);
}

HANDLE WINAPI OpenEventW(DWORD Access, BOOL Inherit, LPCWSTR Name)
{
    return Opened(NtOpenEvent, Access, Inherit, Name);
}

HANDLE WINAPI OpenEventA(DWORD Access, BOOL Inherit, LPCSTR Name)
{
    return OpenedA(NtOpenEvent, Access, Inherit, Name);
}

BOOL WINAPI SetEvent(HANDLE Event)
{
    return BaseResult(NtSetEvent(Event, NULL));
}

BOOL WINAPI ResetEvent(HANDLE Event)
{
    return BaseResult(NtClearEvent(Event));
}

BOOL WINAPI PulseEvent(HANDLE Event)
{
    return BaseResult(NtPulseEvent(Event, NULL));
}

/* ---- mutexes ------------------------------------------------------------------------------------------------------------------- */

HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES Security, LPCWSTR Name, DWORD Flags, DWORD Access)
{
    BASE_OBJECT Object;
    HANDLE Handle = NULL;

    if (Flags & ~(DWORD)CREATE_MUTEX_INITIAL_OWNER) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS Status = BaseObjectAttributes(&Object, Name, Security, OBJ_OPENIF);
    if (NT_SUCCESS(Status)) {
        Status = NtCreateMutant(&Handle, Access, &Object.Attributes, (Flags & CREATE_MUTEX_INITIAL_OWNER) != 0);
    }
    return BaseCreated(Status, Handle);
}

HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES Security, LPCSTR Name, DWORD Flags, DWORD Access)
{
    LPWSTR Wide;

    if (!BaseNameToWide(Name, &Wide)) {
        return NULL;
    }
    HANDLE Handle = CreateMutexExW(Security, Wide, Flags, Access);
    BaseFree(Wide);
    return Handle;
}

HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES Security, BOOL Owner, LPCWSTR Name)
{
    return CreateMutexExW(Security, Name, Owner ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS);
}

HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES Security, BOOL Owner, LPCSTR Name)
{
    return CreateMutexExA(Security, Name, Owner ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS);
}

HANDLE WINAPI OpenMutexW(DWORD Access, BOOL Inherit, LPCWSTR Name)
{
    return Opened(NtOpenMutant, Access, Inherit, Name);
}

HANDLE WINAPI OpenMutexA(DWORD Access, BOOL Inherit, LPCSTR Name)
{
    return OpenedA(NtOpenMutant, Access, Inherit, Name);
}

BOOL WINAPI ReleaseMutex(HANDLE Mutex)
{
    return BaseResult(NtReleaseMutant(Mutex, NULL));
}

/* ---- semaphores ---------------------------------------------------------------------------------------------------------------- */

HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES Security, LONG Initial, LONG Maximum, LPCWSTR Name, DWORD Flags, DWORD Access)
{
    BASE_OBJECT Object;
    HANDLE Handle = NULL;

    if (Flags != 0) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS Status = BaseObjectAttributes(&Object, Name, Security, OBJ_OPENIF);
    if (NT_SUCCESS(Status)) {
        Status = NtCreateSemaphore(&Handle, Access, &Object.Attributes, Initial, Maximum);
    }
    return BaseCreated(Status, Handle);
}

HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES Security, LONG Initial, LONG Maximum, LPCSTR Name, DWORD Flags, DWORD Access)
{
    LPWSTR Wide;

    if (!BaseNameToWide(Name, &Wide)) {
        return NULL;
    }
    HANDLE Handle = CreateSemaphoreExW(Security, Initial, Maximum, Wide, Flags, Access);
    BaseFree(Wide);
    return Handle;
}

HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES Security, LONG Initial, LONG Maximum, LPCWSTR Name)
{
    return CreateSemaphoreExW(Security, Initial, Maximum, Name, 0, SEMAPHORE_ALL_ACCESS);
}

HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES Security, LONG Initial, LONG Maximum, LPCSTR Name)
{
    return CreateSemaphoreExA(Security, Initial, Maximum, Name, 0, SEMAPHORE_ALL_ACCESS);
}

HANDLE WINAPI OpenSemaphoreW(DWORD Access, BOOL Inherit, LPCWSTR Name)
{
    return Opened(NtOpenSemaphore, Access, Inherit, Name);
}

HANDLE WINAPI OpenSemaphoreA(DWORD Access, BOOL Inherit, LPCSTR Name)
{
    return OpenedA(NtOpenSemaphore, Access, Inherit, Name);
}

BOOL WINAPI ReleaseSemaphore(HANDLE Semaphore, LONG Count, LPLONG Previous)
{
    return BaseResult(NtReleaseSemaphore(Semaphore, Count, Previous));
}

/* ---- waitable timers ----------------------------------------------------------------------------------------------------------- */

HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES Security, LPCWSTR Name, DWORD Flags, DWORD Access)
{
    BASE_OBJECT Object;
    HANDLE Handle = NULL;

    if (Flags & ~(DWORD)(CREATE_WAITABLE_TIMER_MANUAL_RESET | 2 /* HIGH_RESOLUTION */)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS Status = BaseObjectAttributes(&Object, Name, Security, OBJ_OPENIF);
    if (NT_SUCCESS(Status)) {
        Status = NtCreateTimer(&Handle, Access, &Object.Attributes,
                               Flags & CREATE_WAITABLE_TIMER_MANUAL_RESET ? NotificationTimer : SynchronizationTimer);
    }
    return BaseCreated(Status, Handle);
}

HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES Security, LPCSTR Name, DWORD Flags, DWORD Access)
{
    LPWSTR Wide;

    if (!BaseNameToWide(Name, &Wide)) {
        return NULL;
    }
    HANDLE Handle = CreateWaitableTimerExW(Security, Wide, Flags, Access);
    BaseFree(Wide);
    return Handle;
}

HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES Security, BOOL Manual, LPCWSTR Name)
{
    return CreateWaitableTimerExW(Security, Name, Manual ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0, TIMER_ALL_ACCESS);
}

HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES Security, BOOL Manual, LPCSTR Name)
{
    return CreateWaitableTimerExA(Security, Name, Manual ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0, TIMER_ALL_ACCESS);
}

HANDLE WINAPI OpenWaitableTimerW(DWORD Access, BOOL Inherit, LPCWSTR Name)
{
    return Opened(NtOpenTimer, Access, Inherit, Name);
}

HANDLE WINAPI OpenWaitableTimerA(DWORD Access, BOOL Inherit, LPCSTR Name)
{
    return OpenedA(NtOpenTimer, Access, Inherit, Name);
}

BOOL WINAPI SetWaitableTimer(HANDLE Timer, const LARGE_INTEGER *Due, LONG Period, PTIMERAPCROUTINE Routine, LPVOID Context, BOOL Resume)
{
    NTSTATUS Status = NtSetTimer(Timer, (PLARGE_INTEGER)Due, (PTIMER_APC_ROUTINE)(PVOID)Routine, Context, Resume != FALSE, Period, NULL);

    if (Status == STATUS_TIMER_RESUME_IGNORED) {
        BaseFail(ERROR_NOT_SUPPORTED); /* a success all the same */
    }
    return BaseResult(Status);
}

BOOL WINAPI SetWaitableTimerEx(HANDLE Timer, const LARGE_INTEGER *Due, LONG Period, PTIMERAPCROUTINE Routine, LPVOID Context,
                               PREASON_CONTEXT Reason, ULONG Delay)
{
    UNUSED(Reason);
    UNUSED(Delay); /* a permission to be late, not taken */
    return SetWaitableTimer(Timer, Due, Period, Routine, Context, FALSE);
}

BOOL WINAPI CancelWaitableTimer(HANDLE Timer)
{
    return BaseResult(NtCancelTimer(Timer, NULL));
}

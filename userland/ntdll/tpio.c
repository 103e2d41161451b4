/* SPDX-License-Identifier: MIT */
/*
 * tpio.c - files whose operations end in a callback of the thread pool.
 *
 * The file is bound to its pool's completion port with the object as key.  The program announces each operation (TpStartAsyncIoOperation) and takes that
 * back when there will be no packet (TpCancelAsyncIoOperation); what is announced keeps the object alive and is what a wait waits for.
 */
#include "tpp.h"

#define FILE_COMPLETION_CLASS ((FILE_INFORMATION_CLASS)30)

static void Unlisten(TPP_OBJECT *Object)
{
    TppAcquire();
    Object->Pool->Files--;
    TppRelease();
}

static NTSTATUS Bind(TPP_OBJECT *Object, HANDLE File)
{
    NFILE_COMPLETION_INFORMATION Information = {Object->Pool->Port, Object};
    IO_STATUS_BLOCK Io;
    NTSTATUS Status = NtSetInformationFile(File, &Io, &Information, sizeof Information, FILE_COMPLETION_CLASS);

    if (!NT_SUCCESS(Status))
        return Status;
    TppAcquire();
    Object->Pool->Files++;
    Object->Destroyed = Unlisten;
    TppRelease();
    TppStartWorkers(Object->Pool);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI TpAllocIoCompletion(PTP_IO *Result, HANDLE File, PTP_IO_CALLBACK_ Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment)
{
    TPP_OBJECT *Object;
    NTSTATUS Status = TppCreateObject(TppIo, (PVOID)Callback, Context, Environment, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = Bind(Object, File);
    if (NT_SUCCESS(Status))
        *Result = (PTP_IO)Object;
    else
        TppClose(Object);
    return Status;
}

VOID NTAPI TpStartAsyncIoOperation(PTP_IO Io)
{
    TPP_OBJECT *Object = (TPP_OBJECT *)Io;

    TppAcquire();
    Object->Io.Started++;
    Object->References++;
    TppRelease();
}

VOID NTAPI TpCancelAsyncIoOperation(PTP_IO Io)
{
    TPP_OBJECT *Object = (TPP_OBJECT *)Io, *Dead = NULL;

    TppAcquire();
    if (Object->Io.Started != 0) {
        if (--Object->Io.Started == 0 && Object->Running == 0)
            RtlWakeAllConditionVariable(&Object->Drained);
        Dead = TppDrop(Object);
    }
    TppRelease();
    TppDestroy(Dead);
}

VOID NTAPI TpWaitForIoCompletion(PTP_IO Io, LOGICAL CancelPending)
{
    TppDrain((TPP_OBJECT *)Io, CancelPending != 0);
}

VOID NTAPI TpReleaseIoCompletion(PTP_IO Io)
{
    TppClose((TPP_OBJECT *)Io);
}

/* ---- kernel32's form: Win32's arguments ------------------------------------------------------------------------------------------------------ */

typedef struct _WIN32_IO
{
    VOID(NTAPI *Callback)(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PVOID Overlapped, ULONG Result, ULONG_PTR Bytes, PTP_IO Io);
    PVOID Context;
} WIN32_IO;

static VOID NTAPI Win32Callback(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PVOID ApcContext, PIO_STATUS_BLOCK Io, PTP_IO Object)
{
    WIN32_IO *Win32 = Context;

    Win32->Callback(Instance, Win32->Context, ApcContext, RtlNtStatusToDosError(Io->Status), Io->Information, Object);
}

/* For CreateThreadpoolIo; a name of ours. */
NTSTATUS NTAPI TpAllocWin32IoCompletion_(PTP_IO *Result, HANDLE File, PVOID Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment)
{
    WIN32_IO *Win32 = Allocate(sizeof *Win32);
    TPP_OBJECT *Object;

    if (Win32 == NULL)
        return STATUS_NO_MEMORY;
    *(PVOID *)&Win32->Callback = Callback;
    Win32->Context = Context;
    NTSTATUS Status = TppCreateObject(TppIo, (PVOID)Win32Callback, Win32, Environment, &Object);
    if (!NT_SUCCESS(Status)) {
        Free(Win32);
        return Status;
    }
    Object->Extra = Win32;
    Status = Bind(Object, File);
    if (NT_SUCCESS(Status))
        *Result = (PTP_IO)Object;
    else
        TppClose(Object);
    return Status;
}

/* ---- the older form: a callback for all operations of a file, for ever -------------------------------------------------------------------------- */

typedef VOID(NTAPI *OVERLAPPED_ROUTINE)(ULONG Error, ULONG Bytes, PVOID Overlapped);

static VOID NTAPI OverlappedCallback(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PVOID ApcContext, PIO_STATUS_BLOCK Io, PTP_IO Object)
{
    UNUSED(Instance);
    UNUSED(Object);
    ((OVERLAPPED_ROUTINE)Context)((ULONG)Io->Status, (ULONG)Io->Information, ApcContext);
}

/* The file says nothing when it is closed, so the object lives as long as the process: one for each function, shared by its files. */
NTSTATUS NTAPI RtlSetIoCompletionCallback(HANDLE File, PVOID Function, ULONG Flags)
{
    static TPP_OBJECT *Known[64];
    TPP_OBJECT *Object = NULL;
    ULONG Index = 0;

    if (Function == NULL || Flags != 0)
        return STATUS_INVALID_PARAMETER;
    while (Index < COUNT_OF(Known) && Known[Index] != NULL && Known[Index]->Context != Function)
        Index++;
    if (Index < COUNT_OF(Known))
        Object = Known[Index];
    if (Object != NULL)
        return Bind(Object, File);
    NTSTATUS Status = TppCreateObject(TppIo, (PVOID)OverlappedCallback, Function, NULL, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = Bind(Object, File);
    if (!NT_SUCCESS(Status))
        TppClose(Object);
    else if (Index < COUNT_OF(Known))
        InterlockedCompareExchangePointer((PVOID *)&Known[Index], Object, NULL); /* a race makes two, which is no harm */
    return Status;
}
